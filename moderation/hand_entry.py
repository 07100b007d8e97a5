"""Reports that come by telephone, post or in person (来电、来信、来访): staff write them down, and they take the same way.

Sealed like any other, with a receipt to be read out. Who wrote it down and the postmark are sealed inside; the office store learns
of it from the worker, as of any report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from moderation.office import Office
from moderation.unsealing import files_folder, public_side_folder
from portal.core import audit
from portal.core.clock import day_of
from portal.core.errors import Mendable
from portal.core.intake_keys import load_intake_keys
from portal.core.outgoing import Attachment
from portal.core.receipts import ReceiptCode, ReceiptKeys
from portal.core.report_content import Identity, PaperTrail, ReportContent
from portal.core.reports import IntakeKeys, Mailbox, find_by_receipt, open_mailbox, seal_report, submit_report
from portal.core.staging import Refused, StagedFile, settle_times
from portal.core.vocabulary import Channel
from portal.core.workflow import Actor

MOST_FILE_BYTES = 50 * 1024 * 1024
BY_HAND = (Channel.PHONE, Channel.POST, Channel.VISIT)


@dataclass(frozen=True)
class Upload:
    """A file that goes with the report: the scan of an envelope, a photo brought along."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Paper:
    """How it came. ``postmark_on``: the day on the postmark, which counts for the cut-off and for who was first (来信 only)."""

    channel: Channel
    postmark_on: date | None = None
    note: str = ""


def keys_of(office: Office) -> IntakeKeys:
    """The keys that seal; the same the public process holds."""
    return load_intake_keys(public_side_folder(office))


def enter_report(
    office: Office,
    content: ReportContent,
    identity: Identity,
    *,
    paper: Paper,
    uploads: Iterable[Upload],
    nonce: bytes,
    by: Actor,
    at: datetime,
) -> ReceiptCode:
    """Seals what was told, and keeps it. Returns the receipt, to be read out; it is stored nowhere.

    ``nonce``: of the form, so that pressing twice makes one report. Raises Mendable for a file that cannot be taken.
    """
    _require_sound(paper, at)
    attachments = tuple(_locked(office, upload) for upload in uploads)
    trail = PaperTrail(postmark_on=paper.postmark_on, received_note=paper.note, entered_by=by.id)
    whole = replace(content, channel=paper.channel, paper=trail, attachments=attachments)
    sealed = seal_report(whole, identity, nonce=nonce, keys=keys_of(office), at=at)
    settle_times(files_folder(office), sealed.attachments, sealed.values["received_on"])
    with office.intake.transaction() as session:
        submit_report(session, sealed, at=at)
    with office.office.transaction() as session:
        detail = {"channel": paper.channel.value}
        audit.record(session, by=by.id, act="report.enter_by_hand", subject=sealed.id, at=at, detail=detail)
    return sealed.code


def _require_sound(paper: Paper, at: datetime) -> None:
    if paper.channel not in BY_HAND:
        raise Mendable("请选择来电、来信或来访", field="channel")
    if paper.channel is Channel.POST and paper.postmark_on is None:
        raise Mendable("来信请写邮戳日期，看不清的写收到的日子并在备注里说明", field="postmark_on")
    if paper.postmark_on is not None and paper.postmark_on > day_of(at):
        raise Mendable("邮戳日期还没有到，请核对", field="postmark_on")


def _locked(office: Office, upload: Upload) -> Attachment:
    staged = StagedFile(files_folder(office), MOST_FILE_BYTES)
    staged.write(upload.data)
    taken = staged.finish(upload.name)
    if isinstance(taken, Refused):
        raise Mendable(f"{taken.name}：{taken.reason}", field="files")
    return taken


def look_up_for_caller(office: Office, code: ReceiptCode, *, by: Actor, at: datetime) -> Mailbox | None:
    """What a caller with a receipt may be told over the telephone. None: no such receipt. Noted in the audit log."""
    receipt = ReceiptKeys(code)
    with office.intake.reading() as session:
        report = find_by_receipt(session, code, keys_of(office))
        box = open_mailbox(session, report, receipt) if report is not None else None
    subject = report.id if report is not None else "none"
    with office.office.transaction() as session:
        audit.record(session, by=by.id, act="receipt.look_up_for_caller", subject=subject, at=at)
    return box
