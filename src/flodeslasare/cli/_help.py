"""The texts of `--help` in other languages than English, in which they stand where their commands are.

A catalogue of their own, `help`, holds them; what click says around them is in `click`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import TypeAlias

import click

_Texts: TypeAlias = tuple[str | None, str | None, str | None]

_english: dict[click.Command | click.Option, _Texts] = {}
"""What was written: help, short help and epilog. Kept, since `speak` puts others in their place."""

_EXAMPLE = re.compile(r"(  \S.*?\S {3,})(\S.*)")
"""A line of an epilog: a command, and what it does."""


def speak(command: click.Command, said: Callable[[str], str]) -> None:
    """Give a command, its options, and the commands in it the texts that `said` gives for theirs.

    It is asked for paragraphs without line breaks, an empty line between them, and of examples for the
    heading and for what is said of each.
    """
    written: _Texts = (command.help, command.short_help, command.epilog)
    about, short, examples = _english.setdefault(command, written)
    command.help = None if about is None else said(_paragraphs(about))
    command.short_help = None if short is None else said(_paragraphs(short))
    command.epilog = None if examples is None else _spoken_examples(examples, said)
    for option in command.params:
        if isinstance(option, click.Option):
            about, _short, _epilog = _english.setdefault(option, (option.help, None, None))
            option.help = None if about is None else said(_paragraphs(about))
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            speak(inner, said)


def _paragraphs(text: str) -> str:
    return "\n\n".join(
        " ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n")
    )


def _spoken_examples(text: str, said: Callable[[str], str]) -> str:
    lines = []
    for line in text.split("\n"):
        if found := _EXAMPLE.fullmatch(line):
            line = found[1] + said(found[2])
        elif line.endswith(":"):
            line = said(line)
        lines.append(line)
    return "\n".join(lines)
