"""The keys, in one table: the screen's bindings, the help, the palette and the hints of the status line read it.

The texts are English here and are translated when they are shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from msgspec import Struct
from textual.binding import Binding

from flodeslasare.i18n import N_, _

MOVE, READ, MARK, FIND, FEEDS, PROGRAM = (
    N_("Move"),
    N_("Read"),
    N_("Mark"),
    N_("Find"),
    N_("Feeds"),
    N_("Program"),
)


class Key(Struct, frozen=True, kw_only=True):
    """One line of the table."""

    shown: str
    """The keys as a person reads them."""
    does: str
    """What they do, in English."""
    group: str
    name: str = ""
    """What the palette calls it, in English; empty for what can be done by a key only."""
    keys: str = ""
    """Textual's names, with commas; empty where the panes bind them, each in its way."""
    action: str = ""
    """What the screen does on them; in `FEED_KEYS`, what is done to the feed."""
    hint: str = ""
    """In a word or two, for the status line; empty for those that are not hinted at."""
    hint_in_search: str = ""
    """What is said instead where something was searched for; in the text alone if there is a `hint`, too."""
    hint_when_on: str = ""
    """What is said instead while what it does is done, where it leads back."""
    panes: tuple[str, ...] = ("archive", "list", "reading")
    """Where it is hinted at."""
    is_for_pictures: bool = False
    """Whether it is hinted at only where the text has pictures."""
    is_for_beginnings: bool = False
    """Whether it is hinted at only where the text seems to be the beginning of one."""
    leads_to: str = ""
    """A pane it leads to."""
    hint_to_hidden: str = ""
    """What is said while there is no room for that pane."""
    hidden_from: tuple[str, ...] = ()
    """Where it is hinted at then."""
    leads: bool = False
    """Whether it works before the pane sees it, so that what is typed right after goes where it leads."""

    def hint_in(self, pane: str, *, in_search: bool, is_on: bool, hidden: Collection[str]) -> str:
        """Give what the status line says of it in a pane; empty for nothing."""
        if self.leads_to in hidden and pane in self.hidden_from:
            return self.hint_to_hidden
        if pane not in self.panes:
            return ""
        is_other = in_search and self.hint_in_search and (pane == "reading" or not self.hint)
        hint = self.hint_in_search if is_other else self.hint
        return self.hint_when_on if hint and is_on else hint


