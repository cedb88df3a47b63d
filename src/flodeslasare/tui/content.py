"""Safe HTML → blocks of `textual.content.Content`, with the links they hold. No widgets, no I/O.

The HTML has been cleaned before it was kept (`fetching.clean`), and nothing here counts on that: control
characters are dropped again, links that are neither http, https nor mailto are plain text, and no text is
ever read as markup.

A block knows its text and not its width. `Block.lay(width)` wraps it, which costs a few integers a line;
a line becomes `Content` when it is drawn. Span styles are names (`.article--link`) that whatever draws
them knows: `widgets.reading_pane`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Protocol

from rich.cells import cell_len
from textual.content import Content, Span
from textual.style import Style

from flodeslasare.i18n import _
from flodeslasare.text import harmless
from flodeslasare.tui.links import (
    file_name,
    is_openable,
    names_host,
    other_host,
    shown_host,
    without_scheme,
)
from flodeslasare.tui.widgets._text import TEXT_WIDTH

if TYPE_CHECKING:
    from lxml import etree

Finder = Callable[[str], list[tuple[int, int]]]
"""Gives where something stands in a text: (start, end) in order, not overlapping."""

_DEEPEST = 60
"""Elements inside one another; what lies deeper comes as plain text."""
_LONGEST = 500_000
"""Characters of HTML; a longer text, which no person wrote for a feed, is cut rather than waited for."""
_MOST_CELLS = 4_000
"""Of one table; a larger one comes as paragraphs."""
_MOST_COLUMNS = 40
_MANY_SPANS = 200
_WIDEST_CELL = 600
"""In characters; a table without headings and with longer cells is there for its layout."""

_EMPTY = Content("")
_SPACES = re.compile(r"[ \t\n\r\f\v]+")
_TAG = re.compile(r"<[^<>]*>")
_NUMBER = re.compile(r"^[-+−–]?[\d\s\u00a0.,:/]*\d[\d\s\u00a0.,:/]*(?:%|kr|st|\u00a0%| %)?$")
_ONE_CELL_EACH = re.compile("[\x20-\u02ff\u0370-\u0482\u048a-\u0556\u2010-\u2027\u2030-\u205e]*")
"""As almost every text here; only such text can be measured by counting its characters."""
_RAISED = str.maketrans("0123456789+-−()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-−()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎")


# --- blocks --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Laid:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OneLine:
    """A line that is cut where it does not fit: `left` gives way with an ellipsis, `right` stays."""

    left: Content
    right: Content = _EMPTY
    first: Content = _EMPTY
    gap: Content | None = None
    size: int = 0

    def lay(self, width: int) -> Laid:
        first = _cropped(self.first, width)
        room = max(1, width - first.cell_length)
        left, right = self.left, self.right
        if left.cell_length + right.cell_length > room:
            most = max(room * 2 // 3, min(room - 10, 30))  # a date and a few words more, if need be
            if right.cell_length > most:
                right = right.truncate(most, ellipsis=True)
            left = left.truncate(max(0, room - right.cell_length), ellipsis=True)
        whole = first + left + right
        return Laid((0,), lambda _number: whole)

    def highlighted(self, find: Finder) -> OneLine:  # noqa: ARG002 (a search does not look here)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
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
    return content.add_spans([Span(start, end, ".article--hit") for start, end in found])


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
    return char == "\u200d" or "\ufe00" <= char <= "\ufe0f" or bool(unicodedata.combining(char))


# --- HTML → blocks -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of an article, as numbered in its text."""

    number: int
    url: str
    title: str
    host: str
    """As people write it; empty when the title says it."""
    note: str = ""
    """A few words more: kind and size of a file."""

    def block(self, *, gap: Content | None = None) -> OneLine:
        """Give its line in the list below the article."""
        goes = Style.from_meta({"link": self.url})
        right = "".join(f"  {part}" for part in (self.host, self.note) if part)
        return OneLine(
            first=Content.styled(f"[{self.number}] ", ".article--number").stylize(goes),
            left=Content.styled(self.title, ".article--link").stylize(goes),
            right=Content.styled(right, ".article--faint"),
            gap=gap,
            size=len(self.title),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An entry's text, ready to be laid out."""

    blocks: tuple[Block, ...] = ()
    links: tuple[Link, ...] = ()
    posing: Mapping[str, str] = field(default_factory=dict)
    """Addresses with a text that names another host, and that text."""
    is_cut: bool = False
    """It was too long to be shown whole."""


def render(html: str, *, base_title: str = "") -> Article:
    """Turn HTML into blocks of text and the links in it.

    Args:
        html: of any quality; nothing in it is trusted.
        base_title: the entry's title; a first heading that only repeats it is left out.
    """
    is_cut = len(html) > _LONGEST
    if is_cut:
        html = html[:_LONGEST]
        if (begun := html.rfind("<")) > html.rfind(">"):
            html = html[:begun]  # half a tag
    body = _parsed(harmless(html))
    if body is None:
        return Article()
    walker = _Walker(base_title)
    walker.children(body, 0)
    walker.flush()
    return Article(
        blocks=tuple(walker.blocks),
        links=tuple(walker.links.values()),
        posing=walker.posing,
        is_cut=is_cut,
    )


def _parsed(html: str) -> etree._Element | None:
    from lxml import etree  # 10 ms that the first screen does not wait for

    if not html.strip():
        return None
    parser = etree.HTMLParser(
        encoding="utf-8",
        huge_tree=True,  # else libxml2 drops what lies deeper than 256 elements
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(f"<body>{html}</body>".encode(), parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        # Deeper than 2048 elements libxml2 gives up and loses the rest: then the bare text.
        root = etree.Element("body")
        for line in unescape(_TAG.sub("\n", html)).split("\n"):
            if text := harmless(line).strip():
                etree.SubElement(root, "p").text = text
    return root


_SKIPPED = frozenset(
    {
        *(
            "script",
            "style",
            "template",
            "noscript",
            "head",
            "title",
            "select",
            "option",
            "textarea",
        ),
        *("button", "svg", "math", "object", "embed", "applet", "iframe", "frame", "canvas", "map"),
        "datalist",
    }
)
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "body", "center", "details", "dialog", "div", "fieldset"),
        *("figure", "footer", "form", "header", "hgroup", "html", "legend", "main", "nav", "p"),
        *("section", "summary", "dl", "li", "thead", "tbody", "tfoot", "tr", "td", "th"),
    }
)
_INLINE = {
    "b": ".article--strong",
    "strong": ".article--strong",
    "i": ".article--emphasis",
    "em": ".article--emphasis",
    "cite": ".article--emphasis",
    "dfn": ".article--emphasis",
    "var": ".article--emphasis",
    "mark": ".article--strong",
    "u": ".article--underline",
    "ins": ".article--underline",
    "s": ".article--deleted",
    "strike": ".article--deleted",
    "del": ".article--deleted",
    "code": ".article--code",
    "kbd": ".article--code",
    "samp": ".article--code",
    "tt": ".article--code",
}


