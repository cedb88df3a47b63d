"""Pictures in the reading pane: asked for by a key, drawn as half blocks, and never in the way of who reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from rich.segment import Segment
from rich.style import Style
from textual import on
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection
from werkzeug import Request, Response

from flodeslasare.config import Places
from flodeslasare.model import View
from flodeslasare.pictures import Picture, fitted
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.blocks import Text
from flodeslasare.tui.content import render
from flodeslasare.tui.half_blocks import UPPER_HALF, cells_of
from flodeslasare.tui.screens import _pictures as screen_pictures
from flodeslasare.tui.widgets._pictures import MOST_PICTURES, Wanted
from flodeslasare.tui.widgets.reading_pane import _MOST_WITH_PICTURES, ReadingPane
from painting import BLUE, GREEN, RED, WHITE, quarters
from pilots import press, settle, until
from test_http import serving
from tui.samples import NOW, QUIET, StagedLibrary
from tui.samples import an_entry as a_kept_entry
from tui.test_reader import shown
from tui.test_reading_pane import PaneApp, an_entry

SIZE = (60, 24)
PARAGRAPH = f"<p>{'Ord om avtal och krav. ' * 6}</p>"
ONE = "<img src='https://exempel.se/a.png' alt='Kycklingar'>"
LONG = PARAGRAPH * 5 + f"<p>{ONE}</p>" + PARAGRAPH * 20


@pytest.fixture(autouse=True)
def true_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "truecolor")


# --- which pictures a text has -----------------------------------------------------------------------


def addresses(html: str) -> list[tuple[str, ...]]:
    article = render(html)
    for number in article.pictures:
        assert isinstance(article.blocks[number], Text)
    return [tuple(urls) for urls in article.pictures.values()]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Ord <img src='https://a.se/b.png' alt='bild'> ord", [("https://a.se/b.png",)]),
        ("<a href='https://a.se/stor.png'><img src='https://a.se/b.png'></a>", [("https://a.se/b.png",)]),
        (
            "<a href='https://a.se/x'><img src='https://a.se/1.png'><img src='https://a.se/2.png'></a>",
            [("https://a.se/1.png", "https://a.se/2.png")],
        ),
        ("<ul><li><img src='https://a.se/b.png'></ul>", [("https://a.se/b.png",)]),
        ("<img src='https://a.se/b.gif' alt=':)'>", []),
        ("<img src='https://a.se/b.gif' width='1' height='1'>", []),
        ("<img src='data:image/png;base64,AAAA' alt='bild'>", []),
        ("<img src='mailto:a@b.se' alt='bild'>", []),
        ("<img src='file:///etc/passwd' alt='bild'>", []),
        ("<img src='https://a.se/b c' alt='bild'>", []),
        ("<pre><img src='https://a.se/b.png' alt='bild'></pre>", []),
        ("<table><tr><th>a<th>b<tr><td>1<td><img src='https://a.se/b.png' alt='bild'></table>", []),
    ],
)  # fmt: skip
def test_a_picture_stands_by_the_words_for_it(html: str, expected: list[tuple[str, ...]]) -> None:
    assert addresses(html) == expected


# --- cells -------------------------------------------------------------------------------------------


def a_drawing(width: int, height: int, pixels: bytes | None = None, *, scale: int = 1) -> Picture:
    return Picture(
        width=width,
        height=height,
        own_width=width * scale,
        own_height=height * scale,
        pixels=bytes(RED) * width * height if pixels is None else pixels,
    )


def colours(segments: list[Segment]) -> list[tuple[Any, Any]]:
    """Give the colours of each cell, above and below."""
    found = []
    for text, style, _control in segments:
        assert style is not None
        above = style.color.triplet if style.color is not None else None
        below = style.bgcolor.triplet if style.bgcolor is not None else None
        found += [(above, below)] * len(text)
    return found


def test_a_cell_is_two_pixels() -> None:
    picture = a_drawing(2, 3, bytes((*RED, *GREEN, *BLUE, *WHITE, *RED, *GREEN)))
    ground = Style(bgcolor="#010203")

    assert colours(cells_of(picture, 0, ground)) == [(RED, BLUE), (GREEN, WHITE)]
    assert colours(cells_of(picture, 1, ground)) == [(RED, (1, 2, 3)), (GREEN, (1, 2, 3))]


def test_what_is_alike_is_one_segment() -> None:
    assert len(cells_of(a_drawing(72, 2), 0, Style())) == 1


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_no_bytes_of_a_picture_reach_the_terminal_as_text(
    width: int, height: int, data: st.DataObject
) -> None:
    size = 3 * width * height
    picture = a_drawing(width, height, data.draw(st.binary(min_size=size, max_size=size)))
    for row in range((height + 1) // 2):
        segments = cells_of(picture, row, Style(bgcolor="black"))
        assert "".join(segment.text for segment in segments) == UPPER_HALF * width
        assert all(segment.control is None and not segment.style.link for segment in segments if segment.style)  # fmt: skip


# --- the pane ------------------------------------------------------------------------------------------


class PicturesApp(PaneApp):
    """The pane, and what it has wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[Wanted] = []

    @on(ReadingPane.PictureWanted)
    def _note_wanted(self, message: ReadingPane.PictureWanted) -> None:
        self.wanted.append(message.wanted)

    def bring(self, own: tuple[int, int] = (320, 200), colour: tuple[int, int, int] = RED) -> None:
        """Give the pane everything it has wanted last."""
        for one in self.wanted:
            width, height = fitted(*own, one.most_width, one.most_height)
            picture = Picture(
                width=width,
                height=height,
                own_width=own[0],
                own_height=own[1],
                pixels=bytes(colour) * width * height,
            )
            self.pane.put_picture(7, one, picture)
        self.wanted.clear()

    def blocks_on(self) -> list[int]:
        """Give the lines of the view that are rows of a picture."""
        return [y for y, line in enumerate(self.lines()) if UPPER_HALF in line]

    @property
    def top(self) -> str:
        return self.lines()[0]


