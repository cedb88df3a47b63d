"""The Swedish of everything that the code says, complete and in step."""

from __future__ import annotations

import ast
import gettext
import re
from functools import cache
from pathlib import Path

import click
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from flodeslasare import i18n
from flodeslasare.cli._help import speak
from flodeslasare.cli.main import main
from flodeslasare.query.parsing import NAMES

SOURCE = Path(__file__).parent.parent / "src" / "flodeslasare"
CLICK = Path(click.__file__).parent
HELP = SOURCE / "locale" / "sv" / "LC_MESSAGES" / "help.po"
CLICKS_OWN = SOURCE / "locale" / "sv" / "LC_MESSAGES" / "click.po"
SWEDISH = SOURCE / "locale" / "sv" / "LC_MESSAGES" / "flodeslasare.po"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
_FIELD = re.compile(r"\{([^{}]*)\}")

Key = tuple[str | None, str | tuple[str, ...]]
"""A message's context and its words; two words where it depends on a number."""


@cache
def said_in_the_code(source: Path = SOURCE) -> dict[Key, str]:
    """Give every message of the code, and where it stands."""
    found: dict[Key, str] = {}
    for name, line, message, _comments, context in extract_from_dir(
        source, method_map=[("**.py", "python")], keywords=KEYWORDS, strip_comment_tags=True
    ):
        found[context, message] = f"{name}:{line}"
    return found


@cache
def swedish(path: Path = SWEDISH) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="sv")


def translations(catalog: Catalog) -> dict[Key, tuple[str, ...]]:
    """Give what a catalogue says for each message; one form, or two."""
    return {
        (message.context, message.id if isinstance(message.id, str) else tuple(message.id)): (
            (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        )
        for message in catalog
        if message.id
    }


def test_something_is_said() -> None:
    assert len(said_in_the_code()) > 50


def test_everything_has_a_swedish_translation() -> None:
    there = translations(swedish())
    missing = [
        f"{where}: {message!r}"
        for (context, message), where in said_in_the_code().items()
        if not all(there.get((context, message), ("",)))
    ]

    assert missing == [], "without a Swedish translation:\n" + "\n".join(missing)


def test_no_text_is_out_of_sight_of_the_extraction() -> None:
    """In an f-string it would be, before Python 3.12."""
    seen = {message for _context, message in said_in_the_code()}
    hidden = [
        f"{path.name}:{call.lineno}"
        for path in SOURCE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("_", "N_")
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value not in seen
    ]

    assert hidden == []


@pytest.mark.parametrize("of_swedish", [False, True])
def test_the_hint_names_operators_that_there_are(of_swedish: bool) -> None:
    message = "words, or title: author: feed: tag: before:"
    said = translations(swedish())[None, message][0] if of_swedish else message
    known = {names[of_swedish] for names in NAMES.values()}

    assert set(re.findall(r"(\w+):", said)) <= known


def test_nothing_is_translated_that_is_no_longer_said() -> None:
    assert sorted(map(str, translations(swedish()).keys() - said_in_the_code().keys())) == []


def test_no_translation_is_a_guess() -> None:
    assert [message.id for message in swedish() if message.id and message.fuzzy] == []


def test_placeholders_are_the_same_in_both_languages() -> None:
    wrong = []
    for (_context, message), texts in translations(swedish()).items():
        originals = (message,) if isinstance(message, str) else message
        wanted = {field for original in originals for field in _FIELD.findall(original)}
        wrong += [text for text in texts if text and set(_FIELD.findall(text)) != wanted]

    assert wrong == []


@pytest.mark.parametrize("path", [SWEDISH, CLICKS_OWN, HELP])
def test_the_compiled_catalogue_is_in_step(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)

    assert translations(compiled) == translations(swedish(path)), (
        "run `pybabel compile`; see locale/README.md"
    )


@pytest.mark.parametrize(("number", "form"), [(0, 1), (1, 0), (2, 1)])
def test_numbers_choose_their_form(number: int, form: int) -> None:
    with SWEDISH.with_suffix(".mo").open("rb") as file:
        plural = gettext.GNUTranslations(file).plural  # type: ignore[attr-defined]  # set when it is read

    assert plural(number) == form


# --- what click says -------------------------------------------------------------------------------

NEVER_SAID = re.compile(
    r"Name '|Boolean option|Could not determine|No options defined|Arguments take exactly|Value must be"  # to us
    r"|Editing failed|Windows error|Aborted|Confirm|Do you want|Repeat|Press any|Error: |Bash version"
    r"|[Dd]eprecat|env var|\(dynamic\)|%\(prog\)s|for help|values are required|standard stream"
    r"|UUID|the format|colour|Choice\(|Positional|^(?:d|file|directory|path)$"
)
"""What is for programmers, or of parts of click that no command uses, or chosen when it is imported."""


def test_what_click_says_of_a_mistake_has_a_swedish_translation() -> None:
    there = translations(swedish(CLICKS_OWN))
    said = said_in_the_code(CLICK)
    missing = [
        message
        for context, message in said
        if (context, message) not in there
        and not NEVER_SAID.search(message if isinstance(message, str) else message[0])
    ]

    assert missing == []
    assert there.keys() - said.keys() == set(), "click says this no longer"


def test_a_translation_for_click_asks_for_nothing_it_does_not_have() -> None:
    for (_context, message), texts in translations(swedish(CLICKS_OWN)).items():
        originals = (message,) if isinstance(message, str) else message
        there = {field for original in originals for field in _FIELD.findall(original)}
        assert all(there.issuperset(_FIELD.findall(text)) for text in texts)


# --- what --help says ------------------------------------------------------------------------------


def test_every_help_text_has_a_swedish_translation_and_none_is_left_over() -> None:
    said: dict[str, str] = {}
    speak(main, lambda text: said.setdefault(text, text))
    speak(main, i18n.said_in("en", "help"))
    there = translations(swedish(HELP))

    assert [text for text in said if not all(there.get((None, text), ("",)))] == []
    assert [message for _context, message in there if message not in said] == []


def test_help_names_in_swedish_what_it_names_in_english() -> None:
    """Options, commands and exit codes are the same in both."""
    name = re.compile(r"--[a-z-]+|`[a-z .-]+`|\b[A-Z]{4,}\b|\b\d{1,3}\b")
    of_their_own = {"FEED", "YEAR", "DATE", "TITLE", "000"}  # a pattern for names, and 100,000
    for (_context, message), texts in translations(swedish(HELP)).items():
        wanted = set(name.findall(str(message))) - of_their_own
        assert wanted - {"SHELL"} <= set(name.findall(texts[0])), texts[0]
