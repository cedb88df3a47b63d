"""The reader of every kind of XML feed: feedparser, and the end of its oddities.

It sanitises nothing and resolves nothing but `xml:base` here; `parse` and `clean` do that for all
readers alike (and 9 times quicker).
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import feedparser

from flodeslasare.fetching._raw import (
    RawAuthor,
    RawEntry,
    RawFeed,
    RawLink,
    RawMedia,
    RawText,
)

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_EMPTY_ELEMENT = re.compile(
    r"<((?:area|br|col|embed|hr|img|input|source|track|wbr)\b[^<>]*)></\w+>"
)
"""feedparser writes the `<br/>` of XHTML as `<br></br>`, which HTML reads as two of them."""
_NAMESPACE = re.compile(rb"""(?<=\s)xmlns(?::[\w.-]+)?="[^"<>]*\"""")
"""A namespace may hold spaces, and feedparser takes what stands before the first for all of it."""
_NO_DATE = re.compile(
    rb"<((?:[\w.-]+:)?(?:pubDate|published|issued|created|updated|modified|date))(?:\s[^<>]*?)?(?:/>|>\s*</\1\s*>)",
    re.IGNORECASE,
)
"""feedparser lets an empty date take the place of one that says something."""
_HEADERS = {"content-type": "application/xml; charset=utf-8"}


def _no_date(_text: str) -> time.struct_time:
    return time.gmtime(0)


def _keep_authors_whole(self: Any, key: str = "author") -> None:
    context = self._get_context()
    people = dict.get(context, f"{key}s") or [{}]
    if not people[-1] and dict.get(context, key):
        people[-1]["name"] = context[key]


@contextmanager
def _leaving_the_rest_to_us() -> Iterator[None]:
    """Keep feedparser from what is done for all readers alike, while it reads for us and no longer."""
    mixin, handlers = feedparser.mixin._FeedParserMixin, feedparser.datetimes._date_handlers
    ours = {
        # It takes names and addresses apart, and cuts an address whose top-level domain has more than
        # four letters in two. `parse` does it.
        "_sync_author_detail": _keep_authors_whole,
        # An id is a name, even where it looks like an address (RFC 4287 §4.2.6).
        "can_be_relative_uri": mixin.can_be_relative_uri - {"id"},
    }
    theirs = {name: getattr(mixin, name) for name in ours}
    for name, value in ours.items():
        setattr(mixin, name, value)
    # It tries six forms on every date and rolls 30 February over to March; `dates` reads the same
    # strings. This handler is asked first and ends the search.
    handlers.insert(0, _no_date)
    try:
        yield
    finally:
        handlers.remove(_no_date)
        for name, value in theirs.items():
            setattr(mixin, name, value)


def read_with_feedparser(xml: bytes) -> RawFeed:
    """Read a feed document that begins with its root element, in UTF-8."""
    xml = _NAMESPACE.sub(lambda match: "".join(match[0].decode().split()).encode(), xml)
    xml = _NO_DATE.sub(b"", xml)
    with _leaving_the_rest_to_us():
        parsed = feedparser.parse(
            io.BytesIO(b'<?xml version="1.0" encoding="utf-8"?>\n' + xml),
            response_headers=_HEADERS,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    is_atom = _text(parsed, "version").startswith("atom")
    feed = _dict(parsed, "feed")
    return RawFeed(
        title=_title(feed, is_atom=is_atom),
        is_atom=is_atom,
        links=_links(feed),
        authors=_authors(feed),
        language=_text(feed, "language"),
        ttl=_text(feed, "ttl"),
        update_period=_text(feed, "sy_updateperiod"),
        update_frequency=_text(feed, "sy_updatefrequency"),
        entries=[_entry(entry, is_atom=is_atom) for entry in _list(parsed, "entries")],
    )


def _entry(entry: dict[str, Any], *, is_atom: bool) -> RawEntry:
    authors = _authors(entry) or _authors(_dict(entry, "source"))
    links = _links(entry)
    image = _dict(entry, "image")
    subtitle = _text(entry, "subtitle")
    if original := _text(entry, "feedburner_origlink"):
        links.insert(0, RawLink(href=original))
    return RawEntry(
        guid=_text(entry, "id"),
        title=_title(entry, is_atom=is_atom),
        fallback_url=_text(entry, "link"),
        links=links,
        contents=[
            content
            for detail in _list(entry, "content")
            if (content := _content(detail, is_atom=is_atom))
        ],
        summaries=_summaries(entry, is_atom=is_atom),
        authors=authors,
        published=_text(entry, "published") or _text(entry, "created"),
        updated=_text(entry, "updated"),
        tags=[_text(tag, "label") or _text(tag, "term") for tag in _list(entry, "tags")],
        media=[_media(media) for media in _list(entry, "media_content")],
        thumbnails=[_media(media) for media in (*_list(entry, "media_thumbnail"), image)],
        subtitle=RawText(subtitle, is_html=not is_atom) if subtitle else None,
    )


# feedparser's dictionaries answer `entry["updated"]` with a warning and `entry["url"]` with `href`,
# so they are asked as the plain dictionaries that they also are. Their values may be anything:
# an element that nobody knows becomes a dictionary when it has attributes.


def _text(values: dict[str, Any], key: str) -> str:
    value = dict.get(values, key)
    return value if isinstance(value, str) else ""


def _dict(values: dict[str, Any], key: str) -> dict[str, Any]:
    value = dict.get(values, key)
    return value if isinstance(value, dict) else {}


def _list(values: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = dict.get(values, key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _title(values: dict[str, Any], *, is_atom: bool) -> RawText | None:
    title = _text(values, "title")
    if not title:
        return None
    kind = _text(_dict(values, "title_detail"), "type")
    # RSS never says what its titles are, and they are HTML often enough.
    return RawText(title, is_html=not is_atom or kind in _HTML_TYPES)


def _content(detail: dict[str, Any], *, is_atom: bool) -> RawText | None:
    value, kind = _text(detail, "value"), _text(detail, "type")
    if not value or not (kind in _HTML_TYPES or kind.startswith("text/")):
        return None
    is_html = kind in _HTML_TYPES or not is_atom
    if kind == "application/xhtml+xml":
        value = _EMPTY_ELEMENT.sub(r"<\1>", value)
    return RawText(value, is_html=is_html, base=_text(detail, "base") or None)


def _summaries(entry: dict[str, Any], *, is_atom: bool) -> list[RawText]:
    detail = _dict(entry, "summary_detail")
    if detail:
        summary = _content(detail, is_atom=is_atom)
        return [summary] if summary else []
    value = _text(entry, "summary")
    return [RawText(value)] if value and not _list(entry, "content") else []


def _links(values: dict[str, Any]) -> list[RawLink]:
    return [
        RawLink(
            href=href,
            rel=_text(link, "rel") or "alternate",
            type=_text(link, "type") or None,
            length=_text(link, "length") or None,
        )
        for link in _list(values, "links")
        if (href := _text(link, "href"))
    ]


def _authors(values: dict[str, Any]) -> list[RawAuthor]:
    authors = [
        RawAuthor(name=_text(author, "name"), email=_text(author, "email"))
        for author in _list(values, "authors")
    ]
    authors = [author for author in authors if author.name or author.email]
    name = _text(values, "author")
    return authors or ([RawAuthor(name=name)] if name else [])


def _media(media: dict[str, Any]) -> RawMedia:
    return RawMedia(
        url=_text(media, "url") or _text(media, "href"),
        type=_text(media, "type"),
        medium=_text(media, "medium"),
        length=_text(media, "filesize") or None,
    )
