"""The books of rewards: ledger with running budget, reconciliation, acts of two people, the auditor's sample, the workbook."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from moderation.console.access import allowed, office, staff
from moderation.console.navigation import Entry
from moderation.console.paging import PAGE, how_many, paging
from moderation.rewards import figures, payments
from moderation.rewards.ledger import Account, balances, ledger_rows, proof_of_books
from moderation.rewards.machine import PaymentState, SecondHandKind
from moderation.rewards.proposals import acts_of_two_known_to, known_to
from moderation.rewards.records import Reward, RewardBudget, RewardPayment, RewardShare, SecondHand, VerifiedOffence
from moderation.rewards.workbook import finance_workbook
from moderation.staff import StaffMember
from portal.core.clock import day_of, now
from portal.core.errors import NotThere, Refusal
from portal.core.reward_schedule import yuan_text
from portal.core.vocabulary import Role

bp = Blueprint("rewards_books", __name__, url_prefix="/reward-books")
HANDS = (Role.REWARD_APPROVER, Role.PAYER)
READERS = (*HANDS, Role.AUDITOR, Role.LEADER)
SAMPLE = 5
SHOWN = 60
"""Entries a ledger page shows; all of them are in the workbook."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


ENTRIES = (
    Entry("奖励", "核对兑付", "rewards_books.reconcile", frozenset(HANDS)),
    Entry("奖励", "两人办理", "rewards_books.second_hands", frozenset(HANDS)),
    Entry("奖励", "奖励台账", "rewards_books.ledger", frozenset(READERS)),
    Entry("奖励", "匿名领取抽查", "rewards_books.sample", frozenset({Role.AUDITOR})),
)


