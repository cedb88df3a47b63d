"""What a refresh stores of one feed: of a reply, or of its failure.

Values with no connection in them, so that another process can take them (`library.apart`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from flodeslasare.documents import FetchState, ParsedFeed, ReplyKind
from flodeslasare.errors import FeedError, FetchError
from flodeslasare.fetching.wire import Encoded, NonsenseError, document_from
from flodeslasare.i18n import _, restored, stored
from flodeslasare.library.plan import (
    interval_between,
    names_of,
    next_after_failure,
    next_after_success,
    plan_update,
)
from flodeslasare.model import FeedResult, RefreshStatus
from flodeslasare.storage import Database, EntryStore, FeedStore, SearchIndex
from flodeslasare.storage.feeds import CLOCK_SLACK_SECONDS, CONFIRMATIONS


class StoreFailure(msgspec.Struct, frozen=True, kw_only=True, tag="failure"):
    """A feed's turn failed."""

    state: FetchState
    """As it was when its turn began."""
    title: str
    reason: str
    """As `i18n.stored` gives it."""
    now: datetime
    chance: float
    """From 0 to 1: spreads the next requests."""
    retry_after_seconds: float | None = None
    pauses: str | None = None
    """The host that is to be left alone for that long, all of it."""
    was_asked: bool = True
    """Else its host had to be left alone, and nothing is wrong with the feed."""
    has_network: bool = True
    """Else no one was asked too often, and on its return nothing waits for long."""

    def __call__(self, database: Database, _index: SearchIndex) -> FeedResult:
        """Store it, inside the caller's transaction."""
        feeds = FeedStore(database)
        reason = restored(self.reason)
        until = self.now + timedelta(seconds=self.retry_after_seconds or 0)
        if self.was_asked:
            failures, next_refresh = self._consequences()
            feeds.fetched(
                self.state.feed_id,
                RefreshStatus.ERROR,
                now=self.now,
                next_refresh=max(next_refresh, until),
                failures=failures,
                error=reason,
            )
        else:
            feeds.postpone([self.state.feed_id], until)
        if self.pauses:  # also the feeds that are not in this run
            feeds.postpone(feeds.of_host(self.pauses), until)
        return FeedResult(
            feed_id=self.state.feed_id,
            url=self.state.url,
            title=self.title,
            status=RefreshStatus.ERROR,
            error=reason,
            is_shared=not (self.was_asked and self.has_network),
        )

    def _consequences(self) -> tuple[int, datetime]:
        """Tell how many failures in a row count by now, and when to ask again.

        A person who asks again and again while a server is out of order must not bring about that it is left alone
        for a day: a failure before the time that was set counts as none, and leaves that time as it is, but one that
        a clock has set that was wrong.
        """
        failures, due, asked = self.state.failures, self.state.due, self.state.asked
        slack = timedelta(seconds=CLOCK_SLACK_SECONDS)
        was_clock_wrong = asked is not None and asked > self.now + slack
        if failures and due is not None and self.now < due and not was_clock_wrong:
            return failures, due
        if failures and not self.has_network:
            return failures, next_after_failure(self.now, 1, chance=self.chance)
        return failures + 1, next_after_failure(self.now, failures + 1, chance=self.chance)


class StoreReply(msgspec.Struct, frozen=True, kw_only=True, tag="reply"):
    """A feed's server answered."""

    state: FetchState
    """As it was when its turn began."""
    title: str
    kind: ReplyKind
    document: Encoded | None
    """What it brought, as `fetching.pool` gives it; `None` when there is nothing to read."""
    now: datetime
    chance: float
    """From 0 to 1: spreads the next requests."""
    usual_seconds: float
    """How often the person wants news."""
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    permanent_url: str | None = None
    wishes: tuple[float | None, ...] = ()
    """How long the reply asks to be left alone, in seconds: Cache-Control, Retry-After."""

    def __call__(self, database: Database, index: SearchIndex) -> FeedResult:
        """Store it, inside the caller's transaction: all of it, or only that it makes no sense.

        Raises:
            FeedError: the feed was deleted meanwhile.
            StorageError: it could not be stored.
        """
        parsed = None
        if self.document is not None:
            try:
                parsed = document_from(self.document)
            except NonsenseError:
                failure = StoreFailure(
                    state=self.state,
                    title=self.title,
                    reason=stored(_("its parser gave an answer that makes no sense")),
                    now=self.now,
                    chance=self.chance,
                )
                return failure(database, index)
        return self._store(database, index, parsed)

    def _store(
        self, database: Database, index: SearchIndex, parsed: ParsedFeed | None
    ) -> FeedResult:
        feeds, feed_id = FeedStore(database), self.state.feed_id
        title, status, error = self.title, RefreshStatus.UNCHANGED, None
        new = updated = 0
        wishes = [*self.wishes]
        if self.kind is ReplyKind.GONE:
            status = RefreshStatus.GONE
            error = _("the server says that this feed is gone for good; it is no longer asked")
        elif parsed is not None:
            new, updated = store_document(database, feed_id, parsed, self.now, index=index)
            status = RefreshStatus.OK
            title = parsed.title or title
            wishes.append(parsed.min_interval_seconds)
        else:
            wishes.append(self.state.interval_seconds)  # what its document wished, and its rhythm
        interval = interval_between(
            EntryStore(database, index).newest_dates(feed_id),
            now=self.now,
            wish_seconds=max((wish for wish in wishes if wish), default=None),
            usual=timedelta(seconds=self.usual_seconds),
        )
        if self.kind is not ReplyKind.GONE:
            # Of half a document nothing is said to be known, or 304 would keep us from the other half.
            is_whole = parsed is None or parsed.is_whole
            feeds.learnt(
                feed_id,
                etag=self.etag if is_whole else None,
                last_modified=self.last_modified if is_whole else None,
                body_hash=self.body_hash if is_whole else None,
                item_hashes=None if parsed is None else parsed.item_hashes,
                interval_seconds=int(interval.total_seconds()),
            )
            _follow_move(feeds, self.state, self.permanent_url)
        feeds.fetched(
            feed_id,
            status,
            now=self.now,
            next_refresh=next_after_success(
                self.now, interval, due=self.state.due, chance=self.chance
            ),
            new=new,
            updated=updated,
            error=error,
        )
        return FeedResult(
            feed_id=feed_id,
            url=self.state.url,
            title=title,
            status=status,
            new=new,
            updated=updated,
            error=error,
        )


def postponement(
    error: FetchError, now: datetime, result: FeedResult
) -> Callable[[Database, SearchIndex], FeedResult]:
    """Give what leaves all feeds of a host alone, as it has asked for (`FetchError.pauses`), and says a result."""
    until = now + timedelta(seconds=error.retry_after_seconds or 0)

    def store(database: Database, _index: SearchIndex) -> FeedResult:
        feeds = FeedStore(database)
        feeds.postpone(feeds.of_host(error.pauses or ""), until)
        return result

    return store


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
