"""The doctor: what it finds in sound, damaged and missing files, and what it makes anew."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import namedtuple
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders import NOW, an_entry, keep
from flodeslasare import __main__
from flodeslasare.config import Places, places
from flodeslasare.documents import Subscription
from flodeslasare.findings import Verdict
from flodeslasare.library import Library, doctor
from flodeslasare.library.doctor import examine
from flodeslasare.model import View
from flodeslasare.storage import open_database

SOUND = {
    *["config", "folder.library", "folder.log", "folder.cache", "disk", "sqlite", "clock"],
    *["library", "integrity", "references", "log", "counts", "dates", "index"],
}


@pytest.fixture
def path() -> Path:
    """The person's own library, with a feed and three entries."""
    path = places().library
    with Library(path) as library:
        feed = library.add_subscription(
            Subscription(url="https://blogg.exempel/feed", title="Bloggen")
        )
        assert feed is not None
        keep(library, feed.id, *[an_entry(guid=str(number), url=None) for number in range(3)])
    with closing(open_database(path)) as database:
        database.run("UPDATE feeds SET last_refresh = 1")
    return path


def found(now: datetime = NOW, where: Places | None = None) -> dict[str, Verdict]:
    checks = list(examine(where or places(), now))
    for check in checks:
        assert check.found
        assert (check.remedy is None) is (check.verdict is Verdict.OK), check
    return {check.name: check.verdict for check in checks}


def wrong(now: datetime = NOW) -> dict[str, Verdict]:
    return {name: verdict for name, verdict in found(now).items() if verdict is not Verdict.OK}


