"""What a query's words are looked up by: a tree of words, spelled as FTS5 asks for it.

The words of the archive that a query's words stand for are found by their trigrams (`search_word_parts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, product
from typing import NamedTuple

from flodeslasare.cutting import fold
from flodeslasare.query.tree import All, Any, Field, Match, Node, Not, Words
from flodeslasare.storage.database import Database

MANY_WORDS = 50
"""A word of a query that expands to more of the archive's words is first looked for in the texts."""

VERY_MANY_WORDS = 1_000
"""So many are looked up by how they begin, where that is less: to open a word takes 0.1 ms. FTS5 then
collects all their places before the first one comes, half a second's work at a million entries where the words
are common; for an answer that needs all places anyway, it is the quicker way from MANY_WORDS on."""

_SHORTEST_PART = 3
"""Letters that a part of a word must have for the trigrams to find it."""

_MOST_TRIGRAMS = 16
"""More of them hardly narrow the choice of words."""

_MOST_SPELLINGS = 64
"""A phrase without dots is tried in so many spellings; above it, only in those that stand together somewhere."""


class Expression(NamedTuple):
    """A set of entries, as FTS5 can name it: what an expression finds, or all that it does not."""

    match: str | None
    """The expression; `None` finds nothing."""
    is_complement: bool = False


NONE = Expression(None)
WHOLE = Expression(None, is_complement=True)
_COLUMNS = {Field.TITLE: "title", Field.AUTHOR: "author", Field.TAG: "tags"}


def expression(
    node: Node, spell: Callable[[Words, bool], list[str] | None], is_wanted: bool = True
) -> Expression:
    """Spell a tree of words for FTS5.

    FTS5 knows AND, OR and «without», no complement of its own; so it is carried outwards.

    Args:
        node: the tree.
        spell: gives the words and phrases that a leaf stands for, any of which will do, or `None` when it
            does not know: then what comes out may hold more than what matches, never less.
        is_wanted: not after a minus.
    """
    if isinstance(node, Words):
        spelled = spell(node, is_wanted)
        if spelled is None:
            return WHOLE if is_wanted else NONE
        if not spelled:
            return NONE
        match = f"({' OR '.join(spelled)})" if len(spelled) > 1 else spelled[0]
        return Expression(f"{_COLUMNS[node.field]} : {match}" if node.field else match)
    if isinstance(node, Not):
        inner = expression(node.node, spell, not is_wanted)
        return Expression(inner.match, not inner.is_complement)
    if isinstance(node, All):
        return _all([expression(inner, spell, is_wanted) for inner in node.nodes])
    if isinstance(node, Any):
        # One of them is there, unless all of them are absent.
        absent = [expression(inner, spell, is_wanted) for inner in node.nodes]
        inner = _all([Expression(match, not complement) for match, complement in absent])
        return Expression(inner.match, not inner.is_complement)
    raise TypeError(f"not a question to a text: {node!r}")


def _all(parts: Sequence[Expression]) -> Expression:
    if NONE in parts:
        return NONE
    wanted = [part.match for part in parts if part.match and not part.is_complement]
    without = [part.match for part in parts if part.match and part.is_complement]
    if not wanted:
        return Expression(_group(" OR ", without), is_complement=True) if without else WHOLE
    match = _group(" AND ", wanted)
    return Expression(f"({match} NOT {_group(' OR ', without)})" if without else match)


def _group(operator: str, parts: Sequence[str]) -> str:
    return f"({operator.join(parts)})" if len(parts) > 1 else parts[0]


