"""The tables of a letter (信访件): one narrow row for lists, everything larger beside it. Holds no verbs; see the modules beside.

What a reporter wrote is not here: it stays sealed in the intake store and is opened, with an audit line, to be read.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy import text as text_sql
from sqlalchemy.orm import Mapped, mapped_column, object_session

from moderation.casework.copies import keep_copies
from moderation.casework.machine import DESK_OF, Desk, LetterState, Track
from portal.core.clock import day_of
from portal.core.db import Moment, OfficeBase, Protection, TermColumn, protect, protect_append_only
from portal.core.vocabulary import Channel, IdentityLevel, PollutionType, Term, Verdict
from portal.core.workflow import Step

NEVER = date(9999, 12, 31)
"""Stands for "no deadline runs", so that every list sorts by due day along one index."""
_COPY = "the letter's own, kept equal by the database"


class BarReason(Term):
    """Why somebody must not know of a letter."""

    NAMED = "named", "举报中提到此人", "named in the report"
    UNIT_NAMED = "unit_named", "举报中提到该单位", "its unit is named"
    REPORTER_LISTED = "reporter_listed", "举报人要求不让其知道", "the reporter said so"
    FEARED_TOWN = "feared_town", "举报人担心当地知道", "the reporter fears the place"
    ENTERED = "entered", "工作人员登记", "entered by the office"
    COMPLAINED_ABOUT = "complained_about", "被反映的单位", "the unit complained about"


class MeasureKind(Term):
    """What was done to those responsible. The unit of the number is in the Chinese label."""

    ORDER_TO_CORRECT = "order_to_correct", "责令整改（家）", "ordered to correct"
    PENALTY_CASE = "penalty_case", "立案处罚（家）", "penalty case opened"
    FINE = "fine", "罚款（元）", "fine, yuan"
    SEIZURE = "seizure", "查封扣押（家）", "sealed up or seized"
    ADMINISTRATIVE_DETENTION = "administrative_detention", "行政拘留（人）", "administrative detention"
    CRIMINAL_CASE = "criminal_case", "立案侦查（件）", "criminal case opened"
    CRIMINAL_DETENTION = "criminal_detention", "刑事拘留（人）", "criminal detention"
    TALK = "talk", "约谈（人）", "summoned for talk"
    ACCOUNTABILITY = "accountability", "问责（人）", "held accountable"


class EvidenceRole(Term):
    """What a file of the handling unit shows."""

    BEFORE = "before", "整改前照片", "photo before"
    AFTER = "after", "整改后照片", "photo after"
    ON_SITE = "on_site", "现场检查记录", "on-site record"
    PAPER = "paper", "盖章回复扫描件", "stamped answer, scanned"
    OTHER = "other", "其他材料", "other"


class RefusalKind(Term):
    """The two refusals that wait for a second person."""

    DECLINE = "decline", "不予受理", "decline"
    TRANSFER = "transfer", "转送", "transfer"


class MessageDirection(Term):
    """Which way a message goes."""

    IN = "in", "举报人来信", "from the reporter"
    OUT = "out", "办公室回复", "from the office"


class BatchOrigin(Term):
    """Who made a batch."""

    OWN = "own", "本级", "our own"
    PROVINCE = "province", "省级督察交办", "handed down by the province"
    CENTRE = "centre", "中央督察交办", "handed down by the centre"


# What the list of all letters can be filtered by, alone and in pairs; by pollution type see LetterType.
FILTERED_BY = (
    ("state",),
    ("region_code",),
    ("unit_id",),
    ("state", "region_code"),
    ("state", "unit_id"),
    ("region_code", "unit_id"),
)


class Letter(OfficeBase):
    """One letter, as narrow as its lists need. ``due_on`` is the day the running deadline ends, NEVER where none runs."""

    __tablename__ = "letter"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, comment="random")
    version: Mapped[int] = mapped_column(Integer, default=1, comment="raised by every step; the second of two people is told")
    report_id: Mapped[str | None] = mapped_column(String(26), unique=True, comment="sealed report in the intake store, if any")
    number: Mapped[str | None] = mapped_column(String(40), unique=True, comment="受理编号; last digits random: no gaps to read")
    upstream_number: Mapped[str | None] = mapped_column(String(80), index=True, comment="as the level above printed it")
    state: Mapped[LetterState] = mapped_column(TermColumn(LetterState))
    desk: Mapped[Desk] = mapped_column(TermColumn(Desk), comment="follows from state")
    track: Mapped[Track] = mapped_column(TermColumn(Track), default=Track.REPORT)
    channel: Mapped[Channel] = mapped_column(TermColumn(Channel))
    identity_level: Mapped[IdentityLevel] = mapped_column(TermColumn(IdentityLevel))
    region_code: Mapped[str] = mapped_column(String(12), default="")
    main_type: Mapped[PollutionType] = mapped_column(TermColumn(PollutionType), default=PollutionType.OTHER)
    act: Mapped[str] = mapped_column(String(40), default="", comment="code of the act, as in rules/questions")
    key_letter: Mapped[bool] = mapped_column(Boolean, default=False, comment="重点件")
    severity: Mapped[int] = mapped_column(Integer, default=1, comment="1 ordinary, 2 serious, 3 grave")
    unit_id: Mapped[str] = mapped_column(String(32), default="", comment="lead handling unit; empty before assignment")
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("letter_batch.id"))
    received_on: Mapped[date] = mapped_column(Date)
    accepted_on: Mapped[date | None] = mapped_column(Date)
    assigned_on: Mapped[date | None] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date, default=NEVER, comment="9999-12-31: no deadline runs")
    first_due_on: Mapped[date | None] = mapped_column(Date, comment="handling deadline before any extension")
    closed_on: Mapped[date | None] = mapped_column(Date, index=True)
    verdict: Mapped[Verdict | None] = mapped_column(TermColumn(Verdict), comment="overall; mixed claims make 部分属实")
    returns: Mapped[int] = mapped_column(Integer, default=0, comment="times a unit returned it")
    round: Mapped[int] = mapped_column(Integer, default=1, comment="rises with each 退回重办, 上级退回 and 重开")
    redos: Mapped[int] = mapped_column(Integer, default=0, comment="times the review sent it back (退回重办)")
    extended: Mapped[bool] = mapped_column(Boolean, default=False)
    duplicate_of: Mapped[str | None] = mapped_column(ForeignKey("letter.id"), index=True)
    discipline_only: Mapped[bool] = mapped_column(Boolean, default=False, comment="only the discipline liaison sees it")
    quarantined: Mapped[bool] = mapped_column(Boolean, default=False, comment="looks like machine input; still screened")
    withdrawn_on: Mapped[date | None] = mapped_column(Date, comment="the reporter took it back, before or after assignment")
    wants_reward: Mapped[bool] = mapped_column(Boolean, default=False)
    untold: Mapped[int] = mapped_column(Integer, default=1, comment="changes the receipt does not show yet; 0: none")
    wrap_up_on: Mapped[date | None] = mapped_column(
        Date, comment="closed, and since this day its last step is asked: evaluated, time to evaluate over, or tasks closed out"
    )

    # Every list the console offers walks one of these; a new filter is a new index. Desk lists go by due day and carry what
    # is filtered on. The list of everything goes by day of receipt: one index a filter, one a pair; three filters are then
    # a few thousand rows of a pair. `id` is last, so that pages neither skip nor repeat.
    __table_args__ = (
        Index("ix_letter_desk_due", "desk", "due_on", "id", "state", "region_code", "unit_id", "key_letter"),
        Index("ix_letter_state_due", "state", "due_on", "id", "region_code", "unit_id", "key_letter"),
        Index("ix_letter_due", "due_on", "id"),
        Index("ix_letter_received", "received_on", "id"),
        *(Index(f"ix_letter_by_{'_'.join(names)}", *names, "received_on", "id") for names in FILTERED_BY),
        Index(
            "ix_letter_key",
            "received_on",
            "id",
            "state",
            "region_code",
            "unit_id",
            sqlite_where=key_letter.is_(True),
            postgresql_where=key_letter.is_(True),
        ),
        # All that the list of batches counts: a hundred batches of some hundred letters each.
        Index("ix_letter_batch_id", "batch_id", "state", "discipline_only", "closed_on", "id"),
        # Few: who must not know of these is kept from them without asking each letter.
        Index(
            "ix_letter_discipline",
            "discipline_only",
            "id",
            sqlite_where=discipline_only.is_(True),
            postgresql_where=discipline_only.is_(True),
        ),
        Index("ix_letter_untold", "untold", sqlite_where=untold > 0, postgresql_where=untold > 0),
        Index(
            "ix_letter_wrap_up", "wrap_up_on", "id", sqlite_where=wrap_up_on.is_not(None), postgresql_where=wrap_up_on.is_not(None)
        ),
    )

    @property
    def due(self) -> date | None:
        """The day the running deadline ends; None: none runs."""
        return None if self.due_on == NEVER else self.due_on

    @property
    def handed_down(self) -> bool:
        """Handed down by the level above: cannot be refused here."""
        return self.channel is Channel.HANDED_DOWN

    @property
    def spoken_number(self) -> str:
        """The number people say: that of the level above, ours, or none yet."""
        return self.upstream_number or self.number or "未编号"

    def is_overdue(self, today: date) -> bool:
        """Computed, never stored."""
        return self.due_on < today

    def remember(self, step: Step, *, by: str, at: datetime, text: str | None) -> None:
        """Appends one line of history, raises the version, and marks that the receipt must be told."""
        session = object_session(self)
        assert session is not None
        self.version, self.untold = self.version + 1, self.untold + 1
        session.add(
            LetterEvent(letter_id=self.id, at=at, on=day_of(at), by=by, verb=step.verb, source=step.source.value,
                        target=step.target.value, text=text or "", public=step.public or "")
        )  # fmt: skip


@event.listens_for(Letter.state, "set", propagate=True)
def _desk_follows_state(letter: Letter, state: LetterState, _old: object, _initiator: object) -> None:
    # Whatever step is taken, what was asked at the end of the old state is asked no longer.
    letter.desk, letter.wrap_up_on = DESK_OF[state], None


class LetterText(OfficeBase):
    """The working words of a letter: the office's own, fit to travel. Never the reporter's."""

    __tablename__ = "letter_text"
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    summary: Mapped[str] = mapped_column(Text, default="", comment="working summary (工作摘要)")
    place: Mapped[str] = mapped_column(String(200), default="")
    target: Mapped[str] = mapped_column(String(200), default="", comment="who is said to do it")
    acts: Mapped[str] = mapped_column(String(400), default="", comment="codes of all acts, space between")
    reply: Mapped[str] = mapped_column(Text, default="", comment="what the reporter is told in the end")
    note: Mapped[str] = mapped_column(Text, default="", comment="for the office only")


class LetterType(OfficeBase):
    """One of the pollution types of a letter (several allowed), with what lists by type are filtered and sorted by."""

    __tablename__ = "letter_type"
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    type: Mapped[PollutionType] = mapped_column(TermColumn(PollutionType), primary_key=True)
    state: Mapped[LetterState] = mapped_column(TermColumn(LetterState), default=LetterState.RECEIVED, comment=_COPY)
    desk: Mapped[Desk] = mapped_column(TermColumn(Desk), default=Desk.SCREENING, comment=_COPY)
    region_code: Mapped[str] = mapped_column(String(12), default="", comment=_COPY)
    unit_id: Mapped[str] = mapped_column(String(32), default="", comment=_COPY)
    key_letter: Mapped[bool] = mapped_column(Boolean, default=False, comment=_COPY)
    received_on: Mapped[date] = mapped_column(Date, default=NEVER, comment=_COPY)
    due_on: Mapped[date] = mapped_column(Date, default=NEVER, comment=_COPY)
    __table_args__ = (
        Index("ix_letter_type_received", "type", "received_on", "letter_id"),
        Index("ix_letter_type_state", "type", "state", "received_on", "letter_id"),
        Index("ix_letter_type_region", "type", "region_code", "received_on", "letter_id"),
        Index("ix_letter_type_unit", "type", "unit_id", "received_on", "letter_id"),
        Index("ix_letter_type_due", "type", "desk", "due_on", "letter_id", "state", "region_code", "unit_id", "key_letter"),
        Index("ix_letter_type_key", "type", "received_on", "letter_id", "state", "region_code", "unit_id",
              sqlite_where=key_letter.is_(True), postgresql_where=key_letter.is_(True)),
    )  # fmt: skip


keep_copies("letter_type", "letter_id, type",
            ("state", "desk", "region_code", "unit_id", "key_letter", "received_on", "due_on"))  # fmt: skip


class LetterClaim(OfficeBase):
    """One claim (诉求) of a letter, with its own verdict once handled."""

    __tablename__ = "letter_claim"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text, comment="the office's own words")
    act: Mapped[str] = mapped_column(String(40), default="")
    verdict: Mapped[Verdict | None] = mapped_column(TermColumn(Verdict))
    finding: Mapped[str] = mapped_column(Text, default="", comment="调查核实情况")
    measures: Mapped[str] = mapped_column(Text, default="", comment="处理和整改情况")


class LetterFinding(OfficeBase):
    """What a unit reported of one claim, kept for every round."""

    __tablename__ = "letter_finding"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    claim_id: Mapped[str] = mapped_column(ForeignKey("letter_claim.id"))
    round: Mapped[int] = mapped_column(Integer, comment="1 for the first report, raised by each 退回重办")
    unit_id: Mapped[str] = mapped_column(String(32))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    verdict: Mapped[Verdict] = mapped_column(TermColumn(Verdict))
    finding: Mapped[str] = mapped_column(Text)
    measures: Mapped[str] = mapped_column(Text)


protect_append_only(OfficeBase, "letter_finding")


class LetterMeasure(OfficeBase):
    """A penalty or an act of accountability reported with a letter: kind and number."""

    __tablename__ = "letter_measure"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    unit_id: Mapped[str] = mapped_column(String(32))
    round: Mapped[int] = mapped_column(Integer)
    kind: Mapped[MeasureKind] = mapped_column(TermColumn(MeasureKind))
    number: Mapped[int] = mapped_column(Integer, comment="firms, people, cases or yuan, by kind")
    text: Mapped[str] = mapped_column(Text, default="")


class LetterEvidence(OfficeBase):
    """A file of the handling unit or of the group's own check; the file itself lies in the evidence store."""

    __tablename__ = "letter_evidence"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), comment="id in the evidence store")
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(80))
    role: Mapped[EvidenceRole] = mapped_column(TermColumn(EvidenceRole))
    unit_id: Mapped[str] = mapped_column(String(32))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)


