"""What another program does to the library while the screen is open: its counts and its list are of one moment."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest
from textual.pilot import Pilot

from flodeslasare.documents import ParsedFeed
from flodeslasare.library.library import Library
from flodeslasare.library.steps import store_document
from flodeslasare.model import FeedResult, MarkKind, RefreshStatus, View
from flodeslasare.storage import open_database
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.screens._arrivals import Arrivals
from pilots import press, settle, until
from tui.samples import NOW, StagedLibrary, an_entry
from tui.test_reader import WIDE, shown


def bring(library: StagedLibrary, feed_id: int, *names: str) -> None:
    """Store new entries as another program's refresh does."""
    entries = tuple(
        an_entry(0, guid=name, published=NOW, url=f"https://exempel.se/{name}", title=name)
        for name in names
    )
    parsed = ParsedFeed(title=None, site_url=None, entries=entries)
    with closing(open_database(library.path)) as other, other.writing():
        store_document(other, feed_id, parsed, NOW, describes=False)


def blog_of(library: StagedLibrary) -> int:
    return next(feed.id for feed in library.feeds() if feed.total)


def title(app: FeedReaderApp) -> str:
    return app.reader.search_bar.render_line(0).text.strip()


async def look(pilot: Pilot[None], app: FeedReaderApp) -> None:
    app.reader.look_for_others()
    await settle(pilot)


