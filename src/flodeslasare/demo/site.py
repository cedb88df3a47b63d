"""The example blog as a site: what it answers to each address, as a Joomla blog would.

Pure functions from a `Blog` to pages; listening and HTTP are `server.py`'s. The site is in
Swedish, whatever the language of the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache, lru_cache
from html import escape
from importlib.resources import files
from itertools import groupby
from urllib.parse import parse_qs, unquote, urlsplit

from markdown_it import MarkdownIt
from msgspec import Struct

from flodeslasare.demo.posts import LOCAL_TIME, Post

SITE_NAME = "Exempelregionernas kansli för hållbar upphandling"
BLOG_NAME = "Bloggen om hållbar upphandling"
DESCRIPTION = "Vad vi ser, hör och undrar över när sju regioner handlar."
GENERATOR = "Joomla! - Open Source Content Management"
PAGE_SIZE = 10
"""Posts on a page of the list, and in a feed."""

FEED_PATHS = {
    "rss": "/bloggen?format=feed&type=rss",
    "atom": "/bloggen?format=feed&type=atom",
}

_FEED_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml"}
_FILE_TYPES = {"png": "image/png", "pdf": "application/pdf", "mp3": "audio/mpeg"}
_FOLDERS = {"pdf": "rapporter", "mp3": "ljud"}
"""Where an enclosure lies, by the end of its name."""

_FILE = re.compile(r"/(bilder|rapporter|ljud)/([a-z0-9-]+\.(png|pdf|mp3))")
_POST = re.compile(r"/bloggen/([0-9]{1,9})(?:-[a-z0-9-]*)?")
_MONTH = re.compile(r"/bloggen/arkiv/([0-9]{4})/([0-9]{1,2})")
_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)
_MENU = (
    ("/bloggen", "Bloggen"),
    ("/om-kansliet", "Om kansliet"),
    ("/kontakt", "Kontakt"),
)


class Blog(Struct, frozen=True):
    """What is published, and where."""

    posts: tuple[Post, ...]
    """Newest first."""
    site_url: str
    """Without a slash at the end: `http://127.0.0.1:8014`."""

    @property
    def changed(self) -> datetime:
        """When anything was last written, in UTC."""
        return max((post.changed for post in self.posts), default=datetime.fromtimestamp(0, UTC))


class Page(Struct, frozen=True, kw_only=True):
    """The answer to one address."""

    body: bytes
    type: str
    """The media type, as the `Content-Type` field gives it."""
    status: int = 200
    location: str | None = None
    """Where to go instead, when `status` says so."""
    changed: datetime | None = None
    """In UTC; `None` when nothing says."""


def answer(blog: Blog, target: str) -> Page:
    """Give the page at an address, or the one that says that there is none.

    Args:
        blog: What is published.
        target: The path and query as requested (RFC 9112 §3.2.1).
    """
    path, query = _split(target)
    if path in ("/", "/index.php"):
        return _redirect("/bloggen")
    if path == "/bloggen":
        if query.get("format") == "feed":
            return _feed(blog, query.get("type", "rss"), _offset(query))
        return _html(blog, list_page(blog, _offset(query)))
    if path == "/om-kansliet":
        return _html(blog, _about_page(blog))
    if path == "/kontakt":
        return _html(blog, _contact_page(blog))
    if found := _MONTH.fullmatch(path):
        page = month_page(blog, int(found[1]), int(found[2]))
        return _html(blog, page) if page else _not_found(blog)
    if found := _POST.fullmatch(path):
        # The number decides; another slug leads to the right address, as Joomla's router does.
        for post in blog.posts:
            if post.id == int(found[1]):
                return (
                    _html(blog, post_page(blog, post))
                    if path == post.path
                    else _redirect(post.path)
                )
    if (found := _FILE.fullmatch(path)) and (content := static_file(f"{found[1]}/{found[2]}")):
        return Page(body=content, type=_FILE_TYPES[found[3]])
    return _not_found(blog)


def is_refresh(target: str) -> bool:
    """Say whether an address is the newest page of the feed, which readers ask for again and again."""
    path, query = _split(target)
    return path == "/bloggen" and query.get("format") == "feed" and _offset(query) == 0


def _split(target: str) -> tuple[str, dict[str, str]]:
    # Only the path and query count; "//host/…" must not become a host.
    parts = urlsplit("/" + target.lstrip("/"))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return unquote(parts.path).rstrip("/") or "/", query


def _offset(query: dict[str, str]) -> int:
    for name in ("limitstart", "start"):
        if re.fullmatch("[0-9]{1,9}", query.get(name, "")):
            return int(query[name])
    return 0


def _html(blog: Blog, text: str) -> Page:
    return Page(body=text.encode(), type="text/html; charset=utf-8", changed=blog.changed)


def _redirect(path: str) -> Page:
    body = (
        f'<!DOCTYPE html>\n<title>Flyttad</title>\n<p><a href="{path}">Sidan finns här.</a></p>\n'
    )
    return Page(body=body.encode(), type="text/html; charset=utf-8", status=301, location=path)


def _not_found(blog: Blog) -> Page:
    text = _page(
        blog,
        "Sidan finns inte",
        [("Sidan finns inte", None)],
        "<h1>Sidan finns inte</h1>\n<p>Någon kan ha strukit den ur underlaget. "
        '<a href="/bloggen">Alla inlägg</a> finns kvar.</p>',
    )
    return Page(body=text.encode(), type="text/html; charset=utf-8", status=404)


# --- what a post becomes -------------------------------------------------------------------------

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@cache
def body_html(post: Post) -> str:
    """Give a post's text as HTML; links within the site are paths, as Joomla writes them."""
    return str(_MARKDOWN.render(post.markdown)).strip()


