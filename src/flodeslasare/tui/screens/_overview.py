"""What is known of the library as a whole, and what stands above the list, and in it when it is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from flodeslasare.i18n import _, ngettext
from flodeslasare.library.health import ailment_of
from flodeslasare.library.library import Library
from flodeslasare.model import Counts, Feed, Listing, SavedSearch, View
from flodeslasare.query.saved import saved_query
from flodeslasare.tui import phrases
from flodeslasare.tui.screens._arrivals import is_in_folder
from flodeslasare.tui.widgets._archive import Archive, Sum, added_up
from flodeslasare.tui.widgets._text import cut

_NAME_CELLS = 26
"""Of a name inside a sentence, so that there is room for what is said of it."""


class Known(Struct, frozen=True, kw_only=True):
    """Feeds, saved searches and counts, all of one moment."""

    feeds: Sequence[Feed] = ()
    by_id: Mapping[int, Feed] = {}
    totals: Mapping[int, int] = {}
    """How many entries each feed has, those that were left as well."""
    counts: Counts = Counts(0, 0, 0)
    searches: Sequence[SavedSearch] = ()

    @classmethod
    def read(cls, library: Library, before: Known) -> Known:
        """Read what is known by now, in any thread; feeds that are as they were before are the same objects.

        Raises:
            StorageError
        """
        with library.at_one_moment():
            feeds = library.feeds()
            counted = library.counts_by_feed()
            counts = library.counts()
            searches = library.saved_searches()
        # What is the same need not be compared again where the screen waits for it.
        for n, feed in enumerate(feeds):
            was = before.by_id.get(feed.id)
            if was == feed:
                feeds[n] = was
        return cls(
            feeds=feeds,
            by_id={feed.id: feed for feed in feeds},
            totals=totals_of(counted),
            counts=counts,
            searches=searches,
        )


def totals_of(counted: Mapping[int, Counts]) -> dict[int, int]:
    """Give how many entries each feed has, of what was counted in it."""
    return {feed_id: counts.total for feed_id, counts in counted.items()}


class Reading(NamedTuple):
    """One reading of what is known, from when it was asked for."""

    number: int
    """The higher, the later."""
    version: int
    """The library's by then: what is read may be newer, never older."""


