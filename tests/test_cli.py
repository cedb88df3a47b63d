from __future__ import annotations

import json
import logging
import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from builders import NOW, PATIENCE_SECONDS, an_entry, keep
from builders import entries as many_entries
from flodeslasare import __main__, i18n
from flodeslasare.cli import _output
from flodeslasare.cli._dates import period
from flodeslasare.cli._session import FLAGS, VALUES, Session
from flodeslasare.cli.demo import fill_demo, run_demo, served
from flodeslasare.cli.main import main as roof
from flodeslasare.config import places
from flodeslasare.documents import FoundFeed, Subscription
from flodeslasare.errors import ReaderError, UsageError
from flodeslasare.fetching.clean import html_to_text
from flodeslasare.files import one_at_a_time
from flodeslasare.library import Library
from flodeslasare.model import Enclosure, Entry, FeedFetch, RefreshStatus, View, in_iso
from flodeslasare.storage import FeedStore

PYTHON = sys.executable


class Ran:
    """What a command did."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def objects(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.lines]


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, as `main()` would."""

    def run_one(*arguments: str) -> Ran:
        code = __main__.run(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run_one


def started(*arguments: str, **options: object) -> subprocess.Popen[str]:
    """Start a command in a process of its own, its streams in pipes."""
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [PYTHON, "-m", "flodeslasare", *arguments],
        **{
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "encoding": "utf-8",
        }
        | options,
    )


def ended(*arguments: str, **options: object) -> Ran:
    """Run a command in a process of its own to its end."""
    process = started(*arguments, **options)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return Ran(process.returncode, out, err)


@pytest.fixture
def archive() -> Iterator[Library]:
    """The person's own library, with two feeds and four entries; newest first their ids are 4, 3, 2, 1."""
    path = places().library
    with Library(path) as library:
        blog = library.add_subscription(
            Subscription(
                url="https://blogg.exempel/feed", title="Bloggen", folder="Offentligt/Regioner"
            )
        )
        other = library.add_subscription(Subscription(url="https://b.exempel/", title="日本 B"))
        assert blog is not None
        assert other is not None
        keep(
            library,
            blog.id,
            an_entry(guid="1", title="Besök", published=datetime(2017, 12, 31, 23, 30, tzinfo=UTC)),
        )
        keep(
            library,
            blog.id,
            an_entry(
                guid="2",
                url="https://blogg.exempel/2",
                title="Ny [rapport] &",
                published=datetime(2018, 4, 5, 8, 15, tzinfo=UTC),
                updated=datetime(2018, 4, 6, 8, 15, tzinfo=UTC),
                tags=("krav", "avtal"),
                enclosures=(
                    Enclosure(
                        url="https://blogg.exempel/r.pdf", type="application/pdf", size_bytes=7
                    ),
                ),
                html="<h2>Uppföljning</h2><p>Läkemedel <b>först</b>.</p>",
                text="Uppföljning\nLäkemedel först.",
            ),
        )
        keep(
            library,
            other.id,
            an_entry(guid="3", title="Tredje", published=datetime(2018, 4, 30, 21, tzinfo=UTC)),
        )
        keep(
            library,
            other.id,
            an_entry(
                guid="4", title="Fjärde", published=datetime(2019, 1, 1, tzinfo=UTC), author=None
            ),
        )
        yield library


def ids(ran: Ran) -> list[object]:
    return [each["id"] for each in ran.objects]


