"""What the worker does for the ledger: a missed date opens its worksheet, a planned visit that has come is begun. Idempotent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from moderation.office import Office
from moderation.rectification.machine import TASK
from moderation.rectification.progress import is_overdue
from moderation.rectification.tasks import LookBack, RectificationTask
from moderation.rectification.words import DONE_STATES, TaskState
from moderation.rectification.worksheets import open_worksheet, overdue_facts
from portal.core.clock import day_of
from portal.core.workflow import SystemActor, move

TIMER = SystemActor("ledger-timer")


def run(office: Office, at: datetime) -> None:
    """One transaction a task: a fault in one does not hold up the others."""
    for task_id in _overdue(office, at):
        with office.office.transaction() as session:
            task = session.get_one(RectificationTask, task_id)
            open_worksheet(session, task, "overdue", overdue_facts(task), by=TIMER, at=at)
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
