"""The office's calendar of days off and make-up workdays: editable, seeded, and 暂定 until a year is published."""

from __future__ import annotations

from datetime import date, datetime

import chinese_calendar
from sqlalchemy import Boolean, Date, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import audit
from portal.core.calendar import WorkdayCalendar
from portal.core.db import Moment, OfficeBase
from portal.core.workflow import Actor

_SHIFTED_YEARS = range(2019, 2027)


class CalendarDay(OfficeBase):
    """A day that differs from the usual week."""

    __tablename__ = "calendar_day"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    is_workday: Mapped[bool] = mapped_column(Boolean, comment="True: make-up workday (调休上班); False: day off")
    name: Mapped[str] = mapped_column(String(40), default="", comment="name of the holiday")


class CalendarYear(OfficeBase):
    """A year whose official calendar has been published to deadlines."""

    __tablename__ = "calendar_year"
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    document_number: Mapped[str] = mapped_column(String(80), default="", comment="the notice that announced it")
    published_at: Mapped[datetime] = mapped_column(Moment)


def seed(session: Session, *, by: Actor, at: datetime) -> int:
    """Enters the years the library knows; returns the number of days that differ from the week."""
    entered = 0
    for year in _SHIFTED_YEARS:
        day = date(year, 1, 1)
        while day.year == year:
            workday = chinese_calendar.is_workday(day)
            if workday != (day.weekday() < 5):
                session.add(CalendarDay(day=day, is_workday=workday, name=_holiday_name(day)))
                entered += 1
            day = date.fromordinal(day.toordinal() + 1)
        session.add(CalendarYear(year=year, published_at=at))
    audit.record(session, by=by.id, act="calendar.seed", subject="calendar", at=at, detail={"days": entered})
    return entered


def _holiday_name(day: date) -> str:
    _, name = chinese_calendar.get_holiday_detail(day)
    return str(name or "")[:40]


def office_calendar(session: Session) -> WorkdayCalendar:
    """The calendar as it stands now."""
    days = {row.day: row.is_workday for row in session.scalars(select(CalendarDay))}
    return WorkdayCalendar(days, frozenset(session.scalars(select(CalendarYear.year))))
