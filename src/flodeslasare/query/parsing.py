"""From a text to its tree: total, for any text is a query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from flodeslasare.cutting import WORD, fold, plain, words
from flodeslasare.periods import begins_day, day_ago
from flodeslasare.query.tree import (
    EVERYTHING,
    NOTHING,
    All,
    Any,
    Dated,
    Field,
    HasEnclosure,
    Is,
    Match,
    Node,
    Not,
    OfFeeds,
    Query,
    Saved,
    State,
    Words,
    joined,
)

NAMES: Mapping[str, tuple[str, str]] = {
    "title": ("title", "rubrik"),
    "author": ("author", "författare"),
    "feed": ("feed", "flöde"),
    "folder": ("folder", "mapp"),
    "tag": ("tag", "etikett"),
    "search": ("search", "sökning"),
    "is": ("is", "är"),
    "has": ("has", "har"),
    "before": ("before", "före"),
    "after": ("after", "efter"),
}
"""The operators, each with its English and its Swedish name."""

VALUES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "is": {
        "unread": ("unread", "oläst", "olästa"),
        "read": ("read", "läst", "lästa"),
        "starred": ("starred", "stjärnmärkt", "stjärnmärkta"),
    },
    "has": {"enclosure": ("enclosure", "bilaga", "bilagor", "attachment")},
}
"""What may follow `is:` and `has:`, each with its names; the first is English, the second Swedish."""

OPERATORS = {fold(name): key for key, names in NAMES.items() for name in names}
"""The operators by every name they may be typed by, as `fold` gives it."""
_OR = frozenset({"OR", "ELLER"})
QUOTES = '"“”„'
"""What a phrase may begin and end with."""
DEPTH = 12
"""Brackets inside brackets; deeper ones are passed over. (FTS5's parser gives up at about 50.)"""

_MOST_IN_ROW = 64
"""A phrase is looked for by so many of its words: the index opens each of them at each place."""

_SPACE = re.compile(r"\s+")
_MINUS = re.compile(r"-+")
_NAME = re.compile(r"([^\W\d_]+):")
_QUOTED = re.compile(f"[{QUOTES}]([^{QUOTES}]*)([{QUOTES}]?)")
_BARE = re.compile(rf"[^\s(){QUOTES}]+")
_NOT_AN_OPERATOR = re.compile(rf"[^\W\d_]+:[^\s(){QUOTES}/:]+")
"""A word with a colon in it, and no address."""
_DAY = re.compile(r"(\d{4})(?:[-/.]?(\d{1,2})(?:[-/.]?(\d{1,2}))?)?[-/.]?", re.ASCII)


def parse(text: str, today: date | None = None) -> Query:
    """Understand any text; never fails, and takes time in proportion to its length.

    Args:
        text: what was typed.
        today: the day that `7d` is counted from; `None` for what the machine's calendar says.
    """
    return _parsed(text, today or _calendar_day())


@lru_cache(maxsize=64)
def _parsed(text: str, today: date) -> Query:
    return Query(text, Parser(text, today).root)


def _calendar_day() -> date:
    """Give today, as the machine's calendar has it."""
    return datetime.now().astimezone().date()


class _Typed(NamedTuple):
    """An operator as it was typed."""

    key: str
    """As in `NAMES`."""
    name: str


class _Frame:
    """An open bracket: what has been read inside it."""

    def __init__(self, operator: _Typed | None, is_negated: bool) -> None:
        self.operator = operator
        """The operator before the bracket, which holds for the terms inside."""
        self.is_negated = is_negated
        self.terms: list[list[Node]] = []
        """All of these must match; of each, one of its alternatives."""
        self.is_or = False
        """The last thing read was OR."""

    def add(self, node: Node) -> None:
        if self.is_or:
            self.terms[-1].append(node)
            self.is_or = False
        else:
            self.terms.append([node])

    def node(self) -> Node | None:
        terms = [joined(Any, alternatives) for alternatives in self.terms]
        if not terms:
            return None
        node = joined(All, terms)
        return Not(node) if self.is_negated else node


class Parser:
    """One reading of a text: its tree, and what stood where."""

    def __init__(self, text: str, today: date | None = None) -> None:
        self._text = text
        self._today = today or _calendar_day()
        self._frames = [_Frame(None, False)]
        self._passed_over = 0
        """Brackets that are open and too deep."""
        self._is_negated = False
        """A minus stands before what comes next."""
        self._operator: _Typed | None = None
        """An operator stands before what comes next."""
        self._has_unsearchable = False
        """Something was asked for that holds no letter to search for."""
        self._operator_at = 0
        """Where it stands."""
        self._span = (0, 0)
        """Where what is being read stands."""
        self._extent = (0, 0)
        """The same with its quotes."""
        self.misread: list[tuple[int, int, str, str]] = []
        """From where to where something stands that was likely meant as an operator and is not understood, the
        operator's name, as it was typed, and the value."""
        self.named_at: list[tuple[int, int, OfFeeds | Saved]] = []
        """From where to where, quotes included, a name of feeds, of a folder or of a saved search stands, and what it
        asks."""
        self.sought_at: list[tuple[int, int]] = []
        """Where the words stand that are wanted: `Query.sought`."""
        self.root = self._read_all()

    def _read_all(self) -> Node:
        at = 0
        while at < len(self._text):
            at = self._read(at)
        while len(self._frames) > 1:
            self._close()
        node = self._frames[0].node()
        if node is None:
            return NOTHING if self._has_unsearchable else EVERYTHING
        return node

    def _read(self, at: int) -> int:
        """Read what stands at a place; gives the place after it."""
        text = self._text
        if found := _SPACE.match(text, at):
            self._forget()
            return found.end()
        char = text[at]
        if char == "(":
            self._open()
            return at + 1
        if char == ")":
            self._forget()
            if self._passed_over:
                self._passed_over -= 1
            elif len(self._frames) > 1:
                self._close()
            return at + 1
        if char in QUOTES:
            found = _QUOTED.match(text, at)
            if found is None:  # cannot be: the pattern matches at any quote
                return at + 1
            self._span, self._extent = found.span(1), found.span()
            self._phrase(found[1], is_closed=bool(found[2]))
            return found.end()
        if self._operator is None and (found := _MINUS.match(text, at)):
            self._is_negated = True
            return found.end()
        if self._operator is None and (found := _NAME.match(text, at)):
            key = OPERATORS.get(fold(plain(found[1])))
            if key is not None:
                self._operator = _Typed(key, found[1])
                self._operator_at = at
                return found.end()
            if found := _NOT_AN_OPERATOR.match(text, at):
                name, _colon, value = found[0].partition(":")
                self.misread.append((at, found.end(), name, value))
        found = _BARE.match(text, at)
        if found is None:  # cannot be: everything it does not match was read above
            return at + 1
        self._span = self._extent = found.span()
        self._bare(found[0])
        return found.end()

    def _forget(self) -> None:
        """Drop a minus or an operator that nothing followed: it is half-typed."""
        self._is_negated = False
        self._operator = None

    def _open(self) -> None:
        if len(self._frames) > DEPTH:
            self._passed_over += 1
            self._forget()
            return
        operator = self._operator or self._frames[-1].operator
        self._frames.append(_Frame(operator, self._is_negated))
        self._forget()

    def _close(self) -> None:
        node = self._frames.pop().node()
        if node is None:
            self._frames[-1].is_or = False
        else:
            self._frames[-1].add(node)

    def _add(self, node: Node | None) -> None:
        frame = self._frames[-1]
        if node is None:
            frame.is_or = False
        else:
            frame.add(Not(node) if self._is_negated else node)
        self._forget()

    def _phrase(self, inside: str, *, is_closed: bool) -> None:
        operator = self._operator or self._frames[-1].operator
        if operator is not None and operator.key not in _FIELDS:
            self._add(self._valued(operator, inside))
            return
        text = plain(inside)
        found = tuple(words(text))
        # `"en hel ` has ended its last word.
        is_begun = not is_closed and bool(found) and text.replace("_", " ").endswith(found[-1])
        if not found:
            self._has_unsearchable |= bool(inside.strip())
            self._add(None)
            return
        self._note_place()
        self._add(_row(found, is_begun, _FIELDS[operator.key] if operator else None))

    def _bare(self, text: str) -> None:
        frame = self._frames[-1]
        is_lone = self._operator is None and not self._is_negated
        if is_lone and text in _OR and frame.terms:
            frame.is_or = True
            return
        operator = self._operator or frame.operator
        if operator is not None and operator.key not in _FIELDS:
            self._add(self._valued(operator, text))
        else:
            self._add(self._sought(text, _FIELDS[operator.key] if operator else None))

    def _sought(self, text: str, field: Field | None) -> Words | None:
        found = tuple(words(plain(text)))
        if not found:
            self._has_unsearchable = True
            return None
        self._note_place()
        return Words(found, Match.INSIDE, field) if len(found) == 1 else _row(found, True, field)

    def _note_place(self) -> None:
        if not (self._is_negated or any(frame.is_negated for frame in self._frames)):
            self.sought_at.append(self._span)

    def _valued(self, operator: _Typed, value: str) -> Node | None:
        """Understand what follows an operator that takes a value; `None` while it is half-typed."""
        key, name = operator
        if key in ("feed", "folder", "search"):
            found = tuple(words(plain(value)))
            if not found:
                return None
            named = Saved(found) if key == "search" else OfFeeds(found, by_folder=key == "folder")
            self.named_at.append((*self._extent, named))
            return named
        understood = _date_asked(key, value, self._today) if key in DATES else _named(key, value)
        if understood is None:
            is_its_own = self._operator is not None  # and not that of brackets around
            start, end = self._extent
            self.misread.append((self._operator_at if is_its_own else start, end, name, value))
            return self._sought(f"{name} {value}", None)
        return None if understood == EVERYTHING else understood


def _row(found: tuple[str, ...], is_begun: bool, field: Field | None) -> Words:
    is_whole = len(found) <= _MOST_IN_ROW
    return Words(found[:_MOST_IN_ROW], Match.BEGUN if is_begun and is_whole else Match.ROW, field)


_FIELDS = {"title": Field.TITLE, "author": Field.AUTHOR, "tag": Field.TAG}
DATES = frozenset({"before", "after"})
"""The operators that take days."""


def _named(operator: str, value: str) -> Node | None:
    """Understand `is:` and `has:`, whose value may be half-typed as long as only one begins so."""
    begun = fold(plain(value))
    found = {
        key
        for key, names in VALUES[operator].items()
        if any(fold(name).startswith(begun) for name in names)
    }
    if len(found) > 1 or not begun:
        return EVERYTHING
    for key in found:
        return HasEnclosure() if operator == "has" else Is(State(key))
    return None


def _date_asked(operator: str, value: str, today: date) -> Node | None:
    """Understand `before:` and `after:`: the day on whose beginning they divide."""
    if len(value) < 4 and (not value or (value.isascii() and value.isdigit())):
        return EVERYTHING
    said = " ".join(plain(value).split())
    try:
        ago = day_ago(said, today)
    except ValueError:
        return None
    if ago is not None:
        is_before = operator == "before"
        return Dated(ago if is_before else ago + timedelta(days=1), is_before)
    if begins_day(said):
        return EVERYTHING
    found = _DAY.fullmatch(value)
    if found is None:
        return None
    year, month, day = (int(part or 0) for part in found.groups())
    try:
        if not 1000 <= year <= 9000:
            return None
        first = date(year, month or 1, (month and day) or 1)
        if month and day:
            after = first + timedelta(days=1)
        elif month:
            after = date(year + month // 12, month % 12 + 1, 1)
        else:
            after = date(year + 1, 1, 1)
    except ValueError:
        return None
    return Dated(first, True) if operator == "before" else Dated(after, False)


def replaced(text: str, word: str, other: str) -> str:
    """Put another word in the place of one that a query seeks, as `Query.sought` gives it, in its text.

    Names of feeds, of operators and what stands after a minus stay as they are.
    """
    letters = text.replace("_", " ")
    places = [
        found.span()
        for start, end in Parser(text).sought_at
        for found in WORD.finditer(letters, start, end)
        if plain(found[0]) == word
    ]
    for start, end in reversed(places):
        text = text[:start] + other + text[end:]
    return text


def quoted(name: str) -> str:
    """Give a name as it is typed as a value."""
    if _BARE.fullmatch(name):
        return name
    return '"' + re.sub(f"[{QUOTES}]", " ", name) + '"'
