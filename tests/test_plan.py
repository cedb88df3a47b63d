from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, an_entry, as_known
from flodeslasare.digests import MOST_EDITS, digest_of
from flodeslasare.documents import FeedUpdate
from flodeslasare.library.plan import (
    LONGEST_INTERVAL,
    LONGEST_RETRY,
    SHORTEST_INTERVAL,
    interval_between,
    name_of,
    next_after_failure,
    next_after_success,
    plan_update,
)

USUAL = timedelta(minutes=30)


def test_an_unknown_entry_is_new() -> None:
    entry = an_entry()

    update = plan_update([], [entry])

    assert [new.entry for new in update.new] == [entry]
    assert update.changed == ()


def test_an_entry_seen_again_as_it_was_brings_nothing() -> None:
    entry = an_entry()

    update = plan_update([as_known(entry)], [entry])

    assert update.new == ()
    assert update.changed == ()


@pytest.mark.parametrize(
    ("changes", "is_edit"),
    [
        ({"title": "Ny rubrik"}, True),
        ({"text": "Annan text.", "html": "<p>Annan text.</p>"}, True),
        ({"url": "https://blogg.exempel/nytt"}, False),
        ({"published": datetime(2018, 5, 15, tzinfo=UTC)}, False),
        ({"tags": ("avtal",)}, False),
    ],
)
def test_what_changed_under_the_same_guid_is_the_same_entry(
    changes: dict[str, object], is_edit: bool
) -> None:
    before = an_entry()

    update = plan_update([as_known(before)], [an_entry(**changes)])

    assert update.new == ()
    assert [(change.id, change.is_edit) for change in update.changed] == [(1, is_edit)]


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "https://blogg.exempel/210?sig=a8f3"},
        {"html": "<p>Kraven   följs upp i avtalen.</p>", "text": "Kraven  följs upp\ni avtalen."},
    ],
)
def test_signatures_and_spacing_change_nothing_that_counts(changes: dict[str, object]) -> None:
    before = an_entry(html="<p>Kraven   följs upp i avtalen.</p>")
    after = an_entry(html="<p>Kraven   följs upp i avtalen.</p>") if "html" not in changes else None

    update = plan_update([as_known(before)], [after or an_entry(**changes)])

    assert [change for change in update.changed if change.is_edit] == []


def test_a_counter_in_the_text_stops_counting_as_an_edit() -> None:
    before, after = an_entry(text="3 kommentarer"), an_entry(text="4 kommentarer")

    first = plan_update([as_known(before)], [after])
    later = plan_update([as_known(before, versions=3)], [after])

    assert [change.is_edit for change in first.changed] == [True]
    assert [change.is_edit for change in later.changed] == [False]


def test_words_that_are_never_twice_the_same_stop_counting_as_edits() -> None:
    before, after = as_known(an_entry(), versions=MOST_EDITS), an_entry(text="Dagens ord: ack")

    (change,) = plan_update([before], [after]).changed

    assert (change.is_edit, change.keeps_words, change.entry.text) == (False, False, after.text)


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({}, True),
        ({"title": "Annan rubrik"}, True),  # link and date hold
        ({"published": None}, True),  # link and title hold
        ({"title": "Annan rubrik", "published": None}, False),  # a link alone proves nothing
        ({"url": "https://blogg.exempel/annan"}, False),
        (
            {"url": "http://blogg.exempel/210", "published": None},
            True,
        ),  # the link was as good before TLS
        ({"url": "https://blogg.exempel/210?sig=1"}, True),  # title, date and the page hold
        ({"url": "https://blogg.exempel/210?sig=1", "published": None}, False),
        ({"url": "https://blogg.exempel/210?sig=1", "title": "Annan"}, False),
    ],
)
def test_a_changed_guid_is_the_same_entry_where_two_things_hold(
    changes: dict[str, object], is_same: bool
) -> None:
    before = an_entry(guid="gammal")

    update = plan_update([as_known(before)], [an_entry(guid="ny", **changes)])

    assert [change.guid for change in update.changed] == (["ny"] if is_same else [])
    assert len(update.new) == (0 if is_same else 1)


