"""The reader's screen: keys in, the library's answer and the screen out."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.color import ColorSystem
from rich.style import Style
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection
from textual.widgets import Input

from flodeslasare import i18n
from flodeslasare.config import Settings
from flodeslasare.errors import StorageError
from flodeslasare.library.library import Library
from flodeslasare.model import Counts, FeedResult, Listing, Marked, RefreshStatus, View
from flodeslasare.storage import FeedStore, open_database
from flodeslasare.tui._keys import FEED_KEYS, KEYS
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.messages import FeedRefreshed, RefreshFinished, UnreadFound
from flodeslasare.tui.screens import _feeds as feeds
from flodeslasare.tui.screens._layout import widths
from flodeslasare.tui.screens._palette import commands as palette_commands
from flodeslasare.tui.theme import THEMES_IN_256
from flodeslasare.tui.widgets.entry_list import EntryList
from pilots import press, settle, until
from tui.samples import NOW, QUIET, StagedLibrary, an_entry, fill

SIZES = [(60, 20), (80, 24), (120, 36), (160, 48)]
WIDE = (120, 36)


def shown(app: FeedReaderApp) -> str:
    """Give the text on the screen."""
    return "\n".join(
        "".join(segment.text for segment in strip)
        for strip in app.screen._compositor.render_strips()
    )


def is_read(library: StagedLibrary, entry_id: int) -> bool:
    return library.entry(entry_id).is_read


# --- the whole screen ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_it_starts_on_all_entries(app: FeedReaderApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        text = shown(app)
        assert "All entries  132" in text
        assert "May 2018 ─" in text
        assert all(len(line) <= size[0] for line in text.splitlines())
        panes = [pane.display for pane in (app.reader.archive, app.reader.entries, app.reader.text)]
        assert panes[0] == (size[0] >= 120)
        assert panes[2] == (size[0] >= 80)


async def test_it_works_without_colour(
    filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = shown(app)
    assert "●" in text
    assert "★" in text
    assert "▎" in text


@pytest.mark.parametrize("system", ["truecolor", "standard"])
@pytest.mark.parametrize("theme", ["granit", "papper"])
async def test_without_colour_the_terminals_own_are_used(
    filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch, theme: str, system: str
) -> None:
    filled.settings = dataclasses.replace(QUIET, screen_theme=theme)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", system)
    app = FeedReaderApp(filled, now=lambda: NOW)

    def styles() -> list[tuple[str, Style]]:
        strips = app.screen._compositor.render_strips()
        return [(text, style) for strip in strips for text, style, _ in strip if style is not None]

    def in_reverse() -> str:
        return "".join(text for text, style in styles() if style.reverse)

    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        for keys in ((), ("slash", *"handskar", "enter"), ("1", "i"), ("escape", "ctrl+p")):
            await pilot.press(*keys)
            await settle(pilot)
            for text, style in styles():
                assert style.color is None or style.color.is_default, (keys, text)
                assert style.bgcolor is None or style.bgcolor.is_default, (keys, text)
            if not keys:  # the rows of both cursors, and no more
                assert "All entries" in in_reverse()
                assert "Rapporten samlar" in in_reverse()
                assert "Läkemedel" not in in_reverse()
            if "slash" in keys:
                assert any(text == "Handskar" and style.underline for text, style in styles())


async def test_hostile_titles_break_nothing(staged: StagedLibrary) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "[bold]flöde[/bold] \x1b[31m")
    titles = (
        "[red]inte röd[/red] [/]",
        "före\x1b[2Jefter",
        "👩‍👩‍👧‍👦 familj 🇸🇪",
        "漢字" * 40,
        "‮omvänt",
        "",
    )
    staged.keep(feed, *(an_entry(n, title=title) for n, title in enumerate(titles)))
    for size in SIZES:
        app = FeedReaderApp(staged, now=lambda: NOW)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await pilot.press("1", "j", "2", "G", "enter", "escape")
            await settle(pilot)
            text = shown(app)
        assert "\x1b" not in text
        assert "‮" not in text
        if size[0] >= 120:
            assert "[red]inte röd[/red]" in text
            assert "[bold]flöde" in text


# --- moving ----------------------------------------------------------------------------------------


async def test_moving_in_the_list(app: FeedReaderApp, filled: StagedLibrary) -> None:
    ids = filled.listing(View()).ids
    async with app.run_test(size=WIDE) as pilot:
        for keys, row in (
            (("j", "down"), 2),
            (("k",), 1),
            (("G",), 131),
            (("home",), 0),
            (("end",), 131),
            (("g",), 0),
            (("right_square_bracket",), 3),
            (("left_square_bracket",), 0),
        ):
            await pilot.press(*keys)
            assert app.reader.entries.cursor == row, keys
            assert app.reader.entries.entry_id == ids[row]


async def test_panes_by_key(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        for key, pane in (
            ("h", "archive"),
            ("tab", "list"),
            ("l", "reading"),
            ("left", "list"),
            ("1", "archive"),
            ("3", "reading"),
            ("2", "list"),
            ("shift+tab", "archive"),
        ):
            await pilot.press(key)
            await pilot.pause()
            assert app.reader.pane == pane, key
            assert app.focused is not None
            assert app.focused.id == {"list": "entries"}.get(pane, pane)


async def test_one_pane_has_a_way_in_and_out(app: FeedReaderApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        assert app.reader.text.display
        assert not app.reader.entries.parent.display  # type: ignore[union-attr]
        await pilot.press("escape", "h")
        await settle(pilot)
        assert app.reader.archive.display
        assert not app.reader.text.display


async def test_two_panes_swap_the_archive_in(app: FeedReaderApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        await pilot.pause()
        assert (app.reader.archive.display, app.reader.text.display) == (True, False)
        await pilot.press("2")
        await pilot.pause()
        assert (app.reader.archive.display, app.reader.text.display) == (False, True)


async def test_the_text_alone_and_back(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("z")
        await pilot.pause()
        assert not app.reader.archive.display
        assert app.reader.pane == "reading"
        assert "z all panes" in foot(app)
        await pilot.press("z")
        await pilot.pause()
        assert app.reader.archive.display
        assert app.reader.pane == "list"
        await press(pilot, "3", "z", "z")
        assert app.reader.pane == "reading"
        assert "z text alone" in foot(app)


def test_a_wide_terminal_has_room_for_the_names_of_feeds() -> None:
    assert widths(120, "list", is_alone=False)[0] == 30
    assert widths(160, "list", is_alone=False)[0] == 30
    archive, entries, _text = widths(200, "list", is_alone=False)
    assert (archive, entries) == (44, 76)
    assert 200 - 44 - 76 >= 76  # the text has all it wants
    assert widths(400, "list", is_alone=False)[0] == 44


async def test_it_follows_the_terminals_size(app: FeedReaderApp) -> None:
    async with app.run_test(size=(160, 48)) as pilot:
        for width in (60, 100, 160):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            assert app.reader.archive.display == (width == 160)
            assert app.reader.text.display == (width > 60)


# --- reading and marks -----------------------------------------------------------------------------


async def test_opening_an_entry_marks_it_read(app: FeedReaderApp, filled: StagedLibrary) -> None:
    first, second, *_ = filled.listing(View()).ids
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("j", "enter")
        await settle(pilot)
        assert app.reader.pane == "reading"
        assert app.reader.text.entry is not None
        assert app.reader.text.entry.id == second
    assert [is_read(filled, first), is_read(filled, second)] == [False, True]


async def test_looking_at_an_entry_does_not_mark_it(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("j")
        await settle(pilot)
        shown_entry = app.reader.text.entry
    assert shown_entry is not None
    assert shown_entry.id == filled.listing(View()).ids[1]
    assert not is_read(filled, shown_entry.id)


async def test_marks_and_undo(app: FeedReaderApp, filled: StagedLibrary) -> None:
    first = filled.listing(View()).ids[0]
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("m", "s")
        await settle(pilot)
        entry = filled.entry(first)
        assert (entry.is_read, entry.is_starred) == (True, True)
        assert "1 starred · u undoes it" in shown(app)
        await pilot.press("u", "ctrl+z")
        await settle(pilot)
        entry = filled.entry(first)
        assert (entry.is_read, entry.is_starred) == (False, False)
        await pilot.press("u", "u", "u", "u", "u")
        await settle(pilot)
        assert "nothing to undo" in shown(app)


async def test_all_shown_are_marked_and_that_is_undone(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("A")
        await settle(pilot)
        assert filled.counts().unread == 0
        assert "3 marked as read · u undoes it" in shown(app)
        await pilot.press("u")
        await settle(pilot)
        assert filled.counts().unread == 3
        assert "3 unread" in shown(app)


async def test_many_are_marked_in_the_background(staged: StagedLibrary) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "flöde")
    staged.keep(feed, *(an_entry(n) for n in range(700)))
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("A")
        await settle(pilot)
        assert staged.counts() == Counts(700, 0, 0)
        await pilot.press("u")
        await settle(pilot)
        assert staged.counts().unread == 700
        assert "●" in shown(app)


async def test_next_and_previous_unread(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("n")
        assert app.reader.entries.cursor == 1
        await pilot.press("n")
        assert app.reader.entries.cursor == 4
        await pilot.press("n")
        assert app.reader.entries.cursor == 4
        assert app.reader.status.notice == "no more unread here"
        await pilot.press("N")
        assert app.reader.entries.cursor == 1


async def test_a_far_unread_entry_is_found(one_far_unread: StagedLibrary) -> None:
    app = FeedReaderApp(one_far_unread, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("n")
        await settle(pilot)
        assert app.reader.entries.cursor == 1400
        await pilot.press("G", "N")
        await settle(pilot)
        assert app.reader.entries.cursor == 1400


class Slowed:
    """What looks for the next unread entry waits until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.gate = threading.Event(), threading.Event()
        look = Library.next_in

        def look_slowly(library: Library, view: View, entry_id: int, *, older: bool) -> int | None:
            self.begun.set()
            assert self.gate.wait(60)
            return look(library, view, entry_id, older=older)

        monkeypatch.setattr(Library, "next_in", look_slowly)


