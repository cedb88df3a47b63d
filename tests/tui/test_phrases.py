"""Dates, months, numbers and durations as they are said."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from flodeslasare import i18n
from flodeslasare.tui import phrases

NOW = datetime(2018, 5, 16, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_stockholm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    was = i18n.language()
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Stockholm")
        time.tzset()
        i18n.use_language("en")
        yield
    time.tzset()
    i18n.use_language(was)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (NOW - timedelta(hours=1), "today 11:00"),
        (NOW - timedelta(hours=11), "today 01:00"),
        (NOW - timedelta(hours=13), "yesterday"),
        (datetime(2018, 5, 14, tzinfo=UTC), "14 May"),
        (datetime(2016, 4, 27, tzinfo=UTC), "27 Apr 2016"),
        (datetime(2017, 12, 31, 23, 30, tzinfo=UTC), "1 Jan"),
    ],
)
def test_dates_of_a_list(when: datetime, said: str) -> None:
    assert phrases.short_date(when, NOW) == said


def test_a_date_without_room_leaves_the_year_out() -> None:
    assert phrases.short_date(datetime(2016, 4, 27, tzinfo=UTC), NOW, with_year=False) == "27 Apr"


def test_where_there_is_little_room_the_year_says_most() -> None:
    assert phrases.short_date(datetime(2016, 4, 27, tzinfo=UTC), NOW, is_narrow=True) == "2016"
    recent = NOW - timedelta(days=9)
    assert phrases.short_date(recent, NOW, is_narrow=True) == phrases.short_date(recent, NOW)


def test_swedish_dates_and_months() -> None:
    i18n.use_language("sv")
    assert phrases.short_date(datetime(2016, 4, 27, tzinfo=UTC), NOW) == "27 apr. 2016"
    assert phrases.month_heading(201805) == "Maj 2018"
    assert phrases.long_date(datetime(2018, 3, 1, 12, tzinfo=UTC)) == "1 mars 2018"


def test_numbers_are_grouped_as_the_language_does() -> None:
    assert phrases.number(1234567) == "1,234,567"
    i18n.use_language("sv")
    assert phrases.number(12345) == "12\N{NO-BREAK SPACE}345"
    assert phrases.number(999) == "999"


def test_long_dates_are_local() -> None:
    assert phrases.long_time(datetime(2018, 5, 13, 22, 5, tzinfo=UTC)) == "14 May 2018 00:05"


@pytest.mark.parametrize(("words", "said"), [(0, "1 min"), (220, "1 min"), (500, "2 min")])
def test_reading_time(words: int, said: str) -> None:
    assert phrases.reading_time("ord " * words) == said
