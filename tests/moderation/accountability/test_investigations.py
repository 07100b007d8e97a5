"""Investigations: each stage is whole before the next, and the approved report must be public in time."""

from __future__ import annotations

from datetime import date

import pytest

from moderation.accountability import investigations, records, timers
from moderation.accountability.words import Dimension, InvestigationState
from moderation.publication import disclosures
from moderation.publication.machine import DisclosureState
from portal.core.calendar import WorkdayCalendar
from portal.core.errors import Mendable, Refusal
from tests.conftest import NOON
from tests.moderation.accountability.conftest import LI, ZHAO, checked_case

CALENDAR = WorkdayCalendar()


def step(session, found, verb, by=LI, text=None):
    investigations.take_step(session, found, verb, calendar=CALENDAR, by=by, at=NOON, text=text)


def write(session, found, **papers):
    investigations.write_papers(session, found, investigations.Papers(**papers), by=LI, at=NOON)


def started(session):
    case = checked_case(session, Dimension.TERRITORIAL, ruleset="changji-2016")
    return investigations.start_investigation(session, case, started_by="州人民政府", why="发生较大环境污染事件", by=LI, at=NOON)


def approved(session):
    found = started(session)
    write(
        session,
        found,
        team="州环保局（组长单位）\n公安局\n专家两人",
        team_approved_by="州人民政府",
        team_approved_on=date(2026, 11, 10),
    )
    step(session, found, "approve_team")
    investigations.write_findings(session, found, dict.fromkeys(investigations.FINDINGS, "已查清"), by=LI, at=NOON)
    step(session, found, "conclude")
    write(session, found, discipline_opinion="建议诫勉", report_text="调查报告正文")
    step(session, found, "submit_report")
    write(session, found, report_approved_by="州党委、政府", report_approved_on=date(2026, 11, 18))
    step(session, found, "approve_report", by=ZHAO)
    return found


def test_the_team_is_approved_before_anything_is_found(session):
    found = started(session)

    with pytest.raises(Refusal, match="调查组成员"):
        step(session, found, "approve_team")
    with pytest.raises(Refusal, match="不能修改调查结论"):
        investigations.write_findings(session, found, {"course": "经过"}, by=LI, at=NOON)


@pytest.mark.parametrize("missing", investigations.FINDINGS)
def test_no_point_of_the_findings_may_be_left_out(session, missing):
    found = started(session)
    write(session, found, team="州环保局", team_approved_by="州人民政府", team_approved_on=date(2026, 11, 10))
    step(session, found, "approve_team")
    texts = {name: "已查清" for name in investigations.FINDINGS if name != missing}
    investigations.write_findings(session, found, texts, by=LI, at=NOON)

    with pytest.raises(Refusal, match=investigations.FINDINGS[missing]):
        step(session, found, "conclude")


def test_discipline_measures_are_discussed_with_discipline_and_organisation_first(session):
    found = started(session)
    write(session, found, team="州环保局", team_approved_by="州人民政府", team_approved_on=date(2026, 11, 10))
    step(session, found, "approve_team")
    investigations.write_findings(session, found, dict.fromkeys(investigations.FINDINGS, "已查清"), by=LI, at=NOON)
    step(session, found, "conclude")
    write(session, found, discipline_opinion="建议处分", discipline_needed=True, report_text="正文")

    with pytest.raises(Refusal, match="商量"):
        step(session, found, "submit_report")
    write(session, found, consulted="2026-11-12 商州纪委、组织部")
    step(session, found, "submit_report")

    assert found.state is InvestigationState.REPORTED


def test_the_approved_report_is_due_in_twenty_working_days_and_overdue_is_said(session):
    found = approved(session)

    assert found.publish_by == date(2026, 12, 16)
    assert "20 个工作日" in found.publish_by_arithmetic
    assert investigations.publication_word(found, date(2026, 12, 16)) == "应在 2026-12-16 前公开"
    assert investigations.publication_word(found, date(2026, 12, 17)) == "逾期未公开"
    assert investigations.overdue_publications(session, date(2026, 12, 17)) == [found]
    assert investigations.overdue_publications(session, date(2026, 12, 16)) == []


def test_an_approved_report_is_not_rewritten(session):
    found = approved(session)

    with pytest.raises(Refusal, match="不能再改"):
        write(session, found, report_text="改写")


def test_the_published_report_is_noted_and_followed_to_the_end(session):
    found = approved(session)
    record = records.investigation_record(session, found, region_name="柳溪镇", at=NOON)
    disclosure = records.hand_over(
        session,
        record,
        source=(records.INVESTIGATION_SOURCE, found.id),
        made_on=date(2026, 11, 18),
        calendar=CALENDAR,
        by=LI,
        at=NOON,
    )
    disclosure.state, disclosure.publish_at = DisclosureState.SIGNED, NOON
    disclosure.compared_version = disclosure.version
    disclosures.publish(session, disclosure, by=timers.TIMER, at=NOON)
    timers.follow_publications(session, at=NOON)
    timers.follow_publications(session, at=NOON)

    assert (found.state, found.published_on) == (InvestigationState.PUBLISHED, date(2026, 11, 20))
    assert investigations.overdue_publications(session, date(2027, 1, 1)) == []
    with pytest.raises(Refusal, match="落实情况"):
        step(session, found, "close_follow_up")
    step(session, found, "close_follow_up", text="三人处理均已执行")
    assert found.state is InvestigationState.FOLLOWED


def test_a_report_that_is_not_approved_does_not_leave_the_office(session):
    with pytest.raises(Refusal, match="批准后才公开"):
        records.investigation_record(session, started(session), region_name="柳溪镇", at=NOON)


def test_a_case_is_investigated_once_and_it_is_said_why(session):
    found = started(session)

    with pytest.raises(Refusal, match="已经启动"):
        investigations.start_investigation(session, found.case, started_by="州人民政府", why="再查", by=LI, at=NOON)
    with pytest.raises(Mendable, match="启动的原因"):
        investigations.start_investigation(session, checked_case(session), started_by="州人民政府", why=" ", by=LI, at=NOON)
