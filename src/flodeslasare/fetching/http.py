"""HTTP: one polite, suspicious GET. What comes back is a `Reply` or a `FetchError`; parsing is elsewhere.

Polite: conditional, gzip, one connection at a time to a host, connections kept alive, an honest
User-Agent. Suspicious: http and https only, limits on time, bytes and redirects, no cookies, and no
connection to a private address unless it was meant: `_connecting` keeps that rule on the address
that is connected to. Public and private feeds share no connections.

The requests go to httpx's transports, not through its client, which follows `Location` headers in
its own way, keeps cookies, and logs addresses with what is secret in them.

Proxies of the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY) are used. A proxy looks
names up itself, so there the rule is kept on what the address says: `names_private_network`.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import ssl
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

import httpcore
import httpx

from flodeslasare.addresses import without_secrets
from flodeslasare.config import Settings
from flodeslasare.errors import AddressRefused, FetchError, NoNetwork
from flodeslasare.fetching._address import (
    canonical_url,
    host_of,
    is_public_ip,
    may_share_credentials,
    names_private_network,
    readable_address,
    split_credentials,
    with_credentials_of,
)
from flodeslasare.fetching._connecting import (
    CheckedBackend,
    CheckedTransport,
    NameNotFound,
    Refused,
    Resolve,
    environment_proxies,
    look_up,
    tls_for_nobody,
)
from flodeslasare.fetching._decoding import CannotDecode, Decoder, foreign_encoding
from flodeslasare.fetching._headers import (
    Headers,
    basic,
    pause_seconds,
    request_headers,
)
from flodeslasare.fetching._logins import Logins, NoPassword, answer_to
from flodeslasare.fetching._reasons import (
    FAILURES,
    Unusable,
    from_server,
    is_without_network,
    printable,
    private_reason,
    reason_of,
    too_large,
)
from flodeslasare.fetching._reply import Hop, Reply, redirect_target, reply_of
from flodeslasare.fetching.turns import Turns
from flodeslasare.i18n import _

__all__ = ["Fetcher", "Reply"]

log = logging.getLogger(__name__)

# It logs headers at DEBUG; we log each request ourselves, without what is secret in it.
logging.getLogger("httpcore").setLevel(logging.WARNING)

ACCEPT_FEEDS = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.3"
)
ACCEPT_PAGES = "text/html, application/xhtml+xml, */*;q=0.1"
ACCEPT_PICTURES = "image/png, image/jpeg, image/webp, image/gif, image/avif;q=0.9, image/*;q=0.1"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_KEEPALIVE_SECONDS = 15.0
_DRAIN_BYTES = 65_536
"""The body of an error or redirect is read when it is no longer than this, to keep the connection."""
_CHUNKS = 100
"""So many chunks of a body are taken between two turns of the event loop: some milliseconds."""
_CUT = (
    httpcore.RemoteProtocolError,
    httpcore.ReadError,
    httpcore.WriteError,
    httpx.RemoteProtocolError,
    httpx.ReadError,
    httpx.WriteError,
)


_Route = tuple[str, str, bool, bool]
"""Host, proxy, whether it is https, whether private addresses are allowed."""


class Fetcher:
    """Fetches over HTTP, many hosts side by side; use it as an async context manager.

    One serves a whole refresh: it keeps connections and the turns of each host. It belongs to the
    event loop it was made in.

    Args:
        settings: the `fetch_*` limits.
        turns: those of what is under way beside it; its own where none are given.
        resolve: looks names up; the system's resolver by default.
        backend: opens connections to addresses that have passed the rules.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        turns: Turns | None = None,
        resolve: Resolve | None = None,
        backend: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self._resolve = resolve or look_up
        self._backend = backend or httpcore.AnyIOBackend()
        self._timeouts = httpx.Timeout(
            connect=self.settings.fetch_connect_seconds,
            read=self.settings.fetch_read_seconds,
            write=self.settings.fetch_read_seconds,
            pool=None,
        ).as_dict()
        self._transports: dict[_Route, httpx.AsyncBaseTransport] = {}  # last used last
        self._in_use: Counter[_Route] = Counter()
        self._no_tls = tls_for_nobody()
        self._tls: ssl.SSLContext | None = None
        self._tls_lock = asyncio.Lock()
        self._everyone = asyncio.Semaphore(max(1, self.settings.fetch_feeds_at_once))
        self._turns = turns or Turns(self.settings.fetch_per_host)
        self._answered: set[str] = set()
        self._proxies = environment_proxies()
        self._logins = Logins(self.settings.logins)
        self._digests: dict[tuple[str, str, str], httpx.DigestAuth] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection, and forget every password."""
        await self._logins.aclose()
        self._digests.clear()
        transports, self._transports = list(self._transports.values()), {}
        for transport in transports:
            await transport.aclose()

    async def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        allow_private: bool = False,
        accept: str = ACCEPT_FEEDS,
        named_by: str | None = None,
    ) -> Reply:
        """GET an address, following redirects by the rules.

        Args:
            url: absolute; a name and password in it, or else those the settings have for it, are
                sent to its host and no other.
            etag: of the stored body, as it was sent.
            last_modified: of the stored body, as it was sent.
            allow_private: loopback and private addresses may be connected to, here and after redirects.
            accept: the `Accept` header.
            named_by: the feed that names the address, where the person did not (empty: one that is gone): what the
                settings have is then sent only to the feed's own host.

        Raises:
            AddressRefused: it, or a redirect, leads where we never connect to.
            HostPaused: the server has asked, in an earlier reply, to be left alone; it was not asked.
            FetchError: no usable reply; `status` and `retry_after_seconds` say more where there was one.
        """
        asked = canonical_url(url)
        current, written = split_credentials(asked)
        is_lifted = not allow_private and os.environ.get("FLODESLASARE_ALLOW_PRIVATE") == "1"
        headers = request_headers(etag, last_modified, accept)
        is_conditional = b"if-none-match" in headers or b"if-modified-since" in headers
        shown = readable_address(asked)
        if named_by:
            named_by = split_credentials(canonical_url(named_by))[0]
        budget = _Budget(self.settings.fetch_total_seconds)
        permanent = stays = start = current
        starts_inside = False
        visited = {current}

        while True:
            credentials = None
            if may_share_credentials(asked, current):
                credentials = written
                is_own = named_by is None or (named_by and may_share_credentials(named_by, current))
                if not written and is_own:
                    credentials = await self._login(current, shown)
            hop = await self._hop(
                current,
                headers,
                credentials,
                allow_private=allow_private or is_lifted,
                budget=budget,
                shown=shown,
            )
            if current == start:
                starts_inside = hop.is_inside
            elif current == permanent and is_lifted and hop.is_inside and not starts_inside:
                permanent = stays  # the rule is lifted for now, and a move is for good
            if hop.location is None:
                break
            following = redirect_target(shown, current, hop.location)
            if following in visited:
                raise FetchError(shown, _("it redirects in a circle"), status=hop.status)
            if len(visited) > self.settings.fetch_redirects:
                reason = _("it redirects more than {number} times")
                raise FetchError(
                    shown, reason.format(number=self.settings.fetch_redirects), status=hop.status
                )
            is_downgrade = current.startswith("https:") and following.startswith("http:")
            if permanent == current and hop.status in _PERMANENT and not is_downgrade:
                stays, permanent = permanent, following
            visited.add(following)
            current = following

        moved = with_credentials_of(asked, permanent) if permanent != start else None
        return reply_of(
            hop,
            current,
            moved,
            shown=shown,
            may_be_gone=permanent == current,
            is_conditional=is_conditional,
            asked_with=(etag, last_modified),
            sent_credentials=credentials is not None,
            seconds=budget.used,
        )

    async def _login(self, url: str, shown: str) -> tuple[str, str] | None:
        try:
            return await self._logins.credentials_for(url)
        except NoPassword as error:
            raise FetchError(shown, str(error)) from error

    # --- one request -----------------------------------------------------------------------------

    async def _hop(
        self,
        url: str,
        headers: dict[bytes, bytes],
        credentials: tuple[str, str] | None,
        *,
        allow_private: bool,
        budget: _Budget,
        shown: str,
    ) -> Hop:
        """Send one request and read its reply, within the turns of its host and the limits."""
        host = host_of(url)
        try:
            async with self._turn(host), budget:
                self._turns.respect_pause(host, shown)
                begun = budget.so_far
                log.debug(
                    "GET %s%s%s",
                    without_secrets(url),
                    "".join(
                        f", {name.decode()}: {headers[name].decode('latin-1')}"
                        for name in (b"if-none-match", b"if-modified-since")
                        if name in headers
                    ),
                    ", with name and password" if credentials else "",
                )
                async with self._transport(url, allow_private=allow_private) as transport:
                    response = await self._ask(transport, url, headers, credentials)
                    try:
                        hop = await self._read(url, response)
                    finally:
                        await response.aclose()
                # While it is this one's turn: the next in the row must see it.
                self._note_pause(host, hop)
                log.info(
                    "GET %s: %d%s, %d bytes (%d on the wire), %.0f ms",
                    without_secrets(url),
                    hop.status,
                    f" to {without_secrets(hop.location)}" if hop.location else "",
                    len(hop.body),
                    hop.wire_bytes,
                    (budget.so_far - begun) * 1000,
                )
                return hop
        except Refused as refusal:
            log.info("GET %s: refused, %s is private", without_secrets(url), refusal.address)
            raise AddressRefused(shown, private_reason(url, shown, refusal.address)) from refusal
        except Unusable as failure:
            log.info("GET %s: %s", without_secrets(url), failure)
            raise FetchError(shown, from_server(url, shown, str(failure))) from failure
        except FAILURES as error:
            reason = reason_of(error, self.settings)
            log.info("GET %s: %s (%s)", without_secrets(url), reason, type(error).__name__)
            kind = NoNetwork if self._may_lack_network(error) else FetchError
            raise kind(shown, from_server(url, shown, reason)) from error

    def _may_lack_network(self, error: Exception) -> bool:
        """Tell whether it may be this machine that reaches nothing: some systems then know no name (macOS)."""
        return is_without_network(error) or (isinstance(error, NameNotFound) and not self._answered)

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        """Wait for the turn of a host, then for one of the places in all.

        In this order, so that feeds that wait for one host keep no place from the others.
        """
        async with self._turns.at(host), self._everyone:
            yield

    async def _ask(
        self,
        transport: httpx.AsyncBaseTransport,
        url: str,
        headers: dict[bytes, bytes],
        credentials: tuple[str, str] | None,
    ) -> httpx.Response:
        """Send a GET, with a name and password as Basic (RFC 7617) or, where the server asks for that, Digest (RFC 7616)."""
        if credentials is None:
            return await self._send(transport, url, headers)
        user = (host_of(url), *credentials)
        # A host that has asked for Digest gets no Basic any more.
        digest = self._digests.get(user) or httpx.DigestAuth(*credentials)
        exchange = digest.auth_flow(httpx.Request("GET", url))
        said = next(exchange).headers.get("authorization", "").encode() or basic(*credentials)
        response = await self._send(transport, url, headers | {b"authorization": said})
        answer = answer_to(response, exchange)
        if answer is None:
            return response
        self._digests[user] = digest
        await _drain(response, Headers(response.headers.raw))
        await response.aclose()
        return await self._send(transport, url, headers | {b"authorization": answer})

    async def _send(
        self, transport: httpx.AsyncBaseTransport, url: str, headers: dict[bytes, bytes]
    ) -> httpx.Response:
        """Send a GET; once more on a new connection when a kept one turns out to be dead.

        RFC 9112 §9.3.1: a client may do so by itself for what is safe to repeat.
        """
        host = host_of(url)
        # Named here, since httpx decodes the name for it and knows no IDNA of 2003, such as «xn--i-7iq.ws».
        headers = headers | {b"host": urlsplit(url).netloc.encode("ascii")}
        while True:
            request = httpx.Request(
                "GET", url, headers=headers, extensions={"timeout": self._timeouts}
            )
            try:
                response = await transport.handle_async_request(request)
            except _CUT:
                if host not in self._answered:
                    raise
                self._answered.discard(host)
                log.debug("GET %s: again, the kept connection was closed", without_secrets(url))
            else:
                self._answered.add(host)
                return response

    def _note_pause(self, host: str, hop: Hop) -> None:
        now = datetime.now(UTC)
        seconds = pause_seconds(hop.status, hop.headers, now)
        if seconds is not None:
            self._turns.pause(host, now + timedelta(seconds=seconds), hop.status)

    async def _read(self, url: str, response: httpx.Response) -> Hop:
        headers = Headers(response.headers.raw)
        status = response.status_code
        location = headers.get_address("location") if status in _REDIRECTS else None
        if status not in (200, 203):
            await _drain(response, headers)
            return Hop(
                location=location,
                status=status,
                headers=headers,
                is_inside=self._is_inside(url, response),
            )
        body, body_hash, wire_bytes = await self._read_body(response, headers)
        return Hop(
            location=None,
            status=status,
            headers=headers,
            is_inside=self._is_inside(url, response),
            body=body,
            body_hash=body_hash,
            wire_bytes=wire_bytes,
        )

    def _is_inside(self, url: str, response: httpx.Response) -> bool:
        if names_private_network(url):
            return True
        if self._proxy_for(url):
            return False
        peer = response.extensions["network_stream"].get_extra_info("server_addr")
        return peer is not None and not is_public_ip(peer[0])

    async def _read_body(
        self, response: httpx.Response, headers: Headers
    ) -> tuple[bytes, str, int]:
        """Read and decompress a body, giving up at the first byte over a limit.

        Between two steps of a long one the event loop gets its turn.
        """
        encoding = headers.get_list("content-encoding")
        foreign = foreign_encoding(encoding)
        if foreign:
            reason = _("the reply is compressed as {encoding}, which was not asked for")
            raise Unusable(reason.format(encoding=printable(foreign)))
        most_wire, most_body = self.settings.fetch_wire_bytes, self.settings.fetch_body_bytes
        if (headers.get_number("content-length") or 0) > most_wire:
            raise Unusable(too_large(most_wire))
        decoder = Decoder(encoding)
        digest = hashlib.sha256()
        pieces: list[bytes] = []
        wire = size = 0

        def take(piece: bytes) -> None:
            nonlocal size
            size += len(piece)
            if size > most_body:
                raise Unusable(too_large(most_body))
            digest.update(piece)
            pieces.append(piece)

        try:
            async for chunk in _with_pauses(response):
                wire += len(chunk)
                if wire > most_wire:
                    raise Unusable(too_large(most_wire))
                for number, piece in enumerate(decoder.pieces(chunk)):
                    if number:
                        await asyncio.sleep(0)
                    take(piece)
            take(decoder.end())
        except CannotDecode as error:
            raise Unusable(_("the compression of the reply is broken")) from error
        return b"".join(pieces), digest.hexdigest(), wire

    # --- transports ------------------------------------------------------------------------------

    @asynccontextmanager
    async def _transport(
        self, url: str, *, allow_private: bool
    ) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """Give what carries requests to a host, with the connections kept to it.

        One each for a host, not one for all: httpcore looks through every connection of a pool
        again and again, which with 200 hosts costs as much as the requests. Those that have not
        been used for longest are closed.
        """
        is_secure = url.startswith("https:")
        proxy = self._proxy_for(url)
        if proxy and not allow_private and names_private_network(url):
            raise Refused(host_of(url))
        route = (host_of(url), proxy, is_secure, allow_private)
        self._in_use[route] += 1
        try:
            transport = self._transports.pop(route, None)
            if transport is None:
                # The proxy itself may be an https one, so it needs the certificates as well.
                tls = await self._tls_context() if is_secure or proxy else self._no_tls
                transport = self._transports.pop(route, None)  # made meanwhile by another task
            if transport is None:
                transport = self._new_transport(proxy, tls, allow_private)
            self._transports[route] = transport
            yield transport
        finally:
            self._in_use[route] -= 1
            await self._close_unused()

    async def _close_unused(self) -> None:
        surplus = len(self._transports) - 2 * max(1, self.settings.fetch_feeds_at_once)
        if surplus > 0:
            idle = [route for route in self._transports if not self._in_use[route]][:surplus]
            for transport in [self._transports.pop(route) for route in idle]:
                await transport.aclose()

    def _new_transport(
        self, proxy: str, tls: ssl.SSLContext, allow_private: bool
    ) -> httpx.AsyncBaseTransport:
        limits = httpx.Limits(
            max_connections=None,
            max_keepalive_connections=max(1, self.settings.fetch_per_host),
            keepalive_expiry=_KEEPALIVE_SECONDS,
        )
        if not proxy:
            backend = CheckedBackend(self._backend, self._resolve, allow_private)
            return CheckedTransport(backend, tls, limits)
        try:
            return httpx.AsyncHTTPTransport(verify=tls, limits=limits, proxy=proxy, trust_env=False)
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            reason = _("the proxy of the environment cannot be used: {cause}")
            raise Unusable(reason.format(cause=printable(str(error)))) from error

    async def _tls_context(self) -> ssl.SSLContext:
        """Load the trusted certificates (SSL_CERT_FILE, SSL_CERT_DIR, else certifi's): 20 ms, once, aside."""
        async with self._tls_lock:
            if self._tls is None:
                self._tls = await asyncio.to_thread(httpx.create_ssl_context)
            return self._tls

    def _proxy_for(self, url: str) -> str:
        """Give the environment's proxy for an address; empty for a direct connection."""
        if not self._proxies or urllib.request.proxy_bypass(host_of(url)):
            return ""
        return self._proxies.get(url.partition(":")[0]) or self._proxies.get("all") or ""


class _Budget:
    """The time that a whole fetch may take: it runs while entered, not while waiting for a turn."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.used = 0.0

    @property
    def so_far(self) -> float:
        """The seconds until now, also while it runs."""
        return self.used + asyncio.get_running_loop().time() - self._begun

    async def __aenter__(self) -> None:
        self._begun = asyncio.get_running_loop().time()
        self._timeout = asyncio.timeout(max(0.0, self._seconds - self.used))
        await self._timeout.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        self.used += asyncio.get_running_loop().time() - self._begun
        await self._timeout.__aexit__(*error)


# --- headers and replies -----------------------------------------------------------------------------


async def _with_pauses(response: httpx.Response) -> AsyncIterator[bytes]:
    """Give a body as it comes; again and again the event loop gets its turn, and the limits on time theirs.

    What has come already is given without one: of chunks of one byte, ten thousand, which take 0.3 s.
    """
    left = _CHUNKS
    async for chunk in response.aiter_raw():
        yield chunk
        left -= 1
        if left == 0:
            left = _CHUNKS
            await asyncio.sleep(0)


async def _drain(response: httpx.Response, headers: Headers) -> None:
    """Read a short body that no one wants, so that the connection can serve the next request."""
    length = headers.get_number("content-length")
    is_short = length is not None and length <= _DRAIN_BYTES
    if not is_short and response.status_code not in (204, 304):
        return
    left = _DRAIN_BYTES
    try:
        async for chunk in _with_pauses(response):
            left -= len(chunk)
            if left < 0:  # it is longer than it said
                return
    except FAILURES:
        return  # the status has come, and that is what counts
