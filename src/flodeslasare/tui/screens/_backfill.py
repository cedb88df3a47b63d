"""Older entries of a feed, fetched in the background: how far it has come, what ended it. Imported when it is asked for."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from msgspec import Struct
from textual.screen import Screen
from textual.worker import Worker

from flodeslasare.errors import ReaderError
from flodeslasare.i18n import _, ngettext
from flodeslasare.library.library import Library
from flodeslasare.model import Feed, FeedResult
from flodeslasare.tui import phrases
from flodeslasare.tui._late import import_texts
from flodeslasare.tui.messages import BackfillFinished, OlderPageKept, RefreshWaiting
from flodeslasare.tui.widgets._text import cut
from flodeslasare.tui.widgets.status_line import Filling, StatusLine

_NAME_CELLS = 26
"""Of a name in what is said at the end, so that there is room for how many entries came."""


class UnderWay(Struct):
    """What has come of one feed so far."""

    feed: Feed
    pages: int = 0
    """As many as have been kept, the feed's own document among them."""
    older: int = 0
    """Entries that older pages have brought."""
    new: int = 0
    """Entries that the feed itself had and the library had not."""
    changed: int = 0
    trouble: str | None = None
    """Why it ended before its time."""
    worker: Worker[None] | None = None
    has_begun: bool = False
    is_stopped: bool = False
    is_quiet: bool = False
    """Whether nothing is said of its end."""

    @property
    def may_have_brought(self) -> bool:
        """Whether entries came; of one that was stopped not all are known."""
        return bool(self.older or self.new or self.is_stopped)

    def take(self, page: FeedResult) -> None:
        """Count a page, or know why there is none."""
        if page.error is not None:
            self.trouble = page.error
            return
        self.pages += 1
        if self.pages == 1:
            self.new += page.new
        else:
            self.older += page.new
        self.changed += page.updated


class Backfills:
    """Fills one feed at a time; others that are asked for wait for their turn.

    Side by side they would be no quicker where they share a host, and the foot has room to tell of one.
    """

    def __init__(
        self,
        screen: Screen[None],
        library: Library,
        status: StatusLine,
    ) -> None:
        """Make it.

        Args:
            screen: whose worker does it, and who takes its messages.
            library: what is filled.
            status: where it says how far it has come.
        """
        self._screen = screen
        self._library = library
        self._status = status
        self._under_way: UnderWay | None = None
        self._waiting: list[Feed] = []

    @property
    def feed_id(self) -> int | None:
        """The feed that is being filled."""
        return None if self._under_way is None else self._under_way.feed.id

    def has(self, feed_id: int) -> bool:
        """Whether a feed is being filled, or waits for its turn."""
        return feed_id == self.feed_id or any(feed.id == feed_id for feed in self._waiting)

    def toggle(self, feed: Feed) -> None:
        """Fill a feed in its turn; one that is being filled is left as it is by now, one that waits is left out."""
        if self.stop(feed.id):
            return
        if self._under_way is None:
            self._begin(feed)
            return
        self._waiting.append(feed)
        self._tell_how_far()
        self._status.tell(_("then {feed}").format(feed=_short(feed)))

    def stop(self, feed_id: int, *, quietly: bool = False) -> bool:
        """Leave a feed as it is by now; tells whether it was being filled, or was to be.

        Args:
            feed_id: which.
            quietly: say nothing of it: something else is said, for which it is stopped.
        """
        under_way = self._under_way
        if under_way is not None and under_way.feed.id == feed_id:
            # Once is enough: a second time it would be kept from letting go of the file. One that has not begun yet
            # sees it by itself; cancelled, it could not say any more that it has ended.
            is_at_work = under_way.has_begun and not under_way.is_stopped
            under_way.is_stopped, under_way.is_quiet = True, quietly
            if is_at_work and under_way.worker is not None:
                under_way.worker.cancel()
            return True
        for feed in self._waiting:
            if feed.id == feed_id:
                self._waiting.remove(feed)
                self._tell_how_far()
                if not quietly:
                    said = _("{feed}: no older entries are fetched")
                    self._status.tell(said.format(feed=_short(feed)))
                return True
        return False

    def stop_all(self) -> None:
        """Leave all feeds as they are by now."""
        self._waiting.clear()
        if self._under_way is not None:
            self.stop(self._under_way.feed.id)

    def _begin(self, feed: Feed) -> None:
        under_way = self._under_way = UnderWay(feed)
        self._tell_how_far()
        under_way.worker = self._screen.run_worker(
            self._fill(under_way), group="backfill", description="fetch older entries"
        )

    async def _fill(self, under_way: UnderWay) -> None:
        """Fetch pages until there are no more, posting each as it is kept."""
        tell = self._screen.post_message
        problem: str | None = None
        under_way.has_begun = True
        try:
            if under_way.is_stopped:
                return
            await asyncio.to_thread(import_texts)
            pages = self._library.backfill(under_way.feed.id, on_wait=self._say_that_it_waits)
            async with aclosing(pages):
                async for page in pages:
                    tell(OlderPageKept(page))
        except ReaderError as error:
            problem = str(error)
        finally:
            tell(BackfillFinished(problem))

    def _say_that_it_waits(self) -> None:
        self._screen.post_message(RefreshWaiting())

    def took(self, page: FeedResult) -> bool:
        """Say how far it has come; tells whether there is something to count."""
        if self._under_way is None:
            return False
        self._under_way.take(page)
        self._tell_how_far()
        return bool(page.new or page.updated)

    def ended(self, problem: str | None) -> bool:
        """Say what a feed's turn came to, and begin with the next; tells whether there may be more to list.

        Args:
            problem: why it could not be done at all.
        """
        ended, self._under_way = self._under_way, None
        if ended is None:
            return False
        if self._waiting:
            self._begin(self._waiting.pop(0))
        else:
            self._status.filling = None
        if ended.is_quiet:
            pass
        elif problem is not None:
            self._status.message = problem
        elif ended.trouble is not None:
            self._status.message = _said_of_trouble(ended, ended.trouble)
        elif ended.is_stopped:
            said = _("{feed}: stopped; the older entries that came are kept")
            self._status.tell(said.format(feed=_short(ended.feed)), is_news=True)
        else:
            self._status.tell(_said_of_end(ended), is_news=True)
        return ended.may_have_brought

    def _tell_how_far(self) -> None:
        if self._under_way is not None:
            self._status.filling = Filling(
                title=self._under_way.feed.title,
                pages=self._under_way.pages,
                entries=self._under_way.older,
                waiting=len(self._waiting),
            )


def _short(feed: Feed) -> str:
    return cut(feed.title, _NAME_CELLS)


def _said_of_end(ended: UnderWay) -> str:
    """Say what came, when all has come."""
    if ended.older:
        said = ngettext(
            "{feed}: {n} older entry added", "{feed}: {n} older entries added", ended.older
        )
    else:
        said = _("{feed}: no older entries were found")
    said = said.format(feed=_short(ended.feed), n=phrases.number(ended.older))
    return ", ".join([said, *phrases.tally(new=ended.new, changed=ended.changed)])


def _said_of_trouble(ended: UnderWay, trouble: str) -> str:
    """Say what ended it before its time, and what stands all the same."""
    said = f"{ended.feed.title}: {trouble}"
    if ended.older:
        kept = ngettext(
            "{n} older entry had come and is kept",
            "{n} older entries had come and are kept",
            ended.older,
        )
        said += f" · {kept.format(n=phrases.number(ended.older))}"
    return said
