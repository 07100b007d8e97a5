"""Long work (正在办的事): something done to many things one after another, with how far it is, while people do other things.

It begins in the request that asks for it and goes on in the worker. Each thing has a transaction of its own, in which the count
goes up as well: cut off anywhere and run again, nothing is done twice and nothing is left out.
"""

from __future__ import annotations

import importlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from sqlalchemy import ForeignKey, Index, Integer, String, Text, delete, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation import undoing
from moderation.office import Office
from moderation.staff import SignedIn, signed_in_as
from portal.core.db import Moment, OfficeBase
from portal.core.errors import NotThere, Refusal
from portal.core.ids import new_id

log = logging.getLogger(__name__)
KEEP = timedelta(days=7)
LEASE = timedelta(seconds=30)
"""Whoever works on it holds it this long past the last thing done; then somebody else may go on."""
SLICE_S = 2.0
MOST_LINES = 200


class Deed(Protocol):
    """What is done to one thing. Returns what :mod:`moderation.undoing` needs to take it back (None: it cannot be)."""

    def __call__(
        self, session: Session, item: str, options: Mapping[str, str], /, *, by: SignedIn, at: datetime
    ) -> dict[str, Any] | None: ...


@dataclass(frozen=True)
class Kind:
    """``deed``: "module:function" (a :class:`Deed`). ``undo``: key of undoing.KINDS under which its parts are offered back."""

    deed: str
    undo: str = ""

    def load(self) -> Deed:
        module, function = self.deed.split(":")
        return cast(Deed, getattr(importlib.import_module(module), function))


KINDS: dict[str, Kind] = {
    "letters.assign": Kind("moderation.casework.many:assign_as_suggested", "letter"),
    "letters.report_up": Kind("moderation.casework.many:report_up_one"),
    "deadlines.settle": Kind("moderation.casework.calendar_change:settle_one"),
    "letters.enter": Kind("moderation.letter_tables.handed_down:enter_row"),
    "tasks.draft": Kind("moderation.rectification.applying:draft_one"),
    "statistics.count": Kind("moderation.letter_statistics.kept:count_part"),
    "publication.step": Kind("moderation.publication.many:take_one", "disclosure.step"),
    "publication.clear": Kind("moderation.publication.many:take_one", "disclosure.checklist"),
}


