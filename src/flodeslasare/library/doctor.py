"""The doctor: checks of files, folders, the library and its feeds, each with a verdict and a remedy.

Nothing is changed, and no network is asked. What a check finds is a value; a check that cannot be done because
the file is damaged is a finding as well.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from flodeslasare.config import Places, load_settings
from flodeslasare.errors import ReaderError, StorageError
from flodeslasare.files import is_folder, is_there
from flodeslasare.findings import Check, Verdict
from flodeslasare.i18n import _, ngettext, number
from flodeslasare.model import Feed
from flodeslasare.storage.database import OLDEST_SQLITE
from flodeslasare.storage.health import Health, sqlite_version

LEAST_FREE_BYTES = 20_000_000
"""With less, nothing new can be kept for long."""

LARGE_LOG_BYTES = 256_000_000
"""The write-ahead log is emptied as a rule at 4 MB; one that grows is held by a program that never lets go."""

FIRST_YEAR = 2024
"""Of this program; a clock before it is wrong."""

_REBUILD = "`flodeslasare doctor --rebuild-index`"

_NAMED = 5
"""So many feeds are named."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told the name of a check, how many entries are done, and of how many."""


def examine(
    places: Places,
    now: datetime,
    progress: Progress | None = None,
    *,
    needs_config: bool = False,
) -> Iterator[Check]:
    """Check everything, what is quick first.

    Args:
        places: where the files are.
        now: what the clock says.
        progress: told how far a check is that takes long.
        needs_config: the person named the file with the settings, so it has to be there.
    """
    yield _config(places.config, must_be_there=needs_config)
    yield from _folders(places)
    yield _disk(places.library)
    yield _sqlite()
    yield _clock(now)
    if not _may_be_there(places.library):
        yield Check(
            "library",
            Verdict.OK,
            _("{path}: not there yet; the first start makes it").format(path=places.library),
        )
        return
    try:
        health = Health(places.library)
    except ReaderError as error:
        yield _failed("library", error)
        return
    with closing(health):
        yield _library(health)
        if not health.is_up_to_date:
            return
        checks: tuple[tuple[str, Callable[[], Check]], ...] = (
            ("integrity", lambda: _integrity(health)),
            ("references", lambda: _references(health)),
            ("log", lambda: _log(health)),
            ("counts", lambda: _counts(health)),
            ("dates", lambda: _dates(health, now)),
            ("index", lambda: _index(health, progress)),
        )
        for name, check in checks:
            try:
                yield check()
            except StorageError as error:
                yield _failed(name, error)
        try:
            feeds = health.feeds()
        except StorageError as error:
            yield _failed("feeds", error)
        else:
            yield from _feeds(feeds)


