"""What is known of the library is read in the background; a late answer changes nothing that is newer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from flodeslasare.errors import StorageError
from flodeslasare.library.library import Library
from flodeslasare.model import Counts, Feed, FeedResult, RefreshStatus, View
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.messages import FeedRefreshed, LibraryChanged
from flodeslasare.tui.screens import reader as reader_module
from flodeslasare.tui.screens._overview import Known, Overview, Reading
from flodeslasare.tui.screens._questions import Questions
from pilots import settle, until
from tui.samples import NOW, StagedLibrary, an_entry
from tui.test_reader import WIDE, shown


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Hold what is read in the background until it is let go; gives what tells that it is held, and what lets it go."""
    has_read, may_go = threading.Event(), threading.Event()
    searches = Library.saved_searches

    def late(library: Library) -> object:
        found = searches(library)
        if threading.current_thread() is not threading.main_thread():
            has_read.set()
            assert may_go.wait(60)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Library, "saved_searches", late)
        try:
            yield has_read, may_go
        finally:
            may_go.set()


def unread_shown(app: FeedReaderApp) -> list[int]:
    """Give a list that the unread entries are written down in, each time the archive is told how many."""
    told: list[int] = []
    show_feeds = app.reader.archive.show_feeds

    def write_down(feeds: list[Feed], counts: Counts) -> None:
        told.append(counts.unread)
        show_feeds(feeds, counts)

    app.reader.archive.show_feeds = write_down  # type: ignore[assignment, method-assign]
    return told


def test_an_answer_is_dropped_where_something_newer_was_read(staged: StagedLibrary) -> None:
    overview = Overview()
    early = overview.ask(staged)
    before = Known.read(staged, overview.known)
    staged.feed_named("https://exempel.se/feed", "Exempel")
    overview.read(staged)
    overview.take(before, early)
    assert [feed.title for feed in overview.feeds] == ["Exempel"]
    assert not overview.is_awaited


def test_an_answer_is_dropped_where_something_newer_is_asked(staged: StagedLibrary) -> None:
    overview = Overview()
    early, late = overview.ask(staged), overview.ask(staged)
    overview.take(Known(counts=Counts(1, 1, 1)), early)
    assert overview.is_awaited
    assert overview.counts == Counts(0, 0, 0)
    overview.take(Known(counts=Counts(2, 2, 2)), late)
    assert not overview.is_awaited
    assert overview.counts == Counts(2, 2, 2)


def test_what_came_after_it_was_asked_is_not_taken_for_known(filled: StagedLibrary) -> None:
    overview = Overview()
    overview.read(filled)
    assert not overview.is_outdated(filled)
    reading = overview.ask(filled)
    filled.keep(filled.feeds()[0].id, an_entry(0, guid="ny", published=NOW))
    overview.take(Known.read(filled, overview.known), reading)
    assert overview.is_outdated(filled)


def test_feeds_that_have_not_changed_stay_the_same_objects(filled: StagedLibrary) -> None:
    known = Known.read(filled, Known())
    changed = filled.feeds()[0].id
    filled.keep(changed, an_entry(0, guid="ny", published=NOW))
    again = Known.read(filled, known)
    same = [feed.id for feed in again.feeds if any(feed is each for each in known.feeds)]
    assert set(same) == {feed.id for feed in again.feeds} - {changed}


def test_the_totals_name_feeds_that_were_left(filled: StagedLibrary) -> None:
    blog = next(feed.id for feed in filled.feeds() if feed.total)
    filled.unsubscribe(blog)
    known = Known.read(filled, Known())
    assert known.totals == {blog: 132}
    assert known.counts == filled.counts()
    assert blog not in known.by_id


