"""What the dialogs share: a calm panel, a line that says how it goes, keys that lead out."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from flodeslasare.text import harmless, harmless_line

_LINES_AROUND_BODY = 4
"""The panel's air, and the keys with a line above them."""

_MOST_LINES_OF_CHOICES = 12

ResultT = TypeVar("ResultT")


class DialogScreen(ModalScreen[ResultT], Generic[ResultT]):
    """A panel in the middle of the screen; what is below shows faintly."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]
    DEFAULT_CSS = """
    DialogScreen {
        align: center middle;
        background: $background 75%;
        & > .dialog {
            width: 76;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 1 3;
            background: $surface;
            color: $ink;
        }
        & .dialog--title { text-style: bold; }
        & .dialog--lead { color: $quiet-ink; margin-bottom: 1; }
        & .dialog--label { color: $quiet-ink; }
        & .dialog--keys { color: $faint-ink; margin-top: 1; }
        & Input, & Input:focus {
            height: 1;
            border: none;
            padding: 0 1;
            background: $panel;
            margin-bottom: 1;
        }
        & Body > .dialog--label, & Body > Status, & Body > Choices { margin-top: 1; }
        & Body > Input, & Body > Input:focus { margin-bottom: 0; }
        & Input:focus { background: $cursor; background-tint: $foreground 0%; }
        & Input > .input--placeholder, & Input > .input--suggestion { color: $faint-ink; }
    }
    """

    def on_resize(self, event: events.Resize) -> None:
        """Leave the keys at the foot in sight; what does not fit above them scrolls."""
        room = max(1, event.size.height - _LINES_AROUND_BODY)
        for body in self.query(Body):
            body.styles.max_height = room
            for choices in body.query(Choices):  # what they are for stands above them
                choices.styles.max_height = max(2, min(_MOST_LINES_OF_CHOICES, room - 2))

    @property
    def is_whole(self) -> bool:
        """Whether its parts are there: where the program ends they go first, and what they said last comes after."""
        return bool(self.children)

    def action_leave(self) -> None:
        """Close it, nothing done."""
        self.dismiss(None)


class Body(VerticalScroll, can_focus=False):
    """What stands between the panel's edge and the line of its keys, which stays in sight."""

    DEFAULT_CSS = "Body { height: auto; scrollbar-size-vertical: 1; }"


class Status(Static):
    """How it goes, in a sentence; takes no room while there is nothing to say."""

    DEFAULT_CSS = """
    Status {
        height: auto;
        max-height: 8;
        color: $quiet-ink;
        display: none;
        &.-shown { display: block; }
        &.-error { color: $accent; }
    }
    """

    def say(self, text: str) -> None:
        """Say what is going on."""
        self._show(harmless(text), is_error=False)

    def warn(self, text: str) -> None:
        """Say what went wrong; the sign says so without colour."""
        self._show(f"! {harmless(text)}", is_error=True)

    def clear(self) -> None:
        """Say nothing."""
        self._show("", is_error=False)

    def _show(self, text: str, *, is_error: bool) -> None:
        self.update(Content(text))
        self.set_class(bool(text), "-shown")
        self.set_class(is_error, "-error")
        if text:
            self.call_after_refresh(self.scroll_visible, animate=False)


class Choices(OptionList):
    """A short list to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
    ]
    DEFAULT_CSS = """
    Choices, Choices:focus {
        height: auto;
        max-height: 12;
        border: none;
        padding: 0;
        background: transparent;
        background-tint: $foreground 0%;
        scrollbar-size-vertical: 1;
        & > .option-list--option { padding: 0 1; color: $ink; }
        & > .option-list--option-hover { background: $panel; }
        & > .option-list--option-highlighted { color: $ink; background: $panel; text-style: none; }
    }
    Choices:focus > .option-list--option-highlighted { background: $cursor; color: $ink; text-style: none; }
    """

    def on_focus(self) -> None:
        """Come into sight, also where they have only just been laid out."""
        self.call_after_refresh(self.scroll_visible, animate=False)


def named(name: str, says: str) -> Content:
    """Set a choice: its name, and below it a few words more quietly."""
    return Content.assemble(harmless_line(name), "\n", (harmless_line(says), "$faint-ink"))
