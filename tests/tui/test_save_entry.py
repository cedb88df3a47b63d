"""Saving the entry one is on as a Markdown file."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from flodeslasare.exchange.markdown_files import markdown_file
from flodeslasare.model import View
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.screens._dialog import Status
from flodeslasare.tui.screens.save_entry import SaveEntryScreen
from pilots import press, settle
from tui.samples import NOW, StagedLibrary
from tui.test_reader import WIDE, shown

NAME = "2018-05-16-Vägledning-mot-människohandel-i-leverantörsled.md"


@pytest.fixture
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's documents, in a home folder of their own; not there yet."""
    monkeypatch.setattr("flodeslasare.tui.widgets.status_line.NOTICE_SECONDS", 600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DOCUMENTS_DIR", str(tmp_path / "Dokument"))
    return tmp_path / "Dokument"


async def ask(pilot: Pilot[None]) -> None:
    """Choose the command in the palette."""
    await press(pilot, "ctrl+p")
    await pilot.press(*"save this entry")
    await settle(pilot)
    await press(pilot, "enter")
    assert isinstance(pilot.app.screen, SaveEntryScreen)


async def type_path(pilot: Pilot[None], path: str) -> None:
    pilot.app.screen.query_one(Input).value = path
    await settle(pilot)


def status(app: FeedReaderApp) -> str:
    return str(app.screen.query_one(Status).render())


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()] if folder.exists() else []


def put(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def text_of_first(library: StagedLibrary) -> str:
    return markdown_file(library.entry(library.listing(View(), first=1).ids[0]))


async def test_an_entry_is_saved_among_the_documents_by_its_date_and_title(
    app: FeedReaderApp, filled: StagedLibrary, documents: Path
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await ask(pilot)
        assert app.screen.query_one(Input).value == f"~/Dokument/{NAME}"
        await press(pilot, "enter")
        assert app.screen is app.reader
        assert app.reader.status.notice == f"the entry is saved as ~/Dokument/{NAME}"
        assert "the entry is saved as ~/Dokument/2018-05-16-V" in shown(app)
        await ask(pilot)
        await press(pilot, "enter")
        assert app.reader.status.notice == f"~/Dokument/{NAME} holds the entry already, as it is"
    assert (documents / NAME).read_text() == text_of_first(filled)
    assert names_in(documents) == [NAME]


async def test_a_file_that_is_there_is_written_over_by_the_second_enter_alone(
    app: FeedReaderApp, filled: StagedLibrary, documents: Path
) -> None:
    mine = documents / "min.md"
    put(mine, "mitt")
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await ask(pilot)
        await type_path(pilot, "~/Dokument/min.md")
        await press(pilot, "enter")
        assert status(app).startswith("! ~/Dokument/min.md is there already")
        await type_path(pilot, "~/Dokument/min.m")
        await type_path(pilot, "~/Dokument/min.md")
        await press(pilot, "enter")
        assert mine.read_text() == "mitt"
        await press(pilot, "escape")
        assert app.screen is app.reader
        assert mine.read_text() == "mitt"
        await ask(pilot)
        await type_path(pilot, "~/Dokument/min.md")
        await press(pilot, "enter", "enter")
        assert app.reader.status.notice == "the entry is saved as ~/Dokument/min.md"
    assert mine.read_text() == text_of_first(filled)


@pytest.mark.parametrize("typed", ["~/nya/", "~/gamla"])
async def test_in_a_folder_the_entry_gets_the_name_that_the_export_gives_it(
    app: FeedReaderApp, tmp_path: Path, documents: Path, typed: str
) -> None:
    (tmp_path / "gamla").mkdir()
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await ask(pilot)
        await type_path(pilot, typed)
        await press(pilot, "enter")
        place = f"{typed.rstrip('/')}/{NAME}"
        assert app.reader.status.notice == f"the entry is saved as {place}"
        await press(pilot, "j")
        await ask(pilot)
        assert app.screen.query_one(Input).value.startswith(f"{typed.rstrip('/')}/2018-05-")
    assert not names_in(documents)


async def test_the_folder_is_proposed_at_the_next_start_while_it_is_there(
    filled: StagedLibrary, tmp_path: Path, documents: Path
) -> None:
    for proposed in ("Dokument", "anteckningar", "Dokument"):
        app = FeedReaderApp(filled, now=lambda: NOW)
        async with app.run_test(size=WIDE) as pilot:
            await settle(pilot)
            await ask(pilot)
            assert app.screen.query_one(Input).value == f"~/{proposed}/{NAME}"
            await type_path(pilot, "~/anteckningar/a.md")
            await press(pilot, "enter")
        if proposed == "anteckningar":
            (tmp_path / "anteckningar" / "a.md").unlink()
            (tmp_path / "anteckningar").rmdir()


async def test_what_cannot_be_written_is_said_in_place_and_can_be_mended(
    app: FeedReaderApp, tmp_path: Path, documents: Path
) -> None:
    (tmp_path / "fil").write_text("")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await ask(pilot)
        await type_path(pilot, "~/fil/b.md")
        await press(pilot, "enter")
        assert "cannot be written" in status(app)
        await type_path(pilot, "")
        await press(pilot, "enter")
        assert "Type the path of a file." in status(app)
        await type_path(pilot, "~/b.md")
        await press(pilot, "enter")
        assert app.reader.status.notice == "the entry is saved as ~/b.md"
    assert "b.md" in names_in(tmp_path)
    assert not names_in(documents)


async def test_where_nothing_is_listed_it_is_said(app: FeedReaderApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await press(pilot, "slash", *"zzzz", "enter")
        app.reader.action_save_entry()
        await settle(pilot)
        assert app.reader.status.notice == "there is no entry here"
