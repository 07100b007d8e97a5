"""Paying, reconciling and voiding. The payer is a third person; unnamed collection is by code; every payment has a voucher."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.custody import openings
from moderation.office import Office
from moderation.rewards import lives, proposals
from moderation.rewards.codes import CollectionWord, code_digest
from moderation.rewards.ledger import Booking, book, budget_of
from moderation.rewards.machine import HOUSE, PaymentState, RewardState, SecondHandKind, ShareState
from moderation.rewards.phone_box import open_phone
from moderation.rewards.records import (
    CollectionCode,
    Reward,
    RewardPayment,
    RewardSchedule,
    RewardShare,
    SecondHand,
)
from portal.core import audit
from portal.core.clock import day_of
from portal.core.errors import Mendable, NotAllowed, NotThere, Refusal
from portal.core.report_content import Identity
from portal.core.reward_schedule import Means, RewardForm
from portal.core.vocabulary import Role
from portal.core.workflow import Actor, move

EQUIVALENT = frozenset({Means.PHONE_CREDIT, Means.VOUCHER})
TWO_HANDS = frozenset({Role.REWARD_APPROVER, Role.PAYER})
RECONCILERS = frozenset({Role.REWARD_APPROVER, Role.PAYER})


class IdentityDoor(Protocol):
    """Opens the identity behind a report for a payment. Writes its audit line first; the receipt shows the opening."""

    def __call__(self, office: Office, report_id: str, *, by: Actor, reason: str, at: datetime) -> Identity: ...


def open_identity(office: Office, report_id: str, *, by: Actor, reason: str, at: datetime) -> Identity:
    """The plain door: noted for the receipt, audited, then opened."""
    return openings.open_identity(office, report_id, role=Role.PAYER.zh, reason="发放举报奖励", noted=reason, by=by, at=at)


def _require_payer(by: Actor) -> None:
    if Role.PAYER not in by.roles:
        raise NotAllowed("只有兑付员可以办理兑付", clause=HOUSE)


def identity_for_payment(
    office: Office, share: RewardShare, *, by: Actor, at: datetime, door: IdentityDoor = open_identity
) -> Identity:
    """Who to pay a named share to, for the payer alone. Call it outside any transaction.

    Raises NotAllowed for everyone else, and Refusal for a share that is not due or is collected without a name.
    """
    _require_payer(by)
    if not share.named:
        raise Refusal("这一份凭领取码领取，不看姓名", clause=HOUSE)
    if share.state is not ShareState.NOTIFIED or share.report_id is None:
        raise Refusal(f"这一份{share.state.zh}，现在不需要看姓名", clause=HOUSE)
    with office.office.reading() as session:
        refused = lives.SHARE.guards["payable_by"](session.get_one(RewardShare, share.id), by)
    if refused:
        raise Refusal(refused, clause=HOUSE)
    return door(office, share.report_id, by=by, reason=f"兑付奖励（份额 {share.id}）", at=at)


def phone_for_payment(office: Office, share_id: str, *, by: Actor, at: datetime) -> str:
    """The number to charge, for the payer alone; the audit line is committed first."""
    _require_payer(by)
    with office.office.transaction() as session:
        share = session.get(RewardShare, share_id)
        if share is None or share.sealed_phone is None:
            raise Refusal("这一份没有要充值的手机号，或已在核对后删除", clause=HOUSE)
        audit.record(session, by=by.id, act="reward_share.open_phone", subject=share_id, at=at)
        box = share.sealed_phone
    return open_phone(office, box)


def share_of_code(session: Session, word: CollectionWord, key: bytes) -> tuple[RewardShare, CollectionCode]:
    """The share a code collects. Raises NotThere, the same for a wrong, a used and a voided code."""
    code = session.scalar(select(CollectionCode).where(CollectionCode.digest == code_digest(word, key)))
    if code is None or code.used_at is not None or code.voided_at is not None:
        raise NotThere("没有这个领取码，或者它已经用过、作废")
    share = session.get_one(RewardShare, code.share_id)
    if share.state is not ShareState.NOTIFIED:
        raise NotThere("没有这个领取码，或者它已经用过、作废")
    return share, code


def _pay(
    session: Session, share: RewardShare, *, means: Means, code: CollectionCode | None, reference: str, by: Actor, at: datetime
) -> RewardPayment:
    rules = lives.schedule_of_share(session, share).settings
    if means not in rules.means.means:
        raise Mendable(f"采用的办法没有“{means.zh}”这种发放方式", field="means", clause=rules.means.basis.clause)
    session.refresh(share, with_for_update=True)
    if share.state is ShareState.PAID:
        raise Refusal("这一份已经领取过", clause=HOUSE)
    refused = lives.SHARE.guards["payable_by"](share, by)
    if refused:
        raise Refusal(refused, clause=HOUSE)
    year = lives.budget_year(session, share)
    payment = RewardPayment(
        share_id=share.id,
        amount_fen=share.amount_fen,
        means=means,
        form=RewardForm.EQUIVALENT if means in EQUIVALENT else RewardForm.CASH,
        named=share.named,
        code_id=code.id if code else None,
        voucher=_next_voucher(session, year),
        state=PaymentState.PAID,
        paid_by=by.id,
        paid_at=at,
        paid_on=day_of(at),
        reference=reference.strip()[:80],
    )
    session.add(payment)
    session.flush()
    if code is not None:
        code.used_at = at
    move(session, lives.SHARE, share, "pay", by=by, at=at, detail={"means": means.value, "voucher": payment.voucher})
    book(session, Booking.PAY, share, year=year, by=by, at=at, payment=payment)
    proposals.renew_receipt(session, share)
    return payment


def _next_voucher(session: Session, year: int) -> str:
    """JL, the budget year, and a number without gaps: finance counts vouchers. The year's budget row is the lock."""
    budget = budget_of(session, year)
    budget.vouchers += 1
    return f"JL{year}-{budget.vouchers:05d}"


