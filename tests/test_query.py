"""The search language: text → tree, and where its words stand."""

from __future__ import annotations

import sys
import unicodedata
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flodeslasare.cutting import BETWEEN_TAGS, cut, fold, plain, words, words_in
from flodeslasare.query.hints import completions, misread
from flodeslasare.query.matching import PASSAGE, hits, passage
from flodeslasare.query.parsing import DEPTH, NAMES, VALUES, parse, replaced
from flodeslasare.query.saved import renamed, with_saved
from flodeslasare.query.tree import (
    EVERYTHING,
    NOTHING,
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


def inside(word: str, field: Field | None = None) -> Words:
    return Words((word,), Match.INSIDE, field)


def row(text: str, field: Field | None = None) -> Words:
    return Words(tuple(text.split()), Match.ROW, field)


def begun(text: str, field: Field | None = None) -> Words:
    return Words(tuple(text.split()), Match.BEGUN, field)


def marked(query: str, text: str) -> str:
    """Set what is hit in brackets."""
    for start, end in reversed(hits(query, text)):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return text


# --- the tree --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("upphandl", inside("upphandl")),
        ("Läkemedel KRAV", All((inside("läkemedel"), inside("krav")))),
        ("krav krav", inside("krav")),
        ('"en hel fras"', row("en hel fras")),
        ('"en hel fr', begun("en hel fr")),
        ('"en hel ', row("en hel")),
        ("”en hel fras”", row("en hel fras")),
        ("e-handel", begun("e handel")),
        ("2019/45", begun("2019 45")),
        ("C++", inside("c")),
        ("foo_bar", begun("foo bar")),
        ("🐔", inside("🐔")),
        ("-krav", Not(inside("krav"))),
        ("--krav", Not(inside("krav"))),
        ('-"en fras"', Not(row("en fras"))),
        ("-(a b)", Not(All((inside("a"), inside("b"))))),
        ("a OR b", Any((inside("a"), inside("b")))),
        ("a ELLER b", Any((inside("a"), inside("b")))),
        ("a or b", All((inside("a"), inside("or"), inside("b")))),
        ("a b OR c", All((inside("a"), Any((inside("b"), inside("c")))))),
        ("a OR b OR c d", All((Any((inside("a"), inside("b"), inside("c"))), inside("d")))),
        ("(a b) OR c", Any((All((inside("a"), inside("b"))), inside("c")))),
        ("a OR -b", Any((inside("a"), Not(inside("b"))))),
        ("title:rapport", inside("rapport", Field.TITLE)),
        ('rubrik:"ny rapport"', row("ny rapport", Field.TITLE)),
        ("title:(a OR b)", Any((inside("a", Field.TITLE), inside("b", Field.TITLE)))),
        ("title:(a tag:b)", All((inside("a", Field.TITLE), inside("b", Field.TAG)))),
        ("författare:alva", inside("alva", Field.AUTHOR)),
        ("forfattare:alva", inside("alva", Field.AUTHOR)),
        ("FÖRFATTARE:alva", inside("alva", Field.AUTHOR)),
        ("-etikett:fisk", Not(inside("fisk", Field.TAG))),
        ("title:-a", inside("a", Field.TITLE)),
        ("feed:region", OfFeeds(("region",))),
        ('flöde:"Region Skåne"', OfFeeds(("region", "skåne"))),
        ("feed:https://exempel.se/rss", OfFeeds(("https", "exempel", "se", "rss"))),
        ("mapp:Offentligt/Regioner", OfFeeds(("offentligt", "regioner"), by_folder=True)),
        ("is:unread", Is(State.UNREAD)),
        ("är:oläst", Is(State.UNREAD)),
        ("ar:olasta", Is(State.UNREAD)),
        ("är:läst", Is(State.READ)),
        ("är:stjärnmärkt", Is(State.STARRED)),
        ("is:un", Is(State.UNREAD)),
        ("is:(unread OR starred)", Any((Is(State.UNREAD), Is(State.STARRED)))),
        ("has:enclosure", HasEnclosure()),
        ("har:bilaga", HasEnclosure()),
        ("before:2018-04", Dated(date(2018, 4, 1), True)),
        ("before:2018", Dated(date(2018, 1, 1), True)),
        ("före:2018-04-09", Dated(date(2018, 4, 9), True)),
        ("after:2017", Dated(date(2018, 1, 1), False)),
        ("efter:2017-12", Dated(date(2018, 1, 1), False)),
        ("after:2017-12-31", Dated(date(2018, 1, 1), False)),
        ("after:20171231", Dated(date(2018, 1, 1), False)),
        ("after:2017/2", Dated(date(2017, 3, 1), False)),
    ],
)
def test_a_text_is_understood(text: str, root: Node) -> None:
    assert parse(text).root == root


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "-", "--", "- -", '"', '""', "(", ")", "((", "()", "-(", '-"', "title:", "is:"],
        *[
            "has: ",
            "feed:",
            "before:",
            "before:201",
            "title: -",
            "title:(",
            "is:(",
            "-title:",
            'tag:"',
        ],
    ],
)
def test_what_is_only_half_typed_asks_for_nothing_yet(text: str) -> None:
    assert parse(text).root == EVERYTHING
    assert not parse(text).asks


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("krav -", inside("krav")),
        ("krav OR", inside("krav")),
        ("krav (", inside("krav")),
        ("krav title:", inside("krav")),
        ("krav !!! och", All((inside("krav"), inside("och")))),
        ("krav & avtal", All((inside("krav"), inside("avtal")))),
        ("(krav", inside("krav")),
        ("krav)", inside("krav")),
        ("a OR ! b", All((inside("a"), inside("b")))),
        ("before:2018-", Dated(date(2018, 1, 1), True)),
        ("before:2018-0", Dated(date(2018, 1, 1), True)),
        ("before:2018-04-0", Dated(date(2018, 4, 1), True)),
        ("before:2018-04-3", Dated(date(2018, 4, 3), True)),
    ],
)
def test_what_is_half_typed_leaves_the_rest_as_it_is(text: str, root: Node) -> None:
    assert parse(text).root == root


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("foo:bar", begun("foo bar")),
        ("is:blå", begun("is blå")),
        ("before:jul", begun("before jul")),
        ("before:2018-13", begun("before 2018 13")),
        ("before:2018-02-30", begun("before 2018 02 30")),
        ("10:15", begun("10 15")),
        ("OR", inside("or")),
        ("OR krav", All((inside("or"), inside("krav")))),
        ("title:OR", inside("or", Field.TITLE)),
        ("är:blå", begun("är blå")),
        ("NEAR(a, b)", All((inside("near"), All((inside("a"), inside("b")))))),
        ("'; DROP TABLE entries", All((inside("drop"), inside("table"), inside("entries")))),
        ("x AND y", All((inside("x"), inside("and"), inside("y")))),
    ],
)
def test_what_is_no_operator_is_searched_for_as_it_stands(text: str, root: Node) -> None:
    assert parse(text).root == root


