"""Programs in a terminal of their own (a pty), timed from start, or from a key, to what they show."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src"


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
        # Where these are set, Textual believes them, and not the terminal.
        kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
        self.output = self._last = b""
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})},
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
                self.output += self._read()
        return time.perf_counter() - self.started

    def pieces_until_quiet(
        self, quiet_seconds: float, timeout_seconds: float = 60
    ) -> list[tuple[float, bytes]]:
        """Give what is written, each piece with the seconds since the start or the last key, until nothing more comes."""
        pieces: list[tuple[float, bytes]] = []
        until = time.perf_counter() + timeout_seconds
        while piece := self._piece(quiet_seconds):
            pieces.append(piece)
            if time.perf_counter() > until:
                raise TimeoutError(f"it was not quiet within {timeout_seconds} s")
        return pieces

    def pieces_during(self, seconds: float) -> list[tuple[float, bytes]]:
        """Give what is written meanwhile."""
        pieces: list[tuple[float, bytes]] = []
        until = time.perf_counter() + seconds
        while piece := self._piece(max(0.0, until - time.perf_counter())):
            pieces.append(piece)
            if time.perf_counter() > until:
                break
        return pieces

    def _piece(self, longest_seconds: float) -> tuple[float, bytes] | None:
        if not select.select([self._ours], [], [], longest_seconds)[0]:
            return None
        data = self._read()
        return time.perf_counter() - self.started, data

    def _read(self) -> bytes:
        """Read what was written.

        Raises:
            RuntimeError: the program has ended; the message tells with what code, and what it wrote last.
        """
        try:
            data = os.read(self._ours, 65_536)
        except OSError as error:  # EIO: nobody holds the other end
            last = re.sub(r"\x1b\[[^@-~]*[@-~]", "", self._last.decode(errors="replace"))
            code = self._process.wait(timeout=5)
            raise RuntimeError(f"the program ended with {code}; it wrote last\n{last}") from error
        self._last = (self._last + data)[-8_000:]
        return data

    def memory_bytes(self) -> int:
        """Give the memory the program holds (Linux, VmRSS of proc(5))."""
        return self._status("VmRSS")

    def peak_memory_bytes(self) -> int:
        """Give the most memory the program has held (Linux, VmHWM of proc(5))."""
        return self._status("VmHWM")

    def _status(self, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"no {name}")


def environment(home: Path) -> dict[str, str]:
    """Give the variables of a program that has its own home folder and no settings, and that runs this source."""
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": str(SOURCE),
        "PYTHONDONTWRITEBYTECODE": "",
        "LANG": "C.UTF-8",
    }


def reader_command(library: Path) -> list[str]:
    """Give the command that opens the reader on a library."""
    return [
        *(sys.executable, "-m", "flodeslasare"),
        *("--offline", "--lang", "en", "--library", str(library)),
    ]
