"""Acts on letters that their doer may still take back, as the line that says they are done offers it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from moderation import undoing
from moderation.casework import undoing as letter_undoing
from moderation.casework.letters import Letter
from moderation.console.access import staff
from moderation.undoing import UndoOffer
from portal.core.clock import now


def offer_back(session: Session, letters: list[Letter], *, link: str) -> UndoOffer | None:
    """One offer for what was just done to these letters; None where nothing of it can be taken back."""
    session.flush()
    ids = [letter.id for letter in letters]
    found = [offer for each in ids for offer in letter_undoing.offers(session, staff(), at=now(), letter_id=each, most=1)]
    if not found:
        return None
    parts = [{"undo": offer.id, "name": offer.number} for offer in found]
    what = found[0].number if len(found) == 1 else f"{len(found)} 件"
    return undoing.offer(session, "letter", parts, label=f"{found[0].label} {what}", link=link, by=staff(), at=now())
