"""A refresh of many feeds against newsboat's, on the same server, in one run.

    PYTHONPATH=src .venv/bin/python benchmarks/refresh.py      200 feeds × 50 entries, at 0 and 100 ms
    … benchmarks/refresh.py --feeds 1000 --latency-ms 100      and what a feed costs, against one of 200

Both programs refresh from the command line and end; start and end are counted. The steps: all entries new; nothing
changed (304); nothing changed, from a server without validators; one new entry in each feed. All of it is done
several times, the programs taking turns, and the median is given. CPU and memory are of
the program and all its processes together: memory that two of them share is counted once (Pss, looked at ten times
a second). Last, the longest gap in the screen's event loop while all is new.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path

from _corpus import Corpus

from flodeslasare.documents import ParsedEntry, Subscription
from flodeslasare.library import Library

HERE = Path(__file__).parent
PORT = 8611
FEEDS = 200


@dataclass
class Cost:
    """What one refresh took."""

    step: str
    program: str
    feeds: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    requests: int
    bytes: int


def document(number: int, entries: Sequence[ParsedEntry]) -> str:
    """Write a feed: RSS 2.0 and Atom in turn."""
    if number % 2:
        items = "".join(
            f"<entry><id>{entry.guid}</id><title>{escape(entry.title)}</title><link href='{entry.url}'/>"
            f"<updated>{entry.published:%Y-%m-%dT%H:%M:%SZ}</updated>"
            f"<content type='html'>{escape(entry.html)}</content></entry>"
            for entry in entries
        )
        return (
            f"<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:{number}</id><title>Flöde {number}</title>"
            f"<updated>2026-01-01T00:00:00Z</updated>{items}</feed>"
        )
    items = "".join(
        f"<item><guid isPermaLink='false'>{entry.guid}</guid><link>{entry.url}</link>"
        f"<title>{escape(entry.title)}</title><pubDate>{entry.published:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
        f"<description>{escape(entry.html)}</description></item>"
        for entry in entries
    )
    return f"<rss version='2.0'><channel><title>Flöde {number}</title>{items}</channel></rss>"


def write_feeds(folder: Path, feeds: int, entries: int, extra: int = 0) -> None:
    """Write the feeds, each with so many entries and so many newer ones on top."""
    corpus = Corpus()
    for number in range(feeds):
        made = [corpus.entry(n * feeds + number) for n in reversed(range(entries + extra))]
        (folder / f"feed-{number}.xml").write_text(document(number, made), encoding="utf-8")


def address(number: int) -> str:
    """Give a feed's address: each on a host of its own, as far as there are."""
    return f"http://127.0.0.{1 + number % 200}:{PORT}/feed-{number}.xml"


@contextmanager
def serving(
    folder: Path, feeds: int, latency_ms: float, *, validators: bool = True
) -> Iterator[None]:
    """Run the server in a process of its own."""
    command = [
        *(sys.executable, str(HERE / "_feedserver.py"), str(folder), "--port", str(PORT)),
        *("--hosts", str(min(feeds, 200)), "--latency-ms", str(latency_ms)),
        *("--for-seconds", "3600"),
        *([] if validators else ["--no-validators"]),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            yield
        finally:
            server.kill()


def counts() -> dict[str, int]:
    """Ask the server what it has answered."""
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/stats") as reply:
        answer: dict[str, int] = json.load(reply)
        return answer


class Memory(threading.Thread):
    """Watches what a process and its descendants hold together, until it has ended (Linux, proc(5))."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.has_ended = threading.Event()
        self.peak_bytes = 0

    def run(self) -> None:
        while not self.has_ended.wait(0.1):
            self.peak_bytes = max(self.peak_bytes, sum(map(held_bytes, family(self._pid))))


def family(pid: int) -> set[int]:
    """Give a process and its descendants."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The parent is the second field after the name, which stands in parentheses and may hold any sign.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def held_bytes(pid: int) -> int:
    """Give the memory of a process, its part of what it shares with others; 0 when it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def measured(step: str, program: str, feeds: int, command: Sequence[str]) -> Cost:
    """Run a command to its end and say what it took, with all its processes."""
    before, began = counts(), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    memory = Memory(process.pid)
    memory.start()
    _pid, _status, used = os.wait4(process.pid, 0)
    process.returncode = 0
    seconds, after = time.perf_counter() - began, counts()
    memory.has_ended.set()
    return Cost(
        step,
        program,
        feeds,
        seconds,
        used.ru_utime + used.ru_stime,
        max(memory.peak_bytes, used.ru_maxrss * 1024),
        after["requests"] - before["requests"],
        after["bytes"] - before["bytes"],
    )


def programs(folder: Path, feeds: int, *, with_newsboat: bool) -> dict[str, list[str]]:
    """Give each program its own subscriptions, and the command that refreshes them."""
    library = folder / "library.db"
    with Library(library) as made:
        for number in range(feeds):
            made.add_subscription(Subscription(url=address(number)))
    commands = {
        "flodeslasare": [sys.executable, "-m", "flodeslasare", "--library", str(library), "refresh"]
    }
    if with_newsboat:
        urls, config = folder / "urls", folder / "config"
        urls.write_text("".join(f"{address(number)}\n" for number in range(feeds)))
        config.write_text("reload-threads 20\n")
        commands["newsboat"] = [
            *(
                "newsboat",
                "-u",
                str(urls),
                "-c",
                str(folder / "cache.db"),
                "-C",
                str(config),
                "-x",
                "reload",
            )
        ]
    return commands


def run(feeds: int, entries: int, latency_ms: float, *, with_newsboat: bool) -> Iterator[Cost]:
    """Take every step with every program."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        served = folder / "feeds"
        served.mkdir()
        write_feeds(served, feeds, entries)
        commands = programs(folder, feeds, with_newsboat=with_newsboat)
        with serving(served, feeds, latency_ms):
            for step in ("all new", "nothing changed (304)"):
                for program, command in commands.items():
                    yield measured(step, program, feeds, command)
        with serving(served, feeds, latency_ms, validators=False):
            for program, command in commands.items():
                measured("", program, feeds, command)  # forgets the validators
                yield measured("nothing changed (no validators)", program, feeds, command)
        write_feeds(served, feeds, entries, extra=1)
        with serving(served, feeds, latency_ms):
            for program, command in commands.items():
                yield measured("one new in each", program, feeds, command)


async def longest_gap_ms(library: Path) -> float:
    """Refresh everything with the screen open, and give the longest time its event loop stood still.

    From the key that asks for it on: what a first refresh imports is part of it.
    """
    from flodeslasare.cli._session import SCREEN_WAIT_SECONDS
    from flodeslasare.cli.screen import SWITCH_SECONDS
    from flodeslasare.tui.app import FeedReaderApp, collect_again

    gc.disable()  # and on again with the first screen, as the program does
    sys.setswitchinterval(SWITCH_SECONDS)

    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - before)

    with Library(library, wait_seconds=SCREEN_WAIT_SECONDS) as opened:
        app = FeedReaderApp(opened, when_drawn=collect_again)
        async with app.run_test(size=(120, 36)) as pilot:
            await pilot.pause(1)
            watching = asyncio.create_task(watch())
            await pilot.press("R")
            await app.workers.wait_for_complete()
            watching.cancel()
    return longest * 1000


