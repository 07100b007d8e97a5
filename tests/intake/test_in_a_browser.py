"""The form in a real browser: whole on a 320 px phone without JavaScript, better with it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page

from portal.core.sealing import unlocked_file
from portal.intake.context import Intake
from portal.intake.tokens import read_kept, read_token
from tests.served import served

pytestmark = pytest.mark.browser


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


def photo(folder: Path, size: tuple[int, int] = (640, 480)) -> Path:
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(out, "JPEG", quality=97)
    (folder / "料场.jpg").write_bytes(out.getvalue())
    return folder / "料场.jpg"


def fill(page: Page) -> None:
    page.check("input[value=uncovered_dust]")
    page.select_option("#region", "411900001")
    page.fill("#place", "镇小学北边约200米的料场")
    page.fill("#story", "每天夜里装卸不盖不洒。")


def press(page: Page, name: str) -> None:
    """Presses a button and waits for the page it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def no_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_without_javascript_on_a_small_phone_a_report_with_a_photo_gets_a_receipt(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    page = context.new_page()

    page.goto(f"{address}/r/")
    fill(page)
    page.set_input_files("#files", photo(tmp_path))
    press(page, "下一步：看一遍再发")
    assert "料场.jpg" in page.content()
    assert "奖励" in page.content()
    press(page, "发送")

    assert page.title().startswith("已收到")
    assert len(page.locator("#code").inner_text().split()) == 8
    press(page, "看看现在的进展")
    assert "等待拆件" in page.content()
    assert page.url.endswith("/r/c/")
    context.close()


def test_no_page_of_the_intake_scrolls_sideways_on_a_small_phone(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()

    page.goto(f"{address}/r/")
    assert no_sideways_scroll(page)
    fill(page)
    press(page, "下一步：看一遍再发")
    assert no_sideways_scroll(page)
    press(page, "发送")
    assert no_sideways_scroll(page)
    press(page, "看看现在的进展")
    assert no_sideways_scroll(page)
    context.close()


def test_with_javascript_files_go_in_pieces_a_draft_only_if_asked_and_three_escapes_leave(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="zh-CN")
    page = context.new_page()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))

    page.goto(f"{address}/r/")
    fill(page)
    assert page.evaluate("localStorage.length") == 0
    page.check("#draft")
    assert "镇小学" in page.evaluate("localStorage.getItem('n')")
    page.set_input_files("#files", photo(tmp_path, (3000, 2000)))
    page.wait_for_selector("input[name=kept]", state="attached")
    page.reload()
    assert page.input_value("#place") == "镇小学北边约200米的料场"
    page.click("#forget")
    assert page.evaluate("localStorage.length") == 0
    for _ in range(3):
        page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "/r/" not in url)

    assert said == []
    assert hosts == {address.removeprefix("http://")}
    context.close()


def test_a_draft_is_gone_after_a_day_and_never_held_a_name(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{address}/r/")
    page.check("#draft")
    fill(page)
    page.check("input[name=identity_level][value=named]")
    page.fill("#name", "欧阳某某")
    page.fill("#phone", "13800000000")
    kept = page.evaluate("localStorage.getItem('n')")
    page.evaluate("localStorage.setItem('n', JSON.stringify({ ...JSON.parse(localStorage.getItem('n')), until: Date.now() - 1 }))")
    page.reload()

    assert "镇小学" in kept
    assert "欧阳" not in kept
    assert "13800000000" not in kept
    assert page.input_value("#place") == ""
    assert page.evaluate("localStorage.length") == 0
    context.close()


def kept_file(app: Flask, typed_token: str, carried: str) -> bytes:
    """What the server holds of a file, opened with the key that only the form carries."""
    desk: Intake = app.extensions["intake"]
    token = read_token(typed_token, desk.keys.receipt_keys)
    assert token
    item = read_kept(carried, token, desk.keys.receipt_keys)
    assert item
    with (desk.settings.files_folder / item.id).open("rb") as source:
        return b"".join(unlocked_file(bytes.fromhex(item.key), source, item.size))


def test_with_javascript_a_large_photo_travels_smaller_and_without_its_position(
    browser: Browser, address: str, tmp_path: Path, app: Flask
) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SERIAL-MARK-4711"
    Image.effect_noise((3000, 2000), 90).convert("RGB").save(out, "JPEG", quality=97, exif=exif)
    (tmp_path / "a.jpg").write_bytes(out.getvalue())
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="zh-CN")
    page = context.new_page()

    page.goto(f"{address}/r/")
    page.set_input_files("#files", tmp_path / "a.jpg")
    page.wait_for_selector("input[name=kept]", state="attached")

    travelled = kept_file(app, page.input_value("input[name=f]"), page.input_value("input[name=kept]"))
    assert b"SERIAL-MARK-4711" in out.getvalue()
    assert b"SERIAL-MARK-4711" not in travelled
    assert 0 < len(travelled) < len(out.getvalue()) / 2
    assert page.locator("ul.list img").count() == 1, "it is shown before it is sent"
    context.close()
