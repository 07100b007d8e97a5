"""`bench console`: a list of 500 rows in a real browser holds no frame that is felt. Timed, so only in the long check."""

from __future__ import annotations

import argparse

import pytest

from moderation.bench.console import FELT_MS, console, console_arguments

# A busy machine stretches single frames; the promise itself is measured alone, by `disclosure bench console`.
BUSY = 4


@pytest.mark.long
@pytest.mark.browser
def test_a_list_of_500_rows_is_scrolled_and_walked_without_long_work() -> None:
    parser = argparse.ArgumentParser()
    console_arguments(parser)

    figures = console(parser.parse_args(["--presses", "30"]))

    assert figures["rows"] == 500
    assert figures["page_kb"] < 200  # type: ignore[operator]
    for use in ("appending", "scrolling", "keys", "keymap"):
        assert figures[use]["longest_task_ms"] < FELT_MS * BUSY, figures  # type: ignore[index]
