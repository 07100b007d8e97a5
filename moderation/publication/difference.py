"""What a draft would change on the public page: box by box, old words and new beside each other."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from moderation.publication.disclosures import Disclosure, draft_of
from moderation.publication.fields import BAR, BREAK, CARD_BOXES, LINE_BOXES, LIST_BOXES, NOTICE_BOXES, to_boxes
from portal.core.public_record import PublicRecord

LABELS = {
    **dict(LINE_BOXES),
    **{box.name: box.label for box in LIST_BOXES},
    **{f"card_{name}": label for name, label in CARD_BOXES},
    **{f"notice_{name}": label for name, label in NOTICE_BOXES},
    "status_word": "状态", "status_tone": "状态色调", "region_code": "区划代码", "basis": "依据", "body": "正文",
}  # fmt: skip


_ROWS = {box.name: (box.label, dict(zip(box.parts, box.heads, strict=True))) for box in LIST_BOXES}
WIDE = 5
"""Lists with more columns are compared column by column."""
_BLOCK_PARTS = {"alt": "替代文字", "caption": "题注", "rows": "表格", "header": "表头", "bars": "图表", "prose": "文字"}


def place_of(path: str) -> str:
    """A path in the draft as the clerk knows it: letters.3.problem → 信访件第 4 行 问题."""
    name, *rest = path.split(".")
    if name in _ROWS and rest:
        label, parts = _ROWS[name]
        return f"{label}第 {int(rest[0]) + 1} 行 {parts.get(rest[1], '') if len(rest) > 1 else ''}".strip()
    if name == "sections" and rest:
        part = next((_BLOCK_PARTS[word] for word in rest if word in _BLOCK_PARTS), "小标题")
        return f"正文第 {int(rest[0]) + 1} 节 {part}"
    if name in {"card", "notice"} and rest:
        return LABELS.get(f"{name}_{rest[0]}", name)
    return LABELS.get(name, {"status": "状态", "region": "地区"}.get(name, name))


@dataclass(frozen=True)
class Piece:
    """A stretch of a line: ``kind`` is same, gone or new."""

    text: str
    kind: str


@dataclass(frozen=True)
class Line:
    """One line of a box, old side and new side; an empty side has no pieces. ``where``: row and column of a wide list."""

    old: tuple[Piece, ...]
    new: tuple[Piece, ...]
    where: str = ""


@dataclass(frozen=True)
class Change:
    """One box that differs."""

    label: str
    lines: tuple[Line, ...]


def changes(disclosure: Disclosure) -> tuple[Change, ...]:
    """Every box in which the draft differs from the live version; all of it where nothing is live yet."""
    live = draft_of(PublicRecord.from_json(disclosure.live_record.encode())) if disclosure.live_record else {}
    old, new = to_boxes(live), to_boxes(json.loads(disclosure.draft))
    return tuple(Change(LABELS[name], tuple(_lines(name, old[name], new[name]))) for name in new if old[name] != new[name])


def _lines(name: str, old: str, new: str) -> Iterator[Line]:
    before, after = old.splitlines(), new.splitlines()
    wide = len(_ROWS[name][1]) > WIDE if name in _ROWS else False
    for act, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if act == "equal":
            continue
        for number in range(max(i2 - i1, j2 - j1)):
            gone = before[i1 + number] if i1 + number < i2 else ""
            come = after[j1 + number] if j1 + number < j2 else ""
            yield from _row(name, gone, come) if wide else (_line(gone, come),)


def _row(name: str, old: str, new: str) -> Iterator[Line]:
    """Of a row that stands on both sides only the columns that differ; of another all that are filled."""
    heads = list(_ROWS[name][1].values())
    sides = [part.split(BAR) for part in (old, new)]
    number = (sides[1][0] if new else sides[0][0]).strip()
    for place, head in enumerate(heads):
        gone, come = (side[place].strip().replace(BREAK, "\n") if place < len(side) else "" for side in sides)
        if gone != come:
            yield _line(gone, come, f"{number} {head}".strip())


def _line(old: str, new: str, where: str = "") -> Line:
    left: list[Piece] = []
    right: list[Piece] = []
    for act, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if i2 > i1:
            left.append(Piece(old[i1:i2], "same" if act == "equal" else "gone"))
        if j2 > j1:
            right.append(Piece(new[j1:j2], "same" if act == "equal" else "new"))
    return Line(tuple(left), tuple(right), where)
