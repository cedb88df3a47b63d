"""The way to the screen. click, httpx and feedparser are not on it."""

from __future__ import annotations

import gc
import sys

from flodeslasare.cli._session import Session
from flodeslasare.errors import UsageError
from flodeslasare.i18n import _


def require_terminal() -> None:
    """See that there is a terminal to draw on and to read keys from.

    Raises:
        UsageError: there is none.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):  # Textual draws on stderr
        if stream is None or not stream.isatty():
            raise UsageError(
                _(
                    "the screen needs a terminal; in a pipe or a script use a command such as "
                    "`flodeslasare entries` (`flodeslasare --help` lists them)"
                )
            )


def open_screen(session: Session) -> int:
    """Open the screen on the session's library, and give the exit code when it is left."""
    require_terminal()
    # Nearly all that a start makes stays: modules, classes, styles, widgets. The collector would walk
    # it a few hundred times in vain, a tenth of the time. The reader turns it on with its first screen.
    gc.disable()
    try:
        with session.open_library(screen=True) as library:
            from flodeslasare.tui.app import run_reader

            return run_reader(library, places=session.places)
    finally:
        gc.enable()
