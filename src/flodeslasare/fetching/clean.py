"""The one door that every string from outside passes: untrusted text and HTML → safe text, safe HTML.

What comes out holds no control characters but newline and tab, no bidi overrides, and no address
but http, https and mailto. Markup in it is still only text: the screen must not interpret it.
"""

from __future__ import annotations

import html as _html
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from lxml import etree

from flodeslasare.fetching._parsed import FIELD_CHARACTERS, MAX_IMAGES, NESTING
from flodeslasare.text import beginning, harmless, has_other_space

if TYPE_CHECKING:
    import nh3

LINE_CHARACTERS = 1_000
"""The most characters of a title, a name, a tag."""
URL_CHARACTERS = 8_192

_UNSAFE_IN_CP1252 = bytes([*range(0x09), *range(0x0B, 0x20), 0x7F, 0xAD])
_UNSAFE_IN_LATIN_1 = bytes([*_UNSAFE_IN_CP1252, *range(0x80, 0xA0)])


def _safe_characters(text: str) -> str:
    # 3 or 9 µs for the usual text of 3,000 characters, where the regular expression takes 80.
    for charset, unsafe in (("latin-1", _UNSAFE_IN_LATIN_1), ("cp1252", _UNSAFE_IN_CP1252)):
        try:
            encoded = text.encode(charset)
        except UnicodeEncodeError:
            continue
        if len(encoded.translate(None, unsafe)) == len(encoded):
            return text
        break
    text = harmless(text)
    if not text.isascii():
        # å may come as a + ring (macOS writes it so); the search wants one spelling.
        text = unicodedata.normalize("NFC", text)
    return text


def clean_text(text: str, limit: int = FIELD_CHARACTERS) -> str:
    """Give text of several lines without characters that a terminal obeys, at most `limit` long."""
    return beginning(_safe_characters(text[:limit]), limit).strip()


def clean_line(text: str, limit: int = LINE_CHARACTERS) -> str:
    """Give text of one line: as `clean_text`, with every run of white space one space."""
    # Much white space may stand before what counts, so the first cut is generous.
    return beginning(" ".join(_safe_characters(text[: 16 * limit]).split()), limit).rstrip()


# --- addresses -------------------------------------------------------------------------------------

_USUAL_URL = re.compile(
    r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/[A-Za-z0-9_~%!$&'()*+,;=:@/.-]*(?:\?[A-Za-z0-9_~%!$&'()*+,;=:@/?.-]+)?)?"
)
_SCHEMES = frozenset({"http", "https", "mailto"})
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_URL_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_IN_HOST = re.compile(r"""[\s"'<>\\^`{|}]""")
_TO_ESCAPE = re.compile(r"""[ "<>\\^`{|}]""")
_KEPT_IN_URL = "!#$%&'()*+,/:;=?@[]~"


def safe_url(url: str | None, base: str | None = None) -> str | None:
    """Resolve an address and give it if it is http, https or mailto; `None` for anything else.

    Spaces and letters outside ASCII are percent-encoded in what follows the host (RFC 3987 §3.1);
    the host keeps its letters, so that a person can read it.
    """
    if not url or len(url) > URL_CHARACTERS:
        return None
    if _USUAL_URL.fullmatch(url) and "/." not in url:
        return url  # what the rest would come to, for 1 µs instead of 30
    # As browsers do: spaces around it and line breaks inside it mean nothing (URL Standard §4.4).
    url = re.sub("[\t\n\r]", "", url.strip())
    if not url or _URL_UNSAFE.search(url):
        return None
    try:
        is_absolute = _SCHEME.match(url) is not None or base is None
        parts = urlsplit(url if is_absolute else urljoin(str(base), url))
        scheme = parts.scheme.lower()
        if scheme not in _SCHEMES:
            return None
        if scheme == "mailto":
            if "@" not in parts.path:
                return None
            query = f"?{_escaped(parts.query)}" if parts.query else ""
            return f"mailto:{_escaped(parts.path)}{query}"
        if not parts.hostname or parts.port == 0 or _has_bad_host(parts.netloc):
            return None
    except ValueError:
        return None  # a port that is no number, half an IPv6 address
    safe = urlunsplit(
        (
            scheme,
            _safe_characters(parts.netloc),
            _escaped(parts.path.replace("\\", "/")),
            _escaped(parts.query),
            _escaped(parts.fragment),
        )
    )
    return safe if len(safe) <= URL_CHARACTERS else None


