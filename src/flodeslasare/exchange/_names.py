"""What all foreign files have in common: names that need cleaning, addresses that need a look."""

from __future__ import annotations

import re

from flodeslasare.text import harmless

_WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


def clean_name(text: str | None) -> str:
    """Give a name on one line: no control characters, single spaces, nothing at the ends."""
    return " ".join(harmless(text or "").split())


def web_address(text: str) -> str | None:
    """Give the http or https address that `text` is, or `None`.

    `feed://host/…` and `feed:https://host/…`, which browsers once handed to readers, count too.
    """
    address = harmless(text).strip()
    if address[:7].lower() == "feed://":
        address = "http://" + address[7:]
    elif address[:5].lower() == "feed:":
        address = address[5:]
    address = address.replace(" ", "%20")
    return address if _WEB_ADDRESS.fullmatch(address) else None
