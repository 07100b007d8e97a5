"""Answer templates with slots and legal basis (`rules/answer_templates.toml`). Staff fill the slots; none is sent with one open."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from portal.core.errors import Mendable

_SLOT = re.compile(r"\{[^{}\n]{1,20}\}")


@dataclass(frozen=True)
class AnswerTemplate:
    """One answer. ``kind``: decline, transfer, question or result."""

    code: str
    kind: str
    title: str
    body: str
    clause: str


@cache
def answer_templates() -> tuple[AnswerTemplate, ...]:
    """Every template, in the order of the file; each has a clause."""
    raw = tomllib.loads((resources.files("portal.core") / "rules" / "answer_templates.toml").read_text("utf-8"))
    found = tuple(AnswerTemplate(**row) for row in raw["template"])
    if any(not template.clause or not template.body for template in found):
        raise ValueError("answer_templates.toml: a template lacks clause or body")
    return found


def of_kind(*kinds: str) -> tuple[AnswerTemplate, ...]:
    """The templates of these kinds."""
    return tuple(template for template in answer_templates() if template.kind in kinds)


def template(code: str) -> AnswerTemplate:
    """The template of that code."""
    for found in answer_templates():
        if found.code == code:
            return found
    raise Mendable("请选择一个答复模板", field="template")


def require_filled(text: str, *, field: str = "reply") -> str:
    """The answer, if no slot is left open."""
    left = _SLOT.search(text)
    if left:
        raise Mendable(f"答复里还有没填的空：{left.group()}", field=field)
    if not text.strip():
        raise Mendable("请写明给举报人的答复", field=field)
    return text.strip()
