"""What undo takes back: marks, what was done to a feed or a saved search, each in its turn; and what it cannot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from flodeslasare.documents import FoundFeed, Subscription
from flodeslasare.errors import Busy
from flodeslasare.library.library import Library
from flodeslasare.model import Marked, View
from flodeslasare.query.saved import saved_query
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.screens import _feeds as feeds
from flodeslasare.tui.screens import _saved as saved
from pilots import press, settle, until
from tui.samples import NOW, StagedLibrary, fill
from tui.test_reader import WIDE, locked, shown

OTHER = "Konkurrensverket"


async def test_leaving_a_feed_is_undone_as_it_was(filled: StagedLibrary) -> None:
    before = filled.feed(OTHER)
    filled.rename_feed(before.id, "Eget namn")
    before = filled.feed(before.id)
    counts = filled.counts()
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        app.reader.base = View(feed_id=before.id)
        await settle(pilot)
        await pilot.press("i", "x")
        await settle(pilot)
        assert "unsubscribed from Eget namn; its entries stay · u undoes it" in shown(app)
        assert before.id not in {feed.id for feed in filled.feeds()}
        await pilot.press("u")
        await settle(pilot)
        assert "subscribed to Eget namn again" in shown(app)
        assert filled.feed(before.id) == before
        assert app.reader.base == View(feed_id=before.id)
        assert filled.counts() == counts
        await pilot.press("u")  # what was marked before the screen was opened
        await settle(pilot)
        assert filled.counts() != counts


async def test_what_is_unread_again_comes_back_into_the_list_of_the_unread(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    filled.mark_unread(filled.listing(View(), first=None).ids)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "A", "f")
        assert not app.reader.entries.ids
        await press(pilot, "u")
        assert len(app.reader.entries.ids) == 132
        assert "All entries  132" in shown(app)


async def test_what_lost_its_star_comes_back_into_the_list_of_the_starred(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        starred = list(filled.listing(View(starred=True), first=None).ids)
        app.reader.base = View(starred=True)
        await settle(pilot)
        await press(pilot, "s", ".")
        assert list(app.reader.entries.ids) == starred[1:]
        await press(pilot, "u")
        assert list(app.reader.entries.ids) == starred


async def test_what_was_done_last_is_undone_first(filled: StagedLibrary) -> None:
    filled.save_search("Fågel", "kyckling")
    other = filled.feed(OTHER).id
    app = FeedReaderApp(filled, now=lambda: NOW)
    state: list[tuple[int, bool, int]] = []

    def look() -> None:
        state.append(
            (
                filled.counts().starred,
                other in {feed.id for feed in filled.feeds()},
                len(filled.saved_searches()),
            )
        )

    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        look()
        await pilot.press("s")
        look()
        feeds.remove(app.reader, filled.feed(other))
        await settle(pilot)
        look()
        await pilot.press("j", "j", "s")
        look()
        app.reader.base = View(query=saved_query("Fågel"))
        await settle(pilot)
        saved.forget(app.reader)
        await settle(pilot)
        look()
        for expected in reversed(state[:-1]):
            await pilot.press("u")
            await settle(pilot)
            look()
            assert state[-1] == expected
    assert state[0] == (2, True, 1)
    assert state[4] == (4, False, 0)


async def test_a_mark_that_changed_nothing_is_no_step(
    filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = filled.feed(OTHER).id
    filled.mark_read(filled.listing(View()).ids)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        feeds.remove(app.reader, filled.feed(other))
        await settle(pilot)
        await pilot.press("A")  # all is read

        def busy(_library: Library, _entry_ids: Iterable[int]) -> Marked:
            raise Busy("busy")

        with monkeypatch.context() as patched:
            patched.setattr(Library, "mark_read", busy)  # in the background
            await pilot.press("A")
            await settle(pilot)
        await pilot.press("u")
        await settle(pilot)
        assert filled.feed(other).is_subscribed
        assert OTHER in shown(app)


async def test_what_another_program_holds_up_can_be_undone_later(
    filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = filled.feed(OTHER).id
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        feeds.remove(app.reader, filled.feed(other))
        await settle(pilot)

        def busy(_library: Library, _feed_id: int) -> None:
            raise Busy("busy")

        with monkeypatch.context() as patched:
            patched.setattr(Library, "resubscribe", busy)
            await press(pilot, "u")  # in the background, where it waits in vain
            assert app.reader.status.message == "busy"
        await pilot.press("u")
        await settle(pilot)
        assert filled.feed(other).is_subscribed


async def test_what_is_done_to_feeds_and_searches_waits_for_another_writer_and_the_screen_does_not(
    tmp_path: Path,
) -> None:
    with StagedLibrary(tmp_path / "library.db", wait_seconds=0.01) as library:
        fill(library)
        other = library.feed(OTHER)
        library.save_search("Fågel", "fågel")
        app = FeedReaderApp(library, now=lambda: NOW)

        def state() -> tuple[object, ...]:
            feed = library.feed(other.id)
            names = {each.name: each.query for each in library.saved_searches()}
            return feed.title, feed.folder, feed.is_subscribed, names

        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            reader = app.reader

            async def meanwhile(do: Callable[[], object], typed: str = "") -> None:
                """Do something while another program writes, and see that the screen goes on."""
                before = state()
                with closing(locked(library)) as program:
                    do()
                    if typed:
                        await pilot.pause()
                        app.screen.query_one(Input).value = typed
                        await pilot.press("enter")
                    await until(pilot, lambda: "Waiting for another program" in shown(app))
                    await pilot.press("z")
                    assert reader.alone
                    await pilot.press("z")
                    assert not reader.alone
                    assert state() == before
                    program.execute("ROLLBACK")
                await settle(pilot)
                assert "Waiting" not in shown(app)
                assert state() != before

            steps = [state()]
            for do, typed in (
                (partial(feeds.rename, reader, other), "Nytt namn"),
                (partial(feeds.move, reader, other), "Ny mapp"),
                (partial(feeds.remove, reader, other), ""),
            ):
                await meanwhile(do, typed)
                steps.append(state())
            reader.query_text = "vägledning"
            await settle(pilot)
            await meanwhile(partial(saved.save, reader), "Vägledning")
            steps.append(state())
            reader.query_text = ""
            reader.base = View(query=saved_query("Fågel"))
            await settle(pilot)
            await meanwhile(partial(saved.rename, reader), "Höns")
            steps.append(state())
            await meanwhile(partial(saved.forget, reader))
            for expected in reversed(steps):
                await meanwhile(reader.action_undo)
                assert state() == expected


async def test_what_is_gone_for_good_does_not_stand_in_the_way(filled: StagedLibrary) -> None:
    other = filled.feed(OTHER).id
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        starred = filled.counts().starred
        await pilot.press("s")
        feeds.remove(app.reader, filled.feed(other))
        await settle(pilot)
        url = filled.feed(other).url
        filled.delete_feed(other)
        filled.add_subscription(Subscription(url=url))  # another of that address
        await press(pilot, "u")
        assert app.reader.status.message == (
            f"{OTHER} has been deleted, by another program; nothing was undone"
        )
        await pilot.press("u")
        await settle(pilot)
        assert filled.counts().starred == starred


async def answer(pilot: Pilot[None], text: str) -> None:
    """Put a text in the place of what stands in a question, and press Enter."""
    await press(pilot, "ctrl+u", "ctrl+k", *text, "enter")


async def test_a_name_is_taken_back(filled: StagedLibrary) -> None:
    before = filled.feed(OTHER)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        app.reader.base = View(feed_id=before.id)
        await press(pilot, "i", "n")
        await answer(pilot, "Eget")
        assert "Konkurrensverket is now called Eget · u undoes it" in shown(app)
        assert filled.feed(before.id).named == "Eget"
        await press(pilot, "n")
        await answer(pilot, "")
        assert "Eget is now called Konkurrensverket · u undoes it" in shown(app)
        await press(pilot, "escape")
        await press(pilot, "u")
        assert "Konkurrensverket is called Eget again" in shown(app)
        assert filled.feed(before.id).named == "Eget"
        await press(pilot, "u")
        assert "Eget is called Konkurrensverket again" in shown(app)
        assert filled.feed(before.id) == before


async def test_a_move_is_taken_back_to_where_one_was_looking(filled: StagedLibrary) -> None:
    other, third = filled.feed("Upphandlingsmyndigheten"), filled.feed(OTHER)
    filled.move_feed(third.id, None)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        app.reader.base = View(folder="Statligt")
        await settle(pilot)
        feeds.move(app.reader, filled.feed(other.id))
        await settle(pilot)
        await answer(pilot, "Nytt/Inre")
        assert "Upphandlingsmyndighet… is now in Nytt/Inre · u undoes it" in shown(app)
        assert app.reader.base == View()  # the folder is empty
        assert "▾ Nytt" in shown(app)
        feeds.move(app.reader, filled.feed(other.id))
        await settle(pilot)
        await answer(pilot, "")
        assert "is now in no folder · u undoes it" in shown(app)
        await press(pilot, "u")
        assert "is in Nytt/Inre again" in shown(app)
        assert app.reader.base == View()
        await press(pilot, "u")
        assert "is in Statligt again" in shown(app)
        assert filled.feed(other.id) == other
        assert app.reader.base == View(folder="Statligt")
        feeds.move(app.reader, filled.feed(third.id))
        await settle(pilot)
        await answer(pilot, "Statligt")
        await press(pilot, "u")
        assert "Konkurrensverket is in no folder again" in shown(app)
        assert filled.feed(third.id).folder is None


async def test_what_was_done_to_feeds_is_undone_among_marks(filled: StagedLibrary) -> None:
    other = filled.feed(OTHER).id
    app = FeedReaderApp(filled, now=lambda: NOW)

    def state() -> tuple[int, str | None, str | None, bool]:
        feed = filled.feed(other)
        return filled.counts().starred, feed.named, feed.folder, feed.is_subscribed

    async def rename() -> None:
        feeds.rename(app.reader, filled.feed(other))
        await settle(pilot)
        await answer(pilot, "Eget")

    async def move() -> None:
        feeds.move(app.reader, filled.feed(other))
        await settle(pilot)
        await answer(pilot, "Nytt")

    async def leave() -> None:
        feeds.remove(app.reader, filled.feed(other))
        await settle(pilot)

    async def star() -> None:
        await press(pilot, "j", "j", "s")

    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        states = [state()]
        for do in (star, rename, star, move, leave, star):
            await do()
            states.append(state())
        assert len(set(states)) == len(states)
        for expected in reversed(states[:-1]):
            await press(pilot, "u")
            assert state() == expected


async def test_an_answer_that_changes_nothing_is_no_step(filled: StagedLibrary) -> None:
    other = filled.feed(OTHER)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        starred = filled.counts().starred
        await press(pilot, "s")
        for ask, answers in (
            (feeds.rename, ("", OTHER, f"  {OTHER} ")),
            (feeds.move, ("Statligt", " Statligt/")),
        ):
            for text in answers:
                ask(app.reader, other)
                await settle(pilot)
                await answer(pilot, text)
        assert filled.feed(other.id) == other
        await press(pilot, "u")
        assert filled.counts().starred == starred


async def test_a_name_that_went_up_in_another_feed_is_not_given_back(
    filled: StagedLibrary,
) -> None:
    other, blog = filled.feed(OTHER), filled.feed("hållbarupphandling")
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        feeds.rename(app.reader, other)
        await settle(pilot)
        await answer(pilot, "Eget")
        filled.merge_feeds(other.id, blog.id)
        await press(pilot, "u")
        assert app.reader.status.message == (
            "Eget is now part of Eget; nothing was undone"  # it had no name of its own
        )
        assert filled.feed(blog.id).title == "Eget"


# --- what another program has done since -----------------------------------------------------------------


async def test_what_another_program_has_changed_since_is_not_undone(
    filled: StagedLibrary,
) -> None:
    other = filled.feed(OTHER)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        starred = filled.counts().starred
        await press(pilot, "s")
        for ask, text, change in (
            (feeds.rename, "Eget", partial(filled.rename_feed, other.id, "Annans")),
            (feeds.move, "Nytt", partial(filled.move_feed, other.id, "Annans")),
        ):
            ask(app.reader, filled.feed(other.id))
            await settle(pilot)
            await answer(pilot, text)
            change()
        await press(pilot, "u")
        assert app.reader.status.message == (
            "Annans has been changed since, by another program; nothing was undone"
        )
        await press(pilot, "u")
        assert "has been changed since" in app.reader.status.message
        now = filled.feed(other.id)
        assert (now.named, now.folder) == ("Annans", "Annans")
        await press(pilot, "u")  # and on to what was done before
        assert filled.counts().starred == starred


async def test_a_feed_that_was_left_and_went_up_in_another_is_not_taken_up_again(
    filled: StagedLibrary,
) -> None:
    other, blog = filled.feed(OTHER), filled.feed("hållbarupphandling")
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        feeds.remove(app.reader, other)
        await settle(pilot)
        filled.merge_feeds(other.id, blog.id)
        await press(pilot, "u")
        assert app.reader.status.message == (
            f"{OTHER} is now part of hållbarupphandling; nothing was undone"
        )
        assert other.id not in {feed.id for feed in filled.feeds()}


# --- an address ------------------------------------------------------------------------------------------


async def readdress(app: FeedReaderApp, pilot: Pilot[None], title: str, address: str) -> None:
    feeds.readdress(app.reader, app.library.feed(title))
    await settle(pilot)
    await answer(pilot, address)


async def test_an_address_is_taken_back_and_the_feed_fetched_from_there(
    filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def discover(_library: Library, address: str) -> list[FoundFeed]:
        return [FoundFeed(url=address)]

    monkeypatch.setattr(Library, "discover", discover)
    before = filled.feed(OTHER)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        told: list[str] = []  # what a refresh says comes soon after it
        monkeypatch.setattr(app.reader.status, "tell", lambda said, **_kind: told.append(said))
        starred = filled.counts().starred
        await press(pilot, "s")
        await readdress(app, pilot, OTHER, "https://ny.exempel.se/rss")
        assert "Konkurrensverket is now fetched from ny.exempel.se/rss · u undoes it" in told
        assert filled.feed(before.id).url == "https://ny.exempel.se/rss"
        await readdress(app, pilot, OTHER, "https://ny.exempel.se/rss#2")  # the same
        assert "Konkurrensverket is now fetched from ny.exempel.se/rss" in told
        await press(pilot, "u")
        assert "Konkurrensverket is fetched from exempel.se/tredje.xml again" in told
        now = filled.feed(before.id)
        assert (now.url, now.total, now.next_refresh) == (before.url, before.total, None)
        assert filled.refreshed == [([before.id], False)] * 3
        await press(pilot, "u")
        assert filled.counts().starred == starred


async def test_an_address_that_another_feed_has_by_now_is_not_given_back(
    filled: StagedLibrary,
) -> None:
    filled.is_offline = True
    before = filled.feed(OTHER)
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await readdress(app, pilot, OTHER, "https://ny.exempel.se/rss")
        filled.add_subscription(Subscription(url=before.url, title="Nykomling"))
        await press(pilot, "u")
        assert app.reader.status.message == (
            "the address that Konkurrensverket had is Nykomling's by now; nothing was undone"
        )
        assert filled.feed(before.id).url == "https://ny.exempel.se/rss"


# --- what is for good ------------------------------------------------------------------------------------


async def delete(app: FeedReaderApp, pilot: Pilot[None], title: str) -> None:
    feeds.delete(app.reader, app.library.feed(title))
    await settle(pilot)
    await press(pilot, "j", "enter")


async def merge(app: FeedReaderApp, pilot: Pilot[None], title: str, into: str) -> None:
    feeds.merge(app.reader, app.library.feed(title))
    await settle(pilot)
    await press(pilot, *into, "enter", "enter", "j", "enter")


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (partial(delete, title=OTHER), "Konkurrensverket is deleted"),
        (
            partial(merge, title=OTHER, into="blogg"),
            "Konkurrensverket is now part of hållbarupphandling",
        ),
    ],
)
async def test_what_is_for_good_is_said_to_be_before_undo_goes_on_to_what_was_before(
    filled: StagedLibrary, do: Callable[..., Awaitable[None]], said: str
) -> None:
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        starred = filled.counts().starred
        await press(pilot, "s")
        feeds.rename(app.reader, filled.feed(OTHER))  # goes with the feed
        await settle(pilot)
        await answer(pilot, OTHER + " ")
        await do(app, pilot)
        assert OTHER not in {feed.title for feed in filled.feeds()}
        await press(pilot, "u")
        assert app.reader.status.message == (
            f"{said}: that cannot be undone · the next u takes back: 1 starred"
        )
        assert filled.counts().starred == starred + 1
        await press(pilot, "u")
        assert not app.reader.status.message
        assert filled.counts().starred == starred


async def test_what_undo_goes_on_to_is_what_it_can_take_back(filled: StagedLibrary) -> None:
    blog = filled.feed("hållbarupphandling")
    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        feeds.rename(app.reader, blog)
        await settle(pilot)
        await answer(pilot, "Bloggen")
        feeds.rename(app.reader, filled.feed(OTHER))  # goes with the feed
        await settle(pilot)
        await answer(pilot, "Eget")
        await delete(app, pilot, "Eget")
        await delete(app, pilot, "Upphandlingsmyndigheten")
        await press(pilot, "u")  # of what is for good the last is told
        assert app.reader.status.message == (
            "Upphandlingsmyndighet… is deleted: that cannot be undone · "
            "the next u takes back: hållbarupphandling is now called Bloggen"
        )
        await press(pilot, "u")
        assert filled.feed(blog.id) == blog
        while filled.last_mark() is not None:
            filled.undo()
        await delete(app, pilot, "hållbarupphandling")
        await press(pilot, "u")
        assert app.reader.status.message == (
            "hållbarupphandling is deleted: that cannot be undone, "
            "and before it there is nothing to undo"
        )


async def test_what_could_not_be_deleted_is_no_step(
    filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_library: Library, *_ids: int) -> int:
        raise Busy("busy")

    app = FeedReaderApp(filled, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        starred = filled.counts().starred
        await press(pilot, "s")
        monkeypatch.setattr(Library, "delete_feed", busy)
        monkeypatch.setattr(Library, "merge_feeds", busy)
        await delete(app, pilot, OTHER)
        await merge(app, pilot, OTHER, "blogg")
        assert app.reader.status.message == "busy"
        await press(pilot, "u")
        assert filled.counts().starred == starred
