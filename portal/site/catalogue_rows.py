"""Rows of the catalogue, kept in columns: numbers for words that repeat, and one string of bytes for what is a row's own.

As objects a hundred thousand rows take 70 MB, in columns a third of that; a row is made when somebody asks for it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import partial
from typing import Any, NamedTuple, overload
from zlib import crc32

_COMMITMENT = 32
"""Bytes of a commitment, at the end of what is a row's own."""
_BETWEEN = "\x1f"
"""No public record holds control letters."""
_CHUNK = 2_000
MOST_MADE = 12_288
"""Rows kept as they were last asked for, about 12 MB: a kind stands in eight lists a record, written one after another."""

EVERY_YEAR = "all"
"""In place of a year: the list of a kind over all years, whole, by state, or of what is done."""
DONE_WORDS = frozenset({"已销号", "已销号，整改稳定", "已完成整改", "已整改", "已完成", "已办结", "办结", "已结案"})

ListKey = tuple[str, str, str, str]
"""kind, year or EVERY_YEAR, facet ("" for the whole year), value."""

STANDS_BY = ("kind", "first_published_on", "region_code", "unit", "status_word")


class Row(NamedTuple):
    """One record as lists show it. ``first_index``, ``index``: log index of its first and latest entry.

    ``letters``: for a batch, how many letters are settled, settled for now, and unsettled; else (0, 0, 0).
    """

    id: str
    kind: str
    revision: int
    withdrawn: bool
    title: str
    region_code: str
    region_name: str
    unit: str
    status_word: str
    status_tone: str
    programme: str
    item_number: str
    due_on: str
    due_words: str
    first_published_on: str
    published_on: str
    updated_at: str
    first_index: int
    index: int  # type: ignore[assignment]
    commitment: str
    letters: tuple[int, int, int] = (0, 0, 0)

    @property
    def year(self) -> str:
        return self.first_published_on[:4]

    @property
    def month(self) -> str:
        return self.first_published_on[:7]

    @property
    def path(self) -> str:
        return f"records/{self.kind}/{self.id}/"

    def lists(self) -> tuple[ListKey, ...]:
        """Lists the record stands in."""
        return lists_of(self.kind, self.first_published_on, self.region_code, self.unit, self.status_word)


def lists_of(kind: str, day: str, region: str, unit: str, word: str) -> tuple[ListKey, ...]:
    """The lists in which a record of these (the fields named in ``STANDS_BY``) stands."""
    year = day[:4]
    found = (
        (kind, year, "", ""),
        (kind, year, "region", region),
        (kind, year, "unit", unit),
        (kind, year, "status", word),
        (kind, year, "month", day[:7]),
        (kind, EVERY_YEAR, "", ""),
        (kind, EVERY_YEAR, "status", word),
    )
    return (*found, (kind, EVERY_YEAR, "done", "")) if word in DONE_WORDS else found


NO_LETTERS = (0, 0, 0)
SHARED = (
    *("kind", "region_code", "region_name", "unit", "status_word", "status_tone"),
    *("programme", "due_on", "due_words", "first_published_on", "published_on"),
)
"""Words that repeat (kinds, days, units), in the order of a row's fields: each is kept once, and rows hold its number."""
OWN = ("id", "title", "item_number", "updated_at")

_AT = {name: at for at, name in enumerate(Row._fields)}
_row = partial(tuple.__new__, Row)


