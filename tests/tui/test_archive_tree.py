"""The archive: folding, counts, hits, the histogram."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from textual.app import App, ComposeResult
from textual.strip import Strip

from flodeslasare.documents import Subscription
from flodeslasare.library import Library
from flodeslasare.model import Counts, Feed, MonthCount, View
from flodeslasare.tui.theme import GRANIT
from flodeslasare.tui.widgets._archive import Archive, bars, breadth, span, spread
from flodeslasare.tui.widgets.archive_tree import ArchiveTree
from pilots import settle

ADDED = datetime(2018, 1, 1, tzinfo=UTC)


def a_feed(number: int, **changes: object) -> Feed:
    values: dict[str, object] = {
        "id": number,
        "url": f"https://exempel.se/{number}",
        "title": f"Flöde {number}",
        "added": ADDED,
        "total": 10,
        "unread": number % 3,
    }
    return Feed(**(values | changes))  # type: ignore[arg-type]


FEEDS = [
    a_feed(1, title="hållbarupphandling", unread=3),
    a_feed(3, folder="Offentligt", unread=0, failures=2, last_error="svarar inte"),
    a_feed(2, folder="Offentligt/Regioner", unread=5),
]
MONTHS = [
    MonthCount(1, 201805, 9, 2),
    MonthCount(1, 201804, 6, 1),
    MonthCount(1, 201712, 4, 0),
    MonthCount(2, 201805, 10, 5),
]


class TreeApp(App[None]):
    """The archive, alone."""

    def __init__(self, feeds: list[Feed] = FEEDS) -> None:
        super().__init__()
        self.register_theme(GRANIT)
        self.theme = GRANIT.name
        self.archive = ArchiveTree()
        self.feeds = feeds
        self.chosen: list[View] = []
        self.entered: list[View] = []
        self.troubles: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield self.archive

    def on_mount(self) -> None:
        self.archive.show_feeds(self.feeds, Counts(29, 8, 2))
        self.archive.show_months(Archive(MONTHS))

    def on_archive_tree_chosen(self, event: ArchiveTree.Chosen) -> None:
        self.chosen.append(event.view)

    def on_archive_tree_entered(self, event: ArchiveTree.Entered) -> None:
        self.entered.append(event.view)

    def on_archive_tree_rested(self, event: ArchiveTree.Rested) -> None:
        self.troubles.append(event.feed.last_error if event.feed else None)

    def lines(self) -> list[str]:
        return [self.archive.render_line(y).text.rstrip() for y in range(self.archive.size.height)]


async def test_everything_has_its_line() -> None:
    app = TreeApp()
    async with app.run_test(size=(30, 28)) as pilot:
        await pilot.pause()
        lines = app.lines()
    assert lines[0] == "  ARCHIVE"
    assert lines[1].split() == ["▎", "▸", "All", "entries", "8"]
    assert lines[2].split() == ["Unread", "8"]
    assert lines[3].split() == ["Starred", "2"]
    feeds = lines[lines.index("  FEEDS") + 1 :]
    assert [line.split() for line in feeds if line] == [
        ["▸", "hållbarupphandling", "3"],
        ["▾", "Offentligt", "5"],
        ["▸", "Flöde", "3", "!"],
        ["▾", "Regioner", "5"],
        ["▸", "Flöde", "2", "5"],
    ]


async def test_each_feed_stands_in_its_folder_whatever_others_are_called(library: Library) -> None:
    for name, folder in (
        ("a", "Region Syd"), ("b", "Region/Norr"), ("c", "Region"), ("d", None), ("e", "nyheter"), ("f", "Nyheter"),
        ("g", "nyheter"),
    ):  # fmt: skip
        url = f"https://{name}.exempel/"
        library.add_subscription(Subscription(url=url, named=name, folder=folder))
    app = TreeApp(library.feeds())
    async with app.run_test(size=(30, 28)):
        lines = app.lines()
    feeds = [line.strip("▾ ") for line in lines[lines.index("  FEEDS") + 1 :] if line]

    assert feeds == [
        "d", "Nyheter", "f", "nyheter", "e", "g", "Region", "c", "Norr", "b", "Region Syd", "a",
    ]  # fmt: skip


@pytest.mark.parametrize("found", [None, Archive(MONTHS)])
@pytest.mark.parametrize("folded", ["", "Offentligt"])
async def test_other_counts_stand_where_they_would_if_all_were_listed_anew(
    folded: str, found: Archive | None
) -> None:
    chance = random.Random(7)
    app, anew = TreeApp(), TreeApp()
    async with app.run_test(size=(30, 28)), anew.run_test(size=(30, 28)):
        for each in (app, anew):
            if folded:
                each.archive._unfolded.discard(View(folder=folded))
            each.archive.show_found(found)
        feeds = FEEDS
        for _ in range(20):
            feeds = [
                replace(
                    feed,
                    unread=chance.choice([0, 1, 4]),
                    last_error=chance.choice([None, "svarar inte"]),
                )
                if chance.random() < 0.6
                else feed
                for feed in feeds
            ]
            counts = Counts(29, chance.randrange(3), chance.randrange(3))
            app.archive.show_feeds(feeds, counts)
            anew.archive.show_feeds([], counts)
            anew.archive.show_feeds(feeds, counts)
            assert app.lines() == anew.lines()


async def test_lines_come_and_go_with_their_feeds() -> None:
    app = TreeApp()
    async with app.run_test(size=(30, 28)):
        fewer = [replace(FEEDS[0], title="Upphandling"), replace(FEEDS[2], folder=None)]
        app.archive.show_feeds(fewer, Counts(29, 8, 2))
        lines = app.lines()
        feeds = lines[lines.index("  FEEDS") + 1 :]
    assert [line.split() for line in feeds if line] == [
        ["▸", "Upphandling", "3"],
        ["▸", "Flöde", "2", "5"],
    ]


async def test_what_can_be_unfolded_comes_with_the_first_entry() -> None:
    app = TreeApp([a_feed(1, total=0, unread=0)])
    async with app.run_test(size=(30, 28)):
        before = next(line for line in app.lines() if "Flöde 1" in line)
        app.archive.show_feeds([a_feed(1, total=2, unread=2)], Counts(2, 2, 0))
        after = next(line for line in app.lines() if "Flöde 1" in line)
    assert before.split() == ["Flöde", "1"]
    assert after.split() == ["▸", "Flöde", "1", "2"]


async def test_only_lines_with_other_counts_are_drawn_again() -> None:
    app = TreeApp()
    async with app.run_test(size=(30, 28)) as pilot:
        await settle(pilot)
        drawn: list[str] = []
        draw = app.archive.render_line

        def write_down(y: int) -> Strip:
            strip = draw(y)
            drawn.append(strip.text.split()[-2])
            return strip

        app.archive.render_line = write_down  # type: ignore[method-assign]
        feeds = [replace(FEEDS[0], unread=4), *FEEDS[1:]]
        app.archive.show_feeds(feeds, Counts(29, 8, 3))
        await settle(pilot)
    assert drawn == ["Starred", "hållbarupphandling"]


async def test_feeds_unfold_to_years_and_months() -> None:
    app = TreeApp()
    async with app.run_test(size=(30, 40)) as pilot:
        await pilot.pause()
        await pilot.press("j", "j", "j", "l")
        lines = [line.split() for line in app.lines()]
        assert ["▸", "2018", "3"] in lines
        await pilot.press("j", "right")
        lines = [line.split() for line in app.lines()]
        assert ["May", "2"] in lines
        assert ["April", "1"] in lines
        await pilot.press("j")
        await settle(pilot)
        assert app.chosen[-1] == View(feed_id=1, month=201805)
        await pilot.press("enter")
        await pilot.pause()
        assert app.entered == [View(feed_id=1, month=201805)]
        await pilot.press("h", "h", "h", "left")
        lines = [line.split() for line in app.lines()]
        assert not any("2018" in line for line in lines[lines.index(["FEEDS"]) :])


async def test_only_where_the_cursor_rests_is_chosen() -> None:
    app = TreeApp()
    async with app.run_test(size=(30, 28)) as pilot:
        await pilot.pause()
        for _ in range(3):
            app.archive.action_cursor_down()
        await settle(pilot)
        assert app.chosen == [View(feed_id=1)]


async def test_feeds_without_a_name_are_told_apart_by_their_addresses() -> None:
    urls = ("https://www.exempel.se/", "http://exempel.se:8080/flöden/ett.xml")
    app = TreeApp([a_feed(n, url=url, title=url) for n, url in enumerate(urls, 1)])
    async with app.run_test(size=(40, 20)) as pilot:
        await pilot.pause()
        text = "\n".join(app.lines())
    assert "▸ exempel.se  " in text
    assert "▸ exempel.se:8080/flöden/ett.xml" in text


async def test_a_failing_feed_gives_its_reason() -> None:
    app = TreeApp()
    async with app.run_test(size=(30, 28)) as pilot:
        await pilot.pause()
        await pilot.press("j", "j", "j", "j", "j")
        await pilot.pause()
        assert app.troubles[-1] == "svarar inte"


async def test_the_mouse_folds_on_the_arrow_and_chooses_on_the_name() -> None:
    app = TreeApp()
    async with app.run_test(size=(30, 28)) as pilot:
        await pilot.pause()
        y = next(n for n, line in enumerate(app.lines()) if "Offentligt" in line)
        await pilot.click(app.archive, offset=(2, y))
        assert not any("Regioner" in line for line in app.lines())
        assert app.chosen == []
        await pilot.click(app.archive, offset=(8, y))
        await pilot.pause()
        assert app.chosen == [View(folder="Offentligt")]


async def test_the_mouse_leads_out_of_what_it_folds_as_the_key_does() -> None:
    app = TreeApp()
    async with app.run_test(size=(30, 40)) as pilot:
        await pilot.pause()
        everything = next(n for n, line in enumerate(app.lines()) if "All entries" in line)
        await pilot.click(app.archive, offset=(2, everything))
        await pilot.click(app.archive, offset=(8, everything + 1))
        await pilot.pause()
        assert app.chosen == [View(year=2018)]
        await pilot.click(app.archive, offset=(2, everything))
        await settle(pilot)
        assert app.archive.view == View()
        assert app.chosen == [View(year=2018), View()]


async def test_a_search_shows_where_its_hits_are() -> None:
    app = TreeApp()
    async with app.run_test(size=(30, 40)) as pilot:
        await pilot.pause()
        await pilot.press("j", "j", "j", "l")
        app.archive.show_found(Archive([MonthCount(1, 201805, 7, 0), MonthCount(2, 201805, 1, 0)]))
        await pilot.pause()
        lines = [line.split() for line in app.lines()]
        assert ["HITS", "OVER", "TIME"] in lines
        assert ["▸", "2018", "7"] in lines
        assert ["▸", "2017"] in lines
        assert ["▾", "Regioner", "1"] in lines
        app.archive.show_found(None)
        assert ["ENTRIES", "OVER", "TIME"] in [line.split() for line in app.lines()]


async def test_five_hundred_feeds_are_moved_through() -> None:
    feeds = [a_feed(n, folder=f"Mapp {n % 20:02}") for n in range(500)]
    app = TreeApp(feeds)
    async with app.run_test(size=(30, 28)) as pilot:
        await pilot.pause()
        await pilot.press("end")
        await settle(pilot)
        assert app.archive.view == View(feed_id=499)
        assert "Flöde 499" in app.lines()[-1]
        await pilot.press("pageup", "pagedown", "home")
        await settle(pilot)
        assert app.archive.view == View()


def test_bars_have_the_height_of_their_values() -> None:
    assert bars([0, 1, 4, 8], 1) == [" ▁▄█"]
    assert bars([0, 8, 16], 2) == ["  █", " ██"]
    assert bars([], 1) == [""]


def test_months_are_spread_over_the_width() -> None:
    counts = {201801: 1, 201802: 2, 201803: 3, 201804: 4}
    assert [total for *_months, total in spread(counts, 201801, 201804, 2)] == [3, 7]
    assert [total for *_months, total in spread(counts, 201801, 201804, 4)] == [1, 2, 3, 4]
    assert len(spread(counts, 201801, 201804, 26)) == 26


def test_few_months_are_bars_and_no_block() -> None:
    assert breadth(201805, 201805, 26) == 4
    assert breadth(201801, 201805, 26) == 10
    assert breadth(201712, 201801, 26) == 10
    assert breadth(201001, 201805, 26) == 26


async def test_a_single_month_is_one_bar() -> None:
    app = TreeApp()
    async with app.run_test(size=(30, 40)) as pilot:
        await pilot.pause()
        app.archive.show_months(Archive([MonthCount(1, 201805, 3, 1)]))
        assert "  ████" in app.lines()
        assert "  2018" in app.lines()


def test_a_stray_entry_does_not_flatten_the_rest() -> None:
    assert span({197001: 1, 201701: 300, 201801: 300}) == (201701, 201801)
    assert span({197001: 1}) == (197001, 197001)
    assert span({201001: 100, 201801: 100}) == (201001, 201801)
