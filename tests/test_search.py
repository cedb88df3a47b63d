"""The search index: exact, newest first, always in step."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any as Any_

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import NOW, an_entry, as_new, keep
from flodeslasare.demo.posts import load_posts
from flodeslasare.documents import ChangedEntry, ParsedEntry
from flodeslasare.errors import NoSuchEntry, Stopped
from flodeslasare.findings import Suggestion, SuggestionKind
from flodeslasare.library import Library
from flodeslasare.model import Enclosure, Feed, MarkKind, MonthCount, View
from flodeslasare.query.matching import Document
from flodeslasare.query.parsing import parse
from flodeslasare.query.tree import (
    All,
    Any,
    Dated,
    Field,
    HasEnclosure,
    Is,
    Match,
    Node,
    Not,
    OfFeeds,
    State,
    Words,
)
from flodeslasare.storage import (
    EntryStore,
    FeedStore,
    MarkStore,
    Search,
    SearchIndex,
    _matches,
    open_database,
    search,
)
from flodeslasare.storage.alike import AlikeIndex, stem
from flodeslasare.storage.database import Database


class Archive:
    """A library's storage, and the same entries once more, to be scanned."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.index = SearchIndex(database)
        self.store = EntryStore(database, self.index)
        self.search = Search(database)
        self.feeds = [
            FeedStore(database).add(
                f"https://{name}.exempel/rss", now=NOW, title=name, folder=folder
            )
            for name, folder in [("Alfa", None), ("Beta", "Offentligt/Regioner"), ("Älgen", "Skog")]
        ]
        self.kept: dict[int, tuple[int, ParsedEntry]] = {}

    def add(self, feed: int, *entries: ParsedEntry) -> list[int]:
        ids = self.store.add(self.feeds[feed], [as_new(entry) for entry in entries], NOW)
        self.kept.update(zip(ids, ((feed, entry) for entry in entries), strict=True))
        return ids

    def change(self, entry_id: int, entry: ParsedEntry) -> None:
        feed, old = self.kept[entry_id]
        entry = replace(entry, published=old.published)  # which date holds then is another's rule
        change = ChangedEntry(
            id=entry_id,
            guid=str(old.guid),
            digest=str(id(entry)),
            entry=entry,
            is_edit=True,
            keeps_words=True,
        )
        self.store.change([change], NOW)
        self.kept[entry_id] = feed, entry

    def delete(self, feed: int) -> None:
        self.store.delete_of_feed(self.feeds[feed])
        self.kept = {key: kept for key, kept in self.kept.items() if kept[0] != feed}

    def found(
        self,
        query: str,
        view: View | None = None,
        *,
        limit: int | None = None,
        before: int | None = None,
        oldest_first: bool = False,
    ) -> list[int]:
        places = self.search.page(
            query, view or View(), limit=limit, before=before, oldest_first=oldest_first
        )
        return [place.id for place in places]

    def scanned(self, query: str) -> set[int]:
        root = parse(query).root
        return {id_ for id_, (_feed, entry) in self.kept.items() if scan(entry, root)}

    def in_order(self, ids: set[int]) -> list[int]:
        return [place[0] for place in self.store.page(View()) if place[0] in ids]


@cache
def an_empty_library() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "library.db"
        open_database(path).close()
        return path.read_bytes()


@contextmanager
def an_archive() -> Iterator[Archive]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "library.db"
        path.write_bytes(an_empty_library())
        database = open_database(path, durable=False)
        try:
            yield Archive(database)
        finally:
            database.close()


@pytest.fixture
def archive() -> Iterator[Archive]:
    with an_archive() as opened:
        yield opened


# --- the plain scan: what the index must agree with, said in another way -----------------------------


def same(letter: str) -> str:
    """Give a letter in one case."""
    for changed in (letter.casefold(), letter.lower()):
        if len(changed) == 1:
            return changed
    return bare(letter).lower()


def bare(text: str) -> str:
    """Give letters without their marks."""
    text = text.translate(str.maketrans("łß", "ls"))
    return "".join(unicodedata.normalize("NFD", letter)[0] for letter in text)


def token_list(text: str) -> list[str]:
    text = unicodedata.normalize("NFC", text.replace("\xad", ""))
    spaced = "".join(
        same(letter) if unicodedata.category(letter)[0] in "LNM" else " " for letter in text
    )
    return spaced.split()


def stands_for(typed: str, word: str) -> bool:
    return typed == (bare(word) if typed.isascii() else word)


def scan_words(tokens: list[str], node: Words) -> bool:
    if node.match is Match.INSIDE:
        (typed,) = node.words
        return any(typed in (bare(word) if typed.isascii() else word) for word in tokens)
    *whole, last = node.words
    for start in range(len(tokens) - len(whole)):
        here = tokens[start : start + len(node.words)]
        if not all(map(stands_for, whole, here)):
            continue
        if stands_for(last, here[-1]):
            return True
        if node.match is Match.BEGUN and stands_for(last, here[-1][: len(last)]):
            return True
    return False


