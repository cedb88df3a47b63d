"""A writer in a process of its own: `python -m flodeslasare.library._writer LIBRARY LANGUAGE`.

It takes steps from stdin and answers what came of each, until stdin ends. `apart` is the other end.
"""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import BinaryIO, TypeAlias

import msgspec

from flodeslasare import errors
from flodeslasare.errors import FeedError, ReaderError
from flodeslasare.frames import frame, frames_from, pipes
from flodeslasare.i18n import restored, stored, use_language
from flodeslasare.library.steps import StoreFailure, StoreReply
from flodeslasare.library.writing import Outcome, Writer
from flodeslasare.model import FeedResult
from flodeslasare.storage.database import Checkpoints

SentStep: TypeAlias = StoreReply | StoreFailure


class Request(msgspec.Struct, array_like=True, frozen=True):
    """A step, on its way to the process."""

    number: int
    step: SentStep


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
                return cls(FeedError.__name__, stored(error.reason), error.url)
            case ReaderError():
                return cls(type(error).__name__, str(error))
            case _:
                return cls("", "".join(traceback.format_exception(error)))

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


def _plain(text: object) -> str:
    """Give a translated message, which knows what it was made of, as a mere text."""
    if isinstance(text, str):
        return text[:]
    raise TypeError(type(text))


def encoded(message: Request | Answer) -> bytes:
    """Give a message as it is sent."""
    return msgspec.msgpack.encode(message, enc_hook=_plain)


def request_from(sent: bytes) -> Request:
    """Give a request back."""
    return _requests.decode(sent)


def answer_from(sent: bytes) -> Answer:
    """Give an answer back."""
    return _answers.decode(sent)


def main() -> None:
    """Take steps until stdin ends."""
    path, chosen = sys.argv[1:]
    use_language(chosen)
    requests, answers = pipes()
    writer = Writer(Path(path))
    # A daemon: a bug that ends the writing must not leave a process that only reads.
    Thread(target=_read, args=(requests, writer), daemon=True).start()

    def send(answer: Answer) -> None:
        answers.write(frame(encoded(answer)))
        answers.flush()

    def answer(number: int, outcome: Outcome) -> None:
        if isinstance(outcome, Exception):
            send(Answer(number, error=SentError.of(outcome)))
        else:
            send(Answer(number, result=outcome))

    with Checkpoints(Path(path)), suppress(BrokenPipeError):  # the reader was killed
        try:
            writer.run(answer, lambda: send(Answer()))
        except Exception as bug:
            send(Answer(error=SentError.of(bug)))


def _read(requests: BinaryIO, writer: Writer) -> None:
    """Read ahead, so that the next steps are there when a transaction has ended."""
    for sent in frames_from(requests):
        request = request_from(sent)
        writer.put(request.number, request.step)
    writer.end()


if __name__ == "__main__":
    main()
