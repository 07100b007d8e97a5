"""A real browser at a desk of the demo: signed in as one of the cast by one press."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from moderation.check.pictures import Places

PHONE: ViewportSize = {"width": 390, "height": 844}


def signed_in(browser: Browser, places: Places, login: str, *, scripts: bool = True) -> tuple[BrowserContext, Page]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        reduced_motion="reduce",
        locale="zh-CN",
        base_url=places.console,
        java_script_enabled=scripts,
    )
    page = context.new_page()
    page.goto("/sign-in")
    enter(page, places, login)
    return context, page


def enter(page: Page, places: Places, login: str) -> None:
    """Presses the button of ``login`` on a sign-in page."""
    with page.expect_navigation():
        page.click(f"form[action$='{places.keys[login]}'] button")
