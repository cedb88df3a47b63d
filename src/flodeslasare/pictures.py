"""A picture as it is to be drawn: a plain value, on its way from the process that makes it small to the screen."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

Colour: TypeAlias = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


class Picture(Struct, frozen=True, kw_only=True):
    """A picture, made as small as it is to be drawn."""

    width: int
    """Of what is to be drawn, in pixels."""
    height: int
    own_width: int
    """Of the picture itself, upright."""
    own_height: int
    pixels: bytes
    """Row by row from the top, three bytes a pixel: red, green, blue."""

    def __post_init__(self) -> None:
        if min(self.width, self.height, self.own_width, self.own_height) < 1:
            raise ValueError("a picture has at least one pixel")
        if len(self.pixels) != 3 * self.width * self.height:
            raise ValueError("a picture has three bytes for each of its pixels")

    def __repr__(self) -> str:
        return f"Picture({self.width} × {self.height}, of {self.own_width} × {self.own_height})"


def fitted(width: int, height: int, most_width: int, most_height: int) -> tuple[int, int]:
    """Give the size at which a picture fits, in its proportions; never larger than it is."""
    scale = min(1.0, most_width / width, most_height / height)
    return (
        max(1, min(most_width, round(width * scale))),
        max(1, min(most_height, round(height * scale))),
    )
