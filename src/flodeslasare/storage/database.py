"""Opening the library file, talking to it, and saying what went wrong in words.

Everything that can fail in SQLite passes `Database`, where `sqlite3` errors become `StorageError`.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Self, TypeAlias

from flodeslasare.addresses import without_credentials
from flodeslasare.errors import (
    Busy,
    DamagedFile,
    ForeignFile,
    NewerFile,
    NoSuchFile,
    ReaderError,
    ReadOnly,
    Stopped,
    StorageError,
)
from flodeslasare.files import is_folder, is_there, may_write
from flodeslasare.i18n import _

APPLICATION_ID = 0x464C4F44
"""`FLOD`, in the file's header, so that a library is told from other SQLite files (sqlite.org/pragma.html)."""

SCHEMA_VERSION = 4
"""The number of migration steps; `PRAGMA user_version` of an up-to-date file."""

OLDEST_SQLITE = (3, 35, 0)
"""RETURNING came with 3.35, and the trigram tokenizer with 3.34 (sqlite.org/changes.html)."""

WAIT_SECONDS = 5.0
"""How long a statement waits for another writer, unless it was told otherwise."""

Parameters: TypeAlias = Mapping[str, object] | Sequence[object]


class Checkpoints:
    """Copies what the write-ahead log holds into the file, in a thread, while another connection goes on writing.

    A writer that does so itself waits for the disk each time (sqlite.org/wal.html#checkpointing): a sixth of a
    refresh where all is new. It is done once more at the end, or the next mark would have to.
    """

    EVERY_SECONDS = 0.4

    def __init__(self, path: Path) -> None:
        """Prepare; nothing is opened yet."""
        self._path = path
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._has_ended.set()
        self._thread.join()

    def _run(self) -> None:
        has_ended = False
        with suppress(sqlite3.Error), closing(self._connected()) as connection:
            while not has_ended:
                has_ended = self._has_ended.wait(self.EVERY_SECONDS)
                with suppress(sqlite3.Error):  # what is not copied now is copied later
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _connected(self) -> sqlite3.Connection:
        uri = f"{self._path.absolute().as_uri()}?mode=rw"  # never making a file
        return sqlite3.connect(uri, uri=True, isolation_level=None)


