"""The language of the screen and of messages: Swedish or English, chosen once at start.

English stands in the code; `locale/sv` holds the Swedish (gettext). Translations are looked up
when a text is shown, so `use_language()` may be called after modules were imported.
"""

from __future__ import annotations

import gettext as _gettext
import locale
import os
from pathlib import Path

LANGUAGES = ("sv", "en")
_DOMAIN = "flodeslasare"
_LOCALE_DIR = Path(__file__).parent / "locale"
_translations: _gettext.NullTranslations = _gettext.NullTranslations()
_language = "en"


def preferred_language() -> str:
    """Give `sv` or `en` by the environment (LANGUAGE, LC_ALL, LC_MESSAGES, LANG, in gettext's order)."""
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "sv" if value.split(":")[0].lower().startswith("sv") else "en"
    system = locale.getlocale()[0] or ""
    return "sv" if system.lower().startswith("sv") else "en"


def use_language(language: str) -> None:
    """Show everything from now on in `language` (`sv` or `en`)."""
    global _translations, _language
    if language not in LANGUAGES:
        raise ValueError(f"no such language: {language}")
    _language = language
    _translations = _gettext.translation(
        _DOMAIN, localedir=_LOCALE_DIR, languages=[language], fallback=True
    )


def language() -> str:
    """Give the language in use: `sv` or `en`."""
    return _language


def _(message: str) -> str:
    """Translate one message."""
    return _translations.gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Translate a message that depends on a number."""
    return _translations.ngettext(singular, plural, number)


def pgettext(context: str, message: str) -> str:
    """Translate a message that means different things in different places."""
    return _translations.pgettext(context, message)