async def showing(pilot: Pilot[None], app: PicturesApp, html: str = LONG, **how: Any) -> None:
    app.pane.show(an_entry(html=html), **how)
    app.pane.show_pictures(True)
    await settle(pilot)
    app.bring()
    await settle(pilot)


async def test_until_it_comes_a_line_says_so_and_then_it_is_there() -> None:
    app = PicturesApp()
    async with app.run_test(size=SIZE) as pilot:
        app.pane.show(an_entry(html=f"<p>Före</p>{ONE}<p>Efter</p>"))
        before = app.lines()
        app.pane.show_pictures(True)
        await settle(pilot)

        at = before.index("  [image: Kycklingar]")
        assert app.lines()[at : at + 2] == ["  fetching the picture …", before[at]]
        (wanted,) = app.wanted
        assert wanted == ("https://exempel.se/a.png", 55, 40, (0x11, 0x16, 0x1C))

        app.bring((20, 10))
        await settle(pilot)
        assert app.lines()[at : at + 6] == ["  " + UPPER_HALF * 20] * 5 + [before[at]]
        strip = app.pane.render_line(at)
        assert strip.cell_length == app.pane.scrollable_content_region.width
        assert colours(list(strip)[1:2]) == [(RED, RED)] * 20

        app.pane.show_pictures(False)
        assert app.lines() == before


@pytest.mark.parametrize(
    ("own", "rows", "columns"), [((320, 200), 17, 55), ((100, 900), 20, 4), ((4, 3), 2, 4)]
)
async def test_it_is_as_large_as_fits(own: tuple[int, int], rows: int, columns: int) -> None:
    app = PicturesApp()
    async with app.run_test(size=(60, 40)) as pilot:
        app.pane.show(an_entry(html=ONE))
        app.pane.show_pictures(True)
        await settle(pilot)
        app.bring(own)
        await settle(pilot)
        lines = [line.strip() for line in app.lines() if UPPER_HALF in line]
        assert lines == [UPPER_HALF * columns] * rows


async def test_in_a_list_and_a_quote_it_stands_inside() -> None:
    app = PicturesApp()
    html = f"<ul><li>{ONE}</ul><blockquote><p>Ord</p>{ONE.replace('a.png', 'b.png')}</blockquote>"
    async with app.run_test(size=SIZE) as pilot:
        app.pane.show(an_entry(html=html))
        app.pane.show_pictures(True)
        await settle(pilot)
        app.bring((6, 4))
        await settle(pilot)
        lines = app.lines()
        at = lines.index("    • " + UPPER_HALF * 6)
        assert lines[at + 1 : at + 3] == ["      " + UPPER_HALF * 6, "      [image: Kycklingar]"]
        at = lines.index("  ▌ Ord")
        assert lines[at + 1 : at + 5] == [
            "  ▌",
            *["  ▌ " + UPPER_HALF * 6] * 2,
            "  ▌ [image: Kycklingar]",
        ]


