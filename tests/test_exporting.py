"""Entries as Markdown files and as JSON lines: what leaves the library for other programs."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import PATIENCE_SECONDS, an_entry, entries, keep, readdress
from flodeslasare import __main__
from flodeslasare.config import places
from flodeslasare.documents import ParsedEntry, Subscription
from flodeslasare.errors import FileIsThere, StorageError
from flodeslasare.exchange.markdown_files import (
    file_names,
    folder_names,
    is_file_of,
    markdown_file,
    safe_name,
)
from flodeslasare.library import Library
from flodeslasare.model import Enclosure, Entry, Feed, View

NEVER = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "a/b\\c",
    "\x00\x1b[31m",
    "\u202egpj.exe",
    "-rf *",
    "~",
    "$(id)",
    "|",
]


def kept(library: Library, *parsed: ParsedEntry, feed: str = "https://blogg.exempel/feed") -> Feed:
    """Keep entries in a feed, subscribed to if it was not."""
    there = [each for each in library.feeds() if each.url == feed]
    added = there[0] if there else library.add_subscription(Subscription(url=feed, title="Bloggen"))
    assert added is not None
    keep(library, added.id, *parsed)
    return added


def written(library: Library, folder: Path, view: View | None = None) -> list[bool]:
    return list(library.export_markdown(library.entries(view or View()), folder))


def tree(folder: Path) -> dict[str, str]:
    """Give every file in a folder with what is in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if not path.is_dir()
    }


def front_matter(text: str) -> dict[str, Any]:
    """Read what stands before an entry; every value of ours is JSON, but for the dates."""
    fence, *lines = text.split("\n")
    assert fence == "---"
    facts = dict(line.split(": ", 1) for line in lines[: lines.index("---")])
    return {
        name: value if name in ("date", "published", "updated") else json.loads(value)
        for name, value in facts.items()
    }


# --- one file --------------------------------------------------------------------------------------


def test_a_file_begins_with_what_is_known_of_its_entry(library: Library) -> None:
    kept(
        library,
        an_entry(
            guid="nr 2",
            title='Ny "rapport": [2018]',
            url="https://blogg.exempel/2",
            published=datetime(2018, 4, 5, 8, 15, tzinfo=UTC),
            updated=datetime(2018, 4, 6, 8, 15, tzinfo=UTC),
            author="Alva Ek",
            tags=("krav", "a, b: c"),
            enclosures=(Enclosure(url="https://blogg.exempel/r.pdf"),),
            html="<h2>Uppföljning</h2><p>Läkemedel <b>först</b>.</p>",
            text="Uppföljning\nLäkemedel först.",
        ),
    )
    [entry] = library.entries(View())

    text = markdown_file(entry)

    assert front_matter(text) == {
        "title": 'Ny "rapport": [2018]',
        "url": "https://blogg.exempel/2",
        "date": "2018-04-05T08:15:00Z",
        "updated": "2018-04-06T08:15:00Z",
        "author": "Alva Ek",
        "tags": ["krav", "a, b: c"],
        "feed": "https://blogg.exempel/feed",
        "guid": "nr 2",
    }
    assert text.partition("\n---\n")[2] == (
        '\n# Ny "rapport": \\[2018\\]\n\n## Uppföljning\n\nLäkemedel **först**.\n\n'
        "- <https://blogg.exempel/r.pdf>\n"
    )


def test_what_is_not_known_is_left_out(library: Library) -> None:
    kept(library, an_entry(url=None, published=None, author=None, tags=()))
    [entry] = library.entries(View())

    facts = front_matter(markdown_file(entry))

    assert set(facts) == {"title", "date", "feed", "guid"}
    assert facts["date"] == "2026-11-24T12:00:00Z"  # when it was first seen


def test_the_date_of_an_entry_is_the_one_in_its_files_name(
    library: Library, tmp_path: Path
) -> None:
    kept(library, an_entry(title="Sedan", published=datetime(2032, 11, 8, 10, tzinfo=UTC)))

    written(library, tmp_path / "out")

    [(name, text)] = tree(tmp_path / "out").items()
    facts = front_matter(text)
    assert name == "Bloggen/2026/2026-11-24-Sedan.md"
    assert facts["date"] == "2026-11-24T12:00:00Z"  # when it was first seen
    assert facts["published"] == "2032-11-08T10:00:00Z"  # what its feed says


