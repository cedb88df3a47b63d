"""Whose turn it is at each host, for fetchers that are at work side by side: a backfill beside a refresh."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from flodeslasare.addresses import without_secrets
from flodeslasare.errors import HostPaused

log = logging.getLogger(__name__)


class Turns:
    """The turns at each host, and the hosts that have asked to be left alone.

    It belongs to the event loop it was made in.
    """

    def __init__(self, per_host: int) -> None:
        """Make it.

        Args:
            per_host: so many requests may be under way to one host.
        """
        self.loop = asyncio.get_running_loop()
        self._per_host = max(1, per_host)
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._paused: dict[str, tuple[datetime, int]] = {}
        """Until when each host asked to be left alone, and with which status."""

    def at(self, host: str) -> asyncio.Semaphore:
        """Give the turn at a host, to be held as long as it is asked."""
        turn = self._hosts.get(host)
        if turn is None:
            turn = self._hosts[host] = asyncio.Semaphore(self._per_host)
        return turn

    def pause(self, host: str, until: datetime, status: int) -> None:
        """Leave a host alone until a moment, since it answered so."""
        self._paused[host] = until, status

    def respect_pause(self, host: str, shown: str) -> None:
        """Refuse to ask a server that has asked to be left alone, until it may be asked again.

        Raises:
            HostPaused
        """
        if host not in self._paused:
            return
        until, status = self._paused[host]
        if until <= datetime.now(UTC):
            del self._paused[host]
            return
        log.info(
            "GET %s: not asked, %s is left alone until %s",
            without_secrets(shown),
            host,
            until.isoformat(timespec="seconds"),
        )
        from flodeslasare.fetching._reasons import pause_reason  # with it comes all of httpx

        raise HostPaused(shown, pause_reason(host, status, until), status=status, until=until)
