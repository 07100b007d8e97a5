"""Machine B, the supervision ladder (督办阶梯) as data, and the words around it. Guards and verbs are in `ladder.py`."""

from __future__ import annotations

from portal.core.vocabulary import Role, Term
from portal.core.workflow import Step


class Rung(Term):
    """Where a letter or task stands on the ladder. The order is the order of severity."""

    NORMAL = "normal", "正常", "normal"
    WARNED = "warned", "预警", "warned"
    URGED = "urged", "催办", "urged"
    SUPERVISED = "supervised", "督办", "supervised"
    INSPECTED = "inspected", "督办监察", "under the inspectors"


class SubjectKind(Term):
    """What is supervised."""

    LETTER = "letter", "信访件", "letter"
    TASK = "task", "整改任务", "rectification task"


class Ground(Term):
    """Why the inspectors look into a unit's conduct."""

    MECHANISM = "mechanism", "办理机制不顺畅", "the mechanism does not work"
    LATE = "late", "办理不及时", "handled late"
    SHORT = "short", "办理不到位", "handled insufficiently"
    ACCOUNTABILITY = "accountability", "追责不到位", "accountability falls short"


class PaperKind(Term):
    """Documents of the ladder; the value is part of the file's name."""

    WARNING = "warning", "预警提示单", "warning"
    URGING = "urging", "催办单", "urging note"
    SUPERVISION = "supervision", "督办单", "supervision order"
    INSPECTION = "inspection", "督办监察通知书", "notice of inspection"
    DEMAND = "demand", "问责到位督促函", "demand for accountability"
    CONCLUSION = "conclusion", "督办监察结论", "conclusion of inspection"
    LOWERING = "lowering", "解除通知单", "notice of lowering"


class AskedState(Term):
    """Where a request to the inspectors stands."""

    OPEN = "open", "待决定", "waits"
    TAKEN = "taken", "已立项", "taken up"
    DECLINED = "declined", "未立项", "declined"


GROUP = frozenset({Role.GROUP_MEMBER, Role.GROUP_LEAD})
LEAD = frozenset({Role.GROUP_LEAD})
INSPECTORS = frozenset({Role.SUPERVISION_INSPECTOR})
REQUESTERS = GROUP | {Role.PATROL_COORDINATOR}
CLAUSE = "本办公室办理规程（督办）"
DUTIES = "综合督查工作方案：督办监察组职责"
R = Rung

BELOW = {R.WARNED: R.NORMAL, R.URGED: R.WARNED, R.SUPERVISED: R.URGED}


def _raise_to(target: Rung, verb: str, roles: frozenset[Role]) -> tuple[Step, ...]:
    """From every rung below: the timer, or a person by hand."""
    order = list(Rung)
    return tuple(
        Step(source, verb, target, CLAUSE, roles, by_system=True, guard="not_barred", notify=("unit",))
        for source in order[: order.index(target)]
    )


STEPS: tuple[Step, ...] = (
    *_raise_to(R.WARNED, "warn", GROUP),
    *_raise_to(R.URGED, "urge", GROUP),
    *_raise_to(R.SUPERVISED, "supervise", LEAD),
    *(
        Step(source, "inspect", R.INSPECTED, DUTIES, INSPECTORS, guard="other_unit", text="立项的理由", notify=("unit", "group"))
        for source in (R.NORMAL, R.WARNED, R.URGED, R.SUPERVISED)
    ),
    *(
        Step(source, "lower", target, CLAUSE, GROUP, guard="other_unit", text="降低一级的理由", notify=("unit",))
        for source, target in BELOW.items()
    ),
    *(Step(source, "clear", R.NORMAL, CLAUSE, by_system=True, guard="not_barred") for source in BELOW),
    Step(R.INSPECTED, "demand", R.INSPECTED, DUTIES, INSPECTORS, guard="other_unit", text="要求怎样问责到位", notify=("unit",)),
    Step(R.INSPECTED, "conclude", R.NORMAL, DUTIES, INSPECTORS, guard="other_unit", text="书面结论", notify=("unit", "group")),
)
