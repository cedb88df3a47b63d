"""The list of entries: two lines a row, headings by month, drawn and read only where it shows.

It holds the ids of a view's entries and nothing else; rows are read by the page when a line of
theirs is drawn. Which line a row stands on follows from the months' sizes, so no operation here
grows with the number of entries except finding an id's position (a scan in C).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import ClassVar

from msgspec.structs import replace
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from flodeslasare.errors import ReaderError
from flodeslasare.i18n import _
from flodeslasare.library.library import Library, now_utc
from flodeslasare.model import EntryRow, Listing, View
from flodeslasare.text import harmless_line
from flodeslasare.tui import phrases
from flodeslasare.tui.widgets._offer import Offer
from flodeslasare.tui.widgets._styles import Styles
from flodeslasare.tui.widgets._text import cut, wrapped

PAGE_ROWS = 16
"""Rows that are read at a time: about a screen. A row of a search takes 0.3 ms, for the passage of its text."""
_KEPT_ROWS = 4096
_NEAR_PAGES = 8
"""How far the next unread entry is looked for at once; beyond that a worker looks."""
_GUTTER = 3
"""Cells before a title: the cursor's bar, the unread dot, a space."""
_YEARS_FROM = 60
"""In cells: lists so wide say the year of each row, also under the heading of its month."""
_DATES_FROM = 40
"""In cells: narrower lists say the year alone, where no heading does."""
_FIRST_OFFER = 5
"""The line of the first word that may have been meant; its heading stands above."""
_STYLES = {
    "heading": "bold $section",
    "rule": "$rule",
    "unread": "bold $ink",
    "read": "$quiet-ink",
    "date": "$quiet-ink",
    "feed": "$quiet-ink",
    "excerpt": "$faint-ink",
    "mark": "$accent",
    "hit": "$hit-ink on $hit",
    "cursor": "on $cursor",
}


class _Lines:
    """Which line each row stands on: a heading, two lines a row and a blank line for each month."""

    def __init__(self, months: list[tuple[int, int]]) -> None:
        self.months = months
        self.first_rows: list[int] = []
        self.first_lines: list[int] = []
        row = line = 0
        for _month, size in months:
            self.first_rows.append(row)
            self.first_lines.append(line)
            row += size
            line += 2 * size + 2
        self.rows = row
        self.height = max(0, line - 1)
        """In lines; the last month has no blank line after it."""

    def run_of_row(self, row: int) -> int:
        return bisect_right(self.first_rows, row) - 1

    def line_of(self, row: int) -> int:
        """Give the first line of a row."""
        run = self.run_of_row(row)
        return self.first_lines[run] + 1 + 2 * (row - self.first_rows[run])

    def at(self, line: int) -> tuple[int, int | None, int]:
        """Give the run of months, the row (`None` on a heading or a blank line) and the part (0, 1) at a line.

        A heading has part 0, a blank line part 1.
        """
        run = bisect_right(self.first_lines, line) - 1
        inside = line - self.first_lines[run] - 1
        if inside < 0:
            return run, None, 0
        if inside >= 2 * self.months[run][1]:
            return run, None, 1
        return run, self.first_rows[run] + inside // 2, inside % 2

    def row_near(self, line: int) -> int:
        """Give the row at a line, or the one below a heading or a blank line."""
        line = min(max(line, 0), max(self.height - 1, 0))
        run, row, part = self.at(line)
        if row is not None:
            return row
        return min(self.first_rows[run] + (self.months[run][1] if part else 0), self.rows - 1)


