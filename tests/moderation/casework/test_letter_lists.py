"""Lists show exactly what a reading of every letter would find, whatever filters and words are put together, on both engines."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import product

import pytest
from sqlalchemy import delete, event, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from moderation.bench import filling as bench
from moderation.casework import letter_lists, search
from moderation.casework.letter_lists import Filter
from moderation.casework.letters import BarReason, Letter, LetterAssignment, LetterBar, LetterText, LetterType
from moderation.casework.machine import DESK_OF, Desk, LetterState
from moderation.office import Office
from moderation.staff import SignedIn
from portal.core.clock import day_of, now
from portal.core.ids import new_id
from portal.core.vocabulary import PollutionType, Role

S = LetterState
LEADER = SignedIn("reader", "读者", frozenset({Role.LEADER}), "office", "单位")
OFFICER = SignedIn("officer", "经办人", frozenset({Role.UNIT_OFFICER}), "u000", "第0单位")
LIAISON = SignedIn("liaison", "纪检", frozenset({Role.DISCIPLINE_OFFICER}), "office", "单位")
BOTH = SignedIn("both", "两职", frozenset({Role.LEADER, Role.DISCIPLINE_OFFICER}), "office", "单位")
OFFICER_AND_LIAISON = SignedIn("o-and-l", "兼纪检", frozenset({Role.UNIT_OFFICER, Role.DISCIPLINE_OFFICER}), "u000", "第0单位")
NOBODY = SignedIn("nobody", "管理员", frozenset({Role.ADMINISTRATOR}), "office", "单位")
READERS = {"leader": LEADER, "officer": OFFICER, "liaison": LIAISON, "both": BOTH, "officer and liaison": OFFICER_AND_LIAISON}
LETTERS = 200


@dataclass(frozen=True)
class Whole:
    """One letter with all that stands beside it."""

    letter: Letter
    types: frozenset[PollutionType]
    held_by: frozenset[str]
    words: str


def whole(session: Session) -> list[Whole]:
    types: dict[str, set[PollutionType]] = {}
    for row in session.scalars(select(LetterType)):
        types.setdefault(row.letter_id, set()).add(row.type)
    held: dict[str, set[str]] = {}
    for part in session.scalars(select(LetterAssignment).where(LetterAssignment.ended_at.is_(None))):
        held.setdefault(part.letter_id, set()).add(part.unit_id)
    words = {row.letter_id: f"{row.summary}\n{row.place}\n{row.target}" for row in session.scalars(select(LetterText))}
    return [
        Whole(letter, frozenset(types.get(letter.id, ())), frozenset(held.get(letter.id, ())), words[letter.id])
        for letter in session.scalars(select(Letter))
    ]


def reads(one: Whole, person: SignedIn) -> bool:
    if one.letter.discipline_only:
        return Role.DISCIPLINE_OFFICER in person.roles
    return Role.LEADER in person.roles or (Role.UNIT_OFFICER in person.roles and person.unit_id in one.held_by)


def fits(one: Whole, wanted: Filter, person: SignedIn) -> bool:
    letter = one.letter
    return (
        reads(one, person)
        and (wanted.desk is None or letter.desk is wanted.desk)
        and (not wanted.states or letter.state in wanted.states)
        and (not wanted.unit_id or letter.unit_id == wanted.unit_id)
        and (not wanted.region_code or letter.region_code == wanted.region_code)
        and (wanted.type is None or wanted.type in one.types)
        and (not wanted.key_only or letter.key_letter)
        and (wanted.due_by is None or letter.due_on <= wanted.due_by)
        and all(word in one.words for word in wanted.text.split())
    )


def every_filter() -> list[Filter]:
    today = day_of(now())
    bases = (Filter(newest_first=True), Filter(desk=Desk.UNITS), Filter(states=(S.HANDLING, S.EXTENSION_ASKED)),
             Filter(states=(S.FOLLOW_UP,), newest_first=True), Filter(desk=Desk.UNITS, due_by=today))  # fmt: skip
    return [
        replace(base, region_code=region, unit_id=unit, type=kind, key_only=key, text=words)
        for base, region, unit, kind, key, words in product(
            bases,
            ("", "990001"),
            ("", "u001"),
            (None, PollutionType.NOISE),
            (False, True),
            ("", "扬尘", "扬尘，未覆盖", "夜间装卸 学校"),
        )
    ]


def require_exact(office: Office, person: SignedIn) -> int:
    """Compares every list with a reading of everything; returns how many lists showed something."""
    shown = 0
    with office.office.reading() as session:
        letters = [one for one in whole(session) if not letter_lists.is_barred(session, one.letter.id, person)]
        for wanted in every_filter():
            page = letter_lists.letters_in(session, wanted, person)
            expected = [one.letter for one in letters if fits(one, wanted, person)]
            assert page.total == len(expected), wanted
            assert {row.letter.id for row in page.rows} <= {letter.id for letter in expected}, wanted
            assert len(page.rows) == min(len(expected), letter_lists.PAGE), wanted
            if wanted.newest_first and not wanted.text:
                days = [row.letter.received_on for row in page.rows]
                assert days == sorted((letter.received_on for letter in expected), reverse=True)[: len(days)]
            elif not wanted.text:
                dues = [row.letter.due_on for row in page.rows]
                assert dues == sorted(letter.due_on for letter in expected)[: len(dues)]
            shown += bool(expected)
    return shown


def stir(office: Office) -> None:
    """Moves letters, types and parts about, as verbs and hands do, with no regard for what stands beside them."""
    chance = random.Random(3)
    with office.office.transaction() as session:
        ids = session.scalars(select(Letter.id)).all()
        for letter_id in chance.sample(list(ids), 120):
            state = chance.choice((S.HANDLING, S.FOLLOW_UP, S.ARCHIVED))
            changes = {"state": state, "desk": DESK_OF[state], "region_code": chance.choice(("990001", "990002")),
                       "unit_id": chance.choice(("u000", "u001")), "key_letter": chance.random() < 0.5,
                       "discipline_only": chance.random() < 0.2}  # fmt: skip
            session.execute(update(Letter).where(Letter.id == letter_id).values(**changes))
        for letter_id in chance.sample(list(ids), 60):
            session.execute(delete(LetterType).where(LetterType.letter_id == letter_id))
            session.add(LetterType(letter_id=letter_id, type=PollutionType.NOISE))
        for letter_id in chance.sample(list(ids), 80):
            session.execute(update(LetterAssignment).where(LetterAssignment.letter_id == letter_id).values(ended_at=now()))
            session.add(LetterAssignment(id=new_id(), letter_id=letter_id, unit_id="u000", lead=True, assigned_by="x",
                                         assigned_at=now()))  # fmt: skip
        session.execute(delete(LetterBar))
        session.add_all(
            LetterBar(id=new_id(), letter_id=letter_id, staff_id="" if unit else "reader", unit_id=unit, reason=BarReason.NAMED)
            for letter_id, unit in zip(chance.sample(list(ids), 40), ("", "u000") * 20, strict=True)
        )
    with office.office.transaction() as session:
        session.execute(update(LetterAssignment).values(closed=LetterAssignment.desk.in_((Desk.DONE, Desk.AFTER))))


def filled(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    # Few units and places, so that every filter finds something.
    monkeypatch.setattr(bench, "UNITS", 3)
    monkeypatch.setattr(bench, "REGIONS", 3)
    bench.people(office)
    bench.fill(office, LETTERS)
    return office


def test_every_list_is_exact(empty_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    require_all_exact(filled(empty_office, monkeypatch))


@pytest.mark.postgres
def test_every_list_is_exact_on_postgresql(postgres_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    require_all_exact(filled(postgres_office, monkeypatch))


def require_all_exact(office: Office) -> None:
    stir(office)
    shown = {name: require_exact(office, person) for name, person in READERS.items()}

    assert shown["leader"] > 30
    assert min(shown.values()) > 10
    assert require_exact(office, NOBODY) == 0


def test_the_index_of_words_stays_whole_when_letters_move(empty_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office = filled(empty_office, monkeypatch)
    stir(office)

    with office.office.transaction() as session:
        session.execute(text("INSERT INTO letter_words(letter_words, rank) VALUES ('integrity-check', 1)"))


def test_a_letter_is_found_by_each_of_its_types(empty_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office = filled(empty_office, monkeypatch)
    with office.office.reading() as session:
        second = session.scalars(select(LetterType).join(Letter).where(LetterType.type != Letter.main_type)).first()
        assert second is not None
        page = letter_lists.letters_in(session, Filter(type=second.type), LEADER, number=1)
        pages = [letter_lists.letters_in(session, Filter(type=second.type), LEADER, number=n) for n in range(1, page.pages + 1)]

        assert second.letter_id in {row.letter.id for each in pages for row in each.rows}


# What the offered filters ask of the database, with the index that answers them: never a walk through the table.
PLANS = (
    Filter(newest_first=True), Filter(desk=Desk.UNITS), Filter(region_code="990001", newest_first=True),
    Filter(type=PollutionType.AIR, newest_first=True), Filter(unit_id="u001", newest_first=True),
    Filter(states=(S.ARCHIVED,), newest_first=True), Filter(type=PollutionType.AIR, region_code="990001", newest_first=True),
    Filter(type=PollutionType.AIR, states=(S.ARCHIVED,), newest_first=True), Filter(key_only=True, newest_first=True),
    Filter(type=PollutionType.AIR, unit_id="u001", newest_first=True), Filter(type=PollutionType.AIR, desk=Desk.UNITS),
    Filter(region_code="990001", unit_id="u001", newest_first=True), Filter(text="扬尘", region_code="990001"),
)  # fmt: skip


def test_no_offered_list_reads_the_table_from_end_to_end(empty_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office = filled(empty_office, monkeypatch)
    asked: list[tuple[str, object]] = []
    with office.office.reading() as session:
        connection = session.connection()
        _watch(session, asked)
        for person, wanted in product((LEADER, OFFICER), PLANS):
            asked.clear()
            letter_lists.letters_in(session, wanted, person)
            page, *others = tuple(asked)
            steps = _plan(connection, page)
            assert not any("FOR ORDER BY" in step for step in steps) or wanted.text or person is OFFICER, (wanted, steps)
            # The count of everything stops at its thousandth row, whichever it reads.
            for statement in (page, *others) if wanted != PLANS[0] else (page,):
                walks = [step for step in _plan(connection, statement) if step.startswith("SCAN letter")]
                assert all(any(word in step for word in INDEXED) for step in walks), (person.name, statement, walks)


def _plan(connection: Connection, asked: tuple[str, object]) -> list[str]:
    return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0]}", asked[1])]  # type: ignore[arg-type]


INDEXED = ("INDEX", "letter_words")


def _watch(session: Session, asked: list[tuple[str, object]]) -> None:
    @event.listens_for(session.connection(), "before_cursor_execute")
    def heard(_connection: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))


def test_words_and_filters_are_one_question_to_the_index() -> None:
    together = search.Together((S.FOLLOW_UP, S.SETTLED), "990001", "u-1", "", PollutionType.SOLID_WASTE, True, False)

    assert list(together.marks()) == [("stafollowup", "stasettled"), ("reg990001",), ("uni752d31",), ("typsolidwaste",), ("key",)]
    assert together.without() == ("dis",)


def test_a_page_counts_all_states_at_once_and_a_transaction_counts_anew(
    empty_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = filled(empty_office, monkeypatch)
    stir(office)
    asked: list[tuple[str, object]] = []
    with office.office.reading() as session:
        _watch(session, asked)
        for person in (LEADER, OFFICER, BOTH):
            letters = [one.letter for one in whole(session) if reads(one, person)]
            known = [each for each in letters if not letter_lists.is_barred(session, each.id, person)]
            asked.clear()
            for state in (S.ACCEPTED, S.ASSIGNED, S.HANDLING, S.UNDER_REVIEW):
                assert letter_lists.count_in(session, (state,), person) == sum(each.state is state for each in known), person
            assert len(asked) == 1
    with office.office.transaction() as session:
        before = letter_lists.count_in(session, (S.HANDLING,), BOTH)
        moved = session.scalars(select(Letter).where(Letter.state == S.FOLLOW_UP)).first()
        assert moved is not None
        moved.state = S.HANDLING
        session.flush()
        assert letter_lists.count_in(session, (S.HANDLING,), BOTH) == before + 1
