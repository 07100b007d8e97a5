"""What of a task becomes public: the plan's words as written, progress by month, chosen evidence; never more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from moderation.press.releases import PROJECT
from moderation.publication import disclosures
from moderation.publication.disclosures import CHECKLIST, Disclosure
from moderation.publication.machine import DisclosureState
from moderation.rectification import closing, keeping
from moderation.rectification.disclosure import draft_task, plain_prose, public_fields, refresh, to_public_record
from moderation.rectification.progress import ReportDraft, file_report
from moderation.rectification.tasks import RectificationTask
from moderation.rectification.words import EvidenceKind, Pace, TaskState, UnitRole
from portal.core.errors import Refusal
from portal.core.public_record import PublicRecord
from portal.core.regions import read_regions
from portal.core.sanitize import prose_html
from portal.core.vocabulary import Role
from tests.conftest import NOON
from tests.moderation.rectification.conftest import Cast, later, person

REGIONS = read_regions("code,name,parent,level\n")


@pytest.mark.parametrize(
    "text",
    ["1.不是列表", "# 不是标题", "**星号**", "[链接](http://x)", "a_b_c", "> 引用", "- 项", "<script>alert(1)</script>", "a|b"],
)
def test_a_plans_words_read_as_written(text: str) -> None:
    shown = prose_html(plain_prose(text))

    assert shown.count("<p>") == 1
    assert "<script" not in shown
    words = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert text in words


def test_a_task_whose_plan_names_no_problem_is_drafted_without_that_heading(session: Session, task: RectificationTask) -> None:
    task.problem = ""

    record = to_public_record(session, task, at=NOON, regions=REGIONS)

    assert [section.heading for section in record.sections] == ["整改措施"]
    assert PublicRecord.from_json(record.canonical()) == record


def test_a_record_says_who_what_until_when_and_how_far(session: Session, task: RectificationTask, cast: Cast) -> None:
    keeping.add_quantity(session, task, label="封堵直排口", total="10", unit="个", by=cast.keeper, at=NOON)
    for month, done in (("2026-10", "3"), ("2026-11", "6")):
        file_report(session, task, ReportDraft(month, f"累计 {done} 个", quantities={0: done}), by=cast.worker, at=NOON)

    record = to_public_record(session, task, at=NOON, regions=REGIONS)

    assert (record.title, record.unit, record.item_number) == ("白石河有直排口", "县水利局", "第 1 项")
    assert [(p.label, p.done, p.total) for p in record.progress] == [("封堵直排口", "6", "10"), ("总体进度", "60", "100")]
    chart, table = next(section for section in record.sections if section.anchor == "progress").blocks
    assert [(bar.label, bar.value) for bar in chart.bars] == [("2026-10", "30"), ("2026-11", "60")]
    assert [row[0] for row in table.rows] == ["2026-10", "2026-11"]
    assert PublicRecord.from_json(record.canonical()) == record


def test_what_the_page_says_in_its_summary_or_its_deadline_is_not_said_twice(session: Session, task: RectificationTask) -> None:
    standing = session.get_one(RectificationTask, "yl-2026-002")

    first, second = (to_public_record(session, one, at=NOON, regions=REGIONS) for one in (task, standing))

    assert first.summary == "12月底前封堵直排口10个。"
    assert next((fact.label, fact.value) for fact in first.facts) == ("整改时限", "2026年12月底前"), (
        "the plan's words say another thing"
    )
    assert second.due_words == "立即整改，长期坚持"
    assert "整改时限" not in {fact.label for fact in second.facts}

    task.deadline_text, task.due_on = "2026年12月1日前完成", date(2026, 12, 1)
    lead, own = (next(unit for unit in task.units if unit.role is role) for role in (UnitRole.LEAD, UnitRole.RESPONSIBLE))
    own.printed = lead.printed
    labels = {fact.label for fact in to_public_record(session, task, at=NOON, regions=REGIONS).facts}
    assert not labels & {"整改时限", "整改目标", "责任单位"}


def test_only_chosen_evidence_is_shown(session: Session, task: RectificationTask, cast: Cast) -> None:
    for name, publish in (("选中", True), ("没选", False)):
        kept = keeping.add_evidence(
            session,
            task,
            kind=EvidenceKind.AFTER,
            caption=name,
            file="a" * 64,
            file_name="x.jpg",
            file_kind="jpeg",
            by=cast.keeper,
            at=NOON,
        )
        keeping.choose_evidence(session, task, kept, publish=publish, by=cast.keeper, at=NOON)

    words = json.dumps(public_fields(session, task, at=NOON), ensure_ascii=False)

    assert "选中" in words
    assert "没选" not in words


def test_internal_words_stay_inside(
    session: Session, task: RectificationTask, cast: Cast, make_ready: Callable[[RectificationTask], None]
) -> None:
    make_ready(task)
    closing.request_check(session, task, self_check="自查里写了张三家的事", result="好", mechanism="巡", by=cast.worker, at=NOON)
    closing.send_back(session, task, reason="退回的内部理由", by=cast.keeper, at=NOON)

    words = json.dumps(public_fields(session, task, at=NOON), ensure_ascii=False)

    assert "张三" not in words
    assert "内部理由" not in words
    assert "验收申请退回" in words
    assert cast.keeper.name not in words


DRAFTER = person("李", "office", Role.DRAFTER, Role.PUBLISHER)
HANDS = (
    ("hand_in", DRAFTER),
    ("redacted", DRAFTER),
    ("pass", person("赵", "office", Role.REVIEWER)),
    ("pass", person("吴", "office", Role.REVIEWER)),
    ("sign", person("钱", "office", Role.SIGNATORY)),
)


def publish(session: Session, task: RectificationTask, *, at: datetime) -> Disclosure:
    """Takes the task's page through all hands to the press."""
    made = refresh(session, task, reason="", by=DRAFTER, at=at)
    disclosures.answer_checklist(session, made, {q.id: "none" for q in CHECKLIST}, by=DRAFTER, at=at)
    for verb, by in HANDS:
        disclosures.take_step(session, made, verb, by=by, at=at)
    made.compared_version = made.version
    disclosures.publish(session, made, by=DRAFTER, at=at)
    return made


