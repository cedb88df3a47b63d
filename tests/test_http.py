"""The Fetcher against real servers on loopback, well-behaved and not."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import logging
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpcore
import pytest

from flodeslasare.addresses import without_credentials, without_logins, without_secrets
from flodeslasare.config import Settings
from flodeslasare.documents import ReplyKind
from flodeslasare.errors import AddressRefused, FetchError, HostPaused, NoNetwork
from flodeslasare.fetching._address import (
    canonical_url,
    is_public_ip,
    names_private_network,
)
from flodeslasare.fetching._connecting import _first_to_connect
from flodeslasare.fetching._decoding import Decoder
from flodeslasare.fetching._headers import retry_after
from flodeslasare.fetching.http import Fetcher

FEED = b"<rss version='2.0'><channel><title>Test</title></channel></rss>"
PATIENT = Settings(fetch_connect_seconds=60.0, fetch_read_seconds=60.0, fetch_total_seconds=60.0)
SMALL = replace(PATIENT, fetch_wire_bytes=100_000, fetch_body_bytes=500_000, fetch_redirects=4)

# --- a server that does as it is told ----------------------------------------------------------------


@dataclass
class Request:
    path: str
    headers: dict[str, str]


Answer = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """Answers each path as its route says; remembers what it was asked."""

    port: int = 0
    routes: dict[str, Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def answer(
        self,
        path: str,
        body: bytes = b"",
        *,
        status: str = "200 OK",
        headers: Iterable[str] = (),
        length: int | None = None,
    ) -> None:
        lines = [
            f"HTTP/1.1 {status}",
            *headers,
            f"Content-Length: {len(body) if length is None else length}",
        ]
        reply = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

        async def send(_request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(reply)
            await writer.drain()

        self.routes[path] = send

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        self.answer(path, status=f"{status} Moved", headers=[f"Location: {to}"])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if (task := asyncio.current_task()) is not None:
            self.tasks.add(task)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in head[1:] if line)
                }
                request = Request(head[0].split(" ")[1], headers)
                self.requests.append(request)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    await self.routes[request.path](request, writer)
                finally:
                    self.at_once -= 1
                if writer.is_closing():
                    break
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the client has gone, or the test is over
        finally:
            writer.close()


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in server.tasks:
            task.cancel()
        await asyncio.gather(*server.tasks)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as one:
        yield one


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(SMALL) as one:
        yield one


class Internet(httpcore.AsyncNetworkBackend):
    """An internet of made-up names, all of whose public addresses lead to the servers on loopback."""

    def __init__(self, names: dict[str, list[str]], port: int) -> None:
        self.names = names
        self.port = port
        self.looked_up: list[str] = []
        self.connected: list[str] = []
        self._inner = httpcore.AnyIOBackend()

    async def resolve(self, host: str, _port: int) -> list[str]:
        self.looked_up.append(host)
        if host not in self.names:
            raise OSError("no such name")
        return self.names[host]

    async def connect_tcp(
        self,
        host: str,
        port: int,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        self.connected.append(host)
        return await self._inner.connect_tcp("127.0.0.1", self.port, timeout)


PUBLIC, ALSO_PUBLIC = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


@asynccontextmanager
async def on_the_internet(
    server: Server,
    settings: Settings = SMALL,
    names: dict[str, list[str]] | None = None,
) -> AsyncIterator[tuple[Fetcher, Internet]]:
    """Give a fetcher for which `one.example` and others are public hosts, served by `server`."""
    known = {"one.example": [PUBLIC], "two.example": [PUBLIC]}
    known |= names or {}
    net = Internet(known, server.port)
    async with Fetcher(settings, resolve=net.resolve, backend=net) as fetcher:
        yield fetcher, net


async def failing(fetcher: Fetcher, url: str, **more: bool) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(url, allow_private=more.get("allow_private", True))
    assert "\n" not in str(caught.value)
    return caught.value


# --- a plain fetch -----------------------------------------------------------------------------------


async def test_a_reply_carries_what_the_next_request_needs(
    server: Server, fetcher: Fetcher
) -> None:
    server.answer(
        "/feed",
        FEED,
        headers=[
            'ETag: W/"weak-1"',
            "Last-Modified: Thu, 05 Apr 2018 08:15:00 GMT",
            "Content-Type: application/rss+xml; charset=ISO-8859-1",
            "Cache-Control: public, max-age=600",
            "Age: 100",
            "Content-Location: /feed.sv",
        ],
    )
    reply = await fetcher.fetch(server.url("/feed#part"), allow_private=True)
    assert reply.kind is ReplyKind.OK
    assert reply.status == 200
    assert reply.body == FEED
    assert reply.body_hash == hashlib.sha256(FEED).hexdigest()
    assert reply.etag == 'W/"weak-1"'
    assert reply.last_modified == "Thu, 05 Apr 2018 08:15:00 GMT"
    assert reply.content_type == "application/rss+xml; charset=ISO-8859-1"
    assert reply.max_age_seconds == 500
    assert reply.content_location == server.url("/feed.sv")
    assert reply.url == server.url("/feed")
    assert reply.permanent_url is None
    assert reply.wire_bytes == len(FEED)
    sent = server.requests[0]
    assert sent.path == "/feed"
    assert sent.headers["host"] == f"127.0.0.1:{server.port}"
    assert sent.headers["user-agent"].startswith("flodeslasare/")
    assert sent.headers["accept-encoding"] == "gzip, deflate"
    assert "application/rss+xml" in sent.headers["accept"]
    assert "if-none-match" not in sent.headers
    assert "cookie" not in sent.headers


async def test_validators_go_back_as_they_came(server: Server, fetcher: Fetcher) -> None:
    async def conditional(request: Request, writer: asyncio.StreamWriter) -> None:
        is_known = request.headers.get("if-none-match") == 'W/"å\xff"'
        writer.write(
            b"HTTP/1.1 304 Not Modified\r\n\r\n"
            if is_known
            else 'HTTP/1.1 200 OK\r\nETag: W/"å\xff"\r\nContent-Length: 1\r\n\r\nx'.encode(
                "latin-1"
            )
        )

    server.routes["/feed"] = conditional
    first = await fetcher.fetch(server.url("/feed"), allow_private=True)
    again = await fetcher.fetch(
        server.url("/feed"),
        etag=first.etag,
        last_modified="Thu, 05 Apr 2018 08:15:00 GMT",
        allow_private=True,
    )
    assert again.kind is ReplyKind.NOT_MODIFIED
    assert again.body == b""
    assert again.body_hash is None
    assert again.etag == 'W/"å\xff"'
    assert again.last_modified == "Thu, 05 Apr 2018 08:15:00 GMT"
    assert server.requests[1].headers["if-modified-since"] == "Thu, 05 Apr 2018 08:15:00 GMT"


async def test_a_validator_cannot_bring_a_header_of_its_own(
    server: Server, fetcher: Fetcher
) -> None:
    server.answer("/feed", FEED)
    await fetcher.fetch(server.url("/feed"), etag='"a"\r\nX-Evil: 1', allow_private=True)
    assert "x-evil" not in server.requests[0].headers


async def test_304_to_an_unconditional_request_is_an_error(
    server: Server, fetcher: Fetcher
) -> None:
    server.answer("/feed", status="304 Not Modified")
    assert (await failing(fetcher, server.url("/feed"))).status == 304


async def test_connections_are_kept(server: Server, fetcher: Fetcher) -> None:
    server.answer("/feed", FEED)
    server.answer("/missing", b"nothing", status="404 Not Found")
    for path in ("/feed", "/feed", "/missing", "/feed"):
        try:
            await fetcher.fetch(server.url(path), allow_private=True)
        except FetchError:
            assert path == "/missing"
    assert server.connections == 1


async def test_a_kept_connection_that_died_is_replaced(server: Server, fetcher: Fetcher) -> None:
    turns = 0

    async def cut_the_second(_request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal turns
        turns += 1
        if turns == 2:
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")

    server.routes["/feed"] = cut_the_second
    for _ in range(2):
        assert (await fetcher.fetch(server.url("/feed"), allow_private=True)).body == b"x"
    assert turns == 3


async def test_cookies_are_neither_kept_nor_sent(server: Server, fetcher: Fetcher) -> None:
    server.answer("/feed", FEED, headers=["Set-Cookie: id=1; Path=/"])
    for _ in range(2):
        await fetcher.fetch(server.url("/feed"), allow_private=True)
    assert all("cookie" not in request.headers for request in server.requests)


# --- compression -------------------------------------------------------------------------------------

_RAW_DEFLATE = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("encoding", "wire"),
    [
        ("gzip", gzip.compress(FEED)),
        ("x-gzip", gzip.compress(FEED)),
        ("GZIP, identity", gzip.compress(FEED)),
        ("gzip", gzip.compress(FEED[:20]) + gzip.compress(FEED[20:])),
        ("gzip", gzip.compress(FEED) + b"\0" * 20),
        ("gzip", FEED),
        ("", gzip.compress(FEED)),
        ("deflate", zlib.compress(FEED)),
        ("deflate", _RAW_DEFLATE.compress(FEED) + _RAW_DEFLATE.flush()),
        ("utf-8", FEED),
    ],
    ids=[
        "gzip",
        "x-gzip",
        "upper case",
        "two members",
        "padded",
        "labelled only",
        "unlabelled",
        "zlib",
        "raw deflate",
        "no encoding",
    ],
)
async def test_bodies_are_decompressed(
    server: Server, fetcher: Fetcher, encoding: str, wire: bytes
) -> None:
    server.answer("/feed", wire, headers=[f"Content-Encoding: {encoding}"] if encoding else [])
    reply = await fetcher.fetch(server.url("/feed"), allow_private=True)
    assert reply.body == FEED
    assert reply.wire_bytes == len(wire)


async def test_compressed_bodies_in_small_chunks(server: Server, fetcher: Fetcher) -> None:
    text = b"".join(b"%d sommarnatt\n" % number for number in range(20_000))

    async def drip(_request: Request, writer: asyncio.StreamWriter) -> None:
        wire = gzip.compress(text[:999]) + gzip.compress(text[999:])
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for start in range(0, len(wire), 997):
            piece = wire[start : start + 997]
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    server.routes["/feed"] = drip
    assert (await fetcher.fetch(server.url("/feed"), allow_private=True)).body == text


async def test_an_empty_body_labelled_gzip(server: Server, fetcher: Fetcher) -> None:
    server.answer("/feed", b"", headers=["Content-Encoding: gzip"])
    assert (await fetcher.fetch(server.url("/feed"), allow_private=True)).body == b""


@pytest.mark.parametrize(
    ("encoding", "wire", "words"),
    [
        ("br", b"\x0b\x02\x80hej\x03", "br"),
        ("gzip, gzip", gzip.compress(gzip.compress(FEED)), "gzip, gzip"),
        ("gzip", gzip.compress(FEED)[:-12], "broken"),
        ("gzip", b"\x1f\x8b\x08" + b"nonsense" * 5, "broken"),
    ],
    ids=["not asked for", "twice", "cut short", "nonsense"],
)
async def test_compression_that_cannot_be_undone(
    server: Server, fetcher: Fetcher, encoding: str, wire: bytes, words: str
) -> None:
    server.answer("/feed", wire, headers=[f"Content-Encoding: {encoding}"])
    assert words in (await failing(fetcher, server.url("/feed"))).reason


# --- limits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["gzip", "zlib", "raw", "members"])
async def test_a_bomb_stops_at_the_limit(
    server: Server, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    zeros = bytes(60_000_000)
    if kind == "members":
        bomb, encoding = gzip.compress(bytes(100_000), 9) * 600, "gzip"
    else:
        wbits, encoding = {"gzip": (31, "gzip"), "zlib": (15, "deflate"), "raw": (-15, "deflate")}[
            kind
        ]
        packer = zlib.compressobj(9, wbits=wbits)
        bomb = packer.compress(zeros) + packer.flush()
    assert len(bomb) < SMALL.fetch_wire_bytes
    server.answer("/feed", bomb, headers=[f"Content-Encoding: {encoding}"])
    given = 0
    pieces = Decoder.pieces

    def counted(decoder: Decoder, data: bytes) -> Iterable[bytes]:
        nonlocal given
        for piece in pieces(decoder, data):
            given += len(piece)
            yield piece

    monkeypatch.setattr(Decoder, "pieces", counted)
    async with Fetcher(SMALL) as fetcher:
        tracemalloc.start()
        try:
            error = await failing(fetcher, server.url("/feed"))
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert "500000 bytes" in error.reason
    assert given <= 500_000 + 262_144
    assert peak < 5_000_000


async def test_endless_headers_stop(server: Server, fetcher: Fetcher) -> None:
    sent = 0

    async def endless(_request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: " + b"x" * 10_000 + b"\r\n")
            sent += 10_000
            await writer.drain()

    server.routes["/feed"] = endless
    await failing(fetcher, server.url("/feed"))
    assert sent < 50_000_000  # what the sockets' buffers hold


@pytest.mark.parametrize("drop", [b"X-More: x\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
async def test_headers_that_drip_end_with_the_whole_time(server: Server, drop: bytes) -> None:
    async def drip(_request: Request, writer: asyncio.StreamWriter) -> None:
        if drop.startswith(b"X"):
            writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.02)

    server.routes["/feed"] = drip
    async with Fetcher(replace(SMALL, fetch_total_seconds=0.5)) as fetcher:
        assert "after 0.5 seconds" in (await failing(fetcher, server.url("/feed"))).reason


async def test_the_body_of_a_redirect_is_not_waited_for(server: Server, fetcher: Fetcher) -> None:
    sent = 0

    async def endless(_request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /feed\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            sent += 10_000
            await writer.drain()

    server.routes["/old"] = endless
    server.answer("/feed", FEED)
    assert (await fetcher.fetch(server.url("/old"), allow_private=True)).body == FEED
    assert sent < 50_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="how a full queue is met differs by system")
async def test_a_server_that_accepts_nothing_is_given_up() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(address)
            async with Fetcher(Settings(fetch_connect_seconds=0.3)) as fetcher:
                error = await failing(fetcher, f"http://127.0.0.1:{address[1]}/")
        finally:
            for one in waiting:
                one.close()
    assert "could not be reached within 0.3 seconds" in error.reason


async def test_an_endless_body_stops_at_the_limit(server: Server, fetcher: Fetcher) -> None:
    sent = 0

    async def endless(_request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            sent += 10_000
            await writer.drain()

    server.routes["/feed"] = endless
    assert "100000 bytes" in (await failing(fetcher, server.url("/feed"))).reason
    assert sent < 50_000_000  # what the sockets' buffers hold


async def test_a_body_in_chunks_of_a_byte_leaves_the_event_loop_its_turns(
    server: Server, fetcher: Fetcher
) -> None:
    async def crumbs(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(b"1\r\nx\r\n" * 20_000 + b"0\r\n\r\n")
        await writer.drain()

    server.routes["/feed"] = crumbs
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_turns())
    reply = await fetcher.fetch(server.url("/feed"), allow_private=True)
    counting.cancel()

    assert reply.body == b"x" * 20_000
    assert turns > 200


async def test_a_body_announced_as_too_large_is_not_begun(server: Server, fetcher: Fetcher) -> None:
    server.answer("/feed", b"", length=100_001)
    assert "100000 bytes" in (await failing(fetcher, server.url("/feed"))).reason


async def test_silence_and_dripping_end(server: Server) -> None:
    async def silent(_request: Request, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def drip(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    server.routes |= {"/silent": silent, "/drip": drip}
    async with Fetcher(replace(SMALL, fetch_read_seconds=0.3)) as fetcher:
        assert "silent for 0.3 seconds" in (await failing(fetcher, server.url("/silent"))).reason
    async with Fetcher(replace(SMALL, fetch_total_seconds=0.5)) as fetcher:
        assert "after 0.5 seconds" in (await failing(fetcher, server.url("/drip"))).reason


async def test_waiting_for_a_turn_is_not_counted(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = 0.0
    loop = asyncio.get_running_loop()
    clock = loop.time
    monkeypatch.setattr(loop, "time", lambda: clock() + late)

    async def slow(_request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal late
        late += 40  # seconds, by the clock of those that wait
        await asyncio.sleep(0)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")

    server.routes["/feed"] = slow
    async with Fetcher(replace(PATIENT, fetch_total_seconds=100.0)) as fetcher:
        replies = await asyncio.gather(
            *(fetcher.fetch(server.url("/feed"), allow_private=True) for _ in range(9))
        )
    assert [reply.body for reply in replies] == [b"x"] * 9


# --- servers that fail -------------------------------------------------------------------------------


async def test_cut_connections(server: Server, fetcher: Fetcher) -> None:
    async def cut(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def nonsense(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        writer.close()

    server.routes |= {"/cut": cut, "/nonsense": nonsense}
    server.answer("/short", b"half", length=100)
    half = server.routes["/short"]

    async def half_then_cut(request: Request, writer: asyncio.StreamWriter) -> None:
        await half(request, writer)
        writer.close()

    server.routes["/short"] = half_then_cut
    assert "cut" in (await failing(fetcher, server.url("/cut"))).reason
    assert "cut" in (await failing(fetcher, server.url("/short"))).reason
    assert "not HTTP" in (await failing(fetcher, server.url("/nonsense"))).reason


async def test_no_server_and_no_name() -> None:
    async def nowhere(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # so that nobody else takes the port
        async with Fetcher(SMALL) as fetcher:
            error = await failing(fetcher, f"http://127.0.0.1:{deaf.getsockname()[1]}/")
        assert "refuses connections" in error.reason
        assert error.status is None
        assert error.exit_code == 69
    async with Fetcher(SMALL, resolve=nowhere) as fetcher:
        error = await failing(fetcher, "https://www.håll.example/")
        assert "could not be found" in error.reason
        assert "www.håll.example" in str(error)


async def test_a_machine_without_a_network_is_told_from_a_server_that_is_not_there() -> None:
    async def silence(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    async def unknown(host: str, port: int) -> list[str]:
        if host == "127.0.0.1":
            return [host]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async with Fetcher(SMALL, resolve=silence) as fetcher:
        error = await failing(fetcher, "https://www.example/")
    assert isinstance(error, NoNetwork)
    assert error.reason == "no name server answers; see whether there is a network"
    async with serving() as server, Fetcher(SMALL, resolve=unknown) as fetcher:
        server.answer("/", FEED)
        # Without a network no name is known on macOS; once one server has answered there is one.
        assert isinstance(await failing(fetcher, "https://www.example/"), NoNetwork)
        await fetcher.fetch(server.url(), allow_private=True)
        assert not isinstance(await failing(fetcher, "https://another.example/"), NoNetwork)


async def test_tls_is_verified(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate of this test")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: ASYNC221
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with serving(context) as server:
        server.answer("/", FEED)
        url = f"https://localhost:{server.port}/"
        async with Fetcher(SMALL) as fetcher:
            assert "certificate" in (await failing(fetcher, url)).reason
            assert server.requests == []
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(certificate))
            async with Fetcher(SMALL) as fetcher:
                assert (await fetcher.fetch(url, allow_private=True)).body == FEED
                # The name of the certificate counts, though the connection goes to an address.
                other = f"https://127.0.0.1:{server.port}/"
                assert "certificate" in (await failing(fetcher, other)).reason
    assert server.requests[0].headers["host"] == f"localhost:{server.port}"


async def test_https_asked_of_an_http_server(fetcher: Fetcher) -> None:
    async def speak_first(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak_first, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        assert "TLS" in (await failing(fetcher, f"https://127.0.0.1:{port}/")).reason


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("401 Unauthorized", "password"),
        ("403 Forbidden", "HTTP 403"),
        ("404 Not Found", "nothing at this address"),
        ("418 I'm a teapot", "HTTP 418"),
        ("500 Oops", "fault of its own"),
        ("204 No Content", "HTTP 204"),
        ("302 Found", "HTTP 302"),
        ("799 Strange", "HTTP 799"),
    ],
)
async def test_other_statuses_say_what_they_are(
    server: Server, fetcher: Fetcher, status: str, words: str
) -> None:
    server.answer("/feed", status=status)
    error = await failing(fetcher, server.url("/feed"))
    assert words in error.reason
    assert error.status == int(status[:3])
    assert error.url == server.url("/feed")


async def test_gone_is_an_answer(server: Server, fetcher: Fetcher) -> None:
    server.answer("/feed", b"over", status="410 Gone")
    server.redirect("/for-now", "/feed", 302)
    server.redirect("/for-good", "/feed", 301)
    assert (await fetcher.fetch(server.url("/feed"), allow_private=True)).kind is ReplyKind.GONE
    assert (await fetcher.fetch(server.url("/for-good"), allow_private=True)).kind is ReplyKind.GONE
    assert (await failing(fetcher, server.url("/for-now"))).status == 410


async def test_retry_after_in_both_forms(server: Server, fetcher: Fetcher) -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    server.answer("/429", status="429 Too Many Requests", headers=["Retry-After: 120"])
    server.answer("/503", status="503 Unavailable", headers=[f"Retry-After: {in_an_hour}"])
    assert (await failing(fetcher, server.url("/429"))).retry_after_seconds == 120
    seconds = (await failing(fetcher, server.url("/503", "localhost"))).retry_after_seconds
    assert seconds is not None
    assert 3_500 < seconds <= 3_600


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 90 ", 90),
        ("Thu, 05 Apr 2018 09:00:00 GMT", 3600),
        ("Thursday, 05-Apr-18 09:00:00 GMT", 3600),
        ("Thu, 05 Apr 2018 07:00:00 GMT", 0),
        ("99999999999", 366 * 86_400),
        ("40000000", 366 * 86_400),
        ("1522915320", 120),  # 2018-04-05 08:02:00 as Unix time
        ("1522915320000", 120),
        ("1522915000", 0),
        ("-5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, datetime(2018, 4, 5, 8, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        ("429 Too Many Requests", "Retry-After: 7200", 7200),
        ("429 Too Many Requests", "X: y", 1800),
        ("429 Too Many Requests", "Retry-After: 0", 60),
        ("503 Unavailable", "Retry-After: 7200", 7200),
    ],
)
async def test_a_server_that_asks_to_wait_is_asked_nothing_more(
    server: Server, status: str, header: str, seconds: float
) -> None:
    server.answer("/0", status=status, headers=[header])
    server.redirect("/away", "http://one.example/9")
    server.answer("/feed", FEED)
    for number in range(1, 9):
        server.answer(f"/{number}", FEED)
    async with on_the_internet(server) as (fetcher, _net):
        urls = [f"http://one.example/{number}" for number in range(9)]
        errors = await asyncio.gather(*map(fetcher.fetch, urls), return_exceptions=True)
        # A redirect does not get round it, and other servers are asked as before.
        with pytest.raises(HostPaused):
            await fetcher.fetch("http://two.example/away")
        assert (await fetcher.fetch("http://two.example/feed")).body == FEED

    assert [request.path for request in server.requests] == ["/0", "/away", "/feed"]
    first, *others = errors
    assert isinstance(first, FetchError)
    assert not isinstance(first, HostPaused)
    assert first.retry_after_seconds == seconds
    assert first.pauses == "one.example"
    until = datetime.now().astimezone() + timedelta(seconds=seconds)
    for error in others:
        assert isinstance(error, HostPaused)
        assert error.retry_after_seconds == pytest.approx(seconds, abs=60)
        assert "one.example asked us to wait until " in error.reason
        assert abs(error.until - until) < timedelta(minutes=1)
        assert f"{error.until.astimezone():%H:%M}" in error.reason
        assert error.status == int(status[:3])


async def test_a_server_is_asked_again_when_its_time_has_come(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures are fetched with one fetcher for as long as the screen is open."""
    monkeypatch.setattr("flodeslasare.fetching._headers._SHORTEST_PAUSE_SECONDS", 0.0)
    server.answer("/busy", status="429 Too Many Requests", headers=["Retry-After: 0"])
    server.answer("/feed", FEED)
    async with Fetcher(SMALL) as fetcher:
        await failing(fetcher, server.url("/busy"))
        assert (await fetcher.fetch(server.url("/feed"), allow_private=True)).body == FEED


