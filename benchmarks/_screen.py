"""What a terminal shows, followed from what Textual writes to it.

As much of a terminal as Textual needs: it places the cursor, sets a style and writes cells. Anything else that would
change the cells raises, so that a screen is either right or absent.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len

_CONTROL = re.compile(
    r"\x1b\[(?P<marks>[?<>=]?)(?P<numbers>[\d;:]*)[ $]?(?P<letter>[@-~])"  # CSI: ECMA-48, 5.4
    r"|\x1b[\]P](?:[^\x07\x1b])*(?:\x07|\x1b\\)"  # OSC and DCS: titles, links, questions
    r"|[\r\n]"
)
_HARMLESS = "hlunpqtc"
"""What ends the controls that set modes or ask questions."""

Looks: TypeAlias = tuple[tuple[str, ...], ...]


class Area(NamedTuple):
    """A part of the screen, in cells."""

    x: int
    y: int
    columns: int
    rows: int
    with_styles: bool = True
    """Whether another colour or weight is another look."""


class Screen:
    """The cells of a terminal."""

    def __init__(self, columns: int, rows: int) -> None:
        self._cells = [[" "] * columns for _row in range(rows)]
        self._styles = [[""] * columns for _row in range(rows)]
        self._x = self._y = 0
        self._style = ""
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def feed(self, data: bytes) -> None:
        """Follow what was written; a control may come in two pieces."""
        text = self._rest + self._decoder.decode(data)
        at = 0
        while at < len(text):
            if text[at] not in "\x1b\r\n":
                end = re.compile(r"[^\x1b\r\n]*").match(text, at).end()  # type: ignore[union-attr]
                self._write(text[at:end])
                at = end
                continue
            found = _CONTROL.match(text, at)
            if found is None:
                if len(text) - at > 4_096:
                    raise ValueError(f"not a control known here: {text[at : at + 20]!r}")
                break  # the rest of it is still to come
            self._obey(found)
            at = found.end()
        self._rest = text[at:]

    def look(self, area: Area) -> Looks:
        """Give what stands in a part of the screen."""
        planes = [self._cells, self._styles] if area.with_styles else [self._cells]
        return tuple(
            tuple(plane[y][area.x : area.x + area.columns])
            for plane in planes
            for y in range(area.y, area.y + area.rows)
        )

    def lines(self, area: Area) -> list[str]:
        """Give the text of a part of the screen."""
        return ["".join(row) for row in self.look(area._replace(with_styles=False))]

    def _write(self, text: str) -> None:
        cells, styles = self._cells[self._y], self._styles[self._y]
        for character in text:
            width = cell_len(character)
            if width == 0:
                cells[max(0, self._x - 1)] += character
                continue
            for cell in range(self._x, min(self._x + width, len(cells))):
                cells[cell] = character if cell == self._x else ""
                styles[cell] = self._style
            self._x = min(self._x + width, len(cells) - 1)

    def _obey(self, control: re.Match[str]) -> None:
        letter, numbers = control["letter"], control["numbers"]
        if control[0] == "\r":
            self._x = 0
        elif control[0] == "\n":
            self._y = min(self._y + 1, len(self._cells) - 1)
        elif letter == "H":
            row, _, column = (numbers or "1;1").partition(";")
            self._y = min(int(row), len(self._cells)) - 1
            self._x = min(int(column or 1), len(self._cells[0])) - 1
        elif letter == "m" and not control["marks"]:
            self._style = "" if numbers in ("", "0") else numbers
        elif letter is not None and letter not in _HARMLESS + "m":
            raise ValueError(f"not a control known here: {control[0]!r}")
