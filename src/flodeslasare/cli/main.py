"""The commands' roof: options that hold for all, and how click's own errors are said."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from flodeslasare import __version__, i18n
from flodeslasare.cli import _output, articles, doctor, entries, feeds, files, searches
from flodeslasare.cli._help import speak
from flodeslasare.cli._paths import FILE
from flodeslasare.cli._session import Session, language_for, read_ahead
from flodeslasare.cli.demo import demo
from flodeslasare.i18n import _

_PROGRAM = "flodeslasare"


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  flodeslasare                                  the screen
  flodeslasare demo                             the screen on an example blog, without a network
  flodeslasare add https://blog.example/        subscribe to the feed of a page
  flodeslasare refresh --json                   fetch what is new, a line a feed
  flodeslasare search upphandl -leverantör      search everything that was ever fetched
  flodeslasare --library work.db entries        use another library
""",
)
@click.option(
    "--library",
    type=FILE,
    metavar="FILE",
    help="Use this library instead of your own; `add`, `import` and the screen make it.",
)
@click.option(
    "--config",
    type=FILE,
    metavar="FILE",
    help="Read the settings from this file instead of your own.",
)
@click.option("--offline", is_flag=True, help="Never touch the network.")
@click.option(
    "--lang", type=click.Choice(i18n.LANGUAGES), help="Language of the screen and of messages."
)
@click.option("--verbose", is_flag=True, help="Log details, and to stderr too.")
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def main(
    context: click.Context,
    library: Path | None,
    config: Path | None,
    offline: bool,
    lang: str | None,
    verbose: bool,
) -> None:
    """Flödesläsare keeps every entry of the feeds you follow, and finds them again.

    Without a command it opens the screen. Data goes to stdout, everything else to stderr.
    Exit codes: 0 done, 1 some feeds failed, 2 usage, 65 bad data, 66 no such file,
    69 no network, 73 cannot write, 130 interrupted.
    """
    context.obj = Session(
        library=library, config=config, language=lang, offline=offline, verbose=verbose
    )
    if context.invoked_subcommand is None:
        from flodeslasare.cli.screen import open_screen

        context.exit(open_screen(context.obj))


for command in (
    demo,
    *feeds.COMMANDS,
    *entries.COMMANDS,
    *articles.COMMANDS,
    *searches.COMMANDS,
    *files.COMMANDS,
    *doctor.COMMANDS,
):
    main.add_command(command)


def run_command(arguments: Sequence[str]) -> int:
    """Run a command by its words, and give the exit code.

    Not by `main.main()`, which turns an interruption and a closed pipe into exit codes of its own.
    """
    language = language_for(arguments)
    asked = os.environ.get("_FLODESLASARE_COMPLETE")
    if asked or not {"-h", "--help"}.isdisjoint(arguments):
        speak(main, i18n.said_in(language, "help"))
    if asked:
        from click.shell_completion import shell_complete

        return shell_complete(main, {}, _PROGRAM, "_FLODESLASARE_COMPLETE", asked)
    i18n.use_language(language)
    with i18n.in_libraries("click", language):
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        with main.make_context(_PROGRAM, list(arguments)) as context:
            main.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.NoSuchOption as error:
        _output.complain(_of_all_commands(error) or _with_hint(error, arguments))
        return error.exit_code
    except click.UsageError as error:
        _output.complain(_with_hint(error, arguments))
        return error.exit_code
    except click.ClickException as error:
        _output.complain(error.format_message())
        return error.exit_code
    return 0


def _with_hint(error: click.UsageError, arguments: Sequence[str]) -> str:
    """Say what is wrong, and where to read more."""
    message = error.format_message().rstrip()
    if not message.endswith((".", "?", "?)")):
        message += "."
    hint = _("Try `{command} --help`.").format(
        command=error.ctx.command_path if error.ctx else _command_path(arguments)
    )
    return f"{message} {hint}"


def _command_path(arguments: Sequence[str]) -> str:
    """Give the program and the command that a command line is for: of an option without a value click does not say."""
    command: click.Command = main
    path = [_PROGRAM]
    for word in read_ahead(arguments)[2]:
        found = command.commands.get(word) if isinstance(command, click.Group) else None
        if found is None:
            break
        command = found
        path.append(word)
    return " ".join(path)


def _of_all_commands(error: click.NoSuchOption) -> str | None:
    """Say where an option belongs that holds for all commands, when it is that; else give `None`."""
    context = error.ctx
    if context is None or context.parent is None:
        return None
    for option in main.params:
        if error.option_name in option.opts and isinstance(option, click.Option):
            words = [error.option_name]
            if not option.is_flag:
                words.append(option.make_metavar(context))
            path = context.command_path.removeprefix(f"{_PROGRAM} ")
            return _("{option} stands before the command: `{example}`.").format(
                option=error.option_name, example=" ".join([_PROGRAM, *words, path])
            )
    return None