@pytest.mark.parametrize("text", ["!!!", "*", "+ +", '"…"', "-!", "§"])
def test_signs_alone_are_nowhere(text: str) -> None:
    assert parse(text).root == NOTHING


def depth(node: Node) -> int:
    inner = (
        (node.node,) if isinstance(node, Not) else node.nodes if isinstance(node, All | Any) else ()
    )
    return 1 + max(map(depth, inner), default=0)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        ")" * 10_000,
        "-" * 10_000,
        '"' * 10_000,
        "(a OR (b " * 1_500,
        "-(" * 5_000 + "a",
        "title:" * 2_000,
        "a" * 10_000,
        " ".join(f"ord{number}" for number in range(1_000)),
        " OR ".join(f"ord{number}" for number in range(1_000)),
        "\x00\x1b[31m\ud800",
    ],
    ids=range(11),
)
def test_no_text_is_too_much(text: str) -> None:
    assert depth(parse(text).root) <= 3 * DEPTH + 3
    hits(text, text)


PIECES = st.sampled_from(
    [
        *["krav", "läkemedel", "ab", "e-post", '"', "(", ")", "-", "OR", "ELLER", "title:", "tag:"],
        *["is:", "unread", "has:", "before:", "2018"],
        *[" ", " ", " ", " ", "-04", "feed:", "ÅÄÖ", "ß", "İ", "\u0301"],
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_any_text_is_a_query(text: str) -> None:
    query = parse(text)
    assert query.text == text
    for node in query.sought():
        assert node.words
        assert all(words(word) == [word] and plain(word) == word for word in node.words)


def test_every_name_is_understood() -> None:
    values = dict.fromkeys(NAMES, "2018") | {"is": "read", "has": "enclosure"}
    for key, names in NAMES.items():
        for name in names:
            value = values[key]
            assert parse(f"{name}:{value}").root != begun(f"{name} {value}"), name
    for operator, named in VALUES.items():
        for aliases in named.values():
            assert {type(parse(f"{operator}:{alias}").root) for alias in aliases} <= {
                Is,
                HasEnclosure,
            }


# --- saved searches --------------------------------------------------------------------------------


def saved(text: str, **searches: str) -> Node:
    return with_saved(parse(text), {"Miljö": "miljö", "Miljökrav": "krav", **searches}).root


def test_a_saved_search_stands_for_what_it_asks() -> None:
    assert saved("search:Miljö") == inside("miljö")
    assert saved("sökning:miljök") == inside("krav")
    assert saved("search:ilj -search:krav") == saved("(miljö OR krav) -krav")
    assert saved("title:(a search:miljö)") == All((saved("title:a"), inside("miljö")))
    assert saved("search:") == EVERYTHING
    assert saved("search:zebra") == NOTHING
    assert saved("-search:zebra a") == All((Not(NOTHING), inside("a")))


@pytest.mark.parametrize(
    ("query", "becomes"),
    [
        ("search:mat is:unread", 'search:"Ny mat" is:unread'),
        ('-sökning:"MAT" OR (search:mat x)', '-sökning:"Ny mat" OR (search:"Ny mat" x)'),
        ("search:(mat fisk)", 'search:("Ny mat" fisk)'),
        ("search:ma search:mat2 feed:mat mat", "search:ma search:mat2 feed:mat mat"),
    ],
)
def test_a_saved_search_with_another_name_is_named_by_that(query: str, becomes: str) -> None:
    assert renamed(query, "Mat", "Ny mat") == becomes


def test_searches_that_name_one_another_come_to_an_end() -> None:
    assert saved("search:ett", ett="search:ett") == NOTHING
    assert saved("search:ett", ett="a OR search:två", två="b OR search:ett") == Any(
        (inside("a"), Any((inside("b"), NOTHING)))
    )
    doubling = {f"s{n}x": f"(a search:s{n + 1}x) OR (b search:s{n + 1}x)" for n in range(60)}
    assert len(repr(saved("search:s0x", **doubling))) < 100_000


# --- letters and words -----------------------------------------------------------------------------


def test_case_and_dots_are_folded_letter_by_letter() -> None:
    assert fold("Läkemedel ÉÈ Øst Æ") == "lakemedel ee ost a"
    assert plain("LÄKEMEDEL Straße ΟΔΟΣ") == "läkemedel straße οδοσ"
    assert fold("Straße") == "strase"
    assert plain("İstanbul") == fold("İstanbul") == "istanbul"
    assert plain("a\u030aterbruk o\u0308") == "återbruk ö"
    assert plain("läke\xadmedel") == "läkemedel"
    assert fold("한국") == "한국"


@given(st.text())
def test_folding_keeps_positions(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert plain(plain(text)) == plain(text)
    assert fold(fold(text)) == fold(text)


def test_latin_1_is_folded_as_the_rest() -> None:
    for code in range(256):
        assert fold(chr(code)) == fold(chr(code) + "…")[0], hex(code)


def test_words_are_letters_digits_and_their_marks() -> None:
    assert words("ett e-brev, 3.11 foo_bar it's 🐔🐔x") == (
        ["ett", "e", "brev", "3", "11", "foo", "bar", "it", "s", "🐔", "🐔", "x"]
    )
    assert words("हिन्दी ไทยที่") == ["हिन्दी", "ไทยที่"]


def test_every_letter_digit_and_mark_belongs_to_a_word() -> None:
    signs = range(0x2600, 0x27C0)
    apart = {*range(0x20D0, 0x2100), *range(0xFE00, 0xFE10)}  # round symbols, after emoji
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        category = unicodedata.category(char)
        # Newer Pythons know more marks than the list; those of today's scripts are all old.
        is_mark = unicodedata.ucd_3_2_0.category(char) in ("Mn", "Mc") and code not in apart
        if category[0] in "LN" or (is_mark and code < 0x10000):
            assert words(f"a{char}b") in ([f"a{char}b"], ["a", char, "b"]), hex(code)
        elif category[0] in "ZPC" and category != "Cn" and code not in signs:
            assert words(f"a{char}b") == ["a", "b"], hex(code)


# --- hits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("upphandl", "Läkemedels[upphandl]ingen och [upphandl]arna"),
        ("OCH", "Läkemedelsupphandlingen [och] upphandlarna"),
        ("lakemedel", "[Läkemedel]supphandlingen och upphandlarna"),
        ("läkemedel", "[Läkemedel]supphandlingen och upphandlarna"),
        ("läkemedél", "Läkemedelsupphandlingen och upphandlarna"),
        ('"och upphandlarna"', "Läkemedelsupphandlingen [och upphandlarna]"),
        ('"och upp', "Läkemedelsupphandlingen [och upp]handlarna"),
        ('"och upp"', "Läkemedelsupphandlingen och upphandlarna"),
        ("-och upphandlarna", "Läkemedelsupphandlingen och [upphandlarna]"),
        ("title:och", "Läkemedelsupphandlingen [och] upphandlarna"),
        ("ingen arna", "Läkemedelsupphandl[ingen] och upphandl[arna]"),
        ("upp uppha", "Läkemedels[uppha]ndlingen och [uppha]ndlarna"),
        ("is:unread", "Läkemedelsupphandlingen och upphandlarna"),
        ("", "Läkemedelsupphandlingen och upphandlarna"),
    ],
)
def test_hits_are_what_was_typed(query: str, shown: str) -> None:
    text = shown.replace("[", "").replace("]", "")
    assert marked(query, text) == shown


def test_hits_hold_their_place_among_odd_letters() -> None:
    assert marked("bar", "İß ﬁ bar") == "İß ﬁ [bar]"
    assert marked("återbruk", "(a\u030aterbruk!)") == "([a\u030aterbruk]!)"
    assert marked("aterbruk", "a\u030aterbruk") == "[a\u030aterbruk]"
    assert marked("läkemedel", "om läke\xadmedel.") == "om [läke\xadmedel]."
    assert marked("3.11", "Python 3.11 och 3.110") == "Python [3.11] och [3.11]0"
    assert marked("🐔", "ett 🐔!") == "ett [🐔]!"


@given(st.text(max_size=20), st.text(max_size=40))
def test_hits_lie_in_the_text_in_order(query: str, text: str) -> None:
    end = -1
    for start, stop in hits(query, text):
        assert end < start < stop <= len(text)
        end = stop


# --- passages ----------------------------------------------------------------------------------------


def passage_of(text: str, query: str) -> str:
    return passage(text, parse(query).sought())


LONG = "Vi hälsade på. " * 20
LATE = LONG + "Fåglarna gick ute hela dagen och kraven följdes upp. " + LONG


def test_a_passage_shows_where_the_words_stand() -> None:
    shown = passage_of(LATE, "fågel krav")
    assert "kraven följdes" in shown
    assert "Fåglarna" in passage_of(LATE, "fåglar krav")
    assert shown.startswith("… ")
    assert shown.endswith(" …")


def test_a_passage_prefers_different_words_to_one_word_often() -> None:
    text = "krav krav krav " + LONG + "krav på fågel " + LONG
    assert "krav på fågel" in passage_of(text, "krav fågel")


def test_a_passage_without_a_hit_is_the_beginning() -> None:
    assert passage_of("kort\n\ntext", "zebra") == "kort text"
    assert passage_of(LONG, "zebra").startswith("Vi hälsade på. Vi")
    assert passage_of(LONG, "") == passage_of(LONG, "hälsade")


@given(st.lists(st.sampled_from(["krav", "i", "och fågel", "x" * 150, "å", "\n"]), max_size=200))
def test_a_passage_is_one_line_of_its_length_and_holds_a_hit(pieces: list[str]) -> None:
    text = " ".join(pieces)
    for query in ("krav", "fågel krav", "xx", '"och fågel"'):
        shown = passage_of(text, query)
        assert len(shown) <= PASSAGE
        assert "\n" not in shown
        assert bool(hits(query, shown)) == bool(hits(query, text))
        assert shown.removeprefix("… ").removesuffix(" …") in " ".join(text.split())


# --- completions -------------------------------------------------------------------------------------

NAMED = {"feed": ["Region Skåne", "Skogen", "Hållbart"], "folder": ["Offentligt/Regioner"]}


def completed(text: str, *, swedish: bool = False) -> list[str]:
    return [
        text[: one.start] + one.text + text[one.end :]
        for one in completions(text, len(text), NAMED, swedish=swedish)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("krav ", []),
        ("ti", ["title:"]),
        (
            "krav -f",
            ["krav -feed:", "krav -folder:", "krav -författare:", "krav -före:"],
        ),
        ("(au", ["(author:"]),
        ("is:", ["is:unread", "is:read", "is:starred"]),
        ("är:un", ["är:unread"]),
        ("has:e", ["has:enclosure"]),
        ("feed:sk", ["feed:Skogen", 'feed:"Region Skåne"']),
        ('feed:"region s', ['feed:"Region Skåne"']),
        ("feed:hallb", ["feed:Hållbart"]),
        ("mapp:reg", ["mapp:Offentligt/Regioner"]),
        ("tag:x", []),
        ("foo:x", []),
        ("zzz", []),
    ],
)
def test_what_is_begun_is_gone_on_with(text: str, expected: list[str]) -> None:
    assert completed(text) == expected


