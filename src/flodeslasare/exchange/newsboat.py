"""newsboat's files, read only: `urls` (what it follows) and `cache.db` (what it has kept).

They lie in `~/.newsboat/`, or in `~/.config/newsboat/` and `~/.local/share/newsboat/`. The formats
are described in newsboat's own manual (https://newsboat.org) and `src/cache.cpp`.
"""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from flodeslasare.documents import KeptEntry, LeftOut, ParsedEntry, Subscription
from flodeslasare.errors import DataError, NoSuchFile
from flodeslasare.exchange._names import clean_name, web_address
from flodeslasare.exchange.opml import join_folder
from flodeslasare.i18n import _, ngettext
from flodeslasare.model import Enclosure

_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"?|(\S+))')
_SPECIAL = ("query:", "exec:", "filter:")


def read_urls(text: str) -> tuple[list[Subscription], list[str], list[str]]:
    """Read newsboat's `urls`, a sentence for each line that was left out, and one for each that lost tags.

    A line is an address and tags. The first plain tag becomes the folder, `~Title` the person's own
    name for it; `!` hides a feed in newsboat and means nothing here.

    Raises:
        DataError: no line begins with what newsboat could follow, so it is another kind of file.
    """
    subscriptions: dict[str, Subscription] = {}
    skipped: list[str] = []
    without_tags: list[str] = []
    is_newsboats = False
    for line in text.removeprefix("\ufeff").splitlines():
        written, *tags = _tokens(line) or [""]
        if not written:
            continue
        address = web_address(written)
        if address is None:
            kind = next((kind for kind in _SPECIAL if written.lower().startswith(kind)), "")
            is_newsboats = is_newsboats or bool(kind)
            skipped.append(_why_left_out(kind, written))
            continue
        if address in subscriptions:
            skipped.append(
                _("{address}: stands there twice; the first is kept").format(address=address)
            )
            continue
        titles = [clean_name(tag[1:]) for tag in tags if tag.startswith("~")]
        folders = [name for tag in tags if tag[:1] not in "~!" and (name := clean_name(tag))]
        subscriptions[address] = Subscription(
            url=address,
            named=next(filter(None, titles), None),
            folder=join_folder(folders[0].split("/")) if folders else None,
        )
        if folders[1:]:
            without_tags.append(
                _(
                    "{address}: taken in, in the folder {folder}, without its other tags: {others}"
                ).format(address=address, folder=folders[0], others=", ".join(folders[1:]))
            )
    if skipped and not subscriptions and not is_newsboats:
        raise DataError(_("not a list of addresses: no line begins with http:// or https://"))
    return list(subscriptions.values()), skipped, without_tags


def _why_left_out(kind: str, written: str) -> str:
    """Say why a line has no feed for us, and what comes nearest to it here."""
    filtered = web_address(written.split(":", 2)[-1]) if kind == "filter:" else None
    if kind == "query:":
        text = _(
            "{line}: a search, which is written another way here: `flodeslasare searches save`"
        )
    elif filtered is not None:
        text = _(
            "{line}: goes through a command, and none is run here; `flodeslasare add {address}` "
            "follows it as it comes"
        )
    elif kind:
        text = _("{line}: is made by a command, and none is run here")
    else:
        text = _("{line}: not a web address")
    return text.format(line=clean_name(written), address=filtered)