def scan(entry: ParsedEntry, node: Node) -> bool:
    if isinstance(node, Words):
        parts = {
            None: [entry.title, entry.text, entry.author or "", *entry.tags],
            Field.TITLE: [entry.title],
            Field.AUTHOR: [entry.author or ""],
            Field.TAG: list(entry.tags),
        }
        return any(scan_words(token_list(part), node) for part in parts[node.field])
    if isinstance(node, Not):
        return not scan(entry, node.node)
    if isinstance(node, All):
        return all(scan(entry, inner) for inner in node.nodes)
    if isinstance(node, Any):
        return any(scan(entry, inner) for inner in node.nodes)
    if isinstance(node, HasEnclosure):
        return bool(entry.enclosures)
    if isinstance(node, Dated):
        when = entry.published or NOW
        begins = datetime(node.day.year, node.day.month, node.day.day).astimezone()
        return (when < begins) is node.is_before
    if isinstance(node, Is):
        return node.state is State.UNREAD
    assert isinstance(node, OfFeeds)
    raise NotImplementedError


WORDS = st.sampled_from(
    [
        *[
            "upphandling",
            "läkemedelsupphandling",
            "lakemedel",
            "Läkemedel",
            "krav",
            "kraven",
            "KRAVÅTTA",
        ],
        *[
            "i",
            "å",
            "på",
            "pa",
            "och",
            "a\u030aterbruk",
            "återbruk",
            "läke\xadmedel",
            "e-handel",
            "2018-04",
        ],
        *[
            "foo_bar",
            "smör…gås",
            "’n",
            "Straße",
            "naïve",
            "İl",
            "ΟΔΟΣ",
            "µg",
            "ł",
            "ab",
            "abc",
            "b",
        ],
    ]
)
TEXTS = st.lists(WORDS, max_size=8).map(" ".join)
ENTRIES = st.builds(
    an_entry,
    title=TEXTS,
    text=TEXTS,
    author=st.none() | WORDS,
    tags=st.lists(WORDS, max_size=2).map(tuple),
    published=st.none() | st.integers(0, 90).map(lambda days: NOW - timedelta(days=days)),
)
TERMS = st.one_of(
    WORDS,
    st.sampled_from(
        [
            "a",
            "å",
            "upp",
            "medel",
            "ra",
            "kr",
            "dling",
            "lake",
            "läke",
            "o",
            "hand",
            "zz",
            "s",
            "ss",
        ]
    ),
    st.lists(WORDS, min_size=1, max_size=3).map(lambda row: '"' + " ".join(row) + '"'),
    st.sampled_from(["has:enclosure", "before:2026-11", "after:2026-10-20", "is:unread"]),
)
QUERIES = st.recursive(
    st.tuples(st.sampled_from(["", "", "", "-", "title:", "tag:", "author:"]), TERMS).map("".join),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(" ".join),
        st.lists(inner, min_size=2, max_size=3).map(" OR ".join),
        inner.map(lambda text: f"-({text})"),
        inner.map(lambda text: f"({text})"),
    ),
    max_leaves=4,
)
CORPORA = st.lists(st.tuples(st.integers(0, 2), ENTRIES), min_size=1, max_size=12)


def fill(archive: Archive, corpus: list[tuple[int, ParsedEntry]]) -> None:
    for number, (feed, entry) in enumerate(corpus):
        archive.add(feed, replace(entry, guid=str(number)))


