"""The tables of the rectification ledger (整改台账): plans, tasks, measures, reports, evidence, 销号, 回头看. No verbs."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.rectification.words import (
    CreditKind,
    EvidenceKind,
    LinkKind,
    Pace,
    PlanKind,
    Rhythm,
    TaskState,
    UnitRole,
    VisitVerdict,
)
from portal.core.db import Moment, OfficeBase, TermColumn, protect_append_only
from portal.core.vocabulary import PollutionType
from portal.core.workflow import Step

STAFF = String(64)
TASK_ID = String(64)


class RectificationPlan(OfficeBase):
    """A plan (整改方案) or a campaign. Its id is the code people give it; the ids of its tasks begin with it."""

    __tablename__ = "rectification_plan"
    id: Mapped[str] = mapped_column(String(40), primary_key=True, comment="code, e.g. zj-2026-03")
    kind: Mapped[PlanKind] = mapped_column(TermColumn(PlanKind), default=PlanKind.INSPECTION)
    title: Mapped[str] = mapped_column(String(200))
    programme: Mapped[str] = mapped_column(String(60), default="", comment="督察轮次")
    document_number: Mapped[str] = mapped_column(String(80), default="", comment="文号, as printed")
    issued_on: Mapped[date | None] = mapped_column(Date, comment="first day the paper may have been issued on")
    region_code: Mapped[str] = mapped_column(String(12), default="")
    file_name: Mapped[str] = mapped_column(String(200), default="")
    unread: Mapped[str] = mapped_column(Text, default="[]", comment="JSON: lines the reader placed in no task")
    imported_at: Mapped[datetime] = mapped_column(Moment, index=True)
    imported_by: Mapped[str] = mapped_column(STAFF)

    tasks: Mapped[list[RectificationTask]] = relationship(order_by="RectificationTask.number", back_populates="plan")


class PlanImport(OfficeBase):
    """A plan somebody is looking at before it is applied: the file, and what was corrected beside it."""

    __tablename__ = "rectification_import"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200), default="")
    document_number: Mapped[str] = mapped_column(String(80), default="")
    programme: Mapped[str] = mapped_column(String(60), default="")
    region_code: Mapped[str] = mapped_column(String(12), default="")
    kind: Mapped[PlanKind] = mapped_column(TermColumn(PlanKind), default=PlanKind.INSPECTION)
    base_on: Mapped[date | None] = mapped_column(Date, comment="day that spans count from")
    file: Mapped[str] = mapped_column(String(64), comment="id in the evidence store")
    file_name: Mapped[str] = mapped_column(String(160))
    edits: Mapped[str] = mapped_column(Text, default="{}", comment="JSON: item number → field → words; due: a day")
    begun_by: Mapped[str] = mapped_column(STAFF)
    begun_at: Mapped[datetime] = mapped_column(Moment)
    applied_at: Mapped[datetime | None] = mapped_column(Moment)


class RectificationTask(OfficeBase):
    """One item of a plan, in the plan's words, with what became of it. Its id is also its public address.

    ``due_on`` is the deadline in force (None: 长期坚持, a part only, or not yet settled); ``planned_due_on`` the plan's own.
    """

    __tablename__ = "rectification_task"
    __table_args__ = (
        UniqueConstraint("plan_id", "number"),
        Index("ix_rectification_task_state_due", "state", "due_on"),
        Index("ix_rectification_task_unit", "reporting_unit_id", "state", "due_on"),
        Index("ix_rectification_task_overdue", "overdue_from", "id"),
        Index(
            "ix_rectification_task_figures", "plan_id", "state", "main_type", "reporting_unit_id", "pace_kept", "overdue_from",
            "behind_from", "pace_said", "said_until", "percent", "closed_on", "dropped_on",
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(TASK_ID, primary_key=True, comment="plan code and number; the public address")
    plan_id: Mapped[str] = mapped_column(ForeignKey("rectification_plan.id"), index=True)
    number: Mapped[int] = mapped_column(Integer, comment="number in the plan")
    printed_number: Mapped[str] = mapped_column(String(40), default="")
    group_title: Mapped[str] = mapped_column(String(200), default="", comment="section heading above it in the plan")
    problem: Mapped[str] = mapped_column(Text)
    task: Mapped[str] = mapped_column(Text, default="", comment="整改任务, where the plan has one beside the problem")
    target: Mapped[str] = mapped_column(Text, default="")
    measures_intro: Mapped[str] = mapped_column(Text, default="")
    leaders: Mapped[str] = mapped_column(Text, default="[]", comment="JSON: names as printed")
    responsible_persons: Mapped[str] = mapped_column(Text, default="", comment="责任人, as printed; by office")
    progress_printed: Mapped[str] = mapped_column(Text, default="", comment="完成情况 as the plan printed it")
    remark: Mapped[str] = mapped_column(Text, default="")
    extra: Mapped[str] = mapped_column(Text, default="{}", comment="JSON: columns the reader does not know, by heading")
    deadline_text: Mapped[str] = mapped_column(Text, default="")
    deadline_kind: Mapped[str] = mapped_column(String(30), default="unclear")
    planned_due_on: Mapped[date | None] = mapped_column(Date, comment="final date of the plan, before any extension")
    due_on: Mapped[date | None] = mapped_column(Date, comment="deadline in force")
    due_note: Mapped[str] = mapped_column(String(200), default="", comment="why due_on differs from the plan's words")
    ongoing: Mapped[bool] = mapped_column(Boolean, default=False, comment="长期坚持, 持续推进")
    milestones: Mapped[str] = mapped_column(Text, default="[]", comment="JSON: due, text, done_on")
    state: Mapped[TaskState] = mapped_column(TermColumn(TaskState), default=TaskState.NOT_STARTED)
    main_type: Mapped[PollutionType] = mapped_column(TermColumn(PollutionType), default=PollutionType.OTHER, index=True)
    severity: Mapped[int] = mapped_column(Integer, default=1, comment="1 ordinary, 2 serious, 3 grave; a relapse raises it")
    relapses: Mapped[int] = mapped_column(Integer, default=0)
    starts_on: Mapped[date] = mapped_column(Date, comment="day 序时进度 counts from")
    closed_on: Mapped[date | None] = mapped_column(Date)
    reporting_unit_id: Mapped[str] = mapped_column(String(32), default="", comment="unit that files the 月报")
    dropped_on: Mapped[date | None] = mapped_column(Date, comment="no longer in the plan since a later import")
    version: Mapped[int] = mapped_column(Integer, default=1)
    # Kept by `kept_pace` whenever the task or a part of it is written: lists and counts ask these and read no parts.
    percent: Mapped[int] = mapped_column(Integer, default=0, comment="how far the whole task is, 0 to 100")
    pace_kept: Mapped[Pace] = mapped_column(TermColumn(Pace), default=Pace.NO_REPORT, comment="序时进度 before a day below comes")
    overdue_from: Mapped[date | None] = mapped_column(Date, comment="first day it is late, unless something happens")
    behind_from: Mapped[date | None] = mapped_column(Date, comment="first day it is behind, unless something happens")
    pace_said: Mapped[Pace | None] = mapped_column(TermColumn(Pace), comment="what a person set in the last report")
    said_until: Mapped[date | None] = mapped_column(Date, comment="last day that word counts")

    plan: Mapped[RectificationPlan] = relationship(back_populates="tasks")
    units: Mapped[list[TaskUnit]] = relationship(order_by="TaskUnit.place", cascade="all, delete-orphan")
    measures: Mapped[list[Measure]] = relationship(order_by="Measure.place", cascade="all, delete-orphan")
    quantities: Mapped[list[Quantity]] = relationship(order_by="Quantity.place", cascade="all, delete-orphan")
    reports: Mapped[list[MonthlyReport]] = relationship(order_by="MonthlyReport.month, MonthlyReport.version")
    duties: Mapped[list[RecurringDuty]] = relationship(order_by="RecurringDuty.place", cascade="all, delete-orphan")
    evidence: Mapped[list[TaskEvidence]] = relationship(order_by="TaskEvidence.added_at")
    events: Mapped[list[TaskEvent]] = relationship(order_by="TaskEvent.number", cascade="save-update")
    requests: Mapped[list[CloseOutRequest]] = relationship(order_by="CloseOutRequest.round")
    objections: Mapped[list[Objection]] = relationship(order_by="Objection.received_on")
    look_backs: Mapped[list[LookBack]] = relationship(order_by="LookBack.planned_on")
    extensions: Mapped[list[Extension]] = relationship(order_by="Extension.at")
    listings: Mapped[list[ListedSupervision]] = relationship(order_by="ListedSupervision.from_on")
    credits: Mapped[list[CreditRecord]] = relationship(order_by="CreditRecord.on")
    links: Mapped[list[TaskLink]] = relationship(order_by="TaskLink.on")
    rechecks: Mapped[list[LetterRecheck]] = relationship(order_by="LetterRecheck.number")

    def unit_ids(self, *, lead_and_responsible_only: bool = False) -> frozenset[str]:
        """Ids of the units that carry the task, as far as they are known to the staff register."""
        carrying = {UnitRole.LEAD, UnitRole.RESPONSIBLE}
        known = {u.unit_id for u in self.units if u.unit_id and (not lead_and_responsible_only or u.role in carrying)}
        return frozenset(known | ({self.reporting_unit_id} if self.reporting_unit_id else set()))

    def printed_units(self, role: UnitRole) -> tuple[str, ...]:
        """The units in ``role``, as the plan prints them."""
        return tuple(unit.printed for unit in self.units if unit.role is role)

    def leader_names(self) -> tuple[str, ...]:
        return tuple(json.loads(self.leaders))

    def open_request(self) -> CloseOutRequest | None:
        """The running request for 销号: the latest, unless it was sent back or approved."""
        last = self.requests[-1] if self.requests else None
        return last if last is not None and last.ended_on is None else None

    def open_listing(self) -> ListedSupervision | None:
        return next((listing for listing in self.listings if listing.released_on is None), None)

    def current_reports(self) -> dict[str, MonthlyReport]:
        """Month → the report that counts: the last one filed for it."""
        return {report.month: report for report in self.reports}

    def remember(self, step: Step, *, by: str, at: datetime, text: str | None) -> None:
        """Appends one line of history and raises the version."""
        self.note(step.verb, by=by, at=at, text=text or "", public=step.public or "", to_state=step.target.value)

    def note(self, verb: str, *, by: str, at: datetime, text: str, public: str = "", to_state: str = "") -> None:
        """Appends what happened. ``public``: the words the task's page shows; empty: internal."""
        self.version += 1
        self.events.append(
            TaskEvent(
                task_id=self.id, number=len(self.events) + 1, at=at, by=by, verb=verb, to_state=to_state, text=text, public=public
            )
        )  # fmt: skip


