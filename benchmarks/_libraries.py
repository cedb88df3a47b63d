"""Libraries of any size, made of `_corpus` by the product's own store, kept in a folder and used again.

Two hundred feeds in folders, entries over seventeen years whatever their number, one in five unread, one in a
hundred starred. Entries are stored as a refresh stores them (`store_document`, the index gathering for the whole
transaction), with one shortcut: ten thousand entries a transaction. The last ten thousand are stored just as a
refresh does it, six feeds at a time, so that both rates are known.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from _corpus import Corpus

from flodeslasare.cutting import CutText
from flodeslasare.documents import ParsedFeed, Subscription
from flodeslasare.library import Library
from flodeslasare.library.steps import store_document
from flodeslasare.library.writing import TOGETHER
from flodeslasare.model import MarkKind
from flodeslasare.storage import Database, MarkStore, SearchIndex, open_database

FEEDS = 200
FOLDERS = ("Bloggar", "Myndigheter", "Regioner/Norr", "Regioner/Syd", None)
AT_ONCE = 10_000
"""Entries that are stored in one transaction."""
SPAN_HOURS = 17 * 8_766
"""From the first entry to the last."""
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def corpus_of(entries: int) -> Corpus:
    """Give the archive whose first `entries` entries fill the span."""
    return Corpus(hours_apart=SPAN_HOURS / max(entries, 1))


def library_of(entries: int, folder: Path) -> Path:
    """Give a library of so many entries; it is built where the folder does not have it yet."""
    path = folder / f"library-{entries}.db"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        for left in folder.glob(f"{part.name}*"):
            left.unlink()
        rates_of(path).write_text(json.dumps(_build(part, entries)), encoding="utf-8")
        part.rename(path)
    return path


def rates_of(library: Path) -> Path:
    """Where it stands how fast a library was built."""
    return library.with_suffix(".json")


def forget_the_screen(library: Path) -> None:
    """Let the screen begin as it did the first time, and forget the marks that can be taken back."""
    with closing(open_database(library)) as database, database.writing():
        for table in ("state", "places", "marks"):
            database.run(f"DELETE FROM {table}")


class _TimedIndex(SearchIndex):
    """An index that knows how long it took."""

    seconds = 0.0

    def add(self, entries: Sequence[tuple[int, CutText]]) -> None:
        started = time.perf_counter()
        super().add(entries)
        self.seconds += time.perf_counter() - started


def _build(path: Path, entries: int) -> dict[str, float]:
    """Make the file, and give the entries that were kept in a second, and indexed in a second."""
    with Library(path, now=lambda: NOW) as library:
        feeds = [
            library.add_subscription(
                Subscription(
                    url=f"https://arkiv.exempel/flode-{number}",
                    title=f"Flöde {number}",
                    folder=FOLDERS[number % len(FOLDERS)],
                )
            )
            for number in range(FEEDS)
        ]
    ids = [feed.id for feed in feeds if feed is not None]
    with closing(open_database(path, durable=False)) as database:
        last = max(0, entries - AT_ONCE)
        rates: dict[str, float] = {}
        for name, numbers, together in (
            ("at_once", range(last), FEEDS),
            ("as_refresh", range(last, entries), TOGETHER),
        ):
            if numbers:
                kept, indexed = _store(database, ids, entries, numbers, together)
                rates |= {f"kept_{name}": kept, f"indexed_{name}": indexed}
        _mark(database, entries)
    return rates


def _store(
    database: Database, feeds: Sequence[int], entries: int, numbers: range, together: int
) -> tuple[float, float]:
    """Store entries, `together` feeds in a transaction; gives entries a second, kept and indexed."""
    corpus = corpus_of(entries)
    index = _TimedIndex(database)
    seconds = 0.0
    for start in range(numbers.start, numbers.stop, AT_ONCE):
        batch = range(start, min(start + AT_ONCE, numbers.stop))
        documents = [
            tuple(corpus.entry(number) for number in reversed(batch) if number % FEEDS == feed)
            for feed in range(FEEDS)
        ]
        began = time.perf_counter()
        for first in range(0, FEEDS, together):
            with database.writing(), index.gathering():
                for feed in range(first, min(first + together, FEEDS)):
                    document = ParsedFeed(title=None, site_url=None, entries=documents[feed])
                    store_document(
                        database, feeds[feed], document, NOW, index=index, describes=False
                    )
        seconds += time.perf_counter() - began
        print(f"{batch.stop:,} of {entries:,} entries", file=sys.stderr, flush=True)
    return len(numbers) / seconds, len(numbers) / index.seconds


def _mark(database: Database, entries: int) -> None:
    """Read four in five, star one in a hundred; nothing of it can be taken back."""
    marks, dice = MarkStore(database), random.Random(1)
    for start in range(1, entries + 1, 50_000):
        drawn = [(id_, dice.random()) for id_ in range(start, min(start + 50_000, entries + 1))]
        with database.writing():
            marks.set(MarkKind.READ, [id_ for id_, chance in drawn if chance < 0.8], NOW)
            marks.set(MarkKind.STARRED, [id_ for id_, chance in drawn if chance < 0.01], NOW)
