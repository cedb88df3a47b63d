"""The items of a document, told apart by their bytes: those that are known from the last time are not read again.

A feed's document mostly comes with one new item and all the old ones. To find the old ones costs a tenth of what
it takes to make a tree of them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from lxml import etree

from flodeslasare.fetching._document import BASE, ITEM_NAMES, Document, local_name, strict_tree


class Items(NamedTuple):
    """A document's items, those known left out of its tree."""

    root: etree._Element
    """The document without the items that are known or too many."""
    hashes: tuple[str, ...]
    """Of all items but those that are too many, in the document's order: hex, 24 digits."""
    total: int
    """How many there are, those that are too many included."""


def items_of(document: Document, known: Collection[str], most: int) -> Items | None:
    """Find the items; `None` where no tree can be made of the document.

    Args:
        document: XML.
        known: hashes of the items that are to be left out.
        most: so many are read; those after them are left out too.
    """
    found = _by_bytes(document.encoded, known, most)
    if found is None and (root := document.tree()) is not None:
        found = _by_elements(root, known, most)
    return found


def elements_of(root: etree._Element) -> list[etree._Element]:
    """Find the items in a tree: children of the root (Atom, RSS 1.0) and of its channel (RSS 2.0)."""
    elements: list[etree._Element] = []
    for child in root:
        name = local_name(child)
        if name in ITEM_NAMES:
            elements.append(child)
        elif name == "channel":
            elements.extend(item for item in child if local_name(item) in ITEM_NAMES)
    return elements


def remove(elements: Iterable[etree._Element]) -> None:
    """Take elements out of their tree, with the text behind them."""
    for element in elements:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)


def _by_elements(root: etree._Element, known: Collection[str], most: int) -> Items:
    elements = elements_of(root)
    hashes = tuple(
        _hash(*_bases(item), etree.tostring(item, encoding="utf-8", with_tail=False))
        for item in elements[:most]
    )
    remove(elements[most:])
    remove(item for item, hash_ in zip(elements, hashes, strict=False) if hash_ in known)
    return Items(root, hashes, len(elements))


def _bases(item: etree._Element) -> Iterator[bytes]:
    """Give what the addresses in an item are relative to; the names it uses, its own bytes declare."""
    for around in item.iterancestors():
        for name in (BASE, "base"):
            yield around.get(name, "").encode()


def _by_bytes(encoded: bytes, known: Collection[str], most: int) -> Items | None:
    """Do it before there is a tree; `None` where the bytes do not say plainly what the items are."""
    spans = _spans(encoded)
    if spans is None:
        return None
    hashes = tuple(_hashes(encoded, spans[:most]))
    left: list[bytes] = []
    done = kept = 0
    for number, (start, end) in enumerate(spans):
        if number >= most or hashes[number] in known:
            left.append(encoded[done:start])
            done = end
        else:
            kept += 1
    root = strict_tree(b"".join([*left, encoded[done:]]) if left else encoded)
    if root is None or len(elements_of(root)) != kept:
        return None
    return Items(root, hashes, len(spans))


_MARK = re.compile(
    rb"<(?:(?P<cdata>!\[CDATA\[)|(?P<comment>!--)|(?P<end>/?)(?:[^\s<>/:!?]+:)?(?i:item|entry)(?=[\s/>]))"
)
"""Every tag of what `local_name` calls an item, that none is missed: then as many tags as items are the items' own."""
_DECLARATION = re.compile(
    rb"""\s(?:xmlns(?::[^\s<>=]+)?|(?:xml:)?base)\s*=\s*(?:"[^"<]*"|'[^'<]*')"""
)
"""What says what names mean, or (feedparser takes `base` for `xml:base`) what addresses are relative to."""


def _hashes(encoded: bytes, spans: Iterable[tuple[int, int]]) -> Iterator[str]:
    """Hash items with what is declared in front of them: with another, the same bytes are another item."""
    scope = ""
    done = 0
    for start, end in spans:
        if declared := _DECLARATION.findall(encoded, done, start):
            scope = _hash(scope.encode(), *declared)
        yield _hash(scope.encode(), encoded[start:end])
        done = end


def _spans(encoded: bytes) -> list[tuple[int, int]] | None:
    """Find from where to where the items go; `None` where one stands in another, or never ends."""
    spans: list[tuple[int, int]] = []
    begun = None
    at = 0
    while mark := _MARK.search(encoded, at):
        closing = b"]]>" if mark["cdata"] else b"-->" if mark["comment"] else b">"
        at = encoded.find(closing, mark.end()) + len(closing)
        if at < len(closing):
            return None
        if closing != b">":
            continue
        if mark["end"]:
            if begun is None:
                return None
            spans.append((begun, at))
            begun = None
        elif begun is not None or encoded[at - 2 : at] == b"/>":
            return None
        else:
            begun = mark.start()
    return spans if begun is None else None


def _hash(*parts: bytes) -> str:
    hashed = hashlib.blake2b(digest_size=12)
    for part in parts:
        hashed.update(part)
    return hashed.hexdigest()
