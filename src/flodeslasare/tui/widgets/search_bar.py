"""The two lines above the entries: what is listed, or what is searched for and what was found."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.cells import cell_len
from rich.highlighter import Highlighter
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from flodeslasare.i18n import _, ngettext
from flodeslasare.text import harmless_line
from flodeslasare.tui import phrases
from flodeslasare.tui.widgets._line_input import LineInput
from flodeslasare.tui.widgets._styles import Styles
from flodeslasare.tui.widgets._text import cut

_NUMBER_CELLS = 16
"""What is kept free at the right of the input for the number of hits."""
_OPERATOR = r'(?<!\S)-?\w+:(?:"[^"]*"|\S+)'
_STYLES = {
    "name": "bold $ink",
    "number": "$quiet-ink",
    "unread": "$accent",
    "hint": "$faint-ink",
    "slash": "bold $accent",
    "word": "$lead",
    "chip": "$background on $lead",
}


class _Chips(Highlighter):
    """Shows the operators of a query (`after:2017`) as chips."""

    style = Style()

    def highlight(self, text: Text) -> None:
        for found in re.finditer(_OPERATOR, text.plain):
            text.stylize(self.style, *found.span())


class _QueryInput(LineInput):
    """The input, one line high and without a box."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("down", "leave_for_list", show=False),
        Binding("ctrl+p", "app.command_palette", show=False),
    ]

    class Left(Message):
        """Esc was pressed."""

    def action_leave(self) -> None:
        self.post_message(self.Left())

    async def action_leave_for_list(self) -> None:
        await self.action_submit()


