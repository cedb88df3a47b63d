"""What a refresh, or another program, brings: how far it has come, what failed, what waits to be listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from flodeslasare.i18n import _
from flodeslasare.model import FeedResult, FeedStarted, View
from flodeslasare.tui.screens._arrivals import Arrivals
from flodeslasare.tui.screens._changes import WAITING
from flodeslasare.tui.screens._overview import Overview
from flodeslasare.tui.widgets.status_line import StatusLine


class News:
    """Counts what comes in, says so in the status line, and offers there what the list does not show yet."""

    def __init__(
        self, status: StatusLine, overview: Overview, *, now: Callable[[], datetime]
    ) -> None:
        self._status = status
        self._overview = overview
        self._now = now
        self._arrivals = Arrivals()
        self._is_summary_owed = False

    @property
    def is_coming(self) -> bool:
        """Whether a refresh is under way."""
        return self._status.progress is not None

    @property
    def is_offered(self) -> bool:
        """Whether something waits that belongs to what is listed."""
        return bool(self._status.new)

    def asked(self, started: FeedStarted) -> None:
        """Tell that a feed is being asked; with the first one a refresh begins, unless one is under way."""
        if started.done == 0 and not self.is_coming:
            self._arrivals.begin()
            self._is_summary_owed = False
            self._status.failures = 0
        self._status.progress = (started.done, started.of, started.title)

    def waits(self) -> None:
        """Tell that the refresh waits for another program."""
        self._status.tell(_(WAITING), is_news=True)

    def took(self, result: FeedResult) -> None:
        """Count one feed's turn."""
        self._status.progress = (result.done, result.of, result.title)
        self._arrivals.take(result)
        self._status.failures = len(self._arrivals.failed)

    def ended(self, problem: str | None) -> None:
        """Know that the refresh is over, and say why if it could not be done at all.

        Else `sum_up` says what it came to, when everything is counted.
        """
        self._status.progress = None
        self._is_summary_owed = problem is None
        if problem is not None:
            self._status.message = problem

    def sum_up(self) -> None:
        """Say what the refresh came to, once it is over."""
        if not self._is_summary_owed:
            return
        self._is_summary_owed = False
        if said := self._arrivals.summary(is_offered=self.is_offered):
            self._status.tell(said, is_news=True)

    @property
    def has_lost(self) -> bool:
        """Whether the list may show entries that are no more."""
        return self._arrivals.has_lost

    def offer(self, view: View, *, filling: int | None = None) -> None:
        """Offer what waits, as it has been counted, and belongs to a view.

        Args:
            view: which.
            filling: the feed that a backfill is under way in: what it brings is listed at its end.
        """
        self._arrivals.filling = filling
        self._arrivals.counted(self._overview.totals)
        self._status.new = self._arrivals.waiting_in(view, self._overview.feeds, self._now())

    def listed(self, totals: Mapping[int, int]) -> int:
        """Offer nothing more: the list is being read, of the moment of these totals. Gives how much was offered."""
        self._arrivals.listed(totals)
        offered, self._status.new = self._status.new, 0
        return offered
