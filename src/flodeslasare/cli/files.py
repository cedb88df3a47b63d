"""Commands about files: import, export, config, and completion for the shell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from flodeslasare.cli import _output
from flodeslasare.cli._choosing import Choice, choosing_options, chosen, limit_option
from flodeslasare.cli._json import entry_as_json
from flodeslasare.cli._paths import FILE, FOLDER, STANDARD_STREAM
from flodeslasare.config import at_home
from flodeslasare.i18n import _, ngettext

if TYPE_CHECKING:
    from flodeslasare.cli._session import Session
    from flodeslasare.library.library import Library
    from flodeslasare.model import Entry


@click.command(
    "import",
    short_help="Take in OPML, or newsboat's files.",
    epilog="""\b
Examples:
  flodeslasare import subscriptions.opml
  flodeslasare import ~/.newsboat/urls
  flodeslasare import ~/.newsboat/cache.db      the kept entries, with their marks
  flodeslasare import - < subscriptions.opml
""",
)
@click.argument("file", type=FILE)
@click.pass_obj
def import_(session: Session, file: Path) -> None:
    """Take in another reader's FILE: OPML, or newsboat's `urls` or `cache.db`.

    A list may come from standard input: FILE is then -. What cannot be taken in is listed. Importing
    the same file again does no harm.
    """
    progress = _output.Progress(wanted=True)

    def tell(count: int) -> None:
        progress.show(ngettext("{count} entry", "{count} entries", count).format(count=count))

    with session.open_library(makes=True) as library:
        if file == STANDARD_STREAM and sys.stdin is not None:
            report = library.import_file(file, sys.stdin.buffer)
        else:
            report = library.import_file(at_home(file), tell=tell)
    progress.clear()
    for left_out in report.skipped:
        _output.complain(_("left out: {what}").format(what=left_out.said))
    for sentence in report.remarks:
        _output.say(_output.one_line(sentence))
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
    if report.marks:
        parts.append(
            ngettext(
                "{count} mark on an entry there already",
                "{count} marks on entries there already",
                report.marks,
            ).format(count=report.marks)
        )
    if report.skipped:
        left = sum(each.count for each in report.skipped)
        parts.append(ngettext("{count} left out", "{count} left out", left).format(count=left))
    _output.say(", ".join(parts) + ".")
    if report.subscribed:
        _output.say(_("`flodeslasare refresh` fetches them."))


@click.group(
    short_help="Write subscriptions or entries for other programs.",
    no_args_is_help=False,
    epilog="""\b
Examples:
  flodeslasare export opml > subscriptions.opml
  flodeslasare export markdown ~/blogs           a file an entry, by feed and year
  flodeslasare export json > entries.jsonl
""",
)
def export() -> None:
    """Write what the library holds in a form that other programs read."""


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


@export.command(
    epilog="""\b
Examples:
  flodeslasare export markdown ~/blogs
  flodeslasare export markdown ~/blogs --feed bloggen --since 2018
  flodeslasare export markdown --query title:rapport | less
"""
)
@click.argument("folder", required=False, type=FOLDER)
@choosing_options
@limit_option
@click.pass_obj
def markdown(
    session: Session, folder: Path | None, limit: int | None, **choice: Unpack[Choice]
) -> None:
    """Write entries as Markdown, each in a file of its own in FOLDER; without one, or with -, all to stdout.

    The files are called FEED/YEAR/DATE-TITLE.md. Each begins with its title, url, date, author and
    tags (front matter in YAML). Doing it again writes what is new or was edited and leaves the
    rest; a file that is something else is never written over.
    """
    with session.open_library() as library:
        entries = chosen(library, choice, limit=limit)
        if folder is not None and folder != STANDARD_STREAM:
            _write_files(library, entries, at_home(folder))
            return
        from flodeslasare.exchange.markdown_files import markdown_file

        for entry in entries:
            _output.put(markdown_file(entry))


def _write_files(library: Library, entries: Iterator[Entry], folder: Path) -> None:
    """Write a file an entry, and tell how many were written."""
    progress = _output.Progress(wanted=True)
    written = unchanged = 0
    for is_written in library.export_markdown(entries, folder):
        if is_written:
            written += 1
        else:
            unchanged += 1
        if (written + unchanged) % 100 == 0:
            progress.show(_("{count} entries …").format(count=written + unchanged))
    progress.clear()
    parts = [
        ngettext("{count} file written", "{count} files written", written).format(count=written)
    ]
    if unchanged:
        parts.append(
            ngettext("{count} was right already", "{count} were right already", unchanged).format(
                count=unchanged
            )
        )
    _output.say(f"{folder}: {', '.join(parts)}.")


@export.command(
    "json",
    epilog="""\b
Examples:
  flodeslasare export json > entries.jsonl
  flodeslasare export json --starred | jq -r .url
""",
)
@choosing_options
@limit_option
@click.pass_obj
def json_(session: Session, limit: int | None, **choice: Unpack[Choice]) -> None:
    """Print entries as JSON, one a line, newest first: the whole archive unless options narrow it.

    Each is what `entries --json` and `show --format json` print.
    """
    with session.open_library() as library:
        for entry in chosen(library, choice, limit=limit):
            _output.put_json(entry_as_json(entry))


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
    files = (
        (_("settings:"), places.config),
        (_("library:"), places.library),
        (_("log:"), places.logs),
        (_("pictures:"), places.images),
    )
    cells = max(_output.width(name) for name, _path in files)
    for name, path in files:
        note = ""
        if path == places.config and not path.exists():
            note = _("  (not there: every setting is at its default)")
        _output.put(f"# {_output.pad(name, cells)} {path}{note}")
    _output.put("")
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
