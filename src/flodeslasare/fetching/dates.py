"""What the dates of feeds say, in UTC: RFC 822, ISO 8601, and the forms that people write.

feedparser turns 30 February into 2 March without a word; here an impossible date is no date.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flodeslasare.documents import YEARS

_MONTHS = {
    name: number
    for number, names in enumerate(
        (  # Swedish, English, Danish and Norwegian, German; by their first letters
            "jan",
            "feb",
            "mar mär mrz",
            "apr",
            "maj may mai",
            "jun",
            "jul",
            "aug",
            "sep",
            "okt oct",
            "nov",
            "dec dez des",
        ),
        start=1,
    )
    for name in names.split()
}

_ZONES = {
    "Z": 0,
    "UT": 0,
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "WEST": 1,
    "BST": 1,
    "CET": 1,
    "MET": 1,
    "MEZ": 1,
    "CEST": 2,
    "MEST": 2,
    "MESZ": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "JST": 9,
    "AEST": 10,
    "AEDT": 11,
}
"""Hours from UTC (RFC 822 §5.1, and the European ones that feeds carry)."""

_TIME = r"""
    (?P<hour>\d{1,2}) [:.] (?P<minute>\d{2}) (?: [:.] (?P<second>\d{2}) (?: [.,]\d+ )? )?
    (?: \s* (?P<half>[ap])\.?m\.?(?![a-z]) )?
