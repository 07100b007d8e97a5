"""Bulletins (通报、典型案例): a chosen batch of outcomes and exposed cases under one title and number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from moderation.accountability.exposures import ExposedCase
from moderation.accountability.statistics import COUNTED_STATES, Tally, tally
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.words import ExposureState, PartyKind
from portal.core import audit
from portal.core.accountability_rules import rulebook
from portal.core.clock import day_of
from portal.core.db import OfficeBase
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.ids import new_id
from portal.core.workflow import Actor


class Bulletin(OfficeBase):
    """One bulletin with its chosen items in order."""

    __tablename__ = "bulletin"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    number: Mapped[str] = mapped_column(String(60), unique=True, comment="文号")
    issuer: Mapped[str] = mapped_column(String(120), comment="who issues it")
    issued_on: Mapped[date] = mapped_column(Date)
    opening: Mapped[str] = mapped_column(Text, comment="who supervised, when, what was handed over")
    closing: Mapped[str] = mapped_column(Text, default="", comment="what is asked of everybody")
    region_code: Mapped[str] = mapped_column(String(12))
    record_id: Mapped[str | None] = mapped_column(String(64))

    items: Mapped[list[BulletinItem]] = relationship(order_by="BulletinItem.place", cascade="all, delete-orphan")


class BulletinItem(OfficeBase):
    """One item: an outcome or an exposed case."""

    __tablename__ = "bulletin_item"
    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    bulletin_id: Mapped[str] = mapped_column(ForeignKey("bulletin.id"), index=True)
    place: Mapped[int] = mapped_column(Integer)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("accountability_case.id"))
    exposed_id: Mapped[str | None] = mapped_column(ForeignKey("exposed_case.id"))

    case: Mapped[AccountabilityCase | None] = relationship()
    exposed: Mapped[ExposedCase | None] = relationship()


@dataclass(frozen=True)
class NewBulletin:
    """A bulletin as it is written down."""

    title: str
    number: str
    issuer: str
    issued_on: date
    opening: str
    region_code: str
    closing: str = ""


def make_bulletin(
    session: Session,
    new: NewBulletin,
    *,
    cases: Iterable[AccountabilityCase],
    exposed: Iterable[ExposedCase],
    by: Actor,
    at: datetime,
) -> Bulletin:
    """Builds a bulletin from confirmed outcomes and from exposed cases that may be public. Refuses the others by name."""
    for value, label, field in ((new.title, "标题", "title"), (new.number, "文号", "number"), (new.issuer, "发文机关", "issuer")):
        if not value.strip():
            raise Mendable(f"请写明{label}", field=field)
    if new.issued_on > day_of(at):
        raise Mendable("印发日期不能晚于今天", field="issued_on")
    chosen_cases, chosen_exposed = list(cases), list(exposed)
    if not chosen_cases and not chosen_exposed:
        raise Mendable("请至少选一个问责结果或曝光案例", field="items")
    for case in chosen_cases:
        require_publishable(case)
    for one in chosen_exposed:
        if one.state not in {ExposureState.READY, ExposureState.PUBLISHED}:
            raise Refusal(f"“{one.title}”现在是“{one.state.zh}”，不能列入通报", clause="环境保护法 第五十四条")
    bulletin = Bulletin(id=new_id(), **vars(new))
    bulletin.items = [BulletinItem(place=n, case_id=case.id, case=case) for n, case in enumerate(chosen_cases)]
    offset = len(bulletin.items)
    bulletin.items += [BulletinItem(place=offset + n, exposed_id=one.id, exposed=one) for n, one in enumerate(chosen_exposed)]
    session.add(bulletin)
    session.flush()
    audit.record(session, by=by.id, act="bulletin.make", subject=bulletin.id, at=at, detail={"items": len(bulletin.items)})
    return bulletin


def require_publishable(case: AccountabilityCase) -> None:
    """Raises Refusal while an outcome may not leave the office: not confirmed, no consent, or a person's naming undecided."""
    if case.state not in COUNTED_STATES:
        raise Refusal(f"{case.number} 的决定还没有确认，不能公开", clause="责任追究办法 第五条")
    if case.handed_over and case.consent_on is None:
        raise Refusal(f"{case.number} 由督察移交，公开前要先登记督察组同意", clause="栾川方案 第 31 项")
    undecided = [party for party in case.parties if party.kind is PartyKind.PERSON and party.naming is None]
    if undecided:
        raise Refusal(f"{case.number} 还有 {len(undecided)} 人没有决定怎么署名", clause="内部规程")


def bulletin_named(session: Session, bulletin_id: str) -> Bulletin:
    """Raises NotThere."""
    found = session.get(Bulletin, bulletin_id)
    if found is None:
        raise NotThere("没有这份通报")
    return found


def bulletin_tally(bulletin: Bulletin) -> Tally:
    """Figures of the bulletin's own cases: people once, measures each."""
    parties = [party for item in bulletin.items if item.case is not None for party in item.case.parties]
    return tally(parties, rulebook().words.bands)
