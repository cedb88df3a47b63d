"""Messages that cross widgets; a widget's own are nested in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from flodeslasare.model import ArticleResult, FeedResult, FeedStarted, Listing, Marked, View
from flodeslasare.tui.widgets._archive import Archive, Sum
from flodeslasare.tui.widgets._offer import Offer

if TYPE_CHECKING:
    from flodeslasare.findings import Related
    from flodeslasare.tui.screens._overview import Known, Reading


class FeedAsked(Message):
    """A refresh has begun to ask a feed."""

    def __init__(self, started: FeedStarted) -> None:
        super().__init__()
        self.started = started

    def can_replace(self, message: Message) -> bool:
        """Let a newer one stand for it: it is progress, and may be dropped."""
        return isinstance(message, FeedAsked)


class FeedRefreshed(Message):
    """One feed's turn in a refresh has ended."""

    def __init__(self, result: FeedResult) -> None:
        super().__init__()
        self.result = result


class RefreshWaiting(Message):
    """A refresh, or a backfill, waits for another program that is writing to the library."""


class RefreshFinished(Message):
    """A refresh has ended; `problem` says why when it could not be done at all."""

    def __init__(self, problem: str | None = None, *, is_news: bool = True) -> None:
        super().__init__()
        self.problem = problem
        self.is_news = is_news
        """Else nothing was due, and so nothing was asked."""


class OlderPageKept(Message):
    """A page that a backfill has read is kept; or the error in it says why there are no more."""

    def __init__(self, result: FeedResult) -> None:
        super().__init__()
        self.result = result


class BackfillFinished(Message):
    """A backfill has ended, or was stopped; `problem` says why when it could not be done at all."""

    def __init__(self, problem: str | None = None) -> None:
        super().__init__()
        self.problem = problem


class ArticleRead(Message):
    """An entry's page has been read for its whole text."""

    def __init__(self, result: ArticleResult, *, is_asked: bool) -> None:
        super().__init__()
        self.result = result
        self.is_asked = is_asked
        """Whether the person asked for this one; else it was due."""


class ArticlesFinished(Message):
    """The whole texts that were due have been fetched; `problem` says why when that could not be done at all."""

    def __init__(self, problem: str | None = None) -> None:
        super().__init__()
        self.problem = problem


class LibraryChanged(Message):
    """Feeds came, went, moved or were renamed: what is shown of them is to be read again."""


class ListingRead(Message):
    """A view's entries have been read in the background."""

    def __init__(self, listing: Listing, reading: int) -> None:
        super().__init__()
        self.listing = listing
        self.reading = reading
        """Which reading it answers; older ones are dropped."""


class ListingGrown(Message):
    """The list, with what marks that another program made have brought into it, has been read in the background."""

    def __init__(self, listing: Listing, reading: int) -> None:
        super().__init__()
        self.listing = listing
        self.reading = reading
        """Which reading of the view was shown then; where it is another by now, this is dropped."""


class OverviewRead(Message):
    """What is known of the library as a whole has been read in the background."""

    def __init__(self, known: Known, reading: Reading) -> None:
        super().__init__()
        self.known = known
        self.reading = reading
        """Which reading this is; where another was begun after it, it is dropped."""


class MonthsRead(Message):
    """The counts per feed and month have been read in the background."""

    def __init__(self, archive: Archive, view: View) -> None:
        super().__init__()
        self.archive = archive
        self.view = view
        """What was counted: the hits of a search, or the whole library."""


class OffersRead(Message):
    """The words that a search matches, or may have meant, have been read in the background."""

    def __init__(self, offers: Sequence[Offer], query: str, remark: str = "") -> None:
        super().__init__()
        self.offers = tuple(offers)
        self.query = query
        self.remark = remark
        """Why nothing was found; empty where that is not known."""


class RelatedRead(Message):
    """The entries that are like another have been looked for in the background."""

    def __init__(self, entry_id: int, related: Sequence[Related]) -> None:
        super().__init__()
        self.entry_id = entry_id
        self.related = related


class SearchesCounted(Message):
    """What the saved searches find has been counted in the background."""

    def __init__(self, found: Mapping[int, Sum]) -> None:
        super().__init__()
        self.found = found
        """What each finds, by its id."""


class NamesRead(Message):
    """The names that may follow an operator of a search have been read in the background."""

    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self.names = names
        """By the operator."""


class Standpoint(NamedTuple):
    """Where the person is, to see whether one has gone on when an answer comes."""

    view: View
    entry_id: int
    """The entry the cursor is on."""
    pane: str
    """Where keys go."""
    is_typing: bool
    """Whether they go into the search."""


class UnreadFound(Message):
    """The next unread entry has been looked for in the background."""

    def __init__(self, entry_id: int | None, asked_from: Standpoint, open_it: bool) -> None:
        super().__init__()
        self.entry_id = entry_id
        self.asked_from = asked_from
        """Where the person was; who has gone on since is left there."""
        self.open_it = open_it
        """Whether it is to be opened, or only gone to."""


class ChangeEnded(Message):
    """A change that had to wait has been made, or has not; `go_on` does what is then to be done, or raises why not."""

    def __init__(self, go_on: Callable[[], None]) -> None:
        super().__init__()
        self.go_on = go_on


class ManyMarked(Message):
    """Entries have been marked in the background, or a mark undone."""

    def __init__(
        self, marked: Marked | None, quietly: bool = False, *, undone: bool = False
    ) -> None:
        super().__init__()
        self.marked = marked
        """What changed; `None` when there was nothing to undo."""
        self.quietly = quietly
        """Whether nothing is said of it."""
        self.undone = undone


class ReadingFailed(Message):
    """Something could not be read from the library in the background."""

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.problem = problem
