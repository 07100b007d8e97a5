"""Exact Chinese search as static files: which records hold which pair of neighbouring letters, cut into small shards.

A reader's browser fetches the shards of the words typed, crosses them, and looks the first hits up in the records
themselves, so that what is shown is what a search through the whole text would find. assets/search.js is the other half.

search/index.json          name of the base folder, number of records and shards, log position
search/<base>/s-<n>.bin    shard n: for each block of 8,192 records, pairs with the numbers of the records that hold them
search/<base>/d-<n>.json   16 lines of the table of records: id, kind, title, region, unit, year, state, day
search/delta.json          records published since the base was made, with their text; and numbers of base lines that no longer hold
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from portal.core.public_record import PublicRecord
from portal.site.catalogue import Row
from portal.site.followers import Change, SiteView

BLOCK = 8192
LINES = 16
MOST_SHARDS = 1024
MOST_DELTA = 24
"""Records a delta may hold before the worker makes a new base; each brings its whole text."""

_NOT_WORDS = frozenset(
    "salt html file anchor code tone phase subject revision updated_at state width height size".split()  # noqa: SIM905
)
_MARKS = re.compile(r"[*_`#>|]+")
_SPACES = re.compile(r"\s+")
_LATIN = re.compile("[0-9a-z]+")
_GAPS = frozenset(map(ord, " \n"))
_PAIR = struct.Struct("<I").pack


def words_of(plain: Any) -> Iterator[str]:
    """Every piece of text of a record's plain JSON that a reader could look for, in the order of the canonical bytes."""
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, dict):
        for key in sorted(plain):
            if key not in _NOT_WORDS:
                yield from words_of(plain[key])
    elif isinstance(plain, list):
        for each in plain:
            yield from words_of(each)


def folded(text: str) -> str:
    """One width, one case, no Markdown marks, single spaces: what text and question are compared in."""
    return _SPACES.sub(" ", _MARKS.sub("", unicodedata.normalize("NFKC", text).lower())).strip()


def text_of(record: PublicRecord) -> str:
    """The searchable text, one line a piece, so that no hit runs from one field into the next."""
    return "\n".join(filter(None, map(folded, words_of(record.to_plain()))))


def shard_of(key: str, shards: int) -> int:
    """Which shard holds a key; the same sum over 16-bit units in assets/search.js."""
    total = 0
    for unit in memoryview(key.encode("utf-16-le", "surrogatepass")).cast("H"):
        total = (total * 31 + unit) % 0x7FFFFFFF
    return total % shards


def facets_of(row: Row) -> tuple[str, ...]:
    """What a record can be filtered by; a control letter keeps these apart from pairs."""
    return (
        f"\x01kind:{row.kind}",
        f"\x01region:{row.region_name}",
        f"\x01unit:{row.unit}",
        f"\x01year:{row.year}",
        f"\x01state:{row.status_word}",
    )


def line_of(row: Row) -> list[str]:
    """A record as the table of records has it."""
    return [row.id, row.kind, row.title, row.region_name, row.unit, row.year, row.status_word, row.first_published_on]


def _shards_for(records: int) -> int:
    wanted = 16
    while wanted < MOST_SHARDS and wanted * 8 < records:
        wanted *= 2
    return wanted


