"""Asking for an identity: one asks with a reason, the custodian and a second person agree, the asker sees it once.

Nothing here looks at whether the letter is anonymous. Question, answers and page are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, object_session

from moderation import letter_notices, outbox
from moderation.casework import letter_lists
from moderation.casework.letters import Letter
from moderation.custody import openings
from moderation.custody.tables import AskState, IdentityRequest, Purpose
from moderation.office import Office
from moderation.outbox import To
from moderation.staff import SignedIn
from portal.core import audit
from portal.core.errors import Mendable, NotThere
from portal.core.ids import new_id
from portal.core.report_content import Identity
from portal.core.vocabulary import Role
from portal.core.workflow import Actor, Machine, Step, SystemActor, move

CLAUSE = "信访工作条例 第三十条；个人信息保护法 第五十一条"
TIMER = SystemActor("timer")
VALID_DAYS = 7
SHORTEST_REASON = 6
ASKERS = frozenset({Role.SCREENER, Role.GROUP_MEMBER, Role.GROUP_LEAD, Role.DISCIPLINE_OFFICER, Role.SUPERVISION_INSPECTOR})
SECONDS = frozenset({Role.GROUP_LEAD, Role.LEADER, Role.DISCIPLINE_OFFICER})
CUSTODIANS = frozenset({Role.CUSTODIAN})
S = AskState


def _session(request: IdentityRequest) -> Session:
    session = object_session(request)
    assert session is not None
    return session


def _not_barred(request: IdentityRequest, by: Actor) -> str | None:
    barred = letter_lists.is_barred(_session(request), request.letter_id, by)
    return "没有这项申请，或者它不归您的岗位看" if barred else None


def _other_person(request: IdentityRequest, by: Actor) -> str | None:
    if by.id in (request.asked_by, request.custodian):
        return "申请人、保管员、第二人须是三个不同的人"
    return _not_barred(request, by)


def _asker(request: IdentityRequest, by: Actor) -> str | None:
    return _not_barred(request, by) if by.id == request.asked_by else "只有申请人可以打开，且只能打开一次"


def _own_question(request: IdentityRequest, by: Actor) -> str | None:
    return _not_barred(request, by) if by.id == request.asked_by else "只有申请人可以撤回申请"


STEPS: tuple[Step, ...] = (
    Step(S.ASKED, "take_back", S.TAKEN_BACK, CLAUSE, ASKERS, guard="own_question"),
    Step(S.ASKED, "agree", S.AGREED, CLAUSE, CUSTODIANS, guard="other_person"),
    Step(S.AGREED, "consent", S.GRANTED, CLAUSE, SECONDS, guard="other_person"),
    Step(S.ASKED, "refuse", S.REFUSED, CLAUSE, CUSTODIANS, guard="other_person", text="不同意的理由"),
    Step(S.AGREED, "refuse", S.REFUSED, CLAUSE, SECONDS, guard="other_person", text="不同意的理由"),
    Step(S.GRANTED, "open", S.OPENED, CLAUSE, ASKERS, guard="asker", public="身份被查看，写在回执上"),
    *(Step(state, "expire", S.EXPIRED, CLAUSE, by_system=True, guard="not_barred") for state in (S.ASKED, S.AGREED, S.GRANTED)),
)


def _page(request: IdentityRequest) -> str:
    return f"/identity-requests#{request.id}"


def _past(session: Session, request: IdentityRequest, _step: Step, _by: Actor, at: datetime, _detail: Mapping[str, Any]) -> None:
    """What was told of the question before is past."""
    outbox.overtaken(session, _page(request), at=at)


REQUEST = Machine("identity_request", "查看身份的申请", STEPS,
                  {"other_person": _other_person, "asker": _asker, "not_barred": _not_barred, "own_question": _own_question},
                  _past)  # fmt: skip


def ask(session: Session, letter: Letter, *, purpose: Purpose, reason: str, by: SignedIn, at: datetime) -> IdentityRequest:
    """Asks for the identity behind a letter this person may see. The letter's own level is not looked at."""
    if not by.roles & ASKERS:
        raise NotThere("您的岗位不能申请查看身份")
    if len(reason.strip()) < SHORTEST_REASON:
        raise Mendable("请写明为什么必须知道举报人是谁", field="reason", clause=CLAUSE)
    role = next(role for role in Role if role in by.roles & ASKERS)
    request = IdentityRequest(
        id=new_id(), letter_id=letter.id, state=S.ASKED, purpose=purpose, reason=reason.strip(), asked_by=by.id, role=role,
        asked_at=at, expires_at=at + timedelta(days=VALID_DAYS),
    )  # fmt: skip
    session.add(request)
    session.flush()
    facts = {"purpose": purpose.value, "reason": reason.strip()}
    audit.record(session, by=by.id, act="identity_request.ask", subject=letter.id, at=at, detail=facts)
    _tell(session, request, (Role.CUSTODIAN,), "ask", letter, at)
    return request


def take_back(session: Session, facts: Mapping[str, Any], *, by: SignedIn, at: datetime) -> None:
    """The asker takes the question back before the custodian has answered. ``facts``: id."""
    move(session, REQUEST, find(session, facts["id"], by), "take_back", by=by, at=at)


