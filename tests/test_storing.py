"""The writing half of a refresh: steps that wait are stored together, and none costs another its turn."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from builders import NOW, an_entry, entries
from flodeslasare.documents import ParsedFeed, Subscription
from flodeslasare.errors import Busy, FeedError
from flodeslasare.library import Library, writing
from flodeslasare.library.steps import store_document
from flodeslasare.library.storing import InThread, Storing
from flodeslasare.library.writing import TOGETHER, Step
from flodeslasare.model import FeedResult, RefreshStatus, View
from flodeslasare.storage import Database, EntryStore, FeedStore, SearchIndex, open_database


@pytest.fixture
async def run(library: Library) -> AsyncIterator[Storing[Step]]:
    made: Storing[Step] = Storing(InThread(library.path))
    yield made
    await made.aclose()


def feeds(library: Library, number: int) -> list[int]:
    made = [
        library.add_subscription(Subscription(url=f"https://blogg{n}.exempel/"))
        for n in range(number)
    ]
    return [feed.id for feed in made if feed is not None]


def bringing(feed_id: int, number: int) -> Step:
    """Store a document of so many entries."""

    def step(database: Database, index: SearchIndex) -> FeedResult:
        document = ParsedFeed(
            title=f"Flöde {feed_id}", site_url=None, entries=tuple(entries(number))
        )
        new, updated = store_document(database, feed_id, document, NOW, index=index)
        return FeedResult(
            feed_id=feed_id, url="", title="", status=RefreshStatus.OK, new=new, updated=updated
        )

    return step


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the library as another program would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Take down each transaction that is begun."""
    begun: list[str] = []

    def watched(path: Path, **options: Any) -> Database:
        database = open_database(path, **options)
        database.connection.set_trace_callback(
            lambda sql: begun.append(sql) if sql == "BEGIN IMMEDIATE" else None
        )
        return database

    monkeypatch.setattr(writing, "open_database", watched)
    return begun


async def test_feeds_that_wait_are_stored_in_few_transactions(
    library: Library, run: Storing[Step], begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "HOLD_SECONDS", 60.0)
    ids = feeds(library, 3 * TOGETHER)

    results = await asyncio.gather(*(run.store(bringing(feed_id, 2)) for feed_id in ids))

    assert [result.new for result in results] == [2] * len(ids)
    assert len(begun) == 3
    assert library.counts().total == 2 * len(ids)
    assert len(library.listing(View(query="inlägg")).ids) == 2 * len(ids)


async def test_feeds_that_come_soon_after_another_are_waited_for(
    library: Library, run: Storing[Step], begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "GATHER_SECONDS", 60.0)
    monkeypatch.setattr(writing, "HOLD_SECONDS", 60.0)

    async def in_turn(number: int, feed_id: int) -> FeedResult:
        await asyncio.sleep(0.01 * number)
        return await run.store(bringing(feed_id, 2))

    async with asyncio.timeout(30):
        await asyncio.gather(*map(in_turn, range(TOGETHER), feeds(library, TOGETHER)))

    assert len(begun) == 1


async def test_the_end_is_not_waited_with(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "GATHER_SECONDS", 60.0)
    run: Storing[Step] = Storing(InThread(library.path))
    (feed_id,) = feeds(library, 1)
    storing = asyncio.create_task(run.store(bringing(feed_id, 2)))
    await asyncio.sleep(0.05)

    async with asyncio.timeout(30):
        await run.aclose()

    storing.cancel()


async def test_a_transaction_that_has_taken_long_takes_no_more_feeds(
    library: Library, run: Storing[Step], begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "HOLD_SECONDS", 0.0)

    results = await asyncio.gather(
        *(run.store(bringing(feed_id, 2)) for feed_id in feeds(library, 3))
    )

    assert [result.new for result in results] == [2, 2, 2]
    assert len(begun) == 3


