"""What the options before a command say, and what follows from them: files, settings, library."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from flodeslasare import i18n
from flodeslasare.config import Places, Settings, load_settings, places
from flodeslasare.errors import NoSuchFile, ReaderError
from flodeslasare.i18n import _

if TYPE_CHECKING:
    from flodeslasare.library.library import Library

SCREEN_WAIT_SECONDS = 0.04
"""How long the screen stands still for another writer; after that a mark waits in the background."""


FLAGS = frozenset({"--offline", "--verbose"})
VALUES = frozenset({"--library", "--config", "--lang"})


def read_ahead(arguments: Sequence[str]) -> tuple[dict[str, str], set[str], list[str]]:
    """Read the options that stand before a command, without click: values, flags, and the words after them.

    It ends at the first word that is none of them, or is not whole.
    """
    values: dict[str, str] = {}
    flags: set[str] = set()
    rest = list(arguments)
    while rest:
        name, equals, value = rest[0].partition("=")
        if name in FLAGS and not equals:
            flags.add(name)
        elif name in VALUES and equals:
            values[name] = value
        elif name in VALUES and len(rest) > 1:
            values[name] = rest.pop(1)
        else:
            break
        del rest[0]
    return values, flags, rest


def language_for(arguments: Sequence[str]) -> str:
    """Give the language that a command line is answered in, before it is understood."""
    values, _flags, _rest = read_ahead(arguments)
    asked = values.get("--lang")
    if asked in i18n.LANGUAGES:
        return asked
    config = values.get("--config")
    found = places(config=None if config is None else Path(config))
    with suppress(ReaderError):  # whoever needs the settings says what is wrong with them
        settings = _read_settings(found.config, must_be_there=config is not None)
        if settings.screen_language:
            return settings.screen_language
    return i18n.preferred_language()


_settings_read: dict[Path, Settings | ReaderError] = {}
"""What was read for this command line: a pipe (`--config <(…)`) can be read only once."""


def forget_settings() -> None:
    """Begin a command line."""
    _settings_read.clear()


def _read_settings(path: Path, *, must_be_there: bool) -> Settings:
    if path not in _settings_read:
        try:
            _settings_read[path] = load_settings(path, must_be_there=must_be_there)
        except ReaderError as error:
            _settings_read[path] = error
    found = _settings_read[path]
    if isinstance(found, ReaderError):
        raise found
    return found


class Session(Struct, kw_only=True, dict=True):
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
        settings = _read_settings(self.places.config, must_be_there=self.config is not None)
        if self.language is None and settings.screen_language:
            i18n.use_language(settings.screen_language)
        return settings

    def require_library(self) -> None:
        """See that a library that `--library` names is there: else the path is mistyped, and an empty one misleads.

        The person's own need not be: it is made when it is first used.

        Raises:
            NoSuchFile
        """
        if self.library is None:
            return
        path = self.places.library
        try:
            path.stat()
        except FileNotFoundError:
            example = f"flodeslasare --library {shlex.quote(str(path))} add URL"
            raise NoSuchFile(
                path,
                _("there is no such library"),
                _("check the path, or make it with `{example}`").format(example=example),
            ) from None
        except OSError:
            return  # whoever opens it says what is wrong

    def open_library(self, *, screen: bool = False, makes: bool = False) -> Library:
        """Open the library, for use in a `with`, and begin to log.

        Args:
            screen: for the screen.
            makes: one that is named and not there is made; the screen makes it too.

        Raises:
            SettingsError, NoSuchFile, StorageError
        """
        settings = self.settings
        if not (screen or makes):
            self.require_library()
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
