"""The reader of JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), and of near misses."""

from __future__ import annotations

import json
import re

from flodeslasare.errors import NotAFeed, ParseError
from flodeslasare.fetching._parsed import MAX_ENTRIES, too_many
from flodeslasare.fetching._raw import RawAuthor, RawEntry, RawFeed, RawLink, RawMedia, RawText
from flodeslasare.i18n import _


def read_json_feed(
    text: str, *, url: str, max_entries: int = MAX_ENTRIES
) -> tuple[RawFeed, list[str], bool]:
    """Read a JSON feed; gives it, what was wrong with the document, and whether it is whole.

    Raises:
        NotAFeed: it is JSON of another kind.
        ParseError: it is no JSON at all.
    """
    document, flaws, is_whole = _document(text, url)
    version = _text(document, "version")
    if "items" not in document or ("jsonfeed" not in version and not _has_entries(document)):
        raise NotAFeed(url, _("JSON came that is no feed"))
    links = [
        RawLink(href=href, rel=rel)
        for key, rel in (("home_page_url", "alternate"), ("next_url", "next"))
        if (href := _text(document, key))
    ]
    title = _text(document, "title")
    items = _objects(document, "items")
    if len(items) > max_entries:
        flaws.append(too_many(len(items), max_entries))
    feed = RawFeed(
        title=RawText(title, is_html=False) if title else None,
        links=links,
        authors=_authors(document),
        language=_text(document, "language"),
        entries=[_entry(item) for item in items[:max_entries]],
    )
    return feed, flaws, is_whole


_DECODER = json.JSONDecoder(
    strict=False,  # a real line break inside a string is no reason to stop
    parse_int=str,  # as they stand: Python refuses numbers of more than 4300 digits
    parse_float=str,
    parse_constant=lambda _name: None,
)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)


def _document(text: str, url: str) -> tuple[dict[str, object], list[str], bool]:
    flaws: list[str] = []
    is_whole = True
    try:
        found, end = _DECODER.raw_decode(text)
        if text[end:].strip():
            flaws.append(_("there is something after the feed"))
    except (ValueError, RecursionError):
        flaws.append(_("it ends in the middle or is not well-formed JSON"))
        text = _TRAILING_COMMA.sub(lambda match: match[1] or "", text)
        try:
            found, _end = _DECODER.raw_decode(text)
        except (ValueError, RecursionError):
            found, is_whole = _salvaged(text), False
        if not found:
            raise ParseError(url, _("what came is neither XML nor JSON that can be read")) from None
    if not isinstance(found, dict):
        raise NotAFeed(url, _("JSON came that is no feed"))
    return found, flaws, is_whole


def _salvaged(text: str) -> dict[str, object]:
    """Give what stands before the break: the whole items, and what is named before them."""
    start = re.search(r'"items"\s*:\s*\[', text)
    if start is None:
        return {}
    head = text[: start.start()].rstrip().rstrip(",")
    try:
        document = _DECODER.decode(head + "}")
    except (ValueError, RecursionError):
        document = {}
    if not isinstance(document, dict):
        return {}
    items: list[object] = []
    at = start.end()
    while separator := re.compile(r"[\s,]*(?=\{)").match(text, at):
        try:
            item, at = _DECODER.raw_decode(text, separator.end())
        except (ValueError, RecursionError):
            break
        items.append(item)
    document["items"] = items
    return document


def _has_entries(document: dict[str, object]) -> bool:
    items = _objects(document, "items")
    return bool(items) and all(
        {"content_html", "content_text", "url", "title"} & item.keys() for item in items[:5]
    )


def _entry(item: dict[str, object]) -> RawEntry:
    url = _text(item, "url") or _text(item, "external_url")
    contents = []
    if html := _text(item, "content_html"):
        contents.append(RawText(html))
    elif text := _text(item, "content_text"):
        contents.append(RawText(text, is_html=False))
    image = _text(item, "image") or _text(item, "banner_image")
    entry = RawEntry(
        guid=_text(item, "id"),
        title=RawText(_text(item, "title"), is_html=False),
        fallback_url=_text(item, "id"),
        links=[RawLink(href=url)] if url else [],
        contents=contents,
        authors=_authors(item),
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        tags=_texts(item, "tags"),
    )
    if summary := _text(item, "summary"):
        entry.summaries.append(RawText(summary, is_html=False))
    if image:
        entry.thumbnails.append(RawMedia(url=image, medium="image"))
    entry.links.extend(
        RawLink(
            href=_text(attachment, "url"),
            rel="enclosure",
            type=_text(attachment, "mime_type") or None,
            length=_text(attachment, "size_in_bytes") or None,
        )
        for attachment in _objects(item, "attachments")
    )
    return entry


def _authors(values: dict[str, object]) -> list[RawAuthor]:
    """Give the authors of version 1.1, else the one author of version 1.0."""
    authors = _objects(values, "authors")
    one = values.get("author")
    if not authors and isinstance(one, dict):
        authors = [one]
    named = [RawAuthor(name=_text(author, "name") or _text(author, "url")) for author in authors]
    if isinstance(one, str) and not named:
        named = [RawAuthor(name=one)]
    return [author for author in named if author.name]


def _text(values: dict[str, object], key: str) -> str:
    """Give a string or a number, since ids are numbers in many feeds (JSON Feed 1.1, `id`)."""
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _texts(values: dict[str, object], key: str) -> list[str]:
    value = values.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _objects(values: dict[str, object], key: str) -> list[dict[str, object]]:
    value = values.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
