"""Make the files that the example blog serves: pictures, two reports in PDF and a recording.

Run from the checkout, after changing something here; the files are committed:

    .venv/bin/python screenshots/draw_demo_files.py

Needs nothing but Python. A picture is drawn as flat shapes at three times its size and averaged
down, which smooths the edges; the coordinates are pixels of the finished picture.
"""

from __future__ import annotations

import itertools
import math
import random
import struct
import textwrap
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

STATIC = Path(__file__).parent.parent / "src" / "flodeslasare" / "demo" / "static"
WIDTH, HEIGHT = 320, 200
_SCALE = 3

Point = tuple[float, float]


# --- pictures ------------------------------------------------------------------------------------


class Canvas:
    """Flat shapes in flat colours, written as `#rrggbb`."""

    def __init__(self, background: str) -> None:
        self._width = WIDTH * _SCALE
        self._rows = [bytearray(_rgb(background) * self._width) for _row in range(HEIGHT * _SCALE)]

    def polygon(self, points: Sequence[Point], colour: str) -> None:
        """Fill a polygon, even-odd."""
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        top = max(0, math.floor(min(y for _x, y in scaled)))
        bottom = min(len(self._rows), math.ceil(max(y for _x, y in scaled)))
        for row in range(top, bottom):
            middle = row + 0.5
            crossings = sorted(
                x1 + (middle - y1) * (x2 - x1) / (y2 - y1)
                for (x1, y1), (x2, y2) in zip(scaled, [*scaled[1:], scaled[0]], strict=True)
                if (y1 <= middle) != (y2 <= middle)
            )
            for left, right in zip(crossings[::2], crossings[1::2], strict=True):
                self._span(row, left, right, colour)

    def rectangle(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Fill a rectangle from its upper left corner."""
        self.polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], colour)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, colour: str, *, turn: float = 0.0
    ) -> None:
        """Fill an ellipse around its middle, turned clockwise by `turn` degrees."""
        cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        around = [math.tau * step / 72 for step in range(72)]
        self.polygon(
            [
                (
                    x + rx * math.cos(a) * cos - ry * math.sin(a) * sin,
                    y + rx * math.cos(a) * sin + ry * math.sin(a) * cos,
                )
                for a in around
            ],
            colour,
        )

    def line(self, points: Sequence[Point], thickness: float, colour: str) -> None:
        """Draw a line with round ends and corners."""
        half = thickness / 2
        for x, y in points:
            self.ellipse(x, y, half, half, colour)
        for (x1, y1), (x2, y2) in itertools.pairwise(points):
            length = math.hypot(x2 - x1, y2 - y1) or 1.0
            dx, dy = -(y2 - y1) / length * half, (x2 - x1) / length * half
            self.polygon(
                [(x1 + dx, y1 + dy), (x2 + dx, y2 + dy), (x2 - dx, y2 - dy), (x1 - dx, y1 - dy)],
                colour,
            )

    def rounded(
        self, x: float, y: float, width: float, height: float, radius: float, colour: str
    ) -> None:
        """Fill a rectangle with round corners."""
        self.rectangle(x + radius, y, width - 2 * radius, height, colour)
        self.rectangle(x, y + radius, width, height - 2 * radius, colour)
        for cx in (x + radius, x + width - radius):
            for cy in (y + radius, y + height - radius):
                self.ellipse(cx, cy, radius, radius, colour)

    def png(self) -> bytes:
        """Give the finished picture as PNG (RFC 2083), eight bits a channel."""
        raw = bytearray()
        previous = bytes(WIDTH * 3)
        for top in range(0, len(self._rows), _SCALE):
            line = _averaged(self._rows[top : top + _SCALE])
            # Filter 2, "up" (RFC 2083 §6.4): flat areas become zeros.
            raw.append(2)
            raw += bytes((a - b) & 0xFF for a, b in zip(line, previous, strict=True))
            previous = line
        return b"".join(
            (
                b"\x89PNG\r\n\x1a\n",
                _chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)),
                _chunk(b"IDAT", zlib.compress(bytes(raw), 9)),
                _chunk(b"IEND", b""),
            )
        )

    def _span(self, row: int, left: float, right: float, colour: str) -> None:
        first = max(0, round(left))
        last = min(self._width, round(right))
        if first < last:
            self._rows[row][first * 3 : last * 3] = _rgb(colour) * (last - first)


def _rgb(colour: str) -> bytes:
    return bytes.fromhex(colour.removeprefix("#"))


def _averaged(rows: Sequence[bytearray]) -> bytes:
    sums = [sum(values) for values in zip(*rows, strict=True)]
    line = bytearray()
    for x in range(0, len(sums), 3 * _SCALE):
        for channel in range(3):
            line.append(sum(sums[x + channel : x + 3 * _SCALE : 3]) // (_SCALE * _SCALE))
    return bytes(line)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def kycklingar() -> Canvas:
    """Chickens on litter in a light stable with low windows."""
    c = Canvas("#e9dcc3")
    c.polygon([(0, 0), (320, 0), (320, 26), (160, 6), (0, 26)], "#8a5a3c")
    for x in (24, 98, 172, 246):
        c.rectangle(x, 40, 50, 28, "#8a5a3c")
        c.rectangle(x + 3, 43, 44, 22, "#bfe0ee")
        c.rectangle(x + 23, 43, 4, 22, "#8a5a3c")
    c.rectangle(0, 88, 320, 112, "#d9b56c")
    c.rectangle(0, 88, 320, 5, "#b98f4a")
    straws = random.Random(7)  # noqa: S311  (litter, not secrets)
    for _straw in range(90):
        at = straws.uniform(0, 320), straws.uniform(98, 198)
        to = at[0] + straws.uniform(-9, 9), at[1] + straws.uniform(-3, 3)
        c.line([at, to], 1.4, "#c39c53")
    birds = ((62, 120, 0.72, 1), (250, 118, 0.7, -1), (158, 126, 0.85, 1), (92, 160, 1.15, 1))
    for left, top, size, way in (*birds, (222, 162, 1.2, -1)):
        _chicken(c, left, top, size, way)
    return c


def _chicken(c: Canvas, x: float, y: float, size: float, way: int) -> None:
    def at(dx: float, dy: float) -> Point:
        return x + dx * size * way, y + dy * size

    c.ellipse(x, y + 27 * size, 26 * size, 4 * size, "#b98f4a")
    for dx in (-4, 6):
        c.line([at(dx, 14), at(dx, 26), at(dx + 5, 27)], 2.2 * size, "#e08a2e")
    c.polygon([at(-20, 2), at(-36, -14), at(-28, -13), at(-30, -22), at(-8, -8)], "#f4f1ea")
    c.ellipse(*at(0, 2), 25 * size, 18 * size, "#ffffff")
    c.polygon([at(4, -4), at(14, -26), at(27, -24), at(24, 4)], "#ffffff")
    for dx, dy in ((15, -35), (20, -37), (25, -35)):
        c.ellipse(*at(dx, dy), 3.6 * size, 4.6 * size, "#d6402f")
    c.ellipse(*at(20, -25), 9.5 * size, 9 * size, "#ffffff")
    c.polygon([at(28, -28), at(37, -24), at(28, -21)], "#e8a13a")
    c.ellipse(*at(28, -17), 2.4 * size, 4 * size, "#d6402f")
    c.ellipse(*at(23, -27), 1.7 * size, 1.7 * size, "#2b2b2b")
    c.ellipse(*at(-5, 2), 14 * size, 9 * size, "#e6e2d8", turn=14 * way)
    c.ellipse(*at(-4, 0), 13 * size, 8 * size, "#f4f1ea", turn=14 * way)


def instrument() -> Canvas:
    """Tweezers and scissors in a row on green cloth."""
    c = Canvas("#2f7f72")
    for x in range(0, 320, 40):
        c.rectangle(x, 0, 1.2, 200, "#2a7267")
    for y in range(20, 200, 40):
        c.rectangle(0, y, 320, 1.2, "#2a7267")
    for x, length in ((52, 150), (268, 132)):
        _tweezers(c, x, 100 - length / 2, length)
    _scissors(c, 124)
    c.line([(196, 26), (196, 118)], 5, "#8fa3ab")
    c.line([(196, 26), (196, 118)], 3, "#dfe8ec")
    c.rounded(189, 112, 14, 64, 6, "#8fa3ab")
    c.rounded(190.5, 113, 10, 61, 5, "#c9d6dc")
    for y in range(122, 168, 7):
        c.rectangle(190.5, y, 10, 2.4, "#8fa3ab")
    c.polygon([(193.5, 30), (198.5, 30), (208, 40), (203, 54), (194, 44)], "#eef4f6")
    return c


def _tweezers(c: Canvas, x: float, top: float, length: float) -> None:
    for way, colour in ((-1, "#c9d6dc"), (1, "#eef4f6")):
        c.polygon(
            [
                (x, top),
                (x + 11 * way, top + length * 0.45),
                (x + 3 * way, top + length),
                (x + 0.6 * way, top + length),
                (x + 5 * way, top + length * 0.45),
            ],
            colour,
        )
    c.rounded(x - 4, top - 4, 8, 22, 3.5, "#aebfc7")
    for step in range(4):
        y = top + length * 0.36 + step * 5
        c.rectangle(x - 9.5, y, 4, 1.6, "#8fa3ab")
        c.rectangle(x + 5.5, y, 4, 1.6, "#8fa3ab")


def _scissors(c: Canvas, x: float) -> None:
    for way, colour in ((1, "#c9d6dc"), (-1, "#eef4f6")):
        c.line([(x + 15 * way, 150), (x, 96)], 6, colour)
        c.polygon([(x - 3, 98), (x + 3, 98), (x - 11 * way, 26), (x - 13 * way, 30)], colour)
        c.ellipse(x + 20 * way, 162, 16, 19, colour, turn=-14 * way)
        c.ellipse(x + 20 * way, 162, 9.5, 12.5, "#2f7f72", turn=-14 * way)
    c.ellipse(x, 96, 4.4, 4.4, "#8fa3ab")
    c.ellipse(x, 96, 1.8, 1.8, "#5d737c")


def handskar() -> Canvas:
    """White gloves on porcelain forms along a moving belt."""
    c = Canvas("#cfe0e6")
    c.rectangle(0, 0, 320, 36, "#b4ccd5")
    c.rectangle(0, 16, 320, 8, "#7d98a4")
    for x in range(14, 320, 28):
        c.ellipse(x, 20, 5, 5, "#5f7b88")
        c.ellipse(x, 20, 2, 2, "#cfe0e6")
    for x in (40, 120, 200, 280):
        c.rectangle(x - 4, 22, 8, 20, "#7d98a4")
        _glove(c, x)
    c.rectangle(0, 176, 320, 24, "#5f7b88")
    c.rectangle(0, 172, 320, 6, "#7d98a4")
    for x in range(16, 320, 32):
        c.ellipse(x, 188, 8, 8, "#486370")
        c.ellipse(x, 188, 3, 3, "#7d98a4")
    return c


def _glove(c: Canvas, x: float) -> None:
    c.rounded(x - 19, 38, 38, 14, 4, "#efe4d2")
    c.polygon([(x - 15, 50), (x + 15, 50), (x + 19, 104), (x - 19, 104)], "#fbfcfd")
    c.rounded(x - 17, 48, 34, 7, 3.5, "#dde8ed")
    c.rounded(x - 20, 92, 40, 30, 8, "#fbfcfd")
    for dx, bottom in ((-15.5, 146), (-5.2, 156), (5.2, 154), (15.5, 142)):
        c.line([(x + dx, 112), (x + dx, bottom)], 8.6, "#fbfcfd")
    c.line([(x + 17, 92), (x + 28, 112), (x + 29, 122)], 9, "#fbfcfd")
    for dx in (-10.3, 0, 10.3):
        c.line([(x + dx, 120), (x + dx, 138)], 1.4, "#b9cdd6")
    c.line([(x - 13, 62), (x - 16, 100)], 2, "#dde8ed")


def natverk() -> Canvas:
    """A net of dots and lines that ties seven circles together."""
    c = Canvas("#1f3a52")
    regions = ((52, 60), (128, 34), (216, 46), (276, 98), (206, 160), (106, 164), (160, 102))
    colours = ("#f2b84b", "#e5734a", "#7cc0a2", "#9ad0ec", "#d98fb5", "#c3d35d", "#f5efe2")
    for i, (x1, y1) in enumerate(regions):
        for x2, y2 in regions[i + 1 :]:
            if math.hypot(x2 - x1, y2 - y1) < 128:
                c.line([(x1, y1), (x2, y2)], 2.4, "#4f738f")
                for part in (0.36, 0.64):
                    c.ellipse(x1 + (x2 - x1) * part, y1 + (y2 - y1) * part, 3, 3, "#8fb3cc")
    for (x, y), colour in zip(regions, colours, strict=True):
        c.ellipse(x, y, 25, 25, "#1f3a52")
        c.ellipse(x, y, 21, 21, colour)
        c.ellipse(x, y - 5.5, 5.4, 5.4, "#1f3a52")
        c.polygon(
            [
                (
                    x + 10 * math.cos(math.pi + math.pi * step / 20),
                    y + 13 + 10 * math.sin(math.pi + math.pi * step / 20),
                )
                for step in range(21)
            ],
            "#1f3a52",
        )
    return c


def fartyg() -> Canvas:
    """A small ship with boxes on deck, on its way in to the quay."""
    c = Canvas("#f6d9a8")
    c.ellipse(246, 74, 30, 30, "#f2a65a")
    c.polygon(
        [
            (0, 104),
            (0, 82),
            (52, 66),
            (96, 84),
            (150, 76),
            (206, 98),
            (320, 90),
            (320, 110),
            (0, 110),
        ],
        "#7a9a8c",
    )
    c.rectangle(0, 106, 320, 94, "#2f6d86")
    for row, (y, shift) in enumerate(((116, 8), (182, 20), (192, 0))):
        for x in range(shift - 10, 330, 46):
            c.line([(x, y), (x + 20 - row * 2, y)], 2, "#5b97ad")
    c.rectangle(214, 112, 26, 3, "#f2a65a")
    c.rectangle(224, 119, 34, 3, "#f2a65a")
    boxes = ("#c8553d", "#e3b23c", "#4f8a5b", "#f5efe2", "#c8553d", "#5378a6", "#e3b23c")
    for i, colour in enumerate(boxes):
        x, y = (90 + i * 27, 110) if i < 4 else (103 + (i - 4) * 27, 91)
        c.rectangle(x, y, 25, 18, colour)
        c.rectangle(x + 11, y, 3, 18, "#b02f24" if colour == "#f5efe2" else "#33414a")
    c.rectangle(208, 84, 44, 46, "#f5efe2")
    c.rectangle(214, 66, 32, 20, "#f5efe2")
    c.rectangle(210, 64, 40, 4, "#b02f24")
    for x in (217, 227, 237):
        c.rectangle(x, 71, 7, 8, "#2f5468")
    for x in (216, 230, 244):
        c.ellipse(x, 104, 4, 4, "#2f5468")
    c.rectangle(236, 44, 8, 20, "#b02f24")
    c.rectangle(236, 50, 8, 4, "#f5efe2")
    for x, y, r in ((246, 36, 6), (256, 28, 8), (270, 20, 10)):
        c.ellipse(x, y, r, r * 0.8, "#e4c9a0")
    c.line([(82, 128), (82, 62)], 2.6, "#33414a")
    c.line([(82, 66), (132, 88)], 1.4, "#33414a")
    c.polygon([(82, 62), (82, 74), (62, 68)], "#e3b23c")
    c.polygon([(50, 126), (286, 126), (266, 166), (76, 166)], "#23404f")
    c.polygon([(66, 152), (273, 152), (266, 166), (76, 166)], "#b02f24")
    c.rectangle(50, 124, 236, 5, "#f5efe2")
    c.polygon([(40, 168), (300, 168), (320, 176), (20, 176)], "#5b97ad")
    return c


def tvatteri() -> Canvas:
    """Trolleys of laundry in front of a row of machines."""
    c = Canvas("#dfe9e4")
    c.rectangle(0, 0, 320, 14, "#a9bdb4")
    c.line([(0, 24), (320, 24)], 5, "#8aa097")
    c.rectangle(0, 150, 320, 50, "#b7a98f")
    for x in range(-20, 340, 40):
        c.line([(x, 200), (x + (160 - x) * 0.3, 150)], 1.2, "#a49679")
    for x in (12, 112, 212):
        c.rounded(x, 40, 92, 116, 5, "#f7f9f8")
        c.rectangle(x, 62, 92, 2, "#c3d0ca")
        c.ellipse(x + 14, 51, 5, 5, "#4d7f9c")
        c.ellipse(x + 28, 51, 3, 3, "#d6603f")
        c.rounded(x + 44, 46, 38, 10, 2, "#39505b")
        c.ellipse(x + 46, 108, 36, 36, "#8aa0a8")
        c.ellipse(x + 46, 108, 30, 30, "#39505b")
        c.ellipse(x + 46, 108, 28, 28, "#5f93ae")
        c.ellipse(x + 40, 118, 20, 13, "#eef3f5", turn=18)
        c.ellipse(x + 56, 112, 12, 10, "#9fc7da", turn=-30)
        c.ellipse(x + 36, 94, 7, 4, "#8dbbd2", turn=-35)
    for x, cloths in (
        (44, ("#ffffff", "#d7e6ef", "#ffffff")),
        (176, ("#9cc5b0", "#ffffff", "#9cc5b0")),
    ):
        for i, cloth in enumerate(cloths):
            c.ellipse(x + 24 + i * 28, 134 - (i % 2) * 5, 24, 15, cloth)
        c.polygon([(x, 136), (x + 104, 136), (x + 96, 180), (x + 8, 180)], "#3f7f9a")
        c.rectangle(x - 4, 132, 112, 7, "#2c5d73")
        for dx in (26, 52, 78):
            c.rectangle(x + dx - 1, 142, 2, 36, "#356d85")
        for dx in (18, 86):
            c.ellipse(x + dx, 186, 7, 7, "#2b2f33")
            c.ellipse(x + dx, 186, 2.6, 2.6, "#b9c4c9")
    return c


def textil() -> Canvas:
    """Folded sheets in a pile, with a thread counter on the topmost."""
    c = Canvas("#f3e3d3")
    c.rectangle(0, 160, 320, 40, "#a8744f")
    c.rectangle(0, 160, 320, 4, "#8c5d3d")
    pile = ("#4f7fa3", "#ffffff", "#7fb29a", "#ffffff", "#4f7fa3", "#fdf6ec")
    for i, colour in enumerate(pile):
        y = 142 - i * 19
        x = 44 + (i * 37 % 11) - 4
        c.rounded(
            x,
            y,
            216,
            18.4,
            8,
            "#c9b8a4"
            if colour in ("#ffffff", "#fdf6ec")
            else "#2f5a78"
            if colour == "#4f7fa3"
            else "#568a72",
        )
        c.rounded(x, y, 216, 16.6, 8, colour)
        c.line(
            [(x + 10, y + 8.5), (x + 206, y + 8.5)],
            1.2,
            "#d8cab8" if colour in ("#ffffff", "#fdf6ec") else "#dfeaf0",
        )
        c.rectangle(x + 22, y + 5, 12, 7, "#d6603f")
    c.polygon([(112, 47), (196, 47), (208, 33), (122, 33)], "#3a4148")
    c.polygon([(124, 44), (188, 44), (195, 36), (130, 36)], "#fdf6ec")
    for step in range(7):
        c.line([(130 + step * 9, 44), (135 + step * 8.6, 36)], 0.8, "#b9a88f")
    c.polygon([(196, 47), (208, 33), (210, 6), (199, 16)], "#59636c")
    c.polygon([(122, 12), (199, 16), (210, 6), (136, 2)], "#3a4148")
    c.ellipse(166, 9, 22, 4.6, "#bfe0ee", turn=3)
    c.line([(270, 160), (276, 128), (262, 100), (280, 70)], 2, "#d6603f")
    c.rounded(266, 134, 34, 26, 4, "#d6603f")
    for y in (140, 146, 152):
        c.line([(267, y), (299, y + 2)], 1.2, "#b2452a")
    c.rectangle(262, 130, 42, 5, "#e8c88f")
    c.rectangle(262, 157, 42, 5, "#e8c88f")
    return c


def karta() -> Canvas:
    """A map of seven invented regions, from the fells to the sea."""
    c = Canvas("#b9dbe6")
    for y in range(14, 200, 20):
        for x in range(6 + (y // 20 % 2) * 16, 320, 32):
            c.line([(x, y), (x + 4, y - 2), (x + 8, y)], 1, "#a3cbd9")
    c.polygon(_LAND, "#8fa7a0")
    c.polygon([(x - 2, y - 3) for x, y in _LAND], "#f5efe2")
    for points, colour in _REGIONS:
        c.polygon(points, colour)
    for points, _colour in _REGIONS:
        c.line([*points, points[0]], 2, "#f5efe2")
    for x, y in ((136, 30), (92, 56), (170, 70), (112, 96), (188, 116), (128, 146), (206, 160)):
        c.ellipse(x, y, 5, 5, "#f5efe2")
        c.ellipse(x, y, 3, 3, "#23404f")
    for x in (82, 100, 91):
        c.polygon([(x - 7, 42), (x, 28), (x + 7, 42)], "#6c7f78")
        c.polygon([(x - 2.5, 33), (x, 28), (x + 2.5, 33)], "#ffffff")
    c.ellipse(122, 118, 15, 6, "#b9dbe6", turn=-20)
    for x, y, r in ((250, 132, 7), (262, 146, 5), (246, 154, 4), (266, 122, 3)):
        c.ellipse(x, y, r, r * 0.7, "#7fb29a")
    c.ellipse(284, 40, 19, 19, "#f5efe2")
    c.polygon([(284, 24), (289, 40), (284, 56), (279, 40)], "#23404f")
    c.polygon([(284, 24), (289, 40), (279, 40)], "#c8553d")
    c.ellipse(284, 40, 2, 2, "#f5efe2")
    return c


_REGIONS: tuple[tuple[tuple[Point, ...], str], ...] = (
    (((120, 10), (168, 14), (190, 40), (158, 52), (108, 44)), "#e3b23c"),
    (((108, 44), (120, 10), (92, 16), (58, 52), (66, 76), (104, 74)), "#9aa9a3"),
    (((158, 52), (190, 40), (212, 66), (218, 92), (156, 92), (148, 66)), "#e08a5b"),
    (
        (
            (104, 74),
            (66, 76),
            (70, 112),
            (96, 124),
            (156, 112),
            (156, 92),
            (148, 66),
            (158, 52),
            (108, 44),
        ),
        "#8db3cf",
    ),
    (((156, 92), (218, 92), (232, 120), (214, 138), (168, 136), (156, 112)), "#b6c25a"),
    (((96, 124), (156, 112), (168, 136), (164, 176), (122, 182), (98, 160)), "#7fb29a"),
    (((168, 136), (214, 138), (236, 156), (226, 182), (164, 176)), "#d48aa4"),
)
_LAND: tuple[Point, ...] = (
    (119, 5), (170, 9), (195, 38), (218, 64), (224, 90), (238, 120), (222, 138), (242, 155),
    (230, 188), (164, 182), (121, 188), (92, 162), (90, 128), (64, 114), (60, 78), (52, 50), (90, 11),
)  # fmt: skip

PICTURES: tuple[Callable[[], Canvas], ...] = (
    kycklingar, instrument, handskar, natverk, fartyg, tvatteri, textil, karta,
)  # fmt: skip


# --- reports -------------------------------------------------------------------------------------

_PAGE_WIDTH, _PAGE_HEIGHT, _MARGIN = 595, 842, 78
"""A4, in points."""

ACTIVITY_2017 = """\
# Verksamhetsrapport 2017
Exempelregionernas kansli för hållbar upphandling

Det här är vår fjärde verksamhetsrapport. Den handlar om det år då vi slutade räkna hur många krav vi hade skrivit och började räkna hur många svar vi hade läst.

Sju regioner står bakom kansliet: Norrmark, Västerå, Sjölanda, Österled, Mälarskog, Fjällbygd och Kustland. De köper allt från röntgenapparater till rågmjöl, och de har bestämt sig för att ställa samma krav på hur varorna blir till.

Den som har ont om tid kan läsa sidan nio. Där står det vi inte hann med.

Gun Rönn, mars 2018
***
# Året i korthet
Vi höll sju seminarier, två kurser i revision och en planeringsdag, varav den första timmen i tystnad.

Läkemedelskraven skärptes i Region Sjölanda. Handskfabrikerna fick en åtgärdsplan och skrev under den. Fisken i Region Kustland fick ett namn. Arbetskläderna slutade vara skrynkelfria, och ingen har klagat.

Ett nionde skrivbord ställdes in i november. Där sitter en gästforskare och läser svar på våra uppföljningar, tillsammans med en trave pärmar.
***
# Handskarna
Revisionen 2016 visade insamlade pass, rekryteringsavgifter och dubbla tidkort i två fabriker. Den 6 mars undertecknade fyra leverantörer och båda fabrikerna en åtgärdsplan.

Kassaskåpet tömdes. Var och en har nu sitt pass, ett skåp med lås och den enda nyckeln till det. Avgifterna ska betalas tillbaka i sex omgångar, och den första utbetalningen skedde i juni. En klagolinje på fem språk går till en fristående organisation.

Övertiden är det svåraste. Den minskar, men långsammare än planen säger. En avtalsuppföljning på plats sker när den sista utbetalningen är gjord.
***
# Läkemedel
Ett år med Sjölandas miljökriterier gav fyra leverantörer av fem som lämnar ett mätvärde varje kvartal. Värdena lärde oss något som vi inte hade frågat om: reningen kan stå still i veckor medan tillverkningen fortsätter.

I höstens läkemedelsupphandling blev därför det som tidigare gav poäng ett krav. Den som vill sälja något av sju utpekade läkemedel uppger vilken fabrik som gör substansen, och för tre av substanserna dessutom vad som händer när reningen står.
***
# Livsmedel
Hos uppfödaren Ängsro fjäderfä lärde vi oss att ordet «skonsam» inte betyder något förrän någon mäter det. Kravet är satt inom parentes tills vi har en siffra på vingskador, lass för lass.

I Region Kustland följdes 31 fiskprodukter upp på fyrtio minuter. År 2014 tog samma uppföljning två dagar, eftersom en fisk kunde heta tre saker.

Vågen vid disken i Region Fjällbygds sjukhusrestaurang nästan halverade tallrikssvinnet. Ingen information gavs. Vågen stod bara där.
***
# Textil och kemikalier
Sexton arbetsplagg gick till laboratorium. Nio av dem klarade alla kemikaliekrav, efter att ett mätvärde hade rättats. Leverantören har upphört med den behandling som gav skrynkelfria skjortor.

Tre av fem textilleverantörer kan namnge sitt färgeri. I nästa textilupphandling är det ett ska-krav. Vägen till det första namnet gick genom fyra mellanhänder och en svärson.
***
# Transporter
De fjorton biogasbilarna i Region Norrmark släppte under sitt andra år ut 15 ton koldioxid. Dieselbilarna före dem släppte ut 92.

En av bilarna gick sönder. Den stod i sju veckor i väntan på en ventil som bara gjordes på ett ställe, och under tiden kördes slingan med en lånad dieselbil. I siffrorna ovan är den medräknad. Reservdelar ska finnas inom fem dagar enligt nästa transportavtal.
***
# It och konfliktmineraler
Av fjorton it-leverantörer svarade tretton på enkäten om tenn, tantal, volfram och guld. Nio bifogade en policy. Två redovisade sina smältverk.

Den bästa listan kom från den minsta leverantören, som hade ringt sina underleverantörer själv. Hösten inleddes med en ny omgång frågor, där den listan fick visa att det går.

I fyrtio datorer kunde vi läsa ut monteringsfabriken i två. Etikettens fabrikskod ska framöver gå att tyda för den som har köpt datorn.
***
# Det vi inte hann med
Kläckeriet. Vi skulle ha följt kycklingen i dess egen ordning, men smittskyddet och kalendern kom aldrig överens.

Rehabiliteringshjälpmedlen. Vi har villkor i nio avtal och har inte läst ett enda svar.

Vita rockar från två leverantörer som aldrig besvarade frågan om färgeri. Vi påminde en gång. Man ska påminna två.

Sammanfattningen på lättläst svenska av 2016 års rapport. Den blev längre än rapporten.

Ett svar till den avtalsförvaltare som i februari undrade om hennes uppföljning hade hjälpt någon. Vi vet det fortfarande inte. Det är den frågan vi har bett vår gästforskare att börja med.
"""

GLOVES_2016 = """\
# Revisionsrapport handskar 2016
Exempelregionernas kansli för hållbar upphandling

På regionernas uppdrag besökte tre revisorer i juli 2016 två fabriker som tillverkar undersökningshandskar. Den ena fabriken var förvarnad. Den andra fick veta det kvällen före.

Revisorerna stannade fyra dagar på varje ställe. De läste lönelistor och skiftscheman och samtalade med 96 arbetare, utanför fabriken och på arbetarnas egna språk.

Fabrikerna kallas här A och B. Deras namn är kända för regionerna och för de leverantörer som köper av dem. Arbetarna har bett oss att vänta med att skriva ut dem.
***
# Iakttagelser
1. Pass. I fabrik A låg 340 pass i ett kassaskåp på personalkontoret. Att låna sitt eget pass krävde blankett, skäl och deposition. Allvarlig brist.

2. Rekryteringsavgifter. Nästan alla arbetare hade betalat för sin anställning, mellan fyra och elva månadslöner. Avgifterna hade tagits ut av byråer i hemlandet och i en del fall av en mellanhand på plats. Allvarlig brist.

3. Övertid. Tolv timmar om dagen, sex dagar i veckan, var det vanliga i båda fabrikerna. I fabrik B fanns två uppsättningar tidkort. Den som inte visades först hade i genomsnitt nitton timmars mer övertid i månaden. Allvarlig brist.

4. Boende. Sovsalarna saknade låsbara skåp. Brist.

5. Barnarbete förekom inte. Maskinskydden var hela, nödutgångarna öppna och lönerna betalades i tid.
***
# Begärda åtgärder
Leverantörerna har sextio dagar på sig att lämna en handlingsplan som visar:

- att passen har lämnats tillbaka och att var och en kan låsa in sitt,
- hur rekryteringsavgifterna ska betalas tillbaka, av vem och när,
- hur övertiden ska begränsas och redovisas i en enda uppsättning tidkort,
- vart en arbetare kan vända sig utan att gå via personalkontoret.

Så länge arbetet går framåt ligger handskavtalen fast. En ny revision görs på plats när planen ska vara genomförd, och den anmäls inte i förväg.

Frågor om avtalsvillkoren besvaras av Orvar Berg, frågor om revisionen av Alva Ek.
"""


def pdf(text: str) -> bytes:
    """Set a text as PDF 1.4: pages apart by `***`, `# ` before a heading, a blank line between paragraphs."""
    pages = [page.strip() for page in text.split("***")]
    title = pages[0].splitlines()[0].removeprefix("# ")
    kids = " ".join(f"{5 + 2 * i} 0 R" for i in range(len(pages)))
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (sv-SE) >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        (font % "Helvetica").encode(),
        (font % "Helvetica-Bold").encode(),
    ]
    for number, page in enumerate(pages, 1):
        drawn = zlib.compress(_page(page, title, number), 9)
        objects += [
            (
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_PAGE_WIDTH} {_PAGE_HEIGHT}] "
                f"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents {4 + 2 * number} 0 R >>"
            ).encode(),
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        ]
    objects.append(b"<< /Title (%s) /Producer (draw_demo_files.py) >>" % _pdf_string(title))
    out = bytearray(b"%PDF-1.4\n%\xe5\xe4\xf6\xc5\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        len(objects),
        start,
    )
    return bytes(out)


def _page(text: str, title: str, number: int) -> bytes:
    commands: list[bytes] = []
    y = _PAGE_HEIGHT - _MARGIN

    def write(line: str, font: str, size: float, at: float) -> None:
        commands.append(
            b"BT /%s %g Tf %d %g Td (%s) Tj ET"
            % (font.encode(), size, _MARGIN, at, _pdf_string(line))
        )

    for paragraph in text.splitlines():
        if paragraph.startswith("# "):
            y -= 14
            write(paragraph.removeprefix("# "), "F2", 21, y)
            y -= 34
        elif not paragraph:
            y -= 9
        else:
            for line in textwrap.wrap(
                paragraph, 78, subsequent_indent="  " * paragraph.startswith("- ")
            ):
                write(line, "F1", 11, y)
                y -= 16
    write(f"{title}   sidan {number}", "F1", 8.5, _MARGIN / 2)
    return b"\n".join(commands)


def _pdf_string(text: str) -> bytes:
    return text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


# --- the recording -------------------------------------------------------------------------------


def mp3(title: str, seconds: float) -> bytes:
    """Give silence as MPEG-1 layer III (ISO 11172-3 §2.4.1), 32 kbit/s mono at 48 kHz, with an ID3v2.3 title."""
    text = b"\x01" + title.encode("utf-16")
    frame = b"TIT2" + struct.pack(">IH", len(text), 0) + text
    size = len(frame)
    tag = b"ID3\x03\x00\x00" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + frame
    # A frame is 1,152 samples, 24 ms; with its side information all zero, it holds nothing to play.
    silence = b"\xff\xfb\x14\xc4".ljust(144 * 32_000 // 48_000, b"\0")
    return tag + silence * round(seconds / 0.024)


def main() -> None:
    """Write all files."""
    reports = {"verksamhet-2017": ACTIVITY_2017, "handskar-2016": GLOVES_2016}
    contents = {f"bilder/{picture.__name__}.png": picture().png() for picture in PICTURES}
    contents |= {f"rapporter/{name}.pdf": pdf(text) for name, text in reports.items()}
    contents["ljud/samtal-om-lakemedel.mp3"] = mp3("Ett samtal om läkemedel", 3)
    for name, content in contents.items():
        path = STATIC / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(f"{len(content):>7} {name}")


if __name__ == "__main__":
    main()
