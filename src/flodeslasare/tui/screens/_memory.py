"""What the screen remembers for the next start, written down when no other writer is in the way, and read again."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from textual.screen import Screen
from textual.timer import Timer

from flodeslasare.errors import Busy, ReaderError
from flodeslasare.files import is_folder
from flodeslasare.library.library import Library
from flodeslasare.model import View
from flodeslasare.query.saved import saved_query
from flodeslasare.text import encodable
from flodeslasare.tui.theme import Chosen

_AGAIN_SECONDS = 1.0
"""When small values are kept that another writer stood in the way of."""

_PARTING_SECONDS = 1.0
"""How long it is tried when the screen is left."""

_VIEW, _UNREAD, _FOLDS, _ENTRY = "screen.view", "screen.unread", "screen.folds", "screen.entry"
_THEME, _SAVED_IN = "screen.theme", "screen.saved_in"


def chosen_theme(library: Library) -> Chosen | None:
    """Give the theme that was chosen last; asked for before there is a screen.

    Raises:
        StorageError
    """
    try:
        return msgspec.json.decode(library.recall(_THEME) or "", type=Chosen)
    except msgspec.MsgspecError:  # none was, or by another version
        return None


class Memory:
    """Keeps where the person is, and the places in entries; while another writer is at it, a little later.

    In a library that can only be read it keeps nothing, and says nothing of it.
    """

    def __init__(self, screen: Screen[None], library: Library, tell: Callable[[str], None]) -> None:
        """Make it.

        Args:
            screen: whose clock it waits on.
            library: where it keeps them.
            tell: what says why something could not be kept.
        """
        self._screen = screen
        self._library = library
        self._tell = tell
        self._values: dict[str, str] = {}
        self._places: dict[int, float] = {}
        self._timer: Timer | None = None

    def keep_view(self, view: View, *, only_unread: bool) -> None:
        """Keep what is looked at."""
        kept = msgspec.json.encode(view).decode()
        self._keep({_VIEW: kept, _UNREAD: "1" if only_unread else "0"})

    def view(self) -> View | None:
        """Give the view that was looked at, where there is still such a feed or saved search.

        Raises:
            StorageError
        """
        try:
            view = msgspec.json.decode(self._library.recall(_VIEW) or "", type=View)
        except msgspec.MsgspecError:  # nothing was, or by another version
            return None
        saved = {saved_query(search.name) for search in self._library.saved_searches()} | {""}
        known = {feed.id for feed in self._library.feeds(unsubscribed=True)}
        is_there = view.query in saved and (view.feed_id is None or view.feed_id in known)
        return view if is_there else None

    def only_unread(self) -> bool:
        """Tell whether only what is unread was listed.

        Raises:
            StorageError
        """
        return self._library.recall(_UNREAD) == "1"

    def keep_folds(self, folds: str) -> None:
        """Keep which parts of the archive are folded."""
        self._keep({_FOLDS: folds})

    def folds(self) -> str:
        """Give which parts of the archive were folded.

        Raises:
            StorageError
        """
        return self._library.recall(_FOLDS) or ""

    def keep_entry(self, entry_id: int) -> None:
        """Keep which entry one is on."""
        self._keep({_ENTRY: f"{entry_id}"})

    def entry(self) -> int | None:
        """Give the entry one was on.

        Raises:
            StorageError
        """
        kept = self._library.recall(_ENTRY) or ""
        return int(kept) if kept.isdecimal() else None

    def keep_folder(self, folder: Path) -> None:
        """Keep which folder an entry was saved in."""
        if encodable(f"{folder}") == f"{folder}":  # else its name is no text
            self._keep({_SAVED_IN: f"{folder}"})

    def folder(self) -> Path | None:
        """Give the folder that an entry was saved in last, if it is still there.

        Raises:
            StorageError
        """
        kept = self._values.get(_SAVED_IN) or self._library.recall(_SAVED_IN)
        return Path(kept) if kept and is_folder(Path(kept)) else None

    def keep_theme(self, chosen: Chosen) -> None:
        """Keep which theme was chosen."""
        self._keep({_THEME: msgspec.json.encode(chosen).decode()})

    def _keep(self, values: dict[str, str]) -> None:
        if self._library.read_only is not None:
            return
        self._values.update(values)
        if self._timer is None:
            self._write_soon()

    def keep_place(self, entry_id: int, place: float) -> None:
        """Keep how far an entry has been read."""
        if self._library.read_only is not None:
            return
        self._places[entry_id] = place
        if self._timer is None:
            self._write_soon()

    def write_down(self) -> None:
        """Write down what waits, when the screen is left: then a writer that is at it is waited for."""
        until = time.monotonic() + _PARTING_SECONDS
        while not self._is_written() and time.monotonic() < until:
            pass  # each attempt waits a little for the other writer

    def _write_soon(self) -> None:
        """Write down what waits, now if nobody else is writing: a screen must not stand still for it."""
        self._timer = None
        with self._library.in_passing():
            is_written = self._is_written()
        if not is_written and self._screen.is_running:
            self._timer = self._screen.set_timer(_AGAIN_SECONDS, self._write_soon)

    def _is_written(self) -> bool:
        """Write down what waits; tells whether nobody stood in the way."""
        try:
            while self._values:
                key, value = next(iter(self._values.items()))
                self._library.remember(key, value)
                del self._values[key]
            while self._places:
                entry_id, place = next(iter(self._places.items()))
                self._library.keep_place(entry_id, place)
                del self._places[entry_id]
        except Busy:
            return False
        except ReaderError as error:
            self._tell(str(error))
        return True
