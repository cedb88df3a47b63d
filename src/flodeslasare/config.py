"""Settings (config.toml) and where files live (platformdirs; the XDG variables hold).

Every setting has a default; none is needed to begin. A setting is written once, in `Settings`:
its name, default, bounds and explanation there are also what reading checks and what
`flodeslasare config init` writes. Logins stand apart: where the password of a host comes from, and
never the password itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from flodeslasare.addresses import without_credentials
from flodeslasare.errors import NoSuchFile, SettingsError, StorageError
from flodeslasare.i18n import LANGUAGES, N_, _

APP_NAME = "flodeslasare"

PASSWORD_SECONDS = 30.0
"""How long a command may take to give a password."""

_Value = TypeVar("_Value", bool, str, int, float)


def _setting(
    default: _Value,
    about: str,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
) -> _Value:
    """Declare a setting.

    Args:
        default: what holds when the file does not say.
        about: a sentence for the person, with unit and what special values mean; translated when it is said.
        least: the smallest number allowed.
        most: the largest.
        choices: the only texts allowed; empty for any.
    """
    value: _Value = field(
        default=default,
        metadata={"about": about, "least": least, "most": most, "choices": choices},
    )
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who the person is to a host, and where the password comes from."""

    address: str
    """A host, with its port if it has one, or the beginning of an address; https unless it says http."""
    name: str
    password_command: tuple[str, ...] = field(default=(), repr=False)
    """The command whose first line of output is the password; empty when `password_env` is not."""
    password_env: str = ""
    """The variable of the environment that holds the password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a person can set. The names are those of config.toml, section and key joined by `_`."""

    screen_language: str = _setting(
        "",
        N_(
            'Language of the screen and of messages: "sv", "en", or "" for that of the environment.'
        ),
        choices=("", *LANGUAGES),
    )
    screen_theme: str = _setting(
        "",
        N_(
            'Colours: "granit" (dark), "papper" (light), or "" for granit until others are chosen on the screen (Ctrl+P). '
            "What is chosen there holds until this is changed."
        ),
        choices=("", "granit", "papper"),
    )
    screen_images: bool = _setting(
        False,
        N_(
            "Fetch and show the pictures of every entry that is opened; else p does for the one that is read."
        ),
    )

    refresh_at_start: bool = _setting(
        True, N_("Refresh all feeds that are due when the screen opens.")
    )
    refresh_every_minutes: int = _setting(
        30,
        N_(
            "While the screen is open, how often a feed is asked at most, in minutes, each in its own time; 0 is never."
        ),
        least=0,
        most=7 * 24 * 60,
    )

    fetch_feeds_at_once: int = _setting(
        40, N_("Feeds that are asked at one time."), least=1, most=200
    )
    fetch_per_host: int = _setting(
        1, N_("Connections at one time to one host; more than one is impolite."), least=1, most=20
    )
    fetch_connect_seconds: float = _setting(
        10.0, N_("The longest wait for a connection, in seconds."), least=0.1, most=600
    )
    fetch_read_seconds: float = _setting(
        20.0, N_("The longest silence in a reply, in seconds."), least=0.1, most=600
    )
    fetch_total_seconds: float = _setting(
        60.0,
        N_("The longest a whole reply may take, redirects included, in seconds."),
        least=0.1,
        most=3600,
    )
    fetch_wire_bytes: int = _setting(
        10_000_000,
        N_("The most that is taken of one reply, as it comes over the wire, in bytes."),
        least=1_000,
        most=2_000_000_000,
    )
    fetch_body_bytes: int = _setting(
        50_000_000,
        N_("The most that one reply may become when it is decompressed, in bytes."),
        least=1_000,
        most=2_000_000_000,
    )
    fetch_redirects: int = _setting(
        10, N_("The most redirects that are followed for one reply."), least=0, most=50
    )
    fetch_entries: int = _setting(
        20_000, N_("The most entries that are taken from one document."), least=1, most=1_000_000
    )
    fetch_field_characters: int = _setting(
        2_000_000,
        N_("The most characters of one text; what is longer is cut."),
        least=1_000,
        most=100_000_000,
    )
    fetch_nesting: int = _setting(
        100,
        N_("The deepest nesting of elements, in a document and in the HTML of a text."),
        least=10,
        most=250,
    )
    fetch_images: int = _setting(
        500, N_("The most images that are kept of one entry."), least=0, most=10_000
    )
    fetch_image_bytes: int = _setting(
        5_000_000,
        N_("The most that is taken of one picture, in bytes."),
        least=1_000,
        most=100_000_000,
    )

    parse_seconds: float = _setting(
        20.0, N_("The longest that reading one document may take, in seconds."), least=0.1, most=600
    )
    parse_memory_bytes: int = _setting(
        1_000_000_000,
        N_("The most memory that reading documents may take, in bytes."),
        least=100_000_000,
        most=100_000_000_000,
    )

    logins: tuple[Login, ...] = ()
    """In the order of the file, each below a line `[logins."host"]`."""


