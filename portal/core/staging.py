"""Files as they arrive: counted, told by content, locked at once under a key only the form carries. Sweeps what is left."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from portal.core.clock import start_of
from portal.core.evidence_kinds import HEAD_BYTES, SPOKEN, kind_of
from portal.core.ids import new_id
from portal.core.outgoing import Attachment
from portal.core.sealing import CHUNK_BYTES, TAG_BYTES, FileLock, new_key, unlocked_file
from portal.core.typed_text import clean_file_name

SWEEP_AFTER_SECONDS = 24 * 3600


class Say(Protocol):
    """Says a sentence in the reader's language; slots are filled from ``values``."""

    def __call__(self, text: str, **values: object) -> str: ...


def as_written(text: str, **values: object) -> str:
    """The sentence as it is written here, in Chinese."""
    return text % values if values else text


@dataclass(frozen=True)
class Refused:
    """A file that was not taken, and why, in the person's words."""

    name: str
    reason: str


class StagedFile:
    """Takes the bytes of one uploaded file. Only its first 4 KiB are ever held in plain, in memory, to tell what it is."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.id = new_id(26)
        self._path = folder / self.id
        self._most = most_bytes
        self._key = new_key()
        self._sink = self._path.open("xb")
        self._path.chmod(0o600)
        self._lock = FileLock(self._key, self._sink)
        self._head = bytearray()
        self._digest = hashlib.sha256()
        self.too_big = False

    def write(self, data: bytes) -> int:
        """Counts and locks; past the limit the rest is thrown away, not kept."""
        if self.too_big or self._lock.size + len(data) > self._most:
            self.too_big = True
            return len(data)
        if len(self._head) < HEAD_BYTES:
            self._head += data[: HEAD_BYTES - len(self._head)]
        self._digest.update(data)
        return self._lock.write(data)

    def seek(self, place: int) -> int:
        """Werkzeug rewinds a file when it is whole; there is nothing to rewind."""
        return place

    def close(self) -> None:
        """Called when the request ends, also when it was cut off."""
        if not self._sink.closed:
            self.discard()

    def discard(self) -> None:
        """Leaves nothing of it."""
        self._sink.close()
        self._path.unlink(missing_ok=True)

    def finish(self, name: str, gettext: Say = as_written) -> Attachment | Refused:
        """Locks the rest and makes it durable; or says why the file is not taken."""
        shown, kind = clean_file_name(name), kind_of(bytes(self._head))
        if self.too_big:
            self.discard()
            return Refused(shown, gettext("超过 %(most)s MB", most=self._most // (1024 * 1024)))
        if self._lock.size == 0:
            self.discard()
            return Refused(shown, gettext("是空文件"))
        if kind is None:
            self.discard()
            return Refused(shown, gettext("不是我们能收的种类。能收：%(kinds)s", kinds=gettext(SPOKEN)))
        size = self._lock.size
        self._lock.finish()
        self._sink.flush()
        os.fsync(self._sink.fileno())
        self._sink.close()
        return Attachment(self.id, shown, kind.code, size, self._digest.hexdigest(), self._key.hex())


PIECE_BYTES = 4 * CHUNK_BYTES


@dataclass(frozen=True)
class Upload:
    """A file that arrives in pieces. Only the form carries this; the server keeps the locked chunks and nothing else.

    ``size``: bytes announced; more are not taken. ``key``: hexadecimal.
    """

    id: str
    key: str
    name: str
    size: int


def begin_upload(name: str, size: int) -> Upload:
    """A new upload; nothing is on disk yet."""
    return Upload(new_id(26), new_key().hex(), clean_file_name(name), size)


def received_of(folder: Path, upload: Upload) -> int:
    """How many bytes are safely there: a browser that lost its connection goes on from here."""
    path = folder / upload.id
    return (path.stat().st_size // (CHUNK_BYTES + TAG_BYTES)) * CHUNK_BYTES if path.exists() else 0


def add_piece(folder: Path, upload: Upload, offset: int, data: bytes) -> int:
    """Locks one piece, if it is the one that comes next; returns how many bytes are there. Whole chunks only, but for the last."""
    with (folder / upload.id).open("ab") as sink:
        fcntl.flock(sink, fcntl.LOCK_EX)
        there = received_of(folder, upload)
        if offset != there or there + len(data) > upload.size or not data:
            return there
        # A write that a crash cut short is written over, by the same bytes under the same number.
        sink.truncate((there // CHUNK_BYTES) * (CHUNK_BYTES + TAG_BYTES))
        is_last = there + len(data) == upload.size
        lock = FileLock(bytes.fromhex(upload.key), sink, chunks_before=there // CHUNK_BYTES)
        lock.write(data)
        if is_last:
            lock.finish()
            sink.flush()
            os.fsync(sink.fileno())
            return upload.size
        lock.flush_whole_chunks()
    return received_of(folder, upload)


def finish_upload(folder: Path, upload: Upload, gettext: Say = as_written) -> Attachment | Refused:
    """Reads the locked file once more, to tell what it is and what its digest is. Or says why it is not taken."""
    head, digest = b"", hashlib.sha256()
    with (folder / upload.id).open("rb") as source:
        for chunk in unlocked_file(bytes.fromhex(upload.key), source, upload.size):
            head = head or chunk[:HEAD_BYTES]
            digest.update(chunk)
    kind = kind_of(head)
    if kind is None:
        (folder / upload.id).unlink(missing_ok=True)
        return Refused(upload.name, gettext("不是我们能收的种类。能收：%(kinds)s", kinds=gettext(SPOKEN)))
    return Attachment(upload.id, upload.name, kind.code, upload.size, digest.hexdigest(), upload.key)


def settle_times(folder: Path, ids: tuple[str, ...], day: date) -> None:
    """Sets the files' times to the start of the day: the exact moment of a report is sealed inside it and stands nowhere else."""
    moment = start_of(day).timestamp()
    for file_id in ids:
        path = folder / file_id
        if path.exists():
            os.utime(path, (moment, moment))


def sweep(folder: Path, kept_ids: frozenset[str], *, now: float | None = None) -> int:
    """Removes staged files that no report took within 24 hours. ``kept_ids``: files that belong to a report or message."""
    moment, removed = time.time() if now is None else now, 0
    for path in folder.iterdir():
        if path.name not in kept_ids and moment - path.stat().st_mtime > SWEEP_AFTER_SECONDS:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
