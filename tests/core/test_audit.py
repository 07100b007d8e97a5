"""The audit chain: every deed leaves a line, and nobody changes one unseen."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError

from moderation.office import Office
from portal.core import audit
from portal.core.audit import _digest, verify_chain
from tests.conftest import NOON


def _write(office: Office, lines: int, store: str = "office") -> None:
    for number in range(lines):
        with getattr(office, store).transaction() as session:
            audit.record(session, by="李", act="test.write", subject=str(number), at=NOON, detail={"n": number})


def test_a_whole_chain_is_said_to_be_whole(empty_office: Office) -> None:
    _write(empty_office, 5)

    with empty_office.office.reading() as session:
        report = verify_chain(session)

    assert (report.lines, report.broken_at) == (5, None)


@pytest.mark.parametrize("store", ["office", "intake"])
@pytest.mark.parametrize("statement", ["UPDATE {t} SET by='x'", "DELETE FROM {t}"])
def test_the_database_itself_refuses_to_change_or_remove_a_line(empty_office: Office, store: str, statement: str) -> None:
    _write(empty_office, 2, store)

    with pytest.raises(DatabaseError, match="append-only"), getattr(empty_office, store).transaction() as session:
        session.execute(text(statement.format(t=f"{store}_audit")))


def test_a_line_changed_behind_the_databases_back_is_found(empty_office: Office) -> None:
    _write(empty_office, 6)
    with empty_office.office.transaction() as session:
        session.execute(text("DROP TRIGGER office_audit_no_update"))
        session.execute(text("UPDATE office_audit SET subject='other' WHERE number=4"))

    with empty_office.office.reading() as session:
        assert verify_chain(session).broken_at == 4


def test_a_line_cut_out_of_the_middle_is_found(empty_office: Office) -> None:
    _write(empty_office, 6)
    with empty_office.office.transaction() as session:
        session.execute(text("DROP TRIGGER office_audit_no_delete"))
        session.execute(text("DELETE FROM office_audit WHERE number=3"))

    with empty_office.office.reading() as session:
        assert verify_chain(session).broken_at == 4


def test_a_refused_deed_leaves_no_line(empty_office: Office) -> None:
    def deed() -> None:
        with empty_office.office.transaction() as session:
            audit.record(session, by="李", act="test.write", subject="1", at=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        deed()

    with empty_office.office.reading() as session:
        assert verify_chain(session).lines == 0


def test_intake_lines_carry_the_day_only(empty_office: Office) -> None:
    _write(empty_office, 1, "intake")

    with empty_office.intake.reading() as session:
        assert session.execute(text("SELECT at FROM intake_audit")).scalar() == "2026-11-20"


def test_eight_writers_at_once_do_not_fork_the_chain(empty_office: Office) -> None:
    writers = [threading.Thread(target=_write, args=(empty_office, 10)) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    with empty_office.office.reading() as session:
        assert (verify_chain(session).lines, verify_chain(session).broken_at) == (80, None)


def test_two_lines_cannot_claim_the_same_place(empty_office: Office) -> None:
    _write(empty_office, 1)
    copied = (
        "INSERT INTO office_audit (at,by,act,subject,detail,previous_digest,digest) "
        "SELECT at,by,act,'forged',detail,previous_digest,'f' FROM office_audit"
    )
    with pytest.raises(IntegrityError), empty_office.office.transaction() as session:
        session.execute(text(copied))


_words = st.text(max_size=20)


@settings(max_examples=200)
@given(st.tuples(_words, _words, _words, _words), st.tuples(_words, _words, _words, _words))
def test_moving_letters_between_fields_changes_the_digest(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert (_digest("0", "2026", *one) == _digest("0", "2026", *other)) == (one == other)
