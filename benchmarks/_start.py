"""From the command to the first full screen, against a blank Textual application and newsboat.

The first full screen: the newest entry's title, the archive and the status line have all been drawn. The programs
take turns in a terminal of their own, after one run each to warm up. Ours and the blank one run from compiled
bytecode, as an installed program does.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from _libraries import corpus_of, forget_the_screen
from _terminal import HERE, Terminal, environment, reader_command


@dataclass
class Subject:
    """A program, how it is started, and the texts that together are its first full screen."""

    program: str
    entries: int | None
    command: Sequence[str]
    texts: Sequence[str]
    seconds: list[float] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)

    def start(self, home: Path) -> None:
        """Start it once, note how long it took and how much memory it held, and end it."""
        with Terminal(self.command, env=environment(home)) as terminal:
            seconds = max(terminal.seconds_until(text) for text in self.texts)
            self.seconds.append(seconds)
            self.bytes.append(terminal.peak_memory_bytes())

    def forget(self) -> None:
        """Forget the runs so far: they warmed the caches."""
        self.seconds.clear()
        self.bytes.clear()


def newest_title(entries: int) -> str:
    """Give as much of the newest entry's title as every width shows."""
    return corpus_of(entries).entry(entries - 1).title[:16].rstrip()


def rss(entries: int) -> str:
    """Give so many entries as one RSS document, newest first."""
    corpus = corpus_of(entries)
    items = "".join(
        f"<item><guid>{made.guid}</guid><link>{made.url}</link><title>{escape(made.title)}</title>"
        f"<pubDate>{made.published:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
        f"<description>{escape(made.html)}</description></item>"
        for made in map(corpus.entry, reversed(range(entries)))
    )
    return f'<rss version="2.0"><channel><title>Arkiv</title>{items}</channel></rss>'


def reader(entries: int, library: Path) -> Subject:
    """Give the reader on a library of so many entries."""
    forget_the_screen(library)
    return Subject(
        "flodeslasare",
        entries,
        reader_command(library),
        [*([newest_title(entries)] if entries else []), "ARCHIVE", " help"],
    )


def newsboat(entries: int, folder: Path) -> Subject:
    """Give newsboat on the same entries, which it reads from a file first."""
    urls, cache = folder / f"urls-{entries}", folder / f"newsboat-{entries}.db"
    feed = folder / f"feed-{entries}.xml"
    if not cache.exists():
        feed.write_text(rss(entries), encoding="utf-8")
        urls.write_text(f"file://{feed}\n", encoding="utf-8")
        part = cache.with_suffix(".part")
        part.unlink(missing_ok=True)
        subprocess.run(
            ["newsboat", "-u", str(urls), "-c", str(part), "-x", "reload"],
            check=True,
            capture_output=True,
        )
        part.rename(cache)
    return Subject(
        "newsboat",
        entries,
        ["newsboat", "-u", str(urls), "-c", str(cache)],
        ["Arkiv"],
    )


def measured(
    libraries: Mapping[int, Path], folder: Path, *, runs: int, newsboat_sizes: Sequence[int]
) -> list[dict[str, object]]:
    """Start the blank app, the reader on each library, and newsboat on the same entries, in turns."""
    subjects = [Subject("blank app", None, [sys.executable, str(HERE / "blank_app.py")], ["tomt"])]
    subjects += [reader(entries, library) for entries, library in libraries.items()]
    if shutil.which("newsboat"):
        subjects += [newsboat(entries, folder) for entries in newsboat_sizes]
    for run in range(runs + 1):
        for subject in subjects:
            subject.start(folder / "home")
            if run == 0:
                subject.forget()
    return [
        {
            "program": subject.program,
            "entries": subject.entries,
            "seconds": subject.seconds,
            "peak_bytes": subject.bytes,
        }
        for subject in subjects
    ]
