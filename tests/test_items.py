"""Items of a document that are known from the last time: what is left out, and what never is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from flodeslasare.documents import ParsedFeed
from flodeslasare.fetching import _document, _items
from flodeslasare.fetching.parse import parse_feed

URL = "https://flode.example/blogg/flode.xml"


def an_item(number: int, inside: str = "") -> str:
    return f"<item><guid>{number}</guid><title>Nr {number}</title>{inside}</item>"


def in_rss(*items: str, root: str = "<rss version='2.0'>") -> bytes:
    return f"{root}<channel><title>T</title>{''.join(items)}</channel></rss>".encode()


def guids(feed: ParsedFeed) -> list[str | None]:
    return [entry.guid for entry in feed.entries]


@pytest.mark.parametrize(
    "inside",
    [
        "<description><![CDATA[</item><item><guid>9</guid>]]></description>",
        "<!-- </item><item><guid>9</guid> -->",
        "<description>&lt;item>&lt;/item></description>",
        "<items/>",
        "<description title='a > b'>c</description>",
    ],
)
def test_where_an_item_ends_is_not_said_by_its_text(inside: str) -> None:
    first = parse_feed(in_rss(an_item(1), an_item(2, inside)), url=URL)

    known = first.item_hashes
    more = parse_feed(in_rss(an_item(3), an_item(1), an_item(2, inside)), url=URL, known=known)

    assert guids(first) == ["1", "2"]
    assert guids(more) == ["3"]
    assert more.skipped_guids == ("1", "2")


@pytest.mark.parametrize(
    "item",
    [
        "<item/>",
        an_item(2, "<thing><item>inner</item></thing>"),
        "<image><item><guid>no entry</guid></item></image>",
        "<ITEM><guid>2</guid></ITEM>",
        an_item(2, "<?code <item> ?>"),
    ],
)
def test_what_is_not_plainly_an_item_is_read_from_the_tree(item: str) -> None:
    whole = parse_feed(in_rss(an_item(1), item, an_item(3)), url=URL)

    again = parse_feed(in_rss(an_item(1), item, an_item(3)), url=URL, known=whole.item_hashes)

    assert {"1", "3"} <= {*guids(whole)}
    assert guids(again) == []
    assert again.item_hashes == whole.item_hashes != ()


def test_what_stands_in_an_item_and_is_none_does_not_stand_for_it() -> None:
    picture = "<image><item>of a picture</item></image>"
    whole = parse_feed(in_rss(f"<ITEM><guid>1</guid>{picture}</ITEM>"), url=URL)

    without = parse_feed(in_rss(picture), url=URL, known=whole.item_hashes)

    assert without.skipped_guids == ()


def test_what_is_known_of_a_broken_document_is_left_out_as_well() -> None:
    broken = in_rss(an_item(1), an_item(2, "<description>a & b</description>"))
    more = broken.replace(b"<item>", an_item(3).encode() + b"<item>", 1)
    whole = parse_feed(broken, url=URL)

    read_on = parse_feed(more, url=URL, known=whole.item_hashes)

    assert whole.flaw == read_on.flaw == "it is not well-formed XML"
    assert guids(read_on) == ["3"]


def test_a_new_item_that_breaks_the_document_does_not_hide_the_known_ones() -> None:
    whole = parse_feed(in_rss(an_item(1)), url=URL)

    broken = in_rss(an_item(2, "<description>a & b</description>"), an_item(1))
    read_on = parse_feed(broken, url=URL, known=whole.item_hashes)

    assert "2" in guids(read_on)
    assert {*guids(read_on), *read_on.skipped_guids} == {"1", "2"}


def test_an_item_is_another_when_the_names_in_it_mean_something_else() -> None:
    item = an_item(1, "<d:creator>Åsa</d:creator>")
    of_other = "<rss version='2.0' xmlns:d='urn:other'>"
    of_dublin_core = "<rss version='2.0' xmlns:d='http://purl.org/dc/elements/1.1/'>"
    before = parse_feed(in_rss(item, root=of_other), url=URL)

    after = parse_feed(in_rss(item, root=of_dublin_core), url=URL, known=before.item_hashes)

    assert before.entries[0].author is None
    assert after.entries[0].author == "Åsa"


@pytest.mark.parametrize(
    "root",
    [
        "<rss version='2.0' xml:base='{base}'>",
        "<rss version='2.0' said='a > b' xml:base = '{base}'>",
        "<rss version='2.0' base='{base}'>",
        "<rss version='2.0' un:declared='' xml:base='{base}'>",
        "<rss version='2.0' un:declared='' base='{base}'>",
    ],
)
def test_an_item_is_another_when_its_addresses_are_relative_to_something_else(root: str) -> None:
    item = an_item(1, "<link>a</link>")
    before = parse_feed(in_rss(item, root=root.format(base="https://a.example/")), url=URL)

    moved = in_rss(item, root=root.format(base="https://b.example/"))
    after = parse_feed(moved, url=URL, known=before.item_hashes)

    assert [entry.url for entry in after.entries] == ["https://b.example/a"]


def test_an_item_is_another_in_a_channel_of_another_base() -> None:
    channels = [
        f"<channel xml:base='https://{letter}.example/'>{an_item(1, '<link>1</link>')}</channel>"
        for letter in "ab"
    ]
    first = parse_feed(f"<rss version='2.0'>{channels[0]}</rss>".encode(), url=URL)

    both = f"<rss version='2.0'>{''.join(channels)}</rss>".encode()
    more = parse_feed(both, url=URL, known=first.item_hashes)

    assert [entry.url for entry in more.entries] == ["https://b.example/1"]


def test_declarations_that_never_end_are_looked_through_once() -> None:
    began = time.process_time()

    parse_feed(b"<rss" + b" xml:" * 100_000 + in_rss(an_item(1)), url=URL)

    assert time.process_time() - began < 5


def test_a_flaw_inside_an_item_is_told_again_when_the_item_comes_again() -> None:
    deep = an_item(1, "<a>" * 40 + "x" + "</a>" * 40)
    first = parse_feed(in_rss(deep), url=URL, nesting=20)

    again = parse_feed(in_rss(deep), url=URL, nesting=20, known=first.item_hashes)

    assert first.flaw == again.flaw == "its elements are nested deeper than 20"


def test_known_items_stand_in_the_document_also_where_another_is_too_deep() -> None:
    known = parse_feed(in_rss(an_item(1)), url=URL).item_hashes

    deep = an_item(2, "<a>" * 40 + "x" + "</a>" * 40)
    more = parse_feed(in_rss(deep, an_item(1)), url=URL, nesting=20, known=known)

    assert guids(more) == ["2"]
    assert more.skipped_guids == ("1",)


def test_items_with_one_guid_for_all_may_be_known_by_their_links() -> None:
    one, two, three = (
        f"<item><guid>all</guid><link>https://a.example/{number}</link></item>" for number in "123"
    )
    first = parse_feed(in_rss(one), url=URL)
    second = parse_feed(in_rss(two, one), url=URL, known=first.item_hashes)

    third = parse_feed(in_rss(three, two, one), url=URL, known=second.item_hashes)

    assert second.skipped_guids == ("all",)
    assert third.skipped_guids == ("all", "https://a.example/2", "all")


def test_items_beyond_the_most_are_neither_read_nor_known() -> None:
    body = in_rss(*map(an_item, range(5)))
    first = parse_feed(body, url=URL, max_entries=3)

    again = parse_feed(body, url=URL, max_entries=3, known=first.item_hashes)

    assert guids(first) == ["0", "1", "2"]
    assert len(first.item_hashes) == 3
    assert guids(again) == []
    assert first.flaw == again.flaw


@pytest.mark.parametrize("name", ["item", "ITEM", "å:Entry"])
def test_known_items_need_no_tree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document whose items are known but for one costs what the one costs."""
    text = f"<description>{'text ' * 1000}</description>"
    old = [
        f"<{name} xmlns:å='http://www.w3.org/2005/Atom'><guid>{number}</guid>{text}</{name}>"
        for number in range(50)
    ]
    known = parse_feed(in_rss(*old), url=URL).item_hashes
    read_bytes: list[int] = []
    really_read = _document.strict_tree

    def strict_tree(encoded: bytes) -> etree._Element | None:
        read_bytes.append(len(encoded))
        return really_read(encoded)

    monkeypatch.setattr(_items, "strict_tree", strict_tree)

    assert guids(parse_feed(in_rss(an_item(99), *old), url=URL, known=known)) == ["99"]
    assert sum(read_bytes) < 200


