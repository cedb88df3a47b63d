"""A library that cannot be written: read all the same, and never wrongly."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from builders import NOW, an_entry, as_new, keep
from builders import entries as many_entries
from flodeslasare.documents import Subscription
from flodeslasare.errors import Busy, ForeignFile, ReadOnly
from flodeslasare.library import Library
from flodeslasare.model import View
from flodeslasare.storage import EntryStore, FeedStore, SearchIndex, open_database
from flodeslasare.storage.database import Database
from flodeslasare.storage.health import Health
from flodeslasare.storage.read_only import ReadOnlyDatabase

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A library with one feed and three entries that nobody has open."""
    path = tmp_path / "library.db"
    with Library(path) as library:
        feed = library.add_subscription(Subscription(url="https://b.exempel/", title="B"))
        assert feed is not None
        keep(library, feed.id, *many_entries(3))
    return path


@pytest.fixture
def locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same where it may not be written: root, as in containers, may write everywhere."""
    monkeypatch.setattr("flodeslasare.storage.database.may_write", lambda asked: asked != path)
    monkeypatch.setattr("flodeslasare.storage.health.may_write", lambda asked: asked != path)
    return path


@pytest.fixture
def guest(path: Path) -> Iterator[Callable[[int, int], Path]]:
    """Gives a copy of the library with the permissions of its file and its folder, to one whom they bind."""
    if sys.platform == "win32":
        pytest.skip("Windows has other permissions")
    is_root = os.geteuid() == 0
    folder = Path(tempfile.mkdtemp())  # pytest's own are for the one who runs it alone
    there = folder / "library.db"

    def lay_out(file: int, of_folder: int) -> Path:
        for beside in path.parent.glob(f"{path.name}*"):
            shutil.copy(beside, folder)
            (folder / beside.name).chmod(file)
        folder.chmod(of_folder)
        if is_root:
            os.seteuid(NOBODY)
        return there

    yield lay_out
    if is_root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def titles(database: Database) -> list[str]:
    return [row["title"] for row in database.rows("SELECT title FROM entries ORDER BY id")]


def added(path: Path, guid: str) -> None:
    """Add an entry as its owner's program would, to its end."""
    with closing(sqlite3.connect(path)) as owner:
        owner.execute("UPDATE entries SET title = ? WHERE id = 1", (guid,))
        owner.commit()


def beside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir() if file.is_file())


def test_it_is_read_and_left_alone(locked: Path) -> None:
    with Library(locked) as library:
        assert library.counts().total == 3
        assert len(library.listing(View(query="inlägg")).ids) == 3
        assert beside(locked) == ["library.db"]
        assert "you may not change the file" in str(library.read_only)
        with pytest.raises(ReadOnly, match="cannot be written, for you may not change the file"):
            library.mark_read([1])
        with pytest.raises(ReadOnly):
            library.remember("key", "value")
        assert not library.entry(1).is_read


@pytest.mark.parametrize("file", [0o444, 0o644])
@pytest.mark.parametrize("folder", [0o555, 0o755])
def test_it_is_read_by_one_whom_permissions_bind(
    guest: Callable[[int, int], Path], file: int, folder: int
) -> None:
    path = guest(file, folder)

    if file == 0o644 and os.access(path, os.W_OK, effective_ids=True) and folder == 0o755:
        pytest.skip("they let everything be written")
    with Library(path) as library:
        assert library.counts().total == 3
        assert beside(path) == ["library.db"]
        with pytest.raises(ReadOnly, match="you may not"):
            library.star([1])


def test_changes_that_cannot_be_read_are_not_passed_over(
    path: Path, guest: Callable[[int, int], Path]
) -> None:
    with closing(sqlite3.connect(path)) as owner:  # killed, or copied while it was at it
        owner.execute("UPDATE entries SET title = 'ny' WHERE id = 1")
        owner.commit()
        (path.parent / "library.db-shm").rename(path.parent / "index")
        there = guest(0o444, 0o555)
        (there.parent / "library.db-shm").unlink(missing_ok=True)

        with pytest.raises(ReadOnly, match=r"library\.db-wal beside it holds changes"):
            Library(there)


