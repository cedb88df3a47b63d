"""Taking in what other readers kept: subscriptions, and entries with their marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec.structs import replace

from flodeslasare.addresses import without_credentials
from flodeslasare.documents import ImportReport, KeptEntry, LeftOut, ParsedEntry, Subscription
from flodeslasare.errors import AddressRefused, DataError, NoSuchFile
from flodeslasare.exchange import (
    read_cache,
    read_cache_feeds,
    read_cache_left_out,
    read_opml,
    read_urls,
)
from flodeslasare.i18n import _
from flodeslasare.library.plan import name_of, plan_import
from flodeslasare.model import MarkKind
from flodeslasare.storage import Database, EntryStore, FeedStore, MarkStore, SearchIndex

if TYPE_CHECKING:
    from flodeslasare.library.subscriptions import Subscriptions

BATCH = 500
LONGEST_LIST_BYTES = 100_000_000
"""A list of 600,000 feeds; what is longer has no end, or is something else."""
_SQLITE_MAGIC = b"SQLite format 3\0"


def import_file(
    subscriptions: Subscriptions,
    database: Database,
    path: Path,
    now: datetime,
    *,
    opened: BinaryIO | None = None,
    tell: Callable[[int], None] | None = None,
) -> ImportReport:
    """Take in subscriptions (OPML, newsboat's `urls`) or entries with marks (newsboat's `cache.db`).

    All of the file is taken in, or nothing. `tell` is called with how many entries have been gone through.

    Raises:
        NoSuchFile, DataError
    """
    data = _read(path, opened)
    with database.writing():
        if data == _SQLITE_MAGIC:
            return _import_cache(subscriptions, database, path, now, tell)
        return _import_subscriptions(subscriptions, path, data)


def _read(path: Path, opened: BinaryIO | None) -> bytes:
    """Read all of a list; of a database, which may be large, its first bytes alone.

    Raises:
        NoSuchFile, DataError
    """
    try:
        with path.open("rb") if opened is None else nullcontext(opened) as file:
            data = file.read(len(_SQLITE_MAGIC))
            if data == _SQLITE_MAGIC:
                if opened is not None or not path.is_file():
                    raise DataError(
                        _("{path}: a database cannot come through a pipe; name its file").format(
                            path=path
                        )
                    )
                return data
            # If it is over already, a terminal would have to say so twice.
            if len(data) == len(_SQLITE_MAGIC):
                data += file.read(LONGEST_LIST_BYTES)
    except FileNotFoundError as error:
        raise NoSuchFile(path) from error
    except IsADirectoryError as error:
        raise NoSuchFile(path, _("this is a folder"), _("name a file in it")) from error
    except OSError as error:
        raise NoSuchFile(path, error.strerror or str(error)) from error
    if len(data) > LONGEST_LIST_BYTES:
        raise DataError(
            _("{path}: too large for a list of subscriptions; name another file").format(path=path)
        )
    return data


def _import_subscriptions(subscriptions: Subscriptions, path: Path, data: bytes) -> ImportReport:
    """Take in OPML, or newsboat's `urls`.

    Raises:
        DataError: it is neither.
    """
    start = data.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    remarks: list[str] = []
    try:
        if start in (b"<", b""):
            found, skipped = read_opml(data)
        else:
            found, lines, remarks = read_urls(_decoded(data))
            skipped = [LeftOut(line) for line in lines]
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    if not found and not skipped:
        raise DataError(_("{path}: no subscriptions in it").format(path=path))
    return _subscribe(subscriptions, found, skipped, remarks)


def _decoded(data: bytes) -> str:
    """Decode newsboat's `urls`: UTF-8, else what an older system wrote.

    Raises:
        DataError: it is no text.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if b"\0" in data:
            raise DataError(_("neither OPML nor a list of addresses")) from error
        return data.decode("cp1252", "replace")


