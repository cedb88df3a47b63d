"""Older entries of a feed, fetched from the screen: over real HTTP from the example blog, into a real library."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from flodeslasare import i18n
from flodeslasare.demo.server import ServedBlog, serve
from flodeslasare.demo.site import Page
from flodeslasare.library.library import Library
from flodeslasare.model import Feed, RefreshStatus, View
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.screens import _feeds as feeds
from flodeslasare.tui.screens._palette import commands
from flodeslasare.tui.screens.feed_details import FeedScreen
from flodeslasare.tui.widgets.entry_list import EntryList
from flodeslasare.tui.widgets.status_line import Filling
from pilots import press, settle, until
from tui.samples import QUIET
from tui.test_reader import WIDE, shown

PAGE = 10
"""Entries on a page of the example blog."""
NAME = "Bloggen om hållbar upphan…"
"""The blog, as what is said of its end names it."""


class Site:
    """The example blog on loopback, whose older pages come when a test lets them."""

    def __init__(self, served: ServedBlog) -> None:
        self.feed_url = served.feed_url
        self.total = len(served.posts)
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()
        self._held_from: int | None = None
        self._may_go = threading.Event()
        self._may_go.set()
        self._failing: dict[int, int] = {}

    def hold_from(self, start: int) -> None:
        """Let the pages from an entry on wait."""
        self._held_from = start
        self._may_go.clear()

    def let_go(self) -> None:
        self._held_from = None
        self._may_go.set()

    def fail_at(self, start: int, status: int) -> None:
        """Answer with a status where a page begins."""
        self._failing[start] = status

    def answer(self, served: ServedBlog, target: str) -> Page:
        found = re.search(r"limitstart=(\d+)", target)
        start = int(found[1]) if found else 0
        with self._lock:
            self.asked.append(target)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self._held_from is not None and start >= self._held_from:
                assert self._may_go.wait(60)
            if start in self._failing:
                return Page(body=b"", type="text/plain", status=self._failing[start])
            return _get(served, target, may_publish=False)
        finally:
            with self._lock:
                self.at_once -= 1


_get = ServedBlog.get


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with serve() as served:
        site = Site(served)

        def get(served: ServedBlog, target: str, *, may_publish: bool) -> Page:
            return site.answer(served, target)  # and nothing new comes out

        monkeypatch.setattr(ServedBlog, "get", get)
        try:
            yield site
        finally:
            site.let_go()


@pytest.fixture
async def library(tmp_path: Path, site: Site) -> Library:
    """A library that has what the blog's feed holds, and no more."""
    library = Library(tmp_path / "library.db", QUIET)
    await library.subscribe(site.feed_url)
    site.asked.clear()
    site.most_at_once = 0
    return library


@pytest.fixture
def reading(library: Library) -> Iterator[FeedReaderApp]:
    yield FeedReaderApp(library)
    library.close()


@pytest.fixture(autouse=True)
def quick_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flodeslasare.tui.screens.reader._COUNT_NEWS_SECONDS", 0.05)


def blog(app: FeedReaderApp) -> Feed:
    return app.library.feed(1)


def place(entries: EntryList) -> tuple[int | None, float]:
    """Give the entry that the cursor is on, and the line of the screen it stands in."""
    return entries.entry_id, entries._lines.line_of(entries.cursor) - entries.scroll_offset.y


async def begin(pilot: Pilot[None]) -> None:
    """Ask for older entries on the feed's page, and do not wait for them."""
    await press(pilot, "i")
    await pilot.press("o")
    await pilot.pause()


async def until_pages(app: FeedReaderApp, pilot: Pilot[None], pages: int) -> None:
    def has_come() -> bool:
        filling = app.reader.status.filling
        return filling is not None and filling.pages == pages

    await until(pilot, has_come, f"page {pages}")


# --- what comes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_the_whole_archive_comes_and_nothing_moves(
    reading: FeedReaderApp, site: Site, language: str
) -> None:
    i18n.use_language(language)
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "j", "j", "j", "enter", "space", "2")
        reader = reading.reader
        before, text = place(reader.entries), reader.text.place
        assert len(reader.entries.ids) == PAGE
        await press(pilot, "i", "o")
        assert place(reader.entries) == before
        assert reader.text.entry is not None
        assert (reader.text.entry.id, reader.text.place) == (before[0], text)
        assert len(reader.entries.ids) == site.total
        assert reader.search_bar.total == site.total
        assert reader.archive.counts_of(None, 201805)
        assert reader.status.filling is None
        assert reader.status.new == 0
        older = site.total - PAGE
        said = {
            "en": f"{NAME}: {older} older entries added",
            "sv": f"{NAME}: {older} äldre inlägg tillkom",
        }
        assert reader.status.notice == said[language]
    assert site.most_at_once == 1


