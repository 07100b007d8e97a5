"""What can be done to a rectification task on its page, as a table: words, fields and the call. One form serves them all.

Whether a person may do it now is asked of the machine and of the verbs, not here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from moderation.rectification import closing, disclosure, keeping, look_backs
from moderation.rectification.machine import TASK
from moderation.rectification.tasks import LookBack, Objection, RectificationTask
from moderation.rectification.words import (
    SEVERITY_WORDS,
    CreditKind,
    LinkKind,
    Rhythm,
    TaskState,
    VisitVerdict,
)
from moderation.staff import SignedIn, Unit
from portal.core.clock import day_of
from portal.core.errors import Mendable, NotThere
from portal.core.vocabulary import PollutionType, Role, Term
from portal.core.workflow import move
from portal.web.fields import PlainField

T = TypeVar("T", bound=Term)
Options = tuple[tuple[str, str], ...]
KEEPER = frozenset({Role.RECTIFICATION_OFFICER})
VISITORS = frozenset({Role.RECTIFICATION_OFFICER, Role.PATROL_COORDINATOR, Role.SUPERVISION_INSPECTOR})
HANDS = frozenset({Role.RECTIFICATION_OFFICER, Role.UNIT_OFFICER})
CLOSED = frozenset({TaskState.CLOSED_OUT, TaskState.STABLE, TaskState.LOOK_BACK})


class AskKind(Enum):
    """How a field is asked: the macro the template uses."""

    TEXT = "text"
    LINE = "line"
    DATE = "date"
    NUMBER = "number"
    SELECT = "select"
    CHECK = "check"


@dataclass(frozen=True)
class Ask:
    """One field of an act's form. ``options``: what a select offers; ``initial``: what it holds before typing."""

    name: str
    label: str
    kind: AskKind = AskKind.TEXT
    hint: str = ""
    optional: bool = False
    options: Callable[[Session, RectificationTask], Options] | None = None
    initial: Callable[[RectificationTask], str] | None = None


@dataclass(frozen=True)
class ActWork:
    """One act under way: everything a call needs."""

    session: Session
    task: RectificationTask
    form: MultiDict[str, str]
    by: SignedIn
    at: datetime

    def text(self, name: str) -> str:
        return (self.form.get(name) or "").strip()

    def day(self, name: str) -> date:
        """A day that must be given."""
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            raise Mendable("请选择日期", field=name) from None

    def day_or_none(self, name: str) -> date | None:
        return self.day(name) if self.text(name) else None

    def whole(self, name: str) -> int:
        if not self.text(name).isdecimal():
            raise Mendable("请填整数", field=name)
        return int(self.text(name))

    def term(self, kind: type[T], name: str) -> T:
        """A word of a closed list that must be chosen."""
        found = next((word for word in kind if word.value == self.text(name)), None)
        if found is None:
            raise Mendable("请选择一项", field=name)
        return found

    def ticked(self, name: str) -> bool:
        return bool(self.form.get(name))


@dataclass(frozen=True)
class Act:
    """One act. ``verb``: the step of the machine it takes, else ``roles`` may do it in ``states`` (none named: any)."""

    slug: str
    label: str
    group: str
    run: Callable[[ActWork], object]
    verb: str | None = None
    asks: tuple[Ask, ...] = ()
    explained: str = ""
    roles: frozenset[Role] = KEEPER
    states: frozenset[TaskState] = frozenset()
    suits: Callable[[RectificationTask], bool] = lambda _task: True
    main: bool = False

    def offered(self, task: RectificationTask, by: SignedIn, verbs: frozenset[str]) -> bool:
        """Whether the page offers it to this person now."""
        if task.dropped_on is not None or not self.suits(task):
            return False
        if self.verb is not None:
            return self.verb in verbs
        own = not (by.roles & KEEPER) and Role.UNIT_OFFICER in by.roles and self.roles == HANDS
        if own and by.unit_id not in task.unit_ids():
            return False
        return bool(self.roles & by.roles) and (not self.states or task.state in self.states)


