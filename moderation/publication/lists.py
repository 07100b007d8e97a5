"""Which disclosures stand on whose desk: closed, indexed questions, each with a count that equals its list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select
from sqlalchemy.orm import Session

from moderation.accountability.exposures import ExposedCase
from moderation.accountability.words import ExposureState
from moderation.casework.letters import LetterBar
from moderation.publication.disclosures import Disclosure, PressItem
from moderation.publication.leak_guard import DisclosureLetter
from moderation.publication.machine import DisclosureState
from moderation.staff import SignedIn
from portal.core.calendar import Deadline
from portal.core.errors import NotThere
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


def may_know(person: SignedIn) -> ColumnElement[bool]:
    """Not before it is public: a text about a letter that this person, or their unit, must not know of."""
    barred = exists().where(
        DisclosureLetter.disclosure_id == Disclosure.id,
        LetterBar.letter_id == DisclosureLetter.letter_id,
        or_(
            and_(LetterBar.staff_id == person.id, LetterBar.staff_id != ""),
            and_(LetterBar.unit_id == person.unit_id, LetterBar.unit_id != ""),
        ),
    )
    return or_(Disclosure.live_revision > 0, ~barred)


def find(session: Session, identity: str, person: SignedIn) -> Disclosure:
    """The disclosure, if this person may know of it. Raises NotThere, the same for one that does not exist."""
    found = session.scalar(select(Disclosure).where(Disclosure.id == identity, may_know(person)))
    if found is None:
        raise NotThere("没有这份公开稿")
    return found


def _its_exposed_case() -> ColumnElement[bool]:
    return (Disclosure.source_kind == "exposed_case") & (ExposedCase.id == Disclosure.source_id)


def must_come_down() -> ColumnElement[bool]:
    """Public words about a penalty that was quashed (行政处罚法 第四十八条): they come down in three working days."""
    quashed = exists().where(_its_exposed_case(), ExposedCase.take_down_by.is_not(None)).correlate(Disclosure)
    return (Disclosure.live_revision > 0) & (Disclosure.state != S.WITHDRAWN) & quashed


def to_take_down(person: SignedIn) -> Select[Disclosure]:
    """Texts that must come down, walked from the few exposed cases with a quashed penalty and not from all that was published."""
    standing = (Disclosure.live_revision > 0, Disclosure.state != S.WITHDRAWN)
    up = (ExposedCase.take_down_by.is_not(None), ExposedCase.state.in_((ExposureState.READY, ExposureState.PUBLISHED)))
    return select(Disclosure).join(ExposedCase, _its_exposed_case()).where(*up, *standing, may_know(person))


def take_downs(session: Session, found: Iterable[Disclosure]) -> dict[str, Deadline]:
    """The last day on which those of them that must come down may stand, and how it was counted."""
    wanted = Disclosure.id.in_([each.id for each in found]) & must_come_down()
    rows = session.execute(select(Disclosure.id, ExposedCase).join(ExposedCase, _its_exposed_case()).where(wanted))
    return {
        identity: Deadline(exposed.take_down_by, exposed.take_down_arithmetic, exposed.take_down_provisional)
        for identity, exposed in rows
        if exposed.take_down_by is not None
    }


def mine(person: SignedIn) -> ColumnElement[bool]:
    """What waits for this person: a step of the text's own life, or that it must come down."""
    return or_(its_step(person), must_come_down()) if Role.SIGNATORY in person.roles else its_step(person)


def its_step(person: SignedIn) -> ColumnElement[bool]:
    """Texts whose next step is this person's."""
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
    """One page of a tab: what must come down on top, then the soonest due; what is public, newest first."""
    order = Disclosure.changed_at.desc() if tab in {"public", "withdrawn"} else Disclosure.due_on
    wanted = select(Disclosure).where(condition(tab, person, today), may_know(person))
    wanted = wanted.order_by(case((must_come_down(), 0), else_=1), order, Disclosure.id)
    return list(session.scalars(wanted.limit(PAGE).offset(PAGE * (number - 1))))


def counts(session: Session, person: SignedIn, *, today: date) -> dict[str, int]:
    """How many stand in each tab."""
    return {tab.name: _count(session, condition(tab.name, person, today) & may_know(person)) for tab in TABS}


def _count(session: Session, wanted: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Disclosure).where(wanted)) or 0


def waiting_for(session: Session, person: SignedIn) -> int:
    """The number the menu shows."""
    return _count(session, mine(person) & may_know(person))


def on_their_way(session: Session) -> int:
    """How many published texts the press has still to put on the site."""
    waiting = (PressItem.pressed_at.is_(None), PressItem.failure == "")
    return session.scalar(select(func.count()).select_from(PressItem).where(*waiting)) or 0
