"""What is compared of an entry to tell whether its feed has changed it.

Taken when a feed brings an entry again in other bytes, of both; compared in `library.plan`. Most entries never are.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from flodeslasare.documents import ParsedEntry
from flodeslasare.model import Entry
from flodeslasare.text import single_spaced

FIGURE_EDITS = 3
"""How often an entry whose figures alone changed counts as edited: a counter in it would go on for ever."""

MOST_EDITS = 24
"""How often an entry counts as edited at all: one with a quotation of the day in it would go on for ever."""

_SIGNATURE = re.compile(r"[?#][^\"'\s<>]*")


class Digest(NamedTuple):
    """What is compared of an entry: a change in `words` is an edit, one in `rest` is not."""

    words: str
    skeleton: str
    """The words without their figures."""
    rest: str
    """Links (without what stands behind `?`), dates, tags, author."""
    earlier: tuple[str, ...] = ()
    """The `words` of the versions that are kept: what returns to one of them is no edit."""

    def __str__(self) -> str:
        return ".".join((*self[:3], *self.earlier))

    @classmethod
    def read(cls, stored: str) -> Digest:
        """Read a digest back from its stored form."""
        words, skeleton, rest, *earlier = stored.split(".")
        return cls(words, skeleton, rest, tuple(earlier))


def digest_of(entry: ParsedEntry | Entry) -> Digest:
    """Take the digest of an entry, come or kept. Space, attribute order and signatures in links do not matter."""
    published = entry.published and entry.published.replace(microsecond=0)  # as it is kept
    rest = [
        unsigned(entry.url or ""),
        entry.author or "",
        *sorted(entry.tags),
        *(unsigned(file.url) for file in entry.enclosures),
        str(published),
        unsigned(entry.html),
    ]
    return words_of(entry.title, entry.text)._replace(rest=hash_of(_bytes("\n".join(rest))))


def words_of(title: str, text: str) -> Digest:
    """Take the digest of words alone, without the rest."""
    words = _said(title, text)
    return Digest(hash_of(words), hash_of(words.translate(None, b"0123456789")), "")


def is_edit(before: Digest, after: Digest, *, versions: int) -> bool:
    """Tell whether words changed, and not for the umpteenth time.

    Args:
        before: how they were.
        after: how they are.
        versions: how many earlier ones are kept.
    """
    if before.words == after.words or versions >= MOST_EDITS:
        return False
    return before.skeleton != after.skeleton or versions < FIGURE_EDITS


def words_digest(title: str, text: str) -> str:
    """Take the `words` of a digest alone."""
    return hash_of(_said(title, text))


def _said(title: str, text: str) -> bytes:
    return _bytes(single_spaced(f"{title}\n{text}"))


def unsigned(text: str) -> str:
    """Take what stands behind `?` and `#` in links away; most texts have neither, and are not read through."""
    return _SIGNATURE.sub("", text) if "?" in text or "#" in text else text


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def hash_of(data: bytes) -> str:
    """Give a short hash, in hex."""
    return hashlib.blake2b(data, digest_size=8).hexdigest()
