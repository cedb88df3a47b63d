"""Open connections by the rules: names are looked up here, every address is checked, then connected to.

This is below httpx, so nothing above can talk its way round; TLS and the Host header keep the name.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import socket
import ssl
import threading
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import httpcore
import httpx

from flodeslasare.fetching._address import is_public_ip

# anyio loads this at its first connection, 30 ms in the middle of the event loop: better here.
with contextlib.suppress(ImportError):
    importlib.import_module("anyio._backends._asyncio")

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Gives the IP addresses of a host and port, best first; raises `OSError` when there are none."""

_NEXT_ADDRESS_AFTER_SECONDS = 0.3
"""How long an address of a host may keep silent before the next is tried as well (RFC 8305 §5)."""


class Refused(Exception):
    """A host has no address that may be connected to."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class NameNotFound(Exception):
    """A host name has no address."""


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Looks names up itself and connects to addresses that pass the rules, and to no other."""

    def __init__(
        self, inner: httpcore.AsyncNetworkBackend, resolve: Resolve, allow_private: bool
    ) -> None:
        self._inner = inner
        self._resolve = resolve
        self._allow_private = allow_private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (httpcore's signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._addresses(host, port)

                async def connect(address: str) -> httpcore.AsyncNetworkStream:
                    return await self._inner.connect_tcp(
                        address, port, timeout, local_address, socket_options
                    )

                return await _first_to_connect(connect, addresses)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NameNotFound(host) from error
        if not found:
            raise NameNotFound(host)
        allowed = found if self._allow_private else [ip for ip in found if is_public_ip(ip)]
        if not allowed:
            raise Refused(found[0])
        return allowed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class CheckedTransport(httpx.AsyncBaseTransport):
    """httpx on a pool of httpcore whose connections all go through a backend of ours."""

    def __init__(
        self, backend: httpcore.AsyncNetworkBackend, tls: ssl.SSLContext, limits: httpx.Limits
    ) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Stream(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


async def _first_to_connect(
    connect: Callable[[str], Awaitable[httpcore.AsyncNetworkStream]], addresses: list[str]
) -> httpcore.AsyncNetworkStream:
    """Try addresses one after another, each a moment after the last; the first to answer wins (RFC 8305)."""
    if len(addresses) == 1:
        return await connect(addresses[0])
    waiting = addresses[::-1]
    attempts: set[asyncio.Future[httpcore.AsyncNetworkStream]] = set()
    failure: BaseException | None = None
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(asyncio.ensure_future(connect(waiting.pop())))
            done, attempts = await asyncio.wait(
                attempts,
                timeout=_NEXT_ADDRESS_AFTER_SECONDS if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            connected = [attempt.result() for attempt in done if attempt.exception() is None]
            for spare in connected[1:]:
                await spare.aclose()
            if connected:
                return connected[0]
            failure = next((attempt.exception() for attempt in done), None) or failure
    finally:
        for attempt in attempts:
            attempt.cancel()
        for outcome in await asyncio.gather(*attempts, return_exceptions=True):
            if isinstance(outcome, httpcore.AsyncNetworkStream):
                await outcome.aclose()
    raise failure or httpcore.ConnectError("no address answered")


async def look_up(host: str, port: int) -> list[str]:
    """Ask the system's resolver, in a thread of its own.

    `loop.getaddrinfo` uses the loop's few shared threads: some dead name servers would hold up
    whatever else waits for them, and the end of the program too.
    """
    loop = asyncio.get_running_loop()
    try:
        return [_numeric(host)]
    except OSError:
        pass
    future: asyncio.Future[list[str]] = loop.create_future()

    def deliver(addresses: list[str] | None, error: OSError | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(addresses or [])

    def ask() -> None:
        addresses: list[str] | None = None
        failure: OSError | None = None
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        except OSError as error:
            failure = error
        except UnicodeError as error:
            failure = OSError(str(error))
        with contextlib.suppress(RuntimeError):  # the loop has ended; no one waits any longer
            loop.call_soon_threadsafe(deliver, addresses, failure)

    threading.Thread(target=ask, name=f"look up {host}", daemon=True).start()
    return await future


def _numeric(host: str) -> str:
    """Give the address when a host is one; raises `OSError` when it is a name."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return str(found[0][4][0])


def tls_for_nobody() -> ssl.SSLContext:
    """Give a context that trusts no one, for clients that only speak http: it costs 0.3 ms, not 20."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def environment_proxies() -> dict[str, str]:
    """Give the environment's proxies by scheme: `http`, `https`, `all`."""
    return {
        scheme: address if "://" in address else f"http://{address}"
        for scheme, address in urllib.request.getproxies().items()
        if scheme in ("http", "https", "all") and address
    }
