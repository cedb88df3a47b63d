"""Writing what the library holds into files: its subscriptions in one, its entries each in one of its own."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import Enum, auto
from pathlib import Path

from flodeslasare.documents import Subscription
from flodeslasare.errors import FileIsThere, StorageError
from flodeslasare.exchange import write_opml
from flodeslasare.exchange.markdown_files import (
    file_names,
    folder_names,
    is_file_of,
    markdown_file,
)
from flodeslasare.files import is_there, write_whole
from flodeslasare.i18n import _
from flodeslasare.model import Entry, Feed

_HEAD_BYTES = 8_000_000
"""So much of a file is read to see whose it is: more than a guid, a link and a title together can be."""


class _There(Enum):
    """What stands in a place."""

    NOTHING = auto()
    ITS_OWN = auto()
    SOMETHING_ELSE = auto()


def export_opml(feeds: Iterable[Feed]) -> bytes:
    """Give subscriptions as OPML 2.0, folders nested."""
    return write_opml(
        [
            Subscription(
                url=feed.url,
                title=feed.title if feed.named is None else feed.own_title,
                named=feed.named,
                site_url=feed.site_url,
                folder=feed.folder,
            )
            for feed in feeds
        ]
    )


def export_markdown(
    entries: Iterable[Entry], feeds: Iterable[Feed], folder: Path
) -> Iterator[bool]:
    """Write entries as Markdown files: `folder`/feed/year/date-title.md; yields for each whether it had to be written.

    A file is there whole or not at all. One that is right is left alone; one that holds another entry, or
    something else, is never written over: the entry gets a longer name.

    Raises:
        StorageError: something cannot be written; what was written before it stays.
    """
    names = folder_names(list(feeds))
    for entry in entries:
        when = _local(entry.sorted_by)
        name = names.get(entry.feed_id, str(entry.feed_id))  # subscribed to since
        place = folder / name / f"{when.year:04}"
        with _trouble_in_words(place):
            place.mkdir(parents=True, exist_ok=True)
            is_written = _write(entry, [place / name for name in file_names(entry, when)])
        yield is_written


def markdown_place(entry: Entry, folder: Path) -> Path:
    """Give the file of an entry in a folder: its own where it is there, else the best name that is free.

    Raises:
        StorageError: the folder cannot be looked into, or something else has every name.
    """
    names = file_names(entry, _local(entry.sorted_by))
    with _trouble_in_words(folder):
        return _place(entry, [folder / name for name in names])[0]


def save_markdown(entry: Entry, path: Path, *, replaces: bool) -> bool:
    """Write an entry into one file, as `export_markdown` does; tells whether it had to be written.

    The folder is made where it is not there. What a link leads to is written, and the link stays.

    Args:
        replaces: write over what is there.

    Raises:
        FileIsThere: something else is in the file, and is not to be replaced.
        StorageError: it cannot be written.
    """
    data = _data_of(entry)
    with _trouble_in_words(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        place = Path(os.path.realpath(path))
        if is_there(place):
            if not place.is_file():  # a pipe would never end
                cause = errno.EISDIR if place.is_dir() else errno.EEXIST
                raise OSError(cause, os.strerror(cause), str(path))
            if _holds(place, data):
                return False
        try:
            write_whole(place, data, replaces=replaces, mode=0o666, durable=True)
        except FileExistsError as error:
            raise FileIsThere(path) from error
    return True


@contextmanager
def _trouble_in_words(place: Path) -> Iterator[None]:
    """Turn what the system says of a file into what the person can do about it."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            _("{name}: cannot be written ({cause}); make room or write elsewhere").format(
                name=error.filename2 or error.filename or place, cause=error.strerror or error
            )
        ) from error


def _local(when: datetime) -> datetime:
    try:
        return when.astimezone()
    except (OverflowError, ValueError, OSError):  # at the ends of what a calendar holds
        return when


def _write(entry: Entry, places: list[Path]) -> bool:
    """Bring an entry's file up to date; tells whether it had to be written."""
    data = _data_of(entry)
    while True:
        path, there = _place(entry, places)
        if there is _There.ITS_OWN and _holds(path, data):
            return False
        try:
            write_whole(path, data, replaces=there is _There.ITS_OWN, mode=0o666, durable=False)
        except FileExistsError:  # another program has just taken it
            continue
        return True


def _data_of(entry: Entry) -> bytes:
    return markdown_file(entry).encode("utf-8", "replace")


def _place(entry: Entry, places: list[Path]) -> tuple[Path, _There]:
    """Give where an entry's file is, else the first place that is free.

    Raises:
        FileExistsError: something else has taken every place.
    """
    found = {place: _what_is_at(place, entry) for place in places}
    for wanted in (_There.ITS_OWN, _There.NOTHING):
        for place, there in found.items():
            if there is wanted:
                return place, there
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(places[-1]))


def _what_is_at(path: Path, entry: Entry) -> _There:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):  # a pipe would never end
            return _There.SOMETHING_ELSE
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return _There.NOTHING
    return _There.ITS_OWN if is_file_of(entry, head) else _There.SOMETHING_ELSE


def _holds(path: Path, data: bytes) -> bool:
    return path.stat().st_size == len(data) and path.read_bytes() == data
