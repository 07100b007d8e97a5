"""Settings of the office as rows: value, clause, source, and whether somebody confirmed it (未核定 until then)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.office import Office
from portal.core import audit
from portal.core.db import Moment, OfficeBase
from portal.core.errors import NotAllowed, Refusal
from portal.core.public_settings import PublicSettings, write_public_settings
from portal.core.vocabulary import Role
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


def stands(session: Session, key: str) -> dict[str, Any] | None:
    """How ``key`` stands, for setting it back (:func:`take_back`); None: nobody set it."""
    row = session.get(Setting, key)
    if row is None:
        return None
    return {"value": row.value, "clause": row.clause, "source": row.source, "confirmed": row.confirmed}


def take_back(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """Sets a setting back to how it stood. ``facts``: key, was and became (see :func:`stands`). The audit log keeps both."""
    if Role.ADMINISTRATOR not in by.roles:
        raise NotAllowed("撤销要有原来的岗位", clause="岗位分离规则")
    row = session.get(Setting, facts["key"])
    if row is None or row.changed_by != by.id or stands(session, row.key) != facts["became"]:
        raise Refusal("别人又改过这一项，不能撤销", clause="岗位分离规则")
    was = facts["was"]
    if was is None:
        session.delete(row)
        audit.record(session, by=by.id, act="setting.unset", subject=row.key, at=at)
    else:
        value, rest = json.loads(was["value"]), {name: was[name] for name in ("clause", "source", "confirmed")}
        change_setting(session, row.key, value, by=by, at=at, **rest)


def public_settings(session: Session) -> PublicSettings:
    """What the public may know, as the office set it."""
    return PublicSettings(**setting(session, PUBLIC, {}))


def write_snapshot(office: Office) -> None:
    """Writes the public snapshot file from the office store."""
    with office.office.reading() as session:
        settings = public_settings(session)
    write_public_settings(office.public_settings_path, settings)
