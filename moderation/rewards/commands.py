"""`disclosure reward-schedule`: checks a reward schedule before anybody adopts it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from portal.core.reward_schedule import Schedule, public_rows
from portal.core.reward_schedule_reader import FaultySchedule, read_schedule_file


def reward_schedule_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="check")
    check = acts.add_parser("check", help="逐条说明文件里的错误 / explains every fault of a file")
    check.add_argument("file", type=Path, metavar="FILE", help="奖励办法 TOML 文件 / schedule as TOML")


def reward_schedule(args: argparse.Namespace) -> int:
    """`disclosure reward-schedule check FILE`: 0 when it can be adopted, 1 with every fault explained when not."""
    try:
        schedule = read_schedule_file(args.file)
    except FaultySchedule as faulty:
        count = len(faulty.faults)
        sys.stderr.write(f"{args.file}：发现 {count} 处错误 / {count} fault{'s' if count > 1 else ''}\n\n")
        sys.stderr.write("\n".join(f"{number}. {fault}" for number, fault in enumerate(faulty.faults, start=1)) + "\n")
        return 1
    sys.stdout.write(_summary(schedule))
    return 0


def _summary(schedule: Schedule) -> str:
    rows = public_rows(schedule)
    until = schedule.valid_until.isoformat() if schedule.valid_until else "被新版本替代为止 / until replaced"
    lines = [
        f"{schedule.name}（{schedule.version}）：文件没有错误 / no faults",
        f"  有效期 / validity: {schedule.valid_from.isoformat()} – {until}",
        f"  {len(schedule.tiers)} 档、{len(rows)} 种行为 / tiers, acts",
        f"  匿名可领取 / unnamed can collect: {'是 / yes' if schedule.unnamed_may_collect else '否 / no'}",
        f"  摘要 / digest: {schedule.digest}",
    ]
    if schedule.invented:
        lines.append("  虚构，只供演示，不要采用 / invented, for demonstration only: do not adopt")
    unconfirmed = schedule.unconfirmed()
    if unconfirmed:
        lines.append(f"  未核定 {len(unconfirmed)} 项：可以提出，不能发放 / unconfirmed: can be proposed, not paid")
        lines += [f"    - {name}" for name in unconfirmed]
    return "\n".join(lines) + "\n"
