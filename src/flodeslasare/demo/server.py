"""The loopback server of the example blog: `serve()`.

It behaves as a good web server does towards a reader: validators and 304 (RFC 9110 §13), gzip, HEAD.
Which page an address gives is `site.py`'s.
"""

from __future__ import annotations

import gzip
import logging
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from socketserver import TCPServer

from msgspec.structs import replace

from flodeslasare.demo.posts import Post, extra_posts, load_posts
from flodeslasare.demo.site import FEED_PATHS, Blog, Page, answer, is_refresh

REFRESHES_A_POST = 2
"""A new post comes out each time the feed has been asked for this often."""

_log = logging.getLogger(__name__)
_IDLE_SECONDS = 30
_SMALLEST_GZIP_BYTES = 500


class ServedBlog:
    """The example blog while it is being served."""

    def __init__(
        self, site_url: str, already: int | Sequence[datetime], clock: Callable[[], datetime]
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._refreshes = 0
        extras = extra_posts()
        times = (
            [post.published for post in extras[:already]] if isinstance(already, int) else already
        )
        out = [
            replace(post, published=when.astimezone(UTC))
            for post, when in zip(extras, times[: len(extras)], strict=False)
        ]
        self._waiting = extras[len(out) :]
        self._extras = tuple(out)
        self._blog = Blog(_newest_first([*load_posts(), *out]), site_url)

    @property
    def site_url(self) -> str:
        """Where the site begins, without a slash at the end: `http://127.0.0.1:8014`."""
        return self._blog.site_url

    @property
    def feed_url(self) -> str:
        """The address of the RSS feed."""
        return self.site_url + FEED_PATHS["rss"]

    @property
    def refreshes(self) -> int:
        """How often the newest page of a feed has been asked for."""
        return self._refreshes

    @property
    def posts(self) -> tuple[Post, ...]:
        """What is published now, newest first."""
        return self._blog.posts

    @property
    def extras(self) -> tuple[datetime, ...]:
        """When the extra posts that are out came out, in UTC: what `serve(already=…)` takes."""
        return tuple(post.published for post in self._extras)

    def get(self, target: str, *, may_publish: bool) -> Page:
        """Give the page at an address; a refresh may first bring out a new post."""
        with self._lock:
            if may_publish and is_refresh(target):
                self._refreshes += 1
                if self._refreshes % REFRESHES_A_POST == 0:
                    self._publish()
            blog = self._blog
        return answer(blog, target)

    def _publish(self) -> None:
        if not self._waiting:
            return
        post = replace(self._waiting.pop(0), published=self._clock().replace(microsecond=0))
        self._extras += (post,)
        self._blog = replace(self._blog, posts=_newest_first([post, *self._blog.posts]))


def _newest_first(posts: Sequence[Post]) -> tuple[Post, ...]:
    return tuple(sorted(posts, key=lambda post: (post.published, post.id), reverse=True))


def _utc_now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def serve(
    port: int = 0,
    host: str = "127.0.0.1",
    *,
    already: int | Sequence[datetime] = 0,
    clock: Callable[[], datetime] = _utc_now,
) -> Iterator[ServedBlog]:
    """Serve the example blog on loopback until the context ends.

    Args:
        port: Where to listen, if it is free, since links and so the entries' names hold it;
            otherwise, and with 0, any free port.
        host: An IPv4 loopback address.
        already: The extra posts that are out from the start: when each came out, in UTC (what
            `ServedBlog.extras` said the last time), or how many, with the dates of their file.
        clock: Says what time it is, in UTC.

    Raises:
        ValueError: `host` is no loopback address.
    """
    if not IPv4Address(host).is_loopback:
        raise ValueError(f"the example blog is served on loopback only, not on {host}")
    server = _listen(host, port)
    try:
        server.served = ServedBlog(f"http://{host}:{server.server_port}", already, clock)
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="demo", daemon=True
        )
        thread.start()
        try:
            yield server.served
        finally:
            server.shutdown()
            thread.join()
    finally:
        server.server_close()
        server.hang_up()


def _listen(host: str, port: int) -> _Server:
    if port:
        with suppress(OSError):
            return _Server((host, port))
    return _Server((host, 0))


class _Server(ThreadingHTTPServer):
    served: ServedBlog
    daemon_threads = True
    # On Windows the option lets two programs share a port, and elsewhere it spares the wait after a close.
    allow_reuse_address = os.name != "nt"

    def __init__(self, address: tuple[str, int]) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks the host's name up, which can wait for a name server.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request) -> None:  # type: ignore[no-untyped-def]
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep open."""
        with self._open_lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        # The screen may own the terminal, where the standard library would print.
        _log.debug("a request to the example blog failed", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    # Head and body leave in one piece; otherwise Nagle's algorithm holds the second for 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer(self.server.served.get(self.path, may_publish=True))

    def do_HEAD(self) -> None:
        self._answer(self.server.served.get(self.path, may_publish=False))

    def version_string(self) -> str:
        return "flodeslasare-demo"

    def log_message(self, format: str, *args: object) -> None:
        _log.debug(format, *args)

    def _answer(self, page: Page) -> None:
        body = page.body
        fields = {"Content-Type": page.type, "Cache-Control": "no-cache"}
        if page.location:
            fields["Location"] = page.location
        if page.status == HTTPStatus.OK:
            # Weak, since the same tag serves the body as it is and compressed (RFC 9110 §8.8.3.3).
            fields["ETag"] = f'W/"{sha256(body).hexdigest()[:20]}"'
            if page.changed:
                fields["Last-Modified"] = format_datetime(page.changed, usegmt=True)
        is_text = not page.type.startswith(("image/", "audio/", "application/pdf"))
        if is_text:
            fields["Vary"] = "Accept-Encoding"
        if page.status == HTTPStatus.OK and self._has_it(fields["ETag"], page.changed):
            self.send_response(HTTPStatus.NOT_MODIFIED)
            for name in ("ETag", "Last-Modified", "Cache-Control", "Vary"):
                if name in fields:
                    self.send_header(name, fields[name])
            self.end_headers()
            return
        if (
            is_text
            and len(body) >= _SMALLEST_GZIP_BYTES
            and _accepts_gzip(self.headers.get("Accept-Encoding", ""))
        ):
            body = gzip.compress(body, mtime=0)
            fields["Content-Encoding"] = "gzip"
        self.send_response(page.status)
        for name, value in {**fields, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _has_it(self, etag: str, changed: datetime | None) -> bool:
        """Say whether the client's copy is as good; a tag it sends decides alone (RFC 9110 §13.2.2)."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            opaque = etag.removeprefix("W/")
            return tags.strip() == "*" or opaque in re.findall('"[^"]*"', tags)
        since = self.headers.get("If-Modified-Since")
        if since is None or changed is None:
            return False
        try:
            known = parsedate_to_datetime(since)
        except ValueError:
            return False
        if known.tzinfo is None:
            known = known.replace(tzinfo=UTC)
        return changed <= known


def _accepts_gzip(field: str) -> bool:
    for part in field.lower().split(","):
        coding, _semicolon, weight = part.partition(";")
        if coding.strip() == "gzip":
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    return False