class Database:
    """One connection to a library file. It belongs to the thread that opened it."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, *, read_only: ReadOnly | None = None
    ) -> None:
        """Make it.

        Args:
            path: the file.
            connection: to it.
            read_only: why it cannot be written; else it can.
        """
        self.path = path
        self.connection = connection
        self.read_only = read_only
        self._stopping = threading.Lock()
        self._may_be_stopped = False
        self._is_stopped = False

    def close(self) -> None:
        """Close the connection; closing twice is harmless."""
        self.connection.close()

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Ask, and give every row."""
        with errors_in_words(self.path):
            try:
                return self.connection.execute(sql, parameters).fetchall()
            except sqlite3.OperationalError as error:
                self._read_any_bytes(error)
                return self.connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """Ask, and give the first row, or `None`."""
        found: sqlite3.Row | None
        with errors_in_words(self.path):
            try:
                found = self.connection.execute(sql, parameters).fetchone()
            except sqlite3.OperationalError as error:
                self._read_any_bytes(error)
                found = self.connection.execute(sql, parameters).fetchone()
            return found

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """Ask, and give the first column of the first row, or `None`."""
        row = self.row(sql, parameters)
        return None if row is None else row[0]

    def chunks(
        self, sql: str, parameters: Parameters = (), size: int = 10_000
    ) -> Iterator[list[Any]]:
        """Ask for much, a chunk at a time, so that another thread gets its turn in between."""
        with errors_in_words(self.path):
            cursor = self.connection.execute(sql, parameters)
            cursor.row_factory = None
            given = 0
            while True:
                try:
                    chunk = cursor.fetchmany(size)
                except sqlite3.OperationalError as error:
                    self._read_any_bytes(error)
                    cursor = self.connection.execute(sql, parameters)
                    cursor.row_factory = None
                    if given:  # of 0, sqlite3 fetches all there is
                        cursor.fetchmany(given)
                    chunk = cursor.fetchmany(size)
                if self._is_stopped:
                    raise Stopped(str(self.path))
                if not chunk:
                    return
                given += len(chunk)
                yield chunk

    def _read_any_bytes(self, error: sqlite3.OperationalError) -> None:
        """From now on take text that another program wrote and that is not UTF-8, replacement signs in it.

        Not from the start, since it makes each text half a microsecond dearer.
        """
        if not str(error).startswith("Could not decode to UTF-8"):
            raise error
        self.connection.text_factory = lambda text: text.decode("utf-8", "replace")

    def version(self) -> int:
        """Give a number that another connection's changes raise, and our own do not (PRAGMA data_version)."""
        return int(self.value("PRAGMA data_version"))

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Let another thread stop what is asked inside: it then raises `Stopped`."""
        with self._stopping:
            self._may_be_stopped, self._is_stopped = True, False
        try:
            yield
        except (sqlite3.Error, StorageError) as error:
            if self._is_stopped:  # which FTS5 gives another name where it was just being opened
                raise Stopped(str(self.path)) from error
            raise
        finally:
            with self._stopping:
                self._may_be_stopped = self._is_stopped = False

    def stop(self) -> None:
        """Stop what is asked inside `stoppable`, from any thread; without such a question, do nothing."""
        with self._stopping:
            if self._may_be_stopped:
                self._is_stopped = True
                self.connection.interrupt()

    @contextmanager
    def in_passing(self) -> Iterator[None]:
        """Let a change inside wait for nothing: for another writer (it is `Busy` at once) as little as for the disk.

        It may go with a power cut, which the file survives.
        """
        waits = {
            name: self.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("busy_timeout", "synchronous", "wal_autocheckpoint")
        }
        self.connection.execute("PRAGMA busy_timeout = 0")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        # What a refresh has left in the log is not copied into the file for this: 15 ms, and the disk.
        self.connection.execute("PRAGMA wal_autocheckpoint = 0")
        try:
            yield
        finally:
            for name, value in waits.items():
                self.connection.execute(f"PRAGMA {name} = {value}")

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Change, and give how many rows changed."""
        with errors_in_words(self.path):
            return self.connection.execute(sql, parameters).rowcount

    def run_many(self, sql: str, parameters: Iterable[Parameters]) -> None:
        """Change once for each set of parameters."""
        with errors_in_words(self.path):
            self.connection.executemany(sql, parameters)

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Insert a row, and give its rowid."""
        with errors_in_words(self.path):
            return self.connection.execute(sql, parameters).lastrowid or 0

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold one transaction: all of it is kept, or nothing.

        It begins IMMEDIATE: a plain BEGIN that reads and then writes fails at once, whatever the
        timeout, when someone else wrote in between (SQLITE_BUSY_SNAPSHOT, sqlite.org/rescode.html).
        Inside another one it is part of that.

        Raises:
            NewerFile: its schema is a newer program's by now; nothing was changed.
            ReadOnly: the file cannot be written.
        """
        self.require_writable()
        if self.connection.in_transaction:
            yield
            return
        with errors_in_words(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
        try:
            # A newer program may have changed the schema since this one opened the file.
            if int(self.value("PRAGMA user_version")) > SCHEMA_VERSION:
                raise _newer(self.path)
            yield
            with errors_in_words(self.path):
                self.connection.execute("COMMIT")
        except BaseException:
            # Some errors (a full disk) have already rolled back.
            with suppress(sqlite3.Error):
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
            raise

    def require_writable(self) -> None:
        """See that the file can be written: of one that is open for reading, SQLite would say so at the first change.

        Raises:
            ReadOnly
        """
        if self.read_only is not None:
            # One is raised again and again, and keeps its trail.
            raise self.read_only.with_traceback(None)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one moment: what is asked inside sees the file as it was at the first question."""
        if self.connection.in_transaction:
            yield
            return
        with errors_in_words(self.path):
            self.connection.execute("BEGIN")
        try:
            yield
        finally:
            for end in ("COMMIT", "ROLLBACK"):  # the second, should the first have been interrupted
                with suppress(sqlite3.Error):
                    if self.connection.in_transaction:
                        self.connection.execute(end)


_SWALLOWED = "user-defined function raised exception"
"""What becomes of a Ctrl+C in one of our functions that SQLite calls: they raise nothing of themselves."""


@contextmanager
def errors_in_words(path: Path) -> Iterator[None]:
    """Turn an error of SQLite's into one that a person can act on.

    A mistake in our own SQL (SQLITE_ERROR, SQLITE_CONSTRAINT) is a bug and stays one. A table that is
    missing is not: nothing of ours drops one, but tools and recoveries do.
    """
    try:
        yield
    except sqlite3.Error as error:
        if str(error) == _SWALLOWED and threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt from error
        said = _in_words(path, error)
        if said is None:
            raise
        raise said from error


def _in_words(path: Path, error: sqlite3.Error) -> ReaderError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    text = str(error)
    if code == sqlite3.SQLITE_INTERRUPT:
        return Stopped(str(path))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return busy(path)
    if "no such module" in text:
        return StorageError(
            _(
                "this Python's SQLite lacks full-text search (FTS5); use another Python: PYTHON=… ./run"
            )
        )
    if text.startswith("invalid fts5 file format"):  # a damaged index calls itself SQLITE_ERROR
        return DamagedFile(
            _(
                "{path}: the search index is damaged ({cause}); `flodeslasare doctor --rebuild-index` makes it anew"
            ).format(path=path, cause=text)
        )
    # One of ours: the schema was known when the file was opened.
    if text.startswith("no such table: "):
        return damaged(path, text)
    if code in (0, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT):
        return None
    if code == sqlite3.SQLITE_FULL:
        return StorageError(
            _("{path}: the disk is full; nothing was lost: free some space and try again").format(
                path=path
            )
        )
    if code == sqlite3.SQLITE_IOERR:  # a quota, too, is none of what SQLite calls a full disk
        return StorageError(
            _(
                "{path}: the disk failed ({cause}); see that it has room, also within a quota, and is whole, "
                "and try again"
            ).format(path=path, cause=text)
        )
    if code == sqlite3.SQLITE_NOTADB:
        return ForeignFile(
            _(
                "{path}: this is not a Flödesläsare library; it was left as it is: name another with --library"
            ).format(path=path)
        )
    if code == sqlite3.SQLITE_READONLY:
        return cannot_be_written(path)
    if code == sqlite3.SQLITE_CANTOPEN:
        return StorageError(
            _(
                "{path}: it cannot be opened; check that the folder is there and can be written"
            ).format(path=path)
        )
    if code == sqlite3.SQLITE_CORRUPT:
        return damaged(path, text)
    return StorageError(
        _("{path}: the library could not be used ({cause}); try again").format(
            path=path, cause=text
        )
    )


def damaged(path: Path, cause: object) -> DamagedFile:
    """Say that a library file is not whole."""
    return DamagedFile(
        _(
            "{path}: the file is damaged ({cause}); put back a copy, or recover it with `sqlite3 FILE .recover`"
        ).format(path=path, cause=cause)
    )


def busy(path: Path) -> Busy:
    """Say that another program stands in the way."""
    return Busy(
        _("{path}: another program is using it; close that program, or try again").format(path=path)
    )


def cannot_be_written(path: Path) -> ReadOnly:
    """Say why a library file cannot be written, and what helps."""
    if _is_on_read_only_file_system(path):
        said = _(
            "{path}: it cannot be written, for its file system is read-only; copy it elsewhere, and name that with --library"
        )
    elif not may_write(path):
        said = _(
            "{path}: it cannot be written, for you may not change the file; check its permissions and whose it is"
        )
    elif not may_write(path.parent):
        said = _(
            "{path}: it cannot be written, for you may not write in its folder; check its permissions and whose it is"
        )
    else:
        said = _("{path}: it cannot be written; check the permissions of the file and its folder")
    return ReadOnly(said.format(path=path))


def _is_on_read_only_file_system(path: Path) -> bool:
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except (OSError, AttributeError):  # Windows has no statvfs
        return False


def open_database(
    path: Path,
    *,
    durable: bool = True,
    wait_seconds: float = WAIT_SECONDS,
    log_pages: int | None = None,
) -> Database:
    """Open a library file, making it or bringing its schema up to date where needed.

    One that cannot be written is opened for reading: `Database.read_only` says why.

    Args:
        path: the file; its folder is made.
        durable: wait for the disk at every commit (marks), or let the newest commits go with a power
            cut, never the file's wholeness (a refresh, which fetches again): sqlite.org/pragma.html#pragma_synchronous
        wait_seconds: how long a statement waits for another writer before it is `Busy`.
        log_pages: how long the write-ahead log may grow before a commit copies it into the file, which waits
            for the disk; `None` for SQLite's own 1,000.

    Raises:
        ForeignFile, NewerFile: the file is not ours to use; it was not touched.
        NoSuchFile: it is a folder.
        ReadOnly: it cannot be written, and would have to be before it can be read.
        StorageError: it cannot be read.
    """
    _require_sqlite()
    _require_usable(path)
    if is_there(path) and not may_write(path):
        return _opened_for_reading(path, wait_seconds)
    try:
        return _opened(path, durable=durable, wait_seconds=wait_seconds, log_pages=log_pages)
    except StorageError as error:
        # In a folder that cannot be written there is no place for the log.
        if not lacks_log(error.__cause__) or may_write(path.parent):
            raise
        return _opened_for_reading(path, wait_seconds)


def lacks_log(error: BaseException | None) -> bool:
    """Tell whether SQLite could not open a file for its log, or the index of that, could not be made."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


def _opened_for_reading(path: Path, wait_seconds: float) -> Database:
    from flodeslasare.storage.read_only import open_for_reading  # which is rarely needed

    return open_for_reading(path, wait_seconds)


def _opened(path: Path, *, durable: bool, wait_seconds: float, log_pages: int | None) -> Database:
    with errors_in_words(path):
        connection = sqlite3.connect(
            path, timeout=wait_seconds, isolation_level=None, check_same_thread=False
        )
    database = Database(path, connection)
    try:
        version = require_known_schema(database)
        with errors_in_words(path):
            prepare(connection)
            if version == 0:
                _use_wal(connection)
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            if log_pages is not None:
                connection.execute(f"PRAGMA wal_autocheckpoint = {log_pages}")
                # Of a log that is done with.
                connection.execute("PRAGMA journal_size_limit = 16000000")
            # Some builds of SQLite overwrite all that is deleted. Each merge of the index frees pages, and to write
            # them once more for that takes a twentieth of a refresh's storing.
            connection.execute("PRAGMA secure_delete = FAST")
            connection.execute("PRAGMA foreign_keys = ON")
            tune(connection)
        if version < SCHEMA_VERSION:
            from flodeslasare.storage.migrations import migrate  # imports sqlite-utils: 80 ms

            migrate(database)
    except BaseException:
        connection.close()
        raise
    return database


def prepare(connection: sqlite3.Connection) -> None:
    """Give a connection what every statement may count on."""
    connection.row_factory = sqlite3.Row
    # What a feed's address may be shown as: the one that is kept may hold a password.
    connection.create_function("shown", 1, without_credentials, deterministic=True)


def tune(connection: sqlite3.Connection) -> None:
    """Set what makes questions quick, and a file from elsewhere harmless."""
    connection.execute("PRAGMA cache_size = -16000")  # KiB: 16 MB
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA trusted_schema = OFF")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on. SQLite does not wait here for another program that is doing the same."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def require_known_schema(database: Database) -> int:
    """Tell how far the file's schema has come: 0 for a new file.

    Raises:
        ForeignFile, NewerFile
    """
    with database.reading():  # one moment: another program may be making the file just now
        application = database.value("PRAGMA application_id")
        version = int(database.value("PRAGMA user_version"))
        tables = database.value("SELECT count(*) FROM sqlite_master")
    if application != APPLICATION_ID:
        if application or version or tables:
            raise ForeignFile(
                _(
                    "{path}: this database belongs to another program; it was left as it is: "
                    "name another with --library"
                ).format(path=database.path)
            )
        return 0
    if version > SCHEMA_VERSION:
        raise _newer(database.path)
    return version


def _newer(path: Path) -> NewerFile:
    return NewerFile(
        _(
            "{path}: a newer version of Flödesläsare wrote this library; it was left as it is: "
            "update this program, or name another library with --library"
        ).format(path=path)
    )


def _require_sqlite() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise StorageError(
            _(
                "this Python has SQLite {version}, and {oldest} or newer is needed; use a newer Python"
            ).format(version=sqlite3.sqlite_version, oldest=oldest)
        )


def _require_usable(path: Path) -> None:
    """Say what is wrong with a path before SQLite says only that it cannot open it."""
    if is_folder(path):
        raise NoSuchFile(path, _("this is a folder"), _("name a file with --library"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            _(
                "{path}: its folder cannot be made ({cause}); name another file with --library"
            ).format(path=path, cause=error.strerror or error)
        ) from error
    if not is_there(path) and not may_write(path.parent):
        raise StorageError(
            _(
                "{path}: the folder cannot be written; check its permissions, or name another file with --library"
            ).format(path=path)
        )
