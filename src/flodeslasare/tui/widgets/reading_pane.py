"""The reading pane: one entry, set in a column, drawn line by line.

A line costs a few integers until it is seen. So a long article is laid out whole, which gives exact
heights, a scrollbar that does not jump and a place that holds when the width changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.segment import Segment
from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content, Span
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style

from flodeslasare.i18n import _
from flodeslasare.model import Entry
from flodeslasare.tui.widgets._styles import Styles
from flodeslasare.tui.widgets._text import TEXT_WIDTH, wrapped

if TYPE_CHECKING:
    from flodeslasare.tui.blocks import Block, Finder, Laid
    from flodeslasare.tui.content import Article, Link

_AIR = 2
"""Cells on both sides of the text, at least."""
_EMPTY = Content("")
_STYLES = {
    ".article--title": "bold",
    ".article--feed": "$section",
    ".article--heading": "bold $lead",
    ".article--subheading": "bold $section",
    ".article--quiet": "$quiet-ink",
    ".article--faint": "$faint-ink",
    ".article--link": "$lead",
    ".article--number": "$accent",
    ".article--mark": "$accent",
    ".article--quote": "italic $quiet-ink",
    ".article--code": "$section",
    ".article--code-block": "$quiet-ink on $surface",
    ".article--rule": "$rule",
    ".article--strong": "bold",
    ".article--emphasis": "italic",
    ".article--underline": "underline",
    ".article--deleted": "strike $faint-ink",
    ".article--hit": "$hit-ink on $hit",
    ".article--hit-current": "bold underline $hit-ink on $hit",
    "prompt": "$ink on $panel",
    "hint": "$faint-ink",
    "selection": "on $cursor",
}


class ReadingPane(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows one entry: where it comes from, its title, its text, its links."""

    ALLOW_SELECT = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "line_down", "Line down", show=False),
        Binding("k,up", "line_up", "Line up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("g,home", "top", "Top", show=False),
        Binding("G,end", "end", "End", show=False),
        Binding("L", "open_link", "Open a link by its number", show=False),
    ]
    DEFAULT_CSS = """
    ReadingPane {
        background: $background; color: $ink; overflow-x: hidden; overflow-y: auto;
        scrollbar-gutter: stable; scrollbar-size-vertical: 1;
    }
    """

    class LinkActivated(Message):
        """The person chose a link, by its number or with the mouse."""

        def __init__(self, url: str, text: str = "") -> None:
            super().__init__()
            self.url = url
            self.text = text
            """What the text says instead, where it names another host."""

    class Moved(Message):
        """The person read on, or back."""

        def __init__(self, entry_id: int, place: float) -> None:
            super().__init__()
            self.entry_id = entry_id
            self.place = place
            """How much lies above: 0.0 the top to 1.0 the end."""

        def can_replace(self, message: Message) -> bool:
            """Let a newer place of the same entry stand for it."""
            return isinstance(message, ReadingPane.Moved) and message.entry_id == self.entry_id

    class VersionsRequested(Message):
        """The person wants to see how the entry read earlier."""

        def __init__(self, entry_id: int) -> None:
            super().__init__()
            self.entry_id = entry_id

    def __init__(
        self, *, name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._entry: Entry | None = None
        self._query = ""
        self._article: Article | None = None
        self._links: tuple[Link, ...] = ()
        self._layout = _Layout((), 1, None)
        self._strips: dict[int, Strip] = {}
        self._styles = Styles(self, _STYLES)
        self._anchor = 0
        """The character that stands on the first line in view: it stays there when the width changes."""
        self._at_end = False
        self._is_placing = False
        """We are moving the text, not the person."""
        self._hits: list[_Hit] | None = None
        """`None` until they are asked for."""
        self._current_hit: int | None = None
        self._typed: str | None = None
        """What has been typed of a link's number; `None` while the prompt is closed."""

    # --- what it shows -------------------------------------------------------------------------

    @property
    def entry(self) -> Entry | None:
        """The entry that is shown."""
        return self._entry

    @property
    def links(self) -> tuple[Link, ...]:
        """The links of the entry, in the order of their numbers."""
        return self._links

    @property
    def place(self) -> float:
        """How much of the text lies above the first line in view; 1.0 once its end has been seen.

        It does not depend on the width. 0.0 for a text that needs no scrolling.
        """
        if not self.max_scroll_y or not self._layout.size:
            return 0.0
        if self.scroll_offset.y >= self.max_scroll_y:
            return 1.0
        return self._layout.character_at(self.scroll_offset.y) / self._layout.size

    @property
    def hit_count(self) -> int:
        """How many hits of the query the text holds."""
        return len(self._all_hits())

    def show(self, entry: Entry | None, *, place: float = 0.0, query: str = "") -> None:
        """Show an entry from the given place on, what the query matches highlighted.

        Args:
            entry: `None` for none: a quiet hint stands there.
            place: as `place` gives it.
            query: in the query language; empty for no highlights.
        """
        self._read(entry)
        self._query = query
        self._typed = None
        self._current_hit = None
        self._lay_out()
        self._at_end = place >= 1.0
        self._anchor = round(max(0.0, place) * self._layout.size)
        self._go_to_anchor()

    def show_marks(self, entry: Entry) -> None:
        """Show the same entry with other marks; the place stays."""
        if self._entry is not None and self._entry.id == entry.id:
            self._read(entry)
            self._lay_out()
            self._go_to_anchor()

    def highlight(self, query: str) -> None:
        """Highlight what another query matches; the place stays."""
        if query != self._query:
            self._query = query
            self._current_hit = None
            self._lay_out()
            self._go_to_anchor()

    # --- moving ----------------------------------------------------------------------------------

    def page_down(self) -> bool:
        """Go on by a screen; `False` when the end was in view already."""
        if self.scroll_offset.y >= self.max_scroll_y:
            return False
        self._scroll_by(self._page)
        return True

    def next_hit(self) -> bool:
        """Go to the next hit; `False` when there is none below."""
        hits = self._all_hits()
        index = self._current_hit
        if index is not None and self._is_in_view(hits[index].y):
            index += 1
        else:
            top = self.scroll_offset.y
            index = next((number for number, hit in enumerate(hits) if hit.y >= top), len(hits))
        return self._go_to_hit(index)

    def previous_hit(self) -> bool:
        """Go to the hit before; `False` when there is none above."""
        hits = self._all_hits()
        index = self._current_hit
        if index is not None and self._is_in_view(hits[index].y):
            index -= 1
        else:
            bottom = self.scroll_offset.y + self._height
            index = sum(1 for hit in hits if hit.y < bottom) - 1
        return self._go_to_hit(index)

    def outermost_hit(self, *, last: bool) -> bool:
        """Go to the first hit of the text, or to the last; `False` when it has none."""
        return self._go_to_hit(len(self._all_hits()) - 1 if last else 0)

    # --- drawing ---------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw screen line `y`; only lines in view are ever drawn."""
        width = self.scrollable_content_region.width
        if self._typed is not None and y == self._height - 1:
            return self._drawn(self._prompt(width), width, "prompt")
        if self._entry is None:
            return self._hint_line(y, width)
        number = y + self.scroll_offset.y
        if number >= self._layout.height:
            return Strip.blank(width, self.rich_style)
        strip = self._strips.get(number)
        if strip is None:
            if len(self._strips) > 1_000:
                self._strips.clear()
            strip = self._strips[number] = self._drawn_line(number, width)
        return strip

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        self._strips.clear()
        self._styles.forget()
        super().notify_style_update()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Give the text that is selected with the mouse."""
        lines = (self._layout.line(number).plain for number in range(self._layout.height))
        return selection.extract("\n".join(lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection anew."""
        self._strips.clear()
        super().selection_updated(selection)

    def _drawn_line(self, number: int, width: int) -> Strip:
        line = self._layout.line(number)
        if self._current_hit is not None:
            hit = self._all_hits()[self._current_hit]
            if hit.y == number:
                line = line.add_spans([Span(hit.start, hit.end, ".article--hit-current")])
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(number)) is not None:
            start, end = span
            line = line.stylize(
                self._styles.own("selection"), start, len(line) if end == -1 else end
            )
        margin = self._margin(width)
        strip = self._drawn(line, width - margin).apply_offsets(0, number)
        return Strip([Segment(" " * margin, self.rich_style), *strip], width) if margin else strip

    def _drawn(self, line: Content, width: int, style: str | None = None) -> Strip:
        base = self.visual_style
        if style is not None:
            base += self._styles.own(style)
        segments = [
            Segment(text, (base + of_text).rich_style)
            for text, of_text in line.render(base, end="", parse_style=self._span_style)
        ]
        return Strip(segments, line.cell_length).adjust_cell_length(width, base.rich_style)

    def _span_style(self, style: str | Style) -> Style:
        return style if isinstance(style, Style) else self._styles.own(style)

    def _hint_line(self, y: int, width: int) -> Strip:
        hint = _("Choose an entry in the list to read it here.")
        lines = wrapped(hint, max(1, min(width - 2 * _AIR, TEXT_WIDTH)))
        row = y - self._height // 3
        if not 0 <= row < len(lines):
            return Strip.blank(width, self.rich_style)
        line = Content(lines[row])
        line = line.pad_left(max(0, (width - line.cell_length) // 2))
        return self._drawn(line, width, "hint")

    def _prompt(self, width: int) -> Content:
        if not self._links:
            line = Content(_("This entry has no links."))
        else:
            line = Content(_("Link number:")) + Content(f" {self._typed}")
            line += Content.styled("▏", ".article--mark")
            if (link := self._typed_link()) is not None:
                line += Content.styled(f"  {link.title}", ".article--link")
                line += Content.styled(f"  {link.host}", ".article--quiet")
            elif self._typed:
                line += Content.styled("  " + _("no such link"), ".article--quiet")
            else:
                line += Content.styled("  " + _("Enter opens, Esc closes"), ".article--quiet")
        margin = self._margin(width)
        return line.pad_left(margin).truncate(width, ellipsis=True)

    # --- laying out ------------------------------------------------------------------------------

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    @property
    def _page(self) -> int:
        """Lines of a page; two stay in view, so that the eye finds the place."""
        return max(1, self._height - 2)

    def _margin(self, width: int) -> int:
        return max(min(_AIR, width // 8), (width - TEXT_WIDTH) // 2)

    def _read(self, entry: Entry | None) -> None:
        """Take in an entry; HTML that is shown already is not read again."""
        before = self._entry
        self._entry = entry
        if entry is None:
            self._article, self._links = None, ()
            return
        from flodeslasare.tui import content  # not before there is something to read: 8 ms
        from flodeslasare.tui.widgets._article import attachments

        if (
            self._article is None
            or before is None
            or (before.html, before.title) != (entry.html, entry.title)
        ):
            self._article = content.render(entry.html, base_title=entry.title)
        links = self._article.links
        self._links = (*links, *attachments(entry.enclosures, after=links))

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        room = max(1, min(TEXT_WIDTH, width - 2 * self._margin(width)))
        find: Finder | None = None
        if self._query.strip():
            from flodeslasare.query import hits

            find = partial(hits, self._query)
        blocks: Sequence[Block] = ()
        if self._entry is not None and self._article is not None:
            from flodeslasare.tui.widgets._article import blocks_of

            blocks = tuple(blocks_of(self._entry, self._article, self._links))
        self._layout = _Layout(blocks, room, find)
        self._hits = None
        self._strips.clear()
        self._is_placing = True
        self.virtual_size = Size(width, self._layout.height)
        self._is_placing = False
        self.refresh()

    def _go_to_anchor(self) -> None:
        y = self.max_scroll_y if self._at_end else self._layout.line_of(self._anchor)
        self._is_placing = True
        self.scroll_to(y=min(y, self.max_scroll_y), animate=False, force=True)
        self._is_placing = False

    def _scroll_by(self, lines: int) -> None:
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, force=True)

    def _is_in_view(self, y: int) -> bool:
        return 0 <= y - self.scroll_offset.y < self._height

    # --- hits ------------------------------------------------------------------------------------

    def _all_hits(self) -> list[_Hit]:
        if self._hits is None:
            self._hits = list(self._layout.hits()) if self._query.strip() else []
        return self._hits

    def _go_to_hit(self, index: int) -> bool:
        hits = self._all_hits()
        if not 0 <= index < len(hits):
            return False
        self._current_hit = index
        self._strips.clear()
        self.refresh()
        y = hits[index].y
        if not self._is_in_view(y):
            self.scroll_to(y=y - self._height // 3, animate=False, force=True)
        return True

    # --- links by number -------------------------------------------------------------------------

    def _typed_link(self) -> Link | None:
        number = int(self._typed) if self._typed else 0
        return self._links[number - 1] if 0 < number <= len(self._links) else None

    def _follow(self, url: str) -> None:
        text = self._article.posing.get(url, "") if self._article is not None else ""
        self.post_message(self.LinkActivated(url, text))

    def _type(self, typed: str | None) -> None:
        self._typed = typed
        self.refresh()

    # --- watchers, handlers, actions -------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Keep the place, and tell it, when the person has moved."""
        super().watch_scroll_y(old_value, new_value)
        if self._is_placing or self._entry is None or round(old_value) == round(new_value):
            return
        self._anchor = self._layout.character_at(self.scroll_offset.y)
        self._at_end = self.scroll_offset.y >= self.max_scroll_y
        self.post_message(self.Moved(self._entry.id, self.place))

    @on(events.Resize)
    def _keep_place(self) -> None:
        self._lay_out()
        self._go_to_anchor()

    @on(events.Blur)
    def _close_prompt(self) -> None:
        self._type(None)

    @on(events.Key)
    def _type_number(self, event: events.Key) -> None:
        if self._typed is None:
            return
        if event.key == "enter" and self._links:
            if (link := self._typed_link()) is not None:
                self._type(None)
                self._follow(link.url)
        elif event.key == "backspace":
            self._type(self._typed[:-1])
        elif event.character is not None and event.character in "0123456789":
            self._type((self._typed + event.character)[:5])
        else:
            self._type(None)
            if event.key not in ("escape", "enter", "L"):
                return  # the key means what it always means
        event.stop()
        event.prevent_default()

    @on(events.Click)
    def _activate(self, event: events.Click) -> None:
        from flodeslasare.tui.links import is_openable

        meta = event.style.meta
        url = meta.get("link")
        if isinstance(url, str) and is_openable(url):
            event.stop()
            self._follow(url)
        elif meta.get("versions"):
            event.stop()
            if self._entry is not None:
                self.post_message(self.VersionsRequested(self._entry.id))

    def action_line_down(self) -> None:
        """Go down a line."""
        self._scroll_by(1)

    def action_line_up(self) -> None:
        """Go up a line."""
        self._scroll_by(-1)

    def action_page_down(self) -> None:
        """Go down a page."""
        self.page_down()

    def action_page_up(self) -> None:
        """Go up a page."""
        self._scroll_by(-self._page)

    def action_top(self) -> None:
        """Go to the beginning."""
        self.scroll_to(y=0, animate=False, force=True)

    def action_end(self) -> None:
        """Go to the end."""
        self.scroll_to(y=self.max_scroll_y, animate=False, force=True)

    def action_open_link(self) -> None:
        """Ask for the number of a link, to open it."""
        if self._entry is not None:
            self._type("")


class _Hit(NamedTuple):
    """Where a hit stands: its line, and the characters in it."""

    y: int
    start: int
    end: int


class _Layout:
    """Blocks laid out below one another at one width."""

    def __init__(self, blocks: Sequence[Block], width: int, find: Finder | None) -> None:
        self._width = width
        self._find = find
        self._blocks = list(blocks)
        self._laid: list[Laid] = []
        self._tops: list[int] = []
        """The line on which each block begins, its gap included."""
        self._offsets: list[int] = []
        """How many characters stand before each block."""
        self._highlighted = [False] * len(self._blocks)
        self.size = 0
        """In characters."""
        self.height = 0
        """In lines."""
        for block in self._blocks:
            laid = block.lay(width)
            self._laid.append(laid)
            self._tops.append(self.height)
            self.size += 1  # a gap, and the end of each block, counts as a character of its own
            self._offsets.append(self.size)
            self.height += len(laid.starts) + (block.gap is not None)
            self.size += block.size
        if self._blocks:
            self.height += 1  # air below

    def line(self, number: int) -> Content:
        """Give a line, hits highlighted."""
        index = bisect_right(self._tops, number) - 1
        if index < 0:
            return _EMPTY
        block = self._blocks[index]
        row = number - self._tops[index]
        if block.gap is not None:
            if row == 0:
                return block.gap
            row -= 1
        laid = self._with_hits(index)
        return laid.line(row) if row < len(laid.starts) else _EMPTY

    def character_at(self, number: int) -> int:
        """Give the place in the text of a line's beginning."""
        index = bisect_right(self._tops, number) - 1
        if index < 0:
            return 0
        row = number - self._tops[index]
        if self._blocks[index].gap is not None:
            if row == 0:
                return self._offsets[index] - 1
            row -= 1
        starts = self._laid[index].starts
        return self._offsets[index] + starts[min(row, len(starts) - 1)]

    def line_of(self, character: int) -> int:
        """Give the line on which a place in the text stands."""
        index = bisect_right(self._offsets, character) - 1
        if character <= 0 or index < 0:
            return 0
        starts = self._laid[index].starts
        row = bisect_right(starts, character - self._offsets[index]) - 1
        following = index + 1
        if following < len(self._blocks) and character == self._offsets[following] - 1:
            return self._tops[following]
        return self._tops[index] + row + (self._blocks[index].gap is not None)

    def hits(self) -> Iterator[_Hit]:
        """Find every hit, from the top."""
        for index, top in enumerate(self._tops):
            laid = self._with_hits(index)
            top += self._blocks[index].gap is not None
            for row in range(len(laid.starts)):
                for span in laid.line(row).spans:
                    if span.style == ".article--hit":
                        yield _Hit(top + row, span.start, span.end)

    def _with_hits(self, index: int) -> Laid:
        if self._find is not None and not self._highlighted[index]:
            self._highlighted[index] = True
            self._laid[index] = self._blocks[index].highlighted(self._find).lay(self._width)
        return self._laid[index]
