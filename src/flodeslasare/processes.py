"""Processes of our own beside the reader, as it sees them. They end when it does: their input ends.

`frames` is what crosses the pipes, and the other end of them.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

from flodeslasare.frames import LARGEST_FRAME_BYTES, LENGTH, frame

_PACKAGES = Path(__file__).resolve().parents[1]
_ENVIRONMENT = (
    "PATH",
    "PYTHONHOME",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TZ",
    "TZDIR",
)
"""What a helper gets to see: no proxy's password, no token."""


class Helper:
    """One process, seen from the reader. It belongs to the event loop that started it."""

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
    async def start(cls, module: str, *arguments: str) -> Self:
        """Run a module with this Python.

        Raises:
            OSError: no process can be started.
        """
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        paths = [str(_PACKAGES), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # nothing from the folder that the person happens to stand in
            "-m",
            module,
            *arguments,
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
            raise OSError("a process came without pipes")
        return cls(process, process.stdin, process.stdout)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code, less than 0 for a signal; `None` while it runs."""
        return self._process.returncode

    @property
    def is_alive(self) -> bool:
        """It has not ended, as far as is known."""
        return self._process.returncode is None and not self._answers.at_eof()

    def write(self, *payloads: bytes) -> None:
        """Send it frames, and do not wait until it has them.

        They go in one piece: each one that comes wakes it, which costs both sides more than to copy them.
        """
        self._requests.write(b"".join(map(frame, payloads)))

    async def send(self, *payloads: bytes) -> None:
        """Send it frames.

        Raises:
            OSError: it has ended.
        """
        self.write(*payloads)
        await self._requests.drain()

    async def receive(self) -> bytes:
        """Wait for its next frame.

        Raises:
            EOFError: it has ended (asyncio's IncompleteReadError is one), or sends what is no frame.
        """
        (length,) = LENGTH.unpack(await self._answers.readexactly(LENGTH.size))
        if length > LARGEST_FRAME_BYTES:
            raise EOFError
        return await self._answers.readexactly(length)

    async def close(self, *, within_seconds: float = 2.0) -> None:
        """Let it end by itself, since its input ends; it is killed when it takes longer."""
        self._requests.close()
        try:
            async with asyncio.timeout(within_seconds):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._requests.close()
        await self._process.wait()
