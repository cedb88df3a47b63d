"""Paths as people type them into a dialog, and read them there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from textual.suggester import Suggester


def typed_path(text: str) -> Path:
    """Read a path as people type, paste and drop it: with ~, in quotes, as a file address."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~somebody who is not there
        return Path(text)


def shortened(path: Path) -> str:
    """Give a path as people write it: with ~ for the home folder."""
    home = Path("~").expanduser()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


class PathSuggester(Suggester):
    """Suggests how a path may go on."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Give the first name in the folder that begins as typed."""
        folder, slash, begun = value.rpartition("/")
        if not begun or not value.startswith(("/", "~", ".")):
            return None
        names = await asyncio.to_thread(_names_in, typed_path(f"{folder}{slash}" or "."))
        name = next((name for name in names if name.startswith(begun)), None)
        return f"{folder}{slash}{name}" if name is not None else None


def _names_in(folder: Path) -> Sequence[str]:
    try:
        return sorted(f"{path.name}/" if path.is_dir() else path.name for path in folder.iterdir())
    except (OSError, ValueError):
        return ()
