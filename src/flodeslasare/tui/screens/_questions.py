"""What the screen asks the library in the background, and stops asking when it is moot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from textual.message import Message
from textual.screen import Screen

from flodeslasare.errors import ReaderError
from flodeslasare.library.library import Library
from flodeslasare.model import Listing, SavedSearch, View
from flodeslasare.tui.messages import (
    ListingGrown,
    ListingRead,
    MonthsRead,
    NamesRead,
    OffersRead,
    OverviewRead,
    ReadingFailed,
    RelatedRead,
    SearchesCounted,
    Standpoint,
    UnreadFound,
)
from flodeslasare.tui.screens._lanes import Answers, Asked, Lane
from flodeslasare.tui.screens._overview import Known, Reading
from flodeslasare.tui.widgets._archive import Archive, Sum
from flodeslasare.tui.widgets._offer import Offer

MOST_RELATED = 50
"""So many entries that are like another are listed."""

FIRST_ROWS = 200
"""Entries of a view that are read before it is drawn; the rest follows."""

FIRST_HITS = 64
"""Hits of a search that are read before they are drawn, more than a high screen holds: each costs the time of a text."""

_AGAIN_SECONDS = 0.005
"""How soon a question that has not ended is told again to stop: it may not have begun the first time."""

_PARTING_SECONDS = 0.1
"""How long it is waited for what is asked when the program ends."""


class Questions:
    """Asks one question of each kind at a time; a newer one stops the older, whose answer never comes.

    What is waited for is asked in one thread, at once; what follows it in another, one thing after the other.
    """

    def __init__(self, screen: Screen[None], library: Library) -> None:
        self._screen = screen
        self._last: dict[str, Asked] = {}
        self._first = Lane("first answers", library, self._tell)
        self._rest = Lane("the rest", library, self._tell)

    def list_first(self, view: View, reading: int) -> None:
        """Read the first entries of a search: `ListingRead`."""
        self._ask(
            "listing",
            self._first,
            lambda library: [ListingRead(library.listing(view, first=FIRST_HITS), reading)],
        )

    def list_as_far_as(self, wanted: Sequence[int], view: View, reading: int) -> None:
        """Read a view without a search down to the first of some entries that it has: `ListingRead`."""
        self._ask(
            "listing",
            self._first,
            lambda library: [
                ListingRead(library.listing_as_far_as(view, wanted, first=FIRST_ROWS), reading)
            ],
        )

    def list(self, view: View, reading: int) -> None:
        """Read all of a view's entries: `ListingRead`."""
        self._ask(
            "listing",
            self._rest,
            lambda library: [ListingRead(library.listing(view), reading)],
            rests=True,
        )

    def list_grown(self, listing: Listing, newest_id: int, reading: int) -> None:
        """Look whether marks have made more belong in a list, apart from what is newer than an id: `ListingGrown`."""

        def answers(library: Library) -> Iterator[Message]:
            grown = library.listing_grown(listing, newest_id=newest_id)
            if grown is not None:
                yield ListingGrown(grown, reading)

        self._ask("grown", self._rest, answers, rests=True)

    def read_overview(self, before: Known, reading: Reading) -> None:
        """Read what is known of the library as a whole: `OverviewRead`.

        Args:
            before: what was known before.
            reading: which reading it is.
        """
        self._ask(
            "overview",
            self._rest,
            lambda library: [OverviewRead(Known.read(library, before), reading)],
            urgency=-1,
            rests=True,
        )

    @property
    def is_reading_overview(self) -> bool:
        """Whether that is under way."""
        asked = self._last.get("overview")
        return asked is not None and not asked.ended.done()

    def count_months(self) -> None:
        """Count entries per feed and month: `MonthsRead`."""
        self._ask(
            "months",
            self._rest,
            lambda library: [MonthsRead(Archive(library.months()), View())],
            urgency=1,
            rests=True,
        )

    def look_around(self, first: Listing, reading: int, counted: View) -> None:
        """Go on with a search whose first hits are there: its words, the rest of its hits, their months, its kin.

        `OffersRead`, `ListingRead`, `MonthsRead`.

        Args:
            first: the first hits.
            reading: which reading of the view they are of.
            counted: whose hits are counted.
        """
        view, query = first.view, counted.query

        def answers(library: Library) -> Iterator[Message]:
            has_hits = bool(first.ids)
            offers = _operators_meant(query)
            if has_hits:
                offers += _words_matched(library, query, view)
            remark = "" if has_hits else " · ".join(library.unknown_names(query))
            yield OffersRead(offers, query, remark)
            if not has_hits:
                yield from others(library, offers, has_hits)
            if first.is_whole or view != counted:
                if not first.is_whole:
                    yield ListingRead(library.listing(view), reading)
                yield MonthsRead(Archive(library.months(counted, unread=False)), counted)
            else:
                listing, months = library.listing_by_month(view)
                yield ListingRead(listing, reading)
                yield MonthsRead(Archive(months), counted)
            if has_hits:
                yield from others(library, offers, has_hits)

        def others(library: Library, offers: Sequence[Offer], has_hits: bool) -> Iterator[Message]:
            from flodeslasare.query.parsing import parse

            # Beside other conditions it would be another number than that of the hits it leads to.
            is_of_all = parse(query).is_one_word and view.but(order="newest") == View(query=query)
            found = [
                Offer(each.word, each.count if is_of_all else None, each.query, each.kind == "form")
                for each in library.suggestions(query)
                if not has_hits or each.kind == "form"
            ]
            if found:
                yield OffersRead([*offers, *found], query)

        self._ask("around", self._rest, answers, rests=True)

    def find_related(self, entry_id: int) -> None:
        """Look for entries that are like another: `RelatedRead`."""
        self._ask(
            "related",
            self._first,
            lambda library: [RelatedRead(entry_id, library.related(entry_id, limit=MOST_RELATED))],
        )

    def count_searches(self, searches: Iterable[SavedSearch]) -> None:
        """Count what the saved searches find, as each is done: `SearchesCounted`."""
        asked = [*searches]

        def answers(library: Library) -> Iterator[Message]:
            for search in asked:
                yield SearchesCounted({search.id: Sum(*library.count(search.query))})

        self._ask("searches", self._rest, answers, urgency=2)

    def read_names(self) -> None:
        """Read the names that may follow an operator and that the screen does not have: `NamesRead`."""
        self._ask("names", self._rest, lambda library: [NamesRead(library.names())], urgency=1)

    def find_unread(self, asked_from: Standpoint, *, older: bool, open_it: bool) -> None:
        """Look for the unread entry next to the one the person is on: `UnreadFound`."""

        def answers(library: Library) -> Iterator[Message]:
            unread = asked_from.view.but(unread=True)
            found = library.next_in(unread, asked_from.entry_id, older=older)
            yield UnreadFound(found, asked_from, open_it)

        self._ask("unread", self._first, answers)

    def stop_unread(self) -> None:
        """Look no more for the next unread entry: the person has gone on."""
        self._stop("unread")

    def stop_search(self) -> None:
        """Stop what is asked about the search, or the view, that is now another."""
        for kind in ("listing", "grown", "around", "unread", "related"):
            self._stop(kind)

    def stop(self) -> None:
        """Stop everything, and let go of the file."""
        for asked in self._last.values():
            asked.stop()
        for lane in (self._first, self._rest):
            lane.close(_PARTING_SECONDS)
        for asked in self._last.values():
            asked.stop()  # those that had not begun

    def _stop(self, kind: str) -> None:
        asked = self._last.pop(kind, None)
        if asked is not None and not asked.ended.done():
            asked.stop()
            self._screen.set_timer(_AGAIN_SECONDS, partial(self._stop_again, asked))

    def _stop_again(self, asked: Asked) -> None:
        if not asked.ended.done():
            asked.stop()
            self._screen.set_timer(_AGAIN_SECONDS, partial(self._stop_again, asked))

    def _ask(
        self, kind: str, lane: Lane, answers: Answers, *, urgency: int = 0, rests: bool = False
    ) -> None:
        """Ask in a thread.

        Args:
            kind: what is stopped by the next of it.
            lane: which thread.
            answers: asks.
            urgency: the lower, the sooner it is its turn.
            rests: what was answered last is to be drawn first.
        """
        self._stop(kind)
        asked = self._last[kind] = Asked(answers, urgency=urgency, rests=rests)
        lane.put(asked)
        # So that it is known when nothing more is to come, and a bug is seen.
        self._screen.run_worker(_until_ended(asked), group=kind, description=kind)

    def _tell(self, said: Message | ReaderError) -> None:
        self._screen.post_message(
            ReadingFailed(str(said)) if isinstance(said, ReaderError) else said
        )


async def _until_ended(asked: Asked) -> None:
    await asyncio.wrap_future(asked.ended)


def _operators_meant(query: str) -> list[Offer]:
    """Give the operators that may have been meant in place of mistyped ones."""
    from flodeslasare.query.hints import misread

    return [
        Offer(each.meant, None, each.query, mends=True)
        for each in misread(query)
        if each.meant is not None and each.query is not None
    ]


def _words_matched(library: Library, query: str, view: View) -> list[Offer]:
    """Find the words that the last word of a query matches in a view; each leads to the query with it in its place."""
    from flodeslasare.query.parsing import parse, replaced

    sought = parse(query).sought()
    if not sought:
        return []
    last = sought[-1].words[-1]
    return [
        Offer(word, count, replaced(query, last, word))
        for word, count in library.matching_words(query, within=view)
    ]
