"""Files that others use as well: written whole or not at all, and locks between processes."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_LOOK_AGAIN_SECONDS = 0.05


def is_there(path: Path) -> bool:
    """Tell whether something is at a path; of what lies in a folder that one may not enter, that nothing is.

    pathlib raises there.
    """
    try:
        path.stat()
    except OSError:
        return False
    return True


def is_folder(path: Path) -> bool:
    """Tell whether a folder is at a path, as `is_there()` does."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return False


def may_write(path: Path) -> bool:
    """Tell whether a file or folder that is there may be written; on a read-only file system root may not either."""
    if os.access in os.supports_effective_ids:
        return os.access(path, os.W_OK, effective_ids=True)
    return os.access(path, os.W_OK)


def write_whole(path: Path, data: bytes, *, replaces: bool, mode: int, durable: bool) -> None:
    """Write a file beside its place and move it there, so that nobody ever finds half of it.

    Args:
        path: the place; its folder is there.
        data: all that is to be in it.
        replaces: take the place of what is there, else leave that as it is.
        mode: who may read it, as far as the umask lets them; of a new file.
        durable: wait for the disk, so that a power cut does not leave an empty file either.

    Raises:
        FileExistsError: something is there and is not to be replaced.
        OSError: it cannot be written.
    """
    import secrets  # 5 ms, which a start need not pay

    beside = path.with_name(f".{secrets.token_hex(8)}.part")
    handle = os.open(
        beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode
    )
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if replaces:
            beside.replace(path)
        else:
            _move_to_new(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _move_to_new(source: Path, target: Path) -> None:
    """Rename, but never over a file that exists, also when another program makes it right now."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: an empty file takes the place first
        target.open("xb").close()
        source.replace(target)


@contextmanager
def one_at_a_time(path: Path, waits: Callable[[], None]) -> Iterator[None]:
    """Let one process at a time do what is inside, of those that name the same file.

    The system takes the lock from a process that dies. Where a file system has no locks, or the file
    cannot be made, nobody waits.

    Args:
        path: a file for this alone; it is made, and stays.
        waits: called once when another process is inside.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError:
        yield
        return
    with file:
        is_told = False
        while not _is_locked(file):
            if not is_told:
                waits()
                is_told = True
            time.sleep(_LOOK_AGAIN_SECONDS)
        yield  # closing the file lets go of it


class ByteLocks:
    """Locks between processes, as many as one likes: each is a byte of one file, which stays empty.

    None is waited for. The system takes them from a process that dies. Where a file system has no locks, or the file
    cannot be made, each process has them for itself.

    A process opens a file once at a time: with any handle of it that is closed, all its locks on it go (POSIX, fcntl).
    """

    def __init__(self, path: Path) -> None:
        """Open them.

        Args:
            path: a file for this alone; it is made, and stays.
        """
        self._held: set[int] = set()
        try:
            self._file: BinaryIO | None = path.open("ab")
        except OSError:
            self._file = None

    def take(self, byte: int) -> bool:
        """Take one, unless this process or another has it; tells whether it did.

        Args:
            byte: below 2³¹, beyond which Windows has none.
        """
        if byte in self._held or not (self._file is None or _is_byte_locked(self._file, byte)):
            return False
        self._held.add(byte)
        return True

    def give_back(self, byte: int) -> None:
        """Let go of one that was taken."""
        self._held.discard(byte)
        if self._file is not None:
            _unlock_byte(self._file, byte)

    def close(self) -> None:
        """Let go of all."""
        self._held.clear()
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _is_locked(file: BinaryIO) -> bool:
        """Try to take the lock; tells whether there is nobody to wait for."""
        return _is_byte_locked(file, 0)

    def _is_byte_locked(file: BinaryIO, byte: int) -> bool:
        """Try to lock a byte, which need not be there; tells whether there is nobody to wait for."""
        try:
            file.seek(byte)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        except OSError:
            return True
        return True

    def _unlock_byte(file: BinaryIO, byte: int) -> None:
        with suppress(OSError):  # no locks there
            file.seek(byte)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _is_byte_locked(file: BinaryIO, byte: int) -> bool:
        """Try to lock a byte, which need not be there; tells whether there is nobody to wait for."""
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):  # one or the other (POSIX, fcntl)
            return False
        except OSError:  # no locks there
            return True
        return True

    def _unlock_byte(file: BinaryIO, byte: int) -> None:
        with suppress(OSError):  # no locks there
            fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)

    def _is_locked(file: BinaryIO) -> bool:
        """Try to take the lock; tells whether there is nobody to wait for."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # no locks there
            return True
        return True
