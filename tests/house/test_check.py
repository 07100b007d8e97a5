"""`disclosure check` itself: what it counts, what it says did not run, and that it ends."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from moderation.check.commands import summary
from moderation.check.parts import Outcome, count_tests, end, folder_for_tests, pass_on, run_browser_search, skipped_tests


def test_the_check_counts_what_pytest_says() -> None:
    said = "..F\n1 passed in my own words\n3 failed, 20 passed, 2 skipped, 4 deselected, 1 error in 3.21s\n"
    assert count_tests(said) == {"failed": 4, "passed": 20, "skipped": 2, "deselected": 4}
    assert count_tests("no tests ran in 0.01s\n") == {}


def test_the_check_says_why_tests_were_skipped() -> None:
    said = "SKIPPED [2] tests/a.py:3: no Chromium: none\nSKIPPED [1] tests/b.py:9: no Chromium: none\n"
    assert skipped_tests(said) == ("3 项测试跳过 / tests skipped: no Chromium: none",)


def test_the_summary_names_what_failed_and_what_did_not_run_and_ends_with_the_count() -> None:
    page = summary([Outcome("mypy", False, 1.0), Outcome("tests", True, 2.0, "", ("3 skipped: why",), {"passed": 5})], ["ruff"])
    assert "FAILED: mypy" in page
    assert "3 skipped: why" in page
    assert "not asked for: ruff" in page
    assert page.splitlines()[-1] == "5 passed, 0 failed, 0 skipped"


@pytest.mark.parametrize(("ci", "passes"), [("", True), ("true", False)])
def test_a_missing_browser_is_said_loudly_and_fails_only_in_ci(ci: str, passes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCLOSURE_BROWSER", "/nowhere/chromium")
    monkeypatch.setenv("CI", ci)
    outcome = run_browser_search()
    assert outcome.passed is passes
    assert "浏览器测试没有运行" in outcome.not_run[0]


def test_the_check_ends_with_the_tests_even_if_a_process_they_started_lives_on(capsys: pytest.CaptureFixture[str]) -> None:
    stray = (
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print('1 passed in 1s')"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", stray],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    began = time.monotonic()
    try:
        assert "1 passed" in pass_on(running)
        running.wait()
    finally:
        end(running)
        assert running.stdout is not None
        running.stdout.close()
    assert time.monotonic() - began < 30
    assert "1 passed" in capsys.readouterr().out


def test_temporary_files_are_kept_in_memory_where_there_is_room_and_go_with_the_run(tmp_path: Path) -> None:
    with folder_for_tests(tmp_path, wanted=1) as environment:
        folder = Path(environment["TMPDIR"])
        assert folder.parent == tmp_path
        (folder / "office").mkdir()
    assert list(tmp_path.iterdir()) == []


def test_without_room_in_memory_the_tests_use_the_systems_own_folder(tmp_path: Path) -> None:
    for memory, wanted in ((tmp_path, 1 << 60), (tmp_path / "missing", 1)):
        with folder_for_tests(memory, wanted) as environment:
            assert environment == {}
