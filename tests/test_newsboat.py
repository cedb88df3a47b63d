from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders import an_entry
from flodeslasare.documents import KeptEntry, LeftOut, NewEntry, ParsedEntry, Subscription
from flodeslasare.errors import DataError, NoSuchFile
from flodeslasare.exchange import read_cache, read_cache_feeds, read_cache_left_out, read_urls
from flodeslasare.library import Library
from flodeslasare.model import Enclosure, MarkKind
from flodeslasare.storage import EntryStore, SearchIndex

# As newsboat 2.21 makes them (its own words, in their order).
SCHEMA = """
CREATE TABLE rss_feed (rssurl VARCHAR(1024) PRIMARY KEY NOT NULL, url VARCHAR(1024) NOT NULL,
    title VARCHAR(1024) NOT NULL, lastmodified INTEGER(11) NOT NULL DEFAULT 0,
    is_rtl INTEGER(1) NOT NULL DEFAULT 0, etag VARCHAR(128) NOT NULL DEFAULT "");
CREATE TABLE rss_item (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, guid VARCHAR(64) NOT NULL,
    title VARCHAR(1024) NOT NULL, author VARCHAR(1024) NOT NULL, url VARCHAR(1024) NOT NULL,
    feedurl VARCHAR(1024) NOT NULL, pubDate INTEGER NOT NULL, content VARCHAR(65535) NOT NULL,
    unread INTEGER(1) NOT NULL, enclosure_url VARCHAR(1024), enclosure_type VARCHAR(1024),
    enqueued INTEGER(1) NOT NULL DEFAULT 0, flags VARCHAR(52), deleted INTEGER(1) NOT NULL DEFAULT 0,
    base VARCHAR(128) NOT NULL DEFAULT "", content_mime_type VARCHAR(255) NOT NULL DEFAULT "");
"""
FEED = "https://a.example/rss"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    path = tmp_path / "newsboat" / "cache?#.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.executescript(SCHEMA)
        db.execute(
            "INSERT INTO rss_feed (rssurl, url, title) VALUES (?, 'https://a.example/', 'Bloggen')",
            [FEED],
        )
        items = [
            ("g2", "Två", "", 1522922400, "<p>b</p>", 1, None, None, "", 0, ""),
            (
                "g1",
                "Ett\x1b[31m",
                "Kim",
                1522836000,
                "a < b\n\nc",
                0,
                "https://a.example/x.mp3",
                "audio/mpeg",
                "s",
                0,
                "text/plain",
            ),
            ("g3", "Borta", "", 0, "", 1, None, None, None, 1, ""),
            ("g4", "Utan datum", "", 0, "", 1, None, None, None, 0, ""),
        ]
        db.executemany(
            """
            INSERT INTO rss_item (guid, title, author, url, feedurl, pubDate, content, unread,
                enclosure_url, enclosure_type, flags, deleted, content_mime_type)
            VALUES (?1, ?2, ?3, 'https://a.example/' || ?1, 'https://a.example/rss', ?4, ?5, ?6, ?7,
                ?8, ?9, ?10, ?11)
            """,
            items,
        )
        db.execute(
            """
            INSERT INTO rss_item (guid, title, author, url, feedurl, pubDate, content, unread)
            VALUES ('x', 'x', '', '', 'exec:script', 0, '', 1)
            """
        )
        db.commit()
    return path


def test_a_line_is_an_address_with_tags() -> None:
    feeds, skipped, without_tags = read_urls(
        "\ufeff# mine\n"
        "\n"
        'https://a.example/rss "Offentlig sektor" "~Bloggen \\"A\\"" !\n'
        "  https://b.example/#atom\t~B   # a remark\n"
        "https://c.example/ nyheter/lokalt\n"
    )

    assert (skipped, without_tags) == ([], [])
    assert feeds == [
        Subscription(url="https://a.example/rss", named='Bloggen "A"', folder="Offentlig sektor"),
        Subscription(url="https://b.example/#atom", named="B"),
        Subscription(url="https://c.example/", folder="nyheter/lokalt"),
    ]


def test_what_is_left_out_is_listed() -> None:
    feeds, skipped, without_tags = read_urls(
        '"query:Olästa:unread = \\"yes\\"" tag\n'
        "exec:~/bin/feed.sh\n"
        "filter:sed:https://x.example/\n"
        "file:///etc/passwd\n"
        "https://a.example/ en två tre\n"
        "https://a.example/\n"
    )

    assert [feed.url for feed in feeds] == ["https://a.example/"]
    assert len(skipped) == 5
    assert skipped[0].startswith('query:Olästa:unread = "yes": a search')
    assert skipped[1] == "exec:~/bin/feed.sh: is made by a command, and none is run here"
    assert "`flodeslasare add https://x.example/`" in skipped[2]
    assert "not a web address" in skipped[3]
    assert "twice" in skipped[4]
    assert without_tags == [
        "https://a.example/: taken in, in the folder en, without its other tags: två, tre"
    ]


@pytest.mark.parametrize("text", ["root:x:0:0\n", "hello world", "<rss>\n</rss>\n"])
def test_another_kind_of_file_is_said_in_words(text: str) -> None:
    with pytest.raises(DataError, match="not a list of addresses"):
        read_urls(text)


def test_a_file_of_newsboats_own_feeds_alone_is_read() -> None:
    assert read_urls("") == ([], [], [])
    assert len(read_urls("exec:~/bin/feed\nfile:///x\n")[1]) == 2