def pay_by_code(session: Session, word: CollectionWord, *, key: bytes, by: Actor, at: datetime) -> RewardPayment:
    """Cash at the counter against a code that then works no more. No name is asked."""
    _require_payer(by)
    share, code = share_of_code(session, word, key)
    return _pay(session, share, means=Means.COUNTER_CASH, code=code, reference="", by=by, at=at)


def pay_phone_credit(session: Session, share: RewardShare, *, reference: str, by: Actor, at: datetime) -> RewardPayment:
    """Phone credit to the sealed number; an unnamed reporter's code is used up with it. ``reference``: number of the top-up."""
    _require_payer(by)
    if share.sealed_phone is None:
        raise Refusal("这一份没有要充值的手机号", clause=HOUSE)
    if not reference.strip():
        raise Mendable("请填写充值流水号", field="reference")
    code = None if share.named else lives.live_code(session, share)
    if not share.named and code is None:
        raise Refusal("领取码还没有送到，稍后再充值", clause=HOUSE)
    return _pay(session, share, means=Means.PHONE_CREDIT, code=code, reference=reference, by=by, at=at)


def pay_named(session: Session, share: RewardShare, *, means: Means, reference: str = "", by: Actor, at: datetime) -> RewardPayment:
    """Pays a named share, after the payer saw the name. ``reference``: number of the transfer; no account, no name."""
    _require_payer(by)
    if not share.named:
        raise Refusal("这一份凭领取码领取", clause=HOUSE)
    if means is Means.PHONE_CREDIT:
        return pay_phone_credit(session, share, reference=reference, by=by, at=at)
    if means is not Means.COUNTER_CASH and not reference.strip():
        raise Mendable("请填写转账流水号", field="reference")
    return _pay(session, share, means=means, code=None, reference=reference, by=by, at=at)


def reconcile(session: Session, payment: RewardPayment, *, by: Actor, at: datetime) -> None:
    """Another person found the money in the accounts. From now on it is final, and the phone number is gone."""
    if not (RECONCILERS & by.roles):
        raise NotAllowed("只有奖励审批人或另一名兑付员可以核对", clause=HOUSE)
    if payment.paid_by == by.id:
        raise NotAllowed("兑付的人不能核对自己的兑付", clause=HOUSE)
    if payment.state is not PaymentState.PAID:
        raise Refusal(f"这一笔{payment.state.zh}", clause=HOUSE)
    share = session.get_one(RewardShare, payment.share_id)
    share.sealed_phone = None
    session.flush()
    payment.state, payment.reconciled_by, payment.reconciled_on = PaymentState.RECONCILED, by.id, day_of(at)
    session.flush()
    book(session, Booking.SETTLE, share, year=lives.budget_year(session, share), by=by, at=at, payment=payment)
    audit.record(session, by=by.id, act="reward_payment.reconcile", subject=payment.id, at=at)


# ---- acts of two people ----


def ask_second_hand(session: Session, kind: SecondHandKind, subject_id: str, *, reason: str, by: Actor, at: datetime) -> SecondHand:
    """One person asks to void a payment, revoke a reward or re-issue an expired share; another decides."""
    if not (TWO_HANDS & by.roles):
        raise NotAllowed("只有奖励审批人或兑付员可以提出", clause=HOUSE)
    if not reason.strip():
        raise Mendable("请写明理由", field="reason")
    _require_possible(session, kind, subject_id, at)
    open_already = select(SecondHand.id).where(
        SecondHand.kind == kind, SecondHand.subject_id == subject_id, SecondHand.decided_at.is_(None)
    )
    if session.scalar(open_already):
        raise Refusal("已经有人提出，等第二人决定", clause=HOUSE)
    row = SecondHand(kind=kind, subject_id=subject_id, reason=reason.strip(), asked_by=by.id, asked_at=at)
    session.add(row)
    session.flush()
    audit.record(session, by=by.id, act=f"reward.ask_{kind.value}", subject=subject_id, at=at)
    return row


