"""Where the program's log goes: `flodeslasare.log` in the state folder, and stderr on demand.

Other modules only write `logging.getLogger("flodeslasare.…")`. The file is opened with the first line
that is logged.
"""

from __future__ import annotations

import contextlib
import logging
import os
from itertools import pairwise
from pathlib import Path

from flodeslasare.addresses import without_secrets
from flodeslasare.cli import _output

LOG_NAME = "flodeslasare.log"
MAX_BYTES = 1_000_000
OLD_FILES = 3


class _Formatter(logging.Formatter):
    """Formats a line without secrets, and without anything that would steer the terminal of who reads it."""

    def format(self, record: logging.LogRecord) -> str:
        return _output.safe(without_secrets(super().format(record)))


class _SharedFile(logging.Handler):
    """Writes to a file that only the person can read, that stays small, and that other processes write to.

    Not `RotatingFileHandler`: when two processes have the file open, each moves away what the other writes
    (Python's logging cookbook says so). Here every line is one append, and a file is moved by one process
    while it holds a lock; the others see that it has been, and follow. What cannot be written is let go:
    a log is no reason to stop reading feeds.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._path = folder / LOG_NAME
        self._file: int | None = None

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{self.format(record)}\n".encode("utf-8", "replace")
        try:
            if self._file is None or not self._is_in_place(self._file):
                self._file = self._opened()
            if os.fstat(self._file).st_size + len(line) > MAX_BYTES:
                self._file = self._rotated(self._file)
            os.write(self._file, line)
        except OSError:
            self._let_go()

    def close(self) -> None:
        self._let_go()
        super().close()

    def _opened(self) -> int:
        self._let_go()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        file = os.open(self._path, flags, 0o600)
        if hasattr(os, "fchmod"):
            with contextlib.suppress(OSError):
                os.fchmod(file, 0o600)
        return file

    def _is_in_place(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False

    def _rotated(self, file: int) -> int:
        """Move the file and the older ones a number up, unless another process just did; give the new one."""
        try:
            import fcntl
        except ImportError:  # Windows, which has no such lock and moves no file that is open
            self._let_go()
            must_move = True
        else:
            fcntl.flock(file, fcntl.LOCK_EX)  # until the file is closed
            must_move = self._is_in_place(file)
        names = [self._path, *(Path(f"{self._path}.{n}") for n in range(1, OLD_FILES + 1))]
        if must_move:
            for newer, older in reversed(list(pairwise(names))):
                with contextlib.suppress(OSError):
                    newer.replace(older)
        return self._opened()

    def _let_go(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _Talk(logging.Handler):
    """Says each line on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        _output.say(self.format(record))


def set_up_logging(folder: Path, *, verbose: bool = False, screen: bool = False) -> None:
    """Log to a file in `folder`, asyncio's complaints about what has gone wrong in the background too.

    Args:
        folder: made when the first line is logged.
        verbose: log details as well, and to stderr too.
        screen: the screen is about to open, so stderr is not for us.
    """
    ours, asyncio_s = (logging.getLogger(name) for name in ("flodeslasare", "asyncio"))
    for old in list(ours.handlers):
        ours.removeHandler(old)
        asyncio_s.removeHandler(old)
        old.close()
    ours.setLevel(logging.DEBUG if verbose else logging.INFO)
    asyncio_s.setLevel(logging.WARNING)
    ours.propagate = asyncio_s.propagate = False  # to the terminal, where the screen is
    handlers: list[logging.Handler] = [_SharedFile(folder)]
    if verbose and not screen:
        handlers.append(_Talk())
    for handler in handlers:
        handler.setFormatter(
            _Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
        )
        ours.addHandler(handler)
        asyncio_s.addHandler(handler)
