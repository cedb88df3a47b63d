"""What no text may bring to a terminal: the one list of such characters, and the ways to be rid of them.

`fetching.clean` takes them from what comes in; the screen and the command line, which trust no
library, from what they show.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_BREAKS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_UNSAFE_CLASS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and newline, DEL, C1
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f"  # what turns the direction of text
    "\xad\u200b\u2060-\u2065\ufeff"  # invisible: it hides a word from the search
    "\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"  # annotations, and what is no character
)
_HARMFUL = re.compile(f"[{_UNSAFE_CLASS}\U000e0000-\U000e007f]")
_UNSAFE = re.compile(
    # Invisible tags (Unicode 23.9) only spell the flags of parts of countries: Scotland's, England's.
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
    f"|[{_UNSAFE_CLASS}\U000e0000-\U000e007f]"
)
_HALF_A_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e007a]+\\Z")
_MAY_BE_PILED = re.compile(r"[^\x00-\u02ff\w\s]{9,}")
_MOST_MARKS = 8
"""Accents and joiners in a row. Writing needs four at most; sorting thousands takes `unicodedata.normalize`
seconds, and a terminal that draws them paints over the lines around."""
_CHAINED = re.compile(r"(?:[^\w\s\u200d]{1,4}\u200d){5,}")
"""Signs joined into one: a family has four members. Of longer chains nobody knows how wide they are drawn."""


def harmless(text: str) -> str:
    """Give text without characters that steer a terminal or hide in a word; line breaks become newlines."""
    if not text.isprintable() and _HARMFUL.search(text):
        text = _UNSAFE.sub(lambda match: match[1] or "", _LINE_BREAKS.sub("\n", text))
    if text.isascii():
        return text
    if "\u200d" in text:
        text = _CHAINED.sub(lambda match: match[0].replace("\u200d", ""), text)
    return _MAY_BE_PILED.sub(_few_marks, text)


def harmless_line(text: str) -> str:
    """Give the same on one line, tabs and newlines as spaces."""
    text = harmless(text)
    return text if text.isprintable() else text.translate({0x09: " ", 0x0A: " "})


_OTHER_SPACE_LATIN_1 = bytes(
    code for code in range(256) if chr(code).isspace() and chr(code) not in " \n"
)


def has_other_space(text: str) -> bool:
    """Tell whether there is white space but newlines and single spaces, or something that may be such."""
    if "  " in text:
        return True
    try:
        # 2 µs for the usual text of 2,500 characters, where `isprintable` takes 5.
        encoded = text.encode("latin-1")
    except UnicodeEncodeError:
        return not text.replace("\n", "").isprintable()
    return len(encoded.translate(None, _OTHER_SPACE_LATIN_1)) < len(encoded)


def single_spaced(text: str) -> str:
    """Give text with one space for each run of white space, none around it."""
    line = text.replace("\n", " ")
    return " ".join(line.split()) if has_other_space(line) else line.strip(" ")


def beginning(text: str, limit: int) -> str:
    """Give the first characters of a text that is harmless, and stays so: half a flag is letters that nobody sees."""
    if len(text) <= limit:
        return text
    text = text[:limit]
    return _HALF_A_FLAG.sub("", text) if text[-1:] >= "\U000e0030" else text


def harmless_json(encoded: str) -> str:
    """Give JSON that says the same with the harmful characters escaped."""
    return encoded if encoded.isprintable() else _HARMFUL.sub(_escape, encoded)


def encodable(text: str) -> str:
    """Give text without lone surrogates: a terminal in another encoding may hand us such, or a file's name."""
    return text.encode("utf-8", "replace").decode()


def _escape(match: re.Match[str]) -> str:
    import json

    return json.dumps(match[0])[1:-1]


def _few_marks(match: re.Match[str]) -> str:
    kept, marks = [], 0
    for char in match[0]:
        is_mark = unicodedata.category(char) in {"Mn", "Me", "Cf"}
        marks = marks + 1 if is_mark else 0
        if marks <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)