@cache
def intro_html(post: Post) -> str:
    """Give what stands before the fold: everything to the end of the first paragraph."""
    tokens = _MARKDOWN.parse(post.markdown)
    for index, token in enumerate(tokens):
        if token.type == "paragraph_close" and token.level == 0:
            tokens = tokens[: index + 1]
            break
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})).strip()


def feed_html(post: Post) -> str:
    """Give what the feed and the list show: the intro and a link to the rest, or the whole text."""
    if not post.intro_only:
        return body_html(post)
    return (
        f'{intro_html(post)}\n<p class="readmore"><a class="btn" href="{post.path}">'
        f"Läs mer: {escape(post.title)}</a></p>"
    )


@lru_cache(maxsize=32)
def static_file(name: str) -> bytes | None:
    """Give a picture, report or recording (`bilder/karta.png`), or `None` when there is none."""
    file = files(__package__) / "static" / name
    return file.read_bytes() if file.is_file() else None


def _enclosure(post: Post) -> tuple[str, str, int] | None:
    """Give the path, media type and size in bytes of the file that comes with a post."""
    if post.enclosure is None:
        return None
    end = post.enclosure.rpartition(".")[2]
    name = f"{_FOLDERS[end]}/{post.enclosure}"
    return f"/{name}", _FILE_TYPES[end], len(static_file(name) or b"")


def swedish_date(when: datetime) -> str:
    """Give a date as the site writes it: 14 maj 2018."""
    local = when.astimezone(LOCAL_TIME)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


# --- pages ---------------------------------------------------------------------------------------


