"""The benchmarks run, from a library to the tables, at a size that says nothing about speed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))

import _keys  # noqa: E402 (where the benchmarks are)
import scale  # noqa: E402
import tables  # noqa: E402
from _screen import Area, Screen  # noqa: E402


def test_scale_writes_down_what_the_tables_print(tmp_path: Path) -> None:
    results = tmp_path / "scale.json"
    scale.main(
        [
            *("--folder", str(tmp_path), "--results", str(results), "--without-newsboat"),
            *("--sizes", "40", "--share", "0.01"),
            *("--parts", "start", "sizes", "questions", "marks"),
        ]
    )
    written = json.loads(results.read_text(encoding="utf-8"))
    assert {row["program"] for row in written["start"]} == {"blank app", "flodeslasare"}
    assert written["questions"]["40"]["kinds"]["a common word"]["hits"] > 0

    printed = "\n".join(tables.tables(written))
    assert "| flodeslasare, 40 entries |" in printed
    assert "| an author: `author:forsén` |" in printed
    assert "| undo 1 |" in printed
    assert "| an entry in it, KB |" in printed


def test_a_key_is_timed_until_the_screen_shows_what_it_does(tmp_path: Path) -> None:
    assert _keys.reference(tmp_path, presses=2)["samples"] == 2


def test_a_screen_is_what_was_written_to_it() -> None:
    screen = Screen(8, 2)
    written = "\x1b[?25l\x1b[1;2H\x1b[1mblått\x1b[0m\x1b[2;1H日記".encode()
    for at in range(len(written)):  # a control, or a letter, may come in pieces
        screen.feed(written[at : at + 1])
    assert screen.lines(Area(0, 0, 8, 2)) == [" blått  ", "日記    "]
    bold = screen.look(Area(1, 0, 2, 1))
    screen.feed(b"\x1b[1;2Hbl")
    assert screen.look(Area(1, 0, 2, 1)) != bold
    with pytest.raises(ValueError, match="not a control known here"):
        screen.feed(b"\x1b[3L")