@dataclass(slots=True, eq=False)
class _Container:
    """A list item or a quote around blocks: what it sets before their lines."""

    first: Content
    rest: Content
    is_begun: bool = False
    """A block stands in it, so `first` has been used."""


@dataclass(slots=True)
class _Inline:
    """The text of the block being gathered."""

    parts: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    added: list[tuple[int, int]] = field(default_factory=list)
    length: int = 0
    ends_in_space: bool = True
    """Also at the start, where white space says nothing."""

    def add(self, text: str) -> None:
        if text:
            self.parts.append(text)
            self.length += len(text)
            self.ends_in_space = text[-1] in " \n"


class _Walker:
    """Walks a tree of HTML and gathers its blocks and links."""

    def __init__(self, base_title: str = "") -> None:
        self.blocks: list[Block] = []
        self.links: dict[str, Link] = {}
        self.posing: dict[str, str] = {}
        self._base_title = _compared(base_title)
        self._inline = _Inline()
        self._open: list[tuple[str | Style, int]] = []
        """Inline styles that apply now, and where in the block's text they began."""
        self._link_texts: list[list[str]] = []
        self._containers: list[_Container] = []
        self._last_containers: list[_Container] = []
        """Around the block before."""
        self._styles: list[str] = [""]
        self._lists = 0
        """How many lists we are inside of."""
        self._is_close = False
        """The next block follows without an empty line."""
        self._is_pre = False
        self._dispatch: dict[str, Callable[[etree._Element, int], None]] = {
            "a": self._link,
            "blockquote": self._quote,
            "br": self._break,
            "dd": self._definition,
            "dt": self._term,
            "figcaption": self._caption,
            "caption": self._caption,
            "hr": self._rule,
            "img": self._image,
            "ol": self._list,
            "pre": self._code,
            "q": self._quotation,
            "sub": self._small_signs,
            "sup": self._small_signs,
            "table": self._table,
            "ul": self._list,
            "menu": self._list,
            "dir": self._list,
            "audio": self._media,
            "video": self._media,
            "wbr": self._nothing,
            **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), self._heading),
        }

    # --- walking -----------------------------------------------------------------------------

    def children(self, element: etree._Element, depth: int) -> None:
        """Take in an element's text and all that it holds."""
        if depth > _DEEPEST:
            self.text(" ".join(str(text) for text in element.itertext()))
            return
        if element.text:
            self.text(element.text)
        for child in element:
            self._element(child, depth + 1)
            if child.tail:
                self.text(child.tail)

    def _element(self, element: etree._Element, depth: int) -> None:
        tag = element.tag
        if tag in _SKIPPED:
            return
        if take := self._dispatch.get(tag):
            take(element, depth)
        elif style := _INLINE.get(tag):
            self._styled(style, element, depth)
        elif tag in _BLOCKS:
            self.flush()
            self.children(element, depth)
            self.flush()
        else:
            self.children(element, depth)

    def text(self, text: str) -> None:
        """Add text as the author wrote it, white space put in order."""
        text = harmless(text)
        if self._is_pre:
            text = text.expandtabs(4)
        else:
            text = _SPACES.sub(" ", text)
            if self._inline.ends_in_space:
                text = text.lstrip(" ")
        self._inline.add(text)
        for texts in self._link_texts:
            texts.append(text)

    def _add(self, text: str, style: str, meta: Style | None = None) -> None:
        """Add text of our own, which is no part of what can be found."""
        start = self._inline.length
        self._inline.add(text)
        end = self._inline.length
        self._inline.spans.append(Span(start, end, style))
        if meta is not None:
            self._inline.spans.append(Span(start, end, meta))
        self._inline.added.append((start, end))

    # --- from text to blocks -------------------------------------------------------------------

    def flush(self) -> None:
        """End the block being gathered, if it has any text."""
        taken = self._taken()
        if taken is None:
            return
        content, added = taken
        style = self._styles[-1]
        if not self.blocks and style.endswith("heading") and self._repeats_title(content.plain):
            return
        gap, first, rest = self._place()
        self.blocks.append(
            Text(
                content=content,
                first=first,
                rest=rest,
                gap=gap,
                style=style,
                added=added,
                is_code=self._is_pre,
            )
        )

    def _taken(self) -> tuple[Content, tuple[tuple[int, int], ...]] | None:
        """Take the gathered text; styles that are still open go on in the next block."""
        inline, self._inline = self._inline, _Inline()
        for style, start in self._open:
            if inline.length > start:
                inline.spans.append(Span(start, inline.length, style))
        self._open = [(style, 0) for style, _start in self._open]
        text = "".join(inline.parts)
        if self._is_pre:
            skipped = len(text) - len(text.lstrip("\n"))
            text = text.rstrip()
        else:
            skipped = 0
            text = text.rstrip(" \n")
        if not text.strip():
            return None
        content = Content(text, _within(inline.spans, len(text)), strip_control_codes=False)
        if skipped:
            content = content[skipped:]
        return content, tuple(inline.added)

    def _place(self) -> tuple[Content | None, Content, Content]:
        """Give the gap before a new block and what stands before its lines."""
        containers = self._containers
        first = _joined(box.rest if box.is_begun else box.first for box in containers)
        rest = _joined(box.rest for box in containers)
        gap: Content | None = None
        if self.blocks and not self._is_close:
            shared = []
            for ours, before in zip(containers, self._last_containers, strict=False):
                if ours is not before:
                    break
                shared.append(ours.rest)
            gap = _joined(shared).rstrip()
        self._is_close = False
        self._last_containers = list(containers)
        for box in containers:
            box.is_begun = True
        return gap, first, rest

    def _repeats_title(self, text: str) -> bool:
        return bool(self._base_title) and _compared(text) == self._base_title

    # --- elements --------------------------------------------------------------------------------

    def _nothing(self, _element: etree._Element, _depth: int) -> None:
        """Take no notice."""

    def _styled(self, style: str | Style, element: etree._Element, depth: int) -> None:
        self._open.append((style, self._inline.length))
        self.children(element, depth)
        style, start = self._open.pop()
        if self._inline.length > start:
            self._inline.spans.append(Span(start, self._inline.length, style))

    def _in_style(self, style: str, element: etree._Element, depth: int) -> None:
        self.flush()
        self._styles.append(style)
        self.children(element, depth)
        self.flush()
        self._styles.pop()

    def _break(self, _element: etree._Element, _depth: int) -> None:
        inline = self._inline
        if inline.parts and inline.parts[-1].endswith("\n") and not self._is_pre:
            self.flush()  # two breaks are how many write a new paragraph
        elif inline.length:
            inline.add("\n")
        for texts in self._link_texts:
            texts.append(" ")

    def _heading(self, element: etree._Element, depth: int) -> None:
        self._in_style(
            ".article--heading" if element.tag in ("h1", "h2", "h3") else ".article--subheading",
            element,
            depth,
        )

    def _caption(self, element: etree._Element, depth: int) -> None:
        self.flush()
        self._is_close = element.tag == "figcaption" and bool(self.blocks)
        self._in_style(".article--faint", element, depth)

    def _quote(self, element: etree._Element, depth: int) -> None:
        self.flush()
        bar = Content.styled("▌ ", ".article--mark")
        self._containers.append(_Container(bar, bar))
        self._in_style(".article--quote", element, depth)
        self._containers.pop()

    def _quotation(self, element: etree._Element, depth: int) -> None:
        self.text("”")
        self.children(element, depth)
        self.text("”")

    def _code(self, element: etree._Element, depth: int) -> None:
        self.flush()
        self._is_pre, before = True, self._is_pre
        self._in_style(".article--code-block", element, depth)
        self._is_pre = before

    def _list(self, element: etree._Element, depth: int) -> None:
        self.flush()
        if self._lists:
            self._is_close = True
        number = _small_number(element.get("start"), 1)
        if element.text:
            self.text(element.text)
        for child in element:
            if child.tag == "li":
                if element.tag == "ol":
                    number = _small_number(child.get("value"), number)
                    mark = f"{number:>3}. "
                    number += 1
                else:
                    mark = f"  {'•◦▪'[min(self._lists, 2)]} "
                self._item(mark, child, depth)
                self._is_close = True
            else:
                self._element(child, depth + 1)
            if child.tail:
                self.text(child.tail)
        self.flush()
        self._is_close = bool(self._lists)

    def _item(self, mark: str, element: etree._Element, depth: int) -> None:
        self._containers.append(
            _Container(Content.styled(mark, ".article--mark"), Content(" " * len(mark)))
        )
        self._lists += 1
        self.children(element, depth + 1)
        self.flush()
        self._lists -= 1
        self._containers.pop()

    def _term(self, element: etree._Element, depth: int) -> None:
        self._in_style(".article--strong", element, depth)
        self._is_close = True

    def _definition(self, element: etree._Element, depth: int) -> None:
        self.flush()
        air = Content("    ")
        self._containers.append(_Container(air, air))
        self.children(element, depth)
        self.flush()
        self._containers.pop()
        self._is_close = False

    def _rule(self, _element: etree._Element, _depth: int) -> None:
        self.flush()
        if self.blocks and not isinstance(self.blocks[-1], Line):
            gap, _first, rest = self._place()
            self.blocks.append(Line(rest=rest, gap=gap))

    def _small_signs(self, element: etree._Element, depth: int) -> None:
        """Set m² and CO₂ as they are written by hand, other raised and lowered text on the line."""
        signs = _RAISED if element.tag == "sup" else _LOWERED
        text = (element.text or "").strip()
        if len(element) or not text or any(ord(char) not in signs for char in text):
            self.children(element, depth)
        else:
            self.text(text.translate(signs))

    def _image(self, element: etree._Element, _depth: int) -> None:
        if element.get("width") in ("0", "1") or element.get("height") in ("0", "1"):
            return  # a counter, not a picture
        alt = _SPACES.sub(" ", harmless(element.get("alt") or element.get("title") or "")).strip()
        if 0 < len(alt) <= 2:
            self.text(alt)  # a smiley
            return
        source = element.get("src") or ""
        alt = alt or file_name(source)
        label = _("[image: {text}]").format(text=alt) if alt else _("[image]")
        is_alone = not self._is_pre and not self._link_texts
        if is_alone:
            self.flush()
        goes = Style.from_meta({"link": source}) if is_openable(source) and is_alone else None
        if goes is not None and other_host(source, alt):
            self.posing[source] = alt
        self._add(label, ".article--faint", goes)
        for texts in self._link_texts:
            texts.append(alt or label)
        if is_alone:
            self.flush()

    def _media(self, element: etree._Element, _depth: int) -> None:
        self.flush()
        source = next(
            (
                address
                for address in (
                    element.get("src"),
                    *(each.get("src") for each in element.iter("source")),
                )
                if address and is_openable(address)
            ),
            None,
        )
        if source is not None:
            name = file_name(source) or shown_host(source)
            kind = _("[sound: {text}]") if element.tag == "audio" else _("[film: {text}]")
            self._add(kind.format(text=name), ".article--faint")
            self._number(source, name)
            self.flush()

    def _link(self, element: etree._Element, depth: int) -> None:
        url = harmless(element.get("href") or "").strip()
        if not is_openable(url):
            self.children(element, depth)
            return
        start, blocks = self._inline.length, len(self.blocks)
        self._open.append((".article--link", start))
        self._open.append((Style.from_meta({"link": url}), start))
        texts: list[str] = []
        self._link_texts.append(texts)
        self.children(element, depth)
        self._link_texts.pop()
        for style, begun in reversed([self._open.pop(), self._open.pop()]):
            if self._inline.length > begun:
                self._inline.spans.append(Span(begun, self._inline.length, style))
        title = _SPACES.sub(" ", "".join(texts)).strip()
        if title or len(self.blocks) > blocks or self._inline.length > start:
            self._number(url, title)

    def _number(self, url: str, title: str) -> None:
        """Set a link's number after its text, and the host where the text names another one."""
        host = shown_host(url)
        named = names_host(title)
        if other_host(url, title):
            self.posing[url] = title
            self._add(f" ({host})", ".article--faint")
        link = self.links.get(url)
        if link is None:
            title = title[:200]
            is_said = named or title == host
            link = self.links[url] = Link(
                number=len(self.links) + 1,
                url=url,
                title=without_scheme(url) if named or not title else title,
                host="" if is_said or not title else host,
            )
        # The number stays on the line of the last word.
        space = self._trim()
        self._add(f"\u00a0[{link.number}]", ".article--number", Style.from_meta({"link": url}))
        self._inline.add(space)

    def _trim(self) -> str:
        """Take the white space from the end of what is gathered."""
        taken = ""
        parts = self._inline.parts
        while parts and parts[-1] != (kept := parts[-1].rstrip(" \n")):
            taken = parts[-1][len(kept) :] + taken
            self._inline.length -= len(parts[-1]) - len(kept)
            parts[-1] = kept
            if not kept:
                parts.pop()
        return taken

    # --- tables ------------------------------------------------------------------------------------

    def _table(self, element: etree._Element, depth: int) -> None:
        self.flush()
        rows = [row for row in element.iter("tr") if _table_of(row) is element]
        if _is_layout(element, rows):
            self.children(element, depth)
            self.flush()
            return
        for child in element.iterchildren("caption"):
            self._caption(child, depth)
        cells: list[list[Content]] = []
        headings = 0
        for row in rows:
            parts: list[Content] = []
            is_heading = True
            for cell in row.iterchildren("td", "th"):
                is_heading = is_heading and (cell.tag == "th" or _parent_tag(row) == "thead")
                parts.append(self._cell(cell, depth + 3))
                span = min(_small_number(cell.get("colspan"), 1), _MOST_COLUMNS)
                parts.extend([_EMPTY] * (span - 1))
            if any(parts):
                if is_heading and headings == len(cells):
                    headings += 1
                cells.append(parts[:_MOST_COLUMNS])
        if not cells:
            return
        columns = max(map(len, cells))
        kept = [
            number
            for number in range(columns)
            if any(number < len(row) and row[number] for row in cells)
        ]
        if headings == len(cells):
            headings = 0
        whole = tuple(
            tuple(row[number] if number < len(row) else _EMPTY for number in kept) for row in cells
        )
        gap, first, rest = self._place()
        self.blocks.append(Table(rows=whole, headings=headings, first=first, rest=rest, gap=gap))

    def _cell(self, element: etree._Element, depth: int) -> Content:
        inner = _Walker()
        inner.links, inner.posing = self.links, self.posing
        inner._lists = 1
        inner.children(element, depth)
        inner.flush()
        lines = [block.first + block.content for block in inner.blocks if isinstance(block, Text)]
        return Content("\n").join(lines)


