"""Headers: those of a request, and what those of a reply say. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from flodeslasare import __version__

USER_AGENT = f"flodeslasare/{__version__} (terminal feed reader)"
_MAX_WAIT_SECONDS = 366 * 86_400.0
_UNIX_TIME = 1_000_000_000
"""What is more than this many seconds is no wait but a date: of 2001 or later."""
_PAUSE_SECONDS = 1_800.0
"""How long a server is left alone that has had too many requests and does not say for how long."""
_SHORTEST_PAUSE_SECONDS = 60.0
"""A server that asks for less, 0 as a rule, has no view on the matter."""


class Headers:
    """The headers of a reply.

    Values are kept byte for byte as Latin-1, so that a validator goes back as it came.
    """

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._values: dict[str, list[bytes]] = {}
        for name, value in raw:
            self._values.setdefault(name.lower().decode("latin-1"), []).append(value.strip())

    def get(self, name: str) -> str | None:
        """Give a value, the last one when it came several times; `None` when it is empty, too."""
        values = self._values.get(name)
        return (values[-1].decode("latin-1") or None) if values else None

    def get_list(self, name: str) -> str:
        """Give all the values as one list (RFC 9110 §5.3)."""
        return b", ".join(self._values.get(name, [])).decode("latin-1")

    def get_number(self, name: str) -> int | None:
        """Give a value that is a whole number."""
        value = self.get(name) or ""
        return int(value) if re.fullmatch(r"\d{1,18}", value, re.ASCII) else None

    def get_address(self, name: str) -> str | None:
        """Give a value that is an address: servers send UTF-8 in it."""
        value = self.get(name)
        try:
            return value.encode("latin-1").decode("utf-8") if value else None
        except UnicodeDecodeError:
            return value


def request_headers(etag: str | None, last_modified: str | None, accept: str) -> dict[bytes, bytes]:
    """Give the headers of a conditional GET; a validator that is no header's value is left out."""
    headers = {
        b"user-agent": USER_AGENT.encode(),
        b"accept": accept.encode(),
        b"accept-encoding": b"gzip, deflate",
    }
    for name, value in ((b"if-none-match", etag), (b"if-modified-since", last_modified)):
        if value and not re.search(r"[\x00-\x1f\x7f]", value):
            try:
                headers[name] = value.encode("latin-1")
            except UnicodeEncodeError:
                continue  # never sent by a server like that; without it the reply is whole
    return headers


def basic(name: str, password: str) -> bytes:
    """Give the `Authorization` of RFC 7617, in UTF-8."""
    return b"Basic " + base64.b64encode(f"{name}:{password}".encode())


def retry_after(value: str | None, now: datetime) -> float | None:
    """Read `Retry-After`: seconds, or a date (RFC 9110 §10.2.3). `None` when it says nothing clear.

    Nothing above a year is believed. A number far above that is meant as a date, in Unix time (of seconds, or
    of milliseconds), which else were a year of silence for what may have been a minute.
    """
    if not value:
        return None
    value = value.strip()
    if re.fullmatch(r"\d{1,15}", value, re.ASCII):
        seconds = float(value)
        if seconds > _UNIX_TIME:
            seconds /= 1_000 if seconds > 1_000 * _UNIX_TIME else 1
            seconds = max(0.0, seconds - now.timestamp())
        return min(seconds, _MAX_WAIT_SECONDS)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(0.0, (until - now).total_seconds()), _MAX_WAIT_SECONDS)


def max_age(headers: Headers) -> int | None:
    """Read `max-age` of `Cache-Control`, less the `Age` that the reply already has."""
    control = headers.get_list("cache-control").lower()
    found = re.search(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,12})", control, re.ASCII)
    if not found or re.search(r"\bno-(?:cache|store)\b", control):
        return None
    believed = min(int(found[1]), int(_MAX_WAIT_SECONDS))
    return max(0, believed - (headers.get_number("age") or 0))


def pause_seconds(status: int, headers: Headers, now: datetime) -> float | None:
    """Tell how long a whole server is to be left alone; `None` when it has not asked for that.

    It has with 429 (RFC 6585 §4), and with 503 that names a time (RFC 9110 §15.6.4).
    """
    asked = retry_after(headers.get("retry-after"), now)
    if status == 429:
        return max(_SHORTEST_PAUSE_SECONDS, _PAUSE_SECONDS if asked is None else asked)
    if status == 503 and asked is not None:
        return max(_SHORTEST_PAUSE_SECONDS, asked)
    return None
