"""From the command to the first full screen, against a blank Textual application.

    python benchmarks/start.py --runs 15
    python benchmarks/start.py --sizes 0 1000 100000 --newsboat --keep FOLDER

The first full screen: the newest entry's title, the archive and the status line have all been drawn.
The programs take turns in a terminal of their own; the medians of one run are comparable with each
other and with nothing else. Both are run from compiled bytecode, as an installed program is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from _corpus import Corpus
from _terminal import Terminal

from flodeslasare.documents import ParsedFeed, Subscription
from flodeslasare.library import Library
from flodeslasare.library.refresh import store_document
from flodeslasare.storage import open_database

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src"
FEEDS = 40
PAGE = 2_000
"""Entries that are kept in one transaction."""


@dataclass
class Subject:
    """A program, how it is started, and the texts that together are its first full screen."""

    name: str
    command: Sequence[str]
    texts: Sequence[str]
    seconds: list[float] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)

    def start(self, home: Path) -> None:
        """Start it once, note how long it took and how much memory it held, and end it."""
        env = {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "PYTHONPATH": str(SOURCE),
            "PYTHONDONTWRITEBYTECODE": "",
            "LANG": "C.UTF-8",
        }
        with Terminal(self.command, env=env) as terminal:
            seconds = max(terminal.seconds_until(text) for text in self.texts)
            self.seconds.append(seconds)
            self.bytes.append(terminal.peak_memory_bytes())

    def forget(self) -> None:
        """Forget the runs so far: they warmed the caches."""
        self.seconds.clear()
        self.bytes.clear()


def fill(path: Path, entries: int) -> None:
    """Make a library of so many entries, spread over feeds; of none, it still has the feeds."""
    corpus = Corpus()
    with Library(path) as library:
        for number in range(FEEDS):
            feed = library.add_subscription(
                Subscription(
                    url=f"https://arkiv.exempel/flode-{number}",
                    title=f"Flöde {number}",
                    folder=("Regioner", "Myndigheter", None)[number % 3],
                )
            )
            assert feed is not None
            numbers = range(number, entries, FEEDS)
            for start in range(0, len(numbers), PAGE):
                page = tuple(corpus.entry(n) for n in reversed(numbers[start : start + PAGE]))
                document = ParsedFeed(title=None, site_url=None, entries=page)
                with closing(open_database(path, durable=False)) as database, database.writing():
                    store_document(database, feed.id, document, datetime.now(UTC), describes=False)


def newest_title(entries: int) -> str:
    """Give as much of the newest entry's title as every width shows."""
    return Corpus().entry(entries - 1).title[:16].rstrip()


def rss(entries: int) -> str:
    """Give so many entries as one RSS document, newest first."""
    corpus = Corpus()
    items = "".join(
        f"<item><guid>{made.guid}</guid><link>{made.url}</link><title>{escape(made.title)}</title>"
        f"<pubDate>{made.published:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
        f"<description>{escape(made.html)}</description></item>"
        for made in map(corpus.entry, reversed(range(entries)))
    )
    return f'<rss version="2.0"><channel><title>Arkiv</title>{items}</channel></rss>'


def reader(entries: int, library: Path) -> Subject:
    """Give the reader on a library of so many entries."""
    if not library.exists():
        fill(library, entries)
    return Subject(
        f"flodeslasare, {entries:,} entries",
        [
            *(sys.executable, "-m", "flodeslasare"),
            *("--offline", "--lang", "en", "--library", str(library)),
        ],
        [*([newest_title(entries)] if entries else []), "ARCHIVE", " help"],
    )


def newsboat(entries: int, folder: Path) -> Subject:
    """Give newsboat on the same entries, which it reads from a file first."""
    urls, cache = folder / f"urls-{entries}", folder / f"newsboat-{entries}.db"
    feed = folder / f"feed-{entries}.xml"
    if not cache.exists():
        feed.write_text(rss(entries), encoding="utf-8")
        urls.write_text(f"file://{feed}\n", encoding="utf-8")
        subprocess.run(
            ["newsboat", "-u", str(urls), "-c", str(cache), "-x", "reload"],
            check=True,
            capture_output=True,
        )
    return Subject(
        f"newsboat, {entries:,} entries",
        ["newsboat", "-u", str(urls), "-c", str(cache)],
        ["Arkiv"],
    )


def table(subjects: Sequence[Subject], blank: Subject) -> Iterator[str]:
    """Give the results as a Markdown table."""
    yield "| program | median, ms | lowest, ms | × blank | peak memory, MB |"
    yield "|---|---|---|---|---|"
    base = statistics.median(blank.seconds)
    for subject in subjects:
        middle = statistics.median(subject.seconds)
        memory = statistics.median(subject.bytes) / 1e6
        yield (
            f"| {subject.name} | {middle * 1000:.0f} | {min(subject.seconds) * 1000:.0f} "
            f"| {middle / base:.2f} | {memory:.0f} |"
        )


@contextmanager
def folder_for(keep: Path | None) -> Iterator[Path]:
    """Give a folder for the libraries: one that stays, or one that goes."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
    else:
        with tempfile.TemporaryDirectory() as made:
            yield Path(made)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[0, 1_000, 100_000])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--newsboat", action="store_true", help="measure newsboat too")
    parser.add_argument("--keep", type=Path, help="a folder where the libraries are kept")
    arguments = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with folder_for(arguments.keep) as folder:
        blank = Subject("blank app", [sys.executable, str(HERE / "blank_app.py")], ["tomt blad"])
        subjects = [blank]
        for entries in arguments.sizes:
            subjects.append(reader(entries, folder / f"library-{entries}.db"))
            if arguments.newsboat and entries and shutil.which("newsboat"):
                subjects.append(newsboat(entries, folder))
        for run in range(arguments.runs + 1):
            for subject in subjects:
                subject.start(folder / "home")
                if run == 0:
                    subject.forget()
        print(*table(subjects, blank), sep="\n")


if __name__ == "__main__":
    main()
