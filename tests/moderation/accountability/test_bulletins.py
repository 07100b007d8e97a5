"""Bulletins and the public records of outcomes: only what may leave, sums that agree, the suggestion only where agreed."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from docx import Document

from moderation import papers
from moderation.accountability import bulletins, decisions, exposures, records, timers, worksheet
from moderation.accountability.investigations import start_investigation
from moderation.accountability.links import links_to
from moderation.accountability.official_papers import bulletin_paper, chinese_number, list_paper, notice_paper
from moderation.accountability.words import CaseState, ChangeKind, Dimension, Naming, PartyKind
from moderation.publication import disclosures
from moderation.publication.machine import DisclosureState
from portal.core.calendar import WorkdayCalendar
from portal.core.errors import Mendable, Refusal
from portal.core.public_record import Block, PublicRecord, Region
from portal.core.vocabulary import RecordKind
from tests.conftest import NOON
from tests.moderation.accountability.conftest import LI, ZHAO, answer_all, checked_case, new_case, person
from tests.moderation.accountability.test_exposures import fined

NEW = bulletins.NewBulletin(
    title="关于三起环境问题问责情况的通报",
    number="云督通〔2026〕2号",
    issuer="县督察整改办",
    issued_on=date(2026, 11, 20),
    opening="10月的检查移交问题 5 个。",
    region_code="990121",
    closing="各单位要举一反三。",
)


def outcome(session, *, named: bool = True, **said):
    case = checked_case(session, Dimension.TERRITORIAL, **said)
    party = decisions.record_party(session, case, person("靳大山", "诫勉", "调整岗位"), by=LI, at=NOON)
    unit = person("", "通报批评", kind=PartyKind.UNIT, subject="unit", office="", rank=None, tenure=None)
    decisions.record_party(session, case, unit, by=LI, at=NOON)
    worksheet.take_step(session, case, "confirm_decision", by=ZHAO, at=NOON)
    if named:
        decisions.decide_naming(session, party, Naming.SURNAME, rule="乡科级以下", reason="基层人员", by=LI, at=NOON)
    return case


def make(session, *, cases=(), exposed=()):
    return bulletins.make_bulletin(session, NEW, cases=cases, exposed=exposed, by=LI, at=NOON)


def record_of(session, case) -> PublicRecord:
    return records.outcome_record(session, case, region_name="柳溪镇", at=NOON)


def test_an_outcome_that_is_not_confirmed_does_not_leave_the_office(session):
    with pytest.raises(Refusal, match="还没有确认"):
        record_of(session, checked_case(session))


def test_nobody_is_printed_before_their_naming_was_decided(session):
    case = outcome(session, named=False)

    with pytest.raises(Refusal, match="1 人没有决定怎么署名"):
        record_of(session, case)
    with pytest.raises(Refusal, match="没有决定怎么署名"):
        make(session, cases=[case])


def test_the_record_counts_people_once_and_measures_each(session):
    record = record_of(session, outcome(session))

    assert PublicRecord.from_json(record.canonical()) == record
    assert [(figure.label, figure.value) for figure in record.figures] == [("问责人数", "1"), ("处理人次", "2"), ("处理单位", "1")]
    assert [(line.subject, line.measure) for line in record.held] == [
        ("person", "诫勉"),
        ("person", "调整岗位"),
        ("unit", "通报批评"),
    ]
    assert "靳某某" in record.held[0].who
    assert "靳大山" not in record.canonical().decode()


def test_the_suggestion_is_shown_only_where_the_deciding_body_agrees(session):
    case = outcome(session)
    assert "规则建议" not in record_of(session, case).canonical().decode()

    worksheet.agree_to_show(session, case, agreed_by="县纪委监委", by=LI, at=NOON)

    table = next(section for section in record_of(session, case).sections if section.anchor == "suggested")
    assert table.blocks[0].header == ("对象", "规则建议", "处理决定", "与建议相比")


def test_a_reason_below_the_standard_stays_inside_unless_agreed(session):
    case = worksheet.open_case(session, new_case(), by=LI, at=NOON)
    worksheet.say_facts(session, case, {"grade": "serious"}, grade_reason="影响大", by=LI, at=NOON)
    answer_all(session, case, Dimension.TERRITORIAL)
    worksheet.take_step(session, case, "finish_checks", by=LI, at=NOON)
    milder = person("靳大山", "诫勉", below_reason="任职仅十天")
    party = decisions.record_party(session, case, milder, by=LI, at=NOON)
    worksheet.waive(session, case, row="LYQ.T2", subject="deputy_in_charge", reason="空缺", by=LI, at=NOON)
    worksheet.take_step(session, case, "confirm_decision", by=ZHAO, at=NOON)
    decisions.decide_naming(session, party, Naming.OFFICE, rule="乡科级以下", reason="基层", by=LI, at=NOON)
    worksheet.agree_to_show(session, case, agreed_by="县纪委监委", by=LI, at=NOON)

    shown = record_of(session, case).canonical().decode()
    assert "低于标准" in shown
    assert "任职仅十天" not in shown
    party.below_reason_public = True
    assert "任职仅十天" in record_of(session, case).canonical().decode()


def test_a_correction_says_who_what_when_and_why(session):
    case = outcome(session)
    measure = case.parties[0].measures[0]
    decisions.change_measure(
        session, measure, ChangeKind.REHABILITATED, on=date(2026, 11, 19), reason="复查认定无责", by=LI, at=NOON
    )

    record = record_of(session, case)

    section = next(section for section in record.sections if section.anchor == "corrections")
    assert section.blocks[0].rows[0][1:] == ("诫勉：恢复名誉", "2026年11月19日", "复查认定无责")
    assert [line.measure for line in record.held] == ["调整岗位", "通报批评"]


def signed_page(session, kind: RecordKind, record_id: str) -> None:
    fields = {"title": "演示", "region": {"code": "990121", "name": "云岭县"}, "unit": "县督察整改办"}
    made = disclosures.draft(session, kind=kind, fields=fields, calendar=WorkdayCalendar(), by=LI, at=NOON, record_id=record_id)
    made.state = DisclosureState.SIGNED


def test_an_outcome_links_back_to_letter_batch_and_task_once_they_have_a_page(session):
    case = outcome(session, letter_batch="xf-2026-09", task_record="zj-2026-03-001")
    assert record_of(session, case).related == ()

    signed_page(session, RecordKind.LETTER_BATCH, "xf-2026-09")
    signed_page(session, RecordKind.RECTIFICATION, "zj-2026-03-001")

    assert [(link.kind, link.id) for link in record_of(session, case).related] == [
        ("letter-batch", "xf-2026-09"),
        ("rectification", "zj-2026-03-001"),
    ]


def test_the_address_of_an_outcome_follows_its_number(session):
    assert records.case_record_id(outcome(session)) == "wz-2026-001"


def _sum(block: Block) -> int:
    """What a drawing or a table of one line adds up to."""
    return sum(int(bar.value) for bar in block.bars) + sum(int(number.split()[0]) for _, number in block.rows)


def test_fact_clause_and_decision_stand_together_at_the_head(session):
    record = record_of(session, outcome(session))

    labels = [fact.label for fact in record.facts]
    assert labels.index("事实") < labels.index("依据条款") < labels.index("决定机关")
    assert record.facts[0].value == "一处石料一直露天堆放，督查指出后没有改。"
    assert all(line.clause for line in record.held)


def test_the_figures_of_the_year_are_drawings_whose_sums_agree(session):
    outcome(session)
    record = records.figures_record(session, year=2026, region=Region("990121", "云岭县"), unit="县督察整改办", at=NOON)

    figures = {figure.label: int(figure.value) for figure in record.figures}
    sums = {section.anchor: _sum(section.blocks[0]) for section in record.sections}
    assert sums["by-measure"] == figures["处理人次"] == 2
    assert sums["by-rank"] == sums["by-unit"] == sums["by-gravest"] == figures["问责人数"] == 1


def test_a_bulletin_holds_only_what_may_be_public(session):
    exposed, _ = fined(session)

    with pytest.raises(Refusal, match="不能列入通报"):
        make(session, exposed=[exposed])
    with pytest.raises(Mendable, match="至少选一个"):
        make(session)


def test_the_page_and_the_paper_of_a_bulletin_say_the_same(session):
    exposed, _ = fined(session)
    exposures.take_step(session, exposed, "make_ready", by=LI, at=NOON)
    bulletin = make(session, cases=[outcome(session)], exposed=[exposed])

    lines = [paragraph.text for paragraph in Document(io.BytesIO(papers.docx(bulletin_paper(bulletin)))).paragraphs]
    record = records.bulletin_record(bulletin, region_name="云岭县", at=NOON)
    page = re.sub(r"<[^>]+>", "", "".join(block.html for section in record.sections for block in section.blocks))

    assert lines[:2] == [NEW.number, NEW.title]
    assert any(line.startswith("一、柳溪镇石料厂") for line in lines)
    assert any(line.startswith("二、石料厂露天堆放") for line in lines)
    assert lines[-2:] == ["县督察整改办", "2026年11月20日"]
    assert "问责 1 人" in record.summary
    assert any("问责 1 人" in line and "2 人次" in line for line in lines)
    for words in ("靳某某：诫勉、调整岗位", "罚款 80,000 元"):
        assert words in page
        assert any(words in line for line in lines)
    assert not any("靳大山" in line for line in lines)


@pytest.mark.parametrize(("number", "words"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (35, "三十五")])
def test_headings_are_counted_in_chinese(number, words):
    assert chinese_number(number) == words


def test_the_list_for_supervision_names_matter_person_way_and_clause(session):
    case = checked_case(session, Dimension.TERRITORIAL)
    case.state = CaseState.CHECKING
    worksheet.say_facts(session, case, {"grade": "serious"}, grade_reason="影响大", by=LI, at=NOON)

    text = papers.plain_text(list_paper([case], signed="领导小组办公室", on=date(2026, 11, 20)))

    assert "建议追究对象：直接责任人；建议追究方式：停职检查、调整职务或党政纪处分；依据：通知 一（二）" in text
    assert case.number in text


def test_the_notice_says_what_was_found_what_is_asked_and_by_when(session):
    case = checked_case(session, Dimension.TERRITORIAL)

    paper = notice_paper(case, to="柳溪镇人民政府", signed="领导小组办公室", on=date(2026, 11, 20), due_on=date(2026, 12, 1))
    text = papers.plain_text(paper)

    assert "柳溪镇人民政府：" in text
    assert "属地管理责任：查过" in text
    assert "2026年12月1日" in text
    assert "第十三条" in text


def test_a_task_and_a_batch_lead_to_what_came_of_them_once_it_is_public(session):
    case = outcome(session, letter_batch="xf-2026-09", task_record="zj-2026-03-001")
    assert links_to(session, task_record="zj-2026-03-001") == ()

    record = record_of(session, case)
    source = (records.CASE_SOURCE, case.id)
    disclosure = records.hand_over(
        session, record, source=source, made_on=date(2026, 11, 10), calendar=WorkdayCalendar(), by=LI, at=NOON
    )
    disclosure.state, disclosure.publish_at, disclosure.compared_version = DisclosureState.SIGNED, NOON, disclosure.version
    disclosures.publish(session, disclosure, by=timers.TIMER, at=NOON)
    timers.follow_publications(session, at=NOON)

    for named in ({"task_record": "zj-2026-03-001"}, {"letter_batch": "xf-2026-09"}):
        assert [(link.kind, link.id) for link in links_to(session, **named)] == [("accountability", record.id)]
    assert links_to(session, task_record="another") == links_to(session) == ()


def test_a_later_change_begins_a_correction_of_the_public_record(session):
    case = outcome(session)
    source = (records.CASE_SOURCE, case.id)
    first = records.hand_over(
        session, record_of(session, case), source=source, made_on=date(2026, 11, 10), calendar=WorkdayCalendar(), by=LI, at=NOON
    )
    first.state, first.publish_at, first.compared_version = DisclosureState.SIGNED, NOON, first.version
    disclosures.publish(session, first, by=timers.TIMER, at=NOON)
    measure = case.parties[0].measures[0]
    decisions.change_measure(session, measure, ChangeKind.QUASHED, on=date(2026, 11, 19), reason="复核改变", by=LI, at=NOON)

    found = records.bring_up_to_date(session, record_of(session, case), source=source, reason="处理撤销：复核改变", at=NOON)

    assert found is first
    assert (first.state, first.change_reason) == (DisclosureState.DRAFTING, "处理撤销：复核改变")
    assert "复核改变" in first.draft
    assert "复核改变" not in (first.live_record or "")


def test_the_page_of_an_outcome_says_when_the_investigation_report_is_due(session):
    case = outcome(session)
    found = start_investigation(session, case, started_by="县人民政府", why="第六条（二）", by=LI, at=NOON)
    found.publish_by = date(2026, 11, 1)

    facts = {fact.label: fact.value for fact in record_of(session, case).facts}

    assert facts["调查报告"] == "逾期未公开"