async def test_why_there_is_none_stands_in_its_place_and_is_one_safe_line() -> None:
    app = PicturesApp()
    async with app.run_test(size=SIZE) as pilot:
        app.pane.show(an_entry(html=ONE))
        app.pane.show_pictures(True)
        await settle(pilot)
        app.pane.put_picture(7, app.wanted[0], "trasig\x1b[2J\n" + "ord " * 40)
        await settle(pilot)
        lines = app.lines()
        at = lines.index("  [image: Kycklingar]")
        assert lines[at - 1].startswith("  trasig[2J ord")
        assert lines[at - 1].endswith("…")
        assert len(app.wanted) == 1  # it is not asked for over and over

        app.pane.show_pictures(False)
        app.pane.show_pictures(True)
        await settle(pilot)
        assert len(app.wanted) == 2  # but when the person asks again


@pytest.mark.parametrize("top", [0, 1, 3, 9, 24, 25, 26, 27, 40])
async def test_the_line_at_the_top_stays_when_pictures_come_and_go(top: int) -> None:
    app = PicturesApp()
    async with app.run_test(size=SIZE) as pilot:
        app.pane.show(an_entry(html=LONG, author="Alva Ek"))
        app.pane.scroll_to(y=top, animate=False, force=True)
        before, place = app.lines(), app.pane.place
        gap = before[0] == "" and before[1] == "  [image: Kycklingar]"

        app.pane.show_pictures(True)
        await settle(pilot)
        assert app.top == before[0]
        app.bring()
        await settle(pilot)
        assert app.top == before[0]
        assert gap or app.pane.place == pytest.approx(place)
        assert not any(isinstance(said, ReadingPane.Moved) for said in app.said[1:])

        app.pane.show_pictures(False)
        await settle(pilot)
        assert app.lines() == before
        assert app.pane.place == place


async def test_from_inside_a_picture_that_goes_one_comes_to_its_words() -> None:
    app = PicturesApp()
    async with app.run_test(size=SIZE) as pilot:
        await showing(pilot, app)
        app.pane.scroll_to(y=30, animate=False, force=True)
        assert UPPER_HALF in app.top
        app.pane.show_pictures(False)
        assert app.top == "  [image: Kycklingar]"


async def test_a_kept_place_is_the_same_with_and_without_pictures() -> None:
    app = PicturesApp()
    async with app.run_test(size=SIZE) as pilot:
        app.pane.show(an_entry(html=LONG), place=0.6)
        top = app.top
        await showing(pilot, app, place=0.6)
        assert app.top == top


async def test_marks_and_hits_leave_the_view_where_it_is_inside_a_picture() -> None:
    app = PicturesApp()
    async with app.run_test(size=SIZE) as pilot:
        await showing(pilot, app)
        app.pane.scroll_to(y=30, animate=False, force=True)
        rows = app.blocks_on()
        assert rows[0] == 0
        app.pane.show_again(an_entry(html=LONG, is_read=True))
        assert app.blocks_on() == rows
        app.pane.highlight("avtal")
        assert app.blocks_on() == rows


async def test_at_another_width_it_is_drawn_anew_and_the_view_stays_in_it() -> None:
    app = PicturesApp()
    async with app.run_test(size=SIZE) as pilot:
        await showing(pilot, app)
        app.pane.scroll_to(y=30, animate=False, force=True)
        assert UPPER_HALF in app.top
        left = len(app.blocks_on())
        await pilot.resize_terminal(40, 24)
        await settle(pilot)
        assert [one.most_width for one in app.wanted] == [35]
        app.bring()
        await settle(pilot)
        assert UPPER_HALF * 35 in app.top
        assert 0 < len(app.blocks_on()) < left
        await pilot.resize_terminal(60, 24)
        await settle(pilot)
        app.bring()
        await settle(pilot)
        assert abs(len(app.blocks_on()) - left) <= 1


