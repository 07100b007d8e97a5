"""Acts of the queue, done to many letters one by one (see moderation.long_work)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from moderation.casework import assignment, letter_lists, review, undoing
from moderation.staff import SignedIn
from portal.core.errors import Refusal


def assign_as_suggested(
    session: Session, letter_id: str, _options: Mapping[str, str], /, *, by: SignedIn, at: datetime
) -> dict[str, Any] | None:
    """Assigns a letter as the rules suggest. Raises Refusal, naming it, where they suggest nobody or it may not be assigned."""
    letter = letter_lists.find(session, letter_id, by, to_change=True)
    found = assignment.suggestion(session, letter)
    if found.unit is None:
        raise Refusal(f"{letter.spoken_number}：没有可以承办的单位，请逐件分办")
    try:
        assignment.assign(session, letter, unit_ids=(found.unit.id,), why="\n".join(found.trace), by=by, at=at)
    except Refusal as refused:
        raise Refusal(f"{letter.spoken_number}：{refused.reason}", clause=refused.clause) from refused
    session.flush()
    offer = next(iter(undoing.offers(session, by, at=at, letter_id=letter.id, most=1)), None)
    return {"undo": offer.id, "name": offer.number} if offer else None


def report_up_one(session: Session, letter_id: str, _options: Mapping[str, str], /, *, by: SignedIn, at: datetime) -> None:
    """Reports a letter upward. Raises Refusal, naming it. What has gone up is not taken back: the level above answers it."""
    letter = letter_lists.find(session, letter_id, by, to_change=True)
    try:
        review.report_up(session, [letter], by=by, at=at)
    except Refusal as refused:
        raise Refusal(f"{letter.spoken_number}：{refused.reason}", clause=refused.clause) from refused
