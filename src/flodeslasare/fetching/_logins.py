"""Names and passwords of config.toml: which address each is for, and where the password comes from.

A password is asked for when a request first needs it, and kept until the fetcher is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Generator, Sequence

import httpx

from flodeslasare.config import PASSWORD_SECONDS, Login
from flodeslasare.errors import AddressRefused
from flodeslasare.fetching._address import canonical_url, split_credentials
from flodeslasare.i18n import _

log = logging.getLogger(__name__)


class NoPassword(Exception):
    """A password could not be had; `str()` is the reason, for the user."""


class Logins:
    """The logins of one fetcher."""

    def __init__(self, logins: Sequence[Login]) -> None:
        self._logins = [
            (beginning, login) for login in logins if (beginning := _beginning_of(login))
        ]
        # The longest first: what stands for a part of a host goes before what stands for all of it.
        self._logins.sort(key=lambda known: len(known[0]), reverse=True)
        self._passwords: dict[Login, asyncio.Task[str]] = {}

    async def aclose(self) -> None:
        """Stop asking for passwords, and forget them."""
        tasks = list(self._passwords.values())
        self._passwords.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def credentials_for(self, url: str) -> tuple[str, str] | None:
        """Give name and password for a canonical address, if it has any.

        Raises:
            NoPassword
        """
        login = next((login for begins, login in self._logins if _is_within(url, begins)), None)
        if login is None:
            return None
        task = self._passwords.get(login)
        if task is None:
            task = self._passwords[login] = asyncio.create_task(_password_of(login))
        try:
            return login.name, await asyncio.shield(task)
        except NoPassword as error:
            reason = _(
                'there is no password for it: {cause}; mend [logins."{host}"] in config.toml'
            )
            raise NoPassword(reason.format(cause=error, host=login.address)) from error


def _beginning_of(login: Login) -> str | None:
    """Give the canonical address that a login is for the beginning of."""
    address = login.address if "://" in login.address else f"https://{login.address}"
    try:
        return split_credentials(canonical_url(address))[0]
    except AddressRefused as error:
        log.warning('config.toml: [logins."%s"]: %s', login.address, error.reason)
        return None


def _is_within(url: str, beginning: str) -> bool:
    """Tell whether an address begins with another, up to the end of a part of its path."""
    if not url.startswith(beginning):
        return False
    return beginning.endswith("/") or url[len(beginning) :][:1] in ("", "/", "?")


async def _password_of(login: Login) -> str:
    """Get a password.

    Raises:
        NoPassword
    """
    if login.password_env:
        password = os.environ.get(login.password_env, "")
        if not password:
            reason = _("the variable {name} is not set in the environment")
            raise NoPassword(reason.format(name=login.password_env))
        return password
    log.debug("the password for %s: asking %s", login.address, login.password_command[0])
    return await _first_line(login.password_command)


async def _first_line(command: Sequence[str]) -> str:
    """Run a command, and give the first line that it prints.

    It has no input, no terminal to ask on (it would be the screen's) and no stderr, whose words might
    be the password; and it is ended with whatever it started when it takes too long.

    Raises:
        NoPassword
    """
    name = command[0]
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True
        )
    except FileNotFoundError as error:
        raise NoPassword(_("there is no command {name}").format(name=name)) from error
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        reason = _("the command {name} cannot be started ({cause})")
        raise NoPassword(reason.format(name=name, cause=cause)) from error
    try:
        async with asyncio.timeout(PASSWORD_SECONDS):
            printed, _none = await process.communicate()
    except TimeoutError as error:
        reason = _("the command {name} was not done after {seconds:g} seconds")
        raise NoPassword(reason.format(name=name, seconds=PASSWORD_SECONDS)) from error
    finally:
        if process.returncode is None:
            _end(process)
            await process.wait()
    if process.returncode:
        reason = _("the command {name} failed (it ended with {code}); run it by hand to see why")
        raise NoPassword(reason.format(name=name, code=process.returncode))
    try:
        password = printed.partition(b"\n")[0].rstrip(b"\r").decode()
    except UnicodeDecodeError as error:
        reason = _("what the command {name} prints is no text in UTF-8")
        raise NoPassword(reason.format(name=name)) from error
    if not password:
        raise NoPassword(_("the command {name} printed nothing").format(name=name))
    return password


def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def answer_to(
    response: httpx.Response, exchange: Generator[httpx.Request, httpx.Response, None]
) -> bytes | None:
    """Give the `Authorization` that answers a Digest challenge; `None` where there is none that can be answered.

    Args:
        response: to the request that the exchange has given.
        exchange: of httpx's `DigestAuth`.
    """
    challenge = [
        (name, value) for name, value in response.headers.raw if name.lower() == b"www-authenticate"
    ]
    # Nothing else of the response: httpx would answer with its cookies too.
    asked = httpx.Request("GET", "http://nowhere.invalid")
    try:
        following = exchange.send(
            httpx.Response(response.status_code, headers=challenge, request=asked)
        )
    except (StopIteration, httpx.ProtocolError, KeyError, ValueError, NotImplementedError):
        return None  # it wants what httpx cannot do, or makes no sense
    return following.headers["authorization"].encode()