class LetterAssignment(OfficeBase):
    """A unit's part in a letter. A joint letter has several; a sub-assignment names the one above it."""

    __tablename__ = "letter_assignment"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    lead: Mapped[bool] = mapped_column(Boolean)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("letter_assignment.id"))
    assigned_by: Mapped[str] = mapped_column(String(64))
    assigned_at: Mapped[datetime] = mapped_column(Moment)
    why: Mapped[str] = mapped_column(Text, default="", comment="the routing trace, or the words of who chose otherwise")
    opened_at: Mapped[datetime | None] = mapped_column(Moment, comment="somebody of the unit first read it")
    taken_up_at: Mapped[datetime | None] = mapped_column(Moment)
    reported_at: Mapped[datetime | None] = mapped_column(Moment, comment="this round's report; emptied by 退回重办")
    reported_by: Mapped[str] = mapped_column(String(64), default="")
    may_return: Mapped[bool] = mapped_column(Boolean, default=True, comment="False after the group insisted")
    ended_at: Mapped[datetime | None] = mapped_column(Moment, comment="returned or replaced: the unit no longer sees the letter")
    ended_why: Mapped[str] = mapped_column(Text, default="")
    closed: Mapped[bool] = mapped_column(
        Boolean, default=False, comment="the letter is closed: off the unit's desk, still in its list"
    )
    state: Mapped[LetterState] = mapped_column(TermColumn(LetterState), default=LetterState.RECEIVED, comment=_COPY)
    desk: Mapped[Desk] = mapped_column(TermColumn(Desk), default=Desk.SCREENING, comment=_COPY)
    region_code: Mapped[str] = mapped_column(String(12), default="", comment=_COPY)
    received_on: Mapped[date] = mapped_column(Date, default=NEVER, comment=_COPY)
    due_on: Mapped[date] = mapped_column(Date, default=NEVER, comment=_COPY)
    __table_args__ = (
        # Partial, not led by `ended_at`: PostgreSQL takes no order from an index behind an IS NULL.
        Index("ix_letter_assignment_open", "unit_id", "closed", "due_on", "letter_id", "state", "desk", "region_code",
              sqlite_where=ended_at.is_(None), postgresql_where=ended_at.is_(None)),
        Index("ix_letter_assignment_unit", "unit_id", "received_on", "letter_id", "state", "region_code",
              sqlite_where=ended_at.is_(None), postgresql_where=ended_at.is_(None)),
    )  # fmt: skip


