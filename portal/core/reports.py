"""What the public may do to a report (举报): send it, find it by receipt, follow it, write more, take it back. Sealed throughout.

The worker's side is here too, as far as it needs no opening key: what waits, what was taken, states and replies sealed to the
receipt. Opening is in `moderation.unsealing`.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey
from sqlalchemy import Boolean, Date, ForeignKey, LargeBinary, String, Table, func, insert, select
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column, undefer

from portal.core import audit
from portal.core.clock import day_of
from portal.core.db import IntakeBase, TermColumn
from portal.core.errors import Overtaken, Refusal
from portal.core.ids import new_id
from portal.core.outgoing import Attachment, OfficeMessage, StatusSnapshot
from portal.core.receipts import ReceiptCode, ReceiptKeys, derived_key, new_receipt_code, receipt_digest
from portal.core.report_content import Identity, ReportContent, ReporterMessage
from portal.core.sealing import SealingKey, lock, new_key, seal, seal_padded, unlock
from portal.core.vocabulary import Term

# A second tap, a lost answer, a reload: within this time the same form gives the same receipt again.
REPEAT_WITHIN = timedelta(minutes=30)

# Purposes bind a box to its place: a message cannot be passed off as a report, nor an identity as a body.
BODY, IDENTITY, STATUS, MESSAGE, REPLY, NOTICE, REPEAT = (
    b"report body 1",
    b"reporter identity 1",
    b"report status 1",
    b"reporter message 1",
    b"office reply 1",
    b"notice address 1",
    b"form already sent 1",
)


class Tray(Term):
    """Where a report waits for the worker. None is ever dropped; all are drained by age."""

    FIRST = "first", "待拆件", "first tray"
    SECOND = "second", "第二收件盘", "second tray"
    QUARANTINE = "quarantine", "疑似机器投递", "quarantine"


class Direction(Term):
    """Which way a message goes."""

    FROM_REPORTER = "from_reporter", "举报人来信", "from the reporter"
    FROM_OFFICE = "from_office", "办公室回复", "from the office"


class FormAlreadySent(Overtaken):
    """This form was sent before, with other content or long ago. The text must be kept for the person."""


class Report(IntakeBase):
    """A sealed report. Nothing here is readable but a random id, a day, and where it waits."""

    __tablename__ = "report"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, comment="random")
    received_on: Mapped[date] = mapped_column(Date, index=True, comment="day only; the exact moment is sealed inside")
    tray: Mapped[Tray] = mapped_column(TermColumn(Tray), comment="where it waits for the worker")
    taken: Mapped[bool] = mapped_column(Boolean, default=False, index=True, comment="the worker has it in the office store")
    withdrawn: Mapped[bool] = mapped_column(Boolean, default=False, comment="its receipt no longer answers")
    receipt_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="keyed digest of the receipt")
    form_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="keyed digest of the form's nonce")
    repeat_box: Mapped[bytes] = mapped_column(LargeBinary, comment="content digest and moment, opened by the nonce only")
    receipt_public: Mapped[bytes] = mapped_column(LargeBinary, comment="public key made from the receipt")
    body: Mapped[bytes] = deferred(mapped_column(LargeBinary, comment="AES-256-GCM, padded"))
    key_for_office: Mapped[bytes] = mapped_column(LargeBinary, comment="the report's key, HPKE to the office")
    key_for_receipt: Mapped[bytes] = mapped_column(LargeBinary, comment="the report's key, HPKE to the receipt")
    identity_for_custodian: Mapped[bytes] = deferred(mapped_column(LargeBinary, comment="HPKE to the custodian, padded"))
    identity_for_guard: Mapped[bytes] = deferred(mapped_column(LargeBinary, comment="HPKE to the worker's guard key, padded"))
    notice_box: Mapped[bytes | None] = deferred(mapped_column(LargeBinary, comment="notice address, HPKE to the worker; or none"))
    notice_due: Mapped[bool] = mapped_column(Boolean, default=False, comment="there is news, and an address to tell it to")
    noticed_on: Mapped[date | None] = mapped_column(Date, comment="day of the last notice: one a day at most")
    status_key: Mapped[bytes | None] = mapped_column(LargeBinary, comment="key of the state, HPKE to the receipt")
    status_box: Mapped[bytes | None] = mapped_column(LargeBinary, comment="the state in plain words, locked")
    reward_seen_on: Mapped[date | None] = mapped_column(Date, comment="first day the receipt showed a reward to collect")
    statement_id: Mapped[str] = mapped_column(String(26), comment="random; printed on the proof")
    statement_digest: Mapped[bytes] = mapped_column(LargeBinary(32), comment="salted from the receipt")


class Message(IntakeBase):
    """A sealed message, either way. What kind it is, is sealed too."""

    __tablename__ = "message"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, comment="random")
    report_id: Mapped[str] = mapped_column(ForeignKey("report.id"), index=True)
    sent_on: Mapped[date] = mapped_column(Date, comment="day only")
    direction: Mapped[Direction] = mapped_column(TermColumn(Direction))
    taken: Mapped[bool] = mapped_column(Boolean, default=False, index=True, comment="the worker has it in the office store")
    form_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="keyed digest of the form's nonce")
    body: Mapped[bytes] = deferred(mapped_column(LargeBinary, comment="AES-256-GCM, padded"))
    key_for_office: Mapped[bytes | None] = mapped_column(LargeBinary, comment="HPKE to the office; none on replies")
    key_for_receipt: Mapped[bytes] = mapped_column(LargeBinary, comment="HPKE to the receipt")


class LockedFile(IntakeBase):
    """A locked file that belongs to a report or message. Its name, kind, size and key are sealed in there, not here."""

    __tablename__ = "locked_file"
    id: Mapped[str] = mapped_column(String(26), primary_key=True, comment="random; name of the file in the folder")
    owner_id: Mapped[str] = mapped_column(String(26), index=True, comment="report or message")
    kept_on: Mapped[date] = mapped_column(Date, comment="day only")


class ReceiptDay(IntakeBase):
    """A day whose receipts are entered in the publication log. Which days had any, is in the log for all to read."""

    __tablename__ = "receipt_day"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    root: Mapped[bytes] = mapped_column(LargeBinary(32), comment="root over the day's statements")


@dataclass(frozen=True)
class IntakeKeys:
    """What the public process may hold: keys that seal, the key behind receipts, the key that signs proofs. None opens a report.

    ``receipt_keys``: the current one first, then older ones that lookups still try.
    """

    office: MLKEM768X25519PublicKey
    custodian: MLKEM768X25519PublicKey
    guard: MLKEM768X25519PublicKey
    notice: MLKEM768X25519PublicKey
    receipt_keys: tuple[bytes, ...]
    signing: Ed25519PrivateKey

    def __repr__(self) -> str:
        return "IntakeKeys(…)"

    def form_digest(self, nonce: bytes) -> bytes:
        """What is kept of a form's nonce. The nonce itself never is."""
        return hmac.digest(derived_key(self.receipt_keys[0], b"form digest"), nonce, "sha256")

    def repeat_key(self, nonce: bytes) -> bytes:
        """Opens the repeat box of the form with this nonce: only who holds the form can test a content against it."""
        return hmac.digest(derived_key(self.receipt_keys[0], b"repeat box"), nonce, "sha256")


