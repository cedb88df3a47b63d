"""What the person marks, in the list and in the text beside it, and how that is shown. `_marks` makes the marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from flodeslasare.i18n import _, ngettext
from flodeslasare.library.library import Library
from flodeslasare.model import Marked, MarkKind, View
from flodeslasare.tui import phrases
from flodeslasare.tui.messages import ManyMarked
from flodeslasare.tui.screens._marks import FEW, Marks
from flodeslasare.tui.widgets.entry_list import EntryList
from flodeslasare.tui.widgets.reading_pane import ReadingPane
from flodeslasare.tui.widgets.status_line import StatusLine


class Marking:
    """Marks what is listed, takes marks back, and shows what has become of the entries."""

    def __init__(
        self,
        marks: Marks,
        library: Library,
        entries: EntryList,
        text: ReadingPane,
        status: StatusLine,
        *,
        telling: Callable[[], AbstractContextManager[None]],
        changed: Callable[[], None],
        undone: Callable[[Marked], None],
    ) -> None:
        """Make it.

        Args:
            marks: makes the marks; what it does in the background comes back by `show`.
            library: what is marked.
            entries: the list.
            text: the text, of an entry of the list or of one that was.
            status: where it is said what was done.
            telling: tells of what the library cannot do.
            changed: is called when marks have changed.
            undone: is called, too, when marks were taken back: the list may lack what belongs in it again.
        """
        self._marks = marks
        self._library = library
        self._entries = entries
        self._text = text
        self._status = status
        self._telling = telling
        self._changed = changed
        self._undone = undone

    def toggle_read(self) -> None:
        """Mark the entry one is on as read, or as unread where it is."""
        entry_id = self._entries.entry_id
        if entry_id is not None:
            kind = MarkKind.UNREAD if self._is_read(entry_id) else MarkKind.READ
            self._mark(kind, [entry_id])

    def toggle_star(self) -> None:
        """Star the entry one is on, or take its star away."""
        entry_id = self._entries.entry_id
        if entry_id is not None:
            row = self._entries.row(self._entries.cursor)
            is_starred = row is not None and row.is_starred
            self._mark(MarkKind.UNSTARRED if is_starred else MarkKind.STARRED, [entry_id])

    def opened(self, entry_id: int) -> None:
        """Mark an entry as read because it has been opened, without a word; not where nothing can be kept."""
        if self._library.read_only is None and not self._is_read(entry_id):
            self._mark(MarkKind.READ, [entry_id], quietly=True)

    def mark_all(self, view: View, total: int | None) -> None:
        """Mark everything that is listed as read, as one step for undo.

        Args:
            view: what is listed.
            total: how much that is, where it is known.
        """
        listing = self._entries.listing
        if listing.is_whole and len(listing.ids) <= FEW:
            self._mark(MarkKind.READ, listing.ids)
        else:
            ids = listing.ids if listing.is_whole else None
            self._marks.mark_many(view, ids, total or len(listing.ids))

    def undo(self) -> None:
        """Take back the last mark."""
        with self._telling():
            undone = self._marks.undo()
            if undone is not None:
                self.show(undone)

    def show(self, done: ManyMarked) -> None:
        """Show what was marked, or undone."""
        if done.marked is None:
            self._status.tell(_("nothing to undo"))
        else:
            self._show(done.marked, quietly=done.quietly, undone=done.undone)

    def _mark(self, kind: MarkKind, entry_ids: Sequence[int], *, quietly: bool = False) -> None:
        with self._telling():
            marked = self._marks.mark(kind, entry_ids, quietly=quietly)
            if marked is not None:
                self._show(marked, quietly=quietly)

    def _show(self, marked: Marked, *, quietly: bool = False, undone: bool = False) -> None:
        is_read = {MarkKind.READ: True, MarkKind.UNREAD: False}.get(marked.kind)
        is_starred = {MarkKind.STARRED: True, MarkKind.UNSTARRED: False}.get(marked.kind)
        self._entries.change(marked.entry_ids, is_read=is_read, is_starred=is_starred)
        shown = self._text.entry
        if shown is not None and shown.id in marked.entry_ids:
            with self._telling():
                self._text.show_again(self._library.entry(shown.id))
        if not quietly:
            said = said_of(marked)
            is_step = not undone and marked.entry_ids
            self._status.tell(f"{said} · " + _("u undoes it") if is_step else said)
        self._changed()
        if undone:
            self._undone(marked)

    def _is_read(self, entry_id: int) -> bool:
        if self._entries.entry_id == entry_id:
            row = self._entries.row(self._entries.cursor)
            return row is not None and row.is_read
        shown = self._text.entry
        return shown is not None and shown.id == entry_id and shown.is_read


def said_of(marked: Marked) -> str:
    """Say what a mark did."""
    n = len(marked.entry_ids)
    return {
        MarkKind.READ: ngettext("{n} marked as read", "{n} marked as read", n),
        MarkKind.UNREAD: ngettext("{n} marked as unread", "{n} marked as unread", n),
        MarkKind.STARRED: ngettext("{n} starred", "{n} starred", n),
        MarkKind.UNSTARRED: ngettext("{n} unstarred", "{n} unstarred", n),
    }[marked.kind].format(n=phrases.number(n))
