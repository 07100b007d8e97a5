"""Who is told that a text waits: of a step in its own transaction, of a day coming near or gone by the worker.

Somebody who must not know of a letter is not told of a text about it: then people are told one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import outbox
from moderation.casework.letters import LetterBar
from moderation.office import Office
from moderation.outbox import To
from moderation.publication.machine import DisclosureState
from moderation.staff import StaffMember
from portal.core.clock import day_of
from portal.core.vocabulary import Role
from portal.core.workflow import Actor, Step

if TYPE_CHECKING:
    from moderation.publication.disclosures import Disclosure

SOON_DAYS = 3
S = DisclosureState
_ROLES = {"drafter": Role.DRAFTER, "reviewer": Role.REVIEWER, "signatory": Role.SIGNATORY, "publisher": Role.PUBLISHER}
_SENTENCES = {S.DRAFTING: "publication_sent_back", S.SIGNED: "publication_signed"}
# At whose desk a text lies.
_DESK = {
    S.DRAFTING: ("drafter",), S.REDACTION: ("drafter",), S.FIRST_REVIEW: ("reviewer",), S.SECOND_REVIEW: ("reviewer",),
    S.FINAL_REVIEW: ("signatory",), S.SIGNED: ("publisher", "drafter"),
}  # fmt: skip


def page_of(disclosure: Disclosure) -> str:
    """The page a notice leads to."""
    return f"/publication/{disclosure.id}"


def tell_of_step(
    session: Session,
    disclosure: Disclosure,
    step: Step,
    by: Actor,  # noqa: ARG001
    at: datetime,
    detail: Mapping[str, Any],  # noqa: ARG001
) -> None:
    """Tells whom the row of the machine names. What was told of the text before is past."""
    page = page_of(disclosure)
    outbox.overtaken(session, page, at=at)
    cause = f"{disclosure.id}:{step.verb}:{disclosure.version}"
    for to in _addressees(session, disclosure, step.notify):
        sentence = _SENTENCES.get(disclosure.state, "publication_waiting")
        outbox.tell(session, to, sentence, cause=cause, at=at, number=disclosure.id, link=page)


def tell_of_exception(
    session: Session, disclosure: Disclosure, sentence: str, page: str, cause: str, *, but: str, at: datetime
) -> None:
    """Tells those who may decide on an exception, all ``but`` the one who asked. What it is about stands on its page only."""
    for to in _addressees(session, disclosure, ("reviewer", "signatory"), but=but):
        outbox.tell(session, to, sentence, cause=cause, at=at, number=disclosure.id, link=page)


def tell_who_asked(
    session: Session, sentence: str, disclosure: Disclosure, page: str, staff_id: str, cause: str, *, at: datetime
) -> None:
    """What was decided goes to the one who asked; with the others it is past."""
    outbox.overtaken(session, page, at=at)
    outbox.tell(session, To.person(staff_id), sentence, cause=cause, at=at, number=disclosure.id, link=page_of(disclosure))


def forget(session: Session, page: str, *, at: datetime) -> None:
    """What was told about this page is past."""
    outbox.overtaken(session, page, at=at)


def _addressees(session: Session, disclosure: Disclosure, words: Iterable[str], *, but: str = "") -> list[To]:
    """``but``: somebody who is not told, though they hold the role."""
    from moderation.publication.leak_guard import DisclosureLetter

    linked = select(DisclosureLetter.letter_id).where(DisclosureLetter.disclosure_id == disclosure.id)
    bars = session.execute(select(LetterBar.staff_id, LetterBar.unit_id).where(LetterBar.letter_id.in_(linked))).all()
    people, units = {bar.staff_id for bar in bars} - {""}, {bar.unit_id for bar in bars} - {""}
    members = list(session.scalars(select(StaffMember).where(StaffMember.disabled_at.is_(None))))
    found: list[To] = []
    for word in words:
        own = next((each for each in members if each.id == disclosure.drafted_by), None)
        holders = [each for each in members if _ROLES[word] in each.roles]
        if word == "drafter" and own is not None:
            found.append(To.person(own.id))
        elif not people and not units and all(each.id != but for each in holders):
            found.append(To.role(_ROLES[word]))
        else:
            may = (each for each in holders if each.id != but)
            found += [To.person(each.id) for each in may if each.id not in people and each.unit_id not in units]
    return found


def remind_of_days(office: Office, at: datetime) -> None:
    """The worker's job: the desk where a text lies is told once that its last day is near, and once that it is past."""
    from moderation.publication.disclosures import Disclosure
    from moderation.publication.lists import must_come_down

    today = day_of(at)
    with office.office.transaction() as session:
        near = (Disclosure.state.in_(_DESK), Disclosure.due_on <= today + timedelta(days=SOON_DAYS))
        for found in session.scalars(select(Disclosure).where(*near).order_by(Disclosure.due_on, Disclosure.id)):
            sentence = "publication_late" if found.due_on < today else "publication_due"
            _remind(session, found, sentence, _DESK[found.state], at)
        for found in session.scalars(select(Disclosure).where(must_come_down()).order_by(Disclosure.id)):
            _remind(session, found, "publication_take_down", ("signatory",), at)


def _remind(session: Session, disclosure: Disclosure, sentence: str, desk: Iterable[str], at: datetime) -> None:
    for to in _addressees(session, disclosure, desk):
        cause = f"{disclosure.id}:{disclosure.due_on.isoformat()}"
        outbox.tell(session, to, sentence, cause=cause, at=at, number=disclosure.id, link=page_of(disclosure))
