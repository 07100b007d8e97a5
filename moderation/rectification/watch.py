"""What the worker does for the ledger: worksheets for missed dates, visits that have come, reminders. Idempotent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.office import Office
from moderation.outbox import To, tell
from moderation.rectification.machine import TASK
from moderation.rectification.progress import is_overdue, month_before, reminder_of, report_due_on, who_has_not_filed
from moderation.rectification.tasks import LookBack, RectificationTask
from moderation.rectification.words import DONE_STATES, Reminder, TaskState
from moderation.rectification.worksheets import open_worksheet, overdue_facts
from portal.core.clock import day_of
from portal.core.vocabulary import Role
from portal.core.workflow import SystemActor, move

TIMER = SystemActor("ledger-timer")


def run(office: Office, at: datetime) -> None:
    """One transaction a task: a fault in one does not hold up the others."""
    for task_id in _overdue(office, at):
        with office.office.transaction() as session:
            task = session.get_one(RectificationTask, task_id)
            open_worksheet(session, task, "overdue", overdue_facts(task), by=TIMER, at=at)
    with office.office.transaction() as session:
        remind(session, at)
    for task_id in _to_visit(office, at):
        with office.office.transaction() as session:
            task = session.get_one(RectificationTask, task_id)
            move(session, TASK, task, "look_back", by=TIMER, at=at)


def _overdue(office: Office, at: datetime) -> list[str]:
    today = day_of(at)
    wanted = select(RectificationTask).where(
        RectificationTask.due_on < today, RectificationTask.state.not_in(DONE_STATES), RectificationTask.dropped_on.is_(None)
    )
    with office.office.reading() as session:
        late = [task for task in session.scalars(wanted) if is_overdue(task, today)]
        marker = {task.id: f"overdue:{task.due_on}" for task in late}
        return [task.id for task in late if all(link.cause != marker[task.id] for link in task.links)]


def _to_visit(office: Office, at: datetime) -> list[str]:
    wanted = (
        select(LookBack.task_id)
        .join(RectificationTask, RectificationTask.id == LookBack.task_id)
        .where(
            LookBack.visited_on.is_(None),
            LookBack.planned_on <= day_of(at),
            RectificationTask.state.in_([TaskState.CLOSED_OUT, TaskState.STABLE]),
        )
    )
    with office.office.reading() as session:
        return list(dict.fromkeys(session.scalars(wanted)))


# What each step of the ladder says, and whether the ledger keepers hear it too.
_LADDER = {
    Reminder.WARNING: ("task_due", False),
    Reminder.URGING: ("letter_urged", False),
    Reminder.SUPERVISED: ("letter_supervised", True),
}


def remind(session: Session, at: datetime) -> None:
    """Tells the reporting unit of tasks that are due soon or late, and of reports that are missing; each cause once."""
    today = day_of(at)
    running = select(RectificationTask).where(
        RectificationTask.state.not_in(DONE_STATES), RectificationTask.dropped_on.is_(None), RectificationTask.due_on.is_not(None)
    )
    for task in session.scalars(running):
        step = reminder_of(session, task, today)
        if step in _LADDER and task.state is not TaskState.RELAPSED:
            sentence, keepers = _LADDER[step]
            _tell(session, task, sentence, f"{step.value}:{task.due_on}", at, keepers=keepers)
    month = month_before(today)
    if today >= report_due_on(session, month):
        for row in who_has_not_filed(session, month, today):
            _tell(session, row.task, "report_due", month, at, keepers=False)


def _tell(session: Session, task: RectificationTask, sentence: str, cause: str, at: datetime, *, keepers: bool) -> None:
    number, link = f"整改任务 {task.id}", f"/rectification-tasks/{task.id}"
    if task.reporting_unit_id:
        to = To.role(Role.UNIT_OFFICER, task.reporting_unit_id)
        tell(session, to, sentence, cause=f"{task.id}:{cause}", at=at, number=number, link=link)
    if keepers:
        to = To.role(Role.RECTIFICATION_OFFICER)
        tell(session, to, sentence, cause=f"{task.id}:{cause}", at=at, number=number, link=link)
