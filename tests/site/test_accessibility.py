"""Every kind of public page, in a real browser: axe finds nothing, in both themes and both widths; nothing is cut off at 320 px.

One visit a page does all: loading is what costs.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.served import public_side

pytestmark = pytest.mark.browser

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 700}
PAGES = {
    "home": "/",
    "section": "/records/rectification/",
    "task": "/records/rectification/zj-2026-03-001/",
    "exposure": "/records/exposure/exposure-2026-018/",
    "accountability": "/records/accountability/accountability-2026-003/",
    "letters": "/records/letter-batch/letters-2026-09/",
    "quality": "/records/environment-quality/quality-2026-10/",
    "notice": "/records/notice/notice-2026-01/",
    "withdrawn": "/records/rectification/zj-2026-03-002/",
    "year": "/lists/rectification/2026/",
    "list": "/lists/rectification/2026/1/",
    "month": "/lists/month/2026-11/",
    "search": "/search/",
    "prose": "/how-we-protect-you/",
    "terms": "/terms/",
    "map": "/sitemap/",
    "guide": "/guide/moderator/",
    "english": "/en/",
    "english-prose": "/en/how-we-protect-you/",
    "form": "/r/",
    "form-english": "/en/r/",
    "look-up": "/r/c/",
    "nothing-there": "/there-is-no-such-page/",
}
# Made by templates that other pages here use too.
ALIKE = {"exposure", "quality", "notice", "guide", "map", "english-prose", "form-english"}
AXE = Axe()


@pytest.fixture(scope="module")
def site(migrated_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with public_side(migrated_data, tmp_path_factory.mktemp("public") / "data") as address:
        yield address


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A phone-and-desk page that refuses to talk to any other host and remembers what went wrong."""
    context = browser.new_context(viewport=WIDE, color_scheme="light", reduced_motion="reduce", locale="zh-CN", base_url=site)
    made = context.new_page()
    yield made
    context.close()


def findings(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe has to say, one line a finding."""
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    found = AXE.run(page, options=options).response["violations"]
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]


def look_all_over(page: Page) -> list[str]:
    """axe in both widths, colours in both themes, and no sideways scrolling at 320 px."""
    wrong = [f"wide: {each}" for each in findings(page)]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    wrong += [f"wide, dark: {each}" for each in findings(page, ["color-contrast"])]
    page.set_viewport_size(PHONE)
    wrong += [f"phone, dark: {each}" for each in findings(page)]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    wrong += [f"phone: {each}" for each in findings(page, ["color-contrast", "target-size"])]
    page.set_viewport_size(NARROW)
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > NARROW["width"]:
        wrong.append(f"scrolls sideways at 320 px: {wide} px wide")
    return wrong


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=pytest.mark.long if kind in ALIKE else ()) for kind in PAGES])
def test_axe_finds_nothing_on_a_page(page: Page, site: str, kind: str) -> None:
    elsewhere: list[str] = []
    refused: list[str] = []
    page.on(
        "request", lambda request: elsewhere.append(request.url) if not request.url.startswith((site, "data:", "blob:")) else None
    )
    page.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)

    page.goto(PAGES[kind])

    assert look_all_over(page) == []
    assert elsewhere == []
    assert refused == []
    assert page.locator("h1").count() == 1
    assert page.title()
    assert page.get_attribute("html", "lang") == ("en" if "english" in kind else "zh-Hans")


def look_at_both_themes(page: Page) -> list[str]:
    wrong = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        wrong += [f"{theme}: {each}" for each in findings(page, None if theme == "light" else ["color-contrast"])]
    return wrong


def test_axe_finds_nothing_when_the_menu_and_the_search_box_are_open(page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto("/how-to-report/")
    page.click(".menu > summary")
    assert look_at_both_themes(page) == []

    page.goto("/how-to-report/")
    page.click(".search-open")
    page.wait_for_selector("[data-md-component=search-query]:focus")
    page.keyboard.insert_text("直排口")
    page.wait_for_selector(".md-search-result__link")
    assert look_at_both_themes(page) == []
    page.set_viewport_size(WIDE)
    assert page.is_visible(".md-search-result__link"), "a wide screen has no menu to open: all of it is shown"
    assert look_at_both_themes(page) == []

    page.keyboard.press("Escape")
    assert not page.is_visible(".md-search")


def fill(page: Page) -> None:
    page.goto("/r/")
    page.locator("input[name=acts]").first.check()
    page.select_option("select[name=region]", index=1)
    page.fill("[name=place]", "镇小学北边约200米的料场")
    page.fill("[name=story]", "每天夜里十一点以后装卸，不盖不洒水，灰飘到学校里。")


def test_axe_finds_nothing_from_an_unfinished_form_to_the_receipt_and_the_look_up(page: Page) -> None:
    page.goto("/r/")
    page.click("button.button[value=look]")
    assert page.title().startswith("错误：")
    assert look_all_over(page) == []

    fill(page)
    page.click("button.button[value=look]")
    assert look_all_over(page) == []

    page.click("button[value=send]")
    assert re.fullmatch(r"(\d{5} ){7}\d{5}", page.inner_text(".receipt-code").strip())
    assert look_all_over(page) == []

    page.locator("form button.quiet").first.click()
    assert "查询码" not in page.url
    assert look_all_over(page) == []


@pytest.mark.parametrize(("kind", "most"), [("home", 150), ("task", 150), ("list", 150), ("form", 30)])
def test_a_first_view_is_light(page: Page, kind: str, most: int) -> None:
    """Kilobytes compressed, with everything the page fetches. Measured in the demo: home, task, list and form 16 each."""
    fetched: list[bytes] = []
    page.on("response", lambda response: fetched.append(response.body()) if response.status == 200 else None)

    page.goto(PAGES[kind])
    page.wait_for_load_state("networkidle")

    assert sum(len(gzip.compress(body)) for body in fetched) / 1024 <= most


def test_everything_on_the_home_page_can_be_reached_by_keyboard(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"

    seen = []
    for _ in range(page.locator("a, button, summary, input").count()):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("(document.activeElement.textContent || '').trim()"))
    # A table folded behind its drawing is reached when it is unfolded.
    visible = page.eval_on_selector_all(
        "main a", "all => all.filter(each => each.checkVisibility()).map(each => each.textContent.trim())"
    )
    assert len(visible) >= 20
    assert set(visible) <= set(seen)


def test_large_text_needs_no_script_and_keeps_one_column(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport=WIDE, java_script_enabled=False, base_url=site)
    page = context.new_page()
    page.goto("/records/rectification/zj-2026-03-001/")
    before = page.locator("article p").first.evaluate("each => parseFloat(getComputedStyle(each).fontSize)")

    page.click(".large-text")

    after = page.locator("article p").first.evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
    assert after >= before * 1.3
    assert len(page.locator(".record").evaluate("each => getComputedStyle(each).gridTemplateColumns").split()) == 1
    context.close()


def test_large_text_is_remembered_with_script(page: Page) -> None:
    page.goto("/")
    page.click(".large-text")

    page.goto("/how-to-report/")

    assert page.get_attribute("html", "data-size") == "large"


def test_colours_may_be_forced_and_motion_stays_reduced(page: Page) -> None:
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.goto("/records/rectification/")

    assert page.locator(".state").first.evaluate("each => getComputedStyle(each).borderTopWidth") == "1px"
    assert page.locator(".topline a").first.evaluate("each => getComputedStyle(each).transitionDuration") == "0s"
