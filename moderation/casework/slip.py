"""The slip (交办单) that goes to a unit: number, working summary, claims, due day. No identity, none of the reporter's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import papers
from moderation.casework import clocks
from moderation.casework.assignment import claims_of, units_named
from moderation.casework.guards import assignments
from moderation.casework.letters import Letter, LetterText, LetterType
from moderation.settings import public_settings
from portal.core.clock import spoken_day


@dataclass(frozen=True)
class Slip:
    """Everything on the slip. ``units``: the lead first. ``due``: day and sum in words, "" where none runs."""

    office: str
    number: str
    marks: str
    region: str
    types: str
    place: str
    target: str
    summary: str
    claims: tuple[str, ...]
    units: tuple[str, ...]
    assigned_on: date | None
    due: str
    requirements: tuple[str, ...]


REQUIREMENTS = (
    "按职责核查，逐项写明是否属实、处理和整改情况，附整改前后照片。",
    "不属于本单位职责的，在签收期限内说明理由退回，办理期限不停。",
    "不得打听、推断举报人；不得把本单交给被反映的单位和个人。",
)


def slip_of(session: Session, letter: Letter) -> Slip:
    """The slip of a letter as it stands: made only from the office's own words."""
    settings = public_settings(session)
    text = session.get_one(LetterText, letter.id)
    kinds = session.scalars(select(LetterType.type).where(LetterType.letter_id == letter.id)).all()
    parts = assignments(session, letter)
    known = units_named(session, (part.unit_id for part in parts))
    handling = clocks.running_of(session, letter, "handling")
    return Slip(
        office=settings.undertaking_unit or settings.office_name, number=letter.spoken_number,
        marks="重点件" if letter.key_letter else "", region=settings.regions().full_name(letter.region_code),
        types="、".join(kind.zh for kind in kinds or [letter.main_type]), place=text.place, target=text.target,
        summary=text.summary,
        claims=tuple(claim.text for claim in claims_of(session, letter)),
        units=tuple(known.get(part.unit_id, part.unit_id) for part in parts), assigned_on=letter.assigned_on,
        due=f"{spoken_day(handling.due_on)}（{handling.arithmetic}）" if handling else "", requirements=REQUIREMENTS,
    )  # fmt: skip


def rows_of(slip: Slip) -> tuple[tuple[str, str], ...]:
    """The slip as label and value, empty lines left out."""
    lead, joint = slip.units[:1], slip.units[1:]
    rows = (
        ("受理编号", f"{slip.number} {slip.marks}".strip()),
        ("承办单位", "、".join(lead)),
        ("会同单位", "、".join(joint)),
        ("行政区域", slip.region),
        ("污染类型", slip.types),
        ("地点", slip.place),
        ("被反映对象", slip.target),
        ("基本情况", slip.summary),
        ("反映的问题", "；".join(f"{place}. {claim}" for place, claim in enumerate(slip.claims, 1))),
        ("交办日期", spoken_day(slip.assigned_on) if slip.assigned_on else ""),
        ("办理期限", slip.due),
    )
    return tuple((label, value) for label, value in rows if value)


def as_docx(slip: Slip) -> bytes:
    """The slip as a DOCX file."""
    blocks: tuple[papers.Block, ...] = (
        papers.Table(("项目", "内容"), rows_of(slip)),
        papers.Heading("办理要求", 1),
        *(papers.Words(f"{place}. {line}") for place, line in enumerate(slip.requirements, 1)),
    )
    return papers.docx(papers.Paper(title="信访件交办单", blocks=blocks, signed=slip.office))
