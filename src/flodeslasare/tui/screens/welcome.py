"""The first screen of an empty library: three ways to begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from flodeslasare.documents import ImportReport
from flodeslasare.i18n import _
from flodeslasare.library.library import Library
from flodeslasare.model import Feed
from flodeslasare.tui.screens._dialog import Choices, named

SUGGESTED_ADDRESS = "https://www.hållbarupphandling.se/"
"""The blog this reader was made for."""
_LOW, _LINES_AROUND = 17, 4
"""Where there are fewer lines, the choices scroll between the name and the keys, which take so many."""


class WelcomeScreen(Screen[Feed | ImportReport | None]):
    """Offers the example blog, an address, a file; gives what came in, or `None`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "choose('demo')", show=False),
        Binding("2,a", "choose('add')", show=False),
        Binding("3", "choose('import')", show=False),
        Binding("escape", "leave", show=False),
        Binding("question_mark", "help", show=False),
        Binding("q", "app.quit", show=False),
    ]
    DEFAULT_CSS = """
    WelcomeScreen {
        align: center middle;
        background: $background;
        color: $ink;
        & > Vertical { width: 68; max-width: 100%; height: auto; padding: 0 2; }
        & .welcome--name { text-style: bold; color: $accent; }
        & .welcome--says { color: $quiet-ink; margin: 1 0; }
        & .welcome--keys { color: $faint-ink; margin-top: 1; }
        & Choices > .option-list--option { padding: 0 2; }
        & Choices > .option-list--separator { color: $background; }
        &.-low .welcome--says { display: none; }
    }
    """

    @dataclass
    class DemoChosen(Message):
        """The person wants to see the example blog."""

    @dataclass
    class AddChosen(Message):
        """The person wants to add an address; the one given is a suggestion."""

        address: str

    @dataclass
    class ImportChosen(Message):
        """The person wants to import a file."""

    def __init__(self, library: Library) -> None:
        super().__init__()
        self._library = library

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content("Flödesläsare"), classes="welcome--name")
            yield Static(
                Content(
                    _(
                        "Keeps everything the blogs you follow have published, "
                        "and finds it again years later."
                    )
                ),
                classes="welcome--says",
            )
            yield Choices(
                Option(
                    named(
                        _("1  Try the example blog"),
                        "   " + _("without a network, beside your own library"),
                    ),
                    id="demo",
                ),
                None,
                Option(
                    named(_("2  Add an address"), f"   {SUGGESTED_ADDRESS}"),
                    id="add",
                ),
                None,
                Option(
                    named(
                        _("3  Import a file"),
                        "   " + _("OPML, or what newsboat has kept"),
                    ),
                    id="import",
                ),
            )
            yield Static(
                Content(_("Enter chooses · Esc goes on without · ? help · q quits")),
                classes="welcome--keys",
            )

    def on_resize(self, event: events.Resize) -> None:
        """Leave the keys in sight."""
        is_low = event.size.height < _LOW
        self.set_class(is_low, "-low")
        room = event.size.height - _LINES_AROUND if is_low else event.size.height
        self.query_one(Choices).styles.max_height = max(2, room)

    def on_mount(self) -> None:
        choices = self.query_one(Choices)
        choices.highlighted = 0
        choices.focus()

    def on_paste(self, event: events.Paste) -> None:
        """Take an address that is pasted for one to add."""
        address = "".join(event.text.split())
        if address:
            event.stop()
            self.post_message(self.AddChosen(address))

    @on(OptionList.OptionSelected)
    def _take_choice(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_choose(str(event.option_id))

    def action_choose(self, choice: str) -> None:
        """Tell what was chosen."""
        if choice == "demo":
            self.post_message(self.DemoChosen())
        elif choice == "add":
            self.post_message(self.AddChosen(SUGGESTED_ADDRESS))
        else:
            self.post_message(self.ImportChosen())

    @on(AddChosen)
    def _ask_for_address(self, event: AddChosen) -> None:
        event.stop()
        if not self.is_active:  # chosen twice, and the first time leads there
            return
        from flodeslasare.tui.screens.add_feed import AddFeedScreen

        self.app.push_screen(AddFeedScreen(self._library, event.address), self._end_with)

    @on(ImportChosen)
    def _ask_for_file(self, event: ImportChosen) -> None:
        event.stop()
        if not self.is_active:
            return
        from flodeslasare.tui.screens.add_feed import ImportScreen

        self.app.push_screen(ImportScreen(self._library), self._end_with)

    def _end_with(self, result: Feed | ImportReport | None) -> None:
        """Give way to the reader once something came in; else the choices stand as before."""
        if result is not None:
            self.dismiss(result)

    def action_help(self) -> None:
        """Show the keys."""
        from flodeslasare.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())

    def action_leave(self) -> None:
        """Go on to the empty library."""
        self.dismiss(None)