keep_copies("letter_assignment", "id", ("state", "desk", "region_code", "received_on", "due_on"))


class LetterBar(OfficeBase):
    """Somebody who must not know of a letter: one member of staff, or everyone of a unit. Kept out in `letter_lists.visible`."""

    __tablename__ = "letter_bar"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"))
    staff_id: Mapped[str] = mapped_column(String(32), default="", comment="empty: a whole unit")
    unit_id: Mapped[str] = mapped_column(String(32), default="", comment="empty: one person")
    reason: Mapped[BarReason] = mapped_column(TermColumn(BarReason))
    __table_args__ = (
        UniqueConstraint("letter_id", "staff_id", "unit_id"),
        Index("ix_letter_bar_staff", "staff_id", "letter_id"),
        Index("ix_letter_bar_unit", "unit_id", "letter_id"),
    )


class LetterGuard(OfficeBase):
    """Keyed digests that keep the reporter's words and identity out of whatever leaves, without opening anything again."""

    __tablename__ = "letter_guard"
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    runs: Mapped[bytes] = mapped_column(LargeBinary, comment="5 bytes for every run of 12 characters of the original")
    identity: Mapped[bytes] = mapped_column(LargeBinary, comment="length and 8 bytes for name, phone, number and contact")


class LetterFingerprint(OfficeBase):
    """What finds duplicates: keyed digests, a sketch of the words, the day, and the place to about 100 m."""

    __tablename__ = "letter_fingerprint"
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    region_code: Mapped[str] = mapped_column(String(12))
    received_on: Mapped[date] = mapped_column(Date)
    exact: Mapped[bytes] = mapped_column(LargeBinary(16), index=True, comment="the whole text, for floods")
    target: Mapped[bytes] = mapped_column(LargeBinary(16), index=True, comment="who is said to do it; empty when not named")
    sketch: Mapped[bytes] = mapped_column(LargeBinary, comment="the 64 smallest keyed digests of its bigrams, 4 bytes each")
    longitude: Mapped[int | None] = mapped_column(Integer, comment="thousandths of a degree, WGS-84")
    latitude: Mapped[int | None] = mapped_column(Integer, comment="thousandths of a degree, WGS-84")
    __table_args__ = (Index("ix_letter_fingerprint_near", "region_code", "received_on"),)


