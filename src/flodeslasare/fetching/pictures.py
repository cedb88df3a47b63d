"""Pictures made small in a process of its own, with limits on time and memory, as documents are read (`pool`)."""

from __future__ import annotations

from typing import ClassVar

from flodeslasare.config import Settings
from flodeslasare.fetching.pool import Pool, nonsense
from flodeslasare.fetching.wire import NonsenseError, PictureRequest, encoded, picture_from
from flodeslasare.pictures import Colour, Picture


class PicturePool(Pool):
    """A worker that makes pictures fit for the screen."""

    worker_module: ClassVar[str] = "flodeslasare.fetching._picture_worker"

    def __init__(self, settings: Settings | None = None) -> None:
        """Make a pool of one; it is not started yet. A picture takes it some 20 ms."""
        super().__init__(settings, workers=1)

    async def draw(
        self, body: bytes, *, url: str, most_width: int, most_height: int, ground: Colour
    ) -> Picture:
        """Do `_drawing.drawn` in the worker.

        Raises:
            ParseError: it is no picture that we can draw, or to read it took too long or too much memory.
        """
        request = PictureRequest(body, url, most_width, most_height, ground)
        answer = await self.answered(encoded(request), url)
        try:
            return picture_from(answer, request)
        except NonsenseError as error:
            raise nonsense(url) from error
