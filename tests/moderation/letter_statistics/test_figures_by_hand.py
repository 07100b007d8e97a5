"""Figures read by the database are those of a reading of every letter by hand, on both engines."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from moderation.bench import filling as bench
from moderation.casework.guards import CLOSED_STATES
from moderation.casework.letters import (
    BarReason,
    Letter,
    LetterAssignment,
    LetterBar,
    LetterDeadline,
    LetterMessage,
    LetterType,
    MessageDirection,
)
from moderation.casework.machine import LetterState
from moderation.letter_statistics import kept
from moderation.letter_statistics.figures import Figures, Scope, UnitLine, collect
from moderation.office import Office
from moderation.staff import SignedIn, Unit
from portal.core.clock import day_of, now
from portal.core.ids import new_id
from portal.core.vocabulary import Role, Verdict

S = LetterState
LEADER = SignedIn("reader", "读者", frozenset({Role.LEADER}), "office", "单位")
TODAY = day_of(now())
SCOPE = Scope(TODAY - timedelta(days=1000), TODAY - timedelta(days=100))


def a_past(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters of four years with all that figures count: joint parts of townships, extensions, verdicts, scores, bars."""
    monkeypatch.setattr(bench, "UNITS", 4)
    monkeypatch.setattr(bench, "REGIONS", 3)
    bench.people(office)
    bench.fill(office, 240)
    chance = random.Random(5)
    with office.office.transaction() as session:
        session.execute(update(Unit).where(Unit.id.in_(("u001", "u002"))).values(kind="township", region_code="990002"))
        for letter in session.scalars(select(Letter)).all():
            letter.redos, letter.returns = chance.choice((0, 0, 1)), chance.choice((0, 0, 2))
            letter.discipline_only = chance.random() < 0.1
            if letter.state is S.HANDLING:
                letter.due_on = TODAY + timedelta(days=chance.choice((-9, 9)))
            if letter.state in CLOSED_STATES:
                letter.verdict = chance.choice((None, *Verdict))
                letter.closed_on = letter.received_on + timedelta(days=chance.randrange(30, 90))
            _beside(session, letter, chance)


def _beside(session: Session, letter: Letter, chance: random.Random) -> None:
    if chance.random() < 0.3:
        due = letter.received_on + timedelta(days=75)
        session.add(LetterDeadline(id=new_id(), letter_id=letter.id, clock="handling", start_on=letter.received_on, days=75,
                                   workdays=False, due_on=due, set_at=now(), arithmetic="", clause="",
                                   provisional=False))  # fmt: skip
    if chance.random() < 0.4:
        session.add(LetterAssignment(id=new_id(), letter_id=letter.id, unit_id=chance.choice(("u001", "u003")), lead=False,
                                     assigned_by="x", assigned_at=now()))  # fmt: skip
    for position in range(11, 11 + chance.choice((0, 0, 1, 2))):
        session.add(LetterMessage(id=new_id(), letter_id=letter.id, direction=MessageDirection.IN, kind="score", position=position,
                                  on=letter.received_on, score=chance.randrange(1, 6)))  # fmt: skip
    if chance.random() < 0.1:
        session.add(LetterBar(id=new_id(), letter_id=letter.id, staff_id=LEADER.id, reason=BarReason.NAMED))


