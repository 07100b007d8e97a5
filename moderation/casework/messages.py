"""Messages between reporter and office. Reporters' words stay sealed in the intake store; here is that they came, and ours.

A withdrawal, a supplement and a score move the letter; reports of retaliation go to the discipline liaison and 督办监察组.
"""

from __future__ import annotations

import importlib
from datetime import date, datetime

from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey
from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.orm import Session, undefer

from moderation import letter_notices, unsealing, virus_scan
from moderation.casework import clocks
from moderation.casework.guards import LETTER
from moderation.casework.letters import Letter, LetterEvent, LetterEvidence, LetterMessage, MessageDirection
from moderation.casework.machine import LetterState
from moderation.evidence import evidence_store
from moderation.office import Office
from portal.core import audit, reports
from portal.core.clock import day_of
from portal.core.errors import Mendable, NotThere
from portal.core.ids import new_id
from portal.core.outgoing import Attachment, OfficeMessage
from portal.core.report_content import MessageKind, ReporterMessage
from portal.core.reports import Message
from portal.core.sealing import CannotOpen
from portal.core.staging import StagedFile, settle_times
from portal.core.vocabulary import Role
from portal.core.workflow import Actor, SystemActor, move

REPORTER = SystemActor("reporter")
WORKER = SystemActor("worker")
UNREADABLE = "unreadable"
TO_READ = frozenset({MessageKind.MESSAGE.value, MessageKind.SUPPLEMENT.value, UNREADABLE})
"""Kinds of mail that wait for somebody to read them."""
GUARDIANS = (Role.DISCIPLINE_OFFICER, Role.SUPERVISION_INSPECTOR)
"""Who alone reads what tells of retaliation."""
# A withdrawal that somebody demanded is retaliation too.
_TELLS = (MessageKind.RETALIATION.value, MessageKind.WITHDRAWAL.value)
# Both kinds are named first: from an OR, the index of unread mail is walked from end to end.
TELLS_OF_RETALIATION = and_(
    # As the index of these kinds says it: SQLite knows it by its words.
    text("(letter_message.kind = 'retaliation' OR letter_message.kind = 'withdrawal')"),
    LetterMessage.kind.in_(_TELLS),
    or_(LetterMessage.kind == MessageKind.RETALIATION.value, LetterMessage.demanded == "yes"),
)

# Capabilities that act on a kind of message add a row: "module:function" taking (session, letter, message, at).
TAKERS: dict[MessageKind, str] = {
    MessageKind.REWARD_CLAIM: "moderation.rewards.collection:take_choice",
    MessageKind.REWARD_DECLINED: "moderation.rewards.collection:take_decline",
}


def pull(office: Office, at: datetime) -> None:
    """Takes reporters' messages that wait, each opened with its audit line. Idempotent by message id."""
    with office.intake.reading() as intake:
        waiting = [(message.id, message.report_id) for message in reports.waiting_messages(intake, 50)]
    if not waiting:
        return
    key = unsealing.opening_key(office, "office")
    for message_id, report_id in waiting:
        with office.office.reading() as session:
            known = session.scalar(select(LetterMessage.id).where(LetterMessage.message_id == message_id)) is not None
        if not known:
            _take(office, message_id, report_id, key, at)
        with office.intake.transaction() as intake:
            reports.mark_taken(intake, intake.get_one(Message, message_id))


def open_message(
    office: Office, message_id: str, *, key: MLKEM768X25519PrivateKey, by: str, reason: str, at: datetime
) -> tuple[date, ReporterMessage]:
    """What the reporter wrote, with the day. The audit line comes first. Raises CannotOpen."""
    with office.intake.reading() as intake:
        row = intake.get_one(Message, message_id, options=(undefer(Message.body),))
        return row.sent_on, unsealing.unseal_message(office, row, key=key, by=by, reason=reason, at=at)


def _take(office: Office, message_id: str, report_id: str, key: MLKEM768X25519PrivateKey, at: datetime) -> None:
    try:
        on, message = open_message(office, message_id, key=key, by=WORKER.id, reason="登记来信", at=at)
    except CannotOpen:
        on, message = day_of(at), None
    with office.office.transaction() as session:
        letter = session.scalar(select(Letter).where(Letter.report_id == report_id))
        if letter is not None:
            take_message(session, letter, message_id, on, message, at=at)
    virus_scan.scan_arrived(office, message.attachments if message else (), at=at)


def take_message(
    session: Session, letter: Letter, message_id: str, on: date, message: ReporterMessage | None, *, at: datetime
) -> LetterMessage:
    """Notes that a message came, and lets it act on the letter."""
    row = LetterMessage(
        id=new_id(), letter_id=letter.id, direction=MessageDirection.IN, message_id=message_id, on=on,
        position=_next_position(session, letter),
        kind=message.kind.value if message else UNREADABLE, score=message.score if message else None,
        demanded=message.demanded if message else "",
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, by=REPORTER.id, act="letter.message", subject=letter.id, at=at, detail={"kind": row.kind})
    if message is not None:
        _act_on(session, letter, message, on, at)
    retaliation = row.kind == MessageKind.RETALIATION.value or row.demanded == "yes"
    if retaliation or row.kind in TO_READ:
        letter_notices.tell_of_message(session, letter, message_id, retaliation=retaliation, at=at)
    return row


def _next_position(session: Session, letter: Letter) -> int:
    return (session.scalar(select(func.max(LetterMessage.position)).where(LetterMessage.letter_id == letter.id)) or 0) + 1


