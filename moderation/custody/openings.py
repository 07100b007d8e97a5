"""The one door to an identity for people: every opening is noted for the receipt first, then audited, then opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from moderation import unsealing
from moderation.casework.letters import Letter
from moderation.casework.status import mark_untold
from moderation.custody.tables import IdentityOpened
from moderation.office import Office
from portal.core.clock import day_of
from portal.core.errors import NotThere, Refusal
from portal.core.ids import new_id
from portal.core.outgoing import IdentityOpening, StatusSnapshot
from portal.core.report_content import Identity
from portal.core.reports import Report
from portal.core.workflow import Actor


def note_opening(session: Session, report_id: str, *, role: str, reason: str, by: Actor, at: datetime) -> None:
    """Writes the line that the reporter reads: day, role, reason. ``role`` and ``reason`` in Chinese."""
    row = IdentityOpened(id=new_id(), report_id=report_id, on=day_of(at), role=role[:40], reason=reason[:200], by=by.id)
    session.add(row)
    letter = session.scalar(select(Letter).where(Letter.report_id == report_id))
    if letter is not None:
        mark_untold(letter)


def open_identity(office: Office, report_id: str, *, role: str, reason: str, by: Actor, at: datetime, noted: str = "") -> Identity:
    """Opens who is behind a report. Call it outside any transaction; whether this person may, was decided before.

    All empty for an anonymous report: its box is opened all the same, so that neither page nor time tells.
    ``reason`` is what the reporter reads; ``noted``: what the audit line says, where that is more.
    Raises NotThere where no sealed report is, Refusal where the identity was destroyed after its time.
    """
    with office.intake.reading() as intake:
        report = intake.get(Report, report_id, options=(undefer(Report.identity_for_custodian),))
    if report is None:
        raise NotThere("找不到密封的举报原件")
    if not report.identity_for_custodian:
        raise Refusal("保存期满，身份信息已经销毁", clause="保存与销毁")
    with office.office.transaction() as session:
        note_opening(session, report_id, role=role, reason=reason, by=by, at=at)
    key = unsealing.opening_key(office, "custodian")
    return unsealing.unseal_identity(office, report, key=key, by=by.id, reason=noted or reason, at=at)


def contribute(session: Session, letter: Letter, snapshot: StatusSnapshot) -> StatusSnapshot:
    """Adds every opening of the identity to what the receipt shows."""
    if letter.report_id is None:
        return snapshot
    query = select(IdentityOpened).where(IdentityOpened.report_id == letter.report_id)
    rows = session.scalars(query.order_by(IdentityOpened.on, IdentityOpened.id))
    return replace(snapshot, openings=tuple(IdentityOpening(row.on, row.role, row.reason) for row in rows))
