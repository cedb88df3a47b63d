"""What strangers write: through the door into the library, and past it out of the command line."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from html import escape
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import NOW, an_entry, keep
from flodeslasare import __main__
from flodeslasare.documents import Subscription
from flodeslasare.errors import FeedError
from flodeslasare.exchange.markdown import to_markdown
from flodeslasare.fetching.clean import URL_CHARACTERS
from flodeslasare.fetching.parse import parse_feed
from flodeslasare.library import Library
from flodeslasare.library.steps import store_document
from flodeslasare.model import Feed, View
from flodeslasare.storage import open_database
from flodeslasare.text import beginning, harmless, harmless_json, harmless_line, single_spaced
from hostile import HOSTILE, PIECES, harmful, plant
from test_http import Request, Server, serving
from test_refresh import refresh

NUMBERS = count()
SOON = settings(
    max_examples=40,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# --- the list of characters ------------------------------------------------------------------------


@given(HOSTILE)
def test_what_is_harmless_stays_so_and_keeps_its_words(text: str) -> None:
    safe = harmless(text)
    assert not harmful(safe)
    assert harmless(safe) == safe
    line = harmless_line(text)
    assert not harmful(line, "")
    assert [char for char in text if char.isalnum()] == [char for char in line if char.isalnum()]


@given(HOSTILE)
def test_json_says_the_same_with_the_harmful_characters_escaped(text: str) -> None:
    encoded = harmless_json(json.dumps({"text": text}, ensure_ascii=False))
    assert not harmful(encoded, "")
    assert json.loads(encoded) == {"text": text}


def test_flags_of_countries_parts_and_families_stay() -> None:
    for sign in (PIECES[-10], "👩\u200d👩\u200d👧", "a\u0301\u0316\u0301", "ক্ষ্ম"):
        assert harmless(sign) == sign
    assert harmless("🏴" + "\U000e0061" * 20) == "🏴"


@pytest.mark.parametrize("kept", range(1, 9))
def test_a_flag_that_is_cut_through_goes_whole(library: Library, feed: Feed, kept: int) -> None:
    flag = PIECES[-10]
    assert beginning(f"x{flag}", kept) == ("x" if 2 < kept < 8 else f"x{flag}"[:kept])
    names = f"{'å' * (300 - kept)}{flag}"
    words = f"{'å' * (200 - kept)}{flag} och mer"
    body = (
        f"<rss><channel><item><title>Titel</title><author>{names}</author>"
        f"<description>{words}</description></item></channel></rss>"
    )
    keep(library, feed.id, *parse_feed(body.encode(), url="https://a.se/").entries)
    assert_kept_safe(library.path)


def test_piled_accents_are_cut_before_anything_sorts_them() -> None:
    # unicodedata.normalize takes seconds for 64,000 of them, and hours for a million.
    piled = "a" + "\u0301\u0316" * 200_000 + "b"
    assert len(harmless(piled)) == 10
    assert harmless("👩\u200d" * 5) == "👩" * 5


# --- through the door ------------------------------------------------------------------------------


def rss(text: str, form: str) -> bytes:
    """Make a feed with a text in every field, escaped, as CDATA or as it is."""
    said = {"escaped": escape(text), "cdata": f"<![CDATA[{text}]]>", "bare": text}[form]
    value = escape(text)
    return f"""<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
      xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">
      <channel><title>{said}</title><link>{said}</link><item><title>{said}</title><link>{said}</link>
      <guid>{said}</guid><dc:creator>{said}</dc:creator><author>{said}</author><category>{said}</category>
      <pubDate>{said}</pubDate><enclosure url="https://a.se/{value}" type="{value}" length="{value}"/>
      <media:content url="https://a.se/b{value}" type="{value}" medium="{value}"/>
      <description>{said}</description><content:encoded>{said}
      {escape(f'<p title="{text}">{text}<a href="{text}">{text}</a><img alt="{text}" src="https://a.se/{text}">')}
      </content:encoded></item><item><title>x{said}</title><link>https://a.se/{said}</link></item></channel></rss>
    """.encode("utf-8", "surrogatepass")


def json_feed(text: str) -> bytes:
    item = {
        "id": text, "url": f"https://a.se/{text}", "title": text, "content_html": f"<p>{text}</p>",
        "authors": [{"name": text}], "tags": [text, f"x{text}"], "image": text,
        "attachments": [{"url": f"https://a.se/{text}", "mime_type": text}],
    }  # fmt: skip
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": text,
        "home_page_url": text,
        "items": [item, {"id": f"x{text}", "content_text": text}],
    }
    return json.dumps(whole).encode()


def kept_texts(path: Path) -> Iterator[tuple[str, str]]:
    """Give every text that a library's file holds, and where."""
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            try:
                rows = database.execute(f'SELECT * FROM "{table}"')
            except sqlite3.OperationalError:  # a table of the index, with functions of our own
                continue
            names = [column[0] for column in rows.description]
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, str):
                        yield f"{table}.{name}", value


