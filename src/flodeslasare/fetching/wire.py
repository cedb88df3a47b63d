"""What crosses the pipe between `pool` and its workers, as MessagePack with its types checked.

Typed, and never pickle: a parser that a hostile document has taken over can lie to the reader but must not
be able to run anything in it. So what comes back is checked here, each field of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TypeAlias, TypeVar

import msgspec
from msgspec.structs import replace

from flodeslasare.documents import YEARS, ParsedArticle, ParsedEntry, ParsedFeed
from flodeslasare.i18n import restored, stored, with_values
from flodeslasare.pictures import Colour, Picture, fitted

MEMORY = "memory"
"""How a worker names the error that is none of the feed's: it took too much memory."""
CRASH = "crash"
"""And this one: the parser raised what it should not."""
_REASON_CHARACTERS = 1_000
_LONGEST_INTERVAL_SECONDS = 366 * 86_400


class Request(msgspec.Struct, array_like=True, frozen=True):
    """A document to be read, and how."""

    body: bytes
    url: str
    content_type: str | None
    location: str | None
    known: list[str]
    field_characters: int
    max_entries: int
    nesting: int
    max_images: int


class PictureRequest(msgspec.Struct, array_like=True, frozen=True):
    """A picture to be made fit for the screen, and how."""

    body: bytes
    url: str
    most_width: int
    """In pixels."""
    most_height: int
    ground: Colour
    """What is seen through it."""


class ArticleRequest(msgspec.Struct, array_like=True, frozen=True):
    """A page whose text is to be found, and what is known of it."""

    body: bytes
    url: str
    content_type: str | None
    title: str
    known: str
    field_characters: int
    nesting: int
    max_images: int


class Refusal(msgspec.Struct, array_like=True, frozen=True):
    """Why there is no document."""

    error: str
    """The name of an error, or `MEMORY`, or `CRASH`."""
    reason: str = ""
    """As `i18n.stored` gives it."""


class NonsenseError(ValueError):
    """What came through the pipe is not what a worker of ours sends."""


Encoded: TypeAlias = tuple[bytes, ...]
"""A document, encoded: its head, then its entries a few at a time. To decode many at once would hold the
interpreter, and with it the screen."""

_requests = msgspec.msgpack.Decoder(Request)
_picture_requests = msgspec.msgpack.Decoder(PictureRequest)
_article_requests = msgspec.msgpack.Decoder(ArticleRequest)
_articles = msgspec.msgpack.Decoder(ParsedArticle)
_pictures = msgspec.msgpack.Decoder(Picture)
_refusals = msgspec.msgpack.Decoder(Refusal)
_heads = msgspec.msgpack.Decoder(ParsedFeed)
_entries = msgspec.msgpack.Decoder(tuple[ParsedEntry, ...])
_PART, _END, _REFUSAL = b"P", b"E", b"R"
"""What a frame of an answer begins with: parts, then the end; or a refusal."""
_PART_CHARACTERS = 100_000
_LARGEST_DOCUMENT_BYTES = 256_000_000


def encoded(request: Request | PictureRequest | ArticleRequest) -> bytes:
    """Give a request as it is sent."""
    return msgspec.msgpack.encode(request)


def request_from(sent: bytes | bytearray) -> Request:
    """Give a request back."""
    return _requests.decode(sent)


def picture_request_from(sent: bytes | bytearray) -> PictureRequest:
    """Give a request for a picture back."""
    return _picture_requests.decode(sent)


def picture_answer(picture: Picture) -> Iterator[bytes]:
    """Give a picture as it is sent, in frames."""
    yield _PART + msgspec.msgpack.encode(picture)
    yield _END


def picture_from(parts: Encoded, request: PictureRequest) -> Picture:
    """Give a picture back.

    Raises:
        NonsenseError: it is none, or not of the size that was asked for.
    """
    if len(parts) != 1:
        raise NonsenseError
    picture = _decoded(_pictures, parts[0])
    own = picture.own_width, picture.own_height
    wanted = fitted(*own, request.most_width, request.most_height)
    if (picture.width, picture.height) != wanted:
        raise NonsenseError
    return picture


