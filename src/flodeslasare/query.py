"""The search language: any text is a query. Pure: no I/O, no SQL.

    upphandl                  words match anywhere inside words; several words: all must match
    "en hel fras"             whole words in a row; while the last quote is missing, the last word may be half-typed
    -ord  -"en fras"  -(a b)  without these
    a OR b, a ELLER b         either; it joins the terms beside it only: `a b OR c` is a, and b or c
    (a b) OR c                brackets keep together
    title: author: tag:       a word, a phrase or brackets, looked for there only
    feed: folder:             of the feeds, or in the folders, whose name holds these words
    search:                   what the saved search of this name asks, or those whose names hold these words
    is:unread  is:read  is:starred  has:enclosure
    before:2018-04            earlier than 2018-04-01; a year, a month or a day
    after:2017                later than 2017-12-31
    after:7d  before:today    a day named by how long ago it is, as `periods` has it

Case never matters. A word written in plain letters also finds those with dots and accents (`lakemedel`
finds läkemedel); one with å, ä, ö or any other such letter is exact. What cannot be understood is searched
for as it stands, and what is only half-typed (`before:`, an open bracket) asks for nothing yet. Where that is
likely to be a mistake (`is:unred`), `misread` says so. Every operator has a Swedish name as well: `NAMES`.

What a word is, `cutting` says, for queries and for what is indexed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from flodeslasare.cutting import FOLD_LATIN_1, INVISIBLE, WORD, fold, plain, words
from flodeslasare.periods import NAMES as DAYS
from flodeslasare.periods import begins_day, day_ago

# --- the tree --------------------------------------------------------------------------------------


class Field(StrEnum):
    """A part of an entry that words can be looked for in."""

    TITLE = "title"
    AUTHOR = "author"
    TAG = "tag"


class Match(StrEnum):
    """How the words of a query stand in the text."""

    INSIDE = "inside"
    """One word, anywhere inside a word."""
    ROW = "row"
    """Whole words in a row."""
    BEGUN = "begun"
    """Words in a row, the last of them only begun."""


class State(StrEnum):
    """What `is:` asks for."""

    UNREAD = "unread"
    READ = "read"
    STARRED = "starred"


class Words(Struct, frozen=True):
    """Words to look for, each as `plain` gives it; at least one."""

    words: tuple[str, ...]
    match: Match = Match.INSIDE
    field: Field | None = None
    """`None` is everywhere."""


class OfFeeds(Struct, frozen=True):
    """The feeds whose name or address holds these words: one anywhere in a word, several in a row."""

    words: tuple[str, ...]
    by_folder: bool = False
    """It is the path of the folder that holds them."""

    def name(self, name: str) -> bool:
        """Whether a name holds the words."""
        return _names(self.words, name)


def _names(words: tuple[str, ...], name: str) -> bool:
    match = Match.INSIDE if len(words) == 1 else Match.BEGUN
    return bool(where([Words(words, match)], name))


class Saved(Struct, frozen=True):
    """The saved searches whose name these words are, else those whose name holds them: see `with_saved`."""

    words: tuple[str, ...]

    def among(self, names: Iterable[str]) -> list[str]:
        """Give those that are meant."""
        all_names = list(names)
        exact = [name for name in all_names if tuple(words(plain(name))) == self.words]
        return exact or [name for name in all_names if _names(self.words, name)]


class Is(Struct, frozen=True):
    """The state of an entry."""

    state: State


class HasEnclosure(Struct, frozen=True):
    """A file is attached."""


class Dated(Struct, frozen=True):
    """The side of a day's beginning, in local time, that an entry is on."""

    day: date
    is_before: bool
    """Earlier than its beginning; else not earlier."""


class Not(Struct, frozen=True):
    """What does not match."""

    node: Node


class All(Struct, frozen=True):
    """What matches every one; of none, everything."""

    nodes: tuple[Node, ...] = ()


class Any(Struct, frozen=True):
    """What matches one at least; of none, nothing."""

    nodes: tuple[Node, ...] = ()


Node: TypeAlias = Words | OfFeeds | Saved | Is | HasEnclosure | Dated | Not | All | Any

EVERYTHING = All()
NOTHING = Any()