class SearchBar(Widget):
    """What is listed; on `/` an input that searches as one types."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    SearchBar { height: 2; }
    SearchBar > _QueryInput {
        display: none; margin: 0 16 0 4; padding: 0; height: 1; border: none;
        background: $background; color: $ink;
        &:focus { border: none; background-tint: $background 0%; }
    }
    SearchBar.-searching > _QueryInput { display: block; }
    """

    title: reactive[str] = reactive("")
    """What is listed, when nothing is searched for."""
    total: reactive[int | None] = reactive[int | None](None)
    """How many entries are listed, or found; `None` while that is being counted."""
    is_more: reactive[bool] = reactive(False)
    """Whether there are more than `total`, and they are being counted."""
    unread: reactive[int] = reactive(0)
    filtered: reactive[bool] = reactive(False)
    """Whether only unread entries are listed."""
    query_text: reactive[str] = reactive("")
    """The search; empty when there is none."""
    words: reactive[tuple[tuple[str, int], ...]] = reactive(())
    """The words that match, with their numbers of entries."""

    class Changed(Message):
        """The search is now this; empty when there is none."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    class Accepted(Message):
        """The person is done typing: on to the list."""

    class Cancelled(Message):
        """The person stepped back out of the search."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._styles = Styles(self, _STYLES)
        self._chips = _Chips()
        self._input = _QueryInput(
            compact=True, highlighter=self._chips, select_on_focus=False, id="query"
        )
        self._is_due = False
        """What was typed is to be searched for, once it has been drawn."""
        self._word_spans: list[tuple[int, int, str]] = []

    async def prepare(self) -> None:
        """Mount the input, which the first screen does without."""
        if self.is_attached and not self._input.is_attached:
            await self.mount(self._input)

    @property
    def has_typing(self) -> bool:
        """Whether keys go to the input."""
        return self.is_attached and self.screen.focused is self._input

    async def begin(self) -> None:
        """Let the person type."""
        await self.prepare()
        self.add_class("-searching")
        self.refresh()
        self._chips.style = self._styles.over("chip")
        # At once, and not in turn as focus() does: the next key may be here already.
        self.app.stylesheet.update(self)
        self.screen.set_focus(self._input)
        self._input.cursor_position = len(self._input.value)

    def set_query(self, query: str) -> None:
        """Show a search that was made elsewhere, or none."""
        with self._input.prevent(Input.Changed):
            self._input.value = query
        self.query_text = query
        self.words = ()
        self.set_class(bool(query), "-searching")
        self.refresh()

    # --- drawing ---------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw a line; the input lies over the first one while searching."""
        width = self.size.width
        if self.has_class("-searching"):
            pieces = self._found(width) if y == 0 else self._words(width)
        elif y == 0:
            pieces = self._listed(width)
        else:
            hint = _("unread only · f shows all") if self.filtered else _("newest first")
            pieces = [(f"  {cut(hint, max(0, width - 3))}", "hint")]
        segments = [Segment(text, self._styles.over(name)) for text, name in pieces if text]
        return Strip(segments).adjust_cell_length(width, self._styles.over("hint"))

    def _listed(self, width: int) -> list[tuple[str, str]]:
        number = "" if self.total is None else f"  {phrases.number(self.total)}"
        unread = ""
        if self.unread and not self.filtered:
            unread = "   " + ngettext("{n} unread", "{n} unread", self.unread).format(
                n=phrases.number(self.unread)
            )
        if 12 + cell_len(number) + cell_len(unread) > width:
            unread = ""
        name = cut(
            harmless_line(self.title), max(4, width - 3 - cell_len(number) - cell_len(unread))
        )
        return [(f"  {name}", "name"), (number, "number"), (unread, "unread")]

    def _found(self, width: int) -> list[tuple[str, str]]:
        said = ""
        if self.query_text and self.total is not None:
            said = ngettext("{n} hit", "{n} hits", self.total).format(
                n=phrases.number(self.total) + ("+" if self.is_more else "")
            )
            if not self.total:
                said = _("no hits")
        said = cut(said, _NUMBER_CELLS - 2)
        gap = " " * max(0, width - 3 - cell_len(said) - 1)
        return [("  /", "slash"), (gap, "number"), (said, "number")]

    def _words(self, width: int) -> list[tuple[str, str]]:
        pieces = [("  ", "hint")]
        self._word_spans = []
        room, at, is_cut = width - 3, 2, False
        if not self.query_text:
            hint = _("words, or title: author: feed: tag: before:")
            return [(f"  {cut(hint, room)}", "hint")]
        for word, count in self.words:
            shown, number = harmless_line(word), phrases.number(count)
            cells = cell_len(shown) + 1 + len(number) + 2
            if cells > room - 1:
                is_cut = True
                continue  # a shorter one may fit
            pieces += [(shown, "word"), (f" {number}  ", "number")]
            self._word_spans.append((at, at + cells - 2, word))
            room -= cells
            at += cells
        if is_cut:
            pieces.append(("…", "hint"))
        return pieces

    def notify_style_update(self) -> None:
        self._styles.forget()
        super().notify_style_update()

    def watch_has_focus(self, value: bool) -> None:
        super().watch_has_focus(value)
        self.refresh()

    # --- typing ----------------------------------------------------------------------------------

    @on(Input.Changed)
    def _search_soon(self, event: Input.Changed) -> None:
        """Draw the letter, then search: the key after it stops a search that is under way."""
        event.stop()
        if not self._is_due:
            self._is_due = True
            self.call_after_refresh(self._search)

    def _search(self) -> None:
        self._is_due = False
        query = self._input.value.strip()
        if query == self.query_text:
            return
        if not self.query_text:
            self.total = None  # it counts what was listed, and no hits
        self.query_text = query
        self.words = ()
        self.post_message(self.Changed(query))

    @on(Input.Submitted)
    def _accept(self, event: Input.Submitted) -> None:
        event.stop()
        self._search()
        if not self.query_text:
            self.remove_class("-searching")
            self.refresh()
            self.post_message(self.Cancelled())
            return
        self.post_message(self.Accepted())

    @on(_QueryInput.Left)
    def _cancel(self, event: _QueryInput.Left) -> None:
        event.stop()
        self.post_message(self.Cancelled())

    async def on_click(self, event: events.Click) -> None:
        """Begin to search, or narrow to the word that was clicked."""
        if event.y == 1:
            for start, end, word in self._word_spans:
                if start <= event.x < end:
                    before = self.query_text.rsplit(maxsplit=1)[:-1]
                    query = " ".join([*before, word])
                    self.set_query(query)
                    self.post_message(self.Changed(query))
                    return
        else:
            await self.begin()
