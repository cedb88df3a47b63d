"""Days that are named by how long ago they are, in both languages: `yesterday`, `igår`, `7d`, `2v`.

`--since` and `--until` of the command line take them, and `after:` and `before:` of a query.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

_AGO = re.compile(r"-?(\d{1,4}) ?([a-zå]+)", re.ASCII | re.IGNORECASE)
_DAYS_AGO = {
    "today": 0, "i dag": 0, "idag": 0,
    "yesterday": 1, "i går": 1, "igår": 1, "igar": 1,
}  # fmt: skip
_UNITS = {
    "d": "day", "day": "day", "days": "day", "dag": "day", "dagar": "day",
    "w": "week", "week": "week", "weeks": "week", "v": "week", "vecka": "week", "veckor": "week",
    "m": "month", "month": "month", "months": "month", "månad": "month", "månader": "month",
    "y": "year", "year": "year", "years": "year", "å": "year", "år": "year",
}  # fmt: skip


NAMES = (("today", "idag"), ("yesterday", "igår"), ("7d", "7d"), ("1m", "1m"), ("1y", "1å"))
"""What is offered of them, each with its English and its Swedish name."""


def day_ago(text: str, today: date) -> date | None:
    """Give the day that is so long ago, or `None` when the text says no such thing.

    Args:
        text: what was typed, in small letters.
        today: what the calendar says.

    Raises:
        ValueError: there is no such day.
    """
    if text in _DAYS_AGO:
        return today - timedelta(days=_DAYS_AGO[text])
    found = _AGO.fullmatch(text)
    unit = _UNITS.get(found[2]) if found else None
    if found is None or unit is None:
        return None
    count = int(found[1])
    try:
        if unit in ("day", "week"):
            return today - timedelta(days=count * (7 if unit == "week" else 1))
        months = today.year * 12 + today.month - 1 - count * (12 if unit == "year" else 1)
        for day in range(today.day, 0, -1):  # of a month that is shorter, the last
            try:
                return date(months // 12, months % 12 + 1, day)
            except ValueError:
                continue
    except OverflowError as error:  # before the first year
        raise ValueError(text) from error
    raise ValueError(text)


def begins_day(text: str) -> bool:
    """Tell whether a text, in small letters, is the beginning of such a day's name: half-typed, perhaps."""
    return any(name.startswith(text) for name in _DAYS_AGO)