class Overview:
    """What is known of the library as it was read last: what a view is called and how much it has.

    It is read at once, or in the background: then an answer may come when something newer has been read, or been
    asked for, and is not taken.
    """

    def __init__(self) -> None:
        self.known = Known()
        self.archive = Archive()
        """The counts per month, which take longer and are read in the background."""
        self.found_by: dict[int, Sum] = {}
        """What the saved searches find, by their ids, as far as that has been counted: in the background, too."""
        self.hits: tuple[View, int] | None = None
        """Of which search that is typed the hits were counted last, and how many there are anywhere."""
        self._asked = Reading(0, 0)
        """What was asked for last."""
        self._taken = self._asked
        """What was taken last."""

    def read(self, library: Library) -> None:
        """Read everything at once.

        Raises:
            StorageError
        """
        with library.at_one_moment():
            reading = self.ask(library)
            self.take(Known.read(library, self.known), reading)

    def ask(self, library: Library) -> Reading:
        """Begin to read what is known of the library by now; what is read of it goes to `take`.

        Raises:
            StorageError
        """
        self._asked = Reading(self._asked.number + 1, library.version())
        return self._asked

    def take(self, known: Known, reading: Reading) -> None:
        """Take what was read, unless something was asked for after it."""
        if reading == self._asked:
            self.known, self._taken = known, reading

    @property
    def is_awaited(self) -> bool:
        """Whether something was asked for that has not been taken."""
        return self._taken != self._asked

    @property
    def feeds(self) -> Sequence[Feed]:
        """The subscriptions, by folder and title."""
        return self.known.feeds

    @property
    def counts(self) -> Counts:
        """How much there is in all."""
        return self.known.counts

    @property
    def searches(self) -> Sequence[SavedSearch]:
        """The saved searches."""
        return self.known.searches

    @property
    def totals(self) -> Mapping[int, int]:
        """How many entries each feed has, those that were left as well."""
        return self.known.totals

    def is_outdated(self, library: Library) -> bool:
        """Whether another program has changed the library since."""
        return library.version() != self._taken.version

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read and nothing to ask."""
        return not self.feeds and not self.counts.total

    def feed(self, feed_id: int | None) -> Feed | None:
        """Give a feed, if it is subscribed to."""
        return None if feed_id is None else self.known.by_id.get(feed_id)

    def feeds_in(self, folder: str) -> list[int]:
        """Give the feeds in a folder, and in those inside it."""
        return [feed.id for feed in self.feeds if is_in_folder(feed, folder)]

    def search_of(self, view: View) -> SavedSearch | None:
        """Give the saved search that a view is of."""
        if not view.query:
            return None
        return next(
            (search for search in self.searches if saved_query(search.name) == view.query), None
        )

    def title_of(self, view: View) -> str:
        """Name a view."""
        search, feed = self.search_of(view), self.feed(view.feed_id)
        if view.starred:
            return _("Starred")
        if search is not None:
            return search.name
        if view.month is not None:
            return phrases.month_heading(view.month)
        if view.year is not None:
            return f"{view.year}"
        if feed is not None:
            return feed.title
        if view.folder is not None:
            return phrases.folder_name(view.folder.rpartition("/")[2])
        return _("Unread") if view.unread else _("All entries")

    def heading_of(self, view: View) -> str:
        """Name a view where the archive may be out of sight: a feed's year or month with the feed."""
        feed = self.feed(view.feed_id)
        title = self.title_of(view)
        is_time = view.year is not None or view.month is not None
        return f"{title} · {feed.title}" if is_time and feed and len(self.feeds) > 1 else title

    def is_gone(self, view: View) -> bool:
        """Whether the feed, the folder or the saved search that a view is of is no more."""
        if view.feed_id is not None:
            return self.feed(view.feed_id) is None
        if view.folder is not None:
            return not any(is_in_folder(feed, view.folder) for feed in self.feeds)
        return bool(view.query) and self.search_of(view) is None

    def hits_of(self, view: View) -> int | None:
        """Give how many hits a search that is typed has anywhere, once they have been counted."""
        return self.hits[1] if self.hits is not None and self.hits[0] == view else None

    def unread_in(self, view: View) -> int:
        """Tell how many unread entries a view has, apart from a search that is typed."""
        counted = self._sum_of(view.but(unread=False))
        return 0 if counted is None else counted.unread

    def total_of(self, view: View, listing: Listing) -> int | None:
        """Tell how many entries a view has of which so much has been listed; `None` while that is not known.

        Where it can be, it is told from the same counts as how many are unread: the list may be older.
        """
        if (counted := self._sum_of(view)) is not None:
            return counted.total
        if not listing.is_whole and view == View(unread=True):
            return self.counts.unread
        if not listing.is_whole and not view.query:
            return None
        return len(listing.ids) if listing.view == view else None

    def _sum_of(self, view: View) -> Sum | None:
        """Give what was counted of a view; `None` where nothing was, or not yet."""
        if view.unread or view.starred:
            return None
        if view.query:
            search = self.search_of(view)
            return None if search is None else self.found_by.get(search.id)
        if view.year is not None or view.month is not None:
            months = self.archive.by_month.get(view.feed_id, {})
            inside = [
                part
                for month, part in months.items()
                if month == view.month or (view.month is None and month // 100 == view.year)
            ]
            return added_up(inside) if inside else None
        if view.folder is not None:
            feeds = [feed for feed in self.feeds if is_in_folder(feed, view.folder)]
            return added_up(Sum(feed.total, feed.unread) for feed in feeds)
        if view.feed_id is not None:
            feed = self.feed(view.feed_id)
            return None if feed is None else Sum(feed.total, feed.unread)
        return Sum(self.counts.total, self.counts.unread)

    def months_of(self, feed_id: int | None) -> Sequence[int]:
        """Give the months that a feed, or (`None`) any of them, has entries in, newest first."""
        return sorted(self.archive.by_month.get(feed_id, {}), reverse=True)

    def names(self) -> dict[str, Sequence[str]]:
        """Give the names that a search can go on with, by the operator that they may follow."""
        folders = {feed.folder for feed in self.feeds if feed.folder}
        return {
            "feed": [feed.title for feed in self.feeds],
            "folder": sorted(map(phrases.folder_path, folders)),
            **self.dates(),
        }

    def dates(self) -> dict[str, Sequence[str]]:
        """Give, of those names, the years and months there are; none before they have been counted."""
        months = self.months_of(None)
        if not months:
            return {}
        years = dict.fromkeys(f"{month // 100}" for month in months)
        dates = [*years, *(f"{month // 100}-{month % 100:02}" for month in months)]
        return {"before": dates, "after": dates}


def hint_about(feed: Feed, now: datetime) -> str:
    """Say of the feed that the cursor is on what is wrong with it, or where it has gone."""
    if feed.merge_into is not None:
        return _("it has moved to another feed of yours; i tells more")
    return ailment_of(feed, lambda when: phrases.moment(when, now)) or ""


def said_of_first(feed: Feed) -> str:
    """Say what came of a feed that is new here, and how to get what it no longer holds: few would look for that."""
    if not feed.total or feed.is_gone:
        return ""
    said = ngettext(
        "{n} entry came; i, then o, fetches older ones",
        "{n} entries came; i, then o, fetches older ones",
        feed.total,
    )
    return said.format(n=phrases.number(feed.total))


def said_of_no_hits(where: str, elsewhere: int | None) -> str:
    """Say why nothing is listed where a search was narrowed, and how many hits there are in all, if that is known."""
    if elsewhere == 0:
        return _("Nothing in the archive matches.")
    where = cut(where, _NAME_CELLS)
    if elsewhere is None:
        return _("No hits in {where}.").format(where=where)
    said = _("No hits in {where}, {n} in the whole archive.")
    return said.format(where=where, n=phrases.number(elsewhere))


def said_of_nothing(view: View, *, is_filtered: bool) -> str:
    """Say why a list is empty."""
    if view.query and is_filtered:
        return _("No unread hits here. f shows all.")
    if view.query:
        return _("Nothing in the archive matches.")
    if view.unread:
        return _("Nothing unread here. f shows all.") if is_filtered else _("All is read.")
    if view.starred:
        return _("Nothing starred yet. s stars an entry.")
    return _("No entries yet.")