async def test_hits_are_gone_through_as_without_pictures() -> None:
    app = PicturesApp()
    async with app.run_test(size=SIZE) as pilot:
        app.pane.show(an_entry(html=LONG), query="avtal")
        count = len(app.pane._all_hits())
        assert app.pane.next_hit()
        app.pane.show_pictures(True)
        await settle(pilot)
        app.bring()
        await settle(pilot)
        assert len(app.pane._all_hits()) == count
        steps = 1
        while app.pane.next_hit():
            steps += 1
            (hit,) = app.pane._all_hits()[app.pane._current_hit or 0]
            assert app.pane._layout.line(hit.y).plain[hit.start : hit.end] == "avtal"
            assert app.pane._is_in_view(hit.y)
        assert steps == count


async def test_text_that_is_copied_has_no_empty_lines_for_pictures() -> None:
    app = PicturesApp()
    html = f"<p>Före</p>{ONE}<p>Efter</p>"
    async with app.run_test(size=SIZE) as pilot:
        app.pane.show(an_entry(html=html))
        whole = Selection(Offset(0, 5), None)
        before = app.pane.get_selection(whole)
        await showing(pilot, app, html)
        after = app.pane.get_selection(whole)
        assert before is not None
        assert after == before


async def test_links_keep_their_numbers() -> None:
    app = PicturesApp()
    html = f"<p><a href='https://a.se/1'>ett</a></p><a href='https://a.se/2'>{ONE}</a><p><a href='https://a.se/3'>tre</a></p>"
    async with app.run_test(size=SIZE) as pilot:
        await showing(pilot, app, html)
        app.pane.focus()
        await press(pilot, "L", "3", "enter")
        assert app.opened() == ["https://a.se/3"]
        app.pane.action_end()
        assert "  [image: Kycklingar]\u00a0[2]" in app.lines()


async def test_to_scroll_asks_for_nothing_and_keeps_few_lines() -> None:
    app = PicturesApp()
    many = "".join(f"<img src='https://a.se/{number}.png' alt='Bild'>" for number in range(30))
    async with app.run_test(size=SIZE) as pilot:
        await showing(pilot, app, many)
        assert app.wanted == []
        app.pane.focus()
        for _page in range(40):
            await pilot.press("pagedown")
        assert app.pane.scroll_offset.y == app.pane.max_scroll_y > 400
        assert app.wanted == []
        assert len(app.pane._strips) <= _MOST_WITH_PICTURES + 1


async def test_of_very_many_the_first_are_shown() -> None:
    app = PicturesApp()
    many = "".join(f"<img src='https://a.se/{number}.png' alt='Bild'>" for number in range(90))
    async with app.run_test(size=SIZE) as pilot:
        app.pane.show(an_entry(html=many))
        app.pane.show_pictures(True)
        await settle(pilot)
        assert [one.url for one in app.wanted] == [
            f"https://a.se/{number}.png" for number in range(MOST_PICTURES)
        ]


async def test_what_comes_for_another_text_is_dropped() -> None:
    app = PicturesApp()
    async with app.run_test(size=SIZE) as pilot:
        app.pane.show(an_entry(html=ONE))
        app.pane.show_pictures(True)
        await settle(pilot)
        app.pane.show(an_entry(id=8, html=ONE))
        assert app.pane.shows_pictures is None
        app.pane.show_pictures(True)
        app.bring()
        await settle(pilot)
        assert app.blocks_on() == []


async def test_in_another_theme_what_is_seen_through_is_asked_for_anew() -> None:
    app = PicturesApp()
    async with app.run_test(size=SIZE) as pilot:
        await showing(pilot, app, ONE)
        app.theme = "papper"
        await settle(pilot)
        (wanted,) = app.wanted
        assert wanted.ground == (0xFB, 0xF9, 0xF4)


# --- the reader ----------------------------------------------------------------------------------------


@pytest.fixture
def pictures(httpserver: HTTPServer) -> Iterator[list[str]]:
    """Serve pictures; gives what was asked for."""
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        if request.path.startswith("/fel"):
            return Response("nej", status=404)
        if request.path.startswith("/text"):
            return Response("<html>Logga in</html>", content_type="image/png")
        return Response(quarters(), content_type="image/png")

    for path in ("/a.png", "/b.png", "/fel.png", "/text.png"):
        httpserver.expect_request(path).respond_with_handler(answer)
    yield asked
    httpserver.clear()


