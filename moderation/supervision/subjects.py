"""What can be supervised, behind one narrow interface: letters and rectification tasks. A new kind is a new row."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from moderation.casework import letter_lists
from moderation.casework.letters import Letter, LetterText
from moderation.casework.machine import Desk, LetterState
from moderation.rectification.tasks import RectificationTask, TaskUnit
from moderation.rectification.words import DONE_STATES, UnitRole
from moderation.staff import SignedIn
from moderation.supervision.machine import Rung, SubjectKind
from moderation.supervision.tables import Supervision
from portal.core.workflow import Actor, SystemActor


@dataclass(frozen=True)
class Subject:
    """A letter or task as the ladder sees it. ``due_on`` None: no date runs. ``open``: its unit still owes something."""

    kind: SubjectKind
    id: str
    number: str
    unit_id: str
    summary: str
    due_on: date | None
    open: bool
    key: bool = False


@dataclass(frozen=True)
class Thresholds:
    """Days from the day due at which the timer acts; negative is before."""

    subject: str
    key: bool
    warn: int
    urge: int
    supervise: int
    clause: str
    source: str
    confirmed: bool


@cache
def thresholds() -> tuple[Thresholds, ...]:
    """Every row of `rules/supervision.toml`, checked."""
    raw = tomllib.loads((resources.files("portal.core") / "rules" / "supervision.toml").read_text("utf-8"))
    rows = tuple(Thresholds(**row) for row in raw["rung"])
    for row in rows:
        if not row.warn < row.urge < row.supervise or not row.clause:
            raise ValueError(f"supervision.toml: {row.subject} needs warn < urge < supervise and a clause")
    return rows


def thresholds_for(subject: Subject) -> Thresholds:
    """The row for this subject."""
    return next(row for row in thresholds() if row.subject == subject.kind.value and row.key is subject.key)


@dataclass(frozen=True)
class Source:
    """One kind of subject: how to find some of them, which are near or past their day, and who may know of it.

    ``find(session, ids)``: those there are. ``due(session, by_day)``: ids of open subjects due by that day.
    ``may_know(session, id, person)``.
    """

    find: Callable[[Session, Sequence[str]], list[Subject]]
    due: Callable[[Session, date], list[str]]
    may_know: Callable[[Session, str, Actor], bool]


_UNITS = (LetterState.ASSIGNED, LetterState.HANDLING, LetterState.EXTENSION_ASKED, LetterState.RETURN_DISPUTED)


def _letters(session: Session, ids: Sequence[str]) -> list[Subject]:
    texts = select(LetterText.letter_id, LetterText.summary).where(LetterText.letter_id.in_(ids))
    summaries = {row[0]: row[1] for row in session.execute(texts)}
    letters = session.scalars(select(Letter).where(Letter.id.in_(ids)))
    return [_letter(letter, summaries.get(letter.id, "")) for letter in letters]


def _letter(letter: Letter, summary: str) -> Subject:
    is_open = letter.desk in (Desk.QUEUE, Desk.UNITS) and letter.state in (*_UNITS, LetterState.ACCEPTED, LetterState.REOPENED)
    return Subject(SubjectKind.LETTER, letter.id, letter.spoken_number, letter.unit_id, summary, letter.due, is_open,
                   letter.key_letter)  # fmt: skip


def _letters_due(session: Session, by_day: date) -> list[str]:
    query = select(Letter.id).where(Letter.desk == Desk.UNITS, Letter.due_on <= by_day, Letter.discipline_only.is_(False))
    return list(session.scalars(query.order_by(Letter.due_on, Letter.id)))


def _may_know_letter(session: Session, letter_id: str, by: Actor) -> bool:
    if isinstance(by, SystemActor):
        return True
    if not isinstance(by, SignedIn):
        return False
    return session.scalar(letter_lists.visible(select(Letter.id).where(Letter.id == letter_id), by)) is not None


def _tasks(session: Session, ids: Sequence[str]) -> list[Subject]:
    leading = select(TaskUnit.task_id, TaskUnit.unit_id).where(TaskUnit.task_id.in_(ids), TaskUnit.role == UnitRole.LEAD)
    leads: dict[str, str | None] = {}
    for task_id, unit_id in session.execute(leading.order_by(TaskUnit.task_id, TaskUnit.place)):
        leads.setdefault(task_id, unit_id)
    tasks = session.scalars(select(RectificationTask).where(RectificationTask.id.in_(ids)))
    return [_task(task, leads.get(task.id)) for task in tasks]


def _task(task: RectificationTask, lead: str | None) -> Subject:
    is_open = task.state not in DONE_STATES and task.dropped_on is None
    return Subject(SubjectKind.TASK, task.id, task.id, lead or task.reporting_unit_id or "", task.problem, task.due_on, is_open,
                   task.severity > 2)  # fmt: skip


def _tasks_due(session: Session, by_day: date) -> list[str]:
    query = select(RectificationTask.id).where(
        RectificationTask.due_on <= by_day, RectificationTask.state.not_in(DONE_STATES), RectificationTask.dropped_on.is_(None)
    )
    return list(session.scalars(query.order_by(RectificationTask.due_on, RectificationTask.id)))


SOURCES: dict[SubjectKind, Source] = {
    SubjectKind.LETTER: Source(_letters, _letters_due, _may_know_letter),
    SubjectKind.TASK: Source(_tasks, _tasks_due, lambda _session, _id, _by: True),
}


def find(session: Session, kind: SubjectKind, subject_id: str) -> Subject | None:
    """The subject; None where there is none."""
    return find_all(session, [(kind, subject_id)]).get((kind, subject_id))


def find_all(session: Session, wanted: Sequence[tuple[SubjectKind, str]]) -> dict[tuple[SubjectKind, str], Subject]:
    """Those of ``wanted`` that there are, read together."""
    found: dict[tuple[SubjectKind, str], Subject] = {}
    for kind, source in SOURCES.items():
        ids = [subject_id for each, subject_id in wanted if each is kind]
        found |= {(kind, subject.id): subject for subject in (source.find(session, ids) if ids else ())}
    return found


def letter_by_number(session: Session, number: str, person: SignedIn) -> str | None:
    """The id of the letter people call ``number``, if this person may know of it."""
    query = select(Letter.id).where(or_(Letter.number == number, Letter.upstream_number == number))
    return session.scalar(letter_lists.visible(query, person).limit(1)) if number else None


def near(session: Session, kind: SubjectKind, today: date) -> list[str]:
    """Open subjects of a kind within the widest warning, or past their day, that the timer could still raise."""
    widest = -min(row.warn for row in thresholds() if row.subject == kind.value)
    top = select(Supervision.subject_id).where(
        Supervision.subject_kind == kind, Supervision.state.in_((Rung.SUPERVISED, Rung.INSPECTED))
    )
    raised = set(session.scalars(top))
    return [subject_id for subject_id in SOURCES[kind].due(session, today + timedelta(days=widest)) if subject_id not in raised]
