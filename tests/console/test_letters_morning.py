"""A working morning in a real browser: screened, assigned, taken up, reported, sent back, reported again, closed. Mostly keys."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from moderation import long_work, staff
from moderation.app import create_app
from moderation.casework import arrival, status
from moderation.casework.letters import Letter
from moderation.casework.machine import LetterState
from moderation.console.access import COOKIE
from moderation.demo.stage import Stage
from moderation.unsealing import make_keys, public_side_folder
from portal.core import clock, reports
from portal.core.intake_keys import load_intake_keys
from portal.core.receipts import ReceiptKeys
from portal.core.report_content import Identity
from tests.moderation.casework.office_work import CONTENT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

S = LetterState
pytestmark = pytest.mark.browser


@pytest.fixture
def address(stage: Stage) -> Iterator[str]:
    """The console, served."""
    make_keys(stage.office)
    server = make_server("127.0.0.1", 0, create_app(stage.office), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)


@contextmanager
def at_desk(browser: Browser, stage: Stage, address: str, login: str, **options: object) -> Iterator[Page]:
    context = browser.new_context(**options)  # type: ignore[arg-type]
    with stage.office.office.transaction() as session:
        token = staff.open_session(session, stage.cast[login].id, at=clock.now())
    context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert problems == []


def sent(stage: Stage) -> reports.SealedReport:
    keys, at = load_intake_keys(public_side_folder(stage.office)), clock.now()
    sealed = reports.seal_report(CONTENT, Identity(), nonce=reports.new_nonce(), keys=keys, at=at)
    with stage.office.intake.transaction() as intake:
        reports.submit_report(intake, sealed, at=at)
    arrival.pull(stage.office, at)
    return sealed


def only(stage: Stage) -> Letter:
    with stage.office.office.reading() as session:
        return session.query(Letter).one()


def report_by_form(page: Page, address: str, letter_id: str) -> None:
    page.goto(f"{address}/letters/{letter_id}/findings")
    for select in page.locator("select[name^=verdict-]").all():
        select.select_option("substantiated")
    for area in page.locator("textarea[name^=finding-]").all():
        area.fill("现场检查，料堆未覆盖，喷淋未开启。")
    for area in page.locator("textarea[name^=measures-]").all():
        area.fill("责令当日覆盖，加装喷淋。")
    page.locator("main button.button", has_text="报告").click()


def test_a_working_morning(browser: Browser, stage: Stage, address: str) -> None:
    sealed = sent(stage)

    with at_desk(browser, stage, address, "shenhe") as page:
        page.goto(f"{address}/screening")
        # j: the first row, Enter: opens it, y: accepts as suggested. Three keys beside the reading.
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/screening/*")
        assert page.locator(".document").inner_text().find(CONTENT.story) >= 0
        page.keyboard.press("y")
        page.wait_for_url("**/screening")
    letter = only(stage)
    assert letter.state is S.ACCEPTED

    with at_desk(browser, stage, address, "zuyuan") as page:
        page.goto(f"{address}/letters/to-assign")
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.keyboard.press("a")
        page.wait_for_url(re.compile("long-work|to-assign$"))
        long_work.run(stage.office, clock.now())  # the worker's part, where the desk had no time left
        page.get_by_text(re.compile("已办 1 件|办完了：1")).first.wait_for()
    assert only(stage).unit_id == "urban"

    # A phone on the spot, without scripts.
    phone = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}
    with at_desk(browser, stage, address, "chengguan", **phone) as page:
        page.goto(f"{address}/unit/to-take-up")
        page.locator("table a").first.click()
        page.locator("a.button", has_text="签收").click()
        page.locator("button.button", has_text="签收").click()
        report_by_form(page, address, letter.id)
    assert only(stage).state is S.UNDER_REVIEW

    with at_desk(browser, stage, address, "zuzhang") as page:
        page.goto(f"{address}/letters/{letter.id}")
        page.keyboard.press("b")
        page.wait_for_url("**/acts/send-back")
        page.locator("textarea[name=text]").fill("缺整改后照片")
        page.locator("main button.button").first.click()
        page.wait_for_url(f"**/letters/{letter.id}")
    assert only(stage).redos == 1

    with at_desk(browser, stage, address, "chengguan", **phone) as page:
        report_by_form(page, address, letter.id)
    with at_desk(browser, stage, address, "zuzhang") as page:
        page.goto(f"{address}/letters/{letter.id}/acts/settle")
        page.locator("textarea[name=text]").fill("办到位了")
        page.locator("textarea[name=reply]").fill("您反映的扬尘已查处。")
        page.locator("main button.button").first.click()
        page.wait_for_url(f"**/letters/{letter.id}")
    assert only(stage).state is S.SETTLED

    status.tell(stage.office, clock.now())
    with stage.office.intake.reading() as intake:
        row = intake.get_one(reports.Report, sealed.id)
        shown = reports.open_mailbox(intake, row, ReceiptKeys(sealed.code)).status
    assert shown is not None and shown.state == "已办结"  # noqa: PT018
    assert "已退回重办" in "".join(line.text for line in shown.history)