async def test_a_step_that_fails_costs_the_others_nothing(
    library: Library, run: Storing[Step]
) -> None:
    ids = feeds(library, 3)

    def halfway(database: Database, index: SearchIndex) -> FeedResult:
        bringing(ids[1], 5)(database, index)
        raise ValueError("a bug")

    def gone(_database: Database, _index: SearchIndex) -> FeedResult:
        raise FeedError("https://borta.exempel/", "deleted")

    first, second, third, last = await asyncio.gather(
        run.store(bringing(ids[0], 2)),
        run.store(halfway),
        run.store(gone),
        run.store(bringing(ids[2], 3)),
        return_exceptions=True,
    )

    assert isinstance(first, FeedResult)
    assert isinstance(second, ValueError)
    assert isinstance(third, FeedError)
    assert isinstance(last, FeedResult)
    assert [feed.total for feed in sorted(library.feeds(), key=lambda feed: feed.id)] == [2, 0, 3]
    assert len(library.listing(View(query="inlägg")).ids) == 5


async def test_another_program_is_waited_for_and_that_is_told(library: Library) -> None:
    (feed_id,) = feeds(library, 1)
    told = asyncio.Event()
    run: Storing[Step] = Storing(InThread(library.path), on_wait=told.set)

    with locked(library.path):
        waiting = asyncio.create_task(run.store(bringing(feed_id, 4)))
        await told.wait()
        assert not waiting.done()
    result = await waiting
    await run.aclose()

    assert result.new == 4


async def test_patience_ends_in_words(
    library: Library, run: Storing[Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PATIENCE_SECONDS", 0.0)
    (feed_id,) = feeds(library, 1)

    with locked(library.path), pytest.raises(Busy, match="another program"):
        await run.store(bringing(feed_id, 4))

    assert library.counts().total == 0
    assert (await run.store(bringing(feed_id, 4))).new == 4


async def test_an_edit_and_what_is_new_stay_in_step_with_the_index(
    library: Library, run: Storing[Step]
) -> None:
    one, other = feeds(library, 2)
    await run.store(bringing(one, 3))

    def edit(database: Database, index: SearchIndex) -> FeedResult:
        bringing(other, 3)(database, index)
        edited = an_entry(guid=entries(1)[0].guid, title="Kriterier för textil", text="Tvätt.")
        document = ParsedFeed(title=None, site_url=None, entries=(edited,))
        store_document(database, one, document, NOW, index=index)
        return FeedResult(feed_id=one, url="", title="", status=RefreshStatus.OK)

    await run.store(edit)

    assert len(library.listing(View(query="textil")).ids) == 1
    with closing(open_database(library.path)) as database:
        assert SearchIndex(database).check().is_sound


def naming(feed_id: int, word: str) -> Step:
    """Store one entry with a word of its own."""

    def step(database: Database, index: SearchIndex) -> FeedResult:
        entry = an_entry(guid=f"{feed_id}-{word}", title=word, url=None)
        document = ParsedFeed(title=None, site_url=None, entries=(entry,))
        store_document(database, feed_id, document, NOW, index=index)
        return FeedResult(feed_id=feed_id, url="", title="", status=RefreshStatus.OK)

    return step


async def test_words_that_another_program_has_dropped_are_brought_again(
    library: Library, run: Storing[Step]
) -> None:
    one, other = feeds(library, 2)
    await run.store(naming(one, "sparris"))
    with closing(open_database(library.path)) as database:
        FeedStore(database).unsubscribe(one, NOW)
        index = SearchIndex(database)
        EntryStore(database, index).delete_of_feed(one)
        index.rebuild()

    await run.store(naming(other, "sparris"))

    assert len(library.listing(View(query="parri")).ids) == 1


def test_words_that_were_taken_back_are_brought_again(library: Library) -> None:
    one, other = feeds(library, 2)
    with closing(open_database(library.path)) as database:
        index = SearchIndex(database)
        with suppress(ValueError), database.writing():
            with index.gathering():
                naming(one, "sparris")(database, index)
            raise ValueError("a bug")

        with index.gathering():
            naming(other, "sparris")(database, index)

    assert len(library.listing(View(query="parri")).ids) == 1