class Places(Struct, frozen=True, kw_only=True):
    """Where the files of one library live."""

    config: Path
    """config.toml"""
    library: Path
    """library.db"""
    logs: Path
    """A folder."""
    cache: Path
    """A folder."""

    @property
    def images(self) -> Path:
        """The folder of the pictures that were fetched."""
        return self.cache / "images"


def places(*, config: Path | None = None, library: Path | None = None) -> Places:
    """Say where the files are: in the person's own folders, or where they were told to be.

    Nothing is made. `~` is the home folder.
    """
    import platformdirs

    folders = platformdirs.PlatformDirs(APP_NAME, appauthor=False)
    return Places(
        config=at_home(config) if config else folders.user_config_path / "config.toml",
        library=at_home(library) if library else folders.user_data_path / "library.db",
        logs=folders.user_state_path,
        cache=folders.user_cache_path,
    )


def documents_folder() -> Path:
    """Say where the person's documents are kept, as the system has it; it may not be there."""
    import platformdirs

    return platformdirs.user_documents_path()


def at_home(path: Path) -> Path:
    """Give a path with the home folder in the place of `~`; `~name` stays where nobody is called so."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def load_settings(path: Path, *, must_be_there: bool = False) -> Settings:
    """Read config.toml; where it is not there, every setting is at its default, unless it must be.

    Raises:
        SettingsError: it is not TOML, or holds a name or a value that we do not understand.
        NoSuchFile: it must be there and is not, or it is there and cannot be read.
    """
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        if must_be_there:
            raise NoSuchFile(path) from error
        return Settings()
    except IsADirectoryError as error:
        raise NoSuchFile(path, _("this is a folder"), _("name a file with --config")) from error
    except OSError as error:
        raise NoSuchFile(path, error.strerror or str(error)) from error
    return parse_settings(raw, path)


def parse_settings(raw: bytes, path: Path) -> Settings:
    """Read the settings that `raw` holds; `path` is for what is said of mistakes.

    Raises:
        SettingsError
    """
    import tomllib

    try:
        document = tomllib.loads(raw.decode("utf-8-sig"))
    except RecursionError as error:
        raise SettingsError(
            _("{path}: not valid TOML: nested too deeply; mend that").format(path=path)
        ) from error
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SettingsError(
            _("{path}: line {line} is not UTF-8; save the file as UTF-8").format(
                path=path, line=line
            )
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            _("{path}: not valid TOML: {cause}; mend that line").format(path=path, cause=error)
        ) from error

    known = {(section, key): setting for section, key, setting in _known()}
    values: dict[str, str | int | float | tuple[Login, ...]] = {}
    for section, content in document.items():
        if section == "logins":
            values[section] = _logins(content, path)
            continue
        keys = [key for known_section, key in known if known_section == section]
        if not keys:
            raise SettingsError(_unknown_section(path, section, content))
        if not isinstance(content, dict):
            raise SettingsError(
                _("{path}: {name} is a section; write [{name}] on a line of its own").format(
                    path=path, name=section
                )
            )
        for key, value in content.items():
            setting = known.get((section, key))
            if setting is None:
                raise SettingsError(
                    _("{path}: [{section}] has no setting {name!r}; {hint}").format(
                        path=path,
                        section=section,
                        name=key,
                        hint=_nearest(key, keys, [name for _section, name in known]),
                    )
                )
            values[setting.name] = _checked(setting, value, f"{path}: [{section}] {key}")
    return Settings(**values)  # type: ignore[arg-type]  # _checked() saw to the types


def settings_text(settings: Settings) -> str:
    """Write settings as the text of a config.toml, each explained."""
    lines: list[str] = []
    current = ""
    for section, key, setting in _known():
        if section != current:
            lines += [*([""] if lines else []), f"[{section}]"]
            current = section
        least, most = setting.metadata["least"], setting.metadata["most"]
        about = setting.metadata["about"]
        about = _(about)
        if least is not None:
            bounds = _("From {least} to {most}.").format(least=f"{least:_}", most=f"{most:_}")
            about = f"{about} {bounds}"
        lines += [
            f"# {about}",
            f"{key} = {_as_toml(getattr(settings, setting.name))}",
        ]
    return "\n".join(lines) + "\n"


def logins_text(logins: Sequence[Login]) -> str:
    """Write logins as they may be shown: of a command only the program, since its arguments may tell."""
    about = _("the first line of what this command prints; its arguments are not shown")
    blocks = []
    for login in logins:
        source = (
            f"password_env = {_as_toml(login.password_env)}"
            if login.password_env
            else f"# {about}\npassword_command = {_as_toml(login.password_command[0] + ' …')}"
        )
        blocks.append(
            f"[logins.{_as_toml(login.address)}]\nname = {_as_toml(login.name)}\n{source}\n"
        )
    return "\n".join(blocks)


_ABOUT_LOGINS = N_(
    """
