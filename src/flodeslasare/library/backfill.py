"""The backfill: what a feed no longer holds, from older pages of it. How they are found is `fetching.backfill`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from pathlib import Path

from flodeslasare.addresses import without_credentials
from flodeslasare.config import Settings
from flodeslasare.documents import FetchState, ParsedFeed
from flodeslasare.errors import FeedError
from flodeslasare.fetching.backfill import older_pages
from flodeslasare.fetching.discover import with_credentials_of
from flodeslasare.fetching.http import Fetcher
from flodeslasare.fetching.pool import ParsePool
from flodeslasare.library.steps import store_document
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
    ) -> None:
        """Prepare a run.

        Args:
            path: the library file.
            settings: the limits.
            state: what is known of the feed.
            title: its title.
            now: the clock.
        """
        self._path = path
        self._settings = settings
        self._state = state
        self._title = title
        self._now = now

    async def results(self) -> AsyncGenerator[FeedResult, None]:
        """Yield a result a page; each page is kept before the next is asked for."""
        state = self._state
        pool = ParsePool(self._settings)
        storing: Storing[Step] = Storing(InThread(self._path))
        try:
            async with Fetcher(self._settings) as fetcher:
                reply = await fetcher.fetch(state.url, allow_private=state.allows_private)
                first = await pool.parse(reply.body, url=reply.url, content_type=reply.content_type)
                yield await storing.store(self._step(first))
                pages = older_pages(
                    fetcher,
                    pool.parse,
                    with_credentials_of(state.url, reply.url),
                    first,
                    allow_private=state.allows_private,
                )
                async with aclosing(pages):
                    async for page in pages:
                        yield await storing.store(self._step(page))
        except FeedError as error:
            yield self._result(error=error.reason)
        finally:
            await storing.aclose()
            await pool.aclose()

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
