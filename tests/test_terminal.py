"""The real program in a real terminal (tmux), with real keys and an empty home folder.

Skipped where tmux is missing, unless `FLODESLASARE_TEST_TMUX=required`.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_httpserver import HTTPServer

from builders import PATIENCE_SECONDS
from flodeslasare.demo.posts import load_posts
from flodeslasare.documents import Subscription
from flodeslasare.library import Library

LOOK_SECONDS = 20
"""The longest wait for one look at the terminal; then another is taken."""
SIZES = [(80, 24), (160, 48)]

FOUND_WORD = "hållbarhetsgrupp"
FOUND_AUTHOR = next(post.author for post in load_posts() if FOUND_WORD in post.title)
_STYLES = re.compile(r"\x1b\[([0-9;]*)m")


class Terminal:
    """A tmux server of its own, with one window."""

    def __init__(self, home: Path, sockets: str, size: tuple[int, int]) -> None:
        self._home = home
        self._sockets = sockets
        self._socket = f"flodeslasare-{uuid4().hex[:8]}"
        self._columns, self._rows = size
        self.is_on = False

    def tmux(self, *arguments: str, check: bool = True, timeout: int = PATIENCE_SECONDS) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, "-f", os.devnull, *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env=self._environment(),
        )
        if check and done.returncode:
            raise AssertionError(f"tmux {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        kept = ("PATH", "PYTHONPATH", "TMPDIR", "TZ")
        own = {name: os.environ[name] for name in kept if name in os.environ}
        return own | {
            "HOME": str(self._home),
            "LANG": "C.UTF-8",
            "SHELL": "/bin/sh",
            "TMUX_TMPDIR": self._sockets,
            "TERM": "xterm",
        }

    def start(self, *arguments: str, **variables: str) -> None:
        """Run the program; when it has ended, the window stays and says with which code."""
        setting = [f"{name}={value}" for name, value in variables.items()]
        program = ["env", *setting, sys.executable, "-m", "flodeslasare", *arguments]
        command = f"{shlex.join(program)}; echo ended with $?; exec cat"
        size = ("-x", f"{self._columns}", "-y", f"{self._rows}")
        if self.is_on:
            self.tmux("respawn-window", "-k", command)
        else:
            self.tmux(
                "new-session", "-d", *size, command,
                ";", "set-option", "-g", "status", "off",
                ";", "set-option", "-g", "escape-time", "0",
            )  # fmt: skip
            self.tmux("resize-window", *size)
        self.is_on = True

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        self.tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text as it stands."""
        self.tmux("send-keys", "-l", text)

    def screen(self, *, styled: bool = False) -> str:
        """Give what the terminal shows; `styled` with its escape sequences."""
        return self.tmux("capture-pane", "-p", *(("-e",) if styled else ()), timeout=LOOK_SECONDS)

    def wait(
        self,
        wanted: str | re.Pattern[str] | Callable[[str], bool],
        *,
        styled: bool = False,
    ) -> str:
        """Look again and again until a text stands there, or something holds; give the screen.

        Ask for what is not there before: what stands there already says nothing of the last key.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        screen = ""
        while time.monotonic() < end:
            with suppress(subprocess.TimeoutExpired):
                screen = self.screen(styled=styled)
            if isinstance(wanted, str):
                is_there = wanted in screen
            elif isinstance(wanted, re.Pattern):
                is_there = wanted.search(screen) is not None
            else:
                is_there = wanted(screen)
            if is_there:
                return screen
            time.sleep(0.05)  # between two looks; what is waited for is the text
        what = "what was waited for" if callable(wanted) else repr(wanted)
        raise AssertionError(f"{what} did not come; the screen:\n{screen}")

    def open_entry(self) -> None:
        """Open the entry one is on, once the list has the keys."""
        self.wait("▎")
        self.press("Enter")
        self.wait("Space read on")

    def program(self) -> int:
        """Give the number of the process that runs in the window, below the shell."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        found = subprocess.run(["pgrep", "-P", shell], capture_output=True, text=True, check=True)
        return int(found.stdout.split()[0])

    def modes(self) -> str:
        """Tell whether the other screen is shown, and whether the mouse is reported: `1 1`, `0 0`."""
        return self.tmux("display-message", "-p", "#{alternate_on} #{mouse_any_flag}").strip()

    def leave(self) -> None:
        """Quit, and wait for the end."""
        self.press("q")
        self.wait("ended with 0")