def list_page(blog: Blog, start: int) -> str:
    """Give the list of posts from number `start` on, ten of them."""
    shown = blog.posts[start : start + PAGE_SIZE]
    pages = max(1, -(-len(blog.posts) // PAGE_SIZE))
    number = start // PAGE_SIZE + 1
    links: list[str] = []
    head: list[str] = []
    for rel, text, at, is_there in (
        ("prev", "Föregående", max(0, start - PAGE_SIZE), start > 0),
        ("next", "Nästa", start + PAGE_SIZE, start + PAGE_SIZE < len(blog.posts)),
    ):
        if is_there:
            address = f"/bloggen?start={at}" if at else "/bloggen"
            links.append(f'<li><a class="{rel}" rel="{rel}" href="{address}">{text}</a></li>')
            head.append(f'<link rel="{rel}" href="{address}" />')
    main = [
        '<div class="blog" itemscope itemtype="https://schema.org/Blog">',
        f"<h1>{BLOG_NAME}</h1>",
        *(_item(post) for post in shown),
        *(["<p>Här finns inga fler inlägg.</p>"] if not shown else []),
        f'<ul class="pagination">{"".join(links)}</ul>',
        f'<p class="counter">Sida {number} av {pages}</p>' if shown else "",
        "</div>",
    ]
    return _page(blog, BLOG_NAME, [("Bloggen", None)], "\n".join(main), head)


def post_page(blog: Blog, post: Post) -> str:
    """Give the page of one post."""
    at = blog.posts.index(post)
    links = []
    if at + 1 < len(blog.posts):
        older = blog.posts[at + 1]
        links.append(f'<li class="previous"><a rel="prev" href="{older.path}">Föregående</a></li>')
    if at > 0:
        newer = blog.posts[at - 1]
        links.append(f'<li class="next"><a rel="next" href="{newer.path}">Nästa</a></li>')
    file = ""
    if enclosure := _enclosure(post):
        path, kind, size = enclosure
        word = "Lyssna" if kind.startswith("audio/") else "Bilaga"
        file = f'<p class="attachment">{word}: <a href="{path}" type="{kind}">{post.enclosure}</a> ({-(-size // 1000)} kB)</p>'
    main = [
        '<div class="item-page" itemscope itemtype="https://schema.org/BlogPosting">',
        '<meta itemprop="inLanguage" content="sv-SE" />',
        f'<div class="page-header"><h1 itemprop="headline">{escape(post.title)}</h1></div>',
        _facts(post),
        f'<div itemprop="articleBody">\n{body_html(post)}\n</div>',
        file,
        f'<ul class="pager pagenav">{"".join(links)}</ul>',
        "</div>",
    ]
    trail = [("Bloggen", "/bloggen"), (post.title, None)]
    return _page(blog, post.title, trail, "\n".join(main))


def month_page(blog: Blog, year: int, month: int) -> str | None:
    """Give the posts of one month, or `None` when it has none."""
    shown = [post for post in blog.posts if _month_of(post) == (year, month)]
    if not shown:
        return None
    name = f"{_MONTHS[month - 1]} {year}"
    main = (
        f'<div class="archive">\n<h1>Arkiv: {name}</h1>\n'
        + "\n".join(map(_item, shown))
        + "\n</div>"
    )
    return _page(blog, f"Arkiv: {name}", [("Bloggen", "/bloggen"), (f"Arkiv: {name}", None)], main)


def _month_of(post: Post) -> tuple[int, int]:
    local = post.published.astimezone(LOCAL_TIME)
    return local.year, local.month


def _item(post: Post) -> str:
    return (
        '<div class="blog-item" itemprop="blogPost" itemscope itemtype="https://schema.org/BlogPosting">\n'
        f'<h2 itemprop="headline"><a href="{post.path}" itemprop="url">{escape(post.title)}</a></h2>\n'
        f"{_facts(post)}\n{feed_html(post)}\n</div>"
    )


def _facts(post: Post) -> str:
    facts = [
        f'<dd class="createdby" itemprop="author" itemscope itemtype="https://schema.org/Person">'
        f'Skriven av: <span itemprop="name">{escape(post.author)}</span></dd>',
        f'<dd class="published"><time datetime="{_iso(post.published)}" itemprop="datePublished">'
        f"Publicerad: {swedish_date(post.published)}</time></dd>",
    ]
    if post.updated:
        facts.append(
            f'<dd class="modified"><time datetime="{_iso(post.updated)}" itemprop="dateModified">'
            f"Senast uppdaterad: {swedish_date(post.updated)}</time></dd>"
        )
    facts.append(f'<dd class="tags">Ämnen: {escape(", ".join(post.tags))}</dd>')
    return '<dl class="article-info"><dt>Detaljer</dt>' + "".join(facts) + "</dl>"


def _about_page(blog: Blog) -> str:
    return _page(
        blog,
        "Om kansliet",
        [("Om kansliet", None)],
        "<h1>Om kansliet</h1>\n"
        "<p>Norrmark, Västerå, Sjölanda, Österled, Mälarskog, Fjällbygd och Kustland ställer samma "
        "krav på hur varor tillverkas, och hjälps åt att ta reda på om kraven hålls. Kansliet "
        "håller i pennan, kalendern och kaffebryggaren.</p>\n"
        '<p><img src="/bilder/karta.png" alt="Karta över de sju regionerna, från fjäll till hav" '
        'width="320" height="200" /></p>\n'
        "<p>Regionerna, kansliet och alla som arbetar där är påhittade.</p>",
    )


def _contact_page(blog: Blog) -> str:
    return _page(
        blog,
        "Kontakt",
        [("Kontakt", None)],
        "<h1>Kontakt</h1>\n<p>Skriv till <a href='mailto:kansliet@exempel.invalid'>"
        "kansliet@exempel.invalid</a>. Den som ringer får oftast tala med Orvar.</p>",
    )


def _page(
    blog: Blog,
    title: str,
    trail: Sequence[tuple[str, str | None]],
    main: str,
    head: Iterable[str] = (),
) -> str:
    """Give a whole page: the frame that all share, around `main`.

    Args:
        blog: What is published, for the archive box.
        title: Of the page, as plain text.
        trail: The breadcrumb after "Start", as names and paths; the last has no path.
        main: The page's own content, as HTML.
        head: More lines for the `head` element.
    """
    alternates = [
        f'<link rel="alternate" type="{_FEED_TYPES[kind]}" title="{BLOG_NAME} ({name})" '
        f'href="{escape(FEED_PATHS[kind])}" />'
        for kind, name in (("rss", "RSS 2.0"), ("atom", "Atom 1.0"))
    ]
    menu = "".join(f'<li><a href="{path}">{name}</a></li>' for path, name in _MENU)
    crumbs = "".join(
        f'<li><a href="{path}">{escape(name)}</a></li>' if path else f"<li>{escape(name)}</li>"
        for name, path in [("Start", "/"), *trail]
    )
    months = "\n".join(
        f'<li><a href="/bloggen/arkiv/{year}/{month}">{_MONTHS[month - 1]} {year}</a> ({len(list(posts))})</li>'
        for (year, month), posts in groupby(blog.posts, key=_month_of)
    )
    return f"""<!DOCTYPE html>
<html lang="sv-SE">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="description" content="{DESCRIPTION}" />
<meta name="generator" content="{GENERATOR}" />
<title>{escape(title)} - {SITE_NAME}</title>
{"".join(line + chr(10) for line in (*alternates, *head))}<style>
body {{ font: 17px/1.6 Georgia, serif; color: #23313a; background: #f6f1e7; margin: 0 auto; max-width: 60em; padding: 0 1em; }}
header, footer {{ padding: 1em 0; }}
.columns {{ display: flex; flex-wrap: wrap; gap: 3em; }}
main {{ flex: 1 1 32em; min-width: 0; }}
aside {{ flex: 0 0 13em; font-size: 0.85em; }}
nav ul, .breadcrumb, .pagination, .pager, aside ul {{ list-style: none; padding: 0; }}
nav li, .breadcrumb li, .pagination li, .pager li {{ display: inline-block; margin-right: 1.2em; }}
.article-info {{ font-size: 0.85em; color: #66747c; }}
.article-info dt {{ display: none; }}
.article-info dd {{ display: inline; margin: 0 1em 0 0; }}
img {{ max-width: 100%; }}
table {{ border-collapse: collapse; }}
th, td {{ border-bottom: 1px solid #cbbfa8; padding: 0.2em 0.8em; }}
a {{ color: #1d6378; }}
</style>
</head>
<body class="site com_content view-category layout-blog">
<header><a class="brand" href="/">{SITE_NAME}</a>
<nav><ul class="nav menu">{menu}</ul></nav>
<ul class="breadcrumb">{crumbs}</ul></header>
<div class="columns">
<main id="content">
{main}
</main>
<aside>
<h3>Arkiv</h3>
<ul class="archive-module">
{months}
</ul>
<h3>Prenumerera</h3>
<p><a class="rss" href="{escape(FEED_PATHS["rss"])}">RSS</a> <a class="atom" href="{escape(FEED_PATHS["atom"])}">Atom</a></p>
</aside>
</div>
<footer><p>{SITE_NAME}. Alla regioner, personer och händelser är påhittade.</p></footer>
</body>
</html>
"""


# --- feeds ---------------------------------------------------------------------------------------


def _feed(blog: Blog, kind: str, start: int) -> Page:
    if kind not in _FEED_TYPES:
        return _not_found(blog)
    text = (atom if kind == "atom" else rss)(blog, start)
    return Page(
        body=text.encode(), type=f"{_FEED_TYPES[kind]}; charset=utf-8", changed=blog.changed
    )


def rss(blog: Blog, start: int) -> str:
    """Give the feed from post number `start` on, as RSS 2.0 the way Joomla writes it."""
    items = "".join(_rss_item(blog, post) for post in blog.posts[start : start + PAGE_SIZE])
    return f"""<?xml version="1.0" encoding="utf-8"?>
<!-- generator="{GENERATOR}" -->
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">
	<channel>
		<title>{BLOG_NAME}</title>
		<description><![CDATA[{DESCRIPTION}]]></description>
		<link>{blog.site_url}/bloggen</link>
		<lastBuildDate>{_rfc822(blog.changed)}</lastBuildDate>
		<generator>{GENERATOR}</generator>
		<atom:link rel="self" type="application/rss+xml" href="{_self(blog, "rss", start)}"/>
		<language>sv-se</language>
{items}	</channel>
</rss>
"""


def _rss_item(blog: Blog, post: Post) -> str:
    link = blog.site_url + post.path
    html = feed_html(post).replace("]]>", "]]]]><![CDATA[>")
    lines = [
        f"<title>{escape(post.title)}</title>",
        f"<link>{link}</link>",
        f'<guid isPermaLink="true">{link}</guid>',
        f"<description><![CDATA[{html}]]></description>",
        f"<author>{escape(post.author)}</author>",
        *(f"<category>{escape(tag)}</category>" for tag in post.tags),
        f"<pubDate>{_rfc822(post.published)}</pubDate>",
    ]
    if enclosure := _enclosure(post):
        path, kind, size = enclosure
        lines.append(f'<enclosure url="{blog.site_url}{path}" length="{size}" type="{kind}"/>')
    return "\t\t<item>\n" + "".join(f"\t\t\t{line}\n" for line in lines) + "\t\t</item>\n"


def atom(blog: Blog, start: int) -> str:
    """Give the feed from post number `start` on, as Atom (RFC 4287)."""
    entries = "".join(_atom_entry(blog, post) for post in blog.posts[start : start + PAGE_SIZE])
    return f"""<?xml version="1.0" encoding="utf-8"?>
<!-- generator="{GENERATOR}" -->
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="sv-se">
	<title type="text">{BLOG_NAME}</title>
	<subtitle type="text">{DESCRIPTION}</subtitle>
	<link rel="alternate" type="text/html" href="{blog.site_url}/bloggen"/>
	<link rel="self" type="application/atom+xml" href="{_self(blog, "atom", start)}"/>
	<id>{blog.site_url}/bloggen</id>
	<updated>{_iso(blog.changed)}</updated>
	<author>
		<name>{SITE_NAME}</name>
	</author>
	<generator uri="https://www.joomla.org">{GENERATOR}</generator>
{entries}</feed>
"""


def _atom_entry(blog: Blog, post: Post) -> str:
    link = blog.site_url + post.path
    element = "summary" if post.intro_only else "content"
    lines = [
        f'<title type="text">{escape(post.title)}</title>',
        f'<link rel="alternate" type="text/html" href="{link}"/>',
        f"<published>{_iso(post.published)}</published>",
        f"<updated>{_iso(post.changed)}</updated>",
        f"<id>{link}</id>",
        f"<author><name>{escape(post.author)}</name></author>",
        *(f'<category term="{escape(tag)}"/>' for tag in post.tags),
        f'<{element} type="html">{escape(feed_html(post))}</{element}>',
    ]
    if enclosure := _enclosure(post):
        path, kind, size = enclosure
        lines.append(
            f'<link rel="enclosure" href="{blog.site_url}{path}" length="{size}" type="{kind}"/>'
        )
    return "\t<entry>\n" + "".join(f"\t\t{line}\n" for line in lines) + "\t</entry>\n"


def _self(blog: Blog, kind: str, start: int) -> str:
    paging = f"&limitstart={start}" if start else ""
    return escape(f"{blog.site_url}{FEED_PATHS[kind]}{paging}")


def _rfc822(when: datetime) -> str:
    return format_datetime(when.astimezone(LOCAL_TIME))


def _iso(when: datetime) -> str:
    return when.astimezone(LOCAL_TIME).isoformat(timespec="seconds")
