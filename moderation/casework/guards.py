"""The conditions that the rows of the letter machine name. Each returns None, or the reason in Chinese why not."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, object_session

from moderation import letter_notices
from moderation.casework.letter_lists import is_barred
from moderation.casework.letters import (
    Letter,
    LetterAssignment,
    LetterClaim,
    LetterFinding,
    LetterOnSiteCheck,
    LetterRefusal,
    LetterText,
    RefusalKind,
)
from moderation.casework.machine import STEPS, LetterState
from moderation.staff import Unit
from portal.core.vocabulary import Role
from portal.core.workflow import Actor, Machine, SystemActor

Guard = Callable[[Letter, Actor], str | None]
MAX_RETURNS = 2
NO_HANDLERS = ("office", "company")
"""Kinds of units to which no letter is given: the group's own office, and firms."""


def _session(letter: Letter) -> Session:
    session = object_session(letter)
    assert session is not None
    return session


def unit_of(by: Actor) -> str:
    """The unit of a member of staff; empty for a process."""
    return str(getattr(by, "unit_id", ""))


def assignments(session: Session, letter: Letter) -> list[LetterAssignment]:
    """The units that hold the letter now, the lead first."""
    query = select(LetterAssignment).where(LetterAssignment.letter_id == letter.id, LetterAssignment.ended_at.is_(None))
    return list(session.scalars(query.order_by(LetterAssignment.lead.desc(), LetterAssignment.assigned_at, LetterAssignment.id)))


def part_for(session: Session, letter: Letter, by: Actor) -> LetterAssignment | None:
    """The part of the letter that this person acts for: their own unit's, or, for the group, that of a unit without accounts.

    A unit that passed its part on below keeps it, but the unit below acts first.
    """
    parts = assignments(session, letter)
    if Role.UNIT_OFFICER in by.roles:
        own = [part for part in parts if part.unit_id == unit_of(by)]
        if own:
            return own[-1]
    if {Role.GROUP_MEMBER, Role.GROUP_LEAD} & by.roles:
        for part in parts:
            unit = session.get(Unit, part.unit_id)
            if unit is not None and not unit.has_accounts and part.reported_at is None:
                return part
    return None


def not_barred(letter: Letter, by: Actor) -> str | None:
    """At the root of every step: who must not know cannot act either."""
    if is_barred(_session(letter), letter.id, by):
        return "没有这件信访件，或者它不归您的岗位看"
    if letter.discipline_only and not isinstance(by, SystemActor) and Role.DISCIPLINE_OFFICER not in by.roles:
        return "没有这件信访件，或者它不归您的岗位看"
    return None


def _may_be_refused(letter: Letter, _by: Actor) -> str | None:
    return "上级交办件不能在本级不予受理或转送，只能说明理由退回上级" if letter.handed_down else None


def _can_be_merged(letter: Letter, _by: Actor) -> str | None:
    return "上级交办件不能并入其他信访件" if letter.handed_down else None


def open_refusal(session: Session, letter: Letter) -> LetterRefusal | None:
    """The proposal that waits for a second person."""
    query = select(LetterRefusal).where(LetterRefusal.letter_id == letter.id, LetterRefusal.decided_at.is_(None))
    return session.scalar(query.limit(1))


def _second_person(letter: Letter, by: Actor) -> str | None:
    proposal = open_refusal(_session(letter), letter)
    if proposal is None:
        return "这件没有等待复核的提议"
    return "复核人不能是提议人" if proposal.proposed_by == by.id else None


def _own_proposal(letter: Letter, by: Actor) -> str | None:
    proposal = open_refusal(_session(letter), letter)
    if proposal is None:
        return "这件没有等待复核的提议"
    return None if proposal.proposed_by == by.id else "只有提议人可以撤销自己的提议"


def _not_yet_opened(letter: Letter, _by: Actor) -> str | None:
    """An assignment can be undone as long as no unit has read the letter."""
    parts = assignments(_session(letter), letter)
    if any(part.opened_at or part.taken_up_at or part.parent_id for part in parts):
        return "承办单位已经打开这件，不能撤销；要改派，请让单位退回"
    return None


def _proposes(kind: RefusalKind) -> Guard:
    def guard(letter: Letter, _by: Actor) -> str | None:
        proposal = open_refusal(_session(letter), letter)
        wrong = proposal is not None and proposal.kind is not kind
        return f"提议的是{proposal.kind.zh}，不是{kind.zh}" if wrong and proposal is not None else None

    return guard


def _ready_to_accept(letter: Letter, _by: Actor) -> str | None:
    session = _session(letter)
    text = session.get(LetterText, letter.id)
    if text is None or not text.summary.strip():
        return "受理前请先写好工作摘要"
    if not letter.region_code:
        return "受理前请先选定行政区域"
    claims = session.scalar(select(func.count()).where(LetterClaim.letter_id == letter.id))
    return None if claims else "受理前请至少列出一项反映的问题"


def _handed_down(letter: Letter, _by: Actor) -> str | None:
    return None if letter.handed_down else "这不是上级交办件"


