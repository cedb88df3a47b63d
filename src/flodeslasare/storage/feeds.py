"""Feeds: subscriptions, what the next conditional request needs, and how each feed is doing."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flodeslasare.addresses import without_credentials
from flodeslasare.i18n import restored, stored
from flodeslasare.model import Feed, FeedFetch, RefreshStatus
from flodeslasare.storage.database import Database
from flodeslasare.storage.entries import moment, seconds

if TYPE_CHECKING:
    from flodeslasare.documents import FetchState

CLOCK_SLACK_SECONDS = 3600
"""So far back the clock may be set before feeds are asked for that reason."""
CONFIRMATIONS = 3
"""How many refreshes in a row a permanent redirect must hold before it is believed."""

KEPT_FETCHES = 50
"""How many refreshes of each feed the history holds."""

_HIGHEST_DELETED = "highest_feed_deleted"
"""Where the state has the highest number that a deleted feed can have had."""

_FEEDS = f"""
    SELECT id, url, coalesce(named, nullif(title, '')), named, title, site_url, folder,
        coalesce(sum(counted.total), 0), coalesce(sum(counted.unread), 0),
        unsubscribed, gone, added, last_refresh, next_refresh, failures, failing_since, last_error, flaw,
        interval_seconds,
        (
            SELECT other.id FROM feeds AS other
            WHERE other.url = feeds.moved_to AND feeds.moved_times >= {CONFIRMATIONS} AND other.id <> feeds.id
        ),
        wants_articles
    FROM feeds LEFT JOIN month_counts AS counted ON counted.feed_id = feeds.id
    WHERE {{}}
    GROUP BY feeds.id
    """  # noqa: S608 - a number of this module


class FeedStore:
    """Keeps feeds and what is known of them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # --- subscriptions -------------------------------------------------------------------------

    def all(self, *, unsubscribed: bool = False) -> list[Feed]:
        """Which feeds are there, by folder and title? What lies in a folder stands together, those at the top last."""
        rows = self._db.rows(
            _FEEDS.format(":unsubscribed OR unsubscribed IS NULL"),
            {"unsubscribed": unsubscribed},
        )
        feeds = [_feed(row) for row in rows]
        places = {folder: _place_of(folder) for folder in {feed.folder for feed in feeds}}
        return sorted(
            feeds,
            key=lambda feed: (places[feed.folder], _in_swedish_order(feed.title), feed.id),
        )

    def by_id(self, feed_id: int) -> Feed | None:
        """Which feed has this id?"""
        row = self._db.row(_FEEDS.format("id = ?"), (feed_id,))
        return None if row is None else _feed(row)

    def by_url(self, url: str) -> Feed | None:
        """Which feed has this address? One that differs from it only in holding a name and password will do."""
        row = self._db.row(
            _FEEDS.format("url = :url OR (instr(url, '@') > 0 AND shown(url) = :url)")
            + "ORDER BY url = :url DESC LIMIT 1",
            {"url": url},
        )
        return None if row is None else _feed(row)

    def titles(self) -> dict[int, str]:
        """What is each feed called, left ones too?"""
        rows = self._db.rows("SELECT id, coalesce(named, nullif(title, ''), shown(url)) FROM feeds")
        return {row[0]: row[1] for row in rows}

    def ids_by_url(self) -> dict[str, int]:
        """Which feed has each address, with the name and password in it and without, left ones too?"""
        rows = self._db.rows("SELECT id, url, shown(url) AS shown_url FROM feeds ORDER BY id DESC")
        return {row["shown_url"]: row["id"] for row in rows} | {
            row["url"]: row["id"] for row in rows
        }

    def add(
        self,
        url: str,
        *,
        now: datetime,
        title: str = "",
        named: str | None = None,
        site_url: str | None = None,
        folder: str | None = None,
        allows_private: bool = False,
    ) -> int:
        """Subscribe; a feed that was left is taken up again. Gives its id.

        Where nothing of it is kept (it went up in another that was deleted), it is asked as for the first time: its
        server must not say that nothing has changed.
        """
        feed_id = int(
            self._db.value(
                """
                INSERT INTO feeds (id, url, title, named, site_url, folder, added, allows_private)
                VALUES (
                    -- never that of a feed that was deleted: scripts and people keep numbers
                    1 + max(
                        coalesce((SELECT max(id) FROM feeds), 0),
                        coalesce(
                            (SELECT CAST(value AS INTEGER) FROM state WHERE key = :deleted), 0
                        )
                    ),
                    :url, :title, :named, :site_url, :folder, :now, :allows_private
                )
                ON CONFLICT (url) DO UPDATE SET
                    unsubscribed = NULL,
                    gone = NULL,
                    next_refresh = NULL,
                    named = coalesce(excluded.named, named),
                    folder = coalesce(excluded.folder, folder),
                    allows_private = excluded.allows_private
                RETURNING id
                """,
                {
                    "deleted": _HIGHEST_DELETED,
                    "url": url,
                    "title": title,
                    "named": named,
                    "site_url": site_url,
                    "folder": folder,
                    "now": seconds(now),
                    "allows_private": allows_private,
                },
            )
        )
        self._db.run(
            """
            UPDATE feeds
            SET etag = NULL, last_modified = NULL, body_hash = NULL, item_hashes = '[]'
            WHERE id = :id AND NOT EXISTS (SELECT 1 FROM entries WHERE feed_id = :id)
            """,
            {"id": feed_id},
        )
        return feed_id

    def unsubscribe(self, feed_id: int, now: datetime) -> None:
        """Stop asking a feed; its entries stay."""
        self._db.run("UPDATE feeds SET unsubscribed = ? WHERE id = ?", (seconds(now), feed_id))

    def resubscribe(self, feed_id: int) -> None:
        """Ask a feed again, all else being as it was."""
        self._db.run("UPDATE feeds SET unsubscribed = NULL WHERE id = ?", (feed_id,))

    def delete(self, feed_id: int) -> None:
        """Forget a feed (its entries must be gone); no other gets its number."""
        self._db.run(
            """
            INSERT INTO state (key, value) SELECT :deleted, max(id) FROM feeds HAVING max(id) NOT NULL
            ON CONFLICT DO UPDATE
            SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))
            """,
            {"deleted": _HIGHEST_DELETED},
        )
        self._db.run("DELETE FROM feeds WHERE id = ?", (feed_id,))

    def rename(self, feed_id: int, named: str | None) -> None:
        """Give a feed a name of the person's own, or take it away."""
        self._db.run("UPDATE feeds SET named = ? WHERE id = ?", (named, feed_id))

    def move(self, feed_id: int, folder: str | None) -> None:
        """Put a feed in a folder, or at the top."""
        self._db.run("UPDATE feeds SET folder = ? WHERE id = ?", (folder, feed_id))

    def want_articles(self, feed_id: int, *, wanted: bool) -> None:
        """Let a refresh fetch the whole texts of a feed's entries, or no longer."""
        self._db.run("UPDATE feeds SET wants_articles = ? WHERE id = ?", (wanted, feed_id))

    def readdress(
        self, feed_id: int, url: str, *, keeps_validators: bool, allows_private: bool
    ) -> None:
        """Ask a feed at another address from now on; it goes on to stand for those that were merged into it.

        Args:
            feed_id: which.
            url: canonical, and no other feed's.
            keeps_validators: the ETag and Last-Modified we hold came from the new address (a redirect led there).
            allows_private: private addresses may be connected to for it.
        """
        self._db.run(
            """
            UPDATE feeds SET moved_to = :url
            WHERE unsubscribed IS NOT NULL AND id <> :id
                AND moved_to = (SELECT url FROM feeds WHERE id = :id)
            """,
            {"id": feed_id, "url": url},
        )
        self._db.run(
            """
            UPDATE feeds
            SET url = :url, allows_private = :private, moved_to = NULL, moved_times = 0, gone = NULL,
                etag = CASE WHEN :keep THEN etag END,
                last_modified = CASE WHEN :keep THEN last_modified END,
                body_hash = CASE WHEN :keep THEN body_hash END,
                item_hashes = CASE WHEN :keep THEN item_hashes ELSE '[]' END,
                next_refresh = CASE WHEN :keep THEN next_refresh END
            WHERE id = :id
            """,
            {
                "id": feed_id,
                "url": url,
                "keep": keeps_validators,
                "private": allows_private,
            },
        )

    def merged(self, feed_id: int, into_id: int, now: datetime) -> None:
        """Let one feed stand for another, which is left: for its address, and for what had moved to it.

        What the person had given the one that is left (a name, a folder, whole texts) the other takes where it has none.
        """
        ids = {"feed": feed_id, "into": into_id, "now": seconds(now), "times": CONFIRMATIONS}
        self._db.run(
            """
            UPDATE feeds
            SET named = coalesce(feeds.named, old.named),
                folder = coalesce(feeds.folder, old.folder),
                wants_articles = max(feeds.wants_articles, old.wants_articles),
                unsubscribed = CASE WHEN old.unsubscribed IS NULL THEN NULL ELSE feeds.unsubscribed END,
                moved_to = NULL, moved_times = 0
            FROM feeds AS old
            WHERE feeds.id = :into AND old.id = :feed
            """,
            ids,
        )
        self._db.run(
            """
            UPDATE feeds
            SET moved_to = (SELECT url FROM feeds WHERE id = :into), moved_times = :times
            WHERE id = :feed OR (
                id <> :into AND moved_times >= :times
                AND moved_to = (SELECT url FROM feeds WHERE id = :feed)
            )
            """,
            ids,
        )
        self._db.run(
            "UPDATE feeds SET unsubscribed = coalesce(unsubscribed, :now) WHERE id = :feed", ids
        )

    def reach(self, feed_id: int) -> tuple[str, bool]:
        """Give the address of a feed, and whether private addresses may be connected to for it.

        Of a feed that is gone: no address, and they may not.
        """
        row = self._db.row(
            "SELECT url, allows_private FROM feeds WHERE id = :feed", {"feed": feed_id}
        )
        return ("", False) if row is None else (row["url"], bool(row["allows_private"]))

    # --- refreshing ----------------------------------------------------------------------------

    def fetch_states(
        self, feed_ids: list[int] | None, due: datetime | None, *, unsubscribed: bool = False
    ) -> list[FetchState]:
        """Which feeds are to be asked, those that have waited longest first?

        Args:
            feed_ids: only these; `None` is every subscription.
            due: leave out those whose time has not come at this moment.
            unsubscribed: also those that were left.

        Those that were asked in the future are due as well: the clock has been put right, and what they wait
        for may be years away. Those that are gone are asked when they are named, and else never.
        """
        from flodeslasare.documents import FetchState  # only a refresh asks

        rows = self._db.rows(
            """
            SELECT * FROM feeds
            WHERE (:unsubscribed OR unsubscribed IS NULL)
                AND (:ids IS NULL OR id IN (SELECT value FROM json_each(:ids)))
                AND (:due IS NULL OR coalesce(next_refresh, 0) <= :due OR last_refresh > :due + :slack)
                AND (gone IS NULL OR (:ids IS NOT NULL AND :due IS NULL))
            ORDER BY coalesce(next_refresh, 0), id
            """,
            {
                "ids": None if feed_ids is None else json.dumps(feed_ids),
                "due": seconds(due),
                "slack": CLOCK_SLACK_SECONDS,
                "unsubscribed": unsubscribed,
            },
        )
        return [
            FetchState(
                feed_id=row["id"],
                url=row["url"],
                etag=row["etag"],
                last_modified=row["last_modified"],
                body_hash=row["body_hash"],
                item_hashes=tuple(json.loads(row["item_hashes"])),
                interval_seconds=row["interval_seconds"],
                failures=row["failures"],
                allows_private=bool(row["allows_private"]),
                asked=moment(row["last_refresh"]),
                due=moment(row["next_refresh"]),
                moved_to=row["moved_to"],
                moved_times=row["moved_times"],
            )
            for row in rows
        ]

    def fetched(
        self,
        feed_id: int,
        status: RefreshStatus,
        *,
        now: datetime,
        next_refresh: datetime | None,
        new: int = 0,
        updated: int = 0,
        failures: int = 0,
        error: str | None = None,
    ) -> None:
        """Record how a feed's turn ended; `failures` is how many count by now."""
        failed = status is RefreshStatus.ERROR
        cause = None if error is None else stored(error)
        self._db.run(
            """
            UPDATE feeds
            SET last_refresh = :now,
                next_refresh = :next,
                failures = :failures,
                failing_since = CASE WHEN :failed THEN coalesce(failing_since, :now) END,
                last_error = :error,
                gone = CASE WHEN :gone THEN coalesce(gone, :now) END
            WHERE id = :id
            """,
            {
                "id": feed_id,
                "now": seconds(now),
                "next": seconds(next_refresh),
                "failures": failures,
                "failed": failed,
                "gone": status is RefreshStatus.GONE,
                "error": cause,
            },
        )
        self._db.run(
            "INSERT INTO fetches (feed_id, at, status, new, updated, error) VALUES (?, ?, ?, ?, ?, ?)",
            (feed_id, seconds(now), status, new, updated, cause),
        )
        self._db.run(
            """
            DELETE FROM fetches
            WHERE feed_id = :feed AND id <= (
                SELECT id FROM fetches WHERE feed_id = :feed ORDER BY id DESC LIMIT 1 OFFSET :kept
            )
            """,
            {"feed": feed_id, "kept": KEPT_FETCHES},
        )

    def of_host(self, host: str) -> list[int]:
        """Which subscriptions does a host serve?"""
        rows = self._db.rows("SELECT id, url FROM feeds WHERE unsubscribed IS NULL")
        return [row["id"] for row in rows if urlsplit(row["url"]).hostname == host]

    def postpone(self, feed_ids: Sequence[int], until: datetime) -> None:
        """Leave feeds alone until a moment, without a mark on their health."""
        self._db.run(
            """
            UPDATE feeds SET next_refresh = max(coalesce(next_refresh, 0), :until)
            WHERE id IN (SELECT value FROM json_each(:ids))
            """,
            {"ids": json.dumps(list(feed_ids)), "until": seconds(until)},
        )

    def learnt(
        self,
        feed_id: int,
        *,
        etag: str | None,
        last_modified: str | None,
        body_hash: str | None,
        item_hashes: Sequence[str] | None,
        interval_seconds: int | None,
    ) -> None:
        """Keep what the next conditional request needs; `None` leaves the last three as they are."""
        self._db.run(
            """
            UPDATE feeds
            SET etag = :etag, last_modified = :last_modified,
                body_hash = coalesce(:body_hash, body_hash),
                item_hashes = coalesce(:item_hashes, item_hashes),
                interval_seconds = coalesce(:interval, interval_seconds)
            WHERE id = :id
            """,
            {
                "id": feed_id,
                "etag": etag,
                "last_modified": last_modified,
                "body_hash": body_hash,
                "item_hashes": None if item_hashes is None else json.dumps(item_hashes),
                "interval": interval_seconds,
            },
        )

    def entitle(self, feed_id: int, title: str) -> None:
        """Keep what another program says that a feed is called; what the feed itself has said stays."""
        self._db.run("UPDATE feeds SET title = ? WHERE id = ? AND title = ''", (title, feed_id))

    def described(
        self, feed_id: int, *, title: str | None, site_url: str | None, flaw: str | None
    ) -> None:
        """Keep what a feed says of itself."""
        self._db.run(
            """
            UPDATE feeds
            SET title = coalesce(nullif(:title, ''), title), site_url = coalesce(:site, site_url), flaw = :flaw
            WHERE id = :id
            """,
            {
                "id": feed_id,
                "title": title,
                "site": site_url,
                "flaw": None if flaw is None else stored(flaw),
            },
        )

    def moving(self, feed_id: int, moved_to: str | None, times: int) -> None:
        """Keep where a feed's permanent redirects point, and how often they have."""
        self._db.run(
            "UPDATE feeds SET moved_to = ?, moved_times = ? WHERE id = ?",
            (moved_to, times, feed_id),
        )

    def history(self, feed_id: int) -> list[FeedFetch]:
        """How did a feed's refreshes end, newest first?"""
        rows = self._db.rows("SELECT * FROM fetches WHERE feed_id = ? ORDER BY id DESC", (feed_id,))
        return [_fetch(row) for row in rows]

    def newest_fetch(self) -> int:
        """Which number has the refresh of a feed that was recorded last; 0 when none is?"""
        return int(self._db.value("SELECT coalesce(max(id), 0) FROM fetches"))

    def fetched_since(self, feed_id: int, fetch: int) -> FeedFetch | None:
        """How did the last refresh of a feed end, if it was recorded after the one with this number (10 µs)?"""
        row = self._db.row(
            "SELECT * FROM fetches WHERE feed_id = ? AND id > ? ORDER BY id DESC LIMIT 1",
            (feed_id, fetch),
        )
        return None if row is None else _fetch(row)


