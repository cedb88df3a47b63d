"""What is asked before a feed is changed for good: where it is to be found, and whether it is to go."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from threading import Event

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from flodeslasare.addresses import without_credentials
from flodeslasare.errors import ReaderError
from flodeslasare.i18n import _, ngettext
from flodeslasare.library.library import Library
from flodeslasare.model import Feed
from flodeslasare.text import harmless_line
from flodeslasare.tui import phrases
from flodeslasare.tui.links import shown_host
from flodeslasare.tui.screens._dialog import Choices, DialogScreen, Status
from flodeslasare.tui.widgets._line_input import LineInput

_STOP_SECONDS = 0.05
"""How soon a look at an address ends that was stopped."""


class AddressScreen(DialogScreen[Feed | None]):
    """Asks for a feed's new address, looks at it, takes it; gives the feed, or `None`."""

    DEFAULT_CSS = """
    AddressScreen { & .dialog--title { text-wrap: nowrap; text-overflow: ellipsis; } }
    """

    @dataclass
    class Failed(Message):
        """The address stays as it was; `reason` says why in a sentence."""

        reason: str

    @dataclass
    class Changed(Message):
        """The feed is asked at the new address from now on."""

        feed: Feed

    def __init__(self, library: Library, feed: Feed) -> None:
        """Make the dialog.

        Args:
            library: where the feed is kept.
            feed: as stored.
        """
        super().__init__()
        self._library = library
        self._feed = feed
        self._look: Event | None = None
        """Set to stop the look that is under way; `None` while there is none."""

    def compose(self) -> ComposeResult:
        if self._library.is_offline:
            lead = _("Its entries and marks stay. Without a network it is taken as it stands.")
        else:
            lead = _("Its entries and marks stay. A page's address will do.")
        with Vertical(classes="dialog"):
            title = _("A new address for {feed}").format(feed=self._feed.title)
            yield Static(Content(harmless_line(title)), classes="dialog--title")
            yield Static(Content(lead), classes="dialog--lead")
            yield Static(Content(_("Address")), classes="dialog--label")
            yield LineInput(self._feed.url, id="address")
            yield Status()
            yield Static(Content(_("Enter changes it · Esc leaves")), classes="dialog--keys")

    def on_mount(self) -> None:
        self._input.focus()

    @property
    def _input(self) -> Input:
        return self.query_one("#address", Input)

    @property
    def _status(self) -> Status:
        return self.query_one(Status)

    @on(Input.Changed)
    def _begin_anew(self, event: Input.Changed) -> None:
        """Stop what is under way, and let the message go: it was about another address."""
        event.stop()
        self._stop()
        self._status.clear()

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        address = event.value.strip()
        if self._look is not None:
            return
        if address == self._feed.url:
            self.dismiss(None)
        elif not address:
            self._status.warn(_("Type the address of a blog or of its feed."))
        else:
            host = shown_host(address) or without_credentials(address)
            self._status.say(_("Looking for feeds at {host} …").format(host=host))
            self._look = Event()
            self.change(address, self._look)

    @work(exclusive=True, group="address", description="change a feed's address")
    async def change(self, address: str, stop: Event) -> None:
        """Look at an address and take it, on a thread and a connection of its own: it may wait for a writer."""
        try:
            feed = await asyncio.to_thread(self._change, address, stop)
        except ReaderError as error:
            if not stop.is_set():
                self.post_message(self.Failed(str(error)))
        else:
            if feed is not None:
                self.post_message(self.Changed(feed))

    def _change(self, address: str, stop: Event) -> Feed | None:
        """Give the feed with its new address, or `None` when it was stopped before it had that."""

        async def change() -> Feed | None:
            with self._library.opened_again() as library:
                changing = asyncio.create_task(library.change_address(self._feed.id, address))
                while not changing.done():
                    if stop.is_set():
                        changing.cancel()
                    await asyncio.wait([changing], timeout=_STOP_SECONDS)
                return None if changing.cancelled() else changing.result()

        return asyncio.run(change())

    @on(Failed)
    def _tell_failure(self, event: Failed) -> None:
        event.stop()
        self._look = None
        self._status.warn(harmless_line(event.reason))

    @on(Changed)
    def _end(self, event: Changed) -> None:
        event.stop()
        self.dismiss(event.feed)

    def _stop(self) -> bool:
        """Stop what is under way; whether anything was."""
        look, self._look = self._look, None
        if look is not None:
            look.set()
        return look is not None

    def action_leave(self) -> None:
        """Stop what is under way; else close."""
        if self._stop():
            self._status.say(_("Stopped."))
        else:
            self.dismiss(None)

    def on_unmount(self) -> None:
        """Let nothing be waited for when the program ends."""
        self._stop()


class DeleteScreen(DialogScreen[bool | None]):
    """Says what goes with a feed, and asks whether it shall; gives whether it shall."""

    DEFAULT_CSS = """
    DeleteScreen { & Choices:focus > .option-list--option-highlighted { text-style: bold; } }
    """

    def __init__(self, feed: Feed, starred: int) -> None:
        """Make the dialog.

        Args:
            feed: as stored, with its entries counted.
            starred: how many of them have a star.
        """
        super().__init__()
        self._feed = feed
        self._starred = starred

    def compose(self) -> ComposeResult:
        title = _("Delete {feed} for good?").format(feed=self._feed.title)
        with Vertical(classes="dialog"):
            yield Static(Content(harmless_line(title)), classes="dialog--title")
            yield Static(Content(self._says()), classes="dialog--lead")
            yield Choices(
                Option(Content(_("Leave it")), id="leave"),
                Option(Content(_("Delete it and its entries")), id="delete"),
            )
            yield Static(Content(_("Enter chooses · Esc leaves")), classes="dialog--keys")

    def on_mount(self) -> None:
        choices = self.query_one(Choices)
        choices.highlighted = 0
        choices.focus()

    def _says(self) -> str:
        """Say how much goes, and that it cannot come back."""
        total, starred = self._feed.total, self._starred
        said = ngettext("{n} entry goes with it", "{n} entries go with it", total).format(
            n=phrases.number(total)
        )
        if starred:
            said += ngettext(", {n} of them starred", ", {n} of them starred", starred).format(
                n=phrases.number(starred)
            )
        return _("{what}. This cannot be undone.").format(what=said)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id == "delete")
