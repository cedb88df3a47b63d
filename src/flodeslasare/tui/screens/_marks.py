"""Marks, and taking them back: at once, or in the background when they are many or must wait. `_marking` shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flodeslasare.errors import Busy, ReaderError
from flodeslasare.i18n import _
from flodeslasare.library.library import Library
from flodeslasare.model import Marked, MarkKind, View
from flodeslasare.tui import phrases
from flodeslasare.tui.messages import ManyMarked, ReadingFailed
from flodeslasare.tui.screens._changes import WAITING, Changes
from flodeslasare.tui.screens._steps import Step, Steps

FEW = 500
"""More marks than these are made, and undone, in the background."""


class Marks:
    """Marks for the screen. What is done in the background is told of by `ManyMarked`, in the order it was asked for."""

    def __init__(
        self,
        library: Library,
        changes: Changes,
        steps: Steps,
    ) -> None:
        """Make it.

        Args:
            library: what is marked.
            changes: makes those marks that have to wait.
            steps: remembers, among what else can be taken back, that something was marked.
        """
        self._library = library
        self._changes = changes
        self._steps = steps
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
        if not self._changes.are_waiting:
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
        self._in_turn(
            lambda library: ManyMarked(library.mark(kind, ids), quietly), _(WAITING), step=step
        )
        return None

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
        if is_small and not self._changes.are_waiting:
            try:
                return ManyMarked(self._library.undo(), undone=True)
            except Busy:
                pass
        self._in_turn(lambda library: ManyMarked(library.undo(), undone=True), _("undoing …"))
        return None

    def _in_turn(
        self, do: Callable[[Library], ManyMarked], said: str, *, step: Step | None = None
    ) -> None:
        """Do it in the background, in its turn.

        Args:
            do: what.
            said: what is said of it while it lasts.
            step: is forgotten when nothing was marked.
        """

        def forget() -> None:
            if step is not None:
                self._steps.forget(step)

        def change(library: Library) -> ManyMarked:
            made = do(library)
            if made.marked is None or not made.marked.entry_ids:
                forget()
            return made

        def failed(error: ReaderError) -> ReadingFailed:
            forget()
            return ReadingFailed(str(error))

        self._changes.in_turn(change, failed, said)
