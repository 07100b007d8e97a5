"""The worksheet: four checks, what is suggested, and what keeps a case from going on."""

from __future__ import annotations

import json
from datetime import date

import pytest

from moderation.accountability import worksheet
from moderation.accountability.decisions import record_party, repeat_not_stricter
from moderation.accountability.machine import CASE, EXPOSURE, INVESTIGATION
from moderation.accountability.words import (
    AccidentPoint,
    CaseState,
    CheckAnswer,
    Comparison,
    Dimension,
    Factor,
    Procedure,
)
from portal.core.errors import Mendable, NotAllowed, Refusal
from tests.conftest import NOON
from tests.moderation.accountability.conftest import LI, ZHAO, ZHOU, answer_all, checked_case, new_case, person

TERRITORIAL, SECTOR, POLLUTER, SUPERVISION = Dimension


@pytest.mark.parametrize("step", [*CASE.steps, *INVESTIGATION.steps, *EXPOSURE.steps], ids=lambda s: f"{s.source}-{s.verb}")
def test_every_step_cites_a_clause_and_has_somebody_to_take_it(step):
    assert step.clause
    assert step.roles or step.by_system


def test_a_case_begins_with_four_open_checks(session):
    case = worksheet.open_case(session, new_case(), by=LI, at=NOON)

    assert [check.dimension for check in case.checks] == list(Dimension)
    assert all(check.answer is None for check in case.checks)
    assert case.number == "问责〔2026〕1号"


def test_the_case_cannot_go_on_while_one_check_is_open(session):
    case = worksheet.open_case(session, new_case(), by=LI, at=NOON)
    answer_all(session, case)
    case.checks[2].answer = None

    with pytest.raises(Refusal, match="排污者主体责任”还没有查清"):
        worksheet.take_step(session, case, "finish_checks", by=LI, at=NOON)

    assert case.state is CaseState.CHECKING


def test_a_failed_check_names_people_by_office_and_the_evidence(session):
    case = worksheet.open_case(session, new_case(), by=LI, at=NOON)

    with pytest.raises(Mendable, match="责任人"):
        worksheet.answer_check(session, case, TERRITORIAL, CheckAnswer.FAILED, finding="没有巡查", by=LI, at=NOON)
    with pytest.raises(Mendable, match="依据的材料"):
        worksheet.answer_check(session, case, TERRITORIAL, CheckAnswer.FAILED, finding="没有巡查", offices="镇长", by=LI, at=NOON)


def test_only_failed_checks_bring_up_rows(session):
    case = worksheet.open_case(session, new_case(), by=LI, at=NOON)
    worksheet.say_facts(session, case, {"grade": "serious"}, grade_reason="影响大", by=LI, at=NOON)
    answer_all(session, case, TERRITORIAL, SUPERVISION)

    assert worksheet.suggestion(case).rows == ("LYQ.T2", "LYQ.V2")


def test_a_grade_set_by_a_person_needs_a_reason(session):
    case = worksheet.open_case(session, new_case(), by=LI, at=NOON)

    with pytest.raises(Mendable, match="请写明理由"):
        worksheet.say_facts(session, case, {"grade": "minor", "signs": ["recurring"]}, by=LI, at=NOON)


def test_facts_that_are_not_understood_are_refused_with_their_field(session):
    case = worksheet.open_case(session, new_case(), by=LI, at=NOON)

    with pytest.raises(Mendable, match="impact") as caught:
        worksheet.say_facts(session, case, {"impact": "huge"}, by=LI, at=NOON)
    assert caught.value.field == "impact"


def test_a_case_with_a_failed_check_is_not_decided_without_decisions(session):
    case = checked_case(session, TERRITORIAL)

    with pytest.raises(Refusal, match="还没有登记处理决定"):
        worksheet.take_step(session, case, "confirm_decision", by=ZHAO, at=NOON)


def test_a_case_in_which_nobody_failed_is_decided_without_decisions(session):
    case = checked_case(session)

    worksheet.take_step(session, case, "confirm_decision", by=ZHAO, at=NOON)

    assert case.state is CaseState.DECIDED


def test_whoever_is_suggested_is_answered_or_a_reason_says_why_not(session):
    case = worksheet.open_case(session, new_case(), by=LI, at=NOON)
    worksheet.say_facts(session, case, {"grade": "serious"}, grade_reason="影响大", by=LI, at=NOON)
    answer_all(session, case, TERRITORIAL)
    worksheet.take_step(session, case, "finish_checks", by=LI, at=NOON)
    record_party(session, case, person("靳大山", "停职检查"), by=LI, at=NOON)

    with pytest.raises(Refusal, match="分管"):
        worksheet.take_step(session, case, "confirm_decision", by=ZHAO, at=NOON)
    worksheet.waive(session, case, row="LYQ.T2", subject="deputy_in_charge", reason="已因同一事受处理", by=LI, at=NOON)
    worksheet.take_step(session, case, "confirm_decision", by=ZHAO, at=NOON)

    assert case.state is CaseState.DECIDED
    assert json.loads(case.frozen)["rows"] == ["LYQ.T2"]


def test_whoever_recorded_the_decision_cannot_confirm_it(session):
    case = checked_case(session, TERRITORIAL)
    record_party(session, case, person(), by=ZHAO, at=NOON)

    with pytest.raises(Refusal, match="不能自己确认"):
        worksheet.take_step(session, case, "confirm_decision", by=ZHAO, at=NOON)