def test_completions_come_in_swedish() -> None:
    assert completed("är:", swedish=True) == ["är:oläst", "är:läst", "är:stjärnmärkt"]
    assert completed("ma", swedish=True) == ["mapp:"]
    assert completed("ti", swedish=True) == ["title:"]


def test_a_completion_is_understood() -> None:
    for name in NAMED["feed"]:
        (one,) = completions(f"feed:{name[:4]}", len(f"feed:{name[:4]}"), {"feed": [name]})
        assert parse(f"feed:{one.text}").root == OfFeeds(tuple(words(plain(name))))


@given(st.text(max_size=20), st.integers(0, 20))
def test_completions_never_fail(text: str, cursor: int) -> None:
    for one in completions(text, cursor, NAMED):
        assert 0 <= one.start <= one.end == min(cursor, len(text))


def test_days_are_offered_behind_the_dates_there_are() -> None:
    dates = {"after": ["2018", "2018-04"]}
    offered = [one.text for one in completions("after:", 6, dates)]
    assert offered == ["2018", "2018-04", "today", "yesterday", "7d", "1m", "1y"]
    assert [one.text for one in completions("efter:ig", 8, swedish=True)] == ["igår"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("after:today", Dated(date(2024, 3, 31), False)),
        ("after:yesterday", Dated(date(2024, 3, 30), False)),
        ("efter:igår", Dated(date(2024, 3, 30), False)),
        ("efter:igar", Dated(date(2024, 3, 30), False)),
        ("before:TODAY", Dated(date(2024, 3, 30), True)),
        ("after:7d", Dated(date(2024, 3, 24), False)),
        ("före:2v", Dated(date(2024, 3, 16), True)),
        ('after:"3 days"', Dated(date(2024, 3, 28), False)),
        ("after:1m", Dated(date(2024, 3, 1), False)),
        ("after:yester", EVERYTHING),  # half-typed
        ("after:9999y", begun("after 9999y")),
    ],
)
def test_a_day_may_be_so_long_ago(text: str, expected: Node) -> None:
    assert parse(text, date(2024, 3, 30)).root == expected


