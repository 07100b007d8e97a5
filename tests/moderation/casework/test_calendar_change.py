"""Publishing a calendar settles 暂定 deadlines and moves no other; both values can be read afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import holidays
from moderation.casework import calendar_change, clock_sums, clocks, handling, screening
from moderation.casework.clock_sums import Sum
from moderation.casework.letters import Letter, LetterDeadline
from moderation.demo.stage import Stage
from portal.core.calendar import WorkdayCalendar
from tests.moderation.casework.office_work import Work

DECEMBER = timedelta(days=40)


def deadlines(session: Session, letter: Letter) -> list[LetterDeadline]:
    return list(session.scalars(select(LetterDeadline).where(LetterDeadline.letter_id == letter.id, LetterDeadline.workdays)))


def test_a_provisional_deadline_is_settled_once_and_the_old_day_stays_readable(stage: Stage) -> None:
    admin = stage.cast["guanli"]
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at += DECEMBER
        letter = work.assigned()
        before = next(row for row in deadlines(session, letter) if row.provisional)
        old_day = before.due_on
        holidays.change_day(session, date(2027, 1, 4), is_workday=False, name="元旦调休", by=admin, at=work.at)
        assert before.due_on == old_day
        assert before.ended_at is None
        assert calendar_change.settle_provisional(session, by=admin, at=work.at) == 0

        holidays.publish_year(session, 2027, "国办发明电〔2026〕9号", by=admin, at=work.at)
        settled = calendar_change.settle_provisional(session, by=admin, at=work.at)

        rows = [row for row in deadlines(session, letter) if row.clock == before.clock]
        ended, running = sorted(rows, key=lambda row: row.ended_at is None)
        assert settled >= 1
        assert (ended.due_on, ended.ended_why) == (old_day, calendar_change.WHY)
        assert running.due_on == old_day + timedelta(days=1)
        assert f"公布前暂定 {old_day.isoformat()}" in running.arithmetic
        assert not running.provisional
        assert letter.due_on == min(row.due_on for row in clocks.running(session, letter))
        assert calendar_change.settle_provisional(session, by=admin, at=work.at) == 0


def test_a_certain_deadline_never_moves(stage: Stage) -> None:
    admin = stage.cast["guanli"]
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.assigned()
        before = [(row.id, row.due_on) for row in deadlines(session, letter)]
        holidays.change_day(session, date(2026, 12, 1), is_workday=False, name="临时", by=admin, at=work.at)

        calendar_change.settle_provisional(session, by=admin, at=work.at)

        assert [(row.id, row.due_on) for row in deadlines(session, letter)] == before


# ---- pauses, extensions and calendars nobody knows yet ----

FIRST = date(2026, 12, 1)
HOLIDAYS = st.dictionaries(st.dates(date(2026, 12, 1), date(2027, 12, 31)), st.booleans(), max_size=60)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("pause"), st.integers(0, 25), st.integers(0, 25)), st.tuples(st.just("extend"), st.integers(1, 40))
    ),
    max_size=4,
)
KNOWN, PUBLISHED = frozenset({2025, 2026}), frozenset({2025, 2026, 2027, 2028})


def _changes(start: date, drawn: list[tuple]) -> list[list]:
    """Pauses one after the other, extensions between them."""
    day, made = start, []
    for change in drawn:
        if change[0] == "extend":
            made.append(["extend", change[1], "规程"])
            continue
        first = day + timedelta(days=change[1])
        day = first + timedelta(days=change[2])
        made.append(["pause", first.isoformat(), day.isoformat()])
    return made


def _sum(calendar: WorkdayCalendar, start: date, days: int, changes: list[list]) -> Sum:
    found = calendar.add_workdays(start, days)
    now = clock_sums.begun(found.due_on, provisional=found.provisional)
    for change in changes:
        now = clock_sums.with_change(now, change, calendar, workdays=True)
    return now


@given(st.integers(0, 60), st.integers(1, 40), CHANGES, HOLIDAYS)
def test_once_published_a_provisional_sum_is_what_it_would_have_been_had_the_calendar_been_known(later, days, drawn, off) -> None:
    start = FIRST + timedelta(days=later)
    changes = _changes(start, drawn)
    known = {day: workday for day, workday in off.items() if day.year == 2026}
    before = _sum(WorkdayCalendar(known, KNOWN), start, days, changes)

    after = clock_sums.counted_again(start, days, before.anchor, before.changes, WorkdayCalendar(off, PUBLISHED))

    assert after.due_on == _sum(WorkdayCalendar(off, PUBLISHED), start, days, changes).due_on
    assert not after.provisional


@given(st.integers(0, 20), st.integers(1, 40), CHANGES, HOLIDAYS, HOLIDAYS)
def test_what_was_certain_is_never_counted_again(later, days, drawn, off, corrected) -> None:
    start = FIRST + timedelta(days=later)
    before = _sum(WorkdayCalendar(off, PUBLISHED), start, days, _changes(start, drawn))

    after = clock_sums.counted_again(start, days, before.anchor, before.changes, WorkdayCalendar(corrected, PUBLISHED))

    assert (before.provisional, after.due_on) == (False, before.due_on)


@given(st.integers(0, 60), st.integers(1, 40), st.integers(0, 20), st.integers(0, 20), HOLIDAYS)
def test_a_pause_leaves_as_many_working_days_as_there_were(later, days, until_pause, length, off) -> None:
    calendar, start = WorkdayCalendar(off, PUBLISHED), FIRST + timedelta(days=later)
    first = start + timedelta(days=until_pause)
    on = first + timedelta(days=length)
    due = calendar.add_workdays(start, days).due_on

    moved = _sum(calendar, start, days, [["pause", first.isoformat(), on.isoformat()]]).due_on

    def left(day: date, end: date) -> int:
        return sum(calendar.is_workday(day + timedelta(days=n)) for n in range(1, max((end - day).days, 0) + 1))

    if first <= due:
        assert left(on, moved) == left(first, due)


def test_a_clock_that_was_paused_extended_or_stands_paused_keeps_its_days_when_a_calendar_is_published(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Acceptance and handling by working days, as an office may adopt: in the store, through the verbs."""
    rules = tuple(
        replace(rule, workdays=True, days=10) if rule.code in ("acceptance", "handling") else rule for rule in clocks.clock_rules()
    )
    monkeypatch.setattr(clocks, "clock_rules", lambda: rules)
    admin, lead = stage.cast["guanli"], stage.cast["zuzhang"]
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at += DECEMBER  # 30 December, a Wednesday
        resumed, waiting, extended = work.screened(), work.screened(), work.handling()
        handling.ask_extension(session, extended, "等监测结果", by=work.who("chengguan"), at=work.at)
        handling.decide_extension(session, extended, agree=True, by=lead, at=work.at)
        for letter in (resumed, waiting):
            screening.ask_supplement(session, letter, "是哪一段路？", by=work.who("shenhe"), at=work.at)
        work.days_later(5)  # 4 January, a Monday: without a calendar three working days
        screening.stop_waiting(session, resumed, "已查明", by=work.who("shenhe"), at=work.at)
        due = {letter.id: _running(session, letter) for letter in (resumed, waiting, extended)}
        assert all(row.provisional for row in due.values())

        holidays.change_day(session, date(2027, 1, 1), is_workday=False, name="元旦", by=admin, at=work.at)
        holidays.publish_year(session, 2027, "国办发明电〔2026〕9号", by=admin, at=work.at)
        calendar_change.settle_provisional(session, by=admin, at=work.at)
        screening.stop_waiting(session, waiting, "已查明", by=work.who("shenhe"), at=work.at)

        now = {letter.id: _running(session, letter) for letter in (resumed, waiting, extended)}
        # Ten working days from the 30th end on 14 January; the pause had two of them, 31 December and 4 January.
        assert now[resumed.id].due_on == now[waiting.id].due_on == date(2027, 1, 18)
        assert "补正停表 2 个工作日" in now[resumed.id].arithmetic
        assert now[extended.id].due_on == date(2027, 1, 14) + timedelta(days=30)
        assert "延期 30 日" in now[extended.id].arithmetic
        assert not any(row.provisional or row.paused_on for row in now.values())
        assert {row.id for row in due.values()} <= {row.id for row in session.scalars(select(LetterDeadline))}
        assert calendar_change.settle_provisional(session, by=admin, at=work.at) == 0


def _running(session: Session, letter: Letter) -> LetterDeadline:
    return next(row for row in clocks.running(session, letter) if row.clock in ("acceptance", "handling"))
