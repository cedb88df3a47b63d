"""The reading pane: what it shows, how it moves, what it says when it is used."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.message import Message
from textual.selection import Selection

from flodeslasare import i18n
from flodeslasare.model import Enclosure, Entry
from flodeslasare.tui import links
from flodeslasare.tui.theme import DEFAULT, THEMES
from flodeslasare.tui.widgets.reading_pane import ReadingPane

THEN = datetime(2018, 5, 14, 8, tzinfo=UTC)
TABLE = "<table><tr><th>Region<th>Avtal</tr><tr><td>Norra<td>12</tr><tr><td>Södra<td>7</tr></table>"
LONG = "".join(f"<p>Stycke {number}. {'Ord om avtal och krav. ' * 9}</p>" for number in range(60))


def an_entry(**changes: Any) -> Entry:
    values: dict[str, Any] = {
        "id": 7,
        "feed_id": 1,
        "feed_url": "https://exempel.se/rss",
        "feed_title": "Kansliets blogg",
        "guid": "g7",
        "title": "Besök på slakteriet",
        "url": "https://exempel.se/7",
        "published": THEN,
        "fetched": THEN,
        "sorted_by": THEN,
        "html": "<p>Vi såg <a href='https://exempel.se/a'>anläggningen</a>.</p>",
        "text": "Vi såg anläggningen.",
    }
    return Entry(**(values | changes))


class PaneApp(App[None]):
    """Only the pane, and what it has said; digits and Esc are taken by the app as the reader's are."""

    BINDINGS = [("1", "note('one')"), ("escape", "note('escape')"), ("j", "note('j')")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DEFAULT
        self.said: list[Message | str] = []

    def compose(self) -> ComposeResult:
        yield ReadingPane()

    def action_note(self, what: str) -> None:
        self.said.append(what)

    @on(ReadingPane.LinkActivated)
    @on(ReadingPane.Moved)
    @on(ReadingPane.VersionsRequested)
    @on(ReadingPane.TagChosen)
    @on(ReadingPane.FeedChosen)
    def _note(self, message: Message) -> None:
        self.said.append(message)

    @property
    def pane(self) -> ReadingPane:
        return self.query_one(ReadingPane)

    def lines(self) -> list[str]:
        """What the pane shows, line by line."""
        return [self.pane.render_line(y).text.rstrip() for y in range(self.pane.size.height)]

    def opened(self) -> list[str]:
        return [each.url for each in self.said if isinstance(each, ReadingPane.LinkActivated)]


@pytest.fixture(autouse=True)
def _english() -> None:
    i18n.use_language("en")


async def test_an_entry_begins_with_what_it_is() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)):
        app.pane.show(
            an_entry(
                author="Alva Ek", tags=("livsmedel", "djur\x1bskydd"), is_starred=True, versions=2
            )
        )
        assert app.lines()[:11] == [
            "",
            "  Kansliets blogg · 14 May 2018 · 1 min",
            "",
            "  Besök på slakteriet",
            "  Alva Ek   livsmedel  djurskydd   ★",
            "  edited; e shows the earlier text",
            "",
            "  Vi såg anläggningen\u00a0[1].",
            "",
            "  ────────────",
            "  [1] anläggningen  exempel.se",
        ]


async def test_where_the_facts_do_not_fit_the_name_of_the_feed_gives_way() -> None:
    app = PaneApp()
    async with app.run_test(size=(44, 24)):
        app.pane.show(
            an_entry(
                feed_title="Bloggen om hållbarhet",
                published=datetime(2019, 9, 24, 9, tzinfo=UTC),
                text="ord " * 10_000,
            )
        )
        facts = app.lines()[1]
    assert facts.startswith("  Blogg")
    assert facts.endswith("… · 24 September 2019 · 45 min")


async def test_text_is_at_most_72_cells_and_has_air() -> None:
    app = PaneApp()
    async with app.run_test(size=(160, 40)):
        app.pane.show(an_entry(html=LONG))
        shown = [line for line in app.lines() if line]
        assert all(line.startswith(" " * 43) for line in shown)
        assert max(len(line.strip()) for line in shown) <= 72


