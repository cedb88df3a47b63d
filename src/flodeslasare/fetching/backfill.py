"""Backfill: the older pages of a feed, which its newest page no longer holds.

Each kind of site has its own way to page through a feed; `way_for` and `page_url` are pure and say
which, and what to ask for next. `older_pages` asks, one page at a time, through the same
`Fetcher` and its manners as everything else.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from flodeslasare.documents import ParsedEntry, ParsedFeed, ReplyKind
from flodeslasare.errors import FetchError, NotAFeed
from flodeslasare.fetching._address import with_credentials_of
from flodeslasare.fetching.discover import looks_like_feed, page_generator

if TYPE_CHECKING:
    from flodeslasare.fetching.http import Fetcher, Reply

MAX_PAGES = 500
"""Where a site has no end, we have one."""
_BARREN_PAGES = 3
"""Linked pages in a row that may bring nothing new: an archive often starts with what is current."""
_END_STATUSES = frozenset({400, 404, 410})
"""How sites say that there is no such page: WordPress 404, Blogger 400 beyond its last entry."""
_BLOGGER_PATH = re.compile(r"(?i)/feeds/(?:\d+/)?posts/(?:default|summary|full)(?:/|$)")
_GENERATOR = re.compile(rb"(?is)<generator\b.{0,300}?(?:</generator>|/>)")
_GENERATOR_WITHIN_BYTES = 20_000


class Way(StrEnum):
    """How a site gives the older pages of its feed."""

    LINKS = "links"
    """Each page names the next: RFC 5005 `next` and `prev-archive`, JSON Feed `next_url`."""
    JOOMLA = "joomla"
    """`limitstart`: entries to pass over. How many come is the site's own setting."""
    WORDPRESS = "wordpress"
    """`paged`: the number of the page, until 404."""
    BLOGGER = "blogger"
    """`start-index`: the number of the first entry, counted from 1."""


class Parse(Protocol):
    """Reads one feed document; `ParsePool.parse` does it out of process."""

    async def __call__(
        self, body: bytes, *, url: str, content_type: str | None, location: str | None
    ) -> ParsedFeed: ...


def way_for(feed_url: str, first: ParsedFeed, generator: str | None = None) -> Way | None:
    """Tell how the older pages of a feed are reached; `None` when nothing says.

    Args:
        feed_url: the feed's address, which gives many kinds of site away.
        first: its newest page; a link to the next one counts for more than anything else.
        generator: what the feed or its site says it was made with.
    """
    parts = urlsplit(feed_url)
    query = {name.lower(): value.lower() for name, value in parse_qsl(parts.query)}
    made_with = (generator or "").lower()
    if first.next_url:
        return Way.LINKS
    if query.get("format") == "feed" or re.search(r"(?i)\.feed$", parts.path):
        return Way.JOOMLA
    if _BLOGGER_PATH.search(parts.path):
        return Way.BLOGGER
    if query.get("feed") in ("rss", "rss2", "atom", "rdf"):
        return Way.WORDPRESS
    for way in (Way.JOOMLA, Way.WORDPRESS, Way.BLOGGER):
        if way in made_with:
            return way
    return None


def page_url(way: Way, feed_url: str, *, pages: int, entries: int, last: ParsedFeed) -> str | None:
    """Give the address of the next older page; `None` when there is none.

    Args:
        way: as `way_for` says.
        feed_url: the feed's own address; what is in its query stays.
        pages: how many have come, the newest included.
        entries: how many have come, the newest page's included.
        last: the page that came last.
    """
    if way is Way.LINKS:
        return with_credentials_of(feed_url, last.next_url) if last.next_url else None
    if not last.entries:
        return None
    if way is Way.JOOMLA:  # `start` is what its router makes of limitstart, so it must not stay
        return _with_query(feed_url, drop="start", limitstart=entries)
    if way is Way.WORDPRESS:
        return _with_query(feed_url, paged=pages + 1)
    return _with_query(feed_url, start_index=entries + 1)


