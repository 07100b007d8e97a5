"""Taking back (撤销) what was just written on a worksheet: the case reads again as it did. Steps and decisions have other ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from moderation.accountability import worksheet
from moderation.accountability.tables import AccountabilityCase, FactorNote, Waiver, WorksheetCheck
from moderation.accountability.words import CaseState, CheckAnswer
from moderation.undoing import OVERTAKEN
from portal.core import audit
from portal.core.errors import NotAllowed, Refusal
from portal.core.vocabulary import Role
from portal.core.workflow import Actor

Facts = dict[str, Any]
CLAUSE = "一案四查通知"


def facts_stand(case: AccountabilityCase) -> Facts:
    """What is said about the case for the rules, and why a person set the grade."""
    return {"said": case.said, "reason": case.grade_reason}


def check_stands(case: AccountabilityCase, dimension: str) -> Facts:
    """One of the four checks."""
    row = _check(case, dimension)
    answered_at = row.answered_at.isoformat() if row.answered_at else ""
    return {"answer": row.answer.value if row.answer else "", "finding": row.finding, "offices": row.offices,
            "evidence": row.evidence, "by": row.answered_by, "at": answered_at}  # fmt: skip


def factor_stands(case: AccountabilityCase, factor: str) -> Facts:
    """One of the five factors."""
    row = _factor(case, factor)
    return {"text": row.text if row else ""}


def waiver_stands(case: AccountabilityCase, place: str) -> Facts:
    """Why a suggestion is asked of nobody. ``place``: row and subject, with a space between."""
    row = _waiver(case, place)
    return {"reason": row.reason if row else "", "by": row.by if row else ""}


def _check(case: AccountabilityCase, dimension: str) -> WorksheetCheck:
    return next(row for row in case.checks if row.dimension.value == dimension)


def _factor(case: AccountabilityCase, factor: str) -> FactorNote | None:
    return next((row for row in case.factors if row.factor.value == factor), None)


def _waiver(case: AccountabilityCase, place: str) -> Waiver | None:
    return next((row for row in case.waivers if f"{row.row} {row.subject}" == place), None)


def _as_left(
    session: Session, facts: Mapping[str, Any], stands: Callable[[AccountabilityCase], Facts], by: Actor
) -> AccountabilityCase:
    """The case, where that part of it reads as the act left it. ``facts``: case, was, became (and place)."""
    if Role.ACCOUNTABILITY_OFFICER not in by.roles:
        raise NotAllowed("撤销要有原来的岗位", clause="岗位分离规则")
    case = worksheet.case_named(session, facts["case"])
    if case.state not in worksheet.OPEN_TO_FACTS or stands(case) != facts["became"]:
        raise Refusal(OVERTAKEN, clause=CLAUSE)
    return case


def take_back_facts(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """Says again what was said before."""
    case = _as_left(session, facts, facts_stand, by)
    case.said, case.grade_reason = facts["was"]["said"], facts["was"]["reason"]
    _note(session, case, "facts", by, at)


def take_back_check(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """The check reads as before: unanswered, or as it was answered then."""
    case = _as_left(session, facts, lambda found: check_stands(found, facts["place"]), by)
    if case.state is not CaseState.CHECKING:
        raise Refusal(OVERTAKEN, clause=CLAUSE)
    row, was = _check(case, facts["place"]), facts["was"]
    row.answer = CheckAnswer(was["answer"]) if was["answer"] else None  # type: ignore[call-arg]
    row.finding, row.offices, row.evidence, row.answered_by = was["finding"], was["offices"], was["evidence"], was["by"]
    row.answered_at = datetime.fromisoformat(was["at"]) if was["at"] else None
    _note(session, case, "check", by, at)


def take_back_factor(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """The note on a factor reads as before, or is gone where there was none."""
    case = _as_left(session, facts, lambda found: factor_stands(found, facts["place"]), by)
    row = _factor(case, facts["place"])
    assert row is not None
    row.text = facts["was"]["text"]
    if not row.text:
        case.factors.remove(row)
    _note(session, case, "factor", by, at)


def take_back_waiver(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """The suggestion waits for an answer again, or for the reason given before."""
    case = _as_left(session, facts, lambda found: waiver_stands(found, facts["place"]), by)
    row = _waiver(case, facts["place"])
    assert row is not None
    row.reason, row.by = facts["was"]["reason"], facts["was"]["by"]
    if not row.reason:
        case.waivers.remove(row)
    _note(session, case, "waive", by, at)


def _note(session: Session, case: AccountabilityCase, what: str, by: Actor, at: datetime) -> None:
    audit.record(session, by=by.id, act=f"accountability_case.take_back_{what}", subject=case.id, at=at)
