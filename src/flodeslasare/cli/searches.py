"""Commands about saved searches: list, save, rename, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flodeslasare.cli import _output
from flodeslasare.cli._choosing import say_misread
from flodeslasare.cli._json import search_as_json
from flodeslasare.i18n import _

if TYPE_CHECKING:
    from flodeslasare.cli._session import Session


@click.group(
    short_help="List, save, rename and remove searches.",
    invoke_without_command=True,
    epilog="""\b
Examples:
  flodeslasare searches
  flodeslasare searches save Bevakning 'upphandl -seminarium'
  flodeslasare entries --saved Bevakning --unread
  flodeslasare search search:Bevakning after:2017
""",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_context
def searches(context: click.Context, as_json: bool) -> None:
    """List the saved searches, with how many entries they find and how many of these are unread."""
    if context.invoked_subcommand is not None:
        return
    session: Session = context.obj
    with session.open_library() as library:
        found = [(search, *library.count(search.query)) for search in library.saved_searches()]
    if as_json:
        for search, total, unread in found:
            _output.put_json(search_as_json(search, total, unread))
        return
    if not found:
        _output.say(_("No saved searches. `flodeslasare searches save NAME QUERY` keeps one."))
        return
    lines = _output.table(
        (_("unread"), _("total"), _("name"), _("query")),
        [(str(unread), str(total), search.name, search.query) for search, total, unread in found],
        most=(None, None, 32, None),
        right=frozenset({0, 1}),
        line=_output.line_width(),
    )
    for line in lines:
        _output.put(line)


@searches.command(
    epilog="""\b
Example:
  flodeslasare searches save Bevakning 'upphandl -seminarium'
""",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("name")
@click.argument("query", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_obj
def save(session: Session, name: str, query: tuple[str, ...]) -> None:
    """Keep QUERY under NAME; a search of that name gets the new query."""
    with session.open_library() as library:
        saved, before = library.save_search(name, " ".join(query))
    say_misread(saved.query)
    if before is None or before.query == saved.query:
        _output.say(_("Saved: {name}").format(name=saved.name))
        return
    said = _("Saved: {name}, in place of {query}").format(name=saved.name, query=before.query)
    _output.say(_output.one_line(said))


@searches.command(
    epilog="""\b
Example:
  flodeslasare searches rename Bevakning Upphandling
"""
)
@click.argument("name")
@click.argument("new_name")
@click.pass_obj
def rename(session: Session, name: str, new_name: str) -> None:
    """Call the search NAME by another name."""
    with session.open_library() as library:
        renamed = library.rename_search(name, new_name)
    _output.say(_("Saved: {name}").format(name=renamed.name))


@searches.command(
    "remove",
    epilog="""\b
Example:
  flodeslasare searches remove Bevakning
""",
)
@click.argument("name")
@click.pass_obj
def remove_search(session: Session, name: str) -> None:
    """Forget the search NAME; the entries it finds stay."""
    with session.open_library() as library:
        forgotten = library.forget_search(name)
    _output.say(_("Removed: {name}").format(name=forgotten.name))


COMMANDS = (searches,)