# --- how commands end ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--nonsense"], 2, "No such option"),
        (["nonsense"], 2, "No such command 'nonsense'. Try `flodeslasare --help`."),
        (["add"], 2, "Try `flodeslasare add --help`."),
        (["mark"], 2, "Try `flodeslasare mark --help`."),
        (["mark", "read"], 2, "either one ID or more, or --query, or --saved"),
        (["mark", "read", "1", "--query", "x"], 2, "either one ID or more, or --query, or --saved"),
        (["mark", "read", "99"], 2, "99: no such entry"),
        (["show", "99"], 2, "99: no such entry"),
        (["show", "x"], 2, "'x' is not a valid integer"),
        (["show", str(2**70)], 2, "no such entry"),
        (["--lang", "fi"], 2, "'fi' is not one of"),
        (["--lang"], 2, "--lang"),
        (["entries", "--since", "5 april"], 2, "write 2018, 2018-04, 2018-04-05, yesterday or 7d"),
        (
            ["entries", "--until", "2018-02-30"],
            2,
            "write 2018, 2018-04, 2018-04-05, yesterday or 7d",
        ),
        (["entries", "--limit", "0"], 2, "--limit"),
        (["entries", "--limit", "x"], 2, "'x' is not a valid integer."),
        (["related", "1", "--limit", "x"], 2, "'x' is not a valid integer."),
        (["searches", "save", "", "x"], 2, ": '': a name needs a letter or a digit"),
        (["searches", "remove", ""], 2, ": '': no such saved search"),
        (["remove", ""], 2, ": '': no such feed"),
        (
            ["export", "markdown", "--library", "x"],
            2,
            "--library stands before the command: `flodeslasare --library FILE export markdown`.",
        ),
        (["feeds", "--offline"], 2, "before the command: `flodeslasare --offline feeds`."),
        (
            ["search", "a", "--lang=sv"],
            2,
            "before the command: `flodeslasare --lang [sv|en] search`.",
        ),
        (["entries", "--feed", "none"], 2, "none: no such feed"),
        (["remove", "none"], 2, "none: no such feed"),
        (["refresh", "none"], 2, "none: no such feed"),
        (["completion", "tcsh"], 2, "'bash', 'zsh', 'fish'"),
        (["search", "a", "--none"], 2, "--none"),
        (["add", "file:///etc/passwd"], 2, "file:///etc/passwd"),
        (["--config", "none.toml", "feeds"], 66, "none.toml: no such file"),
        (["import", "none.opml"], 66, "none.opml: no such file"),
        (["--offline", "add", "https://a.example/"], 69, "--offline"),
        ([], 2, "the screen needs a terminal"),
        (["demo"], 2, "the screen needs a terminal"),
        (["--library", "x.db"], 2, "the screen needs a terminal"),
    ],
)
def test_a_mistake_is_one_line_on_stderr(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)

    ran = run(*arguments)

    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("flodeslasare: ")
    assert said in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nonsense"], "Flaggan '--nonsense' finns inte. Se `flodeslasare --help`."),
        (["nonsense"], "Kommandot 'nonsense' finns inte. Se `flodeslasare --help`."),
        (["ad"], "Kommandot 'ad' finns inte. Menade du 'add'? Se `flodeslasare --help`."),
        (["add"], "Argument saknas: 'URL...'. Se `flodeslasare add --help`."),
        (["mark"], "Kommando saknas. Se `flodeslasare mark --help`."),
        (["mark", "read"], "Ange antingen ett eller flera ID, --query eller --saved."),
        (["search"], "Argument saknas: 'QUERY...'. Se `flodeslasare search --help`."),
        (["show", "x"], "Ogiltigt värde för 'ID': 'x' är inget heltal."),
        (["show", "1", "--format", "pdf"], "'pdf' är inget av 'text', 'markdown', 'html', 'json'."),
        (["feeds", "x"], "Ett argument för mycket (x)."),
        (
            ["feeds", "--config", "x"],
            "--config ska stå före kommandot: `flodeslasare --config FILE feeds`",
        ),
        (["entries", "--limit", "x"], "'x' är inget heltal."),
        (["feeds", "x", "y"], "För många argument (x y)."),
        (["feeds", "--json=1"], "Flaggan '--json' tar inget värde."),
        (["feeds", "--history"], "Flaggan '--history' kräver ett värde."),
        (
            ["entries", "--since", "5 april"],
            "är inget datum; skriv 2018, 2018-04, 2018-04-05, igår eller 7d.",
        ),
        (["entries", "--limit", "0"], "0 ligger inte i intervallet x>=1."),
        (
            ["export", "markdown", __file__],
            f"Ogiltigt värde för '[FOLDER]': '{__file__}' är en fil.",
        ),
    ],
)
def test_a_mistake_is_told_in_swedish_too(
    run: Run, tmp_path: Path, arguments: list[str], said: str
) -> None:
    ran = run("--lang", "sv", *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("flodeslasare: ")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert "LANGUAGE" not in os.environ


def test_a_mistake_is_told_in_the_language_that_holds(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[screen]\nlanguage = "sv"\n')

    assert "No such option" in run("--none").err
    assert "finns inte" in run("--config", str(config), "--none").err
    assert "No such option" in run(f"--config={config}", "--lang=en", "--none").err
    assert "No such option" in run("--config", str(tmp_path / "none.toml"), "--none").err
    config.write_text("[[[")
    assert "No such option" in run("--config", str(config), "--none").err
    monkeypatch.setenv("LC_ALL", "sv_SE.UTF-8")
    assert "finns inte" in run("--none").err
    assert "'fi' är inget av 'sv', 'en'" in run("--lang", "fi").err
    assert "No such option" in run("--lang", "en", "--none").err
    monkeypatch.setenv("LANGUAGE", "sv:nb")
    assert "finns inte" in run("--none").err
    assert os.environ["LANGUAGE"] == "sv:nb"


def test_without_a_terminal_no_library_is_made(run: Run) -> None:
    run()

    assert not places().library.exists()


@pytest.mark.parametrize(
    "line",
    [
        "entries", "search x", "related 1", "show 1", "feeds --json", "export opml", "export json", "export markdown x",
        "mark read 1", "mark undo", "doctor", "doctor --rebuild-index", "searches", "searches save a b", "remove a",
        "edit a --title b", "merge a b", "refresh", "refresh --quiet", "backfill a",
    ],
)  # fmt: skip
def test_a_library_that_was_named_has_to_be_there(run: Run, tmp_path: Path, line: str) -> None:
    path = tmp_path / "skriv fel.db"

    ran = run("--library", str(path), *line.split())

    assert (ran.code, ran.out) == (66, "")
    assert ran.err == (
        f"flodeslasare: {path}: there is no such library; check the path, "
        f"or make it with `flodeslasare --library '{path}' add URL`\n"
    )
    assert not path.exists()


def test_a_library_that_was_named_is_made_by_what_fills_it(run: Run, tmp_path: Path) -> None:
    subscriptions = tmp_path / "urls"
    subscriptions.write_text("https://ny.exempel/feed\n")
    for name, line in (("a.db", f"import {subscriptions}"), ("b.db", "--offline add x.exempel")):
        path = tmp_path / name
        run("--library", str(path), *line.split())
        assert path.exists()
        assert run("--library", str(path), "feeds").code == 0
    assert run("feeds").code == 0  # the person's own is made when it is first used


def test_files_that_are_something_else(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("hello\n" * 100)

    assert run("--library", str(other), "feeds").code == 65
    assert run("import", str(other)).code == 65
    for words in (["import", str(tmp_path)], ["--library", str(tmp_path), "feeds"]):
        ran = run(*words)
        assert (ran.code, ran.out) == (66, "")
        assert f"{tmp_path}: this is a folder; name a file " in ran.err
    assert run("--library", str(other / "sub" / "x.db"), "feeds").code == 73
    assert run("--config", str(other), "feeds").code == 2
    assert other.read_text() == "hello\n" * 100


_READ_DAMAGE = {("rows", "entries"), ("rows", "search"), ("index", "search")}


@pytest.mark.parametrize(
    "words", ["feeds", "entries --json", "search --json inlägg", "export opml"]
)
@pytest.mark.parametrize("damage", ["cut", "overwritten", "schema", "rows", "index"])
def test_a_damaged_library_is_bad_data(
    run: Run, archive: Library, tmp_path: Path, words: str, damage: str
) -> None:
    keep(archive, 1, *many_entries(400))
    path = archive.path
    archive._database.run("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    other = tmp_path / "other.db"
    match damage:
        case "cut":
            other.write_bytes(whole[: len(whole) // 2])
        case "overwritten":
            other.write_bytes(b"".join((whole[:100], b"\xa5" * (len(whole) - 100))))
        case "schema":
            other.write_bytes(b"".join((whole[:4096], b"\xa5" * 4096, whole[8192:])))
        case "rows":
            other.write_bytes(whole)
            with closing(sqlite3.connect(other)) as raw, raw:
                raw.execute("UPDATE entries SET tags = char(0)")
        case "index":
            other.write_bytes(whole)
            with closing(sqlite3.connect(other)) as raw, raw:
                raw.execute("UPDATE search_entries_config SET v = 0 WHERE k = 'version'")

    ran = run("--library", str(other), *words.split())

    assert "Traceback" not in ran.err
    reads = words.partition(" ")[0]
    if ran.code or damage in ("cut", "overwritten") or (damage, reads) in _READ_DAMAGE:
        assert (ran.code, ran.out) == (65, "")
        assert re.match(rf"flodeslasare: {other}: (the file|the search index) is damaged", ran.err)


@pytest.mark.parametrize("table", ["month_counts", "feeds", "texts"])
def test_a_library_that_lost_a_table_is_bad_data(run: Run, archive: Library, table: str) -> None:
    archive.close()
    with closing(sqlite3.connect(places().library)) as database:
        database.execute(f"DROP TABLE {table}")

    commands = ("entries", "search x", "export json", "mark read 1", "feeds")
    failed = [ran for ran in (run(*words.split()) for words in commands) if ran.code]

    assert failed
    for ran in failed:
        assert (ran.code, ran.err.count("\n")) == (65, 1)
        assert re.search(rf"the file is damaged \(no such table: (main\.)?{table}\); put", ran.err)
    assert run("doctor").code == 1


def test_exit_codes_reach_the_shell(tmp_path: Path) -> None:
    assert ended("--version").code == 0
    ran = ended()
    assert (ran.code, ran.out) == (2, "")
    assert "terminal" in ran.err
    assert ended("import", str(tmp_path / "none")).code == 66


@pytest.mark.parametrize(
    "arguments", [["entries", "--json"], ["export", "json"], ["export", "markdown"]]
)
def test_a_closed_pipe_is_silent(archive: Library, arguments: list[str]) -> None:
    keep(archive, 1, *many_entries(3000))
    process = started(*arguments)
    assert process.stdout is not None
    assert process.stderr is not None

    assert process.stdout.readline()
    process.stdout.close()

    assert process.stderr.read() == ""
    assert process.wait(timeout=PATIENCE_SECONDS) == 0
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "arguments",
    [["entries"], ["export", "opml"], ["export", "json"], ["export", "markdown"], ["--help"]],
)
def test_a_full_disk_is_one_line(archive: Library, arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        ran = ended(*arguments, stdout=full)

    assert ran.code == 73
    assert ran.err.startswith("flodeslasare: standard output: cannot be written (No space left")
    assert ran.err.count("\n") == 1


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_ctrl_c_ends_a_refresh_with_130(archive: Library) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        archive.add_subscription(Subscription(url=f"http://127.0.0.1:{port}/feed"))
        process = started("refresh", f"http://127.0.0.1:{port}/feed")
        connection, _address = silent.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 130
    assert (out, err) == ("", "")


def interrupted_at_import_of(module: str, *arguments: str) -> Ran:
    """Run a command that gets Ctrl+C just as it loads a module."""
    code = f"""
import os, runpy, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
sys.argv[1:] = {list(arguments)!r}
runpy.run_module("flodeslasare", run_name="__main__")
"""
    process = subprocess.Popen(
        [PYTHON, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return Ran(process.returncode, out, err)


@pytest.mark.usefixtures("ctrl_c_is_heard")
@pytest.mark.parametrize("module", ["flodeslasare.cli._ends", "flodeslasare.cli.feeds"])
def test_ctrl_c_at_the_start_is_silent(module: str) -> None:
    ran = interrupted_at_import_of(module, "feeds")

    assert (ran.code, ran.out, ran.err) == (-signal.SIGINT, "", "")  # 130, says a shell


def test_ctrl_c_in_a_function_that_sqlite_calls_is_ctrl_c(archive: Library) -> None:
    def interrupted(_url: str) -> None:
        raise KeyboardInterrupt

    archive._database.connection.create_function("shown", 1, interrupted)

    with pytest.raises(KeyboardInterrupt):
        archive._feeds.ids_by_url()


@pytest.fixture
def sealed(archive: Library, monkeypatch: pytest.MonkeyPatch) -> Library:
    """The person's library, where it may not be written."""
    archive.close()
    monkeypatch.setattr(
        "flodeslasare.storage.database.may_write", lambda path: path != archive.path
    )
    return archive


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    "line",
    [
        "feeds", "feeds --left", "feeds --history Bloggen", "entries", "search besök", "show 1", "related 1", "searches",
        "export opml", "export json", "export markdown -", "doctor",
    ],
)  # fmt: skip
def test_a_library_that_cannot_be_written_is_read(run: Run, line: str) -> None:
    ran = run(*line.split())

    assert ran.code == 0
    assert "written" not in ran.err


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    "line",
    [
        "mark read 1", "mark starred --query besök", "refresh", "refresh --due", "add blogg.exempel", "remove Bloggen",
        "remove Bloggen --delete-entries --yes", "edit Bloggen --url ny.exempel", "edit Bloggen --title X",
        "edit Bloggen --fulltext", "fulltext 1", "fulltext --feed Bloggen",
        "merge 1 2", "merge 1 2 --yes", "remove 1 --delete-entries", "backfill Bloggen", "searches save namn besök", "import {list}", "doctor --rebuild-index",
    ],
)  # fmt: skip
def test_what_would_write_to_one_that_cannot_be_says_so(
    run: Run, tmp_path: Path, line: str
) -> None:
    subscriptions = tmp_path / "urls"
    subscriptions.write_text("https://ny.exempel/feed\n")

    ran = run(*line.format(list=subscriptions).split())

    assert ran.code == 73
    assert ran.out == ""
    assert "library.db: it cannot be written, for you may not change the file; check" in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("search is:unred", "`is:unred` is searched for as words; did you mean is:unread?"),
        ("entries --query is:unred", "`is:unred` is searched for as words; did you mean is:unread?"),
        ("export json --query autor:ek", "`autor:ek` is searched for as words; did you mean author:ek?"),
        (
            "mark read --query before:2018-13",
            "`before:2018-13` is searched for as words; a date is 2018, 2018-04, 2018-04-05, yesterday or 7d",
        ),
        ("searches save x is:blue", "`is:blue` is searched for as words; is: takes unread, read, starred"),
        ("--lang sv search är:olästt", "”är:olästt” söks som ord; menade du är:oläst?"),
        ("search since:7d", "`since:7d` is searched for as words; did you mean after:7d?"),
        ("search besök NOT rapport", "`NOT` is searched for as words; did you mean -rapport?"),
    ],
)  # fmt: skip
def test_a_mistyped_operator_is_searched_for_and_told(run: Run, line: str, said: str) -> None:
    ran = run(*line.split())

    assert ran.code == 0
    assert ran.err.splitlines()[0] == said


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("feed:saknas besök", "no feed is called saknas"),
        ('-flöde:"nej nej" mapp:Inget', "no feed is called nej nej\nno folder is called Inget"),
        ("search:mat OR search:mat", "no saved search is called mat"),
        ("feed:bloggen folder:", ""),
    ],
)
def test_a_name_that_nothing_has_is_told(run: Run, archive: Library, query: str, said: str) -> None:
    assert archive.feed("Bloggen").is_subscribed
    err = run("entries", "--query", query).err.splitlines()
    assert "\n".join(line for line in err if line != "Nothing found.") == said


def test_a_query_takes_days_so_long_ago(run: Run, archive: Library) -> None:
    now = datetime.now(UTC)
    keep(archive, 1, an_entry(guid="ny", title="Färsk", published=now), now=now)

    for query in ("after:yesterday", "efter:igår", "after:7d"):
        ran = run("entries", "--query", query)
        assert [line.split()[-1] for line in ran.lines] == ["Färsk"]
        assert ran.err == ""
    assert len(run("search", "before:yesterday").lines) == 4


def test_a_closed_stderr_is_no_failure(archive: Library) -> None:
    for words, code in (("feeds", 0), ("show 99", 2)):
        command = f"exec {PYTHON} -m flodeslasare {words} 2>&-"
        assert subprocess.run(["sh", "-c", command], stdout=subprocess.DEVNULL).returncode == code


def test_any_locale_will_do(archive: Library) -> None:
    ascii_only = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }

    table = ended("entries", env=ascii_only)
    objects = ended("entries", "--json", env=ascii_only)

    assert (table.code, table.err) == (0, "")
    assert "Fj?rde" in table.out
    assert objects.out.isascii()
    assert objects.objects[0]["title"] == "Fjärde"


# --- what is not imported --------------------------------------------------------------------------


def test_each_mark_is_another_in_an_old_locale(archive: Library) -> None:
    archive.star([4])
    for words, encoding, expected in (
        ("entries --limit 1", "iso-8859-1", "    4 o* "),
        ("entries --limit 1", "ascii", "    4 o* "),
        ("entries --limit 1", "utf-8", "    4 ●★ "),
        ("doctor", "iso-8859-1", "v config: "),
    ):
        environment = os.environ | {"PYTHONIOENCODING": encoding}
        ran = ended(*words.split(), env=environment, encoding=encoding)
        assert ran.out.startswith(expected)


def test_a_name_that_is_no_utf8_is_named(run: Run) -> None:
    ran = run("import", os.fsdecode(b"p\xe5.opml"))

    assert (ran.code, ran.err) == (66, "flodeslasare: p\\xe5.opml: no such file; check the path\n")


def imported_after(code: str, *heavy: str) -> set[str]:
    """Tell which of some modules a piece of code brings in."""
    script = f"{code}\nimport sys\nsys.stderr.write(' '.join({heavy!r} & sys.modules.keys()))"
    script = script.replace(repr(heavy), repr(set(heavy)))
    done = subprocess.run(
        [PYTHON, "-c", script],
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    return set(done.stderr.split())


def test_the_end_comes_when_all_is_said_and_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    script = f"""
import logging, pathlib, sys, threading, time
from flodeslasare.cli._ends import leave
def keep():
    time.sleep(0.3)
    pathlib.Path({str(kept)!r}).write_text("all")
threading.Thread(target=keep).start()
sys.stdout.write("said")
sys.stderr.write("half a line")
leave(65)
"""
    done = subprocess.run(
        [PYTHON, "-c", script],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE_SECONDS,
    )

    assert (done.returncode, done.stdout, done.stderr) == (65, "said", "half a line")
    assert kept.read_text() == "all"


def test_the_command_line_is_there_without_the_screen() -> None:
    assert imported_after("import flodeslasare.cli", "textual", "rich", "click") == set()
    assert (
        imported_after(
            "import flodeslasare.cli.main, flodeslasare.cli.screen, flodeslasare.cli.demo",
            "textual", "rich", "httpx", "feedparser", "sqlite_utils", "lxml", "nh3", "asyncio",
        ) <= {"asyncio"}
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ["entries"],
        ["search", "krav"],
        ["show", "1"],
        ["feeds"],
        ["export", "json"],
        ["export", "markdown"],
    ],
)
def test_reading_needs_no_network_library(archive: Library, words: list[str]) -> None:
    found = imported_after(
        f"from flodeslasare.__main__ import run\nassert run({words!r}) == 0",
        "textual", "rich", "httpx", "feedparser", "sqlite_utils", "nh3", "platformdirs.none",
    )  # fmt: skip

    assert found == set()


IN_A_TERMINAL = """
import sys, types
screen = types.ModuleType("flodeslasare.tui.app")
def run_reader(library, *, places, demo):
    heavy = {"click", "httpx", "feedparser", "sqlite_utils", "nh3", "lxml", "trafilatura"}
    print("opened", library.path, library.is_offline, places.library, sorted(heavy & sys.modules.keys()))
    return 0
screen.run_reader = run_reader
sys.modules["flodeslasare.tui.app"] = screen
from flodeslasare.__main__ import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--offline"],
        ["--lang=sv", "--verbose"],
        ["--library", "{library}"],
        ["--library={library}", "--lang", "en"],
    ],
)
def test_the_way_to_the_screen_is_light(archive: Library, options: list[str]) -> None:
    options = [option.format(library=archive.path) for option in options]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [PYTHON, "-c", IN_A_TERMINAL, *options], stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    code = process.wait(timeout=PATIENCE_SECONDS)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)

    offline = "--offline" in options
    assert shown.strip() == f"opened {archive.path} {offline} {archive.path} []"
    assert code == 0


@pytest.mark.parametrize(
    "arguments", [["feeds"], ["--lang", "fi"], ["--lang"], ["--offline=1"], ["-h"], ["--library"], ["x", "--offline"]]
)  # fmt: skip
def test_what_is_more_than_options_is_for_click(arguments: list[str]) -> None:
    assert __main__.plain_session(arguments) is None


def test_options_are_understood_before_a_command_and_without_one(run: Run, tmp_path: Path) -> None:
    library, settings = str(tmp_path / "l.db"), tmp_path / "c.toml"
    settings.write_text('[screen]\nlanguage = "sv"\n')

    session = __main__.plain_session(
        ["--library", library, f"--config={settings}", "--offline", "--verbose", "--lang", "en"]
    )
    run("--library", library, "--config", str(settings), "import", "/dev/null")

    assert session is not None
    assert (session.library, session.config) == (Path(library), settings)
    assert (session.offline, session.verbose, session.language) == (True, True, "en")
    assert Path(library).exists()


def test_the_language_is_the_options_then_the_settings_then_the_environments(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "c.toml"
    settings.write_text('[screen]\nlanguage = "en"\n')
    monkeypatch.setenv("LANG", "sv_SE.UTF-8")
    languages = []
    for options in ([], ["--config", str(settings)], ["--config", str(settings), "--lang", "sv"]):
        run(*options, "feeds")
        languages.append(i18n.language())

    assert languages == ["sv", "en", "sv"]


# --- reading ---------------------------------------------------------------------------------------


def test_an_entry_as_json(run: Run, archive: Library) -> None:
    archive.star([2])

    (entry,) = run("show", "2", "--format", "json").objects

    fetched = entry.pop("fetched")
    assert isinstance(fetched, str)
    datetime.strptime(fetched, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert entry == {
        "schema": 1,
        "id": 2,
        "feed": "https://blogg.exempel/feed",
        "guid": "2",
        "title": "Ny [rapport] &",
        "url": "https://blogg.exempel/2",
        "author": "Alva Ek",
        "published": "2018-04-05T08:15:00Z",
        "updated": "2018-04-06T08:15:00Z",
        "tags": ["krav", "avtal"],
        "enclosures": [
            {"url": "https://blogg.exempel/r.pdf", "type": "application/pdf", "size_bytes": 7}
        ],
        "read": False,
        "starred": True,
        "text": "Uppföljning\nLäkemedel först.",
    }
    assert run("entries", "--starred", "--json").objects == [entry | {"fetched": fetched}]


def test_entries_come_newest_first_and_by_choice(run: Run, archive: Library) -> None:
    archive.mark_read([4])

    assert ids(run("entries", "--json")) == [4, 3, 2, 1]
    assert ids(run("entries", "--json", "--limit", "2")) == [4, 3]
    assert ids(run("entries", "--json", "--unread", "--feed", "日本")) == [3]
    assert ids(run("entries", "--json", "--feed", "https://blogg.exempel/feed")) == [2, 1]
    assert run("entries", "--starred", "--json").out == ""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # Midnight is that of Stockholm, so 23:30 UTC on New Year's Eve is in 2018, and 00:00 UTC is too.
        (["--since", "2018"], [4, 3, 2, 1]),
        (["--since", "2018", "--until", "2018"], [3, 2, 1]),
        (["--until", "2017"], []),
        (["--since", "2018-04", "--until", "2018-04"], [3, 2]),
        (["--since", "2018-4-5", "--until", "2018-04-05"], [2]),
        (["--since", "2019-01-02"], []),
    ],
)
def test_dates_are_local(
    run: Run, archive: Library, options: list[str], expected: list[int]
) -> None:
    assert ids(run("entries", "--json", *options)) == expected


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2018", "2017-12-31T23:00:00Z", "2018-12-31T23:00:00Z"),
        ("2018-12", "2018-11-30T23:00:00Z", "2018-12-31T23:00:00Z"),
        ("2018-03-25", "2018-03-24T23:00:00Z", "2018-03-25T22:00:00Z"),  # 23 hours: summer time
        ("2024-02-29", "2024-02-28T23:00:00Z", "2024-02-29T23:00:00Z"),
        ("9998", "9997-12-31T23:00:00Z", "9998-12-31T23:00:00Z"),
        ("2018-04-05T10:15:30Z", "2018-04-05T10:15:30Z", "2018-04-05T10:15:31Z"),
        ("2018-04-05 10:15", "2018-04-05T08:15:00Z", "2018-04-05T08:16:00Z"),
        ("2018-04-05T10:15-05:00", "2018-04-05T15:15:00Z", "2018-04-05T15:16:00Z"),
        ("today", "2024-03-29T23:00:00Z", "2024-03-30T23:00:00Z"),
        ("I  går", "2024-03-28T23:00:00Z", "2024-03-29T23:00:00Z"),
        ("0d", "2024-03-29T23:00:00Z", "2024-03-30T23:00:00Z"),
        ("3 dagar", "2024-03-26T23:00:00Z", "2024-03-27T23:00:00Z"),
        ("-2w", "2024-03-15T23:00:00Z", "2024-03-16T23:00:00Z"),
        ("1m", "2024-02-28T23:00:00Z", "2024-02-29T23:00:00Z"),  # the last of a shorter month
        ("13 månader", "2023-02-27T23:00:00Z", "2023-02-28T23:00:00Z"),
        ("2å", "2022-03-29T22:00:00Z", "2022-03-30T22:00:00Z"),
    ],
)
def test_a_period_has_a_beginning_and_an_end(text: str, since: str, until: str) -> None:
    now = datetime(2024, 3, 29, 23, 30, tzinfo=UTC)  # half past midnight in Stockholm, on the 30th

    assert tuple(map(in_iso, period(text, now))) == (since, until)


@pytest.mark.parametrize(
    "text", ["", "18", "2018-00", "2018-13", "2023-02-29", "9999", "0000", "0001", "2018-04-05T10", "２０１８",
    "2018-04-05T25:00", "20180405", "3x", "d", "9999y", "99999d", "9999-12-31T23:59:59", "now"]
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        period(text)


def test_entries_stand_in_columns(run: Run, archive: Library) -> None:
    archive.mark_read([4])
    archive.star([2])

    assert run("entries").lines == [
        "    4    2019-01-01  日本 B   Fjärde",
        "    3 ●  2018-04-30  日本 B   Tredje",
        "    2 ●★ 2018-04-05  Bloggen  Ny [rapport] &",
        "    1 ●  2018-01-01  Bloggen  Besök",
    ]
    assert run("entries", "--feed", "日本", "--limit", "1").lines == ["    4    2019-01-01  Fjärde"]


def test_in_a_terminal_no_line_is_wider_than_it(
    run: Run, archive: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(
        archive,
        1,
        an_entry(guid="long", title="日本語" * 40, published=datetime(2020, 1, 1, tzinfo=UTC)),
    )
    monkeypatch.setattr(_output, "line_width", lambda: 50)

    ran = run("entries")
    feeds = run("feeds")
    shown = run("show", "5")

    assert max(map(_output.width, ran.lines)) == 49  # the next character would need two
    assert (
        ran.lines[0].endswith("語…") or ran.lines[0].endswith("日…") or ran.lines[0].endswith("本…")
    )
    assert max(map(_output.width, feeds.lines)) <= 50
    assert shown.code == 0


def test_searching_takes_any_words(run: Run, archive: Library) -> None:
    assert ids(run("search", "--json", "läkemedel", "först")) == [2]
    assert ids(run("search", "RAPPORT", "--json", "--limit", "1")) == [2]
    assert run("search", "rapport").lines == ["    2 ●  2018-04-05  Bloggen  Ny [rapport] &"]
    nothing = run("search", "kakelugn")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "Nothing found.\n")
    assert run("search", "--json", "kakelugn").out == ""
    assert run("search", "(:*\"'").code == 0
    assert run("search", "--", "--json").code == 0


def test_the_options_that_are_read_without_click_are_those_of_click() -> None:
    options = [
        each for each in roof.params if isinstance(each, click.Option) and each.name != "version"
    ]

    assert {name for each in options if each.is_flag for name in each.opts} == FLAGS
    assert {name for each in options if not each.is_flag for name in each.opts} == VALUES


def test_a_word_of_a_search_may_begin_with_a_hyphen(
    run: Run, archive: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    views: list[View] = []

    def entries(_library: Library, view: View, **_options: object) -> Iterator[Entry]:
        views.append(view)
        return iter(())

    monkeypatch.setattr(Library, "entries", entries)

    run("search", "krav", "-halland", "--limit", "3", "-j")
    run("search", "--json", "--", "--limit", "x")

    assert [view.query for view in views] == ["krav -halland -j", "--limit x"]


def test_showing_one_entry(run: Run, archive: Library) -> None:
    assert run("show", "2").out == (
        "Ny [rapport] &\n"
        "Bloggen · Alva Ek · 2018-04-05 10:15\n"
        "https://blogg.exempel/2\n"
        "Tags: krav, avtal\n"
        "Attached: https://blogg.exempel/r.pdf\n"
        "\n"
        "Uppföljning\n"
        "\n"
        "Läkemedel först.\n"
    )
    assert run("show", "2", "--format", "html").out == (
        "<h2>Uppföljning</h2><p>Läkemedel <b>först</b>.</p>\n"
    )
    assert run("show", "2", "--format", "markdown").out == (
        "# Ny \\[rapport\\] &\n\n"
        "Bloggen · Alva Ek · 2018-04-05 10:15\n\n"
        "<https://blogg.exempel/2>\n\n"
        "## Uppföljning\n\n"
        "Läkemedel **först**.\n\n"
        "- <https://blogg.exempel/r.pdf>\n"
    )
    assert archive.counts().unread == 4


def test_an_entry_that_is_shown_says_where_its_links_lead(
    run: Run, archive: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = (
        '<p>På <a href="https://elak.exempel/">www.bank.se</a> står <img src="https://b.exempel/k.png"'
        ' alt="en kurva"> och <img src="https://b.exempel/x.png"></p><pre>def  f():\n    pass</pre>'
    )
    keep(archive, 1, an_entry(guid="5", html=html, text=html_to_text(html)))
    body = (
        "\n\nPå www.bank.se [1] står [image: en kurva] och [image]\n\ndef  f():\n    pass\n\n"
        "[1] https://elak.exempel/\n"
    )

    assert run("show", "5").out.endswith(body)
    monkeypatch.setattr(_output, "line_width", lambda: 60)
    assert run("show", "5").out.endswith(body)


def test_the_items_of_a_list_and_the_rows_of_a_table_stand_together(
    run: Run, archive: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = (
        "<p>Före.</p><ul><li>ett</li><li>två</li></ul>"
        "<table><tr><td>A</td><td>B</td></tr><tr><td>1</td><td>2</td></tr></table><p>Efter.</p>"
    )
    keep(archive, 1, an_entry(guid="5", html=html, text=html_to_text(html)))
    body = "\n\nFöre.\n\n• ett\n• två\n\nA | B\n1 | 2\n\nEfter.\n"

    assert run("show", "5").out.endswith(body)
    monkeypatch.setattr(_output, "line_width", lambda: 50)
    assert run("show", "5").out.endswith(body)


def test_nothing_that_steers_a_terminal_gets_out(run: Run, archive: Library) -> None:
    evil = "a\x1b]0;x\x07b\x9bc\u202ed\re\x00"
    keep(
        archive,
        1,
        an_entry(guid="evil", title=evil, author=evil, text=evil, html=evil, tags=(evil,)),
    )
    archive.rename_feed(1, evil)

    for words in (["entries"], ["search", "a"], ["feeds"], ["show", "5"], ["show", "5", "--format", "html"],
                  ["show", "5", "--format", "markdown"], ["show", "5", "--format", "json"], ["entries", "--json"],
                  ["remove", "1"], ["show", "1", "--format", evil], ["add", "file://" + evil]):  # fmt: skip
        ran = run(*words)
        assert not set(ran.out + ran.err) & set("\x1b\x07\x9b\u202e\r\x00"), words


# --- marks -----------------------------------------------------------------------------------------


def test_marks_and_taking_them_back(run: Run, archive: Library) -> None:
    ran = run("mark", "read", "1", "2")
    assert (ran.code, ran.out, ran.err) == (0, "", "2 entries are now read.\n")
    assert ids(run("entries", "--unread", "--json")) == [4, 3]
    assert run("mark", "read", "1").err == "Nothing changed: it was so already.\n"

    assert run("mark", "undo").err == "2 entries are now unread.\n"
    assert archive.counts().unread == 4
    assert run("mark", "undo").err == "There is nothing to undo.\n"

    assert run("mark", "starred", "3").err == "1 entry has a star now.\n"
    assert run("mark", "unstarred", "3").err == "1 entry has no star now.\n"
    assert run("mark", "unread", "3").err == "Nothing changed: it was so already.\n"


@pytest.mark.parametrize(
    "query",
    [
        *["a", "krav", "besök OR rapport", "title:r", "-rapport", '"läkemedel först"', "lakemedel"],
        *["is:unread", "before:2018-05 after:2017", "feed:bloggen krav", "folder:regioner", "("],
        *["has:enclosure", "tag:krav", "%", "zebra", "author:ek fjärde", '"', "a " * 50, "-"],
    ],
)
@pytest.mark.parametrize("sort", ["newest", "best"])
def test_commands_give_what_the_screen_shows_in_its_order(
    run: Run, archive: Library, query: str, sort: Literal["newest", "best"]
) -> None:
    archive.mark_read([2])
    shown = list(archive.listing(View(query=query, order=sort)).ids)
    assert ids(run("entries", "--query", query, "--sort", sort, "--json")) == shown
    assert (
        ids(run("entries", "--query", query, "--sort", sort, "--json", "--limit", "2"))
        == (shown[:2])
    )
    assert ids(run("search", "--sort", sort, "--json", "--", query)) == shown
    plain = [int(line.split()[0]) for line in run("search", query, "--sort", sort).lines]
    assert plain == shown


@pytest.mark.parametrize(
    ("line", "is_said"),
    [
        ("entries --sort best", True),
        ("entries --sort best --json", True),
        ("entries --sort best --query is:unread", True),
        ("entries --sort best --query=", True),
        ("search --sort best -besök", True),
        ("entries --sort best --saved olästa", True),
        ("entries --sort best --saved besöken", False),
        ("entries --sort best --query besök", False),
        ("search --sort best title:besök is:unread", False),
        ("entries", False),
    ],
)
def test_of_an_order_that_nothing_is_in_it_is_said(
    run: Run, archive: Library, line: str, is_said: bool
) -> None:
    archive.save_search("olästa", "is:unread")
    archive.save_search("besöken", "besök")

    ran = run(*line.split())

    assert ran.code == 0
    assert ran.out
    said = "best first: no word is searched for, so the newest come first\n"
    assert ran.err == (said if is_said else "")


def test_a_search_without_hits_says_what_may_be_meant(run: Run, archive: Library) -> None:
    ran = run("search", "raport")
    assert ran.err == "Nothing found.\nDid you mean rapport (1)?\n"
    assert (ran.code, ran.out) == (0, "")
    assert run("search", "lakemedlet", "--json").err == "Did you mean läkemedel (4)?\n"
    assert run("search", "qqqqq").err == "Nothing found.\n"


def test_entries_that_are_like_one(run: Run, archive: Library) -> None:
    ran = run("related", "3", "--json")
    assert ids(ran) == [4, 1]
    assert set(ran.objects[0]["words"]) == {"avtalen", "upp", "följs", "kraven"}  # type: ignore[call-overload]
    (line,) = run("related", "3", "--limit", "1").lines
    assert line.startswith("    4  2019-01-01  Fjärde  · ")
    assert run("related", "2").err == "Nothing found.\n"
    assert run("related", "99").code == 2


def test_a_saved_search_is_used_wherever_a_feed_is(run: Run, archive: Library) -> None:
    assert run("searches").err.startswith("No saved searches.")
    assert run("searches", "save", "Bevakning", "title:besök", "OR", "-fjärde").code == 0
    assert run("searches", "save", "Äldre", "search:bevakning before:2018-02").code == 0
    assert run("searches", "--json").objects == [
        {
            "schema": 1,
            "name": "Bevakning",
            "query": "title:besök OR -fjärde",
            "total": 3,
            "unread": 3,
        },
        {
            "schema": 1,
            "name": "Äldre",
            "query": "search:bevakning before:2018-02",
            "total": 1,
            "unread": 1,
        },
    ]
    assert ids(run("entries", "--saved", "bevakning", "--json")) == [3, 2, 1]
    assert ids(run("entries", "--saved", "bevakning", "--query", "rapport", "--json")) == [2]
    assert ids(run("search", "--saved", "Äldre", "--json")) == [1]
    assert ids(run("search", "--json", "sökning:bevakning", "-besök")) == [3, 2]
    assert ids(run("search", "--saved", "bevakning", "a", "OR", "besök", "--json")) == [3, 2, 1]
    assert run("mark", "read", "--saved", "äldre").err == "1 entry is now read.\n"
    assert run("searches").lines == [
        "unread  total  name       query",
        "     2      3  Bevakning  title:besök OR -fjärde",
        "     0      1  Äldre      search:bevakning before:2018-02",
    ]
    assert run("searches", "rename", "bevakning", "Nya ord").code == 0
    assert [row["query"] for row in run("searches", "--json").objects] == [
        "title:besök OR -fjärde",
        'search:"Nya ord" before:2018-02',
    ]
    assert run("searches", "rename", "nya-ord", "Bevakning").code == 0
    assert run("searches", "rename", "äldre", "Gammalt").code == 0
    ran = run("searches", "save", "gammalt", "rapport")
    assert ran.err == "Saved: gammalt, in place of search:Bevakning before:2018-02\n"
    assert run("searches", "save", "Gammalt", "rapport").err == "Saved: Gammalt\n"
    ran = run("entries", "--saved", "gamalt")
    assert (ran.code, ran.err) == (
        2,
        "flodeslasare: gamalt: no such saved search; did you mean Gammalt?\n",
    )
    assert run("searches", "remove", "gammalt").err == "Removed: Gammalt\n"
    assert run("searches", "remove", "x").code == 2
    assert [row["name"] for row in run("searches", "--json").objects] == ["Bevakning"]


def test_marking_what_a_query_finds(run: Run, archive: Library) -> None:
    run("mark", "starred", "--query", "rapport")

    assert ids(run("entries", "--starred", "--json")) == [2]
    ran = run("mark", "read", "--query", "kakelugn")
    assert (ran.code, ran.err) == (0, "Nothing matches; nothing was changed.\n")
    assert (
        run("mark", "starred", "--query", "rapport").err == "Nothing changed: it was so already.\n"
    )


@pytest.mark.parametrize("kind", ["read", "unread", "starred", "unstarred"])
def test_an_empty_query_marks_nothing_and_another_everything(
    run: Run, archive: Library, kind: str
) -> None:
    archive.mark_read([1, 2])
    archive.star([2, 3])
    for query in ("", " ", '""', "before:"):
        ran = run("mark", kind, "--query", query)
        assert (ran.code, ran.out) == (2, "")
        assert "there is nothing to search for in it; `flodeslasare mark" in ran.err
    assert run("mark", kind, "--query", "", "--saved", "x").code == 2
    assert (archive.counts().unread, archive.counts().starred) == (2, 2)

    advised = re.search(
        r"`flodeslasare (mark .*)` marks all there is", run("mark", kind, "--query", "").err
    )
    assert advised is not None
    run(*advised[1].split())

    wanted = {"read": (0, 2), "unread": (4, 2), "starred": (2, 4), "unstarred": (2, 0)}
    assert (archive.counts().unread, archive.counts().starred) == wanted[kind]


def test_an_unknown_id_leaves_the_others_as_they_are(run: Run, archive: Library) -> None:
    assert run("mark", "read", "1", "99").code == 2
    assert archive.counts().unread == 4


# --- subscriptions ---------------------------------------------------------------------------------


def test_feeds(run: Run, archive: Library) -> None:
    archive.mark_read([1])

    table = run("feeds").lines
    objects = run("feeds", "--json").objects

    assert table[0].split() == ["id", "unread", "total", "refreshed", "title", "folder", "address"]
    assert [line.split() for line in table[1:]] == [
        ["1", "1", "2", "–", "Bloggen", "Offentligt/Regioner", "https://blogg.exempel/feed"],
        ["2", "2", "2", "–", "日本", "B", "https://b.exempel/"],
    ]
    (blog,) = [each for each in objects if each["title"] == "Bloggen"]
    added = blog.pop("added")
    assert isinstance(added, str)
    assert blog == {
        "left": None,
        "schema": 1,
        "id": 1,
        "url": "https://blogg.exempel/feed",
        "title": "Bloggen",
        "site_url": None,
        "folder": "Offentligt/Regioner",
        "total": 2,
        "unread": 1,
        "last_refresh": None,
        "next_refresh": blog["next_refresh"],
        "last_error": None,
        "failing_since": None,
        "failures": 0,
        "gone": False,
        "gone_since": None,
        "flaw": None,
        "interval_seconds": None,
        "moved_to": None,
    }


def test_an_empty_library_says_how_to_begin(run: Run) -> None:
    for words in (["feeds"], ["refresh"]):
        ran = run(*words)
        assert (ran.code, ran.out) == (0, "")
        assert "flodeslasare add" in ran.err
    assert run("feeds", "--json").out == ""
    assert run("entries").err == "Nothing found.\n"


def test_removing_a_feed_keeps_its_entries(run: Run, archive: Library) -> None:
    ran = run("remove", "blogg")

    assert (ran.code, ran.out) == (0, "")
    assert "Bloggen" in ran.err
    assert [each["title"] for each in run("feeds", "--json").objects] == ["日本 B"]
    assert ids(run("entries", "--json")) == [4, 3, 2, 1]
    assert ids(run("entries", "--json", "--feed", "Bloggen")) == [2, 1]
    for command in ("refresh", "backfill"):
        ran = run(command, "blogg")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            "flodeslasare: blogg: unsubscribed; `flodeslasare add https://blogg.exempel/feed` takes it up again\n"
        )
    again = run("remove", "blogg")
    assert (again.code, again.out) == (2, "")
    assert again.err == (
        "flodeslasare: blogg: unsubscribed already; `flodeslasare remove 1 --delete-entries` deletes its entries as well\n"
    )


def test_feeds_that_were_left_are_listed_taken_up_again_and_deleted(
    run: Run, archive: Library
) -> None:
    none = run("feeds", "--left")
    assert (none.code, none.out, none.err) == (0, "", "No feed was left.\n")
    assert run("feeds", "--left", "--json").out == ""
    run("remove", "Bloggen")
    run("remove", "2")

    table = run("feeds", "--left").lines
    objects = run("feeds", "--left", "--json").objects

    assert table[0].split() == ["id", "total", "left", "title", "folder", "address"]
    assert sorted(line.split()[0] for line in table[1:]) == ["1", "2"]
    (blog,) = [each for each in objects if each["id"] == 1]
    (row,) = [line for line in table if "Bloggen" in line]
    left = datetime.fromisoformat(str(blog["left"]))
    assert row.split() == [
        "1",
        "2",
        *f"{left.astimezone():%Y-%m-%d %H:%M}".split(),
        "Bloggen",
        "Offentligt/Regioner",
        "https://blogg.exempel/feed",
    ]
    assert (blog["total"], blog["folder"]) == (2, "Offentligt/Regioner")
    assert run("feeds", "--json").out == ""
    assert archive.add_subscription(Subscription(url=str(blog["url"]))) is not None
    assert [each["id"] for each in run("feeds", "--left", "--json").objects] == [2]
    assert run("remove", "2", "--delete-entries", "--yes").code == 0
    assert run("feeds", "--left", "--json").out == ""
    both = run("feeds", "--left", "--history", "1")
    assert (both.code, both.out) == (2, "")
    assert "Say one of --left and --history." in both.err


def test_a_feed_may_be_called_as_one_that_was_left(run: Run, archive: Library) -> None:
    run("remove", "Bloggen")
    archive.add_subscription(Subscription(url="https://ny.exempel/", title="Bloggen"))

    assert ids(run("entries", "--json", "--feed", "Bloggen")) == []
    assert ids(run("entries", "--json", "--feed", "1")) == [2, 1]
    assert run("remove", "Bloggen").err.startswith("Unsubscribed: Bloggen.")
    assert [each["title"] for each in run("feeds", "--json").objects] == ["日本 B"]


FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Kansliets blogg</title>
<link>http://localhost/</link>{items}</channel></rss>"""
ITEM = """<item><guid>{number}</guid><title>Post {number}</title><link>http://localhost/{number}</link>
<pubDate>Thu, 05 Apr 2018 10:{number:02}:00 +0200</pubDate><description>Text {number}</description></item>"""


def rss(count: int) -> str:
    return FEED.format(items="".join(ITEM.format(number=number) for number in range(count)))


def answered(answer: bytes, *arguments: str) -> Ran:
    """Run a command in a terminal where a person answers its question."""
    screen, terminal = pty.openpty()
    process = started(*arguments, stdin=terminal, stdout=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    said = b""
    with suppress(OSError):  # the terminal is gone with the program
        while chunk := os.read(screen, 4096):
            said += chunk
            if b"] " in said and answer:
                os.write(screen, answer)
                answer = b""
    out, _nothing = process.communicate(timeout=PATIENCE_SECONDS)
    os.close(screen)
    return Ran(process.returncode, out, said.decode())


def test_entries_are_deleted_when_the_person_says_so(archive: Library) -> None:
    archive.star([1])
    command = ("remove", "Bloggen", "--delete-entries")

    for no in (b"\n", b"n\n", b"what\n", b"\x04"):
        refused = answered(no, *command)
        assert (refused.code, refused.out) == (1, "")
        assert "Delete Bloggen and its 2 entries (1 with a star) for good? [y/N] " in refused.err
        assert "Nothing was deleted." in refused.err
        assert archive.counts().total == 4
    done = answered(b"ja\n", "--lang", "sv", *command)

    assert (done.code, done.out) == (0, "")
    assert "Ta bort Bloggen och dess 2 inlägg (1 med stjärna) för gott? [j/N] " in done.err
    assert archive.counts().total == 2
    assert [feed.title for feed in archive.feeds(unsubscribed=True)] == ["日本 B"]
    assert list(archive.listing(View(query="rapport")).ids) == []


def test_feeds_are_merged_when_the_person_says_so(archive: Library) -> None:
    for no in (b"\n", b"n\n", b"\x04"):
        refused = answered(no, "merge", "Bloggen", "2")
        assert (refused.code, refused.out) == (1, "")
        assert "Merge Bloggen (2 entries) into 日本 B for good? [y/N] " in refused.err
        assert "Nothing was merged." in refused.err
        assert len(archive.feeds()) == 2
    archive.rename_feed(2, "Bloggen")
    done = answered(b"ja\n", "--lang", "sv", "merge", "1", "2")

    assert done.code == 0
    assert f"Slå ihop Bloggen (2 inlägg) med {archive.feed(2).url} för gott? [j/N] " in done.err
    assert [(feed.id, feed.total) for feed in archive.feeds()] == [(2, 4)]


def test_where_nobody_can_be_asked_feeds_are_merged_with_yes_alone(
    run: Run, archive: Library
) -> None:
    refused = run("merge", "Bloggen", "2")

    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "flodeslasare: Bloggen: 2 entries would go over to 日本 B for good; say so with --yes\n"
    )
    assert len(archive.feeds()) == 2
    assert "cannot be merged into itself" in run("merge", "2", "2").err
    assert run("merge", "Bloggen", "2", "--yes").lines == [
        "Bloggen is now part of 日本 B: 2 entries went over, 0 were in both"
    ]


def test_where_nobody_can_be_asked_entries_are_deleted_with_yes_alone(
    run: Run, archive: Library
) -> None:
    command = ("remove", "Bloggen", "--delete-entries")

    refused = run(*command)

    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "flodeslasare: Bloggen: 2 entries would be deleted for good; say so with --yes\n"
    )
    assert archive.counts().total == 4
    run("remove", "Bloggen")  # its entries stay, and can be deleted later
    assert archive.counts().total == 4
    assert run(*command, "--yes").err == "Deleted: Bloggen and its 2 entries.\n"
    assert archive.counts().total == 2
    assert run(*command, "--yes").code == 2


