"""Reads an official 整改方案 into items. Knows layout, not law, not the database. Never guesses, never drops."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from moderation.rectification import anomalies
from moderation.rectification.campaigns import read_campaign
from moderation.rectification.deadlines import number_of, read_deadline
from moderation.rectification.documents import Document, read_text
from moderation.rectification.layout import (
    CLOSING,
    FIELD_OF_LABEL,
    FURNITURE,
    PROSE,
    Mark,
    bare_label,
    label_at_start,
    label_glued,
    label_in_line,
    mark_at,
)
from moderation.rectification.lists import MeasureText, split_measures, split_names, split_units
from moderation.rectification.plan import FieldText, Header, Placement, Plan, PlanItem, Span, Unread, covered_characters
from moderation.rectification.plan_tables import Piece, TaskRow, read_tables

REASONS = {
    "front_matter": "第一项任务之前的文字",
    "heading": "标题",
    "closing": "任务之后的落款、印发等文字",
    "page_number": "页码",
    "duplicate_label": "本项里已经有这个栏目，多出的文字没有归入",
    "stray": "放不进任何一项",
}


def read_plan(source: str | Document, *, base: date | None = None) -> Plan:
    """The plan in ``source`` (text, or a document opened by ``documents``).

    ``base`` is the day that spans like 三个月内 count from, where somebody knows it; without it they are asked.
    """
    document = read_text(source) if isinstance(source, str) else source
    rows, in_tables, cards = read_tables(document)
    stream = _Stream(document, in_tables, cards)
    walk = _Walk(document, stream)
    walk.run()
    for row in rows:
        walk.take_row(row)
    drafts = sorted(walk.drafts, key=lambda draft: draft.first_line())
    placements = list(walk.placements(drafts))
    unread = _unread(document, placements, walk.sinks, first=min((d.first_line() for d in drafts), default=None))
    header = _header(document, drafts)
    items = _settle(drafts, base)
    if not items and (campaign := read_campaign(document)) is not None:
        return replace(campaign, anomalies=anomalies.find(campaign, ()))
    plan = Plan(document, header, items, unread, tuple(placements))
    return Plan(document, header, items, unread, tuple(placements), anomalies.find(plan, walk.remarks(drafts, items)))


@dataclass
class _Draft:
    """An item while it is being read: the pieces of each field, in order."""

    printed: str
    value: int | None
    group: str = ""
    marker: tuple[Span, ...] = ()
    labels: list[Span] = field(default_factory=list)
    fields: dict[str, list[Span]] = field(default_factory=dict)
    shared: dict[str, list[Span]] = field(default_factory=dict)
    odd: list[tuple[str, str, int]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    cell_texts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def first_line(self) -> int:
        spans = [*self.marker, *self.labels, *(span for spans in self.fields.values() for span in spans)]
        return min((span.line for span in spans), default=0)


class _Stream:
    """The document as pieces: labels, marks and text, and which marks begin an item."""

    def __init__(self, document: Document, in_tables: frozenset[int], cards: dict[int, tuple[Piece, ...]]) -> None:
        self.document = document
        self.width = _wrapped_width(document, in_tables)
        self.pieces: list[Piece] = []
        self._field: str | None = None
        for line in document.lines:
            if line.number in cards:
                self.pieces += cards[line.number]
            elif line.number not in in_tables:
                self._cut_line(line.number, line.text)
        self._join_wrapped_labels()
        layout = _learn_layout(self.pieces)
        self.style, self.opening = layout.style, layout.opening
        self.starts = _item_starts(self.pieces, layout)

    def _cut_line(self, number: int, text: str) -> None:
        """Cuts one line at its labels, and at the number of a next item glued to a short field."""
        if FURNITURE.fullmatch(text):
            self.pieces.append(Piece(number, 0, len(text), furniture=True))
            return
        position = 0
        mark = mark_at(text)
        label = label_at_start().match(text)
        if label and (label["alone"] is None or not label["ordinal"]) and not (mark and mark.style in {"problem", "task"}):
            name = label["name"] or label["framed"] or label["alone"]
            self._field = FIELD_OF_LABEL[re.sub(r"\s", "", name)]
            opens = mark if label["ordinal"] and self._field in {"problem", "task"} else None
            self.pieces.append(Piece(number, 0, label.end(), label=self._field, mark=opens))
            position = label.end()
        elif mark:
            self._field = "problem"
            self.pieces.append(Piece(number, 0, mark.end, mark=mark))
            position = mark.end
        elif bare := bare_label(text):
            self._field = FIELD_OF_LABEL[re.sub(r"\s", "", bare["name"])]
            self.pieces.append(Piece(number, 0, bare.end(), label=self._field))
            position = bare.end()
        self._cut_rest(number, text, position)

    def _cut_rest(self, number: int, text: str, position: int) -> None:
        while position < len(text):
            pattern = label_glued() if self._field not in PROSE and self._field is not None else label_in_line()
            label = pattern.search(text, position)
            glued = self._glued_item(text, position, label.start() if label else len(text))
            if glued:
                at, mark = glued
                self._text(number, text, position, at)
                self.pieces.append(Piece(number, at, mark.end, mark=mark, glued=True))
                self._field, position = "problem", mark.end
            elif label:
                self._text(number, text, position, label.start())
                self._field = FIELD_OF_LABEL[re.sub(r"\s", "", label["name"])]
                self.pieces.append(Piece(number, label.start(), label.end(), label=self._field))
                position = label.end()
            else:
                self._text(number, text, position, len(text))
                position = len(text)

    def _glued_item(self, text: str, position: int, limit: int) -> tuple[int, Mark] | None:
        if self._field is None or self._field in PROSE:
            return None
        match = _GLUED_MARK.search(text, position, limit)
        mark = mark_at(text, match.start()) if match and match.start() > position else None
        return (match.start(), mark) if match and mark else None

    def _text(self, number: int, text: str, start: int, end: int) -> None:
        if text[start:end].strip():
            self.pieces.append(Piece(number, start, end))

    def _join_wrapped_labels(self) -> None:
        """A label broken over two lines ("责任单" / "位：…") is one label."""
        joined: list[Piece] = []
        position = 0
        while position < len(self.pieces):
            pair = self._wrapped(position)
            joined += pair or [self.pieces[position]]
            position += 2 if pair else 1
        self.pieces = joined

    def _wrapped(self, position: int) -> list[Piece] | None:
        if position + 1 >= len(self.pieces):
            return None
        first, second = self.pieces[position], self.pieces[position + 1]
        whole_label = second.label is not None and second.start == 0 and second.mark is None
        if not first.is_text or not (second.is_text or whole_label):
            return None
        head = self.document.text(first.line)[first.start : first.end].strip()
        if not 1 <= len(head) <= 6:
            return None
        tail = self.document.text(second.line)[second.start :]
        label = label_glued().match(head + tail.lstrip())
        if label is None or label.end() <= len(head):
            return None
        cut = second.start + len(tail) - len(tail.lstrip()) + label.end() - len(head)
        name = FIELD_OF_LABEL[re.sub(r"\s", "", label["name"])]
        pieces = [
            Piece(first.line, first.start, first.end, label_head=True),
            Piece(second.line, second.start, cut, label=name),
        ]
        rest = second.is_text and tail[cut - second.start : second.end - second.start].strip()
        return [*pieces, Piece(second.line, cut, second.end)] if rest else pieces


_GLUED_MARK = re.compile(r"(?<=[前底日进持内。；;）)位府人领导])\s*\d{1,4}\s*[.．、](?=[\u4e00-\u9fff“《])")


def _wrapped_width(document: Document, in_tables: frozenset[int]) -> int | None:
    """The page width of a text whose paragraphs are broken into lines; None where a line is a paragraph.

    Broken lines crowd at the right edge: at least three, and a tenth of all, end within two characters of the longest.
    """
    widths = [len(line.text.rstrip()) for line in document.lines if line.number not in in_tables and line.text.strip()]
    longest = max(widths, default=0)
    if not 15 <= longest <= 64:
        return None
    full = sum(1 for one in widths if one >= longest - 2)
    return longest if full >= max(3, len(widths) // 10) else None


@dataclass(frozen=True)
class _Layout:
    """``style`` of the item numbers, the label that mostly opens an item, and whether measures are numbered in the same style."""

    style: str | None
    opening: str | None
    shared: bool


def _learn_layout(pieces: list[Piece]) -> _Layout:
    """The style whose marks stand right before labels and count on; of two that do, the one that comes first."""
    runs: Counter[str] = Counter()
    last: dict[str, int] = {}
    openings: dict[str, Counter[str]] = {}
    nearest: Mark | None = None
    for piece in pieces:
        if piece.mark and not piece.mark.doubtful:
            nearest = piece.mark
        if piece.label and nearest is not None:
            openings.setdefault(nearest.style, Counter())[piece.label] += 1
            if nearest.value in {1, last.get(nearest.style, nearest.value - 1) + 1}:
                runs[nearest.style] += 1
            last[nearest.style], nearest = nearest.value, None
    if not runs:
        return _Layout(None, next((piece.label for piece in pieces if piece.label), None), False)
    style = max(runs, key=lambda name: runs[name])
    return _Layout(style, openings[style].most_common(1)[0][0], _shared_with_measures(pieces, style))


def _shared_with_measures(pieces: list[Piece], style: str) -> bool:
    label: str | None = None
    for piece in pieces:
        label = piece.label or label
        if piece.mark and piece.mark.style == style and piece.mark.value == 1 and label == "measures":
            return True
    return False


def _item_starts(pieces: list[Piece], layout: _Layout) -> frozenset[int]:
    """Positions of the marks that begin an item: the next in the row before a label; where measures are numbered alike,
    the label must be one that opens items or that this item already had."""
    following = _next_label(pieces, layout.style)
    starts: set[int] = set()
    seen: set[str] = set()
    expected: int | None = None
    for position, piece in enumerate(pieces):
        if piece.mark and piece.mark.style == layout.style:
            label = following[position]
            fits = piece.mark.value == expected or (expected is None and piece.mark.value == 1)
            opens = label is not None and (label == layout.opening or label in seen or (fits and not layout.shared))
            bare = label is None and fits and not piece.glued and bool(seen - PROSE)
            if (opens or bare) and (fits or not (piece.mark.doubtful or piece.glued)):
                starts.add(position)
                seen, expected = set(), piece.mark.value + 1
        if piece.label:
            seen.add(piece.label)
    return frozenset(starts)


def _next_label(pieces: list[Piece], style: str | None) -> list[str | None]:
    """For each piece, the first label after it and before the next mark of ``style``."""
    result: list[str | None] = [None] * len(pieces)
    label: str | None = None
    for position in range(len(pieces) - 1, -1, -1):
        piece = pieces[position]
        if piece.label:
            label = piece.label
        result[position] = label
        if piece.mark and piece.mark.style == style and not piece.mark.doubtful:
            label = None
    return result


class _Walk:
    """Goes through the pieces once and gives each to an item, or to a sink that says why not."""

    def __init__(self, document: Document, stream: _Stream) -> None:
        self.document, self.stream = document, stream
        self.cells = frozenset(number for table in document.tables for number in table.numbers())
        self.drafts: list[_Draft] = []
        self.sinks: list[tuple[Span, str]] = []
        self.draft: _Draft | None = None
        self.field = ""
        self.sink: str | None = "front_matter"
        self.group: list[Span] = []
        self.shared_problem: list[Span] = []
        self.head: list[Span] = []
        self.headings: dict[str, int] = {}
        self.labels_follow = self._labels_follow()

    def _labels_follow(self) -> list[bool]:
        """For each piece: does its item go on with another label before the next item begins?"""
        result, follows = [False] * len(self.stream.pieces), False
        for position in range(len(self.stream.pieces) - 1, -1, -1):
            piece = self.stream.pieces[position]
            result[position] = follows
            if position in self.stream.starts or piece.card_start:
                follows = False
            elif piece.label:
                follows = True
        return result

    def run(self) -> None:
        for position, piece in enumerate(self.stream.pieces):
            span = Span(piece.line, piece.start, piece.end)
            if piece.furniture:
                self.sinks.append((span, "page_number"))
            elif piece.label_head:
                self.head = [span]
            elif position in self.stream.starts:
                self._start(piece)
            elif piece.label:
                self._label(piece, span, position)
            else:
                self._text(piece, span, position)

    def _start(self, piece: Piece) -> None:
        assert piece.mark is not None
        mark = piece.mark
        marker = Span(piece.line, piece.start, piece.end)
        if not self.drafts:
            self.group = self._heading_right_before(span_line=piece.line)
        self.draft = _Draft(mark.printed, mark.value, self._text_of(self.group), (marker,))
        self.field = "task" if mark.style == "task" else "problem"
        if mark.style == "task" and self.shared_problem:
            self.draft.shared["problem"] = list(self.shared_problem)
        if piece.label:
            self.field = piece.label
        self.sink = None
        self.drafts.append(self.draft)

    def _label(self, piece: Piece, span: Span, position: int) -> None:
        assert piece.label is not None
        spans, self.head = [*self.head, span], []
        if piece.card_start or (self.draft is None and self.stream.style is None):
            self._unnumbered(piece.label, card=piece.card_start)
        if self.draft is None:
            self._lose(spans, "front_matter")
        elif piece.label in self.draft.fields or (piece.label == self.field and self.draft.labels):
            self._again(piece, spans, position)
        else:
            self.draft.labels += spans
            self.draft.fields.setdefault(piece.label, [])
            self.field, self.sink = piece.label, None

    def _unnumbered(self, label: str, *, card: bool) -> None:
        before = self.draft
        self.draft = _Draft("", None, self._text_of(self.group))
        if not card and before is not None:
            self.draft.odd.append(("no_number", "这一项没有序号，请核对是否同一问题的另一项任务", 0))
            if label == "task" and (problem := before.fields.get("problem") or before.shared.get("problem")):
                self.draft.shared["problem"] = list(problem)
        self.drafts.append(self.draft)

    def _again(self, piece: Piece, spans: list[Span], position: int) -> None:
        """A label the item already has: junk, a new item without a number, or a second value that is not ours to merge."""
        assert self.draft is not None
        assert piece.label is not None
        following = self.stream.pieces[position + 1] if position + 1 < len(self.stream.pieces) else None
        has_value = following is not None and following.is_text and following.line == piece.line
        if piece.label == self.stream.opening and has_value:
            self._unnumbered(piece.label, card=False)
            assert self.draft is not None
            self.draft.labels += spans
            self.draft.fields[piece.label] = []
            self.field, self.sink = piece.label, None
            return
        words = self._text_of(spans)
        self.draft.odd.append(("glued_label", f"“{words}”多出来一次，没有归入任何栏目", piece.line))
        self._lose(spans, "duplicate_label")
        if has_value:
            self.sink = "duplicate_label"

    def _lose(self, spans: Iterable[Span], kind: str) -> None:
        self.sinks += [(span, kind) for span in spans]

    def _text(self, piece: Piece, span: Span, position: int) -> None:
        text = self.document.text(piece.line)[piece.start : piece.end]
        whole = self.document.text(piece.line)
        if self.draft is None:
            self._front(piece, span)
        elif self.sink in {"heading", "problem_heading", "closing"} or not self.labels_follow[position]:
            self._at_item_end(piece, span, text, whole, position)
        elif self.sink:
            self._lose([span], self.sink)
        else:
            self.draft.fields.setdefault(self.field, []).append(span)

    def _heading_right_before(self, *, span_line: int) -> list[Span]:
        """The heading of the first section, where it is one short line directly above the first item."""
        lines = {span.line for span in self.group}
        between = [line for line in self.document.lines[: span_line - 1] if line.text.strip()]
        fits = len(lines) == 1 and bool(between) and between[-1].number in lines
        return self.group if fits and len(self._text_of(self.group)) <= 40 else []

    def _front(self, piece: Piece, span: Span) -> None:
        self._lose([span], "front_matter")
        if not piece.mark and self.headings and self.sink != "problem_heading":
            self.group.append(span)
        if piece.mark:
            self.headings[piece.mark.style] = piece.mark.value
            self.group = [] if piece.mark.style != "problem" else self.group
            self.shared_problem = []
            self.sink = "problem_heading" if piece.mark.style == "problem" else "front_matter"
        elif self.sink == "problem_heading":
            self.sinks.pop()
            self.shared_problem.append(span)

    def _at_item_end(self, piece: Piece, span: Span, text: str, whole: str, position: int) -> None:
        """After the last label of an item a line may be its own, a heading of the next items, or the end of the plan."""
        assert self.draft is not None
        if piece.mark and self._is_heading(piece.mark, position):
            self.headings[piece.mark.style] = piece.mark.value
            self.sink = "problem_heading" if piece.mark.style == "problem" else "heading"
            self.shared_problem, self.group = [], []
            self._lose([span], "heading")
        elif self.sink == "problem_heading":
            self.shared_problem.append(span)
        elif self.sink == "heading":
            self.group.append(span)
            self._lose([span], "heading")
        elif self.sink == "closing" or (CLOSING.fullmatch(whole) and piece.end == len(whole) and self._ends(position)):
            self.sink = "closing"
            self._lose([span], "closing")
        elif self.sink:
            self._lose([span], self.sink)
        elif self._continues(text, piece):
            self.draft.fields.setdefault(self.field, []).append(span)
        else:
            self._lose([span], "stray")

    def _is_heading(self, mark: Mark, position: int) -> bool:
        """A mark in a style that headings had before the first item, next in their row, and followed by an item."""
        if mark.style == self.stream.style:
            return False
        for later in range(position + 1, len(self.stream.pieces)):
            if later in self.stream.starts:
                return mark.style == "problem" or mark.value == self.headings.get(mark.style, -1) + 1
            if self.stream.pieces[later].label or (self.stream.pieces[later].mark or mark).style != mark.style:
                continue
            if self.stream.pieces[later].mark:
                return False
        return False

    def _ends(self, position: int) -> bool:
        return not any(later in self.stream.starts for later in range(position, min(position + 3, len(self.stream.pieces))))

    def _continues(self, text: str, piece: Piece) -> bool:
        """May a line that follows the last label of an item still be part of its value?"""
        assert self.draft is not None
        spans = self.draft.fields.get(self.field, [])
        if not spans or spans[-1].line == piece.line:
            return True
        if self.field in PROSE:
            return True
        before = self._text_of(spans)
        if self.field == "deadline":
            return len(text) <= 60 and piece.mark is None and read_deadline(before + text.strip()).kind != "unclear"
        full = self.stream.width is not None and len(self.document.text(spans[-1].line).rstrip()) >= self.stream.width - 3
        return before.rstrip().endswith(("、", "，", ",", "；")) or full

    def _text_of(self, spans: Iterable[Span]) -> str:
        return "".join(self.document.text(span.line)[span.start : span.end].strip() for span in spans)

    def take_row(self, row: TaskRow) -> None:
        """A row of a table of tasks is an item; its cells are its fields."""
        draft = _Draft(row.printed, row.value, row.group)
        draft.marker = tuple(self._cell(number) for number in row.number_cells)
        for name, numbers in row.fields.items():
            draft.fields[name] = [self._cell(number) for number in numbers]
        draft.odd = list(row.odd)
        draft.cell_texts = {name: tuple(self.document.text(n).strip() for n in numbers) for name, numbers in row.fields.items()}
        self.drafts.append(draft)
        self.sinks += [(self._cell(number), kind) for number, kind in row.sinks]

    def _cell(self, number: int) -> Span:
        return Span(number, 0, len(self.document.text(number)))

    def placements(self, drafts: list[_Draft]) -> Iterable[Placement]:
        for index, draft in enumerate(drafts):
            yield from (Placement(span, "number", index) for span in draft.marker)
            yield from (Placement(span, "label", index) for span in draft.labels)
            for name, spans in [*draft.fields.items(), *draft.shared.items()]:
                yield from (Placement(span, name, index) for span in spans)
            draft.texts.update({name: self._join(name, spans) for name, spans in [*draft.fields.items(), *draft.shared.items()]})

    def _join(self, name: str, spans: list[Span]) -> str:
        """The words of a field: paragraphs stay apart in prose, broken lines and lists come together."""
        text = ""
        before: Span | None = None
        for span in spans:
            words = self.document.text(span.line)[span.start : span.end].strip()
            text += (self._joint(name, before, span) if before and text and words else "") + words
            before = span
        return text

    def _joint(self, name: str, before: Span, span: Span) -> str:
        if before.line == span.line:
            return ""
        if self.document.text(before.line) and self._is_cell(span.line):
            return "\n"
        width = self.stream.width
        if name in PROSE and (width is None or len(self.document.text(before.line).rstrip()) < width - 3):
            return "\n"
        latin = self.document.text(before.line)[before.end - 1 : before.end].isascii()
        return " " if latin and self.document.text(span.line)[span.start : span.start + 1].isascii() else ""

    def _is_cell(self, number: int) -> bool:
        return number in self.cells

    def remarks(self, drafts: list[_Draft], items: tuple[PlanItem, ...]) -> list[tuple[int, str, str, str]]:
        """(item number, code, message, place) of what was noticed while reading."""
        return [
            (item.number, code, message, self.document.lines[line - 1].place if line else "")
            for draft, item in zip(drafts, items, strict=True)
            for code, message, line in draft.odd
        ]


def _unread(
    document: Document, placements: list[Placement], sinks: list[tuple[Span, str]], *, first: int | None
) -> tuple[Unread, ...]:
    """Every character that is in no item, in order, by line; what no rule spoke about is ``stray``."""
    masks = covered_characters(document, placements)
    kinds: dict[int, list[tuple[int, int, str]]] = {}
    for span, kind in sinks:
        late = kind == "front_matter" and first is not None and span.line > first
        kinds.setdefault(span.line, []).append((span.start, span.end, "stray" if late else kind))
    found: list[Unread] = []
    for line in document.lines:
        mask = masks[line.number - 1]
        for start, end, kind in _gaps(line.text, mask, kinds.get(line.number, [])):
            text = line.text[start:end].strip()
            if text:
                found.append(Unread(line.number, line.place, text, kind, REASONS[kind]))
    return tuple(found)


def _gaps(text: str, mask: bytearray, kinds: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Runs of uncovered characters of one kind each."""
    labels = ["stray"] * len(text)
    for start, end, kind in kinds:
        labels[start:end] = [kind] * (end - start)
    runs: list[tuple[int, int, str]] = []
    for position in range(len(text)):
        if mask[position]:
            continue
        if runs and runs[-1][1] == position and runs[-1][2] == labels[position]:
            runs[-1] = (runs[-1][0], position + 1, labels[position])
        else:
            runs.append((position, position + 1, labels[position]))
    return runs


