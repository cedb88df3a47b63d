"""Logins of config.toml against real servers: who gets the password, and what is said when there is none."""

from __future__ import annotations

import asyncio
import hashlib
import shlex
import sys
import urllib.request
from pathlib import Path

import pytest

from builders import PATIENCE_SECONDS, ends_soon
from flodeslasare.config import Login, Settings
from flodeslasare.errors import FetchError
from flodeslasare.fetching import _logins
from flodeslasare.fetching._logins import Logins
from flodeslasare.fetching.http import Fetcher
from test_http import FEED, PUBLIC, Request, Server, basic, on_the_internet, serving


def command(script: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script)


def logging_in(*logins: Login) -> Settings:
    return Settings(logins=logins, fetch_total_seconds=60)


def authorisations(server: Server) -> list[str | None]:
    return [request.headers.get("authorization") for request in server.requests]


async def failure(settings: Settings, url: str) -> FetchError:
    async with Fetcher(settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(url, allow_private=True)
    assert "\n" not in str(caught.value)
    return caught.value


async def test_a_command_is_run_once_for_all_the_feeds_of_its_host(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    script = f"open({str(runs)!r}, 'a').write('x'); print('hem ligt '); print('another line')"
    async with serving() as server:
        for number in range(6):
            server.answer(f"/{number}", FEED)
        login = Login(
            address=server.url().rstrip("/"), name="anna", password_command=command(script)
        )
        async with Fetcher(logging_in(login)) as fetcher:
            urls = [server.url(f"/{number}") for number in range(6)]
            await asyncio.gather(*(fetcher.fetch(url, allow_private=True) for url in urls))

        assert authorisations(server) == [basic("anna", "hem ligt ")] * 6
        assert runs.read_text() == "x"


async def test_a_password_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERN", "hemligtå")
    async with serving() as server:
        server.answer("/feed", FEED)
        login = Login(address=server.url(), name="anna", password_env="INTERN")
        async with Fetcher(logging_in(login)) as fetcher:
            await fetcher.fetch(server.url("/feed"), allow_private=True)
            # What stands in the address goes before it.
            own = server.url("/feed").replace("://", "://bo:eget@")
            await fetcher.fetch(own, allow_private=True)

        assert authorisations(server) == [basic("anna", "hemligtå"), basic("bo", "eget")]


async def test_a_login_goes_to_no_other_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE", "ett")
    monkeypatch.setenv("TWO", "två")
    settings = logging_in(
        Login(address="http://one.example", name="anna", password_env="ONE"),
        Login(address="http://two.example", name="bo", password_env="TWO"),
    )
    async with serving() as server:
        server.redirect("/feed", "/moved")
        server.redirect("/moved", "http://two.example/end")
        server.redirect("/end", "http://one.example/back")
        server.answer("/back", FEED)
        async with on_the_internet(server, settings) as (fetcher, _net):
            await fetcher.fetch("http://one.example/feed")

        # The second host has a login of its own, and no stranger's redirect makes us use it.
        one = basic("anna", "ett")
        assert authorisations(server) == [one, one, None, one]


async def test_without_https_a_login_is_only_used_when_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONE", "ett")
    settings = logging_in(Login(address="one.example", name="anna", password_env="ONE"))
    async with serving() as server:
        server.answer("/feed", status="401 Unauthorized")
        async with on_the_internet(server, settings) as (fetcher, _net):
            with pytest.raises(FetchError, match=r'\[logins."http://one.example"\]'):
                await fetcher.fetch("http://one.example/feed")

        assert authorisations(server) == [None]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.example/", "host"),
        ("https://a.example/blogger", "host"),
        ("https://a.example/blogg", "part"),
        ("https://a.example/blogg/feed?x=1", "part"),
        ("https://a.example:8443/", None),
        ("http://a.example/", None),
        ("https://a.example.evil/", None),
        ("https://b.example:8443/x", "port"),
        ("https://b.example/x", None),
        ("https://www.xn--hllbarupphandling-8qb.se/feed", "letters"),
    ],
)
async def test_which_login_is_for_an_address(
    url: str, name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X", "x")
    known = {
        "A.example": "host",
        "https://a.example/blogg": "part",
        "b.example:8443": "port",
        "www.hållbarupphandling.se": "letters",
        "a..b": "no host",
    }
    logins = Logins([Login(address=a, name=n, password_env="X") for a, n in known.items()])

    found = await logins.credentials_for(url)
    await logins.aclose()

    assert found == (None if name is None else (name, "x"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("no-such-command-anywhere --x hemligt", "there is no command no-such-command-anywhere"),
        (shlex.join(command("print('hemligt'); raise SystemExit(3)")), "it ended with 3"),
        (shlex.join(command("pass")), "printed nothing"),
        (shlex.join(command("print(); print('hemligt')")), "printed nothing"),
        (
            shlex.join(command("import sys; sys.stdout.buffer.write(b'\\xff\\n')")),
            "no text in UTF-8",
        ),
        (
            shlex.join(command("import sys; sys.exit(bool(sys.stdin.read()) or 'hemligt')")),
            "it ended with 1",
        ),
    ],
)
async def test_a_command_that_gives_no_password_is_one_clear_line(words: str, said: str) -> None:
    async with serving() as server:
        login = Login(
            address=f"http://127.0.0.1:{server.port}",
            name="anna",
            password_command=tuple(shlex.split(words)),
        )
        error = await failure(logging_in(login), server.url("/feed"))

        assert said in error.reason
        assert f'mend [logins."http://127.0.0.1:{server.port}"] in config.toml' in error.reason
        assert "hemligt" not in str(error)
        assert server.requests == []


async def test_a_variable_that_is_not_there() -> None:
    async with serving() as server:
        login = Login(address=server.url(), name="anna", password_env="NOT_THERE")
        error = await failure(logging_in(login), server.url("/feed"))

        assert "variable NOT_THERE is not set" in error.reason
        assert server.requests == []


async def test_a_command_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_logins, "PASSWORD_SECONDS", 3.0)
    pids = tmp_path / "pids"
    script = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)"
    )
    async with serving() as server:
        login = Login(address=server.url(), name="anna", password_command=command(script))
        error = await failure(logging_in(login), server.url("/feed"))

        assert "not done after 3 seconds" in error.reason
        assert server.requests == []
    assert all(map(ends_soon, map(int, pids.read_text().split())))


