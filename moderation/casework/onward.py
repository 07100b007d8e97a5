"""What a letter leads to: 阶段性办结 opens a rectification task, and a task that relapses (反弹) reopens the letter.

And when its last step is asked: once the tasks are closed out, or the reporter had time enough to evaluate.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from moderation.casework import review
from moderation.casework.assignment import claims_of, units_named
from moderation.casework.guards import LETTER, assignments
from moderation.casework.letters import Letter, LetterLink, LetterText
from moderation.casework.machine import LetterState
from moderation.rectification.tasks import RectificationPlan, RectificationTask, TaskLink, TaskUnit
from moderation.rectification.words import LinkKind, PlanKind, TaskState, UnitRole
from portal.core import audit
from portal.core.clock import day_of
from portal.core.ids import new_id
from portal.core.workflow import Actor, SystemActor

TIMER = SystemActor("timer")
AT_ONCE = 200
FINISHED = (TaskState.CLOSED_OUT, TaskState.LOOK_BACK, TaskState.STABLE)


def open_task(session: Session, letter: Letter, by: Actor, at: datetime) -> RectificationTask:
    """Opens a task for what remains of a letter settled for now, in the plan of the year's letters. Once a closing."""
    plan = _plan_of_year(session, letter, by, at)
    number = (session.scalar(select(func.max(RectificationTask.number)).where(RectificationTask.plan_id == plan.id)) or 0) + 1
    text = session.get_one(LetterText, letter.id)
    done = [claim.measures for claim in claims_of(session, letter) if claim.measures]
    task = RectificationTask(
        id=f"{plan.id}-{number:03d}", plan_id=plan.id, number=number, problem=text.summary,
        target="信访件反映的问题整改到位，不反弹",
        measures_intro="\n".join(dict.fromkeys(done)), deadline_text="待整改推进组核定", deadline_kind="unclear", milestones="[]",
        leaders="[]", extra="{}", due_note="", state=TaskState.NOT_STARTED, main_type=letter.main_type, severity=letter.severity,
        relapses=0, starts_on=day_of(at), reporting_unit_id=letter.unit_id, version=1, ongoing=False,
    )  # fmt: skip
    parts = assignments(session, letter)
    known = units_named(session, (part.unit_id for part in parts))
    task.units += [
        TaskUnit(
            place=place, role=UnitRole.LEAD if part.lead else UnitRole.SUPPORTING, printed=known[part.unit_id], unit_id=part.unit_id
        )
        for place, part in enumerate(parts)
    ]
    task.links.append(
        TaskLink(id=new_id(), kind=LinkKind.LETTER, reference=letter.id, label=letter.spoken_number, on=day_of(at), cause="")
    )
    session.add(task)
    session.flush()
    task.note("add", by=by.id, at=at, text=f"由信访件 {letter.spoken_number} 阶段性办结转入", public="列入整改台账")
    session.flush()
    audit.record(session, by=by.id, act="task.add", subject=task.id, at=at, detail={"letter": letter.id})
    review.link(session, letter, "task", task.id, by=by, at=at)
    return task


def _plan_of_year(session: Session, letter: Letter, by: Actor, at: datetime) -> RectificationPlan:
    year = day_of(at).year
    plan = session.get(RectificationPlan, f"xf-{year}")
    if plan is None:
        plan = RectificationPlan(
            id=f"xf-{year}", kind=PlanKind.CAMPAIGN, title=f"{year} 年信访件整改", region_code=letter.region_code[:6], unread="[]",
            imported_at=at, imported_by=by.id,
        )  # fmt: skip
        session.add(plan)
        session.flush()
    return plan


def ask_to_wrap_up(session: Session, *, at: datetime) -> int:
    """Asks the group for the last step: of letters whose time to evaluate is over, and of those whose tasks are all closed out.

    Silence is not satisfaction: somebody looks before the letter is archived. Returns how many it asked.
    """
    today = day_of(at)
    silent = select(Letter).where(Letter.state == LetterState.FOLLOW_UP, Letter.due_on < today, Letter.wrap_up_on.is_(None))
    found = [*session.scalars(silent.limit(AT_ONCE)), *session.scalars(_all_closed_out().limit(AT_ONCE))]
    for letter in found:
        letter.wrap_up_on = today
    session.flush()
    return len(found)


def _all_closed_out() -> Select[Letter]:
    """Letters settled for now with a task, and with none that is not closed out. A dropped task holds nothing up."""
    tasks = (
        select(LetterLink.letter_id)
        .join(RectificationTask, RectificationTask.id == LetterLink.target_id)
        .where(LetterLink.letter_id == Letter.id, LetterLink.kind == "task")
    )
    still = tasks.where(RectificationTask.state.not_in(FINISHED), RectificationTask.dropped_on.is_(None))
    for_now = (Letter.state == LetterState.SETTLED_FOR_NOW, Letter.wrap_up_on.is_(None))
    return select(Letter).where(*for_now, tasks.exists(), ~still.exists())


def reopen_relapsed(session: Session, *, at: datetime) -> int:
    """Reopens closed letters whose task relapsed, once a relapse. Returns how many."""
    query = (
        select(Letter, RectificationTask)
        .join(LetterLink, LetterLink.letter_id == Letter.id)
        .join(RectificationTask, RectificationTask.id == LetterLink.target_id)
        .where(LetterLink.kind == "task", RectificationTask.relapses > 0, Letter.closed_on.is_not(None))
    )
    done = 0
    for letter, task in session.execute(query.limit(100)):
        mark = f"{task.id}:{task.relapses}"
        if LETTER.step(letter.state, "reopen") is None or session.get(LetterLink, (letter.id, "relapse", mark)) is not None:
            continue
        review.link(session, letter, "relapse", mark, by=TIMER, at=at)
        review.reopen(session, letter, f"整改任务第 {task.number} 项反弹", by=TIMER, at=at)
        done += 1
    return done