async def older_pages(
    fetcher: Fetcher,
    parse: Parse,
    feed_url: str,
    first: ParsedFeed,
    *,
    allow_private: bool = False,
    max_pages: int = MAX_PAGES,
) -> AsyncGenerator[ParsedFeed, None]:
    """Give the older pages of a feed, newest first, each with at least one entry not seen before.

    It ends when a page brings nothing new, or is not there, or is no feed. Where neither the
    address nor a link says how, the feed, and then its site's page, are asked once what
    they were made with; when that says nothing either, there are no pages.

    Args:
        fetcher: keeps the limits and the turns.
        parse: reads a page.
        feed_url: the subscription's address.
        first: the newest page, read already.
        allow_private: as for the subscription.
        max_pages: the most that are asked for.

    Raises:
        FetchError: a page could not be had. What came before stands.
        ParseError: a page could not be read. What came before stands.
    """

    async def ask(url: str) -> Reply:
        return await fetcher.fetch(url, allow_private=allow_private)

    way = way_for(feed_url, first) or way_for(
        feed_url, first, await _generator(ask, feed_url, first.site_url)
    )
    if way is None:
        return
    seen = _Seen()
    seen.takes_new(first.entries)
    last, entries, barren = first, len(first.entries), 0
    asked = {feed_url}
    for pages in range(1, max_pages + 1):
        url = page_url(way, feed_url, pages=pages, entries=entries, last=last)
        if url is None or url in asked:
            return
        asked.add(url)
        try:
            reply = await ask(url)
        except FetchError as error:
            if error.status in _END_STATUSES:
                return
            raise
        if reply.kind is not ReplyKind.OK or not looks_like_feed(reply.body, reply.content_type):
            return
        try:
            last = await parse(
                reply.body,
                url=reply.url,
                content_type=reply.content_type,
                location=reply.content_location,
            )
        except NotAFeed:
            return
        entries += len(last.entries)
        if seen.takes_new(last.entries):
            barren = 0
            yield last
        else:
            barren += 1
            if way is not Way.LINKS or barren >= _BARREN_PAGES:
                return


class _Seen:
    """The entries that have come, by what tells them apart."""

    def __init__(self) -> None:
        self._names: set[object] = set()
        self._urls: set[str] = set()

    def takes_new(self, entries: Iterable[ParsedEntry]) -> bool:
        """Take note of a page's entries; tell whether some were new.

        Both their names and their addresses must have something new: a feed that makes up new
        guids at each request would otherwise have no end.
        """
        page = list(entries)
        names = {entry.guid or entry.url or (entry.title, entry.published) for entry in page}
        urls = {entry.url for entry in page if entry.url}
        is_new = bool(names - self._names) and (not urls or bool(urls - self._urls))
        self._names |= names
        self._urls |= urls
        return is_new


class _Ask(Protocol):
    async def __call__(self, url: str) -> Reply: ...


async def _generator(ask: _Ask, feed_url: str, site_url: str | None) -> str | None:
    """Find out what a feed was made with: it may say so itself, or its site's page does.

    Raises:
        FetchError: the feed itself could not be had.
    """
    feed = await ask(feed_url)
    if said := _GENERATOR.search(feed.body[:_GENERATOR_WITHIN_BYTES]):
        return said[0].decode("latin-1")
    if not site_url:
        return None
    try:
        page = await ask(site_url)
    except FetchError:
        return None
    # In a thread: of a long page it takes longer than a screen may stand still.
    return await asyncio.to_thread(page_generator, page.body)


def _with_query(url: str, *, drop: str = "", **values: int) -> str:
    """Set numbers in the query of an address; a `_` in a name stands for `-`."""
    new = {name.replace("_", "-"): str(value) for name, value in values.items()}
    parts = urlsplit(url)
    kept = [
        pair
        for pair in parts.query.split("&")
        if pair and pair.partition("=")[0].lower() not in {*new, drop}
    ]
    query = "&".join([*kept, *(f"{quote(name)}={value}" for name, value in new.items())])
    return urlunsplit(parts._replace(query=query))
