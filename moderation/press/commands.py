"""`disclosure press`: builds the site, publishes record files, goes back. `disclosure verify-site`: checks a site."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from moderation.press.jobs import build_if_needed, last_failure
from moderation.press.paths import PressPaths
from moderation.press.publishing import publish_records
from moderation.press.releases import Release, full_build, rollback
from portal.core.errors import Refusal
from portal.core.places import DATA
from portal.core.public_record import PublicRecord
from portal.core.publication_log import BadLog, VerifyKey


def press_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=DATA, help="数据目录 / data directory")
    parser.add_argument("--if-needed", action="store_true", help="只在网页、外观或设置变了时生成 / only when sources changed")
    parser.add_argument("--rollback", action="store_true", help="退回上一版，之后的撤回和更正仍有效 / back to the release before")
    parser.add_argument("records", nargs="*", type=Path, help="记录文件（JSON）：只发布这些 / record files: publish these only")


def press(args: argparse.Namespace) -> int:
    """Without files: a full build and a switch. With files: publishes them, changed pages only."""
    paths = PressPaths(args.data)
    try:
        if args.records:
            return _publish(paths, args.records)
        if args.if_needed:
            return 0 if build_if_needed(paths) or not last_failure(paths) else 1
        built = rollback(paths) if args.rollback else full_build(paths)
    except Refusal as refusal:
        print(refusal.reason, file=sys.stderr)
        return 1
    print(_said(built, paths))
    return 0


def verify_site_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("site", help="网址或文件夹 / address or folder of the site")
    parser.add_argument("--since", type=Path, help="您以前保存的存证文件（log/checkpoint）/ a checkpoint you kept")
    parser.add_argument("--key", help="您以前记下的验证公钥 / the verify key you noted earlier")


def verify_site(args: argparse.Namespace) -> int:
    """Checks a site as anyone can: 0 when every file is explained and unchanged, 1 when not."""
    from moderation.press.followers import FOLLOWERS
    from portal.site import verify

    try:
        source = verify.AddressSource(args.site) if "://" in args.site else verify.FolderSource(Path(args.site))
        key = VerifyKey.parse(args.key) if args.key else None
        since = args.since.read_bytes() if args.since else None
        report = verify.verify_site(source, FOLLOWERS, key=key, since=since)
    except (BadLog, Refusal, OSError) as error:
        print(f"核对不通过 / not sound: {getattr(error, 'reason', error)}", file=sys.stderr)
        return 1
    print("\n".join(verify.said(report)))
    return 0 if report.sound else 1


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
