"""Offers to take back what a form has just changed: what stood before, what stands now, and whose verb sets it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from moderation import holidays, undoing
from moderation import settings as office_settings
from moderation.accountability import taking_back
from moderation.accountability.tables import AccountabilityCase
from moderation.console.access import staff
from moderation.publication import taking_back as publication_back
from moderation.publication.disclosures import Disclosure
from moderation.staff import StaffMember
from moderation.undoing import UndoOffer
from portal.core.clock import now

Facts = dict[str, Any]


def offer(session: Session, kind: str, parts: list[Facts], *, label: str, link: str) -> UndoOffer:
    """One offer by the person at the desk, now."""
    return undoing.offer(session, kind, parts, label=label, link=link, by=staff(), at=now())


def settings_changed(session: Session, before: Mapping[str, Facts | None], *, label: str, link: str) -> UndoOffer | None:
    """``before``: key → how it stood. Only what has really changed is offered back."""
    session.flush()
    parts = []
    for key, was in before.items():
        became = office_settings.stands(session, key)
        if was is None or became is None or was["value"] != became["value"]:
            parts.append({"key": key, "was": was, "became": became, "name": label})
    return offer(session, "setting", parts, label=label, link=link) if parts else None


def day_changed(session: Session, day: str, was: Facts | None) -> UndoOffer:
    """A day of the working calendar."""
    session.flush()
    facts = {"day": day, "was": was, "became": holidays.stands(session, day)}
    return offer(
        session, "calendar.day", [facts], label=f"更改 {day} 的安排", link=url_for("administration.calendar", year=day[:4])
    )


def roles_changed(session: Session, member: StaffMember, was: str) -> UndoOffer | None:
    """Other roles of a person; nothing where they are the same."""
    if member.role_list == was:
        return None
    facts = {"id": member.id, "was": was, "became": member.role_list}
    return offer(session, "staff.roles", [facts], label=f"更改岗位：{member.name}", link=url_for("administration.people"))


def text_changed(session: Session, disclosure: Disclosure, was: Facts, label: str = "改稿") -> UndoOffer | None:
    """A draft, or a file added to it; nothing where it reads as it did."""
    session.flush()
    if publication_back.text_stands(disclosure) == was:
        return None
    facts = {"id": disclosure.id, "version": disclosure.version, "was": was}
    return offer(session, "disclosure.edit", [facts], label=label, link=url_for("publication.show", identity=disclosure.id))


def checklist_changed(session: Session, disclosure: Disclosure, was: Facts) -> UndoOffer:
    """The answers of the checklist before publishing."""
    session.flush()
    became = publication_back.checklist_stands(disclosure)
    facts = {"id": disclosure.id, "version": disclosure.version, "was": was, "became": became}
    page = url_for("publication.show", identity=disclosure.id)
    return offer(session, "disclosure.checklist", [facts], label="发布前清单", link=page)


# Parts of a worksheet that can be set back → how each stands.
STANDS: dict[str, Callable[[AccountabilityCase, str], Facts]] = {
    "facts": lambda case, _place: taking_back.facts_stand(case),
    "check": taking_back.check_stands,
    "factor": taking_back.factor_stands,
    "waiver": taking_back.waiver_stands,
}


def on_worksheet(
    part: str, place: str, label: str, verb: Callable[[Session, AccountabilityCase], object]
) -> Callable[[Session, AccountabilityCase], UndoOffer | None]:
    """The verb, with an offer to take it back where it changed that part of the worksheet."""

    def run(session: Session, case: AccountabilityCase) -> UndoOffer | None:
        was = STANDS[part](case, place)
        verb(session, case)
        session.flush()
        became = STANDS[part](case, place)
        if was == became:
            return None
        facts = {"case": case.id, "place": place, "was": was, "became": became}
        return offer(session, f"case.{part}", [facts], label=label, link=url_for("accountability.case", case_id=case.id))

    return run
