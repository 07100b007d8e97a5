"""Opens the original of a letter to be read on a page: the audit line first, with reader and reason. Nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from moderation import unsealing, virus_scan
from moderation.casework import messages
from moderation.casework.letters import Letter, LetterMessage
from moderation.clean_copies import CleanCopy, NoCleanCopy, clean_copy
from moderation.office import Office
from portal.core.errors import NotThere, Refusal
from portal.core.outgoing import Attachment
from portal.core.report_content import ReportContent, ReporterMessage
from portal.core.reports import Message, Report
from portal.core.sealing import CannotOpen
from portal.core.workflow import Actor

_DESTROYED = "保存期满，原件已经销毁；办理记录仍在"
_BROKEN = "这份密封件打不开，请联系系统管理员核对密钥；没有丢失，原件仍在库中"


def open_original(office: Office, letter: Letter, *, by: Actor, reason: str, at: datetime) -> ReportContent:
    """What the reporter sent. Call it outside any transaction. Raises NotThere for letters that came from above."""
    if letter.report_id is None:
        raise NotThere("上级交办件没有举报原件")
    with office.intake.reading() as intake:
        report = intake.get(Report, letter.report_id, options=(undefer(Report.body),))
        if report is None:
            raise NotThere(_DESTROYED)
        if not report.body:
            raise Refusal(_DESTROYED, clause="保存与销毁")
        key = unsealing.opening_key(office, "office")
        try:
            return unsealing.unseal(office, report, key=key, by=by.id, reason=reason, at=at)
        except CannotOpen:
            raise Refusal(_BROKEN) from None


def open_message(office: Office, row: LetterMessage, *, by: Actor, reason: str, at: datetime) -> ReporterMessage:
    """What the reporter wrote later."""
    if row.message_id is None:
        raise NotThere("这封信是我们写的")
    with office.intake.reading() as intake:
        if not intake.scalar(select(func.length(Message.body)).where(Message.id == row.message_id)):
            raise Refusal(_DESTROYED, clause="保存与销毁")
    key = unsealing.opening_key(office, "office")
    try:
        return messages.open_message(office, row.message_id, key=key, by=by.id, reason=reason, at=at)[1]
    except CannotOpen:
        raise Refusal(_BROKEN) from None


def attachment_named(content: ReportContent | ReporterMessage, file_id: str) -> Attachment:
    """One file of the original."""
    found = next((item for item in content.attachments if item.id == file_id), None)
    if found is None:
        raise NotThere("没有这份附件")
    return found


def original_file(office: Office, attachment: Attachment, *, at: datetime) -> Iterator[bytes]:
    """The bytes of a file whose report was opened for this person a moment ago. Raises Refusal when a virus is found."""
    _require_no_virus(office, attachment, at)
    return unsealing.original_file(office, attachment)


def clean_file(office: Office, attachment: Attachment, *, at: datetime) -> CleanCopy:
    """A copy of a picture or PDF made anew by a child without keys: no position, serial number, script or author.

    Raises Refusal where the kind is never rendered, the file is damaged, or the scanner finds a virus.
    """
    _require_no_virus(office, attachment, at)
    try:
        return clean_copy(b"".join(unsealing.original_file(office, attachment)), attachment.kind)
    except NoCleanCopy as none:
        raise Refusal(none.reason) from None
    except (CannotOpen, FileNotFoundError):
        raise Refusal(_BROKEN) from None


def _require_no_virus(office: Office, attachment: Attachment, at: datetime) -> None:
    """Scanned anew at every opening: the signatures of today know more than those of the day it came."""
    try:
        found = virus_scan.scan_file(office, attachment, at=at)
    except (CannotOpen, FileNotFoundError):
        raise Refusal(_BROKEN) from None
    if found.infected:
        raise Refusal(f"{found.text}。这个附件不打开、不下载，原件仍密封保存；信照常办理")
