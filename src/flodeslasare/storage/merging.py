"""Merging two feeds: what the one has kept goes over to the other, and nothing of it is lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from flodeslasare.digests import words_digest
from flodeslasare.documents import KnownEntry
from flodeslasare.storage.articles import ArticleStore
from flodeslasare.storage.database import Database
from flodeslasare.storage.entries import known_entry, seconds
from flodeslasare.storage.index import SearchIndex

_PAIRS = """
    WITH pairs (old, kept) AS (
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:pairs)
    )
    """

_WITH_ARTICLE = """
    SELECT old, kept FROM pairs JOIN articles ON entry_id = old WHERE html IS NOT NULL
    """

_JOINING = (
    """
    UPDATE entries
    SET read_at = coalesce(entries.read_at, gone.read_at),
        starred_at = coalesce(entries.starred_at, gone.starred_at)
    FROM pairs JOIN entries AS gone ON gone.id = pairs.old
    WHERE entries.id = pairs.kept
    """,
    # where what their feeds say differs: the one that goes is an earlier version of the one that stays
    """
    INSERT INTO versions (entry_id, replaced, title, html)
    SELECT stays.id, :now, gone.title, coalesce(article.html, texts.html)
    FROM pairs
    JOIN entries AS gone ON gone.id = pairs.old
    JOIN entries AS stays ON stays.id = pairs.kept
    JOIN texts ON texts.entry_id = gone.id
    LEFT JOIN articles AS article ON article.entry_id = gone.id
    LEFT JOIN texts AS staying ON staying.entry_id = stays.id  -- a damaged file may have lost it
    LEFT JOIN articles AS kept_article ON kept_article.entry_id = stays.id
    WHERE words_digest(gone.title, coalesce(article.text, texts.text))
        <> words_digest(stays.title, coalesce(kept_article.text, staying.text, ''))
    """,
    "UPDATE versions SET entry_id = pairs.kept FROM pairs WHERE entry_id = pairs.old",
    """
    UPDATE entries SET versions = (SELECT count(*) FROM versions WHERE entry_id = entries.id)
    WHERE id IN (SELECT kept FROM pairs)
    """,
    # WHERE true: else SQLite takes ON for that of a join (sqlite.org/lang_upsert.html)
    """
    INSERT INTO places (entry_id, place)
    SELECT kept, place FROM pairs JOIN places ON entry_id = old WHERE true
    ON CONFLICT DO NOTHING
    """,
)


class MergeStore:
    """Moves entries between feeds, with their marks, places, earlier versions, counts and index."""

    def __init__(self, database: Database, index: SearchIndex) -> None:
        self._db = database
        self._index = index

    def entries_of(self, feed_id: int) -> list[KnownEntry]:
        """Which entries has a feed, oldest first?"""
        rows = self._db.rows(
            """
            SELECT id, guid, url, title, published, versions
            FROM entries WHERE feed_id = ? ORDER BY id
            """,
            (feed_id,),
        )
        return list(map(known_entry, rows))

    def join(self, pairs: Sequence[tuple[int, int]], now: datetime) -> None:
        """Make one entry of each pair: the second stays, with what was said of and kept for the first."""
        parameters = {"pairs": json.dumps(pairs), "now": seconds(now)}
        self._db.connection.create_function("words_digest", 2, words_digest, deterministic=True)
        with self._db.writing():
            articles = ArticleStore(self._db, self._index)
            for old, kept in self._db.rows(_PAIRS + _WITH_ARTICLE, parameters):
                articles.take_over(kept, old, now)
            for step in _JOINING:
                self._db.run(_PAIRS + step, parameters)
            self._forget([old for old, _kept in pairs])

    def _forget(self, entry_ids: Sequence[int]) -> None:
        ids = {"ids": json.dumps(entry_ids)}
        among = "id IN (SELECT value FROM json_each(:ids))"
        self._index.remove(among, ids)
        self._db.run(f"DELETE FROM entries WHERE {among}", ids)  # noqa: S608 - as above

    def move(self, feed_id: int, into_id: int) -> int:
        """Give all entries of a feed to another, which has none of their names; gives how many.

        They stand where they stood in every list, so the index holds as it is.
        """
        ids = {"feed": feed_id, "into": into_id}
        with self._db.writing():
            moved = self._db.run("UPDATE entries SET feed_id = :into WHERE feed_id = :feed", ids)
            self._db.run("DELETE FROM month_counts WHERE feed_id IN (:feed, :into)", ids)
            self._db.run(
                """
                INSERT INTO month_counts (feed_id, month, total, unread, starred)
                SELECT feed_id, month, count(*), count(*) - count(read_at), count(starred_at)
                FROM entries WHERE feed_id = :into
                GROUP BY month
                """,
                ids,
            )
        return moved
