"""A feed: where it comes from, how it is doing, how its last refreshes ended, and what can be done to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from flodeslasare.i18n import _, ngettext
from flodeslasare.library.health import ailment_of
from flodeslasare.model import Feed, FeedFetch, RefreshStatus
from flodeslasare.text import harmless_line
from flodeslasare.tui import phrases
from flodeslasare.tui._keys import FEED_KEYS, Key
from flodeslasare.tui.screens._dialog import DialogScreen

_CELLS, _MARGIN_CELLS = 76, 6
"""How wide the panel is, and how much of that is air."""
_BETWEEN = " · "
"""What stands between two keys."""
_LINES_AROUND = 6
"""The panel's air, the name, the address, and a line above the keys."""


class FeedScreen(DialogScreen[str]):
    """Shows a feed; gives what is to be done: something of `FEED_KEYS`, or to undo what was done last."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i,q", "leave", show=False),
        Binding("u,ctrl+z", "do('undo')", show=False),  # what was answered, from here, a moment ago
        *(Binding(key.keys, f"do('{key.action}')", show=False) for key in FEED_KEYS),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("space,pagedown", "page(1)", show=False),
        Binding("b,pageup", "page(-1)", show=False),
    ]
    DEFAULT_CSS = """
    FeedScreen {
        & .dialog--title, & .dialog--lead, & .feed--facts, & .feed--history {
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        & .feed--warning { color: $accent; margin-bottom: 1; }
        & .feed--facts { margin-bottom: 1; }
        & .dialog--label { text-style: bold; color: $section; }
        & .dialog--keys {
            link-color: $faint-ink; link-style: none; link-background: $surface;
            link-color-hover: $ink; link-style-hover: underline; link-background-hover: $panel;
        }
        & VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
    }
    """

    def __init__(
        self,
        feed: Feed,
        refreshes: Sequence[FeedFetch],
        *,
        into: Feed | None = None,
        is_filled: bool = False,
        now: datetime,
        line: float = 0,
    ) -> None:
        """Make the screen.

        Args:
            feed: as stored.
            refreshes: its history, newest first.
            into: the subscription it has moved to, and may be merged into.
            is_filled: its older entries are being fetched, or will be.
            now: the present.
            line: the line that stands first, of what scrolls.
        """
        super().__init__()
        self.line = line
        """As given; once it was left, the line that stood first then."""
        self._feed = feed
        self._refreshes = refreshes
        self._into = into
        self._is_filled = is_filled
        self._now = now

    def compose(self) -> ComposeResult:
        feed = self._feed
        with Vertical(classes="dialog"):
            yield Static(Content(harmless_line(feed.title)), classes="dialog--title")
            yield Static(Content(harmless_line(feed.url)), classes="dialog--lead")
            with VerticalScroll(can_focus=False):
                for warning in self._warnings():
                    yield Static(Content(harmless_line(warning)), classes="feed--warning")
                yield Static(_set_in_two(self._facts()), classes="feed--facts")
                if self._refreshes:
                    yield Static(Content(_("Refreshes")), classes="dialog--label")
                    yield Static(self._history(), classes="feed--history")
            yield Static(classes="dialog--keys")

    def _warnings(self) -> list[str]:
        warnings = []
        ailment = ailment_of(self._feed, self._when)
        if ailment:
            warnings.append(f"! {ailment}")
        if self._into is not None:
            said = _(
                "It has moved to {title}, which you follow too: g makes one feed of them, for good; nothing is lost."
            )
            warnings.append("→ " + said.format(title=self._into.title))
        return warnings

    def _when(self, when: datetime) -> str:
        return phrases.moment(when, self._now)

    def _facts(self) -> list[tuple[str, str]]:
        feed = self._feed
        entries = ngettext("{n} entry", "{n} entries", feed.total).format(
            n=phrases.number(feed.total)
        )
        unread = ngettext("{n} unread", "{n} unread", feed.unread).format(
            n=phrases.number(feed.unread)
        )
        facts = []
        if feed.site_url:
            facts.append((_("Site"), feed.site_url))
        if feed.folder:
            facts.append((_("Folder"), _folder_name(feed.folder)))
        facts.append((_("In the archive"), f"{entries}, {unread}"))
        if self._is_filled:
            facts.append((_("Older entries"), _("are being fetched; o stops that")))
        elif not feed.is_gone:
            facts.append((_("Older entries"), _("o fetches what its site still has")))
        if feed.wants_articles:
            facts.append((_("Whole texts"), _("are fetched with each refresh; w ends that")))
        elif not feed.is_gone:
            facts.append((_("Whole texts"), _("w fetches them from the entries' own pages")))
        if feed.last_refresh is not None:
            facts.append((_("Refreshed"), self._when(feed.last_refresh)))
        if feed.next_refresh is not None and not feed.is_gone:
            following = self._when(feed.next_refresh)
            if feed.interval_seconds and not feed.failures:
                following = _("{when}, then every {interval}").format(
                    when=following, interval=phrases.interval(feed.interval_seconds)
                )
            facts.append((_("Next"), following))
        return facts

    def _keys(self) -> list[Content]:
        """Give the keys and what they do; a click on one does it too."""
        keys = {f"do('{key.action}')": f"{key.shown} {_(self._hint(key))}" for key in FEED_KEYS}
        keys["leave"] = _("Esc closes")
        return [
            Content.styled(said, Style.from_meta({"@click": f"screen.{action}"}))
            for action, said in keys.items()
        ]

    def _hint(self, key: Key) -> str:
        on = {"backfill": self._is_filled, "articles": self._feed.wants_articles}
        is_on = on.get(key.action, False)
        return key.hint_when_on if is_on else key.hint

    def on_resize(self, event: events.Resize) -> None:
        """Leave the name at the top and the keys at the bottom, whatever stands between them."""
        if not self.is_whole:
            return
        keys = self.query_one(".dialog--keys", Static)
        panel = min(event.size.width, _CELLS)
        lines = _in_lines(self._keys(), max(1, panel - _MARGIN_CELLS))
        keys.update(Content("\n").join(lines))
        room = event.size.height - _LINES_AROUND - len(lines)
        scroll = self.query_one(VerticalScroll)
        scroll.styles.max_height = max(1, room)
        if self.line:
            line, self.line = self.line, 0
            self.call_after_refresh(scroll.scroll_to, y=line, animate=False)

    def _history(self) -> Content:
        """Set the refreshes in lines: when, and how they ended."""
        times = [self._when(each.at) for each in self._refreshes]
        width = max(map(cell_len, times)) + 2
        lines = []
        for at, fetch in zip(times, self._refreshes, strict=True):
            is_bad = fetch.status in (RefreshStatus.ERROR, RefreshStatus.GONE)
            lines.append(
                Content.assemble(
                    (set_cell_size(at, width), "$quiet-ink"),
                    ("! " if is_bad else "  ", "$accent"),
                    harmless_line(_outcome(fetch)),
                )
            )
        return Content("\n").join(lines)

    def action_do(self, what: str) -> None:
        """Leave with what is to be done."""
        self.line = self.query_one(VerticalScroll).scroll_offset.y
        self.dismiss(what)

    def action_scroll(self, lines: int) -> None:
        """Go up or down by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Go up or down by what is shown."""
        scroll = self.query_one(VerticalScroll)
        scroll.scroll_relative(y=pages * (scroll.size.height - 1), animate=False)


def _in_lines(keys: Sequence[Content], width: int) -> list[Content]:
    """Set keys in lines of so many cells, each key whole."""
    lines: list[Content] = []
    for key in keys:
        if lines and lines[-1].cell_length + len(_BETWEEN) + key.cell_length <= width:
            lines[-1] = Content(_BETWEEN).join([lines[-1], key])
        else:
            lines.append(key)
    return lines


def _outcome(fetch: FeedFetch) -> str:
    """Say how a refresh ended."""
    if fetch.status in (RefreshStatus.ERROR, RefreshStatus.GONE):
        return fetch.error or fetch.status.value
    return ", ".join(phrases.tally(new=fetch.new, changed=fetch.updated)) or _("nothing new")


def _folder_name(folder: str) -> str:
    return " › ".join(phrases.folder_name(part) for part in folder.split("/"))


def _set_in_two(facts: Sequence[tuple[str, str]]) -> Content:
    """Set facts in two columns, the names more quietly."""
    width = max(cell_len(name) for name, _said in facts) + 2
    return Content("\n").join(
        Content.assemble((set_cell_size(name, width), "$quiet-ink"), harmless_line(said))
        for name, said in facts
    )
