"""Deadlines of a letter: found in `rules/clocks.toml`, frozen with their arithmetic when set. A later rule moves none of them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.casework import clock_sums
from moderation.casework.clock_sums import Change, Sum
from moderation.casework.letters import NEVER, BatchOrigin, Letter, LetterBatch, LetterDeadline
from moderation.casework.machine import Track
from moderation.holidays import office_calendar
from portal.core.calendar import Deadline, WorkdayCalendar
from portal.core.clock import day_of
from portal.core.errors import Refusal
from portal.core.ids import new_id

# Clocks that say when the letter itself must move: the earliest one running is the due day of its row.
ON_THE_ROW = ("acceptance", "handling", "take_up", "supplement", "satisfaction")


@dataclass(frozen=True)
class ClockRule:
    """One row: ``days`` from ``start``, working days or calendar days, for a track and an origin ("any" fits all)."""

    code: str
    label: str
    track: str
    origin: str
    days: int
    workdays: bool
    start: str
    clause: str
    source: str
    effective_from: date
    confirmed: bool


@cache
def clock_rules() -> tuple[ClockRule, ...]:
    """Every row of the file, checked: a row without clause, source or days stops the program."""
    raw = tomllib.loads((resources.files("portal.core") / "rules" / "clocks.toml").read_text("utf-8"))
    rules = tuple(ClockRule(**row) for row in raw["clock"])
    for rule in rules:
        if rule.days < 1 or not rule.clause or not rule.source:
            raise ValueError(f"clocks.toml: {rule.code} lacks days, clause or source")
    return rules


def rule_for(code: str, *, track: Track, origin: BatchOrigin, on: date) -> ClockRule:
    """The row in force on ``on``: the most exact origin and track first, then the latest."""
    fits = [
        rule
        for rule in clock_rules()
        if rule.code == code
        and rule.track in (track.value, "any")
        and rule.origin in (origin.value, "any")
        and rule.effective_from <= on
    ]
    if not fits:
        raise Refusal(f"没有可用的期限规则：{code}", clause="rules/clocks.toml")
    return max(fits, key=lambda rule: (rule.origin != "any", rule.track != "any", rule.effective_from))


def origin_of(session: Session, letter: Letter) -> BatchOrigin:
    """Whose letter it is; decides which deadlines apply."""
    if not letter.handed_down or letter.batch_id is None:
        return BatchOrigin.OWN
    return session.get_one(LetterBatch, letter.batch_id).origin


def _computed(session: Session, rule: ClockRule, start_on: date) -> Deadline:
    if rule.workdays:
        return office_calendar(session).add_workdays(start_on, rule.days, named=rule.start)
    return WorkdayCalendar.add_days(start_on, rule.days, named=rule.start)


def start(session: Session, letter: Letter, code: str, *, on: date, at: datetime) -> LetterDeadline:
    """Sets a deadline from the rule in force on ``on`` and freezes it. One of that code that runs is replaced."""
    rule = rule_for(code, track=letter.track, origin=origin_of(session, letter), on=on)
    found = _computed(session, rule, on)
    stop(session, letter, code, at=at, why="由新的期限替代")
    return _set(session, letter, rule, on, found, at)


def start_given(session: Session, letter: Letter, code: str, *, due_on: date, words: str, at: datetime) -> LetterDeadline:
    """Sets a deadline that somebody else fixed: the level above gave the day."""
    stop(session, letter, code, at=at, why="由新的期限替代")
    deadline = LetterDeadline(
        id=new_id(), letter_id=letter.id, clock=code, start_on=day_of(at), days=(due_on - day_of(at)).days, workdays=False,
        due_on=due_on, arithmetic=words, clause="上级交办要求", provisional=False, anchor_on=due_on, changes="[]", set_at=at,
    )  # fmt: skip
    session.add(deadline)
    return _shown(session, letter, deadline)


def _set(session: Session, letter: Letter, rule: ClockRule, on: date, found: Deadline, at: datetime) -> LetterDeadline:
    deadline = LetterDeadline(
        id=new_id(), letter_id=letter.id, clock=rule.code, start_on=on, days=rule.days, workdays=rule.workdays,
        due_on=found.due_on, arithmetic=found.arithmetic, clause=rule.clause, provisional=found.provisional,
        anchor_on=None if found.provisional else found.due_on, changes="[]", set_at=at,
    )  # fmt: skip
    session.add(deadline)
    return _shown(session, letter, deadline)


def _shown(session: Session, letter: Letter, deadline: LetterDeadline) -> LetterDeadline:
    session.flush()
    if deadline.clock == "handling" and letter.first_due_on is None:
        letter.first_due_on = deadline.due_on
    show_on_row(session, letter)
    return deadline


def running(session: Session, letter: Letter) -> list[LetterDeadline]:
    """Deadlines that run now, the earliest first; a paused one is among them."""
    query = select(LetterDeadline).where(LetterDeadline.letter_id == letter.id, LetterDeadline.ended_at.is_(None))
    return list(session.scalars(query.order_by(LetterDeadline.due_on)))


def running_of(session: Session, letter: Letter, code: str) -> LetterDeadline | None:
    """The deadline of that code, if one runs."""
    return next((deadline for deadline in running(session, letter) if deadline.clock == code), None)


def show_on_row(session: Session, letter: Letter) -> None:
    """Writes the earliest day that runs to the letter's row, for lists. A paused clock does not run."""
    days = [row.due_on for row in running(session, letter) if row.clock in ON_THE_ROW and row.paused_on is None]
    letter.due_on = min(days, default=NEVER)


