"""What the archive shows, added up and laid out: pure, and quick enough for hundreds of feeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from flodeslasare.model import MonthCount, View

_BARS = " ▁▂▃▄▅▆▇█"


class Sum(Struct):
    """How many entries, and how many of them unread."""

    total: int = 0
    unread: int = 0

    def add(self, total: int, unread: int) -> None:
        """Add a part."""
        self.total += total
        self.unread += unread


def added_up(parts: Iterable[Sum]) -> Sum:
    """Add parts up."""
    whole = Sum()
    for part in parts:
        whole.add(part.total, part.unread)
    return whole


class Archive:
    """Counts of feeds, folders, years and months, added up once for each reading."""

    def __init__(self, months: Iterable[MonthCount] = ()) -> None:
        self.by_month: dict[int | None, dict[int, Sum]] = {None: {}}
        """Feed (`None` for all) → month → counts."""
        for count in months:
            for key in (None, count.feed_id):
                of_feed = self.by_month.setdefault(key, {})
                of_feed.setdefault(count.month, Sum()).add(count.total, count.unread)
        self._of_all_months = {
            feed_id: added_up(of_feed.values()) for feed_id, of_feed in self.by_month.items()
        }

    def sum_of(self, feed_id: int | None, year: int | None = None) -> Sum:
        """Give the sum of a feed, or of a year of it."""
        if year is None:
            return self._of_all_months.get(feed_id) or Sum()
        months = self.by_month.get(feed_id, {})
        return added_up(part for month, part in months.items() if month // 100 == year)

    def years(self, feed_id: int | None) -> list[tuple[int, Sum]]:
        """Add up each year of a feed, newest first."""
        years: dict[int, Sum] = {}
        for month, part in self.by_month.get(feed_id, {}).items():
            years.setdefault(month // 100, Sum()).add(part.total, part.unread)
        return sorted(years.items(), reverse=True)

    def months(self, feed_id: int | None, year: int) -> list[tuple[int, Sum]]:
        """Give the months of a year of a feed, newest first."""
        found = self.by_month.get(feed_id, {}).items()
        return sorted((item for item in found if item[0] // 100 == year), reverse=True)


def spread(counts: dict[int, int], first: int, last: int, width: int) -> list[tuple[int, int, int]]:
    """Lay months out over columns: for each, the first and the last month it stands for and their sum.

    Args:
        counts: month (201805) → how many.
        first: the first month.
        last: the last month.
        width: in cells.
    """
    start, end = (month // 100 * 12 + month % 100 - 1 for month in (first, last))
    span = end - start + 1
    columns = []
    for column in range(width):
        low = start + column * span // width
        high = max(low, start + (column + 1) * span // width - 1)
        total = sum(counts.get(at // 12 * 100 + at % 12 + 1, 0) for at in range(low, high + 1))
        columns.append((low // 12 * 100 + low % 12 + 1, high // 12 * 100 + high % 12 + 1, total))
    return columns


def breadth(first: int, last: int, width: int) -> int:
    """Give how many columns months take of `width`: two each at the most, and room for the years beneath.

    A single month over the whole width would be a block that tells nothing.
    """
    years = last // 100 - first // 100
    months = years * 12 + last % 100 - first % 100 + 1
    return min(width, max(2 * months, 10 if years else 4))


def bars(values: Sequence[int], lines: int) -> list[str]:
    """Draw values as bars of block characters, the topmost line first; nothing is drawn for 0 only."""
    top = max(values, default=0) or 1
    levels = [max(1, round(value / top * 8 * lines)) if value else 0 for value in values]
    return [
        "".join(_BARS[min(8, max(0, level - 8 * band))] for level in levels)
        for band in reversed(range(lines))
    ]


def period(view: View) -> tuple[int | None, int | None]:
    """Give the first and the last month of a view, or `None`s when it is not bound in time."""
    if view.month is not None:
        return view.month, view.month
    if view.year is not None:
        return view.year * 100 + 1, view.year * 100 + 12
    return None, None


def span(counts: dict[int, int]) -> tuple[int, int]:
    """Give the first and last month worth drawing: a stray entry from 1970 does not flatten the rest."""
    months = sorted(counts)
    stray = sum(counts.values()) // 200
    while (
        len(months) > 1 and counts[months[0]] <= stray and months[1] // 100 - months[0] // 100 > 2
    ):
        stray -= counts[months.pop(0)]
    return months[0], months[-1]
