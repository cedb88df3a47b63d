"""Bytes → XML or JSON → a well-formed tree, or the reason why not: character sets, repairs, limits.

Nothing here knows what a feed means; the readers do.
"""

from __future__ import annotations

import codecs
import html
import html.entities
import re
from functools import lru_cache
from itertools import pairwise

from lxml import etree
from msgspec import Struct, field

from flodeslasare.errors import NotAFeed, ParseError
from flodeslasare.i18n import _

BASE = "{http://www.w3.org/XML/1998/namespace}base"
"""What the addresses in an element are relative to, as lxml names the attribute."""
ITEM_NAMES = frozenset({"item", "entry"})
_ROOT_NAMES = frozenset({"rss", "feed", "rdf", "channel"})
_SNIFFED = 100_000
"""How far into a document its first element is looked for, in characters."""


class Document(Struct):
    """A document that may be a feed."""

    text: str
    """All of it when it is JSON; of XML what begins with the root element."""
    is_json: bool
    encoded: bytes = b""
    """The text in UTF-8, of XML."""
    flaws: list[str] = field(default_factory=list)
    is_whole: bool = True
    """It does not end in the middle."""

    def tree(self) -> etree._Element | None:
        """Make a tree of XML, repairing what can be repaired; `None` where nothing can.

        What was wrong is added to `flaws`. The tree has no comments, no processing instructions, no document type, no entities.
        """
        root = strict_tree(self.encoded)
        if root is not None:
            return root
        self.flaws.append(_("it is not well-formed XML"))
        self.is_whole = _is_complete(self.text)
        if not self.is_whole:
            self.flaws[-1] = _("it ends in the middle")
            self.text = _UNFINISHED_TAG.sub("", self.text)
        root = _repaired_tree(self.text)
        if root is not None and not self.is_whole:
            _drop_unfinished_item(root, self.text)
        return root


def read_document(body: bytes, *, url: str, content_type: str | None = None) -> Document:
    """Decode a reply, and see whether it is XML or JSON.

    Raises:
        NotAFeed: it is a page, or a document of another kind.
        ParseError: it is empty, or nothing that we can read.
    """
    flaws: list[str] = []
    text, wrong_charset = decode(body, content_type)
    if wrong_charset:
        flaws.append(wrong_charset)
    text = text.lstrip(" \t\r\n\f\v\0\ufeff")
    if not text.strip("\0 \t\r\n\ufeff"):
        raise ParseError(
            url, _("the reply is empty; the site may be out of order, try again later")
        )
    if text[0] in "{[" and (text[0] == "{" or "json" in (content_type or "")):
        return Document(text, is_json=True, flaws=flaws)

    start = _root_start(text, url)
    if text[:start].strip() and not _PROLOG.fullmatch(text[:start]):
        flaws.append(_("there is something in front of the feed"))
    text, encoded = _with_windows_signs(_with_usual_namespaces(text[start:]))
    return Document(text, is_json=False, encoded=encoded, flaws=flaws)


# --- character sets --------------------------------------------------------------------------------

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = (  # the first sign is < or {, and no mark stands before it (XML 1.0 appendix F)
    (re.compile(rb"[<{\s]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<{\s]"), "utf-32-be"),
    (re.compile(rb"[<{\s]\0[^\0]"), "utf-16-le"),
    (re.compile(rb"\0[<{\s]"), "utf-16-be"),
)
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949"}
"""What is meant by some names (Encoding Standard §4.2): sets that hold more than they say."""
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_KNOWN = re.compile(
    r"utf-8|utf-16|ascii|iso8859|cp\d|koi8|mac-|gb|big5|euc|shift_jis|iso2022|johab|hz|tis-620|ptcp"
)
_SINGLE_BYTE_LATIN = ("ascii", "iso8859-1", "iso8859-15", "cp1252")


_PAIR_IN_UTF8 = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
"""One sign as its two halves of UTF-16, each in UTF-8 (CESU-8, Unicode TR 26): so do Java and old databases."""


