"""What a plan is once it has been read: items, what was not read, what is odd, and an account of every character."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from moderation.rectification.deadlines import Deadline, Question
from moderation.rectification.documents import Document
from moderation.rectification.layout import FIELDS_IN_CHINESE
from moderation.rectification.lists import MeasureText


@dataclass(frozen=True)
class Span:
    """Characters ``start`` to ``end`` of line ``line`` of the document."""

    line: int
    start: int
    end: int


@dataclass(frozen=True)
class FieldText:
    """A field in the plan's own words, and where each piece of it stands."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Unread:
    """Words that stand in no item. ``kind``: front_matter, heading, closing, page_number, duplicate_label, stray."""

    line: int
    place: str
    text: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Anomaly:
    """Something a person should look at. ``item``: the number of the item, None for the plan as a whole."""

    item: int | None
    code: str
    message: str
    place: str = ""


@dataclass(frozen=True)
class PlanItem:
    """One task of a plan. ``fields`` holds every field as printed; the other attributes are what was understood of it.

    ``number`` is the printed number where those are unique in the plan, else the place in it.
    ``responsible_persons`` is None where the plan names none. ``group`` is the section heading above the item.
    """

    number: int
    printed_number: str
    group: str
    problem: str
    task: str
    target: str
    measures_intro: str
    measures: tuple[MeasureText, ...]
    leaders: tuple[str, ...]
    lead_units: tuple[str, ...]
    responsible_units: tuple[str, ...]
    supporting_units: tuple[str, ...]
    overseeing_units: tuple[str, ...]
    responsible_persons: str | None
    deadline: Deadline
    progress: str
    remark: str
    extra: tuple[tuple[str, str], ...]
    fields: dict[str, FieldText] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Header:
    """What the front matter says of the plan itself. Empty or None where it does not say."""

    title: str
    document_number: str
    issued_text: str
    issued_from: date | None
    stated_count: int | None


@dataclass(frozen=True)
class Placement:
    """An account entry: these characters belong to ``item`` (an index, or None) in the part ``role``."""

    span: Span
    role: str
    item: int | None


@dataclass(frozen=True)
class Plan:
    """A document read as a plan. Every character that is not a space is in a placement or in ``unread``."""

    document: Document
    header: Header
    items: tuple[PlanItem, ...]
    unread: tuple[Unread, ...]
    placements: tuple[Placement, ...]
    anomalies: tuple[Anomaly, ...] = ()

    def questions(self) -> tuple[tuple[int, Question], ...]:
        """(item number, question) for every deadline the reader would not decide."""
        return tuple((item.number, question) for item in self.items for question in item.deadline.questions)


def missing_characters(plan: Plan) -> list[tuple[int, str]]:
    """(line, characters) that the account does not cover; always empty, or the reader is broken."""
    unread: dict[int, str] = {}
    for entry in plan.unread:
        unread[entry.line] = unread.get(entry.line, "") + entry.text
    covered = covered_characters(plan.document, plan.placements)
    gaps = []
    for line in plan.document.lines:
        rest = "".join(c for c, seen in zip(line.text, covered[line.number - 1], strict=True) if not seen and not c.isspace())
        if rest != "".join(unread.get(line.number, "").split()):
            gaps.append((line.number, rest))
    return gaps


def covered_characters(document: Document, placements: Iterable[Placement]) -> list[bytearray]:
    """For each line a mask: 1 where a character is placed."""
    masks = [bytearray(len(line.text)) for line in document.lines]
    for placement in placements:
        span = placement.span
        masks[span.line - 1][span.start : span.end] = b"\x01" * (span.end - span.start)
    return masks


def plan_json(plan: Plan) -> dict[str, object]:
    """The plan as `import-plan --json` prints it."""
    return {
        "file": plan.document.name,
        "title": plan.header.title,
        "document_number": plan.header.document_number or None,
        "issued": plan.header.issued_text or None,
        "items": [item_json(plan, item) for item in plan.items],
        "unread": [{"line": u.line, "place": u.place, "text": u.text, "kind": u.kind, "reason": u.reason} for u in plan.unread],
        "anomalies": [{"item": a.item, "code": a.code, "message": a.message, "place": a.place} for a in plan.anomalies],
        "questions": [
            {"item": number, "field": "deadline", "question": q.text, "choices": [day.isoformat() for day in q.choices]}
            for number, q in plan.questions()
        ],
    }


def item_json(plan: Plan, item: PlanItem) -> dict[str, object]:
    """One item: the keys every reader relies on first, then what this reader adds."""
    return {
        "number": item.number,
        "problem": item.problem,
        "target": item.target,
        "measures": [measure.text for measure in item.measures],
        "leaders": list(item.leaders),
        "lead_units": list(item.lead_units),
        "responsible_units": list(item.responsible_units),
        "responsible_persons": item.responsible_persons,
        "deadline": deadline_json(item.deadline),
        "printed_number": item.printed_number,
        "group": item.group,
        "task": item.task,
        "measures_intro": item.measures_intro,
        "measure_numbers": [measure.printed for measure in item.measures],
        "supporting_units": list(item.supporting_units),
        "overseeing_units": list(item.overseeing_units),
        "progress": item.progress,
        "remark": item.remark,
        "extra": dict(item.extra),
        "places": {name: _places(plan, value) for name, value in item.fields.items()},
    }


def deadline_json(deadline: Deadline) -> dict[str, object]:
    return {
        "text": deadline.text,
        "kind": deadline.kind,
        "due": deadline.due.isoformat() if deadline.due else None,
        "ongoing": deadline.ongoing,
        "milestones": [{"due": m.due.isoformat(), "text": m.text} for m in deadline.milestones],
        "notes": list(deadline.notes),
    }


def _places(plan: Plan, value: FieldText) -> list[dict[str, object]]:
    lines = plan.document.lines
    return [{"line": s.line, "from": s.start, "to": s.end, "place": lines[s.line - 1].place} for s in value.spans]


def field_title(name: str) -> str:
    """The Chinese name of a field of an item; a column the reader does not know keeps its own heading."""
    return FIELDS_IN_CHINESE.get(name) or name.removeprefix("extra:")
