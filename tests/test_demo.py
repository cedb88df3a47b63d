"""The example blog: its posts, its pages and the server, over real HTTP on loopback."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import sys
import zlib
from calendar import timegm
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import feedparser
import httpx
import pytest
from lxml import etree, html

from flodeslasare.demo import Post, ServedBlog, extra_posts, load_posts, serve
from flodeslasare.demo.posts import LOCAL_TIME, parse_posts
from flodeslasare.demo.site import Blog, answer, body_html, intro_html, swedish_date
from flodeslasare.errors import DataError

PICTURES = {
    *("kycklingar", "instrument", "handskar", "natverk", "fartyg", "tvatteri", "textil", "karta"),
}


@pytest.fixture(scope="module")
def blog() -> Iterator[ServedBlog]:
    """Give a served blog whose newest feed page no test asks for twice."""
    with serve() as served:
        yield served


@pytest.fixture(scope="module")
def client(blog: ServedBlog) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=blog.site_url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def posts() -> list[Post]:
    return load_posts()


def select(tree: Any, path: str) -> list[Any]:
    """Give what an XPath expression that finds nodes finds, in a type that can be used."""
    found = tree.xpath(path)
    assert isinstance(found, list)
    return found


def when(parsed: Any) -> datetime:
    return datetime.fromtimestamp(timegm(parsed), UTC)


def feed_of(content: bytes) -> Any:
    feed = feedparser.parse(content, sanitize_html=False, resolve_relative_uris=False)
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def whole_feed(client: httpx.Client, kind: str, paging: str) -> list[Any]:
    entries: list[Any] = []
    while True:
        # From 1 on, since 0 is a refresh, which would bring out new posts in a shared blog.
        reply = client.get(f"/bloggen?format=feed&type={kind}&{paging}={1 + len(entries)}")
        assert reply.headers["content-type"] == f"application/{kind}+xml; charset=utf-8"
        page = feed_of(reply.content).entries
        if not page:
            return entries
        entries += page


# --- the posts -----------------------------------------------------------------------------------


def test_there_are_enough_posts_over_all_years(posts: list[Post]) -> None:
    per_year = Counter(post.published.astimezone(LOCAL_TIME).year for post in posts)
    assert len(posts) >= 130
    assert sorted(per_year) == list(range(2014, 2022))
    assert [post.published for post in posts] == sorted(
        (post.published for post in posts), reverse=True
    )
    assert len({post.published.astimezone(LOCAL_TIME).month for post in posts}) >= 11


def test_about_half_of_the_posts_give_only_their_intro(posts: list[Post]) -> None:
    assert 0.4 < sum(post.intro_only for post in posts) / len(posts) < 0.6


def test_the_posts_have_one_of_everything(posts: list[Post]) -> None:
    enclosures = [post.enclosure for post in posts if post.enclosure]
    text = "\n".join(post.markdown for post in posts)
    assert [name for name in enclosures if name.endswith(".mp3")] == ["samtal-om-lakemedel.mp3"]
    assert {*re.findall(r"\(/rapporter/([a-z0-9-]+\.pdf)\)", text)} == {
        "handskar-2016.pdf",
        "verksamhet-2017.pdf",
    }
    assert any(post.updated for post in posts)
    assert any(len(post.markdown.encode()) > 60_000 for post in posts)
    assert any("<table>" in body_html(post) for post in posts)
    assert any("<blockquote>" in body_html(post) for post in posts)
    assert any("[" in post.title and "&" in post.title and "«" in post.title for post in posts)
    assert len(set(re.findall(r"\w*upphandl\w*", text.lower()))) >= 20


def test_links_within_the_site_lead_somewhere(blog: ServedBlog, posts: list[Post]) -> None:
    everything = Blog((*extra_posts(), *posts), "http://example.invalid")
    links = {
        link
        for post in everything.posts
        for link in select(html.fromstring(f"<div>{body_html(post)}</div>"), "//@href | //@src")
        if str(link).startswith("/")
    }
    assert len(links) > 30
    assert [link for link in links if answer(everything, str(link)).status != 200] == []


def test_extra_posts_are_other_posts_and_newer(posts: list[Post]) -> None:
    extras = extra_posts()
    assert len(extras) >= 8
    assert not {post.id for post in extras} & {post.id for post in posts}
    assert min(post.published for post in extras) > posts[0].published


HEAD = """---
id: 7
slug: sju
title: «Sju» & [sju]: 7
published: 2018-07-01 10:15
author: Gun Rönn
tags: it, textil
---
Text.
"""


def test_a_post_is_read_in_swedish_time() -> None:
    winter = HEAD.replace("id: 7", "id: 8").replace("2018-07-01", "2018-01-01")
    summer_post, winter_post = parse_posts(HEAD + "\n" + winter, "2018.md")
    assert summer_post.title == "«Sju» & [sju]: 7"
    assert summer_post.tags == ("it", "textil")
    assert summer_post.published == datetime(2018, 7, 1, 8, 15, tzinfo=UTC)
    assert winter_post.published == datetime(2018, 1, 1, 9, 15, tzinfo=UTC)
    assert summer_post.published.tzinfo is UTC
    assert summer_post.changed == summer_post.published
    assert summer_post.path == "/bloggen/7-sju"


@pytest.mark.parametrize(
    ("change", "to", "complaint"),
    [
        ("id: 7", "id: sju", "2018.md, post sju: id is a number"),
        ("slug: sju", "slug: Sju_", "2018.md, post 7: slug is"),
        ("published: 2018-07-01", "published: 1 juli", "2018.md, post 7: published is like"),
        ("author: Gun Rönn\n", "", "2018.md, post 7: author is missing"),
        ("author: Gun Rönn", "author:", "2018.md, line 6 (post 7): expected `field: value`"),
        ("author: Gun Rönn", "writer: Gun Rönn", "2018.md, line 6 (post 7): no such field: writer"),
        ("tags: it", "author: Alva\ntags: it", "2018.md, line 7 (post 7): author is given twice"),
        ("tags: it", "intro_only: no\ntags: it", "2018.md, post 7: intro_only is"),
        ("tags: it", "enclosure: ../x.pdf\ntags: it", "2018.md, post 7: enclosure is"),
        ("tags: it", "updated: 2018-07-01 10:15\ntags: it", "2018.md, post 7: updated before"),
        ("Text.\n", "", "2018.md, post 7: there is no text"),
        ("---\nText.\n", "", "2018.md, line 1: the head has no closing"),
        ("---\nid: 7", "id: 7", "2018.md, line 1: a post begins with"),
    ],
)
def test_a_slip_in_a_head_is_named_with_file_and_post(change: str, to: str, complaint: str) -> None:
    text = HEAD.replace(change, to, 1)
    with pytest.raises(DataError, match=re.escape(complaint)):
        parse_posts(text, "2018.md")


def test_the_intro_is_the_first_paragraph() -> None:
    (post,) = parse_posts(HEAD + "\n- en\n\nTva.\n", "2018.md")
    assert intro_html(post) == "<p>Text.</p>"


# --- the pages -----------------------------------------------------------------------------------


def test_the_list_pages_cover_all_posts_once(client: httpx.Client, posts: list[Post]) -> None:
    found: list[str] = []
    address = "/bloggen"
    pages = 0
    while address:
        tree = html.fromstring(client.get(address).content)
        items = select(tree, "//*[@class='blog-item']//h2/a/@href")
        assert len(items) <= 10
        found += items
        address = next(iter(select(tree, "//a[@rel='next']/@href")), "")
        pages += 1
    assert found == [post.path for post in posts]
    assert pages == -(-len(posts) // 10)
    assert "Här finns inga fler inlägg." in client.get("/bloggen?start=5000").text


def test_every_post_has_its_page(client: httpx.Client, posts: list[Post]) -> None:
    parser = etree.HTMLParser(encoding="utf-8")
    for post in posts:
        reply = client.get(post.path)
        assert reply.status_code == 200, post.path
        tree = etree.fromstring(reply.content, parser)
        assert [e.message for e in parser.error_log if "Tag " not in e.message] == []
        (body,) = select(tree, "//*[@itemprop='articleBody']")
        assert len("".join(body.itertext())) > 100
        assert tree.xpath("string(//h1)") == post.title
        assert tree.xpath("string(//*[@class='breadcrumb']/li[last()])") == post.title
        (published,) = select(tree, "//time[@itemprop='datePublished']")
        assert published.text == f"Publicerad: {swedish_date(post.published)}"
        assert bool(select(tree, "//time[@itemprop='dateModified']")) == bool(post.updated)
        assert select(tree, "//nav//a")
        assert select(tree, "//footer")


def test_dates_are_written_in_swedish() -> None:
    assert swedish_date(datetime(2018, 5, 13, 22, 30, tzinfo=UTC)) == "14 maj 2018"


def test_the_months_lead_to_all_posts(client: httpx.Client, posts: list[Post]) -> None:
    tree = html.fromstring(client.get("/bloggen").content)
    months = select(tree, "//aside//ul[@class='archive-module']//a/@href")
    assert "/bloggen/arkiv/2018/5" in months
    found = [
        path
        for month in months
        for path in select(html.fromstring(client.get(month).content), "//h2/a/@href")
    ]
    assert found == [post.path for post in posts]
    assert client.get("/bloggen/arkiv/2018/13").status_code == 404


def test_a_page_offers_both_feeds(client: httpx.Client) -> None:
    tree = html.fromstring(client.get("/bloggen").content)
    offered = select(tree, "//link[@rel='alternate']")
    assert [link.get("type") for link in offered] == ["application/rss+xml", "application/atom+xml"]
    assert [link.get("href") for link in offered] == [
        "/bloggen?format=feed&type=rss",
        "/bloggen?format=feed&type=atom",
    ]
    assert select(tree, "//aside//a[@class='rss']/@href") == [offered[0].get("href")]


def test_other_addresses(client: httpx.Client, posts: list[Post]) -> None:
    assert client.get("/").headers["location"] == "/bloggen"
    assert client.get(f"/bloggen/{posts[0].id}-annat").headers["location"] == posts[0].path
    for path in ("/om-kansliet", "/kontakt", "/bloggen/"):
        assert client.get(path).status_code == 200
    for path in (
        *("/finns-inte", "/bloggen/99999-x", f"{extra_posts()[0].path}", "/bilder/saknas.png"),
        *("/bilder/../posts/2014.md", "/bilder/%2e%2e/posts.py", "/bloggen?format=feed&type=json"),
    ):
        reply = client.get(path)
        assert reply.status_code == 404
        assert "Sidan finns inte" in reply.text
    assert client.post("/bloggen").status_code == 501


def test_the_files(client: httpx.Client) -> None:
    for name in sorted(PICTURES):
        reply = client.get(f"/bilder/{name}.png")
        assert reply.headers["content-type"] == "image/png"
        assert len(reply.content) < 15_000
        assert reply.content.startswith(b"\x89PNG\r\n\x1a\n")
        assert struct.unpack(">II", reply.content[16:24]) == (320, 200)
        at = reply.content.index(b"IDAT")
        (length,) = struct.unpack(">I", reply.content[at - 4 : at])
        assert len(zlib.decompress(reply.content[at + 4 : at + 4 + length])) == 200 * (1 + 320 * 3)
    for name, pages in (("verksamhet-2017", 9), ("handskar-2016", 3)):
        reply = client.get(f"/rapporter/{name}.pdf")
        assert reply.headers["content-type"] == "application/pdf"
        assert reply.content.startswith(b"%PDF-1.4")
        assert reply.content.endswith(b"%%EOF\n")
        assert reply.content.count(b"/Type /Page ") == pages
    reply = client.get("/ljud/samtal-om-lakemedel.mp3")
    assert reply.headers["content-type"] == "audio/mpeg"
    assert reply.content.startswith(b"ID3")


# --- the feeds -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rss", "atom"])
@pytest.mark.parametrize("paging", ["limitstart", "start"])
def test_the_feeds_page_through_all_posts(
    client: httpx.Client, blog: ServedBlog, posts: list[Post], kind: str, paging: str
) -> None:
    entries = whole_feed(client, kind, paging)
    assert [entry.id for entry in entries] == [blog.site_url + post.path for post in posts[1:]]
    assert [entry.link for entry in entries] == [entry.id for entry in entries]
    assert [entry.title for entry in entries] == [post.title for post in posts[1:]]
    assert [entry.author for entry in entries] == [post.author for post in posts[1:]]
    for entry, post in zip(entries, posts[1:], strict=True):
        assert when(entry.published_parsed) == post.published
        assert tuple(tag.term for tag in entry.tags) == post.tags
        if kind == "atom":
            assert when(entry.updated_parsed) == post.changed
    enclosures = [file for entry in entries for file in entry.get("enclosures", ())]
    assert [file.type for file in enclosures].count("audio/mpeg") == 1
    for file in enclosures:
        assert int(file.length) == len(client.get(urlsplit(file.href).path).content)


def test_the_feed_gives_an_intro_or_the_whole(client: httpx.Client, posts: list[Post]) -> None:
    entries = whole_feed(client, "rss", "limitstart")
    short = 0
    for entry, post in zip(entries, posts[1:], strict=True):
        tree = html.fromstring(f"<div>{entry.description}</div>")
        more = select(tree, "//*[@class='readmore']/a/@href")
        assert more == ([post.path] if post.intro_only else [])
        short += post.intro_only
        if post.intro_only:
            assert len(select(tree, "./p")) == 2
        else:
            assert entry.description == body_html(post)
    assert 0.4 < short / len(entries) < 0.6
    pictures = [link for e in entries for link in re.findall('src="([^"]*)"', e.description)]
    assert all(link.startswith("/bilder/") for link in pictures)


def test_the_rss_is_joomlas(client: httpx.Client) -> None:
    reply = client.get("/bloggen?format=feed&type=rss&limitstart=20")
    channel = etree.fromstring(reply.content).find("channel")
    assert channel is not None
    assert channel.findtext("generator") == "Joomla! - Open Source Content Management"
    items = channel.findall("item")
    assert len(items) == 10
    for item in items:
        assert item.findtext("guid") == item.findtext("link")
        assert re.search(r" \+0[12]00$", item.findtext("pubDate") or "")


def test_an_offset_that_is_no_number_is_the_beginning(posts: list[Post]) -> None:
    blog = Blog(tuple(posts), "http://example.invalid")
    first = answer(blog, "/bloggen?format=feed").body
    for offset in ("-10", "tio", "", "0", "²"):
        assert answer(blog, f"/bloggen?format=feed&type=rss&limitstart={offset}").body == first


# --- the server ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/bloggen?format=feed&type=rss&start=10", "/bloggen", "/bilder/karta.png"]
)
def test_what_a_client_has_is_not_sent_again(client: httpx.Client, path: str) -> None:
    first = client.get(path)
    etag = first.headers["etag"]
    for headers in ({"If-None-Match": etag}, {"If-None-Match": f'"x", {etag}'}):
        again = client.get(path, headers=headers)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    modified = first.headers.get("last-modified")
    if modified:
        assert client.get(path, headers={"If-Modified-Since": modified}).status_code == 304
    # A tag that differs outweighs the date (RFC 9110 §13.1.3).
    headers = {"If-None-Match": '"x"', "If-Modified-Since": modified or ""}
    assert client.get(path, headers=headers).status_code == 200
    for since in ("Mon, 01 Jan 2001 00:00:00 GMT", "i tisdags", ""):
        assert client.get(path, headers={"If-Modified-Since": since}).status_code == 200


def test_head_gives_the_head_alone(client: httpx.Client) -> None:
    headers = {"Accept-Encoding": "identity"}
    full = client.get("/bloggen", headers=headers)
    head = client.head("/bloggen", headers=headers)
    assert head.content == b""
    assert head.headers["content-length"] == str(len(full.content))
    assert head.headers["etag"] == full.headers["etag"]


def test_gzip_only_when_accepted(client: httpx.Client) -> None:
    for accepted, encoding in (
        *(("gzip", "gzip"), ("br, GZIP;q=0.5", "gzip"), ("identity", None)),
        *(("gzip;q=0", None), ("x-gzip-not", None)),
    ):
        reply = client.get("/bloggen?start=10", headers={"Accept-Encoding": accepted})
        assert reply.headers.get("content-encoding") == encoding
        assert "Publicerad:" in reply.text
    assert "content-encoding" not in client.get("/bilder/karta.png").headers


def test_a_new_post_after_every_second_refresh() -> None:
    now = datetime(2026, 3, 4, 5, 6, 7, 890, tzinfo=UTC)
    with serve(clock=lambda: now) as blog, httpx.Client(trust_env=False, timeout=60) as client:
        count = len(blog.posts)
        titles = []
        for _time in range(5):
            client.head(blog.feed_url)
            client.get(blog.feed_url + "&limitstart=10")
            client.get(blog.site_url + "/bloggen")
            titles.append(feed_of(client.get(blog.feed_url).content).entries[0].title)
        assert blog.refreshes == 5
        extras = [post.title for post in extra_posts()]
        assert titles == [load_posts()[0].title, extras[0], extras[0], extras[1], extras[1]]
        assert len(blog.posts) == count + 2
        assert blog.extras == (now.replace(microsecond=0),) * 2
        newest = blog.posts[0]
        assert newest.published == now.replace(microsecond=0)
        assert "4 mars 2026" in client.get(blog.site_url + newest.path).text
        assert "/bloggen/arkiv/2026/3" in client.get(blog.site_url + "/bloggen").text


def test_a_refresh_that_brings_a_post_is_no_304() -> None:
    with serve() as blog, httpx.Client(trust_env=False, timeout=60) as client:
        codes = []
        etag, modified = '"none"', ""
        for _time in range(5):
            headers = {"If-None-Match": etag, "If-Modified-Since": modified}
            reply = client.get(blog.feed_url, headers=headers)
            codes.append(reply.status_code)
            etag = reply.headers["etag"]
            modified = reply.headers["last-modified"]
    assert codes == [200, 200, 304, 200, 304]


def test_there_is_an_end_to_the_extra_posts() -> None:
    extras = extra_posts()
    with (
        serve(already=len(extras) - 1) as blog,
        httpx.Client(trust_env=False, timeout=60) as client,
    ):
        assert blog.posts[0].id == extras[-2].id
        for _time in range(6):
            client.get(blog.feed_url)
        assert [post.id for post in blog.posts].count(extras[-1].id) == 1
        assert len(blog.posts) == len(load_posts()) + len(extras)


def test_a_caller_may_remember_when_posts_came_out() -> None:
    now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    times = (now - timedelta(days=2), now - timedelta(days=1))
    with serve(already=times, clock=lambda: now) as blog:
        assert [post.published for post in blog.posts[:2]] == [times[1], times[0]]
        assert blog.posts[0].id == extra_posts()[1].id
        assert blog.extras == times


def test_a_taken_port_gives_another() -> None:
    with serve() as first:
        taken = urlsplit(first.site_url).port
        assert taken
        with serve(taken) as second:
            assert urlsplit(second.site_url).port != taken
            assert (
                httpx.get(second.site_url + "/kontakt", trust_env=False, timeout=60).status_code
                == 200
            )


def test_a_port_that_was_let_go_of_is_taken_again() -> None:
    for _attempt in range(20):  # another program may be given it in between
        with serve() as first:
            port = urlsplit(first.site_url).port
        with serve(port or 0) as again:
            if urlsplit(again.site_url).port == port:
                return
    pytest.fail("the port was never free again")


def test_only_loopback(blog: ServedBlog) -> None:
    assert urlsplit(blog.site_url).hostname == "127.0.0.1"
    for host in ("0.0.0.0", "192.168.1.1", "::1", "localhost"):
        with pytest.raises(ValueError), serve(host=host):
            pass
    if (
        sys.platform == "linux"
    ):  # where all of 127/8 is loopback: the port is free on the rest of it
        with socket.socket() as other:
            other.bind(("127.0.0.2", urlsplit(blog.site_url).port or 0))


def test_the_server_ends_with_its_context() -> None:
    with httpx.Client(trust_env=False, timeout=60) as client:
        with serve() as blog:
            assert client.get(blog.site_url + "/kontakt").status_code == 200
        with pytest.raises(httpx.TransportError):
            client.get(blog.site_url + "/kontakt")  # over the connection that was kept open


def test_the_demo_needs_neither_screen_nor_client() -> None:
    code = "import flodeslasare.demo, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"textual", "rich", "httpx", "feedparser", "sqlite3"} & set(done.stdout.split())
