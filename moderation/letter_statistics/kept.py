"""Figures of long periods: counted month by month as a long work, and kept for the day, so that no page stands still meanwhile."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import String, Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.casework.letters import Letter, MeasureKind
from moderation.letter_statistics.figures import Figures, Scope, UnitLine, barred_ids, collect
from moderation.staff import SignedIn
from portal.core.clock import day_of
from portal.core.db import Moment, OfficeBase
from portal.core.vocabulary import PollutionType, Verdict

AT_ONCE_DAYS = 100
AT_ONCE_LETTERS = 20_000
"""A scope of fewer days, or of fewer letters, is counted while the page waits."""
KEEP = timedelta(days=2)


class KeptFigures(OfficeBase):
    """The figures of some days, as those may know them who must not know of the same letters."""

    __tablename__ = "letter_figures"
    key: Mapped[str] = mapped_column(String(64), primary_key=True, comment="SHA-256 of days, today, and the letters left out")
    figures: Mapped[str] = mapped_column(Text, comment="JSON")
    made_at: Mapped[datetime] = mapped_column(Moment, index=True)


@dataclass(frozen=True)
class Part:
    """Days that are counted at once. ``word`` names them as an item of a long work."""

    first_on: date
    last_on: date

    @property
    def word(self) -> str:
        return f"{self.first_on.isoformat()}/{self.last_on.isoformat()}"

    @classmethod
    def of_word(cls, word: str) -> Part:
        first, last = word.split("/")
        return cls(date.fromisoformat(first), date.fromisoformat(last))


@dataclass(frozen=True)
class Counted:
    """Figures and since when they stand. ``left``: what must still be counted; then the figures are those of nothing."""

    figures: Figures
    as_of: datetime | None = None
    left: tuple[Part, ...] = ()


def parts_of(scope: Scope) -> tuple[Part, ...]:
    """The days of a scope, month by month."""
    parts, first = [], scope.first_on
    while first <= scope.last_on:
        last = min(scope.last_on, (first.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1))
        parts.append(Part(first, last))
        first = last + timedelta(days=1)
    return tuple(parts)


def is_long(session: Session, scope: Scope) -> bool:
    """Whether counting it would keep somebody waiting."""
    if scope.batch_id or (scope.last_on - scope.first_on).days < AT_ONCE_DAYS:
        return False
    some = select(Letter.received_on).where(Letter.received_on.between(scope.first_on, scope.last_on)).limit(AT_ONCE_LETTERS)
    return (session.scalar(select(func.count()).select_from(some.subquery())) or 0) >= AT_ONCE_LETTERS


def counted(session: Session, scope: Scope, person: SignedIn, today: date) -> Counted:
    """The figures of a scope: counted now, or put together from what a long work counted today."""
    if not is_long(session, scope):
        return Counted(collect(session, scope, person, today))
    parts = {_key(session, part, person, today): part for part in parts_of(scope)}
    rows = {row.key: row for row in session.scalars(select(KeptFigures).where(KeptFigures.key.in_(parts)))}
    left = tuple(part for key, part in parts.items() if key not in rows)
    if left:
        return Counted(added((), scope), left=left)
    figures = added([_read(row.figures, scope) for row in rows.values()], scope)
    return Counted(figures, min(row.made_at for row in rows.values()))


def count_part(session: Session, item: str, _options: Mapping[str, str], /, *, by: SignedIn, at: datetime) -> dict[str, Any] | None:
    """One step of the long work: counts the days of ``item`` and keeps them, in place of what was kept."""
    part, today = Part.of_word(item), day_of(at)
    found = collect(session, Scope(part.first_on, part.last_on), by, today)
    session.execute(delete(KeptFigures).where(KeptFigures.made_at < at - KEEP))
    session.merge(KeptFigures(key=_key(session, part, by, today), figures=_written(found), made_at=at))
    session.flush()
    return None


def _key(session: Session, part: Part, person: SignedIn, today: date) -> str:
    hidden = sorted(session.scalars(barred_ids(person)))
    return hashlib.sha256("\n".join([part.word, today.isoformat(), *hidden]).encode()).hexdigest()


# ---- adding up, writing, reading ----

_NUMBERS = tuple(each.name for each in fields(Figures) if each.type == "int")
_COUNTS: Mapping[str, Any] = {
    "refusal_reasons": str, "types": PollutionType, "regions": str, "verdicts": Verdict, "measures": MeasureKind, "scores": int,
    "days": int,
}  # fmt: skip


def added(parts: Sequence[Figures], scope: Scope) -> Figures:
    """The figures of all of them together: each letter was received on one day, so nothing is counted twice."""
    numbers = {name: sum(getattr(part, name) for part in parts) for name in _NUMBERS}
    counts: dict[str, Any] = {name: dict(_sum(getattr(part, name) for part in parts)) for name in _COUNTS}
    counts["types"] = {kind: counts["types"][kind] for kind in PollutionType if kind in counts["types"]}
    counts["measures"] = {kind: counts["measures"][kind] for kind in MeasureKind if kind in counts["measures"]}
    counts["regions"] = dict(sorted(counts["regions"].items(), key=lambda pair: (-pair[1], pair[0])))
    counts["scores"] = dict(sorted(counts["scores"].items(), reverse=True))
    return Figures(scope=scope, **numbers, **counts, units=_units(parts))


def _sum(counts: Iterable[Mapping[Any, int]]) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for each in counts:
        found.update(each)
    return found


def _units(parts: Iterable[Figures]) -> tuple[UnitLine, ...]:
    found: dict[str, UnitLine] = {}
    names = [each.name for each in fields(UnitLine) if each.name != "unit"]
    for line in (line for part in parts for line in part.units):
        had = found.get(line.unit)
        found[line.unit] = replace(had, **{name: getattr(had, name) + getattr(line, name) for name in names}) if had else line
    return tuple(sorted(found.values(), key=lambda line: (-line.letters, line.unit)))


def _written(figures: Figures) -> str:
    counts = {name: [[getattr(key, "value", key), count] for key, count in getattr(figures, name).items()] for name in _COUNTS}
    units = [[getattr(line, each.name) for each in fields(UnitLine)] for line in figures.units]
    numbers = {name: getattr(figures, name) for name in _NUMBERS}
    return json.dumps(numbers | counts | {"units": units}, ensure_ascii=False)


def _read(text: str, scope: Scope) -> Figures:
    kept = json.loads(text)
    counts: dict[str, Any] = {name: {term(key): count for key, count in kept[name]} for name, term in _COUNTS.items()}
    units = tuple(UnitLine(*line) for line in kept["units"])
    return Figures(scope=scope, **{name: kept[name] for name in _NUMBERS}, **counts, units=units)
