"""The sum behind a deadline: a count from its start, then pauses and extensions. What was certain is never counted again.

``anchor``: the last day the sum reached while it was certain (None: not even the count from the start is). ``changes``: what came
after it, a list for JSON: ["pause", first day, day it ran on] or ["extend", days, clause].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.core.calendar import WorkdayCalendar

Change = list[str | int]


@dataclass(frozen=True)
class Sum:
    """Where a sum stands: the day, whether it is 暂定, and what is needed to count it again once the calendar is known."""

    due_on: date
    provisional: bool
    anchor: date | None
    changes: tuple[Change, ...]


def begun(due_on: date, *, provisional: bool) -> Sum:
    """A sum that is the count from the start alone."""
    return Sum(due_on, provisional, None if provisional else due_on, ())


def with_change(now: Sum, change: Change, calendar: WorkdayCalendar, *, workdays: bool) -> Sum:
    """The sum with one change more. While it is certain it is anchored where it stands."""
    day = added(now.due_on, change, calendar, workdays=workdays)
    provisional = now.provisional or (workdays and (calendar.provisional(day) or _open(change, calendar)))
    if provisional:
        return Sum(day, True, now.anchor, (*now.changes, change))
    return Sum(day, False, day, ())


def counted_again(start: date, days: int, anchor: date | None, changes: Sequence[Change], calendar: WorkdayCalendar) -> Sum:
    """A working-day sum as the calendar stands now. What was certain stays; what was not is counted anew."""
    if anchor is None:
        found = calendar.add_workdays(start, days)
        now = begun(found.due_on, provisional=found.provisional)
    else:
        now = begun(anchor, provisional=False)
    for change in changes:
        now = with_change(now, change, calendar, workdays=True)
    return now


def added(day: date, change: Change, calendar: WorkdayCalendar, *, workdays: bool) -> date:
    """``day`` moved by one change. A clock of working days stood as many of them as the pause had; extensions are calendar days."""
    if change[0] == "extend":
        return day + timedelta(days=int(change[1]))
    return calendar.add_workdays(day, stood(change, calendar)).due_on if workdays else day + timedelta(days=_length(change))


def stood(change: Change, calendar: WorkdayCalendar) -> int:
    """The working days after the first day of a pause, to the day the clock ran on."""
    first = date.fromisoformat(str(change[1]))
    return sum(calendar.is_workday(first + timedelta(days=n)) for n in range(1, _length(change) + 1))


def in_words(change: Change, calendar: WorkdayCalendar, *, workdays: bool) -> str:
    """What a change adds to the arithmetic people read."""
    if change[0] == "extend":
        return f"；延期 {change[1]} 日（{change[2]}）"
    return f"，补正停表 {stood(change, calendar)} 个工作日" if workdays else f"，补正停表 {_length(change)} 日"


def _length(change: Change) -> int:
    return (date.fromisoformat(str(change[2])) - date.fromisoformat(str(change[1]))).days


def _open(change: Change, calendar: WorkdayCalendar) -> bool:
    """Whether a pause ran through a year whose working days nobody knows yet."""
    return change[0] == "pause" and any(calendar.provisional(date.fromisoformat(str(day))) for day in change[1:])