def join(base: str | None, url: str) -> str:
    """Resolve an address (RFC 3986 §5), whatever it is; give it as it stands where that fails."""
    try:
        return urljoin(base, url) if base else url
    except ValueError:  # half an IPv6 address
        return url


def _has_bad_host(netloc: str) -> bool:
    return bool(_NOT_IN_HOST.search(netloc)) or harmless(netloc) != netloc


def _escaped(part: str) -> str:
    if part.isascii() and not _TO_ESCAPE.search(part):
        return part
    return quote(part, safe=_KEPT_IN_URL)


# --- HTML ------------------------------------------------------------------------------------------


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = _words(
    """
    a abbr address article aside b blockquote br caption center cite code col colgroup dd del
    details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins
    kbd li main mark nav ol p pre q rp rt ruby s samp section small span strike strong sub summary
    sup table tbody td tfoot th thead time tr tt u ul var
    """
)  # not bdo: it turns text round as U+202E does
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
    "abbr": {"title"},
}
_GONE_WITH_CONTENTS = _words(
    "script style template textarea select canvas svg head title iframe noembed noframes xml"
)


def _attribute_filter(base: str | None) -> Callable[[str, str, str], str | None]:
    def safe_value(_tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return safe_url(value, base)
        if name == "src":
            url = safe_url(value, base)
            return url if url and not url.startswith("mailto:") else None
        if name in {"alt", "title"}:
            return clean_line(value) or None
        return value if len(value) <= 4 and value.isascii() and value.isdigit() else None

    return safe_value


@lru_cache(maxsize=64)
def _cleaner(base: str | None) -> nh3.Cleaner:
    import nh3  # reading what is clean already does not need it

    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_GONE_WITH_CONTENTS),
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute_filter(base),
        link_rel=None,
    )


def safe_html(
    html: str,
    base_url: str | None = None,
    limit: int = FIELD_CHARACTERS,
    *,
    nesting: int = NESTING,
    images: int = MAX_IMAGES,
) -> str:
    """Give HTML that holds text, structure, absolute links and images, and nothing that acts.

    Args:
        html: a fragment or a page of any quality.
        base_url: what relative addresses are relative to; without it they are dropped.
        limit: characters; what is beyond is cut before the HTML is read, so that it stays whole.
        nesting: the deepest; elements below lose their tags and keep their words.
        images: the most; those after are left out.
    """
    html = flattened(html[:limit], nesting)
    if _needs_preparing(html):
        html = _prepared(html, base_url)
    try:
        safe = _cleaner(base_url).clean(html)
    except UnicodeEncodeError:  # a lone surrogate, which is no text
        safe = _cleaner(base_url).clean(html.encode("utf-8", "ignore").decode())
    # nh3 turns &#27; into a real ESC, so characters are dropped after it (and what an
    # attribute holds is cleaned on its way out).
    safe = _safe_characters(safe).strip()
    return safe if safe.count("<img ") <= images else _without_images(safe, images)


def _without_images(html: str, after: int) -> str:
    """Leave out the images after so many; `html` is as nh3 writes it."""
    number = count(1)
    return re.sub(
        r'<img (?:[^"<>]|"[^"]*")*>',
        lambda image: image[0] if next(number) <= after else "",
        html,
    )


_TAG = (
    re.compile(  # HTML Standard §13.2.5, as far as it matters for what a tag is and where it ends
        r"<!--(?:-?>|.*?(?:--!?>|\Z))"
        r"|<(/?)([a-zA-Z][^\s/>]*)"
        r"((?:[\s/]+|[^\s/>=]+|=\s*(?:\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|[^\s>]*))*)>?",
        re.DOTALL,
    )
)
_VALUE = re.compile(r"=\s*(?:\"[^\"]*\"|'[^']*')")
_DEEPEST = 250
"""libxml2 drops what lies below 256."""
_LONG_TAG = 10_000
"""Characters of a tag without the values of its attributes: more are not read. Both parsers of HTML take
quadratic time for the attributes of one tag (libxml2 1 s for 20,000)."""
_VOID = _words("area base br col embed hr img input link meta param source track wbr")
_CLOSED_BY_THE_NEXT = _words("p li dt dd tr td th thead tbody tfoot option rp rt")


