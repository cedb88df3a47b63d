"""What the options before a command say, and what follows from them: files, settings, library."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flodeslasare import i18n
from flodeslasare.config import Places, Settings, load_settings, places
from flodeslasare.errors import NoSuchFile

if TYPE_CHECKING:
    from flodeslasare.library.library import Library

SCREEN_WAIT_SECONDS = 0.04
"""How long the screen stands still for another writer; after that a mark waits in the background."""


@dataclass(kw_only=True)
class Session:
    """One run of the program. Nothing is read before it is asked for."""

    library: Path | None = None
    """`--library`, or `None` for the person's own."""
    config: Path | None = None
    """`--config`, or `None` for the person's own."""
    language: str | None = None
    """`--lang`, or `None` for that of the settings, else of the environment."""
    offline: bool = False
    verbose: bool = False

    def __post_init__(self) -> None:
        i18n.use_language(self.language or i18n.preferred_language())

    @cached_property
    def places(self) -> Places:
        """Where the files are."""
        return places(config=self.config, library=self.library)

    @cached_property
    def settings(self) -> Settings:
        """What config.toml says; from here on its language holds.

        Raises:
            SettingsError: it holds something we do not understand.
            NoSuchFile: the file that `--config` names is not there.
        """
        if self.config is not None and not self.places.config.exists():
            raise NoSuchFile(self.config)
        settings = load_settings(self.places.config)
        if self.language is None and settings.screen_language:
            i18n.use_language(settings.screen_language)
        return settings

    def open_library(self, *, screen: bool = False) -> Library:
        """Open the library, for use in a `with`, and begin to log.

        Raises:
            SettingsError, NoSuchFile, StorageError
        """
        settings = self.settings
        from flodeslasare.cli._logging import set_up_logging
        from flodeslasare.library.library import Library

        set_up_logging(self.places.logs, verbose=self.verbose, screen=screen)
        if screen:  # its connection serves the loop that draws: what must wait, waits elsewhere
            return Library(
                self.places.library,
                settings,
                offline=self.offline,
                wait_seconds=SCREEN_WAIT_SECONDS,
            )
        return Library(self.places.library, settings, offline=self.offline)