"""
_ZONE = r"\s* (?P<zone> \S .{0,39} )?"
_ISO = re.compile(
    rf"""
    (?P<year>\d{{4}}) (?: ([-/.]) (?P<month>\d{{1,2}}) (?: \2 (?P<day>\d{{1,2}}) )? )?
    (?: (?: \s*T\s* | ,?\s+(?:kl\.?\s*)? ) {_TIME} {_ZONE} | Z )?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BASIC = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
    r"(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?P<half>)(?P<zone>[Zz]|[+-]\d\d:?\d\d)?)?"
)
_WEEKDAY = r"(?: [^\W\d]{2,9} [.,]* \s* (?:den\s+)? )?"
_CLOCK = rf"(?: [,\s]* (?:kl\.?|klockan|at|um|-|T)? \s* {_TIME} {_ZONE} )?"
_DAY_FIRST = re.compile(  # RFC 822 §5, and «tors, 05 apr 2018», «den 5:e april 2018 kl. 10.15»
    rf"""
    {_WEEKDAY} (?:den\s+)? (?P<day>\d{{1,2}}) (?: :[ea] | \. | st | nd | rd | th )? [\s-]*
    (?P<name>[^\W\d]{{3,10}}) \.? ,? [\s-]* (?P<year>\d{{2,4}}) (?!\d) {_CLOCK}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DAY_MONTH = (
    re.compile(  # «05.04.2018 10:15», «5/4 2018», and «25/4/2018», for no month has number 25
        rf"""
    (?P<day>\d{{1,2}}) (?: \. (?=\d{{1,2}}\.\d) | / (?=\d{{1,2}}\s) | (?<=1[3-9]|2\d|3[01]) [/-] )
    (?P<month>\d{{1,2}}) [./\s-] (?P<year>\d{{4}}) {_CLOCK}
    """,
        re.VERBOSE | re.IGNORECASE,
    )
)
_MONTH_DAY = re.compile(  # «4/25/2018 10:15 AM»
    rf"(?P<month>\d{{1,2}}) / (?P<day>1[3-9]|2\d|3[01]) / (?P<year>\d{{4}}) {_CLOCK}",
    re.VERBOSE | re.IGNORECASE,
)
_MONTH_FIRST = re.compile(  # «April 5, 2018 10:15 AM»
    rf"""
    (?: [^\W\d]{{2,9}} [.,]+ \s* )? (?P<name>[^\W\d]{{3,10}}) \.? \s+ (?P<day>\d{{1,2}})
    (?: st | nd | rd | th )? ,? \s+ (?P<year>\d{{4}}) {_CLOCK}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ASCTIME = re.compile(  # «Thu Apr  5 10:15:00 CEST 2018» (ISO C asctime, date(1))
    rf"""
    [a-z]{{3}},? \s+ (?P<name>[a-z]{{3}}) \s+ (?P<day>\d{{1,2}}) ,? \s+ {_TIME}
    \s+ (?P<zone> [a-z]{{1,5}} | [+-]\d{{4}} )? \s* (?P<year>\d{{4}})
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SCRIPTED = re.compile(  # «Thu Apr 05 2018 10:15:00 GMT+0200 (CEST)» (ECMAScript Date.toString)
    rf"[a-z]{{3}} \s (?P<name>[a-z]{{3}}) \s (?P<day>\d\d) \s (?P<year>\d{{4}}) \s {_TIME} {_ZONE}",
    re.VERBOSE | re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:UTC|GMT|Z)?\s*([+−-])\s*(\d{1,2}):?(\d{2})?")
_UNIX = re.compile(r"(?!(?:19|20)\d{10}\Z)(\d{9,10})(\d{3})?")
"""In seconds or milliseconds. But `201804051015` is the minute, as `_BASIC` reads it, and no moment of 1976."""
_UNIX_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


_FORMS = (
    _DAY_FIRST, _ISO, _BASIC, _DAY_MONTH, _MONTH_DAY, _MONTH_FIRST, _ASCTIME, _SCRIPTED
)  # fmt: skip


_USUAL_RFC_822 = re.compile(
    r"(?:[A-Z][a-z][a-z], )?(\d\d) ([A-Z][a-z][a-z]) (\d{4}) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d)"
    r" (?:GMT|([+-])(0\d|1[0-2])([0-5]\d))"
)
_USUAL_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:Z|[+-](?:0\d|1[0-2]):[0-5]\d)"
)


def _usual(text: str) -> datetime | None:
    """Read what nine of ten feeds write, in 2 µs where the forms below take 15.

    Raises:
        ValueError: there is no such day.
    """
    if _USUAL_RFC_3339.fullmatch(text):
        return datetime.fromisoformat(text).astimezone(UTC)
    if not (match := _USUAL_RFC_822.fullmatch(text)):
        return None
    day, name, year, hour, minute, second, sign, hours, minutes = match.groups()
    month = _MONTHS.get(name.lower())
    if month is None:
        return None
    when = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    if sign is None:
        return when
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return when - offset if sign == "+" else when + offset


def parse_date(text: str | None, zone: tzinfo = UTC) -> datetime | None:
    """Give the time that a date names, in UTC; `None` when it names none.

    `zone` is where the clock stands of a date that does not say.
    """
    text = " ".join((text or "")[:200].split())
    if not text:
        return None
    try:
        if usual := _usual(text):
            return _in_range(usual)
    except (ValueError, OverflowError):
        return None
    if match := _UNIX.fullmatch(text):
        return _in_range(datetime.fromtimestamp(int(match[1]), UTC))
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _from_parts(match.groupdict(), zone)
    return None


def _from_parts(parts: dict[str, str | None], zone: tzinfo) -> datetime | None:
    name = parts.get("name")
    month = _MONTHS.get(name[:3].lower()) if name else int(parts["month"] or 1)
    if month is None:
        return None
    hour = int(parts["hour"] or 0)
    if half := parts["half"]:
        if hour <= 12:  # «14:30 PM» is half past two all the same
            hour = hour % 12 + (12 if half in "pP" else 0)
        elif half in "aA":
            return None
    second = int(parts["second"] or 0)  # 60 is a leap second, which has no place in a datetime
    # 24:00 is the end of the day (ISO 8601).
    late = timedelta(days=1) if (hour, int(parts["minute"] or 0)) == (24, 0) else timedelta()
    where = _zone(parts["zone"], zone) if parts["zone"] else zone
    try:
        when = datetime(
            _year(parts["year"] or ""),
            month,
            int(parts["day"] or 1),
            0 if late else hour,
            int(parts["minute"] or 0),
            59 if second in {60, 61} else second,
            tzinfo=where,
        )
        return _in_range((when + late).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _year(text: str) -> int:
    """Give a year of two or three figures as RFC 2822 §4.3 reads it."""
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(text) == 3 else year


def _zone(text: str, otherwise: tzinfo) -> tzinfo:
    text = re.sub(r"\s*\([^)]*\)$", "", text).strip()
    if not text:
        return otherwise
    if match := _OFFSET.match(text):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if offset > timedelta(hours=18):
            return otherwise
        return timezone(offset if match[1] == "+" else -offset)
    hours = _ZONES.get(text.upper())
    if hours is not None:
        return timezone(timedelta(hours=hours))
    if re.fullmatch(r"[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+", text):
        return named_zone(text)
    # RFC 2822 §4.3: a name that nobody knows is as good as none.
    return otherwise


def _in_range(when: datetime) -> datetime | None:
    # The zero of Unix time is what programs write that know of no date.
    return when if when.year in YEARS and when != _UNIX_ZERO else None


@lru_cache(maxsize=64)
def named_zone(name: str) -> tzinfo:
    """Give a zone of the tz database; UTC where the machine has no such data."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        return UTC


def likely_zone(language: str | None, *urls: str | None) -> tzinfo:
    """Guess where the clock of a feed stands: Sweden for Swedish and for hosts under `.se`, else UTC."""
    if (language or "").lower().startswith("sv"):
        return named_zone("Europe/Stockholm")
    for url in urls:
        try:
            host = urlsplit(url or "").hostname or ""
        except ValueError:
            continue
        if host.endswith(".se"):
            return named_zone("Europe/Stockholm")
    return UTC
