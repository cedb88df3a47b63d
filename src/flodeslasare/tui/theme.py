"""The two themes: `granit` (dark) and `papper` (light).

Styles name the theme's variables and never a colour. Contrast (WCAG 2.2, 1.4.3 and 1.4.6) is
computed from these values by a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from textual.theme import Theme

if TYPE_CHECKING:
    from textual.app import App


def _theme(
    name: str,
    *,
    dark: bool,
    background: str,
    surface: str,
    panel: str,
    cursor: str,
    ink: str,
    quiet_ink: str,
    faint_ink: str,
    lead: str,
    section: str,
    accent: str,
    hit: str,
    hit_ink: str,
    rule: str,
) -> Theme:
    return Theme(
        name=name,
        dark=dark,
        primary=lead,
        secondary=section,
        accent=accent,
        warning=accent,
        error=accent,
        success=lead,
        foreground=ink,
        background=background,
        surface=surface,
        panel=panel,
        boost=panel,
        variables={
            "cursor": cursor,
            "ink": ink,
            "quiet-ink": quiet_ink,
            "faint-ink": faint_ink,
            "lead": lead,
            "section": section,
            "hit": hit,
            "hit-ink": hit_ink,
            "rule": rule,
            # Textual's own parts (scrollbars, inputs, the command palette) in the same colours.
            "border": rule,
            "border-blurred": rule,
            "block-cursor-background": cursor,
            "block-cursor-foreground": ink,
            "block-cursor-text-style": "bold",
            "input-cursor-background": accent,
            "input-cursor-foreground": background,
            "input-cursor-text-style": "none",
            "input-selection-background": cursor,
            "scrollbar": rule,
            "scrollbar-hover": cursor,
            "scrollbar-active": section,
            "scrollbar-background": background,
            "scrollbar-background-hover": background,
            "scrollbar-background-active": background,
            "scrollbar-corner-color": background,
        },
    )


GRANIT = _theme(
    "granit",
    dark=True,
    background="#11161c",
    surface="#161d25",
    panel="#1d2731",
    cursor="#213242",
    ink="#d5dce4",
    quiet_ink="#a3afbb",
    faint_ink="#8f9ba7",
    lead="#8ab4d8",
    section="#7fa3c4",
    accent="#f0c24f",
    hit="#f0c24f",
    hit_ink="#11161c",
    rule="#26323e",
)
"""Dark: slate, with yellow for what wants attention."""

PAPPER = _theme(
    "papper",
    dark=False,
    background="#fbf9f4",
    surface="#f4f1ea",
    panel="#ebe6dc",
    cursor="#e3e9ee",
    ink="#1d252d",
    quiet_ink="#4a545e",
    faint_ink="#625e56",
    lead="#1d5a8c",
    section="#3c6384",
    accent="#9a3324",
    hit="#ffd978",
    hit_ink="#1d252d",
    rule="#d9d3c6",
)
"""Light: paper, with falu red for what wants attention."""

THEMES = (GRANIT, PAPPER)
DEFAULT = GRANIT.name


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The theme that was chosen on the screen last."""

    name: str
    """Empty once the settings have been changed: they were told later."""
    in_settings: str
    """What the settings named then; while they do, the choice holds."""


def theme_of(chosen: Chosen | None, in_settings: str) -> str:
    """Give the theme to begin in: of what was chosen and what the settings name, the one that was said last."""
    is_latest = chosen is not None and chosen.in_settings == in_settings
    named = chosen.name if chosen is not None and is_latest and chosen.name else in_settings
    return named if named in {theme.name for theme in THEMES} else DEFAULT


def _grey(number: int) -> str:
    """Give the colour that Rich turns into a grey of the 256 colours, 232 to 255."""
    value = round((number - 231) / 25 * 255)
    return f"#{value:02x}{value:02x}{value:02x}"


# The palette of 256 colours (a terminal without COLORTERM: over ssh, in tmux) has no dark slate and no paper; its
# nearest, as Rich takes them, are black, petrol and navy. These are colours of it that keep the order of the greys.
_GRANIT_IN_256 = _theme(
    GRANIT.name,
    dark=True,
    background=_grey(233),
    surface=_grey(234),
    panel=_grey(235),
    cursor=_grey(236),
    ink=_grey(253),
    quiet_ink=_grey(249),
    faint_ink=_grey(247),
    lead="#87afd7",
    section="#87afd7",
    accent="#ffd75f",
    hit="#ffd75f",
    hit_ink=_grey(233),
    rule=_grey(237),
)
_PAPPER_IN_256 = _theme(
    PAPPER.name,
    dark=False,
    background="#ffffff",
    surface=_grey(255),
    panel=_grey(254),
    cursor=_grey(253),
    ink=_grey(234),
    quiet_ink=_grey(239),
    faint_ink=_grey(240),
    lead="#005f87",
    section="#005f87",
    accent="#af0000",
    hit="#ffd787",
    hit_ink=_grey(234),
    rule=_grey(252),
)
THEMES_IN_256 = (_GRANIT_IN_256, _PAPPER_IN_256)
"""The same, under the same names, in what 256 colours there are."""

IN_16_COLOURS = {
    "block-cursor-background": "ink",
    "block-cursor-foreground": "background",
    "input-selection-background": "faint-ink",
}
"""What Textual's own parts take instead, by name, where there are few colours."""


def has_colours(app: App[Any]) -> bool:
    """Whether anything can be shown by colours at all."""
    return not app.no_color and app.console.color_system is not None


def has_few_colours(app: App[Any]) -> bool:
    """Whether the terminal has 16 colours or fewer, so that shades of a ground are one colour."""
    return app.console.color_system in (None, "standard")


def themes_for(app: App[Any]) -> tuple[Theme, ...]:
    """Give the themes in colours that the terminal has; where it has 16 or fewer, it makes its own of them."""
    return THEMES_IN_256 if app.console.color_system == "256" else THEMES