def _settle(drafts: list[_Draft], base: date | None) -> tuple[PlanItem, ...]:
    values = [draft.value for draft in drafts]
    unique = None not in values and len(set(values)) == len(values)
    return tuple(
        _item(draft, draft.value if unique and draft.value is not None else order, base)
        for order, draft in enumerate(drafts, start=1)
    )


def _item(draft: _Draft, number: int, base: date | None) -> PlanItem:
    texts = draft.texts
    intro, measures = _measures(draft)
    return PlanItem(
        number=number,
        printed_number=draft.printed,
        group=draft.group,
        problem=texts.get("problem", ""),
        task=texts.get("task", ""),
        target=texts.get("target", ""),
        measures_intro=intro,
        measures=measures,
        leaders=split_names(texts.get("leaders", "")),
        lead_units=split_units(texts.get("lead_units", "")),
        responsible_units=split_units(texts.get("responsible_units", "")),
        supporting_units=split_units(texts.get("supporting_units", "")),
        overseeing_units=split_units(texts.get("overseeing_units", "")),
        responsible_persons=texts.get("responsible_persons") or None,
        deadline=read_deadline(texts.get("deadline", ""), base=base),
        progress=texts.get("progress", ""),
        remark=texts.get("remark", ""),
        extra=tuple((name.removeprefix("extra:"), text) for name, text in texts.items() if name.startswith("extra:")),
        fields={
            name: FieldText(texts.get(name, ""), tuple(spans)) for name, spans in [*draft.shared.items(), *draft.fields.items()]
        },
    )