KEYS: tuple[Key, ...] = (
    Key(shown="j k ↓ ↑", does=N_("next, previous; in a text, down and up"), group=MOVE),
    Key(
        shown="h ←",
        does=N_("pane to the left; in the archive, fold"),
        group=MOVE,
        name=N_("Pane to the left"),
        keys="h,left",
        action="pane_left",
    ),
    Key(
        shown="l →",
        does=N_("pane to the right; in the archive, unfold"),
        group=MOVE,
        name=N_("Pane to the right"),
        keys="l,right",
        action="pane_right",
    ),
    Key(
        shown="Tab",
        does=N_("next pane"),
        group=MOVE,
        name=N_("Next pane"),
        keys="tab",
        action="next_pane(1)",
    ),
    Key(
        shown=N_("Shift+Tab"),
        does=N_("previous pane"),
        group=MOVE,
        name=N_("Previous pane"),
        keys="shift+tab",
        action="next_pane(-1)",
    ),
    Key(
        shown="1",
        does=N_("to the archive"),
        group=MOVE,
        name=N_("Go to the archive"),
        keys="1",
        action="pane('archive')",
        leads_to="archive",
        hint_to_hidden=N_("archive"),
        hidden_from=("list",),
    ),
    Key(
        shown="2",
        does=N_("to the entries"),
        group=MOVE,
        name=N_("Go to the entries"),
        keys="2",
        action="pane('list')",
    ),
    Key(
        shown="3",
        does=N_("to the text"),
        group=MOVE,
        name=N_("Go to the text"),
        keys="3",
        action="pane('reading')",
    ),
    Key(shown="g G Home End", does=N_("first, last"), group=MOVE),
    Key(shown="PgUp PgDn", does=N_("page up, page down"), group=MOVE),
    Key(
        shown="[",
        does=N_("to the month above; in a month, to the one after"),
        group=MOVE,
        name=N_("Month above"),
        keys="left_square_bracket",
        action="month(-1)",
    ),
    Key(
        shown="]",
        does=N_("to the month below; in a month, to the one before"),
        group=MOVE,
        name=N_("Month below"),
        keys="right_square_bracket",
        action="month(1)",
    ),
    Key(
        shown="Enter",
        does=N_("open"),
        group=READ,
        name=N_("Open"),
        action="open",
        hint=N_("open"),
        panes=("list",),
    ),
    Key(
        shown=N_("Space"),
        does=N_("page down; at the end, next unread"),
        group=READ,
        name=N_("Read on"),
        keys="space",
        action="read_on",
        hint=N_("read on"),
        panes=("reading",),
    ),
    Key(
        shown="n",
        does=N_("next unread; in a text one searched for, next hit"),
        group=READ,
        name=N_("Next unread"),
        keys="n",
        action="next(1)",
        hint=N_("next unread"),
        hint_in_search=N_("next hit"),
        panes=("list", "reading"),
    ),
    Key(
        shown="N",
        does=N_("previous unread, or hit"),
        group=READ,
        name=N_("Previous unread"),
        keys="N",
        action="next(-1)",
    ),
    Key(
        shown="z",
        does=N_("the text alone, and back"),
        group=READ,
        name=N_("Text alone"),
        keys="z",
        action="alone",
        hint=N_("text alone"),
        hint_when_on=N_("all panes"),
        panes=("reading",),
    ),
    Key(
        shown="o v",
        does=N_("open in the browser"),
        group=READ,
        name=N_("Open in the browser"),
        keys="o,v",
        action="browse",
        hint=N_("browser"),
        panes=("reading",),
    ),
    Key(
        shown="p",
        does=N_("show the pictures of the text, and hide them"),
        group=READ,
        name=N_("Pictures"),
        keys="p",
        action="pictures",
        hint=N_("pictures"),
        panes=("reading",),
        is_for_pictures=True,
    ),
    Key(
        shown="w",
        does=N_("the whole text, from the entry's own page"),
        group=READ,
        name=N_("Fetch the whole text"),
        keys="w",
        action="article",
        hint=N_("whole text"),
        panes=("reading",),
        is_for_beginnings=True,
    ),
    Key(
        shown="L",
        does=N_("open a link by its number"),
        group=READ,
        name=N_("Open a link by its number"),
        keys="L",
        action="open_link",
    ),
    Key(
        shown="e",
        does=N_("earlier versions of the text"),
        group=READ,
        name=N_("Earlier versions"),
        keys="e",
        action="versions",
    ),
    Key(
        shown="y",
        does=N_("copy the link"),
        group=READ,
        name=N_("Copy the link"),
        keys="y",
        action="copy_link",
    ),
    Key(
        shown="m",
        does=N_("read ↔ unread"),
        group=MARK,
        name=N_("Read or unread"),
        keys="m",
        action="toggle_read",
        hint=N_("read"),
        panes=("list", "reading"),
    ),
    Key(
        shown="s",
        does=N_("star ↔ unstar"),
        group=MARK,
        name=N_("Star or unstar"),
        keys="s",
        action="toggle_star",
        hint=N_("star"),
        panes=("list", "reading"),
    ),
    Key(
        shown="A",
        does=N_("mark all shown as read"),
        group=MARK,
        name=N_("Mark all shown as read"),
        keys="A",
        action="mark_all",
    ),
    Key(
        shown="u Ctrl+Z",
        does=N_("undo a mark, however many entries it was, or what was done to a feed"),
        group=MARK,
        name=N_("Undo"),
        keys="u,ctrl+z",
        action="undo",
    ),
    Key(
        shown="/",
        does=N_("search everything"),
        group=FIND,
        name=N_("Search"),
        keys="slash",
        action="search",
        hint=N_("search"),
        leads=True,
    ),
    Key(
        shown="f",
        does=N_("show only unread, and back"),
        group=FIND,
        name=N_("Only unread"),
        keys="f",
        action="filter",
        hint=N_("unread only"),
        hint_when_on=N_("read ones too"),
        panes=("archive", "list"),
    ),
    Key(
        shown="Tab Enter",
        does=N_("in a search: complete; pick a word that matches, narrow to it"),
        group=FIND,
    ),
    Key(
        shown="b",
        does=N_("best hits first, and newest first again"),
        group=FIND,
        name=N_("Best first"),
        keys="b",
        action="best_first",
        hint_in_search=N_("best first"),
        hint_when_on=N_("newest first"),
        panes=("list",),
    ),
    Key(
        shown="t",
        does=N_("more like this: what shares its rare words"),
        group=FIND,
        name=N_("More like this"),
        keys="t",
        action="related",
        hint=N_("more like this"),
        panes=("reading",),
    ),
    Key(
        shown="Ctrl+S",
        does=N_("save the search under a name"),
        group=FIND,
        name=N_("Save this search"),
        keys="ctrl+s",
        action="save_search",
    ),
    Key(
        shown="Esc",
        does=N_("leave search, filter, pane: one step back"),
        group=FIND,
        name=N_("Back"),
        keys="escape",
        action="back",
        hint_in_search=N_("leave"),
        panes=("archive", "list"),
        leads_to="list",
        hint_to_hidden=N_("back"),
        hidden_from=("archive", "reading"),
    ),
    Key(
        shown="a",
        does=N_("add a feed"),
        group=FEEDS,
        name=N_("Add a feed"),
        keys="a",
        action="add_feed",
        hint=N_("add feed"),
        panes=("archive",),
    ),
    Key(
        shown="r",
        does=N_("refresh this feed"),
        group=FEEDS,
        name=N_("Refresh this feed"),
        keys="r",
        action="refresh_feed",
        hint=N_("refresh"),
        panes=("archive",),
    ),
    Key(
        shown="R",
        does=N_("refresh all"),
        group=FEEDS,
        name=N_("Refresh all feeds"),
        keys="R",
        action="refresh_all",
    ),
    Key(
        shown="i",
        does=N_("about this feed: how it is doing, what can be done"),
        group=FEEDS,
        name=N_("About this feed"),
        keys="i",
        action="feed_details",
        hint=N_("about the feed"),
        panes=("archive",),
    ),
    Key(
        shown=".",
        does=N_("show what came in"),
        group=FEEDS,
        name=N_("Show what came in"),
        keys="full_stop",
        action="show_new",
    ),
    Key(
        shown="?",
        does=N_("help"),
        group=PROGRAM,
        name=N_("Help"),
        keys="question_mark",
        action="help",
        hint=N_("help"),
    ),
    Key(shown="Ctrl+P", does=N_("all commands"), group=PROGRAM),
    Key(shown="q", does=N_("quit"), group=PROGRAM, name=N_("Quit"), keys="q", action="app.quit"),
)