def stop(session: Session, letter: Letter, code: str, *, at: datetime, why: str) -> None:
    """Ends the deadline of that code, if one runs."""
    deadline = running_of(session, letter, code)
    if deadline is not None:
        deadline.ended_at, deadline.ended_why = at, why
        session.flush()
        show_on_row(session, letter)


def stop_all(session: Session, letter: Letter, *, at: datetime, why: str, but: str = "") -> None:
    """Ends every deadline of the letter. ``but``: the one that runs on."""
    for deadline in running(session, letter):
        if deadline.clock == but:
            continue
        deadline.ended_at, deadline.ended_why = at, why
    session.flush()
    show_on_row(session, letter)


def pause(session: Session, letter: Letter, code: str, *, at: datetime) -> None:
    """Stops the clock for a while (待补正)."""
    deadline = running_of(session, letter, code)
    if deadline is not None and deadline.paused_on is None:
        deadline.paused_on = day_of(at)
        session.flush()
        show_on_row(session, letter)


def resume(session: Session, letter: Letter, code: str, *, at: datetime) -> None:
    """Lets a paused clock run on: the days it stood are added, in a new row that shows the sum."""
    old = running_of(session, letter, code)
    if old is None or old.paused_on is None:
        return
    old.ended_at, old.ended_why = at, "补正后恢复计时"
    session.flush()
    _changed(session, letter, old, ["pause", old.paused_on.isoformat(), day_of(at).isoformat()], at)


def revive(session: Session, letter: Letter, ids: Collection[str], *, at: datetime) -> None:
    """Lets deadlines that an undone act had ended run on as they were, in new rows; the ended ones stay."""
    for old in session.scalars(select(LetterDeadline).where(LetterDeadline.letter_id == letter.id, LetterDeadline.id.in_(ids))):
        if old.ended_at is not None:
            _copy(session, letter, old, sum_of(old), old.arithmetic, at)


def extend(session: Session, letter: Letter, *, at: datetime) -> LetterDeadline:
    """Moves the handling deadline once, by the extension of the rules. The first day stays on the letter."""
    old = running_of(session, letter, "handling")
    if old is None:
        raise Refusal("这件现在没有办理期限，无从延期", clause="信访工作条例 第三十四条")
    rule = rule_for("extension", track=letter.track, origin=origin_of(session, letter), on=day_of(at))
    old.ended_at, old.ended_why = at, "延期"
    session.flush()
    return _changed(session, letter, old, ["extend", rule.days, rule.clause], at)


def sum_of(row: LetterDeadline) -> Sum:
    """Where the sum of a deadline stands."""
    return Sum(row.due_on, row.provisional, row.anchor_on, tuple(json.loads(row.changes)))


def _changed(session: Session, letter: Letter, old: LetterDeadline, change: Change, at: datetime) -> LetterDeadline:
    calendar = office_calendar(session) if old.workdays else WorkdayCalendar()
    found = clock_sums.with_change(sum_of(old), change, calendar, workdays=old.workdays)
    words = f"{old.arithmetic}{clock_sums.in_words(change, calendar, workdays=old.workdays)}"
    return _copy(session, letter, old, found, words, at)


def _copy(session: Session, letter: Letter, old: LetterDeadline, found: Sum, words: str, at: datetime) -> LetterDeadline:
    deadline = followed_by(old, found, words, at)
    session.add(deadline)
    return _shown(session, letter, deadline)


def followed_by(old: LetterDeadline, found: Sum, words: str, at: datetime) -> LetterDeadline:
    """A new row in the place of ``old``: same clock, same start, another sum. The old one stays."""
    return LetterDeadline(
        id=new_id(), letter_id=old.letter_id, clock=old.clock, start_on=old.start_on, days=old.days, workdays=old.workdays,
        due_on=found.due_on, arithmetic=words, clause=old.clause, provisional=found.provisional, anchor_on=found.anchor,
        changes=json.dumps(found.changes), set_at=at, ended_why="",
    )  # fmt: skip


def label_of(code: str) -> str:
    """The name of a clock as people say it."""
    return next((rule.label for rule in clock_rules() if rule.code == code), code)
