"""Articles: the whole texts of entries, from their own pages, in the place of what the feed gives.

`texts` holds what is shown, searched and exported. While that is the page's text, the feed's own stands here: an edit
that the feed brings is told by it, and goes there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from flodeslasare.cutting import cut
from flodeslasare.storage.database import Database
from flodeslasare.storage.entries import EntryStore, excerpt_of, seconds
from flodeslasare.storage.index import SearchIndex

if TYPE_CHECKING:
    from flodeslasare.documents import ParsedArticle


_REFRESHED = """
    WITH refreshed AS (
        SELECT id AS refreshed_id, wants_articles FROM feeds
        WHERE unsubscribed IS NULL
            AND (:feeds IS NULL OR id IN (SELECT value FROM json_each(:feeds)))
    )
    """
_DUE = (
    # CROSS JOIN: in this order, few before many (sqlite.org/optoverview.html#crossjoin)
    """
    SELECT entries.id, sort_key
    FROM refreshed
    CROSS JOIN entries INDEXED BY entries_of_feed ON feed_id = refreshed_id
    LEFT JOIN articles ON entry_id = entries.id
    WHERE wants_articles AND coalesce(is_due, 1)
        AND max(coalesce(page_read, 0), coalesce(failed, 0)) < :before
        AND url IS NOT NULL
    """,
    """
    SELECT entries.id, sort_key
    FROM articles INDEXED BY articles_due
    CROSS JOIN entries ON entries.id = entry_id
    JOIN refreshed ON refreshed_id = feed_id
    WHERE is_due AND html IS NOT NULL AND url IS NOT NULL
        AND max(coalesce(page_read, 0), coalesce(failed, 0)) < :before
    """,
)


class ArticleStore:
    """Keeps articles, and with them the search index, in the same transaction."""

    def __init__(self, database: Database, index: SearchIndex) -> None:
        self._db = database
        self._index = index
        self._entries = EntryStore(database, index)

    def known(self, entry_id: int) -> str:
        """What does the feed say of an entry, as text?"""
        return str(
            self._db.value(
                """
                SELECT coalesce(articles.text, texts.text, '')
                FROM entries
                LEFT JOIN texts ON texts.entry_id = id
                LEFT JOIN articles ON articles.entry_id = id
                WHERE id = ?
                """,
                (entry_id,),
            )
            or ""
        )

    def put(self, entry_id: int, article: ParsedArticle, now: datetime) -> bool:
        """Keep what stands on an entry's page; tells whether that is another text than before.

        The first takes the place of the feed's words; one after that, where the words differ, makes that an earlier version.
        """
        with self._db.writing():
            old = self._kept(entry_id)
            if old is None:  # deleted meanwhile
                return False
            is_new = not old["has_article"] or old["html"] != article.html
            if is_new:
                if not old["has_article"]:
                    self._set_aside(entry_id, old, now)
                elif _is_edit(old, article.text):
                    self._entries.keep_version(entry_id, old["title"], old["html"], now)
                self._show(entry_id, old, article.html, article.text)
            self._read(entry_id, now)
        return is_new

    def give_up(self, entry_id: int, now: datetime) -> None:
        """Take note that an entry's page does not have its text, or not any more.

        Where the feed has changed the entry since it had, the feed's words are shown again, and the whole text becomes
        an earlier version.
        """
        with self._db.writing():
            old = self._kept(entry_id)
            if old is None:
                return
            if old["has_article"] and old["is_due"]:
                self._entries.keep_version(entry_id, old["title"], old["html"], now)
                self._show(entry_id, old, old["feed_html"], old["feed_text"])
                self._db.run(
                    "UPDATE articles SET html = NULL, text = NULL WHERE entry_id = ?", (entry_id,)
                )
            self._read(entry_id, now)

    def take_over(self, entry_id: int, from_id: int, now: datetime) -> None:
        """Let an entry have the whole text of another one that it takes the place of (`merging`).

        Where it has one of its own, or more than that in its feed, the other's becomes an earlier version. Where their
        feeds' words differ, its page is read anew.
        """
        with self._db.writing():
            other = self._kept(from_id)
            if other is None or not other["has_article"]:
                return
            old = self._kept(entry_id)
            if old is None:  # a damaged file may have lost its text
                self._entries.keep_version(entry_id, other["title"], other["html"], now)
            elif not old["has_article"] and len(other["text"]) > len(old["text"]):
                self._set_aside(entry_id, old, now)
                self._show(entry_id, old, other["html"], other["text"])
                is_due = old["text"].split() != other["feed_text"].split()
                self._db.run(
                    "UPDATE articles SET page_read = ?, is_due = ? WHERE entry_id = ?",
                    (other["page_read"], is_due, entry_id),
                )
            elif old["text"].split() != other["text"].split():
                self._entries.keep_version(entry_id, other["title"], other["html"], now)

    def failed(self, entry_id: int, now: datetime) -> None:
        """Take note that an entry's page could not be had this time."""
        self._db.run(
            """
            INSERT INTO articles (entry_id, is_due, failed)
            SELECT id, 1, :now FROM entries WHERE id = :entry  -- it may have been deleted meanwhile
            ON CONFLICT DO UPDATE SET failed = excluded.failed
            """,
            {"entry": entry_id, "now": seconds(now)},
        )

    def _read(self, entry_id: int, now: datetime) -> None:
        """Take note that an entry's page was read; it is not asked for again before the feed changes the entry."""
        self._db.run(
            """
            INSERT INTO articles (entry_id, page_read) VALUES (?, ?)
            ON CONFLICT DO UPDATE SET page_read = excluded.page_read, is_due = 0, failed = NULL
            """,
            (entry_id, seconds(now)),
        )

    def of_feed(self, feed_id: int) -> list[int]:
        """Which entries of a feed have a page that was not read, or not since the feed changed them? Newest first."""
        rows = self._db.rows(
            """
            SELECT id FROM entries LEFT JOIN articles ON entry_id = id
            WHERE feed_id = ? AND url IS NOT NULL AND coalesce(is_due, 1)
            ORDER BY sort_key DESC
            """,
            (feed_id,),
        )
        return [row["id"] for row in rows]

    def due(self, before: datetime, feed_ids: Iterable[int] | None) -> list[int]:
        """Which pages is a refresh to read? Newest first.

        Those of the feeds whose articles are wanted, and those whose article stands here and whose entry the feed has changed
        since. One that was asked for a while ago is left alone: a feed may change its entries with each refresh.

        Args:
            before: those that were asked for, were so before this.
            feed_ids: of which feeds; `None` is all.
        """
        parameters = {
            "before": seconds(before),
            "feeds": None if feed_ids is None else json.dumps(list(feed_ids)),
        }
        found = {
            row["sort_key"]: row["id"]
            for question in _DUE
            for row in self._db.rows(_REFRESHED + question, parameters)
        }
        return [found[sort_key] for sort_key in sorted(found, reverse=True)]

    def _kept(self, entry_id: int) -> sqlite3.Row | None:
        return self._db.row(
            """
            SELECT sort_key, title, excerpt, author, tags, digest, versions, page_read, texts.html, texts.text,
                articles.html IS NOT NULL AS has_article, coalesce(is_due, 0) AS is_due,
                articles.html AS feed_html, articles.text AS feed_text
            FROM entries
            JOIN texts ON texts.entry_id = id
            LEFT JOIN articles ON articles.entry_id = id
            WHERE id = ?
            """,
            (entry_id,),
        )

    def _set_aside(self, entry_id: int, old: sqlite3.Row, now: datetime) -> None:
        """Keep the feed's own words beside those that take their place."""
        if not old["digest"]:  # what the feed brings next is compared with its own words
            self._entries.take_digests([entry_id])
        self._db.run(
            """
            INSERT INTO articles (entry_id, page_read, html, text) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET html = excluded.html, text = excluded.text
            """,
            (entry_id, seconds(now), old["html"], old["text"]),
        )

    def _show(self, entry_id: int, old: sqlite3.Row, html: str, text: str) -> None:
        title, author, tags = old["title"], old["author"], json.loads(old["tags"])
        self._index.remove("id = ?", (entry_id,))
        self._db.run(
            "UPDATE texts SET html = ?, text = ? WHERE entry_id = ?", (html, text, entry_id)
        )
        if not old["excerpt"]:
            self._db.run(
                "UPDATE entries SET excerpt = ? WHERE id = ?", (excerpt_of(text), entry_id)
            )
        self._index.add([(old["sort_key"], cut(title, text, author, tags))])


def _is_edit(old: sqlite3.Row, text: str) -> bool:
    """Tell whether a whole text reads otherwise than the one before it, by the rules for what feeds change."""
    from flodeslasare.digests import is_edit, words_of  # only a page that was read asks

    title = old["title"]
    return is_edit(words_of(title, old["text"]), words_of(title, text), versions=old["versions"])
