"""What the person does to a feed: look at it, rename, move, merge, leave, delete. Imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from flodeslasare.errors import AddressTaken, NoSuchFeed, ReaderError, UsageError
from flodeslasare.i18n import _, ngettext
from flodeslasare.model import Feed, View
from flodeslasare.text import harmless_line
from flodeslasare.tui import phrases
from flodeslasare.tui.links import shown_address, without_scheme
from flodeslasare.tui.messages import LibraryChanged, ReadingFailed
from flodeslasare.tui.screens._arrivals import is_in_folder
from flodeslasare.tui.screens._prompt import PromptScreen
from flodeslasare.tui.widgets._text import cut

if TYPE_CHECKING:
    from flodeslasare.documents import Readdressed
    from flodeslasare.findings import Merged
    from flodeslasare.library.library import Library
    from flodeslasare.tui.screens.reader import ReaderScreen

Back: TypeAlias = Callable[[], None]
"""Leads back to the dialog about the feed, where what is done was chosen there: what is asked about it is one step
further in, and its answer shows in that dialog. What ends in the reader (a refresh, a backfill, a feed that goes) does not.
"""

_Made = TypeVar("_Made")

_NAME_CELLS = 22
"""Of a name in what is said of a change, so that a short line has room for two, and for how it is undone."""


def show(reader: ReaderScreen, now: Callable[[], datetime]) -> None:
    """Show the current feed, and do what the person then chooses."""
    chosen = _current(reader)
    if chosen is not None:
        _show(reader, chosen, now)


def _show(
    reader: ReaderScreen, chosen: Feed, now: Callable[[], datetime], *, line: float = 0
) -> None:
    """Show a feed from the given line on, and do what the person then chooses."""
    from flodeslasare.tui.screens.feed_details import FeedScreen

    with reader.telling():
        feed = _as_it_is(reader, chosen)
        if feed is None:
            return
        into = None if feed.merge_into is None else reader.library.feed(feed.merge_into)
        screen = FeedScreen(
            feed,
            reader.library.refreshes(feed.id),
            into=into,
            is_filled=reader.backfills.has(feed.id),
            now=now(),
            line=line,
        )

        def do(what: str | None) -> None:
            if what == "merge" and into is not None:
                _ask_to_merge(reader, feed, into, back)  # the dialog has named it
            elif what == "undo":
                reader.action_undo()
                back()
            elif what is not None:
                DOING[what](reader, feed, back)

        def back() -> None:
            _show(reader, feed, now, line=screen.line)

        reader.app.push_screen(screen, do)


def _as_it_is(reader: ReaderScreen, chosen: Feed) -> Feed | None:
    """Read a feed again; where another program has changed that meanwhile, the one that has its address, or none."""
    try:
        return reader.library.feed(chosen.id)
    except NoSuchFeed:
        reader.post_message(LibraryChanged())
    said, instead = _fate(reader.library, chosen)
    reader.status.tell(said, is_news=True)
    return instead


def _fate(library: Library, gone: Feed) -> tuple[str, Feed | None]:
    """Say what has become of a feed that is not there any more; gives the one that has its address, too."""
    try:
        instead = library.feed(gone.url)
    except NoSuchFeed:
        instead = None
    if instead is not None and instead.url != gone.url:
        return _said_of_part(gone, instead.title), instead
    said = _("{feed} has been deleted, by another program")  # and may have been added anew
    return said.format(feed=_short(gone.title)), instead


def _said_of_part(feed: Feed, into: str) -> str:
    return _("{feed} is now part of {into}").format(feed=_short(feed.title), into=_short(into))


def _nowhere() -> None:
    """Go back to no dialog: it was asked for from the reader."""


def refresh(reader: ReaderScreen, feed: Feed | None = None, _back: Back = _nowhere) -> None:
    """Ask a feed for what is new, the current one where none is given."""
    feed = feed or _current(reader)
    if feed is not None:
        reader.post_message(reader.RefreshRequested([feed.id]))


def backfill(reader: ReaderScreen, feed: Feed | None = None, _back: Back = _nowhere) -> None:
    """Fetch what a feed no longer holds, the current one where none is given; where that goes on, stop it."""
    feed = feed or _current(reader)
    if feed is not None:
        reader.backfills.toggle(feed)


def want_articles(reader: ReaderScreen, feed: Feed | None = None, back: Back = _nowhere) -> None:
    """Let the whole texts of a feed, the current one where none is given, be fetched, or no longer."""
    feed = feed or _current(reader)
    if feed is None:
        return
    asked = feed

    def want(library: Library) -> Feed:
        is_wanted = library.feed(asked.id).wants_articles
        library.want_articles(asked.id, not is_wanted)
        return library.feed(asked.id)

    def has_changed(now: Feed) -> None:
        if now.wants_articles:
            said = _("{feed}: whole texts are fetched from now on")
        else:
            said = _("{feed}: no more whole texts; those that came are kept")
        reader.status.tell(said.format(feed=_short(now.title)))
        if not reader.library.is_offline:
            reader.articles.start_again()

    with reader.telling():
        reader.changes.make(want, has_changed)
    _back_unless_waiting(reader, back)


def merge(reader: ReaderScreen, feed: Feed | None = None, back: Back = _nowhere) -> None:
    """Ask which feed another, the current one where none is given, is to go up in; then merge them."""
    from flodeslasare.tui.screens._feed_dialogs import MergeScreen

    goes = feed or _current(reader)
    if goes is None or not reader.can_be_kept():
        return

    def chosen(into: Feed | None) -> None:
        if into is None:
            back()
        else:
            _ask_to_merge(reader, goes, into, back)

    with reader.telling():
        others = [each for each in reader.library.feeds() if each.id != goes.id]
        # the one it has moved to, if any, first
        others.sort(key=lambda each: each.id != goes.merge_into)
        reader.app.push_screen(MergeScreen(goes, others), chosen)


def _ask_to_merge(reader: ReaderScreen, feed: Feed, into: Feed, back: Back) -> None:
    """Ask whether two feeds shall be one, for it cannot be undone; then merge them."""
    from flodeslasare.tui.screens._feed_dialogs import MergeSureScreen

    if not reader.can_be_kept():
        return

    def answered(is_sure: bool | None) -> None:
        if is_sure:
            _merge(reader, feed, into)
        else:
            back()

    with reader.telling():
        reader.app.push_screen(MergeSureScreen(reader.library.feed(feed.id), into), answered)


def _merge(reader: ReaderScreen, feed: Feed, into: Feed) -> None:
    """Make one feed of two, in the background: they may hold many entries."""
    from flodeslasare.tui.screens._feed_dialogs import name_beside

    reader.backfills.stop(feed.id, quietly=True)
    step = reader.steps.did(_said_of_part(feed, name_beside(into, feed)))

    def work() -> None:
        try:
            with reader.library.opened_again() as library:
                merged = library.merge_feeds(feed.id, into.id)
        except ReaderError as error:
            reader.call_later(reader.steps.forget, step)
            reader.post_message(ReadingFailed(str(error)))
            return
        reader.call_later(reader.steps.forget_feed, feed.id)
        reader.app.call_from_thread(reader.entries.forget_rows)
        said = _said_of(merged, feed, into)
        reader.app.call_from_thread(partial(reader.status.tell, said, is_news=True))
        reader.post_message(LibraryChanged())

    reader.run_worker(work, group="merge", description="merge feeds", thread=True)


def _said_of(merged: Merged, feed: Feed, into: Feed) -> str:
    """Say what has become of the entries of a feed that went up in another."""
    parts = []
    if merged.moved or not merged.joined:
        parts.append(
            ngettext("{n} entry went over", "{n} entries went over", merged.moved).format(
                n=phrases.number(merged.moved)
            )
        )
    if merged.joined:
        parts.append(
            ngettext("{n} was in both", "{n} were in both", merged.joined).format(
                n=phrases.number(merged.joined)
            )
        )
    from flodeslasare.tui.screens._feed_dialogs import name_beside

    name = name_beside(into, feed)
    return _("{feed} is now part of {into}: {entries}").format(
        feed=feed.title, into=name, entries=", ".join(parts)
    )


def remove(reader: ReaderScreen, feed: Feed | None = None, _back: Back = _nowhere) -> None:
    """Unsubscribe from a feed, the current one where none is given; its entries stay, and undo takes it back."""
    feed = feed or _current(reader)
    if feed is None:
        return
    left, base = feed, reader.base

    def leave(library: Library) -> None:
        library.unsubscribe(left.id)

    def has_left(_nothing: None) -> None:
        said = _("unsubscribed from {feed}; its entries stay").format(feed=_short(left.title))
        _did(reader, left, said, partial(_subscribe_again, reader, left, base))
        reader.post_message(LibraryChanged())
        if (
            reader.status.fetching is not None
        ):  # perhaps of this feed, whose pages nobody wants any more
            reader.articles.start_again()

    reader.backfills.stop(left.id, quietly=True)
    with reader.telling():
        reader.changes.make(leave, has_left)


def _did(reader: ReaderScreen, feed: Feed, said: str, take_back: Back) -> None:
    """Say what was done to a feed, and remember how undo takes it back."""
    reader.steps.did(said, take_back, feed_id=feed.id)
    reader.status.tell(f"{said} · " + _("u undoes it"))


def _take_back(
    reader: ReaderScreen,
    feed: Feed,
    change: Callable[[Library], _Made],
    then: Callable[[_Made], None],
    *,
    of: Callable[[Feed], object] | None = None,
) -> None:
    """Take back what was done to a feed; not what another program has done to it since, and that is said.

    Args:
        reader: where.
        feed: as it was left.
        change: takes it back.
        then: goes on with what came of that.
        of: gives what was changed of it; `None` for what does no harm twice.
    """

    def change_back(library: Library) -> _Made:
        try:
            now = library.feed(feed.id)
        except NoSuchFeed:
            reader.post_message(LibraryChanged())
            fate, _instead = _fate(library, feed)
            raise UsageError(_("{what}; nothing was undone").format(what=fate)) from None
        if of is not None and of(now) != of(feed):
            reader.post_message(LibraryChanged())
            changed = _("{feed} has been changed since, by another program").format(
                feed=_short(feed.title)
            )
            raise UsageError(_("{what}; nothing was undone").format(what=changed))
        return change(library)

    reader.changes.take_back(change_back, then)


def _subscribe_again(reader: ReaderScreen, feed: Feed, base: View) -> None:
    """Subscribe again to a feed that was left, and go back to it where one was looking at it."""

    def subscribe(library: Library) -> None:
        library.resubscribe(feed.id)

    def has_subscribed(_nothing: None) -> None:
        reader.status.tell(_("subscribed to {feed} again").format(feed=feed.title))
        reader.count()
        if base.feed_id == feed.id:
            _look_again(reader, base)

    _take_back(reader, feed, subscribe, has_subscribed)


def _look_again(reader: ReaderScreen, base: View) -> None:
    """Go back to where one was looking, when that was left because it had gone."""
    if reader.base == View() and not reader.query_text:
        reader.base = base


def rename(reader: ReaderScreen, feed: Feed | None = None, back: Back = _nowhere) -> None:
    """Ask for a name for a feed, the current one where none is given; undo takes it back."""
    asked = feed or _current(reader)
    if asked is None or not reader.can_be_kept():
        return

    def has_named(was_and_is: tuple[Feed, Feed]) -> None:
        was, now = was_and_is
        _show_changed(reader)
        if was.named != now.named:
            said = _("{feed} is now called {name}").format(
                feed=_short(was.title), name=_short(now.title)
            )
            _did(reader, now, said, partial(_rename_back, reader, was, now))

    def rename_to(title: str | None) -> None:
        if title is not None and title != asked.title:
            with reader.telling():
                reader.changes.make(partial(_renamed, asked.id, title), has_named)
        _back_unless_waiting(reader, back)

    question = _("A name for {feed}; empty for its own").format(feed=asked.title)
    reader.app.push_screen(PromptScreen(question, asked.title), rename_to)


def _rename_back(reader: ReaderScreen, was: Feed, left: Feed) -> None:
    """Give a feed the name back that it had."""

    def has_named(was_and_is: tuple[Feed, Feed]) -> None:
        before, now = was_and_is
        _show_changed(reader)
        said = _("{name} is called {feed} again")
        reader.status.tell(said.format(name=_short(before.title), feed=_short(now.title)))

    _take_back(
        reader,
        left,
        partial(_renamed, was.id, was.named),
        has_named,
        of=lambda feed: feed.named,
    )


def _renamed(feed_id: int, named: str | None, library: Library) -> tuple[Feed, Feed]:
    """Give a feed a name of the person's own, or none; gives the feed as it was and as it is."""
    return library.rename_feed(feed_id, named), library.feed(feed_id)


