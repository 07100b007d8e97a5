"""Figures of letters that a leader can defend: each counted once by a rule printed beside it. Read by SQL, never letter by letter.

Nobody's figures contain a letter they must not know of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from moderation.casework import letter_lists
from moderation.casework.answers import answer_templates
from moderation.casework.guards import CLOSED_STATES
from moderation.casework.letters import (
    Letter,
    LetterAssignment,
    LetterBatch,
    LetterDeadline,
    LetterMeasure,
    LetterMessage,
    LetterRefusal,
    LetterType,
    MeasureKind,
    RefusalKind,
)
from moderation.casework.machine import LetterState
from moderation.staff import SignedIn, Unit
from portal.core.vocabulary import PollutionType, Verdict

Columns = TypeVarTuple("Columns")
S = LetterState
FINISHED = (S.SETTLED, S.FOLLOW_UP, S.ARCHIVED)
SATISFIED_FROM = 4


@dataclass(frozen=True)
class Scope:
    """Which letters: received on these days, or of one batch."""

    first_on: date
    last_on: date
    batch_id: str = ""

    def condition(self) -> ColumnElement[bool]:
        """As SQL over Letter."""
        if self.batch_id:
            return Letter.batch_id == self.batch_id
        return Letter.received_on.between(self.first_on, self.last_on)


@dataclass(frozen=True)
class Rate:
    """A share with its formula in words and numbers. ``of`` 0: no rate."""

    label: str
    part: int
    of: int
    formula: str

    @property
    def spoken(self) -> str:
        """One decimal and the division that made it: 54.9%（45 ÷ 82）."""
        return f"{100 * self.part / self.of:.1f}%（{self.part} ÷ {self.of}）" if self.of else "—"


@dataclass(frozen=True)
class UnitLine:
    """One unit: letters it holds or held to the end, alone or with others."""

    unit: str
    letters: int
    closed: int
    on_time: int
    late: int
    overdue: int
    redone: int


@dataclass(frozen=True)
class Figures:
    """Everything the page and the 简报 print. Counts are letters unless the name says otherwise."""

    scope: Scope
    received: int
    accepted: int
    declined: int
    transferred: int
    merged: int
    withdrawn: int
    waiting: int
    refusal_reasons: Mapping[str, int]
    types: Mapping[PollutionType, int]
    regions: Mapping[str, int]
    joint: int
    units: tuple[UnitLine, ...]
    settled: int
    settled_for_now: int
    on_time: int
    late: int
    overdue: int
    days: tuple[int, ...]
    redone: int
    returned: int
    verdicts: Mapping[Verdict, int]
    measures: Mapping[MeasureKind, int]
    scores: Mapping[int, int]
    asked: int

    @property
    def closed(self) -> int:
        """办结 and 阶段性办结 together."""
        return self.settled + self.settled_for_now

    @property
    def rates(self) -> tuple[Rate, ...]:
        """办结率 in both readings, and the others; each with its formula."""
        answered = sum(self.scores.values())
        satisfied = sum(count for score, count in self.scores.items() if score >= SATISFIED_FROM)
        return (
            Rate("办结率（含阶段性办结）", self.closed, self.accepted, "（办结 + 阶段性办结）÷ 受理"),
            Rate("办结率（只计办结）", self.settled, self.accepted, "办结 ÷ 受理"),
            Rate("按期办结率", self.on_time, self.on_time + self.late, "期限内办结 ÷ 已办结和阶段性办结"),
            Rate("属实率", self._true, sum(self.verdicts.values()), "（属实 + 基本属实 + 部分属实）÷ 有结论"),
            Rate("退回重办率", self.redone, self.accepted, "被退回重办过的 ÷ 受理"),
            Rate("满意率", satisfied, answered, f"评 {SATISFIED_FROM} 分以上 ÷ 已评价；没有评价的不算满意"),
            Rate("评价率", answered, self.asked, "已评价 ÷ 请过评价"),
        )

    @property
    def _true(self) -> int:
        return sum(count for verdict, count in self.verdicts.items() if verdict is not Verdict.UNSUBSTANTIATED)

    @property
    def median_days(self) -> int | None:
        """Half of the closed letters took no longer, from acceptance to closing. None: none is closed."""
        return sorted(self.days)[(len(self.days) - 1) // 2] if self.days else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said beside the tables."""
        typed, placed = sum(self.types.values()), sum(self.regions.values())
        return (
            f"一件可以有几个污染类型，每个类型各计一次，合计 {typed}，所占比例之和可以超过 100%。",
            f"涉及几个区域的，每个区域各计一次：区域合计 {placed}，比件数多 {max(0, placed - self.received)}。",
            f"几个单位共同承办的 {self.joint} 件，每个单位各计一次。",
            "重复件并入主件后不再单独计受理和办结。办理天数自受理日起算。",
        )


