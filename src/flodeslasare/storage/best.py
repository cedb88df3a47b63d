"""Hits, the best first.

Not all hits are weighed: those are that are newest, and those that are newest among the hits with a sought
word in the title. The rest follows them, newest first. So the order is the same however
many are asked for, and as quick at a million hits as at a thousand. Decided in docs/adr/0008.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import log

from flodeslasare.cutting import fold, plain
from flodeslasare.model import View
from flodeslasare.query.matching import where
from flodeslasare.query.tree import Field, Match, Query, Words, narrowed
from flodeslasare.storage.alike import Extent, extent_of
from flodeslasare.storage.database import Database
from flodeslasare.storage.search import Place, Search

WEIGHED = 100
"""So many of each kind are weighed: all hits, those in titles, those of whole words."""

_MOST_KINDS = 3
"""The titles are asked for so many words of a query, one at a time: all of them in one title is rare, and slow to find."""

_MOST_SOUGHT = 8
"""So many words of a query decide on the order."""

_TITLE, WHOLE = 4.0, 2.0
"""How much more a word counts in the title, and as a word of its own: a title comes first either way."""


def best_first(
    database: Database, search: Search, query: Query, view: View, limit: int | None
) -> list[Place]:
    """Which entries of a view match the query, the best first?

    Args:
        database: the library.
        search: finds in it.
        query: in which saved searches are put in place.
        view: among which entries; its own query is not looked at.
        limit: how many at most.
    """
    sought = query.sought()[:_MOST_SOUGHT]
    kinds = [query.root]
    kinds += [
        narrowed(query.root, leaf, Words(leaf.words, leaf.match, Field.TITLE))
        for leaf in sought[:_MOST_KINDS]
        if leaf.field is None
    ]
    if len(sought) == 1 and sought[0].match is Match.INSIDE:
        leaf = sought[0]
        kinds.append(narrowed(query.root, leaf, Words(leaf.words, Match.ROW, leaf.field)))
    weighed: dict[int, Place] = {}
    for kind in kinds:
        weighed |= {
            place.id: place for place in search.page(Query(query.text, kind), view, limit=WEIGHED)
        }
    values = _values(database, search, sought, list(weighed))
    best = sorted(weighed.values(), key=lambda place: (-values.get(place.id, 0), -place.sort_key))[
        :limit
    ]
    if limit is not None and len(best) == limit:
        return best
    rest = search.page(query, view, limit=None if limit is None else limit + len(weighed))
    return [*best, *(place for place in rest if place.id not in weighed)][:limit]


def _values(
    database: Database, search: Search, sought: Sequence[Words], entry_ids: Sequence[int]
) -> dict[int, float]:
    """Tell how good entries are as hits."""
    extent = extent_of(database)
    rarities = [
        (node, 1.0 if len(sought) == 1 else _rarity(search, node, extent)) for node in sought
    ]
    rows = database.rows(
        """
        SELECT entries.id, title, text, coalesce(author, '') || ' ' || tags
        FROM json_each(:ids)
        JOIN entries ON entries.id = value
        JOIN texts ON entry_id = entries.id
        """,
        {"ids": json.dumps(list(entry_ids))},
    )
    values: dict[int, float] = {}
    for id_, title, text, about in rows:
        values[id_] = sum(rarity * _value(node, title, text, about) for node, rarity in rarities)
    return values


def _value(node: Words, title: str, text: str, about: str) -> float:
    """Tell how well words stand in an entry; where they are absent (of `a OR b`), nothing."""
    if node.field in (None, Field.TITLE):
        in_title = _standing(node, title)
        if in_title or node.field:
            return in_title * _TITLE
        return _standing(node, text) or _standing(node, about)
    return _standing(node, about)


def _standing(node: Words, text: str) -> float:
    if node.match is not Match.INSIDE:
        return WHOLE if where([node], text) else 0.0
    (word,) = node.words
    text = fold(plain(text)) if word.isascii() else plain(text)
    found = text.find(word)
    value = 0.0
    while found >= 0:
        end = found + len(word)
        before, after = text[found - 1 : found], text[end : end + 1]
        if not (before.isalnum() or after.isalnum()):
            return WHOLE
        value = 1.0
        found = text.find(word, end)
    return value


def _rarity(search: Search, node: Words, extent: Extent) -> float:
    """Weigh a word: the fewer entries it stands in, the more."""
    number = extent.estimate(search.find(Query("", node), limit=WEIGHED), WEIGHED)
    return log(2 + extent.total / max(1, number))