@pytest.mark.parametrize("walks", [False, True], ids=["by the index", "by the texts"])
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(corpus=CORPORA, queries=st.lists(QUERIES, min_size=1, max_size=6), data=st.data())
def test_what_is_found_is_what_a_scan_finds(
    walks: bool, corpus: list[tuple[int, ParsedEntry]], queries: list[str], data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch, an_archive() as archive:
        # Either way to an answer is tried on these few entries.
        patch.setattr(search, "FEW_ENTRIES", 0)
        patch.setattr(_matches, "MANY_WORDS", 2 if walks else 1_000)
        patch.setattr(_matches, "VERY_MANY_WORDS", 4 if walks else 1_000)
        patch.setattr(search, "TEXTS_ASKED", 4)
        patch.setattr(search, "TEXTS_AT_ONCE", 2)
        patch.setattr(search, "ALL_BUT_FEW", 2)
        patch.setattr(search, "COVERING", (1, 3))
        fill(archive, corpus)
        changed = data.draw(
            st.lists(st.tuples(st.sampled_from(sorted(archive.kept)), ENTRIES), max_size=3)
        )
        for id_, entry in changed:
            archive.change(id_, entry)
        if data.draw(st.booleans()):
            archive.delete(data.draw(st.integers(0, 2)))
        for query in queries:
            whole = archive.found(query)
            assert whole == archive.in_order(archive.scanned(query)), query
            assert archive.found(query, limit=3) == whole[:3], query
            assert archive.found(query, oldest_first=True, limit=2) == whole[::-1][:2], query
            counted = archive.search.count_by_month(query, View())
            assert sum(count.total for count in counted) == len(whole), query
            assert sum(count.unread for count in counted) == len(whole), query
            quickly = archive.search.count_by_month(query, View(), unread=False)
            assert [(count.feed_id, count.month, count.total) for count in quickly] == [
                (count.feed_id, count.month, count.total) for count in counted
            ]
            for index in range(1, len(whole)):
                key = archive.store.sort_key(whole[index - 1])
                assert archive.found(query, before=key, limit=2) == whole[index : index + 2]


# --- one at a time -----------------------------------------------------------------------------------


@pytest.fixture
def three(archive: Archive) -> tuple[int, int, int]:
    """Three entries, newest first: of Alfa, of Beta (read, with a file), of Älgen (starred)."""
    first, second, third = (
        archive.add(
            number,
            an_entry(
                title=title,
                text=text,
                author=author,
                tags=tags,
                published=datetime(2018, 5 - number, 1, 12, tzinfo=UTC),
                enclosures=(Enclosure(url="https://alfa.exempel/1.pdf"),) if number == 1 else (),
            ),
        )[0]
        for number, (title, text, author, tags) in enumerate(
            [
                ("Läkemedelsupphandlingar", "Kraven följs upp.", "Alva Ek", ("ny rapport", "vård")),
                (
                    "Besök hos fjäderfä",
                    "Ny läkemedelsrapport om fågelkrav.",
                    None,
                    ("rapport", "ny"),
                ),
                ("Skog", "Upphandlaren ställer krav på papper", "Bo Ström", ()),
            ]
        )
    )
    marks = MarkStore(archive.database)
    marks.mark(MarkKind.READ, [second], NOW)
    marks.mark(MarkKind.STARRED, [third], NOW)
    return first, second, third


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("upphandl", [0, 2]),
        ("UPPHANDL", [0, 2]),
        ("lakemedel", [0, 1]),
        ("läkemedel", [0, 1]),
        ("fagel", [1]),
        ("fägel", []),
        ("krav papper", [2]),
        ("krav -papper", [0, 1]),
        ("-papper", [0, 1]),
        ("skog OR alva", [0, 2]),
        ("krav (skog OR alva)", [0, 2]),
        ('"krav på papper"', [2]),
        ('"krav pa papper"', [2]),
        ('"krav på pap', [2]),
        ('"krav på pap"', []),
        ('"krav papper"', []),
        ('"ny läkemedelsrapport"', [1]),
        ('"ny rapport"', [0]),
        ('tag:"ny rapport"', [0]),
        ("tag:rapport", [0, 1]),
        ("title:krav", []),
        ("rubrik:skog", [2]),
        ("title:(skog OR besök)", [1, 2]),
        ("author:ek", [0]),
        ("-author:e", [1, 2]),
        ("feed:beta", [1]),
        ("feed:exempel", [0, 1, 2]),
        ("flöde:algen krav", [2]),
        ("-feed:beta krav", [0, 2]),
        ("folder:region", [1]),
        ("mapp:skog OR mapp:offentligt", [1, 2]),
        ("is:unread", [0, 2]),
        ("är:läst", [1]),
        ("is:starred krav", [2]),
        ("-is:starred krav", [0, 1]),
        ("is:starred OR besök", [1, 2]),
        ("has:enclosure", [1]),
        ("har:bilaga papper", []),
        ("before:2018-05", [1, 2]),
        ("före:2018-04 krav", [2]),
        ("after:2018-03", [0, 1]),
        ("efter:2018", []),
        ("after:2017 before:2018-04", [2]),
        ("after:2018-03-31 -before:2018-04-15", [0]),
        ("foo:bar", []),
        ("!!!", []),
        ("-", [0, 1, 2]),
        ("", [0, 1, 2]),
    ],
)
def test_what_the_language_promises(
    archive: Archive, three: tuple[int, int, int], query: str, numbers: list[int]
) -> None:
    expected = [three[number] for number in numbers]
    assert archive.found(query) == expected
    assert archive.found(query, limit=1) == expected[:1]
    assert archive.found(query, oldest_first=True) == expected[::-1]
    assert sum(count.total for count in archive.search.count_by_month(query, View())) == len(
        numbers
    )


@pytest.mark.parametrize(
    ("view", "numbers"),
    [
        (View(feed_id=2), [1]),
        (View(folder="Skog"), [2]),
        (View(folder="Offentligt"), [1]),
        (View(unread=True), [0, 2]),
        (View(starred=True), [2]),
        (View(starred=True, unread=True, feed_id=3), [2]),
        (View(year=2018), [0, 1, 2]),
        (View(month=201804), [1]),
        (View(month=201804, unread=True), []),
    ],
)
@pytest.mark.parametrize("few", [0, 200])
def test_a_search_stays_in_its_view(
    archive: Archive,
    three: tuple[int, int, int],
    monkeypatch: pytest.MonkeyPatch,
    view: View,
    numbers: list[int],
    few: int,
) -> None:
    monkeypatch.setattr(search, "FEW_ENTRIES", few)
    expected = [three[number] for number in numbers]
    for query in (
        "krav",
        "a",
        "-zzz",
        "krav OR is:read",
        "after:2017 krav",
        "is:unread OR is:read",
    ):
        assert archive.found(query, view) == expected
        assert archive.found(query, view, limit=5) == expected
        assert sum(count.total for count in archive.search.count_by_month(query, view)) == len(
            numbers
        )


def test_hits_are_counted_by_month_and_feed(archive: Archive, three: tuple[int, int, int]) -> None:
    assert archive.search.count_by_month("krav", View()) == [
        MonthCount(1, 201805, 1, 1),
        MonthCount(2, 201804, 1, 0),
        MonthCount(3, 201803, 1, 1),
    ]


