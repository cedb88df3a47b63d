"""Why there was no usable reply, in one sentence for people."""

from __future__ import annotations

import errno
import http
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

import httpcore
import httpx

from flodeslasare.config import Settings
from flodeslasare.fetching._address import host_of, readable_address
from flodeslasare.fetching._connecting import NameNotFound
from flodeslasare.i18n import _


class Unusable(Exception):
    """A reply came, and it is not taken; `str()` is the reason, for the user."""


FAILURES: tuple[type[Exception], ...] = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    NameNotFound,
    TimeoutError,
    ssl.SSLError,
    OSError,
)


_CONNECT_ERRORS = (httpcore.ConnectError, httpx.ConnectError)


def reason_of(error: Exception, settings: Settings) -> str:
    """Say in one sentence why there is no reply."""
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) and _is_silence(cause) for cause in causes):
        return _("no name server answers; see whether there is a network")
    for cause in causes:
        if isinstance(cause, NameNotFound | socket.gaierror):
            return _("the name of the server could not be found; check the address and the network")
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = _("the certificate of the server cannot be trusted ({cause})")
            return reason.format(cause=printable(cause.verify_message))
        if isinstance(cause, ssl.SSLError) and isinstance(error, _CONNECT_ERRORS):
            return _("no secure connection (TLS) could be made to the server")
    if isinstance(error, TimeoutError):
        reason = _("the reply was not whole after {seconds:g} seconds")
        return reason.format(seconds=settings.fetch_total_seconds)
    if isinstance(error, httpcore.ConnectTimeout | httpx.ConnectTimeout):
        reason = _("the server could not be reached within {seconds:g} seconds")
        return reason.format(seconds=settings.fetch_connect_seconds)
    if isinstance(error, httpcore.TimeoutException | httpx.TimeoutException):
        reason = _("the server was silent for {seconds:g} seconds")
        return reason.format(seconds=settings.fetch_read_seconds)
    if isinstance(error, httpcore.ProxyError | httpx.ProxyError):
        reason = _("the proxy does not pass the request on ({cause})")
        return reason.format(cause=printable(str(error)))
    if isinstance(error, _CONNECT_ERRORS):
        return _connect_reason(causes)
    if isinstance(error, httpcore.NetworkError | httpx.NetworkError):
        return _("the connection was cut before the reply was whole")
    if isinstance(error, httpcore.RemoteProtocolError | httpx.RemoteProtocolError):
        text = str(error).lower()
        if "disconnected" in text or "closed" in text or "incomplete" in text:
            return _("the connection was cut before the reply was whole")
        return _("what the server sent is not HTTP that can be understood")
    return _("the request failed ({cause})").format(cause=printable(str(error)))


def from_server(url: str, shown: str, reason: str) -> str:
    """Name the server that a reason is about, where redirects have led to another than was asked."""
    server = readable_address(urlunsplit(urlsplit(url)._replace(path="", query="")))
    if urlsplit(server).netloc == urlsplit(shown).netloc:
        return reason
    return _("it redirects to {address}: {reason}").format(address=server, reason=reason)


def is_without_network(error: Exception) -> bool:
    """Tell whether it is this machine that reaches nothing, as far as can be seen."""
    return any(
        _is_silence(cause)
        if isinstance(cause, socket.gaierror)
        else isinstance(cause, OSError) and cause.errno in {errno.ENETUNREACH, errno.ENETDOWN}
        for cause in _causes(error)
    )


def _is_silence(error: socket.gaierror) -> bool:
    return error.errno == socket.EAI_AGAIN


def _connect_reason(causes: list[BaseException]) -> str:
    numbers = {cause.errno for cause in causes if isinstance(cause, OSError)}
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return _("the server refuses connections")
    if numbers & {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}:
        return _("the server cannot be reached from this network")
    return _("no connection to the server could be made")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk what lies behind an error; httpcore carries the first cause as the argument."""
    pending, met = [error], set[int]()
    while pending:
        cause = pending.pop(0)
        if id(cause) in met:
            continue
        met.add(id(cause))
        yield cause
        behind = [*cause.args, cause.__cause__, cause.__context__]
        if isinstance(cause, BaseExceptionGroup):
            behind += cause.exceptions
        pending += [one for one in behind if isinstance(one, BaseException)]


def login_reason(url: str, sent_credentials: bool) -> str:
    """Say what 401 means: the name or the password is wrong, or there was none."""
    if sent_credentials:
        return _("the server does not take the name and the password (HTTP 401); check both")
    reason = _(
        "the server asks for a name and a password (HTTP 401); "
        'write them below [logins."{host}"] in config.toml'
    )
    parts = urlsplit(url)
    return reason.format(host=f"http://{parts.netloc}" if parts.scheme == "http" else parts.netloc)


def status_reason(status: int) -> str:
    """Say what an HTTP status means to a reader, of a feed as of a page or a picture: who shows it says of which."""
    if status == 403:
        return _("the server does not let us read it (HTTP 403)")
    if status == 404:
        return _("there is nothing at this address (HTTP 404)")
    if status == 407:
        return _("the proxy asks for a name and a password (HTTP 407)")
    if status == 429:
        return _("the server asks us to wait, it has had too many requests (HTTP 429)")
    if status == 503:
        return _("the server is overloaded or under repair (HTTP 503)")
    if 500 <= status <= 599:
        return _("the server has a fault of its own (HTTP {status})").format(status=status)
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    reason = _("the server gave no usable reply (HTTP {status})")
    return reason.format(status=f"{status} {phrase}".strip())


def pause_reason(host: str, status: int, until: datetime) -> str:
    """Say until when a server asked to be left alone, in the machine's own time."""
    then = until.astimezone()
    is_today = then.date() == datetime.now(UTC).astimezone().date()
    reason = _(
        "{host} asked us to wait until {time} (HTTP {status}); nothing is asked of it before that"
    )
    return reason.format(
        host=host, status=status, time=f"{then:%H:%M}" if is_today else f"{then:%Y-%m-%d %H:%M}"
    )


def private_reason(url: str, shown: str, address: str) -> str:
    """Say that a server is on a private network, and what would allow that where the person named it."""
    if readable_address(url) != shown:
        reason = _(
            "it redirects to {host}, an address on a private network ({address}), "
            "where public feeds are not let in"
        )
    else:
        reason = _(
            "{host} is an address on a private network ({address}); "
            "FLODESLASARE_ALLOW_PRIVATE=1 in the environment allows that"
        )
    return reason.format(host=host_of(url), address=printable(address))


def too_large(limit: int) -> str:
    """Say that a reply is longer than any that is taken."""
    return _("the reply is larger than {limit} bytes, the most that is taken").format(limit=limit)


def printable(text: str) -> str:
    """Make a stranger's words fit for one line: no control characters, not long."""
    return "".join(char if char.isprintable() else " " for char in text)[:200]
