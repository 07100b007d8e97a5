"""Investigations (昌吉办法 第七条至第十一条), from start to published report, and followed to the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from moderation.accountability.machine import INVESTIGATION
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.words import InvestigationState
from portal.core import audit
from portal.core.calendar import WorkdayCalendar
from portal.core.clock import day_of
from portal.core.db import Moment, OfficeBase, TermColumn, protect_append_only
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.ids import new_id
from portal.core.workflow import Actor, Step, move

# 信息公开条例 第二十六条. The 昌吉办法 says that the report is published, not when.
PUBLICATION_WORKDAYS = 20
PUBLICATION_CLAUSE = "昌吉办法 第十一条；政府信息公开条例 第二十六条"
FINDINGS = {
    "course": "现状和经过",
    "casualties": "人员伤亡",
    "direct_loss": "直接经济损失评估",
    "indirect_loss": "间接经济损失评估",
    "ecological_damage": "生态损害评估",
    "direct_cause": "直接原因",
    "indirect_cause": "间接原因",
    "history": "历史过程追溯",
    "responsibility": "责任界定",
    "proposals": "处理建议",
}


class Investigation(OfficeBase):
    """One investigation of a case."""

    __tablename__ = "investigation"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("accountability_case.id"), unique=True)
    state: Mapped[InvestigationState] = mapped_column(
        TermColumn(InvestigationState), default=InvestigationState.STARTED, index=True
    )
    started_on: Mapped[date] = mapped_column(Date)
    started_by: Mapped[str] = mapped_column(String(120), comment="government or body that started it")
    why: Mapped[str] = mapped_column(Text, comment="situation of 第六条 and its facts")
    assisting: Mapped[bool] = mapped_column(Boolean, default=False, comment="a superior's investigation, assisted here")
    team: Mapped[str] = mapped_column(Text, default="", comment="units and experts, one a line")
    team_approved_by: Mapped[str] = mapped_column(String(120), default="")
    team_approved_on: Mapped[date | None] = mapped_column(Date)
    discipline_opinion: Mapped[str] = mapped_column(Text, default="", comment="the supervision team's own opinion (第十条)")
    discipline_needed: Mapped[bool] = mapped_column(Boolean, default=False, comment="discipline or organisation measures needed")
    consulted: Mapped[str] = mapped_column(String(200), default="", comment="纪委、组织部 consulted, with date")
    report_text: Mapped[str] = mapped_column(Text, default="", comment="report as it will be public")
    report_approved_by: Mapped[str] = mapped_column(String(120), default="")
    report_approved_on: Mapped[date | None] = mapped_column(Date)
    publish_by: Mapped[date | None] = mapped_column(Date)
    publish_by_arithmetic: Mapped[str] = mapped_column(String(200), default="")
    published_on: Mapped[date | None] = mapped_column(Date)
    record_id: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (
        Index(
            "ix_investigation_unpublished", "publish_by", "id",
            sqlite_where=published_on.is_(None), postgresql_where=published_on.is_(None),
        ),
    )  # fmt: skip

    case: Mapped[AccountabilityCase] = relationship()
    findings: Mapped[list[Finding]] = relationship(cascade="all, delete-orphan")
    history: Mapped[list[InvestigationHistory]] = relationship(order_by="InvestigationHistory.id", cascade="all, delete-orphan")

    @property
    def gaps(self) -> tuple[str, ...]:
        """What is missing before the next step; empty: nothing."""
        return tuple(_gaps(self))

    def finding(self, name: str) -> str:
        return next((row.text for row in self.findings if row.name == name), "")

    def remember(self, step: Step, *, by: str, at: datetime, text: str | None) -> None:
        self.history.append(InvestigationHistory(verb=step.verb, by=by, at=at, text=text or ""))


class Finding(OfficeBase):
    """What was found on one point of 第九条."""

    __tablename__ = "investigation_finding"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    investigation_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"), index=True)
    name: Mapped[str] = mapped_column(String(40), comment="a key of FINDINGS")
    text: Mapped[str] = mapped_column(Text)


class InvestigationHistory(OfficeBase):
    """One line of history. Never changed."""

    __tablename__ = "investigation_history"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    investigation_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"), index=True)
    verb: Mapped[str] = mapped_column(String(40))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    text: Mapped[str] = mapped_column(Text)


protect_append_only(OfficeBase, "investigation_history")


def _gaps(found: Investigation) -> list[str]:
    match found.state:
        case InvestigationState.STARTED:
            return (
                []
                if found.team.strip() and found.team_approved_by and found.team_approved_on
                else ["请写明调查组成员和批准机关、日期"]
            )
        case InvestigationState.TEAM_APPROVED:
            return [f"请写明“{label}”" for name, label in FINDINGS.items() if not found.finding(name).strip()]
        case InvestigationState.FOUND:
            gaps = [] if found.discipline_opinion.strip() else ["请登记监察机关单独的意见"]
            gaps += (
                ["需要处分或组织处理的，请登记与纪委、组织部商量的情况"]
                if found.discipline_needed and not found.consulted.strip()
                else []
            )
            return gaps + ([] if found.report_text.strip() else ["请写调查报告"])
        case InvestigationState.REPORTED:
            return [] if found.report_approved_by and found.report_approved_on else ["请写明批准报告的机关和日期"]
        case _:
            return []


def start_investigation(
    session: Session,
    case: AccountabilityCase,
    *,
    started_by: str,
    why: str,
    assisting: bool = False,
    by: Actor,
    at: datetime,
) -> Investigation:
    """Starts the investigation of a case: by whom and why. One a case."""
    if not started_by.strip():
        raise Mendable("请写明由谁启动", field="started_by")
    if not why.strip():
        raise Mendable("请写明启动的原因", field="why")
    if session.scalar(select(Investigation.id).where(Investigation.case_id == case.id)):
        raise Refusal("这个案件已经启动调查", clause="昌吉办法 第七条")
    found = Investigation(
        id=new_id(), case_id=case.id, state=InvestigationState.STARTED, started_on=day_of(at), started_by=started_by, why=why,
        assisting=assisting,
    )  # fmt: skip
    found.case = case
    session.add(found)
    session.flush()
    audit.record(session, by=by.id, act="investigation.start", subject=found.id, at=at, detail={"case": case.id})
    return found


def investigation_of(session: Session, case_id: str) -> Investigation | None:
    """The investigation of that case, if one was started."""
    return session.scalar(select(Investigation).where(Investigation.case_id == case_id))


def investigation_named(session: Session, investigation_id: str) -> Investigation:
    """Raises NotThere."""
    found = session.get(Investigation, investigation_id)
    if found is None:
        raise NotThere("没有这项调查")
    return found


def write_findings(session: Session, found: Investigation, texts: Mapping[str, str], *, by: Actor, at: datetime) -> None:
    """Writes what was found on the points of 第九条; points left out keep what they had."""
    if found.state is not InvestigationState.TEAM_APPROVED:
        raise Refusal(f"“{found.state.zh}”状态下不能修改调查结论", clause="昌吉办法 第九条")
    for name, text in texts.items():
        if name not in FINDINGS:
            raise Mendable("没有这一项调查内容", field=name)
        row = next((one for one in found.findings if one.name == name), None)
        if row is None:
            found.findings.append(Finding(name=name, text=text))
        else:
            row.text = text
    audit.record(session, by=by.id, act="investigation.findings", subject=found.id, at=at, detail={"points": sorted(texts)})


@dataclass(frozen=True)
class Papers:
    """What can be written on an investigation beside its findings; None leaves a field as it is."""

    team: str | None = None
    team_approved_by: str | None = None
    team_approved_on: date | None = None
    discipline_opinion: str | None = None
    discipline_needed: bool | None = None
    consulted: str | None = None
    report_text: str | None = None
    report_approved_by: str | None = None
    report_approved_on: date | None = None


def write_papers(session: Session, found: Investigation, papers: Papers, *, by: Actor, at: datetime) -> None:
    """Writes team, opinion, report and approvals; the steps check that they are whole."""
    if found.state in {InvestigationState.APPROVED, InvestigationState.PUBLISHED, InvestigationState.FOLLOWED}:
        raise Refusal("报告已批准，不能再改；有错请走更正", clause=PUBLICATION_CLAUSE)
    changed = {name: value for name, value in vars(papers).items() if value is not None}
    for name, value in changed.items():
        if isinstance(value, date) and value > day_of(at):
            raise Mendable("日期不能晚于今天", field=name)
        setattr(found, name, value)
    audit.record(session, by=by.id, act="investigation.papers", subject=found.id, at=at, detail={"fields": sorted(changed)})


def take_step(
    session: Session,
    found: Investigation,
    verb: str,
    *,
    calendar: WorkdayCalendar,
    by: Actor,
    at: datetime,
    text: str | None = None,
) -> None:
    """Moves the investigation one step. Approving the report sets the day by which it must be public; that day is frozen."""
    move(session, INVESTIGATION, found, verb, by=by, at=at, text=text)
    if verb == "approve_report":
        approved = found.report_approved_on or day_of(at)
        deadline = calendar.add_workdays(approved, PUBLICATION_WORKDAYS, named="报告批准日")
        found.publish_by, found.publish_by_arithmetic = deadline.due_on, deadline.arithmetic
    if verb == "note_publication":
        found.published_on = day_of(at)
    session.flush()


def publication_word(found: Investigation, today: date) -> str:
    """待批准 / 应公开 / 逾期未公开 / 已公开, as the site says it."""
    if found.published_on is not None:
        return f"已公开（{found.published_on.isoformat()}）"
    if found.publish_by is None:
        return "报告尚未批准"
    return "逾期未公开" if found.publish_by < today else f"应在 {found.publish_by.isoformat()} 前公开"


def overdue_publications(session: Session, today: date) -> list[Investigation]:
    """Approved reports that should be public by now, the latest first due on top."""
    chosen = select(Investigation).where(Investigation.publish_by < today, Investigation.published_on.is_(None))
    return list(session.scalars(chosen.order_by(Investigation.publish_by)))
