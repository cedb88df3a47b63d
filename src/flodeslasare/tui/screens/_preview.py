"""What the pane of the text shows: the entry one rests on, or has opened, with the hits of the search."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen
from textual.timer import Timer

from flodeslasare.errors import NoSuchEntry, ReaderError
from flodeslasare.library.library import Library
from flodeslasare.tui.screens._memory import Memory
from flodeslasare.tui.widgets.entry_list import EntryList
from flodeslasare.tui.widgets.reading_pane import ReadingPane

PREVIEW_SECONDS = 0.08
"""How long the cursor rests on an entry before its text is shown."""


class Preview:
    """Brings texts into their pane, each where it was left; marking them is not its business."""

    def __init__(
        self,
        screen: Screen[None],
        library: Library,
        entries: EntryList,
        text: ReadingPane,
        *,
        memory: Memory,
        sought: Callable[[], str],
        tell: Callable[[str], None],
        shown: Callable[[], None],
    ) -> None:
        """Make it.

        Args:
            screen: whose clock it waits on.
            library: whose entries are shown.
            entries: the list that one moves in.
            text: the pane.
            memory: keeps which entry was shown last.
            sought: gives the search whose hits are to be seen.
            tell: says why an entry could not be read.
            shown: called when another text is shown.
        """
        self._screen = screen
        self._library = library
        self._entries = entries
        self._text = text
        self._memory = memory
        self._sought = sought
        self._tell = tell
        self._shown = shown
        self._words = ""
        """The search whose hits the text shows."""
        self._timer: Timer | None = None
        self.is_owed = False
        """Whether there was no room for the pane when a text was to be shown."""

    def rest_on(self, entry_id: int | None) -> None:
        """Show an entry's text if one stays on it; on none, an empty pane at once."""
        self._stop_waiting()
        if entry_id is None:
            self._text.show(None)
        else:
            self._timer = self._screen.set_timer(PREVIEW_SECONDS, self.show)

    def show(self) -> None:
        """Show the text of the entry one is on."""
        self._stop_waiting()
        entry_id = self._entries.entry_id
        if entry_id is None:
            return
        self.is_owed = not self._text.display
        if not self.is_owed:
            self._bring(entry_id)
        self._memory.keep_entry(entry_id)

    def open(self, entry_id: int) -> bool:
        """Show an entry's text at once, room or not; tells whether it could be read."""
        self._stop_waiting()
        return self._bring(entry_id)

    def highlight(self) -> None:
        """Show the hits of the search that is now on in the text that is there: it is laid out anew."""
        if self._words != self._sought():
            self._words = self._sought()
            self._text.highlight(self._words)

    def read_again(self) -> None:
        """Show what has become of the entry whose text is there: its words, its feed's name, its marks; the place stays."""
        shown = self._text.entry
        if shown is not None:
            try:
                entry = self._library.entry(shown.id)
            except NoSuchEntry:
                self._text.show(None)
            except ReaderError as error:
                self._tell(str(error))
            else:
                if entry != shown:
                    self._text.show_again(entry)

    def _bring(self, entry_id: int) -> bool:
        shown, sought = self._text.entry, self._sought()
        if shown is not None and shown.id == entry_id and self._words == sought:
            return True
        try:
            entry = self._library.entry(entry_id)
            place = self._library.place(entry_id)
        except NoSuchEntry:
            self._entries.forget_rows()
            self._text.show(None)
            return False
        except ReaderError as error:
            self._tell(str(error))
            return False
        self._words = sought
        self._text.show(entry, place=place, query=sought)
        self._shown()
        return True

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
