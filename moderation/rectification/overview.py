"""The whole ledger at a glance: by state, pace, unit, field and month; what is late; what leaders are told each month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload

from moderation.rectification.kept_pace import has_pace, pace_on
from moderation.rectification.progress import month_before, not_filed
from moderation.rectification.tasks import ListedSupervision, RectificationPlan, RectificationTask
from moderation.rectification.words import DONE_STATES, Pace, TaskState, UnitRole
from moderation.staff import Unit
from portal.core.vocabulary import PollutionType

NAMED = 200
"""So many tasks of a kind are named: a paper of more is read by nobody, and the workbook holds them all."""


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
    """Counts over a set of tasks on one day. Every share names what it is divided by in ``total``.

    ``late`` to ``relapsed`` name at most ``NAMED`` tasks each; ``by_pace`` counts them all.
    """

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


@dataclass(frozen=True)
class _Lot:
    """Tasks of one state, field, reporting unit and pace: how many, and the sum of their percents."""

    state: TaskState
    type: PollutionType
    unit_id: str
    pace: Pace
    tasks: int
    percents: int


def overview(session: Session, today: date, *, plan_id: str | None = None) -> Overview:
    """The counts of today, from what each task keeps of itself: no task is read but those that are named."""
    lots, month = _lots(session, plan_id, today), month_before(today)
    total = sum(lot.tasks for lot in lots)
    states, paces, types = (_counts(lots, name) for name in ("state", "pace", "type"))
    missing = _missing(session, plan_id, month)
    return Overview(
        today=today,
        month=month,
        total=total,
        by_state=tuple((state, states[state]) for state in TaskState),
        by_pace=tuple((pace, paces[pace]) for pace in Pace),
        by_type=tuple((kind, types[kind]) for kind in PollutionType),
        by_unit=_by_unit(session, lots, {unit_id: tasks for unit_id, _name, tasks in missing}),
        by_month=_closed_by_month(session, plan_id),
        mean_percent=round(sum(lot.percents for lot in lots) / total) if total else 0,
        late=_first(session, plan_id, has_pace(Pace.OVERDUE, today), RectificationTask.overdue_from),
        behind=_first(session, plan_id, has_pace(Pace.BEHIND, today), RectificationTask.plan_id, RectificationTask.number),
        listed=_first(session, plan_id, RectificationTask.id.in_(_LISTED), RectificationTask.plan_id, RectificationTask.number),
        relapsed=_first(session, plan_id, RectificationTask.relapses > 0, RectificationTask.plan_id, RectificationTask.number),
        missing=tuple(dict.fromkeys(name for _unit, name, _tasks in missing)),
    )


_LISTED = select(ListedSupervision.task_id).where(ListedSupervision.released_on.is_(None))
_LOADS = tuple(
    selectinload(each)
    for each in (
        RectificationTask.units, RectificationTask.measures, RectificationTask.quantities, RectificationTask.reports,
        RectificationTask.listings, RectificationTask.plan,
    )
)  # fmt: skip


def pressing(session: Session, today: date, *, most: int) -> tuple[RectificationTask, ...]:
    """Tasks a meeting is likely to be about: late, publicly listed, relapsed; ``most`` of each."""
    wanted = (has_pace(Pace.OVERDUE, today), RectificationTask.id.in_(_LISTED), RectificationTask.state == TaskState.RELAPSED)
    query = select(RectificationTask).where(*_in_force(None))
    rows = [
        session.scalars(query.where(each).order_by(RectificationTask.due_on, RectificationTask.id).limit(most)) for each in wanted
    ]
    return tuple({task.id: task for found in rows for task in found}.values())


def _in_force(plan_id: str | None) -> tuple[ColumnElement[bool], ...]:
    """The tasks in force, of one plan or all."""
    mine = (RectificationTask.plan_id == plan_id,) if plan_id else ()
    return (RectificationTask.dropped_on.is_(None), *mine)


def _lots(session: Session, plan_id: str | None, today: date) -> tuple[_Lot, ...]:
    pace = pace_on(today).label("pace")
    keys = (RectificationTask.state, RectificationTask.main_type, RectificationTask.reporting_unit_id, pace)
    query = select(*keys, func.count(), func.sum(RectificationTask.percent)).where(*_in_force(plan_id)).group_by(*keys)
    return tuple(_Lot(row[0], row[1], row[2], row[3], row[4], int(row[5])) for row in session.execute(query))


def _counts(lots: Sequence[_Lot], name: str) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for lot in lots:
        found[getattr(lot, name)] += lot.tasks
    return found


def _first(session: Session, plan_id: str | None, wanted: ColumnElement[bool], *order: Any) -> tuple[RectificationTask, ...]:
    query = select(RectificationTask).where(*_in_force(plan_id), wanted).options(*_LOADS)
    return tuple(session.scalars(query.order_by(*order, RectificationTask.id).limit(NAMED)))


def _missing(session: Session, plan_id: str | None, month: str) -> list[tuple[str, str, int]]:
    """Units that have not filed, by name, and of how many tasks."""
    listed, unit_id = not_filed(session, month).where(*_in_force(plan_id)), RectificationTask.reporting_unit_id
    name = func.coalesce(Unit.name, "")
    query = listed.with_only_columns(unit_id, name, func.count()).group_by(unit_id, name).order_by(None).order_by(name)
    return [(row[0], row[1] or "未定填报单位", row[2]) for row in session.execute(query)]


def _by_unit(session: Session, lots: Sequence[_Lot], missing: Mapping[str, int]) -> tuple[UnitLine, ...]:
    names = {row.id: row.name for row in session.execute(select(Unit.id, Unit.name))}
    counts: dict[str, Counter[Pace]] = {}
    for lot in lots:
        counts.setdefault(lot.unit_id, Counter())[lot.pace] += lot.tasks
    lines = [
        UnitLine(
            names.get(unit_id, "未定填报单位"), count.total(), count[Pace.DONE], count[Pace.ON_SCHEDULE] + count[Pace.STANDING],
            count[Pace.BEHIND] + count[Pace.NO_REPORT], count[Pace.OVERDUE], missing.get(unit_id, 0),
        )
        for unit_id, count in counts.items()
    ]  # fmt: skip
    return tuple(sorted(lines, key=lambda line: (-line.overdue, -line.behind, line.unit)))


def _closed_by_month(session: Session, plan_id: str | None) -> tuple[tuple[str, int], ...]:
    wanted = (*_in_force(plan_id), RectificationTask.closed_on.is_not(None))
    days = select(RectificationTask.closed_on, func.count()).where(*wanted).group_by(RectificationTask.closed_on)
    months: Counter[str] = Counter()
    for closed_on, tasks in session.execute(days):
        months[f"{closed_on:%Y-%m}"] += tasks
    return tuple(sorted(months.items()))


def plans(session: Session) -> list[RectificationPlan]:
    """Every plan, the newest first."""
    return list(session.scalars(select(RectificationPlan).order_by(RectificationPlan.imported_at.desc())))


def lead_words(task: RectificationTask) -> str:
    """Who leads, as printed; else who is responsible."""
    return "、".join(task.printed_units(UnitRole.LEAD) or task.printed_units(UnitRole.RESPONSIBLE)) or "未写"