INSIDE = st.lists(
    st.sampled_from(
        [
            "<description><![CDATA[</item><item>]]></description>",
            "<!-- <item> --><!-- </entry> -->",
            "<?code </item> ?>",
            "<?code <entry> ?>",
            "<items/>",
            "<x:thing said='a > b'/>",
            "<un:declared/>",
            "<description>R&D &nbsp; &#146;</description>",
            "<description>\x92 å \x0c</description>",
            "<link>relative</link><link href='relative'/>",
            f"{'<a>' * 40}deep{'</a>' * 40}",
        ]
    ),
    max_size=3,
).map("".join)
ITEMS = st.lists(
    st.tuples(
        st.sampled_from(["item", "ITEM", "n:item"]),
        st.sampled_from(["", " ", "\n", " said='/>'", " xml:base='https://c.example/'"]),
        INSIDE,
    ),
    min_size=1,
    max_size=5,
)
ROOTS = st.sampled_from(
    [
        "<rss version='2.0' xmlns:x='urn:x' xmlns:n='http://www.w3.org/2005/Atom'{}><channel>|</channel></rss>",
        "<rss version='2.0'{}><channel>|</channel></rss>",
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:x='urn:x' xmlns:n='http://www.w3.org/2005/Atom'{}>|</feed>",
        "<RDF xmlns='http://purl.org/rss/1.0/' xmlns:x='urn:x' xmlns:n='http://purl.org/rss/1.0/'{}>"
        "<channel/>|</RDF>",
    ]
)
DECLARED = st.sampled_from(["", "", " xml:base='https://a.example/'", " said='>' xml:base='b/'"])
FRONT = st.sampled_from(
    [
        "",
        "<!-- <item> -->",
        "<!DOCTYPE rss [<!ENTITY a '<item/>'>]>",
        "Warning: <b>x</b>\n",
        "\ufeff",
    ]
)


