"""Tables of the custodian's desk: questions for an identity, every opening, legal holds, lists for destruction."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Moment, OfficeBase, TermColumn, protect_append_only
from portal.core.vocabulary import Role, Term
from portal.core.workflow import Step


class AskState(Term):
    """Where a question for an identity stands."""

    ASKED = "asked", "等保管员决定", "waits for the custodian"
    AGREED = "agreed", "等第二人同意", "waits for a second person"
    GRANTED = "granted", "可打开一次", "may be opened once"
    OPENED = "opened", "已打开", "opened"
    REFUSED = "refused", "未同意", "refused"
    EXPIRED = "expired", "过期作废", "expired"
    TAKEN_BACK = "taken_back", "已撤回", "taken back"


class Purpose(Term):
    """Why an identity is needed. The reporter reads the Chinese words on the receipt."""

    VERIFY = "verify", "向举报人核实情况", "to verify facts with the reporter"
    REPLY = "reply", "向举报人当面或书面答复", "to answer the reporter"
    REWARD = "reward", "发放举报奖励", "to pay a reward"
    PROTECT = "protect", "保护举报人不受打击报复", "to protect the reporter"
    LAW = "law", "有权机关依法调取", "demanded under the law"


class IdentityRequest(OfficeBase):
    """A question for the identity behind a letter. It is asked, granted and opened alike whether there is a name or none."""

    __tablename__ = "identity_request"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    state: Mapped[AskState] = mapped_column(TermColumn(AskState), default=AskState.ASKED, index=True)
    purpose: Mapped[Purpose] = mapped_column(TermColumn(Purpose))
    reason: Mapped[str] = mapped_column(Text, comment="internal; the receipt shows the purpose")
    asked_by: Mapped[str] = mapped_column(String(64), index=True)
    role: Mapped[Role] = mapped_column(TermColumn(Role), comment="role in which it was asked; shown on the receipt")
    asked_at: Mapped[datetime] = mapped_column(Moment)
    custodian: Mapped[str] = mapped_column(String(64), default="")
    second: Mapped[str] = mapped_column(String(64), default="")
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    refusal: Mapped[str] = mapped_column(Text, default="")
    expires_at: Mapped[datetime] = mapped_column(Moment, comment="unused by then, it is void")

    def remember(self, step: Step, *, by: str, at: datetime, text: str | None) -> None:  # noqa: ARG002
        """The audit log is the history of a question; here stands only who decided last."""
        self.decided_at = at


class IdentityOpened(OfficeBase):
    """One opening of an identity, whoever opened it and why: what the receipt shows. Never changed, never removed."""

    __tablename__ = "identity_opened"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    report_id: Mapped[str] = mapped_column(String(26), index=True)
    on: Mapped[date] = mapped_column(Date, comment="day only")
    role: Mapped[str] = mapped_column(String(40), comment="in Chinese, as the receipt prints it")
    reason: Mapped[str] = mapped_column(String(200), comment="as the receipt prints it")
    by: Mapped[str] = mapped_column(String(64))


protect_append_only(OfficeBase, "identity_opened")


class LegalHold(OfficeBase):
    """A letter of which nothing may be destroyed for now: a lawsuit, an inquiry, a reward still to be paid."""

    __tablename__ = "legal_hold"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    set_by: Mapped[str] = mapped_column(String(64))
    set_at: Mapped[datetime] = mapped_column(Moment)
    lifted_by: Mapped[str | None] = mapped_column(String(64))
    lifted_at: Mapped[datetime | None] = mapped_column(Moment)
    lifted_why: Mapped[str] = mapped_column(Text, default="")


class ListState(Term):
    """Where a list for destruction stands."""

    PROPOSED = "proposed", "待第二人批准", "waits for a second person"
    APPROVED = "approved", "已批准，执行中", "approved, being carried out"
    DONE = "done", "已销毁", "destroyed"
    REFUSED = "refused", "未批准", "refused"


class DestructionList(OfficeBase):
    """What one person proposes to destroy and another approves: one class, letters closed before a day."""

    __tablename__ = "destruction_list"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    state: Mapped[ListState] = mapped_column(TermColumn(ListState), default=ListState.PROPOSED, index=True)
    retention_class: Mapped[str] = mapped_column(String(20), comment="code in rules/retention.toml")
    closed_before: Mapped[date] = mapped_column(Date)
    years: Mapped[int] = mapped_column(Integer)
    clause: Mapped[str] = mapped_column(String(200))
    proposed_by: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str] = mapped_column(String(64), default="")
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    note: Mapped[str] = mapped_column(Text, default="")

    def remember(self, step: Step, *, by: str, at: datetime, text: str | None) -> None:
        """Who decided, when, and what they wrote."""
        if step.verb != "finish":
            self.decided_by, self.decided_at, self.note = by, at, text or ""


class DestructionItem(OfficeBase):
    """One letter of a list. ``outcome`` stays when the words are gone."""

    __tablename__ = "destruction_item"
    list_id: Mapped[str] = mapped_column(ForeignKey("destruction_list.id"), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    report_id: Mapped[str] = mapped_column(String(26))
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str] = mapped_column(String(40), default="", comment="已销毁, or why not")
    __table_args__ = (UniqueConstraint("list_id", "report_id"), Index("ix_destruction_item_letter", "letter_id"))


class RetentionDue(OfficeBase):
    """How many letters of a class have served their time and are on no list, as the worker counted: a desk never counts them."""

    __tablename__ = "retention_due"
    retention_class: Mapped[str] = mapped_column(String(20), primary_key=True, comment="code in rules/retention.toml")
    letters: Mapped[int] = mapped_column(Integer)
    since: Mapped[date] = mapped_column(Date, comment="day on which there was something due again")
    counted_on: Mapped[date] = mapped_column(Date)
