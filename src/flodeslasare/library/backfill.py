"""The backfill: what a feed no longer holds, from older pages of it. How they are found is `fetching.backfill`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from pathlib import Path

from flodeslasare.addresses import without_credentials
from flodeslasare.config import Settings
from flodeslasare.documents import FetchState, ParsedFeed, ReplyKind
from flodeslasare.errors import FeedError, FetchError, ReaderError
from flodeslasare.fetching.backfill import older_pages
from flodeslasare.fetching.discover import with_credentials_of
from flodeslasare.fetching.http import Fetcher
from flodeslasare.fetching.pool import ParsePool
from flodeslasare.fetching.turns import Turns
from flodeslasare.i18n import _
from flodeslasare.library.refresh import fault
from flodeslasare.library.steps import postponement, store_document
from flodeslasare.library.storing import InThread, Storing
from flodeslasare.library.writing import Step
from flodeslasare.model import FeedResult, RefreshStatus
from flodeslasare.storage import Database, SearchIndex


class Backfill:
    """One run over the pages of one feed.

    Use `results()` once. Closing that generator cancels what is under way; what was stored stays.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings,
        state: FetchState,
        title: str,
        *,
        now: Callable[[], datetime],
        turns: Turns | None = None,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare a run.

        Args:
            path: the library file.
            settings: the limits.
            state: what is known of the feed.
            title: its title.
            now: the clock.
            turns: those of what is under way beside it.
            on_wait: called when another program holds the library.
        """
        self._path = path
        self._settings = settings
        self._state = state
        self._title = title
        self._now = now
        self._turns = turns
        self._on_wait = on_wait

    async def results(self) -> AsyncGenerator[FeedResult, None]:
        """Yield a result a page; each page is kept before the next is asked for."""
        state = self._state
        pool = ParsePool(self._settings)
        storing: Storing[Step] = Storing(InThread(self._path), on_wait=self._on_wait)
        try:
            async with (
                Fetcher(self._settings, turns=self._turns) as fetcher,
                aclosing(self._pages(fetcher, pool)) as pages,
            ):
                async for page in pages:
                    yield await storing.store(self._step(page))
        except FeedError as error:
            if isinstance(error, FetchError) and error.pauses:
                await storing.store(postponement(error, self._now(), self._result()))
            yield self._result(error=error.reason)
        except ReaderError:
            raise
        except Exception as bug:
            yield self._result(error=fault(state.url, bug).reason)
        finally:
            await storing.aclose()
            await pool.aclose()

    async def _pages(self, fetcher: Fetcher, pool: ParsePool) -> AsyncGenerator[ParsedFeed, None]:
        """Give the feed as it is now, and then its older pages.

        Raises:
            FetchError, NotAFeed, ParseError: what came before stands.
        """
        state = self._state
        reply = await fetcher.fetch(state.url, allow_private=state.allows_private)
        if reply.kind is ReplyKind.GONE:
            reason = _("it has been taken away for good (HTTP 410)")
            raise FetchError(state.url, reason, status=410)
        first = await pool.parse(
            reply.body,
            url=reply.url,
            content_type=reply.content_type,
            location=reply.content_location,
        )
        yield first
        older = older_pages(
            fetcher,
            pool.parse,
            with_credentials_of(state.url, reply.url),
            first,
            allow_private=state.allows_private,
        )
        async with aclosing(older):
            async for page in older:
                yield page

    def _step(self, page: ParsedFeed) -> Step:
        """Give what stores a page."""

        def store(database: Database, index: SearchIndex) -> FeedResult:
            new, updated = store_document(
                database, self._state.feed_id, page, self._now(), index=index, describes=False
            )
            return self._result(new, updated)

        return store

    def _result(self, new: int = 0, updated: int = 0, error: str | None = None) -> FeedResult:
        return FeedResult(
            feed_id=self._state.feed_id,
            url=without_credentials(self._state.url),
            title=self._title,
            status=RefreshStatus.ERROR if error else RefreshStatus.OK,
            new=new,
            updated=updated,
            error=error,
        )
