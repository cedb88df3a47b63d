"""The values that travel between the layers: frozen, typed, and without I/O.

What the screen shows is here; what feeds, files and a refresh carry is in `documents`. They are structs of msgspec:
a dataclass takes thirty times as long to make, and every process of ours makes dozens as it starts.

Times are aware and in UTC. Text is already safe to show (see `fetching.clean`), and the screen
still treats it as plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace


def require_utc(*times: datetime | None) -> None:
    """See that times are aware and in UTC, those that are there."""
    for when in times:
        if when is not None and when.tzinfo is not UTC:
            raise ValueError(f"times must be aware and UTC, got {when!r}")


def in_iso(when: datetime | None) -> str | None:
    """Give a time as ISO 8601 in UTC, to the second: `2018-04-05T10:15:00Z`."""
    return None if when is None else when.isoformat(timespec="seconds")[:19] + "Z"


class Enclosure(Struct, frozen=True, kw_only=True):
    """A file attached to an entry (RSS 2.0 `enclosure`, RFC 4287 §4.2.7.2 `rel=enclosure`)."""

    url: str
    type: str | None = None
    """The media type as the feed gives it."""
    size_bytes: int | None = None
    """As the feed gives it; `None` when it says nothing or nonsense."""


# --- what the library keeps ----------------------------------------------------------------------


class Feed(Struct, frozen=True, kw_only=True):
    """A subscription as stored, with its counts and its health."""

    id: int
    url: str
    """Without name and password, if it was subscribed to with them."""
    title: str
    """The person's own name for it, else the feed's, else its address."""
    named: str | None = None
    """The person's own name for it; `None` where it goes by another."""
    own_title: str = ""
    """What the feed calls itself; empty before it was fetched."""
    site_url: str | None = None
    folder: str | None = None
    """Nested folders are one path: `Offentligt/Regioner`. `None` at the top."""
    total: int = 0
    unread: int = 0
    left_since: datetime | None = None
    """When it was unsubscribed: its entries stay, and it is no longer asked."""
    gone_since: datetime | None = None
    """When its server said 410 Gone: it is no longer asked until the person refreshes it."""
    added: datetime
    last_refresh: datetime | None = None
    """When it was last asked; `None` before the first time."""
    next_refresh: datetime | None = None
    """Not asked on the timer before this; `None` is at once."""
    failures: int = 0
    """Failed refreshes in a row."""
    failing_since: datetime | None = None
    last_error: str | None = None
    """The cause of the last failure, a sentence; `None` while all is well."""
    flaw: str | None = None
    """What is wrong with its document although it can be read."""
    interval_seconds: int | None = None
    """How long it is left alone, as learnt from its rhythm and its wishes; `None` before it was asked."""
    merge_into: int | None = None
    """The other feed whose address it has moved to for good: the two may be merged. Of one that is no
    longer subscribed to: the feed that stands in its place."""
    wants_articles: bool = False
    """Whether a refresh fetches the whole texts of its entries, from their own pages."""

    @property
    def is_subscribed(self) -> bool:
        """Whether it is asked for what is new, or was left."""
        return self.left_since is None

    @property
    def is_gone(self) -> bool:
        """Whether its server has said 410 Gone."""
        return self.gone_since is not None


class Entry(Struct, frozen=True, kw_only=True):
    """One entry as kept, with its text."""

    id: int
    feed_id: int
    feed_url: str
    feed_title: str
    guid: str
    """The feed's own name for it, unique within that feed."""
    title: str
    url: str | None
    author: str | None = None
    published: datetime | None = None
    """When the author dated it; `None` if nothing says."""
    updated: datetime | None = None
    fetched: datetime
    """When it was first seen."""
    sorted_by: datetime
    """What lists sort by: `published`, or `fetched` where that is missing or lies in the future."""
    tags: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    is_read: bool = False
    is_starred: bool = False
    html: str = ""
    text: str = ""
    versions: int = 0
    """How many earlier versions are kept."""
    article: datetime | None = None
    """When its page was read, where the text is the page's; `None` where it is the feed's."""
    is_article_due: bool = False
    """The feed has changed the entry since its page was read."""

    def __post_init__(self) -> None:
        require_utc(self.published, self.updated, self.fetched, self.sorted_by)


class EntryVersion(Struct, frozen=True, kw_only=True):
    """An entry as it read before its author changed it."""

    replaced: datetime
    """When we saw the change."""
    title: str
    html: str


