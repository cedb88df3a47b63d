"""The JSON that scripts build on. A key that is here stays; a new one may come."""

from __future__ import annotations

from datetime import datetime

from flodeslasare.model import Entry, Feed, FeedFetch, FeedResult, SavedSearch

SCHEMA = 1
"""Raised when a key changes its meaning or goes."""


def utc(when: datetime | None) -> str | None:
    """Give a time as ISO 8601 in UTC, to the second: `2018-04-05T10:15:00Z`."""
    return None if when is None else when.isoformat(timespec="seconds")[:19] + "Z"


def entry_as_json(entry: Entry) -> dict[str, object]:
    """Give an entry as DESIGN.md promises it to scripts."""
    return {
        "schema": SCHEMA,
        "id": entry.id,
        "feed": entry.feed_url,
        "guid": entry.guid,
        "title": entry.title,
        "url": entry.url,
        "author": entry.author,
        "published": utc(entry.published),
        "updated": utc(entry.updated),
        "fetched": utc(entry.fetched),
        "tags": list(entry.tags),
        "enclosures": [
            {"url": file.url, "type": file.type, "size_bytes": file.size_bytes}
            for file in entry.enclosures
        ],
        "read": entry.is_read,
        "starred": entry.is_starred,
        "text": entry.text,
    }


def feed_as_json(feed: Feed, *, moved_to: str | None = None) -> dict[str, object]:
    """Give a subscription with its counts and its health.

    Args:
        feed: as stored.
        moved_to: the address of the subscription that it has moved to, and may be merged into.
    """
    return {
        "schema": SCHEMA,
        "id": feed.id,
        "url": feed.url,
        "title": feed.title,
        "site_url": feed.site_url,
        "folder": feed.folder,
        "total": feed.total,
        "unread": feed.unread,
        "added": utc(feed.added),
        "last_refresh": utc(feed.last_refresh),
        "next_refresh": utc(feed.next_refresh),
        "last_error": feed.last_error,
        "failing_since": utc(feed.failing_since),
        "failures": feed.failures,
        "gone": feed.is_gone,
        "gone_since": utc(feed.gone_since),
        "flaw": feed.flaw,
        "interval_seconds": feed.interval_seconds,
        "moved_to": moved_to,
    }


def fetch_as_json(fetch: FeedFetch) -> dict[str, object]:
    """Give how one refresh of a feed ended."""
    return {
        "at": utc(fetch.at),
        "status": fetch.status.value,
        "new": fetch.new,
        "updated": fetch.updated,
        "error": fetch.error,
    }


def search_as_json(search: SavedSearch, total: int, unread: int) -> dict[str, object]:
    """Give a saved search with its counts."""
    return {
        "schema": SCHEMA,
        "name": search.name,
        "query": search.query,
        "total": total,
        "unread": unread,
    }


def result_as_json(result: FeedResult) -> dict[str, object]:
    """Give how one feed's turn ended."""
    return {
        "feed": result.url,
        "status": result.status.value,
        "new": result.new,
        "updated": result.updated,
        "error": result.error,
    }