def test_a_feed_gets_another_name_and_folder(run: Run, archive: Library) -> None:
    ran = run("edit", "Bloggen", "--title", "Min blogg", "--folder", "A / B")

    assert (ran.code, ran.err) == (0, "")
    assert ran.lines == ["Min blogg · https://blogg.exempel/feed · A/B"]
    assert run("edit", "min", "--title", "", "--folder", "").lines == [
        "Bloggen · https://blogg.exempel/feed"
    ]
    assert run("edit", "Bloggen", "--title", "\udcff", "--folder", "\udcff").code == 0
    nothing = run("edit", "1")
    assert (nothing.code, nothing.out) == (2, "")
    assert "Say what to change: --url, --title, --folder or --fulltext." in nothing.err


def test_a_feed_gets_another_address(run: Run, archive: Library, httpserver: HTTPServer) -> None:
    url = httpserver.url_for("/feed")
    httpserver.expect_request("/feed").respond_with_data(rss(2), content_type="application/rss+xml")
    httpserver.expect_request("/").respond_with_data(
        f'<link rel="alternate" type="application/rss+xml" href="{url}">', content_type="text/html"
    )
    httpserver.expect_request("/none").respond_with_data("", status=404)

    assert run("edit", "Bloggen", "--url", httpserver.url_for("/none"), "--title", "X").code == 69
    assert archive.feed(1).url == "https://blogg.exempel/feed"
    ran = run("edit", "Bloggen", "--url", httpserver.url_for("/"))

    assert (ran.code, ran.err) == (0, "")
    assert ran.lines == [f"Bloggen · {url} · Offentligt/Regioner"]
    assert run("refresh", "1").lines[-1] == "1 feed asked, 1 new entry"  # one it had
    assert archive.feed(1).total == 3

    taken = run("--offline", "edit", "2", "--url", url)
    assert (taken.code, taken.out) == (2, "")
    assert f"{url}: " in taken.err
    assert "`flodeslasare merge 2 1` makes one feed of them" in taken.err
    assert run("--offline", "edit", "2", "--url", "file:///etc/passwd").code == 2
    assert run("--offline", "edit", "2", "--url", "ny.exempel").lines == [
        "日本 B · https://ny.exempel/"
    ]


