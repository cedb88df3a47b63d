"""The archive: everything, unread, starred; when it was written; the feeds, their years and months.

Drawn line by line (Textual's Tree is slower to load than the rest of the screen together). Lines
are made for what is unfolded only; five hundred feeds are five hundred lines. Where only counts have changed,
the lines stay, and those are drawn whose counts they are: a refresh brings new ones once a second.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from enum import Enum, auto
from itertools import groupby
from operator import attrgetter
from typing import ClassVar

from msgspec import Struct
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
from textual.timer import Timer

from flodeslasare.i18n import _
from flodeslasare.model import Counts, Feed, SavedSearch, View
from flodeslasare.query.saved import saved_query
from flodeslasare.text import harmless_line
from flodeslasare.tui import phrases
from flodeslasare.tui.widgets._archive import Archive, Sum, bars, breadth, period, span, spread
from flodeslasare.tui.widgets._styles import Styles
from flodeslasare.tui.widgets._text import cut

SETTLE_SECONDS = 0.06
"""How long the cursor rests on a line before its view is chosen."""
_EVERYTHING = View()
_STYLES = {
    "section": "bold $section",
    "name": "$ink",
    "unread": "bold $ink",
    "quiet": "$quiet-ink",
    "count": "$accent",
    "number": "$quiet-ink",
    "bars": "$lead",
    "chosen-bars": "$accent",
    "trouble": "bold $accent",
    "cursor": "on $cursor",
}


class _Kind(Enum):
    BLANK = auto()
    HEADING = auto()
    BARS = auto()
    YEARS = auto()
    NODE = auto()


class _Line(Struct, eq=False):
    """One line of the archive; equal to none but itself."""

    kind: _Kind
    label: str = ""
    view: View = _EVERYTHING
    depth: int = 0
    unfolded: bool | None = None
    """`None` when there is nothing to unfold."""
    count: int = 0
    """What stands at the right: hits while searching, the number of starred ones, else unread."""
    is_quiet: bool = False
    """Nothing unread, or nothing found, in it."""
    feed: Feed | None = None
    band: int = 0
    """Of a histogram of several lines: 0 is the lowest."""

    def has_changed(self, count: int, *, is_quiet: bool) -> bool:
        """Take another count; tells whether it is to be drawn again for that."""
        was = self.count, self.is_quiet
        self.count, self.is_quiet = count, is_quiet
        return was != (count, is_quiet)


class ArchiveTree(ScrollView, can_focus=True, inherit_bindings=False):
    """What there is to look at, and how much of it is unread or found."""

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "cursor_down", show=False),
        Binding("k,up", "cursor_up", show=False),
        Binding("g,home", "first", show=False),
        Binding("G,end", "last", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("l,right", "unfold", show=False),
        Binding("h,left", "fold", show=False),
        Binding("enter", "choose", show=False),
    ]

    DEFAULT_CSS = """
    ArchiveTree {
        background: $surface; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1; scrollbar-background: $surface;
    }
    """

    cursor: reactive[int] = reactive(0)
    """The line one is on."""

    class Chosen(Message):
        """A view was chosen: the cursor rests on it, or it was clicked."""

        def __init__(self, view: View) -> None:
            super().__init__()
            self.view = view

    class Entered(Message):
        """Enter or → on a line that has nothing to unfold: on to its entries."""

        def __init__(self, view: View) -> None:
            super().__init__()
            self.view = view

    class Rested(Message):
        """The cursor is on a line; `feed` is the feed it stands for or belongs to."""

        def __init__(self, feed: Feed | None) -> None:
            super().__init__()
            self.feed = feed

    class Folded(Message):
        """Something was folded or unfolded: `folds` has changed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._counts = Counts(0, 0, 0)
        self._feeds: Sequence[Feed] = ()
        self._archive = Archive()
        self._searches: Sequence[SavedSearch] = ()
        self._unread_found: dict[int, int] = {}
        """The unread entries of each saved search that has been counted, by its id."""
        self._found: Archive | None = None
        """The hits of a search, while there is one."""
        self._view = View()
        self._unfolded: set[View] = set()
        self._known_folders: set[str] = set()
        self._lines: list[_Line] = []
        self._of_all: list[_Line] = []
        """The lines of all that there is, as `_counts_of_all` has them."""
        self._of_search: dict[int, _Line] = {}
        self._of_feed: dict[int, _Line] = {}
        """The lines of the feeds that are in sight, by their ids."""
        self._of_folder: dict[str, _Line] = {}
        """The lines of folders, in sight or not, by their paths."""
        self._columns: list[tuple[int, int, int]] = []
        self._bands: list[str] = []
        self._styles = Styles(self, _STYLES)
        self._settling: Timer | None = None

    # --- what it shows ---------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """The view of the line the cursor is on."""
        return self._lines[self.cursor].view if self._lines else View()

    @property
    def feed(self) -> Feed | None:
        """The feed of the line the cursor is on, or `None`."""
        feed_id = self.view.feed_id
        return next((feed for feed in self._feeds if feed.id == feed_id), None)

    @property
    def folds(self) -> str:
        """What is unfolded, and the folders that were there, to be kept as a text."""
        feeds = {feed.id for feed in self._feeds} | {None}
        unfolded = [
            (view.feed_id, view.folder, view.year)
            for view in self._unfolded
            if view.feed_id in feeds
        ]
        return json.dumps({"unfolded": unfolded, "folders": sorted(self._known_folders)})

    def restore_folds(self, kept: str) -> None:
        """Fold and unfold as it was when `folds` gave this."""
        try:
            values = json.loads(kept)
            self._unfolded = {
                View(feed_id=feed_id, folder=folder, year=year)
                for feed_id, folder, year in values["unfolded"]
            }
            self._known_folders = set(values["folders"])
        except (ValueError, TypeError, KeyError):  # kept by another version
            return
        self._build()

    def show_feeds(self, feeds: Sequence[Feed], counts: Counts) -> None:
        """Show the feeds, which come by folder and title, with their unread counts."""
        was, self._feeds, self._counts = self._feeds, feeds, counts
        if self._lines and len(was) == len(feeds) and all(map(_is_on_the_same_line, was, feeds)):
            self._recount(was)
            return
        for folder in {feed.folder for feed in feeds if feed.folder}:
            if folder not in self._known_folders:  # folders start unfolded
                self._unfolded |= {View(folder=path) for path in _paths(folder)}
                self._known_folders.add(folder)
        self._build()

    def show_searches(self, searches: Sequence[SavedSearch]) -> None:
        """Show the saved searches; their counts come later."""
        if tuple(searches) != tuple(self._searches):
            self._searches = searches
            self._build()

    def show_unread_found(self, unread: Mapping[int, int]) -> None:
        """Show the counts of saved searches, by their ids."""
        self._unread_found.update(unread)
        lines = {id_: line for id_, line in self._of_search.items() if id_ in unread}
        self._draw(
            {
                line
                for id_, line in lines.items()
                if line.has_changed(n := self._unread_of_search(id_), is_quiet=not n)
            }
        )

    def show_months(self, archive: Archive) -> None:
        """Show the counts of years and months."""
        self._archive = archive
        self._build()

    def show_found(self, found: Archive | None) -> None:
        """Show where the hits of a search are; `None` when it is over."""
        self._found = found
        self._build()

    def counts_of(self, feed_id: int | None, month: int) -> int:
        """How many hits a month has while a search is on, else how many entries."""
        months = (self._found or self._archive).by_month.get(feed_id, {})
        return months[month].total if month in months else 0

    def set_view(self, view: View) -> None:
        """Put the cursor on a view's line, unfolding what leads to it."""
        self._view = view
        if view.month is not None:
            view = view.but(year=view.month // 100)
        if view.year is not None and view.month is not None:
            self._unfolded.add(view.but(month=None))
        if view.year is not None:
            self._unfolded.add(view.but(month=None, year=None))
        self._build()

    # --- drawing ---------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.scrollable_content_region.width
        index = self.scroll_offset.y + y
        if index >= len(self._lines):
            return self._strip([], width, False)
        line = self._lines[index]
        match line.kind:
            case _Kind.HEADING:
                return self._strip([(f"  {line.label}", "section")], width, False)
            case _Kind.BARS:
                return self._strip([("  ", "quiet"), *self._bars(line.band)], width, False)
            case _Kind.YEARS:
                return self._strip([(f"  {line.label}", "number")], width, False)
            case _Kind.NODE:
                return self._node(line, width, index == self.cursor)
        return self._strip([], width, False)

    def _node(self, line: _Line, width: int, on_cursor: bool) -> Strip:
        count = phrases.number(line.count) if line.count else ""
        # It is set while the feed is gone, too.
        is_failing = line.feed is not None and line.feed.last_error
        mark = "! " if is_failing else ""
        arrow = "  " if line.unfolded is None else "▾ " if line.unfolded else "▸ "
        indent = "  " * line.depth
        bar = " " if not on_cursor else "▎" if self.has_focus else "▏"
        room = width - 2 - len(indent) - 2 - len(mark) - len(count) - 2
        name = cut(line.label, max(1, room))
        counts_unread = self._found is None and not line.view.starred
        weight = "quiet" if line.is_quiet else "unread" if counts_unread else "name"
        gap = " " * max(0, room - cell_len(name) + 1)
        return self._strip(
            [
                (f"{bar} ", "count" if self.has_focus else "quiet"),
                (f"{indent}{arrow}", "number"),
                (name, weight),
                (gap, "name"),
                (mark, "trouble"),
                (count, "count" if counts_unread else "number"),
            ],
            width,
            on_cursor,
        )

    def _bars(self, band: int) -> list[tuple[str, str]]:
        first, last = period(self._view)
        pieces = []
        for (low, high, _total), char in zip(self._columns, self._bands[band], strict=True):
            inside = first is not None and last is not None and low <= last and high >= first
            pieces.append((char, "chosen-bars" if inside else "bars"))
        return pieces

    def _strip(self, pieces: list[tuple[str, str]], width: int, on_cursor: bool) -> Strip:
        segments = [Segment(text, self._style(name, on_cursor)) for text, name in pieces if text]
        return Strip(segments).adjust_cell_length(width, self._style("name", on_cursor))

    def _style(self, name: str, on_cursor: bool) -> Style:
        return self._styles.over(name, "cursor") if on_cursor else self._styles.over(name)

    def notify_style_update(self) -> None:
        self._styles.forget()
        super().notify_style_update()

    # --- building the lines ----------------------------------------------------------------------

    def _build(self) -> None:
        """Make the lines again; the cursor stays on its view."""
        everything, *others = self._of_all = [
            _Line(_Kind.NODE, label, view, count=count, is_quiet=is_quiet)
            for (label, view), (count, is_quiet) in zip(
                (
                    (_("All entries"), View()),
                    (_("Unread"), View(unread=True)),
                    (_("Starred"), View(starred=True)),
                ),
                self._counts_of_all(),
                strict=True,
            )
        ]
        lines = [_Line(_Kind.HEADING, _("ARCHIVE")), everything]
        if self._archive.by_month[None]:
            everything.unfolded = View() in self._unfolded
        if View() in self._unfolded:
            lines += self._years(View(), 1)
        lines += others
        lines += self._histogram()
        if self._searches:
            lines += [_Line(_Kind.BLANK), _Line(_Kind.HEADING, _("SAVED SEARCHES"))]
        self._of_search = {search.id: self._search_line(search) for search in self._searches}
        lines += self._of_search.values()
        lines += [_Line(_Kind.BLANK), _Line(_Kind.HEADING, _("FEEDS")), *self._feed_lines()]
        self._lines = lines
        cursor = self._line_at(_node_view(self._view))
        self.set_reactive(ArchiveTree.cursor, 1 if cursor is None else cursor)
        self.virtual_size = Size(0, len(lines))
        self._follow_cursor()
        self.refresh()

    def _histogram(self) -> list[_Line]:
        width = self.scrollable_content_region.width - 4
        shown = self._found or self._archive
        months = {month: part.total for month, part in shown.by_month[None].items() if part.total}
        always = {month: part.total for month, part in self._archive.by_month[None].items()}
        if not (always or months) or width < 12:
            return []
        first, last = span(always or months)
        width = breadth(first, last, width)
        self._columns = spread(months, first, last, width)
        height = 2 if self.size.height >= 30 else 1
        self._bands = list(reversed(bars([total for _low, _high, total in self._columns], height)))
        title = _("HITS OVER TIME") if self._found else _("ENTRIES OVER TIME")
        middle = self._columns[width // 2][0] // 100
        years = f"{first // 100}"
        if last // 100 != first // 100:
            ends = f"{last // 100}"
            if middle not in (first // 100, last // 100) and width >= 20:
                years = f"{years}{middle:>{width // 2 - 2}}"
            years = f"{years}{ends:>{width - len(years)}}"
        return [
            _Line(_Kind.BLANK),
            _Line(_Kind.HEADING, title),
            *(_Line(_Kind.BARS, band=band) for band in reversed(range(height))),
            _Line(_Kind.YEARS, years),
        ]

    def _recount(self, was: Sequence[Feed]) -> None:
        """Take other counts of the same feeds; `was` is how they were."""
        changed = {
            line
            for line, (count, is_quiet) in zip(self._of_all, self._counts_of_all(), strict=True)
            if line.has_changed(count, is_quiet=is_quiet)
        }
        for before, feed in zip(was, self._feeds, strict=True):
            if feed is before:
                continue
            line = self._of_feed.get(feed.id)
            if line is not None:
                line.feed = feed
                count = self._count_of(feed)
                if line.has_changed(count, is_quiet=not count) or (
                    bool(feed.last_error) != bool(before.last_error)
                ):
                    changed.add(line)
            more = 0 if self._found else feed.unread - before.unread
            for path in _paths(feed.folder) if more else ():
                folder = self._of_folder[path]
                count = folder.count + more
                if folder.has_changed(count, is_quiet=not count):
                    changed.add(folder)
        self._draw(changed)

    def _draw(self, changed: Container[_Line]) -> None:
        """Draw lines again, those of them that are in sight."""
        top = self.scroll_offset.y
        for y, line in enumerate(self._lines[top : top + self.size.height]):
            if line in changed:
                self.refresh(Region(0, y, self.size.width, 1))

    def _counts_of_all(self) -> list[tuple[int, bool]]:
        """Give what stands beside all entries, the unread and the starred ones, and whether they are quiet."""
        found, counts = self._found, self._counts
        everything = found.sum_of(None).total if found else counts.unread
        # Beside hits, a count of something else would be taken for hits.
        return [
            (everything, not everything),
            *((0 if found else count, not count) for count in (counts.unread, counts.starred)),
        ]

    def _search_line(self, search: SavedSearch) -> _Line:
        unread = self._unread_of_search(search.id)
        view = View(query=saved_query(search.name))
        return _Line(
            _Kind.NODE, harmless_line(search.name), view, count=unread, is_quiet=not unread
        )

    def _unread_of_search(self, search_id: int) -> int:
        return 0 if self._found else self._unread_found.get(search_id, 0)

    def _feed_lines(self) -> list[_Line]:
        lines: list[_Line] = []
        # Some lines are there already; to make each anew takes longer than all the rest.
        before, self._of_feed, self._of_folder = self._of_feed, {}, {}
        unfolded = {view.feed_id for view in self._unfolded if view.year is None}
        at_top_first = sorted(self._feeds, key=lambda feed: feed.folder is not None)
        for folder, feeds in groupby(at_top_first, attrgetter("folder")):
            depth, hidden = 0, False
            inside = []
            for depth, path in enumerate(_paths(folder), 1):
                if path not in self._of_folder:
                    self._of_folder[path] = self._folder_line(path, depth - 1)
                    if not hidden:
                        lines.append(self._of_folder[path])
                inside.append(self._of_folder[path])
                hidden = hidden or not inside[-1].unfolded
            amount = 0
            for feed in feeds:
                count = self._count_of(feed)
                amount += count
                if hidden:
                    continue
                line = before.get(feed.id) or _Line(_Kind.NODE, view=View(feed_id=feed.id))
                if line.feed is None or line.feed.title != feed.title:
                    line.label = harmless_line(_name_of(feed))
                line.feed, line.depth, line.count, line.is_quiet = feed, depth, count, not count
                line.unfolded = feed.id in unfolded if feed.total else None
                self._of_feed[feed.id] = line
                lines.append(line)
                if feed.id in unfolded:
                    lines += self._years(line.view, depth + 1)
            for whole in inside:
                whole.count += amount
                whole.is_quiet = not whole.count
        return lines

    def _folder_line(self, path: str, depth: int) -> _Line:
        view = View(folder=path)
        name = harmless_line(phrases.folder_name(path.rpartition("/")[2]))
        return _Line(_Kind.NODE, name, view, depth, view in self._unfolded, is_quiet=True)

    def _count_of(self, feed: Feed) -> int:
        return self._found.sum_of(feed.id).total if self._found else feed.unread

    def _years(self, view: View, depth: int) -> list[_Line]:
        lines = []
        for year, whole in self._archive.years(view.feed_id):
            part = self._found.sum_of(view.feed_id, year).total if self._found else whole.unread
            of_year = view.but(year=year)
            unfolded = of_year in self._unfolded
            lines.append(_Line(_Kind.NODE, f"{year}", of_year, depth, unfolded, part, not part))
            if unfolded:
                lines += self._months_of(of_year, year, depth + 1)
        return lines

    def _months_of(self, of_year: View, year: int, depth: int) -> list[_Line]:
        found = self._found.by_month.get(of_year.feed_id, {}) if self._found else None
        lines = []
        for month, part in self._archive.months(of_year.feed_id, year):
            count = part.unread if found is None else found.get(month, Sum()).total
            name = phrases.month_name(month % 100)
            view = of_year.but(year=None, month=month)
            lines.append(_Line(_Kind.NODE, name, view, depth, None, count, not count))
        return lines

    # --- the cursor ------------------------------------------------------------------------------

    def _line_at(self, view: View) -> int | None:
        """Give the line that a view has, if it has one."""
        feed_id = view.feed_id  # to compare whole views takes ten times as long
        return next(
            (
                n
                for n, line in enumerate(self._lines)
                if line.view.feed_id == feed_id and line.kind is _Kind.NODE and line.view == view
            ),
            None,
        )

    def _follow_cursor(self) -> None:
        height = self.scrollable_content_region.height
        if height <= 0:
            return
        scroll = self.scroll_offset.y
        top = 0 if self.cursor <= 1 else self.cursor
        if top < scroll:
            self.scroll_to(y=top, animate=False)
        elif self.cursor >= scroll + height:
            self.scroll_to(y=self.cursor + 1 - height, animate=False)

    def watch_cursor(self, was: int, now: int) -> None:
        for line in (was, now):
            self.refresh(Region(0, line - self.scroll_offset.y, self.size.width, 1))
        self._follow_cursor()

    def watch_has_focus(self, value: bool) -> None:
        super().watch_has_focus(value)
        self.refresh()
        if value:
            self.post_message(self.Rested(self.feed))

    def on_resize(self, _event: events.Resize) -> None:
        self._build()

    def _step(self, start: int, direction: int) -> int:
        """Give the nearest line from `start` on that one can stand on, or where one is."""
        index = start
        while 0 <= index < len(self._lines):
            if self._lines[index].kind is _Kind.NODE:
                return index
            index += direction
        return self.cursor

    def _move(self, line: int) -> None:
        if line != self.cursor:
            self._come_to(line)

    def _come_to(self, line: int) -> None:
        """Stand on a line, and choose its view when the cursor has rested on it."""
        self.cursor = line
        self._view = self.view
        self.post_message(self.Rested(self.feed))
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE_SECONDS, self._choose)

    def _choose(self) -> None:
        if self._settling is not None:
            self._settling.stop()
            self._settling = None
        self.refresh()
        self.post_message(self.Chosen(self.view))

    def _fold(self, index: int, unfold: bool) -> None:
        line = self._lines[index]
        if line.unfolded is None or line.unfolded == unfold:
            return
        (self._unfolded.add if unfold else self._unfolded.discard)(line.view)
        self._build()
        self.post_message(self.Folded())
        if self._line_at(_node_view(self._view)) is None:
            # The cursor was inside what was folded: it comes out on the fold, where `_build` may have put it.
            fold = self._line_at(line.view)
            self._come_to(self.cursor if fold is None else fold)

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        if at is None or at.y + self.scroll_offset.y >= len(self._lines):
            return
        index = at.y + self.scroll_offset.y
        line = self._lines[index]
        if line.kind is _Kind.BARS and 2 <= at.x < len(self._columns) + 2:
            year = self._columns[at.x - 2][1] // 100
            self.set_view(View(year=year))
            self._choose()
        elif line.kind is _Kind.NODE:
            arrow = 2 + 2 * line.depth
            if arrow <= at.x <= arrow + 1 and line.unfolded is not None:
                self._fold(index, not line.unfolded)
            else:
                self._move(index)
                self._choose()

    def action_cursor_down(self) -> None:
        self._move(self._step(self.cursor + 1, 1))

    def action_cursor_up(self) -> None:
        self._move(self._step(self.cursor - 1, -1))

    def action_first(self) -> None:
        self._move(self._step(0, 1))

    def action_last(self) -> None:
        self._move(self._step(len(self._lines) - 1, -1))

    def action_page(self, direction: int) -> None:
        jump = max(1, self.scrollable_content_region.height - 1)
        target = min(max(self.cursor + direction * jump, 0), len(self._lines) - 1)
        line = self._step(target, direction)
        self._move(line if line != self.cursor else self._step(target, -direction))

    def action_unfold(self) -> None:
        """Unfold; on what is unfolded or has nothing inside, go on to the entries."""
        if not self._lines:
            return
        if self._lines[self.cursor].unfolded is False:
            self._fold(self.cursor, True)
        else:
            self.post_message(self.Entered(self.view))

    def action_fold(self) -> None:
        """Fold; on what is folded already, go to what it lies in."""
        if not self._lines:
            return
        line = self._lines[self.cursor]
        if line.unfolded:
            self._fold(self.cursor, False)
            return
        for index in range(self.cursor - 1, 0, -1):
            above = self._lines[index]
            if above.kind is not _Kind.NODE:
                return
            if above.depth < line.depth:
                self._move(index)
                return

    def action_choose(self) -> None:
        """Unfold or fold; on what has nothing inside, go on to the entries."""
        if not self._lines:
            return
        unfolded = self._lines[self.cursor].unfolded
        self._choose()
        if unfolded is None:
            self.post_message(self.Entered(self.view))
        else:
            self._fold(self.cursor, not unfolded)


def _name_of(feed: Feed) -> str:
    """Give a feed's name; of one that has none yet the part of its address that tells it from others."""
    if feed.title != feed.url:
        return feed.title
    return feed.url.partition("://")[2].removeprefix("www.").rstrip("/") or feed.url


def _is_on_the_same_line(feed: Feed, other: Feed) -> bool:
    """Whether a feed stands where another stood, under the same name: at most its counts differ."""
    return feed is other or (
        feed.id == other.id
        and feed.title == other.title
        and feed.folder == other.folder
        and bool(feed.total) == bool(other.total)  # with the first entry comes what can be unfolded
    )


def _paths(folder: str | None) -> list[str]:
    """Give the paths of a folder and of those it lies in, the outermost first."""
    parts = folder.split("/") if folder else []
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def _node_view(view: View) -> View:
    """Give the view as its line has it: a month's line does not name the year as well."""
    return view.but(year=None) if view.month is not None else view
