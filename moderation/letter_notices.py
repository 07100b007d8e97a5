"""Tells desks about a letter without telling whoever must not know of it: where somebody is barred, people are told one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import outbox
from moderation.casework.letters import Letter, LetterAssignment, LetterBar
from moderation.casework.undo_notes import WINDOW
from moderation.outbox import To
from moderation.staff import StaffMember
from portal.core.vocabulary import Role
from portal.core.workflow import Actor, Step

# Who is meant by the word in a step's ``notify``. The reporter is told through the receipt, see `casework.status`.
_ROLES: dict[str, tuple[Role, ...]] = {
    "unit": (Role.UNIT_OFFICER,),
    "group": (Role.GROUP_MEMBER, Role.GROUP_LEAD),
    "lead": (Role.GROUP_LEAD,),
    "second": (Role.SCREENER, Role.GROUP_LEAD),
    "discipline": (Role.DISCIPLINE_OFFICER,),
    "reporter": (),
}
SENTENCE_OF: dict[str, str] = {
    "accept": "letter_waiting",
    "propose_refusal": "confirmation_needed",
    "to_discipline": "letter_to_discipline",
    "nobody_may_screen": "letter_to_discipline",
    "assign": "letter_assigned",
    "sub_assign": "letter_assigned",
    "insist": "letter_assigned",
    "return_to_group": "letter_returned",
    "ask_extension": "extension_asked",
    "grant_extension": "extension_granted",
    "deny_extension": "extension_denied",
    "report": "letter_submitted",
    "send_back": "letter_sent_back",
    "returned_from_above": "letter_sent_back",
    "settle": "letter_closed",
    "settle_for_now": "letter_closed",
    "reopen": "letter_reopened",
}

# Steps that can be undone: mail about them waits as long.
HELD = frozenset({"assign", "propose_refusal"})


def addressees(session: Session, letter_id: str, role: Role, unit_id: str = "", *, but: str = "") -> tuple[To, ...]:
    """Everyone who holds ``role`` (in ``unit_id``, where given) and may know of the letter. ``but``: a person who is left out."""
    bars = session.scalars(select(LetterBar).where(LetterBar.letter_id == letter_id)).all()
    if not bars and not but:
        return (To.role(role, unit_id),)
    people, units = {bar.staff_id for bar in bars} | {but}, {bar.unit_id for bar in bars}
    members = session.scalars(select(StaffMember).where(StaffMember.disabled_at.is_(None)))
    return tuple(
        To.person(member.id)
        for member in members
        if role in member.roles and unit_id in ("", member.unit_id) and member.id not in people and member.unit_id not in units
    )


def tell_role(
    session: Session, letter_id: str, role: Role, sentence: str, *, cause: str, at: datetime, unit_id: str = "", number: str = "",
    link: str = "", but: str = "", hold: timedelta = timedelta(0),
) -> None:  # fmt: skip
    """Queues the notice for every addressee; told the same cause again, it does nothing."""
    for to in addressees(session, letter_id, role, unit_id, but=but):
        outbox.tell(session, to, sentence, cause=cause, at=at, number=number, link=link, hold=hold)


def tell_of_step(session: Session, letter: Letter, step: Step, by: Actor, at: datetime, detail: Mapping[str, Any]) -> None:
    """Tells whom the row of the letter machine names, in the step's own transaction. A refusal's second person is not its first.

    What was told of the letter before is past: whoever works from the lists finds no heap of old notices.
    """
    page, daily = f"/letters/{letter.id}", f"/screening/refusals#{letter.id}"
    outbox.overtaken(session, page, daily, at=at)
    hold = WINDOW if step.verb in HELD else timedelta(0)
    cause, link = f"letter.{step.verb}:{letter.id}:{letter.version}", daily if "second" in step.notify else page
    for word in step.notify:
        for role in _ROLES[word]:
            for unit_id in _units(session, letter, detail) if word == "unit" else ("",):
                tell_role(session, letter.id, role, SENTENCE_OF[step.verb], cause=cause, at=at, unit_id=unit_id,
                          number=_number(letter), link=link, but=by.id if word == "second" else "", hold=hold)  # fmt: skip


def _units(session: Session, letter: Letter, detail: Mapping[str, Any]) -> Iterable[str]:
    """The units a step names, else those that hold the letter."""
    named = detail.get("units") or [unit for unit in (detail.get("unit"),) if unit]
    if named:
        return tuple(named)
    holding = select(LetterAssignment.unit_id).where(LetterAssignment.letter_id == letter.id, LetterAssignment.ended_at.is_(None))
    return tuple(session.scalars(holding))


def _number(letter: Letter) -> str:
    return letter.upstream_number or letter.number or ""


def tell_of_message(session: Session, letter: Letter, message_id: str, *, retaliation: bool, at: datetime) -> None:
    """A message of the reporter came. Retaliation is for the guardians alone; anything else for the desk that has the letter."""
    roles = (Role.DISCIPLINE_OFFICER, Role.SUPERVISION_INSPECTOR) if retaliation else _readers(letter)
    sentence, link = ("retaliation", "/retaliation") if retaliation else ("message_arrived", "/mail")
    link = f"{link}#{message_id}"
    if letter.discipline_only and not retaliation:
        link = f"/letters/{letter.id}"
    for role in roles:
        tell_role(
            session, letter.id, role, sentence, cause=f"letter.message:{message_id}", at=at, number=_number(letter), link=link
        )


def _readers(letter: Letter) -> tuple[Role, ...]:
    if letter.discipline_only:
        return (Role.DISCIPLINE_OFFICER,)
    return (Role.GROUP_MEMBER, Role.GROUP_LEAD) if letter.accepted_on else (Role.SCREENER,)


def message_was_read(session: Session, message_id: str, *, at: datetime) -> None:
    """Somebody read it: its notice leaves the desks."""
    outbox.overtaken(session, f"/mail#{message_id}", f"/retaliation#{message_id}", at=at)