def test_a_page_cannot_lead_a_feed_into_the_private_network(
    run: Run, archive: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def discover(_library: Library, _address: str, **_how: object) -> list[FoundFeed]:
        return [FoundFeed(url="http://127.0.0.1:9/feed", title="x")]

    monkeypatch.setattr(Library, "discover", discover)

    run("edit", "Bloggen", "--url", "https://ny.exempel/")

    (state,) = archive._feeds.fetch_states([1], None)
    assert (state.url, state.allows_private) == ("http://127.0.0.1:9/feed", False)


def test_adding_and_refreshing(run: Run, httpserver: HTTPServer) -> None:
    good, bad = httpserver.url_for("/feed"), httpserver.url_for("/bad")
    httpserver.expect_request("/feed").respond_with_data(rss(2), content_type="application/rss+xml")
    httpserver.expect_request("/bad").respond_with_data("no", status=500)

    added = run("add", good, "--folder", "A/B")
    assert (added.code, added.err) == (0, "")
    assert added.out == f"Subscribed: Kansliets blogg ({good}): 2 entries\n"
    assert run("add", good).out.startswith("Already subscribed: Kansliets blogg")
    assert run("feeds", "--json").objects[0]["folder"] == "A/B"

    failed = run("add", bad)
    assert (failed.code, failed.out) == (69, "")
    assert failed.err.startswith(f"flodeslasare: {bad}: ")
    both = run("add", good, bad)
    assert both.code == 1
    assert both.out.startswith("Already subscribed")

    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data(rss(3), content_type="application/rss+xml")
    ran = run("refresh")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines == ["Kansliets blogg: 1 new", "1 feed asked, 1 new entry"]
    ran = run("refresh", "kansliet", "--json")
    assert ran.objects == [
        {
            "schema": 1,
            "feed": good,
            "status": "unchanged",
            "new": 0,
            "updated": 0,
            "error": None,
            "elsewhere": False,
        }
    ]

    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data("", status=503)
    ran = run("refresh", "--json")
    assert ran.code == 1
    (result,) = ran.objects
    assert (result["status"], result["new"]) == ("error", 0)
    assert isinstance(result["error"], str)
    ran = run("refresh")
    assert ran.code == 1
    assert ran.err.startswith(f"flodeslasare: {good}: ")
    assert ran.lines == ["1 feed asked, 0 new entries, 1 feed failed"]
    assert "failing since" in run("feeds").out
    assert run("refresh", "--due").lines == ["0 feeds asked, 0 new entries"]


def test_what_another_refresh_asked_is_not_counted_as_asked(
    run: Run, archive: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    well, ill = archive.feeds()
    found = {
        well.id: FeedFetch(NOW, RefreshStatus.OK, 3, 0, None),
        ill.id: FeedFetch(NOW, RefreshStatus.ERROR, 0, 0, "det gick inte"),
    }
    monkeypatch.setattr(
        FeedStore, "fetched_since", lambda _store, feed_id, _fetch: found.get(feed_id)
    )

    ran = run("refresh")

    assert ran.code == 1
    assert ran.lines == [
        "0 feeds asked, 0 new entries, 2 feeds asked by another refresh, 1 feed failed"
    ]
    assert ran.err == f"flodeslasare: {ill.url}: det gick inte\n"


def test_a_quiet_refresh_says_only_what_went_wrong(run: Run, httpserver: HTTPServer) -> None:
    nothing = run("refresh", "--due", "--quiet")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "")

    url = httpserver.url_for("/feed")
    httpserver.expect_request("/feed").respond_with_data(rss(2), content_type="application/rss+xml")
    run("add", url)
    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data(rss(3), content_type="application/rss+xml")
    for arguments in (("refresh", "-q"), ("refresh", "--due", "--quiet")):
        ran = run(*arguments)
        assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert len(run("entries").lines) == 3

    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data("", status=503)
    ran = run("refresh", "--quiet")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"flodeslasare: {url}: ")
    assert ran.err.count("\n") == 1

    both = run("refresh", "--quiet", "--json")
    assert (both.code, both.out) == (2, "")
    assert "Say one of --quiet and --json." in both.err