class TaskUnit(OfficeBase):
    """A unit of a task as the plan prints it, and the unit of the register it is (None: not settled)."""

    __tablename__ = "rectification_task_unit"
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    role: Mapped[UnitRole] = mapped_column(TermColumn(UnitRole))
    printed: Mapped[str] = mapped_column(String(200))
    unit_id: Mapped[str | None] = mapped_column(String(32), index=True)


class Measure(OfficeBase):
    """One measure (整改措施) with its own progress."""

    __tablename__ = "rectification_measure"
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    printed: Mapped[str] = mapped_column(String(20), default="", comment="its number as printed")
    text: Mapped[str] = mapped_column(Text)
    percent: Mapped[int] = mapped_column(Integer, default=0)
    note: Mapped[str] = mapped_column(Text, default="")
    changed_on: Mapped[date | None] = mapped_column(Date)


class Quantity(OfficeBase):
    """Something countable in a task: total, unit, done. Numbers are decimal text."""

    __tablename__ = "rectification_quantity"
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    label: Mapped[str] = mapped_column(String(120))
    unit: Mapped[str] = mapped_column(String(20), default="")
    total: Mapped[str] = mapped_column(String(24))
    done: Mapped[str] = mapped_column(String(24), default="0")
    due_on: Mapped[date | None] = mapped_column(Date, comment="its own date, where it has one")

    def share(self) -> float:
        """Done over total, between 0 and 1."""
        try:
            total, done = Decimal(self.total), Decimal(self.done)
        except InvalidOperation:
            return 0.0
        return float(min(done / total, Decimal(1))) if total > 0 else 0.0

    def is_complete(self) -> bool:
        return self.share() >= 1.0


