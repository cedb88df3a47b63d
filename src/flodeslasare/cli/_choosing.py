"""The options that choose entries, for every command that takes them, and the view they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar

import click

from flodeslasare.cli import _output
from flodeslasare.cli._dates import period
from flodeslasare.i18n import _
from flodeslasare.model import Entry, View

if TYPE_CHECKING:
    from flodeslasare.library.library import Library

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Choice(TypedDict):
    """What the options say; all that is set must hold."""

    feed: str | None
    query: str | None
    saved: str | None
    unread: bool
    starred: bool
    since: datetime | None
    until: datetime | None


def _beginning(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> datetime | None:
    return None if value is None else _period(value)[0]


def _end(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime | None:
    return None if value is None else _period(value)[1]


def _period(text: str) -> tuple[datetime, datetime]:
    try:
        return period(text)
    except ValueError:
        raise click.BadParameter(
            _("{text!r} is no date; write 2018, 2018-04, 2018-04-05, yesterday or 7d").format(
                text=text
            )
        ) from None


class Count(click.IntRange):
    """A number of entries; for click a word that is none would be no "integer range"."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Understand it; more than there can be is all there is: a database counts with 64 bits."""
        return min(super().convert(value, param, ctx), 2**62)


limit_option = click.option("--limit", type=Count(min=1), metavar="N", help="At most so many.")
saved_option = click.option(
    "--saved", metavar="NAME", help="Only what this saved search finds; `searches` lists them."
)
_OPTIONS = (
    click.option("--feed", metavar="FEED", help="Only of this feed: its address, title, or id."),
    click.option(
        "--query", metavar="QUERY", help="Only what matches, in the language of `search`."
    ),
    saved_option,
    click.option("--unread", is_flag=True, help="Only what is unread."),
    click.option("--starred", is_flag=True, help="Only what has a star."),
    click.option(
        "--since",
        callback=_beginning,
        metavar="DATE",
        help="From the beginning of 2018, 2018-04, 2018-04-05, yesterday, or 7d: seven days ago.",
    ),
    click.option(
        "--until",
        callback=_end,
        metavar="DATE",
        help="To the end of 2018, 2018-04, 2018-04-05, yesterday, or 7d: seven days ago.",
    ),
)


def choosing_options(command: _Command) -> _Command:
    """Give a command the options of a `Choice`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chosen(
    library: Library,
    choice: Choice,
    *,
    order: Literal["newest", "best"] = "newest",
    limit: int | None = None,
) -> Iterator[Entry]:
    """Read the entries of a choice in their order.

    Raises:
        NoSuchFeed, NoSuchSearch
    """
    feed = choice["feed"]
    view = View(
        feed_id=None if feed is None else library.feed(feed).id,
        unread=choice["unread"],
        starred=choice["starred"],
        query=asked(library, choice["query"], choice["saved"], order=order),
        order=order,
    )
    return library.entries(view, since=choice["since"], until=choice["until"], limit=limit)


def say_misread(query: str) -> None:
    """Say of mistyped operators in a query that they are searched for as words, and what may have been meant."""
    from flodeslasare.library.remarks import remark_on
    from flodeslasare.query.hints import misread

    for each in misread(query):
        remark = remark_on(each)
        if each.meant is not None:
            remark = _("{remark}; did you mean {meant}?").format(remark=remark, meant=each.meant)
        _output.say(_output.one_line(remark))


def asked(
    library: Library,
    query: str | None,
    saved: str | None,
    *,
    order: Literal["newest", "best"] = "newest",
) -> str:
    """Give what a query and a saved search ask together; says what of the query, or of an order for it, makes no sense.

    Raises:
        NoSuchSearch
    """
    if query:
        say_misread(query)
        for remark in library.unknown_names(query):
            _output.say(_output.one_line(remark))
    text = query or ""
    if saved is not None:
        from flodeslasare.query.saved import saved_query  # 6 ms, which a refresh need not pay

        name = saved_query(library.saved_search(saved).name)
        text = f"{name} ({query})" if query else name
    if order == "best":
        said = library.remark_on_best(text)
        if said is not None:
            _output.say(said)
    return text
