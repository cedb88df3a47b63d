"""Marks, and taking them back: at once, or in the background when they are many or must wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.screen import Screen

from flodeslasare.errors import Busy, ReaderError
from flodeslasare.i18n import _, ngettext
from flodeslasare.library.library import Library
from flodeslasare.model import Marked, MarkKind, View
from flodeslasare.tui import phrases
from flodeslasare.tui.messages import ManyMarked, ReadingFailed


class Marks:
    """Marks for the screen. What is done in the background is told of by `ManyMarked`."""

    def __init__(self, screen: Screen[None], library: Library) -> None:
        self._screen = screen
        self._library = library

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
        try:
            return verb(entry_ids)
        except Busy:
            ids = list(entry_ids)
            self._in_turn(lambda library: ManyMarked(library.mark(kind, ids), quietly))
            return None

    def mark_many(self, view: View, entry_ids: Sequence[int] | None) -> None:
        """Mark as read in the background: the entries, or (`None`) all of a view."""

        def mark(library: Library) -> ManyMarked:
            ids = entry_ids if entry_ids is not None else library.listing(view).ids
            return ManyMarked(library.mark_read(ids))

        self._in_turn(mark)

    def undo(self) -> ManyMarked | None:
        """Take back the last mark; `None` when another writer stands in the way: it is done in turn.

        Raises:
            StorageError: it cannot be taken back.
        """
        try:
            return ManyMarked(self._library.undo(), undone=True)
        except Busy:
            self._in_turn(lambda library: ManyMarked(library.undo(), undone=True))
            return None

    def _in_turn(self, do: Callable[[Library], ManyMarked]) -> None:
        """Do it in a thread, waiting for other writers."""

        def work() -> None:
            try:
                with self._library.opened_again() as library:
                    self._screen.post_message(do(library))
            except ReaderError as error:
                self._screen.post_message(ReadingFailed(str(error)))

        self._screen.run_worker(work, group="marks", description="mark in turn", thread=True)


def said_of(marked: Marked, *, undone: bool) -> str:
    """Say what a mark did."""
    n = len(marked.entry_ids)
    said = {
        MarkKind.READ: ngettext("{n} marked as read", "{n} marked as read", n),
        MarkKind.UNREAD: ngettext("{n} marked as unread", "{n} marked as unread", n),
        MarkKind.STARRED: ngettext("{n} starred", "{n} starred", n),
        MarkKind.UNSTARRED: ngettext("{n} unstarred", "{n} unstarred", n),
    }[marked.kind].format(n=phrases.number(n))
    return said if undone or not n else f"{said} · " + _("u undoes it")
