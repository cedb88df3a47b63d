"""Writing files that others read: whole or not at all, and over another only where that was asked for."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


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