def _subscribe(
    subscriptions: Subscriptions,
    found: list[Subscription],
    skipped: Sequence[LeftOut] = (),
    remarks: Sequence[str] = (),
) -> ImportReport:
    added = already = 0
    left_out = list(skipped)
    add = subscriptions.adding()
    for subscription in found:
        try:
            if add(subscription):
                added += 1
            else:
                already += 1
        except AddressRefused as error:
            left_out.append(LeftOut(str(error)))
    return ImportReport(
        subscribed=added, already=already, skipped=tuple(left_out), remarks=tuple(remarks)
    )


def _import_cache(
    subscriptions: Subscriptions,
    database: Database,
    path: Path,
    now: datetime,
    tell: Callable[[int], None] | None,
) -> ImportReport:
    """Take in newsboat's `cache.db`: its feeds, their entries, what is read and what is flagged.

    Raises:
        DataError: it is another database, damaged, or held by newsboat just now.
    """
    report = _subscribe(subscriptions, read_cache_feeds(path), read_cache_left_out(path))
    ids = {feed.url: feed.id for feed in FeedStore(database).all()}
    store = EntryStore(database, SearchIndex(database))
    marks = MarkStore(database)
    there: dict[MarkKind, list[int]] = {MarkKind.READ: [], MarkKind.STARRED: []}
    count = through = 0
    for feed_url, kept in groupby(read_cache(path), key=lambda entry: entry.feed_url):
        feed_id = ids.get(_shown_url(feed_url))
        if feed_id is None:
            continue
        while batch := list(islice(kept, BATCH)):
            count += _keep(store, marks, feed_id, batch, there, now)
            through += len(batch)
            if tell is not None:
                tell(through)
    # Whoever imported `urls` first and refreshed has many of the entries, and comes for the marks. One step for each
    # kind, to take back as any other.
    marked = sum(
        len(marks.mark(kind, entry_ids, now).entry_ids) for kind, entry_ids in there.items()
    )
    return replace(report, entries=count, marks=marked)


def _keep(
    store: EntryStore,
    marks: MarkStore,
    feed_id: int,
    batch: list[KeptEntry],
    there: dict[MarkKind, list[int]],
    now: datetime,
) -> int:
    """Keep those of a batch that are new, with their marks; gives how many.

    Of those that are there already it puts down in `there` what marks they have.
    """
    cleaned = {name_of(kept.entry): (kept, _cleaned(kept.entry)) for kept in batch}
    entries = [entry for _kept, entry in cleaned.values()]
    known = store.known(feed_id, cleaned, entries, compares=False)  # what is there stays as it is
    new, ids_there = plan_import(known, entries)
    added = dict(zip((entry.guid for entry in new), store.add(feed_id, new, now), strict=True))
    by_mark: dict[MarkKind, list[int]] = {MarkKind.READ: [], MarkKind.STARRED: []}
    for ids, by_kind in ((added, by_mark), (ids_there, there)):
        for name, entry_id in ids.items():
            kept = cleaned[name][0]
            if kept.is_read:
                by_kind[MarkKind.READ].append(entry_id)
            if kept.is_starred:
                by_kind[MarkKind.STARRED].append(entry_id)
    for kind, marked in by_mark.items():
        marks.set(kind, marked, now)
    return len(added)


def _cleaned(entry: ParsedEntry) -> ParsedEntry:
    from flodeslasare.fetching.clean import (
        clean_line,
        html_to_text,
        safe_html,
        safe_url,
        title_text,
    )

    html = safe_html(entry.html, entry.url)
    return replace(
        entry,
        title=title_text(entry.title),
        url=safe_url(entry.url),
        author=clean_line(entry.author) if entry.author else None,
        html=html,
        text=html_to_text(html),
    )


def _shown_url(url: str) -> str:
    from flodeslasare.fetching.discover import normalise_address

    try:
        return without_credentials(normalise_address(url))
    except AddressRefused:
        return url
