"""Opening and copying links: the one place where an address from a feed leaves the program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import webbrowser

    from textual.app import App

_OPENABLE = re.compile(
    r"(?:https?://[^\s/]|mailto:[^\s@]+@)[^\s\x00-\x20\x7f-\x9f]*", re.IGNORECASE
)
_CONSOLE_BROWSERS = frozenset(
    {
        "browsh",
        "carbonyl",
        "chawan",
        "cha",
        "elinks",
        "links",
        "links2",
        "lynx",
        "w3m",
        "www-browser",
    }
)
"""Programs that take over the terminal, by the names `webbrowser` and Debian know them."""


def is_openable(url: str) -> bool:
    """Say whether an address may be opened: whole, without spaces, and http, https or mailto."""
    return _OPENABLE.fullmatch(url) is not None


def open_in_browser(app: App[Any], url: str) -> bool:
    """Open an address in the person's browser; no shell sees it.

    A browser that runs in the terminal gets the terminal until it is left.

    Returns:
        `False` when the address may not be opened or no browser is there: then show and copy it.
    """
    import webbrowser

    from textual.app import SuspendNotSupported

    if not is_openable(url):
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    try:
        if not _runs_in_terminal(browser):
            return browser.open(url)
        with app.suspend():
            return browser.open(url)
    except (OSError, webbrowser.Error, SuspendNotSupported):
        return False


def copy(app: App[Any], url: str) -> None:
    """Put an address on the clipboard, through the terminal (OSC 52)."""
    app.copy_to_clipboard(url)


def _runs_in_terminal(browser: webbrowser.BaseBrowser) -> bool:
    """Say whether `webbrowser` would wait for the browser, as it does for those of the console."""
    name = str(getattr(browser, "name", "")).replace("\\", "/").rpartition("/")[2].lower()
    return name in _CONSOLE_BROWSERS
