"""Whether a library file is sound: questions that the doctor asks, and what is made anew.

The file is opened for reading only, and not brought up to date: a check changes nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from flodeslasare.files import may_write
from flodeslasare.model import Feed
from flodeslasare.storage.database import (
    SCHEMA_VERSION,
    WAIT_SECONDS,
    Database,
    damaged,
    errors_in_words,
    prepare,
    require_known_schema,
)
from flodeslasare.storage.feeds import FeedStore
from flodeslasare.storage.index import IndexCheck, Progress, SearchIndex
from flodeslasare.storage.read_only import ReadOnlyDatabase

_MOST_SAID = 3
"""So many of SQLite's complaints are passed on."""


def sqlite_version() -> tuple[str, bool]:
    """Which SQLite does this Python have, and has it full-text search with trigrams?"""
    has_fts5 = False
    with closing(sqlite3.connect(":memory:")) as empty, suppress(sqlite3.Error):
        empty.execute("CREATE VIRTUAL TABLE found USING fts5 (x, tokenize = 'trigram')")
        has_fts5 = True
    return sqlite3.sqlite_version, has_fts5


class Health:
    """Asks a library file how it is. Whatever is wrong with the file, it says so in a `StorageError`."""

    def __init__(self, path: Path) -> None:
        """Open a file that is there, for reading only.

        Raises:
            ForeignFile, NewerFile, StorageError
        """
        self.path = path
        self._db = _opened_for_reading(path)
        try:
            with self._said():
                self.version = require_known_schema(self._db)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @property
    def is_up_to_date(self) -> bool:
        """Whether the schema is today's; an older one is brought up to date by the next start."""
        return self.version == SCHEMA_VERSION

    def complaints(self) -> list[str]:
        """What does SQLite find wrong with the file? Every page is read (sqlite.org/pragma.html#pragma_quick_check)."""
        with self._said():
            rows = self._db.rows(f"PRAGMA quick_check({_MOST_SAID})")
        return [row[0] for row in rows if row[0] != "ok"]

    def loose_ends(self) -> int:
        """How many rows belong to a row that is not there?"""
        with self._said():
            return len(self._db.rows("PRAGMA foreign_key_check"))

    def without_text(self) -> int:
        """How many entries have lost their text?"""
        with self._said():
            return int(self._db.value(f"SELECT count(*) FROM ({_WITHOUT_TEXT})"))  # noqa: S608 - a constant of this module

    def wrong_counts(self) -> int:
        """For how many months of feeds do the kept counts differ from what is there?"""
        with self._said():
            return int(
                self._db.value(
                    f"""
                    WITH counted AS ({_COUNTED})
                    SELECT count(*) FROM (
                        SELECT feed_id, month, total, unread, starred FROM month_counts WHERE total > 0
                        EXCEPT SELECT * FROM counted
                        UNION ALL
                        SELECT * FROM (SELECT * FROM counted
                        EXCEPT SELECT feed_id, month, total, unread, starred FROM month_counts)
                    )
                    """  # noqa: S608 - a constant of this module
                )
            )

    def index(self, progress: Progress | None) -> IndexCheck:
        """Does the search index say what the texts say? Every text is read."""
        with self._said():
            try:
                return SearchIndex(self._db).check(progress)
            except ValueError as error:
                raise damaged(self.path, error) from error

    def feeds(self) -> list[Feed]:
        """Which feeds are subscribed to?"""
        with self._said():
            return FeedStore(self._db).all()

    def last_fetched(self) -> int | None:
        """When was the newest entry fetched, in Unix seconds?"""
        with self._said():
            found = self._db.value(
                "SELECT fetched FROM entries WHERE id = (SELECT max(id) FROM entries)"
            )
        return None if found is None else int(found)

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Put any error of SQLite's into words: on a damaged file also a table that is not there is no bug of ours."""
        try:
            with errors_in_words(self.path):
                yield
        except sqlite3.Error as error:
            raise damaged(self.path, error) from error


def _opened_for_reading(path: Path) -> Database:
    if not (may_write(path) and may_write(path.parent)):
        return ReadOnlyDatabase(path, WAIT_SECONDS)
    with errors_in_words(path):
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None
        )
    prepare(connection)
    return Database(path, connection)


_COUNTED = """
    SELECT feed_id, month, count(*), count(*) - count(read_at), count(starred_at)
    FROM entries GROUP BY feed_id, month
"""


_WITHOUT_TEXT = "SELECT id FROM entries WHERE id NOT IN (SELECT entry_id FROM texts)"


def give_empty_texts(database: Database) -> None:
    """Let entries that have lost their text be listed, read and found by what is left of them.

    Of those whose whole text it was, what the feed says is left, and the page is to be read anew.
    """
    with database.writing():
        lost = [row[0] for row in database.rows(_WITHOUT_TEXT)]
        database.run(
            f"""
            INSERT INTO texts (entry_id, html, text)
            SELECT id, coalesce(articles.html, ''), coalesce(articles.text, '')
            FROM ({_WITHOUT_TEXT}) LEFT JOIN articles ON entry_id = id
            """  # noqa: S608 - a constant of this module
        )
        database.run(
            """
            UPDATE articles SET html = NULL, text = NULL, page_read = NULL, is_due = 1
            WHERE html IS NOT NULL AND entry_id IN (SELECT value FROM json_each(:lost))
            """,
            {"lost": json.dumps(lost)},
        )


def count_anew(database: Database) -> None:
    """Count what the kept counts say, and keep that."""
    with database.writing():
        database.run("DELETE FROM month_counts")
        database.run(
            f"INSERT INTO month_counts (feed_id, month, total, unread, starred) {_COUNTED}"
        )
