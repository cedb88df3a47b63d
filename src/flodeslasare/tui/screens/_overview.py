"""What is known of the library as a whole, and what stands above the list, and in it when it is empty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flodeslasare.i18n import _
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


class Overview:
    """Feeds, saved searches and counts as they were read last: what a view is called and how much it has."""

    def __init__(self) -> None:
        self.feeds: list[Feed] = []
        self.searches: list[SavedSearch] = []
        self.counts = Counts(0, 0, 0)
        self.archive = Archive()
        """The counts per month, which take longer and are read in the background."""
        self.found_by: dict[int, Sum] = {}
        """What the saved searches find, by their ids, as far as that has been counted: in the background, too."""
        self.hits: tuple[View, int] | None = None
        """Of which search that is typed the hits were counted last, and how many there are anywhere."""
        self._version = 0
        """The library's, when it was counted."""

    def read(self, library: Library) -> None:
        """Read what can be read at once, all of it of one moment.

        Raises:
            StorageError
        """
        with library.at_one_moment():
            self.feeds = library.feeds()
            self.counts = library.counts()
            self.searches = library.saved_searches()
            self._version = library.version()

    @property
    def totals(self) -> dict[int | None, int]:
        """How many entries each feed has, and (`None`) those that are subscribed to no more together."""
        totals: dict[int | None, int] = {feed.id: feed.total for feed in self.feeds}
        totals[None] = self.counts.total - sum(totals.values())
        return totals

    def is_outdated(self, library: Library) -> bool:
        """Whether another program has changed the library since."""
        return library.version() != self._version

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read and nothing to ask."""
        return not self.feeds and not self.counts.total

    def feed(self, feed_id: int | None) -> Feed | None:
        """Give a feed, if it is subscribed to."""
        return next((feed for feed in self.feeds if feed.id == feed_id), None)

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
