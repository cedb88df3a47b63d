"""The values of feed documents, other programs' files and a refresh: what comes in before it is kept.

Like those of `model`: frozen, typed, without I/O, times in UTC, text already safe (see `fetching.clean`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from flodeslasare.model import Enclosure, Feed, require_utc

# --- what a feed document holds ------------------------------------------------------------------

YEARS = range(1900, 2201)
"""A date outside these years is a mistake."""


class ParsedEntry(Struct, frozen=True, kw_only=True):
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
        require_utc(self.published, self.updated)


class ParsedFeed(Struct, frozen=True, kw_only=True):
    """A feed document, cleaned."""

    title: str | None
    site_url: str | None
    entries: tuple[ParsedEntry, ...]
    """In the order of the document."""
    min_interval_seconds: int | None = None
    """How long the feed asks us to wait: RSS `ttl`, `sy:updatePeriod`; `None` when it says nothing."""
    flaw: str | None = None
    """What was wrong with the document, although it could be read; `None` when it was in order."""
    is_whole: bool = True
    """It does not end in the middle: what would come after that may hold entries, too."""
    next_url: str | None = None
    """Where older entries are: RFC 5005 `next` or `prev-archive`."""
    item_hashes: tuple[str, ...] = ()
    """Of each of the document's items, in its order, a hash of its bytes, a space and its guid (its link, where it has none).

    Where several have the guid, a line end and its link follow, for it may be known by either. Empty for JSON Feed, and
    where it is not plain which item became which entry.
    """
    skipped_guids: tuple[str, ...] = ()
    """What the items that were left out, being known, may be known by: their guids, or links, or both."""


class FoundFeed(Struct, frozen=True, kw_only=True):
    """A feed that a page offers."""

    url: str
    title: str | None = None
    type: str | None = None


class ParsedArticle(Struct, frozen=True):
    """The whole text of an entry, from its own page, cleaned."""

    html: str
    """Safe HTML with absolute links."""
    text: str
    """The same as plain text, as that of a `ParsedEntry`."""


# --- where a feed is asked ------------------------------------------------------------------------


class Address(Struct, frozen=True):
    """Where a feed is asked, for who takes it back; not for showing."""

    url: str
    """With the name and password in it, if it was subscribed to with them."""
    allows_private: bool
    """Private addresses may be connected to for it."""


class Readdressed(Struct, frozen=True):
    """A feed has been given an address."""

    feed: Feed
    """As it is now."""
    before: Address
    """Where it was asked until then."""
    now: Address
    """Where it is asked from now on: the same, where that was meant."""


# --- what a refresh needs and decides -------------------------------------------------------------


class ReplyKind(StrEnum):
    """What a server said, as far as a feed is concerned; anything else is a `FetchError`."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    """304: what was stored still holds."""
    GONE = "gone"
    """410: there will be nothing here any more, and no one should ask again (RFC 9110 §15.5.11)."""


class FetchState(Struct, frozen=True, kw_only=True):
    """What the next conditional request to a feed needs (RFC 9110 §13)."""

    feed_id: int
    url: str
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    """SHA-256 of the last body that was stored, in hex."""
    item_hashes: tuple[str, ...] = ()
    """Of the items in it, so that those that come again need no reading."""
    interval_seconds: int | None = None
    """The feed's own rhythm as learnt; `None` before there is one."""
    failures: int = 0
    allows_private: bool = False
    """The person subscribed to an address on a private network, so it may be connected to."""
    moved_to: str | None = None
    """Where 301/308 replies have pointed, while that is being confirmed."""
    asked: datetime | None = None
    """When it was last asked, by the clock of that day; `None` if it never was."""
    due: datetime | None = None
    """When it was to be asked; `None` for at once."""
    moved_times: int = 0


class KnownEntry(Struct, frozen=True, kw_only=True):
    """What deciding whether an entry is new needs to know of one that is kept."""

    id: int
    guid: str
    url: str | None
    title: str
    published: datetime | None
    digest: str
    """As `digests.digest_of` takes it, with those of its earlier words. Empty where it was not asked for, and
    where its text is lost."""
    versions: int = 0
    """How many earlier versions are kept."""


class NewEntry(Struct, frozen=True, kw_only=True):
    """An entry to be kept, under the name it is known by from now on."""

    guid: str
    entry: ParsedEntry


class ChangedEntry(Struct, frozen=True, kw_only=True):
    """A kept entry that the feed now gives otherwise."""

    id: int
    guid: str
    digest: str
    entry: ParsedEntry
    is_edit: bool
    """Its words changed to such as it never had; else only its name, link or date did, or they went back."""
    keeps_words: bool
    """The words that it had are to be kept as a version."""


class FeedUpdate(Struct, frozen=True, kw_only=True):
    """What one feed document brings."""

    new: tuple[NewEntry, ...] = ()
    changed: tuple[ChangedEntry, ...] = ()


# --- other programs' files --------------------------------------------------------------------------


class Subscription(Struct, frozen=True, kw_only=True):
    """A feed's address, name and folder, as OPML and the command line carry them."""

    url: str
    title: str | None = None
    """The feed's own; a refresh may bring another."""
    named: str | None = None
    """The person's own name for it, which stays."""
    site_url: str | None = None
    folder: str | None = None


class KeptEntry(Struct, frozen=True, kw_only=True):
    """An entry from another reader's file, with its marks."""

    feed_url: str
    entry: ParsedEntry
    is_read: bool
    is_starred: bool = False


class LeftOut(Struct, frozen=True):
    """Lines or outlines of a list, or entries of a feed, that were not taken in, for one reason."""

    said: str
    """A sentence that names them, and the reason."""
    count: int = 1


class ImportReport(Struct, frozen=True, kw_only=True):
    """What an import brought, and what it left and why."""

    subscribed: int = 0
    already: int = 0
    entries: int = 0
    marks: int = 0
    """How many were set on entries that were there already."""
    skipped: tuple[LeftOut, ...] = field(default=())
    remarks: tuple[str, ...] = field(default=())
    """A sentence for each that was taken in, but not all of it."""
