"""Marks: read and starred, many at once, and the log that takes them back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from flodeslasare.model import Marked, MarkKind
from flodeslasare.storage.database import Database
from flodeslasare.storage.entries import seconds

KEPT_STEPS = 500
"""How many marks can be taken back; older ones are forgotten."""

# What each kind does: the column, and whether it sets or clears the time there.
_COLUMN = {
    MarkKind.READ: ("read_at", True),
    MarkKind.UNREAD: ("read_at", False),
    MarkKind.STARRED: ("starred_at", True),
    MarkKind.UNSTARRED: ("starred_at", False),
}
_OPPOSITE = {
    MarkKind.READ: MarkKind.UNREAD,
    MarkKind.UNREAD: MarkKind.READ,
    MarkKind.STARRED: MarkKind.UNSTARRED,
    MarkKind.UNSTARRED: MarkKind.STARRED,
}


class MarkStore:
    """Marks entries and takes marks back."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def mark(self, kind: MarkKind, entry_ids: Iterable[int], now: datetime) -> Marked:
        """Mark entries; only those that are not so already change, and one undo takes all of it back."""
        column, is_set = _COLUMN[kind]
        with self._db.writing():
            changed = self._set(column, entry_ids, seconds(now) if is_set else None)
            if not changed:
                return Marked(kind=kind, entry_ids=())
            changes = json.dumps(changed)
            step = self._db.insert(
                "INSERT INTO marks (at, kind, changes) VALUES (?, ?, ?)",
                (seconds(now), kind, changes),
            )
            self._db.run("DELETE FROM marks WHERE id <= ?", (step - KEPT_STEPS,))
        return Marked(kind=kind, entry_ids=tuple(id_ for id_, _before in changed))

    def set(self, kind: MarkKind, entry_ids: Iterable[int], now: datetime) -> None:
        """Mark entries as they come in from elsewhere: no step to take back."""
        column, is_set = _COLUMN[kind]
        self._set(column, entry_ids, seconds(now) if is_set else None)

    def _set(
        self, column: str, entry_ids: Iterable[int], time: int | None
    ) -> list[tuple[int, int | None]]:
        """Set or clear a time where it is not so already; gives (id, what stood there) of what changed."""
        ids = json.dumps(list(entry_ids))
        if time is not None:  # nothing stood there
            rows = self._db.rows(
                f"""
                UPDATE entries SET {column} = :time
                WHERE id IN (SELECT value FROM json_each(:ids)) AND {column} IS NULL
                RETURNING id, NULL
                """,  # noqa: S608 - the column is a constant of this module
                {"time": time, "ids": ids},
            )
            return [(row[0], None) for row in rows]
        before = self._db.rows(
            f"""
            SELECT id, {column} FROM entries
            WHERE id IN (SELECT value FROM json_each(:ids)) AND {column} IS NOT NULL
            """,  # noqa: S608 - the column is a constant of this module
            {"ids": ids},
        )
        self._db.run(
            f"UPDATE entries SET {column} = NULL WHERE id IN (SELECT value FROM json_each(:ids))",  # noqa: S608
            {"ids": json.dumps([row[0] for row in before])},
        )
        return [(row[0], row[1]) for row in before]

    def last(self) -> Marked | None:
        """Which mark would be taken back next, and of which entries?"""
        with self._db.reading():
            before: int | None = None
            while True:  # one at a time: each may be of a million entries
                last = self._db.row(
                    """
                    SELECT id, kind, changes FROM marks
                    WHERE undone IS NULL AND (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT 1
                    """,
                    {"before": before},
                )
                if last is None:
                    return None
                before, kind = last["id"], MarkKind(last["kind"])
                column, is_set = _COLUMN[kind]
                rows = self._db.rows(
                    f"""
                    SELECT id FROM entries
                    WHERE id IN (SELECT json_extract(value, '$[0]') FROM json_each(:changes))
                        AND {column} IS {"NOT NULL" if is_set else "NULL"}
                    """,  # noqa: S608 - the column is a constant of this module
                    {"changes": last["changes"]},
                )
                if rows:
                    return Marked(kind=kind, entry_ids=tuple(row[0] for row in rows))

    def undo(self, now: datetime) -> Marked | None:
        """Take back the last mark that still stands; gives what the entries became.

        Marks whose entries have all been deleted since, or are no longer so, are passed over: there is nothing to see
        of them.
        """
        with self._db.writing():
            while True:
                last = self._db.row(
                    "SELECT id, kind, changes FROM marks WHERE undone IS NULL ORDER BY id DESC LIMIT 1"
                )
                if last is None:
                    return None
                kind = MarkKind(last["kind"])
                restored = self._restore(kind, last["changes"])
                self._db.run("UPDATE marks SET undone = ? WHERE id = ?", (seconds(now), last["id"]))
                if restored:
                    return Marked(kind=_OPPOSITE[kind], entry_ids=tuple(restored))

    def _restore(self, kind: MarkKind, changes: str) -> list[int]:
        """Put back what stood there before a mark; gives the entries that it changes."""
        column, is_set = _COLUMN[kind]
        # An entry that was marked anew since then has a later step of its own, taken back before.
        rows = self._db.rows(
            f"""
            UPDATE entries SET {column} = NULL
            WHERE id IN (SELECT json_extract(value, '$[0]') FROM json_each(:changes))
                AND {column} IS NOT NULL
            RETURNING id
            """  # noqa: S608 - the column is a constant of this module
            if is_set  # nothing stood there before
            else f"""
            UPDATE entries
            SET {column} = json_extract(change.value, '$[1]')
            FROM json_each(:changes) AS change
            WHERE entries.id = json_extract(change.value, '$[0]')
                AND {column} IS NULL
            RETURNING id
            """,  # noqa: S608 - the column is a constant of this module
            {"changes": changes},
        )
        return [row["id"] for row in rows]
