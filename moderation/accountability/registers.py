"""Registers beside the cases (秦皇岛规定, 丽水方案): talks, listings, limits, copies; and the yearly assessment they feed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.accountability.assess import Assessment, assess
from moderation.accountability.facts import read
from moderation.accountability.polluters import mention
from moderation.accountability.words import Level, RegisterKind, YearGrade
from moderation.staff import Unit
from portal.core import audit
from portal.core.accountability_rules import rulebook
from portal.core.clock import day_of
from portal.core.db import OfficeBase, TermColumn
from portal.core.errors import Mendable, Refusal
from portal.core.ids import new_id
from portal.core.workflow import Actor

ASSESSED_BY = "qinhuangdao"


@dataclass(frozen=True)
class KindRule:
    """What an entry of one register needs. ``about``: "unit", "polluter" or "either"."""

    clause: str
    about: str
    level: bool = False
    until: bool = False
    receipt: bool = False
    document: bool = False


RULES: Mapping[RegisterKind, KindRule] = {
    RegisterKind.RESPONSIBILITY_LETTER: KindRule("秦皇岛规定 第六条（三）", "unit", document=True),
    RegisterKind.HALF_YEAR_CHECK: KindRule("秦皇岛规定 第十八条", "unit"),
    RegisterKind.DUTY_REPORT: KindRule("秦皇岛规定 第十八条；丽水方案 七（一）", "unit"),
    RegisterKind.SUMMONS: KindRule("秦皇岛规定 第十四条", "unit", level=True),
    RegisterKind.LISTED: KindRule("秦皇岛规定 第十五条", "either", level=True, until=True, document=True),
    RegisterKind.APPROVAL_LIMIT: KindRule("秦皇岛规定 第十六条；昌吉办法 第十三条（三）", "unit", level=True),
    RegisterKind.FUNDS_STOPPED: KindRule("昌吉办法 第十三条（二）", "unit", level=True, document=True),
    RegisterKind.ACCIDENT: KindRule("秦皇岛规定 第十八条（六）", "either", level=True),
    RegisterKind.MEDIA: KindRule("秦皇岛规定 第十八条（五）", "unit", level=True),
    RegisterKind.BULLETIN: KindRule("丽水方案 七（一）", "unit", level=True),
    RegisterKind.VETO: KindRule("丽水方案 七（一）", "unit"),
    RegisterKind.COPIED_RESULT: KindRule("丽水方案 五（二）1", "unit", receipt=True, document=True),
    RegisterKind.ACCIDENT_FILE: KindRule("丽水方案 七（三）", "polluter"),
    RegisterKind.JOINT_LIMIT: KindRule("丽水方案 七（三）", "polluter", until=True),
}


class RegisterEntry(OfficeBase):
    """One entry of a register. A unit or a polluter, by whom, when, why; released or received later."""

    __tablename__ = "accountability_register"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[RegisterKind] = mapped_column(TermColumn(RegisterKind))
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"), index=True)
    polluter_id: Mapped[str | None] = mapped_column(ForeignKey("polluter.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("accountability_case.id"), index=True)
    on: Mapped[date] = mapped_column("entered_on", Date)
    year: Mapped[int] = mapped_column(Integer, comment="year of assessment it counts in")
    body: Mapped[str] = mapped_column(String(120), comment="who did it")
    level: Mapped[Level | None] = mapped_column(TermColumn(Level))
    reason: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(String(120), default="")
    until: Mapped[date | None] = mapped_column("until_on", Date, comment="None: until released")
    recipients: Mapped[str] = mapped_column(String(200), default="", comment="to whom results are copied")
    received_on: Mapped[date | None] = mapped_column(Date, comment="receipt signed")
    received_by: Mapped[str] = mapped_column(String(120), default="")
    released_on: Mapped[date | None] = mapped_column(Date)
    release_evidence: Mapped[str] = mapped_column(Text, default="")
    grave: Mapped[bool] = mapped_column(Boolean, default=False, comment="major accident; grave consequence of an exposure")

    __table_args__ = (Index("ix_accountability_register_kind_on", "kind", "entered_on"),)

    def holds_on(self, day: date) -> bool:
        """Whether it has effect on ``day``. Computed, never stored."""
        ended = self.released_on is not None and self.released_on <= day
        return self.on <= day and not ended and (self.until is None or self.until >= day)

    def is_overdue(self, today: date) -> bool:
        """A listing whose day has passed without release."""
        return self.until is not None and self.until < today and self.released_on is None


@dataclass(frozen=True)
class NewEntry:
    """An entry as it is written down."""

    kind: RegisterKind
    on: date
    body: str
    reason: str
    unit_id: str | None = None
    polluter_id: str | None = None
    case_id: str | None = None
    level: Level | None = None
    document: str = ""
    until: date | None = None
    recipients: str = ""
    grave: bool = False


def enter(session: Session, new: NewEntry, *, by: Actor, at: datetime) -> RegisterEntry:
    """Writes one entry, checked by the rule of its register."""
    rule = RULES[new.kind]
    _check(new, rule, at)
    entry = RegisterEntry(id=new_id(), year=new.on.year, **vars(new))
    session.add(entry)
    session.flush()
    if new.polluter_id:
        label = f"{new.kind.zh}：{new.reason[:60]}"
        mention(session, new.polluter_id, kind="register", reference=entry.id, label=label, on=new.on)
    audit.record(session, by=by.id, act="accountability_register.enter", subject=entry.id, at=at, detail={"kind": new.kind.value})
    return entry


def _check(new: NewEntry, rule: KindRule, at: datetime) -> None:
    if bool(new.unit_id) == bool(new.polluter_id):
        raise Mendable("请选一个单位或一个企业，二者选一", field="unit_id")
    if rule.about != "either" and bool(new.unit_id) != (rule.about == "unit"):
        raise Mendable(f"“{new.kind.zh}”登记的是{'单位' if rule.about == 'unit' else '企业'}", field="unit_id", clause=rule.clause)
    needed = [(new.body, "由谁作出", "body"), (new.reason, "原因", "reason")]
    needed += [(new.document, "文号", "document")] if rule.document else []
    needed += [(new.recipients, "抄送给谁", "recipients")] if rule.receipt else []
    for value, label, field in needed:
        if not value.strip():
            raise Mendable(f"请写明{label}", field=field, clause=rule.clause)
    if rule.level and new.level is None:
        raise Mendable("请选择是哪一级", field="level", clause=rule.clause)
    if rule.until and new.until is None:
        raise Mendable("请写明到哪一天", field="until", clause=rule.clause)
    if new.until is not None and new.until < new.on:
        raise Mendable("截止日不能早于开始日", field="until")
    if new.on > day_of(at):
        raise Mendable("日期不能晚于今天", field="on")


def release(session: Session, entry: RegisterEntry, *, on: date, evidence: str, by: Actor, at: datetime) -> None:
    """Ends a listing or a limit, with the evidence."""
    if not evidence.strip():
        raise Mendable("请写明解除的依据", field="evidence", clause=RULES[entry.kind].clause)
    if entry.released_on is not None:
        raise Refusal("已经解除", clause=RULES[entry.kind].clause)
    if on < entry.on:
        raise Mendable("解除日不能早于开始日", field="on")
    entry.released_on, entry.release_evidence = on, evidence
    audit.record(session, by=by.id, act="accountability_register.release", subject=entry.id, at=at, detail={"on": on})


def sign_receipt(session: Session, entry: RegisterEntry, *, received_by: str, on: date, by: Actor, at: datetime) -> None:
    """The recipient of copied results signed for them."""
    if entry.kind is not RegisterKind.COPIED_RESULT:
        raise Refusal("只有结果抄送需要签收", clause=RULES[RegisterKind.COPIED_RESULT].clause)
    if not received_by.strip():
        raise Mendable("请写明签收人", field="received_by")
    if entry.received_on is not None:
        raise Refusal("已经签收", clause=RULES[entry.kind].clause)
    entry.received_on, entry.received_by = on, received_by
    audit.record(session, by=by.id, act="accountability_register.receipt", subject=entry.id, at=at, detail={"on": on})


def entries(session: Session, *, kind: RegisterKind | None = None, unit_id: str | None = None) -> list[RegisterEntry]:
    """Entries, newest first."""
    chosen = select(RegisterEntry).order_by(RegisterEntry.on.desc(), RegisterEntry.id)
    if kind is not None:
        chosen = chosen.where(RegisterEntry.kind == kind)
    if unit_id is not None:
        chosen = chosen.where(RegisterEntry.unit_id == unit_id)
    return list(session.scalars(chosen))


class YearlyAssessment(OfficeBase):
    """A unit's grade for one year, with the disqualifiers found (规定 第十八条)."""

    __tablename__ = "yearly_assessment"
    __table_args__ = (UniqueConstraint("unit_id", "year"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    year: Mapped[int] = mapped_column(Integer)
    grade: Mapped[YearGrade] = mapped_column(TermColumn(YearGrade))
    disqualifiers: Mapped[str] = mapped_column(Text, default="[]", comment="JSON: [[row, why], …]")
    decided_by: Mapped[str] = mapped_column(String(120))
    decided_on: Mapped[date] = mapped_column(Date)

    @property
    def found(self) -> list[tuple[str, str]]:
        """(row, why) of every disqualifier."""
        return [(row, why) for row, why in json.loads(self.disqualifiers)]


def fed_disqualifiers(session: Session, unit_id: str, year: int) -> list[tuple[str, str]]:
    """Disqualifiers that the registers of that year show by themselves: (row, why). The other rows are entered by hand."""
    chosen = select(RegisterEntry).where(RegisterEntry.unit_id == unit_id, RegisterEntry.year == year).order_by(RegisterEntry.on)
    found = list(session.scalars(chosen))
    from_above = {Level.STATE, Level.PROVINCE}
    named = (RegisterKind.SUMMONS, RegisterKind.LISTED, RegisterKind.APPROVAL_LIMIT)
    answer = [
        ("QH18.4", f"{entry.on.isoformat()} 被{entry.body}{entry.kind.zh}")
        for entry in found
        if entry.kind in named and entry.level in from_above
    ]
    by_city = [entry for entry in found if entry.kind is RegisterKind.SUMMONS and entry.level is Level.CITY]
    if len(by_city) >= 2:
        days = "、".join(entry.on.isoformat() for entry in by_city)
        answer.append(("QH18.4", f"被市政府约谈 {len(by_city)} 次（{days}）"))
    for kind, row, levels in ((RegisterKind.MEDIA, "QH18.5", {Level.STATE}), (RegisterKind.ACCIDENT, "QH18.6", set(Level))):
        hits = [entry for entry in found if entry.kind is kind and entry.grave and entry.level in levels]
        answer += [(row, f"{entry.on.isoformat()} {entry.reason}") for entry in hits]
    return answer


def grade_year(
    session: Session,
    unit: Unit,
    year: int,
    grade: YearGrade,
    *,
    disqualifiers: list[tuple[str, str]],
    decided_by: str,
    decided_on: date,
    by: Actor,
    at: datetime,
) -> YearlyAssessment:
    """Sets a unit's grade. Disqualifiers shown by the registers are always included and cannot be left out."""
    rows = {f"QH18.{number}" for number in range(1, 13)}
    for row, why in disqualifiers:
        if row not in rows or not why.strip():
            raise Mendable("请选择十二项中的一项并写明事实", field="disqualifiers", clause="秦皇岛规定 第十八条")
    if not decided_by.strip():
        raise Mendable("请写明由谁评定", field="decided_by")
    if session.scalar(select(YearlyAssessment.id).where(YearlyAssessment.unit_id == unit.id, YearlyAssessment.year == year)):
        raise Refusal(f"{unit.name} {year} 年已经评定", clause="秦皇岛规定 第十八条")
    found = list(dict.fromkeys([*fed_disqualifiers(session, unit.id, year), *disqualifiers]))
    assessment = YearlyAssessment(
        id=new_id(), unit_id=unit.id, year=year, grade=grade, disqualifiers=json.dumps(found, ensure_ascii=False),
        decided_by=decided_by, decided_on=decided_on,
    )  # fmt: skip
    session.add(assessment)
    session.flush()
    detail = {"year": year, "grade": grade.value, "disqualifiers": [row for row, _ in found]}
    audit.record(session, by=by.id, act="yearly_assessment.grade", subject=unit.id, at=at, detail=detail)
    return assessment


def consequences(assessment: YearlyAssessment) -> Assessment:
    """What the rules attach to the year: loss of honours and a lower grade, when failed or disqualified."""
    kinds = [row for row, _ in assessment.found] + (["QH18"] if assessment.grade is YearGrade.FAIL else [])
    facts = [{"kind": kind} for kind in dict.fromkeys(kinds)]
    return assess(read({"ruleset": ASSESSED_BY, "facts": facts}, rulebook()), rulebook())