def _terms(kind: type[Term]) -> Callable[[Session, RectificationTask], Options]:
    options = tuple((word.value, word.zh) for word in kind)
    return lambda _session, _task: options


def _units(session: Session, _task: RectificationTask) -> Options:
    return tuple((row.id, row.name) for row in session.execute(select(Unit.id, Unit.name).order_by(Unit.name)))


def _severities(_session: Session, _task: RectificationTask) -> Options:
    return tuple((str(number), words) for number, words in SEVERITY_WORDS.items())


def _open_objections(_session: Session, task: RectificationTask) -> Options:
    return tuple((o.id, f"{o.received_on}：{o.summary[:40]}") for o in task.objections if o.answered_on is None)


def _open_visits(task: RectificationTask) -> list[LookBack]:
    return [visit for visit in task.look_backs if visit.visited_on is None]


def _steps(_session: Session, task: RectificationTask) -> Options:
    import json

    rows = enumerate(json.loads(task.milestones))
    return tuple((str(place), f"{step['due']} {step['text']}") for place, step in rows if not step["done_on"])


def _duties(_session: Session, task: RectificationTask) -> Options:
    return tuple((duty.id, f"{duty.rhythm.zh}：{duty.label}") for duty in task.duties)


def _rechecks(_session: Session, task: RectificationTask) -> Options:
    return tuple((row.id, row.number) for row in task.rechecks if row.checked_on is None)


def _yes_no(yes: str, no: str) -> Callable[[Session, RectificationTask], Options]:
    return lambda _session, _task: (("yes", yes), ("no", no))


def _start(w: ActWork) -> object:
    return move(w.session, TASK, w.task, "start", by=w.by, at=w.at)


def _request(w: ActWork) -> object:
    return closing.request_check(
        w.session, w.task, self_check=w.text("self_check"), result=w.text("result"), mechanism=w.text("mechanism"), by=w.by, at=w.at
    )


def _settle_check(w: ActWork) -> object:
    closing.settle_check(w.session, w.task, passed=w.text("passed") == "yes", findings=w.text("findings"), by=w.by, at=w.at)
    return None


def _object(w: ActWork) -> object:
    received = w.day_or_none("received_on") or day_of(w.at)
    return closing.receive_objection(
        w.session, w.task, summary=w.text("summary"), received_on=received, letter_id=w.text("letter_id")[:32], by=w.by, at=w.at
    )


def _answer_objection(w: ActWork) -> object:
    found = next((o for o in w.task.objections if o.id == w.text("objection")), None)
    if not isinstance(found, Objection):
        raise Mendable("请选择要答复的异议", field="objection")
    closing.answer_objection(w.session, w.task, found, answer=w.text("answer"), upheld=w.text("upheld") == "yes", by=w.by, at=w.at)
    return None


def _plan_visit(w: ActWork) -> object:
    reason = w.text("reason") or look_backs.risk_of(w.task, day_of(w.at))[1]
    return look_backs.plan_visit(w.session, w.task, on=w.day_or_none("on"), reason=reason, by=w.by, at=w.at)


def _record_visit(w: ActWork) -> object:
    visits = _open_visits(w.task)
    if not visits:
        raise NotThere("没有安排回头看")
    verdict = w.term(VisitVerdict, "verdict")
    look_backs.record_visit(w.session, w.task, visits[0], verdict=verdict, findings=w.text("findings"), by=w.by, at=w.at)
    return None


def _reopen(w: ActWork) -> object:
    look_backs.reopen(w.session, w.task, due_on=w.day("due_on"), demands=w.text("demands"), by=w.by, at=w.at)
    return None


def _settle_deadline(w: ActWork) -> object:
    keeping.settle_deadline(w.session, w.task, due_on=w.day("due_on"), reason=w.text("reason"), by=w.by, at=w.at)
    return None


