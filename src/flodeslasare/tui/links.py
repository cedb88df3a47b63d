"""Links: what an address may do, how it is shown, whether its text deceives; opening and copying.

The one place where an address from a feed leaves the program.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from flodeslasare.i18n import _
from flodeslasare.text import beginning, harmless_line

if TYPE_CHECKING:
    import webbrowser

    from textual.app import App

# No backslash, quote or bracket in the authority: browsers and `urlsplit` disagree on where it ends then.
_OPENABLE = re.compile(
    r"(?:https?://[^\s/?#\"'<>\\^`{|}]+(?:[/?#]\S*)?|mailto:[^\s@]+@\S+)", re.IGNORECASE
)
_CONTROLS = re.compile("[\x00-\x20\x7f-\x9f]")
_KEPT = "!#$%&'()*+,/:;=?@[]~"
_CONSOLE_BROWSERS = frozenset(
    {
        "browsh",
        "carbonyl",
        "chawan",
        "cha",
        "elinks",
        "links",
        "links2",
        "lynx",
        "w3m",
        "www-browser",
    }
)
"""Programs that take over the terminal, by the names `webbrowser` and Debian know them."""
_MAIL_FIELDS = frozenset({"subject", "body", "to", "cc", "bcc", "in-reply-to"})
_SHELLS = frozenset(
    {"ash", "bash", "busybox", "csh", "dash", "fish", "ksh", "mksh", "nu", "pwsh", "sh", "tcsh"}
    | {"xonsh", "zsh", "cmd.exe", "powershell.exe", "eval"}
)
_HOST_CHARACTERS = 60
"""As much of a host is shown, from its end: the end says whose it is."""
_NAMED_ADDRESS = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{0,12}://|\bwww\.)[^\s<>\"”’)\]]+", re.IGNORECASE
)
_NAMED_HOST = re.compile(
    r"(?:[^\s@/?#:]+@)?(?:[\w-]+\.)+([a-z][a-z0-9-]+|[^\W\d_]{2,}|\d{1,3})(?:[:/?#]\S*)?",
    re.IGNORECASE,
)
_HOST_IN_SENTENCE = re.compile(
    r"(?<![\w.@-])(?:[\w-]+\.)+"
    r"(?:se|nu|com|org|net|eu|no|dk|fi|is|de|uk|fr|nl|it|es|pl|ru|cn|io|ai|app|dev|info|biz|gov|edu|bank)"
    r"(?![\w-]|\.\w)"
)
"""Only the usual top-level domains: `t.ex.` and `m.fl.` are no hosts."""
_FILE_ENDINGS = frozenset(
    [
        "asp",
        "aspx",
        "avif",
        "bmp",
        "cfg",
        "conf",
        "css",
        "csv",
        "doc",
        "docx",
        "epub",
        "exe",
        "flac",
        "gif",
        "gz",
        "htm",
        "html",
        "ics",
        "ini",
        "ipynb",
        "jpeg",
        "jpg",
        "js",
        "json",
        "jsx",
        "log",
        "m4a",
        "mkv",
        "mp3",
        "mp4",
        "odp",
        "ods",
        "odt",
        "ogg",
        "opus",
        "pdf",
        "php",
        "png",
        "ppt",
        "pptx",
        "rst",
        "rtf",
        "svg",
        "tar",
        "tex",
        "tgz",
        "toml",
        "ts",
        "tsv",
        "tsx",
        "ttf",
        "txt",
        "wav",
        "webm",
        "webp",
        "wma",
        "xls",
        "xlsx",
        "xml",
        "yaml",
        "yml",
    ]
)
"""Ends of names that are files, and no top-level domains."""


def is_openable(url: str) -> bool:
    """Say whether an address may be opened: whole, without spaces, and http, https or mailto."""
    if _CONTROLS.search(url) or not _OPENABLE.fullmatch(url):
        return False
    try:
        return url[:7].lower() == "mailto:" or bool(_host(urlsplit(url)))
    except ValueError:  # half an IPv6 address
        return False


def is_web(url: str) -> bool:
    """Say whether an address may be fetched: one that may be opened, and http or https."""
    return is_openable(url) and url[:4].lower() == "http"


# --- how an address is shown -----------------------------------------------------------------------


def shown_host(url: str) -> str:
    """Give the host of an address as people write it; for a mail address, the address."""
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() == "mailto":
            return _end_of(harmless_line(unquote(parts.path)))
        host = _host(parts)
    except ValueError:
        return ""
    return _end_of(_in_letters(host.removeprefix("www.")))


def shown_address(url: str) -> str:
    """Give an address as it is shown: its real host in sight, no name and password before it."""
    try:
        parts = urlsplit(url)
        host = _host(parts)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return harmless_line(url)
    if not host:
        return harmless_line(url)
    netloc = _end_of(_in_letters(host)) + port
    return harmless_line(urlunsplit(parts._replace(scheme=parts.scheme.lower(), netloc=netloc)))


def file_name(url: str) -> str:
    """Give the last part of the path of an address, as people write it."""
    try:
        return beginning(harmless_line(unquote(urlsplit(url).path.rpartition("/")[2])), 60)
    except ValueError:
        return ""


def without_scheme(url: str) -> str:
    """Give an address as people write it, for the list of links."""
    host = shown_host(url)
    if url.lower().startswith("mailto:"):
        return host
    try:
        path = urlsplit(url).path
    except ValueError:
        return host
    return beginning(f"{host}{harmless_line(unquote(path))}".rstrip("/"), 200)


def _host(parts: SplitResult) -> str:
    """Give the host in ASCII, as browsers look it up."""
    return _in_ascii((parts.hostname or "").rstrip("."))


def _in_ascii(host: str) -> str:
    if host.isascii():
        return host.lower()
    import idna  # 10 ms that few addresses need

    try:
        return idna.encode(host, uts46=True).decode("ascii").lower()
    except idna.IDNAError:  # no domain holds such letters; then nobody shall take them for others
        labels = re.split("[.\u3002\uff0e\uff61]", unicodedata.normalize("NFKC", host).lower())
        return ".".join(
            label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
            for label in labels
        )


def _in_letters(host: str) -> str:
    return ".".join(map(_shown_label, host.split(".")))


def _shown_label(label: str) -> str:
    """Decode an IDN label where all its letters are Latin, so that no look-alike can pass for another."""
    if not label.startswith("xn--"):
        return label
    try:
        decoded = label.encode("ascii").decode("idna")
    except UnicodeError:
        return label
    is_plain = all(ord(char) < 0x250 and (char.isalnum() or char == "-") for char in decoded)
    return decoded if is_plain else label


def _end_of(host: str) -> str:
    return host if len(host) <= _HOST_CHARACTERS else f"…{host[-_HOST_CHARACTERS:]}"


# --- deceit ----------------------------------------------------------------------------------------


def names_host(text: str) -> bool:
    """Say whether a link's text is an address, or holds one, as far as a reader would take it so."""
    return bool(_named(text))