def test_parts_of_a_second_make_no_other_date() -> None:
    before = an_entry(published=datetime(2018, 5, 14, 8, 15, 7, tzinfo=UTC))  # as it is kept
    again = an_entry(
        guid="ny", title="Ny rubrik", published=datetime(2018, 5, 14, 8, 15, 7, 123_000, tzinfo=UTC)
    )

    update = plan_update([as_known(before)], [again])

    assert update.new == ()
    assert [change.guid for change in update.changed] == ["ny"]


def test_two_guids_side_by_side_are_two_entries() -> None:
    before = an_entry(guid="gammal")

    update = plan_update([as_known(before)], [an_entry(guid="ny"), before])

    assert [new.guid for new in update.new] == ["ny"]


def test_two_new_guids_cannot_both_be_the_old_entry() -> None:
    before = an_entry(guid="gammal")

    update = plan_update([as_known(before)], [an_entry(guid="ny"), an_entry(guid="nyare")])

    assert [change.guid for change in update.changed] == ["ny"]
    assert [new.guid for new in update.new] == ["nyare"]


def test_names_fall_back_from_guid_to_link_to_title_and_date() -> None:
    assert name_of(an_entry(guid="g")) == "g"
    assert name_of(an_entry(guid=None)) == "https://blogg.exempel/210"
    nameless = an_entry(guid=None, url=None)
    assert name_of(nameless) == name_of(an_entry(guid=None, url=None, text="annan"))
    assert name_of(nameless) != name_of(an_entry(guid=None, url=None, title="Annan"))
    assert name_of(nameless) != name_of(an_entry(guid=None, url=None, published=None))


def test_a_name_that_stands_twice_in_a_document_is_one_entry() -> None:
    update = plan_update([], [an_entry(title="Först"), an_entry(title="Sedan")])

    assert [new.entry.title for new in update.new] == ["Först"]


def test_entries_of_a_feed_with_one_guid_for_all_are_told_apart_by_their_links() -> None:
    one, two, three = (
        an_entry(guid="https://blogg.exempel/", url=f"https://blogg.exempel/{n}", title=f"Nr {n}")
        for n in (1, 2, 3)
    )
    alone = [as_known(one)]
    both = [*alone, as_known(two, 2, guid=two.url)]

    assert [new.guid for new in plan_update([], [two, one]).new] == [two.url, one.url]
    assert plan_update([], [one, one]).new[0].guid == one.guid  # the same one twice
    # The first came alone, and is known by the guid.
    assert [new.entry for new in plan_update(alone, [two, one]).new] == [two]
    assert [new.entry for new in plan_update(alone, [two], also_named=[str(one.guid)]).new] == [two]
    assert plan_update(both, [two, one]) == FeedUpdate()
    assert plan_update(both, [one], also_named=[str(one.guid)]) == FeedUpdate()
    assert [new.entry for new in plan_update(both, [three, two, one]).new] == [three]


def test_entries_without_guids_that_lead_to_one_page_are_told_apart_by_their_titles() -> None:
    page = "https://kommunen.exempel/driftstorningar"
    one, two, three = (
        an_entry(guid=None, url=page, title=title, published=NOW)
        for title in ("Vattenläcka", "Strömavbrott", "Vägarbete")
    )

    first = plan_update([], [two, one])
    assert [new.entry for new in first.new] == [two, one]
    both = [as_known(new.entry, id, guid=new.guid) for id, new in enumerate(first.new)]
    # All are of one day, and that makes none of them another; nor does it matter which ones are read again.
    for standing, also_named in (([three, two, one], ()), ([three, one], (page,)), ([three], ())):
        update = plan_update(both, standing, also_named=also_named)
        assert [new.entry for new in update.new] == [three]
        assert update.changed == ()
    # The first came alone, and is known by the link.
    alone = [as_known(one)]
    assert alone[0].guid == page
    assert [new.entry for new in plan_update(alone, [two, one]).new] == [two]
    assert [new.entry for new in plan_update(alone, [two], also_named=(page,)).new] == [two]
    # One that stands there alone under its link may change its title.
    assert [change.id for change in plan_update(alone, [two]).changed] == [1]
    # With https it leads to where it did; with guids from one day on it is what it was.
    moved = an_entry(guid=None, url=page.replace("https", "http"), title=one.title, published=NOW)
    assert plan_update(both, [moved]).new == ()
    numbered = an_entry(guid="1", url=page, title=one.title, published=NOW)
    assert [change.guid for change in plan_update(both, [numbered]).changed] == ["1"]


