"""Working days in China: an editable table of days off and make-up workdays, and the arithmetic of deadlines in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta


@dataclass(frozen=True)
class Deadline:
    """A frozen deadline. ``arithmetic`` is the sum in words; ``provisional`` (暂定): it runs into a year not yet announced."""

    due_on: date
    arithmetic: str
    provisional: bool


@dataclass(frozen=True)
class WorkdayCalendar:
    """``exceptions``: day → is it a workday, only where it differs from the week. ``announced``: years whose days are official."""

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    announced: frozenset[int] = frozenset()

    def is_workday(self, day: date) -> bool:
        """True on a working day, make-up workdays (调休上班) included."""
        return self.exceptions.get(day, day.weekday() < 5)

    def provisional(self, day: date) -> bool:
        """True when the official calendar of that year is not yet announced."""
        return day.year not in self.announced

    def add_workdays(self, start: date, days: int, *, named: str = "受理日") -> Deadline:
        """The ``days``-th working day after ``start`` (which itself does not count). ``days`` ≥ 0."""
        if days < 0:
            raise ValueError("working days are counted forward")
        day, left, off, made_up = start, days, 0, 0
        while left:
            day += timedelta(days=1)
            usual = day.weekday() < 5
            if self.is_workday(day):
                left -= 1
                made_up += not usual
            else:
                off += usual
        parts = [f"{named} {start.isoformat()} + {days} 个工作日"]
        if off:
            parts.append(f"扣除节假日 {off} 日")
        if made_up:
            parts.append(f"含调休上班 {made_up} 日")
        return Deadline(day, "，".join(parts), self.provisional(day) if days else False)

    @staticmethod
    def add_days(start: date, days: int, *, named: str = "受理日") -> Deadline:
        """``days`` calendar days after ``start``."""
        return Deadline(start + timedelta(days=days), f"{named} {start.isoformat()} + {days} 日", False)
