"""Whatever was searched can be sorted, and the address says how: who opens it sees the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from portal.core.public_record import PublicRecord
from tests.served import public_side
from tests.site.records import record

pytestmark = pytest.mark.browser
LATE = ("late-1", date(2026, 12, 5)), ("late-2", date(2026, 12, 1)), ("late-3", None)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("order") / "data"


@pytest.fixture(scope="module")
def site(migrated_data: Path, data: Path) -> Iterator[str]:
    with public_side(migrated_data, data) as address:
        # After the base of the search was made: these are found through what changed since.
        Press(PressPaths(data)).publish([record(identity, due_on=due, title=f"后来的任务 {identity}") for identity, due in LATE])
        yield address


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(base_url=site, viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def every(data: Path) -> list[PublicRecord]:
    return [PublicRecord.from_json(path.read_bytes()) for path in PressPaths(data).records.rglob("*.json")]


def truth(data: Path) -> list[PublicRecord]:
    return [each for each in every(data) if not each.is_withdrawn and each.kind == "rectification"]


def listed(page: Page) -> list[str]:
    """Ids of all hits, after every "ten more" was pressed."""
    said = page.locator(".search-said")
    expect(said).to_have_text(re.compile(r"^找到 \d+ 条"))
    total = int("".join(re.findall(r"\d+", said.inner_text())))
    hits = page.locator(".search-hits li")
    shown = min(total, 10)
    while True:
        hits.nth(shown - 1).wait_for()
        if shown == total:
            break
        page.click(".search-more")
        shown = min(total, shown + 10)
    links = page.eval_on_selector_all(".search-hits li > a", "all => all.map(each => each.getAttribute('href'))")
    return [link.rstrip("/").rsplit("/", 1)[1] for link in links]


def test_oldest_first_is_newest_first_turned_round(page: Page, data: Path) -> None:
    page.goto("/search/?kind=rectification")
    newest = listed(page)
    page.goto("/search/?kind=rectification&sort=oldest")
    oldest = listed(page)

    assert sorted(newest) == sorted(each.id for each in truth(data))
    assert oldest == newest[::-1]
    assert set(newest[:3]) == {identity for identity, _ in LATE}


def test_by_deadline_the_earliest_is_first_and_those_without_one_are_last(page: Page, data: Path) -> None:
    dues = {each.id: each.due_on for each in truth(data)}

    page.goto("/search/?kind=rectification&sort=due")

    found = [dues[identity] for identity in listed(page)]
    known = [due for due in found if due]
    assert known == sorted(known)
    assert found[: len(known)] == known
    assert "期限 2026-12-01" in page.inner_text(".search-hits")


def test_a_choice_changes_the_address_and_the_address_makes_the_choice(page: Page) -> None:
    page.goto("/search/")
    page.select_option("[name=kind]", "rectification")
    page.select_option("[name=sort]", "due")
    expect(page).to_have_url(re.compile("sort=due"))
    page.wait_for_load_state("networkidle")  # the answer to the first choice may still stand there
    shown = listed(page)
    address = page.url

    page.goto("about:blank")
    page.goto(address)

    assert "sort=due" in address
    assert page.input_value("[name=sort]") == "due"
    assert listed(page) == shown


def offers(page: Page, name: str) -> list[str]:
    found: list[str] = page.eval_on_selector_all(f"#{name}-known option", "all => all.map(each => each.value)")
    return found


def test_the_filters_offer_what_there_is_once_somebody_comes_to_them(page: Page, data: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/search/")
    page.wait_for_load_state("networkidle")
    assert not any("/lists/" in url for url in asked), "the first view carries none of it"

    page.focus("#unit")
    page.wait_for_selector("#state-known option", state="attached")
    assert {"县自然资源局", "县农业农村局", "县住建局"} <= set(offers(page, "unit"))
    assert offers(page, "state")[0] == "已销号", "what stands most often comes first"

    page.select_option("#kind", "notice")
    page.focus("#state")
    expect(page.locator("#state-known option[value=已销号]")).to_have_count(0)
    notices = {each.unit for each in every(data) if each.kind == "notice" and not each.is_withdrawn}
    assert notices <= set(offers(page, "unit"))

    page.select_option("#kind", "rectification")
    page.fill("#unit", "县农业农村局")
    page.keyboard.press("Enter")
    expect(page.locator(".search-said")).to_have_text(re.compile(r"^找到 [1-9]"))


def test_without_script_the_search_page_says_where_everything_stands(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    page.goto("/search/")

    assert not page.is_visible("form.search-page")
    page.click("noscript a, .notice a")
    page.click("#lists ~ ul a >> nth=0")
    page.click(".tags a >> text=2026年")
    page.click(".tags a[href*='/unit-'] >> nth=0")
    assert page.locator(".list li").count() > 0
    context.close()
