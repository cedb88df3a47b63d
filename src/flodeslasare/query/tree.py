"""What a query asks, as a tree of conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct


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


class Saved(Struct, frozen=True):
    """The saved searches whose name these words are, else those whose name holds them: see `with_saved`."""

    words: tuple[str, ...]


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

    @property
    def depends_on_marks(self) -> bool:
        """Whether an entry may come to match, or cease to, by being marked; saved searches are to be put in before."""
        return _depends_on_marks(self.root)


def narrowed(root: Node, leaf: Words, stricter: Words) -> Node:
    """Ask more strictly for one of the words of a tree; what matches is among the tree's hits."""
    if root == leaf:
        return stricter
    if isinstance(root, All) and leaf in root.nodes:
        return All(tuple(stricter if node == leaf else node for node in root.nodes))
    return All((root, stricter))


def _depends_on_marks(node: Node) -> bool:
    if isinstance(node, Not):
        return _depends_on_marks(node.node)
    if isinstance(node, All | Any):
        return any(map(_depends_on_marks, node.nodes))
    return isinstance(node, Is)


def _sought(node: Node) -> Iterator[Words]:
    if isinstance(node, Words):
        yield node
    elif isinstance(node, All | Any):
        for inner in node.nodes:
            yield from _sought(inner)


def joined(kind: type[All] | type[Any], nodes: Sequence[Node]) -> Node:
    """Join trees; the same one twice is one."""
    different = tuple(dict.fromkeys(nodes))
    return different[0] if len(different) == 1 else kind(different)