def test_a_day_begins_where_the_person_is(archive: Archive) -> None:
    # In May, Stockholm is two hours ahead of UTC (the tests' time zone: conftest).
    late = datetime(2018, 4, 30, 22, 30, tzinfo=UTC)
    (id_,) = archive.add(0, an_entry(published=late))
    assert archive.found("before:2018-05") == []
    assert archive.found("after:2018-04") == [id_]
    assert archive.found("after:2018-04-30") == [id_]


@pytest.mark.parametrize(
    "query",
    [
        *[
            "a" * 10_000,
            "(" * 10_000,
            '"' * 9_999,
            "-" * 10_000,
            "a OR (b " * 1_250,
            "(-" * 40 + "a",
        ],
        *["(a OR -(b c -" * 20 + "d", "x -(y OR (z -w)) " * 200, '"i och på" ' * 300],
        *[
            '"' + "pa " * 3_000,
            "title:" * 1_500,
            "NEAR(a b, 5)",
            "a* ^b {c d}: e",
            'a" OR "b',
            "a AND NOT",
        ],
        *[
            "\x00",
            "a\x00b",
            "\ud800",
            "'; DROP TABLE entries; --",
            "%_*?[]",
            "a+b",
            "😀 -😀",
            "\ue000",
        ],
        " ".join(f"ord{number}" for number in range(1_000)),
        " OR ".join(f"ord{number}" for number in range(1_000)),
        " ".join(f"-ord{number}" for number in range(1_000)),
        "och " * 1_000,
    ],
    ids=lambda query: ascii(query[:12]),
)
def test_any_query_is_answered(archive: Archive, three: tuple[int, int, int], query: str) -> None:
    found = archive.found(query)
    assert found == archive.in_order(archive.scanned(query))
    assert archive.found(query, limit=2) == found[:2]
    archive.search.count_by_month(query, View())


def test_a_phrase_without_dots_is_found_in_the_spelling_it_has(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_matches, "_MOST_SPELLINGS", 1)
    (found, _other) = archive.add(
        0,
        an_entry(guid="1", text="tåg på väg till Ystad"),
        an_entry(guid="2", text="tag pa vag till Ystad? På vägen tåga."),
    )
    assert archive.found('"tåg pa vag till"') == [found]
    assert archive.found('"tag pa vag') == archive.in_order({found, _other})


def test_words_of_the_archive_are_found_by_a_part(archive: Archive) -> None:
    archive.add(
        0,
        an_entry(guid="1", title="Läkemedel", text="läkemedelsupphandling LAKEMEDEL", tags=()),
        an_entry(guid="2", title="Läkemedel", text="i å", tags=()),
    )
    found = archive.search
    assert set(found.matching_words("lakemedel")) == {
        "läkemedel",
        "läkemedelsupphandling",
        "lakemedel",
    }
    assert set(found.matching_words("Läke")) == {"läkemedel", "läkemedelsupphandling"}
    assert found.matching_words("å") == ["å"]
    assert set(found.matching_words("zzz")) == set()
    assert found.count(found.matching_words("läke")) == [
        ("läkemedel", 2),
        ("läkemedelsupphandling", 1),
    ]


def test_what_is_taken_out_is_no_longer_found(
    archive: Archive, three: tuple[int, int, int]
) -> None:
    archive.change(three[0], an_entry(title="Möbler", text="Trä och textil", author=None, tags=()))
    assert archive.found("läkemedelsupphandl") == []
    assert archive.found("textil") == [three[0]]
    archive.delete(0)
    assert archive.found("textil") == []
    assert archive.search.count(["textil", "krav"]) == [("krav", 1)]


# --- through the library -----------------------------------------------------------------------------


@pytest.fixture
def filled(library: Library, feed: Feed) -> Library:
    """A library of forty entries, the first ones of them the newest."""
    made = [
        an_entry(
            guid=str(number),
            title=f"Inlägg {number}",
            text="Vi besökte en gård. " * 15 + f"Upphandlaren {number} frågade om äggen.",
            published=NOW - timedelta(days=number),
        )
        for number in range(40)
    ]
    keep(library, feed.id, *made)
    return library


def test_a_search_is_read_on_where_it_ended(filled: Library) -> None:
    ids = list(filled.listing(View(query="upphandl")).ids)
    assert len(ids) == 40
    first = filled.listing(View(query="upphandl"), first=10)
    assert list(first.ids) == ids[:10]
    assert not first.is_whole
    entries = filled.entries(View(query="upphandl"), limit=15)
    assert [entry.id for entry in entries] == ids[:15]


def test_the_next_hit_is_found_from_anywhere(filled: Library) -> None:
    ids = list(filled.listing(View()).ids)
    view = View(query='"inlägg 7" OR "inlägg 3"')
    assert filled.next_in(view, ids[0], older=True) == ids[3]
    assert filled.next_in(view, ids[3], older=True) == ids[7]
    assert filled.next_in(view, ids[7], older=True) is None
    assert filled.next_in(view, ids[39], older=False) == ids[7]
    filled.mark_read([ids[3]])
    assert filled.next_in(view.but(unread=True), ids[0], older=True) == ids[7]


