"""Counting accountability: people once (人), measures each (人次), units apart; every breakdown adds up to its total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from moderation.accountability.bands import Bands
from moderation.accountability.decisions import decided_band
from moderation.accountability.tables import AccountabilityCase, Party, PartyMeasure
from moderation.accountability.words import CaseState, PartyKind
from portal.core.accountability_rules import rulebook

# National figures keep talks apart: being summoned is not being held to account.
APART = frozenset({"约谈"})
COUNTED_STATES = (CaseState.DECIDED, CaseState.EXECUTED, CaseState.CLOSED)


@dataclass(frozen=True)
class Breakdown:
    """One way to divide the people: label → number. The numbers add up to the people counted."""

    title: str
    numbers: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        return sum(number for _, number in self.numbers)


@dataclass(frozen=True)
class Tally:
    """``people`` counts each person once, ``person_measures`` each measure that holds (人次 ≥ 人), ``units`` each unit once.

    ``by_measure`` adds up to ``person_measures``; every other breakdown adds up to ``people``.
    People all of whose measures were quashed are in neither. ``talks`` counts talks (约谈), which stand apart.
    """

    people: int
    person_measures: int
    units: int
    unit_measures: int
    talks: int
    by_measure: Breakdown
    by_unit_measure: Breakdown
    by_rank: Breakdown
    by_year: Breakdown
    by_unit: Breakdown
    by_dimension: Breakdown
    by_gravest: Breakdown


def _numbers(title: str, labels: Iterable[str]) -> Breakdown:
    return Breakdown(title, tuple(sorted(Counter(labels).items(), key=lambda pair: (-pair[1], pair[0]))))


def _latest(parties: Iterable[Party]) -> dict[str, Party]:
    """Each person's latest decision: where somebody answers in two cases, it says in which line they are counted."""
    latest: dict[str, Party] = {}
    for party in sorted(parties, key=lambda one: (one.decided_on, one.id)):
        latest[party.official_id or party.id] = party
    return latest


def tally(parties: Iterable[Party], bands: Bands) -> Tally:
    """Counts the measures that still hold."""
    listed = list(parties)
    counted = [party for party in listed if held_measures(party)]
    persons = [party for party in counted if party.kind is PartyKind.PERSON]
    units = [party for party in counted if party.kind is PartyKind.UNIT]
    people = _latest(persons)

    def people_by(title: str, label: Callable[[Party], str]) -> Breakdown:
        return _numbers(title, (label(party) for party in people.values()))

    gravest = _gravest(persons, bands)
    return Tally(
        people=len(people),
        person_measures=sum(len(held_measures(party)) for party in persons),
        units=len({party.unit_name for party in units}),
        unit_measures=sum(len(held_measures(party)) for party in units),
        talks=sum(measure.word in APART for party in listed for measure in party.standing),
        by_measure=_numbers("处理方式（人次）", (measure.word for party in persons for measure in held_measures(party))),
        by_unit_measure=_numbers("对单位的处理（次）", (measure.word for party in units for measure in held_measures(party))),
        by_rank=people_by("职级（人）", lambda party: party.rank.zh if party.rank else "未注明"),
        by_year=people_by("年份（人）", lambda party: f"{party.decided_on.year}年"),
        by_unit=people_by("单位（人）", lambda party: party.unit_name),
        by_dimension=people_by("责任（人）", lambda party: party.dimension.zh if party.dimension else "其他"),
        by_gravest=_numbers("最重的一项处理（人）", (gravest[person] for person in people)),
    )


def held_measures(party: Party) -> list[PartyMeasure]:
    """The measures that count as being held to account: those that hold, talks apart."""
    return [measure for measure in party.standing if measure.word not in APART]


def _gravest(persons: list[Party], bands: Bands) -> dict[str, str]:
    """Each person's one gravest measure, over all cases: a person stands in one line only."""
    best: dict[str, tuple[tuple[int, int], str]] = {}
    for party in persons:
        for measure in held_measures(party):
            rank = decided_band([measure.word], bands)
            key = party.official_id or party.id
            if key not in best or (rank, measure.word) > best[key]:
                best[key] = (rank, measure.word)
    return {key: word for key, (_, word) in best.items()}


def counted_parties(session: Session, *, first: date | None = None, last: date | None = None) -> list[Party]:
    """Parties of confirmed cases decided from ``first`` to ``last``, both included."""
    chosen = select(Party).join(AccountabilityCase).where(AccountabilityCase.state.in_(COUNTED_STATES))
    if first is not None:
        chosen = chosen.where(Party.decided_on >= first)
    if last is not None:
        chosen = chosen.where(Party.decided_on <= last)
    loading = selectinload(Party.measures).selectinload(PartyMeasure.changes)
    return list(session.scalars(chosen.options(loading).order_by(Party.decided_on, Party.id)))


def office_tally(session: Session, *, first: date | None = None, last: date | None = None) -> Tally:
    """The office's own figures for a period."""
    return tally(counted_parties(session, first=first, last=last), rulebook().words.bands)