class LetterDeadline(OfficeBase):
    """A deadline, frozen with its arithmetic when set. A later one replaces it; the row stays."""

    __tablename__ = "letter_deadline"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    clock: Mapped[str] = mapped_column(String(40), comment="code of the row in rules/clocks.toml")
    start_on: Mapped[date] = mapped_column(Date)
    days: Mapped[int] = mapped_column(Integer)
    workdays: Mapped[bool] = mapped_column(Boolean)
    due_on: Mapped[date] = mapped_column(Date)
    arithmetic: Mapped[str] = mapped_column(Text, comment="the sum in words")
    clause: Mapped[str] = mapped_column(String(200))
    provisional: Mapped[bool] = mapped_column(Boolean, index=True, comment="暂定: runs into a year not yet announced")
    anchor_on: Mapped[date | None] = mapped_column(Date, comment="last certain day of the sum; empty: the count itself is 暂定")
    changes: Mapped[str] = mapped_column(Text, default="[]", comment="JSON: pauses and extensions after anchor_on, see clock_sums")
    set_at: Mapped[datetime] = mapped_column(Moment)
    paused_on: Mapped[date | None] = mapped_column(Date)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_why: Mapped[str] = mapped_column(String(80), default="")


class LetterEvent(OfficeBase):
    """One line of a letter's history. Nothing is overwritten."""

    __tablename__ = "letter_event"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    on: Mapped[date] = mapped_column(Date, comment="day in China")
    by: Mapped[str] = mapped_column(String(64))
    verb: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text, default="", comment="what was written with the step; internal")
    public: Mapped[str] = mapped_column(Text, default="", comment="what the reporter reads; empty: nothing")


