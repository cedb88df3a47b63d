"""The log: bounded, private, shared by processes, and without secrets."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flodeslasare.cli import _logging
from flodeslasare.cli._logging import LOG_NAME, MAX_BYTES, OLD_FILES, set_up_logging

LOG = logging.getLogger("flodeslasare.test")
NAMES = [LOG_NAME, *(f"{LOG_NAME}.{number}" for number in range(1, OLD_FILES + 1))]


@pytest.fixture(autouse=True)
def no_handlers_left() -> Iterator[None]:
    yield
    logger = logging.getLogger("flodeslasare")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True


def lines(folder: Path) -> list[str]:
    """Give what all the files hold, oldest first."""
    there = [folder / name for name in reversed(NAMES) if (folder / name).exists()]
    return [line for file in there for line in file.read_text().splitlines()]


def test_the_log_stays_small_and_keeps_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_logging, "MAX_BYTES", 5_000)
    folder = tmp_path / "state"
    set_up_logging(folder)

    for number in range(1_000):
        LOG.info("line %d", number)

    assert sorted(file.name for file in folder.iterdir()) == sorted(NAMES)
    assert all((folder / name).stat().st_size <= 5_000 for name in NAMES)
    numbers = [int(line.rpartition(" ")[2]) for line in lines(folder)]
    assert numbers == list(range(numbers[0], 1_000))
    assert len(numbers) > 150


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_only_the_person_can_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_logging, "MAX_BYTES", 100)
    folder = tmp_path / "state"
    old_mask = os.umask(0)
    try:
        set_up_logging(folder)
        for _ in range(5):
            LOG.info("a line that is long enough for the file to be moved away after it")
        LOG.warning("tightened")
    finally:
        os.umask(old_mask)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}

    (folder / LOG_NAME).chmod(0o644)  # as an earlier version left it
    set_up_logging(folder)
    LOG.info("again")
    assert stat.S_IMODE((folder / LOG_NAME).stat().st_mode) == 0o600


def test_two_processes_share_it_and_lose_nothing(tmp_path: Path) -> None:
    """Both move the files away many times; every line of both is there once, whole, in its order."""
    count = 600
    script = f"""
import logging, sys
from pathlib import Path
from flodeslasare.cli import _logging
_logging.MAX_BYTES = {30 * count}
_logging.set_up_logging(Path(sys.argv[1]))
log = logging.getLogger("flodeslasare.test")
sys.stdin.readline()
for number in range({count}):
    log.info("%s %d", sys.argv[2], number)
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path), name], stdin=subprocess.PIPE, text=True
        )
        for name in ("a", "b")
    ]
    for process in processes:
        process.communicate("go\n", timeout=60)
        assert process.returncode == 0

    assert (tmp_path / NAMES[3]).exists()
    found = [line.rpartition(": ")[2] for line in lines(tmp_path)]
    for name in ("a", "b"):
        own = [int(line.split()[1]) for line in found if line.startswith(f"{name} ")]
        assert sorted(own) == list(range(min(own), count))
    assert all(line.split()[0] in {"a", "b"} for line in found)


def test_it_holds_no_password_and_no_token(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(tmp_path, verbose=True)
    try:
        raise ValueError("https://anna:hemligt@a.exempel/feed")
    except ValueError:
        LOG.exception("GET %s failed", "https://a.exempel/feed?access_token=s3cret&page=2")

    for text in (capsys.readouterr().err, (tmp_path / LOG_NAME).read_text()):
        assert "https://a.exempel/feed?access_token=…&page=2" in text
        assert "ValueError: https://a.exempel/feed" in text
        assert "hemligt" not in text
        assert "s3cret" not in text


def test_a_log_that_was_taken_away_is_begun_anew(tmp_path: Path) -> None:
    set_up_logging(tmp_path)
    LOG.info("one")
    (tmp_path / LOG_NAME).unlink()
    LOG.info("two")

    assert [line.rpartition(": ")[2] for line in lines(tmp_path)] == ["two"]
    assert MAX_BYTES * (OLD_FILES + 1) <= 5_000_000
