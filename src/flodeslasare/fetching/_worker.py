"""One worker of `pool`: `python -m flodeslasare.fetching._worker SECONDS BYTES`.

It reads a request from stdin (a frame, then the body whose length the frame tells), does the task
and writes the answer as frames, over and over until stdin ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from flodeslasare.errors import FeedError
from flodeslasare.fetching._wire import CRASH, LENGTH, MEMORY, document_parts, frame
from flodeslasare.i18n import stored

Task = Callable[..., Iterator[object]]


def _parse(body: bytes, **options: Any) -> Iterator[object]:
    from flodeslasare.fetching.parse import parse_feed

    return document_parts(parse_feed(body, **options))


TASKS: dict[str, Task] = {"parse": _parse}
"""What a request may ask for. A request comes from our own program, yet names no code."""


def main() -> None:
    seconds, memory_bytes = float(sys.argv[1]), int(sys.argv[2])
    # What a library prints must not come between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    # Ctrl+C goes to the whole group of processes; the reader closes its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(memory_bytes)
    requests = sys.stdin.buffer
    while request := _read_frame(requests):
        body = requests.read(request["body"])
        _set_alarm(2 * seconds + 5)
        is_usable = _answer(answers, request, body)
        _set_alarm(0)
        del body
        if not is_usable:
            break


def _answer(answers: BinaryIO, request: dict[str, Any], body: bytes) -> bool:
    """Do what is asked and write what came of it; gives whether the worker is fit for more."""
    try:
        for part in TASKS[request["task"]](body, **request["options"]):
            answers.write(frame({"part": part}))
        end: dict[str, str] = {}
    except FeedError as error:
        end = {"error": type(error).__name__, "reason": stored(error.reason)}
    except MemoryError:
        end = {"error": MEMORY}
    except Exception as error:  # a parser's bug is the document's trouble, not the reader's
        end = {"error": CRASH, "reason": f"{type(error).__name__}: {error}"[:300]}
    answers.write(frame({"end": end}))
    answers.flush()
    return end.get("error") != MEMORY


def _read_frame(stream: BinaryIO) -> dict[str, Any] | None:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    request: dict[str, Any] = json.loads(stream.read(LENGTH.unpack(head)[0]))
    return request


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
