"""Tells desks about a letter without telling whoever must not know of it: where somebody is barred, people are told one by one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import outbox
from moderation.casework.letters import LetterBar
from moderation.outbox import To
from moderation.staff import StaffMember
from portal.core.vocabulary import Role


def addressees(session: Session, letter_id: str, role: Role, unit_id: str = "") -> tuple[To, ...]:
    """Everyone who holds ``role`` (in ``unit_id``, where given) and may know of the letter."""
    bars = session.scalars(select(LetterBar).where(LetterBar.letter_id == letter_id)).all()
    if not bars:
        return (To.role(role, unit_id),)
    people, units = {bar.staff_id for bar in bars}, {bar.unit_id for bar in bars}
    members = session.scalars(select(StaffMember).where(StaffMember.disabled_at.is_(None)))
    return tuple(
        To.person(member.id)
        for member in members
        if role in member.roles and unit_id in ("", member.unit_id) and member.id not in people and member.unit_id not in units
    )


def tell_role(
    session: Session, letter_id: str, role: Role, sentence: str, *, cause: str, at: datetime, unit_id: str = "", number: str = "",
    link: str = "",
) -> None:  # fmt: skip
    """Queues the notice for every addressee; told the same cause again, it does nothing."""
    for to in addressees(session, letter_id, role, unit_id):
        outbox.tell(session, to, sentence, cause=cause, at=at, number=number, link=link)
