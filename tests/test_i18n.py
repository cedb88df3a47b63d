"""Messages that are kept, and read again in another language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from flodeslasare.errors import FetchError
from flodeslasare.i18n import _, restored, stored, use_language, with_values
from flodeslasare.library import Library
from flodeslasare.model import FeedResult, RefreshStatus

_TEMPLATE = "it redirects to {address}: {reason}"


def in_swedish(kept: str) -> str:
    use_language("sv")
    try:
        return restored(kept)
    finally:
        use_language("en")


def test_a_message_is_kept_with_its_values_and_read_in_another_language() -> None:
    inner = _("the server gave no usable reply (HTTP {status})").format(status="404 Not Found")
    said = _(_TEMPLATE).format(address="https://a.example/", reason=inner)

    kept = stored(said)

    assert (
        said
        == "it redirects to https://a.example/: the server gave no usable reply (HTTP 404 Not Found)"
    )
    assert restored(kept) == said
    assert in_swedish(kept) == (
        "adressen leder vidare till https://a.example/: servern gav inget användbart svar (HTTP 404 Not Found)"
    )


def test_what_an_earlier_version_kept_is_given_as_it_stands() -> None:
    for text in ("the server is overloaded", "", "[1, 2]", '{"a": 1}', "null", "[" * 100_000):
        assert restored(text) == text


@given(st.text())
def test_values_are_data_whatever_they_hold(text: str) -> None:
    said = _("the server gave no usable reply (HTTP {status})").format(status=text)

    assert restored(stored(said)) == said
    assert restored(stored(text)) == text


@pytest.mark.parametrize(
    "message",
    [
        "{x.__class__}",
        "{x[0]}",
        "{x!r}",
        "{x:99999999}",
        "{x:{y}}",
        "{x}{x}",
        "{}",
        "{0}",
        "{x",
        "a\x1b[31m",
        "long " * 100,
    ],
)
def test_a_message_that_is_none_of_ours_reaches_into_nothing(message: str) -> None:
    import json

    kept = json.dumps([message, {"x": ["hidden"], "y": ["1"]}])

    assert restored(kept) == kept


def test_an_errors_reason_stays_a_message_when_passwords_are_taken_out() -> None:
    reason = _(_TEMPLATE).format(address="https://name:word@a.example/", reason="x")

    error = FetchError("https://b.example/", reason)

    assert "word" not in stored(error.reason)
    assert in_swedish(stored(error.reason)) == "adressen leder vidare till https://a.example/: x"
    assert with_values("plain", str.upper) == "PLAIN"


async def test_what_failed_in_english_is_read_in_swedish(
    library: Library, httpserver: HTTPServer
) -> None:
    """As cron, under LANG=C, refreshes for a screen in Swedish; through the parser's pipe too."""
    feed = "<rss version='2.0'><channel><title>Bloggen</title><item><title>Ett</title></item>"
    httpserver.expect_request("/feed").respond_with_data(feed, content_type="application/rss+xml")
    subscribed, _result = await library.subscribe(httpserver.url_for("/feed"))
    httpserver.clear()
    flaw = library.feed(subscribed.id).flaw
    httpserver.expect_request("/feed").respond_with_data("{}", content_type="application/json")
    (unread,) = [r async for r in library.refresh() if isinstance(r, FeedResult)]
    english = library.feed(subscribed.id)
    use_language("sv")
    try:
        swedish = library.feed(subscribed.id)
    finally:
        use_language("en")

    assert (flaw, english.last_error) == ("it ends in the middle", "JSON came that is no feed")
    assert unread.status is RefreshStatus.ERROR
    assert swedish.last_error == "svaret är JSON men inget flöde"
    assert swedish.flaw == "flödet är avklippt"
