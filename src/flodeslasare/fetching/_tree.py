"""The quick reader of plain RSS 2.0 and Atom 1.0, straight from the tree.

Nine feeds of ten are one of these, written by a program, without surprises: here they are read at
a tenth of what feedparser costs (40 µs an entry for 410). Whatever looks unusual raises
`NotPlain`, and feedparser reads the document; that both say the same of the same document is tested.
"""

from __future__ import annotations

import html

from lxml import etree

from flodeslasare.fetching._document import ITEM_NAMES, local_name
from flodeslasare.fetching._raw import (
    RawAuthor,
    RawEntry,
    RawFeed,
    RawLink,
    RawMedia,
    RawText,
)

_ATOM = "http://www.w3.org/2005/Atom"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_PREFIXES = {
    _ATOM: "",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/rss/1.0/modules/syndication/": "sy:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://search.yahoo.com/mrss": "media:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
    _ATOM.lower(): "",
}


class NotPlain(Exception):
    """The document holds something that this reader does not know."""


def read_tree(root: etree._Element) -> RawFeed:
    """Read a plain feed.

    Raises:
        NotPlain: it is another kind of feed, or an unusual one.
    """
    if root.tag == f"{{{_ATOM}}}feed":
        return _Reader(root, is_atom=True).read(root)
    if root.tag == "rss":
        channels = [child for child in root if child.tag == "channel"]
        if len(root) == len(channels) == 1:
            return _Reader(root, is_atom=False).read(channels[0])
    raise NotPlain


