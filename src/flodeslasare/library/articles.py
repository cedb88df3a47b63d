"""The whole texts of entries, from their own pages: asked for one at a time, each kept before the next is asked for.

How one is found on its page is `fetching.article`; how it is kept, `storage.articles`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from flodeslasare.addresses import without_credentials
from flodeslasare.config import Settings
from flodeslasare.documents import ParsedArticle, ReplyKind
from flodeslasare.errors import (
    FeedError,
    FetchError,
    HostPaused,
    NoArticle,
    NoNetwork,
    ReaderError,
)
from flodeslasare.fetching.articles import ArticlePool
from flodeslasare.fetching.discover import host_of
from flodeslasare.fetching.http import ACCEPT_PAGES, Fetcher
from flodeslasare.fetching.turns import Turns
from flodeslasare.i18n import _
from flodeslasare.library.refresh import fault
from flodeslasare.library.steps import postponement
from flodeslasare.library.storing import InThread, Storing
from flodeslasare.library.writing import Step
from flodeslasare.model import ArticleResult, ArticleStatus, FeedResult, RefreshStatus
from flodeslasare.storage import ArticleStore, Database, SearchIndex

LEAST_PAUSE_SECONDS = 0.25
"""Between two pages; longer where the server took longer for the last one, so that it has half its time for others."""

MOST_FAILURES = 5
"""So many pages of a host in a row, and the others are not asked for."""

_NOT_THERE = frozenset({404, 410})


class Wanted(NamedTuple):
    """An entry whose whole text is wanted."""

    entry_id: int
    feed_id: int
    title: str
    url: str
    """Of its page; empty where the feed gives none."""
    known: str
    """What its feed says of it, as text."""
    feed_url: str
    """With the name and password it was subscribed to with: they may be its page's as well."""
    allows_private: bool