@dataclass(frozen=True)
class SealedReport:
    """A report ready for the store, and the receipt for the person. Made outside the transaction: sealing takes a millisecond.

    ``values``: the columns of :class:`Report`. Not an object of the session: that cost a third of the time of a report.
    """

    id: str
    values: Mapping[str, Any]
    code: ReceiptCode
    attachments: tuple[str, ...]
    repeat_key: bytes
    content_digest: bytes


def seal_report(
    content: ReportContent,
    identity: Identity,
    *,
    nonce: bytes,
    keys: IntakeKeys,
    at: datetime,
    tray: Tray = Tray.FIRST,
    notice_address: str = "",
) -> SealedReport:
    """Seals a report: its own key, wrapped to the office and to the receipt; identity to custodian and guard, apart."""
    code = new_receipt_code(nonce, keys.receipt_keys[0])
    receipt = ReceiptKeys(code)
    timeless = replace(content, sent_at="").to_bytes()
    content_digest = hashlib.sha256(timeless + identity.to_bytes() + notice_address.encode()).digest()
    body = replace(content, sent_at=at.isoformat()).to_bytes()
    key, who = new_key(), identity.to_bytes()
    repeat_key = keys.repeat_key(nonce)
    report_id = new_id()
    values = {
        "id": report_id,
        "received_on": day_of(at),
        "tray": tray,
        "taken": False,
        "withdrawn": False,
        "notice_due": False,
        "receipt_digest": receipt_digest(code, keys.receipt_keys[0]),
        "form_digest": keys.form_digest(nonce),
        "repeat_box": lock(repeat_key, content_digest + at.isoformat().encode(), REPEAT, step=128),
        "receipt_public": receipt.public.to_bytes(),
        "body": lock(key, body, BODY),
        "key_for_office": seal(key, keys.office, BODY),
        "key_for_receipt": seal(key, receipt.sealing, BODY),
        "identity_for_custodian": seal_padded(who, keys.custodian, IDENTITY),
        "identity_for_guard": seal_padded(who, keys.guard, IDENTITY),
        "notice_box": seal_padded(notice_address.encode(), keys.notice, NOTICE) if notice_address else None,
        "statement_id": new_id(),
        "statement_digest": statement_digest(receipt, body),
    }
    attachments = tuple(item.id for item in content.attachments)
    return SealedReport(report_id, values, code, attachments, repeat_key, content_digest)


