"""`disclosure press`: builds the site, publishes record files, goes back. `disclosure verify-site`: checks a site."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from moderation.press.paths import PressPaths
from moderation.press.publishing import publish_records
from moderation.press.releases import Release, full_build, rollback
from portal.core.errors import Refusal
from portal.core.places import DATA
from portal.core.public_record import PublicRecord


def press_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=DATA, help="数据目录 / data directory")
    parser.add_argument("--rollback", action="store_true", help="退回上一版，之后的撤回和更正仍有效 / back to the release before")
    parser.add_argument("records", nargs="*", type=Path, help="记录文件（JSON）：只发布这些 / record files: publish these only")


def press(args: argparse.Namespace) -> int:
    """Without files: a full build and a switch. With files: publishes them, changed pages only."""
    paths = PressPaths(args.data)
    try:
        if args.records:
            return _publish(paths, args.records)
        built = rollback(paths) if args.rollback else full_build(paths)
    except Refusal as refusal:
        print(refusal.reason, file=sys.stderr)
        return 1
    print(_said(built, paths))
    return 0


def _publish(paths: PressPaths, files: list[Path]) -> int:
    result = publish_records(paths, [PublicRecord.from_json(path.read_bytes()) for path in files])
    for record_id, index in result.indices.items():
        print(f"{record_id}  存证第 {index + 1} 号")
    if not result.site:
        print("网站还没有生成过：运行 ./disclosure press")
    return 0


def _said(built: Release, paths: PressPaths) -> str:
    replayed = f"，其中 {built.replayed} 条为生成期间的改动" if built.replayed else ""
    return f"第 {int(built.number)} 版已上线：{built.records} 条记录{replayed}，存证 {built.size} 条。\n{paths.current}"
