from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flodeslasare.documents import LeftOut, Subscription
from flodeslasare.errors import DataError
from flodeslasare.exchange import join_folder, read_opml, split_folder, write_opml
from flodeslasare.text import harmless


def opml(outlines: str) -> bytes:
    return (
        f'<?xml version="1.0"?><opml version="1.0"><head/><body>{outlines}</body></opml>'.encode()
    )


def test_nested_folders_become_a_path() -> None:
    feeds, skipped = read_opml(
        opml(
            '<outline text="Offentligt"><outline title="Regioner">'
            '<outline type="rss" text="Bloggen" xmlUrl="https://a.example/rss" htmlUrl="https://a.example/"/>'
            '</outline><outline text="Nära" xmlUrl="https://b.example/"/></outline>'
            '<outline text="" title="Överst" xmlUrl="https://c.example/"/>'
        )
    )

    assert skipped == []
    assert feeds == [
        Subscription(
            url="https://a.example/rss",
            title="Bloggen",
            site_url="https://a.example/",
            folder="Offentligt/Regioner",
        ),
        Subscription(url="https://b.example/", title="Nära", folder="Offentligt"),
        Subscription(url="https://c.example/", title="Överst"),
    ]


@pytest.mark.parametrize("name", ["xmlUrl", "xmlurl", "XMLURL", "url"])
def test_attribute_names_come_in_any_case(name: str) -> None:
    feeds, _ = read_opml(opml(f'<Outline TEXT="A" {name}="https://a.example/"/>'))

    assert feeds == [Subscription(url="https://a.example/", title="A")]


