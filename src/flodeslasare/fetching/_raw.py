"""What a feed document says, before it is cleaned: the meeting point of the three readers.

Every string in here is as the document has it. `parse` is the only one that lets them out.
"""

from __future__ import annotations

from msgspec import Struct, field

_IANA_RELATIONS = "http://www.iana.org/assignments/relation/"
"""What a registered relation may be written with (RFC 4287 §4.2.7.2)."""


class RawText(Struct):
    """A title, a summary or a content."""

    value: str
    is_html: bool = True
    base: str | None = None
    """What `xml:base` says around it, which may itself be relative."""


class RawLink(Struct):
    """A link or an attached file."""

    href: str
    rel: str = "alternate"
    type: str | None = None
    length: str | None = None

    def __post_init__(self) -> None:
        self.rel = self.rel.strip().lower().removeprefix(_IANA_RELATIONS)


class RawMedia(Struct):
    """A `media:content` or a `media:thumbnail` (Media RSS 1.5.1)."""

    url: str
    type: str = ""
    medium: str = ""
    length: str | None = None


class RawAuthor(Struct):
    """A person as the document names them."""

    name: str = ""
    email: str = ""


class RawEntry(Struct):
    """One item."""

    guid: str = ""
    title: RawText | None = None
    fallback_url: str = ""
    """Where it may be when no link says so: a guid that is a permalink."""
    links: list[RawLink] = field(default_factory=list)
    contents: list[RawText] = field(default_factory=list)
    summaries: list[RawText] = field(default_factory=list)
    subtitle: RawText | None = None
    """What a podcast says in a line, for an entry that says nothing else."""
    authors: list[RawAuthor] = field(default_factory=list)
    published: str = ""
    updated: str = ""
    tags: list[str] = field(default_factory=list)
    media: list[RawMedia] = field(default_factory=list)
    thumbnails: list[RawMedia] = field(default_factory=list)


class RawFeed(Struct):
    """A feed document."""

    title: RawText | None = None
    links: list[RawLink] = field(default_factory=list)
    authors: list[RawAuthor] = field(default_factory=list)
    language: str = ""
    ttl: str = ""
    update_period: str = ""
    update_frequency: str = ""
    is_atom: bool = False
    """Of Atom, which alone says what an address in a text is relative to (RFC 4287 §2, RFC 3986 §5.1)."""
    entries: list[RawEntry] = field(default_factory=list)
