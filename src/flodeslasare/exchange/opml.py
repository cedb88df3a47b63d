"""OPML 2.0 ⇄ subscriptions: the list of feeds that every reader can read and write.

Files in the wild are forgiving about the format, so this is too: attribute names in any case, bare
`&` in addresses, `url` for `xmlUrl`, Windows' letters where UTF-8 is promised, control characters. A DOCTYPE is refused, since entities can be used to blow up
the reader (http://opml.org/spec2.opml needs none).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.entities import html5
from xml.etree import ElementTree

from flodeslasare.documents import LeftOut, Subscription
from flodeslasare.errors import DataError
from flodeslasare.exchange._names import clean_name, web_address
from flodeslasare.i18n import _, ngettext

_DEEPEST = 32
"""Folders nested deeper than this are joined with the one above: nobody has so many by hand."""

_LINKS = frozenset({"link", "include"})

_NAMED = 3
"""So many of the links that are left out are named: a directory may be made of them."""

_BARE_AMPERSAND = re.compile(rb"&(?!#[0-9]+;|#x[0-9a-fA-F]+;|(?:amp|lt|gt|quot|apos);)")
_HTML_ENTITY = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,31};)")
_CONTROLS = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f]")
_DECLARED = re.compile(rb"""<\?xml[^>]*\bencoding\s*=\s*["']([\w.-]+)["']""")
_XML_ENTITIES = {b"amp;", b"lt;", b"gt;", b"quot;", b"apos;"}
_ESCAPE = re.compile("%(?=2[F5])")
_ESCAPED = re.compile("%2([F5])")


class _Doctype(Exception):
    """The document brings a DOCTYPE."""


class _Builder(ElementTree.TreeBuilder):
    """Builds the tree, and stops at a DOCTYPE in whichever encoding it comes."""

    def doctype(self, *_names: str | None) -> None:
        raise _Doctype


def join_folder(names: Sequence[str]) -> str | None:
    """Give the path of a folder from the names on the way to it: `A/B`; `None` for the top.

    A `/` that belongs to a name is written `%2F` (and a `%2F` or `%25` that does, `%252F`, `%2525`).
    """
    return "/".join(_ESCAPE.sub("%25", name).replace("/", "%2F") for name in names if name) or None


def split_folder(path: str | None) -> list[str]:
    """Give the names on the way to a folder: what `join_folder()` was given."""
    return [
        _ESCAPED.sub(lambda found: "/" if found[1] == "F" else "%", name)
        for name in (path or "").split("/")
        if name
    ]


def read_opml(data: bytes) -> tuple[list[Subscription], list[LeftOut]]:
    """Read the subscriptions of an OPML file, and what was left out.

    Links to pages and to other lists are no feeds (`type` is `link` or `include`, http://opml.org/spec2.opml).
    An address that stands in several folders is kept in the first one. Where `text` differs from `title`,
    `title` is the feed's own and `text` what the person calls it (http://opml.org/spec2.opml).

    Raises:
        DataError: it is not OPML, or is broken beyond repair.
    """
    body = _body(_parse(data))
    subscriptions: dict[str, Subscription] = {}
    skipped: list[LeftOut] = []
    pages: list[str] = []
    lists: list[str] = []
    for outline, folder in _outlines(body):
        text, title = clean_name(outline.get("text")), clean_name(outline.get("title"))
        name = text or title
        written = outline.get("xmlurl") or outline.get("url") or ""
        address = web_address(written)
        if _is_link(outline):
            to = clean_name(written)
            shown = f"{name} ({to})" if name and to else name or to or "<outline>"
            (lists if _is_list(outline, written) else pages).append(shown)
        elif address is None:
            shown = name or clean_name(written) or clean_name(outline.get("htmlurl")) or "<outline>"
            said = (
                _("{name}: not a web address: {address}").format(
                    name=shown, address=clean_name(written)
                )
                if written.strip()
                else _("{name}: the outline has no feed address").format(name=shown)
            )
            skipped.append(LeftOut(said))
        elif address in subscriptions:
            said = _("{address}: stands there twice; the first is kept").format(address=address)
            skipped.append(LeftOut(said))
        else:
            subscriptions[address] = Subscription(
                url=address,
                title=None if (title or name) in ("", clean_name(written)) else title or name,
                named=text if text and title and text != title else None,
                site_url=web_address(outline.get("htmlurl", "")),
                folder=join_folder(folder),
            )
    return list(subscriptions.values()), [*skipped, *_links(pages, lists)]


def _is_link(outline: dict[str, str]) -> bool:
    """Tell whether an outline leads elsewhere; one that has a feed's address is that feed, whatever its type."""
    return "xmlurl" not in outline and outline.get("type", "").strip().lower() in _LINKS


def _is_list(outline: dict[str, str], written: str) -> bool:
    """Tell whether a link leads to another list: as the specification has it, also where it only ends in `.opml`."""
    return outline["type"].strip().lower() == "include" or written.strip().lower().endswith(".opml")


def _links(pages: Sequence[str], lists: Sequence[str]) -> Iterator[LeftOut]:
    """Say which links were left out, those of a kind together."""
    if pages:
        n = len(pages)
        said = ngettext(
            "{n} link to a page, which is no feed: {names}; `flodeslasare add` finds the feed of a page",
            "{n} links to pages, which are no feeds: {names}; `flodeslasare add` finds the feed of a page",
            n,
        )
        yield LeftOut(said.format(n=n, names=_some(pages)), n)
    if lists:
        n = len(lists)
        said = ngettext(
            "{n} link to another list: {names}; fetch it, and import it by itself",
            "{n} links to other lists: {names}; fetch them, and import each by itself",
            n,
        )
        yield LeftOut(said.format(n=n, names=_some(lists)), n)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" …" if names[_NAMED:] else "")


