"""Figures of letters that a leader can defend: each counted once by a rule printed beside it. Read by SQL, never letter by letter.

Nobody's figures contain a letter they must not know of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, null, or_, select, true, union_all
from sqlalchemy.orm import Session

from moderation.casework.answers import answer_templates
from moderation.casework.guards import CLOSED_STATES
from moderation.casework.letters import (
    Letter,
    LetterAssignment,
    LetterBar,
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
from moderation.staff import SignedIn, StaffMember, Unit
from portal.core.vocabulary import PollutionType, Role, Verdict

Columns = TypeVarTuple("Columns")
S = LetterState
FINISHED = (S.SETTLED, S.FOLLOW_UP, S.ARCHIVED)
SATISFIED_FROM = 4
READERS = frozenset({Role.GROUP_LEAD, Role.PATROL_COORDINATOR, Role.SUPERVISION_INSPECTOR, Role.LEADER, Role.AUDITOR})


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

    def copied(self, table: type[LetterType] | type[LetterAssignment]) -> ColumnElement[bool]:
        """As much of it as ``table`` knows by itself, so that the others are never joined."""
        return true() if self.batch_id else table.received_on.between(self.first_on, self.last_on)


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
    days: Mapping[int, int]
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
        left = (sum(self.days.values()) - 1) // 2
        for days, letters in sorted(self.days.items()):
            if left < letters:
                return days
            left -= letters
        return None

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
    return _collect(session, scope, barred_ids(person), today)


def collect_public(session: Session, scope: Scope, today: date) -> Figures:
    """The figures fit for the public, whoever asks: the same for all, and never more than any reader of statistics knows of.

    A letter that one of them must not know of is left out: its absence from their own figures would otherwise tell them of it.
    """
    members = session.scalars(select(StaffMember).where(StaffMember.disabled_at.is_(None)))
    readers = [member for member in members if member.roles & READERS]
    barred = or_(LetterBar.staff_id.in_([each.id for each in readers]), LetterBar.unit_id.in_({each.unit_id for each in readers}))
    return _collect(session, scope, select(LetterBar.letter_id).where(barred), today)


def barred_ids(person: SignedIn) -> Select[str]:
    return select(LetterBar.letter_id).where(or_(LetterBar.staff_id == person.id, LetterBar.unit_id == person.unit_id))


def _collect(session: Session, scope: Scope, hidden: Select[str], today: date) -> Figures:
    counting = _Counting(session, scope, hidden)
    lots = counting.lots(today)
    on_time, late, units = counting.units(today)

    def of(*wanted: LetterState) -> int:
        return sum(lot.letters for lot in lots if lot.state in wanted)

    return Figures(
        scope=scope, received=sum(lot.letters for lot in lots),
        accepted=sum(lot.accepted for lot in lots if lot.state is not S.MERGED),
        declined=of(S.NOT_ACCEPTED), transferred=of(S.TRANSFERRED), merged=of(S.MERGED), withdrawn=of(S.WITHDRAWN),
        waiting=of(S.RECEIVED, S.SCREENING, S.AWAITING_SUPPLEMENT, S.REFUSAL_PROPOSED), refusal_reasons=counting.reasons(),
        types=counting.types(), regions=counting.regions(), joint=counting.joint(), units=units,
        settled=of(*FINISHED), settled_for_now=of(S.SETTLED_FOR_NOW), on_time=on_time, late=late,
        overdue=sum(lot.overdue for lot in lots), days=counting.closed_days(), redone=sum(lot.redone for lot in lots),
        returned=sum(lot.returned for lot in lots), verdicts=_verdicts(lots), measures=counting.measures(),
        scores=counting.scores(), asked=of(S.FOLLOW_UP, S.ARCHIVED) + counting.answered_besides(),
    )  # fmt: skip


@dataclass(frozen=True)
class _Lot:
    """Letters of one state and verdict, and how many of them are accepted, overdue, sent back for a redo or returned by a unit."""

    state: LetterState
    verdict: Verdict | None
    letters: int
    accepted: int
    overdue: int
    redone: int
    returned: int


def _verdicts(lots: Iterable[_Lot]) -> dict[Verdict, int]:
    found: dict[Verdict, int] = {}
    for lot in lots:
        if lot.verdict is not None and lot.state in CLOSED_STATES:
            found[lot.verdict] = found.get(lot.verdict, 0) + lot.letters
    return found


class _Counting:
    """One scope, without the hidden letters: every question narrows the same set."""

    def __init__(self, session: Session, scope: Scope, hidden: Select[str]) -> None:
        self.session, self.scope, self.hidden = session, scope, hidden

    def _of(self, query: Select[*Columns], *more: ColumnElement[bool]) -> Select[*Columns]:
        return query.where(self.scope.condition(), Letter.discipline_only.is_(False), Letter.id.not_in(self.hidden), *more)

    def lots(self, today: date) -> tuple[_Lot, ...]:
        columns = (Letter.accepted_on.is_not(None), Letter.due_on < today, Letter.redos > 0, Letter.returns > 0)
        counted = [func.count().filter(column) for column in columns]
        rows = self.session.execute(
            self._of(select(Letter.state, Letter.verdict, func.count(), *counted)).group_by(Letter.state, Letter.verdict)
        )
        return tuple(_Lot(row[0], row[1], *(int(count) for count in tuple(row)[2:7])) for row in rows)

    def types(self) -> dict[PollutionType, int]:
        query = self._of(select(LetterType.type, func.count()).join(Letter, Letter.id == LetterType.letter_id))
        rows = self.session.execute(query.where(self.scope.copied(LetterType)).group_by(LetterType.type))
        found = {row[0]: row[1] for row in rows}
        return {kind: found[kind] for kind in PollutionType if found.get(kind)}

    def regions(self) -> dict[str, int]:
        """The letter's own region, and that of every township that handles it besides: each once a letter."""
        own = self._of(select(Letter.region_code, func.count()).where(Letter.region_code != "")).group_by(Letter.region_code)
        found = {row[0]: row[1] for row in self.session.execute(own)}
        besides = self._of(
            select(Letter.id, Unit.region_code)
            .join(LetterAssignment, LetterAssignment.letter_id == Letter.id)
            .join(Unit, Unit.id == LetterAssignment.unit_id)
            .where(Unit.kind == "township", LetterAssignment.ended_at.is_(None), Unit.region_code != Letter.region_code)
        )
        pairs = besides.where(self.scope.copied(LetterAssignment)).distinct().subquery()
        for code, letters in self.session.execute(select(pairs.c.region_code, func.count()).group_by(pairs.c.region_code)):
            found[code] = found.get(code, 0) + letters
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    def joint(self) -> int:
        held = self._of(
            select(LetterAssignment.letter_id)
            .join(Letter, Letter.id == LetterAssignment.letter_id)
            .where(LetterAssignment.ended_at.is_(None), LetterAssignment.parent_id.is_(None), self.scope.copied(LetterAssignment))
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

    def closed_days(self) -> dict[int, int]:
        """Days from acceptance to closing, and how many letters took them."""
        wanted = (Letter.closed_on.is_not(None), Letter.accepted_on.is_not(None), Letter.state.in_(CLOSED_STATES))
        rows = self.session.execute(
            self._of(select(Letter.accepted_on, Letter.closed_on, func.count()), *wanted).group_by(
                Letter.accepted_on, Letter.closed_on
            )
        )
        found: dict[int, int] = {}
        for begun, ended, letters in rows:
            if begun and ended:
                found[(ended - begun).days] = found.get((ended - begun).days, 0) + letters
        return found

    def units(self, today: date) -> tuple[int, int, tuple[UnitLine, ...]]:
        """Letters closed on time, and late, by the handling deadline in force at the end, extensions included; and unit by unit."""
        closed = Letter.state.in_(CLOSED_STATES)
        # Asked letter by letter: joined, every deadline there ever was is gathered first.
        due = select(func.max(LetterDeadline.due_on)).where(
            LetterDeadline.letter_id == Letter.id, LetterDeadline.clock == "handling"
        )
        late = case((closed, Letter.closed_on > due.scalar_subquery()), else_=null()).label("late")
        columns = (Letter.id, closed.label("closed"), late, and_(~closed, Letter.due_on < today).label("overdue"),
                   (Letter.redos > 0).label("redone"))  # fmt: skip
        ours = self._of(select(*columns)).cte("ours").prefix_with("MATERIALIZED")
        wanted = (ours.c.closed, ours.c.late.is_(False), ours.c.late.is_(True), ours.c.overdue, ours.c.redone)
        counted = [func.count().filter(column) for column in wanted]
        by_unit = (
            select(Unit.name.label("name"), func.count().label("letters"), *counted)
            .join_from(ours, LetterAssignment, LetterAssignment.letter_id == ours.c.id)
            .join(Unit, Unit.id == LetterAssignment.unit_id)
            .where(LetterAssignment.ended_at.is_(None))
            .group_by(Unit.id, Unit.name)
        )
        whole = select(null(), func.count(), *counted).select_from(ours)
        lines, on_time, late_ones = [], 0, 0
        rows: list[Any] = list(self.session.execute(union_all(by_unit, whole)))
        for name, *counts in rows:
            if name is None:
                on_time, late_ones = counts[2], counts[3]
            else:
                lines.append(UnitLine(name, *counts))
        return on_time, late_ones, tuple(sorted(lines, key=lambda line: (-line.letters, line.unit)))

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
        last = select(LetterMessage.letter_id, func.max(LetterMessage.position).label("position"))
        ours = self._of(last.join(Letter, Letter.id == LetterMessage.letter_id), scored)
        ends = ours.group_by(LetterMessage.letter_id).subquery()
        same = and_(LetterMessage.letter_id == ends.c.letter_id, LetterMessage.position == ends.c.position)
        query = select(LetterMessage.score, func.count()).join(ends, same).where(scored).group_by(LetterMessage.score)
        return dict(sorted(((row[0], row[1]) for row in self.session.execute(query) if row[0] is not None), reverse=True))

    def answered_besides(self) -> int:
        """Letters whose reporter was asked and has answered, that stand elsewhere by now."""
        # Asked letter by letter: as a list, every score there ever was is gathered first.
        scores = (LetterMessage.letter_id == Letter.id, LetterMessage.score.is_not(None))
        answered = select(LetterMessage.id).where(*scores).exists()
        elsewhere = Letter.state.not_in((S.FOLLOW_UP, S.ARCHIVED))
        return self.session.scalar(self._of(select(func.count()).select_from(Letter), answered, elsewhere)) or 0


def scope_of_batch(batch: LetterBatch) -> Scope:
    """The letters of one batch."""
    return Scope(batch.day, batch.day, batch.id)
