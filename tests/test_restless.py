"""Feeds that are never the same twice: over real HTTP, into a real library, refresh after refresh."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import aclosing
from datetime import timedelta
from email.utils import format_datetime
from html import escape

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from builders import NOW, Clock
from flodeslasare.digests import FIGURE_EDITS
from flodeslasare.library import Library
from flodeslasare.model import FeedResult, View

REFRESHES = 8
TEXT = "Kraven följs upp i avtalen, och det tar tid."


def item(number: int, html: str, *, extra: str = "", link: str | None = None) -> str:
    published = format_datetime(NOW - timedelta(days=number + 1))
    return (
        f"<item><guid isPermaLink='false'>nr-{number}</guid><title>Inlägg {number}</title>"
        f"<link>{escape(link or f'https://blogg.exempel/{number}')}</link><pubDate>{published}</pubDate>"
        f"<description>{escape(html)}</description>{extra}</item>"
    )


def unnamed(number: int, link: str) -> str:
    return re.sub("<guid.*</guid>", "", item(number, f"<p>{TEXT}</p>", link=link))


def rss(items: str, channel: str = "") -> str:
    return f"<rss version='2.0'><channel><title>Bloggen</title>{channel}{items}</channel></rss>"


def atom(entry: str) -> str:
    return (
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>Bloggen</title>"
        f"<entry><id>urn:1</id><title>Inlägg</title>{entry}</entry></feed>"
    )


def sig(n: int) -> str:
    return f"utm_source=flode&sig={hash((n, 'sig')) & 0xFFFFFFFF:08x}"


def turned(values: list[str], n: int) -> Iterator[str]:
    return itertools.islice(itertools.cycle(values), n, n + len(values))


RESTLESS: dict[str, tuple[Callable[[int], str], int]] = {
    "a counter of readers": (
        lambda n: rss(item(1, f"<p>{TEXT}</p><p>Läst {n + 17} gånger.</p>")),
        FIGURE_EDITS,
    ),
    "signatures in links and images": (
        lambda n: rss(
            item(
                1,
                f"<p><a href='https://a.exempel/x?{sig(n)}'>{TEXT}</a> <img src='/b.png?{sig(n)}'></p>",
                link=f"https://blogg.exempel/1?{sig(n)}#{n}",
                extra=f"<enclosure url='https://blogg.exempel/1.mp3?{n}' type='audio/mpeg' length='{n + 5}000'/>",
            )
        ),
        0,
    ),
    "a signature in the path of an image": (
        lambda n: rss(
            item(1, f"<p>{TEXT}</p><img src='/{hash((n, 'bild')) & 0xFFFF:x}/b.png' alt=''>")
        ),
        0,
    ),
    "attributes in another order": (
        lambda n: rss(
            item(
                1,
                f"<p {' '.join(turned(['class=a', 'id=b', 'lang=sv'], n))}>{TEXT}"
                f"<img {' '.join(turned(['src=/b.png', 'alt=Bild', 'width=300', 'height=200'], n))}></p>",
            )
        ),
        0,
    ),
    "items in another order": (
        lambda n: rss("".join(turned([item(m, f"<p>{TEXT}</p>") for m in range(5)], n))),
        0,
    ),
    "white space": (
        lambda n: rss(
            item(1, f"<p>{TEXT.replace(' ', ' ' * (n % 3 + 1))}</p>" + "\n" * n) + "\n" * n
        ),
        0,
    ),
    "dates of the channel": (
        lambda n: rss(
            item(1, f"<p>{TEXT}</p>"),
            "".join(
                f"<{name}>{format_datetime(NOW + timedelta(minutes=n))}</{name}>"
                for name in ("lastBuildDate", "pubDate")
            ),
        ),
        0,
    ),
    "tags in another order": (
        lambda n: rss(
            item(
                1,
                f"<p>{TEXT}</p>",
                extra="".join(
                    f"<category>{tag}</category>" for tag in turned(["avtal", "fisk", "miljö"], n)
                ),
            )
        ),
        0,
    ),
    "a date of change that moves by itself": (
        lambda n: atom(
            f"<published>2018-05-04T10:00:00Z</published><updated>2018-05-{5 + n:02}T10:00:00Z</updated>"
            f"<content type='html'>&lt;p>{TEXT}&lt;/p></content>"
        ),
        0,
    ),
    "words that go back and forth": (
        lambda n: rss(item(1, f"<p>{TEXT}</p><p>{('Öppet', 'Lunch', 'Stängt')[n % 3]}.</p>")),
        2,
    ),
    "a link for a name, with a signature": (
        lambda n: rss(
            "".join(unnamed(m, f"https://blogg.exempel/?p={m}&{sig(n)}") for m in (1, 2))
        ),
        0,
    ),
    "links with and without TLS": (
        lambda n: rss(unnamed(1, f"http{'s' * (n % 2)}://blogg.exempel/1") + "\n" * n),
        0,
    ),
    "a signature for a guid": (
        lambda n: rss(f"{unnamed(1, 'https://blogg.exempel/1')}").replace(
            "<title>Inlägg", f"<guid>{sig(n)}</guid><title>Inlägg"
        ),
        0,
    ),
    "one guid for all": (
        lambda n: rss(
            "".join(
                item(m, f"<p>{TEXT}</p>").replace(f"nr-{m}<", "https://blogg.exempel/<")
                for m in range(3)
            )
            + "\n" * n
        ),
        0,
    ),
    "one guid for all, and no links": (
        lambda n: rss(
            "".join(
                re.sub("<link>.*</link>", "", item(m, f"<p>{TEXT}</p>")).replace(
                    f"nr-{m}<", "bloggen<"
                )
                for m in range(3)
            )
            + "\n" * n
        ),
        0,
    ),
    "ids of elements": (
        lambda n: rss(
            item(1, f"<div id='inlagg-{n}' class='c{n}' style='top:{n}px'><p>{TEXT}</p></div>")
        ),
        0,
    ),
}


@pytest.mark.parametrize("name", RESTLESS)
async def test_a_restless_feed_does_not_make_edits_for_ever(
    name: str, library: Library, httpserver: HTTPServer
) -> None:
    body, most = RESTLESS[name]
    times = itertools.count()
    served: set[str] = set()

    def answer(_request: Request) -> Response:
        text = body(next(times))
        served.add(text)
        return Response(text, content_type="application/rss+xml")

    httpserver.expect_request("/feed").respond_with_handler(answer)
    feed, first = await library.subscribe(httpserver.url_for("/feed"))
    results: list[FeedResult] = []
    for _ in range(REFRESHES):
        async with aclosing(library.refresh([feed.id])) as events:
            results += [event async for event in events if isinstance(event, FeedResult)]

    assert len(served) >= 3
    assert first.new == body(0).count("<item>") + body(0).count("<entry>")
    assert library.counts().total == first.new
    assert [result.error for result in results] == [None] * REFRESHES
    assert sum(result.new for result in results) == 0
    assert sum(result.updated for result in results) == most


async def test_words_that_go_back_and_forth_are_kept_once_each(
    library: Library, httpserver: HTTPServer
) -> None:
    said = iter("AABABAC")  # the first is asked for to see that it is a feed
    httpserver.expect_request("/feed").respond_with_handler(
        lambda _request: Response(rss(item(1, f"<p>{next(said)}</p>")))
    )
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    updated = []
    for _ in range(5):
        async with aclosing(library.refresh([feed.id])) as events:
            updated += [event.updated async for event in events if isinstance(event, FeedResult)]

    (entry_id,) = library.listing(View()).ids
    assert updated == [1, 0, 0, 0, 1]
    assert library.entry(entry_id).text == "C"
    assert [version.html for version in library.earlier_versions(entry_id)] == [
        "<p>B</p>",
        "<p>A</p>",
    ]


async def test_a_date_in_the_future_is_kept_and_does_not_stay_on_top(
    library: Library, clock: Clock, httpserver: HTTPServer
) -> None:
    future = NOW + timedelta(days=400)
    ahead = (
        f"<item><guid>https://blogg.exempel/f</guid><title>Framtid</title>"
        f"<pubDate>{format_datetime(future)}</pubDate></item>"
    )
    undated = "<item><guid>https://blogg.exempel/u</guid><title>Utan datum</title></item>"
    httpserver.expect_request("/feed").respond_with_data(rss(ahead + undated + item(0, TEXT)))
    feed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data(rss(ahead + undated + item(-3, TEXT)))
    clock.advance(days=3)
    async with aclosing(library.refresh([feed.id])) as events:
        async for _event in events:
            pass

    shown = [library.entry(entry_id) for entry_id in library.listing(View()).ids]
    titles = [entry.title for entry in shown]
    assert (titles[0], titles[3]) == ("Inlägg -3", "Inlägg 0")
    assert {entry.title: entry.published for entry in shown[1:3]} == {
        "Framtid": future,
        "Utan datum": None,
    }
