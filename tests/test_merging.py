"""Two feeds become one: every entry, mark, earlier text and place is still there, once."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer

from builders import NOW, Clock, an_entry, as_known, entries, keep, readdress
from flodeslasare.documents import Subscription
from flodeslasare.errors import NoSuchFeed, UsageError
from flodeslasare.library import Library
from flodeslasare.library.plan import plan_merge
from flodeslasare.model import Feed, FeedResult, RefreshStatus, View
from flodeslasare.storage import FeedStore, open_database
from flodeslasare.storage.feeds import CONFIRMATIONS
from test_refresh import refresh, rss, serve


def subscribed(library: Library, url: str, **parts: str) -> Feed:
    feed = library.add_subscription(Subscription(url=url, **parts))
    assert feed is not None
    return feed


def test_what_is_the_same_entry_of_another_feed() -> None:
    into = [
        as_known(an_entry(guid="a", url=None), 1),
        as_known(an_entry(guid="b", url="https://a.example/b", title="B"), 2),
        as_known(an_entry(guid="c", url="https://a.example/c", title="C"), 3),
        as_known(an_entry(guid="d", url="https://a.example/d", title="D"), 4),
    ]
    merged = [
        as_known(an_entry(guid="a", url=None, title="other words"), 11),  # the same name
        as_known(an_entry(guid="B", url="https://a.example/b", title="B"), 12),  # link and title
        as_known(
            an_entry(guid="C", url="https://a.example/c", title="another", published=None), 13
        ),  # a link alone proves nothing
        as_known(an_entry(guid="D", url="https://a.example/d", title="D"), 14),
        as_known(an_entry(guid="d", url="https://a.example/d", title="D"), 15),  # side by side
    ]

    assert plan_merge(merged, into) == [(11, 1), (12, 2), (15, 4)]


def test_merging_keeps_everything_once(library: Library, clock: Clock) -> None:
    old = subscribed(library, "https://old.example/feed", folder="Bloggar")
    new = subscribed(library, "https://new.example/feed")
    library.rename_feed(old.id, "Min blogg")
    keep(library, old.id, *entries(6))
    edited = an_entry(guid="nr-0", url="https://blogg.exempel/0", title="Ändrat", published=NOW)
    keep(library, old.id, edited, now=NOW + timedelta(hours=1))
    keep(library, new.id, *entries(3), an_entry(guid="only-new", url=None))
    ids = {(entry.feed_id, entry.guid): entry.id for entry in library.entries(View(), limit=100)}
    library.mark_read([ids[old.id, "nr-1"], ids[new.id, "nr-2"], ids[old.id, "nr-5"]])
    library.star([ids[old.id, "nr-2"]])
    library.keep_place(ids[old.id, "nr-1"], 0.5)
    library.keep_place(ids[old.id, "nr-4"], 0.25)

    merged = library.merge_feeds(old.id, new.id)

    assert (merged.moved, merged.joined) == (3, 3)
    found = {entry.guid: entry for entry in library.entries(View(feed_id=new.id), limit=100)}
    assert sorted(found) == ["nr-0", "nr-1", "nr-2", "nr-3", "nr-4", "nr-5", "only-new"]
    assert [guid for guid, entry in sorted(found.items()) if entry.is_read] == [
        "nr-1",
        "nr-2",
        "nr-5",
    ]
    assert [guid for guid, entry in found.items() if entry.is_starred] == ["nr-2"]
    assert found["nr-4"].id == ids[old.id, "nr-4"]
    assert library.place(found["nr-1"].id) == 0.5
    assert library.place(found["nr-4"].id) == 0.25
    # The text that the other had, and the one before it.
    assert [version.title for version in library.earlier_versions(found["nr-0"].id)] == [
        "Ändrat",
        "Inlägg 0",
    ]
    assert found["nr-0"].versions == 2
    counts = library.counts()
    assert (counts.total, counts.unread, counts.starred) == (7, 4, 1)
    assert sum(month.total for month in library.months()) == 7
    assert {month.feed_id for month in library.months()} == {new.id}
    assert library._index.check().is_sound
    assert len(library.listing(View(query="inlägg")).ids) == 6
    stays = library.feed(new.id)
    assert (stays.title, stays.folder, stays.total) == ("Min blogg", "Bloggar", 7)
    assert [feed.id for feed in library.feeds()] == [new.id]


def test_the_text_of_one_stays_where_the_other_has_lost_its_own(library: Library) -> None:
    old, new = (subscribed(library, f"https://{name}.example/feed") for name in "ab")
    for feed in (old, new):
        keep(library, feed.id, an_entry())
    (kept,) = library.entries(View(feed_id=new.id))
    with closing(open_database(library.path)) as database:
        database.run("DELETE FROM texts WHERE entry_id = ?", (kept.id,))

    assert library.merge_feeds(old.id, new.id).joined == 1

    assert [version.html for version in library.earlier_versions(kept.id)] == [an_entry().html]


def test_the_address_of_a_merged_feed_leads_to_the_other(library: Library) -> None:
    first, second, third = (
        subscribed(library, f"https://{name}.example/feed", title="Bloggen") for name in "abc"
    )
    library.merge_feeds(first.id, second.id)
    library.merge_feeds(second.id, third.id)

    assert library.feed("https://a.example/feed").id == third.id
    assert library.feed("Bloggen").id == third.id
    assert library.add_subscription(Subscription(url="https://a.example/feed")) is None
    library.unsubscribe(third.id)
    again = library.add_subscription(Subscription(url="https://b.example/feed"))
    assert again is not None
    assert again.id == third.id
    assert [feed.id for feed in library.feeds()] == [third.id]


def test_one_is_merged_for_good_also_where_the_other_gets_a_new_address(library: Library) -> None:
    first, second = (subscribed(library, f"https://{name}.example/feed") for name in "ab")
    library.merge_feeds(first.id, second.id)
    asyncio.run(readdress(library, second, "https://c.example/feed"))

    assert library.feed("https://a.example/feed").id == second.id
    assert library.add_subscription(Subscription(url="https://a.example/feed")) is None
    with pytest.raises(NoSuchFeed):
        library.rename_feed(first.id, "x")


def test_a_feed_that_has_moved_to_another_is_itself_until_they_are_merged(
    library: Library,
) -> None:
    old, new = (subscribed(library, f"https://{name}.example/feed") for name in "ab")
    keep(library, old.id, *entries(2))
    with closing(open_database(library.path)) as database:
        FeedStore(database).moving(old.id, new.url, CONFIRMATIONS)

    assert library.feed(old.url).merge_into == new.id
    assert library.feed(new.url).id == new.id
    library.unsubscribe(old.id)  # and what it has stays its own
    assert library.feed(old.url).id == library.feed(old.id).id == old.id
    again = library.add_subscription(Subscription(url=old.url))
    assert again is not None
    assert (again.id, again.total) == (old.id, 2)


def test_a_feed_is_not_merged_into_itself_or_nothing(library: Library, feed: Feed) -> None:
    keep(library, feed.id, *entries(2))

    with pytest.raises(UsageError):
        library.merge_feeds(feed.id, feed.id)
    with pytest.raises(NoSuchFeed):
        library.merge_feeds(feed.id, 99)

    assert library.counts().total == 2


async def test_a_redirect_onto_another_subscription_is_offered_once_it_has_held(
    library: Library, httpserver: HTTPServer
) -> None:
    for name in ("old", "new"):
        serve(httpserver, f"/{name}", rss(entries(2)))
    old, _result = await library.subscribe(httpserver.url_for("/old"))
    new, _result = await library.subscribe(httpserver.url_for("/new"))
    httpserver.clear()
    asked = []
    httpserver.expect_request("/old").respond_with_data(
        "", status=301, headers={"Location": "/new"}
    )
    serve(httpserver, "/new", rss(entries(2)))

    offers = []
    for _ in range(3):
        await refresh(library, old)
        offers.append(library.feed(old.id).merge_into)
    library.merge_feeds(old.id, new.id)
    asked = await refresh(library)
    (again,) = [
        result
        async for result in library.refresh([library.feed(httpserver.url_for("/old")).id])
        if isinstance(result, FeedResult)
    ]

    assert offers == [None, None, new.id]
    assert [result.feed_id for result in asked] == [new.id]
    assert (again.feed_id, again.status) == (new.id, RefreshStatus.UNCHANGED)
    assert library.counts().total == 2


async def test_a_redirect_that_does_not_hold_changes_nothing(
    library: Library, httpserver: HTTPServer
) -> None:
    for name in ("old", "new"):
        serve(httpserver, f"/{name}", rss(entries(1)))
    old, _result = await library.subscribe(httpserver.url_for("/old"))
    await library.subscribe(httpserver.url_for("/new"))

    for moved in (True, True, False, True, True):
        httpserver.clear()
        serve(httpserver, "/new", rss(entries(1)))
        if moved:
            httpserver.expect_request("/old").respond_with_data(
                "", status=301, headers={"Location": "/new"}
            )
        else:
            serve(httpserver, "/old", rss(entries(1)))
        await refresh(library, old)

    assert library.feed(old.id).merge_into is None
    assert library.feed(old.id).url == httpserver.url_for("/old")


async def test_a_public_feed_is_never_readdressed_to_a_private_address(
    library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the environment lets it be followed there."""
    monkeypatch.setenv("FLODESLASARE_ALLOW_PRIVATE", "1")
    serve(httpserver, "/old", rss(entries(1)))
    old, _result = await library.subscribe(httpserver.url_for("/old"))
    library._database.run("UPDATE feeds SET allows_private = 0")
    httpserver.clear()
    httpserver.expect_request("/old").respond_with_data(
        "", status=301, headers={"Location": "/new"}
    )
    serve(httpserver, "/new", rss(entries(1)))

    for _ in range(4):
        await refresh(library, old)

    assert library.feed(old.id).url == httpserver.url_for("/old")
