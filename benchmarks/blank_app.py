"""The smallest Textual application that shows a word: what a start is measured against."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class BlankApp(App[None]):
    """One word."""

    def compose(self) -> ComposeResult:
        yield Static("tomt blad")


if __name__ == "__main__":
    BlankApp().run()
