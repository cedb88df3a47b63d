"""Text for a terminal: cut and broken into lines by cells."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

TEXT_WIDTH = 72
"""The widest that text is set, in cells."""
_MOST_LINES = 4
"""Of a message or a hint."""


def cut(text: str, width: int) -> str:
    """Cut a text to `width` cells, with an ellipsis, never inside a wide character."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    return f"{set_cell_size(text, width - 1).rstrip()}…"


def wrapped(text: str, width: int) -> list[str]:
    """Break a sentence into lines at spaces, by cells; what does not fit at all is cut."""
    lines: list[str] = []
    for word in text.split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(cut(word, width))
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES - 1] = cut(" ".join(lines[_MOST_LINES - 1 :]), width)
    return lines[:_MOST_LINES] or [""]
