"""Copies the rows of a lived letter as those of another: new ids, other days, place, unit, types and words; all else as it was.

Every row is compiled once, to its constant values and the places that change, both as the loader of the engine writes them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table

from moderation.bench.bulk import Written
from moderation.bench.lives import Life, Row
from moderation.casework.letters import NEVER
from portal.core.vocabulary import PollutionType

_FIRST = date(2015, 1, 1).toordinal()
_DAYS = tuple(date.fromordinal(_FIRST + each).isoformat() for each in range(365 * 30))
LONG = 12
_DUE = frozenset({"letter", "letter_type", "letter_assignment", "letter_deadline"})
_TYPES = frozenset({("letter", "main_type"), ("letter_type", "type"), ("rectification_task", "main_type")})
# Columns with words of their own in every letter, and where those are found in what is wanted.
_OWN = {
    ("letter_text", "summary"): "summary", ("letter_text", "place"): "place", ("letter_text", "target"): "target",
    ("letter_claim", "text"): "claim", ("letter_search", "grams"): "grams", ("letter_search", "marks"): "marks",
    ("rectification_task", "problem"): "summary", ("rectification_task", "number"): "serial", ("letter", "duplicate_of"): "lead",
    ("letter", "batch_id"): "batch", ("supervision_paper", "serial"): "serial",
}  # fmt: skip


def day_number(day: date) -> int:
    """The number of a day, as :class:`Wanted` counts."""
    return day.toordinal() - _FIRST


def fresh_id(chance: random.Random) -> str:
    """Sixteen characters of the alphabet of `new_id`, but quick."""
    return f"{chance.getrandbits(64):016x}"


@dataclass(slots=True)
class Wanted:
    """One letter to be made. ``units`` and ``types``: as many as the life that is copied has."""

    day: int
    due: int
    region: str
    units: Sequence[str]
    types: Sequence[PollutionType]
    number: str
    summary: str
    claim: str
    place: str
    target: str
    grams: str
    marks: str
    lead: str
    serial: int
    batch: str


Make = Callable[[Wanted, list[Any]], Any]


@dataclass(frozen=True)
class Plan:
    """How rows of one table are made from a letter's values. ``places``: column of the row, slot of the value."""

    table: str
    constant: list[Any]
    places: tuple[tuple[int, int], ...]


def columns_of(table: Table) -> tuple[str, ...]:
    """The columns a copy fills: all but the running numbers of the database."""
    return tuple(column.name for column in table.columns if column.autoincrement is not True)


