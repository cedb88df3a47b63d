"""The program's beginning: `flodeslasare`, and `python -m flodeslasare`.

The plain ways to the screen are taken without click, which costs as much as half of the rest.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def _quick_to_interrupt() -> Iterator[None]:
    """Let Ctrl+C end the process as it ends others, where nothing is begun yet.

    An exception in the midst of an import is a traceback, and not always a KeyboardInterrupt's. Where Ctrl+C is
    ignored (`nohup`, `&` in a script) it stays so.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


with _quick_to_interrupt():
    import os
    import sys
    from pathlib import Path

    from flodeslasare.cli._ends import INTERRUPTED, ended, leave
    from flodeslasare.cli._session import Session, forget_settings, read_ahead
    from flodeslasare.i18n import LANGUAGES


def main() -> None:
    """Run what the command line says, and exit."""
    try:
        leave(run(sys.argv[1:]))
    except KeyboardInterrupt:  # twice, or just after the end
        leave(INTERRUPTED)


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
        with _quick_to_interrupt():
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
