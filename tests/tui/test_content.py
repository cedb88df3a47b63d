"""HTML becomes lines of text: what stands on them, how wide they are, where the links went."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from flodeslasare.query.matching import hits
from flodeslasare.text import harmless
from flodeslasare.tui.blocks import Table, Text, fold, wrap
from flodeslasare.tui.content import Article, render
from flodeslasare.tui.links import shown_host


def lines(html: str, width: int = 40, base_title: str = "") -> list[str]:
    """Set an article and give its lines as plain text, without the spaces at their ends."""
    return [line.rstrip() for line in set_lines(render(html, base_title=base_title), width)]


def set_lines(article: Article, width: int) -> list[str]:
    shown: list[str] = []
    for block in article.blocks:
        if block.gap is not None:
            shown.append(block.gap.plain)
        laid = block.lay(width)
        shown += [laid.line(number).plain for number in range(len(laid.starts))]
    return shown


def styles_of(html: str, word: str) -> set[str]:
    """Give the styles that a word of a paragraph has."""
    block = render(html).blocks[0]
    assert isinstance(block, Text)
    at = block.content.plain.index(word)
    return {
        span.style
        for span in block.content.spans
        if isinstance(span.style, str) and span.start <= at and at + len(word) <= span.end
    }


# --- text ----------------------------------------------------------------------------------------


def test_paragraphs_are_apart_and_white_space_is_one_space() -> None:
    assert lines("<p> Ett \n två</p>\n\n<p>tre <em> fyra</em></p>") == ["Ett två", "", "tre fyra"]


def test_words_keep_their_emphasis() -> None:
    html = "<p>ett <b>två</b> <i>tre</i> <del>fyra</del> <code>fem</code> <u><b>sex</b></u></p>"
    assert styles_of(html, "två") == {".article--strong"}
    assert styles_of(html, "tre") == {".article--emphasis"}
    assert styles_of(html, "fyra") == {".article--deleted"}
    assert styles_of(html, "fem") == {".article--code"}
    assert styles_of(html, "sex") == {".article--strong", ".article--underline"}
    assert styles_of(html, "ett") == set()


def test_a_break_ends_a_line_and_two_a_paragraph() -> None:
    assert lines("ett<br>två<br><br>tre<br/> <br/>fyra") == ["ett", "två", "", "tre", "", "fyra"]


def test_emphasis_around_paragraphs_goes_on_in_each() -> None:
    article = render("<b>ett<div>två</div></b>")
    for block in article.blocks:
        assert isinstance(block, Text)
        assert [span.style for span in block.content.spans] == [".article--strong"]


def test_a_heading_that_repeats_the_title_is_left_out() -> None:
    html = "<h1>Ett besök  på Granviks</h1><p>Vi såg</p><h1>Ett besök på Granviks</h1>"
    assert lines(html, base_title="Ett besök på granviks") == [
        "Vi såg",
        "",
        "Ett besök på Granviks",
    ]


def test_raised_and_lowered_digits_are_signs_of_their_own() -> None:
    assert lines("12 m<sup>2</sup>, CO<sub>2</sub>, not<sup>a</sup>") == ["12 m², CO₂, nota"]


def test_markup_of_the_terminal_is_text() -> None:
    assert lines("<p>[red]x[/red] [link=file:///etc]y[/]</p>") == [
        "[red]x[/red] [link=file:///etc]y[/]"
    ]


@pytest.mark.parametrize(
    "sign",
    ["&#27;", "\x1b", "\x00", "\x9b", "\u202e", "&#8238;", "\u2066", "\x07", "\u00ad"],
)
def test_signs_that_steer_are_dropped(sign: str) -> None:
    assert lines(f"<p>a{sign}b</p><p><img alt='c{sign}d lång' src='x'></p>", 60) == [
        "ab",
        "",
        "[image: cd lång]",
    ]


def test_scripts_and_styles_are_no_text() -> None:
    assert lines("<script>alert(1)</script><style>p{}</style><!-- nej --><p>ja</p>") == ["ja"]


@pytest.mark.parametrize(
    "html", ["", "   ", "<p></p>", "<p> <br> </p>", "<!-- -->", "<ul><li></ul>", "<>"]
)
def test_nothing_gives_nothing_and_no_crash(html: str) -> None:
    assert "".join(lines(html)).strip() in ("", "<>")


# --- lists, quotes, code -------------------------------------------------------------------------


def test_lists_hang() -> None:
    html = "<ul><li>ett två tre fyra fem sex</li><li>sju<ul><li>åtta</li></ul></li></ul><p>nio</p>"
    assert lines(html, 24) == [
        "  • ett två tre fyra fem",
        "    sex",
        "  • sju",
        "      ◦ åtta",
        "",
        "nio",
    ]


def test_numbers_go_on_from_where_they_start() -> None:
    html = "<ol start='9'><li>a</li><li>b</li><li value='20'>c</li></ol>"
    assert lines(html) == ["  9. a", " 10. b", " 20. c"]


def test_a_second_paragraph_of_an_item_hangs_too() -> None:
    assert lines("<ul><li><p>ett</p><p>två</p></li><li>tre</li></ul>") == [
        "  • ett",
        "",
        "    två",
        "  • tre",
    ]


def test_a_quote_has_a_bar_that_does_not_break() -> None:
    html = "<p>före</p><blockquote><p>ett</p><p>två</p></blockquote><p>efter</p>"
    assert lines(html) == ["före", "", "▌ ett", "▌", "▌ två", "", "efter"]


def test_code_keeps_its_lines_and_is_folded() -> None:
    html = "<pre>\n<code>def f():\n\treturn 'abcdefghijklmnop'\n</code></pre>"
    assert lines(html, 24) == [" def f():", "     return 'abcdefghij", " klmnop'"]


def test_terms_and_definitions() -> None:
    assert lines("<dl><dt>LOU</dt><dd>lagen om</dd><dt>ESPD</dt><dd>intyg</dd></dl>") == [
        "LOU",
        "    lagen om",
        "",
        "ESPD",
        "    intyg",
    ]


def test_a_rule_is_as_wide_as_the_text() -> None:
    assert lines("<p>a</p><hr><hr><p>b</p>", 10) == ["a", "", "─" * 10, "", "b"]


@pytest.mark.parametrize("depth", [50, 300, 3_000, 10_000])
def test_deep_nesting_costs_no_text(depth: int) -> None:
    html = f"{'<div><blockquote>' * depth}djupt{'</blockquote></div>' * depth}<p>efter</p>"
    shown = "\n".join(lines(html))
    assert "djupt" in shown
    assert "efter" in shown


# --- images --------------------------------------------------------------------------------------


def test_an_image_stands_on_a_line_of_its_own() -> None:
    assert lines('<p>ett <img src="https://a.se/b.png" alt="En  bild"> två</p>') == [
        "ett",
        "",
        "[image: En bild]",
        "",
        "två",
    ]


def test_an_image_without_words_has_the_name_of_its_file() -> None:
    assert lines('<img src="https://a.se/i/hus%20och%20hem.jpg?w=2">') == [
        "[image: hus och hem.jpg]"
    ]


def test_smileys_stay_in_the_text_and_counters_go() -> None:
    html = '<p>bra <img alt="🙂" src="x"> jobbat<img width="1" height="1" src="https://t.example/"></p>'
    assert lines(html) == ["bra 🙂 jobbat"]


# --- links ---------------------------------------------------------------------------------------


def test_links_are_numbered_and_listed_once() -> None:
    article = render(
        '<p><a href="https://a.se/1">Första </a>och <a href="https://www.b.se/">andra</a>,'
        ' <a href="https://a.se/1">första igen</a>.</p>'
    )
    assert set_lines(article, 60) == ["Första\u00a0[1] och andra\u00a0[2], första igen\u00a0[1]."]
    assert [(link.number, link.url, link.title, link.host) for link in article.links] == [
        (1, "https://a.se/1", "Första", "a.se"),
        (2, "https://www.b.se/", "andra", "b.se"),
    ]
    assert article.links[0].block().lay(40).line(0).plain == "[1] Första  a.se"


def test_a_long_link_gives_way_to_its_host() -> None:
    (link,) = render('<a href="https://exempel.se/">En lång rubrik som inte får plats</a>').links
    assert link.block().lay(30).line(0).plain == "[1] En lång rubri…  exempel.se"


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "/lokal",
        "#not",
        "",
        "ftp://a.se/",
    ],
)
def test_what_may_not_be_opened_is_plain_text(href: str) -> None:
    article = render(f'<p>se <a href="{href}">här</a></p>')
    assert article.links == ()
    assert set_lines(article, 40) == ["se här"]


def test_a_text_that_names_another_host_is_shown_for_what_it_is() -> None:
    assert lines('<a href="https://evil.example/x">www.bank.se/login</a>', 60) == [
        "www.bank.se/login (evil.example)\u00a0[1]"
    ]
    assert lines('<a href="https://www.bank.se/x">bank.se</a>') == ["bank.se\u00a0[1]"]


def test_mail_links_show_the_address() -> None:
    article = render('<a href="mailto:alva@exempel.se?subject=Hej">Alva Ek</a>')
    assert (article.links[0].title, article.links[0].host) == ("Alva Ek", "alva@exempel.se")


def test_hosts_are_shown_as_people_write_them_unless_they_may_deceive() -> None:
    assert shown_host("https://www.xn--hllbarupphandling-8qb.se/x") == "hållbarupphandling.se"
    assert (
        shown_host("https://xn--80ak6aa92e.com/") == "xn--80ak6aa92e.com"
    )  # Cyrillic, reads as apple
    assert shown_host("http://[::1") == ""


# --- tables --------------------------------------------------------------------------------------

TABLE = (
    "<table><thead><tr><th>Region</th><th>Avtal</th></tr></thead>"
    "<tr><td>Norra regionen</td><td>12</td></tr><tr><td>Södra</td><td>3 400</td></tr></table>"
)


def test_a_table_stands_in_columns_numbers_to_the_right() -> None:
    assert lines(TABLE) == [
        "Region          Avtal",
        "─" * 21,
        "Norra regionen     12",
        "Södra           3 400",
    ]


def test_cells_that_do_not_fit_are_wrapped() -> None:
    html = "<table><tr><th>A</th><th>B</th></tr><tr><td>ett två tre fyra fem sex</td><td>kort</td></tr></table>"
    assert lines(html, 20) == [
        "A               B",
        "─" * 20,
        "ett två tre     kort",
        "fyra fem sex",
    ]


def test_a_table_too_wide_for_columns_becomes_labels_and_values() -> None:
    assert lines(TABLE, 12) == [
        "Region:",
        "  Norra",
        "  regionen",
        "Avtal: 12",
        "",
        "Region:",
        "  Södra",
        "Avtal: 3",
        "  400",
    ]


def test_a_table_for_layout_is_only_its_paragraphs() -> None:
    html = "<table><tr><td><p>ett</p><table><tr><td>två</td></tr></table></td></tr></table>"
    assert lines(html) == ["ett", "", "två"]


def test_absurd_spans_cost_nothing() -> None:
    html = "<table><tr><td colspan='1000000000'>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"
    assert "".join(lines(html)).replace(" ", "") == "abcd"


def test_links_in_cells_are_numbered() -> None:
    article = render("<table><tr><td><a href='https://a.se'>x</a></td><td>y</td></tr></table>")
    assert [link.number for link in article.links] == [1]
    assert isinstance(article.blocks[0], Table)


# --- hits ----------------------------------------------------------------------------------------


def test_hits_are_set_in_text_and_tables_and_not_in_what_we_added() -> None:
    html = f'<p>Avtal <a href="https://a.se">12</a></p>{TABLE}'
    found = []
    for block in render(html).blocks:
        laid = block.highlighted(partial(hits, "1 avtal")).lay(40)
        for number in range(len(laid.starts)):
            line = laid.line(number)
            found += [
                line.plain[span.start : span.end]
                for span in line.spans
                if span.style == ".article--hit"
            ]
    assert found == ["Avtal", "1", "Avtal", "1"]


def _cut(text: str, width: int) -> list[str]:
    return [text[start:end] for start, end in wrap(text, width)]


# --- wrapping ------------------------------------------------------------------------------------


def test_long_words_break_at_hyphens_or_where_they_must() -> None:
    assert _cut("miljö-och-klimat", 10) == ["miljö-och-", "klimat"]
    assert _cut("abcdefghij", 4) == ["abcd", "efgh", "ij"]


def test_wide_signs_count_double_and_stay_whole() -> None:
    assert _cut("漢字漢字", 5) == ["漢字", "漢字"]
    scotland = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    assert _cut(f"abcdef{scotland}", 8) == [f"abcdef{scotland}"]
    assert _cut(f"abcdefg{scotland}", 8) == ["abcdefg", scotland]
    assert _cut("e\u0301" * 5, 3) == ["e\u0301" * 3, "e\u0301" * 2]


@given(text=st.text(st.sampled_from("ab å-/\n漢🙂e\u0301\u200d\ufe0f")), width=st.integers(2, 12))
def test_wrapping_keeps_every_word_and_the_width(text: str, width: int) -> None:
    cuts = wrap(text, width)
    kept = "".join(text[start:end] for start, end in cuts)
    assert kept.replace(" ", "") == text.replace(" ", "").replace("\n", "")
    for start, end in cuts:
        assert end - start <= 1 or cell_len(text[start:end]) <= max(width, 2)
    folded = fold(text, width)
    assert "".join(text[start:end] for start, end in folded) == text.replace("\n", "")


_TAGS = [
    "p",
    "b",
    "a href='https://x.se/'",
    "ul",
    "li",
    "ol",
    "table",
    "tr",
    "td",
    "th",
    "pre",
    "blockquote",
]
_ENDS = [f"/{tag.split()[0]}" for tag in _TAGS]


@given(
    parts=st.lists(
        st.sampled_from(
            [*(f"<{tag}>" for tag in (*_TAGS, *_ENDS, "br", "hr", "img alt='bild'")), "ord ", "x"]
        )
    ),
    width=st.integers(1, 80),
)
@example(parts=["<table>", "<tr>", "<p>", "x", "<td>", "<td>"], width=20)
def test_any_html_is_set_within_the_width(parts: list[str], width: int) -> None:
    article = render("".join(parts))
    shown = set_lines(article, width)
    assert all(cell_len(line) <= max(width, 3) for line in shown)
    words = "".join(part for part in parts if not part.startswith("<")).replace(" ", "")
    text = "".join(shown).replace(" ", "")
    assert text.count("x") >= words.count("x") or width < 20


def test_a_text_without_end_is_cut_and_says_so() -> None:
    assert render("<p>ord</p>" * 100_000).is_cut
    assert not render("<p>ord</p>").is_cut


def test_endless_combining_marks_are_wrapped_in_bounded_time() -> None:
    assert len(wrap("e" + "\u0301" * 100_000, 72)) > 100


def test_many_links_in_one_paragraph_are_cut_into_the_same_lines() -> None:
    html = "".join(f'ord <a href="https://a.se/{n}">länk</a> ' for n in range(300))
    few, many = render(html[:800]), render(html)
    assert set_lines(many, 40)[:5] == set_lines(few, 40)[:5]


def test_plain_keeps_letters_and_joins_lines() -> None:
    assert harmless("å\r\nb\u2028c\td") == "å\nb\nc\td"
