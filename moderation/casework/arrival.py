"""From a sealed report to a letter: the worker pulls, opens (one audit line a report), and registers. Idempotent by report id.

What it opened is not kept. What it keeps: facts for routing, keyed digests against copying and duplicates, and who must not know.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime

from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from moderation import unsealing, virus_scan
from moderation.casework import barring, clocks, floods, messages
from moderation.casework.duplicates import fingerprint
from moderation.casework.guards import LETTER
from moderation.casework.letters import (
    Letter,
    LetterGuard,
    LetterText,
    LetterType,
)
from moderation.casework.machine import LetterState
from moderation.casework.redaction import identity_guard, run_guard
from moderation.keys import symmetric_key
from moderation.office import Office
from portal.core import audit, reports
from portal.core.ids import new_id
from portal.core.outgoing import Attachment
from portal.core.report_content import Identity, ReportContent
from portal.core.reports import Report, Tray
from portal.core.sealing import CannotOpen
from portal.core.vocabulary import Channel, IdentityLevel, PollutionType, Role
from portal.core.workflow import SystemActor, move

log = logging.getLogger("disclosure.arrival")
WORKER = SystemActor("worker")
AT_ONCE = 50


def guard_key(office: Office) -> bytes:
    """The key behind every digest of letters: without it they compare with nothing."""
    return symmetric_key(office.keys, "letter-guard.key")


@dataclass(frozen=True)
class Opened:
    """A report as the worker holds it for a moment. ``content`` None: its box could not be opened."""

    report_id: str
    received_on: date
    quarantined: bool
    content: ReportContent | None
    identity: Identity


def pull(office: Office, at: datetime) -> None:
    """Takes what waits in the intake store: reports first, then messages. A crash anywhere repeats and loses nothing."""
    with office.intake.reading() as intake:
        waiting = [report.id for report in reports.waiting_reports(intake, AT_ONCE)]
    if waiting:
        key, guard = unsealing.opening_key(office, "office"), unsealing.opening_key(office, "guard")
        for report_id in waiting:
            take_report(office, report_id, key=key, guard=guard, at=at)
    messages.pull(office, at)


def take_report(
    office: Office, report_id: str, *, key: MLKEM768X25519PrivateKey, guard: MLKEM768X25519PrivateKey, at: datetime
) -> None:
    """Registers one report and then marks it taken; a second time changes nothing but the mark."""
    with office.office.reading() as session:
        known = session.scalar(select(Letter.id).where(Letter.report_id == report_id)) is not None
    files: tuple[Attachment, ...] = ()
    if not known:
        opened = _open(office, report_id, key=key, guard=guard, at=at)
        with office.office.transaction() as session:
            letter = register_letter(session, opened, key=guard_key(office), at=at)
            floods.collapse(session, letter, by=WORKER, at=at)
        files = opened.content.attachments if opened.content else ()
    with office.intake.transaction() as intake:
        reports.mark_taken(intake, intake.get_one(Report, report_id))
    virus_scan.scan_arrived(office, files, at=at)


def _open(
    office: Office, report_id: str, *, key: MLKEM768X25519PrivateKey, guard: MLKEM768X25519PrivateKey, at: datetime
) -> Opened:
    wanted = (undefer(Report.body), undefer(Report.identity_for_guard))
    with office.intake.reading() as intake:
        report = intake.get_one(Report, report_id, options=wanted)
        quarantined = report.tray is Tray.QUARANTINE
        try:
            content = unsealing.unseal(office, report, key=key, by=WORKER.id, reason="登记", at=at)
            identity = unsealing.identity_for_guard(report, key=guard)
        except CannotOpen:
            # Kept as a letter without words, for a person to look into: dropping it would be silence.
            log.warning("a report could not be opened")
            return Opened(report.id, report.received_on, True, None, Identity())
        return Opened(report.id, report.received_on, quarantined, content, identity)


def register_letter(session: Session, opened: Opened, *, key: bytes, at: datetime) -> Letter:
    """Makes the letter of a report: facts, digests, bars, and the acceptance deadline. The words stay sealed."""
    content = opened.content
    letter = _row(opened)
    session.add(letter)
    session.flush()
    text = LetterText(letter_id=letter.id)
    session.add(text)
    audit.record(session, by=WORKER.id, act="letter.register", subject=letter.id, at=at)
    if content is None:
        text.note = "这份举报的密封件打不开，请联系系统管理员核对密钥"
        return letter
    text.place, text.acts = content.place[:200], " ".join(content.acts)
    text.target = content.who[:200]
    session.add_all(LetterType(letter_id=letter.id, type=kind) for kind in dict.fromkeys(content.pollution_types))
    session.add(LetterGuard(letter_id=letter.id, runs=run_guard(content, key), identity=identity_guard(opened.identity, key)))
    session.add(fingerprint(letter, content, key))
    barring.bar_by_content(session, letter, content)
    clocks.start(session, letter, "acceptance", on=letter.received_on, at=at)
    _give_to_discipline_if_nobody_is_left(session, letter, at)
    return letter


def _row(opened: Opened) -> Letter:
    content = opened.content
    types = content.pollution_types if content else ()
    return Letter(
        id=new_id(), report_id=opened.report_id, state=LetterState.RECEIVED, received_on=opened.received_on,
        channel=content.channel if content else Channel.WEB,
        identity_level=content.identity_level if content else IdentityLevel.ANONYMOUS,
        region_code=content.region_code if content else "", main_type=types[0] if types else PollutionType.OTHER,
        act=content.acts[0] if content and content.acts else "", quarantined=opened.quarantined,
        wants_reward=bool(content and content.wants_reward),
    )  # fmt: skip


def _give_to_discipline_if_nobody_is_left(session: Session, letter: Letter, at: datetime) -> None:
    session.flush()
    if barring.screeners_left(session, letter):
        return
    if barring.screeners_left(session, letter, Role.DISCIPLINE_OFFICER):
        letter.discipline_only = True
        move(session, LETTER, letter, "nobody_may_screen", by=WORKER, at=at)
    else:
        log.warning("a letter has no reader left at this office: the level above must appoint one")