def _may_be_there(path: Path) -> bool:
    """Tell whether something is there; in a folder that one may not enter there may be."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _failed(name: str, error: ReaderError) -> Check:
    """Take what an error says apart: the sentence before its semicolon is the finding, what follows the remedy."""
    found, _semicolon, remedy = str(error).partition("; ")
    return Check(name, Verdict.ERROR, found, remedy or None)


def _config(path: Path, *, must_be_there: bool) -> Check:
    if not must_be_there and not _may_be_there(path):
        return Check(
            "config",
            Verdict.OK,
            _("{path}: not there, every setting is at its default").format(path=path),
        )
    try:
        load_settings(path, must_be_there=must_be_there)
    except ReaderError as error:
        return _failed("config", error)
    return Check("config", Verdict.OK, _("{path}: read").format(path=path))


def _folders(places: Places) -> Iterator[Check]:
    for name, folder in (
        ("folder.library", places.library.parent),
        ("folder.log", places.logs),
        ("folder.cache", places.images),
    ):
        there = _nearest(folder)
        if is_folder(there) and os.access(there, os.W_OK | os.X_OK):
            yield Check(name, Verdict.OK, _("{path}: can be written").format(path=folder))
        else:
            yield Check(
                name,
                Verdict.ERROR,
                _("{path}: cannot be written").format(path=folder),
                _("check its permissions"),
            )
    file = places.library
    if is_there(file) and not os.access(file, os.R_OK | os.W_OK):
        yield Check(
            "library.permissions",
            Verdict.ERROR,
            _("{path}: cannot be written").format(path=file),
            _("check its permissions"),
        )


def _nearest(folder: Path) -> Path:
    """Give a folder that is there: this one, or the innermost that it would be made in."""
    while not is_there(folder) and folder != folder.parent:
        folder = folder.parent
    return folder


def _disk(library: Path) -> Check:
    folder = _nearest(library.parent)
    try:
        free = shutil.disk_usage(folder).free
        size = library.stat().st_size if is_there(library) else 0
    except OSError as error:
        return Check("disk", Verdict.ERROR, f"{folder}: {error.strerror}", _("check the path"))
    found = _("{free} MB free beside a library of {size} MB").format(
        free=number(free / 1e6), size=number(size / 1e6)
    )
    if free < LEAST_FREE_BYTES:
        return Check("disk", Verdict.ERROR, found, _("free some space"))
    if free < size:
        return Check(
            "disk",
            Verdict.WARNING,
            found,
            _("free some space: a new version keeps a copy of the library before it changes it"),
        )
    return Check("disk", Verdict.OK, found)


def _sqlite() -> Check:
    version, has_fts5 = sqlite_version()
    found = f"SQLite {version}"
    if tuple(map(int, version.split("."))) < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        return Check(
            "sqlite",
            Verdict.ERROR,
            found,
            _("use a newer Python: {oldest} or newer is needed").format(oldest=oldest),
        )
    if not has_fts5:
        return Check(
            "sqlite",
            Verdict.ERROR,
            _("SQLite {version} lacks full-text search (FTS5)").format(version=version),
            _("use another Python: PYTHON=… ./run"),
        )
    return Check("sqlite", Verdict.OK, found)


def _clock(now: datetime) -> Check:
    if now.year < FIRST_YEAR:
        return Check(
            "clock",
            Verdict.ERROR,
            _("the clock says {when}").format(when=now.date()),
            _("set the clock: feeds would never be due"),
        )
    return Check("clock", Verdict.OK, _("the clock says {when}").format(when=now.date()))


def _library(health: Health) -> Check:
    found = _("{path}: a library, schema version {version}").format(
        path=health.path, version=health.version
    )
    if health.is_up_to_date:
        return Check("library", Verdict.OK, found)
    return Check(
        "library",
        Verdict.WARNING,
        found,
        _("an older version; the next start brings it up to date and keeps a copy"),
    )


def _integrity(health: Health) -> Check:
    complaints = health.complaints()
    if complaints:
        return Check(
            "integrity",
            Verdict.ERROR,
            _("the file is damaged: {what}").format(what=" · ".join(complaints)),
            _("put back a copy, or recover it with `sqlite3 FILE .recover`"),
        )
    return Check("integrity", Verdict.OK, _("every page of the file is whole"))


def _references(health: Health) -> Check:
    loose = health.loose_ends()
    if loose:
        return Check(
            "references",
            Verdict.ERROR,
            _("rows that belong to something that is not there: {count}").format(count=loose),
            _("put back a copy, or recover it with `sqlite3 FILE .recover`"),
        )
    without_text = health.without_text()
    if without_text:
        return Check(
            "references",
            Verdict.ERROR,
            _("entries whose text is missing: {count}").format(count=without_text),
            _("put back a copy, or {command} goes on with what is left of them").format(
                command=_REBUILD
            ),
        )
    return Check("references", Verdict.OK, _("every row belongs to one that is there"))


def _log(health: Health) -> Check:
    file = health.path.with_name(health.path.name + "-wal")
    size = file.stat().st_size if file.exists() else 0
    found = _("the write-ahead log takes {size} MB").format(size=number(size / 1e6, 1))
    if size > LARGE_LOG_BYTES:
        return Check(
            "log",
            Verdict.WARNING,
            found,
            _("close all programs that use the library; the last one empties it"),
        )
    return Check("log", Verdict.OK, found)


def _counts(health: Health) -> Check:
    wrong = health.wrong_counts()
    if wrong:
        return Check(
            "counts",
            Verdict.ERROR,
            _("months whose counts are wrong: {count}").format(count=wrong),
            _("{command} counts anew").format(command=_REBUILD),
        )
    return Check("counts", Verdict.OK, _("the counts are right"))


def _dates(health: Health, now: datetime) -> Check:
    last = health.last_fetched()
    fetched = None if last is None else datetime.fromtimestamp(last, UTC)
    if fetched is not None and fetched > now + timedelta(days=1):
        return Check(
            "dates",
            Verdict.WARNING,
            _("the newest entry was fetched on {when}, which is still to come").format(
                when=fetched.date()
            ),
            _("set the clock: it is wrong now, or was then"),
        )
    return Check("dates", Verdict.OK, _("nothing was fetched in the future"))


def _index(health: Health, progress: Progress | None) -> Check:
    def tell(done: int, total: int) -> None:
        if progress is not None:
            progress("index", done, total)

    remedy = _("{command} makes it anew").format(command=_REBUILD)
    try:
        found = health.index(tell)
    except StorageError as error:
        return Check("index", Verdict.ERROR, str(error).partition("; ")[0], remedy)
    if found.is_sound:
        return Check("index", Verdict.OK, _("the search index says what the texts say"))
    return Check(
        "index",
        Verdict.ERROR,
        _(
            "the search index differs from the texts (entries missing: {missing}, too many: {strange}, words unknown: {unknown})"
        ).format(missing=found.missing, strange=found.strange, unknown=found.unknown),
        remedy,
    )


def _feeds(feeds: list[Feed]) -> Iterator[Check]:
    """Say which feeds do not come, and why."""
    failing = [feed for feed in feeds if feed.failing_since and not feed.is_gone]
    gone = [feed for feed in feeds if feed.is_gone]
    never = [feed for feed in feeds if feed.last_refresh is None]
    flawed = [feed for feed in feeds if feed.flaw and not feed.failing_since and not feed.is_gone]
    if failing:
        causes = [
            _("{title} since {day} ({cause})").format(
                title=feed.title,
                day=feed.failing_since.astimezone().date() if feed.failing_since else "",
                cause=feed.last_error,
            )
            for feed in failing[:_NAMED]
        ]
        yield Check(
            "feeds.failing",
            Verdict.WARNING,
            _("failing: {names}").format(names=_and_more(causes, len(failing))),
            _(
                "see `flodeslasare feeds`; `flodeslasare edit FEED --url URL` gives one a new address"
            ),
        )
    if gone:
        yield Check(
            "feeds.gone",
            Verdict.WARNING,
            _("gone for good, says their server: {names}").format(
                names=_and_more([feed.title for feed in gone[:_NAMED]], len(gone)),
            ),
            _("`flodeslasare remove FEED` stops asking; the entries stay"),
        )
    if never:
        yield Check(
            "feeds.never",
            Verdict.WARNING,
            _("never fetched: {names}").format(
                names=_and_more([feed.title for feed in never[:_NAMED]], len(never)),
            ),
            _("`flodeslasare refresh` fetches them"),
        )
    if flawed:
        flaws = [
            _("{title} ({flaw})").format(title=feed.title, flaw=feed.flaw)
            for feed in flawed[:_NAMED]
        ]
        yield Check(
            "feeds.flawed",
            Verdict.WARNING,
            _("they can be read, but not all is well: {names}").format(
                names=_and_more(flaws, len(flawed))
            ),
            _("`flodeslasare refresh` asks again; if it lasts, tell those who publish the feed"),
        )
    if not (failing or gone or never or flawed):
        yield Check(
            "feeds",
            Verdict.OK,
            ngettext("{count} feed, all is well", "{count} feeds, all is well", len(feeds)).format(
                count=len(feeds)
            ),
        )


def _and_more(names: list[str], count: int) -> str:
    return ", ".join(names) + (" …" if count > len(names) else "")
