"""Saved searches, the best first, more like this, and what another program brings."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from flodeslasare.documents import ParsedFeed
from flodeslasare.library.library import Library
from flodeslasare.library.steps import store_document
from flodeslasare.model import Counts, View
from flodeslasare.query.saved import saved_query
from flodeslasare.storage import open_database
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.screens import _saved as saved
from pilots import settle
from tui.samples import NOW, StagedLibrary, an_entry
from tui.test_reader import WIDE, shown


def in_archive(app: FeedReaderApp, name: str) -> str:
    """Give the archive's line of a name."""
    lines = [line[:30] for line in shown(app).splitlines()]
    return next((line for line in lines if name in line), "")


# --- saved searches --------------------------------------------------------------------------------


async def test_a_search_is_saved_and_stands_in_the_archive(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    hits = filled.listing(View(query="kyckling")).ids
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "SAVED SEARCHES" not in shown(app)
        await pilot.press("slash", *"kyckling", "ctrl+s")
        await settle(pilot)
        await pilot.press("ctrl+u", *"Fågel", "enter")
        await settle(pilot)
        assert [(each.name, each.query) for each in filled.saved_searches()] == [
            ("Fågel", "kyckling")
        ]
        assert "SAVED SEARCHES" in shown(app)
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("1", "j", "j", "j")
        await settle(pilot)
        assert app.reader.view == View(query=saved_query("Fågel"))
        assert app.reader.entries.ids == hits
        text = shown(app)
        assert f"Fågel  {len(hits)}" in text
        assert app.reader.entries.words == "kyckling"


async def test_a_saved_search_is_used_as_a_feed_is(filled: StagedLibrary) -> None:
    filled.mark_unread(filled.listing(View(query="kyckling")).ids)
    filled.save_search("Fågel", "kyckling")
    unread = filled.count("kyckling")[1]
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert in_archive(app, "Fågel").split()[-1] == f"{unread}"
        app.reader.base = View(query=saved_query("Fågel"))
        await settle(pilot)
        assert f"{unread} unread" in shown(app)
        await pilot.press("m", "f")
        await settle(pilot)
        assert len(app.reader.entries.ids) == unread - 1
        await pilot.press("f", "A")
        await settle(pilot)
        assert filled.count("kyckling")[1] == 0
        assert in_archive(app, "Fågel").split()[-1] == "Fågel"
        await pilot.press("u")
        await settle(pilot)
        assert filled.count("kyckling")[1] == unread - 1
        await pilot.press("right_square_bracket", "n")
        await settle(pilot)
        assert app.reader.entries.cursor > 0


async def test_a_second_start_is_in_the_saved_search_of_the_first(filled: StagedLibrary) -> None:
    filled.save_search("Fågel", "kyckling")
    for _start in range(2):
        app = FeedReaderApp(filled, now=lambda: NOW)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            if _start:
                assert app.reader.entries.ids == filled.listing(View(query="kyckling")).ids
                assert app.reader.search_bar.title == "Fågel"
            app.reader.base = View(query=saved_query("Fågel"))
            await settle(pilot)
    filled.forget_search("Fågel")
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert app.reader.base == View()
        assert len(app.reader.entries.ids) == 132


async def test_a_saved_search_is_renamed_and_forgotten_and_that_is_undone(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    filled.save_search("Fågel", "kyckling")
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        saved.forget(app.reader)
        await settle(pilot)
        assert "no saved search is chosen" in shown(app)
        app.reader.base = View(query=saved_query("Fågel"))
        await settle(pilot)
        saved.rename(app.reader)
        await settle(pilot)
        await pilot.press("ctrl+u", *"Höns och fågel", "enter")
        await settle(pilot)
        assert app.reader.search_bar.title == "Höns och fågel"
        assert app.reader.base == View(query=saved_query("Höns och fågel"))
        saved.forget(app.reader)
        await settle(pilot)
        assert "SAVED SEARCHES" not in shown(app)
        assert app.reader.base == View()
        await pilot.press("u")
        await settle(pilot)
        assert "Höns och fågel" in shown(app)
        assert filled.saved_search("höns och fågel").query == "kyckling"
        assert filled.counts() == Counts(132, 3, 2)


async def test_a_search_that_is_saved_in_place_of_another_says_so_and_is_undone(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    filled.save_search("Fågel", "kyckling")
    filled.save_search("Ny fågel", "search:fågel is:unread")

    def kept() -> dict[str, str]:
        return {each.name: each.query for each in filled.saved_searches()}

    before = kept()
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"höns", "ctrl+s")
        await settle(pilot)
        await pilot.press("ctrl+u", *"fågel", "enter")
        await settle(pilot)
        assert "saved as fågel, in place of kyckling" in shown(app)
        assert kept()["fågel"] == "höns"
        await pilot.press("ctrl+s", "ctrl+u", *"Höns", "enter")
        await settle(pilot)
        assert kept()["Höns"] == "höns"
        await pilot.press("enter", "u")
        await settle(pilot)
        assert "Höns is no longer saved" in shown(app)
        await pilot.press("u")
        await settle(pilot)
        assert kept() == before
        await pilot.press("escape")
        app.reader.base = View(query=saved_query("Fågel"))
        await settle(pilot)
        saved.rename(app.reader)
        await settle(pilot)
        await pilot.press("ctrl+u", *"Gås", "enter")
        await settle(pilot)
        assert kept() == {"Gås": "kyckling", "Ny fågel": "search:Gås is:unread"}
        assert "Fågel is now called Gås · u undoes it" in shown(app)
        await pilot.press("u")
        await settle(pilot)
        assert app.reader.base == View(query=saved_query("Fågel"))
    assert kept() == {"Fågel": "kyckling", "Ny fågel": "search:Fågel is:unread"}


async def test_there_is_nothing_to_save_without_a_search(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert "there is no search to save" in shown(app)


async def test_saved_searches_are_counted_beside_the_screen(
    filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        filled.save_search(name, name)
    threads: list[int] = []
    count = Library.count

    def counted(library: Library, query: str) -> tuple[int, int]:
        threads.append(threading.get_ident())
        return count(library, query)

    monkeypatch.setattr(Library, "count", counted)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        assert "SAVED SEARCHES" in shown(app)
        await settle(pilot)
        await pilot.press("j", "k")
        await settle(pilot)
        assert len(threads) == 3
    assert threading.get_ident() not in threads


# --- the best first --------------------------------------------------------------------------------


async def test_the_best_hits_come_first_and_the_newest_again(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    newest = filled.listing(View(query="besök")).ids
    best = filled.listing(View(query="besök", order="best")).ids
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("b")
        await settle(pilot)
        assert "best first is for a search" in shown(app)
        await pilot.press("slash", *"besök", "enter", "b")
        await settle(pilot)
        assert app.reader.entries.ids == best
        assert "Best first ─" in shown(app)
        await pilot.press("escape", "slash", *"besök", "enter")
        await settle(pilot)
        assert app.reader.entries.ids == best  # it holds
        await pilot.press("b")
        await settle(pilot)
        assert app.reader.entries.ids == newest


# --- more like this --------------------------------------------------------------------------------


async def test_entries_that_are_alike_are_listed_with_what_they_share(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    for number, text in enumerate(
        (
            "Kycklingslakteriet i Kronfågelsby fick frågor om ftalater.",
            "Ett år senare: Kronfågelsby svarar om ftalater.",
        )
    ):
        filled.keep(
            1,
            an_entry(
                900 + number,
                guid=f"lik-{number}",
                url=f"https://exempel.se/lik/{number}",
                title=f"Lik {number}",
                html=f"<p>{text}</p>",
                text=text,
            ),
        )
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"kronfågelsby", "enter", "enter")
        await settle(pilot)
        before = (app.reader.entries.ids, app.reader.entries.cursor, app.reader.pane)
        await pilot.press("t")
        await settle(pilot)
        text = shown(app)
        assert "Like Lik " in text
        assert "Esc goes back" in text
        assert "kronfågelsby" in text
        assert app.reader.pane == "list"
        assert app.reader.entries.ids[0] in before[0]
        await pilot.press("escape")
        await settle(pilot)
        assert (app.reader.entries.ids, app.reader.entries.cursor, app.reader.pane) == before
        assert "Like Lik" not in shown(app)


# --- another program -------------------------------------------------------------------------------


async def test_what_another_program_brings_is_offered(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    new = an_entry(0, guid="ny", published=NOW, url="https://exempel.se/ny", title="Alldeles nytt")
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        app.reader.look_for_others()
        await settle(pilot)
        assert app.reader.status.new == 0
        parsed = ParsedFeed(title=None, site_url=None, entries=(new,))
        with closing(open_database(filled.path)) as other, other.writing():
            store_document(other, 1, parsed, NOW, describes=False)
        app.on_app_focus()
        await settle(pilot)
        assert "1 new, press . to show it" in shown(app)
        assert "Alldeles nytt" not in shown(app)
        app.reader.look_for_others()
        await settle(pilot)
        assert app.reader.status.new == 1
        await pilot.press("full_stop")
        await settle(pilot)
        assert len(app.reader.entries.ids) == 133