def test_a_text_that_reviewers_hold_is_left_alone(session: Session, task: RectificationTask) -> None:
    made = draft_task(session, task, by=DRAFTER, at=NOON)
    assert draft_task(session, task, by=DRAFTER, at=NOON) is made
    disclosures.answer_checklist(session, made, {q.id: "none" for q in CHECKLIST}, by=DRAFTER, at=NOON)
    for verb, by in HANDS[:3]:
        disclosures.take_step(session, made, verb, by=by, at=NOON)

    with pytest.raises(Refusal):
        refresh(session, task, reason="新进展", by=DRAFTER, at=NOON)


def test_a_published_page_changes_only_through_a_correction(session: Session, task: RectificationTask, cast: Cast) -> None:
    made = publish(session, task, at=NOON)
    live = made.live_record

    file_report(session, task, ReportDraft("2026-11", "新进展", percent=40), by=cast.worker, at=NOON)
    refresh(session, task, reason="11 月进展", by=DRAFTER, at=NOON)

    assert made.state is DisclosureState.DRAFTING
    assert made.live_record == live
    assert "新进展" in made.draft


def test_a_notice_counts_from_the_day_people_could_see_it(
    session: Session, task: RectificationTask, cast: Cast, make_ready: Callable[[RectificationTask], None]
) -> None:
    make_ready(task)
    closing.request_check(session, task, self_check="查", result="好", mechanism="巡", by=cast.worker, at=NOON)
    closing.take_up(session, task, by=cast.checker, at=NOON)
    closing.settle_check(session, task, passed=True, findings="好", by=cast.checker, at=NOON)
    with pytest.raises(Refusal, match="还没有在本网站公开"):
        closing.close_out(session, task, approval="同意", by=cast.leader, at=later(30))

    publish(session, task, at=later(4))

    with pytest.raises(Refusal, match="11月30日"):
        closing.close_out(session, task, approval="同意", by=cast.leader, at=later(10))
    closing.close_out(session, task, approval="同意", by=cast.leader, at=later(11))
    assert task.state is TaskState.CLOSED_OUT


def test_every_word_for_how_a_task_stands_is_explained_to_citizens() -> None:
    shown = {pace.zh for pace in Pace} | {state.zh for state in (TaskState.PUBLIC_NOTICE, TaskState.LOOK_BACK, TaskState.RELAPSED)}
    page = (PROJECT / "site_docs" / "how-to-read.md").read_text(encoding="utf-8")

    explained = set(re.findall(r"^\| (\S+) \| \S", page, re.MULTILINE))

    assert shown | {"已销号", "已销号，整改稳定", "已撤回"} <= explained
