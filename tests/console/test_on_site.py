"""The on-site check on a phone: with scripts and without, and where the network fails nothing typed, ticked or taken is lost."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from werkzeug.serving import make_server

from moderation import staff
from moderation.app import create_app
from moderation.casework.handling import evidence_of
from moderation.casework.letters import EvidenceRole, Letter, LetterOnSiteCheck
from moderation.console.access import COOKIE
from moderation.demo.stage import Stage
from portal.core.clock import now
from tests.console.browser_desk import PHONE
from tests.console.desk_client import signed_in_client
from tests.moderation.casework.office_work import Work

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

TEXT = "料堆已全部盖好，喷淋在用，门口有少量积尘。"


def _under_review(stage: Stage) -> str:
    with stage.office.office.transaction() as session:
        return Work(stage, session).reported().id


def _photo(shade: int = 90) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 120, 60)).save(out, "JPEG")
    return out.getvalue()


def _kept(stage: Stage, letter_id: str) -> tuple[list[LetterOnSiteCheck], list[str]]:
    """The checks of the letter, and the names of the photos that lie with it as on-site record."""
    with stage.office.office.reading() as session:
        letter = session.get_one(Letter, letter_id)
        photos = [row.name for row in evidence_of(session, letter) if row.role is EvidenceRole.ON_SITE]
        checks = session.query(LetterOnSiteCheck).filter_by(letter_id=letter_id).all()
        session.expunge_all()
        return checks, photos


def _form(page: str) -> dict[str, str]:
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("version", "key")}  # type: ignore[index]


# ---- without a browser ----


def test_one_form_carries_checklist_words_and_photos(stage: Stage) -> None:
    letter_id = _under_review(stage)
    client = signed_in_client(stage, "zuyuan")
    at = f"/letters/{letter_id}/on-site"
    page = client.get(client.get(f"/letters/{letter_id}/acts/check-on-site").location).text
    form = _form(page) | {"text": TEXT, "passed": "yes", "item-seen": "yes", "item-stopped": "no"}

    answer = client.post(at, data=form | {"file": [(io.BytesIO(_photo()), "a.jpg"), (io.BytesIO(_photo(1)), "b.jpg")]})

    assert answer.status_code == 303, answer.text
    (check,), photos = _kept(stage, letter_id)
    items = json.loads(check.items)
    assert (check.text, check.passed, sorted(photos)) == (TEXT, True, ["a.jpg", "b.jpg"])
    assert [items[label] for label in list(items)[:3]] == ["是", "否", "未查"]
    assert 'capture="environment"' in page
    assert 'accept="image/*"' in page


def test_the_same_check_sent_twice_is_one_and_the_second_answer_is_the_same(stage: Stage) -> None:
    letter_id = _under_review(stage)
    client = signed_in_client(stage, "zuyuan")
    at = f"/letters/{letter_id}/on-site"
    form = _form(client.get(at).text) | {"text": TEXT, "passed": "no"}

    answers = [client.post(at, data=form | {"file": (io.BytesIO(_photo()), "a.jpg")}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    checks, photos = _kept(stage, letter_id)
    assert (len(checks), photos) == (1, ["a.jpg"])


def test_a_form_with_a_word_missing_comes_back_with_ticks_and_the_photo_is_kept(stage: Stage) -> None:
    letter_id = _under_review(stage)
    client = signed_in_client(stage, "zuyuan")
    at = f"/letters/{letter_id}/on-site"
    form = _form(client.get(at).text) | {"text": TEXT, "item-seen": "yes", "file": (io.BytesIO(_photo()), "a.jpg")}

    answer = client.post(at, data=form)

    assert answer.status_code == 422
    assert "请选择结论" in answer.text
    assert TEXT in answer.text
    assert re.search(r'name="item-seen" value="yes" checked', answer.text)
    assert "a.jpg" in answer.text
    assert _form(answer.text)["key"] == form["key"]
    assert _kept(stage, letter_id)[0] == []


def test_a_check_has_its_time_and_its_people(stage: Stage) -> None:
    letter_id = _under_review(stage)
    with stage.office.office.transaction() as session:
        early = Work(stage, session).assigned().id
    at = f"/letters/{letter_id}/on-site"

    assert signed_in_client(stage, "zuyuan").get(f"/letters/{early}/on-site").status_code == 409
    assert signed_in_client(stage, "chengguan").get(at).status_code == 403
    assert signed_in_client(stage, "zuyuan").get("/letters/nothing/on-site").status_code == 404
    photo = {"file": (io.BytesIO(_photo()), "a.jpg")}
    assert signed_in_client(stage, "zuyuan").post(f"/letters/{early}/on-site/photos", data=photo).status_code == 409
    assert _kept(stage, early)[1] == []


# ---- on a phone ----


@pytest.fixture
def address(stage: Stage) -> Iterator[str]:
    """The console, served."""
    server = make_server("127.0.0.1", 0, create_app(stage.office), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)


@contextmanager
def _phone(browser: Browser, stage: Stage, address: str, *, scripts: bool = True) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, java_script_enabled=scripts)  # type: ignore[arg-type]
    with stage.office.office.transaction() as session:
        token = staff.open_session(session, stage.cast["zuyuan"].id, at=now())
    context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
    try:
        yield context.new_page()
    finally:
        context.close()


def _fill(page: Page) -> None:
    page.locator("input[name=item-seen][value=yes]").check(force=True)
    page.locator("input[name=item-cleaned][value=no]").check(force=True)
    page.locator("input[name=passed][value=yes]").check(force=True)
    page.fill("textarea[name=text]", TEXT)


def _take(page: Page, name: str, shade: int = 90) -> None:
    page.set_input_files("#camera", {"name": name, "mimeType": "image/jpeg", "buffer": _photo(shade)})


@pytest.mark.browser
def test_without_scripts_the_phone_sends_one_form(browser: Browser, stage: Stage, address: str) -> None:
    letter_id = _under_review(stage)
    with _phone(browser, stage, address, scripts=False) as page:
        page.goto(f"{address}/letters/{letter_id}/on-site")
        _fill(page)
        _take(page, "before.jpg")
        page.locator("form.on-site button.button").click()
        page.wait_for_url(f"{address}/letters/{letter_id}")

    (check,), photos = _kept(stage, letter_id)
    assert (check.text, check.passed, photos) == (TEXT, True, ["before.jpg"])


@pytest.mark.browser
def test_on_a_phone_everything_fits_and_every_target_is_large_enough(browser: Browser, stage: Stage, address: str) -> None:
    letter_id = _under_review(stage)
    with _phone(browser, stage, address) as page:
        page.goto(f"{address}/letters/{letter_id}/on-site")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        sizes = page.eval_on_selector_all(
            "form.on-site .choice, form.on-site input[type=file], form.on-site button, form.on-site textarea",
            "found => found.map(one => [one.className || one.type, one.getBoundingClientRect().height])",
        )
    assert [size for size in sizes if size[1] < 44] == []
    assert len(sizes) > 20


@pytest.mark.browser
def test_with_the_network_gone_everything_stays_and_is_sent_once_it_is_back(browser: Browser, stage: Stage, address: str) -> None:
    letter_id = _under_review(stage)
    with _phone(browser, stage, address) as page:
        page.goto(f"{address}/letters/{letter_id}/on-site")
        _take(page, "first.jpg")
        page.locator("[data-photos] .state", has_text="已收到").wait_for()
        page.context.set_offline(True)
        _fill(page)
        _take(page, "second.jpg", 10)
        page.locator("form.on-site button.button").click()
        page.locator("[data-photos] .state", has_text="没有网络").wait_for()
        page.locator("[data-stuck]:visible").wait_for()
        assert page.input_value("textarea[name=text]") == TEXT
        assert page.is_checked("input[name=item-cleaned][value=no]")
        assert _kept(stage, letter_id) == ([], ["first.jpg"])

        page.context.set_offline(False)
        page.wait_for_url(f"{address}/letters/{letter_id}")
        assert "现场核查：已完成" in page.inner_text("main")

    (check,), photos = _kept(stage, letter_id)
    assert (check.text, check.passed, sorted(photos)) == (TEXT, True, ["first.jpg", "second.jpg"])


@pytest.mark.browser
def test_an_answer_lost_on_the_way_makes_no_second_check(browser: Browser, stage: Stage, address: str) -> None:
    letter_id = _under_review(stage)
    lost: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and len(lost) < 2:
            lost.append(route.fetch(max_redirects=0).status)  # the office has it; the phone does not hear of it
            route.abort()
        else:
            route.continue_()

    with _phone(browser, stage, address) as page:
        page.goto(f"{address}/letters/{letter_id}/on-site")
        page.route("**/on-site**", lose)
        _fill(page)
        _take(page, "only.jpg")
        page.locator("[data-photos] .state", has_text="没有网络").wait_for()
        page.locator("form.on-site button.button").click()
        page.locator("[data-stuck]:visible").wait_for()
        page.evaluate("window.dispatchEvent(new Event('online'))")
        page.wait_for_url(f"{address}/letters/{letter_id}")

    assert lost == [204, 204]
    checks, photos = _kept(stage, letter_id)
    assert (len(checks), photos) == (1, ["only.jpg"])


@pytest.mark.browser
def test_ticks_and_words_come_back_after_the_page_was_closed(browser: Browser, stage: Stage, address: str) -> None:
    letter_id = _under_review(stage)
    with _phone(browser, stage, address) as page:
        page.goto(f"{address}/letters/{letter_id}/on-site")
        _fill(page)
        page.wait_for_timeout(1500)  # words are kept after a pause in typing
        page.reload()
        assert page.is_checked("input[name=item-cleaned][value=no]")
        page.get_by_role("button", name="取回").click()
        assert page.input_value("textarea[name=text]") == TEXT


@pytest.mark.browser
def test_a_word_that_is_missing_is_asked_for_and_nothing_else_is_lost(browser: Browser, stage: Stage, address: str) -> None:
    letter_id = _under_review(stage)
    with _phone(browser, stage, address) as page:
        page.goto(f"{address}/letters/{letter_id}/on-site")
        _take(page, "first.jpg")
        page.locator("[data-photos] .state", has_text="已收到").wait_for()
        page.locator("input[name=item-seen][value=yes]").check(force=True)
        page.locator("input[name=passed][value=yes]").check(force=True)
        page.locator("form.on-site button.button").click()
        page.locator("#text-error").wait_for()
        assert page.is_checked("input[name=item-seen][value=yes]")
        assert "first.jpg" in page.inner_text("[data-photos]")
        page.fill("textarea[name=text]", TEXT)
        page.locator("form.on-site button.button").click()
        page.wait_for_url(f"{address}/letters/{letter_id}")

    (check,), photos = _kept(stage, letter_id)
    assert (check.text, photos) == (TEXT, ["first.jpg"])
