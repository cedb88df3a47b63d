"""What reading a document gives, apart from the readers: `pool` needs no lxml to know it."""

from __future__ import annotations

from dataclasses import dataclass

from flodeslasare.documents import ParsedFeed

FIELD_CHARACTERS = 2_000_000
"""The most characters of one text, where nothing else is said (`Settings.fetch_field_characters`)."""
MAX_ENTRIES = 20_000
"""The most entries of one document, where nothing else is said (`Settings.fetch_entries`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument(ParsedFeed):
    """A feed document, with what the next reading of it needs to leave out what it holds again."""

    item_hashes: tuple[str, ...] = ()
    """A hash of each item's bytes, all of the document's in its order; empty for JSON."""
    skipped_guids: tuple[str, ...] = ()
    """The guids (links, where there is no guid) of the items left out because they were known."""
