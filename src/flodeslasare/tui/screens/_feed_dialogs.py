"""What is asked before a feed is changed for good: where it is to be found, what it goes up in, whether it is to go."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import ClassVar

from msgspec import Struct
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from flodeslasare.addresses import without_credentials
from flodeslasare.documents import Readdressed
from flodeslasare.errors import AddressTaken, ReaderError
from flodeslasare.i18n import _, ngettext
from flodeslasare.library.library import Library
from flodeslasare.model import Feed
from flodeslasare.text import harmless_line
from flodeslasare.tui import phrases
from flodeslasare.tui.links import shown_address, shown_host
from flodeslasare.tui.screens._dialog import Body, Choices, DialogScreen, Status, named
from flodeslasare.tui.widgets._line_input import LineInput

_STOP_SECONDS = 0.05
"""How soon a look at an address ends that was stopped."""


def _said_of_merging() -> str:
    return _(
        "This is for good. Nothing is lost: entries, marks and earlier texts go over, "
        "and of what both have both texts are kept."
    )


def _merging(feed: Feed, into: Feed) -> Content:
    """Set the choice to let a feed go up in another."""
    said = _("Merge {feed} into {into}").format(feed=feed.title, into=into.title)
    return named(said, _said_of_merging())


def name_beside(feed: Feed, other: Feed) -> str:
    """Give what a feed is called where another is named: its address, if both have one name."""
    return feed.title if feed.title != other.title else shown_address(feed.url)


class MergeInto(Struct, frozen=True):
    """The feed is to go up in another."""

    other: Feed


class AddressScreen(DialogScreen[Readdressed | MergeInto | None]):
    """Asks for a feed's new address, looks at it, takes it; gives what became of that, or `None`.

    Where another feed has the address, it offers to make one feed of them, and gives what is to be done.
    """

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

        given: Readdressed

    @dataclass
    class Taken(Message):
        """Another feed has the address."""

        other: Feed

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
        self._other: Feed | None = None
        """The feed that has the address that was typed."""

    def compose(self) -> ComposeResult:
        if self._library.is_offline:
            lead = _("Its entries and marks stay. Without a network it is taken as it stands.")
        else:
            lead = _("Its entries and marks stay. A page's address will do.")
        with Vertical(classes="dialog"):
            title = _("A new address for {feed}").format(feed=self._feed.title)
            with Body():
                yield Static(Content(harmless_line(title)), classes="dialog--title")
                yield Static(Content(lead), classes="dialog--lead")
                yield Static(Content(_("Address")), classes="dialog--label")
                yield LineInput(self._feed.url, id="address")
                yield Status()
                yield Choices()
            yield Static(classes="dialog--keys")

    def on_mount(self) -> None:
        self._offer(None)

    def _offer(self, other: Feed | None) -> None:
        """Offer to make one feed of this and the one that has the address; `None` to ask for an address again."""
        self._other = other
        choices = self.query_one(Choices)
        choices.clear_options()
        choices.display = other is not None
        keys = self.query_one(".dialog--keys", Static)
        if other is None:
            self._input.focus()
            keys.update(Content(_("Enter changes it · Esc leaves")))
        else:
            choices.add_option(Option(_merging(self._feed, other)))
            choices.highlighted = 0
            choices.focus()
            keys.update(Content(_("Enter makes one feed of them · Esc leaves")))

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
        if not self.is_whole:
            return
        self._stop()
        self._status.clear()
        if self._other is not None:
            self._offer(None)

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
            given = await asyncio.to_thread(self._change, address, stop)
        except AddressTaken as error:
            if not stop.is_set():
                self._tell_taken(error)
        except ReaderError as error:
            if not stop.is_set():
                self.post_message(self.Failed(str(error)))
        else:
            if given is not None:
                self.post_message(self.Changed(given))

    def _tell_taken(self, error: AddressTaken) -> None:
        try:
            self.post_message(self.Taken(self._library.feed(error.other_id)))
        except ReaderError:  # it was left, having gone up in another
            self.post_message(self.Failed(str(error)))

    def _change(self, address: str, stop: Event) -> Readdressed | None:
        """Give the feed its new address; `None` when it was stopped before it had that."""

        async def change() -> Readdressed | None:
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

    @on(Taken)
    def _offer_merging(self, event: Taken) -> None:
        event.stop()
        self._look = None
        self._status.say(
            harmless_line(_("{feed} has this address.").format(feed=event.other.title))
        )
        self._offer(event.other)

    @on(OptionList.OptionSelected)
    def _merge(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._other is not None:
            self.dismiss(MergeInto(self._other))

    @on(Changed)
    def _end(self, event: Changed) -> None:
        event.stop()
        self.dismiss(event.given)

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


class MergeScreen(DialogScreen[Feed | None]):
    """Asks which feed another is to go up in; gives that, or `None`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "to_feeds", show=False)]
    DEFAULT_CSS = """
    MergeScreen { & .dialog--title { text-wrap: nowrap; text-overflow: ellipsis; } }
    """

    def __init__(self, feed: Feed, others: Sequence[Feed]) -> None:
        """Make the dialog.

        Args:
            feed: that is to go up in another.
            others: those it may go up in.
        """
        super().__init__()
        self._feed = feed
        self._others = others

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            with Body():
                title = _("Merge {feed} into …").format(feed=self._feed.title)
                yield Static(Content(harmless_line(title)), classes="dialog--title")
                yield Static(Content(_said_of_merging()), classes="dialog--lead")
                yield LineInput(placeholder=_("a part of the feed's name"), id="name")
                yield Status()
                yield Choices()
            yield Static(Content(_("Enter chooses · Esc leaves")), classes="dialog--keys")

    def on_mount(self) -> None:
        self.query_one("#name", Input).focus()
        self._list("")

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_whole:
            self._list(event.value.strip())

    def _list(self, typed: str) -> None:
        """List the feeds that have what was typed in their names or addresses; none of them is chosen yet."""
        sought = typed.casefold()
        choices = self.query_one(Choices)
        choices.clear_options()
        choices.add_options(
            Option(named(feed.title, shown_address(feed.url)), id=str(feed.id))
            for feed in self._others
            if sought in feed.title.casefold() or sought in feed.url.casefold()
        )
        choices.display = bool(choices.option_count)
        status = self.query_one(Status)
        if choices.option_count:
            status.clear()
        else:
            status.say(_("No other feed is called so.") if typed else _("There is no other feed."))

    @on(Input.Submitted)
    def _to_choices(self, event: Input.Submitted) -> None:
        """Go on to the feeds: one of them is to be chosen there."""
        event.stop()
        self.action_to_feeds()

    def action_to_feeds(self) -> None:
        """Go from the name to the feeds."""
        choices = self.query_one(Choices)
        if choices.option_count:
            choices.focus()
            choices.highlighted = 0

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(next(feed for feed in self._others if str(feed.id) == event.option_id))


