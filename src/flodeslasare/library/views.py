"""Reading a view: its list, its entries a page at a time, what stands beside one of them.

A view without a query is read from the entries, one with a query from the search index; `best` order is a third way.
Which way it is, is known here and nowhere else.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain, groupby, islice
from operator import itemgetter

from flodeslasare.model import Entry, Listing, MonthCount, View
from flodeslasare.query.parsing import parse
from flodeslasare.storage import Database, EntryStore, Search

PAGE = 200
"""How many entries are read whole at a time."""

_IDS_AT_ONCE = 10_000
"""Ids that are looked through at a time, so that another thread gets its turn in between."""

_NEAR = 500
"""So many rows up from one that is no more, another is looked for."""

Place = tuple[int, int, int, int]
"""An entry in a list: its id, its month, its sort_key, its feed's id."""


class Views:
    """The views of a library."""

    def __init__(self, database: Database, entries: EntryStore, search: Search) -> None:
        self._database = database
        self._entries = entries
        self._search = search

    def listing(self, view: View, first: int | None = None) -> Listing:
        """List a view in its order; with `first`, at most so many.

        Raises:
            Stopped
        """
        return self._listed(view, first, None)

    def listing_as_far_as(self, view: View, wanted: Sequence[int], *, first: int) -> Listing:
        """List a view without a query as far as the first of some entries that it has, and `first` more.

        Raises:
            Stopped
        """
        with self._database.reading():
            positions = (self._entries.position(view, each) for each in wanted)
            position = next((each for each in positions if each is not None), 0)
            return self._listed(view, position + first, None)

    def listing_by_month(self, view: View) -> tuple[Listing, list[MonthCount]]:
        """List a view, and count it per feed and month on the way; how many are unread is not counted.

        Raises:
            Stopped
        """
        counts: Counter[tuple[int, int]] = Counter()
        listing = self._listed(view, None, counts)
        return listing, [
            MonthCount(feed_id, month, counts[month, feed_id], 0)
            for month, feed_id in sorted(counts, key=lambda place: (-place[0], place[1]))
        ]

    def listing_grown(self, had: Listing, newest_id: int) -> Listing | None:
        """Give a whole list with what marks have made belong in its view since; `None` where there is nothing.

        What does not belong there any more stays, and what came into the library after `newest_id` is left out.

        Raises:
            Stopped
        """
        with self._database.stoppable(), self._database.reading():
            gained = self._gained(had, newest_id)
            rows = self._rows_for(gained, had.ids)
        if not gained:
            return None
        ids = array("q")
        at = 0
        for row, (id_, *_place) in zip(rows, gained, strict=True):
            ids.extend(had.ids[at:row])
            ids.append(id_)
            at = row
        ids.extend(had.ids[at:])
        added = [(row, month) for row, (_id, month, *_key) in zip(rows, gained, strict=True)]
        return Listing(had.view, ids, _with_rows(had.months, added))

    def _gained(self, had: Listing, newest_id: int) -> list[Place]:
        """Give the places, newest first, of what a list of a view does not have, apart from new entries."""
        view = had.view
        is_of_marked = view.unread or view.starred
        if not is_of_marked and not self._search.understood(view.query).depends_on_marks:
            return []
        if view.order == "best":  # where it would stand depends on all others
            return []
        missing: dict[int, Place] = {}
        at = 0
        for chunk in filter(None, self._places(view, None)):
            until = at + len(chunk)
            with suppress(ValueError):  # it may be one of those that are missing
                until = had.ids.index(chunk[-1][0], at) + 1
            there = set(had.ids[at:until])
            missing.update(
                (each[0], each) for each in chunk if each[0] not in there and each[0] <= newest_id
            )
            at = until
        left = set(missing)  # one that was dated anew stands elsewhere
        for start in range(0, len(had.ids) if left else 0, _IDS_AT_ONCE):
            left.difference_update(had.ids[start : start + _IDS_AT_ONCE])
        return [place for id_, place in missing.items() if id_ in left]

    def _rows_for(self, places: Sequence[Place], ids: Sequence[int]) -> list[int]:
        """Tell before which row of a list, newest first, each of these belongs; they are newest first, too."""
        rows: list[int] = []
        low = 0
        for _id, _month, key, _feed in places:
            step = 1
            while low + step <= len(ids) and self._is_before(ids, low + step - 1, key):
                low += step
                step *= 2
            high = min(low + step - 1, len(ids))
            while low < high:
                middle = (low + high) // 2
                if self._is_before(ids, middle, key):
                    low = middle + 1
                else:
                    high = middle
            rows.append(low)
        return rows

    def _is_before(self, ids: Sequence[int], row: int, key: int) -> bool:
        """Tell whether a row of a list stands before a sort_key; one that is no more stands where the one above it does."""
        for above in range(row, max(row - _NEAR, -1), -1):
            own = self._entries.sort_key(ids[above])
            if own is not None:
                return own > key
        return True

    def _listed(
        self, view: View, first: int | None, counts: Counter[tuple[int, int]] | None
    ) -> Listing:
        """List a view; `counts` takes up how many stand in each month and feed."""
        most = None if first is None else first + 1
        with self._database.stoppable(), self._database.reading():
            ids, months = _gathered(self._places(view, most), counts)
        is_whole = first is None or len(ids) <= first
        if not is_whole:  # the one too many
            ids.pop()
            month, count = months.pop()
            if count > 1:
                months.append((month, count - 1))
        if view.order == "best" and ids:
            months = [(0, len(ids))]
        return Listing(view, ids, months, is_whole)

    def _places(
        self, view: View, limit: int | None, before: int | None = None
    ) -> Iterator[Sequence[Place]]:
        """Give the places of a view's entries by the chunk, newest first where they go on before a key."""
        query = parse(view.query)
        if not query.asks:
            return self._entries.places(view, limit=limit, before=before)
        if view.order == "best" and before is None:
            from flodeslasare.storage.best import best_first

            query = self._search.understood(query)
            return iter([best_first(self._database, self._search, query, view, limit)])
        return self._search.places(query, view, limit=limit, before=before)

    def entries(
        self, view: View, since: datetime | None, until: datetime | None, limit: int | None
    ) -> Iterator[Entry]:
        """Read the entries of a view in its order, at most so many, not older than `since` and older than `until`."""
        if view.order == "best":
            yield from islice(self._best_entries(view, since, until), limit)
            return
        before = None if until is None else self._entries.first_sort_key(until)
        oldest = None if since is None else self._entries.first_sort_key(since)
        left = limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            places = list(chain.from_iterable(self._places(view, size, before)))
            wanted = [id_ for id_, _month, key, _feed in places if oldest is None or key >= oldest]
            yield from self._entries.entries(wanted)
            if len(wanted) < size:
                return
            before = places[-1][2]
            left = None if left is None else left - len(wanted)

    def _best_entries(
        self, view: View, since: datetime | None, until: datetime | None
    ) -> Iterator[Entry]:
        for size in (PAGE, None):  # as a rule the first page is all that is wanted
            ids = self.listing(view, size).ids
            for start in range(0 if size else PAGE, len(ids), PAGE):
                for entry in self._entries.entries(ids[start : start + PAGE]):
                    if (since is None or entry.sorted_by >= since) and (
                        until is None or entry.sorted_by < until
                    ):
                        yield entry

    def next_in(self, view: View, entry_id: int, *, older: bool) -> int | None:
        """Give the entry that stands next to another, further down (older) or up; `None` at the end."""
        query = parse(view.query)
        if view.order == "best" and query.asks:
            wanted = set(self.listing(view).ids)
            ids = self.listing(view.but(unread=False, starred=False)).ids
            if entry_id in ids:
                at = ids.index(entry_id)
                rest = ids[at + 1 :] if older else ids[:at][::-1]
                return next((each for each in rest if each in wanted), None)
        if not query.asks:
            return self._entries.neighbour(view, entry_id, older=older)
        key = self._entries.sort_key(entry_id)
        if key is None:
            return None
        if older:
            found = self._search.page(query, view, limit=1, before=key)
        else:
            found = self._search.page(query, view, limit=1, after=key, oldest_first=True)
        return found[0].id if found else None


