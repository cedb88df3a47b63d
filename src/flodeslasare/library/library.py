"""The library: everything both front ends can do. No SQL and no HTTP is spelled here.

This is the front: what there is to ask for, and what it promises. What takes more than a store's answer is done beside
it: `subscriptions`, `merging`, `searches`, `refresh`, `backfill`, `views`, `words`, `importing`, `exporting`.
"""

from __future__ import annotations

import shlex
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, aclosing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from flodeslasare.config import Settings
from flodeslasare.errors import NoSuchEntry, NoSuchFeed, OfflineError, ReadOnly, UsageError
from flodeslasare.i18n import _
from flodeslasare.library.searches import SavedSearches
from flodeslasare.library.subscriptions import Subscriptions, folder_path
from flodeslasare.library.views import Views
from flodeslasare.model import (
    ArticleResult,
    Counts,
    Entry,
    EntryRow,
    EntryVersion,
    Feed,
    FeedFetch,
    FeedResult,
    FeedStarted,
    Listing,
    Marked,
    MarkKind,
    MonthCount,
    RefreshWaits,
    SavedSearch,
    View,
)
from flodeslasare.query.parsing import parse
from flodeslasare.storage import (
    WAIT_SECONDS,
    ArticleStore,
    EntryStore,
    FeedStore,
    MarkStore,
    Search,
    SearchIndex,
    StateStore,
    open_database,
)
from flodeslasare.text import encodable

if TYPE_CHECKING:
    from flodeslasare.documents import (
        Address,
        FetchState,
        FoundFeed,
        ImportReport,
        Readdressed,
        Subscription,
    )
    from flodeslasare.fetching.turns import Pauses, Turns
    from flodeslasare.findings import Merged, Related, Suggestion
    from flodeslasare.library.articles import Wanted
    from flodeslasare.library.pictures import Pictures

_PAGE_AGAIN = timedelta(days=1)
"""So long a refresh leaves a page alone that was asked for."""

SPARING_CACHE_KB = 2_000
"""Memory for the file's pages where `save_memory()` was said; what is asked is as quick as with 16 MB, or quicker."""


