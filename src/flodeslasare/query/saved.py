"""Saved searches in a query: how they are named, and what they ask in the place of their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flodeslasare.cutting import plain, words
from flodeslasare.query.matching import is_named
from flodeslasare.query.parsing import DEPTH, Parser, parse, quoted
from flodeslasare.query.tree import NOTHING, All, Any, Node, Not, Query, Saved, joined

_LEVELS = 3 * DEPTH + 3
"""How deep a tree may be with what its saved searches ask: as deep as brackets alone make it."""
_MOST_SAVED = 100
"""So many saved searches are put in place in one query; they may name one another."""


def saved_query(name: str) -> str:
    """Spell a query for what the saved search of a name asks."""
    return f"search:{quoted(name)}"


def renamed(text: str, name: str, new_name: str) -> str:
    """Let a query name a saved search by its new name wherever it names it by its whole old one."""
    old = Saved(tuple(words(plain(name))))
    for start, end, named in reversed(Parser(text).named_at):
        if named == old:
            text = text[:start] + quoted(new_name) + text[end:]
    return text


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
        for name in meant_by(node, saved):
            left -= 1
            if name not in inside and left >= 0:
                asked.append(put(parse(saved[name]).root, level + 1, inside | {name}))
        return joined(Any, asked)

    return Query(query.text, put(query.root, 0, frozenset()))


def meant_by(node: Saved, names: Iterable[str]) -> list[str]:
    """Give the saved searches that a name means: those of that name, else those whose name holds it."""
    all_names = list(names)
    exact = [name for name in all_names if tuple(words(plain(name))) == node.words]
    return exact or [name for name in all_names if is_named(node.words, name)]