def _gathered(
    chunks: Iterable[Sequence[Place]], counts: Counter[tuple[int, int]] | None = None
) -> tuple[array[int], list[tuple[int, int]]]:
    """Give the ids of places and the runs of their months; `counts` takes up how many stand in each month and feed."""
    ids = array("q")
    months: list[tuple[int, int]] = []
    for chunk in chunks:
        ids.extend(map(itemgetter(0), chunk))
        for month, run in groupby(chunk, itemgetter(1)):
            count = sum(1 for _place in run)
            if months and months[-1][0] == month:
                count += months.pop()[1]
            months.append((month, count))
        if counts is not None:
            counts.update(map(itemgetter(1, 3), chunk))
    return ids, months


def _with_rows(
    months: Sequence[tuple[int, int]], added: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Give runs of months with rows more: each before which row, and of which month, in order."""
    runs: list[tuple[int, int]] = []

    def add(month: int, count: int) -> None:
        if count and runs and runs[-1][0] == month:
            count += runs.pop()[1]
        if count:
            runs.append((month, count))

    left = deque(added)
    start = 0
    for month, size in months:
        end = start + size
        while left and (left[0][0] < end or left[0] == (end, month)):
            row, of_month = left.popleft()
            add(month, row - start)
            add(of_month, 1)
            start = row
        add(month, end - start)
        start = end
    for _row, month in left:
        add(month, 1)
    return runs
