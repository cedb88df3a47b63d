"""The pictures of entries: from the cache where they are in it, else fetched when the person asks for them.

Nothing here is called by a refresh: a picture is asked for by who wants to see it, and by nobody else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from flodeslasare.addresses import without_secrets
from flodeslasare.config import Settings
from flodeslasare.errors import FetchError, OfflineError, ParseError, ReaderError
from flodeslasare.i18n import _
from flodeslasare.storage.pictures import PictureStore

if TYPE_CHECKING:
    from flodeslasare.fetching.http import Fetcher
    from flodeslasare.fetching.pictures import PicturePool
    from flodeslasare.pictures import Colour, Picture

AT_ONCE = 3
"""So many pictures are fetched at one time, from whatever hosts; of one host it is `fetch.per_host`."""

_log = logging.getLogger(__name__)


class Pictures:
    """Fetches, keeps and draws pictures. It belongs to the event loop that first uses it."""

    def __init__(
        self,
        settings: Settings,
        folder: Path | None,
        *,
        offline: bool,
        reach: Callable[[int], tuple[str, bool]],
    ) -> None:
        """Prepare; nothing is started and no folder made before the first picture.

        Args:
            settings: the limits of fetching and reading.
            folder: where pictures are kept; `None` to keep none.
            offline: never touch the network.
            reach: gives the address of a feed, and whether private addresses may be connected to for it.
        """
        most = settings.fetch_image_bytes
        self._settings = replace(settings, fetch_wire_bytes=most, fetch_body_bytes=most)
        self._store = None if folder is None else PictureStore(folder)
        self._is_offline = offline
        self._reach = reach
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._starting = asyncio.Lock()
        self._started: tuple[Fetcher, PicturePool] | None = None

    async def draw(
        self, url: str, *, feed_id: int, most_width: int, most_height: int, ground: Colour
    ) -> Picture:
        """Give a picture as it is to be drawn.

        Args:
            url: http or https.
            feed_id: the feed whose entry shows it: its rules hold for the address.
            most_width: in pixels.
            most_height: in pixels.
            ground: what is seen through it.

        Raises:
            OfflineError: it is not kept, and the network is switched off.
            FetchError: its server gives none.
            ParseError: it is no picture that can be drawn.
        """
        fetcher, pool = await self._tools()

        async def drawn(body: bytes) -> Picture:
            return await pool.draw(
                body, url=url, most_width=most_width, most_height=most_height, ground=ground
            )

        kept = await self._kept(url)
        if kept is not None:
            try:
                return await drawn(kept)
            except ParseError as error:
                _log.info("what is kept of it cannot be drawn, as if it were not there: %s", error)
        if self._is_offline:
            raise OfflineError(_("it is not kept, and the network is switched off"))
        async with self._turns:
            try:
                body = await self._fetched(fetcher, url, *self._reach(feed_id))
            except ReaderError:
                raise
            except Exception as bug:  # of ours or of a library, that a reply brings out
                from flodeslasare.library.refresh import fault

                raise fault(url, bug) from bug
        picture = await drawn(body)
        if self._store is not None:  # only what can be drawn is worth a place
            await asyncio.to_thread(self._store.put, url, body)
        return picture

    async def aclose(self) -> None:
        """End the process that draws, close connections and forget passwords; the next picture starts anew.

        That a server asked to be left alone is remembered.
        """
        async with self._starting:  # what is wanted meanwhile waits, and starts anew
            if self._started is not None:
                fetcher, pool = self._started
                await fetcher.aclose()
                await pool.aclose()

    async def _tools(self) -> tuple[Fetcher, PicturePool]:
        async with self._starting:
            if self._started is None:
                # 100 ms that a screen's loop must not pay.
                for module in ("flodeslasare.fetching.http", "flodeslasare.fetching.pictures"):
                    await asyncio.to_thread(import_module, module)
                from flodeslasare.fetching.http import Fetcher
                from flodeslasare.fetching.pictures import PicturePool

                self._started = Fetcher(self._settings), PicturePool(self._settings)
            return self._started

    async def _kept(self, url: str) -> bytes | None:
        if self._store is None:
            return None
        return await asyncio.to_thread(self._store.get, url, self._settings.fetch_image_bytes)

    async def _fetched(
        self, fetcher: Fetcher, url: str, feed_url: str, allow_private: bool
    ) -> bytes:
        from flodeslasare.documents import ReplyKind
        from flodeslasare.fetching.http import ACCEPT_PICTURES

        reply = await fetcher.fetch(
            url, allow_private=allow_private, accept=ACCEPT_PICTURES, named_by=feed_url
        )
        if reply.kind is not ReplyKind.OK:
            raise FetchError(url, _("it is gone for good (HTTP 410)"), status=reply.status)
        _log.debug("%s: a picture of %d bytes", without_secrets(url), len(reply.body))
        return reply.body
