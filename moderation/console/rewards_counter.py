"""The payer's desk (兑付窗口): a code at the counter, a named reporter, a phone to charge. Shows no letter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from werkzeug.wrappers import Response

from moderation.console.access import allowed, office, staff
from moderation.console.navigation import Entry
from moderation.console.paging import PAGE, Paging, how_many, paging
from moderation.keys import symmetric_key
from moderation.rewards import collection, lives, payments
from moderation.rewards.codes import read_code
from moderation.rewards.machine import RewardState, SecondHandKind, ShareState
from moderation.rewards.records import Reward, RewardPayment, RewardShare
from portal.core.clock import day_of, now
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.report_content import Identity
from portal.core.reward_schedule import Means, yuan_text
from portal.core.vocabulary import Role
from portal.web.fields import PlainField

bp = Blueprint("rewards_counter", __name__, url_prefix="/reward-counter")
PAYERS = (Role.PAYER,)
READERS = (Role.PAYER, Role.AUDITOR, Role.REWARD_APPROVER)


ENTRIES = (Entry("奖励", "兑付窗口", "rewards_counter.home", frozenset(PAYERS)),)


@dataclass(frozen=True)
class ShareLine:
    """A share as the payer's list prints it."""

    share: RewardShare
    amount: str
    how: str
    until: date | None
    over: bool


def _line(share: RewardShare, today: date) -> ShareLine:
    how = "充话费" if share.sealed_phone is not None else "实名" if share.named else "凭领取码"
    over = share.collect_until is not None and share.collect_until < today
    return ShareLine(share, yuan_text(share.amount_fen), how, share.collect_until, over)


def _shares(state: ShareState, *wanted: ColumnElement[bool]) -> Select[RewardShare]:
    query = select(RewardShare).join(Reward, Reward.id == RewardShare.reward_id)
    return query.where(Reward.state == RewardState.APPROVED, RewardShare.state == state, *wanted)


def _page_of(
    session: Session, query: Select[RewardShare], name: str, *order: ColumnElement[Any] | InstrumentedAttribute[Any]
) -> tuple[Paging, list[RewardShare]]:
    page = paging(how_many(session, query, RewardShare.id), "rewards_counter.home", name=name)
    return page, list(session.scalars(query.order_by(*order, RewardShare.id).offset(page.first).limit(PAGE)))


@bp.get("/")
@allowed(*PAYERS)
def home() -> str:
    return _home()


def _home(problem: str = "") -> str:
    today = day_of(now())
    code = PlainField("code", "领取码", "", errors=(problem,) if problem else ())
    with office().office.reading() as session:
        named = _shares(ShareState.NOTIFIED, RewardShare.named | RewardShare.sealed_phone.is_not(None))
        page, due = _page_of(session, named, "page", RewardShare.collect_until)
        untold = _shares(ShareState.AWAITING, RewardShare.report_id.is_(None))
        untold_page, to_tell = _page_of(session, untold, "untold", RewardShare.notice_due_on)
        expired_page, expired = _page_of(session, lives.reissuable(session, today), "expired", RewardShare.expired_on)
        again = [(_line(share, today), lives.reissue_until(session, share)) for share in expired]
        recent = list(session.scalars(select(RewardPayment).order_by(RewardPayment.paid_at.desc()).limit(10)))
    return render_template(
        "rewards/counter.html",
        code=code,
        due=[_line(share, today) for share in due],
        page=page,
        untold=[_line(share, today) for share in to_tell],
        untold_page=untold_page,
        expired=again,
        expired_page=expired_page,
        recent=[(payment, yuan_text(payment.amount_fen)) for payment in recent],
        page_has_errors=bool(problem),
    )


# ---- by code ----


@bp.post("/code")
@allowed(*PAYERS)
def look_up_code() -> str | tuple[str, int]:
    """The amount behind a code; nothing is paid yet."""
    typed = request.form.get("code", "")
    try:
        word = read_code(typed)
        with office().office.reading() as session:
            share, _code = payments.share_of_code(session, word, _code_key())
            refused = lives.SHARE.guards["payable_by"](share, staff())
            amount = yuan_text(share.amount_fen)
    except Refusal as wrong:
        return _home(wrong.reason), 422
    return render_template("rewards/code.html", typed=typed, amount=amount, refused=refused)


@bp.post("/code/pay")
@allowed(*PAYERS)
def pay_code() -> Response | tuple[str, int]:
    try:
        word = read_code(request.form.get("code", ""))
        with office().office.transaction() as session:
            payment = payments.pay_by_code(session, word, key=_code_key(), by=staff(), at=now())
    except Refusal as wrong:
        return _home(wrong.reason), wrong.status
    flash(f"已兑付 {yuan_text(payment.amount_fen)} 元，请打印凭证")
    return redirect(url_for("rewards_counter.voucher", payment_id=payment.id), 303)


def _code_key() -> bytes:
    return symmetric_key(office().keys, collection.CODE_KEY)


# ---- one share ----


def _share(session: Session, share_id: str) -> RewardShare:
    share = session.get(RewardShare, share_id)
    if share is None or session.get_one(Reward, share.reward_id).state is not RewardState.APPROVED:
        raise NotThere("没有这一份奖励")
    return share


