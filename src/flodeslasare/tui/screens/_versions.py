"""How an entry read before its author changed it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec.structs import replace
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from flodeslasare.i18n import _
from flodeslasare.library.library import Library
from flodeslasare.model import Entry, EntryVersion
from flodeslasare.tui import phrases
from flodeslasare.tui.widgets.reading_pane import ReadingPane
from flodeslasare.tui.widgets.status_line import StatusLine


def show(app: App[Any], library: Library, status: StatusLine, entry_id: int) -> None:
    """Show how an entry read before it was changed, and follow the link that is chosen there.

    Args:
        app: whose screen is used.
        library: whose entry it is.
        status: where it is told how it went.
        entry_id: which.

    Raises:
        StorageError: it cannot be read.
    """

    def done(link: ReadingPane.LinkActivated | None) -> None:
        if link is not None:
            from flodeslasare.tui.screens._open_link import follow

            follow(app, status, link.url, link.text)

    versions = library.earlier_versions(entry_id)
    if versions:
        app.push_screen(VersionsScreen(library.entry(entry_id), versions), done)
    else:
        status.tell(_("no earlier version is kept"))


class VersionsScreen(Screen[ReadingPane.LinkActivated | None]):
    """Shows earlier versions of an entry, newest first; gives a link to open, or `None`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,e", "leave", show=False),
        Binding("h,left,n", "older(1)", show=False),
        Binding("l,right,N", "older(-1)", show=False),
        Binding("space", "page", show=False),
    ]
    DEFAULT_CSS = """
    VersionsScreen {
        background: $background;
        & > ReadingPane { height: 1fr; }
        & > #which { height: 1; padding: 0 2; background: $panel; color: $quiet-ink; }
    }
    """

    def __init__(self, entry: Entry, versions: Sequence[EntryVersion]) -> None:
        """Make the screen.

        Args:
            entry: as it is now.
            versions: as `Library.earlier_versions` gives them; at least one.
        """
        super().__init__()
        self._entry = entry
        self._versions = versions
        self._number = 0

    def compose(self) -> ComposeResult:
        yield ReadingPane()
        yield Static(id="which")

    def on_mount(self) -> None:
        self.query_one(ReadingPane).focus()
        self._show()

    def _show(self) -> None:
        version = self._versions[self._number]
        earlier = replace(
            self._entry, title=version.title, html=version.html, versions=0, enclosures=()
        )
        self.query_one(ReadingPane).show(earlier)
        which = _("as it read until {date}").format(date=phrases.long_time(version.replaced))
        if len(self._versions) > 1:
            which += " · " + _("{n} of {total}, h older, l newer").format(
                n=self._number + 1, total=len(self._versions)
            )
        self.query_one("#which", Static).update(Content(f"{which} · " + _("Esc closes")))

    @on(ReadingPane.LinkActivated)
    def _open(self, event: ReadingPane.LinkActivated) -> None:
        event.stop()
        self.dismiss(event)

    def action_older(self, step: int) -> None:
        """Go to an older version, or a newer one."""
        number = self._number + step
        if 0 <= number < len(self._versions):
            self._number = number
            self._show()

    def action_page(self) -> None:
        """Read on."""
        self.query_one(ReadingPane).page_down()

    def action_leave(self) -> None:
        """Go back to the reader."""
        self.dismiss(None)
