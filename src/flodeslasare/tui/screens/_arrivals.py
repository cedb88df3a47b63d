"""What a refresh has brought so far: counted, and said. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from flodeslasare.i18n import _, ngettext
from flodeslasare.model import Feed, FeedResult, RefreshStatus, View
from flodeslasare.tui import phrases


class Arrivals:
    """New entries that the list does not show yet, and what failed."""

    def __init__(self) -> None:
        self._listed: Mapping[int, int] = {}
        """Feed → how many entries it had when the list was read, those that were left as well."""
        self._counted: Mapping[int, int] = {}
        """The same, as it was counted last."""
        self._new = self._changed = self._elsewhere = 0
        self.filling: int | None = None
        """The feed that older entries come to just now: they are no news."""
        self.failed: dict[int, str] = {}
        """The feeds that failed, each with its title and the cause."""

    def begin(self) -> None:
        """Begin to count another refresh; what waits goes on waiting."""
        self.failed.clear()
        self._new = self._changed = self._elsewhere = 0

    def take(self, result: FeedResult) -> None:
        """Count one feed's turn."""
        if result.status in (RefreshStatus.ERROR, RefreshStatus.GONE):
            self.failed[result.feed_id] = f"{result.title}: {result.error}"
        else:  # where a refresh was begun anew, it may have failed before
            self.failed.pop(result.feed_id, None)
        self._new += result.new
        self._changed += result.updated
        self._elsewhere += result.is_elsewhere

    def counted(self, totals: Mapping[int, int]) -> None:
        """Know how many entries each feed has by now; what is more than when the list was read waits."""
        self._counted = totals

    def listed(self, totals: Mapping[int, int]) -> None:
        """Know how many entries each feed has while the list is read: none of them waits."""
        self._listed = self._counted = totals

    @property
    def has_lost(self) -> bool:
        """Whether a feed has fewer entries than when the list was read, or is gone: the list may show what is no more."""
        return any(self._counted.get(feed_id, 0) < n for feed_id, n in self._listed.items())

    def waiting_in(self, view: View, feeds: Sequence[Feed], now: datetime) -> int:
        """Give how many of those that wait belong in a view."""
        this_month = phrases.local(now)
        if view.starred or view.query or view.year not in (None, this_month.year):
            return 0
        if view.month not in (None, this_month.year * 100 + this_month.month):
            return 0
        inside: Iterable[int] = self._counted
        if view.feed_id is not None:
            inside = [view.feed_id]
        elif view.folder is not None:
            inside = [feed.id for feed in feeds if is_in_folder(feed, view.folder)]
        return sum(
            max(0, self._counted.get(feed_id, 0) - self._listed.get(feed_id, 0))
            for feed_id in inside
            if feed_id != self.filling
        )

    def summary(self, *, is_offered: bool) -> str:
        """Say what a refresh came to; empty when the offer of what is new says it."""
        if self.failed:
            more = len(self.failed) - 1
            others = ngettext("· and {n} more", "· and {n} more", more) if more else ""
            first = next(iter(self.failed.values()))
            return f"{first} {others.format(n=phrases.number(more))}".rstrip()
        parts = []
        if not (self._new or self._elsewhere):
            parts.append(_("no new entries"))
        elif self._new and not is_offered:
            parts.append(
                ngettext("{n} new entry", "{n} new entries", self._new).format(
                    n=phrases.number(self._new)
                )
            )
        if self._elsewhere and not is_offered:  # what it found is not among what is new here
            parts.append(
                ngettext(
                    "{n} feed asked by another refresh",
                    "{n} feeds asked by another refresh",
                    self._elsewhere,
                ).format(n=phrases.number(self._elsewhere))
            )
        return ", ".join([*parts, *phrases.tally(changed=self._changed)])


def is_in_folder(feed: Feed, folder: str) -> bool:
    """Whether a feed lies in a folder, or in one inside it."""
    return feed.folder == folder or (feed.folder or "").startswith(f"{folder}/")