async def test_without_an_entry_a_hint_stands_there() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        assert "Choose an entry" in "".join(app.lines())
        app.pane.show(an_entry())
        app.pane.show(None)
        await pilot.pause()
        assert "Choose an entry" in "".join(app.lines())
        assert app.pane.place == 0.0
        app.pane.has_choice = False
        await pilot.pause()
        assert "".join(app.lines()).strip() == ""


@pytest.mark.parametrize(
    ("html", "text", "expected"),
    [
        ("", "Bara text.\nTvå rader.", "Bara text."),
        ("", "", "gives no text"),
        ("<p> </p>", "", "gives no text"),
    ],
)
async def test_an_entry_without_html_shows_what_there_is(
    html: str, text: str, expected: str
) -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)):
        app.pane.show(an_entry(html=html, text=text, title=""))
        assert expected in "\n".join(app.lines())
        assert "(no title)" in "\n".join(app.lines())


async def test_titles_are_text_and_not_markup() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)):
        app.pane.show(an_entry(title="[b]Krav[/b] [/] \x1b[2J\u202e & 🐔", author="[red]x"))
        assert "  [b]Krav[/b] [/] [2J & 🐔" in app.lines()
        assert "  [red]x" in app.lines()


async def test_attached_files_are_links_after_the_others() -> None:
    app = PaneApp()
    async with app.run_test(size=(70, 24)):
        sound = Enclosure(url="https://exempel.se/ljud/avsnitt%201.mp3", size_bytes=1_240_000)
        app.pane.show(an_entry(enclosures=(sound, Enclosure(url="file:///etc/passwd"))))
        assert "  [2] avsnitt 1.mp3  exempel.se  attachment, 1.2\u00a0MB" in app.lines()
        assert [link.number for link in app.pane.links] == [1, 2]


async def test_the_name_and_size_of_a_file_are_worth_more_than_its_host() -> None:
    app = PaneApp()
    async with app.run_test(size=(44, 24)):
        sound = Enclosure(url="https://exempel.se/ljud/avsnitt%201.mp3", size_bytes=1_240_000)
        app.pane.show(an_entry(enclosures=(sound,)))
        assert "  [2] avsnitt 1.mp3  attachment, 1.2\u00a0MB" in app.lines()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
async def test_what_the_keys_of_the_link_prompt_do_is_said_whole(language: str) -> None:
    """In the pane as it is at 80 columns, and at 120."""
    i18n.use_language(language)
    app = PaneApp()
    async with app.run_test(size=(43, 24)) as pilot:
        app.pane.show(an_entry(html='<a href="https://exempel.se/">x</a>'))
        app.pane.focus()
        await pilot.press("L")
        (line,) = [line for line in app.lines() if "Enter" in line]
        assert line.endswith(i18n._("Enter opens, Esc closes"))


# --- moving --------------------------------------------------------------------------------------


async def test_keys_move_and_say_so() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(an_entry(html=LONG))
        app.pane.focus()
        await pilot.press("j", "j", "down", "k")
        assert app.pane.scroll_offset.y == 2
        await pilot.press("G")
        assert app.pane.place == 1.0
        await pilot.press("home")
        assert app.pane.place == 0.0
        moves = [each for each in app.said if isinstance(each, ReadingPane.Moved)]
        assert {move.entry_id for move in moves} == {7}
        assert "j" not in app.said


async def test_page_down_reaches_the_end_and_says_when_there_is_no_more() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)):
        app.pane.show(an_entry(html=LONG))
        first = app.lines()
        pages = 0
        while app.pane.page_down():
            pages += 1
            assert pages < 100
        assert app.pane.place == 1.0
        assert first[-1] not in app.lines()
        app.pane.show(an_entry())
        assert not app.pane.page_down()


