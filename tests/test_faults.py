"""Whole refreshes in processes of their own that are killed, starved, locked out and run twice at once."""

from __future__ import annotations

import json
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from email.utils import format_datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from builders import PATIENCE_SECONDS, ends_soon, entries
from flodeslasare.documents import Subscription
from flodeslasare.library import Library
from flodeslasare.model import View
from flodeslasare.storage import SearchIndex, open_database
from flodeslasare.tui.app import FeedReaderApp
from pilots import make_patient, settle, until

FEEDS = 24
ENTRIES = 20


def document(number: int, count: int) -> str:
    items = "".join(
        f"<item><title>Inlägg {n} i flöde {number}</title><guid isPermaLink='false'>{number}-{n}</guid>"
        f"<pubDate>{format_datetime(entry.published) if entry.published else ''}</pubDate>"
        f"<description>Ordet ord{number}x{n} står bara här.</description></item>"
        for n, entry in enumerate(entries(count))
    )
    return f"<rss version='2.0'><channel><title>Flöde {number}</title>{items}</channel></rss>"


@pytest.fixture
def served(httpserver: HTTPServer) -> HTTPServer:
    """Serve many feeds from one host, so that they come one after the other."""

    def answer(request: Request) -> Response:
        number = int(request.path.removeprefix("/feed-"))
        return Response(document(number, ENTRIES), content_type="application/rss+xml")

    for number in range(FEEDS):
        httpserver.expect_request(f"/feed-{number}").respond_with_handler(answer)
    return httpserver


@pytest.fixture
def path(tmp_path: Path, served: HTTPServer) -> Path:
    """A library that is subscribed to them."""
    with Library(tmp_path / "library.db") as library:
        for number in range(FEEDS):
            library.add_subscription(Subscription(url=served.url_for(f"/feed-{number}")))
    return tmp_path / "library.db"


def refreshing(path: Path, prepare: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flodeslasare", "--library", str(path), "refresh", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, object]], str]:
    out, error = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, [json.loads(line) for line in out.splitlines()], error


def assert_whole(path: Path) -> int:
    """Check everything that must hold of a library, and give how many entries it has."""
    # At one moment: the process that writes may outlive a reader that was killed, by a transaction.
    with closing(open_database(path)) as database, database.reading():
        assert database.value("PRAGMA integrity_check") == "ok"
        assert database.rows("PRAGMA foreign_key_check") == []
        assert SearchIndex(database).check().is_sound
        names = Counter(
            (row[0], row[1]) for row in database.rows("SELECT feed_id, guid FROM entries")
        )
        assert not [name for name, times in names.items() if times > 1]
        assert database.value("SELECT count(*) FROM texts") == len(names)
        assert database.value("SELECT coalesce(sum(total), 0) FROM month_counts") == len(names)
        # What a feed's next request says it has, it has.
        assert not database.rows(
            """
            SELECT id FROM feeds
            WHERE body_hash IS NOT NULL
                AND (SELECT count(*) FROM entries WHERE feed_id = feeds.id) <> ?
            """,
            (ENTRIES,),
        )
    return len(names)


def assert_completes(path: Path) -> None:
    code, _results, error = ended(refreshing(path))
    assert (code, error) == (0, "")
    assert assert_whole(path) == FEEDS * ENTRIES


def test_a_killed_refresh_loses_nothing_and_the_next_one_completes(path: Path) -> None:
    kept = 0
    for results in (0, 1, 5, 9):
        process = refreshing(path)
        assert process.stdout is not None
        for _ in range(results):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()

        now_kept = assert_whole(path)
        assert now_kept >= max(kept, results * ENTRIES)  # what was told is kept
        kept = now_kept

    assert_completes(path)


@pytest.mark.parametrize("after_seconds", [0.45, 0.6, 0.75, 0.9])
def test_a_refresh_killed_at_any_moment_leaves_a_whole_library(
    path: Path, after_seconds: float
) -> None:
    process = refreshing(path)
    time.sleep(after_seconds)
    process.kill()
    process.communicate()

    assert_whole(path)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks /proc for the children")
def test_the_parsers_of_a_killed_refresh_end_with_it(path: Path) -> None:
    process = refreshing(path)
    assert process.stdout is not None
    process.stdout.readline()
    children: set[int] = set()
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended
            children.update(map(int, (task / "children").read_text().split()))
    process.kill()
    process.communicate()

    assert children
    assert all(map(ends_soon, children)), "a parser outlived its refresh"


def test_a_mark_is_on_disk_when_it_is_made(path: Path) -> None:
    assert_completes(path)
    code = """
import os, signal, sys
from pathlib import Path
from flodeslasare.library import Library
from flodeslasare.model import View
library = Library(Path(sys.argv[1]))
library.mark_read(library.listing(View()).ids[:7])
os.kill(os.getpid(), signal.SIGKILL)
"""

    killed = subprocess.run([sys.executable, "-c", code, str(path)], check=False)

    assert killed.returncode == -signal.SIGKILL
    with Library(path) as library:
        assert library.counts().unread == FEEDS * ENTRIES - 7
        undone = library.undo()
        assert undone is not None
        assert len(undone.entry_ids) == 7


def test_a_disk_that_fills_up_ends_the_refresh_in_one_line(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        size = raw.execute("PRAGMA page_count").fetchone()[0] * 4096

    def starve() -> None:  # no file of this process grows beyond this
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300_000, size + 300_000))

    code, _results, error = ended(refreshing(path, starve))

    assert code == 73
    assert error.count("\n") == 1
    assert "library.db" in error
    assert "quota" in error
    assert "Traceback" not in error
    assert_whole(path)
    assert_completes(path)


