"""The demo's accountability records: they load, they show every state, and what they publish reaches the site's records."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from moderation import worker
from moderation.accountability import investigations, polluters, statistics, timers, worksheet
from moderation.accountability.decisions import repeat_not_stricter
from moderation.accountability.exposures import ExposedCase, due_for_take_down
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.words import CaseState, ExposureState
from moderation.demo import accountability
from moderation.demo.stage import Stage
from moderation.publication.disclosures import Disclosure
from portal.core.clock import day_of
from portal.core.public_record import PublicRecord
from tests.console.desk_client import signed_in_client


def test_the_demo_shows_the_accountability_desk_at_work(stage: Stage):
    accountability.load(stage)
    needed = {"sealed letters and signed texts", "timed publication", "press", "accountability timers"}
    assert not needed & set(worker.run_once(stage.office, at=stage.at))
    timers.run(stage.office, stage.at)

    today = day_of(stage.at)
    with stage.office.office.reading() as session:
        cases = list(session.scalars(select(AccountabilityCase).order_by(AccountabilityCase.number)))
        assert {case.state for case in cases} == {CaseState.CHECKING, CaseState.CHECKED, CaseState.CLOSED}
        assert [case.number for case in cases if repeat_not_stricter(session, case)]
        assert [case.number for case in cases if worksheet.execution_overdue(case, today)]
        assert investigations.overdue_publications(session, today)
        assert polluters.blacklisted(session, today)
        assert len(polluters.repeat_offenders(session)) >= 2
        counted = statistics.office_tally(session)
        assert (counted.people, counted.person_measures, counted.units) == (3, 4, 1)
        assert due_for_take_down(session)
        public = {one.id: one for one in session.scalars(select(Disclosure).where(Disclosure.live_revision > 0))}
        exposed = list(session.scalars(select(ExposedCase).where(ExposedCase.state == ExposureState.PUBLISHED)))
        assert len(exposed) == 2
        for one in public.values():
            record = PublicRecord.from_json((one.live_record or "").encode())
            assert {link.id for link in record.related if link.kind in {"exposure", "accountability"}} <= set(public)
            assert "靳大山" not in (one.live_record or "")
    client = signed_in_client(stage, "wenze")
    for case in cases:
        assert client.get(f"/accountability/cases/{case.id}").status_code == 200
    assert "落实逾期" in client.get("/accountability/cases").get_data(as_text=True)


def test_the_quashed_case_of_the_demo_is_down_on_its_last_day(stage: Stage):
    accountability.load(stage)
    with stage.office.office.reading() as session:
        last = max(exposed.take_down_by or date.min for exposed in due_for_take_down(session))

    timers.run(stage.office, stage.at + (last - day_of(stage.at)))

    with stage.office.office.reading() as session:
        assert due_for_take_down(session) == []
