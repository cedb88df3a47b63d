"""A question with a line to answer it in."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from flodeslasare.i18n import _
from flodeslasare.text import harmless_line
from flodeslasare.tui.widgets._line_input import LineInput


class PromptScreen(ModalScreen[str | None]):
    """Asks for a line of text; gives it, or `None` when the person steps back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    DEFAULT_CSS = """
    PromptScreen {
        align: center middle;
        & > Vertical {
            width: 64; max-width: 90%; height: auto; padding: 1 2; background: $surface;
        }
        & .prompt--hint { color: $faint-ink; }
        & Input { margin: 1 0; border: none; height: 1; padding: 0 1; background: $panel; }
    }
    """

    def __init__(self, question: str, answer: str = "") -> None:
        super().__init__()
        self._question = question
        self._answer = answer

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(harmless_line(self._question)))
            yield LineInput(self._answer, compact=True)
            yield Static(
                Content(_("Enter does it · Esc leaves it as it is")), classes="prompt--hint"
            )

    @on(Input.Submitted)
    def _answer_with(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip())

    def action_leave(self) -> None:
        self.dismiss(None)