protect_append_only(OfficeBase, "letter_event")


class LetterRefusal(OfficeBase):
    """A proposal to decline or transfer, which a second person decides."""

    __tablename__ = "letter_refusal"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    kind: Mapped[RefusalKind] = mapped_column(TermColumn(RefusalKind))
    template: Mapped[str] = mapped_column(String(40))
    reply: Mapped[str] = mapped_column(Text, comment="what the reporter will be told")
    clause: Mapped[str] = mapped_column(String(200))
    proposed_by: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    agreed: Mapped[bool | None] = mapped_column(Boolean)


class LetterMessage(OfficeBase):
    """A message between reporter and office. What the reporter wrote stays sealed in the intake store; our own words are here."""

    __tablename__ = "letter_message"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    direction: Mapped[MessageDirection] = mapped_column(TermColumn(MessageDirection))
    message_id: Mapped[str | None] = mapped_column(String(26), unique=True, comment="sealed message in the intake store")
    kind: Mapped[str] = mapped_column(String(40), comment="value of MessageKind; reply for ours")
    position: Mapped[int] = mapped_column(Integer, comment="1, 2, 3 … within the letter")
    on: Mapped[date] = mapped_column(Date, comment="day only")
    text: Mapped[str] = mapped_column(Text, default="", comment="ours only")
    score: Mapped[int | None] = mapped_column(Integer, comment="satisfaction, 1 to 5")
    demanded: Mapped[str] = mapped_column(String(10), default="", comment="on withdrawal: did somebody demand it")
    by: Mapped[str] = mapped_column(String(64), default="")
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    evidence_id: Mapped[str] = mapped_column(String(26), default="", comment="ours: a file of the letter that goes with it")
    sent: Mapped[bool] = mapped_column(Boolean, default=True, comment="ours: sealed to the receipt")
    __table_args__ = (
        Index("ix_letter_message_unsent", "sent", sqlite_where=sent.is_(False), postgresql_where=sent.is_(False)),
        # Desks ask for unread mail of few kinds; what was read never matters again. By kind first: nobody reads a score.
        Index(
            "ix_letter_message_unread",
            "kind",
            "direction",
            "on",
            "id",
            sqlite_where=read_at.is_(None),
            postgresql_where=read_at.is_(None),
        ),
        # What tells of retaliation stays on its page when it is read; as messages.TELLS_OF_RETALIATION asks, word for word.
        Index(
            "ix_letter_message_tells",
            "on",
            "id",
            sqlite_where=text_sql("kind = 'retaliation' OR kind = 'withdrawal'"),
            postgresql_where=text_sql("kind = 'retaliation' OR kind = 'withdrawal'"),
        ),
    )


