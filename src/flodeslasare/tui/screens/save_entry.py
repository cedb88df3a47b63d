"""Saving the entry one is on as a Markdown file, as `export markdown` writes it. Imported when it is asked for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from flodeslasare.config import documents_folder
from flodeslasare.errors import FileIsThere, ReaderError
from flodeslasare.files import is_folder
from flodeslasare.i18n import _
from flodeslasare.library.library import Library
from flodeslasare.model import Entry
from flodeslasare.text import harmless_line
from flodeslasare.tui.screens._dialog import Body, DialogScreen, Status
from flodeslasare.tui.screens._paths import PathSuggester, shortened, typed_path
from flodeslasare.tui.widgets._line_input import LineInput

if TYPE_CHECKING:
    from flodeslasare.tui.screens.reader import ReaderScreen


class Saved(Struct, frozen=True):
    """Where an entry is."""

    path: Path
    is_written: bool
    """Whether it had to be written: else it was there already, word for word."""


class SaveEntryScreen(DialogScreen[Saved | None]):
    """Asks for a file or a folder, and saves an entry there; gives where it is, or `None`."""

    DEFAULT_CSS = "SaveEntryScreen > .dialog { width: 100; }"
    """Names of files are as long as titles, and the folder is to be seen before them."""

    @dataclass
    class Done(Message):
        """The entry is in a file."""

        saved: Saved

    @dataclass
    class Failed(Message):
        """The entry could not be saved."""

        error: ReaderError

    def __init__(self, library: Library, entry: Entry, folder: Path) -> None:
        """Make the dialog.

        Args:
            library: names and writes the file.
            entry: which.
            folder: where it is to be, unless another place is typed.
        """
        super().__init__()
        self._library = library
        self._entry = entry
        self._folder = folder
        self._told_of: Path | None = None
        """The file that is known to be there: Enter once more writes over it."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            with Body():
                yield Static(Content(_("Save this entry as Markdown")), classes="dialog--title")
                yield Static(Content(harmless_line(self._entry.title)), classes="dialog--lead")
                yield Static(
                    Content(_("File, or a folder with / at its end")), classes="dialog--label"
                )
                yield LineInput(self._proposed(), suggester=PathSuggester(), id="path")
                yield Status()
            yield Static(Content(_("Enter saves it · Esc leaves")), classes="dialog--keys")

    def on_mount(self) -> None:
        path = self.query_one("#path", Input)
        path.focus()
        path.action_end()

    def _proposed(self) -> str:
        """Give what stands there to begin with: the name that the entry gets in the folder."""
        try:
            return shortened(self._library.markdown_place(self._entry, self._folder))
        except ReaderError:  # it is told when it is tried
            return f"{shortened(self._folder)}/"

    @property
    def _status(self) -> Status:
        return self.query_one(Status)

    @property
    def _is_at_work(self) -> bool:
        return any(worker.group == "save" and not worker.is_finished for worker in self.workers)

    @on(Input.Changed)
    def _begin_anew(self) -> None:
        self._told_of = None
        self._status.clear()

    @on(Input.Submitted)
    def _save_there(self, event: Input.Submitted) -> None:
        event.stop()
        typed = event.value.strip()
        if not typed:
            self._status.warn(_("Type the path of a file."))
        elif not self._is_at_work:
            self.save_entry(typed_path(typed).absolute(), is_folder_meant=typed.endswith("/"))

    @work(exclusive=True, group="save", description="save an entry")
    async def save_entry(self, path: Path, *, is_folder_meant: bool) -> None:
        """Write the file, on a thread: a disk may take its time."""
        told_of = self._told_of

        def save() -> Saved:
            place = path
            if is_folder_meant or is_folder(path):
                place = self._library.markdown_place(self._entry, path)
            is_written = self._library.save_markdown(self._entry, place, replaces=place == told_of)
            return Saved(place, is_written)

        try:
            self.post_message(self.Done(await asyncio.to_thread(save)))
        except ReaderError as error:
            self.post_message(self.Failed(error))

    @on(Done)
    def _end(self, event: Done) -> None:
        event.stop()
        self.dismiss(event.saved)

    @on(Failed)
    def _tell_failure(self, event: Failed) -> None:
        event.stop()
        if isinstance(event.error, FileIsThere):
            self._told_of = event.error.path
            self._status.warn(
                _(
                    "{file} is there already, with something else in it. Enter again writes over it."
                ).format(file=shortened(event.error.path))
            )
        else:
            self._status.warn(str(event.error))

    def action_leave(self) -> None:
        """Close, unless the file is just being written: that ends by itself, whole or not at all."""
        if not self._is_at_work:
            self.dismiss(None)


def ask(reader: ReaderScreen) -> None:
    """Ask where the entry one is on is to be saved, and say where it went."""
    entry_id = reader.entries.entry_id
    if entry_id is None:
        reader.status.tell(_("there is no entry here"))
        return

    def say_where(saved: Saved | None) -> None:
        if saved is None:
            return
        reader.memory.keep_folder(saved.path.parent)
        said = (
            _("the entry is saved as {file}")
            if saved.is_written
            else _("{file} holds the entry already, as it is")
        )
        reader.status.tell(said.format(file=shortened(saved.path)))

    with reader.telling():
        entry = reader.library.entry(entry_id)
        folder = reader.memory.folder() or documents_folder()
        reader.app.push_screen(SaveEntryScreen(reader.library, entry, folder), say_where)
