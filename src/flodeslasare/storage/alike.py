"""What is like something else: words like one that was typed, and entries like one that is read.

Asked for only when a person wants it: nothing here is on the way to the first screen.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from math import log
from typing import Any, NamedTuple

from flodeslasare.cutting import fold, plain, words
from flodeslasare.storage._matches import every, pieces
from flodeslasare.storage.database import Database

_ALIKE = 0.75
"""Words that share less of their letters are not taken for one another (0 to 1: `SequenceMatcher.ratio`)."""

_LONGEST_MISTYPED = 40

_SHORTEST_STEM = 3
_MOST_BEGUN = 2_000
"""So many words that begin as the typed one does are looked at for its forms: 50 ms."""

WORDS_ASKED = 40
"""So many words of an entry are asked for: of each, the index gives its newest entries in 0.1 to 0.3 ms."""

ENTRIES_OF_A_WORD = 100
"""So many entries are taken of each word; of one that has more, how many is estimated from how close they lie."""

COMMON = 0.1
"""Words that stand in more of all entries say nothing of what an entry is about."""

IN_TITLE = 2.0
"""What a word counts for that stands in the title of the entry."""

LONG = 3_000
"""Characters of a text that is rather long."""

WORDS_SHOWN = 8


class Extent(NamedTuple):
    """How far the archive reaches."""

    oldest: int
    """The first sort_key."""
    newest: int
    total: int

    def estimate(self, keys: Sequence[int], most: int) -> float:
        """Tell in how many entries a word stands, of which the newest `most` are known.

        To count them costs as much as the word is frequent; how close they lie says it well enough.
        """
        if len(keys) < most:
            return len(keys)
        return max(most, most * (self.newest - self.oldest) / (self.newest - keys[-1] + 1))


def extent_of(database: Database) -> Extent:
    """How far does the archive reach?"""
    return Extent(
        database.value("SELECT coalesce(min(sort_key), 0) FROM entries"),
        database.value("SELECT coalesce(max(sort_key), 0) FROM entries"),
        database.value("SELECT coalesce(sum(total), 0) FROM month_counts"),
    )


class LikeEntry(NamedTuple):
    """An entry that is like another, and the words they share, the rarest first."""

    entry_id: int
    words: tuple[str, ...]


class AlikeIndex:
    """Finds words and entries that are like others, in the search index."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # --- words ---------------------------------------------------------------------------------

    def nearest(self, word: str, limit: int = 5) -> list[str]:
        """Which of the archive's words look most like this one? For a word that matches nothing."""
        from difflib import SequenceMatcher  # for this alone

        folded = fold(plain(word))[:_LONGEST_MISTYPED]
        trigrams = pieces(folded)
        if not trigrams:
            return []
        candidates: dict[str, str] = {}
        # One slip changes at most three pieces in a row, or four, where two letters change places.
        if len(trigrams) > 4:
            choices = [
                [*trigrams[:start], *trigrams[start + 4 :]] for start in range(len(trigrams) - 3)
            ]
        else:
            choices = [[piece] for piece in trigrams]
        for kept in choices:
            rows = self._db.rows(
                """
                SELECT search_words.word, search_words.folded
                FROM search_word_parts CROSS JOIN search_words ON id = search_word_parts.rowid
                WHERE search_word_parts MATCH :pieces
                    AND abs(length(search_words.folded) - :length) <= 2
                LIMIT 200
                """,
                {"pieces": every(kept), "length": len(folded)},
            )
            candidates |= {row["word"]: row["folded"] for row in rows}
        likeness = {
            candidate: SequenceMatcher(None, folded, other, autojunk=False).ratio()
            for candidate, other in candidates.items()
        }
        alike = [candidate for candidate, ratio in likeness.items() if ratio >= _ALIKE]
        return sorted(alike, key=lambda candidate: -likeness[candidate])[:limit]

    def forms(self, word: str) -> list[str]:
        """Which of the archive's words are other forms of this one, that do not hold it?

        One typed without dots is taken for what it would be with them.
        """
        word = plain(word)
        asked = stem(word)
        if len(asked) < _SHORTEST_STEM:
            return []
        same = fold if word.isascii() else str
        beginning = asked[: max(_SHORTEST_STEM, len(asked) - 1)]
        rows = self._db.rows(
            """
            SELECT word FROM search_words
            WHERE word >= :part AND word < :part || char(0x10FFFF)
            UNION ALL
            SELECT word FROM search_words
            WHERE :dotless AND folded >= :part AND folded < :part || char(0x10FFFF) AND folded <> word
            LIMIT :most
            """,
            {"part": beginning, "dotless": word.isascii(), "most": _MOST_BEGUN},
        )
        return [
            row[0] for row in rows if word not in same(row[0]) and same(stem(row[0])) == same(asked)
        ]

    # --- entries -------------------------------------------------------------------------------

    def entries(self, entry_id: int, limit: int) -> list[LikeEntry]:
        """Which entries share the rare words of this one, those that share most first?

        The more entries a word stands in, the less it counts. Of a word in very many, only the newest of its
        entries are looked at.
        """
        row = self._db.row(
            """
            SELECT sort_key, title, text FROM entries JOIN texts ON entry_id = id WHERE id = ?
            """,
            (entry_id,),
        )
        if row is None:
            return []
        in_title = set(words(plain(row["title"])))
        extent = extent_of(self._db)
        weights: dict[str, float] = {}
        holders: dict[int, list[str]] = defaultdict(list)
        shared: dict[int, float] = defaultdict(float)
        for word in self._telling(in_title, words(plain(row["text"]))):
            keys = self._newest_with(word)
            number = extent.estimate(keys, ENTRIES_OF_A_WORD)
            if 2 <= number <= max(COMMON * extent.total, 3):
                weight = log(extent.total / number + 1) ** 2 * (IN_TITLE if word in in_title else 1)
                weights[word] = weight
                for key in keys:
                    holders[key].append(word)
                    shared[key] += weight
        shared.pop(row["sort_key"], None)
        best = sorted(shared, key=lambda key: (-shared[key], -key))[: limit * 4]
        found: list[tuple[bool, float, LikeEntry]] = []
        for other, key, length, is_double in self._texts(entry_id, best):
            like = sorted(holders[key], key=lambda word: -weights[word])[:WORDS_SHOWN]
            # A long text holds some of anything.
            value = shared[key] / log(2 + length / LONG)
            found.append((is_double, -value, LikeEntry(other, tuple(like))))
        return [like for *_order, like in sorted(found, key=lambda each: each[:2])[:limit]]

    def _telling(self, in_title: set[str], in_text: Sequence[str]) -> list[str]:
        """Choose the words to ask for: those of the title, then those that came last into the archive."""
        choice = {word for word in (*in_title, *in_text) if len(word) > 2 and not word.isdigit()}
        rows = self._db.rows(
            """
            SELECT id, word FROM search_words
            WHERE word IN (SELECT value FROM json_each(:words))
            """,
            {"words": json.dumps(list(choice), ensure_ascii=False)},
        )
        rows.sort(key=lambda row: (row["word"] not in in_title, -row["id"]))
        return [row["word"] for row in rows[:WORDS_ASKED]]

    def _newest_with(self, word: str) -> list[int]:
        rows = self._db.rows(
            """
            SELECT rowid FROM search_entries WHERE search_entries MATCH :word
            ORDER BY rowid DESC LIMIT :most
            """,
            {"word": f'"{word}"', "most": ENTRIES_OF_A_WORD},
        )
        return [row[0] for row in rows]

    def _texts(self, entry_id: int, keys: Sequence[int]) -> list[tuple[int, int, int, bool]]:
        """Give what stands at these keys, newest first: its id, its key, its length, and whether it says the same.

        A double, word for word, is of no interest: a person has just read it.
        """
        rows = self._db.rows(
            """
            SELECT entries.id, sort_key, length(text),
                text = (SELECT text FROM texts WHERE entry_id = :entry)
            FROM json_each(:keys) AS wanted
            JOIN entries ON sort_key = wanted.value
            JOIN texts ON entry_id = entries.id
            ORDER BY sort_key DESC
            """,
            {"keys": json.dumps(keys), "entry": entry_id},
        )
        return [(row[0], row[1], row[2], bool(row[3])) for row in rows]


# --- Swedish stems -----------------------------------------------------------------------------------

_LATIN = re.compile(r"(?:um(?:et|s)?|et)$")
"""kriterium, kriteriet beside kriterier; museum, museet; slakteriet."""
_DEFINITE = re.compile(r"(?<=[aeouyåäö][lr])n$|(?<=[öå])n$")
"""fågeln, regeln; miljön."""
_DROPPED = re.compile(r"e(?=[lnr]$)")
"""fågel beside fåglar, regel beside regler, läkemedel beside läkemedlet."""


@cache
def _snowball() -> Any:
    from snowballstemmer import stemmer  # 16 ms, for this alone

    return stemmer("swedish")


def stem(word: str) -> str:
    """Give what the forms of a Swedish word have in common, as a rule.

    Snowball's stemmer (snowballstem.org) knows the endings; it leaves these three apart.
    """
    found: str = _snowball().stemWord(word)
    for rule in (_LATIN, _DEFINITE, _DROPPED):
        found = rule.sub("", found)
    return found