class Query(Struct, frozen=True):
    """A text, understood."""

    text: str
    root: Node

    @property
    def asks(self) -> bool:
        """Whether it asks for anything; an empty or a half-typed one does not yet."""
        return self.root != EVERYTHING

    def sought(self) -> list[Words]:
        """Give the words that are wanted, in the order they were typed, without those after a minus."""
        return list(_sought(self.root))

    @property
    def is_one_word(self) -> bool:
        """Whether it is one word that may stand anywhere: in how many entries a word stands then says it all."""
        root = self.root
        return isinstance(root, Words) and root.match is Match.INSIDE and root.field is None


def narrowed(root: Node, leaf: Words, stricter: Words) -> Node:
    """Ask more strictly for one of the words of a tree; what matches is among the tree's hits."""
    if root == leaf:
        return stricter
    if isinstance(root, All) and leaf in root.nodes:
        return All(tuple(stricter if node == leaf else node for node in root.nodes))
    return All((root, stricter))


def _sought(node: Node) -> Iterator[Words]:
    if isinstance(node, Words):
        yield node
    elif isinstance(node, All | Any):
        for inner in node.nodes:
            yield from _sought(inner)


# --- from text to tree -----------------------------------------------------------------------------

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

_OPERATOR = {fold(name): key for key, names in NAMES.items() for name in names}
_OR = frozenset({"OR", "ELLER"})
_QUOTES = '"“”„'
DEPTH = 12
"""Brackets inside brackets; deeper ones are passed over. (FTS5's parser gives up at about 50.)"""

_MOST_IN_ROW = 64
"""A phrase is looked for by so many of its words: the index opens each of them at each place."""

_SPACE = re.compile(r"\s+")
_MINUS = re.compile(r"-+")
_NAME = re.compile(r"([^\W\d_]+):")
_QUOTED = re.compile(f"[{_QUOTES}]([^{_QUOTES}]*)([{_QUOTES}]?)")
_BARE = re.compile(rf"[^\s(){_QUOTES}]+")
_NOT_AN_OPERATOR = re.compile(rf"[^\W\d_]+:[^\s(){_QUOTES}/:]+")
"""A word with a colon in it, and no address."""
_DAY = re.compile(r"(\d{4})(?:[-/.]?(\d{1,2})(?:[-/.]?(\d{1,2}))?)?[-/.]?", re.ASCII)


def parse(text: str, today: date | None = None) -> Query:
    """Understand any text; never fails, and takes time in proportion to its length.

    Args:
        text: what was typed.
        today: the day that `7d` is counted from; `None` for what the machine's calendar says.
    """
    return _parsed(text, today or _today())


@lru_cache(maxsize=64)
def _parsed(text: str, today: date) -> Query:
    return Query(text, _Parser(text, today).root())


def _today() -> date:
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
        terms = [_joined(Any, alternatives) for alternatives in self.terms]
        if not terms:
            return None
        node = _joined(All, terms)
        return Not(node) if self.is_negated else node


def _joined(kind: type[All] | type[Any], nodes: Sequence[Node]) -> Node:
    """Join trees; the same one twice is one."""
    different = tuple(dict.fromkeys(nodes))
    return different[0] if len(different) == 1 else kind(different)


class _Parser:
    def __init__(self, text: str, today: date) -> None:
        self._text = text
        self._today = today
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
        self.sought_at: list[tuple[int, int]] = []
        """Where the words stand that are wanted: `Query.sought`."""

    def root(self) -> Node:
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
        if char in _QUOTES:
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
            key = _OPERATOR.get(fold(plain(found[1])))
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
            return Saved(found) if key == "search" else OfFeeds(found, by_folder=key == "folder")
        understood = _date_asked(key, value, self._today) if key in _DATES else _named(key, value)
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
_DATES = frozenset({"before", "after"})


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
    parser = _Parser(text, _today())
    parser.root()
    letters = text.replace("_", " ")
    places = [
        found.span()
        for start, end in parser.sought_at
        for found in WORD.finditer(letters, start, end)
        if plain(found[0]) == word
    ]
    for start, end in reversed(places):
        text = text[:start] + other + text[end:]
    return text


# --- what was likely meant otherwise ----------------------------------------------------------------


class Misread(Struct, frozen=True):
    """Something that was likely meant as an operator, is not understood, and is searched for as words."""

    typed: str
    """`is:unred`"""
    operator: str
    """The operator that is meant, as it was typed, or the nearest to that: `is`."""
    values: tuple[str, ...]
    """What may follow it, in its language; nothing for days."""
    meant: str | None
    """What may have been meant: `is:unread`; `None` when nothing is near."""
    query: str | None
    """The whole text with that in its place."""


_NEAR = 0.7
"""How alike two names must be: `unred` and `unread`, but not `läst` and `hälsa`."""