class MonthlyReport(OfficeBase):
    """A unit's report of a month (月报). Append-only: a second one for the month is a new version."""

    __tablename__ = "rectification_monthly_report"
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True, comment="YYYY-MM")
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    percent: Mapped[int] = mapped_column(Integer, comment="whole task, 0 to 100")
    pace: Mapped[Pace] = mapped_column(TermColumn(Pace), comment="as computed when filed")
    pace_said: Mapped[Pace | None] = mapped_column(TermColumn(Pace), comment="set by a person instead")
    pace_reason: Mapped[str] = mapped_column(Text, default="", comment="why it was set")
    text: Mapped[str] = mapped_column(Text, comment="work of the month")
    difficulties: Mapped[str] = mapped_column(Text, default="")
    next_steps: Mapped[str] = mapped_column(Text, default="")
    figures: Mapped[str] = mapped_column(Text, default="{}", comment="JSON: quantities as they stood then")
    unit_id: Mapped[str] = mapped_column(String(32), default="")
    by: Mapped[str] = mapped_column(STAFF)
    at: Mapped[datetime] = mapped_column(Moment)


protect_append_only(OfficeBase, "rectification_monthly_report")


class RecurringDuty(OfficeBase):
    """A measure with a rhythm of its own (weekly checks, samples every two months)."""

    __tablename__ = "rectification_duty"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), index=True)
    place: Mapped[int] = mapped_column(Integer, default=0)
    label: Mapped[str] = mapped_column(String(200))
    rhythm: Mapped[Rhythm] = mapped_column(TermColumn(Rhythm))
    times: Mapped[int] = mapped_column(Integer, default=1, comment="how often in each period")
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)
    entries: Mapped[list[DutyEntry]] = relationship(order_by="DutyEntry.on")


