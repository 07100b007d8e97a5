"""What a member of staff has typed and not yet sent: kept sealed in the office store, so that it outlives session and computer.

A draft can hold the words of a letter, so it never stays on the desk's computer, and only the person who typed it gets it back.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.keys import symmetric_key
from moderation.office import Office
from portal.core.db import Moment, OfficeBase
from portal.core.errors import Mendable
from portal.core.workflow import Actor

KEEP_DAYS = 7
MOST_BYTES = 256 * 1024
MOST_DRAFTS = 40
KEY = "drafts.key"


class StaffDraft(OfficeBase):
    """The unsent text of one form. ``place`` is the address the form is sent to."""

    __tablename__ = "staff_draft"
    staff_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    place: Mapped[str] = mapped_column(String(200), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, comment="nonce and AES-GCM of the fields as JSON; bound to person and place")
    saved_at: Mapped[datetime] = mapped_column(Moment, index=True)


@dataclass(frozen=True)
class Draft:
    """``fields``: name of the field → what was typed."""

    fields: dict[str, str]
    saved_at: datetime


def draft_key(office: Office) -> bytes:
    """The key that seals drafts."""
    return symmetric_key(office.keys, KEY)


def _bound_to(staff_id: str, place: str) -> bytes:
    return f"{staff_id} {place}".encode()


def keep(session: Session, place: str, fields: Mapping[str, str], *, key: bytes, by: Actor, at: datetime) -> None:
    """Keeps what ``by`` has typed into the form sent to ``place``, instead of what was kept before. Nothing typed: forgets it.

    Raises Mendable when it is more than MOST_BYTES. The oldest beyond MOST_DRAFTS are forgotten.
    """
    if not any(value.strip() for value in fields.values()):
        forget(session, place, by=by)
        return
    plain = json.dumps(dict(fields), ensure_ascii=False).encode()
    if len(plain) > MOST_BYTES or len(place) > 200:
        raise Mendable("草稿太长，没有存下。请先提交一部分")
    nonce = secrets.token_bytes(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, plain, _bound_to(by.id, place))
    found = session.get(StaffDraft, (by.id, place))
    if found is None:
        session.add(StaffDraft(staff_id=by.id, place=place, sealed=sealed, saved_at=at))
        session.flush()
        _forget_the_oldest(session, by.id)
    else:
        found.sealed, found.saved_at = sealed, at


def _forget_the_oldest(session: Session, staff_id: str) -> None:
    newest = select(StaffDraft.place).where(StaffDraft.staff_id == staff_id).order_by(StaffDraft.saved_at.desc(), StaffDraft.place)
    beyond = session.scalars(newest.offset(MOST_DRAFTS)).all()
    if beyond:
        session.execute(delete(StaffDraft).where(StaffDraft.staff_id == staff_id, StaffDraft.place.in_(beyond)))


def kept(session: Session, place: str, *, key: bytes, by: Actor, at: datetime) -> Draft | None:
    """What ``by`` typed there and has not sent; None: nothing, or older than KEEP_DAYS, or sealed under a key that is gone."""
    found = session.get(StaffDraft, (by.id, place))
    if found is None or found.saved_at < at - timedelta(days=KEEP_DAYS):
        return None
    try:
        plain = AESGCM(key).decrypt(found.sealed[:12], found.sealed[12:], _bound_to(by.id, place))
    except InvalidTag:
        return None
    return Draft(json.loads(plain), found.saved_at)


def places(session: Session, *, by: Actor) -> tuple[str, ...]:
    """Where ``by`` has drafts, newest first."""
    rows = select(StaffDraft.place).where(StaffDraft.staff_id == by.id).order_by(StaffDraft.saved_at.desc())
    return tuple(session.scalars(rows))


def forget(session: Session, place: str, *, by: Actor) -> None:
    """The text was sent, or its writer does not want it."""
    session.execute(delete(StaffDraft).where(StaffDraft.staff_id == by.id, StaffDraft.place == place))


def sweep(office: Office, at: datetime) -> None:
    """Forgets drafts nobody came back for (KEEP_DAYS)."""
    old = StaffDraft.saved_at < at - timedelta(days=KEEP_DAYS)
    with office.office.reading() as session:
        if session.scalar(select(StaffDraft.place).where(old).limit(1)) is None:
            return
    with office.office.transaction() as session:
        session.execute(delete(StaffDraft).where(old))
