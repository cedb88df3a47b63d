"""How a view comes into the list: its beginning at once, the rest from the background."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flodeslasare.library.library import Library
from flodeslasare.model import Listing, View
from flodeslasare.tui.screens._questions import FIRST_ROWS, Questions
from flodeslasare.tui.widgets.entry_list import EntryList

_MANY_ROWS = 20 * FIRST_ROWS
"""As far down the list is read anew at once; from further down it is done in the background."""


class Listings:
    """Fills the list with one view at a time; what is read of an earlier one, or too late, is dropped."""

    def __init__(
        self,
        library: Library,
        entries: EntryList,
        questions: Questions,
        *,
        show: Callable[[Listing, int | None], None],
        told: Callable[[], None],
    ) -> None:
        """Make it.

        Args:
            library: what is read.
            entries: the list.
            questions: reads in the background; its answers come back by `take`.
            show: begins another list, the cursor on an entry where one is given.
            told: is called when the list that is shown has grown.
        """
        self._library = library
        self._entries = entries
        self._questions = questions
        self._show_in_list = show
        self._told = told
        self._reading = 0
        """Which reading of a view is the latest; answers to older ones are dropped."""
        self._shown = -1
        """Which reading the list shows the beginning of."""
        self._wanted: tuple[int, ...] = ()
        """The entries the cursor is to come to: the first that the view has. None once it has come there."""
        self._is_replacing = False
        self._newest_id = 0
        """The newest entry there was when the view was read."""
        self.came_from: tuple[int, str] | None = None
        """While something else than a view is listed: which entry one was on, and in which pane."""

    def begin(self, view: View, *, wanted: Sequence[int] = (), reads_on: bool = True) -> None:
        """List a view.

        Args:
            view: which.
            wanted: where the cursor is to be; where the view does not have the first of them, the next.
            reads_on: read the rest now; at start that waits for the first screen.

        Raises:
            StorageError: it cannot be read.
        """
        self._reading += 1
        self._newest_id = self._library.newest_id()
        self.came_from = None
        self._questions.stop_search()
        self._wanted = tuple(wanted)
        self._is_replacing = False
        if view.query:  # a search is made where it cannot hold up typing
            self._questions.list_first(view, self._reading)
            return
        listing = self._library.listing(view, first=FIRST_ROWS)
        # Or the list would be seen at its top, and then jump.
        if reads_on and not self._has_wanted(listing):
            self._questions.list_as_far_as(self._wanted, view, self._reading)
            return
        self._show(listing)
        if reads_on:
            self._read_on(listing)

    def read_on(self, view: View) -> None:
        """Read the rest of the view that was begun with, when it could wait until now."""
        listing = self._entries.listing
        if view.query or listing.is_whole:
            return
        if self._has_wanted(listing):
            self._questions.list(view, self._reading)
        else:
            self._questions.list_as_far_as(self._wanted, view, self._reading)

    def begin_again(self, view: View, *, more: int, at_once: bool = True) -> None:
        """List the same view with what came in; the cursor stays on its entry.

        Args:
            view: which.
            more: so many entries came in.
            at_once: somebody has asked for it; else it is read in the background.

        Raises:
            StorageError: it cannot be read.
        """
        self._reading += 1
        self._newest_id = self._library.newest_id()
        self._wanted = ()
        first = self._entries.cursor + FIRST_ROWS + more
        if view.query or first > _MANY_ROWS or not at_once:
            self._is_replacing = True
            self._questions.list(view, self._reading)
            return
        listing = self._library.listing(view, first=first)
        self._replace(listing)
        self._read_on(listing)

    def list_aside(self, listing: Listing, came_from: tuple[int, str]) -> None:
        """List something else for a while; what is read of the view meanwhile is dropped."""
        self.came_from = self.came_from or came_from
        self._entries.show(listing)
        self._told()

    def take(self, listing: Listing, reading: int, *, view: View, counted: View | None) -> None:
        """Take what was read in the background.

        Args:
            listing: what was read.
            reading: for which reading.
            view: what is to be listed by now.
            counted: the hits to look around in, while a search is typed.
        """
        if reading != self._reading or listing.view != view or self.came_from is not None:
            return
        if self._is_replacing:
            self._is_replacing = False
            self._replace(listing)
            if counted is not None:
                self._questions.look_around(listing, reading, counted)
        elif self._shown != reading:
            self._show(listing)
            if counted is not None:
                self._questions.look_around(listing, reading, counted)
            else:
                self._read_on(listing)
        else:
            at_start = self._entries.cursor == 0
            self._entries.extend(listing)
            if at_start:
                any(map(self._entries.go_to, self._wanted))
            self._wanted = ()
            self._told()
            if not view.query:
                self._read_on(listing)

    @property
    def is_awaited(self) -> bool:
        """Whether what the list is to show is still being read: `take` brings it."""
        return self._is_replacing or self._shown != self._reading

    def grow(self) -> bool:
        """Look in the background what marks have made belong in the list: `take_grown`. Tells whether that can be.

        It cannot while the list is being read, or something else than a view is listed.
        """
        listing = self._entries.listing
        if self.is_awaited or self.came_from is not None or not listing.is_whole:
            return False
        self._questions.list_grown(listing, self._newest_id, self._reading)
        return True

    def take_grown(self, listing: Listing, reading: int, *, counted: View | None) -> None:
        """Take what the list has grown to; what is on the screen keeps its place.

        Args:
            listing: what was read.
            reading: which reading of the view was shown then.
            counted: the hits to count anew, while a search is typed.
        """
        if reading != self._reading or self.is_awaited or self.came_from is not None:
            return
        self._replace(listing)
        if counted is not None:
            self._questions.look_around(listing, reading, counted)

    def _show(self, listing: Listing) -> None:
        self._shown = self._reading
        # The first may be among the hits that are still to come: then none of the others is gone to.
        is_known = listing.is_whole or not listing.view.query
        looked_for = self._wanted if is_known else self._wanted[:1]
        found = next((each for each in looked_for if each in listing.ids), None)
        if found is not None:
            self._wanted = ()  # who goes to the top before the rest has come is to stay there
        self._show_in_list(listing, found)

    def _has_wanted(self, listing: Listing) -> bool:
        """Tell whether a view's beginning reaches down to where the cursor is to be, as far as one can tell."""
        return listing.is_whole or not self._wanted or self._wanted[0] in listing.ids

    def _replace(self, listing: Listing) -> None:
        self._entries.replace(listing)
        self._shown = self._reading
        self._told()

    def _read_on(self, beginning: Listing) -> None:
        if not beginning.is_whole:
            self._questions.list(beginning.view, self._reading)
