"""Opening a link: at once where it is what it seems, after a question where it may not be."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from flodeslasare.i18n import _
from flodeslasare.tui import links
from flodeslasare.tui.screens._dialog import Choices, DialogScreen
from flodeslasare.tui.widgets.status_line import StatusLine

_SHOWN_CHARACTERS = 420
"""Of an address, from its beginning; six lines of the dialog."""


def follow(app: App[Any], status: StatusLine, url: str, text: str = "") -> None:
    """Open a link, or say why not.

    Args:
        app: whose screen and clipboard are used.
        status: where it is told how it went.
        url: where the link leads to.
        text: what the person saw of it; where that names another host, the address is shown first.
    """

    def done(choice: str | None) -> None:
        if choice == "open":
            _open(app, status, url)
        elif choice == "copy":
            links.copy(app, url)
            status.tell(_("copied {url}").format(url=links.shown_address(url)))

    doubt = links.doubt(url, text) if links.is_openable(url) else None
    if doubt is None:
        done("open")
    else:
        app.push_screen(OpenLinkScreen(url, doubt), done)


def _open(app: App[Any], status: StatusLine, url: str) -> None:
    reason = links.open_in_browser(app, url)
    if reason is None:
        status.tell(_("opened in the browser"))
        return
    links.copy(app, url)
    status.message = _("{reason} The link was copied: {url}").format(
        reason=reason, url=links.shown_address(url)
    )


class OpenLinkScreen(DialogScreen[str | None]):
    """Shows where a link leads to and why it is asked; gives `open`, `copy` or `None`."""

    DEFAULT_CSS = """
    OpenLinkScreen {
        & .link--address { color: $lead; margin-bottom: 1; }
    }
    """

    def __init__(self, url: str, doubt: str) -> None:
        """Make the dialog.

        Args:
            url: where the link leads to.
            doubt: why it is asked, as `links.doubt` gives it.
        """
        super().__init__()
        self._url = url
        self._doubt = doubt

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(_("Open this address?")), classes="dialog--title")
            yield Static(Content(self._doubt), classes="dialog--lead")
            yield Static(self._address(), classes="link--address")
            yield Choices(
                Option(Content(_("Open it")), id="open"),
                Option(Content(_("Copy it")), id="copy"),
                Option(Content(_("Leave it")), id="leave"),
            )
            yield Static(Content(_("Enter chooses · Esc leaves")), classes="dialog--keys")

    def on_mount(self) -> None:
        choices = self.query_one(Choices)
        choices.highlighted = 0
        choices.focus()

    def _address(self) -> Content:
        """Give the address, its host in bold."""
        address = links.shown_address(self._url)
        if len(address) > _SHOWN_CHARACTERS:
            address = f"{address[:_SHOWN_CHARACTERS]}…"
        begin = address.find("//") + 2
        end = min((place for mark in "/?#" if (place := address.find(mark, begin)) > 0), default=-1)
        return Content(address).stylize("bold", begin, len(address) if end < 0 else end)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id if event.option_id != "leave" else None)
