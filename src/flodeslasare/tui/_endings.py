"""Ends the screen from outside: by a signal, or because its terminal has gone."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

_SIGNALS = ("SIGTERM", "SIGHUP")
"""From whoever ends processes, and from a terminal that is closed. By themselves they would leave the shell on the
other screen, without echo and with the mouse's reports, and the place in the text unkept."""

LEAVING_SECONDS = 10.0
"""How long leaving may take. Where the terminal takes nothing any more the event loop may stand still for ever: it waits
for what is written there."""

PARTING_SECONDS = 2.0
"""How long what is under way (an import, a long mark) may still take after that."""


class Endings:
    """Lets an application leave as `q` does when it is ended from outside, but soon; a second signal ends it at once.

    Used on the main thread, with the event loop running.
    """

    def __init__(self, leave: Callable[[int], None]) -> None:
        """Take up the signals, and watch the terminal.

        Args:
            leave: called on the event loop, with the exit code: 128 and the number of the signal.
        """
        self._leave = leave
        self._loop = asyncio.get_running_loop()
        self._code: int | None = None
        for name in _SIGNALS:
            number = getattr(signal, name, None)  # not on Windows
            # What was ignored when the program was started (`nohup`) is meant to be.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                # Not the event loop's own way: it must be heard while that stands still.
                signal.signal(number, self._take)
        if hasattr(signal, "SIGHUP"):
            threading.Thread(target=self._watch_terminal, name="terminal", daemon=True).start()

    def parted(self) -> None:
        """Say that the application has left: what goes on in threads, which are waited for at the end, has a little time.

        The file survives it when they are not waited for.
        """
        if self._code is not None:
            _end_in(PARTING_SECONDS, self._code)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        self._end(number)

    def _end(self, number: int) -> None:
        if self._code is None:
            self._code = 128 + number
            _end_in(LEAVING_SECONDS, self._code)
            self._loop.call_soon_threadsafe(self._leave, self._code)

    def _watch_terminal(self) -> None:
        """Wait until the terminal has gone: whoever started us (`su`, `docker exec`) may not pass its signal on.

        Textual would ask what cannot be read any more for keys, again and again.
        """
        import select

        if not hasattr(select, "poll") or sys.__stdin__ is None:
            return
        poll = select.poll()
        poll.register(sys.__stdin__.fileno(), 0)  # nothing but that it is closed
        if any(event & select.POLLHUP for _file, event in poll.poll()):
            self._end(signal.SIGHUP)


def _end_in(seconds: float, code: int) -> None:
    last = threading.Timer(seconds, os._exit, [code])
    last.daemon = True
    last.start()