def other_host(url: str, text: str) -> str | None:
    """Give the host that a link's text names where the link leads to another one."""
    try:
        parts = urlsplit(url)
        real = {_host(parts)}
        if parts.scheme.lower() == "mailto":
            mail = unquote(parts.path).lower()
            real = {mail, _in_ascii(mail.rpartition("@")[2])}
    except ValueError:
        return None
    real = {host.removeprefix("www.") for host in real}
    for said, host in _named(text).items():
        if host not in real:
            return _end_of(said)
    return None


def doubt(url: str, text: str = "") -> str | None:
    """Say why an address should be looked at before it is opened; `None` when it is what it seems."""
    if said := other_host(url, text):
        return _("The text says {said}, but the link leads to {host}.").format(
            said=said, host=shown_host(url)
        )
    try:
        parts = urlsplit(url)
        host = _host(parts)
    except ValueError:
        return None
    if parts.scheme.lower() == "mailto":
        return None
    if "@" in parts.netloc:
        name = harmless_line(unquote(parts.netloc.rpartition("@")[0]))
        name = name if len(name) <= _HOST_CHARACTERS else f"{name[:_HOST_CHARACTERS]}…"
        return _("The address begins with {name}, but it leads to {host}.").format(
            name=name, host=shown_host(url)
        )
    if "xn--" in _in_letters(host):
        return _("The host's name is in letters that may look like others.")
    return None