class EntryRow(Struct, frozen=True, kw_only=True):
    """What one row of a list shows; the text itself is not read."""

    id: int
    feed_id: int
    feed_title: str
    title: str
    excerpt: str
    """The first words, at most 200 characters."""
    sorted_by: datetime
    is_read: bool
    is_starred: bool
    url: str | None = None


class MonthCount(Struct, frozen=True):
    """How many entries of a feed one month holds; local months of the machine's time zone."""

    feed_id: int
    month: int
    """As a number that sorts: 201805."""
    total: int
    unread: int


class Counts(Struct, frozen=True):
    """Of the whole library, or of a feed."""

    total: int
    unread: int
    starred: int


class SavedSearch(NamedTuple):
    """A query under a name."""

    id: int
    name: str
    query: str
    """In the query language of `flodeslasare.query`."""


# --- what a person looks at ----------------------------------------------------------------------


class View(Struct, frozen=True, kw_only=True):
    """A choice of entries: what the archive, the filter and the search bar add up to.

    Everything that is set must hold; a `View()` is everything.
    """

    feed_id: int | None = None
    folder: str | None = None
    """A folder's path; the folders inside it count as well."""
    year: int | None = None
    month: int | None = None
    """As in `MonthCount`: 201805."""
    starred: bool = False
    unread: bool = False
    query: str = ""
    """In the query language of `flodeslasare.query`; empty for everything."""
    order: Literal["newest", "best"] = "newest"
    """What comes first; `best` of what a query finds, and means nothing without one."""

    def but(self, **changes: object) -> View:
        """Give the same view with some parts changed."""
        return replace(self, **changes)


class Listing(Struct, frozen=True):
    """The entries of a view at one moment, in its order: ids only, rows are read as they are shown."""

    view: View
    ids: Sequence[int]
    """As the library gives them an `array`: a million Python numbers would take 40 MB, and there they take 8."""
    months: list[tuple[int, int]]
    """Runs of the same month in `ids`, in order: (201805, how many); one of month 0 when the best come first."""
    is_whole: bool = True
    """`False` when `ids` is only the beginning, as many as were asked for."""


# --- what happened -------------------------------------------------------------------------------


class RefreshStatus(StrEnum):
    """How one feed's turn ended."""

    OK = "ok"
    UNCHANGED = "unchanged"
    GONE = "gone"
    ERROR = "error"


class FeedStarted(Struct, frozen=True, kw_only=True):
    """A refresh has begun to ask one feed."""

    feed_id: int
    title: str
    done: int
    """Feeds that are done."""
    of: int
    """Feeds in all."""


class FeedResult(Struct, frozen=True, kw_only=True):
    """How one feed's turn in a refresh ended."""

    feed_id: int
    url: str
    title: str
    status: RefreshStatus
    new: int = 0
    updated: int = 0
    error: str | None = None
    """The cause, a sentence, when `status` is ERROR or GONE."""
    is_shared: bool = False
    """Whether the cause is not the feed's own: its host wants to be left alone, or there is no network."""
    is_elsewhere: bool = False
    """Another refresh had asked it since this one began, so this one did not: status and error are what that one
    met, and what it found is counted there."""
    done: int = 0
    of: int = 0


class FeedFetch(NamedTuple):
    """How one refresh of a feed ended, as its history has it."""

    at: datetime
    status: RefreshStatus
    new: int
    updated: int
    error: str | None


class ArticleStatus(StrEnum):
    """How it ended to look for an entry's whole text on its page."""

    OK = "ok"
    """It was found, and is kept."""
    UNCHANGED = "unchanged"
    """The page has no more than the feed, or than was kept of it."""
    ERROR = "error"


class ArticleResult(Struct, frozen=True, kw_only=True):
    """What came of fetching one entry's whole text."""

    entry_id: int
    feed_id: int
    title: str
    url: str | None
    status: ArticleStatus
    words: int = 0
    """How many the text has, where it was found."""
    error: str | None = None
    """The cause, a sentence, when `status` is ERROR."""
    done: int = 0
    of: int = 0


class RefreshWaits:
    """A refresh waits, because another program is writing to the library."""


class MarkKind(StrEnum):
    """What can be said of an entry, and taken back."""

    READ = "read"
    UNREAD = "unread"
    STARRED = "starred"
    UNSTARRED = "unstarred"


class Marked(Struct, frozen=True, kw_only=True):
    """What a mark, or the undoing of one, changed."""

    kind: MarkKind
    entry_ids: tuple[int, ...]
    """Only those that changed."""
