"""The article: the whole text of an entry, found on the entry's own page. Pure, and out of process (`articles`).

Many feeds give only how their entries begin. Pages say where their text is, in the words of schema.org, in the class names of
their CMS or with HTML's own elements, and these are looked at in turn, the surest first. Whether it is the
text is told by what is known of it: the words that the feed gives must stand in it. A page of cookies, a
login or a "not found" has none of them, and so nothing is taken from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flodeslasare.documents import ParsedArticle
from flodeslasare.errors import NoArticle
from flodeslasare.fetching._page import base_of, page_tree
from flodeslasare.fetching._parsed import FIELD_CHARACTERS, MAX_IMAGES, NESTING
from flodeslasare.fetching.clean import html_to_text, safe_html, take_out
from flodeslasare.i18n import _

if TYPE_CHECKING:
    from lxml import etree

_BODY_CLASSES = frozenset(
    {
        "com-content-article__body",  # Joomla 4 and 5
        "e-content",  # microformats.org/wiki/h-entry
        "entry-content",  # WordPress, and hAtom before it
        *("post-content", "post-body", "post__content", "td-post-content", "gh-content"),
        *("article-body", "article__body", "article-content", "article__content", "articlebody"),
        *("story-body", "blog-post-content", "field--name-body"),
    }
)
_ENTRY_CLASSES = frozenset({"item-page", "h-entry", "hentry", "blog-post", "post"})
_MAIN_IDS = frozenset({"content", "main", "main-content", "maincontent", "innehall"})

_SHARE_OF_WORDS = 0.6
"""So many of the feed's words must stand in the text: its author may have changed some since, and a feed adds «read more»."""
_FIRST_WORDS = 60
"""So many of them are looked for."""
_LEAST_WORDS = 25
"""So many a text has at least where the feed gives none to tell it by."""
_MOST_PLACES = 50
"""So many places of one kind are looked at."""

_NO_TEXT = ("script", "style", "template", "nav", "button", "select", "dialog", "svg")
_MAY_BE_NO_TEXT = ("aside", "footer", "form")  # ASP.NET puts a form around all of a page
_BESIDE = frozenset(
    {
        *(
            "share",
            "sharing",
            "sharedaddy",
            "social",
            "dela",
            "rating",
            "promo",
            "advert",
            "ads",
            "annons",
        ),
        *("related", "relatedposts", "relaterat", "relaterade", "sidebar"),
        *("pager", "pagenav", "pagination", "breadcrumb", "breadcrumbs", "readmore", "byline"),
        *("newsletter", "nyhetsbrev", "cookie", "cookies"),
    }
)
"""A part of the class name, or of the id, of what stands beside a text."""
_BESIDE_AT_LENGTH = frozenset({"comments", "kommentarer", "respond", "paywall"})
"""The same of what may be longer than the text."""
_BESIDE_WHOLE = frozenset(
    {
        *(
            "article-info",
            "entry-meta",
            "post-meta",
            "entry-footer",
            "post-navigation",
            "tag-links",
        ),
        *("tags", "icons", "visually-hidden", "sr-only", "screen-reader-text"),
    }
)
_MOST_BESIDE = 0.3
"""What holds more of the words is the text itself, whatever it is called."""
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "summary")
_MAY_HOLD_WORDS = ("div", "td", "section", "center", "blockquote", "font", "body")
_WORD = re.compile(r"\w{3,}")