def damage(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute(sql)


def test_a_sound_library_is_well(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = path.read_bytes()
    assert found() == dict.fromkeys([*SOUND, "feeds"], Verdict.OK)
    assert __main__.run(["doctor", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["check"] for line in lines} == SOUND | {"feeds"}
    assert {line["verdict"] for line in lines} == {"ok"}
    assert __main__.run(["doctor"]) == 0
    assert "✓ index: the search index says what the texts say" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_a_library_that_is_not_there_is_not_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.run(["doctor"]) == 0
    assert "not there yet; the first start makes it" in capsys.readouterr().out
    assert not places().library.exists()


@pytest.mark.parametrize(
    ("sql", "name", "verdict"),
    [
        ("UPDATE month_counts SET unread = unread + 1", "counts", "error"),
        ("DELETE FROM month_counts", "counts", "error"),
        ("INSERT INTO month_counts VALUES (9, 201801, 1, 0, 0)", "counts", "error"),
        ("UPDATE texts SET text = text || ' tillagt' WHERE entry_id = 1", "index", "error"),
        ("INSERT INTO search_entries (search_entries) VALUES ('delete-all')", "index", "error"),
        ("INSERT INTO texts VALUES (99, '', '')", "references", "error"),
        ("UPDATE feeds SET failing_since = 1, last_error = 'x'", "feeds.failing", "warning"),
        ("UPDATE feeds SET gone = 1", "feeds.gone", "warning"),
        ("UPDATE feeds SET flaw = 'x'", "feeds.flawed", "warning"),
        ("UPDATE feeds SET last_refresh = NULL", "feeds.never", "warning"),
        ("UPDATE entries SET fetched = 99999999999", "dates", "warning"),
        ("PRAGMA user_version = 1", "library", "warning"),
        ("PRAGMA user_version = 99", "library", "error"),
        ("PRAGMA application_id = 7", "library", "error"),
    ],
)
def test_what_is_wrong_is_found(path: Path, sql: str, name: str, verdict: str) -> None:
    damage(path, sql)
    assert wrong() == {name: Verdict(verdict)}
    assert __main__.run(["doctor"]) == (1 if verdict == "error" else 0)


def test_what_ails_a_feed_has_a_remedy_that_there_is(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(path, "UPDATE feeds SET flaw = 'it ends in the middle'")
    assert __main__.run(["doctor"]) == 0
    assert (
        "! feeds.flawed: they can be read, but not all is well: Bloggen (it ends in the middle)"
        " → `flodeslasare refresh` asks again; if it lasts, tell those who publish the feed\n"
    ) in capsys.readouterr().out

    damage(path, "UPDATE feeds SET failing_since = 1, last_error = 'x'")
    assert __main__.run(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "`flodeslasare edit FEED --url URL` gives one a new address\n" in said
    assert "feeds.flawed" not in said  # an older document's


def test_its_numbers_are_written_as_the_language_has_them(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 83_035_400_000))
    assert __main__.run(["doctor"]) == 0
    assert "83,035 MB free beside a library of 0 MB\n" in capsys.readouterr().out
    assert __main__.run(["--lang", "sv", "doctor"]) == 0
    said = capsys.readouterr().out
    assert "83\N{NO-BREAK SPACE}035 MB " in said
    assert re.search(r" \d,\d MB\n", said)  # of the log


@pytest.mark.parametrize("offset", range(0, 160_000, 4_096))
def test_a_damaged_file_is_said_to_be_so(path: Path, offset: int) -> None:
    with closing(open_database(path)) as database:
        database.value("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    offset %= len(data)
    data[offset : offset + 4_096] = b"\xa5" * 4_096
    path.write_bytes(bytes(data))
    for other in ("-wal", "-shm"):
        path.with_name(path.name + other).unlink(missing_ok=True)
    verdicts = wrong()
    assert Verdict.ERROR in verdicts.values()
    assert __main__.run(["doctor"]) == 1


@pytest.mark.parametrize(
    "table", ["texts", "month_counts", "feeds", "search_words", "search_entries"]
)
def test_a_table_that_is_gone_is_a_finding(path: Path, table: str) -> None:
    damage(path, f"DROP TABLE {table}")
    assert Verdict.ERROR in wrong().values()


def test_other_files_and_half_files_are_findings(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(b"")
    assert wrong() == {"library": Verdict.WARNING}  # the next start fills it
    for content in (b"Kom ih\xc3\xa5g mj\xc3\xb6lk.\n" * 100, whole[:5_000]):
        path.write_bytes(content)
        assert wrong()["library"] is Verdict.ERROR
    path.unlink()
    path.mkdir()
    assert wrong()["library"] is Verdict.ERROR


def test_settings_folders_and_disk_are_checked(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    places().config.parent.mkdir(parents=True)
    places().config.write_text("[screeen]\n")
    assert wrong() == {"config": Verdict.ERROR}
    places().config.unlink()
    usage = namedtuple("usage", "total used free")
    for free, least, verdict in (
        (21_000_000, 0, Verdict.OK),
        (1, 0, Verdict.WARNING),
        (1, 2, Verdict.ERROR),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(shutil, "disk_usage", lambda _, free=free: usage(1, 1, free))
            patch.setattr(doctor, "LEAST_FREE_BYTES", least)
            assert found()["disk"] is verdict
    assert wrong(datetime(1970, 1, 1, tzinfo=UTC)) == {
        "clock": Verdict.ERROR,
        "dates": Verdict.WARNING,
    }
    blocked = tmp_path / "file"
    blocked.write_text("")
    where = Places(
        config=tmp_path / "config.toml", library=path, logs=blocked / "log", cache=tmp_path
    )
    assert found(where=where)["folder.log"] is Verdict.ERROR


def test_a_rebuilding_sets_index_and_counts_right(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(path, "DELETE FROM month_counts")
    damage(path, "DELETE FROM search_words")
    assert __main__.run(["doctor", "--rebuild-index"]) == 0
    assert "were made anew" in capsys.readouterr().err
    assert wrong() == {}
    with Library(path) as library:
        assert library.counts().total == 3
        assert len(library.listing(View(query="krav")).ids) == 3


def test_entries_without_their_text_go_on_with_what_is_left(path: Path) -> None:
    with Library(path) as library:
        ids = list(library.listing(View()).ids)
    damage(path, f"DELETE FROM texts WHERE entry_id = {ids[0]}")
    assert wrong() == {"references": Verdict.ERROR, "index": Verdict.ERROR}
    assert __main__.run(["doctor", "--rebuild-index"]) == 0
    with Library(path) as library:
        entry = library.entry(ids[0])
        assert (entry.text, entry.html) == ("", "")
        assert ids[0] in library.listing(View(query=entry.title)).ids


def test_a_feed_goes_on_that_brings_an_entry_again_which_has_lost_its_text(path: Path) -> None:
    with Library(path) as library:
        (feed,) = library.feeds()
        lost, *others = library.entries(View())
        damage(path, f"DELETE FROM texts WHERE entry_id = {lost.id}")
        again = an_entry(guid=lost.guid, url=lost.url, title="Ny rubrik")
        other = an_entry(guid=others[0].guid, url=others[0].url, title="Ny rubrik")
        new = an_entry(guid="ny", url="https://blogg.exempel/ny")
        assert keep(library, feed.id, again, other, new) == (1, 1)
        assert library.entry(others[0].id).title == "Ny rubrik"


def test_a_rebuilding_that_is_stopped_or_killed_changes_nothing(path: Path) -> None:
    with Library(path) as library:

        def stop(*_progress: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            library.rebuild(stop)
    assert wrong() == {}
    code = f"""
from pathlib import Path
from flodeslasare.library import Library
import time
def wait(*_):
    print("half", flush=True)
    time.sleep(600)
Library(Path({str(path)!r})).rebuild(wait)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"half\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert wrong() == {}