def an_entry_as_kept(**changes: Any) -> Entry:
    values: dict[str, Any] = {
        "id": 1, "feed_id": 1, "feed_url": "https://blogg.exempel/feed", "feed_title": "Bloggen", "guid": "1",
        "title": "Besök", "url": "https://blogg.exempel/1", "fetched": datetime(2018, 4, 5, tzinfo=UTC),
        "sorted_by": datetime(2018, 4, 5, tzinfo=UTC),
    }  # fmt: skip
    return Entry(**values | changes)


@given(title=st.text(max_size=50), guid=st.text(max_size=50), body=st.text(max_size=50))
def test_nothing_that_is_written_ends_the_front_matter_or_steers_a_terminal(
    title: str, guid: str, body: str
) -> None:
    entry = an_entry_as_kept(title=title, author=title, tags=(title,), guid=guid, html=body)

    text = markdown_file(entry)

    assert front_matter(text)["guid"] == guid
    assert is_file_of(entry, text)
    assert all(char.isprintable() or char in "\n\t" or char > "\x9f" for char in text)
    assert "\x1b" not in text


def test_a_file_is_its_entrys_by_guid_and_by_feed_or_link() -> None:
    entry = an_entry_as_kept()
    text = markdown_file(entry)

    for same in ({}, {"title": "Nytt"}, {"feed_url": "https://ny.exempel/"}, {"url": "https://n/"}):
        assert is_file_of(an_entry_as_kept(**same), text)
    for other in (
        {"guid": "2"},
        {"feed_url": "https://ny.exempel/", "url": "https://ny.exempel/1"},
        {"feed_url": "https://ny.exempel/", "url": None},
    ):
        assert not is_file_of(an_entry_as_kept(**other), text)
    for foreign in ("", "---", "---\n", "# Mitt\n", text.replace("\n---\n", "\n")):
        assert not is_file_of(entry, foreign)


# --- names -----------------------------------------------------------------------------------------


