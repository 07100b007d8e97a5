"""How a task lives (整改任务, machine C): start, check, notice, 销号, 回头看, then stable or relapsed. A table of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.rectification.words import TaskState
from portal.core.vocabulary import Role
from portal.core.workflow import Actor, Machine, Step, SystemActor

if TYPE_CHECKING:
    from moderation.rectification.tasks import RectificationTask

S = TaskState
PLAN_RULES = "整改方案：台账式、清单式管理，逐一销号"
CLOSE_OUT = "销号程序：自查、核查、公示、审批"
LOOK_BACK = "整改方案：回头看，反弹必追责"
_UNIT = frozenset({Role.UNIT_OFFICER, Role.RECTIFICATION_OFFICER})
_GROUP = frozenset({Role.RECTIFICATION_OFFICER})
_CHECKERS = frozenset({Role.RECTIFICATION_OFFICER, Role.SUPERVISION_INSPECTOR, Role.UNIT_OFFICER})
_APPROVERS = frozenset({Role.LEADER})
_VISITORS = frozenset({Role.RECTIFICATION_OFFICER, Role.PATROL_COORDINATOR, Role.SUPERVISION_INSPECTOR})


def _own_task(task: RectificationTask, by: Actor) -> str | None:
    """A unit officer acts for a unit of the task; others of the listed roles for the office."""
    if isinstance(by, SystemActor) or by.roles & (_GROUP | _VISITORS):
        return None
    unit_id = getattr(by, "unit_id", "")
    return None if unit_id in task.unit_ids() else "这项任务不是您单位的"


def _ready_for_check(task: RectificationTask, by: Actor) -> str | None:
    if (refused := _own_task(task, by)) is not None:
        return refused
    if not task.evidence:
        return "请先上传整改前后照片或材料，再申请验收"
    open_measures = [measure.printed or str(measure.place) for measure in task.measures if measure.percent < 100]
    if open_measures:
        return f"还有措施没有完成：{'、'.join(open_measures[:8])}"
    open_quantities = [quantity.label for quantity in task.quantities if not quantity.is_complete()]
    return f"还有数量没有完成：{'、'.join(open_quantities[:8])}" if open_quantities else None


def _other_unit(task: RectificationTask, by: Actor) -> str | None:
    """Whoever did the work does not check it: neither the requester nor the units that carry the task."""
    request = task.open_request()
    if request is None:
        return "没有验收申请"
    if by.id == request.requested_by:
        return "核查人不能是申请人"
    carrying = task.unit_ids(lead_and_responsible_only=True)
    if getattr(by, "unit_id", "") in carrying:
        return "核查单位不能是牵头单位或责任单位"
    return None


def _may_close(task: RectificationTask, by: Actor) -> str | None:
    request = task.open_request()
    if request is None:
        return "没有验收申请"
    if by.id in {request.requested_by, request.checked_by}:
        return "审批人不能是申请人或核查人"
    if not request.mechanism.strip():
        return "请先写明长效机制"
    if any(objection.answered_on is None for objection in task.objections):
        return "公示期间的异议还没有全部答复"
    return None


def _has_visit(task: RectificationTask, by: Actor) -> str | None:  # noqa: ARG001
    return None if task.look_backs else "没有安排回头看"


TASK = Machine(
    "task",
    "整改任务",
    (
        Step(S.NOT_STARTED, "start", S.UNDER_WAY, PLAN_RULES, _UNIT, by_system=True, guard="own_task", public="开始整改"),
        Step(
            S.UNDER_WAY,
            "request_check",
            S.CHECK_REQUESTED,
            CLOSE_OUT,
            _UNIT,
            guard="ready_for_check",
            text="自查情况",
            public="完成自查，申请验收",
        ),
        Step(S.CHECK_REQUESTED, "take_up", S.ON_SITE_CHECK, CLOSE_OUT, _CHECKERS, guard="other_unit", public="开始现场核查"),
        Step(S.CHECK_REQUESTED, "send_back", S.UNDER_WAY, CLOSE_OUT, _GROUP, text="退回理由", public="验收申请退回"),
        Step(
            S.ON_SITE_CHECK,
            "pass_check",
            S.PUBLIC_NOTICE,
            CLOSE_OUT,
            _CHECKERS,
            guard="other_unit",
            text="核查情况",
            public="核查通过，开始公示",
            clock="公示开始",
        ),
        Step(
            S.ON_SITE_CHECK,
            "fail_check",
            S.UNDER_WAY,
            CLOSE_OUT,
            _CHECKERS,
            guard="other_unit",
            text="未通过的原因",
            public="核查未通过，继续整改",
        ),
        Step(
            S.PUBLIC_NOTICE,
            "close_out",
            S.CLOSED_OUT,
            CLOSE_OUT,
            _APPROVERS,
            guard="may_close",
            text="审批意见",
            public="批准销号",
        ),
        Step(
            S.PUBLIC_NOTICE,
            "uphold_objection",
            S.UNDER_WAY,
            CLOSE_OUT,
            _GROUP,
            text="异议成立的情况",
            public="公示期间异议成立，继续整改",
        ),
        Step(S.CLOSED_OUT, "look_back", S.LOOK_BACK, LOOK_BACK, _VISITORS, by_system=True, guard="has_visit", public="开展回头看"),
        Step(S.STABLE, "look_back", S.LOOK_BACK, LOOK_BACK, _VISITORS, by_system=True, guard="has_visit", public="再次回头看"),
        Step(S.LOOK_BACK, "find_stable", S.STABLE, LOOK_BACK, _VISITORS, text="查看情况", public="回头看：整改稳定"),
        *(
            Step(source, "find_relapse", S.RELAPSED, LOOK_BACK, _VISITORS, text="反弹情况", public="发现反弹")
            for source in (S.CLOSED_OUT, S.LOOK_BACK, S.STABLE)
        ),
        Step(
            S.RELAPSED,
            "reopen",
            S.UNDER_WAY,
            LOOK_BACK,
            _GROUP,
            text="重新整改的要求",
            public="重新列入整改",
            clock="重新确定期限",
        ),
    ),
    {
        "own_task": _own_task,
        "ready_for_check": _ready_for_check,
        "other_unit": _other_unit,
        "may_close": _may_close,
        "has_visit": _has_visit,
    },
)
