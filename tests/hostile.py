"""What strangers write, and how to tell that it did no harm.

The check does not use the program's own list of characters: it asks the Unicode database.
"""

from __future__ import annotations

import json
import re
import unicodedata
from contextlib import closing
from pathlib import Path

from hypothesis import strategies as st

from flodeslasare.storage import open_database

PIECES = (
    "\x1b]0;pwned\x07", "\x1b]8;;file:///etc/passwd\x1b\\", "\x1b[2J", "\x1b[31m", "\x1bP+q\x1b\\",
    "\x9b31m", "\x9d0;pwned\x9c", "\x00", "\r", "\b", "\x7f", "\x85", "\t", "\n", "\u2028",
    "\u202e", "\u2066", "\u200f", "\u061c", "\U000e0041\U000e007f", "\u200b", "\ufeff", "\xad", "\uffff",
    "[bold]x[/bold]", "[@click=app.quit]x[/]", "[link=file:///etc/passwd]y[/link]", "[/]", "$accent", "{x}", "%s",
    "<script>alert(1)</script>", "<b onclick=x>", "&#27;[31m", "&#x9b;2J", "&#8238;", "&amp;#27;", "&#0;",
    "%1b%5b2J", "%0d%0a", "%E2%80%AE", "javascript:alert(1)", "https://bank.se@evil.example/",
    "a" + "\u0301" * 40, "👩\u200d" * 20, "日本", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "\\", "'", '"', "]]>", "-->", "<![CDATA[", "å", " ", "ord",
)  # fmt: skip
HOSTILE = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(st.characters(exclude_categories=[]), max_size=6)),
    max_size=8,
).map("".join)
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def harmful(text: str, allowed: str = "\n\t") -> set[str]:
    """Give the characters of a text that steer a terminal, turn it round or hide in it."""
    return {
        char
        for char in _FLAG.sub("", text)
        if char not in allowed
        and (
            unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
            or unicodedata.bidirectional(char) in _TURNING
            or char in "\u061c\u200e\u200f"
            or "\U000e0000" <= char <= "\U000e007f"
        )
    }


def plant(path: Path, text: str) -> None:
    """Write a text into every field that is shown, as no door lets it in."""
    text = text.encode("utf-8", "replace").decode()
    tags = json.dumps([text, "x"])
    files = json.dumps([[f"https://a.se/{text}", text, 5], [text, None, None]])
    html = (
        f"<p>{text}</p><a href='{text}'>{text}</a><a href='https://a.se/{text}'>{text}</a>"
        f"<pre>{text}</pre><table><tr><th>{text}<th>b<tr><td>{text}<td>{text}</table><img alt='{text}' src='{text}'>"
        f"<ul><li>{text}</ul><blockquote>{text}</blockquote><h2>{text}</h2>"
    )
    with closing(open_database(path)) as database, database.writing():
        for statement, values in (
            ("UPDATE feeds SET title = ?, named = ?, folder = ?, site_url = ?, last_error = ?, flaw = ?, failures = 1", (text,) * 6),
            ("UPDATE feeds SET url = 'https://a.se/feed' || ?", (text,)),
            ("UPDATE entries SET title = ?, excerpt = ?, author = ?, url = ?", (text,) * 4),
            ("UPDATE entries SET guid = id || ?, tags = ?, enclosures = ?", (text, tags, files)),
            ("UPDATE texts SET html = ?, text = ?", (html, f"{text}\n{text}")),
            ("UPDATE versions SET title = ?, html = ?", (text, html)),
        ):  # fmt: skip
            database.run(statement, values)
