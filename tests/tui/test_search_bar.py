"""The bar above the entries: what it says, and what typing does."""

from __future__ import annotations

from textual.app import App, ComposeResult

from flodeslasare import i18n
from flodeslasare.tui.theme import GRANIT
from flodeslasare.tui.widgets._offer import Offer
from flodeslasare.tui.widgets.search_bar import SearchBar
from pilots import settle


class BarApp(App[None]):
    """The bar, alone."""

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(GRANIT)
        self.theme = GRANIT.name
        self.bar = SearchBar()
        self.searched: list[str] = []
        self.ended: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.bar

    def on_search_bar_changed(self, event: SearchBar.Changed) -> None:
        self.searched.append(event.query)

    def on_search_bar_accepted(self) -> None:
        self.ended.append("accepted")

    def on_search_bar_cancelled(self) -> None:
        self.ended.append("cancelled")

    def line(self, y: int) -> str:
        return self.bar.render_line(y).text.rstrip()


async def test_it_says_what_is_listed() -> None:
    app = BarApp()
    async with app.run_test(size=(50, 5)):
        app.bar.title, app.bar.total, app.bar.unread = "All entries [x]", 12345, 3
        assert app.line(0) == "  All entries [x]  12,345   3 unread"
        assert app.line(1) == "  newest first"
        app.bar.filtered = True
        assert app.line(1) == "  unread only · f shows all"


async def test_a_long_name_is_cut_before_the_numbers() -> None:
    app = BarApp()
    async with app.run_test(size=(34, 5)):
        app.bar.title, app.bar.total, app.bar.unread = "Ett mycket långt namn på ett flöde", 132, 3
        assert app.line(0).endswith("…  132   3 unread")
        assert len(app.line(0)) <= 34


async def test_typing_searches() -> None:
    app = BarApp()
    async with app.run_test(size=(50, 5)) as pilot:
        await app.bar.begin()
        await pilot.pause()
        await pilot.press(*"abc")
        await settle(pilot)
        assert app.searched[-1] == "abc"
        app.bar.total = 28
        app.bar.offers = (Offer("abcdef", 11, "abcdef"), Offer("xabc", 7, "xabc"))
        assert app.line(0).endswith("28 hits")
        assert app.line(1) == "  abcdef 11  xabc 7"
        await pilot.press("enter")
        await pilot.pause()
        assert app.ended == ["accepted"]


async def test_esc_steps_out() -> None:
    app = BarApp()
    async with app.run_test(size=(50, 5)) as pilot:
        await app.bar.begin()
        await pilot.pause()
        await pilot.press("a", "escape")
        await settle(pilot)
        assert app.ended == ["cancelled"]


async def test_enter_on_nothing_is_stepping_out() -> None:
    app = BarApp()
    async with app.run_test(size=(50, 5)) as pilot:
        await app.bar.begin()
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert app.ended == ["cancelled"]


async def test_a_word_narrows_when_it_is_clicked() -> None:
    app = BarApp()
    async with app.run_test(size=(50, 5)) as pilot:
        await app.bar.begin()
        await pilot.pause()
        await pilot.press(*"x ab")
        await settle(pilot)
        app.bar.offers = (Offer("abcdef", 11, "x abcdef"),)
        app.line(1)
        await pilot.click(app.bar, offset=(4, 1))
        await pilot.pause()
        assert app.searched[-1] == "x abcdef"
        assert app.bar.query_text == "x abcdef"


async def test_words_that_do_not_fit_are_left_out() -> None:
    app = BarApp()
    async with app.run_test(size=(30, 5)) as pilot:
        await app.bar.begin()
        await pilot.pause()
        await pilot.press("a")
        await settle(pilot)
        app.bar.offers = tuple(Offer(f"ord{n}", 10, f"ord{n}") for n in range(12))
        assert app.line(1) == "  ord0 10  ord1 10  …"


async def test_the_first_word_that_does_not_fit_begins_where_the_line_would_be_empty() -> None:
    app = BarApp()
    async with app.run_test(size=(46, 5)) as pilot:
        await app.bar.begin()
        await pilot.pause()
        await pilot.press("a")
        await settle(pilot)
        words = ("upphandling", 10), ("upphandlare", 8), ("läkemedelsupphandling", 5)
        app.bar.offers = tuple(Offer(word, hits, word) for word, hits in words)
        assert app.line(1) == "  upphandling 10  upphandlare 8  läkemedel… 5"
        app.bar.offers += (Offer("livsmedelsupphandling", None, "livsmedelsupphandling"),)
        assert app.line(1) == "  upphandling 10  upphandlare 8  läkeme… 5  …"
        await pilot.click(app.bar, offset=(36, 1))
        await pilot.pause()
        assert app.searched[-1] == "läkemedelsupphandling"


