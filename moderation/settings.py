"""Settings of the office as rows: value, clause, source, and whether somebody confirmed it (未核定 until then)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.office import Office
from portal.core import audit
from portal.core.db import Moment, OfficeBase
from portal.core.public_settings import PublicSettings, write_public_settings
from portal.core.workflow import Actor

PUBLIC = "public"


class Setting(OfficeBase):
    """One setting. ``value`` is JSON."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(Text, comment="JSON")
    clause: Mapped[str] = mapped_column(String(200), default="", comment="where the rule stands")
    source: Mapped[str] = mapped_column(String(400), default="", comment="document or page")
    confirmed: Mapped[bool] = mapped_column(Boolean, default=False, comment="False: shown to staff as 未核定")
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[str] = mapped_column(String(64))


def setting(session: Session, key: str, default: Any = None) -> Any:
    """The value of ``key``, or ``default`` where nobody set it."""
    row = session.get(Setting, key)
    return default if row is None else json.loads(row.value)


def change_setting(
    session: Session, key: str, value: Any, *, by: Actor, at: datetime, clause: str = "", source: str = "", confirmed: bool = False
) -> None:
    """Sets ``key``, with where it comes from, and writes the audit line."""
    row = session.get(Setting, key) or Setting(key=key)
    row.value, row.clause, row.source = json.dumps(value, ensure_ascii=False, sort_keys=True), clause, source
    row.confirmed, row.changed_at, row.changed_by = confirmed, at, by.id
    session.add(row)
    audit.record(session, by=by.id, act="setting.change", subject=key, at=at, detail={"confirmed": confirmed})


def public_settings(session: Session) -> PublicSettings:
    """What the public may know, as the office set it."""
    return PublicSettings(**setting(session, PUBLIC, {}))


def write_snapshot(office: Office) -> None:
    """Writes the public snapshot file from the office store."""
    with office.office.reading() as session:
        settings = public_settings(session)
    write_public_settings(office.public_settings_path, settings)