@settings(max_examples=300)
@given(st.data())
def test_what_is_not_known_is_read_as_if_nothing_were(data: st.DataObject) -> None:
    """Two documents that share items: whatever is known from the first, of the second no item is lost.

    Nothing in an item here decides which reader reads the document: feedparser reads RSS 1.0, and no other.
    """
    root, items = data.draw(ROOTS), data.draw(ITEMS)

    def a_document(declared: str) -> bytes:
        numbers = data.draw(st.lists(st.sampled_from(range(len(items))), min_size=1, unique=True))
        written = [
            f"<{name}{attributes}><guid>{number}</guid><id>{number}</id>{inside}<title>T</title></{name}>"
            for number, (name, attributes, inside) in enumerate(items)
        ]
        if "/Atom'{" in root and " xmlns='" in root:
            written = [item.replace("item", "entry").replace("ITEM", "ENTRY") for item in written]
        body = root.format(declared).replace("|", "".join(written[number] for number in numbers))
        encoding = data.draw(st.sampled_from(["utf-8", "utf-8", "utf-16", "cp1252"]))
        cut = data.draw(st.sampled_from([None, None, None, -3, -20]))
        return (data.draw(FRONT) + body[:cut]).encode(encoding, "replace")

    declared = data.draw(DECLARED)
    before = parse_feed(a_document(declared), url=URL, nesting=20)
    after = a_document(data.draw(st.sampled_from([declared, ""])))
    known = [item for item in before.item_hashes if data.draw(st.booleans())]

    whole = parse_feed(after, url=URL, nesting=20)
    partly = parse_feed(after, url=URL, nesting=20, known=known)

    assert replace(partly, entries=(), skipped_guids=(), item_hashes=()) == replace(
        whole, entries=(), item_hashes=()
    )
    assert sorted([*map(str, guids(partly)), *partly.skipped_guids]) == sorted(
        map(str, guids(whole))
    )
    assert partly.entries == tuple(
        entry for entry in whole.entries if entry.guid not in partly.skipped_guids
    )
    assert {*partly.skipped_guids} <= {item.split(" ")[1] for item in known}
    if partly.item_hashes:
        assert partly.item_hashes == whole.item_hashes
        kept = {item for item in whole.item_hashes if item not in known}
        assert {item.split(" ")[1] for item in kept} == {*guids(partly)}
