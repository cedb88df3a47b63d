"""Two refreshes at once on one library, in processes of their own: each feed is asked once, each host by one at a time."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from builders import PATIENCE_SECONDS, entries
from flodeslasare.documents import Subscription
from flodeslasare.fetching import turns
from flodeslasare.fetching.turns import Turns
from flodeslasare.files import ByteLocks
from flodeslasare.library import Library
from flodeslasare.tui.app import FeedReaderApp
from pilots import make_patient, settle
from test_refresh import rss

FEEDS = 24
ENTRIES = 5

REFRESHING = """
import asyncio, json, sys
from pathlib import Path
from flodeslasare.cli._json import result_as_json
from flodeslasare.library import Library
from flodeslasare.model import FeedResult, FeedStarted

async def refresh(path, ids):
    with Library(Path(path)) as library:
        async for event in library.refresh(ids or None):
            if isinstance(event, FeedStarted):
                print("begun", flush=True)
            elif isinstance(event, FeedResult):
                print(json.dumps(result_as_json(event)), flush=True)

asyncio.run(refresh(sys.argv[1], list(map(int, sys.argv[2:]))))
"""
"""What `refresh --json` does, and says when it has begun to ask."""


class Host:
    """A host that holds its first request, and counts."""

    def __init__(self, server: HTTPServer) -> None:
        self.asked: list[str] = []
        """The paths of the requests, in their order."""
        self.is_asked = threading.Event()
        self.may_answer = threading.Event()
        self.most = 0
        """So many requests were under way at one time."""
        self.holds_seconds = 0.0
        """So long each further request is held, unless there is a second beside it."""
        self.failing: set[str] = set()
        self._under_way = 0
        self._lock = threading.Lock()
        self._are_two = threading.Event()
        self.urls = [server.url_for(f"/feed-{number}") for number in range(FEEDS)]
        for number in range(FEEDS):
            server.expect_request(f"/feed-{number}").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        with self._lock:
            self.asked.append(request.path)
            self._under_way += 1
            self.most = max(self.most, self._under_way)
            if self._under_way > 1:
                self._are_two.set()
        self.is_asked.set()
        self.may_answer.wait(PATIENCE_SECONDS)
        self._are_two.wait(self.holds_seconds)
        with self._lock:
            self._under_way -= 1
        if request.path in self.failing:
            return Response(status=404)
        number = request.path.removeprefix("/feed-")
        return Response(rss(entries(ENTRIES), title=number), content_type="application/rss+xml")


@pytest.fixture
def host() -> Iterator[Host]:
    with HTTPServer(threaded=True) as server:
        made = Host(server)
        yield made
        made.may_answer.set()  # the server ends when it has answered


@pytest.fixture
def path(tmp_path: Path, host: Host) -> Path:
    """A library that is subscribed to its feeds."""
    with Library(tmp_path / "library.db") as library:
        for url in host.urls:
            library.add_subscription(Subscription(url=url))
    return tmp_path / "library.db"


class Refreshing:
    """A refresh in a process of its own."""

    def __init__(self, path: Path, *ids: int) -> None:
        """Start it, and wait until it has begun to ask."""
        command = [sys.executable, "-c", REFRESHING, str(path), *map(str, ids)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "begun\n"

    def results(self) -> list[dict[str, object]]:
        """Give how it ended."""
        out, error = self.process.communicate(timeout=PATIENCE_SECONDS)
        assert (self.process.returncode, error) == (0, "")
        return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def assert_asked_once(path: Path, host: Host, *runs: Sequence[dict[str, object]]) -> None:
    """See that each feed was asked once, one at a time, and that each run tells of all of them."""
    assert Counter(host.asked) == dict.fromkeys((f"/feed-{n}" for n in range(FEEDS)), 1)
    assert host.most == 1
    for run in runs:
        assert {result["feed"] for result in run} == set(host.urls)
    with Library(path) as library:
        assert library.counts().total == FEEDS * ENTRIES
        assert {len(library.refreshes(feed.id)) for feed in library.feeds()} == {1}


def test_two_refreshes_at_once_ask_each_feed_once(path: Path, host: Host) -> None:
    first = Refreshing(path)
    assert host.is_asked.wait(PATIENCE_SECONDS)
    second = Refreshing(path)
    host.may_answer.set()
    both = [first.results(), second.results()]

    assert_asked_once(path, host, *both)
    asked = [result for run in both for result in run if not result["elsewhere"]]
    others = [result for run in both for result in run if result["elsewhere"]]
    assert {result["feed"] for result in asked} == {result["feed"] for result in others}
    assert {(result["status"], result["new"]) for result in asked} == {("ok", ENTRIES)}
    assert {(result["status"], result["new"], result["error"]) for result in others} == {
        ("ok", 0, None)
    }


def test_of_a_feed_that_failed_elsewhere_it_is_said_how(path: Path, host: Host) -> None:
    host.failing.add("/feed-3")
    first = Refreshing(path, 4)
    assert host.is_asked.wait(PATIENCE_SECONDS)
    second = Refreshing(path, 4)
    host.may_answer.set()
    ((asked,), (other,)) = first.results(), second.results()

    assert host.asked == ["/feed-3"]
    assert asked == other | {"elsewhere": False}
    assert (other["status"], other["elsewhere"]) == ("error", True)
    assert "HTTP 404" in str(other["error"])
    with Library(path) as library:
        assert library.feed(4).failures == 1


def test_two_programs_that_ask_different_feeds_of_a_host_take_turns(path: Path, host: Host) -> None:
    """Nor does the one that came later wait until the other has asked all of its feeds."""
    host.holds_seconds = 0.2
    first = Refreshing(path, *range(1, FEEDS))
    assert host.is_asked.wait(PATIENCE_SECONDS)
    second = Refreshing(path, FEEDS)
    host.may_answer.set()
    both = [first.results(), second.results()]

    assert_asked_once(path, host)
    assert [len(run) for run in both] == [FEEDS - 1, 1]
    assert not any(result["elsewhere"] for run in both for result in run)
    assert host.asked.index(f"/feed-{FEEDS - 1}") < FEEDS // 2


def test_who_is_killed_holds_no_turn(path: Path, host: Host) -> None:
    first = Refreshing(path)
    assert host.is_asked.wait(PATIENCE_SECONDS)
    second = Refreshing(path)
    first.process.kill()
    first.process.communicate()
    host.may_answer.set()

    assert {result["elsewhere"] for result in second.results()} == {False}
    (twice,) = (Counter(host.asked) - Counter(set(host.asked))).elements()
    assert twice == host.asked[0]
    with Library(path) as library:
        assert library.counts().total == FEEDS * ENTRIES


def test_a_refresh_that_was_planned_when_another_had_ended_asks_again(
    path: Path, host: Host
) -> None:
    host.may_answer.set()
    for times in (1, 2):
        assert not any(result["elsewhere"] for result in Refreshing(path).results())
        assert set(Counter(host.asked).values()) == {times}


async def test_the_screen_and_another_program_ask_each_feed_once(
    path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_patient(monkeypatch)
    with Library(path) as library:
        app = FeedReaderApp(library)
        async with app.run_test(size=(120, 36)) as pilot:
            await pilot.press("R")
            assert await asyncio.to_thread(host.is_asked.wait, PATIENCE_SECONDS)
            other = await asyncio.to_thread(Refreshing, path)
            host.may_answer.set()
            results = await asyncio.to_thread(other.results)
            await settle(pilot)
            assert app.reader.status.failures == 0
    assert_asked_once(path, host, results)


def test_where_nothing_can_be_shared_each_refreshes_for_itself(path: Path, host: Host) -> None:
    path.with_name("library.db.turns").mkdir()
    host.may_answer.set()
    both = [Refreshing(path), Refreshing(path)]

    for refreshing in both:
        assert {result["status"] for result in refreshing.results()} <= {"ok", "unchanged"}
    with Library(path) as library:
        assert library.counts().total == FEEDS * ENTRIES


HOLDING = """
import sys
from pathlib import Path
from flodeslasare.files import ByteLocks
locks = ByteLocks(Path(sys.argv[1]))
print(*map(locks.take, map(int, sys.argv[2:])), flush=True)
sys.stdin.readline()
"""


@contextmanager
def held(path: Path, *some: int) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold locks."""
    command = [sys.executable, "-c", HOLDING, str(path), *map(str, some)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert set(holder.stdout.readline().split()) == {"True"}
        yield holder
        holder.kill()


def test_byte_locks_are_each_of_one_process_and_die_with_it(tmp_path: Path) -> None:
    locks = ByteLocks(tmp_path / "locks")
    with held(tmp_path / "locks", 7, (1 << 31) - 1) as holder:
        assert locks.take(6)
        assert not locks.take(6)  # nor twice by one
        assert not locks.take(7)
        assert not locks.take((1 << 31) - 1)
        holder.kill()
        holder.wait()
        assert locks.take(7)
    with held(tmp_path / "locks", 8):
        locks.give_back(7)
        assert locks.take(7)
        assert not locks.take(8)
    locks.close()
    with held(tmp_path / "locks", 6, 7):
        pass
    assert (tmp_path / "locks").stat().st_size == 0


async def test_a_program_that_was_stopped_in_its_turn_is_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = Turns(1, tmp_path / "turns")
    with held(tmp_path / "turns", turns.byte_of_feed(3), turns.door_of("host")):
        monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.0)
        async with shared.of_feed(3), shared.at("host"):
            pass
        monkeypatch.setattr(turns, "PATIENCE_SECONDS", PATIENCE_SECONDS * 1000)
        async with asyncio.timeout(PATIENCE_SECONDS), shared.of_feed(3), shared.at("host"):
            pass
    shared.close()
