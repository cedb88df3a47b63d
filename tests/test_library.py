"""What a person can do with a library, through the one API that both front ends call."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from builders import NOW, Clock, an_entry, entries, keep
from flodeslasare.digests import digest_of
from flodeslasare.documents import Subscription
from flodeslasare.errors import (
    AddressRefused,
    AddressTaken,
    DataError,
    NoSuchEntry,
    NoSuchFeed,
    NoSuchFile,
    OfflineError,
)
from flodeslasare.library import Library
from flodeslasare.model import Counts, Enclosure, Feed, Listing, MarkKind, View
from flodeslasare.storage._views import SLOTS
from flodeslasare.storage.database import Database


def titles(library: Library, view: View | None = None) -> list[str]:
    return [row.title for row in library.rows(list(library.listing(view or View()).ids))]


# --- subscriptions -------------------------------------------------------------------------------


def test_feeds_are_found_by_id_address_title_and_a_part_of_it(library: Library, feed: Feed) -> None:
    for reference in (feed.id, str(feed.id), feed.url, "blogg.exempel/feed", "bloggen", "Blogg"):
        assert library.feed(reference).id == feed.id


def test_feeds_come_in_the_order_of_the_alphabet(library: Library) -> None:
    for name in ("Östra", "zebra", "Ärenden", "Åsa", "apa", "Bo"):
        library.add_subscription(Subscription(url=f"https://{name.lower()}.exempel/", title=name))

    assert [feed.title for feed in library.feeds()] == [
        "apa",
        "Bo",
        "zebra",
        "Åsa",
        "Ärenden",
        "Östra",
    ]


def test_numbers_in_names_sort_by_their_size(library: Library) -> None:
    for name in ("Krets 10", "Krets 9", "Krets 09", "Krets 100 b", "Krets 100 a"):
        url = f"https://{name.replace(' ', '-').lower()}.exempel/"
        library.add_subscription(Subscription(url=url, title=name))

    titles = [feed.title for feed in library.feeds()]
    assert titles == ["Krets 9", "Krets 09", "Krets 10", "Krets 100 a", "Krets 100 b"]


def test_a_reference_that_no_feed_or_several_answer_to_is_said_so(
    library: Library, feed: Feed
) -> None:
    library.add_subscription(Subscription(url="https://annan.exempel/", title="Bloggen två"))

    assert library.feed("bloggen").id == feed.id  # a whole title goes before a part
    with pytest.raises(
        NoSuchFeed,
        match=r"^blogg: several feeds answer to it: Bloggen \(1\), Bloggen två \(2\); say which by its number$",
    ):
        library.feed("blogg")
    with pytest.raises(NoSuchFeed, match=r"^'': no such feed; `flodeslasare feeds` lists them$"):
        library.feed("")
    with pytest.raises(NoSuchFeed, match="no such feed"):
        library.feed("saknas")


def test_the_number_of_a_feed_that_was_deleted_is_no_others(library: Library, feed: Feed) -> None:
    def number_of_new(host: str) -> int:
        added = library.add_subscription(Subscription(url=f"https://{host}.exempel/"))
        assert added is not None
        return added.id

    last = number_of_new("annan")
    library.delete_feed(last)
    assert number_of_new("tredje") == last + 1
    library.delete_feed(feed.id)
    assert number_of_new("annan") == last + 2


def test_a_feed_that_was_left_gives_its_name_up_to_one_that_is_subscribed_to(
    library: Library, feed: Feed
) -> None:
    library.unsubscribe(feed.id)
    assert library.feed("Bloggen").id == feed.id
    for host in ("annan", "tredje"):
        library.add_subscription(
            Subscription(
                url=f"https://{host}.exempel/",
                title="Bloggen",
                site_url="https://blogg.exempel/feed",
            )
        )
    library.unsubscribe(3)

    assert library.feed("Bloggen").id == 2
    assert library.feed("blogg").id == 2
    assert library.feed("1").id == 1
    assert library.feed("https://blogg.exempel/feed").id == 1  # its own address, not a site's
    library.unsubscribe(2)
    with pytest.raises(NoSuchFeed, match=r"several.*\(1\).*\(2\).*\(3\); say which by its number"):
        library.feed("Bloggen")


def test_unsubscribing_keeps_entries_and_subscribing_again_takes_them_up(
    library: Library, feed: Feed
) -> None:
    keep(library, feed.id, an_entry())
    library.unsubscribe(feed.id)

    assert library.feeds() == []
    assert len(titles(library)) == 1

    again = library.add_subscription(Subscription(url=feed.url))
    assert again is not None
    assert (again.id, again.total) == (feed.id, 1)


def test_leaving_a_feed_can_be_taken_back(library: Library, feed: Feed) -> None:
    keep(library, feed.id, an_entry())
    library.rename_feed(feed.id, "Min blogg")
    library.move_feed(feed.id, "Nyheter")
    before = library.feed(feed.id)
    library.unsubscribe(feed.id)
    library.resubscribe(feed.id)

    assert library.feed(feed.id) == before
    with pytest.raises(NoSuchFeed):
        library.resubscribe(999)


def test_leaving_a_feed_that_went_up_in_another_since_is_not_taken_back(
    library: Library, feed: Feed
) -> None:
    other = library.add_subscription(Subscription(url="https://annan.exempel/feed"))
    assert other is not None
    library.unsubscribe(feed.id)
    library.merge_feeds(feed.id, other.id)

    with pytest.raises(NoSuchFeed):
        library.resubscribe(feed.id)
    assert [each.id for each in library.feeds()] == [other.id]


async def test_an_address_is_taken_back_as_it_was(tmp_path: Path) -> None:
    with Library(tmp_path / "library.db", offline=True) as library:
        feed = library.add_subscription(
            Subscription(url="http://namn:hemligt@localhost/feed", title="Bloggen")
        )
        assert feed is not None
        given = await library.change_address(feed.id, "https://blogg.exempel/feed")
        assert given.feed == library.feed(feed.id)
        assert given.feed.url == "https://blogg.exempel/feed"
        assert given.before != given.now

        assert library.take_address_back(feed.id, given.before) == library.feed(feed.id)
        again = await library.change_address(feed.id, "https://blogg.exempel/feed")
        assert again == given  # with name and password, and the private network open to it
        same = await library.change_address(feed.id, "https://blogg.exempel/feed")
        assert same.before == same.now

        taken = library.add_subscription(
            Subscription(url="http://namn:hemligt@localhost/feed", title="Nykomling")
        )
        assert taken is not None
        with pytest.raises(AddressTaken, match="http://localhost/feed: Nykomling has"):
            library.take_address_back(feed.id, given.before)
        library.delete_feed(feed.id)
        with pytest.raises(NoSuchFeed):
            library.take_address_back(feed.id, given.before)


def test_feeds_that_were_left_are_listed_the_latest_first(library: Library, clock: Clock) -> None:
    for name in "abcd":
        assert library.add_subscription(Subscription(url=f"https://{name}.exempel/"))
    for feed_id in (2, 1, 3):
        clock.advance(hours=1)
        library.unsubscribe(feed_id)
    library.merge_feeds(3, 4)

    assert [(feed.id, feed.left_since) for feed in library.left_feeds()] == [
        (1, NOW + timedelta(hours=2)),
        (2, NOW + timedelta(hours=1)),
    ]


def test_renaming_and_moving_give_the_feed_as_it_was(library: Library, feed: Feed) -> None:
    assert library.rename_feed(feed.id, "Min blogg") == feed
    named = library.feed(feed.id)
    assert (feed.named, named.named, named.title) == (None, "Min blogg", "Min blogg")
    assert library.move_feed(feed.id, "Nyheter / Lokalt") == named
    assert library.move_feed(feed.id, None).folder == "Nyheter/Lokalt"
    library.rename_feed(feed.id, feed.named)

    assert library.feed(feed.id) == feed
    with pytest.raises(NoSuchFeed):
        library.rename_feed(999, "x")
    with pytest.raises(NoSuchFeed):
        library.move_feed(999, "x")


def test_a_number_is_an_id_or_a_whole_title_and_no_part_of_one(
    library: Library, feed: Feed
) -> None:
    library.rename_feed(feed.id, "Kanal 5")
    library.add_subscription(Subscription(url="https://annan.exempel/", title="1984"))

    assert library.feed("kanal 5").id == library.feed("l 5").id == feed.id
    assert library.feed("1984").title == "1984"
    for reference in ("5", "84", 5):
        with pytest.raises(NoSuchFeed, match="no such feed"):
            library.feed(reference)
    with pytest.raises(NoSuchFeed):
        library.unsubscribe(5)


def test_a_feed_with_a_password_in_its_address_is_meant_without_it_too(library: Library) -> None:
    kept = library.add_subscription(Subscription(url="https://me:secret@intern.exempel/feed"))
    assert kept is not None
    shown = Subscription(url=kept.url)
    assert shown.url == "https://intern.exempel/feed"

    assert library.add_subscription(shown) is None
    library.unsubscribe(kept.id)
    again = library.add_subscription(shown)
    assert again is not None
    assert again.id == kept.id
    assert len(library.feeds(unsubscribed=True)) == 1


def test_deleting_a_feed_forgets_its_entries_its_counts_and_its_words(
    library: Library, feed: Feed
) -> None:
    keep(library, feed.id, an_entry())

    assert library.delete_feed(feed.id) == 1

    assert library.counts() == Counts(0, 0, 0)
    assert list(library.listing(View(query="läkemedel")).ids) == []
    assert library.matching_words("läkemedel") == []


def test_feeds_stand_by_folder_what_lies_in_one_together(library: Library) -> None:
    folders = [
        "Region Syd",
        "Region/Norr",
        "Region",
        None,
        "ängar",
        "Åkrar",
        "Ängar",
        "ängar",
        "Övrigt",
    ]
    for number, folder in enumerate(folders):
        url = f"https://{number}.exempel/"
        library.add_subscription(Subscription(url=url, folder=folder))

    listed = [feed.folder for feed in library.feeds()]

    assert listed == [
        "Region", "Region/Norr", "Region Syd", "Åkrar", "Ängar", "ängar", "ängar", "Övrigt", None,
    ]  # fmt: skip


def test_folders_are_paths_and_a_view_of_one_holds_those_inside(
    library: Library, feed: Feed
) -> None:
    other = library.add_subscription(
        Subscription(url="https://b.exempel/", folder="Offentligt / Regioner/")
    )
    assert other is not None
    library.move_feed(feed.id, "Offentligt")
    keep(library, feed.id, an_entry(title="Utanför"))
    keep(library, other.id, an_entry(title="Inuti", published=NOW))

    assert other.folder == "Offentligt/Regioner"
    assert titles(library, View(folder="Offentligt")) == ["Inuti", "Utanför"]
    assert titles(library, View(folder="Offentligt/Regioner")) == ["Inuti"]
    assert titles(library, View(folder="Offentlig")) == []


def test_addresses_that_are_not_fetched_are_refused(library: Library) -> None:
    with pytest.raises(AddressRefused):
        library.add_subscription(Subscription(url="file:///etc/passwd"))


async def test_offline_never_asks_the_network(tmp_path: Path) -> None:
    with Library(tmp_path / "offline.db", offline=True) as library:
        with pytest.raises(OfflineError):
            await library.subscribe("https://blogg.exempel/")
        with pytest.raises(OfflineError):
            await anext(library.refresh())


# --- keeping -------------------------------------------------------------------------------------


def test_an_edit_keeps_the_marks_and_the_earlier_words(
    library: Library, feed: Feed, clock: Clock
) -> None:
    keep(library, feed.id, an_entry())
    (entry_id,) = list(library.listing(View()).ids)
    library.mark_read([entry_id])
    library.star([entry_id])

    assert keep(
        library, feed.id, an_entry(title="Rättad rubrik", html="<p>Nytt.</p>", text="Nytt.")
    ) == (0, 1)

    entry = library.entry(entry_id)
    assert (entry.title, entry.is_read, entry.is_starred, entry.versions) == (
        "Rättad rubrik",
        True,
        True,
        1,
    )
    (earlier,) = library.earlier_versions(entry_id)
    assert (earlier.title, earlier.html) == (an_entry().title, an_entry().html)
    assert list(library.listing(View(query="agendan")).ids) == []
    assert list(library.listing(View(query="rättad")).ids) == [entry_id]


def test_what_comes_again_is_compared_with_what_is_kept_and_its_digest_then_kept(
    library: Library, feed: Feed
) -> None:
    entry = an_entry(
        published=datetime(2018, 5, 14, 9, 30, 0, 250_000, tzinfo=UTC),
        tags=("kläder", "avtal"),
        enclosures=(Enclosure(url="https://blogg.exempel/1.pdf?sig=1", type=None, size_bytes=7),),
        html="<p>Kraven   följs upp.</p>",
        text="Kraven följs upp.",
    )
    digests: list[str] = []
    for _time in range(3):
        assert keep(library, feed.id, entry) == (int(not digests), 0)
        digests.append(library._database.value("SELECT digest FROM entries"))

    assert digests == ["", str(digest_of(entry)), str(digest_of(entry))]
    assert library._database.value("SELECT count(*) FROM versions") == 0
    assert keep(library, feed.id, replace(entry, text="Kraven följs inte upp.")) == (0, 1)


def test_entries_without_a_date_or_from_the_future_sort_by_when_they_were_first_seen(
    library: Library, feed: Feed
) -> None:
    keep(
        library,
        feed.id,
        an_entry(guid="1", url="1", title="Igår", published=NOW - timedelta(days=1)),
    )
    keep(library, feed.id, an_entry(guid="2", url="2", title="Odaterat", published=None))
    keep(
        library,
        feed.id,
        an_entry(guid="3", url="3", title="År 2099", published=datetime(2099, 1, 1, tzinfo=UTC)),
    )
    keep(
        library,
        feed.id,
        an_entry(guid="4", url="4", title="Ny", published=NOW + timedelta(hours=1)),
        now=NOW + timedelta(hours=2),
    )

    assert titles(library) == ["Ny", "År 2099", "Odaterat", "Igår"]
    assert library.entry(list(library.listing(View()).ids)[1]).published == datetime(
        2099, 1, 1, tzinfo=UTC
    )


def test_entries_of_one_second_keep_the_order_of_their_document(
    library: Library, feed: Feed
) -> None:
    same = [an_entry(guid=str(n), url=None, title=str(n), published=None) for n in range(600)]
    keep(library, feed.id, *same)

    assert titles(library) == [str(n) for n in range(600)]


def test_redating_an_edited_entry_does_not_move_it_to_the_top(library: Library, feed: Feed) -> None:
    keep(library, feed.id, *entries(3))
    (_, _, oldest) = entries(3)

    keep(
        library,
        feed.id,
        an_entry(guid=oldest.guid, url=oldest.url, title="Omdaterad", published=NOW),
    )

    assert titles(library)[-1] == "Omdaterad"


def test_a_date_corrected_backwards_moves_the_entry_and_its_counts(
    library: Library, feed: Feed
) -> None:
    keep(
        library,
        feed.id,
        an_entry(),
        an_entry(guid="2", url="2", title="Annan", published=datetime(2018, 5, 1, tzinfo=UTC)),
    )

    keep(library, feed.id, an_entry(published=datetime(2017, 3, 1, tzinfo=UTC)))

    assert titles(library) == ["Annan", an_entry().title]
    assert [(count.month, count.total) for count in library.months()] == [(201805, 1), (201703, 1)]
    assert len(list(library.listing(View(query="läkemedel")).ids)) == 2


def test_two_feeds_may_use_one_guid(library: Library, feed: Feed) -> None:
    other = library.add_subscription(Subscription(url="https://b.exempel/feed"))
    assert other is not None

    keep(library, feed.id, an_entry())
    keep(library, other.id, an_entry())

    assert library.counts().total == 2


# --- reading -------------------------------------------------------------------------------------


def test_months_are_those_of_the_reader(library: Library, feed: Feed) -> None:
    # 1 May 00:30 in Stockholm is still April in UTC.
    keep(library, feed.id, an_entry(published=datetime(2018, 4, 30, 22, 30, tzinfo=UTC)))

    listing = library.listing(View(month=201805))

    assert listing.months == [(201805, 1)]
    assert list(library.listing(View(month=201804)).ids) == []
    assert list(library.listing(View(year=2018)).ids) == list(listing.ids)


def test_a_listing_tells_its_months_in_runs_and_whether_it_is_whole(
    library: Library, feed: Feed
) -> None:
    keep(library, feed.id, *entries(60))

    whole, beginning = library.listing(View()), library.listing(View(), first=10)

    assert whole.is_whole
    assert not beginning.is_whole
    assert list(beginning.ids) == list(whole.ids[:10])
    assert whole.months == [(202611, 23), (202610, 31), (202609, 6)]
    assert library.listing(View(), first=60).is_whole


def test_a_listing_reaches_as_far_as_the_first_wanted_entry_it_has(
    library: Library, feed: Feed
) -> None:
    keep(library, feed.id, *entries(60))
    ids = list(library.listing(View()).ids)
    library.mark_read(ids[::2])

    def as_far_as(view: View, *wanted: int) -> list[int]:
        return list(library.listing_as_far_as(view, wanted, first=5).ids)

    assert as_far_as(View(), ids[40], ids[20]) == ids[:45]
    assert as_far_as(View(unread=True), ids[40], ids[21]) == ids[1:31:2]
    assert as_far_as(View(starred=True), ids[40]) == []
    assert as_far_as(View(unread=True), ids[40], 999) == ids[1:11:2]
    assert library.listing_as_far_as(View(), ids[58:], first=5).is_whole


def test_a_list_grows_by_what_marks_make_belong_in_it(library: Library, feed: Feed) -> None:
    keep(library, feed.id, *entries(60))
    ids = list(library.listing(View()).ids)
    library.mark_read(ids[::2])
    newest = library.newest_id()
    unread = View(unread=True)
    had = library.listing(unread)

    def grown(view: View) -> list[int] | None:
        listing = library.listing_grown(Listing(view, had.ids, had.months), newest_id=newest)
        return None if listing is None else list(listing.ids)

    assert grown(unread) is None
    library.mark_read(ids[1:10])
    assert grown(unread) is None  # what is read stays
    keep(library, feed.id, an_entry(guid="ny", published=NOW, url=None))
    assert grown(unread) is None  # what is new is offered, and comes when it is asked for
    library.mark_unread([ids[0], ids[40], ids[58]])
    now = sorted([*had.ids, ids[0], ids[40], ids[58]], key=ids.index)
    assert grown(unread) == now
    assert grown(View(query="inlägg is:unread")) == now
    library.save_search("Kvar", "-is:read")
    assert grown(View(query="search:Kvar")) == now
    assert grown(View(query="inlägg")) is None  # where marks are not asked for
    assert grown(View(query="inlägg", unread=True, order="best")) is None
    library.star([ids[3]])
    first = library.listing_grown(Listing(View(starred=True), [], []), newest_id=newest)
    assert first == Listing(View(starred=True), array("q", [ids[3]]), [(202611, 1)])


@pytest.mark.parametrize("seed", range(60))
def test_a_list_that_grows_has_everything_once_and_in_order(
    library: Library, feed: Feed, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("flodeslasare.library.views._IDS_AT_ONCE", 3)
    monkeypatch.setattr(Database.chunks, "__defaults__", ((), 4))
    chance = Random(seed)
    parsed = entries(40, apart=timedelta(days=7))
    keep(library, feed.id, *parsed)
    everything = list(library.listing(View()).ids)
    library.mark_read(chance.sample(everything, chance.choice([5, 20, 40])))
    had = library.listing(View(unread=True))
    newest = library.newest_id()

    library.mark_read(chance.sample(everything, chance.choice([0, 3, 20])))
    library.mark_unread(chance.sample(everything, chance.choice([1, 3, 20])))
    is_dated_anew = seed % 4 == 0
    if is_dated_anew:
        for entry in chance.sample(parsed, 2):
            earlier = NOW - timedelta(days=chance.randrange(20, 400), hours=1)
            keep(library, feed.id, replace(entry, published=earlier))
    keep(library, feed.id, an_entry(guid="ny", published=NOW, url=None))

    grown = library.listing_grown(had, newest_id=newest)
    order = list(library.listing(View()).ids)
    unread = {id_ for id_ in library.listing(View(unread=True)).ids if id_ <= newest}
    if grown is None:
        assert unread <= set(had.ids)
        return
    assert unread - set(had.ids)
    assert sorted(grown.ids) == sorted(unread | set(had.ids))
    assert sum(size for _month, size in grown.months) == len(grown.ids)
    if not is_dated_anew:
        assert list(grown.ids) == [id_ for id_ in order if id_ in grown.ids]
        months = [library.entry(id_).sorted_by for id_ in grown.ids]
        runs = groupby(each.year * 100 + each.month for each in months)
        assert grown.months == [(month, len(list(run))) for month, run in runs]


def test_an_entry_that_is_no_more_stops_no_list_from_growing(library: Library, feed: Feed) -> None:
    other = library.add_subscription(Subscription(url="https://annan.exempel/", title="Annan"))
    assert other is not None
    for number, entry in enumerate(entries(40)):
        keep(library, other.id if number % 3 else feed.id, entry)
    ids = list(library.listing(View()).ids)
    library.mark_read(ids[::6])
    had = library.listing(View(unread=True))
    newest = library.newest_id()
    library.delete_feed(other.id)
    library.mark_unread(ids[::6])
    grown = library.listing_grown(had, newest_id=newest)
    assert grown is not None
    there = set(library.listing(View()).ids)
    assert [id_ for id_ in grown.ids if id_ in there] == [id_ for id_ in ids if id_ in there]


def test_views_add_up(library: Library, feed: Feed) -> None:
    keep(library, feed.id, *entries(40))
    ids = list(library.listing(View()).ids)
    library.mark_read(ids[:10])
    library.star(ids[5:15])

    assert list(library.listing(View(unread=True)).ids) == ids[10:]
    assert list(library.listing(View(starred=True)).ids) == ids[5:15]
    assert list(library.listing(View(starred=True, unread=True, feed_id=feed.id)).ids) == ids[10:15]
    assert list(library.listing(View(month=202611, unread=True)).ids) == ids[10:23]
    assert list(library.listing(View(query="inlägg", starred=True, month=202611)).ids) == ids[5:15]
    assert list(library.listing(View(feed_id=99)).ids) == []


def test_entries_are_read_in_pages_between_dates(library: Library, feed: Feed) -> None:
    keep(library, feed.id, *entries(450))
    since, until = NOW - timedelta(days=420), NOW - timedelta(days=3)

    found = list(library.entries(View(), since=since, until=until))

    assert [entry.title for entry in found] == [f"Inlägg {n}" for n in range(3, 420)]
    assert len(list(library.entries(View(), limit=7))) == 7
    assert list(library.entries(View(), limit=0)) == []


def test_the_next_unread_entry_is_found_from_any_entry(library: Library, feed: Feed) -> None:
    keep(library, feed.id, *entries(300))
    ids = list(library.listing(View()).ids)
    library.mark_read(ids[1:290])

    for view in (View(unread=True), View(unread=True, query="inlägg")):
        assert library.next_in(view, ids[5], older=True) == ids[290]
        assert library.next_in(view, ids[5], older=False) == ids[0]
        assert library.next_in(view, ids[0], older=False) is None


def test_rows_of_deleted_entries_are_absent(library: Library, feed: Feed) -> None:
    keep(library, feed.id, *entries(3))
    ids = list(library.listing(View()).ids)

    assert [row.id for row in library.rows([ids[2], 999, ids[0]])] == [ids[2], ids[0]]
    with pytest.raises(NoSuchEntry):
        library.entry(999)


# --- marks ---------------------------------------------------------------------------------------


def test_marks_change_only_what_is_not_so_already_and_are_undone_one_by_one(
    library: Library, feed: Feed
) -> None:
    keep(library, feed.id, *entries(5))
    ids = list(library.listing(View()).ids)

    assert library.mark_read(ids[:2]).entry_ids == tuple(sorted(ids[:2]))
    assert set(library.mark_read(ids).entry_ids) == set(ids[2:])
    library.star(ids[:1])
    assert library.counts() == Counts(5, 0, 1)
    assert library.counts_by_feed() == {feed.id: Counts(5, 0, 1)}

    undone = [library.undo(), library.undo(), library.undo(), library.undo()]

    assert [step and (step.kind, len(step.entry_ids)) for step in undone] == [
        (MarkKind.UNSTARRED, 1),
        (MarkKind.UNREAD, 3),
        (MarkKind.UNREAD, 2),
        None,
    ]
    assert library.counts() == Counts(5, 5, 0)


def test_marks_of_what_was_deleted_are_passed_over(library: Library, feed: Feed) -> None:
    other = library.add_subscription(Subscription(url="https://annan.exempel/"))
    assert other is not None
    keep(library, feed.id, an_entry(guid="a"))
    keep(library, other.id, an_entry(guid="b"))
    (stays,) = library.listing(View(feed_id=feed.id)).ids
    (goes,) = library.listing(View(feed_id=other.id)).ids
    library.mark_read([stays])
    library.star([goes])
    library.mark_read([goes])
    library.delete_feed(other.id)

    undone = library.undo()
    assert undone is not None
    assert undone.entry_ids == (stays,)
    assert library.undo() is None


def test_the_last_mark_is_the_one_that_undo_takes_back(library: Library, feed: Feed) -> None:
    assert library.last_mark() is None
    other = library.add_subscription(Subscription(url="https://annan.exempel/feed"))
    assert other is not None
    keep(library, feed.id, *entries(2))
    keep(library, other.id, an_entry())
    kept, gone = (library.listing(View(feed_id=each.id)).ids for each in (feed, other))
    library.mark_read(kept)
    library.mark_unread(kept[:1])
    library.star(gone)
    library.delete_feed(other.id)  # what was marked there is passed over

    for kind, ids in ((MarkKind.UNREAD, kept[:1]), (MarkKind.READ, kept)):
        last = library.last_mark()
        assert last is not None
        assert (last.kind, set(last.entry_ids)) == (kind, set(ids))
        undone = library.undo()
        assert undone is not None
        assert set(undone.entry_ids) == set(ids)
    assert library.last_mark() is None


def test_undoing_unread_gives_back_the_time_it_was_read(
    library: Library, feed: Feed, clock: Clock
) -> None:
    keep(library, feed.id, an_entry())
    (entry_id,) = list(library.listing(View()).ids)
    library.mark_read([entry_id])
    clock.advance(days=3)
    library.mark_unread([entry_id])

    library.undo()

    assert library.entry(entry_id).is_read


def test_a_mark_is_seen_by_another_program_at_once(library: Library, feed: Feed) -> None:
    keep(library, feed.id, an_entry())
    (entry_id,) = list(library.listing(View()).ids)
    library.mark_read([entry_id])

    with library.opened_again() as other:
        assert other.entry(entry_id).is_read


def test_kept_counts_are_what_counting_gives(library: Library, feed: Feed) -> None:
    keep(library, feed.id, *entries(90))
    ids = list(library.listing(View()).ids)
    library.mark_read(ids[10:50])
    library.undo()
    library.mark_read(ids[20:45])
    library.star(ids[::7])

    unread = {entry.id for entry in library.entries(View()) if not entry.is_read}

    assert library.counts() == Counts(90, len(unread), len(ids[::7]))
    assert library.feed(feed.id).unread == len(unread)
    for count in library.months():
        month = list(library.listing(View(month=count.month)).ids)
        assert (count.total, count.unread) == (len(month), len(unread & set(month)))


# --- search, memory, files -----------------------------------------------------------------------


def test_a_search_counts_its_hits_by_month_and_feed(library: Library, feed: Feed) -> None:
    keep(library, feed.id, *entries(40), an_entry(guid="x", url="x", title="Ovanlig"))

    assert [
        (count.feed_id, count.month, count.total) for count in library.months(View(query="ovanlig"))
    ] == [(feed.id, 201805, 1)]


def test_what_the_screen_remembers_is_there_at_the_next_start(library: Library, feed: Feed) -> None:
    keep(library, feed.id, an_entry())
    (entry_id,) = list(library.listing(View()).ids)
    library.remember("view", "unread")
    library.keep_place(entry_id, 0.4)
    library.keep_place(999, 0.4)  # deleted meanwhile: nothing to keep, nothing wrong

    with library.opened_again() as other:
        assert other.recall("view") == "unread"
        assert other.recall("nothing") is None
        assert other.place(entry_id) == pytest.approx(0.4)

    library.keep_place(entry_id, 0)
    assert library.place(entry_id) == 0


def test_opml_comes_in_and_goes_out_with_its_folders(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "in.opml"
    path.write_bytes(
        b'<opml version="2.0"><body><outline text="Offentligt"><outline text="Regioner">'
        b'<outline text="En" xmlUrl="https://en.exempel/feed"/></outline></outline>'
        b'<outline text="Fil" xmlUrl="file:///etc/passwd"/></body></opml>'
    )

    report = library.import_file(path)
    again = library.import_file(path)

    assert (report.subscribed, again.subscribed, again.already) == (1, 0, 1)
    assert len(report.skipped) == 1
    assert library.feeds()[0].folder == "Offentligt/Regioner"
    (tmp_path / "out.opml").write_bytes(library.export_opml())
    with Library(tmp_path / "second.db") as second:
        assert second.import_file(tmp_path / "out.opml").subscribed == 1
        assert second.feeds()[0].folder == "Offentligt/Regioner"


@pytest.mark.parametrize("content", [b"<html></html>", b"", b"\xff\xfe\x00rubbish\x80", b"\n\n"])
def test_a_file_that_is_no_list_of_feeds_is_said_so(
    library: Library, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)

    with pytest.raises(DataError, match="file"):
        library.import_file(path)


def test_a_file_that_is_not_there_is_said_so(library: Library, tmp_path: Path) -> None:
    with pytest.raises(NoSuchFile):
        library.import_file(tmp_path / "missing")
    with pytest.raises(NoSuchFile, match="folder"):
        library.import_file(tmp_path)


def test_more_undated_entries_than_a_second_holds_keep_the_order_of_their_documents(
    library: Library,
) -> None:
    feed = library.add_subscription(Subscription(url="https://blogg.exempel/undated"))
    assert feed is not None
    undated = [replace(entry, published=None) for entry in entries(3 * SLOTS)]
    older, newer = undated[SLOTS - 20 :], undated[: SLOTS - 20]

    keep(library, feed.id, *older)  # all are first seen in the same second of a stopped clock
    keep(library, feed.id, *newer)

    guids = [library.entry(entry_id).guid for entry_id in list(library.listing(View()).ids)]
    assert len(guids) == len(set(guids)) == len(undated)
    kept = {entry.guid for entry in older}
    assert [guid for guid in guids if guid in kept] == [entry.guid for entry in older]
    assert [guid for guid in guids if guid not in kept] == [entry.guid for entry in newer]
