"""Which panes there is room for, and how wide they are: pure."""

from __future__ import annotations

from typing import TypeAlias

THREE_PANES = 120
"""In columns; below it two panes."""
TWO_PANES = 80
_ARCHIVE_CELLS = 30
_MOST_ARCHIVE_CELLS = 44
"""What the archive has in a wide terminal, where nothing else has a use for more: feeds have long names."""
_MOST_ENTRIES_CELLS = 76
_TEXT_CELLS = 76
"""What the text wants: its column, air on both sides, the scrollbar."""

Width: TypeAlias = int | str | None
"""In cells, or `1fr` for what is left; `None` for a pane that is not shown."""


def widths(columns: int, pane: str, *, is_alone: bool) -> tuple[Width, Width, Width]:
    """Give the widths of archive, entries and text, `pane` (the one with the keys) among those shown."""
    if is_alone:
        return None, None, "1fr"
    if columns >= THREE_PANES:
        entries = min(max(columns - _ARCHIVE_CELLS - _TEXT_CELLS, 46), _MOST_ENTRIES_CELLS)
        left = columns - _MOST_ENTRIES_CELLS - _TEXT_CELLS
        return min(max(left, _ARCHIVE_CELLS), _MOST_ARCHIVE_CELLS), entries, "1fr"
    if columns >= TWO_PANES:
        if pane == "archive":
            return _ARCHIVE_CELLS, "1fr", None
        return None, min(max(int(columns * 0.43), 34), 50), "1fr"
    shown = {"archive": 0, "reading": 2}.get(pane, 1)
    first, second, third = ("1fr" if number == shown else None for number in range(3))
    return first, second, third
