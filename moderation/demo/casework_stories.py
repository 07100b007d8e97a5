"""The stories of `casework_stories.toml` as values: what the invented citizens of 云岭县 wrote, and how each ends."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.core.report_content import Identity
from portal.core.vocabulary import Channel, IdentityLevel, PollutionType, Verdict


@dataclass(frozen=True)
class Story:
    """One report, and how it is handled. ``ends``: the state it is taken to; ``ago``: days since it came."""

    ends: str
    ago: int
    act: str
    types: tuple[PollutionType, ...]
    region: str
    place: str
    who: str = ""
    when: str = ""
    story: str = ""
    summary: str = ""
    claims: tuple[str, ...] = ()
    unit: str = ""
    joint: str = ""
    verdict: Verdict = Verdict.SUBSTANTIATED
    finding: str = ""
    done: str = ""
    measures: dict[str, int] = field(default_factory=dict)
    key: bool = False
    channel: Channel = Channel.WEB
    name: str = ""
    phone: str = ""
    must_not_know: tuple[str, ...] = ()
    quarantined: bool = False
    score: int | None = None

    @property
    def identity(self) -> Identity:
        return Identity(name=self.name, phone=self.phone)

    @property
    def level(self) -> IdentityLevel:
        return IdentityLevel.NAMED if self.name else IdentityLevel.ANONYMOUS


def stories() -> tuple[Story, ...]:
    """Every story, in the order in which the letters come."""
    raw = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return tuple(_story(row) for row in raw["story"])


def _story(row: dict[str, Any]) -> Story:
    lists: dict[str, Any] = {key: tuple(row[key]) for key in ("claims", "must_not_know") if key in row}
    types = tuple(PollutionType(value) for value in row["types"])  # type: ignore[call-arg]
    terms: dict[str, Any] = {"types": types}
    if "verdict" in row:
        terms["verdict"] = Verdict(row["verdict"])  # type: ignore[call-arg]
    if "channel" in row:
        terms["channel"] = Channel(row["channel"])  # type: ignore[call-arg]
    fields: dict[str, Any] = {**row, **lists, **terms}
    return Story(**fields)
