"""What the person does to a feed: look at it, rename, move, merge, leave. Imported when it is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flodeslasare.errors import ReaderError
from flodeslasare.i18n import _, ngettext
from flodeslasare.model import Feed
from flodeslasare.tui import phrases
from flodeslasare.tui.messages import LibraryChanged, ReadingFailed
from flodeslasare.tui.screens._prompt import PromptScreen

if TYPE_CHECKING:
    from flodeslasare.tui.screens.reader import ReaderScreen


def show(reader: ReaderScreen, now: datetime) -> None:
    """Show the current feed, and do what the person then chooses."""
    from flodeslasare.tui.screens.feed_details import FeedScreen

    chosen = _current(reader)
    if chosen is None:
        return
    with reader.telling():
        feed = reader.library.feed(chosen.id)
        into = None if feed.merge_into is None else reader.library.feed(feed.merge_into)
        refreshes = reader.library.refreshes(feed.id)

        def do(what: str | None) -> None:
            if what == "refresh":
                reader.post_message(reader.RefreshRequested([feed.id]))
            elif what == "merge" and into is not None:
                merge(reader, feed, into)
            elif what is not None:
                {"rename": rename, "move": move, "remove": remove}[what](reader, feed)

        screen = FeedScreen(feed, refreshes, into=into, now=now)
        reader.app.push_screen(screen, do)


def merge(reader: ReaderScreen, feed: Feed, into: Feed) -> None:
    """Make one feed of two, in the background: they may hold many entries."""

    def work() -> None:
        try:
            with reader.library.opened_again() as library:
                merged = library.merge_feeds(feed.id, into.id)
        except ReaderError as error:
            reader.post_message(ReadingFailed(str(error)))
            return
        said = ngettext(
            "{feed} is now part of {into}; {n} entry went over",
            "{feed} is now part of {into}; {n} entries went over",
            merged.moved,
        ).format(feed=feed.title, into=into.title, n=phrases.number(merged.moved))
        reader.app.call_from_thread(reader.entries.forget_rows)
        reader.app.call_from_thread(reader.status.tell, said)
        reader.post_message(LibraryChanged())

    reader.run_worker(work, group="merge", description="merge feeds", thread=True)


def remove(reader: ReaderScreen, feed: Feed | None = None) -> None:
    """Unsubscribe from a feed, the current one where none is given; its entries stay."""
    feed = feed or _current(reader)
    if feed is None:
        return
    with reader.telling():
        with reader.library.opened_again() as library:
            library.unsubscribe(feed.id)
        reader.status.tell(_("unsubscribed from {feed}; its entries stay").format(feed=feed.title))
        reader.post_message(LibraryChanged())


def rename(reader: ReaderScreen, feed: Feed | None = None) -> None:
    """Ask for a name for a feed, the current one where none is given."""
    feed = feed or _current(reader)
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


def move(reader: ReaderScreen, feed: Feed | None = None) -> None:
    """Ask for a folder for a feed, the current one where none is given."""
    feed = feed or _current(reader)
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
