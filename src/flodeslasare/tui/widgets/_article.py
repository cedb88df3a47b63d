"""What the reading pane shows of an entry, as blocks from the top: facts, title, text, links.

Imported with the first text that is shown, as `content` is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace
from textual.content import Content
from textual.style import Style

from flodeslasare import i18n
from flodeslasare.i18n import _
from flodeslasare.model import Enclosure, Entry
from flodeslasare.text import harmless, harmless_line
from flodeslasare.tui import phrases
from flodeslasare.tui.blocks import Block, Image, Line, OneLine, Text
from flodeslasare.tui.content import Article, Link
from flodeslasare.tui.links import file_name, is_openable, shown_host

_EMPTY = Content("")


def blocks_of(
    entry: Entry,
    article: Article,
    links: Sequence[Link],
    pictures: Mapping[str, tuple[tuple[int, int] | None, str]] | None = None,
) -> Iterator[Block]:
    """Give everything that is shown of an entry, from the top.

    Args:
        entry: which.
        article: its text.
        links: of the text, and the attached files.
        pictures: those that are shown, as `_pictures` gives them; `None` for none.
    """
    feed = harmless_line(entry.feed_title).strip()
    written = entry.published or entry.fetched
    facts = f" · {phrases.long_date(written)} · {phrases.reading_time(entry.text)}"
    yield OneLine(
        left=Content.styled(feed, ".article--feed").stylize(
            Style.from_meta({"feed": entry.feed_id})
        ),
        right=Content.styled(facts, ".article--quiet"),
        keeps_right=True,
        gap=_EMPTY,
    )
    if title := " ".join(harmless_line(entry.title).split()):
        yield Text(content=Content(title), style=".article--title")
    else:
        yield _said(_("(no title)"), ".article--title", gap=_EMPTY)
    if (byline := _byline(entry)) is not None:
        yield byline
    if entry.versions:
        line = _said(_("edited; e shows the earlier text"), ".article--faint")
        yield replace(line, content=line.content.stylize(Style.from_meta({"versions": True})))
    blocks = article.blocks or tuple(_bare_text(entry))
    for number, block in enumerate(blocks):
        if number == 0:
            yield Text(content=_EMPTY, gap=None)  # an empty line, whatever the first block is
        yield from _with_pictures(block, article.pictures.get(number, ()), pictures or {})
    if entry.is_article_due and entry.article is not None:
        hint = _("The feed has changed this since its whole text was fetched; w fetches it again.")
        yield _said(hint, ".article--faint", gap=_EMPTY)
    elif is_beginning(entry) and entry.text.strip():
        hint = _("This may be the beginning only; w fetches the whole text from its page.")
        yield _said(hint, ".article--faint", gap=_EMPTY)
    if article.is_cut:
        hint = _("The text goes on; o opens it whole in the browser.")
        yield _said(hint, ".article--faint", gap=_EMPTY)
    for number, link in enumerate(links):
        if number == 0:
            yield Line(width=12)
        yield link.block()


_CUT = re.compile(
    r"(?:…|\.\.\.|\[\W*\])\s*\Z"
    r"|(?:läs (?:hela|mer|vidare)|fortsätt läsa|read (?:more|on|the rest)|continue reading)\b[^\n]*\Z",
    re.IGNORECASE,
)
_CUT_WITHIN = 200


def _seems_cut(text: str) -> bool:
    """Tell whether a text says itself that it is the beginning of one: «…», «Läs mer», «Continue reading»."""
    return bool(_CUT.search(text[-_CUT_WITHIN:]))


def is_beginning(entry: Entry) -> bool:
    """Tell whether an entry's text seems to be the beginning only, and its page may have the whole."""
    return bool(entry.url) and entry.article is None and (not entry.text or _seems_cut(entry.text))


def _with_pictures(
    block: Block,
    urls: Sequence[str],
    pictures: Mapping[str, tuple[tuple[int, int] | None, str]],
) -> Iterator[Block]:
    """Give a block, and above it the pictures that it has the words for."""
    for url in urls:
        if url in pictures and isinstance(block, Text):
            size, note = pictures[url]
            yield Image(
                url=url,
                own_size=size,
                note=note,
                first=block.first,
                rest=block.rest,
                gap=block.gap,
            )
            block = replace(block, first=block.rest, gap=None)
    yield block


def _said(text: str, style: str, *, gap: Content | None = None) -> Text:
    """Give a line of our own, in which no hits are looked for."""
    return Text(content=Content(text), style=style, gap=gap, added=((0, len(text)),))


def _byline(entry: Entry) -> Text | None:
    """Give author, tags and star on one line; `None` when there is none of them."""
    parts: list[Content] = []
    if author := " ".join(harmless_line(entry.author or "").split()):
        parts.append(Content.styled(author, ".article--quiet"))
    tags = [" ".join(harmless_line(tag).split()) for tag in entry.tags]
    if shown := [
        Content.styled(tag.replace(" ", "\u00a0"), ".article--link").stylize(
            Style.from_meta({"tag": tag})
        )
        for tag in tags
        if tag
    ]:
        parts.append(Content("  ").join(shown))
    if entry.is_starred:
        parts.append(Content.styled("★", ".article--mark"))
    return Text(content=Content("   ").join(parts), gap=None) if parts else None


def _bare_text(entry: Entry) -> Iterator[Text]:
    """Give what to read where there is no HTML."""
    for part in harmless(entry.text).split("\n"):
        if line := harmless_line(part).strip():
            yield Text(content=Content(line))
    if not entry.text.strip():
        hint = _("The feed gives no text for this entry.")
        if entry.url:
            hint += " " + _("w fetches it from its page, o opens that in the browser.")
        yield _said(hint, ".article--faint", gap=_EMPTY)


def attachments(enclosures: Sequence[Enclosure], *, after: Sequence[Link]) -> Iterator[Link]:
    """Give the attached files as links, numbered after those of the text."""
    known = {link.url for link in after}
    number = len(after)
    for enclosure in enclosures:
        if enclosure.url in known or not is_openable(enclosure.url):
            continue
        number += 1
        name = file_name(enclosure.url) or shown_host(enclosure.url)
        facts = [_("attachment")]
        if enclosure.size_bytes:
            facts.append(_file_size(enclosure.size_bytes))
        yield Link(
            number=number,
            url=enclosure.url,
            title=name,
            host=shown_host(enclosure.url),
            note=", ".join(facts),
        )


def _file_size(size_bytes: int) -> str:
    """Say how large a file is: `1.2 MB`, in Swedish `1,2 MB`."""
    units = ["B", "kB", "MB", "GB"]
    amount = float(size_bytes)
    while amount >= 1000 and len(units) > 1:
        amount /= 1000
        del units[0]
    unit = units[0]
    return f"{i18n.number(amount, 0 if amount >= 10 or unit == 'B' else 1)}\u00a0{unit}"
