"""The themes can be read: WCAG contrast, computed from their values."""

import pytest
from textual.color import Color
from textual.theme import Theme

from flodeslasare.tui.theme import THEMES


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


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_ink_and_quiet_ink_are_strong_on_the_background(theme: Theme) -> None:
    for token in ("ink", "quiet-ink"):
        assert contrast(theme.variables[token], str(theme.background)) >= 7, token


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("token", ["ink", "quiet-ink", "faint-ink", "lead", "section", "accent"])
def test_everything_that_is_read_can_be_read_wherever_it_stands(theme: Theme, token: str) -> None:
    colour = theme.accent if token == "accent" else theme.variables[token]
    for name, ground in grounds(theme).items():
        assert contrast(str(colour), ground) >= 4.5, (token, name)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_hits_can_be_read(theme: Theme) -> None:
    assert contrast(theme.variables["hit-ink"], theme.variables["hit"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_cursor_row_can_be_told_from_the_background(theme: Theme) -> None:
    assert contrast(theme.variables["cursor"], str(theme.background)) > 1.1
