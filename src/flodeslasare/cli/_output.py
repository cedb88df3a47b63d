"""What goes to the terminal or the pipe: data to stdout, talk to stderr, nothing that steers a terminal.

Widths are in cells: what a terminal gives a character (two for 日, none for a combining accent).
"""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import ClassVar

from flodeslasare.addresses import without_logins
from flodeslasare.i18n import _
from flodeslasare.text import harmless, harmless_json, harmless_line

_ASCII = re.compile(r"[ -~]*")
_WORDS = re.compile(r"\S+")
_BREAKABLE = re.compile(r"[^\S\xa0]+")


_ALIKE = {
    "●": "o", "★": "*", "✓": "v", "✗": "x", "•": "*", "→": "->", "≈": "~", "…": "...", "–": "-", "—": "-", "−": "-",
    "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "\u202f": " ",
}  # fmt: skip
"""What stands for the signs of ours, and of most texts, in a locale that has no such: each mark stays another."""
_NO_UTF8 = re.compile("[\udc80-\udcff]")


def _alike(error: UnicodeError) -> tuple[str, int]:
    """Put for the first character that an encoding lacks one that looks like it, else a question mark."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - no stream of ours is decoded with it
    return _ALIKE.get(error.object[error.start], "?"), error.start + 1


def prepare_streams() -> None:
    """Make both streams able to take any text, whatever the locale is."""
    codecs.register_error("flodeslasare.alike", _alike)
    for stream in (sys.stdout, sys.stderr):
        # Others than the usual class stand there under test runners; they take any text.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="flodeslasare.alike")


def put(text: str, *, at_once: bool = False) -> None:
    """Print data on stdout, and a newline.

    Args:
        text: one line or several.
        at_once: do not wait for more, so that a pipe's reader sees it now.

    Raises:
        OSError: nobody reads any more, or the file it goes to cannot be written; `_ends` says so.
    """
    _write(safe(text) + "\n")
    if at_once:
        flush()


def put_json(value: object, *, at_once: bool = False) -> None:
    """Print one JSON object on a line of its own."""
    # In a locale without UTF-8 the escapes of JSON still carry every character.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    ascii_only = encoding.lower().replace("_", "-") not in {"utf-8", "utf8"}
    _write(harmless_json(json.dumps(value, ensure_ascii=ascii_only)) + "\n")
    if at_once:
        flush()


def put_bytes(data: bytes) -> None:
    """Print a file's content on stdout as it is."""
    if sys.stdout is None:
        return
    flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def flush() -> None:
    """Send what waits."""
    if sys.stdout is not None:
        sys.stdout.flush()


def give_up_stdout() -> None:
    """Let whatever still waits for stdout go nowhere, so that Python does not try again at its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        stdout = sys.stdout.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stdout)
        finally:
            os.close(nowhere)


def say(text: str) -> None:
    """Tell the person something on stderr; no password of an address stands in it."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            if Progress.on_screen is not None:
                Progress.on_screen.clear()
            sys.stderr.write(harmless_line(_with_bytes(without_logins(text))) + "\n")
            sys.stderr.flush()


def complain(text: str) -> None:
    """Say what went wrong: one line on stderr that begins with the program's name."""
    say(f"flodeslasare: {one_line(text)}")


