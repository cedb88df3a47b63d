"""The command about whole texts: fulltext. A refresh fetches those that are wanted in the same way (`fetch`)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from flodeslasare.cli import _output
from flodeslasare.cli._json import article_as_json
from flodeslasare.cli.entries import require_entries
from flodeslasare.i18n import _, ngettext
from flodeslasare.model import ArticleResult, ArticleStatus

if TYPE_CHECKING:
    from flodeslasare.cli._session import Session
    from flodeslasare.library.library import Library

SOME_FAILED = 1
"""The exit code when some pages could not be had, or did not show a text."""


@click.command(
    short_help="Fetch the whole text of entries whose feed gives only the beginning.",
    epilog="""\b
Examples:
  flodeslasare fulltext 210
  flodeslasare fulltext --feed bloggen
  flodeslasare search avtal --json | jq .id | xargs flodeslasare fulltext
  flodeslasare edit bloggen --fulltext                                with every refresh from now on
""",
)
@click.argument("ids", metavar="ID...", type=int, nargs=-1)
@click.option(
    "--feed",
    metavar="FEED",
    help="Of all entries of this feed whose page was not read, or not since they were changed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, one an entry.")
@click.pass_obj
def fulltext(session: Session, ids: tuple[int, ...], feed: str | None, as_json: bool) -> None:
    """Fetch the whole text of each entry ID from its own page, one at a time.

    It takes the place of the feed's words wherever the entry is read, searched and exported. What the feed says must
    stand in it, so a page that asks for a login gives nothing. Ends with 1 when some page could not be had.
    """
    if bool(ids) == (feed is not None):
        raise click.UsageError(_("Say which entries: by their ids, or with --feed."))
    with session.open_library() as library:
        require_entries(library, ids)
        wanted = (
            list(dict.fromkeys(ids))
            if feed is None
            else library.articles_of_feed(library.feed(feed).id)
        )
        counts = asyncio.run(fetch(library, wanted, as_json=as_json))
    if not as_json:
        _output.put(_summary(counts, left=len(wanted) - sum(counts.values())))
    if counts[ArticleStatus.ERROR]:
        raise click.exceptions.Exit(SOME_FAILED)


async def fetch(
    library: Library, entry_ids: Sequence[int], *, as_json: bool = False, quiet: bool = False
) -> Counter[ArticleStatus]:
    """Fetch whole texts, say how it goes, and give how many ended in which way.

    Args:
        library: the library.
        entry_ids: of which entries.
        as_json: print a line an entry.
        quiet: say nothing, not even what failed.
    """
    progress = _output.Progress(wanted=not (as_json or quiet))
    counts: Counter[ArticleStatus] = Counter()
    async with aclosing(library.fetch_articles(entry_ids)) as results:
        async for result in results:
            counts[result.status] += 1
            if as_json:
                _output.put_json(article_as_json(result), at_once=True)
            elif result.error and not quiet:
                progress.clear()
                _output.complain(_said_of(result))
            progress.show(
                _("{done} of {of}  {title}").format(
                    done=result.done, of=result.of, title=result.title
                )
            )
    progress.clear()
    return counts


def _said_of(result: ArticleResult) -> str:
    return f"{result.url or result.title}: {result.error}"


def _summary(counts: Counter[ArticleStatus], *, left: int) -> str:
    found, same, failed = (counts[status] for status in ArticleStatus)
    parts = [
        ngettext("{count} whole text fetched", "{count} whole texts fetched", found).format(
            count=found
        )
    ]
    if same:
        parts.append(
            ngettext(
                "{count} page has no more than is kept",
                "{count} pages have no more than is kept",
                same,
            ).format(count=same)
        )
    if failed:
        parts.append(ngettext("{count} failed", "{count} failed", failed).format(count=failed))
    if left:
        parts.append(
            ngettext("{count} left for later", "{count} left for later", left).format(count=left)
        )
    return ", ".join(parts)


COMMANDS = (fulltext,)