FEED_KEYS: tuple[Key, ...] = (
    Key(
        shown="r",
        does=N_("refresh it"),
        group=FEEDS,
        keys="r",
        action="refresh",
        hint=N_("refresh"),
    ),
    Key(
        shown="o",
        does=N_("what it no longer holds, from its site's older pages; again stops it"),
        group=FEEDS,
        name=N_("Fetch older entries of this feed"),
        keys="o",
        action="backfill",
        hint=N_("older entries"),
        hint_when_on=N_("stop fetching older"),
    ),
    Key(
        shown="w",
        does=N_("with each refresh, and now; again ends it"),
        group=FEEDS,
        name=N_("Fetch the whole texts of this feed"),
        keys="w",
        action="articles",
        hint=N_("whole texts"),
        hint_when_on=N_("no whole texts"),
    ),
    Key(
        shown="n",
        does=N_("a name of your own; u undoes it"),
        group=FEEDS,
        name=N_("Rename this feed"),
        keys="n",
        action="rename",
        hint=N_("rename"),
    ),
    Key(
        shown="m",
        does=N_("a new name makes a folder; u undoes it"),
        group=FEEDS,
        name=N_("Move this feed to a folder"),
        keys="m",
        action="move",
        hint=N_("move"),
    ),
    Key(
        shown="a",
        does=N_("its entries and marks stay; u undoes it"),
        group=FEEDS,
        name=N_("Change the address of this feed"),
        keys="a",
        action="readdress",
        hint=N_("address"),
    ),
    Key(
        shown="x",
        does=N_("its entries stay, and u undoes it"),
        group=FEEDS,
        name=N_("Unsubscribe from this feed"),
        keys="x",
        action="remove",
        hint=N_("unsubscribe"),
    ),
    Key(
        shown="d",
        does=N_("for good; asks first"),
        group=FEEDS,
        name=N_("Delete this feed and its entries"),
        keys="d",
        action="delete",
        hint=N_("delete"),
    ),
    Key(
        shown="g",
        does=N_("makes one feed of the two, for good; nothing is lost"),
        group=FEEDS,
        name=N_("Merge this feed into another"),
        keys="g",
        action="merge",
        hint=N_("merge"),
    ),
)
"""What can be done to a feed in the dialog about it, that `i` opens."""