def can_ask() -> bool:
    """Tell whether there is a person who sees a question on stderr, and whose answer can be read."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def ask(question: str) -> bool:
    """Ask the person on stderr; anything but a yes is a no."""
    choice = _("[y/N]")
    sys.stderr.write(f"{one_line(without_logins(question))} {choice} ")
    sys.stderr.flush()
    answer = sys.stdin.readline().strip().casefold()
    return answer in {"y", "yes", "j", "ja"}


class Progress:
    """A line on stderr that says what is in work, for a person who watches; else nothing."""

    on_screen: ClassVar[Progress | None] = None
    """The one that is shown now: whatever else is said takes it away first."""

    def __init__(self, *, wanted: bool) -> None:
        self._watched = wanted and sys.stderr is not None and sys.stderr.isatty()
        self._shown = 0

    def show(self, text: str) -> None:
        """Put `text` in the place of what was shown."""
        if self._watched:
            line = cut(harmless_line(text), shutil.get_terminal_size().columns - 1)
            sys.stderr.write("\r" + pad(line, self._shown))
            sys.stderr.flush()
            self._shown = width(line)
            Progress.on_screen = self

    def clear(self) -> None:
        """Take it away, so that a line can be printed."""
        if self._watched and self._shown:
            sys.stderr.write("\r" + " " * self._shown + "\r")
            sys.stderr.flush()
            self._shown = 0
            Progress.on_screen = None


def safe(text: str) -> str:
    """Give text without what a terminal obeys: control characters and changes of direction."""
    return harmless(text)


def one_line(text: str) -> str:
    """Give the same on one line, its white space single; a space that keeps a number together stays."""
    return " ".join(word for word in _BREAKABLE.split(harmless(_with_bytes(text))) if word)


def _with_bytes(text: str) -> str:
    r"""Show the bytes of a file's name that are no UTF-8, as Python shows them: `\xe5`."""
    return (
        text
        if text.isascii()
        else _NO_UTF8.sub(lambda byte: rf"\x{ord(byte[0]) - 0xDC00:02x}", text)
    )


def local_time(when: datetime | None, form: str = "%Y-%m-%d %H:%M") -> str:
    """Give a time in the machine's zone, a dash when there is none."""
    if when is None:
        return "–"
    try:
        return when.astimezone().strftime(form)
    except (OverflowError, ValueError, OSError):  # at the ends of what a calendar holds
        return when.strftime(form)


def line_width() -> int | None:
    """Give the terminal's width in cells, or `None` when stdout is no terminal: then nothing is cut."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    return max(20, shutil.get_terminal_size().columns)


def width(text: str) -> int:
    """Count the cells of one line of text."""
    if _ASCII.fullmatch(text):
        return len(text)
    return sum(map(_cells, text))


def _cells(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, cells: int) -> str:
    """Cut one line to at most `cells`, with … where something is gone."""
    if cells <= 0:
        return ""
    if width(text) <= cells:
        return text
    kept, used = [], 0
    for char in text:
        used += _cells(char)
        if used > cells - 1:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…"


def pad(text: str, cells: int) -> str:
    """Fill one line up to `cells` with spaces at its end."""
    return text + " " * (cells - width(text))


def fit(text: str, cells: int) -> str:
    """Cut or fill one line to exactly `cells`."""
    return pad(cut(text, cells), cells)


def wrap(text: str, cells: int) -> Iterator[str]:
    """Break each line of a text between words so that none is wider than `cells`.

    A word that is wider stands alone, uncut: it may be an address.
    """
    for line in text.split("\n"):
        if width(line) <= cells:
            yield line  # as it is, for code stands where it stands
            continue
        current, used = "", 0
        for word in _WORDS.findall(line):
            if current and used + 1 + width(word) > cells:
                yield current
                current, used = "", 0
            current = f"{current} {word}" if current else word
            used = width(current)
        yield current


def table(
    header: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
    *,
    most: tuple[int | None, ...],
    right: frozenset[int] = frozenset(),
    line: int | None,
) -> list[str]:
    """Set rows in columns, and cut the last one at the end of the line.

    Args:
        header: the columns' names.
        rows: texts, set on one line each.
        most: the widest that each column may become, in cells; `None` for any width.
        right: the columns that are set flush right.
        line: the width of the line in cells; `None` cuts nothing but the columns that have a `most`.
    """
    cells = [header, *(tuple(map(one_line, row)) for row in rows)]
    widths = [
        min(max(width(row[column]) for row in cells), most[column] or 10_000)
        for column in range(len(header))
    ]
    lines = []
    for row in cells:
        parts = [
            cut(text, widths[column]).rjust(widths[column])
            if column in right
            else fit(text, widths[column])
            for column, text in enumerate(row)
        ]
        joined = "  ".join(parts).rstrip()
        lines.append(joined if line is None else cut(joined, line))
    return lines


def _write(text: str) -> None:
    if sys.stdout is not None:
        sys.stdout.write(text)
