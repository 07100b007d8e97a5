"""From plan to ledger, and what happens to a task until it is stable: every door the procedure has, and those it has not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from moderation.accountability.tables import AccountabilityCase
from moderation.office import Office
from moderation.outbox import Notice
from moderation.publication.disclosures import Disclosure
from moderation.rectification import closing, importing, keeping, look_backs, watch
from moderation.rectification.applying import write
from moderation.rectification.importing import PlanHead
from moderation.rectification.plan_reader import read_plan
from moderation.rectification.progress import (
    ReportDraft,
    computed_pace,
    expected_percent,
    file_report,
    is_overdue,
    pace_of,
    reminder_of,
    report_due_on,
    task_percent,
    who_has_not_filed,
)
from moderation.rectification.suggestions import counts_in, rhythms_in
from moderation.rectification.tasks import MonthlyReport, RectificationTask
from moderation.rectification.words import (
    CreditKind,
    EvidenceKind,
    LinkKind,
    Pace,
    Reminder,
    Rhythm,
    TaskState,
    UnitRole,
    VisitVerdict,
)
from portal.core.audit import verify_chain
from portal.core.errors import Mendable, NotAllowed, Refusal
from tests.conftest import NOON
from tests.moderation.rectification.conftest import HEAD, TEXT, Cast, later

Ready = Callable[[RectificationTask], None]
TODAY = date(2026, 11, 20)


class TestImporting:
    def test_a_plan_becomes_tasks_in_its_own_words(self, session: Session, task: RectificationTask) -> None:
        assert task.problem == "白石河有直排口。"
        assert [m.text for m in task.measures] == ["排查直排口。", "封堵直排口10个。"]
        assert (task.due_on, task.planned_due_on, task.starts_on) == (date(2026, 12, 31), date(2026, 12, 31), date(2026, 9, 1))
        assert task.printed_units(UnitRole.LEAD) == ("县水利局",)
        assert task.unit_ids() == {"water", "baishi"}
        assert task.reporting_unit_id == "water"
        assert task.state is TaskState.NOT_STARTED

    def test_a_second_import_changes_nothing(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        before = (len(task.events), task.version)

        found = importing.apply(session, read_plan(TEXT), PlanHead(code="yl-2026", title=""), by=cast.keeper, at=later(1))

        assert (len(found.new), len(found.changed), len(found.gone), found.same) == (0, 0, 0, (1, 2, 3))
        assert (len(task.events), task.version) == before
        assert (task.plan.title, task.plan.document_number) == ("云岭县整改方案", "云政〔2026〕1号")

    def test_what_differs_is_shown_field_by_field_and_progress_stays(
        self, session: Session, task: RectificationTask, cast: Cast
    ) -> None:
        task.measures[0].percent = 60
        changed = read_plan(TEXT.replace("2026年12月底前", "2027年3月底前").replace("白石镇人民政府", "县公安局"))

        found = importing.compare(session, "yl-2026", changed.items)
        importing.apply(session, changed, HEAD, by=cast.keeper, at=later(1))

        (one,) = found.changed
        assert {(c.title, c.before, c.after) for c in one.changes} == {
            ("责任单位", "白石镇人民政府", "县公安局"),
            ("整改时限", "2026年12月底前", "2027年3月底前"),
            ("截止日期", "2026年12月31日", "2027年3月31日"),
        }
        assert task.due_on == date(2027, 3, 31)
        assert task.measures[0].percent == 60
        assert task.unit_ids() == {"water", "police"}
        assert sum(event.verb == "reword" for event in task.events) == 3

    def test_a_task_that_leaves_the_plan_stays_in_the_ledger_and_may_come_back(
        self, session: Session, task: RectificationTask, cast: Cast
    ) -> None:
        whole = read_plan(TEXT)
        importing.apply(session, whole, HEAD, items=whole.items[1:], by=cast.keeper, at=later(1))
        assert task.dropped_on == date(2026, 11, 21)

        importing.apply(session, whole, HEAD, by=cast.keeper, at=later(2))
        assert task.dropped_on is None

    def test_an_extension_outlives_a_new_import(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        keeping.extend(
            session,
            task,
            to_on=date(2027, 6, 30),
            document_number="云政函〔2026〕9号",
            body="县政府",
            reason="汛期",
            by=cast.keeper,
            at=NOON,
        )

        importing.apply(session, read_plan(TEXT.replace("2026年12月底前", "2027年3月底前")), HEAD, by=cast.keeper, at=later(1))

        assert (task.planned_due_on, task.due_on) == (date(2027, 3, 31), date(2027, 6, 30))

    def test_an_answered_question_outlives_a_new_import(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        asked = session.get_one(RectificationTask, "yl-2026-003")
        assert (asked.deadline_kind, asked.due_on) == ("unclear", None)

        keeping.settle_deadline(session, asked, due_on=date(2026, 10, 31), reason="县整改办解释", by=cast.keeper, at=NOON)
        importing.apply(session, read_plan(TEXT), HEAD, by=cast.keeper, at=later(1))

        assert asked.due_on == date(2026, 10, 31)
        with pytest.raises(Refusal, match="已经明确"):
            keeping.settle_deadline(session, asked, due_on=date(2026, 10, 1), reason="再改", by=cast.keeper, at=NOON)

    def test_a_bad_code_is_refused_in_words(self, session: Session, cast: Cast) -> None:
        with pytest.raises(Mendable, match="短横线"):
            importing.apply(session, read_plan(TEXT), replace(HEAD, code="云岭 2026"), by=cast.keeper, at=NOON)

    def test_one_disclosure_is_drafted_for_each_task_and_only_once(self, session: Session, cast: Cast) -> None:
        for day in range(2):
            write(session, read_plan(TEXT), HEAD, by=cast.keeper, at=later(day))

        drafts = session.scalars(select(Disclosure).order_by(Disclosure.id)).all()
        assert [draft.id for draft in drafts] == ["yl-2026-001", "yl-2026-002", "yl-2026-003"]
        assert drafts[0].fields()["due_on"] == "2026-12-31"
        assert drafts[1].fields()["due_words"] == "立即整改，长期坚持"


class TestProgress:
    def test_the_pace_follows_dates_and_quantities(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        keeping.add_quantity(session, task, label="封堵直排口", total="10", unit="个", by=cast.keeper, at=NOON)
        assert expected_percent(task, TODAY) == 66
        assert computed_pace(session, task, TODAY) is Pace.BEHIND

        file_report(session, task, ReportDraft("2026-11", "封堵六个", quantities={0: "6"}), by=cast.worker, at=NOON)

        assert task_percent(task) == 60
        assert computed_pace(session, task, TODAY) is Pace.ON_SCHEDULE
        assert computed_pace(session, task, date(2027, 1, 1)) is Pace.OVERDUE
        assert task.state is TaskState.UNDER_WAY

    def test_a_quantity_past_its_own_date_is_behind(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        keeping.add_quantity(
            session, task, label="封堵", total="10", unit="个", done="9", due_on=date(2026, 11, 1), by=cast.keeper, at=NOON
        )

        assert computed_pace(session, task, TODAY) is Pace.BEHIND

    def test_a_person_may_set_the_pace_with_a_reason_but_never_undo_overdue(
        self, session: Session, task: RectificationTask, cast: Cast
    ) -> None:
        draft = ReportDraft("2026-11", "招标完成", percent=10, pace_said=Pace.ON_SCHEDULE)
        with pytest.raises(Mendable, match="理由"):
            file_report(session, task, draft, by=cast.worker, at=NOON)
        file_report(session, task, replace(draft, pace_reason="主体工程下月集中施工"), by=cast.worker, at=NOON)

        assert computed_pace(session, task, TODAY) is Pace.BEHIND
        assert pace_of(session, task, TODAY) is Pace.ON_SCHEDULE
        assert pace_of(session, task, date(2027, 1, 5)) is Pace.OVERDUE

    def test_a_standing_duty_without_a_date_is_never_overdue(self, session: Session, task: RectificationTask) -> None:
        standing = session.get_one(RectificationTask, "yl-2026-002")

        assert not is_overdue(standing, date(2036, 1, 1))
        assert computed_pace(session, standing, TODAY) is Pace.STANDING

    def test_only_a_unit_of_the_task_files_its_report(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        with pytest.raises(NotAllowed):
            file_report(session, task, ReportDraft("2026-11", "x", percent=1), by=cast.stranger, at=NOON)
        with pytest.raises(Mendable, match="本月"):
            file_report(session, task, ReportDraft("2026-12", "x", percent=1), by=cast.worker, at=NOON)
        with pytest.raises(Mendable, match="做了什么"):
            file_report(session, task, ReportDraft("2026-11", "  ", percent=1), by=cast.worker, at=NOON)

    def test_a_second_report_of_the_month_counts_and_the_first_stays(
        self, session: Session, task: RectificationTask, cast: Cast
    ) -> None:
        for percent in (20, 30):
            file_report(session, task, ReportDraft("2026-11", f"到 {percent}", percent=percent), by=cast.worker, at=NOON)

        assert [r.percent for r in task.reports] == [20, 30]
        assert task.current_reports()["2026-11"].percent == 30

    def test_reports_and_history_cannot_be_rewritten(self, empty_office: Office, cast: Cast) -> None:
        with empty_office.office.transaction() as session:
            importing.apply(session, read_plan(TEXT), HEAD, by=cast.keeper, at=NOON)
            made = session.get_one(RectificationTask, "yl-2026-001")
            file_report(session, made, ReportDraft("2026-11", "实", percent=20), by=cast.keeper, at=NOON)

        with pytest.raises((IntegrityError, OperationalError)), empty_office.office.transaction() as session:
            session.scalars(select(MonthlyReport)).one().percent = 90

    def test_who_has_not_filed_is_visible_with_how_late(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        file_report(session, task, ReportDraft("2026-10", "十月", percent=5), by=cast.worker, at=NOON)

        missing = who_has_not_filed(session, "2026-10", TODAY)

        assert report_due_on(session, "2026-10") == date(2026, 11, 5)
        assert [(row.task.number, row.unit_name, row.late_days) for row in missing] == [
            (2, "县城市管理局", 15),
            (3, "县生态环境局", 15),
        ]

    def test_reminders_climb_with_the_days(self, session: Session, task: RectificationTask) -> None:
        due = date(2026, 12, 31)
        days = {-30: Reminder.NONE, -15: Reminder.WARNING, 0: Reminder.WARNING, 1: Reminder.URGING, 16: Reminder.SUPERVISED}

        assert {n: reminder_of(session, task, due + timedelta(days=n)) for n in days} == days

    def test_missed_times_of_a_rhythm_show(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        road = session.get_one(RectificationTask, "yl-2026-002")
        duty = keeping.add_duty(
            session, road, label="路检", rhythm=Rhythm.WEEKLY, times=2, from_on=date(2026, 10, 26), by=cast.keeper, at=NOON
        )
        for day in (date(2026, 10, 27), date(2026, 10, 29), date(2026, 11, 3)):
            keeping.enter_duty(session, road, duty, on=day, text="检查 5 辆", by=cast.keeper, at=NOON)

        assert [(p.first_on.day, p.missed) for p in keeping.periods_of(duty, TODAY)] == [(26, 0), (2, 1), (9, 2), (16, 0)]
        assert keeping.missed_times(duty, TODAY) == 3


class TestClosingOut:
    def test_the_whole_way_to_stable(self, session: Session, task: RectificationTask, cast: Cast, make_ready: Ready) -> None:
        make_ready(task)
        closing.request_check(
            session, task, self_check="逐个检查", result="封堵10个", mechanism="每月巡河", by=cast.worker, at=NOON
        )
        closing.take_up(session, task, by=cast.checker, at=NOON)
        closing.settle_check(session, task, passed=True, findings="现场查看 10 个，全部封堵", by=cast.checker, at=NOON)
        request = task.open_request()
        assert request is not None
        assert (request.notice_first_on, request.notice_last_on) == (date(2026, 11, 21), date(2026, 11, 27))
        assert "未核定" in request.notice_arithmetic

        with pytest.raises(Refusal, match="11月27日"):
            closing.close_out(session, task, approval="同意", notice_place="公告栏", by=cast.leader, at=later(7))
        closing.close_out(session, task, approval="同意", notice_place="公告栏", by=cast.leader, at=later(8))
        assert (task.state, task.closed_on) == (TaskState.CLOSED_OUT, date(2026, 11, 28))

        visit = look_backs.plan_visit(session, task, reason="抽查", by=cast.patrol, at=later(9))
        assert visit.planned_on == date(2027, 2, 26)
        look_backs.record_visit(
            session, task, visit, verdict=VisitVerdict.STABLE, findings="没有返流", by=cast.patrol, at=later(100)
        )
        assert task.state is TaskState.STABLE
        assert [event.to_state for event in task.events if event.to_state] == [
            *("under_way", "check_requested", "on_site_check", "public_notice", "closed_out", "look_back", "stable")
        ]

    def test_it_cannot_be_requested_with_open_work_or_without_evidence(
        self, session: Session, task: RectificationTask, cast: Cast
    ) -> None:
        def request() -> None:
            closing.request_check(session, task, self_check="查", result="好", mechanism="巡", by=cast.worker, at=NOON)

        file_report(session, task, ReportDraft("2026-11", "开始", measures={0: 100}), by=cast.worker, at=NOON)
        with pytest.raises(Refusal, match="上传"):
            request()
        keeping.add_evidence(session, task, kind=EvidenceKind.MONITORING, caption="水质", value="Ⅲ类", by=cast.worker, at=NOON)
        with pytest.raises(Refusal, match="还有措施没有完成：（2）"):
            request()
        file_report(session, task, ReportDraft("2026-11", "完", measures={1: 100}), by=cast.worker, at=NOON)
        keeping.add_quantity(session, task, label="封堵直排口", total="10", unit="个", done="9", by=cast.keeper, at=NOON)
        with pytest.raises(Refusal, match="还有数量没有完成：封堵直排口"):
            request()

    def test_the_hands_stay_apart(self, session: Session, task: RectificationTask, cast: Cast, make_ready: Ready) -> None:
        make_ready(task)
        both = replace(cast.keeper, roles=cast.keeper.roles | cast.leader.roles)
        with pytest.raises(Mendable, match="长效机制"):
            closing.request_check(session, task, self_check="查", result="好", mechanism=" ", by=both, at=NOON)
        closing.request_check(session, task, self_check="查", result="好", mechanism="巡", by=both, at=NOON)

        with pytest.raises(Refusal, match="不能是申请人"):
            closing.take_up(session, task, by=both, at=NOON)
        with pytest.raises(Refusal, match="不能是牵头单位或责任单位"):
            closing.take_up(session, task, by=cast.worker, at=NOON)
        with pytest.raises(NotAllowed):
            closing.take_up(session, task, by=cast.nobody, at=NOON)
        closing.take_up(session, task, by=cast.checker, at=NOON)
        closing.settle_check(session, task, passed=True, findings="好", by=cast.checker, at=NOON)
        with pytest.raises(Refusal, match="审批人不能是申请人"):
            closing.close_out(session, task, approval="同意", notice_place="公告栏", by=both, at=later(10))

    def test_an_objection_must_be_answered_and_an_upheld_one_sends_the_task_back(
        self, session: Session, task: RectificationTask, cast: Cast, make_ready: Ready
    ) -> None:
        make_ready(task)
        closing.request_check(session, task, self_check="查", result="好", mechanism="巡", by=cast.worker, at=NOON)
        closing.take_up(session, task, by=cast.checker, at=NOON)
        closing.settle_check(session, task, passed=True, findings="好", by=cast.checker, at=NOON)
        first = closing.receive_objection(session, task, summary="第七个口仍有水", received_on=TODAY, by=cast.keeper, at=later(2))

        with pytest.raises(Refusal, match="还没有全部答复"):
            closing.close_out(session, task, approval="同意", notice_place="公告栏", by=cast.leader, at=later(10))
        closing.answer_objection(session, task, first, answer="已查，属实", upheld=True, by=cast.keeper, at=later(3))

        assert task.state is TaskState.UNDER_WAY
        assert task.open_request() is None
        assert task.requests[0].outcome == "objection_upheld"

    def test_a_failed_check_begins_a_new_round(
        self, session: Session, task: RectificationTask, cast: Cast, make_ready: Ready
    ) -> None:
        make_ready(task)
        for _ in range(2):
            closing.request_check(session, task, self_check="查", result="好", mechanism="巡", by=cast.worker, at=NOON)
            closing.take_up(session, task, by=cast.checker, at=NOON)
            closing.settle_check(session, task, passed=False, findings="第 3 个口没封", by=cast.checker, at=NOON)

        assert [(r.round, r.outcome) for r in task.requests] == [(1, "check_failed"), (2, "check_failed")]
        assert task.state is TaskState.UNDER_WAY


def closed(session: Session, task: RectificationTask, cast: Cast, make_ready: Ready) -> None:
    make_ready(task)
    closing.request_check(session, task, self_check="查", result="好", mechanism="巡", by=cast.worker, at=NOON)
    closing.take_up(session, task, by=cast.checker, at=NOON)
    closing.settle_check(session, task, passed=True, findings="好", by=cast.checker, at=NOON)
    closing.close_out(session, task, approval="同意", notice_place="公告栏", by=cast.leader, at=later(8))


class TestLookingBack:
    @pytest.mark.parametrize("verdict", [VisitVerdict.RELAPSE, VisitVerdict.SHAM])
    def test_a_relapse_raises_severity_and_opens_a_worksheet(
        self, session: Session, task: RectificationTask, cast: Cast, make_ready: Ready, verdict: VisitVerdict
    ) -> None:
        closed(session, task, cast, make_ready)
        visit = look_backs.plan_visit(session, task, reason="抽查", by=cast.patrol, at=later(9))

        look_backs.record_visit(session, task, visit, verdict=verdict, findings="三个口又在排水", by=cast.patrol, at=later(99))

        assert (task.state, task.severity, task.relapses) == (TaskState.RELAPSED, 2, 1)
        case = session.scalars(select(AccountabilityCase)).one()
        assert (case.task_id, case.unit_id) == (task.id, "water")
        assert [link.reference for link in task.links] == [case.id]
        look_backs.reopen(session, task, due_on=date(2027, 6, 30), demands="重新封堵", by=cast.keeper, at=later(100))
        assert (task.state, task.due_on, task.measures[0].percent) == (TaskState.UNDER_WAY, date(2027, 6, 30), 0)

    def test_the_riskiest_are_visited_and_the_lot_can_be_repeated(
        self, session: Session, task: RectificationTask, cast: Cast, make_ready: Ready
    ) -> None:
        tasks = [session.get_one(RectificationTask, f"yl-2026-00{n}") for n in (1, 2, 3)]
        for one in tasks:
            make_ready(one)
            one.state, one.closed_on = TaskState.CLOSED_OUT, date(2026, 11, 1)
        tasks[2].severity, tasks[2].relapses = 3, 1
        session.flush()

        drawn = look_backs.draw(session, TODAY, 2, seed="2026-11-20")

        assert drawn[0].task is tasks[2]
        assert [c.task.id for c in look_backs.draw(session, TODAY, 2, seed="2026-11-20")] == [c.task.id for c in drawn]
        assert "曾反弹 1 次" in drawn[0].reason
        tasks[0].ongoing, tasks[0].due_on, tasks[1].closed_on = True, date(2026, 10, 1), date(2026, 8, 1)
        session.flush()
        known = dict(session.execute(select(RectificationTask.id, look_backs._risk(TODAY))).fetchall())  # type: ignore[arg-type]
        assert known == {each.id: look_backs.risk_of(each, TODAY)[0] for each in tasks}
        assert {each.task.id for each in look_backs.draw(session, TODAY, 3, seed="x")} == set(known)
        look_backs.plan_visit(session, tasks[1], reason="", by=cast.keeper, at=later(1))
        assert look_backs.how_many_free(session) == 2
        assert look_backs.candidates(session, TODAY, [tasks[1].id, tasks[0].id])[0].task is tasks[0]


class TestWatching:
    def test_a_missed_date_opens_one_worksheet_however_often_the_timer_runs(self, empty_office: Office, cast: Cast) -> None:
        from moderation.staff import Unit

        with empty_office.office.transaction() as session:
            session.add(Unit(id="water", name="县水利局", kind="department"))
            session.flush()
            importing.apply(session, read_plan(TEXT), HEAD, by=cast.keeper, at=NOON)

        for day in (60, 60, 61):
            watch.run(empty_office, later(day))

        with empty_office.office.reading() as session:
            cases = session.scalars(select(AccountabilityCase)).all()
            assert [case.task_id for case in cases] == ["yl-2026-001"]
            assert verify_chain(session).broken_at is None

    def test_units_are_reminded_once_of_each_step_and_of_each_missing_report(
        self, session: Session, task: RectificationTask
    ) -> None:
        def told() -> list[tuple[str, str]]:
            rows = session.execute(select(Notice.sentence, Notice.address).where(Notice.number.contains("yl-2026-001")))
            return sorted((row[0], row[1]) for row in rows)

        for day in (30, 30, 43, 60, 60):
            watch.remind(session, later(day))

        water, keepers = "role:unit_officer:water", "role:rectification_officer:"
        assert [row for row in told() if row[0] != "report_due"] == [
            ("letter_supervised", keepers),
            ("letter_supervised", water),
            ("letter_urged", water),
            ("task_due", water),
        ]
        assert told().count(("report_due", water)) == 2


class TestKeeping:
    def test_a_listing_has_a_body_a_date_and_a_release(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        listing = keeping.list_for_supervision(
            session, task, what="直排口", why="逾期", body="市整改办", number="市督挂〔2026〕1号", until_on=date(2027, 3, 1),
            by=cast.keeper, at=NOON,
        )  # fmt: skip
        with pytest.raises(Refusal, match="已经挂牌"):
            keeping.list_for_supervision(
                session, task, what="再", why="再", body="市", number="", until_on=date(2027, 3, 1), by=cast.keeper, at=NOON
            )
        keeping.delist(session, task, evidence="验收材料", by=cast.keeper, at=later(5))

        assert listing.released_on == date(2026, 11, 25)
        assert task.open_listing() is None

    def test_an_extension_needs_its_paper_and_moves_forward(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        with pytest.raises(Mendable, match="文号"):
            keeping.extend(
                session, task, to_on=date(2027, 6, 30), document_number=" ", body="县", reason="雨", by=cast.keeper, at=NOON
            )
        with pytest.raises(Mendable, match="晚于"):
            keeping.extend(
                session, task, to_on=date(2026, 6, 30), document_number="1号", body="县", reason="雨", by=cast.keeper, at=NOON
            )
        with pytest.raises(NotAllowed):
            keeping.extend(
                session, task, to_on=date(2027, 6, 30), document_number="1号", body="县", reason="雨", by=cast.worker, at=NOON
            )

    def test_letters_of_the_round_are_checked_again_one_by_one(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        assert keeping.list_letters_for_recheck(session, task, ["D1", "X2", "D1", " "], by=cast.keeper, at=NOON) == 2
        assert keeping.list_letters_for_recheck(session, task, ["D1"], by=cast.keeper, at=NOON) == 0

        keeping.recheck_letter(session, task, task.rechecks[0], held=True, text="没有反弹", by=cast.worker, at=NOON)

        assert [(row.number, row.held) for row in task.rechecks] == [("D1", True), ("X2", None)]

    def test_a_consultation_leaves_minutes_with_the_tasks_it_spoke_of(
        self, session: Session, task: RectificationTask, cast: Cast
    ) -> None:
        keeping.hold_consultation(
            session, title="直排口会商", held_on=TODAY, attended="水利、城管", minutes="讨论封堵", decisions="月底前完成",
            task_ids=[task.id], by=cast.keeper, at=NOON,
        )  # fmt: skip

        assert [meeting.title for meeting in keeping.consultations_of(session, task.id)] == ["直排口会商"]

    def test_credit_and_ties_are_kept(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        keeping.record_credit(
            session,
            task,
            kind=CreditKind.CREDIT_DEDUCTION,
            subject="某某建材公司",
            points="5",
            document_number="",
            by=cast.keeper,
            at=NOON,
        )
        keeping.tie(session, task, kind=LinkKind.LETTER, reference="D3", label="", by=cast.keeper, at=NOON)
        with pytest.raises(Refusal, match="已经关联"):
            keeping.tie(session, task, kind=LinkKind.LETTER, reference="D3", label="", by=cast.keeper, at=NOON)

        assert (task.credits[0].points, task.links[0].label) == ("5", "D3")

    def test_every_act_leaves_an_audit_line(self, session: Session, task: RectificationTask, cast: Cast) -> None:
        from moderation.audit_table import OfficeAuditEntry

        before = session.scalar(select(func.count()).select_from(OfficeAuditEntry)) or 0
        keeping.set_reporting_unit(session, task, "baishi", by=cast.keeper, at=NOON)

        assert session.scalar(select(func.count()).select_from(OfficeAuditEntry)) == before + 1
        assert task.reporting_unit_id == "baishi"


def test_countable_things_and_rhythms_are_suggested_from_the_words() -> None:
    counts = counts_in("12月底前完成封堵直排口10个，新建污水管3.5公里。", year=2026)
    rhythms = rhythms_in("每两个月监测1次，每周不低于2次进行现场检查；实行周报告、月调度、季通报。")

    assert [(c.total, c.unit, c.due_on) for c in counts] == [("10", "个", date(2026, 12, 31)), ("3.5", "公里", None)]
    assert [(r.rhythm, r.times) for r in rhythms] == [
        (Rhythm.TWO_MONTHS, 1), (Rhythm.WEEKLY, 2), (Rhythm.WEEKLY, 1), (Rhythm.MONTHLY, 1), (Rhythm.QUARTERLY, 1),
    ]  # fmt: skip