LONGEST = {
    "entries.title": 1_000,
    "entries.guid": URL_CHARACTERS,  # without one the link is the name
    "entries.author": 300,
    "feeds.title": 1_000,
}


def assert_kept_safe(path: Path) -> None:
    for where, value in kept_texts(path):
        if where in {"entries.tags", "entries.enclosures"}:
            value = "".join(map(str, json.loads(value)))
        if where.startswith("sqlite_"):
            continue
        assert not harmful(value), where
        assert len(value) <= LONGEST.get(where, 5_000_000), where


@SOON
@given(text=HOSTILE, form=st.sampled_from(["escaped", "cdata", "bare", "json"]))
def test_nothing_harmful_is_kept_whatever_a_feed_says(
    library: Library,
    text: str,
    form: str,
) -> None:
    body = json_feed(text) if form == "json" else rss(text, form)
    url = f"https://a{next(NUMBERS)}.se/feed"
    feed = library.add_subscription(Subscription(url=url))
    assert feed is not None
    try:
        parsed = parse_feed(body, url=url)
    except FeedError as error:
        problem = str(error)
    else:
        problem = ""
    assert not harmful(problem, "")
    if problem:
        return
    with closing(open_database(library.path)) as database, database.writing():
        store_document(database, feed.id, parsed, NOW)
    assert_kept_safe(library.path)


