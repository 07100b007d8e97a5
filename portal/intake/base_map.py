"""Setting a pin on the office's own map: a picture that is tapped, with steps to enlarge; whole without JavaScript and with keys.

The map page carries the whole form. No tile of any other host: the pictures are cut beforehand and lie beside the public settings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, send_from_directory
from werkzeug.datastructures import MultiDict

from portal.core.base_maps import BaseMap, Window, beside, read_window, window_around
from portal.core.datums import DATUMS
from portal.core.report_content import Point
from portal.core.typed_text import plain_digits
from portal.intake.context import intake
from portal.intake.posted import Posted
from portal.web.language import N_, gettext

bp = Blueprint("m", __name__, url_prefix="/r/m")

# Browsers tell where a picture was tapped in pixels of the screen, not of the picture: so it is shown in one of these widths,
# and the name of the field says which.
WIDTHS = (280, 336, 560)
FIRST_STEP = 1
# Of one letter, and of a line: shares of the smallest picture.
NAME_WIDTH, NAME_HEIGHT = 14 / 280, 20 / 210
KEYS_STEP = 1 / 16
MOVES = {"north": (0, -1), "south": (0, 1), "west": (-1, 0), "east": (1, 0)}
POINT_FIELDS = ("longitude", "latitude", "datum")
MAP_FIELDS = ("map", "window", "other", "move", "back")
KEYBOARD = N_("用键盘请按下面的方向按钮移动位置")


@dataclass(frozen=True)
class MapShown:
    """The map as the page prints it. ``spot``: share of the window where the pin stands; None: not set, or not in sight."""

    window: Window
    point: Point | None
    spot: tuple[float, float] | None
    labels: tuple[tuple[str, float, float], ...]
    words: str


def map_page(maps: tuple[BaseMap, ...], posted: Posted, key: bytes) -> tuple[str, int]:
    """Answers the buttons of the map page: a tap, a step, a move, another map. ``maps``: at least one."""
    said = ""
    point = typed_point(posted.fields)
    base = _chosen(maps, point)
    window = read_window(base, posted.fields.get("window", "")) or window_around(base, FIRST_STEP, point)
    tapped = _tapped(window)
    if tapped == (0.0, 0.0):  # what a browser sends when Enter is pressed on the picture
        said = gettext(KEYBOARD)
    elif tapped is not None:
        point = window.point(*tapped)
    window, point = _moved(window, point, request.form.get("move", ""))
    values: dict[str, Any] = {
        "shown": shown(window, point),
        "maps": maps,
        "sizes": [(width, round(width * base.height / base.width)) for width in WIDTHS],
        "hidden": hidden(posted, window, point, key),
        "said": said,
    }
    return render_template("intake/map.html", **values), 200


def typed_point(fields: MultiDict[str, str]) -> Point | None:
    """The place in the form's own fields, if it can be read."""
    numbers = [plain_digits(fields.get(name, "").strip()) for name in POINT_FIELDS[:2]]
    if not all(re.fullmatch(r"-?\d{1,3}(\.\d{1,12})?", number) for number in numbers):
        return None
    datum = fields.get("datum", "")
    point = Point(float(numbers[0]), float(numbers[1]), datum if datum in DATUMS else DATUMS[0])
    return point if abs(point.longitude) <= 180 and abs(point.latitude) <= 90 else None


def _chosen(maps: tuple[BaseMap, ...], point: Point | None) -> BaseMap:
    wanted = request.form.get("other") or request.form.get("map", "")
    holding = (each for each in maps if point is not None and each.holds(point))
    return next((each for each in maps if each.id == wanted), None) or next(holding, maps[0])


def _tapped(window: Window) -> tuple[float, float] | None:
    for width in WIDTHS:
        x, y = request.form.get(f"at{width}.x", ""), request.form.get(f"at{width}.y", "")
        if x.isdecimal() and y.isdecimal() and len(x) < 6 and len(y) < 6:
            height = width * window.map.height / window.map.width
            return min(int(x) / width, 1.0), min(int(y) / height, 1.0)
    return None


