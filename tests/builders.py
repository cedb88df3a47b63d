"""Values for tests: whole, valid, and changed by name."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flodeslasare.digests import digest_of
from flodeslasare.documents import KnownEntry, NewEntry, ParsedEntry, ParsedFeed
from flodeslasare.library import Library
from flodeslasare.library.plan import name_of
from flodeslasare.library.steps import store_document
from flodeslasare.model import Feed
from flodeslasare.storage import open_database

ROOT = Path(__file__).parent.parent
"""Of the repository."""
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        """Move on, as `timedelta` counts."""
        self.now += timedelta(**parts)


def an_entry(**changes: Any) -> ParsedEntry:
    """Make an entry as a feed gives it."""
    values: dict[str, Any] = {
        "guid": "https://blogg.exempel/210",
        "url": "https://blogg.exempel/210",
        "title": "Läkemedelsupphandlingar på agendan",
        "author": "Alva Ek",
        "published": datetime(2018, 5, 14, 8, 15, tzinfo=UTC),
        "tags": ("läkemedel",),
        "html": "<p>Kraven följs upp i avtalen.</p>",
        "text": "Kraven följs upp i avtalen.",
    }
    return ParsedEntry(**values | changes)


def entries(
    count: int, *, newest: datetime = NOW, apart: timedelta = timedelta(days=1)
) -> list[ParsedEntry]:
    """Make many entries, newest first, each a while before the one above it."""
    return [
        an_entry(
            guid=f"nr-{number}",
            url=f"https://blogg.exempel/{number}",
            title=f"Inlägg {number}",
            published=newest - apart * (number + 1),
        )
        for number in range(count)
    ]


def as_new(entry: ParsedEntry) -> NewEntry:
    """Give an entry as the plan of a refresh does."""
    return NewEntry(guid=name_of(entry), entry=entry)


def as_known(entry: ParsedEntry, id: int = 1, **changes: Any) -> KnownEntry:
    """Give an entry as storage knows it."""
    values: dict[str, Any] = {
        "id": id,
        "guid": name_of(entry),
        "url": entry.url,
        "title": entry.title,
        "published": entry.published,
        "digest": str(digest_of(entry)),
    }
    return KnownEntry(**values | changes)


def keep(
    library: Library, feed_id: int, *parsed: ParsedEntry, now: datetime = NOW
) -> tuple[int, int]:
    """Keep entries as if a refresh had brought them in one document; gives how many are new and edited."""
    document = ParsedFeed(title=None, site_url=None, entries=parsed)
    database = open_database(library.path)
    try:
        with database.writing():
            return store_document(database, feed_id, document, now)
    finally:
        database.close()


async def readdress(library: Library, feed: Feed, url: str) -> None:
    """Give a feed another address, which is taken as it stands where the network is switched off."""
    with Library(library.path, offline=True) as offline:
        await offline.change_address(feed.id, url)


PATIENCE_SECONDS = 120
"""The longest wait for another process: many times what it takes, since the machine may be busy with others."""


def is_running(pid: int) -> bool:
    """Whether a process has not ended, whether or not its parent has looked."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def helper_of_a_killed_reader(program: str) -> int:
    """Run a program that prints the number of a process it has started and kills itself; gives that number."""
    reader = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return int(reader.stdout)


def ends_soon(pid: int) -> bool:
    """Wait for a process to end, not without end; tells whether it did."""
    until = time.monotonic() + PATIENCE_SECONDS
    while is_running(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def loaded_by(module: str, *names: str) -> list[str]:
    """Import a module in a Python of its own, and tell which of some modules that has loaded as well."""
    program = f"import sys, {module}\nprint(*sorted({set(names)!r} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    return done.stdout.split()
