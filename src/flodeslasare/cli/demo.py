"""The command demo: the screen on the example blog, in a library of its own."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from flodeslasare.cli import _output
from flodeslasare.errors import FeedError
from flodeslasare.i18n import _
from flodeslasare.model import RefreshStatus

if TYPE_CHECKING:
    from flodeslasare.cli._session import Session
    from flodeslasare.library.library import Library


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
    from flodeslasare.demo.server import serve

    folder = session.places.library.parent / "demo"
    own = replace(session, library=session.library or folder / "library.db", offline=False)
    with serve() as site, own.open_library(screen=True) as library:
        fill_demo(library, site.feed_url)
        from flodeslasare.tui.app import run_reader

        code = run_reader(library, places=own.places)
    if code:
        raise click.exceptions.Exit(code)


def fill_demo(library: Library, feed_url: str) -> None:
    """Subscribe to the example blog and fetch all of it, unless that was done before.

    Raises:
        FeedError: it does not answer.
    """
    feeds = library.feeds()
    if not feeds:
        _output.say(_("Fetching the example blog …"))
        asyncio.run(_fetch_all(library, feed_url))
    elif len(feeds) == 1 and feeds[0].url != feed_url:
        # The server got another port than last time; a feed that the person added stays alone.
        library.readdress_feed(feeds[0].id, feed_url)


async def _fetch_all(library: Library, feed_url: str) -> None:
    feed, result = await library.subscribe(feed_url)
    if result.status is RefreshStatus.ERROR:
        raise FeedError(feed.url, result.error or _("it could not be fetched"))
    async with aclosing(library.backfill(feed.id)) as pages:
        async for _page in pages:
            pass
