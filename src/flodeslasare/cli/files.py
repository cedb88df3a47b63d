"""Commands about files: import, export, config, and completion for the shell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flodeslasare.cli import _output
from flodeslasare.i18n import _, ngettext

if TYPE_CHECKING:
    from flodeslasare.cli._session import Session


@click.command(
    "import",
    short_help="Take in OPML, or newsboat's files.",
    epilog="""\b
Examples:
  flodeslasare import subscriptions.opml
  flodeslasare import ~/.newsboat/urls
  flodeslasare import ~/.newsboat/cache.db      the kept entries, with their marks
""",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def import_(session: Session, file: Path) -> None:
    """Take in another reader's FILE: OPML, or newsboat's `urls` or `cache.db`.

    What cannot be taken in is listed. Importing the same file again does no harm.
    """
    with session.open_library() as library:
        report = library.import_file(file.expanduser())
    for sentence in report.skipped:
        _output.complain(_("left out: {what}").format(what=sentence))
    parts = [
        ngettext("{count} new subscription", "{count} new subscriptions", report.subscribed).format(
            count=report.subscribed
        )
    ]
    if report.already:
        parts.append(
            ngettext("{count} there already", "{count} there already", report.already).format(
                count=report.already
            )
        )
    if report.entries:
        parts.append(
            ngettext("{count} entry", "{count} entries", report.entries).format(
                count=report.entries
            )
        )
    if report.skipped:
        left = len(report.skipped)
        parts.append(ngettext("{count} left out", "{count} left out", left).format(count=left))
    _output.say(", ".join(parts) + ".")
    if report.subscribed:
        _output.say(_("`flodeslasare refresh` fetches them."))


@click.group(
    short_help="Print the subscriptions as OPML.",
    no_args_is_help=False,
    epilog="""\b
Example:
  flodeslasare export opml > subscriptions.opml
""",
)
def export() -> None:
    """Print what the library holds in a form that other programs read."""


@export.command(
    epilog="""\b
Example:
  flodeslasare export opml > subscriptions.opml
"""
)
@click.pass_obj
def opml(session: Session) -> None:
    """Print all subscriptions as OPML, folders nested: the list that every feed reader imports."""
    with session.open_library() as library:
        data = library.export_opml()
    _output.put_bytes(data)


@click.group(
    short_help="Make, show or find the settings.",
    no_args_is_help=False,
    epilog="""\b
Examples:
  flodeslasare config init && $EDITOR "$(flodeslasare config path)"
  flodeslasare config show
""",
)
def config() -> None:
    """Make, show or find the file with the settings. None is needed to begin."""


@config.command(
    epilog="""\b
Example:
  flodeslasare config init
"""
)
@click.pass_obj
def init(session: Session) -> None:
    """Write a commented file with every setting at its default; never over one that is there."""
    from flodeslasare.config import write_default_config

    write_default_config(session.places.config)
    _output.say(_("Written: {path}").format(path=session.places.config))


@config.command(
    "show",
    epilog="""\b
Example:
  flodeslasare --config other.toml config show
""",
)
@click.pass_obj
def show_config(session: Session) -> None:
    """Print every setting as it holds now, and where the files are."""
    from flodeslasare.config import logins_text, settings_text

    settings, places = session.settings, session.places
    note = "" if places.config.exists() else "  (not there: every setting is at its default)"
    _output.put(f"# settings: {places.config}{note}")
    _output.put(f"# library:  {places.library}")
    _output.put(f"# log:      {places.logs}")
    _output.put(f"# cache:    {places.cache}\n")
    _output.put(settings_text(settings).rstrip("\n"))
    if settings.logins:
        _output.put("\n" + logins_text(settings.logins).rstrip("\n"))


@config.command(
    epilog="""\b
Example:
  $EDITOR "$(flodeslasare config path)"
"""
)
@click.pass_obj
def path(session: Session) -> None:
    """Print where the file with the settings is, or would be."""
    _output.put(str(session.places.config))


@click.command(
    short_help="Print the script for completion in a shell.",
    epilog="""\b
Examples:
  flodeslasare completion bash > ~/.local/share/bash-completion/completions/flodeslasare
  flodeslasare completion zsh > "${fpath[1]}/_flodeslasare"
  flodeslasare completion fish > ~/.config/fish/completions/flodeslasare.fish
""",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete commands and options on Tab."""
    from click.shell_completion import get_completion_class

    maker = get_completion_class(shell)
    assert maker is not None  # noqa: S101 - click has all three
    script = maker(context.find_root().command, {}, "flodeslasare", "_FLODESLASARE_COMPLETE")
    # Not script.source(), which for bash starts one to ask for its version.
    _output.put((script.source_template % script.source_vars()).strip("\n"))


COMMANDS = (import_, export, config, completion)
