"""Pictures of every desk: the start page and every list of every role, empty and with a crowd waiting, as a person sees them.

`disclosure pictures --desks 500` takes them on a desk and on a phone, in light and in dark, and lays each look on one sheet.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flask import url_for
from PIL import Image

from moderation import stores
from moderation.app import create_app
from moderation.check.pictures import DESK, PHONE, Places, Scene, act, contact_sheet, served
from moderation.console.navigation import entries
from moderation.demo import crowd
from moderation.demo.cast import demo_cast
from moderation.demo.stage import CAST, FIXTURES, set_stage
from moderation.office import Office, open_office
from portal.core.clock import now

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, Page

LOOKS = tuple((width, theme) for width in (DESK, PHONE) for theme in ("light", "dark"))
TALLEST = 2600
"""A list of 50 rows on a phone goes on far below; this much shows how it is set."""
FULL_UNIT = "huanbao"
"""Who sits at the unit at which the crowd waits."""


def scenes(app: Flask) -> tuple[Scene, ...]:
    """The start page of everybody in the cast, and every list of the menu once, at somebody who has it."""
    people = [(login, frozenset(roles)) for login, _name, _unit, roles in CAST]
    people.sort(key=lambda person: person[0] != FULL_UNIT)
    found = [Scene(f"{login}-start", "console", "/", login) for login, _roles in people]
    with app.test_request_context():
        for entry in entries():
            login = next(login for login, roles in people if roles & entry.roles)
            found.append(Scene(f"{login}-{entry.endpoint}", "console", url_for(entry.endpoint), login))
    return tuple({(scene.path, scene.login): scene for scene in found}.values())


@contextmanager
def opened(data: Path, each: int) -> Iterator[tuple[Office, Places, Flask]]:
    """The console of an office that opened this morning, or (``each``) of one with a crowd on every desk.

    What was made in ``data`` before is looked at again.
    """
    office = open_office(data)
    if not (data / "demo" / "cast.json").exists():
        stores.migrate(office)
        stage = set_stage(office, now(), fixtures=FIXTURES if each else ())
        if each:
            crowd.crowd(stage, each)
    cast = demo_cast(office)
    logins = {row["name"]: row["login"] for row in json.loads((data / "demo" / "sign-in.json").read_text(encoding="utf-8"))}
    app = create_app(office, demo_cast=cast)
    try:
        with served(app) as address:
            yield office, Places("", address, {logins[member.name]: member.key for member in cast}), app
    finally:
        office.close()


def take_all(out: Path, each: int, browser_path: str) -> int:
    """Takes everything into ``out``/empty and ``out``/full. Returns 0."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        taken = 0
        for word, waiting in (("empty", 0), ("full", each)):
            (out / word).mkdir(parents=True, exist_ok=True)
            with opened(Path(folder) / word, waiting) as (_office, places, app):
                for width, theme in LOOKS:
                    found = take_look(browser, places, scenes(app), width, theme)
                    taken += len(found)
                    for name, picture in found.items():
                        picture.save(out / word / f"{name}-{width}-{theme}.png")
                    contact_sheet(found, columns=8, width=320 if width == DESK else 160).save(out / f"{word}-{width}-{theme}.png")
        browser.close()
    print(f"{taken} 张图在 {out}，先看那里的八张总图。")
    return 0


def take_look(browser: Browser, places: Places, wanted: tuple[Scene, ...], width: int, theme: str) -> dict[str, Image.Image]:
    """One look of every scene; who sits at several desks signs in once."""
    found: dict[str, Image.Image] = {}
    for login in dict.fromkeys(scene.login for scene in wanted):
        context = browser.new_context(
            viewport={"width": width, "height": 844 if width == PHONE else 860},
            color_scheme=theme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            locale="zh-CN",
            base_url=places.console,
        )
        page = context.new_page()
        page.goto("/sign-in")
        act(page, ("press", f"form[action$='{places.keys[login]}'] button"))
        for scene in (each for each in wanted if each.login == login):
            found[scene.name] = _picture(page, replace(scene, width=width, theme=theme))
        context.close()
    return found


def _picture(page: Page, scene: Scene) -> Image.Image:
    page.goto(scene.path)
    tall = min(TALLEST, int(page.evaluate("document.documentElement.scrollHeight")))
    raw = page.screenshot(
        full_page=True, clip={"x": 0, "y": 0, "width": scene.width, "height": tall}, animations="disabled", caret="hide"
    )
    with Image.open(io.BytesIO(raw)) as picture:
        return picture.convert("RGB")
