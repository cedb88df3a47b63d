"""What a text is set from: blocks of `textual.content.Content` that know their text and not their width.

`Block.lay(width)` wraps one, which costs a few integers a line; a line becomes `Content` when it is drawn.
Span styles are names (`.article--link`) that whatever draws them knows: `widgets.reading_pane`. No widgets, no I/O.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import ClassVar, Protocol

from msgspec import Struct
from msgspec.structs import replace
from rich.cells import cell_len
from textual.content import Content, Span

from flodeslasare.tui.widgets._text import TEXT_WIDTH

Finder = Callable[[str], list[tuple[int, int]]]
"""Gives where something stands in a text: (start, end) in order, not overlapping."""

_MANY_SPANS = 200
_EMPTY = Content("")
_NUMBER = re.compile(r"^[-+−–]?[\d\s\u00a0.,:/]*\d[\d\s\u00a0.,:/]*(?:%|kr|st|\u00a0%| %)?$")
_ONE_CELL_EACH = re.compile("[\x20-\u02ff\u0370-\u0482\u048a-\u0556\u2010-\u2027\u2030-\u205e]*")
"""As almost every text here; only such text can be measured by counting its characters."""


class HitStyle(str):
    """The style of one hit: the pieces of a hit that is wrapped have this one, and other hits another like it."""

    __slots__ = ()


class Laid(Struct, frozen=True):
    """A block wrapped to a width."""

    starts: Sequence[int]
    """Where each line begins, in characters of the block's text; never empty."""
    line: Callable[[int], Content]
    """Draw one line."""


class Block(Protocol):
    """A piece of an article that stands on lines of its own."""

    @property
    def gap(self) -> Content | None:
        """The empty line before it, `None` when it follows closely."""

    @property
    def size(self) -> int:
        """How many characters of text it holds: its share of the reading."""

    def lay(self, width: int) -> Laid:
        """Wrap it to a width in cells."""

    def highlighted(self, find: Finder) -> Block:
        """Give the same block with what `find` finds set as hits."""


class Text(Struct, frozen=True, kw_only=True):
    """Running text: a paragraph, a heading, an item of a list, code."""

    content: Content
    first: Content = _EMPTY
    """What stands before the first line."""
    rest: Content = _EMPTY
    """What stands before the other lines."""
    gap: Content | None = _EMPTY
    style: str = ""
    """Of the whole text, under the styles of its spans."""
    is_code: bool = False
    """Set as it is: folded instead of wrapped, on a ground of its own."""
    added: tuple[tuple[int, int], ...] = ()
    """Parts that the author did not write: link numbers."""

    @property
    def size(self) -> int:
        return len(self.content)

    def lay(self, width: int) -> Laid:
        first, rest = _cropped(self.first, width), _cropped(self.rest, width)
        room = max(1, width - max(first.cell_length, rest.cell_length))
        text = self.content.plain
        cuts = fold(text, room - 2) if self.is_code else wrap(text, room)
        pieces = _pieces(self.content, cuts)

        def line(number: int) -> Content:
            content = pieces(number)
            if self.is_code:
                content = content.pad_left(1).pad_right(max(0, room - 1 - content.cell_length))
            if self.style:
                content = content.stylize_before(self.style)
            before = rest if number else first
            return before + content if before else content

        return Laid([start for start, _end in cuts], line)

    def highlighted(self, find: Finder) -> Text:
        return replace(self, content=_highlighted(self.content, find, self.added))


