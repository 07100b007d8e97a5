"""The reward ledger: double entries and the running budget of each year. Money is int fen throughout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.rewards.machine import PaymentState, RewardState, ShareState
from moderation.rewards.records import LedgerEntry, Reward, RewardBudget, RewardPayment, RewardShare
from portal.core.clock import day_of
from portal.core.errors import Refusal
from portal.core.reward_schedule import yuan_text
from portal.core.vocabulary import Term
from portal.core.workflow import Actor


class Account(Term):
    """Where reward money stands. All accounts of a year together are always nought."""

    BUDGET = "budget", "预算", "budget"
    COMMITTED = "committed", "已批未付", "committed"
    PAID = "paid", "已付待核", "paid, to be reconciled"
    SETTLED = "settled", "已核对", "settled"


class Booking(Term):
    """Kinds of entry. What moves where stands in ``MOVES``."""

    COMMIT = "commit", "审批占用", "committed on approval"
    RELEASE = "release", "退回预算", "given back"
    PAY = "pay", "兑付", "paid"
    VOID = "void", "作废兑付", "payment voided"
    SETTLE = "settle", "核对", "settled"


# kind → account the money goes to (debit), account it comes from (credit)
MOVES: dict[Booking, tuple[Account, Account]] = {
    Booking.COMMIT: (Account.COMMITTED, Account.BUDGET),
    Booking.RELEASE: (Account.BUDGET, Account.COMMITTED),
    Booking.PAY: (Account.PAID, Account.COMMITTED),
    Booking.VOID: (Account.COMMITTED, Account.PAID),
    Booking.SETTLE: (Account.SETTLED, Account.PAID),
}
# kind → change of (committed, paid) in the year's running budget, in amounts
_BUDGET: dict[Booking, tuple[int, int]] = {
    Booking.COMMIT: (1, 0),
    Booking.RELEASE: (-1, 0),
    Booking.PAY: (0, 1),
    Booking.VOID: (0, -1),
    Booking.SETTLE: (0, 0),
}


def budget_of(session: Session, year: int, *, cap_fen: int | None = None) -> RewardBudget:
    """The running budget of ``year``, locked for this transaction. ``cap_fen`` (0: none) is the cap of the rule as it stands.

    A cap lowered under what is committed already stops new commitments and takes nothing back.
    """
    found = session.scalar(select(RewardBudget).where(RewardBudget.year == year).with_for_update())
    if found is None:
        found = RewardBudget(year=year, committed_fen=0, paid_fen=0, vouchers=0)
        session.add(found)
    if cap_fen is not None:
        found.cap_fen = max(cap_fen, found.committed_fen) if cap_fen else None
    return found


def book(
    session: Session, kind: Booking, share: RewardShare, *, year: int, by: Actor, at: datetime, payment: RewardPayment | None = None
) -> LedgerEntry:
    """Books one double entry for a share and keeps the running budget. The same thing cannot be booked twice.

    Raises Refusal when the year's budget would not cover it.
    """
    budget = budget_of(session, year)
    committed, paid = _BUDGET[kind]
    budget.committed_fen += committed * share.amount_fen
    budget.paid_fen += paid * share.amount_fen
    if budget.cap_fen is not None and budget.committed_fen > budget.cap_fen:
        left = budget.cap_fen - budget.committed_fen + share.amount_fen
        raise Refusal(
            f"{year} 年奖励预算只剩 {yuan_text(left)} 元，不够这一笔 {yuan_text(share.amount_fen)} 元", clause="全年预算上限"
        )
    debit, credit = MOVES[kind]
    entry = LedgerEntry(
        key=_key(session, kind, share, payment),
        at=at,
        day=day_of(at),
        year=year,
        kind=kind.value,
        debit=debit.value,
        credit=credit.value,
        amount_fen=share.amount_fen,
        share_id=share.id,
        payment_id=payment.id if payment else None,
        by=by.id,
    )
    session.add(entry)
    session.flush()
    return entry


def _key(session: Session, kind: Booking, share: RewardShare, payment: RewardPayment | None) -> str:
    """A payment is booked once for each kind; commitments of a share alternate with its releases, so they are counted."""
    if payment is not None:
        return f"{kind.value}:{payment.id}"
    earlier = select(func.count()).where(LedgerEntry.share_id == share.id, LedgerEntry.kind == kind.value)
    return f"{kind.value}:{share.id}:{(session.scalar(earlier) or 0) + 1}"


def balances(session: Session, year: int | None = None) -> dict[Account, int]:
    """What stands on each account, in fen; the budget's is negative. Of one year, or of all."""
    found = dict.fromkeys(Account, 0)
    for column, sign in ((LedgerEntry.debit, 1), (LedgerEntry.credit, -1)):
        query = select(column, func.sum(LedgerEntry.amount_fen)).group_by(column)
        if year is not None:
            query = query.where(LedgerEntry.year == year)
        for account, amount in session.execute(query):
            found[Account(account)] += sign * int(amount)  # type: ignore[call-arg]
    return found


