"""A ledger to work with: units, people, and a plan of three tasks read from a text of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from moderation.office import Office
from moderation.rectification import importing, keeping
from moderation.rectification.importing import PlanHead
from moderation.rectification.plan_reader import read_plan
from moderation.rectification.progress import ReportDraft, file_report
from moderation.rectification.tasks import RectificationTask
from moderation.rectification.words import EvidenceKind
from moderation.staff import SignedIn, Unit
from portal.core.vocabulary import Role
from tests.conftest import NOON

TEXT = """云岭县整改方案
2026年9月1日

1.白石河有直排口。
整改目标：12月底前封堵直排口10个。
整改措施：（1）排查直排口。（2）封堵直排口10个。
责任领导：甲一山
牵头单位：县水利局
责任单位：白石镇人民政府
责任人：局长
整改时限：2026年12月底前
2.渣土车不密闭。
整改目标：密闭运输。
整改措施：（1）每周不少于2次路检。
责任领导：乙二水
牵头单位：县城市管理局
责任单位：县公安局
责任人：局长
整改时限：立即整改，长期坚持
3.台账不全。
整改目标：补齐。
整改措施：补齐台账。
责任领导：乙二水
牵头单位：县生态环境局
责任单位：县水利局
责任人：局长
整改时限：2026年10月前
"""
UNITS = {
    "water": "县水利局",
    "urban": "县城市管理局",
    "bureau": "县生态环境局",
    "baishi": "白石镇人民政府",
    "police": "县公安局",
    "office": "整改办",
}


def person(name: str, unit: str, *roles: Role) -> SignedIn:
    return SignedIn(name, name, frozenset(roles), unit, UNITS[unit])


class Cast:
    """Who acts: the unit that works, the unit that checks, the ledger keeper, the leader, a patrol, somebody without a role."""

    worker: SignedIn = person("水利经办", "water", Role.UNIT_OFFICER)
    stranger: SignedIn = person("公安经办", "police", Role.UNIT_OFFICER)
    checker: SignedIn = person("环境经办", "bureau", Role.UNIT_OFFICER)
    keeper: SignedIn = person("台账员", "office", Role.RECTIFICATION_OFFICER)
    leader: SignedIn = person("领导", "office", Role.LEADER)
    patrol: SignedIn = person("巡查", "office", Role.PATROL_COORDINATOR)
    nobody: SignedIn = person("周", "office", Role.DRAFTER)


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def session(empty_office: Office) -> Iterator[Session]:
    """An open transaction on an office that knows the units."""
    with empty_office.office.transaction() as session:
        session.add_all(Unit(id=key, name=name, kind="department") for key, name in UNITS.items())
        session.flush()
        yield session


HEAD = PlanHead(code="yl-2026", title="云岭县整改方案", document_number="云政〔2026〕1号")


@pytest.fixture
def task(session: Session, cast: Cast) -> RectificationTask:
    """The first task of the plan: a date, a lead unit, two measures."""
    importing.apply(session, read_plan(TEXT), HEAD, by=cast.keeper, at=NOON)
    return session.get_one(RectificationTask, "yl-2026-001")


@pytest.fixture
def make_ready(session: Session, cast: Cast) -> Callable[[RectificationTask], None]:
    """Brings a task to where 销号 may be requested: work reported, evidence there."""

    def ready(task: RectificationTask, at: datetime = NOON) -> None:
        draft = ReportDraft(month="2026-11", text="全部完成", measures={m.place: 100 for m in task.measures}, percent=100)
        file_report(session, task, draft, by=cast.keeper, at=at)
        keeping.add_evidence(
            session, task, kind=EvidenceKind.AFTER, caption="封堵后", file="f" * 64, file_name="后.jpg", by=cast.keeper, at=at
        )

    return ready


def later(days: int) -> datetime:
    """Noon, so many days after the day the tests stand on."""
    return NOON + timedelta(days=days)
