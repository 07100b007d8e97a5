"""Exposed cases (曝光案例): only decided ones, with law, penalties and pictures; a quashed penalty comes down in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from moderation.accountability.machine import EXPOSURE
from moderation.accountability.pictures import Box, burnt, write_boxes
from moderation.accountability.polluters import Polluter, mention
from moderation.accountability.words import ExposureState, PenaltyKind, Rectified
from moderation.evidence import EvidenceStore
from moderation.holidays import office_calendar
from moderation.publication import duties
from portal.core import audit
from portal.core.calendar import Deadline
from portal.core.clock import day_of
from portal.core.db import Moment, OfficeBase, TermColumn, protect_append_only
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.ids import new_id
from portal.core.workflow import Actor, Step, move

TAKE_DOWN_CLAUSE = "行政处罚法 第四十八条"


class ExposedCase(OfficeBase):
    """One polluter's decided case, told to the public."""

    __tablename__ = "exposed_case"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    polluter_id: Mapped[str] = mapped_column(ForeignKey("polluter.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("accountability_case.id"), index=True)
    letter_batch: Mapped[str | None] = mapped_column(String(64), comment="public record id of the letter's batch")
    task_record: Mapped[str | None] = mapped_column(String(64), comment="public record id of the task")
    title: Mapped[str] = mapped_column(String(120))
    facts_text: Mapped[str] = mapped_column(Text)
    law: Mapped[str] = mapped_column(String(300), comment="law broken, with article")
    unit_name: Mapped[str] = mapped_column(String(60), comment="who investigated and decided")
    region_code: Mapped[str] = mapped_column(String(12), index=True)
    rectified: Mapped[Rectified] = mapped_column(TermColumn(Rectified), default=Rectified.IN_PROGRESS)
    rectified_text: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[ExposureState] = mapped_column(TermColumn(ExposureState), default=ExposureState.DRAFT, index=True)
    take_down_by: Mapped[date | None] = mapped_column(Date, comment="last day a quashed penalty may stay up")
    take_down_arithmetic: Mapped[str] = mapped_column(String(200), default="", comment="how that day was counted")
    take_down_provisional: Mapped[bool] = mapped_column(Boolean, default=False, comment="暂定: year not yet announced")
    take_down_reason: Mapped[str] = mapped_column(Text, default="")
    record_id: Mapped[str | None] = mapped_column(String(64), comment="public record")
    __table_args__ = (
        Index(
            "ix_exposed_case_take_down", "take_down_by", "id",
            sqlite_where=take_down_by.is_not(None), postgresql_where=take_down_by.is_not(None),
        ),
    )  # fmt: skip

    polluter: Mapped[Polluter] = relationship()
    penalties: Mapped[list[Penalty]] = relationship(order_by="Penalty.decided_on, Penalty.id", cascade="all, delete-orphan")
    pictures: Mapped[list[ExposurePicture]] = relationship(order_by="ExposurePicture.place", cascade="all, delete-orphan")
    history: Mapped[list[ExposureHistory]] = relationship(order_by="ExposureHistory.id", cascade="all, delete-orphan")

    @property
    def gaps(self) -> tuple[str, ...]:
        """What is missing before it may be published; empty: nothing."""
        found = (
            [] if any(penalty.quashed_on is None for penalty in self.penalties) else ["只公开已作出决定的案件，请先登记处罚决定"]
        )
        for value, label in ((self.facts_text, "违法事实"), (self.law, "违反的法律条款"), (self.unit_name, "查处单位")):
            found += [] if value.strip() else [f"请写明{label}"]
        found += [f"第 {picture.place + 1} 张图片请写文字说明" for picture in self.pictures if not picture.alt.strip()]
        found += [f"第 {picture.place + 1} 张图片还没有核对人脸和车牌" for picture in self.pictures if not picture.checked_by]
        return tuple(found)

    def remember(self, step: Step, *, by: str, at: datetime, text: str | None) -> None:
        self.history.append(ExposureHistory(verb=step.verb, by=by, at=at, text=text or ""))


class ExposureHistory(OfficeBase):
    """One line of an exposed case's history. Never changed."""

    __tablename__ = "exposure_history"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    exposed_id: Mapped[str] = mapped_column(ForeignKey("exposed_case.id"), index=True)
    verb: Mapped[str] = mapped_column(String(40))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    text: Mapped[str] = mapped_column(Text)


class Penalty(OfficeBase):
    """One decision against the polluter."""

    __tablename__ = "exposure_penalty"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    exposed_id: Mapped[str] = mapped_column(ForeignKey("exposed_case.id"), index=True)
    kind: Mapped[PenaltyKind] = mapped_column(TermColumn(PenaltyKind))
    document: Mapped[str] = mapped_column(String(120))
    decided_on: Mapped[date] = mapped_column(Date)
    fine_yuan: Mapped[int | None] = mapped_column(Integer, comment="whole yuan, only for a fine")
    text: Mapped[str] = mapped_column(Text, default="")
    quashed_on: Mapped[date | None] = mapped_column(Date)
    quashed_reason: Mapped[str] = mapped_column(Text, default="")


class ExposurePicture(OfficeBase):
    """One picture: the upload in the evidence store, the boxes placed by hand, and the copy they are burnt into."""

    __tablename__ = "exposure_picture"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    exposed_id: Mapped[str] = mapped_column(ForeignKey("exposed_case.id"), index=True)
    place: Mapped[int] = mapped_column(Integer)
    original: Mapped[str] = mapped_column(String(64), comment="evidence id; never published")
    boxes: Mapped[str] = mapped_column(Text, default="[]", comment="JSON [left, top, right, bottom] in pixels")
    copy: Mapped[str] = mapped_column(String(64), comment="evidence id of the burnt copy")
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    alt: Mapped[str] = mapped_column(String(300), default="")
    checked_by: Mapped[str] = mapped_column(String(64), default="", comment="who looked for faces and plates in this copy")


protect_append_only(OfficeBase, "exposure_history")


@dataclass(frozen=True)
class NewExposure:
    """What is written down when an exposed case is drafted."""

    title: str
    facts_text: str
    law: str
    unit_name: str
    region_code: str
    case_id: str | None = None
    letter_batch: str | None = None
    task_record: str | None = None


def draft_exposure(session: Session, polluter: Polluter, new: NewExposure, *, by: Actor, at: datetime) -> ExposedCase:
    """A new exposed case of that polluter, not yet public."""
    if not new.title.strip():
        raise Mendable("请写明标题", field="title")
    exposed = ExposedCase(
        id=new_id(), polluter_id=polluter.id, state=ExposureState.DRAFT, rectified=Rectified.IN_PROGRESS, **vars(new)
    )
    exposed.polluter = polluter
    session.add(exposed)
    session.flush()
    mention(session, polluter.id, kind="exposure", reference=exposed.id, label=new.title, on=day_of(at))
    audit.record(session, by=by.id, act="exposed_case.draft", subject=exposed.id, at=at)
    return exposed


def exposure_named(session: Session, exposed_id: str) -> ExposedCase:
    """The exposed case of that id. Raises NotThere."""
    exposed = session.get(ExposedCase, exposed_id)
    if exposed is None:
        raise NotThere("没有这个曝光案例")
    return exposed


def _require_open(exposed: ExposedCase) -> None:
    if exposed.state not in {ExposureState.DRAFT, ExposureState.READY}:
        raise Refusal(f"“{exposed.state.zh}”状态下不能修改，请走更正", clause="政府信息公开条例 第四十一条")


def add_penalty(
    session: Session,
    exposed: ExposedCase,
    kind: PenaltyKind,
    *,
    document: str,
    decided_on: date,
    fine_yuan: int | None = None,
    text: str = "",
    by: Actor,
    at: datetime,
) -> Penalty:
    """One decision. A fine states whole yuan; the others do not."""
    _require_open(exposed)
    if not document.strip():
        raise Mendable("请写明决定书文号", field="document")
    if decided_on > day_of(at):
        raise Mendable("决定日期不能晚于今天", field="decided_on")
    if (kind is PenaltyKind.FINE) != (fine_yuan is not None):
        raise Mendable("罚款要写金额（元）；其他处理不写金额", field="fine_yuan")
    if fine_yuan is not None and fine_yuan <= 0:
        raise Mendable("罚款金额应大于 0", field="fine_yuan")
    penalty = Penalty(kind=kind, document=document, decided_on=decided_on, fine_yuan=fine_yuan, text=text)
    exposed.penalties.append(penalty)
    session.flush()
    audit.record(session, by=by.id, act="exposed_case.penalty", subject=exposed.id, at=at, detail={"kind": kind.value})
    return penalty


def add_picture(
    session: Session,
    exposed: ExposedCase,
    store: EvidenceStore,
    data: bytes,
    *,
    alt: str,
    boxes: tuple[Box, ...] = (),
    by: Actor,
    at: datetime,
) -> ExposurePicture:
    """Keeps the upload and its burnt copy. It is published only after a person confirmed that nobody can be recognised."""
    _require_open(exposed)
    if not alt.strip():
        raise Mendable("请写文字说明：图片上是什么", field="alt")
    copy = burnt(data, boxes)
    picture = ExposurePicture(
        place=len(exposed.pictures), original=store.put(data), boxes=write_boxes(boxes), copy=store.put(copy.data),
        width=copy.width, height=copy.height, alt=alt, checked_by="",
    )  # fmt: skip
    exposed.pictures.append(picture)
    session.flush()
    audit.record(session, by=by.id, act="exposed_case.picture", subject=exposed.id, at=at, detail={"boxes": len(boxes)})
    return picture


def place_boxes(
    session: Session, picture: ExposurePicture, store: EvidenceStore, boxes: tuple[Box, ...], *, by: Actor, at: datetime
) -> None:
    """Burns other boxes into a fresh copy of the original; the old copy is forgotten and the check starts anew."""
    copy = burnt(store.get(picture.original), boxes)
    old = picture.copy
    picture.copy, picture.width, picture.height = store.put(copy.data), copy.width, copy.height
    picture.boxes, picture.checked_by = write_boxes(boxes), ""
    if old != picture.copy:
        store.remove(old)
    audit.record(session, by=by.id, act="exposed_case.boxes", subject=picture.exposed_id, at=at, detail={"boxes": len(boxes)})


def confirm_picture(session: Session, picture: ExposurePicture, *, by: Actor, at: datetime) -> None:
    """A person looked at the copy: no face, no plate, no name can be recognised."""
    picture.checked_by = by.id
    audit.record(session, by=by.id, act="exposed_case.picture_checked", subject=picture.exposed_id, at=at)


def set_rectified(session: Session, exposed: ExposedCase, rectified: Rectified, *, text: str, by: Actor, at: datetime) -> None:
    """Whether it is mended, with what shows it."""
    if rectified is Rectified.DONE and not text.strip():
        raise Mendable("请写明怎么整改的、怎么核实的", field="text")
    exposed.rectified, exposed.rectified_text = rectified, text
    audit.record(session, by=by.id, act="exposed_case.rectified", subject=exposed.id, at=at, detail={"state": rectified.value})


def quash_penalty(
    session: Session, exposed: ExposedCase, penalty: Penalty, *, on: date, reason: str, by: Actor, at: datetime
) -> None:
    """A penalty was changed, quashed, found unlawful or void: the page must be down in three working days, with the reason.

    Of several, the first quashed sets the day. Source: 行政处罚法 第四十八条、第八十五条, rules/disclosure_days.toml.
    """
    if not reason.strip():
        raise Mendable("请写明撤销的原因", field="reason", clause=TAKE_DOWN_CLAUSE)
    if penalty.quashed_on is not None:
        raise Refusal("这项处罚已登记撤销", clause=TAKE_DOWN_CLAUSE)
    if on < penalty.decided_on or on > day_of(at):
        raise Mendable("撤销日期应在决定之后、今天以前", field="on")
    penalty.quashed_on, penalty.quashed_reason = on, reason
    found = duties.last_day(duties.TAKE_DOWN, on, office_calendar(session))
    if exposed.take_down_by is None or found.due_on < exposed.take_down_by:
        _freeze(exposed, found)
    exposed.take_down_reason = reason
    audit.record(session, by=by.id, act="exposed_case.quashed", subject=exposed.id, at=at, detail={"on": on})


def _freeze(exposed: ExposedCase, found: Deadline) -> None:
    exposed.take_down_by, exposed.take_down_arithmetic = found.due_on, found.arithmetic
    exposed.take_down_provisional = found.provisional


def settle_provisional(session: Session, *, by: Actor, at: datetime) -> int:
    """Counts again every 暂定 last day that the calendar as it stands now makes certain; returns how many. No other day moves."""
    calendar, settled = office_calendar(session), 0
    for exposed in due_for_take_down(session):
        first = min((penalty.quashed_on for penalty in exposed.penalties if penalty.quashed_on), default=None)
        if exposed.take_down_provisional and first is not None and exposed.take_down_by is not None:
            was = Deadline(exposed.take_down_by, exposed.take_down_arithmetic, provisional=True)
            found = duties.counted_again(first, was, calendar, code=duties.TAKE_DOWN)
            settled += not found.provisional
            _freeze(exposed, found)
    audit.record(session, by=by.id, act="calendar.settle_take_downs", subject="exposures", at=at, detail={"deadlines": settled})
    return settled


def is_quashed(session: Session, exposed_id: str) -> bool:
    """Whether a penalty of this exposed case was quashed: its words must not go out any more."""
    exposed = session.get(ExposedCase, exposed_id)
    return exposed is not None and exposed.take_down_by is not None


def take_step(session: Session, exposed: ExposedCase, verb: str, *, by: Actor, at: datetime, text: str | None = None) -> None:
    """Moves the exposed case one step."""
    move(session, EXPOSURE, exposed, verb, by=by, at=at, text=text)


def due_for_take_down(session: Session) -> list[ExposedCase]:
    """Cases with a quashed penalty that are not down yet, the most urgent first."""
    chosen = select(ExposedCase).where(
        ExposedCase.take_down_by.is_not(None), ExposedCase.state.in_((ExposureState.READY, ExposureState.PUBLISHED))
    )
    return list(session.scalars(chosen.order_by(ExposedCase.take_down_by, ExposedCase.id)))
