"""序时进度 and the monthly report (月报): how far a task is, how far it should be, who has not filed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.interfaces import ORMOption

from moderation.rectification.machine import TASK
from moderation.rectification.rules import ledger_rule
from moderation.rectification.tasks import MonthlyReport, RectificationTask, TaskUnit
from moderation.rectification.words import DONE_STATES, Pace, Reminder, TaskState
from moderation.staff import Unit
from portal.core import audit
from portal.core.clock import day_of
from portal.core.errors import Mendable, NotAllowed, Refusal
from portal.core.vocabulary import Role
from portal.core.workflow import Actor, move

REPORT_CLAUSE = "整改方案：月报制度"
SOON_DAYS = 30
"""A unit sees on its start page what is due within these days."""
FILING_STATES = frozenset({TaskState.NOT_STARTED, TaskState.UNDER_WAY, TaskState.CHECK_REQUESTED, TaskState.ON_SITE_CHECK})


def task_percent(task: RectificationTask) -> int:
    """How far the whole task is, 0 to 100: the mean of its quantities, else of its measures, else the last report's word."""
    if task.state in DONE_STATES:
        return 100
    if task.quantities:
        return round(100 * sum(quantity.share() for quantity in task.quantities) / len(task.quantities))
    if any(measure.percent for measure in task.measures):
        return round(sum(measure.percent for measure in task.measures) / len(task.measures))
    last = last_report([report for report in task.reports if day_of(report.at) >= task.starts_on])
    return last.percent if last and task.state is not TaskState.RELAPSED else 0


def last_report(reports: Sequence[MonthlyReport]) -> MonthlyReport | None:
    """The report that counts: of the latest month, the latest version. One filed just now stands last, whatever its month."""
    return max(reports, key=lambda report: (report.month, report.version), default=None)


def expected_percent(task: RectificationTask, today: date) -> int | None:
    """How far a task should be by its dates, in a straight line from start to deadline; None where there is no final date."""
    if task.due_on is None:
        return None
    whole = (task.due_on - task.starts_on).days
    if whole <= 0:
        return 100 if today >= task.due_on else 0
    return max(0, min(100, round(100 * (today - task.starts_on).days / whole)))


def computed_pace(session: Session, task: RectificationTask, today: date, *, reporting: bool = False) -> Pace:
    """序时进度 from dates and quantities alone. A milestone or a quantity past its own date is behind.

    ``reporting``: a report is just being filed, so the task has one.
    """
    reported = reporting or bool(task.reports)
    if work_is_done(task):
        return Pace.DONE
    if is_overdue(task, today):
        return Pace.OVERDUE
    if task.state is TaskState.RELAPSED or _step_missed(task, today):
        return Pace.BEHIND
    expected = expected_percent(task, today)
    if expected is None:
        return Pace.STANDING if task.ongoing else (Pace.ON_SCHEDULE if reported else Pace.NO_REPORT)
    tolerance = ledger_rule(session, "pace_tolerance_percent").value
    if task_percent(task) + tolerance >= expected:
        return Pace.ON_SCHEDULE if reported or task_percent(task) else Pace.NO_REPORT
    return Pace.BEHIND


def pace_of(session: Session, task: RectificationTask, today: date) -> Pace:
    """The pace that counts: what a person set with a reason in the report of this or last month, else the computed one.

    An overdue or finished task is what it is; nobody's word changes that.
    """
    computed = computed_pace(session, task, today)
    last = last_report(task.reports)
    fresh = last is not None and last.month in {month_of(today), month_before(today)}
    if last is None or last.pace_said is None or not fresh or computed in {Pace.OVERDUE, Pace.DONE}:
        return computed
    return last.pace_said


def work_is_done(task: RectificationTask) -> bool:
    """Everything countable is complete and every measure reported whole: 已完成整改, though not yet 销号.

    A relapsed task is not done, whatever was reported of it before.
    """
    if task.state in DONE_STATES:
        return True
    if task.state is TaskState.RELAPSED or not (task.quantities or task.measures):
        return False
    return all(q.is_complete() for q in task.quantities) and all(m.percent >= 100 for m in task.measures)


def is_overdue(task: RectificationTask, today: date) -> bool:
    """Computed, never stored. A standing duty without a date is never overdue; a relapsed task waits for its new date."""
    runs = task.due_on is not None and task.dropped_on is None and task.state is not TaskState.RELAPSED
    return runs and task.due_on is not None and task.due_on < today and not work_is_done(task)


