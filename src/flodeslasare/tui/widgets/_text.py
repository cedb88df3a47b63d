"""Text for a terminal: made plain, cut, filled and broken into lines by cells."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

TEXT_WIDTH = 72
"""The widest that text is set, in cells."""
_MOST_LINES = 4
"""Of a message or a hint."""

_SPACES = dict.fromkeys(map(ord, "\n\t\r\v\f\u2028\u2029"), " ")
_CONTROLS = dict.fromkeys(
    [
        *range(0x20),
        *range(0x7F, 0xA0),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        0x200E,
        0x200F,
    ],
    "\N{REPLACEMENT CHARACTER}",
)
_PLAIN = _CONTROLS | _SPACES


def plain(text: str) -> str:
    """Make a text harmless on a terminal: no control character survives (a second lock on that door)."""
    return text if text.isascii() and text.isprintable() else text.translate(_PLAIN)


def cut(text: str, width: int) -> str:
    """Cut a text to `width` cells, with an ellipsis, never inside a wide character."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    return f"{set_cell_size(text, width - 1).rstrip()}…"


def fill(text: str, width: int) -> str:
    """Cut or pad a text to exactly `width` cells."""
    return set_cell_size(cut(text, width), width)


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
