"""The search index, kept in step with the entries; `search` asks it.

Three tables: the words of each entry (`search_entries`), every word of the archive (`search_words`), and the parts of
these (`search_word_parts`). Why they are such is in docs/adr/0007-search-index.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

from flodeslasare.cutting import BETWEEN_TAGS, CutText, cut, fold
from flodeslasare.storage.database import Database, Parameters


class IndexCheck(NamedTuple):
    """What a check of the index found."""

    missing: int
    """Entries that it does not hold."""
    strange: int
    """Places that it holds, and where no entry stands."""
    unknown: int
    """Words in it that cannot be found by a part of them."""
    has_the_words: bool
    """Every word of every text is in it, and no other."""

    @property
    def is_sound(self) -> bool:
        """Whether all is in order."""
        return self.has_the_words and not (self.missing or self.strange or self.unknown)


Progress: TypeAlias = Callable[[int, int], None]


class SearchIndex:
    """Keeps the index in step, inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._gathered: list[tuple[int, CutText]] | None = None
        self._known_words: set[str] = set()
        """Those that `gathering` has found in the archive or brought, as long as `_version` holds."""
        self._version = -1

    # --- keeping -------------------------------------------------------------------------------

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Write what is added inside at its end, all at once and in the same transaction.

        FTS5 writes out what it has in memory at every savepoint, and SQLite opens one for most statements that
        change more than one row: without this, each feed of a transaction would become a segment to be merged.
        """
        is_part_of_another = self._db.connection.in_transaction
        try:
            with self._db.writing():
                version = self._db.version()
                if version != self._version:  # another program may have made the index anew
                    self._known_words.clear()
                    self._version = version
                self._gathered = []
                yield
                self._write_gathered()
        except BaseException:
            self._known_words.clear()
            raise
        finally:
            self._gathered = None
            if is_part_of_another:  # which may be taken back as a whole
                self._known_words.clear()

    def _write_gathered(self) -> None:
        if self._gathered is not None:
            entries, self._gathered = self._gathered, []
            self._add(entries, self._known_words)

    def add(self, entries: Sequence[tuple[int, CutText]]) -> None:
        """Index entries, each with its sort_key."""
        if self._gathered is None:
            self._add(entries, set())
        else:
            self._gathered.extend(entries)

    def _add(self, entries: Sequence[tuple[int, CutText]], known: set[str]) -> None:
        """Index entries.

        Args:
            entries: each with its sort_key.
            known: words that the archive holds for certain; those of the entries are added.
        """
        if not entries:
            return
        self._db.run_many(
            "INSERT INTO search_entries (rowid, title, text, author, tags) VALUES (?, ?, ?, ?, ?)",
            # In the order of their keys: FTS5 collects what it is given in memory, and writes it out at once when
            # a smaller rowid comes.
            ((key, *cut_text) for key, cut_text in sorted(entries)),
        )
        # In order of arrival: the words that come first are the ones that come often.
        unknown: dict[str, None] = {}
        for _key, cut_text in entries:
            for row in cut_text:
                words = row.split()
                if not known.issuperset(words):  # most texts bring none
                    unknown.update(dict.fromkeys(word for word in words if word not in known))
                    known.update(words)
        unknown.pop(BETWEEN_TAGS, None)
        self._add_words(unknown)

    def remove(self, condition: str, parameters: Parameters) -> None:
        """Take entries out, before they change or go: their words must be given as they were put in.

        See sqlite.org/fts5.html, «delete».

        Args:
            condition: which, in SQL.
            parameters: its values.
        """
        self._write_gathered()
        for entries in self._kept(f"WHERE {condition}", parameters, size=500):
            self._db.run_many(
                """
                INSERT INTO search_entries (search_entries, rowid, title, text, author, tags)
                VALUES ('delete', ?, ?, ?, ?, ?)
                """,
                ((key, *cut_text) for key, cut_text in entries),
            )

    def _add_words(self, words: Iterable[str]) -> None:
        """Take in the words that are new to the archive."""
        # Few are new. To insert all that are not there takes three times as long.
        new = [
            (row[0], fold(row[0]))
            for row in self._db.rows(
                """
                SELECT value FROM json_each(:words)
                WHERE NOT EXISTS (SELECT 1 FROM search_words WHERE word = value)
                """,
                {"words": json.dumps(list(words), ensure_ascii=False)},
            )
        ]
        if not new:
            return
        last = self._db.value("SELECT coalesce(max(id), 0) FROM search_words")
        self._db.run_many("INSERT INTO search_words (word, folded) VALUES (?, ?)", new)
        self._db.run(
            """
            INSERT INTO search_word_parts (rowid, folded)
            SELECT id, folded FROM search_words WHERE id > ? ORDER BY id
            """,
            (last,),
        )

    # --- checking and building anew ------------------------------------------------------------

    def check(self, progress: Progress | None = None) -> IndexCheck:
        """Does the index say what the kept texts say? Every text is read.

        Args:
            progress: told how many entries are done, and of how many.

        Raises:
            StorageError: the index cannot be read; `rebuild` makes it anew.
        """
        missing = self._db.value(
            """
            SELECT count(*) FROM entries
            WHERE sort_key NOT IN (SELECT id FROM search_entries_docsize)
            """
        )
        strange = self._db.value(
            """
            SELECT count(*) FROM search_entries_docsize
            WHERE id NOT IN (SELECT sort_key FROM entries)
            """
        )
        unknown = self._db.value(
            """
            SELECT count(*) FROM search_vocabulary
            WHERE term <> ? AND term NOT IN (SELECT word FROM search_words)
            """,
            (BETWEEN_TAGS,),
        )
        # Two sums of the same: every word of every entry. All the words at once would take much memory.
        of_texts = sum(
            sum(map(hash, set(" ".join(cut_text).split())))
            for entries in self._all_kept(progress)
            for _key, cut_text in entries
        )
        of_index = sum(
            hash(term) * number
            for rows in self._db.chunks("SELECT term, doc FROM search_vocabulary")
            for term, number in rows
        )
        return IndexCheck(missing, strange, unknown, of_texts == of_index)

    def rebuild(self, progress: Progress | None = None) -> None:
        """Make the index anew from the kept texts, all or nothing.

        Args:
            progress: told how many entries are done, and of how many.
        """
        with self._db.writing():
            self._db.run("INSERT INTO search_entries (search_entries) VALUES ('delete-all')")
            self._db.run("INSERT INTO search_word_parts (search_word_parts) VALUES ('delete-all')")
            self._db.run("DELETE FROM search_words")
            for entries in self._all_kept(progress):
                self.add(entries)

    def _all_kept(self, progress: Progress | None) -> Iterator[list[tuple[int, CutText]]]:
        """Read and cut all kept texts, and tell how far it is."""
        total = self._db.value("SELECT count(*) FROM entries")
        done = 0
        for entries in self._kept("", (), size=1_000):
            yield entries
            done += len(entries)
            if progress is not None:
                progress(done, total)

    def _kept(
        self, where: str, parameters: Parameters, size: int
    ) -> Iterator[list[tuple[int, CutText]]]:
        """Read and cut kept texts, oldest first."""
        for rows in self._db.chunks(
            f"""
            SELECT sort_key, title, text, author, tags
            FROM entries CROSS JOIN texts ON entry_id = id
            {where}
            ORDER BY sort_key
            """,  # noqa: S608 - conditions that the stores spell
            parameters,
            size,
        ):
            yield [
                (key, cut(title, text, author, json.loads(tags)))
                for key, title, text, author, tags in rows
            ]