def _year() -> int:
    asked = request.args.get("year", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else day_of(now()).year


@bp.get("/ledger")
@allowed(*READERS)
def ledger() -> str:
    year = _year()
    with office().office.reading() as session:
        budget = session.get(RewardBudget, year)
        found = balances(session, year)
        cap = budget.cap_fen if budget else None
        committed = budget.committed_fen if budget else 0
        rows = ledger_rows(session, year)[::-1]
        years = sorted({year, day_of(now()).year, *session.scalars(select(RewardBudget.year))}, reverse=True)
        return render_template(
            "rewards/ledger.html",
            year=year,
            years=years,
            rows=[
                (row, yuan_text(row.entry.amount_fen), None if row.left_fen is None else yuan_text(row.left_fen))
                for row in rows[:SHOWN]
            ],
            more=len(rows) > SHOWN,
            accounts=[(account, yuan_text(found[account])) for account in Account],
            total=yuan_text(sum(found.values())),
            cap=None if cap is None else yuan_text(cap),
            left=None if cap is None else yuan_text(cap - committed),
            parts=_meter(found, cap, committed),
            wrong=proof_of_books(session),
            totals=figures.public_totals(session, day_of(now())),
        )


def _meter(found: dict[Account, int], cap: int | None, committed: int) -> list[tuple[str, int, str, None]]:
    """The budget as a drawing: settled, paid, committed, left; in whole yuan."""
    left = [] if cap is None else [("none", (cap - committed) // 100, "余额（元）", None)]
    drawn = [("done", Account.SETTLED), ("on", Account.PAID), ("late", Account.COMMITTED)]
    return [*((kind, found[account] // 100, f"{account.zh}（元）", None) for kind, account in drawn), *left]


@bp.get("/ledger.xlsx")
@allowed(*READERS)
def workbook() -> Response:
    year = _year()
    with office().office.reading() as session:
        data = finance_workbook(session, year)
    return Response(data, mimetype=XLSX, headers={"Content-Disposition": f'attachment; filename="reward-ledger-{year}.xlsx"'})


# ---- reconciliation ----


@bp.get("/reconcile")
@allowed(*HANDS)
def reconcile() -> str:
    return _reconcile_page()


def _reconcile_page(refused: Refusal | None = None) -> str:
    with office().office.reading() as session:
        paid = select(RewardPayment).where(RewardPayment.state == PaymentState.PAID)
        page = paging(how_many(session, paid, RewardPayment.id), "rewards_books.reconcile")
        # What this person may reconcile stands first.
        order = (RewardPayment.paid_by == staff().id, RewardPayment.paid_at, RewardPayment.id)
        shown = session.scalars(paid.order_by(*order).offset(page.first).limit(PAGE))
        rows = [(one, yuan_text(one.amount_fen), _name(session, one.paid_by)) for one in shown]
    return render_template(
        "rewards/reconcile.html", rows=rows, page=page, refused=refused, me=staff().id, page_has_errors=bool(refused)
    )


def _name(session: Session, staff_id: str) -> str:
    person = session.get(StaffMember, staff_id)
    return person.name if person else staff_id


@bp.post("/payments/<payment_id>/reconcile")
@allowed(*HANDS)
def reconcile_send(payment_id: str) -> Answer | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            payments.reconcile(session, _payment(session, payment_id), by=staff(), at=now())
    except Refusal as refused:
        return _reconcile_page(refused), refused.status
    flash("已核对。手机号（如有）已删除")
    return redirect(url_for("rewards_books.reconcile"), 303)


def _payment(session: Session, payment_id: str) -> RewardPayment:
    payment = session.get(RewardPayment, payment_id)
    if payment is None:
        raise NotThere("没有这笔兑付")
    return payment


# ---- two people ----


@dataclass(frozen=True)
class Request:
    """An act of two people as the list prints it."""

    row: SecondHand
    what: str
    asked_by: str
    decided_by: str
    mine: bool


def _request(session: Session, row: SecondHand) -> Request:
    decided_by = _name(session, row.decided_by) if row.decided_by else ""
    return Request(row, _subject(session, row), _name(session, row.asked_by), decided_by, row.asked_by == staff().id)


def _subject(session: Session, row: SecondHand) -> str:
    """What it is about, without a letter or a person."""
    if row.kind is SecondHandKind.VOID_PAYMENT:
        payment = session.get_one(RewardPayment, row.subject_id)
        return f"凭证 {payment.voucher}，{yuan_text(payment.amount_fen)} 元"
    if row.kind is SecondHandKind.REISSUE:
        return f"{yuan_text(session.get_one(RewardShare, row.subject_id).amount_fen)} 元"
    reward = session.get_one(Reward, row.subject_id)
    offence = session.get_one(VerifiedOffence, reward.offence_id)
    return f"{offence.target or offence.place}，{yuan_text(reward.amount_fen)} 元"


@bp.get("/second-hands")
@allowed(*HANDS)
def second_hands() -> str:
    return _second_hands_page()


def _second_hands_page(refused: Refusal | None = None) -> str:
    with office().office.reading() as session:
        known = acts_of_two_known_to(staff())
        page = paging(how_many(session, known, SecondHand.id), "rewards_books.second_hands")
        order = (SecondHand.decided_at.is_not(None), SecondHand.asked_at.desc(), SecondHand.id)
        rows = [_request(session, row) for row in session.scalars(known.order_by(*order).offset(page.first).limit(PAGE))]
    return render_template("rewards/second_hands.html", rows=rows, page=page, refused=refused, page_has_errors=bool(refused))


@bp.post("/payments/<payment_id>/void")
@allowed(*HANDS)
def ask_void(payment_id: str) -> Answer | tuple[str, int]:
    return _ask(SecondHandKind.VOID_PAYMENT, payment_id)


@bp.post("/rewards/<reward_id>/revoke")
@allowed(*HANDS)
def ask_revoke(reward_id: str) -> Answer | tuple[str, int]:
    with office().office.reading() as session:
        if session.scalar(known_to(staff()).where(Reward.id == reward_id)) is None:
            raise NotThere("没有这件奖励，或者它不归您的岗位看")
    return _ask(SecondHandKind.REVOKE_REWARD, reward_id)


def _ask(kind: SecondHandKind, subject_id: str) -> Answer | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            payments.ask_second_hand(session, kind, subject_id, reason=request.form.get("reason", ""), by=staff(), at=now())
    except Refusal as refused:
        return _second_hands_page(refused), refused.status
    flash("已提出，等第二个人决定")
    return redirect(url_for("rewards_books.second_hands"), 303)


@bp.post("/second-hands/<request_id>")
@allowed(*HANDS)
def decide(request_id: str) -> Answer | tuple[str, int]:
    agree = request.form.get("agree") == "yes"
    try:
        with office().office.transaction() as session:
            row = session.scalar(acts_of_two_known_to(staff()).where(SecondHand.id == request_id))
            if row is None:
                raise NotThere("没有这项申请")
            payments.decide_second_hand(session, row, agree=agree, by=staff(), at=now())
    except Refusal as refused:
        return _second_hands_page(refused), refused.status
    flash("已办理" if agree else "已不同意，什么都没有改")
    return redirect(url_for("rewards_books.second_hands"), 303)


# ---- the auditor ----


@bp.get("/sample")
@allowed(Role.AUDITOR)
def sample() -> str:
    return _sample_page()


def _sample_page(refused: Refusal | None = None) -> str:
    seed = day_of(now()).isoformat()
    with office().office.reading() as session:
        drawn = [
            (one, yuan_text(one.amount_fen), _name(session, one.paid_by)) for one in figures.sample(session, seed=seed, size=SAMPLE)
        ]
        query = select(RewardPayment).where(RewardPayment.sampled_on.is_not(None)).order_by(RewardPayment.sampled_on.desc())
        done = [(one, yuan_text(one.amount_fen)) for one in session.scalars(query.limit(50))]
    return render_template("rewards/sample.html", drawn=drawn, done=done, seed=seed, refused=refused, page_has_errors=bool(refused))


@bp.post("/payments/<payment_id>/sample")
@allowed(Role.AUDITOR)
def sample_send(payment_id: str) -> Answer | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            note = request.form.get("note", "")
            figures.note_sample(session, _payment(session, payment_id), note=note, by=staff(), at=now())
    except Refusal as refused:
        return _sample_page(refused), refused.status
    flash("抽查结果已记下")
    return redirect(url_for("rewards_books.sample"), 303)
