"""What the screen asks the library in the background, and stops asking when it is moot."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from textual.message import Message
from textual.screen import Screen

from flodeslasare.errors import ReaderError
from flodeslasare.library.library import Library
from flodeslasare.model import SavedSearch, View
from flodeslasare.tui.messages import (
    ListingRead,
    MonthsRead,
    NamesRead,
    OffersRead,
    ReadingFailed,
    RelatedRead,
    SearchesCounted,
    UnreadFound,
)
from flodeslasare.tui.widgets._archive import Archive
from flodeslasare.tui.widgets._offer import Offer

MOST_RELATED = 50
"""So many entries that are like another are listed."""

Answers: TypeAlias = Callable[[Library], Iterable[Message]]
"""Asks the library it is given; each message it gives is posted as it comes."""

FIRST_ROWS = 200
"""Entries of a view that are read before it is drawn; the rest follows."""

BREATH_SECONDS = 0.05
"""How long the screen is left alone with an answer before more is asked: threads share the interpreter, and one that
counts takes it from the one that draws."""

_AGAIN_SECONDS = 0.005
"""How soon a question that has not ended is told again to stop: it may not have begun the first time."""


class _Asked:
    """One question under way."""

    def __init__(self, before: _Asked | None) -> None:
        self.before = before
        """The question of the same kind that this one makes moot."""
        self.library: Library | None = None
        self.has_ended = threading.Event()
        self._moot = threading.Event()

    @property
    def is_moot(self) -> bool:
        return self._moot.is_set()

    def rest(self) -> None:
        """Let the screen draw; no longer than the question matters."""
        self._moot.wait(BREATH_SECONDS)

    def stop(self) -> None:
        self._moot.set()
        if self.library is not None:
            self.library.stop()

    def wait(self) -> None:
        while not self.has_ended.wait(_AGAIN_SECONDS):
            self.stop()


class Questions:
    """Asks one question of each kind at a time; a newer one stops the older, whose answer never comes."""

    def __init__(self, screen: Screen[None], library: Library) -> None:
        self._screen = screen
        self._library = library
        self._last: dict[str, _Asked] = {}

    def list(self, view: View, reading: int, *, beginning: bool) -> None:
        """Read a view's entries, with `beginning` the first of them first: `ListingRead`."""

        def answers(library: Library) -> Iterator[Message]:
            if beginning:
                listing = library.listing(view, first=FIRST_ROWS)
                yield ListingRead(listing, reading)
                if listing.is_whole:
                    return
            yield ListingRead(library.listing(view), reading)

        self._ask("listing", answers)

    def count_months(self) -> None:
        """Count entries per feed and month: `MonthsRead`."""
        self._ask("months", lambda library: [MonthsRead(Archive(library.months()), View())])

    def look_around(self, view: View, *, has_hits: bool) -> None:
        """Look for the words that a search matches or may have meant, and count its hits.

        `OffersRead`, `MonthsRead`.
        """
        query = view.query

        def answers(library: Library) -> Iterator[Message]:
            offers = _words_matched(library, query) if has_hits else []
            yield OffersRead(offers, query)
            if has_hits:
                yield MonthsRead(Archive(library.months(view, unread=False)), view)
            others = [
                Offer(each.word, each.count, each.query, each.kind == "form")
                for each in library.suggestions(query)
                if not has_hits or each.kind == "form"
            ]
            if others:
                yield OffersRead([*offers, *others], query)
            if not has_hits:
                yield MonthsRead(Archive(library.months(view, unread=False)), view)

        self._ask("around", answers, rests=True)

    def find_related(self, entry_id: int) -> None:
        """Look for entries that are like another: `RelatedRead`."""
        self._ask(
            "related",
            lambda library: [RelatedRead(entry_id, library.related(entry_id, limit=MOST_RELATED))],
        )

    def count_searches(self, searches: Iterable[SavedSearch]) -> None:
        """Count what the saved searches find, as each is done: `SearchesCounted`."""
        asked = list(searches)

        def answers(library: Library) -> Iterator[Message]:
            for search in asked:
                _total, unread = library.count(search.query)
                yield SearchesCounted({search.id: unread})

        self._ask("searches", answers)

    def read_names(self) -> None:
        """Read the names that may follow an operator and that the screen does not have: `NamesRead`."""
        self._ask("names", lambda library: [NamesRead(library.names())])

    def find_unread(self, view: View, entry_id: int, *, older: bool, open_it: bool) -> None:
        """Look for the unread entry next to another: `UnreadFound`."""

        def answers(library: Library) -> Iterator[Message]:
            found = library.next_in(view.but(unread=True), entry_id, older=older)
            yield UnreadFound(found, view, open_it)

        self._ask("unread", answers)

    def stop_search(self) -> None:
        """Stop what is asked about the search, or the view, that is now another."""
        for kind in ("listing", "around", "unread", "related"):
            self._stop(kind)

    def stop(self) -> None:
        """Stop everything."""
        for kind in self._last:
            self._stop(kind)

    def _stop(self, kind: str) -> None:
        if kind in self._last:
            self._last[kind].stop()

    def _ask(self, kind: str, answers: Answers, *, rests: bool = False) -> None:
        """Ask in a thread of its own, once the question of this kind before has ended.

        Args:
            kind: what is stopped by the next of it.
            answers: asks.
            rests: what was answered last is to be drawn first.
        """
        self._stop(kind)
        asked = self._last[kind] = _Asked(self._last.get(kind))
        self._screen.run_worker(
            lambda: self._answer(asked, answers, rests), group=kind, description=kind, thread=True
        )

    def _answer(self, asked: _Asked, answers: Answers, rests: bool) -> None:
        try:
            if asked.before is not None:
                asked.before.wait()
                asked.before = None
            if rests:
                asked.rest()
            if asked.is_moot:
                return
            with self._library.opened_again() as library:
                asked.library = library
                for message in answers(library):
                    if asked.is_moot:
                        return
                    self._screen.post_message(message)
                    asked.rest()
        except ReaderError as error:
            if not asked.is_moot:  # else it was stopped
                self._screen.post_message(ReadingFailed(str(error)))
        finally:
            asked.has_ended.set()


def _words_matched(library: Library, query: str) -> list[Offer]:
    """Find the words that the last word of a query matches; each leads to the query with it in its place."""
    from flodeslasare.query import parse, replaced

    sought = parse(query).sought()
    if not sought:
        return []
    last = sought[-1].words[-1]
    return [
        Offer(word, count, replaced(query, last, word))
        for word, count in library.matching_words(query)
    ]
