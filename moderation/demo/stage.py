"""The invented county of the demo: regions, units and a cast of staff, one for each role. Nothing here is real."""

from __future__ import annotations

import importlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from moderation import holidays, staff
from moderation.console.desk import CastMember
from moderation.keys import symmetric_key
from moderation.office import Office
from moderation.settings import PUBLIC, change_setting, write_snapshot
from moderation.staff import SignedIn, Unit
from moderation.unsealing import make_keys
from portal.core.public_settings import PublicSettings
from portal.core.vocabulary import Role
from portal.core.workflow import SystemActor

SYSTEM = SystemActor("demo")

# Codes beginning with 99 belong to no real place.
REGIONS = """code,name,parent,level
990000,云山省,,省
990100,云州市,990000,市
990121,云岭县,990100,县
990121100,青石镇,990121,乡
990121101,柳溪镇,990121,乡
990121102,云门镇,990121,乡
990121200,白鹭乡,990121,乡
990121201,松坪乡,990121,乡
990121001,北渠街道,990121,乡
"""

# id, name, region, kind, parent, has accounts
UNITS: tuple[tuple[str, str, str, str, str | None, bool], ...] = (
    ("city-bureau", "云州市生态环境局", "990100", "city", None, True),
    ("office", "云岭县生态环境保护督察整改工作领导小组办公室", "990121", "office", "city-bureau", True),
    ("bureau", "县生态环境局", "990121", "department", "office", True),
    ("housing", "县住房城乡建设局", "990121", "department", "office", True),
    ("urban", "县城市管理局", "990121", "department", "office", True),
    ("farming", "县农业农村局", "990121", "department", "office", True),
    ("water", "县水利局", "990121", "department", "office", True),
    ("land", "县自然资源局", "990121", "department", "office", True),
    ("industry", "县科技和工业信息化局", "990121", "department", "office", True),
    ("publicity", "县委宣传部", "990121", "department", "office", True),
    ("discipline", "县纪委监委", "990121", "department", None, True),
    ("finance", "县财政局", "990121", "department", "office", True),
    ("qingshi", "青石镇人民政府", "990121100", "township", "office", True),
    ("liuxi", "柳溪镇人民政府", "990121101", "township", "office", True),
    ("yunmen", "云门镇人民政府", "990121102", "township", "office", True),
    ("bailu", "白鹭乡人民政府", "990121200", "township", "office", False),
    ("songping", "松坪乡人民政府", "990121201", "township", "office", False),
    ("beiqu", "北渠街道办事处", "990121001", "township", "office", True),
)

# login, name, unit, roles
CAST: tuple[tuple[str, str, str, tuple[Role, ...]], ...] = (
    ("shenhe", "沈青禾", "office", (Role.SCREENER,)),
    ("shenhe2", "方知微", "office", (Role.SCREENER,)),
    ("zuyuan", "陆远山", "office", (Role.GROUP_MEMBER,)),
    ("zuzhang", "周行简", "office", (Role.GROUP_LEAD,)),
    ("chengguan", "许一鸣", "urban", (Role.UNIT_OFFICER,)),
    ("zhujian", "宋时雨", "housing", (Role.UNIT_OFFICER,)),
    ("huanbao", "江若川", "bureau", (Role.UNIT_OFFICER,)),
    ("nongye", "谷有田", "farming", (Role.UNIT_OFFICER,)),
    ("shuili", "沈江河", "water", (Role.UNIT_OFFICER,)),
    ("ziran", "石岩", "land", (Role.UNIT_OFFICER,)),
    ("qingshi", "穆小满", "qingshi", (Role.UNIT_OFFICER,)),
    ("shiju", "林望城", "city-bureau", (Role.UNIT_OFFICER,)),
    ("duban", "严正清", "discipline", (Role.SUPERVISION_INSPECTOR,)),
    ("xuncha", "郑巡舟", "office", (Role.PATROL_COORDINATOR,)),
    ("zhenggai", "梁渐成", "office", (Role.RECTIFICATION_OFFICER,)),
    ("wenze", "韩明则", "discipline", (Role.ACCOUNTABILITY_OFFICER,)),
    ("jijian", "柏守正", "discipline", (Role.DISCIPLINE_OFFICER,)),
    ("baoguan", "秦守拙", "office", (Role.CUSTODIAN,)),
    ("jiangli", "何知秋", "bureau", (Role.REWARD_PROPOSER,)),
    ("shenpi", "温如玉", "bureau", (Role.REWARD_APPROVER,)),
    ("duifu", "钱广进", "finance", (Role.PAYER,)),
    ("nigao", "李拟章", "publicity", (Role.DRAFTER,)),
    ("shengao1", "赵初核", "publicity", (Role.REVIEWER,)),
    ("shengao2", "吴复核", "office", (Role.REVIEWER,)),
    ("qianfa", "钱定稿", "publicity", (Role.SIGNATORY,)),
    ("fabu", "孙发布", "publicity", (Role.PUBLISHER,)),
    ("lingdao", "高望远", "office", (Role.LEADER,)),
    ("shenji", "安审言", "finance", (Role.AUDITOR,)),
    ("guanli", "邓维护", "office", (Role.ADMINISTRATOR,)),
    ("guanli2", "冯复核", "office", (Role.ADMINISTRATOR,)),
)

