"""What the worker does to letters by itself, all idempotent: take up after the limit, ask for satisfaction after settling,
ask the group for the last step of a letter.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from moderation.casework import batches, handling, onward, review
from moderation.casework.letters import Letter, LetterDeadline
from moderation.casework.machine import LetterState
from moderation.office import Office
from portal.core.clock import day_of

AT_ONCE = 200


def run(office: Office, at: datetime) -> None:
    """One round. Each letter moves in a transaction of its own, so that one fault holds up no other."""
    with office.office.reading() as session:
        late = (
            select(Letter.id)
            .join(LetterDeadline, LetterDeadline.letter_id == Letter.id)
            .where(
                Letter.state == LetterState.ASSIGNED,
                LetterDeadline.clock == "take_up",
                LetterDeadline.ended_at.is_(None),
                LetterDeadline.due_on < day_of(at),
            )
        )
        waiting = list(session.scalars(late.limit(AT_ONCE)))
    for letter_id in waiting:
        with office.office.transaction() as session:
            handling.take_up_overdue(session, session.get_one(Letter, letter_id), at=at)
    with office.office.transaction() as session:
        review.ask_those_settled(session, at=at)
        onward.reopen_relapsed(session, at=at)
        onward.ask_to_wrap_up(session, at=at)
        batches.note_published(session, at=at)
