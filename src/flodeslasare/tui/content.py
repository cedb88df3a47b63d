"""Safe HTML → blocks (`tui.blocks`), with the links they hold. No widgets, no I/O.

The HTML has been cleaned before it was kept (`fetching.clean`), and nothing here counts on that: control
characters are dropped again, links that are neither http, https nor mailto are plain text, and no text is
ever read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import unescape
from typing import TYPE_CHECKING

from msgspec import Struct, field
from textual.content import Content, Span
from textual.style import Style

from flodeslasare.i18n import _
from flodeslasare.text import beginning, harmless
from flodeslasare.tui.blocks import Block, Line, OneLine, Table, Text
from flodeslasare.tui.links import (
    file_name,
    is_openable,
    is_web,
    names_host,
    other_host,
    shown_host,
    without_scheme,
)

if TYPE_CHECKING:
    from lxml import etree

_DEEPEST = 60
"""Elements inside one another; what lies deeper comes as plain text."""
_LONGEST = 500_000
"""Characters of HTML; a longer text, which no person wrote for a feed, is cut rather than waited for."""
_MOST_CELLS = 4_000
"""Of one table; a larger one comes as paragraphs."""
_MOST_COLUMNS = 40
_WIDEST_CELL = 600
"""In characters; a table without headings and with longer cells is there for its layout."""

_EMPTY = Content("")
_SPACES = re.compile(r"[ \t\n\r\f\v]+")
_TAG = re.compile(r"<[^<>]*>")
_RAISED = str.maketrans("0123456789+-−()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-−()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎")


class Link(Struct, frozen=True, kw_only=True):
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
        host, note = (
            Content.styled(f"  {part}" if part else "", ".article--faint")
            for part in (self.host, self.note)
        )
        return OneLine(
            first=Content.styled(f"[{self.number}] ", ".article--number").stylize(goes),
            left=Content.styled(self.title, ".article--link").stylize(goes),
            between=host if self.note else Content(""),  # of a file its name and size say more
            right=note if self.note else host,
            gap=gap,
            size=len(self.title),
        )


class Article(Struct, frozen=True, kw_only=True):
    """An entry's text, ready to be laid out."""

    blocks: tuple[Block, ...] = ()
    links: tuple[Link, ...] = ()
    pictures: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """The addresses of pictures, by the number of the block that has the words for them."""
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
        pictures=walker.pictures,
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


class _Container(Struct, eq=False):
    """A list item or a quote around blocks: what it sets before their lines."""

    first: Content
    rest: Content
    is_begun: bool = False
    """A block stands in it, so `first` has been used."""


class _Inline(Struct):
    """The text of the block being gathered."""

    parts: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    added: list[tuple[int, int]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
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
        self.pictures: dict[int, list[str]] = {}
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
        content, added, pictures = taken
        style = self._styles[-1]
        if not self.blocks and style.endswith("heading") and self._repeats_title(content.plain):
            return
        gap, first, rest = self._place()
        if pictures:
            self.pictures[len(self.blocks)] = pictures
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

    def _taken(self) -> tuple[Content, tuple[tuple[int, int], ...], list[str]] | None:
        """Take the gathered text and pictures; styles that are still open go on in the next block."""
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
        return content, tuple(inline.added), inline.pictures

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
        if is_web(source) and not self._is_pre:
            self._inline.pictures.append(source)
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
            title = beginning(title, 200)
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
    if any(child.tag not in ("td", "th") for row in rows for child in row):
        return True  # so are elements that stand there
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
