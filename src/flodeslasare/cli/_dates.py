"""`--since` and `--until`: a year, a month, a day or a moment, in the machine's own time zone, or so long ago."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta

from flodeslasare.periods import day_ago

_FORM = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}(:\d{2})?", re.ASCII)


def period(text: str, now: datetime | None = None) -> tuple[datetime, datetime]:
    """Give when what is written begins, and when it is over, in UTC.

    It may be `2018`, `2018-04`, `2018-04-05`; a moment as JSON has it, `2018-04-05T10:15:00Z`, or without
    seconds or zone; `yesterday`; or a day so long ago, `7d`, `2w`, `6m`, `1y`.

    Args:
        text: what was typed.
        now: what the clock says; `None` asks it.

    Raises:
        ValueError: it is none of these, or no such day exists.
    """
    text = " ".join(text.split()).casefold()
    day = day_ago(text, (now or datetime.now(UTC)).astimezone().date())
    if day is not None:
        return _midnight(day), _midnight(day + timedelta(days=1))
    found = _FORM.fullmatch(text)
    if found is None:
        return _moment(text)
    year, month, number = (int(part) if part else None for part in found.groups())
    if year is None or not 1 <= year <= 9998:  # the year after has to exist
        raise ValueError(text)
    first = date(year, 1 if month is None else month, 1 if number is None else number)
    if number:
        after = first + timedelta(days=1)
    elif month:
        after = date(year + month // 12, month % 12 + 1, 1)
    else:
        after = date(year + 1, 1, 1)
    return _midnight(first), _midnight(after)


def _moment(text: str) -> tuple[datetime, datetime]:
    found = _MOMENT.match(text)
    if found is None:
        raise ValueError(text)
    when = datetime.fromisoformat(text.upper())
    try:
        when = when.astimezone(UTC)
        return when, when + timedelta(seconds=1 if found[1] else 60)
    except (OverflowError, OSError) as error:
        raise ValueError(text) from error


def _midnight(day: date) -> datetime:
    try:
        seconds = time.mktime((day.year, day.month, day.day, 0, 0, 0, 0, 0, -1))
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:  # beyond what the C library can say
        raise ValueError(str(day)) from error
