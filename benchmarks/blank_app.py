"""The smallest Textual application that shows a word: what a start, and a key, is measured against."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class BlankApp(App[None]):
    """One word, and how often a key was pressed."""

    presses = 0

    def compose(self) -> ComposeResult:
        yield Static("tomt blad")

    def on_key(self) -> None:
        self.presses += 1
        self.query_one(Static).update(f"tomt blad {self.presses}")


if __name__ == "__main__":
    BlankApp().run()
