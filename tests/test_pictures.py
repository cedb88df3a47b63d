"""The pictures of entries: fetched from servers on loopback by the rules, kept in a folder, drawn in a process of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders import is_running, loaded_by
from flodeslasare.config import Login, Settings
from flodeslasare.documents import Subscription
from flodeslasare.errors import AddressRefused, FetchError, NoNetwork, OfflineError, ParseError
from flodeslasare.fetching.pictures import PicturePool
from flodeslasare.library import Library
from flodeslasare.library.pictures import AT_ONCE, Pictures
from flodeslasare.model import Feed
from flodeslasare.pictures import Picture
from flodeslasare.storage import pictures as storage
from flodeslasare.storage.pictures import PictureStore
from painting import BLUE, RED, a_picture, gif_that_goes_on, png_that_says
from test_http import Request, Server, basic, serving

BLACK = (0, 0, 0)
PATIENT = Settings(
    fetch_connect_seconds=60.0,
    fetch_read_seconds=60.0,
    fetch_total_seconds=60.0,
    parse_seconds=60.0,
    fetch_image_bytes=20_000,
)
PRIVATE, PUBLIC = 1, 2
"""Feeds: one may ask this machine, one may not."""

ODD_WORKER = '''
import os, time
import msgspec
from flodeslasare.fetching import _picture_worker, _worker
from flodeslasare.fetching.wire import picture_request_from

def odd(sent):
    """Do what the body says, where a hostile picture would make a decoder do it."""
    body = picture_request_from(sent).body
    if body == b"hang":
        while True:
            pass
    if body == b"die":
        os._exit(3)
    if body == b"eat":
        held = []
        while True:
            held.append(bytes(20_000_000))
    if body.startswith(b"lie"):
        made = {"width": 4, "height": 2, "own_width": 4, "own_height": 2, "pixels": b"0" * 24}
        made |= msgspec.json.decode(body[3:])
        return iter([b"P" + msgspec.msgpack.encode(made), b"E"])
    return _picture_worker.draw(sent)

_worker.work(odd)
'''


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as one:
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "images"


@pytest.fixture
async def pictures(folder: Path) -> AsyncIterator[Pictures]:
    one = made(folder)
    yield one
    await one.aclose()


def made(folder: Path | None, settings: Settings = PATIENT, *, offline: bool = False) -> Pictures:
    return Pictures(
        settings,
        folder,
        offline=offline,
        reach=lambda feed_id: ("https://blogg.exempel/feed", feed_id == PRIVATE),
    )


async def drawn(pictures: Pictures, url: str, feed_id: int = PRIVATE, width: int = 40) -> Picture:
    return await pictures.draw(url, feed_id=feed_id, most_width=width, most_height=40, ground=BLACK)


def put(server: Server, body: bytes, path: str = "/bild", **how: Any) -> str:
    server.answer(path, body, **how)
    return server.url(path)


def kept(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(folder.iterdir())] if folder.exists() else []


def spoil(folder: Path, body: bytes) -> None:
    """Write something else into the one file there is."""
    (file,) = folder.iterdir()
    file.write_bytes(body)


# --- fetching --------------------------------------------------------------------------------------


async def test_a_picture_is_fetched_drawn_and_kept(
    pictures: Pictures, server: Server, folder: Path
) -> None:
    body = a_picture()
    picture = await drawn(pictures, put(server, body))

    assert (picture.width, picture.height) == (40, 20)
    assert picture.pixels == bytes(RED) * 800
    assert kept(folder) == [body]
    (request,) = server.requests
    assert request.headers["accept"].startswith("image/png, image/jpeg")
    assert "cookie" not in request.headers
    assert "referer" not in request.headers


async def test_what_is_kept_is_not_asked_for_again(
    pictures: Pictures, server: Server, folder: Path
) -> None:
    url = put(server, a_picture())
    first = await drawn(pictures, url)

    assert await drawn(pictures, url) == first
    assert (await drawn(pictures, url, width=20)).width == 20
    other = made(folder, offline=True)
    assert await drawn(other, url) == first
    await other.aclose()
    assert len(server.requests) == 1


async def test_without_a_folder_nothing_is_kept(server: Server) -> None:
    pictures = made(None)
    url = put(server, a_picture())
    await drawn(pictures, url)
    await drawn(pictures, url)
    await pictures.aclose()

    assert len(server.requests) == 2


async def test_offline_nothing_is_asked_and_nothing_started(server: Server, folder: Path) -> None:
    pictures = made(folder, offline=True)
    with pytest.raises(OfflineError, match="not kept"):
        await drawn(pictures, put(server, a_picture()))

    assert server.requests == []
    assert kept(folder) == []
    await pictures.aclose()


async def test_without_a_network_that_is_what_is_said(
    pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_host: str, _port: int) -> list[str]:
        raise OSError("no name server")

    monkeypatch.setattr("flodeslasare.fetching.http.look_up", nothing)
    with pytest.raises(NoNetwork):
        await drawn(pictures, "https://blogg.exempel/bild.png")


async def test_a_private_address_is_for_feeds_of_private_addresses(
    pictures: Pictures, server: Server, folder: Path
) -> None:
    url = put(server, a_picture())
    with pytest.raises(AddressRefused):
        await drawn(pictures, url, PUBLIC)
    assert server.requests == []

    await drawn(pictures, url, PRIVATE)
    assert len(server.requests) == 1


async def test_a_redirect_leads_to_no_file(pictures: Pictures, server: Server) -> None:
    server.redirect("/bild", "file:///etc/passwd")
    with pytest.raises(AddressRefused):
        await drawn(pictures, server.url("/bild"))


@pytest.mark.parametrize("says", [True, False], ids=["says so", "does not"])
async def test_too_large_a_picture_is_given_up(
    pictures: Pictures, server: Server, folder: Path, says: bool
) -> None:
    body = a_picture() + b"\0" * 30_000
    url = put(server, body)
    if not says:

        async def pour(_request: Request, writer: Any) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
            await writer.drain()
            writer.close()

        server.routes["/bild"] = pour
    with pytest.raises(FetchError, match="larger than 20000 bytes"):
        await drawn(pictures, url)
    assert kept(folder) == []


async def test_a_server_that_never_ends_is_given_up(server: Server, folder: Path) -> None:
    async def drip(_request: Request, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
        while True:
            writer.write(b"\x89")
            await writer.drain()
            await asyncio.sleep(0.02)

    server.routes["/bild"] = drip
    pictures = made(folder, replace(PATIENT, fetch_total_seconds=0.4))
    with pytest.raises(FetchError, match=r"0\.4"):
        await drawn(pictures, server.url("/bild"))
    await pictures.aclose()


async def test_a_few_are_fetched_at_one_time(folder: Path) -> None:
    full, gate = asyncio.Event(), asyncio.Event()

    async def wait(_request: Request, writer: Any) -> None:
        if host.at_once == AT_ONCE:
            full.set()
        await gate.wait()
        body = a_picture()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async with serving() as host:
        pictures = made(folder, replace(PATIENT, fetch_per_host=20))
        paths = [f"/{number}" for number in range(9)]
        host.routes = dict.fromkeys(paths, wait)
        tasks = [asyncio.create_task(drawn(pictures, host.url(path))) for path in paths]
        await full.wait()
        gate.set()
        await asyncio.gather(*tasks)
        await pictures.aclose()

        assert host.most_at_once == AT_ONCE


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("404 No", "HTTP 404"),
        ("410 Gone", "HTTP 410"),
        ("418 Te", "gave no usable reply .HTTP 418 I'm a Teapot"),
        ("500 Oj", "HTTP 500"),
    ],
)
async def test_a_refusal_is_a_reason(
    pictures: Pictures, server: Server, folder: Path, status: str, said: str
) -> None:
    url = put(server, a_picture(), status=status)
    with pytest.raises(FetchError, match=said):
        await drawn(pictures, url)
    assert kept(folder) == []


async def test_a_server_that_wants_to_be_left_alone_is(pictures: Pictures, server: Server) -> None:
    url = put(server, b"", status="429 Too Many", headers=["Retry-After: 3600"])
    other = put(server, a_picture(), "/annan")
    for address in (url, other):
        with pytest.raises(FetchError):
            await drawn(pictures, address)
    await pictures.aclose()  # as when nothing is wanted for a while
    with pytest.raises(FetchError):
        await drawn(pictures, other)

    assert len(server.requests) == 1


async def test_what_a_reply_brings_out_of_a_library_is_that_picture_s_trouble(
    pictures: Pictures, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stumble(*_arguments: object, **_more: object) -> None:
        raise KeyError("en egenhet")

    monkeypatch.setattr("flodeslasare.fetching.http.Fetcher.fetch", stumble)
    with pytest.raises(FetchError, match="KeyError"):
        await drawn(pictures, put(server, a_picture()))


# --- what is kept ----------------------------------------------------------------------------------


async def test_what_cannot_be_drawn_is_not_kept(
    pictures: Pictures, server: Server, folder: Path
) -> None:
    for number, body in enumerate((b"<html>Logga in</html>", b"", png_that_says(9_999, 99_999))):
        url = put(server, body, f"/{number}")
        with pytest.raises(ParseError):
            await drawn(pictures, url)
    assert kept(folder) == []


@pytest.mark.parametrize("wrong", [b"", b"half", a_picture()[:30]])
async def test_a_damaged_file_is_fetched_anew(
    pictures: Pictures, server: Server, folder: Path, wrong: bytes
) -> None:
    body = a_picture()
    url = put(server, body)
    await drawn(pictures, url)
    spoil(folder, wrong)

    assert (await drawn(pictures, url)).width == 40
    assert kept(folder) == [body]
    assert len(server.requests) == 2


async def test_a_damaged_file_is_no_error_offline(
    pictures: Pictures, server: Server, folder: Path
) -> None:
    url = put(server, a_picture())
    await drawn(pictures, url)
    spoil(folder, b"half")
    other = made(folder, offline=True)

    with pytest.raises(OfflineError):
        await drawn(other, url)
    await other.aclose()


async def test_a_folder_that_vanishes_is_no_error(
    pictures: Pictures, server: Server, folder: Path
) -> None:
    url = put(server, a_picture())
    await drawn(pictures, url)
    shutil.rmtree(folder)

    await drawn(pictures, url)
    assert len(kept(folder)) == 1


async def test_a_folder_that_cannot_be_made_is_no_error(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    pictures = made(tmp_path / "file" / "images")

    assert (await drawn(pictures, put(server, a_picture()))).width == 40
    await pictures.aclose()


def test_files_are_for_the_person_alone(folder: Path) -> None:
    PictureStore(folder).put("https://a.se/b", b"bild")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "a.se" not in file.name


def test_addresses_are_only_names(folder: Path) -> None:
    store = PictureStore(folder)
    for url in ("../../x", "/etc/passwd", "https://a.se/\0", "å" * 9_000, "\ud800"):
        store.put(url, url.encode("utf-8", "replace"))
        assert store.get(url, 100_000) == url.encode("utf-8", "replace")

    assert all(len(file.name) == 64 for file in folder.iterdir())


def test_those_that_were_not_used_for_longest_go(folder: Path) -> None:
    store = PictureStore(folder, most_bytes=100)
    for number in range(10):
        store.put(f"{number}", b"x" * 10)
        when = time.time() - 1_000 + number
        os.utime(store._path(f"{number}"), (when, when))
    assert store.get("0", 100)  # now it is the one last used

    store.put("10", b"x" * 25)

    there = [number for number in range(11) if store._path(f"{number}").exists()]
    assert there == [0, 4, 5, 6, 7, 8, 9, 10]
    assert sum(len(body) for body in kept(folder)) <= 100


def test_a_file_of_another_day_to_come_is_not_kept_for_ever(folder: Path) -> None:
    store = PictureStore(folder, most_bytes=100)
    store.put("0", b"x" * 60)
    os.utime(store._path("0"), (time.time() + 1e8,) * 2)
    past = time.time() - 10
    store.put("1", b"x" * 30)
    os.utime(store._path("1"), (past, past))
    store.put("2", b"x" * 30)

    assert not store._path("1").exists()
    store.put("3", b"x" * 60)
    assert not store._path("0").exists() or not store._path("2").exists()


def test_what_was_left_half_written_goes_in_its_turn(folder: Path) -> None:
    store = PictureStore(folder, most_bytes=100)
    folder.mkdir(parents=True)
    left = folder / ".0123.part"
    left.write_bytes(b"x" * 90)
    os.utime(left, (0, 0))
    assert store.get("0", 100) is None

    store.put("0", b"x" * 50)

    assert [file.name for file in folder.iterdir()] == [store._path("0").name]


def test_a_file_larger_than_a_picture_may_be_is_none(folder: Path) -> None:
    store = PictureStore(folder)
    store.put("0", b"x" * 50)

    assert store.get("0", 49) is None
    assert store.get("0", 50) == b"x" * 50


def test_there_is_a_bound() -> None:
    assert storage.MOST_BYTES == 200_000_000


# --- the process that draws --------------------------------------------------------------------------


@pytest.fixture
async def pool() -> AsyncIterator[PicturePool]:
    async with PicturePool(PATIENT) as one:
        yield one


@pytest.fixture
async def odd_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PicturePool]:
    (tmp_path / "odd_worker.py").write_text(ODD_WORKER, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(PicturePool, "worker_module", "odd_worker")
    settings = replace(PATIENT, parse_memory_bytes=500_000_000)
    async with PicturePool(settings) as one:
        yield one


async def draw(pool: PicturePool, body: bytes) -> Picture:
    return await pool.draw(body, url="x", most_width=40, most_height=40, ground=BLACK)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
async def test_every_kind_is_drawn_within_the_limits(pool: PicturePool, kind: str) -> None:
    picture = await draw(pool, a_picture((900, 600), BLUE, kind=kind))

    assert (picture.width, picture.height) == (40, 27)
    assert (picture.own_width, picture.own_height) == (900, 600)


async def test_bombs_cost_a_reason_and_not_the_worker(pool: PicturePool) -> None:
    await draw(pool, a_picture())
    (worker,) = pool._workers
    for bomb in (png_that_says(100_000, 100_000), b"<svg/>", a_picture()[:40], b"\xff\xd8\xff"):
        with pytest.raises(ParseError):
            await draw(pool, bomb)
    assert (await draw(pool, gif_that_goes_on(100_000))).width == 2

    assert pool._workers == [worker]


@pytest.mark.parametrize(
    ("body", "said"), [(b"die", "ended in the middle"), (b"eat", "memory")], ids=["die", "eat"]
)
async def test_a_decoder_that_runs_wild_costs_that_picture(
    odd_pool: PicturePool, body: bytes, said: str
) -> None:
    with pytest.raises(ParseError, match=said):
        await draw(odd_pool, body)

    assert (await draw(odd_pool, a_picture())).width == 40


async def test_a_decoder_that_hangs_is_stopped(odd_pool: PicturePool) -> None:
    await draw(odd_pool, a_picture())
    (worker,) = odd_pool._workers
    odd_pool._settings = replace(odd_pool._settings, parse_seconds=0.3)
    with pytest.raises(ParseError, match=r"longer than 0\.3 s"):
        await draw(odd_pool, b"hang")

    assert not is_running(worker.helper.pid)


@pytest.mark.parametrize(
    "lie",
    [
        b'{"width": 41, "height": 1, "own_width": 41, "own_height": 1}',
        b'{"pixels": "AAAA"}',
        b'{"width": 0}',
        b'{"own_width": 400}',
        b'{"width": "4"}',
        b'{"own_height": 0}',
        b'{"own_width": 1e300}',
    ],
)
async def test_an_answer_that_makes_no_sense_is_refused(odd_pool: PicturePool, lie: bytes) -> None:
    assert (await draw(odd_pool, b"lie{}")).width == 4
    with pytest.raises(ParseError, match="makes no sense"):
        await draw(odd_pool, b"lie" + lie)


def test_the_reader_itself_loads_no_decoder() -> None:
    for module in ("flodeslasare.library.pictures", "flodeslasare.fetching.pictures"):
        assert loaded_by(module, "PIL", "PIL.Image") == []


# --- in the library ----------------------------------------------------------------------------------


async def test_the_library_s_feeds_say_what_may_be_asked(
    library: Library, feed: Feed, server: Server, folder: Path
) -> None:
    url = put(server, a_picture())
    private = library.add_subscription(Subscription(url=server.url("/feed")))
    assert private is not None
    pictures = library.pictures(folder)

    with pytest.raises(AddressRefused):
        await drawn(pictures, url, feed.id)
    with pytest.raises(AddressRefused):
        await drawn(pictures, url, 999)
    assert (await drawn(pictures, url, private.id)).width == 40
    await pictures.aclose()


async def test_a_login_is_for_the_pictures_of_the_feeds_of_its_host(
    library: Library, feed: Feed, server: Server, folder: Path
) -> None:
    login = Login(address=server.url().rstrip("/"), name="anna", password_env="LOSEN")
    here = library.add_subscription(Subscription(url=server.url("/feed")))
    there = library.add_subscription(Subscription(url="http://localhost/feed"))
    assert here is not None
    assert there is not None
    one = Pictures(
        replace(PATIENT, logins=(login,)), folder, offline=False, reach=library._feeds.reach
    )
    own, another = put(server, a_picture(), "/1"), put(server, a_picture(), "/2")

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LOSEN", "hemligt")
        await drawn(one, own, here.id)
        await drawn(one, another, there.id)

    assert [request.headers.get("authorization") for request in server.requests] == [
        basic("anna", "hemligt"),
        None,
    ]
    await one.aclose()