# Feeds behind a name and a password (HTTP Basic or Digest): a section for each host, as below without the "# ".
# [logins."intern.region.se"]
# name = "anna"
# password_command = "pass show intern.region.se"
#
# The password itself never stands here. It comes from the first line of what the command prints (no shell
# runs it, it gets no input, and has {seconds} seconds), or, with password_env = "NAME" in the place of
# password_command, from that variable of the environment. It is asked for once in a refresh, and sent to that
# host only, never where a redirect leads away from it, and over https only. For a host that has no https write
# [logins."http://intranet"]; for another port [logins."intern.region.se:8443"]; for a part of a
# host [logins."https://intern.region.se/bloggen/"].
"""
)


def default_config_text() -> str:
    """Give a config.toml that holds every setting, explained, at its default."""
    about = _("Settings of flodeslasare. Each stands here at its default and may be left out.")
    logins = _(_ABOUT_LOGINS).format(seconds=f"{PASSWORD_SECONDS:g}")
    return f"# {about}\n\n{settings_text(Settings())}{logins}"


def write_default_config(path: Path) -> None:
    """Write the default config.toml, whole or not at all, with the folders it needs.

    Raises:
        SettingsError: there is a file already; it is left as it is.
        StorageError: it cannot be written.
    """
    from flodeslasare.files import write_whole

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = default_config_text().encode()
        write_whole(path, text, replaces=False, mode=0o600, durable=True)
    except FileExistsError as error:
        raise SettingsError(
            _(
                "{path}: exists already and was left as it is; edit it, or move it away first"
            ).format(path=error.filename2 or error.filename or path)
        ) from error
    except OSError as error:
        raise StorageError(
            _("{path}: cannot be written ({cause}); use --config to name another place").format(
                path=path, cause=error.strerror or error
            )
        ) from error


def setting_names() -> list[tuple[str, str]]:
    """List every setting as section and key, in the order of the file."""
    return [(section, key) for section, key, _about in _known()]


def _known() -> Iterator[tuple[str, str, Field[object]]]:
    for setting in fields(Settings):
        if not setting.metadata:  # the logins
            continue
        section, _underscore, key = setting.name.partition("_")
        yield section, key, setting


def _unknown_section(path: Path, section: str, content: object) -> str:
    sections = dict.fromkeys(section for section, _key in setting_names())
    if not isinstance(content, Mapping):
        for known_section, key in setting_names():
            if section in (key, f"{known_section}_{key}"):
                return _("{path}: {name} belongs below a line [{section}]").format(
                    path=path, name=key, section=known_section
                )
    return _("{path}: there is no section {name!r}; {hint}").format(
        path=path, name=section, hint=_nearest(section, [*sections, "logins"])
    )


def _nearest(name: str, names: list[str], others: list[str] | None = None) -> str:
    """Say what was probably meant: of `names`, else of `others`; else list `names`."""
    from difflib import get_close_matches

    close = (
        get_close_matches(name, names, 1, 0.8)
        or get_close_matches(name, others or [], 1, 0.8)
        or get_close_matches(name, names, 1, 0.5)
    )
    if not close:
        return _("it can be one of {names}").format(names=", ".join(names))
    if close[0] in names:
        return _("did you mean {name!r}?").format(name=close[0])
    section = next(section for section, key in setting_names() if key == close[0])
    return _("did you mean {name!r} in [{section}]?").format(name=close[0], section=section)


def _checked(setting: Field[object], value: object, where: str) -> str | int | float:
    """Give the value in the setting's type, or say what is wrong with it."""
    default = setting.default
    least, most = setting.metadata["least"], setting.metadata["most"]
    choices: tuple[str, ...] = setting.metadata["choices"]
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value
        raise SettingsError(_("{where} must be true or false").format(where=where))
    if isinstance(default, str):
        if isinstance(value, str) and (not choices or value in choices):
            return value
        raise SettingsError(
            _("{where} must be one of {choices}").format(
                where=where, choices=", ".join(f'"{choice}"' for choice in choices)
            )
            if choices
            else _('{where} must be text in quotes, "like this"').format(where=where)
        )
    whole = isinstance(default, int)
    if (
        isinstance(value, bool)
        or not isinstance(value, int if whole else (int, float))
        or not least <= value <= most
    ):
        text = (
            _("{where} must be a whole number from {least} to {most}")
            if whole
            else _("{where} must be a number from {least} to {most}")
        )
        raise SettingsError(text.format(where=where, least=f"{least:_}", most=f"{most:_}"))
    return value if whole else float(value)