async def test_once_more_says_that_there_are_none(reading: FeedReaderApp) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "i", "o")
        await press(pilot, "i", "o")
        assert reading.reader.status.notice.startswith(f"{NAME}: no older entries were found")


async def test_the_foot_says_how_far_it_is_while_one_reads_on(
    reading: FeedReaderApp, site: Site
) -> None:
    site.hold_from(30)
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await begin(pilot)
        reader = reading.reader
        assert reading.screen is reader
        await until_pages(reading, pilot, 3)
        assert "3 pages, 20 older entries  Bloggen om hållbar upphandling" in shown(reading)
        await until(pilot, lambda: reader.search_bar.total == 30, "the count")
        assert "press ." not in shown(reading)  # these are no news
        await pilot.press("j", "m")
        await pilot.pause()
        assert reader.entries.cursor == 1
        assert "1 marked as read" in shown(reading)
        assert len(reader.entries.ids) == PAGE
        await pilot.press("full_stop")  # who wants them now has them now
        await until(pilot, lambda: len(reader.entries.ids) == 30, "the list")
        assert reader.entries.cursor == 1
        site.let_go()
        await settle(pilot)
        assert len(reader.entries.ids) == site.total


async def test_what_comes_above_the_cursor_moves_it_nowhere(
    reading: FeedReaderApp, site: Site
) -> None:
    library = reading.library
    other, _result = await library.subscribe(site.feed_url.replace("rss", "atom"))
    async for _page in library.backfill(other.id):
        pass
    async with reading.run_test(size=(120, 24)) as pilot:
        await settle(pilot)
        await press(pilot, *["pagedown"] * 8)
        reader = reading.reader
        before = place(reader.entries)
        assert reader.entries.cursor > 40
        feeds.backfill(reader, blog(reading))
        await settle(pilot)
        assert place(reader.entries) == before
        assert len(reader.entries.ids) == 2 * site.total


async def test_a_search_and_a_year_have_what_came(reading: FeedReaderApp) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        reader = reading.reader
        await press(pilot, "slash", *"kyckling", "enter")
        hits = len(reader.entries.ids)
        feeds.backfill(reader, blog(reading))
        await settle(pilot)
        assert len(reader.entries.ids) > hits
        found = reading.library.listing(View(query="kyckling")).ids
        assert len(reader.entries.ids) == len(found)
        assert reader.archive._found is not None
        assert reader.archive._found.sum_of(None).total == len(found)


async def test_who_goes_elsewhere_as_it_ends_comes_there_and_has_what_came(
    reading: FeedReaderApp, site: Site
) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        reader = reading.reader
        feeds.backfill(reader, blog(reading))
        # One look after another, as someone does who presses a key again and again.
        while reader.is_filling:
            for year in (None, 2021, 2018):
                reader.base = View(feed_id=1, year=year)
                await pilot.pause()
        await settle(pilot)
        assert reader.base == View(feed_id=1, year=2018)
        assert list(reader.entries.ids) == list(reading.library.listing(reader.base).ids)
        await press(pilot, "slash", *"upphandling")
        assert len(reader.entries.ids) == len(
            reading.library.listing(View(query="upphandling")).ids
        )
        reader.query_text = ""
        reader.base = View()
        await settle(pilot)
        assert len(reader.entries.ids) == site.total


async def test_a_list_of_what_is_unread_keeps_what_was_read_there(
    reading: FeedReaderApp, site: Site
) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "f", "j", "enter", "2")
        reader = reading.reader
        opened = reader.entries.entry_id
        feeds.backfill(reader, blog(reading))
        await settle(pilot)
        assert reader.entries.entry_id == opened
        assert len(reader.entries.ids) == PAGE
        assert reader.status.new == site.total - PAGE
        await press(pilot, "full_stop")
        assert len(reader.entries.ids) == site.total - 1


