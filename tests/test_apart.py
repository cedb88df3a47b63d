"""The writer in a process of its own: it stores what the one in a thread does, and its end is nobody's loss."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from pytest_httpserver import HTTPServer

from builders import (
    NOW,
    PATIENCE_SECONDS,
    ends_soon,
    entries,
    helper_of_a_killed_reader,
    is_running,
    loaded_by,
)
from flodeslasare.documents import FetchState, ParsedFeed, ReplyKind, Subscription
from flodeslasare.errors import Busy, FeedError, NewerFile, StorageError
from flodeslasare.fetching import wire
from flodeslasare.i18n import _, stored, use_language
from flodeslasare.library import Library
from flodeslasare.library._writer import SentError, SentStep
from flodeslasare.library.apart import InProcess
from flodeslasare.library.steps import StoreFailure, StoreReply
from flodeslasare.library.storing import InThread, Storing
from flodeslasare.model import FeedResult, RefreshStatus, View
from flodeslasare.processes import Helper
from flodeslasare.storage import SearchIndex, open_database
from flodeslasare.storage.database import Checkpoints


class Apart:
    """A writer that a test can look at."""

    def __init__(self, path: Path) -> None:
        self.place = InProcess(path)
        self.waits = asyncio.Event()
        self.storing: Storing[SentStep] = Storing(self.place, on_wait=self.waits.set)

    async def pid(self) -> int:
        helper = await self.place.start()
        assert helper is not None
        return helper.pid


@pytest.fixture
async def apart(library: Library) -> AsyncIterator[Apart]:
    made = Apart(library.path)
    yield made
    await made.storing.aclose()


def feeds(library: Library, number: int) -> list[int]:
    made = [
        library.add_subscription(Subscription(url=f"https://blogg{n}.exempel/"))
        for n in range(number)
    ]
    return [feed.id for feed in made if feed is not None]


def a_state(feed_id: int) -> FetchState:
    return FetchState(feed_id=feed_id, url=f"https://blogg{feed_id}.exempel/", due=NOW)


def bringing(feed_id: int, number: int, document: wire.Encoded | None = None) -> StoreReply:
    made = ParsedFeed(
        title=f"Flöde {feed_id}",
        site_url=None,
        entries=tuple(entries(number)),
    )
    return StoreReply(
        state=a_state(feed_id),
        title="",
        kind=ReplyKind.OK,
        document=tuple(wire.parts_of(made)) if document is None else document,
        now=NOW,
        chance=0.5,
        usual_seconds=1800.0,
        etag='"1"',
    )


async def test_it_stores_what_the_one_in_a_thread_does(
    library: Library, apart: Apart, tmp_path: Path
) -> None:
    with Library(tmp_path / "other.db") as other:
        ids = feeds(library, 9)
        assert feeds(other, 9) == ids
        thread: Storing[SentStep] = Storing(InThread(other.path))
        steps: list[SentStep] = [bringing(feed_id, 3) for feed_id in ids[1:]]
        steps.append(
            StoreFailure(
                state=a_state(ids[0]),
                title="Ett",
                reason=stored("the server says 500"),
                now=NOW,
                chance=0.5,
            )
        )

        here = await asyncio.gather(*(apart.storing.store(step) for step in steps))
        there = await asyncio.gather(*(thread.store(step) for step in steps))
        await thread.aclose()

        assert here == there
        assert [result.new for result in here] == [3] * 8 + [0]
        assert library.feeds() == [replace(feed, added=NOW) for feed in other.feeds()]
        assert library.counts() == other.counts()
    assert len(library.listing(View(query="inlägg")).ids) == 24
    with closing(open_database(library.path)) as database:
        assert SearchIndex(database).check().is_sound


async def test_a_document_that_makes_no_sense_is_its_feed_s_failure(
    library: Library, apart: Apart
) -> None:
    (feed_id,) = feeds(library, 1)

    result = await apart.storing.store(bringing(feed_id, 1, document=(b"\xc1",)))

    assert result.status is RefreshStatus.ERROR
    assert result.error is not None
    assert "makes no sense" in result.error
    assert library.feed(feed_id).failures == 1


async def test_errors_come_through(library: Library, apart: Apart) -> None:
    (feed_id,) = feeds(library, 1)

    gone, bug, well = await asyncio.gather(
        apart.storing.store(bringing(99, 1)),
        apart.storing.store(bringing(2**63, 1)),
        apart.storing.store(bringing(feed_id, 2)),
        return_exceptions=True,
    )

    assert isinstance(gone, FeedError)
    assert "was deleted" in gone.reason
    assert isinstance(bug, RuntimeError)
    assert "OverflowError" in str(bug)
    assert not isinstance(well, BaseException)
    assert well.new == 2


async def test_it_speaks_the_language_of_the_reader(library: Library) -> None:
    use_language("sv")
    try:
        apart = Apart(library.path)
        with pytest.raises(FeedError, match="togs bort"):
            await apart.storing.store(bringing(99, 1))
        await apart.storing.aclose()
    finally:
        use_language("en")


async def test_another_program_is_waited_for_and_that_is_told(
    library: Library, apart: Apart
) -> None:
    (feed_id,) = feeds(library, 1)

    with closing(sqlite3.connect(library.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(apart.storing.store(bringing(feed_id, 4)))
        await asyncio.wait_for(apart.waits.wait(), PATIENCE_SECONDS)
        assert not waiting.done()

    assert (await waiting).new == 4


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
async def test_killed_it_costs_what_it_had_not_stored_and_says_so(
    library: Library, apart: Apart
) -> None:
    one, other = feeds(library, 2)
    await apart.storing.store(bringing(one, 3))
    pid = await apart.pid()
    os.kill(pid, signal.SIGSTOP)
    waiting = asyncio.create_task(apart.storing.store(bringing(other, 3)))
    await asyncio.sleep(0.05)  # so that it is on its way

    os.kill(pid, signal.SIGKILL)

    with pytest.raises(StorageError, match="nothing was lost: refresh again"):
        await waiting
    with pytest.raises(StorageError, match="refresh again"):
        await apart.storing.store(bringing(other, 3))
    assert library.counts().total == 3
    again = Apart(library.path)
    assert (await again.storing.store(bringing(other, 3))).new == 3
    await again.storing.aclose()


async def test_closing_ends_it_soon_and_keeps_whole_feeds(library: Library) -> None:
    ids = feeds(library, 60)
    apart = Apart(library.path)
    await apart.storing.store(bringing(ids[0], 5))
    helper = await apart.place.start()
    assert helper is not None

    with closing(sqlite3.connect(library.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # so that it has much to do when it is to end
        others = [asyncio.create_task(apart.storing.store(bringing(n, 400))) for n in ids[1:]]
        await apart.waits.wait()
        for task in others:
            task.cancel()
        ending = asyncio.create_task(apart.storing.aclose())
        await asyncio.sleep(0.1)  # so that it has been told
    await ending

    assert helper.code == 0  # it was not killed
    counts = [feed.total for feed in library.feeds()]
    assert set(counts) <= {0, 5, 400}
    assert counts.count(400) < 40


async def test_where_no_process_can_be_started_a_thread_does_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    (feed_id,) = feeds(library, 1)
    apart = Apart(library.path)

    result = await apart.storing.store(bringing(feed_id, 2))
    await apart.storing.aclose()

    assert result.new == 2
    assert await apart.place.start() is None


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_it_ends_when_the_reader_is_killed(tmp_path: Path) -> None:
    library = tmp_path / "library.db"
    program = (
        "import asyncio, os, signal\n"
        "from pathlib import Path\n"
        "from flodeslasare.library.apart import InProcess\n"
        "async def main():\n"
        f"    helper = await InProcess(Path({str(library)!r})).start()\n"
        "    print(helper.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    assert ends_soon(helper_of_a_killed_reader(program))


def test_it_imports_little() -> None:
    heavy = (
        *("asyncio", "httpx", "feedparser", "lxml", "nh3", "textual", "click", "sqlite_utils"),
        "flodeslasare.library.library",
    )

    assert loaded_by("flodeslasare.library._writer", *heavy) == []


def test_the_log_is_copied_into_the_file_while_another_connection_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checkpoints, "EVERY_SECONDS", 0.01)
    path = tmp_path / "library.db"
    with closing(open_database(path, durable=False)) as database:
        before = path.stat().st_size
        with Checkpoints(path):
            database.run("CREATE TABLE much (text)")
            database.run("INSERT INTO much VALUES (zeroblob(3000000))")
            until = time.monotonic() + PATIENCE_SECONDS
            while path.stat().st_size < before + 3_000_000 and time.monotonic() < until:
                time.sleep(0.01)
        assert path.stat().st_size > before + 3_000_000


A_WRITER_THAT = """
import os, sys
from flodeslasare.frames import frame, frames_from, pipes
from flodeslasare.library import _writer

