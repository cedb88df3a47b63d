"""Subscribing, refreshing and backfilling, over real HTTP on loopback, into a real file."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing, closing
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from builders import NOW, Clock, an_entry, entries, readdress
from flodeslasare.config import Settings
from flodeslasare.documents import (
    FeedUpdate,
    FetchState,
    KnownEntry,
    ParsedEntry,
    Subscription,
)
from flodeslasare.errors import AddressRefused, FetchError, NoSuchFeed, NotAFeed, StorageError
from flodeslasare.library import Library
from flodeslasare.library.plan import plan_update
from flodeslasare.library.refresh import FEW_OF_A_HOST, PAUSE_SECONDS, by_turns, pauses
from flodeslasare.library.subscriptions import Subscriptions
from flodeslasare.model import Feed, FeedResult, FeedStarted, RefreshStatus, RefreshWaits, View
from flodeslasare.storage import FeedStore, open_database
from flodeslasare.tui.app import collect_again


def rss(parsed: Sequence[ParsedEntry], title: str = "Bloggen", extra: str = "") -> str:
    items = "".join(
        f"<item><title>{escape(entry.title)}</title><link>{escape(entry.url or '')}</link>"
        f"<guid isPermaLink='false'>{entry.guid}</guid>"
        f"<pubDate>{format_datetime(entry.published) if entry.published else ''}</pubDate>"
        f"<description>{escape(entry.html)}</description></item>"
        for entry in parsed
    )
    return (
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>{title}</title><link>https://blogg.exempel/</link>"
        f"{extra}{items}</channel></rss>"
    )


def serve(server: HTTPServer, path: str, body: str, **headers: str) -> None:
    server.expect_request(path).respond_with_data(
        body, content_type="application/rss+xml", headers=headers
    )


async def refresh(library: Library, *feeds: Feed, due_only: bool = False) -> list[FeedResult]:
    ids = [feed.id for feed in feeds] or None
    async with aclosing(library.refresh(ids, due_only=due_only)) as results:
        return [result async for result in results if isinstance(result, FeedResult)]


async def test_subscribing_by_a_pages_address_finds_its_feed_and_brings_its_entries(
    library: Library, httpserver: HTTPServer
) -> None:
    serve(httpserver, "/feed", rss(entries(3)))
    httpserver.expect_request("/").respond_with_data(
        '<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>',
        content_type="text/html",
    )

    feed, result = await library.subscribe(httpserver.url_for("/"), folder="Bloggar")

    assert (feed.url, feed.title, feed.folder) == (
        httpserver.url_for("/feed"),
        "Bloggen",
        "Bloggar",
    )
    assert (result.status, result.new) == (RefreshStatus.OK, 3)
    assert feed.unread == 3
    assert [row.title for row in library.rows(list(library.listing(View()).ids))] == [
        "Inlägg 0",
        "Inlägg 1",
        "Inlägg 2",
    ]


async def test_an_address_without_a_scheme_is_asked_over_http_where_https_fails(
    library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def on_this_machine(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr("flodeslasare.fetching.http.look_up", on_this_machine)
    serve(httpserver, "/feed", rss(entries(3)))

    feed, result = await library.subscribe(f"blogg.lan:{httpserver.port}/feed")

    assert feed.url == f"http://blogg.lan:{httpserver.port}/feed"
    assert result.new == 3
    with pytest.raises(FetchError):
        await library.subscribe(f"https://blogg.lan:{httpserver.port}/feed")


async def test_a_feed_that_a_page_led_to_may_not_lie_where_the_page_does_not(
    library: Library, httpserver: HTTPServer
) -> None:
    serve(httpserver, "/feed", rss(entries(3)))

    with pytest.raises(AddressRefused):
        await library.subscribe(httpserver.url_for("/feed"), led_from="https://blogg.exempel/")

    assert library.feeds() == []
    assert httpserver.log == []


async def test_subscribing_waits_for_another_writer_and_the_loop_does_not(
    library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(httpserver, "/feed", rss(entries(1)))
    loop = asyncio.get_running_loop()
    really_take_up = Subscriptions.take_up
    with closing(open_database(library.path)) as other:

        def take_up(subscriptions: Subscriptions, url: str, *, typed: str, **how: Any) -> int:
            loop.call_soon_threadsafe(other.connection.execute, "ROLLBACK")
            return really_take_up(subscriptions, url, typed=typed, **how)

        monkeypatch.setattr(Subscriptions, "take_up", take_up)
        other.connection.execute("BEGIN IMMEDIATE")
        feed, result = await library.subscribe(httpserver.url_for("/feed"))

    assert (feed.total, result.status) == (1, RefreshStatus.OK)


async def test_an_address_without_a_feed_or_without_an_answer_subscribes_to_nothing(
    library: Library, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/page").respond_with_data(
        "<html><p>Hej</p></html>", content_type="text/html"
    )

    with pytest.raises(NotAFeed):
        await library.subscribe(httpserver.url_for("/page"))
    with pytest.raises(FetchError):
        await library.subscribe("http://127.0.0.1:9/")

    assert library.feeds(unsubscribed=True) == []


async def test_the_second_refresh_asks_conditionally_and_changes_nothing(
    library: Library, httpserver: HTTPServer
) -> None:
    body = rss(entries(3))
    asked: list[str | None] = []

    def answer(request: Request) -> Response:
        asked.append(request.headers.get("If-None-Match"))
        if request.headers.get("If-None-Match") == 'W/"1"':
            return Response(status=304)
        return Response(body, content_type="application/rss+xml", headers={"ETag": 'W/"1"'})

    httpserver.expect_request("/feed").respond_with_handler(answer)
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    (again,) = await refresh(library, feed)

    assert asked[-1] == 'W/"1"'
    assert (again.status, again.new, again.updated) == (RefreshStatus.UNCHANGED, 0, 0)


async def test_an_equal_body_without_validators_is_not_parsed(
    library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(httpserver, "/feed", rss(entries(3)))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))

    async def never(*_args: object, **_options: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr("flodeslasare.fetching.pool.ParsePool.encoded", never)
    (again,) = await refresh(library, feed)

    assert again.status is RefreshStatus.UNCHANGED


@pytest.mark.parametrize("form", ["rss", "json"])
async def test_of_a_document_that_was_cut_the_rest_is_asked_for(
    library: Library, httpserver: HTTPServer, form: str
) -> None:
    items = [{"id": entry.guid, "title": entry.title} for entry in entries(9)]
    whole = rss(entries(9))
    if form == "json":
        whole = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})
    said = [whole[: len(whole) // 2]] * 3 + [whole] * 2
    asked: list[str | None] = []

    def answer(request: Request) -> Response:
        asked.append(request.headers.get("If-None-Match"))
        if asked[-1] == '"a"':
            return Response(status=304)
        return Response(said.pop(0), headers={"ETag": '"a"'})

    httpserver.expect_request("/feed").respond_with_handler(answer)
    feed, first = await library.subscribe(httpserver.url_for("/feed"))
    results = [(await refresh(library, feed))[0] for _ in range(3)]

    assert 1 < first.new < 9
    assert [result.new for result in results] == [0, 9 - first.new, 0]
    assert asked[-4:] == [None, None, None, '"a"']


async def test_an_entry_does_not_take_the_place_of_one_that_stands_beside_it_unchanged(
    library: Library, httpserver: HTTPServer
) -> None:
    one, two = (an_entry(guid="all", url=f"https://blogg.exempel/{number}") for number in "12")
    serve(httpserver, "/feed", rss([one, two]))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()
    serve(httpserver, "/feed", rss([an_entry(guid="own", url=one.url), one, two]))

    (again,) = await refresh(library, feed)

    assert (again.new, again.updated) == (1, 0)


async def test_notices_without_guids_that_lead_to_one_page_are_all_kept(
    library: Library, httpserver: HTTPServer
) -> None:
    def notices(*numbers: int) -> str:
        items = "".join(
            f"<item><title>Störning {n}</title><link>https://kommunen.exempel/</link></item>"
            for n in numbers
        )
        return f"<rss version='2.0'><channel><title>Driften</title>{items}</channel></rss>"

    serve(httpserver, "/feed", notices(2, 1))
    _feed, first = await library.subscribe(httpserver.url_for("/feed"))
    brought = [first.new]
    for numbers in ((3, 2, 1), (4,), (4,), (5, 4)):
        httpserver.clear_all_handlers()
        serve(httpserver, "/feed", notices(*numbers))
        [result] = await refresh(library)
        brought.append(result.new)

    assert brought == [2, 1, 1, 0, 1]
    titles = {row.title for row in library.rows(list(library.listing(View()).ids))}
    assert titles == {f"Störning {n}" for n in range(1, 6)}


async def test_hashes_that_name_no_guid_are_of_an_earlier_version_and_let_all_be_read(
    library: Library, httpserver: HTTPServer, tmp_path: Path
) -> None:
    serve(httpserver, "/feed", rss(entries(3)))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    with closing(sqlite3.connect(tmp_path / "library.db")) as database, database:
        (hashes,) = database.execute("SELECT item_hashes FROM feeds").fetchone()
        earlier = json.dumps([item.split(" ")[0] for item in json.loads(hashes)])
        database.execute("UPDATE feeds SET item_hashes = ?", (earlier,))
    httpserver.clear()
    serve(httpserver, "/feed", rss(entries(4)))

    (again,) = await refresh(library, feed)

    assert (again.new, again.updated) == (1, 0)
    assert len(library.listing(View()).ids) == 4


async def test_an_entry_stays_when_its_feed_drops_it_and_an_edit_is_told(
    library: Library, httpserver: HTTPServer
) -> None:
    before = entries(3)
    serve(httpserver, "/feed", rss(before))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()
    edited = an_entry(
        guid=before[0].guid, url=before[0].url, title="Rättat", published=before[0].published
    )
    serve(
        httpserver,
        "/feed",
        rss([an_entry(guid="ny", url="https://blogg.exempel/ny", published=NOW), edited]),
    )

    (result,) = await refresh(library, feed)

    assert (result.new, result.updated) == (1, 1)
    assert library.counts().total == 4


async def test_one_feeds_trouble_is_its_own(library: Library, httpserver: HTTPServer) -> None:
    for name in ("a", "b", "c"):
        serve(httpserver, f"/{name}", rss(entries(2), title=name))
        await library.subscribe(httpserver.url_for(f"/{name}"))
    httpserver.clear()
    serve(httpserver, "/a", rss(entries(3), title="a"))
    serve(httpserver, "/b", "<html>sorry</html>")
    serve(httpserver, "/c", rss(entries(4), title="c"))

    results = {result.title: result for result in await refresh(library)}

    assert [results[name].status for name in "abc"] == [
        RefreshStatus.OK,
        RefreshStatus.ERROR,
        RefreshStatus.OK,
    ]
    assert (results["a"].new, results["c"].new) == (1, 2)
    failing = library.feed("b")
    assert failing.failures == 1
    assert failing.failing_since is not None
    assert failing.last_error == results["b"].error
    assert failing.total == 2


async def test_a_reply_that_brings_out_a_bug_costs_its_feed_alone(
    library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(value: str | None, now: datetime) -> None:
        if value == "bug":
            raise LookupError(value)

    monkeypatch.setattr("flodeslasare.fetching._reply.retry_after", read)
    serve(httpserver, "/odd", rss(entries(1)), **{"Retry-After": "bug"})
    serve(httpserver, "/even", rss(entries(2)))
    for path in ("/odd", "/even"):
        library.add_subscription(Subscription(url=httpserver.url_for(path)))

    odd, even = sorted(await refresh(library), key=lambda result: result.new)

    assert odd.error == (
        "its reply brings out a fault of this program (LookupError); the log says more"
    )
    assert (even.status, even.new) == (RefreshStatus.OK, 2)
    assert library.feed(odd.feed_id).failures == 1


async def test_a_failing_feed_is_left_alone_for_longer_each_time_and_then_recovers(
    library: Library, httpserver: HTTPServer, clock: Clock
) -> None:
    serve(httpserver, "/feed", rss(entries(2)))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data(
        "", status=503, headers={"Retry-After": "7200"}
    )

    await refresh(library, feed)
    asked_to_wait = library.feed(feed.id).next_refresh
    clock.advance(hours=1)
    early = await refresh(library, due_only=True)
    httpserver.clear()
    serve(httpserver, "/feed", rss(entries(3)))
    clock.advance(hours=2)
    (late,) = await refresh(library, due_only=True)

    assert asked_to_wait == NOW + timedelta(seconds=7200)
    assert early == []
    assert (late.status, late.new) == (RefreshStatus.OK, 1)
    recovered = library.feed(feed.id)
    assert (recovered.failures, recovered.failing_since, recovered.last_error) == (0, None, None)


async def test_a_servers_pause_holds_for_all_its_feeds_and_counts_as_no_failure_of_theirs(
    library: Library, httpserver: HTTPServer, clock: Clock
) -> None:
    for name in "abcd":
        serve(httpserver, f"/{name}", rss(entries(1), title=name))
        await library.subscribe(httpserver.url_for(f"/{name}"))
    httpserver.clear()
    elsewhere = library.add_subscription(Subscription(url="http://127.0.0.1:9/feed"))
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        return Response(status=429, headers={"Retry-After": "7200"})

    httpserver.expect_request(re.compile("/.")).respond_with_handler(answer)

    results = await refresh(library, *(library.feed(name) for name in "abc"))

    (path,) = asked  # which is first, chance has a say in
    assert [result.status for result in results] == [RefreshStatus.ERROR] * 3
    assert "localhost asked us to wait until" in str(results[1].error)
    first = library.feed(path[1:])
    second, _third = (library.feed(name) for name in "abc" if name not in path)
    not_in_the_run = library.feed("d")
    assert first.failures == 1
    assert (second.failures, second.failing_since, second.last_error) == (0, None, None)
    for feed in (first, second, not_in_the_run):
        assert feed.next_refresh is not None
        assert feed.next_refresh >= NOW + timedelta(seconds=7195)
    assert elsewhere is not None
    assert library.feed(elsewhere.id).next_refresh is None
    # Another process, too: what is due is what its time has come for.
    clock.advance(hours=1)
    with library.opened_again() as other:
        assert [result.url for result in await refresh(other, due_only=True)] == [elsewhere.url]
    assert asked == [path]
    # The person may ask all the same.
    await refresh(library, not_in_the_run)
    assert asked == [path, "/d"]


async def test_a_private_feed_that_moves_out_is_followed_and_takes_no_leave_with_it(
    library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(httpserver, "/old", rss(entries(1)))
    feed, _result = await library.subscribe(httpserver.url_for("/old"))
    monkeypatch.setattr("flodeslasare.fetching.discover.names_private_network", lambda _url: False)
    httpserver.clear()
    httpserver.expect_request("/old").respond_with_data(
        "", status=301, headers={"Location": "/new"}
    )
    serve(httpserver, "/new", rss(entries(1)))

    results = [result for _ in range(4) for result in await refresh(library, feed)]

    assert {result.status for result in results} == {RefreshStatus.UNCHANGED}
    assert library.feed(feed.id).url == httpserver.url_for("/old")


async def test_the_address_that_the_person_gives_says_whether_a_feed_may_go_inward(
    library: Library, httpserver: HTTPServer, feed: Feed
) -> None:
    serve(httpserver, "/feed", rss(entries(2)))

    await readdress(library, feed, httpserver.url_for("/feed"))
    (inward,) = await refresh(library, feed)
    await readdress(library, feed, "https://blogg.exempel/feed")

    assert inward.status is RefreshStatus.OK
    (state,) = library._feeds.fetch_states([feed.id], None)
    assert not state.allows_private


async def test_gone_ends_asking_until_the_person_asks(
    library: Library, httpserver: HTTPServer, clock: Clock
) -> None:
    serve(httpserver, "/feed", rss(entries(1)))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data("", status=410)

    (result,) = await refresh(library, feed)
    clock.advance(days=30)

    assert result.status is RefreshStatus.GONE
    assert library.feed(feed.id).is_gone
    assert await refresh(library, due_only=True) == []
    assert [again.status for again in await refresh(library, feed)] == [RefreshStatus.GONE]


async def test_a_permanent_redirect_becomes_the_address_once_it_has_held_three_times(
    library: Library, httpserver: HTTPServer
) -> None:
    serve(httpserver, "/old", rss(entries(1)))
    serve(httpserver, "/new", rss(entries(2)))
    feed, _result = await library.subscribe(httpserver.url_for("/old"))
    httpserver.clear()
    httpserver.expect_request("/old").respond_with_data(
        "", status=301, headers={"Location": "/new"}
    )
    serve(httpserver, "/new", rss(entries(2)))

    addresses = []
    for _ in range(3):
        await refresh(library, feed)
        addresses.append(library.feed(feed.id).url)

    assert addresses == [httpserver.url_for("/old")] * 2 + [httpserver.url_for("/new")]
    assert library.counts().total == 2


async def test_a_permanent_redirect_that_is_taken_back_counts_from_the_beginning_again(
    library: Library, httpserver: HTTPServer
) -> None:
    moves = iter([False, True, True, False, True, True])

    def answer(_request: Request) -> Response:
        if next(moves):
            return Response(status=301, headers={"Location": "/new"})
        return Response(rss(entries(1)), content_type="application/rss+xml")

    httpserver.expect_request("/old").respond_with_handler(answer)
    serve(httpserver, "/new", rss(entries(1)))
    feed, _result = await library.subscribe(httpserver.url_for("/old"))

    for _ in range(5):
        await refresh(library, feed)

    assert library.feed(feed.id).url == httpserver.url_for("/old")


async def test_a_redirect_onto_another_subscription_is_followed_and_not_stored(
    library: Library, httpserver: HTTPServer
) -> None:
    serve(httpserver, "/old", rss(entries(1)))
    serve(httpserver, "/new", rss(entries(1)))
    old, _result = await library.subscribe(httpserver.url_for("/old"))
    await library.subscribe(httpserver.url_for("/new"))
    httpserver.clear()
    httpserver.expect_request("/old").respond_with_data(
        "", status=308, headers={"Location": "/new"}
    )
    serve(httpserver, "/new", rss(entries(1)))

    for _ in range(4):
        await refresh(library, old)

    assert library.feed(old.id).url == httpserver.url_for("/old")


async def test_results_come_with_their_progress(library: Library, httpserver: HTTPServer) -> None:
    for name in ("a", "b", "c"):
        serve(httpserver, f"/{name}", rss(entries(1), title=name))
        await library.subscribe(httpserver.url_for(f"/{name}"))

    async with aclosing(library.refresh()) as results:
        seen = [result async for result in results]

    assert {result.of for result in seen if not isinstance(result, RefreshWaits)} == {3}
    assert [result.done for result in seen if isinstance(result, FeedResult)] == [1, 2, 3]
    assert sum(isinstance(result, FeedStarted) for result in seen) == 3


async def test_closing_a_refresh_cancels_what_is_under_way_and_keeps_what_was_stored(
    library: Library, httpserver: HTTPServer
) -> None:
    for name in ("a", "b"):
        serve(httpserver, f"/{name}", rss(entries(1), title=name))
        await library.subscribe(httpserver.url_for(f"/{name}"))
    httpserver.clear()
    released = asyncio.Event()
    serve(httpserver, "/a", rss(entries(5), title="a"))

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.close()

    hanging = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = hanging.sockets[0].getsockname()[1]
    await readdress(library, library.feed("b"), f"http://127.0.0.1:{port}/")

    async with aclosing(library.refresh()) as results:
        async for result in results:
            if isinstance(result, FeedResult):
                break

    released.set()
    hanging.close()
    assert library.feed("a").total == 5
    assert library.feed("b").failures == 0


async def test_two_refreshes_at_once_bring_each_entry_once(
    library: Library, httpserver: HTTPServer
) -> None:
    serve(httpserver, "/feed", rss(entries(1)))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()
    serve(httpserver, "/feed", rss(entries(40)))

    with library.opened_again() as other:
        both = await asyncio.gather(refresh(library, feed), refresh(other, feed))

    assert sum(result.new for results in both for result in results) == 39
    assert library.counts().total == 40


async def test_a_feed_deleted_while_it_is_refreshed_does_not_come_back(
    library: Library, httpserver: HTTPServer
) -> None:
    serve(httpserver, "/feed", rss(entries(1)))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()

    def answer(_request: Request) -> Response:
        with library.opened_again() as other:
            other.delete_feed(feed.id)
        return Response(rss(entries(5)), content_type="application/rss+xml")

    httpserver.expect_request("/feed").respond_with_handler(answer)

    (result,) = await refresh(library, feed)

    assert result.status is RefreshStatus.ERROR
    assert library.counts().total == 0


async def test_a_full_disk_ends_the_refresh_in_words_and_loses_nothing(
    library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(httpserver, "/feed", rss(entries(1)))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()
    serve(httpserver, "/feed", rss(entries(2)))

    def full(*_args: object, **_options: object) -> tuple[int, int]:
        raise StorageError("library.db: the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("flodeslasare.library.steps.store_document", full)
        with pytest.raises(StorageError, match="disk is full"):
            await refresh(library, feed)
    (later,) = await refresh(library, feed)

    assert later.new == 1
    assert library.counts().total == 2


async def test_backfilling_a_joomla_feed_brings_the_whole_archive(
    library: Library, httpserver: HTTPServer
) -> None:
    everything = entries(34)

    def answer(request: Request) -> Response:
        start = int(request.args.get("limitstart", request.args.get("start", 0)))
        page = rss(
            everything[start : start + 10],
            extra="<generator>Joomla! - Open Source Content Management</generator>",
        )
        return Response(page, content_type="application/rss+xml")

    httpserver.expect_request("/bloggen").respond_with_handler(answer)
    feed, result = await library.subscribe(httpserver.url_for("/bloggen?format=feed&type=rss"))

    async with aclosing(library.backfill(feed.id)) as pages:
        brought = [page.new async for page in pages]

    assert result.new == 10
    assert sum(brought) == 24
    assert library.counts().total == 34


class Archive:
    """A Joomla blog, ten entries a page."""

    def __init__(self, server: HTTPServer, number: int = 34) -> None:
        self.entries = entries(number)
        self.url = server.url_for("/bloggen?format=feed&type=rss")
        self.asked: list[int] = []
        """Where each page that was asked for begins."""
        self.trouble: dict[int, Response] = {}
        """What stands in the place of a page."""
        server.expect_request("/bloggen").respond_with_handler(self.answer)

    def answer(self, request: Request) -> Response:
        start = int(request.args.get("limitstart", 0))
        self.asked.append(start)
        page = rss(self.entries[start : start + 10])
        return self.trouble.get(start, Response(page, content_type="application/rss+xml"))


async def backfill(library: Library, feed: Feed) -> list[FeedResult]:
    async with aclosing(library.backfill(feed.id)) as pages:
        return [page async for page in pages]


async def test_what_ends_a_backfill_is_said_last_and_what_came_before_it_stays(
    library: Library, httpserver: HTTPServer
) -> None:
    archive = Archive(httpserver)
    feed, _result = await library.subscribe(archive.url)
    archive.trouble[20] = Response(status=500)

    first, second, last = await backfill(library, feed)

    assert (first.new, second.new, last.new) == (0, 10, 0)
    assert (first.error, second.error) == (None, None)
    assert last.error == "the server has a fault of its own (HTTP 500)"
    assert library.counts().total == 20


async def test_a_backfill_reads_relative_addresses_as_a_refresh_does(
    library: Library, httpserver: HTTPServer
) -> None:
    items = "<item><title>Ett</title><link>1</link></item>"
    page = f"<rss version='2.0'><channel><title>Bloggen</title>{items}</channel></rss>"
    serve(httpserver, "/feed", page, **{"Content-Location": "/bloggen/feed.xml"})
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))

    (result,) = await backfill(library, feed)

    assert (result.new, result.updated) == (0, 0)
    assert [entry.url for entry in library.entries(View())] == [httpserver.url_for("/bloggen/1")]


async def test_a_backfill_of_a_feed_that_is_gone_says_so(
    library: Library, httpserver: HTTPServer
) -> None:
    archive = Archive(httpserver)
    feed, _result = await library.subscribe(archive.url)
    archive.trouble[0] = Response(status=410)

    (result,) = await backfill(library, feed)

    assert result.error == "it has been taken away for good (HTTP 410)"


async def test_a_server_that_asks_a_backfill_to_wait_is_left_alone_by_all(
    library: Library, clock: Clock, httpserver: HTTPServer
) -> None:
    archive = Archive(httpserver)
    feed, _result = await library.subscribe(archive.url)
    archive.trouble[10] = Response(status=429, headers={"Retry-After": "7200"})

    _first, last = await backfill(library, feed)

    assert last.error is not None
    next_refresh = library.feed(feed.id).next_refresh
    assert next_refresh is not None
    assert next_refresh >= clock() + timedelta(hours=2)
    assert library.feed(feed.id).failures == 0


async def test_a_fault_that_an_older_page_brings_out_is_said_in_words(
    library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(httpserver)
    feed, _result = await library.subscribe(archive.url)

    def fail(*_args: object, **_options: object) -> tuple[int, int]:
        raise ZeroDivisionError

    monkeypatch.setattr("flodeslasare.library.backfill.store_document", fail)

    (result,) = await backfill(library, feed)

    assert result.error is not None
    assert "a fault of this program (ZeroDivisionError)" in result.error


async def test_a_feed_that_was_left_is_not_filled(library: Library, httpserver: HTTPServer) -> None:
    archive = Archive(httpserver)
    feed, _result = await library.subscribe(archive.url)
    archive.asked.clear()
    library.unsubscribe(feed.id)

    with pytest.raises(NoSuchFeed, match="unsubscribed"):
        await backfill(library, feed)

    library.delete_feed(feed.id)
    with pytest.raises(NoSuchFeed, match="no such feed"):
        await backfill(library, feed)
    assert not archive.asked


@pytest.fixture
def many_handed() -> Iterator[HTTPServer]:
    """A server that answers several at one time."""
    with HTTPServer(threaded=True) as server:
        yield server


async def test_a_backfill_and_a_refresh_side_by_side_ask_a_host_one_at_a_time_and_keep_each_entry_once(
    library: Library, many_handed: HTTPServer
) -> None:
    archive = Archive(many_handed, 64)
    at_once = most = 0
    turn = threading.Lock()

    def answer(request: Request) -> Response:
        nonlocal at_once, most
        with turn:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with turn:
            at_once -= 1
        return archive.answer(request)

    many_handed.clear()
    many_handed.expect_request("/bloggen").respond_with_handler(answer)
    feed, _result = await library.subscribe(archive.url)
    others = [
        library.add_subscription(Subscription(url=f"{archive.url}&nr={number}"))
        for number in range(6)
    ]

    brought, _refreshed = await asyncio.gather(
        backfill(library, feed), refresh(library, feed, *(each for each in others if each))
    )

    assert most == 1
    assert [page.error for page in brought] == [None] * 7
    assert sum(page.new for page in brought) == 54
    assert library.feed(feed.id).total == 64
    assert library.counts().total == 64 + 6 * 10


async def test_a_backfill_waits_for_another_program_and_says_so(
    library: Library, httpserver: HTTPServer
) -> None:
    archive = Archive(httpserver, 14)
    feed, _result = await library.subscribe(archive.url)
    waits = asyncio.Event()

    async def let_go(other: sqlite3.Connection) -> None:
        await waits.wait()
        other.rollback()

    with closing(sqlite3.connect(library.path, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        letting_go = asyncio.create_task(let_go(other))
        async with aclosing(library.backfill(feed.id, on_wait=waits.set)) as pages:
            brought = [page.new async for page in pages]
        await letting_go

    assert brought == [0, 4]


@pytest.mark.parametrize("number", [socket.EAI_AGAIN, socket.EAI_NONAME])  # Linux, macOS
async def test_a_journey_without_a_network_makes_no_feed_wait_for_long(
    library: Library,
    clock: Clock,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    serve(httpserver, "/feed", rss(entries(2)))
    feed = library.add_subscription(Subscription(url=httpserver.url_for("/feed")))
    assert feed is not None
    with monkeypatch.context() as journey:

        def no_name_server(*_args: object, **_options: object) -> None:
            raise socket.gaierror(number, "no name server answers")

        journey.setattr(socket, "getaddrinfo", no_name_server)
        for _ in range(9):
            (result,) = await refresh(library, due_only=True)
            assert result.status is RefreshStatus.ERROR
            clock.advance(minutes=38)
    (home,) = await refresh(library, due_only=True)

    assert (home.status, home.new) == (RefreshStatus.OK, 2)


async def test_who_asks_again_and_again_does_not_make_a_feed_wait_for_longer(
    library: Library, clock: Clock, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/feed").respond_with_data("", status=500)
    feed = library.add_subscription(Subscription(url=httpserver.url_for("/feed")))
    assert feed is not None
    await refresh(library, feed)
    set_for = library.feed(feed.id).next_refresh

    for _ in range(6):
        clock.advance(seconds=2)
        await refresh(library, feed)

    again = library.feed(feed.id)
    assert (again.failures, again.next_refresh) == (1, set_for)
    assert len(library.refreshes(feed.id)) == 7
    httpserver.clear()
    serve(httpserver, "/feed", rss(entries(2)))
    clock.advance(minutes=38)
    (result,) = await refresh(library, due_only=True)
    assert result.new == 2


async def test_who_asks_too_soon_is_told_to_wait_for_longer_all_the_same(
    library: Library, clock: Clock, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/feed").respond_with_data(
        "", status=429, headers={"Retry-After": "7200"}
    )
    feed = library.add_subscription(Subscription(url=httpserver.url_for("/feed")))
    assert feed is not None
    for _ in range(2):
        clock.advance(minutes=1)
        await refresh(library, feed)

    next_refresh = library.feed(feed.id).next_refresh
    assert next_refresh is not None
    assert next_refresh >= NOW + timedelta(minutes=2, hours=2)


async def test_304_from_where_a_feed_has_just_moved_to_says_nothing_of_what_was_kept(
    library: Library, httpserver: HTTPServer
) -> None:
    serve(httpserver, "/feed", rss(entries(2)), ETag='"1"')
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()
    asked: list[str | None] = []

    def answer(request: Request) -> Response:
        asked.append(request.headers.get("If-None-Match"))
        if asked[-1] == '"1"':  # many servers number their replies
            return Response(status=304)
        return Response(rss(entries(5)), headers={"ETag": '"1"'})

    httpserver.expect_request("/feed").respond_with_response(
        Response(status=301, headers={"Location": "/moved"})
    )
    httpserver.expect_request("/moved").respond_with_handler(answer)

    results = [(await refresh(library, feed))[0] for _ in range(3)]

    assert [result.new for result in results] == [3, 0, 0]
    assert asked == ['"1"', None, '"1"', '"1"']
    assert library.feed(feed.id).url == httpserver.url_for("/moved")


async def test_feeds_are_asked_again_when_the_clock_was_wrong_by_years(
    library: Library, clock: Clock, httpserver: HTTPServer
) -> None:
    serve(httpserver, "/feed", rss(entries(2)))
    clock.advance(days=3650)
    await library.subscribe(httpserver.url_for("/feed"))
    clock.advance(days=-3650)

    assert len(await refresh(library, due_only=True)) == 1
    assert await refresh(library, due_only=True) == []


async def test_a_time_that_a_wrong_clock_has_set_for_a_failing_feed_does_not_last(
    library: Library, clock: Clock, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/feed").respond_with_data("", status=500)
    clock.advance(days=3650)
    feed = library.add_subscription(Subscription(url=httpserver.url_for("/feed")))
    assert feed is not None
    await refresh(library)
    clock.advance(days=-3650)

    await refresh(library, due_only=True)  # the server is still out of order

    next_refresh = library.feed(feed.id).next_refresh
    assert next_refresh is not None
    assert next_refresh < NOW + timedelta(hours=3)


async def test_a_large_feed_makes_the_screen_collect_no_garbage_of_all_it_holds(
    library: Library, httpserver: HTTPServer
) -> None:
    serve(httpserver, "/feed", rss(entries(8_000)))
    feed = library.add_subscription(Subscription(url=httpserver.url_for("/feed")))
    assert feed is not None
    usual = gc.get_threshold()
    gc.collect()
    before = gc.get_stats()[2]["collections"]
    collect_again()
    try:
        (result,) = await refresh(library, feed)
        after = gc.get_stats()[2]["collections"]
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)

    assert result.new == 8_000
    assert after == before


def test_hosts_take_turns() -> None:
    states = [
        (FetchState(feed_id=number, url=f"https://{host}/{number}"), "")
        for number, host in enumerate(["a", "a", "a", "b", "c", "b"])
    ]

    assert [state.feed_id for state, _title in by_turns(states)] == [0, 3, 4, 1, 5, 2]


async def test_of_a_changed_document_only_what_changed_is_read(
    library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(httpserver, "/feed", rss(entries(30)))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()
    serve(
        httpserver,
        "/feed",
        rss([an_entry(guid="ny", url="https://blogg.exempel/ny"), *entries(30)]),
    )
    planned: list[int] = []
    real = plan_update

    def counting(
        known: Sequence[KnownEntry], parsed: Sequence[ParsedEntry], **options: Any
    ) -> FeedUpdate:
        planned.append(len(parsed))
        return real(known, parsed, **options)

    monkeypatch.setattr("flodeslasare.library.steps.plan_update", counting)
    (result,) = await refresh(library, feed)

    assert (result.new, result.updated, planned) == (1, 0, [1])


# --- when to ask again -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "headers", "hours"),
    [
        ("<ttl>120</ttl>", {}, 2),
        (
            "<sy:updatePeriod xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>daily</sy:updatePeriod>"
            "<sy:updateFrequency xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>3</sy:updateFrequency>",
            {},
            8,
        ),
        ("", {"Cache-Control": "max-age=10800"}, 3),
        ("", {"Cache-Control": "public, max-age=9999999"}, 24),
        ("<ttl>60</ttl>", {"Cache-Control": "max-age=14400"}, 4),
        ("", {"Retry-After": "18000"}, 5),
        ("", {}, 1),  # its own rhythm: an entry a day
    ],
)
async def test_a_feed_is_asked_again_as_it_wishes_or_in_its_own_rhythm(
    library: Library,
    httpserver: HTTPServer,
    clock: Clock,
    extra: str,
    headers: dict[str, str],
    hours: float,
) -> None:
    serve(httpserver, "/feed", rss(entries(10), extra=extra), **headers)
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    first = library.feed(feed.id)
    assert first.next_refresh is not None
    clock.now = first.next_refresh

    await refresh(library, due_only=True)  # the same bytes: what its document wished still holds

    wish = timedelta(hours=hours)
    second = library.feed(feed.id)
    assert second.next_refresh is not None
    assert first.interval_seconds == second.interval_seconds or hours == 1
    assert wish <= first.next_refresh - NOW <= 2 * wish
    assert 0.94 * wish <= second.next_refresh - clock.now <= 1.2 * wish


async def test_failures_in_a_row_double_the_wait_and_stand_in_the_history(
    library: Library, httpserver: HTTPServer, clock: Clock
) -> None:
    serve(httpserver, "/feed", rss(entries(2)))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data("", status=500)

    waits = []
    for _ in range(7):
        await refresh(library, feed)
        after = library.feed(feed.id)
        assert after.next_refresh is not None
        waits.append((after.next_refresh - clock.now) / timedelta(minutes=30))
        clock.now = after.next_refresh

    for number, wait in enumerate(waits):
        assert 0.74 * min(2**number, 48) <= wait <= 1.26 * min(2**number, 48)
    assert (after.failures, after.failing_since) == (7, NOW)
    history = library.refreshes(feed.id)
    assert [fetch.status for fetch in history] == [RefreshStatus.ERROR] * 7 + [RefreshStatus.OK]
    assert history[0].error == after.last_error
    assert (history[-1].at, history[-1].new) == (NOW, 2)


async def test_a_feed_that_is_gone_is_asked_when_it_is_named_and_never_else(
    library: Library, httpserver: HTTPServer, clock: Clock
) -> None:
    serve(httpserver, "/feed", rss(entries(1)))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data("", status=410)
    await refresh(library, feed)
    clock.advance(days=30)

    assert await refresh(library) == []
    assert await refresh(library, due_only=True) == []
    await refresh(library, feed)
    assert library.feed(feed.id).gone_since == NOW
    httpserver.clear()
    serve(httpserver, "/feed", rss(entries(2)))
    await refresh(library, feed)

    assert library.feed(feed.id).gone_since is None


async def test_no_more_feeds_are_begun_with_than_are_asked_at_once(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    with Library(tmp_path / "few.db", Settings(fetch_feeds_at_once=2)) as library:
        for number in range(7):
            if number != 3:  # one that fails gives its place back, too
                serve(httpserver, f"/{number}", rss(entries(1)))
            library.add_subscription(Subscription(url=httpserver.url_for(f"/{number}")))
        under_way, most, ended = 0, 0, 0
        async with aclosing(library.refresh()) as events:
            async for event in events:
                under_way += isinstance(event, FeedStarted) - isinstance(event, FeedResult)
                ended += isinstance(event, FeedResult)
                most = max(most, under_way)
    assert (ended, most) == (7, 2)


async def test_what_a_refresh_has_to_know_is_read_beside_the_event_loop(
    library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(httpserver, "/feed", rss(entries(1)))
    feed = library.add_subscription(Subscription(url=httpserver.url_for("/feed")))
    assert feed is not None
    threads: list[threading.Thread] = []
    fetch_states = FeedStore.fetch_states

    def seen(store: FeedStore, *asked: Any, **options: Any) -> list[FetchState]:
        threads.append(threading.current_thread())
        return fetch_states(store, *asked, **options)

    monkeypatch.setattr(FeedStore, "fetch_states", seen)
    (result,) = await refresh(library, feed)
    assert result.status is RefreshStatus.OK
    assert len(threads) == 1
    assert threading.main_thread() not in threads


async def test_after_long_absence_feeds_come_back_one_by_one(
    library: Library, httpserver: HTTPServer, clock: Clock
) -> None:
    at_once, most = 0, 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal at_once, most
        while (line := await reader.readline()).startswith(b"GET"):
            while await reader.readline() != b"\r\n":
                pass
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.001)
            at_once -= 1
            body = rss(entries(1), title=line.decode().split()[1]).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
        writer.close()

    servers = [await asyncio.start_server(answer, f"127.0.0.{n}", 0) for n in (1, 2, 3)]
    for server in servers:
        host, port = server.sockets[0].getsockname()
        for number in range(9):
            library.add_subscription(Subscription(url=f"http://{host}:{port}/{number}"))
    await refresh(library)
    clock.advance(days=30)

    results = await refresh(library, due_only=True)

    for server in servers:
        server.close()
    assert len(results) == 27
    assert most <= 3  # one at a time to each host
    due = [feed.next_refresh for feed in library.feeds() if feed.next_refresh is not None]
    first, last = min(due) - clock.now, max(due) - clock.now
    assert timedelta(minutes=30) <= first
    assert last - first >= 0.5 * timedelta(minutes=30)
    # Those asked in their time keep it.
    clock.now = max(due)
    await refresh(library, due_only=True)
    assert {result.status for result in results} == {RefreshStatus.UNCHANGED}


def test_the_many_feeds_of_a_host_are_asked_with_pauses() -> None:
    hosts = ["big"] * (FEW_OF_A_HOST + 3) + ["small"] * 2

    waits = pauses(hosts)

    assert waits[:FEW_OF_A_HOST] == [0] * FEW_OF_A_HOST
    assert waits[FEW_OF_A_HOST:] == [PAUSE_SECONDS, 2 * PAUSE_SECONDS, 3 * PAUSE_SECONDS, 0, 0]
