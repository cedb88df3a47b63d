"""Frames, and a helper process's end of the pipes that they cross. (`processes` is the reader's.)

A frame is its length in four bytes, then so many bytes. Helpers import this, so it imports little.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

LENGTH = struct.Struct("!I")
LARGEST_FRAME_BYTES = 256_000_000
"""A helper that announces more has run wild."""


def frame(payload: bytes) -> bytes:
    """Give a payload as a frame."""
    return LENGTH.pack(len(payload)) + payload


def pipes() -> tuple[BinaryIO, BinaryIO]:
    """Give what a helper reads its requests from and writes its answers to; it hears no Ctrl+C from now on."""
    _widen(0)
    _widen(1)
    # What a library prints must not come between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    # Ctrl+C goes to the whole group of processes; the reader ends its helpers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return sys.stdin.buffer, answers


def frames_from(stream: BinaryIO) -> Iterator[bytes]:
    """Give frames until the stream ends; one that is cut off is dropped."""
    while len(head := stream.read(LENGTH.size)) == LENGTH.size:
        (length,) = LENGTH.unpack(head)
        payload = stream.read(length)
        if len(payload) < length:
            return
        yield payload


def _widen(pipe: int) -> None:
    """Let a pipe hold a document, where the system lets one say so (Linux): 64 KiB are many wakings each way."""
    try:
        from fcntl import F_SETPIPE_SZ, fcntl
    except ImportError:
        return
    with suppress(OSError):  # more than this person may have
        fcntl(pipe, F_SETPIPE_SZ, 1 << 20)
