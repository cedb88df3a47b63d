from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from msgspec import Struct

from flodeslasare.documents import ParsedEntry, ParsedFeed
from flodeslasare.errors import FeedError, NotAFeed, ParseError
from flodeslasare.fetching import parse
from flodeslasare.fetching._tree import NotPlain
from flodeslasare.fetching.parse import parse_feed
from flodeslasare.model import Enclosure

FEEDS = Path(__file__).parent / "feeds"
URL = "https://flode.example/blogg/flode.xml"
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=[]), max_size=40)


def read(name: str, **options: object) -> ParsedFeed:
    return parse_feed((FEEDS / name).read_bytes(), url=URL, **options)  # type: ignore[arg-type]


def rss(items: str, channel: str = "", attributes: str = "") -> bytes:
    return (
        f'<rss version="2.0" {attributes}><channel><title>T</title>{channel}{items}</channel></rss>'
    ).encode()


def atom(entries: str, head: str = "", attributes: str = "") -> bytes:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>T</title>{head}{entries}</feed>'
    ).encode()


def never_plain(_root: object) -> None:
    raise NotPlain


def entry_of(body: bytes, **options: object) -> ParsedEntry:
    """Give the one entry of a document, after both readers have said the same of it."""
    (entry,) = parse_feed(body, url=URL, **options).entries  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse, "read_tree", never_plain)
        assert parse_feed(body, url=URL, **options).entries == (entry,)  # type: ignore[arg-type]
    return entry


MODULES = " ".join(
    f'xmlns:{prefix}="{namespace}"'
    for prefix, namespace in {
        "a10": "http://www.w3.org/2005/Atom",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "georss": "http://www.georss.org/georss",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "media": "http://search.yahoo.com/mrss/",
        "slash": "http://purl.org/rss/1.0/modules/slash/",
        "thr": "http://purl.org/syndication/thread/1.0",
        "wfw": "http://wellformedweb.org/CommentAPI/",
        "x": "http://www.w3.org/1999/xhtml",
    }.items()
)


def item(inside: str, channel: str = "") -> bytes:
    return rss(f"<item>{inside}</item>", channel, MODULES)


# --- every form ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "title", "site_url", "number"),
    [
        ("rss090.xml", "Regionnytt", "https://region.example/", 2),
        ("rss091.xml", "Kansliets anslagstavla", "https://kansli.example/", 1),
        ("rss10.xml", "Miljökraven", "https://miljo.example/", 1),
        ("rss20.xml", "Hållbart & klokt", "https://klokt.example/", 3),
        ("joomla.xml", "Blogg - Exempelkansliet", "https://kansli.example/bloggen", 1),
        ("podcast.xml", "Upphandlingspodden", "https://podd.example/", 2),
        ("atom03.xml", "Äldre anteckningar", "https://aldre.example/", 1),
        ("atom10.xml", "Nätverket & vännerna", "https://natverk.example/blogg/", 3),
        ("video.xml", "Filmer från nätverket", "https://film.example/kanal", 1),
        ("json10.json", "Jämförelser", "https://jamfor.example/", 1),
        ("json11.json", "Läkemedel & miljö", "https://lakemedel.example/", 2),
    ],
)
def test_each_form_is_read(name: str, title: str, site_url: str, number: int) -> None:
    feed = read(name)

    assert (feed.title, feed.site_url, len(feed.entries)) == (title, site_url, number)
    assert feed.flaw is None or name == "rss091.xml"  # its entities stand in a DTD far away


def test_an_rss_20_entry() -> None:
    first, second, third = read("rss20.xml").entries

    assert first == ParsedEntry(
        guid="klokt-42",
        url="https://klokt.example/inlagg/42?utm=flode&x=1",
        title="Studiebesök på ett fjäderfäslakteri",
        author="Kajsa Öberg",
        published=datetime(2018, 4, 5, 8, 15, tzinfo=UTC),
        tags=("livsmedel", "Djurskydd & tillsyn"),
        html=(
            '<h2>Hela kedjan</h2><p>Vi fick se <a href="https://klokt.example/kedjan">hela kedjan</a>.</p>\n'
            "<ul><li>Kläckning</li><li>Uppfödning</li></ul>"
            '<img src="https://klokt.example/inlagg/bild.jpg" alt="Hallen">'
        ),
        text="Hela kedjan\nVi fick se hela kedjan.\n• Kläckning\n• Uppfödning\nHallen",
    )
    assert second.title == "AT&T svarar: ja, om 1 < 2 [preliminärt] 😀"
    assert second.url == second.guid == "https://klokt.example/inlagg/41"
    assert second.author == "Bo Älv"
    assert second.text == "Rad ett.\nRad två."
    assert second.html.endswith('<img src="https://klokt.example/liten.jpg" alt=""></p>')
    assert second.enclosures == (
        Enclosure(
            url="https://klokt.example/rapport.pdf", type="application/pdf", size_bytes=123456
        ),
        Enclosure(url="https://klokt.example/film.mp4", type="video/mp4"),
    )
    assert (third.guid, third.title, third.published) == (None, "", None)


def test_an_rss_10_entry() -> None:
    feed = read("rss10.xml")
    (entry,) = feed.entries

    assert feed.min_interval_seconds == 6 * 3600
    assert entry.guid == "https://miljo.example/1"
    assert entry.author == "Inez Ström"
    assert entry.tags == ("plast",)
    assert entry.published == datetime(2017, 3, 2, 8, 30, tzinfo=UTC)
    assert entry.text == "Kraven på plast skärps i vår."


