"""The parts of the check and how one is run. What they look for is configured in pyproject.toml, not here."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from moderation.check.browser import DEBIAN_BROWSER, has_chinese_font, obtain_browser

ROOT = Path(__file__).resolve().parents[2]
# Far above what a healthy run takes; a test that hangs must not hang the check.
TESTS_MAY_TAKE_S = 40 * 60
LONG_TESTS_MAY_TAKE_S = 6 * 3600
# A file stays on one worker, and files go out in the order the tests chose: see tests/effort.py.
TWO_WORKERS = ("-n", "2", "--dist", "loadscope", "--no-loadscope-reorder")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|deselected|xfailed|xpassed)\b")
SKIPPED = re.compile(r"^SKIPPED \[(\d+)\] (?:\S+?:\d+: )?(.*)$", re.MULTILINE)

MEMORY = Path("/dev/shm")
MEMORY_WANTED = 6 << 30
"""Bytes that must be free there: the offices of a whole run, a few at a time, beside browsers and databases."""

PROGRAMS: dict[str, list[str]] = {
    "ruff": ["-m", "ruff", "check", "--output-format", "concise", "."],
    "mypy": ["-m", "mypy", "--strict"],
    "contracts": ["-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache", "--no-logo"],
}


@dataclass(frozen=True)
class Outcome:
    """How one part went. ``not_run`` says, in sentences, what this run could not show."""

    name: str
    passed: bool
    seconds: float
    output: str = ""
    not_run: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"}


def run_program(name: str) -> Outcome:
    """One of ``PROGRAMS``, in this interpreter's environment."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *PROGRAMS[name]],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return Outcome(name, done.returncode == 0, time.monotonic() - began, done.stdout)


def run_browser_search() -> Outcome:
    """A missing browser fails the check in CI; elsewhere it is said loudly."""
    began = time.monotonic()
    path, log = obtain_browser()
    missing: list[str] = []
    if path is None:
        missing.append("没有 Chromium，浏览器测试没有运行 / no Chromium: the browser tests did not run")
        missing.append(f"Debian: apt-get install {' '.join(DEBIAN_BROWSER)}")
        missing += [f"试过 / tried: {words}" for words in log]
    elif not has_chinese_font():
        missing.append("没有中文字体，截图会是方框 / no Chinese font: pictures of pages show boxes")
    passed = path is not None or not in_ci()
    return Outcome("browser", passed, time.monotonic() - began, "\n".join(log), tuple(missing))


def count_tests(output: str) -> dict[str, int]:
    """The numbers of pytest's closing line; errors count as failures. Empty when there is no such line."""
    closing = [line for line in output.splitlines() if COUNT.search(line) and " in " in line][-1:]
    counts: dict[str, int] = {}
    for number, word in COUNT.findall(closing[0]) if closing else ():
        key = "failed" if word.startswith("error") else word
        counts[key] = counts.get(key, 0) + int(number)
    return counts


def skipped_tests(output: str) -> tuple[str, ...]:
    """Each reason for which tests were skipped, with how many."""
    reasons: dict[str, int] = {}
    for number, why in SKIPPED.findall(output):
        reasons[why] = reasons.get(why, 0) + int(number)
    return tuple(f"{number} 项测试跳过 / tests skipped: {why}" for why, number in sorted(reasons.items()))


def pass_on(running: subprocess.Popen[bytes]) -> str:
    """Copies what ``running`` says to our own output as it comes; ends with it, even if a stray child keeps the pipe."""
    assert running.stdout is not None
    said = bytearray()
    while True:
        ready, _, _ = select.select([running.stdout], [], [], 1.0)
        if ready:
            piece = os.read(running.stdout.fileno(), 65536)
            if not piece:
                break
            said += piece
            sys.stdout.write(piece.decode("utf-8", "replace"))
            sys.stdout.flush()
        elif running.poll() is not None:
            break
    return said.decode("utf-8", "replace")


def end(running: subprocess.Popen[bytes]) -> None:
    """Ends a test run with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)


@contextlib.contextmanager
def folder_for_tests(memory: Path = MEMORY, wanted: int = MEMORY_WANTED) -> Iterator[dict[str, str]]:
    """What the tests' environment says of temporary files: a folder in memory where there is room for it, else nothing.

    Thousands of small offices are made and thrown away; in memory that takes a tenth of the whole run less.
    """
    if not _has_room(memory, wanted):
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="check-", dir=memory, ignore_cleanup_errors=True) as folder:
        yield {"TMPDIR": folder}


def _has_room(memory: Path, wanted: int) -> bool:
    """Room for files there and memory behind them, and programs may run from it."""
    try:
        about = os.statvfs(memory)
        free = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    except OSError:
        return False
    runs = not about.f_flag & os.ST_NOEXEC
    return runs and about.f_bavail * about.f_frsize >= wanted and free is not None and int(free.group(1)) << 10 >= wanted


def run_tests(*, long: bool) -> Outcome:
    """All tests on two workers, their progress passed on as it comes. ``long`` repeats the random and fault tests."""
    with folder_for_tests() as temporary:
        return _run_tests(long=long, environment=os.environ | temporary)


def _run_tests(*, long: bool, environment: dict[str, str]) -> Outcome:
    began = time.monotonic()
    running = subprocess.Popen(
        [sys.executable, "-m", "pytest", *TWO_WORKERS, "-rfEs", "--durations", "8"],
        cwd=ROOT,
        env=environment | ({"DISCLOSURE_CHECK_LONG": "1"} if long else {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    ceiling = threading.Timer(LONG_TESTS_MAY_TAKE_S if long else TESTS_MAY_TAKE_S, end, [running])
    ceiling.start()
    try:
        output = pass_on(running)
        code = running.wait()
    finally:
        ceiling.cancel()
        end(running)
    counts = count_tests(output)
    not_run = skipped_tests(output)
    if counts.get("deselected"):
        not_run += (f"{counts['deselected']} 项长测试，只在 check --long 中运行 / long tests run only with --long",)
    if code < 0:
        not_run += ("测试超时，已停止 / the tests took too long and were stopped",)
    passed = code == 0 and counts.get("passed", 0) > 0
    return Outcome("tests", passed, time.monotonic() - began, "", not_run, counts)
