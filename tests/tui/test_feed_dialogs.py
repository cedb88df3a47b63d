"""A feed's new address, and its end: what is asked, what is done, and what the screen shows right after."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from threading import Event

import pytest
from textual import events
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.pilot import Pilot
from textual.widgets import Static

from flodeslasare import i18n
from flodeslasare.documents import FoundFeed
from flodeslasare.errors import NotAFeed, StorageError
from flodeslasare.library.library import Library
from flodeslasare.model import View
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.screens import _feeds as feeds
from flodeslasare.tui.screens._dialog import Choices, Status
from flodeslasare.tui.screens._feed_dialogs import AddressScreen, DeleteScreen, MergeScreen
from flodeslasare.tui.screens.feed_details import FeedScreen
from pilots import press, settle, until
from tui.samples import NOW, StagedLibrary, an_entry
from tui.test_reader import fail, shown

BLOG = "hållbarupphandling"
NEW = "https://ny.exempel.se/rss"


class Site:
    """What is found at addresses, in place of a network."""

    def __init__(self) -> None:
        self.found: Sequence[FoundFeed] | Exception = [FoundFeed(url=NEW)]
        self.asked: list[str] = []
        self.is_silent = False
        self.was_left = Event()

    async def discover(self, _library: Library, address: str) -> list[FoundFeed]:
        self.asked.append(address)
        try:
            if self.is_silent:
                await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.was_left.set()
            raise
        if isinstance(self.found, Exception):
            raise self.found
        return list(self.found)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site()

    async def discover(library: Library, address: str) -> list[FoundFeed]:
        return await site.discover(library, address)

    monkeypatch.setattr(Library, "discover", discover)
    return site


@pytest.fixture
def two_blogs(filled: StagedLibrary) -> StagedLibrary:
    """The library with four entries in another feed too, one of them starred."""
    other = filled.feed("Konkurrensverket").id
    filled.keep(other, *(an_entry(n, guid=f"k-{n}", title=f"Konkurrens {n}") for n in range(4)))
    filled.star(filled.listing(View(feed_id=other)).ids[:1])
    return filled


async def begin(app: FeedReaderApp, pilot: Pilot[None], title: str = "") -> None:
    """Choose a feed in the archive, or stay with all entries."""
    await settle(pilot)
    if title:
        app.reader.base = View(feed_id=app.library.feed(title).id)
        await settle(pilot)


async def type_address(app: FeedReaderApp, pilot: Pilot[None], address: str) -> None:
    """Put an address in the place of what stands in the dialog, and press Enter."""
    assert isinstance(app.screen, AddressScreen)
    await pilot.press("ctrl+u", "ctrl+k", *address, "enter")


# --- which feed ---------------------------------------------------------------------------------------


async def test_in_the_archive_it_is_the_feed_under_the_cursor_or_none(
    filled: StagedLibrary,
) -> None:
    filled.save_search("Fågel", "kyckling")
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "g")
        said: dict[str, str] = {}
        archive = app.reader.archive
        for _line in range(20):
            await press(pilot, "i")
            label = archive._lines[archive.cursor].label
            if isinstance(app.screen, FeedScreen):
                assert archive.feed is not None
                assert archive.feed.title in shown(app)
                await press(pilot, "escape")
            else:
                said[label] = app.reader.status.notice
            for about in (feeds.remove, feeds.rename, feeds.delete):
                if archive.feed is None:
                    about(app.reader)
                    assert app.screen is app.reader
            await press(pilot, "j")
        assert len(filled.feeds()) == 3
    none = "no feed is under the cursor"
    search = "Fågel is a saved search: Ctrl+P renames or forgets it"
    assert said == {
        "All entries": none,
        "Unread": none,
        "Starred": none,
        "Fågel": search,
        "Statligt": none,
    }


async def test_elsewhere_it_is_the_entrys_feed(two_blogs: StagedLibrary) -> None:
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    other = two_blogs.feed("Konkurrensverket").id
    ids = two_blogs.listing(View()).ids
    number = ids.index(two_blogs.listing(View(feed_id=other)).ids[0])
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, *["j"] * number, "i")
        assert "Konkurrensverket" in shown(app)
        await press(pilot, "x", "i")
        assert app.screen is app.reader
        assert app.reader.status.notice == (
            "you do not subscribe to its feed any more; a takes it up again"
        )


@pytest.mark.parametrize("key", ["n", "m", "a", "g", "d"])
async def test_esc_in_what_a_feed_is_asked_leads_back_to_the_feed(
    two_blogs: StagedLibrary, key: str
) -> None:
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    async with app.run_test(size=(60, 9)) as pilot:
        await begin(app, pilot, "Konkurrensverket")
        await press(pilot, "i", "j")
        scroll = app.screen.query_one(VerticalScroll)
        line = scroll.scroll_offset.y
        assert line, "the dialog is to be too high for the screen"
        await press(pilot, key)
        assert not isinstance(app.screen, FeedScreen)
        assert app.screen is not app.reader
        await press(pilot, "escape")
        assert isinstance(app.screen, FeedScreen)
        assert app.screen.query_one(VerticalScroll).scroll_offset.y == line
        await press(pilot, "escape")
        assert len(app.screen_stack) == 1


async def test_what_a_feed_was_given_shows_in_its_dialog_and_u_takes_it_back_there(
    filled: StagedLibrary,
) -> None:
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(120, 36)) as pilot:
        await begin(app, pilot, "Konkurrensverket")
        await press(pilot, "i", "n", "ctrl+u", *"KKV", "enter")
        assert isinstance(app.screen, FeedScreen)
        assert "KKV" in dialog(app)
        assert "is now called KKV · u undoes it" in app.reader.status.notice
        await press(pilot, "m", "ctrl+u", *"Jurist", "enter")
        assert "Jurist" in dialog(app)
        await press(pilot, "u")
        assert "Statligt" in dialog(app)
        await press(pilot, "u")
        assert "Konkurrensverket" in dialog(app)
        await press(pilot, "escape")
        assert len(app.screen_stack) == 1


async def test_a_feed_that_another_program_has_merged_leads_to_the_one_it_is_part_of(
    two_blogs: StagedLibrary,
) -> None:
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    goes, into = two_blogs.feed("Konkurrensverket"), two_blogs.feed(BLOG)
    async with app.run_test(size=(120, 36)) as pilot:
        await begin(app, pilot, goes.title)
        await pilot.press("1")
        with two_blogs.opened_again() as other:
            other.merge_feeds(goes.id, into.id)
        await press(pilot, "i")
        assert into.url in dialog(app)
        assert app.reader.status.notice == "Konkurrensverket is now part of hållbarupphandling"
        await press(pilot, "escape")
        assert app.reader.archive.feed != goes


async def test_a_feed_that_another_program_has_deleted_is_said_to_be(
    two_blogs: StagedLibrary,
) -> None:
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    goes = two_blogs.feed("Konkurrensverket")
    async with app.run_test(size=(120, 36)) as pilot:
        await begin(app, pilot, goes.title)
        await pilot.press("1")
        with two_blogs.opened_again() as other:
            other.delete_feed(goes.id)
        await press(pilot, "i")
        assert app.screen is app.reader
        assert app.reader.status.notice == ("Konkurrensverket has been deleted, by another program")
        assert not app.reader.status.message
        assert app.reader.base == View()


def dialog(app: FeedReaderApp) -> str:
    """Give what the dialog about a feed says above its history."""
    assert isinstance(app.screen, FeedScreen)
    return "\n".join(str(each.render()) for each in app.screen.query(Static))


async def test_a_folder_is_refreshed_as_a_feed_is(filled: StagedLibrary) -> None:
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "g", "r")
        archive = app.reader.archive
        while archive.view.folder is None:
            await pilot.press("j")
        await press(pilot, "r")
    inside = [feed.id for feed in filled.feeds() if feed.folder == "Statligt"]
    assert filled.refreshed == [(None, False), (inside, False)]


# --- another address ----------------------------------------------------------------------------------


async def test_a_feed_gets_another_address(filled: StagedLibrary, site: Site) -> None:
    blog = filled.feed(BLOG)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "i", "a")
        await type_address(app, pilot, "ny.exempel.se")
        await settle(pilot)
        assert NEW in dialog(app)
        await press(pilot, "escape")
        assert app.screen is app.reader
        listed = len(app.reader.entries.ids)
    assert site.asked == ["ny.exempel.se"]
    assert filled.feed(blog.id).url == NEW
    assert listed == filled.feed(blog.id).total == 132
    assert filled.refreshed == [([blog.id], False)]


async def test_a_refresh_that_is_under_way_is_not_broken_off(
    filled: StagedLibrary, site: Site
) -> None:
    filled.gate = asyncio.Event()
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("R", "i", "a")
        await pilot.pause()
        await type_address(app, pilot, "ny.exempel.se")
        await until(pilot, lambda: not isinstance(app.screen, AddressScreen), "the end of it")
        assert app.reader.status.notice == (
            f"{BLOG} is now fetched from ny.exempel.se/rss · u undoes it"
        )
        filled.gate.set()
        await settle(pilot)
    assert filled.refreshed == [(None, False)]
    assert site.asked


async def test_a_dialog_that_is_taken_down_can_still_be_told_of_a_size(
    filled: StagedLibrary,
) -> None:
    """As where the program ends in the moment it opens."""
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "i")
        screen = app.screen
        assert isinstance(screen, FeedScreen)
        await screen.remove_children()
        screen.post_message(events.Resize(Size(60, 20), Size(60, 20)))
        await settle(pilot)
        assert app.screen is screen


async def test_a_key_that_comes_together_with_the_one_that_opens_a_dialog_waits_for_it(
    filled: StagedLibrary,
) -> None:
    """As over a slow line."""
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await app.run_action("feed_details", app.reader)
        screen = app.screen
        assert isinstance(screen, FeedScreen)
        assert not screen.is_mounted
        assert await app.run_action("page(1)", screen)
        assert await app.run_action("leave", screen)
        await settle(pilot)
        assert not isinstance(app.screen, FeedScreen)


async def test_why_an_address_is_not_taken_is_said_and_nothing_changes(
    filled: StagedLibrary, site: Site
) -> None:
    blog = filled.feed(BLOG)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        feeds.readdress(app.reader)
        await settle(pilot)
        status = app.screen.query_one(Status)
        site.found = NotAFeed("https://ny.exempel.se/", "the page names\nno [b]feed[/b]")
        await type_address(app, pilot, "ny.exempel.se")
        await settle(pilot)
        assert str(status.content) == "! https://ny.exempel.se/: the page names no [b]feed[/b]"
        site.found = [FoundFeed(url=filled.feed("Konkurrensverket").url)]
        await type_address(app, pilot, "x.se")
        await settle(pilot)
        assert "Konkurrensverket has this address" in str(status.content)
        await pilot.press("shift+tab", "end", "/")
        assert not status.has_class("-shown")
        assert not app.screen.query_one(Choices).display
        await type_address(app, pilot, "")
        assert str(status.content) == "! Type the address of a blog or of its feed."
        await pilot.press("escape")
        assert app.screen is app.reader
    assert filled.feed(blog.id).url == blog.url
    assert not filled.refreshed


async def test_a_look_at_an_address_can_be_stopped_and_holds_up_nothing(
    filled: StagedLibrary, site: Site
) -> None:
    blog = filled.feed(BLOG)
    site.is_silent = True
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        feeds.readdress(app.reader)
        await settle(pilot)
        await type_address(app, pilot, "ny.exempel.se")
        await pilot.pause()
        assert "Looking for feeds at ny.exempel.se …" in shown(app)
        await until(pilot, lambda: site.asked, "the question")
        await pilot.press("enter")  # is under way already
        await pilot.press("escape")
        await settle(pilot)
        assert "Stopped." in shown(app)
        await until(pilot, site.was_left.is_set, "the end of the question")
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.reader
    assert site.asked == ["ny.exempel.se"]
    assert filled.feed(blog.id).url == blog.url


async def test_the_same_address_is_left_as_it_is(filled: StagedLibrary, site: Site) -> None:
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "i", "a", "enter")
        assert isinstance(app.screen, FeedScreen)
    assert not site.asked
    assert not filled.refreshed


async def test_without_a_network_an_address_is_taken_as_it_stands(filled: StagedLibrary) -> None:
    filled.is_offline = True
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "i", "a")
        assert "Without a network it is taken as it stands." in " ".join(shown(app).split())
        await type_address(app, pilot, "ny.exempel.se/flode")
        await settle(pilot)
        assert "is now fetched from ny.exempel.se/flode" in app.reader.status.notice
    assert not filled.refreshed


# --- one feed of two -----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["its dialog", "the palette"])
async def test_a_feed_is_merged_into_one_that_is_chosen(two_blogs: StagedLibrary, way: str) -> None:
    blog, other = two_blogs.feed(BLOG), two_blogs.feed("Konkurrensverket")
    two_blogs.keep(other.id, an_entry(500, url="https://exempel.se/500", title="Bara där"))
    two_blogs.rename_feed(blog.id, other.title)
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    async with app.run_test(size=(120, 36)) as pilot:
        await begin(app, pilot)
        app.reader.base = View(feed_id=other.id)
        await settle(pilot)
        if way == "its dialog":
            await press(pilot, "i", "g")
        else:
            await pilot.press("ctrl+p", *"merge")
            await settle(pilot)
            await press(pilot, "enter")
        assert isinstance(app.screen, MergeScreen)
        await press(pilot, *"blogg", "enter")  # a part of the address will do
        assert app.screen.query_one(Choices).option_count == 1
        assert isinstance(app.screen, MergeScreen)  # Enter has not chosen yet
        await press(pilot, "enter")
        assert "5 entries go over. This cannot be undone." in shown(app)
        assert "into https://exempel.se/blogg/rss for good?" in shown(app)
        await press(pilot, "j", "enter")
        said = app.reader.status.notice
    assert said == (
        "Konkurrensverket is now part of https://exempel.se/blogg/rss: "
        "1 entry went over, 4 were in both"
    )
    assert other.id not in {feed.id for feed in two_blogs.feeds()}
    assert two_blogs.feed(blog.id).total == 133


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_what_cannot_be_undone_is_not_done_by_enter_alone(
    two_blogs: StagedLibrary, key: str
) -> None:
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(app, pilot, BLOG)
        await press(pilot, "i", "g", "enter", "enter")
        assert f"Merge {BLOG} into Konkurrensverket for good?" in shown(app)
        await press(pilot, key)
        assert isinstance(app.screen, FeedScreen)
    assert len(two_blogs.feeds()) == 3


async def test_a_feed_that_is_alone_has_nothing_to_be_merged_into(staged: StagedLibrary) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "Ensam")
    staged.keep(feed, an_entry(1))
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "i", "g", "enter", "down", "x", "enter")
        assert "No other feed is called so." in shown(app)
        await press(pilot, "ctrl+u")
        assert "There is no other feed." in shown(app)
        await press(pilot, "escape")
        assert isinstance(app.screen, FeedScreen)


async def test_an_address_that_another_feed_has_offers_to_merge_them(
    two_blogs: StagedLibrary, site: Site
) -> None:
    blog, other = two_blogs.feed(BLOG), two_blogs.feed("Konkurrensverket")
    site.found = [FoundFeed(url=other.url)]
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(app, pilot, BLOG)
        await press(pilot, "i", "a")
        await type_address(app, pilot, "annan.exempel.se")
        await settle(pilot)
        text = shown(app)
        assert "Konkurrensverket has this address." in text
        assert f"Merge {BLOG} into Konkurrensverket" in text
        assert "This is for good. Nothing is lost:" in text
        assert "flodeslasare merge" not in text
        await press(pilot, "shift+tab", "end", "!", "backspace")  # another address after all
        assert "has this address" not in shown(app)
        await press(pilot, "enter", "enter")
        assert f"Merge {BLOG} into Konkurrensverket for good?" in shown(app)
        await press(pilot, "j", "enter")
        assert app.screen is app.reader
        said = app.reader.status.notice
    assert said == f"{BLOG} is now part of Konkurrensverket: 128 entries went over, 4 were in both"
    assert two_blogs.feed(other.id).total == 132
    assert not two_blogs.feed(other.id).merge_into
    assert blog.id not in {feed.id for feed in two_blogs.feeds()}


# --- its end ------------------------------------------------------------------------------------------


async def test_it_is_said_how_much_goes_and_leaving_comes_first(two_blogs: StagedLibrary) -> None:
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(app, pilot, BLOG)
        for way_out in ("enter", "escape"):
            await press(pilot, "i", "d")
            text = shown(app)
            assert "Delete hållbarupphandling for good?" in text
            assert "132 entries go with it, 2 of them starred. This cannot be undone." in text
            await press(pilot, way_out)
            assert isinstance(app.screen, FeedScreen)
            await press(pilot, "escape")
    assert two_blogs.counts().total == 136


async def test_nothing_of_a_deleted_feed_is_left_on_the_screen(two_blogs: StagedLibrary) -> None:
    blog = two_blogs.feed(BLOG)
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    async with app.run_test(size=(120, 36)) as pilot:
        await begin(app, pilot, BLOG)
        await press(pilot, "enter")
        assert app.reader.text.entry is not None
        feeds.delete(app.reader)
        await press(pilot, "j", "enter")
        text, reader = shown(app), app.reader
        assert reader.base == View()
        assert len(reader.entries.ids) == 4
        assert reader.text.entry is not None
        assert reader.text.entry.feed_title == "Konkurrensverket"
        assert reader.status.notice == "deleted hållbarupphandling and its 132 entries"
        assert reader.status.busy == ""
        assert "All entries  4" in text
        assert "hållbarupphandling" not in text.replace(reader.status.notice, "")
        await press(pilot, "u")
        assert len(reader.entries.ids) == 4
    assert two_blogs.counts().total == 4
    assert blog.id not in {feed.id for feed in two_blogs.feeds(unsubscribed=True)}


async def test_one_stays_among_all_entries(two_blogs: StagedLibrary) -> None:
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    other = two_blogs.feed("Konkurrensverket")
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, *["j"] * 30)
        entry_id = app.reader.entries.entry_id
        feeds.delete(app.reader, other)
        await press(pilot, "j", "enter")
        assert app.reader.entries.entry_id == entry_id
        assert app.reader.text.entry is not None
        assert app.reader.text.entry.id == entry_id
        assert len(app.reader.entries.ids) == 132
        assert "Konkurrensverket" not in shown(app).split("deleted")[0]


async def test_a_search_goes_on_without_the_deleted_feed(two_blogs: StagedLibrary) -> None:
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    async with app.run_test(size=(120, 36)) as pilot:
        await begin(app, pilot, BLOG)
        await press(pilot, "slash", *"underlaget", "enter")
        reader = app.reader
        assert len(reader.entries.ids) == 136
        feeds.delete(reader, two_blogs.feed(BLOG))
        await press(pilot, "j", "enter")
        assert reader.query_text == "underlaget"
        assert len(reader.entries.ids) == 4
        assert "4 hits" in shown(app)
        assert reader.archive.counts_of(None, 201805) == len(
            two_blogs.listing(View(query="underlaget", month=201805)).ids
        )
        await press(pilot, "escape", "escape")
        assert reader.query_text == ""
        assert reader.base == View()
        assert len(reader.entries.ids) == 4


async def test_what_narrows_the_hits_stays(two_blogs: StagedLibrary) -> None:
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    other = two_blogs.feed("Konkurrensverket")
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "slash", *"underlaget", "enter")
        app.reader.base = View(feed_id=other.id)
        await settle(pilot)
        await press(pilot, "f")
        feeds.delete(app.reader, two_blogs.feed(BLOG))
        await press(pilot, "j", "enter")
        assert app.reader.base == View(feed_id=other.id)
        assert app.reader.only_unread
        assert len(app.reader.entries.ids) == 4


async def test_a_folder_that_went_empty_is_left(staged: StagedLibrary) -> None:
    kept, gone = (
        staged.feed_named("https://a.se/rss", "Kvar"),
        staged.feed_named("https://b.se/rss", "Borta", "Mapp/Inre"),
    )
    staged.keep(kept, an_entry(1))
    staged.keep(gone, an_entry(2))
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        app.reader.base = View(folder="Mapp")
        await settle(pilot)
        feeds.delete(app.reader)
        await press(pilot, "j", "enter")
        assert app.reader.base == View()
        assert len(app.reader.entries.ids) == 1


async def test_the_last_feed_can_go(staged: StagedLibrary) -> None:
    staged.keep(staged.feed_named("https://a.se/rss", "Enda"), an_entry(1))
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "enter", "i", "d")
        assert "1 entry goes with it. This cannot be undone." in shown(app)
        await press(pilot, "j", "enter")
        assert app.reader.text.entry is None
        assert not app.reader.entries.ids
        await press(pilot, "escape", "j", "space")
        feeds.delete(app.reader)
        await settle(pilot)
        assert app.screen is app.reader
        assert app.reader.status.notice == "no feed is chosen"


async def test_a_feed_that_was_left_before_can_go_too(two_blogs: StagedLibrary) -> None:
    two_blogs.unsubscribe(two_blogs.feed(BLOG).id)
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, *["j"] * 20)
        feeds.delete(app.reader)
        await press(pilot, "j", "enter")
        assert len(app.reader.entries.ids) == 4
    assert two_blogs.counts().total == 4


async def test_why_a_feed_could_not_be_deleted_is_said(
    two_blogs: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_library: Library, _feed_id: int) -> int:
        raise StorageError("the disk is full")

    monkeypatch.setattr(Library, "delete_feed", refuse)
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(app, pilot, BLOG)
        await press(pilot, "i", "d", "j", "enter")
        assert app.reader.status.message == "the disk is full"
        assert app.reader.status.busy == ""
        assert len(app.reader.entries.ids) == 132


async def test_what_ailed_it_is_said_no_more(two_blogs: StagedLibrary) -> None:
    fail(two_blogs, two_blogs.feed("Upphandlingsmyndigheten").id, 4)
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await press(pilot, "1", "G")
        assert "failing since" in app.reader.status.hint
        await press(pilot, "i", "d", "j", "enter")
        assert "failing since" not in shown(app)
        assert app.reader.base == View()


# --- mouse, palette, language, sizes, strangers -------------------------------------------------------


async def click_on(app: FeedReaderApp, pilot: Pilot[None], words: str) -> None:
    for y, line in enumerate(shown(app).split("\n")):
        if words in line:
            await pilot.click(offset=(line.index(words) + 2, y))
            await settle(pilot)
            return
    raise AssertionError(f"{words} is not on the screen")


async def test_the_mouse_does_what_the_keys_do(two_blogs: StagedLibrary) -> None:
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(app, pilot, BLOG)
        await press(pilot, "i")
        await click_on(app, pilot, "a address")
        assert isinstance(app.screen, AddressScreen)
        await press(pilot, "escape")
        await click_on(app, pilot, "Esc closes")
        assert len(app.screen_stack) == 1
        await press(pilot, "i")
        await click_on(app, pilot, "d delete")
        assert isinstance(app.screen, DeleteScreen)
        await click_on(app, pilot, "Delete it and its entries")
        assert len(app.reader.entries.ids) == 4


@pytest.mark.parametrize(
    ("typed", "screen"), [("address", AddressScreen), ("delete this", DeleteScreen)]
)
async def test_the_palette_leads_there(
    app: FeedReaderApp, typed: str, screen: type[AddressScreen | DeleteScreen]
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p", *(key if key != " " else "space" for key in typed))
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, screen)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_every_word_of_them_shows(
    two_blogs: StagedLibrary,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    size: tuple[int, int],
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    i18n.use_language(language)
    app = FeedReaderApp(two_blogs, now=lambda: NOW)
    async with app.run_test(size=size) as pilot:
        await begin(app, pilot, BLOG)
        await press(pilot, "i")
        assert isinstance(app.screen, FeedScreen)
        keys = app.screen.query_one(".dialog--keys", Static)
        assert keys.region.bottom < size[1]
        said = ("d delete", "Esc closes") if language == "en" else ("d ta bort", "Esc stänger")
        assert all(words in shown(app) for words in said)  # no key is broken into two lines
        await press(pilot, "escape")
        for key in ("a", "d", "g"):
            await press(pilot, "i", key)
            keys = app.screen.query_one(".dialog--keys", Static)
            assert keys.region.height
            assert keys.region.bottom < size[1]
            assert "Enter" in shown(app)
            await press(pilot, "escape", "escape")
        feeds.delete(app.reader)
        await settle(pilot)
        choices = app.screen.query_one(Choices)
        assert choices.highlighted == 0
        assert choices.region.height == 2


async def test_hostile_names_are_text(staged: StagedLibrary, site: Site) -> None:
    title = "[bold]x[/bold] [@click=app.quit]q[/] \x1b[2J\u202e"
    feed = staged.feed_named("https://exempel.se/rss", title)
    staged.keep(feed, an_entry(1))
    site.found = NotAFeed("https://exempel.se/", title)
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        feeds.readdress(app.reader)
        await type_address(app, pilot, "a.se")
        await settle(pilot)
        assert "[@click=app.quit]q[/]" in shown(app)
        await press(pilot, "escape")
        feeds.delete(app.reader)
        await settle(pilot)
        text = shown(app)
        await press(pilot, "j", "enter")
        assert "[bold]x[/bold]" in text
        assert not {"\x1b", "\u202e"} & set(text + shown(app))
        assert app.focused is app.reader.entries
