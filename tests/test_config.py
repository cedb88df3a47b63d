from __future__ import annotations

import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from flodeslasare import i18n
from flodeslasare.config import (
    Login,
    Settings,
    default_config_text,
    load_settings,
    logins_text,
    parse_settings,
    places,
    setting_names,
    settings_text,
    write_default_config,
)
from flodeslasare.errors import NoSuchFile, SettingsError, StorageError

HERE = Path("config.toml")


def parse(text: str) -> Settings:
    return parse_settings(text.encode(), HERE)


def test_without_a_file_every_setting_is_at_its_default(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none" / "config.toml") == Settings()
    assert parse("") == Settings()


def test_the_default_file_holds_every_setting_at_its_default() -> None:
    text = default_config_text()
    written = tomllib.loads(text)

    assert parse(text) == Settings()
    assert [(section, key) for section in written for key in written[section]] == setting_names()
    names = [f"{section}_{key}" for section, key in setting_names()]
    assert [setting.name for setting in fields(Settings)] == [*names, "logins"]
    for line, after in zip(text.splitlines(), text.splitlines()[1:], strict=False):
        assert " = " not in after or line.startswith("# "), f"unexplained: {after}"


def test_the_default_file_is_explained_in_the_language_in_use() -> None:
    english = default_config_text()
    i18n.use_language("sv")
    text = default_config_text()

    assert parse(text) == Settings()
    assert text.startswith("# Inställningar för flodeslasare.")
    assert "# Flöden som hämtas samtidigt. Från 1 till 200.\nfeeds_at_once = 40\n" in text
    same = {line for line in text.splitlines() if line.startswith("# ")} & set(english.splitlines())
    assert all(line.startswith(("# [logins", "# name =", "# password_command =")) for line in same)


def test_settings_survive_being_written_and_read() -> None:
    changed = Settings(
        screen_language="sv",
        screen_theme="papper",
        refresh_at_start=False,
        refresh_every_minutes=0,
        fetch_read_seconds=2.5,
        fetch_wire_bytes=123_456,
    )

    assert parse(settings_text(changed)) == changed


def test_what_the_file_says_holds() -> None:
    settings = parse(
        '\ufeff[screen]\nlanguage = "sv"\n[refresh]\nevery_minutes = 5\n[fetch]\ntotal_seconds = 90\n'
    )

    assert settings == Settings(
        screen_language="sv", refresh_every_minutes=5, fetch_total_seconds=90.0
    )
    assert isinstance(settings.fetch_total_seconds, float)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[skreen]\n", "no section 'skreen'; did you mean 'screen'?"),
        ("[xyz]\n", "it can be one of screen, refresh, fetch, parse"),
        (
            "[refresh]\nevery_minute = 5\n",
            "no setting 'every_minute'; did you mean 'every_minutes'?",
        ),
        ("[fetch]\nevery_minutes = 5\n", "did you mean 'every_minutes' in [refresh]?"),
        ("[screen]\nqwx = 5\n", "one of language, theme"),
        ("every_minutes = 5\n", "every_minutes belongs below a line [refresh]"),
        ("refresh = 5\n", "write [refresh] on a line of its own"),
        (
            '[refresh]\nevery_minutes = "5"\n',
            "[refresh] every_minutes must be a whole number from 0",
        ),
        ("[refresh]\nevery_minutes = 2.5\n", "whole number"),
        ("[refresh]\nevery_minutes = true\n", "whole number"),
        ("[refresh]\nevery_minutes = -1\n", "from 0 to 10_080"),
        ("[refresh]\nat_start = 1\n", "true or false"),
        ("[fetch]\nread_seconds = nan\n", "a number from 0.1 to 600"),
        ("[fetch]\nread_seconds = inf\n", "a number from"),
        ('[screen]\nlanguage = "fi"\n', '[screen] language must be one of "", "sv", "en"'),
        ("[screen]\ntheme = []\n", '"", "granit", "papper"'),
        ("[screen\n", "line 1"),
        ("[screen]\n[screen]\n", "not valid TOML"),
    ],
)
def test_mistakes_are_said_with_the_file_and_the_cause(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(text)

    assert str(caught.value).startswith("config.toml: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_login_names_where_its_password_comes_from() -> None:
    settings = parse(
        """
        [logins."intern.region.se"]
        name = "anna"
        password_command = "pass show 'intern region'"
        [logins."http://intranet:8080/bloggen/"]
        name = "anna@region.se"
        password_env = "INTRANET"
        """
    )

    assert settings.logins == (
        Login(
            address="intern.region.se",
            name="anna",
            password_command=("pass", "show", "intern region"),
        ),
        Login(
            address="http://intranet:8080/bloggen/", name="anna@region.se", password_env="INTRANET"
        ),
    )


def test_what_is_shown_of_a_login_holds_no_secret() -> None:
    text = '[logins."a.exempel"]\nname = "anna"\npassword_command = "echo hemligt"\n'
    settings = parse(text)

    shown = logins_text(settings.logins)
    assert 'password_command = "echo …"' in shown
    assert parse(shown).logins[0].name == "anna"
    for said in (shown, settings_text(settings), repr(settings)):
        assert "hemligt" not in said


def test_the_default_file_shows_how_a_login_is_written() -> None:
    lines = [line.removeprefix("# ") for line in default_config_text().splitlines()]
    start = lines.index('[logins."intern.region.se"]')

    (login,) = parse("\n".join(lines[start : start + 3])).logins
    assert login.password_command == ("pass", "show", "intern.region.se")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("logins = 5", 'write [logins."host.example"]'),
        ('[logins]\nname = "hemligt"', 'write [logins."host.example"]'),
        ("[logins.a.b.se]\n", "put the whole host in quotes"),
        ('[logins."a"]\npassword = "hemligt"', "a password does not belong in this file; take it"),
        ('[logins."a"]\nname = "x"\npassword = "hemligt"\npassword_env = "X"', "does not belong"),
        ('[logins."a"]\npasswrd_env = "hemligt"', "did you mean 'password_env'?"),
        ('[logins."a"]\npassword_command = "x"', "the name is missing"),
        ('[logins."a"]\nname = "hem:ligt"\npassword_env = "X"', "colon"),
        ('[logins."a"]\nname = "x"', "one of password_command and password_env"),
        (
            '[logins."a"]\nname = "x"\npassword_command = "hemligt"\npassword_env = "X"',
            "one of password_command and password_env",
        ),
        ('[logins."a"]\nname = "x"\npassword_command = "echo \'hemligt"', "quotation mark"),
        ('[logins."a"]\nname = "x"\npassword_command = ["hemligt"]', "must be text in quotes"),
        ('[logins."a"]\nname = "x"\npassword_command = "  "', "must be text in quotes"),
        ('[logins."ftp://a"]\nname = "x"\npassword_env = "X"', "not a host"),
        ('[logins."https://x:hemligt@a/"]\nname = "x"\npassword_env = "X"', "not a host"),
        ("[login]\n", "did you mean 'logins'?"),
    ],
)
def test_mistakes_in_logins_are_said_without_their_values(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(text)

    assert str(caught.value).startswith("config.toml: ")
    assert said in str(caught.value)
    assert "hemligt" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_encodings_are_refused_with_the_line() -> None:
    with pytest.raises(SettingsError, match="line 2 is not UTF-8"):
        parse_settings("# å\n# åäö".encode().replace("ö".encode(), b"\xf6"), HERE)


def test_a_file_that_cannot_be_read_is_no_missing_file(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFile, match="this is a folder"):
        load_settings(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="the XDG folders are those of Linux")
def test_the_xdg_variables_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))

    found = places()

    assert found.config == tmp_path / "CONFIG" / "flodeslasare" / "config.toml"
    assert found.library == tmp_path / "DATA" / "flodeslasare" / "library.db"
    assert found.logs.is_relative_to(tmp_path / "STATE" / "flodeslasare")
    assert found.cache == tmp_path / "CACHE" / "flodeslasare"
    assert not any((tmp_path / name).exists() for name in ("CONFIG", "DATA", "STATE", "CACHE"))


def test_places_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    found = places(config=Path("~/c.toml"), library=Path("here.db"))

    assert (found.config, found.library) == (tmp_path / "c.toml", Path("here.db"))


def test_the_default_file_is_written_once_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"

    write_default_config(path)

    assert load_settings(path) == Settings()
    path.write_text("# mine\n")
    with pytest.raises(SettingsError, match=r"config\.toml: exists already"):
        write_default_config(path)
    assert path.read_text() == "# mine\n"
    assert list(path.parent.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match="cannot be written"):
        write_default_config(tmp_path / "file" / "sub" / "config.toml")
