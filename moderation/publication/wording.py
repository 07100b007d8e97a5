"""Grave typos and forbidden forms, looked for before publication, as government sites are inspected for them.

The list is data (rules/wording.toml); an office adds lines of its own at 发布规程. A grave form holds the text like a leak does,
until it is mended or two people let it stand; the others are shown.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from moderation.settings import setting
from portal.core.errors import Mendable

RULES = Path(__file__).parents[2] / "portal" / "core" / "rules" / "wording.toml"


@dataclass(frozen=True)
class Form:
    """``wrong`` as it must not stand, ``right`` as it should (empty: not at all), and why."""

    wrong: str
    right: str
    why: str
    grave: bool


@dataclass(frozen=True)
class Slip:
    """A form found in a draft."""

    field: str
    form: Form


@cache
def forms() -> tuple[Form, ...]:
    """Every form of the list."""
    rows = tomllib.loads(RULES.read_text(encoding="utf-8"))["form"]
    return tuple(Form(row["wrong"], row.get("right", ""), row["why"], bool(row.get("grave", False))) for row in rows)


OWN = "publication.wording"


def own_forms(session: Session) -> tuple[Form, ...]:
    """The office's own lines."""
    return tuple(Form(row["wrong"], row.get("right", ""), row["why"], bool(row.get("grave"))) for row in setting(session, OWN, []))


def typed_forms(text: str) -> list[dict[str, Any]]:
    """Own lines as typed, one a line: 错误写法｜正确写法｜理由｜严重. Raises Mendable naming the line."""
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        wrong, right, why, grave, *more = (*(part.strip() for part in line.split("｜")), "", "", "")
        if not line.strip():
            continue
        if len(wrong) < 2 or not why or any(more) or grave not in {"", "严重"}:
            raise Mendable(f"用字表第 {number} 行应写：错误写法｜正确写法｜理由，严重的再加｜严重；写法至少两个字", field="wording")
        rows.append({"wrong": wrong, "right": right, "why": why, "grave": bool(grave)})
    return rows


def shown_forms(own: Iterable[Form]) -> str:
    """Own lines as the form shows them."""
    return "\n".join("｜".join((form.wrong, form.right, form.why, *(("严重",) if form.grave else ()))) for form in own)


def slips(fields: Mapping[str, Any], own: Iterable[Form] = ()) -> list[Slip]:
    """Forms of the list and of the office's ``own`` that stand in a draft, graver ones first."""
    found: list[Slip] = []
    wanted = (*forms(), *own)

    def look(value: Any, path: str) -> None:
        if isinstance(value, str):
            found.extend(Slip(path, form) for form in wanted if form.wrong in value)
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                look(inner, f"{path}.{key}".strip("."))
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                look(inner, f"{path}.{number}")

    look(fields, "")
    return sorted(found, key=lambda slip: not slip.form.grave)
