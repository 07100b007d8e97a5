"""One step of a publication, for the step chosen at the desk; and the same step done to many, one by one (moderation.long_work)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from moderation.publication import disclosures, leak_guard, lists, taking_back
from moderation.publication.disclosures import CAN_BE_TAKEN_BACK, CHECKLIST, Disclosure
from moderation.staff import SignedIn
from portal.core.errors import Mendable, Refusal

SIMPLE_VERBS = frozenset({"hand_in", "redacted", "pass", "sign", "send_back"})


def take(session: Session, disclosure: Disclosure, verb: str, text: str, *, by: SignedIn, at: datetime) -> None:
    """The step of that name: one of the machine, publishing, or the checklist answered with "nothing of the kind"."""
    if verb == "publish":
        disclosures.publish(session, disclosure, by=by, at=at)
    elif verb == "clear":
        disclosures.answer_checklist(session, disclosure, {question.id: "none" for question in CHECKLIST}, by=by, at=at)
        leak_guard.check(session, disclosure, at=at)
    elif verb in SIMPLE_VERBS:
        disclosures.take_step(session, disclosure, verb, by=by, at=at, text=text)
    else:
        raise Mendable("请选择要办的事", field="verb")


def take_one(
    session: Session, identity: str, options: Mapping[str, str], /, *, by: SignedIn, at: datetime
) -> dict[str, Any] | None:
    """One of many. Raises Refusal with its address in front."""
    verb = options["verb"]
    try:
        disclosure = lists.find(session, identity, by)
        was = taking_back.checklist_stands(disclosure)
        take(session, disclosure, verb, options.get("text", ""), by=by, at=at)
    except Refusal as refused:
        raise Refusal(f"{identity}：{refused.reason}", clause=refused.clause) from refused
    session.flush()
    facts = {"id": disclosure.id, "version": disclosure.version, "name": disclosure.title}
    if verb == "clear":
        return facts | {"was": was, "became": taking_back.checklist_stands(disclosure)}
    return facts if verb in CAN_BE_TAKEN_BACK else None