def flattened(html: str, nesting: int = NESTING) -> str:
    """Leave out what takes HTML's parsers too long: tags below a depth (their text stays), endless tags.

    nh3 takes 20 s for 100,000 nested divs.
    """
    if html.count("<") <= nesting and len(html) <= _LONG_TAG:
        return html
    depth = 0
    open_tags: dict[str, int] = {}

    def shallow(match: re.Match[str]) -> str:
        nonlocal depth
        if match[2] is None:
            return ""  # a comment
        slash, name, tag = match[1], match[2].lower(), match[0]
        if len(tag) > _LONG_TAG and len(_VALUE.sub("", match[3])) > _LONG_TAG:
            tag = f"<{slash}{name[:100]}>"
        if name in _VOID:
            return tag
        if slash:
            if open_tags.get(name, 0) > 0:
                open_tags[name] -= 1
                depth -= 1
        elif name not in _CLOSED_BY_THE_NEXT:
            if depth >= nesting:
                return ""
            open_tags[name] = open_tags.get(name, 0) + 1
            depth += 1
        return tag

    return _TAG.sub(shallow, html)


# What only a tree can answer: lazily loaded images, players, pixels that count readers.
_MAY_NEED_PREPARING = re.compile(r"<(?:img|noscript|iframe|video|audio|embed)\b", re.IGNORECASE)
_NEEDS_PREPARING = re.compile(
    r"<(?:noscript|iframe|video|audio|embed)\b|\bsrcset\s*=|\bdata-[a-z-]*src"
    r"|\bdata-(?:original|lazy)|\b(?:width|height)\s*=\s*[\"']?[01][\"'\s>]"
)


def _needs_preparing(html: str) -> bool:
    return bool(_MAY_NEED_PREPARING.search(html) and _NEEDS_PREPARING.search(html.lower()))


_LAZY_SOURCES = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-original-src",
    "data-orig-src",
    "data-lazy",
    "data-hi-res-src",
    "data-orig-file",
)
_LAZY_SETS = ("data-lazy-srcset", "data-srcset", "srcset")
_PLAYERS = frozenset({"iframe", "video", "audio", "embed"})


def _prepared(html: str, base: str | None) -> str:
    root = _tree(html)
    if root is None:
        return html
    seen: set[str] = set()
    for element in list(root.iter("a", "noscript", "img", *_PLAYERS)):
        if element.tag == "a":
            # lxml escapes line breaks in addresses as it writes them, and hides the scheme so.
            element.set("href", safe_url(element.get("href"), base) or "")
        elif element.tag == "noscript":
            element.tag = "span"  # nh3 would show its contents as text
        elif element.tag == "img":
            source = _image_source(element, base)
            is_repeated = source in seen and _is_inside_span(element)
            if source is None or is_repeated or _is_pixel(element):
                take_out(element)
            else:
                seen.add(source)
                element.set("src", source)
        else:
            _link_instead(element, base)
    return etree.tostring(root, encoding="unicode", method="html")


def _is_inside_span(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag == "span"


def _is_pixel(image: etree._Element) -> bool:
    return {image.get("width"), image.get("height")} <= {"0", "1"}


def _image_source(image: etree._Element, base: str | None) -> str | None:
    candidates = [image.get(name) for name in _LAZY_SOURCES]
    candidates.append(image.get("src"))
    candidates.extend(_largest(image.get(name)) for name in _LAZY_SETS)
    for candidate in candidates:
        url = safe_url(candidate, base)
        if url and not url.startswith("mailto:"):
            return url
    return None


def _largest(srcset: str | None) -> str | None:
    """Give the widest image of a `srcset` (HTML Standard §4.8.4.2.1)."""
    best, width = None, -1.0
    for candidate in re.split(r",\s+", srcset or "")[:50]:
        url, _, size = candidate.strip().partition(" ")
        match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,4})?)[wx]", size.strip())
        found = float(match[1]) if match else 1.0
        if url and found > width:
            best, width = url, found
    return best


def _link_instead(player: etree._Element, base: str | None) -> None:
    source = player.get("src")
    if source is None:
        inner = next(player.iter("source"), None)
        source = inner.get("src") if inner is not None else None
    url = safe_url(source, base)
    if url is None or player.get("width") in {"0", "1"}:
        take_out(player)
        return
    tail = player.tail
    player.clear()
    player.tail = _safe_characters(tail or "")
    player.tag = "a"
    player.set("href", url)
    player.text = urlsplit(url).hostname or url