_MOST_MISREAD = 20
"""So many are looked at: text that was pasted may have a colon in each word."""


def misread(text: str) -> list[Misread]:
    """Find what was likely meant as an operator and is not understood, in the order it was typed."""
    parser = _Parser(text, _today())
    parser.root()
    found = (_misread(text, *each) for each in parser.misread[:_MOST_MISREAD])
    return [each for each in found if each is not None]


def _misread(text: str, start: int, end: int, name: str, value: str) -> Misread | None:
    key, typed = _OPERATOR.get(fold(plain(name))), text[start:end]
    if key is None:
        near = _nearest(name, [each for names in NAMES.values() for each in names])
        if near is None:
            return None  # a word with a colon
        name, key = near, _OPERATOR[fold(near)]
        meant: str | None = f"{name}:{_quoted(value)}"
    else:
        alike = [each for names in VALUES.get(key, {}).values() for each in names]
        near = _nearest(value, alike)
        meant = None if near is None else f"{name}:{near}"
    is_swedish = fold(plain(name)) != fold(NAMES[key][0])
    query = None if meant is None else text[:start] + meant + text[end:]
    values = tuple(_named_values(key, is_swedish)) if key in VALUES else ()
    return Misread(typed, name, values, meant, query)


def _nearest(typed: str, names: Sequence[str]) -> str | None:
    from difflib import get_close_matches  # for a mistake

    by_letters = {fold(plain(name)): name for name in reversed(names)}
    near = get_close_matches(fold(plain(typed)), by_letters, 1, _NEAR)
    return by_letters[near[0]] if near else None


# --- saved searches ---------------------------------------------------------------------------------

_LEVELS = 3 * DEPTH + 3
"""How deep a tree may be with what its saved searches ask: as deep as brackets alone make it."""
_MOST_SAVED = 100
"""So many saved searches are put in place in one query; they may name one another."""


def saved_query(name: str) -> str:
    """Spell a query for what the saved search of a name asks."""
    return f"search:{_quoted(name)}"


def asks_saved(node: Node) -> bool:
    """Tell whether a tree names saved searches."""
    if isinstance(node, Not):
        return asks_saved(node.node)
    if isinstance(node, All | Any):
        return any(map(asks_saved, node.nodes))
    return isinstance(node, Saved)


def with_saved(query: Query, saved: Mapping[str, str]) -> Query:
    """Put what saved searches ask in the place of their names.

    An unknown name finds nothing, nor does a search inside itself, or one too deep in others.

    Args:
        query: which may name them.
        saved: their queries by name.
    """
    left = _MOST_SAVED

    def put(node: Node, level: int, inside: frozenset[str]) -> Node:
        nonlocal left
        if level > _LEVELS:
            return NOTHING
        if isinstance(node, Not):
            return Not(put(node.node, level + 1, inside))
        if isinstance(node, All | Any):
            return type(node)(tuple(put(each, level + 1, inside) for each in node.nodes))
        if not isinstance(node, Saved):
            return node
        asked: list[Node] = []
        for name in node.among(saved):
            left -= 1
            if name not in inside and left >= 0:
                asked.append(put(parse(saved[name]).root, level + 1, inside | {name}))
        return _joined(Any, asked)

    return Query(query.text, put(query.root, 0, frozenset()))


# --- a text, asked --------------------------------------------------------------------------------


class Document:
    """The texts of one entry, asked whether a query's words match: what the index must agree with."""

    def __init__(self, title: str, text: str, author: str = "", tags: Sequence[str] = ()) -> None:
        self._texts: dict[Field | None, list[str]] = {
            Field.TITLE: [title],
            None: [title, text, author, *tags],
            Field.AUTHOR: [author],
            Field.TAG: list(tags),
        }
        self._joined: dict[Field | None, _Searched] = {}

    def matches(self, node: Node) -> bool:
        """Whether the texts match a tree of words; other conditions are not asked of a text.

        Raises:
            TypeError: the tree holds another condition.
        """
        if isinstance(node, Words):
            return self._holds(node)
        if isinstance(node, Not):
            return not self.matches(node.node)
        if isinstance(node, All):
            return all(map(self.matches, node.nodes))
        if isinstance(node, Any):
            return any(map(self.matches, node.nodes))
        raise TypeError(f"not a question to a text: {node!r}")

    def _holds(self, node: Words) -> bool:
        joined = self._joined.get(node.field)
        if joined is None:
            joined = self._joined[node.field] = _Searched("\n".join(self._texts[node.field]))
        if not all(word in joined for word in node.words):
            return False
        return node.match is Match.INSIDE or any(
            where([node], text) for text in self._texts[node.field]
        )