async def test_a_place_is_found_again_at_another_width() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(an_entry(html=LONG))
        app.pane.scroll_to(y=150, animate=False, force=True)
        await pilot.pause()
        place, top = app.pane.place, app.lines()[0].split()[:3]
        assert 0.3 < place < 0.7
        for size in ((100, 30), (40, 12), (60, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.pane.place == pytest.approx(place, abs=0.02)
        assert top == app.lines()[0].split()[:3]
        app.pane.show(an_entry(html=LONG), place=place)
        assert app.pane.place == place


async def test_every_line_is_a_place_of_its_own() -> None:
    html = f"<h2>Rubrik</h2><ul><li>a<li>b</ul>{TABLE}<blockquote>{LONG}</blockquote><hr><pre>x\n\ny</pre>"
    app = PaneApp()
    async with app.run_test(size=(60, 24)):
        app.pane.show(an_entry(html=html, author="Alva Ek"))
        for y in range(app.pane.max_scroll_y):
            app.pane.scroll_to(y=y, animate=False, force=True)
            place = app.pane.place
            app.pane.show(an_entry(html=html, author="Alva Ek"), place=place)
            assert abs(app.pane.scroll_offset.y - y) <= 1, y


async def test_the_place_is_kept_before_the_pane_has_a_size() -> None:
    class EarlyApp(PaneApp):
        def on_mount(self) -> None:
            self.pane.show(an_entry(html=LONG), place=0.5)

    app = EarlyApp()
    async with app.run_test(size=(60, 24)) as pilot:
        await pilot.pause()
        assert app.pane.place == pytest.approx(0.5, abs=0.02)
        assert not app.said  # it was put there; nobody moved


async def test_the_end_stays_the_end() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(an_entry(html=LONG), place=1.0)
        assert app.pane.place == 1.0
        await pilot.resize_terminal(40, 24)
        await pilot.pause()
        assert app.pane.place == 1.0


async def test_a_star_leaves_the_place() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)):
        app.pane.show(an_entry(html=LONG), place=0.5)
        before = app.pane.scroll_offset.y
        app.pane.show_again(an_entry(html=LONG, is_read=True))
        assert app.pane.scroll_offset.y == before
        app.pane.show_again(an_entry(id=8))  # another one: not ours to show
        assert app.pane.entry is not None
        assert app.pane.entry.id == 7


async def test_the_wheel_scrolls() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(an_entry(html=LONG))
        await pilot._post_mouse_events([_wheel_down()], ReadingPane, offset=(5, 5))
        await pilot.pause()
        assert app.pane.scroll_offset.y > 0


def _wheel_down() -> Any:
    from textual.events import MouseScrollDown

    return MouseScrollDown


# --- hits ----------------------------------------------------------------------------------------


async def test_hits_are_highlighted_and_walked_through() -> None:
    html = f"<p>Kycklingen.</p>{LONG}<p>Slaktkycklingar</p>"
    app = PaneApp()
    async with app.run_test(size=(60, 24)):
        app.pane.show(an_entry(html=html), query="kyckling")
        assert app.pane.next_hit()
        assert app.pane.scroll_offset.y == 0
        assert app.pane.next_hit()
        assert any("Slaktkycklingar" in line for line in app.lines())
        assert not app.pane.next_hit()
        assert app.pane.previous_hit()
        assert any("Kycklingen" in line for line in app.lines())
        assert not app.pane.previous_hit()


async def test_hits_are_drawn_as_ink_on_the_hit_colour() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)):
        app.pane.show(an_entry(), query="slakt")
        variables = app.theme_variables
        found = [
            segment.text
            for y in range(24)
            for segment in app.pane.render_line(y)
            if segment.style is not None
            and segment.style.bgcolor is not None
            and segment.style.bgcolor.name == variables["hit"]
        ]
        assert found == ["slakt"]
        app.pane.highlight("såg")
        assert app.pane.next_hit()
        assert not app.pane.next_hit()
        app.pane.highlight("")
        assert not app.pane.next_hit()