class LongWork(OfficeBase):
    """One long work of one person. ``left``: why some things were not done, one line each."""

    __tablename__ = "long_work"
    __table_args__ = (Index("ix_long_work_staff_id_begun_at", "staff_id", "begun_at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    staff_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(40), comment="key of KINDS")
    title: Mapped[str] = mapped_column(String(120), comment="what is done, as the desk says it; no word of a letter")
    link: Mapped[str] = mapped_column(String(200), comment="page of the console it was begun on")
    options: Mapped[str] = mapped_column(Text, comment="JSON: what was chosen for all of them")
    total: Mapped[int] = mapped_column(Integer)
    tried: Mapped[int] = mapped_column(Integer, default=0, comment="things gone through, done or refused")
    done: Mapped[int] = mapped_column(Integer, default=0)
    left: Mapped[str] = mapped_column(Text, default="[]", comment="JSON: a line for each thing that was refused")
    undo_offer: Mapped[str] = mapped_column(String(32), default="")
    begun_at: Mapped[datetime] = mapped_column(Moment)
    moved_at: Mapped[datetime] = mapped_column(Moment, comment="when the count last went up")
    held_until: Mapped[datetime | None] = mapped_column(Moment, comment="somebody works on it until then")
    ended_at: Mapped[datetime | None] = mapped_column(Moment, index=True)

    def left_lines(self) -> list[str]:
        """Why some things were not done."""
        return list(json.loads(self.left))


class LongWorkItem(OfficeBase):
    """One thing a long work is done to. Gone when the work has ended: what was done stands elsewhere."""

    __tablename__ = "long_work_item"
    work_id: Mapped[str] = mapped_column(ForeignKey("long_work.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    item: Mapped[str] = mapped_column(Text, comment="an id, or a row of a table that is read in")
    part: Mapped[str] = mapped_column(Text, default="", comment="JSON: what undoing it needs")


def begin(
    session: Session, kind: str, items: Sequence[str], *, title: str, link: str, by: SignedIn, at: datetime,
    options: Mapping[str, str] | None = None,
) -> LongWork:  # fmt: skip
    """Writes down what is to be done; nothing is done yet."""
    if kind not in KINDS:
        raise KeyError(kind)
    wanted = list(dict.fromkeys(items))
    made = LongWork(
        id=new_id(), staff_id=by.id, kind=kind, title=title[:120], link=link[:200], total=len(wanted), undo_offer="",
        options=json.dumps(dict(options or {}), ensure_ascii=False), begun_at=at, moved_at=at, tried=0, done=0, left="[]",
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add_all(LongWorkItem(work_id=made.id, number=number, item=item, part="") for number, item in enumerate(wanted))
    session.flush()
    return made


def find(session: Session, work_id: str, *, by: SignedIn) -> LongWork:
    """One's own long work. Raises NotThere."""
    found = session.get(LongWork, work_id)
    if found is None or found.staff_id != by.id:
        raise NotThere("没有这项正在办的事")
    return found


def of_late(session: Session, *, by: SignedIn, at: datetime) -> list[LongWork]:
    """What runs for ``by``, and what ended today; newest first."""
    mine = select(LongWork).where(LongWork.staff_id == by.id, LongWork.begun_at > at - timedelta(days=1))
    return list(session.scalars(mine.order_by(LongWork.begun_at.desc()).limit(20)))


def go_on(office: Office, work_id: str, *, at: datetime, seconds: float = SLICE_S) -> bool:
    """Works on it for about ``seconds``; True once all of it is gone through. Somebody else at it: nothing happens."""
    if not _hold(office, work_id, at):
        return False
    ends = time.monotonic() + seconds
    ended = False
    try:
        while not ended:
            ended = _one(office, work_id, at)
            if time.monotonic() >= ends:
                break
    finally:
        with office.office.transaction() as session:
            session.execute(update(LongWork).where(LongWork.id == work_id).values(held_until=None))
    return ended


def _hold(office: Office, work_id: str, at: datetime) -> bool:
    free = (LongWork.held_until.is_(None)) | (LongWork.held_until < at)
    with office.office.transaction() as session:
        taken = session.execute(
            update(LongWork).where(LongWork.id == work_id, LongWork.ended_at.is_(None), free).values(held_until=at + LEASE)
        )
        return bool(cast(Any, taken).rowcount)


def _one(office: Office, work_id: str, at: datetime) -> bool:
    """The next thing, in one transaction with the count; a refusal is noted in a second one. True: there was no further thing."""
    try:
        with office.office.transaction() as session:
            work = session.get_one(LongWork, work_id, with_for_update=True)
            if work.tried >= work.total:
                _end(session, work, at)
                return True
            by = signed_in_as(session, work.staff_id)
            if by is None:
                raise Refusal("经办人的账号已停用，没有办")
            row = session.get_one(LongWorkItem, (work.id, work.tried))
            part = KINDS[work.kind].load()(session, row.item, json.loads(work.options), by=by, at=at)
            row.part = json.dumps(part, ensure_ascii=False) if part is not None else ""
            work.tried, work.done, work.moved_at, work.held_until = work.tried + 1, work.done + 1, at, at + LEASE
    except Refusal as refused:
        _leave(office, work_id, refused.reason, at)
    except (InterfaceError, OperationalError):
        # The store was away or busy: the same thing is tried again. What it refuses (a double, a value) it would refuse for ever.
        raise
    except Exception:
        # One thing nobody foresaw must not keep the others, nor the work of others behind it.
        log.exception("long work %s: one thing was left", work_id)
        _leave(office, work_id, BROKEN, at)
    return False


BROKEN = "程序出错，这一件没有办，已记入日志"


def _leave(office: Office, work_id: str, why: str, at: datetime) -> None:
    """Notes why a thing was not done, and goes on to the next."""
    with office.office.transaction() as session:
        work = session.get_one(LongWork, work_id, with_for_update=True)
        lines = [*work.left_lines(), why]
        work.left = json.dumps(lines[:MOST_LINES], ensure_ascii=False)
        work.tried, work.moved_at, work.held_until = work.tried + 1, at, at + LEASE


def _end(session: Session, work: LongWork, at: datetime) -> None:
    """All gone through: the doer may take back what can be."""
    work.ended_at = at
    done = select(LongWorkItem.part).where(LongWorkItem.work_id == work.id, LongWorkItem.part != "").order_by(LongWorkItem.number)
    parts = [json.loads(part) for part in session.scalars(done)]
    kind, by = KINDS[work.kind].undo, signed_in_as(session, work.staff_id)
    if parts and kind and by is not None:
        label = f"{work.title} {len(parts)} 件"
        work.undo_offer = undoing.offer(session, kind, parts, label=label, link=work.link, by=by, at=at).id
    session.execute(delete(LongWorkItem).where(LongWorkItem.work_id == work.id))


def run(office: Office, at: datetime) -> None:
    """The worker's job: a slice of the oldest work nobody is at; and what ended long ago is forgotten."""
    free = (LongWork.held_until.is_(None)) | (LongWork.held_until < at)
    with office.office.reading() as session:
        waiting = session.scalar(select(LongWork.id).where(LongWork.ended_at.is_(None), free).order_by(LongWork.moved_at).limit(1))
        old = session.scalar(select(LongWork.id).where(LongWork.ended_at < at - KEEP).limit(1))
    if waiting is not None:
        go_on(office, waiting, at=at)
    if old is not None:
        with office.office.transaction() as session:
            session.execute(delete(LongWork).where(LongWork.ended_at < at - KEEP))