class LetterOnSiteCheck(OfficeBase):
    """The group's own check of a letter on the spot, item by item."""

    __tablename__ = "letter_on_site_check"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    round: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    passed: Mapped[bool] = mapped_column(Boolean)
    items: Mapped[str] = mapped_column(Text, default="", comment="JSON: item → 是, 否, 未查")
    text: Mapped[str] = mapped_column(Text)


class LetterBatch(OfficeBase):
    """A batch (第N批): the letters assigned on a day, or handed down together."""

    __tablename__ = "letter_batch"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    origin: Mapped[BatchOrigin] = mapped_column(TermColumn(BatchOrigin))
    round_name: Mapped[str] = mapped_column(String(80), default="", comment="督察轮次")
    number: Mapped[int] = mapped_column(Integer, comment="第几批")
    day: Mapped[date] = mapped_column(Date)
    made_by: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(Moment)
    __table_args__ = (UniqueConstraint("origin", "round_name", "number"),)


class LetterLink(OfficeBase):
    """What grew out of a letter: a rectification task, an accountability case, a reward, a disclosure."""

    __tablename__ = "letter_link"
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True, comment="task, case, reward, disclosure")
    target_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(String(64))
    __table_args__ = (Index("ix_letter_link_target", "kind", "target_id"),)


