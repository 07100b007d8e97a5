"""Every act is asked of somebody: no state waits for a person without standing on a start page, and each act on the right one."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

import pytest
from sqlalchemy import update
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from moderation import models
from moderation.accountability import exposures, investigations, polluters, worksheet
from moderation.accountability.exposures import NewExposure
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.words import CheckAnswer, Dimension, InvestigationState, Origin, PenaltyKind
from moderation.accountability.worksheet import NewCase
from moderation.casework import assignment, handling, messages, onward, review, screening, timers
from moderation.casework.handling import Measure
from moderation.casework.letters import BatchOrigin, Letter, MeasureKind
from moderation.console import needs, what_waits
from moderation.console.navigation import desk_counts, entries
from moderation.custody import retention
from moderation.demo import crowd_desks
from moderation.demo.stage import Stage
from moderation.publication.machine import THREE_REVIEWS
from moderation.rectification.tasks import Objection, RectificationTask
from moderation.rectification.words import TaskState
from moderation.rewards import lives, proposals, schedules
from moderation.staff import SignedIn
from moderation.supervision import ladder, rechecks, samples, subjects
from moderation.supervision.machine import SubjectKind
from moderation.supervision.recheck_tables import Outcome
from moderation.supervision.rechecks import Found
from portal.core import clock
from portal.core.clock import day_of
from portal.core.report_content import MessageKind, ReporterMessage
from portal.core.reward_schedule_reader import shipped_schedule
from portal.core.vocabulary import Role
from portal.core.workflow import Machine
from tests.console.desk_client import console_app, signed_in_client
from tests.console.test_access_table import two_tasks
from tests.console.test_what_waits import require_whole
from tests.moderation.casework.office_work import Work

Asked = dict[str, list[str]]
"""The act → the numbers of what it is asked of."""


@pytest.fixture
def work(stage: Stage) -> Iterator[Work]:
    with console_app(stage).test_request_context(), stage.office.office.transaction() as session:
        made = Work(stage, session)
        made.at = clock.now()
        yield made


def asked(work: Work, login: str) -> Asked:
    """What the start page of ``login`` asks, and that its tiles add up to it."""
    look = needs.Look(work.session, work.who(login), day_of(work.at))
    page = needs.page_of(look, what_waits.SOURCES, desk_counts(work.session, work.who(login)))
    assert sum(tile.waiting or 0 for tile in page.tiles) == page.total == len(page.lines)
    found: Asked = {}
    for line in page.lines:
        found.setdefault(line.why, []).append(line.number)
    return found


# ---- no state without somebody ----

TABLE_OF = {
    "letter": "letter", "supervision": "supervision", "reward_share": "reward_share", "reward": "reward",
    "task": "rectification_task", "identity_request": "identity_request", "destruction_list": "destruction_list",
    "accountability_case": "accountability_case", "investigation": "investigation", "exposed_case": "exposed_case",
    "disclosure": "disclosure",
}  # fmt: skip
PARTS = {"letter": ("letter_assignment", "letter_refusal")}
"""What is listed in place of the letter: a unit's part of it, and a colleague's proposal."""
# Somebody may act in these states, and nobody must. Each with what it waits for, or what ends it.
RESTS = {
    ("letter", "merged"): "goes the way of the letter it was merged into; taking it out again is a correction",
    ("letter", "withdrawn"): "ended by the reporter; the office may still pursue the offence",
    ("letter", "reported_up"): "waits for the level above; letters.reported_up is looked at when its answer comes",
    ("letter", "settled"): "the timer asks the reporter on the next day",
    ("letter", "archived"): "ended; reopened for a cause, and a cause is asked where it arises",
    ("supervision", "normal"): "nothing is wrong",
    ("supervision", "warned"): "the letter or task itself is asked of its unit, and carries the rung",
    ("supervision", "urged"): "the letter or task itself is asked of its unit, and carries the rung",
    ("supervision", "supervised"): "the letter or task itself is asked of its unit, and carries the rung",
    ("task", "closed_out"): "ended; a visit is asked once it is planned",
    ("task", "stable"): "ended; a visit is asked once it is planned",
    ("task", "look_back"): "its planned visit is asked",
    ("reward", "not_applicable"): "ended",
    ("reward", "approved"): "each share is asked by itself",
    ("reward_share", "expired"): "ended; a re-issue is asked for by the reporter at the counter",
    ("reward_share", "paid"): "ended; reconciling is asked of the payment",
    ("accountability_case", "closed"): "ended; responsibility is for life, so it may be opened again",
    ("disclosure", "published"): "public",
    ("exposed_case", "published"): "public; taken down when its penalty is quashed",
}
MARKED = {("letter", "settled_for_now"): r"\.wrap_up_on IS NOT NULL", ("letter", "follow_up"): r"\.wrap_up_on IS NOT NULL"}
"""Asked once something has come: an evaluation, the end of waiting, the last task closed out."""


def machines() -> dict[str, Machine]:
    """Every machine of the office by its name. Publication has two: that of larger offices holds the other."""
    models.load_all()
    assert entries()
    every = {value.name: value for name, module in list(sys.modules.items()) if name.startswith("moderation")
             for value in vars(module).values() if isinstance(value, Machine)}  # fmt: skip
    return every | {"disclosure": THREE_REVIEWS}


@cache
def questions() -> list[tuple[str, str]]:
    """Of each source: the table whose rows it lists, and what it asks the database, with its values written out."""
    everybody = SignedIn("me", "", frozenset(Role), "unit", "")
    asking = [source.waits(everybody, date(2026, 11, 20)).query for source in what_waits.SOURCES]
    return [
        (each.column_descriptions[0]["entity"].__tablename__,
         str(each.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})))
        for each in asking
    ]  # fmt: skip


def test_no_state_that_waits_for_a_person_is_missing_from_the_start_pages() -> None:
    """A new state of any machine is asked by a source of `what_waits`, or somebody writes here why nobody must act in it."""
    every = machines()
    assert set(every) == set(TABLE_OF)
    waiting = {(name, state): state.zh for name, machine in every.items() for step in machine.steps if step.roles
               for state in (step.source,)}  # fmt: skip

    missing = [(name, words) for (name, state), words in waiting.items()
               if (name, state.value) not in RESTS and not is_asked(name, state.value)]  # fmt: skip

    assert missing == []
    assert set(RESTS) | set(MARKED) <= {(name, state.value) for name, state in waiting}


def is_asked(name: str, state: str) -> bool:
    """Whether a source lists rows of this machine in this state."""
    tables = (TABLE_OF[name], *PARTS.get(name, ()))
    wanted = MARKED.get((name, state)) or rf"\.state (= '{state}'|IN \([^)]*'{state}')"
    return any(listed in tables and re.search(rf"\b{table}{wanted}", words) for listed, words in questions() for table in tables)


# ---- each on the right page ----


def test_archiving_is_asked_when_the_evaluation_is_in_or_the_time_for_it_is_over(work: Work) -> None:
    happy, silent, early = work.settled(), work.settled(), work.settled()
    for letter in (happy, silent, early):
        review.ask_satisfaction(work.session, letter, by=work.who("zuyuan"), at=work.at)
    assert asked(work, "zuyuan") == {}

    sent = ReporterMessage("", MessageKind.SATISFACTION, "", score=2)
    messages.take_message(work.session, happy, "m-1", day_of(work.at), sent, at=work.at)

    assert asked(work, "zuyuan") == {"看评价，归档或者重开": [happy.spoken_number]}
    assert asked(work, "zuzhang") == asked(work, "zuyuan")
    early.due_on = day_of(work.at)
    silent.due_on = day_of(work.at) - timedelta(days=1)
    onward.ask_to_wrap_up(work.session, at=work.at)
    onward.ask_to_wrap_up(work.session, at=work.at)
    assert asked(work, "zuyuan") == {
        "看评价，归档或者重开": [happy.spoken_number], "没有等到评价，看过再归档": [silent.spoken_number]
    }  # fmt: skip

    review.archive(work.session, happy, "评价 2 分，已回访", by=work.who("zuyuan"), at=work.at)
    review.reopen(work.session, silent, "抽查发现异味", by=work.who("zuzhang"), at=work.at)
    assert asked(work, "zuyuan") == {"重开，再分办": [silent.spoken_number]}


def test_a_letter_settled_for_now_is_asked_again_once_its_task_is_closed_out(work: Work) -> None:
    letter = work.reported()
    review.settle_for_now(
        work.session, letter, "先罚后改", "已立案，整改在进行。", key=work.key, by=work.who("zuzhang"), at=work.at
    )
    (task_id,) = review.linked(work.session, letter, "task")
    assert asked(work, "zhenggai")["核定期限"] == ["第 1 项"]
    onward.ask_to_wrap_up(work.session, at=work.at)
    assert asked(work, "zuzhang") == {}

    work.session.get_one(RectificationTask, task_id).state = TaskState.CLOSED_OUT
    onward.ask_to_wrap_up(work.session, at=work.at)

    assert asked(work, "zuzhang") == {"整改都已销号，写明结果，办结": [letter.spoken_number]}
    review.finish(work.session, letter, "喷淋已建成", by=work.who("zuzhang"), at=work.at)
    assert asked(work, "zuzhang") == {}


def test_a_unit_without_accounts_is_served_by_the_group(work: Work) -> None:
    letter = work.assigned("bailu")
    assert asked(work, "zuyuan") == {"打印交办单，送到单位": [letter.spoken_number]}
    assert asked(work, "qingshi") == {}

    handling.take_up(work.session, letter, by=work.who("zuyuan"), at=work.at)
    assert asked(work, "zuyuan") == {"催要盖章答复，录入": [letter.spoken_number]}

    work.report(letter, "zuyuan")
    assert asked(work, "zuzhang") == {"审核": [letter.spoken_number]}


def test_a_unit_that_has_reported_its_part_of_a_joint_letter_is_asked_no_more(work: Work) -> None:
    letter = work.handling("urban", "housing")
    work.report(letter, "chengguan")

    assert asked(work, "chengguan") == {}
    assert asked(work, "zhujian") == {"办理，报告核查情况": [letter.spoken_number]}


def test_a_question_that_nobody_answered_comes_back_to_the_screener(work: Work) -> None:
    letter = work.screened()
    screening.ask_supplement(work.session, letter, "请问是哪一家料场？", by=work.who("shenhe"), at=work.at)
    assert asked(work, "shenhe") == {}

    letter.due_on = day_of(work.at) - timedelta(days=1)
    assert list(asked(work, "shenhe")) == ["补充期满，决定还等不等"]


def test_people_held_accountable_are_asked_of_the_inspectors_once_a_round(work: Work) -> None:
    letter = work.handling()
    work.report(letter, "chengguan", (Measure(MeasureKind.FINE, 20000), Measure(MeasureKind.TALK, 2)))
    plain = work.reported()
    assert asked(work, "duban") == {"核对追责人数": [letter.spoken_number]}
    assert samples.figures(work.session, work.who("duban"))[0].check is None

    review.send_back(work.session, letter, "问责没有写清", by=work.who("zuzhang"), at=work.at)
    assert asked(work, "duban") == {}
    work.report(letter, "chengguan", (Measure(MeasureKind.TALK, 3),))
    assert asked(work, "duban") == {"核对追责人数": [letter.spoken_number]}

    samples.check_figure(work.session, letter, 3, "", by=work.who("duban"), at=work.at)
    assert asked(work, "duban") == {}
    assert plain.verdict is not None


def test_a_round_is_rechecked_letter_by_letter_and_then_concluded(work: Work) -> None:
    letter = work.settled()
    open_ = work.handling()
    first = last = day_of(work.at)
    work.days_later(14)
    recheck = rechecks.begin(work.session, BatchOrigin.OWN, "", first, last, by=work.who("zuzhang"), at=work.at)
    assert asked(work, "duban") == {"逐项复核这一件": [letter.spoken_number]}
    assert asked(work, "zuyuan")["逐项复核这一件"] == [letter.spoken_number]
    assert "逐项复核这一件" not in asked(work, "xuncha")

    for each in (letter, open_):
        if each is open_:
            work.report(each, "chengguan")
            review.settle(work.session, each, "属实", "已查处。", key=work.key, by=work.who("zuzhang"), at=work.at)
        found = {item.key: Found(Outcome.RIGHT) for item in rechecks.items_of(work.session, recheck, each)}
        rechecks.check(work.session, recheck, each, found, by=work.who("duban"), at=work.at)

    assert list(asked(work, "duban")) == ["写这一轮的复核结论"]
    assert "写这一轮的复核结论" not in asked(work, "zuyuan")
    rechecks.end(work.session, recheck, "都已办到位", by=work.who("duban"), at=work.at)
    assert asked(work, "duban") == {}


def test_monthly_reports_stand_at_the_day_they_are_due(work: Work) -> None:
    task = work.session.get_one(RectificationTask, two_tasks(work)[0])
    task.reporting_unit_id = "urban"
    work.assigned()

    assert require_whole(work.session, work.who("chengguan")) == 2


def test_a_relapse_without_a_day_and_an_objection_are_asked_of_those_who_keep_the_ledger(work: Work) -> None:
    relapsed, noticed = (work.session.get_one(RectificationTask, each) for each in two_tasks(work))
    relapsed.state, noticed.state = TaskState.RELAPSED, TaskState.PUBLIC_NOTICE
    noticed.objections.append(Objection(id="objection", received_on=day_of(work.at), summary="洒水车没有来过"))
    work.session.flush()

    assert asked(work, "zhenggai") == {"反弹，重新定期限": ["第 1 项"], "答复公示异议": ["第 2 项"]}
    assert asked(work, "lingdao") == {"公示期满后批准销号": ["第 2 项"]}


def test_a_public_listing_at_its_end_is_asked_of_the_lead_and_the_inspectors(work: Work) -> None:
    letter = work.handling()
    subject = subjects.find(work.session, SubjectKind.LETTER, letter.id)
    assert subject is not None
    row, today = ladder.row_of(work.session, subject, at=work.at), day_of(work.at)
    for until in (today, today + timedelta(days=1), None):
        ladder.list_publicly(work.session, row, what="料场扬尘", why="反复", by_whom="市整改办", document_number="", from_on=today,
                             until_on=until, by=work.who("duban"), at=work.at)  # fmt: skip

    for login in ("duban", "zuzhang"):
        assert asked(work, login)["挂牌到期，登记解除或者延长"] == [letter.spoken_number]
    assert "挂牌到期，登记解除或者延长" not in asked(work, "zuyuan")


def test_who_has_no_receipt_is_told_of_the_reward_by_the_payer(work: Work) -> None:
    first = day_of(work.stage.at) - timedelta(days=90)
    rule = schedules.put_forward(
        work.session, shipped_schedule("demo").text, document_number="云环〔2026〕1号", document_on=first, first_receipt_on=first,
        by=work.who("guanli"), at=work.stage.at,
    )  # fmt: skip
    schedules.adopt(work.session, rule, by=work.who("guanli2"), at=work.stage.at)
    reward = crowd_desks.proposed_reward(work.stage, work.session, 1, named=True)
    assert asked(work, "duifu") == {}

    crowd_desks.approve(work.stage, work.session, reward)

    assert asked(work, "duifu") == {"告诉举报人有奖励": [""]}
    (share,) = proposals.shares_of(work.session, reward)
    lives.notify(work.session, share, by=work.who("duifu"), at=work.at)
    assert asked(work, "duifu") == {"兑付": [""]}


def test_what_has_served_its_time_is_asked_of_the_custodian_and_its_list_of_the_leader(work: Work) -> None:
    old = work.settled()
    old.closed_on = day_of(work.at) - timedelta(days=365 * 6)
    work.session.flush()
    retention.count_due(work.session, at=work.at)
    assert asked(work, "baoguan") == {"先核定保存年限": [""]}

    custodian, leader = work.who("baoguan"), work.who("lingdao")
    for code, years in (("original", 90), ("identity", 5)):
        retention.confirm_class(work.session, code, years, clause="保管期限表第 3 项", source="本单位文", by=custodian, at=work.at)
    assert asked(work, "baoguan") == {"提出销毁清单": [""]}
    assert asked(work, "lingdao") == {}
    auditor = {line.entry.endpoint: line.waiting for line in desk_counts(work.session, work.who("shenji"))}
    assert auditor["custody.kept"] == 0

    held = retention.hold(work.session, old, "正在诉讼", by=leader, at=work.at)
    assert asked(work, "baoguan") == {}
    retention.lift(work.session, held, "诉讼已结", by=custodian, at=work.at)
    assert asked(work, "baoguan") == {"提出销毁清单": [""]}

    made = retention.propose(work.session, "identity", by=custodian, at=work.at)
    assert asked(work, "baoguan") == {}
    assert asked(work, "lingdao") == {"批准销毁清单": [""]}
    auditor = {line.entry.endpoint: line.waiting for line in desk_counts(work.session, work.who("shenji"))}
    assert auditor["custody.kept"] == 1

    retention.decide(work.session, made, approve=False, reason="先问档案局", by=leader, at=work.at)
    assert asked(work, "baoguan") == {"提出销毁清单": [""]}


def test_a_case_waits_for_a_decision_to_be_recorded_then_for_another_to_confirm_it(work: Work) -> None:
    by = work.who("wenze")
    new = NewCase(title="料场反复扬尘", facts_text="没有复查。", region_code="990121101", unit_id="liuxi", origin=Origin.TASK)
    case = worksheet.open_case(work.session, new, by=by, at=work.at)
    for dimension in Dimension:
        answer = CheckAnswer.FAILED if dimension is Dimension.TERRITORIAL else CheckAnswer.NOT_FAILED
        worksheet.answer_check(work.session, case, dimension, answer, finding="查了记录", offices="分管副镇长", evidence="检查记录",
                               by=by, at=work.at)  # fmt: skip
    worksheet.take_step(work.session, case, "finish_checks", by=by, at=work.at)
    assert asked(work, "wenze") == {"登记处理决定": [case.number]}
    assert asked(work, "lingdao") == {}

    work.session.execute(update(AccountabilityCase).where(AccountabilityCase.id == case.id).values(recorded_by=by.id))

    assert asked(work, "wenze") == {}
    assert asked(work, "lingdao") == asked(work, "jijian") == {"确认处理决定": [case.number]}


def test_an_investigation_is_followed_to_its_end_and_an_exposure_handed_over(work: Work) -> None:
    by, today = work.who("wenze"), day_of(work.at)
    new = NewCase(title="料场反复扬尘", facts_text="没有复查。", region_code="990121101", unit_id="liuxi", origin=Origin.TASK)
    case = worksheet.open_case(work.session, new, by=by, at=work.at)
    made = investigations.start_investigation(work.session, case, started_by="县人民政府", why="群众反映强烈", by=by, at=work.at)
    made.state = InvestigationState.PUBLISHED
    assert asked(work, "wenze")["登记处理落实到位"] == [case.number]

    head = "91990121700000001"
    firm = polluters.register_polluter(work.session, name="云岭汽修厂（虚构）", uscc=head + polluters.uscc_check_character(head),
                                       region_code="990121001", by=by, at=work.at)  # fmt: skip
    shown = NewExposure(title="露天喷漆", facts_text="没有收集废气。", law="大气法", unit_name="县局", region_code="990121001")
    exposed = exposures.draft_exposure(work.session, firm, shown, by=by, at=work.at)
    assert "写完，标为可以公开" in asked(work, "wenze")
    exposures.add_penalty(
        work.session, exposed, PenaltyKind.ORDER, document="云环改〔2026〕1号", decided_on=today, by=by, at=work.at
    )
    exposures.take_step(work.session, exposed, "make_ready", by=by, at=work.at)
    assert "送公开台" in asked(work, "wenze")
    assert "写完，标为可以公开" not in asked(work, "wenze")


def test_each_of_these_lists_opens_full_and_empty_for_whom_it_is_asked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "PAGE", 3)
    empty = {
        "zuyuan": ("/letters/to-wrap-up", "/letters/on-paper"), "zuzhang": ("/supervision/listings",),
        "shenhe": ("/screening/unanswered",), "duban": ("/supervision/listings",),
        "zhenggai": ("/rectification-tasks/days-to-set", "/rectification-tasks/objections"),
    }  # fmt: skip
    for login, paths in empty.items():
        client = signed_in_client(stage, login)
        for path in paths:
            assert 'class="empty"' in client.get(path).text, path
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at = clock.now()
        number = _paper_letters(work, session)
    page = signed_in_client(stage, "zuyuan").get("/letters/on-paper").text
    assert page.count("打印交办单，送到单位</a>") == needs.PAGE
    assert 'href="/letters/on-paper?page=2"' in page
    assert number in signed_in_client(stage, "zuyuan").get("/letters/on-paper?page=2").text
    timers.run(stage.office, clock.now())


def _paper_letters(work: Work, session: Session) -> str:
    """One more than a page, all of one unit; the number of the one due last."""
    letters: list[Letter] = []
    for _each in range(needs.PAGE + 1):
        letter = work.accepted()
        assignment.assign(session, letter, unit_ids=("bailu",), why="按属地", by=work.who("zuzhang"), at=work.at)
        letters.append(letter)
    letters[-1].due_on += timedelta(days=5)
    return letters[-1].spoken_number