_LAST_LETTERS = str.maketrans("åäö", "{|}")  # behind z, in the order of the alphabet


_NUMBER = re.compile(r"[0-9]+")
_DIGITS = 20  # of the longest number that sorts by its size


@lru_cache(maxsize=4096)  # a screen sorts all its feeds once a second while they are refreshed
def _in_swedish_order(name: str) -> str:
    """Give what names sort by: case does not matter, å, ä and ö come last, and 9 before 10."""
    folded = name.casefold().translate(_LAST_LETTERS)
    return _NUMBER.sub(lambda number: number[0].lstrip("0").rjust(_DIGITS, "0"), folded)


def _place_of(folder: str | None) -> tuple[bool, list[tuple[str, str]]]:
    """Give what folders sort by: name by name, for `A/B` lies in `A`, which `A B` does not; `A` and `a` are two."""
    names = (folder or "").split("/")
    return folder is None, [(_in_swedish_order(name), name) for name in names]


def _in_words(kept: str | None) -> str | None:
    return None if kept is None else restored(kept)


def _fetch(row: sqlite3.Row) -> FeedFetch:
    return FeedFetch(
        datetime.fromtimestamp(row["at"], UTC),
        RefreshStatus(row["status"]),
        row["new"],
        row["updated"],
        _in_words(row["error"]),
    )


