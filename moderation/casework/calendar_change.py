"""What a published calendar changes: 暂定 deadlines that it settles, and no other. Both values are kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.casework import clocks
from moderation.casework.letters import Letter, LetterDeadline
from moderation.casework.status import mark_untold
from moderation.holidays import office_calendar
from portal.core import audit
from portal.core.ids import new_id
from portal.core.workflow import Actor

WHY = "放假安排公布后重算"


def settle_provisional(session: Session, *, by: Actor, at: datetime) -> int:
    """Computes again every running 暂定 deadline that the calendar as it stands now makes certain; returns how many.

    The old row ends and stays, so that both values can be read; a deadline that still runs into an unannounced year, a
    paused one and every certain one are left alone. The reporter's receipt tells the new day.
    """
    calendar = office_calendar(session)
    running = (LetterDeadline.ended_at.is_(None), LetterDeadline.paused_on.is_(None))
    waiting = (LetterDeadline.provisional, LetterDeadline.workdays, *running)
    settled = 0
    for old in session.scalars(select(LetterDeadline).where(*waiting)):
        found = calendar.add_workdays(old.start_on, old.days, named=old.arithmetic.split(" ")[0])
        if found.provisional:
            continue
        old.ended_at, old.ended_why = at, WHY
        words = f"{found.arithmetic}（公布前暂定 {old.due_on.isoformat()}）" if found.due_on != old.due_on else found.arithmetic
        session.add(
            LetterDeadline(
                id=new_id(), letter_id=old.letter_id, clock=old.clock, start_on=old.start_on, days=old.days, workdays=True,
                due_on=found.due_on, arithmetic=words, clause=old.clause, provisional=False, set_at=at, ended_why="",
            )
        )  # fmt: skip
        session.flush()
        letter = session.get_one(Letter, old.letter_id)
        clocks.show_on_row(session, letter)
        mark_untold(letter)
        settled += 1
    audit.record(session, by=by.id, act="calendar.settle_deadlines", subject="letters", at=at, detail={"deadlines": settled})
    return settled
