"""The days a text has by law: rows of `rules/disclosure_days.toml`, counted by the office's calendar. Knows no text."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from portal.core.calendar import Deadline, WorkdayCalendar

PUBLISH, TAKE_DOWN = "publish", "take_down"


@dataclass(frozen=True)
class DutyRule:
    """One row: ``days`` working days from ``start``. ``clause``: where the number stands; ``counted_by``: why working days."""

    code: str
    label: str
    days: int
    start: str
    clause: str
    counted_by: str
    source: str
    effective_from: date

    @property
    def basis(self) -> str:
        """Both clauses in words, for the desk."""
        return f"{self.clause}；{self.counted_by}"


@cache
def duty_rules() -> tuple[DutyRule, ...]:
    """Every row of the file, checked: a row without days, either clause or source stops the program."""
    raw = tomllib.loads((resources.files("portal.core") / "rules" / "disclosure_days.toml").read_text("utf-8"))
    rules = tuple(DutyRule(**row) for row in raw["day"])
    for rule in rules:
        if rule.days < 1 or not (rule.clause and rule.counted_by and rule.source):
            raise ValueError(f"disclosure_days.toml: {rule.code} lacks days, a clause or its source")
    return rules


def rule_of(code: str, on: date) -> DutyRule:
    """The row in force on ``on``; before all of them the earliest, since what is up today is up under today's law."""
    rows = sorted((rule for rule in duty_rules() if rule.code == code), key=lambda rule: rule.effective_from)
    return next((rule for rule in reversed(rows) if rule.effective_from <= on), rows[0])


def last_day(code: str, start: date, calendar: WorkdayCalendar, *, named: str = "") -> Deadline:
    """The last day, with its arithmetic in words. ``named``: what the first day is called, where not as in the row."""
    rule = rule_of(code, start)
    return calendar.add_workdays(start, rule.days, named=named or rule.start)


def counted_again(start: date, was: Deadline, calendar: WorkdayCalendar, *, code: str) -> Deadline:
    """A 暂定 last day once the calendar is announced; both days stand in its words. Still 暂定: as it was."""
    found = last_day(code, start, calendar, named=was.arithmetic.split(" ", maxsplit=1)[0])
    if found.provisional or found.due_on == was.due_on:
        return was if found.provisional else found
    return Deadline(found.due_on, f"{found.arithmetic}（公布前暂定 {was.due_on.isoformat()}）", provisional=False)
