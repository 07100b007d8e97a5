"""Places in the three datums that citizens and offices use: WGS-84 (devices), CGCS2000 (state maps), GCJ-02 (Chinese web maps)."""

from __future__ import annotations

import math
from dataclasses import replace

from portal.core.report_content import Point

WGS84, GCJ02, CGCS2000 = "WGS-84", "GCJ-02", "CGCS2000"
DATUMS = (WGS84, GCJ02, CGCS2000)

_AXIS = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_ROUNDS = 6
METRES_PER_DEGREE = 111_320.0


def converted(point: Point, datum: str) -> Point:
    """The same place in ``datum``. WGS-84 and CGCS2000 differ by centimetres and are taken as one."""
    shifted, wanted = point.datum == GCJ02, datum == GCJ02
    if shifted == wanted:
        return replace(point, datum=datum)
    longitude, latitude = point.longitude, point.latitude
    if wanted:
        east, north = _shift(longitude, latitude)
        return Point(longitude + east, latitude + north, datum)
    for _ in range(_ROUNDS):  # each round is a hundred times nearer
        east, north = _shift(longitude, latitude)
        longitude, latitude = point.longitude - east, point.latitude - north
    return Point(longitude, latitude, datum)


def metres_between(one: Point, other: Point) -> float:
    """The distance of two places of any datums, good to a few metres within a county."""
    other = converted(other, one.datum)
    east = (one.longitude - other.longitude) * math.cos(math.radians(one.latitude))
    return math.hypot(east, one.latitude - other.latitude) * METRES_PER_DEGREE


def _shift(longitude: float, latitude: float) -> tuple[float, float]:
    """By how many degrees GCJ-02 lies east and north of WGS-84 here; outside China not at all."""
    if not (72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271):
        return 0.0, 0.0
    x, y = longitude - 105.0, latitude - 35.0
    root = math.sqrt(abs(x))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + _waves(x, 6, 2) + _swell(x, (1, 20), (3, 40))
    east += _swell(x, (12, 150), (30, 300))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + _waves(x, 6, 2) + _swell(y, (1, 20), (3, 40))
    north += _swell(y, (12, 160), (30, 320))
    angle = math.radians(latitude)
    flat = 1 - _ECCENTRICITY_SQUARED * math.sin(angle) ** 2
    north_degrees = north * 180 / (_AXIS * (1 - _ECCENTRICITY_SQUARED) / (flat * math.sqrt(flat)) * math.pi)
    return east * 180 / (_AXIS / math.sqrt(flat) * math.cos(angle) * math.pi), north_degrees


def _waves(value: float, fast: int, slow: int) -> float:
    return (20 * math.sin(fast * value * math.pi) + 20 * math.sin(slow * value * math.pi)) * 2 / 3


def _swell(value: float, *parts: tuple[int, int]) -> float:
    return sum(height * math.sin(value * math.pi / length) for length, height in parts) * 2 / 3
