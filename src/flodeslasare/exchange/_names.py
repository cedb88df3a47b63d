"""What all foreign files have in common: names that need cleaning, addresses that need a look."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and newline, DEL, C1
    "\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"  # what changes the direction of text
    "\ud800-\udfff\ufffe\uffff"  # what neither UTF-8 nor XML can carry
    "]"
)
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


def without_controls(text: str) -> str:
    """Give text without characters that steer a terminal, or that XML and UTF-8 cannot carry."""
    return _UNSAFE.sub("", text)


def clean_name(text: str | None) -> str:
    """Give a name on one line: no control characters, single spaces, nothing at the ends."""
    return " ".join(without_controls(text or "").split())


def web_address(text: str) -> str | None:
    """Give the http or https address that `text` is, or `None`.

    `feed://host/…` and `feed:https://host/…`, which browsers once handed to readers, count too.
    """
    address = without_controls(text).strip()
    if address[:7].lower() == "feed://":
        address = "http://" + address[7:]
    elif address[:5].lower() == "feed:":
        address = address[5:]
    address = address.replace(" ", "%20")
    return address if _WEB_ADDRESS.fullmatch(address) else None