@SOON
@given(st.binary(max_size=60), st.integers(0, 2_000))
def test_no_bytes_bring_more_than_an_error(noise: bytes, place: int) -> None:
    body = rss("ord", "escaped")
    place %= len(body)
    try:
        parsed = parse_feed(body[:place] + noise + body[place:], url="https://a.se/feed")
    except FeedError as error:
        problem = str(error)
    else:
        problem = ""
    assert not harmful(problem, "")
    if problem:
        return
    for entry in parsed.entries:
        assert not harmful(repr(entry).replace("\\n", "\n"))
        assert not harmful(f"{entry.title}{entry.author}{entry.url}{entry.guid}{entry.tags}", "")
        assert not harmful(f"{entry.html}{entry.text}{parsed.title}{parsed.flaw}")


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 500 \x1b]0;pwned\x07\x9b2J\r\n",
        b"HTTP/1.1 299 \xe2\x80\xae\x1b[2J\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: ftp://\x1b]0;pwned\x07/\xe2\x80\xae\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://\xc2\x9b2J.se/\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/%1b]0;\xe2\x80\xae\xc2\x9d\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/\xc2\x9b2J\xe2\x80\xae\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: \xc2\x9b2J\xe2\x80\xae\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/xml; charset=\xc2\x9b\xe2\x80\xae\r\n",
        b"\x1b]0;pwned\x07\r\n",
    ],
)
async def test_nothing_harmful_is_kept_whatever_a_server_says(
    library: Library, reply: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLODESLASARE_ALLOW_PRIVATE", "1")
    async with serving() as server:
        await _refresh_from(server, library, reply)
    assert_kept_safe(library.path)


async def _refresh_from(server: Server, library: Library, reply: bytes) -> None:
    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(reply + b"Content-Length: 8\r\nConnection: close\r\n\r\n\x1b]0;x\x07!!")
        await writer.drain()
        writer.close()

    server.routes["/feed"] = answer
    feed = library.add_subscription(Subscription(url=server.url("/feed")))
    assert feed is not None
    (result,) = await refresh(library, feed)
    assert result.error
    assert not harmful(result.error, "")


# --- past the door: the command line ---------------------------------------------------------------


Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command in this process; gives what it wrote to stdout and stderr."""

    def run_one(*arguments: str) -> tuple[str, str]:
        __main__.run(arguments)
        return capsys.readouterr()

    yield run_one
    logger = logging.getLogger("flodeslasare")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True


@settings(parent=SOON, max_examples=25)
@given(text=HOSTILE)
def test_no_command_prints_what_a_terminal_obeys(run: Run, library: Library, text: str) -> None:
    path = library.path
    if not library.feeds(unsubscribed=True):
        feed = library.add_subscription(Subscription(url="https://a.se/feed", folder="A/B"))
        assert feed is not None
        keep(library, feed.id, an_entry(), an_entry(guid="2", title="Besök", url="https://a.se/2"))
        keep(library, feed.id, an_entry(html="<p>Nytt</p>", text="Nytt"))
    first, *_others = library.listing(View()).ids
    plant(path, f"ord{text}")

    for arguments, lines in (
        (("entries",), 2),
        (("feeds",), 3),
        (("search", "is:unread"), 2),
        (("entries", "--json"), 2),
        (("feeds", "--json"), 1),
        (("show", f"{first}"), None),
        (("show", f"{first}", "--format", "markdown"), None),
        (("show", f"{first}", "--format", "html"), None),
        (("show", f"{first}", "--format", "json"), 1),
        (("related", f"{first}"), None),
        (("search", "finnsinte"), 0),
        (("export", "opml"), None),
        (("remove", "nothing of that name"), 0),
        (("--offline", "refresh"), None),
        (("doctor",), None),
    ):
        out, err = run("--library", str(path), *arguments)
        assert not harmful(out), arguments
        assert not harmful(err, "\n"), arguments
        assert len(err.splitlines()) <= 2, arguments
        if lines is not None:
            assert out.count("\n") == lines, arguments


@pytest.mark.parametrize(
    "command",
    [
        ("entries",),
        ("search", "krav"),
        ("search", "å"),
        ("show", "1"),
        ("related", "1"),
        ("doctor",),
    ],
)
def test_text_that_is_not_utf8_is_shown_with_signs_for_it(
    run: Run, library: Library, feed: Feed, command: tuple[str, ...]
) -> None:
    # Another program wrote it. Python's sqlite3 would quote it in its error, ESC and all.
    keep(library, feed.id, an_entry(), an_entry(guid="2", url="https://a.se/2", title="Besök"))
    with closing(sqlite3.connect(library.path)) as database, database:
        for table, column in (
            ("entries", "title"),
            ("entries", "excerpt"),
            ("texts", "text"),
            ("feeds", "title"),
        ):
            database.execute(f"UPDATE {table} SET {column} = CAST(x'6b7261761b5b324a9bff' AS TEXT)")

    out, err = run("--library", str(library.path), *command)

    assert not harmful(out)
    assert not harmful(err, "\n")
    assert command[0] != "entries" or "krav[2J\ufffd" in out


def test_a_link_that_may_not_be_opened_is_text_in_markdown() -> None:
    html = "<a href='javascript:alert(1)'>här</a> <img alt='bild' src='file:///etc/passwd'>"
    assert to_markdown(html) == "här bild"
    assert to_markdown("<a href='https://a.se/(1)'>här</a>") == "[här](<https://a.se/(1)>)"


@given(st.text(st.sampled_from("ab å\n\t\xa0\x85\x1c –\u2003\u200b")) | st.text())
def test_white_space_becomes_single_spaces_whatever_it_is(text: str) -> None:
    assert single_spaced(text) == " ".join(text.split())