def _joined(halves: str) -> str:
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _windows_sign(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are no UTF-8 as windows-1252, one at a time."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if pair := _PAIR_IN_UTF8.match(error.object, error.start):
        return _joined(pair[0].decode("utf-8", "surrogatepass")), pair.end()
    byte = error.object[error.start : error.start + 1]
    return byte.decode("cp1252", "ignore"), error.start + 1


codecs.register_error("flodeslasare-windows", _windows_sign)


def decode(body: bytes, content_type: str | None) -> tuple[str, str | None]:
    """Give the text, and what was wrong with its character set.

    A byte-order mark decides; then the text itself, when it is UTF-8 and not by chance; then
    the reply's charset; then the XML declaration (RFC 7303 §3).
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace"), None
    for form, name in _WIDE:
        if form.match(body):
            return body.decode(name, "replace"), None

    declared = _DECLARED.search(body[:1024].lstrip())
    charset = _CHARSET.search(content_type or "")
    names = [
        found
        for found in (
            _codec(charset[1] if charset else None),
            _codec(declared[1].decode("ascii") if declared else None),
        )
        # The declaration was read a byte a sign, so it is no wide set whatever it says.
        if found and not found.startswith(("utf-16", "utf-32"))
    ]
    if body.isascii() and not any(name.startswith(("iso2022", "hz")) for name in names):
        return body.decode("ascii"), None
    if not names or any(name == "utf-8" or name in _SINGLE_BYTE_LATIN for name in names):
        try:
            # Without `final`, the half sign at the end of a cut document is no mistake.
            text, _bytes = codecs.utf_8_decode(body, "strict", False)
        except UnicodeDecodeError:
            pass
        else:
            if not names or names[0] == "utf-8" or names[-1] == "utf-8":
                return text, None
            return text, _("it says {said} and is {really}").format(said=names[0], really="utf-8")
    for name in names:
        if name == "utf-8":
            continue
        # The Web reads latin-1 and ASCII as windows-1252 (Encoding Standard §4.2).
        wider = "cp1252" if name in {"ascii", "iso8859-1"} else _WIDER.get(name, name)
        try:
            return body.decode(wider), None
        except UnicodeDecodeError:
            if wider == "cp1252":
                return body.decode(wider, "ignore"), None
            if name == names[-1]:
                return body.decode(wider, "replace"), _(
                    "it says {said} and holds signs that are none of that"
                ).format(said=name)
    return (
        body.decode("utf-8", "flodeslasare-windows"),
        _("it says {said} and is {really}").format(
            said=names[0] if names else "utf-8", really="windows-1252"
        ),
    )


def _codec(name: str | None) -> str | None:
    """Give Python's name of a character set; `None` for what is none (`zip`, `rot13`, `idna`)."""
    if not name:
        return None
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return None
    return found if _KNOWN.match(found) else None


_WINDOWS_SIGN = re.compile(r"&#(?:(1[2-5]\d)|[xX]0*([89][0-9a-fA-F]));")
_PAIR = re.compile(
    r"&(?:amp;)?#(?:(5[56]\d{3})|[xX]0*([dD][89abAB][0-9a-fA-F]{2}));"
    r"&(?:amp;)?#(?:(5[67]\d{3})|[xX]0*([dD][c-fC-F][0-9a-fA-F]{2}));",
    re.ASCII,
)
_C1 = re.compile("[\x80-\x9f]")
_C1_IN_UTF8 = re.compile(b"\xc2[\x80-\x9f]")


def _with_windows_signs(text: str) -> tuple[str, bytes]:
    """Read C1 characters as the windows-1252 signs that they were meant as, `&#146;` as well.

    And two halves of a sign as the sign, `&#55357;&#56832;`. Gives the text, and the same in UTF-8.
    """
    if "#" in text:  # to look for "&#" takes a hundred times as long where there is many an "&"
        text = _WINDOWS_SIGN.sub(
            lambda match: _sign(int(match[1]) if match[1] else int(match[2], 16)), text
        )
        text = _PAIR.sub(_paired, text)
    encoded = text.encode("utf-8", "replace")
    # In UTF-8 they follow one byte, which is looked for in a fifth of the time.
    if _C1_IN_UTF8.search(encoded):
        text = _C1.sub(lambda match: _sign(ord(match[0])), text)
        encoded = text.encode("utf-8", "replace")
    return text, encoded


def _paired(match: re.Match[str]) -> str:
    halves = [int(n) if n else int(x, 16) for n, x in (match.group(1, 2), match.group(3, 4))]
    is_pair = 0xD800 <= halves[0] < 0xDC00 <= halves[1] < 0xE000
    return _joined("".join(map(chr, halves))) if is_pair else match[0]


def _sign(code: int) -> str:
    if not 0x80 <= code <= 0x9F:
        return f"&#{code};"
    return bytes([code]).decode("cp1252", "ignore")


# --- what kind of document it is -----------------------------------------------------------------------

_PROLOG = re.compile(
    r"(?: \s+ | <\?.*?\?> | <!--.*?--> | <!DOCTYPE [^\[>]* (?: \[ .*? \] \s* )? > )*+",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
"""Possessive: where something else stands before the root, there were 2ⁿ ways to find it out."""
_FIRST = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)(?=[\s/>])")
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(?:rss|feed|RDF|rdf|channel)(?=[\s/>])", re.IGNORECASE)
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def _root_start(text: str, url: str) -> int:
    prolog = _PROLOG.match(text[:_SNIFFED])
    at = prolog.end() if prolog else 0
    first = _FIRST.match(text, at)
    if first and first[1].lower() in _ROOT_NAMES:
        return at
    if not _PAGE.match(text, at) and not _PAGE.match(text):
        # Warnings of the server, or a declaration that is cut off, before a feed.
        root = _ROOT.search(text[:_SNIFFED])
        if root:
            return root.start()
        if first and not _looks_like_page(first[1]):
            raise NotAFeed(
                url,
                _("a document came that is no feed (its first element is <{name}>)").format(
                    name=first[1][:40]
                ),
            )
    if "<" in text[:_SNIFFED] and "\0" not in text[:_SNIFFED]:
        raise NotAFeed(
            url, _("a web page came, not a feed; give the address of the feed that it offers")
        )
    raise ParseError(url, _("what came is no feed and no text that can be read; check the address"))


def _looks_like_page(name: str) -> bool:
    return name.lower() in {
        "br",
        "b",
        "p",
        "div",
        "h1",
        "title",
        "meta",
        "script",
        "center",
        "font",
    }


# --- trees -----------------------------------------------------------------------------------------


def _parser(*, recover: bool) -> etree.XMLParser:
    # Without huge_tree libxml2 stops at 256 levels and at 10 MB of one text.
    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )


def strict_tree(encoded: bytes) -> etree._Element | None:
    """Make a tree of XML; `None` where it is not well-formed."""
    try:
        return etree.fromstring(encoded, _parser(recover=False))
    except etree.XMLSyntaxError:
        return None


_TO_REPAIR = re.compile(
    r"(?P<cdata><!\[CDATA\[.*?(?:\]\]>|\Z))"
    r"|(?P<comment><!--.*?(?:-->|\Z))"
    r"|&(?:\#(?P<decimal>\d{1,7})|\#[xX](?P<hex>[0-9a-fA-F]{1,6})|(?P<name>[A-Za-z][A-Za-z0-9]{1,31}));"
    r"|(?P<bare>&|<(?![A-Za-z_/!?]))"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]",
    re.DOTALL,
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})


def _repaired(match: re.Match[str]) -> str:
    found = match[0]
    if match["cdata"]:
        found = _NOT_XML.sub("", found)
        return found if found.endswith("]]>") else found + "]]>"
    if match["comment"]:
        return ""
    if match["decimal"] or match["hex"]:
        code = int(match["decimal"]) if match["decimal"] else int(match["hex"], 16)
        return found if code <= 0x10FFFF and not _NOT_XML.match(chr(code)) else ""
    if name := match["name"]:
        if name in _XML_ENTITIES:
            return found
        meant = html.entities.html5.get(f"{name};")
        return html.escape(meant, quote=False) if meant else f"&amp;{name};"
    return html.escape(found, quote=False) if match["bare"] else ""


_RAW_HTML = re.compile(r"<(/?)(description|content:encoded)(?:\s[^<>]*)?(/?)>")
_NO_HTML = re.compile(r"<(?:item|entry|title|link|guid|pubDate)\b|<!\[CDATA\[")


