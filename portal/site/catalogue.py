"""What lists, sections and the home page need to know about every record: one small row each, and how rows stand in lists.

A catalogue is a projection of the records folder and the log; it may be thrown away and made again. Lists are numbered
oldest first by the log index of a record's first entry, so that a new record only ever touches the newest page; a
withdrawn record keeps its slot.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import compress, islice
from typing import Any

from portal.core.public_record import KINDS, PublicRecord
from portal.site.catalogue_rows import DONE_WORDS, EVERY_YEAR, STANDS_BY, ListKey, Row, Rows, lists_of

__all__ = ["DONE_WORDS", "EVERY_YEAR", "Catalogue", "ListKey", "Output", "Row", "row_from", "row_of"]

PAGE_ROWS = 50
LATEST_ROWS = 20
FACETS = ("region", "unit", "status", "month")

Output = tuple[str, ...]
"""A page by what it is: ("record", kind, id), ("list", kind, year, facet, value, number), ("year", kind, year),
("section", kind), ("month", "2026-11") or ("home",). portal.site.outputs knows how each is made and where it lies."""


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
    """The folder of a list: regions by code, months by number, units and states by a short digest of their name."""
    if facet == "done":
        return facet
    return f"{facet}-{value if facet in {'region', 'month'} else hashlib.sha256(value.encode()).hexdigest()[:8]}"


class Catalogue:
    """All rows, by id and by list. ``size``: how many log entries it covers."""

    def __init__(self) -> None:
        self.size = 0
        self.rows = Rows()
        self.lists: dict[ListKey, array[int]] = {}
        self.gone: Counter[ListKey] = Counter()
        self.recent: dict[str, array[int]] = {kind: array("Q") for kind in KINDS}
        self.states: Counter[tuple[str, str, str, str]] = Counter()
        self.months: Counter[tuple[str, str]] = Counter()
        self.letters: Counter[str] = Counter()

    # ---- changing ----

    def load(self, rows: Iterable[Row]) -> None:
        """Many rows at once, in the order of their first entry; says nothing about what they touch."""
        rows = iter(rows)
        while some := list(islice(rows, _AT_ONCE)):
            self.rows.add(some)
        self.arrange()

    def arrange(self) -> None:
        """After rows were added: how they stand in lists, and what there is to count."""
        rows, self.lists = self.rows, {}
        rows.arrange()
        for first, kind, day, region, unit, word in zip(rows.firsts, *map(rows.column, STANDS_BY), strict=True):
            for key in lists_of(kind, day, region, unit, word):
                if key not in self.lists:
                    self.lists[key] = array("I")
                self.lists[key].append(first)
        found: dict[str, list[int]] = {kind: [] for kind in KINDS}
        for kind, latest, first in zip(rows.column("kind"), rows.latest, rows.firsts, strict=True):
            found[kind].append(latest << 32 | first)
        self.recent = {kind: array("Q", sorted(places)) for kind, places in found.items()}
        self._count_all()

    def put(self, row: Row) -> set[Output]:
        """Takes in the latest revision of a record. Returns every output that may read differently from before."""
        old = self.rows.get(row.id)
        touched = depends(row)
        if old is not None:
            touched |= depends(old) | self._take_out(old, keep=set(row.lists()))
            if (old.withdrawn, old.letters) != (row.withdrawn, row.letters):
                # How many stand in a list is printed on its newest page.
                touched |= {("list", *key, str(self.pages(key))) for key in row.lists() if key in self.lists}
        self.rows.put(row)
        insort(self.recent[row.kind], _place(row))
        self._count(row, 1)
        for key in row.lists():
            touched |= self._stand_in(key, row.first_index)
        self.size = max(self.size, row.index + 1)
        return touched

    def step_back(self, new: Row, old: Row | None) -> None:
        """Undoes a ``put``: for a press that must find again what a killed one was about to touch."""
        self._take_out(new, keep=set())
        self.rows.remove(new)
        if old is not None:
            self.put(old)

    def _take_out(self, old: Row, keep: set[ListKey]) -> set[Output]:
        touched: set[Output] = set()
        self.recent[old.kind].remove(_place(old))
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
        numbers = self.lists.setdefault(key, array("I"))
        at = bisect_left(numbers, first_index)
        if at < len(numbers) and numbers[at] == first_index:
            return {("list", *key, str(at // PAGE_ROWS + 1))}
        numbers.insert(at, first_index)
        # The page before a new page gets its link to the newer one.
        first = at // PAGE_ROWS + (0 if at % PAGE_ROWS == 0 and at else 1)
        return {("list", *key, str(page)) for page in range(first, _pages(len(numbers)) + 1)}

    def _count(self, row: Row, step: int) -> None:
        if row.withdrawn:
            for key in row.lists():
                self._add(self.gone, key, step)
            return
        self._add(self.states, (row.kind, row.programme, row.status_word, row.status_tone), step)
        self._add(self.months, (row.kind, row.month), step)
        self._count_letters(row.letters, step)

    def _count_letters(self, letters: tuple[int, int, int], step: int) -> None:
        for name, number in zip(_LETTER_COUNTS, letters, strict=True):
            if number:
                self._add(self.letters, name, step * number)

    def _count_all(self) -> None:
        rows = self.rows
        public = [not gone for gone in rows.withdrawn]
        self.states = Counter(compress(zip(*map(rows.column, _STATE), strict=True), public))
        days = Counter(compress(zip(rows.column("kind"), rows.column("first_published_on"), strict=True), public))
        self.months, self.letters, self.gone = Counter(), Counter(), Counter()
        self.gone.update(key for slot, gone in enumerate(rows.withdrawn) if gone for key in rows.at(slot).lists())
        for (kind, day), number in days.items():
            self.months[kind, day[:7]] += number
        for first, letters in rows.letters.items():
            if not rows.withdrawn[bisect_left(rows.firsts, first)]:
                self._count_letters(letters, 1)

    @staticmethod
    def _add(counter: Counter[Any], key: Any, step: int) -> None:
        counter[key] += step
        if not counter[key]:
            del counter[key]

    # ---- asking ----

    def page(self, key: ListKey, number: int) -> list[Row]:
        """The rows of page ``number`` (from 1), newest first; empty when there is no such page."""
        numbers = self.lists.get(key, _EMPTY)[(number - 1) * PAGE_ROWS : number * PAGE_ROWS]
        return [self.rows.first(each) for each in reversed(numbers)]

    def pages(self, key: ListKey) -> int:
        return _pages(len(self.lists.get(key, _EMPTY)))

    def standing(self, key: ListKey) -> int:
        """How many records of a list are public today: its slots without the withdrawn ones."""
        return len(self.lists.get(key, _EMPTY)) - self.gone[key]

    def newest_of(self, key: ListKey, count: int = PAGE_ROWS) -> list[Row]:
        """The newest rows of a list: a page full, however many stand on the newest page itself."""
        return [self.rows.first(each) for each in reversed(self.lists.get(key, _EMPTY)[-count:])]

    def latest(self, kind: str, count: int = LATEST_ROWS) -> list[Row]:
        """The records of a kind that changed last, withdrawn ones left out, newest first."""
        found: list[Row] = []
        for place in reversed(self.recent[kind]):
            row = self.rows.first(place & _FIRST)
            if not row.withdrawn:
                found.append(row)
                if len(found) == count:
                    break
        return found

    def newest(self) -> Row | None:
        """The record with the highest log index; None: nothing was published yet."""
        places = [places[-1] for places in self.recent.values() if places]
        return self.rows.first(max(places) & _FIRST) if places else None

    def years(self, kind: str) -> list[str]:
        """Years with records of this kind, newest first."""
        return sorted({key[1] for key in self.lists if key[0] == kind and key[1] != EVERY_YEAR}, reverse=True)

    def facet(self, kind: str, year: str, facet: str) -> list[tuple[str, int]]:
        """Values of a facet with the number of public records, most first; months newest first."""
        found = [(key[3], self.standing(key)) for key in self.lists if key[:3] == (kind, year, facet)]
        if facet == "month":
            return sorted(found, reverse=True)
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def outputs(self) -> Iterator[Output]:
        """Every output of the site but the record pages, for a full build."""
        yield ("home",)
        for kind in KINDS:
            yield ("section", kind)
        for month in {key[3] for key in self.lists if key[2] == "month"}:
            yield ("month", month)
        for key, numbers in self.lists.items():
            if not key[2] and key[1] != EVERY_YEAR:
                yield ("year", key[0], key[1])
            for page in range(1, _pages(len(numbers)) + 1):
                yield ("list", *key, str(page))

    # ---- keeping ----

    def to_lines(self) -> Iterator[Any]:
        """The size; then the rows, as ``Rows.to_lines`` writes them."""
        yield {"size": self.size}
        yield from self.rows.to_lines()

    @classmethod
    def from_lines(cls, lines: Iterator[Any]) -> Catalogue:
        """Raises ValueError when the lines are not whole, or were written by another version of this file."""
        head = next(lines, None)
        if not isinstance(head, dict) or "size" not in head:
            raise ValueError("another version's catalogue")
        catalogue = cls()
        catalogue.rows.take_lines(lines)
        catalogue.arrange()
        catalogue.size = head["size"]
        return catalogue


_LETTER_COUNTS = ("settled", "for_now", "unsettled")
_STATE = ("kind", "programme", "status_word", "status_tone")
_AT_ONCE = 2_000
_EMPTY = array("I")
_FIRST = 0xFFFFFFFF


def _place(row: Row) -> int:
    """Latest and first index in one number, so that rows are ordered by the one and found by the other."""
    return row.index << 32 | row.first_index


def row_from(values: list[Any]) -> Row:
    """A row from its plain JSON list."""
    return Row._make((*values[:-1], tuple(values[-1])))


def depends(row: Row) -> set[Output]:
    """The outputs that name this record outside numbered lists: its page, its year, its month, its section, the home page.

    The numbered list pages it stands on depend on the others' slots too; ``Catalogue.put`` adds them.
    """
    return {("record", row.kind, row.id), ("year", row.kind, row.year), ("month", row.month), ("section", row.kind), ("home",)}


def _pages(rows: int) -> int:
    return -(-rows // PAGE_ROWS)
