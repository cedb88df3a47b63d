"""The refresh: ask many feeds side by side, and store what each brings, all of it or nothing.

The network is waited for on the caller's event loop, documents are parsed in worker processes, and what they
bring is stored in a thread or a process of its own, so a screen on the same loop stays quick.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.structs import replace

from flodeslasare.addresses import without_credentials, without_secrets
from flodeslasare.config import Settings
from flodeslasare.documents import FetchState, ReplyKind
from flodeslasare.errors import Busy, FeedError, FetchError, HostPaused, NoNetwork, ReaderError
from flodeslasare.i18n import _, stored
from flodeslasare.model import FeedFetch, FeedResult, FeedStarted, RefreshStatus, RefreshWaits

if TYPE_CHECKING:
    from flodeslasare.fetching.http import Fetcher
    from flodeslasare.fetching.pool import ParsePool
    from flodeslasare.fetching.turns import Turns
    from flodeslasare.library._writer import SentStep
    from flodeslasare.library.storing import Storing

FEW_OF_A_HOST = 10
PAUSE_SECONDS = 0.5
"""In a refresh that nobody waits for, so many feeds of one host are asked one after the other; each that
follows begins this much later. A sleep of a month does not end in a volley."""

MANY_FEEDS = 20
"""So many feeds and more are stored by a process of their own: it takes 0.2 s to start, beside the rest."""

_log = logging.getLogger(__name__)


class Refresh:
    """One run over some feeds.

    Use `results()` once. Closing that generator cancels what is under way; what was stored stays.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings,
        states: list[tuple[FetchState, str]],
        *,
        now: Callable[[], datetime],
        is_in_haste: bool = True,
        turns: Turns,
        asked_since: Callable[[int], FeedFetch | None],
    ) -> None:
        """Prepare a run.

        Args:
            path: the library file.
            settings: the limits, and how often the person wants news.
            states: what is known of each feed, and its title, in the order they are to be asked.
            now: the clock.
            is_in_haste: whether somebody waits for it; else hosts with many feeds get pauses.
            turns: those of what is under way beside it.
            asked_since: tells how a feed's last refresh ended, if that was recorded since the states were read.
        """
        self._path = path
        self._settings = settings
        self._states = states
        self._now = now
        self._is_in_haste = is_in_haste
        self._shared_turns = turns
        self._asked_since = asked_since
        self._usual_seconds = 60.0 * (settings.refresh_every_minutes or 30)

    async def results(self) -> AsyncGenerator[FeedStarted | FeedResult | RefreshWaits, None]:
        """Yield as feeds begin and end, and when another program is waited for, in the order it happens."""
        events: asyncio.Queue[FeedStarted | FeedResult | RefreshWaits | BaseException] = (
            asyncio.Queue()
        )
        places = asyncio.Semaphore(max(1, self._settings.fetch_feeds_at_once))
        done = 0
        of = len(self._states)

        async with AsyncExitStack() as stack:
            # Imports of 30 and 110 ms, that neither a start nor a screen's loop must pay.
            await asyncio.to_thread(importlib.import_module, "flodeslasare.library.apart")
            from flodeslasare.library.apart import InProcess
            from flodeslasare.library.storing import InThread, Storing

            place: InThread | InProcess
            if of < MANY_FEEDS:
                place = InThread(self._path)
            else:
                place = InProcess(self._path)
                place.start()  # while what follows is under way
            ends = [place.aclose]
            stack.push_async_callback(_end_all, ends)
            await asyncio.to_thread(importlib.import_module, "flodeslasare.fetching.http")
            from flodeslasare.fetching.http import Fetcher
            from flodeslasare.fetching.pool import ParsePool

            fetcher = Fetcher(self._settings, turns=self._shared_turns)
            pool = ParsePool(self._settings)
            ends += [fetcher.aclose, pool.aclose]
            storing: Storing[SentStep] = Storing(
                place, on_wait=lambda: events.put_nowait(RefreshWaits())
            )

            async def take(state: FetchState, title: str) -> None:
                nonlocal done
                try:
                    events.put_nowait(
                        FeedStarted(feed_id=state.feed_id, title=title, done=done, of=of)
                    )
                    try:
                        async with self._shared_turns.of_feed(state.feed_id):
                            result = self._from_elsewhere(state, title)
                            if result is None:
                                result = await self._refresh_one(
                                    fetcher, pool, storing, state, title
                                )
                    except FeedError as error:
                        # It could not be stored, so neither is that it failed; the next refresh tries
                        # again. A full disk and a library that stays locked are not one feed's trouble:
                        # they end the refresh.
                        _log.warning("%s: %s", title, error)
                        result = FeedResult(
                            feed_id=state.feed_id,
                            url=state.url,
                            title=title,
                            status=RefreshStatus.ERROR,
                            error=str(error),
                        )
                    except Exception as error:
                        events.put_nowait(error)
                        return
                finally:
                    places.release()
                done += 1
                events.put_nowait(_with_progress(result, done, of))

            turns = await asyncio.to_thread(self._turns)

            async def begin_with_all() -> None:
                """Begin with each when it is its turn and a place is free: the pauses only grow from one to the next."""
                clock = asyncio.get_running_loop().time
                began = clock()
                for state, title, wait_seconds in turns:
                    # One in each turn of the loop: to begin takes a millisecond, and forty at once, or a task for each
                    # of a thousand feeds, would keep the screen waiting for as long.
                    await asyncio.sleep(max(0, began + wait_seconds - clock()))
                    await places.acquire()
                    task = asyncio.create_task(take(state, title))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)

            tasks: set[asyncio.Task[None]] = set()
            beginning = asyncio.create_task(begin_with_all())
            try:
                ended = 0
                while ended < of:
                    event = await events.get()
                    if isinstance(event, BaseException):
                        raise event
                    ended += isinstance(event, FeedResult)
                    yield event
            finally:
                under_way = [beginning, *tasks]
                for task in under_way:
                    task.cancel()
                await asyncio.gather(*under_way, return_exceptions=True)

    def _turns(self) -> list[tuple[FetchState, str, float]]:
        """Give the feeds in the order they are asked, each with its title and how many seconds it waits at least."""
        in_turns = by_turns(self._states)
        waits = pauses([host_of(state) for state, _title in in_turns])
        return [
            (state, title, 0 if self._is_in_haste else wait)
            for (state, title), wait in zip(in_turns, waits, strict=True)
        ]

    def _from_elsewhere(self, state: FetchState, title: str) -> FeedResult | None:
        """Give how another refresh of a feed ended, which has come before this one; most often there is none."""
        try:
            fetch = self._asked_since(state.feed_id)
        except Busy:  # then it is asked twice
            return None
        if fetch is None:
            return None
        _log.info("%s: not asked, another refresh just has", without_secrets(state.url))
        return FeedResult(
            feed_id=state.feed_id,
            url=state.url,
            title=title,
            status=fetch.status,
            error=fetch.error,
            is_elsewhere=True,
        )

    async def _refresh_one(
        self,
        fetcher: Fetcher,
        pool: ParsePool,
        storing: Storing[SentStep],
        state: FetchState,
        title: str,
    ) -> FeedResult:
        from flodeslasare.library.steps import StoreFailure

        step = await self._step(fetcher, pool, state, title)
        try:
            result = await storing.store(step)
        except ReaderError:
            raise
        except Exception as bug:
            # One that this reply brings out when it is stored; what fails for a failure would for every feed.
            if isinstance(step, StoreFailure):
                raise
            result = await storing.store(self._failure(state, title, fault(state.url, bug)))
        if result.status is RefreshStatus.OK:
            _log.debug(
                "%s: %d new, %d changed", without_secrets(state.url), result.new, result.updated
            )
        return result

    async def _step(
        self, fetcher: Fetcher, pool: ParsePool, state: FetchState, title: str
    ) -> SentStep:
        """Ask a feed's server, and give what is to be stored of that."""
        try:
            return await self._asked(fetcher, pool, state, title)
        except FeedError as error:
            _log.info("%s", error)
            return self._failure(state, title, error)
        except Exception as bug:
            return self._failure(state, title, fault(state.url, bug))

    async def _asked(
        self, fetcher: Fetcher, pool: ParsePool, state: FetchState, title: str
    ) -> SentStep:
        from flodeslasare.library.steps import StoreReply

        reply = await fetcher.fetch(
            state.url,
            etag=state.etag,
            last_modified=state.last_modified,
            allow_private=state.allows_private,
        )
        if reply.kind is ReplyKind.NOT_MODIFIED and reply.permanent_url not in {
            None,
            state.moved_to,
        }:  # said of what stands at another address since today, of which we have nothing
            reply = await fetcher.fetch(state.url, allow_private=state.allows_private)
        document = None
        if reply.kind is ReplyKind.OK and reply.body_hash != state.body_hash:
            document = await pool.encoded(
                reply.body,
                url=reply.url,
                content_type=reply.content_type,
                location=reply.content_location,
                known=state.item_hashes,
            )
        elif reply.kind is not ReplyKind.GONE:
            same = "not modified" if reply.kind is ReplyKind.NOT_MODIFIED else "the same bytes"
            _log.debug("%s: %s, so there is nothing to read", without_secrets(state.url), same)
        return StoreReply(
            state=replace(state, item_hashes=()),
            title=title,
            kind=reply.kind,
            document=document,
            now=self._now(),
            chance=random.random(),  # noqa: S311 - spreads requests, guards nothing
            usual_seconds=self._usual_seconds,
            etag=reply.etag,
            last_modified=reply.last_modified,
            body_hash=reply.body_hash,
            permanent_url=reply.permanent_url,
            wishes=(reply.max_age_seconds, reply.retry_after_seconds),
        )

    def _failure(self, state: FetchState, title: str, error: FeedError) -> SentStep:
        from flodeslasare.library.steps import StoreFailure

        said = error if isinstance(error, FetchError) else None
        return StoreFailure(
            state=replace(state, item_hashes=()),
            title=title,
            reason=stored(error.reason),
            now=self._now(),
            chance=random.random(),  # noqa: S311
            retry_after_seconds=None if said is None else said.retry_after_seconds,
            pauses=None if said is None else said.pauses,
            was_asked=not isinstance(error, HostPaused),
            has_network=not isinstance(error, NoNetwork),
        )


