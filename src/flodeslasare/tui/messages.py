"""Messages that cross widgets; a widget's own are nested in it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from flodeslasare.model import FeedResult, FeedStarted, Listing, Marked, View
from flodeslasare.tui.widgets._archive import Archive


@dataclass
class FeedAsked(Message):
    """A refresh has begun to ask a feed."""

    started: FeedStarted

    def can_replace(self, message: Message) -> bool:
        """Let a newer one stand for it: it is progress, and may be dropped."""
        return isinstance(message, FeedAsked)


@dataclass
class FeedRefreshed(Message):
    """One feed's turn in a refresh has ended."""

    result: FeedResult


@dataclass
class RefreshFinished(Message):
    """A refresh has ended; `problem` says why when it could not be done at all."""

    problem: str | None = None


@dataclass
class LibraryChanged(Message):
    """Feeds came, went, moved or were renamed: what is shown of them is to be read again."""


@dataclass
class ListingRead(Message):
    """A view's entries have been read in the background."""

    listing: Listing
    reading: int
    """Which reading it answers; older ones are dropped."""


@dataclass
class MonthsRead(Message):
    """The counts per feed and month have been read in the background."""

    archive: Archive
    query: str
    """The search they are the hits of; empty for the whole library."""


@dataclass
class WordsRead(Message):
    """The words that a query matches have been read in the background."""

    words: list[tuple[str, int]]
    query: str


@dataclass
class UnreadFound(Message):
    """The next unread entry has been looked for in the background."""

    entry_id: int | None
    view: View
    open_it: bool
    """Whether it is to be opened, or only gone to."""


@dataclass
class ManyMarked(Message):
    """Many entries have been marked in the background."""

    marked: Marked


@dataclass
class ReadingFailed(Message):
    """Something could not be read from the library in the background."""

    problem: str