_LOGIN_KEYS = ["name", "password_command", "password_env"]
_LOGIN_ADDRESS = r"(?:https?://)?(?:[^\s/@:?#\[\]]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[^\s?#]*)?"


def _logins(content: object, path: Path) -> tuple[Login, ...]:
    """Check the sections of logins. No message repeats a value: it may be a password.

    Raises:
        SettingsError
    """
    if not isinstance(content, dict) or not all(
        isinstance(values, dict) for values in content.values()
    ):
        raise SettingsError(
            _('{path}: logins are sections, one a host; write [logins."host.example"]').format(
                path=path
            )
        )
    return tuple(_login(address, values, path) for address, values in content.items())


def _login(address: str, values: dict[str, object], path: Path) -> Login:
    import re
    import shlex

    where = f'{path}: [logins."{without_credentials(address)}"]'
    nested = next((key for key, value in values.items() if isinstance(value, dict)), None)
    if nested is not None:
        raise SettingsError(
            _('{path}: put the whole host in quotes: [logins."{host}…"]').format(
                path=path, host=f"{address}.{nested}"
            )
        )
    if "password" in values:
        raise SettingsError(
            _(
                "{where}: a password does not belong in this file; take it out, and write "
                "password_command (a command that prints it) or password_env (a variable that holds it)"
            ).format(where=where)
        )
    for key, value in values.items():
        if key not in _LOGIN_KEYS:
            hint = _nearest(key, _LOGIN_KEYS)
            raise SettingsError(
                _("{where} has no setting {name!r}; {hint}").format(
                    where=where, name=key, hint=hint
                )
            )
        if not isinstance(value, str) or not value.strip():
            raise SettingsError(
                _('{where} must be text in quotes, "like this"').format(where=f"{where} {key}")
            )
    if not re.fullmatch(_LOGIN_ADDRESS, address):
        raise SettingsError(
            _("{where}: not a host, nor the beginning of an http or https address").format(
                where=where
            )
        )
    name, command, variable = (str(values.get(key, "")) for key in _LOGIN_KEYS)
    if not name:
        raise SettingsError(_("{where}: the name is missing; write name").format(where=where))
    if ":" in name:  # RFC 7617 §2
        raise SettingsError(_("{where} name: a colon cannot be part of it").format(where=where))
    if bool(command) == bool(variable):
        raise SettingsError(
            _("{where}: write one of password_command and password_env").format(where=where)
        )
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise SettingsError(
            _("{where} password_command: a quotation mark is missing").format(where=where)
        ) from error
    return Login(address=address, name=name, password_command=words, password_env=variable)


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:_}"  # 10_000_000: TOML allows it, and eyes want it
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)
