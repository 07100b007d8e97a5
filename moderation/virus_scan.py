"""Asks a ClamAV daemon about files that citizens sent (查毒), and keeps what it said. Without a daemon: 未查毒, with the reason.

Nothing is written down here but the verdict: the bytes go from the locked file to the daemon's socket, chunk by chunk.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Date, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation import unsealing
from moderation.office import Office
from portal.core.clock import day_of
from portal.core.db import OfficeBase, TermColumn
from portal.core.outgoing import Attachment
from portal.core.sealing import CannotOpen
from portal.core.vocabulary import Term

log = logging.getLogger("disclosure.virus_scan")

SECONDS = 60
CHUNK = 64 * 1024
NO_SCANNER = "本机没有接查毒程序"
NO_ANSWER = "查毒程序没有应答"
NOT_YET = "还没有查，打开时先查"
TOO_LARGE = "超过查毒程序的上限"
FAULT = "查毒程序出错"


class Verdict(Term):
    """What is known of a file."""

    CLEAN = "clean", "已查毒，未发现", "scanned, nothing found"
    INFECTED = "infected", "查出病毒", "a virus was found"
    NOT_SCANNED = "not_scanned", "未查毒", "not scanned"


class FileScan(OfficeBase):
    """The last verdict on a file a citizen sent. The file itself, its name and its key are sealed elsewhere."""

    __tablename__ = "file_scan"
    file_id: Mapped[str] = mapped_column(String(26), primary_key=True, comment="random; name of the locked file")
    verdict: Mapped[Verdict] = mapped_column(TermColumn(Verdict))
    detail: Mapped[str] = mapped_column(String(120), default="", comment="name of the virus, or why it was not scanned")
    scanned_on: Mapped[date] = mapped_column(Date)


@dataclass(frozen=True)
class Scan:
    """A verdict. ``detail``: the daemon's name of the virus, or why nothing was scanned."""

    verdict: Verdict
    detail: str = ""

    @property
    def text(self) -> str:
        """As the console prints it."""
        return f"{self.verdict.zh}：{self.detail}" if self.detail else self.verdict.zh

    @property
    def infected(self) -> bool:
        """Whether the file is shown to nobody."""
        return self.verdict is Verdict.INFECTED

    @property
    def css(self) -> str:
        """The colour of the mark."""
        return {Verdict.CLEAN: "", Verdict.INFECTED: "bad", Verdict.NOT_SCANNED: "warn"}[self.verdict]


def scan(chunks: Iterable[bytes], socket_path: str) -> Scan:
    """What the daemon listening at ``socket_path`` says of a file. An empty path: there is none, and that is said."""
    if not socket_path:
        return Scan(Verdict.NOT_SCANNED, NO_SCANNER)
    try:
        return _verdict(_ask(chunks, socket_path))
    except OSError:
        return Scan(Verdict.NOT_SCANNED, NO_ANSWER)


def _ask(chunks: Iterable[bytes], socket_path: str) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as daemon:
        daemon.settimeout(SECONDS)
        daemon.connect(socket_path)
        # The daemon stops listening once its limit is passed; its answer waits to be read all the same.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            daemon.sendall(b"zINSTREAM\0")
            for chunk in chunks:
                for start in range(0, len(chunk), CHUNK):
                    part = chunk[start : start + CHUNK]
                    daemon.sendall(len(part).to_bytes(4, "big") + part)
            daemon.sendall(bytes(4))
        return daemon.recv(4096).partition(b"\0")[0].decode("utf-8", "replace").strip()


def _verdict(answer: str) -> Scan:
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return Scan(Verdict.CLEAN)
    if said.endswith(" FOUND"):
        return Scan(Verdict.INFECTED, said.removesuffix(" FOUND")[:120])
    return Scan(Verdict.NOT_SCANNED, TOO_LARGE if "size limit" in said else FAULT)


# ---- files of a report ----


def scan_file(office: Office, attachment: Attachment, *, at: datetime) -> Scan:
    """Scans one file now and keeps the verdict, in a transaction of its own. The report that names it was opened and noted.

    Raises CannotOpen for a damaged file.
    """
    if not office.scanner:
        return Scan(Verdict.NOT_SCANNED, NO_SCANNER)
    found = scan(unsealing.original_file(office, attachment), office.scanner)
    with office.office.transaction() as session:
        row = session.get(FileScan, attachment.id) or FileScan(file_id=attachment.id)
        row.verdict, row.detail, row.scanned_on = found.verdict, found.detail, day_of(at)
        session.add(row)
    return found


def scan_arrived(office: Office, attachments: Iterable[Attachment], *, at: datetime) -> None:
    """Worker: scans the files of what just arrived, so that the desk sees the verdict before it opens anything."""
    for attachment in attachments if office.scanner else ():
        try:
            scan_file(office, attachment, at=at)
        except (CannotOpen, OSError):
            log.warning("a file could not be read for scanning")


def known_scans(session: Session, office: Office, ids: Iterable[str]) -> Mapping[str, Scan]:
    """The last verdict on each of these files, and for the others why there is none."""
    wanted = list(ids)
    rows = session.scalars(select(FileScan).where(FileScan.file_id.in_(wanted)))
    kept = {row.file_id: Scan(row.verdict, row.detail) for row in rows}
    none = Scan(Verdict.NOT_SCANNED, NOT_YET if office.scanner else NO_SCANNER)
    return {name: kept.get(name, none) for name in wanted}
