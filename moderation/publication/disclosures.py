"""Disclosures (信息公开) and what may be done to them. To publish is to decide, record and queue; the press does the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from moderation.holidays import office_calendar
from moderation.publication import duties
from moderation.publication.machine import THREE_REVIEWS, TWO_REVIEWS, DisclosureState
from moderation.settings import change_setting, setting
from moderation.undoing import OVERTAKEN
from portal.core import audit
from portal.core.calendar import Deadline, WorkdayCalendar
from portal.core.clock import SHANGHAI, day_of
from portal.core.db import Moment, OfficeBase, TermColumn, protect_append_only
from portal.core.errors import Mendable, NotAllowed, Overtaken, Refusal
from portal.core.ids import new_id
from portal.core.public_record import BadRecord, PublicRecord, new_salt
from portal.core.vocabulary import RecordKind
from portal.core.workflow import Actor, Machine, Step, move

# The press, not the drafter, writes these.
PRESS_FIELDS = frozenset(
    {"revision", "salt", "first_published_on", "published_on", "updated_at", "state", "history", "change_reason"}
)
_NOT_DRAFTED = PRESS_FIELDS | {"id", "kind"}


class Disclosure(OfficeBase):
    """One thing to be made public, from draft to the page and after."""

    __tablename__ = "disclosure"
    __table_args__ = (
        Index("ix_disclosure_state_due_on", "state", "due_on"),
        Index("ix_disclosure_source", "source_kind", "source_id"),
    )
    id: Mapped[str] = mapped_column(String(64), primary_key=True, comment="also the permanent address of the record")
    kind: Mapped[RecordKind] = mapped_column(TermColumn(RecordKind), index=True)
    state: Mapped[DisclosureState] = mapped_column(TermColumn(DisclosureState))
    title: Mapped[str] = mapped_column(String(120))
    draft: Mapped[str] = mapped_column(Text, comment="JSON: fields of PublicRecord but those the press writes")
    version: Mapped[int] = mapped_column(Integer, default=1, comment="counts every change; a second writer is told")
    drafted_by: Mapped[str] = mapped_column(String(64), index=True)
    made_on: Mapped[date] = mapped_column(Date, comment="day the information was made or changed")
    due_on: Mapped[date] = mapped_column(Date, comment="last day to publish it")
    due_arithmetic: Mapped[str] = mapped_column(String(200))
    due_provisional: Mapped[bool] = mapped_column(Boolean, default=False, comment="暂定: runs into a year not yet announced")
    checklist: Mapped[str] = mapped_column(Text, default="{}", comment="JSON: question → answer, by whom")
    checklist_done: Mapped[bool] = mapped_column(Boolean, default=False)
    leak_notice: Mapped[str] = mapped_column(String(400), default="", comment="why the leak guard holds it; empty: nothing found")
    compared_version: Mapped[int] = mapped_column(Integer, default=0, comment="version the worker compared with sealed letters")
    publishable_persons: Mapped[str] = mapped_column(Text, default="", comment="names that may stand in it, one a line")
    held_rows: Mapped[str] = mapped_column(Text, default="", comment="rows of a batch that wait: indices in the draft")
    publish_at: Mapped[datetime | None] = mapped_column(Moment, comment="when the worker publishes it; None: by hand")
    live_revision: Mapped[int] = mapped_column(Integer, default=0, comment="0: never published")
    live_record: Mapped[str | None] = mapped_column(Text, comment="canonical JSON of what is public")
    change_reason: Mapped[str] = mapped_column(String(300), default="", comment="of the correction being drafted")
    source_kind: Mapped[str] = mapped_column(String(40), default="", comment="rectification_task, outcome, case, batch …")
    source_id: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)

    reviews: Mapped[list[Review]] = relationship(order_by="Review.at", cascade="all, delete-orphan")
    history: Mapped[list[DisclosureHistory]] = relationship(order_by="DisclosureHistory.number", cascade="save-update")
    notes: Mapped[list[Remark]] = relationship(order_by="Remark.at, Remark.id", cascade="all, delete-orphan")

    @property
    def open_remarks(self) -> int:
        """Remarks beside the text that nobody has answered or taken back."""
        return sum(note.answered_at is None for note in self.notes)

    @property
    def reviewers(self) -> frozenset[str]:
        """Who has passed this round so far."""
        given = (review for review in self.reviews if review.round == self.round and review.taken_back_at is None)
        return frozenset(review.by for review in given if review.passed)

    @property
    def round(self) -> int:
        """Reviews count for the text they saw: each return to the drafter begins a new round."""
        return 1 + sum(line.verb in {"send_back", "correct"} for line in self.history)

    @property
    def last_step_by(self) -> str:
        """Who took the last step; "" before the first."""
        return self.history[-1].by if self.history else ""

    def fields(self) -> dict[str, Any]:
        """The draft as plain JSON."""
        return dict(json.loads(self.draft))

    def public_fields(self) -> dict[str, Any]:
        """The draft without the rows of a batch that wait."""
        plain = self.fields()
        held = {int(number) for number in self.held_rows.split()}
        if held:
            plain["letters"] = [row for number, row in enumerate(plain["letters"]) if number not in held]
        return plain

    def remember(self, step: Step, *, by: str, at: datetime, text: str | None) -> None:
        """Appends one line of history."""
        number = len(self.history) + 1
        self.history.append(
            DisclosureHistory(
                disclosure_id=self.id, number=number, at=at, by=by, verb=step.verb, to_state=step.target.value, text=text or ""
            )
        )
        self.changed_at = at
        self.version += 1


class Review(OfficeBase):
    """One review of one round: passed or sent back, with remarks beside the text."""

    __tablename__ = "disclosure_review"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    disclosure_id: Mapped[str] = mapped_column(ForeignKey("disclosure.id"), index=True)
    round: Mapped[int] = mapped_column(Integer)
    stage: Mapped[DisclosureState] = mapped_column(TermColumn(DisclosureState))
    by: Mapped[str] = mapped_column(String(64))
    deputy_for: Mapped[str] = mapped_column(String(64), default="", comment="staff id of the person stood in for")
    entered_by: Mapped[str] = mapped_column(String(64), default="", comment="who entered a signature given on paper")
    paper_evidence: Mapped[str] = mapped_column(String(64), default="", comment="evidence id of the scanned signature")
    passed: Mapped[bool] = mapped_column(Boolean)
    remarks: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Moment)
    taken_back_at: Mapped[datetime | None] = mapped_column(Moment, comment="its giver took it back before anybody went on")


class Remark(OfficeBase):
    """A reviewer's remark on one passage (批注), and what the drafter answered. Verbs: `remarks`."""

    __tablename__ = "disclosure_remark"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    disclosure_id: Mapped[str] = mapped_column(ForeignKey("disclosure.id"), index=True)
    round: Mapped[int] = mapped_column(Integer)
    stage: Mapped[DisclosureState] = mapped_column(TermColumn(DisclosureState))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    place: Mapped[str] = mapped_column(String(120), comment="path of the passage in the draft that was read")
    passage: Mapped[str] = mapped_column(Text, comment="the words remarked upon, as they stood")
    words: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str] = mapped_column(String(64), default="", comment="the drafter; or the reviewer, who took it back")
    answered_at: Mapped[datetime | None] = mapped_column(Moment, comment="None: open")