# Each capability owns its demo records: modules with ``load(stage)``, called in this order, each step shown as progress.
FIXTURES: tuple[str, ...] = (
    "moderation.demo.casework",
    "moderation.demo.intake",
    "moderation.demo.county_map",
    "moderation.demo.rectification",
    "moderation.demo.supervision",
    "moderation.demo.accountability",
    "moderation.demo.rewards",
    "moderation.demo.publication",
)


@dataclass(frozen=True)
class Stage:
    """What a fixture works with. ``cast``: login → who is at the desk. ``at``: the demo's present moment."""

    office: Office
    at: datetime
    cast: dict[str, SignedIn]


Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done, steps in all."""


def _public_settings() -> PublicSettings:
    return PublicSettings(
        office_name="云岭县生态环境督察公开",
        short_name="云岭县",
        host_unit="云岭县人民政府（演示）",
        undertaking_unit="县生态环境保护督察整改工作领导小组办公室（演示）",
        site_code="0000000000",
        hotline="0000-12369（演示号码）",
        hotline_hours="每天 8:00–20:00",
        postal_address="云岭县第 12 号信箱（演示）",
        discipline_channel="县纪委监委信访室，0000-12388（演示号码）",
        emergency_channel="有人受伤、着火或有毒气体泄漏，请先打 119、110 或 120",
        regions_csv=REGIONS,
        demo=True,
    )


def _people(office: Office, at: datetime) -> dict[str, SignedIn]:
    key = symmetric_key(office.keys, "staff.key")
    password = f"{secrets.token_hex(3)}-{secrets.token_hex(3)}"
    cast: dict[str, SignedIn] = {}
    book, members = [], []
    with office.office.transaction() as session:
        units = {unit_id: Unit(id=unit_id, name=name, region_code=region, kind=kind, parent_id=parent, has_accounts=accounts)
                 for unit_id, name, region, kind, parent, accounts in UNITS}  # fmt: skip
        session.add_all(units.values())
        session.flush()
        # One hash for all: 30 different ones would cost the demo two seconds, and they share one password anyway.
        shared = staff.hash_password(password)
        for login, name, unit_id, roles in CAST:
            enrolled = staff.enrol(session, login=login, name=name, unit=units[unit_id], roles=frozenset(roles), key=key,
                                   by=SYSTEM, at=at, password_hash=shared)  # fmt: skip
            member, unit = enrolled.member, units[unit_id]
            cast[login] = SignedIn(member.id, name, member.roles, unit.id, unit.name)
            titles = "、".join(role.zh for role in roles)
            members.append(CastMember(member.id, name, titles, unit.name, secrets.token_urlsafe(18)))
            book.append({"login": login, "name": name, "roles": titles, "unit": unit.name, "password": password,
                         "totp_secret": enrolled.totp_secret, "card_codes": enrolled.card_codes})  # fmt: skip
    keep_private(office.data / "demo" / "sign-in.json", json.dumps(book, ensure_ascii=False, indent=1))
    keep_private(office.data / "demo" / "cast.json", json.dumps([vars(m) for m in members], ensure_ascii=False))
    return cast


def keep_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _silent(what: str, done: int, total: int) -> None:
    """No progress is shown."""


def set_stage(office: Office, at: datetime, progress: Progress | None = None, *, fixtures: tuple[str, ...] | None = None) -> Stage:
    """Fills an empty migrated office with the invented county and every capability's demo records.

    ``fixtures``: whose records (default: all of them); none leaves an office that opened this morning.
    """
    fixtures = FIXTURES if fixtures is None else fixtures
    total = len(fixtures) + 2
    progress = progress or _silent
    progress("云岭县：区划、单位、日历", 0, total)
    with office.office.transaction() as session:
        holidays.seed(session, by=SYSTEM, at=at)
        change_setting(session, PUBLIC, vars(_public_settings()), by=SYSTEM, at=at, source="演示，虚构", confirmed=True)
    make_keys(office)
    progress("工作人员", 1, total)
    stage = Stage(office, at, _people(office, at))
    for done, name in enumerate(fixtures, 2):
        module = importlib.import_module(name)
        progress(module.TITLE, done, total)
        module.load(stage)
    write_snapshot(office)
    progress("完成", total, total)
    return stage
