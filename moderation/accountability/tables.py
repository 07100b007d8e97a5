"""The tables of accountability work: cases with their checks, people and measures, and the lines that follow. Holds no verbs."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.accountability.words import (
    AccidentPoint,
    CaseState,
    ChangeKind,
    CheckAnswer,
    Comparison,
    Dimension,
    Factor,
    Naming,
    Origin,
    PartyKind,
    Procedure,
    Rank,
    Tenure,
)
from portal.core.db import Moment, OfficeBase, TermColumn, protect_append_only
from portal.core.ids import new_id

if TYPE_CHECKING:
    from portal.core.workflow import Step


class AccountabilityCase(OfficeBase):
    """One matter for which somebody may be held to account (问责案件)."""

    __tablename__ = "accountability_case"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, comment="问责〔2026〕3号")
    title: Mapped[str] = mapped_column(String(120))
    facts_text: Mapped[str] = mapped_column(Text, comment="the matter in the office's own words")
    region_code: Mapped[str] = mapped_column(String(12), index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), comment="unit it concerns most")
    origin: Mapped[Origin] = mapped_column(TermColumn(Origin))
    letter_id: Mapped[str | None] = mapped_column(String(32), index=True, comment="letter it grew from")
    letter_batch: Mapped[str | None] = mapped_column(String(64), comment="public record id of the letter's batch")
    task_id: Mapped[str | None] = mapped_column(String(64), index=True, comment="rectification task it grew from")
    task_record: Mapped[str | None] = mapped_column(String(64), comment="public record id of the task")
    polluter_id: Mapped[str | None] = mapped_column(ForeignKey("polluter.id"), index=True)
    accident: Mapped[bool] = mapped_column(Boolean, default=False, comment="四不放过 applies")
    previous_id: Mapped[str | None] = mapped_column(
        ForeignKey("accountability_case.id"), comment="the last case on the same matter"
    )
    state: Mapped[CaseState] = mapped_column(TermColumn(CaseState), default=CaseState.CHECKING, index=True)
    opened_on: Mapped[date] = mapped_column(Date)
    ruleset: Mapped[str] = mapped_column(String(40))
    said: Mapped[str] = mapped_column(Text, default="{}", comment="JSON: facts, signs, impact … as disclosure assess takes them")
    grade_reason: Mapped[str] = mapped_column(Text, default="", comment="why a person sets another grade than presumed")
    frozen: Mapped[str] = mapped_column(
        Text, default="", comment="JSON: the suggestion as it stood when the decision was confirmed"
    )
    handed_over: Mapped[bool] = mapped_column(Boolean, default=False, comment="handed over by an inspection: consent needed")
    consent_by: Mapped[str] = mapped_column(String(120), default="", comment="inspection body that consented")
    consent_on: Mapped[date | None] = mapped_column(Date)
    consent_document: Mapped[str] = mapped_column(String(120), default="")
    suggestion_shown: Mapped[bool] = mapped_column(
        Boolean, default=False, comment="the deciding body agrees to show the suggestion"
    )
    suggestion_agreed_by: Mapped[str] = mapped_column(String(120), default="")
    execution_due_on: Mapped[date | None] = mapped_column(Date)
    recorded_by: Mapped[str] = mapped_column(String(64), default="", comment="who last recorded a decision; cannot confirm it")
    record_id: Mapped[str | None] = mapped_column(String(64), comment="public record of the outcome")

    checks: Mapped[list[WorksheetCheck]] = relationship(order_by="WorksheetCheck.place", cascade="all, delete-orphan")
    accident_points: Mapped[list[AccidentCheck]] = relationship(order_by="AccidentCheck.place", cascade="all, delete-orphan")
    parties: Mapped[list[Party]] = relationship(order_by="Party.place", back_populates="case", cascade="all, delete-orphan")
    waivers: Mapped[list[Waiver]] = relationship(order_by="Waiver.id", cascade="all, delete-orphan")
    procedure: Mapped[list[ProcedureStep]] = relationship(
        order_by="ProcedureStep.on, ProcedureStep.id", cascade="all, delete-orphan"
    )
    factors: Mapped[list[FactorNote]] = relationship(order_by="FactorNote.factor", cascade="all, delete-orphan")
    history: Mapped[list[CaseHistory]] = relationship(order_by="CaseHistory.id", cascade="all, delete-orphan")

    @property
    def gaps(self) -> tuple[str, ...]:
        """What must be closed before the next step, in words; empty: nothing."""
        from moderation.accountability.worksheet import gaps_of

        return gaps_of(self)

    def remember(self, step: Step, *, by: str, at: datetime, text: str | None) -> None:
        self.history.append(CaseHistory(verb=step.verb, source=step.source, target=step.target, by=by, at=at, text=text or ""))


class CaseHistory(OfficeBase):
    """One line of a case's history. Never changed."""

    __tablename__ = "accountability_history"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("accountability_case.id"), index=True)
    verb: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(40))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    text: Mapped[str] = mapped_column(Text)