def _require_possible(session: Session, kind: SecondHandKind, subject_id: str, at: datetime) -> None:
    if kind is SecondHandKind.VOID_PAYMENT:
        payment = session.get(RewardPayment, subject_id)
        if payment is None or payment.state is not PaymentState.PAID:
            raise Refusal("只有还没核对的兑付可以作废", clause=HOUSE)
    elif kind is SecondHandKind.REVOKE_REWARD:
        reward = session.get(Reward, subject_id)
        if reward is None or reward.state is not RewardState.APPROVED:
            raise Refusal("只有已审批的奖励可以撤销", clause=HOUSE)
    else:
        share = session.get(RewardShare, subject_id)
        until = lives.reissue_until(session, share) if share else None
        if share is None or share.state is not ShareState.EXPIRED or until is None or day_of(at) > until:
            raise Refusal("这一份不能补发：没有逾期，或者补发期限已过，或者办法没有补发的规定", clause=HOUSE)


def decide_second_hand(session: Session, row: SecondHand, *, agree: bool, by: Actor, at: datetime) -> None:
    """The second person's word. On yes the act is done in the same transaction."""
    if not (TWO_HANDS & by.roles):
        raise NotAllowed("只有奖励审批人或兑付员可以决定", clause=HOUSE)
    if row.asked_by == by.id:
        raise NotAllowed("提出的人不能自己决定", clause=HOUSE)
    if row.decided_at is not None:
        raise Refusal("已经有人决定过", clause=HOUSE)
    row.decided_by, row.decided_at, row.granted = by.id, at, agree
    session.flush()
    audit.record(session, by=by.id, act=f"reward.decide_{row.kind.value}", subject=row.subject_id, at=at, detail={"agree": agree})
    if agree:
        _DEEDS[row.kind](session, row, by, at)


def _void(session: Session, row: SecondHand, by: Actor, at: datetime) -> None:
    payment = session.get_one(RewardPayment, row.subject_id)
    if payment.state is not PaymentState.PAID:
        raise Refusal(f"这一笔{payment.state.zh}，不能作废", clause=HOUSE)
    payment.state = PaymentState.VOIDED
    share = session.get_one(RewardShare, payment.share_id)
    move(session, lives.SHARE, share, "void", by=by, at=at, text=row.reason)
    book(session, Booking.VOID, share, year=lives.budget_year(session, share), by=by, at=at, payment=payment)
    proposals.renew_receipt(session, share)


def _revoke(session: Session, row: SecondHand, by: Actor, at: datetime) -> None:
    reward = session.get_one(Reward, row.subject_id)
    move(session, proposals.REWARD, reward, "revoke", by=by, at=at, text=row.reason)
    for share in proposals.shares_of(session, reward):
        held = share.state in (ShareState.AWAITING, ShareState.NOTIFIED)
        if held or share.state is ShareState.EXPIRED:
            move(session, lives.SHARE, share, "revoke", by=by, at=at, text=row.reason)
            share.sealed_phone = None
            proposals.renew_receipt(session, share)
        if held:
            lives.release(session, share, by=by, at=at)


def _reissue(session: Session, row: SecondHand, by: Actor, at: datetime) -> None:
    share = session.get_one(RewardShare, row.subject_id)
    lives.reissue(session, share, reason=row.reason, by=by, at=at)
    proposals.renew_receipt(session, share)


_DEEDS = {
    SecondHandKind.VOID_PAYMENT: _void,
    SecondHandKind.REVOKE_REWARD: _revoke,
    SecondHandKind.REISSUE: _reissue,
}


# ---- vouchers ----


@dataclass(frozen=True)
class Voucher:
    """What is printed for one payment. ``payee``: never a name. Named ones sign by hand; of unnamed ones no hand is asked, a
    colleague signs as witness."""

    payment: RewardPayment
    share: RewardShare
    reward: Reward
    schedule: RewardSchedule
    payee: str


def voucher(session: Session, payment: RewardPayment) -> Voucher:
    """The voucher of a payment."""
    share = session.get_one(RewardShare, payment.share_id)
    reward = session.get_one(Reward, share.reward_id)
    payee = "实名举报人（签字）" if payment.named else "凭领取码领取，不具名"
    return Voucher(payment, share, reward, session.get_one(RewardSchedule, reward.schedule_id), payee)
