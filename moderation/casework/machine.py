"""The life of a letter (信访件) as data: its states, and one row a step. The guards the rows name are in `guards.py`."""

from __future__ import annotations

from portal.core.vocabulary import Role, Term
from portal.core.workflow import Step


class LetterState(Term):
    """Where a letter stands."""

    RECEIVED = "received", "已接收", "received"
    SCREENING = "screening", "初审中", "being screened"
    AWAITING_SUPPLEMENT = "awaiting_supplement", "待补正", "waiting for the reporter"
    MERGED = "merged", "已并案", "merged into another letter"
    REFUSAL_PROPOSED = "refusal_proposed", "待复核（不予受理、转送）", "refusal waits for a second person"
    NOT_ACCEPTED = "not_accepted", "不予受理", "not accepted"
    TRANSFERRED = "transferred", "已转送", "moved to the right body"
    WITH_DISCIPLINE = "with_discipline", "已移送纪检监察", "with the discipline body"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn by the reporter"
    ACCEPTED = "accepted", "已受理", "accepted"
    ASSIGNED = "assigned", "已分办", "assigned"
    RETURN_DISPUTED = "return_disputed", "退回待裁", "returned by the unit"
    HANDLING = "handling", "办理中", "being handled"
    EXTENSION_ASKED = "extension_asked", "延期待批", "extension asked"
    UNDER_REVIEW = "under_review", "待审核", "under review"
    REPORTED_UP = "reported_up", "已上报", "reported to the level above"
    RETURNED_UPWARD = "returned_upward", "已退回上级", "returned to the level above"
    SETTLED_FOR_NOW = "settled_for_now", "阶段性办结", "settled for now"
    SETTLED = "settled", "办结", "settled"
    FOLLOW_UP = "follow_up", "回访", "reporter is asked"
    ARCHIVED = "archived", "归档", "archived"
    REOPENED = "reopened", "重开", "reopened"


class Desk(Term):
    """The desk whose turn it is. A coarse grouping of states, kept on the row so that lists read one index."""

    SCREENING = "screening", "初审", "screening"
    QUEUE = "queue", "信访督办组", "petition group"
    UNITS = "units", "承办单位", "handling units"
    REVIEW = "review", "审核", "review"
    ABOVE = "above", "上级", "level above"
    AFTER = "after", "回访与整改", "after settling"
    DISCIPLINE = "discipline", "纪检监察", "discipline"
    DONE = "done", "已结束", "done"


DESK_OF: dict[LetterState, Desk] = {
    LetterState.RECEIVED: Desk.SCREENING,
    LetterState.SCREENING: Desk.SCREENING,
    LetterState.AWAITING_SUPPLEMENT: Desk.SCREENING,
    LetterState.REFUSAL_PROPOSED: Desk.SCREENING,
    LetterState.MERGED: Desk.DONE,
    LetterState.NOT_ACCEPTED: Desk.DONE,
    LetterState.TRANSFERRED: Desk.DONE,
    LetterState.WITH_DISCIPLINE: Desk.DISCIPLINE,
    LetterState.WITHDRAWN: Desk.DONE,
    LetterState.ACCEPTED: Desk.QUEUE,
    LetterState.REOPENED: Desk.QUEUE,
    LetterState.RETURN_DISPUTED: Desk.QUEUE,
    LetterState.EXTENSION_ASKED: Desk.QUEUE,
    LetterState.ASSIGNED: Desk.UNITS,
    LetterState.HANDLING: Desk.UNITS,
    LetterState.UNDER_REVIEW: Desk.REVIEW,
    LetterState.REPORTED_UP: Desk.ABOVE,
    LetterState.RETURNED_UPWARD: Desk.DONE,
    LetterState.SETTLED_FOR_NOW: Desk.AFTER,
    LetterState.SETTLED: Desk.AFTER,
    LetterState.FOLLOW_UP: Desk.AFTER,
    LetterState.ARCHIVED: Desk.DONE,
}


class Track(Term):
    """The two legal tracks: a report asks that an offence be dealt with, a petition asks for one's own right."""

    REPORT = "report", "举报（环保业务类）", "report of an offence"
    PETITION = "petition", "信访（申诉求决类）", "petition for one's own right"


