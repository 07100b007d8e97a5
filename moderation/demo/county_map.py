"""The base map of 云岭县, drawn here: hills, river, roads and towns that exist nowhere."""

from __future__ import annotations

import io
import math
import random

from PIL import Image, ImageDraw

from moderation.base_maps import cut_map, keep_map
from moderation.demo.stage import SYSTEM, Stage
from portal.core.base_maps import Label
from portal.core.datums import CGCS2000

TITLE = "底图"
SIZE = (2400, 1800)
BOUNDS = (111.30, 33.60, 111.90, 33.975)
GROUND, HILL, HIGH, WATER, ROAD, LANE, TOWN, BORDER = (
    "#eef1e4", "#dde7cf", "#cbdab9", "#a9cbe0", "#e9b35f", "#ffffff", "#e3d8cf", "#9a8fa8",
)  # fmt: skip

# Name, share of the picture from west and from north, radius of the built-up place.
TOWNS = (
    ("县城", 0.50, 0.46, 150),
    ("北渠街道", 0.56, 0.36, 80),
    ("青石镇", 0.52, 0.62, 95),
    ("柳溪镇", 0.26, 0.55, 85),
    ("云门镇", 0.77, 0.33, 80),
    ("白鹭乡", 0.24, 0.22, 60),
    ("松坪乡", 0.80, 0.76, 60),
)
PLACES = (
    ("镇小学", 0.535, 0.645),
    ("石子料场", 0.505, 0.665),
    ("北渠桥", 0.545, 0.385),
    ("柳溪造纸厂", 0.285, 0.575),
    ("云门采石场", 0.815, 0.29),
    ("白鹭水库", 0.18, 0.31),
)
Way = tuple[tuple[float, float], ...]
RIVER: Way = (
    (0.0, 0.34),
    (0.18, 0.32),
    (0.30, 0.47),
    (0.44, 0.40),
    (0.56, 0.41),
    (0.64, 0.55),
    (0.74, 0.62),
    (0.86, 0.90),
    (0.88, 1.0),
)
ROADS: tuple[Way, ...] = (
    ((0.0, 0.60), (0.26, 0.55), (0.50, 0.46), (0.77, 0.33), (1.0, 0.24)),
    ((0.24, 0.22), (0.40, 0.36), (0.50, 0.46), (0.52, 0.62), (0.66, 0.72), (0.80, 0.76), (1.0, 0.83)),
    ((0.56, 0.0), (0.56, 0.36), (0.50, 0.46)),
)
BORDERS: tuple[Way, ...] = (
    ((0.38, 0.0), (0.36, 0.30), (0.38, 0.62), (0.34, 1.0)),
    ((0.0, 0.42), (0.36, 0.40)),
    ((0.37, 0.52), (0.64, 0.50), (1.0, 0.55)),
    ((0.66, 0.0), (0.66, 0.50), (0.64, 1.0)),
)


def draw_county() -> bytes:
    """The picture as PNG; the same every time."""
    picture = Image.new("RGB", SIZE, GROUND)
    pen = ImageDraw.Draw(picture)
    chance = random.Random(990121)
    for colour, count, most in ((HILL, 26, 230), (HIGH, 22, 110)):
        for _ in range(count):
            _blob(pen, chance, (chance.random(), chance.random()), chance.uniform(0.5, 1) * most, colour)
    for way in BORDERS:
        _dashes(pen, _smooth(way), BORDER)
    for _name, x, y, radius in TOWNS:
        _blob(pen, chance, (x, y), radius, TOWN)
        _streets(pen, (x, y), radius)
    _blob(pen, chance, (0.17, 0.305), 95, WATER)
    _line(pen, _smooth(RIVER), WATER, 26)
    for way in ROADS:
        _line(pen, _smooth(way), "#c98f3c", 17)
        _line(pen, _smooth(way), ROAD, 12)
    for _name, x, y in PLACES[:-1]:
        middle, across = (x * SIZE[0], y * SIZE[1]), (13, 10)
        corners = tuple(middle[axis] + way * across[axis] for way in (-1, 1) for axis in (0, 1))
        pen.rectangle(corners, fill="#b9a9c6", outline="#7d6d8c", width=3)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _blob(pen: ImageDraw.ImageDraw, chance: random.Random, middle: tuple[float, float], radius: float, colour: str) -> None:
    x, y = middle[0] * SIZE[0], middle[1] * SIZE[1]
    turns = [2 * math.pi * number / 14 for number in range(14)]
    far = [radius * chance.uniform(0.75, 1.2) for _ in turns]
    pen.polygon([(x + r * math.cos(turn) * 1.25, y + r * math.sin(turn)) for turn, r in zip(turns, far, strict=True)], fill=colour)


def _smooth(way: Way) -> list[tuple[float, float]]:
    """A curve through the points (Catmull-Rom), in pixels."""
    points = [(x * SIZE[0], y * SIZE[1]) for x, y in (way[0], *way, way[-1])]
    found = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False):
        for step in range(20):
            t = step / 20
            found.append(tuple(
                0.5 * (2 * b[i] + (c[i] - a[i]) * t + (2 * a[i] - 5 * b[i] + 4 * c[i] - d[i]) * t**2
                       + (3 * b[i] - a[i] - 3 * c[i] + d[i]) * t**3)
                for i in (0, 1)
            ))  # fmt: skip
    return [(x, y) for x, y in found] + [points[-1]]


def _line(pen: ImageDraw.ImageDraw, points: list[tuple[float, float]], colour: str, width: int) -> None:
    pen.line(points, fill=colour, width=width, joint="curve")


def _dashes(pen: ImageDraw.ImageDraw, points: list[tuple[float, float]], colour: str) -> None:
    for number in range(0, len(points) - 1, 2):
        pen.line((points[number], points[number + 1]), fill=colour, width=5)


def _streets(pen: ImageDraw.ImageDraw, middle: tuple[float, float], radius: float) -> None:
    x, y = middle[0] * SIZE[0], middle[1] * SIZE[1]
    for offset in range(-2, 3):
        reach, aside = radius * (0.95 - 0.12 * abs(offset)), offset * radius / 3
        pen.line((x - reach, y + aside, x + reach, y + aside * 0.9), fill=LANE, width=6)
        pen.line((x + aside, y - reach * 0.8, x + aside * 0.9, y + reach * 0.8), fill=LANE, width=6)


def _label(name: str, x: float, y: float) -> Label:
    west, south, east, north = BOUNDS
    return Label(name, round(west + x * (east - west), 5), round(north - y * (north - south), 5))


def load(stage: Stage) -> None:
    """Cuts the map and adopts it."""
    labels = [_label(name, x, y) for name, x, y in (*((name, x, y) for name, x, y, _ in TOWNS), *PLACES)]
    source = "为演示虚构，不是任何真实地方"
    base = cut_map(stage.office, draw_county(), name="云岭县示意图", bounds=BOUNDS, datum=CGCS2000, source=source, labels=labels)
    with stage.office.office.transaction() as session:
        keep_map(session, base, by=SYSTEM, at=stage.at)