def _tokens(line: str) -> list[str]:
    """Split a line at spaces, but not inside double quotes; a word that begins with # ends it."""
    tokens: list[str] = []
    for found in _TOKEN.finditer(line):
        quoted, plain = found.groups()
        if plain is not None and plain.startswith("#"):
            break
        tokens.append(plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
    return tokens


def read_cache_feeds(path: Path) -> list[Subscription]:
    """Read the feeds that a `cache.db` holds entries of, with their titles.

    Raises:
        NoSuchFile, DataError
    """
    with _opened(path) as db:
        rows = db.execute("SELECT rssurl, url, title FROM rss_feed ORDER BY rowid").fetchall()
    return [
        Subscription(url=address, title=clean_name(title) or None, site_url=web_address(site or ""))
        for rssurl, site, title in rows
        if (address := web_address(rssurl or ""))
    ]


def read_cache_left_out(path: Path) -> list[LeftOut]:
    """Read of what feeds `read_cache` leaves the entries: those of newsboat's own kinds, and of local files.

    Raises:
        NoSuchFile, DataError
    """
    with _opened(path) as db:
        rows = db.execute(
            f"SELECT feedurl, count(*) FROM rss_item WHERE {_not_deleted(db)} GROUP BY feedurl"  # noqa: S608
        ).fetchall()
    return [
        LeftOut(
            ngettext(
                "{line}: its {count} entry, for it has no web address",
                "{line}: its {count} entries, for it has no web address",
                count,
            ).format(line=clean_name(feedurl), count=count),
            count,
        )
        for feedurl, count in rows
        if web_address(feedurl or "") is None
    ]


def read_cache(path: Path) -> Iterator[KeptEntry]:
    """Read the entries that a `cache.db` keeps, feed by feed, oldest first; deleted ones are left.

    `html` is what the feed's server sent, raw: it has to go through `fetching.clean` before anything is
    stored or shown, and `text` is empty until then. An entry that newsboat has a flag on is starred.

    Raises:
        NoSuchFile, DataError
    """
    with _opened(path) as db:
        columns = _columns(db, "rss_item")

        def column(name: str, otherwise: str = "NULL") -> str:
            # Older versions of newsboat lack some; `name` is always one of the words below.
            return f"{name if name in columns else otherwise} AS {name}"

        query = f"""
            SELECT guid, title, author, url, feedurl, pubDate, content, unread,
                   {column("enclosure_url")}, {column("enclosure_type")},
                   {column("flags")}, {column("content_mime_type")}
            FROM rss_item
            WHERE {_not_deleted(db)}
            ORDER BY feedurl, pubDate, id
            """  # noqa: S608 - nothing in it comes from outside
        for row in db.execute(query):
            feed_url = web_address(row["feedurl"] or "")
            if feed_url is None:
                continue  # `read_cache_left_out` tells of it
            yield KeptEntry(
                feed_url=feed_url,
                entry=_entry(row),
                is_read=not row["unread"],
                is_starred=bool(row["flags"]),
            )


def _entry(row: sqlite3.Row) -> ParsedEntry:
    enclosure = web_address(row["enclosure_url"] or "")
    content = row["content"] or ""
    if (row["content_mime_type"] or "").lower() == "text/plain":
        content = "".join(
            f"<p>{html.escape(paragraph, quote=False)}</p>"
            for paragraph in re.split(r"\n\s*\n", content)
            if paragraph.strip()
        )
    return ParsedEntry(
        guid=clean_name(row["guid"]) or None,
        url=web_address(row["url"] or ""),
        title=clean_name(row["title"]),
        author=clean_name(row["author"]) or None,
        published=_time(row["pubDate"]),
        enclosures=(
            (Enclosure(url=enclosure, type=clean_name(row["enclosure_type"]) or None),)
            if enclosure
            else ()
        ),
        html=content,
    )


def _time(seconds: object) -> datetime | None:
    if not isinstance(seconds, int) or seconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a cache read-only, and say what is wrong in words."""
    if not path.is_file():
        raise NoSuchFile(path)
    try:
        uri = f"file:{quote(str(path.absolute()))}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=5)) as db:
            db.row_factory = sqlite3.Row
            db.text_factory = lambda raw: raw.decode("utf-8", "replace")
            if not (
                _columns(db, "rss_item") >= {"guid", "feedurl", "content"}
                and _columns(db, "rss_feed") >= {"rssurl", "title"}
            ):
                raise DataError(
                    _("{path}: this database is not newsboat's cache.db; name another file").format(
                        path=path
                    )
                )
            yield db
    except sqlite3.OperationalError as error:
        raise DataError(
            _("{path}: cannot be read ({cause}); close newsboat and try again").format(
                path=path, cause=error
            )
        ) from error
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_NOTADB:
            text = _("{path}: this is not newsboat's cache.db ({cause}); name another file")
        else:
            text = _(
                "{path}: the file is damaged ({cause}); recover it with `sqlite3 FILE .recover`"
            )
        raise DataError(text.format(path=path, cause=error)) from error


def _not_deleted(db: sqlite3.Connection) -> str:
    return "coalesce(deleted, 0) = 0" if "deleted" in _columns(db, "rss_item") else "1"


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,))}