def test_atom_entries() -> None:
    feed = read("atom10.xml")
    tables, advice, text = feed.entries

    assert feed.next_url == "https://natverk.example/blogg/arkiv/2017.xml"
    assert tables.title == "Använd <table> med måtta"
    assert tables.url == "https://natverk.example/blogg/2018/tabeller"
    assert tables.author == "Hilding Ask, orvar@natverk.example"
    assert tables.published == datetime(2018, 1, 10, 8, tzinfo=UTC)
    assert tables.updated == datetime(2018, 1, 12, 8, tzinfo=UTC)
    assert tables.tags == ("Planering",)
    assert tables.enclosures[0].url == "https://natverk.example/blogg/filer/planering.pdf"
    assert tables.html == (
        '<p>Se <a href="https://natverk.example/blogg/2018/bilaga">bilagan</a>.<br>Tack &amp; hej!</p>'
        '<p><img src="https://natverk.example/blogg/2018/karta.png" alt="Karta"></p>'
    )
    assert advice.title == "Fem råd"
    assert advice.author == "Nätverkets kansli"
    assert (advice.published, advice.updated) == (datetime(2018, 1, 8, 9, tzinfo=UTC), None)
    assert text.html == "<p>Första stycket &lt; andra.</p><p>Andra stycket.</p>"


def test_an_atom_03_entry() -> None:
    (entry,) = read("atom03.xml").entries

    assert entry.guid == "tag:aldre.example,2005:1"
    assert entry.author == "Maj Dahl"
    assert entry.html == "<p>Det är skrivet.</p>"
    assert entry.published == datetime(2005, 6, 1, 8, tzinfo=UTC)


def test_media_rss() -> None:
    (entry,) = read("video.xml").entries

    assert entry.title == "Planeringsdagen"
    assert entry.text == "Se filmen.\nLäs mer på webben."
    assert "https://film.example/1.jpg" in entry.html
    assert entry.enclosures == (Enclosure(url="https://film.example/1.mp4", type="video/mp4"),)


def test_podcasts() -> None:
    first, last = read("podcast.xml").entries

    assert first.author == "Folke Lind"
    assert last.author == "Redaktionen"
    assert first.tags == ("uppföljning", "avtal")
    assert first.text == "Vi talar om uppföljning."
    assert [file.size_bytes for file in (*first.enclosures, *last.enclosures)] == [9000000, None]


def test_json_feeds() -> None:
    first, second = read("json11.json").entries
    (old,) = read("json10.json").entries

    assert read("json11.json").next_url == "https://lakemedel.example/feed.json?sida=2"
    assert first.url == first.guid
    assert first.author == "Petra Berg, Jon Sjö"
    assert first.tags == ("läkemedel", "EU")
    assert first.text == "Läs programmet."
    assert first.html.startswith('<p>Läs <a href="https://lakemedel.example/program">')
    assert first.published == datetime(2019, 2, 3, 9, tzinfo=UTC)
    assert first.enclosures[0].size_bytes == 4096
    assert (second.guid, second.url) == ("b", "https://annan.example/b")
    assert (old.guid, old.url, old.author) == ("17", "https://flode.example/17", "Love Holm")
    assert old.html == "<p>Stycke ett.</p><p>Stycke två &lt; tre.</p>"


@pytest.mark.parametrize(
    "name",
    [
        path.name
        for path in sorted(FEEDS.glob("*.xml"))
        if path.name != "hostile.xml"  # feedparser takes file:///x for file://x
    ],
)
def test_both_readers_say_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = read(name)
    monkeypatch.setattr(parse, "read_tree", never_plain)

    assert read(name) == quick


# --- characters ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("cp1252-as-latin1.xml", None),
        ("cp1252-as-utf8.xml", "it says utf-8 and is windows-1252"),
        ("utf8-as-latin1.xml", "it says iso8859-1 and is utf-8"),
        ("utf8-bom.xml", None),
        ("utf16.xml", None),
        ("utf16-no-bom.xml", None),
    ],
)
def test_the_character_set_is_found(name: str, flaw: str | None) -> None:
    feed = read(name)

    assert feed.title == "Å, ä och ö"
    assert feed.entries[0].title == "Läkemedelsupphandling på Åland – “klar” för 5 €"
    assert feed.entries[0].text == "Så här är det… ”citat” i Överkalix."
    assert feed.flaw == flaw


def test_latin1_is_read_whatever_the_server_says() -> None:
    for content_type in (None, "text/plain", "text/html; charset=latin-1", "image/png"):
        assert read("latin1.xml", content_type=content_type).title == "Å, ä och ö"


def test_a_charset_of_the_reply_counts_where_the_document_says_nothing() -> None:
    body = rss("<item><title>Ж</title></item>").decode().encode("koi8-r")

    feed = parse_feed(body, url=URL, content_type='application/xml; charset="KOI8-R"')

    assert feed.entries[0].title == "Ж"


@pytest.mark.parametrize("name", ["zip", "rot13", "idna", "unicode_escape", "utf-7", "finns-inte"])
def test_a_character_set_that_is_none_is_not_used(name: str) -> None:
    body = f'<?xml version="1.0" encoding="{name}"?>'.encode() + rss(
        "<item><title>åäö \\u0041+AGE-</title></item>"
    )

    assert parse_feed(body, url=URL).entries[0].title == "åäö \\u0041+AGE-"


def test_text_that_was_encoded_twice_is_put_right() -> None:
    mangled = "Hållbart".encode().decode("latin-1")

    assert parse_feed(rss(f"<item><title>{mangled}</title></item>"), url=URL).entries[0].title == (
        "Hållbart"
    )


# --- broken documents --------------------------------------------------------------------------------