def collect(session: Session, scope: Scope, person: SignedIn, today: date) -> Figures:
    """The figures of a scope as this person may know them."""
    counting = _Counting(session, scope, person)
    states = counting.by(Letter.state)
    closed = counting.closed_days()
    on_time, late = counting.on_time()

    def of(*wanted: LetterState) -> int:
        return sum(states.get(state, 0) for state in wanted)

    return Figures(
        scope=scope, received=sum(states.values()),
        accepted=counting.count(Letter.accepted_on.is_not(None), Letter.state != S.MERGED),
        declined=of(S.NOT_ACCEPTED), transferred=of(S.TRANSFERRED), merged=of(S.MERGED), withdrawn=of(S.WITHDRAWN),
        waiting=of(S.RECEIVED, S.SCREENING, S.AWAITING_SUPPLEMENT, S.REFUSAL_PROPOSED), refusal_reasons=counting.reasons(),
        types=counting.types(), regions=counting.regions(), joint=counting.joint(), units=counting.units(today),
        settled=of(*FINISHED), settled_for_now=of(S.SETTLED_FOR_NOW), on_time=on_time, late=late,
        overdue=counting.count(Letter.due_on < today), days=closed, redone=counting.count(Letter.redos > 0),
        returned=counting.count(Letter.returns > 0), verdicts=counting.by(Letter.verdict, Letter.state.in_(CLOSED_STATES)),
        measures=counting.measures(), scores=counting.scores(), asked=counting.asked(),
    )  # fmt: skip


