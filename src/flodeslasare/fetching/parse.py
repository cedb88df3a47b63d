"""Feed documents: bytes → `ParsedFeed`, pure. RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed.

The way of a document: `_document` makes a well-formed tree of the bytes, a reader (`_feedparser`,
`_tree`, `_jsonfeed`) says what the document says, and here everything passes `clean` and `dates`
and becomes values. What a machine could do to a parser is limited by `pool`.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import tzinfo
from functools import reduce
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml import etree
from msgspec.structs import replace

from flodeslasare.documents import ParsedEntry, ParsedFeed
from flodeslasare.errors import ParseError
from flodeslasare.fetching._document import BASE, ITEM_NAMES, local_name, read_document
from flodeslasare.fetching._items import Items, items_of, remove
from flodeslasare.fetching._parsed import (
    FIELD_CHARACTERS,
    MAX_ENTRIES,
    MAX_IMAGES,
    NESTING,
    too_many,
)
from flodeslasare.fetching._raw import RawAuthor, RawEntry, RawFeed, RawLink, RawMedia, RawText
from flodeslasare.fetching._tree import NotPlain, read_tree
from flodeslasare.fetching.clean import (
    clean_line,
    html_to_text,
    join,
    safe_html,
    safe_url,
    text_to_html,
    title_text,
)
from flodeslasare.fetching.dates import likely_zone, parse_date
from flodeslasare.i18n import _
from flodeslasare.model import Enclosure
from flodeslasare.text import beginning

_AUTHOR_CHARACTERS = 300
_TAG_CHARACTERS = 200
_GUID_CHARACTERS = 1_000
_MOST_ENCLOSURES = 100
_MOST_TAGS = 100
_LONGEST_INTERVAL_SECONDS = 30 * 24 * 3600


def parse_feed(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    location: str | None = None,
    field_characters: int = FIELD_CHARACTERS,
    max_entries: int = MAX_ENTRIES,
    nesting: int = NESTING,
    max_images: int = MAX_IMAGES,
    known: Collection[str] = (),
) -> ParsedFeed:
    """Read a feed document of any kind and quality.

    Args:
        body: the reply, decompressed.
        url: where it came from, after redirects: what relative addresses are relative to.
        content_type: the header as it came, if it did.
        location: the Content-Location header, which goes before `url` (RFC 3986 §5.1).
        field_characters: the most of one text; longer ones are cut.
        max_entries: those after are left out, and `flaw` says so.
        nesting: the deepest, of elements in the document and in the HTML of a text.
        max_images: the most of one entry; those after are left out.
        known: `item_hashes` of an earlier reading: items whose bytes are the same, and what names and addresses
            in them mean, are left out, also where the feed has another author or language since.

    Raises:
        NotAFeed: it is a web page, or a document of another kind.
        ParseError: it is empty, or nothing that can be read.
    """
    document = read_document(body, url=url, content_type=content_type)
    base = safe_url(location, url) or url
    flaws: list[str] = []
    items: Items | None = None
    is_deep = False
    names = dict(item.split(" ", 1) for item in known if " " in item)
    if document.is_json:
        from flodeslasare.fetching._jsonfeed import read_json_feed

        raw, found_flaws, document.is_whole = read_json_feed(
            document.text, url=url, max_entries=max_entries
        )
        flaws.extend(found_flaws)
    elif items := items_of(document, names.keys(), max_entries):
        if items.total > max_entries:
            flaws.append(too_many(items.total, max_entries))
        if is_deep := _flatten_below(items.root, nesting):
            flaws.append(_("its elements are nested deeper than {nesting}").format(nesting=nesting))
        _remove_captions(items.root)
        _resolve_bases(items.root, base)
        raw = _read_tree(items.root)
    else:
        raw = _read_loosely(document.text, url)

    if len(raw.entries) > max_entries:
        flaws.append(too_many(len(raw.entries), max_entries))
        del raw.entries[max_entries:]
    feed = _clean_feed(
        raw, url=url, base=base, limits=_Limits(field_characters, nesting, max_images)
    )
    flaws = [*document.flaws, *flaws]
    return replace(
        feed,
        entries=tuple(entry for entry in feed.entries if _says_something(entry)),
        is_whole=document.is_whole,
        flaw=reduce(_and, dict.fromkeys(flaws)) if flaws else None,
        # What is too deep is read again the next time, to say so again.
        item_hashes=()
        if items is None or is_deep
        else _named_hashes(items.hashes, names, feed.entries),
        skipped_guids=()
        if items is None
        else tuple(
            name for hash_ in items.hashes if hash_ in names for name in names[hash_].split("\n")
        ),
    )


def _named_hashes(
    hashes: Sequence[str], known: Mapping[str, str], entries: Sequence[ParsedEntry]
) -> tuple[str, ...]:
    """Give each item's hash with its guid, for the next time; none, where it is not plain which item became which entry."""
    if sum(hash_ not in known for hash_ in hashes) != len(entries):
        return ()
    guids = Counter(known[hash_].partition("\n")[0] for hash_ in hashes if hash_ in known)
    guids.update(entry.guid or "" for entry in entries)
    names = (
        f"{entry.guid}\n{entry.url}"
        if entry.guid and entry.url and guids[entry.guid] > 1
        else entry.guid or entry.url or ""
        for entry in entries
    )
    return tuple(f"{hash_} {known[hash_] if hash_ in known else next(names)}" for hash_ in hashes)