class EntryList(ScrollView, can_focus=True, inherit_bindings=False):
    """The entries of a view, newest first."""

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "cursor_down", show=False),
        Binding("k,up", "cursor_up", show=False),
        Binding("g,home", "first", show=False),
        Binding("G,end", "last", show=False),
        Binding("pagedown,ctrl+f", "page_down", show=False),
        Binding("pageup,ctrl+b", "page_up", show=False),
        Binding("enter", "open", show=False),
    ]

    DEFAULT_CSS = """
    EntryList {
        height: 1fr; overflow-x: hidden; overflow-y: auto;
        scrollbar-gutter: stable; scrollbar-size-vertical: 1;
    }
    """

    virtual_size = reactive(Size(0, 0))
    """As Textual's, and nothing is laid out anew for it: `_put`."""
    cursor: reactive[int] = reactive(0)
    """The row one is on."""
    words: reactive[str] = reactive("")
    """The query whose hits are highlighted."""
    shows_feeds: reactive[bool] = reactive(True)
    """Whether a row says which feed it comes from."""
    empty_text: reactive[str] = reactive("")
    """What is said when there are no entries."""
    heading: reactive[str] = reactive("")
    """What stands above entries that are not in the order of time."""
    offers: reactive[tuple[Offer, ...]] = reactive(())
    """What may have been meant, when a search found nothing."""
    offer: reactive[int] = reactive(0)
    """The one of them that Enter takes."""

    class Moved(Message):
        """The cursor came to another entry; `None` when there is none."""

        def __init__(self, entry_id: int | None) -> None:
            super().__init__()
            self.entry_id = entry_id

    class Opened(Message):
        """An entry was chosen with Enter or a double click."""

        def __init__(self, entry_id: int) -> None:
            super().__init__()
            self.entry_id = entry_id

    class Narrowed(Message):
        """Another word was chosen for a search that found nothing."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    class TopReached(Message):
        """The person went to the first entry: what came in since may be shown."""

    class Failed(Message):
        """Rows could not be read."""

        def __init__(self, problem: str) -> None:
            super().__init__()
            self.problem = problem

    def __init__(
        self, library: Library, *, now: Callable[[], datetime] = now_utc, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._library = library
        self._now = now
        self.listing = Listing(View(), [], [])
        self._lines = _Lines([])
        self._rows: OrderedDict[int, EntryRow | None] = OrderedDict()
        self._styles = Styles(self, _STYLES)
        self._told: int | None = None
        self.notes: Mapping[int, str] = {}
        """What the second line says of some entries, in place of their first words."""

    # --- what it shows ---------------------------------------------------------------------------

    @property
    def ids(self) -> Sequence[int]:
        """The entries, in order."""
        return self.listing.ids

    @property
    def entry_id(self) -> int | None:
        """The entry the cursor is on, or `None` when the list is empty."""
        return self.ids[self.cursor] if self.cursor < len(self.ids) else None

    @property
    def is_at_top(self) -> bool:
        """Whether the first line shows."""
        return self.scroll_offset.y == 0

    def show(self, listing: Listing, *, entry_id: int | None = None) -> None:
        """Show other entries, from the top or with the cursor on the given one."""
        row = self._row_of(listing.ids, entry_id)
        self._put(listing)
        self.scroll_to(y=0, animate=False)
        self._set_cursor(row or 0)
        self._follow_cursor()

    def extend(self, whole: Listing) -> None:
        """Put the rest after a beginning that is shown; what is shown does not change."""
        shown = self.ids
        if self._lines.height >= self.scroll_offset.y + self.size.height and (
            whole.ids[: len(shown)] == shown
        ):
            self._put(whole, is_drawn=True)  # as it nearly always is
            return
        positions = {
            entry_id: row for row, entry_id in enumerate(whole.ids[: 2 * len(shown) + 256])
        }
        # A shown entry may be missing from the whole: read while only unread ones are listed.
        last = next((entry_id for entry_id in reversed(shown) if entry_id in positions), None)
        if last is None:
            self.replace(whole)
            return
        start = positions[last] + 1
        months = list(self.listing.months)
        row = 0
        for month, size in whole.months:
            row += size
            left = min(size, row - start)
            if left <= 0:
                continue
            if months and months[-1][0] == month:
                months[-1] = (month, months[-1][1] + left)
            else:
                months.append((month, left))
        self._put(Listing(whole.view, array("q", shown) + array("q", whole.ids[start:]), months))

    def replace(self, listing: Listing) -> None:
        """Show the entries as they are now; the cursor's entry keeps its place on the screen.

        At the very top, what came in is let into sight as far as the cursor's entry stays there.
        """
        entry_id, was_at_top = self.entry_id, self.is_at_top
        offset = self._lines.line_of(self.cursor) - self.scroll_offset.y if self.ids else 0
        row = self._row_of(listing.ids, entry_id)
        if row is None:  # it is gone: what came after it takes its place
            left = set(listing.ids)
            after = (each for each in islice(self.ids, self.cursor, None) if each in left)
            row = self._row_of(listing.ids, next(after, None))
        self._rows.clear()
        if listing.ids:
            self.offers = ()
        self._put(listing)
        self._set_cursor(row if row is not None else min(self.cursor, max(0, len(self.ids) - 1)))
        if was_at_top:
            self.scroll_to(y=0, animate=False)
            self._follow_cursor()
        elif self.ids:
            self.scroll_to(y=self._lines.line_of(self.cursor) - offset, animate=False)

    def change(
        self,
        entry_ids: Iterable[int],
        *,
        is_read: bool | None = None,
        is_starred: bool | None = None,
    ) -> None:
        """Draw marks that were made; only rows that have been read are touched."""
        wanted = set(entry_ids)
        for entry_id in wanted & self._rows.keys() if len(wanted) > _KEPT_ROWS else wanted:
            row = self._rows.get(entry_id)
            if row is not None:
                self._rows[entry_id] = replace(
                    row,
                    is_read=row.is_read if is_read is None else is_read,
                    is_starred=row.is_starred if is_starred is None else is_starred,
                )
        self.refresh()

    def watch_words(self) -> None:
        self.forget_rows()

    def forget_rows(self) -> None:
        """Read rows again when they are drawn next."""
        self._rows.clear()
        self.refresh()

    def row(self, index: int) -> EntryRow | None:
        """Give a row, read with its page on first use; `None` where its entry is gone."""
        entry_id = self.ids[index]
        if entry_id not in self._rows:
            self._read_page(index // PAGE_ROWS)
        return self._rows.get(entry_id)

    def go_to(self, entry_id: int) -> bool:
        """Put the cursor on an entry; false when it is not in the list."""
        row = self._row_of(self.ids, entry_id)
        if row is None:
            return False
        self.cursor = row
        return True

    def unread_from(self, step: int) -> tuple[int | None, bool]:
        """Look near the cursor for the next unread row.

        Args:
            step: 1 for downwards, -1 for upwards.

        Returns:
            The row, or `None`, and whether everything on that side was looked at.
        """
        start = self.cursor + step
        stop = self.cursor + step * _NEAR_PAGES * PAGE_ROWS
        end = len(self.ids) if step > 0 else -1
        near = range(start, min(stop, end) if step > 0 else max(stop, end), step)
        for index in near:
            row = self.row(index)
            if row is not None and not row.is_read:
                return index, True
        return None, (stop >= end if step > 0 else stop <= end)

    # --- drawing ---------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw screen line `y`; only rows in view are ever read or drawn."""
        width = self.scrollable_content_region.width
        line = self.scroll_offset.y + y
        if not self.ids:
            return self._empty_line(y, width)
        if line >= self._lines.height:
            return self._strip([], width, False)
        run, index, part = self._lines.at(line)
        if index is None:
            return self._heading(run, width) if part == 0 else self._strip([], width, False)
        on_cursor = index == self.cursor
        row = self.row(index)
        if row is None:
            text = _("(deleted)") if part == 0 else ""
            return self._strip([(" " * _GUTTER + text, "excerpt")], width, on_cursor)
        if part == 0:
            pieces = self._title(row, width, has_month=self._lines.months[run][0] != 0)
        else:
            pieces = self._excerpt(row, width)
        if on_cursor:
            bar = ("▎", "mark") if self.has_focus else ("▏", "excerpt")
            pieces = [bar, *pieces[1:]]
        return self._strip(pieces, width, on_cursor)

    def _empty_line(self, y: int, width: int) -> Strip:
        """Say that there is nothing, and what may have been meant."""
        if 1 <= y < (_FIRST_OFFER - 2 if self.offers else self.size.height):
            said = wrapped(harmless_line(self.empty_text), max(1, width - 3))[y - 1 : y]
            return self._strip([(f"  {line}", "excerpt") for line in said], width, False)
        number = y - _FIRST_OFFER
        if not 0 <= number < len(self.offers):
            is_heading = self.offers and number == -1
            text = "  " + cut(_("Did you mean"), width - 3) if is_heading else ""
            return self._strip([(text, "heading")], width, False)
        offer = self.offers[number]
        is_on = number == self.offer and self.has_focus
        count = "" if offer.hits is None else phrases.number(offer.hits)
        word = cut(harmless_line(offer.word), max(1, width - 8 - len(count)))
        pieces = [
            ("▎" if is_on else " ", "mark"),
            (f" {number + 1} ", "mark"),
            (f" {word}  ", "unread"),
            (count, "date"),
        ]
        return self._strip(pieces, width, is_on)

    def _heading(self, run: int, width: int) -> Strip:
        month = self._lines.months[run][0]
        name = cut(phrases.month_heading(month) if month else self.heading, max(0, width - 4))
        rule = "─" * max(0, width - cell_len(name) - 4)
        return self._strip([(f"  {name} ", "heading"), (rule, "rule")], width, False)

    def _title(self, row: EntryRow, width: int, *, has_month: bool) -> list[tuple[str, str]]:
        """The first line: the bar's cell, the dot, the title, a star, the date.

        Args:
            row: of which entry.
            width: in cells.
            has_month: whether the heading above names the month, and so the year.
        """
        weight = "read" if row.is_read else "unread"
        date = phrases.short_date(
            row.sorted_by,
            self._now(),
            with_year=width >= _YEARS_FROM or not has_month,
            is_narrow=width < _DATES_FROM,
        )
        star = " ★" if row.is_starred else ""
        room = width - _GUTTER - len(star) - cell_len(date) - 3
        if room < 12:  # too narrow for both
            date, room = "", width - _GUTTER - len(star) - 1
        title = (
            harmless_line(row.title).strip()
            or harmless_line(row.excerpt).strip()
            or _("(untitled)")
        )
        shown = cut(title, room)
        gap = " " * max(0, width - _GUTTER - cell_len(shown) - len(star) - cell_len(date) - 1)
        return [
            (" ", weight),
            (" " if row.is_read else "●", "mark"),
            (" ", weight),
            *self._with_hits(title, shown, weight),
            (star, "mark"),
            (gap, weight),
            (date, "date"),
        ]

    def _excerpt(self, row: EntryRow, width: int) -> list[tuple[str, str]]:
        """The second line: the feed where several are mixed, and the first words."""
        pieces = [(" ", "excerpt"), (" " * (_GUTTER - 1), "excerpt")]
        room = width - _GUTTER - 1
        note = self.notes.get(row.id)
        text = harmless_line(row.excerpt if note is None else note).strip()
        if self.shows_feeds:
            # The name takes a third, and what a short text leaves of the line.
            most = max(min(room // 3, 24), room - 2 - cell_len(text))
            feed = cut(harmless_line(row.feed_title), most)
            pieces += [(feed, "feed"), ("  ", "excerpt")]
            room -= cell_len(feed) + 2
        if note is not None:
            return [*pieces, (cut(text, max(0, room)), "date")]
        text = self._around_hit(text, room)
        return [*pieces, *self._with_hits(text, cut(text, max(0, room)), "excerpt")]

    def _around_hit(self, text: str, room: int) -> str:
        """Begin a text later where its first hit would not be seen otherwise; at the start of a word."""
        if not self.words or cell_len(text) <= room:
            return text
        from flodeslasare.query.matching import hits  # not before there is a search

        first = next(iter(hits(self.words, text)), None)
        if first is None or cell_len(text[: first[1]]) < room:
            return text
        for lead in (room // 3, 0):
            start = text.rfind(" ", 0, max(0, first[0] - lead)) + 1
            if cell_len(text[start : first[1]]) < room - 2:
                return f"… {text[start:]}"
        return f"…{text[first[0] :]}"  # inside a compound that is wider than the line

    def _with_hits(self, text: str, shown: str, style: str) -> list[tuple[str, str]]:
        if not self.words or not shown:
            return [(shown, style)]
        from flodeslasare.query.matching import hits  # not before there is a search

        whole = len(shown) - 1 if shown != text else len(shown)  # the ellipsis is not text
        pieces, at = [], 0
        for start, end in hits(self.words, text):
            if start < whole:
                end = min(end, whole)
                pieces += [(shown[at:start], style), (shown[start:end], "hit")]
                at = end
        return [*pieces, (shown[at:], style)]

    def _strip(self, pieces: list[tuple[str, str]], width: int, on_cursor: bool) -> Strip:
        segments = [Segment(text, self._style(name, on_cursor)) for text, name in pieces if text]
        strip = Strip(segments)
        return strip.adjust_cell_length(width, self._style("excerpt", on_cursor))

    def _style(self, name: str, on_cursor: bool) -> Style:
        if not on_cursor or name == "hit":
            return self._styles.over(name)
        # The first words of the row one is on are a little stronger.
        return self._styles.over("date" if name == "excerpt" else name, "cursor")

    def notify_style_update(self) -> None:
        self._styles.forget()
        super().notify_style_update()

    # --- inner workings --------------------------------------------------------------------------

    @staticmethod
    def _row_of(ids: Sequence[int], entry_id: int | None) -> int | None:
        if entry_id is None:
            return None
        try:
            return ids.index(entry_id)
        except ValueError:
            return None

    def _put(self, listing: Listing, *, is_drawn: bool = False) -> None:
        self.listing = listing
        self._lines = _Lines(listing.months)
        self.virtual_size = Size(0, self._lines.height)
        # Textual would lay the whole screen out anew, and draw all of it; but only a scrollbar that comes or goes
        # moves anything, and asks for that itself.
        self._scroll_update(self.virtual_size)
        if not is_drawn:
            self.refresh()

    def _set_cursor(self, row: int) -> None:
        """Move the cursor, and tell of its entry even where the row is the same."""
        self.set_reactive(EntryList.cursor, row)
        self._tell()

    def _tell(self) -> None:
        if self._told != self.entry_id or self.entry_id is None:
            self._told = self.entry_id
            self.post_message(self.Moved(self.entry_id))

    def _read_page(self, page: int) -> None:
        ids = self.ids[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]
        try:
            rows = {row.id: row for row in self._library.rows(ids)}
            if self.words:  # the passage that was sought says more than the first words
                for entry_id, passage in self._library.passages(ids, self.words).items():
                    if entry_id in rows:
                        rows[entry_id] = replace(rows[entry_id], excerpt=passage)
        except ReaderError as error:
            self.post_message(self.Failed(str(error)))
            return
        for entry_id in ids:
            self._rows[entry_id] = rows.get(entry_id)
            self._rows.move_to_end(entry_id)
        while len(self._rows) > _KEPT_ROWS:
            self._rows.popitem(last=False)

    def _follow_cursor(self) -> None:
        """Scroll as little as brings the cursor's row into sight, with its heading if it is the first."""
        height = self.scrollable_content_region.height
        if not self.ids or height <= 0:
            return
        line = self._lines.line_of(self.cursor)
        top = line - 1 if self._is_first(line) else line
        scroll = self.scroll_offset.y
        if top < scroll:
            self.scroll_to(y=top, animate=False)
        elif line + 2 > scroll + height:
            self.scroll_to(y=line + 2 - height, animate=False)

    def _is_first(self, line: int) -> bool:
        return self._lines.at(line - 1)[1] is None

    def _refresh_row(self, row: int) -> None:
        if 0 <= row < len(self.ids):
            y = self._lines.line_of(row) - self.scroll_offset.y
            self.refresh(Region(0, y, self.size.width, 2))

    # --- watchers --------------------------------------------------------------------------------

    def validate_cursor(self, cursor: int) -> int:
        return min(max(cursor, 0), max(0, len(self.ids) - 1))

    def watch_offers(self) -> None:
        self.offer = 0

    def watch_cursor(self, was: int, now: int) -> None:
        self._refresh_row(was)
        self._refresh_row(now)
        self._follow_cursor()
        self._tell()

    def watch_has_focus(self, value: bool) -> None:
        super().watch_has_focus(value)
        self._refresh_row(self.cursor)

    # --- events and actions ----------------------------------------------------------------------

    def on_resize(self, _event: events.Resize) -> None:
        self._follow_cursor()

    def on_key(self, event: events.Key) -> None:
        """Take what may have been meant by its number."""
        character = event.character or ""
        if self.offers and character.isdecimal() and 0 < int(character) <= len(self.offers):
            event.stop()
            event.prevent_default()
            self.post_message(self.Narrowed(self.offers[int(character) - 1].query))

    def on_click(self, event: events.Click) -> None:
        number = event.y - _FIRST_OFFER
        if not self.ids and 0 <= number < len(self.offers):
            self.post_message(self.Narrowed(self.offers[number].query))
            return
        line = self.scroll_offset.y + event.y
        if line >= self._lines.height:
            return
        _run, row, _part = self._lines.at(line)
        if row is None:
            return
        self.cursor = row
        if event.chain == 2:
            self.action_open()

    def action_cursor_down(self) -> None:
        self._step(1)

    def action_cursor_up(self) -> None:
        self._step(-1)

    def _step(self, step: int) -> None:
        if self.offers:
            self.offer = min(max(self.offer + step, 0), len(self.offers) - 1)
        else:
            self.cursor += step

    def action_first(self) -> None:
        self.cursor = 0
        self.scroll_to(y=0, animate=False)
        self.post_message(self.TopReached())

    def action_last(self) -> None:
        self.cursor = len(self.ids) - 1

    def action_page_down(self) -> None:
        self._page(1)

    def action_page_up(self) -> None:
        self._page(-1)

    def _page(self, direction: int) -> None:
        if not self.ids:
            return
        jump = direction * max(2, self.scrollable_content_region.height - 2)
        self.scroll_to(y=self.scroll_offset.y + jump, animate=False)
        row = self._lines.row_near(self._lines.line_of(self.cursor) + jump)
        self.cursor = row if row != self.cursor else self.cursor + direction

    def action_month(self, direction: int) -> None:
        """Go to the first entry of the next month in the list, or of this or the previous one."""
        if not self.ids:
            return
        run = self._lines.run_of_row(self.cursor)
        first = self._lines.first_rows[run]
        if direction > 0:
            run += 1
        elif self.cursor == first:
            run -= 1
        if 0 <= run < len(self._lines.first_rows):
            row = self._lines.first_rows[run]
            self.cursor = row
            self.scroll_to(y=self._lines.line_of(row) - 1, animate=False)

    def action_open(self) -> None:
        if self.entry_id is not None:
            self.post_message(self.Opened(self.entry_id))
        elif self.offers:
            self.post_message(self.Narrowed(self.offers[self.offer].query))
