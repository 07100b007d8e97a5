"""What a published calendar changes: 暂定 deadlines that it settles, and no other. Both values are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.casework import clock_sums, clocks
from moderation.casework.clock_sums import Sum
from moderation.casework.letters import Letter, LetterDeadline
from moderation.casework.status import mark_untold
from moderation.holidays import office_calendar
from portal.core import audit
from portal.core.calendar import WorkdayCalendar
from portal.core.workflow import Actor

WHY = "放假安排公布后重算"


def settle_provisional(session: Session, *, by: Actor, at: datetime) -> int:
    """Computes again every 暂定 deadline that the calendar as it stands now makes certain; returns how many.

    Only what was not certain is counted anew, with its pauses and extensions; a paused clock stays paused. The old row ends and
    stays, so that both values can be read; a deadline that still runs into an unannounced year and every certain one are left
    alone. The reporter's receipt tells the new day.
    """
    certain = to_settle(session)
    for deadline_id in certain:
        _settle(session, session.get_one(LetterDeadline, deadline_id), at)
    audit.record(session, by=by.id, act="calendar.settle_deadlines", subject="letters", at=at, detail={"deadlines": len(certain)})
    return len(certain)


_WAITING = (LetterDeadline.provisional, LetterDeadline.workdays, LetterDeadline.ended_at.is_(None))


def to_settle(session: Session) -> tuple[str, ...]:
    """The 暂定 deadlines that the calendar as it stands now makes certain, by id."""
    calendar = office_calendar(session)
    rows = session.scalars(select(LetterDeadline).where(*_WAITING))
    return tuple(row.id for row in rows if not _counted(row, calendar)[1].provisional)


def settle_one(session: Session, deadline_id: str, _options: Mapping[str, str], /, *, by: Actor, at: datetime) -> None:
    """One of many (moderation.long_work): nothing happens to a deadline that has ended or was settled meanwhile."""
    old = session.scalar(select(LetterDeadline).where(LetterDeadline.id == deadline_id, *_WAITING))
    if old is not None and _settle(session, old, at):
        audit.record(session, by=by.id, act="calendar.settle_deadline", subject=old.letter_id, at=at, detail={"clock": old.clock})


def _settle(session: Session, old: LetterDeadline, at: datetime) -> bool:
    calendar = office_calendar(session)
    before, found = _counted(old, calendar)
    if not found.provisional:
        _replace(session, old, found, _words(old, before, found, calendar), at)
    return not found.provisional


def _counted(old: LetterDeadline, calendar: WorkdayCalendar) -> tuple[Sum, Sum]:
    """How it was counted, and how it is with this calendar."""
    before = clocks.sum_of(old)
    return before, clock_sums.counted_again(old.start_on, old.days, before.anchor, before.changes, calendar)


def _words(old: LetterDeadline, before: Sum, found: Sum, calendar: WorkdayCalendar) -> str:
    """The sum as it came out. Where its certain part stands already, its words do too."""
    words = old.arithmetic
    if before.anchor is None:
        words = calendar.add_workdays(old.start_on, old.days, named=old.arithmetic.split(" ")[0]).arithmetic
        words += "".join(clock_sums.in_words(change, calendar, workdays=True) for change in before.changes)
    return f"{words}（公布前暂定 {old.due_on.isoformat()}）" if found.due_on != old.due_on else words


def _replace(session: Session, old: LetterDeadline, found: Sum, words: str, at: datetime) -> None:
    old.ended_at, old.ended_why = at, WHY
    settled = clocks.followed_by(old, found, words, at)
    settled.paused_on = old.paused_on
    session.add(settled)
    session.flush()
    letter = session.get_one(Letter, old.letter_id)
    clocks.show_on_row(session, letter)
    mark_untold(letter)
