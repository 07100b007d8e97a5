"""Checks a site's search files from the outside: index, delta and base are made again from the logged records and compared.

A record that changed after the base was made stands in the delta, which is compared to the byte. What the base still
holds of its earlier text nobody can make again; the delta takes it out of every answer, and so does this comparison.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from portal.core.public_record import PublicRecord
from portal.site.catalogue import Row
from portal.site.followers import Change, SiteView
from portal.site.search import delta_of, plain_bytes, slot_of
from portal.site.search_base import BLOCK, FORM, LINES, Index, base_files, index_of, make_base, parts_of, postings_of

INDEX, DELTA = "search/index.json", "search/delta.json"
MISSING = "应有这个文件，网站上没有"
CHANGED = "搜索文件与记录重新生成的不同：内容被改动过"

Read = Callable[[str], bytes | None]
"""A file of the site; None where there is none."""


@dataclass
class Checked:
    """``explained``: files that belong to the search. ``faults``: path and what is wrong."""

    explained: set[str] = field(default_factory=lambda: {INDEX, DELTA})
    faults: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_search(read: Read, view: SiteView, records: Mapping[str, bytes]) -> Checked:
    """``view``: a folder of one's own and the catalogue made from the log. ``records``: id → canonical bytes."""
    checked = Checked()
    rows = list(view.catalogue.rows.in_order())
    index = _index(read, checked, rows, view.catalogue.size)
    if index is None:
        return checked
    late = [row for row in rows if row.index >= index["log_size"]]
    _check_delta(read, checked, view, index, late, records)
    gone = {slot for row in late if (slot := slot_of(view.catalogue, index, row)) is not None}
    _check_base(read, checked, view.root, index, rows, gone, records)
    checked.explained |= set(base_files(index))
    if gone:
        checked.notes.append(f"搜索：有 {len(gone)} 条记录在索引整理后变动过，旧文字已不参与搜索，下次整理时去掉")
    return checked


def _index(read: Read, checked: Checked, rows: Sequence[Row], size: int) -> Index | None:
    """The index as it must be, given only how far it says the base reaches."""
    data = read(INDEX)
    if data is None:
        checked.faults.append((INDEX, MISSING))
        return None
    covered, form = _number(data, "log_size"), _number(data, "form")
    if form is not None and form != FORM:
        checked.notes.append("搜索索引由另一版本的程序生成，没有核对，请用同一版本核对")
        return None
    index = index_of(sum(row.first_index < (covered or 0) for row in rows), covered or 0)
    if covered is None or not 0 <= covered <= size or plain_bytes(index) != data:
        checked.faults.append((INDEX, CHANGED))
        return None
    return index


def _number(data: bytes, name: str) -> int | None:
    with suppress(ValueError):
        found = json.loads(data)
        value = found.get(name) if isinstance(found, dict) else None
        return value if type(value) is int else None
    return None


def _check_delta(
    read: Read, checked: Checked, view: SiteView, index: Index, late: Sequence[Row], records: Mapping[str, bytes]
) -> None:
    data = read(DELTA)
    if data is None:
        checked.faults.append((DELTA, MISSING))
        return
    changes = [Change(None, row, PublicRecord.from_logged(records[row.id])) for row in sorted(late, key=lambda row: row.index)]
    wanted = delta_of(view, index, changes)
    if data == plain_bytes(wanted):
        return
    if not index["records"] and _is_part(data, wanted):
        checked.notes.append("搜索索引还没有做好，请一分钟后再核对")
        return
    checked.faults.append((DELTA, CHANGED))


def _is_part(data: bytes, wanted: Mapping[str, Mapping[str, object]]) -> bool:
    """A site just built: the delta holds what came since, and nothing but that."""
    with suppress(ValueError, AttributeError, TypeError):
        found = json.loads(data)
        known = all(wanted["records"].get(identity) == value for identity, value in found["records"].items())
        return known and found["gone"] == [] and set(found) <= {"gone", "records", "stale", "withdrawn"}
    return False


# ---- the base ----


def _check_base(
    read: Read, checked: Checked, folder: Path, index: Index, rows: Sequence[Row], gone: set[int], records: Mapping[str, bytes]
) -> None:
    """Makes the base again without the records that changed since, and compares what is left of each file."""
    held = [row for row in rows if row.first_index < index["log_size"]]
    known = [row._replace(withdrawn=True) if slot in gone else row for slot, row in enumerate(held)]
    made = folder / "search-base"
    make_base(made, known, index["log_size"], lambda row: records[row.id])
    for path in base_files(index):
        data, wanted = read(path), (made / path.rpartition("/")[2]).read_bytes()
        if data is None:
            checked.faults.append((path, MISSING))
        elif data != wanted and not (gone and _same_without(path, data, wanted, gone)):
            checked.faults.append((path, CHANGED))


def _same_without(path: str, data: bytes, wanted: bytes, gone: set[int]) -> bool:
    """Whether a file says the same of every record but those in ``gone``."""
    try:
        if path.endswith(".json"):
            first = int(path.rpartition("/d-")[2].removesuffix(".json")) * LINES
            lines = [None if first + at in gone else line for at, line in enumerate(json.loads(data))]
            return json.dumps(lines, ensure_ascii=False, separators=(",", ":")).encode() == wanted
        found, expected = dict(parts_of(data)), dict(parts_of(wanted))
        return all(_same_part(number, found, expected, gone) for number in found.keys() | expected.keys())
    except (ValueError, TypeError, struct.error):
        return False


def _same_part(number: int, found: dict[int, bytes], expected: dict[int, bytes], gone: set[int]) -> bool:
    theirs, ours = found.get(number, b""), expected.get(number, b"")
    here = {slot - number * BLOCK for slot in gone if slot // BLOCK == number}
    return theirs == ours or (bool(here) and _without(theirs, here) == _without(ours, here))


def _without(part: bytes, gone: set[int]) -> dict[bytes, set[int]]:
    left = ((key, places - gone) for key, places in postings_of(part).items())
    return {key: places for key, places in left if places}