def _extend(w: ActWork) -> object:
    return keeping.extend(
        w.session,
        w.task,
        to_on=w.day("to_on"),
        document_number=w.text("document_number"),
        body=w.text("body"),
        reason=w.text("reason"),
        by=w.by,
        at=w.at,
    )


def _list(w: ActWork) -> object:
    return keeping.list_for_supervision(
        w.session,
        w.task,
        what=w.text("what"),
        why=w.text("why"),
        body=w.text("body"),
        number=w.text("number"),
        until_on=w.day("until_on"),
        by=w.by,
        at=w.at,
    )


def _add_quantity(w: ActWork) -> object:
    return keeping.add_quantity(
        w.session,
        w.task,
        label=w.text("label"),
        total=w.text("total"),
        unit=w.text("unit"),
        done=w.text("done") or "0",
        due_on=w.day_or_none("due_on"),
        by=w.by,
        at=w.at,
    )


def _add_duty(w: ActWork) -> object:
    return keeping.add_duty(
        w.session,
        w.task,
        label=w.text("label"),
        rhythm=w.term(Rhythm, "rhythm"),
        times=w.whole("times"),
        from_on=w.day_or_none("from_on") or day_of(w.at),
        by=w.by,
        at=w.at,
    )


def _enter_duty(w: ActWork) -> object:
    duty = next((duty for duty in w.task.duties if duty.id == w.text("duty")), None)
    if duty is None:
        raise Mendable("请选择周期事项", field="duty")
    keeping.enter_duty(w.session, w.task, duty, on=w.day_or_none("on") or day_of(w.at), text=w.text("text"), by=w.by, at=w.at)
    return None


def _finish_step(w: ActWork) -> object:
    on = w.day_or_none("on") or day_of(w.at)
    keeping.finish_milestone(w.session, w.task, w.whole("place"), on=on, by=w.by, at=w.at)
    return None


def _credit(w: ActWork) -> object:
    return keeping.record_credit(
        w.session,
        w.task,
        kind=w.term(CreditKind, "kind"),
        subject=w.text("subject"),
        points=w.text("points"),
        document_number=w.text("document_number"),
        by=w.by,
        at=w.at,
    )


def _tie(w: ActWork) -> object:
    kind = w.term(LinkKind, "kind")
    return keeping.tie(w.session, w.task, kind=kind, reference=w.text("reference"), label=w.text("label"), by=w.by, at=w.at)


def _list_letters(w: ActWork) -> object:
    return keeping.list_letters_for_recheck(w.session, w.task, w.text("numbers").replace("、", "\n").splitlines(), by=w.by, at=w.at)


def _recheck(w: ActWork) -> object:
    row = next((row for row in w.task.rechecks if row.id == w.text("letter")), None)
    if row is None:
        raise Mendable("请选择信访件", field="letter")
    keeping.recheck_letter(w.session, w.task, row, held=w.text("held") == "yes", text=w.text("text"), by=w.by, at=w.at)
    return None


def _set_unit(w: ActWork) -> object:
    keeping.set_reporting_unit(w.session, w.task, w.text("unit_id"), by=w.by, at=w.at)
    return None


def _set_type(w: ActWork) -> object:
    kind = w.term(PollutionType, "type")
    keeping.set_type(w.session, w.task, kind, severity=w.whole("severity"), by=w.by, at=w.at)
    return None


def _refresh(w: ActWork) -> object:
    return disclosure.refresh(w.session, w.task, reason=w.text("reason") or "更新整改进展", by=w.by, at=w.at)


TEXT, LINE, DATE, NUMBER, SELECT = AskKind.TEXT, AskKind.LINE, AskKind.DATE, AskKind.NUMBER, AskKind.SELECT
_UNDER_WAY = frozenset({TaskState.NOT_STARTED, TaskState.UNDER_WAY})