def test_one_that_another_program_writes_is_read_as_it_is_now(locked: Path) -> None:
    with closing(sqlite3.connect(locked, isolation_level=None)) as owner:
        owner.execute("UPDATE entries SET title = 'ett' WHERE id = 1")
        with closing(open_database(locked)) as database:
            assert titles(database)[0] == "ett"
            owner.execute("UPDATE entries SET title = 'två' WHERE id = 1")
            assert titles(database)[0] == "två"


def test_what_changes_after_it_was_opened_is_seen(locked: Path) -> None:
    with closing(open_database(locked)) as database:
        first, version = titles(database), database.version()
        added(locked, "ny")

        assert titles(database) == ["ny", *first[1:]]
        assert database.version() != version
        added(locked, "nyare")
        assert [chunk[0][0] for chunk in database.chunks("SELECT title FROM entries")] == ["nyare"]


def test_a_program_that_begins_to_write_is_followed(locked: Path) -> None:
    with closing(open_database(locked)) as database:
        assert titles(database)
        with closing(sqlite3.connect(locked, isolation_level=None)) as owner:
            for title in ("ett", "två"):
                owner.execute("UPDATE entries SET title = ? WHERE id = 1", (title,))
                assert titles(database)[0] == title


def test_what_changes_within_a_moment_that_is_held_is_said(locked: Path) -> None:
    with closing(open_database(locked)) as database:
        with database.reading():
            titles(database)
            added(locked, "ny")
            with pytest.raises(Busy, match="another program"):
                titles(database)
        assert titles(database)[0] == "ny"


def test_what_changes_while_it_is_asked_is_asked_again(
    locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_database(locked)) as database:
        asked: list[str] = []

        def rows(self: Database, sql: str, parameters: object = ()) -> list[sqlite3.Row]:
            asked.append(sql)
            if len(asked) == 1:
                added(locked, "ny")
            return self.connection.execute(sql).fetchall()

        monkeypatch.setattr(Database, "rows", rows)

        assert titles(database)[0] == "ny"
        assert len(asked) == 2


def test_one_that_would_have_to_be_written_first_is_said_so(locked: Path) -> None:
    with closing(sqlite3.connect(locked)) as owner:
        owner.execute("PRAGMA user_version = 2")
    with pytest.raises(ReadOnly, match="an older version of Flödesläsare wrote this library"):
        open_database(locked)

    locked.write_bytes(b"")
    with pytest.raises(ReadOnly, match="cannot be written"):
        open_database(locked)

    locked.write_bytes(b"something else " * 100)
    with pytest.raises(ForeignFile):
        open_database(locked)


def test_the_doctor_reads_it(locked: Path) -> None:
    with closing(Health(locked)) as health:
        assert isinstance(health._db, ReadOnlyDatabase)
        assert health.complaints() == []
        assert health.index(None).is_sound
    assert beside(locked) == ["library.db"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no statvfs")
def test_a_read_only_file_system_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class ReadOnlyMount:
        f_flag = os.ST_RDONLY

    monkeypatch.setattr("os.statvfs", lambda _path: ReadOnlyMount())
    monkeypatch.setattr("flodeslasare.storage.database.may_write", lambda _path: False)

    with closing(open_database(path)) as database:
        assert "its file system is read-only; copy it elsewhere" in str(database.read_only)


def test_one_that_may_be_written_is_not_read_only(path: Path) -> None:
    with closing(open_database(path)) as database:
        assert database.read_only is None
        store = EntryStore(database, SearchIndex(database))
        store.add(FeedStore(database).all()[0].id, [as_new(an_entry(guid="ny"))], NOW)
        assert len(titles(database)) == 4
