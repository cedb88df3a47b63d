"""Entries: keeping them, and reading them back by the page.

Every list has one order, newest first, by `sort_key`: the second an entry sorts by, times SLOTS, plus
a slot that keeps entries of the same second apart. Lists walk indexes on it, and the search index
uses it as its rowid, so that its own order is the same.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from msgspec.structs import replace

from flodeslasare.cutting import cut
from flodeslasare.errors import NoSuchEntry
from flodeslasare.model import Counts, Enclosure, Entry, EntryRow, EntryVersion, MonthCount, View
from flodeslasare.storage._views import SLOTS, walk
from flodeslasare.storage.database import Database, damaged
from flodeslasare.storage.index import SearchIndex
from flodeslasare.text import beginning, single_spaced

if TYPE_CHECKING:
    from flodeslasare.documents import ChangedEntry, KnownEntry, NewEntry, ParsedEntry

EXCERPT_CHARACTERS = 200
_TEXTS_AT_ONCE = 200
_SCHEMES = ("http", "https")


def seconds(when: datetime | None) -> int | None:
    """Give a time as it is stored: Unix seconds."""
    return None if when is None else int(when.timestamp())


def moment(stored: int | None) -> datetime | None:
    """Give a stored time back, in UTC."""
    return None if stored is None else datetime.fromtimestamp(stored, UTC)


class EntryStore:
    """Keeps and reads entries. Keeping also keeps the search index, in the same transaction."""

    def __init__(self, database: Database, index: SearchIndex, zone: tzinfo | None = None) -> None:
        """Use a database.

        Args:
            zone: whose months these are; `None` is the machine's own.
        """
        self._db = database
        self._index = index
        self._zone = zone

    # --- keeping -------------------------------------------------------------------------------

    def known(
        self,
        feed_id: int,
        names: Iterable[str],
        entries: Sequence[ParsedEntry],
        *,
        compares: bool = True,
    ) -> list[KnownEntry]:
        """Which entries does the feed have that these may be, by their names, their links, or their dates?

        Dates are looked for where links have something behind `?`, which may be another each time.

        Args:
            feed_id: whose they may be.
            names: those of the entries.
            entries: as they stand in the document.
            compares: whether they are compared with what is kept of them. Those that never were get their digests,
                which are kept; else they come without.
        """
        links = {entry.url.partition("://")[2] for entry in entries if entry.url}
        dates = {seconds(entry.published) for entry in entries if entry.url and "?" in entry.url}
        rows = self._db.rows(
            """
            SELECT id, guid, url, title, published, digest, versions
            FROM entries
            WHERE feed_id = :feed AND guid IN (SELECT value FROM json_each(:names))
            UNION
            SELECT id, guid, url, title, published, digest, versions
            FROM entries
            WHERE feed_id = :feed AND url IN (SELECT value FROM json_each(:urls))
            UNION
            SELECT entries.id, guid, url, title, published, digest, versions
            FROM json_each(:dates) AS date CROSS JOIN entries
            WHERE feed_id = :feed AND sort_key >= date.value * :slots AND sort_key < (date.value + 1) * :slots
            """,
            {
                "feed": feed_id,
                "names": json.dumps(list(names)),
                "urls": json.dumps([f"{scheme}://{link}" for link in links for scheme in _SCHEMES]),
                "dates": json.dumps([date for date in dates if date is not None]),
                "slots": SLOTS,
            },
        )
        if not compares:
            return [known_entry(row) for row in rows]
        kept = self.take_digests([row["id"] for row in rows if not row["digest"]])
        return [known_entry(row, row["digest"] or kept.get(row["id"], "")) for row in rows]

    def take_digests(self, entry_ids: Sequence[int]) -> dict[int, str]:
        """Take the digests of entries that were never compared, and keep them: the next time costs no reading."""
        from flodeslasare.digests import digest_of  # only a refresh asks

        taken: dict[int, str] = {}
        for first in range(0, len(entry_ids), _TEXTS_AT_ONCE):
            entries = self.entries(entry_ids[first : first + _TEXTS_AT_ONCE])
            taken |= {entry.id: str(digest_of(entry)) for entry in entries}
        if taken:
            with self._db.writing():
                self._db.run_many(
                    "UPDATE entries SET digest = ? WHERE id = ?",
                    [(digest, entry_id) for entry_id, digest in taken.items()],
                )
        return taken

    def add(self, feed_id: int, entries: Sequence[NewEntry], now: datetime) -> list[int]:
        """Keep new entries, given in the order of their document (the first is the newest).

        Returns:
            Their ids, in the same order.
        """
        with self._db.writing():
            keys = self._free_sort_keys(
                [_sort_seconds(new.entry.published, now) for new in reversed(entries)]
            )
            # AUTOINCREMENT's own counter; the rows it counts are inserted here and nowhere else.
            last = self._db.value(
                "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'entries'"
            )
            numbered = list(enumerate(zip(keys, reversed(entries), strict=True), last + 1))
            months = list(map(self._month, keys))
            self._db.run_many(
                """
                INSERT INTO entries (
                    id, feed_id, sort_key, month, guid, url, title, excerpt, author,
                    published, updated, fetched, tags, enclosures, digest
                ) VALUES (
                    :id, :feed_id, :sort_key, :month, :guid, :url, :title, :excerpt, :author,
                    :published, :updated, :fetched, :tags, :enclosures, ''
                )
                """,
                (
                    {
                        "id": entry_id,
                        "feed_id": feed_id,
                        "sort_key": key,
                        "month": month,
                        "guid": new.guid,
                        "fetched": seconds(now),
                        **_columns(new.entry),
                    }
                    for (entry_id, (key, new)), month in zip(numbered, months, strict=True)
                ),
            )
            # Here and not by a trigger, as all other changes are: rows are added nowhere else, and many at a time.
            self._db.run_many(
                """
                INSERT INTO month_counts (feed_id, month, total, unread, starred)
                VALUES (:feed_id, :month, :new, :new, 0)
                ON CONFLICT DO UPDATE SET total = total + excluded.total, unread = unread + excluded.unread
                """,
                [
                    {"feed_id": feed_id, "month": month, "new": new}
                    for month, new in Counter(months).items()
                ],
            )
            self._db.run_many(
                "INSERT INTO texts (entry_id, html, text) VALUES (?, ?, ?)",
                ((entry_id, new.entry.html, new.entry.text) for entry_id, (_, new) in numbered),
            )
            self._add_to_index([(key, new.entry) for _, (key, new) in numbered])
        return [entry_id for entry_id, _ in reversed(numbered)]

    def _add_to_index(self, entries: Sequence[tuple[int, ParsedEntry]]) -> None:
        self._index.add(
            [
                (key, cut(entry.title, entry.text, entry.author, entry.tags))
                for key, entry in entries
            ]
        )

    def change(self, changes: Sequence[ChangedEntry], now: datetime) -> None:
        """Take over what a feed changed: marks stay, and the earlier words of an edit are kept."""
        with self._db.writing():
            for change in changes:
                self._change(change, now)

    def _change(self, change: ChangedEntry, now: datetime) -> None:
        old = self._db.row(
            """
            SELECT sort_key, fetched, title, digest, texts.html, texts.text,
                articles.html AS feed_html, articles.text AS feed_text
            FROM entries
            JOIN texts ON texts.entry_id = id
            LEFT JOIN articles ON articles.entry_id = id
            WHERE id = ?
            """,
            (change.id,),
        )
        if old is None:  # deleted since it was looked up
            return
        entry = change.entry
        # A whole text stays, with these words in it, until its page is read anew (ArticleStore).
        has_article = old["feed_html"] is not None
        shown = replace(entry, text=old["text"]) if has_article else entry
        # A feed that re-dates an entry when it is edited does not move it to the top; one that
        # corrects a date backwards, or gives one for the first time, does move it.
        sort_key = old["sort_key"]
        wanted = _sort_seconds(entry.published, moment(old["fetched"]) or now)
        if entry.published is not None and wanted < sort_key // SLOTS:
            [sort_key] = self._free_sort_keys([wanted])
        if change.keeps_words and not (
            has_article
            and old["title"] == entry.title
            and _stands_in(old["feed_text"], old["text"])
        ):
            html = old["feed_html"] if has_article else old["html"]
            self.keep_version(change.id, old["title"], html, now)
        self._index.remove("id = ?", (change.id,))
        self._db.run(
            """
            UPDATE entries
            SET sort_key = :sort_key, month = :month, guid = :guid, url = :url, title = :title,
                excerpt = :excerpt, author = :author, published = :published, updated = :updated,
                tags = :tags, enclosures = :enclosures, digest = :digest
            WHERE id = :id
            """,
            {
                "id": change.id,
                "sort_key": sort_key,
                "month": self._month(sort_key),
                "guid": change.guid,
                "digest": change.digest,
                **_columns(entry if entry.text else shown),
            },
        )
        # Not for a counter in it: the page would be asked for ever.
        if change.keeps_words or _skeleton(old["digest"]) != _skeleton(change.digest):
            self._db.run("UPDATE articles SET is_due = 1 WHERE entry_id = ?", (change.id,))
        self._db.run(
            f"UPDATE {'articles' if has_article else 'texts'} SET html = ?, text = ? WHERE entry_id = ?",  # noqa: S608
            (entry.html, entry.text, change.id),
        )
        self._add_to_index([(sort_key, shown)])

    def keep_version(self, entry_id: int, title: str, html: str, now: datetime) -> None:
        """Keep how an entry reads until now."""
        self._db.run(
            "INSERT INTO versions (entry_id, replaced, title, html) VALUES (?, ?, ?, ?)",
            (entry_id, seconds(now), title, html),
        )
        self._db.run("UPDATE entries SET versions = versions + 1 WHERE id = ?", (entry_id,))

    def delete_of_feed(self, feed_id: int) -> int:
        """Forget all entries of a feed for good; gives how many."""
        with self._db.writing():
            self._index.remove("feed_id = ?", (feed_id,))
            deleted = self._db.run("DELETE FROM entries WHERE feed_id = ?", (feed_id,))
            self._db.run("DELETE FROM month_counts WHERE feed_id = ?", (feed_id,))
        return deleted

    def _free_sort_keys(self, when: Sequence[int]) -> list[int]:
        """Find a place for each of these seconds: behind all that stand in it, or after it when it is full."""
        given: dict[int, None] = {}  # in order
        behind: dict[int, int] = {
            second: second * SLOTS if newest is None else newest + 1
            for second, newest in self._db.rows(
                """
                SELECT value, (
                    SELECT max(sort_key) FROM entries
                    WHERE sort_key >= value * :slots AND sort_key < (value + 1) * :slots
                )
                FROM json_each(:seconds)
                """,
                {"seconds": json.dumps(when), "slots": SLOTS},
            )
        }
        for second in when:
            key = behind[second]
            end = (second + 1) * SLOTS
            while key in given or (key >= end and self._is_taken(key)):
                key = key + 1 if key in given else self._first_free_after(key)
            given[key] = None
            behind[second] = key + 1
        return list(given)

    def _is_taken(self, key: int) -> bool:
        return self._db.row("SELECT 1 FROM entries WHERE sort_key = ?", (key,)) is not None

    def _first_free_after(self, key: int) -> int:
        return int(
            self._db.value(
                """
                SELECT min(sort_key) + 1 FROM entries AS taken
                WHERE sort_key >= ?
                    AND NOT EXISTS (SELECT 1 FROM entries WHERE sort_key = taken.sort_key + 1)
                """,
                (key,),
            )
        )

    def _month(self, sort_key: int) -> int:
        when = datetime.fromtimestamp(sort_key // SLOTS, UTC).astimezone(self._zone)
        return when.year * 100 + when.month

    # --- reading -------------------------------------------------------------------------------

    def page(
        self, view: View, *, limit: int | None = None, before: int | None = None
    ) -> list[tuple[int, int, int, int]]:
        """Give what `places` does, all of it."""
        return [place for chunk in self.places(view, limit=limit, before=before) for place in chunk]

    def places(
        self, view: View, *, limit: int | None = None, before: int | None = None
    ) -> Iterator[Sequence[tuple[int, int, int, int]]]:
        """List a view without its query, newest first, a chunk at a time: (id, month, sort_key, feed_id).

        Args:
            limit: how many at most.
            before: go on after this sort_key.
        """
        by, conditions, parameters = walk(view)
        conditions.append("(:before IS NULL OR sort_key < :before)")
        sql = f"""
            SELECT id, month, sort_key, feed_id FROM entries INDEXED BY {by}
            WHERE {" AND ".join(conditions)}
            ORDER BY sort_key DESC
            LIMIT :limit
            """  # noqa: S608 - the conditions are constants of `_views`
        return self._db.chunks(
            sql, parameters | {"before": before, "limit": -1 if limit is None else limit}
        )

    def rows(self, entry_ids: Sequence[int]) -> list[EntryRow]:
        """Read list rows in the order of the ids; deleted ones are absent."""
        return [
            EntryRow(
                id=row["id"],
                feed_id=row["feed_id"],
                feed_title=row["feed_title"],
                title=row["title"],
                excerpt=row["excerpt"],
                sorted_by=datetime.fromtimestamp(row["sort_key"] // SLOTS, UTC),
                is_read=row["read_at"] is not None,
                is_starred=row["starred_at"] is not None,
                url=row["url"],
            )
            for row in self._db.rows(
                """
                SELECT entries.id, feed_id, coalesce(named, nullif(feeds.title, ''), shown(feeds.url)) AS feed_title,
                    entries.title, excerpt, sort_key, read_at, starred_at, entries.url
                FROM json_each(:ids) AS wanted
                JOIN entries ON entries.id = wanted.value
                JOIN feeds ON feeds.id = feed_id
                ORDER BY wanted.key
                """,
                {"ids": json.dumps(list(entry_ids))},
            )
        ]

    def entries(self, entry_ids: Sequence[int]) -> list[Entry]:
        """Read entries whole, in the order of the ids; deleted ones are absent.

        Raises:
            DamagedFile: a row holds what was never written there.
        """
        rows = self._db.rows(
            """
            SELECT entries.*, texts.html, texts.text,
                CASE WHEN articles.html IS NOT NULL THEN page_read END AS page_read,
                is_due AS is_article_due,
                shown(feeds.url) AS feed_url,
                coalesce(named, nullif(feeds.title, ''), shown(feeds.url)) AS feed_title
            FROM json_each(:ids) AS wanted
            JOIN entries ON entries.id = wanted.value
            JOIN texts ON texts.entry_id = entries.id
            LEFT JOIN articles ON articles.entry_id = entries.id
            JOIN feeds ON feeds.id = feed_id
            ORDER BY wanted.key
            """,
            {"ids": json.dumps(list(entry_ids))},
        )
        try:
            return [_entry(row) for row in rows]
        except (ValueError, TypeError, OverflowError) as error:  # SQLite keeps no checksums
            raise damaged(self._db.path, error) from error

    def entry(self, entry_id: int) -> Entry:
        """Read one entry whole.

        Raises:
            NoSuchEntry
        """
        found = self.entries([entry_id])
        if not found:
            raise NoSuchEntry(entry_id)
        return found[0]

    def require(self, entry_id: int) -> None:
        """See that an entry is there.

        Raises:
            NoSuchEntry
        """
        if not self.rows([entry_id]):
            raise NoSuchEntry(entry_id)

    def authors(self, limit: int = 1000, newest: int = 10_000) -> list[str]:
        """Who wrote most of the newest entries, however many there are?"""
        rows = self._db.rows(
            """
            SELECT author FROM (
                SELECT author FROM entries INDEXED BY entries_sort_key
                ORDER BY sort_key DESC LIMIT :newest
            ) WHERE author <> '' GROUP BY author ORDER BY count(*) DESC, author LIMIT :limit
            """,
            {"limit": limit, "newest": newest},
        )
        return [row[0] for row in rows]

    def tags(self, limit: int = 1000, newest: int = 10_000) -> list[str]:
        """Which tags do most of the newest entries have, however many there are?"""
        rows = self._db.rows(
            """
            SELECT tag.value FROM (
                SELECT tags FROM entries INDEXED BY entries_sort_key
                ORDER BY sort_key DESC LIMIT :newest
            ), json_each(tags) AS tag
            GROUP BY tag.value ORDER BY count(*) DESC, tag.value LIMIT :limit
            """,
            {"limit": limit, "newest": newest},
        )
        return [row[0] for row in rows]

    def versions(self, entry_id: int) -> list[EntryVersion]:
        """How did an entry read before, newest first?"""
        return [
            EntryVersion(
                replaced=datetime.fromtimestamp(row["replaced"], UTC),
                title=row["title"],
                html=row["html"],
            )
            for row in self._db.rows(
                "SELECT replaced, title, html FROM versions WHERE entry_id = ? ORDER BY id DESC",
                (entry_id,),
            )
        ]

    def sort_key(self, entry_id: int) -> int | None:
        """Where does an entry stand in every list?"""
        found = self._db.value("SELECT sort_key FROM entries WHERE id = ?", (entry_id,))
        return None if found is None else int(found)

    def neighbour(self, view: View, entry_id: int, *, older: bool) -> int | None:
        """Which entry of the view stands next to this one, in the one direction or the other?"""
        key = self.sort_key(entry_id)
        if key is None:
            return None
        by, conditions, parameters = walk(view)
        conditions.append("sort_key < :key" if older else "sort_key > :key")
        sql = f"""
            SELECT id FROM entries INDEXED BY {by}
            WHERE {" AND ".join(conditions)}
            ORDER BY sort_key {"DESC" if older else "ASC"}
            LIMIT 1
            """  # noqa: S608 - the conditions are constants of `_views`
        found = self._db.value(sql, parameters | {"key": key})
        return None if found is None else int(found)

    def position(self, view: View, entry_id: int) -> int | None:
        """Count the view's entries that stand before one; `None` where the view does not have it."""
        by, conditions, parameters = walk(view)
        of_view = " AND ".join([*conditions, "id = :id"])
        key = self._db.value(
            f"SELECT sort_key FROM entries NOT INDEXED WHERE {of_view}",  # noqa: S608 - as below
            parameters | {"id": entry_id},
        )
        if key is None:
            return None
        before = " AND ".join([*conditions, "sort_key > :key"])
        sql = f"SELECT count(*) FROM entries INDEXED BY {by} WHERE {before}"  # noqa: S608 - the conditions are constants of `_views`
        return int(self._db.value(sql, parameters | {"key": key}))

    def newest_id(self) -> int:
        """Which id was given last? Those that come have higher ones."""
        return int(self._db.value("SELECT coalesce(max(id), 0) FROM entries"))

    def newest_dates(self, feed_id: int, limit: int = 10) -> list[datetime]:
        """When were the newest entries of a feed published?"""
        return [
            datetime.fromtimestamp(row["published"], UTC)
            for row in self._db.rows(
                """
                SELECT published
                FROM (SELECT published FROM entries WHERE feed_id = :feed ORDER BY sort_key DESC LIMIT :limit)
                WHERE published IS NOT NULL
                """,
                {"feed": feed_id, "limit": limit},
            )
        ]

    def first_sort_key(self, when: datetime) -> int:
        """Where do entries of this moment begin?"""
        return int(when.timestamp()) * SLOTS

    # --- counting ------------------------------------------------------------------------------

    def counts(self) -> Counts:
        """How many entries, unread and starred, are there?"""
        row = self._db.row(
            """
            SELECT coalesce(sum(total), 0), coalesce(sum(unread), 0), coalesce(sum(starred), 0)
            FROM month_counts
            """
        )
        return Counts(row[0], row[1], row[2]) if row is not None else Counts(0, 0, 0)

    def count_by_feed(self) -> dict[int, Counts]:
        """How many entries, unread and starred, has each feed that has any?"""
        rows = self._db.rows(
            """
            SELECT feed_id, sum(total), sum(unread), sum(starred) FROM month_counts
            WHERE total > 0
            GROUP BY feed_id
            """
        )
        return {feed_id: Counts(*counted) for feed_id, *counted in rows}

    def count_by_month(self) -> list[MonthCount]:
        """How many entries has each feed in each month, newest first?"""
        return [
            MonthCount(row["feed_id"], row["month"], row["total"], row["unread"])
            for row in self._db.rows(
                """
                SELECT feed_id, month, total, unread FROM month_counts
                WHERE total > 0
                ORDER BY month DESC, feed_id
                """
            )
        ]


