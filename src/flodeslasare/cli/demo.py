"""The command demo: the screen on the example blog, in a library of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from flodeslasare.cli import _output
from flodeslasare.errors import FeedError, UsageError
from flodeslasare.i18n import _
from flodeslasare.model import RefreshStatus

if TYPE_CHECKING:
    from flodeslasare.cli._session import Session
    from flodeslasare.library.library import Library

_USUAL_PORT = 8014
_PORT = "demo.port"
_EXTRAS = "demo.extras"
_FILLED = "demo.filled"


@click.command(
    short_help="Open the screen on an example blog.",
    epilog="""\b
Examples:
  flodeslasare demo
  flodeslasare --lang sv demo
""",
)
@click.pass_obj
def demo(session: Session) -> None:
    """Open the screen on an example blog, served by this program itself.

    It has a library of its own, so yours stays as it is, and needs no network.
    """
    from flodeslasare.cli.screen import require_terminal

    require_terminal()
    code = run_demo(session)
    if code:
        raise click.exceptions.Exit(code)


def run_demo(session: Session) -> int:
    """Open the screen on the example blog, and give the exit code when it is left.

    Raises:
        UsageError: the session names a library that holds other feeds.
    """
    folder = session.places.library.parent / "demo"
    own = replace(session, library=session.library or folder / "library.db", offline=False)
    with own.open_library(screen=True) as library:
        if library.feeds(unsubscribed=True) and not library.recall(_FILLED):
            raise UsageError(
                _(
                    "{path}: this library holds other feeds; leave --library out, or name a new file"
                ).format(path=library.path)
            )
        with served(library) as feed_url:
            fill_demo(library, feed_url)
            from flodeslasare.tui.app import run_reader

            return run_reader(library, places=own.places)


@contextmanager
def served(library: Library) -> Iterator[str]:
    """Serve the example blog as it was the last time, and give its feed's address.

    The port stays the same, since the entries' links hold it. Where another program has it now, the
    library keeps its old address: that program may well be a second demo.
    """
    from flodeslasare.demo.server import serve

    port = int(library.recall(_PORT) or _USUAL_PORT)
    already = [
        datetime.fromisoformat(when).astimezone(UTC)
        for when in json.loads(library.recall(_EXTRAS) or "[]")
    ]
    with serve(port, already=already) as site:
        yield site.feed_url
        if not library.recall(_PORT):
            library.remember(_PORT, str(urlsplit(site.site_url).port))
        library.remember(_EXTRAS, json.dumps([when.isoformat() for when in site.extras]))


def fill_demo(library: Library, feed_url: str) -> None:
    """Subscribe to the example blog and fetch all of it, unless that was done before.

    Raises:
        FeedError: it does not answer.
    """
    if library.recall(_FILLED):
        return
    _output.say(_("Fetching the example blog …"))
    asyncio.run(_fetch_all(library, feed_url))
    library.remember(_FILLED, "1")


async def _fetch_all(library: Library, feed_url: str) -> None:
    feed, result = await library.subscribe(feed_url)
    if result.status is RefreshStatus.ERROR:
        raise FeedError(feed.url, result.error or _("it could not be fetched"))
    async with aclosing(library.backfill(feed.id)) as pages:
        async for _page in pages:
            pass
