"""The styles a widget draws with, by name, each made when it is first drawn with.

Component classes would do the same at four times the price: every one is a node that Textual matches
against all rules at start, whether it is drawn or not. Colours are the theme's variables here too.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style as RichStyle
from textual.style import Style
from textual.widget import Widget

from flodeslasare.tui.theme import has_few_colours

_IN_16_COLOURS = {
    "cursor": "$background on $ink",
    "selection": "$background on $ink",
    "hit": "underline $hit-ink on $hit",
    ".article--hit": "underline $hit-ink on $hit",
}
"""Where a ground that is a little lighter or darker would be the same colour as the rest."""


class Styles:
    """Styles by name: `bold $ink`, `$hit-ink on $hit`."""

    def __init__(self, widget: Widget, styles: Mapping[str, str]) -> None:
        self._widget = widget
        self._styles = styles
        self._whole: dict[tuple[str, ...], RichStyle] = {}

    def own(self, name: str) -> Style:
        """Give what a style itself says."""
        style = self._styles[name]
        if has_few_colours(self._widget.app):
            style = _IN_16_COLOURS.get(name, style)
        return Style.parse(style)

    def over(self, *names: str) -> RichStyle:
        """Give styles laid over the widget's own, one over the other."""
        style = self._whole.get(names)
        if style is None:
            whole = self._widget.visual_style
            for name in names:
                whole += self.own(name)
            style = self._whole[names] = whole.rich_style
        return style

    def forget(self) -> None:
        """Make them again when they are drawn with: the theme, or the widget's style, has changed."""
        self._whole.clear()
