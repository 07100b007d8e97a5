"""Which disclosures stand on whose desk: closed, indexed questions, each with a count that equals its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import Session

from moderation.publication.disclosures import Disclosure
from moderation.publication.machine import DisclosureState
from moderation.staff import SignedIn
from portal.core.vocabulary import Role

S = DisclosureState
OPEN = (S.DRAFTING, S.REDACTION, S.FIRST_REVIEW, S.SECOND_REVIEW, S.FINAL_REVIEW, S.SIGNED)
PAGE = 50


@dataclass(frozen=True)
class Tab:
    """One list of the desk."""

    name: str
    label: str


TABS = (
    Tab("mine", "待我处理"),
    Tab("drafting", "起草中"),
    Tab("review", "审核中"),
    Tab("signed", "待发布"),
    Tab("late", "超期未公开"),
    Tab("public", "已公开"),
    Tab("withdrawn", "已撤回"),
)


def mine(person: SignedIn) -> ColumnElement[bool]:
    """What waits for this person."""
    wanted: list[ColumnElement[bool]] = []
    if Role.DRAFTER in person.roles:
        own = Disclosure.drafted_by == person.id
        # What an importer drafted belongs to every drafter.
        imported = Disclosure.drafted_by.in_(("command-line", "importer", "demo"))
        wanted.append(Disclosure.state.in_((S.DRAFTING, S.REDACTION)) & or_(own, imported))
        wanted.append((Disclosure.state == S.SIGNED) & own & Disclosure.publish_at.is_(None))
    if Role.REVIEWER in person.roles:
        wanted.append(Disclosure.state.in_((S.FIRST_REVIEW, S.SECOND_REVIEW)) & (Disclosure.drafted_by != person.id))
    if Role.SIGNATORY in person.roles:
        wanted.append((Disclosure.state == S.FINAL_REVIEW) & (Disclosure.drafted_by != person.id))
    if Role.PUBLISHER in person.roles:
        wanted.append((Disclosure.state == S.SIGNED) & Disclosure.publish_at.is_(None))
    return or_(*wanted) if wanted else false()


def condition(tab: str, person: SignedIn, today: date) -> ColumnElement[bool]:
    """The question a tab asks."""
    match tab:
        case "drafting":
            return Disclosure.state.in_((S.DRAFTING, S.REDACTION))
        case "review":
            return Disclosure.state.in_((S.FIRST_REVIEW, S.SECOND_REVIEW, S.FINAL_REVIEW))
        case "signed":
            return Disclosure.state == S.SIGNED
        case "late":
            return Disclosure.state.in_(OPEN) & (Disclosure.due_on < today)
        case "public":
            return Disclosure.state == S.PUBLISHED
        case "withdrawn":
            return Disclosure.state == S.WITHDRAWN
    return mine(person)


def page_of(session: Session, tab: str, person: SignedIn, *, today: date, number: int) -> list[Disclosure]:
    """One page of a tab: soonest due first; what is public, newest first."""
    order = Disclosure.changed_at.desc() if tab in {"public", "withdrawn"} else Disclosure.due_on
    wanted = select(Disclosure).where(condition(tab, person, today)).order_by(order, Disclosure.id)
    return list(session.scalars(wanted.limit(PAGE).offset(PAGE * (number - 1))))


def counts(session: Session, person: SignedIn, *, today: date) -> dict[str, int]:
    """How many stand in each tab."""
    return {tab.name: _count(session, condition(tab.name, person, today)) for tab in TABS}


def _count(session: Session, wanted: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Disclosure).where(wanted)) or 0


def waiting_for(session: Session, person: SignedIn) -> int:
    """The number the menu shows."""
    return _count(session, mine(person))