@pytest.fixture
def terminal_of(tmp_path: Path) -> Iterator[Callable[[tuple[int, int]], Terminal]]:
    """Make terminals on the same empty home folder; their tmux servers end with the test."""
    if shutil.which("tmux") is None:
        if os.environ.get("FLODESLASARE_TEST_TMUX") == "required":
            pytest.fail("tmux is missing, and FLODESLASARE_TEST_TMUX says that it must be there")
        pytest.skip("tmux is missing")
    made: list[Terminal] = []
    # Not in `tmp_path`: the path of a socket has room for a hundred bytes.
    with tempfile.TemporaryDirectory(prefix="tmux-") as sockets:

        def make(size: tuple[int, int]) -> Terminal:
            made.append(Terminal(tmp_path / "home", sockets, size))
            return made[-1]

        yield make
        for terminal in made:
            terminal.tmux("kill-server", check=False)


def newest_title() -> str:
    """The title at the top of the demo's list, or nearly: one newer post may have come out."""
    return max(load_posts(), key=lambda post: post.published).title


def marks(home: Path) -> tuple[int, int]:
    """Give how many entries of the demo are read and starred, as a stranger reads the file."""
    (path,) = home.rglob("demo/library.db")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        row = database.execute("SELECT count(read_at), count(starred_at) FROM entries").fetchone()
    return int(row[0]), int(row[1])


def number_after(name: str, screen: str) -> int | None:
    """Give the number that stands after a name: `All entries  142`."""
    found = re.search(rf"{re.escape(name)} +(\d+)", screen)
    return int(found[1]) if found else None


def hits_in(screen: str) -> int:
    """Give how many hits the screen says there are."""
    found = re.search(r"/ upphandl +(\d+) hits", screen)
    return int(found[1]) if found else 0


def found(end: str, number: int) -> re.Pattern[str]:
    """Give how the screen says so many hits of a query that ends so: on the way to it there are others."""
    return re.compile(rf"/ \S*{re.escape(end)} +{number} hits?\b")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_demo_from_first_start_to_second(
    terminal_of: Callable[[tuple[int, int]], Terminal], size: tuple[int, int], tmp_path: Path
) -> None:
    terminal = terminal_of(size)
    title = newest_title()[:12]
    terminal.start("demo")
    screen = terminal.wait(title)
    total = number_after("All entries", screen)
    assert total is not None
    assert total >= len(load_posts())
    assert len(screen.splitlines()) <= size[1]
    unread = f"{total} unread"
    terminal.wait(unread)

    # A mark, and its undoing.
    terminal.press("j")
    terminal.press("m")
    terminal.wait(f"{total - 1} unread")
    terminal.press("u")
    terminal.wait(unread)
    terminal.press("m")
    terminal.wait(f"{total - 1} unread")
    terminal.press("s")
    terminal.wait("★")
    terminal.press("j")

    # A search, and its end.
    terminal.type("/upphandl")
    terminal.wait(lambda screen: "upphandling" in screen and 0 < hits_in(screen) < total)
    terminal.press("Enter")
    terminal.press("Escape")
    terminal.wait(f"{total - 1} unread")

    # A text, found and read; where there is little room, to its end.
    terminal.type(f"/title:{FOUND_WORD}")
    terminal.wait(found(FOUND_WORD, 1))
    terminal.press("Enter")  # to the hits
    terminal.open_entry()
    screen = terminal.wait(lambda screen: FOUND_AUTHOR in text_of(screen))
    if size == (80, 24):
        terminal.press("G")
        screen = terminal.wait(lambda screen: FOUND_AUTHOR not in text_of(screen))
    lines = [line for line in text_of(screen).splitlines() if len(line) > 20]
    assert len(lines) > 4
    terminal.leave()
    assert marks(tmp_path / "home") == (2, 1)

    # The second start shows the marks and the place.
    terminal.start("demo")
    terminal.wait(f"{total - 2} unread")
    terminal.wait(lambda screen: all(line in text_of(screen) for line in lines))
    assert number_after("All entries", terminal.screen()) == total
    terminal.press("g")
    terminal.wait("★")
    terminal.leave()
    assert marks(tmp_path / "home") == (2, 1)