requests, answers = pipes()
{does}
"""


@pytest.mark.parametrize(
    "does",
    [
        "sys.exit(3)",
        "os.abort()",
        "answers.write(frame(b'flodeslasare 0.0')); answers.flush(); list(frames_from(requests))",
    ],
    ids=["ends", "is killed", "is of another version"],
)
async def test_where_the_process_does_not_begin_a_thread_does_it(
    library: Library,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    does: str,
) -> None:
    pretend(tmp_path, monkeypatch, does)
    (feed_id,) = feeds(library, 1)
    apart = Apart(library.path)

    result = await apart.storing.store(bringing(feed_id, 2))
    await apart.storing.aclose()

    assert result.new == 2
    assert "did not begin" in caplog.text


@pytest.mark.parametrize(
    ("does", "what"),
    [
        (
            "next(frames_from(requests)); answers.write(frame(b'\\xc1')); answers.flush(); list(frames_from(requests))",
            "",
        ),
        ("next(frames_from(requests)); sys.exit(3)", "refresh again"),
    ],
    ids=["talks nonsense", "ends"],
)
async def test_a_process_that_goes_wrong_later_is_told_of_and_ended(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, what: str
) -> None:
    pretend(tmp_path, monkeypatch, f"answers.write(frame(_writer.HELLO)); answers.flush(); {does}")
    one, other = feeds(library, 2)
    apart = Apart(library.path)

    async with asyncio.timeout(PATIENCE_SECONDS):
        outcomes = await asyncio.gather(
            apart.storing.store(bringing(one, 2)),
            apart.storing.store(bringing(other, 2)),
            return_exceptions=True,
        )
        pid = await apart.pid()
        await apart.storing.aclose()

    assert all(isinstance(outcome, Exception) and what in str(outcome) for outcome in outcomes)
    assert not is_running(pid)


def pretend(folder: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """Let another program be started in place of the writer."""
    (folder / "another_writer.py").write_text(A_WRITER_THAT.format(does=does), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    start = Helper.start

    async def started(_module: str, *arguments: str) -> Helper:
        return await start("another_writer", *arguments)

    monkeypatch.setattr(Helper, "start", started)


async def test_a_request_that_nobody_can_read_ends_it_in_words(library: Library) -> None:
    (feed_id,) = feeds(library, 1)
    apart = Apart(library.path)
    helper = await apart.place.start()
    assert helper is not None
    waiting = asyncio.create_task(apart.storing.store(bringing(feed_id, 2)))
    await waiting

    await helper.send(b"\xc1")
    async with asyncio.timeout(PATIENCE_SECONDS):
        outcome: object = None
        while not isinstance(outcome, Exception):
            (outcome,) = await asyncio.gather(
                apart.storing.store(bringing(feed_id, 2)), return_exceptions=True
            )
        await apart.storing.aclose()

    assert isinstance(outcome, RuntimeError)
    assert "DecodeError" in str(outcome)
    assert helper.code == 0


@pytest.mark.parametrize(
    "error",
    [
        Busy("library.db: another program is using it"),
        StorageError("udda\udce5.db: the disk is full"),
        FeedError("https://a.exempel/", _("it is not well-formed XML")),
        NewerFile("library.db: newer"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_is_the_same_on_the_other_side(error: Exception) -> None:
    made = SentError.of(error).made()

    assert type(made) is type(error)
    assert str(made) == str(error).replace("\udce5", "?")


async def test_a_bug_that_a_reply_brings_out_when_it_is_stored_costs_its_feed_a_turn(
    library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/feed").respond_with_data(
        "<rss><channel><title>T</title><item><guid>1</guid></item></channel></rss>"
    )
    library.add_subscription(Subscription(url=httpserver.url_for("/feed")))

    def broken(*_args: object, **_options: object) -> None:
        raise OverflowError

    monkeypatch.setattr("flodeslasare.library.steps.plan_update", broken)
    (result,) = [event async for event in library.refresh() if isinstance(event, FeedResult)]

    assert result.status is RefreshStatus.ERROR
    assert result.error is not None
    assert "a fault of this program (OverflowError)" in result.error
    assert library.feeds()[0].failures == 1


async def test_frames_that_belong_together_are_sent_in_one_piece(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each piece wakes the process that reads them."""
    written: list[bytes] = []
    helper = await Helper.start("flodeslasare.fetching._worker", "5", "500000000")
    monkeypatch.setattr(helper._requests, "write", written.append)
    await helper.send(b"ab", b"", b"c")
    assert written == [b"\0\0\0\2ab\0\0\0\0\0\0\0\1c"]
    await helper.close()
