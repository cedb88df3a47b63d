"""What a search costs in the database: every kind of question, its first hits, its counts and its words.

The library's own calls are timed. Each kind has several questions, asked in turns, so that the 95th percentile is
that of the kind. A plain lookup of one whole word in FTS5, in the same run, is what two machines have in common.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from flodeslasare.library import Library
from flodeslasare.model import View
from flodeslasare.storage import open_database

FIRST = 50
"""Hits of a first page."""
ROUNDS = 15
ROUNDS_OF_COUNTS = 5
MOST_SECONDS = 6.0
"""Questions of one kind that have taken so long are asked no more."""
SLOW_SECONDS = 1.0
"""Where a question takes longer, those of its kind are asked twice, and the second time counts."""

KINDS: dict[str, tuple[str, ...]] = {
    "a common word": ("och", "som", "avtal"),
    "a part of compounds": ("upphandl", "lakemedel", "handsk"),
    "a rare word": ("ärende{near}", "ärende{middle}", "ärende{far}"),
    "two words": ("upphandl sjukhus", "besök fågel", "ärende{far} ing"),
    "a phrase": ('"och miljö"', '"fisken till papper"', '"ärende{far} upphandl"'),
    "without": ("upphandl -miljö", "region -och", "-och"),
    "either": ("fågel OR handske", "ärende{far} OR ärende{near}"),
    "in the title": ("title:upphandl", "title:och"),
    "an author": ("author:forsén", "author:klara upphandl"),
    "a tag": ("tag:återbruk", "tag:fisk upphandl"),
    "a feed": ('upphandl feed:"flöde 17"', "och feed:flöde-42"),
    "unread, starred": ("upphandl is:unread", "is:unread", "upphandl is:starred"),
    "before, after": (
        "upphandl before:2010-03",
        "miljö after:2020",
        "avtal before:2012 after:2011",
    ),
    "no hits": ("zebra", "klimatfågelskog", "zebra upphandl"),
    "mistyped": ("upphnadling", "läkemdel", "hanskar"),
    "one letter": ("u", "å", "x"),
    "two or three letters": ("up", "ing", "fåg"),
    "half-typed": ("pphan", '"miljön och uppf', "title:", "upphandl -", "läkemedelupphandl"),
}
TYPED = ("a common word", "a part of compounds", "a rare word", "two words", "half-typed")
"""What a person who types a word comes by: the promise is about these."""


def spread(samples: Sequence[float]) -> dict[str, float]:
    """Give the median and the 95th percentile (nearest rank)."""
    ranked = sorted(samples)
    return {
        "p50": ranked[math.ceil(len(ranked) * 0.5) - 1],
        "p95": ranked[math.ceil(len(ranked) * 0.95) - 1],
        "samples": len(ranked),
    }


def measured(path: Path, *, rounds: int = ROUNDS) -> dict[str, object]:
    """Ask every kind of question; times in seconds."""
    with Library(path) as library, closing(open_database(path)) as database:
        total = library.counts().total

        def plain() -> object:
            return database.rows(
                "SELECT rowid FROM search_entries WHERE search_entries MATCH 'och'"
                " ORDER BY rowid DESC LIMIT ?",
                (FIRST,),
            )

        firsts: dict[str, list[float]] = {}
        kinds: dict[str, object] = {}
        for kind, patterns in KINDS.items():
            queries = [
                pattern.format(near=total * 9 // 10, middle=total // 2, far=total // 10)
                for pattern in patterns
            ]
            views = [View(query=query) for query in queries]
            firsts[kind] = _timed(
                [partial(library.listing, view, first=FIRST) for view in views], rounds
            )
            words: Callable[[str], object] = (
                library.suggestions if kind == "mistyped" else library.matching_words
            )
            kinds[kind] = {
                "example": queries[0],
                "hits": library.count(queries[0])[0],
                "first": spread(firsts[kind]),
                "best": spread(
                    _timed(
                        [
                            partial(library.listing, view.but(order="best"), first=FIRST)
                            for view in views
                        ]
                    )
                ),
                "months": spread(
                    _timed([partial(library.months, view, unread=False) for view in views])
                ),
                "unread": spread(_timed([partial(library.months, view) for view in views])),
                "words": spread(_timed([partial(words, query) for query in queries])),
            }
        alike = [total * part // 20 for part in range(1, 20)]
        return {
            "entries": total,
            "plain": spread(_timed([plain], 5 * rounds)),
            "kinds": kinds,
            "typed": spread([each for kind in TYPED for each in firsts[kind]]),
            "others": {
                "more like one entry": spread(
                    _timed([partial(library.related, entry) for entry in alike], 2)
                ),
                "other forms of `kriterier`": spread(
                    _timed([partial(library.suggestions, "kriterier")])
                ),
                "the first 200 of everything": spread(
                    _timed([partial(library.listing, View(), first=200)])
                ),
                "all of everything": spread(_timed([partial(library.listing, View())])),
            },
        }


def _timed(asks: Sequence[Callable[[], object]], rounds: int = ROUNDS_OF_COUNTS) -> list[float]:
    """Ask in turns, after one round to warm up; gives the seconds of each time."""
    taken: list[float] = []
    is_slow = False
    began = time.perf_counter()
    for number in range(rounds + 1):
        for ask in asks:
            started = time.perf_counter()
            ask()
            seconds = time.perf_counter() - started
            is_slow |= seconds > SLOW_SECONDS
            if number:
                taken.append(seconds)
        if taken and (is_slow or time.perf_counter() - began > MOST_SECONDS):
            break
    return taken