@dataclass(frozen=True)
class LedgerRow:
    """One line of the ledger page. ``left_fen`` None: the year has no cap."""

    entry: LedgerEntry
    kind: Booking
    debit: Account
    credit: Account
    committed_fen: int
    left_fen: int | None


def ledger_rows(session: Session, year: int) -> tuple[LedgerRow, ...]:
    """The entries of a year in order, each with what is then committed and left of the budget."""
    budget = session.get(RewardBudget, year)
    cap = budget.cap_fen if budget else None
    committed, rows = 0, []
    for entry in session.scalars(select(LedgerEntry).where(LedgerEntry.year == year).order_by(LedgerEntry.number)):
        kind = Booking(entry.kind)  # type: ignore[call-arg]
        committed += _BUDGET[kind][0] * entry.amount_fen
        left = None if cap is None else cap - committed
        rows.append(LedgerRow(entry, kind, *MOVES[kind], committed, left))
    return tuple(rows)


def proof_of_books(session: Session) -> tuple[str, ...]:
    """Everything in the books that does not add up, in words; () when they are right to the fen.

    Accounts sum to nought; each account equals the shares and payments it stands for; each year's budget equals its entries.
    """
    found = balances(session)
    wrong = [] if sum(found.values()) == 0 else ["各账户合计不为零"]
    expected = {
        Account.COMMITTED: _shares_in(session, ShareState.AWAITING, ShareState.NOTIFIED),
        Account.PAID: _payments_in(session, PaymentState.PAID),
        Account.SETTLED: _payments_in(session, PaymentState.RECONCILED),
    }
    for account, amount in expected.items():
        if found[account] != amount:
            wrong.append(f"“{account.zh}”账面 {yuan_text(found[account])} 元，实际 {yuan_text(amount)} 元")
    for budget in session.scalars(select(RewardBudget)):
        year = balances(session, budget.year)
        paid = year[Account.PAID] + year[Account.SETTLED]
        if budget.committed_fen != -year[Account.BUDGET] or budget.paid_fen != paid:
            wrong.append(f"{budget.year} 年预算与分录不符")
    paid_shares = _shares_in(session, ShareState.PAID)
    if paid_shares != expected[Account.PAID] + expected[Account.SETTLED]:
        wrong.append("已领取的份额与兑付不符")
    return tuple(wrong)


def _shares_in(session: Session, *states: ShareState) -> int:
    query = (
        select(func.coalesce(func.sum(RewardShare.amount_fen), 0))
        .join(Reward, Reward.id == RewardShare.reward_id)
        .where(RewardShare.state.in_(states), Reward.state == RewardState.APPROVED)
    )
    return int(session.scalar(query) or 0)


def _payments_in(session: Session, state: PaymentState) -> int:
    query = select(func.coalesce(func.sum(RewardPayment.amount_fen), 0)).where(RewardPayment.state == state)
    return int(session.scalar(query) or 0)