def test_so_long_ago_is_counted_from_the_day_it_is_asked() -> None:
    assert [parse("after:1d", date(2024, 3, day)).root for day in (30, 31)] == [
        Dated(date(2024, 3, day), False) for day in (30, 31)
    ]


@pytest.mark.parametrize(
    ("text", "meant", "query"),
    [
        ("is:unred", "is:unread", "is:unread"),
        ("hej -is:Unred då", "is:unread", "hej -is:unread då"),
        ("är:olästt", "är:oläst", "är:oläst"),
        ("är:stjarnmarktt", "är:stjärnmärkt", "är:stjärnmärkt"),
        ('is:"unred" x', "is:unread", "is:unread x"),
        ("is:(unred OR starred)", "is:unread", "is:(is:unread OR starred)"),
        ("har:bilga", "har:bilaga", "har:bilaga"),
        ("autor:ek x", "author:ek", "author:ek x"),
        ("titel:rapport", "title:rapport", "title:rapport"),
        ("since:7d x", "after:7d", "after:7d x"),
        ("older:1y", "before:1y", "before:1y"),
        ("sedan:2018-04", "efter:2018-04", "efter:2018-04"),
        ("site:dn.se x", "feed:dn.se", "feed:dn.se x"),
        ("från:ek", "författare:ek", "författare:ek"),
        ("is:flagged", "is:starred", "is:starred"),
        ("är:ny", "är:oläst", "är:oläst"),
        ("has:file", "has:enclosure", "has:enclosure"),
        ("fisk AND fågel", "fisk fågel", "fisk fågel"),
        ("fisk NOT fågel mat", "-fågel", "fisk -fågel mat"),
        ("NOT fågel", "-fågel", "-fågel"),
        ("fågel INTE", None, None),
        ("is:blue", None, None),
        ("before:2018-13", None, None),
        ("before:jul", None, None),
    ],
)
def test_a_mistyped_operator_is_told(text: str, meant: str | None, query: str | None) -> None:
    (found,) = misread(text)
    assert (found.meant, found.query) == (meant, query)
    if query is not None:
        assert misread(query) == []


