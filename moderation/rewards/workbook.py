"""The workbook for finance: payments, ledger and budget of a year. No names, no letters, no phone numbers."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.papers import Sheet, xlsx
from moderation.rewards.ledger import Account, balances, ledger_rows
from moderation.rewards.records import Reward, RewardBudget, RewardPayment, RewardShare


def yuan(fen: int) -> Decimal:
    """Exact yuan for a cell: 1667 → 16.67."""
    return Decimal(fen) / 100


def finance_workbook(session: Session, year: int) -> bytes:
    """XLSX for finance. Texts stay texts: a reference that begins with “=” is no formula."""
    return xlsx((_payments(session, year), _ledger(session, year), _budget(session, year)))


def _payments(session: Session, year: int) -> Sheet:
    query = (
        select(RewardPayment, Reward)
        .join(RewardShare, RewardShare.id == RewardPayment.share_id)
        .join(Reward, Reward.id == RewardShare.reward_id)
        .where(Reward.budget_year == year)
        .order_by(RewardPayment.voucher)
    )
    rows = [
        (
            payment.voucher,
            payment.paid_on.isoformat(),
            yuan(payment.amount_fen),
            payment.means.zh,
            payment.form.zh,
            "实名" if payment.named else "凭领取码",
            reward.clause,
            payment.reference,
            payment.state.zh,
            payment.reconciled_on.isoformat() if payment.reconciled_on else "",
        )
        for payment, reward in session.execute(query)
    ]
    header = ("凭证号", "兑付日期", "金额（元）", "方式", "形式", "领取人", "条款", "流水号", "状态", "核对日期")
    return Sheet("兑付", header, rows, (f"{year} 年预算的全部兑付，作废的也列出",))


def _ledger(session: Session, year: int) -> Sheet:
    rows = [
        (
            row.entry.number,
            row.entry.day.isoformat(),
            row.kind.zh,
            row.debit.zh,
            row.credit.zh,
            yuan(row.entry.amount_fen),
            yuan(row.committed_fen),
            yuan(row.left_fen) if row.left_fen is not None else "不设上限",
            row.entry.share_id,
        )
        for row in ledger_rows(session, year)
    ]
    header = ("序号", "日期", "事项", "借方", "贷方", "金额（元）", "已占用（元）", "预算余额（元）", "份额编号")
    return Sheet("台账", header, rows, ("复式记账：每一行从贷方账户转入借方账户，所有账户合计为零",))


def _budget(session: Session, year: int) -> Sheet:
    budget = session.get(RewardBudget, year)
    cap = "不设上限" if budget is None or budget.cap_fen is None else yuan(budget.cap_fen)
    found = balances(session, year)
    rows = [("全年预算", cap), *((account.zh, yuan(found[account])) for account in Account), ("合计", yuan(sum(found.values())))]
    return Sheet("预算", ("项目", "金额（元）"), rows)
