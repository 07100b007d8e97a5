"""The lives of a case, an investigation and an exposed case, as tables of steps. Every step names its clause."""

from __future__ import annotations

from typing import Any

from moderation.accountability.words import CaseState, ExposureState, InvestigationState
from portal.core.vocabulary import Role
from portal.core.workflow import Actor, Machine, Step

OFFICER = frozenset({Role.ACCOUNTABILITY_OFFICER})
DECIDERS = frozenset({Role.ACCOUNTABILITY_OFFICER, Role.DISCIPLINE_OFFICER, Role.LEADER})
CONFIRMERS = frozenset({Role.DISCIPLINE_OFFICER, Role.LEADER})


def _gap(record: Any, _by: Actor) -> str | None:
    """The record itself knows what is still open; the first gap is the reason shown."""
    gaps: tuple[str, ...] = record.gaps
    return gaps[0] if gaps else None


def _other_hand(record: Any, by: Actor) -> str | None:
    if record.recorded_by == by.id:
        return "登记决定的人不能自己确认，请另一位同事核对"
    return _gap(record, by)


CASE = Machine(
    "accountability_case",
    "问责案件",
    (
        Step(CaseState.CHECKING, "finish_checks", CaseState.CHECKED, "一案四查通知 一至四", OFFICER, guard="nothing_open"),
        Step(CaseState.CHECKED, "reopen_checks", CaseState.CHECKING, "一案四查通知 五", OFFICER, text="重新核查的原因"),
        Step(CaseState.CHECKED, "confirm_decision", CaseState.DECIDED, "责任追究办法 第五条", CONFIRMERS, guard="other_hand"),
        Step(CaseState.DECIDED, "report_execution", CaseState.EXECUTED, "责任追究办法 第十二条", DECIDERS, text="落实情况"),
        Step(
            CaseState.EXECUTED, "close", CaseState.CLOSED, "责任追究办法 第十二条；丽水方案 七（二）", OFFICER, guard="nothing_open"
        ),
        *(
            Step(state, "reopen", CaseState.CHECKING, "一案四查通知 六（一）", OFFICER, text="重新启动的原因")
            for state in (CaseState.DECIDED, CaseState.EXECUTED, CaseState.CLOSED)
        ),
    ),
    {"nothing_open": _gap, "other_hand": _other_hand},
)

_FIND = "昌吉办法 第九条"
INVESTIGATION = Machine(
    "investigation",
    "问责调查",
    (
        Step(
            InvestigationState.STARTED,
            "approve_team",
            InvestigationState.TEAM_APPROVED,
            "昌吉办法 第八条",
            DECIDERS,
            guard="complete",
        ),
        Step(InvestigationState.TEAM_APPROVED, "conclude", InvestigationState.FOUND, _FIND, OFFICER, guard="complete"),
        Step(
            InvestigationState.FOUND, "submit_report", InvestigationState.REPORTED, "昌吉办法 第十一条", OFFICER, guard="complete"
        ),
        Step(
            InvestigationState.REPORTED,
            "return_report",
            InvestigationState.TEAM_APPROVED,
            "昌吉办法 第十一条",
            CONFIRMERS,
            text="退回原因",
        ),
        Step(
            InvestigationState.REPORTED,
            "approve_report",
            InvestigationState.APPROVED,
            "昌吉办法 第十一条",
            CONFIRMERS,
            guard="complete",
        ),
        Step(
            InvestigationState.APPROVED,
            "note_publication",
            InvestigationState.PUBLISHED,
            "昌吉办法 第十一条",
            DECIDERS,
            by_system=True,
        ),
        Step(
            InvestigationState.PUBLISHED,
            "close_follow_up",
            InvestigationState.FOLLOWED,
            "昌吉办法 第十一条",
            DECIDERS,
            text="处理落实情况",
        ),
    ),
    {"complete": _gap},
)

_DRAWN = frozenset({Role.ACCOUNTABILITY_OFFICER, Role.DRAFTER})
EXPOSURE = Machine(
    "exposed_case",
    "曝光案例",
    (
        Step(ExposureState.DRAFT, "make_ready", ExposureState.READY, "环境保护法 第五十四条", _DRAWN, guard="complete"),
        Step(ExposureState.READY, "rework", ExposureState.DRAFT, "内部规程", _DRAWN, text="退回修改的原因"),
        Step(ExposureState.READY, "note_publication", ExposureState.PUBLISHED, "环境保护法 第五十四条", _DRAWN, by_system=True),
        Step(
            ExposureState.PUBLISHED,
            "take_down",
            ExposureState.WITHDRAWN,
            "行政处罚法 第四十八条",
            _DRAWN,
            by_system=True,
            text="撤下的原因",
        ),
        Step(
            ExposureState.READY,
            "take_down",
            ExposureState.WITHDRAWN,
            "行政处罚法 第四十八条",
            _DRAWN,
            by_system=True,
            text="撤下的原因",
        ),
    ),
    {"complete": _gap},
)