S = LetterState
SCREENER = frozenset({Role.SCREENER})
GROUP = frozenset({Role.GROUP_MEMBER, Role.GROUP_LEAD})
LEAD = frozenset({Role.GROUP_LEAD})
UNIT = frozenset({Role.UNIT_OFFICER})
HANDLERS = UNIT | GROUP
SECOND = frozenset({Role.SCREENER, Role.GROUP_LEAD})

REGULATION = "信访工作条例"
HOUSE = "本办公室办理规程"


def _step(
    source: LetterState, verb: str, target: LetterState, roles: frozenset[Role], clause: str, *, guard: str = "not_barred",
    text: str | None = None, public: str | None = None, notify: tuple[str, ...] = (), clock: str | None = None,
    by_system: bool = False,
) -> Step:  # fmt: skip
    """One row. Every row has a guard: at the least, that the person may know of the letter."""
    return Step(source, verb, target, clause, roles, by_system, guard, text, public, notify, clock)


_SCREENING_STEPS = (
    _step(
        S.RECEIVED, "start_screening", S.SCREENING, SCREENER, f"{REGULATION} 第二十二条", public="工作人员已打开您的举报，正在初审"
    ),
    _step(
        S.SCREENING,
        "ask_supplement",
        S.AWAITING_SUPPLEMENT,
        SCREENER,
        f"{REGULATION} 第二十三条",
        text="需要举报人补充什么",
        public="需要您补充一些情况",
        notify=("reporter",),
        clock="受理期限暂停",
    ),
    _step(
        S.AWAITING_SUPPLEMENT,
        "supplement",
        S.SCREENING,
        SCREENER,
        f"{REGULATION} 第二十三条",
        by_system=True,
        public="收到您补充的情况，继续初审",
        clock="受理期限恢复",
    ),
    _step(S.AWAITING_SUPPLEMENT, "stop_waiting", S.SCREENING, SCREENER, HOUSE, text="不再等待的理由", clock="受理期限恢复"),
    _step(S.SCREENING, "merge", S.MERGED, SCREENER, f"{HOUSE}（重复件）", guard="can_be_merged"),
    # A flood of identical letters: see moderation.casework.floods.
    _step(S.RECEIVED, "collapse", S.MERGED, frozenset(), f"{HOUSE}（重复件）", guard="can_be_merged", by_system=True),
    _step(S.MERGED, "unmerge", S.SCREENING, SCREENER, f"{HOUSE}（重复件）", text="撤销并案的理由"),
    _step(
        S.SCREENING,
        "propose_refusal",
        S.REFUSAL_PROPOSED,
        SCREENER,
        f"{REGULATION} 第二十二条、第二十三条",
        guard="may_be_refused",
        text="不予受理或转送的理由",
        notify=("second",),
    ),
    _step(
        S.REFUSAL_PROPOSED,
        "confirm_decline",
        S.NOT_ACCEPTED,
        SECOND,
        f"{REGULATION} 第二十三条",
        guard="second_person_declines",
        public="经复核，这件事不由我们受理",
        notify=("reporter",),
        clock="受理期限停止",
    ),
    _step(
        S.REFUSAL_PROPOSED,
        "confirm_transfer",
        S.TRANSFERRED,
        SECOND,
        f"{REGULATION} 第二十二条；噪声污染防治法 第三十一条",
        guard="second_person_transfers",
        public="已转给有权处理的单位",
        notify=("reporter",),
        clock="受理期限停止",
    ),
    _step(S.REFUSAL_PROPOSED, "refuse_proposal", S.SCREENING, SECOND, HOUSE, guard="second_person", text="不同意的理由"),
    _step(S.REFUSAL_PROPOSED, "withdraw_proposal", S.SCREENING, SCREENER, f"{HOUSE}（撤销）", guard="own_proposal"),
    _step(
        S.SCREENING,
        "to_discipline",
        S.WITH_DISCIPLINE,
        SCREENER,
        f"{REGULATION} 第二十二条、第三十条",
        guard="may_be_refused",
        text="移送纪检监察的理由",
        public="您反映的公职人员问题已转给有权处理的机关",
        notify=("discipline",),
        clock="受理期限停止",
    ),
    _step(
        S.RECEIVED,
        "nobody_may_screen",
        S.WITH_DISCIPLINE,
        frozenset(),
        f"{REGULATION} 第三十条",
        by_system=True,
        notify=("discipline",),
    ),
    _step(S.WITH_DISCIPLINE, "hand_back", S.SCREENING, frozenset({Role.DISCIPLINE_OFFICER}), HOUSE, text="退回初审的理由"),
    _step(S.WITH_DISCIPLINE, "conclude", S.ARCHIVED, frozenset({Role.DISCIPLINE_OFFICER}), HOUSE, text="办理结果"),
    _step(
        S.SCREENING,
        "accept",
        S.ACCEPTED,
        SCREENER,
        f"{REGULATION} 第二十三条",
        guard="ready_to_accept",
        public="已受理",
        notify=("reporter", "group"),
        clock="受理期限停止，办理期限开始",
    ),
)

