"""Searching on the screen: what is asked and stopped, what is offered, and where the hits are."""

from __future__ import annotations

import threading

import pytest
from textual.pilot import Pilot

from flodeslasare import i18n
from flodeslasare.errors import Stopped
from flodeslasare.library.library import Library
from flodeslasare.model import Listing, MonthCount, View
from flodeslasare.tui import phrases
from flodeslasare.tui.app import FeedReaderApp
from pilots import PATIENCE_SECONDS, press, settle, until
from tui.samples import NOW, StagedLibrary, an_entry
from tui.test_reader import WIDE, shown

# --- searches that are moot ----------------------------------------------------------------------

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


class Endless:
    """Makes some questions to the library endless, unless they are stopped, and notes what became of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *queries: str) -> None:
        self.asked: list[str] = []
        self.stopped: list[str] = []
        self._queries = queries
        really_list, really_count = Library.listing, Library.months

        def listing(library: Library, view: View, *, first: int | None = None) -> Listing:
            self._hold(f"list {view.query}", library)
            return really_list(library, view, first=first)

        def months(
            library: Library, view: View | None = None, *, unread: bool = True
        ) -> list[MonthCount]:
            self._hold(f"count {view.query if view else ''}", library)
            return really_count(library, view, unread=unread)

        monkeypatch.setattr(Library, "listing", listing)
        monkeypatch.setattr(Library, "months", months)

    def _hold(self, question: str, library: Library) -> None:
        self.asked.append(question)
        if question in self._queries:
            try:
                with library._database.stoppable():
                    library._database.value(ENDLESS)
            except Stopped:
                self.stopped.append(question)
                raise

    async def until_asked(self, pilot: Pilot[None], question: str) -> None:
        await until(pilot, lambda: question in self.asked, question)


async def test_the_next_key_stops_a_search_and_its_hits_are_those_of_what_was_typed_last(
    app: FeedReaderApp, filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = list(filled.listing(View(query="slakt")).ids)
    questions = Endless(monkeypatch, "list s", "list sl", "list sla")
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash")
        for typed in ("s", "sl", "sla"):
            await pilot.press(typed[-1])
            await questions.until_asked(pilot, f"list {typed}")
            assert app.reader.query_text == typed
        await pilot.press("k", "t")
        await settle(pilot)
        assert list(app.reader.entries.ids) == hits
        assert app.reader.entries.listing.view.query == "slakt"
        assert questions.stopped == ["list s", "list sl", "list sla"]
        assert app.reader.status.message == ""


async def test_counts_come_after_the_hits_and_give_way_to_the_next_key(
    app: FeedReaderApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = Endless(monkeypatch, "count sl")
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", "s", "l")
        await questions.until_asked(pilot, "count sl")
        assert app.reader.entries.listing.view.query == "sl"
        assert questions.asked.index("list sl") < questions.asked.index("count sl")
        await pilot.press("a")
        await settle(pilot)
        assert questions.stopped == ["count sl"]
        assert "HITS OVER TIME" in shown(app)


async def test_what_runs_is_stopped_when_one_leaves_the_search_or_the_program(
    app: FeedReaderApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = Endless(monkeypatch, "list s", "list t")
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", "s")
        await questions.until_asked(pilot, "list s")
        await pilot.press("escape")
        await settle(pilot)
        assert questions.stopped == ["list s"]
        assert len(app.reader.entries.ids) == 132
        await pilot.press("slash", "t")
        await questions.until_asked(pilot, "list t")
    # Its thread ends a little later.
    await until(pilot, lambda: len(questions.stopped) > 1, "the end of the question")
    assert questions.stopped == ["list s", "list t"]


async def test_a_burst_of_keys_asks_no_more_than_it_has_letters(
    app: FeedReaderApp, filled: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = list(filled.listing(View(query="kycklingslakteriet")).ids)
    questions = Endless(monkeypatch)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"kycklingslakteriet")
        await settle(pilot)
        searches = [question for question in questions.asked if question.startswith("list ")]
        assert len(searches) <= len("kycklingslakteriet") + 2
        assert list(app.reader.entries.ids) == hits


async def test_a_date_is_completed_though_the_archive_is_counted_later(
    app: FeedReaderApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    are_to_be_counted = threading.Event()
    really_count = Library.months

    def months(
        library: Library, view: View | None = None, *, unread: bool = True
    ) -> list[MonthCount]:
        if view is None:
            assert are_to_be_counted.wait(PATIENCE_SECONDS)
        return really_count(library, view, unread=unread)

    monkeypatch.setattr(Library, "months", months)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("slash", *"before:201", "tab")
        await pilot.pause()
        assert app.reader.search_bar.typed == "before:201"
        are_to_be_counted.set()
        await settle(pilot)
        assert app.reader.search_bar.typed == "before:2018"


# --- nothing matches -------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["enter", "number", "mouse"])
async def test_a_mistyped_word_is_put_right_by_a_choice(
    app: FeedReaderApp, filled: StagedLibrary, way: str
) -> None:
    hits = filled.listing(View(query="kycklingslakteriet")).ids
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"kyklingslakteriet")
        await settle(pilot)
        text = shown(app)
        assert "Nothing in the archive matches." in text
        assert f" 1  kycklingslakteriet  {len(hits)}" in text
        await pilot.press("enter")
        await settle(pilot)
        assert app.focused is app.reader.entries
        if way == "enter":
            await pilot.press("j", "k", "enter")
        elif way == "number":
            await pilot.press("1")
        else:
            await pilot.click(app.reader.entries, offset=(6, 5))
        await settle(pilot)
        assert app.reader.query_text == "kycklingslakteriet"
        assert app.reader.entries.ids == hits
        assert "kycklingslakteriet" in shown(app)


async def test_numbers_go_to_panes_where_nothing_is_offered(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"kycklingslakteriet", "enter", "1")
        await settle(pilot)
        assert app.reader.pane == "archive"


# --- narrowing -------------------------------------------------------------------------------------


async def test_a_month_narrows_a_search_and_the_keys_lead_on_to_the_next(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    hits = View(query="kycklingslakteriet")
    months = [month for month, _count in filled.listing(hits).months]
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"kycklingslakteriet")
        await press(pilot, "enter", "1", "l", "j", "l", "j")
        view = app.reader.view
        assert view.query == hits.query
        assert view.month is not None
        await pilot.press("2")
        older = [month for month in months if month < view.month][:3]
        assert older
        for month in older:
            await pilot.press("right_square_bracket")
            await settle(pilot)
            assert app.reader.view == hits.but(month=month)
            assert app.reader.entries.ids == filled.listing(hits.but(month=month)).ids
        await pilot.press("left_square_bracket")
        await settle(pilot)
        assert app.reader.view.month == months[months.index(older[-1]) - 1]


async def test_esc_leads_back_through_what_narrowed_a_search(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    hits = View(query="kyckling")
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"kyckling")
        await press(pilot, "enter", "1", "l", "j", "l", "j", "2", "]")
        month = app.reader.view.month
        assert month is not None
        entry_id = app.reader.entries.entry_id
        assert entry_id is not None
        await pilot.press("f")
        await settle(pilot)
        for view in (hits.but(month=month), hits, View()):
            assert app.reader.view != view
            await pilot.press("escape")
            await settle(pilot)
            assert app.reader.view == view
            assert app.reader.entries.ids == filled.listing(view).ids
        assert app.reader.entries.entry_id == entry_id


async def test_a_saved_search_narrows_another(app: FeedReaderApp, filled: StagedLibrary) -> None:
    filled.save_search("Resa", "after:2016")
    both = filled.listing(View(query="after:2016 kyckling")).ids
    assert 0 < len(both) < len(filled.listing(View(query="kyckling")).ids)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"kyckl")
        await press(pilot, "enter", "1", "j", "j", "j")
        assert app.reader.entries.ids == both
        assert app.reader.entries.words == "kyckl"
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert app.reader.view == View()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "No hits in {month} 2018, {n} in the whole archive."),
        ("sv", "Inga träffar i {month} 2018, {n} i hela arkivet."),
    ],
)
async def test_a_month_without_hits_says_so_and_how_many_there_are_elsewhere(
    app: FeedReaderApp, filled: StagedLibrary, language: str, said: str
) -> None:
    i18n.use_language(language)
    hits = filled.listing(View(query="handskar"))
    having = {month for month, _size in hits.months}
    month = next(
        month
        for month, _size in filled.listing(View()).months
        if month not in having and month // 100 == 2018
    )
    expected = said.format(month=phrases.month_name(month % 100), n=len(hits.ids))
    for size in (WIDE, (80, 24)):
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await pilot.press("slash", *"handskar", "enter")
            await settle(pilot)
            app.reader.base = View(month=month)
            await settle(pilot)
            assert app.reader.entries.empty_text == expected
            lines = [app.reader.entries.render_line(y).text.strip() for y in (1, 2)]
            assert " ".join(lines).strip() == expected
            await pilot.press("escape")
            await settle(pilot)
            assert app.reader.entries.ids == hits.ids
            await pilot.press("slash", *"x")
            app.reader.base = View(year=2018)
            await settle(pilot)
            assert app.reader.entries.empty_text == i18n._("Nothing in the archive matches.")
        app = FeedReaderApp(filled, now=lambda: NOW)


async def test_a_search_without_unread_hits_says_how_to_see_all(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    filled.mark_read(filled.listing(View()).ids)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"handskar", "enter", "f")
        await settle(pilot)
        assert "No unread hits here. f shows all." in shown(app)


async def test_a_mistyped_operator_is_told_and_mended(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"is:unre")
        await settle(pilot)
        assert "is searched for" not in shown(app)
        await pilot.press(*"dd")
        await settle(pilot)
        assert len(app.reader.entries.ids) == 0
        assert (
            shown(app).count("`is:unredd` is searched for") == 1
        )  # in the list, and not above it too
        assert "Choose an entry" not in shown(app)  # there is none
        await pilot.press("enter", "enter")
        await settle(pilot)
        assert app.reader.query_text == "is:unread"
        assert len(app.reader.entries.ids) == 3
        assert "is searched for" not in shown(app)


async def test_a_long_query_is_read_from_its_beginning_and_typed_on_at_its_end(
    app: FeedReaderApp,
) -> None:
    typed = "upphandling OR läkemedel OR avtal OR kyckling OR handskar"
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *("space" if letter == " " else letter for letter in typed))
        await settle(pilot)
        assert "/ upphandling" not in shown(app)
        await pilot.press("enter")
        await settle(pilot)
        (line,) = [line for line in shown(app).splitlines() if "/ upphandling OR läkemedel" in line]
        assert "…  132 hits" in line or "… 132 hits" in line, line
        await pilot.press("slash")
        await settle(pilot)
        assert "kyckling OR handskar" in shown(app)


async def test_a_query_that_was_left_has_what_room_there_is(app: FeedReaderApp) -> None:
    """While one types there is room for the number of all entries, should they all be hits."""
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "slash", *"upphandlingxyzzy iss", "enter")
        (line,) = [line for line in shown(app).splitlines() if "/ upphandling" in line]
        assert "/ upphandlingxyzzy iss  no hits" in line


async def test_a_name_that_nothing_has_is_told(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"feed:hållb")
        await settle(pilot)
        assert len(app.reader.entries.ids) == 132
        await pilot.press("x", "space", *"search:y")
        await settle(pilot)
        said = "No feed is called hållbx · no saved search is called y."
        assert app.reader.entries.empty_text == said
        await pilot.press("escape", "slash", *"xyzzy")
        await settle(pilot)
        assert app.reader.entries.empty_text != said


async def test_a_mistyped_operator_is_told_beside_hits(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    (feed, *_others) = filled.feeds()
    filled.keep(feed.id, an_entry(900, title="Före jul"))
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"före:jul")
        await settle(pilot)
        assert len(app.reader.entries.ids) == 1
        assert "`före:jul` is searched for as words" in shown(app)
        filled.mark_read(app.reader.entries.ids)
        await pilot.press("enter", "f")
        await settle(pilot)
        assert app.reader.entries.empty_text == "No unread hits here. f shows all."


async def test_where_hits_came_in_the_keys_move_among_them(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    (feed, *_others) = filled.feeds()
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "slash", *"kycklingslakteriat", "enter")
        entries = app.reader.entries
        assert [offer.word for offer in entries.offers] == ["kycklingslakteriet"]
        filled.keep(
            feed.id,
            *(an_entry(900 + n, guid=f"ny-{n}", title="Kycklingslakteriat") for n in range(2)),
        )
        await press(pilot, "full_stop", "j")
        assert (len(entries.ids), entries.cursor) == (2, 1)


@pytest.mark.parametrize("size", [(60, 20), WIDE], ids=["one pane", "three panes"])
async def test_tab_out_of_a_search_without_hits_takes_the_keys_along(
    app: FeedReaderApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        reader = app.reader
        await press(pilot, "slash", *"zzzz", "tab")
        assert (reader.pane, reader.focused) == ("list", reader.entries)
        await press(pilot, "tab")
        assert (reader.pane, reader.focused) == ("reading", reader.text)
        await press(pilot, "escape")
        assert (reader.pane, reader.focused) == ("list", reader.entries)


async def test_words_are_offered_with_the_number_of_hits_they_stand_in(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"before:2017 kyckl")
        await settle(pilot)
        hits = len(app.reader.entries.ids)
        assert 0 < hits < len(filled.listing(View(query="kyckl")).ids)
        offers = app.reader.search_bar.offers
        assert [(offer.word, offer.hits) for offer in offers] == [("kycklingslakteriet", hits)]
        await pilot.press("tab", "enter")
        await settle(pilot)
        assert app.reader.query_text == "before:2017 kycklingslakteriet"
        assert len(app.reader.entries.ids) == hits


async def test_beside_hits_stands_no_other_count(app: FeedReaderApp) -> None:
    def unread_line() -> str:
        return next(line[:30] for line in shown(app).splitlines() if "Unread" in line[:30])

    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        before = unread_line().split()
        await pilot.press("slash", *"kyckling")
        await settle(pilot)
        assert before[-1].isdecimal()
        assert not unread_line().split()[-1].isdecimal()


async def test_the_mouse_narrows_by_the_histogram_and_by_feed(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"kyckling", "enter")
        await settle(pilot)
        lines = [line[:30] for line in shown(app).splitlines()]
        feed = next(n for n, line in enumerate(lines) if "hållbarupphandling" in line)
        assert lines[feed].split()[-1] == f"{len(filled.listing(View(query='kyckling')).ids)}"
        bars = next(n for n, line in enumerate(lines) if "HITS OVER TIME" in line) + 2
        await pilot.click(offset=(27, bars))
        await settle(pilot)
        assert app.reader.view == View(query="kyckling", year=2018)
        lines = [line[:30] for line in shown(app).splitlines()]
        feed = next(n for n, line in enumerate(lines) if "hållbarupphandling" in line)
        await pilot.click(offset=(8, feed))
        await settle(pilot)
        assert app.reader.view.feed_id is not None
        assert app.reader.view.query == "kyckling"


async def test_n_goes_from_hit_to_hit_and_on_to_the_next_text(
    app: FeedReaderApp, filled: StagedLibrary
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"kyckling", "enter", "enter")
        await settle(pilot)
        text = app.reader.text
        count = len(text._all_hits())
        assert count >= 1
        for number in range(count):
            await pilot.press("n")
            assert text._current_hit == number
        await pilot.press("n")
        await settle(pilot)
        assert app.reader.entries.cursor == 1
        assert text.entry is not None
        assert text.entry.id == app.reader.entries.entry_id
        assert text._current_hit == 0
        await pilot.press("N")
        await settle(pilot)
        assert app.reader.entries.cursor == 0
        assert text._current_hit == len(text._all_hits()) - 1