def test_what_several_feeds_could_not_be_asked_for_is_said_once(
    run: Run, httpserver: HTTPServer
) -> None:
    for name in "abc":
        httpserver.expect_request(f"/{name}").respond_with_data(
            rss(1), content_type="application/rss+xml"
        )
        run("add", httpserver.url_for(f"/{name}"))
    httpserver.clear()
    for name in "abc":
        httpserver.expect_request(f"/{name}").respond_with_data(
            "", status=429, headers={"Retry-After": "7200"}
        )

    ran = run("refresh", "--quiet")

    first, others = ran.err.splitlines()
    assert ran.code == 1
    assert first.endswith("too many requests (HTTP 429)")
    assert others.startswith("flodeslasare: 2 feeds: localhost asked us to wait until ")
    assert [row["status"] for row in run("refresh", "--json").objects] == ["error"] * 3


def test_what_a_page_offers_besides_is_named(run: Run, httpserver: HTTPServer) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/{name}" title="{title}">'
    httpserver.expect_request("/").respond_with_data(
        "".join(
            link.format(name=name, title=title)
            for name, title in (("feed", "Bloggen"), ("comments?a&b", "Kommen\x9btarer"), ("c", ""))
        ),
        content_type="text/html",
    )
    for path in ("/feed", "/c"):
        httpserver.expect_request(path).respond_with_data(
            rss(2), content_type="application/rss+xml"
        )

    ran = run("add", httpserver.url_for("/"))
    again = run("--lang", "sv", "add", httpserver.url_for("/"), httpserver.url_for("/c"))
    third = run("add", httpserver.url_for("/"))

    assert (ran.code, ran.out) == (
        0,
        f"Subscribed: Kansliets blogg ({httpserver.url_for('/feed')}): 2 entries\n",
    )
    assert ran.err.splitlines() == [
        "The page offers 2 more feeds:",
        f"    `flodeslasare add {httpserver.url_for('/c')}`",
        f"    Kommentarer: `flodeslasare add '{httpserver.url_for('/comments')}?a&b'`",
    ]
    assert "Sidan har 2 flöden till:" in again.err
    assert third.err.splitlines()[0] == "The page offers 1 more feed:"