def _with_html_set_apart(text: str) -> str:
    """Put HTML that stands in a text as if it were XML into CDATA: its `<br>` and `<p>` never close."""
    parts: list[str] = []
    done = 0
    tags = list(_RAW_HTML.finditer(text))
    for start, end in pairwise(tags):
        inner = text[start.end() : end.start()]
        is_pair = start[2] == end[2] and not (start[1] or start[3]) and end[1]
        if is_pair and "<" in inner and not _NO_HTML.search(inner):
            parts += [text[done : start.end()], "<![CDATA[", inner.replace("]]>", "]]&gt;"), "]]>"]
            done = end.start()
    return "".join([*parts, text[done:]])


def _repaired_tree(text: str) -> etree._Element | None:
    text = _with_namespaces(_TO_REPAIR.sub(_repaired, _with_html_set_apart(text)))
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), _parser(recover=True))
    except etree.XMLSyntaxError:
        return None
    if root is not None:
        _unnest_items(root)
    return root


_HTTPS_NAMESPACE = re.compile(
    r"""(\sxmlns(?::[\w.-]+)?\s*=\s*["']\s*http)s(?=://(?:purl\.org|search\.yahoo\.com|www\.itunes\.com|www\.w3\.org)/)""",
    re.IGNORECASE,
)
_HEAD_CHARACTERS = 10_000


def _with_usual_namespaces(text: str) -> str:
    """Take the s from namespaces that have none: it comes of moving a site to https by search and replace.

    They are names, and under others the texts and dates of a feed are nobody's.
    """
    head = text[:_HEAD_CHARACTERS]
    meant = _HTTPS_NAMESPACE.sub(r"\1", head)
    return text if meant == head else meant + text[_HEAD_CHARACTERS:]


_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]{0,30}):[A-Za-z_]|\s([A-Za-z_][\w.-]{0,30}):[\w.-]+\s*=")
_XMLNS = re.compile(r"\sxmlns:([\w.-]+)\s*=")
_USUAL_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}


def _with_namespaces(text: str) -> str:
    """Declare the prefixes that the document uses without saying what they mean."""
    used = {prefix for pair in _PREFIX.findall(text) for prefix in pair if prefix}
    missing = used - set(_XMLNS.findall(text)) - {"xml", "xmlns"}
    if not missing or len(missing) > 50:
        return text
    declarations = "".join(
        f' xmlns:{prefix}="{_USUAL_NAMESPACES.get(prefix, f"urn:undeclared:{prefix}")}"'
        for prefix in sorted(missing)
    )
    return re.sub(r"\A<[^\s/>]+", lambda match: match[0] + declarations, text, count=1)


def local_name(element: etree._Element) -> str:
    """Give the name of an element without its namespace, in lower case."""
    return _local_name(str(element.tag))


@lru_cache(maxsize=1_000)
def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def _unnest_items(root: etree._Element) -> None:
    """Lift items out of items that were never closed."""
    previous: etree._Element | None = None
    for item in [element for element in root.iter() if local_name(element) in ITEM_NAMES]:
        is_nested = any(local_name(outer) in ITEM_NAMES for outer in item.iterancestors())
        if is_nested and previous is not None:
            item.tail = None
            previous.addnext(item)
        previous = item


_UNFINISHED_TAG = re.compile(r"<[^<>]*\Z")
_LAST_ITEM = re.compile(r"<(/?)(?:[\w.-]+:)?(?:item|entry)(?=[\s>])", re.IGNORECASE)


def _is_complete(text: str) -> bool:
    name = re.match(r"<([^\s/>]+)", text)
    return name is not None and bool(re.search(f"</{re.escape(name[1])}\\s*>", text[-10_000:]))


def _drop_unfinished_item(root: etree._Element, text: str) -> None:
    """Leave out the last item of a document that is cut, unless what names it is whole.

    Half a guid would be another guid, and the entry would come twice.
    """
    tags = list(_LAST_ITEM.finditer(text, max(0, len(text) - 5_000_000)))
    if not tags or tags[-1][1]:
        return
    items = [element for element in root.iter() if local_name(element) in ITEM_NAMES]
    if not items:
        return
    item = items[-1]
    unfinished = item[-1] if len(item) else None
    if unfinished is not None and local_name(unfinished) not in {
        "description",
        "summary",
        "content",
        "encoded",
    }:
        item.remove(unfinished)
    names = {local_name(child) for child in item} | {
        str(name).rpartition("}")[2] for name in item.attrib
    }
    if not names & {"guid", "id", "about"}:
        parent = item.getparent()
        if parent is not None:
            parent.remove(item)
