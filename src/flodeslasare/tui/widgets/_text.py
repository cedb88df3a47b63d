"""Text on one line of a terminal: made plain, cut and filled by cells."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

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
