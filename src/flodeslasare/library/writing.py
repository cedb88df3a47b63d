"""What writes in a refresh: one connection, one step after the other, a few feeds in each transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeAlias

from flodeslasare.errors import Busy
from flodeslasare.model import FeedResult
from flodeslasare.storage import Database, SearchIndex, open_database

Step: TypeAlias = Callable[[Database, SearchIndex], FeedResult]
"""What is to be stored of one feed. It may run twice: again by itself, when it failed together with others."""

Outcome: TypeAlias = FeedResult | Exception

TOGETHER = 6
"""Feeds whose steps are taken in one transaction, at most. The index is written once for all of them, which
takes a third less than once for each."""

GATHER_SECONDS = 0.005
"""How long the first of them waits for others."""

HOLD_SECONDS = 0.03
"""No further step is begun in a transaction that is this old: a mark made meanwhile waits for its end."""

PATIENCE_SECONDS = 60.0
"""How long a refresh waits for another program that holds the library."""

ONE_WAIT_SECONDS = 0.5
"""How long it does so before it says that it waits."""

LOG_PAGES = 4_000
"""A refresh changes the same pages again and again: to copy 16 MB of them into the file at a time, not 4, is a tenth
less work. To copy more would be left to the next mark."""


class Writer:
    """Takes steps, with a connection that it keeps: opening one for each feed costs 0.5 ms and what was read.

    `put` and `end` may be called from any thread; `run` is the thread that writes.
    """

    def __init__(self, path: Path, *, log_pages: int = LOG_PAGES) -> None:
        """Prepare; nothing is opened yet.

        Args:
            path: the library file.
            log_pages: how long the write-ahead log may grow before a transaction waits for the disk.
        """
        self._path = path
        self._log_pages = log_pages
        self._open: tuple[Database, SearchIndex] | None = None
        self._queue: SimpleQueue[tuple[int, Step] | None] = SimpleQueue()
        self._waiting: list[tuple[int, Step]] = []
        self._is_ending = False

    def put(self, number: int, step: Step) -> None:
        """Let a step be taken when its turn comes."""
        self._queue.put((number, step))

    def end(self) -> None:
        """Finish the transaction under way, and drop what waits."""
        self._is_ending = True
        self._queue.put(None)

    def run(self, answer: Callable[[int, Outcome], None], on_wait: Callable[[], None]) -> None:
        """Take steps until the end, those that wait at one time together.

        Args:
            answer: gets what came of each step, by its number.
            on_wait: called when another program holds the library, each time.
        """
        try:
            while steps := self._next_steps():
                outcomes = self._outcomes([step for _number, step in steps], on_wait)
                for (number, _step), outcome in zip(steps, outcomes, strict=False):
                    answer(number, outcome)
                self._waiting = steps[len(outcomes) :]
        finally:
            if self._open is not None:
                self._open[0].close()

    def _next_steps(self) -> list[tuple[int, Step]]:
        """Wait for the steps of the next transaction; none at the end."""
        steps, self._waiting = self._waiting, []
        if not steps and (first := self._queue.get()) is not None:
            steps.append(first)
        until = time.monotonic() + GATHER_SECONDS
        while len(steps) < TOGETHER and not self._is_ending:
            try:
                more = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                break
            if more is not None:
                steps.append(more)
        return [] if self._is_ending else steps

    def _outcomes(self, steps: Sequence[Step], on_wait: Callable[[], None]) -> Sequence[Outcome]:
        """Give what came of the first of some steps, of one at least."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._taken(steps)
            except Busy as busy:
                if self._is_ending or time.monotonic() > until:
                    return [busy for _step in steps]
                on_wait()
            except Exception as error:
                if len(steps) == 1:
                    return [error]
                steps = steps[:1]  # one feed's trouble is not another's

    def _taken(self, steps: Sequence[Step]) -> list[FeedResult]:
        if self._open is None:
            database = open_database(
                self._path,
                durable=False,
                wait_seconds=ONE_WAIT_SECONDS,
                log_pages=self._log_pages,
            )
            self._open = database, SearchIndex(database)
        database, index = self._open
        with index.gathering():
            until = time.monotonic() + HOLD_SECONDS
            results: list[FeedResult] = []
            for step in steps:
                results.append(step(database, index))
                if time.monotonic() > until:
                    break
            return results
