"""Picture files → pixels: kinds, sizes, what is seen through, and what is refused before it is decoded."""

from __future__ import annotations

import time
import warnings
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from flodeslasare.errors import ParseError
from flodeslasare.fetching import _drawing
from flodeslasare.fetching._drawing import MOST_PIXELS, drawn
from flodeslasare.pictures import Picture, fitted
from painting import BLUE, GREEN, RED, WHITE, a_picture, gif_that_goes_on, png_that_says, quarters

URL = "https://blogg.exempel/bild"
ROOM: dict[str, Any] = {"most_width": 40, "most_height": 40}
SVG = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"


def draw(body: bytes, **how: Any) -> Picture:
    return drawn(body, url=URL, **({"ground": (0, 0, 0)} | ROOM | how))


def colour_at(picture: Picture, x: int, y: int) -> tuple[int, ...]:
    start = 3 * (y * picture.width + x)
    return tuple(picture.pixels[start : start + 3])


def is_near(colour: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(one - two) < 12 for one, two in zip(colour, other, strict=True))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_every_kind_is_drawn(kind: str) -> None:
    how: dict[str, Any] = {} if kind in ("PNG", "GIF") else {"quality": 95}
    picture = draw(quarters(kind, **how))

    assert (picture.width, picture.height) == (40, 20) == (picture.own_width, picture.own_height)
    for place, colour in (((9, 4), RED), ((30, 4), GREEN), ((9, 15), BLUE), ((30, 15), WHITE)):
        assert is_near(colour_at(picture, *place), colour)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "PPM", "ICO", "TGA", "PDF", "EPS"])
def test_no_other_kind_is_drawn(kind: str) -> None:
    with pytest.raises(ParseError, match="none of the kinds"):
        draw(a_picture(kind=kind))


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", SVG, b"GIF", b"\x89PNG\r\n\x1a\n", b"RIFF"]
)
def test_what_is_no_picture_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError, match=r"none of the kinds|damaged"):
        draw(body)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
@pytest.mark.parametrize("part", [0.3, 0.6])
def test_half_a_picture_is_refused(kind: str, part: float) -> None:
    body = quarters(kind)
    with pytest.raises(ParseError, match=r"none of the kinds|damaged"):
        draw(body[: int(len(body) * part)])


@pytest.mark.parametrize("size", [(100_000, 100_000), (2**31 - 1, 2**31 - 1), (1, MOST_PIXELS + 1)])
def test_a_bomb_is_refused_by_its_size_alone(size: tuple[int, int]) -> None:
    begun = time.monotonic()
    with (
        warnings.catch_warnings(action="error"),
        pytest.raises(ParseError, match="more than 50 million pixels"),
    ):
        draw(png_that_says(*size))
    assert time.monotonic() - begun < 1


def test_of_a_picture_that_moves_the_first_is_drawn() -> None:
    body = gif_that_goes_on(200_000)
    begun = time.monotonic()
    picture = draw(body)
    assert time.monotonic() - begun < 1
    assert colour_at(picture, 0, 0) == RED


@pytest.mark.parametrize(
    ("size", "room", "expected"),
    [
        ((320, 200), (72, 40), (64, 40)),
        ((320, 200), (38, 40), (38, 24)),
        ((10, 6), (72, 40), (10, 6)),  # never larger than it is
        ((4_000, 10), (72, 40), (72, 1)),
        ((10, 4_000), (72, 40), (1, 40)),
        ((1, 1), (1, 2), (1, 1)),
    ],
)
def test_it_fits_in_its_proportions(
    size: tuple[int, int], room: tuple[int, int], expected: tuple[int, int]
) -> None:
    picture = draw(a_picture(size), most_width=room[0], most_height=room[1])

    assert (picture.width, picture.height) == expected == fitted(*size, *room)
    assert (picture.own_width, picture.own_height) == size
    assert len(picture.pixels) == 3 * expected[0] * expected[1]


@given(*(st.integers(1, 10**6) for _side in range(2)), *(st.integers(1, 200) for _room in range(2)))
def test_it_always_fits(width: int, height: int, most_width: int, most_height: int) -> None:
    across, down = fitted(width, height, most_width, most_height)

    assert 1 <= across <= min(width, most_width)
    assert 1 <= down <= min(height, most_height)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    body = quarters("JPEG", exif=exif, quality=95)
    upright = ImageOps.exif_transpose(Image.open(BytesIO(body)))

    picture = draw(body)

    assert (picture.width, picture.height) == upright.size
    assert (picture.own_width, picture.own_height) == upright.size
    for x, y in ((4, 4), (picture.width - 5, 4), (4, picture.height - 5)):
        seen = upright.convert("RGB").getpixel((x, y))
        assert isinstance(seen, tuple)
        assert is_near(colour_at(picture, x, y), seen)


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGBA", (255, 0, 0, 0), (0, 0, 200)),
        ("RGBA", (255, 0, 0, 255), (255, 0, 0)),
        ("RGBA", (255, 0, 0, 128), (128, 0, 100)),
        ("LA", (100, 0), (0, 0, 200)),
        ("L", 100, (100, 100, 100)),
        ("1", 1, (255, 255, 255)),
        ("I;16", 256 * 100, (100, 100, 100)),
    ],
)
def test_every_mode_becomes_colours_and_the_ground_is_seen_through(
    mode: str, colour: Any, expected: tuple[int, ...]
) -> None:
    picture = draw(a_picture(colour=colour, mode=mode), ground=(0, 0, 200))

    assert is_near(colour_at(picture, 20, 10), expected)


def test_a_palette_may_have_a_colour_that_is_seen_through() -> None:
    body = a_picture(mode="P", colour=0, kind="GIF", transparency=0)

    assert colour_at(draw(body, ground=(1, 2, 3)), 5, 5) == (1, 2, 3)


def test_inks_of_print_become_light() -> None:
    body = a_picture(mode="CMYK", colour=(0, 255, 255, 0), kind="JPEG", quality=95)

    assert is_near(colour_at(draw(body), 5, 5), RED)


@settings(max_examples=150)
@given(
    st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "AVIF"]),
    st.lists(st.tuples(st.integers(0, 5_000), st.binary(min_size=1, max_size=9)), max_size=4),
)
def test_whatever_is_in_it_gives_pixels_or_a_refusal(
    kind: str, changes: list[tuple[int, bytes]]
) -> None:
    body = bytearray(quarters(kind))
    for place, wrong in changes:
        start = place % len(body)
        body[start : start + len(wrong)] = wrong
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # in the worker nobody hears them
        try:
            picture = draw(bytes(body))
        except ParseError:
            return
    assert (picture.width, picture.height) == fitted(picture.own_width, picture.own_height, 40, 40)


def test_what_is_no_picture_cannot_pass_for_one() -> None:
    with pytest.raises(ValueError, match="three bytes"):
        Picture(width=2, height=2, own_width=2, own_height=2, pixels=b"\0" * 11)
    with pytest.raises(ValueError, match="at least one"):
        Picture(width=0, height=2, own_width=2, own_height=2, pixels=b"")


def test_only_the_decoders_that_are_used_are_loaded() -> None:
    assert _drawing._FORMATS == ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
