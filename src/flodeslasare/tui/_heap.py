"""Memory that goes back to the system when it is used no more."""

from __future__ import annotations

import sys

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""M_MMAP_THRESHOLD and M_ARENA_MAX of mallopt(3)."""
_LARGE_BYTES = 256 * 1024


def give_back_memory() -> None:
    """Let glibc give back large pieces at once, and not keep a part of the heap for each thread; elsewhere do nothing.

    Left to itself it keeps pieces of up to 32 MB for the next time once one of that size was given back: a search
    of a million entries left 90 MB behind. That costs no time that could be measured.
    """
    if sys.platform != "linux":
        return
    try:
        import ctypes  # not before the first screen

        mallopt = ctypes.CDLL(None).mallopt
    except (ImportError, OSError, AttributeError):  # another C library
        return
    mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
    mallopt(_ARENA_MAX, 1)
