"""The tables of rewards. Holds no verbs; what the database itself refuses stands in protections.py."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, object_session

from moderation.rewards.calculation import OrderProof
from moderation.rewards.machine import PaymentState, RewardState, ScheduleState, SecondHandKind, ShareState
from portal.core.db import Moment, OfficeBase, TermColumn
from portal.core.ids import new_id
from portal.core.reward_schedule import Means, RewardForm
from portal.core.vocabulary import IdentityLevel
from portal.core.workflow import Step

CLUE_TIER = "clue"
"""The tier under which the award for a usable lead stands among a version's entries."""

_NUMBER = BigInteger().with_variant(Integer, "sqlite")


class RewardHistory(OfficeBase):
    """One line of the life of a decision, a share or a version. Nothing is overwritten."""

    __tablename__ = "reward_history"
    id: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=True)
    subject_id: Mapped[str] = mapped_column(String(26), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(String(64))
    verb: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text, default="")


class _Remembering:
    """Appends a line of history for each step."""

    id: Mapped[str]

    def remember(self, step: Step, *, by: str, at: datetime, text: str | None) -> None:
        session = object_session(self)
        assert session is not None
        session.add(
            RewardHistory(
                subject_id=self.id,
                at=at,
                by=by,
                verb=step.verb,
                source=step.source.value,
                target=step.target.value,
                text=text or "",
            )
        )


class RewardSchedule(OfficeBase):
    """A version of the reward rule, put forward by one person and adopted by another. Its text never changes."""

    __tablename__ = "reward_schedule"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the text that both people saw")
    text: Mapped[str] = mapped_column(Text, comment="the TOML file, word for word")
    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[str] = mapped_column(String(80))
    counted: Mapped[str] = mapped_column(String(20), comment="several acts: highest or sum")
    approvers: Mapped[int] = mapped_column(Integer, comment="approvals a reward needs")
    yearly_fen: Mapped[int] = mapped_column(BigInteger, comment="budget cap in fen; 0: none")
    document_number: Mapped[str] = mapped_column(String(80), comment="文号 of the decision to adopt")
    document_on: Mapped[date] = mapped_column(Date)
    first_receipt_on: Mapped[date] = mapped_column(Date, comment="applies to reports received from this day on")
    state: Mapped[ScheduleState] = mapped_column(TermColumn(ScheduleState))
    proposed_by: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(Text, default="", comment="why it was not adopted")
    __table_args__ = (CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two_people"),)


class RewardEntry(OfficeBase):
    """One amount an adopted version gives: the only amounts a reward can have."""

    __tablename__ = "reward_entry"
    schedule_id: Mapped[str] = mapped_column(ForeignKey("reward_schedule.id"), primary_key=True)
    tier_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    act_id: Mapped[str] = mapped_column(String(40), primary_key=True, comment="empty: the award for a usable lead")
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    confirmed: Mapped[bool] = mapped_column(Boolean, comment="tier and act both checked against the rule")
    __table_args__ = (
        UniqueConstraint("schedule_id", "tier_id", "act_id", "amount_fen", "confirmed"),
        CheckConstraint("amount_fen > 0", name="positive"),
    )


class VerifiedOffence(OfficeBase):
    """A verified offence: place, act, days. A reward belongs to it, not to a letter."""

    __tablename__ = "verified_offence"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    place_key: Mapped[str] = mapped_column(
        String(240), comment="region and target, or place where nobody is named, in one spelling"
    )
    spot_key: Mapped[str] = mapped_column(String(240), comment="region and place in the same spelling; empty: no place is given")
    place: Mapped[str] = mapped_column(String(200), comment="the office's own words")
    target: Mapped[str] = mapped_column(String(200), default="")
    region_code: Mapped[str] = mapped_column(String(12))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date, comment="day the case was closed; what happens later is a new offence")
    usable_lead: Mapped[bool] = mapped_column(Boolean, default=False, comment="not proven, but of use")
    verified_by: Mapped[str] = mapped_column(String(64))
    verified_at: Mapped[datetime] = mapped_column(Moment)
    __table_args__ = (
        UniqueConstraint("id", "place_key", "spot_key", "first_day", "last_day"),
        CheckConstraint("first_day <= last_day", name="days"),
        Index("ix_verified_offence_place", "place_key", "last_day"),
    )


_WHERE_AND_WHEN = ("place_key", "spot_key", "first_day", "last_day")