@given(st.one_of(st.text(max_size=300), st.sampled_from(NEVER), st.text("./\\~-\x00å", max_size=9)))
def test_a_name_is_letters_digits_and_hyphens(text: str) -> None:
    name = safe_name(text)

    assert all(char.isalnum() or char == "-" or not char.isascii() for char in name)
    assert len(name.encode()) <= 101
    assert not name.startswith(("-", "."))
    assert name.isprintable()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ny rapport: läkemedel & mat", "Ny-rapport-läkemedel-mat"),
        ("La\u0308kemedel", "Läkemedel"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "CON-"),
        ("lpt1", "lpt1-"),
        ("con artist", "con-artist"),
        ("日本" * 40, "日本" * 16 + "日"),
        ("…", ""),
        ("❤\ufe0f Hej", "Hej"),
        ("1\ufe0f\u20e3 Första", "1-Första"),
        ("👩\u200d💻\u0301", ""),
        ("葛\U000e0100城", "葛城"),
        ("क्\u200dष", "क्ष"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert safe_name(text) == name


@pytest.mark.parametrize("title", [*NEVER, "å" * 400, "CON"])
def test_no_title_leads_out_of_the_folder(library: Library, tmp_path: Path, title: str) -> None:
    feed = kept(library, an_entry(title=title, guid=title or "x"))
    library.rename_feed(feed.id, title)
    folder = tmp_path / "a" / "out"

    assert written(library, folder) == [True]

    [name] = tree(folder)
    assert list(tree(tmp_path / "a")) == [f"out/{name}"]
    feed_name, year, file = name.split("/")
    assert year == "2018"
    assert file.startswith("2018-05-14")
    assert file.endswith(".md")
    assert max(len(part.encode()) for part in (feed_name, file)) <= 143


def test_an_entry_without_a_title_is_called_by_its_first_words() -> None:
    when = datetime(2018, 4, 5, tzinfo=UTC)

    def name(**changes: Any) -> str:
        return next(file_names(an_entry_as_kept(title="", **changes), when))

    assert name(text="Vi var på besök. " * 40).startswith("2018-04-05-Vi-var-på-besök-Vi-var")
    assert name(text="") == "2018-04-05-1.md"
    assert name(text="", url=None) == "2018-04-05.md"


def test_feeds_that_are_called_alike_have_folders_of_their_own(library: Library) -> None:
    titles = ("Nyheter", "NYHETER!", "Nyheter 4", "Nyheter", "…")
    for url, title in zip("abcde", titles, strict=True):
        library.add_subscription(Subscription(url=f"https://{url}.exempel/", title=title))

    names = folder_names(library.feeds())

    assert names == {
        1: "Nyheter",
        2: "NYHETER-2",
        3: "Nyheter-4",
        4: "Nyheter-4-",
        5: "e-exempel",
    }


# --- a folder of files -----------------------------------------------------------------------------


def test_each_entry_has_a_file_by_feed_and_year(library: Library, tmp_path: Path) -> None:
    kept(
        library,
        # In Stockholm it was 2018 already.
        an_entry(guid="1", title="Besök", published=datetime(2017, 12, 31, 23, 30, tzinfo=UTC)),
        an_entry(guid="2", title="Läkemedel", published=datetime(2017, 3, 1, tzinfo=UTC)),
    )

    assert written(library, tmp_path / "out") == [True, True]

    assert list(tree(tmp_path / "out")) == [
        "Bloggen/2017/2017-03-01-Läkemedel.md",
        "Bloggen/2018/2018-01-01-Besök.md",
    ]


def test_doing_it_again_changes_nothing(library: Library, tmp_path: Path) -> None:
    same_name = [an_entry(guid=f"{n}", url=f"https://b.exempel/{n}") for n in range(5)]
    kept(library, *same_name, *entries(20))
    out = tmp_path / "out"
    written(library, out)
    before = tree(out)
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert len(before) == 25

    library.mark_read(range(1, 26))
    assert written(library, out) == [False] * 25
    assert written(library, out, View(query="nr", unread=True)) == []

    assert tree(out) == before
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == times


def test_entries_called_alike_keep_their_files_in_whatever_order_they_come(
    library: Library, tmp_path: Path
) -> None:
    feed = kept(library, *(an_entry(guid=f"{n}", url=None, text=f"nr{n}") for n in range(3)))
    first, second, third = library.entries(View())
    one, other = tmp_path / "one", tmp_path / "other"
    for entry in (third, first, second):
        list(library.export_markdown([entry], one))
    before = tree(one)

    list(library.export_markdown([first, second, third], one))
    list(library.export_markdown([first, second, third], other))

    assert tree(one) == before
    assert len(before) == len(tree(other)) == 3
    assert sorted(before.values()) == sorted(tree(other).values())
    assert feed.title == "Bloggen"


def test_an_edited_entry_takes_the_place_of_what_it_was(library: Library, tmp_path: Path) -> None:
    kept(library, an_entry())
    written(library, tmp_path)
    kept(library, an_entry(html="<p>Rättat.</p>", text="Rättat."))

    assert written(library, tmp_path) == [True]

    [text] = tree(tmp_path / "Bloggen").values()
    assert text.endswith("\n\nRättat.\n")


def test_a_feed_that_has_moved_keeps_its_files(library: Library, tmp_path: Path) -> None:
    feed = kept(library, an_entry(guid="1"), an_entry(guid="2"))
    written(library, tmp_path)
    before = list(tree(tmp_path / "Bloggen"))
    asyncio.run(readdress(library, feed, "https://ny.exempel/feed"))

    written(library, tmp_path)

    assert list(tree(tmp_path / "Bloggen")) == before
    assert all("https://ny.exempel/feed" in text for text in tree(tmp_path / "Bloggen").values())


def make_text(path: Path) -> None:
    path.write_text("mitt eget")


def make_link(path: Path) -> None:
    path.symlink_to(path.parent.parent.parent / "elsewhere")


def make_folder(path: Path) -> None:
    path.mkdir()


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("make", [make_text, make_link, make_folder, make_pipe])
def test_what_is_something_else_is_never_written_over(
    library: Library, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    kept(library, an_entry(title="Besök"))
    there = tmp_path / "out" / "Bloggen" / "2018" / "2018-05-14-Besök.md"
    there.parent.mkdir(parents=True)
    make(there)
    mode = there.lstat().st_mode

    assert written(library, tmp_path / "out") == [True]
    assert written(library, tmp_path / "out") == [False]

    assert there.lstat().st_mode == mode
    assert not stat.S_ISREG(mode) or there.read_text() == "mitt eget"
    assert not (tmp_path / "elsewhere").exists()
    [other] = set(there.parent.iterdir()) - {there}
    assert other.name.startswith("2018-05-14-Besök-")
    assert front_matter(other.read_text())["title"] == "Besök"


def test_what_another_library_wrote_is_not_written_over(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for host in ("a", "b"):
        with Library(tmp_path / f"{host}.db") as library:
            kept(
                library,
                an_entry(guid="1", url=f"https://{host}.exempel/1", text=host),
                feed=f"https://{host}.exempel/",
            )
            written(library, out)
            written(library, out)

    texts = tree(out).values()
    assert sorted(front_matter(text)["feed"] for text in texts) == [
        "https://a.exempel/",
        "https://b.exempel/",
    ]


def test_where_nothing_is_left_to_call_it_the_entry_is_not_written(
    library: Library, tmp_path: Path
) -> None:
    kept(library, an_entry())
    [entry] = library.entries(View())
    for name in file_names(entry, entry.sorted_by):
        path = tmp_path / "Bloggen" / "2018" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    with pytest.raises(StorageError, match="File exists"):
        written(library, tmp_path)


def test_nothing_half_written_is_left(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(library, an_entry(title="Besök"))
    written(library, tmp_path)
    before = tree(tmp_path / "Bloggen")
    kept(library, an_entry(title="Besök", html="<p>Rättat.</p>", text="Rättat."))

    def stop(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(StorageError, match=r"cannot be written \(No space left on device\)"):
        written(library, tmp_path)

    assert tree(tmp_path / "Bloggen") == before


def test_a_file_system_without_hard_links_will_do(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(self), None, str(target))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    kept(library, *entries(3))

    assert written(library, tmp_path / "out") == [True] * 3
    assert written(library, tmp_path / "out") == [False] * 3
    assert len(tree(tmp_path / "out")) == 3


def test_two_at_once_write_each_file_once(library: Library, tmp_path: Path) -> None:
    kept(library, *entries(200))
    command = [
        *(sys.executable, "-m", "flodeslasare", "--library", str(library.path)),
        *("export", "markdown", str(tmp_path / "out")),
    ]

    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [run.communicate(timeout=PATIENCE_SECONDS)[1] for run in runs]

    assert [run.returncode for run in runs] == [0, 0], said
    assert len(tree(tmp_path / "out")) == 200


# --- the commands ----------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The person's own library, with 250 entries and one feed more."""
    with Library(places().library) as library:
        kept(library, *entries(250))
        kept(library, an_entry(title="Ny rapport"), feed="https://b.exempel/")
        library.rename_feed(2, "B")
        library.star([251])
    return places().library


Ran = tuple[int, str, str]


@pytest.fixture
def run(own: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def run_one(*arguments: str) -> Ran:
        code = __main__.run(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_one


def test_json_is_what_entries_prints(run: Callable[..., Ran]) -> None:
    code, out, err = run("export", "json")

    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 251
    assert out == run("entries", "--json")[1]
    assert run("export", "json", "--starred")[1] == run("show", "251", "--format", "json")[1]
    assert (
        run("export", "json", "--feed", "B", "--unread", "--query", "rapport")[1].count("\n") == 1
    )
    assert run("export", "json", "--query", "none")[:2] == (0, "")


def test_markdown_goes_to_stdout_or_into_a_folder(run: Callable[..., Ran], tmp_path: Path) -> None:
    code, out, err = run("export", "markdown", "--since", "2026-11", "--until", "2026-11")

    assert (code, err) == (0, "")
    assert out.startswith('---\ntitle: "Inlägg 0"\n')
    assert out.count("\nguid: ") == 23

    folder = str(tmp_path / "new" / "out")
    assert run("export", "markdown", folder) == (0, "", f"{folder}: 251 files written.\n")
    assert len(tree(Path(folder))) == 251
    assert run("export", "markdown", folder, "--feed", "B") == (
        0,
        "",
        f"{folder}: 0 files written, 1 was right already.\n",
    )


def test_files_are_for_whom_the_umask_says(run: Callable[..., Ran], tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        run("export", "markdown", str(tmp_path / "out"), "--feed", "B")
    finally:
        os.umask(before)

    [file] = (tmp_path / "out" / "B").rglob("*.md")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_what_cannot_be_written_is_one_line(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "B").write_text("a file where the folder should be")
    file = str(tmp_path / "B")

    assert run("export", "markdown", file)[0] == 2
    code, out, err = run("export", "markdown", str(tmp_path), "--feed", "B")

    assert (code, out) == (73, "")
    assert err.startswith(f"flodeslasare: {file}")
    assert "cannot be written" in err
    assert err.count("\n") == 1
    assert run("export", "markdown", "--feed", "none")[0] == 2


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_an_export_takes_no_more_memory_for_more_entries(own: Path) -> None:
    def most(count: int) -> int:
        with Library(own) as library:
            keep(library, 1, *(
                an_entry(guid=f"{count}-{n}", url=None, text="ord " * 5000) for n in range(count)
            ))  # fmt: skip
        code = (
            "import re\nfrom flodeslasare.__main__ import run\nrun(['export', 'json'])\n"
            "import sys\nstatus = open('/proc/self/status').read()\n"
            "sys.stderr.write(re.search(r'VmHWM:\\s*(\\d+)', status)[1])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_SECONDS,
        )
        assert len(done.stdout) > count * 20_000
        return int(done.stderr)

    few, many = most(400), most(2400)

    assert many < few + 12_000  # KiB; the texts that were added have 48 MB


# --- one entry into one file -----------------------------------------------------------------------


@pytest.fixture
def entry(library: Library) -> Entry:
    kept(library, an_entry(guid="1", title="Besök", published=datetime(2018, 4, 5, tzinfo=UTC)))
    [found] = library.entries(View())
    return found


def test_an_entry_is_saved_as_the_export_writes_and_names_it(
    library: Library, entry: Entry, tmp_path: Path
) -> None:
    written(library, tmp_path / "all")
    place = library.markdown_place(entry, tmp_path / "new" / "folder")
    assert library.save_markdown(entry, place)
    [(name, text)] = tree(tmp_path / "new" / "folder").items()
    [(exported, exported_text)] = tree(tmp_path / "all").items()
    assert (name, text) == (exported.rpartition("/")[2], exported_text)
    assert not library.save_markdown(entry, place)  # it is there, word for word


def test_what_is_in_the_way_is_replaced_only_where_that_was_asked_for(
    library: Library, entry: Entry, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    place = folder / "min.md"
    place.write_text("mitt")
    with pytest.raises(FileIsThere) as caught:
        library.save_markdown(entry, place)
    assert caught.value.path == place
    assert tree(folder) == {"min.md": "mitt"}
    assert library.save_markdown(entry, place, replaces=True)
    assert tree(folder) == {"min.md": markdown_file(entry)}


def test_the_place_in_a_folder_is_its_own_file_or_a_free_name(
    library: Library, entry: Entry, tmp_path: Path
) -> None:
    best = library.markdown_place(entry, tmp_path)
    best.write_text("något annat")
    other = library.markdown_place(entry, tmp_path)
    assert other != best
    best.write_text(markdown_file(entry) + "en anteckning")
    assert library.markdown_place(entry, tmp_path) == best


def test_what_a_link_leads_to_is_written_and_the_link_stays(
    library: Library, entry: Entry, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.md"
    link.symlink_to(tmp_path / "there" / "file.md")
    assert library.save_markdown(entry, link)
    assert link.is_symlink()
    assert (tmp_path / "there" / "file.md").read_text() == markdown_file(entry)


@pytest.mark.parametrize("replaces", [False, True])
@pytest.mark.parametrize("what", ["folder", "pipe", "no folder", "long"])
def test_where_no_file_can_be_it_is_said_and_nothing_is_left(
    library: Library, entry: Entry, tmp_path: Path, what: str, replaces: bool
) -> None:
    place = tmp_path / "there"
    if what == "folder":
        place.mkdir()
    elif what == "pipe":
        os.mkfifo(place)
    elif what == "long":
        place = tmp_path / ("x" * 300)
    else:
        place.write_text("")
        place = place / "x.md"
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StorageError) as caught:
        library.save_markdown(entry, place, replaces=replaces)
    assert not isinstance(caught.value, FileIsThere)
    assert str(place) in str(caught.value) or str(place.parent) in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before