class OneLine(Struct, frozen=True, kw_only=True):
    """A line that is cut where it does not fit: `left` gives way with an ellipsis, `right` where it must."""

    left: Content
    between: Content = _EMPTY
    """What is left out whole before anything is cut."""
    right: Content = _EMPTY
    keeps_right: bool = False
    """Whether `right` is worth more than any of `left`; else it leaves it some of the line."""
    first: Content = _EMPTY
    gap: Content | None = None
    size: int = 0

    def lay(self, width: int) -> Laid:
        first = _cropped(self.first, width)
        room = max(1, width - first.cell_length)
        left, right = self.left, self.right
        if left.cell_length + self.between.cell_length + right.cell_length <= room:
            right = self.between + right
        if left.cell_length + right.cell_length > room:
            most = room if self.keeps_right else max(room * 2 // 3, min(room - 10, 30))
            if right.cell_length > most:
                right = right.truncate(most, ellipsis=True)
            left = left.truncate(max(0, room - right.cell_length), ellipsis=True)
        whole = first + left + right
        return Laid((0,), lambda _number: whole)

    def highlighted(self, find: Finder) -> OneLine:  # noqa: ARG002 (a search does not look here)
        return self


class Line(Struct, frozen=True, kw_only=True):
    """A horizontal line."""

    width: int = TEXT_WIDTH
    rest: Content = _EMPTY
    gap: Content | None = _EMPTY
    size: int = 0

    def lay(self, width: int) -> Laid:
        before = _cropped(self.rest, width)
        room = max(1, min(self.width, width - before.cell_length))
        whole = before + Content.styled("─" * room, ".article--rule")
        return Laid((0,), lambda _number: whole)

    def highlighted(self, find: Finder) -> Line:  # noqa: ARG002 (nothing to find)
        return self


class Image(Struct, frozen=True, kw_only=True):
    """A picture above the words that stand for it: rows for whoever draws it, or a line that says why there are none.

    It takes part in no counting of characters: a place in the text is the same with and without it.
    """

    url: str
    own_size: tuple[int, int] | None = None
    """Width and height in pixels; `None` while that is not known."""
    note: str = ""
    """What is said in its place while it cannot be drawn."""
    first: Content = _EMPTY
    rest: Content = _EMPTY
    gap: Content | None = _EMPTY
    size: int = 0

    MOST_ROWS: ClassVar[int] = 20

    def room(self, width: int) -> tuple[int, int]:
        """Give the most pixels that it may have side by side and above one another; a cell holds two of these."""
        before = max(_cropped(part, width).cell_length for part in (self.first, self.rest))
        return max(1, width - before), 2 * self.MOST_ROWS

    def lay(self, width: int) -> Laid:
        first, rest = _cropped(self.first, width), _cropped(self.rest, width)
        room, most_height = self.room(width)
        if self.note or self.own_size is None:
            said = Content.styled(self.note, ".article--faint").truncate(room, ellipsis=True)
            return Laid((0,), lambda _number: first + said)
        from flodeslasare.pictures import fitted

        _width, height = fitted(*self.own_size, room, most_height)
        return Laid([0] * ((height + 1) // 2), lambda number: rest if number else first)

    def highlighted(self, find: Finder) -> Image:  # noqa: ARG002 (nothing to find)
        return self


class Table(Struct, frozen=True, kw_only=True):
    """Rows of cells in columns; where they do not fit, a line `label: value` for each cell."""

    rows: tuple[tuple[Content, ...], ...]
    """All of the same length."""
    headings: int = 0
    """How many of the first rows are headings."""
    first: Content = _EMPTY
    rest: Content = _EMPTY
    gap: Content | None = _EMPTY

    _BETWEEN = 2
    """Cells between two columns."""
    _NARROWEST = 6
    """Cells of a column that is wrapped."""

    @property
    def size(self) -> int:
        return sum(len(cell) for row in self.rows for cell in row)

    def lay(self, width: int) -> Laid:
        first, rest = _cropped(self.first, width), _cropped(self.rest, width)
        room = max(1, width - max(first.cell_length, rest.cell_length))
        widths = self._column_widths(room)
        lines = list(self._in_columns(widths)) if widths else list(self._as_list(room))
        size = self.size
        starts = [size * number // len(lines) for number in range(len(lines))]

        def line(number: int) -> Content:
            return (rest if number else first) + lines[number]

        return Laid(starts, line)

    def highlighted(self, find: Finder) -> Table:
        rows = tuple(tuple(_highlighted(cell, find) for cell in row) for row in self.rows)
        return replace(self, rows=rows)

    def _column_widths(self, room: int) -> list[int]:
        """Share the width between the columns, in cells; empty when they do not fit side by side."""
        columns = list(zip(*self.rows, strict=True))
        room -= self._BETWEEN * (len(columns) - 1)
        wanted = [max(_widest_line(cell) for cell in column) or 1 for column in columns]
        if sum(wanted) <= room:
            return wanted
        least = [
            min(want, max(self._NARROWEST, *(_longest_word(cell) for cell in column)))
            for want, column in zip(wanted, columns, strict=True)
        ]
        if sum(least) > room:
            return []
        # What is left over goes first to the columns that miss the least, so that few are wrapped.
        widths, spare = list(least), room - sum(least)
        short = sorted(range(len(widths)), key=lambda column: wanted[column] - least[column])
        for number, column in enumerate(short):
            more = min(wanted[column] - widths[column], spare // (len(short) - number))
            widths[column] += more
            spare -= more
        return widths

    def _in_columns(self, widths: list[int]) -> Iterator[Content]:
        right = [
            all(
                not cell or _NUMBER.match(cell.plain)
                for cell in (row[column] for row in self.rows[self.headings :])
            )
            for column in range(len(widths))
        ]
        between = Content(" " * self._BETWEEN)
        cuts = [
            [wrap(cell.plain, width) for cell, width in zip(row, widths, strict=True)]
            for row in self.rows
        ]
        airy = any(len(cell) > 1 for row in cuts[self.headings :] for cell in row)
        for number, (row, row_cuts) in enumerate(zip(self.rows, cuts, strict=True)):
            if airy and number > self.headings:
                yield _EMPTY
            for height in range(max(map(len, row_cuts))):
                parts = []
                for column, cell in enumerate(row):
                    start, end = (
                        row_cuts[column][height] if height < len(row_cuts[column]) else (0, 0)
                    )
                    part = cell[start:end]
                    air = widths[column] - part.cell_length
                    parts.append(part.pad_left(air) if right[column] else part.pad_right(air))
                line = between.join(parts).rstrip()
                yield line.stylize_before(".article--strong") if number < self.headings else line
            if number == self.headings - 1:
                yield Content.styled(
                    "─" * (sum(widths) + self._BETWEEN * (len(widths) - 1)), ".article--rule"
                )

    def _as_list(self, room: int) -> Iterator[Content]:
        labels = self.rows[self.headings - 1] if self.headings else (_EMPTY,) * len(self.rows[0])
        for number, row in enumerate(self.rows[self.headings :]):
            if number:
                yield _EMPTY
            for label, cell in zip(labels, row, strict=True):
                if not cell:
                    continue
                name = label.plain.replace("\n", " ").strip()
                before = Content.styled(f"{name}: ", ".article--quiet") if name else _EMPTY
                whole = before + cell
                for count, (start, end) in enumerate(wrap(whole.plain, max(1, room - 2))):
                    part = whole[start:end]
                    yield part.pad_left(2) if count else part


def _pieces(content: Content, cuts: Sequence[tuple[int, int]]) -> Callable[[int], Content]:
    """Give a way to cut lines from a text as they are asked for."""
    if cuts == [(0, len(content))]:
        return lambda _number: content
    if len(content.spans) <= _MANY_SPANS:
        return lambda number: content[slice(*cuts[number])]

    # A slice looks at every span; where they are many, all lines are cut at once.
    @cache
    def pieces() -> list[Content]:
        return content.divide([edge for cut in cuts for edge in cut])[1::2]

    return lambda number: pieces()[number]


def _highlighted(content: Content, find: Finder, added: Sequence[tuple[int, int]] = ()) -> Content:
    text = content.plain
    if added:
        parts, done = [], 0
        for start, end in added:
            parts += [text[done:start], "\0" * (end - start)]
            done = end
        text = "".join((*parts, text[done:]))
    found = find(text)
    return content.add_spans([Span(start, end, HitStyle(".article--hit")) for start, end in found])


def _cropped(before: Content, width: int) -> Content:
    """Keep hanging and bars from taking the room that the text needs."""
    most = max(0, min(width // 2, width - 16))
    return before if before.cell_length <= most else before.truncate(most)


def _widest_line(content: Content) -> int:
    return max(cell_len(line) for line in content.plain.split("\n"))


def _longest_word(content: Content) -> int:
    return max((cell_len(word) for word in content.plain.split()), default=0)


# --- wrapping ------------------------------------------------------------------------------------


def wrap(text: str, width: int) -> list[tuple[int, int]]:
    """Break text into lines of at most `width` cells: (start, end) of each, at least one.

    Lines end at spaces and newlines, at hyphens and slashes in words too long for a line, and anywhere
    in a word that has none.
    """
    lines: list[tuple[int, int]] = []
    begin = 0
    for part in text.split("\n"):
        stop = begin + len(part)
        start = begin
        is_plain = _ONE_CELL_EACH.fullmatch(part) is not None
        while True:
            if is_plain:
                edge = min(stop, start + width)
            else:
                edge = _edge(text, start, stop, width)
            if edge >= stop:
                break
            cut = text.rfind(" ", start, edge + 1)
            if cut > start:
                lines.append((start, cut))
                start = cut + 1
            else:
                cut = max(text.rfind(mark, start + 1, edge) for mark in "-–/") + 1 or edge
                lines.append((start, cut))
                start = cut
            while start < stop and text[start] == " ":
                start += 1
        lines.append((start, stop))
        begin = stop + 1
    return lines


def fold(text: str, width: int) -> list[tuple[int, int]]:
    """Break text at its newlines, and wherever a line is full: (start, end) of each line."""
    width = max(2, width)
    lines: list[tuple[int, int]] = []
    begin = 0
    for part in text.split("\n"):
        stop = begin + len(part)
        start = begin
        while (edge := _edge(text, start, stop, width)) < stop:
            lines.append((start, edge))
            start = edge
        lines.append((start, stop))
        begin = stop + 1
    return lines


def _edge(text: str, start: int, stop: int, width: int) -> int:
    """Give how far text from `start` fits in `width` cells, without splitting what is one sign."""
    edge = min(stop, start + width)
    while edge > start + 1 and cell_len(text[start:edge]) > width:
        edge -= 1
    most = min(stop, start + 4 * width)
    while edge < most and cell_len(text[start : edge + 1]) <= width:
        edge += 1  # combining marks take no room; more than three to a cell are no text
    back = edge
    while start + 1 < back < stop and (_joins(text[back]) or text[back - 1] == "\u200d"):
        back -= 1
    return back if back > start + 1 or edge == start + 1 else edge


def _joins(char: str) -> bool:
    # The last are invisible tags: they spell the flags of parts of countries, and end with one.
    return (
        char == "\u200d"
        or "\ufe00" <= char <= "\ufe0f"
        or "\U000e0020" <= char <= "\U000e007f"
        or bool(unicodedata.combining(char))
    )
