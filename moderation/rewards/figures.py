"""Figures of rewards: public totals that survive subtraction, and the auditor's sample of unnamed payments. Never a person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.rewards.machine import PaymentState
from moderation.rewards.records import Reward, RewardLine, RewardPayment, RewardSchedule, RewardShare
from moderation.rewards.schedules import schedule_of
from moderation.settings import PUBLIC, change_setting, setting
from portal.core import audit
from portal.core.clock import day_of
from portal.core.errors import Mendable, NotAllowed, Refusal
from portal.core.reward_schedule import yuan_text
from portal.core.vocabulary import Role
from portal.core.workflow import Actor

SMALLEST = 5
"""Fewer payments than this are never shown by themselves."""

CLUE_WORDS = "有用线索（未查实）"
Month = tuple[int, int]


@dataclass(frozen=True)
class Paid:
    """One reconciled payment as far as the public may count it: the act, the month, the amount."""

    act: str
    month: Month
    amount_fen: int


@dataclass(frozen=True)
class TotalRow:
    """Payments for one act over one month, or over several where single ones would be too few. ``payments`` ≥ SMALLEST."""

    act: str
    first: Month
    last: Month
    payments: int
    amount_fen: int

    @property
    def period(self) -> str:
        first, last = (f"{year}年{month}月" for year, month in (self.first, self.last))
        return first if first == last else f"{first}至{last}"

    @property
    def amount(self) -> str:
        return f"{yuan_text(self.amount_fen)} 元"


def grouped(paid: Iterable[Paid], before: Month, *, smallest: int = SMALLEST) -> tuple[TotalRow, ...]:
    """Totals by act and month, only of months that are over. Months of an act are joined until they hold ``smallest`` payments.

    What is too little stays out, of the sum as well, until later months bring more. So every row, every sum of rows and every
    difference between two publications covers at least ``smallest`` payments; rows once shown never change.
    """
    rows: list[TotalRow] = []
    by_act: dict[str, dict[Month, list[int]]] = {}
    for one in paid:
        if one.month < before:
            by_act.setdefault(one.act, {}).setdefault(one.month, []).append(one.amount_fen)
    for act, months in by_act.items():
        first, amounts = None, []
        for month in sorted(months):
            first = first or month
            amounts += months[month]
            if len(amounts) >= smallest:
                rows.append(TotalRow(act, first, month, len(amounts), sum(amounts)))
                first, amounts = None, []
    return tuple(sorted(rows, key=lambda row: (row.last, row.first, row.act)))


def paid_so_far(session: Session) -> list[Paid]:
    """Every reconciled payment, which can no longer be voided, with the act its reward was given for."""
    query = (
        select(RewardPayment.reconciled_on, RewardPayment.amount_fen, Reward.id, RewardSchedule)
        .join(RewardShare, RewardShare.id == RewardPayment.share_id)
        .join(Reward, Reward.id == RewardShare.reward_id)
        .join(RewardSchedule, RewardSchedule.id == Reward.schedule_id)
        .where(RewardPayment.state == PaymentState.RECONCILED)
    )
    words: dict[str, dict[str, str]] = {}
    main = _main_acts(session)
    found = []
    for day, amount, reward_id, row in session.execute(query):
        assert day is not None
        if row.id not in words:
            words[row.id] = {act.id: act.everyday for _, act in schedule_of(row).acts()}
        act = main[reward_id]
        found.append(Paid(words[row.id].get(act, CLUE_WORDS), (day.year, day.month), amount))
    return found


def _main_acts(session: Session) -> dict[str, str]:
    """Of each reward, the act that earned most; where acts are added up a payment still counts once."""
    query = select(RewardLine.reward_id, RewardLine.act_id).order_by(RewardLine.amount_fen, RewardLine.act_id.desc())
    return dict(session.execute(query).all())


def public_totals(session: Session, on: date) -> tuple[TotalRow, ...]:
    """The totals the public page may show on a day."""
    return grouped(paid_so_far(session), (on.year, on.month))


def _rows_for_page(session: Session, on: date) -> list[dict[str, str | int]]:
    return [
        {"act": row.act, "period": row.period, "payments": row.payments, "amount": row.amount} for row in public_totals(session, on)
    ]


def totals_are_current(session: Session, on: date) -> bool:
    """Whether the public settings hold the totals of this day."""
    shown: object = setting(session, PUBLIC, {}).get("extra", {}).get("reward_totals", [])
    return shown == _rows_for_page(session, on)


def show_totals(session: Session, *, by: Actor, at: datetime) -> bool:
    """Puts the totals into the public settings. True: they changed."""
    if totals_are_current(session, day_of(at)):
        return False
    values = dict(setting(session, PUBLIC, {}))
    values["extra"] = {**values.get("extra", {}), "reward_totals": _rows_for_page(session, day_of(at))}
    change_setting(session, PUBLIC, values, by=by, at=at, source="奖励台账", confirmed=True)
    return True


# ---- the auditor ----


def sample(session: Session, *, seed: str, size: int) -> list[RewardPayment]:
    """Unnamed payments to look at, drawn by ``seed`` (the day of the draw): the same seed draws the same, so it can be repeated."""
    query = select(RewardPayment).where(RewardPayment.named.is_(False), RewardPayment.sampled_on.is_(None))
    drawn = sorted(session.scalars(query), key=lambda payment: hashlib.sha256(f"{seed} {payment.id}".encode()).digest())
    return drawn[:size]


def note_sample(session: Session, payment: RewardPayment, *, note: str, by: Actor, at: datetime) -> None:
    """What the auditor found: voucher, signature at the counter, money and code against each other."""
    if Role.AUDITOR not in by.roles:
        raise NotAllowed("只有审计员可以抽查", clause="匿名领取由审计抽查")
    if payment.named:
        raise Refusal("抽查只针对匿名领取", clause="匿名领取由审计抽查")
    if not note.strip():
        raise Mendable("请写明抽查结果", field="note")
    payment.sampled_by, payment.sampled_on, payment.sample_note = by.id, day_of(at), note.strip()
    audit.record(session, by=by.id, act="reward_payment.sample", subject=payment.id, at=at)
