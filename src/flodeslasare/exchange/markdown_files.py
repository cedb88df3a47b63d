"""Entries as Markdown files: what stands in one, what it is called, and whose an existing one is.

Pure: which names are free, and the writing, is `library.exporting`. The names are made of letters, digits
and hyphens alone, so that nothing a feed calls itself or its entries can lead out of the folder, hide a
file, or mean something to a shell or a file system.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit

from flodeslasare.exchange.markdown import address_in_markdown, escape_markdown, to_markdown
from flodeslasare.model import Entry, Feed, in_iso
from flodeslasare.text import harmless, harmless_json, harmless_line

_NAME_BYTES = 100
"""Of the part of a name that a feed decides; file systems take 255, some that encrypt names 143."""
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))]
)
"""What Windows takes for a device (learn.microsoft.com/windows/win32/fileio/naming-a-file)."""
_UNSEEN = re.compile("[\u200d\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Joins signs or chooses their form, and is not seen itself (Unicode 23.2, 23.4): emoji leave it behind."""
_FENCE = "---"
_NAMED_BY = ("guid", "feed", "url")
"""The lines of the front matter that tell whose a file is."""


def entry_in_markdown(entry: Entry, about: Sequence[str] = ()) -> str:
    """Give an entry as Markdown: its title, what is said about it, its text, what is attached to it.

    Args:
        about: blocks of Markdown to stand under the title.
    """
    blocks = [
        f"# {escape_markdown(entry.title)}" if entry.title else "",
        *about,
        to_markdown(entry.html),
        "\n".join(f"- {address_in_markdown(file.url)}" for file in entry.enclosures),
    ]
    return "\n\n".join(filter(None, blocks))


def markdown_file(entry: Entry) -> str:
    """Give an entry as a file of its own: front matter in YAML, then its text; ends with a newline.

    Marks are left out: reading an entry does not change its file.
    """
    facts = [f"{name}: {value}" for name, value in _front_matter(entry)]
    return "\n".join([_FENCE, *facts, _FENCE, "", harmless(entry_in_markdown(entry)), ""])


def _front_matter(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "title", _quoted(harmless_line(entry.title))
    if entry.url:
        yield "url", _quoted(entry.url)
    # The day in the file's name, and its place in every list: what is dated ahead, or was dated anew
    # later, stands there by another time than its feed gives, and site generators hide what is to come.
    yield "date", in_iso(entry.sorted_by) or ""
    if entry.published and in_iso(entry.published) != in_iso(entry.sorted_by):
        yield "published", in_iso(entry.published) or ""
    if entry.updated:
        yield "updated", in_iso(entry.updated) or ""
    if entry.author:
        yield "author", _quoted(harmless_line(entry.author))
    if entry.tags:
        yield "tags", f"[{', '.join(_quoted(harmless_line(tag)) for tag in entry.tags)}]"
    yield "feed", _quoted(entry.feed_url)
    yield "guid", _quoted(entry.guid)


def _quoted(text: str) -> str:
    """Give text as a scalar of YAML: what JSON quotes, YAML reads (yaml.org/spec/1.2.2/#12-overview)."""
    return harmless_json(json.dumps(text, ensure_ascii=False))


def is_file_of(entry: Entry, content: str) -> bool:
    """Tell whether the beginning of a file says that this entry is in it.

    Its feed, or its link, may have changed since, but not both: two feeds may use the same guid.
    """
    lines = content.split("\n")
    if lines[0] != _FENCE or _FENCE not in lines[1:]:
        return False
    there = dict(line.partition(": ")[::2] for line in lines[1 : lines.index(_FENCE, 1)])
    wanted = dict(_front_matter(entry))
    guid, feed, url = (name in wanted and there.get(name) == wanted[name] for name in _NAMED_BY)
    return guid and (feed or url)


def file_names(entry: Entry, when: datetime) -> Iterator[str]:
    """Give what an entry's file may be called: the best name first, then those that only it has.

    Args:
        when: what it sorts by, in the time zone whose days count.
    """
    words = entry.title or entry.text[: _NAME_BYTES * 2] or urlsplit(entry.url or "").path
    name = "-".join(filter(None, (when.date().isoformat(), safe_name(words))))
    digest = sha256(entry.guid.encode("utf-8", "replace")).hexdigest()
    for tail in ("", f"-{digest[:8]}", f"-{digest}"):
        yield f"{name}{tail}.md"


def folder_names(feeds: Sequence[Feed]) -> dict[int, str]:
    """Give each feed a folder by its title; of those called alike, all but the oldest also by a number."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    for feed in sorted(feeds, key=lambda feed: feed.id):
        name = safe_name(feed.title) or safe_name(urlsplit(feed.url).hostname or "") or "feed"
        if name.casefold() in taken:
            name = f"{name}-{feed.id}"
        while name.casefold() in taken:  # another feed is called like that
            name += "-"
        taken.add(name.casefold())
        names[feed.id] = name
    return names


def safe_name(text: str) -> str:
    """Give the words of a text with hyphens between them; empty when it has none."""
    line = unicodedata.normalize("NFC", harmless_line(text[: _NAME_BYTES * 4]))
    letters = " "
    for char in _UNSEEN.sub("", line):
        kind = unicodedata.category(char)
        is_kept = kind[0] in "LN" or (kind in {"Mn", "Mc"} and letters[-1] != " ")
        letters += char if is_kept else " "
    name = re.sub(" +", "-", letters.strip())
    name = name.encode()[:_NAME_BYTES].decode("utf-8", "ignore").strip("-")
    return f"{name}-" if name.casefold() in _RESERVED else name