def find_article(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    title: str,
    known: str,
    field_characters: int = FIELD_CHARACTERS,
    nesting: int = NESTING,
    max_images: int = MAX_IMAGES,
) -> ParsedArticle | None:
    """Find the whole text of an entry on its page; `None` when that has no more words than the feed.

    Args:
        body: the page.
        url: where it came from: what its addresses are relative to.
        content_type: the reply's header.
        title: the entry's.
        known: the text that the feed gives of it; empty where it gives none.
        field_characters: the most characters of the text; what is longer is cut.
        nesting: the deepest, of elements in the text.
        max_images: the most images of it.

    Raises:
        NoArticle: it is no page, or does not show the text.
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    if body[:5] == b"%PDF-" or (kind and "html" not in kind and not kind.startswith("text/")):
        raise NoArticle(url, _("it leads to a file, not to a page ({type})").format(type=kind[:60]))
    root = page_tree(body, content_type)
    if root is None:
        raise NoArticle(url, _("its page is empty"))
    sought = _Sought(title, known)
    place = sought.place_in(root)
    if place is None:
        raise NoArticle(
            url,
            _("its page does not show what the feed says of it; it may ask for a login or consent"),
        )
    base = base_of(root, url)
    _leave_text_alone(place, title, sought)
    from lxml import etree

    html = safe_html(
        etree.tostring(place, encoding="unicode", method="html", with_tail=False),
        base,
        field_characters,
        nesting=nesting,
        images=max_images,
    )
    article = ParsedArticle(html, html_to_text(html, field_characters))
    return article if _count(article.text) > sought.known_words else None


class _Sought:
    """What is known of a text, and tells it from everything else on its page."""

    def __init__(self, title: str, known: str) -> None:
        words = [word.lower() for word in _WORD.findall(known)]
        self.known_words = _count(known)
        """How many words the feed gives."""
        self._words = frozenset(words[:_FIRST_WORDS])
        self._title = frozenset(word.lower() for word in _WORD.findall(title))

    def place_in(self, root: etree._Element) -> etree._Element | None:
        """Give the element that holds the text."""
        if not self._words and not self._says(root, self._title):
            return None
        kinds: list[list[etree._Element]] = [[], [], [], []]
        for element in root.iter("*"):
            kind = _kind(element)
            if kind is not None and len(kinds[kind]) < _MOST_PLACES:
                kinds[kind].append(element)
        found: list[etree._Element] = []
        for kind, places in enumerate(kinds):
            # Of bodies the whole one; of what is around them the one that has least beside it.
            of_kind = sorted(filter(self.is_held_by, places), key=_words_in)
            found += of_kind if kind == len(kinds) - 1 else reversed(of_kind)
        found += filter(self.is_held_by, _by_paragraphs(root))
        if not found:
            return None
        # What shows no more than the feed does has all there is, with other things around it, or is a teaser of what
        # stands elsewhere.
        teaser_words = self.known_words + len(self._title)
        around = set(found[0].iterancestors())
        return next(
            (each for each in found if each not in around and _words_in(each) > teaser_words),
            found[0],
        )

    def is_held_by(self, place: etree._Element) -> bool:
        """Tell whether an element has the text, or its beginning."""
        if self._words:
            return self._says(place, self._words)
        return _words_in(place) >= _LEAST_WORDS

    @staticmethod
    def _says(place: etree._Element, words: frozenset[str]) -> bool:
        if not words:
            return True
        said = {word.lower() for text in _texts(place) for word in _WORD.findall(text)}
        return len(words & said) >= _SHARE_OF_WORDS * len(words)


def _kind(element: etree._Element) -> int | None:
    """Tell how surely a page's text is in an element: 0 the most; `None` where nothing says that it is."""
    if element.tag in (
        "html",
        "body",
    ):  # some are called by what they show, and hold all that is around it
        return None
    if "articlebody" in (element.get("itemprop") or "").lower().split():
        return 0
    classes = set((element.get("class") or "").lower().split())
    if classes & _BODY_CLASSES:
        return 1
    if element.tag == "article" or classes & _ENTRY_CLASSES:
        return 2
    role, name = element.get("role"), (element.get("id") or "").lower()
    return 3 if element.tag == "main" or role == "main" or name in _MAIN_IDS else None


def _by_paragraphs(root: etree._Element) -> list[etree._Element]:
    """Give what holds most of a page's paragraphs, the fullest first, each before what is around it.

    A paragraph is a `p`, or words that stand by themselves, with line breaks between them.
    """
    lengths: dict[etree._Element, int] = {}
    for element in root.iter("p", *_MAY_HOLD_WORDS):
        is_paragraph = element.tag == "p"
        holder = element.getparent() if is_paragraph else element
        if holder is not None:
            pieces = [element.text, *(part.tail for part in element)]
            words = _words_in(element) if is_paragraph else _count(" ".join(filter(None, pieces)))
            lengths[holder] = lengths.get(holder, 0) + words
    fullest = sorted(lengths, key=lambda place: lengths[place], reverse=True)[:3]
    return [place for found in fullest for place in (found, *list(found.iterancestors("div"))[:2])]


def _leave_text_alone(place: etree._Element, title: str, sought: _Sought) -> None:
    """Take out of a text what is none of it: what can be filled in, shared and navigated, and its own title."""
    words = _words_in(place)
    folds_out = {
        name for button in place.iter("*") for name in (button.get("aria-controls") or "").split()
    }
    for element in list(place.iter("*")):
        parent = element.getparent()
        if element is place or parent is None:
            continue
        if element.tag == "button" and parent.tag in _HEADINGS:
            element.tag = "span"  # it folds out what stands below
        names = _names_of(element)
        is_hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
        is_beside = (
            element.tag in _MAY_BE_NO_TEXT
            or not _BESIDE.isdisjoint(names)
            or not _BESIDE_WHOLE.isdisjoint(names)
            or (is_hidden and element.get("id") not in folds_out)
        )
        if (
            element.tag in _NO_TEXT
            or (is_beside and _words_in(element) <= _MOST_BESIDE * words)
            or (not _BESIDE_AT_LENGTH.isdisjoint(names) and not sought.is_held_by(element))
        ):
            take_out(element)
    for heading in list(place.iter("h1", "h2"))[:3]:
        if _WORD.findall(title) and _folded(_texts(heading)) == _folded([title]):
            take_out(heading)
            break


def _names_of(element: etree._Element) -> set[str]:
    """Give what an element is called, and the parts of that."""
    called = (element.get("class") or "").lower().split()
    if element.tag not in _HEADINGS:  # their ids are made of what they say
        called.append((element.get("id") or "").lower())
    return {*called, *(part for name in called for part in re.split(r"[-_]+", name))}


def _texts(place: etree._Element) -> Iterator[str]:
    """Give the pieces of text that a person sees of an element."""
    for part in place.iter("*"):
        if part.text and part.tag not in ("script", "style", "template", "noscript"):
            yield str(part.text)
        if part.tail and part is not place:
            yield str(part.tail)


def _words_in(place: etree._Element) -> int:
    return sum(map(_count, _texts(place)))


def _count(text: str) -> int:
    return len(_WORD.findall(text))


def _folded(texts: Iterable[str]) -> str:
    return " ".join(" ".join(texts).split()).casefold()
