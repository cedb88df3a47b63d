"""The line at the bottom."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult

from flodeslasare.tui.theme import GRANIT
from flodeslasare.tui.widgets import status_line
from flodeslasare.tui.widgets._text import wrapped
from flodeslasare.tui.widgets.status_line import Filling, StatusLine
from pilots import until

KEYS = (("?", "help"), ("/", "search"), ("Enter", "open"), ("m", "read"), ("s", "star"))


class LineApp(App[None]):
    """The line, alone."""

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(GRANIT)
        self.theme = GRANIT.name
        self.status = StatusLine()

    def compose(self) -> ComposeResult:
        yield self.status

    def lines(self) -> list[str]:
        return [self.status.render_line(y).text for y in range(self.status.size.height)]


async def test_keys_fill_what_is_left() -> None:
    app = LineApp()
    async with app.run_test(size=(120, 5)) as pilot:
        app.status.keys = KEYS
        await pilot.pause()
        assert app.lines()[0].endswith("? help   / search   Enter open   m read   s star ")
        await pilot.resize_terminal(30, 5)
        await pilot.pause()
        assert app.lines()[0].strip() == "? help   / search"


async def test_a_key_that_is_clicked_is_the_one_that_was_under_the_mouse() -> None:
    class ClickedApp(LineApp):
        clicked: ClassVar[list[str]] = []

        def on_status_line_key_clicked(self, event: StatusLine.KeyClicked) -> None:
            self.clicked.append(event.shown)

        async def on_event(self, event: events.Event) -> None:
            if isinstance(event, events.MouseDown):
                self.status.let_go()
            await super().on_event(event)

    app = ClickedApp()
    async with app.run_test(size=(60, 5)) as pilot:
        app.status.keys = KEYS
        for words in ("? help", "/ search", "search", "Enter", "open", "said"):
            app.status.tell("said, and long enough to")
            await pilot.pause()
            await pilot.click(StatusLine, offset=(app.lines()[0].index(words), 0))
            await pilot.pause()
    assert app.clicked == ["?", "/", "/", "Enter", "Enter"]


async def test_progress_and_what_came_in_stand_side_by_side() -> None:
    app = LineApp()
    async with app.run_test(size=(120, 5)) as pilot:
        app.status.progress = (12, 40, "Konkurrensverket [/]")
        app.status.new = 2
        await pilot.pause()
        line = app.lines()[0]
    assert "12/40 ━━━━━━━━━━━━ Konkurrensverket [/]   2 new, press . to show" in line


async def test_how_far_a_backfill_is_stands_beside_what_else_there_is_to_say() -> None:
    app = LineApp()
    async with app.run_test(size=(120, 5)) as pilot:
        app.status.filling = Filling("Bloggen [/]", 0, 0, waiting=0)
        await pilot.pause()
        assert app.lines()[0].strip()[1:] == " asking for older entries  Bloggen [/]"
        app.status.filling = Filling("Bloggen [/]", 1, 1, waiting=2)
        app.status.tell("1 marked as read")
        await pilot.pause()
        said = " 1 page, 1 older entry  Bloggen [/] · and 2 more   1 marked as read"
        assert app.lines()[0].strip()[1:] == said
        app.status.notice = ""
        app.status.filling = Filling("Bloggen [/]", 1200, 12000, waiting=0)
        app.status.progress = (12, 40, "Konkurrensverket")
        await pilot.pause()
        assert "Konkurrensverket   1,200 pages, 12,000 older entries" in app.lines()[0]
        app.status.progress = None
        await pilot.resize_terminal(40, 5)
        await pilot.pause()
        assert "1,200 pages, 12,000 older entries" in app.lines()[0]
        assert len(app.lines()[0]) == 40


async def test_it_fits_a_narrow_terminal() -> None:
    app = LineApp()
    async with app.run_test(size=(40, 5)) as pilot:
        app.status.keys = KEYS
        app.status.progress = (12, 40, "Ett mycket långt namn på ett flöde")
        app.status.new = 12345
        await pilot.pause()
        assert len(app.lines()[0]) == 40
        assert "12/40" in app.lines()[0]


async def test_a_message_takes_the_lines_it_needs() -> None:
    app = LineApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.status.message = "https://exempel.se/rss: the server answered 503; try again in an hour"
        await pilot.pause()
        assert len(app.lines()) == 2
        assert app.lines()[0].startswith(" ! https://exempel.se/rss")
        app.status.message = ""
        await pilot.pause()
        assert len(app.lines()) == 1


async def test_a_notice_goes_by_itself(monkeypatch: object) -> None:
    was, status_line.NOTICE_SECONDS = status_line.NOTICE_SECONDS, 0.05
    try:
        app = LineApp()
        async with app.run_test(size=(80, 5)) as pilot:
            app.status.tell("12 marked as read · u undoes it")
            assert "12 marked" in app.lines()[0]
            await until(pilot, lambda: "12 marked" not in app.lines()[0], "the end of the notice")
    finally:
        status_line.NOTICE_SECONDS = was


async def test_what_was_said_goes_with_the_next_key_but_not_what_came_by_itself() -> None:
    app = LineApp()
    async with app.run_test(size=(80, 5)) as pilot:
        app.status.tell("copied https://exempel.se/")
        app.status.let_go()
        await pilot.pause()
        assert "copied" not in app.lines()[0]
        app.status.tell("12 new in 2 feeds", is_news=True)
        app.status.let_go()
        assert "12 new in 2 feeds" in app.lines()[0]
        app.status.tell("1 starred")
        app.status.let_go()
        assert not app.status.notice


def test_sentences_are_broken_at_spaces() -> None:
    assert wrapped("ett två tre", 7) == ["ett två", "tre"]
    assert wrapped("", 7) == [""]
    assert wrapped("enormtlångtord kort", 6) == ["enorm…", "kort"]
    assert len(wrapped("ord " * 100, 20)) == 4