def _tell(session: Session, request: IdentityRequest, roles: tuple[Role, ...], what: str, letter: Letter, at: datetime) -> None:
    for role in roles:
        letter_notices.tell_role(session, letter.id, role, "identity_asked", cause=f"identity_request.{what}:{request.id}", at=at,
                                 number=letter.spoken_number, link=_page(request))  # fmt: skip


def agree(session: Session, request: IdentityRequest, *, by: Actor, at: datetime) -> None:
    """The custodian agrees; a second person must, too."""
    move(session, REQUEST, request, "agree", by=by, at=at)
    request.custodian = by.id
    letter = session.get_one(Letter, request.letter_id)
    _tell(session, request, (Role.LEADER, Role.GROUP_LEAD), "agree", letter, at)


def consent(session: Session, request: IdentityRequest, *, by: Actor, at: datetime) -> None:
    """The second person agrees: the asker may open it once."""
    move(session, REQUEST, request, "consent", by=by, at=at)
    request.second, request.expires_at = by.id, at + timedelta(days=VALID_DAYS)
    outbox.tell(session, To.person(request.asked_by), "identity_asked", cause=f"identity_request.consent:{request.id}", at=at,
                number=session.get_one(Letter, request.letter_id).spoken_number, link=_page(request))  # fmt: skip


def refuse(session: Session, request: IdentityRequest, reason: str, *, by: Actor, at: datetime) -> None:
    """Custodian or second person says no, with a reason."""
    move(session, REQUEST, request, "refuse", by=by, at=at, text=reason)
    request.refusal = reason.strip()


def show_once(office: Office, request_id: str, *, by: SignedIn, at: datetime) -> Identity:
    """Shows the identity, once. The step is committed before anything is opened: a page lost on the way is asked for anew.

    A letter without a sealed report (handed down) shows what an anonymous one shows.
    """
    with office.office.transaction() as session:
        request = find(session, request_id, by)
        move(session, REQUEST, request, "open", by=by, at=at)
        letter = session.get_one(Letter, request.letter_id)
        report_id, role, reason = letter.report_id, request.role.zh, request.purpose.zh
    if report_id is None:
        return Identity()
    return openings.open_identity(office, report_id, role=role, reason=reason, by=by, at=at)


def expire(session: Session, *, at: datetime) -> int:
    """The timer's part: what nobody used in time is void. Returns how many."""
    late = select(IdentityRequest).where(IdentityRequest.state.in_((S.ASKED, S.AGREED, S.GRANTED)), IdentityRequest.expires_at < at)
    done = 0
    for request in session.scalars(late.limit(200)):
        move(session, REQUEST, request, "expire", by=TIMER, at=at)
        done += 1
    return done


# ---- lists ----


@dataclass(frozen=True)
class AskLine:
    """A question as a list shows it."""

    request: IdentityRequest
    number: str
    letter_id: str


def _seen_by(person: SignedIn) -> Select[IdentityRequest, Letter]:
    """Questions this person may know of: their own, and those they could decide; none about a letter they must not know of."""
    # Every question has its letter: joined from the outside, no plan starts from all the letters there are.
    query = select(IdentityRequest, Letter).outerjoin(Letter, Letter.id == IdentityRequest.letter_id)
    mine = [IdentityRequest.asked_by == person.id]
    if person.roles & CUSTODIANS or Role.AUDITOR in person.roles:
        mine.append(IdentityRequest.id != "")
    if person.roles & SECONDS:
        mine.append(IdentityRequest.custodian != "")
    return letter_lists.unbarred(query, person).where(or_(*mine))


def find(session: Session, request_id: str, person: SignedIn) -> IdentityRequest:
    """The question, if this person may know of it. Raises NotThere, the same for one that does not exist."""
    found = session.execute(_seen_by(person).where(IdentityRequest.id == request_id).with_for_update(of=IdentityRequest)).first()
    if found is None:
        raise NotThere("没有这项申请，或者它不归您的岗位看")
    return found[0]


MOST = 200


def lines(session: Session, person: SignedIn) -> tuple[AskLine, ...]:
    """Questions: first those that wait for this person, then the others that are open, then what is over, the newest first."""
    order = case((_waits_for(person), 0), (IdentityRequest.state.in_((S.ASKED, S.AGREED, S.GRANTED)), 1), else_=2)
    rows = session.execute(_seen_by(person).order_by(order, IdentityRequest.asked_at.desc(), IdentityRequest.id).limit(MOST)).all()
    return tuple(AskLine(request, letter.spoken_number, letter.id) for request, letter in rows)


def _waits_for(person: SignedIn) -> ColumnElement[bool]:
    """The guards of the steps, as a condition: what this person could take on now."""
    others = IdentityRequest.asked_by != person.id
    mine = [and_(IdentityRequest.state == S.GRANTED, ~others)]
    if person.roles & CUSTODIANS:
        mine.append(and_(IdentityRequest.state == S.ASKED, others))
    if person.roles & SECONDS:
        mine.append(and_(IdentityRequest.state == S.AGREED, others, IdentityRequest.custodian != person.id))
    return or_(*mine)


def waiting_for(person: SignedIn) -> Select[IdentityRequest, Letter]:
    """Questions this person could take on now."""
    return _seen_by(person).where(_waits_for(person))


def waiting(session: Session, person: SignedIn) -> int:
    """How many wait for this person."""
    found = waiting_for(person).with_only_columns(IdentityRequest.id)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0
