"""Discovery: from an address that a person types to the feeds it offers.

`find_feeds`, `common_feed_addresses` and `looks_like_feed` are pure; `discover` asks. The ways of
writing an address (`normalise_address` and its sisters) are re-exported here, for the library.
lxml is imported when a page is read: comparing two addresses does not need it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flodeslasare.addresses import without_credentials
from flodeslasare.documents import FoundFeed, ReplyKind
from flodeslasare.errors import AddressRefused, FetchError, NotAFeed
from flodeslasare.fetching._address import (
    canonical_url,
    has_scheme,
    host_of,
    names_private_network,
    normalise_address,
    readable_address,
    split_credentials,
    with_credentials_of,
)
from flodeslasare.fetching._page import address_in, base_of, page_tree
from flodeslasare.i18n import _

if TYPE_CHECKING:
    from lxml import etree

    from flodeslasare.fetching.http import Fetcher, Reply

__all__ = [
    "common_feed_addresses",
    "discover",
    "find_feeds",
    "host_of",
    "looks_like_feed",
    "names_private_network",
    "normalise_address",
    "page_generator",
    "readable_address",
    "with_credentials_of",
]

_MAX_FOUND = 50
_TITLE_CHARACTERS = 200
_FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/x-rss+xml",
        "application/rss",
        "application/atom",
        "text/rss+xml",
        "text/atom+xml",
        "text/rss",
    }
)
# Types that feeds and other things come with: WordPress names its JSON interface as an alternate.
_VAGUE_TYPES = frozenset({"application/json", "application/xml", "text/xml"})
_FEED_PATH = re.compile(
    r"""(?ix)
      (?:^|/)(?:feeds?|rss2?|atom|rdf)/?$            # /feed/, /blogg/rss
    | (?:^|/)rss-?(?:feed|flode|fl%C3%B6de)/?$
    | \.(?:rss|atom|rdf|feed)$                       # /news.rss; Joomla's /blogg.feed
    | (?:^|/)(?:feeds?|rss2?|atom|rdf)\.(?:xml|json|php|aspx?)$
    | (?:^|/)index\.(?:xml|json)$
    | (?:^|/)(?:feeds?|rss)/[^/]*\.(?:xml|json)$     # /feeds/all.xml
    | (?:^|/)feeds/posts/default$                    # Blogger
    """
)
_FEED_QUERY = re.compile(
    r"(?i)(?:^|[&;])(?:format=(?:feed|rss|atom)|feed=(?:rss2?|atom|rdf)|alt=(?:rss|atom)"
    r"|rss=(?:1|true)|(?:type|state|output)=(?:rss|atom)(?:$|[&;]))"  # state=rss: SiteVision
)
_VIDEO_CHANNEL = re.compile(r"/channel/(UC[\w-]{22})(?:/|$)")
_ABOUT_COMMENTS = re.compile(r"(?i)comment|kommentar")
_PROLOG = re.compile(
    r"(?is)\s*(?:<\?.*?\?>|<!--.*?-->|<!doctype\s+(?!html)[^>\[]*(?:\[.*?\]\s*)?>)"
)
_PAGE_MARKUP = re.compile(
    r"(?i)<(?:!doctype html|html|head|body|title|meta|link|div|main|article|h1|p|a|table)[\s>]"
)
_FEED_ROOT = re.compile(r"(?i)\s*<(?:rss|feed|channel|(?:[a-z][\w.-]*:)(?:rss|feed|rdf))[\s>/]")


async def discover(
    fetcher: Fetcher, address: str, *, allow_private: bool = False
) -> list[FoundFeed]:
    """Find the feeds at an address: itself when it is a feed, else those its page names.

    A page that names none is tried at the few addresses where sites keep their feeds, until one
    answers with a feed. Where no scheme was typed and https fails, http is tried.

    Args:
        fetcher: keeps the limits and the turns.
        address: as typed; see `normalise_address`.
        allow_private: see `names_private_network`.

    Returns:
        At least one feed, the most likely first, in the form `normalise_address` gives.

    Raises:
        AddressRefused: another scheme, or a private network that was not meant.
        FetchError: the server gives no usable reply.
        NotAFeed: there is something, and it offers no feed; the reason says what it is.
    """
    url = normalise_address(address)
    try:
        reply = await _ask(fetcher, url, allow_private=allow_private)
    except AddressRefused:
        raise
    except FetchError as error:
        if error.status is not None or has_scheme(address) or not url.startswith("https:"):
            raise
        url = canonical_url("http" + url.removeprefix("https"))
        try:
            reply = await _ask(fetcher, url, allow_private=allow_private)
        except FetchError as plain_error:
            # Without any reply, what was wrong with https says more.
            raise (error if plain_error.status is None else plain_error) from None
    if looks_like_feed(reply.body, reply.content_type):
        return [FoundFeed(url=reply.permanent_url or url, type=_media_type(reply.content_type))]
    shown = readable_address(url)
    _refuse_what_is_no_page(shown, reply)

    def owned(feeds: list[FoundFeed]) -> list[FoundFeed]:
        """Put the person's name and password on what is of the same origin."""
        return [
            FoundFeed(url=with_credentials_of(url, feed.url), title=feed.title, type=feed.type)
            for feed in feeds
        ]

    found = await asyncio.to_thread(find_feeds, reply.body, reply.url)
    if found:
        return owned(found)
    generator = await asyncio.to_thread(page_generator, reply.body)
    for guess in common_feed_addresses(reply.url, generator):
        try:
            attempt = await _ask(
                fetcher, with_credentials_of(url, guess), allow_private=allow_private
            )
        except FetchError as error:
            if error.status is None or error.status == 429 or error.status >= 500:
                break  # the server is in trouble, and guesses do not help it
            continue
        if looks_like_feed(attempt.body, attempt.content_type):
            # A guess is no one's promise, so what it led to is what counts.
            kind = _media_type(attempt.content_type)
            return owned([FoundFeed(url=canonical_url(attempt.url), type=kind)])
    raise NotAFeed(
        shown,
        _("it is a web page and offers no feed; look on the site for a link called RSS or Atom"),
    )


