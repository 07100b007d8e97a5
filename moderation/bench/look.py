"""How the public pages feel on a slow phone: bytes on the wire, what shifts while they load, and Lighthouse's marks.

The pages of a demo are served by the product's own public process. Lighthouse is no part of the project: it is used when it
stands on the PATH or is named, and its absence is said.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from moderation.check.browser import find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PHONE = {"width": 412, "height": 823}
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
SLOWER_CPU = 4
START_SECONDS = 30.0
WATCH_SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => { for (const entry of list.getEntries()) window.shifted += entry.value; })
  .observe({type: "layout-shift", buffered: true});
"""
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


def look_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--address", default="", help="已在运行的公众网站地址；不写就做一个演示 / a running public site; else a demo is made"
    )
    parser.add_argument("--lighthouse", default=shutil.which("lighthouse") or "", help="Lighthouse 程序 / the Lighthouse program")
    parser.add_argument("--pages", default="", help="只量这几页，用逗号分开，例如 home,list / only these pages")
    parser.add_argument("--runs", type=int, default=1, help="Lighthouse 每页跑几次，取中间的 / runs a page, the middle one counts")


def look(args: argparse.Namespace) -> dict[str, object]:
    """The figures of home, section, record, list and report form."""
    from playwright.sync_api import sync_playwright

    path = find_browser()
    if path is None:
        return {"not_measured": "no Chromium on this machine"}
    with ExitStack() as stack:
        base = (args.address or stack.enter_context(_demo_site())).rstrip("/")
        pages = chief_pages(base)
        if args.pages:
            pages = {name: pages[name] for name in args.pages.split(",")}
        with sync_playwright() as tool:
            browser = tool.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
            figures = {name: first_view(browser, base + address) for name, address in pages.items()}
            browser.close()
        marks = _marks(args, path, {name: base + address for name, address in pages.items()})
    return {"pages": figures, **marks}


def chief_pages(base: str) -> dict[str, str]:
    """The pages people come for, found as a reader finds them: from the front page of the tasks."""
    section = "/records/rectification/"
    with urlopen(base + section) as answer:
        text = answer.read().decode()
    records = re.findall(r'href="[^"]*(records/rectification/[\w-]+/)"', text)
    years = re.findall(r'href="[^"]*(lists/rectification/\d{4}/)"', text)
    found = {"home": "/", "section": section, "report": "/r/", "search": "/search/", "how-to-report": "/how-to-report/"}
    if records and years:
        found |= {"record": f"/{records[0]}", "list": f"/{years[0]}1/"}
    return found


def first_view(browser: Browser, address: str) -> dict[str, float]:
    """One cold visit on a slow phone: kilobytes as they travelled, layout shift until a second after all was there."""
    context = browser.new_context(viewport=PHONE, device_scale_factor=1.75, is_mobile=True, has_touch=True)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        page.add_init_script(WATCH_SHIFTS)
        client = context.new_cdp_session(page)
        travelled: list[float] = []
        client.on("Network.loadingFinished", lambda event: travelled.append(event["encodedDataLength"]))
        client.send("Network.enable")
        client.send("Network.emulateNetworkConditions", SLOW_4G)
        client.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})
        page.goto(address, wait_until="networkidle")
        page.wait_for_timeout(1000)
        painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1")
        shifted = page.evaluate("window.shifted")
    finally:
        context.close()
    return {
        "kb": round(sum(travelled) / 1024, 1),
        "requests": len(travelled),
        "layout_shift": round(shifted, 4),
        "first_paint_ms": round(painted),
    }


# ---- Lighthouse, where there is one ----


def _marks(args: argparse.Namespace, chromium: str, pages: dict[str, str]) -> dict[str, Any]:
    if not args.lighthouse:
        return {"lighthouse": "not installed here: npm install lighthouse, then --lighthouse node_modules/.bin/lighthouse"}
    marks = {
        name: _middle([_lighthouse(args.lighthouse, chromium, address) for _ in range(args.runs)])
        for name, address in pages.items()
    }
    return {"lighthouse": marks, "lighthouse_lowest": min(mark for page in marks.values() for mark in page.values())}


def _lighthouse(program: str, chromium: str, address: str) -> dict[str, int]:
    """Its marks out of 100 with its own defaults: a throttled phone."""
    words = [program, address, "--quiet", "--output=json", "--chrome-flags=--headless=new --no-sandbox"]
    done = subprocess.run(words, capture_output=True, env=os.environ | {"CHROME_PATH": chromium}, timeout=180, check=True)
    found = json.loads(done.stdout)["categories"]
    return {name: round(100 * (found[name]["score"] or 0)) for name in CATEGORIES}


def _middle(runs: list[dict[str, int]]) -> dict[str, int]:
    return {name: sorted(run[name] for run in runs)[len(runs) // 2] for name in CATEGORIES}


# ---- a demo to look at ----


@contextmanager
def _demo_site() -> Iterator[str]:
    """A fresh demo's public side, served by the process an office runs."""
    from moderation.demo.commands import make_demo

    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        data = Path(folder) / "demo"
        # Its progress must not stand in the JSON.
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            out, sys.stdout = sys.stdout, nowhere
            try:
                make_demo(data)
            finally:
                sys.stdout = out
        running = subprocess.Popen([sys.executable, "-P", "-m", "portal.server", "--data", str(data), "--port", str(port)])
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait(30)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the public process did not start")