class Stamp:
    """Makes the rows of one more letter like ``life``. ``staff``: whose names stand for those of the people who acted in it."""

    def __init__(self, life: Life, staff: Mapping[str, str], written: Written, chance: random.Random) -> None:
        self.life, self.written, self.chance = life, written, chance
        letter = life.letter
        self._begun: date = letter["received_on"]
        self._due: date = letter["due_on"]
        self._staff = staff
        parts = [row.values for row in life.rows if row.table.name == "letter_assignment"]
        self.units = tuple(dict.fromkeys([letter["unit_id"], *(part["unit_id"] for part in parts)])) if letter["unit_id"] else ()
        types = [row.values["type"] for row in life.rows if row.table.name == "letter_type"]
        self.types = tuple(dict.fromkeys([letter["main_type"], *types]))
        self.year_of_task = next((row.values["starts_on"] for row in life.rows if row.table.name == "rectification_task"), None)
        self.batch_after = self._after(letter["assigned_on"]) if letter["batch_id"] else None
        self.task_after = self._after(self.year_of_task) if self.year_of_task else None
        self.open_parts = tuple(part["unit_id"] for part in parts if part["ended_at"] is None)
        self._slots: dict[object, int] = {}
        self._makes: list[Make] = []
        self._tokens = self._all_tokens()
        self._token = _pattern(self._tokens)
        self.letter_slot = self._slot(("id", letter["id"]))
        self.plans = tuple(self._plan(row) for row in life.rows)

    def _after(self, day: date) -> int:
        return (day - self._begun).days

    def rows(self, wanted: Wanted) -> Iterator[tuple[str, list[Any]]]:
        """The rows, table by table, in the order in which the verbs wrote each table."""
        values: list[Any] = []
        for make in self._makes:
            values.append(make(wanted, values))
        self.letter_id = values[self.letter_slot]
        for plan in self.plans:
            row = plan.constant.copy()
            for column, slot in plan.places:
                row[column] = values[slot]
            yield plan.table, row

    # ---- compiling ----

    def _all_tokens(self) -> dict[str, tuple[Any, ...]]:
        """What stands for this letter in any text: ids, its number, its units, the people who acted."""
        tokens: dict[str, tuple[Any, ...]] = {}
        for row in self.life.rows:
            for name in ("id", "report_id", "statement_id"):
                if isinstance(value := row.values.get(name), str) and value:
                    tokens[value] = ("id", value)
        for row in self.life.rows:
            if row.table.name == "rectification_task":
                tokens[row.values["id"]], tokens[row.values["plan_id"]] = ("task",), ("plan",)
        if number := self.life.letter["number"]:
            tokens[number] = ("number",)
        tokens |= {unit: ("unit", place) for place, unit in enumerate(self.units)}
        return tokens | {old: ("constant", new) for old, new in self._staff.items()}

    def _slot(self, key: Any) -> int:
        if key not in self._slots:
            make = self._make(key)
            self._slots[key] = len(self._makes)
            self._makes.append(make)
        return self._slots[key]

    def _make(self, key: Any) -> Make:
        written, chance = self.written, self.chance
        match key:
            case ("id", _):
                return lambda _w, _v: f"{chance.getrandbits(64):016x}"
            case ("day", int(after)):
                return lambda w, _v: _DAYS[w.day + after]
            case ("moment", int(after), tail):
                return lambda w, _v: f"{_DAYS[w.day + after]} {tail}"
            case ("due",):
                return lambda w, _v: _DAYS[w.due]
            case ("blob", int(length), _):
                return written.blobs(chance, length)
            case ("unit", int(place)):
                return lambda w, _v: w.units[place]
            case ("type", int(place)):
                return lambda w, _v: w.types[place].value
            case ("plan",):
                return lambda w, _v: f"xf-{_DAYS[w.day + (self.task_after or 0)][:4]}"
            case ("task",):
                return lambda w, _v: f"xf-{_DAYS[w.day + (self.task_after or 0)][:4]}-{w.serial:03d}"
            case ("serial",):
                return lambda w, _v: written.plain(w.serial)
            case ("text", str(template), tuple(slots)):
                return lambda _w, v: template % tuple([v[slot] for slot in slots])
            case (str(name),):
                return lambda w, _v: getattr(w, name)
        raise KeyError(key)

    def _plan(self, row: Row) -> Plan:
        constant: list[Any] = []
        places: list[tuple[int, int]] = []
        for column, name in enumerate(columns_of(row.table)):
            key = self._key(row, name, row.values[name])
            if isinstance(key, tuple):
                places.append((column, self._slot(key)))
                constant.append(None)
            else:
                constant.append(self.written.plain(key))
        return Plan(row.table.name, constant, tuple(places))

    def _key(self, row: Row, name: str, value: Any) -> Any:
        """The slot key of a value, or the constant it is."""
        if isinstance(value, bytes):
            return ("blob", len(value), object()) if value else value
        if isinstance(value, datetime):
            return "moment", self._after(value.date()), f"{value:%H:%M:%S.%f}"
        if isinstance(value, date):
            return self._day(row, name, value)
        if value in (None, "") or isinstance(value, bool):
            return value
        table = row.table.name
        if (table, name) in _OWN:
            return (_OWN[table, name],)
        if not isinstance(value, str):
            return value
        if (table, name) in _TYPES:
            return "type", self.types.index(value)
        if name == "region_code":
            return ("region",)
        return self._text(value)

    def _day(self, row: Row, name: str, value: date) -> Any:
        if value == NEVER:
            return value.isoformat()
        # A deadline that has ended keeps its day; the copy a unit's part keeps of the letter's own day goes with the letter.
        ended = row.table.name == "letter_deadline" and row.values.get("ended_at")
        runs = row.table.name in _DUE and name == "due_on" and value == self._due and not ended
        return ("due",) if runs else ("day", self._after(value))

    def _text(self, value: str) -> Any:
        """A text in which ids, days, units and people stand: a template with its slots, or the constant it is."""
        pieces: list[str | None] = []
        slots: list[int] = []
        at = 0
        for found in self._token.finditer(value):
            key = self._token_key(found.group())
            pieces.append(value[at : found.start()])
            pieces.append(key if isinstance(key, str) else None)
            if not isinstance(key, str):
                slots.append(self._slot(key))
            at = found.end()
        pieces.append(value[at:])
        if not slots:
            return "".join(each or "" for each in pieces)
        return "text", "".join("%s" if each is None else self._piece(each) for each in pieces), tuple(slots)

    def _token_key(self, word: str) -> Any:
        """The slot key of a word, or the word that stands for it."""
        key = self._tokens.get(word)
        if key is None:
            return word if word == NEVER.isoformat() else ("day", self._after(date.fromisoformat(word)))
        return key[1] if key[0] == "constant" else key

    def _piece(self, text: str) -> str:
        return str(self.written.plain(text)).replace("%", "%%")


def _pattern(tokens: Iterable[str]) -> re.Pattern[str]:
    """Long tokens wherever they stand, short ones as words of their own, and days."""
    longest_first = sorted(tokens, key=len, reverse=True)
    long, short = (
        "|".join(re.escape(each) for each in longest_first if (len(each) >= LONG) is wanted) or "(?!)" for wanted in (True, False)
    )
    return re.compile(rf"{long}|(?<![A-Za-z0-9_-])(?:{short})(?![A-Za-z0-9_-])|\d{{4}}-\d\d-\d\d")
