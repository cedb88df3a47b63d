"""One worker of `pool`: `python -m flodeslasare.fetching._worker SECONDS BYTES`.

It reads a request from stdin, reads the document in it and writes the answer, over and over until stdin ends.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator

from flodeslasare.documents import ParsedFeed
from flodeslasare.errors import FeedError
from flodeslasare.fetching.wire import CRASH, MEMORY, Request, answer, refusal, request_from
from flodeslasare.frames import frame, frames_from, leave, pipes
from flodeslasare.i18n import stored

_OUT_OF_MEMORY = refusal(MEMORY)


def parse(request: Request) -> ParsedFeed:
    """Read a document."""
    from flodeslasare.fetching.parse import parse_feed

    return parse_feed(
        request.body,
        url=request.url,
        content_type=request.content_type,
        location=request.location,
        known=request.known,
        field_characters=request.field_characters,
        max_entries=request.max_entries,
        nesting=request.nesting,
        max_images=request.max_images,
    )


def main(parse: Callable[[Request], ParsedFeed] = parse) -> None:
    """Read documents until stdin ends, or until one took too much memory."""
    work(lambda sent: answer(parse(request_from(sent))))


def work(answered: Callable[[bytearray], Iterator[bytes]]) -> None:
    """Answer requests until stdin ends, or until one took too much memory.

    Args:
        answered: gives the frames of the answer to a request.
    """
    seconds, memory_bytes = float(sys.argv[1]), int(sys.argv[2])
    requests, answers = pipes()
    _limit_memory(memory_bytes)
    for sent in frames_from(requests):
        _set_alarm(2 * seconds + 5)
        part = b""
        for part in _answer(answered, sent):
            answers.write(frame(part))
        answers.flush()
        _set_alarm(0)
        if part == _OUT_OF_MEMORY:
            break


def _answer(answered: Callable[[bytearray], Iterator[bytes]], sent: bytearray) -> Iterator[bytes]:
    """Do what is asked, and give the frames of the answer."""
    try:
        yield from answered(sent)
    except FeedError as error:
        yield refusal(type(error).__name__, stored(error.reason))
    except MemoryError:
        yield _OUT_OF_MEMORY
    except Exception as error:  # a parser's bug is the document's trouble, not the reader's
        yield refusal(CRASH, f"{type(error).__name__}: {error}"[:300])


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource  # not on Windows
    except ImportError:
        return
    for limit in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        try:
            resource.setrlimit(limit, (memory_bytes, memory_bytes))
        except (ValueError, OSError):  # macOS knows the limits and refuses to set them
            continue
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _set_alarm(seconds: float) -> None:
    """End by a signal in so many seconds: the reader may have been killed and not be there to do it."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main()
    leave()