class SureScreen(DialogScreen[bool | None]):
    """Says what cannot be undone, and asks whether it shall be done; gives whether it shall."""

    DEFAULT_CSS = """
    SureScreen { & Choices:focus > .option-list--option-highlighted { text-style: bold; } }
    """

    def __init__(self, feed: Feed) -> None:
        """Make the dialog.

        Args:
            feed: as stored, with its entries counted.
        """
        super().__init__()
        self._feed = feed

    def compose(self) -> ComposeResult:
        leave, do = self._choices()
        with Vertical(classes="dialog"):
            yield Static(Content(harmless_line(self._asks())), classes="dialog--title")
            yield Static(Content(harmless_line(self._says())), classes="dialog--lead")
            yield Choices(
                Option(Content(leave), id="leave"),
                Option(Content(do), id="do"),
            )
            yield Static(Content(_("Enter chooses · Esc leaves")), classes="dialog--keys")

    def on_mount(self) -> None:
        choices = self.query_one(Choices)
        choices.highlighted = 0
        choices.focus()

    @abstractmethod
    def _asks(self) -> str:
        """Give the question."""

    @abstractmethod
    def _says(self) -> str:
        """Say what becomes of it, and that it cannot be undone."""

    @abstractmethod
    def _choices(self) -> tuple[str, str]:
        """Say what it is to leave things as they are, which comes first, and what it is to do it."""

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id == "do")


class MergeSureScreen(SureScreen):
    """Asks whether a feed shall go up in another."""

    def __init__(self, feed: Feed, into: Feed) -> None:
        """Make the dialog.

        Args:
            feed: that is to go up in another, with its entries counted.
            into: the other.
        """
        super().__init__(feed)
        self._into = into

    def _asks(self) -> str:
        return _("Merge {feed} into {into} for good?").format(
            feed=self._feed.title, into=name_beside(self._into, self._feed)
        )

    def _says(self) -> str:
        total = self._feed.total
        said = ngettext("{n} entry goes over", "{n} entries go over", total).format(
            n=phrases.number(total)
        )
        return _("{what}. This cannot be undone.").format(what=said)

    def _choices(self) -> tuple[str, str]:
        return _("Leave them apart"), _("Make one feed of them")


class DeleteScreen(SureScreen):
    """Asks whether a feed shall go with its entries."""

    def __init__(self, feed: Feed, starred: int) -> None:
        """Make the dialog.

        Args:
            feed: as stored, with its entries counted.
            starred: how many of them have a star.
        """
        super().__init__(feed)
        self._starred = starred

    def _asks(self) -> str:
        return _("Delete {feed} for good?").format(feed=self._feed.title)

    def _says(self) -> str:
        total, starred = self._feed.total, self._starred
        said = ngettext("{n} entry goes with it", "{n} entries go with it", total).format(
            n=phrases.number(total)
        )
        if starred:
            said += ngettext(", {n} of them starred", ", {n} of them starred", starred).format(
                n=phrases.number(starred)
            )
        return _("{what}. This cannot be undone.").format(what=said)

    def _choices(self) -> tuple[str, str]:
        return _("Leave it"), _("Delete it and its entries")
