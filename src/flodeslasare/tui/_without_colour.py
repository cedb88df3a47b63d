"""The screen in the terminal's own two colours, where NO_COLOR asks for it (no-color.org). Imported only then.

Textual's filter for it turns every colour into its grey, and the ground as well: on a white terminal that is a black
page. Here no colour is written at all. A ground that says something (the cursor, a hit, the one to press) is reversed
instead, and what hardly stands out from its ground (rules, what lies below a dialog) is dim.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.filter import LineFilter

_TELLING = ("cursor", "hit", "accent", "lead", "section", "ink", "input-selection-background")
"""The variables of a theme that say something as a ground."""
_STANDS_OUT = 0.25
"""As much lighter or darker than its ground, of 1, a text is that is to be read."""


class WithoutColour(LineFilter):
    """Takes the colours out of lines, and leaves what they said."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Make it for a theme.

        Args:
            variables: its colours, by their names.
        """
        super().__init__()
        self._telling = {
            colour.rgb for name in _TELLING if (colour := _parsed(variables.get(name))) is not None
        }
        self._hit = _parsed(variables.get("hit"))
        self._plain = cache(self._without)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Draw segments in the terminal's own colours."""
        return [
            Segment(text, None if style is None else self._plain(style, background), control)
            for text, style, control in segments
        ]

    def _without(self, style: Style, background: Color) -> Style:
        ground = background if style.bgcolor is None else Color.from_rich_color(style.bgcolor)
        tells = ground.rgb in self._telling
        is_faint = False
        if style.color is not None and not tells:
            ink = Color.from_rich_color(style.color)
            is_faint = abs(ink.brightness - ground.brightness) < _STANDS_OUT
        return style + Style(
            color="default",
            bgcolor="default",
            dim=is_faint,
            reverse=bool(style.reverse) != tells,
            underline=bool(style.underline) or (self._hit is not None and ground == self._hit),
        )


def _parsed(colour: str | None) -> Color | None:
    try:
        return None if colour is None else Color.parse(colour)
    except ColorParseError:
        return None
