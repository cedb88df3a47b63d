"""The writing half of a refresh: one connection, one step after the other, a few feeds in each transaction."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from flodeslasare.errors import Busy
from flodeslasare.model import FeedResult
from flodeslasare.storage import Database, SearchIndex, open_database

Step: TypeAlias = Callable[[Database, SearchIndex], FeedResult]
"""What is to be stored of one feed. It may run twice: again by itself, when it failed together with others."""

TOGETHER = 6
"""Feeds whose steps are taken in one transaction, at most. The index is written once for all of them, which
takes a third less than once for each."""

HOLD_SECONDS = 0.03
"""No further step is begun in a transaction that is this old: a mark made meanwhile waits for its end."""

PATIENCE_SECONDS = 60.0
"""How long a refresh waits for another program that holds the library."""

_ONE_WAIT_SECONDS = 0.5
"""How long it does so before it says that it waits."""


class Storing:
    """Stores the steps of a refresh in a thread, those that wait at one time together.

    SQLite has one writer at a time, so there is one thread. It keeps its connection: opening one for each
    feed costs 0.5 ms and what the last one had read.
    """

    def __init__(self, path: Path, *, on_wait: Callable[[], None] = lambda: None) -> None:
        """Prepare; nothing is opened yet.

        Args:
            path: the library file.
            on_wait: called on the event loop when another program holds the library.
        """
        self._path = path
        self._on_wait = on_wait
        self._database: Database | None = None
        self._waiting: list[tuple[Step, asyncio.Future[FeedResult]]] = []
        self._at_work: asyncio.Task[None] | None = None
        self._is_closing = False

    async def store(self, step: Step) -> FeedResult:
        """Take a step in a transaction and give what came of it.

        Raises:
            Busy: another program held the library all the while.
            FeedError, StorageError: what the step raised; nothing of it was kept.
        """
        future: asyncio.Future[FeedResult] = asyncio.get_running_loop().create_future()
        self._waiting.append((step, future))
        if self._at_work is None:
            self._at_work = asyncio.create_task(self._work())
        return await future

    async def aclose(self) -> None:
        """Finish the transaction under way, drop what waits, and close the connection."""
        self._is_closing = True
        self._waiting.clear()
        if self._at_work is not None:
            await self._at_work
        if self._database is not None:
            await asyncio.to_thread(self._database.close)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()

        def tell() -> None:
            loop.call_soon_threadsafe(self._on_wait)

        while self._waiting:
            batch = self._waiting[:TOGETHER]
            outcomes = await asyncio.to_thread(self._outcomes, [step for step, _ in batch], tell)
            del self._waiting[: len(outcomes)]
            for (_step, future), outcome in zip(batch, outcomes, strict=False):
                if future.cancelled():
                    continue
                if isinstance(outcome, BaseException):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)
        self._at_work = None

    # --- in the thread ---------------------------------------------------------------------------

    def _outcomes(
        self, steps: list[Step], tell: Callable[[], None]
    ) -> list[FeedResult | Exception]:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return list(self._taken(steps))
            except Busy as busy:
                if self._is_closing or time.monotonic() > until:
                    return [busy for _step in steps]
                tell()
            except Exception as error:
                if len(steps) == 1:
                    return [error]
                # One feed's trouble is not another's.
                return [outcome for step in steps for outcome in self._outcomes([step], tell)]

    def _taken(self, steps: list[Step]) -> list[FeedResult]:
        if self._database is None:
            self._database = open_database(
                self._path, durable=False, wait_seconds=_ONE_WAIT_SECONDS
            )
        index = SearchIndex(self._database)
        with self._database.writing(), index.gathering():
            until = time.monotonic() + HOLD_SECONDS
            results: list[FeedResult] = []
            for step in steps:
                results.append(step(self._database, index))
                if time.monotonic() > until:
                    break
            return results
