"""Files and folders as arguments of a command."""

from __future__ import annotations

from pathlib import Path

import click

# Not click's own check whether it can be read: what is then said, and the exit code, are those of the
# file's own trouble, which shows when it is opened.
FILE = click.Path(path_type=Path, readable=False)
FOLDER = click.Path(path_type=Path, readable=False, file_okay=False)
STANDARD_STREAM = Path("-")
"""What stands for standard input or output in the place of a file."""
