"""Whole texts from the entries' own pages: found on a page, fetched over HTTP on loopback, kept beside the feed's words."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from pytest_httpserver import HTTPServer
from werkzeug import Response

from builders import NOW, Clock, an_entry, keep
from flodeslasare.demo.posts import load_posts
from flodeslasare.demo.site import Blog, answer, body_html, feed_html
from flodeslasare.documents import ParsedArticle, ParsedEntry, Subscription
from flodeslasare.errors import NoArticle, OfflineError
from flodeslasare.fetching.article import find_article
from flodeslasare.fetching.clean import html_to_text, safe_html
from flodeslasare.library import Library
from flodeslasare.library import articles as module
from flodeslasare.model import ArticleResult, ArticleStatus, Entry, Feed, View
from hostile import HOSTILE, harmful

URL = "https://blogg.exempel/210-kraven"
KNOWN = "Kraven följs upp i avtalen, och det tar tid att se om de hålls."
REST = "Först frågar regionen leverantören, sedan fabriken, och till sist reser någon dit och ser efter själv."
BODY = f"<p>{KNOWN}</p><p>{REST}</p>"
MENU = "<nav><a href='/'>Start</a> <a href='/om'>Om oss</a></nav>"


def page(main: str) -> bytes:
    return f"<!doctype html><html><head><title>Kraven</title></head><body>{MENU}{main}<footer>Kontakt</footer></body></html>".encode(
        "utf-8", "replace"
    )


def found(
    main: str | bytes, known: str = KNOWN, *, title: str = "Kraven", type: str = "text/html"
) -> str | None:
    body = main if isinstance(main, bytes) else page(main)
    article = find_article(body, url=URL, content_type=type, title=title, known=known)
    return None if article is None else article.text


# --- on a page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "main",
    [
        f"<main><p>Annat</p><div itemprop='articleBody'>{BODY}</div></main>",
        f"<div class='com-content-article__body'>{BODY}</div>",
        f"<article><header>Datum</header><div class='post entry-content clear'>{BODY}</div></article>",
        f"<section class='h-entry'><div class='e-content'>{BODY}</div></section>",
        f"<article>{BODY}</article>",
        f"<div id='content'>{BODY}</div>",
        f"<div><div class='spalt'>{BODY}</div></div>",
    ],
    ids=["schema.org", "joomla", "wordpress", "microformats", "article", "id", "paragraphs"],
)
def test_the_text_of_a_page_is_found(main: str) -> None:
    text = found(main)

    assert text is not None
    assert text.endswith(f"{KNOWN}\n{REST}")
    assert "Start" not in text
    assert "Kontakt" not in text


def test_a_lead_that_stands_outside_the_body_belongs_to_the_text() -> None:
    main = f"<article><p class='ingress'>{KNOWN}</p><div class='article-body'><p>{REST}</p></div></article>"

    assert found(main) == f"{KNOWN}\n{REST}"


def test_of_several_texts_the_one_that_the_feed_speaks_of_is_taken() -> None:
    other = "<article><p>Något helt annat, om bananer och lådor, som är mycket längre än så.</p></article>"

    assert found(other * 3 + f"<article>{BODY}</article>" + other) == f"{KNOWN}\n{REST}"


def test_what_stands_beside_a_text_is_no_part_of_it() -> None:
    beside = (
        "<h1>Kraven</h1><dl class='article-info'><dt>Detaljer</dt><dd>Alva</dd></dl>"
        f"{BODY}<div class='social-share'>Dela</div><form>Sök</form><aside>Läs också</aside>"
        "<ul class='pager pagenav'><li>Föregående</li></ul><p hidden>gömt</p><script>var x</script>"
    )

    assert found(f"<article>{beside}</article>") == f"{KNOWN}\n{REST}"


def test_a_text_is_not_left_out_for_what_it_is_called() -> None:
    assert found(f"<article><div class='social'>{BODY}</div></article>") == f"{KNOWN}\n{REST}"


COMMENTS = (
    "<p>Så är det inte alls hos oss, för där har ingen någonsin frågat någon om något.</p>" * 5
)


@pytest.mark.parametrize(
    "main",
    [
        f"<article>{BODY}<section id='kommentarer'>{COMMENTS}</section></article>",
        f"<article>{BODY}<div class='comments-area'>{COMMENTS}</div></article>",
        f"<div id='content'><form id='aspnetForm'><div class='brodtext'>{BODY}</div></form></div>",
        f"<table><tr><td>Start<br>Om oss</td><td>{KNOWN}<br><br>{REST}</td></tr></table>",
        f"<main><article><h2>Kraven</h2><p>{KNOWN}</p></article><div class='inlagg'>{BODY}</div></main>",
        f"<main><article><div class='rik'>{BODY}</div></article>"
        f"<div class='post'><div class='entry-content'><p>{KNOWN}</p></div></div></main>",
        f"<article>{BODY}<p class='jp-relatedposts'>Liknande</p></article>",
    ],
    ids=[
        *("comments by id", "comments by class", "a form around all", "line breaks"),
        *("a teaser in an article", "a teaser in a body", "related posts"),
    ],
)
def test_the_text_of_a_page_is_found_beside_what_is_like_it_or_longer(main: str) -> None:
    assert found(main) == f"{KNOWN}\n{REST}"


def test_a_page_that_is_called_as_texts_are_is_none() -> None:
    whole = f"<body class='blog-post'><p>Sidhuvud</p><article>{BODY}</article></body>"

    assert found(whole.encode()) == f"{KNOWN}\n{REST}"


def test_an_offer_in_the_place_of_the_rest_is_not_taken_for_it() -> None:
    offer = f"<div class='paywall-offer'><h2>Vill du läsa vidare?</h2>{COMMENTS}</div>"

    assert found(f"<article><p>{KNOWN}</p>{offer}</article>") is None


def test_what_folds_out_belongs_to_the_text_and_headings_keep_their_buttons() -> None:
    main = (
        f"<article><p>{KNOWN}</p><h2 id='dela'><button aria-controls='p1'>Dela lärdomar</button></h2>"
        f"<div id='p1' aria-hidden='true'><p>{REST}</p></div></article>"
    )

    assert found(main) == f"{KNOWN}\nDela lärdomar\n{REST}"


def test_links_and_pictures_are_resolved_and_nothing_acts() -> None:
    main = (
        f"<base href='/arkiv/'><div itemprop='articleBody'>{BODY}<a href='rapport.pdf' onclick='x()'>R</a>"
        "<img data-src='/bild.png' src='data:image/gif;base64,x' alt='B'><a href='javascript:x'>J</a></div>"
    )

    article = find_article(
        page(main), url=URL, content_type="text/html", title="Kraven", known=KNOWN
    )

    assert article is not None
    assert 'href="https://blogg.exempel/arkiv/rapport.pdf"' in article.html
    assert 'src="https://blogg.exempel/bild.png"' in article.html
    assert "onclick" not in article.html
    assert "javascript:" not in article.html


@pytest.mark.parametrize(
    "main",
    [
        "<main><h1>Vi använder kakor</h1><p>Godkänn alla kakor för att läsa vidare på vår webbplats.</p></main>",
        "<main><form>Logga in för att läsa</form></main>",
        "<h1>Sidan finns inte</h1>",
        "",
    ],
)
def test_a_page_that_does_not_show_the_text_gives_none(main: str) -> None:
    with pytest.raises(NoArticle, match="does not show what the feed says of it"):
        found(main)


@pytest.mark.parametrize(
    ("body", "type"),
    [
        (b"%PDF-1.7 ...", "text/html"),
        (b"\x89PNG", "image/png"),
        (b"%PDF-1.4", "application/pdf"),
    ],
)
def test_a_file_is_no_page(body: bytes, type: str) -> None:
    with pytest.raises(NoArticle, match="leads to a file"):
        found(body, type=type)


def test_a_page_with_no_more_than_the_feed_gives_nothing() -> None:
    assert found(f"<article><p>{KNOWN}</p></article>", KNOWN) is None
    assert found(f"<article><p>{KNOWN}</p></article>", f"{KNOWN}\nLäs mer: Kraven") is None
    # Not even where there is more around it.
    surrounded = f"<main><article><p>{KNOWN}</p></article>{REST}</main>"
    assert found(surrounded) is None


def test_of_an_entry_without_words_the_page_must_have_the_title() -> None:
    long = f"<article><h1>Kraven</h1><p>{KNOWN} {REST}</p></article>"

    assert found(long, "") == f"{KNOWN} {REST}"
    with pytest.raises(NoArticle):
        found(long, "", title="Bananlådans siffra")
    with pytest.raises(NoArticle):
        found("<article><h1>Kraven</h1><p>Kort.</p></article>", "")


@pytest.mark.parametrize(
    ("charset", "type"),
    [
        ("iso-8859-1", "text/html; charset=iso-8859-1"),
        ("utf-8", "text/html"),
        ("utf-16", "text/html"),
    ],
)
def test_a_page_is_read_in_its_character_set(charset: str, type: str) -> None:
    body = page(f"<article>{BODY}</article>").decode().encode(charset)

    assert found(body, type=type) == f"{KNOWN}\n{REST}"


@given(HOSTILE, HOSTILE)
def test_nothing_on_a_page_reaches_the_terminal(word: str, title: str) -> None:
    body = page(
        f"<article><h1>{title}</h1>{BODY}<p title='{word}'>{word}<a href='{word}'>{word}</a></p></article>"
    )
    try:
        article = find_article(body, url=URL, content_type="text/html", title=title, known=KNOWN)
    except NoArticle:
        return

    assert article is not None
    assert not harmful(article.text)
    assert not harmful(article.html)


def test_each_intro_of_the_example_blog_becomes_the_whole_post() -> None:
    blog = Blog(posts=tuple(load_posts()), site_url="http://127.0.0.1:8014")
    for post in blog.posts:
        url = blog.site_url + post.path

        def as_text(html: str, url: str = url) -> str:
            return html_to_text(safe_html(html, url))

        article = find_article(
            answer(blog, post.path).body,
            url=url,
            title=post.title,
            known=as_text(feed_html(post)),
        )

        assert (article and article.text) == (as_text(body_html(post)) if post.intro_only else None)


# --- kept ----------------------------------------------------------------------------------------------


@pytest.fixture
def entry(library: Library, feed: Feed) -> Entry:
    keep(library, feed.id, an_entry(html=f"<p>{KNOWN}</p>", text=KNOWN))
    return library.entry(1)


def hits(library: Library, query: str) -> list[int]:
    return list(library.listing(View(query=query)).ids)


def put(library: Library, text: str) -> bool:
    return library._articles.put(1, ParsedArticle(f"<p>{text}</p>", text), library._now())


def test_a_whole_text_is_read_and_found_in_the_place_of_the_feeds(
    library: Library, entry: Entry, clock: Clock
) -> None:
    assert put(library, f"{KNOWN}\n{REST}")

    now = library.entry(1)
    assert now.text == f"{KNOWN}\n{REST}"
    assert now.article == clock.now
    assert now.versions == 0
    assert hits(library, "fabriken") == [1]
    assert hits(library, "avtalen") == [1]
    assert library.rows([1])[0].excerpt == KNOWN
    assert library._index.check().is_sound


def test_a_refresh_that_brings_the_same_words_leaves_a_whole_text_alone(
    library: Library, feed: Feed, entry: Entry
) -> None:
    put(library, f"{KNOWN}\n{REST}")

    for html in (f"<p>{KNOWN}</p>", f"<p class='x'>{KNOWN}</p>", f"<p>{KNOWN}</p>"):
        assert keep(library, feed.id, an_entry(html=html, text=KNOWN)) == (0, 0)

    now = library.entry(1)
    assert (now.text, now.versions) == (f"{KNOWN}\n{REST}", 0)
    assert library.due_articles() == []


def test_an_edit_of_the_feed_lets_the_page_be_read_again(
    library: Library, feed: Feed, entry: Entry, clock: Clock
) -> None:
    put(library, f"{KNOWN}\n{REST}")
    edited = an_entry(title="Ny rubrik", html=f"<p>{KNOWN} Rättat.</p>", text=f"{KNOWN} Rättat.")

    assert keep(library, feed.id, edited) == (0, 1)

    now = library.entry(1)
    assert (now.title, now.text) == ("Ny rubrik", f"{KNOWN}\n{REST}")
    assert now.is_article_due
    assert library._articles.known(1) == f"{KNOWN} Rättat."
    clock.advance(days=2)
    assert library.due_articles() == [1]
    assert library._index.check().is_sound

    assert put(library, f"{KNOWN} Rättat.\n{REST}")

    now = library.entry(1)
    assert (now.text, now.versions) == (f"{KNOWN} Rättat.\n{REST}", 2)  # the title, the text
    assert library.due_articles() == []
    assert REST in library.earlier_versions(1)[0].html
    assert library._index.check().is_sound


def test_where_the_page_is_gone_an_edit_of_the_feed_is_shown_and_nothing_is_lost(
    library: Library, feed: Feed, entry: Entry
) -> None:
    put(library, f"{KNOWN}\n{REST}")
    keep(library, feed.id, an_entry(html=f"<p>{KNOWN} Rättat.</p>", text=f"{KNOWN} Rättat."))

    library._articles.give_up(1, library._now())

    now = library.entry(1)
    assert (now.text, now.article, now.versions) == (f"{KNOWN} Rättat.", None, 1)
    assert REST in library.earlier_versions(1)[0].html
    assert hits(library, "fabriken") == []
    assert library._index.check().is_sound


def test_a_whole_text_stays_when_its_page_goes(library: Library, entry: Entry) -> None:
    put(library, f"{KNOWN}\n{REST}")

    library._articles.failed(1, library._now())
    library._articles.give_up(1, library._now())

    assert library.entry(1).text == f"{KNOWN}\n{REST}"


def test_the_same_text_again_is_no_change(library: Library, entry: Entry) -> None:
    assert put(library, f"{KNOWN}\n{REST}")
    assert not put(library, f"{KNOWN}\n{REST}")
    assert library.entry(1).versions == 0


def test_an_entry_without_words_gets_its_first_words_from_the_page(
    library: Library, feed: Feed
) -> None:
    keep(library, feed.id, an_entry(html="", text=""))
    put(library, KNOWN)

    assert library.rows([1])[0].excerpt == KNOWN

    keep(library, feed.id, an_entry(title="Ny rubrik", html="", text=""))

    assert library.rows([1])[0].excerpt == KNOWN
    assert library._index.check().is_sound


def test_a_deleted_feed_takes_its_whole_texts_along(
    library: Library, feed: Feed, entry: Entry
) -> None:
    put(library, f"{KNOWN}\n{REST}")

    library.delete_feed(feed.id)

    assert library._database.value("SELECT count(*) FROM articles") == 0
    assert library._index.check().is_sound


# --- fetched -------------------------------------------------------------------------------------------


@pytest.fixture
def site(library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Feed:
    """A feed of three entries on loopback, whose pages answer at `/1` to `/3`."""
    monkeypatch.setattr(module, "LEAST_PAUSE_SECONDS", 0.0)
    feed = library.add_subscription(Subscription(url=httpserver.url_for("/feed")))
    assert feed is not None
    keep(library, feed.id, *(at_page(httpserver, number) for number in (1, 2, 3)))
    return feed


def at_page(httpserver: HTTPServer, number: int, **changes: object) -> ParsedEntry:
    url = httpserver.url_for(f"/{number}")
    values = {"guid": str(number), "url": url, "title": f"Nr {number}", "text": KNOWN} | changes
    return an_entry(**values, published=NOW - timedelta(days=number))


def serve(httpserver: HTTPServer, path: str, body: bytes | int = 200, **headers: str) -> None:
    reply = Response(status=body) if isinstance(body, int) else Response(body, mimetype="text/html")
    reply.headers.update(headers)
    httpserver.expect_request(path).respond_with_handler(lambda _request: reply)


async def run(library: Library, ids: Sequence[int]) -> list[ArticleResult]:
    async with aclosing(library.fetch_articles(ids)) as results:
        return [result async for result in results]


def ids_of(library: Library) -> list[int]:
    return list(library.listing(View()).ids)


async def test_whole_texts_are_fetched_one_at_a_time_and_kept(
    library: Library, site: Feed, httpserver: HTTPServer
) -> None:
    serve(httpserver, "/1", page(f"<article>{BODY}</article>"))
    serve(httpserver, "/2", page(f"<article><p>{KNOWN}</p></article>"))
    serve(httpserver, "/3", 404)
    first, second, third = ids_of(library)

    results = await run(library, [first, second, third])

    assert [result.status for result in results] == ["ok", "unchanged", "error"]
    assert [(result.done, result.of) for result in results] == [(1, 3), (2, 3), (3, 3)]
    assert results[0].words == len(f"{KNOWN} {REST}".split())
    assert "404" in (results[2].error or "")
    assert library.entry(first).text == f"{KNOWN}\n{REST}"
    assert hits(library, "fabriken") == [first]
    assert library.articles_of_feed(site.id) == []
    asked = httpserver.log[0][0]
    assert asked.headers["Accept"].startswith("text/html")


async def test_the_same_entry_is_fetched_again_when_it_is_asked_for_again(
    library: Library, site: Feed, httpserver: HTTPServer
) -> None:
    pages = iter([BODY, BODY, f"{BODY}<p>Ett tillägg som kom senare.</p>"])
    httpserver.expect_request("/1").respond_with_handler(
        lambda _request: Response(page(f"<article>{next(pages)}</article>"), mimetype="text/html")
    )
    first = ids_of(library)[0]

    results = (
        await run(library, [first]) + await run(library, [first]) + await run(library, [first])
    )

    assert [result.status for result in results] == ["ok", "unchanged", "ok"]
    assert library.entry(first).versions == 1


async def test_a_host_that_wants_to_be_left_alone_is_asked_no_more(
    library: Library, site: Feed, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/1").respond_with_handler(
        lambda _request: Response(status=429, headers={"Retry-After": "3600"})
    )
    ids = ids_of(library)

    results = await run(library, ids)

    assert [result.status for result in results] == [ArticleStatus.ERROR]
    assert len(httpserver.log) == 1
    next_refresh = library.feed(site.id).next_refresh
    assert next_refresh is not None
    assert next_refresh > library._now()
    assert library.articles_of_feed(site.id) == ids


async def test_a_host_that_fails_again_and_again_is_asked_no_more(
    library: Library, site: Feed, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_FAILURES", 2)
    httpserver.expect_request("/1").respond_with_data(status=500)
    httpserver.expect_request("/2").respond_with_data(status=500)
    ids = ids_of(library)

    results = await run(library, ids)

    assert [result.entry_id for result in results] == ids[:2]
    assert len(httpserver.log) == 2
    assert library.articles_of_feed(site.id) == ids


async def test_the_others_of_a_host_that_fails_are_left_alone_as_long_as_what_failed(
    library: Library, site: Feed, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_FAILURES", 1)
    httpserver.expect_request("/1").respond_with_data(status=500)
    library.want_articles(site.id, True)

    await run(library, library.due_articles())

    assert library.due_articles() == []


async def test_the_others_of_a_host_whose_pages_show_no_text_are_asked_for_next_time(
    library: Library, site: Feed, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_FAILURES", 1)
    serve(httpserver, "/1", page("<main>Logga in</main>"))
    library.want_articles(site.id, True)
    first, *others = library.due_articles()

    await run(library, [first, *others])

    assert library.due_articles() == others


async def test_a_host_that_a_refresh_was_told_to_leave_alone_is_not_asked_for_pages(
    library: Library, site: Feed, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/feed").respond_with_handler(
        lambda _request: Response(status=429, headers={"Retry-After": "3600"})
    )
    async with aclosing(library.refresh([site.id])) as events:
        assert [event async for event in events]

    (result,) = await run(library, ids_of(library))

    assert "asked us to wait" in (result.error or "")
    assert [request.path for request, _response in httpserver.log] == ["/feed"]


async def test_a_page_that_could_not_be_had_is_left_alone_for_a_day(
    library: Library, site: Feed, httpserver: HTTPServer, clock: Clock
) -> None:
    httpserver.expect_request("/1").respond_with_data(status=500)
    library.want_articles(site.id, True)
    first, *others = ids_of(library)
    assert library.due_articles() == [first, *others]

    await run(library, [first])

    assert library.due_articles() == others
    clock.advance(days=1, seconds=1)
    assert library.due_articles() == [first, *others]


async def test_pages_of_feeds_that_were_left_are_not_due(library: Library, site: Feed) -> None:
    library.want_articles(site.id, True)
    library.unsubscribe(site.id)

    assert library.due_articles() == []


async def test_an_entry_without_an_address_says_so(library: Library, feed: Feed) -> None:
    keep(library, feed.id, an_entry(url=None))

    (result,) = await run(library, ids_of(library))

    assert result.error == "the feed gives no address of its page"
    assert library.articles_of_feed(feed.id) == []


async def test_an_entry_that_is_gone_is_left_out(library: Library) -> None:
    assert await run(library, [17]) == []


async def test_a_page_on_a_private_network_is_not_asked_for(
    library: Library, feed: Feed, httpserver: HTTPServer
) -> None:
    keep(library, feed.id, at_page(httpserver, 1))

    (result,) = await run(library, ids_of(library))

    assert "private" in (result.error or "")
    assert httpserver.log == []


async def test_a_parser_that_runs_wild_costs_that_entry_alone(
    library: Library, site: Feed, httpserver: HTTPServer
) -> None:
    library.settings = replace(library.settings, parse_seconds=0.2)
    serve(httpserver, "/1", page("<div class='share'>" * 200 + "<p>x</p>" * 150_000))
    serve(httpserver, "/2", page(f"<article>{BODY}</article>"))

    results = await run(library, ids_of(library)[:2])

    assert results[0].status is ArticleStatus.ERROR
    assert len(results) == 2


async def test_without_a_network_nothing_is_asked(tmp_path: Path) -> None:
    with Library(tmp_path / "other.db", offline=True) as library, pytest.raises(OfflineError):
        await run(library, [1])
