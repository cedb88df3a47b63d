"""Commands about subscriptions: add, remove, edit, feeds, merge, refresh, backfill."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from flodeslasare.addresses import without_credentials
from flodeslasare.cli import _output
from flodeslasare.cli._json import feed_as_json, fetch_as_json, result_as_json
from flodeslasare.errors import FeedError, NoSuchFeed, UsageError
from flodeslasare.i18n import N_, _, ngettext
from flodeslasare.library.health import ailment_of
from flodeslasare.model import (
    ArticleStatus,
    Feed,
    FeedResult,
    FeedStarted,
    RefreshStatus,
    RefreshWaits,
    View,
)

if TYPE_CHECKING:
    from flodeslasare.cli._session import Session
    from flodeslasare.documents import FoundFeed
    from flodeslasare.library.library import Library

SOME_FAILED = 1
"""The exit code when some feeds failed and the others are done."""
_STATUSES = {
    RefreshStatus.OK: N_("ok"),
    RefreshStatus.UNCHANGED: N_("unchanged"),
    RefreshStatus.GONE: N_("gone"),
    RefreshStatus.ERROR: N_("error"),
}
"""What stands for people where JSON has the status itself."""
_WAITING = N_("Waiting for another program that uses the library …")
"""What stands on the terminal while another program holds the file."""
_MOST_OFFERED = 10
"""So many of the other feeds that a page offers are named."""
NOT_WANTED = 1
"""The exit code when the person was asked, and said no."""


@click.command(
    short_help="Subscribe to feeds, and fetch them.",
    epilog="""\b
Examples:
  flodeslasare add https://blog.example/feed.xml
  flodeslasare add https://www.hållbarupphandling.se/ --folder Offentligt
  flodeslasare add a.example b.example --folder Nyheter/Lokalt
""",
)
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option("--folder", metavar="FOLDER", help="Put them in this folder; A/B is B inside A.")
@click.pass_obj
def add(session: Session, urls: tuple[str, ...], folder: str | None) -> None:
    """Subscribe to the feed at each URL, and fetch it.

    The address of a site's page will do: its feed is found. Of several the first is taken, and the
    others are named.
    """
    first_failure: FeedError | None = None
    failed = 0
    with session.open_library(makes=True) as library:
        for url in urls:
            try:
                _add_one(library, url, folder)
            except FeedError as error:
                if len(urls) == 1:
                    raise
                _output.complain(str(error))
                first_failure = first_failure or error
                failed += 1
    if first_failure is not None:
        raise click.exceptions.Exit(first_failure.exit_code if failed == len(urls) else SOME_FAILED)


def _add_one(library: Library, url: str, folder: str | None) -> None:
    known = {feed.id: feed.url for feed in library.feeds()}
    others: list[FoundFeed] = []
    feed, result = asyncio.run(library.subscribe(url, folder=folder, told_others=others.extend))
    if feed.id in known:
        text = _("Already subscribed: {title} ({url})")
    else:
        text = _("Subscribed: {title} ({url})")
    text = _output.one_line(text.format(title=feed.title, url=feed.url))
    if result.status in (RefreshStatus.ERROR, RefreshStatus.GONE):
        _output.put(text, at_once=True)
        raise FeedError(feed.url, result.error or _("it could not be fetched"))
    found = ngettext("{count} entry", "{count} entries", feed.total).format(count=feed.total)
    _output.put(f"{text}: {found}", at_once=True)
    for remark in _remarks(feed, {each.id: each.title for each in library.feeds()}):
        _output.say(f"    {_output.one_line(remark)}")
    taken = {feed.url, *known.values()}
    _tell_of_others([each for each in others if without_credentials(each.url) not in taken])


def _tell_of_others(others: list[FoundFeed]) -> None:
    """Name what else a page offers, and how to subscribe to it."""
    if not others:
        return
    _output.say(
        ngettext(
            "The page offers {count} more feed:", "The page offers {count} more feeds:", len(others)
        ).format(count=len(others))
    )
    for each in others[:_MOST_OFFERED]:
        title = f"{each.title}: " if each.title else ""
        command = f"`flodeslasare add {shlex.quote(without_credentials(each.url))}`"
        _output.say("    " + _output.one_line(title + command))
    if others[_MOST_OFFERED:]:
        _output.say("    …")


@click.command(
    short_help="Unsubscribe; the entries stay, or go.",
    epilog="""\b