def _and(flaw: str, another: str) -> str:
    return _("{flaw}; {another}").format(flaw=flaw, another=another)


# --- readers ---------------------------------------------------------------------------------------


def _read_tree(root: etree._Element) -> RawFeed:
    try:
        return read_tree(root)
    except NotPlain:
        # Late, for feedparser takes 50 ms to import and is often not needed.
        from flodeslasare.fetching._feedparser import read_with_feedparser

        return read_with_feedparser(etree.tostring(root, encoding="utf-8"))


def _read_loosely(text: str, url: str) -> RawFeed:
    """Read what is so far from XML that no tree came of it: feedparser has a reader for that."""
    from flodeslasare.fetching._feedparser import read_with_feedparser

    raw = read_with_feedparser(text.encode("utf-8", "replace"))
    if not raw.entries and raw.title is None:
        raise ParseError(url, _("it is too broken to be read as a feed"))
    return raw


def _flatten_below(root: etree._Element, nesting: int) -> bool:
    """Leave only the words of elements that are nested deeper than allowed; tells if there were any."""
    deepest = root.xpath("*/" * (nesting - 1) + "*[*]")
    if not isinstance(deepest, list):
        return False
    for element in deepest:
        etree.strip_tags(element, "*")
    return bool(deepest)


_MEDIA = ("http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss")
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_CAPTIONS = {
    f"{{{namespace}}}{name}": own_names
    for name, own_names in (
        ("title", {"title"}),
        ("description", {"description", "summary", "content", "encoded", "body"}),
    )
    for namespace in (*_MEDIA, _DUBLIN_CORE, _ITUNES)
}
"""What may stand in for an entry's own title and text, and mostly is the name or the caption of a picture."""


def _remove_captions(root: etree._Element) -> None:
    """Take the words about pictures out of the items that have words of their own."""
    for caption in list(root.iter(*_CAPTIONS)):
        for item in caption.iterancestors():
            if local_name(item) not in ITEM_NAMES:
                continue
            own = {
                local_name(child)
                for child in item
                if child.tag not in _CAPTIONS and not str(child.tag).startswith("{http://search.")
            }
            if own & _CAPTIONS[str(caption.tag)]:
                remove([caption])
            break


def _resolve_bases(root: etree._Element, base: str) -> None:
    """Make the addresses of a document that has `xml:base` absolute, wherever they stand."""
    if root.xpath("boolean(//@xml:base)") is not True:
        return
    root.getroottree().docinfo.URL = base
    for element in root.iter(etree.Element):
        if BASE in element.attrib:
            element.set(BASE, element.base or "")
        for name in ("href", "src", "url"):
            if address := element.get(name):
                element.set(name, join(element.base, address))
        if element.text and element.text.strip() and local_name(element) in {"link", "url"}:
            element.text = join(element.base, element.text.strip())


