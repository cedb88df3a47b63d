"""The pictures that were fetched, each a file in a folder of the cache: named by its address, the last used kept.

No cache of HTTP: nothing is known of freshness. What stands at an address is taken to stay, as it nearly always does, and
goes when the room is needed. Whoever deletes the folder, or a file in it, loses nothing but the time to fetch it again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from contextlib import suppress
from pathlib import Path

from flodeslasare.files import write_whole

MOST_BYTES = 200_000_000
"""Of all pictures together."""

_log = logging.getLogger(__name__)


class PictureStore:
    """A folder of pictures. Several programs may share it, and threads too."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        """Make it; the folder is made with the first picture.

        Args:
            folder: for pictures alone.
            most_bytes: of all of them together.
        """
        self._folder = folder
        self._most_bytes = most_bytes

    def get(self, url: str, most_bytes: int) -> bytes | None:
        """Give the picture of an address; `None` where there is none, or it is larger than `most_bytes`."""
        path = self._path(url)
        try:
            with path.open("rb") as file:
                body = file.read(most_bytes + 1)
        except OSError:
            return None
        with suppress(OSError):  # a folder that can only be read
            os.utime(path)
        return body if 0 < len(body) <= most_bytes else None

    def put(self, url: str, body: bytes) -> None:
        """Keep a picture, and let go of those that were not used for longest where it gets too much.

        Where it cannot be kept, that is noted in the log and nothing else.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._path(url), body, replaces=True, mode=0o600, durable=False)
            self._make_room()
        except OSError as error:
            _log.warning("%s: no picture can be kept there: %s", self._folder, error)

    def _path(self, url: str) -> Path:
        return self._folder / hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()

    def _make_room(self) -> None:
        files: list[tuple[float, int, str]] = []
        with os.scandir(self._folder) as there:
            for file in there:
                with suppress(OSError):  # another program has just let go of it
                    facts = file.stat(follow_symlinks=False)
                    files.append((min(facts.st_mtime, time.time()), facts.st_size, file.path))
        surplus = sum(size for _when, size, _path in files) - self._most_bytes
        for _when, size, path in sorted(files):
            if surplus <= 0:
                return
            with suppress(OSError):
                Path(path).unlink(missing_ok=True)
            surplus -= size