def first_step_due(task: RectificationTask) -> date | None:
    """The first day a milestone or a quantity must be done that is not; None: there is none."""
    steps = [date.fromisoformat(step["due"]) for step in json.loads(task.milestones) if not step["done_on"]]
    counted = [q.due_on for q in task.quantities if q.due_on is not None and not q.is_complete()]
    return min([*steps, *counted], default=None)


def _step_missed(task: RectificationTask, today: date) -> bool:
    due = first_step_due(task)
    return due is not None and due < today


def reminder_of(session: Session, task: RectificationTask, today: date) -> Reminder:
    """Where a task stands on the supervision ladder, by its date."""
    if task.due_on is None or work_is_done(task) or task.dropped_on is not None:
        return Reminder.NONE
    late = (today - task.due_on).days
    if late > ledger_rule(session, "supervised_days").value:
        return Reminder.SUPERVISED
    if late > 0:
        return Reminder.URGING
    return Reminder.WARNING if -late <= ledger_rule(session, "warning_days").value else Reminder.NONE


def month_of(day: date) -> str:
    """2026-11."""
    return f"{day.year:04d}-{day.month:02d}"


def month_before(day: date) -> str:
    """The month before the one ``day`` lies in."""
    return month_of(day.replace(day=1) - timedelta(days=1))


@dataclass(frozen=True)
class ReportDraft:
    """A monthly report as typed. ``measures``: place → percent; ``quantities``: place → done, decimal text."""

    month: str
    text: str
    percent: int | None = None
    measures: Mapping[int, int] | None = None
    quantities: Mapping[int, str] | None = None
    difficulties: str = ""
    next_steps: str = ""
    pace_said: Pace | None = None
    pace_reason: str = ""


def file_report(session: Session, task: RectificationTask, draft: ReportDraft, *, by: Actor, at: datetime) -> MonthlyReport:
    """A unit files its report of a month; measures and quantities move with it. Filed again, the later one counts.

    Raises Mendable naming the field, NotAllowed for a unit the task does not name, Refusal once the task is closed out.
    Source: 整改方案 月报制度.
    """
    _require_filing(task, by)
    _check_report(task, draft, day_of(at))
    _move_figures(task, draft, day_of(at))
    if task.state is TaskState.NOT_STARTED:
        move(session, TASK, task, "start", by=by, at=at)
    figures = {q.label: [q.done, q.total, q.unit] for q in task.quantities}
    percent = task_percent(task) if task.quantities or _has_measure_figures(task) else draft.percent or 0
    report = MonthlyReport(
        task_id=task.id, month=draft.month, version=1 + sum(r.month == draft.month for r in task.reports), percent=percent,
        pace=computed_pace(session, task, day_of(at), reporting=True),
        pace_said=draft.pace_said, pace_reason=draft.pace_reason, text=draft.text.strip(),
        difficulties=draft.difficulties.strip(), next_steps=draft.next_steps.strip(), by=by.id, at=at,
        unit_id=getattr(by, "unit_id", ""), figures=json.dumps(figures, ensure_ascii=False),
    )  # fmt: skip
    task.reports.append(report)
    task.note("report", by=by.id, at=at, text=draft.text.strip(), public=f"{_spoken_month(draft.month)}进展：{percent}%")
    audit.record(session, by=by.id, act="task.report", subject=task.id, at=at, detail={"month": draft.month, "percent": percent})
    return report


def _spoken_month(month: str) -> str:
    return f"{int(month[:4])}年{int(month[5:])}月"


def _has_measure_figures(task: RectificationTask) -> bool:
    return any(measure.percent for measure in task.measures)


def _require_filing(task: RectificationTask, by: Actor) -> None:
    if task.dropped_on is not None or task.state not in FILING_STATES:
        raise Refusal(f"“{task.state.zh}”的任务不再报送月报", clause=REPORT_CLAUSE)
    if Role.RECTIFICATION_OFFICER in by.roles:
        return
    if Role.UNIT_OFFICER not in by.roles or getattr(by, "unit_id", "") not in task.unit_ids():
        raise NotAllowed("这项任务不是您单位的", clause=REPORT_CLAUSE)


def _check_report(task: RectificationTask, draft: ReportDraft, today: date) -> None:
    if not is_month(draft.month) or draft.month > month_of(today):
        raise Mendable("请选择本月或以前的月份", field="month")
    if not draft.text.strip():
        raise Mendable("请写明本月做了什么", field="text")
    if draft.percent is not None and not 0 <= draft.percent <= 100:
        raise Mendable("总体进度请填 0 到 100", field="percent")
    if draft.pace_said is not None and not draft.pace_reason.strip():
        raise Mendable("不按系统计算的序时进度，请写明理由", field="pace_reason")
    for place, percent in (draft.measures or {}).items():
        if not 0 <= percent <= 100:
            raise Mendable("措施进度请填 0 到 100", field=f"measure_{place}")
    for place, done in (draft.quantities or {}).items():
        quantity = next((q for q in task.quantities if q.place == place), None)
        if quantity is None or not is_number(done):
            raise Mendable("请填数字", field=f"quantity_{place}")


