"""What lists, sections and the home page need to know about every record: one small row each, and how rows stand in lists.

A catalogue is a projection of the records folder and the log; it may be thrown away and made again. Lists are numbered
oldest first by the log index of a record's first entry, so that a new record only ever touches the newest page; a
withdrawn record keeps its slot.
"""

from __future__ import annotations

import hashlib
import sys
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from portal.core.public_record import KINDS, PublicRecord

PAGE_ROWS = 50
LATEST_ROWS = 20
FACETS = ("region", "unit", "status")
DONE_WORDS = frozenset({"已销号", "已销号，整改稳定", "已完成整改", "已整改", "已完成", "已办结", "办结", "已结案"})

Output = tuple[str, ...]
"""A page by what it is: ("record", kind, id), ("list", kind, year, facet, value, number), ("year", kind, year),
("section", kind) or ("home",). portal.site.outputs knows how each is made and where it lies."""

ListKey = tuple[str, str, str, str]
"""kind, year, facet ("" for the whole year), value."""


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
        return (
            (self.kind, self.year, "", ""),
            (self.kind, self.year, "region", self.region_code),
            (self.kind, self.year, "unit", self.unit),
            (self.kind, self.year, "status", self.status_word),
        )


def row_of(record: PublicRecord, *, first_index: int, index: int, commitment: str) -> Row:
    status = record.status
    return Row(
        id=record.id,
        kind=sys.intern(record.kind),
        revision=record.revision,
        withdrawn=record.is_withdrawn,
        title=record.title,
        region_code=sys.intern(record.region.code),
        region_name=sys.intern(record.region.name),
        unit=sys.intern(record.unit),
        status_word=sys.intern(status.word) if status else "",
        status_tone=sys.intern(status.tone) if status else "plain",
        programme=sys.intern(record.programme),
        item_number=record.item_number,
        due_on=sys.intern(record.due_on.isoformat()) if record.due_on else "",
        due_words=sys.intern(record.due_words),
        first_published_on=sys.intern(record.first_published_on.isoformat()),
        published_on=sys.intern(record.published_on.isoformat()),
        updated_at=sys.intern(record.updated_at.isoformat()),
        first_index=first_index,
        index=index,
        commitment=commitment,
        letters=_letters(record) if record.letters else (0, 0, 0),
    )


def _letters(record: PublicRecord) -> tuple[int, int, int]:
    settled = sum(row.status in {"已办结", "办结"} for row in record.letters)
    for_now = sum(row.status == "阶段性办结" for row in record.letters)
    return settled, for_now, len(record.letters) - settled - for_now


def slug(facet: str, value: str) -> str:
    """The folder of a list: regions by code, units and states by a short digest of their name."""
    return f"{facet}-{value}" if facet == "region" else f"{facet}-{hashlib.sha256(value.encode()).hexdigest()[:8]}"