class Rows(Mapping[str, Row]):
    """Every record's row by its id. A row's slot is its place in the order of first publication."""

    def __init__(self) -> None:
        self.firsts = array("I")
        self.latest = array("I")
        self.withdrawn = bytearray()
        self.words: dict[str, array[int]] = {name: array("I") for name in SHARED}
        self._columns = tuple(self.words.values())
        self.said: list[str] = []
        self.letters: dict[int, tuple[int, int, int]] = {}
        self._numbers: dict[str, int] = {}
        self._made: dict[int, Row] = {}
        self._revisions = array("I")
        self._own: list[bytes] = []
        # A digest of the id, then the first index: a dictionary of ids would take as much as all the rest.
        self._by_id = array("Q")

    # ---- asking ----

    def __len__(self) -> int:
        return len(self.firsts)

    def __iter__(self) -> Iterator[str]:
        return (self.at(slot).id for slot in range(len(self)))

    def __getitem__(self, identity: str) -> Row:
        slot = self._slot(identity)
        if slot is None:
            raise KeyError(identity)
        return self.at(slot)

    def at(self, slot: int) -> Row:
        """The row in a slot."""
        own, said = self._own[slot], self.said
        identity, title, item, updated_at = own[:-_COMMITMENT].decode().split(_BETWEEN)
        kind, code, region, unit, word, tone, plan, due, until, first_on, on = [said[number[slot]] for number in self._columns]
        first = self.firsts[slot]
        letters = self.letters.get(first, NO_LETTERS) if self.letters else NO_LETTERS
        withdrawn, commitment = bool(self.withdrawn[slot]), own[-_COMMITMENT:].hex()
        # In the order of the fields; twice as quick as by their names, and a full build asks for 80 rows a page.
        told = (identity, kind, self._revisions[slot], withdrawn, title, code, region, unit, word, tone, plan, item, due, until)
        return _row((*told, first_on, on, updated_at, first, self.latest[slot], commitment, letters))

    def first(self, first_index: int) -> Row:
        """The row whose first log entry is this one."""
        row = self._made.get(first_index)
        if row is None:
            if len(self._made) >= MOST_MADE:
                self._made.clear()
            row = self._made[first_index] = self.at(bisect_left(self.firsts, first_index))
        return row

    def in_order(self) -> Iterator[Row]:
        """All rows, oldest first."""
        return map(self.at, range(len(self)))

    def column(self, name: str) -> Iterator[str]:
        """One shared field of every row, oldest first."""
        return map(self.said.__getitem__, self.words[name])

    def snapshot(self) -> Sequence[Row]:
        """All rows as they are now, oldest first; what is published later does not show in it."""
        made = Rows()
        vars(made).update({name: copy(value) for name, value in vars(self).items()})
        made.words = {name: copy(column) for name, column in self.words.items()}
        made._columns = tuple(made.words.values())
        return _Snapshot(made)

    def since(self, index: int) -> list[Row]:
        """Rows whose latest entry is this one or a later one, in the order of these entries."""
        found = sorted((latest, slot) for slot, latest in enumerate(self.latest) if latest >= index)
        return [self.at(slot) for _, slot in found]

    def of_kinds(self, kinds: Iterable[str]) -> Iterator[Row]:
        """Rows of these kinds, oldest first."""
        wanted = {self._numbers.get(kind) for kind in kinds}
        return (self.at(slot) for slot, number in enumerate(self.words["kind"]) if number in wanted)

    def _slot(self, identity: str) -> int | None:
        own, digest = identity.encode(), crc32(identity.encode())
        for place in range(bisect_left(self._by_id, digest << 32), len(self._by_id)):
            if self._by_id[place] >> 32 != digest:
                return None
            slot = bisect_left(self.firsts, self._by_id[place] & 0xFFFFFFFF)
            if self._own[slot].startswith(own + _BETWEEN.encode()):
                return slot
        return None

    # ---- changing ----

    def put(self, row: Row) -> None:
        """Takes in a row, in place of the record's earlier one."""
        slot = self._slot(row.id)
        if slot is not None:
            self._drop(slot, row)
        self._made.clear()
        slot = bisect_left(self.firsts, row.first_index)
        key = _key(row.id.encode(), row.first_index)
        self._by_id.insert(bisect_left(self._by_id, key), key)
        self.firsts.insert(slot, row.first_index)
        self.latest.insert(slot, row.index)
        self.withdrawn.insert(slot, row.withdrawn)
        self._revisions.insert(slot, row.revision)
        self._own.insert(slot, _own(row.id, row.title, row.item_number, row.updated_at, row.commitment))
        for name, column in self.words.items():
            column.insert(slot, self._number(getattr(row, name)))
        if any(row.letters):
            self.letters[row.first_index] = row.letters

    def remove(self, row: Row) -> None:
        """Forgets the record of this row."""
        slot = self._slot(row.id)
        if slot is None:
            raise KeyError(row.id)
        self._drop(slot, row)

    def _drop(self, slot: int, row: Row) -> None:
        key = _key(row.id.encode(), self.firsts[slot])
        del self._by_id[bisect_left(self._by_id, key)]
        self.letters.pop(self.firsts[slot], None)
        self._made.clear()
        del self.withdrawn[slot], self._own[slot]
        for column in (self.firsts, self.latest, self._revisions, *self.words.values()):
            del column[slot]

    def add(self, rows: Sequence[Row]) -> None:
        """Many rows, younger than all there are, oldest first. ``arrange`` once all are there."""
        if rows:
            columns: list[Any] = list(zip(*rows, strict=True))
            for name in SHARED:
                columns[_AT[name]] = list(map(self._number, columns[_AT[name]]))
            self._extend(columns)

    def arrange(self) -> None:
        """After ``add``: makes them known by id."""
        self._by_id = array("Q", sorted(self._by_id))

    def _extend(self, columns: Sequence[Sequence[Any]]) -> None:
        """Columns in the order of a row's fields, words as numbers."""
        named = dict(zip(Row._fields, columns, strict=True))
        firsts = named["first_index"]
        self.firsts.extend(firsts)
        self.latest.extend(named["index"])
        self.withdrawn.extend(named["withdrawn"])
        self._revisions.extend(named["revision"])
        for name, column in self.words.items():
            column.extend(named[name])
        self._own.extend(map(_own, *(named[name] for name in OWN), named["commitment"]))
        self._by_id.extend(map(_key, map(str.encode, named["id"]), firsts))
        self.letters.update((first, tuple(each)) for first, each in zip(firsts, named["letters"], strict=True) if any(each))

    def _number(self, word: str) -> int:
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self.said)
            self.said.append(word)
        return number

    # ---- keeping ----

    def to_lines(self) -> Iterator[Any]:
        """A head with the names of a row's fields and the words rows share; then rows, oldest first, in columns.

        Columns, because a thousand values of one kind are taken in by a few calls: the press starts cold in a quarter of
        the time it takes row by row. Words no row holds any more are left out: they may no longer be public.
        """
        used = sorted({number for column in self.words.values() for number in column})
        again = {number: at for at, number in enumerate(used)}
        yield {"fields": list(Row._fields), "rows": len(self), "words": [self.said[number] for number in used]}
        for start in range(0, len(self), _CHUNK):
            chunk = map(self.at, range(start, min(start + _CHUNK, len(self))))
            columns: list[Any] = list(zip(*chunk, strict=True))
            for name in SHARED:
                columns[_AT[name]] = [again[number] for number in self.words[name][start : start + _CHUNK]]
            yield columns

    def take_lines(self, lines: Iterator[Any]) -> None:
        """Into empty rows. Raises ValueError when the lines are not whole, or were written by another version of this file."""
        head = next(lines, None)
        if not isinstance(head, dict) or head.get("fields") != list(Row._fields) or "words" not in head:
            raise ValueError("another version's catalogue")
        self.said = list(head["words"])
        self._numbers = {word: number for number, word in enumerate(self.said)}
        for columns in lines:
            self._extend(columns)
        if len(self) != head["rows"] or any(max(column, default=-1) >= len(self.said) for column in self.words.values()):
            raise ValueError("the catalogue is not whole")
        self.arrange()


class _Snapshot(Sequence[Row]):
    """Made row by row: as a list, a hundred thousand of them would take three times the memory of the columns."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return [self._rows.at(slot) for slot in range(*at.indices(len(self)))]
        return self._rows.at(range(len(self))[at])

    def __iter__(self) -> Iterator[Row]:
        return self._rows.in_order()


def _own(identity: str, title: str, item_number: str, updated_at: str, commitment: str) -> bytes:
    return f"{identity}\x1f{title}\x1f{item_number}\x1f{updated_at}".encode() + bytes.fromhex(commitment)


def _key(identity: bytes, first_index: int) -> int:
    return crc32(identity) << 32 | first_index
