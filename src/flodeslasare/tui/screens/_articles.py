"""Whole texts, fetched in the background: of the entry one is on, and of the feeds where they are wanted. Imported when asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from textual.screen import Screen
from textual.worker import Worker

from flodeslasare.errors import ReaderError
from flodeslasare.i18n import _, ngettext
from flodeslasare.library.library import Library
from flodeslasare.model import ArticleResult, ArticleStatus
from flodeslasare.tui import phrases
from flodeslasare.tui.messages import ArticleRead, ArticlesFinished, RefreshWaiting
from flodeslasare.tui.widgets.status_line import Fetching, StatusLine


class Articles:
    """Fetches the whole text that is asked for at once, and those that are due one after the other."""

    def __init__(self, screen: Screen[None], library: Library, status: StatusLine) -> None:
        """Make it.

        Args:
            screen: whose workers do it, and who takes its messages.
            library: what they are kept in.
            status: where it says how far it has come.
        """
        self._screen = screen
        self._library = library
        self._status = status
        self._run: Worker[None] | None = None
        """What reads those that are due."""
        self._may_be_cancelled = False
        """It has begun, and was not cancelled: else it could not say any more that it has ended."""
        self._is_owed = False
        """Whether more may be due by now."""
        self._found = 0
        self._asked: set[int] = set()
        """Whose text is asked for just now."""

    def fetch(self, entry_id: int) -> None:
        """Fetch the whole text of one entry."""
        self._status.tell(_("fetching the whole text …"))
        if entry_id in self._asked:
            return
        self._asked.add(entry_id)
        self._screen.run_worker(
            self._read_asked(entry_id),
            group=f"article-{entry_id}",
            description="fetch the whole text",
        )

    def fetch_due(self) -> None:
        """Fetch those that are due; while that goes on, once more when it has ended."""
        if self._run is not None:
            self._is_owed = True
            return
        self._found = 0
        self._run = self._screen.run_worker(
            self._read_due(), group="articles", description="fetch whole texts"
        )

    def start_again(self) -> None:
        """Fetch those that are due by now, and no others."""
        if self._run is None:
            self.fetch_due()
        else:
            self._is_owed = True
            if self._may_be_cancelled:
                self._may_be_cancelled = False
                self._run.cancel()

    async def _read_asked(self, entry_id: int) -> None:
        try:
            await self._read([entry_id], is_asked=True)
        finally:
            self._asked.discard(entry_id)

    async def _read_due(self) -> None:
        problem: str | None = None
        self._may_be_cancelled = True
        try:
            due = await asyncio.to_thread(self._due)
            if due:
                await self._read(due, is_asked=False)
        except ReaderError as error:
            problem = str(error)
        finally:
            self._may_be_cancelled = False
            self._screen.post_message(ArticlesFinished(problem))

    def _due(self) -> list[int]:
        with self._library.opened_again() as library:
            return library.due_articles()

    async def _read(self, entry_ids: Sequence[int], *, is_asked: bool) -> None:
        tell = self._screen.post_message
        try:
            results = self._library.fetch_articles(entry_ids, on_wait=self._say_that_it_waits)
            async with aclosing(results):
                async for result in results:
                    tell(ArticleRead(result, is_asked=is_asked))
        except ReaderError as error:
            if not is_asked:
                raise
            self._status.message = str(error)

    def _say_that_it_waits(self) -> None:
        self._screen.post_message(RefreshWaiting())

    def took(self, result: ArticleResult, *, is_asked: bool) -> bool:
        """Say what came of one; tells whether that is to be seen at once."""
        is_new = result.status is ArticleStatus.OK
        if is_asked:
            self._tell(result)
            return is_new
        self._found += is_new
        self._status.fetching = Fetching(title=result.title, done=result.done, of=result.of)
        return False

    def _tell(self, result: ArticleResult) -> None:
        if result.status is ArticleStatus.ERROR:
            self._status.message = result.error or ""
        elif result.status is ArticleStatus.OK:
            said = ngettext(
                "the whole text is here: {n} word",
                "the whole text is here: {n} words",
                result.words,
            )
            self._status.tell(said.format(n=phrases.number(result.words)), is_news=True)
        else:
            self._status.tell(_("its page has no more text than this"), is_news=True)

    def ended(self, problem: str | None) -> bool:
        """Say what those that were due came to, and go on with what has become due since; tells whether there were any."""
        self._run = None
        is_any_new = self._found > 0
        self._status.fetching = None
        if problem is not None:
            self._status.message = problem
        elif self._found:
            said = ngettext("{n} whole text fetched", "{n} whole texts fetched", self._found)
            self._status.tell(said.format(n=phrases.number(self._found)), is_news=True)
        if self._is_owed:
            self._is_owed = False
            self.fetch_due()
        return is_any_new
