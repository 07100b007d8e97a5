"""Pages look as they did when somebody last looked at them and was content.

A picture is kept narrow and grey (tests/pictures/kept). When a change is meant, look at the new picture, then run
``KEEP_PICTURES=1 pytest tests/pictures`` and commit what it wrote.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from PIL import Image
from playwright.sync_api import Browser

from moderation.check.browser import has_chinese_font
from moderation.check.pictures import SCENES, Places, Scene, demo_served, difference, reduced, take
from tests.served import public_side

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not has_chinese_font(), reason="no Chinese font on this machine: pages would show boxes"),
]

KEPT = Path(__file__).parent / "kept"
FRIDAY = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
# Measured: the same page again 0.000, the home page without its style sheet 0.32. Between lie other versions of the fonts.
TOLERANCE = 0.03


@pytest.fixture(scope="module")
def samples(migrated_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """The public side with records that never change: what every check compares."""
    folder = tmp_path_factory.mktemp("samples")
    with time_machine.travel(FRIDAY, tick=True), public_side(migrated_data, folder / "data") as address:
        yield Places(address, "", {})


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """Both sides of a whole demo, on one and the same Friday."""
    with time_machine.travel(FRIDAY, tick=True), demo_served(tmp_path_factory.mktemp("pictures") / "demo") as found:
        yield found


def compare(browser: Browser, places: Places, scene: Scene, path: Path) -> float:
    now = reduced(take(browser, places, scene))
    if os.environ.get("KEEP_PICTURES"):
        path.parent.mkdir(parents=True, exist_ok=True)
        now.save(path, optimize=True)
    with Image.open(path) as kept:
        return difference(kept, now)


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene.quick], ids=lambda scene: scene.name)
def test_a_page_looks_as_it_did(browser: Browser, samples: Places, scene: Scene) -> None:
    assert compare(browser, samples, scene, KEPT / "samples" / f"{scene.name}.png") <= TOLERANCE


@pytest.mark.long
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_page_of_the_demo_looks_as_it_did(browser: Browser, demo: Places, scene: Scene) -> None:
    assert compare(browser, demo, scene, KEPT / "demo" / f"{scene.name}.png") <= TOLERANCE


def test_a_page_without_its_style_sheet_is_noticed(browser: Browser, samples: Places) -> None:
    scene = next(each for each in SCENES if each.name == "home")
    context = browser.new_context(viewport={"width": 1280, "height": 860}, base_url=samples.public)
    page = context.new_page()
    page.route("**/*.css", lambda route: route.abort())
    page.goto(scene.path)
    raw = page.screenshot(full_page=True)
    context.close()

    with Image.open(io.BytesIO(raw)) as now, Image.open(KEPT / "samples" / "home.png") as kept:
        assert difference(kept, reduced(now)) > 3 * TOLERANCE


def test_a_scene_has_one_name_and_the_quick_ones_are_a_dozen() -> None:
    names = [scene.name for scene in SCENES]

    assert len(names) == len(set(names))
    assert 10 <= sum(scene.quick for scene in SCENES) <= 16