class Expansions:
    """Finds the words of the archive that a query's words stand for."""

    def __init__(self, database: Database, *, needs_whole: bool = False) -> None:
        """Prepare for one query.

        Args:
            database: the library.
            needs_whole: all that matches is wanted, not the first ones.
        """
        self._db = database
        self._needs_whole = needs_whole
        self._known: dict[tuple[Words, bool], list[str] | None] = {}
        self._inside_of: dict[str, int] = {}
        """In how many of the archive's words these parts stand."""
        self.gave_up = False
        """Some words stood for too many to look up at once."""

    def few(self, node: Words, is_wanted: bool) -> list[str] | None:  # noqa: ARG002 (as `expression` calls it)
        """Spell what words stand for; `None` when that is very much."""
        spelled = self._spelled(node, few=True)
        self.gave_up |= spelled is None
        return spelled

    def all(self, node: Words, is_wanted: bool) -> list[str] | None:  # noqa: ARG002 (as `expression` calls it)
        """Spell what words stand for, however much that is."""
        return self._spelled(node, few=False)

    def are_more_than(self, most: int, node: Node) -> bool:
        """Tell whether the words of a tree stand for more than so many of the archive's."""
        number = 0
        for leaf in _leaves(node):
            spelled = self.all(leaf, True) or ()
            number += self._inside_of.get(leaf.words[-1], 0) or len(spelled)
            if number > most:
                return True
        return False

    def _spelled(self, node: Words, *, few: bool) -> list[str] | None:
        node = Words(node.words, node.match)  # the field makes no difference here
        if (node, few) not in self._known:
            spell = self._inside_spelled if node.match is Match.INSIDE else self._row_spelled
            self._known[node, few] = spell(node, few=few)
        return self._known[node, few]

    def _inside_spelled(self, node: Words, *, few: bool) -> list[str] | None:
        (part,) = node.words
        if few:
            if len(part) < _SHORTEST_PART:
                return None
            found = self.inside(part, MANY_WORDS + 1)
            return None if len(found) > MANY_WORDS else [f'"{word}"' for word in found]
        many = MANY_WORDS if self._needs_whole else VERY_MANY_WORDS
        found = self.inside(part, many + 1)
        self._inside_of[part] = len(found)
        if len(found) > many:
            begun = self._begun(part)
            self._inside_of[part] = number = sum(begun.values())
            if len(begun) * 4 < number:
                return [f'"{beginning}" *' for beginning in begun]
            found = self.inside(part, None)
        return [f'"{word}"' for word in found]

    def _begun(self, part: str) -> dict[str, int]:
        """How do the archive's words that hold this part begin, up to its end, and how many begin so?

        Told apart here, the words would take 30 MB where they are a hundred thousand.
        """
        words, column, parameters = _words_inside(part)
        chunks = self._db.chunks(
            f"""
            SELECT substr(word, 1, instr({column}, :part) + length(:part) - 1) AS begun, count(*)
            FROM {words} GROUP BY begun
            """,  # noqa: S608 - spelled by `_words_inside`
            parameters,
        )
        return dict(chain.from_iterable(chunks))

    def _row_spelled(self, node: Words, *, few: bool) -> list[str] | None:
        is_begun = node.match is Match.BEGUN
        if few and is_begun and len(node.words[-1]) < _SHORTEST_PART:
            return None
        choices = [self._variants(word) for word in node.words]
        if is_begun:
            choices[-1] = self._beginnings(node.words[-1])
        mark = " *" if is_begun else ""
        number = 1
        for choice in choices:
            number *= len(choice)
        if number <= _MOST_SPELLINGS:
            return [f'"{" ".join(spelling)}"{mark}' for spelling in product(*choices)]
        spellings = [""]
        for index, choice in enumerate(choices):
            longer = [f"{spelling} {word}".strip() for spelling in spellings for word in choice]
            tail = mark if index == len(choices) - 1 else ""
            spellings = [
                spelling
                for spelling in longer
                if self._db.value(
                    "SELECT 1 FROM search_entries WHERE search_entries MATCH ? LIMIT 1",
                    (f'"{spelling}"{tail}',),
                )
            ]
        return [f'"{spelling}"{mark}' for spelling in spellings]

    def _variants(self, word: str) -> list[str]:
        """Which of the archive's words are this one, with whatever dots, if it has none itself?"""
        if not word.isascii():
            return [word]
        rows = self._db.rows(
            "SELECT word FROM search_words WHERE folded = :word AND folded <> word",
            {"word": word},
        )
        return [word, *(row["word"] for row in rows)]

    def _beginnings(self, part: str) -> list[str]:
        """How do the archive's words begin that begin with this part, with whatever dots?"""
        if not part.isascii():
            return [part]
        rows = self._db.rows(
            """
            SELECT DISTINCT substr(word, 1, length(:part)) AS beginning FROM search_words
            WHERE folded >= :part AND folded < :part || char(0x10FFFF) AND folded <> word
            """,
            {"part": part},
        )
        return list(dict.fromkeys([part, *(row["beginning"] for row in rows)]))

    def inside(self, part: str, limit: int | None) -> list[str]:
        """Which of the archive's words hold this part? The first that came into the archive come first."""
        words, _column, parameters = _words_inside(part)
        chunks = self._db.chunks(
            f"SELECT word FROM {words} LIMIT :limit",  # noqa: S608 - spelled by `_words_inside`
            parameters | {"limit": -1 if limit is None else limit},
        )
        return [word for chunk in chunks for (word,) in chunk]


def _words_inside(part: str) -> tuple[str, str, dict[str, object]]:
    """Spell the words that hold a part: after FROM, the column that holds it, and the values."""
    column = "search_words.folded" if part.isascii() else "search_words.word"
    folded = fold(part)
    if len(folded) < _SHORTEST_PART:
        return f"search_words WHERE instr({column}, :part)", column, {"part": part}
    return (
        f"""
        search_word_parts CROSS JOIN search_words ON id = search_word_parts.rowid
        WHERE search_word_parts MATCH :trigrams AND instr({column}, :part)
        """,
        column,
        {"part": part, "trigrams": _trigrams(folded)},
    )


def _trigrams(folded: str) -> str:
    """Spell that every three letters in a row of a word must be there; the caller checks their order."""
    all_pieces = pieces(folded)
    return every(all_pieces[:: -(-len(all_pieces) // _MOST_TRIGRAMS)])


def pieces(folded: str) -> list[str]:
    """Give every three letters in a row, each once."""
    return list(dict.fromkeys(folded[start : start + 3] for start in range(len(folded) - 2)))


def every(pieces: Sequence[str]) -> str:
    """Spell that all of these must be there."""
    return " AND ".join(f'"{piece}"' for piece in pieces)


def _leaves(node: Node) -> Iterator[Words]:
    """Give the words of a tree, also those after a minus."""
    if isinstance(node, Words):
        yield node
    elif isinstance(node, Not):
        yield from _leaves(node.node)
    elif isinstance(node, All | Any):
        for inner in node.nodes:
            yield from _leaves(inner)