def test_bare_ampersands_and_signs() -> None:
    feed = read("bare-ampersands.xml")

    assert feed.title == "Bygg & fordon"
    assert feed.site_url == "https://bygg.example/?a=1&b=2"
    assert feed.entries[0].title == "Krav & avtal: 3 < 4"
    assert feed.entries[0].url == "https://bygg.example/?id=7&sida=2"
    assert feed.entries[0].text == "Fisk & vilt & bär"
    assert feed.flaw == "it is not well-formed XML"


def test_entities_of_html() -> None:
    feed = read("html-entities.xml")

    assert feed.title == "Entiteter — alla slag"
    assert feed.entries[0].title == "Köttfärs & fisk… ’ja’ &okand; 😀"
    assert feed.entries[0].text == "Fjåll"


def test_prefixes_without_a_declaration() -> None:
    (entry,) = read("undeclared-prefixes.xml").entries

    assert (entry.author, entry.text) == ("Ebba Ek", "Texten finns.")


def test_items_that_are_never_closed() -> None:
    assert [entry.guid for entry in read("unclosed-items.xml").entries] == ["s1", "s2", "s3"]


def test_warnings_in_front_and_rubbish_behind() -> None:
    feed = read("warning-in-front.xml")

    assert feed.entries[0].title == "Ändå läsbart"
    assert feed.flaw == "there is something in front of the feed; it is not well-formed XML"


def test_a_cut_document_gives_what_came_whole() -> None:
    feed = read("truncated.xml")

    assert [entry.guid for entry in feed.entries] == ["hel", "halv"]
    assert feed.entries[1].text == "Så långt kom"
    assert feed.flaw == "it ends in the middle"


def test_half_a_guid_is_no_guid() -> None:
    assert [entry.guid for entry in read("truncated-guid.xml").entries] == ["hel"]


@pytest.mark.parametrize("name", ["rss20.xml", "atom10.xml", "json11.json", "rss10.xml"])
def test_a_document_may_be_cut_anywhere(name: str) -> None:
    whole = read(name)
    guids = [entry.guid for entry in whole.entries]
    body = (FEEDS / name).read_bytes()

    for end in range(0, len(body), 3):
        try:
            feed = parse_feed(body[:end], url=URL)
        except FeedError:
            continue
        found = [entry.guid for entry in feed.entries]
        assert found == guids[: len(found)]


def test_a_cut_json_feed() -> None:
    body = (FEEDS / "json11.json").read_bytes()

    feed = parse_feed(body[: body.index(b'{"id": "b"') + 20], url=URL)

    assert feed.title == "Läkemedel & miljö"
    assert [entry.title for entry in feed.entries] == ["Konferens i parlamentet"]
    assert feed.flaw


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", ParseError),
        (b" \r\n\t ", ParseError),
        (b"\xef\xbb\xbf", ParseError),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ParseError),
        (b"%PDF-1.7 ...", ParseError),
        (b"hej", ParseError),
        (b'{"a": ', ParseError),
        (b'{"a": 1}', NotAFeed),
        (b"[" * 100_000, ParseError),
        (b'{"items":' + b"[" * 100_000, NotAFeed),
        (b"<!DOCTYPE html><title>x</title>", NotAFeed),
        (b"<html><body><rss></rss></body></html>", NotAFeed),
        (b"<div>404</div>", NotAFeed),
        (b'<?xml version="1.0"?><opml version="2.0"><body/></opml>', NotAFeed),
        (b"<urlset/>", NotAFeed),
        ((FEEDS / "page.html").read_bytes(), NotAFeed),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_feed_is_refused_in_words(body: bytes, kind: type[FeedError]) -> None:
    with pytest.raises(kind) as caught:
        parse_feed(body, url=URL)

    assert caught.value.url == URL
    assert len(caught.value.reason) > 20


def test_an_empty_feed_is_a_feed() -> None:
    assert parse_feed(rss(""), url=URL).entries == ()
    assert parse_feed(atom(""), url=URL).entries == ()
    assert (
        parse_feed(b'{"version": "https://jsonfeed.org/version/1", "items": []}', url=URL).entries
        == ()
    )


# --- what entries say ------------------------------------------------------------------------------------


def test_swedish_dates_in_a_swedish_feed() -> None:
    feed = read("swedish-dates.xml")
    morning = datetime(2018, 4, 5, 8, 15, tzinfo=UTC)

    assert [entry.published for entry in feed.entries] == [
        morning,
        morning,
        morning,
        datetime(2018, 4, 4, 22, tzinfo=UTC),
        None,
        None,
    ]


def test_content_goes_before_the_summary_unless_that_says_more() -> None:
    item = "<item><description>{}</description><content:encoded>{}</content:encoded></item>"
    space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'

    short = parse_feed(rss(item.format("Kort.", "Den långa texten."), attributes=space), url=URL)
    odd = parse_feed(rss(item.format("Den långa texten.", "Mer…"), attributes=space), url=URL)

    assert short.entries[0].text == odd.entries[0].text == "Den långa texten."


def test_content_location_goes_before_the_address() -> None:
    body = rss(
        '<item><link>a</link><description>&lt;a href="b"&gt;b&lt;/a&gt;</description></item>'
    )

    feed = parse_feed(body, url=URL, location="/arkiv/")

    assert feed.entries[0].url == "https://flode.example/arkiv/a"
    assert feed.entries[0].html == '<a href="https://flode.example/arkiv/b">b</a>'