class VerifiedAct(OfficeBase):
    """One act of an offence. The copies of place and days let the database refuse the same act, place and day twice."""

    __tablename__ = "verified_act"
    offence_id: Mapped[str] = mapped_column(String(26), primary_key=True)
    act_id: Mapped[str] = mapped_column(String(40), primary_key=True, comment="empty: a usable lead")
    place_key: Mapped[str] = mapped_column(String(240))
    spot_key: Mapped[str] = mapped_column(String(240))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    case_opened: Mapped[bool] = mapped_column(Boolean, comment="立案处罚")
    __table_args__ = (
        ForeignKeyConstraint(
            ["offence_id", *_WHERE_AND_WHEN],
            ["verified_offence.id", *(f"verified_offence.{column}" for column in _WHERE_AND_WHEN)],
            name="fk_verified_act_offence",
        ),
        Index("ix_verified_act_place", "place_key", "act_id", "last_day"),
        Index("ix_verified_act_spot", "spot_key", "act_id", "last_day"),
    )


class RewardTray(OfficeBase):
    """Closed letters with something found true, until somebody verified their offence: a desk reads this, never all letters."""

    __tablename__ = "reward_tray"
    letter_id: Mapped[str] = mapped_column(String(26), primary_key=True)
    closed_on: Mapped[date] = mapped_column(Date)
    decided: Mapped[bool] = mapped_column(Boolean, default=False)
    ready: Mapped[bool] = mapped_column(
        Boolean, default=True, comment="the letter is closed now and is no duplicate; kept by the database itself"
    )
    __table_args__ = (
        Index(
            "ix_reward_tray_waiting",
            "closed_on",
            "letter_id",
            sqlite_where=text("ready AND NOT decided"),
            postgresql_where=text("ready AND NOT decided"),
        ),
    )


class OffenceLetter(OfficeBase):
    """A letter about an offence, as it stood when it was verified: the evidence of order, which survives merging."""

    __tablename__ = "offence_letter"
    offence_id: Mapped[str] = mapped_column(ForeignKey("verified_offence.id"), primary_key=True)
    letter_id: Mapped[str] = mapped_column(String(26), primary_key=True)
    number: Mapped[str] = mapped_column(String(80))
    report_id: Mapped[str | None] = mapped_column(String(26), comment="sealed report in the intake store, if any")
    received_on: Mapped[date] = mapped_column(Date)
    accepted_on: Mapped[date] = mapped_column(Date)
    received_at: Mapped[datetime | None] = mapped_column(Moment, comment="exact moment, where one is proven")
    identity: Mapped[IdentityLevel] = mapped_column(TermColumn(IdentityLevel))
    proof: Mapped[OrderProof] = mapped_column(TermColumn(OrderProof))
    proof_reference: Mapped[str] = mapped_column(String(200), default="", comment="call log entry, scan of the postmark")
    reporters: Mapped[int] = mapped_column(Integer, default=1)
    parts: Mapped[str] = mapped_column(String(200), default="", comment="agreed weights, space between")
    representative: Mapped[int] = mapped_column(Integer, default=0)
    barred: Mapped[str] = mapped_column(String(200), default="", comment="exclusions found, space between")
    missing: Mapped[str] = mapped_column(String(200), default="", comment="evidence missing, space between")
    wants_reward: Mapped[bool] = mapped_column(Boolean)
    awarded_elsewhere: Mapped[bool] = mapped_column(Boolean, default=False)
    __table_args__ = (Index("ix_offence_letter_letter", "letter_id"), CheckConstraint("reporters >= 1", name="reporters"))