def text_of(screen: str) -> str:
    """Give the reading pane: what stands to the right of the rule, without the scrollbar."""
    parts = [line.rpartition("▏") for line in screen.splitlines()]
    return "\n".join(text.strip(" ▁▂▃▄▅▆▇█") for _left, rule, text in parts if rule)


def test_without_colour_a_sign_says_it(
    terminal_of: Callable[[tuple[int, int]], Terminal],
) -> None:
    terminal = terminal_of((80, 24))
    terminal.start("demo", NO_COLOR="1")
    terminal.wait(newest_title()[:12])
    terminal.press("j")
    terminal.press("s")
    terminal.wait("★")
    styled = terminal.wait("●", styled=True)
    seen = {
        int(number) for codes in _STYLES.findall(styled) for number in codes.split(";") if number
    }
    # Neither a colour (30 to 38, 90 to 97) nor a ground (40 to 48, 100 to 107): those of the terminal, 39 and 49.
    assert seen <= {0, 1, 2, 3, 4, 7, 9, 39, 49}
    assert {1, 7} <= seen, "the cursor's row is reversed, what is unread bold"
    terminal.leave()


def test_without_the_server_all_is_there(
    terminal_of: Callable[[tuple[int, int]], Terminal], tmp_path: Path
) -> None:
    terminal = terminal_of((160, 48))
    terminal.start("demo")
    screen = terminal.wait(newest_title()[:12])
    total = number_after("All entries", screen)
    terminal.leave()  # and with it the server of the blog

    (path,) = (tmp_path / "home").rglob("demo/library.db")
    terminal.start("--offline", "--library", f"{path}")
    screen = terminal.wait(newest_title()[:12])
    assert number_after("All entries", screen) == total
    terminal.press("G")
    oldest = min(load_posts(), key=lambda post: post.published).title
    terminal.wait(lambda screen: oldest[:20] in screen)
    terminal.press("R")
    terminal.wait(lambda screen: "offline" in screen.lower())
    terminal.leave()


STEERING = "\x1b]0;pwned\x07\x1b[7;7Hmoved\x1bP+q70776e6564\x1b\\\x9d0;pwned\x9c\x9b3;3Hord\u202e\x1b]8;;file:///pwned\x1b\\"
"""Sets the title, moves the cursor, asks the terminal, in seven bits and in eight; turns text round; links."""


def test_nothing_from_a_feed_steers_the_terminal(
    terminal_of: Callable[[tuple[int, int]], Terminal], tmp_path: Path, httpserver: HTTPServer
) -> None:
    # As XML cannot hold it: JSON, and HTML's references in HTML.
    references = "".join(f"&#{ord(char)};" for char in STEERING)
    items = [
        {
            "id": f"{number}{STEERING}",
            "url": f"https://exempel.se/{number}{STEERING}",
            "title": f"Titel {number} {STEERING}",
            "authors": [{"name": f"Alva {STEERING}"}],
            "tags": [STEERING],
            "content_html": f"<p>Början {references} slut</p><pre>{STEERING}</pre><a href='https://a.se/{references}'>x</a>",
        }
        for number in range(3)
    ]
    body = {"version": "https://jsonfeed.org/version/1.1", "title": STEERING, "items": items}
    httpserver.expect_request("/feed").respond_with_data(
        json.dumps(body), content_type="application/feed+json"
    )
    path, raw = tmp_path / "library.db", tmp_path / "raw"
    with Library(path) as library:
        library.add_subscription(Subscription(url=httpserver.url_for("/feed"), folder=STEERING))

    terminal = terminal_of((120, 36))
    terminal.start("--library", f"{path}")
    terminal.wait("feed")
    terminal.tmux("pipe-pane", f"cat >> {shlex.quote(str(raw))}")
    title = terminal.tmux("display-message", "-p", "#{pane_title}")
    terminal.press("R")
    terminal.wait("Titel 2")
    terminal.open_entry()
    terminal.wait("Början")
    terminal.press("1")
    terminal.press("2")
    terminal.type("/ord")
    terminal.wait(found("ord", 3))
    terminal.press("Enter")
    terminal.wait("▎")
    screen = terminal.wait("moved")
    assert "pwned" in screen  # as text, without what would have made it a title
    assert terminal.tmux("display-message", "-p", "#{pane_title}") == title
    assert "\x1b]" not in terminal.screen(styled=True)  # tmux would give a link back as OSC 8
    terminal.leave()

    written = raw.read_bytes().decode("utf-8")
    assert "Titel 1" in written
    assert not re.search("[\x07\x80-\x9f\u202e]|\x1bP", written)
    assert "\x1b[7;7Hmoved" not in written
    assert not any("pwned" in found for found in re.findall("\x1b\\][^\x07\x1b]*", written))


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_an_end_from_outside_gives_the_terminal_back(
    terminal_of: Callable[[tuple[int, int]], Terminal], name: str
) -> None:
    terminal = terminal_of((80, 24))
    terminal.start("demo")
    terminal.wait(newest_title()[:12])
    terminal.wait("▎")
    assert terminal.modes() == "1 1"
    os.kill(terminal.program(), signal.Signals[name])
    terminal.wait(f"ended with {128 + signal.Signals[name]}")
    assert terminal.modes() == "0 0"


