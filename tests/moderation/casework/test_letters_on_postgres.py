"""The same letters on PostgreSQL, and two people acting on one letter at once on both engines."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from moderation.casework import assignment, letter_lists, review
from moderation.casework.letter_lists import Filter
from moderation.casework.letters import Letter, LetterCount, LetterEvent
from moderation.casework.machine import Desk, LetterState
from moderation.demo import stage as demo_stage
from moderation.demo.stage import Stage
from moderation.office import Office
from portal.core.audit import verify_chain
from portal.core.errors import Overtaken, Refusal
from tests.conftest import NOON
from tests.moderation.casework.office_work import Work

S = LetterState


@pytest.fixture
def postgres_stage(postgres_office: Office) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_stage, "FIXTURES", ())
        yield demo_stage.set_stage(postgres_office, NOON)


@pytest.mark.postgres
def test_a_letter_lives_on_postgresql_as_on_sqlite(postgres_stage: Stage) -> None:
    with postgres_stage.office.office.transaction() as session:
        work = Work(postgres_stage, session)
        closed = work.settled()
        review.settle_for_now(session, work.reported(), "继续", "还在整改。", key=work.key, by=work.who("zuzhang"), at=work.at)
        work.accepted()
        work.assigned("housing", must_not_know=("陆远山",))

    with postgres_stage.office.office.reading() as session:
        lead, member, unit = (postgres_stage.cast[login] for login in ("zuzhang", "zuyuan", "zhujian"))
        assert session.get_one(Letter, closed.id).state is S.SETTLED
        assert letter_lists.count_in(session, S, lead) == 4
        assert letter_lists.count_in(session, S, member) == 3
        assert letter_lists.letters_in(session, Filter(desk=Desk.UNITS), unit).total == 1
        assert letter_lists.letters_in(session, Filter(text="夜间作业", newest_first=True), lead).total == 4
        assert sum(session.scalars(select(LetterCount.letters))) == 4
        assert verify_chain(session).broken_at is None


@pytest.mark.postgres
def test_history_is_append_only_on_postgresql_too(postgres_stage: Stage) -> None:
    def rewrite_history() -> None:
        with postgres_stage.office.office.transaction() as session:
            letter = Work(postgres_stage, session).accepted()
            session.flush()
            session.execute(LetterEvent.__table__.delete().where(LetterEvent.letter_id == letter.id))

    with pytest.raises(Exception, match="append-only"):
        rewrite_history()


def two_at_once(stage: Stage) -> tuple[Letter, list[str]]:
    """Two of the group assign the same letter, both having read the same version; what each was told."""
    with stage.office.office.transaction() as session:
        letter = Work(stage, session).accepted()
    version, ready, told = letter.version, threading.Barrier(2), []

    def act(login: str, unit: str) -> None:
        person = stage.cast[login]
        ready.wait()
        try:
            with stage.office.office.transaction() as session:
                found = letter_lists.find(session, letter.id, person, to_change=True)
                letter_lists.require_version(session, found, version)
                assignment.assign(session, found, unit_ids=(unit,), why="", by=person, at=stage.at)
            told.append("done")
        except Refusal as refused:
            told.append(type(refused).__name__)

    people = [threading.Thread(target=act, args=pair) for pair in (("zuyuan", "urban"), ("zuzhang", "housing"))]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    return letter, told


def test_of_two_people_at_once_one_wins_and_one_is_told(stage: Stage) -> None:
    _, told = two_at_once(stage)

    assert sorted(told) == sorted(["done", Overtaken.__name__])


@pytest.mark.postgres
def test_of_two_people_at_once_one_wins_on_postgresql(postgres_stage: Stage) -> None:
    letter, told = two_at_once(postgres_stage)

    assert sorted(told) == sorted(["done", Overtaken.__name__])
    with postgres_stage.office.office.reading() as session:
        assert session.get_one(Letter, letter.id).state is S.ASSIGNED


@pytest.mark.postgres
def test_two_letters_assigned_in_the_same_moment_make_one_batch(postgres_stage: Stage) -> None:
    with postgres_stage.office.office.transaction() as session:
        work = Work(postgres_stage, session)
        letters = [work.accepted().id for _letter in range(2)]
    ready, faults = threading.Barrier(2), []

    def act(login: str, letter_id: str) -> None:
        ready.wait()
        try:
            with postgres_stage.office.office.transaction() as session:
                found = letter_lists.find(session, letter_id, postgres_stage.cast[login], to_change=True)
                assignment.assign(session, found, unit_ids=("urban",), why="", by=postgres_stage.cast[login], at=postgres_stage.at)
        except Exception as fault:
            faults.append(fault)

    people = [threading.Thread(target=act, args=pair) for pair in zip(("zuyuan", "zuzhang"), letters, strict=True)]
    for person in people:
        person.start()
    for person in people:
        person.join(30)

    assert faults == []
    with postgres_stage.office.office.reading() as session:
        assert len({session.get_one(Letter, letter_id).batch_id for letter_id in letters}) == 1
        assert verify_chain(session).broken_at is None