def test_bare_ampersands_and_html_entities_are_repaired() -> None:
    feeds, _ = read_opml(
        opml(
            '<outline text="R&D &amp; caf&eacute; &#229;" xmlUrl="https://a.example/?format=feed&type=rss"/>'
        )
    )

    assert feeds == [
        Subscription(url="https://a.example/?format=feed&type=rss", title="R&D & café å")
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_encodings(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><opml><body><outline text="Åäö" xmlUrl="http://a.example/"/></body></opml>'

    assert read_opml(text.encode(encoding))[0][0].title == "Åäö"


@pytest.mark.parametrize(
    "data",
    [
        '<opml><body><outline text="Å – ö" xmlUrl="http://a.example/"/></body></opml>'.encode("cp1252"),
        '<?xml version="1.0" encoding="UTF-8"?><opml><body><outline text="Å – ö" xmlUrl="http://a.example/"/></body></opml>'.encode("cp1252"),
        '\n <?xml version="1.0"?><opml><body><outline text="Å – ö" xmlUrl="http://a.example/"/></body></opml>'.encode(),
        '\ufeff\n<?xml version="1.0"?><opml><body><outline text="Å – ö" xmlUrl="http://a.example/"/></body></opml>'.encode(),
        '<opml><body><outline text="Å\x1b – \x0cö" xmlUrl="http://a.example/"/></body></opml>'.encode(),
    ],
)  # fmt: skip
def test_what_readers_write_wrong_is_put_right(data: bytes) -> None:
    ((feed,), skipped) = read_opml(data)

    assert (feed.title, skipped) == ("Å – ö", [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_doctype_is_refused_in_any_encoding(encoding: str) -> None:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE opml [<!ENTITY a "lol">]>'
        "<opml><body>&a;</body></opml>"
    )

    with pytest.raises(DataError, match="DOCTYPE"):
        read_opml(text.encode(encoding))


def test_to_put_something_right_lets_no_doctype_in() -> None:
    with pytest.raises(DataError, match="DOCTYPE"):
        read_opml(b'\n<!DOCTYPE opml [<!ENTITY a "lol">]><opml><body>&a;\xe5</body></opml>')


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<html><body/></html>", "begins with <html>"),
        (b"<rss version='2.0'><channel/></rss>", "but a feed"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "but a feed"),
        (b"<opml><head/></opml>", "no <body>"),
        (b"<opml><body>\n<outline", "line 2"),
        (b"https://a.example/ tag\n", "line 1"),
        (b"<?xml version='1.0' encoding='none-such'?><opml><body/></opml>", "not an OPML file"),
        (bytes(range(256)), "not an OPML file"),
    ],
)
def test_what_is_no_opml_is_said_in_words(data: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        read_opml(data)


def test_what_cannot_be_followed_is_listed() -> None:
    feeds, skipped = read_opml(
        opml(
            '<outline text="Skript" xmlUrl="javascript:alert(1)"/>'
            '<outline text="Fil" xmlUrl="file:///etc/passwd"/>'
            '<outline text="Tom" type="rss" xmlUrl=""/>'
            '<outline text="Utan" type="rss"/>'
            '<outline text="Sida" htmlUrl="https://s.example/"/>'
            '<outline text="Tom mapp"/>'
            '<outline text="" xmlUrl=""/>'
            '<outline text="A" xmlUrl="https://a.example/"/>'
            '<outline text="M"><outline text="A" xmlUrl="https://a.example/"/></outline>'
        )
    )

    assert feeds == [Subscription(url="https://a.example/", title="A")]
    assert len(skipped) == 7
    assert skipped[0] == LeftOut("Skript: not a web address: javascript:alert(1)")
    assert "no feed address" in skipped[2].said
    assert skipped[5].said == "<outline>: the outline has no feed address"
    assert "twice" in skipped[6].said


def test_links_are_no_feeds_and_are_told_together() -> None:
    pages = "".join(
        f'<outline text="Sida {n}" type="link" url="https://s.example/{n}"/>' for n in range(5)
    )
    feeds, skipped = read_opml(
        opml(
            pages + '<outline text="Lista" type="include" url="https://l.example/lista"/>'
            '<outline text="Katalog"><outline text="Del" type="LINK" url="https://l.example/del.opml"/></outline>'
            '<outline text="Tom" type="link"/>'
            '<outline text="A" type="link" xmlUrl="https://a.example/"/>'
            '<outline text="B" url="https://b.example/"/>'
            '<outline text="Mapp" type="include" url="https://l.example/m"><outline xmlUrl="https://c.example/"/></outline>'
        )
    )

    assert [feed.url for feed in feeds] == [
        "https://a.example/",
        "https://b.example/",
        "https://c.example/",
    ]
    assert [each.count for each in skipped] == [6, 2]
    assert skipped[0].said.startswith(
        "6 links to pages, which are no feeds: Sida 0 (https://s.example/0), Sida 1 (https://s.example/1), "
    )
    assert " …; `flodeslasare add` finds" in skipped[0].said
    assert skipped[1].said == (
        "2 links to other lists: Lista (https://l.example/lista), Del (https://l.example/del.opml); "
        "fetch them, and import each by itself"
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("feed://a.example/rss", "http://a.example/rss"),
        ("feed:https://a.example/rss", "https://a.example/rss"),
        (" https://a.example/rss\n", "https://a.example/rss"),
        ("HTTPS://A.example/", "HTTPS://A.example/"),
        ("https://a.example/a b", "https://a.example/a%20b"),
    ],
)
def test_addresses_are_understood_as_they_are_meant(written: str, meant: str) -> None:
    assert read_opml(opml(f'<outline xmlUrl="{written}"/>'))[0][0].url == meant


def test_names_lose_what_could_steer_a_terminal() -> None:
    feeds, _ = read_opml(
        opml('<outline text="Ett&#x9b;31m  &#x202e;namn\n" xmlUrl="https://a.example/"/>')
    )

    assert feeds[0].title == "Ett31m namn"


def test_a_text_that_is_not_the_title_is_the_persons_own_name() -> None:
    feeds, _ = read_opml(
        opml(
            '<outline text="Min" title="Bloggen" xmlUrl="https://a.example/"/>'
            '<outline text="Min" title="https://b.example/" xmlUrl="https://b.example/"/>'
            '<outline text="Bloggen" title=" Bloggen " xmlUrl="https://c.example/"/>'
        )
    )

    assert [(feed.title, feed.named) for feed in feeds] == [
        ("Bloggen", "Min"),
        (None, "Min"),
        ("Bloggen", None),
    ]


def test_a_very_deep_file_is_read() -> None:
    depth = 20_000
    feeds, _ = read_opml(
        opml(
            '<outline text="m">' * depth
            + '<outline xmlUrl="https://a.example/"/>'
            + "</outline>" * depth
        )
    )

    assert feeds[0].folder == "/".join(["m"] * 32)


NAMES = st.text(st.characters(codec="utf-8"), min_size=1).map(
    lambda text: " ".join(harmless(text).split())
)
FOLDERS = st.lists((NAMES | st.sampled_from(["A/B", "%2F", "%25", "%"])).filter(bool), max_size=4)


@given(FOLDERS)
def test_a_folder_is_found_again_by_its_path(names: list[str]) -> None:
    assert split_folder(join_folder(names)) == names


@given(
    st.lists(
        st.builds(
            lambda number, name, own, folder, site: Subscription(
                url=f"https://{number}.example/rss?a=1&b=2",
                title=name or None,
                named=own if own and own != name else None,
                site_url="https://site.example/" if site else None,
                folder=join_folder(folder),
            ),
            st.integers(0, 10_000),
            NAMES | st.none(),
            NAMES | st.none(),
            FOLDERS,
            st.booleans(),
        ),
        unique_by=lambda subscription: subscription.url,
    )
)
def test_what_is_written_is_read_again(subscriptions: list[Subscription]) -> None:
    read, skipped = read_opml(write_opml(subscriptions))

    assert skipped == []
    assert sorted(read, key=lambda one: one.url) == sorted(subscriptions, key=lambda one: one.url)


@given(st.binary())
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    with contextlib.suppress(DataError):
        read_opml(data)