def _within(spans: list[Span], length: int) -> list[Span]:
    return [
        Span(span.start, min(span.end, length), span.style) for span in spans if span.start < length
    ]


def _joined(parts: Iterator[Content] | Sequence[Content]) -> Content:
    whole = _EMPTY
    for part in parts:
        whole = whole + part
    return whole


def _compared(text: str) -> str:
    return _SPACES.sub(" ", text).strip().casefold()


def _small_number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else otherwise


def _parent_tag(element: etree._Element) -> str:
    parent = element.getparent()
    return str(parent.tag) if parent is not None else ""


def _table_of(row: etree._Element) -> etree._Element | None:
    return next(row.iterancestors("table"), None)


def _is_layout(table: etree._Element, rows: list[etree._Element]) -> bool:
    """Tell a table that only puts things beside one another from one that holds data."""
    if next(table.iterdescendants("table", "pre", "blockquote"), None) is not None:
        return True
    inside = [table, *table.iterdescendants("thead", "tbody", "tfoot", "tr")]
    if any((each.text or "").strip() for each in inside):
        return True  # text outside of the cells
    if any((each.tail or "").strip() for each in table.iterdescendants("td", "th", "tr", "tbody")):
        return True
    counts = [sum(1 for _cell in row.iterchildren("td", "th")) for row in rows]
    if max(counts, default=0) <= 1 or sum(counts) > _MOST_CELLS:
        return True
    if next(table.iterdescendants("th"), None) is not None:
        return False
    return any(
        len("".join(str(text) for text in cell.itertext())) > _WIDEST_CELL
        for row in rows
        for cell in row.iterchildren("td", "th")
    )
