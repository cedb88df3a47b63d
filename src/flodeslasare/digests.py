"""What is compared of an entry to tell whether its feed has changed it.

Taken where the document is read (`fetching._wire`), in a process of its own; compared in `library.plan`.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from flodeslasare.documents import ParsedEntry

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


def digest_of(entry: ParsedEntry) -> Digest:
    """Take the digest of an entry. Space, attribute order and signatures in links do not matter."""
    words = _bytes(" ".join(f"{entry.title}\n{entry.text}".split()))
    rest = [
        unsigned(entry.url or ""),
        entry.author or "",
        *sorted(entry.tags),
        *(unsigned(file.url) for file in entry.enclosures),
        str(entry.published),
        unsigned(entry.html),
    ]
    figures = b"0123456789"
    return Digest(
        hash_of(words), hash_of(words.translate(None, figures)), hash_of(_bytes("\n".join(rest)))
    )


def unsigned(text: str) -> str:
    """Take what stands behind `?` and `#` in links away; most texts have neither, and are not read through."""
    return _SIGNATURE.sub("", text) if "?" in text or "#" in text else text


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def hash_of(data: bytes) -> str:
    """Give a short hash, in hex."""
    return hashlib.blake2b(data, digest_size=8).hexdigest()