_HINTED = (
    "?",
    "/",
    "Enter",
    "Esc",
    "1",
    "b",
    "Space",
    "w",
    "p",
    "m",
    "s",
    "n",
    "f",
    "a",
    "r",
    "i",
    "z",
    "t",
    "o v",
)
"""The order of the hints: what is least known and most useful first."""

Typing = Literal["", "name", "word", "picked"]
"""How a search is being typed: what Tab goes on with there, or that it has picked a word, which Enter takes."""

_TAB: Mapping[Typing, str] = {
    "name": N_("complete"),
    "word": N_("pick a word"),
    "picked": N_("next word"),
}


def _while_typing(typing: Typing) -> list[tuple[str, str]]:
    """Give the keys, and what they do, while one types a search and the others are letters."""
    is_picked = typing == "picked"
    hints = [
        ("Enter", N_("only this word") if is_picked else N_("to the hits")),
        ("Tab", _TAB.get(typing, "")),
        ("Ctrl+S", N_("save")),
        ("Esc", N_("let it go") if is_picked else N_("leave")),
    ]
    return [(_(shown), _(does)) for shown, does in hints if does]


def bindings() -> list[Binding]:
    """Give the bindings of the reader's screen."""
    return [
        Binding(key.keys, key.action, key.does, show=False, priority=key.leads)
        for key in KEYS
        if key.keys
    ]


def action_of(shown: str) -> str:
    """Give what the screen does on a key that is shown so in its language."""
    return next(key.action for key in KEYS if _(key.shown) == shown and key.action)


def hinted(
    pane: str,
    *,
    in_search: bool,
    typing: Typing | None,
    on: Collection[str] = (),
    hidden: Collection[str] = (),
    has_pictures: bool = False,
    is_beginning: bool = False,
) -> list[tuple[str, str]]:
    """Give the keys that the status line hints at, and what they do, in the language of the screen.

    Args:
        pane: where one is.
        in_search: what is listed was searched for.
        typing: how keys go to the search; `None` where they do not.
        on: the actions of the keys that lead back just then.
        hidden: the panes there is no room for.
        has_pictures: the text that is shown has some that can be drawn.
        is_beginning: the text that is shown seems to be the beginning of one.
    """
    if typing is not None:
        return _while_typing(typing)
    hints = [
        (_HINTED.index(key.shown), _(key.shown), _(does))
        for key in KEYS
        if (has_pictures or not key.is_for_pictures)
        and (is_beginning or not key.is_for_beginnings)
        and (does := key.hint_in(pane, in_search=in_search, is_on=key.action in on, hidden=hidden))
    ]
    return [(shown, does) for _order, shown, does in sorted(hints)]
