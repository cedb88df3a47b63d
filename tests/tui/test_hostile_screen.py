"""What strangers write, on the screen: nothing a terminal obeys, no markup that lives, no line too wide."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment
from textual.widgets import Input

from flodeslasare.documents import FoundFeed
from flodeslasare.model import Enclosure, View
from flodeslasare.tui import links
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.content import render
from flodeslasare.tui.screens import _feeds
from flodeslasare.tui.screens._prompt import PromptScreen
from flodeslasare.tui.screens.add_feed import AddFeedScreen
from flodeslasare.tui.widgets._article import attachments, blocks_of
from hostile import HOSTILE, PIECES, harmful, plant
from pilots import settle
from tui.samples import NOW, StagedLibrary, an_entry
from tui.test_reader import shown
from tui.test_reading_pane import an_entry as a_shown_entry

ALL_PIECES = " ".join((*PIECES, "".join(PIECES[:24])))
LONG = "a" + "\u0301" * 10_000 + "👩\u200d" * 300 + "日本" * 50
SIZE = (120, 36)


def drawn(app: FeedReaderApp) -> list[list[Segment]]:
    """Give the segments of each line on the screen."""
    return [list(strip) for strip in app.screen._compositor.render_strips()]


def assert_screen_is_safe(app: FeedReaderApp) -> None:
    for line in drawn(app):
        text = "".join(segment.text for segment in line)
        assert not harmful(text, "")
        assert sum(segment.cell_length for segment in line) == app.size.width, text[:400]
        for segment in line:
            assert segment.style is None or segment.style.link is None
            assert segment.style is None or not {"@click", "@link"} & set(segment.style.meta)


@settings(max_examples=150, derandomize="CI" in os.environ)
@given(HOSTILE, st.integers(8, 100))
def test_no_text_breaks_out_of_the_reading_pane(text: str, width: int) -> None:
    html = (
        f"<p>{text}</p><a href='{text}'>{text}</a><a href='https://a.se/{text}'>{text}</a>"
        f"<pre>{text}</pre><table><tr><th>{text}<th>b<tr><td>{text}<td>{text}</table>"
        f"<img alt='{text}' src='https://a.se/{text}'><audio src='https://a.se/{text}'></audio>"
        f"<ul><li>{text}</ul><blockquote>{text}</blockquote><h2>{text}</h2>"
    )
    entry = a_shown_entry(
        title=text, feed_title=text, author=text, tags=(text, "x"), html=html, text=text, url=text,
        enclosures=(Enclosure(url=f"https://a.se/{text}", type=text), Enclosure(url=text)),
    )  # fmt: skip
    article = render(html)
    all_links = (*article.links, *attachments(entry.enclosures, after=article.links))
    blocks = [*blocks_of(entry, article, all_links), *blocks_of(entry, render(""), ())]
    for block in blocks:
        laid = block.lay(width)
        for number in range(len(laid.starts)):
            line = laid.line(number)
            assert not harmful(line.plain, "")
            for span in line.spans:
                meta = {} if isinstance(span.style, str) else span.style.meta
                assert set(meta) <= {"link", "versions", "tag", "feed"}
                assert not harmful(meta.get("tag", ""), "")
                assert links.is_openable(meta.get("link", "https://a.se"))


@pytest.mark.parametrize("text", [ALL_PIECES, LONG], ids=["all", "long"])
async def test_every_pane_is_safe(staged: StagedLibrary, text: str) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "Blogg", "Mapp/Inre")
    staged.keep(feed, *(an_entry(number) for number in range(3)))
    staged.keep(feed, an_entry(0, html="<p>Nytt</p>", text="Nytt"))
    plant(staged.path, text)
    staged.staged[feed] = text
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        assert_screen_is_safe(app)
        for keys in (
            ("enter",), ("G",), ("g", "L"), ("escape", "e"), ("escape", "1"), ("j", "j", "j"), ("2", "R"), ("y",),
            ("slash", "o", "r", "d"), ("enter",), ("escape", "question_mark"), ("escape", "ctrl+p"), ("escape", "s", "z"),
        ):  # fmt: skip
            await pilot.press(*keys)
            await settle(pilot)
            assert_screen_is_safe(app)
        app.reader.status.message = text
        await settle(pilot)
        assert_screen_is_safe(app)
        app.reader.base = View(feed_id=feed)
        for ask in (_feeds.rename, _feeds.move):
            ask(app.reader)
            await settle(pilot)
            assert isinstance(app.screen, PromptScreen)
            assert_screen_is_safe(app)
            await pilot.press("escape")
            await settle(pilot)


async def test_dialogs_are_safe(staged: StagedLibrary) -> None:
    staged.feed_named("https://exempel.se/rss", "Blogg", "Mapp")
    plant(staged.path, ALL_PIECES)
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        screen = AddFeedScreen(staged, ALL_PIECES)
        app.push_screen(screen)
        await pilot.pause()
        assert_screen_is_safe(app)
        found = [
            FoundFeed(url=f"https://a.se/{n}{ALL_PIECES}", title=ALL_PIECES if n else None)
            for n in range(2)
        ]
        screen.post_message(AddFeedScreen.FeedsFound(found))
        await pilot.pause()
        assert_screen_is_safe(app)
        screen.post_message(AddFeedScreen.Failed(ALL_PIECES))
        await pilot.pause()
        assert_screen_is_safe(app)
        assert "[bold]x[/bold]" in shown(app)


async def test_markup_is_shown_as_it_stands_and_does_nothing(staged: StagedLibrary) -> None:
    marks = "[bold]x[/bold] [@click=app.quit]q[/] [link=file:///etc]y[/link]"
    feed = staged.feed_named("https://exempel.se/rss", marks)
    staged.keep(feed, an_entry(1, title=marks, author=marks, html=f"<p>{marks}</p>", text=marks))
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=(160, 36)) as pilot:
        await settle(pilot)
        lines = shown(app).split("\n")
        places = [(line.index(marks), y) for y, line in enumerate(lines) if marks in line]
        assert len(places) >= 3  # the list, and title and text in the reading pane
        for x, y in places:
            await pilot.click(offset=(x + marks.index("q"), y))
            await pilot.click(offset=(x + marks.index("y["), y))
            await pilot.pause()
        assert app.is_running
        assert len(app.screen_stack) == 1


async def test_what_is_pasted_into_an_input_is_cleaned(staged: StagedLibrary) -> None:
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("escape")
        await app.push_screen(PromptScreen("\x1b[2J", "\x9b2Ja"))
        await pilot.pause()
        field = app.screen.query_one(Input)
        assert field.value == "2Ja"
        field.insert_text_at_cursor("\x1b]0;x\x07\u202eö")
        assert field.value == "2Ja]0;xö"
        assert_screen_is_safe(app)
