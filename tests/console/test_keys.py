"""Keys at the desk in a real browser: every key of the list of keys does what the list says, and the list itself can be left."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from moderation.bench.console import served
from moderation.check.pictures import Places
from moderation.console.access import COOKIE
from tests.console.barriers import findings, unnamed
from tests.console.browser_desk import signed_in

pytestmark = pytest.mark.browser


def listed(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("dialog.keymap dt").all_inner_texts()]


def path(page: Page) -> str:
    return str(page.evaluate("location.pathname"))


def test_the_list_of_keys_keeps_the_focus_and_gives_it_back(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "zuzhang")
    page.goto("/letters/under-way")
    page.keyboard.press("j")
    before = page.evaluate("document.activeElement.getAttribute('href')")

    page.keyboard.press("?")
    dialog = page.locator("dialog.keymap[open]")
    expect(dialog).to_have_attribute("aria-modal", "true")
    assert unnamed(page) == []
    assert findings(page, "keymap", "desk") == []
    for key in ("Tab",) * 4 + ("Shift+Tab",) * 4:
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.closest('dialog') !== null"), "Tab stays inside"
    page.locator("h1").evaluate("h => { h.tabIndex = -1; h.focus(); }")
    assert page.evaluate("document.activeElement.closest('dialog') !== null"), "nothing takes the focus away"
    page.keyboard.press("j")
    assert page.locator("tr[aria-selected=true]").count() == 1, "keys of the page are silent"
    page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    assert page.evaluate("document.activeElement.getAttribute('href')") == before
    page.emulate_media(color_scheme="dark")
    page.locator(".side [data-keys]").click()
    assert findings(page, "keymap", "dark") == []
    page.locator("h1").click()
    expect(dialog).to_have_count(0)
    context.close()


def test_every_key_of_a_list_does_what_the_list_says(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "zuzhang")
    page.goto("/letters/to-assign")
    page.keyboard.press("?")
    keys = listed(page)
    page.keyboard.press("Escape")
    assert {"?", "/", "Esc", "Ctrl+Enter", "h", "1 … 9", "j", "k", "Enter", "x", "X", "a"} <= set(keys)
    rows = page.locator("table.dense tbody tr")

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("k")
    expect(rows.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("x")
    expect(page.locator("[data-ticked]")).to_have_text("已勾选 1 件")
    page.keyboard.press("X")
    expect(page.locator("[data-ticked]")).to_have_text(f"已勾选 {rows.count()} 件")
    page.keyboard.press("X")
    page.keyboard.press("/")
    expect(page.locator("input[type=search]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("input[type=search]")).not_to_be_focused()
    page.keyboard.press("h")
    expect(page.locator("h1")).to_have_text("待我处理")
    second = page.locator(".side li a").nth(1).get_attribute("href")
    page.keyboard.press("2")
    page.wait_for_url(f"**{second}")
    page.goto("/letters/to-assign")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert path(page).startswith("/letters/")
    context.close()


@pytest.mark.parametrize(
    ("login", "start"), [("zuzhang", "/letters/to-assign"), ("zuzhang", "/letters/to-review"), ("shenhe", "/screening")]
)
def test_every_key_of_a_letter_opens_its_act(browser: Browser, places: Places, login: str, start: str) -> None:
    context, page = signed_in(browser, places, login)
    page.goto(start)
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    address = path(page)
    keyed = page.eval_on_selector_all(
        "[data-key]", "all => all.filter(each => each.offsetParent).map(each => [each.dataset.key, each.getAttribute('href')])"
    )
    assert keyed
    assert len({key for key, _target in keyed}) == len(keyed), "no key stands for two things"

    for key, target in keyed:
        if not target:
            continue
        page.goto(address)
        assert page.locator(f"[data-key='{key}']").get_attribute("aria-keyshortcuts") == key
        page.keyboard.press(key)
        # The act itself, or the page that an act of its own kind leads to.
        page.wait_for_url(lambda url: not url.endswith(address))
    context.close()


def test_ctrl_enter_sends_the_form_one_writes_in_and_u_takes_it_back(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "shenhe")
    page.goto("/screening")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    box = page.locator("textarea[name=summary]")
    before = box.input_value()
    for text in (before + "补一句。", before + "再补一句。"):
        box.fill(text)
        with page.expect_response(lambda answer: answer.request.method == "GET" and "/screening/" in answer.url):
            page.keyboard.press("Control+Enter")
        expect(page.locator(".flash-list")).to_contain_text("摘要已保存")
        expect(box).to_have_value(text)

    expect(page.get_by_role("button", name="撤销", exact=True)).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("u")

    expect(page.locator(".flash-list")).to_contain_text("已撤销")
    expect(box).to_have_value(before + "补一句。")
    context.close()


def test_more_rows_come_by_key_are_said_aloud_and_take_the_focus(browser: Browser, tmp_path: Path) -> None:
    with served(tmp_path, 120) as (address, token):
        context = browser.new_context(base_url=address, locale="zh-CN")
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        page = context.new_page()
        page.goto("/letters")
        rows = page.locator("table.dense tbody tr")
        before = rows.count()

        page.keyboard.press("m")

        expect(rows.nth(before)).to_have_attribute("aria-selected", "true")
        assert page.evaluate("document.activeElement.closest('tr').rowIndex") == before + 1
        expect(page.locator("#said")).to_have_text("已显示 100 件")  # said when the last of them stands there
        assert rows.count() == 100
        context.close()


def test_single_keys_can_be_turned_off_and_on_again(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "zuzhang")
    page.goto("/letters/under-way")
    page.keyboard.press("?")
    page.locator("dialog.keymap input[type=checkbox]").uncheck()
    page.keyboard.press("Escape")

    page.keyboard.press("j")
    page.keyboard.press("?")
    assert page.locator("tr[aria-selected=true], dialog[open]").count() == 0
    page.reload()
    page.locator(".side [data-keys]").click()
    page.locator("dialog.keymap input[type=checkbox]").check()
    page.keyboard.press("Escape")
    page.keyboard.press("j")

    assert page.locator("tr[aria-selected=true]").count() == 1
    context.close()


# ---- saved filters ----


def test_a_filter_is_saved_renamed_shared_forgotten_and_brought_back(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "zuzhang")
    said = iter(("水的件", "  ", "水污染"))
    page.on("dialog", lambda asked: asked.accept(next(said)))
    page.goto("/letters?type=water")

    page.get_by_role("button", name="存下这组筛选").click()
    link = page.locator(".saved a")
    expect(link).to_have_text("水的件")
    assert link.get_attribute("href") == "?type=water", "the address is the filter: it can be sent to a colleague"
    page.get_by_role("button", name="改名 水的件").click()
    expect(link).to_have_text("水的件")
    page.get_by_role("button", name="改名 水的件").click()
    expect(link).to_have_text("水污染")
    expect(page.locator("#said")).to_have_text("已改名。")
    page.locator(".saved").get_by_role("button", name="撤销").click()
    expect(link).to_have_text("水的件")
    page.get_by_role("button", name="去掉 水的件").click()
    expect(link).to_have_count(0)
    expect(page.locator(".saved").get_by_role("button", name="撤销")).to_be_focused()
    page.keyboard.press("Enter")
    expect(link).to_have_text("水的件")

    page.goto("/letters")
    link.click()
    page.wait_for_url("**/letters?type=water")
    assert page.locator("select[name=type]").input_value() == "water"
    page.get_by_role("button", name="去掉 水的件").click()
    context.close()