def now_utc() -> datetime:
    """The clock."""
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
        now: Callable[[], datetime] = now_utc,
        offline: bool = False,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """Open the library at `path`, making it when it is not there.

        One that cannot be written is open for reading: what would change it raises `ReadOnly`.

        Args:
            path: the file.
            settings: those of the person; `None` for the defaults.
            now: the clock.
            offline: never touch the network.
            wait_seconds: how long a change waits for another writer before it is refused as `Busy`.

        Raises:
            StorageError: the file cannot be used; the message says why and what to do.
        """
        self.path = path
        self.settings = settings or Settings()
        self.is_offline = offline
        self._now = now
        self._database = open_database(path, wait_seconds=wait_seconds)
        self._feeds = FeedStore(self._database)
        self._subscriptions = Subscriptions(self._database, self._feeds, now=now)
        self._index = SearchIndex(self._database)
        self._entries = EntryStore(self._database, self._index)
        self._articles = ArticleStore(self._database, self._index)
        self._search = Search(self._database)
        self._views = Views(self._database, self._entries, self._search)
        self._marks = MarkStore(self._database)
        self._searches = SavedSearches(self._database)
        self._state = StateStore(self._database)
        self._turns: Turns | None = None
        """While something asks the network: its turns at hosts."""
        self._sharing = 0
        self._pauses: Pauses = {}
        """The hosts that asked to be left alone: pages are not asked for there, when a refresh has ended that was told so."""
        """How many use them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; closing twice is harmless."""
        self._database.close()

    @contextmanager
    def opened_again(self) -> Iterator[Library]:
        """Give the same library on a connection of its own, for another thread; closed after.

        It waits its full time for other writers.
        """
        with Library(self.path, self.settings, now=self._now, offline=self.is_offline) as library:
            yield library

    @property
    def read_only(self) -> ReadOnly | None:
        """Why the library can be read and not written; else `None`."""
        return self._database.read_only

    def save_memory(self) -> None:
        """Keep few pages of the file in memory from now on: for a thread that reads on and on, each page once."""
        self._database.run(f"PRAGMA cache_size = -{SPARING_CACHE_KB}")

    # --- subscriptions -------------------------------------------------------------------------

    def feeds(self, *, unsubscribed: bool = False) -> list[Feed]:
        """List subscriptions by folder and title; with `unsubscribed` also the feeds left behind."""
        return self._feeds.all(unsubscribed=unsubscribed)

    def left_feeds(self) -> list[Feed]:
        """List the feeds that were left, the latest first: their entries stay. One that was merged is none of them."""
        return self._subscriptions.left()

    def feed(self, reference: str | int) -> Feed:
        """Find a feed by id, address (as typed or stored), title, or a part of a title that only it has.

        A feed that was left is meant where no subscription answers to the same. A number (no text) is an id alone.

        Raises:
            NoSuchFeed: none answers to it, or several do (the message lists them).
        """
        if isinstance(reference, int):
            return self._subscriptions.with_id(reference)
        return self._subscriptions.find(reference)

    def subscription(self, reference: str | int) -> Feed:
        """Find a feed as `feed` does, one that is still asked.

        Raises:
            NoSuchFeed: also where it was left.
        """
        feed = self.feed(reference)
        if not feed.is_subscribed:
            raise NoSuchFeed(
                str(reference),
                _("unsubscribed; `flodeslasare add {url}` takes it up again").format(
                    url=shlex.quote(feed.url)
                ),
            )
        return feed

    async def discover(self, address: str, *, led_from: str | None = None) -> list[FoundFeed]:
        """Find the feeds at an address: itself when it is a feed, else those its page names.

        Args:
            address: as typed.
            led_from: what was typed, where that has led to the address: only what a person types opens the
                private network, never what a page leads to.

        Raises:
            FetchError, NotAFeed, OfflineError
        """
        self._require_network()
        from flodeslasare.fetching.discover import (
            discover,
            names_private_network,
            normalise_address,
        )
        from flodeslasare.fetching.http import Fetcher

        is_private = names_private_network(normalise_address(led_from or address))
        async with Fetcher(self.settings) as fetcher:
            # As it was typed: without a scheme, http is tried where https fails.
            return await discover(fetcher, address, allow_private=is_private)

    async def subscribe(
        self,
        address: str,
        *,
        led_from: str | None = None,
        folder: str | None = None,
        title: str | None = None,
        told_others: Callable[[Sequence[FoundFeed]], None] | None = None,
    ) -> tuple[Feed, FeedResult]:
        """Subscribe to the feed at an address, a page's address will do, and refresh it.

        Already subscribed: gives that feed. Unsubscribed earlier: takes it up again with its entries.

        Args:
            address: the feed's or a page's; of the feeds that a page offers, the first is taken.
            led_from: as in `discover`, where the person chose among the feeds that were found.
            folder: where it is to be; `None` is the top, or where it was.
            title: the person's own for it.
            told_others: told which feeds the page offers besides.

        Raises:
            FetchError, NotAFeed, OfflineError: nothing was subscribed to.
        """
        self._database.require_writable()
        self._require_network()
        from flodeslasare.fetching.discover import normalise_address

        url = normalise_address(address)
        if self._feeds.by_url(url) is None:
            first, *others = await self.discover(address, led_from=led_from)
            url = first.url
            if told_others is not None:
                told_others(others)
        import asyncio

        def take_up() -> int:
            with self.opened_again() as library:
                return library._subscriptions.take_up(
                    url, typed=led_from or address, title=title, folder=folder
                )

        # In a thread, for it may have to wait for another writer.
        feed_id = await asyncio.to_thread(take_up)
        async with aclosing(self.refresh([feed_id])) as results:
            async for result in results:
                if isinstance(result, FeedResult):
                    return self.feed(feed_id), result
        raise NoSuchFeed(address)

    def add_subscription(self, subscription: Subscription) -> Feed | None:
        """Subscribe without asking the network; gives `None` when it was subscribed to already.

        Raises:
            AddressRefused: the address is not one we fetch.
        """
        return self._subscriptions.add(subscription)

    def unsubscribe(self, feed_id: int) -> None:
        """Stop asking a feed; its entries stay."""
        self._feeds.unsubscribe(self.feed(feed_id).id, self._now())

    def resubscribe(self, feed_id: int) -> None:
        """Ask a feed again that was unsubscribed, as if it had never been: its name, folder and turn are as they were.

        Raises:
            NoSuchFeed: also where it went up in another since.
        """
        with self._database.writing():
            self._feeds.resubscribe(self._subscriptions.with_id(feed_id).id)

    def delete_feed(self, feed_id: int) -> int:
        """Forget a feed and its entries for good; gives how many entries went."""
        with self._database.writing():
            deleted = self._entries.delete_of_feed(feed_id)
            self._feeds.delete(feed_id)
        return deleted

    def merge_feeds(self, feed_id: int, into_id: int) -> Merged:
        """Let a feed go up in another: its entries go over, and its address is not asked any more.

        An entry that both have becomes one, read where either was, starred where either was, with the
        earlier texts of both.

        Raises:
            NoSuchFeed
            UsageError: the two are one.
        """
        from flodeslasare.library.merging import merge

        if feed_id == into_id:
            raise UsageError(
                _("{title}: a feed cannot be merged into itself").format(
                    title=self.feed(feed_id).title
                )
            )
        return merge(self._database, self._index, feed_id, into_id, self._now())

    def refreshes(self, feed_id: int) -> list[FeedFetch]:
        """How a feed's refreshes ended, newest first, as many as are kept."""
        return self._feeds.history(feed_id)

    def rename_feed(self, feed_id: int, title: str | None) -> Feed:
        """Give a feed a name of the person's own; `None` goes back to the feed's. Gives the feed as it was.

        Raises:
            NoSuchFeed
        """
        with self._database.writing():
            was = self._subscriptions.with_id(feed_id)
            self._feeds.rename(feed_id, encodable(title or "").strip() or None)
        return was

    def move_feed(self, feed_id: int, folder: str | None) -> Feed:
        """Put a feed in a folder (made if new), or at the top. Gives the feed as it was.

        Raises:
            NoSuchFeed
        """
        with self._database.writing():
            was = self._subscriptions.with_id(feed_id)
            self._feeds.move(feed_id, folder_path(folder))
        return was

    async def change_address(self, feed_id: int, address: str) -> Readdressed:
        """Ask a feed at another address from now on, a page's will do; its entries and marks stay.

        The address is looked at first, and nothing changes when no feed is there. With the network
        switched off it is taken as it stands.

        Raises:
            FetchError, NotAFeed
            AddressTaken: another feed has the address.
        """
        self._database.require_writable()
        from flodeslasare.documents import Readdressed

        url = address if self.is_offline else (await self.discover(address))[0].url
        with self._database.writing():
            before, now = self._subscriptions.readdress(feed_id, url, typed=address)
            return Readdressed(self._subscriptions.with_id(feed_id), before, now)

    def take_address_back(self, feed_id: int, before: Address) -> Feed:
        """Ask a feed again where it was asked before `change_address`; what came meanwhile stays. Gives it as it is now.

        Raises:
            NoSuchFeed
            AddressTaken: another feed has the address by now.
        """
        self._subscriptions.take_address_back(feed_id, before)
        return self.feed(feed_id)

    # --- saved searches --------------------------------------------------------------------------

    def saved_searches(self) -> list[SavedSearch]:
        """List the saved searches, in the order they came. In a query, `search:NAME` is what one asks."""
        return self._searches.all()

    def saved_search(self, name: str) -> SavedSearch:
        """Find a saved search by its name; only its letters and digits make a difference.

        Raises:
            NoSuchSearch: none is called so; the message names the nearest.
        """
        return self._searches.find(name)

    def save_search(self, name: str, query: str) -> tuple[SavedSearch, SavedSearch | None]:
        """Keep a query under a name; one that is there gets the new query. Gives it, and what it was before.

        Raises:
            UsageError: the name holds no letter, or nothing is asked.
        """
        return self._searches.save(name, query)

    def rename_search(self, name: str, new_name: str) -> SavedSearch:
        """Give a saved search another name; the saved searches that name it by the old one get the new.

        Raises:
            NoSuchSearch
            UsageError: the new name is another search's, or holds no letter.
        """
        return self._searches.rename(name, new_name)

    def forget_search(self, name: str) -> SavedSearch:
        """Forget a saved search; what it found stays. Gives what it was.

        Raises:
            NoSuchSearch
        """
        return self._searches.forget(name)

    # --- refresh ---------------------------------------------------------------------------------

    async def refresh(
        self, feed_ids: Sequence[int] | None = None, *, due_only: bool = False
    ) -> AsyncGenerator[FeedStarted | FeedResult | RefreshWaits, None]:
        """Ask feeds for what is new, many at a time; yields as they begin and end, and when it has to wait.

        Args:
            feed_ids: which; `None` is every subscription.
            due_only: leave out those whose `next_refresh` has not come.

        A failed feed is one more result. Closing the generator cancels what is under way.

        Raises:
            OfflineError: the network is switched off.
            ReadOnly: what came could not be kept.
        """
        self._database.require_writable()
        self._require_network()
        import asyncio
        from importlib import import_module

        # 30 ms that neither a start nor a screen's loop must pay.
        await asyncio.to_thread(import_module, "flodeslasare.library.refresh")
        from flodeslasare.library.refresh import Refresh

        asked = None if feed_ids is None else list(feed_ids)
        # In a thread: of a thousand feeds it takes 50 ms to read what was kept for this.
        states, newest_fetch = await asyncio.to_thread(
            self._to_ask, asked, self._now() if due_only else None
        )
        with self._turns_with_others() as turns:
            run = Refresh(
                self.path,
                self.settings,
                states,
                now=self._now,
                is_in_haste=not due_only,
                turns=turns,
                asked_since=lambda feed_id: self._feeds.fetched_since(feed_id, newest_fetch),
            )
            async with aclosing(run.results()) as results:
                async for result in results:
                    yield result

    def _to_ask(
        self, feed_ids: list[int] | None, due: datetime | None
    ) -> tuple[list[tuple[FetchState, str]], int]:
        """Read, in any thread, what a refresh is to know of each feed that it asks, and the feed's title.

        With it the number of the refresh that was recorded last.
        """
        with self.opened_again() as library, library.at_one_moment():
            titles = library._feeds.titles()
            states = library._feeds.fetch_states(feed_ids, due)
            newest_fetch = library._feeds.newest_fetch()
        return [(state, titles[state.feed_id]) for state in states], newest_fetch

    async def backfill(
        self, feed_id: int, *, on_wait: Callable[[], None] = lambda: None
    ) -> AsyncGenerator[FeedResult, None]:
        """Fetch what a feed no longer holds, from older pages of it; yields a result a page.

        Each page is kept before the next is asked for. What ends it before its time is the last result's error.
        Closing the generator cancels what is under way.

        Args:
            feed_id: which.
            on_wait: called when it has to wait for another program that is writing to the library.

        Raises:
            OfflineError: the network is switched off.
            NoSuchFeed: it was left, or is not there.
            StorageError: what came could not be kept.
        """
        self._database.require_writable()
        self._require_network()
        import asyncio
        from importlib import import_module

        # As in a refresh: neither is for a screen's loop.
        await asyncio.to_thread(import_module, "flodeslasare.library.backfill")
        from flodeslasare.library.backfill import Backfill

        state, title = await asyncio.to_thread(self._to_fill, feed_id)
        with self._turns_with_others() as turns:
            run = Backfill(
                self.path,
                self.settings,
                state,
                title,
                now=self._now,
                turns=turns,
                on_wait=on_wait,
            )
            async with aclosing(run.results()) as results:
                async for result in results:
                    yield result

    async def fetch_articles(
        self, entry_ids: Sequence[int], *, on_wait: Callable[[], None] = lambda: None
    ) -> AsyncGenerator[ArticleResult, None]:
        """Fetch the whole texts of entries from their own pages, one at a time; yields a result an entry.

        What is found takes the place of the feed's words wherever an entry is read, searched or exported. Entries that are
        gone, and those of a host that fails again and again, are left out. Closing the generator cancels what is under way.

        Args:
            entry_ids: whose, in this order.
            on_wait: called when it has to wait for another program that is writing to the library.

        Raises:
            OfflineError: the network is switched off.
            StorageError: what came could not be kept.
        """
        self._database.require_writable()
        self._require_network()
        import asyncio
        from importlib import import_module

        # As in a refresh: not for a screen's loop.
        await asyncio.to_thread(import_module, "flodeslasare.library.articles")
        from flodeslasare.library.articles import ArticleRun

        with self._turns_with_others(heeds_earlier=True) as turns:
            run = ArticleRun(
                self.path,
                self.settings,
                entry_ids,
                self._wanted,
                now=self._now,
                turns=turns,
                on_wait=on_wait,
            )
            async with aclosing(run.results()) as results:
                async for result in results:
                    yield result

    def _wanted(self, entry_id: int) -> Wanted | None:
        """Read, in any thread, what is known of an entry whose article is to be fetched; `None` where it is gone."""
        from flodeslasare.library.articles import Wanted

        with self.opened_again() as library, library.at_one_moment():
            try:
                entry = library.entry(entry_id)
            except NoSuchEntry:
                return None
            feed_url, allows_private = library._feeds.reach(entry.feed_id)
            return Wanted(
                entry_id=entry_id,
                feed_id=entry.feed_id,
                title=entry.title,
                url=entry.url or "",
                known=library._articles.known(entry_id),
                feed_url=feed_url,
                allows_private=allows_private,
            )

    def articles_of_feed(self, feed_id: int) -> list[int]:
        """Give the entries of a feed whose page was not read, or not since the feed changed them, newest first."""
        return self._articles.of_feed(feed_id)

    def due_articles(self, feed_ids: Iterable[int] | None = None) -> list[int]:
        """Give the entries whose page is to be read when a refresh has ended, newest first.

        Those of feeds whose articles are wanted, and those whose article is kept and which their feed has changed since. A
        page that was asked for is left alone for a day.

        Args:
            feed_ids: the feeds that were refreshed; `None` is every subscription.
        """
        return self._articles.due(self._now() - _PAGE_AGAIN, feed_ids)

    def want_articles(self, feed_id: int, wanted: bool) -> Feed:
        """Let refreshes fetch the whole texts of a feed's entries, or no longer. Gives the feed as it was.

        Raises:
            NoSuchFeed
        """
        with self._database.writing():
            was = self._subscriptions.with_id(feed_id)
            self._feeds.want_articles(feed_id, wanted=wanted)
        return was

    def _to_fill(self, feed_id: int) -> tuple[FetchState, str]:
        """Read, in any thread, what a backfill is to know of its feed, and the feed's title.

        Raises:
            NoSuchFeed
        """
        with self.opened_again() as library, library.at_one_moment():
            title = library.subscription(feed_id).title
            (state,) = library._feeds.fetch_states([feed_id], None)
        return state, title

    @contextmanager
    def _turns_with_others(self, *, heeds_earlier: bool = False) -> Iterator[Turns]:
        """Give the turns that all share who ask the network just now, on the running event loop.

        One connection at a time to a host holds for a backfill and a refresh together, also for those of other
        programs that have the library open. See docs/adr/0016-two-refreshes.md.

        Args:
            heeds_earlier: leave those hosts alone as well that have asked what came before for it. Of a feed, who asks
                once more asks once more.
        """
        import asyncio

        from flodeslasare.fetching.turns import Turns

        turns = self._turns
        if turns is None or turns.loop is not asyncio.get_running_loop():
            path = self.path.resolve()  # where SQLite has its log as well
            shared = path.with_name(f"{path.name}.turns")
            paused = self._pauses if heeds_earlier else None
            turns = self._turns = Turns(self.settings.fetch_per_host, shared, paused)
            self._sharing = 0
        self._sharing += 1
        try:
            yield turns
        finally:
            if self._turns is turns:
                self._sharing -= 1
                if not self._sharing:
                    self._pauses |= turns.paused
                    self._turns = None
                    turns.close()

    def _require_network(self) -> None:
        if self.is_offline:
            raise OfflineError(_("the network is switched off; start without --offline"))

    # --- reading ---------------------------------------------------------------------------------

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Let what is asked inside see the library as it was at the first question, whoever writes meanwhile."""
        with self._database.reading():
            yield

    def listing(self, view: View, *, first: int | None = None) -> Listing:
        """List a view in its order; with `first`, at most so many (quick at any size).

        Raises:
            Stopped: by `stop()`.
        """
        return self._views.listing(view, first)

    def listing_as_far_as(self, view: View, wanted: Sequence[int], *, first: int) -> Listing:
        """List a view without a query as far as the first of some entries that it has, and `first` more.

        Where it has none of them, its beginning.

        Raises:
            Stopped: by `stop()`.
        """
        return self._views.listing_as_far_as(view, wanted, first=first)

    def listing_grown(self, had: Listing, *, newest_id: int) -> Listing | None:
        """Give a whole list with what marks have made belong in its view since; `None` where there is nothing.

        What belongs there no more stays in its place, and what came into the library after `newest_id` is left out.
        A list with the best first does not grow.

        Raises:
            Stopped: by `stop()`.
        """
        return self._views.listing_grown(had, newest_id)

    def newest_id(self) -> int:
        """Give the id that was given last: the entries that come have higher ones."""
        return self._entries.newest_id()

    def listing_by_month(self, view: View) -> tuple[Listing, list[MonthCount]]:
        """List a view's hits, and count them per feed and month on the way: half the time of both.

        How many are unread is not counted.

        Raises:
            Stopped: by `stop()`.
        """
        return self._views.listing_by_month(view)

    def rows(self, entry_ids: Sequence[int]) -> list[EntryRow]:
        """Read rows in the order of their ids; deleted ones are absent."""
        return self._entries.rows(entry_ids)

    def entry(self, entry_id: int) -> Entry:
        """Read one entry whole.

        Raises:
            NoSuchEntry
        """
        return self._entries.entry(entry_id)

    def entries(
        self,
        view: View,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """Read the entries of a view in its order, a page at a time.

        Args:
            view: which.
            since: not older than this.
            until: older than this.
            limit: at most so many.
        """
        return self._views.entries(view, since, until, limit)

    def next_in(self, view: View, entry_id: int, *, older: bool) -> int | None:
        """Give the entry of a view that stands next to an entry, further down (older) or up; `None` at the end.

        The entry itself need not be in the view: of `View(unread=True)` this is the next unread one.
        """
        return self._views.next_in(view, entry_id, older=older)

    def earlier_versions(self, entry_id: int) -> list[EntryVersion]:
        """How an entry read before, newest first."""
        return self._entries.versions(entry_id)

    def version(self) -> int:
        """Give a number that is another one when something else than this has changed the library: 5 µs."""
        return self._database.version()

    def counts(self) -> Counts:
        """Count the whole library (kept counts: quick at any size)."""
        return self._entries.counts()

    def counts_by_feed(self) -> dict[int, Counts]:
        """Count each feed that has entries, those that were left as well (kept counts)."""
        return self._entries.count_by_feed()

    def months(self, view: View | None = None, *, unread: bool = True) -> list[MonthCount]:
        """Count entries per feed and month, newest first; with a view that has a query, its hits.

        Args:
            view: its query, and among which entries; without a query everything is counted.
            unread: count how many hits are unread as well, a fifth of the work; else these may be 0.

        Raises:
            Stopped: by `stop()`.
        """
        query = parse("" if view is None else view.query)
        if view is None or not query.asks:
            return self._entries.count_by_month()
        with self._database.stoppable(), self._database.reading():
            return self._search.count_by_month(query, view, unread=unread)

    def count(self, query: str) -> tuple[int, int]:
        """Count the entries that match a query, and those of them that are unread.

        Raises:
            Stopped: by `stop()`.
        """
        months = self.months(View(query=query))
        return sum(month.total for month in months), sum(month.unread for month in months)

    def names(self) -> dict[str, list[str]]:
        """Give the authors and the tags of the newest entries, the most frequent first, for `author:` and `tag:`.

        Raises:
            Stopped: by `stop()`.
        """
        with self._database.stoppable():
            return {"author": self._entries.authors(), "tag": self._entries.tags()}

    def matching_words(
        self, query: str, limit: int = 12, *, within: View | None = None
    ) -> list[tuple[str, int | None]]:
        """The words that the last word of a query matches, with the number of hits that each stands in.

        Of a query that asks for more than one word, or in a view that narrows it, words come without a number where
        there are too many hits to read. In a phrase these are whole words, or begin so where it is half-typed. The
        most frequent first; among very many, those that came first into the archive are counted.

        Raises:
            Stopped: by `stop()`.
        """
        from flodeslasare.library.words import matching_words

        return matching_words(self._database, self._search, query, limit, within or View())

    def unknown_names(self, query: str) -> list[str]:
        """Say, in sentences, which names in a query are those of no feed, no folder, no saved search."""
        from flodeslasare.library.remarks import remarks_on_names

        return remarks_on_names(self._search, query)

    def remark_on_best(self, query: str) -> str | None:
        """Say, where a query seeks no word, that none of its hits is better than another."""
        from flodeslasare.library.remarks import remark_on_best

        return remark_on_best(self._search, query)

    def suggestions(self, query: str, limit: int = 8) -> list[Suggestion]:
        """Words of the archive in place of typed ones: other forms of them, and what a mistyped one may be.

        The most frequent first; what was asked for stays as it is.

        Raises:
            Stopped: by `stop()`.
        """
        from flodeslasare.library.words import suggestions

        return suggestions(self._database, self._search, query, limit)

    def related(self, entry_id: int, limit: int = 10) -> list[Related]:
        """Entries that have rare words in common with one, from all feeds and years, those with most first.

        Raises:
            NoSuchEntry
            Stopped: by `stop()`.
        """
        from flodeslasare.findings import Related
        from flodeslasare.storage.alike import AlikeIndex

        self._entries.require(entry_id)
        with self._database.stoppable(), self._database.reading():
            found = {
                each.entry_id: each.words
                for each in AlikeIndex(self._database).entries(entry_id, limit)
            }
            return [Related(row, found[row.id]) for row in self._entries.rows(list(found))]

    def passages(self, entry_ids: Sequence[int], query: str) -> dict[int, str]:
        """The passage of each text that says most of what a query seeks, at most 200 characters.

        Without a hit in the text it is the beginning.

        Raises:
            Stopped: by `stop()`.
        """
        with self._database.stoppable():
            return self._search.passages(entry_ids, self._search.understood(query))

    def stop(self) -> None:
        """Stop a search, from any thread: the listing or counting under way raises `Stopped`.

        What writes is never stopped, and what comes after runs as ever.
        """
        self._database.stop()

    # --- marks -----------------------------------------------------------------------------------

    def mark(self, kind: MarkKind, entry_ids: Iterable[int]) -> Marked:
        """Mark entries; on disk when this returns; one step for `undo()`, however many."""
        return self._marks.mark(kind, entry_ids, self._now())

    def mark_read(self, entry_ids: Iterable[int]) -> Marked:
        """Mark as read."""
        return self.mark(MarkKind.READ, entry_ids)

    def mark_unread(self, entry_ids: Iterable[int]) -> Marked:
        """Mark as unread."""
        return self.mark(MarkKind.UNREAD, entry_ids)

    def star(self, entry_ids: Iterable[int]) -> Marked:
        """Star."""
        return self.mark(MarkKind.STARRED, entry_ids)

    def unstar(self, entry_ids: Iterable[int]) -> Marked:
        """Take stars away."""
        return self.mark(MarkKind.UNSTARRED, entry_ids)

    def last_mark(self) -> Marked | None:
        """Give the mark that `undo()` would take back, as it was made; `None` when there is none."""
        return self._marks.last()

    def undo(self) -> Marked | None:
        """Take back the last mark that still stands, however many entries; `None` when there is none.

        Gives what the entries became: undoing READ gives UNREAD.
        """
        return self._marks.undo(self._now())

    # --- what the screen remembers -----------------------------------------------------------------

    def in_passing(self) -> AbstractContextManager[None]:
        """Let what is kept inside wait for nothing, and be `Busy` at once: a screen must not stand still for it."""
        return self._database.in_passing()

    def remember(self, key: str, value: str) -> None:
        """Keep a small value for the next start."""
        self._state.put(key, value)

    def recall(self, key: str) -> str | None:
        """Give what was kept, or `None`."""
        return self._state.get(key)

    def keep_place(self, entry_id: int, place: float) -> None:
        """Keep how far an entry has been read: 0.0 the top to 1.0 the end."""
        self._state.put_place(entry_id, place)

    def place(self, entry_id: int) -> float:
        """Tell how far an entry has been read: 0.0 the top to 1.0 the end."""
        return self._state.place(entry_id)

    # --- pictures --------------------------------------------------------------------------------

    def pictures(self, folder: Path | None) -> Pictures:
        """Give what fetches, keeps and draws the pictures of entries, for the event loop that uses it.

        Args:
            folder: where they are kept; `None` to keep none.
        """
        from flodeslasare.library.pictures import Pictures

        return Pictures(
            self.settings,
            folder,
            offline=self.is_offline,
            reach=self._feeds.reach,
        )

    # --- health ----------------------------------------------------------------------------------

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Make the search index and the kept counts anew from what is kept, all or nothing.

        Whoever reads meanwhile sees the old ones; whoever writes waits.

        Args:
            progress: told how many entries are done, and of how many; what it raises ends it, and nothing changes.
        """
        from flodeslasare.storage.health import count_anew, give_empty_texts

        with self._database.writing():
            give_empty_texts(self._database)
            count_anew(self._database)
            self._index.rebuild(progress)

    # --- other programs' files -----------------------------------------------------------------------

    def import_file(
        self,
        path: Path,
        opened: BinaryIO | None = None,
        *,
        tell: Callable[[int], None] | None = None,
    ) -> ImportReport:
        """Take in subscriptions (OPML, newsboat's `urls`) or entries with marks (newsboat's `cache.db`).

        What the library has already stays as it is, but entries get the marks that they have in a `cache.db`, which
        `undo` takes back, and feeds a title where they have none. All of the file is taken in, or nothing.

        Args:
            path: the file.
            opened: where it is open already (standard input): `path` is then what messages call it.
            tell: what is told now and then how many entries have been gone through, where that takes its time.

        Raises:
            NoSuchFile, DataError
        """
        from flodeslasare.library.importing import import_file

        self._database.require_writable()
        return import_file(
            self._subscriptions, self._database, path, self._now(), opened=opened, tell=tell
        )

    def export_opml(self) -> bytes:
        """Give all subscriptions as OPML 2.0, folders nested."""
        from flodeslasare.library.exporting import export_opml

        return export_opml(self.feeds())

    def export_markdown(self, entries: Iterable[Entry], folder: Path) -> Iterator[bool]:
        """Write entries into a folder, a Markdown file each; yields for each whether it had to be written.

        Raises:
            StorageError: something cannot be written.
        """
        from flodeslasare.library.exporting import export_markdown

        return export_markdown(entries, self.feeds(unsubscribed=True), folder)

    def markdown_place(self, entry: Entry, folder: Path) -> Path:
        """Give the file that an entry has, or is to have, in a folder, as `export_markdown` names it.

        Raises:
            StorageError: the folder cannot be looked into.
        """
        from flodeslasare.library.exporting import markdown_place

        return markdown_place(entry, folder)

    def save_markdown(self, entry: Entry, path: Path, *, replaces: bool = False) -> bool:
        """Write one entry into a file, as `export_markdown` writes it; tells whether it had to be written.

        It needs nothing of the library, and may be done in any thread.

        Raises:
            FileIsThere: something else is in the file; with `replaces` it is written over.
            StorageError: it cannot be written.
        """
        from flodeslasare.library.exporting import save_markdown

        return save_markdown(entry, path, replaces=replaces)
