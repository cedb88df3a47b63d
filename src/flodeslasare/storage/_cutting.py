"""An entry's text, cut into the words that the index holds of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from flodeslasare.query import words_in

BETWEEN_TAGS = "\ue000"
"""Stands between tags, so that no phrase runs across them; of a private area, so that no text holds it as a word."""


class IndexedText(NamedTuple):
    """What is searched of one entry."""

    title: str
    text: str
    author: str
    tags: str
    """A line each."""


_Cut: TypeAlias = tuple[int, list[str], list[str], list[str], list[str]]


def cut(entries: Sequence[tuple[int, IndexedText]]) -> list[_Cut]:
    """Give the words of entries, part by part.

    In the order of their keys: FTS5 collects what it is given in memory, and writes it out at once when
    a smaller rowid comes.
    """
    return [
        (
            key,
            words_in(text.title),
            words_in(text.text),
            words_in(text.author),
            _tag_words(text.tags),
        )
        for key, text in sorted(entries)
    ]


def _tag_words(tags: str) -> list[str]:
    found: list[str] = []
    for tag in tags.split("\n"):
        if found:
            found.append(BETWEEN_TAGS)
        found += words_in(tag)
    return found


def joined(cut: _Cut) -> tuple[int, str, str, str, str]:
    """Give words as the index takes them, a space apart."""
    key, title, text, author, tags = cut
    return key, " ".join(title), " ".join(text), " ".join(author), " ".join(tags)