def test_what_is_wrong_with_a_new_feed_is_told(run: Run, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(
        rss(1)[:120], content_type="application/rss+xml"
    )

    ran = run("add", httpserver.url_for("/feed"))

    assert ran.code == 0
    assert ran.out.endswith(": 0 entries\n")
    assert ran.err == "    ! it can be read, but it ends in the middle\n"


def test_how_a_feed_is_doing(run: Run, httpserver: HTTPServer) -> None:
    url, other = httpserver.url_for("/feed"), httpserver.url_for("/other")
    for path in ("/feed", "/other"):
        httpserver.expect_request(path).respond_with_data(
            rss(2) + "<!-- cut", content_type="application/rss+xml"
        )
        run("add", httpserver.url_for(path))
    assert run("feeds").out.count("    ! it can be read, but it ") == 2
    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data("", status=500)
    httpserver.expect_request("/other").respond_with_data(
        "", status=301, headers={"Location": "/feed"}
    )
    run("refresh", url)
    run("refresh", url)

    failing = run("feeds").out
    history = run("feeds", "--history", url)
    objects = run("feeds", "--history", url, "--json").objects

    assert re.search(
        r"    ! failing since [0-9-]+ [0-9:]+, next try [0-9-]+ [0-9:]+: "
        r"the server has a fault of its own \(HTTP 500\)\n",
        failing,
    )
    assert history.lines[0].split() == ["refreshed", "status", "new", "changed", "cause"]
    assert [line.split()[2] for line in history.lines[1:]] == ["error", "error", "ok"]
    assert [(each["status"], each["new"], each["updated"]) for each in objects] == [
        ("error", 0, 0),
        ("error", 0, 0),
        ("ok", 2, 0),
    ]
    assert list(objects[0]) == ["schema", "at", "status", "new", "updated", "error"]
    swedish = run("--lang", "sv", "feeds", "--history", url).lines
    assert swedish[0].split()[1] == "status"
    assert [line.split()[2] for line in swedish[1:]] == ["fel", "fel", "ok"]

    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_data("", status=410)
    run("refresh", url)
    assert "no longer asked; `flodeslasare refresh 1` asks it again" in run("feeds").out
    assert run("refresh", other).code == 1  # it leads to what is gone for good
    (gone, _other) = run("feeds", "--json").objects
    assert gone["gone"] is True
    assert gone["gone_since"] is not None


def test_a_feed_whose_entries_went_with_another_is_fetched_whole_again(
    run: Run, httpserver: HTTPServer
) -> None:
    """Its server would say that nothing has changed since, and the feed would stay empty."""

    def reply(request: Request) -> Response:
        if request.headers.get("If-None-Match") == '"1"':
            return Response(status=304)
        return Response(rss(2), content_type="application/rss+xml", headers={"ETag": '"1"'})

    for path in ("/one", "/two"):
        httpserver.expect_request(path).respond_with_handler(reply)
        run("add", httpserver.url_for(path))
    run("merge", "1", "2", "--yes")
    run("remove", "2", "--delete-entries", "--yes")

    assert run("add", httpserver.url_for("/one")).out.endswith(": 2 entries\n")
    assert len(run("entries").lines) == 2


def test_a_feed_that_moved_to_another_is_offered_for_merging(
    run: Run, httpserver: HTTPServer
) -> None:
    for path in ("/old", "/new"):
        httpserver.expect_request(path).respond_with_data(
            rss(2), content_type="application/rss+xml"
        )
        run("add", httpserver.url_for(path))
    httpserver.clear()
    httpserver.expect_request("/old").respond_with_data(
        "", status=308, headers={"Location": "/new"}
    )
    httpserver.expect_request("/new").respond_with_data(rss(2), content_type="application/rss+xml")
    for _ in range(3):
        run("refresh", "1")

    offered = run("feeds").out
    (old, _new) = run("feeds", "--json").objects
    merged = run("merge", "1", "2", "--yes")

    assert "`flodeslasare merge 1 2` makes one feed of them" in offered
    assert old["moved_to"] == httpserver.url_for("/new")
    assert merged.lines == [
        f"Kansliets blogg is now part of {httpserver.url_for('/new')}: "
        "0 entries went over, 2 were in both"
    ]
    assert [each["url"] for each in run("feeds", "--json").objects] == [httpserver.url_for("/new")]
    assert run("merge", "2", "2").code == 2


def test_going_back_in_time(run: Run, httpserver: HTTPServer) -> None:
    url = httpserver.url_for("/feed")
    httpserver.expect_request("/feed").respond_with_data(rss(2), content_type="application/rss+xml")
    run("add", url)

    text = run("backfill", "kansli")
    objects = run("backfill", url, "--json")

    assert (text.code, text.err) == (0, "")
    assert text.lines == ["Kansliets blogg: 0 new, 0 changed"]
    assert objects.code == 0
    assert objects.objects[0] == {
        "schema": 1,
        "feed": url,
        "status": "ok",
        "new": 0,
        "updated": 0,
        "error": None,
        "elsewhere": False,
    }
    assert run("--offline", "backfill", url).code == 69


def with_pages(httpserver: HTTPServer) -> str:
    """Serve a feed of two entries, the page of the first, which has more, and none of the second; gives its address."""
    items = "".join(
        f"<item><guid>{name}</guid><link>{httpserver.url_for('/' + name)}</link><title>Inlägg {name}</title>"
        f"<description>Hur kraven följs upp i avtalen.</description></item>"
        for name in ("a", "b")
    )
    feed = f"<rss version='2.0'><channel><title>Kansliets blogg</title>{items}</channel></rss>"
    httpserver.expect_request("/feed").respond_with_data(feed, content_type="application/rss+xml")
    page = "<article><p>Hur kraven följs upp i avtalen.</p><p>Fabriken besöks av leverantören.</p></article>"
    httpserver.expect_request("/a").respond_with_data(page, content_type="text/html")
    httpserver.expect_request("/b").respond_with_data("", status=404)
    return httpserver.url_for("/feed")


def test_whole_texts_are_fetched_where_the_feed_gives_the_beginning(
    run: Run, httpserver: HTTPServer
) -> None:
    run("add", with_pages(httpserver))
    assert run("search", "leverantören").code == 0
    assert run("search", "leverantören").out == ""

    ran = run("fulltext", "--feed", "kansli")

    assert ran.code == 1
    assert ran.out == "1 whole text fetched, 1 failed\n"
    assert ran.err.startswith(f"flodeslasare: {httpserver.url_for('/b')}: ")
    assert ran.err.count("\n") == 1
    assert len(run("search", "leverantören", "--json").objects) == 1
    assert run("fulltext", "--feed", "kansli").out == "0 whole texts fetched\n"


def test_whole_texts_as_json(run: Run, httpserver: HTTPServer) -> None:
    run("add", with_pages(httpserver))
    by_title = {each["title"]: each["id"] for each in run("entries", "--json").objects}
    wanted = by_title["Inlägg a"]

    # One that is named twice is fetched once.
    first, again = (run("fulltext", str(wanted), str(wanted), "--json") for _time in range(2))

    assert (first.code, first.err) == (0, "")
    assert first.objects == [
        {
            "schema": 1,
            "id": wanted,
            "title": "Inlägg a",
            "url": httpserver.url_for("/a"),
            "status": "ok",
            "words": 10,
            "error": None,
        }
    ]
    assert again.objects[0]["status"] == "unchanged"
    assert run("--offline", "fulltext", str(wanted)).code == 69
    assert run("fulltext", "999").code == 2
    assert run("fulltext").code == 2
    assert run("fulltext", str(wanted), "--feed", "kansli").code == 2


def test_a_refresh_fetches_the_whole_texts_that_are_wanted(
    run: Run, httpserver: HTTPServer
) -> None:
    url = with_pages(httpserver)
    run("add", url)
    assert "whole text" not in run("refresh").out

    edited = run("edit", "kansli", "--fulltext")
    ran = run("refresh")

    assert edited.out == f"Kansliets blogg · {url} · whole texts\n"
    assert (ran.code, ran.lines[-1]) == (0, "1 whole text fetched")
    assert len(run("search", "leverantören", "--json").objects) == 1
    httpserver.clear_log()
    assert len(run("refresh", "--json").objects) == 1
    assert [request.path for request, _reply in httpserver.log] == ["/feed"]
    assert "whole texts" not in run("edit", "kansli", "--no-fulltext").out


def test_the_demo_serves_its_blog_as_it_was(library: Library) -> None:
    with served(library) as feed_url:
        fill_demo(library, feed_url)
    first = library.counts().total
    with served(library) as again:
        fill_demo(library, again)

    assert first > 100
    assert library.counts().total == first
    assert [feed.url for feed in library.feeds()] == [feed_url]


DEMO = """
import sys, types
screen = types.ModuleType("flodeslasare.tui.app")
def run_reader(library, *, places):
    print(library.counts().total, *(feed.url for feed in library.feeds()), flush=True)
    print(places.images, flush=True)
    sys.stdin.read()
    return 0
screen.run_reader = run_reader
sys.modules["flodeslasare.tui.app"] = screen
from flodeslasare.cli._ends import ended
from flodeslasare.cli.demo import run_demo
from flodeslasare.cli._session import Session
sys.exit(ended(lambda: run_demo(Session())))
"""


def demo_started() -> subprocess.Popen[str]:
    """Start the demo, its screen a line about its library; it is left when stdin ends."""
    return subprocess.Popen(
        [PYTHON, "-c", DEMO],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


def test_two_demos_at_once_fill_the_library_once() -> None:
    with one_at_a_time(places().library.parent / "demo" / "library.db.lock", pytest.fail):
        demos = [demo_started() for _ in range(2)]
        waiting = [demo.stderr.readline() for demo in demos if demo.stderr]  # both are at the door
    seen = [demo.stdout.readline() for demo in demos if demo.stdout]
    ends = [demo.communicate(timeout=PATIENCE_SECONDS)[1] for demo in demos]

    assert [demo.returncode for demo in demos] == [0, 0], ends
    assert seen[0] == seen[1]
    total, *urls = seen[0].split()
    assert len(urls) == 1
    assert int(total) in (141, 142)  # a new post comes out now and then
    assert sum("Fetching the example blog" in said for said in ends) == 1
    assert all("Waiting for another demo" in said for said in waiting)


def test_a_demo_that_was_killed_while_it_fetched_is_filled_by_the_next() -> None:
    first = demo_started()
    path = places().library.parent / "demo" / "library.db"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:  # until the blog is subscribed to
        if path.exists():
            with suppress(ReaderError), Library(path) as library:
                if library.feeds():
                    break
        time.sleep(0.002)
    first.kill()
    first.communicate(timeout=PATIENCE_SECONDS)

    second = demo_started()
    out, err = second.communicate(timeout=PATIENCE_SECONDS)

    first_line, images = out.splitlines()
    total, *urls = first_line.split()
    assert (second.returncode, len(urls)) == (0, 1), err
    assert images == str(places().cache / "demo" / "images")  # its own
    assert int(total) in (141, 142)


def test_a_demo_begun_under_another_address_is_begun_anew(library: Library) -> None:
    left = library.add_subscription(Subscription(url="http://127.0.0.1:9/bloggen"))
    assert left is not None
    keep(library, left.id, an_entry())
    library.remember("demo.feed", left.url)
    with served(library) as feed_url:
        fill_demo(library, feed_url)

    assert [feed.url for feed in library.feeds(unsubscribed=True)] == [feed_url]


def test_a_lock_is_let_go_of(tmp_path: Path) -> None:
    path, told = tmp_path / "lock", []
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom flodeslasare.files import one_at_a_time\n"
        "with one_at_a_time(Path(sys.argv[1]), print):\n    print('in', flush=True)\n    time.sleep(600)"
    )
    holder = subprocess.Popen([PYTHON, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    holder.stdout.readline()

    def kill() -> None:
        told.append(1)
        holder.kill()

    with one_at_a_time(path, kill):
        assert told == [1]
    with one_at_a_time(path, kill), one_at_a_time(tmp_path / "other", kill):
        assert told == [1]
    with one_at_a_time(Path("/dev/null/lock"), kill):
        assert told == [1]
    holder.communicate(timeout=PATIENCE_SECONDS)


# --- files -----------------------------------------------------------------------------------------


def test_subscriptions_go_out_and_come_in(run: Run, archive: Library, tmp_path: Path) -> None:
    path = tmp_path / "list.opml"
    path.write_text(run("export", "opml").out)
    other = str(tmp_path / "other.db")

    ran = run("--library", other, "import", str(path))

    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("2 new subscriptions.\n")
    assert run("--library", other, "export", "opml").out == path.read_text()
    assert (
        "0 new subscriptions, 2 there already" in run("--library", other, "import", str(path)).err
    )


def test_a_name_of_ones_own_goes_along(run: Run, tmp_path: Path, httpserver: HTTPServer) -> None:
    url = httpserver.url_for("/feed")
    httpserver.expect_request("/feed").respond_with_data(rss(1), content_type="application/rss+xml")
    urls, opml = tmp_path / "urls", tmp_path / "list.opml"
    urls.write_text(f'{url} "~Min blogg"\n')
    other = str(tmp_path / "other.db")

    run("import", str(urls))
    opml.write_text(run("export", "opml").out)  # before the feed has said what it calls itself
    run("refresh")
    assert run("feeds", "--json").objects[0]["title"] == "Min blogg"
    for known in ("before", "after"):
        run("--library", other, "import", str(opml))
        run("--library", other, "refresh")
        assert run("--library", other, "feeds", "--json").objects[0]["title"] == "Min blogg", known
        opml.write_text(run("export", "opml").out)
        Path(other).unlink()
    assert 'text="Min blogg" title="Kansliets blogg"' in opml.read_text()
    run("edit", "1", "--title", "")
    assert 'text="Kansliets blogg" title="Kansliets blogg"' in run("export", "opml").out


def test_a_list_may_come_through_a_pipe(tmp_path: Path) -> None:
    urls = "https://a.example/ mapp\n"
    database = b"SQLite format 3\0" + bytes(100)
    for words, sent, code, said in (
        (["-"], urls.encode(), 0, "1 new subscription.\n`flodeslasare refresh` fetches them.\n"),
        (["/dev/stdin"], urls.encode(), 0, "0 new subscriptions, 1 there already.\n"),
        (["-"], b"", 65, "flodeslasare: -: not an OPML file: it is empty\n"),
        (
            ["-"],
            database,
            65,
            "flodeslasare: -: a database cannot come through a pipe; name its file\n",
        ),
    ):
        process = started("import", *words, stdin=subprocess.PIPE, encoding=None)
        out, err = process.communicate(sent, timeout=PATIENCE_SECONDS)  # type: ignore[arg-type]
        assert (process.returncode, out, err) == (code, b"", said.encode())  # type: ignore[comparison-overlap]


def test_a_file_without_an_end_is_no_list(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flodeslasare.library.importing.LONGEST_LIST_BYTES", 1000)

    ran = run("import", "/dev/zero")

    assert (ran.code, ran.out) == (65, "")
    assert "too large" in ran.err


def test_a_list_in_an_older_encoding_is_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "urls"
    path.write_bytes('https://a.example/ "på landet"\n'.encode("iso-8859-1"))

    assert run("import", str(path)).code == 0
    assert run("feeds", "--json").objects[0]["folder"] == "på landet"


def test_a_terminal_says_once_that_a_list_is_over(archive: Library) -> None:
    ours, theirs = pty.openpty()
    process = started("import", "-", stdin=theirs)
    os.close(theirs)
    os.write(ours, b"x\n\x04")
    _out, err = process.communicate(timeout=PATIENCE_SECONDS)
    os.close(ours)

    assert (process.returncode, err.count("\n")) == (65, 1)


def test_an_import_knows_the_feeds_that_are_there(
    run: Run, archive: Library, tmp_path: Path
) -> None:
    archive.add_subscription(Subscription(url="https://u:p@c.exempel/feed"))
    left = archive.add_subscription(Subscription(url="https://d.exempel/feed"))
    assert left is not None
    archive.unsubscribe(left.id)
    path = tmp_path / "urls"
    path.write_text(
        "https://blogg.exempel/feed\nhttps://c.exempel/feed\nhttps://d.exempel/feed\n"
        "https://e.exempel/feed\nhttps://E.exempel/feed\nhttps://u:p@e.exempel/feed\n"
    )

    assert run("import", str(path)).err.startswith("3 new subscriptions, 3 there already.")
    assert run("import", str(path)).err.startswith("0 new subscriptions, 6 there already.")
    assert len(archive.feeds()) == 6


def test_a_file_whose_name_only_looks_like_a_home_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("~ingen-heter-så").write_text("https://a.example/\n")

    assert run("import", "~ingen-heter-så").code == 0
    assert run("--library", "~inte-heller.db", "import", "~ingen-heter-så").code == 0
    assert Path("~inte-heller.db").exists()
    assert run("--config", "~inte-heller.toml", "feeds").code == 66


def test_markdown_goes_to_stdout_where_a_hyphen_stands(
    run: Run, archive: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run("export", "markdown", "-").out == run("export", "markdown").out
    assert not Path("-").exists()


def test_an_export_takes_a_limit(run: Run, archive: Library) -> None:
    assert ids(run("export", "json", "--limit", "2")) == [4, 3]
    assert run("export", "markdown", "--limit", "1").out.count("\nurl: ") == 1


def test_the_doctor_misses_a_config_that_was_named(run: Run, tmp_path: Path) -> None:
    ran = run("--config", str(tmp_path / "none.toml"), "doctor")

    assert ran.code == 1
    assert ran.lines[0] == f"✗ config: {tmp_path / 'none.toml'}: no such file → check the path"


def test_settings_may_come_through_a_pipe(run: Run, archive: Library) -> None:
    for settings, code, said in (
        ('[screen]\nlanguage = "sv"\n', 0, "Inga träffar"),
        ('[screen]\nlanguage = "x"\n', 2, "/dev/fd/"),
    ):
        reading, writing = os.pipe()
        os.write(writing, settings.encode())
        os.close(writing)
        ran = run("--config", f"/dev/fd/{reading}", "search", "xyzzyqq")
        os.close(reading)
        assert ran.code == code
        assert said in ran.err


@pytest.mark.skipif(os.geteuid() == 0, reason="everything is open to root")
def test_folders_that_one_may_not_enter(run: Run, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    inside = str(closed / "file")
    try:
        codes = [
            run(*words).code
            for words in (
                ["--config", inside, "entries"],
                ["--library", inside, "entries"],
                ["import", inside],
                ["--library", inside, "doctor"],
                ["--config", inside, "doctor"],
            )
        ]
    finally:
        closed.chmod(0o700)
    assert codes == [66, 73, 66, 1, 1]


def test_what_an_import_leaves_out_is_listed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "urls"
    path.write_text('https://a.example/ tag "två ord"\n"query:Olästa:unread = \\"yes\\""\n')

    ran = run("import", str(path))

    assert ran.code == 0
    assert ran.err.splitlines()[0].startswith("flodeslasare: left out: query:Olästa")
    assert ran.err.splitlines()[1:3] == [
        "https://a.example/: taken in, in the folder tag, without its other tags: två ord",
        "1 new subscription, 1 left out.",
    ]


def test_the_settings_can_be_made_shown_and_found(run: Run) -> None:
    where = places().config

    assert run("config", "path").out == f"{where}\n"
    assert "not there" in run("config", "show").out
    assert run("config", "init").code == 0
    assert where.exists()
    assert run("config", "init").code == 2
    where.write_text("[refresh]\nevery_minutes = 5\n")
    assert "\nevery_minutes = 5\n" in run("config", "show").out
    assert str(places().library) in run("config", "show").out

    where.write_text("[refresh]\nevery_minute = 5\n")
    ran = run("config", "show")
    assert ran.code == 2
    assert "did you mean 'every_minutes'?" in ran.err
    assert run("config", "path").code == 0


def test_the_settings_are_shown_in_swedish_too(run: Run) -> None:
    lines = run("--lang", "sv", "config", "show").lines

    assert lines[:2] == [
        f"# inställningar: {places().config}  (finns inte: alla inställningar har sina standardvärden)",
        f"# bibliotek:     {places().library}",
    ]
    assert "# Från" not in "\n".join(lines)
    assert not any(" From " in line or "# The " in line for line in lines)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(run: Run, shell: str) -> None:
    ran = run("completion", shell)

    assert (ran.code, ran.err) == (0, "")
    assert "_FLODESLASARE_COMPLETE" in ran.out


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        ("mark un", {"plain,unread", "plain,unstarred", "plain,undo"}),
        ("remove bloggen --d", {"plain,--delete-entries"}),
        ("export ", {"plain,opml", "plain,markdown", "plain,json"}),
        ("export markdown ou", {"dir,ou"}),
        ("export json --s", {"plain,--saved", "plain,--starred", "plain,--since"}),
    ],
)
def test_the_shell_gets_its_answers(words: str, answers: set[str]) -> None:
    env = {
        **os.environ,
        "_FLODESLASARE_COMPLETE": "bash_complete",
        "COMP_WORDS": f"flodeslasare {words}",
        "COMP_CWORD": f"{words.count(' ') + 1}",
    }

    ran = ended(env=env)

    assert set(ran.lines) == answers


# --- help ------------------------------------------------------------------------------------------


def all_commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from all_commands(inner, f"{path} {name}")


@pytest.mark.parametrize("path", [path for path, _command in all_commands(roof, "flodeslasare")])
def test_every_command_has_help_with_an_example(run: Run, path: str) -> None:
    ran = run(*path.split()[1:], "--help")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: {path}")
    assert " ".join(path.split()[1:]) in ran.out.partition("Example")[2]
    assert run(*path.split()[1:], "-h").out == ran.out


@pytest.mark.parametrize("path", [path for path, _command in all_commands(roof, "flodeslasare")])
def test_every_command_has_help_in_swedish(run: Run, path: str) -> None:
    words = path.split()[1:]
    english = run(*words, "--help").out

    ran = run("--lang", "sv", *words, "--help")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Användning: {path}")
    assert "Exempel:" in ran.out
    same = {line.strip() for line in english.splitlines()} & {line.strip() for line in ran.lines}
    # click says what --help does once a process, in the language of the first time.
    alike = ("flodeslasare", "$EDITOR", "-h, --help", "--format [")
    assert all(line.startswith(alike) for line in same - {""}), same
    assert run(*words, "--help").out == english


def test_completion_explains_in_the_language_of_the_environment() -> None:
    env = {
        **os.environ,
        "LANG": "sv_SE.UTF-8",
        "_FLODESLASARE_COMPLETE": "fish_complete",
        "COMP_WORDS": "flodeslasare sh",
        "COMP_CWORD": "sh",
    }

    assert ended(env=env).out == "plain,show\tVisa ett inlägg.\n"


def test_the_help_of_help_is_in_swedish_too() -> None:
    assert "Visa den här hjälpen och avsluta." in ended("--lang", "sv", "feeds", "--help").out


# --- the log ---------------------------------------------------------------------------------------


def test_the_log_is_made_with_its_first_line(run: Run) -> None:
    log = places().logs / "flodeslasare.log"
    run("feeds")
    assert not log.exists()

    logging.getLogger("flodeslasare.test").info("hello \x1b[31m")
    logging.getLogger("flodeslasare.test").debug("detail")

    assert "hello [31m" in log.read_text()
    assert "detail" not in log.read_text()


def test_details_are_logged_when_asked_for(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("--verbose", "feeds")

    logging.getLogger("flodeslasare.test").debug("detail")

    assert "detail" in (places().logs / "flodeslasare.log").read_text()
    assert "detail" in capsys.readouterr().err


def test_a_log_that_cannot_be_written_stops_nothing(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    places().logs.parent.mkdir(parents=True)
    places().logs.write_text("a file where the folder should be")
    run("feeds")

    logging.getLogger("flodeslasare.test").error("lost")
    logging.getLogger("flodeslasare.test").error("lost")

    assert capsys.readouterr().err == ""


# --- widths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cells"), [("", 0), ("abc", 3), ("åäö", 3), ("a\u0308", 1), ("日本", 4), ("🙂", 2), ("●★…", 3)]
)  # fmt: skip
def test_width_is_in_cells(text: str, cells: int) -> None:
    assert _output.width(text) == cells


@given(st.text(max_size=30), st.integers(1, 20))
def test_a_fitted_line_has_exactly_its_width(text: str, cells: int) -> None:
    assert _output.width(_output.fit(text, cells)) == cells


@given(st.text("ab 日\n", max_size=60), st.integers(2, 20))
def test_wrapping_keeps_every_word_in_its_place(text: str, cells: int) -> None:
    lines = list(_output.wrap(text, cells))

    assert " ".join(lines).split() == text.split()
    assert all(_output.width(line) <= cells or " " not in line for line in lines)


def test_the_example_blog_does_not_move_into_a_library_that_is_somebodys(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    with Library(path) as library:
        library.add_subscription(Subscription(url="https://blogg.exempel/feed"))

    with pytest.raises(UsageError, match="holds other feeds"):
        run_demo(Session(library=path))


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["related", "9" * 30], 2, f"{'9' * 30}: no such entry; "),
        (["show", "9" * 30], 2, f"{'9' * 30}: no such entry; "),
        (["mark", "read", "9" * 30], 2, f"{'9' * 30}: no such entry; "),
        (["search", "e", "--sort", "best", "--limit", "9" * 30], 0, ""),
        (["entries", "--limit", "9" * 30], 0, ""),
        (["related", "1", "--limit", "9" * 30], 0, ""),
        (["search", "x", "--sort"], 2, "'--sort' requires an argument. Try `flodeslasare search --help`."),
        (["search", "x", "--saved"], 2, "'--saved' requires an argument. Try `flodeslasare search --help`."),
        (["--offline", "mark", "read", "--query"], 2, "Try `flodeslasare mark read --help`."),
        (["--config"], 2, "'--config' requires an argument. Try `flodeslasare --help`."),
        (["export", "markdown", ""], 2, "the path is empty"),
        (["import", ""], 2, "the path is empty"),
        (["--library", "", "entries"], 2, "'--library': the path is empty"),
        (["--config", "/", "entries"], 66, "/: this is a folder; name a file with --config"),
        (["show", "1", "--format", "html", "--json"], 2, "Say one of --format and --json."),
    ],
)  # fmt: skip
def test_odd_arguments_are_answered_in_words(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)

    ran = run(*words)

    assert ran.code == code
    assert said in ran.err
    assert ran.err.count("\n") <= 1
    assert list(tmp_path.glob("*-*")) == []  # a folder of a feed


def test_an_entry_is_shown_as_json_in_both_ways(run: Run, archive: Library) -> None:
    assert archive.entry(2).title
    assert run("show", "2", "--json").out == run("show", "2", "--format", "json").out != ""