class DutyEntry(OfficeBase):
    """One time a recurring duty was done."""

    __tablename__ = "rectification_duty_entry"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    duty_id: Mapped[str] = mapped_column(ForeignKey("rectification_duty.id"), index=True)
    on: Mapped[date] = mapped_column(Date)
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(STAFF)
    at: Mapped[datetime] = mapped_column(Moment)


class TaskEvidence(OfficeBase):
    """A piece of evidence (证据): a file of the evidence store, or a monitoring value. Hidden from the public unless chosen."""

    __tablename__ = "rectification_evidence"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), index=True)
    kind: Mapped[EvidenceKind] = mapped_column(TermColumn(EvidenceKind))
    caption: Mapped[str] = mapped_column(String(200))
    taken_on: Mapped[date | None] = mapped_column(Date)
    file: Mapped[str] = mapped_column(String(64), default="", comment="id in the evidence store; empty: no file")
    file_name: Mapped[str] = mapped_column(String(160), default="")
    file_kind: Mapped[str] = mapped_column(String(20), default="", comment="code of portal.core.evidence_kinds")
    size: Mapped[int] = mapped_column(Integer, default=0)
    value: Mapped[str] = mapped_column(String(40), default="", comment="of a monitoring value, as printed")
    publish: Mapped[bool] = mapped_column(Boolean, default=False, comment="chosen for the public page")
    added_by: Mapped[str] = mapped_column(STAFF)
    added_at: Mapped[datetime] = mapped_column(Moment)


class TaskEvent(OfficeBase):
    """What happened to a task. Append-only. ``public``: what its page says of it."""

    __tablename__ = "rectification_event"
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(STAFF)
    verb: Mapped[str] = mapped_column(String(40))
    to_state: Mapped[str] = mapped_column(String(40), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    public: Mapped[str] = mapped_column(String(200), default="")


protect_append_only(OfficeBase, "rectification_event")


class CloseOutRequest(OfficeBase):
    """One round of 销号: self-check, on-site check, public notice, approval. Dates of the notice are frozen when set."""

    __tablename__ = "rectification_close_out"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), index=True)
    round: Mapped[int] = mapped_column(Integer)
    requested_by: Mapped[str] = mapped_column(STAFF)
    requested_on: Mapped[date] = mapped_column(Date)
    self_check: Mapped[str] = mapped_column(Text)
    result: Mapped[str] = mapped_column(Text, default="", comment="整改结果, for the notice")
    mechanism: Mapped[str] = mapped_column(Text, default="", comment="长效机制")
    checked_by: Mapped[str] = mapped_column(STAFF, default="")
    checked_on: Mapped[date | None] = mapped_column(Date)
    findings: Mapped[str] = mapped_column(Text, default="")
    notice_first_on: Mapped[date | None] = mapped_column(Date)
    notice_last_on: Mapped[date | None] = mapped_column(Date)
    notice_arithmetic: Mapped[str] = mapped_column(String(200), default="")
    notice_place: Mapped[str] = mapped_column(String(200), default="", comment="where it was shown, when not on this site")
    approved_by: Mapped[str] = mapped_column(STAFF, default="")
    approval: Mapped[str] = mapped_column(Text, default="")
    ended_on: Mapped[date | None] = mapped_column(Date, comment="approved, sent back, or ended by an objection")
    outcome: Mapped[str] = mapped_column(String(40), default="")


class Objection(OfficeBase):
    """An objection (异议) to a public notice, taken through the intake or entered by hand."""

    __tablename__ = "rectification_objection"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), index=True)
    letter_id: Mapped[str] = mapped_column(String(32), default="", comment="the letter it came as, if any")
    received_on: Mapped[date] = mapped_column(Date)
    summary: Mapped[str] = mapped_column(Text, comment="in the office's own words")
    answered_on: Mapped[date | None] = mapped_column(Date)
    answer: Mapped[str] = mapped_column(Text, default="")
    upheld: Mapped[bool | None] = mapped_column(Boolean)
    answered_by: Mapped[str] = mapped_column(STAFF, default="")
    __table_args__ = (
        Index(
            "ix_rectification_objection_open", "received_on", "id",
            sqlite_where=answered_on.is_(None), postgresql_where=answered_on.is_(None),
        ),
    )  # fmt: skip


