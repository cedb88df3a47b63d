"""Addresses: as people type them, as they are stored and compared, as they are shown.

Pure: nothing here looks a name up or connects. Which addresses may be *connected to* is decided in
`_connecting`, on the address itself, with `is_public_ip`. The public names are re-exported by `discover`.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import idna

from flodeslasare.addresses import without_credentials
from flodeslasare.errors import AddressRefused
from flodeslasare.i18n import _

MAX_ADDRESS_CHARACTERS = 8_000
"""RFC 9110 §4.1 asks everyone to support 8,000; longer ones are no feeds we have heard of."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(?!\d+(?:[/?#]|$))")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._\-]*[a-z0-9_])?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_QUERY_SAFE = _PATH_SAFE + "?[]|{}^`\\"
_LOCAL_SUFFIXES = (
    ".localhost",  # RFC 6761 §6.3
    ".local",  # RFC 6762
    ".home.arpa",  # RFC 8375
    ".internal",  # set aside by ICANN in 2024
    ".localdomain",
    ".intranet",
    ".lan",
    ".home",
    ".corp",
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052 §2.1
_V4_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291 §2.5.5.1, deprecated


def normalise_address(typed: str) -> str:
    """Tidy an address as a person types or pastes it: the form subscriptions are stored and compared in.

    Without a scheme it becomes `https://`, on this machine `http://`. `feed:` (which never was a
    scheme of its own) and the <> around an address are dropped, and so is the fragment. The host
    becomes ASCII (IDNA, RFC 5891); `readable_address` shows it in letters again. A name and password
    in it stay.

    Raises:
        AddressRefused: another scheme than http and https, or no address at all.
    """
    text = "".join(char for char in typed if char not in "\t\r\n").strip().strip("<>\"'").strip()
    while text[:5].lower() == "feed:":
        text = text[5:]
    if text.startswith("//"):
        text = text[2:]
    if not text:
        raise AddressRefused(typed.strip() or "''", _("there is no address in it"))
    if not has_scheme(text):
        text = f"{'http' if _is_this_machine(text) else 'https'}://{text}"
    return canonical_url(text)


def has_scheme(typed: str) -> bool:
    """Tell whether an address names its scheme; `localhost:8080` is a host and a port."""
    return _SCHEME.match(typed.strip().lstrip("<\"'")) is not None


def canonical_url(url: str) -> str:
    """Give an absolute http(s) address in its one form: ASCII, lower-case host, no fragment.

    Follows RFC 3986 §6.2 as far as it is safe with every server: case, default ports, an empty path.

    Raises:
        AddressRefused: another scheme, or not an address.
    """
    shown = _masked(url)
    if len(url) > MAX_ADDRESS_CHARACTERS:
        raise AddressRefused(shown[:60] + "…", _("the address is too long"))
    try:
        parts = urlsplit(url.strip())
        scheme, port = parts.scheme.lower(), parts.port
        if scheme not in _DEFAULT_PORTS:
            raise AddressRefused(shown, _("only http and https addresses can be fetched"))
        host = _ascii_host(parts.hostname or "")
    except ValueError as error:
        raise AddressRefused(shown, _("that is no address that can be understood")) from error
    userinfo = ""
    if parts.username is not None:
        userinfo = quote(unquote(parts.username), safe="~-._")
        if parts.password is not None:
            userinfo += ":" + quote(unquote(parts.password), safe="~-._")
        userinfo += "@"
    netloc = userinfo + (f"[{host}]" if ":" in host else host)
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        netloc += f":{port}"
    path = _escaped(parts.path or "/", _PATH_SAFE)
    return urlunsplit((scheme, netloc, path, _escaped(parts.query, _QUERY_SAFE), ""))


def readable_address(url: str) -> str:
    """Give an address as it is shown: no name and password, the host in letters where that is safe.

    Only hosts whose labels are wholly Latin are shown in letters, so that no look-alike of another
    script passes for a known name (Unicode TR 39 §5).
    """
    url = without_credentials(url)
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if "xn--" not in host:
            return url
        letters = idna.decode(host)
        if idna.encode(letters).decode() != host or not all(map(_is_latin, letters)):
            return url
        netloc = letters + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return url
    return urlunsplit(parts._replace(netloc=netloc))


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """Part a canonical address from the name and password in it."""
    parts = urlsplit(url)
    if parts.username is None:
        return url, None
    return without_credentials(url), (unquote(parts.username), unquote(parts.password or ""))


def with_credentials_of(owner: str, url: str) -> str:
    """Put the name and password of `owner` on `url` when both are of the same origin; else as it is."""
    userinfo, at, _host = urlsplit(owner).netloc.rpartition("@")
    parts = urlsplit(url)
    if not at or "@" in parts.netloc or not may_share_credentials(owner, url):
        return url
    return urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))