async def test_a_hit_that_is_wrapped_is_one_and_stays_the_one_when_the_width_changes() -> None:
    html = "".join(
        f"<p>Ord före och ord om avtal och krav efter {number}</p>" for number in range(6)
    )
    app = PaneApp()
    async with app.run_test(size=(30, 24)) as pilot:
        app.pane.show(an_entry(html=html), query='"ord om avtal"')
        steps = 0
        while app.pane.next_hit():
            steps += 1
        assert steps == 6
        await pilot.resize_terminal(100, 24)
        await pilot.pause()
        marked = [
            segment.text
            for y in range(24)
            for segment in app.pane.render_line(y)
            if segment.style is not None and segment.style.bold and segment.text in "ord om avtal"
        ]
        assert marked == ["ord om avtal"]
        assert not app.pane.next_hit()
        assert app.pane.previous_hit()


# --- links, versions, selection --------------------------------------------------------------------


async def test_a_link_opens_by_its_number() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(an_entry())
        app.pane.focus()
        await pilot.press("L")
        assert "Link number:" in app.lines()[-1]
        await pilot.press("2")
        assert "no such link" in app.lines()[-1]
        await pilot.press("enter", "backspace", "1")
        assert "anläggningen" in app.lines()[-1]
        await pilot.press("enter")
        assert app.opened() == ["https://exempel.se/a"]
        assert "one" not in app.said  # the digit was for the prompt


async def test_the_prompt_is_no_trap() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(an_entry(html=LONG))
        app.pane.focus()
        await pilot.press("L")
        assert "no links" in app.lines()[-1]
        await pilot.press("escape")
        assert "no links" not in app.lines()[-1]
        assert "escape" not in app.said
        await pilot.press("L", "1")  # there is none to number
        assert app.said[-1] == "one"
        await pilot.press("L", "j", "1", "escape")
        assert app.pane.scroll_offset.y == 1
        assert app.said[-2:] == ["one", "escape"]


async def test_clicks_open_links_in_the_text_and_in_the_list() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(an_entry())
        await pilot.pause()
        for word in ("anläggningen\u00a0[1]", "[1] anl"):
            y = next(y for y, line in enumerate(app.lines()) if word in line)
            await pilot.click(ReadingPane, offset=(app.lines()[y].index(word) + 1, y))
        await pilot.click(ReadingPane, offset=(3, 1))
        assert app.opened() == ["https://exempel.se/a"] * 2


async def test_earlier_text_is_asked_for_by_a_click() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(an_entry(versions=1))
        await pilot.click(ReadingPane, offset=(5, 4))
        asked = [each for each in app.said if isinstance(each, ReadingPane.VersionsRequested)]
        assert [each.entry_id for each in asked] == [7]


async def test_a_tag_and_a_feed_that_are_clicked_are_told() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(an_entry(author="Alva Ek", tags=("sociala krav", "djur")))
        for word, up in (("krav", 4), ("djur", 4), ("Alva", 4), ("bloggen", 1), ("2018", 1)):
            line = app.lines()[up]
            await pilot.click(ReadingPane, offset=(line.casefold().index(word.casefold()[:4]), up))
        tags = [each.tag for each in app.said if isinstance(each, ReadingPane.TagChosen)]
        assert tags == ["sociala krav", "djur"]
        feeds = [each.feed_id for each in app.said if isinstance(each, ReadingPane.FeedChosen)]
        assert len(feeds) == 1


async def test_selected_text_comes_without_the_margin() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(an_entry())
        await pilot.pause()
        selection = Selection(Offset(0, 3), Offset(5, 3))
        app.screen.selections = {app.pane: selection}
        await pilot.pause()
        assert app.screen.get_selected_text() == "Besök"
        assert "Besök på slakteriet" in app.lines()[3]


async def test_what_is_selected_below_the_text_is_nothing() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(an_entry())
        await pilot.pause()
        for first in range(24):
            app.screen.selections = {app.pane: Selection(Offset(2, first), None)}
            has_text_below = any(line[2:].strip() for line in app.lines()[first:])
            assert bool(app.screen.get_selected_text()) == has_text_below
            app.screen.selections = {app.pane: Selection(Offset(2, first), Offset(9, first))}
            app.screen.get_selected_text()