def find_feeds(html: bytes | str, base_url: str) -> list[FoundFeed]:
    """Find the feeds that a page names, the most likely first; feeds of comments come last.

    First those meant for programs (`<link rel="alternate">`, HTML §4.6.7.1 and RFC 8288), then links in
    the text whose address has the form of a feed's. http and https only; each once, in the form
    `normalise_address` gives.
    """
    root = page_tree(html)
    if root is None:
        return []
    base = base_of(root, base_url)
    found: dict[str, FoundFeed] = {}
    for candidate in (*_named_feeds(root, base), *_linked_feeds(root, base)):
        found.setdefault(candidate.url, candidate)
        if len(found) >= _MAX_FOUND:
            break
    own = without_credentials(base_url).partition("#")[0]
    feeds = [feed for feed in found.values() if feed.url != own]
    return sorted(feeds, key=_is_about_comments)


def common_feed_addresses(page_url: str, generator: str | None = None) -> list[str]:
    """Give the addresses where sites keep feeds that their pages do not name, likeliest first.

    Args:
        page_url: where the page came from.
        generator: what the page says it was made with; a known one leaves only its own addresses.
    """
    parts = urlsplit(split_credentials(canonical_url(page_url))[0])
    root = f"{parts.scheme}://{parts.netloc}"
    page = root + parts.path
    # A page's own folder: /blogg/ of /blogg and of /blogg/, but /blogg/ of /blogg/index.html.
    folder = page if page.endswith("/") else page + "/"
    if re.search(r"\.[a-z]{2,5}$", parts.path):
        folder = page.rpartition("/")[0] + "/"
    joomla = f"{page}?format=feed&type=rss"
    if (channel := _VIDEO_CHANNEL.search(parts.path)) and host_of(page).endswith("youtube.com"):
        return [f"{root}/feeds/videos.xml?channel_id={channel[1]}"]
    known = {
        "joomla": [joomla],
        "wordpress": [f"{folder}feed/", f"{root}/feed/"],
        "blogger": [f"{root}/feeds/posts/default"],
        "drupal": [f"{folder}rss.xml", f"{root}/rss.xml"],
        "ghost": [f"{root}/rss/"],
        "hugo": [f"{folder}index.xml", f"{root}/index.xml"],
        "jekyll": [f"{root}/feed.xml"],
        "squarespace": [f"{page}?format=rss"],
    }
    for name, guesses in known.items():
        if name in (generator or "").lower():
            return list(dict.fromkeys(guesses))
    usual = [
        f"{folder}feed/",
        f"{folder}rss.xml",
        f"{root}/feed/",
        f"{root}/rss.xml",
        f"{root}/atom.xml",
        f"{root}/index.xml",
        f"{root}/feed.xml",
        f"{root}/feed.json",
        joomla,
    ]
    return list(dict.fromkeys(usual))


