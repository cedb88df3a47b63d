"""A picture as cells: each is an upper half block in one pixel's colour on the colour of the pixel below it.

Two pixels to a cell are square ones where cells are twice as high as they are wide, as nearly everywhere. What a terminal has
of colours is Textual's to know: it takes the nearest. Imported with the first picture that is shown.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from flodeslasare.pictures import Picture

UPPER_HALF = "▀"


def cells_of(picture: Picture, row: int, ground: Style) -> list[Segment]:
    """Give a row of a picture's cells.

    Args:
        picture: where it is.
        row: of cells, from its top.
        ground: what is below the last row of pixels, where their number is odd.
    """
    width, pixels = picture.width, picture.pixels
    start = 2 * row * width * 3
    upper = _colours(pixels[start : start + width * 3])
    rest = pixels[start + width * 3 : start + width * 6]
    if not rest:
        return [
            Segment(UPPER_HALF * len(list(same)), ground + Style(color=_colour(ink)))
            for ink, same in groupby(upper)
        ]
    return [
        Segment(UPPER_HALF * len(list(same)), _style(*pair))
        for pair, same in groupby(zip(upper, _colours(rest), strict=True))
    ]


def _colours(pixels: bytes) -> list[tuple[int, int, int]]:
    return list(zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True))


@lru_cache(maxsize=1_000)
def _colour(rgb: tuple[int, int, int]) -> Color:
    return Color.from_rgb(*rgb)


def _style(ink: tuple[int, int, int], ground: tuple[int, int, int]) -> Style:
    return Style(color=_colour(ink), bgcolor=_colour(ground))
