"""Files and folders as arguments of a command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from flodeslasare.i18n import _


class _Path(click.Path):
    """A path that is not empty: that is a shell's variable that is not set, and would be the current folder."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if value == "":
            self.fail(_("the path is empty"), param, ctx)
        return super().convert(value, param, ctx)


# Not click's own check whether it can be read: what is then said, and the exit code, are those of the
# file's own trouble, which shows when it is opened.
FILE = _Path(path_type=Path, readable=False)
FOLDER = _Path(path_type=Path, readable=False, file_okay=False)
STANDARD_STREAM = Path("-")
"""What stands for standard input or output in the place of a file."""
