"""The files of what a reporter sent, as the desks list and open them: what is known of viruses, clean copy or original."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, stream_with_context
from sqlalchemy.orm import Session

from moderation.casework import originals
from moderation.clean_copies import CLEANED
from moderation.office import Office
from moderation.virus_scan import Scan, known_scans
from portal.core.clock import now
from portal.core.evidence_kinds import BY_CODE
from portal.core.outgoing import Attachment
from portal.core.report_content import ReportContent, ReporterMessage


@dataclass(frozen=True)
class OriginalFile:
    """One line of the list. ``cleaned``: a clean copy can be made of it; ``to_hear``: a recording to be typed up."""

    id: str
    name: str
    kind: str
    size: str
    cleaned: bool
    to_hear: bool
    scan: Scan


def original_files(session: Session, office: Office, content: ReportContent | ReporterMessage) -> tuple[OriginalFile, ...]:
    """The files of an opened report or message, each with the last verdict of the scanner."""
    scans = known_scans(session, office, (item.id for item in content.attachments))
    return tuple(_line(item, scans[item.id]) for item in content.attachments)


def _line(item: Attachment, scan: Scan) -> OriginalFile:
    kind = BY_CODE.get(item.kind)
    size = f"{item.size / 1048576:.1f} MB" if item.size >= 1048576 else f"{item.size // 1024 + 1} KB"
    audio = kind is not None and kind.family == "audio"
    return OriginalFile(item.id, item.name, kind.zh if kind else item.kind, size, item.kind in CLEANED, audio, scan)


def file_answer(office: Office, item: Attachment, *, wants_original: bool) -> Response:
    """A clean copy of a picture or PDF to be seen in the browser, or the original as a download. Raises Refusal for a virus."""
    if not wants_original and item.kind in CLEANED:
        copy = originals.clean_file(office, item, at=now())
        where = f"inline; filename={item.id}.{copy.extension}"
        return Response(copy.data, mimetype=copy.mime, headers={"Content-Disposition": where})
    bytes_of = originals.original_file(office, item, at=now())
    answer = Response(stream_with_context(bytes_of), mimetype="application/octet-stream")
    extension = BY_CODE[item.kind].extension if item.kind in BY_CODE else "bin"
    answer.headers["Content-Disposition"] = f"attachment; filename=original-{item.id}.{extension}"
    return answer