@pytest.mark.parametrize(
    "text",
    ["is:un", "är:olä", "before:201", "after:yest", "is:", "kl. 10:30", "https://a.exempel/x", "Regionen: nytt",
    '"is:unred"', "ISBN:91", "title:", "exempel:vad",
    "till:kalle", "since:then", '"fisk AND fågel"', "LIV OCH DÖD", "fisk and fågel", "title:AND-grind", "fisk OR fågel"],
)  # fmt: skip
def test_what_is_understood_half_typed_or_a_text_is_no_mistake(text: str) -> None:
    assert misread(text) == []


def test_what_an_operator_takes_is_told_in_its_language() -> None:
    assert misread("is:blue")[0].values == ("unread", "read", "starred")
    assert misread("är:blå")[0].values == ("oläst", "läst", "stjärnmärkt")
    assert misread("efter:jul")[0].values == ()


@given(st.text(alphabet=st.sampled_from('is:unred before2018"()-: åä'), max_size=40))
def test_to_look_for_mistakes_never_fails(text: str) -> None:
    for each in misread(text):
        assert each.typed in text


@pytest.mark.parametrize("text", ['"' + "en rad " * 900, "en-rad-" * 900])
def test_a_phrase_without_an_end_is_sought_by_its_beginning(text: str) -> None:
    assert parse(text).root == Words(("en", "rad") * 32, Match.ROW)


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("feed:krav krav", "krav", "feed:krav * "),
        ("search:krav", "krav", "search:krav"),
        ("title:title", "title", "title:* "),
        ("Krav -krav (a krav) -(b krav)", "krav", "*  -krav (a * ) -(b krav)"),
        ('title:(krav b) tag:krav "en krav', "krav", 'title:(*  b) tag:*  "en * '),
        ("läke_medel medel", "medel", "läke_*  * "),
        ("is:foo", "foo", "is:* "),
    ],
)
def test_a_word_takes_the_place_of_what_is_sought(text: str, word: str, expected: str) -> None:
    assert replaced(text, word, "* ") == expected


# --- the words of a text, quickly ------------------------------------------------------------------


@given(
    st.text(
        st.characters(max_codepoint=0x17F) | st.sampled_from("–—’”„…•µß_\xad\u0301☀"), max_size=60
    )
)
@example("Straße — ”Åäö” läkeme\xaddel_upp 5 µg ½ ª²")
@example("e\u0301n i\u0307")
def test_the_quick_way_to_cut_a_text_gives_the_same_words(text: str) -> None:
    assert words_in(text) == words(plain(text))


@pytest.mark.parametrize(
    ("tags", "row"),
    [
        ((), ""),
        (("Avtal",), "avtal"),
        (("Avtal", "eu-rätt"), f"avtal {BETWEEN_TAGS} eu rätt"),
        (
            ("–", "!", "Avtal"),
            "avtal",
        ),  # as libraries hold it: what is taken out must be what was put in
        (("Avtal", "–"), f"avtal {BETWEEN_TAGS}"),
        (("–",), ""),
    ],
)
def test_tags_are_cut_as_they_ever_were(tags: tuple[str, ...], row: str) -> None:
    assert cut("", "", None, tags).tags.split() == row.split()