@pytest.mark.parametrize(
    ("site", "link", "address", "found"),
    [
        ("https://b.example/", "https://b.example/2018/duvor/", "#not1", "https://b.example/2018/duvor/#not1"),
        ("https://b.example/", "https://www.b.example/2018/", "duva.png", "https://www.b.example/2018/duva.png"),
        # The feed is served by somebody else, as by FeedBurner.
        ("https://b.example/", "https://b.example/2018/", "/duva.png", "https://b.example/duva.png"),
        ("", "https://flode.example/2018/", "duva.png", "https://flode.example/2018/duva.png"),
        # A page of somebody else's.
        ("https://b.example/", "https://c.example/2018/", "duva.png", "https://flode.example/blogg/duva.png"),
        ("https://b.example/", "", "duva.png", "https://flode.example/blogg/duva.png"),
        ("https://b.example/", "https://b.example/2018/", "http://d.example/e", "http://d.example/e"),
    ],
)  # fmt: skip
def test_what_is_relative_in_rss_is_so_to_the_page_of_the_entry(
    site: str, link: str, address: str, found: str
) -> None:
    inside = f'<link>{link}</link><description>&lt;a href="{address}"&gt;b&lt;/a&gt;</description>'

    feed = parse_feed(rss(f"<link>{site}</link><item>{inside}</item>"), url=URL)

    assert feed.entries[0].html == f'<a href="{found}">b</a>'


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("<author>bo@a.se (Bo Älv)</author>", "Bo Älv"),
        ("<author>Bo Älv &lt;bo@a.se&gt;</author>", "Bo Älv"),
        ("<author>bo@museet.museum</author>", "bo@museet.museum"),
        ("<author>Bo &amp;amp; Maj</author>", "Bo & Maj"),
        ("<author>(Bo Älv)</author>", "Bo Älv"),
        ("<author><name>Bo Älv</name><email>bo@a.se</email></author>", "Bo Älv"),
        ("<itunes:author>Bo</itunes:author>", "Bo"),
        ("<dc:creator>Bo</dc:creator><dc:creator>Maj</dc:creator><author>bo</author>", "Bo, Maj"),
        ("", "Redaktionen"),
    ],
)
def test_authors(author: str, name: str) -> None:
    editor = "<managingEditor>red@a.se (Redaktionen)</managingEditor>"

    assert entry_of(item(f"<title>x</title>{author}", editor)).author == name


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        ("<itunes:author>Podden</itunes:author>", "Podden"),
        ("<dc:creator>Kansliet</dc:creator>", "Kansliet"),
        ("<a10:author><a10:name>Nätverket</a10:name></a10:author>", "Nätverket"),
        (
            "<itunes:owner><itunes:name>Ägaren</itunes:name><itunes:email>a@a.se</itunes:email></itunes:owner>",
            "Ägaren",
        ),
        ("<webMaster>teknik@a.se (Tekniken)</webMaster>", None),
    ],
)
def test_authors_of_the_whole_feed(channel: str, name: str | None) -> None:
    assert entry_of(item("<title>x</title>", channel)).author == name


def test_authors_of_atom() -> None:
    feeds = "<author><name>Flödets</name></author>"
    own = "<author><name>Maj</name><email>maj@a.se</email></author><author><email>bo@a.se</email></author>"

    assert entry_of(atom("<entry><title>x</title></entry>", feeds)).author == "Flödets"
    assert entry_of(atom(f"<entry>{own}<title>x</title></entry>", feeds)).author == "Maj, bo@a.se"


def test_an_entry_without_author_takes_its_source_s() -> None:
    body = atom(
        "<entry><id>1</id><source><author><name>Källan</name></author></source></entry>",
        "<author><name>Samlaren</name></author>",
    )

    assert parse_feed(body, url=URL).entries[0].author == "Källan"


TITLES = [
    ("<title>a &amp;lt;b&amp;gt; c</title>", "a <b> c"),
    ("<title>a &lt;b&gt;fet&lt;/b&gt; &amp;amp; c</title>", "a fet & c"),
    ("<title><![CDATA[a <b>fet</b> &amp; &lt;i&gt;]]></title>", "a fet & <i>"),
    ("<title>a <b>fet</b> c</title>", "a fet c"),
    ("<title>a <x:b>fet</x:b> c</title>", "a fet c"),
    ("<title>Rätt</title><media:title>Bild</media:title>", "Rätt"),
    ("<media:title>Bild</media:title><title>Rätt</title>", "Rätt"),
    ("<dc:title>Annan</dc:title><title>Rätt</title><itunes:title>Tredje</itunes:title>", "Rätt"),
    ("<dc:title>Enda</dc:title>", "Enda"),
]


@pytest.mark.parametrize(("given", "title"), TITLES)
def test_titles_of_rss_are_decoded_once(given: str, title: str) -> None:
    assert entry_of(item(given)).title == title


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("<title>a &lt;b&gt; c</title>", "a <b> c"),
        ("<title type='text'>a &lt;b&gt; &amp;amp;</title>", "a <b> &amp;"),
        (
            "<title type='html'>a &amp;lt;b&amp;gt; &lt;i&gt;c&lt;/i&gt; &amp;amp;</title>",
            "a <b> c &",
        ),
        (
            "<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a &lt;b&gt; <i>c</i></div></title>",
            "a <b> c",
        ),
    ],
)
def test_titles_of_atom_are_what_their_type_says(given: str, title: str) -> None:
    assert entry_of(atom(f"<entry><id>1</id>{given}</entry>")).title == title


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            "<description>Ingress.</description><content:encoded>Hela den långa texten.</content:encoded>",
            "Hela den långa texten.",
        ),
        ("<description>Ingress.</description><content:encoded/>", "Ingress."),
        (
            "<description>Ingressen säger här mer än texten, som är kort och har en bild.</description>"
            "<content:encoded>&lt;img src='a.png' alt='Bild'></content:encoded>",
            "Bild",
        ),
        (
            "<description>Text.</description><media:content url='a.png' medium='image'>"
            "<media:description>En bildtext, som är mycket längre.</media:description></media:content>",
            "Text.",
        ),
        ("<description>D</description><x:body><x:p>Hela texten</x:p></x:body>", "Hela texten"),
        ("<description>D</description><a10:content type='html'>&lt;p>Hela</a10:content>", "Hela"),
        ("<dc:description>Beskrivning</dc:description>", "Beskrivning"),
        ("<itunes:subtitle>En rad</itunes:subtitle>", "En rad"),
        ("<itunes:subtitle>En lång rad</itunes:subtitle><description>Kort</description>", "Kort"),
        ("<description><p>Hej <b>du</b><br/>ny &lt;rad&gt;</p></description>", "Hej du\nny <rad>"),
    ],
)
def test_what_the_text_of_an_entry_is(given: str, text: str) -> None:
    assert entry_of(item(f"<guid>1</guid>{given}")).text == text


