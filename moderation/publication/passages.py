"""A draft as reviewers read it: passage by passage, in the order of the page, so that a remark can stand beside one.

A passage is a heading, a paragraph, a row of a table, the words for a picture or one box of the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moderation.publication.difference import LABELS, place_of
from moderation.publication.fields import CARD_BOXES, LINE_BOXES, LIST_BOXES, NOTICE_BOXES, ListBox

BODY = "sections"
_PARAGRAPHS = re.compile(r"\n\s*\n")
_LONG_ROW = 5


@dataclass(frozen=True)
class Passage:
    """``place``: path in the draft; of a paragraph with its number behind. ``label``: the same in the clerk's words."""

    place: str
    label: str
    words: str
    heading: bool = False


@dataclass(frozen=True)
class Found:
    """Where a remark stands in the text as it is now. ``place`` empty: that part is gone. ``changed``: its words are gone."""

    place: str
    changed: bool


def passages(fields: Mapping[str, Any]) -> tuple[Passage, ...]:
    """Every passage with words in it."""
    return tuple(passage for passage in _in_order(fields) if passage.words.strip())


def _in_order(fields: Mapping[str, Any]) -> Iterator[Passage]:
    for name, label in LINE_BOXES[:2]:
        yield Passage(name, label, str(fields.get(name, "")))
    yield Passage("status.word", LABELS["status_word"], fields.get("status", {}).get("word", ""))
    for box in LIST_BOXES:
        yield from _rows(box, fields.get(box.name, []))
    for number, section in enumerate(fields.get(BODY, [])):
        yield Passage(f"{BODY}.{number}.heading", place_of(f"{BODY}.{number}"), section.get("heading", ""), heading=True)
        for at, block in enumerate(section.get("blocks", [])):
            yield from _block(f"{BODY}.{number}.blocks.{at}", block)
    for name, label in LINE_BOXES[2:]:
        yield Passage(name, label, str(fields.get(name, "")))
    yield Passage("basis", LABELS["basis"], "\n".join(fields.get("basis", [])))
    for group, boxes in (("notice", NOTICE_BOXES), ("card", CARD_BOXES)):
        yield from (Passage(f"{group}.{name}", label, str(fields.get(group, {}).get(name, ""))) for name, label in boxes)


def _rows(box: ListBox, rows: Iterable[Mapping[str, Any]]) -> Iterator[Passage]:
    heads = box.heads
    for number, row in enumerate(rows):
        shown = [(head, str(box.shown(row, key))) for head, key in zip(heads, box.parts, strict=True)]
        parts = [(head, part) for head, part in shown if part]
        words = (
            "\n".join(f"{head}：{part}" for head, part in parts) if len(heads) > _LONG_ROW else _beside(part for _, part in parts)
        )
        yield Passage(f"{box.name}.{number}", place_of(f"{box.name}.{number}"), words)


def _beside(cells: Iterable[str]) -> str:
    return "｜".join(cells)


def _block(place: str, block: Mapping[str, Any]) -> Iterator[Passage]:
    label = place_of(place)
    for number, paragraph in enumerate(_PARAGRAPHS.split(block.get("prose", ""))):
        yield Passage(f"{place}.prose.{number}", place_of(f"{place}.prose"), paragraph.strip("\n"))
    if block.get("alt"):
        yield Passage(f"{place}.alt", place_of(f"{place}.alt"), block["alt"])
    if block.get("caption"):
        yield Passage(f"{place}.caption", place_of(f"{place}.caption"), block["caption"])
    if block.get("header"):
        yield Passage(f"{place}.header", f"{label}表头".replace("小标题", ""), _beside(block["header"]))
    for number, row in enumerate(block.get("rows", [])):
        yield Passage(f"{place}.rows.{number}", f"{place_of(f'{place}.rows')}第 {number + 1} 行", _beside(row))
    for number, bar in enumerate(block.get("bars", [])):
        yield Passage(f"{place}.bars.{number}", place_of(f"{place}.bars"), f"{bar['label']}｜{bar['value']}")


def find(text: tuple[Passage, ...], place: str, words: str) -> Found:
    """Where a remark on ``words`` at ``place`` stands now: rows and paragraphs move when others are put in before them."""
    here = next((passage for passage in text if passage.place == place), None)
    if here is not None and words in here.words:
        return Found(place, False)
    moved = [passage.place for passage in text if words in passage.words and _same_kind(passage.place, place)]
    if moved:
        return Found(moved[0], False)
    return Found(here.place if here else "", True)


def _same_kind(one: str, other: str) -> bool:
    return one.partition(".")[0] == other.partition(".")[0]
