"""The hand-over folder: one file a record, canonical bytes. And the catalogue, which is read out of it and the log.

A new revision is first written beside the old one (``.next``); it takes the old one's place only after the log holds it,
so that a file in the folder is always the latest logged revision.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from moderation.press.paths import PressPaths, write_whole
from portal.core.public_record import PublicRecord, commitment
from portal.core.publication_log import BadLog, Entry, LogReader
from portal.site.catalogue import Catalogue, Row, row_of
from portal.site.outputs import ReadRecord

MANY = 20
"""Records from which on it is quicker to have the whole system write out than to wait for each file."""

PIECE = 1 << 16
"""Bytes read at once: a record is seldom longer, and memory for a megabyte is fetched from the system anew each time."""

LONGEST_WAY_BEHIND = 5_000
"""Log entries a kept catalogue may be behind before it is made anew instead."""


def reader(paths: PressPaths) -> ReadRecord:
    """Reads a record's file; written for 100,000 of them, hence no Path objects."""
    folder = str(paths.records)
    return lambda kind, record_id: _read_file(f"{folder}/{kind}/{record_id}.json")


def _read_file(path: str) -> bytes:
    handle = os.open(path, os.O_RDONLY)
    try:
        pieces = [os.read(handle, PIECE)]
        while len(pieces[-1]) == PIECE:
            pieces.append(os.read(handle, PIECE))
    finally:
        os.close(handle)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def log_reader(paths: PressPaths, size: int) -> LogReader:
    return LogReader(lambda path: (paths.log / path).read_bytes(), size)


def lay_beside(paths: PressPaths, records: list[PublicRecord]) -> None:
    """Writes the next revision of each record beside the present one; on disk when this returns."""
    many = len(records) > MANY
    for record in records:
        write_whole(paths, _beside(paths, record.kind, record.id), record.canonical(), durable=not many)
    if many and paths.durable:
        # One wait for all of them instead of one each: 200 records take as long as a few.
        os.sync()


def settle(paths: PressPaths, kind: str, record_id: str, logged: str | None) -> None:
    """Puts the waiting revision in place when it is the one the log holds (``logged``: its commitment), else drops it."""
    beside = _beside(paths, kind, record_id)
    if not beside.exists():
        return
    if logged is not None and commitment(beside.read_bytes()) == logged:
        beside.replace(paths.record(kind, record_id))
    else:
        beside.unlink()


def _beside(paths: PressPaths, kind: str, record_id: str) -> Path:
    return paths.record(kind, record_id).with_suffix(".next")


# ---- from the log and the folder to rows ----


class Places:
    """Where each record stands in the log: index of its first and latest entry, and the latest entry."""

    def __init__(self) -> None:
        self.first: dict[str, int] = {}
        self.latest: dict[str, tuple[int, Entry]] = {}
        self.size = 0

    def read(self, log: LogReader) -> list[str]:
        """Takes in the entries that are new. Returns the ids of their records, each once."""
        touched: dict[str, None] = {}
        for index, data in log.entries(self.size):
            entry = Entry.parse(data)
            if entry.is_record:
                self.first.setdefault(entry.id, index)
                self.latest[entry.id] = (index, entry)
                touched[entry.id] = None
        self.size = log.size
        return list(touched)

    def in_order(self) -> Iterator[str]:
        """Ids in the order of first publication."""
        return iter(sorted(self.first, key=self.first.__getitem__))

    def row(self, record_id: str, read: ReadRecord) -> tuple[Row, PublicRecord]:
        """The row of a record, its file compared with the log."""
        return self.row_and_bytes(record_id, read)[:2]

    def row_and_bytes(self, record_id: str, read: ReadRecord) -> tuple[Row, PublicRecord, bytes]:
        index, entry = self.latest[record_id]
        data = read(entry.kind, record_id)
        if commitment(data) != entry.commitment:
            raise BadLog(f"记录 {entry.kind}/{record_id} 与存证日志不符，已停止发布")
        record = PublicRecord.from_logged(data)
        row = row_of(record, first_index=self.first[record_id], index=index, commitment=entry.commitment)
        return row, record, data


def load_catalogue(paths: PressPaths, size: int) -> Catalogue:
    """The catalogue at ``size`` log entries: the kept one brought up to date, or made anew from every record."""
    kept = kept_catalogue(paths)
    if kept is None or kept.size > size or size - kept.size > LONGEST_WAY_BEHIND:
        return _make(paths, size)
    catch_up(paths, kept, size)
    return kept


def keep_catalogue(paths: PressPaths, catalogue: Catalogue) -> None:
    """Line by line: in one piece it would take more memory than the catalogue itself."""
    half = paths.scratch / f"{os.getpid()}-catalogue.half"
    with half.open("w", encoding="utf-8") as file:
        for line in catalogue.to_lines():
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    half.replace(_snapshot(paths))


def catch_up(paths: PressPaths, catalogue: Catalogue, size: int) -> None:
    """Takes in what was logged since; the pages were written by whoever logged it."""
    if catalogue.size == size:
        return
    places = Places()
    places.size = catalogue.size
    read = reader(paths)
    for record_id in places.read(log_reader(paths, size)):
        known = catalogue.rows.get(record_id)
        if known is not None:
            places.first[record_id] = known.first_index
        catalogue.put(places.row(record_id, read)[0])
    catalogue.size = size


def _make(paths: PressPaths, size: int) -> Catalogue:
    places, read = Places(), reader(paths)
    places.read(log_reader(paths, size))
    catalogue = Catalogue()
    catalogue.load(places.row(record_id, read)[0] for record_id in places.in_order())
    catalogue.size = size
    return catalogue


def kept_catalogue(paths: PressPaths) -> Catalogue | None:
    """The catalogue as it was last kept; None where there is none that can be read."""
    try:
        with _snapshot(paths).open(encoding="utf-8") as file:
            return Catalogue.from_lines(map(json.loads, file))
    except (FileNotFoundError, ValueError):
        return None


def _snapshot(paths: PressPaths) -> Path:
    return paths.press / "catalogue.jsonl"


def entries_of(records: Iterable[PublicRecord]) -> list[bytes]:
    return [Entry.of(record).canonical() for record in records]
