"""A flood of identical letters becomes one letter with a count. Every receipt, contact and the order stay; it can be undone.

Only letters alike in words, place, target and in who must not know of them, not yet opened by anybody, and only from the fourth on:
two or three neighbours who agreed on a text are for a screener to look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.casework import clocks
from moderation.casework.guards import LETTER
from moderation.casework.letters import Letter, LetterBar, LetterFingerprint
from moderation.casework.machine import LetterState
from portal.core.workflow import SystemActor, move

FLOOD = 4
WITHIN_DAYS = 7
# “噪声太大” from ten streets is ten letters.
LEAST_BIGRAMS = 12
_PART = 4
_CANNOT_LEAD = (LetterState.WITHDRAWN, LetterState.NOT_ACCEPTED, LetterState.TRANSFERRED, LetterState.MERGED)


def collapse(session: Session, letter: Letter, *, by: SystemActor, at: datetime) -> int:
    """Lets identical letters that nobody opened follow the first. Returns how many followed now."""
    alike = _alike(session, letter)
    leads = [each for each in alike if each.state not in _CANNOT_LEAD and not each.discipline_only]
    if not leads:
        return 0
    led = set(session.scalars(select(Letter.duplicate_of).where(Letter.duplicate_of.in_([each.id for each in leads]))))
    lead = next((each for each in leads if each.id in led), leads[0])
    bars, followed = _bars(session, lead), 0
    for each in alike:
        if each is lead or each.state is not LetterState.RECEIVED or each.discipline_only or _bars(session, each) != bars:
            continue
        move(session, LETTER, each, "collapse", by=by, at=at, detail={"into": lead.id})
        each.duplicate_of = lead.id
        clocks.stop_all(session, each, at=at, why="并案")
        followed += 1
    return followed


def _alike(session: Session, letter: Letter) -> Sequence[Letter]:
    found = session.get(LetterFingerprint, letter.id)
    if found is None or len(found.sketch) < LEAST_BIGRAMS * _PART:
        return ()
    query = (
        select(Letter)
        .join(LetterFingerprint, LetterFingerprint.letter_id == Letter.id)
        .where(
            LetterFingerprint.exact == found.exact,
            LetterFingerprint.sketch == found.sketch,
            LetterFingerprint.region_code == found.region_code,
            LetterFingerprint.received_on >= found.received_on - timedelta(days=WITHIN_DAYS),
            # Those that follow already need not be looked at again, one lead and what is unopened are enough.
            (Letter.state != LetterState.MERGED),
        )
        .order_by(Letter.received_on, Letter.id)
    )
    standing = list(session.scalars(query))
    merged = select(Letter.id).where(Letter.duplicate_of.in_([each.id for each in standing])).limit(FLOOD)
    followers = len(list(session.scalars(merged)))
    # A lead that already has followers counts with them, so that the fifth follows like the fourth.
    return standing if len(standing) + followers >= FLOOD else ()


def _bars(session: Session, letter: Letter) -> frozenset[tuple[str, str]]:
    rows = session.execute(select(LetterBar.staff_id, LetterBar.unit_id).where(LetterBar.letter_id == letter.id))
    return frozenset((row[0], row[1]) for row in rows)
