"""The log: bounded, private, shared by processes, and without secrets."""

from __future__ import annotations

import logging
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from builders import PATIENCE_SECONDS, entries
from flodeslasare import __main__
from flodeslasare.cli import _logging
from flodeslasare.cli._logging import LOG_NAME, MAX_BYTES, OLD_FILES, set_up_logging
from flodeslasare.config import places
from flodeslasare.documents import Subscription
from flodeslasare.library import Library
from test_refresh import rss

LOG = logging.getLogger("flodeslasare.test")
NAMES = [LOG_NAME, *(f"{LOG_NAME}.{number}" for number in range(1, OLD_FILES + 1))]


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
        process.communicate("go\n", timeout=PATIENCE_SECONDS)
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


def test_verbose_says_what_goes_over_the_wire_and_what_was_decided(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    body = rss(entries(2))
    asked = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        if request.headers.get("If-None-Match") == '"1"':
            return Response(status=304)
        return Response(body, headers={"ETag": '"1"'} if request.path == "/etag" else {})

    httpserver.expect_request(re.compile("/(etag|plain)")).respond_with_handler(answer)
    httpserver.expect_request("/busy").respond_with_data("", status=429)
    urls = {name: httpserver.url_for(f"/{name}") for name in ("etag", "plain", "busy", "spared")}
    with Library(places().library) as library:
        for url in urls.values():
            library.add_subscription(Subscription(url=url))

    def said(*arguments: str) -> list[str]:
        __main__.run(["--verbose", *arguments])
        return [line.partition(": ")[2] for line in capsys.readouterr().err.splitlines()]

    first = said("refresh", urls["etag"], urls["plain"])
    second = said("refresh", urls["etag"], urls["plain"])
    third = said("refresh", urls["busy"], urls["spared"])

    assert f"GET {urls['etag']}" in first
    assert f"{urls['etag']}: 2 new, 0 changed" in first
    assert f'GET {urls["etag"]}, if-none-match: "1"' in second
    replies = [line.partition(", ")[0] for line in second + third if line.startswith("GET ")]
    assert f"GET {urls['etag']}: 304" in replies
    assert f"GET {urls['plain']}: 200" in replies
    assert f"GET {urls['busy']}: 429" in replies
    assert f"{urls['etag']}: not modified, so there is nothing to read" in second
    assert f"{urls['plain']}: the same bytes, so there is nothing to read" in second
    spared = f"GET {urls['spared']}: not asked, localhost is left alone until "
    assert any(line.startswith(spared) for line in third)
    assert sorted(asked) == ["/etag", "/etag", "/plain", "/plain"]


def test_what_asyncio_complains_of_does_not_come_between_the_panes(tmp_path: Path) -> None:
    script = f"""
import logging
from pathlib import Path
from flodeslasare.cli._logging import set_up_logging
set_up_logging(Path({str(tmp_path)!r}), screen=True)
logging.getLogger("asyncio").warning("Loop that handles pid %d is closed", 5882)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=PATIENCE_SECONDS,
    )

    assert done.stderr == ""
    assert "asyncio: Loop that handles pid 5882 is closed" in lines(tmp_path)[0]
