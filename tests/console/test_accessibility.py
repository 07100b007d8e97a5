"""Every desk of the console, in a real browser with the demo behind it: no barrier, nothing cut off on a phone, keys work."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from moderation.check.pictures import Places
from tests.console.browser_desk import PHONE, signed_in

pytestmark = pytest.mark.browser

# One of each kind of desk in every check, all of them in the long one.
EVERYBODY = (
    *("shenhe", "zuyuan", "zuzhang", "chengguan", "duban", "xuncha", "zhenggai", "wenze", "jijian", "baoguan"),
    *("jiangli", "shenpi", "duifu", "nigao", "shengao1", "qianfa", "fabu", "lingdao", "shenji", "guanli"),
)
EVERY_CHECK = {"shenhe": ("/screening",), "zuzhang": ("/", "/letters/under-way"), "zhenggai": ("/rectification-tasks/overview",)}
FILES = (".xlsx", ".docx", ".csv", ".pdf", ".zip", ".txt", ".html", "/slip")
AXE = Axe()


def findings(page: Page, address: str, width: str, rules: tuple[str, ...] = ()) -> list[str]:
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = AXE.run(page, options=options).response["violations"]
    return [
        f"{address} ({width}) {each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]
    ]


def look_over(page: Page, address: str) -> list[str]:
    """What is wrong with one page, in both widths and both themes."""
    answer = page.goto(address)
    wrong = [] if answer is not None and answer.status < 500 else [f"{address}: does not answer"]
    wrong += findings(page, address, "desk")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size(PHONE)
    wrong += findings(page, address, "phone, dark")
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > PHONE["width"]:
        wrong.append(f"{address}: scrolls sideways on a phone, {wide} px wide")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 900})
    if page.locator("h1").count() != 1:
        wrong.append(f"{address}: {page.locator('h1').count()} first headings")
    return wrong


def addresses(page: Page) -> list[str]:
    """Where this person's menu leads, and the first row of each list there."""
    found = ["/", *page.eval_on_selector_all(".side li a", "all => all.map(each => each.getAttribute('href'))")]
    for address in list(found):
        page.goto(address)
        first = page.locator("table.dense tbody a, .work ul.list li > a").first
        if first.count():
            target = first.get_attribute("href") or ""
            if target.startswith("/") and not target.endswith(FILES):
                found.append(target)
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("login", EVERY_CHECK)
def test_a_desk_has_no_barrier(browser: Browser, places: Places, login: str) -> None:
    context, page = signed_in(browser, places, login)

    wrong = [each for address in EVERY_CHECK[login] for each in look_over(page, address)]

    context.close()
    assert wrong == []


@pytest.mark.long
@pytest.mark.parametrize("login", EVERYBODY)
def test_no_page_of_anybodys_menu_has_a_barrier(browser: Browser, places: Places, login: str) -> None:
    context, page = signed_in(browser, places, login)

    wrong = [each for address in addresses(page) for each in look_over(page, address)]

    context.close()
    assert wrong == []


def test_signing_in_has_no_barrier(browser: Browser, places: Places) -> None:
    context = browser.new_context(base_url=places.console, reduced_motion="reduce")
    page = context.new_page()

    assert look_over(page, "/sign-in") == []
    context.close()


def test_keys_move_in_a_list_and_the_question_mark_lists_them(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "zuzhang")
    page.goto("/letters/under-way")

    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("table.dense tbody tr").nth(1)
    assert second.get_attribute("aria-selected") == "true"

    page.keyboard.press("?")
    assert page.locator("dialog.keymap[open] dt").count() >= 6
    assert findings(page, "keymap", "desk") == []
    page.keyboard.press("Escape")

    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.removeprefix(places.console).startswith("/letters/")
    context.close()
