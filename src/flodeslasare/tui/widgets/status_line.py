"""The line at the bottom: what goes on, what came in, what went wrong, and the keys of the pane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from flodeslasare.i18n import _, ngettext
from flodeslasare.text import harmless_line
from flodeslasare.tui import phrases
from flodeslasare.tui.widgets._styles import Styles
from flodeslasare.tui.widgets._text import cut, wrapped

NOTICE_SECONDS = 6.0
_TURN_SECONDS = 0.2
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_STYLES = {
    "text": "$ink",
    "quiet": "$quiet-ink",
    "faint": "$faint-ink",
    "key": "bold $quiet-ink",
    "accent": "$accent",
    "rule": "$faint-ink",
}


class Filling(NamedTuple):
    """How far a backfill has come."""

    title: str
    """The feed's."""
    pages: int
    entries: int
    """As many as were older than what the feed holds."""
    waiting: int
    """Feeds whose turn comes after this one."""

    def said(self) -> str:
        """Say it in a few words."""
        if not self.pages:
            return _("asking for older entries")
        pages = ngettext("{n} page", "{n} pages", self.pages)
        entries = ngettext("{n} older entry", "{n} older entries", self.entries)
        return ", ".join(
            said.format(n=phrases.number(n))
            for said, n in ((pages, self.pages), (entries, self.entries))
        )

    def named(self) -> str:
        """Name the feed, and how many come after it."""
        if not self.waiting:
            return self.title
        others = ngettext("· and {n} more", "· and {n} more", self.waiting)
        return f"{self.title} {others.format(n=phrases.number(self.waiting))}"


class Fetching(NamedTuple):
    """How far the fetching of whole texts has come."""

    title: str
    """Of the last one."""
    done: int
    of: int

    def said(self) -> str:
        """Say it in a few words."""
        return _("whole texts: {done} of {of}").format(
            done=phrases.number(self.done), of=phrases.number(self.of)
        )

    def named(self) -> str:
        """Name the last one."""
        return self.title


