"""Writes a plan to the ledger and drafts one disclosure a task; the one way in for the command and the console."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from moderation.rectification import importing
from moderation.rectification.disclosure import draft_task
from moderation.rectification.importing import Comparison, PlanHead, tasks_of
from moderation.rectification.keeping import task_named
from moderation.rectification.plan import Plan, PlanItem
from portal.core.errors import Mendable
from portal.core.workflow import Actor


def write(
    session: Session,
    plan: Plan,
    head: PlanHead,
    *,
    drafting: bool = True,
    by: Actor,
    at: datetime,
    items: tuple[PlanItem, ...] | None = None,
) -> Comparison:
    """The ledger and the drafts together: each new task gets its disclosure; a second time there is nothing to draft."""
    if not head.code:
        raise Mendable("请用 --code 给方案一个代码，如 zj-2026-03", field="code")
    found = importing.apply(session, plan, head, by=by, at=at, items=items)
    for task_id in to_draft(session, head.code) if drafting else ():
        draft_one(session, task_id, {}, by=by, at=at)
    return found


def to_draft(session: Session, code: str) -> tuple[str, ...]:
    """The tasks of a plan that have a public page."""
    return tuple(task.id for task in tasks_of(session, code) if task.dropped_on is None)


def draft_one(session: Session, task_id: str, _options: Mapping[str, str], /, *, by: Actor, at: datetime) -> None:
    """Drafts the public record of one task, once."""
    draft_task(session, task_named(session, task_id), by=by, at=at)
