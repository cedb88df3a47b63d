"""What undo takes back: marks, leaving a feed, forgetting a saved search, each in its turn."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from flodeslasare.errors import Busy
from flodeslasare.library.library import Library
from flodeslasare.model import Marked, View
from flodeslasare.query import saved_query
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.screens import _feeds as feeds
from flodeslasare.tui.screens import _saved as saved
from pilots import settle
from tui.samples import NOW, StagedLibrary
from tui.test_reader import WIDE, shown

OTHER = "Konkurrensverket"


async def test_leaving_a_feed_is_undone_as_it_was(filled: StagedLibrary) -> None:
    before = filled.feed(OTHER)
    filled.rename_feed(before.id, "Eget namn")
    before = filled.feed(before.id)
    counts = filled.counts()
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        app.reader.base = View(feed_id=before.id)
        await settle(pilot)
        await pilot.press("i", "x")
        await settle(pilot)
        assert "unsubscribed from Eget namn; its entries stay · u undoes it" in shown(app)
        assert before.id not in {feed.id for feed in filled.feeds()}
        await pilot.press("u")
        await settle(pilot)
        assert "subscribed to Eget namn again" in shown(app)
        assert filled.feed(before.id) == before
        assert app.reader.base == View(feed_id=before.id)
        assert filled.counts() == counts
        await pilot.press("u")  # what was marked before the screen was opened
        await settle(pilot)
        assert filled.counts() != counts


async def test_what_was_done_last_is_undone_first(filled: StagedLibrary) -> None:
    filled.save_search("Fågel", "kyckling")
    other = filled.feed(OTHER).id
    app = FeedReaderApp(filled, now=lambda: NOW)
    state: list[tuple[int, bool, int]] = []

    def look() -> None:
        state.append(
            (
                filled.counts().starred,
                other in {feed.id for feed in filled.feeds()},
                len(filled.saved_searches()),
            )
        )

    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        look()
        await pilot.press("s")
        look()
        feeds.remove(app.reader, filled.feed(other))
        await settle(pilot)
        look()
        await pilot.press("j", "j", "s")
        look()
        app.reader.base = View(query=saved_query("Fågel"))
        await settle(pilot)
        saved.forget(app.reader)
        await settle(pilot)
        look()
        for expected in reversed(state[:-1]):
            await pilot.press("u")
            await settle(pilot)
            look()
            assert state[-1] == expected
    assert state[0] == (2, True, 1)
    assert state[4] == (4, False, 0)


async def test_a_mark_that_changed_nothing_is_no_step(
    filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = filled.feed(OTHER).id
    filled.mark_read(filled.listing(View()).ids)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        feeds.remove(app.reader, filled.feed(other))
        await settle(pilot)
        await pilot.press("A")  # all is read

        def busy(_library: Library, _entry_ids: Iterable[int]) -> Marked:
            raise Busy("busy")

        with monkeypatch.context() as patched:
            patched.setattr(Library, "mark_read", busy)  # in the background
            await pilot.press("A")
            await settle(pilot)
        await pilot.press("u")
        await settle(pilot)
        assert filled.feed(other).is_subscribed
        assert OTHER in shown(app)


async def test_what_another_program_holds_up_can_be_undone_later(
    filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = filled.feed(OTHER).id
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        feeds.remove(app.reader, filled.feed(other))
        await settle(pilot)

        def busy(_library: Library, _feed_id: int) -> None:
            raise Busy("busy")

        with monkeypatch.context() as patched:
            patched.setattr(Library, "resubscribe", busy)
            await pilot.press("u")
            assert app.reader.status.message == "busy"
        await pilot.press("u")
        await settle(pilot)
        assert filled.feed(other).is_subscribed


async def test_what_is_gone_for_good_does_not_stand_in_the_way(filled: StagedLibrary) -> None:
    other = filled.feed(OTHER).id
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        starred = filled.counts().starred
        await pilot.press("s")
        feeds.remove(app.reader, filled.feed(other))
        await settle(pilot)
        filled.delete_feed(other)
        await pilot.press("u")
        assert "no such feed" in app.reader.status.message
        await pilot.press("u")
        await settle(pilot)
        assert filled.counts().starred == starred
