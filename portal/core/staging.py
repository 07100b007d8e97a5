"""Files as they arrive: counted, told by content, locked at once under a key only the form carries. Sweeps what is left."""

from __future__ import annotations

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
from portal.core.sealing import FileLock, new_key
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