_MAY_BE_WITHDRAWN = (S.RECEIVED, S.SCREENING, S.AWAITING_SUPPLEMENT, S.REFUSAL_PROPOSED, S.MERGED, S.ACCEPTED)
_WITHDRAWAL_STEPS = (
    *(_step(state, "withdraw", S.WITHDRAWN, frozenset(), HOUSE, by_system=True, clock="期限停止") for state in _MAY_BE_WITHDRAWN),
    _step(S.WITHDRAWN, "pursue", S.SCREENING, SCREENER | LEAD, f"{HOUSE}（撤回后仍可查处违法行为）", text="继续查处的理由"),
)

TAKE_BACK = (
    ("take_back", S.ACCEPTED),
    ("take_back_reopened", S.REOPENED),
    ("take_back_returned", S.RETURN_DISPUTED),
)

_ASSIGNING_STEPS = (
    *(
        _step(
            state,
            "assign",
            S.ASSIGNED,
            GROUP,
            f"{REGULATION} 第二十二条",
            public="已交给承办单位核查",
            notify=("unit",),
            clock="承办期限开始（自交办日起算）",
        )
        for state in (S.ACCEPTED, S.REOPENED, S.RETURN_DISPUTED)
    ),
    # Undone before the unit opened it: back to where it was. See moderation.casework.undoing.
    *(
        _step(S.ASSIGNED, verb, target, GROUP, f"{HOUSE}（撤销）", guard="not_yet_opened", clock="签收期限停止")
        for verb, target in TAKE_BACK
    ),
    _step(
        S.ACCEPTED, "return_upward", S.RETURNED_UPWARD, LEAD, f"{HOUSE}（上级交办件）", guard="handed_down", text="退回上级的理由"
    ),
    _step(
        S.ASSIGNED,
        "return_to_group",
        S.RETURN_DISPUTED,
        HANDLERS,
        f"{REGULATION} 第二十三条（五个工作日内提出）",
        guard="unit_may_return",
        text="退回的理由",
        notify=("group",),
        clock="办理期限不停",
    ),
    _step(
        S.RETURN_DISPUTED,
        "insist",
        S.HANDLING,
        LEAD,
        f"{HOUSE}（两次退回后由组决定）",
        text="仍由该单位办理的理由",
        notify=("unit",),
    ),
    _step(S.ASSIGNED, "take_up", S.HANDLING, HANDLERS, HOUSE, guard="unit_acts", public="承办单位已开始办理", by_system=True),
    *(
        _step(state, "sub_assign", state, UNIT, f"{HOUSE}（县级再分办）", guard="unit_may_sub_assign", notify=("unit",))
        for state in (S.ASSIGNED, S.HANDLING)
    ),
    _step(
        S.HANDLING,
        "ask_extension",
        S.EXTENSION_ASKED,
        HANDLERS,
        f"{REGULATION} 第三十四条",
        guard="unit_may_extend",
        text="延期的理由",
        notify=("group",),
    ),
    _step(
        S.EXTENSION_ASKED,
        "grant_extension",
        S.HANDLING,
        LEAD,
        f"{REGULATION} 第三十四条",
        public="情况复杂，办理期限延长",
        notify=("unit", "reporter"),
        clock="办理期限延长，原期限保留",
    ),
    _step(
        S.EXTENSION_ASKED, "deny_extension", S.HANDLING, LEAD, f"{REGULATION} 第三十四条", text="不同意延期的理由", notify=("unit",)
    ),
    _step(S.HANDLING, "report_part", S.HANDLING, HANDLERS, HOUSE, guard="unit_acts"),
    _step(
        S.HANDLING,
        "report",
        S.UNDER_REVIEW,
        HANDLERS,
        HOUSE,
        guard="unit_acts",
        public="承办单位已报告核查情况，正在审核",
        notify=("group",),
    ),
)

