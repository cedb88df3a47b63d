"""Commands about what was fetched: entries, search, related, show, mark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Literal, Unpack

import click

from flodeslasare.cli import _output
from flodeslasare.cli._choosing import (
    Choice,
    Count,
    asked,
    choosing_options,
    chosen,
    limit_option,
    saved_option,
)
from flodeslasare.cli._json import entry_as_json
from flodeslasare.errors import NoSuchEntry, UsageError
from flodeslasare.i18n import _, ngettext
from flodeslasare.model import Entry, Marked, MarkKind, View

if TYPE_CHECKING:
    from flodeslasare.cli._session import Session
    from flodeslasare.library.library import Library

_TEXT_CELLS = 72
"""The widest that running text is set, in cells."""


_sort_option = click.option(
    "--sort",
    type=click.Choice(["newest", "best"]),
    default="newest",
    help="What comes first; best: hits in titles, whole words, rare words.",
)
_json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object a line, with the whole text."
)


@click.command(
    epilog="""\b
Examples:
  flodeslasare entries --unread
  flodeslasare entries --feed bloggen --since 2018-04 --until 2018-06
  flodeslasare entries --starred --json | jq -r .url
"""
)
@choosing_options
@_sort_option
@limit_option
@_json_option
@click.pass_obj
def entries(
    session: Session,
    sort: Literal["newest", "best"],
    limit: int | None,
    as_json: bool,
    **choice: Unpack[Choice],
) -> None:
    """List entries, newest first.

    ● marks what is unread, ★ what has a star. The number in front is what `show` and `mark` want.
    """
    with session.open_library() as library:
        found = chosen(library, choice, order=sort, limit=limit)
        _list(library, found, as_json=as_json, one_feed=choice["feed"] is not None)


class _AnyWords(click.Command):
    """A command whose words may begin with a hyphen: `-not` is part of the query language."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        valued = {
            name
            for option in self.params
            if isinstance(option, click.Option) and not option.is_flag
            for name in option.opts
        }
        options: list[str] = []
        words: list[str] = []
        rest = list(args)
        while rest:
            word = rest.pop(0)
            if word == "--":
                words += rest
                break
            if word in valued:
                if not rest:  # click says what it lacks, and must not take the hyphens below for it
                    return super().parse_args(ctx, [*options, word])
                options += [word, rest.pop(0)]
            elif word == "-h" or word.startswith("--"):
                options.append(word)
            else:
                words.append(word)
        return super().parse_args(ctx, [*options, "--", *words])


@click.command(
    short_help="Search everything that was fetched.",
    cls=_AnyWords,
    epilog="""\b
Examples:
  flodeslasare search upphandl                  läkemedelsupphandling, upphandlare, …
  flodeslasare search studiebesök -seminarium
  flodeslasare search 'title:"ny rapport" after:2017 is:unread' --json
  flodeslasare search --saved Bevakning is:unread
  flodeslasare search --sort best 'kriterier livsmedel'
""",
)
@click.argument("query", nargs=-1)
@saved_option
@_sort_option
@limit_option
@_json_option
@click.pass_obj
def search(
    session: Session,
    query: tuple[str, ...],
    saved: str | None,
    sort: Literal["newest", "best"],
    limit: int | None,
    as_json: bool,
) -> None:
    """List entries that match QUERY, newest first.

    A word matches anywhere inside a word; all words must match. "a phrase", -not, OR, title:,
    author:, feed:, folder:, tag:, search:, is:unread, is:starred, has:enclosure, before:2018-04,
    after:2017, after:7d. Any text is a valid query.
    """
    if not query and saved is None:
        raise click.UsageError(_("Missing argument 'QUERY...'."))
    with session.open_library() as library:
        view = View(query=asked(library, " ".join(query), saved, order=sort), order=sort)
        found = library.entries(view, limit=limit)
        if not _list(library, found, as_json=as_json):
            _say_what_may_be_meant(library, " ".join(query))


def _say_what_may_be_meant(library: Library, query: str) -> None:
    found = library.suggestions(query, limit=5)
    if found:
        words = ", ".join(
            _("{word} ({count})").format(word=each.word, count=each.count) for each in found
        )
        _output.say(_("Did you mean {words}?").format(words=words))