class DisclosureHistory(OfficeBase):
    """What happened to a disclosure. Append-only."""

    __tablename__ = "disclosure_history"
    disclosure_id: Mapped[str] = mapped_column(ForeignKey("disclosure.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(String(64))
    verb: Mapped[str] = mapped_column(String(40))
    to_state: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text, default="")


protect_append_only(OfficeBase, "disclosure_history")


class PressItem(OfficeBase):
    """A revision handed to the press: canonical bytes, in order. Pressed once it stands in the log and on the site."""

    __tablename__ = "press_item"
    __table_args__ = (UniqueConstraint("disclosure_id", "revision"),)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    disclosure_id: Mapped[str] = mapped_column(ForeignKey("disclosure.id"), index=True)
    revision: Mapped[int] = mapped_column(Integer)
    record: Mapped[str] = mapped_column(Text, comment="canonical JSON")
    queued_at: Mapped[datetime] = mapped_column(Moment)
    pressed_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    failure: Mapped[str] = mapped_column(Text, default="", comment="why the press could not; shown at the desk")


REVIEWS = "publication.reviews"


def reviews_needed(session: Session) -> int:
    """How many people review a text before it is public: three, or two where a small office set so."""
    return 2 if setting(session, REVIEWS, 3) == 2 else 3


def set_reviews(session: Session, number: int, *, by: Actor, at: datetime) -> None:
    """Two or three reviewers; the page of every disclosure says which."""
    if number not in (2, 3):
        raise Mendable("审核只能是三审或两审", field="reviews")
    change_setting(session, REVIEWS, number, by=by, at=at, clause="发布规程", confirmed=True)


def machine(session: Session) -> Machine:
    """The machine this office uses."""
    return TWO_REVIEWS if reviews_needed(session) == 2 else THREE_REVIEWS


def checked_draft(kind: RecordKind, record_id: str, plain: Mapping[str, Any], *, at: datetime) -> PublicRecord:
    """The record this draft would become, for checking and for the preview; raises Mendable naming the field."""
    unwanted = _NOT_DRAFTED & set(plain)
    if unwanted:
        raise Mendable(f"这些字段由系统填写：{'、'.join(sorted(unwanted))}", field="draft")
    day, stamp = day_of(at).isoformat(), at.astimezone(SHANGHAI).isoformat()
    pressed = {"revision": 1, "salt": "0" * 32, "first_published_on": day, "published_on": day, "updated_at": stamp}
    try:
        return PublicRecord.from_plain({**plain, **pressed, "id": record_id, "kind": kind.value})
    except BadRecord as fault:
        raise Mendable(str(fault), field="draft") from fault


def draft_of(record: PublicRecord) -> dict[str, Any]:
    """The drafter's part of a record, as plain JSON: what a capability hands to :func:`draft`."""
    plain = record.to_plain()
    return {key: value for key, value in plain.items() if key not in _NOT_DRAFTED}


def draft(
    session: Session,
    *,
    kind: RecordKind,
    fields: Mapping[str, Any],
    calendar: WorkdayCalendar,
    by: Actor,
    at: datetime,
    record_id: str | None = None,
    made_on: date | None = None,
    source: tuple[str, str] = ("", ""),
    publishable_persons: tuple[str, ...] = (),
) -> Disclosure:
    """Begins a disclosure. ``fields``: plain JSON of PublicRecord without what the press writes.

    ``made_on``: the day the information was made (default: what the card says, else today); due 20 working days later.
    ``source``: kind and id of the record it comes from. Raises Mendable naming a bad field.
    Source: 信息公开条例 第二十六条.
    """
    identity = record_id or f"{kind.value[:2]}-{new_id(10)}"
    day = made_on or day_made(fields, at) or day_of(at)
    record = checked_draft(kind, identity, fields, at=at)
    deadline = duties.last_day(duties.PUBLISH, day, calendar)
    disclosure = Disclosure(
        id=identity, kind=kind, state=DisclosureState.DRAFTING, title=record.title, drafted_by=by.id,
        draft=json.dumps(dict(fields), ensure_ascii=False, sort_keys=True), made_on=day, due_on=deadline.due_on,
        due_arithmetic=deadline.arithmetic, due_provisional=deadline.provisional,
        source_kind=source[0], source_id=source[1], created_at=at, changed_at=at, version=1,
        publishable_persons="\n".join(publishable_persons), live_revision=0, change_reason="", checklist="{}", checklist_done=False,
        leak_notice="", publish_at=None, compared_version=0, held_rows="",
    )  # fmt: skip
    session.add(disclosure)
    session.flush()
    audit.record(session, by=by.id, act="disclosure.draft", subject=identity, at=at, detail={"kind": kind.value})
    return disclosure


def day_made(fields: Mapping[str, Any], at: datetime) -> date | None:
    """The day of making (成文日期) that the card of a draft gives; None where it gives none that has come."""
    said = fields.get("card", {}).get("made_on", "")
    day = date.fromisoformat(said) if said else None
    return day if day is not None and day <= day_of(at) else None


def _set_due(session: Session, disclosure: Disclosure, day: date, *, named: str) -> None:
    _freeze(disclosure, day, duties.last_day(duties.PUBLISH, day, office_calendar(session), named=named))


def _freeze(disclosure: Disclosure, day: date, found: Deadline) -> None:
    disclosure.made_on, disclosure.due_on, disclosure.due_arithmetic = day, found.due_on, found.arithmetic
    disclosure.due_provisional = found.provisional


def settle_provisional(session: Session, *, by: Actor, at: datetime) -> int:
    """Counts again every 暂定 last day that the calendar as it stands now makes certain; returns how many. No other day moves."""
    calendar, settled = office_calendar(session), 0
    for disclosure in session.scalars(select(Disclosure).where(Disclosure.due_provisional, Disclosure.state.in_(NOT_YET_OUT))):
        was = Deadline(disclosure.due_on, disclosure.due_arithmetic, provisional=True)
        found = duties.counted_again(disclosure.made_on, was, calendar, code=duties.PUBLISH)
        settled += not found.provisional
        _freeze(disclosure, disclosure.made_on, found)
    audit.record(session, by=by.id, act="calendar.settle_disclosures", subject="disclosures", at=at, detail={"deadlines": settled})
    return settled


def require_version(disclosure: Disclosure, seen: int) -> None:
    """Raises Overtaken where somebody changed the disclosure since this person saw it."""
    if disclosure.version != seen:
        last = disclosure.history[-1] if disclosure.history else None
        what = f"：{last.verb}，{last.at.astimezone(SHANGHAI):%m月%d日 %H:%M}" if last else ""
        raise Overtaken(f"别人刚刚改动过这一件{what}。您写的内容还在，请对照后再提交", clause="发布规程")


def edit(session: Session, disclosure: Disclosure, fields: Mapping[str, Any], *, seen: int, by: Actor, at: datetime) -> None:
    """Replaces the draft while it is being drafted or redacted. Anything signed or under review must first be sent back."""
    require_version(disclosure, seen)
    if disclosure.state not in (DisclosureState.DRAFTING, DisclosureState.REDACTION):
        raise Refusal(f"“{disclosure.state.zh}”中的稿件不能改动，请先退回起草", clause="发布规程")
    record = checked_draft(disclosure.kind, disclosure.id, fields, at=at)
    disclosure.draft = json.dumps(dict(fields), ensure_ascii=False, sort_keys=True)
    disclosure.title, disclosure.changed_at = record.title, at
    day = day_made(fields, at)
    if day is not None and day != disclosure.made_on and not disclosure.live_revision:
        _set_due(session, disclosure, day, named="形成之日")
    disclosure.version += 1
    audit.record(session, by=by.id, act="disclosure.edit", subject=disclosure.id, at=at, detail={"version": disclosure.version})


def answer_checklist(session: Session, disclosure: Disclosure, answers: Mapping[str, str], *, by: Actor, at: datetime) -> None:
    """Keeps the answers of the pre-publication checklist; done when every question of ``CHECKLIST`` is answered "no"/"redacted"."""
    wanted = {question.id for question in CHECKLIST}
    unknown = set(answers) - wanted
    if unknown:
        raise Mendable(f"清单里没有这一项：{'、'.join(sorted(unknown))}", field="checklist")
    kept = {key: {"answer": value, "by": by.id, "at": at.isoformat()} for key, value in answers.items()}
    disclosure.checklist = json.dumps(kept, ensure_ascii=False, sort_keys=True)
    disclosure.checklist_done = set(answers) == wanted and all(value in {"none", "removed"} for value in answers.values())
    audit.record(session, by=by.id, act="disclosure.checklist", subject=disclosure.id, at=at, detail=dict(answers))


@dataclass(frozen=True)
class Question:
    """One question of the pre-publication checklist, with its clause."""

    id: str
    words: str
    clause: str


CHECKLIST = (
    Question("state_secret", "含有国家秘密，或公开会危及国家安全、公共安全、经济安全、社会稳定？", "信息公开条例 第十四条"),
    Question("trade_secret", "含有商业秘密，公开会损害企业合法权益？", "信息公开条例 第十五条"),
    Question("privacy", "含有个人隐私，或能认出举报人、证人的线索？", "信息公开条例 第十五条"),
    Question("internal", "属于内部事务或尚未定论的过程信息？", "信息公开条例 第十六条"),
)


NOT_YET_OUT = frozenset(DisclosureState) - {DisclosureState.PUBLISHED, DisclosureState.WITHDRAWN}
REVIEWING = frozenset({DisclosureState.FIRST_REVIEW, DisclosureState.SECOND_REVIEW, DisclosureState.FINAL_REVIEW})


@dataclass(frozen=True)
class Paper:
    """A signature given on paper: who entered it, and the evidence id of the scan."""

    entered_by: str
    scan: str


def take_step(
    session: Session,
    disclosure: Disclosure,
    verb: str,
    *,
    by: Actor,
    at: datetime,
    text: str | None = None,
    seen: int | None = None,
    paper: Paper | None = None,
    deputy_for: str = "",
) -> Step:
    """Takes one step of machine D, other than those with a verb of their own below.

    ``paper``: the step was signed on paper by ``by`` and is entered by another person, with the scan as evidence.
    ``deputy_for``: staff id of the reviewer stood in for.
    """
    if seen is not None:
        require_version(disclosure, seen)
    if paper is not None and paper.entered_by in {by.id, disclosure.drafted_by}:
        raise NotAllowed("纸面签字须由签字人和拟稿人以外的人录入", clause="发布规程")
    if deputy_for in {by.id, disclosure.drafted_by}:
        raise NotAllowed("代审应写明代哪一位审核人，不能是自己或拟稿人", clause="发布规程")
    stage = disclosure.state
    if verb == "send_back" and not (text or "").strip() and disclosure.open_remarks:
        text = f"见批注 {disclosure.open_remarks} 处"
    step = move(session, machine(session), disclosure, verb, by=by, at=at, text=text)
    if verb in {"pass", "sign", "send_back"} and stage in REVIEWING:
        # A return belongs to the round it ends; its history line has already begun the next.
        passed = verb != "send_back"
        number = disclosure.round if passed else disclosure.round - 1
        disclosure.reviews.append(
            Review(
                id=new_id(), disclosure_id=disclosure.id, round=number, stage=stage, by=by.id, passed=passed, remarks=text or "",
                at=at, deputy_for=deputy_for, entered_by=paper.entered_by if paper else "",
                paper_evidence=paper.scan if paper else "",
            )
        )  # fmt: skip
        session.flush()
    return step


CAN_BE_TAKEN_BACK = frozenset({"hand_in", "redacted", "pass", "sign"})


def take_back(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """Takes back the step just taken, by the same hand, while the text is as that step left it.

    ``facts``: id, version after the step. What was signed no longer counts; its line stays in history, and this one beside it.
    """
    disclosure = session.get_one(Disclosure, facts["id"])
    last = disclosure.history[-1] if disclosure.history else None
    if disclosure.version != facts["version"] or last is None or last.verb not in CAN_BE_TAKEN_BACK:
        raise Refusal(OVERTAKEN, clause="发布规程")
    move(session, machine(session), disclosure, "take_back", by=by, at=at)
    given = [review for review in disclosure.reviews if review.by == by.id and review.taken_back_at is None]
    if last.verb in {"pass", "sign"} and given:
        max(given, key=lambda review: review.at).taken_back_at = at
    disclosure.publish_at = None


def take_back_schedule(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """Sets the hour of publication to what it was. ``facts``: id, version, was and became (ISO instants, "" for none)."""
    disclosure = session.get_one(Disclosure, facts["id"])
    was, became = (datetime.fromisoformat(facts[name]) if facts[name] else None for name in ("was", "became"))
    if disclosure.version != facts["version"] or disclosure.publish_at != became:
        raise Refusal(OVERTAKEN, clause="发布规程")
    if was is not None and was <= at:
        raise Refusal("原来定的时间已经过了，请重新设定", clause="发布规程")
    schedule(session, disclosure, was, by=by, at=at)


def publish(session: Session, disclosure: Disclosure, *, by: Actor, at: datetime) -> PressItem:
    """Makes the signed text the live one: builds the revision and queues it for the press, in this transaction.

    Raises Refusal when it is not signed, the leak guard holds it, or the penalty it speaks of was quashed.
    Source: 信息公开条例 第二十三条.
    """
    _require_no_quashed_penalty(session, disclosure)
    record = next_revision(disclosure, disclosure.public_fields(), at)
    move(session, machine(session), disclosure, "publish", by=by, at=at, detail={"revision": record.revision})
    return _queue(session, disclosure, record, at)


def _require_no_quashed_penalty(session: Session, disclosure: Disclosure) -> None:
    # Imported here: exposed cases hand their words to this module.
    from moderation.accountability.exposures import TAKE_DOWN_CLAUSE, is_quashed

    if disclosure.source_kind == "exposed_case" and is_quashed(session, disclosure.source_id):
        raise Refusal("写到的处罚已经撤销或变更，不能发布", clause=TAKE_DOWN_CLAUSE)


def next_revision(disclosure: Disclosure, plain: Mapping[str, Any], at: datetime) -> PublicRecord:
    """What would become public now: the first revision, or the next one with the reason of the correction and those before it.

    ``plain``: plain JSON of the draft. Raises Mendable naming a bad field.
    """
    day, moment = day_of(at), at.astimezone(SHANGHAI)
    fresh = checked_draft(disclosure.kind, disclosure.id, plain, at=at)
    words = {item.name: getattr(fresh, item.name) for item in fields(PublicRecord) if item.name not in _NOT_DRAFTED}
    if disclosure.live_record is None:
        return PublicRecord(
            id=disclosure.id, kind=disclosure.kind.value, revision=1, salt=new_salt(), first_published_on=day, published_on=day,
            updated_at=moment, **words,
        )  # fmt: skip
    live = PublicRecord.from_json(disclosure.live_record.encode())
    return live.revised(reason=disclosure.change_reason, at=moment, salt=new_salt(), **words)


def _queue(session: Session, disclosure: Disclosure, record: PublicRecord, at: datetime) -> PressItem:
    canonical = record.canonical().decode()
    disclosure.live_revision, disclosure.live_record, disclosure.change_reason = record.revision, canonical, ""
    item = PressItem(disclosure_id=disclosure.id, revision=record.revision, record=canonical, queued_at=at)
    session.add(item)
    session.flush()
    return item


def schedule(session: Session, disclosure: Disclosure, when: datetime | None, *, by: Actor, at: datetime) -> None:
    """Sets the time at which the worker publishes a signed text; None: by hand."""
    if disclosure.state is not DisclosureState.SIGNED:
        raise Refusal("签发以后才能设定发布时间", clause="发布规程")
    if when is not None and when <= at:
        raise Mendable("发布时间应在以后；现在就发请按“发布”", field="publish_at")
    disclosure.publish_at = when
    audit.record(session, by=by.id, act="disclosure.schedule", subject=disclosure.id, at=at)


def correct(session: Session, disclosure: Disclosure, *, reason: str, by: Actor, at: datetime) -> None:
    """Begins a correction (更正) of a public record. The old text stays live until the new one is signed and published.

    ``reason`` will be public. Source: 信息公开条例 第六条、第四十一条.
    """
    move(session, machine(session), disclosure, "correct", by=by, at=at, text=reason)
    disclosure.change_reason = reason.strip()[:300]
    _set_due(session, disclosure, day_of(at), named="变更之日")
    disclosure.drafted_by = by.id
    disclosure.checklist_done = False


def withdraw(session: Session, disclosure: Disclosure, *, reason: str, by: Actor, at: datetime) -> PressItem:
    """Takes a public record down (撤回): its address stays, with the reason and the day, and no other word.

    Source: 行政处罚法 第四十八条、第八十五条 (a quashed penalty comes down within three working days).
    """
    move(session, machine(session), disclosure, "withdraw", by=by, at=at, text=reason)
    live = PublicRecord.from_json((disclosure.live_record or "").encode())
    return _queue(session, disclosure, live.withdrawn(reason=reason.strip(), at=at.astimezone(SHANGHAI), salt=new_salt()), at)


def find_by_source(session: Session, kind: str, identity: str) -> Disclosure | None:
    """The disclosure drafted from that record, if there is one."""
    return session.scalar(select(Disclosure).where(Disclosure.source_kind == kind, Disclosure.source_id == identity))
