"""Which version of the reward rule applies: put forward by one person, adopted by another, never to an earlier reporter's loss."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.rewards.machine import HOUSE, ScheduleState
from moderation.rewards.records import CLUE_TIER, RewardEntry, RewardSchedule
from moderation.settings import PUBLIC, change_setting, public_settings, setting
from portal.core import audit
from portal.core.clock import day_of, spoken_day
from portal.core.errors import Mendable, NotAllowed, Refusal
from portal.core.reward_schedule import Schedule
from portal.core.reward_schedule_reader import read_schedule
from portal.core.vocabulary import Role
from portal.core.workflow import Actor

SECOND = frozenset({Role.ADMINISTRATOR, Role.LEADER})
CLAUSE = "采用奖励办法须两人办理"


def put_forward(
    session: Session, text: str, *, document_number: str, document_on: date, first_receipt_on: date, by: Actor, at: datetime
) -> RewardSchedule:
    """Puts a version forward for adoption. ``first_receipt_on``: it applies to reports received from that day on.

    Raises FaultySchedule with every fault of the text; Refusal for an invented rule outside a demonstration.
    """
    if Role.ADMINISTRATOR not in by.roles:
        raise NotAllowed("只有系统管理员可以提出采用奖励办法", clause=CLAUSE)
    if not document_number.strip():
        raise Mendable("请填写采用这个办法的文号", field="document_number")
    schedule = read_schedule(text)
    if schedule.invented and not public_settings(session).demo:
        raise Refusal("这是为演示虚构的办法，正式办公室不能采用", clause=CLAUSE)
    if first_receipt_on < schedule.valid_from:
        raise Mendable(f"适用日不能早于办法的生效日 {spoken_day(schedule.valid_from)}", field="first_receipt_on")
    row = RewardSchedule(
        digest=schedule.digest,
        text=schedule.text,
        name=schedule.name,
        version=schedule.version,
        counted=schedule.settings.several_acts.counted.value,
        approvers=schedule.settings.approvals.approvers,
        yearly_fen=schedule.settings.budget.yearly_fen,
        document_number=document_number.strip(),
        document_on=document_on,
        first_receipt_on=first_receipt_on,
        state=ScheduleState.PROPOSED,
        proposed_by=by.id,
        proposed_at=at,
    )
    session.add(row)
    session.flush()
    facts = {"digest": row.digest, "document": row.document_number, "first_receipt_on": first_receipt_on.isoformat()}
    audit.record(session, by=by.id, act="reward_schedule.put_forward", subject=row.id, at=at, detail=facts)
    return row


def _require_second_person(row: RewardSchedule, by: Actor) -> None:
    if not (SECOND & by.roles):
        raise NotAllowed("只有系统管理员或领导可以复核奖励办法", clause=CLAUSE)
    if row.state is not ScheduleState.PROPOSED:
        raise Refusal(f"这个版本{row.state.zh}，不能再复核", clause=CLAUSE)
    if row.proposed_by == by.id:
        raise NotAllowed("提出的人不能自己复核", clause=CLAUSE)


def adopt(session: Session, row: RewardSchedule, *, by: Actor, at: datetime) -> None:
    """The second person's yes: the version applies, its amounts become the only ones payable, and the public page shows it."""
    _require_second_person(row, by)
    row.decided_by, row.decided_at, row.state = by.id, at, ScheduleState.ADOPTED
    schedule = schedule_of(row)
    for tier, act in schedule.acts():
        confirmed = tier.basis.confirmed and act.basis.confirmed
        session.add(
            RewardEntry(schedule_id=row.id, tier_id=tier.id, act_id=act.id, amount_fen=tier.amount_fen, confirmed=confirmed)
        )
    clue = schedule.settings.clue
    if clue.amount_fen:
        session.add(
            RewardEntry(
                schedule_id=row.id, tier_id=CLUE_TIER, act_id="", amount_fen=clue.amount_fen, confirmed=clue.basis.confirmed
            )
        )
    session.flush()
    audit.record(session, by=by.id, act="reward_schedule.adopt", subject=row.id, at=at, detail={"digest": row.digest})
    show_on_page(session, by=by, at=at)


def turn_down(session: Session, row: RewardSchedule, *, reason: str, by: Actor, at: datetime) -> None:
    """The second person's no, with the reason."""
    _require_second_person(row, by)
    if not reason.strip():
        raise Mendable("请写明不采用的理由", field="reason")
    row.decided_by, row.decided_at, row.state, row.reason = by.id, at, ScheduleState.REFUSED, reason.strip()
    audit.record(session, by=by.id, act="reward_schedule.turn_down", subject=row.id, at=at)


def _adopted(session: Session) -> list[RewardSchedule]:
    query = select(RewardSchedule).where(RewardSchedule.state == ScheduleState.ADOPTED)
    return list(session.scalars(query.order_by(RewardSchedule.first_receipt_on, RewardSchedule.decided_at)))


def applying(session: Session, received_on: date) -> RewardSchedule | None:
    """The version that applies to reports received on a day; None: none did."""
    return _last([row for row in _adopted(session) if row.first_receipt_on <= received_on])


def _last(rows: Sequence[RewardSchedule]) -> RewardSchedule | None:
    return rows[-1] if rows else None


def owed(session: Session, received_on: date) -> tuple[RewardSchedule, ...]:
    """Every version a report received on this day may claim: the one that applies, then those its page may have shown.

    A version adopted later with an earlier first day changes what applies, not what the reporter was told. On the day of an
    adoption the page showed both.
    """
    adopted = _adopted(session)
    found = [row for row in [applying(session, received_on)] if row is not None]
    in_force = [row for row in adopted if row.first_receipt_on <= received_on]
    morning = _last([row for row in in_force if _day(row) < received_on])
    today = [row for row in in_force if _day(row) == received_on]
    for row in ([morning] if morning else []) + today:
        if row not in found:
            found.append(row)
    return tuple(found)


def _day(row: RewardSchedule) -> date:
    assert row.decided_at is not None
    return day_of(row.decided_at)


@lru_cache(maxsize=32)
def _read(text: str) -> Schedule:
    return read_schedule(text)


def schedule_of(row: RewardSchedule) -> Schedule:
    """The version's rule, read from its text, which never changes."""
    return _read(row.text)


def _shown_today(session: Session, today: date) -> tuple[str, str]:
    row = applying(session, today)
    return (row.text, f"{row.document_number}（{spoken_day(row.document_on)}）") if row else ("", "")


def page_is_current(session: Session, today: date) -> bool:
    """Whether the public settings hold the version that applies today."""
    values = setting(session, PUBLIC, {})
    return (values.get("reward_schedule_toml", ""), values.get("reward_schedule_document", "")) == _shown_today(session, today)


def show_on_page(session: Session, *, by: Actor, at: datetime) -> bool:
    """Puts the version that applies today into the public settings. True: it was another one before."""
    if page_is_current(session, day_of(at)):
        return False
    values = dict(setting(session, PUBLIC, {}))
    values["reward_schedule_toml"], values["reward_schedule_document"] = _shown_today(session, day_of(at))
    change_setting(session, PUBLIC, values, by=by, at=at, clause=HOUSE, source=values["reward_schedule_document"], confirmed=True)
    return True
