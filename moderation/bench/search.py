"""How fast and how exact the site's search is, in a real browser, on invented records, against a plain look through every text."""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from moderation.bench.press import invented
from moderation.check.browser import find_browser
from moderation.press.paths import PressPaths
from moderation.press.publishing import Press
from moderation.press.releases import full_build
from moderation.press.searching import compact_search
from portal.site.search_text import folded, text_of

BATCH = 2000
FIRST = 10
ASK = """async ([base, words, first]) => {
    const search = new RecordSearch(base), start = performance.now();
    const answer = await search.find(words, {}), hits = await answer.take(first);
    return {ms: performance.now() - start, kb: search.fetched / 1024, first: hits.length, total: answer.total, exact: answer.exact};
}"""
OPEN = """base => { window.whole = new RecordSearch(base); window.whole.keep = Infinity; }"""
ALL = """async words => {
    const answer = await window.whole.find(words, {}), ids = [];
    for (;;) {
        const part = await answer.take(500);
        ids.push(...part.map(hit => hit.id));
        if (part.length < 500) { return ids.join(" "); }
    }
}"""


def search_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", type=int, default=10_000, help="记录数 / records, default 10,000")
    parser.add_argument("--questions", type=int, default=200, help="问题数 / questions, default 200")


def search(args: argparse.Namespace) -> dict[str, object]:
    """Builds the site, asks in Chromium, compares every answer with the truth."""
    with tempfile.TemporaryDirectory() as folder:
        paths = PressPaths(Path(folder))
        figures = _make_site(paths, args.records)
        texts = {record.id: text_of(record) for record in map(invented, range(args.records))}
        questions = list(_questions(list(texts.values()), args.questions))
        with _served(paths) as base:
            return figures | _asked(base, questions, texts)


def _make_site(paths: PressPaths, records: int) -> dict[str, Any]:
    paths.make()
    press = Press(paths)
    for start in range(0, records, BATCH):
        press.publish([invented(number) for number in range(start, min(records, start + BATCH))])
    full_build(paths, press=press)
    before = time.process_time()
    compact_search(press)
    spent = time.process_time() - before
    live = paths.live()
    size = sum(path.stat().st_size for path in (live / "search").rglob("*") if path.is_file()) if live else 0
    return {"records": records, "index_cpu_s": round(spent, 2), "index_mb": round(size / 1e6, 1)}


def _questions(texts: list[str], count: int) -> Iterator[str]:
    """Words of two to ten letters out of the texts, numbers among them, and a few that stand nowhere."""
    chance = random.Random(11)
    while count:
        line = chance.choice(chance.choice(texts).split("\n"))
        length = chance.randrange(2, 11)
        start = chance.randrange(max(1, len(line) - length))
        words = folded(line[start : start + length])
        if len(words.replace(" ", "")) >= 2:
            count -= 1
            yield words if count % 20 else words[::-1] + "鿋"


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Else each small answer waits 40 ms for the acknowledgement of its own head.
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *args: object) -> None:
        """Says nothing."""


class _served:
    """The live site on a free port of this machine while the block runs."""

    def __init__(self, paths: PressPaths) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(paths.current)))

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}/"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def _asked(base: str, questions: list[str], texts: dict[str, str]) -> dict[str, Any]:
    """First every question for itself, nothing kept from the one before; then every answer whole, hit by hit."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(0)
        page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        page.goto(f"{base}verify/")
        page.add_script_tag(url=f"{base}assets/search.js")
        page.evaluate(ASK, [base, "预热", FIRST])
        answers = [page.evaluate(ASK, [base, words, FIRST]) for words in questions]
        page.evaluate(OPEN, base)
        found = [page.evaluate(ALL, words).split() for words in questions]
        browser.close()
    true = [sorted(identity for identity, text in texts.items() if words in text) for words in questions]
    return _times(answers) | _truth(answers, found, true)


def _times(answers: list[dict[str, Any]]) -> dict[str, Any]:
    times = sorted(answer["ms"] for answer in answers)
    return {
        "questions": len(answers),
        "first_result_p50_ms": round(statistics.median(times), 1),
        "first_result_p95_ms": round(times[int(len(times) * 0.95)], 1),
        "fetched_kb_max": round(max(answer["kb"] for answer in answers), 1),
    }


def _truth(answers: list[dict[str, Any]], found: list[list[str]], true: list[list[str]]) -> dict[str, Any]:
    """``mismatches``: answers that are not, hit by hit, what a look through every text finds, or whose count is wrong."""
    wrong = 0
    for answer, hits, wanted in zip(answers, found, true, strict=True):
        first_page = answer["first"] == min(FIRST, len(wanted))
        count = answer["total"] == len(wanted) if answer["exact"] else answer["total"] >= len(wanted)
        wrong += sorted(hits) != wanted or not first_page or not count
    return {
        "mismatches": wrong,
        "compared_whole": len(true),
        "hits_compared": sum(map(len, true)),
        "counted_beyond_truth": sum(max(0, answer["total"] - len(wanted)) for answer, wanted in zip(answers, true, strict=True)),
        "counts_exact": sum(bool(answer["exact"]) for answer in answers),
    }
