"""The numbers of the ledger: from `rules/rectification.toml`, each overridable by a setting of the office."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib import resources

from sqlalchemy.orm import Session

from moderation.settings import Setting, setting
from portal.core.db import kept
from portal.core.errors import Refusal

PREFIX = "rectification."


@dataclass(frozen=True)
class LedgerRule:
    """One number with where it stands. ``confirmed``: False is shown to staff as 未核定."""

    code: str
    label: str
    value: int
    clause: str
    source: str
    effective_from: date
    confirmed: bool


@cache
def shipped_rules() -> dict[str, LedgerRule]:
    """Every row of the file, checked: a row without clause, source or a value stops the program."""
    raw = tomllib.loads((resources.files("portal.core") / "rules" / "rectification.toml").read_text("utf-8"))
    rules = {row["code"]: LedgerRule(**row) for row in raw["rule"]}
    for rule in rules.values():
        if rule.value < 0 or not rule.clause or not rule.source:
            raise ValueError(f"rectification.toml: {rule.code} lacks value, clause or source")
    return rules


def ledger_rule(session: Session, code: str) -> LedgerRule:
    """The row in force: the office's own setting, else the shipped one. A page asks for each once, not once a task."""
    asked = kept(session)
    if asked is None:
        return _in_force(session, code)
    if (PREFIX, code) not in asked:
        asked[PREFIX, code] = _in_force(session, code)
    found: LedgerRule = asked[PREFIX, code]
    return found


def _in_force(session: Session, code: str) -> LedgerRule:
    shipped = shipped_rules().get(code)
    if shipped is None:
        raise Refusal(f"没有这条台账规则：{code}", clause="rules/rectification.toml")
    own = session.get(Setting, PREFIX + code)
    if own is None:
        return shipped
    value = int(setting(session, PREFIX + code))
    return replace(shipped, value=value, clause=own.clause or shipped.clause, source=own.source, confirmed=own.confirmed)