ACTS: tuple[Act, ...] = (
    Act("start", "开始整改", "销号", _start, "start", main=True),
    Act(
        "request-check",
        "申请验收",
        "销号",
        _request,
        "request_check",
        main=True,
        explained="措施和数量都完成、有证据，才能申请。",
        asks=(
            Ask("self_check", "自查情况", hint="逐条查了什么，谁查的。"),
            Ask("result", "整改结果", hint="会在公示里公开。"),
            Ask("mechanism", "长效机制", hint="以后靠什么不反弹。会公开。"),
        ),
    ),
    Act("take-up", "开始现场核查", "销号", lambda w: closing.take_up(w.session, w.task, by=w.by, at=w.at), "take_up", main=True),
    Act(
        "send-back",
        "退回申请",
        "销号",
        lambda w: closing.send_back(w.session, w.task, reason=w.text("reason"), by=w.by, at=w.at),
        "send_back",
        asks=(Ask("reason", "退回理由"),),
    ),
    Act(
        "settle-check",
        "填写核查结论",
        "销号",
        _settle_check,
        "pass_check",
        main=True,
        explained="谁验收谁负责。通过后第二天起公示。",
        asks=(
            Ask("passed", "结论", SELECT, options=_yes_no("通过，进入公示", "未通过，继续整改")),
            Ask("findings", "现场核查情况"),
        ),
    ),
    Act(
        "object",
        "登记异议",
        "销号",
        _object,
        states=frozenset({TaskState.PUBLIC_NOTICE}),
        asks=(
            Ask("summary", "异议内容", hint="用办公室自己的话写，不写来信人。"),
            Ask("received_on", "收到日期", DATE, optional=True),
            Ask("letter_id", "信访件编号", LINE, optional=True),
        ),
    ),
    Act(
        "answer-objection",
        "答复异议",
        "销号",
        _answer_objection,
        states=frozenset({TaskState.PUBLIC_NOTICE}),
        main=True,
        suits=lambda task: any(o.answered_on is None for o in task.objections),
        asks=(
            Ask("objection", "哪一条", SELECT, options=_open_objections),
            Ask("answer", "答复"),
            Ask("upheld", "结论", SELECT, options=_yes_no("成立，退回继续整改", "不成立")),
        ),
    ),
    Act(
        "close-out",
        "批准销号",
        "销号",
        lambda w: closing.close_out(
            w.session, w.task, approval=w.text("approval"), notice_place=w.text("notice_place"), by=w.by, at=w.at
        ),
        "close_out",
        main=True,
        asks=(
            Ask("approval", "审批意见"),
            Ask("notice_place", "在别处公示的地方", LINE, "在本网站公示的不填。", True),
        ),
    ),
    Act(
        "plan-look-back",
        "安排回头看",
        "回头看",
        _plan_visit,
        roles=VISITORS,
        states=frozenset({TaskState.CLOSED_OUT, TaskState.STABLE}),
        suits=lambda task: not _open_visits(task),
        asks=(
            Ask("on", "日期", DATE, "不填则按规则天数。", optional=True),
            Ask("reason", "为什么抽到它", LINE, "不填则写风险点。", True),
        ),
    ),
    Act(
        "record-look-back",
        "填写回头看结论",
        "回头看",
        _record_visit,
        roles=VISITORS,
        states=CLOSED,
        main=True,
        suits=lambda task: bool(_open_visits(task)),
        explained="反弹、虚假整改、表面整改都会提高严重程度，并开出问责核查表。",
        asks=(Ask("verdict", "结论", SELECT, options=_terms(VisitVerdict)), Ask("findings", "查看情况")),
    ),
    Act(
        "report-relapse",
        "登记反弹",
        "回头看",
        lambda w: look_backs.report_relapse(w.session, w.task, findings=w.text("findings"), by=w.by, at=w.at),
        "find_relapse",
        explained="来信或监测发现反弹时用。会开出问责核查表。",
        asks=(Ask("findings", "反弹情况"),),
    ),
    Act(
        "reopen",
        "重新列入整改",
        "回头看",
        _reopen,
        "reopen",
        main=True,
        asks=(Ask("due_on", "新的期限", DATE), Ask("demands", "重新整改的要求")),
    ),
    Act(
        "settle-deadline",
        "确定期限",
        "期限",
        _settle_deadline,
        main=True,
        suits=lambda task: task.due_on is None and task.deadline_kind in {"unclear", "milestone_only"},
        explained="方案写的时限不能直接读成一天，请按依据确定。",
        asks=(Ask("due_on", "截止日期", DATE), Ask("reason", "依据", LINE)),
    ),
    Act(
        "extend",
        "延期",
        "期限",
        _extend,
        suits=lambda task: task.due_on is not None and task.closed_on is None,
        explained="原期限保留。没有批准文件不能延期。",
        asks=(
            Ask("to_on", "延期到", DATE),
            Ask("document_number", "批准文件文号", LINE),
            Ask("body", "批准机关", LINE),
            Ask("reason", "理由"),
        ),
    ),
    Act(
        "finish-step",
        "完成一个节点",
        "期限",
        _finish_step,
        roles=HANDS,
        suits=lambda task: bool(_steps(None, task)),  # type: ignore[arg-type]
        asks=(Ask("place", "节点", SELECT, options=_steps), Ask("on", "完成日期", DATE, optional=True)),
    ),
    Act(
        "add-quantity",
        "增加数量",
        "内容",
        _add_quantity,
        asks=(
            Ask("label", "数的是什么", LINE, "如：拆改燃煤锅炉"),
            Ask("total", "总数", NUMBER),
            Ask("unit", "单位", LINE, "如：台"),
            Ask("done", "已完成", NUMBER, optional=True),
            Ask("due_on", "自己的期限", DATE, optional=True),
        ),
    ),
    Act(
        "add-duty",
        "增加周期事项",
        "内容",
        _add_duty,
        asks=(
            Ask("label", "做什么", LINE, "如：对涉钼企业现场检查"),
            Ask("rhythm", "周期", SELECT, options=_terms(Rhythm)),
            Ask("times", "每个周期几次", NUMBER, initial=lambda _task: "1"),
            Ask("from_on", "从哪天起", DATE, optional=True),
        ),
    ),
    Act(
        "enter-duty",
        "登记周期事项",
        "内容",
        _enter_duty,
        roles=HANDS,
        suits=lambda task: bool(task.duties),
        asks=(Ask("duty", "哪一项", SELECT, options=_duties), Ask("on", "日期", DATE, optional=True), Ask("text", "做了什么")),
    ),
    Act(
        "list",
        "挂牌督办",
        "督办",
        _list,
        suits=lambda task: task.open_listing() is None and task.closed_on is None,
        explained="挂牌是上级或领导小组的决定，这里只作登记。",
        asks=(
            Ask("what", "督办事项"),
            Ask("why", "挂牌理由"),
            Ask("body", "决定机关", LINE),
            Ask("number", "文号", LINE, optional=True),
            Ask("until_on", "限期", DATE),
        ),
    ),
    Act(
        "delist",
        "解除挂牌",
        "督办",
        lambda w: keeping.delist(w.session, w.task, evidence=w.text("evidence"), by=w.by, at=w.at),
        suits=lambda task: task.open_listing() is not None,
        asks=(Ask("evidence", "解除依据"),),
    ),
    Act(
        "credit",
        "登记信用扣分或联合惩戒",
        "督办",
        _credit,
        asks=(
            Ask("kind", "种类", SELECT, options=_terms(CreditKind)),
            Ask("subject", "企业", LINE),
            Ask("points", "扣分", NUMBER, optional=True),
            Ask("document_number", "文号", LINE, optional=True),
        ),
    ),
    Act(
        "tie",
        "关联信访件、曝光或问责",
        "关联",
        _tie,
        asks=(
            Ask("kind", "种类", SELECT, options=_terms(LinkKind)),
            Ask("reference", "编号", LINE),
            Ask("label", "说明", LINE, optional=True),
        ),
    ),
    Act(
        "list-letters",
        "列入要复核的信访件",
        "关联",
        _list_letters,
        asks=(Ask("numbers", "受理编号", hint="一行一个，照原样抄。"),),
    ),
    Act(
        "recheck-letter",
        "填写信访件复核",
        "关联",
        _recheck,
        roles=HANDS,
        suits=lambda task: bool(_rechecks(None, task)),  # type: ignore[arg-type]
        asks=(
            Ask("letter", "哪一件", SELECT, options=_rechecks),
            Ask("held", "结论", SELECT, options=_yes_no("没有反弹", "有反弹")),
            Ask("text", "复核情况"),
        ),
    ),
    Act(
        "set-unit",
        "确定填报单位",
        "内容",
        _set_unit,
        asks=(Ask("unit_id", "单位", SELECT, options=_units, initial=lambda task: task.reporting_unit_id),),
    ),
    Act(
        "set-type",
        "调整领域和严重程度",
        "内容",
        _set_type,
        asks=(
            Ask("type", "领域", SELECT, options=_terms(PollutionType), initial=lambda task: task.main_type.value),
            Ask("severity", "严重程度", SELECT, options=_severities, initial=lambda task: str(task.severity)),
        ),
    ),
    Act(
        "refresh-disclosure",
        "更新公开稿",
        "公开",
        _refresh,
        roles=frozenset({Role.DRAFTER, Role.RECTIFICATION_OFFICER}),
        explained="把现在的进展写进公开稿。已公开的，由拟稿人起草一次更正，照常三审。",
        asks=(Ask("reason", "更新说明", LINE, "会公开，如：11 月进展。", optional=True),),
    ),
)
BY_SLUG = {act.slug: act for act in ACTS}