def looks_like_feed(body: bytes, content_type: str | None = None) -> bool:
    """Tell whether bytes are a feed document, by their beginning; the parser has the last word.

    The content type decides nothing: feeds come as text/html, and pages as application/rss+xml. It
    only helps where the beginning is damaged.
    """
    text = _beginning(body)
    start = text.lstrip()
    if start.startswith("{"):
        return b"jsonfeed.org/version" in body
    while match := _PROLOG.match(text):
        text = text[match.end() :]
    if _FEED_ROOT.match(text):
        return True
    # A warning of PHP or an empty comment may stand before the document.
    stray = re.search(r"(?i)<(rss|feed|rdf:rdf)[\s>]", text[:2_000])
    if stray is None or re.search(
        r"(?i)<(?:html|head|body|!doctype html)\b", text[: stray.start()]
    ):
        return False
    return stray[1].lower() != "feed" or "atom" in (content_type or "").lower() or "xmlns" in text


def page_generator(html: bytes | str) -> str | None:
    """Give what a page says it was made with (`<meta name="generator">`)."""
    root = page_tree(html)
    if root is None:
        return None
    for meta in root.iter("meta"):
        if (meta.get("name") or "").strip().lower() == "generator":
            return _plain(meta.get("content"))
    return None


# --- details -----------------------------------------------------------------------------------------


async def _ask(fetcher: Fetcher, url: str, *, allow_private: bool) -> Reply:
    reply = await fetcher.fetch(url, allow_private=allow_private)
    if reply.kind is ReplyKind.GONE:
        reason = _("it has been taken away for good (HTTP 410)")
        raise FetchError(readable_address(url), reason, status=410)
    return reply


def _refuse_what_is_no_page(shown: str, reply: Reply) -> None:
    """Say what a reply is when it is neither a feed nor a page.

    Raises:
        NotAFeed
    """
    if not reply.body.strip():
        raise NotAFeed(shown, _("the reply is empty"))
    kind = _media_type(reply.content_type)
    if _PAGE_MARKUP.search(_beginning(reply.body)):
        return
    if kind and kind not in ("text/html", "text/plain"):
        reason = _("it is neither a feed nor a web page, but a file of type {type}")
        raise NotAFeed(shown, reason.format(type=kind))
    raise NotAFeed(shown, _("it is neither a feed nor a web page"))


def _media_type(content_type: str | None) -> str | None:
    kind = (content_type or "").partition(";")[0].strip().lower()
    return kind if re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind, re.ASCII) else None


def _beginning(body: bytes) -> str:
    """Decode the beginning of a document well enough to recognise it."""
    head = body[:8_192]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    if head.startswith(b"<\0"):
        return head.decode("utf-16-le", errors="replace")
    if head.startswith(b"\0<"):
        return head.decode("utf-16-be", errors="replace")
    return head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def _named_feeds(root: etree._Element, base: str) -> Iterator[FoundFeed]:
    for link in root.iter("link"):
        relations = (link.get("rel") or "").lower().split()
        kind = _media_type(link.get("type"))
        url = address_in(base, link.get("href"))
        title = _plain(link.get("title"))
        if url is None or not {"alternate", "feed"} & set(relations):
            continue
        is_vague = kind in _VAGUE_TYPES or (kind is None and "alternate" in relations)
        if is_vague and "feed" not in relations and not _has_form_of_feed(url):
            continue
        if is_vague or kind in _FEED_TYPES or "feed" in relations:
            yield FoundFeed(url=url, title=title, type=kind)


def _linked_feeds(root: etree._Element, base: str) -> Iterator[FoundFeed]:
    for link in root.iter("a", "area"):
        href = link.get("href")
        if not href or not (href[:5].lower() == "feed:" or _has_form_of_feed(href)):
            continue
        url = address_in(base, href)
        if url is None or not (href[:5].lower() == "feed:" or _has_form_of_feed(url)):
            continue
        words = "".join(str(part) for part in link.itertext())[:1_000]
        yield FoundFeed(url=url, title=_plain(words) or _plain(link.get("title")))


def _has_form_of_feed(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if _FEED_QUERY.search(parts.query):
        return True
    return bool(_FEED_PATH.search(parts.path)) or host_of(url).startswith("feeds.")


def _is_about_comments(feed: FoundFeed) -> bool:
    parts = urlsplit(feed.url)
    return any(_ABOUT_COMMENTS.search(text) for text in (parts.path, parts.query, feed.title or ""))


def _plain(text: str | None) -> str | None:
    """Give a stranger's words as one short safe line; `None` when there are none."""
    from flodeslasare.fetching.clean import clean_line

    return clean_line(text or "", _TITLE_CHARACTERS) or None
