"""The duty to publish has a day (信息公开条例 第二十六条), holidays counted out; who is late stands on top and is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from moderation import announcing, holidays
from moderation.accountability.exposures import ExposedCase
from moderation.accountability.polluters import Polluter
from moderation.accountability.records import EXPOSED_SOURCE
from moderation.accountability.words import ExposureState
from moderation.casework.letters import BarReason, LetterBar
from moderation.demo.stage import Stage
from moderation.holidays import office_calendar
from moderation.office import Office
from moderation.outbox import Notice
from moderation.publication import disclosures, duties, leak_guard, lists, notices
from moderation.publication.disclosures import Disclosure
from portal.core.calendar import Deadline, WorkdayCalendar
from portal.core.clock import SHANGHAI
from portal.core.vocabulary import RecordKind
from tests.conftest import NOON, empty_office
from tests.moderation.casework.office_work import Work
from tests.moderation.publication.test_disclosures import CALENDAR, FIELDS, LI, NONE_FOUND, QIAN, ZHAO, published, signed

__all__ = ["empty_office"]

TODAY = date(2026, 11, 20)


def noon_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("made_on", "due_on", "arithmetic"),
    [
        # 国庆: 10-01 to 10-07 off, of them five working days; the Saturday 10-10 is worked.
        (date(2026, 9, 25), date(2026, 10, 29), "形成之日 2026-09-25 + 20 个工作日，扣除节假日 5 日，含调休上班 1 日"),
        # A plain month.
        (date(2026, 11, 2), date(2026, 11, 30), "形成之日 2026-11-02 + 20 个工作日"),
        # Made on a day off: the count begins with the next working day all the same.
        (date(2026, 11, 1), date(2026, 11, 27), "形成之日 2026-11-01 + 20 个工作日"),
    ],
)
def test_twenty_working_days_leave_out_holidays_and_count_the_days_made_up(
    empty_office: Office, made_on: date, due_on: date, arithmetic: str
) -> None:
    with empty_office.office.transaction() as session:
        holidays.seed(session, by=LI, at=NOON)
        made = disclosures.draft(
            session, kind=RecordKind.NOTICE, fields=FIELDS, calendar=office_calendar(session), by=LI, at=NOON, made_on=made_on
        )

        assert (made.due_on, made.due_arithmetic) == (due_on, arithmetic)


def test_a_day_that_runs_into_a_year_not_yet_announced_is_settled_once_it_is_and_no_other_moves(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        holidays.seed(session, by=LI, at=NOON)
        late, soon = (
            disclosures.draft(
                session, kind=RecordKind.NOTICE, fields=FIELDS, calendar=office_calendar(session), by=LI, at=NOON, made_on=day
            )
            for day in (date(2026, 12, 10), date(2026, 11, 10))
        )
        assert (late.due_on, late.due_provisional, soon.due_provisional) == (date(2027, 1, 7), True, False)
        before = (soon.due_on, soon.due_arithmetic)

        holidays.change_day(session, date(2027, 1, 1), is_workday=False, name="元旦", by=LI, at=NOON)
        announcing.announce_year(session, 2027, "国办发明电〔2026〕9号", by=LI, at=NOON)

        assert (late.due_on, late.due_provisional) == (date(2027, 1, 8), False)
        assert late.due_arithmetic == "形成之日 2026-12-10 + 20 个工作日，扣除节假日 1 日（公布前暂定 2027-01-07）"
        assert (soon.due_on, soon.due_arithmetic) == before


@given(
    st.sampled_from([duties.PUBLISH, duties.TAKE_DOWN]),
    st.dates(date(2024, 1, 1), date(2028, 1, 1)),
    st.integers(0, 9),
    st.dictionaries(st.dates(date(2024, 1, 1), date(2028, 6, 1)), st.booleans(), max_size=80),
)
def test_a_duty_has_exactly_its_working_days_and_who_begins_later_ends_no_earlier(
    code: str, start: date, later: int, shifted: dict[date, bool]
) -> None:
    calendar = WorkdayCalendar(shifted)

    last = duties.last_day(code, start, calendar).due_on

    days = [start + timedelta(days=each) for each in range(1, (last - start).days + 1)]
    assert sum(map(calendar.is_workday, days)) == duties.rule_of(code, start).days
    assert calendar.is_workday(last)
    assert last <= duties.last_day(code, start + timedelta(days=later), calendar).due_on


@given(st.dates(date(2026, 11, 1), date(2026, 12, 31)), st.sets(st.dates(date(2027, 1, 1), date(2027, 2, 10)), max_size=12))
def test_a_day_settled_later_is_what_it_would_have_been_had_the_calendar_been_known(start: date, off: set[date]) -> None:
    before, after = (
        WorkdayCalendar(announced=frozenset({2026})),
        WorkdayCalendar(dict.fromkeys(off, False), frozenset({2026, 2027})),
    )
    for code in (duties.PUBLISH, duties.TAKE_DOWN):
        was = duties.last_day(code, start, before)

        settled = duties.counted_again(start, was, after, code=code)

        assert settled.due_on == duties.last_day(code, start, after).due_on
        assert duties.counted_again(start, was, before, code=code).due_on == was.due_on


def test_every_duty_names_the_clause_of_its_number_and_the_one_that_makes_the_days_working_days() -> None:
    assert {rule.code for rule in duties.duty_rules()} == {duties.PUBLISH, duties.TAKE_DOWN}
    down, out = duties.rule_of(duties.TAKE_DOWN, TODAY), duties.rule_of(duties.PUBLISH, TODAY)
    assert (down.days, "第四十八条" in down.basis, "第八十五条" in down.basis) == (3, True, True)
    assert (out.days, out.clause) == (20, "政府信息公开条例 第二十六条")
    assert duties.rule_of(duties.PUBLISH, date(2012, 1, 4)).clause.startswith("政府信息公开条例 第十八条")


def test_the_day_on_the_card_begins_the_count_and_a_day_to_come_does_not(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = disclosures.draft(
            session, kind=RecordKind.NOTICE, fields={**FIELDS, "card": {"made_on": "2026-11-02"}}, calendar=CALENDAR, by=LI, at=NOON
        )
        assert (made.made_on, made.due_on) == (date(2026, 11, 2), date(2026, 11, 30))

        disclosures.edit(session, made, {**FIELDS, "card": {"made_on": "2026-11-03"}}, seen=made.version, by=LI, at=NOON)
        assert (made.made_on, made.due_on) == (date(2026, 11, 3), date(2026, 12, 1))
        disclosures.edit(session, made, {**FIELDS, "card": {"made_on": "2027-01-04"}}, seen=made.version, by=LI, at=NOON)
        assert made.made_on == date(2026, 11, 3)


def test_a_change_has_twenty_working_days_of_its_own(empty_office: Office) -> None:
    later = noon_of(date(2027, 3, 1))
    with empty_office.office.transaction() as session:
        made = published(session)

        disclosures.correct(session, made, reason="整改情况有变化", by=LI, at=later)

        assert (made.made_on, made.due_on) == (date(2027, 3, 1), date(2027, 3, 29))
        assert made.due_arithmetic.startswith("变更之日 2027-03-01")


def test_what_is_late_stands_on_top_of_every_list_and_is_said_to_be_late(stage: Stage) -> None:
    clerk = stage.cast["nigao"]
    with stage.office.office.transaction() as session:
        for name, days in (("later", 0), ("late", 60), ("soon", 26)):
            disclosures.draft(
                session, kind=RecordKind.NOTICE, fields={**FIELDS, "title": name}, calendar=CALENDAR, by=clerk, at=NOON,
                made_on=TODAY - timedelta(days=days),
            )  # fmt: skip
        found = lists.page_of(session, "mine", clerk, today=TODAY, number=1)

        assert [made.title for made in found] == ["late", "soon", "later"]
        assert [made.title for made in lists.page_of(session, "late", clerk, today=TODAY, number=1)] == ["late"]
        assert lists.counts(session, clerk, today=TODAY)["late"] == 1


def told(session: object, sentence: str) -> list[str]:
    rows = session.scalars(select(Notice).where(Notice.sentence == sentence).order_by(Notice.address))  # type: ignore[attr-defined]
    return [row.address for row in rows]


def test_a_day_that_comes_near_and_a_day_that_has_gone_are_each_told_once_where_the_text_lies(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        made = disclosures.draft(
            session, kind=RecordKind.NOTICE, fields=FIELDS, calendar=CALENDAR, by=stage.cast["nigao"], at=NOON, made_on=TODAY
        )
        due = made.due_on

    for day in (due - timedelta(days=4), due - timedelta(days=3), due - timedelta(days=2), due, due + timedelta(days=1)):
        notices.remind_of_days(stage.office, noon_of(day))
        notices.remind_of_days(stage.office, noon_of(day))
        with stage.office.office.reading() as session:
            near, late = told(session, "publication_due"), told(session, "publication_late")
        assert len(near) == (day >= due - timedelta(days=3))
        assert len(late) == (day > due)

    assert near == late == [stage.cast["nigao"].id]


def test_each_hand_is_told_when_a_text_comes_to_it_and_its_notice_leaves_when_it_goes_on(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = signed(session)
        assert told(session, "publication_waiting") == ["role:reviewer:", "role:reviewer:", "role:signatory:"]
        assert told(session, "publication_signed") == ["role:drafter:", "role:publisher:"]
        open_still = session.scalars(select(Notice).where(Notice.read_at.is_(None)))
        assert {notice.sentence for notice in open_still} == {"publication_signed"}

        disclosures.take_step(session, made, "send_back", by=QIAN, at=NOON, text="附件缺页")
        assert told(session, "publication_sent_back") == []  # taken back after signing: nobody was asked to mend
        assert not list(session.scalars(select(Notice).where(Notice.read_at.is_(None))))


def test_a_text_sent_back_is_told_to_its_drafter(stage: Stage) -> None:
    with stage.office.office.transaction() as session:
        made = disclosures.draft(session, kind=RecordKind.NOTICE, fields=FIELDS, calendar=CALENDAR, by=stage.cast["nigao"], at=NOON)
        disclosures.answer_checklist(session, made, NONE_FOUND, by=LI, at=NOON)
        for verb in ("hand_in", "redacted"):
            disclosures.take_step(session, made, verb, by=LI, at=NOON)
        disclosures.take_step(session, made, "send_back", by=ZHAO, at=NOON, text="写明处数")

        assert told(session, "publication_sent_back") == [stage.cast["nigao"].id]


def test_who_must_not_know_of_a_letter_is_not_told_of_a_text_about_it(stage: Stage) -> None:
    barred = stage.cast["shengao1"]
    with stage.office.office.transaction() as session:
        made = disclosures.draft(session, kind=RecordKind.NOTICE, fields=FIELDS, calendar=CALENDAR, by=stage.cast["nigao"], at=NOON)
        disclosures.answer_checklist(session, made, NONE_FOUND, by=LI, at=NOON)
        letter = Work(stage, session).arrived()
        session.add(LetterBar(id="bar-1", letter_id=letter.id, staff_id=barred.id, unit_id="", reason=BarReason.NAMED))
        leak_guard.link_letter(session, made, letter.id)
        for verb in ("hand_in", "redacted"):
            disclosures.take_step(session, made, verb, by=LI, at=NOON)

        assert barred.id not in told(session, "publication_waiting")
        assert stage.cast["shengao2"].id in told(session, "publication_waiting")


def test_a_quashed_penalty_stands_on_top_with_its_last_day_and_is_told_to_who_can_take_it_down(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        polluter = Polluter(id="p1", name="云岭县某某石料厂", region_code="990121")
        exposed = ExposedCase(
            id="e1", polluter=polluter, title="案", facts_text="", law="", unit_name="", region_code="990121",
            state=ExposureState.PUBLISHED, take_down_by=date(2026, 11, 25), take_down_reason="复议撤销", rectified_text="",
            take_down_arithmetic="撤销之日 2026-11-20 + 3 个工作日",
        )  # fmt: skip
        session.add(exposed)
        made = published(session)
        other = disclosures.draft(session, kind=RecordKind.NOTICE, fields=FIELDS, calendar=CALENDAR, by=LI, at=NOON)
        made.source_kind, made.source_id = EXPOSED_SOURCE, "e1"
        session.flush()

        assert [each.id for each in lists.page_of(session, "mine", QIAN, today=TODAY, number=1)] == [made.id]
        down = Deadline(date(2026, 11, 25), "撤销之日 2026-11-20 + 3 个工作日", provisional=False)
        assert lists.take_downs(session, [made, other]) == {made.id: down}
    notices.remind_of_days(empty_office, NOON)
    with empty_office.office.transaction() as session:
        assert told(session, "publication_take_down") == ["role:signatory:"]
        disclosures.withdraw(session, session.get_one(Disclosure, made.id), reason="处罚已撤销", by=QIAN, at=NOON)
        assert lists.page_of(session, "mine", QIAN, today=TODAY, number=1) == []
