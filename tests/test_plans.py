"""Every statement on a hot path walks an index: what SQLite plans is read, not hoped for.

The statements are recorded while the library is used, so a new one is covered by itself. Nothing was counted
by ANALYZE, as in a person's library: the plans must be right without.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders import NOW, an_entry, as_new, entries
from flodeslasare.documents import ParsedFeed, Subscription
from flodeslasare.library import Library
from flodeslasare.library.steps import store_document
from flodeslasare.model import View
from flodeslasare.storage import EntryStore, FeedStore, SearchIndex, open_database
from flodeslasare.storage.database import Database

FEEDS = 12
EACH = 250

INDEXES = {
    "articles_due",
    "entries_by_url",
    "entries_newest",
    "entries_of_feed",
    "entries_sort_key",
    "entries_starred",
    "entries_unread",
    "entries_unread_of_feed",
    "fetches_by_feed",
    "search_words_dotted",
    "versions_by_entry",
}
"""Those of the schema that are made for a question."""

FOLDER = View(folder="Offentligt")
VIEWS = [
    *[View(), View(unread=True), View(starred=True), View(feed_id=3)],
    *[View(feed_id=3, unread=True), View(feed_id=3, starred=True)],
    *[View(month=202610), View(month=202610, unread=True), View(year=2026, feed_id=3)],
    *[View(year=2026, starred=True), View(feed_id=3, month=202610, unread=True)],
    *[FOLDER, FOLDER.but(unread=True), FOLDER.but(month=202610)],
]
QUERIES = [
    "krav",
    "a",
    "-krav",
    "krav feed:3",
    "krav is:unread",
    "before:2026-10 krav",
    '"krav och"',
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of three thousand entries in twelve feeds and two folders."""
    path = tmp_path_factory.mktemp("plans") / "library.db"
    with Library(path, now=lambda: NOW) as library:
        for number in range(FEEDS):
            feed = library.add_subscription(
                Subscription(
                    url=f"https://blogg-{number}.exempel/feed",
                    title=f"Blogg {number}",
                    folder=("Offentligt", "Offentligt/Regioner", None)[number % 3],
                )
            )
            assert feed is not None
        with closing(open_database(path, durable=False)) as database, database.writing():
            store = EntryStore(database, SearchIndex(database))
            for feed_id in range(1, FEEDS + 1):
                made = [
                    as_new(
                        an_entry(
                            guid=f"g-{number}",
                            url=f"https://blogg-{feed_id}.exempel/{number}",
                            title=f"Krav {number % 7}" if number % 3 else "Annat",
                            text=f"Text om krav och annat {number}",
                            published=NOW - timedelta(hours=8 * number, minutes=feed_id),
                        )
                    )
                    for number in range(EACH)
                ]
                store.add(feed_id, made, NOW)
        library.mark_read(library.listing(View()).ids[::5])
        library.star(library.listing(View()).ids[::7])
        library.save_search("Krav", "krav")
    return path


@pytest.fixture
def library(path: Path) -> Iterator[Library]:
    with Library(path, now=lambda: NOW) as opened:
        yield opened


def plans(database: Database, ask: Callable[[], object]) -> dict[str, list[str]]:
    """Give the steps of all statements that are run."""
    asked: list[str] = []
    database.connection.set_trace_callback(asked.append)
    try:
        ask()
    finally:
        database.connection.set_trace_callback(None)
    ours = [
        sql
        for sql in dict.fromkeys(asked)
        if re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT|WITH)\b", sql)
        and "'main'." not in sql  # FTS5's own
    ]
    assert ours
    return {
        sql: [row["detail"] for row in database.rows(f"EXPLAIN QUERY PLAN {sql}")] for sql in ours
    }


def flaws(database: Database, ask: Callable[[], object]) -> list[str]:
    """Give the steps that look at more than they need, of all statements that are run."""
    return [
        f"{step}: {sql}"
        for sql, plan in plans(database, ask).items()
        for step in plan
        if is_flaw(step, plan, sql)
    ]


