"""The pictures of the entry in the reading pane: those that are drawn, and what is said in place of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from flodeslasare.i18n import _
from flodeslasare.text import harmless_line

if TYPE_CHECKING:
    from flodeslasare.pictures import Colour, Picture

MOST_PICTURES = 50
"""Of one entry; of those after them the words stand alone."""


class Wanted(NamedTuple):
    """A picture as it is to be drawn."""

    url: str
    most_width: int
    """In pixels."""
    most_height: int
    ground: Colour
    """What is seen through it."""


class Pictures:
    """Which pictures there are, which are asked for, and what has come of it."""

    def __init__(self, urls: Iterable[str] = ()) -> None:
        self.urls = tuple(dict.fromkeys(urls))[:MOST_PICTURES]
        self._asked: set[Wanted] = set()
        self._drawn: dict[Wanted, Picture] = {}
        self._sizes: dict[str, tuple[int, int]] = {}
        self._failures: dict[str, str] = {}

    def shown(self) -> Mapping[str, tuple[tuple[int, int] | None, str]]:
        """Give for each its own size in pixels, where that is known, and what is said in its place."""
        waiting = _("fetching the picture …")
        return {
            url: (
                size := self._sizes.get(url),
                self._failures.get(url, "" if size else waiting),
            )
            for url in self.urls
        }

    def drawn(self, wanted: Wanted) -> Picture | None:
        """Give a picture, if it has come."""
        return self._drawn.get(wanted)

    def missing(self, wanted: Iterable[Wanted]) -> list[Wanted]:
        """Give what is yet to be asked for, and take it as asked; what is no longer wanted is let go of."""
        now = dict.fromkeys(wanted)
        self._asked &= now.keys()
        self._drawn = {one: picture for one, picture in self._drawn.items() if one in now}
        missing = [
            one
            for one in now
            if one not in self._asked and one not in self._drawn and one.url not in self._failures
        ]
        self._asked.update(missing)
        return missing

    def take(self, wanted: Wanted, outcome: Picture | str) -> bool:
        """Take in a picture, or why there is none; tells whether it is still wanted."""
        if wanted not in self._asked:
            return False
        self._asked.discard(wanted)
        if isinstance(outcome, str):
            self._failures[wanted.url] = harmless_line(outcome)
        else:
            self._drawn[wanted] = outcome
            self._sizes[wanted.url] = outcome.own_width, outcome.own_height
        return True

    def try_again(self) -> None:
        """Let those that failed be asked for once more."""
        self._failures.clear()
