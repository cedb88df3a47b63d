"""Older pages of a feed: which way, which address, and where it ends; over HTTP on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from flodeslasare.config import Settings
from flodeslasare.documents import ParsedEntry, ParsedFeed
from flodeslasare.errors import AddressRefused, FetchError, NotAFeed, ParseError
from flodeslasare.fetching.backfill import Way, older_pages, page_url, way_for
from flodeslasare.fetching.http import Fetcher

PATIENT = Settings(fetch_connect_seconds=60.0, fetch_read_seconds=60.0, fetch_total_seconds=60.0)


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(PATIENT) as one:
        yield one


def a_page(*names: str, next_url: str | None = None, site_url: str | None = None) -> ParsedFeed:
    return ParsedFeed(
        title="Blogg",
        site_url=site_url,
        entries=tuple(
            ParsedEntry(guid=name, url=f"https://b/{name}", title=name) for name in names
        ),
        next_url=next_url,
    )


def document(*names: str, next_url: str | None = None, generator: str | None = None) -> bytes:
    """Write a page as `parse` below reads it: a document that looks like RSS around some JSON."""
    made_with = f"<generator>{generator}</generator>" if generator else ""
    return f"<rss>{made_with}<!--{json.dumps([names, next_url])}--></rss>".encode()


async def parse(
    body: bytes, *, url: str, content_type: str | None = None, location: str | None = None
) -> ParsedFeed:
    if b"<rss>no feed" in body:
        raise NotAFeed(url, "something else")
    if b"<!--" not in body:
        raise ParseError(url, "broken")
    names, next_url = json.loads(body.partition(b"<!--")[2].partition(b"-->")[0])
    return a_page(*names, next_url=next_url)


async def names_of(
    fetcher: Fetcher, url: str, first: ParsedFeed, *, max_pages: int = 500
) -> list[list[str | None]]:
    found = []
    pages = older_pages(fetcher, parse, url, first, allow_private=True, max_pages=max_pages)
    async with aclosing(pages):
        async for page in pages:
            found.append([entry.guid for entry in page.entries])  # noqa: PERF401
    return found


def serve(httpserver: HTTPServer, path: str, answer: Callable[[Request], bytes | int]) -> str:
    """Serve what `answer` gives, a body or a status; gives the address."""

    def respond(request: Request) -> Response:
        given = answer(request)
        return Response(status=given) if isinstance(given, int) else Response(given)

    httpserver.expect_request(path).respond_with_handler(respond)
    return httpserver.url_for(path)


# --- which way, and what next ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "generator", "way"),
    [
        ("https://s.example/blogg?format=feed&type=rss", None, Way.JOOMLA),
        ("https://s.example/blogg.feed?type=atom", None, Way.JOOMLA),
        ("https://s.example/?feed=rss2", None, Way.WORDPRESS),
        ("https://s.blogspot.com/feeds/posts/default?alt=rss", None, Way.BLOGGER),
        ("https://www.blogger.com/feeds/123/posts/default", None, Way.BLOGGER),
        ("https://s.example/feed/", "https://wordpress.org/?v=6.4", Way.WORDPRESS),
        ("https://s.example/rss", "Joomla! - Open Source Content Management", Way.JOOMLA),
        ("https://s.example/rss", "Hugo -- gohugo.io", None),
        ("https://s.example/feed/", None, None),
    ],
)
def test_the_way_follows_from_address_and_generator(
    url: str, generator: str | None, way: Way | None
) -> None:
    assert way_for(url, a_page("1"), generator) is way
    linked = a_page("1", next_url="https://s.example/older")
    assert way_for(url, linked, generator) is Way.LINKS


@pytest.mark.parametrize(
    ("way", "url", "following"),
    [
        (
            Way.JOOMLA,
            "https://s.example/blogg?format=feed&type=rss",
            "https://s.example/blogg?format=feed&type=rss&limitstart=25",
        ),
        (
            Way.JOOMLA,
            "https://s.example/b?start=5&format=feed&limitstart=1",
            "https://s.example/b?format=feed&limitstart=25",
        ),
        (Way.WORDPRESS, "https://s.example/feed/", "https://s.example/feed/?paged=4"),
        (
            Way.BLOGGER,
            "https://s.example/feeds/posts/default?max-results=9&start-index=1",
            "https://s.example/feeds/posts/default?max-results=9&start-index=26",
        ),
        (Way.LINKS, "https://a:b@s.example/feed", "https://a:b@s.example/older"),
    ],
)
def test_the_next_page_follows_from_what_came(way: Way, url: str, following: str) -> None:
    last = a_page("1", next_url="https://s.example/older")
    assert page_url(way, url, pages=3, entries=25, last=last) == following


def test_no_page_follows_an_empty_one() -> None:
    for way in Way:
        assert page_url(way, "https://s.example/feed", pages=1, entries=0, last=a_page()) is None


# --- asking ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page_size", [3, 10])
async def test_joomla_is_stepped_by_what_comes(
    httpserver: HTTPServer, fetcher: Fetcher, page_size: int
) -> None:
    everything = [str(number) for number in range(23)]

    def answer(request: Request) -> bytes:
        start = int(request.args.get("limitstart", 0))
        return document(*everything[start : start + page_size])

    url = serve(httpserver, "/blogg", answer) + "?format=feed&type=rss"
    pages = await names_of(fetcher, url, a_page(*everything[:page_size]))
    assert [name for page in pages for name in page] == everything[page_size:]
    assert all(request.args["type"] == "rss" for request, _ in httpserver.log)


async def test_a_site_that_ignores_the_step_is_asked_once(
    httpserver: HTTPServer, fetcher: Fetcher
) -> None:
    url = serve(httpserver, "/blogg", lambda _: document("1", "2")) + "?format=feed"
    assert await names_of(fetcher, url, a_page("1", "2")) == []
    assert len(httpserver.log) == 1


async def test_guids_made_up_anew_do_not_go_on_for_ever(
    httpserver: HTTPServer, fetcher: Fetcher
) -> None:
    async def parse_anew(
        body: bytes, *, url: str, content_type: str | None = None, location: str | None = None
    ) -> ParsedFeed:
        entry = ParsedEntry(guid=f"{len(httpserver.log)}", url="https://b/same", title="x")
        return ParsedFeed(title=None, site_url=None, entries=(entry,))

    url = serve(httpserver, "/blogg", lambda _: document()) + "?format=feed"
    first = await parse_anew(b"", url=url)
    async with aclosing(older_pages(fetcher, parse_anew, url, first, allow_private=True)) as pages:
        assert [page async for page in pages] == []
    assert len(httpserver.log) == 1


async def test_wordpress_is_known_by_its_generator_and_ends_with_404(
    httpserver: HTTPServer, fetcher: Fetcher
) -> None:
    def answer(request: Request) -> bytes | int:
        page = int(request.args.get("paged", 1))
        made_with = "https://wordpress.org/?v=6.4.3"
        return document(f"{page}a", f"{page}b", generator=made_with) if page <= 3 else 404

    url = serve(httpserver, "/feed/", answer)
    assert await names_of(fetcher, url, a_page("1a", "1b")) == [["2a", "2b"], ["3a", "3b"]]
    assert len(httpserver.log) == 4


async def test_a_site_is_known_by_its_page(httpserver: HTTPServer, fetcher: Fetcher) -> None:
    page = b'<html><head><meta name="generator" content="Joomla! - Open Source"></head></html>'
    site = serve(httpserver, "/", lambda _: page)
    url = serve(
        httpserver,
        "/rss",
        lambda request: document("2") if request.args.get("limitstart") == "1" else document("1"),
    )
    assert await names_of(fetcher, url, a_page("1", site_url=site)) == [["2"]]


async def test_a_site_that_says_nothing_is_left_alone(
    httpserver: HTTPServer, fetcher: Fetcher
) -> None:
    site = serve(httpserver, "/", lambda _: b"<html><p>Hej")
    url = serve(httpserver, "/rss", lambda _: document("1"))
    assert await names_of(fetcher, url, a_page("1", site_url=site)) == []
    assert await names_of(fetcher, url, a_page("1", site_url="http://127.0.0.1:1/")) == []
    assert await names_of(fetcher, url, a_page("1")) == []
    assert len(httpserver.log) == 4


async def test_blogger_counts_from_one(httpserver: HTTPServer, fetcher: Fetcher) -> None:
    def answer(request: Request) -> bytes | int:
        start = int(request.args["start-index"])
        return document(*map(str, range(start, start + 2))) if start < 6 else 400

    url = serve(httpserver, "/feeds/posts/default", answer)
    assert await names_of(fetcher, url, a_page("1", "2")) == [["3", "4"], ["5", "6"]]


async def test_links_are_followed_past_pages_that_bring_nothing_new(
    httpserver: HTTPServer, fetcher: Fetcher
) -> None:
    at = httpserver.url_for
    serve(httpserver, "/current", lambda _: document("3", "2", next_url=at("/2016")))
    serve(httpserver, "/2016", lambda _: document("1", next_url=at("/2015")))
    serve(httpserver, "/2015", lambda _: document("0", next_url=at("/2016")))
    first = a_page("3", "2", next_url=at("/current"))
    assert await names_of(fetcher, at("/feed"), first) == [["1"], ["0"]]
    assert len(httpserver.log) == 3


async def test_links_that_never_end(httpserver: HTTPServer, fetcher: Fetcher) -> None:
    def answer(request: Request) -> bytes:
        number = int(request.args["n"])
        name = str(number) if request.args.get("new") else "1"
        following = httpserver.url_for(f"/page?n={number + 1}")
        return document(name, next_url=following + ("&new=1" if name != "1" else ""))

    url = serve(httpserver, "/page", answer)
    barren = a_page("1", next_url=url + "?n=2")
    assert await names_of(fetcher, url, barren) == []
    assert len(httpserver.log) == 3
    endless = a_page("1", next_url=url + "?n=2&new=1")
    assert len(await names_of(fetcher, url, endless, max_pages=7)) == 7


async def test_a_link_cannot_lead_inside(httpserver: HTTPServer, fetcher: Fetcher) -> None:
    for target in (httpserver.url_for("/inside"), "file:///etc/passwd"):
        first = a_page("1", next_url=target)
        pages = older_pages(fetcher, parse, "https://s.example/feed", first)
        with pytest.raises(AddressRefused):
            await anext(pages)
    assert httpserver.log == []


async def test_a_password_stays_with_its_host(httpserver: HTTPServer, fetcher: Fetcher) -> None:
    elsewhere = httpserver.url_for("/b").replace("localhost", "127.0.0.1")
    serve(httpserver, "/a", lambda _: document("2", next_url=elsewhere))
    serve(httpserver, "/b", lambda _: document("3"))
    first = a_page("1", next_url=httpserver.url_for("/a"))
    pages = older_pages(
        fetcher,
        parse,
        httpserver.url_for("/feed").replace("://", "://anna:pw@"),
        first,
        allow_private=True,
    )
    assert len([page async for page in pages]) == 2
    assert ["authorization" in request.headers for request, _ in httpserver.log] == [True, False]


async def test_what_came_before_a_failure_stands(httpserver: HTTPServer, fetcher: Fetcher) -> None:
    def answer(request: Request) -> bytes | int:
        start = int(request.args["limitstart"])
        return document(str(start)) if start < 3 else 503

    url = serve(httpserver, "/blogg", answer) + "?format=feed"
    came: list[str | None] = []

    async def collect() -> None:
        async for page in older_pages(fetcher, parse, url, a_page("0"), allow_private=True):
            came.append(page.entries[0].guid)  # noqa: PERF401

    with pytest.raises(FetchError) as caught:
        await collect()
    assert came == ["1", "2"]
    assert caught.value.status == 503


@pytest.mark.parametrize("end", [b"<!doctype html><html><p>Slut", b"<rss>no feed</rss>", b""])
async def test_it_ends_where_a_page_is_no_feed(
    httpserver: HTTPServer, fetcher: Fetcher, end: bytes
) -> None:
    def answer(request: Request) -> bytes:
        start = int(request.args["limitstart"])
        return document(str(start)) if start < 2 else end

    url = serve(httpserver, "/blogg", answer) + "?format=feed"
    assert await names_of(fetcher, url, a_page("0")) == [["1"]]


async def test_a_page_that_cannot_be_read_is_an_error(
    httpserver: HTTPServer, fetcher: Fetcher
) -> None:
    url = serve(httpserver, "/blogg", lambda _: b"<rss><channel>") + "?format=feed"
    with pytest.raises(ParseError):
        await names_of(fetcher, url, a_page("0"))