@pytest.mark.parametrize("is_heard", [True, False], ids=["with its signal", "without"])
def test_a_terminal_that_goes_takes_the_program_along(tmp_path: Path, is_heard: bool) -> None:
    """Who starts us as another person (`su`) or elsewhere (`docker exec`) does not pass the signal on."""
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "flodeslasare", "--offline", "--library", tmp_path / "l.db"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"},
        start_new_session=True,
        preexec_fn=None if is_heard else lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    os.close(theirs)
    shown = b""
    while b"Fl" not in shown:
        shown += os.read(ours, 65536)
    if is_heard:
        program.send_signal(signal.SIGHUP)
    os.close(ours)
    assert program.wait(PATIENCE_SECONDS) == 128 + signal.SIGHUP


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_search_from_half_a_word_to_one_that_is_kept(
    terminal_of: Callable[[tuple[int, int]], Terminal], size: tuple[int, int]
) -> None:
    terminal = terminal_of(size)
    terminal.start("demo")
    terminal.wait(newest_title()[:12])

    # A mistyped word, and the one that was meant.
    terminal.type("/kyklingslakteri")
    terminal.wait(re.compile(r"/ kyklingslakteri +no hits[^$]*1  kycklingslakteri"))
    terminal.press("Enter")
    terminal.wait("▎ 1 ")
    terminal.press("1")
    terminal.wait(lambda screen: "cklingslakteri" in screen and "Did you mean" not in screen)

    # An operator, its value, and a word that matched, by keys alone.
    terminal.press("/")
    terminal.press("C-u")
    terminal.wait("words, or title:")
    terminal.type("upphandl be")
    terminal.press("Tab")
    terminal.type("201")
    terminal.press("Tab")
    terminal.wait(re.compile(r"before:201\d"))
    terminal.press("C-u")
    terminal.wait("words, or title:")
    terminal.type("upphandl")
    terminal.wait(lambda screen: hits_in(screen) > 0)
    terminal.wait(re.compile(r"upphandl\w+ \d+  "))
    terminal.press("Tab")
    terminal.press("Enter")
    terminal.wait(re.compile(r"/ \w*upphandl\w+"))

    # It is kept under a name, and stands in the archive.
    terminal.press("C-s")
    terminal.wait("A name for the search")
    terminal.type("Upphandling")
    terminal.press("Enter")
    terminal.wait("saved as Upphandling")
    terminal.press("Escape")
    terminal.wait("newest first")
    terminal.wait("▎")
    terminal.press("1")
    terminal.wait("SAVED SEARCHES")
    terminal.press("2")
    terminal.press("t")
    terminal.wait("In common")
    terminal.press("Escape")
    terminal.wait("newest first")
    terminal.leave()