async def test_a_refresh_that_is_stopped_ends_the_command() -> None:
    async with serving() as server:
        script = "import time; time.sleep(600)"
        login = Login(address=server.url(), name="anna", password_command=command(script))
        async with Fetcher(logging_in(login)) as fetcher:
            asking = asyncio.ensure_future(fetcher.fetch(server.url("/feed"), allow_private=True))
            await asyncio.sleep(0.2)
            asking.cancel()
        async with asyncio.timeout(PATIENCE_SECONDS):
            with pytest.raises(asyncio.CancelledError):
                await asking


async def test_a_refused_password_is_told_from_a_missing_one() -> None:
    async with serving() as server:
        server.answer("/feed", status="401 Unauthorized")
        missing = await failure(Settings(), server.url("/feed"))
        refused = await failure(
            Settings(), server.url("/feed").replace("://", f"://anna:{PUBLIC}@")
        )

    assert f'below [logins."http://127.0.0.1:{server.port}"]' in missing.reason
    assert "does not take the name and the password" in refused.reason
    assert PUBLIC not in str(refused)


# --- Digest ----------------------------------------------------------------------------------------


class DigestServer:
    """Lets in whoever answers its challenge (RFC 7616 §3.4); a nonce is good for so many answers."""

    def __init__(
        self, server: Server, *, algorithm: str = "MD5", answers: int = 100, password: str = PUBLIC
    ) -> None:
        self.given = 0
        self.counts: list[str] = []
        self._hash = hashlib.md5 if algorithm == "MD5" else hashlib.sha256
        self._algorithm = algorithm
        self._answers = answers
        self._left = answers
        self._password = password
        for number in range(3):
            server.routes[f"/feed?n={number}"] = self._reply

    async def _reply(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if self._is_right(request):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(FEED) + FEED)
            return
        self.given += 1
        self._left = self._answers
        challenge = (
            f'Digest realm="Intern, sida", qop="auth,auth-int", algorithm={self._algorithm},'
            f' nonce="n{self.given}", opaque="o"'
        )
        writer.write(
            b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nWWW-Authenticate: "
            + challenge.encode()
            + b"\r\nSet-Cookie: spy=1\r\nContent-Length: 2\r\n\r\nno"
        )

    def _is_right(self, request: Request) -> bool:
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        if scheme != "Digest" or not self._left:
            return False
        fields = urllib.request.parse_keqv_list(urllib.request.parse_http_list(said))
        self._left -= 1
        self.counts.append(fields["nc"])
        secret = self._digest(f"{fields['username']}:Intern, sida:{self._password}")
        asked = self._digest(f"GET:{request.path}")
        rest = f"{fields['nonce']}:{fields['nc']}:{fields['cnonce']}:{fields['qop']}"
        return (
            fields["nonce"] == f"n{self.given}"
            and fields["uri"] == request.path
            and fields["response"] == self._digest(f"{secret}:{rest}:{asked}")
        )

    def _digest(self, text: str) -> str:
        return self._hash(text.encode()).hexdigest()


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_a_host_that_asks_for_digest_gets_it_and_after_that_no_password(
    algorithm: str,
) -> None:
    async with serving() as server:
        digest = DigestServer(server, algorithm=algorithm)
        async with Fetcher(Settings(fetch_total_seconds=5)) as fetcher:
            for number in range(3):
                url = server.url(f"/feed?n={number}").replace("://", f"://anna:{PUBLIC}@")
                assert (await fetcher.fetch(url, allow_private=True)).body == FEED

    said = [
        (request.headers.get("authorization") or "").split(" ")[0] for request in server.requests
    ]
    assert said == ["Basic", "Digest", "Digest", "Digest"]
    assert digest.counts == ["00000001", "00000002", "00000003"]
    assert not any("cookie" in request.headers for request in server.requests)
    assert server.connections == 1


