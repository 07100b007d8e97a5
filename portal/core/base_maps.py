"""Base maps (底图) of an office: a picture with bounds and datum, cut into steps. Turns taps into places and places into marks."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from portal.core.datums import converted, metres_between
from portal.core.report_content import Point

PICTURE = re.compile(r"(\d)-(\d{1,2})-(\d{1,2})")
MOST_STEPS = 3
_ROSE = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")


@dataclass(frozen=True)
class Label:
    """A name on the map, in the datum of the map. Printed over the picture, and read out where the pin is near it."""

    name: str
    longitude: float
    latitude: float


@dataclass(frozen=True)
class BaseMap:
    """One picture. Bounds are degrees of its outer edges in ``datum``; ``width`` and ``height``: pixels of each cut piece.

    ``steps``: how often it can be enlarged twofold. ``review_number``: 审图号, which a published map must carry.
    """

    id: str
    name: str
    west: float
    south: float
    east: float
    north: float
    datum: str
    width: int
    height: int
    steps: int
    extension: str
    review_number: str = ""
    source: str = ""
    labels: tuple[Label, ...] = ()

    def holds(self, point: Point) -> bool:
        """Whether the place lies on this map."""
        here = converted(point, self.datum)
        return self.west <= here.longitude <= self.east and self.south <= here.latitude <= self.north

    def to_row(self) -> dict[str, Any]:
        """As the settings keep it."""
        return asdict(self)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> BaseMap:
        """Reads :meth:`to_row`."""
        return cls(**{**row, "labels": tuple(Label(**label) for label in row.get("labels", ()))})


@dataclass(frozen=True)
class Window:
    """The part of a map that is shown: enlarged ``step`` times twofold, ``across`` and ``down`` half pieces from north-west."""

    map: BaseMap
    step: int
    across: int
    down: int

    @property
    def name(self) -> str:
        """Names the cut piece, and the window in a form."""
        return f"{self.step}-{self.across}-{self.down}"

    def share(self, point: Point) -> tuple[float, float]:
        """Where a place stands in the window, from 0 (west, north) to 1 (east, south); beyond, when it is outside."""
        here, half = converted(point, self.map.datum), 2 ** (self.step + 1)
        x = (here.longitude - self.map.west) / (self.map.east - self.map.west)
        y = (self.map.north - here.latitude) / (self.map.north - self.map.south)
        return x * half / 2 - self.across / 2, y * half / 2 - self.down / 2

    def point(self, x: float, y: float) -> Point:
        """The place at a share of the window, to about a metre; what lies off the map is moved to its edge."""
        half = 2 ** (self.step + 1)
        right, down = ((min(max(value, 0.0), 1.0) + place / 2) * 2 / half for value, place in ((x, self.across), (y, self.down)))
        longitude = self.map.west + right * (self.map.east - self.map.west)
        latitude = self.map.north - down * (self.map.north - self.map.south)
        return Point(round(longitude, 5), round(latitude, 5), self.map.datum)

    def enlarged(self, by: int, around: Point | None) -> Window:
        """One step nearer or farther, around a place or the middle."""
        middle = around if around is not None and self.map.holds(around) else self.point(0.5, 0.5)
        return window_around(self.map, self.step + by, middle)


def window_around(base: BaseMap, step: int, middle: Point | None) -> Window:
    """The window of this step whose middle is nearest to a place."""
    step = min(max(step, 0), base.steps)
    if middle is None:
        return Window(base, step, 2**step - 1, 2**step - 1)
    x, y = Window(base, step, 0, 0).share(middle)
    most = 2 ** (step + 1) - 2
    across, down = (min(max(round((value - 0.5) * 2), 0), most) for value in (x, y))
    return Window(base, step, across, down)


def read_window(base: BaseMap, typed: str) -> Window | None:
    """The window a form names. None: there is no such piece."""
    found = PICTURE.fullmatch(typed)
    if not found:
        return None
    step, across, down = (int(number) for number in found.groups())
    most = 2 ** (step + 1) - 2
    return Window(base, step, across, down) if step <= base.steps and across <= most and down <= most else None


def beside(base: BaseMap, point: Point) -> tuple[Label, int, str] | None:
    """The nearest name on the map: its label, metres, and on which side of it the place lies. None: the map has no names."""
    here = converted(point, base.datum)
    places = [(metres_between(here, Point(each.longitude, each.latitude, base.datum)), each) for each in base.labels]
    if not places:
        return None
    metres, label = min(places, key=lambda pair: pair[0])
    east = (here.longitude - label.longitude) * math.cos(math.radians(here.latitude))
    turn = math.degrees(math.atan2(east, here.latitude - label.latitude)) % 360
    return label, round(metres / 10) * 10 if metres < 1000 else round(metres / 100) * 100, _ROSE[round(turn / 45) % 8]
