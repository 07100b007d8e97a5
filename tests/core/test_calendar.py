"""Working days: make-up workdays count, days off do not, and the sum is said in words."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import holidays
from moderation.office import Office
from portal.core.calendar import WorkdayCalendar
from portal.core.workflow import SystemActor
from tests.conftest import NOON

NATIONAL_DAY_WEEK = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True}
CALENDAR = WorkdayCalendar(NATIONAL_DAY_WEEK, frozenset({2026}))


def test_the_week_of_national_day_is_skipped_and_the_make_up_saturday_counts() -> None:
    deadline = CALENDAR.add_workdays(date(2026, 9, 29), 5)

    # 30 September, 8, 9, 10 (a Saturday made up) and 12 October.
    assert deadline.due_on == date(2026, 10, 12)
    assert deadline.arithmetic == "受理日 2026-09-29 + 5 个工作日，扣除节假日 5 日，含调休上班 1 日"
    assert not deadline.provisional


def test_a_deadline_in_a_year_not_yet_announced_is_provisional() -> None:
    assert CALENDAR.add_workdays(date(2026, 12, 28), 10).provisional


def test_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forward"):
        CALENDAR.add_workdays(date(2026, 1, 1), -1)


@given(
    st.dates(date(2020, 1, 1), date(2026, 6, 1)),
    st.integers(0, 90),
    st.dictionaries(st.dates(date(2020, 1, 1), date(2027, 1, 1)), st.booleans(), max_size=60),
)
def test_exactly_n_working_days_lie_between_start_and_due(start: date, days: int, exceptions: dict[date, bool]) -> None:
    calendar = WorkdayCalendar(exceptions)

    due = calendar.add_workdays(start, days).due_on

    between = [start + timedelta(days=n) for n in range(1, (due - start).days + 1)]
    assert sum(map(calendar.is_workday, between)) == days
    assert not days or calendar.is_workday(due)


def test_the_seeded_calendar_knows_the_announced_holidays(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        holidays.seed(session, by=SystemActor("init"), at=NOON)
    with empty_office.office.reading() as session:
        calendar = holidays.office_calendar(session)

    assert not calendar.is_workday(date(2026, 10, 1))
    assert calendar.is_workday(date(2026, 10, 10))
    assert calendar.provisional(date(2027, 1, 4))
    assert not calendar.provisional(date(2026, 1, 4))
