"""What stands above the list, and in it when it is empty: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flodeslasare.i18n import _
from flodeslasare.library.health import ailment_of
from flodeslasare.model import Counts, Feed, Listing, SavedSearch, View
from flodeslasare.tui import phrases
from flodeslasare.tui.screens._arrivals import is_in_folder
from flodeslasare.tui.widgets._archive import Archive


def title_of(view: View, feed: Feed | None, search: SavedSearch | None) -> str:
    """Name a view; `feed` or `search` is the one it is of."""
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


def unread_in(
    view: View, feed: Feed | None, feeds: Sequence[Feed], counts: Counts, archive: Archive
) -> int:
    """Tell how many unread entries a view has, from the counts that are there."""
    if view.year is not None or view.month is not None:
        months = archive.by_month.get(view.feed_id, {})
        return sum(
            part.unread
            for month, part in months.items()
            if month == view.month or (view.month is None and month // 100 == view.year)
        )
    if feed is not None:
        return feed.unread
    if view.folder is not None:
        return sum(feed.unread for feed in feeds if is_in_folder(feed, view.folder))
    return 0 if view.starred else counts.unread


def total_of(view: View, listing: Listing, feed: Feed | None, counts: Counts) -> int | None:
    """Tell how many entries a view has; `None` while that is not known."""
    if not listing.is_whole and not view.query:
        if view == View():
            return counts.total
        if view == View(unread=True):
            return counts.unread
        if feed is not None and view == View(feed_id=feed.id):
            return feed.total
        return None
    return len(listing.ids) if listing.view == view else None


def hint_about(feed: Feed, now: datetime) -> str:
    """Say of the feed that the cursor is on what is wrong with it, or where it has gone."""
    if feed.merge_into is not None:
        return _("it has moved to another feed of yours; i tells more")
    return ailment_of(feed, lambda when: phrases.moment(when, now)) or ""


def said_of_nothing(view: View, *, is_filtered: bool) -> str:
    """Say why a list is empty."""
    if view.query:
        return _("Nothing in the archive matches.")
    if view.unread:
        return _("Nothing unread here. f shows all.") if is_filtered else _("All is read.")
    if view.starred:
        return _("Nothing starred yet. s stars an entry.")
    return _("No entries yet.")
