"""Tables of supervision: where each subject stands, its history and documents, requests, samples, checked figures, 挂牌督办."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, object_session

from moderation.supervision.machine import AskedState, Ground, PaperKind, Rung, SubjectKind
from portal.core.clock import day_of
from portal.core.db import Moment, OfficeBase, Protection, TermColumn, protect, protect_append_only
from portal.core.vocabulary import Role, Term
from portal.core.workflow import Step


class Supervision(OfficeBase):
    """Where one letter or task stands on the ladder. A subject without a row is 正常."""

    __tablename__ = "supervision"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    subject_kind: Mapped[SubjectKind] = mapped_column(TermColumn(SubjectKind))
    subject_id: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(80), comment="as people say it, when the row was made")
    unit_id: Mapped[str] = mapped_column(String(32), comment="lead unit at the last step")
    state: Mapped[Rung] = mapped_column(TermColumn(Rung), default=Rung.NORMAL)
    since_on: Mapped[date] = mapped_column(Date)
    lowered_on: Mapped[date | None] = mapped_column(Date, comment="the timer counts from here again")
    steps: Mapped[int] = mapped_column(Integer, default=0, comment="lines of history; raised by every step")
    __table_args__ = (UniqueConstraint("subject_kind", "subject_id"), Index("ix_supervision_state", "state", "since_on", "id"))

    def remember(self, step: Step, *, by: str, at: datetime, text: str | None) -> None:
        """Appends one line of history."""
        session = object_session(self)
        assert session is not None
        self.steps += 1
        if step.target is not step.source:
            self.since_on = day_of(at)
        session.add(
            SupervisionEvent(supervision_id=self.id, at=at, on=day_of(at), by=by, verb=step.verb, source=step.source.value,
                             target=step.target.value, text=text or "")
        )  # fmt: skip


class SupervisionEvent(OfficeBase):
    """One line of a subject's history on the ladder."""

    __tablename__ = "supervision_event"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    supervision_id: Mapped[str] = mapped_column(ForeignKey("supervision.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    on: Mapped[date] = mapped_column(Date)
    by: Mapped[str] = mapped_column(String(64))
    verb: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text, default="")


protect_append_only(OfficeBase, "supervision_event")


class SupervisionPaper(OfficeBase):
    """A document of the ladder, its words frozen when it was made. ``serial`` counts within kind and year."""

    __tablename__ = "supervision_paper"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    supervision_id: Mapped[str] = mapped_column(ForeignKey("supervision.id"), index=True)
    kind: Mapped[PaperKind] = mapped_column(TermColumn(PaperKind))
    year: Mapped[int] = mapped_column(Integer)
    serial: Mapped[int] = mapped_column(Integer)
    unit_id: Mapped[str] = mapped_column(String(32), index=True, comment="to whom")
    words: Mapped[str] = mapped_column(Text, comment="paragraphs, a line each")
    on: Mapped[date] = mapped_column(Date)
    by: Mapped[str] = mapped_column(String(64))
    __table_args__ = (UniqueConstraint("kind", "year", "serial"),)


protect_append_only(OfficeBase, "supervision_paper")


class InspectionRequest(OfficeBase):
    """A request of 综合巡查组 or 信访督办组 that the inspectors look into a unit's conduct."""

    __tablename__ = "inspection_request"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    supervision_id: Mapped[str] = mapped_column(ForeignKey("supervision.id"), index=True)
    state: Mapped[AskedState] = mapped_column(TermColumn(AskedState), default=AskedState.OPEN, index=True)
    ground: Mapped[Ground] = mapped_column(TermColumn(Ground))
    reason: Mapped[str] = mapped_column(Text)
    role: Mapped[Role] = mapped_column(TermColumn(Role))
    asked_by: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str] = mapped_column(String(64), default="")
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    note: Mapped[str] = mapped_column(Text, default="")


class SampleKind(Term):
    """Two ways of looking again."""

    SPOT_CHECK = "spot_check", "抽查", "spot check"
    LOOK_BACK = "look_back", "回头看", "look-back"


class Sample(OfficeBase):
    """A drawn sample of closed letters. Whoever has ``seed`` and the letters of those days can draw it again."""

    __tablename__ = "supervision_sample"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    kind: Mapped[SampleKind] = mapped_column(TermColumn(SampleKind))
    seed: Mapped[str] = mapped_column(String(32))
    first_on: Mapped[date] = mapped_column(Date)
    last_on: Mapped[date] = mapped_column(Date)
    key_only: Mapped[bool] = mapped_column(Boolean)
    population: Mapped[int] = mapped_column(Integer, comment="letters it was drawn from")
    drawn_by: Mapped[str] = mapped_column(String(64))
    drawn_at: Mapped[datetime] = mapped_column(Moment)


class SampleItem(OfficeBase):
    """One letter of a sample and what was found. ``passed`` None: not looked at yet."""

    __tablename__ = "supervision_sample_item"
    sample_id: Mapped[str] = mapped_column(ForeignKey("supervision_sample.id"), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    passed: Mapped[bool | None] = mapped_column(Boolean)
    text: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(64), default="")
    on: Mapped[date | None] = mapped_column(Date)
    __table_args__ = (
        Index("ix_supervision_sample_item_open", "letter_id", sqlite_where=passed.is_(None), postgresql_where=passed.is_(None)),
    )


class FigureCheck(OfficeBase):
    """The inspectors' check of the number of people held accountable that a letter reports, round by round.

    It stands open (``found`` None) from the day a unit reports anybody held accountable.
    """

    __tablename__ = "figure_check"
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True)
    reported: Mapped[int] = mapped_column(Integer)
    found: Mapped[int | None] = mapped_column(Integer, comment="empty: not checked yet")
    note: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(64), default="")
    on: Mapped[date] = mapped_column(Date, comment="day of the check; while it is open, day of the report")
    past: Mapped[bool] = mapped_column(Boolean, default=False, comment="of an earlier round; kept by the database itself")
    __table_args__ = (
        Index("ix_figure_check_open", "on", "letter_id", sqlite_where=found.is_(None), postgresql_where=found.is_(None)),
    )


_PAST = "UPDATE figure_check SET past = (round <> NEW.round) WHERE letter_id = NEW.id;"
protect(
    OfficeBase,
    Protection(
        "figure_check_past",
        sqlite=(f"CREATE TRIGGER figure_check_past AFTER UPDATE OF round ON letter BEGIN {_PAST} END",),
        postgresql=(
            f"CREATE FUNCTION figure_check_past() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_PAST} RETURN NULL; END $$",
            "CREATE TRIGGER figure_check_past AFTER UPDATE OF round ON letter FOR EACH ROW EXECUTE FUNCTION figure_check_past()",
        ),
    ),
)


class PublicListing(OfficeBase):
    """挂牌督办: a decision made outside, recorded here; its end too. Never automatic."""

    __tablename__ = "public_listing"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    supervision_id: Mapped[str] = mapped_column(ForeignKey("supervision.id"), index=True)
    what: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    by_whom: Mapped[str] = mapped_column(String(120))
    document_number: Mapped[str] = mapped_column(String(80), default="")
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)
    released_on: Mapped[date | None] = mapped_column(Date)
    release_evidence: Mapped[str] = mapped_column(Text, default="")
    recorded_by: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        Index(
            "ix_public_listing_running", "until_on", "id",
            sqlite_where=released_on.is_(None), postgresql_where=released_on.is_(None),
        ),
    )  # fmt: skip
