"""A view, without its query, spelled in SQL: the conditions on `entries`, and the index to walk.

`sort_key` is the order of every list: the second an entry sorts by, times SLOTS, plus a slot that keeps
entries of the same second apart.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from flodeslasare.model import View

SLOTS = 256
"""Entries that one second holds in order of arrival; more of them flow over into the next."""


class Walk(NamedTuple):
    """How to walk a view in the order of sort_key."""

    by: str
    """The index of `entries` that holds the view's entries in that order."""
    conditions: list[str]
    """All of these must hold."""
    parameters: dict[str, object]


def conditions(view: View) -> tuple[list[str], dict[str, object]]:
    """Spell a view, without its query, as conditions that must all hold."""
    spelled: list[str] = []
    parameters: dict[str, object] = {}
    if view.feed_id is not None:
        spelled.append("entries.feed_id = :feed_id")
        parameters["feed_id"] = view.feed_id
    if view.folder is not None:
        spelled.append(
            "entries.feed_id IN (SELECT id FROM feeds WHERE folder = :folder OR substr(folder, 1, :inside) = :folder || '/')"
        )
        parameters["folder"] = view.folder
        parameters["inside"] = len(view.folder) + 1
    months = _months(view)
    if months is not None:
        spelled.append("entries.month BETWEEN :first_month AND :last_month")
        parameters["first_month"], parameters["last_month"] = months
    if view.unread:
        spelled.append("entries.read_at IS NULL")
    if view.starred:
        spelled.append("entries.starred_at IS NOT NULL")
    return spelled, parameters


def walk(view: View) -> Walk:
    """Spell a view as a walk along the index that fits it."""
    spelled, parameters = conditions(view)
    if view.starred:
        index = "entries_starred"
    elif view.feed_id is not None:
        index = "entries_unread_of_feed" if view.unread else "entries_of_feed"
    else:
        index = "entries_unread" if view.unread else "entries_newest"
    between = sort_keys(view)
    if between is not None:
        # Months are runs of sort_key, so a year or month is a range of the same index.
        spelled.append("entries.sort_key BETWEEN :range_start AND :range_end")
        parameters["range_start"], parameters["range_end"] = between
    return Walk(index, spelled, parameters)


def sort_keys(view: View) -> tuple[int, int] | None:
    """Between which sort_keys do the view's months lie? `None` when it is of all times.

    A day more on both sides, for time zones; `month` itself decides.
    """
    months = _months(view)
    if months is None:
        return None
    first, last = months
    day = 86_400
    start = datetime(first // 100, first % 100, 1, tzinfo=UTC)
    year, month = divmod(last // 100 * 12 + last % 100, 12)
    end = datetime(year, month + 1, 1, tzinfo=UTC)
    return (int(start.timestamp()) - day) * SLOTS, (int(end.timestamp()) + day) * SLOTS


def _months(view: View) -> tuple[int, int] | None:
    """Give the first and last month of a view, or `None` when it is of all times."""
    if view.month is not None:
        return view.month, view.month
    if view.year is not None:
        return view.year * 100 + 1, view.year * 100 + 12
    return None