def test_the_words_that_match_come_with_their_numbers(filled: Library) -> None:
    assert filled.matching_words("gård upphandl") == [("upphandlaren", 40)]
    assert filled.matching_words("krav upphandl") == []  # nothing holds both
    assert filled.matching_words("-upphandl") == []
    assert filled.matching_words('"en går') == [("gård", 40)]
    assert filled.matching_words("") == []
    assert filled.matching_words('"en år') == []  # a phrase is of whole words
    assert filled.matching_words('"gard"') == [("gård", 40)]
    filled.save_search("Krav", "upphandl")
    assert filled.matching_words("search:krav") == []
    assert filled.matching_words("går search:krav") == [("gård", 40)]


def test_words_are_counted_among_the_hits_of_the_whole_query(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = filled.listing(View()).ids
    word, number = filled.matching_words("upphandl")[0]
    assert number == len(ids)
    filled.mark_read(ids[:30])
    assert filled.matching_words("is:unread upphandl") == [(word, 10)]
    assert filled.matching_words("upphandl", within=View(unread=True)) == [(word, 10)]
    assert filled.matching_words("title:upphandl") == []
    assert filled.matching_words("is:starred upphandl") == []
    filled.save_search("Olästa", "is:unread")
    within = View(query="search:Olästa (upphandl")
    assert filled.matching_words("upphandl", within=within) == [(word, 10)]
    # Texts of very many hits are not read for it: then there is no number, rather than another one.
    monkeypatch.setattr("flodeslasare.library.words.COUNTED_HITS", 9)
    assert filled.matching_words("is:unread upphandl") == [(word, None)]
    assert filled.matching_words("upphandl") == [(word, number)]


def test_other_words_are_suggested_and_what_was_asked_stays(library: Library, feed: Feed) -> None:
    texts = [
        "Ett kriterium.",
        "Kriterium och upphandlaren.",
        "Kriterierna för en fågel.",
        "Fåglar.",
    ]
    keep(library, feed.id, *[an_entry(guid=text, title="", text=text) for text in texts])
    assert library.suggestions("title:Kriterier -x") == [
        Suggestion(SuggestionKind.FORM, "kriterium", "title:kriterium -x", 2)
    ]
    assert library.suggestions("fågel upphanldaren") == [
        Suggestion(SuggestionKind.FORM, "fåglar", "fåglar upphanldaren", 1),
        Suggestion(SuggestionKind.SPELLING, "upphandlaren", "fågel upphandlaren", 1),
    ]
    assert [each.word for each in library.suggestions("faglarna")] == ["fågel", "fåglar"]
    for text in ("kriteri", "", "-kriterier", "(", "qqqqq", "è" * 50):
        assert library.suggestions(text) == []


@pytest.mark.parametrize(
    "forms",
    [
        "kriterium kriteriet kriterier kriterierna",
        "upphandling upphandlingar upphandlingens",
        "fågel fågeln fåglar fåglarna",
        "handske handsken handskar",
        "museum museet museer",
        "läkemedel läkemedlet läkemedlen",
        "miljö miljön miljöer",
        "slakteri slakteriet slakterier",
        "besök besöket besöken besökte",
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(word) for word in forms.split()}) == 1


@pytest.fixture
def blog(library: Library, feed: Feed) -> dict[int, int]:
    """The example blog's posts, each under the id that the library gave it."""
    keep(
        library,
        feed.id,
        *[
            an_entry(
                guid=str(post.id), title=post.title, text=post.markdown, published=post.published
            )
            for post in load_posts()
        ],
    )
    return {int(entry.guid): entry.id for entry in library.entries(View())}


@pytest.mark.parametrize(("one", "other"), [(60, 112), (112, 131)])
def test_a_visit_and_its_follow_up_a_year_later_find_each_other(
    library: Library, blog: dict[int, int], one: int, other: int
) -> None:
    for post, wanted in ((one, other), (other, one)):
        found = library.related(blog[post], 10)
        assert blog[wanted] in [related.entry.id for related in found]
        assert blog[post] not in [related.entry.id for related in found]
    first = library.related(blog[60], 1)[0]
    assert first.entry.id == blog[112]
    assert {"fjäderfä", "ängsro"} <= set(first.words)


def test_an_exact_double_is_no_first_find(library: Library, feed: Feed) -> None:
    text = "Besöket i Slätthult om kycklingslakteri och fothälsa"
    keep(
        library,
        feed.id,
        *[an_entry(guid=str(number), title=f"Dag {number}", text="Annat") for number in range(30)],
        an_entry(guid="a", title="Ett", text=text),
        an_entry(guid="b", title="Ett", text=text),
        an_entry(guid="c", title="Åter", text="Slätthult igen, om fothälsa"),
    )
    ids = {entry.guid: entry.id for entry in library.entries(View())}
    found = library.related(ids["a"])
    assert [related.entry.id for related in found] == [ids["c"], ids["b"]]
    assert set(found[0].words) == {"slätthult", "fothälsa"}
    assert library.related(ids["0"]) == []
    with pytest.raises(NoSuchEntry):
        library.related(99)


def test_passages_show_the_hits(filled: Library) -> None:
    ids = list(filled.listing(View()).ids)[:2]
    passages = filled.passages(ids, "upphandl ägg")
    assert list(passages) == ids
    assert "Upphandlaren 0 frågade om äggen." in passages[ids[0]]


def test_a_search_can_be_stopped_in_the_database(filled: Library) -> None:
    connection = filled._database.connection
    connection.set_progress_handler(filled.stop, 1)
    for question in (filled.listing, filled.months):
        with pytest.raises(Stopped):
            question(View(query="upphandl"))
    with pytest.raises(Stopped):
        filled.matching_words("upphandl")
    assert filled.counts().total == 40  # what is no search is not stopped
    ids = [entry.id for entry in filled.entries(View(), limit=1)]
    assert filled.mark_read(ids).entry_ids == tuple(ids)
    connection.set_progress_handler(None, 1)
    assert not connection.in_transaction
    assert len(list(filled.listing(View(query="upphandl")).ids)) == 40


def test_a_search_can_be_stopped_among_the_texts(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopping(Document):
        def matches(self, node: Node) -> bool:
            filled.stop()
            return super().matches(node)

    monkeypatch.setattr(search, "Document", Stopping)
    monkeypatch.setattr(search, "TEXTS_AT_ONCE", 1)
    with pytest.raises(Stopped):
        filled.listing(View(query="a"), first=30)
    filled.stop()  # no search is under way: nothing happens
    monkeypatch.setattr(search, "Document", Document)
    assert len(list(filled.listing(View(query="a"), first=30).ids)) == 30


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("upphanlding", "upphandling"),
        ("laekmedel", "läkemedel"),
        ("fogel", "fågel"),
        ("handskke", "handske"),
        ("qwertyuiop" * 20, None),
        ("zebra", None),
        ("x", None),
    ],
)
def test_a_slip_of_the_finger_is_seen(archive: Archive, typed: str, meant: str | None) -> None:
    archive.add(0, an_entry(text="upphandling läkemedel kriterium möbler och fågel utan handske"))
    assert AlikeIndex(archive.database).nearest(typed)[:1] == ([] if meant is None else [meant])