Examples:
  flodeslasare remove https://blog.example/feed.xml
  flodeslasare remove bloggen        a part of the title, if only one feed has it
  flodeslasare remove bloggen --delete-entries
""",
)
@click.argument("feed")
@click.option(
    "--delete-entries",
    is_flag=True,
    help="Delete its entries for good as well, with their marks; also of a feed that was left before.",
)
@click.option("--yes", is_flag=True, help="Delete without asking.")
@click.pass_obj
def remove(session: Session, feed: str, delete_entries: bool, yes: bool) -> None:
    """Unsubscribe from FEED (its address, title, or id). Its entries stay and are found as before."""
    with session.open_library() as library:
        if delete_entries:
            _delete(library, library.feed(feed), is_sure=yes)
            return
        found = library.feed(feed)
        if not found.is_subscribed:
            raise NoSuchFeed(
                feed,
                _(
                    "unsubscribed already; `flodeslasare remove {id} --delete-entries` deletes its entries as well"
                ).format(id=found.id),
            )
        library.unsubscribe(found.id)
    _output.say(
        _("Unsubscribed: {title}. What was fetched stays; `flodeslasare add {url}` takes it up again.")
        .format(title=found.title, url=shlex.quote(found.url))
    )  # fmt: skip


def _make_sure(library: Library, question: str, *, or_else: str, not_done: str) -> None:
    """Ask the person whether what cannot be undone shall be done; nothing else is asked about.

    Args:
        library: what it would be done to.
        question: as a sentence.
        or_else: says, where nobody can be asked, what it takes.
        not_done: is said when the person does not want it.

    Raises:
        ReadOnly: it could not be done.
        UsageError: nobody can be asked.
        Exit: the person does not want it.
    """
    if library.read_only is not None:
        raise library.read_only
    if not _output.can_ask():
        raise UsageError(or_else)
    if not _output.ask(question):
        _output.say(not_done)
        raise click.exceptions.Exit(NOT_WANTED)


def _delete(library: Library, feed: Feed, *, is_sure: bool) -> None:
    """Forget a feed and its entries, once the person has said so.

    Raises:
        ReadOnly, UsageError, Exit: as `_make_sure` has it.
    """
    starred = len(library.listing(View(feed_id=feed.id, starred=True)).ids)
    found = ngettext("{count} entry", "{count} entries", feed.total).format(count=feed.total)
    if starred:
        found += _(" ({count} with a star)").format(count=starred)
    if not is_sure:
        _make_sure(
            library,
            _("Delete {title} and its {entries} for good?").format(title=feed.title, entries=found),
            or_else=_("{title}: {entries} would be deleted for good; say so with --yes").format(
                title=feed.title, entries=found
            ),
            not_done=_("Nothing was deleted."),
        )
    deleted = library.delete_feed(feed.id)
    _output.say(
        ngettext(
            "Deleted: {title} and its {count} entry.",
            "Deleted: {title} and its {count} entries.",
            deleted,
        ).format(title=feed.title, count=deleted)
    )


@click.command(
    short_help="Change a feed's address, name or folder.",
    epilog="""\b
Examples:
  flodeslasare edit bloggen --url https://new.example/feed.xml
  flodeslasare edit bloggen --title 'Upphandlingsbloggen' --folder Offentligt
  flodeslasare edit bloggen --title '' --folder ''      its own name, and no folder
""",
)
@click.argument("feed")
@click.option("--url", metavar="URL", help="Ask it here from now on; a page's address will do.")
@click.option("--title", metavar="NAME", help="A name of your own; empty for the feed's.")
@click.option(
    "--folder", metavar="FOLDER", help="Another folder, A/B is B inside A; empty for none."
)
@click.option(
    "--fulltext/--no-fulltext",
    default=None,
    help="With each refresh fetch the whole texts of its entries from their pages, or no longer.",
)
@click.pass_obj
def edit(
    session: Session,
    feed: str,
    url: str | None,
    title: str | None,
    folder: str | None,
    fulltext: bool | None,
) -> None:
    """Change where FEED (its address, title, or id) is asked, its name, its folder, or what is fetched of it.

    Its entries and marks stay. A new address is looked at first, and nothing is changed when there
    is no feed; with --offline it is taken as it stands. The old address is forgotten: to `add` it is
    to subscribe to another feed.
    """
    if url is None and title is None and folder is None and fulltext is None:
        raise click.UsageError(_("Say what to change: --url, --title, --folder or --fulltext."))
    with session.open_library() as library:
        found = library.feed(feed)
        if url is not None:
            asyncio.run(library.change_address(found.id, url))
        if title is not None:
            library.rename_feed(found.id, title)
        if folder is not None:
            library.move_feed(found.id, folder)
        if fulltext is not None:
            library.want_articles(found.id, fulltext)
        found = library.feed(found.id)
    parts = [found.title, found.url, *([found.folder] if found.folder else [])]
    if found.wants_articles:
        parts.append(_("whole texts"))
    _output.put(_output.one_line(" · ".join(parts)))


@click.command(
    short_help="List the subscriptions.",
    epilog="""\b
