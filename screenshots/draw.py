"""Draw the pictures of the documentation: the reader on the example blog, at several sizes.

Run from the checkout, after a change that shows:

    PYTHONPATH=src .venv/bin/python screenshots/draw.py [NAME…]

NAME is a picture (`reading-120x36`) or the beginning of its name; without one, all are drawn.

The screen is the real one, on the example blog as its server gives it over loopback, except that
the clock stands still.

Needs rsvg-convert and JetBrains Mono: `apt install librsvg2-bin fonts-jetbrains-mono fonts-dejavu`.
Drawing twice gives the same files.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from unittest.mock import patch

from textual.pilot import Pilot

from flodeslasare import i18n
from flodeslasare.config import Settings
from flodeslasare.demo.server import serve
from flodeslasare.library.library import Library
from flodeslasare.model import View
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.widgets.search_bar import SearchBar

HERE = Path(__file__).parent
NOW = datetime(2021, 11, 24, 12, 0, tzinfo=UTC)
SIZES = ((80, 24), (120, 36), (160, 48))
SETTINGS = Settings(refresh_at_start=False, refresh_every_minutes=0, fetch_feeds_at_once=1)
"""Nothing by itself, and one feed after another: a picture of a refresh is the same each time."""
LIMIT_BYTES = 250_000

_FONT = "JetBrains Mono, DejaVu Sans Mono, monospace"
_WAIT_SECONDS = 20.0
_POULTRY_PLANT = "Ett år efter uppfödaren"
_UNREAD = (0, 1, 2, 5, 9, 52, 53, 57, 60, 61, 64)
"""Rows, newest first, that are left unread."""
_STARRED = (1, 9, 54, 60, 66)

_FEEDS = (
    (
        "Tidningar",
        "Anbudsposten",
        ("Åtta av tio avtal saknar kontaktperson", "Vita rockar i retur"),
    ),
    ("Tidningar", "Kravnivån", ("En lista på ursprung", "Kaffet som inte gick att spåra")),
    ("Regioner", "Region Fjällbygd inköp", ("Krukväxter i stället för rosor",)),
    ("Regioner", "Region Sjölanda upphandling", ("Läkemedelskraven, omgång tre", "Ny avtalsbok")),
    ("Regioner", "Region Kustland transport", ("Färjan tar även posten",)),
    (None, "Leverantörsbrevet", ("Svar på sju frågor om spårbarhet",)),
)
"""Feeds beside the blog, where several are refreshed: folder, title, entries."""
_BROKEN, _SLOW = 2, 4
"""Which of them fail, and keep one waiting, in a refresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One screen, drawn at each size."""

    name: str
    stage: Callable[[Pilot[None]], Awaitable[None]]
    """What a person does from the start of the program until the picture is taken."""
    library: str = "blog"
    """Which library it shows: `blog`, `feeds` or `empty`."""
    at: str = ""
    """The beginning of the title of the entry one was last on."""
    year: int | None = None
    """The year one was last in; `None` for all entries."""
    sizes: tuple[tuple[int, int], ...] = SIZES
    theme: str = "granit"


# --- what a person does ----------------------------------------------------------------------------


async def until(pilot: Pilot[None], is_so: Callable[[], bool]) -> None:
    """Let the app run until something holds.

    Raises:
        TimeoutError: it did not come to be.
    """
    end = time.monotonic() + _WAIT_SECONDS
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError("the screen did not become what is to be drawn")
        await pilot.pause(0.02)


async def settle(pilot: Pilot[None]) -> None:
    """Wait until nothing moves: no worker in the way, and two looks alike."""
    before = ""
    for _look in range(50):
        await pilot.pause(
            0.25
        )  # longer than the screen's own timers, which counts and previews have
        now = clean(pilot.app.export_screenshot())
        busy = any(
            not worker.is_finished for worker in pilot.app.workers if worker.group != "refresh"
        )
        if now == before and not busy:
            return
        before = now
    raise TimeoutError("the screen does not come to rest")


async def look(pilot: Pilot[None]) -> None:
    """Do nothing."""


async def read(pilot: Pilot[None]) -> None:
    """Unfold the year in the archive, and open the entry one is on."""
    await settle(pilot)
    await pilot.press("1", "l", "2")
    await pilot.press(*"jjjj", *"kkkk")  # so that the list shows what comes below
    await settle(pilot)
    await pilot.press("enter")


async def show_pictures(pilot: Pilot[None]) -> None:
    """Open the entry one is on, and show its pictures."""
    await settle(pilot)
    await pilot.press("enter", "p")
    await settle(pilot)


async def search(pilot: Pilot[None]) -> None:
    """Search for half a word, and go to a hit."""
    bar = pilot.app.screen.query_one(SearchBar)
    await settle(pilot)
    await pilot.press("1", "g", "j", "j", "j", "l", "2", "slash", *"upphandl")
    await until(pilot, lambda: bool(bar.offers))
    await settle(pilot)
    await pilot.press("enter", *"j" * 15, *"k" * 5)


async def filter_unread(pilot: Pilot[None]) -> None:
    """List only what is unread, and go down a little."""
    await pilot.press("f")
    await settle(pilot)
    await pilot.press("g", "j")


async def ask_for_help(pilot: Pilot[None]) -> None:
    await settle(pilot)
    await pilot.press("question_mark")


async def refresh(pilot: Pilot[None]) -> None:
    """Refresh all, until the slow feed keeps one waiting."""
    assert isinstance(pilot.app, FeedReaderApp)  # noqa: S101 (mypy)
    status = pilot.app.reader.status
    await pilot.press("R")
    title = _FEEDS[_SLOW][1]
    await until(pilot, lambda: status.progress is not None and status.progress[2] == title)


PICTURES = (
    Picture(name="reading", stage=read, at=_POULTRY_PLANT, year=2018),
    Picture(
        name="papper", stage=read, at=_POULTRY_PLANT, year=2018, theme="papper", sizes=((160, 48),)
    ),
    Picture(name="pictures", stage=show_pictures, at=_POULTRY_PLANT, sizes=((120, 36),)),
    Picture(name="search", stage=search),
    Picture(name="unread", stage=filter_unread),
    Picture(name="help", stage=ask_for_help),
    Picture(name="welcome", stage=look, library="empty"),
    Picture(name="refresh", stage=refresh, library="feeds"),
)


# --- libraries -------------------------------------------------------------------------------------


def open_library(path: Path) -> Library:
    return Library(path, SETTINGS, now=lambda: NOW)


async def subscribe_all(library: Library, urls: tuple[str, ...]) -> None:
    """Subscribe to the small feeds."""
    for url, (folder, _title, _entries) in zip(urls, _FEEDS, strict=True):
        await library.subscribe(url, folder=folder)


async def fill(library: Library, blog_url: str, folder: str | None = None) -> None:
    """Subscribe to the blog and fetch all of it."""
    blog, _result = await library.subscribe(blog_url, folder=folder)
    async with aclosing(library.backfill(blog.id)) as pages:
        async for _page in pages:
            pass


def mark(library: Library) -> None:
    """Read most, and star a few, as someone would have who has followed the blog for years."""
    ids = library.listing(View()).ids
    library.mark_read([entry_id for row, entry_id in enumerate(ids) if row not in _UNREAD])
    library.star([ids[row] for row in _STARRED])


class OtherFeeds:
    """Small feeds on loopback, each as `/0`, `/1` and so on; one breaks and one stalls when told to."""

    def __init__(self) -> None:
        self.is_trouble = False
        self.released = threading.Event()

    def document(self, number: int) -> bytes:
        _folder, title, entries = _FEEDS[number]
        items = "".join(
            f"<item><title>{escape(entry)}</title><guid>{number}-{place}</guid>"
            f"<link>https://exempel.invalid/{number}/{place}</link>"
            f"<pubDate>{format_datetime(NOW - timedelta(days=3 * place + number, hours=4))}</pubDate>"
            f"<description>{escape(entry)}. Mer finns att läsa på sidan.</description></item>"
            for place, entry in enumerate(entries)
        )
        return (
            f'<rss version="2.0"><channel><title>{escape(title)}</title>{items}</channel></rss>'
        ).encode()


class _Handler(BaseHTTPRequestHandler):
    feeds: ClassVar[OtherFeeds]

    def do_GET(self) -> None:
        number = int(self.path.strip("/"))
        if self.feeds.is_trouble and number == _SLOW:
            self.feeds.released.wait(_WAIT_SECONDS * 2)
        is_broken = self.feeds.is_trouble and number == _BROKEN
        body = b"" if is_broken else self.feeds.document(number)
        self.send_response(503 if is_broken else 200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(ConnectionError):  # the one that was kept waiting has left
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def other_feeds() -> Iterator[tuple[OtherFeeds, tuple[str, ...]]]:
    """Serve the small feeds; give them and their addresses."""
    feeds = OtherFeeds()
    handler = type("_OwnHandler", (_Handler,), {"feeds": feeds})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield feeds, tuple(f"{base}/{number}" for number in range(len(_FEEDS)))
    finally:
        feeds.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


# --- drawing ---------------------------------------------------------------------------------------


async def screen_of(picture: Picture, library: Library, size: tuple[int, int]) -> str:
    """Run the app, do what leads to the picture, and give the screen as SVG."""
    library.settings = replace(library.settings, screen_theme=picture.theme)
    if picture.year is not None:
        feed = library.feeds()[0]
        library.remember("screen.view", f'{{"feed_id": {feed.id}, "year": {picture.year}}}')
    if picture.at:
        ids = library.listing(View()).ids
        found = [row.id for row in library.rows(ids) if row.title.startswith(picture.at)]
        library.remember("screen.entry", f"{found[0]}")
    app = FeedReaderApp(library, now=lambda: NOW)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await picture.stage(pilot)
        if picture.stage is refresh:
            await pilot.pause(0.6)
        else:
            await settle(pilot)
        return clean(app.export_screenshot(title="Flödesläsare"))


def clean(svg: str) -> str:
    """Make the SVG one that looks the same everywhere and each time.

    librsvg drops leading spaces unless told to keep them, fetches no fonts and knows no textLength:
    the letters must be as wide as the cells by themselves.
    """
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family:[^;]*;", f"font-family: {_FONT};", svg)
    svg = svg.replace("font-size: 20px", f"font-size: {12.2 / 0.6:.3f}px")  # of a cell, of an em
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    svg = re.sub("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", "⠹", svg)  # how far the spinner has turned
    return svg.replace("<text ", '<text xml:space="preserve" ')


def png_of(svg: str, width: int) -> bytes:
    """Give the picture as PNG, `width` pixels wide."""
    done = subprocess.run(
        ["rsvg-convert", "--width", str(width), "--format", "png"],
        input=svg.encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return few_colours(done.stdout)


def few_colours(png: bytes) -> bytes:
    """Give an RGBA picture with 256 colours, which a terminal's never notices; a third of the size."""
    header, data = b"", b""
    at = 8
    while at < len(png):
        (length,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        body = png[at + 8 : at + 8 + length]
        header, data = (body if kind == b"IHDR" else header), data + body * (kind == b"IDAT")
        at += 12 + length
    width, height, depth, colour_type = struct.unpack(">IIBB", header[:10])
    if (depth, colour_type, header[12]) != (8, 6, 0):
        return png
    rows = _unfiltered(zlib.decompress(data), width * 4)
    pixels = [tuple(row[x : x + 4]) for row in rows for x in range(0, len(row), 4)]
    counted = Counter(pixels)
    # The most common as they are, and from the rest those that stand farthest from what was chosen.
    ranked = [colour for colour, _count in counted.most_common()]
    palette = ranked[:160]
    rest = ranked[160:]
    gaps = {colour: min(_distance(colour, other) for other in palette) for colour in rest}
    while rest and len(palette) < 256:
        chosen = max(gaps, key=lambda colour: (gaps[colour] * counted[colour] ** 0.5, colour))
        palette.append(chosen)
        del gaps[chosen]
        gaps = {colour: min(gap, _distance(colour, chosen)) for colour, gap in gaps.items()}
        rest = list(gaps)
    index = {colour: place for place, colour in enumerate(palette)}
    for colour in gaps if rest else ():
        index[colour] = min(range(len(palette)), key=lambda n: _distance(palette[n], colour))
    lines = bytes(index[pixel] for pixel in pixels)
    raw = b"".join(b"\0" + lines[y * width : (y + 1) * width] for y in range(height))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", b"".join(bytes(colour[:3]) for colour in palette)),
        (b"tRNS", bytes(colour[3] for colour in palette)),
        (b"IDAT", zlib.compress(raw, 9)),
        (b"IEND", b""),
    )
    return png[:8] + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def _unfiltered(data: bytes, stride: int) -> list[bytes]:
    """Undo the filters of PNG's lines (W3C PNG §9), four bytes a pixel."""
    above = bytearray(stride)
    rows: list[bytes] = []
    for start in range(0, len(data), stride + 1):
        kind, row = data[start], bytearray(data[start + 1 : start + 1 + stride])
        for at in range(stride if kind else 0):
            left = row[at - 4] if at >= 4 else 0
            up, corner = above[at], above[at - 4] if at >= 4 else 0
            if kind == 1:
                guess = left
            elif kind == 2:
                guess = up
            elif kind == 3:
                guess = (left + up) // 2
            else:
                near = left + up - corner
                guess = min(
                    (abs(near - value), order, value)
                    for order, value in enumerate((left, up, corner))
                )[2]
            row[at] = (row[at] + guess) & 255
        rows.append(bytes(row))
        above = row
    return rows