class Catalogue:
    """All rows, by id and by list. ``size``: how many log entries it covers."""

    def __init__(self) -> None:
        self.size = 0
        self.rows: dict[str, Row] = {}
        self.by_first: dict[int, str] = {}
        self.by_index: dict[int, str] = {}
        self.lists: dict[ListKey, list[int]] = {}
        self.recent: dict[str, list[int]] = {kind: [] for kind in KINDS}
        self.states: Counter[tuple[str, str, str, str]] = Counter()
        self.months: Counter[tuple[str, str]] = Counter()
        self.letters: Counter[str] = Counter()

    # ---- changing ----

    def load(self, rows: Iterable[Row]) -> None:
        """Many rows at once, in the order of their first entry; says nothing about what they touch."""
        rows = list(rows)
        self.rows.update((row.id, row) for row in rows)
        self.by_first.update((row.first_index, row.id) for row in rows)
        self.by_index.update((row.index, row.id) for row in rows)
        lists: defaultdict[ListKey, list[int]] = defaultdict(list, self.lists)
        for row in rows:
            kind, year, first = row.kind, row.first_published_on[:4], row.first_index
            lists[kind, year, "", ""].append(first)
            lists[kind, year, "region", row.region_code].append(first)
            lists[kind, year, "unit", row.unit].append(first)
            lists[kind, year, "status", row.status_word].append(first)
            self.recent[kind].append(row.index)
        self.lists = dict(lists)
        for numbers in (*self.lists.values(), *self.recent.values()):
            numbers.sort()
        self._count_many([row for row in rows if not row.withdrawn])

    def put(self, row: Row) -> set[Output]:
        """Takes in the latest revision of a record. Returns every output that may read differently from before."""
        old = self.rows.get(row.id)
        touched = depends(row)
        if old is not None:
            touched |= depends(old) | self._take_out(old, keep=set(row.lists()))
        self.rows[row.id] = row
        self.by_first[row.first_index] = row.id
        self.by_index[row.index] = row.id
        insort(self.recent[row.kind], row.index)
        self._count(row, 1)
        for key in row.lists():
            touched |= self._stand_in(key, row.first_index)
        self.size = max(self.size, row.index + 1)
        return touched

    def step_back(self, new: Row, old: Row | None) -> None:
        """Undoes a ``put``: for a press that must find again what a killed one was about to touch."""
        self._take_out(new, keep=set())
        del self.rows[new.id], self.by_first[new.first_index]
        if old is not None:
            self.put(old)

    def _take_out(self, old: Row, keep: set[ListKey]) -> set[Output]:
        touched: set[Output] = set()
        self.recent[old.kind].remove(old.index)
        del self.by_index[old.index]
        self._count(old, -1)
        for key in set(old.lists()) - keep:
            numbers = self.lists[key]
            at = bisect_left(numbers, old.first_index)
            pages = _pages(len(numbers))
            del numbers[at]
            if not numbers:
                del self.lists[key]
            touched |= {("list", *key, str(page)) for page in range(max(1, at // PAGE_ROWS), pages + 1)}
        return touched

    def _stand_in(self, key: ListKey, first_index: int) -> set[Output]:
        numbers = self.lists.setdefault(key, [])
        at = bisect_left(numbers, first_index)
        if at < len(numbers) and numbers[at] == first_index:
            return {("list", *key, str(at // PAGE_ROWS + 1))}
        numbers.insert(at, first_index)
        # The page before a new page gets its link to the newer one.
        first = at // PAGE_ROWS + (0 if at % PAGE_ROWS == 0 and at else 1)
        return {("list", *key, str(page)) for page in range(first, _pages(len(numbers)) + 1)}

    def _count(self, row: Row, step: int) -> None:
        if row.withdrawn:
            return
        self._add(self.states, (row.kind, row.programme, row.status_word, row.status_tone), step)
        self._add(self.months, (row.kind, row.month), step)
        for name, number in zip(_LETTER_COUNTS, row.letters, strict=True):
            if number:
                self._add(self.letters, name, step * number)

    def _count_many(self, rows: list[Row]) -> None:
        self.states.update((row.kind, row.programme, row.status_word, row.status_tone) for row in rows)
        self.months.update((row.kind, row.first_published_on[:7]) for row in rows)
        for at, name in enumerate(_LETTER_COUNTS):
            number = sum(row.letters[at] for row in rows)
            if number:
                self._add(self.letters, name, number)

    @staticmethod
    def _add(counter: Counter[Any], key: Any, step: int) -> None:
        counter[key] += step
        if not counter[key]:
            del counter[key]

    # ---- asking ----

    def page(self, key: ListKey, number: int) -> list[Row]:
        """The rows of page ``number`` (from 1), newest first; empty when there is no such page."""
        numbers = self.lists.get(key, [])[(number - 1) * PAGE_ROWS : number * PAGE_ROWS]
        return [self.rows[self.by_first[each]] for each in reversed(numbers)]

    def pages(self, key: ListKey) -> int:
        return _pages(len(self.lists.get(key, ())))

    def latest(self, kind: str, count: int = LATEST_ROWS) -> list[Row]:
        """The records of a kind that changed last, withdrawn ones left out, newest first."""
        found: list[Row] = []
        for index in reversed(self.recent[kind]):
            row = self.rows[self.by_index[index]]
            if not row.withdrawn:
                found.append(row)
                if len(found) == count:
                    break
        return found

    def newest(self) -> Row | None:
        """The record with the highest log index; None: nothing was published yet."""
        indices = [numbers[-1] for numbers in self.recent.values() if numbers]
        return self.rows[self.by_index[max(indices)]] if indices else None

    def years(self, kind: str) -> list[str]:
        """Years with records of this kind, newest first."""
        return sorted({key[1] for key in self.lists if key[0] == kind}, reverse=True)

    def facet(self, kind: str, year: str, facet: str) -> list[tuple[str, int]]:
        """Values of a facet with their number of slots, most first."""
        found = [(key[3], len(numbers)) for key, numbers in self.lists.items() if key[:3] == (kind, year, facet)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def outputs(self) -> Iterator[Output]:
        """Every output of the site but the record pages, for a full build."""
        yield ("home",)
        for kind in KINDS:
            yield ("section", kind)
        for key, numbers in self.lists.items():
            if not key[2]:
                yield ("year", key[0], key[1])
            for page in range(1, _pages(len(numbers)) + 1):
                yield ("list", *key, str(page))

    # ---- keeping ----

    def to_lines(self) -> Iterator[Any]:
        """A head with the size, the names of a row's fields and the words rows share; then rows, oldest first, in columns.

        Columns, because a thousand values of one kind are turned into rows by a few calls: the press starts cold in a
        quarter of the time it takes row by row.
        """
        rows = (self.rows[self.by_first[first]] for first in sorted(self.by_first))
        numbers: dict[str, int] = {}
        shared = [at for at, name in enumerate(Row._fields) if name in _SHARED]
        for row in self.rows.values():
            for at in shared:
                numbers.setdefault(str(row[at]), len(numbers))
        yield {"size": self.size, "fields": list(Row._fields), "rows": len(self.rows), "words": list(numbers)}
        while chunk := list(islice(rows, _CHUNK)):
            columns: list[Any] = list(zip(*chunk, strict=True))
            for at in shared:
                columns[at] = [numbers[word] for word in columns[at]]
            yield columns

    @classmethod
    def from_lines(cls, lines: Iterator[Any]) -> Catalogue:
        """Raises ValueError when the lines are not whole, or were written by another version of this file."""
        head = next(lines, None)
        if not isinstance(head, dict) or head.get("fields") != list(Row._fields) or "words" not in head:
            raise ValueError("another version's catalogue")
        catalogue = cls()
        words = [sys.intern(word) for word in head["words"]]
        catalogue.load(row for columns in lines for row in _rows(columns, words))
        if len(catalogue.rows) != head["rows"]:
            raise ValueError("the catalogue is not whole")
        catalogue.size = head["size"]
        return catalogue


_CHUNK = 2_000
_LETTER_COUNTS = ("settled", "for_now", "unsettled")
_SHARED = frozenset(Row._fields).difference(
    ("id", "title", "item_number", "updated_at", "commitment", "revision", "withdrawn", "first_index", "index", "letters")
)
"""Words that repeat (kinds, days, units): one copy each keeps 100,000 rows small."""


def _rows(columns: list[list[Any]], words: list[str]) -> Iterator[Row]:
    made: list[Iterable[Any]] = [
        map(words.__getitem__, column) if name in _SHARED else column
        for name, column in zip(Row._fields, columns, strict=True)
    ]  # fmt: skip
    made[-1] = map(tuple, columns[-1])
    return map(Row._make, zip(*made, strict=True))


def row_from(values: list[Any]) -> Row:
    """A row from its plain JSON list."""
    return Row._make((*values[:-1], tuple(values[-1])))


def depends(row: Row) -> set[Output]:
    """The outputs that name this record outside numbered lists: its page, its year, its section, the home page.

    The numbered list pages it stands on depend on the others' slots too; ``Catalogue.put`` adds them.
    """
    return {("record", row.kind, row.id), ("year", row.kind, row.year), ("section", row.kind), ("home",)}


def _pages(rows: int) -> int:
    return -(-rows // PAGE_ROWS)
