"""Reads campaigns as papers print them: 三场硬仗, 九大专项治理; a heading, then paragraphs that open with a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from moderation.rectification.deadlines import read_deadline
from moderation.rectification.documents import Document, Line
from moderation.rectification.lists import MeasureText, split_units
from moderation.rectification.plan import FieldText, Header, Placement, Plan, PlanItem, Span, Unread

_COUNTED = r"(?:[一二两三四五六七八九十]{1,3}|\d{1,2})"
SECTION = re.compile(rf"\s*{_COUNTED}(?:场硬仗|场战役|大战役|大治理|大专项治理|项专项治理|大专项行动|项专项行动|大行动)\s*")
OTHER_SECTION = re.compile(rf"\s*{_COUNTED}(?:项|大|个|条)[\u4e00-\u9fff]{{2,4}}\s*")
OPENING = re.compile(
    r"\s*(?:打一场[^。\n]{2,30}?战[”\"]?[。！]|[\u4e00-\u9fffA-Za-z“”\"]{2,20}(?:专项治理|专项行动|专项整治|攻坚战|整治行动)。)"
)
_LEAD = re.compile(r"由(?P<lead>[^，。；]{2,30}?)(?:等)?(?:分别)?牵头(?:[，,](?P<with>[^，。；]{2,40}?)(?:等部门|等单位)?配合)?")


@dataclass
class _Fight:
    group: str
    title: Span
    spans: list[Span] = field(default_factory=list)


def read_campaign(document: Document) -> Plan | None:
    """The campaign in ``document`` as a plan without deadlines of its own (each is asked); None where there is none."""
    fights, unread = _fights(document)
    if not fights:
        return None
    items = tuple(_item(document, number, fight) for number, fight in enumerate(fights, start=1))
    placements = tuple(
        Placement(span, role, index)
        for index, fight in enumerate(fights)
        for role, spans in (("task", [fight.title]), ("measures", fight.spans))
        for span in spans
    )
    return Plan(document, Header(fights[0].group, "", "", None, None), items, tuple(unread), placements)


def _fights(document: Document) -> tuple[list[_Fight], list[Unread]]:
    fights: list[_Fight] = []
    unread: list[Unread] = []
    group, current = "", None
    for line in document.lines:
        opening = OPENING.match(line.text) if group else None
        if SECTION.fullmatch(line.text):
            group, current = line.text.strip(), None
            unread.append(_unread(line, "heading", "标题"))
        elif group and OTHER_SECTION.fullmatch(line.text):
            group, current = "", None
            unread.append(_unread(line, "heading", "标题"))
        elif opening:
            current = _Fight(group, Span(line.number, 0, opening.end()))
            fights.append(current)
            current.spans += list(_rest(line, opening.end()))
        elif current is not None:
            current.spans += list(_rest(line, 0))
        elif line.text.strip():
            kind = ("closing", "行动之后的文字") if fights else ("front_matter", "第一项行动之前的文字")
            unread.append(_unread(line, *kind))
    return fights, unread


def _rest(line: Line, start: int) -> Iterator[Span]:
    if line.text[start:].strip():
        yield Span(line.number, start, len(line.text))


def _unread(line: Line, kind: str, reason: str) -> Unread:
    return Unread(line.number, line.place, line.text.strip(), kind, reason)


def _item(document: Document, number: int, fight: _Fight) -> PlanItem:
    title = document.text(fight.title.line)[: fight.title.end].strip()
    text = "".join(document.text(span.line)[span.start : span.end].strip() for span in fight.spans)
    lead = _LEAD.search(text)
    return PlanItem(
        number=number,
        printed_number="",
        group=fight.group,
        problem=title,
        task="",
        target="",
        measures_intro="",
        measures=(MeasureText("", text),) if text else (),
        leaders=(),
        lead_units=split_units(lead["lead"]) if lead else (),
        responsible_units=(),
        supporting_units=split_units(lead["with"]) if lead and lead["with"] else (),
        overseeing_units=(),
        responsible_persons=None,
        deadline=read_deadline(""),
        progress="",
        remark="",
        extra=(),
        fields={"problem": FieldText(title, (fight.title,)), "measures": FieldText(text, tuple(fight.spans))},
    )
