"""What a reporter is told through the receipt: built from the letter, sealed, and renewed whenever the letter moved.

Merging stays invisible: a merged letter tells its own story, and no more of the other's than that the matter is being handled.
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.casework import clocks
from moderation.casework.letters import Letter, LetterDeadline, LetterEvent, LetterMessage
from moderation.casework.machine import TAKE_BACK, LetterState
from moderation.office import Office
from portal.core import reports
from portal.core.clock import day_of
from portal.core.outgoing import HistoryLine, NextDate, StatusSnapshot

S = LetterState
AT_MOST = 200
# Sealing a state takes about half a millisecond, inside the transaction that replaces it.
AT_ONCE = 25
# "module:function" taking (session, letter, snapshot) and returning the snapshot, fuller: rewards, publication, identity.
CONTRIBUTORS: list[str] = [
    "moderation.rewards.collection:contribute",
    "moderation.casework.batches:contribute",
    "moderation.custody.openings:contribute",
]


@dataclass(frozen=True)
class Words:
    """A state in the reporter's words: what it is, what it means, what comes next."""

    state: str
    explained: str
    next_step: str


@cache
def spoken() -> Mapping[LetterState, Words]:
    """The words of every state but MERGED, which no reporter reads of, from `rules/letter_words.toml`."""
    raw = tomllib.loads((resources.files("portal.core") / "rules" / "letter_words.toml").read_text("utf-8"))
    return {state: Words(**raw[state.value]) for state in LetterState if state.value in raw}


_CLOSED = frozenset({S.SETTLED_FOR_NOW, S.SETTLED, S.FOLLOW_UP, S.ARCHIVED})
_TAKEN_BACK = frozenset(verb for verb, _ in TAKE_BACK)
_BEFORE_ASSIGNMENT = frozenset({S.RECEIVED, S.SCREENING, S.AWAITING_SUPPLEMENT, S.REFUSAL_PROPOSED, S.ACCEPTED})


def mark_untold(letter: Letter) -> None:
    """Something outside the letter's own steps changed what its reporter should read (a reward, a publication)."""
    letter.untold += 1


def snapshot(session: Session, letter: Letter, *, at: datetime) -> StatusSnapshot:
    """What the receipt of this letter shows now."""
    lead = _lead_of(session, letter)
    shown = _shown_state(letter, lead)
    words = spoken()[shown]
    found = StatusSnapshot(
        as_of=day_of(at), state=words.state, explained=words.explained, next_step=words.next_step, number=letter.number or "",
        next_dates=_next_dates(session, lead), history=_history(session, letter, lead),
        asks=_question(session, letter) if shown is S.AWAITING_SUPPLEMENT else "",
        may_withdraw=shown in _BEFORE_ASSIGNMENT, may_evaluate=shown is S.FOLLOW_UP,
    )  # fmt: skip
    for name in CONTRIBUTORS:
        module, function = name.split(":")
        found = getattr(importlib.import_module(module), function)(session, letter, found)
    return found


def _lead_of(session: Session, letter: Letter) -> Letter:
    lead = letter
    while lead.state is S.MERGED and lead.duplicate_of:
        lead = session.get_one(Letter, lead.duplicate_of)
    return lead


def _shown_state(letter: Letter, lead: Letter) -> LetterState:
    """The letter's own state; of a merged one only whether the matter is open or closed."""
    if lead is letter:
        return letter.state
    if lead.state in _CLOSED:
        return S.ARCHIVED if lead.state is not S.SETTLED_FOR_NOW else S.SETTLED_FOR_NOW
    return S.SCREENING if lead.state in _BEFORE_ASSIGNMENT - {S.ACCEPTED} else S.HANDLING


def _next_dates(session: Session, lead: Letter) -> tuple[NextDate, ...]:
    wanted = {"acceptance": "最晚告诉您是否受理", "handling": "最晚办结", "supplement": "等您补充到",
              "recheck": "不服处理结果的，最晚向上一级机关申请复查"}  # fmt: skip
    rows = [row for row in clocks.running(session, lead) if row.clock in wanted and row.paused_on is None]
    return tuple(_spoken(row, wanted[row.clock]) for row in rows)