async def test_503_without_a_time_and_429_before_a_new_run_pause_nothing(server: Server) -> None:
    server.answer("/503", status="503 Unavailable")
    server.answer("/429", status="429 Too Many Requests")
    server.answer("/feed", FEED)
    async with Fetcher(SMALL) as fetcher:
        assert (await failing(fetcher, server.url("/503"))).pauses is None
        assert (await fetcher.fetch(server.url("/feed"), allow_private=True)).body == FEED
        await failing(fetcher, server.url("/429"))
    async with Fetcher(SMALL) as fetcher:
        assert (await fetcher.fetch(server.url("/feed"), allow_private=True)).body == FEED


# --- redirects ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chain", "permanent"),
    [
        ([301], "/1"),
        ([308, 301], "/2"),
        ([302], None),
        ([301, 302], "/1"),
        ([307, 301], None),
        ([303, 308], None),
    ],
)
async def test_moves_are_remembered_only_while_permanent(
    server: Server, fetcher: Fetcher, chain: list[int], permanent: str | None
) -> None:
    for number, status in enumerate(chain):
        server.redirect(f"/{number}", f"/{number + 1}", status)
    server.answer(f"/{len(chain)}", FEED)
    reply = await fetcher.fetch(server.url("/0"), etag='"a"', allow_private=True)
    assert reply.body == FEED
    assert reply.url == server.url(f"/{len(chain)}")
    assert reply.permanent_url == (server.url(permanent) if permanent else None)
    assert all(request.headers["if-none-match"] == '"a"' for request in server.requests)