def require_by_hand(session: Session, found: Figures) -> None:
    barred = set(session.scalars(select(LetterBar.letter_id).where(LetterBar.staff_id == LEADER.id)))
    every = session.scalars(select(Letter).where(Letter.received_on.between(SCOPE.first_on, SCOPE.last_on)))
    letters = {letter.id: letter for letter in every if not letter.discipline_only and letter.id not in barred}
    dues: dict[str, list[LetterDeadline]] = {}
    for due in session.scalars(select(LetterDeadline).where(LetterDeadline.clock == "handling")):
        dues.setdefault(due.letter_id, []).append(due)
    late = {key: bool(letter.closed_on and letter.closed_on > max(due.due_on for due in dues[key]))
            for key, letter in letters.items() if letter.state in CLOSED_STATES}  # fmt: skip
    parts = [part for part in session.scalars(select(LetterAssignment).where(LetterAssignment.ended_at.is_(None)))
             if part.letter_id in letters]  # fmt: skip

    assert 50 < found.received == len(letters) < 240
    assert (found.on_time, found.late) == (list(late.values()).count(False), list(late.values()).count(True))
    assert min(found.on_time, found.late, found.overdue, found.redone, found.returned, found.joint, found.asked) > 0
    assert found.overdue == sum(letter.due_on < TODAY for letter in letters.values())
    assert found.redone == sum(letter.redos > 0 for letter in letters.values())
    assert found.returned == sum(letter.returns > 0 for letter in letters.values())
    assert found.accepted == sum(letter.accepted_on is not None and letter.state is not S.MERGED for letter in letters.values())
    closed = [letter for letter in letters.values() if letter.state in CLOSED_STATES]
    assert found.verdicts == Counter(letter.verdict for letter in closed if letter.verdict)
    assert sorted(Counter(found.days).elements()) == sorted(
        (each.closed_on - each.accepted_on).days for each in closed if each.closed_on and each.accepted_on
    )
    assert found.joint == sum(count > 1 for count in Counter(part.letter_id for part in parts).values())
    kinds = Counter(row.type for row in session.scalars(select(LetterType)) if row.letter_id in letters)
    assert found.types == kinds
    towns = {unit.id: unit.region_code for unit in session.scalars(select(Unit).where(Unit.kind == "township"))}
    pairs = {(key, letter.region_code) for key, letter in letters.items() if letter.region_code}
    pairs |= {(part.letter_id, towns[part.unit_id]) for part in parts if part.unit_id in towns}
    assert found.regions == Counter(code for _key, code in pairs)
    assert sum(found.regions.values()) > found.received
    _require_units(session, found, letters, late, parts)
    _require_scores(session, found, letters)


def _require_units(
    session: Session, found: Figures, letters: dict[str, Letter], late: dict[str, bool], parts: list[LetterAssignment]
) -> None:
    lines = []
    for unit in session.scalars(select(Unit)):
        own = [letters[part.letter_id] for part in parts if part.unit_id == unit.id]
        done = [letter.id for letter in own if letter.id in late]
        overdue = sum(letter.due_on < TODAY for letter in own if letter.id not in late)
        redone = sum(letter.redos > 0 for letter in own)
        lines.append(UnitLine(unit.name, len(own), len(done), sum(not late[key] for key in done), sum(late[key] for key in done),
                              overdue, redone))  # fmt: skip
    assert sorted(found.units, key=lambda line: line.unit) == sorted(
        (line for line in lines if line.letters), key=lambda line: line.unit
    )
    assert [line.letters for line in found.units] == sorted((line.letters for line in found.units), reverse=True)


def _require_scores(session: Session, found: Figures, letters: dict[str, Letter]) -> None:
    last: dict[str, int | None] = {}
    scored = select(LetterMessage).where(LetterMessage.score.is_not(None))
    for message in session.scalars(scored.order_by(LetterMessage.position)):
        if message.letter_id in letters:
            last[message.letter_id] = message.score
    assert found.scores == Counter(last.values())
    assert found.asked == sum(key in last or letter.state in (S.FOLLOW_UP, S.ARCHIVED) for key, letter in letters.items())


def require_sum_of_months(session: Session, found: Figures) -> None:
    """Counted month by month, written down, read and added up, they are the same."""
    parts = kept.parts_of(SCOPE)
    months = [collect(session, Scope(part.first_on, part.last_on), LEADER, TODAY) for part in parts]
    assert len(parts) > 2
    assert (parts[0].first_on, parts[-1].last_on) == (SCOPE.first_on, SCOPE.last_on)
    assert kept.added([kept._read(kept._written(month), SCOPE) for month in months], SCOPE) == found
    assert kept.added(months, SCOPE).median_days == found.median_days


def test_figures_are_those_of_a_reading_by_hand(empty_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    a_past(empty_office, monkeypatch)
    with empty_office.office.reading() as session:
        found = collect(session, SCOPE, LEADER, TODAY)
        require_by_hand(session, found)
        require_sum_of_months(session, found)


@pytest.mark.postgres
def test_figures_are_those_of_a_reading_by_hand_on_postgresql(postgres_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    a_past(postgres_office, monkeypatch)
    with postgres_office.office.reading() as session:
        found = collect(session, SCOPE, LEADER, TODAY)
        require_by_hand(session, found)
        require_sum_of_months(session, found)