@click.command(
    short_help="List entries that are like one.",
    epilog="""\b
Examples:
  flodeslasare related 210
  flodeslasare related 210 --limit 3 --json | jq -r '.url + " " + (.words | join(" "))'
""",
)
@click.argument("entry_id", metavar="ID", type=int)
@click.option("--limit", type=Count(min=1), default=10, metavar="N", help="At most so many: 10.")
@_json_option
@click.pass_obj
def related(session: Session, entry_id: int, limit: int, as_json: bool) -> None:
    """List the entries that share rare words with one, from all feeds and years, and these words.

    With --json each has `words` as well.
    """
    with session.open_library() as library:
        found = library.related(entry_id, limit)
        line = _output.line_width()
        for each in found:
            entry = each.entry
            if as_json:
                whole = entry_as_json(library.entry(entry.id))
                _output.put_json(whole | {"words": list(each.words)})
                continue
            when = _output.local_time(entry.sorted_by, "%Y-%m-%d")
            title, words = map(_output.one_line, (entry.title, ", ".join(each.words)))
            text = f"{entry.id:>5}  {when}  {title}  · {words}"
            _output.put(text if line is None else _output.cut(text, line))
    if not found:
        _output.say(_("Nothing found."))


def _list(
    library: Library, found: Iterator[Entry], *, as_json: bool, one_feed: bool = False
) -> bool:
    """Print entries; tells whether there were any."""
    first = next(found, None)
    if first is None:
        if not as_json:
            _output.say(_("Nothing found."))
        return False
    if as_json:
        for entry in chain([first], found):
            _output.put_json(entry_as_json(entry))
        return True
    line = _output.line_width()
    # The newest entries have the highest numbers, so what comes later is no wider (as a rule).
    id_cells = max(5, len(str(first.id)))
    titles = [] if one_feed else [feed.title for feed in library.feeds(unsubscribed=True)]
    feed_cells = 0
    if len(titles) > 1:
        feed_cells = min(max(map(_output.width, titles)), 24 if line is None else line // 4)
    for entry in chain([first], found):
        text = _row(entry, id_cells, feed_cells)
        _output.put(text if line is None else _output.cut(text, line))
    return True


def _row(entry: Entry, id_cells: int, feed_cells: int) -> str:
    marks = (" " if entry.is_read else "●") + ("★" if entry.is_starred else " ")
    feed = "  " + _output.fit(_output.one_line(entry.feed_title), feed_cells) if feed_cells else ""
    title = _output.one_line(entry.title or entry.text[:200] or entry.url or entry.guid)
    return f"{entry.id:>{id_cells}} {marks} {_output.local_time(entry.sorted_by, '%Y-%m-%d')}{feed}  {title}"


@click.command(
    short_help="Print one entry.",
    epilog="""\b
Examples:
  flodeslasare show 210
  flodeslasare show 210 --format markdown > besok.md
""",
)
@click.argument("entry_id", metavar="ID", type=int)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html", "json"]),
    default="text",
    show_default=True,
    help="How to print it.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.pass_obj
def show(session: Session, entry_id: int, form: str, as_json: bool) -> None:
    """Print one entry by the number that `entries` and `search` show. It is not marked as read."""
    if as_json:
        if form not in ("text", "json"):
            raise click.UsageError(_("Say one of --format and --json."))
        form = "json"
    with session.open_library() as library:
        entry = library.entry(entry_id)
    match form:
        case "json":
            _output.put_json(entry_as_json(entry))
        case "html":
            _output.put(entry.html)
        case "markdown":
            _output.put(_as_markdown(entry))
        case _:
            line = _output.line_width()
            text = _as_text(entry)
            cells = None if line is None else min(line, _TEXT_CELLS)
            _output.put(text if cells is None else "\n".join(_output.wrap(text, cells)))


def _facts(entry: Entry) -> list[str]:
    """Give where and when an entry appeared, by whom."""
    when = _output.local_time(entry.sorted_by)
    return [_output.one_line(fact) for fact in (entry.feed_title, entry.author or "", when) if fact]


def _as_text(entry: Entry) -> str:
    blocks = [
        _output.one_line(entry.title),
        " · ".join(_facts(entry)),
        _output.one_line(entry.url or ""),
    ]
    if entry.tags:
        blocks.append(_("Tags: {tags}").format(tags=_output.one_line(", ".join(entry.tags))))
    blocks += [
        _("Attached: {url}").format(url=_output.one_line(file.url)) for file in entry.enclosures
    ]
    return "\n\n".join(["\n".join(filter(None, blocks)), *_paragraphs(entry)])


def _paragraphs(entry: Entry) -> list[str]:
    """Give the text as it is set, an empty line to be between: in the stored one all lines are alike.

    Images and links are told as on the screen, the addresses below.
    """
    from flodeslasare.fetching.clean import html_to_paragraphs  # 20 ms, which no list need pay

    found, links = html_to_paragraphs(entry.html, _image)
    if links:
        found.append(
            "\n".join(f"[{n}] {_output.one_line(address)}" for n, address in enumerate(links, 1))
        )
    return found or [line for line in entry.text.split("\n") if line.strip()]


def _image(alt: str) -> str:
    return _("[image: {text}]").format(text=alt) if alt.strip() else _("[image]")


def _as_markdown(entry: Entry) -> str:
    from flodeslasare.exchange.markdown import address_in_markdown, escape_markdown
    from flodeslasare.exchange.markdown_files import entry_in_markdown

    facts = escape_markdown(" · ".join(_facts(entry)))
    return entry_in_markdown(entry, [facts, address_in_markdown(entry.url) if entry.url else ""])


@click.group(
    short_help="Mark as read or unread, star, undo.",
    no_args_is_help=False,
    epilog="""\b
Examples:
  flodeslasare mark read 210 211
  flodeslasare mark starred --query 'title:rapport after:2017'
  flodeslasare mark undo
""",
)
def mark() -> None:
    """Mark entries as read or unread, give them a star or take it; all of it can be undone."""


def _mark_command(kind: MarkKind, about: str) -> click.Command:
    @click.command(
        kind.value,
        help=about,
        epilog=f"""\b
Examples:
  flodeslasare mark {kind.value} 210 211
  flodeslasare mark {kind.value} --query 'feed:bloggen before:2015'
""",
    )
    @click.argument("ids", metavar="ID...", type=int, nargs=-1)
    @click.option("--query", metavar="QUERY", help="All that match, in the language of `search`.")
    @saved_option
    @click.pass_obj
    def command(
        session: Session, ids: tuple[int, ...], query: str | None, saved: str | None
    ) -> None:
        is_search = query is not None or saved is not None
        if bool(ids) == is_search:
            raise click.UsageError(_("Give either one ID or more, or --query, or --saved."))
        if query is not None:
            _require_question(query, kind)
        with session.open_library() as library:
            if is_search:
                view = View(query=asked(library, query, saved))
                found = library.listing(view).ids
                if found:
                    _tell(library.mark(kind, found))
                else:
                    _output.say(_("Nothing matches; nothing was changed."))
            else:
                require_entries(library, ids)
                _tell(library.mark(kind, ids))

    return command


_EVERYTHING = {
    MarkKind.READ: "is:unread",
    MarkKind.UNREAD: "is:read",
    MarkKind.STARRED: "-is:starred",
    MarkKind.UNSTARRED: "is:starred",
}
"""The query that leaves out only what would not change."""


def _require_question(query: str, kind: MarkKind) -> None:
    """See that a query asks for something: one that does not is an empty variable of a shell's.

    Raises:
        UsageError
    """
    from flodeslasare.query.parsing import parse

    if not parse(query).asks:
        raise UsageError(
            _(
                "--query {query!r}: there is nothing to search for in it; "
                "`flodeslasare mark {kind} --query {everything}` marks all there is"
            ).format(query=query, kind=kind.value, everything=_EVERYTHING[kind])
        )


def require_entries(library: Library, ids: Iterable[int]) -> None:
    """See that all are there before any is marked.

    Raises:
        NoSuchEntry
    """
    wanted = list(ids)
    there = {row.id for row in library.rows(wanted)}
    for entry_id in wanted:
        if entry_id not in there:
            raise NoSuchEntry(entry_id)


def _tell(marked: Marked) -> None:
    count = len(marked.entry_ids)
    match marked.kind:
        case MarkKind.READ:
            text = ngettext("{count} entry is now read.", "{count} entries are now read.", count)
        case MarkKind.UNREAD:
            text = ngettext(
                "{count} entry is now unread.", "{count} entries are now unread.", count
            )
        case MarkKind.STARRED:
            text = ngettext(
                "{count} entry has a star now.", "{count} entries have a star now.", count
            )
        case MarkKind.UNSTARRED:
            text = ngettext(
                "{count} entry has no star now.", "{count} entries have no star now.", count
            )
    _output.say(text.format(count=count) if count else _("Nothing changed: it was so already."))


for _kind, _about in (
    (MarkKind.READ, "Mark entries as read."),
    (MarkKind.UNREAD, "Mark entries as unread."),
    (MarkKind.STARRED, "Give entries a star."),
    (MarkKind.UNSTARRED, "Take the star from entries."),
):
    mark.add_command(_mark_command(_kind, _about))


@mark.command(
    epilog="""\b
Example:
  flodeslasare mark read --query before:2015 && flodeslasare mark undo
"""
)
@click.pass_obj
def undo(session: Session) -> None:
    """Take back the last mark, from the screen or from here, however many entries it was."""
    with session.open_library() as library:
        taken_back = library.undo()
    if taken_back is None:
        _output.say(_("There is nothing to undo."))
    else:
        _tell(taken_back)


COMMANDS = (entries, search, related, show, mark)
