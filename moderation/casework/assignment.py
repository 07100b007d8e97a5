"""Assignment (分办, 交办): units and due days, batches, returns, letters handed down by the level above."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from moderation.casework import clocks, undo_notes
from moderation.casework.barring import bar, barred_units
from moderation.casework.guards import LETTER, assignments, part_for, unit_of, units_below
from moderation.casework.letters import (
    BarReason,
    BatchOrigin,
    Letter,
    LetterAssignment,
    LetterBatch,
    LetterClaim,
    LetterText,
    LetterType,
)
from moderation.casework.machine import LetterState
from moderation.casework.routing import Suggestion, ToRoute, suggest
from moderation.casework.screening import WorkingSummary, new_number, replace_claims, replace_types
from moderation.staff import Unit
from portal.core import audit
from portal.core.clock import day_of
from portal.core.errors import Mendable, Refusal
from portal.core.ids import new_id
from portal.core.vocabulary import Channel, IdentityLevel
from portal.core.workflow import Actor, move


def suggestion(session: Session, letter: Letter) -> Suggestion:
    """Where the rules would send this letter, and why."""
    text = session.get(LetterText, letter.id)
    types = tuple(session.scalars(select(LetterType.type).where(LetterType.letter_id == letter.id))) or (letter.main_type,)
    acts = tuple(text.acts.split()) if text else ()
    words = f"{text.summary}{text.place}{text.target}" if text else ""
    return suggest(session, ToRoute(letter.region_code, types, acts, words, barred_units(session, letter)))


def may_handle(session: Session, letter: Letter) -> tuple[Unit, ...]:
    """Every unit that a letter may be given to: none that must not know."""
    barred = barred_units(session, letter)
    units = session.scalars(select(Unit).where(Unit.kind != "company").order_by(Unit.kind, Unit.name))
    return tuple(unit for unit in units if unit.id not in barred)


def assign(
    session: Session, letter: Letter, *, unit_ids: tuple[str, ...], why: str, by: Actor, at: datetime
) -> tuple[LetterAssignment, ...]:
    """交办: the first unit leads, the others take part. The clock starts at dispatch, not when the unit signs for it."""
    if not unit_ids:
        raise Mendable("请选择承办单位", field="unit")
    chosen = tuple(dict.fromkeys(unit_ids))
    for unit_id in chosen:
        _require_may_handle(session, letter, unit_id)
    returned = {part.unit_id for part in session.scalars(_returned(letter))}
    if letter.state is LetterState.RETURN_DISPUTED and returned & set(chosen) and not why.strip():
        raise Mendable("这个单位退回过，仍交给它请写明理由", field="why")
    before = _before_assigning(session, letter)
    move(session, LETTER, letter, "assign", by=by, at=at, text=why or None, detail={"units": list(chosen)})
    _end_parts(session, letter, at, "改派")
    parts = tuple(_part(letter, unit_id, lead=place == 0, why=why, by=by, at=at) for place, unit_id in enumerate(chosen))
    session.add_all(parts)
    letter.unit_id, letter.assigned_on, letter.closed_on = chosen[0], day_of(at), None
    session.flush()
    if clocks.running_of(session, letter, "handling") is None:
        clocks.start(session, letter, "handling", on=letter.assigned_on, at=at)
    clocks.start(session, letter, "take_up", on=letter.assigned_on, at=at)
    _into_todays_batch(session, letter, by, at)
    undo_notes.note(session, letter, "assign", before, by=by, at=at)
    return parts


def _before_assigning(session: Session, letter: Letter) -> dict[str, object]:
    """What an assignment replaces, so that it can be undone."""
    return {
        "state": letter.state.value, "unit_id": letter.unit_id, "batch_id": letter.batch_id,
        "assigned_on": letter.assigned_on.isoformat() if letter.assigned_on else None,
        "first_due_on": letter.first_due_on.isoformat() if letter.first_due_on else None,
        "parts": [part.id for part in assignments(session, letter)],
        "deadlines": [row.id for row in clocks.running(session, letter)],
    }  # fmt: skip


def is_unread(session: Session, letter: Letter, by: Actor) -> bool:
    """Whether the unit of this person has the letter and nobody of it has opened it yet."""
    return any(part.unit_id == unit_of(by) and part.opened_at is None for part in assignments(session, letter))


def note_opened(session: Session, letter: Letter, *, by: Actor, at: datetime) -> None:
    """Somebody of a handling unit reads the letter for the first time; from here on its assignment is not undone."""
    for part in assignments(session, letter):
        if part.unit_id == unit_of(by) and part.opened_at is None:
            part.opened_at = at


def _returned(letter: Letter) -> Select[LetterAssignment]:
    return select(LetterAssignment).where(LetterAssignment.letter_id == letter.id, LetterAssignment.ended_why.startswith("退回"))


def _require_may_handle(session: Session, letter: Letter, unit_id: str) -> Unit:
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise Mendable("没有这个单位，请重新选择", field="unit")
    reason = barred_units(session, letter).get(unit_id)
    if reason is not None:
        raise Refusal(f"{unit.name}须回避：{reason.zh}", clause="信访工作条例 第三十条")
    return unit


def _part(
    letter: Letter, unit_id: str, *, lead: bool, why: str, by: Actor, at: datetime, parent: str | None = None
) -> LetterAssignment:
    return LetterAssignment(
        id=new_id(), letter_id=letter.id, unit_id=unit_id, lead=lead, parent_id=parent, assigned_by=by.id, assigned_at=at, why=why,
    )  # fmt: skip


def _end_parts(session: Session, letter: Letter, at: datetime, why: str) -> None:
    for part in assignments(session, letter):
        part.ended_at, part.ended_why = at, why


def sub_assign(session: Session, letter: Letter, unit_id: str, *, by: Actor, at: datetime) -> LetterAssignment:
    """A unit passes its part to one below it, at whatever level, and keeps sight of it. Same bars as above."""
    own = part_for(session, letter, by)
    unit = _require_may_handle(session, letter, unit_id)
    if unit_id not in {each.id for each in units_below(session, unit_of(by))}:
        raise Refusal("只能分给本单位的下属单位", clause="本办公室办理规程（县级再分办）")
    if any(part.unit_id == unit_id for part in assignments(session, letter)):
        raise Refusal(f"已经分给{unit.name}")
    move(session, LETTER, letter, "sub_assign", by=by, at=at, detail={"unit": unit_id})
    part = _part(letter, unit_id, lead=False, why="上级单位再分办", by=by, at=at, parent=own.id if own else None)
    session.add(part)
    session.flush()
    return part


def return_to_group(session: Session, letter: Letter, grounds: str, *, by: Actor, at: datetime) -> None:
    """退回待裁: within the limit, with grounds; the handling clock runs on."""
    limit = clocks.running_of(session, letter, "take_up")
    if limit is not None and day_of(at) > limit.due_on:
        raise Refusal(f"退回期限已过（{limit.due_on.month}月{limit.due_on.day}日），须由您的单位办理", clause=limit.clause)
    part = part_for(session, letter, by)
    move(session, LETTER, letter, "return_to_group", by=by, at=at, text=grounds)
    assert part is not None
    part.ended_at, part.ended_why = at, f"退回：{grounds.strip()}"
    letter.returns += 1
    clocks.stop(session, letter, "take_up", at=at, why="退回")


def insist(session: Session, letter: Letter, reason: str, *, by: Actor, at: datetime) -> None:
    """The group decides that the unit which returned the letter handles it all the same."""
    last = session.scalar(_returned(letter).order_by(LetterAssignment.ended_at.desc()).limit(1))
    if last is None:
        raise Refusal("没有退回过的单位")
    _require_may_handle(session, letter, last.unit_id)
    move(session, LETTER, letter, "insist", by=by, at=at, text=reason, detail={"unit": last.unit_id})
    _end_parts(session, letter, at, "由组决定")
    part = _part(letter, last.unit_id, lead=True, why=reason, by=by, at=at)
    part.may_return, part.taken_up_at = False, at
    session.add(part)
    letter.unit_id = last.unit_id
    session.flush()


# ---- batches ----


def _into_todays_batch(session: Session, letter: Letter, by: Actor, at: datetime) -> None:
    """One batch a day of our own letters; those handed down keep the batch they came in."""
    if letter.batch_id is not None:
        return
    letter.batch_id = batch_of_day(session, BatchOrigin.OWN, "", day_of(at), by=by, at=at).id


def batch_of_day(
    session: Session, origin: BatchOrigin, round_name: str, day: date, *, by: Actor, at: datetime, number: int | None = None
) -> LetterBatch:
    """The batch of that day, made at its first letter; batches are numbered in the order of their days."""
    ours = (LetterBatch.origin == origin, LetterBatch.round_name == round_name)
    wanted = select(LetterBatch).where(*ours, LetterBatch.number == number if number else LetterBatch.day == day)
    found = session.scalar(wanted)
    if found is None:
        # Two people at once would make the same batch, or take the same number.
        audit.one_writer_at_a_time(session)
        found = session.scalar(wanted)
    if found is not None:
        return found
    last = session.scalar(select(func.max(LetterBatch.number)).where(*ours)) or 0
    batch = LetterBatch(
        id=new_id(), origin=origin, round_name=round_name, number=number or last + 1, day=day, made_by=by.id, made_at=at
    )
    session.add(batch)
    session.flush()
    return batch


# ---- letters handed down ----


@dataclass(frozen=True)
class HandedDown:
    """A letter from the level above, as its table gives it. ``due_on`` None: by our rule for that origin."""

    upstream_number: str
    content: WorkingSummary
    origin: BatchOrigin
    round_name: str
    batch_number: int | None
    day: date
    due_on: date | None = None


def enter_handed_down(session: Session, row: HandedDown, *, by: Actor, at: datetime) -> Letter:
    """Enters a letter of the level above at 已受理, with its own number, mark and due day. Again: no change."""
    if row.origin is BatchOrigin.OWN:
        raise Mendable("请选择交办的上级", field="origin")
    if not row.upstream_number.strip():
        raise Mendable("请填写上级编号", field="upstream_number")
    # Two clerks may enter the same table at once: each number is entered by one of them.
    audit.one_writer_at_a_time(session)
    known = session.scalar(select(Letter).where(Letter.upstream_number == row.upstream_number.strip()))
    if known is not None:
        return known
    batch = batch_of_day(session, row.origin, row.round_name, row.day, by=by, at=at, number=row.batch_number)
    letter = _handed_down_row(row, batch)
    session.add(letter)
    session.flush()
    letter.number = new_number(session, letter, row.day)
    found = row.content
    session.add(LetterText(letter_id=letter.id, summary=found.summary, place=found.place, target=found.target, note=found.note,
                           acts=" ".join(dict.fromkeys(c.act for c in found.claims if c.act))))  # fmt: skip
    replace_types(session, letter, found.types)
    replace_claims(session, letter, found.claims)
    letter.accepted_on = row.day
    facts = {"upstream": letter.upstream_number, "key": letter.key_letter}
    audit.record(session, by=by.id, act="letter.enter_handed_down", subject=letter.id, at=at, detail=facts)
    if row.due_on:
        clocks.start_given(session, letter, "handling", due_on=row.due_on, words=f"上级要求 {row.due_on.isoformat()} 前反馈", at=at)
    else:
        clocks.start(session, letter, "handling", on=row.day, at=at)
    return letter


def _handed_down_row(row: HandedDown, batch: LetterBatch) -> Letter:
    found = row.content
    return Letter(
        id=new_id(), state=LetterState.ACCEPTED, received_on=row.day, channel=Channel.HANDED_DOWN,
        identity_level=IdentityLevel.ANONYMOUS, upstream_number=row.upstream_number.strip(), region_code=found.region_code,
        main_type=found.types[0], act=next((c.act for c in found.claims if c.act), ""), key_letter=found.key_letter,
        severity=found.severity, track=found.track, batch_id=batch.id,
    )  # fmt: skip


def return_upward(session: Session, letter: Letter, reason: str, *, by: Actor, at: datetime) -> None:
    """A letter handed down cannot be refused, only given back upward with reasons."""
    move(session, LETTER, letter, "return_upward", by=by, at=at, text=reason)
    letter.closed_on = day_of(at)
    clocks.stop_all(session, letter, at=at, why="退回上级")


def bar_unit(session: Session, letter: Letter, unit_id: str, *, by: Actor, at: datetime) -> None:
    """Keeps a unit out by a person's decision: it is the one complained about."""
    bar(session, letter, reason=BarReason.COMPLAINED_ABOUT, unit_id=unit_id)
    audit.record(session, by=by.id, act="letter.bar_unit", subject=letter.id, at=at, detail={"unit": unit_id})


def claims_of(session: Session, letter: Letter) -> tuple[LetterClaim, ...]:
    """The claims of a letter, in order."""
    return tuple(session.scalars(select(LetterClaim).where(LetterClaim.letter_id == letter.id).order_by(LetterClaim.position)))


def units_named(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Names of units by id."""
    return {row.id: row.name for row in session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(tuple(ids))))}
