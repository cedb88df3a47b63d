"""A text, asked: whether it matches, and where."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from flodeslasare.cutting import FOLD_LATIN_1, INVISIBLE, WORD, fold, plain
from flodeslasare.query.parsing import parse
from flodeslasare.query.tree import All, Any, Field, Match, Node, Not, Words


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


def is_named(found: tuple[str, ...], name: str) -> bool:
    """Tell whether a name holds these words: one anywhere in a word, several in a row."""
    match = Match.INSIDE if len(found) == 1 else Match.BEGUN
    return bool(where([Words(found, match)], name))


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
