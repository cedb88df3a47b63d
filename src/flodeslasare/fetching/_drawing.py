"""A picture file → the few pixels of it that a screen of cells can show. Pure; the one place that knows Pillow.

It runs in a process of its own (`pictures`): decoders are large, written in C, and fed by strangers.
"""

from __future__ import annotations

from io import BytesIO

from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from flodeslasare.errors import ParseError
from flodeslasare.i18n import _
from flodeslasare.pictures import Colour, Picture, fitted

MOST_PIXELS = 50_000_000
"""Of a picture as it was sent, seen before any is decoded. As RGBA they take 200 MB, and twice that while they are made fewer."""

_FORMATS = tuple(
    str(plugin.format)
    for plugin in (
        PngImagePlugin.PngImageFile,
        JpegImagePlugin.JpegImageFile,
        GifImagePlugin.GifImageFile,
        WebPImagePlugin.WebPImageFile,
        AvifImagePlugin.AvifImageFile,
    )
)
"""And no other: Pillow knows forty, some of which start other programs or read other files."""

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By the orientation that the camera noted (Exif 2.3 §4.6.4 A)."""
_LYING = (5, 6, 7, 8)
_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I")

# What it would warn of is refused here.
Image.MAX_IMAGE_PIXELS = None


def drawn(body: bytes, *, url: str, most_width: int, most_height: int, ground: Colour) -> Picture:
    """Decode a picture, the first of them where it moves, and make it as small as it is to be drawn.

    Args:
        body: of any quality.
        url: where it came from.
        most_width: in pixels.
        most_height: in pixels.
        ground: what is seen through it.

    Raises:
        ParseError: it is no picture of a kind that is drawn, too large, or damaged.
        MemoryError
    """
    try:
        with Image.open(BytesIO(body), formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                reason = _("it has more than {number} million pixels")
                raise ParseError(url, reason.format(number=MOST_PIXELS // 1_000_000))
            return _drawn(image, most_width, most_height, ground)
    except (ParseError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        reason = _("it is none of the kinds that can be drawn (PNG, JPEG, GIF, WebP, AVIF)")
        raise ParseError(url, reason) from error
    except Exception as error:  # decoders raise of everything on what is broken
        raise ParseError(url, _("it is damaged")) from error


def _drawn(image: Image.Image, most_width: int, most_height: int, ground: Colour) -> Picture:
    orientation = image.getexif().get(_ORIENTATION)
    is_lying = orientation in _LYING
    own = (image.height, image.width) if is_lying else image.size
    size = fitted(*own, most_width, most_height)
    lying = size[::-1] if is_lying else size
    image.draft("RGB", lying)  # a JPEG is decoded at an eighth of its size where that will do
    small = _in_colour(image).resize(lying, Image.Resampling.LANCZOS, reducing_gap=3)
    if orientation in _UPRIGHT:
        small = small.transpose(_UPRIGHT[orientation])
    if small.mode == "RGBA":
        seen_through = Image.new("RGB", small.size, ground)
        seen_through.paste(small, mask=small.getchannel("A"))
        small = seen_through
    return Picture(
        width=size[0],
        height=size[1],
        own_width=own[0],
        own_height=own[1],
        pixels=small.tobytes(),
    )


def _in_colour(image: Image.Image) -> Image.Image:
    """Give it as RGB, or RGBA where something is seen through it."""
    if image.mode in _SIXTEEN_BITS:
        return image.point(lambda value: value / 256).convert("L").convert("RGB")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")
