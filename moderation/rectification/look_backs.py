"""回头看: which closed tasks are visited again, drawn by risk and date; what was found; a relapse and what follows from it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from heapq import nsmallest

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from moderation.rectification.machine import LOOK_BACK, TASK
from moderation.rectification.rules import ledger_rule
from moderation.rectification.tasks import CloseOutRequest, LookBack, Objection, RectificationTask
from moderation.rectification.words import DONE_STATES, SEVERITY_WORDS, TaskState, VisitVerdict
from moderation.rectification.worksheets import open_worksheet
from portal.core import audit
from portal.core.clock import day_of
from portal.core.errors import Mendable, Refusal
from portal.core.ids import new_id
from portal.core.workflow import Actor, move

MOST_SEVERE = max(SEVERITY_WORDS)


@dataclass(frozen=True)
class Candidate:
    """A closed task with its risk, and the words for it."""

    task: RectificationTask
    risk: int
    reason: str


def risk_of(task: RectificationTask, today: date) -> tuple[int, str]:
    """How likely a closed task is to relapse: points, and what they are for."""
    late = task.closed_on is not None and task.due_on is not None and task.closed_on > task.due_on
    age = (today - task.closed_on).days // 30 if task.closed_on else 0
    points = (
        (3 * (task.severity - 1), f"{SEVERITY_WORDS[task.severity]}问题"),
        (4 * task.relapses, f"曾反弹 {task.relapses} 次"),
        (2 * len(task.objections), f"公示有异议 {len(task.objections)} 条"),
        (2 * (len(task.requests) > 1), "验收不止一次"),
        (2 * late, "超期完成"),
        (1 * task.ongoing, "要求长期坚持"),
        (min(age, 3), f"销号已 {age} 个月"),
    )
    return sum(score for score, _ in points), "，".join(words for score, words in points if score) or "随机抽查"


_FREE = (
    RectificationTask.state.in_((TaskState.CLOSED_OUT, TaskState.STABLE)),
    ~select(LookBack.id).where(LookBack.task_id == RectificationTask.id, LookBack.visited_on.is_(None)).exists(),
)
"""Closed, and no visit ahead."""


def _risk(today: date) -> ColumnElement[int]:
    """The points of :func:`risk_of` in SQL."""
    objections = select(func.count()).where(Objection.task_id == RectificationTask.id).scalar_subquery()
    rounds = select(func.count()).where(CloseOutRequest.task_id == RectificationTask.id).scalar_subquery()
    months = [(RectificationTask.closed_on <= today - timedelta(days=30 * month), month) for month in (3, 2, 1)]
    return (
        3 * (RectificationTask.severity - 1)
        + 4 * RectificationTask.relapses
        + 2 * objections
        + case((rounds > 1, 2), else_=0)
        + case((RectificationTask.closed_on > RectificationTask.due_on, 2), else_=0)
        + case((RectificationTask.ongoing, 1), else_=0)
        + case(*months, else_=0)
    )


def how_many_free(session: Session) -> int:
    """How many tasks a visit may be planned to."""
    return session.scalar(select(func.count()).select_from(RectificationTask).where(*_FREE)) or 0


def candidates(session: Session, today: date, ids: Sequence[str], *, loads: Sequence[ORMOption] = ()) -> list[Candidate]:
    """Those of ``ids`` that are closed and have no visit ahead, in that order. ``loads``: what else of each is read with them."""
    parts = (selectinload(RectificationTask.objections), selectinload(RectificationTask.requests))
    query = select(RectificationTask).where(RectificationTask.id.in_(ids), *_FREE).options(*parts, *loads)
    found = {task.id: Candidate(task, *risk_of(task, today)) for task in session.scalars(query)}
    return [found[task_id] for task_id in ids if task_id in found]


def draw(session: Session, today: date, count: int, *, seed: str, loads: Sequence[ORMOption] = ()) -> list[Candidate]:
    """``count`` tasks: two thirds the riskiest, the rest by lot. The same seed draws the same tasks, so the lot can be checked.

    Of the others only their ids are read.
    """
    riskiest = (_risk(today).desc(), func.coalesce(RectificationTask.closed_on, today), RectificationTask.id)
    free = select(RectificationTask.id).where(*_FREE)
    by_risk = list(session.scalars(free.order_by(*riskiest).limit((2 * count + 2) // 3)))
    others = (task_id for task_id in session.scalars(free) if task_id not in by_risk)
    lots = nsmallest(count - len(by_risk), others, key=lambda each: hashlib.sha256(f"{seed}:{each}".encode()).digest())
    found = candidates(session, today, [*by_risk, *lots], loads=loads)
    return [one if one.task.id in by_risk else replace(one, reason=f"抽签（种子 {seed}）") for one in found]


def plan_visit(
    session: Session, task: RectificationTask, *, on: date | None = None, reason: str, by: Actor, at: datetime
) -> LookBack:
    """Plans a visit; without a day, so many days after 销号 as the rules say, at the earliest tomorrow."""
    if task.state not in {TaskState.CLOSED_OUT, TaskState.STABLE}:
        raise Refusal("只有已销号的任务可以安排回头看", clause=LOOK_BACK)
    planned = on or max(
        day_of(at) + timedelta(days=1),
        (task.closed_on or day_of(at)) + timedelta(days=ledger_rule(session, "look_back_days").value),
    )
    visit = LookBack(id=new_id(), planned_on=planned, reason=reason[:200], planned_by=by.id, visited_by="", findings="")
    task.look_backs.append(visit)
    session.flush()
    audit.record(session, by=by.id, act="task.plan_look_back", subject=task.id, at=at, detail={"on": planned.isoformat()})
    return visit


def record_visit(
    session: Session, task: RectificationTask, visit: LookBack, *, verdict: VisitVerdict, findings: str, by: Actor, at: datetime
) -> None:
    """What the visit found. Anything but stable is a relapse: severity rises and a worksheet is opened (反弹必追责)."""
    if visit.visited_on is not None:
        raise Refusal("这次回头看已经有结论", clause=LOOK_BACK)
    if not findings.strip():
        raise Mendable("请写明查看情况", field="findings")
    if task.state is not TaskState.LOOK_BACK:
        move(session, TASK, task, "look_back", by=by, at=at)
    visit.visited_on, visit.visited_by, visit.verdict, visit.findings = day_of(at), by.id, verdict, findings.strip()
    if verdict is VisitVerdict.STABLE:
        move(session, TASK, task, "find_stable", by=by, at=at, text=findings)
    else:
        _relapse(session, task, verdict, findings, by=by, at=at)


def report_relapse(session: Session, task: RectificationTask, *, findings: str, by: Actor, at: datetime) -> None:
    """A relapse that came to light without a visit (a letter, monitoring)."""
    if task.state not in DONE_STATES - {TaskState.PUBLIC_NOTICE}:
        raise Refusal("只有已销号的任务才会反弹", clause=LOOK_BACK)
    _relapse(session, task, VisitVerdict.RELAPSE, findings, by=by, at=at)


def _relapse(session: Session, task: RectificationTask, verdict: VisitVerdict, findings: str, *, by: Actor, at: datetime) -> None:
    detail = {"verdict": verdict.value, "severity": min(task.severity + 1, MOST_SEVERE)}
    move(session, TASK, task, "find_relapse", by=by, at=at, text=findings, detail=detail)
    task.relapses += 1
    task.severity = min(task.severity + 1, MOST_SEVERE)
    task.closed_on = None
    for measure in task.measures:
        measure.percent = 0
    sham = verdict in {VisitVerdict.SHAM, VisitVerdict.SURFACE}
    open_worksheet(session, task, "sham" if sham else "relapse", findings.strip(), by=by, at=at)


def reopen(session: Session, task: RectificationTask, *, due_on: date, demands: str, by: Actor, at: datetime) -> None:
    """Puts a relapsed task back to work with a new deadline; its measures began again with the relapse."""
    if due_on <= day_of(at):
        raise Mendable("新的期限要在今天以后", field="due_on")
    move(session, TASK, task, "reopen", by=by, at=at, text=demands, detail={"due_on": due_on.isoformat()})
    task.due_on, task.starts_on = due_on, day_of(at)
    task.due_note = f"反弹后重新确定期限 {due_on.isoformat()}"
