"""What the screen remembers for the next start, written down when no other writer is in the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.screen import Screen
from textual.timer import Timer

from flodeslasare.errors import Busy, ReaderError
from flodeslasare.library.library import Library

_AGAIN_SECONDS = 1.0
"""When small values are kept that another writer stood in the way of."""


class Memory:
    """Keeps small values, and the places in entries; while another writer is at it, a little later."""

    def __init__(self, screen: Screen[None], library: Library, tell: Callable[[str], None]) -> None:
        """Make it.

        Args:
            screen: whose clock it waits on.
            library: where it keeps them.
            tell: what says why something could not be kept.
        """
        self._screen = screen
        self._library = library
        self._tell = tell
        self._values: dict[str, str] = {}
        self._places: dict[int, float] = {}
        self._timer: Timer | None = None

    def keep(self, values: Mapping[str, str]) -> None:
        """Keep small values."""
        self._values.update(values)
        self.write_down()

    def keep_place(self, entry_id: int, place: float) -> None:
        """Keep how far an entry has been read."""
        self._places[entry_id] = place
        self.write_down()

    def write_down(self) -> None:
        """Write down what waits."""
        try:
            while self._values:
                key, value = next(iter(self._values.items()))
                self._library.remember(key, value)
                del self._values[key]
            while self._places:
                entry_id, place = next(iter(self._places.items()))
                self._library.keep_place(entry_id, place)
                del self._places[entry_id]
        except Busy:
            if self._timer is None and self._screen.is_running:
                self._timer = self._screen.set_timer(_AGAIN_SECONDS, self._write_down_again)
        except ReaderError as error:
            self._tell(str(error))

    def _write_down_again(self) -> None:
        self._timer = None
        self.write_down()