_REVIEW_STEPS = (
    _step(
        S.UNDER_REVIEW,
        "check_on_site",
        S.UNDER_REVIEW,
        GROUP,
        f"{HOUSE}（重点件现场核实）",
        guard="other_hand",
        text="现场核查情况",
    ),
    _step(
        S.UNDER_REVIEW,
        "send_back",
        S.HANDLING,
        GROUP,
        HOUSE,
        guard="other_hand",
        text="退回重办的理由",
        public="审核认为还没有办到位，已退回重办",
        notify=("unit",),
    ),
    _step(
        S.UNDER_REVIEW,
        "settle",
        S.SETTLED,
        GROUP,
        HOUSE,
        guard="may_be_settled",
        text="审核意见",
        public="已办结",
        notify=("reporter", "unit"),
        clock="办理期限停止",
    ),
    _step(
        S.UNDER_REVIEW,
        "settle_for_now",
        S.SETTLED_FOR_NOW,
        GROUP,
        HOUSE,
        guard="may_be_settled",
        text="审核意见",
        public="阶段性办结，后续整改在进行",
        notify=("reporter", "unit"),
        clock="办理期限停止",
    ),
    _step(S.UNDER_REVIEW, "report_up", S.REPORTED_UP, GROUP, f"{HOUSE}（上级交办件）", guard="may_be_reported_up"),
    _step(
        S.REPORTED_UP,
        "recognise",
        S.SETTLED,
        GROUP,
        f"{HOUSE}（上级认可）",
        guard="handed_down",
        public="已办结",
        clock="办理期限停止",
    ),
    _step(
        S.REPORTED_UP,
        "recognise_for_now",
        S.SETTLED_FOR_NOW,
        GROUP,
        f"{HOUSE}（上级认可）",
        guard="handed_down",
        public="阶段性办结，后续整改在进行",
        clock="办理期限停止",
    ),
    _step(
        S.REPORTED_UP,
        "returned_from_above",
        S.HANDLING,
        GROUP,
        f"{HOUSE}（上级退回）",
        guard="handed_down",
        text="上级退回的理由",
        notify=("unit",),
    ),
    _step(
        S.SETTLED_FOR_NOW,
        "finish",
        S.SETTLED,
        GROUP,
        f"{HOUSE}（整改任务销号后）",
        guard="other_hand",
        text="整改完成情况",
        public="已办结",
        notify=("reporter",),
    ),
    _step(
        S.SETTLED,
        "ask_satisfaction",
        S.FOLLOW_UP,
        GROUP,
        f"{REGULATION} 第二十一条",
        public="请您评价办理结果",
        by_system=True,
        notify=("reporter",),
    ),
    _step(S.FOLLOW_UP, "evaluate", S.FOLLOW_UP, frozenset(), f"{REGULATION} 第二十一条", by_system=True, public="收到您的评价"),
    _step(S.FOLLOW_UP, "archive", S.ARCHIVED, GROUP, HOUSE),
    *(
        _step(
            state,
            "reopen",
            S.REOPENED,
            GROUP,
            f"{HOUSE}（不满意成立、回头看未通过、反弹）",
            text="重开的理由",
            public="重新办理",
            by_system=True,
            notify=("group",),
        )
        for state in (S.SETTLED_FOR_NOW, S.FOLLOW_UP, S.ARCHIVED)
    ),
)

STEPS: tuple[Step, ...] = _SCREENING_STEPS + _WITHDRAWAL_STEPS + _ASSIGNING_STEPS + _REVIEW_STEPS
