"""Undoing (撤销) what the office did by mistake, while nobody else has acted on it. A counter-act in the history, never a deletion.

Only acts that have told nobody yet stand in UNDOABLE: mail about them waits as long as they can be undone, and an assignment is
held once its unit has read the letter. Whoever did it undoes it; anybody else takes the ordinary step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import outbox
from moderation.casework import clocks, letter_lists, screening
from moderation.casework.guards import LETTER, assignments, open_refusal
from moderation.casework.letters import Letter, LetterAssignment, LetterEvent
from moderation.casework.machine import TAKE_BACK, Track
from moderation.casework.screening import Claim, WorkingSummary
from moderation.casework.undo_notes import LetterUndo
from moderation.staff import SignedIn
from portal.core import audit
from portal.core.clock import day_of
from portal.core.errors import NotAllowed, NotThere, Overtaken, Refusal
from portal.core.vocabulary import PollutionType
from portal.core.workflow import move

WHY = "撤销"
RULE = "本办公室办理规程（撤销）"
Before = Mapping[str, Any]
PutBack = Callable[[Session, Letter, Before, SignedIn, datetime], None]


@dataclass(frozen=True)
class Undoable:
    """An act that can be undone. ``label``: what was done, as its author reads it. ``put_back``: the counter-act."""

    label: str
    put_back: PutBack


@dataclass(frozen=True)
class Offer:
    """Something this person did a moment ago and may still undo, until ``until``."""

    id: str
    letter_id: str
    number: str
    label: str
    until: datetime


# ---- the counter-acts ----


def _take_back_assignment(session: Session, letter: Letter, before: Before, by: SignedIn, at: datetime) -> None:
    verb = next(verb for verb, state in TAKE_BACK if state.value == before["state"])
    units = [part.unit_id for part in assignments(session, letter)]
    move(session, LETTER, letter, verb, by=by, at=at, text=WHY, detail={"units": units})
    for part in assignments(session, letter):
        part.ended_at, part.ended_why = at, WHY
    for part in session.scalars(select(LetterAssignment).where(LetterAssignment.id.in_(before["parts"]))):
        part.ended_at, part.ended_why = None, ""
    letter.unit_id, letter.batch_id = before["unit_id"], before["batch_id"]
    letter.assigned_on, letter.first_due_on = _day(before["assigned_on"]), _day(before["first_due_on"])
    for row in clocks.running(session, letter):
        if row.id not in before["deadlines"]:
            clocks.stop(session, letter, row.clock, at=at, why=WHY)
    outbox.withdraw(session, f"/letters/{letter.id}", at=at)


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def _unmerge(session: Session, letter: Letter, before: Before, by: SignedIn, at: datetime) -> None:
    into = letter.duplicate_of
    move(session, LETTER, letter, "unmerge", by=by, at=at, text=WHY, detail={"from": into})
    letter.duplicate_of = None
    for follower in session.scalars(select(Letter).where(Letter.id.in_(before["followers"]), Letter.duplicate_of == into)):
        follower.duplicate_of = letter.id
    clocks.revive(session, letter, before["deadlines"], at=at)


def _withdraw_proposal(session: Session, letter: Letter, _before: Before, by: SignedIn, at: datetime) -> None:
    proposal = open_refusal(session, letter)
    move(session, LETTER, letter, "withdraw_proposal", by=by, at=at, text=WHY)
    assert proposal is not None
    proposal.decided_by, proposal.decided_at, proposal.agreed = by.id, at, False


def _restore_summary(session: Session, letter: Letter, before: Before, by: SignedIn, at: datetime) -> None:
    refused = LETTER.guards["not_barred"](letter, by)
    if refused is not None:
        raise Refusal(refused, clause=RULE)
    words = {name: before[name] for name in ("summary", "place", "target", "note", "region_code", "key_letter", "severity")}
    types = tuple(PollutionType(value) for value in before["types"])  # type: ignore[call-arg]
    claims = tuple(Claim(text, act) for text, act in before["claims"])
    track = Track(before["track"])  # type: ignore[call-arg]
    screening.keep_summary(session, letter, WorkingSummary(**words, types=types, claims=claims, track=track))
    state = letter.state.value
    session.add(LetterEvent(letter_id=letter.id, at=at, on=day_of(at), by=by.id, verb="restore_summary", source=state, target=state,
                            text=f"{WHY}：摘要和分类改回上一稿", public=""))  # fmt: skip
    audit.record(session, by=by.id, act="letter.restore_summary", subject=letter.id, at=at)


UNDOABLE: dict[str, Undoable] = {
    "assign": Undoable("分办", _take_back_assignment),
    "merge": Undoable("并案", _unmerge),
    "propose_refusal": Undoable("提议不予受理或转送", _withdraw_proposal),
    "write_summary": Undoable("改摘要和分类", _restore_summary),
}


# ---- what may be undone, and undoing it ----


def offers(session: Session, person: SignedIn, *, at: datetime, letter_id: str = "", most: int = 5) -> tuple[Offer, ...]:
    """What this person did in the last minutes and may still undo, the latest first. ``letter_id``: of this letter only."""
    query = select(LetterUndo, Letter).join(Letter, Letter.id == LetterUndo.letter_id)
    query = query.where(LetterUndo.by == person.id, LetterUndo.until >= at, LetterUndo.undone_at.is_(None))
    query = query.where(LetterUndo.version == Letter.version)
    if letter_id:
        query = query.where(LetterUndo.letter_id == letter_id)
    rows = session.execute(letter_lists.visible(query, person).order_by(LetterUndo.at.desc(), LetterUndo.id).limit(most))
    return tuple(
        Offer(note.id, letter.id, letter.spoken_number, UNDOABLE[note.act].label, note.until)
        for note, letter in rows
        if not _held(session, note, letter)
    )


def undo(session: Session, undo_id: str, *, by: SignedIn, at: datetime) -> Letter:
    """Undoes one act: the letter stands where it stood, and the history says so. Undone already: nothing happens.

    Raises NotThere (no such act, or no longer this person's to see), NotAllowed (another's act), Overtaken (somebody acted on
    the letter after it), Refusal (too late, or the unit has read the letter).
    """
    note = session.get(LetterUndo, undo_id)
    if note is None:
        raise NotThere("没有这项操作")
    letter = letter_lists.find(session, note.letter_id, by, to_change=True)
    if note.by != by.id:
        raise NotAllowed("只有操作人自己可以撤销", clause=RULE)
    if note.undone_at is not None:
        return letter
    if at > note.until:
        raise Refusal("已过十分钟，不能撤销，请按正常步骤更正", clause=RULE)
    if note.version != letter.version:
        raise Overtaken("这件此后又有了新的操作，不能撤销", clause=RULE)
    UNDOABLE[note.act].put_back(session, letter, json.loads(note.before), by, at)
    note.undone_at = at
    facts = {"act": note.act, "done_at": note.at.isoformat()}
    audit.record(session, by=by.id, act="letter.undo", subject=letter.id, at=at, detail=facts)
    session.flush()
    return letter


def take_back(session: Session, facts: Mapping[str, Any], *, by: SignedIn, at: datetime) -> None:
    """The same for the list of recent acts of the console. ``facts``: undo (id of the note)."""
    undo(session, facts["undo"], by=by, at=at)


def _held(session: Session, note: LetterUndo, letter: Letter) -> bool:
    """An assignment whose unit has read the letter is not offered for undoing."""
    return note.act == "assign" and any(part.opened_at or part.taken_up_at for part in assignments(session, letter))
