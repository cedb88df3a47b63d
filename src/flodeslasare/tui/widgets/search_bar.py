"""The two lines above the entries: what is listed, or what is searched for and what was found."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.highlighter import Highlighter
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from flodeslasare.i18n import _, language, ngettext
from flodeslasare.text import harmless_line
from flodeslasare.tui import phrases
from flodeslasare.tui._keys import Typing
from flodeslasare.tui.widgets._line_input import LineInput
from flodeslasare.tui.widgets._offer import Offer
from flodeslasare.tui.widgets._styles import Styles
from flodeslasare.tui.widgets._text import cut

if TYPE_CHECKING:
    from flodeslasare.query.hints import Completion

_OPERATOR = r'(?<!\S)-?\w+:(?:"[^"]*"|\S+)'
_STYLES = {
    "name": "bold $ink",
    "number": "$quiet-ink",
    "unread": "$accent",
    "hint": "$faint-ink",
    "slash": "bold $accent",
    "word": "$lead",
    "chip": "$background on $lead",
    "picked": "bold $ink on $cursor",
}


_FEWEST_CELLS = 7
"""The least that is shown of a word that does not fit beside the others."""
_FROM_LETTERS = 2
"""So many letters of an operator's name are typed before it is offered; the first may begin any word."""


class _Chips(Highlighter):
    """Shows the operators of a query (`after:2017`) as chips."""

    style = Style()

    def highlight(self, text: Text) -> None:
        for found in re.finditer(_OPERATOR, text.plain):
            text.stylize(self.style, *found.span())


_COUNTED = frozenset({"author", "tag", "before", "after"})
"""Operators whose names are counted first, and may come after a key that wants them."""


