"""Addresses without what is secret in them: fit to be shown, said, logged and exported.

Pure text, below everything that shows an address; how addresses are read and compared is in
`fetching`. The patterns are compiled when they are first used: a start uses none.
"""

from __future__ import annotations

import re

_LOGIN = r"((?:[A-Za-z][A-Za-z0-9+.\-]*:)?//|)[^/?#\s]*@"
_LOGINS_IN_TEXT = r"([A-Za-z][A-Za-z0-9+.\-]*://)[^/?#\s]*@"
_TELLING_PARAMETERS = (
    r"(?i)([?&;][^=&;#\s]*(?:token|key|auth|pass|pwd|secret|sig|session|user)[^=&;#\s]*=)[^&;#\s]*"
)


def without_credentials(url: str) -> str:
    """Give an address without the name and password in it."""
    return re.sub(rf"^{_LOGIN}", r"\1", url) if "@" in url else url


def without_logins(text: str) -> str:
    """Give a text without the names and passwords in the addresses that stand in it."""
    return re.sub(_LOGINS_IN_TEXT, r"\1", text) if "@" in text else text


def without_secrets(text: str) -> str:
    """Give a text as it may stand in a log: addresses without passwords, and without tokens in queries."""
    return re.sub(_TELLING_PARAMETERS, r"\1…", without_logins(text))