async def test_a_word_whose_hits_nobody_counted_stands_without_a_number() -> None:
    app = BarApp()
    async with app.run_test(size=(46, 5)) as pilot:
        await app.bar.begin()
        await pilot.pause()
        await pilot.press("a")
        await settle(pilot)
        app.bar.offers = (Offer("avtal", None, "avtal"), Offer("ramavtal", 2, "ramavtal"))
        assert app.line(1) == "  avtal  ramavtal 2"


# --- what may be typed next ------------------------------------------------------------------------

NAMES = {"feed": ["hållbarupphandling", "Upphandlingsmyndigheten"], "before": ["2018", "2018-05"]}


async def test_an_operator_and_the_names_that_exist_are_completed() -> None:
    app = BarApp()
    app.bar.names = NAMES
    async with app.run_test(size=(70, 5)) as pilot:
        await app.bar.begin()
        await pilot.press("f")
        await pilot.pause()
        assert app.bar._input._suggestion == ""  # any word may begin so
        await pilot.press("e")
        await pilot.pause()
        assert app.bar._input._suggestion == "feed:"
        await pilot.press("tab")
        await pilot.pause()
        assert app.bar._input.value == "feed:"
        assert app.line(1) == "  hållbarupphandling  Upphandlingsmyndigheten"
        await pilot.press("h", "å")
        await pilot.pause()
        assert app.bar._input._suggestion == "feed:hållbarupphandling"
        await pilot.press("right")
        await pilot.pause()
        assert app.bar._input.value == "feed:hållbarupphandling"
        await pilot.press(*" before:")
        await pilot.pause()
        await pilot.click(app.bar, offset=(9, 1))
        await pilot.pause()
        assert app.bar._input.value == "feed:hållbarupphandling before:2018-05 "
        assert app.searched[-1] == "feed:hållbarupphandling before:2018-05"


async def test_tab_waits_for_names_that_have_not_been_counted() -> None:
    app = BarApp()
    async with app.run_test(size=(70, 5)) as pilot:
        await app.bar.begin()
        await pilot.press(*"x before:201", "tab")
        await pilot.pause()
        assert app.bar._input.value == "x before:201"
        app.bar.names = NAMES
        await pilot.pause()
        assert app.bar._input.value == "x before:2018 "


async def test_tab_waits_no_longer_than_the_next_letter() -> None:
    app = BarApp()
    async with app.run_test(size=(70, 5)) as pilot:
        await app.bar.begin()
        await pilot.press(*"before:20", "tab", "1")
        await pilot.pause()
        app.bar.names = NAMES
        await pilot.pause()
        assert app.bar._input.value == "before:201"
        assert app.line(1) == "  2018  2018-05"


async def test_a_swedish_screen_completes_in_swedish() -> None:
    i18n.use_language("sv")
    app = BarApp()
    app.bar.names = NAMES
    async with app.run_test(size=(70, 5)) as pilot:
        await app.bar.begin()
        await pilot.press(*"före")
        await pilot.pause()
        await pilot.press("tab")
        await pilot.pause()
        assert app.bar._input.value == "före:"
        assert app.line(1) == "  2018  2018-05  idag  igår  7d  1m  1å"


async def test_a_word_that_matches_is_picked_with_tab_and_enter_narrows_to_it() -> None:
    app = BarApp()
    async with app.run_test(size=(50, 5)) as pilot:
        await app.bar.begin()
        await pilot.press(*"ab")
        await pilot.pause()
        app.bar.offers = (Offer("abcdef", 11, "abcdef"), Offer("xabc", 7, "xabc"))
        await pilot.press("tab", "tab", "shift+tab", "shift+tab", "escape", "tab", "tab", "enter")
        await pilot.pause()
        assert app.searched[-1] == "xabc"
        assert app.bar._input.value == "xabc"
        assert app.ended == []


async def test_down_leads_to_the_hits_and_takes_no_word() -> None:
    app = BarApp()
    async with app.run_test(size=(50, 5)) as pilot:
        await app.bar.begin()
        await pilot.press(*"ab")
        await pilot.pause()
        app.bar.offers = (Offer("abcdef", 11, "abcdef"),)
        await pilot.press("tab", "down")
        await pilot.pause()
        assert app.searched[-1] == "ab"
        assert app.bar.picked is None
        assert len(app.ended) == 1


async def test_other_forms_of_a_word_are_told_from_what_matches() -> None:
    app = BarApp()
    async with app.run_test(size=(50, 5)) as pilot:
        await app.bar.begin()
        await pilot.press(*"kriterier")
        await pilot.pause()
        app.bar.offers = (
            Offer("kriterier", 3, "kriterier"),
            Offer("kriterium", 2, "kriterium", is_form=True),
        )
        assert app.line(1) == "  kriterier 3  ≈ kriterium 2"
