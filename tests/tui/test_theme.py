"""The themes can be read: WCAG contrast, computed from their values."""

from dataclasses import replace

import pytest
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import Theme

from flodeslasare.tui.theme import THEMES, THEMES_IN_256


def in_256(colour: str) -> str:
    """Give what a terminal of 256 colours shows for a colour."""
    shown = Color.parse(colour).rich_color.downgrade(ColorSystem.EIGHT_BIT)
    return shown.get_truecolor().hex


def as_shown(theme: Theme) -> Theme:
    """Give a theme in the colours that a terminal of 256 shows for it."""
    return replace(
        theme,
        background=in_256(str(theme.background)),
        surface=in_256(str(theme.surface)),
        panel=in_256(str(theme.panel)),
        accent=in_256(str(theme.accent)),
        variables={
            name: in_256(value) if value.startswith("#") else value
            for name, value in theme.variables.items()
        },
    )


ALL = [
    *(pytest.param(theme, id=theme.name) for theme in THEMES),
    *(pytest.param(as_shown(theme), id=f"{theme.name} in 256") for theme in THEMES_IN_256),
]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, "relative luminance")."""
    parsed = Color.parse(colour)
    parts = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (parsed.r / 255, parsed.g / 255, parsed.b / 255)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def grounds(theme: Theme) -> dict[str, str]:
    return {
        "background": str(theme.background),
        "surface": str(theme.surface),
        "panel": str(theme.panel),
        "cursor": theme.variables["cursor"],
    }


@pytest.mark.parametrize("theme", ALL)
def test_ink_and_quiet_ink_are_strong_on_the_background(theme: Theme) -> None:
    for token in ("ink", "quiet-ink"):
        assert contrast(theme.variables[token], str(theme.background)) >= 7, token


@pytest.mark.parametrize("theme", ALL)
@pytest.mark.parametrize("token", ["ink", "quiet-ink", "faint-ink", "lead", "section", "accent"])
def test_everything_that_is_read_can_be_read_wherever_it_stands(theme: Theme, token: str) -> None:
    colour = theme.accent if token == "accent" else theme.variables[token]
    for name, ground in grounds(theme).items():
        assert contrast(str(colour), ground) >= 4.5, (token, name)


@pytest.mark.parametrize("theme", ALL)
def test_hits_can_be_read(theme: Theme) -> None:
    assert contrast(theme.variables["hit-ink"], theme.variables["hit"]) >= 4.5


@pytest.mark.parametrize("theme", ALL)
def test_the_cursor_row_can_be_told_from_the_background(theme: Theme) -> None:
    assert contrast(theme.variables["cursor"], str(theme.background)) > 1.1


@pytest.mark.parametrize("theme", THEMES_IN_256, ids=lambda theme: theme.name)
def test_grounds_keep_their_order_in_256_colours(theme: Theme) -> None:
    steps = [luminance(in_256(colour)) for colour in grounds(theme).values()]
    assert len(set(steps)) == 4
    assert steps == sorted(steps, reverse=not theme.dark)
