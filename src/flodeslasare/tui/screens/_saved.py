"""What the person does to a saved search: save, rename, forget. Imported when it is asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flodeslasare.i18n import _
from flodeslasare.model import SavedSearch, View
from flodeslasare.query.saved import saved_query
from flodeslasare.tui.messages import LibraryChanged
from flodeslasare.tui.screens._prompt import PromptScreen

if TYPE_CHECKING:
    from flodeslasare.tui.screens.reader import ReaderScreen


def save(reader: ReaderScreen) -> None:
    """Ask for a name for the search that is on, and keep it."""
    query = reader.search_bar.typed or reader.query_text
    if not query:
        reader.status.tell(_("there is no search to save; / begins one"))
        return
    if not reader.can_be_kept():
        return

    def has_saved(now_and_before: tuple[SavedSearch, SavedSearch | None]) -> None:
        search, before = now_and_before
        if before is None or before.query == search.query:
            said = _("saved as {name}").format(name=search.name)
        else:
            said = _("saved as {name}, in place of {query}").format(
                name=search.name, query=before.query
            )
        reader.status.tell(said)
        reader.steps.did(said, partial(_take_back, reader, search, before))
        reader.count()

    def save_as(name: str | None) -> None:
        if name:
            with reader.telling():
                reader.changes.make(lambda library: library.save_search(name, query), has_saved)

    reader.app.push_screen(
        PromptScreen(_("A name for the search {query}").format(query=query), query), save_as
    )


def rename(reader: ReaderScreen) -> None:
    """Ask for another name for the current saved search."""
    search = _current(reader)
    if search is None or not reader.can_be_kept():
        return

    def has_named(renamed: SavedSearch) -> None:
        _show_renamed(reader, search.name, renamed)
        said = _("{feed} is now called {name}").format(feed=search.name, name=renamed.name)
        reader.status.tell(f"{said} · " + _("u undoes it"))
        reader.steps.did(said, partial(_rename_back, reader, renamed.name, search.name))

    def rename_to(name: str | None) -> None:
        if name and name != search.name:
            with reader.telling():
                reader.changes.make(
                    lambda library: library.rename_search(search.name, name), has_named
                )

    question = _("Another name for {name}").format(name=search.name)
    reader.app.push_screen(PromptScreen(question, search.name), rename_to)


def _show_renamed(reader: ReaderScreen, name: str, renamed: SavedSearch) -> None:
    """Go on to show a saved search that was called otherwise."""
    reader.count()
    if reader.base.query == saved_query(name):
        reader.base = View(query=saved_query(renamed.name))


def _rename_back(reader: ReaderScreen, name: str, before: str) -> None:
    """Give a saved search the name back that it had."""

    def has_named(renamed: SavedSearch) -> None:
        _show_renamed(reader, name, renamed)
        reader.status.tell(_("{name} is called {feed} again").format(name=name, feed=before))

    reader.changes.take_back(lambda library: library.rename_search(name, before), has_named)


def _take_back(reader: ReaderScreen, search: SavedSearch, before: SavedSearch | None) -> None:
    """Let a name stand for what it stood for before a search was saved under it, or for nothing."""
    if before is not None:
        _bring_back(reader, before)
        return

    def has_forgotten(_forgotten: SavedSearch) -> None:
        reader.status.tell(_("{name} is no longer saved").format(name=search.name))
        reader.post_message(LibraryChanged())

    reader.changes.take_back(lambda library: library.forget_search(search.name), has_forgotten)


def forget(reader: ReaderScreen) -> None:
    """Forget the current saved search; undo brings it back."""
    search = _current(reader)
    if search is None:
        return

    def has_forgotten(_forgotten: SavedSearch) -> None:
        said = _("{name} is no longer saved").format(name=search.name)
        reader.steps.did(said, partial(_bring_back, reader, search))
        reader.status.tell(f"{said} · " + _("u undoes it"))
        reader.post_message(LibraryChanged())

    with reader.telling():
        reader.changes.make(lambda library: library.forget_search(search.name), has_forgotten)


def _bring_back(reader: ReaderScreen, search: SavedSearch) -> None:
    """Save again what was forgotten."""

    def has_saved(_now_and_before: tuple[SavedSearch, SavedSearch | None]) -> None:
        reader.status.tell(_("saved as {name}").format(name=search.name))
        reader.count()

    reader.changes.take_back(
        lambda library: library.save_search(search.name, search.query), has_saved
    )


def _current(reader: ReaderScreen) -> SavedSearch | None:
    search = reader.current_search
    if search is None:
        reader.status.tell(_("no saved search is chosen"))
    return search
