"""The office's calendar of days off and make-up workdays: editable, seeded, and 暂定 until a year is published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import chinese_calendar
from sqlalchemy import Boolean, Date, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.undoing import OVERTAKEN
from portal.core import audit
from portal.core.calendar import WorkdayCalendar
from portal.core.db import Moment, OfficeBase
from portal.core.errors import Mendable, NotAllowed, Refusal
from portal.core.vocabulary import Role
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


def change_day(session: Session, day: date, *, is_workday: bool, name: str, by: Actor, at: datetime) -> None:
    """Enters or changes one day. A day that is as its week says is taken off the table.

    Deadlines already set do not move: they were frozen with their arithmetic.
    """
    row = session.get(CalendarDay, day)
    if is_workday == (day.weekday() < 5):
        if row is not None:
            session.delete(row)
    else:
        row = row or CalendarDay(day=day)
        row.is_workday, row.name = is_workday, name
        session.add(row)
    detail = {"workday": is_workday, "name": name}
    audit.record(session, by=by.id, act="calendar.change", subject=day.isoformat(), at=at, detail=detail)


def stands(session: Session, day: str) -> dict[str, Any] | None:
    """How the table has one day (ISO), for setting it back; None: as its week says."""
    row = session.get(CalendarDay, date.fromisoformat(day))
    return None if row is None else {"is_workday": row.is_workday, "name": row.name}


def take_back_day(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """Sets one day back to how it stood. ``facts``: day, was and became (see :func:`stands`)."""
    if Role.ADMINISTRATOR not in by.roles:
        raise NotAllowed("撤销要有原来的岗位", clause="岗位分离规则")
    if stands(session, facts["day"]) != facts["became"]:
        raise Refusal(OVERTAKEN, clause="工作日历")
    day, was = date.fromisoformat(facts["day"]), facts["was"] or {"name": ""}
    change_day(session, day, is_workday=was.get("is_workday", day.weekday() < 5), name=was["name"], by=by, at=at)


def publish_year(session: Session, year: int, document_number: str, *, by: Actor, at: datetime) -> None:
    """Says that the calendar of ``year`` is official. Only this recomputes 暂定 deadlines, and only those."""
    if not document_number.strip():
        raise Mendable("请填写放假安排通知的文号", field="document_number")
    row = session.get(CalendarYear, year) or CalendarYear(year=year)
    row.document_number, row.published_at = document_number.strip(), at
    session.add(row)
    audit.record(session, by=by.id, act="calendar.publish", subject=str(year), at=at, detail={"document": document_number})