EDGES = {
    "a star": "*",
    "a percent sign": "%",
    "brackets": "(((",
    "a minus": "-",
    "minuses": "-" * 10_000,
    "one letter": "a",
    "small words": "och i att det som",
    "10,000 letters": "x" * 10_000,
    "10,000 letters in words": "krav " * 2_000,
    "1,000 words": " ".join(f"ord{number}" for number in range(1_000)),
    "1,000 words that are there": " ".join(f"ord{number % 40}" for number in range(1_000)),
    "1,000 alternatives": " OR ".join(f"ord{number}" for number in range(1_000)),
    "1,000 words without": " ".join(f"-ord{number}" for number in range(1_000)),
    "a phrase of 1,000 words": '"' + "ord " * 1_000 + '"',
    "1,000 parts": " ".join(f"rd{number}" for number in range(1_000)),
    "an open quote": 'krav "ord1',
    "quotes": '"' * 999,
    "brackets and minuses": "-(" * 3_000 + "krav",
    "alternatives of nothing": "OR OR ELLER OR krav OR",
    "SQL": "'; DROP TABLE entries; --",
    "more SQL": '" OR 1=1 UNION SELECT * FROM feeds --',
    "FTS": 'NEAR("krav" ord1, 5) AND title : krav* ^ord1 + {text} : x',
    "control characters": "krav\x00\x1b[31m\x7f\x9b ord1",
    "directions": "\u202ekrav\u2069",
    "surrogates": "\ud800krav",
    "operators": "title: is: has: before: search: feed:",
    "operators of operators": "title:is:has:before:2018",
    "dates": "before:9999-99-99 after:0000",
}


@pytest.mark.parametrize("text", EDGES.values(), ids=EDGES)
def test_any_text_has_an_answer_in_bounded_work(library: Library, feed: Feed, text: str) -> None:
    keep(
        library,
        feed.id,
        *[
            an_entry(guid=str(number), title=f"Krav {number}", text=f"ord{number} ord{number + 1}")
            for number in range(40)
        ],
    )
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection = library._database.connection
    connection.set_progress_handler(count, 1_000)
    view = View(query=text)
    shown = list(library.listing(view).ids)
    assert list(library.listing(view, first=10).ids) == shown[:10]
    assert sorted(library.listing(view.but(order="best")).ids) == sorted(shown)
    assert library.count(text) == (len(shown), len(shown))
    library.matching_words(text)
    library.suggestions(text)
    library.passages(shown[:10], text)
    library.save_search("Kant", f"krav ({text})")
    assert len(list(library.listing(View(query="search:kant")).ids)) <= 40
    connection.set_progress_handler(None, 1)
    assert steps < 2_000  # in thousands of SQLite's steps
    assert library.counts().total == 40


