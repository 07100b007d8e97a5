"""How a long list of the desk feels: 500 letters in one list in a real browser, scrolled, walked by key, ticked and searched.

An office is filled as for ``bench queue`` (in small), its console served in this process; rows come by the button under the list.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from waitress.server import create_server

from moderation import stores
from moderation.app import create_app
from moderation.bench import queue
from moderation.bench.filling import fill, people
from moderation.check.browser import find_browser
from moderation.console.access import COOKIE
from moderation.office import Office, open_office
from portal.core.vocabulary import Role

if TYPE_CHECKING:
    from playwright.sync_api import Page

# A frame of work longer than this is felt.
FELT_MS = 50
WATCH = """
window.long = []; window.gaps = []; window.keys = [];
function watchEntries(options, kept) {
  new PerformanceObserver(list => { for (const each of list.getEntries()) window[kept].push(each.duration); }).observe(options);
}
watchEntries({type: "longtask"}, "long");
watchEntries({type: "event", durationThreshold: 16}, "keys");
(function watch(before) { requestAnimationFrame(now => { gaps.push(now - before); watch(now); }); })(performance.now());
"""
SCROLL = """async () => {
  const end = document.documentElement.scrollHeight;
  for (let at = 0; at < end; at += end / 60) { scrollTo(0, at); await new Promise(requestAnimationFrame); }
  for (let at = end; at > 0; at -= end / 60) { scrollTo(0, at); await new Promise(requestAnimationFrame); }
}"""


def console_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=500, help="列表里多少行 / rows in the list")
    parser.add_argument("--presses", type=int, default=60, help="按键几次 / key presses down and up")


def console(args: argparse.Namespace) -> dict[str, object]:
    """The figures of issue 9: long frames while a list of 500 rows is used."""
    from playwright.sync_api import sync_playwright

    browser = find_browser()
    if browser is None:
        return {"not_measured": "no Chromium on this machine"}
    with (
        tempfile.TemporaryDirectory(prefix="bench-console-") as name,
        served(Path(name), args.rows) as (address, token),
        sync_playwright() as tool,
    ):
        opened = tool.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        context = opened.new_context(viewport={"width": 1280, "height": 900}, base_url=address)
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        figures = _used(context.new_page(), args.rows, args.presses)
        opened.close()
    return figures


@contextmanager
def served(folder: Path, rows: int) -> Iterator[tuple[str, str]]:
    """The console of an office with some more than ``rows`` letters: its address, and the session of a group leader."""
    office = open_office(folder / "data", {})
    try:
        stores.migrate(office)
        people(office)
        fill(office, rows + 50)
        yield from _listening(office)
    finally:
        office.close()


def _listening(office: Office) -> Iterator[tuple[str, str]]:
    token = queue._sessions(office)[Role.GROUP_LEAD.value]
    server = create_server(create_app(office), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}", token
    finally:
        server.close()
        thread.join(timeout=10)


def _used(page: Page, rows: int, presses: int) -> dict[str, object]:
    answer = page.goto("/letters")
    page_kb = len(answer.body()) // 1024 if answer else 0
    page.evaluate(WATCH)
    lines = page.locator("table.dense tbody tr")
    while lines.count() < rows:
        before = lines.count()
        page.keyboard.press("m")
        lines.nth(before).wait_for(state="attached")
    figures: dict[str, object] = {"rows": lines.count(), "page_kb": page_kb, "appending": _frames(page)}
    page.evaluate(SCROLL)
    figures["scrolling"] = _frames(page)
    for key in "j" * presses + "k" * presses:
        page.keyboard.press(key)
    figures["keys"] = _frames(page)
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    figures["keymap"] = _frames(page)
    return figures | {"limit_ms": FELT_MS}


def _frames(page: Page) -> dict[str, object]:
    """What was felt since the last look: the longest work on the page, the longest wait between two frames, and of a key."""
    page.wait_for_timeout(200)
    found = page.evaluate(
        "() => { const seen = {long, gaps, keys}; window.long = []; window.gaps = []; window.keys = []; return seen; }"
    )
    return {
        "tasks_over_50_ms": len(found["long"]),
        "longest_task_ms": round(max(found["long"], default=0), 1),
        "frames": len(found["gaps"]),
        "frames_over_50_ms": sum(gap > FELT_MS for gap in found["gaps"]),
        "longest_frame_ms": round(max(found["gaps"], default=0), 1),
        "longest_event_ms": round(max(found["keys"], default=0), 1),
    }
