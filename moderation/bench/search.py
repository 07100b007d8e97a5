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
from portal.site.search import folded, text_of

BATCH = 2000
FIRST = 10
COMPARED_WHOLE = 300
"""Answers up to this long are compared hit by hit; of longer ones the first page and the count."""
ASK = """async ([base, words, first]) => {
    const search = new RecordSearch(base), start = performance.now();
    const answer = await search.find(words, {}), hits = await answer.take(first);
    return {ms: performance.now() - start, kb: search.fetched / 1024, first: hits.length, total: answer.total, exact: answer.exact};
}"""
ALL = """async ([base, words]) => (await (await new RecordSearch(base).find(words, {})).take(1e9)).map(hit => hit.id)"""


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
    from playwright.sync_api import sync_playwright

    answers, mismatches, beyond, whole = [], 0, 0, 0
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(f"{base}verify/")
        page.add_script_tag(url=f"{base}assets/search.js")
        page.evaluate(ASK, [base, "预热", FIRST])
        for words in questions:
            answer = page.evaluate(ASK, [base, words, FIRST])
            true = sum(words in text for text in texts.values())
            answers.append(answer)
            beyond += max(0, answer["total"] - true)
            whole += true <= COMPARED_WHOLE
            if true <= COMPARED_WHOLE:
                expected = sorted(identity for identity, text in texts.items() if words in text)
                mismatches += sorted(page.evaluate(ALL, [base, words])) != expected
            else:
                few = answer["first"] < min(FIRST, true)
                mismatches += few or answer["total"] < true or (answer["exact"] and answer["total"] != true)
        browser.close()
    times = sorted(answer["ms"] for answer in answers)
    return {
        "questions": len(questions),
        "first_result_p50_ms": round(statistics.median(times), 1),
        "first_result_p95_ms": round(times[int(len(times) * 0.95)], 1),
        "fetched_kb_max": round(max(answer["kb"] for answer in answers), 1),
        "mismatches": mismatches,
        "compared_whole": whole,
        "counted_beyond_truth": beyond,
        "counts_exact": sum(bool(answer["exact"]) for answer in answers),
    }
