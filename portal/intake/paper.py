"""What a receipt gives on paper or as a file: the printable receipt with its proof, and attachments."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from urllib.parse import quote

from flask import Response, abort, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.clock import day_of, now
from portal.core.outgoing import Attachment
from portal.core.receipts import ReceiptTypo, in_groups, read_receipt_code
from portal.core.reports import Report
from portal.core.sealing import unlocked_file
from portal.core.statements import Statement, path_to_root, sign_statement
from portal.intake.context import Intake, intake
from portal.intake.mail import NOT_FOUND, SLOW_DOWN, TYPO_LENGTH, Answer, Found, ask_page, bp, look_up, opened_mailbox


def _found(desk: Intake) -> Found | Answer:
    if not desk.lookups.allows(request.remote_addr or ""):
        return ask_page(SLOW_DOWN, 429)
    try:
        found = look_up(desk, read_receipt_code(request.form.get("code", "")))
    except ReceiptTypo:
        return ask_page(TYPO_LENGTH, 422)
    return found or ask_page(NOT_FOUND, 404)


@bp.post("/p")
def paper() -> Answer:
    """The printable receipt: the code, its QR (digits, no address), and the signed proof."""
    desk, found = intake(), _found(intake())
    if not isinstance(found, Found):
        return found
    statement = statement_of(found.report)
    with desk.register.reading() as session:
        path = day_path(session, statement, day_of(now()))
    import segno  # only when somebody prints

    groups = in_groups(found.receipt.code)
    qr = segno.make(found.receipt.code, error="m", mode="numeric").png_data_uri(scale=6, border=4)
    proof = sign_statement(statement, desk.keys.signing, path).to_text()
    return render_template("intake/paper.html", groups=groups, qr=qr, statement=statement, on=statement.on, proof=proof), 200


def statement_of(report: Report) -> Statement:
    """The statement that stands behind a report."""
    return Statement(report.statement_id, report.received_on, report.statement_digest.hex())


def day_path(session: Session, statement: Statement, today: date) -> tuple[tuple[str, bytes], ...]:
    """The way to the root of the statement's day; empty while the day still runs."""
    if statement.on >= today:
        return ()
    rows = session.scalars(select(Report).where(Report.received_on == statement.on))
    return path_to_root([statement_of(row).leaf() for row in rows], statement.leaf())


@bp.get("/key")
def key() -> Response:
    """The public half of the key that signs proofs, for `disclosure verify-receipt --key`: 32 bytes."""
    response = Response(intake().keys.signing.public_key().public_bytes_raw(), mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = "attachment; filename=proof-signing.pub"
    return response


@bp.post("/a")
def file() -> Response | Answer:
    """An attachment of one of the messages this receipt opens, as a download and never shown in the page."""
    desk, found = intake(), _found(intake())
    if not isinstance(found, Found):
        return found
    wanted = request.form.get("file", "")
    letters = opened_mailbox(desk, found).letters
    item = next((each for letter in letters for each in letter.attachments if each.id == wanted), None)
    path = desk.settings.files_folder / (item.id if item else "")
    if item is None or not path.is_file():
        abort(404)
    response = Response(_opened(item, path.read_bytes()), mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(item.name)}"
    return response


def _opened(item: Attachment, locked: bytes) -> Iterator[bytes]:
    return unlocked_file(bytes.fromhex(item.key), io.BytesIO(locked), item.size)
