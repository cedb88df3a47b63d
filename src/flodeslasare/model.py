"""The values that travel between the layers: frozen, typed, and without I/O.

Times are aware and in UTC. Text is already safe to show (see `fetching.clean`), and the screen
still treats it as plain text.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum


def _require_utc(*times: datetime | None) -> None:
    for when in times:
        if when is not None and when.tzinfo is not UTC:
            raise ValueError(f"times must be aware and UTC, got {when!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file attached to an entry (RSS 2.0 `enclosure`, RFC 4287 §4.2.7.2 `rel=enclosure`)."""

    url: str
    type: str | None = None
    """The media type as the feed gives it."""
    size_bytes: int | None = None
    """As the feed gives it; `None` when it says nothing or nonsense."""


# --- what a feed document holds ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEntry:
    """One item of a feed document, cleaned."""

    guid: str | None
    """The feed's own name for it (RFC 4287 §4.2.6, RSS 2.0 `guid`); `None` when it has none."""
    url: str | None
    title: str
    """Plain text; may be empty."""
    author: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    tags: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    html: str = ""
    """Safe HTML with absolute links: the content, or the summary where there is no content."""
    text: str = ""
    """The same as plain text, paragraphs apart by a newline: what is searched."""

    def __post_init__(self) -> None:
        _require_utc(self.published, self.updated)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document, cleaned."""

    title: str | None
    site_url: str | None
    entries: tuple[ParsedEntry, ...]
    """In the order of the document."""
    min_interval_seconds: int | None = None
    """How long the feed asks us to wait: RSS `ttl`, `sy:updatePeriod`; `None` when it says nothing."""
    flaw: str | None = None
    """What was wrong with the document, although it could be read; `None` when it was in order."""
    next_url: str | None = None
    """Where older entries are: RFC 5005 `next` or `prev-archive`."""


# --- what the library keeps ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A subscription as stored, with its counts and its health."""

    id: int
    url: str
    title: str
    """The person's own name for it, else the feed's, else its host."""
    site_url: str | None = None
    folder: str | None = None
    """Nested folders are one path: `Offentligt/Regioner`. `None` at the top."""
    total: int = 0
    unread: int = 0
    is_subscribed: bool = True
    """`False` once unsubscribed: its entries stay, and it is no longer asked."""
    is_gone: bool = False
    """`True` after 410 Gone: it is no longer asked until the person refreshes it."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """What the next conditional request to a feed needs (RFC 9110 §13)."""

    feed_id: int
    url: str
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    """SHA-256 of the last body that was stored, in hex."""
    interval_seconds: int | None = None
    """The feed's own rhythm as learnt; `None` before there is one."""
    failures: int = 0
    allows_private: bool = False
    """The person subscribed to an address on a private network, so it may be connected to."""
    moved_to: str | None = None
    """Where 301/308 replies have pointed, while that is being confirmed."""
    moved_times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
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

    def __post_init__(self) -> None:
        _require_utc(self.published, self.updated, self.fetched, self.sorted_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryVersion:
    """An entry as it read before its author changed it."""

    replaced: datetime
    """When we saw the change."""
    title: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
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


@dataclass(frozen=True, slots=True)
class MonthCount:
    """How many entries of a feed one month holds; local months of the machine's time zone."""

    feed_id: int
    month: int
    """As a number that sorts: 201805."""
    total: int
    unread: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the whole library."""

    total: int
    unread: int
    starred: int


# --- what a person looks at ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
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

    def but(self, **changes: object) -> View:
        """Give the same view with some parts changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries of a view at one moment, newest first: ids only, rows are read as they are shown."""

    view: View
    ids: list[int]
    months: list[tuple[int, int]]
    """Runs of the same month in `ids`, in order: (201805, how many)."""
    is_whole: bool = True
    """`False` when `ids` is only the beginning, as many as were asked for."""


# --- what happened -------------------------------------------------------------------------------


class RefreshStatus(StrEnum):
    """How one feed's turn ended."""

    OK = "ok"
    UNCHANGED = "unchanged"
    GONE = "gone"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStarted:
    """A refresh has begun to ask one feed."""

    feed_id: int
    title: str
    done: int
    """Feeds that are done."""
    of: int
    """Feeds in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedResult:
    """How one feed's turn in a refresh ended."""

    feed_id: int
    url: str
    title: str
    status: RefreshStatus
    new: int = 0
    updated: int = 0
    error: str | None = None
    """The cause, a sentence, when `status` is ERROR or GONE."""
    done: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed that a page offers."""

    url: str
    title: str | None = None
    type: str | None = None


class MarkKind(StrEnum):
    """What can be said of an entry, and taken back."""

    READ = "read"
    UNREAD = "unread"
    STARRED = "starred"
    UNSTARRED = "unstarred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What a mark, or the undoing of one, changed."""

    kind: MarkKind
    entry_ids: tuple[int, ...]
    """Only those that changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A feed's address, name and folder, as OPML and the command line carry them."""

    url: str
    title: str | None = None
    site_url: str | None = None
    folder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEntry:
    """An entry from another reader's file, with its marks."""

    feed_url: str
    entry: ParsedEntry
    is_read: bool
    is_starred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import brought, and what it left and why."""

    subscribed: int = 0
    already: int = 0
    entries: int = 0
    skipped: tuple[str, ...] = field(default=())
    """A sentence for each line or outline that was left out."""


# --- a refresh, decided ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """What deciding whether an entry is new needs to know of one that is kept."""

    id: int
    guid: str
    url: str | None
    title: str
    published: datetime | None
    digest: str
    versions: int = 0
    """How many earlier versions are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry to be kept, under the name it is known by from now on."""

    guid: str
    digest: str
    entry: ParsedEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedEntry:
    """A kept entry that the feed now gives otherwise."""

    id: int
    guid: str
    digest: str
    entry: ParsedEntry
    is_edit: bool
    """Its words changed, so the earlier ones are kept; else only its name, link or date did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedUpdate:
    """What one feed document brings."""

    new: tuple[NewEntry, ...] = ()
    changed: tuple[ChangedEntry, ...] = ()
