"""From what a person types to a feed: addresses, pages, guesses, and clear words when there is none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from flodeslasare.config import Settings
from flodeslasare.errors import AddressRefused, FetchError, NotAFeed
from flodeslasare.fetching.discover import (
    common_feed_addresses,
    discover,
    find_feeds,
    looks_like_feed,
    normalise_address,
    page_generator,
    readable_address,
)
from flodeslasare.fetching.http import Fetcher

RSS = b'<?xml version="1.0"?>\n<rss version="2.0"><channel><title>B</title></channel></rss>'
PATIENT = Settings(fetch_connect_seconds=60.0, fetch_read_seconds=60.0, fetch_total_seconds=60.0)


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(PATIENT) as one:
        yield one


# --- addresses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://www.hållbarupphandling.se/", "https://www.xn--hllbarupphandling-8qb.se/"),
        ("www.HÅLLBARUPPHANDLING.se", "https://www.xn--hllbarupphandling-8qb.se/"),
        ("www.ha\u030allbarupphandling.se", "https://www.xn--hllbarupphandling-8qb.se/"),
        ("  <https://Blogg.Example:443/rss#top>\n", "https://blogg.example/rss"),
        ("blogg.example", "https://blogg.example/"),
        ("blogg.example:8080/rss", "https://blogg.example:8080/rss"),
        ("//blogg.example/rss", "https://blogg.example/rss"),
        ("feed:https://blogg.example/rss", "https://blogg.example/rss"),
        ("feed://blogg.example/rss", "https://blogg.example/rss"),
        ("HTTP://blogg.example:80", "http://blogg.example/"),
        ("http://blogg.example./rss", "http://blogg.example/rss"),
        (
            "https://blogg.example/å b?q=ö&r=%c3%a5",
            "https://blogg.example/%C3%A5%20b?q=%C3%B6&r=%C3%A5",
        ),
        ("https://blogg.example/a%2Fb?x=1&x=2", "https://blogg.example/a%2Fb?x=1&x=2"),
        ("localhost:8000/rss", "http://localhost:8000/rss"),
        ("127.0.0.1", "http://127.0.0.1/"),
        ("[::1]:8000/", "http://[::1]:8000/"),
        ("https://anna:h%40j@blogg.example/", "https://anna:h%40j@blogg.example/"),
        ("https://blogg.exa\n mple/".replace(" ", ""), "https://blogg.example/"),
    ],
)
def test_addresses_are_tidied_into_one_form(typed: str, stored: str) -> None:
    assert normalise_address(typed) == stored
    assert normalise_address(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "feed:",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "mailto:anna@blogg.example",
        "ftp://blogg.example/rss",
        "https://",
        "https://blogg..example/",
        "https://blogg.example:99999/",
        "https://[::1/",
        "hej på dig",
        "https://blogg.example/" + "a" * 9_000,
    ],
)
def test_what_is_no_address_is_refused_in_words(typed: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        normalise_address(typed)
    assert caught.value.exit_code == 2
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://www.xn--hllbarupphandling-8qb.se/a", "https://www.hållbarupphandling.se/a"),
        ("https://anna:pw@blogg.example:8443/", "https://blogg.example:8443/"),
        ("https://xn--80ak6aa92e.com/", "https://xn--80ak6aa92e.com/"),  # Cyrillic, like apple.com
        ("https://xn--nonsense-.example/", "https://xn--nonsense-.example/"),
        ("not an address", "not an address"),
    ],
)
def test_addresses_are_shown_in_letters_where_that_is_safe(url: str, shown: str) -> None:
    assert readable_address(url) == shown


def test_comparing_addresses_needs_no_network_library() -> None:
    code = (
        "import sys, flodeslasare.fetching.discover\n"
        "assert not {'httpx', 'lxml', 'feedparser', 'nh3'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": "src"})


# --- pages -------------------------------------------------------------------------------------------


def test_a_page_names_its_feeds() -> None:
    page = """<!doctype html><html><head><base href="/blogg/">
      <link rel="stylesheet" type="text/css" href="style.css">
      <link rel="alternate" hreflang="en" href="/en/">
      <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">
      <link rel="alternate" type="application/rss+xml" title="Kommentarer" href="comments/feed/">
      <link rel="Alternate nofollow" type="Application/RSS+XML; charset=utf-8"
            title="Inlägg &#27;[31m" href="?format=feed&amp;type=rss">
      <link rel=alternate type=application/atom+xml href=//feeds.example/atom>
      <link rel="alternate" type="application/feed+json" href="feed.json">
      <link rel="alternate" type="application/rss+xml" href="file:///etc/passwd">
      <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
      <link rel="alternate" type="application/rss+xml" href="">
    </head><body>
      <a href="https://other.example/rss.xml">Andra <b>flöden</b></a>
      <a href="feed:https://third.example/x">Tredje</a>
      <a href="?format=feed&amp;type=rss">Samma</a>
      <a href="/om-oss">Om oss</a>
    </body></html>"""
    found = find_feeds(page, "https://anna:pw@site.example/start")
    assert [(feed.url, feed.title, feed.type) for feed in found] == [
        ("https://site.example/blogg/?format=feed&type=rss", "Inlägg [31m", "application/rss+xml"),
        ("https://feeds.example/atom", None, "application/atom+xml"),
        ("https://site.example/blogg/feed.json", None, "application/feed+json"),
        ("https://other.example/rss.xml", "Andra flöden", None),
        ("https://third.example/x", "Tredje", None),
        ("https://site.example/blogg/comments/feed/", "Kommentarer", "application/rss+xml"),
    ]


@pytest.mark.parametrize(
    "href",
    [
        "/rss", "rss.xml", "/nyheter/rss/", "/nyheter.rss", "/index.xml", "/rss.aspx", "/rssflode", "/rss-feed/",
        "/?feed=rss2", "/nyheter/?format=rss", "/nyheter?rss=true", "/bloggen?format=feed&amp;type=rss",
        "/4.abc/12.xyz.portlet?state=rss&amp;sv.contenttype=text/xml;charset=UTF-8",
        "https://feeds.feed.example/x", "feed:https://x.example/y", "/feeds/posts/default?alt=rss",
    ],
)  # fmt: skip
def test_a_link_in_the_text_is_a_feed_by_its_form(href: str) -> None:
    assert len(find_feeds(f'<body><a href="{href}">flöde</a>', "https://site.example/blogg/")) == 1


@pytest.mark.parametrize(
    "href",
    ["/om-rss", "/sitemap.xml", "/feedback", "/index.php", "/rss-och-atom.html", "/?type=rssa"],
)
def test_other_links_in_the_text_are_none(href: str) -> None:
    assert find_feeds(f'<body><a href="{href}">x</a>', "https://site.example/blogg/") == []


def test_the_feeds_of_a_posts_page_come_in_order() -> None:
    kind = '<link rel="alternate" type="application/rss+xml"'
    page = f"""
      {kind} title="Sajten &raquo; Ett inlägg Kommentarer" href="/2018/05/inlagg/feed/">
      {kind} title="Sajten &raquo; flöde" href="/feed/">
      {kind} title="Sajten &raquo; kommentarsflöde" href="/comments/feed/">
      <link rel="alternate" type="application/json+oembed" href="/wp-json/oembed/1.0/embed">
      <!-- {kind} href="/i-en-kommentar"> --><script>'{kind} href="/i-ett-skript">'</script>"""
    found = find_feeds(page, "https://site.example/2018/05/inlagg/")
    assert [feed.url.removeprefix("https://site.example") for feed in found] == [
        "/feed/",
        "/2018/05/inlagg/feed/",
        "/comments/feed/",
    ]


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("", "https://site.example/blogg/flode.xml"),
        ('<base target="_blank">', "https://site.example/blogg/flode.xml"),
        ('<base href="/a/"><base href="/b/">', "https://site.example/a/flode.xml"),
        ('<base href="//annan.example/x/y">', "https://annan.example/x/flode.xml"),
        ('<base href="javascript:x">', "https://site.example/blogg/flode.xml"),
    ],
)
def test_relative_links_start_from_the_base(base: str, url: str) -> None:
    page = f'<head>{base}<link rel="alternate" type="application/rss+xml" href="flode.xml">'
    assert [feed.url for feed in find_feeds(page, "https://site.example/blogg/")] == [url]


def test_a_page_without_a_word_on_its_charset() -> None:
    page = '<a href="/rss">Hållbart – idag</a>'
    for charset in ("utf-8", "cp1252"):
        assert [
            feed.title for feed in find_feeds(page.encode(charset), "https://site.example/")
        ] == ["Hållbart – idag"]


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16", "koi8-r"])
def test_pages_come_in_any_encoding(encoding: str) -> None:
    title = "Лента" if encoding == "koi8-r" else "Hållbart"
    page = (
        f'<html><head><meta charset="{encoding}">'
        f'<link rel="alternate" type="application/rss+xml" title="{title}" href="/rss"></head>'
    ).encode(encoding)
    (feed,) = find_feeds(page, "https://site.example/")
    assert (feed.url, feed.title) == ("https://site.example/rss", title)


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"\x00\xff\xfe",
        b"<",
        b"<html>" + b"<div>" * 100_000,
        b"<p " + b" ".join(b"a%d" % number for number in range(200_000)) + b">",
        b"<a href='http://[::1/rss.xml'>x</a><link rel=alternate type=application/rss+xml href='http://a:b/'>",
        "<?xml version='1.0' encoding='utf-8'?><html><p>å</p></html>",
        "\ud800",
    ],
    ids=["empty", "binary", "one sign", "deep", "attributes", "bad links", "xhtml", "surrogate"],
)
def test_strange_pages_offer_nothing(page: bytes | str) -> None:
    assert find_feeds(page, "https://site.example/") == []


def test_a_page_of_endless_feeds_is_cut() -> None:
    links = "".join(
        f"<link rel=alternate type=application/rss+xml href=/{number}>" for number in range(500)
    )
    assert len(find_feeds(links, "https://site.example/")) == 50


def test_the_generator_of_a_page() -> None:
    page = '<meta name="Generator" content="Joomla! - Open Source Content Management">'
    assert page_generator(page) == "Joomla! - Open Source Content Management"
    assert page_generator("<p>") is None


def test_common_addresses_are_few_and_start_where_the_page_is() -> None:
    guesses = common_feed_addresses("https://anna:pw@site.example/blogg?page=2#top")
    assert guesses[0] == "https://site.example/blogg/feed/"
    assert "https://site.example/rss.xml" in guesses
    assert "https://site.example/blogg?format=feed&type=rss" in guesses
    assert len(guesses) == len(set(guesses)) <= 10
    assert not any("anna" in guess for guess in guesses)
    page = "https://site.example/sv/index.html"
    assert common_feed_addresses(page)[0] == "https://site.example/sv/feed/"
    assert common_feed_addresses(page, "Joomla! 4") == [page + "?format=feed&type=rss"]
    for generator, path in (
        ("WordPress 6.4", "/feed/"),
        ("Blogger", "/feeds/posts/default"),
        ("Drupal 10", "/rss.xml"),
        ("Ghost 5.2", "/rss/"),
        ("Hugo 0.120.4", "/index.xml"),
        ("Jekyll v4.3.2", "/feed.xml"),
    ):
        guesses = common_feed_addresses("https://site.example/", generator)
        assert guesses == [f"https://site.example{path}"]
    channel = "https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv/videos"
    assert common_feed_addresses(channel) == [
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv"
    ]


@pytest.mark.parametrize(
    "body",
    [
        RSS,
        b"\xef\xbb\xbf  \n" + RSS,
        RSS.decode().encode("utf-16"),
        RSS.decode().encode("utf-16-le"),
        b"<!-- made by hand --><?xml-stylesheet href='x'?><rss version='0.92'>",
        b'<!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "http://x/rss.dtd" [<!ENTITY a "b">]><rss>',
        b'<feed xmlns="http://www.w3.org/2005/Atom">',
        b'<atom:feed xmlns:atom="http://www.w3.org/2005/Atom">',
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
        b"Warning: mysql_connect() in /var/www/x.php on line 3\n" + RSS,
        b'{"title": "x", "items": [], "version": "https://jsonfeed.org/version/1.1"}',
    ],
)
def test_feeds_are_recognised_whatever_their_type(body: bytes) -> None:
    assert looks_like_feed(body, "text/html")
    assert looks_like_feed(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<!DOCTYPE html><html><body><rss></body></html>",
        b"<html><p>write &lt;rss></p>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b'<?xml version="1.0"?><urlset/>',
        b'{"version": 1}',
        b"%PDF-1.4 <</Type /Catalog>>",
        b"\x89PNG\r\n\x1a\n\0\0",
    ],
)
def test_other_things_are_no_feeds(body: bytes) -> None:
    assert not looks_like_feed(body, "application/rss+xml")


# --- asking ------------------------------------------------------------------------------------------


async def test_a_feed_is_itself(httpserver: HTTPServer, fetcher: Fetcher) -> None:
    httpserver.expect_request("/rss").respond_with_data(RSS, content_type="text/html")
    url = httpserver.url_for("/rss").replace("localhost", "127.0.0.1")
    (feed,) = await discover(fetcher, f" {url} ", allow_private=True)
    assert feed.url == url


async def test_a_moved_feed_is_found_where_it_is(httpserver: HTTPServer, fetcher: Fetcher) -> None:
    httpserver.expect_request("/rss").respond_with_data(RSS)
    for path, status in (("/old", 301), ("/today", 302)):
        httpserver.expect_request(path).respond_with_data(
            status=status, headers={"Location": "/rss"}
        )
    (moved,) = await discover(fetcher, httpserver.url_for("/old"), allow_private=True)
    (stays,) = await discover(fetcher, httpserver.url_for("/today"), allow_private=True)
    assert moved.url == httpserver.url_for("/rss")
    assert stays.url == httpserver.url_for("/today")


async def test_a_page_leads_to_its_feeds_with_the_same_password(
    httpserver: HTTPServer, fetcher: Fetcher
) -> None:
    page = (
        "<html><link rel=alternate type=application/rss+xml href=/rss>"
        "<link rel=alternate type=application/rss+xml href=https://other.example/rss>"
    )
    httpserver.expect_request("/blogg").respond_with_data(page, content_type="text/html")
    url = httpserver.url_for("/blogg").replace("//", "//anna:pw@")
    feeds = await discover(fetcher, url, allow_private=True)
    assert [feed.url for feed in feeds] == [
        httpserver.url_for("/rss").replace("//", "//anna:pw@"),
        "https://other.example/rss",
    ]
    assert len(httpserver.log) == 1


async def test_a_page_that_names_none_is_tried_at_common_addresses(
    httpserver: HTTPServer, fetcher: Fetcher
) -> None:
    httpserver.no_handler_status_code = 404
    httpserver.expect_request("/blogg/").respond_with_data("<html><p>Hej", content_type="text/html")
    httpserver.expect_request("/rss.xml").respond_with_data(RSS, content_type="text/xml")
    httpserver.expect_request("/blogg/feed/").respond_with_data("<html><p>Fel sida")
    (feed,) = await discover(fetcher, httpserver.url_for("/blogg/"), allow_private=True)
    assert feed.url == httpserver.url_for("/rss.xml")
    asked = [request.path for request, _ in httpserver.log]
    assert asked[-1] == "/rss.xml"
    assert "/atom.xml" not in asked


async def test_a_joomla_page_is_tried_as_one(httpserver: HTTPServer, fetcher: Fetcher) -> None:
    page = '<html><meta name="generator" content="Joomla! - Open Source Content Management">'

    def answer(request: Request) -> Response:
        is_feed = request.args.get("format") == "feed"
        return Response(RSS if is_feed else page, content_type="text/html")

    httpserver.expect_request("/blogg").respond_with_handler(answer)
    (feed,) = await discover(fetcher, httpserver.url_for("/blogg"), allow_private=True)
    assert feed.url == httpserver.url_for("/blogg?format=feed&type=rss")
    assert len(httpserver.log) == 2


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"<html><p>Hej</p></html>", "text/html", "web page and offers no feed"),
        (b" \n", "text/html", "empty"),
        (b"%PDF-1.4 <</Type /Catalog>>", "application/pdf", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "image/png", "image/png"),
        (b"\x00\x01\x02", "application/octet-stream", "application/octet-stream"),
        (b"bara text", "text/plain", "neither a feed nor a web page"),
        (b'<?xml version="1.0"?><urlset/>', "application/xml", "application/xml"),
    ],
    ids=["page", "empty", "pdf", "png", "bytes", "text", "sitemap"],
)
async def test_what_is_no_feed_is_named(
    httpserver: HTTPServer, fetcher: Fetcher, body: bytes, kind: str, words: str
) -> None:
    httpserver.no_handler_status_code = 404
    httpserver.expect_request("/x").respond_with_data(body, content_type=kind)
    with pytest.raises(NotAFeed) as caught:
        await discover(fetcher, httpserver.url_for("/x"), allow_private=True)
    assert words in caught.value.reason
    assert caught.value.url == httpserver.url_for("/x")
    assert len(httpserver.log) < 12


async def test_failures_are_said_as_they_are(httpserver: HTTPServer, fetcher: Fetcher) -> None:
    httpserver.expect_request("/404").respond_with_data(status=404)
    httpserver.expect_request("/410").respond_with_data(status=410)
    for path, status in (("/404", 404), ("/410", 410)):
        with pytest.raises(FetchError) as caught:
            await discover(fetcher, httpserver.url_for(path), allow_private=True)
        assert caught.value.status == status
    with pytest.raises(AddressRefused):
        await discover(fetcher, httpserver.url_for("/404"))
    with pytest.raises(AddressRefused):
        await discover(fetcher, "file:///etc/passwd", allow_private=True)


async def test_http_is_tried_where_no_scheme_was_typed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/rss").respond_with_data(RSS)

    async def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    async with Fetcher(PATIENT, resolve=resolve) as fetcher:
        typed = f"blogg.example:{httpserver.port}/rss"
        (feed,) = await discover(fetcher, typed, allow_private=True)
        assert feed.url == f"http://{typed}"
        with pytest.raises(FetchError):
            await discover(fetcher, f"https://{typed}", allow_private=True)
