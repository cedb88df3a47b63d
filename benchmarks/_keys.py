"""From a key to the screen: the real program in a terminal, real keys, and what the terminal then shows.

A key is written to the terminal and everything the program writes is read at once, each piece with its time. When it
has been quiet for a while, the pieces are followed on a screen, and the key's time is that of the piece from which on
the part of the screen that it is about looks as it does in the end (letters and styles). So a list that is drawn
twice counts until its second drawing, and nothing inside the program is asked. Under Textual's pilot neither the
reading of the key, nor the writing of the screen, nor the thread that does it would be in the time.

A blank Textual app that counts its keys is measured in the same way in the same run: no Textual program is quicker.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from _libraries import corpus_of, forget_the_screen
from _questions import spread
from _screen import Area, Screen
from _terminal import HERE, Terminal, environment, reader_command

from flodeslasare.library import Library
from flodeslasare.model import View
from flodeslasare.tui.screens._layout import widths

COLUMNS, ROWS = 120, 36
QUIET_SECONDS = 0.3
"""Longer than the text waits until it is shown (0.08 s), shorter than the input's cursor takes to blink (0.5 s)."""
PATIENCE_SECONDS = 1.0
LONGEST_SECONDS = 60.0
WORDS = ("upphandling", "läkemedelupphandl", "fågel miljö", "ärende12", "zebra")

_archive, _entries, _text = widths(COLUMNS, "list", is_alone=False)
assert isinstance(_archive, int)
assert isinstance(_entries, int)
LIST = Area(_archive, 3, _entries - 1, ROWS - 4)
"""The rows of the list, without the scrollbar."""
INPUT = Area(_archive, 1, _entries - 16, 1, with_styles=False)
"""What is typed; its cursor blinks, so styles do not count."""
BAR = Area(_archive, 1, _entries, 1, with_styles=False)
HINT = BAR._replace(y=2)
BARS = ("▎", "▏")
"""What stands before the row with the cursor."""

Expected = Callable[[Screen], bool]


class Watched:
    """A program in a terminal, and its screen."""

    def __init__(self, command: Sequence[str], home: Path) -> None:
        self.terminal = Terminal(command, columns=COLUMNS, rows=ROWS, env=environment(home))
        self.screen = Screen(COLUMNS, ROWS)

    def settle(self, quiet_seconds: float = QUIET_SECONDS) -> None:
        """Wait until nothing more is written."""
        for _when, data in self.terminal.pieces_until_quiet(quiet_seconds, LONGEST_SECONDS):
            self.screen.feed(data)

    def type(self, key: str, seconds: float) -> None:
        """Type a key, and go on after a while."""
        self.terminal.send(key)
        for _when, data in self.terminal.pieces_during(seconds):
            self.screen.feed(data)

    def press(
        self, keys: str, *areas: Area, expected: Expected | None = None
    ) -> list[float | None]:
        """Type keys at once, and give for each area the seconds until it looked as it stays; `None` if as before.

        Without something that is expected, any change of the areas is, and none for PATIENCE_SECONDS will do.

        Raises:
            TimeoutError: what was expected did not come.
        """
        looks = [(0.0, [self.screen.look(area) for area in areas])]
        self.terminal.send(keys)
        while True:
            pieces = self.terminal.pieces_until_quiet(QUIET_SECONDS, LONGEST_SECONDS)
            for when, data in pieces:
                self.screen.feed(data)
                looks.append((when, [self.screen.look(area) for area in areas]))
            waited = time.perf_counter() - self.terminal.started
            if expected is None:
                if looks[-1][1] != looks[0][1] or waited > PATIENCE_SECONDS:
                    break
            elif expected(self.screen):
                break
            if waited > LONGEST_SECONDS:
                shown = "\n".join(self.screen.lines(Area(0, 0, COLUMNS, ROWS)))
                raise TimeoutError(f"{keys!r} did not lead to what was expected, but to\n{shown}")
        return [self._seconds([(when, at[n]) for when, at in looks]) for n in range(len(areas))]

    @staticmethod
    def _seconds(looks: Sequence[tuple[float, object]]) -> float | None:
        """When did it become what it stayed?"""
        last = looks[-1][1]
        became = None
        for when, look in reversed(looks):
            if look != last:
                return became
            became = when
        return None