class WorksheetCheck(OfficeBase):
    """One of the four checks. ``answer`` None: still open."""

    __tablename__ = "worksheet_check"
    __table_args__ = (UniqueConstraint("case_id", "dimension"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("accountability_case.id"), index=True)
    place: Mapped[int] = mapped_column(Integer)
    dimension: Mapped[Dimension] = mapped_column(TermColumn(Dimension))
    answer: Mapped[CheckAnswer | None] = mapped_column(TermColumn(CheckAnswer))
    finding: Mapped[str] = mapped_column(Text, default="")
    offices: Mapped[str] = mapped_column(Text, default="", comment="people by office, one a line")
    evidence: Mapped[str] = mapped_column(Text, default="", comment="what it rests on, one a line")
    answered_by: Mapped[str] = mapped_column(String(64), default="")
    answered_at: Mapped[datetime | None] = mapped_column(Moment)


class AccidentCheck(OfficeBase):
    """One of the four points of 四不放过; closed when ``settled_on`` is set."""

    __tablename__ = "accident_check"
    __table_args__ = (UniqueConstraint("case_id", "point"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("accountability_case.id"), index=True)
    place: Mapped[int] = mapped_column(Integer)
    point: Mapped[AccidentPoint] = mapped_column(TermColumn(AccidentPoint))
    text: Mapped[str] = mapped_column(Text, default="")
    settled_on: Mapped[date | None] = mapped_column(Date)
    settled_by: Mapped[str] = mapped_column(String(64), default="")


class FactorNote(OfficeBase):
    """What was found on one of the five factors (规定 第二十条)."""

    __tablename__ = "accountability_factor"
    __table_args__ = (UniqueConstraint("case_id", "factor"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("accountability_case.id"), index=True)
    factor: Mapped[Factor] = mapped_column(TermColumn(Factor))
    text: Mapped[str] = mapped_column(Text)


class ProcedureStep(OfficeBase):
    """One step of the procedure outside: notice, list, hand-over, execution (办法 第十二条、第十三条；规定 第二十条)."""

    __tablename__ = "accountability_procedure"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("accountability_case.id"), index=True)
    step: Mapped[Procedure] = mapped_column(TermColumn(Procedure))
    on: Mapped[date] = mapped_column("done_on", Date)
    body: Mapped[str] = mapped_column(String(120), comment="who did it or received it")
    document: Mapped[str] = mapped_column(String(120), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column("recorded_by", String(64))


class Waiver(OfficeBase):
    """Why a suggested measure is asked of nobody: the row, the subject, the reason."""

    __tablename__ = "suggestion_waiver"
    __table_args__ = (UniqueConstraint("case_id", "row", "subject"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("accountability_case.id"), index=True)
    row: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column("recorded_by", String(64))


class Official(OfficeBase):
    """A person who can be held to account; one row however many cases, so that people are counted once."""

    __tablename__ = "official"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(40), index=True)
    unit_name: Mapped[str] = mapped_column(String(120), comment="unit where they are now, as far as known")
    born_year: Mapped[int | None] = mapped_column(Integer, comment="only to tell two people of one name apart")


class Party(OfficeBase):
    """One person or unit held to account in one case, with the measures decided."""

    __tablename__ = "accountable_party"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(ForeignKey("accountability_case.id"), index=True)
    place: Mapped[int] = mapped_column(Integer)
    kind: Mapped[PartyKind] = mapped_column(TermColumn(PartyKind))
    official_id: Mapped[str | None] = mapped_column(ForeignKey("official.id"), index=True)
    unit_name: Mapped[str] = mapped_column(String(120), comment="the unit, or the unit of the person then")
    office: Mapped[str] = mapped_column(String(120), default="", comment="office held then, e.g. 副镇长")
    rank: Mapped[Rank | None] = mapped_column(TermColumn(Rank), comment="None for a unit")
    tenure: Mapped[Tenure | None] = mapped_column(TermColumn(Tenure), comment="None for a unit")
    subject: Mapped[str] = mapped_column(String(40), comment="which subject of the rules: direct, principal …")
    dimension: Mapped[Dimension | None] = mapped_column(TermColumn(Dimension))
    deciding_body: Mapped[str] = mapped_column(String(120))
    decided_on: Mapped[date] = mapped_column(Date, index=True)
    basis: Mapped[str] = mapped_column(String(200), comment="clause of the decision")
    comparison: Mapped[Comparison] = mapped_column(TermColumn(Comparison))
    suggested_row: Mapped[str] = mapped_column(String(40), default="")
    below_reason: Mapped[str] = mapped_column(Text, default="")
    below_reason_public: Mapped[bool] = mapped_column(Boolean, default=False, comment="the deciding body agrees")
    exemption_clause: Mapped[str] = mapped_column(String(120), default="", comment="e.g. 昌吉办法 第十四条（三）3")
    exemption_reason: Mapped[str] = mapped_column(Text, default="")
    naming: Mapped[Naming | None] = mapped_column(TermColumn(Naming), comment="None: not yet decided, cannot be published")

    case: Mapped[AccountabilityCase] = relationship(back_populates="parties")
    official: Mapped[Official | None] = relationship()
    measures: Mapped[list[PartyMeasure]] = relationship(
        order_by="PartyMeasure.place", back_populates="party", cascade="all, delete-orphan"
    )
    namings: Mapped[list[NamingDecision]] = relationship(order_by="NamingDecision.id", cascade="all, delete-orphan")

    @property
    def standing(self) -> list[PartyMeasure]:
        """The measures that still hold."""
        return [measure for measure in self.measures if not measure.ended]


class PartyMeasure(OfficeBase):
    """One measure against one party (人次 counts these)."""

    __tablename__ = "party_measure"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    party_id: Mapped[str] = mapped_column(ForeignKey("accountable_party.id"), index=True)
    place: Mapped[int] = mapped_column(Integer)
    word: Mapped[str] = mapped_column(String(40), comment="a measure of the rules, e.g. 诫勉")
    detail: Mapped[str] = mapped_column(String(60), default="", comment="e.g. 党内警告")

    party: Mapped[Party] = relationship(back_populates="measures")
    changes: Mapped[list[MeasureChange]] = relationship(order_by="MeasureChange.id", cascade="all, delete-orphan")

    @property
    def ended(self) -> bool:
        """Changed into another, quashed, or the person rehabilitated."""
        return bool(self.changes)

    @property
    def spoken(self) -> str:
        return f"{self.word}（{self.detail}）" if self.detail else self.word


class MeasureChange(OfficeBase):
    """A later change of a measure; published as a correction. Never changed."""

    __tablename__ = "measure_change"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    measure_id: Mapped[str] = mapped_column(ForeignKey("party_measure.id"), index=True)
    kind: Mapped[ChangeKind] = mapped_column(TermColumn(ChangeKind))
    on: Mapped[date] = mapped_column("changed_on", Date)
    reason: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(String(120), default="")
    replaced_by: Mapped[str] = mapped_column(String(100), default="", comment="the measure that takes its place")
    by: Mapped[str] = mapped_column("recorded_by", String(64))


class NamingDecision(OfficeBase):
    """How one person is printed: by which rule, why, by whom. Never changed; the last one holds."""

    __tablename__ = "naming_decision"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("accountable_party.id"), index=True)
    naming: Mapped[Naming] = mapped_column(TermColumn(Naming))
    rule: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column("decided_by", String(64))
    at: Mapped[datetime] = mapped_column(Moment)


for _table in ("accountability_history", "measure_change", "naming_decision"):
    protect_append_only(OfficeBase, _table)

Index("ix_accountable_party_decided", Party.decided_on, Party.kind)