def _spoken(row: LetterDeadline, what: str) -> NextDate:
    return NextDate(what, row.due_on, f"{row.arithmetic}（{row.clause}）", row.provisional)


def _history(session: Session, letter: Letter, lead: Letter) -> tuple[HistoryLine, ...]:
    own = select(LetterEvent).where(LetterEvent.letter_id == letter.id).order_by(LetterEvent.id)
    lines = [HistoryLine(row.on, row.public) for row in _not_undone(session.scalars(own)) if row.public]
    if lead is not letter:
        lines += _merged_lines(session, letter, lead)
    return tuple(lines)


def _not_undone(events: Iterable[LetterEvent]) -> list[LetterEvent]:
    """The history without an assignment that was undone before any unit read of it, and without its taking back."""
    kept: list[LetterEvent] = []
    for event in events:
        if event.verb in _TAKEN_BACK:
            del kept[max(place for place, each in enumerate(kept) if each.verb == "assign")]
        else:
            kept.append(event)
    return kept


def _merged_lines(session: Session, letter: Letter, lead: Letter) -> list[HistoryLine]:
    """Accepted with the merging, closed with the other: nothing in between, for its days would tell that there is another."""
    lines = []
    if lead.accepted_on:
        lines.append(HistoryLine(max(lead.accepted_on, _merged_on(session, letter)), "已受理"))
    if lead.state in _CLOSED and lead.closed_on:
        lines.append(HistoryLine(max(lead.closed_on, _merged_on(session, letter)), "已办结"))
    return lines


def _merged_on(session: Session, letter: Letter) -> date:
    query = select(LetterEvent.on).where(LetterEvent.letter_id == letter.id, LetterEvent.verb == "merge")
    return session.scalar(query.order_by(LetterEvent.id.desc()).limit(1)) or letter.received_on


def _question(session: Session, letter: Letter) -> str:
    query = select(LetterMessage.text).where(LetterMessage.letter_id == letter.id, LetterMessage.kind == "question")
    return session.scalar(query.order_by(LetterMessage.position.desc()).limit(1)) or ""


def tell(office: Office, at: datetime) -> None:
    """Seals the present state to the receipt of every letter that moved. A crash repeats; the newest state wins."""
    with office.office.reading() as session:
        waiting = list(session.scalars(select(Letter.id).where(Letter.untold > 0).limit(AT_MOST)))
    for first in range(0, len(waiting), AT_ONCE):
        _tell_some(office, waiting[first : first + AT_ONCE], at)


@dataclass(frozen=True)
class _Told:
    """What one receipt is told, and which changes that covers."""

    letter_id: str
    untold: int
    report_id: str | None
    found: StatusSnapshot | None


def _tell_some(office: Office, letter_ids: list[str], at: datetime) -> None:
    with office.office.reading() as session:
        told = [_told(session, session.get_one(Letter, letter_id), at) for letter_id in letter_ids]
    with office.intake.transaction() as intake:
        for each in told:
            if each.report_id is not None and each.found is not None:
                reports.put_status(intake, each.report_id, each.found)
    with office.office.transaction() as session:
        for each in told:
            _clear(session, each)


def _told(session: Session, letter: Letter, at: datetime) -> _Told:
    found = snapshot(session, letter, at=at) if letter.report_id else None
    return _Told(letter.id, letter.untold, letter.report_id, found)


def _clear(session: Session, told: _Told) -> None:
    letter = session.get_one(Letter, told.letter_id)
    if letter.untold == told.untold:
        letter.untold = 0
    # Whoever was merged into it reads of its end; nobody is merged into a merged letter, so this ends here.
    for merged in session.scalars(select(Letter).where(Letter.duplicate_of == letter.id, Letter.state == S.MERGED)):
        merged.untold += 1