def reference(home: Path, *, presses: int) -> dict[str, float]:
    """Measure the blank app's keys."""
    watched = Watched([sys.executable, str(HERE / "blank_app.py")], home)
    everything = Area(0, 0, COLUMNS, ROWS)
    with watched.terminal as terminal:
        terminal.seconds_until("tomt")
        watched.settle()
        times = [watched.press("j", everything)[0] for _press in range(presses)]
    return spread([each for each in times if each is not None])


def measured(path: Path, home: Path, *, entries: int, share: float = 1.0) -> dict[str, object]:
    """Press every kind of key on a library; times in seconds, memory in bytes.

    Args:
        path: the library.
        home: a folder for the program's own files.
        entries: how many it holds.
        share: of the usual number of keys, for a quick look.
    """
    forget_the_screen(path)
    corpus = corpus_of(entries)
    taken: dict[str, list[float]] = {}
    memory: dict[str, int] = {}
    watched = Watched(reader_command(path), home)
    with watched.terminal as terminal, Library(path) as library:

        def press(kind: str, keys: str, *, expected: Expected | None = None) -> None:
            (seconds,) = watched.press(keys, LIST, expected=expected)
            if seconds is not None:
                taken.setdefault(kind, []).append(seconds)

        def times(usual: int) -> range:
            return range(max(2, round(usual * share)))

        terminal.seconds_until(" help")
        watched.settle(1.0 + entries / 200_000)  # the rest of the list, and the months
        memory["after the first screen"] = terminal.memory_bytes()
        rows = library.rows(library.listing(View(), first=200).ids)
        for step in times(50):
            press("cursor down", "j", expected=_on(rows[step + 1].title))
        for _step in times(20):
            press("page down", "\x1b[6~")
        for _step in times(5):
            press("to the end", "G", expected=_on(corpus.entry(0).title))
            press("to the beginning", "g", expected=_on(rows[0].title))
        row = rows[0]
        for _step in times(20):
            unread = library.next_in(View(unread=True), row.id, older=True)
            if unread is None:
                break
            (row,) = library.rows([unread])
            press("next unread", "n", expected=_on(row.title))
        for _step in times(10):
            press("next month", "]")
        for _step in times(5):
            press("only unread", "f", expected=_says("unread only"))
            press("all again", "f", expected=_says("newest first"))
        for _step in times(10):
            press("mark as read or unread", "m")
        watched.press("g", LIST, expected=_on(rows[0].title))
        watched.press("1", LIST)
        for _step in times(20):
            press("another line of the archive, which is then chosen", "j")
        watched.press("g", LIST)
        watched.press("2", LIST)
        memory["after scrolling"] = terminal.memory_bytes()
        for kind, seconds in _typed(watched, library, WORDS[: max(1, round(len(WORDS) * share))]):
            taken.setdefault(kind, []).append(seconds)
        memory["after searching"] = terminal.memory_bytes()
        memory["at most"] = terminal.peak_memory_bytes()
    forget_the_screen(path)
    return {
        "keys": {kind: spread(seconds) for kind, seconds in taken.items()},
        "memory_bytes": memory,
    }


def _typed(watched: Watched, library: Library, words: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Type words, letter by letter and then as a quick typist, and leave the search after each."""
    for word in words:
        watched.press("/", BAR)
        for end in range(1, len(word) + 1):
            echo, hits = watched.press(
                word[end - 1], INPUT, LIST, expected=_found(library, word[:end])
            )
            if echo is not None:
                yield "a typed letter itself", echo
            if hits is not None:
                yield "hits for a typed letter", hits
        watched.press("\x1b", BAR)
        watched.settle()
        watched.press("/", BAR)
        for letter in word[:-1]:
            watched.type(letter, 0.1)
        _echo, hits = watched.press(word[-1], INPUT, LIST, expected=_found(library, word))
        if hits is not None:
            yield "hits for a word typed at ten letters a second", hits
        watched.press("\x1b", BAR)
        watched.settle()


def _on(title: str) -> Expected:
    """Expect the cursor on an entry."""

    def is_so(screen: Screen) -> bool:
        return any(
            line.startswith(BARS) and line[3:].startswith(title[:16].rstrip())
            for line in screen.lines(LIST)
        )

    return is_so


def _says(hint: str) -> Expected:
    """Expect what stands above the list."""
    return lambda screen: hint in screen.lines(HINT)[0]


def _found(library: Library, query: str) -> Expected:
    """Expect the first hit of a query at the top, or that there is none."""
    ids = library.listing(View(query=query), first=1).ids
    if not ids:
        return lambda screen: "no hits" in screen.lines(BAR)[0]
    (row,) = library.rows(ids)
    return _on(row.title)