class _Searched:
    """A text that words are looked for in, one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        try:
            encoded = text.encode("latin-1")
            self._is_latin_1 = True
        except UnicodeEncodeError:
            encoded = text.encode("latin-1", "replace")  # "?" is no letter
            self._is_latin_1 = False
        self._encoded = encoded
        self._folded = encoded.translate(FOLD_LATIN_1)

    def __contains__(self, word: str) -> bool:
        """Whether a word stands in the text, anywhere inside a word."""
        # What is found among the letters of latin-1 is there (3 µs for the usual text, where `plain`
        # and `fold` take 60). What is not may still be, if other letters or loose marks stand there.
        if word.isascii():
            if word.encode("ascii") in self._folded:
                return True
            if self._is_latin_1 and b"\xad" not in self._encoded:
                return False
            return word in self._slowly_folded
        return word in self._plain

    @cached_property
    def _plain(self) -> str:
        return plain(self._text)

    @cached_property
    def _slowly_folded(self) -> str:
        return fold(self._plain)


# --- hits in a text --------------------------------------------------------------------------------


def hits(query: str, text: str) -> list[tuple[int, int]]:
    """Find where the words of a query stand in a text: (start, end) in order, not overlapping.

    Words match inside words. A word typed without dots matches those with dots as well. What stands
    after a minus is not looked for, and a field is not asked about: `title:` marks its words anywhere.
    """
    return where(parse(query).sought(), text)


def where(sought: Iterable[Words], text: str) -> list[tuple[int, int]]:
    """Find where words stand in a text: (start, end) in order, merged where they meet."""
    text, places = _with_places(text)
    spans: list[tuple[int, int]] = []
    tokens: list[tuple[int, int, str]] | None = None
    folded = fold(text)
    for node in sought:
        if node.match is Match.INSIDE:
            (word,) = node.words
            spans.extend(_occurrences(word, folded if word.isascii() else text))
            continue
        if tokens is None:
            found = WORD.finditer(text.replace("_", " "))
            tokens = [(one.start(), one.end(), one[0]) for one in found]
        spans.extend(_rows(node, tokens, folded))
    if places is not None:
        spans = [(places[start][0], places[end - 1][1]) for start, end in spans]
    return _merged(spans)


PASSAGE = 200
"""The most characters of a passage."""

_LEAD = 40
"""Characters that a passage shows before its first hit."""

_MOST_SOUGHT = 20
"""So many words of a query decide on a passage."""


def passage(text: str, sought: Sequence[Words]) -> str:
    """Give the passage of a text that shows most of what is sought, as one line; without a hit, its beginning."""
    text = " ".join(text.split())
    if len(text) <= PASSAGE:
        return text
    first, last = _richest(text, sought[:_MOST_SOUGHT])
    begin = 0
    if last > PASSAGE - 2:
        begin = max(0, first - _LEAD)
        space = text.find(" ", begin, first)
        begin = begin if space < 0 else space + 1
    before = "… " if begin else ""
    room = PASSAGE - len(before)
    if len(text) - begin <= room:
        return before + text[begin:]
    end = text.rfind(" ", max(begin, last), begin + room - 1)
    if end < 0:  # a hit, or one long word, fills it
        end = begin + room - 2
    return f"{before}{text[begin:end]} …"


def _richest(text: str, sought: Sequence[Words]) -> tuple[int, int]:
    """Find what a passage should show: from one hit to another, (0, 0) when there is none.

    Different words count more than one word many times, and the earliest of equals wins.
    """
    spans = sorted(
        (start, end, number)
        for number, node in enumerate(sought)
        for start, end in where([node], text)
    )
    best = (0, 0)
    found = (0, 0)
    counts: dict[int, int] = {}
    right = 0
    for left, (start, end, number) in enumerate(spans):
        while right < len(spans) and (
            right <= left or spans[right][1] <= start + PASSAGE - _LEAD - 4
        ):
            counts[spans[right][2]] = counts.get(spans[right][2], 0) + 1
            right += 1
        value = (len(counts), right - left)
        if value > best:
            best = value
            found = (start, max(end, spans[right - 1][1]))
        counts[number] -= 1
        if not counts[number]:
            del counts[number]
    return found


def _with_places(text: str) -> tuple[str, list[tuple[int, int]] | None]:
    """Give text as `plain` does, with where each character came from (start, end) if that is elsewhere."""
    if text.isascii() or (INVISIBLE not in text and unicodedata.is_normalized("NFC", text)):
        return plain(text), None
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and (unicodedata.combining(text[end]) or text[end] == INVISIBLE):
            end += 1
        piece = plain(text[start:end])
        pieces.append(piece)
        places.extend([(start, end)] * len(piece))
        start = end
    return "".join(pieces), places


def _occurrences(needle: str, text: str) -> Iterator[tuple[int, int]]:
    start = text.find(needle)
    while start >= 0:
        yield start, start + len(needle)
        start = text.find(needle, start + len(needle))


def _rows(
    node: Words, tokens: Sequence[tuple[int, int, str]], folded: str
) -> Iterator[tuple[int, int]]:
    """Find where words stand in a row."""
    last = len(node.words) - 1
    for index in range(len(tokens) - last):
        for offset, word in enumerate(node.words):
            start, end, token = tokens[index + offset]
            text = folded[start:end] if word.isascii() else token
            if text != word and not (
                offset == last and node.match is Match.BEGUN and text.startswith(word)
            ):
                break
        else:
            start, end, _token = tokens[index + last]
            length = len(node.words[last]) if node.match is Match.BEGUN else end - start
            yield tokens[index][0], start + length


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    spans.sort()
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


# --- what may be typed next ------------------------------------------------------------------------


class Completion(Struct, frozen=True):
    """What the text between two places may become."""

    start: int
    end: int
    text: str


_AT_NAME = re.compile(r"(?:^|[\s(])-*([^\W\d_]+)$")
_AT_VALUE = re.compile(
    rf"(?:^|[\s(])-*([^\W\d_]+):(?:[{_QUOTES}]([^{_QUOTES}]*)|([^\s(){_QUOTES}]*))$"
)


def completions(
    text: str,
    cursor: int,
    names: Mapping[str, Iterable[str]] | None = None,
    *,
    swedish: bool = False,
    limit: int = 8,
) -> list[Completion]:
    """Say how the word at the cursor may go on: operators, their values, and the names that exist.

    Args:
        text: what has been typed.
        cursor: where in it.
        names: what may follow an operator, by its English name: the feeds, the folders, …; what is not known yet is not in it.
        swedish: offer the Swedish names; what was typed in the other language is gone on with all the same.
        limit: how many at most.
    """
    cursor = min(cursor, len(text))
    typed = text[:cursor]
    if found := _AT_VALUE.search(typed):
        key = operator_at(text, cursor)
        if key is None:
            return []
        value = found[3] if found[2] is None else found[2]
        start = found.end(1) + 1
        offered = _named_values(key, swedish) if key in VALUES else list((names or {}).get(key, ()))
        if key in _DATES:
            offered += [pair[swedish] for pair in DAYS]
        return [Completion(start, cursor, _quoted(name)) for name in _alike(value, offered)][:limit]
    if found := _AT_NAME.search(typed):
        operators = [pair[swedish] for pair in NAMES.values()]
        operators += [pair[not swedish] for pair in NAMES.values()]
        begun = fold(plain(found[1]))
        fitting = [name for name in operators if fold(name).startswith(begun)]
        # One name for each operator: the one of the language, if both begin so.
        once = {_OPERATOR[fold(name)]: name for name in reversed(fitting)}
        return [
            Completion(found.start(1), cursor, f"{name}:")
            for name in fitting
            if name in once.values()
        ][:limit]
    return []


def operator_at(text: str, cursor: int) -> str | None:
    """Say which operator the value at the cursor is of, by its English name; `None` where there is none."""
    found = _AT_VALUE.search(text[:cursor])
    return _OPERATOR.get(fold(plain(found[1]))) if found else None


def _named_values(operator: str, swedish: bool) -> list[str]:
    return [names[1 if swedish else 0] for names in VALUES[operator].values()]


def _alike(typed: str, names: Iterable[str]) -> list[str]:
    """Give the names that hold what was typed, those that begin so first."""
    part = fold(plain(typed.strip()))
    folded = {name: fold(plain(name)) for name in names}
    holding = [name for name in folded if part in folded[name]]
    return sorted(holding, key=lambda name: not folded[name].startswith(part))


def _quoted(name: str) -> str:
    """Give a name as it is typed as a value."""
    if _BARE.fullmatch(name):
        return name
    return '"' + re.sub(f"[{_QUOTES}]", " ", name) + '"'
