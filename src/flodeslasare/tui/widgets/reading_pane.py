"""The reading pane: one entry, set in a column, drawn line by line.

A line costs a few integers until it is seen. So a long article is laid out whole, which gives exact
heights, a scrollbar that does not jump and a place that holds when the width changes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

from rich.segment import Segment
from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content, Span
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.timer import Timer

from flodeslasare.i18n import _
from flodeslasare.model import Entry
from flodeslasare.tui.widgets._styles import Styles
from flodeslasare.tui.widgets._text import TEXT_WIDTH, wrapped

if TYPE_CHECKING:
    from flodeslasare.pictures import Picture
    from flodeslasare.tui.blocks import Block, Finder, Image, Laid
    from flodeslasare.tui.content import Article, Link
    from flodeslasare.tui.widgets._pictures import Pictures, Wanted

_AIR = 2
"""Cells on both sides of the text, at least."""
_MOST_STRIPS = 1_000
"""Lines that are kept as they were drawn."""
_MOST_WITH_PICTURES = 200
"""As many, where there are pictures: a line of one takes up to 50 KB."""
_GATHER_SECONDS = 0.03
"""How long pictures that are wanted, or have come, wait for others: the text is then laid out once for all."""
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

    has_choice: reactive[bool] = reactive(True)
    """Whether there is an entry to choose, where none is shown."""

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

    class PictureWanted(Message):
        """A picture is to be shown and is not there yet; `put_picture` takes it, or why there is none."""

        def __init__(self, entry: Entry, wanted: Wanted) -> None:
            super().__init__()
            self.entry = entry
            self.wanted = wanted

    class TagChosen(Message):
        """The person wants to see what else has a tag."""

        def __init__(self, tag: str) -> None:
            super().__init__()
            self.tag = tag

    class FeedChosen(Message):
        """The person wants to see what else the feed has."""

        def __init__(self, feed_id: int) -> None:
            super().__init__()
            self.feed_id = feed_id

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
        self._pictures: Pictures | None = None
        """Of the entry, where it has any."""
        self._shows_pictures: bool | None = None
        self._is_beginning = False
        self._asking: Timer | None = None
        self._taking_in: Timer | None = None
        self._anchor = 0
        """The character that stands on the first line in view: it stays there when the width changes."""
        self._anchor_picture: tuple[int, float] | None = None
        """The picture that stands there instead, and how much of it lies above."""
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

    def show(self, entry: Entry | None, *, place: float = 0.0, query: str = "") -> None:
        """Show an entry from the given place on, what the query matches highlighted.

        Args:
            entry: `None` for none: a quiet hint stands there.
            place: as `place` gives it.
            query: in the query language; empty for no highlights.
        """
        is_another = entry is None or self._entry is None or entry.id != self._entry.id
        if self.text_selection is not None:  # of the text that was here
            self.screen.clear_selection()
        self._read(entry)
        if is_another:
            self._shows_pictures = None
        self._query = query
        self._typed = None
        self._current_hit = None
        self._lay_out()
        self._at_end = place >= 1.0
        self._anchor = round(max(0.0, place) * self._layout.size)
        self._anchor_picture = None
        self._go_to_anchor()

    def show_again(self, entry: Entry) -> None:
        """Show the same entry with other marks, or edited; the place stays."""
        shown = self._entry
        if shown is not None and shown.id == entry.id:
            if (shown.html, shown.title) != (entry.html, entry.title):
                self._current_hit = None
                if self.text_selection is not None:
                    self.screen.clear_selection()
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

    # --- pictures ------------------------------------------------------------------------------------

    @property
    def has_pictures(self) -> bool:
        """Whether there are pictures to be shown of the entry."""
        return self._pictures is not None

    @property
    def is_beginning(self) -> bool:
        """Whether the entry's page may have more of the text."""
        return self._is_beginning

    @property
    def shows_pictures(self) -> bool | None:
        """Whether the entry's pictures are shown; `None` where nobody has said."""
        return self._shows_pictures

    def show_pictures(self, wanted: bool) -> None:
        """Show the pictures of the entry, or the words for them alone; the line at the top of the view stays there.

        Those that are not there are asked for: `PictureWanted`.
        """
        if wanted and self._pictures is not None:
            self._pictures.try_again()
        self._shows_pictures = wanted
        self._lay_out_in_place()

    def put_picture(self, entry_id: int, wanted: Wanted, outcome: Picture | str) -> None:
        """Take in a picture that was wanted, or the sentence that stands in its place."""
        if self._pictures is None or self._entry is None or self._entry.id != entry_id:
            return
        if self._pictures.take(wanted, outcome) and self._taking_in is None:
            self._taking_in = self.set_timer(_GATHER_SECONDS, self._take_in)

    def _take_in(self) -> None:
        self._taking_in = None
        self._lay_out_in_place()

    def _ask_soon(self) -> None:
        """Ask for the pictures that are missing when the pane, which may be getting wider, has come to rest."""
        if self._asking is not None:
            self._asking.stop()
        self._asking = self.set_timer(_GATHER_SECONDS, self._ask)

    def _ask(self) -> None:
        self._asking = None
        if self._entry is not None and self._pictures is not None and self._shows_pictures:
            for wanted in self._pictures.missing(map(self._wanted, self._layout.images())):
                self.post_message(self.PictureWanted(self._entry, wanted))

    def _wanted(self, image: Image) -> Wanted:
        from flodeslasare.tui.widgets._pictures import Wanted

        ground = self.background_colors[1].rgb
        return Wanted(image.url, *image.room(self._layout.width), ground)

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
        if index is not None and self._is_in_view(hits[index][0].y):
            index += 1
        else:
            top = self.scroll_offset.y
            index = next((number for number, hit in enumerate(hits) if hit[0].y >= top), len(hits))
        return self._go_to_hit(index)

    def previous_hit(self) -> bool:
        """Go to the hit before; `False` when there is none above."""
        hits = self._all_hits()
        index = self._current_hit
        if index is not None and self._is_in_view(hits[index][0].y):
            index -= 1
        else:
            bottom = self.scroll_offset.y + self._height
            index = sum(1 for hit in hits if hit[0].y < bottom) - 1
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
            most = _MOST_WITH_PICTURES if self._shows_pictures else _MOST_STRIPS
            if len(self._strips) > most:
                self._strips.clear()
            strip = self._strips[number] = self._drawn_line(number, width)
        return strip

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        self._strips.clear()
        self._styles.forget()
        if self._shows_pictures:
            self._ask_soon()  # what is seen through them may be another colour
        super().notify_style_update()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Give the text that is selected with the mouse; `None` where all of it is below the last line."""
        lines = [self._layout.line(number).plain for number in range(self._layout.height)]
        whole = "\n".join(lines)
        # Textual raises IndexError for a selection that begins where there is no line.
        if selection.start is not None and selection.start.y >= len(whole.splitlines()):
            return None
        text = selection.extract(whole)
        if self._shows_pictures:  # whose rows have no words
            first = selection.start.y if selection.start is not None else 0
            text = "\n".join(
                line
                for number, line in enumerate(text.split("\n"), first)
                if self._layout.image_at(number) is None
            )
        return text, "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection anew."""
        self._strips.clear()
        super().selection_updated(selection)

    def _drawn_line(self, number: int, width: int) -> Strip:
        line = self._layout.line(number)
        if self._shows_pictures and (at := self._layout.image_at(number)) is not None:
            return self._drawn_pixels(line, *at, width)
        if self._current_hit is not None:
            line = line.add_spans(
                [
                    Span(piece.start, piece.end, ".article--hit-current")
                    for piece in self._all_hits()[self._current_hit]
                    if piece.y == number
                ]
            )
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(number)) is not None:
            start, end = span
            line = line.stylize(
                self._styles.own("selection"), start, len(line) if end == -1 else end
            )
        margin = self._margin(width)
        strip = self._drawn(line, width - margin).apply_offsets(0, number)
        return Strip([Segment(" " * margin, self.rich_style), *strip], width) if margin else strip

    def _drawn_pixels(self, before: Content, image: Image, row: int, width: int) -> Strip:
        """Draw a row of a picture; until it has come at this width, what stands before it."""
        margin = self._margin(width)
        strip = self._drawn(before.pad_left(margin), margin + before.cell_length)
        picture = None
        if self._pictures is not None and not image.note:
            picture = self._pictures.drawn(self._wanted(image))
        if picture is not None:
            from flodeslasare.tui.half_blocks import cells_of

            strip = Strip([*strip, *cells_of(picture, row, self.rich_style)])
        return strip.adjust_cell_length(width, self.rich_style)

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
        hint = _("Choose an entry in the list to read it here.") if self.has_choice else ""
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
            self._article, self._links, self._pictures = None, (), None
            self._is_beginning = False
            return
        from flodeslasare.tui import content  # not before there is something to read: 8 ms
        from flodeslasare.tui.widgets._article import attachments, is_beginning

        if (
            self._article is None
            or before is None
            or (before.html, before.title) != (entry.html, entry.title)
        ):
            self._article = content.render(entry.html, base_title=entry.title)
            before = None
        if before is None or before.id != entry.id:
            self._pictures = None
            if self._article.pictures:
                from flodeslasare.tui.widgets._pictures import Pictures

                self._pictures = Pictures(chain.from_iterable(self._article.pictures.values()))
        self._is_beginning = is_beginning(entry)
        links = self._article.links
        self._links = (*links, *attachments(entry.enclosures, after=links))

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        room = max(1, min(TEXT_WIDTH, width - 2 * self._margin(width)))
        find: Finder | None = None
        if self._query.strip():
            from flodeslasare.query.matching import hits

            find = partial(hits, self._query)
        blocks: Sequence[Block] = ()
        if self._entry is not None and self._article is not None:
            from flodeslasare.tui.widgets._article import blocks_of

            shown = None
            if self._shows_pictures and self._pictures is not None:
                shown = self._pictures.shown()
            blocks = tuple(blocks_of(self._entry, self._article, self._links, shown))
        self._layout = _Layout(blocks, room, find)
        self._hits = None
        self._strips.clear()
        self._is_placing = True
        self.virtual_size = Size(width, self._layout.height)
        self._is_placing = False
        self.refresh()
        if self._shows_pictures:
            self._ask_soon()

    def _lay_out_in_place(self) -> None:
        """Lay out the same text at the same width, with more pictures or fewer; the line at the top stays there."""
        spot = self._layout.spot_of(self.scroll_offset.y)
        self._lay_out()
        self._go_to(self._layout.line_at(spot))
        if self._entry is not None and self._height:
            self._hold_on()

    def _hold_on(self) -> None:
        """Take what is at the top of the view for the place that the person is at."""
        top = self.scroll_offset.y
        self._anchor = self._layout.character_at(top)
        self._anchor_picture = self._layout.part_of_image(top)
        self._at_end = top >= self.max_scroll_y

    def _go_to_anchor(self) -> None:
        if self._at_end:
            y = self.max_scroll_y
        elif self._anchor_picture is not None:
            y = self._layout.line_of_image(*self._anchor_picture)
        else:
            y = self._layout.line_of(self._anchor)
        self._go_to(y)

    def _go_to(self, y: int) -> None:
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
            self._hits = self._layout.hits() if self._query.strip() else []
        return self._hits

    def _go_to_hit(self, index: int) -> bool:
        hits = self._all_hits()
        if not 0 <= index < len(hits):
            return False
        self._current_hit = index
        self._strips.clear()
        self.refresh()
        y = hits[index][0].y
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
        self._hold_on()
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
        elif self._links and event.character is not None and event.character in "0123456789":
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
        elif isinstance(tag := meta.get("tag"), str):
            event.stop()
            self.post_message(self.TagChosen(tag))
        elif isinstance(feed_id := meta.get("feed"), int):
            event.stop()
            self.post_message(self.FeedChosen(feed_id))

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


