"""The only code that opens what citizens sent. It writes its audit line first, in a transaction of its own, then opens."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from moderation.office import Office
from portal.core import audit
from portal.core.intake_keys import SEALING_KEYS, make_public_side_keys, read_key_file, write_key_file
from portal.core.outgoing import Attachment
from portal.core.report_content import Identity, ReportContent, ReporterMessage
from portal.core.reports import BODY, IDENTITY, MESSAGE, NOTICE, Message, Report
from portal.core.sealing import CannotOpen, OpeningKey, opened, opened_padded, unlock, unlocked_file


def public_side_folder(office: Office) -> Path:
    """Keys the public process may read: var/intake/keys. Opening keys lie in var/keys and never here."""
    return office.data / "intake" / "keys"


def files_folder(office: Office) -> Path:
    """Where locked files lie, of both sides."""
    return office.data / "intake" / "files"


def make_keys(office: Office) -> None:
    """Makes every key of the intake that is missing: opening keys for the staff side, their public halves for the public side."""
    public = public_side_folder(office)
    for name in SEALING_KEYS:
        private = office.keys / f"{name}.key"
        if not private.exists():
            write_key_file(private, OpeningKey.generate().seed)
        if not (public / f"{name}.pub").exists():
            write_key_file(public / f"{name}.pub", OpeningKey(read_key_file(private)).public().to_bytes())
    make_public_side_keys(public)
    files_folder(office).mkdir(parents=True, exist_ok=True, mode=0o700)


def opening_key(office: Office, name: str) -> MLKEM768X25519PrivateKey:
    """An opening key by name: "office", "custodian", "guard" or "notice". Each process loads only what it is for."""
    return OpeningKey(read_key_file(office.keys / f"{name}.key")).loaded()


def unseal(office: Office, report: Report, *, key: MLKEM768X25519PrivateKey, by: str, reason: str, at: datetime) -> ReportContent:
    """Opens the body of a report. The audit line is committed before anything is opened.

    Call it outside any transaction. Raises CannotOpen when the box is damaged; the audit line then stands all the same.
    """
    _say_first(office, "report.unseal", report.id, by=by, reason=reason, at=at)
    return ReportContent.from_bytes(unlock(opened(report.key_for_office, key, BODY), report.body, BODY))


def unseal_message(
    office: Office, message: Message, *, key: MLKEM768X25519PrivateKey, by: str, reason: str, at: datetime
) -> ReporterMessage:
    """Opens a message of a reporter, like :func:`unseal`."""
    _say_first(office, "report.unseal_message", message.report_id, by=by, reason=reason, at=at)
    if message.key_for_office is None:
        raise CannotOpen
    return ReporterMessage.from_bytes(unlock(opened(message.key_for_office, key, MESSAGE), message.body, MESSAGE))


def unseal_identity(
    office: Office, report: Report, *, key: MLKEM768X25519PrivateKey, by: str, reason: str, at: datetime
) -> Identity:
    """Opens the identity with the custodian's key. Who may, and with whose consent, is for `moderation.casework` to check.

    Each call must also be shown on the receipt (IdentityOpening).
    """
    _say_first(office, "identity.open", report.id, by=by, reason=reason, at=at)
    return Identity.from_bytes(opened_padded(report.identity_for_custodian, key, IDENTITY))


def identity_for_guard(report: Report, *, key: MLKEM768X25519PrivateKey) -> Identity:
    """The identity, for the worker only, to make guard digests that keep a name out of outgoing text. Shown to nobody."""
    return Identity.from_bytes(opened_padded(report.identity_for_guard, key, IDENTITY))


def notice_address(report: Report, *, key: MLKEM768X25519PrivateKey) -> str | None:
    """Where to send 有新进展; None: the reporter asked for no notice. For the worker only."""
    return None if report.notice_box is None else opened_padded(report.notice_box, key, NOTICE).decode()


def original_file(office: Office, attachment: Attachment) -> Iterator[bytes]:
    """The bytes of an original, chunk by chunk. The report that names it was opened and noted already.

    Raises CannotOpen when a chunk or, at the end, the whole does not fit.
    """
    seen = hashlib.sha256()
    with (files_folder(office) / attachment.id).open("rb") as source:
        for chunk in unlocked_file(bytes.fromhex(attachment.key), source, attachment.size):
            seen.update(chunk)
            yield chunk
    if seen.hexdigest() != attachment.sha256:
        raise CannotOpen


def _say_first(office: Office, act: str, subject: str, *, by: str, reason: str, at: datetime) -> None:
    with office.office.transaction() as session:
        audit.record(session, by=by, act=act, subject=subject, at=at, detail={"reason": reason})
