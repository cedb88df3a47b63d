"""Every command and every setting is named in README.md, where people look for them.

The commands are in README.sv.md as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from flodeslasare.cli.main import main
from flodeslasare.config import Settings, settings_text
from flodeslasare.query.parsing import NAMES

README = Path(__file__).parent.parent / "README.md"
SWEDISH = README.with_suffix(".sv.md")
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


@cache
def code_in_the_readme(page: Path = README) -> str:
    """Give what the page sets as code: fenced blocks, and words between backticks."""
    return "\n".join(_CODE.findall(page.read_text(encoding="utf-8")))


def is_named(words: str, page: Path = README) -> bool:
    code = code_in_the_readme(page)
    return re.search(rf"(?<![\w-]){re.escape(words)}(?![\w-])", code) is not None


def commands(group: click.Group) -> Iterator[str]:
    for name, command in group.commands.items():
        yield name
        if isinstance(command, click.Group):
            yield from commands(command)


@pytest.mark.parametrize("name", sorted(set(commands(main))))
def test_every_command_is_in_the_readme(name: str) -> None:
    assert is_named(name), f"README.md says nothing of the command {name}"
    assert is_named(name, SWEDISH), f"README.sv.md says nothing of the command {name}"


@pytest.mark.parametrize("option", [option for each in main.params for option in each.opts])
def test_every_option_for_all_commands_is_in_the_readme(option: str) -> None:
    assert is_named(option), f"README.md says nothing of {option}"
    assert is_named(option, SWEDISH), f"README.sv.md says nothing of {option}"


def settings_explained() -> Iterator[tuple[str, str, str]]:
    """Give each setting's name, default and explanation as `config init` writes them."""
    section = about = ""
    for line in settings_text(Settings()).splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line.startswith("# "):
            about = line.removeprefix("# ")
        elif line:
            key, _equals, default = line.partition(" = ")
            yield f"{section}.{key}", default, about


@pytest.mark.parametrize(("name", "default", "about"), settings_explained())
def test_the_readme_says_of_every_setting_what_the_file_says(
    name: str, default: str, about: str
) -> None:
    rows = (line.split(" | ") for line in README.read_text(encoding="utf-8").splitlines())
    said = {row[0].strip("| `"): row[1:] for row in rows if len(row) == 3}

    assert name in said, f"README.md says nothing of {name}"
    assert [cell.replace("`", "").removesuffix(" |") for cell in said[name]] == [default, about]


@pytest.mark.parametrize("name", [name for names in NAMES.values() for name in names])
def test_every_operator_of_the_search_is_in_the_readme(name: str) -> None:
    assert re.search(rf"(?<!\w){name}:", code_in_the_readme())


@pytest.mark.parametrize("name", [names[1] for names in NAMES.values()])
def test_every_swedish_operator_is_in_the_swedish_readme(name: str) -> None:
    assert f"`{name}:" in SWEDISH.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [README, SWEDISH])
def test_every_command_of_the_readme_exists(page: Path) -> None:
    code = code_in_the_readme(page)
    named = re.findall(r"(?<![\w/.-])(?:flodeslasare|\./run) +([a-z]+)\b", code)

    assert set(named) - {"test", "check"} <= set(main.commands)
