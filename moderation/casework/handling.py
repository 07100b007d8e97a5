"""Handling (办理) by the unit: take up, extension, findings per claim with measures and evidence.

Paper answers are entered by the group for units without accounts.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from moderation.casework import clocks
from moderation.casework.assignment import claims_of
from moderation.casework.guards import LETTER, assignments, part_for, unit_of
from moderation.casework.letters import (
    EvidenceRole,
    Letter,
    LetterAssignment,
    LetterEvidence,
    LetterFinding,
    LetterMeasure,
    MeasureKind,
)
from moderation.casework.screening import require_own_words
from moderation.evidence import EvidenceStore
from portal.core import audit
from portal.core.clock import day_of
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.ids import new_id
from portal.core.vocabulary import Verdict
from portal.core.workflow import Actor, SystemActor, move

TIMER = SystemActor("timer")
SHORTEST_FINDING = 10
MAX_FILE_BYTES = 50 * 1024 * 1024
# What else begins when a unit reports: the check of whom it held accountable.
ON_REPORTED: list[str] = ["moderation.supervision.samples:ask_for_check"]
# What a browser may be shown again, by its first bytes; anything else is kept and handed out as a download.
SAFE_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"%PDF": "application/pdf"}


@dataclass(frozen=True)
class Finding:
    """What the unit found of one claim. ``verdict`` None: not yet decided, so not yet reportable."""

    claim_id: str
    verdict: Verdict | None
    finding: str
    measures: str


@dataclass(frozen=True)
class Measure:
    """A penalty, detention, talk or accountability, with its number (firms, people, cases, yuan)."""

    kind: MeasureKind
    number: int
    text: str = ""


def take_up(session: Session, letter: Letter, *, by: Actor, at: datetime) -> None:
    """签收: the unit begins."""
    part = part_for(session, letter, by)
    move(session, LETTER, letter, "take_up", by=by, at=at)
    for each in [part] if part else assignments(session, letter):
        each.taken_up_at = each.taken_up_at or at
    clocks.stop(session, letter, "take_up", at=at, why="已签收")


def take_up_overdue(session: Session, letter: Letter, *, at: datetime) -> bool:
    """After the limit a letter counts as taken up by itself. True when it moved."""
    limit = clocks.running_of(session, letter, "take_up")
    if limit is None or day_of(at) <= limit.due_on or LETTER.step(letter.state, "take_up") is None:
        return False
    take_up(session, letter, by=TIMER, at=at)
    return True


def ask_extension(session: Session, letter: Letter, reason: str, *, by: Actor, at: datetime) -> None:
    """Once, and before the deadline."""
    handling = clocks.running_of(session, letter, "handling")
    if handling is not None and day_of(at) > handling.due_on:
        raise Refusal("办理期限已过，不能再申请延期", clause="信访工作条例 第三十四条")
    move(session, LETTER, letter, "ask_extension", by=by, at=at, text=reason)


def decide_extension(session: Session, letter: Letter, *, agree: bool, reason: str = "", by: Actor, at: datetime) -> None:
    """Grants it, keeping the first day, or refuses with a reason."""
    if not agree:
        move(session, LETTER, letter, "deny_extension", by=by, at=at, text=reason)
        return
    move(session, LETTER, letter, "grant_extension", by=by, at=at, text=reason or None)
    letter.extended = True
    clocks.extend(session, letter, at=at)


def report_findings(
    session: Session, letter: Letter, findings: tuple[Finding, ...], measures: tuple[Measure, ...], *, key: bytes, by: Actor,
    at: datetime, looked_at: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """The unit's report: a verdict, findings and measures for every claim. The last unit of a joint letter sends it to review.

    ``looked_at``: what the unit went through on the spot, item → 是 or 否. It stands in the history, as the unit's own word; the
    group's check of a 重点件 is another.
    """
    claims = {claim.id: claim for claim in claims_of(session, letter)}
    _require_complete(session, letter, claims.keys(), findings, key)
    part = part_for(session, letter, by)
    waiting = [each for each in assignments(session, letter) if each.reported_at is None and not _is_above(session, letter, each)]
    others = [each for each in waiting if part is None or each.id != part.id]
    verb = "report_part" if others else "report"
    spoken = "；".join(f"{item}：{answer}" for item, answer in (looked_at or {}).items())
    move(session, LETTER, letter, verb, by=by, at=at, text=f"承办单位到场逐项核对：{spoken}" if spoken else None)
    assert part is not None
    part.reported_at, part.reported_by, part.taken_up_at = at, by.id, part.taken_up_at or at
    for finding in findings:
        claim = claims[finding.claim_id]
        assert finding.verdict is not None
        session.add(LetterFinding(id=new_id(), letter_id=letter.id, claim_id=claim.id, round=letter.round, unit_id=part.unit_id,
                                  by=by.id, at=at, verdict=finding.verdict, finding=finding.finding.strip(),
                                  measures=finding.measures.strip()))  # fmt: skip
        claim.verdict, claim.finding, claim.measures = finding.verdict, finding.finding.strip(), finding.measures.strip()
    _keep_measures(session, letter, part, measures)
    letter.verdict = overall(tuple(claim.verdict for claim in claims.values() if claim.verdict))
    clocks.stop(session, letter, "take_up", at=at, why="已报告")
    if verb == "report":
        clocks.start(session, letter, "review", on=day_of(at), at=at)
    for name in ON_REPORTED:
        module, function = name.split(":")
        getattr(importlib.import_module(module), function)(session, letter, at)


def _is_above(session: Session, letter: Letter, part: LetterAssignment) -> bool:
    """A unit that passed its part on reports through the unit below it."""
    return any(each.parent_id == part.id for each in assignments(session, letter))


def _require_complete(
    session: Session, letter: Letter, claim_ids: Collection[str], findings: tuple[Finding, ...], key: bytes
) -> None:
    if {finding.claim_id for finding in findings} != set(claim_ids):
        raise Mendable("每一项反映的问题都要有结论", field="findings")
    for place, finding in enumerate(findings, 1):
        if finding.verdict is None:
            raise Mendable(f"第 {place} 项还没有选结论", field=f"verdict-{finding.claim_id}")
        if len(finding.finding.strip()) < SHORTEST_FINDING:
            raise Mendable(f"第 {place} 项请写明调查核实情况（不少于 {SHORTEST_FINDING} 字）", field=f"finding-{finding.claim_id}")
        if finding.verdict is not Verdict.UNSUBSTANTIATED and not finding.measures.strip():
            raise Mendable(f"第 {place} 项有问题成立，请写明处理和整改情况", field=f"measures-{finding.claim_id}")
        require_own_words(session, letter, finding.finding, key=key, field=f"finding-{finding.claim_id}")
        require_own_words(session, letter, finding.measures, key=key, field=f"measures-{finding.claim_id}")


def _keep_measures(session: Session, letter: Letter, part: LetterAssignment, measures: tuple[Measure, ...]) -> None:
    session.execute(
        delete(LetterMeasure).where(
            LetterMeasure.letter_id == letter.id, LetterMeasure.unit_id == part.unit_id, LetterMeasure.round == letter.round
        )
    )
    for measure in measures:
        if measure.number < 0:
            raise Mendable(f"{measure.kind.zh}不能是负数", field=f"measure-{measure.kind.value}")
        if measure.number:
            session.add(LetterMeasure(id=new_id(), letter_id=letter.id, unit_id=part.unit_id, round=letter.round,
                                      kind=measure.kind, number=measure.number, text=measure.text.strip()))  # fmt: skip


def overall(verdicts: tuple[Verdict, ...]) -> Verdict | None:
    """The verdict of the whole letter: that of its claims where they agree, 部分属实 where they are mixed."""
    different = set(verdicts)
    if not different:
        return None
    return verdicts[0] if len(different) == 1 else Verdict.PARTLY_SUBSTANTIATED


def measures_of(session: Session, letter: Letter) -> tuple[LetterMeasure, ...]:
    """The measures of the latest round."""
    query = select(LetterMeasure).where(LetterMeasure.letter_id == letter.id, LetterMeasure.round == letter.round)
    return tuple(session.scalars(query.order_by(LetterMeasure.kind)))


# ---- evidence ----


def media_type(data: bytes) -> str:
    """What the file is by its first bytes; a name says nothing."""
    return next((kind for start, kind in SAFE_TYPES.items() if data.startswith(start)), "application/octet-stream")


def add_evidence(
    session: Session, letter: Letter, *, digest: str, name: str, kind: str, role: EvidenceRole, by: Actor, at: datetime
) -> LetterEvidence:
    """Files a document of the unit or of the group's own check. The bytes are in the evidence store already.

    The same file in the same role is filed once, however often a poor network sends it.
    """
    same = (LetterEvidence.letter_id == letter.id, LetterEvidence.digest == digest, LetterEvidence.role == role)
    known = session.scalar(select(LetterEvidence).where(*same, LetterEvidence.unit_id == unit_of(by)).limit(1))
    if known is not None:
        return known
    row = LetterEvidence(id=new_id(), letter_id=letter.id, digest=digest, name=name[:200] or "未命名", media_type=kind, role=role,
                         unit_id=unit_of(by), by=by.id, at=at)  # fmt: skip
    session.add(row)
    session.flush()
    facts = {"digest": digest, "role": role.value}
    audit.record(session, by=by.id, act="letter.add_evidence", subject=letter.id, at=at, detail=facts)
    return row


def put_file(store: EvidenceStore, data: bytes) -> str:
    """Puts bytes on the shelf, outside any transaction; refuses what is empty or too large."""
    if not data:
        raise Mendable("文件是空的", field="file")
    if len(data) > MAX_FILE_BYTES:
        raise Mendable(f"文件超过 {MAX_FILE_BYTES // 1024 // 1024} 兆", field="file")
    return store.put(data)


def evidence_of(session: Session, letter: Letter) -> tuple[LetterEvidence, ...]:
    """Every file of a letter, the oldest first."""
    query = select(LetterEvidence).where(LetterEvidence.letter_id == letter.id)
    return tuple(session.scalars(query.order_by(LetterEvidence.at, LetterEvidence.id)))


def find_evidence(session: Session, letter: Letter, evidence_id: str) -> LetterEvidence:
    """One file of this letter."""
    row = session.get(LetterEvidence, evidence_id)
    if row is None or row.letter_id != letter.id:
        raise NotThere("没有这份材料")
    return row