def test_a_quick_feed_is_asked_as_often_as_the_person_wants_and_a_slow_one_less() -> None:
    hourly = [NOW - timedelta(hours=n) for n in range(10)]
    weekly = [NOW - timedelta(weeks=n) for n in range(10)]

    assert interval_between(hourly, now=NOW, wish_seconds=None, usual=USUAL) == USUAL
    assert interval_between(weekly, now=NOW, wish_seconds=None, usual=USUAL) == LONGEST_INTERVAL
    assert interval_between([], now=NOW, wish_seconds=None, usual=USUAL) == USUAL


def test_a_feed_that_asks_for_rest_gets_it_up_to_a_day() -> None:
    assert interval_between([], now=NOW, wish_seconds=7200, usual=USUAL) == timedelta(hours=2)
    assert interval_between([], now=NOW, wish_seconds=1e9, usual=USUAL) == timedelta(days=1)


@given(
    st.lists(st.datetimes(timezones=st.just(UTC)), max_size=20), st.floats(0, 1e12), st.floats(0, 1)
)
def test_an_interval_is_never_a_storm_and_never_for_ever(
    dates: list[datetime], wish: float, chance: float
) -> None:
    interval = interval_between(dates, now=NOW, wish_seconds=wish, usual=USUAL)

    assert SHORTEST_INTERVAL <= interval <= timedelta(days=1)
    assert next_after_success(NOW, interval, due=NOW, chance=chance) > NOW


def test_failures_double_the_wait_up_to_a_limit() -> None:
    waits = [next_after_failure(NOW, failures, chance=0.5) - NOW for failures in range(1, 9)]

    assert waits[:3] == [timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)]
    assert waits[-1] == LONGEST_RETRY


def test_a_guid_that_stands_in_the_document_unchanged_is_no_other_entry() -> None:
    before = an_entry(guid="gammal")

    update = plan_update([as_known(before)], [an_entry(guid="ny")], also_named=["gammal"])

    assert [new.guid for new in update.new] == ["ny"]


def test_feeds_that_waited_long_come_back_spread_over_a_second_interval() -> None:
    def wait(due: datetime | None, chance: float) -> timedelta:
        return next_after_success(NOW, USUAL, due=due, chance=chance) - NOW

    in_time, late = NOW - timedelta(minutes=5), NOW - timedelta(days=30)

    assert (wait(in_time, 0), wait(in_time, 1)) == (0.95 * USUAL, 1.05 * USUAL)
    assert (wait(late, 0), wait(late, 0.5), wait(late, 1)) == (USUAL, 1.5 * USUAL, 2 * USUAL)
    assert wait(None, 1) == 2 * USUAL


def test_a_feed_that_has_fallen_silent_is_asked_less() -> None:
    daily = [NOW - timedelta(days=n + 3) for n in range(10)]

    assert interval_between(daily, now=NOW, wish_seconds=None, usual=USUAL) == timedelta(hours=3)


@given(
    st.text(alphabet=" \t\n\r\x1c\x85\xa0\u2003\u3000\u200b\xadaå1.", max_size=12),
    st.text(max_size=5),
)
def test_space_makes_no_other_digest(text: str, more: str) -> None:
    said = an_entry(title=more, text=text)
    single = an_entry(title="", text=" ".join(f"{more} {text}".split()))

    assert digest_of(said).words == digest_of(single).words
