"""Chinese is set as Chinese: measured in a browser, not read off the style sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from moderation.check.browser import has_chinese_font
from tests.served import public_side
from tests.site.test_accessibility import PHONE, WIDE

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not has_chinese_font(), reason="no Chinese font on this machine")]
PROSE = ("/how-we-protect-you/", "/how-to-read/", "/guide/moderator/", "/records/rectification/zj-2026-03-001/")

# Lines as they are painted: where the rectangles of the text lie, and how many Han characters the widest could hold.
MEASURE = """() => [...document.querySelectorAll('article p, article li')].filter(each =>
        each.offsetParent !== null && !each.closest('table, .figures, .timeline, [class*=meta]')).map(each => {
    const style = getComputedStyle(each), size = parseFloat(style.fontSize), range = document.createRange();
    range.selectNodeContents(each);
    const tops = new Set([...range.getClientRects()].map(box => Math.round(box.top / 4)));
    const inner = each.getBoundingClientRect().width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return {size, leading: parseFloat(style.lineHeight) / size, holds: inner / size, lines: tops.size};
})"""


@pytest.fixture(scope="module")
def site(migrated_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with public_side(migrated_data, tmp_path_factory.mktemp("type") / "data") as address:
        yield address


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, locale="zh-CN", base_url=site)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def paragraphs(page: Page, path: str) -> list[dict[str, Any]]:
    page.goto(path)
    found: list[dict[str, Any]] = page.evaluate(MEASURE)
    assert found
    return found


@pytest.mark.parametrize("path", PROSE)
def test_a_line_of_prose_holds_28_to_36_characters_and_leading_is_1_7_to_1_8(page: Page, path: str) -> None:
    for each in paragraphs(page, path):
        assert each["size"] >= 16
        assert 1.7 <= round(each["leading"], 2) <= 1.8
        assert each["holds"] <= 36.1
        if each["lines"] > 1:
            # A list moves its lines in by its mark and number.
            assert each["holds"] >= 28


@pytest.mark.parametrize("path", PROSE)
def test_on_a_phone_a_line_holds_what_the_screen_can_and_letters_stay_large(page: Page, path: str) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for each in paragraphs(page, path):
        assert each["size"] >= 16
        assert 1.7 <= round(each["leading"], 2) <= 1.8
        assert 17 <= each["holds"] <= 26


SPACED = """() => {
    const line = document.createElement('p'), range = document.createRange();
    document.querySelector('article').append(line);
    const width = text => {
        line.textContent = text;
        range.selectNodeContents(line);
        return range.getBoundingClientRect().width;
    };
    const size = parseFloat(getComputedStyle(line).fontSize);
    return {size, together: width('整改12项'), apart: width('整改') + width('12') + width('项')};
}"""


def test_han_and_latin_stand_apart_without_a_typed_space(page: Page) -> None:
    """Where a browser does not know text-autospace the words stand closer, and nothing else changes."""
    page.goto("/how-to-read/")
    if not page.evaluate("CSS.supports('text-autospace', 'normal')"):
        pytest.skip("this browser does not know text-autospace")

    measured = page.evaluate(SPACED)

    assert measured["together"] - measured["apart"] > measured["size"] * 0.15


def test_no_line_begins_with_a_mark_that_closes(page: Page) -> None:
    """避头: a comma, full stop or closing bracket never stands first in a line."""
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for path in PROSE:
        page.goto(path)
        first = page.evaluate("""() => { const found = new Set(), range = document.createRange();
            for (const each of document.querySelectorAll('article p, article li')) {
                const walker = document.createTreeWalker(each, NodeFilter.SHOW_TEXT); let node, top = null;
                while ((node = walker.nextNode())) for (let at = 0; at < node.length; at += 1) {
                    range.setStart(node, at); range.setEnd(node, at + 1);
                    const box = range.getClientRects()[0];
                    if (!box || !box.width) continue;
                    if (top !== null && box.top > top + 8) found.add(node.data[at]);
                    top = box.top;
                } }
            return [...found].join(''); }""")
        assert not set(first) & set("，。、；：？！）》」』”’…"), (path, first)


def test_the_language_of_every_foreign_word_is_said(page: Page) -> None:
    page.goto("/")
    assert page.get_attribute("html", "lang") == "zh-Hans"
    assert page.get_attribute("a[hreflang=en]", "lang") == "en"

    page.goto("/en/")
    assert page.get_attribute("html", "lang") == "en"
    assert page.get_attribute("a[hreflang=zh-Hans]", "lang") == "zh-Hans"