async def test_a_nonce_that_is_worn_out_is_replaced() -> None:
    async with serving() as server:
        digest = DigestServer(server, answers=1)
        async with Fetcher(Settings(fetch_total_seconds=5)) as fetcher:
            for number in range(3):
                url = server.url(f"/feed?n={number}").replace("://", f"://anna:{PUBLIC}@")
                assert (await fetcher.fetch(url, allow_private=True)).body == FEED

    assert digest.given == 3


async def test_a_wrong_password_is_answered_once() -> None:
    async with serving() as server:
        DigestServer(server, password="another")
        refused = await failure(
            Settings(), server.url("/feed?n=0").replace("://", f"://anna:{PUBLIC}@")
        )

    assert "does not take the name and the password" in refused.reason
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "challenge",
    [
        "Digest",
        "Digest x",
        "Digest realm",
        'Digest realm="a"',
        'Digest realm="a", nonce="b", algorithm=ROT13',
        'Digest realm="a", nonce="b", qop="auth-int"',
        'Digest realm="\xff", nonce="\xfe',
        "Negotiate",
    ],
)
async def test_a_challenge_that_makes_no_sense_is_a_refusal(challenge: str) -> None:
    async with serving() as server:
        server.answer(
            "/feed", status="401 Unauthorized", headers=[f"WWW-Authenticate: {challenge}"]
        )
        refused = await failure(
            Settings(), server.url("/feed").replace("://", f"://anna:{PUBLIC}@")
        )

    assert "does not take the name and the password" in refused.reason


async def test_who_has_no_login_answers_no_challenge() -> None:
    async with serving() as server:
        DigestServer(server)
        await failure(Settings(), server.url("/feed?n=0"))

    assert len(server.requests) == 1
