"""Making one feed of two, in one transaction. What becomes of their entries is `plan.plan_merge`'s to say."""

from __future__ import annotations

from datetime import datetime

from flodeslasare.errors import NoSuchFeed
from flodeslasare.findings import Merged
from flodeslasare.library.plan import plan_merge
from flodeslasare.storage import Database, FeedStore, SearchIndex
from flodeslasare.storage.merging import MergeStore


def merge(
    database: Database, index: SearchIndex, feed_id: int, into_id: int, now: datetime
) -> Merged:
    """Let a feed go up in another.

    Raises:
        NoSuchFeed
    """
    feeds, merging = FeedStore(database), MergeStore(database, index)
    with database.writing():
        for each in (feed_id, into_id):
            if feeds.by_id(each) is None:
                raise NoSuchFeed(str(each))
        pairs = plan_merge(merging.entries_of(feed_id), merging.entries_of(into_id))
        merging.join(pairs, now)
        moved = merging.move(feed_id, into_id)
        feeds.merged(feed_id, into_id, now)
    return Merged(moved, len(pairs))
