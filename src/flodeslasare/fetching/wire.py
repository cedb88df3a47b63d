"""What crosses the pipe between `pool` and its workers, as MessagePack with its types checked.

Typed, and never pickle: a parser that a hostile document has taken over can lie to the reader but must not
be able to run anything in it. So what comes back is checked here, each field of it.
"""

from __future__ import annotations

import re
from dataclasses import replace

import msgspec

from flodeslasare.documents import ParsedFeed
from flodeslasare.i18n import restored, stored, with_values

MEMORY = "memory"
"""How a worker names the error that is none of the feed's: it took too much memory."""
CRASH = "crash"
"""And this one: the parser raised what it should not."""
_REASON_CHARACTERS = 1_000
_DIGEST = re.compile(r"[0-9a-f]{16}(?:\.[0-9a-f]{16}){2}")


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


class Refusal(msgspec.Struct, array_like=True, frozen=True):
    """Why there is no document."""

    error: str
    """The name of an error, or `MEMORY`, or `CRASH`."""
    reason: str = ""
    """As `i18n.stored` gives it."""


class NonsenseError(ValueError):
    """What came through the pipe is not what a worker of ours sends."""


_requests = msgspec.msgpack.Decoder(Request)
_refusals = msgspec.msgpack.Decoder(Refusal)
_documents = msgspec.msgpack.Decoder(ParsedFeed)
_DOCUMENT, _REFUSAL = b"D", b"R"
"""What an answer begins with."""


def encoded(request: Request) -> bytes:
    """Give a request as it is sent."""
    return msgspec.msgpack.encode(request)


def request_from(sent: bytes) -> Request:
    """Give a request back."""
    return _requests.decode(sent)


def refusal(error: str, reason: str = "") -> bytes:
    """Give an answer without a document as it is sent."""
    return _REFUSAL + msgspec.msgpack.encode(Refusal(error, reason))


def answer_from(sent: bytes) -> bytes | Refusal:
    """Give an answer back; a document still encoded, for whoever stores it, who need not be who passes it on.

    Raises:
        NonsenseError
    """
    kind, rest = sent[:1], sent[1:]
    if kind == _DOCUMENT:
        return rest
    if kind != _REFUSAL:
        raise NonsenseError
    try:
        return _refusals.decode(rest)
    except msgspec.MsgspecError as error:
        raise NonsenseError from error


def answer(document: ParsedFeed) -> bytes:
    """Give an answer as it is sent."""
    if document.flaw is not None:
        document = replace(document, flaw=stored(document.flaw))
    return _DOCUMENT + msgspec.msgpack.encode(document)


def document_from(sent: bytes) -> ParsedFeed:
    """Give a document back, from what `answer_from` gave.

    Raises:
        NonsenseError
    """
    try:
        document = _documents.decode(sent)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise NonsenseError from error
    if not all(_DIGEST.fullmatch(entry.digest) for entry in document.entries):
        raise NonsenseError
    if document.flaw is not None:
        document = replace(document, flaw=reason_from(document.flaw))
    return document


def reason_from(kept: str) -> str:
    """Give a reason back (`i18n.stored` made it) in the language of the screen, fit to be shown."""
    return with_values(restored(kept[: 4 * _REASON_CHARACTERS]), _printable)


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:_REASON_CHARACTERS]
