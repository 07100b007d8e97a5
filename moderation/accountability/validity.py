"""现行效力: whether a place's accountability rules are in force, as this office confirmed it. Until then: 未核定."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from moderation.settings import change_setting, setting
from portal.core.accountability_model import IN_FORCE, Rulebook
from portal.core.accountability_rules import rulebook
from portal.core.errors import Mendable
from portal.core.workflow import Actor


def _key(ruleset_id: str) -> str:
    return f"accountability.in_force.{ruleset_id}"


def confirm(session: Session, ruleset_id: str, in_force: str, *, document: str, by: Actor, at: datetime) -> None:
    """The office says whether a ruleset is in force ("yes" or "no"), and by which document it knows."""
    if ruleset_id not in rulebook().rulesets:
        raise Mendable("没有这套规则", field="ruleset")
    if in_force not in {"yes", "no"}:
        raise Mendable("请选择现行有效或已失效", field="in_force")
    if not document.strip():
        raise Mendable("请写明依据的文件或复函", field="document")
    ruleset = rulebook().rulesets[ruleset_id]
    change_setting(session, _key(ruleset_id), in_force, by=by, at=at, clause=ruleset.name, source=document.strip(), confirmed=True)


def office_rulebook(session: Session | None) -> Rulebook:
    """The rules, each with its validity as this office confirmed it."""
    book = rulebook()
    if session is None:
        return book
    confirmed = {name: setting(session, _key(name), one.in_force) for name, one in book.rulesets.items()}
    rulesets = {name: replace(one, in_force=confirmed[name]) for name, one in book.rulesets.items()}
    return replace(book, rulesets=rulesets)


def spoken(session: Session, ruleset_id: str) -> str:
    """现行有效, 已失效 or 未核定."""
    return IN_FORCE[office_rulebook(session).rulesets[ruleset_id].in_force]
