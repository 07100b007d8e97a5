"""The documents of the ladder as official papers: 催办单, 督办单 and the inspectors' letters, from their frozen words."""

from __future__ import annotations

from sqlalchemy.orm import Session

from moderation import papers
from moderation.settings import public_settings
from moderation.staff import Unit
from moderation.supervision.machine import PaperKind
from moderation.supervision.tables import SupervisionPaper

_INSPECTORS = (PaperKind.INSPECTION, PaperKind.DEMAND, PaperKind.CONCLUSION)


def number_of(paper: SupervisionPaper) -> str:
    """The number on the paper: 催办单〔2026〕3号."""
    return f"{paper.kind.zh}〔{paper.year}〕{paper.serial}号"


def as_paper(session: Session, paper: SupervisionPaper) -> papers.Paper:
    """The document, ready for DOCX, PDF, HTML or plain text."""
    unit = session.get(Unit, paper.unit_id)
    office = public_settings(session)
    signed = "督办监察组" if paper.kind in _INSPECTORS else office.undertaking_unit or office.office_name
    blocks = tuple(papers.Words(line) for line in paper.words.split("\n"))
    return papers.Paper(paper.kind.zh, blocks, number=number_of(paper), to=unit.name if unit else "", signed=signed,
                        signed_on=paper.on)  # fmt: skip
