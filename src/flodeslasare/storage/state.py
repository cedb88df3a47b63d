"""Small values that are kept between starts, most of them the screen's, and the place in half-read entries."""

from __future__ import annotations

from flodeslasare.storage.database import Database


class StateStore:
    """Keeps small values by name, and places by entry."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, key: str) -> str | None:
        """What is kept under this name?"""
        found = self._db.value("SELECT value FROM state WHERE key = ?", (key,))
        return None if found is None else str(found)

    def put(self, key: str, value: str) -> None:
        """Keep a value under a name."""
        self._db.run(
            "INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def place(self, entry_id: int) -> float:
        """How far has an entry been read, 0.0 to 1.0?"""
        return float(
            self._db.value("SELECT place FROM places WHERE entry_id = ?", (entry_id,)) or 0.0
        )

    def put_place(self, entry_id: int, place: float) -> None:
        """Keep how far an entry has been read; the top is no place to keep."""
        if place <= 0:
            self._db.run("DELETE FROM places WHERE entry_id = ?", (entry_id,))
            return
        self._db.run(
            """
            INSERT INTO places (entry_id, place)
            SELECT id, :place FROM entries WHERE id = :entry  -- none, if it was deleted meanwhile
            ON CONFLICT DO UPDATE SET place = excluded.place
            """,
            {"entry": entry_id, "place": min(1.0, place)},
        )