def may_share_credentials(known: str, other: str) -> bool:
    """Tell whether a password for one address may be sent to another.

    Only to the same scheme, host and port, or from http to https on one host with the default ports.
    """
    here, there = urlsplit(known), urlsplit(other)
    if (here.scheme, here.hostname, _port(known)) == (there.scheme, there.hostname, _port(other)):
        return True
    return here.hostname == there.hostname and (
        (here.scheme, _port(known), there.scheme, _port(other)) == ("http", 80, "https", 443)
    )


def host_of(url: str) -> str:
    """Give the host of a canonical address, in ASCII."""
    return urlsplit(url).hostname or ""


def names_private_network(url: str) -> bool:
    """Tell whether an address says by itself that it is on this machine or a private network.

    That is: a private IP address in any spelling, `localhost`, a name without a dot, or one under a
    suffix that public DNS does not hold. No name is looked up. Who subscribes to such an address
    means it, so its feed may be connected to (`allow_private`); any other name that turns out
    to lead to a private address is refused.
    """
    host = host_of(url)
    ip = _literal_ip(host)
    if ip is not None:
        return not is_public_ip(ip)
    return "." not in host or host.endswith(_LOCAL_SUFFIXES)


def is_public_ip(ip: str) -> bool:
    """Tell whether an IP address is one of the open internet.

    Not so: loopback, link-local, private, shared (RFC 6598), multicast, reserved, unspecified, and
    those that carry such an IPv4 address inside an IPv6 one (mapped, compatible, 6to4, Teredo, NAT64).
    See the IANA special-purpose address registries, RFC 6890.
    """
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 1):
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        carried = [v4 for v4 in inner if v4 is not None]
        if carried:
            return all(is_public_ip(str(v4)) for v4 in carried)
        if address.is_site_local:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
    )


# --- details ---------------------------------------------------------------------------------------


def _ascii_host(host: str) -> str:
    host = unquote(host).strip().rstrip(".").lower()
    if ":" in host:
        return str(ipaddress.IPv6Address(host))
    if not host.isascii():
        host = idna.encode(unicodedata.normalize("NFC", host), uts46=True).decode("ascii")
    if not _HOST.fullmatch(host) or ".." in host or len(host) > 253:
        raise ValueError(f"not a host: {host!r}")
    return _literal_ip(host) or host  # resolvers take 127.1 and 0177.0.0.1; one form is enough


def _literal_ip(host: str) -> str | None:
    """Give the IP address that a host spells out, in any form that resolvers take (`127.1`, `0x7f000001`)."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    if re.fullmatch(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}", host):
        try:
            return socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            return None
    return None


def _is_this_machine(text: str) -> bool:
    try:
        host = urlsplit(f"//{text}").hostname or ""
    except ValueError:
        return False
    ip = _literal_ip(host)
    if ip is not None:
        return not is_public_ip(ip)
    return host == "localhost" or host.endswith(".localhost")


def _escaped(part: str, safe: str) -> str:
    quoted = quote(part, safe=safe)
    return _ESCAPE.sub(lambda match: match[0].upper(), quoted)


def _port(url: str) -> int | None:
    parts = urlsplit(url)
    return parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _is_latin(char: str) -> bool:
    return char.isascii() or unicodedata.name(char, "").startswith("LATIN ")


def _masked(text: str) -> str:
    """Hide whatever may be a password, in a text that may not be an address at all."""
    return re.sub(r"^((?:[A-Za-z][A-Za-z0-9+.\-]*:)?//|).*@", r"\1", text.strip())