Examples:
  flodeslasare feeds
  flodeslasare feeds --history bloggen
  flodeslasare feeds --left
  flodeslasare feeds --json | jq -r 'select(.last_error) | .url'
""",
)
@click.option(
    "--history", metavar="FEED", help="List how the last 50 refreshes of this feed ended."
)
@click.option(
    "--left", is_flag=True, help="List the feeds that were left instead; their entries are kept."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def feeds(session: Session, history: str | None, left: bool, as_json: bool) -> None:
    """List the subscriptions with their counts, when they were refreshed, and what went wrong.

    `add` takes up a feed again that was left, and `remove FEED --delete-entries` deletes what it left.
    """
    if left and history is not None:
        raise click.UsageError(_("Say one of --left and --history."))
    with session.open_library() as library:
        if left:
            _put_left(library.left_feeds(), as_json=as_json)
            return
        if history is not None:
            _put_history(library, library.feed(history), as_json=as_json)
            return
        found = library.feeds()
        every = library.feeds(unsubscribed=True)
    if as_json:
        urls = {feed.id: feed.url for feed in every}
        for feed in found:
            _output.put_json(feed_as_json(feed, moved_to=urls.get(feed.merge_into or 0)))
        return
    titles = {feed.id: feed.title for feed in every}
    if not found:
        _say_that_there_is_none()
        return
    line = _output.line_width()
    header = (
        _("id"),
        _("unread"),
        _("total"),
        _("refreshed"),
        _("title"),
        _("folder"),
        _("address"),
    )
    lines = _output.table(
        header,
        [
            (
                str(feed.id),
                str(feed.unread),
                str(feed.total),
                _output.local_time(feed.last_refresh),
                feed.title,
                feed.folder or "",
                feed.url,
            )
            for feed in found
        ],
        most=(None, None, None, None, 32, 24, None),
        right=frozenset({0, 1, 2}),
        line=line,
    )
    _output.put(lines[0])
    for feed, text in zip(found, lines[1:], strict=True):
        _output.put(text)
        for remark in map(_output.one_line, _remarks(feed, titles)):
            _output.put(f"    {remark}" if line is None else _output.cut(f"    {remark}", line))


def _put_left(left: list[Feed], *, as_json: bool) -> None:
    """Print the feeds that were left."""
    if as_json:
        for feed in left:
            _output.put_json(feed_as_json(feed))
        return
    if not left:
        _output.say(_("No feed was left."))
        return
    for line in _output.table(
        (_("id"), _("total"), _("left"), _("title"), _("folder"), _("address")),
        [
            (
                str(feed.id),
                str(feed.total),
                _output.local_time(feed.left_since),
                feed.title,
                feed.folder or "",
                feed.url,
            )
            for feed in left
        ],
        most=(None, None, None, 32, 24, None),
        right=frozenset({0, 1}),
        line=_output.line_width(),
    ):
        _output.put(line)


def _put_history(library: Library, feed: Feed, *, as_json: bool) -> None:
    """Print how the refreshes of a feed ended, the latest first."""
    refreshes = library.refreshes(feed.id)
    if as_json:
        for each in refreshes:
            _output.put_json(fetch_as_json(each))
        return
    if not refreshes:
        _output.say(_("{title} has not been refreshed yet.").format(title=feed.title))
        return
    for line in _output.table(
        (_("refreshed"), _("status"), _("new"), _("changed"), _("cause")),
        [
            (
                _output.local_time(each.at),
                _(_STATUSES[each.status]),
                str(each.new),
                str(each.updated),
                each.error or "",
            )
            for each in refreshes
        ],
        most=(None, None, None, None, None),
        right=frozenset({2, 3}),
        line=_output.line_width(),
    ):
        _output.put(line)


@click.command(
    short_help="Make one feed of two.",
    epilog="""\b
Examples:
  flodeslasare merge https://old.example/feed https://new.example/feed
  flodeslasare merge 7 3 --yes