def _distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


# --- the whole -------------------------------------------------------------------------------------


def draw(names: list[str]) -> None:
    """Draw the pictures whose names begin with one of `names`, or all."""
    wanted = [
        (picture, size, f"{picture.name}-{size[0]}x{size[1]}")
        for picture in PICTURES
        for size in picture.sizes
    ]
    wanted = [one for one in wanted if not names or one[2].startswith(tuple(names))]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with serve(clock=lambda: NOW) as blog:
            with open_library(folder / "blog.db") as library:
                asyncio.run(fill(library, blog.feed_url))
                mark(library)
            for picture, size, name in wanted:
                path = folder / f"{name}.db"
                if picture.library == "feeds":
                    write(name, draw_refresh(picture, path, size), size)
                    continue
                if picture.library == "blog":
                    shutil.copy(folder / "blog.db", path)
                with open_library(path) as library:
                    write(name, asyncio.run(screen_of(picture, library, size)), size)


def draw_refresh(picture: Picture, path: Path, size: tuple[int, int]) -> str:
    """Draw a refresh under way, with servers of its own: what is new once is not new twice."""
    with (
        serve(clock=lambda: NOW - timedelta(minutes=30)) as blog,
        other_feeds() as (feeds, urls),
        # Feeds are asked in the order in which they fall due, which has chance in it; then by age.
        patch("flodeslasare.library.steps.next_after_success", lambda now, *_args, **_more: now),
        open_library(path) as library,
    ):
        asyncio.run(fill(library, blog.feed_url, "Upphandling"))
        asyncio.run(subscribe_all(library, urls))
        mark(library)
        feeds.is_trouble = True
        return asyncio.run(screen_of(picture, library, size))


def write(name: str, svg: str, size: tuple[int, int]) -> None:
    """Write one picture."""
    png = png_of(svg, 960 if size[0] <= 80 else 1280)
    (HERE / f"{name}.png").write_bytes(png)
    too_big = "" if len(png) <= LIMIT_BYTES else f", more than {LIMIT_BYTES:,}"
    print(f"{name}.png  {len(png):,} bytes{too_big}")


def main() -> int:
    if shutil.which("rsvg-convert") is None:
        print("draw: rsvg-convert is missing; on Debian: apt install librsvg2-bin", file=sys.stderr)
        return 69
    for variable in ("NO_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        os.environ.pop(variable, None)
        os.environ.pop(variable.lower(), None)
    os.environ |= {"TZ": "Europe/Stockholm", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    time.tzset()
    i18n.use_language("sv")
    draw(sys.argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
