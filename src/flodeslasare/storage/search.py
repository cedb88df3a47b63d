"""The search index: the words of the archive, and which entries hold them.

A word of a query matches inside words, so it is first expanded to the archive's words that hold it
(`search_words`, found by their trigrams), and those are then looked up in a full-text index of whole
words. The index keeps no copy of the text. Its rowid is the entry's sort_key, so its own order is newest
first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flodeslasare.query import fold
from flodeslasare.storage.database import Database

_WORD = re.compile(r"[^\W_]+")


class IndexedText(NamedTuple):
    """What is searched of one entry."""

    title: str
    text: str
    author: str
    tags: str


class SearchIndex:
    """Keeps the index in step, inside the caller's transaction, and answers from it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, entries: Sequence[tuple[int, IndexedText]]) -> None:
        """Index entries by their sort_key."""
        if not entries:
            return
        self._db.run_many(
            "INSERT INTO search_entries (rowid, title, text, author, tags) VALUES (?, ?, ?, ?, ?)",
            ((key, *text) for key, text in entries),
        )
        words: set[str] = set()
        for _, text in entries:
            for part in text:
                words.update(_words(part))
        self._add_words(words)

    def remove(self, entries: Sequence[tuple[int, IndexedText]]) -> None:
        """Take entries out; their text must be given as it was put in (sqlite.org/fts5.html, «delete»)."""
        self._db.run_many(
            """
            INSERT INTO search_entries (search_entries, rowid, title, text, author, tags)
            VALUES ('delete', ?, ?, ?, ?, ?)
            """,
            ((key, *text) for key, text in entries),
        )

    def _add_words(self, words: Iterable[str]) -> None:
        """Take in the words that are new to the archive."""
        new = self._db.rows(
            """
            INSERT INTO search_words (word, folded)
            SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:words) WHERE TRUE
            ON CONFLICT DO NOTHING
            RETURNING id, folded
            """,
            {"words": json.dumps([[word, fold(word)] for word in words])},
        )
        self._db.run_many(
            "INSERT INTO search_word_parts (rowid, folded) VALUES (?, ?)",
            ((row[0], row[1]) for row in new),
        )

    def matching_words(self, part: str) -> list[str]:
        """Which of the archive's words hold this part? One typed without dots finds those with dots."""
        folded = fold(part)
        column = "folded" if part.isascii() else "word"
        needle = folded if part.isascii() else part.lower()
        if len(folded) >= 3:
            rows = self._db.rows(
                f"""
                SELECT word FROM search_words
                WHERE id IN (SELECT rowid FROM search_word_parts WHERE search_word_parts MATCH :trigrams)
                    AND instr({column}, :needle)
                """,  # noqa: S608 - the column is one of two constants
                {"trigrams": _trigrams(folded), "needle": needle},
            )
        else:
            rows = self._db.rows(
                f"SELECT word FROM search_words WHERE instr({column}, :needle)",  # noqa: S608
                {"needle": needle},
            )
        return [row["word"] for row in rows]

    def count(self, words: Sequence[str]) -> list[tuple[str, int]]:
        """In how many entries does each word stand? The most frequent first; words no longer used are absent."""
        rows = self._db.rows(
            """
            SELECT term, doc FROM json_each(:words) JOIN search_vocabulary ON term = value
            ORDER BY doc DESC, term
            """,
            {"words": json.dumps(words)},
        )
        return [(row["term"], row["doc"]) for row in rows]

    def find(self, query: str, *, limit: int | None = None) -> list[int]:
        """Which places (sort_keys) match every word of the query, newest first?"""
        expression = self._expression(query)
        if expression is None:
            return []
        return [
            row[0]
            for row in self._db.rows(
                """
                SELECT rowid FROM search_entries WHERE search_entries MATCH :match
                ORDER BY rowid DESC LIMIT :limit
                """,
                {"match": expression, "limit": -1 if limit is None else limit},
            )
        ]

    def _expression(self, query: str) -> str | None:
        """Spell a query for FTS5; `None` when some word of it matches nothing."""
        clauses: list[str] = []
        for part in _words(query, lower=False):
            words = self.matching_words(part)
            if not words:
                return None
            clauses.append("(" + " OR ".join(f'"{word}"' for word in words) + ")")
        return " AND ".join(clauses) or None


def _words(text: str, *, lower: bool = True) -> list[str]:
    return _WORD.findall(text.lower() if lower else text)


def _trigrams(folded: str) -> str:
    """Spell that every three letters in a row of a word must be there; the caller checks their order."""
    pieces = dict.fromkeys(folded[start : start + 3] for start in range(len(folded) - 2))
    return " AND ".join(f'"{piece}"' for piece in pieces)