def _stands_in(feed_text: str, text: str) -> bool:
    """Tell whether no word of what a feed said is missing in a whole text."""
    return set(feed_text.split()) <= set(text.split())


def _skeleton(digest: str) -> str:
    from flodeslasare.digests import Digest  # only a refresh asks

    return Digest.read(digest).skeleton if digest else ""


def known_entry(row: sqlite3.Row, digest: str = "") -> KnownEntry:
    """Give what deciding needs to know of a row: `id, guid, url, title, published, versions`, and its digest."""
    from flodeslasare.documents import KnownEntry  # only a refresh asks

    return KnownEntry(
        id=row["id"],
        guid=row["guid"],
        url=row["url"],
        title=row["title"],
        published=moment(row["published"]),
        digest=digest,
        versions=row["versions"],
    )


def _sort_seconds(published: datetime | None, first_seen: datetime) -> int:
    """Tell what an entry sorts by: its date, or when it was first seen if that lies ahead or is missing."""
    when = first_seen if published is None or published > first_seen else published
    return int(when.timestamp())


def _columns(entry: ParsedEntry) -> dict[str, object]:
    return {
        "url": entry.url,
        "title": entry.title,
        "excerpt": excerpt_of(entry.text),
        "author": entry.author,
        "published": seconds(entry.published),
        "updated": seconds(entry.updated),
        "tags": _json(entry.tags),
        "enclosures": _json([[file.url, file.type, file.size_bytes] for file in entry.enclosures]),
    }