class _Reader:
    def __init__(self, root: etree._Element, *, is_atom: bool) -> None:
        self._is_atom = is_atom
        self._language = root.get(f"{_XML}lang") or ""
        self._has_bases = root.xpath("boolean(//@xml:base)") is True
        self._names: dict[str, str] = {}
        if root.xpath("boolean(//@base)") is True:
            raise NotPlain  # feedparser takes it for xml:base

    def read(self, channel: etree._Element) -> RawFeed:
        feed = RawFeed(language=self._language, is_atom=self._is_atom)
        owner = None
        for child in channel:
            name = self._name(child)
            if name in ITEM_NAMES:
                feed.entries.append(self._entry(child))
            elif name == "title":
                feed.title = self._text_construct(child)
            elif name == "link":
                self._add_link(feed.links, child)
            elif name in {"author", "managingeditor", "itunes:author", "dc:creator"}:
                feed.authors.append(self._author(child))
            elif name == "itunes:owner":
                owner = self._author(child)
            elif name in {"language", "dc:language"}:
                feed.language = self._text(child)
            elif name == "ttl":
                feed.ttl = self._text(child)
            elif name == "sy:updateperiod":
                feed.update_period = self._text(child)
            elif name == "sy:updatefrequency":
                feed.update_frequency = self._text(child)
        if owner is not None and not feed.authors:
            feed.authors.append(owner)
        return feed

    def _entry(self, item: etree._Element) -> RawEntry:
        entry = RawEntry()
        created = source_authors = None
        other_title = None
        stack = [*reversed(item)]
        while stack:
            child = stack.pop()
            name = self._name(child)
            match name:
                case "title":
                    if entry.title is None:
                        entry.title = self._text_construct(child)
                case "media:title" | "itunes:title" | "dc:title":
                    other_title = other_title or self._text_construct(child, is_html=True)
                case "link":
                    self._add_link(entry.links, child)
                case "guid" | "id":
                    entry.guid = self._text(child)
                    if name == "id" or _is_permalink(child):
                        entry.fallback_url = entry.fallback_url or entry.guid
                case "content:encoded":
                    self._add_text(entry.contents, child, is_html=True)
                case "content":
                    self._add_text(entry.contents, child)
                case "description" | "media:description" | "dc:description":
                    self._add_text(entry.summaries, child, is_html=True)
                case "summary":
                    self._add_text(entry.summaries, child)
                case "itunes:summary":
                    self._add_text(entry.summaries, child, is_html=not self._is_atom)
                case "itunes:subtitle":
                    entry.subtitle = self._text_construct(child, is_html=not self._is_atom)
                case "author" | "dc:creator" | "dc:author" | "itunes:author":
                    entry.authors.append(self._author(child))
                case "source":
                    source_authors = [
                        self._author(author) for author in child if self._name(author) == "author"
                    ]
                case "pubdate" | "published" | "issued" | "dcterms:issued":
                    entry.published = self._text(child) or entry.published
                case "created" | "dcterms:created":
                    created = self._text(child) or created
                case "updated" | "modified" | "date" | "dc:date" | "dcterms:modified":
                    entry.updated = self._text(child) or entry.updated
                case "category" | "dc:subject" | "media:category":
                    tag = child.get("label") or child.get("term") or self._text(child)
                    entry.tags.append(tag)
                case "itunes:category":
                    entry.tags.append(child.get("text") or "")
                case "itunes:keywords" | "media:keywords":
                    entry.tags.extend(self._text(child).split(","))
                case "enclosure":
                    entry.links.append(
                        RawLink(
                            href=child.get("url") or "",
                            rel="enclosure",
                            type=(child.get("type") or "").lower() or None,
                            length=child.get("length"),
                        )
                    )
                case "media:content":
                    entry.media.append(_media(child))
                    stack.extend(reversed(child))
                case "media:thumbnail" | "itunes:image":
                    entry.thumbnails.append(_media(child))
                case "media:group":
                    stack.extend(reversed(child))
                case "feedburner:origlink":
                    entry.links.insert(0, RawLink(href=self._text(child)))
                case "body" | "fullitem" | "abstract" | "xhtml:body":
                    raise NotPlain
                case _:
                    pass
        entry.title = entry.title or other_title
        entry.published = entry.published or created or ""
        if not any(author.name or author.email for author in entry.authors) and source_authors:
            entry.authors = source_authors
        return entry

    def _name(self, element: etree._Element) -> str:
        """Give the usual name of an element: `pubdate`, `dc:creator`; of an unknown one, its tag."""
        tag = str(element.tag)
        name = self._names.get(tag)
        if name is None:
            namespace, _, local = tag[1:].partition("}") if tag[0] == "{" else ("", "", tag)
            prefix = _PREFIXES.get(namespace) if namespace else ""
            if prefix is None:
                prefix = _PREFIXES.get(namespace.strip().lower(), f"{{{namespace}}}")
            name = self._names[tag] = prefix + local.lower()
        return name

    def _text(self, element: etree._Element) -> str:
        if len(element):
            raise NotPlain  # markup where there should be text
        return (element.text or "").strip()

    def _base(self, element: etree._Element) -> str | None:
        return element.base if self._has_bases else None

    def _text_construct(
        self, element: etree._Element, *, is_html: bool | None = None
    ) -> RawText | None:
        """Read RFC 4287 §3.1; RSS does not say what its texts are, so they may be HTML."""
        kind = (element.get("type") or "").lower()
        if element.get("mode") or element.get("src"):
            raise NotPlain
        if self._is_atom and kind in {"xhtml", "application/xhtml+xml"}:
            if len(element) == 1 and local_name(element[0]) == "div":
                element = element[0]  # which is no part of the content
            value = _inner_html(element)
            return RawText(value, base=self._base(element)) if value else None
        if kind not in {"", "text", "plain", "html", "text/plain", "text/html"}:
            raise NotPlain
        value = self._text(element)
        if not value:
            return None
        if self._is_atom and (kind or is_html is None):
            is_html = kind in {"html", "text/html"}
        return RawText(value, is_html=is_html is not False, base=self._base(element))

    def _add_text(
        self, texts: list[RawText], element: etree._Element, *, is_html: bool | None = None
    ) -> None:
        text = self._text_construct(element, is_html=is_html)
        if text is not None:
            texts.append(text)

    def _add_link(self, links: list[RawLink], element: etree._Element) -> None:
        href = (
            element.get("href") or element.get("url") or element.get("uri") or self._text(element)
        )
        if not href:
            return
        rel = (element.get("rel") or "alternate").lower()
        usual_type = "application/atom+xml" if rel == "self" else "text/html"
        links.append(
            RawLink(
                href=href,
                rel=rel,
                type=(element.get("type") or usual_type).lower(),
                length=element.get("length"),
            )
        )

    def _author(self, element: etree._Element) -> RawAuthor:
        if not len(element):
            return RawAuthor(name=self._text(element))
        parts = {local_name(child): self._text(child) for child in element}
        return RawAuthor(name=parts.get("name", ""), email=parts.get("email", ""))


def _is_permalink(guid: etree._Element) -> bool:
    for name, value in guid.attrib.items():
        if str(name).lower() == "ispermalink":
            return str(value).strip().lower() == "true"
    return True


def _media(element: etree._Element) -> RawMedia:
    return RawMedia(
        url=element.get("url") or element.get("href") or "",
        type=(element.get("type") or "").lower(),
        medium=element.get("medium") or "",
        length=element.get("fileSize"),
    )


_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "source", "track", "wbr"})


def _inner_html(element: etree._Element) -> str:
    """Write XHTML (RFC 4287 §3.1.1.3) as HTML, without namespaces."""
    parts = [html.escape(element.text or "", quote=False)]
    for event, child in etree.iterwalk(element, events=("start", "end")):
        if child is element:
            continue
        name = local_name(child)
        if event == "start":
            attributes = "".join(
                f' {local}="{html.escape(str(value))}"'
                for key, value in child.attrib.items()
                if "}" not in (local := str(key))
            )
            parts.append(f"<{name}{attributes}>{html.escape(child.text or '', quote=False)}")
        else:
            parts.append(
                f"{'' if name in _VOID else f'</{name}>'}{html.escape(child.tail or '', quote=False)}"
            )
    return "".join(parts).strip()
