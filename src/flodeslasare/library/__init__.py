"""The one API of the program: what both front ends call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flodeslasare.library.library import Library

__all__ = ["Library"]


def __getattr__(name: str) -> type[Library]:
    """Import `Library` when it is asked for: the process that only writes needs none of it (PEP 562)."""
    if name != "Library":
        raise AttributeError(name)
    from flodeslasare.library.library import Library

    return Library