class _QueryInput(LineInput):
    """The input, one line high and without a box."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("down", "leave_for_list", show=False),
        Binding("ctrl+p", "app.command_palette", show=False),
    ]

    virtual_size = reactive(Size(0, 0))
    """As Textual's, but no letter more or less lays the whole screen out anew."""

    class Left(Message):
        """Esc was pressed."""

    class WentDown(Message):
        """↓ was pressed: on to the list."""

    def __init__(
        self,
        chips: Highlighter,
        complete: Callable[[], Awaitable[None]],
        pick: Callable[[int], None],
    ) -> None:
        super().__init__(compact=True, highlighter=chips, select_on_focus=False, id="query")
        self._on_tab = complete
        self._pick = pick

    async def key_tab(self, event: events.Key) -> None:
        """Complete; here and not by a binding, which the letters typed right after would overtake."""
        event.stop()
        event.prevent_default()
        await self._on_tab()

    def key_shift_tab(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self._pick(-1)

    def on_focus(self) -> None:
        """Go on where one typed."""
        place = Region(self._cursor_offset, 0, width=1, height=1)
        self.scroll_to_region(place, force=True, animate=False)

    def on_blur(self) -> None:
        """Show a long query from its beginning: that says most of it."""
        self.scroll_to(x=0, force=True, animate=False, immediate=True)

    def suggest(self, text: str) -> None:
        """Show how the text may go on; → takes it."""
        self._suggestion = text

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_leave_for_list(self) -> None:
        self.post_message(self.WentDown())


class SearchBar(Widget):
    """What is listed; on `/` an input that searches as one types."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    SearchBar { height: 2; }
    SearchBar > _QueryInput {
        display: none; margin: 0 11 0 4; padding: 0; height: 1; border: none;
        background: $background; color: $ink;
        &:focus { border: none; background-tint: $background 0%; }
        &>.input--suggestion { color: $faint-ink; text-style: none; }
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
    remark: reactive[str] = reactive("")
    """What of the search is not understood; empty as a rule."""
    is_remark_below: reactive[bool] = reactive(False)
    """Whether the remark stands below, where nothing is listed."""
    aside: reactive[str] = reactive("")
    """What is listed for a while in place of the view or the search; empty as a rule."""
    offers: reactive[tuple[Offer, ...]] = reactive(())
    """The words that match, and other forms of those that were typed."""
    picked: reactive[int | None] = reactive[int | None](None)
    """Which of the offers Enter takes; `None` for none."""
    typing: reactive[Typing] = reactive[Typing]("")
    """What Tab goes on with, and Enter and Esc after it."""
    names: reactive[Mapping[str, Sequence[str]]] = reactive[Mapping[str, Sequence[str]]](dict)
    """The names that exist, by the operator they may follow: feeds, folders, authors, …; those that are known by now."""

    class Changed(Message):
        """The search is now this; empty when there is none."""

        def __init__(self, query: str) -> None:
            super().__init__()
            self.query = query

    class Accepted(Message):
        """The person is done typing: on to the list."""

    class KeysChanged(Message):
        """Tab, Enter and Esc do something else by now."""

    class Cancelled(Message):
        """The person stepped back out of the search."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._styles = Styles(self, _STYLES)
        self._chips = _Chips()
        self._input = _QueryInput(self._chips, self._complete_or_pick, self._pick)
        self._is_due = False
        """What was typed is to be searched for, when the letters that have come already are in."""
        self._spans: list[tuple[int, int, Offer | Completion]] = []
        """What stands on the second line: from which cell to which."""
        self._completions: Sequence[Completion] = ()
        self._tab_waits = False
        """Tab was pressed before the names were there that it goes on with."""
        self.most = 0
        """As many hits there may be."""

    async def prepare(self) -> None:
        """Mount the input, which the first screen does without."""
        if self.is_attached and not self._input.is_attached:
            await self.mount(self._input)

    @property
    def typed(self) -> str:
        """What stands in the input."""
        return self._input.value.strip()

    @property
    def has_typing(self) -> bool:
        """Whether keys go to the input."""
        return self.is_attached and self.screen.focused is self._input

    async def begin(self) -> None:
        """Let the person type."""
        await self.prepare()
        self.add_class("-searching")
        self.refresh()
        self._leave_room_for(_said_of_hits(self.most))  # now, when all is laid out anyway
        self._chips.style = self._styles.over("chip")
        # At once, and not in turn as focus() does: the next key may be here already.
        self.app.stylesheet.update(self)
        self.screen.set_focus(self._input)
        self._input.cursor_position = len(self._input.value)
        self._complete()

    def set_query(self, query: str) -> None:
        """Show a search that was made elsewhere, or none."""
        with self._input.prevent(Input.Changed):
            self._input.value = query
        self.query_text = query
        self.offers = ()
        self._completions = ()
        self.set_class(bool(query), "-searching")
        self.refresh()

    def know(self, names: Mapping[str, Sequence[str]]) -> None:
        """Complete with these names too, in place of those that were known after the same operators."""
        self.names = {**self.names, **names}

    # --- drawing ---------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw a line; the input lies over the first one while searching."""
        width = self.size.width
        if self.has_class("-searching"):
            pieces = self._found(width) if y == 0 else self._offered(width)
        elif y == 0:
            pieces = self._listed(width)
        else:
            hint = _("unread only · f shows all") if self.filtered else _("newest first")
            if self.aside:
                hint = _("most in common first · Esc goes back")
            pieces = [(f"  {cut(hint, max(0, width - 3))}", "hint")]
        segments = [Segment(text, self._styles.over(name)) for text, name in pieces if text]
        return Strip(segments).adjust_cell_length(width, self._styles.over("hint"))

    def _listed(self, width: int) -> list[tuple[str, str]]:
        number = "" if self.total is None else f"  {phrases.number(self.total)}"
        unread = ""
        if self.unread and not self.filtered and not self.aside:
            unread = "   " + ngettext("{n} unread", "{n} unread", self.unread).format(
                n=phrases.number(self.unread)
            )
        if 12 + cell_len(number) + cell_len(unread) > width:
            unread = ""
        name = cut(
            harmless_line(self.aside or self.title),
            max(4, width - 3 - cell_len(number) - cell_len(unread)),
        )
        return [(f"  {name}", "name"), (number, "number"), (unread, "unread")]

    def _said_of_hits(self) -> str:
        if not self.query_text or self.total is None:
            return ""
        return _said_of_hits(self.total, is_more=self.is_more)

    def _leave_room_for(self, said: str) -> None:
        """Leave the input as much room as the number of hits does; it takes none back, which would draw all anew."""
        cells = cell_len(said) + 3
        if self._input.styles.margin.right < cells:
            self._input.styles.margin = (0, cells, 0, 4)

    def watch_total(self) -> None:
        self._leave_room_for(self._said_of_hits())
        self._see_what_keys_do()

    def _found(self, width: int) -> list[tuple[str, str]]:
        said = cut(self._said_of_hits(), max(1, width - 12))
        gap = " " * max(0, width - 3 - cell_len(said) - 1)
        after = width - 3 - self._input.styles.margin.right  # the first cell of the gap beside it
        if not self.has_typing and cell_len(self._input.value) > after - 1 > 0:
            gap = f"{gap[:after]}…{gap[after + 1 :]}"
        return [("  /", "slash"), (gap, "number"), (said, "number")]

    def _offered(self, width: int) -> list[tuple[str, str]]:
        """The second line: how the word at the cursor may go on, the words that match, and their kin."""
        if not self.query_text and not self._completions:
            hint = _("words, or title: author: feed: tag: before:")
            self._spans = []
            return [(f"  {cut(hint, width - 3)}", "hint")]
        pieces = self._laid_out(width, 0)
        if self.picked and all(
            self.offers[self.picked] is not leads for *_at, leads in self._spans
        ):
            pieces = self._laid_out(width, self.picked)
        return pieces

    def _laid_out(self, width: int, first: int) -> list[tuple[str, str]]:
        """Lay out the second line, of the words those from `first` on."""
        shown: list[tuple[str, str, str, Offer | Completion | None]] = []
        if not first:
            shown = [
                (harmless_line(each.text).strip('"'), "", "word", each)
                for each in self._completions
            ]
        for number, offer in enumerate(self.offers[first:], first):
            style = "picked" if number == self.picked else "hint" if offer.is_form else "word"
            mark = "≈ " if offer.is_form else ""
            count = "" if offer.hits is None else f" {phrases.number(offer.hits)}"
            shown.append((mark + harmless_line(offer.word), count, style, offer))
        if self.remark and not first and not self.is_remark_below:
            behind = len(self._completions) + sum(offer.mends for offer in self.offers)
            shown.insert(behind, (harmless_line(self.remark), "", "hint", None))
        self._spans = []
        pieces, room, at = [("  ", "hint")], width - 3, 2
        if first:
            pieces, room, at = [*pieces, ("… ", "hint")], room - 2, at + 2
        left_out = []
        for number, (word, count, style, leads_to) in enumerate(shown):
            cells = cell_len(word) + len(count) + 2
            if leads_to is None:  # the remark takes what room there is
                pieces.append((f"{cut(word, max(1, room - 2))}  ", style))
                room, at = max(0, room - cells), at + cells
                continue
            if cells > room - 1 and number:
                left_out.append((word, count, style, leads_to))
                continue  # a shorter one may fit
            word = cut(word, max(1, room - len(count) - 2))
            pieces += [(word, style), (f"{count}  ", "number")]
            self._spans.append((at, at + cells - 2, leads_to))
            room -= cells
            at += cells
        more = "…" if len(left_out) > 1 else ""
        if left_out:  # the beginning of one says more than an empty end of the line
            word, count, style, leads_to = left_out[0]
            cells = room - len(count) - (2 + len(more) if more else 0)
            if cells >= _FEWEST_CELLS:
                word = cut(word, cells)
                pieces += [(word, style), (f"{count}  ", "number")]
                self._spans.append((at, at + cell_len(word) + len(count), leads_to))
            else:
                more = "…"
        pieces.append((more, "hint"))
        return pieces

    def notify_style_update(self) -> None:
        self._styles.forget()
        super().notify_style_update()

    def watch_query_text(self) -> None:
        """See whether something in the search was likely meant otherwise."""
        if not self.query_text:
            self.remark = ""
            return
        from flodeslasare.library.remarks import remark_on
        from flodeslasare.query.hints import misread

        self.remark = " · ".join(map(remark_on, misread(self.query_text)))

    def watch_aside(self) -> None:
        self.set_class(bool(self.query_text) and not self.aside, "-searching")

    def watch_offers(self) -> None:
        self.picked = None

    def watch_picked(self) -> None:
        self._see_what_keys_do()

    def watch_typing(self) -> None:
        self.post_message(self.KeysChanged())

    def _see_what_keys_do(self) -> None:
        """Say what Tab goes on with; of words also before they are there, for it would come and go with each letter."""
        if self.picked is not None:
            self.typing = "picked"
        elif self._completions:
            self.typing = "name"
        else:
            self.typing = "word" if self.typed and self.total != 0 else ""

    def on_descendant_blur(self) -> None:
        """Give a query that was left what the number of hits does not take: while one typed more was kept for that."""
        self._input.styles.margin = (0, cell_len(self._said_of_hits()) + 3, 0, 4)
        self.refresh()

    def watch_has_focus(self, value: bool) -> None:
        super().watch_has_focus(value)
        self.refresh()

    # --- typing ----------------------------------------------------------------------------------

    @on(Input.Changed)
    def _search_soon(self, event: Input.Changed) -> None:
        """Search at once, after the letters that have come already: the next key stops what is under way."""
        event.stop()
        self.picked = None
        self._tab_waits = False
        self._complete()
        if not self._is_due:
            self._is_due = True
            self.call_later(self._search)

    def _search(self) -> None:
        self._is_due = False
        query = self._input.value.strip()
        if query == self.query_text:
            return
        if not self.query_text:
            self.total = None  # it counts what was listed, and no hits
        self.query_text = query
        self.offers = ()
        self.post_message(self.Changed(query))

    def _complete(self) -> None:
        """See how the word at the cursor may go on: from names that are at hand, so that it costs a key nothing."""
        from flodeslasare.query.hints import completions  # not before there is a search

        text, cursor = self._input.value, self._input.cursor_position
        found = completions(text, cursor, self.names, swedish=language() == "sv")
        typed = text[found[0].start : cursor] if found else ""
        if found and found[0].text.endswith(":") and len(typed) < _FROM_LETTERS:
            found = []
        self._completions = found = [each for each in found if each.text != typed]
        self._input.suggest("")
        if found and cursor == len(text) and found[0].text.casefold().startswith(typed.casefold()):
            self._input.suggest(text + found[0].text[len(typed) :])
        self._see_what_keys_do()
        self.refresh()

    def _take(self, choice: Offer | Completion) -> None:
        """Go on with a name, or narrow the search to a word."""
        if isinstance(choice, Offer):
            self.set_query(choice.query)
            self.picked = None
            self._input.cursor_position = len(choice.query)
            self.post_message(self.Changed(choice.query))
            return
        value = self._input.value
        text, rest = choice.text, value[choice.end :]
        if not text.endswith(":"):
            text, rest = f"{text} ", rest.lstrip()
        self._input.value = value[: choice.start] + text + rest
        self._input.cursor_position = choice.start + len(text)

    def do(self, shown: str) -> bool:
        """Do what a key does while one types; `False` for one that does there what it does elsewhere."""
        doing = {"Enter": self._take_or_go, "Tab": self.action_complete, "Esc": self._leave}
        if shown in doing:
            doing[shown]()
        return shown in doing

    @on(Input.Submitted)
    def _accept(self, event: Input.Submitted) -> None:
        event.stop()
        self._take_or_go()

    def _take_or_go(self) -> None:
        """Take the word that was picked; without one, go to the hits."""
        if self.picked is not None:
            self._take(self.offers[self.picked])
            return
        self._go_to_list()

    @on(_QueryInput.WentDown)
    def _leave_for_list(self, event: _QueryInput.WentDown) -> None:
        """Go to the hits; a word that was picked is let go of, for Enter takes it."""
        event.stop()
        self.picked = None
        self._go_to_list()

    def _go_to_list(self) -> None:
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
        self._leave()

    def _leave(self) -> None:
        """Let go of the word that was picked; without one, leave the search."""
        if self.picked is not None:
            self.picked = None
            return
        self.post_message(self.Cancelled())

    async def on_click(self, event: events.Click) -> None:
        """Begin to search, or narrow to the word that was clicked."""
        if event.y == 1:
            for start, end, choice in self._spans:
                if start <= event.x < end:
                    self._take(choice)
                    return
        else:
            await self.begin()

    def action_complete(self) -> None:
        """Go on with the first name that is offered; without one, pick the next of the words."""
        # After the letters that are on their way to it.
        self._input.call_later(self._complete_or_pick)

    def watch_names(self) -> None:
        """Complete with names that came while one was typing, also what was asked for before them."""
        if self.has_typing:
            self._complete()
            if self._tab_waits and self._completions:
                self._take(self._completions[0])

    async def _complete_or_pick(self) -> None:
        from flodeslasare.query.hints import operator_at

        self._complete()
        operator = operator_at(self._input.value, self._input.cursor_position)
        if self._completions:
            self._take(self._completions[0])
        elif operator in _COUNTED and operator not in self.names:
            self._tab_waits = True
        elif self.typed != self.query_text:
            return  # its words have not come yet
        elif self.offers:
            self._pick(1)
        elif self.query_text:
            self._go_to_list()  # the letters typed next would be keys of another pane
        else:
            await self.run_action("screen.next_pane(1)")

    def _pick(self, step: int) -> None:
        """Pick the next of the words that were offered, or the one before: Enter narrows to it."""
        if self.offers:
            start = -1 if step > 0 else 0
            self.picked = ((start if self.picked is None else self.picked) + step) % len(
                self.offers
            )


def _said_of_hits(number: int, *, is_more: bool = False) -> str:
    if not number:
        return _("no hits")
    return ngettext("{n} hit", "{n} hits", number).format(
        n=phrases.number(number) + ("+" if is_more else "")
    )
