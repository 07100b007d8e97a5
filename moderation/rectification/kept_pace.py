"""序时进度 as columns of a task, kept whenever the task or a part of it is written: lists and counts read no parts.

What changes by the calendar alone is kept as the day it changes on, so that nothing has to be kept anew overnight.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import ColumnElement, case, event, select, type_coerce
from sqlalchemy.orm import Session, UOWTransaction

from moderation.rectification.progress import expected_percent, first_step_due, last_report, task_percent, work_is_done
from moderation.rectification.rules import PREFIX, ledger_rule, shipped_rules
from moderation.rectification.tasks import Measure, MonthlyReport, Quantity, RectificationTask
from moderation.rectification.words import Pace, TaskState
from moderation.settings import Setting
from portal.core.db import TermColumn

TOLERANCE = "pace_tolerance_percent"
_PARTS = (Measure, Quantity, MonthlyReport)
_DAY = timedelta(days=1)


def pace_on(today: date) -> ColumnElement[Pace]:
    """:func:`progress.pace_of` in SQL."""
    found = case(
        (RectificationTask.pace_kept == Pace.DONE, Pace.DONE.value),
        (RectificationTask.overdue_from <= today, Pace.OVERDUE.value),
        (RectificationTask.said_until >= today, RectificationTask.pace_said),
        (RectificationTask.behind_from <= today, Pace.BEHIND.value),
        else_=RectificationTask.pace_kept,
    )
    return type_coerce(found, TermColumn(Pace))


def has_pace(pace: Pace, today: date) -> ColumnElement[bool]:
    """Tasks of one pace; of those late an index knows."""
    return RectificationTask.overdue_from <= today if pace is Pace.OVERDUE else pace_on(today) == pace


def keep(task: RectificationTask, tolerance: int) -> None:
    """Sets what is kept of the task from the task as it stands."""
    done, relapsed = work_is_done(task), task.state is TaskState.RELAPSED
    task.percent = task_percent(task)
    runs = not done and not relapsed and task.dropped_on is None
    task.overdue_from = task.due_on + _DAY if runs and task.due_on else None
    task.behind_from = None if done or relapsed else _behind_from(task, tolerance)
    task.pace_kept = Pace.DONE if done else Pace.BEHIND if relapsed else _pace_before_days(task)
    last = last_report(task.reports)
    task.pace_said = last.pace_said if last else None
    task.said_until = _said_until(last.month) if last and last.pace_said else None


def _pace_before_days(task: RectificationTask) -> Pace:
    if task.due_on is None and task.ongoing:
        return Pace.STANDING
    moves = bool(task.reports) or (task.due_on is not None and task.percent > 0)
    return Pace.ON_SCHEDULE if moves else Pace.NO_REPORT


def _said_until(month: str) -> date:
    """The last day of the month after ``month``."""
    first = date(int(month[:4]), int(month[5:]), 1)
    return (first + 70 * _DAY).replace(day=1) - _DAY


def _behind_from(task: RectificationTask, tolerance: int) -> date | None:
    """The first day on which a step is missed, or the straight line to the deadline runs ahead of what is done."""
    missed, ahead = first_step_due(task), _line_ahead(task, task.percent + tolerance)
    days = [day for day in (missed + _DAY if missed else None, ahead) if day is not None]
    return min(days, default=None)


def _line_ahead(task: RectificationTask, percent: int) -> date | None:
    """The first day on which more than ``percent`` is expected; None: never."""
    if task.due_on is None or percent >= 100:
        return None
    low, high = min(task.starts_on, task.due_on), task.due_on
    while low < high:
        middle = low + (high - low) // 2
        if (expected_percent(task, middle) or 0) > percent:
            high = middle
        else:
            low = middle + _DAY
    return high


@event.listens_for(Session, "before_flush")
def _kept(session: Session, _context: UOWTransaction, _instances: object) -> None:
    changed = [*session.new, *session.dirty, *session.deleted]
    rule = next((row for row in changed if isinstance(row, Setting) and row.key == PREFIX + TOLERANCE), None)
    tasks = {row.id: row for row in _tasks_of(session, changed)} if rule is None else _all(session)
    if tasks:
        tolerance = ledger_rule(session, TOLERANCE).value if rule is None else _value(rule, gone=rule in session.deleted)
        for task in tasks.values():
            keep(task, tolerance)


def _value(rule: Setting, *, gone: bool) -> int:
    return shipped_rules()[TOLERANCE].value if gone else int(rule.value)


def _tasks_of(session: Session, changed: Iterable[object]) -> Iterable[RectificationTask]:
    for row in changed:
        if isinstance(row, RectificationTask) and row not in session.deleted:
            yield row
        elif isinstance(row, _PARTS) and row.task_id:
            task = session.get(RectificationTask, row.task_id)
            if task is not None:
                yield task


def _all(session: Session) -> dict[str, RectificationTask]:
    running = select(RectificationTask).where(RectificationTask.pace_kept != Pace.DONE)
    return {task.id: task for task in session.scalars(running)}