def _show_changed(reader: ReaderScreen) -> None:
    """Show the feeds anew, and their names beside the entries."""
    reader.entries.forget_rows()
    reader.post_message(LibraryChanged())


def _back_unless_waiting(reader: ReaderScreen, back: Back) -> None:
    """Go back to the dialog about the feed, where it can show what has become of it; else the foot says that."""
    if not reader.changes.are_waiting:
        back()


def move(reader: ReaderScreen, feed: Feed | None = None, back: Back = _nowhere) -> None:
    """Ask for a folder for a feed, the current one where none is given; undo takes it back."""
    asked = feed or _current(reader)
    if asked is None or not reader.can_be_kept():
        return

    base = reader.base

    def has_moved(was_and_is: tuple[Feed, Feed]) -> None:
        was, now = was_and_is
        reader.post_message(LibraryChanged())
        if was.folder != now.folder:
            if now.folder is None:
                said = _("{feed} is now in no folder")
            else:
                said = _("{feed} is now in {folder}")
            _did(
                reader,
                now,
                _said_of_place(said, now),
                partial(_move_back, reader, was, now, base),
            )

    def move_to(folder: str | None) -> None:
        if folder is not None:
            with reader.telling():
                reader.changes.make(partial(_moved, asked.id, folder), has_moved)
        _back_unless_waiting(reader, back)

    question = _("A folder for {feed}; empty for none, Outer/Inner for one in another").format(
        feed=asked.title
    )
    reader.app.push_screen(PromptScreen(question, asked.folder or ""), move_to)