class LetterCount(OfficeBase):
    """How many letters stand in a state at a unit. Kept by the database itself, so desk counts are exact and cost nothing."""

    __tablename__ = "letter_count"
    state: Mapped[str] = mapped_column(String(40), primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    discipline_only: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    letters: Mapped[int] = mapped_column(Integer)


_KEY = "state, unit_id, discipline_only"
_UP = (
    f"INSERT INTO letter_count ({_KEY}, letters) VALUES (NEW.state, NEW.unit_id, NEW.discipline_only, 1) "
    f"ON CONFLICT ({_KEY}) DO UPDATE SET letters = letter_count.letters + 1;"
)
_DOWN = (
    "UPDATE letter_count SET letters = letters - 1 WHERE state = OLD.state AND unit_id = OLD.unit_id "
    "AND discipline_only = OLD.discipline_only;"
)
protect(
    OfficeBase,
    Protection(
        "letter_count",
        sqlite=(
            f"CREATE TRIGGER letter_counted_in AFTER INSERT ON letter BEGIN {_UP} END",
            f"CREATE TRIGGER letter_counted_out AFTER DELETE ON letter BEGIN {_DOWN} END",
            f"CREATE TRIGGER letter_counted_over AFTER UPDATE OF {_KEY} ON letter BEGIN {_DOWN} {_UP} END",
        ),
        postgresql=(
            "CREATE FUNCTION letter_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP <> 'INSERT' THEN {_DOWN} END IF; IF TG_OP <> 'DELETE' THEN {_UP} END IF; RETURN NULL; END $$",
            f"CREATE TRIGGER letter_counted_row AFTER INSERT OR DELETE OR UPDATE OF {_KEY} ON letter "
            "FOR EACH ROW EXECUTE FUNCTION letter_counted()",
        ),
    ),
)


def search_text(letter: Letter, text: LetterText) -> str:
    """The words a search looks through: numbers, place, target and working summary. Never the reporter's words."""
    parts = (letter.number, letter.upstream_number, text.place, text.target, text.summary)
    return "\n".join(part for part in parts if part)
