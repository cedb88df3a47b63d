"""Web pages: bytes → a tree, whatever they are, and what their relative addresses start from.

lxml is imported when a page is read: comparing two addresses does not need it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from flodeslasare.errors import AddressRefused
from flodeslasare.fetching._address import canonical_url, split_credentials

if TYPE_CHECKING:
    from lxml import etree

_PAGE_BYTES = 2_000_000
"""As much of a page is read: what names its feeds stands at its top, and a text is a tenth of it."""
_CHARSET = re.compile(rb"""(?i)<meta\b[^<>]{0,200}?charset\s*=\s*["']?\s*([a-z0-9._:-]{1,40})""")


def page_tree(html: bytes | str, content_type: str | None = None) -> etree._Element | None:
    """Make a tree of a page, without its comments; `None` where nothing comes of it.

    Args:
        html: the page; of bytes, the character set is told by a mark, by the reply or by the page, in this order.
        content_type: the reply's header, where there is one.
    """
    from lxml import etree

    from flodeslasare.fetching._document import decode
    from flodeslasare.fetching.clean import flattened

    if isinstance(html, bytes):
        said = _CHARSET.search(html[:4_096])
        if said and "charset" not in (content_type or "").lower():
            content_type = f"charset={said[1].decode('ascii')}"
        html, _flaw = decode(html[:_PAGE_BYTES], content_type)
    data = flattened(html).encode("utf-8", errors="replace")[:_PAGE_BYTES].replace(b"\0", b"")
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)
    try:
        root: etree._Element | None = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError):
        return None
    return root


def base_of(root: etree._Element, page_url: str) -> str:
    """Give what the page's relative addresses start from: the first `<base href>`, else the page."""
    for base in root.iter("base"):
        if href := base.get("href"):
            return address_in(page_url, href) or page_url
    return page_url


def address_in(base: str, href: str | None) -> str | None:
    """Give the canonical address of a link; `None` when it is no http(s) address."""
    href = (href or "").strip()
    while href[:5].lower() == "feed:":
        href = href[5:]
        if href.startswith("//"):
            href = "https:" + href
    if not href:
        return None
    try:
        return split_credentials(canonical_url(urljoin(base, href)))[0]
    except (AddressRefused, ValueError):
        return None
