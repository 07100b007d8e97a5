"""Name, emblem and colour are an office's own: on the site, in the intake, in both themes, and readable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from moderation.emblems import emblem_from
from portal.core.public_settings import read_public_settings, write_public_settings
from tests.served import BRAND, public_side
from tests.site.test_accessibility import findings

pytestmark = pytest.mark.browser
BLUE, VIOLET = "#0b4f9e", "#5a2d82"
COLOUR = "getComputedStyle(document.documentElement).getPropertyValue('--green').trim()"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("look") / "data"


@pytest.fixture(scope="module")
def site(migrated_data: Path, data: Path) -> Iterator[str]:
    picture = (Path(__file__).parents[2] / "site_docs" / "pictures" / "home.png").read_bytes()
    with public_side(migrated_data, data, replace(BRAND, accent=BLUE, emblem_png=emblem_from(picture))) as address:
        yield address


def test_site_and_intake_wear_the_colour_and_the_emblem_of_the_office(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, color_scheme="light", reduced_motion="reduce")
    page = context.new_page()
    for path in ("/", "/how-to-report/", "/records/rectification/zj-2026-03-001/", "/en/", "/r/"):
        page.goto(path)

        assert page.evaluate(COLOUR) == BLUE, path
        assert page.evaluate("document.querySelector('.brand img').naturalWidth") == 144, path
        assert findings(page, ["color-contrast"]) == [], path
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(COLOUR) not in {BLUE, "#7cc4aa"}, path
        assert findings(page, ["color-contrast"]) == [], path
        page.emulate_media(color_scheme="light")
    context.close()


def test_the_intake_wears_a_new_colour_from_the_moment_it_is_chosen(browser: Browser, site: str, data: Path) -> None:
    snapshot = data / "public" / "settings.json"
    context = browser.new_context(base_url=site, color_scheme="light")
    page = context.new_page()
    page.goto("/r/c/")
    assert page.evaluate(COLOUR) == BLUE

    write_public_settings(snapshot, replace(read_public_settings(snapshot), accent=VIOLET))

    page.reload()
    assert page.evaluate(COLOUR) == VIOLET
    context.close()
