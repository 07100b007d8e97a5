"""Every desk of the console, in a real browser with the demo behind it: no barrier, nothing cut off on a phone, keys work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from moderation import long_work, undoing
from moderation.check.pictures import Places
from moderation.long_work import LongWork
from moderation.office import Office
from moderation.staff import StaffMember, signed_in_as
from portal.core.clock import now
from tests.console.barriers import look_over, looked_over
from tests.console.browser_desk import signed_in
from tests.console.walk import EVERYBODY, Face

pytestmark = pytest.mark.browser

# One page of each template in every check; everybody's whole menu in the long one. Each in both themes and both widths.
FILES = (".xlsx", ".docx", ".csv", ".pdf", ".zip", ".txt", ".html", "/slip")


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
    for login, pages in one_of_each.items():
        context, page = signed_in(browser, places, login)
        wrong += [each for address in pages for each in look_over(page, address)]
        context.close()

    assert wrong == []
    assert sum(map(len, one_of_each.values())) > 70, "the walk reaches the templates"


PLANTED = """document.getElementById('main').insertAdjacentHTML('beforeend', `<h4>Jump</h4><p id="dazi">Twice</p>
  <p class="pale">Pale in the dark only</p><p class="narrow">Pale on a phone only</p><button class="bare"><i></i></button>
  <a class="button flat">No edge</a><p class="moves">Moves</p><div class="wide">Wide</div>`);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`@media (prefers-color-scheme: dark) { .pale { color: #555; } } .moves { animation: turn 9s infinite; }
    @keyframes turn { to { opacity: .9; } } @media (max-width: 400px) { .narrow { color: #888; background: #777; } }
    .button.flat { border: 0 !important; outline: 0; } .wide { width: 400px; }`);
  document.adoptedStyleSheets = [sheet];"""


def test_each_kind_of_barrier_is_found_where_one_is_planted(browser: Browser, places: Places) -> None:
    context, page = signed_in(browser, places, "guanli")
    page.goto("/administration/calendar")
    page.evaluate(PLANTED)
    found = "\n".join(looked_over(page, "planted"))
    context.close()

    for said in (
        "two things are called dazi", "headings [", "moves though less motion is asked for: turn", "a button without a name",
        "window of 320 px", "nothing marks it without colours: A.button flat", "(desk, dark) color-contrast: .pale",
        "(phone, dark) color-contrast: .narrow", "(phone, light) color-contrast: .narrow", "(desk, light) button-name: .bare",
    ):  # fmt: skip
        assert said in found, f"{said} is not found:\n{found}"
    assert "(desk, light) color-contrast" not in found


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

    wrong = look_over(page, f"/long-work/{work.id}") + look_over(page, "/recent-acts")
    page.goto(f"/long-work/{work.id}")
    with office.office.transaction() as session:
        session.get_one(LongWork, work.id).held_until = None
    long_work.go_on(office, work.id, at=now(), seconds=9.0)
    expect(page.locator("[data-ended]")).to_be_visible(timeout=30_000)
    wrong += looked_over(page, "the end of a long work")
    expect(page.locator("#said")).to_contain_text("办完了")
    page.goto("/recent-acts")
    page.locator("form.undo button").first.click()
    wrong += looked_over(page, "a line that says it is undone")
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