@bp.get("/shares/<share_id>")
@allowed(*PAYERS)
def share_page(share_id: str) -> str:
    return _share_page(share_id)


def _share_page(share_id: str, *, who: Identity | None = None, phone: str = "", refused: Refusal | None = None) -> str:
    with office().office.reading() as session:
        share = _share(session, share_id)
        reward = session.get_one(Reward, share.reward_id)
        means = lives.schedule_of_share(session, share).settings.means.means
        offered = [(one.value, one.zh) for one in means if one is not Means.PHONE_CREDIT]
        return render_template(
            "rewards/share.html",
            it=_line(share, day_of(now())),
            reward=reward,
            means=PlainField("means", "发放方式", offered[0][0] if offered else "", options=tuple(offered)),
            may_pay=any(step.verb == "pay" for step in lives.SHARE.offered(share, staff())),
            payment=session.scalar(
                select(RewardPayment).where(RewardPayment.share_id == share_id).order_by(RewardPayment.paid_at.desc())
            ),
            may_reissue=share.state is ShareState.EXPIRED and lives.reissue_until(session, share) is not None,
            payee=who,
            phone=phone,
            refused=refused,
            page_has_errors=bool(refused),
        )


@bp.post("/shares/<share_id>/identity")
@allowed(*PAYERS)
def identity(share_id: str) -> str | tuple[str, int]:
    """Shows the name once, on this page only; the opening is on record and on the reporter's receipt."""
    with office().office.reading() as session:
        share = _share(session, share_id)
    try:
        who = payments.identity_for_payment(office(), share, by=staff(), at=now())
    except Refusal as refused:
        return _share_page(share_id, refused=refused), refused.status
    return _share_page(share_id, who=who)


@bp.post("/shares/<share_id>/phone")
@allowed(*PAYERS)
def phone(share_id: str) -> str | tuple[str, int]:
    """Shows the sealed number once, on this page only."""
    try:
        number = payments.phone_for_payment(office(), share_id, by=staff(), at=now())
    except Refusal as refused:
        return _share_page(share_id, refused=refused), refused.status
    return _share_page(share_id, phone=number)


@bp.post("/shares/<share_id>/pay")
@allowed(*PAYERS)
def pay(share_id: str) -> Response | tuple[str, int]:
    reference = request.form.get("reference", "")
    try:
        with office().office.transaction() as session:
            share = _share(session, share_id)
            if request.form.get("means") == Means.PHONE_CREDIT.value:
                payment = payments.pay_phone_credit(session, share, reference=reference, by=staff(), at=now())
            else:
                payment = payments.pay_named(session, share, means=_means(), reference=reference, by=staff(), at=now())
    except Refusal as refused:
        return _share_page(share_id, refused=refused), refused.status
    flash(f"已兑付 {yuan_text(payment.amount_fen)} 元，请打印凭证")
    return redirect(url_for("rewards_counter.voucher", payment_id=payment.id), 303)


def _means() -> Means:
    chosen = request.form.get("means", "")
    found = next((means for means in Means if means.value == chosen), None)
    if found is None:
        raise Mendable("请选择发放方式", field="means")
    return found


@bp.post("/shares/<share_id>/notify")
@allowed(*PAYERS)
def notify(share_id: str) -> Response | tuple[str, int]:
    """A reporter without a receipt was told by phone or letter."""
    try:
        with office().office.transaction() as session:
            lives.notify(session, _share(session, share_id), by=staff(), at=now())
    except Refusal as refused:
        return _share_page(share_id, refused=refused), refused.status
    flash("已登记通知，领取期限开始")
    return redirect(url_for("rewards_counter.share_page", share_id=share_id), 303)


@bp.post("/shares/<share_id>/unreachable")
@allowed(*PAYERS)
def unreachable(share_id: str) -> Response | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            reason = request.form.get("reason", "")
            lives.note_unreachable(session, _share(session, share_id), reason=reason, by=staff(), at=now())
    except Refusal as refused:
        return _share_page(share_id, refused=refused), refused.status
    flash("已记下。只有领取期限过了才作放弃")
    return redirect(url_for("rewards_counter.share_page", share_id=share_id), 303)


@bp.post("/shares/<share_id>/reissue")
@allowed(*PAYERS)
def ask_reissue(share_id: str) -> Response | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            _share(session, share_id)
            reason = request.form.get("reason", "")
            payments.ask_second_hand(session, SecondHandKind.REISSUE, share_id, reason=reason, by=staff(), at=now())
    except Refusal as refused:
        return _share_page(share_id, refused=refused), refused.status
    flash("已提出补发，等第二个人决定")
    return redirect(url_for("rewards_counter.home"), 303)


# ---- the voucher ----


@bp.get("/payments/<payment_id>")
@allowed(*READERS)
def voucher(payment_id: str) -> str:
    with office().office.reading() as session:
        payment = session.get(RewardPayment, payment_id)
        if payment is None:
            raise NotThere("没有这笔兑付")
        paper = payments.voucher(session, payment)
        return render_template("rewards/voucher.html", it=paper, amount=yuan_text(payment.amount_fen), may_void=_may_void(payment))


def _may_void(payment: RewardPayment) -> bool:
    return payment.state.value == "paid" and bool({Role.PAYER, Role.REWARD_APPROVER} & staff().roles)