def _measures(draft: _Draft) -> tuple[str, tuple[MeasureText, ...]]:
    """Measures by their numbers; where cells of a table hold one each without a number, one a cell."""
    intro, measures = split_measures(draft.texts.get("measures", ""))
    cells = draft.cell_texts.get("measures", ())
    if len(cells) > 1 and len(measures) == 1 and not measures[0].printed:
        return "", tuple(MeasureText("", text) for text in cells)
    return intro, measures


EDITABLE = (
    *("group", "problem", "task", "target", "measures", "leaders", "lead_units", "responsible_units", "supporting_units"),
    *("overseeing_units", "responsible_persons", "deadline", "progress", "remark"),
)


def words_of(item: PlanItem) -> dict[str, str]:
    """The editable fields of an item as text, as a form shows them."""
    printed = {name: value.text for name, value in item.fields.items()}
    return {name: printed.get(name, "") if name != "group" else item.group for name in EDITABLE}


def reword(item: PlanItem, words: Mapping[str, str], *, due_on: date | None = None, base: date | None = None) -> PlanItem:
    """The item with some fields as a person wrote them, read by the same grammar as the document.

    ``due_on``: the day a person says an unclear deadline means; its words stay the plan's.
    """
    texts = {**words_of(item), **{name: words[name].strip() for name in EDITABLE if name in words}}
    draft = _Draft(item.printed_number, item.number, texts["group"])
    draft.texts = {**texts, **{f"extra:{name}": value for name, value in item.extra}}
    fresh = _item(draft, item.number, base)
    if texts["measures"] == words_of(item)["measures"]:
        fresh = replace(fresh, measures=item.measures, measures_intro=item.measures_intro)
    deadline = fresh.deadline
    if due_on is not None and deadline.kind in {"unclear", "milestone_only"}:
        deadline = replace(deadline, due=due_on, questions=())
    fields = {name: FieldText(text, item.fields[name].spans if name in item.fields else ()) for name, text in texts.items() if text}
    return replace(fresh, deadline=deadline, fields=fields)


