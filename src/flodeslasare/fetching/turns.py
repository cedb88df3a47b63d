"""Whose turn it is at each host and each feed, for what is at work side by side.

That is a backfill beside a refresh, and another program beside both: the screen, and `refresh` from cron.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from flodeslasare.addresses import without_secrets
from flodeslasare.errors import HostPaused
from flodeslasare.files import ByteLocks

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 90.0
"""So long another program is waited for, that has the turn: longer than a reply may take. It may have been
stopped (Ctrl+Z) in the midst of it. Whom one has waited for in vain one does not wait for again."""

_FIRST_WAIT_SECONDS = 0.01
_LONGEST_WAIT_SECONDS = 0.2
"""Between two looks at whether another program still has the turn; each is half as long again as the one before."""

_OF_A_HOST = 32
_HOSTS = 1 << 25


def door_of(host: str) -> int:
    """Give the first of a host's bytes in the file that programs share: its door. Behind it are its places.

    That two hosts have the same is rare, and then they take turns.
    """
    return zlib.crc32(host.encode()) % _HOSTS * _OF_A_HOST


def byte_of_feed(feed_id: int) -> int:
    """Give a feed's byte in the file that programs share: behind those of the hosts."""
    return _HOSTS * _OF_A_HOST + feed_id % (_HOSTS * _OF_A_HOST)


Pauses: TypeAlias = dict[str, tuple[datetime, int]]
"""Until when each host asked to be left alone, and with which status."""


class Turns:
    """The turns at each host and each feed, and the hosts that have asked to be left alone.

    It belongs to the event loop it was made in.
    """

    def __init__(
        self, per_host: int, shared: Path | None = None, paused: Pauses | None = None
    ) -> None:
        """Make it.

        Args:
            per_host: so many requests may be under way to one host.
            shared: the file that programs which take turns with each other name; `None` for this one alone.
            paused: the hosts that have asked before.
        """
        self.loop = asyncio.get_running_loop()
        self._per_host = max(1, per_host)
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self.paused: Pauses = dict(paused or {})
        self._shared = None if shared is None else ByteLocks(shared)
        self._in_vain: set[int] = set()
        """The first of the bytes that were waited for in vain."""

    def close(self) -> None:
        """Let go of what other programs may wait for."""
        if self._shared is not None:
            self._shared.close()

    @asynccontextmanager
    async def at(self, host: str) -> AsyncIterator[None]:
        """Hold the turn at a host, as long as it is asked."""
        turn = self._hosts.get(host)
        if turn is None:
            turn = self._hosts[host] = asyncio.Semaphore(self._per_host)
        async with turn:
            place = await self._place_at(host)
            try:
                yield
            finally:
                self._give_back(place)

    @asynccontextmanager
    async def of_feed(self, feed_id: int) -> AsyncIterator[None]:
        """Hold a feed, from before it is asked until what came is stored."""
        byte = await self._take([byte_of_feed(feed_id)])
        try:
            yield
        finally:
            self._give_back(byte)

    async def _place_at(self, host: str) -> int | None:
        """Take one of the places at a host from all programs, and give its byte.

        Programs come in turns: who waits for a place stands in the door, and who has just had one finds it shut.
        Else one that asks many feeds of a host would let no other in before the last.
        """
        door = door_of(host)
        in_door = await self._take([door])
        if in_door is None:
            return None
        try:
            return await self._take(range(door + 1, door + 1 + self._per_host))
        finally:
            self._give_back(in_door)

    async def _take(self, some: Sequence[int]) -> int | None:
        """Wait for one of some bytes and take it; gives `None` where it goes on without."""
        if self._shared is None:
            return None
        wait = _FIRST_WAIT_SECONDS
        patient_until = self.loop.time() + PATIENCE_SECONDS
        while True:
            for byte in some:
                if self._shared.take(byte):
                    return byte
            if some[0] in self._in_vain:
                return None
            if self.loop.time() > patient_until:
                log.warning("another program has had the turn for too long, and is not waited for")
                self._in_vain.add(some[0])
                return None
            await asyncio.sleep(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT_SECONDS)

    def _give_back(self, byte: int | None) -> None:
        if byte is not None and self._shared is not None:
            self._shared.give_back(byte)

    def pause(self, host: str, until: datetime, status: int) -> None:
        """Leave a host alone until a moment, since it answered so."""
        self.paused[host] = until, status

    def respect_pause(self, host: str, shown: str) -> None:
        """Refuse to ask a server that has asked to be left alone, until it may be asked again.

        Raises:
            HostPaused
        """
        if host not in self.paused:
            return
        until, status = self.paused[host]
        if until <= datetime.now(UTC):
            del self.paused[host]
            return
        log.info(
            "GET %s: not asked, %s is left alone until %s",
            without_secrets(shown),
            host,
            until.isoformat(timespec="seconds"),
        )
        from flodeslasare.fetching._reasons import pause_reason  # with it comes all of httpx

        raise HostPaused(shown, pause_reason(host, status, until), status=status, until=until)
