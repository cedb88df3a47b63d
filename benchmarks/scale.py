"""A library of a thousand, a hundred thousand and a million entries: what each costs, as ratios in one run.

    PYTHONPATH=src .venv/bin/python benchmarks/scale.py --folder FOLDER       1,000 and 100,000 entries
    … benchmarks/scale.py --folder FOLDER --sizes 1000 100000 1000000
    … benchmarks/scale.py --folder FOLDER --parts questions keys              some of it anew
    … benchmarks/tables.py                                                    the tables of docs/performance.md
    … benchmarks/plot.py                                                      docs/performance.svg

Libraries are built where FOLDER lacks them (8 GB and half an hour for a million entries) and used again. What is
measured goes to a JSON file, part by part, and replaces what the file said of that part and size:

    start       from the command to the first full screen, against a blank Textual app and newsboat
    sizes       on disk: the file, the index against the text, and how fast they were built
    questions   every kind of search, in the database
    keys        from a key to the screen, against a blank Textual app; and the memory meanwhile
    marks       one, 1,000 and 100,000 entries, until they are on disk, and back

newsboat reads its entries from one document first. A million is more than it is asked for here: it takes
them all into memory, at its start and before.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import _keys
import _questions
import _start
import _storage
from _libraries import library_of
from tables import RESULTS

PARTS = ("start", "sizes", "questions", "keys", "marks")
NEWSBOAT_AT_MOST = 100_000
"""Entries."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Build what is missing, measure, and write it down after each part."""
    options = _options(arguments)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    libraries = {entries: library_of(entries, options.folder) for entries in options.sizes}
    results: dict[str, Any] = (
        json.loads(options.results.read_text(encoding="utf-8")) if options.results.exists() else {}
    )
    results["machine"] = {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "textual": version("textual"),
        "sqlite": sqlite3.sqlite_version,
    }
    for part in PARTS:
        if part not in options.parts:
            continue
        if part == "start":
            _say("start")
            newsboat_sizes = [size for size in options.sizes if 0 < size <= NEWSBOAT_AT_MOST]
            results[part] = _start.measured(
                libraries,
                options.folder,
                runs=max(1, round(15 * options.share)),
                newsboat_sizes=[] if options.without_newsboat else newsboat_sizes,
            )
        else:
            found = results.setdefault(part, {})
            if part == "keys":
                presses = max(2, round(50 * options.share))
                found["blank"] = {
                    "keys": {"any": _keys.reference(options.folder / "home", presses=presses)}
                }
            for entries, library in libraries.items():
                if entries:
                    _say(f"{part}, {entries:,} entries")
                    found[str(entries)] = _of_size(part, entries, library, options)
        options.results.parent.mkdir(parents=True, exist_ok=True)
        options.results.write_text(
            json.dumps(_rounded(results), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def _of_size(
    part: str, entries: int, library: Path, options: argparse.Namespace
) -> dict[str, object]:
    if part == "sizes":
        return _storage.sizes(library)
    if part == "questions":
        rounds = max(1, round(_questions.ROUNDS * options.share))
        return _questions.measured(library, rounds=rounds)
    if part == "marks":
        return _storage.marks(library, rounds=max(1, round(30 * options.share)))
    return _keys.measured(library, options.folder / "home", entries=entries, share=options.share)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True, help="where the libraries are kept")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000], metavar="ENTRIES")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--results", type=Path, default=RESULTS, help=f"default: {RESULTS.name}")
    parser.add_argument("--without-newsboat", action="store_true")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the usual number of runs, keys and questions"
    )
    return parser.parse_args(arguments)


def _rounded(value: Any) -> Any:
    """Leave out digits that nothing was measured with."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value


def _say(text: str) -> None:
    print(f"{text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
