"""What is compared of an entry to tell whether its feed has changed it.

Taken where a document is read (`fetching.parse`), in a process of its own; compared in `library.plan`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from flodeslasare.documents import ParsedEntry
from flodeslasare.model import Enclosure
from flodeslasare.text import single_spaced

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
    """Take the digest of an entry."""
    return digest(
        title=entry.title,
        text=entry.text,
        url=entry.url,
        author=entry.author,
        tags=entry.tags,
        enclosures=entry.enclosures,
        published=entry.published,
        html=entry.html,
    )


def digest(
    *,
    title: str,
    text: str,
    url: str | None,
    author: str | None,
    tags: Collection[str],
    enclosures: Collection[Enclosure],
    published: datetime | None,
    html: str,
) -> Digest:
    """Take the digest of an entry that is being made. Space, attribute order and signatures in links do not matter."""
    words = _bytes(single_spaced(f"{title}\n{text}"))
    rest = [
        unsigned(url or ""),
        author or "",
        *sorted(tags),
        *(unsigned(file.url) for file in enclosures),
        str(published),
        unsigned(html),
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
