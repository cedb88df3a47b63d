"""The input of the dialogs and of the search."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from flodeslasare.text import harmless_line


class LineInput(Input):
    """An input that shows nothing a terminal obeys, whoever wrote it: a feed, a file's name, the clipboard."""

    def on_paste(self, event: events.Paste) -> None:
        """Set lines that are pasted, as of a title that was copied where it was broken, in one: Textual takes the first."""
        lines = [line.strip() for line in event.text.splitlines()]
        if len(lines) > 1:
            event.text = " ".join(filter(None, lines))

    def validate_value(self, value: str) -> str:
        """Take such characters out of what is typed, pasted or set."""
        return harmless_line(value)

    def validate_placeholder(self, placeholder: str) -> str:
        """Take them out of the hint."""
        return harmless_line(placeholder)

    def validate__suggestion(self, suggestion: str) -> str:
        """Suggest nothing where the words would not be those that are meant."""
        return suggestion if suggestion == harmless_line(suggestion) else ""
