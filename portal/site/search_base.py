"""The base of the search: shards that say which records hold which pair of letters, and the table of records.

A base is a function of the records and nothing else: the same log makes the same bytes, whichever way it came about. Every
record has a slot, numbered in the order of first publication; a withdrawn one leaves its slot empty. So a later base takes
over every block of 8,192 slots in which nothing changed.

search/<base>/s-<n>.bin    shard n: for each block, keys in order with the slots that hold them
search/<base>/d-<n>.json   16 lines of the table: id, kind, title, region, unit, year, state, day; null for an empty slot
"""

from __future__ import annotations

import json
import os
import shutil
import struct
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from portal.site.catalogue import Row
from portal.site.search_text import pairs_of, runs_of, text_of_bytes

FORM = 3
"""Goes up when the files below are laid out in another way; a base of another form is made anew."""

BLOCK = 8192
LINES = 16
MOST_SHARDS = 1024
MOST_TOUCHED = 8
"""Blocks that are made anew beside taken-over ones; where more changed, the whole base is made."""

Index = dict[str, Any]
"""search/index.json: form, base (folder), records (slots), shards, block, lines, log_size (log entries it covers)."""

ReadRow = Callable[[Row], bytes]
"""A record's canonical bytes."""

_END = ord("\n")
_PAIR = struct.Struct("<I").pack
_HEAD = struct.Struct("<HHI")


def shards_for(records: int) -> int:
    """Into how many files a base of so many slots is cut."""
    wanted = 16
    while wanted < MOST_SHARDS and wanted * 8 < records:
        wanted *= 2
    return wanted


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
    return [row.id, row.kind, row.title, row.region_name, row.unit, row.year, row.status_word, row.first_published_on, row.due_on]


def index_of(rows: int, size: int) -> Index:
    """The index of a base that covers ``size`` log entries."""
    shards = shards_for(rows)
    return {
        "form": FORM,
        "base": f"base-{FORM}-{size}",
        "records": rows,
        "shards": shards,
        "block": BLOCK,
        "lines": LINES,
        "log_size": size,
    }


def make_base(folder: Path, rows: Sequence[Row], size: int, read: ReadRow, old: tuple[Index, Path] | None = None) -> Index:
    """Writes a base of all ``rows`` (in slot order) into ``folder``, which is emptied first; gives its index.

    ``old``: the index in use and the folder of its base; what did not change since is taken over by hard links.
    """
    index = index_of(len(rows), size)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    touched = _touched(index, old[0], rows) if old else None
    if old is None or touched is None:
        _make_all(folder, rows, index["shards"], read)
    else:
        _take_over(folder, old[1], rows, index["shards"], touched, read)
    return index


