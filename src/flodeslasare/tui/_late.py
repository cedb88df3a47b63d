"""What is imported late, and not by the screen's loop."""

from __future__ import annotations

from importlib import import_module


def import_texts() -> None:
    """Import, in a thread, what shows a text: the first one may come of a refresh, and it takes 50 ms."""
    for module in ("flodeslasare.tui.widgets._article", "lxml.etree"):
        import_module(module)