def test_two_refreshes_and_a_reader_at_once_bring_everything_once(path: Path) -> None:
    first, second = refreshing(path), refreshing(path)
    with Library(path, wait_seconds=PATIENCE_SECONDS) as library:
        marked = 0
        while first.poll() is None or second.poll() is None:
            ids = library.listing(View(unread=True), first=3).ids
            marked += len(library.mark_read(ids).entry_ids)
            time.sleep(0.02)

        both = [ended(process) for process in (first, second)]

        assert [(code, error) for code, _results, error in both] == [(0, ""), (0, "")]
        new = sum(int(str(result["new"])) for _, results, _ in both for result in results)
        assert new == FEEDS * ENTRIES
        assert library.counts().unread == FEEDS * ENTRIES - marked
    assert assert_whole(path) == FEEDS * ENTRIES


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield holder


def test_a_library_that_is_held_for_long_is_waited_for(path: Path) -> None:
    with locked(path) as holder:
        process = refreshing(path)
        time.sleep(3)  # longer than one wait of SQLite's
        assert process.poll() is None
        holder.execute("COMMIT")

    code, results, error = ended(process)

    assert (code, error, len(results)) == (0, "", FEEDS)
    assert assert_whole(path) == FEEDS * ENTRIES


async def test_the_screen_says_that_it_waits_and_takes_keys_meanwhile(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_patient(monkeypatch)
    with Library(path) as library:
        app = FeedReaderApp(library)
        async with app.run_test(size=(120, 36)) as pilot:
            with locked(path) as holder:
                await pilot.press("R")
                await until(
                    pilot,
                    lambda: "another program" in app.reader.status.notice,
                    "what the status line is to say",
                )
                await pilot.press("question_mark")
                await pilot.pause()
                assert len(app.screen_stack) > 1
                await pilot.press("escape")
                holder.execute("COMMIT")
            await settle(pilot)
        assert library.counts().total == FEEDS * ENTRIES


def test_a_server_that_breaks_off_costs_nothing_that_was_there(
    path: Path, served: HTTPServer
) -> None:
    assert_completes(path)
    served.clear()

    def half(request: Request) -> Response:
        whole = document(int(request.path.removeprefix("/feed-")), ENTRIES + 5).encode()
        reply = Response(whole[: len(whole) // 2], content_type="application/rss+xml")
        reply.headers["Content-Length"] = str(len(whole))
        reply.automatically_set_content_length = False
        return reply

    for number in range(FEEDS):
        served.expect_request(f"/feed-{number}").respond_with_handler(half)

    code, results, _error = ended(refreshing(path))

    assert code == 1
    assert {result["status"] for result in results} == {"error"}
    assert assert_whole(path) == FEEDS * ENTRIES
