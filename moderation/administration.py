"""Commands of the person who looks after the system: init, migrate, console, staff, regions, verify-audit."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import tempfile
from pathlib import Path

from moderation import holidays, keys, settings, staff, stores
from moderation.office import Office, open_office
from moderation.unsealing import make_keys
from portal.core.audit import verify_chain
from portal.core.clock import now
from portal.core.errors import Mendable, Refusal
from portal.core.places import DATA
from portal.core.public_settings import PublicSettings
from portal.core.regions import read_regions
from portal.core.vocabulary import Role
from portal.core.workflow import SystemActor
from portal.memory_folder import USUAL_PLACE, private_memory_folder
from portal.settings import require_memory_backed

COMMAND_LINE = SystemActor("command-line")


def add_data(parser: argparse.ArgumentParser) -> None:
    """The option every command of an office has."""
    parser.add_argument("--data", type=Path, default=DATA, help="数据目录，默认 var / data directory, default var")


def say(*words: object) -> None:
    """Prints for the person at the terminal."""
    print(*words, flush=True)


def opened(args: argparse.Namespace) -> Office:
    """The office of ``--data``, at this version's head, or a clear refusal."""
    office = open_office(args.data)
    stores.require_current(office)
    return office


def init_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("--name", required=True, help="单位全称 / full name of the office")
    parser.add_argument("--regions", type=Path, required=True, help="区划表 CSV：code,name,parent,level")
    parser.add_argument("--admin", required=True, help="第一位系统管理员的登录名 / login of the first administrator")
    parser.add_argument("--admin-name", required=True, help="这位管理员的姓名 / name")


def init(args: argparse.Namespace) -> int:
    """`disclosure init`: an empty office with its stores, keys, calendar, regions and first administrator."""
    regions = args.regions.read_text(encoding="utf-8-sig")
    try:
        read_regions(regions)
    except Mendable as fault:
        say(f"区划表有错：{fault.reason}")
        return 1
    office, at = open_office(args.data), now()
    stores.migrate(office)
    make_keys(office)
    with office.office.transaction() as session:
        if session.query(staff.StaffMember).first() is not None:
            say("这个目录里已经有一个办公室，没有改动。")
            return 1
        holidays.seed(session, by=COMMAND_LINE, at=at)
        public = vars(PublicSettings(office_name=args.name, short_name=args.name, regions_csv=regions))
        settings.change_setting(session, settings.PUBLIC, public, by=COMMAND_LINE, at=at)
        unit = staff.Unit(id="office", name=args.name, kind="office")
        session.add(unit)
        session.flush()
        key = keys.symmetric_key(office.keys, "staff.key")
        enrolled = staff.enrol(
            session, login=args.admin, name=args.admin_name, unit=unit, roles=frozenset({Role.ADMINISTRATOR}), key=key,
            by=COMMAND_LINE, at=at,
        )  # fmt: skip
    settings.write_snapshot(office)
    say(f"已建好：{args.data}\n登录名 {args.admin}  初始密码 {enrolled.password}  验证器密钥 {enrolled.totp_secret}")
    say("密码卡（每个只能用一次）：", " ".join(enrolled.card_codes))
    say("以上只显示这一次。下一步：./disclosure console")
    return 0


def migrate_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)


def migrate(args: argparse.Namespace) -> int:
    """`disclosure migrate`: brings both stores to this version."""
    office = open_office(args.data)
    try:
        stores.migrate(office)
    except Refusal as refusal:
        say(refusal.reason)
        return 1
    say("两个库都已是本版本：", *(f"{store} {stores.head(store)}" for store in stores.STORES))
    return 0


def console_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument("--host", default="127.0.0.1", help="监听地址 / address to listen on")
    parser.add_argument("--port", type=int, default=8701, help="端口 / port")


def console(args: argparse.Namespace) -> int:
    """`disclosure console`: serves the staff console until told to stop.

    Scans that staff enter and originals that they open are larger than what a server holds in memory, and would wait in
    temporary files: so those lie in memory-backed storage, or the console does not start.
    """
    place = Path(os.environ.get("DISCLOSURE_CONSOLE_TMP") or USUAL_PLACE)
    try:
        require_memory_backed(place, "DISCLOSURE_CONSOLE_TMP")
    except Refusal as refusal:
        say(refusal.reason)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with private_memory_folder(place, "console-") as memory:
        tempfile.tempdir = os.environ["TMPDIR"] = str(memory)
        _serve_console(args)
    return 0


def _serve_console(args: argparse.Namespace) -> None:
    # What is loaded here lives until the end: looking through it for garbage took a tenth of the start.
    gc.disable()
    from waitress import serve

    from moderation.app import create_app
    from moderation.demo.cast import demo_cast

    office = opened(args)
    app = create_app(office, demo_cast=demo_cast(office))
    gc.enable()
    gc.freeze()
    serve(app, host=args.host, port=args.port, threads=8, ident="", clear_untrusted_proxy_headers=True)


def verify_audit_arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)


def verify_audit(args: argparse.Namespace) -> int:
    """`disclosure verify-audit`: reads both chains and says where, if anywhere, one was changed. Exit 1 if so."""
    office, broken = opened(args), False
    for store in stores.STORES:
        with getattr(office, store).reading() as session:
            report = verify_chain(session)
        if report.broken_at is None:
            say(f"{store}：{report.lines} 行，完整，链头 {report.head}")
        else:
            broken = True
            print(f"{store}：第 {report.broken_at} 行与前面接不上，此前 {report.lines} 行完整", file=sys.stderr)
    return 1 if broken else 0
