"""Marks of very many entries: beside the screen, in order, and said when they take a while."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import pytest

from flodeslasare.library.library import Library
from flodeslasare.model import Counts, Marked
from flodeslasare.tui.app import FeedReaderApp
from pilots import PATIENCE_SECONDS, settle, until
from tui.samples import NOW, StagedLibrary, an_entry
from tui.test_reader import WIDE, shown


async def test_marks_of_many_are_told_of_while_they_last_and_undone_in_order(
    staged: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = staged.feed_named("https://exempel.se/rss", "flöde")
    staged.keep(feed, *(an_entry(n) for n in range(700)))
    goes_on = threading.Event()
    mark_read = Library.mark_read

    def slowly(library: Library, entry_ids: Iterable[int]) -> Marked:
        goes_on.wait(PATIENCE_SECONDS)
        return mark_read(library, entry_ids)

    monkeypatch.setattr(Library, "mark_read", slowly)
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("A")
        await until(pilot, lambda: "marking 700 …" in shown(app), "the word that it is done")
        await pilot.press("s", "j")  # nothing waits for it but the next mark
        await pilot.pause()
        assert app.reader.entries.cursor == 1
        assert staged.counts() == Counts(700, 700, 0)
        goes_on.set()
        await settle(pilot)
        assert staged.counts() == Counts(700, 0, 1)
        assert "marking" not in shown(app)
        await pilot.press("u")
        await settle(pilot)
        assert staged.counts() == Counts(700, 0, 0)
        await pilot.press("u")
        await settle(pilot)
        assert staged.counts() == Counts(700, 700, 0)
        assert "700 marked as unread" in shown(app)