class _Piece(NamedTuple):
    """Where a hit stands, or as much of one as a line has: the line, and the characters in it."""

    y: int
    start: int
    end: int


_Hit: TypeAlias = list[_Piece]
"""One hit, in as many pieces as it stands on lines."""


class _Spot(NamedTuple):
    """A line of a text, however many pictures stand in it."""

    text: int
    """Which block of text it is in, of those that are no pictures; a picture's, the one below it with its words."""
    image: int | None
    """Which picture above that; `None` for the text itself."""
    row: int
    """From the top of the block or picture; -1 for the gap above all of it."""


class _Layout:
    """Blocks laid out below one another at one width."""

    def __init__(self, blocks: Sequence[Block], width: int, find: Finder | None) -> None:
        self.width = width
        """In cells."""
        self._find = find
        self._blocks = list(blocks)
        self._laid: list[Laid] = []
        self._tops: list[int] = []
        """The line on which each block begins, its gap included."""
        self._offsets: list[int] = []
        """How many characters stand before each block."""
        self._texts: list[int] = []
        """How many blocks before each are no pictures."""
        self._images: dict[int, Image] = {}
        """The blocks that are pictures, by their number."""
        self._highlighted = [False] * len(self._blocks)
        self.size = 0
        """In characters."""
        self.height = 0
        """In lines."""
        if not self._blocks:
            return
        from flodeslasare.tui.blocks import Image  # not before there is something to read

        for number, block in enumerate(self._blocks):
            laid = block.lay(width)
            self._laid.append(laid)
            self._tops.append(self.height)
            self._texts.append(number - len(self._images))
            self.height += len(laid.starts) + (block.gap is not None)
            # A gap, and the end of each block, counts as a character of its own; a picture counts for nothing,
            # and stands where the words for it begin.
            self._offsets.append(self.size + 1)
            if isinstance(block, Image):
                self._images[number] = block
            else:
                self.size += 1 + block.size
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

    def images(self) -> list[Image]:
        """Give the pictures, from the top."""
        return list(self._images.values())

    def image_at(self, number: int) -> tuple[Image, int] | None:
        """Give the picture on a line, and which of its rows that is."""
        index = bisect_right(self._tops, number) - 1
        image = self._images.get(index)
        if image is None:
            return None
        row = number - self._tops[index] - (image.gap is not None)
        return (image, row) if row >= 0 else None

    def part_of_image(self, number: int) -> tuple[int, float] | None:
        """Give which picture is on a line, and how much of it lies above."""
        at = self.image_at(number)
        if at is None:
            return None
        index = bisect_right(self._tops, number) - 1
        return list(self._images).index(index), at[1] / len(self._laid[index].starts)

    def line_of_image(self, which: int, part: float) -> int:
        """Give the line of a picture that has so much of it above; the first where there is no such picture."""
        if which >= len(self._images):
            return 0
        index = list(self._images)[which]
        row = round(part * len(self._laid[index].starts))
        return self._tops[index] + (self._blocks[index].gap is not None) + row

    def spot_of(self, number: int) -> _Spot:
        """Say where a line is, apart from the pictures above it."""
        index = bisect_right(self._tops, number) - 1
        if index < 0:
            return _Spot(0, None, 0)
        text, block = self._texts[index], self._blocks[index]
        row = number - self._tops[index] - (block.gap is not None)
        image = index - bisect_left(self._texts, text) if index in self._images else None
        return _Spot(text, image, row)

    def line_at(self, spot: _Spot) -> int:
        """Give the line that is at a spot; of a picture that is not there, the one where it would be."""
        first, end = bisect_left(self._texts, spot.text), bisect_right(self._texts, spot.text)
        if first == end:
            return 0
        if spot.row < 0:
            return self._tops[first]
        index = end - 1 if spot.image is None else min(first + spot.image, end - 1)
        row = spot.row
        if spot.image is not None:
            row = min(row, len(self._laid[index].starts) - 1) if index in self._images else 0
        return self._tops[index] + (self._blocks[index].gap is not None) + row

    def hits(self) -> list[_Hit]:
        """Find every hit, from the top: as many at every width."""
        from flodeslasare.tui.blocks import HitStyle  # not before there is something to read

        found: dict[int, _Hit] = {}
        for index, top in enumerate(self._tops):
            laid = self._with_hits(index)
            top += self._blocks[index].gap is not None
            for row in range(len(laid.starts)):
                for span in laid.line(row).spans:
                    if isinstance(span.style, HitStyle):
                        piece = _Piece(top + row, span.start, span.end)
                        found.setdefault(id(span.style), []).append(piece)
        return list(found.values())

    def _with_hits(self, index: int) -> Laid:
        if self._find is not None and not self._highlighted[index]:
            self._highlighted[index] = True
            self._laid[index] = self._blocks[index].highlighted(self._find).lay(self.width)
        return self._laid[index]
