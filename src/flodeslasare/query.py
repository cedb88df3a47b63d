"""The search language: any text is a query. Pure: no I/O, no SQL."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Fold case and drop the dots of å ä ö and every other mark: what a query without dots is matched on.

    One character in gives one character out, so positions hold in both.
    """
    return (
        "".join(unicodedata.normalize("NFD", char)[0] for char in text.casefold() or text)
        if text
        else ""
    )


def hits(query: str, text: str) -> list[tuple[int, int]]:
    """Find where the words of a query stand in a text: (start, end) in order, not overlapping.

    Words match inside words. A word typed without dots matches those with dots as well.
    """
    spans: list[tuple[int, int]] = []
    lowered, folded = text.lower(), fold(text)
    for word in query.lower().split():
        where = folded if word.isascii() else lowered
        start = where.find(word)
        while start >= 0:
            spans.append((start, start + len(word)))
            start = where.find(word, start + len(word))
    spans.sort()
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