def _act_on(session: Session, letter: Letter, message: ReporterMessage, on: date, at: datetime) -> None:
    if message.kind is MessageKind.SUPPLEMENT and letter.state is LetterState.AWAITING_SUPPLEMENT:
        move(session, LETTER, letter, "supplement", by=REPORTER, at=at)
        clocks.stop(session, letter, "supplement", at=at, why="已补正")
        clocks.resume(session, letter, "acceptance", at=at)
    elif message.kind is MessageKind.WITHDRAWAL:
        _withdraw(session, letter, on, at)
    elif message.kind is MessageKind.SATISFACTION and letter.state is LetterState.FOLLOW_UP:
        move(session, LETTER, letter, "evaluate", by=REPORTER, at=at, detail={"score": message.score})
        clocks.stop(session, letter, "satisfaction", at=at, why="已评价")
        letter.wrap_up_on = on
    if message.kind in TAKERS:
        module, function = TAKERS[message.kind].split(":")
        getattr(importlib.import_module(module), function)(session, letter, message, at)


def _withdraw(session: Session, letter: Letter, on: date, at: datetime) -> None:
    """Before assignment the letter ends; after it the offence is still pursued and only the wish is noted."""
    letter.withdrawn_on = on
    if LETTER.step(letter.state, "withdraw"):
        move(session, LETTER, letter, "withdraw", by=REPORTER, at=at)
        clocks.stop_all(session, letter, at=at, why="举报人撤回")
        return
    letter.version += 1
    session.add(
        LetterEvent(letter_id=letter.id, at=at, on=day_of(at), by=REPORTER.id, verb="withdrawal_noted",
                    source=letter.state.value, target=letter.state.value, text="举报人在分办之后表示撤回")
    )  # fmt: skip


def write_to_reporter(
    session: Session, letter: Letter, text: str, *, by: Actor, at: datetime, kind: str = "reply", evidence_id: str = ""
) -> LetterMessage:
    """A reply of the office, in its own words; the worker seals it to the receipt. ``evidence_id``: a file that goes with it."""
    if not text.strip():
        raise Mendable("请写明回复内容", field="text")
    if evidence_id and evidence_id not in {row.id for row in files_to_send(session, letter)}:
        raise Mendable("这份材料不能寄给举报人，请从列表里选", field="evidence")
    row = LetterMessage(
        id=new_id(), letter_id=letter.id, direction=MessageDirection.OUT, kind=kind, on=day_of(at), text=text.strip(), by=by.id,
        position=_next_position(session, letter), evidence_id=evidence_id,
        sent=letter.report_id is None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, by=by.id, act="letter.reply", subject=letter.id, at=at, detail={"kind": kind})
    return row


def reply(session: Session, letter: Letter, text: str, *, by: Actor, at: datetime, evidence_id: str = "") -> LetterMessage:
    """A reply by itself, as no part of a step: whoever was writing another one at the same time is told."""
    row = write_to_reporter(session, letter, text, by=by, at=at, evidence_id=evidence_id)
    letter.version += 1
    return row


def files_to_send(session: Session, letter: Letter) -> tuple[LetterEvidence, ...]:
    """Files of the letter that may go with a reply: pictures and PDFs, which a browser can show."""
    rows = session.scalars(select(LetterEvidence).where(LetterEvidence.letter_id == letter.id).order_by(LetterEvidence.at))
    return tuple(row for row in rows if row.media_type in SENT_TYPES)


SENT_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "application/pdf"})


def send_replies(office: Office, at: datetime) -> None:  # noqa: ARG001
    """Seals replies that wait to their receipts. Sent once, whatever is cut off: the reply's id is its reference."""
    with office.office.reading() as session:
        query = select(LetterMessage, Letter.report_id).join(Letter).where(LetterMessage.sent.is_(False)).limit(100)
        waiting = list(session.execute(query))
    for row, report_id in waiting:
        if report_id is not None:
            message = OfficeMessage(row.on, row.text, _attached(office, row))
            settle_times(unsealing.files_folder(office), tuple(item.id for item in message.attachments), row.on)
            with office.intake.transaction() as intake:
                reports.put_reply(intake, report_id, message, reference=row.id)
        with office.office.transaction() as session:
            session.get_one(LetterMessage, row.id).sent = True


def _attached(office: Office, row: LetterMessage) -> tuple[Attachment, ...]:
    """The file of a reply, locked anew under a key that is sealed in the reply. Cut off before, it is swept after a day."""
    if not row.evidence_id:
        return ()
    with office.office.reading() as session:
        evidence = session.get_one(LetterEvidence, row.evidence_id)
    data = evidence_store(office).get(evidence.digest)
    staged = StagedFile(unsealing.files_folder(office), len(data))
    staged.write(data)
    taken = staged.finish(evidence.name)
    return (taken,) if isinstance(taken, Attachment) else ()


def messages_of(session: Session, letter: Letter) -> tuple[LetterMessage, ...]:
    """Every message of a letter, the oldest first."""
    query = select(LetterMessage).where(LetterMessage.letter_id == letter.id)
    return tuple(session.scalars(query.order_by(LetterMessage.position)))


def mark_read(session: Session, letter: Letter, message_id: str, *, by: Actor, at: datetime) -> None:
    """Somebody read this message."""
    row = session.scalar(select(LetterMessage).where(LetterMessage.message_id == message_id, LetterMessage.letter_id == letter.id))
    if row is None:
        raise NotThere("没有这封来信")
    if row.read_at is None:
        row.read_at = at
        letter_notices.message_was_read(session, message_id, at=at)
        audit.record(session, by=by.id, act="letter.read_message", subject=letter.id, at=at)
