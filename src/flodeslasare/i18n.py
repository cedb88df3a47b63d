"""The language of the screen and of messages: Swedish or English, chosen once at start.

English stands in the code; `locale/sv` holds the Swedish (gettext). Translations are looked up
when a text is shown, so `use_language()` may be called after modules were imported.

What is kept for later (why a feed failed) is kept as the message and its values, not as the words:
cron may refresh in English what is then read in Swedish. `stored()` and `restored()` do that.
"""

from __future__ import annotations

import gettext as _gettext
import json
import locale
import os
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LANGUAGES = ("sv", "en")
_GROUP = {"sv": "\N{NO-BREAK SPACE}", "en": ","}
_DECIMAL = {"sv": ",", "en": "."}
_DOMAIN = "flodeslasare"
_LOCALE_DIR = Path(__file__).parent / "locale"
_translations: _gettext.NullTranslations = _gettext.NullTranslations()
_language = "en"


def preferred_language() -> str:
    """Give `sv` or `en` by the environment, else by the system."""
    found = _language_of_environment()
    if found is None:
        system = locale.getlocale()[0] or ""
        found = "sv" if system.lower().startswith("sv") else "en"
    return found


def _language_of_environment() -> str | None:
    """Give what LANGUAGE, LC_ALL, LC_MESSAGES or LANG say, in gettext's order; `None` when nothing does."""
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "sv" if value.split(":")[0].lower().startswith("sv") else "en"
    return None


def use_language(language: str) -> None:
    """Show everything from now on in `language` (`sv` or `en`)."""
    global _translations, _language
    if language not in LANGUAGES:
        raise ValueError(f"no such language: {language}")
    _language = language
    _translations = _gettext.translation(
        _DOMAIN, localedir=_LOCALE_DIR, languages=[language], fallback=True
    )


@contextmanager
def in_libraries(domain: str, language: str) -> Iterator[None]:
    """Let a library that asks Python's own gettext for its texts (click) say them in `language`.

    What `locale` holds for it is asked. gettext looks in the environment, so that what is started inside
    speaks the language too; nothing is changed there that says so already.
    """
    before = os.environ.get("LANGUAGE")
    _gettext.bindtextdomain(domain, str(_LOCALE_DIR))
    _gettext.textdomain(domain)
    if _language_of_environment() != language:
        os.environ["LANGUAGE"] = language
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("LANGUAGE", None)
        else:
            os.environ["LANGUAGE"] = before


def said_in(language: str, domain: str) -> Callable[[str], str]:
    """Give what looks texts up in another catalogue than that of `_()`; without one they stay English."""
    return _gettext.translation(
        domain, localedir=_LOCALE_DIR, languages=[language], fallback=True
    ).gettext


def language() -> str:
    """Give the language in use: `sv` or `en`."""
    return _language


class _Said(str):
    """A translated message that knows what it was made of; in every other way the text itself."""

    __slots__ = ("message", "values")

    message: str
    values: dict[str, object]

    def __new__(cls, text: str, message: str, values: dict[str, object]) -> _Said:
        said = super().__new__(cls, text)
        said.message = message
        said.values = values
        return said

    def format(self, *args: object, **values: object) -> str:
        text = super().format(*args, **values)
        if args:
            return text
        return _Said(
            text,
            self.message,
            {
                name: value if isinstance(value, str | int | float) else str(value)
                for name, value in values.items()
            },
        )

    def __str__(self) -> str:  # as the reason of an error it stays what it is
        return self


def _(message: str) -> str:
    """Translate one message."""
    return _Said(_translations.gettext(message), message, {})


def ngettext(singular: str, plural: str, number: int) -> str:
    """Translate a message that depends on a number."""
    return _translations.ngettext(singular, plural, number)


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a message that `_()` translates later, when it is said; gives it as it is."""
    return message


def number(value: float, decimals: int = 0) -> str:
    """Give a number with its thousands apart: `12 345,6` in Swedish, `12,345.6` in English."""
    whole, _point, fraction = f"{value:,.{decimals}f}".partition(".")
    whole = whole.replace(",", _GROUP[_language])
    return f"{whole}{_DECIMAL[_language]}{fraction}" if fraction else whole


def pgettext(context: str, message: str) -> str:
    """Translate a message that means different things in different places."""
    return _translations.pgettext(context, message)


# --- kept for later, in no language -------------------------------------------------------------------

_LONGEST_MESSAGE = 400
_DEEPEST = 8
"""How many messages may stand one inside the other."""


def stored(text: str) -> str:
    """Give a text as it is kept: a message of `_()` with its values, as JSON; anything else as itself."""
    return json.dumps(_parts(text), ensure_ascii=False)


def _parts(text: str) -> list[object]:
    if not isinstance(text, _Said):
        return [text]
    values = {
        name: _parts(value) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    return [text.message, values]


def restored(kept: str) -> str:
    """Give a kept text in the language in use.

    What `stored()` did not make is given as it stands: a text that an earlier version kept. Values are
    data, whatever they hold, and a message that is none of ours cannot reach into them.
    """
    try:
        return _said(json.loads(kept), _DEEPEST)
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        return kept


def _said(parts: object, depth: int) -> str:
    match parts:
        case [str(text)]:
            return text
        case [str(message), dict(values)] if depth and _is_message(message):
            return _(message).format(
                **{
                    name: _said(value, depth - 1) if isinstance(value, list) else value
                    for name, value in values.items()
                    if isinstance(value, list | int | float)
                }
            )
    raise ValueError


def _is_message(message: str) -> bool:
    """Whether a text can be one of our messages: names in braces, each once, and no way into a value."""
    holes = [
        (name, how, conversion)
        for _text, name, how, conversion in string.Formatter().parse(message)
        if name is not None
    ]
    return (
        len(message) <= _LONGEST_MESSAGE
        and message.isprintable()
        and len(holes) == len({name for name, _how, _conversion in holes})
        and all(
            name.isidentifier() and how in ("", "g") and conversion is None
            for name, how, conversion in holes
        )
    )


def with_values(text: str, change: Callable[[str], str]) -> str:
    """Change the values in a message, or all of a text that is none."""
    if not isinstance(text, _Said):
        return change(text)
    values = {
        name: with_values(value, change) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    return _(text.message).format(**values) if values else text
