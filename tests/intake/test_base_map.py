"""A pin is set on the office's own map: by a tap, by keys or by typing, with JavaScript and without; its datum is kept."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from playwright.sync_api import Browser

from moderation import base_maps, unsealing
from moderation.casework.duplicates import fingerprint
from moderation.casework.letters import Letter
from moderation.office import Office
from portal import app as portal_app
from portal.core import clock, reports
from portal.core.base_maps import BaseMap, Label, Window, beside, read_window, window_around
from portal.core.datums import CGCS2000, DATUMS, GCJ02, WGS84, converted, metres_between
from portal.core.errors import Mendable
from portal.core.public_settings import read_public_settings, write_public_settings
from portal.core.report_content import Point
from portal.intake.base_map import WIDTHS
from portal.intake.context import Intake
from portal.settings import IntakeSettings
from portal.web.look import STATIC
from tests.intake.conftest import STORY, Page, Visitor
from tests.served import served

BOUNDS = (111.30, 33.60, 111.90, 33.975)
BASE = BaseMap("0" * 12, "全县图", *BOUNDS, CGCS2000, 720, 540, 3, "png", labels=(Label("镇小学", 111.62, 33.73),))


def picture(size: tuple[int, int] = (2000, 1500), form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, form)
    return out.getvalue()


def adopt(office: Office, **changes: object) -> BaseMap:
    """The office adopts a map; the public process sees it when it looks again."""
    base = base_maps.cut_map(office, picture(), name="全县图", bounds=BOUNDS, datum=CGCS2000, review_number="云S（2026）001号",
                             labels=BASE.labels)  # fmt: skip
    settings = read_public_settings(office.public_settings_path)
    write_public_settings(office.public_settings_path, replace(settings, base_maps=[replace(base, **changes).to_row()]))  # type: ignore[arg-type]
    return base


@pytest.fixture
def base(office: Office) -> BaseMap:
    return adopt(office)


@pytest.fixture
def app(base: BaseMap, intake_settings: IntakeSettings) -> Iterator[Flask]:
    app = portal_app.create_app(intake_settings)
    yield app
    app.extensions["intake"].close()


def fields_of(page: Page) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in page.hidden():
        found.setdefault(name, []).append(value)
    return found


def pin_of(page: Page) -> tuple[float, float, str]:
    fields = fields_of(page)
    return float(fields["longitude"][0]), float(fields["latitude"][0]), fields["datum"][0]


# ---- datums ----

degrees = st.tuples(st.floats(73, 135), st.floats(18, 53))


@given(degrees, st.sampled_from(DATUMS), st.sampled_from(DATUMS))
def test_a_place_comes_back_from_every_datum_to_the_same_spot(place: tuple[float, float], datum: str, other: str) -> None:
    point = Point(*place, datum)

    there = converted(point, other)

    assert there.datum == other
    assert metres_between(point, converted(there, datum)) < 0.01
    assert metres_between(point, there) < 0.01


def test_a_chinese_web_map_is_hundreds_of_metres_off_and_a_state_map_is_not() -> None:
    device = Point(116.404, 39.915, WGS84)
    web = converted(device, GCJ02)

    assert (round(web.longitude, 6), round(web.latitude, 6)) == (116.410244, 39.916404)
    assert 500 < metres_between(device, replace(web, datum=WGS84)) < 600
    assert converted(device, CGCS2000) == replace(device, datum=CGCS2000)
    assert converted(Point(2.35, 48.85, WGS84), GCJ02) == Point(2.35, 48.85, GCJ02), "outside China nothing is shifted"


def test_two_reports_of_one_place_in_two_datums_are_found_to_be_near(office: Office, desk: Intake, visitor: Visitor) -> None:
    device = Point(111.6, 33.75, WGS84)
    web = converted(device, GCJ02)
    for point in (device, web):
        page = visitor.send(longitude=f"{point.longitude:.6f}", latitude=f"{point.latitude:.6f}", datum=point.datum)
        assert page.status == 201
    with desk.register.reading() as session:
        waiting = reports.waiting_reports(session)
    key = unsealing.opening_key(office, "office")
    contents = [unsealing.unseal(office, each, key=key, by="t", reason="t", at=clock.now()) for each in waiting]
    letter = Letter(id="x", received_on=clock.day_of(clock.now()))

    assert {content.point.datum for content in contents if content.point} == {WGS84, GCJ02}, "kept as it was set"
    one, other = (fingerprint(letter, content, b"k" * 32) for content in contents)
    assert (one.longitude, one.latitude) == (other.longitude, other.latitude)


# ---- windows ----


@given(st.integers(0, 3), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_what_is_tapped_is_where_the_mark_is_printed(step: int, across: float, down: float, x: float, y: float) -> None:
    most = 2 ** (step + 1) - 2
    window = Window(BASE, step, round(across * most), round(down * most))

    point = window.point(x, y)
    again = window.share(point)

    assert BASE.holds(point)
    assert abs(again[0] - x) < 0.001
    assert abs(again[1] - y) < 0.001
    assert read_window(BASE, window.name) == window


@given(st.integers(0, 3), st.floats(111.30, 111.90), st.floats(33.60, 33.975))
def test_enlarging_keeps_the_place_in_sight(step: int, longitude: float, latitude: float) -> None:
    x, y = window_around(BASE, step, Point(longitude, latitude, CGCS2000)).share(Point(longitude, latitude, CGCS2000))

    assert 0 <= x <= 1
    assert 0 <= y <= 1


@pytest.mark.parametrize("typed", ["", "4-0-0", "1-3-0", "0-1-0", "3-14-15", "../x", "1-0-0.png", "９-0-0"])
def test_a_window_that_does_not_exist_is_not_read(typed: str) -> None:
    assert read_window(BASE, typed) is None


def test_the_place_is_said_in_words_too() -> None:
    found = beside(BASE, Point(111.62, 33.739, CGCS2000))

    assert found is not None
    assert (found[0].name, found[1], found[2]) == ("镇小学", 1000, "北")


# ---- the office ----


def test_an_adopted_map_is_cut_whole_and_carries_its_review_number(office: Office, visitor: Visitor, base: BaseMap) -> None:
    pieces = list((base_maps.maps_folder(office) / base.id).iterdir())
    page = visitor.post("/r/", visitor.filled(go="map"))

    assert base.steps == 2
    assert len(pieces) == 1 + 9 + 49
    assert max(path.stat().st_size for path in pieces) < 60_000
    assert "审图号 云S（2026）001号" in page.text
    assert [path.name for path in base_maps.maps_folder(office).iterdir()] == [base.id], "nothing half cut is left"


@pytest.mark.parametrize(
    ("changes", "data"),
    [
        ({"bounds": (111.9, 33.6, 111.3, 33.9)}, picture()),
        ({"bounds": (0.0, 0.0, 200.0, 10.0)}, picture()),
        ({"datum": "BD-09"}, picture()),
        ({}, b"<svg onload=alert(1)>"),
        ({}, picture()[:400]),
        ({}, picture((100, 75))),
        ({}, picture((2000, 100))),
    ],
)
def test_a_map_that_cannot_be_is_refused_and_leaves_nothing(office: Office, changes: dict[str, object], data: bytes) -> None:
    values: dict[str, object] = {"name": "x", "bounds": BOUNDS, "datum": CGCS2000, **changes}
    folder = base_maps.maps_folder(office)
    folder.mkdir(parents=True, exist_ok=True)

    with pytest.raises(Mendable):
        base_maps.cut_map(office, data, **values)  # type: ignore[arg-type]

    assert list(folder.iterdir()) == []


# ---- the page without JavaScript ----


def test_a_tap_sets_the_pin_and_the_form_comes_back_with_it(visitor: Visitor, office: Office, desk: Intake) -> None:
    first = visitor.post("/r/", {**visitor.filled(go="map"), "files": (io.BytesIO(b"\xff\xd8\xff" + bytes(100)), "a.jpg")})
    tapped = visitor.post("/r/", {**fields_of(first), "go": "map", "at280.x": "140", "at280.y": "105"})
    form = visitor.post("/r/", {**fields_of(tapped), "back": "use"})

    assert "还没有标记" in first.text
    assert pin_of(tapped) == (111.6, 33.7875, CGCS2000)
    assert "镇小学" in tapped.text
    assert 'value="111.6"' in form.text
    assert STORY in form.text
    assert "a.jpg" in form.text
    sent = visitor.send(**{name: fields_of(tapped)[name] for name in ("longitude", "latitude", "datum")})
    assert sent.status == 201
    with desk.register.reading() as session:
        (report,) = reports.waiting_reports(session)
    content = unsealing.unseal(office, report, key=unsealing.opening_key(office, "office"), by="t", reason="t", at=clock.now())
    assert content.point == Point(111.6, 33.7875, CGCS2000)


def test_enlarging_goes_to_the_pin_and_a_second_tap_is_finer(visitor: Visitor) -> None:
    page = visitor.post("/r/", visitor.filled(go="map", longitude="111.45", latitude="33.88", datum=CGCS2000))
    first = fields_of(page)["window"][0]
    page = visitor.post("/r/", {**fields_of(page), "move": "nearer"})
    before = pin_of(page)
    tapped = visitor.post("/r/", {**fields_of(page), "at560.x": "281", "at560.y": "210"})

    assert first[0] == "1"
    assert fields_of(page)["window"][0][0] == "2"
    assert before == (111.45, 33.88, CGCS2000)
    assert metres_between(Point(*pin_of(tapped)), Point(111.45, 33.88, CGCS2000)) < 6000
    assert 'value="nearer"' not in page.text, "there is no third step"


def test_the_pin_goes_everywhere_with_buttons_alone(visitor: Visitor) -> None:
    page = visitor.post("/r/", visitor.filled(go="map"))
    for move in ("north", "east", "east", "nearer", "south", "west", *["north"] * 12, *["east"] * 40):
        page = visitor.post("/r/", {**fields_of(page), "move": move})
        assert page.status == 200
    longitude, latitude, datum = pin_of(page)

    assert BASE.holds(Point(longitude, latitude, datum))
    assert longitude == 111.9, "it stops at the edge of the map"
    assert latitude > 33.85


def test_enter_on_the_picture_moves_nothing_and_names_the_buttons(visitor: Visitor) -> None:
    page = visitor.post("/r/", visitor.filled(go="map", longitude="111.45", latitude="33.88", datum=CGCS2000))
    pressed = visitor.post("/r/", {**fields_of(page), "at336.x": "0", "at336.y": "0"})

    assert pin_of(pressed) == pin_of(page)
    assert "方向按钮" in pressed.text


def test_a_device_s_place_is_shown_where_it_is_on_a_map_of_another_datum(office: Office, visitor: Visitor, app: Flask) -> None:
    adopt(office, datum=GCJ02)
    app.extensions["intake"]._looked = -10.0
    page = visitor.post("/r/", visitor.filled(go="map", longitude="111.6", latitude="33.7875", datum=WGS84))

    found = re.search(r'class="pin" id="pin-ring" cx="([\d.-]+)%" cy="([\d.-]+)%"', page.text)
    assert found
    expected = converted(Point(111.6, 33.7875, WGS84), GCJ02)
    window = read_window(replace(BASE, steps=2, datum=GCJ02), fields_of(page)["window"][0])
    assert window is not None
    x, y = window.share(expected)
    assert abs(float(found.group(1)) / 100 - x) < 0.001
    assert abs(float(found.group(2)) / 100 - y) < 0.001
    assert pin_of(page) == (111.6, 33.7875, WGS84), "looking at it changes nothing"


def test_going_back_without_a_mark_leaves_none(visitor: Visitor) -> None:
    page = visitor.post("/r/", visitor.filled(go="map", longitude="111.45", latitude="33.88", datum=CGCS2000))
    form = visitor.post("/r/", {**fields_of(page), "back": "none"})

    assert "111.45" not in form.text
    assert STORY in form.text


@pytest.mark.parametrize(
    "changes",
    [
        {"at280.x": "99999999", "at280.y": "1"},
        {"at280.x": "-5", "at280.y": "x"},
        {"at280.x": "٣", "at280.y": "1"},
        {"window": "9-99-99"},
        {"map": "../../keys"},
        {"move": "up"},
        {"longitude": "NaN", "latitude": "1e9"},
        {"longitude": "999", "latitude": "999"},
        {"datum": "MARS-1", "longitude": "111", "latitude": "33"},
    ],
)
def test_nothing_forged_breaks_the_map(visitor: Visitor, changes: dict[str, str]) -> None:
    page = visitor.post("/r/", {**visitor.filled(go="map"), **changes})

    assert page.status == 200
    assert "在地图上点出位置" in page.text


@pytest.mark.parametrize(
    "path", ["/r/m/../settings.json", "/r/m/000000000000/0-0-0.png", "/r/m/%2e%2e/0-0-0.png", "/r/m/x/0-0-0.png"]
)
def test_only_pieces_of_a_map_are_given_out(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status in {404, 308}


def test_a_piece_is_kept_by_no_browser_and_an_office_without_a_map_shows_no_button(
    visitor: Visitor, base: BaseMap, office: Office, app: Flask
) -> None:
    piece = visitor.get(f"/r/m/{base.id}/1-1-1.{base.extension}")
    assert piece.status == 200
    assert piece.response.headers["Cache-Control"] == "no-store"
    piece.response.close()
    assert 'value="map"' in visitor.get("/r/").text

    settings = read_public_settings(office.public_settings_path)
    write_public_settings(office.public_settings_path, replace(settings, base_maps=[]))
    app.extensions["intake"]._looked = -10.0
    assert 'value="map"' not in visitor.get("/r/").text
    assert visitor.post("/r/", visitor.filled(go="map")).status == 200


# ---- in a browser ----


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_finger_without_javascript_hits_the_place_on_every_screen(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/r/")
    page.fill("#place", "料场")
    page.click("#pin summary")
    with page.expect_navigation():
        page.click("button[value=map]")
    picture = page.locator(".map input:visible")
    box = picture.bounding_box()
    assert box
    assert box["width"] in {float(each) for each in WIDTHS}
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    with page.expect_navigation():
        picture.click(position={"x": box["width"] / 4, "y": box["height"] * 3 / 4})
    ring, area = page.locator("#pin-ring").bounding_box(), page.locator(".map input:visible").bounding_box()
    assert ring
    assert area
    assert abs(ring["x"] + ring["width"] / 2 - area["x"] - area["width"] / 4) < 2
    assert abs(ring["y"] + ring["height"] / 2 - area["y"] - area["height"] * 3 / 4) < 2
    with page.expect_navigation():
        page.click("#use")
    assert page.input_value("#place") == "料场"
    assert abs(float(page.input_value("#longitude")) - 111.525) < 0.003
    assert abs(float(page.input_value("#latitude")) - 33.7406) < 0.003
    assert page.locator(f"input[name=datum][value={CGCS2000}]").is_checked()
    context.close()


@pytest.mark.browser
def test_with_javascript_the_pin_follows_mouse_and_arrow_keys_without_a_request(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{address}/r/")
    page.click("#pin summary")
    page.click("button[value=map]")
    page.wait_for_selector("[data-map]")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    box = page.locator(".map").bounding_box()
    assert box

    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    dragged = float(page.input_value("input[name=longitude]"))
    page.locator(".map input:visible").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    stepped = float(page.input_value("input[name=longitude]"))
    words = page.inner_text("#place-words")

    assert abs(dragged - 111.6) < 0.005
    assert 0.004 < stepped - dragged < 0.008
    assert str(stepped) in words
    assert asked == []
    with page.expect_navigation():
        page.click("#use")
    assert float(page.input_value("#longitude")) == stepped
    assert said == []
    context.close()


# ---- the weight of the pages ----


def test_form_and_map_stay_below_thirty_kilobytes_each(visitor: Visitor) -> None:
    files = [STATIC / name for name in ("portal.css", "intake.js", "emblem.svg")]
    shared = sum(len(gzip.compress(path.read_bytes(), 6)) for path in files)
    for page in (visitor.get("/r/"), visitor.post("/r/", visitor.filled(go="map"))):
        assert shared + len(gzip.compress(page.text.encode(), 6)) < 30_000
        assert "举报" not in page.text.split("</title>")[0]
