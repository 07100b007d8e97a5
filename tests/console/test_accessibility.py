"""Every desk of the console, in a real browser with the demo behind it: no barrier, nothing cut off on a phone, keys work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlalchemy import select

from moderation import long_work, undoing
from moderation.check.pictures import Places
from moderation.long_work import LongWork
from moderation.office import Office
from moderation.staff import StaffMember, signed_in_as
from portal.core.clock import now
from tests.console.browser_desk import PHONE, signed_in
from tests.console.walk import EVERYBODY, Face

pytestmark = pytest.mark.browser

# One page of each template in every check, in one width and theme; everybody's whole menu in both in the long one.
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


@dataclass(frozen=True)
class Sight:
    """How a page is looked at: window, its scale, and what the person asked of the system."""

    name: str
    size: ViewportSize
    dark: bool = False


SIGHTS = (Sight("desk", {"width": 1280, "height": 900}), Sight("phone, dark", PHONE, dark=True))
# 1280 px at 200 % is a window of 640; 320 px is what 1280 at 400 % leaves.
NARROW: tuple[ViewportSize, ...] = ({"width": 640, "height": 450}, {"width": 320, "height": 640})
NEED_A_NAME = frozenset(
    {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "spinbutton", "dialog", "listbox"}
)
HEADINGS = "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].filter(each => each.offsetParent).map(each => +each.tagName[1])"


def unnamed(page: Page) -> list[str]:
    """Controls without a name in the accessibility tree, as a screen reader is given it."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        node["role"]["value"]
        for node in nodes
        if not node.get("ignored") and node.get("role", {}).get("value") in NEED_A_NAME and not node.get("name", {}).get("value")
    ]


def seen(page: Page, address: str, sight: Sight) -> list[str]:
    """What is wrong with one page in one sight, in the narrow windows, and in the accessibility tree."""
    page.set_viewport_size(sight.size)
    page.emulate_media(color_scheme="dark" if sight.dark else "light", reduced_motion="reduce")
    page.goto(address)
    # Menus and what is folded away are looked at open.
    page.eval_on_selector_all("details", "all => all.forEach(each => { each.open = true; })")
    wrong = findings(page, address, sight.name)
    wrong += [f"{address}: a {role} without a name" for role in unnamed(page)]
    for size in NARROW:
        page.set_viewport_size(size)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > size["width"]:
            wrong.append(f"{address}: scrolls sideways in a window of {size['width']} px, {wide} px wide")
    levels = page.evaluate(HEADINGS)
    if levels.count(1) != 1 or any(later > earlier + 1 for earlier, later in pairwise(levels)):
        wrong.append(f"{address}: headings {levels}")
    return wrong


@pytest.fixture(scope="module")
def one_of_each(faces: tuple[Face, ...]) -> dict[str, dict[str, str]]:
    """One address a template, by who may open it: login → address → template."""
    found: dict[str, dict[str, str]] = {}
    known: set[str] = set()
    for face in faces:
        if face.template not in known:
            known.add(face.template)
            found.setdefault(face.login, {})[face.address.removeprefix("/en")] = face.template
    return found


def test_a_page_of_each_template_has_no_barrier(browser: Browser, places: Places, one_of_each: dict[str, dict[str, str]]) -> None:
    wrong: list[str] = []
    for number, (login, pages) in enumerate(one_of_each.items()):
        context, page = signed_in(browser, places, login)
        for place, address in enumerate(pages):
            wrong += seen(page, address, SIGHTS[(number + place) % len(SIGHTS)])
        context.close()

    assert wrong == []
    assert sum(map(len, one_of_each.values())) > 70, "the walk reaches the templates"


def test_what_stands_only_for_a_moment_has_no_barrier_either(browser: Browser, places: Places, demo: tuple[Flask, Office]) -> None:
    """The line that offers to undo, the page of a long work under way, and that of one that has ended."""
    office = demo[1]
    with office.office.transaction() as session:
        row = session.scalars(select(StaffMember).where(StaffMember.login == "zuzhang")).one()
        lead = signed_in_as(session, row.id)
        assert lead is not None
        ids, link = ["none", "nothing"], "/letters/to-assign"
        work = long_work.begin(session, "letters.assign", ids, title="分办", link=link, by=lead, at=now())
        work.held_until = now() + timedelta(hours=1)
        undoing.offer(session, "notices.read", [{"notices": []}], label="通知", link="/notices", by=lead, at=now())
    context, page = signed_in(browser, places, "zuzhang")

    wrong = [each for sight in SIGHTS for each in seen(page, f"/long-work/{work.id}", sight)]
    wrong += [each for sight in SIGHTS for each in seen(page, "/recent-acts", sight)]
    page.goto(f"/long-work/{work.id}")
    with office.office.transaction() as session:
        session.get_one(LongWork, work.id).held_until = None
    long_work.go_on(office, work.id, at=now(), seconds=9.0)
    expect(page.locator("[data-ended]")).to_be_visible(timeout=30_000)
    wrong += findings(page, "the end of a long work", "desk")
    expect(page.locator("#said")).to_contain_text("办完了")
    page.goto("/recent-acts")
    page.locator("form.undo button").first.click()
    wrong += findings(page, "a line that says it is undone", "desk")
    context.close()

    assert wrong == []


def test_forced_colours_and_no_motion_leave_nothing_out(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "zuzhang")
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.goto("/letters/to-assign")

    page.keyboard.press("j")
    moving = page.evaluate("document.getAnimations().filter(each => each.playState === 'running').length")
    shown = page.locator("table.dense tr[aria-selected=true] > *").first.evaluate(
        "cell => { const style = getComputedStyle(cell); return style.outlineStyle + style.borderLeftStyle; }"
    )
    focus = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    context.close()

    assert moving == 0
    assert "solid" in shown, "the chosen row is marked by more than its ground"
    assert focus != "none"


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
