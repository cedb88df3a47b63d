"""What the person does to a feed: rename, move, leave. Imported when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flodeslasare.i18n import _
from flodeslasare.model import Feed
from flodeslasare.tui.messages import LibraryChanged
from flodeslasare.tui.screens._prompt import PromptScreen

if TYPE_CHECKING:
    from flodeslasare.tui.screens.reader import ReaderScreen


def remove(reader: ReaderScreen) -> None:
    """Unsubscribe from the current feed; its entries stay."""
    feed = _current(reader)
    if feed is None:
        return
    with reader.telling():
        with reader.library.opened_again() as library:
            library.unsubscribe(feed.id)
        reader.status.tell(_("unsubscribed from {feed}; its entries stay").format(feed=feed.title))
        reader.post_message(LibraryChanged())


def rename(reader: ReaderScreen) -> None:
    """Ask for a name for the current feed."""
    feed = _current(reader)
    if feed is None:
        return

    def rename_to(title: str | None) -> None:
        if title is not None:
            with reader.telling():
                with reader.library.opened_again() as library:
                    library.rename_feed(feed.id, title or None)
                reader.entries.forget_rows()
                reader.post_message(LibraryChanged())

    question = _("A name for {feed}; empty for its own").format(feed=feed.title)
    reader.app.push_screen(PromptScreen(question, feed.title), rename_to)


def move(reader: ReaderScreen) -> None:
    """Ask for a folder for the current feed."""
    feed = _current(reader)
    if feed is None:
        return

    def move_to(folder: str | None) -> None:
        if folder is not None:
            with reader.telling():
                with reader.library.opened_again() as library:
                    library.move_feed(feed.id, folder or None)
                reader.post_message(LibraryChanged())

    question = _("A folder for {feed}; empty for none, Outer/Inner for one in another").format(
        feed=feed.title
    )
    reader.app.push_screen(PromptScreen(question, feed.folder or ""), move_to)


def _current(reader: ReaderScreen) -> Feed | None:
    feed = reader.current_feed
    if feed is None:
        reader.status.tell(_("no feed is chosen"))
    return feed
