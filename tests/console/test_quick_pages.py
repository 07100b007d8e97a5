"""The desk in a real browser: pages change without loading anew, keys reach everything, and no typed text is lost on the way."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from moderation.check.pictures import Places
from tests.console.browser_desk import enter, signed_in

pytestmark = pytest.mark.browser

TEXT = "写到一半的摘要，还没有保存。"


def screening(page: Page) -> str:
    """Opens the first letter of the screening tray; returns its address."""
    page.goto("/screening")
    with page.expect_navigation():
        page.locator("table.dense tbody a").first.click()
    expect(page.locator("textarea[name=summary]")).to_be_visible()
    return str(page.evaluate("location.pathname"))


def type_summary(page: Page, text: str) -> None:
    """Types, and waits until the office has kept it."""
    with page.expect_response(lambda answer: answer.url.endswith("/drafts") and answer.status == 204):
        page.locator("textarea[name=summary]").fill(text)


def test_a_desk_opens_without_loading_the_page_anew_and_says_where_one_is(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "zuzhang")
    page.evaluate("window.same = true")

    page.locator(".side a[href='/letters/under-way']").click()
    expect(page).to_have_title("承办中 · 云岭县")

    assert page.evaluate("window.same")
    assert page.url.endswith("/letters/under-way")
    assert page.evaluate("document.activeElement.id") == "main"
    expect(page.locator("#said")).to_have_text("承办中 · 云岭县")
    page.go_back()
    expect(page).to_have_title("待我处理 · 云岭县")
    context.close()


def test_a_filter_is_an_address_and_keeps_its_place_in_the_list(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "zuzhang")
    page.goto("/letters")
    page.evaluate("window.same = true")

    page.locator("select[name=type]").select_option("water")
    page.locator("form.tools button").first.click()
    page.wait_for_url("**type=water**")

    assert page.evaluate("window.same")
    assert page.locator("select[name=type]").input_value() == "water"
    context.close()


def test_rows_are_ticked_by_key_and_counted(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "zuzhang")
    page.goto("/letters/to-assign")
    rows = page.locator("table.dense tbody tr").count()

    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-ticked]")).to_have_text("已勾选 1 件")
    page.keyboard.press("Shift+X")
    expect(page.locator("[data-ticked]")).to_have_text(f"已勾选 {rows} 件")
    context.close()


def test_a_long_text_survives_a_lost_page_and_another_computer_has_it_too(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "shenhe")
    address = screening(page)
    type_summary(page, TEXT)

    page.reload()
    page.locator("form .notice button").first.click()
    assert page.locator("textarea[name=summary]").input_value() == TEXT

    elsewhere, other = signed_in(browser, places, "shenhe")
    other.goto(address)
    other.locator("form .notice button").first.click()
    assert other.locator("textarea[name=summary]").input_value() == TEXT
    elsewhere.close()
    # Nothing of it lies on the disk of this computer.
    assert TEXT not in str(page.evaluate("JSON.stringify(localStorage)"))
    context.close()


def test_a_draft_thrown_away_can_be_taken_back(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "shenhe")
    screening(page)
    type_summary(page, TEXT)
    page.reload()

    page.locator("form .notice button").nth(1).click()
    page.locator("form .notice button").click()
    page.locator("form .notice button").first.click()

    assert page.locator("textarea[name=summary]").input_value() == TEXT
    context.close()


def test_without_a_connection_the_text_stays_on_the_page(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "shenhe")
    screening(page)
    context.set_offline(True)
    page.locator("textarea[name=summary]").fill(TEXT)

    page.click("button[value=save]")
    expect(page.locator("form [data-offline]")).to_be_visible()
    assert page.locator("textarea[name=summary]").input_value() == TEXT

    context.set_offline(False)
    page.click("button[value=save]")
    expect(page.locator(".flash-list")).to_contain_text("摘要已保存")
    assert page.locator("textarea[name=summary]").input_value() == TEXT
    assert TEXT not in str(page.evaluate("JSON.stringify(sessionStorage)"))
    context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_session_that_ends_while_writing_costs_nothing(browser: Browser, places: Places, scripts: bool) -> None:
    context, page = signed_in(browser, places, "shenhe", scripts=scripts)
    page.goto("/screening")
    page.locator("table.dense tbody a").first.click()
    page.locator("textarea[name=summary]").fill(TEXT)
    context.clear_cookies(name="desk")

    page.click("button[value=save]")
    expect(page.locator("h1")).to_have_text("登录工作台")
    enter(page, places, "shenhe")
    expect(page.locator(".document").first).to_have_text(TEXT)
    page.click("main button.button")

    expect(page.locator(".flash-list")).to_contain_text("摘要已保存")
    assert page.locator("textarea[name=summary]").input_value() == TEXT
    context.close()


def test_who_comes_second_is_told_and_keeps_the_text(browser: Browser, places: Places) -> None:
    first_context, first = signed_in(browser, places, "shenhe")
    second_context, second = signed_in(browser, places, "shenhe2")
    address = screening(first)
    second.goto(address)

    first.click("button[value=save]")
    expect(first.locator(".flash-list")).to_contain_text("摘要已保存")
    second.locator("textarea[name=summary]").fill(TEXT)
    second.click("button[value=save]")

    expect(second.locator(".error-summary")).to_be_focused()
    assert second.locator("textarea[name=summary]").input_value() == TEXT
    assert second.evaluate("location.pathname") == address
    first_context.close()
    second_context.close()


def test_a_second_press_sends_nothing_while_the_first_is_under_way(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "shenhe")
    address = screening(page)
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" and asked.url.endswith(address) else None)

    page.locator("button[value=save]").dblclick()
    expect(page.locator(".flash-list")).to_contain_text("摘要已保存")

    assert len(sent) == 1
    context.close()
