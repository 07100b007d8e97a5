"""What stood before an act of the office that can still be undone. Written with the act; read by `undoing`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.casework.letters import Letter
from portal.core.db import Moment, OfficeBase
from portal.core.ids import new_id
from portal.core.workflow import Actor

WINDOW = timedelta(minutes=10)
"""How long an act can be undone; mail and webhooks of such an act wait as long."""


class LetterUndo(OfficeBase):
    """One act that its author may undo until ``until``, while nobody has acted on the letter after it. The row stays."""

    __tablename__ = "letter_undo"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    letter_id: Mapped[str] = mapped_column(ForeignKey("letter.id"), index=True)
    act: Mapped[str] = mapped_column(String(40), comment="key of undoing.UNDOABLE")
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(Integer, comment="of the letter, right after the act")
    before: Mapped[str] = mapped_column(Text, comment="JSON: what the act replaced; the office's own words only")
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
    __table_args__ = (Index("ix_letter_undo_by", "by", "until"),)


def note(session: Session, letter: Letter, act: str, before: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """Notes that ``by`` may undo ``act``. Called last in the verb, when the letter has its new version."""
    session.add(
        LetterUndo(id=new_id(), letter_id=letter.id, act=act, by=by.id, at=at, until=at + WINDOW, version=letter.version,
                   before=json.dumps(dict(before), ensure_ascii=False, sort_keys=True))
    )  # fmt: skip