class BaseWriter:
    """Makes a base folder: takes records in order, writes a block whenever 8,192 are together."""

    def __init__(self, folder: Path, expected: int) -> None:
        self.folder = folder
        self.shards = _shards_for(expected)
        self.count = 0
        self.lines: list[list[str]] = []
        self.postings: defaultdict[int, list[int]] = defaultdict(list)
        self.keys: defaultdict[str, list[int]] = defaultdict(list)
        folder.mkdir(parents=True)

    def take(self, row: Row, text: str) -> None:
        """One public record; withdrawn ones are not taken."""
        place, postings = self.count % BLOCK, self.postings
        for pair in pairs_of(text):
            postings[pair].append(place)
        for key in {*threes_of(text), *facets_of(row)}:
            self.keys[key].append(place)
        self.lines.append(line_of(row))
        self.count += 1
        if len(self.lines) == LINES:
            self._write_lines()
        if self.count % BLOCK == 0:
            self._write_block()

    def close(self) -> None:
        if self.lines:
            self._write_lines()
        if self.postings:
            self._write_block()

    def _write_lines(self) -> None:
        number = (self.count - 1) // LINES
        data = json.dumps(self.lines, ensure_ascii=False, separators=(",", ":"))
        (self.folder / f"d-{number}.json").write_text(data, encoding="utf-8")
        self.lines = []

    def _write_block(self) -> None:
        size = (self.count - 1) % BLOCK + 1
        parts: dict[int, list[bytes]] = defaultdict(list)
        for pair, places in self.postings.items():
            first, second = pair & 0xFFFF, pair >> 16
            if first not in _GAPS and second not in _GAPS:
                parts[(first * 31 + second) % 0x7FFFFFFF % self.shards].append(_entry(_PAIR(pair), places, size))
        for key, places in self.keys.items():
            parts[shard_of(key, self.shards)].append(_entry(key.encode("utf-16-le", "surrogatepass"), places, size))
        self.postings.clear()
        self.keys.clear()
        head = struct.pack("<HH", (self.count - 1) // BLOCK, size)
        for shard, entries in parts.items():
            body = b"".join(entries)
            with (self.folder / f"s-{shard}.bin").open("ab") as out:
                out.write(head + struct.pack("<I", len(body)) + body)


def pairs_of(text: str) -> set[int]:
    """Every pair of neighbouring letters, each as one number of two 16-bit units: half the time of pairs as text."""
    units = text.encode("utf-16-le", "surrogatepass")
    even, odd = len(units) // 4 * 4, (len(units) - 2) // 4 * 4
    return set(memoryview(units[:even]).cast("I")).union(memoryview(units[2 : 2 + odd]).cast("I"))


def threes_of(text: str) -> set[str]:
    """Every three neighbouring letters with a digit or Latin letter among them.

    Pairs of digits stand in nearly every record, so that for numbers pairs alone would point at hundreds of wrong ones.
    """
    found: set[str] = set()
    for run in _LATIN.finditer(text):
        found.update(text[at : at + 3] for at in range(max(0, run.start() - 2), min(len(text) - 2, run.end())))
    return {three for three in found if " " not in three and "\n" not in three}


def _entry(key: bytes, places: list[int], size: int) -> bytes:
    """A key and its places: 16-bit numbers, or one bit a record where many records hold it."""
    if len(places) * 16 > size:
        bits = bytearray(b"0" * size)
        for place in places:
            bits[size - 1 - place] = 49
        body = int(bits, 2).to_bytes(-(-size // 8), "little")
        return struct.pack("<BBI", len(key), 1, len(body)) + key + body
    body = array("H", places).tobytes()
    return struct.pack("<BBI", len(key), 0, len(body)) + key + body


class Search:
    """Keeps search/ up to date. At a publish only the delta is written; a withdrawn record stops being found at once."""

    name = "search"
    owns: tuple[str, ...] = ("search/index.json", "search/delta.json", "search/base-")
    at_once = True
    same_answers = True

    def full(self, view: SiteView) -> _Sink:
        return _Sink(view)

    def changed(self, view: SiteView, changes: Sequence[Change]) -> None:
        index = read_index(view.root)
        if index is None:
            return
        delta = read_delta(view.root)
        for change in changes:
            _replace(view.root, index, delta, change)
        view.write("search/delta.json", _bytes(delta))


class _Sink:
    """A full build takes over the live release's base by hard links: records do not change with the theme.

    Without one it begins an empty base, and the worker makes the first real one within seconds: the cost of indexing
    (see `disclosure bench search`) must not hold up a release.
    """

    def __init__(self, view: SiteView) -> None:
        self.view = view
        self.index = _link_base(view.root)
        self.late: list[Change] = []

    def take(self, row: Row, record: PublicRecord, data: bytes) -> None:  # noqa: ARG002
        if self.index is not None and row.index >= self.index["log_size"]:
            self.late.append(Change(None, row, record))

    def close(self) -> None:
        root, delta = self.view.root, empty_delta()
        if self.index is None:
            writer = BaseWriter(root / "search" / "base-0", 0)
            finish_base(root, "base-0", writer, {}, 0)
            delta["stale"] = True
        else:
            (root / "search" / "index.json").write_bytes(_bytes(self.index))
            for change in self.late:
                _replace(root, self.index, delta, change)
        self.view.write("search/delta.json", _bytes(delta))


def _link_base(root: Path) -> dict[str, Any] | None:
    """Hard-links the live release's base into this one; None where there is none."""
    live = root.parents[1] / "current"
    index = read_index(live) if live.exists() and live.resolve() != root.resolve() else None
    if index is None or not index["records"]:
        # An empty base is no base: nothing of it is worth taking over, and every record would be in the delta.
        return None
    target = root / "search" / index["base"]
    target.mkdir(parents=True)
    for path in (live / "search" / index["base"]).iterdir():
        os.link(path, target / path.name)
    return index


def finish_base(root: Path, base: str, writer: BaseWriter, numbers: dict[str, int], size: int) -> None:
    """Names the base as the one to use."""
    (root / "search" / base / "numbers.json").write_text(json.dumps(numbers, separators=(",", ":")), encoding="utf-8")
    index = {"base": base, "records": writer.count, "shards": writer.shards, "block": BLOCK, "lines": LINES, "log_size": size}
    draft = root / "search" / ".index.half"
    draft.write_bytes(_bytes(index))
    draft.replace(root / "search" / "index.json")


def read_index(root: Path) -> dict[str, Any] | None:
    """The index in use; None before the first build."""
    return _read(root / "search" / "index.json")


def read_delta(root: Path) -> dict[str, Any]:
    """What changed since the base."""
    return _read(root / "search" / "delta.json") or empty_delta()


def empty_delta() -> dict[str, Any]:
    """A delta that says nothing. ``gone``: numbers of base lines; ``records``: line and text of each changed record."""
    return {"gone": [], "records": {}}


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _replace(root: Path, index: dict[str, Any], delta: dict[str, Any], change: Change) -> None:
    row = change.new
    number = _number(root, index["base"], row.id)
    if number is not None and number not in delta["gone"]:
        delta["gone"] = sorted([*delta["gone"], number])
    if row.withdrawn:
        delta["records"].pop(row.id, None)
        delta["withdrawn"] = True
    else:
        delta["records"][row.id] = {
            "line": line_of(row),
            "index": row.index,
            "text": text_of(change.record),
        }


_NUMBERS: dict[str, dict[str, int]] = {}


def _number(root: Path, base: str, record_id: str) -> int | None:
    """The record's line in the base. The table is kept in memory for the base last asked about."""
    place = str((root / "search" / base).resolve())
    if place not in _NUMBERS:
        _NUMBERS.clear()
        _NUMBERS[place] = _read(root / "search" / base / "numbers.json") or {}
    return _NUMBERS[place].get(record_id)


def needs_compaction(root: Path) -> bool:
    """Whether a new base should be made: the delta is long, or shards still hold pairs of a withdrawn record."""
    delta = read_delta(root)
    return bool(delta.get("stale") or delta.get("withdrawn")) or len(delta["records"]) > MOST_DELTA


def make_base(
    root: Path, size: int, records: Iterable[tuple[Row, PublicRecord]], expected: int
) -> tuple[str, BaseWriter, dict[str, int]]:
    """Writes a new base beside the one in use; it counts only after :func:`take_over`."""
    base = f"base-{size}"
    shutil.rmtree(root / "search" / base, ignore_errors=True)
    writer, numbers = BaseWriter(root / "search" / base, expected), {}
    for row, record in records:
        if not row.withdrawn:
            numbers[row.id] = writer.count
            writer.take(row, text_of(record))
    writer.close()
    return base, writer, numbers


def take_over(view: SiteView, base: str, writer: BaseWriter, numbers: dict[str, int], size: int) -> None:
    """Puts a new base in use; what was published while it was made stays in the delta. Hold the press lock."""
    late = [row for row in view.catalogue.rows.values() if row.index >= size]
    old = read_index(view.root)
    finish_base(view.root, base, writer, numbers, size)
    delta, index = empty_delta(), read_index(view.root) or {}
    for row in sorted(late, key=lambda row: row.index):
        _replace(view.root, index, delta, Change(None, row, view.read(row.kind, row.id)))
    view.write("search/delta.json", _bytes(delta))
    if old and old["base"] != base:
        shutil.rmtree(view.root / "search" / old["base"], ignore_errors=True)
