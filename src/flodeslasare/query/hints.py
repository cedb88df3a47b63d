"""What helps while a query is typed: how a word may go on, and what was likely meant otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from flodeslasare.cutting import fold, plain
from flodeslasare.periods import NAMES as DAYS
from flodeslasare.query.parsing import (
    DATES,
    NAMES,
    OPERATORS,
    QUOTES,
    VALUES,
    Parser,
    quoted,
)

# --- what may be typed next ------------------------------------------------------------------------


class Completion(Struct, frozen=True):
    """What the text between two places may become."""

    start: int
    end: int
    text: str


_AT_NAME = re.compile(r"(?:^|[\s(])-*([^\W\d_]+)$")
_AT_VALUE = re.compile(
    rf"(?:^|[\s(])-*([^\W\d_]+):(?:[{QUOTES}]([^{QUOTES}]*)|([^\s(){QUOTES}]*))$"
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
        if key in DATES:
            offered += [pair[swedish] for pair in DAYS]
        return [Completion(start, cursor, quoted(name)) for name in _alike(value, offered)][:limit]
    if found := _AT_NAME.search(typed):
        operators = [pair[swedish] for pair in NAMES.values()]
        operators += [pair[not swedish] for pair in NAMES.values()]
        begun = fold(plain(found[1]))
        fitting = [name for name in operators if fold(name).startswith(begun)]
        # One name for each operator: the one of the language, if both begin so.
        once = {OPERATORS[fold(name)]: name for name in reversed(fitting)}
        return [
            Completion(found.start(1), cursor, f"{name}:")
            for name in fitting
            if name in once.values()
        ][:limit]
    return []


def operator_at(text: str, cursor: int) -> str | None:
    """Say which operator the value at the cursor is of, by its English name; `None` where there is none."""
    found = _AT_VALUE.search(text[:cursor])
    return OPERATORS.get(fold(plain(found[1]))) if found else None


def _named_values(operator: str, swedish: bool) -> list[str]:
    return [names[1 if swedish else 0] for names in VALUES[operator].values()]


def _alike(typed: str, names: Iterable[str]) -> list[str]:
    """Give the names that hold what was typed, those that begin so first."""
    part = fold(plain(typed.strip()))
    folded = {name: fold(plain(name)) for name in names}
    holding = [name for name in folded if part in folded[name]]
    return sorted(holding, key=lambda name: not folded[name].startswith(part))


def tag_query(tag: str, *, swedish: bool = False) -> str:
    """Spell a query for what has a tag of these words."""
    inside = re.sub(f"[{QUOTES}]", " ", tag)
    return f'{NAMES["tag"][swedish]}:"{inside}"'


# --- what was likely meant otherwise ----------------------------------------------------------------


class Misread(Struct, frozen=True):
    """Something that was likely meant as an operator, is not understood, and is searched for as words."""

    typed: str
    """`is:unred`"""
    operator: str
    """The operator that is meant, as it was typed, or the nearest to that: `is`; empty for `AND` and `NOT`."""
    values: tuple[str, ...]
    """What may follow it, in its language; nothing for days."""
    meant: str | None
    """What may have been meant: `is:unread`; `None` when nothing is near."""
    query: str | None
    """The whole text with that in its place."""


_NEAR = 0.7
"""How alike two names must be: `unred` and `unread`, but not `läst` and `hälsa`."""


_ELSEWHERE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "title": (("intitle", "subject", "headline"), ("ämne",)),
    "author": (("from", "by", "creator"), ("från", "av")),
    "tag": (("label", "category", "topic"), ("tagg", "kategori", "ämnesord")),
    "feed": (("site", "source", "blog"), ("källa", "blogg", "kanal")),
    "after": (("since", "newer", "later"), ("sedan", "nyare")),
    "before": (("until", "older", "earlier"), ("till", "äldre")),
    "unread": (("new",), ("ny", "nytt", "nya")),
    "read": (("seen", "old"), ("sett", "sedd")),
    "starred": (("flagged", "favourite", "favorite", "saved"), ("flaggad", "favorit", "sparad")),
    "enclosure": (("file", "media"), ("fil", "filer")),
}
"""What other programs call the operators and their values, in English and in Swedish."""

_KNOWN_ELSEWHERE = {
    fold(plain(name)): (key, is_swedish)
    for key, languages in _ELSEWHERE.items()
    for is_swedish, names in enumerate(languages)
    for name in names
}

_AND = frozenset({"AND", "OCH"})
_NOT = frozenset({"NOT", "INTE"})
"""What other programs take between words and before one, in capitals, where the rest is not in capitals as well."""

_NEXT = re.compile(r"\s+(\S+)")

_MOST_MISREAD = 20
"""So many are looked at: text that was pasted may have a colon in each word."""


def misread(text: str) -> list[Misread]:
    """Find what was likely meant as an operator and is not understood, in the order it was typed."""
    parser = Parser(text)
    named = (_misread(text, *each) for each in parser.misread[:_MOST_MISREAD])
    found = [each for each in named if each is not None]
    if text != text.upper():
        found += [
            _joining(text, start, end)
            for start, end in parser.sought_at[:_MOST_MISREAD]
            if text[start:end] in _AND | _NOT and text[start - 1 : start] not in tuple(QUOTES)
        ]
    return found


def _joining(text: str, start: int, end: int) -> Misread:
    """Say of AND that words go together without it, and of NOT that it is a minus."""
    typed, before, after = text[start:end], text[:start], text[end:]
    if typed in _AND:
        query = f"{before.rstrip()} {after.lstrip()}".strip()
        return Misread(typed, "", (), query or None, query or None)
    following = _NEXT.match(after)
    if following is None:
        return Misread(typed, "", (), None, None)
    return Misread(
        typed, "", (), f"-{following[1]}", f"{before}-{following[1]}{after[following.end() :]}"
    )


def _misread(text: str, start: int, end: int, name: str, value: str) -> Misread | None:
    key, typed = OPERATORS.get(fold(plain(name))), text[start:end]
    if key is None:
        elsewhere = _elsewhere(name, NAMES)
        near = elsewhere or _nearest(name, [each for names in NAMES.values() for each in names])
        if near is None:
            return None  # a word with a colon
        name, key = near, OPERATORS[fold(near)]
        mended = f"{name}:{quoted(value)}"
        if elsewhere is not None and Parser(mended).misread:
            return None  # `till:kalle`
        meant: str | None = mended
    else:
        alike = [each for names in VALUES.get(key, {}).values() for each in names]
        near = _elsewhere(value, VALUES.get(key, {})) or _nearest(value, alike)
        meant = None if near is None else f"{name}:{near}"
    is_swedish = fold(plain(name)) != fold(NAMES[key][0])
    query = None if meant is None else text[:start] + meant + text[end:]
    values = tuple(_named_values(key, is_swedish)) if key in VALUES else ()
    return Misread(typed, name, values, meant, query)


def _elsewhere(typed: str, names: Mapping[str, Sequence[str]]) -> str | None:
    """Give our name for what other programs call so; names in one language lead to names in the same."""
    key, is_swedish = _KNOWN_ELSEWHERE.get(fold(plain(typed)), ("", 0))
    return names[key][is_swedish] if key in names else None


def _nearest(typed: str, names: Sequence[str]) -> str | None:
    from difflib import get_close_matches  # for a mistake

    by_letters = {fold(plain(name)): name for name in reversed(names)}
    near = get_close_matches(fold(plain(typed)), by_letters, 1, _NEAR)
    return by_letters[near[0]] if near else None
