"""The list of entries: which line is which, what is drawn, what is read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from flodeslasare.model import Listing, View
from flodeslasare.text import harmless_line
from flodeslasare.tui.theme import GRANIT
from flodeslasare.tui.widgets._text import cut
from flodeslasare.tui.widgets.entry_list import EntryList, _Lines
from tui.samples import NOW, StagedLibrary, an_entry
from tui.samples import fill as fill_library


class ListApp(App[None]):
    """A list, alone."""

    def __init__(self, library: StagedLibrary) -> None:
        super().__init__()
        self.register_theme(GRANIT)
        self.theme = GRANIT.name
        self.entries = EntryList(library, now=lambda: NOW)
        self.opened: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.entries

    def on_entry_list_opened(self, event: EntryList.Opened) -> None:
        self.opened.append(event.entry_id)

    def lines(self) -> list[str]:
        height = self.entries.size.height
        return [self.entries.render_line(y).text for y in range(height)]


# --- lines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("months", [[(201805, 1)], [(201805, 3), (201804, 1), (201601, 2)]])
def test_lines_and_rows_agree(months: list[tuple[int, int]]) -> None:
    lines = _Lines(months)
    expected: list[tuple[int | None, int]] = []
    row = 0
    for _month, size in months:
        expected.append((None, 0))
        for _ in range(size):
            expected += [(row, 0), (row, 1)]
            row += 1
        expected.append((None, 1))
    expected.pop()
    assert lines.height == len(expected)
    assert [lines.at(line)[1:] for line in range(lines.height)] == expected
    for wanted in range(row):
        assert lines.at(lines.line_of(wanted))[1:] == (wanted, 0)
    assert all(0 <= lines.row_near(line) < row for line in range(-5, lines.height + 5))


def test_a_million_rows_cost_nothing_to_place() -> None:
    lines = _Lines([(month, 10_000) for month in range(201899, 201799, -1)])
    assert lines.rows == 1_000_000
    assert lines.at(lines.line_of(777_777))[1:] == (777_777, 0)


# --- text ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "a", "abcdef", "漢字漢字", "a漢b字", "👍🏽👍🏽", "åäö" * 9])
@pytest.mark.parametrize("width", [0, 1, 2, 3, 5, 8])
def test_texts_are_cut_by_cells(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) <= width
    if cell_len(text) <= width:
        assert cut(text, width) == text


def test_control_characters_do_not_get_through() -> None:
    hostile = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F)]))
    assert not set(harmless_line(f"å{hostile}ö")) & set(hostile) - {" "}


# --- drawing ---------------------------------------------------------------------------------------


async def test_a_row_says_what_it_should(staged: StagedLibrary) -> None:
    blog, *_ = fill_library(staged)
    app = ListApp(staged)
    async with app.run_test(size=(60, 12)) as pilot:
        app.entries.show(staged.listing(View(feed_id=blog)))
        app.entries.shows_feeds = False
        await pilot.pause()
        lines = app.lines()
    assert lines[0].startswith("  May 2018 ───")
    assert lines[1].startswith("▎● Vägledning mot människohandel i leverant")
    assert lines[1].rstrip().endswith("today 10:00") or "today" in lines[1]
    assert lines[2].startswith("▎  Rapporten samlar")
    assert "★" in lines[3]
    assert lines[5].startswith("   Fyra regioner")


async def test_the_feed_is_said_where_several_are_mixed(staged: StagedLibrary) -> None:
    fill_library(staged)
    app = ListApp(staged)
    async with app.run_test(size=(80, 12)) as pilot:
        app.entries.show(staged.listing(View()))
        await pilot.pause()
        assert app.lines()[2].startswith("▎  hållbarupphandling  Rapporten")


@pytest.mark.parametrize(
    ("width", "said"), [(34, "2016"), (46, "27 Apr 2016"), (76, "27 Apr 2016")]
)
async def test_the_year_is_said_where_no_heading_says_it(
    staged: StagedLibrary, width: int, said: str
) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "Blogg")
    staged.keep(feed, an_entry(0, published=datetime(2016, 4, 27, 9, tzinfo=UTC)))
    ids = staged.listing(View()).ids
    app = ListApp(staged)
    async with app.run_test(size=(width, 12)) as pilot:
        app.entries.show(staged.listing(View()))
        await pilot.pause()
        assert app.lines()[1].rstrip().endswith("27 Apr" if width < 60 else said)
        app.entries.heading = "In common"
        app.entries.show(Listing(View(), ids, [(0, 1)]))
        await pilot.pause()
        assert app.lines()[1].rstrip().endswith(said)


async def test_a_short_text_leaves_the_feed_its_whole_name(staged: StagedLibrary) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "Huvudflödets egen blogg")
    staged.keep(feed, an_entry(0, html="<p>text</p>", text="text"), an_entry(1))
    app = ListApp(staged)
    async with app.run_test(size=(34, 12)) as pilot:
        app.entries.show(staged.listing(View()))
        await pilot.pause()
        lines = app.lines()
    assert lines[2].rstrip().endswith("  Huvudflödets egen blogg  text")
    assert "  Huvudflö…  Vi fick" in lines[4]


@pytest.mark.parametrize("width", [10, 20, 34, 60, 200])
async def test_every_line_is_exactly_as_wide_as_the_list(staged: StagedLibrary, width: int) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "漢字" * 20)
    staged.keep(feed, an_entry(0, title="漢" * 90), an_entry(1, title="", text=""), an_entry(2))
    app = ListApp(staged)
    async with app.run_test(size=(width, 12)) as pilot:
        app.entries.words = "fyra"
        app.entries.show(staged.listing(View()))
        await pilot.pause()
        widths = {app.entries.render_line(y).cell_length for y in range(12)}
    assert widths == {width - 1}  # the scrollbar has its cell


async def test_hits_are_shown_inside_words(staged: StagedLibrary) -> None:
    fill_library(staged)
    app = ListApp(staged)
    async with app.run_test(size=(80, 12)) as pilot:
        app.entries.words = "upphandl"
        app.entries.show(staged.listing(View()))
        await pilot.pause()
        strip = app.entries.render_line(3)
    assert "upphandl" in [segment.text for segment in strip]


# --- moving ----------------------------------------------------------------------------------------


async def test_only_rows_in_view_are_read(staged: StagedLibrary) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "flöde")
    staged.keep(feed, *(an_entry(n) for n in range(3000)))
    app = ListApp(staged)
    async with app.run_test(size=(80, 24)) as pilot:
        app.entries.show(staged.listing(View()))
        await pilot.pause()
        assert staged.rows_read == 16
        await pilot.press("end")
        await pilot.pause()
        assert staged.rows_read <= 64 * 3
        assert app.entries.cursor == 2999
        await pilot.press("pageup")
        await pilot.pause()
        assert staged.rows_read <= 64 * 3


async def test_the_rest_follows_without_moving_anything(staged: StagedLibrary) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "flöde")
    staged.keep(feed, *(an_entry(n) for n in range(500)))
    app = ListApp(staged)
    async with app.run_test(size=(80, 24)) as pilot:
        first = staged.listing(View(unread=True), first=100)
        app.entries.show(first)
        await pilot.pause()
        await pilot.press(*"jjjjjjjjjjjjjjjj")
        await pilot.pause()
        before = (app.entries.cursor, app.entries.scroll_offset.y, app.lines())
        staged.mark_read(first.ids[5:9])  # gone from the whole, and still on the screen
        staged.keep(feed, an_entry(0, guid="ny", url="https://exempel.se/ny", title="Ny"))
        app.entries.extend(staged.listing(View(unread=True)))
        await pilot.pause()
        assert (app.entries.cursor, app.entries.scroll_offset.y, app.lines()) == before
        assert app.entries.ids[:100] == first.ids
        assert len(app.entries.ids) == 500
        assert sum(size for _month, size in app.entries.listing.months) == 500


async def test_paging_goes_by_what_fits(staged: StagedLibrary) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "flöde")
    staged.keep(feed, *(an_entry(n) for n in range(50)))
    app = ListApp(staged)
    async with app.run_test(size=(80, 24)) as pilot:
        app.entries.show(staged.listing(View()))
        await pilot.press("pagedown")
        await pilot.pause()
        down = app.entries.cursor
        assert 5 < down < 12
        for _ in range(20):
            await pilot.press("pagedown")
        assert app.entries.cursor == 49
        for _ in range(20):
            await pilot.press("pageup")
        await pilot.pause()
        assert app.entries.cursor == 0
        assert app.entries.scroll_offset.y == 0


async def test_the_mouse_chooses_and_opens(staged: StagedLibrary) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "flöde")
    staged.keep(feed, *(an_entry(n) for n in range(50)))
    app = ListApp(staged)
    async with app.run_test(size=(80, 24)) as pilot:
        app.entries.show(staged.listing(View()))
        await pilot.pause()
        await pilot.click(app.entries, offset=(10, 4))
        assert app.entries.cursor == 1
        assert app.opened == []
        await pilot.click(app.entries, offset=(10, 3), times=2)
        await pilot.pause()
        assert app.opened == [app.entries.ids[1]]


async def test_an_empty_list_says_so(staged: StagedLibrary) -> None:
    app = ListApp(staged)
    async with app.run_test(size=(80, 24)) as pilot:
        app.entries.empty_text = "Nothing here."
        app.entries.show(Listing(View(), [], []))
        await pilot.press("j", "k", "G", "g", "pagedown", "right_square_bracket", "enter")
        await pilot.click(app.entries, offset=(10, 4))
        assert app.lines()[1].strip() == "Nothing here."
        assert app.opened == []