@pytest.fixture
def one_far_unread(staged: StagedLibrary) -> StagedLibrary:
    """A library of 1,500 entries; the one with the index 1,400 is unread."""
    feed = staged.feed_named("https://exempel.se/rss", "flöde")
    staged.keep(feed, *(an_entry(n) for n in range(1500)))
    ids = staged.listing(View()).ids
    staged.mark_read([*ids[:1400], *ids[1401:]])
    return staged


@pytest.mark.parametrize(
    ("keys", "cursor"),
    [
        ("j", 1),
        ("jk", 0),
        ("G", 1499),
        ("1", 0),
        ("/", 0),
        ("?", 0),
    ],
)
async def test_who_has_gone_on_is_not_taken_to_an_unread_entry(
    one_far_unread: StagedLibrary, monkeypatch: pytest.MonkeyPatch, keys: str, cursor: int
) -> None:
    slowed = Slowed(monkeypatch)
    app = FeedReaderApp(one_far_unread, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("n")
        await until(pilot, slowed.begun.is_set, "the question")
        await pilot.press(*keys)
        await pilot.pause()
        slowed.gate.set()
        await settle(pilot)
        assert app.reader.entries.cursor == cursor
        assert app.reader.status.notice == ""


async def test_an_answer_that_is_there_when_one_goes_on_is_dropped(
    one_far_unread: StagedLibrary,
) -> None:
    app = FeedReaderApp(one_far_unread, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        asked_from = app.reader._standpoint
        assert asked_from is not None
        await press(pilot, "j")
        app.reader.post_message(UnreadFound(app.reader.entries.ids[1400], asked_from, open_it=True))
        await settle(pilot)
        assert app.reader.entries.cursor == 1


async def test_another_view_is_not_left_for_an_unread_entry_of_the_one_before(
    one_far_unread: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowed = Slowed(monkeypatch)
    app = FeedReaderApp(one_far_unread, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("n")
        await until(pilot, slowed.begun.is_set, "the question")
        app.reader.base = View(year=2018)
        await pilot.pause()
        app.reader.base = View()
        await pilot.pause()
        slowed.gate.set()
        await settle(pilot)
        assert app.reader.entries.cursor == 0


async def test_who_waits_is_taken_to_a_far_unread_entry(
    one_far_unread: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowed = Slowed(monkeypatch)
    app = FeedReaderApp(one_far_unread, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+p")
        await pilot.press(*"next unread")
        await settle(pilot)
        await pilot.press("enter")
        await until(pilot, slowed.begun.is_set, "the question")
        await pilot.press("m")  # to mark is not to go on
        await pilot.pause()
        slowed.gate.set()
        await settle(pilot)
        assert app.reader.entries.cursor == 1400


async def test_an_unread_entry_that_the_list_does_not_reach_yet_is_waited_for(
    one_far_unread: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    listing = Library.listing

    def list_slowly(library: Library, view: View, *, first: int | None = None) -> Listing:
        if first is None:
            assert gate.wait(60)
        return listing(library, view, first=first)

    monkeypatch.setattr(Library, "listing", list_slowly)
    app = FeedReaderApp(one_far_unread, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        reader = app.reader
        await pilot.press("n")
        await until(pilot, lambda: reader._unread_ahead is not None, "the answer")
        assert not reader.entries.listing.is_whole
        assert reader.entries.cursor == 0
        gate.set()
        await settle(pilot)
        assert reader.entries.cursor == 1400


async def test_space_reads_on_to_the_next_unread(app: FeedReaderApp, filled: StagedLibrary) -> None:
    ids = filled.listing(View()).ids
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("space")
        await settle(pilot)
        assert is_read(filled, ids[0])
        assert app.reader.entries.cursor == 0
        for _ in range(9):
            await pilot.press("space")
            await settle(pilot)
            if app.reader.entries.cursor:
                break
        assert app.reader.entries.cursor == 1
        assert is_read(filled, ids[1])


# --- search and filter -----------------------------------------------------------------------------


async def test_searching_as_one_types(app: FeedReaderApp, filled: StagedLibrary) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("j", "slash", *"slakter")
        await settle(pilot)
        hits = filled.listing(View(query="slakter")).ids
        assert list(app.reader.entries.ids) == list(hits)
        assert f"{len(hits)} hits" in shown(app)
        assert "HITS OVER TIME" in shown(app)
        assert "kycklingslakteriet" in shown(app)
        await pilot.press("enter")
        await settle(pilot)
        assert app.focused is app.reader.entries
        await pilot.press("escape")
        await settle(pilot)
        assert len(app.reader.entries.ids) == 132
        assert "ENTRIES OVER TIME" in shown(app)


async def test_keys_are_letters_while_one_types(app: FeedReaderApp, filled: StagedLibrary) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("slash", *"qzmsAfu?")
        await settle(pilot)
        assert app.is_running
        assert app.reader.query_text == "qzmsAfu?"
        assert "no hits" in shown(app)
        await pilot.press("escape")
        await settle(pilot)
        assert app.reader.query_text == ""
    assert filled.counts() == Counts(132, 3, 2)


async def test_a_read_entry_stays_in_the_unread_list(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("f")
        await settle(pilot)
        assert len(app.reader.entries.ids) == 3
        await pilot.press("m", "j", "m")
        await settle(pilot)
        assert len(app.reader.entries.ids) == 3
        await pilot.press("f", "f")
        await settle(pilot)
        assert len(app.reader.entries.ids) == 1
        await pilot.press("escape")
        await settle(pilot)
        assert len(app.reader.entries.ids) == 132


async def test_esc_goes_back_one_step_at_a_time(app: FeedReaderApp) -> None:
    reader = app.reader if app.is_running else None
    async with app.run_test(size=WIDE) as pilot:
        reader = app.reader
        await pilot.press("f", "slash", *"upphandling", "enter")
        await settle(pilot)
        await pilot.press("enter", "z")
        await settle(pilot)
        steps = []
        for _ in range(5):
            steps.append((reader.alone, reader.pane, bool(reader.query_text), reader.only_unread))
            await pilot.press("escape")
            await settle(pilot)
    assert steps == [
        (True, "reading", True, False),  # a search is of everything
        (False, "reading", True, False),
        (False, "list", True, False),
        (False, "list", False, True),
        (False, "list", False, False),
    ]


async def test_choosing_in_the_archive(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("h", "j")
        await settle(pilot)
        assert app.reader.view == View(unread=True)
        assert len(app.reader.entries.ids) == 3
        await pilot.press("j", "enter")
        await settle(pilot)
        assert app.reader.view == View(starred=True)
        assert app.reader.pane == "list"


# --- refresh ---------------------------------------------------------------------------------------


async def test_the_screen_holds_still_until_what_came_in_is_asked_for(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    blog = filled.feeds()[-1].id if filled.feeds()[-1].total else filled.feeds()[0].id
    filled.staged[blog] = tuple(
        an_entry(
            0, guid=f"new-{n}", published=NOW, url=f"https://exempel.se/ny/{n}", title=f"Nytt {n}"
        )
        for n in range(12)
    )
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press(*"jjjjjjjjjjjjjjjjjjjjjjjj")
        await settle(pilot)
        entries = app.reader.entries
        before = (
            entries.entry_id,
            entries._lines.line_of(entries.cursor) - entries.scroll_offset.y,
        )
        assert entries.scroll_offset.y > 0
        await pilot.press("R")
        await settle(pilot)
        assert len(entries.ids) == 132
        assert "12 new, press . to show" in shown(app)
        await pilot.press("full_stop")
        await settle(pilot)
        assert len(entries.ids) == 144
        after = (entries.entry_id, entries._lines.line_of(entries.cursor) - entries.scroll_offset.y)
        assert after == before
        assert "press ." not in shown(app)


async def test_an_entry_that_is_edited_while_it_is_read_is_shown_as_it_is(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    blog = next(feed.id for feed in filled.feeds() if feed.total)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "enter", "space")
        was = app.reader.text.place
        assert was > 0
        edited = an_entry(0)
        filled.staged[blog] = (replace(edited, html=f"{edited.html}<p>Rättelse.</p>", title="Ny"),)
        await press(pilot, "R")
        assert "no new entries, 1 changed" in shown(app)
        entry = app.reader.text.entry
        assert entry is not None
        assert (entry.title, entry.is_read) == ("Ny", True)
        assert 0 < app.reader.text.place <= was


async def test_going_to_the_top_shows_what_came_in(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    blog = next(feed.id for feed in filled.feeds() if feed.total)
    new = an_entry(0, guid="ny", published=NOW, url="https://exempel.se/ny", title="Alldeles nytt")
    filled.staged[blog] = (new,)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("j", "R")
        await settle(pilot)
        assert "Alldeles nytt" not in shown(app)
        await pilot.press("g")
        await settle(pilot)
        assert "Alldeles nytt" in shown(app)
        assert app.reader.entries.cursor == 0


async def test_at_the_top_one_stays_also_when_the_rest_of_a_long_list_comes(
    staged: StagedLibrary,
) -> None:
    blog, *_others = fill(staged, 600)
    first = FeedReaderApp(staged, now=lambda: NOW)
    async with first.run_test(size=WIDE) as pilot:
        await press(pilot, *"jjjjjj")
        left_at = first.reader.entries.entry_id
    staged.staged[blog] = (
        an_entry(0, guid="ny", published=NOW, url="https://exempel.se/ny", title="Alldeles nytt"),
    )
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert app.reader.entries.entry_id == left_at
        await press(pilot, "R", "g")
        assert len(app.reader.entries.ids) == 601
        assert app.reader.entries.cursor == 0
        assert "Alldeles nytt" in shown(app)


async def test_a_refresh_shows_how_far_it_is(app: FeedReaderApp, filled: StagedLibrary) -> None:
    filled.gate = asyncio.Event()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("R")
        await pilot.pause()
        assert "0/3 ━━━" in shown(app)
        await pilot.press("j", "m")
        await pilot.pause()
        assert app.reader.entries.cursor == 1
        filled.gate.set()
        await settle(pilot)
        assert "no new entries" in shown(app)
        assert app.reader.status.progress is None


async def test_a_failed_feed_is_named_with_its_cause(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    feed = filled.feeds()[0]
    filled.staged[feed.id] = "the server does not answer"
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("R")
        await settle(pilot)
        assert f"{feed.title}: the server does not answer" in shown(app)


async def test_r_asks_the_feed_one_is_on(app: FeedReaderApp, filled: StagedLibrary) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("r", "R")
        await settle(pilot)
    blog = next(feed.id for feed in filled.feeds() if feed.total)
    assert filled.refreshed[-1] == (None, False)
    assert ([blog], False) in filled.refreshed or len(filled.refreshed) == 1


# --- trouble ---------------------------------------------------------------------------------------


async def test_a_mark_that_cannot_be_written_is_told_and_harms_nothing(
    app: FeedReaderApp, filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_ids: Sequence[int]) -> Marked:
        raise StorageError("library.db: the disk is full; make room and try again")

    monkeypatch.setattr(filled, "mark_read", full)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("m")
        await settle(pilot)
        assert "the disk is full" in shown(app)
        await pilot.press("j")
        await settle(pilot)
        assert "the disk is full" not in shown(app)
        assert app.reader.entries.cursor == 1


async def test_ctrl_c_ends_with_130(app: FeedReaderApp) -> None:
    async with app.run_test() as pilot:
        await pilot.press("ctrl+c")
        await pilot.pause()
    assert app.return_code == 130


# --- what is kept ----------------------------------------------------------------------------------


async def test_ctrl_c_copies_what_is_selected_and_ends_nothing(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        reader = app.reader
        reader.selections = {reader.text: Selection(Offset(0, 3), Offset(9, 3))}
        await press(pilot, "ctrl+c")
        assert app.clipboard == "Vägledning"[:9]
        assert "copied the selected text" in shown(app)
        below = Offset(4, reader.text.size.height - 1)
        entry = app.library.entry(reader.entries.ids[0])
        reader.text.show(replace(entry, html="<p>Kort.</p>"))
        reader.selections = {reader.text: Selection(below, None)}
        await press(pilot, "ctrl+c")
        assert "no text is selected" in shown(app)
        assert app.is_running
    assert app.return_code != 130


async def test_a_second_start_is_where_the_first_one_was(filled: StagedLibrary) -> None:
    first = FeedReaderApp(filled, now=lambda: NOW)
    async with first.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("f", "j")
        await settle(pilot)
        first.choose_theme("papper")
        await settle(pilot)
        entry_id = first.reader.entries.entry_id
    second = FeedReaderApp(filled, now=lambda: NOW)
    async with second.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert second.reader.only_unread
        assert second.reader.entries.entry_id == entry_id
        assert second.theme == "papper"


@pytest.mark.parametrize(
    "kept",
    ['{"month": "maj"}', '{"feed_id": [1]}', '{"feed_id": 99}', '["all"]', "all", ""],
)
async def test_it_starts_on_all_where_another_version_kept_something_else(
    filled: StagedLibrary, kept: str
) -> None:
    filled.remember("screen.view", kept)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert app.reader.base == View()
        assert len(app.reader.entries.ids) == 132


async def test_the_place_in_a_half_read_entry_is_kept(filled: StagedLibrary) -> None:
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.press("enter", "pagedown")
        await settle(pilot)
        entry_id = app.reader.entries.entry_id
    assert entry_id is not None
    assert filled.place(entry_id) > 0


# --- what comes over it ----------------------------------------------------------------------------


async def test_an_empty_library_opens_on_the_welcome_screen(staged: StagedLibrary) -> None:
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert type(app.screen).__name__ == "WelcomeScreen"
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen is app.reader
        assert "No entries yet." in shown(app)


@pytest.mark.parametrize("has_demo", [False, True])
async def test_the_example_is_left_for(staged: StagedLibrary, has_demo: bool) -> None:
    app = FeedReaderApp(staged, has_demo=has_demo, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("1")
        await settle(pilot)
    assert app.wants_demo == has_demo


@pytest.mark.parametrize(
    ("key", "screen"), [("question_mark", "HelpScreen"), ("a", "AddFeedScreen")]
)
async def test_screens_come_and_go(app: FeedReaderApp, key: str, screen: str) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        await settle(pilot)
        assert type(app.screen).__name__ == screen
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen is app.reader


@pytest.mark.parametrize(
    "keys", [("j", "enter"), ("1", "j", "enter"), ("G", "m", "u"), ("t",), ("/", "a")]
)
async def test_the_screen_stands_while_another_program_deletes_its_feed(
    app: FeedReaderApp, filled: StagedLibrary, keys: tuple[str, ...]
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("1", "j", "2", "j")
        await settle(pilot)
        with Library(filled.path) as other:
            assert other.delete_feed(other.feed("hållbarupphandling").id) == 132
        await pilot.press(*keys)
        await settle(pilot)
        await pilot.press("escape", ".", "j", "k", "g", "R")
        await settle(pilot)
    assert filled.counts().total == 0


async def test_the_palette_asks_in_the_language_of_the_screen(app: FeedReaderApp) -> None:
    i18n.use_language("sv")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p")
        await settle(pilot)
        assert app.screen.query_one(Input).placeholder == "Sök bland kommandon …"
        await pilot.press("ctrl+p")
        assert len(app.screen_stack) == 2


@pytest.mark.parametrize("key", ["a", "i", "question_mark"])
async def test_no_command_is_done_below_a_dialog(app: FeedReaderApp, key: str) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, key)
        dialog = app.screen
        assert dialog is not app.reader
        await press(pilot, "ctrl+p")
        assert app.screen is dialog


async def test_the_palette_has_our_commands(app: FeedReaderApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p", *"rename")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert type(app.screen).__name__ == "PromptScreen"
        await pilot.press("ctrl+u", *"Nytt", "enter")
        await settle(pilot)
        assert "Nytt" in [feed.title for feed in app.library.feeds()]


@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_the_palette_names_every_command_and_its_key(
    app: FeedReaderApp, language: str
) -> None:
    i18n.use_language(language)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        commands = {name: says for name, says, *_rest in palette_commands(app)}
    for key in KEYS:
        assert key.name or not key.action
        if key.name:
            assert commands[i18n._(key.name)].split(" · ")[0] == i18n._(key.shown)
    for key in FEED_KEYS:
        assert i18n._(key.name) in commands or key.action == "refresh"
    assert len(commands) == sum(bool(key.name) for key in (*KEYS, *FEED_KEYS)) + 6


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("copy", "copied https://exempel.se/0"),
        ("earlier", "no earlier version is kept"),
        ("star or", "1 starred"),
        ("read or", "1 marked as read"),
        ("best first", "best first is for a search"),
        ("previous unread", "no more unread here"),
        ("mark all", "3 marked as read"),
        ("merge", ""),
    ],
)
async def test_the_palette_does_what_the_key_does(
    app: FeedReaderApp, typed: str, says: str
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p", *(key if key != " " else "space" for key in typed))
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert app.reader.status.notice.split(" · ")[0] == says
        assert (app.screen is app.reader) == bool(says)


@pytest.mark.parametrize(
    ("typed", "pane"),
    [("open", "reading"), ("to the archive", "archive"), ("text alone", "reading")],
)
async def test_the_palette_leads_to_the_panes(app: FeedReaderApp, typed: str, pane: str) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p", *(key if key != " " else "space" for key in typed))
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert app.reader.pane == pane
        assert app.reader.alone == (typed == "text alone")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_what_the_palette_has_first_does_no_harm(app: FeedReaderApp, language: str) -> None:
    i18n.use_language(language)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        first, *_others = app.get_system_commands(app.screen)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: first.title in shown(app), first.title)
        await pilot.press("enter")
        await settle(pilot)
        assert app.screen is app.reader
        assert app.is_running
        assert first.title == i18n._("Open")


async def test_a_palette_without_a_match_says_so_in_the_language_of_the_screen(
    app: FeedReaderApp,
) -> None:
    i18n.use_language("sv")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p", *"qqqq")
        await until(pilot, lambda: "Inget kommando heter så" in shown(app), "the word of it")
        await pilot.press("enter")
        await settle(pilot)
        assert app.screen is app.reader


async def test_a_feed_is_moved_and_left(app: FeedReaderApp, filled: StagedLibrary) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        feeds.move(app.reader)
        await settle(pilot)
        await pilot.press(*"Blogg", "enter")
        await settle(pilot)
        assert "▾ Blogg" in shown(app)
        feeds.remove(app.reader)
        await settle(pilot)
        assert len(filled.feeds()) == 2
        assert filled.counts().total == 132


def test_the_way_to_the_first_screen_is_light() -> None:
    heavy = {"httpx", "feedparser", "sqlite_utils", "lxml", "nh3", "click", "multiprocessing"}
    code = (
        "import sys; before = set(sys.modules); import flodeslasare.tui.app; "
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ).stdout.split()
    assert not heavy & set(loaded)


# --- the table of keys -----------------------------------------------------------------------------


def test_no_key_means_two_things() -> None:
    keys = [key for line in KEYS for key in line.keys.split(",") if key]
    assert len(keys) == len(set(keys))


async def test_the_screen_asks_only_for_rows_it_shows(staged: StagedLibrary) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "flöde")
    staged.keep(feed, *(an_entry(n) for n in range(2000)))
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert len(app.reader.entries.ids) == 2000
        assert staged.rows_read <= 64
        await pilot.press("G")
        await settle(pilot)
        assert staged.rows_read <= 192


def test_filling_gives_what_the_tests_count_on(staged: StagedLibrary) -> None:
    fill(staged)
    assert staged.counts() == Counts(132, 3, 2)


# --- another writer ------------------------------------------------------------------------------


def locked(library: StagedLibrary) -> sqlite3.Connection:
    """Give a connection that holds the library as another program would."""
    other = sqlite3.connect(library.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


async def test_a_mark_waits_for_another_writer_and_the_screen_does_not(tmp_path: Path) -> None:
    with StagedLibrary(tmp_path / "library.db", wait_seconds=0.01) as library:
        fill(library)
        app = FeedReaderApp(library, now=lambda: NOW)
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            first = app.reader.entries.ids[0]
            with closing(locked(library)) as other:
                await pilot.press("m", "j")
                assert app.reader.entries.cursor == 1
                await until(pilot, lambda: "Waiting for another program" in shown(app))
                assert not is_read(library, first)
                other.execute("ROLLBACK")
            await settle(pilot)
            assert is_read(library, first)
            assert "Waiting" not in shown(app)
            assert "1 marked as read" in shown(app)
            with closing(locked(library)) as other:
                await pilot.press("u")
                assert is_read(library, first)
                other.execute("ROLLBACK")
            await settle(pilot)
            assert not is_read(library, first)


async def test_a_mark_that_waits_in_vain_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def opened_again(self: Library) -> Iterator[Library]:
        with Library(self.path, self.settings, now=self._now, wait_seconds=0.01) as library:
            yield library

    monkeypatch.setattr(Library, "opened_again", opened_again)
    with StagedLibrary(tmp_path / "library.db", wait_seconds=0.01) as library:
        fill(library)
        app = FeedReaderApp(library, now=lambda: NOW)
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            first = app.reader.entries.ids[0]
            with closing(locked(library)):
                await pilot.press("m")
                await settle(pilot)
                assert "another program is using it" in shown(app)
            assert not is_read(library, first)
            assert "● " in shown(app)
            await pilot.press("m")
            await settle(pilot)
            assert is_read(library, first)


async def test_what_the_screen_remembers_waits_for_another_writer(tmp_path: Path) -> None:
    with StagedLibrary(tmp_path / "library.db", wait_seconds=0.01) as library:
        fill(library)
        app = FeedReaderApp(library, now=lambda: NOW)
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            with closing(locked(library)):
                await pilot.press("f")
                assert library.recall("screen.unread") != "1"
                assert app.reader.status.message == ""
        assert library.recall("screen.unread") == "1"


# --- a library that can only be read -----------------------------------------------------------------


async def test_a_library_that_cannot_be_written_is_shown_and_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "library.db"
    with StagedLibrary(path) as library:
        fill(library)
    monkeypatch.setattr("flodeslasare.storage.database.may_write", lambda asked: asked != path)
    eager = dataclasses.replace(QUIET, refresh_at_start=True)
    with StagedLibrary(path, eager) as library:
        app = FeedReaderApp(library, now=lambda: NOW)
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            assert "library.db: it cannot be written" in shown(app)
            assert "no mark is kept, and nothing new is fetched" in " ".join(shown(app).split())
            await press(pilot, "enter", "j", "space", "f", "f")
            assert "read-only: nothing is kept" in shown(app)
            assert app.reader.status.message == ""
            assert "hållbarupphandling" in shown(app)
            for key in ("m", "s", "A", "u", "a"):
                await press(pilot, key)
                assert "library.db: it cannot be written" in app.reader.status.message, key
            for key in "nmadgx":  # nothing is asked whose answer could not be kept
                await press(pilot, "i", key)
                assert app.screen is app.reader, key
                assert "library.db: it cannot be written" in app.reader.status.message, key
            await press(pilot, "slash", *"kyckling")
            assert "Kyckling" in shown(app)
            await press(pilot, "ctrl+s")
            assert app.screen is app.reader
            assert "library.db: it cannot be written" in app.reader.status.message
            assert library.refreshed == []
    assert len(os.listdir(tmp_path)) == 2  # noqa: PTH208 - the library, and the home folder; no log


# --- folders -------------------------------------------------------------------------------------


async def test_a_folder_is_named_as_the_person_did(filled: StagedLibrary) -> None:
    filled.move_feed(filled.feeds()[0].id, "Av%2Fpå 100%25/Inre")
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "Av/på 100%" in shown(app)
        app.reader.base = View(folder="Av%2Fpå 100%25")
        await settle(pilot)
        assert app.reader.search_bar.title == "Av/på 100%"


async def test_what_is_unfolded_is_remembered(filled: StagedLibrary) -> None:
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "Konkurrensverket" in shown(app)
        app.reader.archive.set_view(View(folder="Statligt"))
        await pilot.press("1", "h")
        app.reader.archive.set_view(View())
        await pilot.press("l")
        await settle(pilot)
        assert "2017" in shown(app)
        assert "Konkurrensverket" not in shown(app)

    again = FeedReaderApp(filled, now=lambda: NOW)
    async with again.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "Konkurrensverket" not in shown(again)
        assert [line.label for line in again.reader.archive._lines[1:4]] == [
            "All entries",
            "2018",
            "2017",
        ]


# --- the search line, the keys, the themes -------------------------------------------------------


async def test_the_search_line_is_drawn_at_once(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash")
        await pilot.pause()
        text = shown(app)
        assert "All entries  132" not in text
        assert "newest first" not in text
        assert "words, or title:" in text
        await pilot.press("escape")
        await pilot.pause()
        assert "newest first" in shown(app)


async def test_the_keys_are_named_in_the_language_of_the_screen(app: FeedReaderApp) -> None:
    i18n.use_language("sv")
    async with app.run_test(size=(160, 48)) as pilot:
        await settle(pilot)
        await pilot.press("3")
        await pilot.pause()
        assert "Blanksteg" in shown(app)


@pytest.mark.parametrize("theme", ["textual-light", "nord", "ansi-dark"])
async def test_themes_of_others_lend_our_colours(app: FeedReaderApp, theme: str) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        app.theme = theme
        await settle(pilot)
        assert "All entries  132" in shown(app)


async def test_the_refresh_begins_after_the_first_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flodeslasare.tui.app.REFRESH_AFTER_SECONDS", 0.01)
    drawn: list[int] = []
    with StagedLibrary(tmp_path / "library.db", Settings(refresh_every_minutes=0)) as library:
        fill(library)
        app = FeedReaderApp(
            library, now=lambda: NOW, when_drawn=lambda: drawn.append(len(library.refreshed))
        )
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
        assert drawn == [0]
        assert library.refreshed == [(None, True)]


async def test_a_refresh_that_comes_due_as_one_leaves_is_none(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
    assert not app.screen_stack
    app._refresh_due()
    assert not app.workers


@pytest.mark.parametrize("theme", ["granit", "papper"])
async def test_cursor_and_hits_stand_out_in_16_colours(
    filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    filled.settings = dataclasses.replace(QUIET, screen_theme=theme)
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "standard")
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        entries = app.reader.entries
        row = entries._lines.line_of(0)
        cursor, other = entries.render_line(row), entries.render_line(row + 2)
        grounds = [
            {
                segment.style.bgcolor.downgrade(ColorSystem.STANDARD).number
                for segment in strip
                if segment.style is not None and segment.style.bgcolor is not None
            }
            for strip in (cursor, other)
        ]
        assert grounds[0].isdisjoint(grounds[1])
        await pilot.press("slash", *"besök", "enter")
        await settle(pilot)
        assert any(
            segment.style is not None and segment.style.underline
            for y in range(12)
            for segment in entries.render_line(y)
        )


async def test_256_colours_have_a_theme_of_their_own(
    filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "256")
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        for theme in THEMES_IN_256:
            app.choose_theme(theme.name)
            await settle(pilot)
            assert app.get_css_variables()["cursor"] == theme.variables["cursor"]


async def theme_at_start(library: StagedLibrary, in_settings: str, choose: str = "") -> str:
    """Start, choose a theme in the palette perhaps, and leave; gives the theme it began in."""
    library.settings = dataclasses.replace(QUIET, screen_theme=in_settings)
    app = FeedReaderApp(library, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        began_in = app.theme
        await settle(pilot)
        if choose:
            await press(pilot, "ctrl+p")
            await pilot.press(*choose)
            await settle(pilot)
            await press(pilot, "enter")
            assert app.theme == choose
    return began_in


async def test_a_theme_is_chosen_at_once_and_for_the_next_start(filled: StagedLibrary) -> None:
    assert await theme_at_start(filled, "", choose="papper") == "granit"
    assert await theme_at_start(filled, "") == "papper"
    assert await theme_at_start(filled, "", choose="granit") == "papper"
    assert await theme_at_start(filled, "") == "granit"


async def test_a_theme_that_was_chosen_is_named(
    app: FeedReaderApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flodeslasare.tui.widgets.status_line.NOTICE_SECONDS", 600)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        app.choose_theme("papper")
        await settle(pilot)
        assert "papper from now on" in shown(app)


async def test_of_the_settings_and_the_palette_what_was_said_last_holds(
    filled: StagedLibrary,
) -> None:
    assert await theme_at_start(filled, "granit", choose="papper") == "granit"
    assert await theme_at_start(filled, "granit") == "papper"
    assert await theme_at_start(filled, "papper") == "papper"
    assert await theme_at_start(filled, "granit") == "granit"  # the choice is of before that
    assert await theme_at_start(filled, "", choose="papper") == "granit"
    assert await theme_at_start(filled, "granit") == "granit"


@pytest.mark.parametrize("kept", ["papper", '{"name": 7}', '{"name": "gone", "in_settings": ""}'])
async def test_a_theme_that_another_version_kept_stops_nobody(
    filled: StagedLibrary, kept: str
) -> None:
    filled.remember("screen.theme", kept)
    assert await theme_at_start(filled, "") == "granit"


async def test_where_there_are_no_colours_a_theme_is_said_to_change_nothing(
    filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        app.choose_theme("papper")
        await settle(pilot)
        assert "a theme is made of colours, and the screen has none" in shown(app)
    assert app.theme == "granit"
    assert filled.recall("screen.theme") is None


async def test_the_palette_says_which_theme_is_on(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        for _turn in range(2):
            says = {name: says for name, says, *_rest in palette_commands(app)}
            dark, light = says["Dark theme (granit)"], says["Light theme (papper)"]
            assert (dark == "the one that is on") == (app.theme == "granit")
            assert (light == "the one that is on") == (app.theme == "papper")
            app.choose_theme("papper")
            await settle(pilot)


async def test_a_search_is_of_everything_and_ends_where_it_began(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        reader = app.reader
        reader.base = View(starred=True)
        reader.only_unread = True
        await settle(pilot)
        await pilot.press("slash", *"upphandl")
        await settle(pilot)
        assert reader.view == View(query="upphandl")
        await pilot.press("escape")
        await settle(pilot)
        assert reader.view == View(starred=True, unread=True)


async def test_a_search_that_is_left_leads_to_the_hit_or_to_where_one_was(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        reader, entries = app.reader, app.reader.entries
        reader.base = View(month=201804)
        await settle(pilot)
        await press(pilot, "j", "j")
        was = entries.entry_id
        await press(pilot, "slash", *"vägledning", "escape")  # the hits are of other months
        assert entries.entry_id == was
        reader.base = View()
        await settle(pilot)
        await press(pilot, "G", "slash", *"vägledning", "enter", "j")
        hit = entries.entry_id
        await press(pilot, "escape")
        assert reader.view == View()
        assert entries.entry_id == hit


async def test_a_filter_leads_from_a_read_entry_to_the_unread_one_after_it(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        entries = app.reader.entries
        ids = list(entries.ids)
        app.library.mark_unread(ids[:20:4])
        await press(pilot, ".", *"jjjjjj", "f")
        assert entries.entry_id == ids[8]
        await press(pilot, "f")
        assert entries.entry_id == ids[8]


async def test_far_down_a_filter_changes_the_list_once(
    staged: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its top first, and then where one was, is a jump that everybody sees."""
    feed = staged.feed_named("https://exempel.se/rss", "flöde")
    staged.keep(feed, *(an_entry(n) for n in range(3000)))
    ids = staged.listing(View()).ids
    staged.mark_read(ids[::2])
    began: list[int | None] = []
    show = EntryList.show

    def watched(self: EntryList, listing: Listing, *, entry_id: int | None = None) -> None:
        began.append(entry_id)
        show(self, listing, entry_id=entry_id)

    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        entries = app.reader.entries
        entries.go_to(ids[2001])
        monkeypatch.setattr(EntryList, "show", watched)
        await press(pilot, "f")
        assert (entries.entry_id, entries.cursor, len(entries.ids)) == (ids[2001], 1000, 1500)
        await press(pilot, "f")
        assert (entries.entry_id, entries.cursor, len(entries.ids)) == (ids[2001], 2001, 3000)
        assert began == [ids[2001]] * 2
        await press(pilot, "slash", *"rubrik", "escape")
        assert entries.entry_id == ids[2001]


async def test_above_a_month_of_a_feed_the_feed_is_named(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    blog = next(feed.id for feed in filled.feeds() if feed.total)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.reader.base = View(feed_id=blog, month=201804)
        await settle(pilot)
        assert "April 2018 · hå" in shown(app)
        app.reader.base = View(month=201804)
        await settle(pilot)
        assert app.reader.search_bar.title == "April 2018"


async def test_coming_back_from_the_archive_the_text_is_that_of_the_entry_one_is_on(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter", "1")
        await settle(pilot)
        app.reader.base = View(year=filled.months()[-1].month // 100)
        await settle(pilot)
        await pilot.press("2")
        await settle(pilot)
        assert app.reader.text.entry is not None
        assert app.reader.text.entry.id == app.reader.entries.entry_id


async def test_several_failed_feeds_are_told_of_with_a_cause(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        for number in (1, 2):
            result = FeedResult(
                feed_id=number,
                url="",
                title=f"Flöde {number}",
                status=RefreshStatus.ERROR,
                error="svarar inte",
            )
            app.reader.post_message(FeedRefreshed(result))
        app.reader.post_message(RefreshFinished(None))
        await settle(pilot)
        assert "Flöde 1: svarar inte · and 1 more" in shown(app)


async def test_a_click_in_the_archive_chooses_the_line_under_the_mouse(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        y = next(
            n
            for n, line in enumerate(shown(app).splitlines())
            if line[:30].strip().startswith("Unread")
        )
        await pilot.click(offset=(6, y))
        await settle(pilot)
        assert app.reader.base == View(unread=True)


async def click(app: FeedReaderApp, pilot: Pilot[None], words: str) -> None:
    """Click on words that are shown, in the last line that has them."""
    lines = shown(app).splitlines()
    y = max(n for n, line in enumerate(lines) if words in line)
    await pilot.click(offset=(lines[y].rindex(words), y))
    await settle(pilot)


async def test_a_click_at_the_foot_does_what_the_key_does(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await click(app, pilot, "f unread only")
        assert app.reader.only_unread
        await click(app, pilot, "Enter open")
        assert app.reader.pane == "reading"
        await click(app, pilot, "s star")
        await click(app, pilot, "/ search")
        assert app.reader.search_bar.has_typing
        await pilot.press(*"krav")
        await settle(pilot)
        await click(app, pilot, "Enter to the hits")
        assert not app.reader.search_bar.has_typing
        await click(app, pilot, "Esc leave")
        assert app.reader.query_text == ""
        await click(app, pilot, "? help")
        assert app.screen is not app.reader


async def test_a_click_on_a_tag_searches_for_it_and_one_on_a_feed_lists_it(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    tagged = filled.listing(View(query='tag:"miljökrav"')).ids
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        app.reader.base = View(unread=True)
        await settle(pilot)
        await pilot.press("j", "enter")
        await settle(pilot)
        lines = shown(app).splitlines()
        y = next(n for n, line in enumerate(lines) if "Alva Ek" in line)
        await pilot.click(offset=(lines[y].index("miljökrav"), y))
        await settle(pilot)
        assert app.reader.search_bar.typed == app.reader.query_text == 'tag:"miljökrav"'
        assert app.reader.entries.ids == tagged
        await pilot.press("escape")
        await settle(pilot)
        assert app.reader.base == View(unread=True)
        entry = app.reader.text.entry
        assert entry is not None
        lines = shown(app).splitlines()
        await pilot.click(offset=(lines[1].rindex(entry.feed_title[:6]), 1))
        await settle(pilot)
        assert app.reader.base == View(feed_id=entry.feed_id)
        assert app.reader.entries.entry_id == entry.id


async def test_a_row_found_by_its_text_shows_the_passage(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    far = "Först kommer mycket annat. " * 12 + "Sedan nämns spårbarheten en gång."
    filled.keep(
        1,
        an_entry(
            900,
            guid="långt",
            url="https://x.exempel/långt",
            title="Långt",
            html=f"<p>{far}</p>",
            text=far,
        ),
    )
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"spårbarhet")
        await settle(pilot)
        assert "… Sedan nämns spårbar" in shown(app)
        await pilot.press("escape")
        await settle(pilot)
        assert "… Sedan nämns" not in shown(app)


async def test_a_link_is_opened_by_its_number_from_the_list_too(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("L")
        await settle(pilot)
        assert app.reader.pane == "reading"


# --- how a feed is doing -----------------------------------------------------------------------------


def fail(library: StagedLibrary, feed_id: int, times: int) -> None:
    """Record failures, and a success before them, as refreshes would."""
    with closing(open_database(library.path)) as database:
        feeds = FeedStore(database)
        for number in range(times + 1):
            is_good = number == 0
            feeds.fetched(
                feed_id,
                RefreshStatus.OK if is_good else RefreshStatus.ERROR,
                now=NOW - timedelta(hours=times - number),
                next_refresh=NOW + timedelta(hours=4),
                new=2 if is_good else 0,
                failures=number,
                error=None
                if is_good
                else i18n._("the server is overloaded or under repair (HTTP 503)"),
            )


async def test_the_hint_about_a_failing_feed_says_since_when_and_what_next(
    filled: StagedLibrary,
) -> None:
    other = filled.feed("Upphandlingsmyndigheten")
    fail(filled, other.id, 3)
    i18n.use_language("sv")  # and what was kept in English is read in it
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("1", "G")
        await settle(pilot)
        hint, line = app.reader.status.hint, shown(app).splitlines()[-1]
        assert "Upphandlingsmyndigh… !" in shown(
            app
        )  # in the archive, a sign and not a colour alone
    assert hint == (
        "fel sedan 10:00, 3 gånger i rad, nästa försök 16:00: "
        "servern är överbelastad eller under underhåll (HTTP 503)"
    )
    assert "fel sedan 10:00, 3 gånger i rad, nästa försök 16:00" in line


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_earlier_versions_are_those_of_the_entry_one_is_on(
    filled: StagedLibrary, size: tuple[int, int]
) -> None:
    filled.keep(filled.feed("hållbarupphandling").id, an_entry(0, title="Ändrad"))
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("e")
        await settle(pilot)
        assert "as it read until" in shown(app)
        await pilot.press("escape", "enter", "escape", "j", "e")  # the text may be the other's
        await settle(pilot)
        assert app.screen is app.reader
        assert "no earlier version is kept" in shown(app)


def foot(app: FeedReaderApp) -> str:
    """Give the line at the bottom."""
    return app.reader.status.render_line(0).text


@pytest.mark.parametrize("width", [60, 120])
async def test_the_palette_is_a_panel_as_the_dialogs_are(app: FeedReaderApp, width: int) -> None:
    """Where Textual has one as wide as the screen, with an emoji and lines of blocks."""
    async with app.run_test(size=(width, 36)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "Read on" in shown(app), "the list of commands")
        field = app.screen.query_one("CommandInput").region
        panel = app.screen.query_one("#--input").region
        assert (panel.width, panel.x) == (min(76, width), max(0, width - 76) // 2)
        assert (field.x - panel.x, panel.right - field.right) == (3, 3)
        assert not set("🔎▔") & set(shown(app))


async def test_the_foot_names_the_keys_that_hold_where_one_is(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "m read" in foot(app)
        assert "n next unread" in foot(app)
        await pilot.press("slash")
        await settle(pilot)
        assert foot(app).strip() == "Enter to the hits   Ctrl+S save   Esc leave"
        await press(pilot, *"xyzzy")
        assert foot(app).strip() == "Enter to the hits   Ctrl+S save   Esc leave"
        await press(pilot, "ctrl+u", *"is:unr")
        assert foot(app).strip() == "Enter to the hits   Tab complete   Ctrl+S save   Esc leave"
        await press(pilot, "ctrl+u", *"upphandl")
        plain = "Enter to the hits   Tab pick a word   Ctrl+S save   Esc leave"
        assert foot(app).strip() == plain
        await press(pilot, "tab")
        picked = "Enter only this word   Tab next word   Ctrl+S save   Esc let it go"
        assert foot(app).strip() == picked
        await press(pilot, "escape")
        assert foot(app).strip() == plain
        await pilot.press("enter")
        await settle(pilot)
        assert "Enter open   Esc leave   b best first   m read" in foot(app)
        assert "n next unread" in foot(app)
        await pilot.press("enter")
        await settle(pilot)
        assert "n next hit" in foot(app)
        assert "next unread" not in foot(app)
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert "Esc leave" not in foot(app)
        assert "n next unread" in foot(app)
        await press(pilot, "f")
        assert "f read ones too" in foot(app)
        await press(pilot, "f", "1")
        assert "f unread only   a add feed   r refresh   i about the feed" in foot(app)
        await press(pilot, "slash", *"upphandl", "enter", "b")
        assert "b newest first" in foot(app)


async def test_what_is_wrong_with_a_feed_that_was_added_is_told(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        added = filled.feed_named("https://exempel.se/trasig", "Trasig")
        with closing(open_database(filled.path)) as database, database.writing():
            FeedStore(database).described(added, title=None, site_url=None, flaw="it is cut off")
        app.reader._added(filled.feed(added))
        await settle(pilot)
        assert "it can be read, but it is cut off" in foot(app)


async def test_what_came_of_a_feed_that_was_added_is_told_and_how_to_get_what_is_older(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        added = filled.feed_named("https://exempel.se/ny", "Ny blogg")
        filled.keep(added, an_entry(1, guid="ny-1"))
        for is_new in (True, False):  # of one that was here before it is known
            with closing(open_database(filled.path)) as database, database.writing():
                FeedStore(database).fetched(added, RefreshStatus.OK, now=NOW, next_refresh=None)
            app.reader._added(filled.feed(added))
            await settle(pilot)
            assert ("1 entry came; i, then o, fetches older ones" in foot(app)) is is_new
            app.reader.status._fade()


async def test_the_foot_names_the_way_to_what_there_is_no_room_for(app: FeedReaderApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "1 archive" in foot(app)
        await press(pilot, "enter")
        assert "Esc" not in foot(app)
        await press(pilot, "z")
        assert "Esc back" in foot(app)
        await press(pilot, "z", "1")
        assert "1 archive" not in foot(app)
        await pilot.resize_terminal(60, 20)
        await settle(pilot)
        assert "Esc back" in foot(app)
        await press(pilot, "3")
        assert "Esc back" in foot(app)
        await pilot.resize_terminal(*WIDE)
        await settle(pilot)
        assert "Esc back" not in foot(app)
        await press(pilot, "2")
        assert "1 archive" not in foot(app)


@pytest.mark.parametrize("key", ["i", "a", "question_mark", "ctrl+p"])
async def test_under_a_dialog_the_foot_names_no_keys(app: FeedReaderApp, key: str) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        before = foot(app)
        await pilot.press(key)
        await settle(pilot)
        assert app.screen is not app.reader
        assert not foot(app).strip()
        await pilot.press("escape")
        await settle(pilot)
        assert foot(app) == before


async def test_a_message_goes_with_the_next_key(app: FeedReaderApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        before = foot(app)
        await pilot.press("y")
        await pilot.pause()
        assert "copied https://exempel.se/0" in foot(app)
        await pilot.press("j")
        await pilot.pause()
        assert foot(app) == before


async def test_a_feeds_new_name_stands_above_the_open_text(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter", "space")
        await settle(pilot)
        place = app.reader.text.scroll_offset
        await pilot.press("i", "n")
        await settle(pilot)
        await pilot.press("ctrl+u", "ctrl+k", *"Nytt namn", "enter")
        await settle(pilot)
        assert place.y
        assert app.reader.text.scroll_offset == place
        await pilot.press("escape", "g")
        await settle(pilot)
        assert "Nytt namn · 16 May 2018" in shown(app)


async def test_about_this_feed_and_what_can_be_done_to_it(filled: StagedLibrary) -> None:
    other = filled.feed("Upphandlingsmyndigheten")
    fail(filled, other.id, 1)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("1", "G", "i")
        await settle(pilot)
        text = shown(app)
        await pilot.press("r")
        await settle(pilot)
        await pilot.press("i", "n")
        await settle(pilot)
        await pilot.press("end", "!", "enter")
        await settle(pilot)
        await pilot.press("x")
        await settle(pilot)
    assert "failing since" in text
    assert filled.refreshed == [([other.id], False)]
    assert filled.feed(other.id).title == "Upphandlingsmyndigheten!"
    assert not filled.feed(other.id).is_subscribed


async def test_two_feeds_are_merged_where_one_has_moved_to_the_other(
    filled: StagedLibrary,
) -> None:
    old, new = filled.feed("hållbarupphandling"), filled.feed("Konkurrensverket")
    with closing(open_database(filled.path)) as database:
        FeedStore(database).moving(old.id, new.url, 3)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("i")
        await settle(pilot)
        offered = shown(app)
        await pilot.press("g")
        await settle(pilot)
        await pilot.press("down", "enter")
        await settle(pilot)
        said = app.reader.status.notice
        listed = len(app.reader.entries.listing.ids)
    assert "It has moved to Konkurrensverket" in offered
    assert said == "hållbarupphandling is now part of Konkurrensverket: 132 entries went over"
    assert listed == 132
    assert filled.feed(new.id).total == 132
    assert [feed.id for feed in filled.feeds()].count(old.id) == 0


async def test_looking_for_what_is_due_never_breaks_a_refresh_off(filled: StagedLibrary) -> None:
    """As after a sleep, when several looks may come at once."""
    filled.gate = asyncio.Event()
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        for _ in range(3):
            app._refresh_due()
            await pilot.pause()
        filled.gate.set()
        await settle(pilot)
        app._refresh_due()
        await settle(pilot)
    assert filled.refreshed == [(None, True), (None, True)]


async def test_a_refresh_that_gives_way_to_what_is_due_ends_where_nothing_is(
    filled: StagedLibrary,
) -> None:
    """As after an import that brought nothing new."""
    filled.gate = asyncio.Event()
    filled.due = ()
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("R")
        await until(pilot, lambda: app.reader.status.progress is not None)
        app.reader.post_message(app.reader.RefreshRequested(None, due_only=True))
        await settle(pilot)
        assert app.reader.status.progress is None
        app.reader.status.let_go()
        app.reader.status.notice = ""
        app._refresh_due()
        await settle(pilot)
        assert app.reader.status.notice == ""  # where nothing was under way, that is no news


async def test_a_feed_that_fails_again_in_a_refresh_begun_anew_is_named_once(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    filled.staged[filled.feeds()[0].id] = "the server does not answer"
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        filled.gate = asyncio.Event()
        await pilot.press("R")
        await until(pilot, lambda: app.reader.status.progress is not None)
        filled.gate.set()
        filled.gate = asyncio.Event()
        await until(pilot, lambda: app.reader.status.failures == 1)
        await pilot.press("R")
        filled.gate.set()
        await settle(pilot)
        assert len(filled.refreshed) == 2
        assert app.reader.status.failures == 1
        assert "the server does not answer" in shown(app)
        assert "and 1 more" not in shown(app)
