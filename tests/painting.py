"""Pictures for tests: painted by Pillow, and files that only pretend to be some."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def a_picture(
    size: tuple[int, int] = (40, 20),
    colour: tuple[int, ...] | int = RED,
    *,
    mode: str = "RGB",
    kind: str = "PNG",
    **how: Any,
) -> bytes:
    """Give a picture file of one colour."""
    return saved(Image.new(mode, size, colour), kind, **how)


def quarters(kind: str = "PNG", **how: Any) -> bytes:
    """Give a picture of 40 × 20: red and green above, blue and white below."""
    image = Image.new("RGB", (40, 20))
    for number, colour in enumerate((RED, GREEN, BLUE, WHITE)):
        x, y = 20 * (number % 2), 10 * (number // 2)
        image.paste(colour, (x, y, x + 20, y + 10))
    return saved(image, kind, **how)


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def png_that_says(width: int, height: int) -> bytes:
    """Give a PNG that claims a size in its head, and has next to nothing in it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", head), chunk(b"IDAT", data), chunk(b"IEND", b""))
    )


def gif_that_goes_on(frames: int) -> bytes:
    """Give a GIF of so many frames after a red one."""
    one = a_picture((2, 2), kind="GIF")
    head, frame = one[:-1], one[one.index(b",", 13 + 3 * 2 ** ((one[10] & 7) + 1)) : -1]
    return head + frame * frames + b";"
