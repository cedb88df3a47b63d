"""What a refresh has brought so far: counted, and said. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flodeslasare.i18n import _, ngettext
from flodeslasare.model import Feed, FeedResult, RefreshStatus, View
from flodeslasare.tui import phrases


class Arrivals:
    """New entries that the list does not show yet, and what failed."""

    def __init__(self) -> None:
        self._waiting: dict[int, int] = {}
        """Feed → new entries that the list does not show."""
        self._new = 0
        self.failed: list[str] = []
        """The feeds that failed, each with the cause."""

    def begin(self) -> None:
        """Begin to count another refresh; what waits goes on waiting."""
        self.failed.clear()
        self._new = 0

    def take(self, result: FeedResult) -> None:
        """Count one feed's turn."""
        if result.status in (RefreshStatus.ERROR, RefreshStatus.GONE):
            self.failed.append(f"{result.title}: {result.error}")
        self._new += result.new
        if result.new:
            self._waiting[result.feed_id] = self._waiting.get(result.feed_id, 0) + result.new

    def found(self, feed_id: int, new: int) -> None:
        """Count new entries that another program has brought."""
        self._waiting[feed_id] = self._waiting.get(feed_id, 0) + new

    def shown(self) -> None:
        """Count nothing as waiting: the list has been read again."""
        self._waiting.clear()

    def waiting_in(self, view: View, feeds: Sequence[Feed], now: datetime) -> int:
        """Give how many of those that wait belong in a view."""
        this_month = phrases.local(now)
        if view.starred or view.query or view.year not in (None, this_month.year):
            return 0
        if view.month not in (None, this_month.year * 100 + this_month.month):
            return 0
        inside = {
            feed.id for feed in feeds if view.folder is None or is_in_folder(feed, view.folder)
        }
        return sum(
            new
            for feed_id, new in self._waiting.items()
            if view.feed_id in (None, feed_id) and (view.folder is None or feed_id in inside)
        )

    def summary(self, *, is_offered: bool) -> str:
        """Say what a refresh came to; empty when the offer of what is new says it."""
        if self.failed:
            more = len(self.failed) - 1
            others = ngettext("· and {n} more", "· and {n} more", more) if more else ""
            return f"{self.failed[0]} {others.format(n=phrases.number(more))}".rstrip()
        if not self._new:
            return _("no new entries")
        if is_offered:
            return ""
        return ngettext("{n} new entry", "{n} new entries", self._new).format(
            n=phrases.number(self._new)
        )


def is_in_folder(feed: Feed, folder: str) -> bool:
    """Whether a feed lies in a folder, or in one inside it."""
    return feed.folder == folder or (feed.folder or "").startswith(f"{folder}/")
