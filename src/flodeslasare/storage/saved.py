"""Saved searches: queries under names."""

from __future__ import annotations

from flodeslasare.model import SavedSearch
from flodeslasare.storage.database import Database


class SavedSearchStore:
    """Keeps searches in the order they came."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> list[SavedSearch]:
        """Which searches are saved?"""
        return [
            SavedSearch(*row)
            for row in self._db.rows("SELECT id, name, query FROM searches ORDER BY id")
        ]

    def add(self, name: str, query: str) -> int:
        """Save a search under a name that is not taken; gives its id."""
        return self._db.insert("INSERT INTO searches (name, query) VALUES (?, ?)", (name, query))

    def change(self, search: SavedSearch) -> None:
        """Take over another name or another query."""
        self._db.run(
            "UPDATE searches SET name = ?, query = ? WHERE id = ?",
            (search.name, search.query, search.id),
        )

    def delete(self, search_id: int) -> None:
        """Forget a search."""
        self._db.run("DELETE FROM searches WHERE id = ?", (search_id,))
