"""The shape of the program: what may import what, and what the way to the first screen leaves out."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from builders import ROOT, entries, keep
from flodeslasare.documents import Subscription
from flodeslasare.library import Library

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def imported_by(code: str) -> set[str]:
    """Run code in a fresh interpreter and give the top-level modules it left loaded."""
    script = f"import sys\n{code}\nprint(*sys.modules, sep='\\n')"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {line.partition(".")[0] for line in run.stdout.splitlines()} | set(
        run.stdout.splitlines()
    )


def test_the_command_line_does_not_import_the_screen() -> None:
    loaded = imported_by("import flodeslasare.cli.main")

    assert loaded.isdisjoint({"textual", "rich", "httpx", "feedparser", "sqlite_utils", "lxml"})


def test_values_are_structs_which_cost_a_start_next_to_nothing() -> None:
    dataclasses = {
        node.name
        for path in (ROOT / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and "dataclass" in "".join(map(ast.unparse, node.decorator_list))
        and "Message" not in map(ast.unparse, node.bases)
    }

    assert dataclasses == {"Settings", "Login"}  # which say more of their fields


def test_the_way_to_the_first_screen_imports_nothing_that_can_wait(tmp_path: Path) -> None:
    path = str(tmp_path / "library.db")
    with Library(Path(path)) as library:
        feed = library.add_subscription(Subscription(url="https://blogg.exempel/feed"))
        assert feed is not None
        keep(library, feed.id, *entries(30))

    loaded = imported_by(
        f"""
import asyncio
from pathlib import Path
from flodeslasare.config import Settings
from flodeslasare.library import Library
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.screens import _preview, reader

reader.ReaderScreen._follow_up = lambda self: None  # what follows the first screen
_preview.PREVIEW_SECONDS = 60  # the text of the entry one rests on, should the machine be that slow

async def start() -> None:
    app = FeedReaderApp(Library(Path({path!r}), Settings(refresh_at_start=False)))
    async with app.run_test() as pilot:
        await pilot.pause()

asyncio.run(start())
"""
    )

    heavy = {
        "httpx",
        "feedparser",
        "sqlite_utils",
        "lxml",
        "nh3",
        "click",
        "trafilatura",
        "markdown_it",
        "pygments",
        "PIL",
    }
    assert loaded & heavy == set()
    costly_widgets = {
        "textual.widgets._data_table",
        "textual.widgets._markdown",
        "textual.widgets._text_area",
    }
    assert loaded & costly_widgets == set()
    of_pictures = {
        "flodeslasare.pictures",
        "flodeslasare.library.pictures",
        "flodeslasare.storage.pictures",
        "flodeslasare.tui.half_blocks",
        "flodeslasare.tui.screens._pictures",
        "flodeslasare.tui.widgets._pictures",
    }
    assert loaded & of_pictures == set()


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("model.py", "from flodeslasare import config"),
        ("storage/state.py", "from flodeslasare import fetching"),
        ("library/plan.py", "import flodeslasare.tui"),
        ("library/plan.py", "import httpx"),
        ("library/plan.py", "import sqlite3"),
        ("cli/__init__.py", "import textual"),
        ("tui/app.py", "import feedparser"),
        ("new_module.py", "x = 1"),
    ],
)
def test_each_import_contract_breaks_when_it_is_broken(
    tmp_path: Path, module: str, line: str
) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "src",
        tmp_path / "src",
        ignore=shutil.ignore_patterns("__pycache__", "posts", "static"),
    )
    file = tmp_path / "src" / "flodeslasare" / module
    file.write_text((file.read_text() if file.exists() else "") + f"\n{line}\n")

    run = subprocess.run(
        [LINT_IMPORTS, "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert "BROKEN" in run.stdout, run.stdout
