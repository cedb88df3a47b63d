"""Frames, and a helper process's end of the pipes that they cross. (`processes` is the reader's.)

A frame is its length in four bytes, then so many bytes. Helpers import this, so it imports little.
"""

from __future__ import annotations

import os
import signal
import struct
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO, RawIOBase
from typing import BinaryIO, NoReturn

LENGTH = struct.Struct("!I")
LARGEST_FRAME_BYTES = 64_000_000
"""A helper that announces more has run wild."""


def frame(payload: bytes) -> bytes:
    """Give a payload as a frame."""
    return LENGTH.pack(len(payload)) + payload


def pipes() -> tuple[RawIOBase, BinaryIO]:
    """Give what a helper reads its requests from and writes its answers to; it hears no Ctrl+C from now on."""
    _widen(0)
    _widen(1)
    # What a library prints must not come between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    # Ctrl+C goes to the whole group of processes; the reader ends its helpers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Without a buffer, whose lock a thread that reads would hold while Python ends.
    return FileIO(os.dup(0), "rb"), answers


def frames_from(stream: RawIOBase) -> Iterator[bytearray]:
    """Give frames until the stream ends; one that is cut off is dropped."""
    while head := _read(stream, LENGTH.size):
        (length,) = LENGTH.unpack(head)
        payload = _read(stream, length)
        if payload is None:
            return
        yield payload


def leave() -> NoReturn:
    """End the process at once. To be taken apart by Python would cost it some 10 ms, for which the reader waits."""
    os._exit(0)


def _read(stream: RawIOBase, length: int) -> bytearray | None:
    """Read so many bytes; `None` where the stream ends before."""
    payload = bytearray(length)
    rest = memoryview(payload)
    while rest:
        got = stream.readinto(rest)
        if not got:
            return None
        rest = rest[got:]
    return payload


def _widen(pipe: int) -> None:
    """Let a pipe hold a document, where the system lets one say so (Linux): 64 KiB are many wakings each way."""
    try:
        from fcntl import F_SETPIPE_SZ, fcntl
    except ImportError:
        return
    with suppress(OSError):  # more than this person may have
        fcntl(pipe, F_SETPIPE_SZ, 1 << 20)