class StatusLine(Widget):
    """What goes on, in a few words; a message that must be read stays until a key is pressed."""

    ALLOW_SELECT = False

    DEFAULT_CSS = "StatusLine { dock: bottom; height: auto; background: $panel; }"

    progress: reactive[tuple[int, int, str] | None] = reactive[tuple[int, int, str] | None](None)
    """Feeds done, feeds in all, the one in work; `None` while nothing is refreshed."""
    filling: reactive[Filling | None] = reactive[Filling | None](None)
    """How far a backfill has come; `None` while there is none."""
    fetching: reactive[Fetching | None] = reactive[Fetching | None](None)
    """How far whole texts have been fetched; `None` while none are."""
    busy: reactive[str] = reactive("")
    """What else goes on, and has gone on for a while; empty for nothing."""
    failures: reactive[int] = reactive(0)
    """Feeds that failed in the refresh under way or the last one."""
    new: reactive[int] = reactive(0)
    """Entries that came in and are not shown yet."""
    notice: reactive[str] = reactive("")
    """Something that was done; it goes by itself, or with a key."""
    hint: reactive[str] = reactive("")
    """Something about where the cursor is."""
    standing: reactive[str] = reactive("")
    """Something that holds all the while; it stands behind what else there is to say."""
    message: reactive[str] = reactive("", layout=True)
    """Something that must be read: it stays until a key is pressed."""
    keys: reactive[Sequence[tuple[str, str]]] = reactive[Sequence[tuple[str, str]]](())
    """Keys and what they do, most useful first."""

    class KeyClicked(Message):
        """A key at the foot was clicked; `shown` is how it is written there."""

        def __init__(self, shown: str) -> None:
            super().__init__()
            self.shown = shown

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._spans: list[tuple[int, int, str]] = []
        """From where to where a key and what it does stand on the line."""
        self._pressed: str | None = None
        """The key that the mouse was pressed on."""
        self._styles = Styles(self, _STYLES)
        self._turn = 0
        self._turning: Timer | None = None
        self._fading: Timer | None = None
        self._is_news = False
        """Whether the notice came by itself, so that a key pressed just then must not take it away."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 (Textual's)
        """One line; more when a message needs it."""
        return len(wrapped(harmless_line(self.message), width - 4)) if self.message else 1

    def tell(self, notice: str, *, is_news: bool = False) -> None:
        """Say something that was done; it goes after a few seconds.

        Args:
            notice: what.
            is_news: it came by itself and answers no key: the next key leaves it there.
        """
        self.notice = notice
        self._is_news = is_news
        if self._fading is not None:
            self._fading.stop()
        self._fading = self.set_timer(NOTICE_SECONDS, self._fade)

    def let_go(self) -> None:
        """Take away what has been read, for a key was pressed."""
        self.message = ""
        if not self._is_news:
            self.notice = ""

    def _fade(self) -> None:
        self.notice = ""

    def watch_progress(self) -> None:
        self._turn_or_rest()

    def watch_filling(self) -> None:
        self._turn_or_rest()

    def watch_fetching(self) -> None:
        self._turn_or_rest()

    def watch_busy(self) -> None:
        self._turn_or_rest()

    def _turn_or_rest(self) -> None:
        """Turn the spinner only while there is something to turn for."""
        goes_on = self.progress is not None or bool(self._beside()) or bool(self.busy)
        if goes_on and self._turning is None:
            self._turning = self.set_interval(_TURN_SECONDS, self._spin)
        elif not goes_on and self._turning is not None:
            self._turning.stop()
            self._turning = None

    def _beside(self) -> list[Filling | Fetching]:
        """Give what goes on beside refreshes."""
        return [each for each in (self.filling, self.fetching) if each is not None]

    def _spin(self) -> None:
        self._turn += 1
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw a line."""
        width = self.size.width
        self._spans = []
        if self.message:
            lines = wrapped(harmless_line(self.message), width - 4)
            text = lines[y] if y < len(lines) else ""
            pieces = [(" ! " if y == 0 else "   ", "accent"), (text, "text")]
        else:
            pieces = self._left(width)
            used = sum(cell_len(text) for text, _name in pieces)
            keys = self._keys(width - used - 3)
            right = sum(cell_len(text) for text, _name in keys)
            pieces = [*pieces, (" " * max(0, width - used - right - 1), "quiet"), *keys]
            self._note_places(keys, width - right - 1)
        segments = [Segment(text, self._styles.over(name)) for text, name in pieces if text]
        return Strip(segments).adjust_cell_length(width, self._styles.over("quiet"))

    def _note_places(self, keys: Sequence[tuple[str, str]], at: int) -> None:
        """Note where each key stands, for the mouse.

        Args:
            keys: as `_keys` gives them.
            at: where the first begins.
        """
        for text, style in keys:
            if style == "key":
                self._spans.append((at, at, text))
            at += cell_len(text)
            if self._spans and text.strip():
                start, _end, key = self._spans[-1]
                self._spans[-1] = (start, at, key)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """See what is under the mouse: what was said goes with the press, and the keys take its room."""
        under = (key for start, end, key in self._spans if start <= event.x < end)
        self._pressed = next(under, None)

    def on_click(self, event: events.Click) -> None:
        """Let a click on a key do what the key does."""
        event.stop()
        if self._pressed is not None:
            self.post_message(self.KeyClicked(self._pressed))

    def _left(self, width: int) -> list[tuple[str, str]]:
        pieces: list[tuple[str, str]] = [(" ", "quiet")]
        said = self._said()
        room = width - 2
        spinner = f" {_SPINNER[self._turn % len(_SPINNER)]} "
        if self.busy and self.progress is None:
            return [*pieces, (spinner, "accent"), (cut(self.busy, max(0, room - 3)), "text")]
        name = ""
        if self.progress is not None:
            done, of, name = self.progress
            count = f"{spinner}{phrases.number(done)}/{phrases.number(of)} "
            cells = 12 if width >= 100 else 8 if width >= 70 else 0
            full = round(cells * done / of) if of else 0
            pieces += [(count, "accent"), ("━" * full, "accent"), ("━" * (cells - full), "rule")]
            room -= cell_len(count) + cells
        elif beside := self._beside():
            name = beside[0].named()
            count = f"{spinner}{beside[0].said()} "
            pieces.append((count, "accent"))
            room -= cell_len(count)
        if name:
            name_cells = min(26, room - cell_len(said) - 4) if said else min(40, room // 2)
            if name_cells >= 8:
                shown = cut(harmless_line(name), name_cells)
                pieces.append((f" {shown}", "quiet"))
                room -= cell_len(shown) + 1
            pieces.append(("   ", "quiet"))
            room -= 3
        pieces.append((cut(said, max(0, room)), "text"))
        return pieces

    def _said(self) -> str:
        """Give the one thing to say: what was done, what came in, what failed, where the cursor is."""
        if self.busy:
            return self.busy
        if self.notice:
            return harmless_line(self.notice)
        parts = []
        # The first has the room of the progress, where that is not taken.
        parts += [each.said() for each in self._beside()[self.progress is None :]]
        if self.new:
            parts.append(
                ngettext(
                    "{n} new, press . to show it", "{n} new, press . to show", self.new
                ).format(n=phrases.number(self.new))
            )
        if self.hint:
            parts.append(harmless_line(self.hint))
        elif self.failures:
            parts.append(
                ngettext("{n} feed failed", "{n} feeds failed", self.failures).format(
                    n=phrases.number(self.failures)
                )
            )
        if self.standing:
            parts.append(self.standing)
        return " · ".join(parts)

    def _keys(self, room: int) -> list[tuple[str, str]]:
        pieces: list[tuple[str, str]] = []
        for key, does in self.keys:
            cells = cell_len(key) + 1 + cell_len(does) + (3 if pieces else 0)
            if cells > room:
                break
            pieces += [("   " if pieces else "", "faint"), (key, "key"), (f" {does}", "faint")]
            room -= cells
        return pieces

    def notify_style_update(self) -> None:
        self._styles.forget()
        super().notify_style_update()
