"""Fixtures of the screen's tests: a library on a file of its own, English, a fixed clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flodeslasare import i18n
from flodeslasare.tui.app import FeedReaderApp
from pilots import make_patient
from tui.samples import NOW, StagedLibrary, fill


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    was = i18n.language()
    i18n.use_language("en")
    yield
    i18n.use_language(was)


@pytest.fixture(autouse=True)
def patient_pilots(monkeypatch: pytest.MonkeyPatch) -> None:
    make_patient(monkeypatch)


@pytest.fixture
def staged(tmp_path: Path) -> Iterator[StagedLibrary]:
    """An empty library."""
    with StagedLibrary(tmp_path / "library.db") as library:
        yield library


@pytest.fixture
def filled(staged: StagedLibrary) -> StagedLibrary:
    """A library with a blog of 132 entries and two empty feeds."""
    fill(staged)
    return staged


@pytest.fixture
def app(filled: StagedLibrary) -> FeedReaderApp:
    return FeedReaderApp(filled, now=lambda: NOW)
