"""Marks, and taking them back: at once, or in the background when they are many or must wait. `_marking` shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event

from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from flodeslasare.errors import Busy, ReaderError
from flodeslasare.i18n import _
from flodeslasare.library.library import Library
from flodeslasare.model import Marked, MarkKind, View
from flodeslasare.tui import phrases
from flodeslasare.tui.messages import ManyMarked, ReadingFailed
from flodeslasare.tui.screens._steps import Step, Steps

FEW = 500
"""More marks than these are made, and undone, in the background."""

BUSY_SECONDS = 0.2
"""After so long it is said that marks are being made."""


class Marks:
    """Marks for the screen. What is done in the background is told of by `ManyMarked`, in the order it was asked for."""

    def __init__(
        self,
        screen: Screen[None],
        library: Library,
        say_busy: Callable[[str], None],
        steps: Steps,
    ) -> None:
        """Make it.

        Args:
            screen: what gets the messages.
            library: what is marked.
            say_busy: shows what goes on; empty for nothing.
            steps: remembers, among what else can be taken back, that something was marked.
        """
        self._screen = screen
        self._library = library
        self._say_busy = say_busy
        self._steps = steps
        self._last: Event | None = None
        """Set when what was last begun in the background has ended."""
        self._timer: Timer | None = None
        self._last_is_small = False
        """Whether the last mark was of few entries, so that undoing it takes no time."""

    def mark(
        self, kind: MarkKind, entry_ids: Sequence[int], *, quietly: bool = False
    ) -> Marked | None:
        """Mark a few entries; `None` when another writer stands in the way: they are marked in turn.

        Args:
            kind: as what.
            entry_ids: which.
            quietly: nothing is said of it.

        Raises:
            StorageError: they cannot be marked.
        """
        verb = {
            MarkKind.READ: self._library.mark_read,
            MarkKind.UNREAD: self._library.mark_unread,
            MarkKind.STARRED: self._library.star,
            MarkKind.UNSTARRED: self._library.unstar,
        }[kind]
        self._last_is_small = True
        if not self._is_busy:
            try:
                marked = verb(entry_ids)
            except Busy:
                pass
            else:
                if marked.entry_ids:
                    self._steps.did()
                return marked
        ids = list(entry_ids)
        step = self._steps.did()
        said = _("Waiting for another program that uses the library …")
        self._in_turn(lambda library: ManyMarked(library.mark(kind, ids), quietly), said, step=step)
        return None

    @property
    def _is_busy(self) -> bool:
        return self._last is not None and not self._last.is_set()

    def mark_many(self, view: View, entry_ids: Sequence[int] | None, number: int) -> None:
        """Mark as read in the background: the entries, or (`None`) all of a view; `number` is how many are listed."""
        self._last_is_small = False

        def mark(library: Library) -> ManyMarked:
            ids = entry_ids if entry_ids is not None else library.listing(view).ids
            return ManyMarked(library.mark_read(ids))

        said = _("marking {n} …").format(n=phrases.number(number))
        self._in_turn(mark, said, step=self._steps.did())

    def undo(self) -> ManyMarked | None:
        """Take back the last mark; `None` when it is done in turn: it is large, or another writer stands in the way.

        Raises:
            StorageError: it cannot be taken back.
        """
        is_small, self._last_is_small = self._last_is_small, False
        if is_small and not self._is_busy:
            try:
                return ManyMarked(self._library.undo(), undone=True)
            except Busy:
                pass
        self._in_turn(lambda library: ManyMarked(library.undo(), undone=True), _("undoing …"))
        return None

    def ended(self) -> None:
        """Say no more that marks are being made, when none are."""
        if not self._is_busy:
            if self._timer is not None:
                self._timer.stop()
                self._timer = None
            self._say_busy("")

    def _in_turn(
        self, do: Callable[[Library], ManyMarked], said: str = "", *, step: Step | None = None
    ) -> None:
        """Do it in a thread, after what was begun before, waiting for other writers.

        Args:
            do: what.
            said: what is said of it while it lasts.
            step: is forgotten when nothing was marked.
        """
        before, self._last = self._last, Event()
        ended = self._last
        if said and self._timer is None:
            self._timer = self._screen.set_timer(BUSY_SECONDS, lambda: self._say_busy(said))

        def work() -> None:
            if before is not None:
                before.wait()
            done: Message
            is_nothing = True
            try:
                with self._library.opened_again() as library:
                    done = made = do(library)
                is_nothing = made.marked is None or not made.marked.entry_ids
            except ReaderError as error:
                done = ReadingFailed(str(error))
            finally:
                if step is not None and is_nothing:
                    self._steps.forget(step)
                ended.set()
            self._screen.post_message(done)

        self._screen.run_worker(work, group="marks", description="mark in turn", thread=True)