def fault(url: str, bug: Exception) -> FetchError:
    """Log a bug, of ours or of a library, that a reply brings out: it costs no other feed its turn."""
    _log.error("%s", without_secrets(url), exc_info=bug)
    reason = _("its reply brings out a fault of this program ({cause}); the log says more").format(
        cause=type(bug).__name__
    )
    return FetchError(url, reason)


async def _end_all(ends: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """End what a refresh has started, side by side: each takes its time, and none needs another.

    Raises what the first to fail did, when all have ended.
    """
    outcomes = await asyncio.gather(*(end() for end in ends), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


def by_turns(states: list[tuple[FetchState, str]]) -> list[tuple[FetchState, str]]:
    """Order feeds so that hosts take turns: many feeds of one host do not hold up those of others."""
    turns: dict[str, int] = {}
    placed: list[tuple[int, int]] = []
    for position, (state, _title) in enumerate(states):
        host = host_of(state)
        turns[host] = turns.get(host, 0) + 1
        placed.append((turns[host], position))
    return [states[position] for _turn, position in sorted(placed)]


def pauses(hosts: Sequence[str]) -> list[float]:
    """Tell how many seconds each request waits at first, given the hosts in the order they are asked."""
    before: Counter[str] = Counter()
    waits = []
    for host in hosts:
        waits.append(max(0, before[host] + 1 - FEW_OF_A_HOST) * PAUSE_SECONDS)
        before[host] += 1
    return waits


def host_of(state: FetchState) -> str:
    """Give whom a feed is asked of, port included."""
    return urlsplit(state.url).netloc


def _with_progress(result: FeedResult, done: int, of: int) -> FeedResult:
    return replace(result, url=without_credentials(result.url), done=done, of=of)
