"""The library: everything both front ends can do. No SQL and no HTTP is spelled here."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from flodeslasare.config import Settings
from flodeslasare.model import (
    Counts,
    Entry,
    EntryRow,
    EntryVersion,
    Feed,
    FeedResult,
    FeedStarted,
    FoundFeed,
    ImportReport,
    Listing,
    Marked,
    MonthCount,
    View,
)


def _now() -> datetime:
    return datetime.now(UTC)


class Library:
    """One library file and what can be done with it.

    It belongs to the thread that made it; background threads use `opened_again()`.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings | None = None,
        *,
        now: Callable[[], datetime] = _now,
        offline: bool = False,
    ) -> None:
        """Open the library at `path`, making it when it is not there.

        Raises:
            StorageError: the file cannot be used; the message says why and what to do.
        """
        raise NotImplementedError

    path: Path
    settings: Settings
    is_offline: bool

    def __enter__(self) -> Self:
        raise NotImplementedError

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def opened_again(self) -> AbstractContextManager[Library]:
        """Give the same library on a connection of its own, for another thread; closed after."""
        raise NotImplementedError

    # --- subscriptions -------------------------------------------------------------------------

    def feeds(self, *, unsubscribed: bool = False) -> list[Feed]:
        """List subscriptions by folder and title; with `unsubscribed` also the feeds left behind."""
        raise NotImplementedError

    def feed(self, reference: str | int) -> Feed:
        """Find a feed by id, address (as typed or stored), title, or a part of a title that only it has.

        Raises:
            NoSuchFeed: none answers to it, or several do (the message lists them).
        """
        raise NotImplementedError

    async def discover(self, address: str) -> list[FoundFeed]:
        """Find the feeds at an address: itself when it is a feed, else those its page names.

        Raises:
            FetchError, NotAFeed, OfflineError
        """
        raise NotImplementedError

    async def subscribe(
        self, address: str, *, folder: str | None = None, title: str | None = None
    ) -> tuple[Feed, FeedResult]:
        """Subscribe to the feed at an address, a page's address will do, and refresh it.

        Already subscribed: gives that feed. Unsubscribed earlier: takes it up again with its entries.
        """
        raise NotImplementedError

    def unsubscribe(self, feed_id: int) -> None:
        """Stop asking a feed; its entries stay."""
        raise NotImplementedError

    def delete_feed(self, feed_id: int) -> int:
        """Forget a feed and its entries for good; gives how many entries went."""
        raise NotImplementedError

    def rename_feed(self, feed_id: int, title: str | None) -> None:
        """Give a feed a name of the person's own; `None` goes back to the feed's."""
        raise NotImplementedError

    def move_feed(self, feed_id: int, folder: str | None) -> None:
        """Put a feed in a folder (made if new), or at the top."""
        raise NotImplementedError

    # --- refresh ---------------------------------------------------------------------------------

    def refresh(
        self, feed_ids: Sequence[int] | None = None, *, due_only: bool = False
    ) -> AsyncGenerator[FeedStarted | FeedResult, None]:
        """Ask feeds for what is new, many at a time; yields as they begin and end.

        Args:
            feed_ids: which; `None` is every subscription.
            due_only: leave out those whose `next_refresh` has not come.

        A failed feed is one more result. Closing the generator cancels what is under way.

        Raises:
            OfflineError: the network is switched off.
        """
        raise NotImplementedError

    # --- reading ---------------------------------------------------------------------------------

    def listing(self, view: View, *, first: int | None = None) -> Listing:
        """List a view newest first; with `first`, at most so many (quick at any size)."""
        raise NotImplementedError

    def rows(self, entry_ids: Sequence[int]) -> list[EntryRow]:
        """Read rows in the order of their ids; deleted ones are absent."""
        raise NotImplementedError

    def entry(self, entry_id: int) -> Entry:
        """Read one entry whole.

        Raises:
            NoSuchEntry
        """
        raise NotImplementedError

    def entries(
        self,
        view: View,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """Read entries newest first, a page at a time."""
        raise NotImplementedError

    def earlier_versions(self, entry_id: int) -> list[EntryVersion]:
        """How an entry read before, newest first."""
        raise NotImplementedError

    def counts(self) -> Counts:
        """Count the whole library (kept counts: quick at any size)."""
        raise NotImplementedError

    def months(self, view: View | None = None) -> list[MonthCount]:
        """Count entries per feed and month, newest first; with a view that has a query, its hits."""
        raise NotImplementedError

    def matching_words(self, query: str, limit: int = 12) -> list[tuple[str, int]]:
        """The archive's words that the last word of a query matches, with their numbers of entries."""
        raise NotImplementedError

    # --- marks -----------------------------------------------------------------------------------

    def mark_read(self, entry_ids: Iterable[int]) -> Marked:
        """Mark as read; on disk when this returns; one step for `undo()`."""
        raise NotImplementedError

    def mark_unread(self, entry_ids: Iterable[int]) -> Marked:
        raise NotImplementedError

    def star(self, entry_ids: Iterable[int]) -> Marked:
        raise NotImplementedError

    def unstar(self, entry_ids: Iterable[int]) -> Marked:
        raise NotImplementedError

    def undo(self) -> Marked | None:
        """Take back the last mark that still stands, however many entries; `None` when there is none.

        Gives what the entries became: undoing READ gives UNREAD.
        """
        raise NotImplementedError

    # --- what the screen remembers -----------------------------------------------------------------

    def remember(self, key: str, value: str) -> None:
        """Keep a small value for the next start."""
        raise NotImplementedError

    def recall(self, key: str) -> str | None:
        raise NotImplementedError

    def keep_place(self, entry_id: int, place: float) -> None:
        """Keep how far an entry has been read: 0.0 the top to 1.0 the end."""
        raise NotImplementedError

    def place(self, entry_id: int) -> float:
        raise NotImplementedError

    # --- other programs' files -----------------------------------------------------------------------

    def import_file(self, path: Path) -> ImportReport:
        """Take in subscriptions (OPML, newsboat's `urls`) or entries with marks (newsboat's `cache.db`).

        Raises:
            NoSuchFile, DataError
        """
        raise NotImplementedError

    def export_opml(self) -> bytes:
        """Give all subscriptions as OPML 2.0, folders nested."""
        raise NotImplementedError
