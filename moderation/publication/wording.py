"""Grave typos and forbidden forms, looked for before publication, as government sites are inspected for them.

The list is data (rules/wording.toml); an office adds its own lines. A finding is shown and must be mended or waved through.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

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


def slips(fields: Mapping[str, Any]) -> list[Slip]:
    """Forms of the list that stand in a draft, graver ones first."""
    found: list[Slip] = []

    def look(value: Any, path: str) -> None:
        if isinstance(value, str):
            found.extend(Slip(path, form) for form in forms() if form.wrong in value)
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                look(inner, f"{path}.{key}".strip("."))
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                look(inner, f"{path}.{number}")

    look(fields, "")
    return sorted(found, key=lambda slip: not slip.form.grave)
