"""Parsing in processes of its own, with limits on time and memory.

feedparser and lxml hold the GIL, so parsing beside the screen would stop it for half a second at a
time; two processes also parse twice as fast. And a document that makes a parser run wild costs that
feed its turn, nothing else.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from flodeslasare.config import Settings
from flodeslasare.documents import ParsedEntry, ParsedFeed
from flodeslasare.errors import FeedError, NotAFeed, ParseError
from flodeslasare.fetching._wire import (
    LARGEST_FRAME_BYTES,
    LENGTH,
    MEMORY,
    NonsenseError,
    document_from_parts,
    entries_from_part,
    frame,
    reason_from,
)
from flodeslasare.i18n import _

_log = logging.getLogger(__name__)
_PACKAGES = Path(__file__).resolve().parents[2]
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TZDIR")
"""What a worker gets to see: no proxy's password, no token."""
_ERRORS: dict[str, type[FeedError]] = {"NotAFeed": NotAFeed, "ParseError": ParseError}


class ParsePool:
    """A few worker processes, started when they are first needed.

    It belongs to the event loop that first uses it; `aclose()` before that loop ends.
    """

    worker_module: ClassVar[str] = "flodeslasare.fetching._worker"
    """What a worker runs."""

    def __init__(self, settings: Settings | None = None, *, workers: int | None = None) -> None:
        """Make a pool; nothing is started yet.

        Args:
            settings: the limits; the defaults, where nothing is said.
            workers: the most at one time; as many as there are processors, where nothing is said.
        """
        self._settings = settings or Settings()
        self._free = asyncio.Semaphore(workers or min(os.cpu_count() or 1, 8))
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def parse(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None = None,
        location: str | None = None,
        known: Collection[str] = (),
    ) -> ParsedFeed:
        """Do `parse.parse_feed` in a worker.

        Raises:
            NotAFeed: it is a web page, or a document of another kind.
            ParseError: it cannot be read, or reading it took too long or too much memory.
        """
        options: dict[str, object] = {
            "url": url,
            "content_type": content_type,
            "location": location,
            "field_characters": self._settings.fetch_field_characters,
            "max_entries": self._settings.fetch_entries,
            "nesting": self._settings.fetch_nesting,
            "max_images": self._settings.fetch_images,
            "known": list(known),
        }
        parts = _DocumentParts()
        try:
            await self.call("parse", body, url=url, options=options, receive=parts.receive)
            return document_from_parts(parts.head, parts.entries)
        except NonsenseError as error:
            raise ParseError(url, _("its parser gave an answer that makes no sense")) from error

    async def call(
        self,
        task: str,
        body: bytes,
        *,
        url: str,
        options: dict[str, object],
        receive: Callable[[object], None],
    ) -> None:
        """Do a task of `_worker.TASKS` in a worker; `receive` gets the parts of its answer as they come.

        Raises:
            FeedError: what the task raised; `ParseError` where it ran into a limit or died.
        """
        async with self._free:
            try:
                worker = await self._take()
            except OSError as error:
                reason = _("its parser could not be started ({cause})")
                raise ParseError(url, reason.format(cause=error.strerror or error)) from error
            is_fit = False
            try:
                async with asyncio.timeout(self._settings.parse_seconds):
                    await worker.ask(task, body, options)
                    while (answer := await worker.answer()).get("end") is None:
                        receive(answer.get("part"))
                end = answer["end"]
                is_fit = not (isinstance(end, dict) and end.get("error") == MEMORY)
            except TimeoutError:
                raise ParseError(
                    url,
                    _("reading it took longer than {seconds:g} s and was stopped").format(
                        seconds=self._settings.parse_seconds
                    ),
                ) from None
            except (OSError, EOFError) as error:
                raise ParseError(url, _("its parser ended in the middle of it")) from error
            finally:
                if is_fit and worker in self._all:
                    self._idle.append(worker)
                else:
                    self._all.discard(worker)
                    await worker.kill()
        self._raise_if_failed(end, url)

    async def aclose(self) -> None:
        """End all workers; those at work are stopped. The next document starts new ones."""
        workers, self._all = self._all, set()
        idle, self._idle = self._idle, []
        await asyncio.gather(
            *(worker.close() if worker in idle else worker.kill() for worker in workers)
        )

    async def _take(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            self._all.discard(worker)
        worker = await _Worker.start(
            self.worker_module,
            self._settings.parse_seconds,
            self._settings.parse_memory_bytes,
        )
        self._all.add(worker)
        return worker

    def _raise_if_failed(self, end: object, url: str) -> None:
        if end == {}:
            return
        name, reason = (end.get("error"), end.get("reason")) if isinstance(end, dict) else ("", "")
        if name in _ERRORS:
            raise _ERRORS[str(name)](url, reason_from(reason))
        if name == MEMORY:
            raise ParseError(
                url,
                _("reading it took more than {megabytes} MB of memory and was stopped").format(
                    megabytes=self._settings.parse_memory_bytes // 1_000_000
                ),
            )
        _log.warning("%s: the parser failed: %s", url, reason_from(reason))
        raise ParseError(url, _("it holds something that its parser fails on"))


class _DocumentParts:
    def __init__(self) -> None:
        self.head: object = None
        self.entries: list[ParsedEntry] = []

    def receive(self, part: object) -> None:
        if self.head is None:
            self.head = part
        else:
            self.entries.extend(entries_from_part(part))


class _Worker:
    """One process and the pipes to it."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        requests: asyncio.StreamWriter,
        answers: asyncio.StreamReader,
    ) -> None:
        self._process = process
        self._requests = requests
        self._answers = answers

    @classmethod
    async def start(cls, module: str, seconds: float, memory_bytes: int) -> Self:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        paths = [str(_PACKAGES), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # nothing from the folder that the person happens to stand in
            "-m",
            module,
            str(seconds),
            str(memory_bytes),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            limit=1_000_000,
            # Away from the terminal and from Ctrl+C, which goes to the whole group.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        if process.stdin is None or process.stdout is None:
            raise OSError("a worker came without pipes")
        return cls(process, process.stdin, process.stdout)

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None and not self._answers.at_eof()

    async def ask(self, task: str, body: bytes, options: dict[str, object]) -> None:
        request = {"task": task, "body": len(body), "options": options}
        self._requests.write(frame(request, body))
        await self._requests.drain()

    async def answer(self) -> dict[str, object]:
        """Read one frame.

        Raises:
            EOFError: the worker has ended (asyncio's IncompleteReadError is one).
            NonsenseError: the frame is none of ours.
        """
        (length,) = LENGTH.unpack(await self._answers.readexactly(LENGTH.size))
        if length > LARGEST_FRAME_BYTES:
            raise NonsenseError
        try:
            answer = json.loads(await self._answers.readexactly(length))
        except (ValueError, RecursionError) as error:
            raise NonsenseError from error
        if not isinstance(answer, dict):
            raise NonsenseError
        return answer

    async def close(self) -> None:
        """Let it end by itself: its input ends."""
        self._requests.close()
        try:
            async with asyncio.timeout(2):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        self._requests.close()
        await self._process.wait()
