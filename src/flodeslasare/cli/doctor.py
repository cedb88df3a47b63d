"""The command `doctor`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from flodeslasare.cli import _output
from flodeslasare.cli._json import SCHEMA
from flodeslasare.i18n import _

if TYPE_CHECKING:
    from flodeslasare.cli._session import Session

SOMETHING_IS_WRONG = 1
"""The exit code when a check found an error; warnings alone are 0."""

_SIGNS = {"ok": "✓", "warning": "!", "error": "✗"}


@click.command(
    short_help="Check files, library, index and feeds.",
    epilog="""\b
Examples:
  flodeslasare doctor
  flodeslasare doctor --json | jq -r 'select(.verdict != "ok") | .remedy'
  flodeslasare doctor --rebuild-index
""",
)
@click.option(
    "--rebuild-index", is_flag=True, help="First make the search index and the counts anew."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def doctor(session: Session, rebuild_index: bool, as_json: bool) -> None:
    """Check settings, folders, the library file, its index and its feeds: ✓ well, ! see to it, ✗ wrong.

    Nothing is changed and no network is asked. Every text is read: a minute for 100,000 entries.
    The exit code is 1 if something is wrong, else 0.

    --rebuild-index can be stopped with Ctrl+C, and even killed: then the library is as it was.
    """
    from flodeslasare.findings import Check, Verdict
    from flodeslasare.library.doctor import examine

    session.require_library()
    places = session.places
    progress = _output.Progress(wanted=True)
    shown = -1

    def tell(name: str, done: int, total: int) -> None:
        nonlocal shown
        percent = 100 * done // max(1, total)
        if percent != shown:
            progress.show(f"{name}: {percent} %")
            shown = percent

    def put(check: Check) -> None:
        progress.clear()
        if as_json:
            _output.put_json(
                {
                    "schema": SCHEMA,
                    "check": check.name,
                    "verdict": check.verdict.value,
                    "found": check.found,
                    "remedy": check.remedy,
                },
                at_once=True,
            )
            return
        remedy = f" → {check.remedy}" if check.remedy else ""
        said = _output.one_line(f"{check.name}: {check.found}{remedy}")
        _output.put(f"{_SIGNS[check.verdict]} {said}", at_once=True)

    is_well = True
    try:
        if rebuild_index:
            with session.open_library() as library:
                library.rebuild(lambda done, total: tell("index", done, total))
            progress.clear()
            _output.say(_("The search index and the counts were made anew."))
        for check in examine(
            places, datetime.now(UTC), tell, needs_config=session.config is not None
        ):
            put(check)
            is_well &= check.verdict is not Verdict.ERROR
    finally:
        progress.clear()
    if not is_well:
        raise click.exceptions.Exit(SOMETHING_IS_WRONG)


COMMANDS = (doctor,)
