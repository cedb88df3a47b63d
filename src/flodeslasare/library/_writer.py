"""A writer in a process of its own: `python -m flodeslasare.library._writer LIBRARY LANGUAGE`.

It says what it speaks, takes steps from stdin and answers what came of each, until stdin ends. `apart` is the other end.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from io import RawIOBase
from itertools import islice
from pathlib import Path
from threading import Lock, Thread
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from flodeslasare import __version__, errors
from flodeslasare.errors import FeedError, ReaderError
from flodeslasare.frames import frame, frames_from, leave, pipes
from flodeslasare.i18n import restored, stored, use_language
from flodeslasare.library.steps import StoreFailure, StoreReply
from flodeslasare.library.writing import Outcome, Writer
from flodeslasare.model import FeedResult
from flodeslasare.storage.database import Checkpoints
from flodeslasare.text import encodable

SentStep: TypeAlias = StoreReply | StoreFailure

HELLO = f"flodeslasare {__version__}".encode()
"""What the process says first. The program may have been replaced since the reader was started."""

_LOG_PAGES = 16_000
"""`Checkpoints` copies the log meanwhile, so that nobody waits for the disk."""


class Request(msgspec.Struct, array_like=True, frozen=True):
    """A step, on its way to the process."""

    number: int
    step: SentStep
    parts: int = 0
    """So many frames follow, which are the step's document."""


class SentError(msgspec.Struct, array_like=True, frozen=True):
    """An error, on its way back."""

    name: str
    """Of one of `errors`; else it is a bug, and `text` its traceback."""
    text: str
    url: str = ""

    @classmethod
    def of(cls, error: Exception) -> SentError:
        """Take what is needed to raise it again."""
        match error:
            case FeedError():
                return cls(FeedError.__name__, encodable(stored(error.reason)), error.url)
            case ReaderError():
                return cls(type(error).__name__, encodable(str(error)))
            case _:
                return cls("", encodable("".join(traceback.format_exception(error))))

    def made(self) -> Exception:
        """Give the error back; a bug as a `RuntimeError` that tells its traceback."""
        if self.name == FeedError.__name__:
            return FeedError(self.url, restored(self.text))
        kind = getattr(errors, self.name) if self.name else RuntimeError
        made: Exception = kind(self.text)
        return made


class Answer(msgspec.Struct, array_like=True, frozen=True):
    """What came of a step.

    Without a number it is said of all: that another program is waited for, or the bug that ended the process.
    """

    number: int | None = None
    result: FeedResult | None = None
    error: SentError | None = None


_requests = msgspec.msgpack.Decoder(Request)
_answers = msgspec.msgpack.Decoder(Answer)


def request(number: int, step: SentStep) -> Iterator[bytes]:
    """Give a step as it is sent, in frames."""
    parts: tuple[bytes, ...] = ()
    if isinstance(step, StoreReply) and step.document is not None:
        parts, step = step.document, replace(step, document=())
    yield msgspec.msgpack.encode(Request(number, step, len(parts)))
    yield from parts


def answer_from(sent: bytes) -> Answer:
    """Give an answer back."""
    return _answers.decode(sent)


def _encoded(answer: Answer) -> bytes:
    return msgspec.msgpack.encode(answer, enc_hook=_plain)


def _plain(text: object) -> str:
    """Give a translated message, which knows what it was made of, as a mere text."""
    if isinstance(text, str):
        return text[:]
    raise TypeError(type(text))


# --- the process -------------------------------------------------------------------------------------


def main() -> None:
    """Take steps until stdin ends."""
    path, chosen = sys.argv[1:]
    use_language(chosen)
    requests, answers = pipes()
    writer = Writer(Path(path), log_pages=_LOG_PAGES)
    sending = Lock()

    def send(payload: bytes) -> None:
        # The reader may have been killed. Then stdin ends as well.
        with sending, suppress(BrokenPipeError):
            answers.write(frame(payload))
            answers.flush()

    def say(bug: Exception) -> None:
        send(_encoded(Answer(error=SentError.of(bug))))

    def answer(number: int, outcome: Outcome) -> None:
        if isinstance(outcome, Exception):
            send(_encoded(Answer(number, error=SentError.of(outcome))))
        else:
            send(_encoded(Answer(number, result=outcome)))

    def read() -> None:
        # Ahead, so that the next steps are there when a transaction has ended.
        try:
            _read(requests, writer)
        except Exception as bug:
            say(bug)
        finally:
            writer.end()

    send(HELLO)
    Thread(target=read, name="requests", daemon=True).start()
    with Checkpoints(Path(path)):
        try:
            writer.run(answer, lambda: send(_encoded(Answer())))
        except Exception as bug:
            say(bug)


def _read(requests: RawIOBase, writer: Writer) -> None:
    frames = frames_from(requests)
    for sent in frames:
        request = _requests.decode(sent)
        step = request.step
        if isinstance(step, StoreReply) and request.parts:
            parts = tuple(map(bytes, islice(frames, request.parts)))
            if len(parts) < request.parts:
                return
            step = replace(step, document=parts)
        writer.put(request.number, step)


if __name__ == "__main__":
    main()
    leave()
