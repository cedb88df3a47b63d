"""A word that a search may go on with."""

from __future__ import annotations

from typing import NamedTuple


class Offer(NamedTuple):
    """A word that may be searched for instead of, or in place of, what was typed."""

    word: str
    hits: int | None
    """In how many entries it stands; `None` where nobody has counted what it leads to."""
    query: str
    """The search it leads to."""
    is_form: bool = False
    """It is another form of a typed word, and not among what that finds."""
    mends: bool = False
    """It is an operator, in place of a mistyped one."""
