"""The posts of the example blog, read from the year files in `posts/`.

A file holds one post after another. Each begins with a head between two lines `---`, a line a
field, and goes on in Markdown until the next head or the end of the file:

    ---
    id: 112
    slug: slatthults-kycklingslakteri
    title: Slätthults kycklingslakteri
    published: 2018-05-14 10:15
    updated: 2018-05-16 08:40      (only of a post that was edited)
    author: Petra Sjö
    tags: livsmedel, djurskydd
    enclosure: något.pdf           (only of a post with an attached file)
    intro_only: yes                (only where the feed gives no more than the intro)
    ---
    Texten.

Times are Swedish. A horizontal rule is therefore written `***`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

from msgspec import Struct

from flodeslasare.errors import DataError

LOCAL_TIME = ZoneInfo("Europe/Stockholm")
"""The time that the office lives by."""

_FENCE = "---"
_REQUIRED = ("id", "slug", "title", "published", "author", "tags")
_OPTIONAL = ("updated", "enclosure", "intro_only")
_SLUG = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")
_FILE_NAME = re.compile(r"[a-z0-9-]+\.[a-z0-9]+")
_TIME = "%Y-%m-%d %H:%M"


class Post(Struct, frozen=True, kw_only=True):
    """One post, as its author wrote it."""

    id: int
    slug: str
    """The end of its address: `/bloggen/112-slatthults-kycklingslakteri`."""
    title: str
    published: datetime
    """In UTC."""
    updated: datetime | None = None
    """In UTC; `None` when it was never edited."""
    author: str
    tags: tuple[str, ...] = ()
    intro_only: bool = False
    """The feed gives its first paragraph and a link to the rest."""
    enclosure: str | None = None
    """The name of the file that comes with it."""
    markdown: str

    @property
    def changed(self) -> datetime:
        """When it was last written, in UTC."""
        return self.updated or self.published

    @property
    def path(self) -> str:
        """Its address on the site: `/bloggen/112-slatthults-kycklingslakteri`."""
        return f"/bloggen/{self.id}-{self.slug}"


def load_posts() -> list[Post]:
    """Give the posts of all years, newest first.

    Raises:
        DataError: A file of the package does not hold what it should.
    """
    folder = files(__package__) / "posts"
    names = sorted(file.name for file in folder.iterdir() if re.fullmatch(r"\d{4}\.md", file.name))
    posts: list[Post] = []
    for name in names:
        of_year = parse_posts((folder / name).read_text(encoding="utf-8"), name)
        for post in of_year:
            if post.published.astimezone(LOCAL_TIME).year != int(name.removesuffix(".md")):
                raise DataError(
                    f"{name}, post {post.id}: published in another year than the file's"
                )
        posts += of_year
    _require_distinct(posts)
    return sorted(posts, key=lambda post: (post.published, post.id), reverse=True)


def extra_posts() -> list[Post]:
    """Give the posts that come out while the demo runs, in the order they come.

    Raises:
        DataError: The file does not hold what it should.
    """
    file = files(__package__) / "posts" / "extra.md"
    posts = parse_posts(file.read_text(encoding="utf-8"), file.name)
    _require_distinct(posts)
    return sorted(posts, key=lambda post: post.published)


def parse_posts(text: str, name: str) -> list[Post]:
    """Read the posts of one file, in the order of the file.

    Args:
        text: What the file holds.
        name: The file's name, for the errors.

    Raises:
        DataError: The text is not in the form that this module describes.
    """
    return [_post(head, body, name) for head, body in _split(text, name)]


def _split(text: str, name: str) -> Iterator[tuple[dict[str, str], str]]:
    lines = text.splitlines()
    at = 0
    while at < len(lines) and not lines[at].strip():
        at += 1
    while at < len(lines):
        start = at
        if lines[start] != _FENCE:
            raise DataError(f"{name}, line {start + 1}: a post begins with a line {_FENCE}")
        try:
            head_end = lines.index(_FENCE, start + 1)
        except ValueError:
            raise DataError(f"{name}, line {start + 1}: the head has no closing {_FENCE}") from None
        try:
            at = lines.index(_FENCE, head_end + 1)
        except ValueError:
            at = len(lines)
        yield (
            _head(lines[start + 1 : head_end], name, start + 2),
            "\n".join(lines[head_end + 1 : at]),
        )


def _head(lines: list[str], name: str, first_line: int) -> dict[str, str]:
    head: dict[str, str] = {}
    for number, line in enumerate(lines, first_line):
        field, colon, value = line.partition(":")
        where = f"{name}, line {number}" + (f" (post {head['id']})" if "id" in head else "")
        if not colon or not value.strip():
            raise DataError(f"{where}: expected `field: value`, got {line!r}")
        if field not in _REQUIRED + _OPTIONAL:
            raise DataError(f"{where}: no such field: {field}")
        if field in head:
            raise DataError(f"{where}: {field} is given twice")
        head[field] = value.strip()
    return head


def _post(head: dict[str, str], body: str, name: str) -> Post:
    where = f"{name}, post {head.get('id') or head.get('slug') or '?'}"
    for field in _REQUIRED:
        if field not in head:
            raise DataError(f"{where}: {field} is missing")
    if not head["id"].isdecimal():
        raise DataError(f"{where}: id is a number, not {head['id']!r}")
    if not _SLUG.fullmatch(head["slug"]):
        raise DataError(f"{where}: slug is a-z, 0-9 and single hyphens, not {head['slug']!r}")
    if head.get("intro_only", "yes") != "yes":
        raise DataError(f"{where}: intro_only is `yes` or left out, not {head['intro_only']!r}")
    if "enclosure" in head and not _FILE_NAME.fullmatch(head["enclosure"]):
        raise DataError(f"{where}: enclosure is a file's name, not {head['enclosure']!r}")
    if not body.strip():
        raise DataError(f"{where}: there is no text")
    published = _time(head["published"], "published", where)
    updated = _time(head["updated"], "updated", where) if "updated" in head else None
    if updated is not None and updated <= published:
        raise DataError(f"{where}: updated before it was published")
    return Post(
        id=int(head["id"]),
        slug=head["slug"],
        title=head["title"],
        published=published,
        updated=updated,
        author=head["author"],
        tags=tuple(tag.strip() for tag in head["tags"].split(",")),
        intro_only="intro_only" in head,
        enclosure=head.get("enclosure"),
        markdown=body.strip() + "\n",
    )


def _time(text: str, field: str, where: str) -> datetime:
    try:
        local = datetime.strptime(text, _TIME).replace(tzinfo=LOCAL_TIME)
    except ValueError:
        raise DataError(f"{where}: {field} is like 2018-05-14 10:15, not {text!r}") from None
    return local.astimezone(UTC)


def _require_distinct(posts: list[Post]) -> None:
    seen: set[int] = set()
    for post in posts:
        if post.id in seen:
            raise DataError(f"posts: two posts have the id {post.id}")
        seen.add(post.id)