@pytest.fixture
def illustrated(staged: StagedLibrary, httpserver: HTTPServer) -> StagedLibrary:
    """A library with two entries with pictures, and one without."""
    feed = staged.feed_named(httpserver.url_for("/rss"), "Blogg")
    for number, names in enumerate((("a",), ("b", "fel", "text"), ())):
        images = "".join(
            f"<p><img src='{httpserver.url_for(f'/{name}.png')}' alt='Bild {name}'></p>"
            for name in names
        )
        staged.keep(
            feed, a_kept_entry(number, title=f"Inlägg {number}", html=f"<p>Ord</p>{images}")
        )
    return staged


Start = Callable[..., FeedReaderApp]


@pytest.fixture
def start(illustrated: StagedLibrary, tmp_path: Path) -> Start:
    def started(*, offline: bool = False, **changes: Any) -> FeedReaderApp:
        illustrated.is_offline = offline
        illustrated.settings = replace(QUIET, **changes)
        places = Places(
            config=tmp_path / "config.toml",
            library=illustrated.path,
            logs=tmp_path / "logs",
            cache=tmp_path / "cache",
        )
        return FeedReaderApp(illustrated, places=places, now=lambda: NOW)

    return started


async def test_a_key_shows_pictures_and_hides_them(start: Start, pictures: list[str]) -> None:
    app = start()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "enter")
        assert pictures == []
        assert UPPER_HALF not in shown(app)
        assert "[image: Bild a]" in shown(app)

        await press(pilot, "p")
        assert pictures == ["/a.png"]
        assert UPPER_HALF * 38 in shown(app)
        assert "[image: Bild a]" in shown(app)

        await press(pilot, "p")
        assert UPPER_HALF not in shown(app)
        await press(pilot, "p")
        assert UPPER_HALF in shown(app)
        assert pictures == ["/a.png"]

        await press(pilot, "escape", "j", "k", "enter", "p")
        assert UPPER_HALF in shown(app)
        assert pictures == ["/a.png"]  # it is kept


async def test_each_that_cannot_be_had_says_why_and_the_others_come(
    start: Start, pictures: list[str]
) -> None:
    app = start()
    async with app.run_test(size=(160, 48)) as pilot:
        await settle(pilot)
        await press(pilot, "j", "enter", "p")
        text = shown(app)
        assert sorted(pictures) == ["/b.png", "/fel.png", "/text.png"]
        assert UPPER_HALF in text
        assert "the picture could not be fetched: there is nothing at" in text
        assert "the picture cannot be shown: it is none of the kinds" in text
        assert app.reader.text.place == 0.0


async def test_from_the_list_it_shows_those_of_the_text_beside_it(
    start: Start, pictures: list[str]
) -> None:
    app = start()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "p")
        assert app.reader.pane == "list"
        assert UPPER_HALF in shown(app)
        await press(pilot, "j", "j", "p")
        assert "there are no pictures in this text" in shown(app)
        assert pictures == ["/a.png"]


async def test_in_one_pane_it_goes_to_the_text(start: Start, pictures: list[str]) -> None:
    app = start()
    async with app.run_test(size=(60, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "p")
        assert app.reader.pane == "reading"
        assert UPPER_HALF in shown(app)


async def test_the_foot_names_the_key_where_there_are_pictures(start: Start) -> None:
    app = start()
    async with app.run_test(size=(160, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "enter")
        assert ("p", "pictures") in app.reader.status.keys
        await press(pilot, "escape", "j", "j", "enter")
        assert ("p", "pictures") not in app.reader.status.keys


async def test_what_is_kept_is_shown_offline_and_the_rest_says_so(
    start: Start, pictures: list[str]
) -> None:
    app = start()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "p")
    app = start(offline=True)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "p")
        assert UPPER_HALF in shown(app)
        await press(pilot, "j", "enter", "p")
        assert "the picture is not kept here" in shown(app)
    assert pictures == ["/a.png"]


async def test_a_setting_shows_those_of_every_entry_that_is_opened(
    start: Start, pictures: list[str]
) -> None:
    app = start(screen_images=True)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert pictures == []  # one only rests on it
        await press(pilot, "enter")
        assert pictures == ["/a.png"]
        assert UPPER_HALF in shown(app)
        await press(pilot, "p")
        assert UPPER_HALF not in shown(app)
        await press(pilot, "escape", "enter")
        assert UPPER_HALF not in shown(app)  # the person has said so
        await press(pilot, "escape", "j", "enter")
        assert UPPER_HALF in shown(app)