async def test_the_feeds_page_says_how_older_entries_are_had(
    reading: FeedReaderApp, site: Site
) -> None:
    site.hold_from(10)
    async with reading.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "i")
        assert "o fetches what its site still has" in shown(reading)
        assert "r refresh · o older entries · w whole texts · n rename" in shown(reading)
        assert site.asked == []  # to look at it asks nobody
        await pilot.press("o")
        await pilot.pause()
        await until_pages(reading, pilot, 1)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(reading.screen, FeedScreen), "the page")
        await pilot.pause()
        assert "are being fetched; o stops that" in shown(reading)
        assert "o stop fetching older" in shown(reading)
        await pilot.press("o")
        await settle(pilot)
        assert reading.reader.status.filling is None


async def test_the_palette_begins_and_ends_it(reading: FeedReaderApp, site: Site) -> None:
    site.hold_from(20)

    def named() -> list[str]:
        return [command.title for command in commands(reading)]

    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "Stop fetching older entries" not in named()
        await pilot.press("ctrl+p", *"older")
        await settle(pilot)
        await pilot.press("enter")
        await until_pages(reading, pilot, 2)
        assert "Stop fetching older entries" in named()
        reading.reader.backfills.stop_all()
        await settle(pilot)
        assert reading.reader.status.filling is None
        assert "Stop fetching older entries" not in named()


# --- what ends it ----------------------------------------------------------------------------------------


async def test_the_same_again_stops_it_and_what_came_is_kept(
    reading: FeedReaderApp, site: Site
) -> None:
    site.hold_from(30)
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await begin(pilot)
        await until_pages(reading, pilot, 3)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(reading.screen, FeedScreen), "the page")
        await pilot.press("o")
        await settle(pilot)
        reader = reading.reader
        said = f"{NAME}: stopped; the older entries that came are kept"
        assert reader.status.notice == said
        assert reader.status.message == ""
        assert reader.status.filling is None
        assert len(reader.entries.ids) == reading.library.counts().total == 30
        site.let_go()
        await press(pilot, "i", "o")
        assert len(reader.entries.ids) == site.total


async def test_one_that_is_stopped_before_it_has_begun_ends_as_well(
    reading: FeedReaderApp, site: Site
) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        for _press in range(2):
            reading.reader.backfills.toggle(blog(reading))
        await settle(pilot)
        assert reading.reader.status.filling is None
        assert site.asked == []
        await press(pilot, "i", "o")
        assert reading.library.counts().total == site.total


async def test_what_a_server_answers_ends_it_in_a_line(reading: FeedReaderApp, site: Site) -> None:
    site.fail_at(30, 503)
    async with reading.run_test(size=(160, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "i", "o")
        status = reading.reader.status
        assert status.message == (
            "Bloggen om hållbar upphandling: the server is overloaded or under repair (HTTP 503)"
            " · 20 older entries had come and are kept"
        )
        assert status.filling is None
        assert len(reading.reader.entries.ids) == 30
        assert blog(reading).failures == 0
        await press(pilot, "j")
        assert status.message == ""


async def test_without_a_network_it_says_so_and_asks_nobody(
    reading: FeedReaderApp, site: Site
) -> None:
    reading.library.is_offline = True
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "i", "o")
        status = reading.reader.status
        assert status.message == "the network is switched off; start without --offline"
        assert status.filling is None
    assert site.asked == []