def take_out(element: etree._Element) -> None:
    """Take an element out of its tree, and leave the text behind it."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if element.tail:  # lxml gives control characters and does not take them
        if before is None:
            parent.text = _safe_characters((parent.text or "") + element.tail)
        else:
            before.tail = _safe_characters((before.tail or "") + element.tail)
    parent.remove(element)


def _tree(html: str) -> etree._Element | None:
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        # The parser takes no lone surrogates, and stops at a NUL.
        document = html.encode("utf-8", "ignore").replace(b"\0", b"")
        return etree.fromstring(document, parser) if document.strip() else None
    except (etree.LxmlError, ValueError):
        return None


# --- HTML to text ------------------------------------------------------------------------------------

_BLOCKS = _words(
    """
    address article aside blockquote body br caption center dd details div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html li main nav ol p pre section summary
    table tbody tfoot thead tr ul
    """
)
_CLOSE = _words("dd dt li tbody td tfoot th thead tr")
"""Blocks that stand close to the one before: parts of a list or a table."""
_NO_TEXT = _words("script style template head title textarea select svg canvas iframe")


def html_to_text(html: str, limit: int = FIELD_CHARACTERS) -> str:
    """Give the words of HTML: a line for a paragraph, a row, a list item; images as their alt texts."""
    if "<" not in html:
        lines_as_written = _html.unescape(html).splitlines()
        return clean_text("\n".join(clean_line(line, limit) for line in lines_as_written), limit)
    if not _NOT_PLAIN.search(html):
        return clean_text(_plain_words(html), limit)
    lines = _Lines()
    _read_into(lines, html, limit)
    return clean_text("\n".join(lines.done), limit)


def html_to_paragraphs(
    html: str, image: Callable[[str], str] = str, limit: int = FIELD_CHARACTERS
) -> tuple[list[str], list[str]]:
    """Give the words of HTML for one who reads them, the lines of one paragraph, list, table or code block together.

    Args:
        html: safe HTML.
        image: gives what stands for an image, of its alt text.
        limit: the most characters.

    Returns:
        The paragraphs, in which links are numbered, and the addresses of the links, the first of which is number 1.
    """
    if "<" not in html:
        return [line for line in html_to_text(html, limit).split("\n") if line], []
    lines = _ReadLines(image)
    _read_into(lines, html, limit)
    paragraphs: list[list[str]] = []
    for line, is_apart in zip(lines.done, lines.apart, strict=True):
        if is_apart or not paragraphs:
            paragraphs.append([])
        paragraphs[-1].append(line)
    cleaned = (_safe_characters("\n".join(each)) for each in paragraphs)
    return [each for each in cleaned if each.strip()], lines.links


def _read_into(lines: _Lines, html: str, limit: int) -> None:
    """Read HTML line by line."""
    root = _tree(flattened(html[: 2 * limit], _DEEPEST))
    if root is None:
        return
    hidden = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag
        if event == "start":
            hidden += tag in _NO_TEXT
            if not hidden:
                lines.start(element, tag)
                lines.add(element.text)
        else:
            if not hidden:
                lines.end(element, tag)
            hidden -= tag in _NO_TEXT
            if not hidden:
                lines.add(element.tail)
    lines.break_line()


# Most texts have only paragraphs and dressed words, and need no tree: that takes a third of the time.
_PLAIN = (
    r"</?(a|abbr|b|blockquote|br|cite|code|div|em|h[1-6]|i|p|q|s|small|span|strong|sub|sup|u)\b"
)
_ATTRIBUTES_AS_WRITTEN = r'(?: [a-z]+="[^"]*")*>'
_PLAIN_TAG = re.compile(_PLAIN + _ATTRIBUTES_AS_WRITTEN)
_NOT_PLAIN = re.compile(rf"<(?!{_PLAIN.removeprefix('<')}{_ATTRIBUTES_AS_WRITTEN})")


def _plain_words(html: str) -> str:
    words = _html.unescape(_PLAIN_TAG.sub(_plain_break, html.replace("\n", " ")))
    lines = words.split("\n")
    if has_other_space(words):
        lines = [" ".join(line.split()) for line in lines]
    return "\n".join(filter(None, map(str.strip, lines)))


def _plain_break(tag: re.Match[str]) -> str:
    return "\n" if tag[1] in _BLOCKS else ""


class _Lines:
    """Collects text pieces into lines."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.apart: list[bool] = []
        """Of each line, whether it begins another paragraph, list, table or code block than the one before."""
        self._is_apart = False
        self._tables = 0
        self._pieces: list[str] = []
        self._marker = ""
        self._lists: list[int | None] = []
        """The next number of each open list; `None` for a list without numbers."""
        self._pre = 0

    def add(self, text: str | None) -> None:
        if not text:
            return
        if self._pre and "\n" in text:
            first, *others = text.split("\n")
            self._pieces.append(first)
            for other in others:
                self.break_line()
                self._pieces.append(other)
        else:
            self._pieces.append(text)

    def break_line(self) -> None:
        if not self._pieces:
            return
        joined = "".join(self._pieces)
        line = joined.rstrip() if self._pre else " ".join(joined.split())
        self._pieces.clear()
        if line:
            self.done.append(self._marker + line)
            self.apart.append(self._is_apart)
            self._marker = ""
            self._is_apart = False

    def start(self, element: etree._Element, tag: str) -> None:
        if tag in _BLOCKS:
            self._end_block(tag)
        if tag == "img":
            self._pieces.append(f" {self._image(element.get('alt') or '')} ")
        elif tag in {"td", "th"}:
            if self._pieces:
                self._pieces.append(" | ")
        elif tag == "ul":
            self._lists.append(None)
        elif tag == "ol":
            start = element.get("start") or ""
            self._lists.append(int(start) if re.fullmatch("[0-9]{1,4}", start) else 1)
        elif tag == "li":
            number = self._lists[-1] if self._lists else None
            self._marker = "• " if number is None else f"{number}. "
            if number is not None:
                self._lists[-1] = number + 1
        elif tag == "pre":
            self._pre += 1
        elif tag == "table":
            self._tables += 1

    def _end_block(self, tag: str) -> None:
        """End the line; what comes next stands apart, but for what is inside of a list or a table."""
        lines = len(self.done)
        self.break_line()
        if self._lists or self._tables or tag in _CLOSE:
            return
        # One line break keeps a paragraph together, two in a row part it.
        self._is_apart = self._is_apart or tag != "br" or len(self.done) == lines

    def _image(self, alt: str) -> str:
        """Give what stands for an image."""
        return alt

    def end(self, _element: etree._Element, tag: str) -> None:
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif tag == "table":
            self._tables -= 1
        if tag in _BLOCKS and tag != "br":
            self._end_block(tag)
        if tag == "li":
            self._marker = ""
        elif tag == "pre":
            self._pre -= 1


