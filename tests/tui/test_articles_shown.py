"""Whole texts, fetched from the screen: over real HTTP from the example blog, into a real library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from flodeslasare import i18n
from flodeslasare.demo.server import ServedBlog, serve
from flodeslasare.demo.site import Page
from flodeslasare.library import articles as module
from flodeslasare.library.library import Library
from flodeslasare.model import View
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.screens import _feeds as feeds
from flodeslasare.tui.screens._palette import commands
from flodeslasare.tui.widgets._article import is_beginning
from flodeslasare.tui.widgets.status_line import Fetching
from pilots import press, settle, until
from tui.samples import QUIET
from tui.test_reader import WIDE, shown

_get = ServedBlog.get


class Site:
    """The example blog on loopback; it counts what it is asked for, and can lack a page."""

    def __init__(self, served: ServedBlog) -> None:
        self.served = served
        self.asked: list[str] = []
        self.missing: set[str] = set()

    def pages(self) -> list[str]:
        return [target for target in self.asked if "format=feed" not in target]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(module, "LEAST_PAUSE_SECONDS", 0.0)
    with serve() as served:
        site = Site(served)

        def get(served: ServedBlog, target: str, *, may_publish: bool) -> Page:
            site.asked.append(target)
            if target in site.missing:
                return Page(body=b"", type="text/plain", status=404)
            return _get(served, target, may_publish=False)

        monkeypatch.setattr(ServedBlog, "get", get)
        yield site


@pytest.fixture
async def library(tmp_path: Path, site: Site) -> Library:
    library = Library(tmp_path / "library.db", QUIET)
    await library.subscribe(site.served.feed_url)
    site.asked.clear()
    return library


@pytest.fixture
def reading(library: Library) -> Iterator[FeedReaderApp]:
    yield FeedReaderApp(library)
    library.close()


def beginnings(library: Library) -> list[int]:
    """Give the entries of which the feed has the beginning only, newest first."""
    ids = list(library.listing(View()).ids)
    return [entry_id for entry_id in ids if "Läs mer" in library.entry(entry_id).text]


async def go_to(app: FeedReaderApp, pilot: Pilot[None], entry_id: int) -> None:
    ids = list(app.library.listing(View()).ids)
    await press(pilot, "g", *["j"] * ids.index(entry_id), "enter")
    await until(
        pilot, lambda: app.reader.text.entry is not None and app.reader.text.entry.id == entry_id
    )


async def test_w_fetches_the_whole_text_of_what_one_reads(
    reading: FeedReaderApp, site: Site
) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        entry_id = beginnings(reading.library)[0]
        await go_to(reading, pilot, entry_id)
        assert "This may be the beginning only;" in shown(reading)
        assert ("w", "whole text") in reading.reader.status.keys
        before = reading.library.entry(entry_id).text

        await press(pilot, "w")
        await until(pilot, lambda: reading.library.entry(entry_id).article is not None)
        await until(pilot, lambda: "the whole text is here" in reading.reader.status.notice)
        await settle(pilot)

        entry = reading.reader.text.entry
        assert entry is not None
        assert entry.article is not None
        assert len(entry.text) > len(before)
        assert "This may be the beginning only;" not in shown(reading)
        assert ("w", "whole text") not in reading.reader.status.keys
        assert len(site.pages()) == 1

        await press(pilot, "w")
        await until(pilot, lambda: "no more text than this" in reading.reader.status.notice)


async def test_a_text_that_is_being_fetched_is_not_fetched_twice(
    reading: FeedReaderApp, site: Site
) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        entry_id = beginnings(reading.library)[0]
        await go_to(reading, pilot, entry_id)

        for _time in range(3):
            reading.reader.articles.fetch(entry_id)
        await until(pilot, lambda: reading.library.entry(entry_id).article is not None)
        await settle(pilot)

        assert len(site.pages()) == 1


async def test_a_refresh_without_whole_texts_starts_nothing_to_fetch_them(
    reading: FeedReaderApp, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(
        Library, "fetch_articles", lambda *arguments, **_named: asked.append(arguments)
    )
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "R")
        await until(pilot, lambda: any("format=feed" in target for target in site.asked))
        await settle(pilot)
        await until(pilot, lambda: reading.reader.status.progress is None)
        await settle(pilot)

    assert asked == []


async def test_of_a_page_that_is_gone_it_says_so(reading: FeedReaderApp, site: Site) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        entry_id = beginnings(reading.library)[0]
        url = reading.library.entry(entry_id).url or ""
        site.missing.add(url.removeprefix(site.served.feed_url.partition("/bloggen")[0]))
        await go_to(reading, pilot, entry_id)

        await press(pilot, "w")
        await until(pilot, lambda: "404" in reading.reader.status.message)

        assert reading.library.entry(entry_id).article is None


async def test_a_feed_gets_all_its_whole_texts_and_those_of_what_comes(
    reading: FeedReaderApp, site: Site
) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        wanted = beginnings(reading.library)
        assert wanted
        await press(pilot, "i", "w")
        await until(
            pilot, lambda: all(reading.library.entry(each).article for each in wanted), "the texts"
        )
        await until(pilot, lambda: reading.reader.status.fetching is None)
        assert reading.library.feed(1).wants_articles
        asked = len(site.pages())
        assert asked == len(reading.library.listing(View()).ids)  # all of them, each once

        await press(pilot, "escape", "R")
        await until(pilot, lambda: any("format=feed" in target for target in site.asked[-3:]))
        await settle(pilot)
        await until(pilot, lambda: reading.reader.status.fetching is None)
        assert len(site.pages()) == asked

        await press(pilot, "i", "w", "escape")
        assert not reading.library.feed(1).wants_articles


async def test_offline_it_says_so(tmp_path: Path, library: Library, site: Site) -> None:
    path = library.path
    library.close()
    with Library(path, QUIET, offline=True) as offline:
        app = FeedReaderApp(offline)
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            assert shown(app).splitlines()[-1].startswith(" offline ")
            await go_to(app, pilot, beginnings(offline)[0])
            await press(pilot, "w")
            await until(pilot, lambda: "network is switched off" in app.reader.status.message)
    assert site.pages() == []


def test_how_far_it_has_come_is_said_in_each_language() -> None:
    fetching = Fetching(title="En rubrik", done=12, of=1300)
    assert fetching.said() == "whole texts: 12 of 1,300"
    i18n.use_language("sv")
    try:
        assert fetching.said() == "hela texter: 12 av 1\u00a0300"
    finally:
        i18n.use_language("en")


async def test_the_palette_offers_it_too(reading: FeedReaderApp) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        offered = {name: does for name, does, _do, _discovered in commands(reading)}
    assert offered["Fetch the whole text"].startswith("w · ")
    assert offered["Fetch the whole texts of this feed"].startswith("i w · ")


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("Kraven följs upp …", True),
        ("Kraven följs upp...", True),
        ("Kraven följs upp [...]", True),
        ("Kraven följs upp [&hellip;]".replace("&hellip;", "…"), True),
        ("Kraven följs upp.\nLäs mer: Kraven i avtalen", True),
        ("They are followed up.\nContinue reading →", True),
        ("The post Kraven appeared first on Bloggen.\nRead more", True),
        ("", True),
        ("Kraven följs upp.", False),
        ("Läs mer om kraven i rapporten.\nDen kom i maj.", False),
        ("… och så var det slut.", False),
    ],
)
def test_a_text_that_says_it_is_a_beginning_is_taken_for_one(
    library: Library, text: str, is_so: bool
) -> None:
    entry = replace(library.entry(1), text=text)

    assert is_beginning(entry) is is_so
    assert not is_beginning(replace(entry, url=None))
    assert not is_beginning(replace(entry, article=entry.fetched))


async def test_what_is_found_in_a_whole_text_comes_into_the_search_that_is_on(
    reading: FeedReaderApp, site: Site
) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        blog = site.served.posts
        cut = next(post for post in blog if post.intro_only)
        entry_id = next(
            each
            for each in beginnings(reading.library)
            if (reading.library.entry(each).url or "").endswith(cut.path)
        )
        known = reading.library.entry(entry_id).text.casefold()
        words = (word.strip(".,«»") for word in cut.markdown.split())
        (word,) = [w for w in words if w.isalpha() and len(w) > 7 and w.casefold() not in known][:1]

        await press(pilot, "/", *word, "enter")
        assert entry_id not in reading.reader.entries.ids
        reading.library.want_articles(1, True)
        await press(pilot, "R")
        await until(pilot, lambda: reading.library.entry(entry_id).article is not None)
        await until(pilot, lambda: entry_id in reading.reader.entries.ids, "the hit")


async def test_a_run_that_is_to_start_again_before_it_began_still_comes_to_its_end(
    reading: FeedReaderApp, site: Site
) -> None:
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        wanted = beginnings(reading.library)
        reading.library.want_articles(1, True)
        articles = reading.reader.articles
        articles.fetch_due()
        articles.start_again()
        articles.start_again()
        await until(
            pilot, lambda: all(reading.library.entry(each).article for each in wanted), "the texts"
        )
        await until(pilot, lambda: articles._run is None, "the end")


async def test_pages_of_a_feed_that_is_left_are_asked_for_no_more(
    reading: FeedReaderApp, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAST_PAUSE_SECONDS", 600.0)  # after the first page
    reading.library.want_articles(1, True)
    async with reading.run_test(size=WIDE) as pilot:
        await settle(pilot)
        reading.reader.articles.fetch_due()
        await until(pilot, lambda: reading.reader.status.fetching is not None, "the first page")
        feeds.remove(reading.reader)
        await until(pilot, lambda: not reading.library.feed(1).is_subscribed, "leaving")
        await until(pilot, lambda: reading.reader.articles._run is None, "the end")
    assert len(site.pages()) == 1