""",
)
@click.argument("feed")
@click.argument("into")
@click.option("--yes", is_flag=True, help="Merge without asking.")
@click.pass_obj
def merge(session: Session, feed: str, into: str, yes: bool) -> None:
    """Let FEED go up in INTO (each by its address, title, or id), for good: it asks first.

    Its entries, marks and earlier texts go over; what both have becomes one. FEED is asked no more.
    """
    with session.open_library() as library:
        old, new = library.feed(feed), library.feed(into)
        if not yes and old.id != new.id:  # else the library says what is wrong
            going = ngettext("{count} entry", "{count} entries", old.total).format(count=old.total)
            _make_sure(
                library,
                _("Merge {title} ({entries}) into {into} for good?").format(
                    title=old.title, entries=going, into=_beside(new, old)
                ),
                or_else=_(
                    "{title}: {entries} would go over to {into} for good; say so with --yes"
                ).format(title=old.title, entries=going, into=_beside(new, old)),
                not_done=_("Nothing was merged."),
            )
        merged = library.merge_feeds(old.id, new.id)
    went = ngettext("{count} entry", "{count} entries", merged.moved).format(count=merged.moved)
    said = _("{title} is now part of {into}: {entries} went over, {joined} were in both").format(
        title=old.title, into=_beside(new, old), entries=went, joined=merged.joined
    )
    _output.put(_output.one_line(said))


def _beside(feed: Feed, other: Feed) -> str:
    """Give what a feed is called where another is named: its address, if both have one name."""
    return feed.title if feed.title != other.title else feed.url


def _remarks(feed: Feed, titles: dict[int, str]) -> list[str]:
    """Say what is wrong with a feed and what can be done, each in a line."""
    remarks = []
    ailment = ailment_of(feed, _output.local_time)
    if ailment and feed.is_gone:
        ailment += _("; `flodeslasare refresh {id}` asks it again").format(id=feed.id)
    if ailment:
        remarks.append(f"! {ailment}")
    if feed.merge_into is not None:
        remarks.append(
            _(
                "→ it has moved to {title}: `flodeslasare merge {id} {into}` makes one feed of them"
            ).format(title=titles.get(feed.merge_into, ""), id=feed.id, into=feed.merge_into)
        )
    return remarks


def _say_that_there_is_none() -> None:
    _output.say(
        _(
            "No subscriptions yet. `flodeslasare add URL` adds one, `flodeslasare import FILE` takes in a "
            "list, `flodeslasare demo` shows an example."
        )
    )


@click.command(
    short_help="Fetch what is new.",
    epilog="""\b
Examples:
  flodeslasare refresh
  flodeslasare refresh bloggen
  flodeslasare refresh --due --quiet     as cron would: only the feeds whose time has come
