"""The refresh: ask many feeds side by side, and store what each brings, all of it or nothing.

The network is waited for on the caller's event loop, documents are parsed in worker processes, and
storing runs in a thread, so a screen on the same loop stays quick.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flodeslasare.addresses import without_credentials, without_secrets
from flodeslasare.config import Settings
from flodeslasare.documents import FetchState, ParsedFeed
from flodeslasare.errors import FeedError, FetchError, HostPaused, NoNetwork
from flodeslasare.i18n import _
from flodeslasare.library.plan import (
    interval_between,
    names_of,
    next_after_failure,
    next_after_success,
    plan_update,
)
from flodeslasare.library.storing import Storing
from flodeslasare.model import FeedResult, FeedStarted, RefreshStatus, RefreshWaits
from flodeslasare.storage import Database, EntryStore, FeedStore, SearchIndex
from flodeslasare.storage.feeds import CONFIRMATIONS

if TYPE_CHECKING:
    from flodeslasare.fetching.http import Fetcher, Reply
    from flodeslasare.fetching.pool import ParsePool

FEW_OF_A_HOST = 10
PAUSE_SECONDS = 0.5
"""In a refresh that nobody waits for, so many feeds of one host are asked one after the other; each that
follows begins this much later. A sleep of a month does not end in a volley."""

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
    ) -> None:
        """Prepare a run.

        Args:
            path: the library file; each step opens a connection of its own.
            settings: the limits, and how often the person wants news.
            states: what is known of each feed, and its title, in the order they are to be asked.
            now: the clock.
            is_in_haste: whether somebody waits for it; else hosts with many feeds get pauses.
        """
        self._path = path
        self._settings = settings
        self._states = states
        self._now = now
        self._is_in_haste = is_in_haste
        self._usual = timedelta(minutes=settings.refresh_every_minutes or 30)

    async def results(self) -> AsyncGenerator[FeedStarted | FeedResult | RefreshWaits, None]:
        """Yield as feeds begin and end, and when another program is waited for, in the order it happens."""
        # httpx: 110 ms that neither a start nor a screen's loop must pay.
        await asyncio.to_thread(importlib.import_module, "flodeslasare.fetching.http")
        from flodeslasare.fetching.http import Fetcher
        from flodeslasare.fetching.pool import ParsePool

        events: asyncio.Queue[FeedStarted | FeedResult | RefreshWaits | BaseException] = (
            asyncio.Queue()
        )
        places = asyncio.Semaphore(max(1, self._settings.fetch_feeds_at_once))
        done = 0
        of = len(self._states)

        async with AsyncExitStack() as stack:
            fetcher = await stack.enter_async_context(Fetcher(self._settings))
            pool = ParsePool(self._settings)
            stack.push_async_callback(pool.aclose)
            storing = Storing(self._path, on_wait=lambda: events.put_nowait(RefreshWaits()))
            stack.push_async_callback(storing.aclose)

            async def take(state: FetchState, title: str, wait_seconds: float) -> None:
                nonlocal done
                await asyncio.sleep(wait_seconds)
                async with places:
                    events.put_nowait(
                        FeedStarted(feed_id=state.feed_id, title=title, done=done, of=of)
                    )
                    try:
                        result = await self._refresh_one(fetcher, pool, storing, state, title)
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
                done += 1
                events.put_nowait(_with_progress(result, done, of))

            in_turns = by_turns(self._states)
            waits = pauses([host_of(state) for state, _title in in_turns])
            tasks = [
                asyncio.create_task(take(state, title, 0 if self._is_in_haste else wait))
                for (state, title), wait in zip(in_turns, waits, strict=True)
            ]
            try:
                ended = 0
                while ended < of:
                    event = await events.get()
                    if isinstance(event, BaseException):
                        raise event
                    ended += isinstance(event, FeedResult)
                    yield event
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _refresh_one(
        self,
        fetcher: Fetcher,
        pool: ParsePool,
        storing: Storing,
        state: FetchState,
        title: str,
    ) -> FeedResult:
        from flodeslasare.fetching.http import ReplyKind

        try:
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
            parsed = None
            if reply.kind is ReplyKind.OK and reply.body_hash != state.body_hash:
                parsed = await pool.parse(
                    reply.body,
                    url=reply.url,
                    content_type=reply.content_type,
                    location=reply.content_location,
                    known=state.item_hashes,
                )
        except FeedError as error:
            _log.info("%s", error)
            failure = error  # `error` itself ends with this clause
            return await storing.store(
                lambda database, _index: self._store_failure(database, state, title, failure)
            )
        except Exception as error:
            # A bug, of ours or of a library, that this reply brings out: it costs no other feed its turn.
            _log.exception("%s", without_secrets(state.url))
            bug = FetchError(
                state.url,
                _(
                    "its reply brings out a fault of this program ({cause}); the log says more"
                ).format(cause=type(error).__name__),
            )
            return await storing.store(
                lambda database, _index: self._store_failure(database, state, title, bug)
            )
        return await storing.store(
            lambda database, index: self._store_reply(database, index, state, title, reply, parsed)
        )

    def _store_failure(
        self, database: Database, state: FetchState, title: str, error: FeedError
    ) -> FeedResult:
        feeds, now = FeedStore(database), self._now()
        retry_after = error.retry_after_seconds if isinstance(error, FetchError) else None
        if isinstance(error, HostPaused):  # it was not asked, and nothing is wrong with it
            feeds.postpone([state.feed_id], now + timedelta(seconds=retry_after or 0))
        else:
            feeds.fetched(
                state.feed_id,
                RefreshStatus.ERROR,
                now=now,
                next_refresh=next_after_failure(
                    now,
                    # Without a network no one was asked too often: on its return nothing waits for long.
                    1 if isinstance(error, NoNetwork) else state.failures + 1,
                    retry_after_seconds=retry_after,
                    chance=random.random(),  # noqa: S311 - spreads requests, guards nothing
                ),
                error=error.reason,
            )
        if (
            isinstance(error, FetchError) and error.pauses
        ):  # also the feeds that are not in this run
            feeds.postpone(feeds.of_host(error.pauses), now + timedelta(seconds=retry_after or 0))
        return FeedResult(
            feed_id=state.feed_id,
            url=state.url,
            title=title,
            status=RefreshStatus.ERROR,
            error=error.reason,
        )

    def _store_reply(
        self,
        database: Database,
        index: SearchIndex,
        state: FetchState,
        title: str,
        reply: Reply,
        parsed: ParsedFeed | None,
    ) -> FeedResult:
        from flodeslasare.fetching.http import ReplyKind

        feeds = FeedStore(database)
        now = self._now()
        new = updated = 0
        error = None
        wishes = [reply.max_age_seconds, reply.retry_after_seconds]
        status = RefreshStatus.UNCHANGED
        if reply.kind is ReplyKind.GONE:
            status = RefreshStatus.GONE
            error = _("the server says that this feed is gone for good; it is no longer asked")
        elif parsed is not None:
            new, updated = store_document(database, state.feed_id, parsed, now, index=index)
            status = RefreshStatus.OK
            _log.debug("%s: %d new, %d changed", without_secrets(state.url), new, updated)
            title = parsed.title or title
            wishes.append(parsed.min_interval_seconds)
        else:
            same = "not modified" if reply.kind is ReplyKind.NOT_MODIFIED else "the same bytes"
            _log.debug("%s: %s, so there is nothing to read", without_secrets(state.url), same)
            wishes.append(state.interval_seconds)  # what its document wished, and its rhythm
        interval = interval_between(
            EntryStore(database, index).newest_dates(state.feed_id),
            now=now,
            wish_seconds=max((wish for wish in wishes if wish), default=None),
            usual=self._usual,
        )
        if reply.kind is not ReplyKind.GONE:
            # Of half a document nothing is said to be known, or 304 would keep us from the other half.
            is_whole = parsed is None or parsed.is_whole
            feeds.learnt(
                state.feed_id,
                etag=reply.etag if is_whole else None,
                last_modified=reply.last_modified if is_whole else None,
                body_hash=reply.body_hash if is_whole else None,
                item_hashes=None if parsed is None else parsed.item_hashes,
                interval_seconds=int(interval.total_seconds()),
            )
            _follow_move(feeds, state, reply.permanent_url)
        feeds.fetched(
            state.feed_id,
            status,
            now=now,
            next_refresh=next_after_success(now, interval, due=state.due, chance=random.random()),  # noqa: S311
            new=new,
            updated=updated,
            error=error,
        )
        return FeedResult(
            feed_id=state.feed_id,
            url=state.url,
            title=title,
            status=status,
            new=new,
            updated=updated,
            error=error,
        )


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


def store_document(
    database: Database,
    feed_id: int,
    parsed: ParsedFeed,
    now: datetime,
    *,
    index: SearchIndex | None = None,
    describes: bool = True,
) -> tuple[int, int]:
    """Keep what a document brings, inside the caller's transaction; gives how many are new and edited.

    Args:
        database: the library.
        feed_id: whose document it is.
        parsed: the document.
        now: when it came.
        index: the database's, where it is gathering for several documents.
        describes: whether it also says what the feed is called; an older page of it need not.

    Raises:
        FeedError: the feed was deleted meanwhile.
        StorageError: it could not be stored.
    """
    feeds = FeedStore(database)
    if feeds.by_id(feed_id) is None:
        raise FeedError(str(feed_id), _("the feed was deleted while it was refreshed"))
    entries = EntryStore(database, index or SearchIndex(database))
    known = entries.known(
        feed_id,
        [name for entry in parsed.entries for name in names_of(entry)],
        parsed.entries,
    )
    update = plan_update(known, parsed.entries, also_named=parsed.skipped_guids)
    entries.add(feed_id, update.new, now)
    entries.change(update.changed, now)
    if describes:
        feeds.described(feed_id, title=parsed.title, site_url=parsed.site_url, flaw=parsed.flaw)
    return len(update.new), sum(change.is_edit for change in update.changed)


def _follow_move(feeds: FeedStore, state: FetchState, permanent_url: str | None) -> None:
    """Take over a permanent redirect once it has held long enough (RFC 9110 §15.4.2)."""
    if permanent_url is None or permanent_url == state.url:
        if state.moved_to is not None:
            feeds.moving(state.feed_id, None, 0)
        return
    times = state.moved_times + 1 if state.moved_to == permanent_url else 1
    feeds.moving(state.feed_id, permanent_url, times)
    if times < CONFIRMATIONS:
        return
    from flodeslasare.fetching.discover import names_private_network

    if names_private_network(permanent_url) is not state.allows_private:
        return  # never inward, and what may go inward takes no leave with it
    if feeds.by_url(permanent_url) is None:  # else the two are offered for merging: Feed.merge_into
        feeds.readdress(
            state.feed_id,
            permanent_url,
            keeps_validators=True,
            allows_private=state.allows_private,
        )


def _with_progress(result: FeedResult, done: int, of: int) -> FeedResult:
    from dataclasses import replace

    return replace(result, url=without_credentials(result.url), done=done, of=of)