def statement_digest(receipt: ReceiptKeys, body: bytes) -> bytes:
    """The digest on the printed proof. Salted from the receipt: without it nobody can test a guess at the content."""
    return hmac.digest(receipt.salt, body, "sha256")


def submit_report(session: Session, sealed: SealedReport, *, at: datetime) -> bool:
    """Puts a sealed report into the store. False: the same form with the same content came before, minutes ago.

    Raises FormAlreadySent when the form was used for something else, or too long ago.
    """
    table = Report.__table__.c
    known = select(table.repeat_box, table.withdrawn).where(table.form_digest == sealed.values["form_digest"])
    earlier = session.execute(known).first()
    if earlier is not None:
        _require_same_again(earlier.repeat_box, earlier.withdrawn, sealed, at)
        return False
    submit_new_reports(session, (sealed,), at=at)
    return True


def submit_new_reports(session: Session, batch: Sequence[SealedReport], *, at: datetime) -> None:
    """Puts reports into the store whose forms were not sent before; the database refuses (IntegrityError) if one was."""
    session.connection().execute(_ADD_REPORT, [dict(each.values) for each in batch])
    for each in batch:
        _keep_files(session, each.attachments, each.id, each.values["received_on"])
    audit.record_lines(session, [audit.AuditLine("intake", "report.receive", each.id, at) for each in batch])


_ADD_REPORT = insert(cast(Table, Report.__table__))


def _require_same_again(repeat_box: bytes, withdrawn: bool, sealed: SealedReport, at: datetime) -> None:
    known = unlock(sealed.repeat_key, repeat_box, REPEAT)
    same = hmac.compare_digest(known[:32], sealed.content_digest)
    recent = at - datetime.fromisoformat(known[32:].decode()) <= REPEAT_WITHIN
    if withdrawn or not (same and recent):
        raise FormAlreadySent("这份表已经发过一次，我们收到了那一次的内容")


def _keep_files(session: Session, ids: Iterable[str], owner_id: str, on: date) -> None:
    for file_id in ids:
        session.add(LockedFile(id=file_id, owner_id=owner_id, kept_on=on))


def find_by_receipt(session: Session, code: ReceiptCode, keys: IntakeKeys) -> Report | None:
    """The report of this receipt. None: wrong, withdrawn or never given; the three take the same path and time."""
    digests = [receipt_digest(code, key) for key in keys.receipt_keys]
    return _held(session, session.scalars(select(Report).where(Report.receipt_digest.in_(digests))).first())


def _held(session: Session, row: Report | None) -> Report | None:
    """Lets go of the session, so that the row can be read after it is closed. Boxes not loaded stay unread."""
    if row is not None:
        session.expunge(row)
    return row


# ---- what a reporter sends later ----


