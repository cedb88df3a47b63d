"""What a chain of requests comes to: a `Reply`, or why there is none. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urljoin

from msgspec import Struct

from flodeslasare.documents import ReplyKind
from flodeslasare.errors import AddressRefused, FetchError
from flodeslasare.fetching._address import canonical_url, host_of, split_credentials
from flodeslasare.fetching._headers import Headers, max_age, pause_seconds, retry_after
from flodeslasare.fetching._reasons import from_server, login_reason, printable, status_reason
from flodeslasare.i18n import _


class Reply(Struct, frozen=True, kw_only=True):
    """A server's usable answer."""

    kind: ReplyKind
    status: int
    """The HTTP status."""
    url: str
    """Where the redirects ended, without name and password: what relative links start from."""
    permanent_url: str | None = None
    """Where the address has moved for good, as far as the redirects from the start were 301 or 308.

    `None` when it has not. It keeps the name and password of the address asked for where the host
    is the same; a move from https to http does not count.
    """
    body: bytes = b""
    """Decompressed; empty unless `kind` is OK."""
    body_hash: str | None = None
    """SHA-256 of `body`, in hex; `None` unless `kind` is OK."""
    etag: str | None = None
    """As sent, `W/` and quotes included; after 304 without one, that which was asked with."""
    last_modified: str | None = None
    """As sent; after 304 without one, that which was asked with."""
    content_type: str | None = None
    """The whole header, charset included."""
    content_location: str | None = None
    """`Content-Location` as an absolute address (RFC 9110 §8.7); `None` when there is none."""
    max_age_seconds: int | None = None
    """How long the reply counts as fresh (RFC 9111 §5.2.2.1), `Age` taken off; `None` if unsaid."""
    retry_after_seconds: float | None = None
    """What `Retry-After` asks for; rare in a usable reply."""
    wire_bytes: int = 0
    """The length of the body as it came, compressed."""
    seconds: float = 0.0
    """How long it took, waiting for a turn not counted."""


class Hop(Struct, frozen=True, kw_only=True):
    """One reply of a chain: a redirect's target, or the end."""

    location: str | None
    status: int
    headers: Headers
    is_inside: bool
    """It came from this machine or a private network, as far as can be seen."""
    body: bytes = b""
    body_hash: str | None = None
    wire_bytes: int = 0


def redirect_target(shown: str, current: str, location: str) -> str:
    """Give the canonical address of a redirect, without any name and password the server put in it."""
    try:
        target = canonical_url(urljoin(current, location))
    except AddressRefused as error:
        reason = _("it redirects to {address}: {reason}")
        raise AddressRefused(
            shown, reason.format(address=printable(error.url), reason=error.reason)
        ) from error
    except ValueError as error:
        raise FetchError(shown, _("it redirects to something that is no address")) from error
    return split_credentials(target)[0]


def reply_of(
    hop: Hop,
    url: str,
    permanent_url: str | None,
    *,
    shown: str,
    may_be_gone: bool,
    is_conditional: bool,
    asked_with: tuple[str | None, str | None],
    sent_credentials: bool,
    seconds: float,
) -> Reply:
    """Turn the end of a chain into a `Reply`.

    Raises:
        FetchError: its status is no usable one.
    """
    headers, status = hop.headers, hop.status
    now = datetime.now(UTC)
    wait = retry_after(headers.get("retry-after"), now)
    etag, last_modified = headers.get("etag"), headers.get("last-modified")
    if status in (200, 203):
        kind = ReplyKind.OK
    elif status == 304 and is_conditional:
        kind = ReplyKind.NOT_MODIFIED
        etag, last_modified = etag or asked_with[0], last_modified or asked_with[1]
    elif status == 410 and may_be_gone:  # what a passing redirect led to says nothing for good
        kind = ReplyKind.GONE
    else:
        reason = login_reason(url, sent_credentials) if status == 401 else status_reason(status)
        pause = pause_seconds(status, headers, now)
        raise FetchError(
            shown,
            from_server(url, shown, reason),
            status=status,
            retry_after_seconds=wait if pause is None else pause,
            pauses=None if pause is None else host_of(url),
        )
    location = headers.get_address("content-location")
    try:
        content_location = canonical_url(urljoin(url, location)) if location else None
    except (ValueError, AddressRefused):
        content_location = None
    return Reply(
        kind=kind,
        status=status,
        url=url,
        permanent_url=permanent_url,
        body=hop.body,
        body_hash=hop.body_hash,
        etag=etag,
        last_modified=last_modified,
        content_type=headers.get("content-type"),
        content_location=content_location,
        max_age_seconds=max_age(headers),
        retry_after_seconds=wait,
        wire_bytes=hop.wire_bytes,
        seconds=seconds,
    )