def is_flaw(step: str, plan: list[str], sql: str) -> bool:
    """Tell whether a step looks at all entries, or sorts more than what was asked for by name."""
    if re.match(r"SCAN (entries|texts|versions)\b", step):
        # Walking an index in its order is how a list is read; it ends with the page.
        is_count = "COVERING" in step and "entries.month) * 2" in sql  # of what a query leaves out
        return "INDEX" not in step or not (is_count or re.search(r"ORDER BY|\bLIMIT\b", sql))
    if "TEMP B-TREE" in step and "UNION" not in step:
        is_of_few = plan[0].startswith(("SCAN json_each", "SCAN wanted"))
        return not (is_of_few or "GROUP BY" in sql or "month_counts" in sql or "FROM feeds" in sql)
    return False


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_lists_are_walked_along_an_index(library: Library, view: View) -> None:
    def ask() -> None:
        library.listing(view, first=200)
        ids = library.listing(view).ids
        assert ids
        library.rows(ids[:64])
        for at in (0, len(ids) // 2, -1):
            for older in (True, False):
                library.next_in(view, ids[at], older=older)
                library.next_in(view.but(unread=True), ids[at], older=older)
            library.listing_as_far_as(view, [ids[at]], first=10)
        list(library.entries(view, limit=250, until=datetime(2026, 9, 1, tzinfo=UTC)))

    assert flaws(library._database, ask) == []


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("view", [View(), View(unread=True), View(feed_id=3), FOLDER], ids=str)
def test_hits_are_walked_along_an_index(
    library: Library, view: View, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flodeslasare.storage.search.FEW_ENTRIES", 3)
    view = view.but(query=query)

    def ask() -> None:
        ids = library.listing(view, first=50).ids
        library.passages(ids, query)
        library.listing(view)
        library.listing(view.but(order="best"), first=50)
        if ids:
            library.next_in(view, ids[0], older=True)
            library.next_in(view, ids[-1], older=False)
        library.months(view)
        library.count("search:krav")
        library.matching_words(query)
        library.suggestions(query)

    assert flaws(library._database, ask) == []


def test_start_and_reading_look_up_what_they_show(library: Library) -> None:
    def ask() -> None:
        library.recall("screen.view")
        library.feeds()
        library.counts()
        library.months()
        library.saved_searches()
        (entry_id,) = library.listing(View(), first=1).ids
        library.entry(entry_id)
        library.place(entry_id)
        library.earlier_versions(entry_id)
        library.related(entry_id)

    assert flaws(library._database, ask) == []


def test_whole_texts_are_looked_for_along_an_index(library: Library) -> None:
    def ask() -> None:
        assert library.articles_of_feed(3)
        library.due_articles()
        library.due_articles([3])

    assert flaws(library._database, ask) == []
    assert not [
        step
        for plan in plans(library._database, ask).values()
        for step in plan
        if re.match(r"SCAN (articles|entries)\b(?!.*articles_due)", step)
    ]


def test_every_index_serves_a_question(path: Path) -> None:
    """So that this fails, and not the reader's patience, when one is gone or no longer fits what it was made for."""
    with closing(open_database(path)) as database, Library(path) as library:
        there = {
            row["name"]
            for row in database.rows("SELECT name FROM sqlite_master WHERE type = 'index'")
            if not row["name"].startswith(("sqlite_", "idx__sqlite_migrations"))
        }
        assert there == INDEXES
        (entry_id,) = library.listing(View(), first=1).ids

        def ask() -> None:
            for view in VIEWS:
                library.listing(view, first=10)
            library.names()
            library.listing(View(query='"krav och annat"'), first=10)
            library.earlier_versions(entry_id)
            FeedStore(library._database).history(3)
            library.due_articles()
            FeedStore(library._database).fetched_since(
                3, FeedStore(library._database).newest_fetch()
            )
            document = ParsedFeed(title=None, site_url=None, entries=tuple(entries(30)))
            store_document(library._database, 4, document, NOW)

        steps = [step for plan in plans(library._database, ask).values() for step in plan]
        assert {
            name for step in steps for name in re.findall(r"USING (?:COVERING )?INDEX (\w+)", step)
        } >= INDEXES


def test_marks_look_up_what_they_change(library: Library) -> None:
    def ask() -> None:
        ids = library.listing(View(), first=500).ids
        library.mark_read(ids)
        library.star(ids[:3])
        library.undo()
        library.undo()
        library.keep_place(ids[0], 0.5)

    assert flaws(library._database, ask) == []


def test_a_refresh_looks_up_what_it_may_know(path: Path) -> None:
    with closing(open_database(path)) as database:

        def ask() -> None:
            FeedStore(database).fetch_states(None, NOW)
            with database.writing():
                document = ParsedFeed(title=None, site_url=None, entries=tuple(entries(30)))
                assert store_document(database, 2, document, NOW) == (30, 0)
                changed = [an_entry(guid=f"g-{number}", text="Ändrat") for number in range(5)]
                store_document(
                    database, 2, ParsedFeed(title=None, site_url=None, entries=tuple(changed)), NOW
                )

        assert flaws(database, ask) == []
