"""Programs in a terminal of their own (a pty), timed from start, or from a key, to what they show."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self


class Terminal:
    """A program on a terminal of `columns` × `rows`; ended when the context is left."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 36,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.output = b""
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})},
            start_new_session=True,
        )
        os.close(theirs)

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        os.close(self._ours)

    def send(self, keys: str) -> None:
        """Type keys, forgetting what was shown before them."""
        self.output = b""
        self.started = time.perf_counter()
        os.write(self._ours, keys.encode())

    def seconds_until(self, text: str, timeout_seconds: float = 60) -> float:
        """Wait until a text has been shown since the start or the last key, and give how long that took."""
        wanted = text.encode()
        while wanted not in self.output:
            left = self.started + timeout_seconds - time.perf_counter()
            if left <= 0:
                raise TimeoutError(f"{text!r} was not shown within {timeout_seconds} s")
            if select.select([self._ours], [], [], left)[0]:
                self.output += os.read(self._ours, 65_536)
        return time.perf_counter() - self.started

    def peak_memory_bytes(self) -> int:
        """Give the most memory the program has held (Linux, VmHWM of proc(5))."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:  # noqa: PTH123
            for line in status:
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) * 1024
        raise RuntimeError("no VmHWM")
