"""The same letters on PostgreSQL, and two people acting on one letter at once on both engines."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from moderation.casework import assignment, handling, letter_lists, review, undoing
from moderation.casework.letter_lists import Filter
from moderation.casework.letters import (
    BatchOrigin,
    EvidenceRole,
    Letter,
    LetterBatch,
    LetterCount,
    LetterEvent,
    LetterFinding,
    MeasureKind,
)
from moderation.casework.machine import Desk, LetterState
from moderation.demo import stage as demo_stage
from moderation.demo.stage import Stage
from moderation.evidence import evidence_store
from moderation.letter_tables import handed_down
from moderation.letter_tables.handed_down import Handover
from moderation.letter_tables.official import Reading, TableRow
from moderation.office import Office
from moderation.settings import public_settings
from moderation.supervision import rechecks
from moderation.supervision.recheck_tables import Outcome
from moderation.supervision.rechecks import Found
from portal.core.audit import verify_chain
from portal.core.clock import day_of
from portal.core.errors import Overtaken, Refusal
from tests.conftest import NOON
from tests.console.desk_client import signed_in_client
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


def _table(first: int, last: int) -> Reading:
    rows = (
        TableRow(
            {"number": f"ZY-{number:03d}", "problem": f"第{number}号料场夜间扬尘。", "region": "", "pollution": "大气"}, number, {}
        )
        for number in range(first, last)
    )
    return Reading(tuple(rows), (), ())


def two_tables_at_once(stage: Stage) -> None:
    """Two clerks enter tables of one day that share half of their letters, each on a connection of their own."""
    said = Handover(BatchOrigin.CENTRE, "第三轮", None, day_of(stage.at), region_code="330000")
    with stage.office.office.reading() as session:
        regions = public_settings(session).regions()
    said = replace(said, region_code=next(iter(regions.by_code)))
    tables, ready, faults = (_table(0, 12), _table(6, 18)), threading.Barrier(2), []

    def act(login: str, reading: Reading, *, row_by_row: bool) -> None:
        ready.wait()
        try:
            for rows in [Reading((row,), (), ()) for row in reading.rows] if row_by_row else [reading]:
                with stage.office.office.transaction() as session:
                    handed_down.enter(session, rows, said, regions, by=stage.cast[login], at=stage.at)
        except Exception as fault:
            faults.append(fault)

    clerks = [
        threading.Thread(target=act, args=("zuyuan", tables[0]), kwargs={"row_by_row": True}),
        threading.Thread(target=act, args=("zuzhang", tables[1]), kwargs={"row_by_row": False}),
    ]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join(60)

    assert faults == []
    with stage.office.office.reading() as session:
        entered = session.scalars(select(Letter).where(Letter.upstream_number.is_not(None))).all()
        assert sorted(letter.upstream_number or "" for letter in entered) == [f"ZY-{number:03d}" for number in range(18)]
        (batch,) = session.scalars(select(LetterBatch).where(LetterBatch.origin == BatchOrigin.CENTRE))
        assert batch.number == 1
        assert {letter.batch_id for letter in entered} == {batch.id}
        assert len({letter.number for letter in entered}) == 18
        assert verify_chain(session).broken_at is None


def test_two_clerks_enter_tables_of_one_batch_at_once(stage: Stage) -> None:
    two_tables_at_once(stage)


@pytest.mark.postgres
def test_two_clerks_enter_tables_of_one_batch_at_once_on_postgresql(postgres_stage: Stage) -> None:
    two_tables_at_once(postgres_stage)


@pytest.mark.postgres
def test_the_second_of_two_new_batches_takes_the_next_number(postgres_stage: Stage) -> None:
    """One makes the batch of today and has not finished; another makes that of tomorrow on a connection of their own."""
    office, by, at = postgres_stage.office.office, postgres_stage.cast["zuyuan"], postgres_stage.at
    made: list[int] = []

    def tomorrow() -> None:
        with office.transaction() as session:
            day = day_of(at) + timedelta(days=1)
            made.append(assignment.batch_of_day(session, BatchOrigin.PROVINCE, "", day, by=by, at=at).number)

    other = threading.Thread(target=tomorrow)
    with office.transaction() as session:
        made.append(assignment.batch_of_day(session, BatchOrigin.PROVINCE, "", day_of(at), by=by, at=at).number)
        other.start()
        other.join(1)
        assert other.is_alive()
    other.join(30)

    assert made == [1, 2]


def _answer_on_paper(stage: Stage) -> None:
    """A town hall without accounts answers on stamped paper: the group scans it, types it in, and another hand reviews it."""
    with stage.office.office.transaction() as session:
        letter = Work(stage, session).assigned("bailu")
        letter_id = letter.id
    group = signed_in_client(stage, "zuyuan")
    group.post(f"/letters/{letter_id}/acts/take-up", data={"version": _version(stage, letter_id)})
    with stage.office.office.reading() as session:
        claims = [claim.id for claim in assignment.claims_of(session, session.get_one(Letter, letter_id))]
    said = {f"{name}-{claim}": words for claim in claims for name, words in (
        ("verdict", "substantiated"), ("finding", "镇里现场查看，料堆没有盖。"), ("measures", "当日覆盖。"))}  # fmt: skip
    scan = (io.BytesIO(b"%PDF-1.4 stamped answer"), "盖章回复.pdf")

    answer = group.post(f"/letters/{letter_id}/findings", data={
        **said, "version": _version(stage, letter_id), "role": "paper", "measure-fine": "5000", "file": scan})  # fmt: skip

    assert answer.status_code == 303, answer.text
    own = group.get(f"/letters/{letter_id}/acts/settle")
    with stage.office.office.reading() as session:
        letter = session.get_one(Letter, letter_id)
        assert letter.state is S.UNDER_REVIEW
        assert {row.unit_id for row in session.scalars(select(LetterFinding))} == {"bailu"}
        (paper,) = handling.evidence_of(session, letter)
        assert (paper.role, paper.name, paper.media_type) == (EvidenceRole.PAPER, "盖章回复.pdf", "application/pdf")
        assert [(row.kind, row.number) for row in handling.measures_of(session, letter)] == [(MeasureKind.FINE, 5000)]
    assert own.status_code == 409  # who typed it in does not review it
    assert evidence_store(stage.office).get(paper.digest) == b"%PDF-1.4 stamped answer"
    assert signed_in_client(stage, "zuzhang").get(f"/letters/{letter_id}/acts/settle").status_code == 200


def _version(stage: Stage, letter_id: str) -> int:
    with stage.office.office.reading() as session:
        return session.get_one(Letter, letter_id).version


def test_a_unit_without_accounts_answers_on_stamped_paper(stage: Stage) -> None:
    _answer_on_paper(stage)


@pytest.mark.postgres
def test_a_unit_without_accounts_answers_on_stamped_paper_on_postgresql(postgres_stage: Stage) -> None:
    _answer_on_paper(postgres_stage)


@pytest.mark.postgres
def test_a_round_is_re_checked_and_an_assignment_undone_on_postgresql(postgres_stage: Stage) -> None:
    with postgres_stage.office.office.transaction() as session:
        work = Work(postgres_stage, session)
        letter, other = work.settled(), work.assigned()
        (offer,) = undoing.offers(session, work.who("zuzhang"), at=work.at, letter_id=other.id)
        undoing.undo(session, offer.id, by=work.who("zuzhang"), at=work.at)
        assert (other.state, other.batch_id, assignment.assignments(session, other)) == (S.ACCEPTED, None, [])
        day, by = work.at.date(), work.who("duban")
        recheck = rechecks.begin(session, BatchOrigin.OWN, "", day, day, by=by, at=work.at + timedelta(days=2))
        found = {item.key: Found(Outcome.RIGHT) for item in rechecks.items_of(session, recheck, letter)}
        rechecks.check(session, recheck, letter, found, by=by, at=work.at)

        assert rechecks.counts(session, recheck, by) == rechecks.Counts(2, 1, 1, 0)
        assert rechecks.rounds_known(session, by) == ((BatchOrigin.OWN, ""),)
        assert [each.id for _row, each in rechecks.lines(session, recheck, by, done=True)] == [letter.id]

    with pytest.raises(DBAPIError, match="append"), postgres_stage.office.office.transaction() as session:
        session.execute(text("DELETE FROM letter_recheck_result"))