class LookBack(OfficeBase):
    """A later visit (回头看): planned by risk and date, then found stable, relapsed or sham."""

    __tablename__ = "rectification_look_back"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), index=True)
    planned_on: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(200), comment="why this task was drawn")
    planned_by: Mapped[str] = mapped_column(STAFF)
    visited_on: Mapped[date | None] = mapped_column(Date)
    visited_by: Mapped[str] = mapped_column(STAFF, default="")
    verdict: Mapped[VisitVerdict | None] = mapped_column(TermColumn(VisitVerdict))
    findings: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        Index(
            "ix_rectification_look_back_open", "planned_on", "id",
            sqlite_where=visited_on.is_(None), postgresql_where=visited_on.is_(None),
        ),
    )  # fmt: skip


class Extension(OfficeBase):
    """A deadline moved, with the paper that approved it. The plan's own date stays."""

    __tablename__ = "rectification_extension"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), index=True)
    from_on: Mapped[date | None] = mapped_column(Date)
    to_on: Mapped[date] = mapped_column(Date)
    document_number: Mapped[str] = mapped_column(String(80), comment="approving document")
    approved_by_body: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(STAFF)
    at: Mapped[datetime] = mapped_column(Moment)


class ListedSupervision(OfficeBase):
    """挂牌督办: a recorded outside decision with a deadline and a release; never automatic."""

    __tablename__ = "rectification_listing"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), index=True)
    number: Mapped[str] = mapped_column(String(80), default="", comment="its document number")
    what: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    by_body: Mapped[str] = mapped_column(String(120), comment="who decided it")
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date] = mapped_column(Date)
    released_on: Mapped[date | None] = mapped_column(Date)
    release_evidence: Mapped[str] = mapped_column(Text, default="")
    released_by: Mapped[str] = mapped_column(STAFF, default="")
    __table_args__ = (
        Index(
            "ix_rectification_listing_open", "until_on", "task_id",
            sqlite_where=released_on.is_(None), postgresql_where=released_on.is_(None),
        ),
    )  # fmt: skip


class CreditRecord(OfficeBase):
    """信用扣分 or 联合惩戒 on record, where a measure names it."""

    __tablename__ = "rectification_credit"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), index=True)
    kind: Mapped[CreditKind] = mapped_column(TermColumn(CreditKind))
    subject: Mapped[str] = mapped_column(String(160), comment="the firm")
    points: Mapped[str] = mapped_column(String(20), default="", comment="points deducted, decimal text")
    document_number: Mapped[str] = mapped_column(String(80), default="")
    on: Mapped[date] = mapped_column(Date)
    by: Mapped[str] = mapped_column(STAFF)


class TaskLink(OfficeBase):
    """A tie to a letter, an exposed case or an accountability case."""

    __tablename__ = "rectification_link"
    __table_args__ = (UniqueConstraint("task_id", "kind", "reference"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), index=True)
    kind: Mapped[LinkKind] = mapped_column(TermColumn(LinkKind))
    reference: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(200))
    cause: Mapped[str] = mapped_column(String(40), default="", comment="overdue, relapse, sham: what opened a case")
    on: Mapped[date] = mapped_column(Date)


class LetterRecheck(OfficeBase):
    """A letter of the round, checked again beside the task it belongs to (逐条复核)."""

    __tablename__ = "rectification_letter_recheck"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), index=True)
    number: Mapped[str] = mapped_column(String(80), comment="受理编号 as printed")
    letter_id: Mapped[str] = mapped_column(String(32), default="")
    checked_on: Mapped[date | None] = mapped_column(Date)
    held: Mapped[bool | None] = mapped_column(Boolean, comment="True: no relapse found")
    text: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(STAFF, default="")


class Consultation(OfficeBase):
    """A meeting on important problems (会商), with its minutes."""

    __tablename__ = "rectification_consultation"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    held_on: Mapped[date] = mapped_column(Date, index=True)
    title: Mapped[str] = mapped_column(String(160))
    attended: Mapped[str] = mapped_column(Text, default="")
    minutes: Mapped[str] = mapped_column(Text)
    decisions: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(STAFF)
    at: Mapped[datetime] = mapped_column(Moment)


class ConsultationTask(OfficeBase):
    """A task that a meeting spoke of."""

    __tablename__ = "rectification_consultation_task"
    consultation_id: Mapped[str] = mapped_column(ForeignKey("rectification_consultation.id"), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("rectification_task.id"), primary_key=True, index=True)
