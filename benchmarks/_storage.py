"""What marks cost until they are on disk, and what a library takes there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from _libraries import forget_the_screen, rates_of
from _questions import spread

from flodeslasare.library import Library
from flodeslasare.model import View
from flodeslasare.storage import open_database

MANY = 100_000


def marks(path: Path, *, rounds: int = 30) -> dict[str, object]:
    """Mark entries as read, the newest first, and undo it; each returns when it is on disk. Times in seconds."""
    with Library(path) as library:
        ids = library.listing(View(), first=MANY).ids
        library.mark_unread(ids)
        results: dict[str, object] = {}
        for number, times in ((1, rounds), (1_000, rounds), (MANY, 3)):
            some = ids[:number]
            if len(some) < number:
                continue
            marking: list[float] = []
            undoing: list[float] = []
            for _time in range(times):
                marking.append(_seconds(partial(library.mark_read, some)))
                undoing.append(_seconds(library.undo))
            results[str(number)] = {"mark": spread(marking), "undo": spread(undoing)}
        library.undo()
    forget_the_screen(path)
    return results


def _seconds(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def sizes(path: Path) -> dict[str, object]:
    """Say how large a library and its parts are, and how fast it was built."""
    with closing(open_database(path)) as database:
        text = database.value("SELECT sum(length(CAST(text AS BLOB))) FROM texts")
        parts = {
            row["name"]: row["bytes"]
            for row in database.rows(
                "SELECT coalesce(tbl_name, 'other') AS name, sum(pgsize) AS bytes"
                " FROM dbstat LEFT JOIN sqlite_master USING (name) GROUP BY tbl_name"
            )
        }
    index = sum(size for name, size in parts.items() if name.startswith("search"))
    return {
        "file_bytes": path.stat().st_size,
        "text_bytes": text,
        "index_bytes": index,
        "tables_bytes": parts,
        "rates": json.loads(rates_of(path).read_text(encoding="utf-8")),
    }
