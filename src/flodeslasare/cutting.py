"""Text as the search sees it: a row of words, in one case, with and without their dots. Pure.

A word is a run of letters, digits and the marks on them. Everything else only keeps words apart. `plain`, `fold` and
`words` say so, for queries and for what is indexed; `cut` gives what the index takes of an entry.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import dropwhile
from typing import NamedTuple

_MARKS = (  # Unicode categories Mn and Mc, with the letters between them; tests/test_query.py checks it
    r"\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1-\u05c2\u05c4-\u05c5\u05c7"
    r"\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0711-\u07f3"
    r"\u07fd\u0816-\u082d\u0859-\u085b\u0898-\u08e1\u08e3-\u0963\u0981-\u09e3\u09fe-\u0a75"
    r"\u0a81-\u0ae3\u0afa-\u0b63\u0b82-\u0bd7\u0c00-\u0c63\u0c81-\u0c83\u0cbc-\u0d4d"
    r"\u0d57-\u0d63\u0d81-\u0df3\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ecd\u0f18-\u0f19\u0f35"
    r"\u0f37\u0f39\u0f3e-\u0f84\u0f86-\u0fbc\u0fc6\u102b-\u103e\u1056-\u109d\u135d-\u135f"
    r"\u1712-\u1734\u1752-\u17d3\u17dd\u180b-\u180d\u180f-\u193b\u1a17-\u1a1b\u1a55-\u1a7f"
    r"\u1ab0-\u1abd\u1abf-\u1b44\u1b6b-\u1b73\u1b80-\u1bf3\u1c24-\u1c37\u1cd0-\u1cd2"
    r"\u1cd4-\u1dff\u2cef-\u2cf1\u2d7f-\u2dff\u302a-\u302f\u3099-\u309a\ua66f\ua674-\ua67d"
    r"\ua69e-\ua6f1\ua802-\ua827\ua82c\ua880-\ua8c5\ua8e0-\ua8f1\ua8ff-\ua92d\ua947-\ua953"
    r"\ua980-\ua9c0\ua9e5-\uaa4d\uaa7b-\uaac1\uaaeb-\uaaef\uaaf5-\uaaf6\uabe3-\uabea"
    r"\uabec-\uabed\ufb1e\ufe20-\ufe2f"
)
_SIGNS = r"\u2600-\u27bf\U0001f000-\U0001faff"
"""Symbols and emoji: each is a word of its own."""

WORD = re.compile(f"[\\w{_MARKS}]+|[{_SIGNS}]")
"""A word, in a text without underscores."""
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
INVISIBLE = "\xad"
"""A soft hyphen stands inside a word and is not part of it."""

_WITHOUT_STROKE = {"ø": "o", "æ": "a", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ß": "s"}
"""Letters that Unicode does not take apart into a letter and a mark."""


def plain(text: str) -> str:
    """Give text as the search compares it: one case, composed letters, no soft hyphens.

    Case changes letter by letter, so that positions hold: ß stays one character.
    """
    if text.isascii():
        return text.lower()
    if "µ" not in text:  # its small letter is beyond latin-1
        try:
            # 3 µs for the usual text of 3,000 characters, where what follows takes 25. All of latin-1 is composed.
            encoded = text.encode("latin-1")
        except UnicodeEncodeError:
            pass
        else:
            return encoded.translate(_PLAIN_LATIN_1, b"\xad").decode("latin-1")
    composed = unicodedata.normalize("NFC", text.replace(INVISIBLE, ""))
    folded = composed.casefold()
    if len(folded) == len(composed):  # a letter never becomes none, so each became one
        return folded
    return unicodedata.normalize("NFC", "".join(map(_one_case, composed)))


def _one_case(char: str) -> str:
    for changed in (char.casefold(), char.lower()):
        if len(changed) == 1:
            return changed
    return _without_mark(char).lower()  # İ


def _without_mark(char: str) -> str:
    parts = unicodedata.normalize("NFD", char)
    # A Korean syllable comes apart as well, into letters; only marks are taken away.
    if len(parts) > 1 and all(unicodedata.combining(mark) for mark in parts[1:]):
        return parts[0]
    return char


_PLAIN_LATIN_1 = bytes(
    ord(changed) if ord(changed := _one_case(chr(code))) < 256 else code for code in range(256)
)


@lru_cache(maxsize=4096)
def _folded(char: str) -> str:
    char = _without_mark(_one_case(char))
    return _WITHOUT_STROKE.get(char, char)


FOLD_LATIN_1 = bytes(
    ord(folded) if ord(folded := _folded(chr(code))) < 256 else code for code in range(256)
)


def fold(text: str) -> str:
    """Fold case and drop the dots of å ä ö and every other mark: what a query without dots is matched on.

    One character in gives one character out, so positions hold in both.
    """
    if text.isascii():
        return text.lower()
    if "µ" not in text:  # its small letter is beyond latin-1
        try:
            # 2 µs for the usual text of 3,000 characters, where the regular expression takes 35.
            return text.encode("latin-1").translate(FOLD_LATIN_1).decode("latin-1")
        except UnicodeEncodeError:
            pass
    return _BEYOND_ASCII.sub(lambda found: _folded(found[0]), text).lower()


def words(plain_text: str) -> list[str]:
    """Give the words of a text that went through `plain` (or `fold`), in order."""
    return WORD.findall(plain_text.replace("_", " "))


_TYPOGRAPHY = "–—’‘”“„…•\u2009\u202f"
"""What stands between words in texts that else are latin-1."""

_CUT_LATIN_1 = bytes(
    code if words(chr(code)) else 0x20 for code in _PLAIN_LATIN_1
)  # letters in one case, and spaces


def row_of_words(text: str) -> str:
    """Give the words of a text as the index takes them, spaces between: `words(plain(text))`.

    For most texts that is a table of 256 signs and no list of words: 5 µs for one of 3,000 characters, not 200.
    """
    if "µ" not in text:
        try:
            encoded = text.encode("latin-1")
        except UnicodeEncodeError:
            for sign in _TYPOGRAPHY:
                text = text.replace(sign, " ")
            try:
                encoded = text.encode("latin-1")
            except UnicodeEncodeError:
                return " ".join(words(plain(text)))
        return encoded.translate(_CUT_LATIN_1, b"\xad").decode("latin-1")
    return " ".join(words(plain(text)))


def words_in(text: str) -> list[str]:
    """Give the words of a text as the index holds them."""
    return row_of_words(text).split()


# --- an entry, cut for the index -------------------------------------------------------------------------

BETWEEN_TAGS = "\ue000"
"""Stands between tags, so that no phrase runs across them; of a private area, so that no text holds it as a word."""


class CutText(NamedTuple):
    """What is searched of one entry: rows of its words, as `row_of_words` gives them."""

    title: str
    text: str
    author: str
    tags: str
    """Tags are kept apart by BETWEEN_TAGS."""


def cut(title: str, text: str, author: str | None, tags: Iterable[str]) -> CutText:
    """Cut an entry into words.

    Args:
        title: its title.
        text: its text.
        author: who wrote it.
        tags: its tags.
    """
    # A tag without words is nothing that the others would have to be kept apart from, but only where it stands first:
    # so it is in libraries that are there, and what is taken out of the index must be what was put in.
    rows = dropwhile(str.isspace, (f" {row_of_words(tag)} " for tag in tags))
    return CutText(
        row_of_words(title),
        row_of_words(text),
        row_of_words(author or ""),
        BETWEEN_TAGS.join(rows),
    )