def test_one_letter_is_counted_by_what_does_not_hold_it(
    library: Library, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_matches, "VERY_MANY_WORDS", 10)
    monkeypatch.setattr(search, "CHOSEN_FROM", 20)
    monkeypatch.setattr(search, "FEW_ENTRIES", 0)
    texts = [f"ua{number} vanligt" for number in range(150)] + ["xyz", "åäö"]
    keep(
        library,
        feed.id,
        *[
            an_entry(guid=str(number), title="", author=None, tags=(), text=text)
            for number, text in enumerate(texts)
        ],
    )
    library.mark_read(list(library.listing(View()).ids)[5:30])
    asked: list[str] = []
    library._database.connection.set_trace_callback(asked.append)
    counted = library.months(View(query="a"))
    library._database.connection.set_trace_callback(None)
    assert any("month_counts" in sql for sql in asked)
    assert [sql for sql in asked if "ua75" in sql] == []  # most of the words were never opened
    assert sum(count.total for count in counted) == 151  # å holds an a, xyz none
    unread = list(library.listing(View(query="a", unread=True)).ids)
    assert sum(count.unread for count in counted) == len(unread)
    assert len(list(library.listing(View(query="a")).ids)) == 151


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("-a", ["kort"]),
        ("-a -x", ["kort"]),
        ("r -a", ["kort"]),
        ("-a kort", ["kort"]),
        ("kort a", ["kort, a"]),
    ],
)
def test_a_letter_that_nearly_all_hold_is_never_looked_up_word_by_word(
    library: Library, feed: Feed, monkeypatch: pytest.MonkeyPatch, query: str, titles: list[str]
) -> None:
    monkeypatch.setattr(_matches, "VERY_MANY_WORDS", 10)
    monkeypatch.setattr(search, "CHOSEN_FROM", 20)
    monkeypatch.setattr(search, "FEW_ENTRIES", 0)
    monkeypatch.setattr(search, "TEXTS_ASKED", 20)
    texts = ["kort", *(f"{number}a vanligt" for number in range(150)), "kort, a"]
    keep(
        library,
        feed.id,
        *[
            an_entry(guid=str(number), title=text, author=None, tags=(), text="")
            for number, text in enumerate(texts)
        ],
    )
    asked: list[str] = []
    library._database.connection.set_trace_callback(asked.append)
    first = library.listing(View(query=query), first=5).ids
    whole = library.listing(View(query=query)).ids
    counted = library.months(View(query=query))
    library._database.connection.set_trace_callback(None)
    assert [row.title for row in library.rows(whole)] == titles
    assert list(first) == list(whole)
    assert sum(count.total for count in counted) == len(titles)
    assert [sql for sql in asked if '"75a" OR' in sql] == []


@pytest.mark.parametrize(
    ("query", "hits"), [("xa OR xb OR xc OR zz", 60), ("xa xb", 0), ("x -xa", 40), ("xa a b", 20)]
)
def test_where_words_stand_for_very_many_the_texts_are_asked(
    library: Library, feed: Feed, monkeypatch: pytest.MonkeyPatch, query: str, hits: int
) -> None:
    monkeypatch.setattr(_matches, "VERY_MANY_WORDS", 15)
    monkeypatch.setattr(search, "FEW_ENTRIES", 0)
    monkeypatch.setattr(search, "TEXTS_ASKED", 7)
    monkeypatch.setattr(search, "MOST_SETTLED", 0)
    keep(
        library,
        feed.id,
        *[
            an_entry(guid=str(number), title="", author=None, tags=(), text=f"{number}x{letter} ab")
            for number, letter in enumerate("abc" * 20)
        ],
    )
    asked: list[str] = []
    library._database.connection.set_trace_callback(asked.append)
    first = list(library.listing(View(query=query), first=50).ids)
    whole = list(library.listing(View(query=query)).ids)
    counted = library.months(View(query=query))
    library._database.connection.set_trace_callback(None)
    assert len(whole) == hits
    assert first == whole[:50]
    assert sum(count.total for count in counted) == hits
    assert [sql for sql in asked if sql.count(" OR ") > 15] == []


@pytest.mark.parametrize("query", ["krav", "a", "-krav", "feed:flöde krav", "is:unread a", "zebra"])
@pytest.mark.parametrize("narrowed", [{}, {"unread": True}, {"month": 202601}])
def test_hits_are_listed_and_counted_on_one_walk(
    library: Library, feed: Feed, query: str, narrowed: dict[str, Any_]
) -> None:
    keep(
        library,
        feed.id,
        *[
            an_entry(
                guid=str(number),
                text="krav a" if number % 3 else "avtal",
                published=NOW - timedelta(days=number * 11),
            )
            for number in range(40)
        ],
    )
    library.mark_read(list(library.listing(View()).ids)[::2])
    view = View(query=query, **narrowed)
    months = [replace(each, unread=0) for each in library.months(view, unread=False)]
    assert library.listing_by_month(view) == (library.listing(view), months)


# --- the best first ----------------------------------------------------------------------------------


def best(library: Library, query: str, **view: Any_) -> list[str]:
    listing = library.listing(View(query=query, order="best", **view))
    assert [count for _month, count in listing.months] == ([len(listing.ids)] * bool(listing.ids))
    return [row.title for row in library.rows(listing.ids)]


def test_hits_in_titles_whole_words_and_rare_words_come_first(library: Library, feed: Feed) -> None:
    made = {
        "Annat 1": "Om kraven i avtal.",
        "Annat 2": "Om krav.",
        "Kravlista": "Avtal",
        "Krav": "Intet",
        "Annat 3": "Om krav.",
        "Återbruk": "Om krav och slätthult.",
    }
    keep(
        library,
        feed.id,
        *[
            an_entry(
                guid=title, title=title, text=text, published=NOW - timedelta(days=10 - number)
            )
            for number, (title, text) in enumerate(made.items())
        ],
    )
    assert best(library, "krav") == [
        *["Krav", "Kravlista"],
        *["Återbruk", "Annat 3", "Annat 2"],  # newer ones first, of equals
        "Annat 1",
    ]
    assert best(library, "krav OR slätthult")[:2] == ["Krav", "Återbruk"]
    assert best(library, "krav OR slatthult")[:2] == ["Krav", "Återbruk"]
    assert best(library, "krav -title:krav is:unread")[0] == "Återbruk"
    assert best(library, 'title:krav OR "om kraven"') == ["Krav", "Kravlista", "Annat 1"]
    assert best(library, "before:2000") == []
    assert best(library, "is:unread", unread=True)[0] == "Återbruk"  # nothing to weigh: the newest