def is_month(month: str) -> bool:
    try:
        return len(month) == 7 and date.fromisoformat(f"{month}-01").year >= 2000
    except ValueError:
        return False


def is_number(text: str) -> bool:
    try:
        return Decimal(text) >= 0 and len(text) <= 20
    except InvalidOperation:
        return False


def _move_figures(task: RectificationTask, draft: ReportDraft, today: date) -> None:
    for measure in task.measures:
        percent = (draft.measures or {}).get(measure.place)
        if percent is not None and percent != measure.percent:
            measure.percent, measure.changed_on = percent, today
    for quantity in task.quantities:
        done = (draft.quantities or {}).get(quantity.place)
        if done is not None:
            quantity.done = str(Decimal(done).normalize().__format__("f"))


@dataclass(frozen=True)
class Missing:
    """A task whose report of a month is not there. ``late_days``: days since the day it was due (0: not yet due)."""

    task: RectificationTask
    unit_name: str
    month: str
    due_on: date
    late_days: int


def report_due_on(session: Session, month: str) -> date:
    """The day the report of ``month`` must be in: the configured day of the next month."""
    year, number = int(month[:4]), int(month[5:])
    first = date(year + number // 12, number % 12 + 1, 1)
    return first + timedelta(days=ledger_rule(session, "report_day").value - 1)


def without_report(unit_id: str, month: str) -> Select[RectificationTask]:
    """Tasks in work of which this unit files the report, and has not for ``month``."""
    filed = select(MonthlyReport.task_id).where(MonthlyReport.task_id == RectificationTask.id, MonthlyReport.month == month)
    return select(RectificationTask).where(
        RectificationTask.reporting_unit_id == unit_id,
        RectificationTask.state.in_(FILING_STATES),
        RectificationTask.dropped_on.is_(None),
        ~filed.exists(),
    )


def due_soon_at(unit_id: str, today: date) -> Select[RectificationTask]:
    """Tasks this unit carries that are not up for a check yet, and are past their date or near it."""
    carried = select(TaskUnit.task_id).where(TaskUnit.unit_id == unit_id)
    return select(RectificationTask).where(
        or_(RectificationTask.id.in_(carried), RectificationTask.reporting_unit_id == unit_id),
        RectificationTask.state.in_((TaskState.NOT_STARTED, TaskState.UNDER_WAY)),
        RectificationTask.due_on <= today + timedelta(days=SOON_DAYS),
        RectificationTask.dropped_on.is_(None),
    )


def not_filed(session: Session, month: str) -> Select[RectificationTask, str]:
    """Tasks in work in ``month`` that have no report of it, each with the name of its unit (empty: none is set), by unit."""
    filed = select(MonthlyReport.task_id).where(MonthlyReport.task_id == RectificationTask.id, MonthlyReport.month == month)
    name = func.coalesce(Unit.name, "")
    query = select(RectificationTask, name).outerjoin(Unit, Unit.id == RectificationTask.reporting_unit_id)
    return query.where(
        RectificationTask.state.in_(FILING_STATES), RectificationTask.dropped_on.is_(None),
        RectificationTask.starts_on < report_due_on(session, month), ~filed.exists(),
    ).order_by(name, RectificationTask.id)  # fmt: skip


def count_not_filed(session: Session, month: str) -> tuple[int, int]:
    """How many such tasks there are, and of how many units; those without one count as one."""
    listed = not_filed(session, month).order_by(None)
    row = session.execute(
        listed.with_only_columns(func.count(RectificationTask.id), func.count(func.distinct(func.coalesce(Unit.name, ""))))
    ).one()
    return int(row[0]), int(row[1])


def who_has_not_filed(
    session: Session, month: str, today: date, *, first: int = 0, limit: int | None = None, loads: Sequence[ORMOption] = ()
) -> list[Missing]:
    """Tasks in work in ``month`` that have no report of it, by unit: all, or ``limit`` after the ``first`` ones.

    ``loads``: what else of each task is wanted, read with them.
    """
    due = report_due_on(session, month)
    rows = session.execute(not_filed(session, month).options(*loads).offset(first).limit(limit))
    return [Missing(task, name or "未定填报单位", month, due, max(0, (today - due).days)) for task, name in rows]
