"""A writer in a process of its own, seen from the event loop of a refresh."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from flodeslasare.errors import StorageError
from flodeslasare.i18n import _, language
from flodeslasare.library._writer import HELLO, Answer, SentStep, answer_from, request
from flodeslasare.library.storing import InThread
from flodeslasare.library.writing import Outcome
from flodeslasare.processes import Helper

_HELLO_SECONDS = 30.0

_log = logging.getLogger(__name__)


class InProcess:
    """A writer in another process. Where none can be started, it is in a thread of this one."""

    def __init__(self, path: Path) -> None:
        """Prepare; nothing is started yet."""
        self._path = path
        self._numbers: set[int] = set()
        """Of the steps that are not yet answered."""
        self._begun: asyncio.Task[Helper | None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._instead = InThread(path)
        self._end: Exception | None = None
        """Why it has ended."""
        self._sending = asyncio.Lock()

    def start(self) -> asyncio.Task[Helper | None]:
        """Start the process, on the running event loop; it need not be waited for."""
        if self._begun is None:
            self._begun = asyncio.create_task(self._start())
        return self._begun

    def begin(self, answer: Callable[[int, Outcome], None], on_wait: Callable[[], None]) -> None:
        """Listen to what it answers."""
        self._listening = asyncio.create_task(self._listen(self.start(), answer, on_wait))

    async def put(self, number: int, step: SentStep) -> None:
        """Let a step be taken when its turn comes."""
        helper = await asyncio.shield(self.start())
        if helper is None:
            await self._instead.put(number, step)
            return
        async with self._sending:  # the frames of one step stand together
            if self._end is not None:
                raise self._end
            self._numbers.add(number)
            with suppress(OSError):  # it has ended: `_listen` answers
                await helper.send(*request(number, step))

    async def aclose(self) -> None:
        """Finish the transaction under way, drop what waits in the process, and close the connection.

        What is on its way through the pipe may still be stored.
        """
        if self._begun is None:
            return
        helper = await self._begun
        if helper is None:
            await self._instead.aclose()
        else:
            # It copies what the log holds into the file, so that the next mark need not.
            await helper.close(within_seconds=10.0)
        if self._listening is not None:
            await self._listening

    async def _start(self) -> Helper | None:
        try:
            helper = await Helper.start(
                "flodeslasare.library._writer", str(self._path.absolute()), language()
            )
        except OSError as error:
            _log.warning("no process that writes could be started: %s", error)
            return None
        said = b""
        with suppress(OSError, EOFError, TimeoutError):
            async with asyncio.timeout(_HELLO_SECONDS):
                said = await helper.receive()
        if said != HELLO:
            await helper.kill()
            _log.warning(
                "the process that writes did not begin (%s), so a thread does", helper.code
            )
            return None
        return helper

    async def _listen(
        self,
        starting: asyncio.Task[Helper | None],
        answer: Callable[[int, Outcome], None],
        on_wait: Callable[[], None],
    ) -> None:
        helper = await starting
        if helper is None:
            self._instead.begin(answer, on_wait)
            return
        try:
            while True:
                self._pass_on(answer_from(await helper.receive()), answer, on_wait)
        except (OSError, EOFError):
            self._end = self._end or self._ended()
        except Exception as bug:  # what it says makes no sense
            self._end = bug
            await helper.kill()
        for number in self._numbers:
            answer(number, self._end)

    def _pass_on(
        self,
        answered: Answer,
        answer: Callable[[int, Outcome], None],
        on_wait: Callable[[], None],
    ) -> None:
        error = None if answered.error is None else answered.error.made()
        if answered.number is None and error is not None:
            self._end = error
        elif answered.number is None:
            on_wait()
        else:
            self._numbers.discard(answered.number)
            outcome = error or answered.result
            if outcome is not None:
                answer(answered.number, outcome)

    def _ended(self) -> StorageError:
        return StorageError(
            _(
                "{path}: the process that writes to it was ended from outside; nothing was lost: refresh again"
            ).format(path=self._path)
        )