def _feed(row: sqlite3.Row) -> Feed:
    # By their places: to look each up by its name takes twice as long as all the rest, and a screen with a thousand
    # feeds reads them all once a second while they are refreshed.
    (
        id_,
        url,
        title,
        named,
        own_title,
        site_url,
        folder,
        total,
        unread,
        left,
        gone,
        added,
        last_refresh,
        next_refresh,
        failures,
        failing_since,
        last_error,
        flaw,
        interval_seconds,
        merge_into,
        wants_articles,
    ) = row
    # Not `shown(url)` in the statement: to come back from SQLite for each takes five times as long.
    url = without_credentials(url)
    return Feed(
        id=id_,
        url=url,
        title=url if title is None else title,
        named=named,
        own_title=own_title,
        site_url=site_url,
        folder=folder,
        total=total,
        unread=unread,
        left_since=moment(left),
        gone_since=moment(gone),
        added=datetime.fromtimestamp(added, UTC),
        last_refresh=moment(last_refresh),
        next_refresh=moment(next_refresh),
        failures=failures,
        failing_since=moment(failing_since),
        last_error=_in_words(last_error),
        flaw=_in_words(flaw),
        interval_seconds=interval_seconds,
        merge_into=merge_into,
        wants_articles=bool(wants_articles),
    )
