from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import fragment_fromstring
from markdown_it import MarkdownIt

from flodeslasare.exchange.markdown import escape_markdown, to_markdown


def rendered(markdown: str) -> str:
    """Give the HTML that Markdown means."""
    html: str = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)
    return html


def words(html: str) -> list[str]:
    """Give the words that HTML shows."""
    if not html.strip():
        return []
    element = fragment_fromstring(
        re.sub(r"(</?(?:p|li|td|th|br)\b)", r" \1", html), create_parent="div"
    )
    return [str(word) for word in element.text_content().split()]


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("", ""),
        ("bara text", "bara text"),
        ("<p>Ett</p>\n<p>Två</p>", "Ett\n\nTvå"),
        ("<h2>Rubrik <b>två</b></h2>", "## Rubrik **två**"),
        ("<p>en <b>fet </b>sak, <em>lutad</em>, <s>struken</s></p>", "en **fet** sak, *lutad*, ~~struken~~"),
        ("<p>ett<br>två</p>", "ett\\\ntvå"),
        ('<p><a href="https://a.example/">länk</a></p>', "[länk](https://a.example/)"),
        ('<p><a href="https://a.example/">https://a.example/</a></p>', "<https://a.example/>"),
        ('<p><a href="https://a.example/a_(b)">x</a></p>', "[x](<https://a.example/a_(b)>)"),
        ('<p><img src="https://a.example/b.png" alt="bild"></p>', "![bild](https://a.example/b.png)"),
        ("<ul><li>ett<ul><li>inre</li></ul></li><li>två</li></ul>", "- ett\n  - inre\n- två"),
        ('<ol start="3"><li>tre</li><li>fyra</li></ol>', "3. tre\n4. fyra"),
        ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\n\n  b"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<pre>a\n  *b*</pre>", "```\na\n  *b*\n```"),
        ("<pre>```</pre>", "````\n```\n````"),
        ("<p><code>a*b</code> <code>`</code></p>", "`a*b` `` ` ``"),
        (
            "<table><tr><th>A|B</th><th>C</th></tr><tr><td>1</td></tr></table>",
            "| A\\|B | C |\n| --- | --- |\n| 1 |  |",
        ),
        ("<hr>", "---"),
        ("<!-- nej --><div>a<!-- nej -->b</div>", "ab"),
        ("<p>1. ej lista</p><p># ej rubrik</p><p>- ej punkt</p>", "1\\. ej lista\n\n\\# ej rubrik\n\n\\- ej punkt"),
        ("<p>~~a~~ ~b</p>", "\\~\\~a\\~\\~ ~b"),
        ("<p>a\x00b</p>", "ab"),
    ],
)  # fmt: skip
def test_html_becomes_markdown(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown


def test_what_is_written_means_the_same() -> None:
    html = (
        "<h1>Rubrik [1] *a*</h1><p>Text &amp; <i>mer <b>text</b></i> &lt;script&gt; a_b _c_</p>"
        '<ol><li>ett <a href="https://a.example/">länk</a></li><li>två<ul><li>x</li></ul></li></ol>'
        "<blockquote><ul><li>citat</li></ul></blockquote><table><tr><td>1|2</td><td>3</td></tr></table>"
    )

    again = rendered(to_markdown(html))

    assert words(again) == words(html)
    for tag in ("h1", "em", "strong", "ol", "ul", "blockquote", "table", "a"):
        assert f"<{tag}" in again


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp", "Cs"]), max_size=40
    )
)
def test_plain_text_shows_as_it_is(text: str) -> None:
    shown = fragment_fromstring(rendered(escape_markdown(text)), create_parent="div").text_content()

    assert shown.split() == text.replace("\ufffe", "").split()


@given(st.text("ab*_`[]()<>#-+1.)| \n&;!~=\\", max_size=40))
def test_signs_of_markdown_show_as_they_are(text: str) -> None:
    shown = fragment_fromstring(rendered(escape_markdown(text)), create_parent="div").text_content()

    assert shown.split() == text.split()
