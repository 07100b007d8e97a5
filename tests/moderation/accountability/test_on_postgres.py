"""The same register on PostgreSQL: a case is led through, and the database itself keeps its log."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.exc import SQLAlchemyError

from moderation.accountability import decisions, statistics, timers, worksheet
from moderation.accountability.tables import MeasureChange
from moderation.accountability.words import CaseState, ChangeKind, Dimension
from moderation.office import Office
from moderation.staff import Unit
from tests.conftest import NOON
from tests.moderation.accountability.conftest import LI, ZHAO, checked_case, person


@pytest.mark.postgres
def test_a_case_on_postgresql_is_counted_and_its_log_cannot_be_rewritten(postgres_office: Office):
    with postgres_office.office.transaction() as session:
        session.add(Unit(id="liuxi", name="柳溪镇人民政府", region_code="990121101", kind="township", parent_id=None))
        session.flush()
        case = checked_case(session, Dimension.TERRITORIAL)
        party = decisions.record_party(session, case, person("靳大山", "诫勉", "调整岗位"), by=LI, at=NOON)
        worksheet.take_step(session, case, "confirm_decision", by=ZHAO, at=NOON)
        change = decisions.change_measure(
            session, party.measures[0], ChangeKind.QUASHED, on=date(2026, 11, 19), reason="复核", by=LI, at=NOON
        )
        counted = statistics.office_tally(session)
        assert (case.state, counted.people, counted.person_measures) == (CaseState.DECIDED, 1, 1)
    timers.run(postgres_office, NOON)

    with pytest.raises(SQLAlchemyError, match="append-only"):
        _rewrite(postgres_office, change.id)


def _rewrite(office: Office, change_id: int) -> None:
    with office.office.transaction() as session:
        session.get_one(MeasureChange, change_id).reason = "改写历史"