@pytest.mark.parametrize(
    "given",
    [
        "<media:thumbnail url='/b.jpg'/>",
        "<media:content url='/b.jpg' medium='image'/>",
        "<media:content url='/b.jpg' type='image/jpeg'/>",
        "<media:content url='/b.jpg'/>",
        "<media:group><media:content url='/b.jpg' type='image/jpeg'/></media:group>",
        "<itunes:image href='/b.jpg'/>",
        "<enclosure url='/b.jpg' type='image/jpeg' length='4000'/>",
    ],
)
def test_an_entrys_own_picture_is_shown(given: str) -> None:
    entry = entry_of(item(f"<guid>1</guid><description>Text</description>{given}"))

    assert entry.html == '<p>Text</p><p><img src="https://flode.example/b.jpg" alt=""></p>'


@pytest.mark.parametrize(
    ("length", "size"),
    [
        ("123", 123),
        (" 123 ", 123),
        ("12 345", 12345),
        ("12,345", 12345),
        ("5000.0", 5000),
        ("", None),
        ("0", None),
        ("1", None),
        ("-5", None),
        ("1.5MB", None),
        ("okänd", None),
        ("9" * 20, None),
    ],
)
def test_sizes_of_enclosures(length: str, size: int | None) -> None:
    entry = entry_of(item(f"<guid>1</guid><enclosure url='a.mp3' length='{length}'/>"))

    assert [file.size_bytes for file in entry.enclosures] == [size]


@pytest.mark.parametrize(
    ("url", "given", "kind"),
    [
        ("a.mp3?x=1#t", "", "audio/mpeg"),
        ("a.pdf", "application/pdf; charset=binary", "application/pdf"),
        ("a.mp3", "AUDIO/MP4", "audio/mp4"),
        ("a.mp3", "mp3", "audio/mpeg"),
        ("a", "", None),
        ("a", "en fil", None),
    ],
)
def test_types_of_enclosures(url: str, given: str, kind: str | None) -> None:
    rss_entry = entry_of(item(f"<guid>1</guid><enclosure url='{url}' type='{given}'/>"))
    atom_entry = entry_of(
        atom(f"<entry><id>1</id><link rel='enclosure' href='{url}' type='{given}'/></entry>")
    )

    assert [file.type for file in rss_entry.enclosures] == [kind]
    assert [file.type for file in atom_entry.enclosures] == [kind]


def test_a_file_that_is_named_twice_is_one() -> None:
    entry = entry_of(
        item(
            "<guid>1</guid><enclosure url='a'/><media:content url='a' type='video/mp4' fileSize='99'/>"
        )
    )

    assert entry.enclosures == (
        Enclosure(url="https://flode.example/blogg/a", type="video/mp4", size_bytes=99),
    )


def test_categories() -> None:
    given = (
        "<category domain='https://d.example'>Avtal</category><category>avtal</category><category/>"
        "<dc:subject>Miljö</dc:subject><media:keywords>fisk, fågel</media:keywords>"
    )
    terms = "<category term='t1' label='Textil &amp;amp; läder' scheme='s'/><category term='t2'/>"

    assert entry_of(item(f"<guid>1</guid>{given}")).tags == ("Avtal", "Miljö", "fisk", "fågel")
    assert entry_of(atom(f"<entry><id>1</id>{terms}</entry>")).tags == ("Textil & läder", "t2")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("<guid>https://a.example/1</guid>", "https://a.example/1"),
        ("<guid isPermaLink='false'>https://a.example/1</guid>", None),
        ("<guid isPermaLink='False'>https://a.example/1</guid>", None),
        ("<guid ispermalink='false'>https://a.example/1</guid>", None),
        ("<guid>17</guid>", None),
        ("<guid isPermaLink='true'>17</guid><link>../a b</link>", "https://flode.example/a%20b"),
        ("<guid>17</guid><a10:link href='/3'/>", "https://flode.example/3"),
        ("<guid>17</guid><link>javascript:alert(1)</link>", None),
    ],
)
def test_links_and_permalinks_of_rss(given: str, url: str | None) -> None:
    assert entry_of(item(given)).url == url


@pytest.mark.parametrize(
    ("links", "url"),
    [
        ("<link href='a' rel='self'/><link href='b' rel='replies'/>", None),
        (
            "<link href='a.pdf' type='application/pdf'/><link href='b'/>",
            "https://flode.example/blogg/b",
        ),
        (
            "<link href='a.json' type='application/json'/><link href='b' type='application/xhtml+xml'/>",
            "https://flode.example/blogg/b",
        ),
        (
            "<link href='a' rel='http://www.iana.org/assignments/relation/alternate'/>",
            "https://flode.example/blogg/a",
        ),
    ],
)
def test_links_of_atom(links: str, url: str | None) -> None:
    assert entry_of(atom(f"<entry><id>urn:1</id>{links}</entry>")).url == url