_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,12}〔\s*\d{4}\s*〕\s*\d{1,4}\s*号")
_ISSUED = re.compile(r"(?<![\d至－—-])(\d{4})\s*年\s*(\d{1,2})\s*月(?:\s*(\d{1,2}))?\s*日\s*(?:印发)?\s*$")
_STATED = re.compile(r"(?:共|合计|梳理出|涉及)[^，。；]{0,20}?(\d{1,4})[个项条](?:问题|任务|整改|[。，；\s]|$)?")


def _header(document: Document, drafts: list[_Draft]) -> Header:
    """What the plan says of itself, from the lines that stand in no item."""
    first = min((draft.first_line() for draft in drafts), default=len(document.lines) + 1)
    front = [line.text for line in document.lines if line.number < first]
    after = [line.text for line in document.lines[-6:]]
    issued = next((match for text in [*front, *after] if len(text) < 90 and (match := _ISSUED.search(text))), None)
    number = next((match[0] for text in front if (match := _NUMBER.match(text.strip()))), "")
    return Header(_title(front), re.sub(r"\s", "", number), *_issued(issued), _stated(front))


def _title(front: list[str]) -> str:
    for text in front:
        words = text.strip()
        if re.search(r"(?:整改方案|任务清单|实施方案|整改清单|工作方案|台账)", words) and len(words) <= 60 and "。" not in words:
            return words
    return ""


def _issued(match: re.Match[str] | None) -> tuple[str, date | None]:
    if match is None or not 1 <= int(match[2]) <= 12:
        return "", None
    try:
        return match[0].strip(), date(int(match[1]), int(match[2]), int(match[3] or 1))
    except ValueError:
        return match[0].strip(), None


def _stated(front: list[str]) -> int | None:
    for text in reversed(front[-6:]):
        match = _STATED.search(text)
        if match:
            return number_of(match[1])
    return None
