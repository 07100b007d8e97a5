"""Reads tables of tasks: heading rows, merged cells, one row or several a task, and cards of label and value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from moderation.rectification.deadlines import number_of
from moderation.rectification.documents import Document, Table
from moderation.rectification.layout import Mark, field_named, heading_fields, mark_at


@dataclass(frozen=True)
class Piece:
    """A part of a line: a label, a mark, or text that belongs to what came before it."""

    line: int
    start: int
    end: int
    label: str | None = None
    mark: Mark | None = None
    furniture: bool = False
    glued: bool = False
    label_head: bool = False
    card_start: bool = False

    @property
    def is_text(self) -> bool:
        return self.label is None and self.mark is None and not self.furniture and not self.label_head


@dataclass
class TaskRow:
    """An item read from one or more rows of a table; values are the numbers of its cells."""

    printed: str
    value: int | None
    group: str
    number_cells: list[int] = field(default_factory=list)
    fields: dict[str, list[int]] = field(default_factory=dict)
    odd: list[tuple[str, str, int]] = field(default_factory=list)
    sinks: list[tuple[int, str]] = field(default_factory=list)

    def add(self, name: str, cell: int) -> None:
        cells = self.fields.setdefault(name, [])
        if cell not in cells:
            cells.append(cell)


def read_tables(document: Document) -> tuple[list[TaskRow], frozenset[int], dict[int, tuple[Piece, ...]]]:
    """(items in tables, lines that tables account for, pieces of card tables by the line where the card begins)."""
    rows: list[TaskRow] = []
    taken: set[int] = set()
    cards: dict[int, tuple[Piece, ...]] = {}
    for table in document.tables:
        reader = _ListReader(document, table)
        if reader.heading is not None:
            rows += reader.read()
            taken |= table.numbers()
        elif pieces := _card(document, table):
            cards[min(table.numbers())] = pieces
            taken |= table.numbers()
    return rows, frozenset(taken), cards


class _ListReader:
    """One table whose columns are fields and whose rows are tasks, or parts of tasks."""

    def __init__(self, document: Document, table: Table) -> None:
        self.document, self.table = document, table
        self.heading, self.columns = self._find_heading()
        self.items: list[TaskRow] = []
        self.group = ""
        self.lost: list[tuple[int, str]] = []

    def _texts(self, row: tuple[int | None, ...]) -> list[str]:
        return [self.document.text(number) if number is not None else "" for number in row]

    def _find_heading(self) -> tuple[int | None, dict[int, str]]:
        for position, row in enumerate(self.table.rows[:12]):
            named = heading_fields(self._texts(row))
            if named is not None:
                return self._second_row(position, row, named)
        return None, {}

    def _second_row(self, position: int, row: tuple[int | None, ...], named: dict[int, str]) -> tuple[int, dict[int, str]]:
        """A heading of two rows: the columns that reach down keep their name, the others take the lower one."""
        if position + 1 < len(self.table.rows):
            below = self.table.rows[position + 1]
            shared = [c for c, number in enumerate(below) if number is not None and number == row[c]]
            fresh = {c: f for c, number in enumerate(below) if number != row[c] and (f := field_named(self._texts(below)[c]))}
            if shared and fresh:
                return position + 1, {**self._titles(row, named), **self._titles(below, fresh, only_new=row)}
        return position, self._titles(row, named)

    def _titles(
        self, row: tuple[int | None, ...], named: dict[int, str], *, only_new: tuple[int | None, ...] = ()
    ) -> dict[int, str]:
        """Every column its field; a column with a heading the reader does not know is kept under that heading.

        ``only_new``: the heading row above; its cells that reach down to here are named already.
        """
        titles = {}
        for column, words in enumerate(self._texts(row)):
            if column < len(only_new) and row[column] == only_new[column]:
                continue
            bare = re.sub(r"\s", "", words)
            if column in named:
                titles[column] = named[column]
            elif bare:
                titles[column] = f"extra:{bare}"
        return titles

    def read(self) -> list[TaskRow]:
        assert self.heading is not None
        for row in self.table.rows[: self.heading + 1]:
            self._lose(row, "heading")
        previous: tuple[int | None, ...] | None = None
        for row in self.table.rows[self.heading + 1 :]:
            self._row(row, previous)
            previous = row
        if self.items:
            self.items[0].sinks += self.lost
        return self.items

    def _lose(self, row: tuple[int | None, ...], kind: str) -> None:
        self.lost += [(number, kind) for number in dict.fromkeys(row) if number is not None]

    def _row(self, row: tuple[int | None, ...], previous: tuple[int | None, ...] | None) -> None:
        texts = self._texts(row)
        distinct = {number for number in row if number is not None and self.document.text(number).strip()}
        if not distinct:
            return
        if len(distinct) == 1 and len(row) > 2 and self._is_heading(texts):
            self.group = next(text.strip() for text in texts if text.strip())
            self._lose(row, "heading")
        elif heading_fields(texts) is not None:
            self._lose(row, "heading")
        elif re.match(r"\s*(?:合\s*计|总\s*计|小\s*计|注[：:]|说明[：:])", next(text for text in texts if text.strip())):
            self._lose(row, "stray")
        else:
            self._task(row, previous)

    def _is_heading(self, texts: list[str]) -> bool:
        """One cell over the whole row, or alone in its first columns."""
        filled = [column for column, text in enumerate(texts) if text.strip()]
        return len(filled) == len(texts) or (
            filled == [0] and self.columns.get(0) == "number" and number_of(texts[0].strip()) is None
        )

    def _task(self, row: tuple[int | None, ...], previous: tuple[int | None, ...] | None) -> None:
        item = self._same_item(row, previous) or self._new_item(row)
        for column, number in enumerate(row):
            if number is None or not self.document.text(number).strip():
                continue
            name = self.columns.get(column, f"extra:第{column + 1}列")
            if name == "number":
                item.number_cells = [*dict.fromkeys([*item.number_cells, number])]
            else:
                item.add(name, number)

    def _column(self, name: str) -> int | None:
        return next((column for column, field_name in self.columns.items() if field_name == name), None)

    def _same_item(self, row: tuple[int | None, ...], previous: tuple[int | None, ...] | None) -> TaskRow | None:
        """The item this row goes on with: its number (or problem) cell reaches down to here, or is empty."""
        if not self.items or previous is None:
            return None
        task = self._column("task")
        if task is not None and row[task] != previous[task] and self._filled(row[task]):
            return None
        key = self._column("number")
        key = key if key is not None else self._column("problem")
        if key is None:
            return None
        if row[key] is not None and row[key] == previous[key]:
            return self.items[-1]
        if self._filled(row[key]):
            return None
        item = self.items[-1]
        place = self.document.lines[next(n for n in row if n is not None and self._filled(n)) - 1]
        item.odd.append(("continued_row", "表格里有一行没有序号，按上一项的续行读入，请核对", place.number))
        return item

    def _filled(self, number: int | None) -> bool:
        return number is not None and bool(self.document.text(number).strip())

    def _new_item(self, row: tuple[int | None, ...]) -> TaskRow:
        column = self._column("number")
        printed = self.document.text(row[column] or 0).strip() if column is not None and self._filled(row[column]) else ""
        item = TaskRow(printed, _value(printed), self.group)
        self.items.append(item)
        return item


def _value(printed: str) -> int | None:
    words = printed.strip(" 　.．、）)（(")
    mark = mark_at(printed)
    return number_of(words) if number_of(words) is not None else (mark.value if mark else None)


def _card(document: Document, table: Table) -> tuple[Piece, ...]:
    """A table that is one task (or several below each other): label cells with their values beside them."""
    pieces: list[Piece] = []
    labels = 0
    for label, number in _card_cells(document, table):
        if label:
            starts = labels == 0 or (label in {"number", "problem"} and _already(pieces, label))
            pieces.append(Piece(number, 0, len(document.text(number)), label=label, card_start=starts))
            labels += 1
        else:
            pieces.append(Piece(number, 0, len(document.text(number))))
    return tuple(pieces) if labels >= 3 else ()


def _card_cells(document: Document, table: Table) -> Iterator[tuple[str | None, int]]:
    seen: set[int] = set()
    for row in table.rows:
        for number in row:
            if number is not None and number not in seen:
                seen.add(number)
                yield field_named(document.text(number)), number


def _already(pieces: list[Piece], label: str) -> bool:
    since: list[str | None] = []
    for piece in pieces:
        since = [] if piece.card_start else since
        since.append(piece.label)
    return label in since
