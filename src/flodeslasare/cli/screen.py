"""The way to the screen. click, httpx and feedparser are not on it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable

from msgspec.structs import replace

from flodeslasare.cli._session import Session
from flodeslasare.errors import UsageError
from flodeslasare.i18n import _

DRAWS_A_SECOND = 240
"""How often Textual draws at most, unless TEXTUAL_FPS says otherwise. At its own 60, what comes just after a drawing
(the hits, after the letter that was typed) waits for up to 17 ms."""

SWITCH_SECONDS = 0.0005
"""How long a thread that counts keeps the interpreter from the one that draws: with Python's own 5 ms a key, which
takes it a dozen times, would wait for as long each time."""


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
    os.environ.setdefault("TEXTUAL_FPS", str(DRAWS_A_SECOND))
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with session.open_library(screen=True) as library:
            from flodeslasare.tui.app import run_reader

            code = run_reader(library, places=session.places, demo=_demo_of(session))
    finally:
        gc.enable()
    return code


def _demo_of(session: Session) -> Callable[[], int]:
    """Give what opens the example blog, in a library of its own, when the welcome screen is asked for it."""

    def demo() -> int:
        from flodeslasare.cli.demo import run_demo

        return run_demo(replace(session, library=None))

    return demo