async def test_redirects_end(server: Server, fetcher: Fetcher) -> None:
    server.redirect("/circle", "/back")
    server.redirect("/back", "/circle")
    server.redirect("/self", "/self")
    for number in range(10):
        server.redirect(f"/{number}", f"/{number + 1}")
    assert "circle" in (await failing(fetcher, server.url("/circle"))).reason
    assert "circle" in (await failing(fetcher, server.url("/self"))).reason
    assert "4 times" in (await failing(fetcher, server.url("/0"))).reason


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "javascript:alert(1)", "gopher://127.0.0.1:70/"],
)
async def test_redirects_stay_with_http(server: Server, fetcher: Fetcher, target: str) -> None:
    server.redirect("/feed", target)
    error = await failing(fetcher, server.url("/feed"))
    assert isinstance(error, AddressRefused)
    assert "redirects to" in error.reason


async def test_a_redirect_to_what_is_no_address(server: Server, fetcher: Fetcher) -> None:
    server.redirect("/feed", "http://[::1")
    server.redirect("/other", "http://a b/")
    await failing(fetcher, server.url("/feed"))
    await failing(fetcher, server.url("/other"))


async def test_redirects_in_utf8(server: Server, fetcher: Fetcher) -> None:
    server.redirect("/feed", "/fl\xc3\xb6de")
    server.answer("/fl%C3%B6de", FEED)
    assert (await fetcher.fetch(server.url("/feed"), allow_private=True)).body == FEED


