"""The library file: made, brought up to date, refused, damaged, full, and used by two at once."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database as UtilsDatabase
from sqlite_utils.migrations import Migrations

from builders import NOW, an_entry, as_new
from flodeslasare.errors import Busy, ForeignFile, NewerFile, NoSuchFile, Stopped, StorageError
from flodeslasare.model import View
from flodeslasare.storage import (
    EntryStore,
    FeedStore,
    Search,
    SearchIndex,
    database,
    migrations,
    open_database,
)


def test_a_new_file_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "data" / "library.db"

    opened = open_database(path)

    assert opened.value("PRAGMA journal_mode") == "wal"
    assert opened.value("PRAGMA application_id") == database.APPLICATION_ID
    assert opened.value("PRAGMA user_version") == database.SCHEMA_VERSION
    assert opened.value("PRAGMA secure_delete") == 2  # FAST
    opened.close()


@pytest.mark.parametrize("index", ["search_entries", "search_word_parts"])
def test_the_index_of_a_new_file_merges_its_segments_by_eight(tmp_path: Path, index: str) -> None:
    with closing(open_database(tmp_path / "library.db")) as opened:
        config = dict(map(tuple, opened.rows(f"SELECT k, v FROM {index}_config")))

    assert config["automerge"] == 8


def test_opening_a_file_that_is_up_to_date_leaves_sqlite_utils_out(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    open_database(path).close()
    code = f"""
        import sys
        from pathlib import Path
        from flodeslasare.storage import open_database
        open_database(Path({str(path)!r})).close()
        sys.exit("sqlite_utils" in sys.modules)
        """

    assert (
        subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False).returncode == 0
    )


def test_a_file_of_another_program_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = path.read_bytes()

    with pytest.raises(ForeignFile, match="another program"):
        open_database(path)

    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Kom ihåg mjölk.\n" * 100)

    with pytest.raises(ForeignFile, match="not a Flödesläsare library"):
        open_database(path)

    assert path.read_text() == "Kom ihåg mjölk.\n" * 100


def test_a_file_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    opened = open_database(path)
    opened.run("PRAGMA user_version = 99")
    opened.close()
    before = path.read_bytes()

    with pytest.raises(NewerFile, match="newer version"):
        open_database(path)

    assert path.read_bytes() == before


def test_a_program_that_is_still_open_leaves_alone_what_a_newer_one_has_changed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "library.db"
    with closing(open_database(path)) as still_open, closing(open_database(path)) as newer:
        FeedStore(newer).add("https://blogg.exempel/feed", now=NOW)
        newer.run(f"PRAGMA user_version = {database.SCHEMA_VERSION + 1}")

        with pytest.raises(NewerFile, match="newer version"), still_open.writing():
            still_open.run("DELETE FROM feeds")

        assert newer.value("SELECT count(*) FROM feeds") == 1
        assert not still_open.connection.in_transaction


def test_a_copy_is_kept_before_a_step_and_a_failed_step_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "library.db"
    opened = open_database(path)
    FeedStore(opened).add("https://blogg.exempel/feed", now=NOW)
    opened.close()
    kept = database.SCHEMA_VERSION
    later = Migrations("flodeslasare")
    for step in migrations.migrations.pending(UtilsDatabase(memory=True)):
        later(name=step.name)(step.fn)

    @later()
    def m999_broken(db: UtilsDatabase) -> None:
        db.execute("ALTER TABLE feeds ADD COLUMN colour TEXT")
        db.execute("SELECT nonsense")

    monkeypatch.setattr(migrations, "migrations", later)
    for module in (database, migrations):
        monkeypatch.setattr(module, "SCHEMA_VERSION", kept + 1)

    with pytest.raises(sqlite3.OperationalError, match="nonsense"):
        open_database(path)

    copy = migrations.copy_path(path, kept)
    for file in (path, copy):
        with sqlite3.connect(file) as raw:
            assert raw.execute("SELECT url FROM feeds").fetchall() == [
                ("https://blogg.exempel/feed",)
            ]
            assert raw.execute("PRAGMA user_version").fetchone() == (kept,)
            assert "colour" not in [row[1] for row in raw.execute("PRAGMA table_info(feeds)")]
        raw.close()


def schema_of(opened: database.Database) -> list[tuple[str, str]]:
    rows = opened.rows("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("version", range(1, database.SCHEMA_VERSION))
def test_a_file_of_each_older_version_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    path = tmp_path / "library.db"
    steps = [step.name for step in migrations.migrations.pending(UtilsDatabase(memory=True))]
    assert len(steps) == database.SCHEMA_VERSION
    with sqlite3.connect(path, isolation_level=None) as old:
        migrations.migrations.apply(UtilsDatabase(old), stop_before=steps[version])
        old.execute(f"PRAGMA application_id = {database.APPLICATION_ID}")
        old.execute(f"PRAGMA user_version = {version}")
        old.execute("INSERT INTO feeds (url, added) VALUES ('https://blogg.exempel/feed', 1)")
    old.close()

    with closing(open_database(path)) as opened, closing(open_database(tmp_path / "new.db")) as new:
        assert schema_of(opened) == schema_of(new)
        assert opened.value("SELECT url FROM feeds") == "https://blogg.exempel/feed"
    assert migrations.copy_path(path, version).exists()


def test_two_programs_that_make_the_file_at_once_both_get_it(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    failures: list[Exception] = []

    def make() -> None:
        try:
            open_database(path).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


def test_a_folder_that_cannot_be_made_or_is_in_the_place_of_the_file_is_said_so(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match="folder cannot be made"):
        open_database(tmp_path / "file" / "library.db")
    with pytest.raises(NoSuchFile, match="this is a folder; name a file with --library"):
        open_database(tmp_path)


def test_a_folder_without_write_permission_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "os.access", lambda *_: False
    )  # root, as in containers, may write everywhere

    with pytest.raises(StorageError, match="folder cannot be written"):
        open_database(tmp_path / "library.db")


def test_a_python_whose_sqlite_is_too_old_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 31, 1))

    with pytest.raises(StorageError, match="newer is needed"):
        open_database(tmp_path / "library.db")


def test_a_python_whose_sqlite_lacks_full_text_search_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="FTS5"), database.errors_in_words(tmp_path):
        raise sqlite3.OperationalError("no such module: fts5")


def test_a_file_held_by_another_program_is_waited_for_and_then_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "library.db"
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.1)
    opened = open_database(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(Busy, match="another program"), opened.writing():
        pass

    holder.execute("ROLLBACK")
    holder.close()
    with opened.writing():
        pass
    opened.close()


def test_a_full_disk_loses_nothing_that_was_there(tmp_path: Path) -> None:
    opened = open_database(tmp_path / "library.db")
    feed = FeedStore(opened).add("https://blogg.exempel/feed", now=NOW)
    store = EntryStore(opened, SearchIndex(opened))
    store.add(feed, [as_new(an_entry())], NOW)
    opened.run(f"PRAGMA max_page_count = {opened.value('PRAGMA page_count') + 2}")

    with pytest.raises(StorageError, match="disk is full"):
        store.add(feed, [as_new(an_entry(guid="stor", text="ord " * 100_000))], NOW)

    assert len(store.page(View())) == 1
    assert opened.value("PRAGMA integrity_check") == "ok"
    opened.run("PRAGMA max_page_count = 1000000")
    store.add(feed, [as_new(an_entry(guid="stor", text="ord " * 100_000))], NOW)
    assert len(store.page(View())) == 2
    opened.close()


def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    opened = open_database(path)
    FeedStore(opened).add("https://blogg.exempel/feed", now=NOW)
    code = f"""
        from pathlib import Path
        from builders import NOW, an_entry, as_new
        from flodeslasare.storage import EntryStore, SearchIndex, open_database
        database = open_database(Path({str(path)!r}))
        store = EntryStore(database, SearchIndex(database))
        number = 0
        while True:
            store.add(1, [as_new(an_entry(guid=str(number + n), url=None)) for n in range(5)], NOW)
            number += 5
            print(number, flush=True)
        """
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for _ in range(20):
        told = int(writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()

    assert opened.value("PRAGMA integrity_check") == "ok"
    kept = opened.value("SELECT count(*) FROM entries")
    assert kept >= told
    assert kept % 5 == 0
    assert len(Search(opened).find("upphandling")) == kept
    assert EntryStore(opened, SearchIndex(opened)).counts().total == kept
    opened.close()


def test_what_is_kept_in_passing_waits_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with closing(open_database(path, wait_seconds=60)) as database:

        def waits() -> tuple[int, int]:
            return database.value("PRAGMA busy_timeout"), database.value("PRAGMA synchronous")

        before = waits()
        with closing(sqlite3.connect(path, isolation_level=None)) as other, database.in_passing():
            other.execute("BEGIN IMMEDIATE")
            inside = waits()
            with pytest.raises(Busy):
                database.run("INSERT INTO state (key, value) VALUES ('a', 'b')")

        assert inside == (0, 1)
        assert waits() == before == (60_000, 2)


def test_what_is_kept_in_passing_leaves_the_log_to_others(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with closing(open_database(path)) as database, closing(open_database(path)) as other:
        other.run("PRAGMA wal_autocheckpoint = 0")
        other.run("INSERT INTO state (key, value) VALUES ('long', hex(zeroblob(4000000)))")
        before = path.stat().st_size
        with database.in_passing():
            database.run("INSERT INTO state (key, value) VALUES ('a', 'b')")
        assert path.stat().st_size == before
        database.run("INSERT INTO state (key, value) VALUES ('c', 'd')")
        assert path.stat().st_size > before


def test_a_question_that_was_stopped_is_so_whatever_sqlite_calls_it(tmp_path: Path) -> None:
    def ask(*, stops: bool) -> None:
        with closing(open_database(tmp_path / "library.db")) as opened, opened.stoppable():
            if stops:
                opened.stop()
            raise sqlite3.OperationalError("vtable constructor failed: search_word_parts")

    with pytest.raises(Stopped):
        ask(stops=True)
    with pytest.raises(sqlite3.OperationalError):
        ask(stops=False)


@pytest.mark.parametrize("size", [1, 2, 10])
def test_text_that_is_not_utf8_is_read_by_the_chunk_from_the_first_row_to_the_last(
    tmp_path: Path, size: int
) -> None:
    with closing(open_database(tmp_path / "library.db")) as opened:
        opened.run("CREATE TABLE said (word)")
        opened.run(
            "INSERT INTO said VALUES ('krav'), ('avtal'), (CAST(x'6bff' AS TEXT)), ('mjölk')"
        )

        found = [
            word for chunk in opened.chunks("SELECT word FROM said", size=size) for (word,) in chunk
        ]

    assert found == ["krav", "avtal", "k\ufffd", "mjölk"]
