"""The values of what a search leads to (suggestions, entries that are alike), of what the doctor finds,
and of what merging two feeds came to.

Apart from `model`, for a start does without them.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from flodeslasare.model import EntryRow


class SuggestionKind(StrEnum):
    """Why a word is suggested for one that was typed."""

    SPELLING = "spelling"
    """The archive has the typed one nowhere, and this one looks like it."""
    FORM = "form"
    """It is another form of the typed one (`kriterium` of `kriterier`), which that does not find."""


class Suggestion(Struct, frozen=True):
    """A word of the archive, in place of one that was typed."""

    kind: SuggestionKind
    word: str
    query: str
    """What was typed, with this word in its place."""
    count: int
    """In how many entries the word stands."""


class Related(Struct, frozen=True):
    """An entry that has rare words in common with another."""

    entry: EntryRow
    words: tuple[str, ...]
    """Those that they share, the rarest first."""


class Verdict(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and something should be seen to."""
    ERROR = "error"
    """It does not work, or what is kept is not what it should be."""


class Check(Struct, frozen=True):
    """What the doctor found of one thing."""

    name: str
    """For scripts: it stays, in whatever language."""
    verdict: Verdict
    found: str
    """A sentence."""
    remedy: str | None = None
    """What to do; `None` when all is well."""


class Merged(Struct, frozen=True):
    """What merging a feed into another came to."""

    moved: int
    """Entries that went over."""
    joined: int
    """Entries that both had, and that are one now."""
