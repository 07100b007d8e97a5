"""The audit log (审计日志): a hash chain in each store, written in the same transaction as the act it records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Insert, Integer, Select, String, Text, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core.clock import day_of
from portal.core.db import IntakeBase, protect_append_only

GENESIS = "0" * 64


class AuditColumns:
    """The columns of an audit table. ``previous_digest`` is unique, so two writers cannot fork the chain."""

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True, comment="place in the chain"
    )
    at: Mapped[str] = mapped_column(String(32), comment="UTC instant; in the intake store the day only")
    by: Mapped[str] = mapped_column(String(64), comment="staff id, or the name of a process")
    act: Mapped[str] = mapped_column(String(80), comment="machine.verb")
    subject: Mapped[str] = mapped_column(String(120), comment="what it was done to")
    detail: Mapped[str] = mapped_column(Text, comment="canonical JSON; never content of a report")
    previous_digest: Mapped[str] = mapped_column(String(64), unique=True, comment="digest of the line before")
    digest: Mapped[str] = mapped_column(String(64), unique=True, comment="SHA-256 over this line and the one before")


class IntakeAuditEntry(AuditColumns, IntakeBase):
    """Audit lines of the intake store. They carry the day only: an hour beside a shift roster can unmask a reporter."""

    __tablename__ = "intake_audit"
    day_only = True


protect_append_only(IntakeBase, "intake_audit")


def _digest(previous: str, at: str, by: str, act: str, subject: str, detail: str) -> str:
    line = json.dumps([previous, at, by, act, subject, detail], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class AuditLine:
    """One act to be recorded. ``detail`` must hold no content of a report."""

    by: str
    act: str
    subject: str
    at: datetime
    detail: Mapping[str, Any] | None = None


def record(session: Session, *, by: str, act: str, subject: str, at: datetime, detail: Mapping[str, Any] | None = None) -> None:
    """Adds one line to the chain of this session's store. ``detail`` must hold no content of a report."""
    record_lines(session, (AuditLine(by, act, subject, at, detail),))


def record_lines(session: Session, lines: Iterable[AuditLine]) -> None:
    """Adds several lines to the chain, in this order, with one statement."""
    model = session.info["audit"]
    # Or two would claim the same place in the chain.
    one_writer_at_a_time(session)
    session.flush()
    connection = session.connection()
    find_last, add = _statements(model)
    last = str(connection.execute(find_last).scalar() or GENESIS)
    rows = []
    for line in lines:
        rows.append(_row(line, last, day_only=getattr(model, "day_only", False)))
        last = rows[-1]["digest"]
    # Straight into the table: an object of the session costs a millisecond, and the intake writes a line a report.
    connection.execute(add, rows)


def one_writer_at_a_time(session: Session) -> None:
    """Waits until no other transaction writes audit lines, and keeps others waiting until this one ends.

    For what must be looked up and added as one act, before its audit line. A lock of its own would wait crosswise with this one.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:table))"), {"table": session.info["audit"].__tablename__})


@cache
def _statements(model: type[Any]) -> tuple[Select[tuple[str]], Insert]:
    # Built once: building them anew took as long as running them.
    table = model.__table__
    return select(table.c.digest).order_by(table.c.number.desc()).limit(1), insert(table)


def _row(line: AuditLine, last: str, *, day_only: bool) -> dict[str, str]:
    stamp = day_of(line.at).isoformat() if day_only else line.at.isoformat()
    words = json.dumps(dict(line.detail or {}), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    digest = _digest(last, stamp, line.by, line.act, line.subject, words)
    row = {"at": stamp, "by": line.by, "act": line.act, "subject": line.subject, "detail": words}
    return {**row, "previous_digest": last, "digest": digest}


@dataclass(frozen=True)
class ChainReport:
    """What a check of the chain found: lines read, the last digest, and the first line that does not fit (None: all fit)."""

    lines: int
    head: str
    broken_at: int | None


def verify_chain(session: Session) -> ChainReport:
    """Reads the whole chain of this session's store and says where, if anywhere, it was changed."""
    model = session.info["audit"]
    previous, lines = GENESIS, 0
    for entry in session.scalars(select(model).order_by(model.number).execution_options(yield_per=1000)):
        expected = _digest(previous, entry.at, entry.by, entry.act, entry.subject, entry.detail)
        if entry.previous_digest != previous or entry.digest != expected:
            return ChainReport(lines, previous, entry.number)
        previous, lines = entry.digest, lines + 1
    return ChainReport(lines, previous, None)