# --- raw → clean -----------------------------------------------------------------------------------


class _Limits(NamedTuple):
    field_characters: int
    nesting: int
    images: int


def _clean_feed(raw: RawFeed, *, url: str, base: str, limits: _Limits) -> ParsedFeed:
    site_url = _first_url(raw.links, "alternate", base)
    zone = likely_zone(raw.language, site_url, url)
    feed_author = _clean_authors(raw.authors)
    hosts = frozenset() if raw.is_atom else frozenset(filter(None, map(_host, (base, site_url))))
    entries = (_clean_entry(entry, base, hosts, zone, feed_author, limits) for entry in raw.entries)
    return ParsedFeed(
        title=_clean_title(raw.title) or None,
        site_url=site_url,
        entries=tuple(entries),
        min_interval_seconds=_min_interval_seconds(raw),
        next_url=_next_url(raw, url=url, base=base),
    )


def _clean_entry(
    raw: RawEntry,
    base: str,
    hosts: frozenset[str],
    zone: tzinfo,
    feed_author: str | None,
    limits: _Limits,
) -> ParsedEntry:
    published, updated = parse_date(raw.published, zone), parse_date(raw.updated, zone)
    if published is None:
        # Atom demands only `updated` (RFC 4287 §4.1.2), and RSS 1.0 has one date.
        published, updated = updated, None
    if updated == published:
        updated = None
    # A guid is a permalink only if it is an address, whatever it says of itself.
    url = _first_url(raw.links, "alternate", base) or safe_url(raw.fallback_url)
    # An address in the text of RSS is mostly relative to the page of the entry, where it was written: a note
    # below it, a picture beside it. Not so where the entry only points to somebody else's page.
    text_base = url if url and _host(url) in hosts else base
    content, text = _clean_content(raw, base, text_base, limits)
    title = _clean_title(raw.title)
    author = _clean_authors(raw.authors) or feed_author
    tags = _clean_tags(raw.tags)
    enclosures = _clean_enclosures(raw, base)
    return ParsedEntry(
        guid=_clean_guid(raw.guid),
        url=url,
        title=title,
        author=author,
        published=published,
        updated=updated,
        tags=tags,
        enclosures=enclosures,
        html=content,
        text=text,
    )


def _says_something(entry: ParsedEntry) -> bool:
    return bool(entry.guid or entry.url or entry.title or entry.html or entry.enclosures)


_VISIBLE = re.compile(
    r"[^\s\u034f\u115f\u1160\u17b4\u17b5\u200c\u200d\u2800\u3164\ufe00-\ufe0f\uffa0]"
)
"""Anything but joiners, variation selectors and fillers: of these alone comes a title that nobody sees."""


def _clean_title(raw: RawText | None) -> str:
    if raw is None:
        return ""
    value = _unmangled(raw.value)
    title = title_text(value) if raw.is_html else clean_line(value)
    return title if _VISIBLE.search(title) else ""


def _clean_guid(guid: str) -> str | None:
    """Give a guid that can be kept; one that is too long becomes its hash, for it must not be cut."""
    guid = clean_line(guid, 8 * _GUID_CHARACTERS)
    if len(guid) > _GUID_CHARACTERS:
        return "sha256:" + hashlib.sha256(guid.encode()).hexdigest()
    return guid or None


def _clean_content(raw: RawEntry, base: str, text_base: str, limits: _Limits) -> tuple[str, str]:
    """Give the content, or the summary when that says more, as safe HTML and as text."""
    best = _longest(raw.contents)
    summary = _longest(raw.summaries) or raw.subtitle
    if best is None or (
        summary is not None
        and len(summary.value) > len(best.value)
        # A short text with a picture is more than a long excerpt without.
        and ("<img" in summary.value or "<img" not in best.value)
    ):
        best = summary
    if best and not _may_have_relative(best.value):
        text_base = base  # the same for all entries, which takes a fifth less
    content = _html_of(best, text_base, limits) if best else ""
    if limits.images and "<img" not in content:
        content += _image(raw, base)
    return content, html_to_text(content, limits.field_characters) if content else ""