@pytest.mark.parametrize("images", [False, True])
async def test_without_colour_the_words_stand_alone(
    start: Start, pictures: list[str], monkeypatch: pytest.MonkeyPatch, images: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = start(screen_images=images)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "p")
        assert "[image: Bild a]" in shown(app)
        assert UPPER_HALF not in shown(app)
        assert "the screen has none" in shown(app)
        assert "pictures" not in dict(app.reader.status.keys).values()
    assert pictures == []


@pytest.mark.parametrize("system", ["256", "standard"])
async def test_few_colours_are_enough(
    start: Start, pictures: list[str], monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", system)
    app = start()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "p")
        assert UPPER_HALF in shown(app)


async def never(_request: object, _writer: object) -> None:
    """Answer nothing."""
    await asyncio.sleep(3_600)


async def test_to_go_on_gives_up_what_is_under_way(
    start: Start, illustrated: StagedLibrary
) -> None:
    async with serving() as server:
        feed = illustrated.feed_named(server.url("/rss"), "Den tröga")
        server.answer("/snabb", quarters())
        server.routes |= {f"/{number}": never for number in range(5)}
        slow = "".join(f"<img src='{server.url(f'/{n}')}' alt='Bild'>" for n in range(5))
        quick = f"<img src='{server.url('/snabb')}' alt='Bild'>"
        for number, (title, html) in enumerate((("Trög", slow), ("Snabb", quick))):
            illustrated.keep(
                feed,
                a_kept_entry(-number, guid=title, title=title, html=html, published=NOW),
            )
        app = start()
        async with app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            app.reader.base = View(feed_id=feed)
            await settle(pilot)
            row = [each.title for each in illustrated.rows(app.reader.entries.ids)].index("Trög")
            await press(pilot, *("j" * row))
            await pilot.press("p")
            await until(pilot, lambda: server.requests)
            await pilot.press("k" if row else "j")
            await until(
                pilot, lambda: app.reader.text.entry and app.reader.text.entry.title == "Snabb"
            )
            await pilot.press("p")
            await until(pilot, lambda: UPPER_HALF in shown(app))
        asked = [request.path for request in server.requests]
        assert asked[1:] == ["/snabb"]  # after one of the slow ones, whichever


async def test_to_leave_waits_for_no_picture(start: Start, illustrated: StagedLibrary) -> None:
    async with serving() as server:
        feed = illustrated.feed_named(server.url("/rss"), "Den tröga")
        server.routes["/bild"] = never
        html = f"<img src='{server.url('/bild')}' alt='Bild'>"
        illustrated.keep(feed, a_kept_entry(0, guid="trög", html=html, published=NOW))
        app = start()
        async with asyncio.timeout(30), app.run_test(size=(120, 36)) as pilot:
            await settle(pilot)
            await pilot.press("p")
            await until(pilot, lambda: server.requests)


async def test_after_a_while_what_draws_is_ended_and_begins_again(
    start: Start, pictures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen_pictures, "REST_SECONDS", 0.25)
    app = start()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "p")
        assert app.reader._pictures is not None
        started = app.reader._pictures._pictures._started
        assert started is not None
        await until(pilot, lambda: not started[1]._workers, "the end of the worker")
        await press(pilot, "j", "p")
        assert UPPER_HALF in shown(app)


async def test_a_place_that_was_kept_is_kept_with_pictures(
    start: Start, illustrated: StagedLibrary, httpserver: HTTPServer, pictures: list[str]
) -> None:
    feed = illustrated.feeds()[0].id
    url = httpserver.url_for("/a.png")
    illustrated.keep(
        feed,
        a_kept_entry(0, guid="lång", title="Lång", html=f"<p><img src='{url}' alt='Bild'></p>{PARAGRAPH * 40}", published=NOW),
    )  # fmt: skip
    entry_id = illustrated.listing(View()).ids[0]
    app = start()
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "space", "space")
        top = app.reader.text.render_line(0).text
        await press(pilot, "p")
        assert pictures == ["/a.png"]
        assert app.reader.text.render_line(0).text == top
        place = app.reader.text.place
    assert illustrated.place(entry_id) == pytest.approx(place)