class _Counting:
    """One scope, one person: every question narrows the same set of letters."""

    def __init__(self, session: Session, scope: Scope, person: SignedIn) -> None:
        self.session, self.scope, self.person = session, scope, person

    def _of(self, query: Select[*Columns], *more: ColumnElement[bool]) -> Select[*Columns]:
        narrowed = query.where(self.scope.condition(), Letter.discipline_only.is_(False), *more)
        return letter_lists.unbarred(narrowed, self.person)

    def count(self, *more: ColumnElement[bool]) -> int:
        return self.session.scalar(self._of(select(func.count()).select_from(Letter), *more)) or 0

    def by(self, column: Any, *more: ColumnElement[bool]) -> dict[Any, int]:
        rows = self.session.execute(self._of(select(column, func.count()), *more).group_by(column))
        return {row[0]: row[1] for row in rows if row[0] is not None}

    def types(self) -> dict[PollutionType, int]:
        query = self._of(select(LetterType.type, func.count()).join(Letter, Letter.id == LetterType.letter_id))
        found = {row[0]: row[1] for row in self.session.execute(query.group_by(LetterType.type))}
        return {kind: found[kind] for kind in PollutionType if found.get(kind)}

    def regions(self) -> dict[str, int]:
        """The letter's own region, and that of every township that handles it besides: each once a letter."""
        own = self._of(select(Letter.id, Letter.region_code).where(Letter.region_code != ""))
        joint = self._of(
            select(Letter.id, Unit.region_code)
            .join(LetterAssignment, LetterAssignment.letter_id == Letter.id)
            .join(Unit, Unit.id == LetterAssignment.unit_id)
            .where(Unit.kind == "township", LetterAssignment.ended_at.is_(None))
        )
        pairs = own.union(joint).subquery()
        rows = self.session.execute(select(pairs.c.region_code, func.count()).group_by(pairs.c.region_code))
        return dict(sorted(((row[0], row[1]) for row in rows), key=lambda pair: (-pair[1], pair[0])))

    def joint(self) -> int:
        held = self._of(
            select(LetterAssignment.letter_id)
            .join(Letter, Letter.id == LetterAssignment.letter_id)
            .where(LetterAssignment.ended_at.is_(None), LetterAssignment.parent_id.is_(None))
        )
        several = held.group_by(LetterAssignment.letter_id).having(func.count() > 1).subquery()
        return self.session.scalar(select(func.count()).select_from(several)) or 0

    def reasons(self) -> dict[str, int]:
        query = self._of(
            select(LetterRefusal.kind, LetterRefusal.template, func.count()).join(Letter, Letter.id == LetterRefusal.letter_id)
        )
        query = query.where(LetterRefusal.agreed.is_(True), Letter.state.in_((S.NOT_ACCEPTED, S.TRANSFERRED)))
        titles = {template.code: template.title for template in answer_templates()}
        rows = self.session.execute(query.group_by(LetterRefusal.kind, LetterRefusal.template))
        return {f"{RefusalKind(row[0]).zh}：{titles.get(row[1], row[1])}": row[2] for row in rows}  # type: ignore[call-arg]

    def closed_days(self) -> tuple[int, ...]:
        wanted = (Letter.closed_on.is_not(None), Letter.accepted_on.is_not(None), Letter.state.in_(CLOSED_STATES))
        rows = self.session.execute(
            self._of(select(Letter.accepted_on, Letter.closed_on, func.count()), *wanted).group_by(
                Letter.accepted_on, Letter.closed_on
            )
        )
        return tuple(days for begun, ended, times in rows if begun and ended for days in [(ended - begun).days] * times)

    def _last_due(self) -> Any:
        """The handling deadline in force at the end, extensions included."""
        rows = select(LetterDeadline.letter_id, func.max(LetterDeadline.due_on).label("due_on"))
        ours = LetterDeadline.letter_id.in_(self._of(select(Letter.id)))
        return rows.where(LetterDeadline.clock == "handling", ours).group_by(LetterDeadline.letter_id).subquery()

    def on_time(self) -> tuple[int, int]:
        due = self._last_due()
        late = Letter.closed_on > due.c.due_on
        query = self._of(select(late, func.count()).join(due, due.c.letter_id == Letter.id), Letter.state.in_(CLOSED_STATES))
        found = {bool(row[0]): row[1] for row in self.session.execute(query.group_by(late))}
        return found.get(False, 0), found.get(True, 0)

    def units(self, today: date) -> tuple[UnitLine, ...]:
        due = self._last_due()
        closed = Letter.state.in_(CLOSED_STATES)
        columns = (
            closed,
            and_(closed, Letter.closed_on <= due.c.due_on),
            and_(closed, Letter.closed_on > due.c.due_on),
            and_(~closed, Letter.due_on < today),
            Letter.redos > 0,
        )
        counted = [func.count().filter(column) for column in columns]
        query = self._of(
            select(Unit.name, func.count(), *counted)
            .join(LetterAssignment, LetterAssignment.letter_id == Letter.id)
            .join(Unit, Unit.id == LetterAssignment.unit_id)
            .outerjoin(due, due.c.letter_id == Letter.id)
            .where(LetterAssignment.ended_at.is_(None))
        )
        rows = self.session.execute(query.group_by(Unit.id, Unit.name).order_by(func.count().desc(), Unit.name))
        return tuple(UnitLine(row[0], *(int(count) for count in tuple(row)[1:7])) for row in rows)

    def measures(self) -> dict[MeasureKind, int]:
        query = self._of(
            select(LetterMeasure.kind, func.sum(LetterMeasure.number))
            .join(Letter, Letter.id == LetterMeasure.letter_id)
            .where(LetterMeasure.round == Letter.round)
        )
        found = {row[0]: int(row[1]) for row in self.session.execute(query.group_by(LetterMeasure.kind))}
        return {kind: found[kind] for kind in MeasureKind if found.get(kind)}

    def scores(self) -> dict[int, int]:
        """Of each letter its last score, however often its reporter was asked."""
        scored = LetterMessage.score.is_not(None)
        last = select(LetterMessage.letter_id, func.max(LetterMessage.position).label("position")).where(scored)
        ours = LetterMessage.letter_id.in_(self._of(select(Letter.id)))
        ends = last.where(ours).group_by(LetterMessage.letter_id).subquery()
        same = and_(LetterMessage.letter_id == ends.c.letter_id, LetterMessage.position == ends.c.position)
        query = select(LetterMessage.score, func.count()).join(ends, same).where(scored).group_by(LetterMessage.score)
        return dict(sorted(((row[0], row[1]) for row in self.session.execute(query) if row[0] is not None), reverse=True))

    def asked(self) -> int:
        answered = select(LetterMessage.letter_id).where(LetterMessage.score.is_not(None))
        return self.count(or_(Letter.state.in_((S.FOLLOW_UP, S.ARCHIVED)), Letter.id.in_(answered)))


def scope_of_batch(batch: LetterBatch) -> Scope:
    """The letters of one batch."""
    return Scope(batch.day, batch.day, batch.id)
