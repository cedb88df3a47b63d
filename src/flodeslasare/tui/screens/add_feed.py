"""Adding: a feed by its address, or many from another program's file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from flodeslasare.addresses import without_credentials
from flodeslasare.documents import FoundFeed, ImportReport
from flodeslasare.errors import ReaderError
from flodeslasare.i18n import _, ngettext
from flodeslasare.library.library import Library
from flodeslasare.model import Feed, FeedResult, RefreshStatus
from flodeslasare.text import harmless_line
from flodeslasare.tui import phrases
from flodeslasare.tui.links import shown_address, shown_host
from flodeslasare.tui.screens._dialog import Body, Choices, DialogScreen, Status, named
from flodeslasare.tui.screens._paths import PathSuggester, shortened, typed_path
from flodeslasare.tui.widgets._line_input import LineInput

_MOST_SKIPPED = 4
"""Sentences about what an import left out; the rest is counted."""


class AddFeedScreen(DialogScreen[Feed | None]):
    """Asks for an address, finds its feeds, subscribes to one; gives the feed, or `None`.

    Feeds that were left are offered for as long as what is typed may mean them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "to_choices", show=False)]

    @dataclass
    class FeedsFound(Message):
        """An address offers several feeds."""

        feeds: list[FoundFeed]

    @dataclass
    class Failed(Message):
        """It did not work out; `reason` says why in a sentence."""

        reason: str

    @dataclass
    class Subscribed(Message):
        """The feed is there; `result` is how its first refresh went, `None` when it was there before."""

        feed: Feed
        result: FeedResult | None

    def __init__(self, library: Library, address: str = "") -> None:
        """Make the dialog.

        Args:
            library: where the feed goes.
            address: what stands there to begin with.
        """
        super().__init__()
        self._library = library
        self._given = address
        self._feed: Feed | None = None
        """What the dialog gives, once there is only something left to read."""
        self._left = library.left_feeds()
        self._led_from: str | None = None
        """The address that was looked at, while the feeds that it offers are there to choose from."""

    def compose(self) -> ComposeResult:
        folders = sorted({feed.folder for feed in self._library.feeds() if feed.folder})
        with Vertical(classes="dialog"):
            with Body():
                yield Static(Content(_("Add a feed")), classes="dialog--title")
                yield Static(
                    Content(_("By its address, or that of a page that has one.")),
                    classes="dialog--lead",
                )
                yield Static(Content(_("Address")), classes="dialog--label")
                yield LineInput(self._given, placeholder="exempel.se/blogg", id="address")
                yield Static(Content(_("Folder, if you like")), classes="dialog--label")
                yield LineInput(
                    placeholder=", ".join(folders[:5]),
                    suggester=SuggestFromList(folders, case_sensitive=False),
                    id="folder",
                )
                yield Status()
                yield Choices()
            yield Static(Content(_("Enter adds it · Esc leaves")), classes="dialog--keys")

    def on_mount(self) -> None:
        self._offer_left()
        self.query_one("#address", Input).focus()

    @property
    def _status(self) -> Status:
        return self.query_one(Status)

    @property
    def _choices(self) -> Choices:
        return self.query_one(Choices)

    @property
    def _address(self) -> str:
        return self.query_one("#address", Input).value.strip()

    @property
    def _folder(self) -> str | None:
        return self.query_one("#folder", Input).value.strip() or None

    @property
    def _is_at_work(self) -> bool:
        return any(worker.group == "add" and not worker.is_finished for worker in self.workers)

    @on(Input.Changed, "#address")
    def _begin_anew(self) -> None:
        """Stop what is under way, and let the message go: it was about another address."""
        self._led_from = None
        if self._feed is None and self.is_whole:
            self.workers.cancel_group(self, "add")
            self._offer_left()

    def _offer_left(self) -> None:
        """Offer the feeds that were left and have what is typed in their names or addresses."""
        sought = self._address.casefold()
        self._set_choices(
            Option(
                named(each.title, f"{_entries_of(each)} · {shown_address(each.url)}"), id=each.url
            )
            for each in self._left
            if sought in each.title.casefold() or sought in each.url.casefold()
        )
        if self._choices.display:
            self._status.say(_("Or, with ↓, one that you left:"))
        else:
            self._status.clear()

    def _set_choices(self, options: Iterable[Option]) -> None:
        """Show what is offered, or nothing where there is none."""
        choices = self._choices
        choices.clear_options()
        choices.add_options(options)
        choices.display = bool(choices.option_count)

    def action_to_choices(self) -> None:
        """Go from what is typed to what is offered."""
        if self._choices.display:
            self._choices.focus()
            self._choices.highlighted = 0

    @on(Input.Submitted)
    def _look(self, event: Input.Submitted) -> None:
        event.stop()
        if self._feed is not None:
            self.dismiss(self._feed)
        elif not self._address:
            self._status.warn(_("Type the address of a blog or of its feed."))
            self.query_one("#address", Input).focus()
        elif not self._is_at_work:
            host = shown_host(self._address) or without_credentials(self._address)
            self._choices.display = False
            self._status.say(_("Looking for feeds at {host} …").format(host=host))
            self.find_feed(self._address, self._folder)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if not self._is_at_work:
            self._status.say(_("Fetching …"))
            self.subscribe(str(event.option_id), self._folder, self._led_from)

    @work(exclusive=True, group="add", description="look for feeds")
    async def find_feed(self, address: str, folder: str | None) -> None:
        """Find the feeds at an address; subscribe at once where there is only one."""
        try:
            found = await self._library.discover(address)
            if len(found) > 1:
                self._led_from = address
                self.post_message(self.FeedsFound(found))
            else:
                await self._subscribe(found[0].url, folder, address)
        except ReaderError as error:
            self.post_message(self.Failed(str(error)))

    @work(exclusive=True, group="add", description="subscribe to a feed")
    async def subscribe(self, url: str, folder: str | None, led_from: str | None) -> None:
        """Subscribe to the feed that was chosen."""
        try:
            await self._subscribe(url, folder, led_from)
        except ReaderError as error:
            self.post_message(self.Failed(str(error)))

    async def _subscribe(self, url: str, folder: str | None, led_from: str | None) -> None:
        known = next(
            (feed for feed in self._library.feeds() if feed.url == without_credentials(url)), None
        )
        if known is not None:
            self.post_message(self.Subscribed(known, None))
        else:
            added = await self._library.subscribe(url, led_from=led_from, folder=folder)
            self.post_message(self.Subscribed(*added))

    @on(FeedsFound)
    def _offer(self, event: FeedsFound) -> None:
        event.stop()
        n = len(event.feeds)
        self._status.say(
            ngettext("{n} feed there. Choose it:", "{n} feeds there. Choose one:", n).format(n=n)
        )
        self._set_choices(
            Option(
                named(feed.title or shown_address(feed.url), shown_address(feed.url)), id=feed.url
            )
            for feed in event.feeds
        )
        self.action_to_choices()

    @on(Failed)
    def _tell_failure(self, event: Failed) -> None:
        event.stop()
        self._status.warn(event.reason)
        if not self._choices.display:
            self.query_one("#address", Input).focus()

    @on(Subscribed)
    def _end(self, event: Subscribed) -> None:
        event.stop()
        feed, result = event.feed, event.result
        if result is not None and result.status is not RefreshStatus.ERROR:
            self.dismiss(feed)
            return
        self._feed = feed
        if result is None:
            self._status.say(_("You subscribe to {feed} already.").format(feed=feed.title))
        else:
            self._status.warn(
                _("{feed} was added, but could not be fetched: {reason}").format(
                    feed=feed.title, reason=result.error
                )
            )
        self._choices.display = False
        self.query_one("#address", Input).focus()

    def action_leave(self) -> None:
        """Stop what is under way; else close."""
        if self._is_at_work:
            self.workers.cancel_group(self, "add")
            self._status.say(_("Stopped."))
        else:
            self.dismiss(self._feed)