""",
)
@click.argument("feed", nargs=-1)
@click.option(
    "--due", is_flag=True, help="Leave out feeds that asked for a longer wait, or are backed off."
)
@click.option("--quiet", "-q", is_flag=True, help="Say only what went wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, one a feed.")
@click.pass_obj
def refresh(session: Session, feed: tuple[str, ...], due: bool, quiet: bool, as_json: bool) -> None:
    """Fetch what is new, from every subscription or from each FEED (its address, title, or id).

    Ends with 0 when all is well, and with 1 when some feed failed. Feeds without news are not
    listed unless with --json.
    """
    if quiet and as_json:
        raise click.UsageError(_("Say one of --quiet and --json."))
    with session.open_library() as library:
        ids = [library.subscription(reference).id for reference in feed]
        if not ids and not library.feeds():
            if not quiet:
                _say_that_there_is_none()
            return
        results = library.refresh(ids or None, due_only=due)
        failed = asyncio.run(_report(results, as_json=as_json, quiet=quiet))
        if due_articles := library.due_articles(ids or None):
            asyncio.run(_fetch_articles(library, due_articles, quiet=quiet or as_json))
    if failed:
        raise click.exceptions.Exit(SOME_FAILED)


async def _fetch_articles(library: Library, entry_ids: list[int], *, quiet: bool) -> None:
    """Fetch the whole texts that are wanted; a page that cannot be had is no failure of the feed, and is tried again."""
    from flodeslasare.cli.articles import fetch

    found = (await fetch(library, entry_ids, quiet=quiet))[ArticleStatus.OK]
    if found and not quiet:
        _output.put(
            ngettext("{count} whole text fetched", "{count} whole texts fetched", found).format(
                count=found
            )
        )


async def _report(
    events: AsyncGenerator[FeedStarted | FeedResult | RefreshWaits, None],
    *,
    as_json: bool,
    quiet: bool,
) -> int:
    """Print how each feed's turn ended, and give how many failed.

    What kept several feeds from being asked (no network, a host that wants to be left alone) is said once, at the end.
    """
    progress = _output.Progress(wanted=not (as_json or quiet))
    asked = elsewhere = failed = new = 0
    shared: dict[str, list[str]] = {}
    """Feeds by the cause they share."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, FeedStarted):
                progress.show(
                    _("{done} of {of}  {title}").format(
                        done=event.done, of=event.of, title=event.title
                    )
                )
                continue
            if isinstance(event, RefreshWaits):
                progress.show(_(_WAITING))
                continue
            asked += not event.is_elsewhere
            elsewhere += event.is_elsewhere
            new += event.new
            bad = event.status in (RefreshStatus.ERROR, RefreshStatus.GONE)
            failed += bad
            if as_json:
                _output.put_json(result_as_json(event), at_once=True)
                continue
            progress.clear()
            if bad and event.is_shared and event.error:
                shared.setdefault(event.error, []).append(event.url)
            elif bad:
                _output.complain(f"{event.url}: {event.error or _(_STATUSES[event.status])}")
            elif not quiet and (event.new or event.updated):
                _output.put(_news(event), at_once=True)
    progress.clear()
    for cause, urls in shared.items():
        which = ngettext("{count} feed", "{count} feeds", len(urls)).format(count=len(urls))
        _output.complain(f"{urls[0] if len(urls) == 1 else which}: {cause}")
    if not (as_json or quiet):
        parts = [
            ngettext("{count} feed asked", "{count} feeds asked", asked).format(count=asked),
            ngettext("{count} new entry", "{count} new entries", new).format(count=new),
        ]
        if elsewhere:
            parts.append(
                ngettext(
                    "{count} feed asked by another refresh",
                    "{count} feeds asked by another refresh",
                    elsewhere,
                ).format(count=elsewhere)
            )
        if failed:
            parts.append(
                ngettext("{count} feed failed", "{count} feeds failed", failed).format(count=failed)
            )
        _output.put(", ".join(parts))
    return failed


def _news(result: FeedResult) -> str:
    parts = []
    if result.new:
        parts.append(ngettext("{count} new", "{count} new", result.new).format(count=result.new))
    if result.updated:
        parts.append(
            ngettext("{count} changed", "{count} changed", result.updated).format(
                count=result.updated
            )
        )
    return f"{_output.one_line(result.title)}: {', '.join(parts)}"


@click.command(
    short_help="Fetch what a feed no longer holds.",
    epilog="""\b
Examples:
  flodeslasare backfill bloggen
  flodeslasare backfill https://blog.example/feed.xml --json
""",
)
@click.argument("feed")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, one a page.")
@click.pass_obj
def backfill(session: Session, feed: str, as_json: bool) -> None:
    """Fetch what FEED (its address, title, or id) no longer holds, from the site's older pages."""
    with session.open_library() as library:
        error = asyncio.run(_fill(library, library.subscription(feed).id, as_json=as_json))
    if error is not None:
        raise click.exceptions.Exit(SOME_FAILED)


async def _fill(library: Library, feed_id: int, *, as_json: bool) -> str | None:
    """Print what each older page brought, and give what ended it before its time, if anything did."""
    progress = _output.Progress(wanted=not as_json)
    new = updated = 0
    error = None
    title = url = ""

    def say_that_it_waits() -> None:
        progress.show(_(_WAITING))

    async with aclosing(library.backfill(feed_id, on_wait=say_that_it_waits)) as results:
        async for result in results:
            if as_json:
                _output.put_json(result_as_json(result), at_once=True)
            new += result.new
            updated += result.updated
            title, url, error = result.title, result.url, result.error
            progress.show(
                ngettext("{title}: {count} new entry", "{title}: {count} new entries", new).format(
                    title=title, count=new
                )
            )
    progress.clear()
    if not as_json:
        if error is not None:
            _output.complain(f"{url}: {error}")
        found = ngettext("{count} new", "{count} new", new).format(count=new)
        edited = ngettext("{count} changed", "{count} changed", updated).format(count=updated)
        _output.put(f"{_output.one_line(title)}: {found}, {edited}")
    return error


COMMANDS = (add, remove, edit, feeds, merge, refresh, backfill)
