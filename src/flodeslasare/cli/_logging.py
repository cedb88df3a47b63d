"""Where the program's log goes: `flodeslasare.log` in the state folder, and stderr on demand.

Other modules only write `logging.getLogger("flodeslasare.…")`. The file is opened, and the module
that rotates it imported, with the first line that is logged.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from flodeslasare.cli._output import safe

LOG_NAME = "flodeslasare.log"
_MAX_BYTES = 1_000_000
_OLD_FILES = 3


class _Formatter(logging.Formatter):
    """Formats a line without anything that would steer the terminal of who reads the log."""

    def format(self, record: logging.LogRecord) -> str:
        return safe(super().format(record))


class _LateFile(logging.Handler):
    """Writes to a rotating file that is made when it is needed, and stays quiet when it cannot be."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._file: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self._file is None:
                self._file = self._opened()
            self._file.emit(record)
        except OSError:
            # A log that cannot be written is no reason to stop reading feeds.
            self._file = logging.NullHandler()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()

    def _opened(self) -> logging.Handler:
        from logging.handlers import RotatingFileHandler

        class Quiet(RotatingFileHandler):
            def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
                """Let a line go that the disk does not take."""

        self._folder.mkdir(parents=True, exist_ok=True)
        file = Quiet(
            self._folder / LOG_NAME, maxBytes=_MAX_BYTES, backupCount=_OLD_FILES, encoding="utf-8"
        )
        file.setFormatter(self.formatter)
        return file


def set_up_logging(folder: Path, *, verbose: bool = False, screen: bool = False) -> None:
    """Log to a file in `folder`.

    Args:
        folder: made when the first line is logged.
        verbose: log details as well, and to stderr too.
        screen: the screen is about to open, so stderr is not for us.
    """
    logger = logging.getLogger("flodeslasare")
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False
    formatter = _Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    handlers: list[logging.Handler] = [_LateFile(folder)]
    if verbose and not screen and sys.stderr is not None:
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        handler.setFormatter(formatter)
        logger.addHandler(handler)