def _touched(index: Index, old: Index, rows: Sequence[Row]) -> list[int] | None:
    """Blocks in which something changed since the old base; None where the whole must be made."""
    if old.get("form") != FORM or not old["records"] or old["shards"] != index["shards"]:
        return None
    touched = sorted({slot // BLOCK for slot, row in enumerate(rows) if row.index >= old["log_size"]})
    return touched if len(touched) <= MOST_TOUCHED else None


def _make_all(folder: Path, rows: Sequence[Row], shards: int, read: ReadRow) -> None:
    for shard in range(shards):
        (folder / f"s-{shard}.bin").touch()
    for number in range(_blocks(rows)):
        for shard, part in make_block(folder, rows, number, shards, read).items():
            with (folder / f"s-{shard}.bin").open("ab") as out:
                out.write(part)


def _take_over(folder: Path, before: Path, rows: Sequence[Row], shards: int, touched: list[int], read: ReadRow) -> None:
    fresh = {number: make_block(folder, rows, number, shards, read) for number in touched}
    for shard in range(shards):
        path = before / f"s-{shard}.bin"
        parts = dict(parts_of(path.read_bytes())) | {number: block.get(shard, b"") for number, block in fresh.items()}
        (folder / path.name).write_bytes(b"".join(parts[number] for number in sorted(parts)))
    for number in range(_tables(len(rows))):
        if number * LINES // BLOCK not in fresh:
            os.link(before / f"d-{number}.json", folder / f"d-{number}.json")


def _blocks(rows: Sequence[Row]) -> int:
    return -(-len(rows) // BLOCK)


def _tables(rows: int) -> int:
    return -(-rows // LINES)


def base_files(index: Index) -> Iterator[str]:
    """Every file of a base, relative to the site."""
    folder = f"search/{index['base']}"
    yield from (f"{folder}/s-{shard}.bin" for shard in range(index["shards"] if index["records"] else 0))
    yield from (f"{folder}/d-{number}.json" for number in range(_tables(index["records"])))


# ---- one block ----

K = TypeVar("K", int, str)


class Places(dict[K, "array[int]"]):
    """Key → places in the block, two bytes each: as lists of numbers a block of long records took 90 MB."""

    def __missing__(self, key: K) -> array[int]:
        made = self[key] = array("H")
        return made


def make_block(folder: Path, rows: Sequence[Row], number: int, shards: int, read: ReadRow) -> dict[int, bytes]:
    """Writes a block's tables and returns its part of each shard."""
    block = rows[number * BLOCK : (number + 1) * BLOCK]
    pairs: Places[int] = Places()
    keys: Places[str] = Places()
    for place, row in enumerate(block):
        if not row.withdrawn:
            # A line that stands in a record twice says nothing new.
            text = "\n".join(dict.fromkeys(text_of_bytes(read(row)).split("\n")))
            for pair in pairs_of(text):
                pairs[pair].append(place)
            for key in runs_of(text):
                keys[key].append(place)
            for key in facets_of(row):
                keys[key].append(place)
    _write_tables(folder, block, number * (BLOCK // LINES))
    return _parts(number, len(block), pairs, keys, shards)


def _write_tables(folder: Path, block: Sequence[Row], first: int) -> None:
    for at in range(0, len(block), LINES):
        lines = [None if row.withdrawn else line_of(row) for row in block[at : at + LINES]]
        data = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
        (folder / f"d-{first + at // LINES}.json").write_text(data, encoding="utf-8")


def _parts(number: int, size: int, pairs: Places[int], keys: Places[str], shards: int) -> dict[int, bytes]:
    """In the order of the keys, so that the same records always make the same bytes."""
    found: defaultdict[int, list[bytes]] = defaultdict(list)
    for pair in sorted(pairs):
        first, second = pair & 0xFFFF, pair >> 16
        if _END not in (first, second):
            found[(first * 31 + second) % 0x7FFFFFFF % shards].append(_entry(_PAIR(pair), pairs[pair], size))
    for key in sorted(keys):
        found[shard_of(key, shards)].append(_entry(key.encode("utf-16-le", "surrogatepass"), keys[key], size))
    return {shard: _with_head(number, size, entries) for shard, entries in found.items()}


def _with_head(number: int, size: int, entries: Iterable[bytes]) -> bytes:
    body = b"".join(entries)
    return _HEAD.pack(number, size, len(body)) + body


def _entry(key: bytes, places: array[int], size: int) -> bytes:
    """A key and its places: 16-bit numbers, or one bit a record where many records hold it."""
    if len(places) * 16 > size:
        bits = bytearray(b"0" * size)
        for place in places:
            bits[size - 1 - place] = 49
        body = int(bits, 2).to_bytes(-(-size // 8), "little")
        return struct.pack("<BBI", len(key), 1, len(body)) + key + body
    body = places.tobytes()
    return struct.pack("<BBI", len(key), 0, len(body)) + key + body


# ---- reading one back ----


def parts_of(shard: bytes) -> Iterator[tuple[int, bytes]]:
    """A shard's blocks: number and bytes, head included."""
    at = 0
    while at < len(shard):
        number, _, length = _HEAD.unpack_from(shard, at)
        yield number, shard[at : at + _HEAD.size + length]
        at += _HEAD.size + length


def postings_of(part: bytes) -> dict[bytes, set[int]]:
    """A block's part of a shard, read: key → places in the block. Raises ValueError when it is not whole."""
    found: dict[bytes, set[int]] = {}
    at = _HEAD.size
    while at < len(part):
        if at + 6 > len(part):
            raise ValueError("an entry is cut off")
        length, form, size = struct.unpack_from("<BBI", part, at)
        key, body = part[at + 6 : at + 6 + length], part[at + 6 + length : at + 6 + length + size]
        at += 6 + length + size
        if at > len(part) or (form == 0 and size % 2):
            raise ValueError("an entry is cut off")
        found[key] = set(array("H", body)) if form == 0 else _set_bits(body)
    return found


def _set_bits(body: bytes) -> set[int]:
    bits = format(int.from_bytes(body, "little"), "b")
    return {place for place, bit in enumerate(reversed(bits)) if bit == "1"}
