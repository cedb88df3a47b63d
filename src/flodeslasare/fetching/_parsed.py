"""What reading a document gives, apart from the readers: `pool` needs no lxml to know it."""

from __future__ import annotations

FIELD_CHARACTERS = 2_000_000
"""The most characters of one text, where nothing else is said (`Settings.fetch_field_characters`)."""
MAX_ENTRIES = 20_000
"""The most entries of one document, where nothing else is said (`Settings.fetch_entries`)."""
