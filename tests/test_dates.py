from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flodeslasare.fetching import dates
from flodeslasare.fetching.dates import likely_zone, named_zone, parse_date

STOCKHOLM = named_zone("Europe/Stockholm")
SWEDISH_SUMMER = datetime(2018, 4, 5, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 05 Apr 2018 10:15:00 +0200",
        "Thu, 5 Apr 18 08:15 GMT",
        "05 Apr 2018 04:15:00 EDT",
        "Thu, 05-Apr-2018 08:15:00 GMT",
        "Thu, 05 Apr 2018 10:15:00 +0200 (CEST)",
        "Thu, 05 Apr 2018 10:15:00 GMT+2",
        "Thu, 05 Apr 2018 10:15:00 Europe/Stockholm",
        "Thu Apr  5 10:15:00 CEST 2018",
        "Thu Apr 5 10:15:00 2018",
        "2018-04-05T08:15:00Z",
        "2018-04-05T10:15:00.123456789+02:00",
        "2018-04-05T10:15+0200",
        "20180405T081500Z",
        "201804051015",
        "201804050815Z",
        "2018-04-05 10:15",
        "2018-04-05 kl. 10:15",
        "5 april 2018 kl. 10:15",
        "5 april 2018 kl 10.15",
        "tors, 05 apr 2018 10:15:00 +0200",
        "torsdag den 5:e april 2018 kl. 10.15",
        "torsdag, 5 april 2018 - 10:15",
        "05.04.2018 10:15",
        "April 5, 2018 10:15 AM",
        "1522916100",
        "1522916100000",
        "den 5 april 2018 kl. 10.15",
        "tor, 05 apr 2018 10:15",
        "Do, 05 Apr 2018 10:15:00 MESZ",
        "Thu, 05 Apr 2018 09:15:00 CET",
        "Thu, 5 Apr 2018 10:15 AM",
        "Thu, 5 Apr 118 08:15 GMT",
        "Thu Apr 05 2018 10:15:00 GMT+0200 (CEST)",
        "5/4 2018 10:15",
    ],
)
def test_one_moment_in_the_ways_people_write_it(text: str) -> None:
    assert parse_date(text, STOCKHOLM) == SWEDISH_SUMMER


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "igår",
        "30 Feb 2018 10:00 GMT",
        "2018-02-30",
        "2018-13-01",
        "2018-04-05T25:00:00",
        "31 april 2018",
        "0000-00-00 00:00:00",
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "9999-12-31T23:59:59Z",
        "3 brumaire 2018",
        "04/05/2018",
        "04-05-2018",
        "99999-01-01",
        "1 jan 99999",
        "Thu, 01 Jan 1970 00:00:00 +0000",
        "30/2/2018",
        "2/30/2018",
        "14:15 AM",
    ],
)
def test_what_is_no_possible_date_is_none(text: str) -> None:
    assert parse_date(text, STOCKHOLM) is None


def test_a_date_alone_is_its_midnight_where_the_feed_is() -> None:
    assert parse_date("5 april 2018", STOCKHOLM) == datetime(2018, 4, 4, 22, tzinfo=UTC)
    assert parse_date("2018-04-05") == datetime(2018, 4, 5, tzinfo=UTC)


def test_a_number_that_is_no_month_is_a_day() -> None:
    for text in ("25/4/2018 10:15", "25-04-2018 10:15", "4/25/2018 10:15 AM", "04/25/2018 10:15"):
        assert parse_date(text) == datetime(2018, 4, 25, 10, 15, tzinfo=UTC)


def test_years_of_two_figures() -> None:
    assert parse_date("1 Jan 49 10:00 GMT") == datetime(2049, 1, 1, 10, tzinfo=UTC)
    assert parse_date("1 Jan 50 10:00 GMT") == datetime(1950, 1, 1, 10, tzinfo=UTC)


def test_half_past_two_in_the_afternoon_of_24_hours() -> None:
    assert parse_date("Thu, 5 Apr 2018 14:30 PM") == datetime(2018, 4, 5, 14, 30, tzinfo=UTC)


