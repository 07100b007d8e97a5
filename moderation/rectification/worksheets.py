"""反弹必追责: a relapse, sham rectification or a missed date opens an accountability worksheet, once each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.accountability.words import Origin
from moderation.accountability.worksheet import NewCase, open_case
from moderation.rectification.tasks import RectificationTask, TaskLink
from moderation.rectification.words import LinkKind
from moderation.staff import Unit
from portal.core.clock import day_of, spoken_day
from portal.core.ids import new_id
from portal.core.workflow import Actor

CAUSES = {"overdue": "未按期完成", "relapse": "整改后反弹", "sham": "虚假整改"}


def open_worksheet(session: Session, task: RectificationTask, cause: str, facts: str, *, by: Actor, at: datetime) -> str | None:
    """Opens the worksheet for ``cause`` and ties it to the task; None where it was opened before, or no unit is known."""
    marker = f"{cause}:{task.due_on.isoformat() if cause == 'overdue' and task.due_on else task.relapses}"
    unit_id = task.reporting_unit_id or next(iter(sorted(task.unit_ids())), "")
    opened = select(TaskLink.id).where(TaskLink.task_id == task.id, TaskLink.kind == LinkKind.CASE, TaskLink.cause == marker)
    if session.scalar(opened) is not None or session.get(Unit, unit_id) is None:
        return None
    case = open_case(
        session,
        NewCase(
            title=f"{task.plan.title[:60]}第 {task.number} 项{CAUSES[cause]}",
            facts_text=facts,
            region_code=task.plan.region_code,
            unit_id=unit_id,
            origin=Origin.TASK,
            task_id=task.id,
            task_record=task.id,
        ),
        by=by,
        at=at,
    )
    link = TaskLink(
        id=new_id(), kind=LinkKind.CASE, reference=case.id, label=f"{case.number} {CAUSES[cause]}", cause=marker, on=day_of(at)
    )
    task.links.append(link)
    task.note("open_worksheet", by=by.id, at=at, text=f"{CAUSES[cause]}，开出问责核查表 {case.number}")
    session.flush()
    return case.id


def overdue_facts(task: RectificationTask) -> str:
    """What the worksheet of a missed date begins with."""
    assert task.due_on is not None
    return f"整改时限“{task.deadline_text}”，截止 {spoken_day(task.due_on)}，到期没有完成。问题：{task.problem[:300]}"
