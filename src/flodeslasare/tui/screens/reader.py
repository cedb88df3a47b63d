"""The reader: the archive, the entries, the text, and what binds them together.

What is looked at (`base`, `query`, `only_unread`) and where one is (`pane`) are this screen's
reactives; its handlers are the one place that sets them, the panes draw. What has a state of its own is
beside it: `_overview` what is known of the library, `_listings` how a view comes into the list, `_preview`
the text, `_marking` marks, `_news` what comes in, `_questions` what is asked in the background, `_memory`
what the next start takes up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import var
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from flodeslasare.errors import ReaderError
from flodeslasare.i18n import _, language
from flodeslasare.library.library import Library, now_utc
from flodeslasare.model import (
    EntryRow,
    Feed,
    Listing,
    Marked,
    MarkKind,
    RefreshStatus,
    SavedSearch,
    View,
)
from flodeslasare.tui import phrases
from flodeslasare.tui._heap import give_back_memory
from flodeslasare.tui._keys import action_of, bindings, hinted
from flodeslasare.tui.messages import (
    ArticleRead,
    ArticlesFinished,
    BackfillFinished,
    ChangeEnded,
    FeedAsked,
    FeedRefreshed,
    LibraryChanged,
    ListingGrown,
    ListingRead,
    ManyMarked,
    MonthsRead,
    NamesRead,
    OffersRead,
    OlderPageKept,
    OverviewRead,
    ReadingFailed,
    RefreshFinished,
    RefreshWaiting,
    RelatedRead,
    SearchesCounted,
    Standpoint,
    UnreadFound,
)
from flodeslasare.tui.screens._changes import Changes
from flodeslasare.tui.screens._layout import TWO_PANES, widths
from flodeslasare.tui.screens._listings import Listings
from flodeslasare.tui.screens._marking import Marking, said_of
from flodeslasare.tui.screens._marks import Marks
from flodeslasare.tui.screens._memory import Memory
from flodeslasare.tui.screens._news import News
from flodeslasare.tui.screens._overview import (
    Overview,
    hint_about,
    said_of_first,
    said_of_no_hits,
    said_of_nothing,
    totals_of,
)
from flodeslasare.tui.screens._preview import Preview
from flodeslasare.tui.screens._questions import Questions
from flodeslasare.tui.screens._steps import Step, Steps
from flodeslasare.tui.theme import has_colours
from flodeslasare.tui.widgets.archive_tree import ArchiveTree
from flodeslasare.tui.widgets.entry_list import EntryList
from flodeslasare.tui.widgets.reading_pane import ReadingPane
from flodeslasare.tui.widgets.search_bar import SearchBar
from flodeslasare.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from flodeslasare.tui.screens._articles import Articles
    from flodeslasare.tui.screens._backfill import Backfills
    from flodeslasare.tui.screens._pictures import Pictures

_FOLLOW_UP_SECONDS = 0.03
"""How long after the first screen the rest is read: the terminal takes a few times 4 KB, and the thread
that writes them would share the processor with it."""
_TURNS = 3
"""So many turns of the event loop it takes until all panes have said what they are to draw."""
LOOK_SECONDS = 7.0
"""How often it is looked for what another program has changed."""
_COUNT_SECONDS = 0.15
"""How long marks rest before everything is counted again."""
_COUNT_NEWS_SECONDS = 1.0
"""How long a refresh goes on before what it has brought is counted and offered, again and again until it ends."""


class ReaderScreen(Screen[None]):
    """Browse the archive, read, mark, search."""

    AUTO_FOCUS = "#entries"

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    # `var`: a `reactive` of the screen would draw all of it anew, and its panes draw what they are given.
    base: var[View] = var(View(), init=False)
    """What the archive picks, without search and filter."""
    query_text: var[str] = var("", init=False)
    """The search; empty when there is none."""
    only_unread: var[bool] = var(False, init=False)
    order: var[Literal["newest", "best"]] = var("newest", init=False)
    """What stands first while a search is on; it holds until the program ends."""
    pane: var[str] = var("list", init=False)
    """Where keys go: `archive`, `list` or `reading`."""
    alone: var[bool] = var(False, init=False)
    """Whether the text has the whole screen."""

    class RefreshRequested(Message):
        """What is new is asked for, in some feeds or (`None`) in all."""

        def __init__(self, feed_ids: Sequence[int] | None, due_only: bool = False) -> None:
            super().__init__()
            self.feed_ids = feed_ids
            self.due_only = due_only
            """Leave out feeds that need not be asked yet."""

    def __init__(
        self,
        library: Library,
        *,
        now: Callable[[], datetime] = now_utc,
        images: Path | None = None,
    ) -> None:
        """Make the screen.

        Args:
            library: what it shows.
            now: the clock.
            images: where pictures are kept; `None` to keep none.
        """
        super().__init__()
        self.library = library
        self._now = now
        self.archive = ArchiveTree(id="archive")
        self.search_bar = SearchBar(id="search")
        self.entries = EntryList(library, now=now, id="entries")
        self.text = ReadingPane(id="reading")
        self.status = StatusLine(id="status")
        self._middle = Vertical(id="middle")
        self._overview = Overview()
        self._is_covered = False
        """Whether another screen has the keys."""
        self.steps = Steps()
        """What undo takes back, in order."""
        self._news = News(self.status, self._overview, now=now)
        self._backfills: Backfills | None = None
        """There once one was wanted."""
        self._articles: Articles | None = None
        """There once one was wanted."""
        self._is_filled = False
        """Whether older entries came that the list is to show unasked."""
        self._is_changed_elsewhere = False
        """Whether another program may have marked what the list lacks."""
        self._before_search: tuple[View, bool, int | None] | None = None
        self._before_alone = "list"
        """The pane one was in before the text had the whole screen."""
        self._unread_from: int | None = None
        """The entry that the next unread one was last looked for from, in the background."""
        self._unread_ahead: UnreadFound | None = None
        """That one, while the list does not reach down to it."""
        self._count_timer: Timer | None = None
        self.memory = Memory(self, library, self._say_trouble)
        self._questions = Questions(self, library)
        self._listings = Listings(
            library, self.entries, self._questions, show=self._show, told=self._search_bar_says
        )
        self._why_nothing = ("", "")
        """A search that found nothing, and why."""
        self.changes = Changes(self, library, self._say_busy, self.steps)
        self._marks = Marks(library, self.changes, self.steps)
        self._marking = Marking(
            self._marks,
            library,
            self.entries,
            self.text,
            self.status,
            telling=self.telling,
            changed=self._count_soon,
            undone=self._list_undone,
        )
        self._images = images
        self._pictures: Pictures | None = None
        """There once one was wanted."""
        self._preview = Preview(
            self,
            library,
            self.entries,
            self.text,
            memory=self.memory,
            sought=lambda: self.sought,
            tell=self._say_trouble,
            shown=self._hint_keys,
        )

    def compose(self) -> ComposeResult:
        # Everything is laid out and filled before it is mounted: it is then styled and drawn once.
        self._arrange()
        entry_id = None
        with self.telling():
            entry_id = self._restore()
            self._count_feeds()
        self._list(entry_id, reads_on=False)
        self.archive.set_view(self.base)
        self._hint_keys()
        self._say_what_does_not_work()
        yield self.archive
        with self._middle:
            yield self.search_bar
            yield self.entries
        yield self.text
        yield self.status

    @property
    def view(self) -> View:
        """What is listed: the archive's choice, the filter and the search together."""
        query = self.query_text or self.base.query
        if self.query_text and self.base.query:
            query = f"{self.base.query} ({self.query_text}"  # the last word may be half-typed: it ends the query
        return self.base.but(
            unread=self.base.unread or self.only_unread,
            query=query,
            order=self.order if self.query_text else "newest",
        )

    @property
    def current_search(self) -> SavedSearch | None:
        """The saved search that is chosen in the archive."""
        return self._overview.search_of(self.archive.view if self.pane == "archive" else self.base)

    @property
    def sought(self) -> str:
        """The search whose hits are shown: what was typed, or what the saved search asks."""
        if self.query_text or not self.base.query:
            return self.query_text
        search = self._overview.search_of(self.base)
        return search.query if search is not None else ""

    @property
    def current_feed(self) -> Feed | None:
        """The feed that a command about a feed is about: in the archive the one under the cursor, else the entry's."""
        if self.pane == "archive":
            return self.archive.feed
        row = None
        if self.entries.entry_id is not None:
            row = self.entries.row(self.entries.cursor)
        return self._overview.feed(self.base.feed_id if row is None else row.feed_id)

    # --- start -----------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.call_after_refresh(self.set_timer, _FOLLOW_UP_SECONDS, self._follow_up)

    def _follow_up(self) -> None:
        """Read what could wait for the first screen."""
        give_back_memory()
        self._count_the_rest()
        self.set_interval(LOOK_SECONDS, self.look_for_others)
        self._listings.read_on(self.view)
        self.search_bar.call_next(self.search_bar.prepare)
        if self.is_empty:
            self._welcome()
        else:
            self._preview.show()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read and nothing to ask."""
        return self._overview.is_empty

    def _restore(self) -> int | None:
        """Take up where the person was; gives the entry."""
        view = self.memory.view()
        if view is not None:
            self.set_reactive(ReaderScreen.base, view)
        self.set_reactive(ReaderScreen.only_unread, self.memory.only_unread())
        self.archive.restore_folds(self.memory.folds())
        return self.memory.entry()

    def _welcome(self) -> None:
        """Say what can be done with an empty library."""
        from flodeslasare.tui.screens.welcome import WelcomeScreen

        self.app.push_screen(WelcomeScreen(self.library), self._added)

    # --- layout ----------------------------------------------------------------------------------

    def on_resize(self, _event: events.Resize) -> None:
        self._arrange()
        self._hint_keys()

    def _arrange(self) -> None:
        """Show the panes there is room for, the one with the keys among them."""
        width = self.size.width or self.app.size.width
        shown = widths(width, self.pane, is_alone=self.alone)
        for pane, cells in zip(self._panes.values(), shown, strict=True):
            pane.display = cells is not None
            if cells is not None:
                pane.styles.width = cells
        if self._preview.is_owed and self.text.display:
            self.call_after_refresh(self._preview.show)
        self.set_class(width < TWO_PANES, "-one")
        self.set_class(self.alone, "-alone")

    @property
    def _panes(self) -> dict[str, Widget]:
        """The panes, as they stand from left to right, by the names `pane` has for them."""
        return {"archive": self.archive, "list": self._middle, "reading": self.text}

    @property
    def text_is_shown(self) -> bool:
        """Whether there is room for the text beside the list."""
        return bool(self.text.display)

    def watch_pane(self) -> None:
        self._arrange()
        target = {"archive": self.archive, "list": self.entries, "reading": self.text}[self.pane]
        is_typing_there = self.pane == "list" and self.search_bar.has_typing
        if self.focused is not target and not is_typing_there:
            # At once: focus() waits its turn, and may take a later one from another.
            self.set_focus(target)
        if self.pane != "archive":
            self.status.hint = ""
        self._hint_keys()

    def watch_alone(self) -> None:
        self._arrange()
        self._hint_keys()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Keys go where the mouse went."""
        panes = {"archive": "archive", "entries": "list", "reading": "reading", "query": "list"}
        pane = panes.get(event.widget.id or "")
        if pane is not None and event.widget is self.focused:
            self.pane = pane
            self._hint_keys()

    def _hint_keys(self) -> None:
        """Show the keys that hold where one is; none under a dialog, which shows its own."""
        self.status.keys = (
            []
            if self._is_covered
            else hinted(
                self.pane,
                in_search=bool(self.query_text),
                typing=self.search_bar.typing if self.search_bar.has_typing else None,
                has_pictures=self.text.has_pictures and has_colours(self.app),
                is_beginning=self.text.is_beginning,
                on=self._actions_on(),
                hidden=[pane for pane, widget in self._panes.items() if not widget.display],
            )
        )

    def _actions_on(self) -> set[str]:
        """Give the actions that lead back by now, as the table of keys names them."""
        states = {
            "filter": self.only_unread,
            "alone": self.alone,
            "best_first": self.order == "best",
        }
        return {action for action, is_on in states.items() if is_on}

    def on_screen_suspend(self) -> None:
        self._is_covered = True
        self._hint_keys()

    def on_screen_resume(self) -> None:
        self._is_covered = False
        self._hint_keys()

    def _go(self, pane: str) -> None:
        """Give a pane the keys."""
        self.alone = self.alone and pane == "reading"
        if self.pane == pane:
            self.watch_pane()
        self.pane = pane

    # --- what is listed --------------------------------------------------------------------------

    def watch_base(self) -> None:
        self._remember_view()
        self.archive.set_view(self.base)
        self._list()

    def watch_only_unread(self) -> None:
        self._remember_view()
        self._hint_keys()
        wanted = [self.entries.entry_id]
        if self.only_unread:  # what is read gives way to the unread entry after it
            after, _is_all = self.entries.unread_from(1)
            wanted += [] if after is None else [self.entries.ids[after]]
        self._list(*wanted)

    def watch_query_text(self, was: str, now: str) -> None:
        if now and not was:
            self._before_search = (self.base, self.only_unread, self.entries.entry_id)
            self._begin_with(View(), only_unread=False)  # a search is of everything
        wanted: list[int | None] = []
        if not now:
            wanted.append(self.entries.entry_id)
            self.archive.show_found(None)
            if self._before_search is not None:
                base, only_unread, entry_id = self._before_search
                self._before_search = None
                if self._overview.is_gone(base):
                    base = View()
                self._begin_with(base, only_unread=only_unread)
                wanted.append(entry_id)
        self._hint_keys()
        self._list(*wanted)

    def _begin_with(self, base: View, *, only_unread: bool) -> None:
        """Set what is listed apart from the words of a search; the caller lists it."""
        self.set_reactive(ReaderScreen.base, base)
        self.set_reactive(ReaderScreen.only_unread, only_unread)
        self.archive.set_view(base)
        self._hint_keys()

    def _remember_view(self) -> None:
        if self._before_search is None:  # a search ends where it began
            self.memory.keep_view(self.base, only_unread=self.only_unread)

    def _list(self, *wanted: int | None, reads_on: bool = True) -> None:
        """List the view, the cursor on the first of some entries that it has; `reads_on` as `Listings.begin` has it."""
        self.search_bar.aside = ""
        with self.telling(), self.library.at_one_moment():
            self._take_as_listed()
            known = [each for each in wanted if each is not None]
            self._listings.begin(self.view, wanted=known, reads_on=reads_on)

    @on(ListingRead)
    async def _take_listing(self, event: ListingRead) -> None:
        async with self._in_one_drawing():
            self._listings.take(
                event.listing,
                event.reading,
                view=self.view,
                counted=self._view_of_hits if self.query_text else None,
            )
        unread, self._unread_ahead = self._unread_ahead, None
        if unread is not None:
            self._go_to_unread(unread)
        if self._is_filled:
            self._list_older()
        self._take_in_marks()

    @on(ListingGrown)
    async def _take_grown(self, event: ListingGrown) -> None:
        async with self._in_one_drawing():
            self._listings.take_grown(
                event.listing,
                event.reading,
                counted=self._view_of_hits if self.query_text else None,
            )

    @asynccontextmanager
    async def _in_one_drawing(self) -> AsyncIterator[None]:
        """Show what changes inside at once: Textual draws each pane as soon as it has said that it changed."""
        with self.app.batch_update():
            yield
            for _turn in range(_TURNS):
                await asyncio.sleep(0)

    def _show(self, listing: Listing, entry_id: int | None) -> None:
        """Show another list, dressed as what is looked at asks for."""
        view, entries = self.view, self.entries
        entries.shows_feeds = view.feed_id is None and len(self._overview.feeds) != 1
        entries.words = self.sought
        entries.notes = {}
        entries.heading = _("Best first")
        entries.offers = ()
        entries.show(listing, entry_id=entry_id)
        self.text.has_choice = bool(listing.ids)
        self._say_nothing_is_listed()
        # The hits in the text come once those in the list have been drawn.
        self.call_after_refresh(self._preview.highlight)
        self._search_bar_says()

    def _say_nothing_is_listed(self) -> None:
        """Say why the list is empty, where it is; a remark on the search stands there whole, and not above it too."""
        said = self.entries.empty_text = self._said_of_nothing()
        bar = self.search_bar
        bar.is_remark_below = not self.entries.ids and said == bar.remark

    def _said_of_nothing(self) -> str:
        base = self.base
        # Where the search is narrowed or filtered, that may be why; then the remark stands above alone.
        is_all = base == View() and not self.only_unread
        if self.query_text and self.search_bar.remark and is_all:
            return self.search_bar.remark
        asked, why = self._why_nothing
        if self.query_text and self.query_text == asked:
            return f"{why[0].upper()}{why[1:]}."
        if not self.query_text or base == View() or self.only_unread:
            return said_of_nothing(self.view, is_filtered=self.only_unread)
        where = self._overview.title_of(base)
        if base.month is not None:
            where = phrases.month_of_year(base.month)
        return said_of_no_hits(where, self._overview.hits_of(self._view_of_hits))

    def _search_bar_says(self) -> None:
        """Say above the list what it lists and how much."""
        bar, view, listing = self.search_bar, self.view, self.entries.listing
        unread = self._overview.unread_in(self.base)
        bar.is_more = not listing.is_whole
        is_aside = self._listings.came_from is not None
        bar.total = len(listing.ids) if is_aside else self._overview.total_of(view, listing)
        bar.unread = 0 if self.base.unread else unread
        bar.filtered = self.only_unread
        bar.title = self._overview.heading_of(self.base)

    # --- counts ----------------------------------------------------------------------------------

    def count(self) -> None:
        """Count feeds at once, for what the person has done to them; months and saved searches when there is time."""
        with self.telling():
            self._notice_others()
            self._count_feeds()
        self._count_the_rest()
        self._take_in_marks()

    def _count_the_rest(self) -> None:
        """Count months, and what saved searches find, when there is time."""
        self._questions.count_months()
        if self._overview.searches:
            self._questions.count_searches(self._overview.searches)

    def _take_as_listed(self) -> int:
        """Know how much each feed has while the list is being read; gives how much was offered.

        Where another program, or a refresh, has changed something since it was counted, that is counted in the
        background: to read a thousand feeds takes longer than to list them.
        """
        overview = self._overview
        self._is_changed_elsewhere = False
        if not overview.is_outdated(self.library):
            return self._news.listed(overview.totals)
        self._ask_for_overview()
        return self._news.listed(totals_of(self.library.counts_by_feed()))

    def _ask_for_overview(self) -> None:
        overview = self._overview
        self._questions.read_overview(overview.known, overview.ask(self.library))

    def _count_feeds(self) -> None:
        self._overview.read(self.library)
        self._show_feeds()

    def _show_feeds(self) -> None:
        overview = self._overview
        self.archive.show_feeds(overview.feeds, overview.counts)
        self.archive.show_searches(overview.searches)

    @on(SearchesCounted)
    def _show_search_counts(self, event: SearchesCounted) -> None:
        self._overview.found_by.update(event.found)
        self.archive.show_unread_found({id_: each.unread for id_, each in event.found.items()})
        search = self._overview.search_of(self.base)
        if search is not None and search.id in event.found:
            self._search_bar_says()

    def look_for_others(self) -> None:
        """See what another program, or cron, has brought, marked or deleted meanwhile; offer what is new."""
        if self._news.is_coming or self._count_timer is not None or not self.is_current:
            return
        with self.telling():
            if self._overview.is_outdated(self.library):
                self._count_again()

    def _count_soon(self) -> None:
        """Count again when marks have come to rest."""
        if self._count_timer is not None:
            self._count_timer.stop()
        self._count_timer = self.set_timer(_COUNT_SECONDS, self._count_again)

    def _count_news(self) -> None:
        """Count what a refresh has brought so far, unless what was asked before that is still to be answered."""
        if self._questions.is_reading_overview:
            self._count_timer = self.set_timer(_COUNT_NEWS_SECONDS, self._count_news)
        else:
            self._count_again()

    def _count_again(self) -> None:
        """Count everything, in the background: `_show_overview` goes on with it."""
        if self._count_timer is not None:
            self._count_timer.stop()
            self._count_timer = None
        with self.telling():
            self._notice_others()
            self._ask_for_overview()

    def _notice_others(self) -> None:
        """Show what is listed and read as it is now, where another program has changed something."""
        if self._overview.is_outdated(self.library):
            self.entries.forget_rows()
            self._preview.read_again()
            self._is_changed_elsewhere = True

    def _take_in_marks(self) -> None:
        """Bring what another program has marked as unread, or starred, into a list of such entries.

        What is listed stays there, read or not, as it does when it is read here. While a refresh goes on that is
        not looked for: it changes the library all the time, and marks nothing.
        """
        if not self._is_changed_elsewhere or self._news.is_coming or self.is_filling:
            return
        is_of_marked = self.view.unread or self.view.starred or self.view.query
        self._is_changed_elsewhere = bool(is_of_marked) and not self._listings.grow()

    @on(OverviewRead)
    def _show_overview(self, event: OverviewRead) -> None:
        """Show the counts, and offer what the list does not show yet: of one moment, whoever has brought it."""
        overview = self._overview
        was_there = not overview.is_gone(self.base)
        overview.take(event.known, event.reading)
        if overview.is_awaited:
            return
        self._show_feeds()
        # While a refresh goes on months wait for its end: many feeds have tens of thousands, which takes 0.1 s.
        if not (self._news.is_coming or self.is_filling):
            self._count_the_rest()
        filling = None if self._backfills is None else self._backfills.feed_id
        self._news.offer(self.view, filling=filling)
        if was_there and overview.is_gone(self.base):
            self.base = View()
        elif self._news.has_lost and self._listings.came_from is None:
            self.action_show_new()
        elif self._is_filled:
            self._list_older()
        elif self._news.is_offered and not self.entries.ids:
            self._list()  # an empty list takes it at once
        self._search_bar_says()
        self._news.sum_up()
        self._take_in_marks()

    @on(MonthsRead)
    def _show_months(self, event: MonthsRead) -> None:
        if not event.view.query:
            self._overview.archive = event.archive
            self.archive.show_months(event.archive)
            self._search_bar_says()
            if self.search_bar.has_typing:
                self.search_bar.know(self._overview.dates())
        elif event.view == self._view_of_hits:
            self.archive.show_found(event.archive)
            self._overview.hits = event.view, event.archive.sum_of(None).total
            self._say_nothing_is_listed()

    @property
    def _view_of_hits(self) -> View:
        """What the archive counts while a search is on: its hits everywhere, wherever one has narrowed it."""
        return View(query=self.query_text, unread=self.only_unread)

    @on(OffersRead)
    def _show_offers(self, event: OffersRead) -> None:
        if event.query == self.query_text:
            if self.entries.ids:
                self.search_bar.offers = event.offers
            else:
                self.entries.offers = event.offers
                if event.remark:
                    self._why_nothing = (event.query, event.remark)
                    self._say_nothing_is_listed()

    @on(NamesRead)
    def _keep_names(self, event: NamesRead) -> None:
        self.search_bar.know(event.names)

    def _name_what_exists(self) -> None:
        """Give the search the names it completes operators with; those that must be sought once, later."""
        searches = [search.name for search in self.library.saved_searches()]
        if "author" not in self.search_bar.names:
            self._questions.read_names()
        self.search_bar.know({**self._overview.names(), "search": searches})

    # --- the archive -----------------------------------------------------------------------------

    @on(ArchiveTree.Chosen)
    def _choose_view(self, event: ArchiveTree.Chosen) -> None:
        if event.view == self.base:
            if self._news.is_offered:
                self.action_show_new()
            return
        self.base = event.view

    @on(ArchiveTree.Entered)
    def _enter_view(self, event: ArchiveTree.Entered) -> None:
        if event.view != self.base:
            self.base = event.view
        self._go("list")

    @on(ArchiveTree.Folded)
    def _remember_folds(self) -> None:
        self.memory.keep_folds(self.archive.folds)

    @on(ArchiveTree.Rested)
    def _say_what_ails_feed(self, event: ArchiveTree.Rested) -> None:
        self.status.hint = "" if event.feed is None else hint_about(event.feed, self._now())

    # --- the entries -----------------------------------------------------------------------------

    @on(EntryList.Moved)
    def _preview_soon(self, event: EntryList.Moved) -> None:
        if event.entry_id != self._unread_from:
            self._questions.stop_unread()
        self._preview.rest_on(event.entry_id)

    @on(EntryList.Opened)
    def _open_chosen(self, event: EntryList.Opened) -> None:
        self._open(event.entry_id)
        self._go("reading")

    def _open(self, entry_id: int) -> None:
        """Show an entry and mark it read."""
        if self._preview.open(entry_id):
            self._marking.opened(entry_id)
            self.memory.keep_entry(entry_id)
            is_unsaid = self.text.has_pictures and self.text.shows_pictures is None
            if is_unsaid and self.library.settings.screen_images and has_colours(self.app):
                self.text.show_pictures(True)

    def action_open(self) -> None:
        """Open the entry one is on, from any pane."""
        if self.entries.entry_id is not None:
            self._open(self.entries.entry_id)
            self._go("reading")

    @on(EntryList.TopReached)
    def _offer_taken_at_top(self) -> None:
        if self._news.is_offered:
            self.action_show_new()
            self.entries.cursor = 0

    @on(EntryList.Failed)
    def _tell_rows_failed(self, event: EntryList.Failed) -> None:
        self.status.message = event.problem

    @on(ReadingFailed)
    def _tell_reading_failed(self, event: ReadingFailed) -> None:
        self.changes.ended()
        self.status.message = event.problem
        self._news.sum_up()

    def action_show_new(self) -> None:
        """Show what came in; the entry one is on stays where it is."""
        if self._listings.came_from is not None:
            self._leave_related()
        else:
            self._list_again()

    def _list_again(self, *, more: int = 0, at_once: bool = True) -> None:
        """List the view anew, with what came in and `more` entries; the one one is on stays where it is.

        `at_once` as `Listings.begin_again` has it.
        """
        with self.telling(), self.library.at_one_moment():
            offered = self._take_as_listed()
            self._listings.begin_again(self.view, more=offered + more, at_once=at_once)

    def _list_undone(self, marked: Marked) -> None:
        """Bring back what is unread, or starred, again into a list of such entries that has let it go."""
        view = self.view
        is_back = (view.unread and marked.kind is MarkKind.UNREAD) or (
            view.starred and marked.kind is MarkKind.STARRED
        )
        if is_back and self._listings.came_from is None:
            self._list_again(more=len(marked.entry_ids))

    # --- marks -----------------------------------------------------------------------------------

    @on(ManyMarked)
    def _show_marks(self, event: ManyMarked) -> None:
        self.changes.ended()
        self._marking.show(event)

    @on(ChangeEnded)
    def _go_on_after_change(self, event: ChangeEnded) -> None:
        self.changes.ended()
        with self.telling():
            event.go_on()

    def action_toggle_read(self) -> None:
        self._marking.toggle_read()

    def action_toggle_star(self) -> None:
        self._marking.toggle_star()

    def action_mark_all(self) -> None:
        self._marking.mark_all(self.view, self.search_bar.total)

    def action_undo(self) -> None:
        with self.telling():
            passed = self.steps.pass_what_is_for_good()
            if passed is not None:
                self._say_what_is_for_good(passed)
            elif not self.steps.take_back():
                self._marking.undo()

    def _say_what_is_for_good(self, passed: Step) -> None:
        """Say that a step cannot be taken back, and what the next `u` will be about."""

        def say(mark: Marked | None) -> None:
            last = self.steps.last
            before = last.said if last is not None else ""
            if not before and mark is not None:
                before = said_of(mark)
            if before:
                said = _("{done}: that cannot be undone · the next u takes back: {before}")
            else:
                said = _("{done}: that cannot be undone, and before it there is nothing to undo")
            self.status.message = said.format(done=passed.said, before=before)

        # A mark may be of very many entries, and the last one may still have to be made.
        self.changes.in_turn(
            lambda library: ChangeEnded(partial(say, library.last_mark())),
            lambda error: ReadingFailed(str(error)),
        )

    # --- reading on ------------------------------------------------------------------------------

    def action_read_on(self) -> None:
        """Page down; at the end of the text, open the next unread entry."""
        entry_id = self.entries.entry_id
        if entry_id is None:
            return
        shown = self.text.entry
        is_new = not self.text_is_shown or shown is None or shown.id != entry_id
        self._open(entry_id)
        if not self.text_is_shown:
            self._go("reading")
        elif not is_new and not self.text.page_down():
            self._next_unread(1, open_it=True)

    def action_next(self, step: int) -> None:
        """Go to the next unread entry; in a text that was searched for, to the next hit."""
        if self.pane == "reading" and self.query_text:
            if not (self.text.next_hit() if step > 0 else self.text.previous_hit()):
                before = self.entries.cursor
                self.entries.cursor += step
                if self.entries.cursor != before and self.entries.entry_id is not None:
                    self._open(self.entries.entry_id)
                    self.text.outermost_hit(last=step < 0)
                else:
                    self.status.tell(_("no more hits"))
            return
        self._next_unread(step, open_it=self.pane == "reading")

    def _next_unread(self, step: int, *, open_it: bool) -> None:
        row, is_all = self.entries.unread_from(step)
        if row is not None:
            self.entries.cursor = row
            entry_id = self.entries.entry_id
            if open_it and entry_id is not None:
                self._open(entry_id)
        elif is_all and self.entries.listing.is_whole:
            self._say_no_more()
        elif (asked_from := self._standpoint) is not None:
            self._unread_from = asked_from.entry_id
            self._questions.find_unread(asked_from, older=step > 0, open_it=open_it)

    @property
    def _standpoint(self) -> Standpoint | None:
        """Where the person is; `None` where nothing is listed, or under a dialog."""
        entry_id = self.entries.entry_id
        if entry_id is None or not self.is_active:
            return None
        return Standpoint(self.view, entry_id, self.pane, self.search_bar.has_typing)

    def _say_no_more(self) -> None:
        self.status.tell(_("no more unread here"))

    @on(UnreadFound)
    def _go_to_unread(self, event: UnreadFound) -> None:
        """Go to the unread entry that was looked for, unless one has gone on by oneself meanwhile."""
        if event.asked_from != self._standpoint:
            return
        if event.entry_id is None:
            self._say_no_more()
        elif self.entries.go_to(event.entry_id):
            if event.open_it:
                self._open(event.entry_id)
        elif not self.entries.listing.is_whole:
            self._unread_ahead = event  # its row comes with the rest of the list

    @on(ReadingPane.Moved)
    def _keep_place(self, event: ReadingPane.Moved) -> None:
        self.memory.keep_place(event.entry_id, event.place)

    @on(ReadingPane.LinkActivated)
    def _follow_link(self, event: ReadingPane.LinkActivated) -> None:
        self._browse(event.url, event.text)

    @on(ReadingPane.PictureWanted)
    def _bring_picture(self, event: ReadingPane.PictureWanted) -> None:
        if self._pictures is None:
            from flodeslasare.tui.screens._pictures import Pictures

            self._pictures = Pictures(self, self.library, self.text, self._images)
        self._pictures.bring(event.entry, event.wanted)

    def action_pictures(self) -> None:
        """Show the pictures of the text one is on, or hide them again, from any pane."""
        if not self.text_is_shown:
            self.action_pane("reading")
        if not self.text.has_pictures:
            self.status.tell(_("there are no pictures in this text"))
        elif not has_colours(self.app):
            self.status.tell(_("pictures are drawn in colours, and the screen has none"))
        else:
            self.text.show_pictures(not self.text.shows_pictures)

    def action_article(self) -> None:
        """Fetch the whole text of the entry one is on, from its own page."""
        row = self._linked_row()
        if row is None or not self.can_be_kept():
            return
        if not self.text_is_shown:
            self.action_pane("reading")
        self.articles.fetch(row.id)

    @property
    def articles(self) -> Articles:
        """What fetches whole texts."""
        if self._articles is None:
            from flodeslasare.tui.screens._articles import Articles

            self._articles = Articles(self, self.library, self.status)
        return self._articles

    @on(ArticleRead)
    def _take_in_article(self, event: ArticleRead) -> None:
        result = event.result
        if self.articles.took(result, is_asked=event.is_asked):
            self._show_new_texts()
        shown = self.text.entry
        if shown is not None and shown.id == result.entry_id:
            self._preview.read_again()
            self._hint_keys()

    def _show_new_texts(self) -> None:
        """Let the list show what is found in whole texts that came."""
        self.entries.forget_rows()
        if self.sought:
            self._is_filled = True
            self._count_again()

    @on(ArticlesFinished)
    def _end_articles(self, event: ArticlesFinished) -> None:
        if self.articles.ended(event.problem):
            self._show_new_texts()

    @on(ReadingPane.TagChosen)
    def _search_for_tag(self, event: ReadingPane.TagChosen) -> None:
        from flodeslasare.query.hints import tag_query

        query = tag_query(event.tag, swedish=language() == "sv")
        self._leave_related()
        self._go("list")
        self.search_bar.set_query(query)
        self.query_text = query

    @on(ReadingPane.FeedChosen)
    def _go_to_feed(self, event: ReadingPane.FeedChosen) -> None:
        """List the feed of the text, the cursor on its entry."""
        base = View(feed_id=event.feed_id)
        if self._overview.is_gone(base):
            self.status.tell(_("you do not subscribe to its feed any more; a takes it up again"))
            return
        entry_id = self.text.entry.id if self.text.entry is not None else None
        self._leave_related()
        self._go("list")
        self._begin_with(base, only_unread=self.only_unread)
        self._remember_view()
        self._list(entry_id)

    @on(StatusLine.KeyClicked)
    async def _do_for_mouse(self, event: StatusLine.KeyClicked) -> None:
        """Do what the key does that was clicked at the foot."""
        if not (self.search_bar.has_typing and self.search_bar.do(event.shown)):
            await self.run_action(action_of(event.shown))

    @on(ReadingPane.VersionsRequested)
    def _show_versions_of_text(self, event: ReadingPane.VersionsRequested) -> None:
        self._show_versions(event.entry_id)

    def _show_versions(self, entry_id: int) -> None:
        from flodeslasare.tui.screens import _versions

        with self.telling():
            _versions.show(self.app, self.library, self.status, entry_id)

    def _browse(self, url: str, text: str) -> None:
        from flodeslasare.tui.screens._open_link import follow

        follow(self.app, self.status, url, text)

    def action_browse(self) -> None:
        row = self._linked_row()
        if row is not None and row.url:
            self._browse(row.url, row.title)

    def action_copy_link(self) -> None:
        from flodeslasare.tui.links import copy, shown_address

        row = self._linked_row()
        if row is not None and row.url:
            copy(self.app, row.url)
            self.status.tell(_("copied {url}").format(url=shown_address(row.url)))

    def action_copy_text(self) -> None:
        """Copy what is selected with the mouse, and say so; where there is nothing, Ctrl+C is the app's."""
        if not self.selections:
            raise SkipAction
        if self.get_selected_text():
            super().action_copy_text()
            self.status.tell(_("copied the selected text"))
        else:
            self.status.tell(_("no text is selected"))

    def _linked_row(self) -> EntryRow | None:
        """Give the entry one is on where it has a link."""
        if self.entries.entry_id is None:
            return None
        row = self.entries.row(self.entries.cursor)
        if row is None or not row.url:
            self.status.tell(_("this entry has no link"))
            return None
        return row

    # --- search, filter, panes -------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Leave the slash to the one who types a search."""
        return action != "search" or not self.search_bar.has_typing

    async def action_search(self) -> None:
        self._leave_related()
        self._go("list")
        with self.telling():
            self._name_what_exists()
        self.search_bar.most = self._overview.counts.total
        await self.search_bar.begin()

    @on(SearchBar.Changed)
    def _search(self, event: SearchBar.Changed) -> None:
        self.query_text = event.query

    @on(SearchBar.KeysChanged)
    def _hint_keys_of_search(self) -> None:
        self._hint_keys()

    @on(SearchBar.Accepted)
    def _to_hits(self) -> None:
        self.entries.focus()

    @on(SearchBar.Cancelled)
    def _leave_search(self) -> None:
        self.search_bar.set_query("")
        self.query_text = ""
        self.entries.focus()

    @on(EntryList.Narrowed)
    def _search_for_offer(self, event: EntryList.Narrowed) -> None:
        self.search_bar.set_query(event.query)
        self.query_text = event.query

    def action_best_first(self) -> None:
        """Put the best hits first, or the newest again."""
        if not self.query_text:
            self.status.tell(_("best first is for a search"))
            return
        self.order = "newest" if self.order == "best" else "best"
        self.status.tell(_("best hits first") if self.order == "best" else _("newest first"))

    def watch_order(self) -> None:
        self._hint_keys()
        self._list()

    def action_save_search(self) -> None:
        from flodeslasare.tui.screens import _saved as saved

        saved.save(self)

    def action_related(self) -> None:
        """List what shares the rare words of the entry one is on."""
        if self.entries.entry_id is not None:
            self._questions.find_related(self.entries.entry_id)

    @on(RelatedRead)
    def _list_related(self, event: RelatedRead) -> None:
        entries = self.entries
        if entries.entry_id != event.entry_id:
            return  # one has gone on
        if not event.related:
            self.status.tell(_("nothing in the archive is like it"))
            return
        row = entries.row(entries.cursor)
        ids = [each.entry.id for each in event.related]
        self.search_bar.aside = _("Like {title}").format(
            title=row.title if row is not None else "…"
        )
        entries.heading = _("In common")
        entries.notes = {each.entry.id: " · ".join(each.words) for each in event.related}
        entries.shows_feeds = len(self._overview.feeds) != 1
        self._listings.list_aside(
            Listing(self.view, ids, [(0, len(ids))]), (event.entry_id, self.pane)
        )
        self._go("list")

    def _leave_related(self) -> None:
        """List what was listed before, the cursor on the entry one was on."""
        if self._listings.came_from is not None:
            entry_id, pane = self._listings.came_from
            self._list(entry_id)
            self._go(pane)

    def action_filter(self) -> None:
        self.only_unread = not self.only_unread

    def action_back(self) -> None:
        """Take one step back: the lone text, the text, what narrows the search, the search, the filter, the archive."""
        if self.alone:
            self.alone = False
        elif self.pane == "reading":
            self._go("list")
        elif self._listings.came_from is not None:
            self._leave_related()
        elif self.query_text and (self.only_unread or self.base != View()):
            # What the hits were narrowed by, the filter first.
            base = self.base if self.only_unread else View()
            self._begin_with(base, only_unread=False)
            self._list(self.entries.entry_id)
        elif self.query_text or self.search_bar.has_class("-searching"):
            self._leave_search()
        elif self.only_unread:
            self.only_unread = False
        elif self.pane == "archive":
            self._go("list")

    def action_pane(self, pane: str) -> None:
        if pane == "reading" and not self.text_is_shown and self.entries.entry_id is not None:
            self._open(self.entries.entry_id)
        self._go(pane)

    def action_pane_left(self) -> None:
        self._go("archive" if self.pane == "list" else "list")

    def action_pane_right(self) -> None:
        if self.pane == "archive":
            self._go("list")
        elif self.pane == "list":
            self.action_pane("reading")

    def action_next_pane(self, step: int) -> None:
        panes = ("archive", "list", "reading")
        self.action_pane(panes[(panes.index(self.pane) + step) % 3])

    def action_open_link(self) -> None:
        """Ask for the number of a link in the text, from any pane."""
        self.action_pane("reading")
        self.text.action_open_link()

    def action_versions(self) -> None:
        """Show how the entry one is on read earlier, from any pane."""
        if self.entries.entry_id is not None:
            self._show_versions(self.entries.entry_id)

    def action_alone(self) -> None:
        """Give the text the whole screen, and go back to the pane one came from."""
        self.alone = not self.alone
        if self.alone:
            self._before_alone = self.pane
            if self.entries.entry_id is not None:
                self._open(self.entries.entry_id)
            self._go("reading")
        else:
            self._go(self._before_alone)

    def action_month(self, direction: int) -> None:
        """Go to a month in the list; where the list is one month, to the one beside it."""
        month = self.base.month
        if month is None:
            self.entries.action_month(direction)
            return
        # The archive has the newest above, as the list has: `]` leads down, to what is older.
        months = self._overview.months_of(self.base.feed_id)
        if self.query_text:  # those that have hits
            months = [each for each in months if self.archive.counts_of(self.base.feed_id, each)]
        beside = [each for each in months if (each < month if direction > 0 else each > month)]
        if beside:
            self.base = self.base.but(month=beside[0] if direction > 0 else beside[-1])
        else:
            self.status.tell(_("no more months here"))

    # --- feeds and refresh -----------------------------------------------------------------------

    def action_refresh_feed(self) -> None:
        feed, folder = self.current_feed, None
        if self.pane == "archive":
            folder = self.archive.view.folder
        if folder is not None:
            self.post_message(self.RefreshRequested(self._overview.feeds_in(folder)))
        else:
            self.post_message(self.RefreshRequested([feed.id] if feed is not None else None))

    def action_refresh_all(self) -> None:
        self.post_message(self.RefreshRequested(None))

    @on(FeedAsked)
    def _show_progress(self, event: FeedAsked) -> None:
        self._news.asked(event.started)

    @on(RefreshWaiting)
    def _say_that_it_waits(self) -> None:
        self._news.waits()

    @on(FeedRefreshed)
    def _take_in(self, event: FeedRefreshed) -> None:
        result = event.result
        self._news.took(result)
        is_news = result.new or result.updated or result.status is RefreshStatus.ERROR
        if is_news or result.is_elsewhere:
            self._count_news_soon()

    def _count_news_soon(self) -> None:
        if self._count_timer is None:
            self._count_timer = self.set_timer(_COUNT_NEWS_SECONDS, self._count_news)

    @on(RefreshFinished)
    def _end_refresh(self, event: RefreshFinished) -> None:
        if event.is_news or self._news.is_coming:  # it may have taken the place of one under way
            self._news.ended(event.problem)
            self._count_again()
            if event.problem is None:
                self.articles.fetch_due()

    @property
    def backfills(self) -> Backfills:
        """What fetches older entries."""
        if self._backfills is None:
            from flodeslasare.tui.screens._backfill import Backfills

            self._backfills = Backfills(self, self.library, self.status)
        return self._backfills

    @property
    def is_filling(self) -> bool:
        """Whether older entries of a feed are being fetched."""
        return self.status.filling is not None

    @on(OlderPageKept)
    def _take_in_older(self, event: OlderPageKept) -> None:
        if self.backfills.took(event.result):
            self._count_news_soon()

    @on(BackfillFinished)
    def _end_backfill(self, event: BackfillFinished) -> None:
        if self.backfills.ended(event.problem):
            self._is_filled = True
            self._count_again()

    def _list_older(self) -> None:
        """List what backfills have brought, unasked, once the list is there that one has gone to meanwhile."""
        is_aside = self._listings.came_from is not None
        if not is_aside and self._listings.is_awaited:
            return
        self._is_filled = False
        # From a list of what is unread, what one has read there would go: that is offered as other news.
        if not (is_aside or self.view.unread):
            self._list_again(at_once=False)

    @on(LibraryChanged)
    def _read_all_again(self) -> None:
        self.count()
        self._preview.read_again()
        if self._overview.is_gone(self.base):
            self.base = View()
        else:
            self.action_show_new()

    def action_save_entry(self) -> None:
        from flodeslasare.tui.screens import save_entry

        save_entry.ask(self)

    def action_add_feed(self) -> None:
        if not self.can_be_kept():
            return
        from flodeslasare.tui.screens.add_feed import AddFeedScreen

        self.app.push_screen(AddFeedScreen(self.library), self._added)

    def action_import(self) -> None:
        if not self.can_be_kept():
            return
        from flodeslasare.tui.screens.add_feed import ImportScreen

        self.app.push_screen(ImportScreen(self.library), self._added)

    def _added(self, result: object) -> None:
        """Show what came with a subscription or an import."""
        if isinstance(result, Feed):
            self.count()
            self.base = View(feed_id=result.id)
            self._list()
            added = self._overview.feed(result.id)
            if added is not None:
                is_first = len(self.library.refreshes(added.id)) == 1
                if said := hint_about(added, self._now()) or (is_first and said_of_first(added)):
                    self.status.tell(said, is_news=True)
        elif result is not None:
            self.post_message(LibraryChanged())
            self.post_message(self.RefreshRequested(None, due_only=True))

    def action_feed_details(self) -> None:
        from flodeslasare.tui.screens import _feeds

        _feeds.show(self, self._now)

    def action_help(self) -> None:
        from flodeslasare.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())

    # --- what is remembered ----------------------------------------------------------------------

    async def on_unmount(self) -> None:
        """Keep what waited, and ask nothing more."""
        self.memory.write_down()
        self._questions.stop()
        if self._pictures is not None:
            await self._pictures.aclose()

    # --- trouble ---------------------------------------------------------------------------------

    def _say_busy(self, what: str) -> None:
        self.status.busy = what

    def _say_trouble(self, trouble: str) -> None:
        self.status.message = trouble

    def _say_what_does_not_work(self) -> None:
        """Say of a library that can only be read what follows from it, in full at the start, and in a few words on.

        And that the network is switched off: else one would only learn it from what fails.
        """
        if self.library.is_offline:
            self.status.standing = _("offline")
        if self.library.read_only is not None:
            self.status.standing = _("read-only: nothing is kept")
            self.status.message = _(
                "{trouble}. It is shown as it is: no mark is kept, and nothing new is fetched."
            ).format(trouble=self.library.read_only)

    def can_be_kept(self) -> bool:
        """Whether what one is about to do can be kept; says why not, before one has typed anything."""
        trouble = self.library.read_only
        if trouble is not None:
            self.status.message = str(trouble)
        return trouble is None

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Turn what the library cannot do into a message that stays until a key is pressed."""
        try:
            yield
        except ReaderError as error:
            self.status.message = str(error)
