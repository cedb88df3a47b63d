"""What reading a document gives, apart from the readers: `pool` needs no lxml to know it."""

from __future__ import annotations

from flodeslasare.i18n import _

FIELD_CHARACTERS = 2_000_000
"""The most characters of one text, where nothing else is said (`Settings.fetch_field_characters`)."""
MAX_ENTRIES = 20_000
"""The most entries of one document, where nothing else is said (`Settings.fetch_entries`)."""
NESTING = 100
"""The deepest nesting of elements, where nothing else is said (`Settings.fetch_nesting`)."""
MAX_IMAGES = 500
"""The most images of one entry, where nothing else is said (`Settings.fetch_images`)."""


def too_many(number: int, limit: int) -> str:
    """Say that not all entries of a document were read."""
    return _("it holds {number} entries; the first {limit} were read").format(
        number=number, limit=limit
    )