def write_opml(subscriptions: Sequence[Subscription]) -> bytes:
    """Write subscriptions as OPML 2.0 in UTF-8, folders nested, in the order given."""
    root = ElementTree.Element("opml", version="2.0")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = "Flödesläsare"
    body = ElementTree.SubElement(root, "body")
    folders: dict[tuple[str, ...], ElementTree.Element] = {(): body}
    for subscription in subscriptions:
        names = tuple(filter(None, map(clean_name, split_folder(subscription.folder))))
        for depth in range(1, len(names) + 1):
            if names[:depth] not in folders:
                folders[names[:depth]] = ElementTree.SubElement(
                    folders[names[: depth - 1]], "outline", text=names[depth - 1]
                )
        url = clean_name(subscription.url)
        title, named = clean_name(subscription.title), clean_name(subscription.named)
        # `text` is required, also without a name; and a name is told by a `title` that differs from it.
        attributes = {"type": "rss", "text": named or title or url}
        if title or named:
            attributes["title"] = title or url
        attributes["xmlUrl"] = url
        if subscription.site_url:
            attributes["htmlUrl"] = clean_name(subscription.site_url)
        ElementTree.SubElement(folders[names], "outline", attributes)
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _parse(data: bytes) -> ElementTree.Element:
    if not data.strip():
        raise DataError(_("not an OPML file: it is empty"))
    try:
        try:
            return _tree(data)
        except ElementTree.ParseError:
            return _tree(_repaired(data))
    except _Doctype:
        raise DataError(
            _("not an OPML file that can be read: it has a DOCTYPE; remove that line")
        ) from None
    except ElementTree.ParseError as error:
        raise DataError(
            _("not an OPML file: the XML is broken at line {line}").format(line=error.position[0])
        ) from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know
        raise DataError(_("not an OPML file: {cause}").format(cause=error)) from error


def _repaired(data: bytes) -> bytes:
    """Put right what readers are known to write wrong, and a DOCTYPE as little as anything else that is XML."""
    if b"\0" not in data:  # else it is UTF-16, whose characters are two bytes each
        # Nothing may stand in front of <?xml.
        data = _CONTROLS.sub(b"", data.removeprefix(b"\xef\xbb\xbf").lstrip())
        declared = _DECLARED.match(data)
        if declared is None or declared[1].lower() == b"utf-8":
            try:
                data.decode("utf-8")
            except UnicodeDecodeError:
                data = data.decode("cp1252", "replace").encode()
    return _BARE_AMPERSAND.sub(b"&amp;", _HTML_ENTITY.sub(_as_number, data))


def _tree(data: bytes) -> ElementTree.Element:
    parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314 - it refuses every DOCTYPE
    parser.feed(data)
    root: ElementTree.Element = parser.close()
    return root


def _as_number(entity: re.Match[bytes]) -> bytes:
    """Write an HTML entity, which XML does not know, as the number of its character."""
    if entity[1] in _XML_ENTITIES:
        return entity[0]
    characters = html5.get(entity[1].decode("ascii"), "")
    return b"".join(b"&#%d;" % ord(char) for char in characters) or entity[0]


def _body(root: ElementTree.Element) -> ElementTree.Element:
    kind = _tag(root)
    if kind in {"rss", "feed", "rdf"}:
        raise DataError(
            _("not an OPML file but a feed; `flodeslasare add` with its address subscribes to it")
        )
    if kind != "opml":
        raise DataError(_("not an OPML file: it begins with <{tag}>").format(tag=clean_name(kind)))
    for child in root:
        if _tag(child) == "body":
            return child
    raise DataError(_("not an OPML file: it has no <body>"))


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2].lower()


def _outlines(body: ElementTree.Element) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Walk the outlines in order: those that should be feeds, with the folders they lie in.

    Attribute names come in lower case. No recursion: the nesting is the file's choice.
    """
    waiting: list[tuple[ElementTree.Element, list[str]]] = [(body, [])]
    while waiting:
        element, folder = waiting.pop()
        inner = folder
        if element is not body:
            attributes = {name.lower(): value for name, value in element.items()}
            wants_to_be_a_feed = (
                "xmlurl" in attributes
                or "url" in attributes
                or "htmlurl" in attributes
                or attributes.get("type", "").strip().lower() in {"rss", "atom", *_LINKS}
            )
            if wants_to_be_a_feed and ("xmlurl" in attributes or not len(element)):
                yield attributes, folder
            else:
                name = clean_name(attributes.get("text")) or clean_name(attributes.get("title"))
                if name and len(folder) < _DEEPEST:
                    inner = [*folder, name]
        waiting.extend((child, inner) for child in reversed(element) if _tag(child) == "outline")