def _move_back(reader: ReaderScreen, was: Feed, left: Feed, base: View) -> None:
    """Put a feed back where it was, and go back there where one was looking at that."""

    def has_moved(was_and_is: tuple[Feed, Feed]) -> None:
        _before, now = was_and_is
        said = (
            _("{feed} is in no folder again")
            if now.folder is None
            else _("{feed} is in {folder} again")
        )
        reader.post_message(LibraryChanged())
        reader.status.tell(_said_of_place(said, now))
        reader.count()
        if base.folder is not None and is_in_folder(now, base.folder):
            _look_again(reader, base)

    _take_back(
        reader,
        left,
        partial(_moved, was.id, was.folder),
        has_moved,
        of=lambda feed: feed.folder,
    )


def _moved(feed_id: int, folder: str | None, library: Library) -> tuple[Feed, Feed]:
    """Put a feed in a folder, or at the top; gives the feed as it was and as it is."""
    return library.move_feed(feed_id, folder), library.feed(feed_id)


def _said_of_place(said: str, feed: Feed) -> str:
    folder = phrases.folder_path(feed.folder or "")
    return said.format(feed=_short(feed.title), folder=_short(folder))


def _short(name: str) -> str:
    """Cut a name so that what is said of it has room beside it."""
    return cut(name, _NAME_CELLS)


