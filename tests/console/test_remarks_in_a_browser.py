"""Remarks in a real browser: marked words go into the remark, without scripts the whole passage; fit for everybody."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from moderation.check.pictures import Places
from tests.console.barriers import look_over
from tests.console.browser_desk import signed_in

pytestmark = pytest.mark.browser
TITLE = "石料场夜间运输管理办法征求意见"


def opened(page: Page, title: str) -> str:
    page.goto("/publication/")
    page.click(f"text={title}")
    page.wait_for_selector("iframe.preview")
    page.click(".work a[href$='/remarks'] >> nth=0")
    page.wait_for_selector(".annotated")
    return page.url


def test_marked_words_are_what_the_remark_is_about(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "shengao1")
    opened(page, TITLE)
    page.evaluate("""() => {
      const passages = Array.from(document.querySelectorAll('[data-passage]'));
      const text = passages.find((one) => one.textContent.includes('月底前')).firstChild;
      const at = text.textContent.indexOf('月底前');
      getSelection().setBaseAndExtent(text, at, text, at + 3);
    }""")
    expect(page.locator("a[data-remark][href*='words=']")).to_have_count(1)

    page.click("a[data-remark][href*='words=']")

    expect(page.locator("textarea[name=passage]")).to_have_value("月底前")
    assert look_over(page, page.url.partition("#")[0]) == []
    context.close()


def test_without_scripts_a_passage_is_remarked_upon_by_its_link(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "shengao1", scripts=False)
    opened(page, TITLE)

    page.click("a[data-remark] >> nth=1")
    page.fill("textarea[name=words]", "写明截止的日子")
    page.click("text=写下批注")

    expect(page.locator(".remark .said")).to_have_text("写明截止的日子")
    expect(page.get_by_role("button", name="带着批注退回起草")).to_be_visible()
    page.click("text=收回")
    expect(page.locator(".remark .reply")).to_contain_text("提出人已收回")
    context.close()


def test_the_drafter_sees_remarks_beside_the_words_on_a_desk_and_under_them_on_a_phone(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "nigao")
    address = opened(page, "春节前后禁放烟花爆竹的公告")

    text, note = (
        page.locator(f".annotated > li:has(.remark) >> nth=0 >> {part}").bounding_box() for part in (".passage", ".margin")
    )
    assert text
    assert note
    assert note["x"] >= text["x"] + text["width"]
    page.set_viewport_size({"width": 390, "height": 844})
    text, note = (
        page.locator(f".annotated > li:has(.remark) >> nth=0 >> {part}").bounding_box() for part in (".passage", ".margin")
    )
    assert text
    assert note
    assert note["y"] >= text["y"] + text["height"]
    assert look_over(page, address) == []
    context.close()