async def test_counts_are_read_beside_the_event_loop(
    app: FeedReaderApp, filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[threading.Thread] = set()
    feeds = Library.feeds

    def seen(library: Library, *, unsubscribed: bool = False) -> list[Feed]:
        threads.add(threading.current_thread())
        return feeds(library, unsubscribed=unsubscribed)

    filled.mark_unread(filled.listing(View()).ids)
    filled.staged[filled.feeds()[0].id] = (an_entry(0, guid="ny", published=NOW),)
    to_ask = filled.feeds()
    monkeypatch.setattr(filled, "feeds", lambda: to_ask)  # what the staged refresh asks
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        monkeypatch.setattr(Library, "feeds", seen)
        await pilot.press("R")
        await settle(pilot)
        assert app.reader.status.new == 1
        await pilot.press("full_stop", "m")
        await settle(pilot)
        assert "All entries  133   132 unread" in shown(app)
    assert threads
    assert threading.main_thread() not in threads


async def test_a_mark_made_while_counts_are_read_stays(
    app: FeedReaderApp, filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        reader_module, "_COUNT_SECONDS", 60
    )  # so that the mark asks for no other count
    filled.mark_unread(filled.listing(View()).ids)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        told = unread_shown(app)
        with held(monkeypatch) as (has_read, may_go):
            app.reader._count_again()
            await asyncio.to_thread(has_read.wait, 60)
            await pilot.press("m")
            app.reader.post_message(LibraryChanged())  # reads at once
            await pilot.pause()
            assert told == [131]
            may_go.set()
            await settle(pilot)
        assert set(told) == {131}
        assert "All entries  132   131 unread" in shown(app)


async def test_what_a_refresh_came_to_is_said_also_where_its_count_is_overtaken(
    app: FeedReaderApp, filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        with held(monkeypatch) as (has_read, may_go):
            await pilot.press("R")
            await asyncio.to_thread(has_read.wait, 60)
            app.reader.count()
            may_go.set()
            await settle(pilot)
        assert "no new entries" in shown(app)


async def test_counts_that_take_long_are_not_asked_for_again_and_again(
    app: FeedReaderApp, filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "_COUNT_NEWS_SECONDS", 0.01)
    blog = next(feed for feed in filled.feeds() if feed.total)
    asked: list[Reading] = []
    ask = Overview.ask

    def counted(overview: Overview, library: Library) -> Reading:
        asked.append(ask(overview, library))
        return asked[-1]

    looks: list[bool] = []
    is_reading: Any = Questions.__dict__["is_reading_overview"]

    def looked(questions: Questions) -> bool:
        looks.append(is_reading.fget(questions))
        return looks[-1]

    async def news(pilot: Pilot[None], name: str) -> None:
        filled.keep(
            blog.id,
            an_entry(0, guid=name, url=f"https://exempel.se/{name}", title=name, published=NOW),
        )
        result = FeedResult(
            feed_id=blog.id, url=blog.url, title=blog.title, status=RefreshStatus.OK, new=1
        )
        app.reader.post_message(FeedRefreshed(result))
        await pilot.pause()

    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        with held(monkeypatch) as (has_read, may_go):
            monkeypatch.setattr(Overview, "ask", counted)
            monkeypatch.setattr(Questions, "is_reading_overview", property(looked))
            await news(pilot, "ett")
            await until(pilot, has_read.is_set, "the reading")
            await news(pilot, "två")
            await until(pilot, lambda: len(looks) > 2, "a look whether it has been read")
            assert len(asked) == 1
            may_go.set()
        await until(pilot, lambda: app.reader.status.new == 2, "the count of what came meanwhile")
        await settle(pilot)
        assert len(asked) == 2


async def test_a_library_that_cannot_be_read_is_told_of_and_the_next_count_goes_on(
    app: FeedReaderApp, filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_library: Library) -> object:
        raise StorageError("the disk is on fire")

    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        with monkeypatch.context() as patched:
            patched.setattr(Library, "counts_by_feed", fails)
            await pilot.press("R")
            await settle(pilot)
            assert "the disk is on fire" in shown(app)
        filled.keep(filled.feeds()[0].id, an_entry(0, guid="ny", published=NOW))
        app.reader.look_for_others()
        await settle(pilot)
        assert app.reader.status.new == 1