async def test_another_text_has_nothing_selected() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 24)) as pilot:
        app.pane.show(an_entry())
        await pilot.pause()
        app.screen.selections = {app.pane: Selection(Offset(0, 3), Offset(5, 3))}
        await pilot.pause()
        app.pane.show(an_entry(id=8, title="Kort"))
        assert app.pane.text_selection is None
        assert app.screen.get_selected_text() is None


async def test_it_can_be_drawn_small_and_in_every_theme() -> None:
    for theme in THEMES:
        app = PaneApp()
        app.theme = theme.name
        async with app.run_test(size=(8, 3)) as pilot:
            app.pane.show(
                an_entry(html=LONG + "<pre>x\ty</pre><table><tr><td>a<td>b</table>"), query="o"
            )
            app.pane.focus()
            await pilot.press("L", "escape", "G")
            assert len(app.lines()) == 3


# --- opening and copying ---------------------------------------------------------------------------


class FakeBrowser(webbrowser.BaseBrowser):
    """Notes what it is asked to open."""

    def __init__(self, name: str, *, answers: bool = True) -> None:
        super().__init__(name)
        self.opened: list[str] = []
        self._answers = answers

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:  # noqa: ARG002
        self.opened.append(url)
        return self._answers


@pytest.fixture
def use_browser(monkeypatch: pytest.MonkeyPatch) -> Callable[[FakeBrowser], FakeBrowser]:
    def use(browser: FakeBrowser) -> FakeBrowser:
        monkeypatch.setattr(webbrowser, "_browsers", {browser.name: [None, browser]})
        monkeypatch.setattr(webbrowser, "_tryorder", [browser.name])
        return browser

    return use


@pytest.mark.parametrize(
    "url", ["http://a.se", "https://a.se/å?b=c#d", "HTTPS://A.SE/", "mailto:a@b.se"]
)
def test_these_may_be_opened(url: str) -> None:
    assert links.is_openable(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.se",
        "/a",
        "//a.se",
        "javascript:alert(1)",
        " https://a.se",
        "https://a.se/ -x",
        "https://a.se/\x1b]0;x",
        "https://",
        "https:///etc",
        "file:///etc/passwd",
        "mailto:",
        "--version",
        "https://a.se\n--x",
    ],
)
def test_these_may_not(url: str) -> None:
    assert not links.is_openable(url)


async def test_a_browser_gets_the_address_and_nothing_else(
    use_browser: Callable[[FakeBrowser], FakeBrowser],
) -> None:
    browser = use_browser(FakeBrowser("fake"))
    app = PaneApp()
    async with app.run_test():
        assert links.open_in_browser(app, "https://a.se/;touch$IFS/tmp/x") is None
        assert links.open_in_browser(app, "file:///etc/passwd")
    assert browser.opened == ["https://a.se/;touch$IFS/tmp/x"]


async def test_a_browser_of_the_terminal_gets_the_terminal(
    use_browser: Callable[[FakeBrowser], FakeBrowser], monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import contextmanager

    browser = use_browser(FakeBrowser("w3m"))
    app = PaneApp()
    suspended: list[int] = []

    @contextmanager
    def suspend() -> Any:
        suspended.append(len(browser.opened))
        yield
        suspended.append(len(browser.opened))

    async with app.run_test():
        monkeypatch.setattr(app, "suspend", suspend)
        assert links.open_in_browser(app, "https://a.se/") is None
    assert suspended == [0, 1]


async def test_without_a_browser_it_says_so(
    use_browser: Callable[[FakeBrowser], FakeBrowser], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = PaneApp()
    async with app.run_test():
        use_browser(FakeBrowser("fake", answers=False))
        assert links.open_in_browser(app, "https://a.se/")
        monkeypatch.setattr(webbrowser, "_tryorder", [])
        assert links.open_in_browser(app, "https://a.se/")
        links.copy(app, "https://a.se/")
        assert app.clipboard == "https://a.se/"
