"""Parsing in processes of its own, with limits on time and memory; `pictures` makes pictures small in the same
way, and `articles` finds the text of a page.

feedparser and lxml hold the GIL, so parsing beside the screen would stop it for half a second at a
time. And a document that makes a parser run wild costs that
feed its turn, nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Collection
from typing import ClassVar, Self

from flodeslasare.config import Settings
from flodeslasare.documents import ParsedFeed
from flodeslasare.errors import FeedError, NoArticle, NotAFeed, ParseError
from flodeslasare.fetching.wire import (
    MEMORY,
    Encoded,
    NonsenseError,
    Refusal,
    Request,
    answer_from,
    document_from,
    encoded,
    reason_from,
)
from flodeslasare.i18n import _
from flodeslasare.processes import Helper

_log = logging.getLogger(__name__)
_ERRORS: dict[str, type[FeedError]] = {
    error.__name__: error for error in (NoArticle, NotAFeed, ParseError)
}


IN_HAND = 2
"""A worker has the next document in hand before it has answered for one: it need not wait for our turn."""


class _Worker:
    """A worker, and who waits for it."""

    def __init__(self, helper: Helper) -> None:
        self.helper = helper
        self.turns = asyncio.Lock()
        self.waiting = 0


class _Dropped(Exception):
    """A worker was ended in another's turn, or because another no longer wanted its answer."""


class Pool:
    """A few worker processes, started when they are first needed.

    It belongs to the event loop that first uses it; `aclose()` before that loop ends.
    """

    worker_module: ClassVar[str]
    """What a worker runs."""

    def __init__(self, settings: Settings | None = None, *, workers: int | None = None) -> None:
        """Make a pool; nothing is started yet.

        Args:
            settings: the limits; the defaults, where nothing is said.
            workers: the most at one time; where nothing is said, as many as there are processors but one: that
                is for whoever fetches, stores and draws.
        """
        self._settings = settings or Settings()
        self._most = workers or max(1, min((os.cpu_count() or 1) - 1, 8))
        self._free = asyncio.Semaphore(IN_HAND * self._most)
        self._choosing = asyncio.Lock()
        self._workers: list[_Worker] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def answered(self, request: bytes, url: str) -> Encoded:
        """Let a worker answer a request that is about what came from an address.

        Raises:
            NoArticle, NotAFeed, ParseError: the worker says so, or it took too long or too much memory.
        """
        async with self._free:
            while True:
                try:
                    worker = await self._take()
                except OSError as error:
                    reason = _("its parser could not be started ({cause})")
                    raise ParseError(url, reason.format(cause=error.strerror or error)) from error
                try:
                    answer = await self._asked(worker, request, url)
                    break
                except _Dropped:
                    continue
                finally:
                    worker.waiting -= 1
        if isinstance(answer, Refusal):
            raise self._error(answer, url)
        return answer

    async def _asked(self, worker: _Worker, request: bytes, url: str) -> Encoded | Refusal:
        """Ask a worker, in turn with others that ask it.

        Raises:
            ParseError
            _Dropped: it was ended in another's turn, or for another's sake.
        """
        is_fit = False
        try:
            worker.helper.write(request)
            async with worker.turns:  # given in the order of asking, and so are the answers
                if worker not in self._workers:
                    raise _Dropped
                async with asyncio.timeout(self._settings.parse_seconds):
                    answer = await answer_from(worker.helper.receive)
                is_fit = not (isinstance(answer, Refusal) and answer.error == MEMORY)
                return answer
        except TimeoutError:
            raise ParseError(
                url,
                _("reading it took longer than {seconds:g} s and was stopped").format(
                    seconds=self._settings.parse_seconds
                ),
            ) from None
        except (OSError, EOFError) as error:
            if worker not in self._workers:
                raise _Dropped from error
            raise ParseError(url, _("its parser ended in the middle of it")) from error
        except NonsenseError as error:
            raise nonsense(url) from error
        finally:
            if not is_fit and worker in self._workers:
                self._workers.remove(worker)
                await worker.helper.kill()

    async def aclose(self) -> None:
        """End all workers; those at work are stopped. The next document starts new ones."""
        workers, self._workers = self._workers, []
        await asyncio.gather(
            *(
                worker.helper.kill() if worker.waiting else worker.helper.close()
                for worker in workers
            )
        )

    async def _take(self) -> _Worker:
        """Give the worker that has least to do, and take a place at it."""
        async with self._choosing:
            self._workers = [
                worker for worker in self._workers if worker.waiting or worker.helper.is_alive
            ]
            chosen = min(self._workers, key=lambda worker: worker.waiting, default=None)
            if chosen is None or (chosen.waiting and len(self._workers) < self._most):
                chosen = _Worker(
                    await Helper.start(
                        self.worker_module,
                        str(self._settings.parse_seconds),
                        str(self._settings.parse_memory_bytes),
                    )
                )
                self._workers.append(chosen)
            chosen.waiting += 1
            return chosen

    def _error(self, refusal: Refusal, url: str) -> FeedError:
        if refusal.error in _ERRORS:
            return _ERRORS[refusal.error](url, reason_from(refusal.reason))
        if refusal.error == MEMORY:
            return ParseError(
                url,
                _("reading it took more than {megabytes} MB of memory and was stopped").format(
                    megabytes=self._settings.parse_memory_bytes // 1_000_000
                ),
            )
        _log.warning("%s: the parser failed: %s", url, reason_from(refusal.reason))
        return ParseError(url, _("it holds something that its parser fails on"))


class ParsePool(Pool):
    """Workers that read feed documents."""

    worker_module: ClassVar[str] = "flodeslasare.fetching._worker"

    async def parse(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None = None,
        location: str | None = None,
        known: Collection[str] = (),
    ) -> ParsedFeed:
        """Do `parse.parse_feed` in a worker.

        Raises:
            NotAFeed: it is a web page, or a document of another kind.
            ParseError: it cannot be read, or reading it took too long or too much memory.
        """
        sent = await self.encoded(
            body, url=url, content_type=content_type, location=location, known=known
        )
        try:
            # In a thread, which lets the event loop have its turn between the parts.
            return await asyncio.to_thread(document_from, sent)
        except NonsenseError as error:
            raise nonsense(url) from error

    async def encoded(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None = None,
        location: str | None = None,
        known: Collection[str] = (),
    ) -> Encoded:
        """Do what `parse` does, and give the document as the worker sent it, for `wire.document_from`.

        Raises:
            NotAFeed, ParseError
        """
        request = Request(
            body=body,
            url=url,
            content_type=content_type,
            location=location,
            known=list(known),
            field_characters=self._settings.fetch_field_characters,
            max_entries=self._settings.fetch_entries,
            nesting=self._settings.fetch_nesting,
            max_images=self._settings.fetch_images,
        )
        return await self.answered(encoded(request), url)


def nonsense(url: str) -> ParseError:
    """Give the error for an answer that no worker of ours gives."""
    return ParseError(url, _("its parser gave an answer that makes no sense"))