def _may_have_relative(text: str) -> bool:
    """Tell whether HTML may have addresses that are relative to something."""
    addresses = text.count("href=") + text.count("src=")
    return addresses > text.count('href="http') + text.count('src="http')


def _host(url: str | None) -> str:
    try:
        return (urlsplit(url or "").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _longest(texts: list[RawText]) -> RawText | None:
    return max(texts[:10], key=lambda text: len(text.value), default=None)


def _html_of(raw: RawText, base: str, limits: _Limits) -> str:
    value = _unmangled(raw.value[: limits.field_characters])
    if raw.is_html and "<" not in value:
        # Plain text after all: then its line ends mean something.
        value = html.unescape(value)
    elif raw.is_html:
        return safe_html(
            value,
            join(base, raw.base or ""),
            limits.field_characters,
            nesting=limits.nesting,
            images=limits.images,
        )
    return text_to_html(value)


def _image(raw: RawEntry, base: str) -> str:
    """Give the entry's own picture, for a text that shows none.

    It may be named by Media RSS, by iTunes, by JSON Feed's `image`, or be attached.
    """
    attached = [
        RawMedia(url=link.href, type=link.type or "")
        for link in raw.links
        if link.rel == "enclosure"
    ]
    pictures = [media for media in (*raw.media, *attached) if _is_picture(media)]
    for picture in (*pictures, *raw.thumbnails):
        url = safe_url(picture.url, base)
        if url and not url.startswith("mailto:"):
            return f'<p><img src="{html.escape(url)}" alt=""></p>'
    return ""


def _unmangled(text: str) -> str:
    """Put right UTF-8 that was taken for latin-1 and written as UTF-8 again (`Ã¥` for `å`)."""
    if text.isascii():
        return text
    # windows-1252 only where it shows: «CAFÉ”» is UTF-8 by chance.
    for charset in ("latin-1", "cp1252") if "Ã" in text or "â€" in text else ("latin-1",):
        try:
            return text.encode(charset).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return text


_EMAIL_AND_NAME = re.compile(r"(?P<email>[^\s@()<>]+@[^\s@()<>]+)?\s*\((?P<name>[^()]+)\)")
_NAME_AND_EMAIL = re.compile(r"(?P<name>[^<>()@]+?)\s*[<(](?P<email>[^\s@()<>]+@[^\s@()<>]+)[>)]")


def _clean_authors(authors: list[RawAuthor]) -> str | None:
    """Give the names of all authors, each once; the address of one who has no name."""
    names: dict[str, str] = {}
    for author in authors[:50]:
        name = title_text(_unmangled(author.name), _AUTHOR_CHARACTERS)
        match = _EMAIL_AND_NAME.fullmatch(name) or _NAME_AND_EMAIL.fullmatch(name)
        name = match["name"].strip() if match else name
        name = name or clean_line(author.email, _AUTHOR_CHARACTERS)
        if name:
            names.setdefault(name.casefold(), name)
    return beginning(", ".join(names.values()), _AUTHOR_CHARACTERS) or None


def _clean_tags(tags: list[str]) -> tuple[str, ...]:
    clean: dict[str, str] = {}
    for tag in tags[: 10 * _MOST_TAGS]:
        if name := title_text(_unmangled(tag), _TAG_CHARACTERS):
            clean.setdefault(name.casefold(), name)
    return tuple(clean.values())[:_MOST_TAGS]


_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})


def _first_url(links: list[RawLink], rel: str, base: str) -> str | None:
    """Give the first link of a kind, a page before other types (RFC 4287 §4.2.7)."""
    candidates = [link for link in links if link.rel == rel]
    pages = [link for link in candidates if (link.type or "text/html") in _PAGE_TYPES]
    for link in (*pages, *candidates):
        if url := safe_url(link.href, base):
            return url
    return None


_MEDIA_TYPE = re.compile(
    r"([a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60})(?:\s*;\s*[a-z0-9-]+=[^;]*)*"
)
"""RFC 6838 §4.2, and the parameters that may follow (RFC 9110 §8.3.1)."""


