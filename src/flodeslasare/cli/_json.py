"""The JSON that scripts build on. A key that is here stays; a new one may come."""

from __future__ import annotations

from flodeslasare.model import (
    ArticleResult,
    Entry,
    Feed,
    FeedFetch,
    FeedResult,
    SavedSearch,
    in_iso,
)

SCHEMA = 1
"""Raised when a key changes its meaning or goes."""


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
        "published": in_iso(entry.published),
        "updated": in_iso(entry.updated),
        "fetched": in_iso(entry.fetched),
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
        "added": in_iso(feed.added),
        "left": in_iso(feed.left_since),
        "last_refresh": in_iso(feed.last_refresh),
        "next_refresh": in_iso(feed.next_refresh),
        "last_error": feed.last_error,
        "failing_since": in_iso(feed.failing_since),
        "failures": feed.failures,
        "gone": feed.is_gone,
        "gone_since": in_iso(feed.gone_since),
        "flaw": feed.flaw,
        "interval_seconds": feed.interval_seconds,
        "moved_to": moved_to,
    }


def fetch_as_json(fetch: FeedFetch) -> dict[str, object]:
    """Give how one refresh of a feed ended."""
    return {
        "schema": SCHEMA,
        "at": in_iso(fetch.at),
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


def article_as_json(result: ArticleResult) -> dict[str, object]:
    """Give how it ended to fetch one entry's whole text."""
    return {
        "schema": SCHEMA,
        "id": result.entry_id,
        "title": result.title,
        "url": result.url,
        "status": result.status.value,
        "words": result.words,
        "error": result.error,
    }


def result_as_json(result: FeedResult) -> dict[str, object]:
    """Give how one feed's turn ended."""
    return {
        "schema": SCHEMA,
        "feed": result.url,
        "status": result.status.value,
        "new": result.new,
        "updated": result.updated,
        "error": result.error,
        "elsewhere": result.is_elsewhere,
    }
