"""Who must not know of a letter: people and units named in it, and whomever the reporter lists. Worked out when it arrives."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from moderation.casework.letters import BarReason, Letter, LetterBar
from moderation.casework.redaction import plain
from moderation.casework.routing import short_names
from moderation.staff import StaffMember, Unit
from portal.core import audit
from portal.core.errors import Mendable, Refusal
from portal.core.ids import new_id
from portal.core.report_content import ReportContent
from portal.core.vocabulary import Role
from portal.core.workflow import Actor

_LOCAL = re.compile("村|镇|乡|街道|社区|居委|当地|本地")
LIFTABLE = (BarReason.NAMED, BarReason.UNIT_NAMED, BarReason.ENTERED)


def bar(session: Session, letter: Letter, *, reason: BarReason, staff_id: str = "", unit_id: str = "") -> None:
    """Keeps one person or one unit from knowing; twice is once."""
    known = select(LetterBar).where(LetterBar.letter_id == letter.id, LetterBar.staff_id == staff_id, LetterBar.unit_id == unit_id)
    row = session.scalar(known)
    if row is None:
        session.add(LetterBar(id=new_id(), letter_id=letter.id, staff_id=staff_id, unit_id=unit_id, reason=reason))
        session.flush()
    elif row.reason in LIFTABLE and reason not in LIFTABLE:
        row.reason = reason


def bar_by_content(session: Session, letter: Letter, content: ReportContent) -> None:
    """Bars everybody the report speaks of. Doubt bars: a screener who is not barred may lift a chance likeness."""
    listed, spoken = plain("\n".join(content.must_not_know)), plain(" ".join((content.story, content.who, content.place)))
    who = plain(content.who)
    receiving = _receiving_units(session)
    for staff_id, name in session.execute(select(StaffMember.id, StaffMember.name)):
        if plain(name) in listed:
            bar(session, letter, reason=BarReason.REPORTER_LISTED, staff_id=staff_id)
        elif plain(name) in spoken:
            bar(session, letter, reason=BarReason.NAMED, staff_id=staff_id)
    fears_town = bool(_LOCAL.search("".join(content.must_not_know)))
    for unit in session.scalars(select(Unit)):
        names = [plain(name) for name in short_names(unit)]
        if _any(names, listed):
            bar(session, letter, reason=BarReason.REPORTER_LISTED, unit_id=unit.id)
        elif _any(names, who):
            bar(session, letter, reason=BarReason.COMPLAINED_ABOUT, unit_id=unit.id)
        elif _any(names, spoken) and unit.id not in receiving:
            bar(session, letter, reason=BarReason.UNIT_NAMED, unit_id=unit.id)
        if fears_town and unit.kind == "township" and unit.region_code == content.region_code:
            bar(session, letter, reason=BarReason.FEARED_TOWN, unit_id=unit.id)


def _any(names: Iterable[str], text: str) -> bool:
    return bool(text) and any(name in text for name in names)


def _receiving_units(session: Session) -> frozenset[str]:
    """Units whose people screen: reporters name them as the addressee, so a mere mention bars nobody there."""
    rows = session.execute(select(StaffMember.unit_id, StaffMember.role_list))
    return frozenset(unit_id for unit_id, roles in rows if Role.SCREENER.value in roles.split())


def barred_units(session: Session, letter: Letter) -> dict[str, BarReason]:
    """Units that must not know, with the reason: routing never sends the letter there."""
    rows = session.scalars(select(LetterBar).where(LetterBar.letter_id == letter.id, LetterBar.unit_id != ""))
    return {row.unit_id: row.reason for row in rows}


def screeners_left(session: Session, letter: Letter, role: Role = Role.SCREENER) -> bool:
    """Whether anybody who holds ``role`` may still know of the letter."""
    bars = list(session.scalars(select(LetterBar).where(LetterBar.letter_id == letter.id)))
    people, units = {row.staff_id for row in bars}, {row.unit_id for row in bars}
    rows = session.execute(
        select(StaffMember.id, StaffMember.unit_id, StaffMember.role_list).where(StaffMember.disabled_at.is_(None))
    )
    return any(role.value in roles.split() and sid not in people and uid not in units for sid, uid, roles in rows)


def enter(session: Session, letter: Letter, *, staff_id: str = "", unit_id: str = "", reason: str, by: Actor, at: datetime) -> None:
    """Somebody of the office found one more who must not know. Refused where nobody would be left to screen."""
    if (session.get(StaffMember, staff_id) if staff_id else session.get(Unit, unit_id)) is None:
        raise Mendable("请选择要回避的人或者单位", field="who")
    if not reason.strip():
        raise Mendable("请写明回避的理由", field="text")
    bar(session, letter, reason=BarReason.ENTERED, staff_id=staff_id, unit_id="" if staff_id else unit_id)
    if not screeners_left(session, letter):
        raise Refusal("这样就没有人能初审了；反映审核员自己的，请移送纪检监察", clause="信访工作条例 第三十条")
    letter.version += 1
    facts = {"staff": staff_id, "unit": unit_id, "because": reason.strip()}
    audit.record(session, by=by.id, act="letter.enter_bar", subject=letter.id, at=at, detail=facts)


def lift(session: Session, letter: Letter, bar_id: str, *, reason: str, by: Actor, at: datetime) -> None:
    """Takes away a bar that rests on a chance likeness of names. What the reporter asked for, and the accused, stay barred."""
    row = session.get(LetterBar, bar_id)
    if row is None or row.letter_id != letter.id:
        raise Refusal("这条回避已经没有了")
    if row.reason not in LIFTABLE:
        raise Refusal(f"“{row.reason.zh}”的回避不能解除", clause="信访工作条例 第三十条")
    if not reason.strip():
        raise Refusal("请写明解除的理由")
    session.execute(delete(LetterBar).where(LetterBar.id == bar_id))
    letter.version += 1
    facts = {"staff": row.staff_id, "unit": row.unit_id, "reason": row.reason.value, "because": reason}
    audit.record(session, by=by.id, act="letter.lift_bar", subject=letter.id, at=at, detail=facts)