class _ReadLines(_Lines):
    """Collects them for one who reads: tells images from words, and numbers the links."""

    def __init__(self, image: Callable[[str], str]) -> None:
        super().__init__()
        self.links: list[str] = []
        self._image_named = image

    def _image(self, alt: str) -> str:
        return self._image_named(alt)

    def end(self, element: etree._Element, tag: str) -> None:
        if tag == "a" and (address := "".join(_safe_characters(element.get("href") or "").split())):
            if address not in self.links:
                self.links.append(address)
            self._pieces.append(f" [{self.links.index(address) + 1}]")
        super().end(element, tag)


# --- titles ----------------------------------------------------------------------------------------

_INLINE = (
    "a|abbr|acronym|b|big|br|cite|code|del|dfn|div|em|font|h[1-6]|i|img|ins|kbd|mark|nobr|p|q|s|samp"
    "|small|span|strike|strong|sub|sup|time|tt|u|var|wbr"
)
_TITLE_MARKUP = re.compile(
    r"<(?P<gone>script|style)\b[^>]*>.*?</(?P=gone)\s*>"
    rf"|</?(?:{_INLINE})(?:\s[^<>]*)?/?>"
    r"|<!--.*?-->"
    r"|(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});)",
    re.IGNORECASE | re.DOTALL,
)
_SPACE_FOR = re.compile(r"</?(?:br|p|div|h[1-6])\b", re.IGNORECASE)


def title_text(title: str, limit: int = LINE_CHARACTERS) -> str:
    """Give a title as plain text: its HTML taken away once, its entities decoded once.

    Titles often speak *of* markup («The <canvas> element», «1 < 2»), so only tags that dress words
    are taken away; any other sign stays as it stands.
    """
    if "<" in title or "&" in title:
        title = _TITLE_MARKUP.sub(_without_markup, title[: 16 * limit])
    return clean_line(title, limit)


def _without_markup(match: re.Match[str]) -> str:
    if match["entity"]:
        return _html.unescape(match[0])
    return " " if _SPACE_FOR.match(match[0]) else ""


def text_to_html(text: str) -> str:
    """Give plain text as HTML: paragraphs at empty lines, breaks at the other line ends."""
    text = clean_text(text)
    if not text:
        return ""
    paragraphs = re.split(r"\n[ \t]*\n\s*", _html.escape(text, quote=False))
    return "".join(f"<p>{paragraph.replace(chr(10), '<br>')}</p>" for paragraph in paragraphs)