class Reward(_Remembering, OfficeBase):
    """The decision about one offence. ``unconfirmed`` names the entries it rests on that are 未核定: not payable until empty."""

    __tablename__ = "reward"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    offence_id: Mapped[str] = mapped_column(ForeignKey("verified_offence.id"))
    state: Mapped[RewardState] = mapped_column(TermColumn(RewardState), index=True)
    schedule_id: Mapped[str | None] = mapped_column(ForeignKey("reward_schedule.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    clause: Mapped[str] = mapped_column(Text, default="")
    why: Mapped[str] = mapped_column(Text, default="", comment="amount and order, in words")
    against: Mapped[str] = mapped_column(Text, default="", comment="every reason against, JSON")
    unconfirmed: Mapped[str] = mapped_column(Text, default="", comment="entries relied on that are 未核定, lines")
    round: Mapped[int] = mapped_column(Integer, default=1, comment="raised whenever a proposal is taken or sent back")
    proposed_by: Mapped[str | None] = mapped_column(String(64))
    proposed_at: Mapped[datetime | None] = mapped_column(Moment)
    approved_at: Mapped[datetime | None] = mapped_column(Moment)
    budget_year: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Moment)
    __table_args__ = (
        Index(
            "uq_reward_live",
            "offence_id",
            unique=True,
            sqlite_where=text("state <> 'revoked'"),
            postgresql_where=text("state <> 'revoked'"),
        ),
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("state NOT IN ('proposed', 'approved') OR (proposed_by IS NOT NULL AND amount_fen > 0)", name="whole"),
    )


class RewardLine(OfficeBase):
    """One counted act of a reward. The foreign key is the promise that no amount stands outside the schedule."""

    __tablename__ = "reward_line"
    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"), primary_key=True)
    act_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    schedule_id: Mapped[str] = mapped_column(String(26))
    tier_id: Mapped[str] = mapped_column(String(40))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    confirmed: Mapped[bool] = mapped_column(Boolean)
    clause: Mapped[str] = mapped_column(String(200))
    __table_args__ = (
        ForeignKeyConstraint(
            ["schedule_id", "tier_id", "act_id", "amount_fen", "confirmed"],
            [f"reward_entry.{name}" for name in ("schedule_id", "tier_id", "act_id", "amount_fen", "confirmed")],
            name="fk_reward_line_entry",
        ),
    )


class RewardApproval(OfficeBase):
    """One approver's yes in one round."""

    __tablename__ = "reward_approval"
    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"), primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True)
    approver: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)


class RewardShare(_Remembering, OfficeBase):
    """One person's part of a reward. Holds no name: a named collector is known to the payer alone, an unnamed one to nobody."""

    __tablename__ = "reward_share"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    reward_id: Mapped[str] = mapped_column(ForeignKey("reward.id"), index=True)
    letter_id: Mapped[str] = mapped_column(String(26), index=True)
    report_id: Mapped[str | None] = mapped_column(String(26))
    person: Mapped[int] = mapped_column(Integer, comment="place among joint reporters, from 0")
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    named: Mapped[bool] = mapped_column(Boolean, comment="collects with a name, seen by the payer alone")
    state: Mapped[ShareState] = mapped_column(TermColumn(ShareState))
    notice_due_on: Mapped[date | None] = mapped_column(Date)
    notice_arithmetic: Mapped[str] = mapped_column(Text, default="")
    notified_on: Mapped[date | None] = mapped_column(Date)
    window_start_on: Mapped[date | None] = mapped_column(Date)
    collect_until: Mapped[date | None] = mapped_column(Date)
    window_arithmetic: Mapped[str] = mapped_column(Text, default="", comment="frozen sum in words")
    window_provisional: Mapped[bool] = mapped_column(Boolean, default=False, comment="暂定")
    expired_on: Mapped[date | None] = mapped_column(Date)
    preferred: Mapped[str] = mapped_column(String(20), default="", comment="means the reporter chose")
    sealed_phone: Mapped[bytes | None] = mapped_column(LargeBinary, comment="number for phone credit, sealed to the payer; erased")
    phone_message_id: Mapped[str] = mapped_column(
        String(26), default="", comment="sealed message that brought the number; erased too"
    )
    __table_args__ = (
        UniqueConstraint("reward_id", "letter_id", "person"),
        UniqueConstraint("id", "amount_fen"),
        CheckConstraint("amount_fen > 0", name="positive"),
        Index("ix_reward_share_state", "state", "collect_until"),
    )


class CollectionCode(OfficeBase):
    """A collection code (领取码). Works once; only its keyed digest is kept."""

    __tablename__ = "collection_code"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    share_id: Mapped[str] = mapped_column(ForeignKey("reward_share.id"))
    digest: Mapped[str | None] = mapped_column(String(64), unique=True, comment="keyed; empty until the code was delivered")
    issued_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    voided_at: Mapped[datetime | None] = mapped_column(Moment)
    __table_args__ = (
        Index(
            "uq_collection_code_live",
            "share_id",
            unique=True,
            sqlite_where=text("used_at IS NULL AND voided_at IS NULL"),
            postgresql_where=text("used_at IS NULL AND voided_at IS NULL"),
        ),
    )