def _entries_of(feed: Feed) -> str:
    return ngettext("{n} entry", "{n} entries", feed.total).format(n=phrases.number(feed.total))


class ImportScreen(DialogScreen[ImportReport | None]):
    """Asks for another program's file and takes it in; gives the report, or `None`."""

    @dataclass
    class Failed(Message):
        """The file could not be taken in; `reason` says why in a sentence."""

        reason: str

    @dataclass
    class WentThrough(Message):
        """So many entries of the file have been gone through."""

        file: str
        count: int

        def can_replace(self, message: Message) -> bool:
            """Let a newer one stand for it: it is progress, and may be dropped."""
            return isinstance(message, ImportScreen.WentThrough)

    @dataclass
    class Imported(Message):
        """The file was taken in."""

        report: ImportReport

    def __init__(self, library: Library, path: str = "") -> None:
        """Make the dialog.

        Args:
            library: where everything goes.
            path: what stands there to begin with; empty for a file of newsboat's, where there is one.
        """
        super().__init__()
        self._library = library
        self._given = path
        self._report: ImportReport | None = None

    def compose(self) -> ComposeResult:
        found = newsboat_files()
        with Vertical(classes="dialog"):
            with Body():
                yield Static(Content(_("Import")), classes="dialog--title")
                yield Static(
                    Content(
                        _(
                            "An OPML file with subscriptions, newsboat's urls, or its cache.db with "
                            "entries and marks. What is here already stays as it is, but gets its marks."
                        )
                    ),
                    classes="dialog--lead",
                )
                yield Static(Content(_("File")), classes="dialog--label")
                given = self._given or (shortened(found[0]) if found else "")
                yield LineInput(
                    given, placeholder="~/flöden.opml", suggester=PathSuggester(), id="path"
                )
                yield Status()
                yield Choices(*(Option(Content(harmless_line(shortened(path)))) for path in found))
            yield Static(Content(_("Enter imports it · Esc leaves")), classes="dialog--keys")

    def on_mount(self) -> None:
        choices = self.query_one(Choices)
        choices.display = choices.option_count > 1
        path = self.query_one("#path", Input)
        path.focus()
        path.action_end()

    @property
    def _status(self) -> Status:
        return self.query_one(Status)

    @property
    def _is_at_work(self) -> bool:
        return any(worker.group == "import" and not worker.is_finished for worker in self.workers)

    @on(Input.Changed)
    def _begin_anew(self) -> None:
        if self._report is None and not self._is_at_work and self.is_whole:
            self._status.clear()

    @on(OptionList.OptionSelected)
    def _take_path(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        path = self.query_one("#path", Input)
        path.value = str(event.option.prompt)
        path.focus()

    @on(Input.Submitted)
    def _import(self, event: Input.Submitted) -> None:
        event.stop()
        if self._report is not None:
            self.dismiss(self._report)
        elif not event.value.strip():
            self._status.warn(_("Type the path of a file."))
        elif not self._is_at_work:
            path = typed_path(event.value)
            self._status.say(_("Importing {file} …").format(file=path.name))
            self.import_file(path)

    @work(exclusive=True, group="import", description="import a file")
    async def import_file(self, path: Path) -> None:
        """Take a file in, on a thread and a connection of its own."""

        def tell(count: int) -> None:
            self.post_message(self.WentThrough(path.name, count))

        def take_in() -> ImportReport:
            with self._library.opened_again() as library:
                return library.import_file(path, tell=tell)

        try:
            self.post_message(self.Imported(await asyncio.to_thread(take_in)))
        except ReaderError as error:
            self.post_message(self.Failed(str(error)))

    @on(WentThrough)
    def _tell_progress(self, event: WentThrough) -> None:
        event.stop()
        if self._is_at_work:
            self._status.say(
                ngettext(
                    "Importing {file} … {n} entry", "Importing {file} … {n} entries", event.count
                ).format(file=event.file, n=phrases.number(event.count))
            )

    @on(Failed)
    def _tell_failure(self, event: Failed) -> None:
        event.stop()
        self._status.warn(event.reason)

    @on(Imported)
    def _tell(self, event: Imported) -> None:
        event.stop()
        self._report = event.report
        self.query_one(Choices).display = False
        self._status.say("\n".join(report_lines(event.report)))
        self.query_one(".dialog--keys", Static).update(Content(_("Enter closes")))

    def action_leave(self) -> None:
        """Close, unless the file is just being taken in: that ends by itself, whole or not at all."""
        if not self._is_at_work:
            self.dismiss(self._report)


def report_lines(report: ImportReport) -> list[str]:
    """Say what an import brought, and what it left and why."""
    n = phrases.number
    parts = [
        ngettext("{n} feed added", "{n} feeds added", report.subscribed).format(
            n=n(report.subscribed)
        )
    ]
    if report.already:
        parts.append(
            ngettext("{n} was here already", "{n} were here already", report.already).format(
                n=n(report.already)
            )
        )
    if report.entries:
        parts.append(
            ngettext("{n} entry", "{n} entries", report.entries).format(n=n(report.entries))
        )
    if report.marks:
        parts.append(
            ngettext(
                "{n} mark on an entry that was here",
                "{n} marks on entries that were here",
                report.marks,
            ).format(n=n(report.marks))
        )
    lines = [", ".join(parts) + "."]
    left_out = [each.said for each in report.skipped]
    for heading, sentences in (("", report.remarks), (_("Left out:"), left_out)):
        if heading and sentences:
            lines.append(heading)
        lines += [f"· {sentence}" for sentence in sentences[:_MOST_SKIPPED]]
        if (more := len(sentences) - _MOST_SKIPPED) > 0:
            lines.append(ngettext("· and {n} more", "· and {n} more", more).format(n=n(more)))
    return lines


def newsboat_files() -> list[Path]:
    """Give newsboat's files that are on this machine, where it keeps them (newsboat(1), FILES)."""
    home = Path("~").expanduser()
    places = (
        ".newsboat/urls",
        ".config/newsboat/urls",
        ".newsboat/cache.db",
        ".local/share/newsboat/cache.db",
    )
    return [path for place in places if (path := home / place).is_file()]