def test_entries_come_with_their_marks_and_without_the_deleted(cache: Path) -> None:
    entries = list(read_cache(cache))

    assert [kept.entry.guid for kept in entries] == ["g4", "g1", "g2"]
    assert entries[1] == KeptEntry(
        feed_url=FEED,
        entry=ParsedEntry(
            guid="g1",
            url="https://a.example/g1",
            title="Ett[31m",
            author="Kim",
            published=datetime(2018, 4, 4, 10, tzinfo=UTC),
            enclosures=(Enclosure(url="https://a.example/x.mp3", type="audio/mpeg"),),
            html="<p>a &lt; b</p><p>c</p>",
        ),
        is_read=True,
        is_starred=True,
    )
    assert (entries[2].is_read, entries[2].is_starred, entries[2].entry.html) == (
        False,
        False,
        "<p>b</p>",
    )
    assert entries[0].entry.published is None


def test_feeds_come_with_their_titles(cache: Path) -> None:
    assert read_cache_feeds(cache) == [
        Subscription(url=FEED, title="Bloggen", site_url="https://a.example/")
    ]


def test_a_cache_of_an_older_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            """
            CREATE TABLE rss_feed (rssurl, url, title);
            CREATE TABLE rss_item (id INTEGER PRIMARY KEY, guid, title, author, url, feedurl, pubDate,
                content, unread);
            INSERT INTO rss_item VALUES (1, 'g', 't', '', '', 'https://a.example/', 9e99, 'c', 1);
            """
        )

    (kept,) = read_cache(path)

    assert (kept.entry.url, kept.entry.published, kept.is_starred) == (None, None, False)


def test_what_is_there_already_is_not_compared(cache: Path, library: Library) -> None:
    assert library.import_file(cache).entries == 3

    again = library.import_file(cache)

    assert (again.subscribed, again.already, again.entries) == (0, 1, 0)
    assert library._database.value("SELECT count(*) FROM entries WHERE digest != ''") == 0


def test_the_marks_come_to_entries_that_a_refresh_brought_first(
    cache: Path, library: Library
) -> None:
    feed = library._subscriptions.add(Subscription(url=FEED))
    assert feed is not None
    store = EntryStore(library._database, SearchIndex(library._database))
    fetched = [
        # newsboat makes a name of its own where the feed has none
        NewEntry(
            guid="https://a.example/g1",
            entry=an_entry(
                guid=None,
                url="https://a.example/g1",
                published=datetime(2018, 4, 4, 10, tzinfo=UTC),
            ),
        ),
        NewEntry(guid="g2", entry=an_entry(guid="g2", url="https://a.example/g2")),
    ]
    read_there, unread_there = store.add(feed.id, fetched, datetime(2018, 4, 6, tzinfo=UTC))

    report = library.import_file(cache)

    assert (report.already, report.entries, report.marks) == (1, 1, 2)
    first, second = library.entry(read_there), library.entry(unread_there)
    assert (first.is_read, first.is_starred) == (True, True)
    assert (second.is_read, second.is_starred) == (False, False)
    assert library.import_file(cache).marks == 0
    # They are taken back as any other mark.
    undone = [library.undo(), library.undo()]
    assert [step and step.kind for step in undone] == [MarkKind.UNSTARRED, MarkKind.UNREAD]
    assert not library.entry(read_there).is_read


def test_a_feed_that_was_never_fetched_gets_its_title(
    cache: Path, tmp_path: Path, library: Library
) -> None:
    urls = tmp_path / "urls"
    urls.write_text(f"{FEED}\n")
    library.import_file(urls)

    library.import_file(cache)

    assert [feed.title for feed in library.feeds()] == ["Bloggen"]
    library._feeds.described(library.feeds()[0].id, title="Nytt", site_url=None, flaw=None)
    library.import_file(cache)
    assert [feed.title for feed in library.feeds()] == ["Nytt"]


def test_an_import_tells_how_far_it_is(
    cache: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flodeslasare.library.importing.BATCH", 2)
    told: list[int] = []

    library.import_file(cache, tell=told.append)

    assert told == [2, 3]


def test_what_is_left_of_a_cache_is_told(cache: Path, library: Library) -> None:
    left_out = [LeftOut("exec:script: its 1 entry, for it has no web address", 1)]

    assert read_cache_left_out(cache) == left_out
    assert library.import_file(cache).skipped == tuple(left_out)


def test_the_cache_is_left_as_it_is(cache: Path) -> None:
    before = cache.read_bytes()

    list(read_cache(cache))

    assert cache.read_bytes() == before
    assert [file.name for file in cache.parent.iterdir()] == [cache.name]


def test_what_is_no_cache_is_said_in_words(tmp_path: Path, cache: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE t (a)")
    text = tmp_path / "urls"
    text.write_text("https://a.example/\n" * 100)
    cut = tmp_path / "cut.db"
    cut.write_bytes(cache.read_bytes()[:5000])

    for path, said in ((other, "newsboat's"), (text, "newsboat's"), (cut, "damaged")):
        with pytest.raises(DataError, match=said):
            list(read_cache(path))
    with pytest.raises(NoSuchFile):
        list(read_cache(tmp_path / "no"))


def test_a_cache_in_use_is_said_in_words(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(cache, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        connect = sqlite3.connect
        monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **{**k, "timeout": 0}))

        with pytest.raises(DataError, match="close newsboat"):
            list(read_cache(cache))
