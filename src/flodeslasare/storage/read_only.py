"""Reading a library file that cannot be written, while others who may write it perhaps do.

SQLite reads a file that has a write-ahead log by the log and an index of it. Where a program has both open, or has left
them, they are read as ever. Where they are not there SQLite would have to make them: it is told instead that the file
never changes (`immutable`, sqlite.org/uri.html), and that this is so is seen to here, before and after each question.
Nothing is left beside the file, also where the folder could be written: a log of ours would keep its owner from
writing (it is made with the rights of the file).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from flodeslasare.errors import ReadOnly, StorageError
from flodeslasare.i18n import _
from flodeslasare.storage.database import (
    SCHEMA_VERSION,
    Database,
    Parameters,
    busy,
    cannot_be_written,
    errors_in_words,
    lacks_log,
    prepare,
    require_known_schema,
    tune,
)

Answer = TypeVar("Answer")

_ATTEMPTS = 3
"""So often a question is asked that others have changed the file under."""
_RENEWED = 1_000_000
"""What a new connection adds to `version()`; the number of its own begins anew."""


class _Print(NamedTuple):
    """What a file is told by; `None` stands for one that is not there."""

    inode: int
    size: int
    changed: int
    """When, in nanoseconds."""


class _Seen(NamedTuple):
    """A library file, and what SQLite keeps beside it."""

    file: _Print | None
    log: _Print | None
    journal: _Print | None
    """In place of the log, where a tool has switched that off."""


class ReadOnlyDatabase(Database):
    """A connection for reading alone. What others change under it is noticed, and read."""

    def __init__(self, path: Path, wait_seconds: float) -> None:
        """Open a file that is there.

        Raises:
            ReadOnly: it was left in the midst of a change, and cannot be read without writing.
            StorageError: it cannot be read.
        """
        self._wait_seconds = wait_seconds
        self._renewals = 0
        connection, self._seen = _connected(path, wait_seconds)
        super().__init__(path, connection, read_only=cannot_be_written(path))

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Ask, and give every row."""
        return self._sure(lambda: super(ReadOnlyDatabase, self).rows(sql, parameters))

    def row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """Ask, and give the first row, or `None`."""
        return self._sure(lambda: super(ReadOnlyDatabase, self).row(sql, parameters))

    def chunks(
        self, sql: str, parameters: Parameters = (), size: int = 10_000
    ) -> Iterator[list[Any]]:
        """Ask for much, a chunk at a time.

        Raises:
            Busy: the file was changed meanwhile.
        """
        self._keep_up()
        chunks = super().chunks(sql, parameters, size)
        while (chunk := self._unchanged(lambda: next(chunks, None))) is not None:
            yield chunk

    def version(self) -> int:
        """Give a number that another connection's changes raise."""
        return super().version() + self._renewals * _RENEWED

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one moment.

        Raises:
            Busy: the file was changed meanwhile.
        """
        self._keep_up()
        with super().reading():
            yield

    def _sure(self, ask: Callable[[], Answer]) -> Answer:
        """Give an answer of one moment."""
        for attempt in range(_ATTEMPTS):
            self._keep_up()
            try:
                return self._unchanged(ask)
            except StorageError:
                is_hopeless = self.connection.in_transaction or attempt == _ATTEMPTS - 1
                if is_hopeless or not self._is_changed():
                    raise
        raise busy(self.path)  # cannot be: the last attempt raised or answered

    def _unchanged(self, ask: Callable[[], Answer]) -> Answer:
        """Give an answer that is of one moment, or raise `Busy`."""
        try:
            answer = ask()
        except (sqlite3.Error, StorageError) as error:
            if self._is_changed():  # half of it, perhaps, was of another moment
                raise busy(self.path) from error
            raise
        if self._is_changed():
            raise busy(self.path)
        return answer

    def _is_changed(self) -> bool:
        return self._seen is not None and self._seen != _look_at(self.path)

    def _keep_up(self) -> None:
        """Open the file again if others have changed it; not within a moment that is held."""
        if self.connection.in_transaction or not self._is_changed():
            return
        connection, seen = _connected(self.path, self._wait_seconds)
        with self._stopping:  # or `stop()` would interrupt one that is closed
            old, self.connection = self.connection, connection
        old.close()
        self._seen = seen
        self._renewals += 1


def open_for_reading(path: Path, wait_seconds: float) -> ReadOnlyDatabase:
    """Open a library that cannot be written.

    Raises:
        ForeignFile, NewerFile
        ReadOnly: it would have to be written first: it is empty, or of an older version, or in the midst of a change.
    """
    database = ReadOnlyDatabase(path, wait_seconds)
    try:
        version = require_known_schema(database)
        if version == 0:
            database.require_writable()
        if version < SCHEMA_VERSION:
            raise ReadOnly(
                _(
                    "{path}: an older version of Flödesläsare wrote this library, and where it cannot be written it "
                    "cannot be brought up to date; copy it, and name the copy with --library"
                ).format(path=path)
            )
    except BaseException:
        database.close()
        raise
    return database


def _connected(path: Path, wait_seconds: float) -> tuple[sqlite3.Connection, _Seen | None]:
    """Connect to a file; gives as well what was seen of it, where it is taken to stay as it is.

    Raises:
        ReadOnly: it was left in the midst of a change.
        StorageError
    """
    seen = _look_at(path)
    is_half_way = any(beside is not None and beside.size for beside in seen[1:])
    with errors_in_words(path):
        if seen.log is not None or is_half_way:
            try:
                return _connection(path, "mode=ro", wait_seconds), None
            except sqlite3.OperationalError as error:
                if not lacks_log(error):
                    raise
                if is_half_way:
                    raise _half_way(path, seen) from error
        return _connection(path, "mode=ro&immutable=1", wait_seconds), seen


def _connection(path: Path, how: str, wait_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}",
        uri=True,
        timeout=wait_seconds,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # it opens the log
        prepare(connection)
        tune(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _half_way(path: Path, seen: _Seen) -> ReadOnly:
    ending = "-wal" if seen.log is not None and seen.log.size else "-journal"
    return ReadOnly(
        _(
            "{path}: {name} beside it holds changes that cannot be read where neither can be written; open it once where "
            "it can, or copy both files and name the copy with --library"
        ).format(path=path, name=path.name + ending)
    )


def _look_at(path: Path) -> _Seen:
    return _Seen(*(_print(f"{path}{ending}") for ending in ("", "-wal", "-journal")))


def _print(name: str) -> _Print | None:
    # Before and after each question: to let `stat` raise, or pathlib ask, would take three times as long.
    if not os.access(name, os.F_OK):
        return None
    try:
        found = os.stat(name)  # noqa: PTH116
    except OSError:
        return None
    return _Print(found.st_ino, found.st_size, found.st_mtime_ns)
