"""What the command palette finds."""

from __future__ import annotations

from textual.command import Hit, Hits
from textual.system_commands import SystemCommandsProvider

from flodeslasare.i18n import _


class Commands(SystemCommandsProvider):
    """The app's commands; where none is meant, it says so in the language of the screen, as Textual cannot."""

    async def search(self, query: str) -> Hits:
        """Find commands by letters of their names."""
        is_found = False
        async for hit in super().search(query):
            is_found = True
            yield hit
        if not is_found:
            yield Hit(0, _("No command is called so"), _nothing)


def _nothing() -> None:
    """Do nothing; the palette has closed."""
