"""Suggests the unit that handles a letter, by the ordered rows of `rules/routing.toml`, and tells how it came to it.

Never the unit complained about, never the town the reporter fears; if nobody is left, the level above. A person decides.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.casework.letters import BarReason
from moderation.staff import Unit
from portal.core.vocabulary import PollutionType

_LEVEL = re.compile("^(?:[县市区]|[一-鿿]{2,3}[县市区])")


# Where no rule leads to a unit that may know: the level above first, then whoever of our own is left.
_LAST_RESORT = ("city", "county", "office", "department", "township")
_CONDITIONS = ("types", "acts", "words", "regions")


@dataclass(frozen=True)
class RoutingRule:
    """One row. Of each list that is given, one must fit; of ``regions`` one the letter's region lies in.

    ``to``: "name:…", "township" or "region".
    """

    id: str
    to: str
    reason: str
    clause: str
    source: str
    effective_from: date
    confirmed: bool
    types: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alias:
    """Other names of units whose official name contains ``unit``."""

    unit: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class RoutingTable:
    """The rules in order, the last of which fits everything."""

    rules: tuple[RoutingRule, ...]
    aliases: tuple[Alias, ...]


@dataclass(frozen=True)
class ToRoute:
    """What routing looks at."""

    region_code: str
    types: tuple[PollutionType, ...]
    acts: tuple[str, ...]
    words: str
    barred: Mapping[str, BarReason] = field(default_factory=dict)


@dataclass(frozen=True)
class Suggestion:
    """The unit, the rule and every step on the way to it. ``unit`` None only where no unit at all is left."""

    unit: Unit | None
    rule: RoutingRule | None
    trace: tuple[str, ...]


@cache
def routing_table() -> RoutingTable:
    """Reads and checks the file: every row has reason, clause and source, and the last one is a fallback."""
    raw = tomllib.loads((resources.files("portal.core") / "rules" / "routing.toml").read_text("utf-8"))
    rules = tuple(RoutingRule(**{**row, **{key: tuple(row.get(key, ())) for key in _CONDITIONS}}) for row in raw["rule"])
    for rule in rules:
        if not (rule.reason and rule.clause and rule.source):
            raise ValueError(f"routing.toml: {rule.id} lacks reason, clause or source")
    if any(getattr(rules[-1], key) for key in _CONDITIONS):
        raise ValueError("routing.toml: the last rule must fit everything")
    return RoutingTable(rules, tuple(Alias(row["unit"], tuple(row["names"])) for row in raw["alias"]))


def short_names(unit: Unit) -> tuple[str, ...]:
    """The names under which people speak of a unit, its official one first. None shorter than three characters."""
    bare = _LEVEL.sub("", unit.name)
    names = {unit.name, bare}
    if unit.kind == "township":
        # Not the bare name of the town: that is a place, and places are named in every report.
        names |= {unit.name.replace("人民政府", "政府"), unit.name.replace("办事处", "办")}
    for alias in routing_table().aliases:
        if alias.unit in unit.name:
            names |= set(alias.names)
    if unit.kind == "city":
        # “环保局” alone means the county's; the city's is called “市环保局”.
        names = {name if name == unit.name else f"市{name}" for name in names}
    return (unit.name, *sorted(name for name in names - {unit.name} if len(name) > 2))


def _fits(rule: RoutingRule, letter: ToRoute) -> str | None:
    """Why the rule fits, in words; None when it does not."""
    found = []
    if rule.regions:
        if not letter.region_code.startswith(rule.regions):
            return None
        found.append("区域在规则之列")
    if rule.types:
        hit = [kind.zh for kind in letter.types if kind.value in rule.types]
        if not hit:
            return None
        found.append(f"类型含{'、'.join(hit)}")
    if rule.acts:
        if not set(rule.acts) & set(letter.acts):
            return None
        found.append("反映的行为在规则之列")
    if rule.words:
        hit = [word for word in rule.words if word in letter.words]
        if not hit and not rule.acts:
            return None
        if hit:
            found.append(f"摘要中有“{'”“'.join(hit[:3])}”")
    return "，".join(found) or "适用于其余各类"


def suggest(session: Session, letter: ToRoute) -> Suggestion:
    """The unit the rules lead to, with the trace that answers “why here?”. A unit is left out only where it must not know."""
    units = list(session.scalars(select(Unit)))
    trace: list[str] = []
    for rule in routing_table().rules:
        why = _fits(rule, letter)
        if why is None:
            continue
        mark = "" if rule.confirmed else "（规则未核定）"
        trace.append(f"规则“{rule.reason}”{mark}：{why}。依据：{rule.clause}")
        found = _allowed(_named(units, rule.to, letter), units, letter, trace)
        if found is not None:
            trace.append(f"建议：{found.name}")
            return Suggestion(found, rule, tuple(trace))
    return _last_resort(units, letter, trace)


def _last_resort(units: list[Unit], letter: ToRoute, trace: list[str]) -> Suggestion:
    left = [unit for unit in units if unit.id not in letter.barred and unit.kind in _LAST_RESORT]
    if not left:
        trace.append("所有单位都须回避，请报上一级办理")
        return Suggestion(None, None, tuple(trace))
    own = [unit for unit in left if letter.region_code.startswith(unit.region_code)] or left
    found = min(own, key=lambda unit: (_LAST_RESORT.index(unit.kind), unit.name))
    who = "由上一级办理" if found.kind == "city" else "由仍可以知情的单位办理"
    trace += [f"规则指向的单位都不能承办，{who}", f"建议：{found.name}"]
    return Suggestion(found, None, tuple(trace))


def _named(units: list[Unit], to: str, letter: ToRoute) -> list[Unit]:
    kind, _, words = to.partition(":")
    if kind == "township":
        return [unit for unit in units if unit.kind == "township" and unit.region_code == letter.region_code]
    if kind == "region":
        return [unit for unit in units if unit.kind in ("county", "office") and letter.region_code.startswith(unit.region_code)]
    named = [unit for unit in units if words in unit.name]
    # The lowest unit of that name first: the county's bureau before the city's.
    return sorted(named, key=lambda unit: (unit.kind == "city", not letter.region_code.startswith(unit.region_code)))


def _allowed(named: list[Unit], units: list[Unit], letter: ToRoute, trace: list[str]) -> Unit | None:
    by_id = {unit.id: unit for unit in units}
    if not named:
        trace.append("规则指向的单位不在单位表中，继续看下一条")
    for unit in named:
        if unit.id not in letter.barred:
            return unit
        trace.append(f"{unit.name}须回避（{letter.barred[unit.id].zh}）")
        above = by_id.get(unit.parent_id or "")
        while above is not None:
            if above.id not in letter.barred and above.kind == "city":
                trace.append(f"由上一级{above.name}办理")
                return above
            above = by_id.get(above.parent_id or "")
    return None
