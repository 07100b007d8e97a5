"""Registers, and the yearly assessment that reads them."""

from __future__ import annotations

from datetime import date

import pytest

from moderation.accountability import registers
from moderation.accountability.words import Level, RegisterKind, YearGrade
from moderation.staff import Unit
from portal.core.errors import Mendable, Refusal
from tests.conftest import NOON
from tests.moderation.accountability.conftest import LI
from tests.moderation.accountability.test_polluters import firm


def enter(session, kind=RegisterKind.SUMMONS, **said):
    plain = {
        "kind": kind,
        "on": date(2026, 5, 6),
        "body": "市政府",
        "reason": "空气指标连月下降",
        "unit_id": "liuxi",
        "level": Level.CITY,
    }
    return registers.enter(session, registers.NewEntry(**(plain | said)), by=LI, at=NOON)


def grade(session, given=YearGrade.PASS, **said):
    plain = {"disqualifiers": [], "decided_by": "市考核办", "decided_on": date(2026, 11, 20)}
    return registers.grade_year(session, session.get_one(Unit, "liuxi"), 2026, given, **(plain | said), by=LI, at=NOON)


def test_every_register_has_a_rule_with_a_clause():
    assert set(registers.RULES) == set(RegisterKind)
    assert all(rule.clause for rule in registers.RULES.values())


@pytest.mark.parametrize(
    ("kind", "said", "match"),
    [
        (RegisterKind.SUMMONS, {"level": None}, "哪一级"),
        (RegisterKind.LISTED, {"document": "市督〔2026〕2号"}, "到哪一天"),
        (RegisterKind.FUNDS_STOPPED, {}, "文号"),
        (RegisterKind.COPIED_RESULT, {"document": "号"}, "抄送给谁"),
        (RegisterKind.SUMMONS, {"unit_id": None}, "二者选一"),
        (RegisterKind.SUMMONS, {"reason": " "}, "原因"),
        (RegisterKind.SUMMONS, {"on": date(2030, 1, 1)}, "晚于今天"),
        (RegisterKind.LISTED, {"document": "号", "until": date(2026, 5, 1)}, "早于开始日"),
    ],
)
def test_an_entry_that_lacks_something_says_what(session, kind, said, match):
    with pytest.raises(Mendable, match=match):
        enter(session, kind, **said)


def test_an_accident_file_is_about_a_firm(session):
    with pytest.raises(Mendable, match="登记的是企业"):
        enter(session, RegisterKind.ACCIDENT_FILE)
    assert enter(session, RegisterKind.ACCIDENT_FILE, unit_id=None, polluter_id=firm(session).id)


def test_a_listing_holds_until_released_with_evidence(session):
    entry = enter(session, RegisterKind.LISTED, document="市督〔2026〕2号", until=date(2026, 12, 31))

    assert entry.holds_on(date(2026, 12, 31))
    assert entry.is_overdue(date(2027, 1, 1))
    with pytest.raises(Mendable, match="解除的依据"):
        registers.release(session, entry, on=date(2026, 11, 1), evidence="", by=LI, at=NOON)
    registers.release(session, entry, on=date(2026, 11, 1), evidence="验收报告", by=LI, at=NOON)
    assert not entry.holds_on(date(2026, 11, 1))
    with pytest.raises(Refusal, match="已经解除"):
        registers.release(session, entry, on=date(2026, 11, 2), evidence="再来", by=LI, at=NOON)


def test_copied_results_are_signed_for_once(session):
    entry = enter(session, RegisterKind.COPIED_RESULT, document="号", recipients="市纪委、市委组织部")
    registers.sign_receipt(session, entry, received_by="组织部干部监督室", on=date(2026, 5, 7), by=LI, at=NOON)

    with pytest.raises(Refusal, match="已经签收"):
        registers.sign_receipt(session, entry, received_by="又一次", on=date(2026, 5, 8), by=LI, at=NOON)


def test_one_talk_by_the_city_disqualifies_nobody_and_two_do(session):
    enter(session)
    assert registers.fed_disqualifiers(session, "liuxi", 2026) == []
    enter(session, on=date(2026, 9, 1))

    assert [row for row, _ in registers.fed_disqualifiers(session, "liuxi", 2026)] == ["QH18.4"]


@pytest.mark.parametrize("level", [Level.PROVINCE, Level.STATE])
def test_one_talk_by_the_province_or_above_is_enough(session, level):
    enter(session, level=level)

    assert [row for row, _ in registers.fed_disqualifiers(session, "liuxi", 2026)] == ["QH18.4"]
    assert registers.fed_disqualifiers(session, "liuxi", 2025) == []


def test_national_media_disqualify_only_with_grave_consequence(session):
    enter(session, RegisterKind.MEDIA, level=Level.STATE)
    assert registers.fed_disqualifiers(session, "liuxi", 2026) == []
    enter(session, RegisterKind.MEDIA, level=Level.STATE, grave=True)
    enter(session, RegisterKind.MEDIA, level=Level.PROVINCE, grave=True)

    assert [row for row, _ in registers.fed_disqualifiers(session, "liuxi", 2026)] == ["QH18.5"]


def test_what_the_registers_show_cannot_be_left_out_of_the_grade(session):
    enter(session, level=Level.PROVINCE)
    assessment = grade(session, YearGrade.EXCELLENT, disqualifiers=[("QH18.8", "责任书两项没有完成")])

    assert [row for row, _ in assessment.found] == ["QH18.4", "QH18.8"]
    assert registers.consequences(assessment).rows == ("QH18.4", "QH18.8")


def test_a_failed_year_has_consequences_without_any_disqualifier(session):
    assert registers.consequences(grade(session, YearGrade.FAIL)).rows == ("QH18",)


def test_a_good_year_has_none(session):
    assert registers.consequences(grade(session, YearGrade.EXCELLENT)).rows == ()


def test_a_year_is_graded_once_and_only_by_the_twelve(session):
    with pytest.raises(Mendable, match="十二项"):
        grade(session, disqualifiers=[("QH18.13", "没有这一项")])
    grade(session)
    with pytest.raises(Refusal, match="已经评定"):
        grade(session)
