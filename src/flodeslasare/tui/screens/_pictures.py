"""Brings the pictures of the text that is read into its pane, as they come. Imported with the first that is wanted."""

from __future__ import annotations

from pathlib import Path

from textual.screen import Screen
from textual.timer import Timer
from textual.worker import Worker

from flodeslasare.errors import NoNetwork, OfflineError, ParseError, ReaderError
from flodeslasare.i18n import _
from flodeslasare.library.library import Library
from flodeslasare.model import Entry
from flodeslasare.pictures import Picture
from flodeslasare.tui.widgets._pictures import Wanted
from flodeslasare.tui.widgets.reading_pane import ReadingPane

REST_SECONDS = 15.0
"""How long after the last picture the process that draws is ended, and connections are closed."""


class Pictures:
    """Asks the library for pictures, each in a worker of its own; those of a text that was left are given up."""

    def __init__(
        self, screen: Screen[None], library: Library, text: ReadingPane, folder: Path | None
    ) -> None:
        """Make it; nothing is started yet.

        Args:
            screen: whose workers and clock it uses.
            library: fetches, keeps and draws.
            text: the pane.
            folder: where they are kept; `None` to keep none.
        """
        self._screen = screen
        self._text = text
        self._pictures = library.pictures(folder)
        self._entry_id = 0
        self._workers: dict[str, Worker[None]] = {}
        """By the picture's address: at another width the one under way is moot."""
        self._timer: Timer | None = None

    def bring(self, entry: Entry, wanted: Wanted) -> None:
        """Bring a picture of an entry."""
        if entry.id != self._entry_id:
            for worker in self._workers.values():
                worker.cancel()
            self._entry_id, self._workers = entry.id, {}
        elif (before := self._workers.get(wanted.url)) is not None:
            before.cancel()
        self._workers[wanted.url] = self._screen.run_worker(
            self._bring(entry, wanted), group="pictures", description="bring a picture"
        )
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(REST_SECONDS, self._rest)

    async def aclose(self) -> None:
        """Give up what is under way, and end what was started."""
        for worker in self._workers.values():
            worker.cancel()
        await self._pictures.aclose()

    async def _bring(self, entry: Entry, wanted: Wanted) -> None:
        outcome: Picture | str
        try:
            outcome = await self._pictures.draw(
                wanted.url,
                feed_id=entry.feed_id,
                most_width=wanted.most_width,
                most_height=wanted.most_height,
                ground=wanted.ground,
            )
        except ReaderError as error:
            outcome = said_of(error)
        self._text.put_picture(entry.id, wanted, outcome)

    def _rest(self) -> None:
        self._timer = None
        if any(not worker.is_finished for worker in self._workers.values()):
            self._timer = self._screen.set_timer(REST_SECONDS, self._rest)
        else:
            self._screen.run_worker(
                self._pictures.aclose(), group="pictures", description="end what draws pictures"
            )


def said_of(error: ReaderError) -> str:
    """Say in place of a picture why there is none."""
    if isinstance(error, OfflineError | NoNetwork):
        return _("the picture is not kept here, and there is no network")
    reason = getattr(error, "reason", str(error))
    if isinstance(error, ParseError):
        return _("the picture cannot be shown: {reason}").format(reason=reason)
    return _("the picture could not be fetched: {reason}").format(reason=reason)
