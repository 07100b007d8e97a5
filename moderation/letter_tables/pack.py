"""The table pack: the letters of a batch, or those reported upward, as rows of the official table; and the 案卷 of one letter."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import papers
from moderation.casework import batches, clocks, redaction, review
from moderation.casework.assignment import claims_of, units_named
from moderation.casework.letters import (
    Letter,
    LetterAssignment,
    LetterBatch,
    LetterClaim,
    LetterDeadline,
    LetterEvent,
    LetterEvidence,
    LetterGuard,
    LetterMeasure,
    LetterText,
    MeasureKind,
)
from moderation.casework.machine import LetterState
from moderation.casework.slip import rows_of, slip_of
from moderation.letter_tables import official
from moderation.letter_tables.official import TableRow
from moderation.settings import public_settings
from moderation.staff import SignedIn, StaffMember
from portal.core import audit
from portal.core.clock import day_of, spoken_day
from portal.core.public_record import LetterRow
from portal.core.workflow import Actor

_PEOPLE = (MeasureKind.TALK, MeasureKind.ACCOUNTABILITY, MeasureKind.ADMINISTRATIVE_DETENTION, MeasureKind.CRIMINAL_DETENTION)
_REPORTED = (LetterState.UNDER_REVIEW, LetterState.REPORTED_UP)
WITHHELD = "〔此处与来信原文相同，案卷中不印〕"


def rows_of_letters(session: Session, letters: Iterable[Letter]) -> tuple[TableRow, ...]:
    """The official table for the level above: findings stand in it as soon as the unit has reported them."""
    regions = public_settings(session).regions()
    found = [_with_findings(session, letter, batches.public_row(session, letter, regions)) for letter in letters]
    return tuple(official.row_of(row, serial) for serial, row in enumerate(found, 1))


def _with_findings(session: Session, letter: Letter, row: LetterRow) -> LetterRow:
    if letter.state not in _REPORTED:
        return row
    claims = claims_of(session, letter)
    verdict = letter.verdict.zh if letter.verdict else ""
    return replace(row, finding=_joined(claims, "finding"), handling=_joined(claims, "measures"), verdict=verdict,
                   accountability=_accountability(session, letter))  # fmt: skip


def _joined(claims: tuple[LetterClaim, ...], what: str) -> str:
    words = list(dict.fromkeys(getattr(claim, what) for claim in claims if getattr(claim, what)))
    return words[0] if len(words) == 1 else "\n".join(f"{place}. {word}" for place, word in enumerate(words, 1))


def _accountability(session: Session, letter: Letter) -> str:
    rows = session.scalars(select(LetterMeasure).where(LetterMeasure.letter_id == letter.id, LetterMeasure.round == letter.round))
    return "，".join(f"{row.kind.zh.split('（')[0]} {row.number} 人" for row in rows if row.kind in _PEOPLE)


def rows_of_batch(session: Session, batch: LetterBatch, person: SignedIn) -> tuple[TableRow, ...]:
    """The table of a batch; no letter this person must not know of."""
    return rows_of_letters(session, batches.letters_of_batch(session, batch, person))


# ---- 案卷 ----


def case_file(session: Session, letter: Letter, *, key: bytes, by: Actor, at: datetime) -> papers.Paper:
    """The file of a letter from the office's own words: no original, no identity, nothing a reporter wrote later.

    A paragraph that copies 12 characters of the original, or names the reporter, is left out and says so.
    """
    guard = session.get(LetterGuard, letter.id)

    def safe(text: str) -> str:
        if guard is None or not text:
            return text
        leaks = redaction.names_reporter(text, guard.identity, key) or redaction.copied_run(text, guard.runs, key)
        return WITHHELD if leaks else text

    rows = tuple((label, safe(value)) for label, value in rows_of(slip_of(session, letter)))
    blocks: tuple[papers.Block, ...] = (
        papers.Heading("一、基本情况"), papers.Table(("项目", "内容"), rows),
        papers.Heading("二、核查和处理"), *(papers.Words(safe(line)) for line in _claim_lines(session, letter)),
        papers.Heading("三、期限"), *(papers.Words(line) for line in _deadline_lines(session, letter)),
        papers.Heading("四、经过"), papers.Table(("日期", "事项", "经办", "说明"), _history(session, letter, safe)),
        papers.Heading("五、材料目录"), papers.Table(("序号", "材料", "种类", "校验码"), _evidence(session, letter, safe)),
    )  # fmt: skip
    audit.record(session, by=by.id, act="letter.export_case_file", subject=letter.id, at=at)
    office = public_settings(session)
    signed = office.undertaking_unit or office.office_name
    return papers.Paper(f"信访件案卷（{letter.spoken_number}）", blocks, signed=signed)


def _claim_lines(session: Session, letter: Letter) -> list[str]:
    lines = []
    for claim in claims_of(session, letter):
        verdict = claim.verdict.zh if claim.verdict else "尚无结论"
        parts = (f"{claim.position}. {claim.text}（{verdict}）", claim.finding, claim.measures)
        lines += [part for part in parts if part]
    measures = session.scalars(select(LetterMeasure).where(LetterMeasure.letter_id == letter.id))
    lines += [f"第 {row.round} 轮：{row.kind.zh} {row.number} {row.text}".strip() for row in measures]
    for check in review.checks_of(session, letter):
        lines.append(f"{day_of(check.at).isoformat()} 现场核查：{'通过' if check.passed else '未通过'}。{check.text}")
        lines += [f"{item}：{answer}" for item, answer in json.loads(check.items or "{}").items()]
    reply = session.get_one(LetterText, letter.id).reply
    return [*lines, f"答复：{reply}"] if reply else lines or ["尚未核查。"]


def _deadline_lines(session: Session, letter: Letter) -> list[str]:
    query = select(LetterDeadline).where(LetterDeadline.letter_id == letter.id).order_by(LetterDeadline.set_at)
    return [
        f"{clocks.label_of(row.clock)}：{spoken_day(row.due_on)}。{row.arithmetic}（{row.clause}）"
        + (f"，{row.ended_why}" if row.ended_why else "")
        for row in session.scalars(query)
    ] or ["没有期限。"]


def _history(session: Session, letter: Letter, safe: Callable[[str], str]) -> tuple[tuple[str, ...], ...]:
    people = {row.id: row.name for row in session.execute(select(StaffMember.id, StaffMember.name))}
    lines = []
    for event in session.scalars(select(LetterEvent).where(LetterEvent.letter_id == letter.id).order_by(LetterEvent.id)):
        target = next((state.zh for state in LetterState if state.value == event.target), event.target)
        lines.append((event.on.isoformat(), target, people.get(event.by, "系统"), safe(event.text)))
    units = units_named(session, session.scalars(select(LetterAssignment.unit_id).where(LetterAssignment.letter_id == letter.id)))
    return (*lines, ("", "承办过的单位", "", "、".join(units.values()))) if units else tuple(lines)


def _evidence(session: Session, letter: Letter, safe: Callable[[str], str]) -> tuple[tuple[str, ...], ...]:
    rows = session.scalars(select(LetterEvidence).where(LetterEvidence.letter_id == letter.id).order_by(LetterEvidence.at))
    return tuple((str(place), safe(row.name), row.role.zh, row.digest[:16]) for place, row in enumerate(rows, 1))