def screen_gap(feeds: int, entries: int) -> float:
    """Measure the gap on a library where all is new."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        served = folder / "feeds"
        served.mkdir()
        write_feeds(served, feeds, entries)
        programs(folder, feeds, with_newsboat=False)
        with serving(served, feeds, 0):
            return asyncio.run(longest_gap_ms(folder / "library.db"))


def rounds(
    number: int, feeds: int, entries: int, latency_ms: float, *, with_newsboat: bool
) -> list[Cost]:
    """Take every step several times, and give of each step and program the one of median length."""
    taken: dict[tuple[str, str], list[Cost]] = {}
    for _ in range(number):
        for cost in run(feeds, entries, latency_ms, with_newsboat=with_newsboat):
            taken.setdefault((cost.step, cost.program), []).append(cost)
    return [
        sorted(costs, key=lambda cost: cost.seconds)[len(costs) // 2] for costs in taken.values()
    ]


def table(rows: Sequence[Cost], few: Sequence[Cost]) -> Iterator[str]:
    """Give the costs as a Markdown table, ours of each feed against that of fewer feeds."""
    yield (
        "| step | program | s | × newsboat | ms a feed |"
        f"{f' × of {FEEDS} feeds |' if few else ''} CPU s | peak MB | requests | MB |"
    )
    yield "|---" * (10 if few else 9) + "|"
    theirs = {row.step: row.seconds for row in rows if row.program == "newsboat"}
    of_few = {row.step: row.seconds / row.feeds for row in few}
    for row in rows:
        ratio = f"{row.seconds / theirs[row.step]:.2f}" if row.step in theirs else ""
        a_feed = row.seconds / row.feeds
        is_ours = row.program == "flodeslasare"
        scaling = f" {a_feed / of_few[row.step]:.2f} |" if few and is_ours else " |" if few else ""
        yield (
            f"| {row.step} | {row.program} | {row.seconds:.2f} | {ratio} | {a_feed * 1000:.1f} |{scaling}"
            f" {row.cpu_seconds:.2f} | {row.peak_bytes / 1e6:.0f} | {row.requests}"
            f" | {row.bytes / 1e6:.1f} |"
        )


def main() -> None:
    """Print a Markdown table for each latency."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=FEEDS)
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--latency-ms", type=float, nargs="*", default=[0, 100])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without-newsboat", action="store_true")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = str(HERE.parent / "src")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    )
    with_newsboat = not options.without_newsboat and shutil.which("newsboat") is not None
    for latency_ms in options.latency_ms:
        print(f"\n{options.feeds} feeds × {options.entries} entries, {latency_ms:g} ms latency\n")
        # What a feed costs is told against one of fewer feeds.
        few = (
            rounds(options.rounds, FEEDS, options.entries, latency_ms, with_newsboat=False)
            if options.feeds != FEEDS
            else []
        )
        rows = rounds(
            options.rounds, options.feeds, options.entries, latency_ms, with_newsboat=with_newsboat
        )
        print(*table(rows, few), sep="\n", flush=True)
    print(
        f"\nlongest gap in the screen's event loop, all new: {screen_gap(options.feeds, options.entries):.0f} ms"
    )


if __name__ == "__main__":
    main()