def test_bases_go_before_content_location_and_that_before_the_address() -> None:
    inside = (
        "<link href='a'/><link rel='enclosure' href='b.mp3'/><media:thumbnail url='c.png'/>"
        "<content type='html' xml:base='d/'>&lt;a href='e'>e&lt;/a></content>"
    )
    body = atom(f"<entry xml:base='x/'><id>1</id>{inside}</entry>", attributes=MODULES)
    based = body.replace(b"<feed ", b"<feed xml:base='/y/' ")

    def addresses(entry: ParsedEntry) -> list[str | None]:
        return [
            entry.url,
            *(file.url for file in entry.enclosures),
            *re.findall('(?:href|src)="([^"]*)"', entry.html),
        ]

    def below(base: str) -> list[str]:
        return [f"{base}{name}" for name in ("a", "b.mp3", "d/e", "c.png")]

    assert addresses(entry_of(body)) == below("https://flode.example/blogg/x/")
    assert addresses(entry_of(body, location="https://annan.example/z/w")) == below(
        "https://annan.example/z/x/"
    )
    assert addresses(entry_of(based, location="https://annan.example/z/w")) == below(
        "https://annan.example/y/x/"
    )


def test_bases_inside_xhtml() -> None:
    body = atom(
        "<entry><id>1</id><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml' xml:base='a/'>"
        "<p xml:base='b/'><a href='c'>c</a><img src='/d.png'/></p></div></content></entry>"
    )

    assert entry_of(body).html == (
        '<p><a href="https://flode.example/blogg/a/b/c">c</a><img src="https://flode.example/d.png"></p>'
    )


def test_modules_that_say_nothing_of_ours_are_passed_over() -> None:
    entry = entry_of(
        item(
            "<guid>1</guid><title>Titel</title><comments>https://a.example/1#k</comments>"
            "<slash:comments>12</slash:comments><wfw:commentRss>https://a.example/1/feed</wfw:commentRss>"
            "<georss:point>59.3 18.1</georss:point><thr:total>3</thr:total>"
        )
    )

    assert entry == ParsedEntry(guid="1", url=None, title="Titel")


def test_prefixes_are_only_prefixes() -> None:
    body = rss(
        '<item><guid>1</guid><e:encoded xmlns:e="http://purl.org/rss/1.0/modules/content/">Text</e:encoded>'
        '<q:creator xmlns:q="http://purl.org/dc/elements/1.1/">Bo</q:creator>'
        '<i:author xmlns:i="http://www.itunes.com/DTDs/Podcast-1.0.dtd">Maj</i:author>'
        '<w:thumbnail xmlns:w=" http://search.yahoo.com/mrss/" url="/w.jpg"/></item>'
    )
    entry = entry_of(body)

    assert (entry.text, entry.author) == ("Text", "Bo, Maj")
    assert 'src="https://flode.example/w.jpg"' in entry.html


