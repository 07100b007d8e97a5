"""What a draft would change stands beside what is public, word by word; of a row of a batch only the columns that differ."""

from __future__ import annotations

from typing import Any

from moderation.publication.difference import Change, changes
from moderation.publication.disclosures import Disclosure, checked_draft
from portal.core.vocabulary import RecordKind
from tests.conftest import NOON

ROW: dict[str, Any] = {
    "number": "YL-001",
    "problem": "夜里装卸扬尘",
    "handling": "已责令停工",
    "status": "未办结",
    "unit": "县住建局",
}
LIVE: dict[str, Any] = {
    "title": "第一批", "region": {"code": "990121", "name": "云岭县"}, "unit": "县整改办", "summary": "交办 2 件。",
    "letters": [ROW, ROW | {"number": "YL-002"}],
}  # fmt: skip


def compared(draft: dict[str, Any], live: dict[str, Any] | None = LIVE) -> dict[str, Change]:
    import json

    public = checked_draft(RecordKind.LETTER_BATCH, "le-1", live, at=NOON).canonical().decode() if live else None
    made = Disclosure(id="le-1", kind=RecordKind.LETTER_BATCH, draft=json.dumps(draft), live_record=public, held_rows="")
    return {change.label: change for change in changes(made)}


def marked(pieces: Any) -> str:
    return "".join(f"[{piece.text}]" if piece.kind != "same" else piece.text for piece in pieces)


def test_a_draft_that_says_the_same_shows_no_difference() -> None:
    assert compared(LIVE) == {}


def test_the_words_that_go_and_come_are_marked() -> None:
    (line,) = compared(LIVE | {"summary": "交办 3 件。"})["摘要"].lines

    assert (marked(line.old), marked(line.new)) == ("交办 [2] 件。", "交办 [3] 件。")


def test_of_a_row_only_the_columns_that_differ_are_shown_with_number_and_head() -> None:
    draft = LIVE | {"letters": [ROW, ROW | {"number": "YL-002", "handling": "已责令停工，已补建围挡", "status": "已办结"}]}

    lines = compared(draft)["信访件"].lines

    assert [line.where for line in lines] == ["YL-002 处理整改", "YL-002 办结"]
    assert marked(lines[0].new) == "已责令停工[，已补建围挡]"
    assert (marked(lines[1].old), marked(lines[1].new)) == ("[未]办结", "[已]办结")


def test_a_row_that_goes_or_comes_is_shown_whole_on_its_side() -> None:
    gone = compared(LIVE | {"letters": [ROW]})["信访件"].lines
    come = compared(LIVE | {"letters": [ROW, ROW | {"number": "YL-002"}, ROW | {"number": "YL-003"}]})["信访件"].lines

    assert [line.where for line in gone] == [f"YL-002 {head}" for head in ("编号", "问题", "处理整改", "办结", "承办单位")]
    assert all(line.old and not line.new for line in gone)
    assert all(line.where.startswith("YL-003") and line.new and not line.old for line in come)


def test_before_anything_is_live_all_of_it_is_new() -> None:
    assert set(compared(LIVE, live=None)) >= {"标题", "摘要", "信访件"}