class ArticleRun:
    """One run over some entries.

    Use `results()` once. Closing that generator cancels what is under way; what was stored stays.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings,
        entry_ids: Sequence[int],
        wanted: Callable[[int], Wanted | None],
        *,
        now: Callable[[], datetime],
        turns: Turns | None = None,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare a run.

        Args:
            path: the library file.
            settings: the limits.
            entry_ids: whose texts, in the order they are asked for.
            wanted: reads what is known of one, in any thread; `None` where it is gone.
            now: the clock.
            turns: those of what is under way beside it.
            on_wait: called when another program holds the library.
        """
        self._path = path
        self._settings = settings
        self._entry_ids = entry_ids
        self._wanted = wanted
        self._now = now
        self._turns = turns
        self._on_wait = on_wait
        self._failures: Counter[str] = Counter()
        """Of each host, in a row."""
        self._down: set[str] = set()
        """The hosts where it was not the page that failed last."""

    async def results(self) -> AsyncGenerator[ArticleResult, None]:
        """Yield a result an entry. Where a host has failed too often, or asks to be left alone, its others are left out."""
        self._storing: Storing[Step] = Storing(InThread(self._path), on_wait=self._on_wait)
        self._pool = ArticlePool(self._settings)
        clock = asyncio.get_running_loop().time
        of = len(self._entry_ids)
        left_out: list[Wanted] = []
        try:
            async with Fetcher(self._settings, turns=self._turns) as fetcher:
                for done, entry_id in enumerate(self._entry_ids, 1):
                    wanted = await asyncio.to_thread(self._wanted, entry_id)
                    if wanted is None:
                        continue
                    if self._failures[host_of(wanted.url)] >= MOST_FAILURES:
                        if host_of(wanted.url) in self._down:
                            left_out.append(wanted)
                        continue
                    began = clock()
                    result = await self._one(fetcher, wanted)
                    yield replace(result, done=done, of=of)
                    if done < of:
                        await asyncio.sleep(max(LEAST_PAUSE_SECONDS, clock() - began))
            if left_out:  # else each refresh would try the next few
                await self._leave_alone(left_out)
        finally:
            await self._storing.aclose()
            await self._pool.aclose()

    async def _one(self, fetcher: Fetcher, wanted: Wanted) -> ArticleResult:
        if not wanted.url:
            reason = _("the feed gives no address of its page")
            return _result(wanted, ArticleStatus.ERROR, error=reason)
        host, entry_id = host_of(wanted.url), wanted.entry_id
        try:
            article = await self._article(fetcher, wanted)
        except FeedError as error:
            self._failures[host] += MOST_FAILURES if _is_of_all(error) else 1
            if isinstance(error, FetchError) and error.pauses:
                await self._storing.store(postponement(error, self._now(), _stored(wanted)))
            is_of_page = isinstance(error, NoArticle) or getattr(error, "status", 0) in _NOT_THERE
            if is_of_page or isinstance(error, NoNetwork):
                self._down.discard(host)
            else:
                self._down.add(host)
            if is_of_page:
                await self._keep(wanted, lambda kept, now: kept.give_up(entry_id, now))
            elif not isinstance(error, HostPaused | NoNetwork):
                await self._keep(wanted, lambda kept, now: kept.failed(entry_id, now))
            return _result(wanted, ArticleStatus.ERROR, error=error.reason)
        self._failures[host] = 0
        if article is None:
            await self._keep(wanted, lambda kept, now: kept.give_up(entry_id, now))
            return _result(wanted, ArticleStatus.UNCHANGED)
        is_new = await self._keep(wanted, lambda kept, now: kept.put(entry_id, article, now))
        words = len(article.text.split())
        return _result(wanted, ArticleStatus.OK if is_new else ArticleStatus.UNCHANGED, words=words)

    async def _article(self, fetcher: Fetcher, wanted: Wanted) -> ParsedArticle | None:
        """Ask for an entry's page, and find the text on it.

        Raises:
            FetchError, NoArticle, ParseError
        """
        try:
            reply = await fetcher.fetch(
                wanted.url,
                allow_private=wanted.allows_private,
                accept=ACCEPT_PAGES,
                named_by=wanted.feed_url,
            )
            if reply.kind is ReplyKind.GONE:
                raise FetchError(wanted.url, _("it is gone for good (HTTP 410)"), status=410)
            return await self._pool.find(
                reply.body,
                url=reply.url,
                content_type=reply.content_type,
                title=wanted.title,
                known=wanted.known,
            )
        except ReaderError:
            raise
        except Exception as bug:  # of ours or of a library, that a page brings out
            raise fault(wanted.url, bug) from bug

    async def _leave_alone(self, left_out: Sequence[Wanted]) -> None:
        """Take note that others of a host could not be had either."""

        def store(database: Database, index: SearchIndex) -> FeedResult:
            articles = ArticleStore(database, index)
            for wanted in left_out:
                articles.failed(wanted.entry_id, self._now())
            return _stored(left_out[0])

        await self._storing.store(store)

    async def _keep(
        self, wanted: Wanted, change: Callable[[ArticleStore, datetime], bool | None]
    ) -> bool:
        """Change what is kept of an entry's article; tells whether it reads otherwise than before."""

        def store(database: Database, index: SearchIndex) -> FeedResult:
            return _stored(wanted, is_new=bool(change(ArticleStore(database, index), self._now())))

        return (await self._storing.store(store)).updated > 0


def _is_of_all(error: FeedError) -> bool:
    """Tell whether the next page of the host would fail for the same reason."""
    return isinstance(error, HostPaused | NoNetwork) or (
        isinstance(error, FetchError) and error.pauses is not None
    )


def _stored(wanted: Wanted, *, is_new: bool = False) -> FeedResult:
    """Give what a step gives: that of a feed so many entries have changed."""
    return FeedResult(
        feed_id=wanted.feed_id,
        url=wanted.feed_url,
        title=wanted.title,
        status=RefreshStatus.OK,
        updated=int(is_new),
    )


def _result(
    wanted: Wanted, status: ArticleStatus, *, words: int = 0, error: str | None = None
) -> ArticleResult:
    return ArticleResult(
        entry_id=wanted.entry_id,
        feed_id=wanted.feed_id,
        title=wanted.title,
        url=without_credentials(wanted.url) or None,
        status=status,
        words=words,
        error=error,
    )
