"""Taking back (撤销) a change of a draft or of its checklist: the text reads again as it did, and is searched for leaks anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from moderation.publication import disclosures, leak_guard
from moderation.publication.disclosures import Disclosure
from moderation.publication.machine import DisclosureState
from moderation.undoing import OVERTAKEN
from portal.core import audit
from portal.core.errors import NotAllowed, Refusal
from portal.core.vocabulary import Role
from portal.core.workflow import Actor

Facts = dict[str, Any]
_OPEN = frozenset({DisclosureState.DRAFTING, DisclosureState.REDACTION})
CLAUSE = "发布规程"


def text_stands(disclosure: Disclosure) -> Facts:
    """The draft, the names that may stand in it, and the days that follow from it."""
    days = [disclosure.made_on.isoformat(), disclosure.due_on.isoformat(), disclosure.due_arithmetic, disclosure.due_provisional]
    return {"draft": disclosure.draft, "persons": disclosure.publishable_persons, "days": days}


def checklist_stands(disclosure: Disclosure) -> Facts:
    """The answers given, by whom and when."""
    return {"answers": disclosure.checklist, "done": disclosure.checklist_done}


def _as_left(session: Session, facts: Mapping[str, Any], by: Actor) -> Disclosure:
    """The disclosure, where nobody has changed or moved it since. ``facts``: id, version after the act, was."""
    if Role.DRAFTER not in by.roles:
        raise NotAllowed("撤销要有原来的岗位", clause="岗位分离规则")
    disclosure = session.get_one(Disclosure, facts["id"])
    if disclosure.version != facts["version"]:
        raise Refusal(OVERTAKEN, clause=CLAUSE)
    return disclosure


def take_back_edit(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """The draft reads as before. It is a further change: the version goes up, and who saw the one in between is told."""
    disclosure, was = _as_left(session, facts, by), facts["was"]
    if disclosure.state not in _OPEN:
        raise Refusal(OVERTAKEN, clause=CLAUSE)
    disclosures.edit(session, disclosure, json.loads(was["draft"]), seen=disclosure.version, by=by, at=at)
    disclosure.publishable_persons = was["persons"]
    made_on, due_on, arithmetic, provisional = was["days"]
    disclosure.made_on, disclosure.due_on = date.fromisoformat(made_on), date.fromisoformat(due_on)
    disclosure.due_arithmetic, disclosure.due_provisional = arithmetic, provisional
    leak_guard.check(session, disclosure, at=at)
    audit.record(session, by=by.id, act="disclosure.take_back_edit", subject=disclosure.id, at=at)


def take_back_checklist(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """The checklist is answered as before, or open again."""
    disclosure = _as_left(session, facts, by)
    if checklist_stands(disclosure) != facts["became"]:
        raise Refusal(OVERTAKEN, clause=CLAUSE)
    disclosure.checklist, disclosure.checklist_done = facts["was"]["answers"], facts["was"]["done"]
    leak_guard.check(session, disclosure, at=at)
    audit.record(session, by=by.id, act="disclosure.take_back_checklist", subject=disclosure.id, at=at)
