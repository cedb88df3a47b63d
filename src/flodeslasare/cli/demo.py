"""The command demo: the screen on the example blog, in a library of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, aclosing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
from msgspec.structs import replace

from flodeslasare.cli import _output
from flodeslasare.errors import FeedError, UsageError
from flodeslasare.files import one_at_a_time
from flodeslasare.i18n import _
from flodeslasare.model import RefreshStatus

if TYPE_CHECKING:
    from flodeslasare.cli._session import Session
    from flodeslasare.library.library import Library

_USUAL_PORT = 8014
_PORT = "demo.port"
_EXTRAS = "demo.extras"
_FILLED = "demo.filled"
_FEED = "demo.feed"


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
    path = own.places.library
    with ExitStack() as stack:
        # A library that is being filled by another demo is not to be filled, nor to be judged, by this one.
        with one_at_a_time(path.with_name(f"{path.name}.lock"), _say_that_it_waits):
            library = stack.enter_context(own.open_library(screen=True))
            is_ours = session.library is None or _is_demo(library)
            if library.feeds(unsubscribed=True) and not is_ours:
                raise UsageError(
                    _(
                        "{path}: this library holds other feeds; leave --library out, or name a new file"
                    ).format(path=library.path)
                )
            feed_url = stack.enter_context(served(library))
            fill_demo(library, feed_url)
        from flodeslasare.tui.app import run_reader

        places = replace(own.places, cache=own.places.cache / "demo")
        return run_reader(library, places=places)


def _is_demo(library: Library) -> bool:
    """Whether the example blog was fetched into it, or would have been, had it not been stopped."""
    return bool(library.recall(_FILLED) or library.recall(_FEED))


def _say_that_it_waits() -> None:
    _output.say(_("Waiting for another demo, which fetches the example blog …"))


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
        own_port = str(urlsplit(site.site_url).port)
        if not (library.recall(_FILLED) and library.recall(_PORT)):
            library.remember(_PORT, own_port)
        yield site.feed_url
        if library.recall(_PORT) == own_port:  # else it is another demo's blog that was read
            with library.opened_again() as patient:  # another demo may be writing just now
                patient.remember(_EXTRAS, json.dumps([when.isoformat() for when in site.extras]))


def fill_demo(library: Library, feed_url: str) -> None:
    """Subscribe to the example blog and fetch all of it, unless that was done before.

    What was begun under another address and never came to its end is begun anew.

    Raises:
        FeedError: it does not answer.
    """
    if library.recall(_FILLED):
        return
    _output.say(_("Fetching the example blog …"))
    begun = library.recall(_FEED)
    for feed in library.feeds(unsubscribed=True):
        if feed.url == begun != feed_url:
            library.delete_feed(feed.id)
    library.remember(_FEED, feed_url)
    asyncio.run(_fetch_all(library, feed_url))
    library.remember(_FILLED, "1")


async def _fetch_all(library: Library, feed_url: str) -> None:
    feed, result = await library.subscribe(feed_url)
    if result.status is RefreshStatus.ERROR:
        raise FeedError(feed.url, result.error or _("it could not be fetched"))
    async with aclosing(library.backfill(feed.id)) as pages:
        async for page in pages:
            if page.error is not None:
                raise FeedError(page.url, page.error)
