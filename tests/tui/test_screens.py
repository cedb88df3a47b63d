"""The screens around the reader: welcome, adding, importing, help, earlier versions."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual import events, on
from textual.app import App
from textual.screen import Screen
from textual.widgets import Input, Static

from flodeslasare import i18n
from flodeslasare.documents import FoundFeed, ImportReport, LeftOut, Subscription
from flodeslasare.errors import FetchError, NotAFeed
from flodeslasare.library.library import Library
from flodeslasare.model import EntryVersion, Feed, FeedFetch, FeedResult, RefreshStatus
from flodeslasare.tui._keys import KEYS
from flodeslasare.tui.screens._dialog import Choices, Status
from flodeslasare.tui.screens._paths import PathSuggester, typed_path
from flodeslasare.tui.screens._versions import VersionsScreen
from flodeslasare.tui.screens.add_feed import (
    AddFeedScreen,
    ImportScreen,
    report_lines,
)
from flodeslasare.tui.screens.feed_details import FeedScreen
from flodeslasare.tui.screens.help import HelpScreen, KeyGroup, tip_rows
from flodeslasare.tui.screens.welcome import SUGGESTED_ADDRESS, WelcomeScreen
from flodeslasare.tui.theme import DEFAULT, THEMES
from flodeslasare.tui.widgets.reading_pane import ReadingPane
from pilots import press, settle, until
from tui.test_reading_pane import an_entry

SIZES = [(80, 24), (160, 48), (40, 12)]
FOUND = FoundFeed(url="https://exempel.se/rss", title="Bloggen")
OTHER = FoundFeed(url="https://exempel.se/kommentarer", title="Kommentarer [alla]")


class ScreenApp(App[None]):
    """Pushes one screen and keeps what it gives."""

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DEFAULT
        self._pushed = screen
        self.given: list[object] = []
        self.demos = 0

    def on_mount(self) -> None:
        self.push_screen(self._pushed, self.given.append)

    @on(WelcomeScreen.DemoChosen)
    def _count_demo(self) -> None:
        self.demos += 1

    def text(self) -> str:
        """Everything on the screen."""
        width, height = self.size
        strips = self.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip()[:width] for strip in strips[:height])


class StagedLibrary(Library):
    """A library whose network answers as the test says."""

    def stage(self, *answers: Sequence[FoundFeed] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.first_refresh = RefreshStatus.OK
        self.led_from: list[str | None] = []

    @contextmanager
    def opened_again(self) -> Iterator[Library]:
        yield self  # with its answers

    async def discover(self, address: str, *, led_from: str | None = None) -> list[FoundFeed]:  # noqa: ARG002
        self.asked.append(address)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return list(answer)

    async def subscribe(
        self,
        address: str,
        *,
        led_from: str | None = None,
        folder: str | None = None,
        title: str | None = None,
        told_others: Callable[[Sequence[FoundFeed]], None] | None = None,
    ) -> tuple[Feed, FeedResult]:
        self.led_from.append(led_from)
        if told_others is not None:
            told_others([])
        feed = self.add_subscription(Subscription(url=address, title=title, folder=folder))
        assert feed is not None
        error = "the server does not answer" if self.first_refresh is RefreshStatus.ERROR else None
        return feed, FeedResult(
            feed_id=feed.id, url=feed.url, title=feed.title, status=self.first_refresh, error=error
        )


@pytest.fixture
def library(tmp_path: Path) -> Iterator[StagedLibrary]:
    with StagedLibrary(tmp_path / "library.db") as opened:
        opened.stage()
        yield opened


@pytest.fixture(autouse=True)
def _english() -> None:
    i18n.use_language("en")


def status(app: ScreenApp) -> str:
    return str(app.screen.query_one(Status).content)


# --- adding a feed -------------------------------------------------------------------------------


async def test_one_feed_is_added_at_once(library: StagedLibrary) -> None:
    library.stage([FOUND])
    app = ScreenApp(AddFeedScreen(library))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"exempel.se", "tab", *"Offentligt", "enter")
        await settle(pilot)
    (feed,) = library.feeds()
    assert app.given == [feed]
    assert (feed.url, feed.folder) == (FOUND.url, "Offentligt")
    assert library.asked == library.led_from == ["exempel.se"]


async def test_several_feeds_are_offered(library: StagedLibrary) -> None:
    library.stage([FOUND, OTHER])
    app = ScreenApp(AddFeedScreen(library, "exempel.se"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        assert "Kommentarer [alla]" in app.text()
        await pilot.press("j", "enter")
        await settle(pilot)
    assert [feed.url for feed in library.feeds()] == [OTHER.url]
    assert library.led_from == ["exempel.se"]


async def test_feeds_that_were_left_are_offered_and_taken_up_again(
    library: StagedLibrary,
) -> None:
    feeds = [
        library.add_subscription(Subscription(url=f"https://{name}.exempel/rss", title=title))
        for name, title in (("a", "Alfa [b]"), ("b", "Beta"), ("c", "Gamma"), ("d", "Delta"))
    ]
    alfa, beta, gamma, _delta = (feed.id for feed in feeds if feed is not None)
    library.move_feed(alfa, "Nyheter")
    for left in (alfa, beta, gamma):
        library.unsubscribe(left)
    library.merge_feeds(gamma, beta)  # it is part of the other now
    app = ScreenApp(AddFeedScreen(library))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = app.text()
        assert "Or, with ↓, one that you left:" in text
        assert "Alfa [b]" in text
        assert "0 entries · https://a.exempel/rss" in text
        assert "Gamma" not in text
        assert "Delta" not in text
        await press(pilot, *"annan.se")
        assert not app.screen.query_one(Choices).display
        assert status(app) == ""
        await press(pilot, "down", "ctrl+u", *"A.EXEMPEL")
        assert "Alfa" in app.text()
        assert "Beta" not in app.text()
        await press(pilot, "down", "enter")
    assert app.given == [library.feed(alfa)]
    assert library.feed(alfa).is_subscribed
    assert library.feed(alfa).folder == "Nyheter"
    assert library.asked == []  # its address is known
    assert library.led_from == [None]
    assert [feed.id for feed in library.left_feeds()] == [beta]


async def test_lines_that_are_pasted_become_one(library: StagedLibrary) -> None:
    app = ScreenApp(AddFeedScreen(library))
    async with app.run_test(size=(80, 24)) as pilot:
        field = app.screen.query_one("#folder", Input)
        field.focus()
        for pasted, value in (
            ("Hållbar\n   upphandling\n", "Hållbar upphandling"),
            ("Hållbar  upphandling", "Hållbar  upphandling"),
            ("\n", ""),
        ):
            field.value = ""
            field.post_message(events.Paste(pasted))
            await settle(pilot)
            assert field.value == value


async def test_a_failure_stays_until_the_address_is_edited(library: StagedLibrary) -> None:
    library.stage(NotAFeed("https://exempel.se/", "the page names no feed"), [FOUND])
    app = ScreenApp(AddFeedScreen(library, "exempel.se"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        assert status(app) == "! https://exempel.se/: the page names no feed"
        await pilot.press("tab", "shift+tab")
        assert status(app) != ""
        await pilot.press("end", "/", "b")
        assert status(app) == ""
        await pilot.press("enter")
        await settle(pilot)
    assert len(app.given) == 1
    assert library.asked == ["exempel.se", "exempel.se/b"]


async def test_a_hostile_message_is_text(library: StagedLibrary) -> None:
    library.stage(FetchError("https://exempel.se/", "[b]no[/b] \x1b[2J [/]"))
    app = ScreenApp(AddFeedScreen(library, "exempel.se"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        assert "[b]no[/b] [2J [/]" in app.text()


async def test_without_an_address_it_asks_for_one(library: StagedLibrary) -> None:
    app = ScreenApp(AddFeedScreen(library))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        assert status(app).startswith("! ")
        await pilot.press("escape")
        await pilot.pause()
    assert app.given == [None]


async def test_a_feed_that_is_there_already_is_said_and_given(library: StagedLibrary) -> None:
    library.add_subscription(Subscription(url=FOUND.url, title="Min blogg"))
    library.stage([FOUND])
    app = ScreenApp(AddFeedScreen(library, "exempel.se"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        assert status(app) == "You subscribe to Min blogg already."
        await pilot.press("enter")
        await pilot.pause()
    assert app.given == library.feeds()


async def test_a_feed_whose_first_refresh_fails_is_kept_and_the_cause_is_said(
    library: StagedLibrary,
) -> None:
    library.stage([FOUND])
    library.first_refresh = RefreshStatus.ERROR
    app = ScreenApp(AddFeedScreen(library, "exempel.se"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        assert "the server does not answer" in status(app)
        await pilot.press("escape")
        await pilot.pause()
    assert app.given == library.feeds()


async def test_esc_stops_the_search_and_then_leaves(library: StagedLibrary) -> None:
    started = asyncio.Event()

    class SilentLibrary(StagedLibrary):
        async def discover(self, address: str, *, led_from: str | None = None) -> list[FoundFeed]:  # noqa: ARG002
            started.set()
            await asyncio.Event().wait()
            return []

    with SilentLibrary(library.path) as silent:
        app = ScreenApp(AddFeedScreen(silent, "exempel.se"))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("enter")
            await started.wait()
            assert status(app) == "Looking for feeds at exempel.se …"
            await pilot.press("escape")
            await pilot.pause()
            assert status(app) == "Stopped."
            assert app.given == []
            await pilot.press("escape")
            await pilot.pause()
        assert app.given == [None]


async def test_folders_that_exist_are_suggested(library: StagedLibrary) -> None:
    library.add_subscription(Subscription(url="https://a.se/rss", folder="Offentligt/Regioner"))
    library.stage([FOUND])
    app = ScreenApp(AddFeedScreen(library, "exempel.se"))
    async with app.run_test(size=(80, 24)) as pilot:
        assert "Offentligt/Regioner" in app.text()
        await pilot.press("tab", "o", "f")
        await pilot.pause()
        await pilot.press("right", "enter")
        await settle(pilot)
    assert {feed.folder for feed in library.feeds()} == {"Offentligt/Regioner"}


# --- importing -----------------------------------------------------------------------------------


async def test_a_file_is_imported_and_what_it_brought_is_said(
    library: StagedLibrary, tmp_path: Path
) -> None:
    file = tmp_path / "flöden.opml"
    file.write_text(
        '<opml version="2.0"><body><outline type="rss" xmlUrl="https://a.se/f" text="A"/>'
        '<outline type="rss" xmlUrl="ftp://b.se/f" text="B"/></body></opml>'
    )
    app = ScreenApp(ImportScreen(library, str(file)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        assert status(app).startswith("1 feed added.\nLeft out:\n· ")
        await pilot.press("enter")
        await pilot.pause()
    (report,) = app.given
    assert isinstance(report, ImportReport)
    assert [feed.url for feed in library.feeds()] == ["https://a.se/f"]


async def test_a_file_that_cannot_be_read_is_said_in_place(
    library: StagedLibrary, tmp_path: Path
) -> None:
    app = ScreenApp(ImportScreen(library, str(tmp_path / "borta.opml")))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        assert "no such file" in status(app)
        await pilot.press("x")
        assert status(app) == ""
        await pilot.press("escape")
        await pilot.pause()
    assert app.given == [None]


async def test_an_import_that_takes_its_time_tells_how_far_it_is(
    library: StagedLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    def import_file(_library: Library, _path: Path, *, tell: Callable[[int], None]) -> ImportReport:
        tell(1500)
        goes_on.wait()
        return ImportReport(entries=1500)

    monkeypatch.setattr(Library, "import_file", import_file)
    app = ScreenApp(ImportScreen(library, str(tmp_path / "cache.db")))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: status(app) == "Importing cache.db … 1,500 entries")
        goes_on.set()
        await until(pilot, lambda: status(app) == "0 feeds added, 1,500 entries.")


async def test_newsboats_own_files_are_offered(
    library: StagedLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (".newsboat/urls", ".newsboat/cache.db"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("https://a.se/rss\n")
    app = ScreenApp(ImportScreen(library))
    async with app.run_test(size=(80, 24)) as pilot:
        path_input = app.screen.query_one("#path", Input)
        assert path_input.value == "~/.newsboat/urls"
        app.screen.query_one(Choices).focus()
        await pilot.press("down", "enter")
        await pilot.pause()
        assert path_input.value == "~/.newsboat/cache.db"
        assert app.focused is path_input


def test_paths_are_read_as_people_give_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert typed_path(" ~/a b.opml ") == tmp_path / "a b.opml"
    assert typed_path("'/x/a.opml'") == Path("/x/a.opml")
    assert typed_path("file:///x/fl%C3%B6den.opml") == Path("/x/flöden.opml")
    assert typed_path("~nobody-there/x") == Path("~nobody-there/x")


async def test_paths_are_completed(tmp_path: Path) -> None:
    (tmp_path / "flöden").mkdir()
    suggester = PathSuggester()
    assert await suggester.get_suggestion(f"{tmp_path}/fl") == f"{tmp_path}/flöden/"
    assert await suggester.get_suggestion(f"{tmp_path}/x") is None
    assert await suggester.get_suggestion(f"{tmp_path}/ingen/x") is None
    assert await suggester.get_suggestion("fl") is None


def test_a_report_counts_and_names_what_was_left() -> None:
    report = ImportReport(
        subscribed=12,
        already=1,
        entries=1240,
        marks=1,
        skipped=tuple(LeftOut(f"line {n}") for n in range(6)),
        remarks=("taken in, but not all of it",),
    )
    assert report_lines(report) == [
        "12 feeds added, 1 was here already, 1,240 entries, 1 mark on an entry that was here.",
        "· taken in, but not all of it",
        "Left out:",
        "· line 0",
        "· line 1",
        "· line 2",
        "· line 3",
        "· and 2 more",
    ]


# --- welcome -------------------------------------------------------------------------------------


async def test_welcome_leads_to_an_address(library: StagedLibrary) -> None:
    library.stage([FOUND])
    app = ScreenApp(WelcomeScreen(library))
    async with app.run_test(size=(80, 24)) as pilot:
        assert SUGGESTED_ADDRESS in app.text()
        await pilot.press("j", "enter")
        await pilot.pause()
        assert app.screen.query_one("#address", Input).value == SUGGESTED_ADDRESS
        await pilot.press("escape", "2")  # back, and there again
        await pilot.pause()
        await pilot.press("enter")
        await settle(pilot)
    assert app.given == library.feeds()
    assert library.asked == [SUGGESTED_ADDRESS]


async def test_an_address_that_is_pasted_at_the_welcome_is_asked_for(
    library: StagedLibrary,
) -> None:
    app = ScreenApp(WelcomeScreen(library))
    async with app.run_test(size=(80, 24)) as pilot:
        app.post_message(events.Paste("  \n"))
        await pilot.pause()
        assert isinstance(app.screen, WelcomeScreen)
        app.post_message(events.Paste("https://exempel.se/\n blogg\n"))
        await pilot.pause()
        assert app.screen.query_one("#address", Input).value == "https://exempel.se/blogg"


async def test_welcome_leads_to_a_file_the_example_and_on(library: StagedLibrary) -> None:
    app = ScreenApp(WelcomeScreen(library))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await pilot.pause()
        assert isinstance(app.screen, ImportScreen)
        await pilot.press("escape", "enter")
        await pilot.pause()
        assert app.demos == 1
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape", "escape")
        await pilot.pause()
    assert app.given == [None]


async def test_welcome_leads_to_one_dialog_however_fast_one_types(library: StagedLibrary) -> None:
    app = ScreenApp(WelcomeScreen(library))
    async with app.run_test(size=(80, 24)) as pilot:
        for key in "223":
            await app.run_action(f"choose('{'add' if key == '2' else 'import'}')", app.screen)
        await pilot.pause()
        assert isinstance(app.screen, AddFeedScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, WelcomeScreen)


@pytest.mark.parametrize("dialog", [AddFeedScreen, ImportScreen])
async def test_a_dialog_that_is_taken_down_can_still_be_told_what_was_typed(
    library: StagedLibrary, dialog: type[AddFeedScreen | ImportScreen]
) -> None:
    """As where the program ends while one types."""
    screen = dialog(library)
    app = ScreenApp(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        field = screen.query(Input).first()
        await screen.remove_children()
        screen.post_message(Input.Changed(field, "ny.exempel.se"))
        await pilot.pause()
        assert app.screen is screen


async def test_welcome_takes_the_mouse(library: StagedLibrary) -> None:
    app = ScreenApp(WelcomeScreen(library))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(Choices, offset=(6, 6))
        await pilot.pause()
        assert isinstance(app.screen, ImportScreen)


# --- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_help_lists_every_key(size: tuple[int, int]) -> None:
    app = ScreenApp(HelpScreen())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        shown = "\n".join(group.render().plain for group in app.screen.query(KeyGroup))
        for key in KEYS:
            assert key.shown in shown
        for _group, keys, _does in tip_rows():
            assert keys in shown
        assert "Esc closes" in app.text()
        await pilot.press("G")
        await pilot.pause()
        assert tip_rows()[-1][1] in app.text()
        await pilot.press("g", "j", "k", "space", "q")
        await pilot.pause()
    assert app.given == [None]


async def test_help_is_set_anew_when_the_terminal_changes() -> None:
    rows = [("One", "x", "does this"), ("Two", "y", "does [b]that[/b]")]
    app = ScreenApp(HelpScreen(rows))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert len(app.screen.query(".column")) == 1
        await pilot.resize_terminal(140, 40)
        await pilot.pause()
        assert len(app.screen.query(".column")) == 2
        assert "does [b]that[/b]" in app.text()


# --- earlier versions ----------------------------------------------------------------------------


async def test_earlier_versions_are_shown_newest_first() -> None:
    then = datetime(2018, 6, 3, 7, tzinfo=UTC)
    versions = [
        EntryVersion(
            replaced=then, title="Andra", html="<p>andra <a href='https://a.se/'>x</a></p>"
        ),
        EntryVersion(replaced=then, title="Första", html="<p>första</p>"),
    ]
    app = ScreenApp(VersionsScreen(an_entry(versions=2), versions))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Andra" in app.text()
        assert "as it read until 3 June 2018" in app.text()
        await pilot.press("h", "h")
        await pilot.pause()
        assert "Första" in app.text()
        await pilot.press("l", "L", "1", "enter")
        await pilot.pause()
    (link,) = app.given
    assert isinstance(link, ReadingPane.LinkActivated)
    assert link.url == "https://a.se/"


async def test_the_key_that_leads_to_earlier_versions_leads_back() -> None:
    version = EntryVersion(replaced=datetime(2018, 6, 3, 7, tzinfo=UTC), title="T", html="")
    app = ScreenApp(VersionsScreen(an_entry(versions=1), [version]))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("e")
        await pilot.pause()
    assert app.given == [None]


@pytest.mark.parametrize("size", [*SIZES, (50, 12)])
async def test_every_dialog_shows_its_way_out(
    library: StagedLibrary, size: tuple[int, int]
) -> None:
    for screen in (AddFeedScreen(library), ImportScreen(library), WelcomeScreen(library)):
        app = ScreenApp(screen)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            way_out = screen.query(Static).last().region
            assert way_out.height > 0
            assert way_out.bottom <= size[1]
            if screen.focused is not None:
                assert screen.focused.region.height
                assert way_out.y > screen.focused.region.y
            await pilot.press("escape")
            await pilot.pause()
        assert app.given == [None]


async def test_what_a_low_dialog_has_no_room_for_is_scrolled_to(library: StagedLibrary) -> None:
    library.stage([FoundFeed(url=f"https://exempel.se/{n}", title=f"Flöde {n}") for n in range(9)])
    screen = AddFeedScreen(library)
    app = ScreenApp(screen)
    async with app.run_test(size=(50, 12)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        await pilot.pause()
        assert "Type the address of a blog" in app.text()
        await pilot.press("tab")
        await pilot.pause()
        assert "Folder, if you like" in app.text()
        await pilot.press("shift+tab", *"exempel.se", "enter")
        await settle(pilot)
        for number in range(9):
            await pilot.pause()
            assert f"Flöde {number}" in app.text()
            assert "Enter adds it · Esc leaves" in app.text()
            await pilot.press("down")


# --- about a feed ------------------------------------------------------------------------------------

_LONG_AGO = datetime(2018, 5, 3, 7, 30, tzinfo=UTC)
_TODAY = datetime(2018, 5, 16, 10, 0, tzinfo=UTC)


def a_feed(**changes: Any) -> Feed:
    values: dict[str, Any] = {
        "id": 1,
        "url": "https://exempel.se/blogg/rss",
        "title": "[b]Bloggen[/b] \x1b[2J",
        "site_url": "https://exempel.se/",
        "folder": "Offentligt/Regioner",
        "total": 1234,
        "unread": 12,
        "added": _LONG_AGO,
        "last_refresh": _TODAY,
        "next_refresh": datetime(2018, 5, 16, 14, 0, tzinfo=UTC),
        "interval_seconds": 14_400,
    }
    return Feed(**values | changes)


REFRESHES = [
    FeedFetch(
        _TODAY, RefreshStatus.ERROR, 0, 0, "the server has a fault of its own (HTTP 500)" * 3
    ),
    FeedFetch(_LONG_AGO, RefreshStatus.OK, 2, 1, None),
    *(FeedFetch(_LONG_AGO, RefreshStatus.UNCHANGED, 0, 0, None) for _ in range(40)),
]
FAILING = a_feed(
    failures=7,
    failing_since=_LONG_AGO,
    last_error="the server has a fault of its own (HTTP 500)",
)


@pytest.mark.parametrize("size", SIZES)
async def test_a_feed_says_how_it_is_doing(size: tuple[int, int]) -> None:
    app = ScreenApp(FeedScreen(FAILING, REFRESHES, into=a_feed(id=2, title="Nya"), now=_TODAY))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        text = "\n".join(
            "".join(segment.text for segment in strip)
            for strip in app.screen._compositor.render_strips()
        )
        await pilot.press("j", "space", "k", "pageup")
    assert "[b]Bloggen[/b]" in text
    assert "\x1b" not in text
    assert "! failing since 3 May 09:30" in text
    assert "r refresh · o older entries" in text
    if size[1] >= 24:
        words = " ".join(text.split())
        assert "next try 16:00: the server has a fault of its own" in words
        assert "It has moved to Nya" in words
        assert "1,234 entries, 12 unread" in text
        assert "Offentligt › Regioner" in text
        assert "! the server has a fault" in text
        assert ("2 new, 1 changed" in text) is (size[1] > 24)
        assert "r refresh · o older entries · w whole texts · n rename · m move" in text
        assert "m move a address · x unsubscribe · d delete · g merge" in words  # on two lines


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("r", "refresh"),
        ("o", "backfill"),
        ("n", "rename"),
        ("m", "move"),
        ("a", "readdress"),
        ("x", "remove"),
        ("d", "delete"),
        ("g", "merge"),
        ("escape", None),
        ("i", None),
    ],
)
async def test_a_key_says_what_is_to_be_done_to_a_feed(key: str, given: str | None) -> None:
    app = ScreenApp(FeedScreen(a_feed(), [], now=_TODAY))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        is_open = len(app.screen_stack) > 1
    assert app.given == [given]
    assert not is_open


async def test_a_healthy_feed_says_when_it_is_asked_next() -> None:
    app = ScreenApp(FeedScreen(a_feed(), REFRESHES[1:], now=_TODAY))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        facts = str(app.screen.query_one(".feed--facts", Static).content)
        assert not app.screen.query(".feed--warning")
    assert "16:00, then every 4 hours" in facts