def _clean_enclosures(raw: RawEntry, base: str) -> tuple[Enclosure, ...]:
    files = [
        # text/html is what feedparser and RFC 4287 make of no type at all.
        RawMedia(
            url=link.href,
            type=(link.type or "").removeprefix("text/html"),
            length=link.length,
        )
        for link in raw.links
        if link.rel == "enclosure"
    ]
    files.extend(
        media
        for media in raw.media
        if not _is_picture(media) and not media.type.startswith("text/html")
    )
    clean: dict[str, Enclosure] = {}
    for file in files[: 10 * _MOST_ENCLOSURES]:
        url = safe_url(file.url, base)
        if url and not url.startswith("mailto:"):
            # A file that is named twice (`enclosure` and `media:content`) is one: what each says counts.
            known = clean.get(url)
            clean[url] = Enclosure(
                url=url,
                type=(known and known.type) or _media_type(file.type) or _type_by_ending(url),
                size_bytes=(known and known.size_bytes) or _size_bytes(file.length),
            )
    return tuple(clean.values())[:_MOST_ENCLOSURES]


def _is_picture(media: RawMedia) -> bool:
    kind = media.type or ("" if media.medium else _type_by_ending(media.url) or "")
    return media.medium == "image" or kind.startswith("image/")


def _media_type(text: str) -> str | None:
    """Give a media type without its parameters; `None` for what is none (`mp3`)."""
    match = _MEDIA_TYPE.fullmatch(text.strip().lower()[:1_000])
    return match[1] if match else None


_TYPES = {
    ending: kind
    for kind, endings in {
        "application/epub+zip": "epub",
        "application/pdf": "pdf",
        "application/zip": "zip",
        "audio/mp4": "m4a",
        "audio/mpeg": "mp3",
        "audio/ogg": "ogg oga opus",
        "image/avif": "avif",
        "image/gif": "gif",
        "image/jpeg": "jpg jpeg",
        "image/png": "png",
        "image/svg+xml": "svg",
        "image/webp": "webp",
        "video/mp4": "mp4 m4v",
        "video/webm": "webm",
    }.items()
    for ending in endings.split()
}


def _type_by_ending(url: str) -> str | None:
    """Tell what a file is by the ending of its address, where the feed does not say."""
    return _TYPES.get(re.split("[?#]", url[:8_192], maxsplit=1)[0].rpartition(".")[2].lower())


_SIZE = re.compile(r"\s*([0-9]{1,15}|[0-9]{1,3}(?:[ ,\u00a0][0-9]{3}){1,4})(?:\.[0-9]+)?\s*")


def _size_bytes(length: str | None) -> int | None:
    """Give a size that can be true: many feeds write 0 or 1 because the format demands a number."""
    match = _SIZE.fullmatch(length or "")
    size = int(re.sub("[^0-9]", "", match[1])) if match else 0
    return size if size > 1 else None


_PERIOD_SECONDS = {
    "hourly": 3600,
    "daily": 24 * 3600,
    "weekly": 7 * 24 * 3600,
    "monthly": 30 * 24 * 3600,
    "yearly": 365 * 24 * 3600,
}


def _min_interval_seconds(raw: RawFeed) -> int | None:
    """Read RSS 2.0 `ttl` (minutes) and RSS 1.0's syndication module; the longer counts."""
    intervals = []
    if match := re.fullmatch(r"\s*([0-9]{1,7})\s*", raw.ttl):
        intervals.append(int(match[1]) * 60)
    period = _PERIOD_SECONDS.get(raw.update_period.strip().lower())
    if period:
        times = re.fullmatch(r"\s*([0-9]{1,5})\s*", raw.update_frequency)
        intervals.append(period // max(1, int(times[1]) if times else 1))
    longest = max(intervals, default=0)
    return min(longest, _LONGEST_INTERVAL_SECONDS) or None


def _next_url(raw: RawFeed, *, url: str, base: str) -> str | None:
    """Give where older entries are: RFC 5005 §3 `next`, §4 `prev-archive`."""
    for rel in ("prev-archive", "next"):
        for link in raw.links:
            found = safe_url(link.href, base) if link.rel == rel else None
            if found and found != url and not found.startswith("mailto:"):
                return found
    return None
