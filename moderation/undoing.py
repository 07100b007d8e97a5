"""Taking back what one has just done (撤销): for some minutes, one's own acts only, and only while nobody has built on them.

An act that can be undone leaves an offer. Taking it back is an act of its own: a verb beside the one it takes back checks that
nothing hangs on it, writes history and the audit line. Nothing is ever erased.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Index, Integer, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.office import Office
from moderation.staff import SignedIn
from portal.core.db import Moment, OfficeBase
from portal.core.errors import NotAllowed, NotThere, Refusal
from portal.core.ids import new_id

FOR = timedelta(minutes=10)
"""How long an act can be taken back: long enough to notice a slip, too short to become another way of deciding."""
KEEP = timedelta(days=1)
CLAUSE = "撤销规则：十分钟内，本人，且还没有人接着办"
OVERTAKEN = "已经有人接着办了，不能撤销"

# What can be taken back → "module:function" taking (session, facts, *, by, at). It raises Refusal when something hangs on the act.
KINDS: dict[str, str] = {
    "notices.read": "moderation.outbox:mark_unread",
    "letter": "moderation.casework.undoing:take_back",
    "disclosure.step": "moderation.publication.disclosures:take_back",
    "disclosure.schedule": "moderation.publication.disclosures:take_back_schedule",
    "task.unit": "moderation.rectification.keeping:take_back_reporting_unit",
    "task.type": "moderation.rectification.keeping:take_back_type",
    "task.milestone": "moderation.rectification.keeping:take_back_milestone",
    "task.tie": "moderation.rectification.keeping:take_back_tie",
    "task.evidence": "moderation.rectification.keeping:take_back_choice",
    "identity.ask": "moderation.custody.requests:take_back",
    "disclosure.edit": "moderation.publication.taking_back:take_back_edit",
    "disclosure.checklist": "moderation.publication.taking_back:take_back_checklist",
    "setting": "moderation.settings:take_back",
    "calendar.day": "moderation.holidays:take_back_day",
    "staff.roles": "moderation.staff:take_back_roles",
    "case.facts": "moderation.accountability.taking_back:take_back_facts",
    "case.check": "moderation.accountability.taking_back:take_back_check",
    "case.factor": "moderation.accountability.taking_back:take_back_factor",
    "case.waiver": "moderation.accountability.taking_back:take_back_waiver",
}
# What has to follow once it is taken back, outside the store → "module:function" taking (office).
AFTERWARDS: dict[str, str] = {"setting": "moderation.settings:write_snapshot"}


class UndoOffer(OfficeBase):
    """An act that its doer may still take back. ``parts``: one entry for each thing it was done to, empty once it is too late."""

    __tablename__ = "undo_offer"
    __table_args__ = (Index("ix_undo_offer_staff_id_until", "staff_id", "until"),)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True, comment="order of the acts")
    id: Mapped[str] = mapped_column(String(32), unique=True)
    staff_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(40), comment="key of KINDS")
    label: Mapped[str] = mapped_column(String(120), comment="what was done, as the desk said it; no word of a letter")
    link: Mapped[str] = mapped_column(String(200), comment="page of the console it was done on")
    parts: Mapped[str] = mapped_column(
        Text, comment="JSON: list of facts; ids, versions, and how what was changed stood before, texts too; [] once it is too late"
    )
    done_at: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment, index=True)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)

    def facts(self) -> list[dict[str, Any]]:
        """One entry for each thing the act was done to."""
        return cast(list[dict[str, Any]], json.loads(self.parts))


def offer(
    session: Session, kind: str, parts: Sequence[Mapping[str, Any]], *, label: str, link: str, by: SignedIn, at: datetime
) -> UndoOffer:
    """Notes, in the transaction of the act, that ``by`` may take it back until ``FOR`` has passed."""
    if kind not in KINDS:
        raise KeyError(kind)
    words = json.dumps([dict(part) for part in parts], ensure_ascii=False)
    made = UndoOffer(
        id=new_id(), staff_id=by.id, kind=kind, label=label[:120], link=link[:200], parts=words, done_at=at, until=at + FOR
    )
    session.add(made)
    session.flush()
    return made


def offers(session: Session, *, by: SignedIn, at: datetime) -> list[UndoOffer]:
    """What ``by`` did of late that can, or could, be taken back; newest first."""
    mine = select(UndoOffer).where(UndoOffer.staff_id == by.id, UndoOffer.done_at > at - KEEP)
    return list(session.scalars(mine.order_by(UndoOffer.number.desc()).limit(50)))


def find(session: Session, offer_id: str, *, by: SignedIn, at: datetime) -> UndoOffer:
    """The offer, where ``by`` may still use it. Raises NotThere, NotAllowed or Refusal."""
    found = session.scalar(select(UndoOffer).where(UndoOffer.id == offer_id).with_for_update())
    if found is None:
        raise NotThere("没有这件可以撤销的事")
    if found.staff_id != by.id:
        raise NotAllowed("只能撤销自己刚办的事", clause=CLAUSE)
    if found.undone_at is not None:
        raise Refusal("这件事已经撤销过了", clause=CLAUSE)
    if at > found.until:
        raise Refusal("已经过了可以撤销的十分钟，请按流程更正", clause=CLAUSE)
    return found


@dataclass(frozen=True)
class Undone:
    """What came of taking an act back: how many things, and why the others stay. ``link``: where it was done."""

    count: int
    left: tuple[str, ...]
    link: str
    label: str


def undo(office: Office, offer_id: str, *, by: SignedIn, at: datetime) -> Undone:
    """Takes an act back, each thing it was done to in a transaction of its own: what somebody has built on stays.

    Raises the refusals of :func:`find`, and that of the verb where the act was done to one thing only.
    """
    with office.office.transaction() as session:
        found = find(session, offer_id, by=by, at=at)
        kind, parts, link, label = found.kind, found.facts(), found.link, found.label
        if len(parts) == 1:
            _verb(kind)(session, parts[0], by=by, at=at)
        found.undone_at = at
    if len(parts) == 1:
        _afterwards(office, kind)
        return Undone(1, (), link, label)
    count, left = 0, []
    for part in parts:
        try:
            with office.office.transaction() as session:
                _verb(kind)(session, part, by=by, at=at)
            count += 1
        except Refusal as refused:
            left.append(f"{part['name']}：{refused.reason}" if part.get("name") else refused.reason)
    _afterwards(office, kind)
    return Undone(count, tuple(left), link, label)


def _verb(kind: str) -> Any:
    return _named(KINDS[kind])


def _afterwards(office: Office, kind: str) -> None:
    if kind in AFTERWARDS:
        _named(AFTERWARDS[kind])(office)


def _named(place: str) -> Any:
    module, function = place.split(":")
    return getattr(importlib.import_module(module), function)


def sweep(office: Office, at: datetime) -> None:
    """The worker's job: forgets what stood before once it is too late for it, and offers of yesterday altogether.

    What was done and taken back stands in history and audit log.
    """
    old, late = UndoOffer.until < at - KEEP, (UndoOffer.until < at) & (UndoOffer.parts != "[]")
    with office.office.reading() as session:
        if session.scalar(select(UndoOffer.id).where(old | late).limit(1)) is None:
            return
    with office.office.transaction() as session:
        session.execute(delete(UndoOffer).where(old))
        session.execute(update(UndoOffer).where(late).values(parts="[]"))
