"""What every test has: nothing of the developer's machine, and a library of its own."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from builders import ROOT, Clock
from flodeslasare import i18n
from flodeslasare.documents import Subscription
from flodeslasare.library import Library
from flodeslasare.model import Feed

settings.register_profile("any machine", deadline=None)  # a busy one takes a second now and then
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the home folder, the proxies, the locale and the time zone of the machine out."""
    for variable in (
        "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "LANGUAGE", "LC_ALL", "LC_MESSAGES",
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "NO_PROXY", "no_proxy",
        "NO_COLOR", "BROWSER",
        "FLODESLASARE_ALLOW_PRIVATE",
    ):  # fmt: skip
        monkeypatch.delenv(variable, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(str(ROOT / part) for part in ("src", "tests")))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TZ", "Europe/Stockholm")
    time.tzset()
    i18n.use_language("en")


@pytest.fixture(autouse=True)
def no_log_left() -> Iterator[None]:
    """Undo what the command line does to the log."""
    yield
    logger = logging.getLogger("flodeslasare")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


@pytest.fixture
def ctrl_c_is_heard() -> Iterator[None]:
    """Let what the test starts hear Ctrl+C, also where the tests were started deaf to it (`pytest &` in a script).

    A signal that is caught here is at its default in a program that is started, and one that is ignored stays
    ignored (POSIX, exec).
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    if before is not None:
        signal.signal(signal.SIGINT, before)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def library(tmp_path: Path, clock: Clock) -> Iterator[Library]:
    """An empty library in a file of its own, on a stopped clock."""
    with Library(tmp_path / "library.db", now=clock) as opened:
        yield opened


@pytest.fixture
def feed(library: Library) -> Feed:
    """A subscription without entries."""
    added = library.add_subscription(
        Subscription(url="https://blogg.exempel/feed", title="Bloggen")
    )
    assert added is not None
    return added
