"""A library to look at: a blog with history, a quiet feed and a failing one. All text is made up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flodeslasare.config import Settings
from flodeslasare.documents import ParsedEntry, ParsedFeed, Subscription
from flodeslasare.library.library import Library
from flodeslasare.library.steps import store_document
from flodeslasare.model import EntryRow, FeedResult, FeedStarted, RefreshStatus, View
from flodeslasare.storage import open_database

NOW = datetime(2018, 5, 16, 10, 0, tzinfo=UTC)
QUIET = Settings(refresh_at_start=False, refresh_every_minutes=0)

_TITLES = (
    "Vägledning mot människohandel i leverantörsled",
    "Läkemedelsupphandlingar på agendan i Bryssel",
    "Fyra regioner om att ställa och följa upp krav",
    "Besök hos en tillverkare av kirurgiska instrument",
    "Ny nationell miljöstrateg börjar i augusti",
    "Kommissionen ville se hur vi gör i praktiken",
    "Branschens nya grupp för hållbarhetsfrågor",
    "Kycklingslakteriet: vad vi såg och vad vi frågade",
    "Sociala kontraktsvillkor ses över",
    "Verksamhetsrapporten är här",
    "Planeringsdag med det nationella nätverket",
    "Handskar, kemikalier och en fråga om ftalater",
    "Konfliktmineraler i it-utrustning",
)
_FIRST_WORDS = (
    "Rapporten samlar erfarenheter från femtio länder och visar var riskerna är störst.",
    "Vi fick berätta hur miljökrav följs upp i avtalen och vad som händer när något brister.",
    "En branschtidning har träffat våra experter och frågat vad som skiljer dem åt.",
    "Från stål till steril förpackning på en förmiddag.",
    "Rekryteringen är klar efter många bra ansökningar.",
    "Tre frågor återkom hela dagen, och den sista fick inget svar.",
    "Kvartalsmöte om avtalsuppföljning och textilier.",
    "Andra studiebesöket i kedjan, efter uppfödaren.",
    "Gästen beskrev ett års arbete på en timme.",
    "Sextio sidor, tolv diagram och en sammanfattning.",
    "Handlingsplaner, rutiner och årets uppföljningar.",
    "Vi testade tjugo par och blev överraskade.",
    "Frågeformuläret som leverantörerna får i april.",
)


def an_entry(number: int, **changes: object) -> ParsedEntry:
    """Make an entry; the higher the number, the older it is."""
    words = _FIRST_WORDS[number % len(_FIRST_WORDS)]
    html = (
        f"<p>{words}</p><h2>Det här tog vi med oss</h2><ul><li>Flera vill använda samma frågor."
        "</li><li>Ingen har mätt utsläpp vid mer än en handfull anläggningar.</li></ul>"
        "<blockquote><p>Börja med tre krav som ni kan kontrollera.</p></blockquote>"
        '<p>Underlaget finns <a href="https://exempel.se/underlag">att läsa i sin helhet</a>, '
        "och uppföljning måste planeras redan i upphandlingen.</p>"
    ) + "<p>Ett stycke till som gör texten så lång att den inte ryms.</p>" * 12
    values: dict[str, object] = {
        "guid": f"entry-{number}",
        "url": f"https://exempel.se/{number}",
        "title": _TITLES[number % len(_TITLES)],
        "author": "Alva Ek",
        "published": NOW - timedelta(days=number * 5 + (number > 0) * 2, hours=2),
        "tags": ("läkemedel", "miljökrav"),
        "html": html,
        "text": f"{words}\nUnderlaget finns att läsa i sin helhet, i upphandlingen.",
    }
    return ParsedEntry(**(values | changes))  # type: ignore[arg-type]


class StagedLibrary(Library):
    """A library whose refresh brings what a test has laid out, and that counts the rows it reads."""

    def __init__(self, path: Path, settings: Settings = QUIET, *, wait_seconds: float = 5) -> None:
        super().__init__(path, settings, now=lambda: NOW, wait_seconds=wait_seconds)
        self.staged: dict[int, tuple[ParsedEntry, ...] | str] = {}
        """Per feed: new entries, or why it fails."""
        self.gate: asyncio.Event | None = None
        """When set, a refresh waits for it after each feed has been asked."""
        self.due: Sequence[int] | None = None
        """The feeds that are due; `None` for all that are asked for."""
        self.refreshed: list[tuple[Sequence[int] | None, bool]] = []
        self.rows_read = 0

    def rows(self, entry_ids: Sequence[int]) -> list[EntryRow]:
        self.rows_read += len(entry_ids)
        return super().rows(entry_ids)

    async def refresh(
        self, feed_ids: Sequence[int] | None = None, *, due_only: bool = False
    ) -> AsyncGenerator[FeedStarted | FeedResult, None]:
        self.refreshed.append((feed_ids, due_only))
        asked = self.due if due_only and self.due is not None else feed_ids
        feeds = [feed for feed in self.feeds() if asked is None or feed.id in asked]
        for done, feed in enumerate(feeds):
            yield FeedStarted(feed_id=feed.id, title=feed.title, done=done, of=len(feeds))
            if self.gate is not None:
                await self.gate.wait()
            staged = self.staged.get(feed.id, ())
            new, updated, error = 0, 0, None
            if isinstance(staged, str):
                error = staged
            elif staged:
                new, updated = self.keep(feed.id, *staged)
            yield FeedResult(
                feed_id=feed.id,
                url=feed.url,
                title=feed.title,
                status=RefreshStatus.ERROR if error else RefreshStatus.OK,
                new=new,
                updated=updated,
                error=error,
                done=done + 1,
                of=len(feeds),
            )

    def keep(self, feed_id: int, *entries: ParsedEntry) -> tuple[int, int]:
        """Keep entries as a refresh would; gives how many were new, and how many edited."""
        parsed = ParsedFeed(title=None, site_url=None, entries=entries)
        with closing(open_database(self.path)) as database, database.writing():
            return store_document(database, feed_id, parsed, NOW, describes=False)

    def feed_named(self, url: str, title: str, folder: str | None = None) -> int:
        """Subscribe without a network; gives the feed's id."""
        feed = self.add_subscription(Subscription(url=url, title=title, folder=folder))
        assert feed is not None
        return feed.id


def fill(library: StagedLibrary, entries: int = 132) -> tuple[int, int, int]:
    """Keep a blog of some entries, three of them unread, and two other feeds; gives their ids."""
    blog = library.feed_named("https://exempel.se/blogg/rss", "hållbarupphandling")
    library.keep(blog, *(an_entry(n) for n in range(entries)))
    listed = library.listing(View(feed_id=blog)).ids
    library.mark_read([*listed[2:4], *listed[5:]])
    library.star([*listed[1:2], *listed[7:8]])
    other = library.feed_named(
        "https://exempel.se/annat.xml", "Upphandlingsmyndigheten", "Statligt"
    )
    third = library.feed_named("https://exempel.se/tredje.xml", "Konkurrensverket", "Statligt")
    return blog, other, third