@pytest.mark.parametrize("query", ["krav", "krav OR upphandl", "krav is:unread", "-krav"])
def test_the_best_first_is_one_order_however_it_is_read(
    library: Library, feed: Feed, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr("flodeslasare.storage.best.WEIGHED", 7)
    monkeypatch.setattr("flodeslasare.library.views.PAGE", 5)
    titles = ["Krav", "Kraven", "Annat", "Upphandling", "Inget"]
    texts = ["krav", "kraven", "upphandling", "annat"]
    keep(
        library,
        feed.id,
        *[
            an_entry(
                guid=str(number),
                title=titles[number * 7 % 5],
                text=texts[number * 3 % 4],
                published=NOW - timedelta(hours=number),
            )
            for number in range(60)
        ],
    )
    view = View(query=query, order="best")
    whole = list(library.listing(view).ids)
    assert sorted(whole) == sorted(library.listing(View(query=query)).ids)
    for first in (1, 3, 7, 8, 20, 25, 60):
        listing = library.listing(view, first=first)
        assert list(listing.ids) == whole[:first]
        assert listing.is_whole is (first >= len(whole))
    assert [entry.id for entry in library.entries(view)] == whole
    assert [entry.id for entry in library.entries(view, limit=9)] == whole[:9]
    day = NOW - timedelta(hours=30)
    newer = [entry.id for entry in library.entries(view, since=day)]
    assert newer == [id_ for id_ in whole if library.entry(id_).sorted_by >= day]
    library.mark_read([whole[1]])
    if "unread" not in query:
        assert library.next_in(view.but(unread=True), whole[0], older=True) == whole[2]
        assert library.next_in(view.but(unread=True), whole[2], older=False) == whole[0]
        assert library.next_in(view, whole[-1], older=True) is None


# --- checked and made anew ---------------------------------------------------------------------------


def test_an_index_in_step_is_sound(archive: Archive, three: tuple[int, int, int]) -> None:
    archive.change(three[0], an_entry(title="Möbler", text="Trä", tags=("a b", "c")))
    archive.delete(1)
    done: list[tuple[int, int]] = []
    assert archive.index.check(lambda *progress: done.append(progress)).is_sound
    assert done == [(2, 2)]


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM entries WHERE id = 1",
        "UPDATE texts SET text = text || ' tillagt' WHERE entry_id = 1",
        "UPDATE entries SET sort_key = sort_key + 1 WHERE id = 2",
        "DELETE FROM search_words WHERE word = 'krav'",
        "INSERT INTO search_entries (search_entries) VALUES ('delete-all')",
    ],
)
def test_an_index_out_of_step_is_seen_and_made_anew(
    archive: Archive, three: tuple[int, int, int], damage: str
) -> None:
    archive.database.run(damage)
    assert not archive.index.check().is_sound
    done: list[tuple[int, int]] = []
    archive.index.rebuild(lambda *progress: done.append(progress))
    assert done[-1][0] == done[-1][1]
    assert archive.index.check().is_sound
    assert archive.found("krav papper") == [three[2]]
    assert archive.search.matching_words("pper") == ["papper"]


def test_a_rebuilding_that_fails_leaves_the_index_as_it_was(
    archive: Archive, three: tuple[int, int, int]
) -> None:
    def fail(*_progress: int) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        archive.index.rebuild(fail)
    assert archive.index.check().is_sound


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ("upphandl", View()),
        ("upphandl", View(unread=True)),
        ("upphandl", View(starred=True)),
        ("upphandl", View(feed_id=1)),
        ("upphandl", View(month=201805)),
        ("upphandl is:unread after:2016", View(year=2018)),
        ("a", View()),
        ("a", View(unread=True)),
        ("a feed:alfa", View()),
        ("-upphandl", View()),
        ("is:unread OR upphandl", View()),
    ],
)
def test_a_page_of_hits_is_walked_in_order_along_an_index(
    archive: Archive,
    three: tuple[int, int, int],
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    view: View,
) -> None:
    monkeypatch.setattr(search, "FEW_ENTRIES", 0)
    asked: list[str] = []
    archive.database.connection.set_trace_callback(asked.append)
    archive.found(query, view, limit=50)
    archive.database.connection.set_trace_callback(None)
    walks = [sql for sql in asked if "ORDER BY" in sql and "entries.id" in sql]
    assert walks
    for sql in walks:
        plan = [row["detail"] for row in archive.database.rows(f"EXPLAIN QUERY PLAN {sql}")]
        assert not any("TEMP B-TREE FOR ORDER BY" in step for step in plan), plan
        assert not any(step == "SCAN entries" for step in plan), plan