def _moved(window: Window, point: Point | None, move: str) -> tuple[Window, Point | None]:
    if move in {"nearer", "farther"}:
        return window.enlarged(1 if move == "nearer" else -1, point), point
    if move not in MOVES:
        return window, point
    x, y = window.share(point) if point is not None and window.map.holds(point) else (0.5, 0.5)
    right, down = MOVES[move]
    inside = 0 <= x <= 1 and 0 <= y <= 1
    seen = window if inside else window_around(window.map, window.step, point)
    x, y = seen.share(point) if point is not None and not inside else (x, y)
    point = _at_share(seen, x + right * KEYS_STEP, y + down * KEYS_STEP)
    x, y = seen.share(point)
    near_edge = not (0.06 <= x <= 0.94 and 0.06 <= y <= 0.94)
    return (window_around(seen.map, seen.step, point) if near_edge else seen), point


def _at_share(window: Window, x: float, y: float) -> Point:
    """The place at a share of the window that may lie a little beyond it, but never off the map."""
    whole = Window(window.map, 0, 0, 0)
    half = 2 ** (window.step + 1)
    return whole.point((x + window.across / 2) * 2 / half, (y + window.down / 2) * 2 / half)


def shown(window: Window, point: Point | None) -> MapShown:
    """What the page prints over the picture, and in words beside it."""
    spot = window.share(point) if point is not None else None
    seen = spot if spot is not None and all(0 <= value <= 1 for value in spot) else None
    return MapShown(window, point, seen, readable_labels(window), _words(window.map, point))


def readable_labels(window: Window) -> tuple[tuple[str, float, float], ...]:
    """Names with their share of the window, first come first kept: one that would lie over another is left out."""
    kept: list[tuple[str, float, float]] = []
    for each in window.map.labels:
        x, y = window.share(Point(each.longitude, each.latitude, window.map.datum))
        wide = len(each.name) * NAME_WIDTH / 2
        inside = wide <= x <= 1 - wide and 0.08 <= y <= 0.97
        over = any(
            abs(x - right) < wide + len(name) * NAME_WIDTH / 2 and abs(y - below) < NAME_HEIGHT for name, right, below in kept
        )
        if inside and not over:
            kept.append((each.name, x, y))
    return tuple(kept)


def _words(base: BaseMap, point: Point | None) -> str:
    if point is None or not base.holds(point):
        return ""
    found = beside(base, point)
    if found is None:
        return ""
    label, metres, side = found
    return gettext("在“%(name)s”%(side)s约 %(metres)s 米", name=label.name, side=gettext(side), metres=metres)


def hidden(posted: Posted, window: Window, point: Point | None, key: bytes) -> tuple[tuple[str, str], ...]:
    """The whole form as the map page carries it, with the pin in the form's own fields."""
    left_out = {*POINT_FIELDS, *MAP_FIELDS, *(f"at{width}.{axis}" for width in WIDTHS for axis in "xy")}
    carried = tuple(pair for pair in posted.hidden(key) if pair[0] not in left_out)
    pin = (str(point.longitude), str(point.latitude), point.datum) if point else ("", "", window.map.datum)
    return (*carried, *zip(POINT_FIELDS, pin, strict=True), ("map", window.map.id), ("window", window.name))


@bp.get("/<map_id>/<name>")
def picture(map_id: str, name: str) -> Response:
    """One cut piece of a map."""
    return send_piece(intake().settings.public_settings_path.parent / "maps", map_id, name)


def send_piece(folder: Path, map_id: str, name: str) -> Response:
    """A piece as an answer. Never stored by the browser: which part was looked at is nobody's business."""
    if not re.fullmatch(r"[0-9a-f]{12}", map_id) or not re.fullmatch(r"\d-\d{1,2}-\d{1,2}\.(png|jpg)", name):
        abort(404)
    response = send_from_directory(folder.resolve() / map_id, name)
    response.headers["Cache-Control"] = "no-store"
    return response
