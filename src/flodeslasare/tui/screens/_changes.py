"""Changes to the library for the screen: at once, or, while another writer stands in the way, in the background."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import TypeVar

from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from flodeslasare.errors import Busy, ReaderError
from flodeslasare.i18n import N_, _
from flodeslasare.library.library import Library
from flodeslasare.tui.messages import ChangeEnded
from flodeslasare.tui.screens._steps import Steps

BUSY_SECONDS = 0.2
"""After so long it is said what goes on."""

WAITING = N_("Waiting for another program that uses the library …")

_Made = TypeVar("_Made")


class Changes:
    """Makes changes. Those in the background are made in the order they were asked for, each told of by a message."""

    def __init__(
        self,
        screen: Screen[None],
        library: Library,
        say_busy: Callable[[str], None],
        steps: Steps,
    ) -> None:
        """Make it.

        Args:
            screen: what gets the messages.
            library: what is changed. It waits for another writer no longer than the screen may stand still.
            say_busy: shows what goes on; empty for nothing.
            steps: remembers what can be taken back.
        """
        self._screen = screen
        self._library = library
        self._say_busy = say_busy
        self._steps = steps
        self._last: Event | None = None
        """Set when what was last begun in the background has ended."""
        self._timer: Timer | None = None

    @property
    def are_waiting(self) -> bool:
        """Whether something goes on in the background, which what is asked for now must wait for."""
        return self._last is not None and not self._last.is_set()

    def make(
        self,
        change: Callable[[Library], _Made],
        then: Callable[[_Made], None],
        *,
        waited_in_vain: Callable[[], object] | None = None,
    ) -> None:
        """Make a change, and go on with what came of it: now, or by `ChangeEnded`.

        Args:
            change: makes it, all of it or nothing.
            then: goes on, on the event loop.
            waited_in_vain: is called there when the other writer did not end.

        Raises:
            ReaderError: it cannot be made.
        """
        if not self.are_waiting:
            try:
                made = change(self._library)
            except Busy:
                pass
            else:
                then(made)
                return

        def refuse(error: ReaderError) -> None:
            if waited_in_vain is not None and isinstance(error, Busy):
                waited_in_vain()
            raise error

        self.in_turn(
            lambda library: ChangeEnded(partial(then, change(library))),
            lambda error: ChangeEnded(partial(refuse, error)),
            _(WAITING),
        )

    def take_back(self, change: Callable[[Library], _Made], then: Callable[[_Made], None]) -> None:
        """Make a change that takes back another; one that waited in vain can be taken back later.

        Raises:
            ReaderError: it cannot be made.
        """
        self.make(change, then, waited_in_vain=self._steps.to_take_back_later())

    def in_turn(
        self,
        change: Callable[[Library], Message],
        failed: Callable[[ReaderError], Message],
        said: str = "",
    ) -> None:
        """Make a change in a thread, after what was begun before, waiting for other writers.

        Args:
            change: makes it, and gives the message that tells of it.
            failed: gives the message that tells why it could not be made.
            said: what is said of it while it lasts.
        """
        before, self._last = self._last, Event()
        ended = self._last
        if said and self._timer is None:
            self._timer = self._screen.set_timer(BUSY_SECONDS, lambda: self._say_busy(said))

        def work() -> None:
            if before is not None:
                before.wait()
            try:
                with self._library.opened_again() as library:
                    told = change(library)
            except ReaderError as error:
                told = failed(error)
            finally:
                ended.set()
            self._screen.post_message(told)

        self._screen.run_worker(work, group="changes", description="change in turn", thread=True)

    def ended(self) -> None:
        """Say no more what goes on, when nothing does."""
        if not self.are_waiting:
            if self._timer is not None:
                self._timer.stop()
                self._timer = None
            self._say_busy("")