def offered(task: RectificationTask, by: SignedIn) -> tuple[Act, ...]:
    """The acts this person could take now, machine and table together."""
    verbs = frozenset(step.verb for step in TASK.offered(task, by))
    return tuple(act for act in ACTS if act.offered(task, by, verbs))


def why_not(act: Act, task: RectificationTask, by: SignedIn) -> str:
    """Why the machine holds back a step this person's role could take; empty where there is no such reason."""
    step = TASK.step(task.state, act.verb) if act.verb else None
    if step is None or step.guard is None or not (step.roles & by.roles):
        return ""
    return TASK.guards[step.guard](task, by) or ""


def blocked(task: RectificationTask, by: SignedIn) -> tuple[tuple[str, str], ...]:
    """(label, reason) of the main steps that wait for something."""
    own = by.unit_id in task.unit_ids() or bool(by.roles & (KEEPER | {Role.LEADER}))
    waiting = [(act.label, why_not(act, task, by)) for act in ACTS if act.main and act.verb]
    return tuple((label, reason) for label, reason in waiting if reason and own)


@dataclass(frozen=True)
class AskedField:
    """A field as the template prints it."""

    field: PlainField
    kind: str
    hint: str
    optional: bool


def fields(
    act: Act, session: Session, task: RectificationTask, typed: MultiDict[str, str] | None, wrong: Mendable | None
) -> tuple[AskedField, ...]:
    """The form of an act, with what was typed and the error beside its field."""
    return tuple(_field(ask, session, task, typed, wrong) for ask in act.asks)


def _field(
    ask: Ask, session: Session, task: RectificationTask, typed: MultiDict[str, str] | None, wrong: Mendable | None
) -> AskedField:
    data = (typed.get(ask.name) or "") if typed is not None else (ask.initial(task) if ask.initial else "")
    errors = (wrong.reason,) if wrong is not None and wrong.field == ask.name else ()
    options = ask.options(session, task) if ask.options else ()
    return AskedField(PlainField(ask.name, ask.label, data, errors, options), ask.kind.value, ask.hint, ask.optional)
