"""The program's beginning: `flodeslasare`, and `python -m flodeslasare`.

The plain ways to the screen are taken without click, which costs as much as half of the rest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from flodeslasare.cli._ends import ended, leave
from flodeslasare.cli._session import Session, forget_settings, read_ahead
from flodeslasare.i18n import LANGUAGES


def main() -> None:
    """Run what the command line says, and exit."""
    leave(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run what the arguments say, and give the exit code."""

    def start() -> int:
        forget_settings()
        # A shell that asks for completions calls without arguments.
        if "_FLODESLASARE_COMPLETE" not in os.environ:
            session = plain_session(arguments)
            if session is not None:
                from flodeslasare.cli.screen import open_screen

                return open_screen(session)
        from flodeslasare.cli.main import run_command

        return run_command(arguments)

    return ended(start)


def plain_session(arguments: Sequence[str]) -> Session | None:
    """Understand options without a command; `None` is for click, which knows more and explains better."""
    values, flags, rest = read_ahead(arguments)
    if rest:
        return None
    if values.get("--lang", "en") not in LANGUAGES:
        return None
    return Session(
        library=Path(values["--library"]) if "--library" in values else None,
        config=Path(values["--config"]) if "--config" in values else None,
        language=values.get("--lang"),
        offline="--offline" in flags,
        verbose="--verbose" in flags,
    )


if __name__ == "__main__":
    main()