def readdress(reader: ReaderScreen, feed: Feed | None = None, back: Back = _nowhere) -> None:
    """Ask for another address for a feed, the current one where none is given, and fetch it from there; undo takes it back."""
    from flodeslasare.tui.screens._feed_dialogs import AddressScreen, MergeInto

    asked = feed or _current(reader)
    if asked is None or not reader.can_be_kept():
        return

    def changed(given: Readdressed | MergeInto | None) -> None:
        if isinstance(given, MergeInto):
            _ask_to_merge(reader, asked, given.other, back)
            return
        if given is not None:
            said = _said_of_address(_("{feed} is now fetched from {url}"), given.feed)
            if given.now != given.before:
                _did(reader, given.feed, said, partial(_readdress_back, reader, given))
            else:
                reader.status.tell(said)
            _fetch_from_there(reader, given.feed)
        back()

    reader.app.push_screen(AddressScreen(reader.library, asked), changed)


def _readdress_back(reader: ReaderScreen, given: Readdressed) -> None:
    """Fetch a feed again from where it was fetched before; what came meanwhile stays."""

    def readdress(library: Library) -> Feed:
        try:
            return library.take_address_back(given.feed.id, given.before)
        except AddressTaken as error:
            taken = _("the address that {feed} had is {other}'s by now").format(
                feed=_short(given.feed.title), other=_short(error.title)
            )
            raise UsageError(_("{what}; nothing was undone").format(what=taken)) from error

    def has_gone_back(now: Feed) -> None:
        reader.status.tell(_said_of_address(_("{feed} is fetched from {url} again"), now))
        _fetch_from_there(reader, now)

    _take_back(reader, given.feed, readdress, has_gone_back, of=lambda feed: feed.url)


def _said_of_address(said: str, feed: Feed) -> str:
    url = without_scheme(shown_address(feed.url))
    return said.format(feed=_short(feed.title), url=_short(url))