async def test_total_and_unread_are_of_one_moment_while_something_waits(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    filled.mark_unread(filled.listing(View()).ids)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert title(app) == "All entries  132   132 unread"
        bring(filled, blog_of(filled), "ett", "två", "tre", "fyra", "fem")
        await look(pilot, app)
        assert title(app) == "All entries  137   137 unread"
        assert "5 new, press . to show" in shown(app)
        assert len(app.reader.entries.ids) == 132


@pytest.mark.parametrize("year", [None, 2018])
async def test_what_comes_between_two_looks_is_counted_as_it_is_shown(
    app: FeedReaderApp, filled: StagedLibrary, year: int | None
) -> None:
    filled.mark_unread(filled.listing(View()).ids)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        app.reader.base = View(year=year)
        await settle(pilot)
        before = len(app.reader.entries.ids)
        bring(filled, blog_of(filled), "ett")
        await look(pilot, app)
        assert "1 new, press . to show it" in shown(app)
        bring(filled, blog_of(filled), "två", "tre")
        await pilot.press("full_stop")
        await settle(pilot)
        now = before + 3
        assert title(app) == f"{year or 'All entries'}  {now}   {now} unread"
        assert len(app.reader.entries.ids) == now
        await look(pilot, app)
        assert app.reader.status.new == 0  # what is shown does not wait
        await pilot.press("R")
        await settle(pilot)
        assert title(app) == f"{year or 'All entries'}  {now}   {now} unread"
        assert "no new entries" in shown(app)


async def test_a_mark_does_not_hide_what_waits(app: FeedReaderApp, filled: StagedLibrary) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        bring(filled, blog_of(filled), "ett", "två")
        await pilot.press("m")
        await settle(pilot)
        assert app.reader.status.new == 2
        await look(pilot, app)
        assert app.reader.status.new == 2


async def test_what_comes_while_one_goes_elsewhere_is_not_offered_again(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        bring(filled, blog_of(filled), "ett", "två")
        app.reader.base = View(feed_id=blog_of(filled))
        await settle(pilot)
        assert len(app.reader.entries.ids) == 134
        await look(pilot, app)
        assert app.reader.status.new == 0


async def test_a_refresh_counts_and_offers_while_it_goes_on(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    filled.mark_unread(filled.listing(View()).ids)
    filled.gate = asyncio.Event()
    filled.staged[filled.feeds()[0].id] = (an_entry(0, guid="ny", published=NOW),)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("R")
        await until(pilot, lambda: app.reader.status.progress is not None, "the first feed")
        filled.gate.set()
        filled.gate.clear()  # the feed that waits is let through, the next one is not
        reader = app.reader
        await until(pilot, lambda: reader.status.new and reader.search_bar.total == 133, "the new")
        assert reader.status.progress is not None
        assert reader.search_bar.unread == 133
        filled.gate.set()
        await settle(pilot)
        assert app.reader.status.new == 1
        assert title(app) == "All entries  133   133 unread"


async def test_a_saved_search_says_total_and_unread_of_one_moment(filled: StagedLibrary) -> None:
    filled.save_search("Alla", "after:2000")
    filled.mark_unread(filled.listing(View()).ids)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        app.reader.base = View(query="search:Alla")
        await settle(pilot)
        assert title(app) == "Alla  132   132 unread"
        bring(filled, blog_of(filled), "ett", "två")
        await look(pilot, app)
        assert title(app) == "Alla  134   134 unread"


# --- what is deleted -------------------------------------------------------------------------------


async def test_what_another_program_deletes_leaves_the_list(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    blog = blog_of(filled)
    other = next(feed.id for feed in filled.feeds() if feed.id != blog)
    for number in range(40):
        entry = an_entry(number, guid=f"annan-{number}", title=f"Annan {number}")
        filled.keep(other, entry)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press(*"j" * 30)
        await settle(pilot)
        entries = app.reader.entries
        kept = next(id_ for id_ in entries.ids[30:] if filled.entry(id_).feed_id == blog)
        with Library(filled.path) as library:
            library.delete_feed(other)
        await look(pilot, app)
        assert title(app).startswith("All entries  132 ")
        assert "(deleted)" not in shown(app)
        assert len(entries.ids) == 132
        assert entries.entry_id == kept
        assert app.reader.text.entry is not None
        assert app.reader.text.entry.id == kept


async def test_hits_that_another_program_deletes_are_counted_no_more(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    other = filled.feeds()[0].id
    filled.keep(other, an_entry(7, guid="annan", title="Kycklingen"))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"kyckling", "enter")
        await settle(pilot)
        hits = len(app.reader.entries.ids)
        with Library(filled.path) as library:
            library.delete_feed(other)
        await look(pilot, app)
        assert len(app.reader.entries.ids) == hits - 1
        assert title(app).endswith(f"{hits - 1} hits")
        assert app.reader.archive._found is not None
        assert app.reader.archive._found.sum_of(None).total == hits - 1


async def test_where_the_feed_one_is_in_is_deleted_everything_is_listed(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    other = filled.feeds()[0]
    filled.keep(other.id, an_entry(7, guid="annan"))
    async with app.run_test(size=WIDE) as pilot:
        app.reader.base = View(feed_id=other.id)
        await settle(pilot)
        await pilot.press("slash", *"kyckling", "enter")
        await settle(pilot)
        with Library(filled.path) as library:
            library.delete_feed(other.id)
        await look(pilot, app)
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert app.reader.base == View()
        assert title(app).startswith("All entries  132 ")


# --- what is marked --------------------------------------------------------------------------------


def mark(library: StagedLibrary, kind: MarkKind, *entry_ids: int) -> None:
    """Mark entries as `flodeslasare mark` in another terminal does."""
    with Library(library.path) as other:
        other.mark(kind, entry_ids)


@pytest.mark.parametrize("is_filter", [True, False])
async def test_what_another_program_marks_unread_comes_into_the_unread_without_a_move(
    app: FeedReaderApp, filled: StagedLibrary, is_filter: bool
) -> None:
    ids = list(filled.listing(View()).ids)
    filled.mark_unread(ids[20:80])
    async with app.run_test(size=WIDE) as pilot:
        reader, entries = app.reader, app.reader.entries
        await settle(pilot)
        if is_filter:
            await press(pilot, "f")
        else:
            reader.base = View(unread=True)
            await settle(pilot)
        assert len(entries.ids) == 63
        await press(pilot, *"j" * 30, "enter")
        reading, had = entries.entry_id, list(entries.ids)
        line = entries._lines.line_of(entries.cursor) - entries.scroll_offset.y
        assert reading is not None
        reader.text.scroll_to(y=3, animate=False)
        await settle(pilot)
        mark(filled, MarkKind.UNREAD, ids[6], ids[100], reading)
        await look(pilot, app)
        assert list(entries.ids) == sorted([*had, ids[6], ids[100]], key=ids.index)
        assert entries.entry_id == reading
        assert entries._lines.line_of(entries.cursor) - entries.scroll_offset.y == line
        assert reader.text.entry is not None
        assert reader.text.entry.id == reading
        assert reader.text.scroll_offset.y == 3
        assert reader.search_bar.total == 65
        assert reader.archive._counts.unread == filled.counts().unread == 65


async def test_what_another_program_marks_read_stays_in_the_unread_as_what_is_read_here_does(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "f")
        had = list(app.reader.entries.ids)
        mark(filled, MarkKind.READ, *had)
        await look(pilot, app)
        assert list(app.reader.entries.ids) == had
        assert all(row and row.is_read for row in map(app.reader.entries.row, range(3)))
        mark(filled, MarkKind.UNREAD, had[1])
        await look(pilot, app)
        assert list(app.reader.entries.ids) == had
        assert [row and row.is_read for row in map(app.reader.entries.row, range(3))] == [
            True,
            False,
            True,
        ]


async def test_stars_of_another_program_come_and_go(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    ids = filled.listing(View()).ids
    async with app.run_test(size=WIDE) as pilot:
        app.reader.base = View(starred=True)
        await settle(pilot)
        entries = app.reader.entries
        starred = list(entries.ids)
        assert starred == [ids[1], ids[7]]
        mark(filled, MarkKind.UNSTARRED, ids[1])
        mark(filled, MarkKind.STARRED, ids[4])
        await look(pilot, app)
        assert list(entries.ids) == [ids[1], ids[4], ids[7]]
        assert [row and row.is_starred for row in map(entries.row, range(3))] == [False, True, True]
        assert app.reader.archive._counts.starred == 2
        mark(filled, MarkKind.STARRED, ids[1])
        await look(pilot, app)
        assert [row and row.is_starred for row in map(entries.row, range(3))] == [True, True, True]


async def test_an_empty_list_of_the_unread_is_filled(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    ids = filled.listing(View()).ids
    filled.mark_read(ids)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "f")
        assert not app.reader.entries.ids
        mark(filled, MarkKind.UNREAD, ids[9])
        await look(pilot, app)
        assert list(app.reader.entries.ids) == [ids[9]]
        assert app.reader.text.entry is not None
        assert app.reader.text.entry.id == ids[9]


@pytest.mark.parametrize("saved", [True, False])
async def test_a_search_for_the_unread_takes_in_marks(filled: StagedLibrary, saved: bool) -> None:
    filled.save_search("Olästa", "kyckling is:unread")
    hits = filled.listing(View(query="kyckling")).ids
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        if saved:
            app.reader.base = View(query="search:Olästa")
        else:
            await pilot.press("slash", *"kyckling", "enter", "f")
        await settle(pilot)
        assert not app.reader.entries.ids
        mark(filled, MarkKind.UNREAD, *hits[:2])
        await look(pilot, app)
        assert list(app.reader.entries.ids) == list(hits[:2])
        assert app.reader.search_bar.total == 2
        if not saved:
            assert app.reader.archive._found is not None
            assert app.reader.archive._found.sum_of(None).total == 2


async def test_what_is_new_waits_while_marks_come_in(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    ids = filled.listing(View()).ids
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "f")
        had = list(app.reader.entries.ids)
        bring(filled, blog_of(filled), "ett", "två")
        mark(filled, MarkKind.UNREAD, ids[50])
        await look(pilot, app)
        assert list(app.reader.entries.ids) == [*had, ids[50]]
        assert app.reader.status.new == 2
        await press(pilot, "full_stop")
        assert len(app.reader.entries.ids) == len(had) + 3
        assert app.reader.status.new == 0


async def test_marks_that_come_while_something_else_is_listed_or_refreshed_are_not_forgotten(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    ids = filled.listing(View()).ids
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "f")
        await press(pilot, "t")
        assert app.reader._listings.came_from is not None
        mark(filled, MarkKind.UNREAD, ids[50])
        await look(pilot, app)
        await press(pilot, "escape")
        assert ids[50] in app.reader.entries.ids
        filled.gate = asyncio.Event()
        await pilot.press("R")
        await until(pilot, lambda: app.reader.status.progress is not None, "the first feed")
        mark(filled, MarkKind.UNREAD, ids[60])
        filled.gate.set()
        await settle(pilot)
        await look(pilot, app)
        assert ids[60] in app.reader.entries.ids


async def test_a_feed_renamed_here_just_then_does_not_hide_marks(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    ids = filled.listing(View()).ids
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "f")
        mark(filled, MarkKind.UNREAD, ids[50])
        app.reader.count()
        await settle(pilot)
        assert ids[50] in app.reader.entries.ids


@pytest.mark.parametrize(
    ("new", "is_offered", "said"),
    [
        (0, False, "1 feed asked by another refresh"),
        (3, False, "3 new entries, 1 feed asked by another refresh"),
        (0, True, ""),  # the offer says what there is
    ],
)
def test_of_what_another_refresh_asked_it_is_not_said_that_nothing_is_new(
    new: int, is_offered: bool, said: str
) -> None:
    arrivals = Arrivals()
    for feed_id in (1, 2):
        arrivals.take(
            FeedResult(
                feed_id=feed_id,
                url="https://blogg.exempel/",
                title="Bloggen",
                status=RefreshStatus.OK,
                new=0 if feed_id == 2 else new,
                is_elsewhere=feed_id == 2,
            )
        )

    assert arrivals.summary(is_offered=is_offered) == said
