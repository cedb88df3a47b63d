"""Help: every key, how to search, what the mouse does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from flodeslasare.i18n import _
from flodeslasare.tui._keys import KEYS
from flodeslasare.tui.blocks import Text
from flodeslasare.tui.screens._dialog import DialogScreen

Row = tuple[str, str, str]
"""Group, keys, what they do; in the language of the screen."""

_KEY_CELLS = 15
_WIDE = 104
"""Columns of the terminal from which the table stands in two."""


def key_rows() -> list[Row]:
    """Give the keys of the reader."""
    return [(_(key.group), _(key.shown), _(key.does)) for key in KEYS]


def tip_rows() -> list[Row]:
    """Give what is to be known of search and mouse."""
    search, mouse = _("To search"), _("Mouse")
    return [
        (search, "upphandl", _("the beginning, middle or end of a word will do")),
        (search, '"…"', _("these words, next to one another")),
        (search, _("-word  a OR b"), _("without the word; one of the two")),
        (search, _("title: author:"), _("only there; also feed: folder: tag:")),
        (search, _("is:unread"), _("or is:starred, has:enclosure")),
        (search, _("after:2017"), _("2018 and later; before:2018-04 until March")),
        (mouse, _("click"), _("choose, open, follow a link or tag, press a key at the foot")),
        (mouse, _("wheel"), _("scroll")),
        (mouse, _("drag"), _("select text; Ctrl+C copies it")),
    ]


class HelpScreen(DialogScreen[None]):
    """All keys in groups; two columns where there is room."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q", "leave", show=False),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("space,pagedown", "page(1)", show=False),
        Binding("b,pageup", "page(-1)", show=False),
        Binding("g,home", "edge(False)", show=False),
        Binding("G,end", "edge(True)", show=False),
    ]
    DEFAULT_CSS = """
    HelpScreen {
        & > .dialog { padding: 1 0 1 3; max-height: 100%; }
        &.-wide > .dialog { width: 104; }
        & VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
        & #columns { height: auto; }
        & .column { width: 1fr; height: auto; padding-right: 3; }
        & .dialog--title { margin-bottom: 1; }
    }
    """

    def __init__(self, rows: Sequence[Row] | None = None) -> None:
        """Make the screen.

        Args:
            rows: the keys; `None` for those of the reader.
        """
        super().__init__()
        self._rows = [*(key_rows() if rows is None else rows), *tip_rows()]
        self._columns: tuple[Vertical, Vertical] | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(_("Keys")), classes="dialog--title")
            with VerticalScroll(can_focus=False):
                yield Horizontal(id="columns")
            yield Static(Content(_("Esc closes")), classes="dialog--keys")

    def on_resize(self, event: events.Resize) -> None:
        """Set the table in one column or two."""
        is_wide = event.size.width >= _WIDE
        self._scroll.styles.max_height = max(3, event.size.height - 6)
        columns = self.query_one("#columns", Horizontal)
        if is_wide != self.has_class("-wide") or not columns.children:
            self.set_class(is_wide, "-wide")
            self.call_later(self._set_columns, 2 if is_wide else 1)

    async def _set_columns(self, count: int) -> None:
        columns = self.query_one("#columns", Horizontal)
        await columns.remove_children()
        groups = [list(rows) for _name, rows in groupby(self._rows, key=lambda row: row[0])]
        await columns.mount_all(
            Vertical(*(KeyGroup(group) for group in part), classes="column")
            for part in _balanced(groups, count)
        )

    @property
    def _scroll(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    def action_scroll(self, lines: int) -> None:
        """Go up or down by lines."""
        self._scroll.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Go up or down by screens."""
        self._scroll.scroll_relative(y=pages * (self._scroll.size.height - 1), animate=False)

    def action_edge(self, end: bool) -> None:
        """Go to the beginning or the end."""
        if end:
            self._scroll.scroll_end(animate=False)
        else:
            self._scroll.scroll_home(animate=False)


class KeyGroup(Widget):
    """A group's name and its keys, each with what it does; long texts hang."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyGroup { height: auto; margin-bottom: 1; }
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__()
        self._blocks = [Text(content=Content.styled(rows[0][0], "bold $section"))]
        for _group, keys, does in rows:
            key = Content.styled(keys, "$lead").pad_right(max(1, _KEY_CELLS - len(keys)))
            self._blocks.append(
                Text(content=Content(does), first=key, rest=Content(" " * _KEY_CELLS))
            )

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Count the lines at a width."""
        return sum(len(block.lay(width).starts) for block in self._blocks)

    def render(self) -> Content:
        """Draw the lines."""
        lines: list[Content] = []
        for block in self._blocks:
            laid = block.lay(self.size.width)
            lines += [laid.line(number) for number in range(len(laid.starts))]
        return Content("\n").join(lines)


def _balanced(groups: list[list[Row]], count: int) -> list[list[list[Row]]]:
    """Share groups between columns, in order, so that their lengths are alike."""
    if count == 1:
        return [groups]
    sizes = [len(group) + 2 for group in groups]
    half = sum(sizes) / 2
    cut = min(range(1, len(groups) + 1), key=lambda number: abs(sum(sizes[:number]) - half))
    return [groups[:cut], groups[cut:]]
