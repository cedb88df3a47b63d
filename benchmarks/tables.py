"""The tables of docs/performance.md about size, from what `scale.py` wrote down.

python benchmarks/tables.py [RESULTS]           print them
python benchmarks/tables.py [RESULTS] --write   put them where the document has them now
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "scale.json"
DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- from benchmarks/tables.py -->", "<!-- to here -->"
NOT_IN_A_CELL = "–"
MOVES = ("cursor down", "page down", "to the end", "to the beginning")


def tables(results: dict[str, Any]) -> Iterator[str]:
    """Give the lines of every table there are results for."""
    if all(results.get(part) for part in ("start", "questions", "keys", "sizes")):
        yield from _promises(results)
        yield ""
    makers: dict[str, Callable[[Any], Iterator[str]]] = {
        "start": _start,
        "questions": _questions,
        "keys": _keys,
        "marks": _marks,
        "sizes": _sizes,
    }
    for part, maker in makers.items():
        if results.get(part):
            yield from maker(results[part])
            yield ""
    yield "{processors} processors, Python {python}, Textual {textual}, SQLite {sqlite}.".format(
        **results["machine"]
    )


def _promises(results: dict[str, Any]) -> Iterator[str]:
    """What was promised, and what it came to: the worst of each kind."""
    questions, keys, on_disk = results["questions"], results["keys"], results["sizes"]
    sizes = _by_size(keys)
    yield from _head("promise", "must", "should", *_entries(sizes))
    starts = _starts(results["start"])
    yield _row(
        "start, × a blank app",
        "1.6",
        "1.25",
        *(
            f"{starts[int(size)] / starts[None]:.2f}" if int(size) in starts else "–"
            for size in sizes
        ),
    )
    for name, must, should, of_size in (
        (
            "first hits of a typed word, in the database, ms at p95",
            "10; 50 at a million",
            "16 at a million",
            lambda size: (
                _ms(questions[size]["typed"]["p95"]) if size in questions else NOT_IN_A_CELL
            ),
        ),
        (
            "the same, key to screen, ms at p95",
            "50",
            "16",
            lambda size: _ms(keys[size]["keys"]["hits for a typed letter"]["p95"]),
        ),
        (
            "hits of a common word by month, ms at p50",
            "150 at 100,000",
            "50",
            lambda size: (
                _ms(questions[size]["kinds"]["a common word"]["months"]["p50"])
                if size in questions
                else NOT_IN_A_CELL
            ),
        ),
        (
            "cursor down, page, jump: key to screen, ms at p95",
            "33",
            "16",
            lambda size: _ms(max(keys[size]["keys"][kind]["p95"] for kind in MOVES)),
        ),
        (
            "memory of the screen, MB at most",
            "150",
            "100",
            lambda size: f"{keys[size]['memory_bytes']['at most'] / 1e6:.0f}",
        ),
        (
            "index, × the text",
            "1",
            "0.5",
            lambda size: f"{on_disk[size]['index_bytes'] / on_disk[size]['text_bytes']:.2f}",
        ),
    ):
        yield _row(name, must, should, *map(of_size, sizes))


def _starts(subjects: list[dict[str, Any]]) -> dict[int | None, float]:
    """Give the median start of the reader by size, and of the blank app for `None`."""
    return {
        subject["entries"]: statistics.median(subject["seconds"])
        for subject in subjects
        if subject["program"] != "newsboat"
    }


def _head(*names: str) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield "|---" * len(names) + "|"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _ms(seconds: float) -> str:
    """Give milliseconds, with as many digits as tell something."""
    ms = seconds * 1_000
    return f"{ms:.2f}" if ms < 1 else f"{ms:.1f}" if ms < 10 else f"{ms:,.0f}"


def _spread(cell: dict[str, float] | None) -> str:
    return NOT_IN_A_CELL if cell is None else f"{_ms(cell['p50'])} / {_ms(cell['p95'])}"


def _by_size(part: dict[str, Any]) -> list[str]:
    return sorted((size for size in part if size.isdecimal()), key=int)


def _entries(sizes: Sequence[str]) -> list[str]:
    return [f"{int(size):,} entries" for size in sizes]


def _start(subjects: list[dict[str, Any]]) -> Iterator[str]:
    yield "Start to the first full screen:"
    yield ""
    yield from _head("program", "median, ms", "lowest, ms", "× blank", "peak memory, MB")
    base = statistics.median(subjects[0]["seconds"])
    for subject in subjects:
        entries = "" if subject["entries"] is None else f", {subject['entries']:,} entries"
        middle = statistics.median(subject["seconds"])
        yield _row(
            f"{subject['program']}{entries}",
            f"{middle * 1000:.0f}",
            f"{min(subject['seconds']) * 1000:.0f}",
            f"{middle / base:.2f}",
            f"{statistics.median(subject['peak_bytes']) / 1e6:.0f}",
        )


def _questions(part: dict[str, Any]) -> Iterator[str]:
    sizes = _by_size(part)
    largest = part[sizes[-1]]
    parts = (
        ("first", "The first 50 hits, in the database, p50 / p95 in ms"),
        ("best", "The 50 best of all hits, p50 / p95 in ms"),
        ("months", "All hits counted by feed and month, p50 / p95 in ms"),
        ("unread", "The same, and which of them are unread, p50 / p95 in ms"),
        ("words", "The archive's words that match, or (mistyped) what may be meant, p50 / p95 in ms"),
    )  # fmt: skip
    for number, (asked, title) in enumerate(parts):
        if number:
            yield ""
        yield f"{title}:"
        yield ""
        yield from _head("question", f"hits of {int(sizes[-1]):,}", *_entries(sizes))
        for kind, said in largest["kinds"].items():
            yield _row(
                f"{kind}: `{said['example']}`",
                f"{said['hits']:,}",
                *(_spread(part[size]["kinds"].get(kind, {}).get(asked)) for size in sizes),
            )
        if asked == "first":
            for name, key in (
                ("all that is typed as words", "typed"),
                ("50 places of one word, straight from FTS5", "plain"),
            ):
                yield _row(f"*{name}*", "", *(_spread(part[size].get(key)) for size in sizes))
    yield ""
    yield "What else is asked, p50 / p95 in ms:"
    yield ""
    yield from _head("what", *_entries(sizes))
    for name in largest["others"]:
        yield _row(name, *(_spread(part[size]["others"].get(name)) for size in sizes))


def _keys(part: dict[str, Any]) -> Iterator[str]:
    sizes = _by_size(part)
    blank = part["blank"]["keys"]["any"]
    yield "From a key to the screen, p50 / p95 in ms (× a key of the blank app, at p95):"
    yield ""
    yield from _head("key", *_entries(sizes))
    yield _row("any, in the blank app", *([_spread(blank)] * len(sizes)))
    for kind in part[sizes[0]]["keys"]:
        cells = [part[size]["keys"].get(kind) for size in sizes]
        yield _row(
            kind,
            *(
                NOT_IN_A_CELL if cell is None else f"{_spread(cell)} ({cell['p95'] / blank['p95']:.1f})"
                for cell in cells
            ),
        )  # fmt: skip
    yield ""
    yield "Memory of the screen, the whole process, MB:"
    yield ""
    yield from _head("when", *_entries(sizes))
    for when in part[sizes[0]]["memory_bytes"]:
        yield _row(when, *(f"{part[size]['memory_bytes'][when] / 1e6:.0f}" for size in sizes))


def _marks(part: dict[str, Any]) -> Iterator[str]:
    sizes = _by_size(part)
    yield "Marking as read until it is on disk, p50 / p95 in ms:"
    yield ""
    yield from _head("entries at once", *_entries(sizes))
    for number in part[sizes[-1]]:
        for does in ("mark", "undo"):
            cells = (part[size].get(number, {}).get(does) for size in sizes)
            yield _row(f"{does} {int(number):,}", *map(_spread, cells))


def _sizes(part: dict[str, Any]) -> Iterator[str]:
    sizes = _by_size(part)
    yield "On disk, and how fast it came there:"
    yield ""
    yield from _head("what", *_entries(sizes))
    for name, digits, key, of in (
        ("the file, MB", 0, "file_bytes", 1e6),
        ("an entry in it, KB", 1, "file_bytes", None),
        ("the text of an entry, KB", 1, "text_bytes", None),
    ):
        measures = [part[size][key] / (of or int(size) * 1e3) for size in sizes]
        yield _row(name, *(f"{measure:,.{digits}f}" for measure in measures))
    shares = [part[size]["index_bytes"] / part[size]["text_bytes"] for size in sizes]
    yield _row("the index, × the text", *(f"{share:.2f}" for share in shares))
    for name, key in (
        ("kept, entries/s, 10,000 in a transaction", "kept_at_once"),
        ("of which indexed, entries/s", "indexed_at_once"),
        ("kept, entries/s, 6 feeds in a transaction, as a refresh does", "kept_as_refresh"),
        ("of which indexed, entries/s", "indexed_as_refresh"),
    ):
        rates = [part[size]["rates"].get(key) for size in sizes]
        yield _row(name, *(NOT_IN_A_CELL if rate is None else f"{rate:,.0f}" for rate in rates))


def main() -> None:
    """Print them all, or write them into the document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, nargs="?", default=RESULTS)
    parser.add_argument("--write", action="store_true", help=f"into {DOCUMENT.name}")
    options = parser.parse_args()
    text = "\n".join(tables(json.loads(options.results.read_text(encoding="utf-8"))))
    if not options.write:
        print(text)
        return
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
