"""Reading a view: its list, its entries a page at a time, what stands beside one of them.

A view without a query is read from the entries, one with a query from the search index; `best` order is a third way.
Which way it is, is known here and nowhere else.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain, groupby, islice
from operator import itemgetter

from flodeslasare.model import Entry, Listing, MonthCount, View
from flodeslasare.query.parsing import parse
from flodeslasare.storage import Database, EntryStore, Search

PAGE = 200
"""How many entries are read whole at a time."""


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

    def _listed(
        self, view: View, first: int | None, counts: Counter[tuple[int, int]] | None
    ) -> Listing:
        """List a view; `counts` takes up how many stand in each month and feed."""
        ids = array("q")
        months: list[tuple[int, int]] = []
        most = None if first is None else first + 1
        with self._database.stoppable(), self._database.reading():
            for chunk in self._places(view, most):
                ids.extend(map(itemgetter(0), chunk))
                for month, run in groupby(chunk, itemgetter(1)):
                    count = sum(1 for _place in run)
                    if months and months[-1][0] == month:
                        count += months.pop()[1]
                    months.append((month, count))
                if counts is not None:
                    counts.update(map(itemgetter(1, 3), chunk))
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
    ) -> Iterator[Sequence[tuple[int, int, int, int]]]:
        """Give (id, month, sort_key, feed_id) of a view's entries by the chunk, newest first where they go on before a key."""
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
