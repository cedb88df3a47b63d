"""Links: what is opened, what is asked about, what is refused, how an address is shown."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from flodeslasare import i18n
from flodeslasare.tui import links
from flodeslasare.tui.app import FeedReaderApp
from flodeslasare.tui.content import render
from hostile import harmful
from pilots import settle
from tui.samples import NOW, StagedLibrary, an_entry
from tui.test_hostile_screen import SIZE, assert_screen_is_safe
from tui.test_reader import shown

OTHERS = [
    ("https://evil.example/x", "https://bank.se"),
    ("https://evil.example/x", "bank.se"),
    ("https://evil.example/x", "www.bank.se/login."),
    ("https://evil.example/x", "Logga in på bank.se nu"),
    ("https://evil.example/x", "→ https://bank.se/säkert"),
    ("https://evil.example/x", "bank\u200b.se"),
    ("https://evil.example/x", "ｂａｎｋ．ｓｅ"),
    ("https://evil.example/x", "https://evil.example@bank.se/"),
    ("https://bank.se.evil.example/", "bank.se"),
    ("https://evil.example/bank.se", "bank.se"),
    ("https://bank.se@evil.example/", "bank.se"),
    ("https://xn--bnk-6cd.se/", "bank.se"),
    ("https://192.0.2.7/", "192.0.2.8"),
    ("mailto:a@evil.example", "kund@bank.se"),
    ("mailto:a@evil.example", "bank.se"),
    ("https://evil.example/", "kund@bank.se"),
]
SAME = [
    ("https://bank.se/x", "bank.se"),
    ("https://www.bank.se/x", "https://bank.se/"),
    ("https://bank.se/x", "WWW.BANK.SE"),
    ("https://xn--hllbarupphandling-8qb.se/", "hållbarupphandling.se"),
    ("https://hållbarupphandling.se/", "www.hållbarupphandling.se"),
    ("https://a.se/x", "Läs mer"),
    ("https://a.se/x", "t.ex. rapporten, bl.a. m.fl."),
    ("https://a.se/x", "rapport.pdf"),
    ("https://a.se/x", "avsnitt-12.mp3"),
    ("https://a.se/x", "version 2.14"),
    ("https://a.se/x", "2018.05"),
    ("https://a.se/x", ""),
    ("mailto:kund@bank.se?subject=Hej", "kund@bank.se"),
    ("mailto:kund@bank.se", "bank.se"),
    ("https://192.0.2.7/", "192.0.2.7"),
]


@pytest.mark.parametrize(("url", "text"), OTHERS)
def test_a_text_that_says_another_host(url: str, text: str) -> None:
    assert links.other_host(url, text)
    said = links.doubt(url, text)
    assert said
    assert links.shown_host(url) in said


@pytest.mark.parametrize(("url", "text"), SAME)
def test_a_text_that_says_no_other_host(url: str, text: str) -> None:
    assert links.other_host(url, text) is None
    assert links.doubt(url, text) is None


@pytest.mark.parametrize(
    ("url", "shown_as"),
    [
        ("https://bank.se@evil.example/x", "https://evil.example/x"),
        ("https://bank.se:443@evil.example/x", "https://evil.example/x"),
        (f"https://{'bank.se.' * 40}@evil.example/", "https://evil.example/"),
        ("https://b\u0430nk.se/", "https://xn--bnk-6cd.se/"),  # Cyrillic а
        ("https://xn--80ak6aa92e.com/", "https://xn--80ak6aa92e.com/"),
        ("https://hållbarupphandling.se/", "https://hållbarupphandling.se/"),
        ("https://evil.example。bank.se:8443/", "https://evil.example.bank.se:8443/"),
        ("https://💩.example/", "https://xn--ls8h.example/"),
        ("https://a.se/\u202ex", "https://a.se/x"),
    ],
)
def test_what_is_shown_of_an_address(url: str, shown_as: str) -> None:
    assert links.shown_address(url) == shown_as


def test_of_a_long_host_the_end_is_shown() -> None:
    host = "bank.se." + "a" * 50 + "." + "b" * 50 + ".evil.example"
    assert links.shown_host(f"https://{host}/").endswith(".evil.example")
    assert len(links.shown_host(f"https://{host}/")) < 70
    assert links.shown_address(f"https://{host}/").startswith("https://…")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example\\@bank.se/",
        'https://a"b.se/',
        "https://a'b.se/",
        "https://<a>.se/",
        "https://@/",
        "https://[::1",
        "https://a.se/\u0085x",
        "https://a.se/\x9b2J",
        "https:a.se",
        "JavaScript://a.se/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "-https://a.se",
        "mailto:",
        "file://a.se/x",
        "smb://a.se/x",
    ],
)
def test_these_may_not_be_opened(url: str) -> None:
    assert not links.is_openable(url)


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ('https://a.se/`id`|x^{y}<z>"q\\w', "https://a.se/%60id%60%7Cx%5E%7By%7D%3Cz%3E%22q%5Cw"),
        ("https://a.se/;x&y=$(z)'", "https://a.se/;x&y=$(z)'"),
        ("https://b\u0430nk.se:81/å?ä#ö", "https://xn--bnk-6cd.se:81/%C3%A5?%C3%A4#%C3%B6"),
        ("https://a.se/%20%zz", "https://a.se/%20%zz"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("https://namn:ord@a.se/", "https://namn:ord@a.se/"),
        ("mailto:å@b.se?subject=ö", "mailto:%C3%A5@b.se?subject=%C3%B6"),
        ("mailto:a@b.se?a%74tach=/etc/passwd&body=x&Attachment=y", "mailto:a@b.se?body=x"),
    ],
)
def test_what_a_browser_gets(url: str, opened: str) -> None:
    assert links.is_openable(url)
    assert links.address_to_open(url) == opened


Opened = list[str]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Opened]:
    """Make a real program the browser; gives the arguments it was started with."""
    log, program = tmp_path / "opened", tmp_path / "browser"
    program.write_text(f'#!/bin/sh\nfor word; do printf "%s\\n" "$word" >> "{log}"; done\n')
    program.chmod(0o700)
    use_browser(monkeypatch, f"{program} %s")
    return lambda: log.read_text().splitlines() if log.exists() else []


def use_browser(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("BROWSER", command)
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})


@pytest.mark.parametrize(
    "command",
    [
        'sh -c "%s"',
        "/bin/bash -c '%s &'",
        "xterm -e sh -c %s",
        "env sh -c 'w3m %s'",
        "sh -c 'w3m %s' &",
    ],
)
async def test_no_shell_gets_an_address(
    staged: StagedLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    use_browser(monkeypatch, command)
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=SIZE):
        reason = links.open_in_browser(app, f"https://a.se/;touch${{IFS}}{tmp_path}/pwned")
    assert reason is not None
    assert "sh" in reason
    assert not (tmp_path / "pwned").exists()


async def test_a_browser_setting_that_makes_no_sense_is_no_crash(
    staged: StagedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_browser(monkeypatch, 'w3m "%s')
    app = FeedReaderApp(staged, now=lambda: NOW)
    async with app.run_test(size=SIZE):
        assert links.open_in_browser(app, "https://a.se/")


async def begin(pilot: Pilot[Any], library: StagedLibrary, html: str, **changes: object) -> None:
    feed = library.feed_named("https://exempel.se/rss", "Blogg")
    library.keep(feed, an_entry(1, html=html, **changes))
    await settle(pilot)
    app = pilot.app
    assert isinstance(app, FeedReaderApp)
    if len(app.screen_stack) > 1:  # the welcome to an empty library
        await pilot.press("escape")
    app.reader._list()
    await settle(pilot)


def asking(library: StagedLibrary) -> FeedReaderApp:
    return FeedReaderApp(library, now=lambda: NOW)


DECEIT = "<p>Till <a href='https://evil.example/x;y?z=1'>https://bank.se</a> nu</p>"


async def test_an_honest_link_is_opened_at_once(
    staged: StagedLibrary, opened: Callable[[], Opened]
) -> None:
    app = asking(staged)
    async with app.run_test(size=SIZE) as pilot:
        await begin(pilot, staged, "<a href='https://a.se/x'>bilaga</a>", url="https://a.se/-1;'\"")
        await pilot.press("o")
        await pilot.press("L", "1", "enter")
        await settle(pilot)
    assert opened() == ["https://a.se/-1;'%22", "https://a.se/x"]


async def test_a_link_whose_text_says_another_host_is_shown_first(
    staged: StagedLibrary, opened: Callable[[], Opened]
) -> None:
    app = asking(staged)
    async with app.run_test(size=SIZE) as pilot:
        await begin(pilot, staged, DECEIT)
        await pilot.press("L", "1", "enter")
        await settle(pilot)
        text = shown(app)
        assert "Open this address?" in text
        assert "The text says bank.se, but the link leads to evil.example." in text
        assert "https://evil.example/x;y?z=1" in text
        assert_screen_is_safe(app)
        await pilot.press("escape")
        await settle(pilot)
        assert opened() == []

        await pilot.press("L", "1", "enter", "down", "enter")  # copies
        await settle(pilot)
        assert app.clipboard == "https://evil.example/x;y?z=1"
        assert "copied https://evil.example/x;y?z=1" in shown(app)
        await pilot.press("L", "1", "enter", "enter")
        await settle(pilot)
    assert opened() == ["https://evil.example/x;y?z=1"]


async def test_a_click_asks_as_well(staged: StagedLibrary, opened: Callable[[], Opened]) -> None:
    app = asking(staged)
    async with app.run_test(size=SIZE) as pilot:
        await begin(pilot, staged, DECEIT)
        y, line = next(
            (y, line) for y, line in enumerate(shown(app).split("\n")) if "https://bank.se" in line
        )
        await pilot.click(offset=(line.index("https://bank.se") + 3, y))
        await settle(pilot)
        assert "the link leads to evil.example" in shown(app)
        assert opened() == []
        y, line = next(
            (y, line) for y, line in enumerate(shown(app).split("\n")) if "Open it" in line
        )
        await pilot.click(offset=(line.index("Open it"), y))
        await settle(pilot)
    assert opened() == ["https://evil.example/x;y?z=1"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "https://evil.example/", "title": "bank.se"}, "The text says bank.se"),
        (
            {"url": "https://bank.se@evil.example/"},
            "begins with bank.se, but it leads to evil.example",
        ),
        ({"url": "https://b\u0430nk.se/"}, "letters that may look like others"),
    ],
)
async def test_an_entrys_own_link_is_looked_at_too(
    staged: StagedLibrary, opened: Callable[[], Opened], changes: dict[str, str], said: str
) -> None:
    app = asking(staged)
    async with app.run_test(size=SIZE) as pilot:
        await begin(pilot, staged, "<p>x</p>", **changes)
        await pilot.press("o")
        await settle(pilot)
        assert said in shown(app)
        await pilot.press("escape")
    assert opened() == []


async def test_an_image_that_calls_itself_an_address_is_asked_about(
    staged: StagedLibrary, opened: Callable[[], Opened]
) -> None:
    app = asking(staged)
    async with app.run_test(size=SIZE) as pilot:
        await begin(pilot, staged, "<img src='https://evil.example/x.png' alt='https://bank.se'>")
        y, line = next(
            (y, line) for y, line in enumerate(shown(app).split("\n")) if "[image:" in line
        )
        await pilot.click(offset=(line.index("[image:") + 3, y))
        await settle(pilot)
        assert "the link leads to evil.example" in shown(app)
    assert opened() == []


async def test_what_may_not_be_opened_says_why(
    staged: StagedLibrary, opened: Callable[[], Opened]
) -> None:
    app = asking(staged)
    async with app.run_test(size=SIZE) as pilot:
        await begin(pilot, staged, "<p>x</p>", url="file:///etc/passwd")
        await pilot.press("o")
        await pilot.pause()
        assert "Only http, https and mailto links are opened." in shown(app)
    assert opened() == []


async def test_the_question_in_swedish(staged: StagedLibrary) -> None:
    i18n.use_language("sv")
    app = asking(staged)
    async with app.run_test(size=SIZE) as pilot:
        await begin(pilot, staged, DECEIT)
        await pilot.press("L", "1", "enter")
        await settle(pilot)
        text = shown(app)
    assert "Öppna den här adressen?" in text
    assert "I texten står bank.se, men länken leder till evil.example." in text


def test_a_copied_address_is_one_line(app: FeedReaderApp) -> None:
    links.copy(app, "javascript:x\nrm -rf /\x1b[2J")
    assert app.clipboard == "javascript:x rm -rf /[2J"


def test_a_name_is_not_cut_inside_a_flag() -> None:
    """What is left of it would be letters that nobody sees."""
    scotland = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    for length in range(50, 61):
        assert not harmful(links.file_name(f"https://a.se/{'x' * length}{scotland}"), "")
        assert not harmful(
            links.without_scheme(f"https://a.se/{'x' * (length + 140)}{scotland}"), ""
        )
        (link,) = render(f"<a href='https://a.se/1'>{'x' * (length + 140)}{scotland}</a>").links
        assert not harmful(link.title, "")