@dataclass(frozen=True)
class SealedMessage:
    """A message ready for the store."""

    row: Message
    attachments: tuple[str, ...]


def seal_message(report: Report, message: ReporterMessage, *, nonce: bytes, keys: IntakeKeys, at: datetime) -> SealedMessage:
    """Seals what the reporter wrote, to the office and to the receipt. Outside the transaction."""
    key = new_key()
    row = Message(
        id=new_id(),
        report_id=report.id,
        sent_on=day_of(at),
        direction=Direction.FROM_REPORTER,
        taken=False,
        form_digest=keys.form_digest(nonce),
        body=lock(key, replace(message, sent_at=at.isoformat()).to_bytes(), MESSAGE),
        key_for_office=seal(key, keys.office, MESSAGE),
        key_for_receipt=seal(key, SealingKey.from_bytes(report.receipt_public).loaded(), MESSAGE),
    )
    return SealedMessage(row, tuple(item.id for item in message.attachments))


def post_message(session: Session, sealed: SealedMessage, *, at: datetime) -> bool:
    """Keeps a reporter's message. False: the same form came before."""
    if session.scalar(select(Message.id).where(Message.form_digest == sealed.row.form_digest)):
        return False
    session.add(sealed.row)
    _keep_files(session, sealed.attachments, sealed.row.id, sealed.row.sent_on)
    audit.record(session, by="intake", act="report.message", subject=sealed.row.report_id, at=at)
    return True


def withdraw(session: Session, report: Report, sealed: SealedMessage, *, at: datetime) -> None:
    """Takes a report back: the message goes to the office, and the receipt stops answering, as if it had never been."""
    found = session.get(Report, report.id)
    if found is None or found.withdrawn:
        raise Refusal("这份举报已经撤回")
    post_message(session, sealed, at=at)
    found.withdrawn = True
    found.receipt_digest = os.urandom(32)
    audit.record(session, by="intake", act="report.withdraw", subject=report.id, at=at)


# ---- what the receipt opens ----


@dataclass(frozen=True)
class Letter:
    """One message as the receipt page shows it: either a reporter's or a reply."""

    on: date
    from_reporter: bool
    kind: str
    text: str
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True)
class Mailbox:
    """All that a receipt opens. ``status`` None: the office has not looked yet. ``destroyed``: words were, after their time."""

    received_on: date
    status: StatusSnapshot | None
    letters: tuple[Letter, ...]
    destroyed: bool


def open_mailbox(session: Session, report: Report, receipt: ReceiptKeys) -> Mailbox:
    """Opens the state and the messages with the receipt's own key."""
    status = None
    if report.status_key and report.status_box:
        status = StatusSnapshot.from_bytes(receipt.open(report.status_key, report.status_box, STATUS))
    rows = session.scalars(select(Message).where(Message.report_id == report.id).options(undefer(Message.body))).all()
    kept = [row for row in rows if row.body]
    gone = len(kept) < len(rows) or not session.scalar(select(func.length(Report.body)).where(Report.id == report.id))
    return Mailbox(report.received_on, status, _letters(kept, receipt), gone)


def _letters(rows: Sequence[Message], receipt: ReceiptKeys) -> tuple[Letter, ...]:
    found: list[tuple[str, Letter]] = []
    for row in rows:
        if row.direction is Direction.FROM_OFFICE:
            reply = OfficeMessage.from_bytes(receipt.open(row.key_for_receipt, row.body, REPLY))
            found.append((row.sent_on.isoformat(), Letter(reply.on, False, "", reply.text, reply.attachments)))
        else:
            sent = ReporterMessage.from_bytes(receipt.open(row.key_for_receipt, row.body, MESSAGE))
            letter = Letter(row.sent_on, True, sent.kind.value, sent.text, sent.attachments)
            found.append((row.sent_on.isoformat(), letter))
    return tuple(letter for _, letter in sorted(found, key=lambda pair: pair[0]))


def open_own_report(report: Report, receipt: ReceiptKeys) -> ReportContent:
    """What the reporter sent, read again with the receipt. ``report`` must stand in an open session."""
    return ReportContent.from_bytes(receipt.open(report.key_for_receipt, report.body, BODY))


