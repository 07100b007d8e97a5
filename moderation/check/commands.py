"""`disclosure check`: every check a change must pass, and one summary. For developers and CI; no office needs it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from moderation.check.parts import PROGRAMS, Outcome, in_ci, run_browser_search, run_program, run_tests

PARTS = (*PROGRAMS, "browser", "tests")
LINE = "─" * 72


def check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--long", action="store_true", help="随机与故障测试重复几百次，最多六小时 / hundreds of times, 6 h at most")
    parser.add_argument("--only", choices=PARTS, action="append", help="只运行这一项 / only this part; may be repeated")


def in_turn(names: list[str], long: bool) -> list[Outcome]:
    """Runs parts one after another and says so as each ends."""
    runners: dict[str, Callable[[], Outcome]] = {"browser": run_browser_search, "tests": lambda: run_tests(long=long)}
    outcomes = []
    for name in names:
        outcome = runners[name]() if name in runners else run_program(name)
        if not outcome.passed and outcome.output:
            print(f"\n{LINE}\n{name}\n{LINE}\n{outcome.output}", flush=True)
        print(f"  {mark(outcome)} {name} ({outcome.seconds:.1f} s)", flush=True)
        outcomes.append(outcome)
    return outcomes


def mark(outcome: Outcome) -> str:
    """✓ passed; ! passed, but something in it did not run; ✗ failed."""
    if not outcome.passed:
        return "✗"
    return "!" if outcome.not_run else "✓"


def run_parts(chosen: list[str], long: bool) -> list[Outcome]:
    """mypy beside the other quick parts, then the tests alone: some of them measure time."""
    lanes = [[name for name in chosen if name in lane] for lane in (("mypy",), ("ruff", "contracts", "browser"))]
    with ThreadPoolExecutor(max_workers=len(lanes)) as pool:
        outcomes = [outcome for lane in pool.map(lambda names: in_turn(names, long), lanes) for outcome in lane]
    return outcomes + in_turn([name for name in chosen if name == "tests"], long)


def summary(outcomes: list[Outcome], left_out: list[str]) -> str:
    """The last page: each part, what did not run, and a closing line that machines can count."""
    lines = [LINE, "检查结果 / summary", LINE]
    lines += [f"  {mark(one)} {one.name:<12}{one.seconds:7.1f} s" for one in outcomes]
    not_run = [words for one in outcomes for words in one.not_run]
    not_run += [f"没有要求运行 / not asked for: {name}" for name in left_out]
    if not_run:
        lines += ["", "！！以下没有运行 / DID NOT RUN"] + [f"  ! {words}" for words in not_run]
    failed = [one.name for one in outcomes if not one.passed]
    good = "运行了的都通过了 / all that ran passed" if not_run else "全部通过 / all parts passed"
    lines += ["", f"没有通过 / FAILED: {', '.join(failed)}" if failed else good]
    for one in outcomes:
        if one.counts:
            numbers = (f"{one.counts.get(word, 0)} {word}" for word in ("passed", "failed", "skipped"))
            lines.append(", ".join(numbers))
    return "\n".join(lines)


def check(args: argparse.Namespace) -> int:
    """0 only when every part that was asked for passed."""
    if args.long:
        os.environ["DISCLOSURE_CHECK_LONG"] = "1"
    chosen = [name for name in PARTS if not args.only or name in args.only]
    print(f"正在检查 / checking: {', '.join(chosen)}{' (CI)' if in_ci() else ''}", flush=True)
    outcomes = run_parts(chosen, args.long)
    print(summary(outcomes, [name for name in PARTS if name not in chosen]))
    sys.stdout.flush()
    return 0 if all(one.passed for one in outcomes) else 1