def _unit_acts(letter: Letter, by: Actor) -> str | None:
    if isinstance(by, SystemActor):
        return None
    return None if part_for(_session(letter), letter, by) else "这件没有分给您的单位"


def _unit_may_return(letter: Letter, by: Actor) -> str | None:
    refused = _unit_acts(letter, by)
    if refused:
        return refused
    part = part_for(_session(letter), letter, by)
    if part is not None and not part.may_return:
        return "组里已决定由您的单位办理，不能再退回"
    return f"已退回 {MAX_RETURNS} 次，由信访督办组决定，不能再退回" if letter.returns >= MAX_RETURNS else None


def units_below(session: Session, unit_id: str) -> tuple[Unit, ...]:
    """Every unit under this one that handles letters: its own, and theirs. The group's office handles none itself."""
    every = session.scalars(select(Unit).order_by(Unit.kind, Unit.name)).all()
    found, level = [], {unit_id}
    while level:
        under = [unit for unit in every if unit.parent_id in level]
        found += [unit for unit in under if unit.kind not in NO_HANDLERS]
        level = {unit.id for unit in under}
    return tuple(found)


def _unit_may_sub_assign(letter: Letter, by: Actor) -> str | None:
    refused = _unit_acts(letter, by)
    if refused:
        return refused
    return None if units_below(_session(letter), unit_of(by)) else "您的单位没有下属单位，不能再分办"


def _unit_may_extend(letter: Letter, by: Actor) -> str | None:
    return _unit_acts(letter, by) or ("已经延期过一次，不能再延" if letter.extended else None)


def _other_hand(letter: Letter, by: Actor) -> str | None:
    """Handler ≠ reviewer, reviewing unit ≠ handling unit (办理人不审核，承办单位不审核)."""
    session = _session(letter)
    if any(part.reported_by == by.id for part in session.scalars(_ever(letter))):
        return "办理人不能审核自己办理的信访件"
    if session.scalar(select(LetterFinding.id).where(LetterFinding.letter_id == letter.id, LetterFinding.by == by.id).limit(1)):
        return "办理人不能审核自己办理的信访件"
    if unit_of(by) and any(part.unit_id == unit_of(by) for part in assignments(session, letter)):
        return "承办单位不能审核自己承办的信访件"
    return None


def _ever(letter: Letter) -> Select[LetterAssignment]:
    return select(LetterAssignment).where(LetterAssignment.letter_id == letter.id)


def _may_be_settled(letter: Letter, by: Actor) -> str | None:
    if letter.handed_down:
        return "上级交办件须先上报，由上级认可后办结"
    return _other_hand(letter, by) or _checked(letter)


def _may_be_reported_up(letter: Letter, by: Actor) -> str | None:
    return _handed_down(letter, by) or _other_hand(letter, by) or _checked(letter)


def _checked(letter: Letter) -> str | None:
    session = _session(letter)
    open_claims = select(func.count()).where(LetterClaim.letter_id == letter.id, LetterClaim.verdict.is_(None))
    if session.scalar(open_claims):
        return "还有反映的问题没有结论"
    if not letter.key_letter:
        return None
    checks = select(LetterOnSiteCheck.id).where(
        LetterOnSiteCheck.letter_id == letter.id, LetterOnSiteCheck.round == letter.round, LetterOnSiteCheck.passed.is_(True)
    )
    return None if session.scalar(checks.limit(1)) else "重点件须由督办组现场核查通过后才能办结"


def _all_of(*guards: Guard) -> Guard:
    def guard(letter: Letter, by: Actor) -> str | None:
        return next((reason for each in guards if (reason := each(letter, by))), None)

    return guard


GUARDS: dict[str, Guard] = {
    "not_barred": not_barred,
    "may_be_refused": _all_of(not_barred, _may_be_refused),
    "can_be_merged": _all_of(not_barred, _can_be_merged),
    "own_proposal": _all_of(not_barred, _own_proposal),
    "not_yet_opened": _all_of(not_barred, _not_yet_opened),
    "second_person": _all_of(not_barred, _second_person),
    "second_person_declines": _all_of(not_barred, _second_person, _proposes(RefusalKind.DECLINE)),
    "second_person_transfers": _all_of(not_barred, _second_person, _proposes(RefusalKind.TRANSFER)),
    "ready_to_accept": _all_of(not_barred, _ready_to_accept),
    "handed_down": _all_of(not_barred, _handed_down),
    "unit_acts": _all_of(not_barred, _unit_acts),
    "unit_may_return": _all_of(not_barred, _unit_may_return),
    "unit_may_sub_assign": _all_of(not_barred, _unit_may_sub_assign),
    "unit_may_extend": _all_of(not_barred, _unit_may_extend),
    "other_hand": _all_of(not_barred, _other_hand),
    "may_be_settled": _all_of(not_barred, _may_be_settled),
    "may_be_reported_up": _all_of(not_barred, _may_be_reported_up),
}

LETTER = Machine("letter", "信访件办理流程", STEPS, GUARDS, letter_notices.tell_of_step)

CLOSED_STATES = (LetterState.SETTLED, LetterState.SETTLED_FOR_NOW, LetterState.FOLLOW_UP, LetterState.ARCHIVED)
