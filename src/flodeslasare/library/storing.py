"""The writing half of a refresh, seen from its event loop.

`writing` does it: in a thread where few feeds are stored, and in a process of its own (`apart`) where they are many,
for storing holds the interpreter, whose other threads fetch, or draw the screen. See docs/adr/0009-one-writer.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Generic, Protocol, TypeVar

from flodeslasare.library.writing import Outcome, Step, Writer
from flodeslasare.model import FeedResult

S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)


class Place(Protocol[S_contra]):
    """Where a writer is at work. Its methods are called on the event loop, and call back there."""

    def begin(self, answer: Callable[[int, Outcome], None], on_wait: Callable[[], None]) -> None:
        """Start it; the arguments are those of `Writer.run`."""

    async def put(self, number: int, step: S_contra) -> None:
        """Let a step be taken when its turn comes; every one is answered."""

    async def aclose(self) -> None:
        """Finish the transaction under way, drop what waits, and close the connection."""


class InThread:
    """A writer in a thread of this process."""

    def __init__(self, path: Path) -> None:
        """Prepare; nothing is opened yet."""
        self._writer = Writer(path)
        self._thread: Thread | None = None

    def begin(self, answer: Callable[[int, Outcome], None], on_wait: Callable[[], None]) -> None:
        """Start the thread."""
        loop = asyncio.get_running_loop()
        self._thread = Thread(
            target=self._writer.run,
            args=(
                lambda number, outcome: loop.call_soon_threadsafe(answer, number, outcome),
                lambda: loop.call_soon_threadsafe(on_wait),
            ),
            name="writer",
        )
        self._thread.start()

    async def put(self, number: int, step: Step) -> None:
        """Let a step be taken when its turn comes."""
        self._writer.put(number, step)

    async def aclose(self) -> None:
        """Finish the transaction under way, drop what waits, and close the connection."""
        self._writer.end()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)


class Storing(Generic[S]):
    """Stores the steps of a refresh. SQLite has one writer at a time, so there is one."""

    def __init__(self, place: Place[S], *, on_wait: Callable[[], None] = lambda: None) -> None:
        """Start, on the running event loop.

        Args:
            place: where to write; closed in the end.
            on_wait: called when another program holds the library.
        """
        self._place = place
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[FeedResult]] = {}
        place.begin(self._settle, on_wait)

    async def store(self, step: S) -> FeedResult:
        """Take a step in a transaction and give what came of it.

        Raises:
            Busy: another program held the library all the while.
            FeedError, StorageError: what the step raised; nothing of it was kept.
        """
        number = next(self._numbers)
        future: asyncio.Future[FeedResult] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        try:
            await self._place.put(number, step)
            return await future
        finally:
            self._asked.pop(number, None)

    async def aclose(self) -> None:
        """Finish the transaction under way, drop what waits, and close the connection."""
        await self._place.aclose()

    def _settle(self, number: int, outcome: Outcome) -> None:
        future = self._asked.get(number)
        if future is None or future.done():  # nobody waits for it any more
            return
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