async def test_a_library_that_can_only_be_read_says_why(
    library: Library, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = library.path
    library.close()
    monkeypatch.setattr("flodeslasare.storage.database.may_write", lambda asked: asked != path)
    with Library(path, QUIET) as locked:
        app = FeedReaderApp(locked)
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            await press(pilot, "j", "i", "o")
            assert "library.db: it cannot be written" in app.reader.status.message
            assert app.reader.status.filling is None
    assert site.asked == []


async def test_leaving_loses_nothing(reading: FeedReaderApp, library: Library, site: Site) -> None:
    site.hold_from(40)
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await begin(pilot)
        await until_pages(reading, pilot, 4)
        began = time.monotonic()
        await pilot.press("q")
    assert time.monotonic() - began < 30  # it does not wait for the page that hangs
    site.let_go()
    with Library(library.path, QUIET) as again:
        assert again.counts().total == 40
        app = FeedReaderApp(again)
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            await press(pilot, "i", "o")
            assert len(app.reader.entries.ids) == site.total


async def test_what_is_done_to_the_feed_stops_it_without_a_word_more(
    reading: FeedReaderApp, site: Site
) -> None:
    site.hold_from(20)
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await begin(pilot)
        await until_pages(reading, pilot, 2)
        feeds.remove(reading.reader, blog(reading))
        await settle(pilot)
        assert reading.reader.status.filling is None
        assert reading.reader.status.notice.endswith("u undoes it")
        await press(pilot, "u")
        await begin(pilot)
        await until_pages(reading, pilot, 2)
        feeds._delete(reading.reader, blog(reading))
        await settle(pilot)
        assert reading.reader.status.filling is None
        assert reading.reader.status.message == ""
        assert reading.library.counts().total == 0


async def test_a_feed_that_another_program_has_left_is_not_filled(
    reading: FeedReaderApp, site: Site
) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        feed = blog(reading)
        with Library(reading.library.path, QUIET) as other:
            other.unsubscribe(feed.id)
        feeds.backfill(reading.reader, feed)
        await settle(pilot)
        assert "unsubscribed; `flodeslasare add" in reading.reader.status.message
    assert site.asked == []


# --- beside something else ---------------------------------------------------------------------------------


async def test_of_two_feeds_the_second_waits_for_its_turn(
    reading: FeedReaderApp, site: Site
) -> None:
    library = reading.library
    await library.subscribe(site.feed_url.replace("rss", "atom"))
    library.rename_feed(2, "Den andra")
    site.hold_from(20)
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        reader = reading.reader
        first, second = library.feed(1), library.feed(2)
        feeds.backfill(reader, first)
        await until_pages(reading, pilot, 2)
        feeds.backfill(reader, second)
        await pilot.pause()
        assert reader.status.notice == "then Den andra"
        assert reader.status.filling == Filling(first.title, 2, 10, waiting=1)
        feeds.backfill(reader, second)
        assert reader.status.notice == "Den andra: no older entries are fetched"
        assert reader.status.filling == Filling(first.title, 2, 10, waiting=0)
        feeds.backfill(reader, second)
        site.let_go()
        await settle(pilot)
        assert reader.status.filling is None
        assert reader.status.notice == f"Den andra: {site.total - PAGE} older entries added"
        assert [feed.total for feed in library.feeds()] == [site.total, site.total]
        assert len(reader.entries.ids) == 2 * site.total
    assert site.most_at_once == 1


async def test_beside_a_refresh_each_entry_comes_once_and_both_say_how_far_they_are(
    reading: FeedReaderApp, site: Site
) -> None:
    library = reading.library
    for number in range(4):
        await library.subscribe(f"{site.feed_url}&nr={number}")
    before = library.counts().total
    site.most_at_once = 0
    site.hold_from(0)
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        reader = reading.reader
        feeds.backfill(reader, blog(reading))
        await pilot.press("R")
        await until(pilot, lambda: reader.status.progress is not None, "the refresh")
        await until(pilot, lambda: reader.status.filling is not None, "the backfill")
        assert re.search(r"0/5 ━+ .* asking for older entries", shown(reading))
        site.let_go()
        await settle(pilot)
        assert (reader.status.progress, reader.status.filling) == (None, None)
        assert reader.status.message == ""
        feed = library.feed(1)
        assert feed.total >= site.total
        assert feed.last_error is None
        refreshes = [library.refreshes(each.id)[0].status for each in library.feeds()]
        assert RefreshStatus.ERROR not in refreshes
        urls = [entry.url for entry in library.entries(View(feed_id=1))]
        assert len(urls) == len(set(urls)) == feed.total
        assert library.counts().total - before >= site.total - PAGE
        assert len(reader.entries.ids) + reader.status.new == library.counts().total
    assert site.most_at_once == 1


async def test_a_mark_that_is_made_meanwhile_is_kept(reading: FeedReaderApp, site: Site) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await begin(pilot)
        ids = list(reading.reader.entries.ids)
        for _entry in ids:
            await pilot.press("s", "j")
        await settle(pilot)
        assert all(entry.is_starred for entry in map(reading.library.entry, ids))
        assert reading.library.counts().total == site.total


async def test_another_program_that_holds_the_library_is_waited_for(
    reading: FeedReaderApp, site: Site
) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        with Library(reading.library.path, QUIET) as other, other._database.writing():
            await begin(pilot)
            await until(pilot, lambda: "another program" in shown(reading), "what it waits for")
        await settle(pilot)
        assert reading.library.counts().total == site.total
