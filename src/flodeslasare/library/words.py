"""What the words of the archive can do for a search: narrow it, widen it, mend it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from flodeslasare.cutting import plain
from flodeslasare.cutting import words as words_of
from flodeslasare.model import View
from flodeslasare.query.matching import where
from flodeslasare.query.parsing import parse, replaced
from flodeslasare.query.tree import Match, Words
from flodeslasare.storage import Database, Search

if TYPE_CHECKING:
    from flodeslasare.findings import Suggestion

COUNTED_WORDS = 300
"""How many of the words that match a part are counted: a count costs as much as the word is frequent."""

COUNTED_HITS = 300
"""The texts of so many hits are read to count the words in them: 0.1 s at the most."""

SUGGESTED_FOR = 10
"""For so many words of a query others are suggested."""

COUNTED_FORMS = 12
"""So many of the words that are suggested for one are counted."""


def matching_words(
    database: Database, search: Search, query: str, limit: int, within: View
) -> list[tuple[str, int | None]]:
    """Find the words that the last word of a query matches, with the number of hits that each stands in.

    The archive knows in how many of all entries a word stands. That is another number where a query asks for more,
    or a view narrows it: there the texts of the hits are read, or, when they are too many, no number is given.

    Raises:
        Stopped
    """
    parsed = parse(query)
    sought = parsed.sought()  # of what a saved search asks, no word can be put in its place
    if not sought:
        return []
    last = sought[-1]
    is_inside = last.match is Match.INSIDE
    is_of_all = parsed.is_one_word and within.but(query="", order="newest") == View()
    is_of_all = is_of_all and within.query in ("", query)
    with database.stoppable(), database.reading():
        if not is_of_all:
            hits = search.page(within.query or query, within, limit=COUNTED_HITS + 1)
            if len(hits) <= COUNTED_HITS:
                words = search.count_in([hit.id for hit in hits], last)
                return [*words[:limit]]
        found = search.matching_words(last.words[-1], limit=COUNTED_WORDS if is_inside else None)
        if not is_inside:
            found = [word for word in found if where([Words((last.words[-1],), last.match)], word)]
        counted = search.count(found[:COUNTED_WORDS])[:limit]
        return [(word, number if is_of_all else None) for word, number in counted]


def suggestions(database: Database, search: Search, query: str, limit: int) -> list[Suggestion]:
    """Find words of the archive in place of typed ones, the most frequent first.

    What was likely meant as an operator is none: what that is to be is another question.

    Raises:
        Stopped
    """
    # The first hits of a first search, which match words, do not wait for these.
    from flodeslasare.findings import Suggestion, SuggestionKind
    from flodeslasare.query.hints import misread
    from flodeslasare.storage.alike import AlikeIndex

    alike = AlikeIndex(database)
    found: dict[str, Suggestion] = {}
    with database.stoppable(), database.reading():
        operators = {word for each in misread(query) for word in words_of(plain(each.typed))}
        typed = (
            word for node in parse(query).sought() for word in node.words if word not in operators
        )
        for word in dict.fromkeys(islice(typed, SUGGESTED_FOR)):
            offered = dict.fromkeys(alike.forms(word), SuggestionKind.FORM)
            if not search.matching_words(word, limit=1):
                near = dict.fromkeys(alike.nearest(word), SuggestionKind.SPELLING)
                offered = near | offered
            for other, count in search.count(list(offered)[:COUNTED_FORMS]):
                text = replaced(query, word, other)
                found.setdefault(other, Suggestion(offered[other], other, text, count))
    return sorted(found.values(), key=lambda each: -each.count)[:limit]
