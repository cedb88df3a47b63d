"""What crosses the pipe between `pool` and its workers: frames of JSON, each with its length before.

JSON, and never pickle: a parser that a hostile document has taken over can lie to the reader but
must not be able to run anything in it. So what comes back is checked for its types here.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from flodeslasare.digests import digest_of
from flodeslasare.documents import ParsedEntry, ParsedFeed
from flodeslasare.i18n import restored, stored, with_values
from flodeslasare.model import Enclosure

LENGTH = struct.Struct("!I")
LARGEST_FRAME_BYTES = 64_000_000
MEMORY = "memory"
"""How a worker names the error that is none of the feed's: it took too much memory."""
CRASH = "crash"
"""And this one: the parser raised what it should not."""
_REASON_CHARACTERS = 1_000
_DIGEST = re.compile(r"[0-9a-f]{16}(?:\.[0-9a-f]{16}){2}")
_FRAME_CHARACTERS = 100_000
"""About what one frame holds: decoding it keeps the event loop for a millisecond."""


def frame(value: object, payload: bytes = b"") -> bytes:
    """Give a value as a frame; `payload` follows it as it is."""
    encoded = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )
    return LENGTH.pack(len(encoded)) + encoded + payload


def document_parts(document: ParsedFeed) -> Iterator[object]:
    """Give a document in parts of moderate size: its head, then its entries a few at a time."""
    yield [
        document.title,
        document.site_url,
        document.min_interval_seconds,
        None if document.flaw is None else stored(document.flaw),
        document.is_whole,
        document.next_url,
        document.item_hashes,
        document.skipped_guids,
    ]
    batch: list[object] = []
    characters = 0
    for entry in document.entries:
        batch.append(_from_entry(entry))
        characters += len(entry.html) + len(entry.text) + 500
        if characters > _FRAME_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _from_entry(entry: ParsedEntry) -> list[object]:
    return [
        entry.guid,
        entry.url,
        entry.title,
        entry.author,
        _seconds(entry.published),
        _seconds(entry.updated),
        entry.tags,
        [(file.url, file.type, file.size_bytes) for file in entry.enclosures],
        entry.html,
        entry.text,
        str(digest_of(entry)),  # here, since the process that stores has more to do than this one
    ]


def _seconds(when: datetime | None) -> int | None:
    return None if when is None else int(when.timestamp())


class NonsenseError(ValueError):
    """What came through the pipe is not what a worker of ours sends."""


def reason_from(part: object) -> str:
    """Give a reason back (`i18n.stored` made it) in the language of the screen, fit to be shown."""
    text = part if isinstance(part, str) else ""
    return with_values(restored(text[: 4 * _REASON_CHARACTERS]), _printable)


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:_REASON_CHARACTERS]


def document_from_parts(head: object, entries: Iterable[ParsedEntry]) -> ParsedFeed:
    """Give the document back.

    Raises:
        NonsenseError
    """
    title, site_url, interval, flaw, is_whole, next_url, hashes, skipped = _list(head, 8)
    return ParsedFeed(
        title=_text_or_none(title),
        site_url=_text_or_none(site_url),
        min_interval_seconds=_int_or_none(interval),
        flaw=None if flaw is None else reason_from(flaw),
        is_whole=is_whole is True,
        next_url=_text_or_none(next_url),
        item_hashes=tuple(_text(item) for item in _list(hashes)),
        skipped_guids=tuple(_text(item) for item in _list(skipped)),
        entries=tuple(entries),
    )


def entries_from_part(part: object) -> list[ParsedEntry]:
    """Give the entries of one part back.

    Raises:
        NonsenseError
    """
    return [_to_entry(item) for item in _list(part)]


def _to_entry(item: object) -> ParsedEntry:
    guid, url, title, author, published, updated, tags, files, html, text, digest = _list(item, 11)
    return ParsedEntry(
        guid=_text_or_none(guid),
        url=_text_or_none(url),
        title=_text(title),
        author=_text_or_none(author),
        published=_time(published),
        updated=_time(updated),
        tags=tuple(_text(tag) for tag in _list(tags)),
        enclosures=tuple(_to_enclosure(file) for file in _list(files)),
        html=_text(html),
        text=_text(text),
        digest=_digest(digest),
    )


def _to_enclosure(item: object) -> Enclosure:
    url, media_type, size = _list(item, 3)
    return Enclosure(url=_text(url), type=_text_or_none(media_type), size_bytes=_int_or_none(size))


def _list(value: object, length: int | None = None) -> list[object]:
    if not isinstance(value, list) or length not in {None, len(value)}:
        raise NonsenseError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise NonsenseError
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _digest(value: object) -> str:
    digest = _text(value)
    if not _DIGEST.fullmatch(digest):
        raise NonsenseError
    return digest


def _int_or_none(value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise NonsenseError
    return value


def _time(value: object) -> datetime | None:
    seconds = _int_or_none(value)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NonsenseError from error
