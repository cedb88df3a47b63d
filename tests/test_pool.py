from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from builders import ends_soon, helper_of_a_killed_reader, is_running, loaded_by
from flodeslasare.config import Settings
from flodeslasare.documents import ParsedFeed
from flodeslasare.errors import FeedError, NotAFeed, ParseError
from flodeslasare.fetching.parse import parse_feed
from flodeslasare.fetching.pool import ParsePool
from flodeslasare.fetching.wire import (
    Encoded,
    NonsenseError,
    Refusal,
    answer,
    answer_from,
    document_from,
    parts_of,
)
from flodeslasare.i18n import use_language

FEEDS = Path(__file__).parent / "feeds"
URL = "https://flode.example/flode.xml"
BODY = (FEEDS / "rss20.xml").read_bytes()
FRESH = b"<rss><channel><title>frisk</title></channel></rss>"

LONG = Settings(parse_seconds=60.0, parse_memory_bytes=500_000_000)
SHORT = replace(LONG, parse_seconds=1.0)

ODD_WORKER = '''
import os
import msgspec
from flodeslasare.documents import ParsedFeed
from flodeslasare.fetching import _worker

def odd(request):
    """Do what the body says, where a hostile document would make the parser do it."""
    body = request.body
    if body == b"hang":
        while True:
            pass
    if body == b"die":
        os._exit(3)
    if body == b"eat":
        held = []
        while True:
            held.append(bytes(20_000_000))  # asked for and never written: that takes no time
    if body == b"stumble":
        raise KeyError("en egenhet\\x1b[2J")
    if body == b"lie":
        return ParsedFeed(title=5, site_url=None, entries=())
    if body.startswith(b"chatter"):
        print("skrap " * 10_000)
        request = msgspec.structs.replace(request, body=body.removeprefix(b"chatter"))
    return _worker.parse(request)

_worker.main(odd)
'''


@pytest.fixture
async def pool() -> AsyncIterator[ParsePool]:
    async with ParsePool() as pool:
        yield pool


@pytest.fixture
async def odd_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ParsePool]:
    (tmp_path / "odd_worker.py").write_text(ODD_WORKER, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(ParsePool, "worker_module", "odd_worker")
    async with ParsePool(LONG, workers=1) as pool:
        yield pool


def processes(pool: ParsePool) -> list[int]:
    return [worker.helper.pid for worker in pool._workers]


async def test_a_worker_says_what_the_parser_says(pool: ParsePool) -> None:
    for name in ("rss20.xml", "atom10.xml", "json11.json", "rss10.xml", "hostile.xml"):
        body = (FEEDS / name).read_bytes()

        assert await pool.parse(body, url=URL, content_type=None, location="/x") == parse_feed(
            body, url=URL, location="/x"
        )


async def test_many_at_once_share_few_workers() -> None:
    async with ParsePool(workers=2) as pool:
        bodies = [FRESH.replace(b"frisk", str(n).encode()) for n in range(20)]
        feeds = await asyncio.gather(*(pool.parse(body, url=URL) for body in bodies))

        assert [feed.title for feed in feeds] == [str(n) for n in range(20)]
        assert len(processes(pool)) == 2


async def test_nothing_is_started_before_it_is_needed(pool: ParsePool) -> None:
    assert processes(pool) == []


async def test_workers_end_with_the_pool() -> None:
    pool = ParsePool(workers=1)
    await pool.parse(FRESH, url=URL)
    (pid,) = processes(pool)

    await pool.aclose()

    assert not is_running(pid)


async def test_a_closed_pool_starts_again_when_asked(pool: ParsePool) -> None:
    await pool.parse(FRESH, url=URL)
    await pool.aclose()

    assert (await pool.parse(FRESH, url=URL)).title == "frisk"


async def test_what_is_known_stays_out(pool: ParsePool) -> None:
    whole = await pool.parse(BODY, url=URL)

    assert (await pool.parse(BODY, url=URL, known=whole.item_hashes)).entries == ()


@pytest.mark.parametrize(
    ("body", "kind"), [(b"<html></html>", NotAFeed), (b"", ParseError), (b'{"a"', ParseError)]
)
async def test_the_parser_s_refusals_come_through(
    pool: ParsePool, body: bytes, kind: type[FeedError]
) -> None:
    with pytest.raises(kind) as here:
        parse_feed(body, url=URL)
    with pytest.raises(kind) as there:
        await pool.parse(body, url=URL)

    assert str(there.value) == str(here.value)


async def test_limits_of_the_settings_hold() -> None:
    async with ParsePool(Settings(fetch_entries=1, fetch_field_characters=10)) as pool:
        feed = await pool.parse(BODY, url=URL)

    assert len(feed.entries) == 1
    assert len(feed.entries[0].text) <= 10


async def test_reasons_are_in_the_language_of_the_screen(pool: ParsePool) -> None:
    use_language("sv")
    try:
        with pytest.raises(ParseError) as here:
            parse_feed(b"", url=URL)
        with pytest.raises(ParseError) as there:
            await pool.parse(b"", url=URL)
    finally:
        use_language("en")

    assert str(there.value) == str(here.value)


# --- limits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"hang", "longer than 1 s"),
        (b"die", "ended in the middle"),
        pytest.param(
            b"eat",
            "more than 500 MB of memory",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps the limit"),
        ),
        (b"stumble", "its parser fails on"),
        (b"lie", "makes no sense"),
    ],
)
async def test_a_parser_that_runs_wild_costs_one_turn(
    odd_pool: ParsePool, body: bytes, words: str
) -> None:
    if body == b"hang":
        odd_pool._settings = SHORT
    with pytest.raises(ParseError) as caught:
        await odd_pool.parse(body, url=URL)
    odd_pool._settings = LONG

    assert words in caught.value.reason
    assert caught.value.url == URL
    assert (await odd_pool.parse(FRESH, url=URL)).title == "frisk"