@pytest.mark.parametrize(
    ("given", "published", "updated"),
    [
        ("<pubDate>fre, 04 maj 2018 12:00:00 CEST</pubDate>", "2018-05-04 10:00", None),
        ("<dc:date>2018-05-04T12:00:00+02:00</dc:date>", "2018-05-04 10:00", None),
        (
            "<pubDate>igår</pubDate><dc:date>2018-05-04T10:00:00Z</dc:date>",
            "2018-05-04 10:00",
            None,
        ),
        ("<pubDate/><pubdate>4 May 2018 10:00 UT</pubdate>", "2018-05-04 10:00", None),
        ("<pubDate>4 May 2018 10:00 UT</pubDate><pubDate/>", "2018-05-04 10:00", None),
        (
            "<dc:date>2018-05-04T10:00:00Z</dc:date><a10:updated> </a10:updated>",
            "2018-05-04 10:00",
            None,
        ),
        (
            "<pubDate>Fri, 04 May 2018 10:00:00 GMT</pubDate><a10:updated>2018-05-05T10:00:00Z</a10:updated>",
            "2018-05-04 10:00",
            "2018-05-05 10:00",
        ),
        ("<pubDate>Fri, 04 May 2099 10:00:00 GMT</pubDate>", "2099-05-04 10:00", None),
        ("<pubDate>Thu, 01 Jan 1970 00:00:00 +0000</pubDate>", None, None),
        ("<pubDate>30 Feb 2018 10:00:00 GMT</pubDate>", None, None),
    ],
)
@pytest.mark.parametrize("is_plain", [True, False])
def test_dates(
    given: str,
    published: str | None,
    updated: str | None,
    is_plain: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not is_plain:
        monkeypatch.setattr(parse, "read_tree", never_plain)
    entry = entry_of(item(f"<guid>1</guid>{given}"))

    assert [when and f"{when:%F %H:%M}" for when in (entry.published, entry.updated)] == [
        published,
        updated,
    ]


def test_an_item_that_says_nothing_is_no_entry() -> None:
    body = rss(
        "<item/><item><pubDate>Fri, 04 May 2018 10:00:00 GMT</pubDate></item><item><guid>1</guid></item>"
    )

    assert [entry.guid for entry in parse_feed(body, url=URL).entries] == ["1"]


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("\u200d", ""),
        ("&#x2800; &#x3164;\u200b", ""),
        ("\ufe0f<b>\u200c</b>", ""),
        ("❤\ufe0f", "❤\ufe0f"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_a_title_that_nobody_sees_is_none(given: str, title: str) -> None:
    assert entry_of(item(f"<guid>1</guid><title>{given}</title>")).title == title


def test_odd_values_in_json() -> None:
    items = (
        '[{"id": 17, "title": "&lt;b> är text", "tags": ["a", null, 5], "authors": "Bo"}, 5, null,'
        f' {{"id": {"9" * 6_000}}}, {{"id": NaN, "url": "/n"}}, {{"id": true, "title": "sant"}},'
        ' {"id": "f", "attachments": [{"url": "a.mp3", "size_in_bytes": 5000.0}, {}]}]'
    )
    feed = parse_feed(
        f'{{"version": "https://jsonfeed.org/version/1.1", "items": {items}}}'.encode(), url=URL
    )

    assert feed.flaw is None
    assert [entry.guid and entry.guid[:6] for entry in feed.entries] == [
        "17",
        "sha256",
        None,
        None,
        "f",
    ]
    assert (feed.entries[0].title, feed.entries[0].tags) == ("&lt;b> är text", ("a", "5"))
    assert feed.entries[2].url == "https://flode.example/n"
    assert feed.entries[4].enclosures[0].size_bytes == 5000


def test_json_with_commas_too_many() -> None:
    body = '{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "a, }", }, {"id": "2",},],}'
    feed = parse_feed(body.encode(), url=URL)

    assert [(entry.guid, entry.title) for entry in feed.entries] == [("1", "a, }"), ("2", "")]
    assert feed.flaw


def test_the_feed_says_how_often_it_wants_to_be_asked() -> None:
    sy = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    hourly = "<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"

    def interval(channel: str) -> int | None:
        return parse_feed(rss("", channel, sy), url=URL).min_interval_seconds

    assert interval("<ttl>90</ttl>") == 5400
    assert interval(hourly) == 1800
    assert interval(hourly + "<ttl>60</ttl>") == 3600
    assert interval("<ttl>0</ttl>") is None
    assert interval("<ttl>ofta</ttl>") is None
    assert interval("<ttl>9999999</ttl>") == 30 * 24 * 3600


def test_the_next_page_is_another_one() -> None:
    def next_url(link: str) -> str | None:
        return parse_feed(atom("", link), url=URL).next_url

    assert next_url('<link rel="next" href="?sida=2"/>') == URL + "?sida=2"
    assert next_url(f'<link rel="next" href="{URL}"/>') is None
    assert next_url('<link rel="next" href="javascript:x"/>') is None


def test_a_very_long_guid_stays_itself() -> None:
    long = "x" * 5000

    first, second = parse_feed(
        rss(f"<item><guid>{long}a</guid></item><item><guid>{long}b</guid></item>"), url=URL
    ).entries

    assert first.guid != second.guid
    assert len(first.guid or "") < 100


def test_limits() -> None:
    many = rss("".join(f"<item><guid>{n}</guid></item>" for n in range(30)))
    long = rss(f"<item><description>{'ord ' * 10_000}</description></item>")

    feed = parse_feed(many, url=URL, max_entries=10)

    assert [entry.guid for entry in feed.entries] == [str(n) for n in range(10)]
    assert feed.flaw == "it holds 30 entries; the first 10 were read"
    assert len(parse_feed(long, url=URL, field_characters=100).entries[0].text) <= 100


def test_limits_of_json() -> None:
    items = ", ".join(f'{{"id": {n}}}' for n in range(30))

    feed = parse_feed(
        f'{{"version": "https://jsonfeed.org/version/1", "items": [{items}]}}'.encode(),
        url=URL,
        max_entries=10,
    )

    assert len(feed.entries) == 10
    assert feed.flaw == "it holds 30 entries; the first 10 were read"


def test_limits_of_images_and_nesting() -> None:
    images = escape("".join(f"<img src='{n}.png' alt='a>b'>" for n in range(30)))
    raw = f"{'<b>' * 150}djupt{'</b>' * 150}"

    entry = entry_of(item(f"<guid>1</guid><description>{images}</description>"), max_images=10)
    deep = parse_feed(item(f"<guid>1</guid><description>{raw}</description>"), url=URL, nesting=50)
    escaped = entry_of(item(f"<guid>1</guid><description>{escape(raw)}</description>"), nesting=50)

    assert len(re.findall("<img ", entry.html)) == 10
    assert entry_of(item("<guid>1</guid><media:thumbnail url='a'/>"), max_images=0).html == ""
    assert deep.entries[0].text == escaped.text == "djupt"
    assert 10 < deep.entries[0].html.count("<b>") < escaped.html.count("<b>") == 50
    assert deep.flaw == "its elements are nested deeper than 50"


# --- hostile documents -----------------------------------------------------------------------------------


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from strings(item)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from strings(getattr(value, name))


def assert_is_safe(feed: ParsedFeed) -> None:
    for text in strings(feed):
        assert not UNSAFE.search(text), ascii(text)
    urls = [feed.site_url, feed.next_url]
    for entry in feed.entries:
        urls += [entry.url, *(file.url for file in entry.enclosures)]
        for line in (entry.title, entry.author or "", entry.guid or "", *entry.tags):
            assert "\n" not in line
            assert "\t" not in line
        assert not re.search(r"<(script|style|iframe|svg|object|form|bdo)\b", entry.html)
        for element in lxml_html.fromstring(f"<div>{entry.html}</div>").iter():
            urls += [str(element.get(name)) for name in ("href", "src") if element.get(name)]
            assert not [name for name in element.attrib if str(name).startswith("on")]
    for url in urls:
        assert url is None or re.fullmatch(r"(https?://|mailto:)\S+", url), ascii(url)


def assert_is_safe_or_refused(body: bytes) -> None:
    try:
        feed = parse_feed(body, url=URL)
    except FeedError as error:
        feed = ParsedFeed(title=error.reason, site_url=None, entries=())
    assert_is_safe(feed)


def test_a_hostile_feed() -> None:
    feed = read("hostile.xml")
    (entry,) = feed.entries

    assert_is_safe(feed)
    assert feed.title == "Ond gnirts [31mröd"
    assert feed.site_url is None
    assert entry.title == "[bold]nej[/bold] ilav ]0;ägd"
    assert entry.url is None
    assert [file.type for file in entry.enclosures] == [None]
    assert entry.text == "Text [2J en två tre fyra fem sex\nbak tla"
    assert re.findall('href="([^"]*)"', entry.html) == ["https://ok.example/"]


def test_entities_are_not_expanded() -> None:
    feed = read("entity-bomb.xml")

    assert feed.entries[0].title == "Före &m; efter"


def test_entities_from_outside_stay_outside() -> None:
    (entry,) = read("xxe.xml").entries

    assert entry.title == "Innehåll: &fil;"
    assert entry.text == "&fil;"


def test_deep_nesting_ends_soon() -> None:
    deep = "<div>" * 100_000 + "djupt" + "</div>" * 100_000

    escaped = parse_feed(
        rss(f"<item><guid>1</guid><description>{escape(deep)}</description></item>"), url=URL
    )
    raw = parse_feed(rss(f"<item><guid>1</guid><description>{deep}</description></item>"), url=URL)

    assert escaped.entries[0].text == "djupt"
    assert raw.flaw


FIELDS = st.fixed_dictionaries(
    {
        name: ANY_TEXT | ANY_TEXT.map("javascript:".__add__) | ANY_TEXT.map("https://a.se/".__add__)
        for name in ("id", "url", "title", "html", "author", "tag", "date", "file", "type")
    }
)


@settings(max_examples=150)
@given(FIELDS)
def test_no_field_of_json_brings_anything_unsafe(field: dict[str, str]) -> None:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": field["title"],
        "home_page_url": field["url"],
        "next_url": field["file"],
        "items": [
            {
                "id": field["id"],
                "url": field["url"],
                "title": field["title"],
                "content_html": f"<p>{field['html']}<a href='{field['url']}' title='{field['tag']}'>",
                "image": field["file"],
                "authors": [{"name": field["author"]}],
                "tags": [field["tag"]],
                "date_published": field["date"],
                "attachments": [{"url": field["file"], "mime_type": field["type"]}],
            },
            {"id": field["id"], "content_text": field["html"]},
        ],
    }

    assert_is_safe(parse_feed(json.dumps(document).encode(), url=URL))


@settings(max_examples=150)
@given(FIELDS, st.booleans(), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_no_field_of_xml_brings_anything_unsafe(
    field: dict[str, str], is_escaped: bool, charset: str
) -> None:
    safe = {key: escape(escape(value)) if is_escaped else value for key, value in field.items()}
    text = (
        f"<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>{safe['title']}</title>"
        f"<link>{safe['url']}</link><item><guid>{safe['id']}</guid><link>{safe['url']}</link>"
        f"<title>{safe['title']}</title><dc:creator>{safe['author']}</dc:creator><category>{safe['tag']}</category>"
        f"<pubDate>{safe['date']}</pubDate><description>{safe['html']}</description>"
        f"<enclosure url='{safe['file']}' type='{safe['type']}'/></item></channel></rss>"
    )

    assert_is_safe_or_refused(text.encode(charset, "replace"))


@settings(max_examples=200)
@given(
    st.sampled_from(
        [b"", b"<rss>", b"<rss><channel><item><title>", b"<feed><entry>", b"{", b"\xff\xfe"]
    ),
    st.binary(max_size=200),
)
def test_any_bytes_are_a_feed_or_an_error(start: bytes, body: bytes) -> None:
    assert_is_safe_or_refused(start + body)


# --- what is known -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rss20.xml", "atom10.xml", "rss10.xml"])
def test_known_items_are_left_out(name: str) -> None:
    whole = read(name)

    again = read(name, known=whole.item_hashes)

    assert again.entries == ()
    assert len(again.skipped_guids) == len(whole.entries)
    assert again.item_hashes == whole.item_hashes
    assert (again.title, again.site_url) == (whole.title, whole.site_url)


@pytest.mark.parametrize(
    "name", sorted(path.name for path in FEEDS.glob("*.xml")), ids=lambda name: name[:-4]
)
def test_of_known_items_and_one_that_is_not_the_one_is_read_as_ever(name: str) -> None:
    whole = read(name)

    for number, item in enumerate(whole.item_hashes):
        known = [other for other in whole.item_hashes if other != item]
        but_one = read(name, known=known)
        if whole.item_hashes.count(item) == 1 and len(whole.entries) == len(whole.item_hashes):
            assert but_one.entries == whole.entries[number : number + 1]
        assert but_one.item_hashes == whole.item_hashes
        assert but_one.is_whole is whole.is_whole


def test_the_guids_of_what_was_left_out() -> None:
    whole = read("rss20.xml")

    assert read("rss20.xml", known=whole.item_hashes).skipped_guids == (
        "klokt-42",
        "https://klokt.example/inlagg/41",
        "https://klokt.example/inlagg/40",
    )


def test_an_edited_item_has_another_hash() -> None:
    body = (FEEDS / "rss20.xml").read_bytes()
    whole = parse_feed(body, url=URL)

    edited = parse_feed(
        body.replace(b"hela kedjan</a>", b"kedjan</a>"), url=URL, known=whole.item_hashes
    )

    assert [entry.guid for entry in edited.entries] == ["klokt-42"]