_to_json = json.JSONEncoder(ensure_ascii=False).encode  # `dumps` makes such a one each time


def _json(values: Sequence[object]) -> str:
    return _to_json(values) if values else "[]"


def excerpt_of(text: str) -> str:
    """Give the first words as one line."""
    return beginning(single_spaced(beginning(text, EXCERPT_CHARACTERS * 2)), EXCERPT_CHARACTERS)


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        id=row["id"],
        feed_id=row["feed_id"],
        feed_url=row["feed_url"],
        feed_title=row["feed_title"],
        guid=row["guid"],
        title=row["title"],
        url=row["url"],
        author=row["author"],
        published=moment(row["published"]),
        updated=moment(row["updated"]),
        fetched=datetime.fromtimestamp(row["fetched"], UTC),
        sorted_by=datetime.fromtimestamp(row["sort_key"] // SLOTS, UTC),
        tags=tuple(json.loads(row["tags"])),
        enclosures=tuple(
            Enclosure(url=url, type=type_, size_bytes=size)
            for url, type_, size in json.loads(row["enclosures"])
        ),
        is_read=row["read_at"] is not None,
        is_starred=row["starred_at"] is not None,
        html=row["html"],
        text=row["text"],
        versions=row["versions"],
        article=moment(row["page_read"]),
        is_article_due=bool(row["is_article_due"]),
    )
