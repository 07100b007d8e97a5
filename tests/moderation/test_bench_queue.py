"""The measurement of the queue fills an office with the rows that verbs write, leaves it whole on both engines, and opens it."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import func, select, text

from moderation.bench import filling
from moderation.bench import queue as bench
from moderation.bench.lives import NOT_READ, SHARED, lived
from moderation.casework import handling, letter_lists, search
from moderation.casework.letters import Letter, LetterAssignment, LetterCount, LetterEvent, LetterGuard, LetterType
from moderation.casework.machine import LetterState
from moderation.casework.search import LetterSearch
from moderation.office import Office
from moderation.staff import SignedIn, StaffMember
from portal.core.clock import now
from portal.core.db import IntakeBase, OfficeBase
from portal.core.vocabulary import Role, Term

LETTERS = 150
SCHEMA = {
    "sqlite": "SELECT name, sql FROM sqlite_master ORDER BY name",
    "postgresql": "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace "
    "UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
    "UNION ALL SELECT tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
}


def schema(office: Office) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for register in (office.intake, office.office):
        with register.reading() as session:
            rows = session.execute(text(SCHEMA["sqlite" if register.is_sqlite else "postgresql"]))
            found += [(row[0], row[1]) for row in rows if not row[0].startswith(("letter_words_", "sqlite_stat"))]
    return found


def shape(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Counter[tuple[str, frozenset[str]]]:
    """How many rows stand in which table, and which of their columns say something."""
    return Counter((table, frozenset(name for name, value in row.items() if value not in (None, "", b""))) for table, row in rows)


def told(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, str, str]]:
    return [(row["verb"], row["source"], row["target"]) for table, row in rows if table == LetterEvent.__tablename__]


def whose(table: str, row: Mapping[str, Any], letter_of: Mapping[str, str]) -> str | None:
    """The letter that a row names; None: it names none."""
    if table in ("letter", "report"):
        return letter_of.get(row["id"])
    named = row.get("letter_id") or row.get("subject_id") or str(row.get("link", "")).rsplit("/", 1)[-1]
    return letter_of.get(named)


def by_letter(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    every = [(table, row) for table, row in rows if table != "letter_bar"]
    letter_of = {row[key]: row["id"] for table, row in every if table == "letter" for key in ("id", "report_id")}
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for table, row in every:
        if letter := whose(table, row, letter_of):
            found.setdefault(letter, []).append((table, row))
    return found


def every_row(office: Office) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for base, register in ((OfficeBase, office.office), (IntakeBase, office.intake)):
        with register.reading() as session:
            for table in base.metadata.sorted_tables:
                if table.name not in NOT_READ | SHARED:
                    for row in session.execute(select(table).order_by(*table.primary_key.columns)).mappings():
                        yield table.name, {name: value.value if isinstance(value, Term) else value for name, value in row.items()}


def require_rows_as_in_life(office: Office) -> None:
    lived_rows = by_letter((row.table.name, row.values) for life in lived().lives for row in life.rows)
    lives = [(shape(rows), told(rows)) for rows in lived_rows.values()]
    filled = by_letter(every_row(office))
    assert len(filled) == LETTERS
    for letter, rows in filled.items():
        assert (shape(rows), told(rows)) in lives, letter


def require_kept_as_the_database_keeps_it(office: Office) -> None:
    """Counter, copies and marks are what triggers would have made."""
    marks = search._marks(
        *(search._SQLITE_MARKS if office.office.is_sqlite else search._POSTGRESQL_MARKS), "letter_search.letter_id"
    )
    with office.office.reading() as session:
        counted = session.execute(select(Letter.state, Letter.unit_id, func.count()).group_by(Letter.state, Letter.unit_id)).all()
        kept = session.execute(select(LetterCount.state, LetterCount.unit_id, LetterCount.letters)).all()
        assert {(row[0].value, row[1], row[2]) for row in counted} == {tuple(row) for row in kept}
        for copy in (LetterType, LetterAssignment):
            names = ("state", "desk", "region_code", "received_on", "due_on")
            query = select(copy, Letter).join(Letter, Letter.id == copy.letter_id)
            assert all([getattr(mine, each) for each in names] == [getattr(letter, each) for each in names]
                       for mine, letter in session.execute(query))  # fmt: skip
        for own, made in session.execute(text(f"SELECT marks, {marks} FROM letter_search")):
            assert sorted(own.split()) == sorted(made.split())
        assert session.scalar(select(func.count()).select_from(LetterSearch)) == LETTERS
        assert session.scalar(text("SELECT count(*) FROM letter_words")) == LETTERS
        assert session.scalar(select(func.count()).select_from(LetterGuard)) == LETTERS
        if office.office.is_sqlite:
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []
            session.execute(text("INSERT INTO letter_words(letter_words, rank) VALUES ('integrity-check', 1)"))


def require_that_work_goes_on(office: Office) -> None:
    """A filled letter is taken up by the real verb, and the database keeps count again."""
    with office.office.transaction() as session:
        part = session.scalars(select(LetterAssignment).where(LetterAssignment.state == LetterState.ASSIGNED)).first()
        assert part is not None
        officer = SignedIn("officer", "经办人", frozenset({Role.UNIT_OFFICER}), part.unit_id, "单位")
        before = letter_lists.count_in(session, (LetterState.HANDLING,), officer)
        handling.take_up(session, session.get_one(Letter, part.letter_id), by=officer, at=now())
        session.flush()
        assert letter_lists.count_in(session, (LetterState.HANDLING,), officer) == before + 1


def require_a_whole_office(office: Office) -> None:
    before = schema(office)
    filling.people(office)
    filling.fill(office, LETTERS)

    assert schema(office) == before
    require_rows_as_in_life(office)
    require_kept_as_the_database_keeps_it(office)
    require_that_work_goes_on(office)


def test_a_filled_office_has_the_rows_that_verbs_write_and_its_pages_are_measured(empty_office: Office) -> None:
    require_a_whole_office(empty_office)

    figures = bench.measure(empty_office, bench._sessions(empty_office), 1)

    assert {"first_page_p95_ms", "filter_p95_ms", "search_p95_ms", "counts_p95_ms", "page_kb"} <= set(figures)
    assert isinstance(figures["page_kb"], float)
    assert figures["page_kb"] < 200


@pytest.mark.postgres
def test_a_filled_office_has_the_rows_that_verbs_write_on_postgresql(postgres_office: Office) -> None:
    require_a_whole_office(postgres_office)


def test_somebody_of_every_role_works_in_a_filled_office(empty_office: Office) -> None:
    filling.people(empty_office)

    with empty_office.office.reading() as session:
        assert set(session.scalars(select(StaffMember.login))) == {role.value for role in Role}


def test_a_million_letters_are_the_default() -> None:
    parser = argparse.ArgumentParser()
    bench.queue_arguments(parser)

    asked = parser.parse_args([])

    assert (asked.letters, asked.engine) == (1_000_000, "sqlite")
