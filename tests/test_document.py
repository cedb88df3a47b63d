"""Documents as they come: character sets, damage, malice. What is read of them is asserted through `parse_feed`."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flodeslasare.config import Settings
from flodeslasare.documents import ParsedFeed
from flodeslasare.errors import FeedError, NotAFeed
from flodeslasare.fetching import parse
from flodeslasare.fetching._tree import NotPlain
from flodeslasare.fetching.parse import parse_feed
from flodeslasare.fetching.pool import ParsePool
from flodeslasare.i18n import restored, stored

FEEDS = Path(__file__).parent / "feeds"
URL = "https://flode.example/flode.xml"
TITLE = "Läkemedel på Åland – “klar” för 5 €"


def document(declared: str | None = None, title: str = TITLE, inside: str = "") -> str:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    return (
        f'{declaration}<rss version="2.0"><channel><title>T</title>'
        f"<item><guid>1</guid><title>{title}</title>{inside}</item>"
        "<item><guid>2</guid></item></channel></rss>"
    )


def read(body: bytes | str, content_type: str | None = None) -> ParsedFeed:
    body = body.encode() if isinstance(body, str) else body
    return parse_feed(body, url=URL, content_type=content_type)


def names(feed: ParsedFeed) -> list[str | None]:
    return [entry.guid or entry.url or entry.title for entry in feed.entries]


# --- character sets --------------------------------------------------------------------------------

UTF8 = document("utf-8").encode()
DEFAULT = "it says utf-8 and is windows-1252"


@pytest.mark.parametrize(
    ("body", "content_type", "flaw"),
    [
        # What the reply says goes before what the document says (RFC 7303 §3)…
        (document("utf-8").encode("cp1252"), "text/xml; charset=windows-1252", None),
        (document().encode("cp1252"), 'application/xml; charset="ISO-8859-1"', None),
        (document().encode("utf-16-le"), "application/xml; charset=utf-16le", None),
        # …unless the bytes themselves say otherwise.
        (UTF8, "text/xml; charset=iso-8859-1", None),
        (document().encode(), "text/xml; charset=us-ascii", "it says ascii and is utf-8"),
        (document("windows-1252").encode("cp1252"), "text/xml; charset=utf-8", None),
        (b"\xef\xbb\xbf" + document("iso-8859-1").encode(), None, None),
        (b"\n\xef\xbb\xbf\xef\xbb\xbf" + UTF8, None, None),
        (document("utf-8").encode("utf-16"), "text/xml; charset=utf-8", None),
        (document("utf-16").encode("utf-16-be"), None, None),
        (("\n " + document("utf-8")).encode("utf-16-le"), None, None),
        (document("utf-32").encode("utf-32"), None, None),
        # A document whose declaration can be read a byte at a time is none of two bytes a sign.
        (document("utf-16").encode(), None, None),
        (document().encode(), "application/xml; charset=utf-16", None),
        (document("utf-16").encode("cp1252"), None, DEFAULT),
        # Nothing is said, or what is no character set.
        (document().encode("cp1252"), None, DEFAULT),
        (document("utf-8").encode("cp1252"), None, DEFAULT),
        (document("").encode(), None, None),
        # Parts of two sets.
        (UTF8.replace("på".encode(), b"p\xe5"), None, DEFAULT),
        # Encoded twice, once as windows-1252.
        (document("utf-8", TITLE.replace("”", "“").encode().decode("cp1252")).encode(), None, None),
    ],
)
def test_the_character_set_is_found(
    body: bytes, content_type: str | None, flaw: str | None
) -> None:
    feed = read(body, content_type)

    assert feed.entries[0].title.replace("“ för", "” för") == TITLE
    assert feed.flaw == flaw


@pytest.mark.parametrize(
    ("charset", "written_as", "title"),
    [
        ("windows-1251", "cp1251", "Привет"),
        ("koi8-r", "koi8-r", "Привет"),
        ("gb2312", "gb18030", "你好鎔"),
        ("shift_jis", "cp932", "①こんにちは"),
        ("euc-kr", "cp949", "똠방각하"),
        ("iso-8859-2", "iso-8859-2", "Łódź"),
    ],
)
def test_other_alphabets(charset: str, written_as: str, title: str) -> None:
    feed = read(document(charset, title).encode(written_as))

    assert (feed.entries[0].title, feed.flaw) == (title, None)


def test_a_broken_sign_does_not_make_chinese_swedish() -> None:
    feed = read(
        document("gb2312", "你好").encode("gb18030").replace(b"</title><", b"\xff</title><")
    )

    assert feed.entries[0].title.startswith("你好")
    assert feed.flaw == "it says gb2312 and holds signs that are none of that"


def test_a_sign_cut_in_half_at_the_end_is_only_an_end() -> None:
    feed = read(UTF8[: UTF8.index("€".encode()) + 1])

    assert feed.flaw == "it ends in the middle"


def test_letters_that_happen_to_be_bytes_of_utf8_stay() -> None:
    for title in ("CAFÉ”", "Å–Ä", "SÃO PAULO", "«Ü»"):
        assert read(document("utf-8", title)).entries[0].title == title


def test_a_sign_in_two_halves_of_utf8_is_one_sign() -> None:
    halves = "😀".encode("utf-16-be")
    written = "".join(chr(int.from_bytes(halves[at : at + 2])) for at in (0, 2))
    body = document("utf-8", "a PAR på").encode()
    body = body.replace(b"PAR", written.encode("utf-8", "surrogatepass"))

    assert read(body).entries[0].title == "a 😀 på"


# --- damage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("a&nbsp;b &aring;&Aring;&hellip;", "a b åÅ…"),
        ("a & b; c &okand; &#xD800;&#0;&#1114112;d", "a & b; c &okand; d"),
        ("a\x00b\x08c\x1ed\ufffee", "abcde"),
        ("<![CDATA[a\x08 & &aring; <b>b</b>]]>", "a & å b"),
        ("1 < 2 <3 << 4", "1 < 2 <3 << 4"),
        ("a\x93b\x94 &#147;c&#148;", "a“b” “c”"),
        ("a &#55357;&#56832; &#xD83D;&#xdc4d;&#55356;&#57341; b", "a 😀 👍🏽 b"),
        ("<![CDATA[&#55357;&#56832;]]> &amp;#55357;&amp;#56832; &#56832;&#55357;", "😀 😀"),
    ],
)
def test_signs_that_xml_has_not(given: str, title: str) -> None:
    feed = read(document(title=given))

    assert names(feed) == ["1", "2"]
    assert feed.entries[0].title == title


@pytest.mark.parametrize(
    "front",
    [
        "\n\n \t",
        "\ufeff\ufeff",
        'xml version="1.0"?>',
        '<?xml version="1.0"?><?xml version="1.0"?>',
        '<?xml version="1.1"?>',
        "<!-- skriven av en maskin -->",
        "<br />\n<b>Warning</b>: Cannot modify header information in <b>/x.php</b> on line <b>3</b><br />\n",
        '<?xml-stylesheet type="text/xsl" href="/stil.xsl"?>',
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://a.example/rss.dtd">',
        '<!DOCTYPE rss [<!ENTITY nbsp "&#160;">]>',
    ],
)
def test_what_may_stand_in_front(front: str) -> None:
    assert names(read(front + document())) == ["1", "2"]


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("<description>hej <br> du <p>ny</description>", "hej\ndu\nny"),
        (
            "<description>a <a href='/x?a=1&b=2'>l</a> &nbsp; <hr> 1 &lt; 2</description>",
            "a l\n1 < 2",
        ),
        (
            '<content:encoded>hej <br> du <img src=a.png alt="Bild"></content:encoded>',
            "hej\ndu Bild",
        ),
        ("<description>a <![CDATA[b <br> c]]> & d</description>", "a b\nc & d"),
    ],
)
def test_html_that_stands_unescaped_stays_in_its_entry(inside: str, text: str) -> None:
    feed = read(document(inside=inside))

    assert names(feed) == ["1", "2"]
    assert feed.entries[0].text == text
    assert feed.flaw == "it is not well-formed XML"


def test_namespaces_that_search_and_replace_has_moved_to_https() -> None:
    body = (
        '<rss version="2.0" xmlns:content="https://purl.org/rss/1.0/modules/content/"'
        " xmlns:dc = 'https://purl.org/dc/elements/1.1/' xmlns:media='https://search.yahoo.com/mrss/'>"
        "<channel><title>T</title><item><guid>1</guid><dc:creator>Bo</dc:creator>"
        "<dc:date>2018-04-05T10:00:00Z</dc:date><content:encoded>Hela texten.</content:encoded>"
        '<media:content url="https://b.example/1.mp4"/></item></channel></rss>'
    )

    [entry] = read(body).entries

    assert (
        entry
        == read(body.replace("'https", "'http").replace('="https://p', '="http://p')).entries[0]
    )
    assert (entry.text, entry.author, len(entry.enclosures)) == ("Hela texten.", "Bo", 1)
    assert entry.published is not None


def test_a_namespace_with_spaces() -> None:
    body = document().replace("<rss ", '<rss xmlns="http://en egen.example/" ')

    assert names(read(body)) == ["1", "2"]


@pytest.mark.parametrize("often", ["\n", "<!-- så -->", "<?så?>"])
def test_what_stands_in_front_again_and_again_is_looked_through_once(often: str) -> None:
    began = time.process_time()

    feed = read(f"<!-- så -->{28 * often}Varning: slut{document()}")

    assert names(feed) == ["1", "2"]
    assert feed.flaw == "there is something in front of the feed"
    assert time.process_time() - began < 2


def test_comments_that_never_end_are_looked_through_once() -> None:
    began = time.process_time()

    feed = read(document().replace("</channel>", "<!-- <item>" * 20_000))

    assert names(feed) == ["1", "2"]
    assert time.process_time() - began < 5


@pytest.mark.parametrize("path", sorted(FEEDS.glob("*.xml")), ids=lambda path: path.name)
def test_what_stands_whole_before_a_cut_is_read(path: Path) -> None:
    """Cut at every byte of the short ones, at every seventh of the others."""
    body = path.read_bytes()
    whole = names(read(body))
    ends = [match.end() for match in re.finditer(rb"</(?:\w+:)?(?:item|entry)\s*>", body)]
    for cut in range(0, len(body), 1 if len(body) < 800 else 7):
        try:
            found = names(read(body[:cut]))
        except FeedError:
            found = []
        assert found == whole[: len(found)], cut
        if len(ends) == len(whole):  # items that are never closed, and UTF-16, have none
            assert len(found) >= sum(end <= cut for end in ends), cut


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(path for path in FEEDS.iterdir() if path.name != "page.html")),
    st.integers(0, 2**32),
    st.sampled_from([1, 3, 20, 200]),
    st.booleans(),
)
def test_flipped_bytes_are_a_feed_or_an_error(
    path: Path, seed: int, flips: int, is_plain: bool
) -> None:
    dice = random.Random(seed)
    body = bytearray(path.read_bytes())
    for _ in range(flips):
        body[dice.randrange(len(body))] = dice.choice((dice.randrange(256), *b"<>&\"' /=;:\0"))
    with pytest.MonkeyPatch.context() as patch:
        if not is_plain:
            patch.setattr(parse, "read_tree", never_plain)
        with suppress(FeedError):
            read(bytes(body))


def never_plain(_root: object) -> None:
    raise NotPlain


def test_a_page_is_no_feed_and_the_error_says_what_to_do() -> None:
    for page in (b"<!DOCTYPE html><title>404</title>", (FEEDS / "page.html").read_bytes()):
        with pytest.raises(NotAFeed, match="give the address of the feed"):
            read(page, "application/rss+xml")


# --- malice ------------------------------------------------------------------------------------------


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """Give the address of a server that notes what it is asked for, and its notes."""
    asked: list[str] = []

    class Note(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<!ENTITY fil 'hemligt'>")

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Note)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("damage", ["", " & <"])
@pytest.mark.parametrize("is_plain", [True, False])
def test_a_document_makes_nothing_be_opened(
    damage: str, is_plain: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_plain:
        monkeypatch.setattr(parse, "read_tree", never_plain)
    secret = tmp_path / "hemligt"
    secret.write_text("hemligt", encoding="utf-8")
    with listening() as (server, asked):
        text = (
            f'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="{server}/stil.xsl"?>'
            f'<!DOCTYPE rss SYSTEM "{server}/rss.dtd" [<!ENTITY fil SYSTEM "{secret.as_uri()}">'
            f'<!ENTITY nat SYSTEM "{server}/nat"><!ENTITY % del SYSTEM "{server}/del">%del;'
            f'<!ENTITY % lokal SYSTEM "{secret.as_uri()}">%lokal;]>'
            f'<rss version="2.0" xmlns:xi="http://www.w3.org/2001/XInclude" '
            f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a {server}/schema">'
            f"<channel><title>T</title><item><guid>1</guid><title>&fil;&nat;{damage}</title>"
            f'<description>&fil;<xi:include href="{secret.as_uri()}" parse="text"/>'
            f'<xi:include href="{server}/xi"/><img src="{server}/bild.png"/></description>'
            f'<enclosure url="{server}/fil.mp3"/><link>{server}/1</link></item></channel></rss>'
        )
        feed = read(text)

    assert names(feed) == ["1"]
    assert "hemligt" not in repr(feed)
    assert asked == []


def bombs() -> Iterator[tuple[str, str]]:
    laughs = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(12)
    )
    yield "laughs", f"<!DOCTYPE rss [{laughs}]>" + document(title="&a12;")
    long = f'<!DOCTYPE rss [<!ENTITY a "{"a" * 50_000}">]>'
    yield "quadratic", long + document(inside=f"<description>{'&a;' * 50_000}</description>")
    yield (
        "in an attribute",
        f"<!DOCTYPE rss [{laughs}]>" + document(inside='<enclosure url="&a12;"/>'),
    )
    yield "parameters", "<!DOCTYPE rss [<!ENTITY % p \"<!ENTITY q '&#37;p;'>\">%p;]>" + document()
    yield "itself", '<!DOCTYPE rss [<!ENTITY a "&a;">]>' + document(title="&a;")


@pytest.mark.parametrize("damage", ["", "<b>&</i>"])
@pytest.mark.parametrize(
    "bomb", [bomb for _name, bomb in bombs()], ids=[name for name, _bomb in bombs()]
)
def test_a_bomb_of_entities_does_not_go_off(bomb: str, damage: str) -> None:
    feed = read(bomb.replace("</channel>", f"{damage}</channel>"))

    assert names(feed)[:2] == ["1", "2"]
    assert len(repr(feed)) < 1_000_000


def monsters() -> Iterator[tuple[str, str]]:
    """Documents that would take long; what is read of them matters less than that it ends."""
    yield "deep xml", document(inside=f"<description>{'<b>' * 100_000}djupt</description>")
    yield "deep items", document().replace("</channel>", "<item>" * 100_000)
    yield (
        "deep json",
        '{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1"}, ' + "[" * 100_000,
    )
    attributes = " ".join(f"a{n}=''" for n in range(100_000))
    yield "attributes", document(inside=f"<media {attributes}/>")
    spaces = " ".join(f"xmlns:a{n}='{n}'" for n in range(50_000))
    yield "namespaces", document(inside=f"<media {spaces}/>")
    yield "prefixes", document(inside="".join(f"<p{n}:a/>" for n in range(20_000)))
    yield "items", document().replace("</channel>", "<item/>" * 200_000 + "&</channel>")
    yield "ampersands", document(inside=f"<description>{'&' * 200_000}</description>")
    yield "brackets", document(inside=f"<description>{'<' * 200_000}</description>")
    yield "cdata", document(inside=f"<description>{'<![CDATA[' * 50_000}</description>")
    yield "descriptions", document(inside="<description><br>" * 50_000)
    yield "enclosures", document(inside="".join(f"<enclosure url='{n}'/>" for n in range(50_000)))
    yield "one text", document(inside=f"<description>{'ord ' * 3_000_000}</description>")


@pytest.mark.parametrize(
    "monster", [text for _name, text in monsters()], ids=[name for name, _text in monsters()]
)
async def test_a_monster_ends_within_the_limits_of_a_worker(monster: str) -> None:
    async with ParsePool(Settings(parse_seconds=60.0), workers=1) as pool:
        feed = await pool.parse(monster.encode(), url=URL)

    assert names(feed)[:1] == ["1"]
    assert all(len(entry.text) <= 2_000_000 for entry in feed.entries)
    assert all(len(entry.enclosures) <= 100 for entry in feed.entries)


async def test_the_limits_of_the_settings_reach_the_workers() -> None:
    body = document(
        inside=f"<description>&lt;img src='a'>&lt;img src='b'>{'&lt;b>' * 30}djupt</description>"
    )
    settings = Settings(fetch_images=1, fetch_nesting=10, fetch_entries=1)
    async with ParsePool(settings, workers=1) as pool:
        feed = await pool.parse(body.encode(), url=URL)

    (entry,) = feed.entries
    assert (entry.html.count("<img"), entry.html.count("<b>"), entry.text) == (1, 10, "djupt")


def test_all_flaws_together_can_be_kept_and_said_again() -> None:
    item = f"<item><guid>1</guid><title>{'<a>' * 20}x{'</a>' * 20}</title></item>"
    body = (
        "Warning: in line 7\n<?xml version='1.0' encoding='utf-8'?>"
        f"<rss version='2.0'><channel><title>Å & b</title>{item * 3}"
    )

    flaw = parse_feed(body.encode("latin-1"), url=URL, nesting=10, max_entries=1).flaw

    assert flaw is not None
    assert flaw.count(";") >= 4
    assert restored(stored(flaw)) == flaw
