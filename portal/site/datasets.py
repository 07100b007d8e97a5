"""Open data as files: every kind as JSON Lines and CSV, with a data dictionary. They follow a publish within 60 seconds.

Withdrawn records are not in them. The index names how many log entries the files cover, and each file's digest.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

from portal.core.public_record import DATA_DICTIONARY, KINDS, LetterRow, PublicRecord
from portal.site.catalogue import Row
from portal.site.followers import Change, SiteView

COLUMNS = (
    ("编号", "id"), ("类别", "kind"), ("版本", "revision"), ("标题", "title"), ("区划代码", "region_code"), ("区划", "region_name"),
    ("责任单位", "unit"), ("状态", "status_word"), ("督察轮次", "programme"), ("项号", "item_number"), ("期限", "due_on"),
    ("期限说明", "due_words"), ("首次公开日期", "first_published_on"), ("本版公开日期", "published_on"), ("地址", "path"),
)  # fmt: skip
LETTER_COLUMNS = (
    ("批次编号", ""), ("受理编号", "number"), ("交办问题基本情况", "problem"), ("行政区域", "region"), ("污染类型", "pollution"),
    ("调查核实情况", "finding"), ("是否属实", "verdict"), ("办结目标", "target"), ("处理和整改情况", "handling"),
    ("是否办结", "status"), ("责任人被处理情况", "accountability"), ("承办单位", "unit"),
)  # fmt: skip
_cells = attrgetter(*(name for _, name in COLUMNS))
_BOM = "\ufeff".encode()
_RISKY = ("=", "+", "-", "@", "\t", "\r")


class Datasets:
    """One JSON Lines and one CSV file a kind; a table of all letters; index and dictionary."""

    name = "datasets"
    owns: tuple[str, ...] = ("datasets/",)
    at_once = False
    same_answers = False

    def full(self, view: SiteView) -> _Sink:
        return _Sink(view, dict.fromkeys(KINDS, True))

    def changed(self, view: SiteView, changes: Sequence[Change]) -> None:
        touched = {change.new.kind for change in changes}
        sink = _Sink(view, {kind: kind in touched for kind in KINDS})
        for row in view.catalogue.rows.of_kinds(touched):
            if not row.withdrawn:
                letters = view.read(row.kind, row.id).letters if any(row.letters) else ()
                sink.add(row, letters, view.data(row.kind, row.id) if view.data else view.read(row.kind, row.id).canonical())
        sink.close()


class _File:
    """One file of the data set while it is written; its digest is ready when it is."""

    def __init__(self, folder: Path, name: str, head: bytes) -> None:
        self._half, self._whole = folder / f".{name}.half", folder / name
        self._file: BinaryIO = self._half.open("wb", buffering=1 << 17)
        self._digest = hashlib.sha256()
        self.write(head)

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)

    def close(self) -> str:
        self._file.close()
        self._half.replace(self._whole)
        return self._digest.hexdigest()


class _Sink:
    """Writes as it takes: at 100,000 records the files are larger than the memory the press may use."""

    def __init__(self, view: SiteView, wanted: dict[str, bool]) -> None:
        self.view = view
        self.folder = view.root / "datasets"
        self.folder.mkdir(parents=True, exist_ok=True)
        kinds = [kind for kind, touched in wanted.items() if touched]
        head = _BOM + _csv_line([label for label, _ in COLUMNS])
        self.lines = {kind: _File(self.folder, f"{kind}.jsonl", b"") for kind in kinds}
        self.tables = {kind: _File(self.folder, f"{kind}.csv", head) for kind in kinds}
        if "letter-batch" in kinds:
            self.tables["letters"] = _File(self.folder, "letters.csv", _BOM + _csv_line([label for label, _ in LETTER_COLUMNS]))

    def take(self, row: Row, record: PublicRecord, data: bytes) -> None:
        if not row.withdrawn:
            self.add(row, record.letters, data)

    def add(self, row: Row, letters: Sequence[LetterRow], data: bytes) -> None:
        """One public record; ``letters``: those of a batch."""
        self.lines[row.kind].write(data)
        self.tables[row.kind].write(_csv_line(_cells(row)))
        for letter in letters:
            if "letters" in self.tables:
                cells = [getattr(letter, name) for _, name in LETTER_COLUMNS[1:]]
                self.tables["letters"].write(_csv_line([row.id, *cells]))

    def close(self) -> None:
        made = {f"{name}.jsonl": file.close() for name, file in self.lines.items()}
        made |= {f"{name}.csv": file.close() for name, file in self.tables.items()}
        self.view.write("datasets/dictionary.json", _json([asdict(row) for row in DATA_DICTIONARY]))
        self.view.write("datasets/index.json", self._index(made))

    def _index(self, made: dict[str, str]) -> bytes:
        names = [f"{kind}.{ending}" for kind in KINDS for ending in ("jsonl", "csv")] + ["letters.csv"]
        digests = {name: made.get(name) or self._digest(name) for name in names}
        files = [{"file": name, "bytes": (self.folder / name).stat().st_size, "sha256": digests[name]} for name in names]
        return _json({"log_size": self.view.catalogue.size, "files": files})

    def _digest(self, name: str) -> str:
        with (self.folder / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _safe(value: object) -> str:
    text = value if type(value) is str else str(value)
    # A cell that a spreadsheet would run as a formula is opened with an apostrophe.
    return f"'{text}" if text.startswith(_RISKY) else text


_CARE = re.compile(r"[\"\r\n]|(?:^|,)[=+\-@\t]")


def _csv_line(cells: Sequence[object]) -> bytes:
    line = ",".join(map(str, cells))
    if line.count(",") == len(cells) - 1 and not _CARE.search(line):
        # Nothing to quote and nothing to make safe: as nearly all lines are; a quarter of the time.
        return f"{line}\r\n".encode()
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_safe(cell) for cell in cells])
    return out.getvalue().encode()