# --- addresses ---------------------------------------------------------------------------------------


async def test_public_hosts_are_reached_by_name_through_a_checked_address(server: Server) -> None:
    server.answer("/feed", FEED)
    async with on_the_internet(server) as (fetcher, net):
        assert (await fetcher.fetch("http://one.example/feed")).body == FEED
        assert net.connected == [PUBLIC]
    assert server.requests[0].headers["host"] == "one.example"


async def test_private_addresses_are_refused_unless_meant(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer("/feed", FEED)
    async with Fetcher(SMALL) as fetcher:
        for host in (
            "127.0.0.1", "localhost", "LOCALHOST.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1",
            "0x7f.0.0.01", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "1%327.0.0.1",
        ):  # fmt: skip
            error = await failing(fetcher, server.url("/feed", host), allow_private=False)
            assert isinstance(error, AddressRefused), host
            assert error.exit_code == 2
            assert "FLODESLASARE_ALLOW_PRIVATE" in error.reason
        assert server.requests == []
        assert server.connections == 0
        # A connection that a private subscription opened is not lent to a public one.
        assert (await fetcher.fetch(server.url("/feed"), allow_private=True)).body == FEED
        assert isinstance(
            await failing(fetcher, server.url("/feed"), allow_private=False), AddressRefused
        )
        monkeypatch.setenv("FLODESLASARE_ALLOW_PRIVATE", "1")
        assert (await fetcher.fetch(server.url("/feed"))).body == FEED


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/",
        "http://inside.example/",
        "http://[::1]/",
    ],
)
async def test_a_public_feed_never_redirects_to_a_private_address(
    server: Server, target: str
) -> None:
    server.redirect("/feed", target, 301)
    server.answer("/", b"secret")
    server.answer("/latest/", b"secret")
    names = {
        "inside.example": ["10.0.0.7"],
        "127.0.0.1": ["127.0.0.1"],
        "169.254.169.254": ["169.254.169.254"],
        "::1": ["::1"],
    }
    async with on_the_internet(server, names=names) as (fetcher, net):
        error = await failing(fetcher, "http://one.example/feed", allow_private=False)
        assert isinstance(error, AddressRefused)
        assert "private" in error.reason
        assert error.url == "http://one.example/feed"
        assert net.connected == [PUBLIC]
        # One that was subscribed to as private may go there.
        assert (await fetcher.fetch("http://one.example/feed", allow_private=True)).body