def _named(text: str) -> dict[str, str]:
    """Find the hosts that a text names: as they stand there, and in ASCII without www."""
    text = unicodedata.normalize("NFKC", harmless_line(text[:2_000])).replace("\u3002", ".")
    text = re.sub(r"^\W+|[^\w/]+$", "", text)
    found = _NAMED_ADDRESS.findall(text)
    if not found and (whole := _NAMED_HOST.fullmatch(text)):
        found = [text] if _is_top_level(whole[1], text) else []
    elif not found:
        found = _HOST_IN_SENTENCE.findall(text)
    named: dict[str, str] = {}
    for address in found[:20]:
        rest = address.partition("://")[2] or address
        said = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rstrip(".,;:!")
        if "@" in said:  # a mail address; or a name before a host, which is there to be misread
            named[said] = said.lower()
        elif said := re.sub(r":\d*$", "", said):
            named[said] = _in_ascii(said.rstrip(".")).removeprefix("www.")
    return named


def _is_top_level(label: str, text: str) -> bool:
    if label.isdigit():
        return re.match(r"\d{1,3}(?:\.\d{1,3}){3}(?![\w.])", text) is not None
    return label.lower() not in _FILE_ENDINGS


# --- opening and copying ---------------------------------------------------------------------------


def address_to_open(url: str) -> str:
    """Give an address as a program gets it: ASCII, and nothing in it that RFC 3986 does not know."""
    parts = urlsplit(url)
    netloc, query = parts.netloc, parts.query
    if parts.scheme.lower() == "mailto":  # others can attach a file of the person's (RFC 6068 §4)
        query = "&".join(
            field
            for field in query.split("&")
            if unquote(field.partition("=")[0]).lower() in _MAIL_FIELDS
        )
    if parts.hostname:
        userinfo, at, _rest = netloc.rpartition("@")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else _host(parts)
        port = f":{parts.port}" if parts.port else ""
        netloc = f"{quote(userinfo, safe=_KEPT)}{at}{host}{port}"
    return urlunsplit(
        (
            parts.scheme,
            netloc,
            quote(parts.path, safe=_KEPT),
            quote(query, safe=_KEPT),
            quote(parts.fragment, safe=_KEPT),
        )
    )


def open_in_browser(app: App[Any], url: str) -> str | None:
    """Open an address in the person's browser; no shell sees it.

    A browser that runs in the terminal gets the terminal until it is left.

    Returns:
        `None` when it was opened, else why not, in a sentence.
    """
    import webbrowser

    from textual.app import SuspendNotSupported

    if not is_openable(url):
        return _("Only http, https and mailto links are opened.")
    failed = _("No browser could be started.")
    try:
        browser = webbrowser.get()
    except (webbrowser.Error, ValueError):  # none; or a quote in BROWSER that never ends
        return failed
    if shell := _shell_of(browser):
        reason = _("BROWSER starts {shell}, and a shell could take an address for a command.")
        return reason.format(shell=harmless_line(shell))
    try:
        if not _runs_in_terminal(browser):
            return None if browser.open(address_to_open(url)) else failed
        with app.suspend():
            return None if browser.open(address_to_open(url)) else failed
    except (OSError, ValueError, webbrowser.Error, SuspendNotSupported):
        return failed


def copy(app: App[Any], url: str) -> None:
    """Put an address on the clipboard, through the terminal (OSC 52); never a second line."""
    app.copy_to_clipboard(address_to_open(url) if is_openable(url) else harmless_line(url))


def _shell_of(browser: webbrowser.BaseBrowser) -> str | None:
    """Give the shell in a command line that BROWSER holds (`sh -c "firefox %s"`), if there is one."""
    words = [getattr(browser, "name", ""), *getattr(browser, "args", ())]
    return next((f"{word}" for word in words if _program(word) in _SHELLS), None)


def _runs_in_terminal(browser: webbrowser.BaseBrowser) -> bool:
    """Say whether `webbrowser` would wait for the browser, as it does for those of the console."""
    return _program(getattr(browser, "name", "")) in _CONSOLE_BROWSERS


def _program(word: object) -> str:
    return str(word).replace("\\", "/").rpartition("/")[2].lower()
