"""What the command palette finds: what the keys do, by name, and what has no key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.app import SystemCommand
from textual.command import DiscoveryHit, Hit, Hits
from textual.system_commands import SystemCommandsProvider

from flodeslasare.i18n import _
from flodeslasare.tui._keys import FEED_KEYS, KEYS, MOVE, Key
from flodeslasare.tui.screens import _feeds as feeds
from flodeslasare.tui.screens import _saved as saved
from flodeslasare.tui.theme import THEMES

if TYPE_CHECKING:
    from flodeslasare.tui.app import FeedReaderApp

_ABOUT_FEED = "i"
"""The key that opens the dialog where those of a feed work."""


class Commands(SystemCommandsProvider):
    """The app's commands; where none is meant, it says so in the language of the screen, as Textual cannot."""

    async def discover(self) -> Hits:
        """Give all commands before anything is typed, as the table of keys has them: by name, one that ends the
        program might be the first, which Enter takes.
        """
        for name, does, callback, _is_discovered in commands(cast("FeedReaderApp", self.app)):
            yield DiscoveryHit(name, callback, help=does)

    async def search(self, query: str) -> Hits:
        """Find commands by letters of their names."""
        is_found = False
        async for hit in super().search(query):
            is_found = True
            yield hit
        if not is_found:
            yield Hit(0, _("No command is called so"), _nothing)


def commands(app: FeedReaderApp) -> Iterator[SystemCommand]:
    """Give every command: its name, its key and what it does."""
    reader = app.reader
    for key in sorted(KEYS, key=lambda key: key.group == MOVE):  # which nobody looks for by name
        if key.name:
            yield _command(key, _(key.shown), partial(reader.run_action, key.action))
    for key in FEED_KEYS:
        if key.name:
            shown = f"{_ABOUT_FEED} {key.shown}"
            yield _command(key, shown, partial(feeds.DOING[key.action], reader))
    without_key = (
        (
            _("Save this entry as Markdown"),
            _("in a file that you name, as export markdown does"),
            reader.action_save_entry,
        ),
        (_("Import"), _("an OPML file, or newsboat's files"), reader.action_import),
        (
            _("Rename this saved search"),
            _("the one that is chosen in the archive"),
            partial(saved.rename, reader),
        ),
        (_("Forget this saved search"), _("u undoes it"), partial(saved.forget, reader)),
    )
    if reader.is_filling:
        yield SystemCommand(
            _("Stop fetching older entries"),
            _("of all feeds; what came is kept"),
            reader.backfills.stop_all,
        )
    for name, does, callback in without_key:
        yield SystemCommand(name, does, callback)
    yield from _themes(app)


def _themes(app: FeedReaderApp) -> Iterator[SystemCommand]:
    """Give a command for each theme."""
    for theme in THEMES:
        name = _("Dark theme ({name})") if theme.dark else _("Light theme ({name})")
        does = _("the one that is on") if theme.name == app.theme else _("from now on")
        name = name.format(name=theme.name)
        yield SystemCommand(name, does, partial(app.choose_theme, theme.name))


def _command(key: Key, shown: str, callback: Callable[[], object]) -> SystemCommand:
    name, does = _(key.name), _(key.does)
    return SystemCommand(
        name, shown if does.casefold() == name.casefold() else f"{shown} · {does}", callback
    )


def _nothing() -> None:
    """Do nothing; the palette has closed."""
