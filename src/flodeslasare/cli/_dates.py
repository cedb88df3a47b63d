"""`--since` and `--until`: a year, a month or a day, in the machine's own time zone."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta

_FORM = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)


def period(text: str) -> tuple[datetime, datetime]:
    """Give when `2018`, `2018-04` or `2018-04-05` begins, and when the next one does, in UTC.

    Raises:
        ValueError: it is none of these, or no such day exists.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    year, month, day = (int(part) if part else None for part in found.groups())
    if year is None or not 1 <= year <= 9998:  # the year after has to exist
        raise ValueError(text)
    first = date(year, 1 if month is None else month, 1 if day is None else day)
    if day:
        after = first + timedelta(days=1)
    elif month:
        after = date(year + month // 12, month % 12 + 1, 1)
    else:
        after = date(year + 1, 1, 1)
    return _midnight(first), _midnight(after)


def _midnight(day: date) -> datetime:
    try:
        seconds = time.mktime((day.year, day.month, day.day, 0, 0, 0, 0, 0, -1))
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:  # beyond what the C library can say
        raise ValueError(str(day)) from error
