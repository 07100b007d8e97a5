"""The whole ledger at a glance: by state, pace, unit, field and month; what is late; what leaders are told each month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from moderation.rectification.progress import is_overdue, month_before, pace_of, task_percent, who_has_not_filed
from moderation.rectification.tasks import RectificationPlan, RectificationTask
from moderation.rectification.words import DONE_STATES, Pace, TaskState, UnitRole
from moderation.staff import Unit
from portal.core.vocabulary import PollutionType


@dataclass(frozen=True)
class UnitLine:
    """One unit's share of the ledger."""

    unit: str
    tasks: int
    done: int
    on_schedule: int
    behind: int
    overdue: int
    missing_reports: int


@dataclass(frozen=True)
class Overview:
    """Counts over a set of tasks on one day. Every share names what it is divided by in ``total``."""

    today: date
    month: str
    total: int
    by_state: tuple[tuple[TaskState, int], ...]
    by_pace: tuple[tuple[Pace, int], ...]
    by_type: tuple[tuple[PollutionType, int], ...]
    by_unit: tuple[UnitLine, ...]
    by_month: tuple[tuple[str, int], ...]
    mean_percent: int
    late: tuple[RectificationTask, ...]
    behind: tuple[RectificationTask, ...]
    listed: tuple[RectificationTask, ...]
    relapsed: tuple[RectificationTask, ...]
    missing: tuple[str, ...]

    @property
    def closed(self) -> int:
        """Tasks closed out, visited ones included; a relapse is not closed."""
        return sum(count for state, count in self.by_state if state in DONE_STATES - {TaskState.PUBLIC_NOTICE})


def tasks_in(session: Session, plan_id: str | None = None) -> list[RectificationTask]:
    """The tasks in force, of one plan or all."""
    wanted = select(RectificationTask).where(RectificationTask.dropped_on.is_(None))
    if plan_id:
        wanted = wanted.where(RectificationTask.plan_id == plan_id)
    loaded = wanted.options(
        selectinload(RectificationTask.units), selectinload(RectificationTask.measures), selectinload(RectificationTask.quantities),
        selectinload(RectificationTask.reports), selectinload(RectificationTask.listings), selectinload(RectificationTask.plan),
    )  # fmt: skip
    return list(session.scalars(loaded.order_by(RectificationTask.plan_id, RectificationTask.number)))


def overview(session: Session, today: date, *, plan_id: str | None = None) -> Overview:
    """The counts of today, computed; nothing in them is stored."""
    tasks = tasks_in(session, plan_id)
    paces = {task.id: pace_of(session, task, today) for task in tasks}
    month = month_before(today)
    missing = [row for row in who_has_not_filed(session, month, today) if plan_id is None or row.task.plan_id == plan_id]
    states = Counter(task.state for task in tasks)
    return Overview(
        today=today,
        month=month,
        total=len(tasks),
        by_state=tuple((state, states[state]) for state in TaskState),
        by_pace=tuple((pace, sum(p is pace for p in paces.values())) for pace in Pace),
        by_type=tuple((kind, sum(task.main_type is kind for task in tasks)) for kind in PollutionType),
        by_unit=_by_unit(session, tasks, paces, Counter(row.task.reporting_unit_id for row in missing)),
        by_month=_closed_by_month(tasks),
        mean_percent=round(sum(map(task_percent, tasks)) / len(tasks)) if tasks else 0,
        late=tuple(task for task in tasks if is_overdue(task, today)),
        behind=tuple(task for task in tasks if paces[task.id] is Pace.BEHIND),
        listed=tuple(task for task in tasks if task.open_listing() is not None),
        relapsed=tuple(task for task in tasks if task.relapses),
        missing=tuple(dict.fromkeys(row.unit_name for row in missing)),
    )


def _by_unit(
    session: Session, tasks: Sequence[RectificationTask], paces: dict[str, Pace], missing: Counter[str]
) -> tuple[UnitLine, ...]:
    names = {row.id: row.name for row in session.execute(select(Unit.id, Unit.name))}
    lines = []
    for unit_id in sorted({task.reporting_unit_id for task in tasks}, key=lambda uid: names.get(uid, "")):
        own = [task for task in tasks if task.reporting_unit_id == unit_id]
        count = Counter(paces[task.id] for task in own)
        lines.append(
            UnitLine(
                names.get(unit_id, "未定填报单位"), len(own), count[Pace.DONE], count[Pace.ON_SCHEDULE] + count[Pace.STANDING],
                count[Pace.BEHIND] + count[Pace.NO_REPORT], count[Pace.OVERDUE], missing[unit_id],
            )
        )  # fmt: skip
    return tuple(sorted(lines, key=lambda line: (-line.overdue, -line.behind, line.unit)))


def _closed_by_month(tasks: Iterable[RectificationTask]) -> tuple[tuple[str, int], ...]:
    months = Counter(f"{task.closed_on:%Y-%m}" for task in tasks if task.closed_on)
    return tuple(sorted(months.items()))


def plans(session: Session) -> list[RectificationPlan]:
    """Every plan, the newest first."""
    return list(session.scalars(select(RectificationPlan).order_by(RectificationPlan.imported_at.desc())))


def lead_words(task: RectificationTask) -> str:
    """Who leads, as printed; else who is responsible."""
    return "、".join(task.printed_units(UnitRole.LEAD) or task.printed_units(UnitRole.RESPONSIBLE)) or "未写"
