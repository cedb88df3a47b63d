"""Threads that last, each with a connection of its own, which answer the screen's questions in turn.

Threads that come and go would each have a part of the heap of their own (glibc's arenas), a connection and a
cache: half of all memory at a hundred thousand entries.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from typing import TypeAlias

from textual.message import Message

from flodeslasare.errors import ReaderError
from flodeslasare.library.library import Library

Answers: TypeAlias = Callable[[Library], Iterable[Message]]
"""Asks the library it is given; each message it gives is posted as it comes."""

BREATH_SECONDS = 0.05
"""How long the screen is left alone with an answer before more is asked: threads share the interpreter, and one that
counts takes it from the one that draws."""


class Asked:
    """One question under way."""

    def __init__(self, answers: Answers, *, urgency: int = 0, rests: bool = False) -> None:
        """Make it.

        Args:
            answers: asks.
            urgency: the lower, the sooner it is answered.
            rests: what was answered last is to be drawn first.
        """
        self.urgency = urgency
        self.ended: Future[None] = Future()
        self.ended.set_running_or_notify_cancel()  # who waits no longer does not take it away
        self.rests = rests
        self._answers = answers
        self._left: Iterator[Message] | None = None
        self._moot = threading.Event()
        self._stopping = threading.Lock()
        self._library: Library | None = None
        """Whose answer is awaited just now."""

    @property
    def is_moot(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._moot.is_set()

    def stop(self) -> None:
        """Answer no more, and break off what is asked just now."""
        self._moot.set()
        with self._stopping:
            if self._library is not None:
                self._library.stop()

    def rest(self) -> None:
        """Let the screen draw; no longer than the question matters."""
        self._moot.wait(BREATH_SECONDS)

    def next(self, library: Library) -> Message | None:
        """Ask on, and give the next answer; `None` at the end.

        Raises:
            ReaderError: also when it was stopped.
        """
        with self._stopping:
            self._library = library
        try:
            if self.is_moot:
                return None
            if self._left is None:
                self._left = iter(self._answers(library))
            return next(self._left, None)
        finally:
            with self._stopping:
                self._library = None


class Lane:
    """A thread that lasts. It gives one answer at a time, those that are most urgent first."""

    def __init__(
        self, name: str, library: Library, tell: Callable[[Message | ReaderError], object]
    ) -> None:
        """Make it; the thread begins with the first question.

        Args:
            name: what the thread is called.
            library: what is asked, on a connection of its own.
            tell: takes the answers and the errors, in the thread.
        """
        self._name = name
        self._library = library
        self._tell = tell
        self._waiting: list[tuple[int, int, Asked]] = []
        self._numbers = itertools.count()
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_over = False

    def put(self, asked: Asked) -> None:
        """Let a question be answered in its turn."""
        if self._thread is None:
            # As a daemon: a program that fails is not to wait for it.
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._put(asked, next(self._numbers))

    def _put(self, asked: Asked, number: int) -> None:
        with self._change:
            heapq.heappush(self._waiting, (asked.urgency, number, asked))
            self._change.notify()

    def close(self, wait_seconds: float) -> None:
        """Answer no more, and wait a little for the thread to let go of the file."""
        with self._change:
            self._is_over = True
            waiting, self._waiting = self._waiting, []
            self._change.notify()
        for _urgency, _number, asked in waiting:
            asked.ended.set_result(None)
        if self._thread is not None:
            self._thread.join(wait_seconds)

    def _run(self) -> None:
        with ExitStack() as opened:
            library: Library | None = None
            while True:
                with self._change:
                    while not self._waiting:
                        if self._is_over:
                            return
                        self._change.wait()
                    _urgency, number, asked = heapq.heappop(self._waiting)
                try:
                    if asked.rests:
                        asked.rests = False
                        asked.rest()
                    if library is None:
                        library = opened.enter_context(self._library.opened_again())
                        library.save_memory()
                    message = asked.next(library)
                except ReaderError as error:
                    message = None
                    if not asked.is_moot:  # else it was stopped
                        self._tell(error)
                except BaseException as error:
                    asked.ended.set_exception(error)
                    continue
                if message is None or asked.is_moot or self._is_over:
                    asked.ended.set_result(None)
                    continue
                self._tell(message)
                asked.rests = True
                self._put(asked, number)
