"""A clerk's form and the draft are two writings of the same thing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.publication import fields
from portal.core.errors import Mendable

WORD = st.text(st.sampled_from("县城管局扬尘治理完成率料场2026.%（）"), min_size=1, max_size=8)


def _entries(box: fields.ListBox) -> st.SearchStrategy[list[dict[str, Any]]]:
    def part(key: str) -> st.SearchStrategy[Any]:
        return st.integers(1, 99) if key in box.whole else st.just(True) if key in box.yes else WORD

    first, *rest = box.parts
    return st.lists(st.fixed_dictionaries({first: part(first)}, optional={key: part(key) for key in rest}), max_size=4)


PROSE = st.lists(WORD, min_size=1, max_size=3).map("\n\n".join).map(lambda prose: {"prose": prose})
TABLE = st.tuples(WORD, WORD, st.lists(st.tuples(WORD, WORD).map(list), max_size=3)).map(
    lambda t: {"header": ["列", t[0]], "caption": t[1]} | ({"rows": t[2]} if t[2] else {})
)
CHART = st.lists(st.tuples(WORD, st.integers(0, 99).map(str)), min_size=1, max_size=3).map(
    lambda rows: {"bars": [{"label": label, "value": value} for label, value in rows], "unit": "件"}
)
PICTURE = st.tuples(WORD, st.integers(1, 900)).map(lambda t: {"file": "a.jpg", "alt": t[0], "width": t[1], "height": 10})


@st.composite
def drafts(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"title": draw(WORD), "region": {"code": "990121", "name": "云岭县"}}
    for box in fields.LIST_BOXES:
        rows = draw(_entries(box))
        if rows:
            made[box.name] = rows
    blocks = draw(st.lists(st.one_of(TABLE, CHART, PICTURE), max_size=3))
    if draw(st.booleans()):
        blocks = [draw(PROSE), *blocks]
    if blocks:
        made["sections"] = [{"anchor": "jingguo", "heading": draw(WORD), "blocks": blocks}]
    if draw(st.booleans()):
        made["status"] = {"word": draw(WORD), "tone": "warn"}
        made["basis"] = [draw(WORD)]
        made["notice"] = {"first_on": "2026-11-01", "last_on": "2026-11-07", "objections": "来信\n来电"}
        made["card"] = {"index_number": draw(WORD)}
    return made


@settings(max_examples=200, deadline=None)
@given(drafts())
def test_what_a_form_shows_reads_back_as_the_draft_it_came_from(draft: dict[str, Any]) -> None:
    boxes = fields.to_boxes(draft)

    assert fields.from_boxes(boxes, region_name=lambda code: "云岭县", keep=draft) == draft


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("# []/表图片｜⏎\n扬尘{}a")))
def test_any_text_in_the_body_is_read_or_refused_with_its_line(text: str) -> None:
    fault = ""
    try:
        fields.from_boxes({"body": text, "title": "t"}, region_name=str, keep={})
    except Mendable as refused:
        fault = refused.reason

    assert not fault or "正文第" in fault


@pytest.mark.parametrize(
    ("boxes", "says"),
    [
        ({"body": "没有小标题"}, "请先写一个小标题"),
        ({"body": "## 一\n[表] 题\n甲｜乙"}, "没有结束"),
        ({"body": "## 一\n[图片] a.jpg"}, "替代文字"),
        ({"held": "person｜县局副局长｜诫勉｜两人"}, "第 1 行：“两人”应为整数"),
        ({"facts": "一｜二\n三｜四｜五"}, "要点第 2 行"),
    ],
)
def test_a_mistake_is_named_with_box_and_line(boxes: dict[str, str], says: str) -> None:
    with pytest.raises(Mendable, match=says):
        fields.from_boxes({"title": "t", **boxes}, region_name=str, keep={})


def test_a_measure_keeps_the_state_the_ledger_gave_it() -> None:
    draft = {"title": "t", "progress": [{"label": "封堵", "done": "4", "total": "6", "status": {"word": "按序时"}}]}
    boxes = fields.to_boxes(draft) | {"progress": "封堵｜5｜6"}

    read = fields.from_boxes(boxes, region_name=str, keep=draft)

    assert read["progress"] == [{"label": "封堵", "done": "5", "total": "6", "status": {"word": "按序时"}}]