@pytest.mark.parametrize("body", [b"hang", b"die", b"stumble", b"lie"])
async def test_who_stands_behind_one_that_runs_wild_is_asked_elsewhere(
    odd_pool: ParsePool, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    async def answer_awaited(receive: Callable[[], Awaitable[bytes]]) -> Encoded | Refusal:
        odd_pool._settings = LONG  # for those behind, whose time has not begun
        return await answer_from(receive)

    monkeypatch.setattr("flodeslasare.fetching.pool.answer_from", answer_awaited)
    odd_pool._settings = SHORT if body == b"hang" else LONG

    wild, *others = await asyncio.gather(
        odd_pool.parse(body, url=URL),
        *(odd_pool.parse(FRESH, url=URL) for _ in range(5)),
        return_exceptions=True,
    )

    assert isinstance(wild, ParseError)
    assert [other.title for other in others if isinstance(other, ParsedFeed)] == ["frisk"] * 5
    assert len(processes(odd_pool)) == 1


async def test_who_stands_behind_one_that_is_given_up_is_asked_elsewhere(
    odd_pool: ParsePool,
) -> None:
    given_up = asyncio.create_task(odd_pool.parse(b"hang", url=URL))
    await asyncio.sleep(0)
    behind = asyncio.create_task(odd_pool.parse(FRESH, url=URL))
    await asyncio.sleep(0.3)  # so that both are on their way

    given_up.cancel()

    assert (await behind).title == "frisk"


async def test_who_gives_up_its_place_costs_the_one_before_nothing(odd_pool: ParsePool) -> None:
    first = asyncio.create_task(odd_pool.parse(FRESH, url=URL))
    await asyncio.sleep(0)
    given_up = asyncio.create_task(odd_pool.parse(FRESH, url=URL))
    await asyncio.sleep(0)

    given_up.cancel()

    assert (await first).title == "frisk"
    with pytest.raises(asyncio.CancelledError):
        await given_up


async def test_what_a_library_prints_does_no_harm(odd_pool: ParsePool) -> None:
    assert (await odd_pool.parse(b"chatter" + FRESH, url=URL)).title == "frisk"


async def test_a_machine_that_starts_no_worker_is_told_of(
    pool: ParsePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    with pytest.raises(ParseError, match="its parser could not be started"):
        await pool.parse(BODY, url=URL)


async def test_a_worker_killed_while_it_rests_is_replaced(pool: ParsePool) -> None:
    await pool.parse(FRESH, url=URL)
    (pid,) = processes(pool)
    os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    for worker in pool._workers:
        await worker.helper._process.wait()

    assert (await pool.parse(FRESH, url=URL)).title == "frisk"


async def test_a_cancelled_parse_leaves_no_worker_behind(odd_pool: ParsePool) -> None:
    await odd_pool.parse(FRESH, url=URL)
    (pid,) = processes(odd_pool)
    task = asyncio.create_task(odd_pool.parse(b"hang", url=URL))
    await asyncio.sleep(0.1)  # so that it has begun

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert not is_running(pid)
    assert (await odd_pool.parse(FRESH, url=URL)).title == "frisk"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.usefixtures("ctrl_c_is_heard")
async def test_a_worker_does_not_hear_ctrl_c(pool: ParsePool) -> None:
    await pool.parse(FRESH, url=URL)
    (pid,) = processes(pool)

    os.kill(pid, signal.SIGINT)

    assert (await pool.parse(FRESH, url=URL)).title == "frisk"
    assert processes(pool) == [pid]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_workers_end_when_the_reader_is_killed() -> None:
    program = (
        "import asyncio, os, signal\n"
        "from flodeslasare.fetching.pool import ParsePool\n"
        "async def main():\n"
        "    pool = ParsePool(workers=1)\n"
        f"    await pool.parse({FRESH!r}, url='https://a.se/')\n"
        "    print(*[worker.helper.pid for worker in pool._workers], flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    assert ends_soon(helper_of_a_killed_reader(program))


# --- what crosses the pipe -----------------------------------------------------------------------------


def packed(value: object) -> bytes:
    return msgspec.msgpack.encode(value)


def a_head(**fields: object) -> bytes:
    return packed({"title": None, "site_url": None, "entries": []} | fields)


def an_item(**fields: object) -> bytes:
    return packed([{"guid": "g", "url": None, "title": "t"} | fields])


def a_source(frames: Iterable[bytes]) -> Callable[[], Awaitable[bytes]]:
    left = iter(frames)

    async def receive() -> bytes:
        return next(left)

    return receive


async def test_a_document_crosses_the_pipe_as_it_is() -> None:
    document = parse_feed(BODY, url=URL)

    answered = await answer_from(a_source(answer(document)))

    assert isinstance(answered, tuple)
    assert document_from(answered) == document


def test_a_document_crosses_the_pipe_in_parts() -> None:
    items = "".join(
        f"<item><guid>{n}</guid><description>{'ord ' * 5000}</description></item>"
        for n in range(20)
    )
    document = parse_feed(f"<rss><channel>{items}</channel></rss>".encode(), url=URL)

    head, *parts = parts_of(document)

    assert len(parts) > 5
    assert max(len(part) for part in parts) < 300_000
    assert len(head) < 10_000
    assert document_from((head, *parts)) == document


@pytest.mark.parametrize(
    "frames",
    [
        [b""],
        [b"X"],
        [b"R"],
        [b"R\xc0"],
        [b"R\x91\x05"],
        [b"R\x92\xa1x\xa3\xed\xa0\x80"],
        [b"P", b"\xff"],
    ],
    ids=repr,
)
async def test_an_answer_of_the_wrong_shape_is_refused(frames: list[bytes]) -> None:
    with pytest.raises(NonsenseError):
        await answer_from(a_source(frames))


async def test_an_answer_without_an_end_is_refused() -> None:
    with pytest.raises(NonsenseError):
        await answer_from(a_source(itertools.repeat(b"P" + b"x" * 60_000_000)))


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"",),
        (b"\xc1",),
        (b"\x91" * 100_000,),
        (packed(None),),
        (packed([]),),
        (packed({"title": "T"}),),
        (a_head(title=1),),
        (a_head(title=b"bytes"),),
        (a_head().replace(b"\xa5title\xc0", b"\xa5title\xa3\xed\xa0\x80"),),  # no UTF-8
        (a_head(min_interval_seconds="x"),),
        (a_head(min_interval_seconds=True),),
        (a_head(min_interval_seconds=10**15),),
        (a_head(min_interval_seconds=-1),),
        (a_head(is_whole=1),),
        (a_head(item_hashes=[None]),),
        (a_head(), packed(None)),
        (a_head(), packed([None])),
        (a_head(), packed([{}])),
        (a_head(), an_item(title=5)),
        (a_head(), an_item(guid="a\0b")),
        (a_head(), an_item(published="2018")),
        (a_head(), an_item(published="2018-04-05T10:00:00")),
        (a_head(), an_item(published="0001-01-01T00:00:00Z")),
        (a_head(), an_item(updated="9999-12-31T00:00:00Z")),
        (a_head(), an_item(published=10**15)),
        (a_head(), an_item(tags=[["u"]])),
        (a_head(), an_item(enclosures=[{"url": "u", "size_bytes": True}])),
        (a_head(), an_item(enclosures=[{"url": "u", "type": None, "size_bytes": 2**63}])),
        (a_head(), an_item(enclosures=[{"url": "u", "type": None, "size_bytes": -1}])),
    ],
    ids=lambda parts: repr(parts)[:60],
)
def test_a_document_of_the_wrong_shape_is_refused(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(NonsenseError):
        document_from(parts)


def test_what_is_refused_would_else_be_taken() -> None:
    assert len(document_from((a_head(), an_item(), an_item())).entries) == 2
    assert b"\xa5title\xc0" in a_head()


def test_a_flaw_that_nobody_can_say_is_shown_as_it_stands() -> None:
    flaw = '["{x:g}", {"x": 1' + "0" * 400 + "}]"

    assert document_from((a_head(flaw=flaw),)).flaw == flaw


def test_the_pool_needs_no_parser_in_the_reader_s_own_process() -> None:
    assert loaded_by("flodeslasare.fetching.pool", "httpx", "feedparser", "lxml", "nh3") == []
    assert loaded_by("flodeslasare.fetching.parse", "httpx", "lxml") == ["lxml"]