# ---- the worker's side that needs no opening key ----


def waiting_reports(session: Session, limit: int = 100) -> list[Report]:
    """Reports the office store does not have yet, of every tray, oldest day first. Whole, and readable after the session."""
    query = select(Report).where(Report.taken.is_(False)).order_by(Report.received_on).limit(limit)
    rows = list(session.scalars(query.options(undefer("*"))))
    for row in rows:
        session.expunge(row)
    return rows


def sealed_report(session: Session, report_id: str) -> Report | None:
    """One report, whole, readable after the session: for opening an identity or reading an original again."""
    return _held(session, session.scalar(select(Report).where(Report.id == report_id).options(undefer("*"))))


def waiting_messages(session: Session, limit: int = 100) -> list[Message]:
    """Reporters' messages the office store does not have yet, whose report it has. Readable after the session."""
    query = (
        select(Message)
        .join(Report, Report.id == Message.report_id)
        .where(Message.taken.is_(False), Message.direction == Direction.FROM_REPORTER, Report.taken.is_(True))
    )
    rows = list(session.scalars(query.order_by(Message.sent_on).limit(limit).options(undefer("*"))))
    for row in rows:
        session.expunge(row)
    return rows


def mark_taken(session: Session, item: Report | Message) -> None:
    """The office store has it, committed. To be called after that commit, so that a crash repeats and never loses."""
    found: Report | Message | None = session.get(Report, item.id) if isinstance(item, Report) else session.get(Message, item.id)
    if found is not None:
        found.taken = True


def put_status(session: Session, report_id: str, snapshot: StatusSnapshot) -> bool:
    """Seals a state to the receipt and replaces the one before. False: no such report here (entered on paper elsewhere)."""
    report = session.get(Report, report_id)
    if report is None:
        return False
    key = new_key()
    report.status_key = seal(key, SealingKey.from_bytes(report.receipt_public).loaded(), STATUS)
    report.status_box = lock(key, snapshot.to_bytes(), STATUS)
    report.notice_due = report.notice_box is not None and not report.withdrawn
    return True


def replace_message(session: Session, message_id: str, message: ReporterMessage, office: MLKEM768X25519PublicKey) -> bool:
    """Puts other words in the place of a reporter's message, as a phone number that only the payer may keep. False: none such."""
    row = session.get(Message, message_id)
    report = session.get(Report, row.report_id) if row else None
    if row is None or report is None:
        return False
    key = new_key()
    row.body = lock(key, message.to_bytes(), MESSAGE)
    row.key_for_office = seal(key, office, MESSAGE)
    row.key_for_receipt = seal(key, SealingKey.from_bytes(report.receipt_public).loaded(), MESSAGE)
    return True


def note_reward_seen(session: Session, report_id: str, *, at: datetime) -> None:
    """The receipt showed a reward that can be collected. The first such day starts the claim window where the rule says so."""
    report = session.get(Report, report_id)
    if report is not None and report.reward_seen_on is None:
        report.reward_seen_on = day_of(at)


def put_reply(session: Session, report_id: str, message: OfficeMessage, *, reference: str) -> bool:
    """Seals a reply to the receipt. ``reference``: the office's id of it; a second call with the same changes nothing."""
    report = session.get(Report, report_id)
    digest = hashlib.sha256(b"office reply " + reference.encode()).digest()
    if report is None or session.scalar(select(Message.id).where(Message.form_digest == digest)):
        return False
    key = new_key()
    row = Message(
        id=new_id(),
        report_id=report_id,
        sent_on=message.on,
        direction=Direction.FROM_OFFICE,
        taken=True,
        form_digest=digest,
        body=lock(key, message.to_bytes(), REPLY),
        key_for_office=None,
        key_for_receipt=seal(key, SealingKey.from_bytes(report.receipt_public).loaded(), REPLY),
    )
    session.add(row)
    report.notice_due = report.notice_box is not None and not report.withdrawn
    _keep_files(session, (item.id for item in message.attachments), row.id, message.on)
    return True


def new_nonce() -> bytes:
    """The one-time nonce of a form: 16 random bytes."""
    return secrets.token_bytes(16)