def test_the_clock_says_summer_or_winter_time() -> None:
    assert parse_date("2018-01-05 10:15", STOCKHOLM) == datetime(2018, 1, 5, 9, 15, tzinfo=UTC)


def test_midnight_leap_seconds_and_afternoons() -> None:
    assert parse_date("2018-04-05T24:00:00Z") == datetime(2018, 4, 6, tzinfo=UTC)
    assert parse_date("Sat, 31 Dec 2016 23:59:60 GMT") == datetime(
        2016, 12, 31, 23, 59, 59, tzinfo=UTC
    )
    assert parse_date("April 5, 2018 12:30 am") == datetime(2018, 4, 5, 0, 30, tzinfo=UTC)
    assert parse_date("April 5, 2018 1:30 p.m.") == datetime(2018, 4, 5, 13, 30, tzinfo=UTC)


def test_a_zone_nobody_knows_is_as_good_as_none() -> None:
    assert parse_date("Thu, 05 Apr 2018 10:15:00 XYZ", STOCKHOLM) == SWEDISH_SUMMER


@pytest.mark.parametrize(
    ("language", "url", "is_swedish"),
    [
        ("sv-SE", "https://blog.example.com/", True),
        ("", "https://www.region.se/flode", True),
        ("en", "https://www.region.se:8080/flode", True),
        ("en", "https://example.com/.se", False),
        (None, None, False),
        (None, "http://[", False),
    ],
)
def test_swedish_feeds_keep_swedish_time(
    language: str | None, url: str | None, is_swedish: bool
) -> None:
    assert likely_zone(language, url) is (STOCKHOLM if is_swedish else UTC)


def test_a_machine_without_the_zone_gets_utc() -> None:
    assert named_zone("Atlantis/Poseidonis") is UTC
    assert named_zone("../../etc/passwd") is UTC


@given(st.text(alphabet=st.sampled_from("0123456789 :-.,TZ+apmjuldegnr")) | st.text())
def test_any_text_is_a_time_in_utc_or_none(text: str) -> None:
    when = parse_date(text, STOCKHOLM)

    assert when is None or (when.tzinfo is UTC and 1900 <= when.year <= 2200)


@given(st.integers(1, 4_000_000_000))
def test_iso_and_rfc_822_come_back_as_they_were(seconds: int) -> None:
    when = datetime.fromtimestamp(seconds, UTC)

    assert parse_date(when.isoformat()) == when
    assert parse_date(when.strftime("%a, %d %b %Y %H:%M:%S GMT")) == when


@given(
    st.tuples(
        st.sampled_from(["Thu, ", ""]),
        st.integers(0, 32),
        st.sampled_from(["Jan", "Feb", "May", "Maj", "Oct", "Okt", "Foo"]),
        st.sampled_from([1899, 1900, 1970, 2016, 2018, 2200, 2201]),
        st.integers(0, 24),
        st.integers(0, 60),
        st.integers(0, 61),
        st.sampled_from(["GMT", "+0000", "-0000", "+0200", "-1230", "+1400", "+0560", "+1900"]),
    )
)
def test_the_quick_way_of_rfc_822_leads_where_the_slow_one_does(parts: tuple[object, ...]) -> None:
    day_name, day, month, year, hour, minute, second, zone = parts
    text = f"{day_name}{day:02} {month} {year} {hour:02}:{minute:02}:{second:02} {zone}"

    assert parse_date(text) == slowly(text)


@given(
    st.tuples(
        st.sampled_from([1899, 1900, 1970, 2016, 2018, 2200, 2201]),
        st.integers(0, 13),
        st.integers(0, 32),
        st.integers(0, 24),
        st.integers(0, 60),
        st.integers(0, 61),
        st.sampled_from(
            ["Z", "+00:00", "-00:00", "+02:00", "-12:30", "+14:00", "+05:60", "+19:00"]
        ),
    )
)
def test_the_quick_way_of_rfc_3339_leads_where_the_slow_one_does(parts: tuple[object, ...]) -> None:
    year, month, day, hour, minute, second, zone = parts
    text = f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}"

    assert parse_date(text) == slowly(text)


def slowly(text: str) -> datetime | None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(dates, "_usual", lambda _text: None)
        return parse_date(text)