def _fetch_from_there(reader: ReaderScreen, feed: Feed) -> None:
    """Fetch a feed that has another address, and forget how it did at the one before."""
    reader.backfills.stop(feed.id, quietly=True)
    reader.status.hint = ""  # what ailed it where it was
    reader.post_message(LibraryChanged())
    # One that is under way would be broken off; the feed is due, and gets its turn after it.
    if reader.status.progress is None and not reader.library.is_offline:
        reader.post_message(reader.RefreshRequested([feed.id]))


def delete(reader: ReaderScreen, feed: Feed | None = None, back: Back = _nowhere) -> None:
    """Ask whether a feed shall go with its entries, the current one where none is given; then delete them."""
    from flodeslasare.tui.screens._feed_dialogs import DeleteScreen

    with reader.telling():
        chosen = feed or _current_or_left(reader)
        if chosen is None or not reader.can_be_kept():
            return
        found = reader.library.feed(chosen.id)
        starred = len(reader.library.listing(View(feed_id=found.id, starred=True)).ids)

        def answered(is_sure: bool | None) -> None:
            if is_sure:
                _delete(reader, found)
            else:
                back()

        reader.app.push_screen(DeleteScreen(found, starred), answered)


def _delete(reader: ReaderScreen, feed: Feed) -> None:
    """Delete a feed and its entries in the background: they may be many."""
    reader.backfills.stop(feed.id, quietly=True)
    step = reader.steps.did(_("{feed} is deleted").format(feed=_short(feed.title)))

    def work() -> None:
        try:
            with reader.library.opened_again() as library:
                deleted = library.delete_feed(feed.id)
        except ReaderError as error:
            reader.call_later(reader.steps.forget, step)
            reader.post_message(ReadingFailed(str(error)))
            return
        reader.call_later(_show_without, reader, feed, deleted)

    reader.status.busy = harmless_line(_("deleting {feed} …").format(feed=feed.title))
    reader.run_worker(work, group="delete", description="delete a feed", thread=True)


def _show_without(reader: ReaderScreen, feed: Feed, deleted: int) -> None:
    """Show the library without a feed that was deleted, wherever it stood."""
    reader.status.busy = reader.status.hint = ""
    reader.steps.forget_feed(feed.id)
    said = ngettext(
        "deleted {feed} and its {n} entry", "deleted {feed} and its {n} entries", deleted
    )
    reader.status.tell(said.format(feed=feed.title, n=phrases.number(deleted)), is_news=True)
    reader.entries.forget_rows()
    if reader.text.entry is not None and reader.text.entry.feed_id == feed.id:
        reader.text.show(None)
    with reader.telling():
        left = reader.library.feeds()

    def is_gone(view: View) -> bool:
        if view.folder is not None:
            return not any(is_in_folder(each, view.folder) for each in left)
        return view.feed_id == feed.id

    query, base, only_unread = reader.query_text, reader.base, reader.only_unread
    if not query:
        if is_gone(base):
            reader.base = View()
        reader.post_message(LibraryChanged())
        return
    # The search is asked anew, hits and counts, and where it began may be gone as well.
    reader.count()
    reader.query_text = ""
    if is_gone(reader.base):
        reader.base = View()
    reader.query_text = query
    if not is_gone(base):
        reader.base = base
    reader.only_unread = only_unread


def _current_or_left(reader: ReaderScreen) -> Feed | None:
    """Give the current feed, although it may be the current entry's that is subscribed to no more."""
    feed = reader.current_feed
    if feed is None and reader.pane != "archive" and reader.entries.entry_id is not None:
        row = reader.entries.row(reader.entries.cursor)
        if row is not None:
            return reader.library.feed(row.feed_id)
    return feed or _current(reader)


def _current(reader: ReaderScreen) -> Feed | None:
    feed = reader.current_feed
    if feed is None:
        reader.status.tell(_said_of_none(reader))
    return feed


def _said_of_none(reader: ReaderScreen) -> str:
    """Say why there is no feed that a command could be about."""
    if reader.pane != "archive":
        if reader.entries.entry_id is not None:
            return _("you do not subscribe to its feed any more; a takes it up again")
        return _("no feed is chosen")
    search = reader.current_search
    if search is not None:
        return _("{name} is a saved search: Ctrl+P renames or forgets it").format(name=search.name)
    return _("no feed is under the cursor")


DOING: Mapping[str, Callable[[ReaderScreen, Feed | None, Back], None]] = {
    "refresh": refresh,
    "backfill": backfill,
    "articles": want_articles,
    "rename": rename,
    "move": move,
    "readdress": readdress,
    "remove": remove,
    "delete": delete,
    "merge": merge,
}
"""What can be done to a feed, by the names that `FEED_KEYS` has for it."""
