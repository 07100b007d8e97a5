"""Every kind of public page can be read in other ways than on a screen with a style sheet: as plain text, in the accessibility
tree, aloud, in large type, in forced colours, on paper."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Page
from pypdf import PdfReader

from moderation.press.paths import PressPaths
from moderation.press.publishing import publish_records
from portal.core.public_record import Block, Section
from tests.served import public_side
from tests.site.records import record
from tests.site.test_accessibility import ALIKE, PAGES, PHONE, WIDE, fill, findings

pytestmark = pytest.mark.browser
FOUND = {kind: path for kind, path in PAGES.items() if kind != "nothing-there"}
KINDS = [pytest.param(kind, marks=pytest.mark.long if kind in ALIKE else ()) for kind in FOUND]
W3M, PDFTOTEXT = shutil.which("w3m"), shutil.which("pdftotext")
ACTING = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "DisclosureTriangle", "listbox", "spinbutton"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reading") / "data"


@pytest.fixture(scope="module")
def site(migrated_data: Path, data: Path) -> Iterator[str]:
    with public_side(migrated_data, data) as address:
        yield address


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce", locale="zh-CN", base_url=site)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


# ---- as plain text ----

# A list to choose from shows its first choice only, in either browser.
WITHOUT_LISTS = (
    "[...document.querySelectorAll('main select')].forEach(each => each.remove()), document.querySelector('main').innerText"
)


class Plain(HTMLParser):
    """What is left of a page without style and script: its words in the order of the file, and where the parts begin."""

    SILENT = frozenset({"script", "style", "template", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.parts: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"header", "main", "footer", "h1"}:
            self.parts.append(tag)
        if tag in self.SILENT:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open and data.strip():
            self.words.append(" ".join(data.split()))


def plain(site: str, path: str) -> Plain:
    with urlopen(site + path) as answer:
        made = Plain()
        made.feed(answer.read().decode())
        return made


@pytest.mark.parametrize("kind", list(FOUND))
def test_without_style_the_page_reads_from_skip_link_over_heading_and_words_to_the_marks_of_the_office(
    site: str, kind: str
) -> None:
    read = plain(site, FOUND[kind])

    assert read.words[0] in {"跳到正文", "Skip to content", "Skip to main content"}
    assert [read.parts[0], read.parts[-1]] == ["header", "footer"]
    assert read.parts.index("main") < read.parts.index("h1") < read.parts.index("footer")


def dumped(address: str) -> str:
    """The page as w3m prints it."""
    assert W3M
    words = [W3M, "-dump", "-cols", "132", "-O", "UTF-8", "-T", "text/html"]
    return subprocess.run(words, input=urlopen(address).read(), capture_output=True, timeout=60, check=True).stdout.decode()


@pytest.mark.skipif(W3M is None, reason="w3m is not installed")
@pytest.mark.parametrize("kind", KINDS)
def test_a_text_browser_shows_all_that_the_page_says(page: Page, site: str, kind: str) -> None:
    """w3m, for an old machine or a slow line, compared with what the real browser shows in its main part."""
    shown = dumped(site + FOUND[kind])
    packed = re.sub(r"\s+", "", shown)
    page.goto(FOUND[kind])
    lines = re.split(r"[\n\t]+", page.evaluate(WITHOUT_LISTS))

    missing = [line for line in lines if len(line.strip()) > 1 and re.sub(r"\s+", "", line) not in packed]

    assert missing == []


@pytest.mark.skipif(W3M is None, reason="w3m is not installed")
def test_in_a_text_browser_a_date_and_a_state_do_not_run_into_each_other(site: str) -> None:
    """w3m drops a blank between two Chinese characters."""
    for kind in ("home", "section", "list", "task"):
        shown = dumped(site + FOUND[kind])

        assert "日" in shown
        assert not re.search(r"日(已|达到|滞后|逾期|任务|月报)", shown), kind
        assert not re.search(r"(已销号|达到序时进度|滞后|逾期)更新于", shown), kind


# ---- in the accessibility tree ----


def tree(client: CDPSession) -> list[dict[str, Any]]:
    """What a screen reader is given, in the order of the page."""
    client.send("Accessibility.enable")
    nodes = client.send("Accessibility.getFullAXTree")["nodes"]
    known = {node["nodeId"]: node for node in nodes}
    order, waiting = [], [nodes[0]]
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting += [known[child] for child in reversed(node.get("childIds", [])) if child in known]
    return [node for node in order if not node["ignored"]]


def said(node: dict[str, Any], key: str) -> str:
    return str(node.get(key, {}).get("value", ""))


def level(node: dict[str, Any]) -> int:
    return next(int(each["value"]["value"]) for each in node["properties"] if each["name"] == "level")


def faults(nodes: list[dict[str, Any]]) -> list[str]:
    """Acting nodes without a name, landmarks that are missing or cannot be told apart, headings that skip a step."""
    wrong = [
        f"{said(node, 'role')} without a name" for node in nodes if said(node, "role") in ACTING and not said(node, "name").strip()
    ]
    roles = [said(node, "role") for node in nodes]
    wrong += [f"{roles.count(role)} × {role}" for role in ("banner", "main", "contentinfo") if roles.count(role) != 1]
    names = [said(node, "name") for node in nodes if said(node, "role") == "navigation"]
    wrong += [f"two ways named {name!r}" for name in {*names} if names.count(name) > 1]
    wrong += ["a way without a name"] if "" in names else []
    before = 0
    for node in nodes:
        if said(node, "role") == "heading":
            if not said(node, "name").strip():
                wrong.append("an empty heading")
            if level(node) > before + 1:
                wrong.append(f"from h{before} to h{level(node)}: {said(node, 'name')}")
            before = level(node)
    return wrong


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_acts_has_a_name_and_the_parts_of_the_page_can_be_told_apart(page: Page, kind: str) -> None:
    client = page.context.new_cdp_session(page)
    page.goto(FOUND[kind])
    assert faults(tree(client)) == []

    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    if page.locator(".menu > summary").count():
        page.click(".menu > summary")
        assert [each for each in faults(tree(client)) if "two ways" not in each] == []


def test_the_open_search_names_its_parts(page: Page) -> None:
    client = page.context.new_cdp_session(page)
    page.goto("/how-to-report/")
    page.click(".search-open")
    page.wait_for_selector("[data-md-component=search-query]:focus")
    page.keyboard.insert_text("直排口")
    page.wait_for_selector(".md-search-result__link")

    nodes = tree(client)

    assert faults(nodes) == []
    assert "站内搜索" in {said(node, "name") for node in nodes if said(node, "role") == "dialog"}


def test_preview_and_receipt_name_everything(page: Page) -> None:
    client = page.context.new_cdp_session(page)
    fill(page)
    page.click("button.button[value=look]")
    assert faults(tree(client)) == []

    page.click("button[value=send]")
    assert faults(tree(client)) == []


# ---- aloud ----

VOICE = """
window.said = [];
window.SpeechSynthesisUtterance = function (text) { this.text = text; };
Object.defineProperty(window, 'speechSynthesis', { value: {
  speak: words => { window.said.push([words.lang, words.text]); window.last = words; },
  cancel: () => { window.cancelled = true; },
}});
"""


@pytest.mark.parametrize(
    ("path", "tongue"),
    [("/records/rectification/zj-2026-03-001/", "zh-CN"), ("/how-we-protect-you/", "zh-CN"), ("/en/how-we-protect-you/", "en")],
)
def test_a_page_is_read_aloud_whole_by_the_browsers_own_voice_and_stops_when_asked(page: Page, path: str, tongue: str) -> None:
    page.add_init_script(VOICE)
    page.goto(path)
    button = page.locator(".read-aloud")
    start = button.inner_text()

    button.click()

    spoken = page.evaluate("window.said")
    shown = [line.strip() for line in page.locator("article").inner_text().split("\n") if line.strip()]
    assert [text for _, text in spoken] == shown
    assert {lang for lang, _ in spoken} == {tongue}
    assert button.inner_text() != start
    button.click()
    assert page.evaluate("window.cancelled") is True
    assert button.inner_text() == start


def test_without_a_voice_there_is_no_button_and_nothing_on_the_intake_speaks(page: Page) -> None:
    """Aloud in a room, a report form could give its writer away."""
    page.add_init_script("delete window.speechSynthesis; Object.defineProperty(window, 'speechSynthesis', { value: undefined });")
    page.goto("/")
    assert not page.is_visible(".read-aloud")

    page.goto("/r/")
    assert page.locator(".read-aloud").count() == 0


# ---- large, forced, narrow ----


@pytest.mark.parametrize("kind", KINDS)
def test_large_text_forced_colours_and_two_hundred_percent_keep_the_page_whole(page: Page, kind: str) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(f"{FOUND[kind]}#dazi")
    wrong = [f"large: {each}" for each in findings(page)]
    wrong += _sideways(page, "large text on a phone")
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    # Colours are the reader's own then, so contrast is not ours to judge.
    wrong += [f"forced: {each}" for each in findings(page) if not each.startswith("color-contrast")]
    page.emulate_media(forced_colors="none", reduced_motion="reduce")
    # 200 % on a window of 1280 is the layout of 640.
    page.set_viewport_size({"width": 640, "height": 450})
    page.goto(FOUND[kind])
    wrong += _sideways(page, "200 %")
    page.set_viewport_size({"width": 320, "height": 256})
    page.goto(f"{FOUND[kind]}#dazi")
    wrong += _sideways(page, "large text at 320 px")

    assert wrong == []


def _sideways(page: Page, where: str) -> list[str]:
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"scrolls sideways by {over} px: {where}"] if over > 0 else []


MOVING = """[...document.querySelectorAll('*')].filter(each => {
    const style = getComputedStyle(each);
    return style.transitionDuration !== '0s' || style.animationName !== 'none' || style.scrollBehavior === 'smooth';
}).length"""


@pytest.mark.parametrize("kind", ["home", "task", "form"])
def test_nothing_moves_for_somebody_who_asked_for_stillness(page: Page, kind: str) -> None:
    page.goto(FOUND[kind])

    moving = page.evaluate(MOVING)

    assert moving == 0


# ---- on paper ----


@pytest.mark.skipif(PDFTOTEXT is None, reason="pdftotext is not installed")
@pytest.mark.parametrize("kind", ["task", "list", "prose", "receipt"])
def test_paper_carries_what_the_page_says_and_nothing_that_is_only_for_pressing(page: Page, kind: str) -> None:
    assert PDFTOTEXT
    if kind == "receipt":
        fill(page)
        page.click("button.button[value=look]")
        page.click("button[value=send]")
    else:
        page.goto(FOUND[kind])
    heading, code = page.inner_text("h1"), page.inner_text(".receipt-code") if kind == "receipt" else ""

    paper = subprocess.run([PDFTOTEXT, "-", "-"], input=page.pdf(format="A4"), capture_output=True, timeout=60, check=True).stdout
    words = re.sub(r"\s+", "", paper.decode())

    assert re.sub(r"\s+", "", heading) in words
    assert code.replace(" ", "") in words
    assert "云岭县生态环境督察公开" in words
    # The page about protection speaks of that button; the receipt has it.
    for only_on_screen in ("跳到正文", "大字版", "菜单", "站内搜索", "您可以", *(("立刻离开",) if kind == "receipt" else ())):
        assert only_on_screen not in words


def test_paper_carries_photographs_that_the_reader_had_not_scrolled_to(page: Page, site: str, data: Path) -> None:
    blocks = [Block(prose="\n\n".join(f"第 {number} 段。" for number in range(150)))]
    for colour in ("brown", "green"):
        photo = io.BytesIO()
        Image.new("RGB", (960, 600), colour).save(photo, "JPEG")
        name = f"{hashlib.sha256(photo.getvalue()).hexdigest()}.jpg"
        (PressPaths(data).media / name).write_bytes(photo.getvalue())
        blocks.append(Block(file=name, alt="料堆", width=960, height=600))
    shown = record("exposure-on-paper", "exposure", sections=(Section("zhaopian", "照片", tuple(blocks)),))
    publish_records(PressPaths(data), [shown])
    page.goto(f"/{shown.path.strip('/')}/")
    assert page.evaluate("[...document.querySelectorAll('figure img')].map(each => each.naturalWidth)") == [0, 0]

    paper = PdfReader(io.BytesIO(page.pdf(format="A4")))

    assert [image.image.size for sheet in paper.pages for image in sheet.images if image.image] == [(960, 600), (960, 600)]
