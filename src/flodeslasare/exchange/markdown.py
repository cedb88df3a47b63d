"""Safe HTML → Markdown (CommonMark, and tables as GitHub writes them), for `show` and exports.

It takes the few elements that `fetching.clean` lets through. What it does not know becomes its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flodeslasare.text import harmless

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "dd", "details", "div", "dl", "dt", "figcaption"}
    | {"figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main"}
    | {"nav", "ol", "p", "pre", "section", "summary", "table", "ul"}
)
_EMPHASIS = {"b": "**", "strong": "**", "i": "*", "em": "*", "cite": "*", "s": "~~", "del": "~~"}
_BREAK = "\v"  # a line break on its way; never in text, where it is white space
_SPECIAL = re.compile(r"[\\`*\[\]<]|(?<![^\W_])_|_(?![^\W_])|~(?=~)|(?<=~)~|&(?=#?\w+;)|!(?=\[)")
_OPENABLE = re.compile(r"https?://|mailto:", re.IGNORECASE)
_BLOCK_START = re.compile(r"^(#{1,6}(?= |$)|[-+>=](?=.?)|~~~|\d{1,9}(?=[.)]( |$)))")


def to_markdown(html: str) -> str:
    """Give the same text as Markdown, its blocks apart by an empty line; ends without a newline."""
    from lxml.html import fragment_fromstring

    html = harmless(html)  # lxml refuses a document with control characters
    if not html.strip():
        return ""
    return "\n\n".join(_blocks(fragment_fromstring(html, create_parent="div")))


def address_in_markdown(url: str) -> str:
    """Give an address as Markdown that links to it; one that is not to be opened as its text."""
    if not _OPENABLE.match(url):
        return escape_markdown(url)
    return f"<{_target(url).strip('<>')}>"


def escape_markdown(text: str) -> str:
    """Give plain text as Markdown that shows exactly it."""
    return _guarded(_tidied(_escaped(text)))


def _blocks(element: HtmlElement) -> list[str]:
    """Give the blocks inside an element."""
    blocks: list[str] = []
    pending: list[str] = [_escaped(element.text)]

    def flush() -> None:
        if text := _tidied("".join(pending)):
            blocks.append(_guarded(text))
        pending.clear()

    for child in element:
        if isinstance(child.tag, str):  # a comment's is a function
            if child.tag in _BLOCKS:
                flush()
                blocks.extend(_block(child))
            else:
                pending.append(_inline(child))
        pending.append(_escaped(child.tail))
    flush()
    return blocks


def _block(element: HtmlElement) -> list[str]:
    """Give one block element; a container gives the blocks in it."""
    match element.tag:
        case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
            text = _tidied(_inside(element)).replace("\\\n", " ")
            return [f"{'#' * int(element.tag[1])} {text}"] if text else []
        case "hr":
            return ["---"]
        case "pre":
            return _code_block(element)
        case "blockquote":
            inner = "\n\n".join(_blocks(element))
            return ["\n".join(f"> {line}".rstrip() for line in inner.split("\n"))] if inner else []
        case "ul" | "ol":
            return _list(element)
        case "table":
            return _table(element)
        case _:
            return _blocks(element)


def _code_block(element: HtmlElement) -> list[str]:
    text = element.text_content().strip("\n")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}\n{text}\n{fence}"]


def _list(element: HtmlElement) -> list[str]:
    items: list[str] = []
    start = element.get("start", "1")
    number = int(start) if start.isascii() and start.isdigit() else 1
    for child in element:
        if not isinstance(child.tag, str):
            continue
        bullet = f"{number}. " if element.tag == "ol" else "- "
        blocks = _block(child) if child.tag in {"ul", "ol"} else _blocks(child)
        if not blocks:
            continue
        # A list right under its item's text belongs close to it; paragraphs stay apart.
        text = blocks[0]
        for block in blocks[1:]:
            is_list = re.match(r"- |\d+\. ", block) is not None
            text += ("\n" if is_list else "\n\n") + block
        items.append(bullet + text.replace("\n", "\n" + " " * len(bullet)))
        number += 1
    joined = "\n".join(items)
    return [re.sub(r"[ \t]+$", "", joined, flags=re.MULTILINE)] if items else []


def _table(element: HtmlElement) -> list[str]:
    blocks = [
        text for caption in element.iter("caption") if (text := _guarded(_tidied(_inside(caption))))
    ]
    rows = [[_cell(cell) for cell in row if cell.tag in {"td", "th"}] for row in element.iter("tr")]
    rows = [row for row in rows if row]
    if not rows:
        return blocks
    columns = max(map(len, rows))
    header, *others = [row + [""] * (columns - len(row)) for row in rows]
    lines = [header, ["---"] * columns, *others]
    blocks.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    return blocks


def _cell(element: HtmlElement) -> str:
    return _tidied(_inside(element)).replace("\\\n", " ").replace("|", r"\|")


def _inside(element: HtmlElement) -> str:
    """Give what an element holds as inline Markdown, its blocks apart by a space."""
    parts: list[str] = [_escaped(element.text)]
    for child in element:
        if isinstance(child.tag, str):
            inner = _inline(child)
            parts.append(f" {inner} " if child.tag in _BLOCKS else inner)
        parts.append(_escaped(child.tail))
    return "".join(parts)


def _inline(element: HtmlElement) -> str:
    match element.tag:
        case "br":
            return _BREAK
        case "img":
            source = element.get("src")
            alt = _escaped(element.get("alt"))
            if not source or not _OPENABLE.match(source):
                return alt
            return f"![{alt}]({_target(source)})"
        case "code" | "kbd" | "samp" | "tt":
            return _code(element.text_content())
        case "a":
            return _link(_inside(element), element.get("href"))
        case _:
            mark = _EMPHASIS.get(element.tag, "")
            return _around(_inside(element), mark, mark)


def _link(text: str, target: str | None) -> str:
    if not target or not text.strip() or not _OPENABLE.match(target):
        return text
    if _tidied(text) == _escaped(target) and re.match(r"[a-z]+:[^\s<>]+$", target):
        return f"<{target}>"
    return _around(text, "[", f"]({_target(target)})")


def _target(url: str) -> str:
    url = "".join(url.split())
    if re.search(r"[()<>\\]", url):
        url = url.replace("\\", "%5C").replace("<", "%3C").replace(">", "%3E")
        return f"<{url}>"
    return url


def _code(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        return ""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _around(text: str, before: str, after: str) -> str:
    """Put marks around text, but outside of them the space at its ends, as CommonMark wants it."""
    inner = text.strip()
    if not inner or not before:
        return text
    start = text.index(inner)
    return f"{text[:start]}{before}{inner}{after}{text[start + len(inner) :]}"


def _escaped(text: str | None) -> str:
    return _SPECIAL.sub(r"\\\g<0>", (text or "").replace(_BREAK, " "))


def _tidied(text: str) -> str:
    """Make white space single, and breaks real ones."""
    lines: Iterable[str] = (" ".join(line.split()) for line in text.split(_BREAK))
    return "\\\n".join(lines).strip("\\\n ") if _BREAK in text else " ".join(text.split())


def _guarded(text: str) -> str:
    """Keep the beginning of a paragraph's lines from being read as a heading, a list or a rule."""
    return "\n".join(_BLOCK_START.sub(_guard, line) for line in text.split("\n"))


def _guard(found: re.Match[str]) -> str:
    start = found[0]
    return f"{start}\\" if start.isdigit() else f"\\{start}"
