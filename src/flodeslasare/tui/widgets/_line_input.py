"""The input of the dialogs and of the search."""

from __future__ import annotations

from textual.widgets import Input

from flodeslasare.text import harmless_line


class LineInput(Input):
    """An input that shows nothing a terminal obeys, whoever wrote it: a feed, a file's name, the clipboard."""

    def validate_value(self, value: str) -> str:
        """Take such characters out of what is typed, pasted or set."""
        return harmless_line(value)

    def validate_placeholder(self, placeholder: str) -> str:
        """Take them out of the hint."""
        return harmless_line(placeholder)

    def validate__suggestion(self, suggestion: str) -> str:
        """Suggest nothing where the words would not be those that are meant."""
        return suggestion if suggestion == harmless_line(suggestion) else ""
