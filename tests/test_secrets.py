"""No password leaves by any door: not by lists, JSON, exports, errors, the log, or the screen."""

from __future__ import annotations

import base64
import io
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from textual.widgets import OptionList
from werkzeug import Request, Response

from builders import entries
from flodeslasare import __main__
from flodeslasare.config import places
from flodeslasare.documents import Subscription
from flodeslasare.library import Library
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.screens.add_feed import AddFeedScreen
from pilots import make_patient, until
from test_refresh import rss

NAME, PASSWORD, TOKEN = "anna.ek", "hemligt-och-långt", "s3cr3t-token"
SECRETS = (
    NAME,
    PASSWORD,
    "hemligt-och-l%C3%A5ngt",
    base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode(),
)

OUTPUTS = (
    ["feeds"],
    ["feeds", "--json"],
    ["entries"],
    ["entries", "--json"],
    ["search", "Inlägg", "--json"],
    ["show", "1"],
    ["show", "1", "--format", "json"],
    ["show", "1", "--format", "markdown"],
    ["export", "opml"],
    ["config", "show"],
)


class Walk:
    """Runs commands, and keeps all that they said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.said: list[str] = []

    def __call__(self, *arguments: str) -> int:
        code = __main__.run(arguments)
        self.said += self._capsys.readouterr()
        return code

    def finds_none(self, secrets: Sequence[str] = SECRETS) -> None:
        for text in [*self.said, *(file.read_text() for file in places().logs.iterdir())]:
            for secret in secrets:
                assert secret not in text


def protected(server: HTTPServer, path: str, body: str) -> None:
    """Serve a feed to those who know the password, and 401 to others."""

    def answer(request: Request) -> Response:
        sent = request.authorization
        if sent is None or (sent.username, sent.password) != (NAME, PASSWORD):
            return Response(status=401)
        return Response(body, content_type="application/rss+xml")

    server.expect_request(path).respond_with_handler(answer)


def with_login(url: str) -> str:
    return url.replace("://", f"://{NAME}:{PASSWORD}@")


def test_a_password_in_an_address_is_used_and_never_told(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    protected(httpserver, "/named", rss(entries(2)))
    protected(httpserver, "/untitled", rss(entries(1), title=""))
    named, untitled, missing = (
        with_login(httpserver.url_for(path)) for path in ("/named", "/untitled", "/missing")
    )
    walk = Walk(capsys)

    assert walk("--verbose", "add", named) == 0
    assert walk("--verbose", "add", untitled) == 0
    assert walk("add", missing) == 69
    assert walk("add", named) == 0
    listing = tmp_path / "feeds.opml"
    listing.write_text(
        f'<opml version="2.0"><body><outline xmlUrl="{missing}"/><outline xmlUrl="{missing}"/></body></opml>'
    )
    assert walk("import", str(listing)) == 0
    assert walk("--verbose", "refresh", "--json") == 1
    assert walk("--verbose", "refresh") == 1
    for command in (*OUTPUTS, ["backfill", named, "--json"]):
        assert walk(*command) == 0, command
    assert walk("doctor") in (0, 1)
    assert walk("doctor", "--json") in (0, 1)
    assert walk("remove", named) == 0
    assert walk("remove", named) == 2
    assert walk("remove", with_login("http://other.example/")) == 2

    heard = "".join(walk.said)
    assert httpserver.url_for("/untitled") in heard
    assert "HTTP 401" not in heard  # a port may hold the figures
    walk.finds_none()


def test_a_password_of_the_settings_is_used_and_never_told(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    protected(httpserver, "/feed", rss(entries(2)))
    url = httpserver.url_for("/feed")
    script = f"import sys; print({PASSWORD!r}); print({PASSWORD!r}, file=sys.stderr)"
    prints = shlex.join([sys.executable, "-c", script])
    places().config.parent.mkdir(parents=True)
    places().config.write_text(
        f'[logins."{httpserver.url_for("")}"]\nname = "{NAME}"\npassword_command = {json.dumps(prints)}\n'
    )
    walk = Walk(capsys)

    assert walk("--verbose", "add", url) == 0
    for command in (*OUTPUTS, ["backfill", url], ["--verbose", "refresh", "--json"]):
        assert walk(*command) == 0, command
    places().config.write_text(places().config.read_text().replace("print(", "exit("))
    assert walk("--verbose", "refresh") == 1
    places().config.write_text(f'[logins."a"]\nname = "x"\npassword = "{PASSWORD}"\n')
    assert walk("feeds") == 2

    heard = "".join(walk.said)
    assert f'name = "{NAME}"' in heard
    assert "(it ended with 1)" in heard
    assert "a password does not belong in this file" in heard
    walk.finds_none(SECRETS[1:])


async def test_the_screen_shows_no_password(
    library: Library, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_patient(monkeypatch)
    protected(httpserver, "/untitled", rss(entries(1), title=""))
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="/{name}">' for name in "ab"
    )
    protected(httpserver, "/", f"<html><head>{links}</head></html>")
    url = with_login(httpserver.url_for("/untitled"))
    feed, result = await library.subscribe(url)

    assert result.new == 1
    assert feed.title == feed.url == httpserver.url_for("/untitled")
    app = FeedReaderApp(library)
    async with app.run_test(size=(160, 40)) as pilot:
        await pilot.pause()
        shown = [app.export_screenshot()]
        await app.push_screen(AddFeedScreen(library))
        await pilot.press(*with_login(httpserver.url_for("/")), "enter")
        await until(pilot, lambda: app.screen.query_one(OptionList).display, "the choice")
        choices = app.screen.query_one(OptionList)
        said = io.StringIO()
        for option in choices.options:
            said.write(str(option.prompt))
    assert httpserver.url_for("/a") in said.getvalue()
    for text in (*shown, said.getvalue()):
        assert not any(secret in text for secret in SECRETS)


def test_the_log_hides_tokens_too(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    httpserver.expect_request("/feed").respond_with_data("no", status=500)
    url = httpserver.url_for(f"/feed?access_token={TOKEN}&page=2")
    walk = Walk(capsys)
    with Library(places().library) as library:
        library.add_subscription(Subscription(url=url))
    walk("--verbose", "refresh", "--json")

    log = (places().logs / "flodeslasare.log").read_text()
    assert TOKEN not in log
    assert "page=2" in log


def test_an_exported_list_read_back_adds_no_second_feed_without_the_password(
    library: Library, tmp_path: Path
) -> None:
    protected = Subscription(url="https://anna:hemligt@intern.exempel/flöde")
    assert library.add_subscription(protected) is not None
    exported = tmp_path / "feeds.opml"
    exported.write_bytes(library.export_opml())

    report = library.import_file(exported)

    assert (report.subscribed, report.already) == (0, 1)
    assert library.add_subscription(Subscription(url="https://intern.exempel/flöde")) is None
    assert len(library.feeds()) == 1