def test_a_person_without_a_role_moves_nothing(session):
    case = checked_case(session)

    with pytest.raises(NotAllowed):
        worksheet.take_step(session, case, "confirm_decision", by=ZHOU, at=NOON)


def test_a_problem_handed_over_by_an_inspection_waits_for_its_consent(session):
    case = checked_case(session, TERRITORIAL, handed_over=True)
    record_party(session, case, person(), by=LI, at=NOON)

    with pytest.raises(Refusal, match="督察组同意"):
        worksheet.take_step(session, case, "confirm_decision", by=ZHAO, at=NOON)
    worksheet.record_consent(session, case, body="省督察办", on=date(2026, 11, 18), document="省督函3号", by=LI, at=NOON)
    worksheet.take_step(session, case, "confirm_decision", by=ZHAO, at=NOON)

    assert case.state is CaseState.DECIDED


def test_an_accident_cannot_be_closed_while_one_of_four_points_is_open(session):
    case = checked_case(session, accident=True)
    worksheet.take_step(session, case, "confirm_decision", by=ZHAO, at=NOON)
    worksheet.take_step(session, case, "report_execution", by=LI, at=NOON, text="已落实")
    for point in list(AccidentPoint)[:3]:
        worksheet.settle_accident_point(session, case, point, text="办完", by=LI, at=NOON)

    with pytest.raises(Refusal, match="四不放过"):
        worksheet.take_step(session, case, "close", by=LI, at=NOON)
    worksheet.settle_accident_point(session, case, AccidentPoint.MEASURES, text="防尘网已装", by=LI, at=NOON)
    worksheet.take_step(session, case, "close", by=LI, at=NOON)

    assert case.state is CaseState.CLOSED


def test_the_list_goes_to_supervision_only_after_the_leading_group_approved_it(session):
    case = checked_case(session)

    def add(step: Procedure) -> None:
        worksheet.add_procedure(session, case, step, on=date(2026, 11, 18), body="领导小组", by=LI, at=NOON)

    with pytest.raises(Refusal, match="领导小组审定清单"):
        add(Procedure.HANDED_OVER)
    add(Procedure.LIST_DRAFTED)
    add(Procedure.LIST_APPROVED)
    add(Procedure.HANDED_OVER)

    assert [row.step for row in case.procedure][-1] is Procedure.HANDED_OVER


def test_execution_that_was_not_reported_in_time_is_shown_as_overdue(session):
    case = checked_case(session)
    worksheet.add_procedure(
        session, case, Procedure.NOTICE, on=date(2026, 11, 1), body="柳溪镇", due_on=date(2026, 11, 15), by=LI, at=NOON
    )

    assert worksheet.execution_overdue(case, date(2026, 11, 16))
    assert not worksheet.execution_overdue(case, date(2026, 11, 15))
    with pytest.raises(Mendable, match="没有按办法问责"):
        worksheet.add_procedure(session, case, Procedure.NOT_DONE, on=date(2026, 11, 20), body="市攻坚办", by=LI, at=NOON)


def test_a_repeat_that_is_not_stricter_than_the_last_is_flagged(session):
    first = checked_case(session, TERRITORIAL)
    record_party(session, first, person("靳大山", "诫勉"), by=LI, at=NOON)
    second = checked_case(session, TERRITORIAL, previous_id=first.id)
    record_party(session, second, person("靳大山", "诫勉"), by=LI, at=NOON)

    assert repeat_not_stricter(session, second) is first
    record_party(session, second, person("卢小河", "免职"), by=LI, at=NOON)
    assert repeat_not_stricter(session, second) is None


def test_being_named_from_above_moves_the_suggestion_up_one_step(session):
    case = worksheet.open_case(session, new_case(), by=LI, at=NOON)
    answer_all(session, case, TERRITORIAL)
    worksheet.say_facts(session, case, {"grade": "minor", "named_from_above": True}, grade_reason="影响小", by=LI, at=NOON)

    assert worksheet.suggestion(case).rows == ("LYQ.T2",)


def test_the_five_factors_are_kept_and_can_be_rewritten(session):
    case = checked_case(session)
    for text in ("分工文件写明由其分管", "分工文件和会议纪要写明由其分管"):
        worksheet.note_factor(session, case, Factor.POST, text=text, by=LI, at=NOON)

    assert [(row.factor, row.text) for row in case.factors] == [(Factor.POST, "分工文件和会议纪要写明由其分管")]


def test_history_keeps_every_step_and_its_words(session):
    case = checked_case(session)
    worksheet.take_step(session, case, "reopen_checks", by=LI, at=NOON, text="漏查一项")

    assert [(line.verb, line.text) for line in case.history] == [("finish_checks", ""), ("reopen_checks", "漏查一项")]


def test_a_decision_below_the_standard_keeps_its_reason(session):
    case = worksheet.open_case(session, new_case(), by=LI, at=NOON)
    worksheet.say_facts(session, case, {"grade": "grave"}, grade_reason="反复", by=LI, at=NOON)
    answer_all(session, case, TERRITORIAL)
    worksheet.take_step(session, case, "finish_checks", by=LI, at=NOON)

    with pytest.raises(Mendable, match="低于规则建议"):
        record_party(session, case, person("靳大山", "诫勉"), by=LI, at=NOON)
    party = record_party(session, case, person("靳大山", "诫勉", below_reason="任职仅十天"), by=LI, at=NOON)

    assert party.comparison is Comparison.BELOW
    assert party.suggested_row == "LYQ.T3"