def article_request_from(sent: bytes | bytearray) -> ArticleRequest:
    """Give a request for an article back."""
    return _article_requests.decode(sent)


def article_answer(article: ParsedArticle | None) -> Iterator[bytes]:
    """Give an article as it is sent, in frames; `None` as none."""
    if article is not None:
        yield _PART + msgspec.msgpack.encode(article)
    yield _END


def article_from(parts: Encoded) -> ParsedArticle | None:
    """Give an article back, or `None` where the page had no more than the feed.

    Raises:
        NonsenseError: it is none.
    """
    if len(parts) > 1:
        raise NonsenseError
    return _decoded(_articles, parts[0]) if parts else None


def refusal(error: str, reason: str = "") -> bytes:
    """Give an answer without a document as it is sent."""
    return _REFUSAL + msgspec.msgpack.encode(Refusal(error, reason))


def answer(document: ParsedFeed) -> Iterator[bytes]:
    """Give an answer as it is sent, in frames."""
    for part in parts_of(document):
        yield _PART + part
    yield _END


async def answer_from(receive: Callable[[], Awaitable[bytes]]) -> Encoded | Refusal:
    """Take an answer, a frame at a time; a document still encoded, for whoever stores it, who need not be who passes it on.

    Raises:
        NonsenseError
    """
    parts: list[bytes] = []
    left = _LARGEST_DOCUMENT_BYTES
    while True:
        sent = await receive()
        kind, rest = sent[:1], sent[1:]
        if kind == _PART:
            parts.append(rest)
            left -= len(rest)
        elif kind == _END:
            return tuple(parts)
        elif kind == _REFUSAL:
            return _decoded(_refusals, rest)
        if left < 0 or kind != _PART:
            raise NonsenseError


def parts_of(document: ParsedFeed) -> Iterator[bytes]:
    """Encode a document in parts of moderate size."""
    flaw = document.flaw
    yield msgspec.msgpack.encode(
        replace(document, entries=(), flaw=None if flaw is None else stored(flaw))
    )
    batch: list[ParsedEntry] = []
    characters = 0
    for entry in document.entries:
        batch.append(entry)
        characters += len(entry.html) + len(entry.text) + 500
        if characters > _PART_CHARACTERS:
            yield msgspec.msgpack.encode(batch)
            batch, characters = [], 0
    if batch:
        yield msgspec.msgpack.encode(batch)


def document_from(parts: Encoded) -> ParsedFeed:
    """Give a document back.

    Raises:
        NonsenseError
    """
    if not parts:
        raise NonsenseError
    document = _decoded(_heads, parts[0])
    entries = tuple(entry for part in parts[1:] for entry in _decoded(_entries, part))
    if not 0 <= (document.min_interval_seconds or 0) <= _LONGEST_INTERVAL_SECONDS:
        raise NonsenseError
    if not all(map(_makes_sense, entries)):
        raise NonsenseError
    flaw = document.flaw
    return replace(document, entries=entries, flaw=None if flaw is None else reason_from(flaw))


def _makes_sense(entry: ParsedEntry) -> bool:
    return (
        "\0" not in f"{entry.guid}{entry.url}{entry.title}"
        and all(when is None or when.year in YEARS for when in (entry.published, entry.updated))
        and all(
            file.size_bytes is None or 0 <= file.size_bytes < 2**63 for file in entry.enclosures
        )
    )


_T = TypeVar("_T")


def _decoded(decoder: msgspec.msgpack.Decoder[_T], sent: bytes) -> _T:
    try:
        return decoder.decode(sent)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise NonsenseError from error


def reason_from(kept: str) -> str:
    """Give a reason back (`i18n.stored` made it) in the language of the screen, fit to be shown."""
    return with_values(restored(kept[: 4 * _REASON_CHARACTERS]), _printable)


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:_REASON_CHARACTERS]