class RewardPayment(OfficeBase):
    """Money that left. Its amount is that of its share, by foreign key; a share has one payment that is not void."""

    __tablename__ = "reward_payment"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    share_id: Mapped[str] = mapped_column(String(26), index=True)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    means: Mapped[Means] = mapped_column(TermColumn(Means))
    form: Mapped[RewardForm] = mapped_column(TermColumn(RewardForm))
    named: Mapped[bool] = mapped_column(Boolean)
    code_id: Mapped[str | None] = mapped_column(ForeignKey("collection_code.id"), unique=True)
    voucher: Mapped[str] = mapped_column(String(40), unique=True, comment="voucher number")
    state: Mapped[PaymentState] = mapped_column(TermColumn(PaymentState), index=True)
    paid_by: Mapped[str] = mapped_column(String(64))
    paid_at: Mapped[datetime] = mapped_column(Moment)
    paid_on: Mapped[date] = mapped_column(Date, index=True)
    reference: Mapped[str] = mapped_column(String(80), default="", comment="bank or top-up number; no account, no name")
    reconciled_by: Mapped[str | None] = mapped_column(String(64))
    reconciled_on: Mapped[date | None] = mapped_column(Date, index=True)
    sampled_by: Mapped[str | None] = mapped_column(String(64), comment="auditor who looked at it")
    sampled_on: Mapped[date | None] = mapped_column(Date)
    sample_note: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        ForeignKeyConstraint(
            ["share_id", "amount_fen"], ["reward_share.id", "reward_share.amount_fen"], name="fk_reward_payment_share"
        ),
        Index(
            "uq_reward_payment_live",
            "share_id",
            unique=True,
            sqlite_where=text("state <> 'voided'"),
            postgresql_where=text("state <> 'voided'"),
        ),
        Index(
            "ix_reward_payment_unsampled", "named", "paid_at", "id",
            sqlite_where=sampled_on.is_(None), postgresql_where=sampled_on.is_(None),
        ),
        CheckConstraint("reconciled_by IS NULL OR reconciled_by <> paid_by", name="other_hand"),
        CheckConstraint("named OR code_id IS NOT NULL", name="unnamed_by_code"),
    )  # fmt: skip


class SecondHand(OfficeBase):
    """An act that one person asks for and another grants (两人办理)."""

    __tablename__ = "reward_second_hand"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    kind: Mapped[SecondHandKind] = mapped_column(TermColumn(SecondHandKind))
    subject_id: Mapped[str] = mapped_column(String(26), index=True, comment="payment, reward or share")
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    granted: Mapped[bool | None] = mapped_column(Boolean)
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="two_people"),
        Index(
            "uq_reward_second_hand_open", "kind", "subject_id", unique=True,
            sqlite_where=text("decided_at IS NULL"), postgresql_where=text("decided_at IS NULL"),
        ),
    )  # fmt: skip


class RewardBudget(OfficeBase):
    """The running budget of a year, in fen. The database refuses to commit more than the cap."""

    __tablename__ = "reward_budget"
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    cap_fen: Mapped[int | None] = mapped_column(BigInteger, comment="none: the rule sets no cap")
    committed_fen: Mapped[int] = mapped_column(BigInteger, default=0, comment="approved and not given back, paid included")
    paid_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    vouchers: Mapped[int] = mapped_column(Integer, default=0, comment="last voucher number of the year")
    __table_args__ = (
        CheckConstraint("cap_fen IS NULL OR committed_fen <= cap_fen", name="within_cap"),
        CheckConstraint("paid_fen >= 0 AND paid_fen <= committed_fen", name="paid"),
    )


class LedgerEntry(OfficeBase):
    """One double entry: money moves from one account to another, so that all accounts together are always nought."""

    __tablename__ = "reward_ledger"
    number: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(80), unique=True, comment="what was booked: the same thing cannot be booked twice")
    at: Mapped[datetime] = mapped_column(Moment)
    day: Mapped[date] = mapped_column(Date)
    year: Mapped[int] = mapped_column(Integer, index=True, comment="budget year")
    kind: Mapped[str] = mapped_column(String(20))
    debit: Mapped[str] = mapped_column(String(20))
    credit: Mapped[str] = mapped_column(String(20))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    share_id: Mapped[str] = mapped_column(ForeignKey("reward_share.id"), index=True)
    payment_id: Mapped[str | None] = mapped_column(ForeignKey("reward_payment.id"))
    by: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="positive"),
        CheckConstraint("debit <> credit", name="two_accounts"),
    )