@pytest.mark.parametrize(
    "ip",
    ["127.0.0.1", "10.0.0.7", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "::1",
     "fe80::1", "fd00::1", "::ffff:10.0.0.7", "64:ff9b::a00:7", "0.0.0.0"],
)  # fmt: skip
async def test_a_public_name_of_a_private_address_is_not_connected_to(
    server: Server, ip: str
) -> None:
    async with on_the_internet(server, names={"inside.example": [ip]}) as (fetcher, net):
        error = await failing(fetcher, "http://inside.example/feed", allow_private=False)
        assert isinstance(error, AddressRefused)
        assert net.connected == []


@pytest.mark.parametrize("target", ["http://127.0.0.1/new", "http://inside.example/new"])
async def test_a_move_inward_is_followed_when_the_rule_is_lifted_and_never_for_good(
    server: Server, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """What is stored would outlive the variable of the environment, and lead inward without it."""
    server.redirect("/feed", target, 301)
    server.redirect("/new", "/newer", 301)
    server.answer("/newer", FEED)
    monkeypatch.setenv("FLODESLASARE_ALLOW_PRIVATE", "1")
    names = {"inside.example": ["10.0.0.7"], "127.0.0.1": ["127.0.0.1"]}
    async with on_the_internet(server, names=names) as (fetcher, _net):
        monkeypatch.setattr(
            "flodeslasare.fetching.http.is_public_ip", lambda _ip: len(server.requests) < 2
        )
        reply = await fetcher.fetch("http://one.example/feed")
        assert reply.body == FEED
        assert reply.permanent_url is None
        # Who subscribed to a private address has a feed that may move within.
        server.requests.clear()
        reply = await fetcher.fetch("http://one.example/feed", allow_private=True)
        assert reply.permanent_url == target + "er"


async def test_rebinding_does_not_help(server: Server) -> None:
    """A name that is public when first asked and private the next time."""
    server.answer("/feed", FEED, headers=["Connection: close"])
    net = Internet({"rebinding.example": [PUBLIC]}, server.port)

    async def rebind(host: str, port: int) -> list[str]:
        found = await net.resolve(host, port)
        net.names[host] = ["127.0.0.1"]
        return found

    async with Fetcher(SMALL, resolve=rebind, backend=net) as fetcher:
        assert (await fetcher.fetch("http://rebinding.example/feed")).body == FEED
        error = await failing(fetcher, "http://rebinding.example/feed", allow_private=False)
    assert isinstance(error, AddressRefused)
    assert net.connected == [PUBLIC]


async def test_of_several_addresses_only_public_ones_are_tried(server: Server) -> None:
    server.answer("/feed", FEED)
    mixed = ["::1", ALSO_PUBLIC, "192.168.1.1", PUBLIC]
    async with on_the_internet(server, names={"mixed.example": mixed}) as (fetcher, net):
        await fetcher.fetch("http://mixed.example/feed")
        assert net.connected == [ALSO_PUBLIC]


async def test_the_next_address_is_tried_when_one_fails_or_hangs() -> None:
    tried: list[str] = []

    class Stream(httpcore.AsyncNetworkStream):
        async def aclose(self) -> None:
            tried.append("closed")

    stream = Stream()

    async def connect(address: str) -> httpcore.AsyncNetworkStream:
        tried.append(address)
        if address == "fails":
            raise httpcore.ConnectError("no")
        if address == "hangs":
            await asyncio.sleep(30)
        return stream

    assert await _first_to_connect(connect, ["fails", "hangs", "works"]) is stream
    assert tried == ["fails", "hangs", "works"]
    with pytest.raises(httpcore.ConnectError):
        await _first_to_connect(connect, ["fails", "fails"])


async def test_idn_hosts_are_asked_in_ascii_and_shown_in_letters(server: Server) -> None:
    server.answer("/feed", FEED)
    server.answer("/none", status="404 Not Found")
    ascii_host = "www.xn--hllbarupphandling-8qb.se"
    net = Internet({ascii_host: [PUBLIC]}, server.port)
    async with Fetcher(SMALL, resolve=net.resolve, backend=net) as fetcher:
        reply = await fetcher.fetch("http://www.Hållbarupphandling.se/feed")
        assert reply.url == f"http://{ascii_host}/feed"
        error = await failing(fetcher, reply.url.replace("/feed", "/none"), allow_private=False)
    assert server.requests[0].headers["host"] == ascii_host
    assert str(error).startswith("http://www.hållbarupphandling.se/none: ")


async def test_what_is_wrong_where_a_redirect_leads_is_said_of_that_server(server: Server) -> None:
    server.answer("/none", status="404 Not Found")
    for path, host in (
        ("/away", "news.example"),
        ("/lost", "lost.example"),
        ("/home", "a.example"),
    ):
        server.redirect(path, f"http://{host}/none?token=secret")
    net = Internet({"a.example": [PUBLIC], "news.example": [PUBLIC]}, server.port)
    server.routes["/none?token=secret"] = server.routes["/none"]
    async with Fetcher(SMALL, resolve=net.resolve, backend=net) as fetcher:
        said = [
            (await failing(fetcher, f"http://a.example{path}", allow_private=False)).reason
            for path in ("/away", "/lost", "/home")
        ]

    assert said == [
        "it redirects to http://news.example: there is nothing at this address (HTTP 404)",
        "it redirects to http://lost.example: the name of the server could not be found; "
        "check the address and the network",
        "there is nothing at this address (HTTP 404)",
    ]


@pytest.mark.parametrize("host", ["xn--i-7iq.ws", "xn--a.example"])
async def test_hosts_that_idna_of_today_refuses_are_asked_all_the_same(
    server: Server, host: str
) -> None:
    server.answer("/feed", FEED)
    net = Internet({host: [PUBLIC]}, server.port)
    async with Fetcher(SMALL, resolve=net.resolve, backend=net) as fetcher:
        reply = await fetcher.fetch(f"http://{host}/feed")
    assert (reply.body, server.requests[0].headers["host"]) == (FEED, host)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.example/", "data:,x", "//a", "", "http://"]
)
async def test_other_schemes_are_refused(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(AddressRefused):
        await fetcher.fetch(url, allow_private=True)


@pytest.mark.parametrize(
    ("ip", "is_public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("nonsense", False),
    ],
)
def test_is_public_ip(ip: str, is_public: bool) -> None:
    assert is_public_ip(ip) is is_public


NOT_PUBLIC = """
    127.0.0.1 10.1.2.3 172.16.0.1 192.168.0.1 169.254.169.254 100.64.0.1 0.0.0.0 192.0.2.1
    198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 fe80::1 fe80::1%eth0 fec0::1
    fc00::1 ff02::1 2001:db8::1 ::ffff:10.0.0.1 2002:7f00:1:: 64:ff9b::a00:1 64:ff9b:1::1
    2001:0:7f00:1::
"""


def test_special_addresses_are_not_public() -> None:
    assert [ip for ip in NOT_PUBLIC.split() if is_public_ip(ip)] == []


@pytest.mark.parametrize(
    ("url", "is_private"),
    [
        ("http://127.0.0.1/", True),
        ("http://127.1/", True),
        ("http://2130706433/", True),
        ("http://[::1]:8080/", True),
        ("http://localhost/", True),
        ("http://blogg/", True),
        ("http://nas.local/", True),
        ("http://8.8.8.8/", False),
        ("https://www.xn--hllbarupphandling-8qb.se/", False),
    ],
)
def test_names_private_network(url: str, is_private: bool) -> None:
    assert names_private_network(url) is is_private


# --- names and passwords -----------------------------------------------------------------------------


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


async def test_a_password_goes_to_its_host_only(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.redirect("/feed", "/moved", 301)
    server.redirect("/moved", "http://two.example/away")
    server.redirect("/away", "http://mallory:guess@two.example/end")
    server.answer("/end", status="403 Forbidden")
    async with on_the_internet(server) as (fetcher, _):
        error = await failing(
            fetcher, "http://anna:hemligt%C3%A5@one.example/feed", allow_private=False
        )
    sent = [request.headers.get("authorization") for request in server.requests]
    assert sent == [basic("anna", "hemligtå")] * 2 + [None, None]
    for text in (str(error), repr(error), caplog.text):
        assert "hemligt" not in text
        assert "anna" not in text
        assert "guess" not in text
    assert "GET http://two.example/end: 403" in caplog.text


async def test_a_move_keeps_the_password_on_the_same_host(server: Server) -> None:
    server.redirect("/feed", "/new", 301)
    server.redirect("/leaving", "http://two.example/new", 308)
    server.answer("/new", FEED)
    async with on_the_internet(server) as (fetcher, _):
        stays = await fetcher.fetch("http://anna:pw@one.example/feed")
        leaves = await fetcher.fetch("http://anna:pw@one.example/leaving")
    assert stays.permanent_url == "http://anna:pw@one.example/new"
    assert stays.url == "http://one.example/new"
    assert leaves.permanent_url == "http://two.example/new"


async def test_what_goes_over_the_wire_is_told(
    server: Server, fetcher: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "flodeslasare")
    wire = gzip.compress(FEED)
    server.redirect("/old", "/feed", 301)
    server.answer("/feed", wire, headers=["Content-Encoding: gzip"])
    url = server.url("/old")
    await fetcher.fetch(
        url.replace("://", "://anna:hemligt@"),
        etag='W/"1"',
        last_modified="Thu, 05 Apr 2018 08:15:00 GMT",
        allow_private=True,
    )
    said = [record.getMessage() for record in caplog.records if record.name.endswith("http")]
    conditions = 'if-none-match: W/"1", if-modified-since: Thu, 05 Apr 2018 08:15:00 GMT'
    assert said[0] == f"GET {url}, {conditions}, with name and password"
    assert re.fullmatch(rf"GET {url}: 301 to /feed, 0 bytes \(0 on the wire\), \d+ ms", said[1])
    assert said[2] == f"GET {server.url('/feed')}, {conditions}, with name and password"
    sizes = rf"{len(FEED)} bytes \({len(wire)} on the wire\)"
    assert re.fullmatch(rf"GET {server.url('/feed')}: 200, {sizes}, \d+ ms", said[3])
    assert len(said) == 4


async def test_tokens_in_queries_are_not_logged(
    server: Server, fetcher: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answer("/feed?access_token=s3cret&page=2", FEED)
    await fetcher.fetch(server.url("/feed?access_token=s3cret&page=2"), allow_private=True)
    assert "s3cret" not in caplog.text
    assert "page=2" in caplog.text


def test_numeric_hosts_have_one_form() -> None:
    for host in ("127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1"):
        assert canonical_url(f"http://{host}:8080/") == "http://127.0.0.1:8080/"
    assert canonical_url("http://[0:0::1]/") == "http://[::1]/"


def test_without_credentials() -> None:
    assert without_credentials("https://a:b@host/x@y") == "https://host/x@y"
    assert without_credentials("https://host/@a") == "https://host/@a"
    assert without_credentials("a:b@host/x") == "host/x"
    assert without_secrets("https://a@h/?key=1&x=2#c") == "https://h/?key=…&x=2#c"
    text = "(https://a:b@h/, http://c@i/?auth_token=d&x=1 and e@f)"
    assert without_logins(text) == "(https://h/, http://i/?auth_token=d&x=1 and e@f)"
    assert without_secrets(text) == "(https://h/, http://i/?auth_token=…&x=1 and e@f)"
    with pytest.raises(AddressRefused) as caught:
        canonical_url("https://anna:hem/ligt@host/")
    assert "ligt" not in str(caught.value)


# --- politeness --------------------------------------------------------------------------------------


async def test_one_at_a_time_to_a_host_and_many_hosts_side_by_side(server: Server) -> None:
    busy: dict[str, int] = {}
    worst: dict[str, int] = {}

    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        host = request.headers["host"]
        busy[host] = busy.get(host, 0) + 1
        worst[host] = max(worst.get(host, 0), busy[host])
        await asyncio.sleep(0.02)
        busy[host] -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")

    server.routes["/feed"] = slow
    names = {f"h{number}.example": [PUBLIC] for number in range(6)}
    settings = Settings(fetch_feeds_at_once=4)
    async with on_the_internet(server, settings, names) as (fetcher, _):
        urls = [f"http://h{number % 6}.example/feed" for number in range(24)]
        await asyncio.gather(*map(fetcher.fetch, urls))
    assert set(worst.values()) == {1}
    assert 2 <= server.most_at_once <= 4
    assert server.connections <= 12


async def test_connections_to_many_hosts_are_not_all_kept(server: Server) -> None:
    server.answer("/feed", FEED)
    names = {f"h{number}.example": [PUBLIC] for number in range(30)}
    settings = Settings(fetch_feeds_at_once=3)
    async with on_the_internet(server, settings, names) as (fetcher, _):
        await asyncio.gather(*(fetcher.fetch(f"http://{name}/feed") for name in names))
        async with asyncio.timeout(60):  # until the server has seen which were closed
            while sum(not task.done() for task in server.tasks) > 6:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert server.connections == 30


async def test_several_at_a_time_to_a_host_when_set(server: Server) -> None:
    several = asyncio.Event()

    async def slow(_request: Request, writer: asyncio.StreamWriter) -> None:
        if server.at_once == 3:
            several.set()
        async with asyncio.timeout(60):
            await several.wait()
        await asyncio.sleep(0.01)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")

    server.routes["/feed"] = slow
    async with Fetcher(Settings(fetch_per_host=3)) as fetcher:
        urls = [server.url("/feed")] * 9
        await asyncio.gather(*(fetcher.fetch(url, allow_private=True) for url in urls))
    assert server.most_at_once == 3


async def test_feeds_that_wait_for_a_host_hold_up_no_other(server: Server) -> None:
    gate = asyncio.Event()

    async def stuck(_request: Request, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")

    server.routes["/stuck"] = stuck
    server.answer("/feed", FEED)
    async with on_the_internet(server, Settings(fetch_feeds_at_once=2)) as (fetcher, _):
        waiting = [
            asyncio.ensure_future(fetcher.fetch("http://one.example/stuck")) for _ in range(5)
        ]
        while not server.at_once:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.01)
        async with asyncio.timeout(60):
            await fetcher.fetch("http://two.example/feed")
        gate.set()
        await asyncio.gather(*waiting)


async def test_a_cancelled_fetch_leaves_its_turn_free(server: Server) -> None:
    asked = asyncio.Event()

    async def hang(_request: Request, _writer: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.Event().wait()

    server.routes["/hang"] = hang
    server.answer("/feed", FEED)
    async with Fetcher(PATIENT) as fetcher:
        hanging = asyncio.ensure_future(fetcher.fetch(server.url("/hang"), allow_private=True))
        await asked.wait()
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        async with asyncio.timeout(60):
            assert (await fetcher.fetch(server.url("/feed"), allow_private=True)).body == FEED


# --- proxies -----------------------------------------------------------------------------------------


async def test_the_proxy_of_the_environment_is_used(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer("http://one.example/feed", FEED)
    server.redirect("http://one.example/inward", "http://127.1/secret")
    server.answer("/direct", FEED)
    monkeypatch.setenv("http_proxy", f"127.0.0.1:{server.port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with Fetcher(SMALL) as fetcher:
        assert (await fetcher.fetch("http://one.example/feed")).body == FEED
        # A proxy looks names up itself, so an address is judged by what it says.
        error = await failing(fetcher, "http://one.example/inward", allow_private=False)
        assert isinstance(error, AddressRefused)
        assert (await fetcher.fetch(server.url("/direct"), allow_private=True)).body == FEED


async def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "wrong://127.0.0.1:1")
    async with Fetcher(SMALL) as fetcher:
        error = await failing(fetcher, "http://one.example/feed")
        assert "proxy" in error.reason
