"""Whole screens, as pictures in `__snapshots__`: what the other tests cannot say in words.

After a change that is meant to show: `./run test tests/tui/test_snapshots.py --snapshot-update`,
and look at the pictures before committing them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from flodeslasare.tui.app import FeedReaderApp
from pilots import press, settle
from tui.samples import NOW, StagedLibrary, an_entry
from tui.test_reader import fail, shown

Compare = Callable[..., bool]

HOSTILE_TITLES = (
    "[bold red]brackets[/] and [link=file:///etc/passwd]a link[/link]",
    "ESC \x1b[31mred\x1b[0m and \x1b]0;title\x07 and \x9b2J",
    "Wide: 持続可能な調達の手引き、第二版、そして事例",
    "Emoji: 🧤👩‍👩‍👧 gloves ✈️ and a 🇸🇪 flag",
    "Turned \u202earound\u202c, hidden\u200b\u2066 and\u2069 marked\u00ad",
    "Broken\r\ninto\tpieces\x00 and $accent @click=app.quit",
)


def pressing(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Give what presses keys, each when the one before has done its work."""

    async def pressed(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await press(pilot, *keys)

    return pressed


@pytest.fixture(autouse=True)
def true_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw as in a terminal with all colours, whichever the tests run in."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture
def looks_as_before(snap_compare: Compare) -> Callable[..., None]:
    """Compare the screen with the picture of it, after some keys."""

    def compare(app: FeedReaderApp, size: tuple[int, int], *keys: str) -> None:
        assert snap_compare(app, terminal_size=size, run_before=pressing(*keys))

    return compare


def test_three_panes(app: FeedReaderApp, looks_as_before: Callable[..., None]) -> None:
    looks_as_before(app, (120, 36), "j", "enter", "1", "j", "j", "j", "l", "3")


def test_two_panes(app: FeedReaderApp, looks_as_before: Callable[..., None]) -> None:
    looks_as_before(app, (80, 24), "j")


def test_one_pane(app: FeedReaderApp, looks_as_before: Callable[..., None]) -> None:
    looks_as_before(app, (60, 20), "j")


def test_search(app: FeedReaderApp, looks_as_before: Callable[..., None]) -> None:
    looks_as_before(app, (120, 36), "slash", *"upphandl", "enter", "j")


def test_nothing_found(app: FeedReaderApp, looks_as_before: Callable[..., None]) -> None:
    looks_as_before(app, (80, 24), "slash", *"kyklingslakteriet", "enter")


def test_completing(app: FeedReaderApp, snap_compare: Compare) -> None:
    async def type_a_search(pilot: Pilot[Any]) -> None:
        app.reader.search_bar._input.cursor_blink = False
        await pressing("slash", *"upphandl", "space", *"feed:u")(pilot)

    assert snap_compare(app, terminal_size=(120, 36), run_before=type_a_search)


def test_saved_search_and_best_first(
    filled: StagedLibrary, looks_as_before: Callable[..., None]
) -> None:
    for name, query in (("Besök", "besök is:unread"), ("Läkemedel", "läkemedel")):
        filled.save_search(name, query)
    app = FeedReaderApp(filled, now=lambda: NOW)
    looks_as_before(app, (120, 36), "slash", *"handskar", "enter", "b", "1")


def test_more_like_this(app: FeedReaderApp, looks_as_before: Callable[..., None]) -> None:
    looks_as_before(app, (120, 36), "j", "t")


def test_help(app: FeedReaderApp, looks_as_before: Callable[..., None]) -> None:
    looks_as_before(app, (120, 36), "question_mark")


def test_welcome(staged: StagedLibrary, looks_as_before: Callable[..., None]) -> None:
    looks_as_before(FeedReaderApp(staged, now=lambda: NOW), (80, 24))


def test_hostile_titles_are_text(staged: StagedLibrary, snap_compare: Compare) -> None:
    # As no feed can bring them, since they are cleaned on the way in: the screen trusts nobody either.
    feed = staged.feed_named("https://exempel.se/rss", "[blink]A feed[/] \x1b[2J🧤")
    staged.keep(
        feed,
        *(
            an_entry(number, title=title, author=title, tags=("[u]tag[/u]",), html="", text=title)
            for number, title in enumerate(HOSTILE_TITLES)
        ),
    )
    app = FeedReaderApp(staged, now=lambda: NOW)

    async def read(pilot: Pilot[Any]) -> None:
        await pressing("j")(pilot)
        text = shown(app)
        assert "[blink]A feed[/]" in text
        assert "[bold red]brackets[/]" in text
        assert "[u]tag[/u]" in text
        assert not {"\x1b", "\x9b", "\x07", "\x00", "\r", "\t", "\u202e", "\u2066"} & set(text)
        assert {cell_len(line) for line in text.split("\n")} == {120}

    assert snap_compare(app, terminal_size=(120, 36), run_before=read)


def test_a_link_that_deceives_is_shown_first(
    staged: StagedLibrary, looks_as_before: Callable[..., None]
) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "Kansliets blogg")
    html = "<p>Logga in hos <a href='https://namn@evil.example/x?y=1'>https://bank.se</a>.</p>"
    staged.keep(feed, an_entry(1, html=html))
    app = FeedReaderApp(staged, now=lambda: NOW)
    looks_as_before(app, (100, 26), "L", "1", "enter")


def test_about_a_feed(filled: StagedLibrary, looks_as_before: Callable[..., None]) -> None:
    fail(filled, filled.feed("Upphandlingsmyndigheten").id, 4)
    looks_as_before(FeedReaderApp(filled, now=lambda: NOW), (80, 24), "1", "G", "i")
