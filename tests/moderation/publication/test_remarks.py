"""A remark stands beside the words it means, holds the text until it is answered, and stays readable for ever."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.office import Office
from moderation.publication import disclosures, remarks
from moderation.publication.disclosures import Disclosure
from moderation.publication.machine import DisclosureState
from moderation.publication.passages import find, passages
from portal.core.errors import Mendable, NotAllowed, Refusal
from portal.core.vocabulary import Role
from tests.conftest import NOON, empty_office
from tests.moderation.publication.test_disclosures import CALENDAR, LI, NONE_FOUND, QIAN, WU, ZHAO, person

__all__ = ["empty_office"]

FIELDS: dict[str, Any] = {
    "title": "北渠直排口封堵情况", "summary": "六处已封堵四处。", "unit": "县住建局",
    "region": {"code": "990121", "name": "云岭县"},
    "facts": [{"label": "位置", "value": "北渠"}, {"label": "处数", "value": "6"}],
    "sections": [
        {"anchor": "base", "heading": "基本情况", "blocks": [
            {"prose": "沿线共有六处。\n\n其中两处在学校旁。"},
            {"header": ["位置", "状态"], "rows": [["北段", "已封堵"], ["南段", "未封堵"]]},
            {"file": "a" * 64 + ".jpg", "alt": "北段排口", "width": 640, "height": 480},
        ]},
    ],
}  # fmt: skip
PARAGRAPH = "sections.0.blocks.0.prose.1"


def in_first_review(session: Any) -> Disclosure:
    from portal.core.vocabulary import RecordKind

    made = disclosures.draft(session, kind=RecordKind.NOTICE, fields=FIELDS, calendar=CALENDAR, by=LI, at=NOON)
    disclosures.answer_checklist(session, made, NONE_FOUND, by=LI, at=NOON)
    for verb in ("hand_in", "redacted"):
        disclosures.take_step(session, made, verb, by=LI, at=NOON)
    return made


def remark(session: Any, made: Disclosure, words: str = "写明哪所学校", passage: str = "学校旁") -> disclosures.Remark:
    return remarks.add(session, made, place=PARAGRAPH, passage=passage, words=words, by=ZHAO, at=NOON)


def test_a_text_falls_into_passages_in_the_order_of_the_page() -> None:
    text = {each.place: (each.label, each.words) for each in passages(FIELDS)}

    assert list(text)[:4] == ["title", "summary", "facts.0", "facts.1"]
    assert text["facts.1"] == ("要点第 2 行", "处数｜6")
    assert text["sections.0.heading"] == ("正文第 1 节 小标题", "基本情况")
    assert text[PARAGRAPH] == ("正文第 1 节 文字", "其中两处在学校旁。")
    assert text["sections.0.blocks.1.rows.1"] == ("正文第 1 节 表格第 2 行", "南段｜未封堵")
    assert text["sections.0.blocks.2.alt"] == ("正文第 1 节 替代文字", "北段排口")


def test_every_row_of_a_batch_is_a_passage_with_its_heads() -> None:
    rows = [{"number": "YL-01-001", "problem": "夜里装卸扬尘", "region": "云岭县", "key": True}]

    (row,) = [each for each in passages({"title": "第一批", "letters": rows}) if each.place == "letters.0"]

    assert row.label == "信访件第 1 行"
    assert row.words.splitlines() == ["编号：YL-01-001", "问题：夜里装卸扬尘", "区域：云岭县", "重点件：是"]


def test_a_remark_goes_back_to_the_drafter_who_answers_it_and_only_then_hands_in_again(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = in_first_review(session)
        note = remark(session, made)
        with pytest.raises(Refusal, match="还有 1 处批注没有了结"):
            disclosures.take_step(session, made, "pass", by=ZHAO, at=NOON)
        with pytest.raises(NotAllowed, match="由拟稿人答复"):
            remarks.answer(session, made, note.id, "已改", by=LI, at=NOON)

        disclosures.take_step(session, made, "send_back", by=ZHAO, at=NOON)
        assert made.history[-1].text == "见批注 1 处"
        disclosures.take_step(session, made, "hand_in", by=LI, at=NOON)
        with pytest.raises(Refusal, match="还有 1 处批注没有答复"):
            disclosures.take_step(session, made, "redacted", by=LI, at=NOON)
        with pytest.raises(Mendable, match="改了什么"):
            remarks.answer(session, made, note.id, " ", by=LI, at=NOON)
        remarks.answer(session, made, note.id, "已写明是镇小学", by=LI, at=NOON)
        disclosures.take_step(session, made, "redacted", by=LI, at=NOON)
        disclosures.take_step(session, made, "pass", by=ZHAO, at=NOON)

        assert made.state is DisclosureState.SECOND_REVIEW
        assert (made.notes[0].round, made.notes[0].answer, made.notes[0].answered_by) == (1, "已写明是镇小学", LI.id)


def test_a_text_sent_back_without_a_word_or_a_remark_is_not_sent_back(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = in_first_review(session)

        with pytest.raises(Refusal, match="请写明退回修改的理由"):
            disclosures.take_step(session, made, "send_back", by=ZHAO, at=NOON)


def test_who_made_a_remark_takes_it_back_and_nobody_else(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = in_first_review(session)
        note = remark(session, made)

        with pytest.raises(NotAllowed, match="提出人自己"):
            remarks.take_back(session, made, note.id, by=WU, at=NOON)
        remarks.take_back(session, made, note.id, by=ZHAO, at=NOON)
        with pytest.raises(Refusal, match="已经了结"):
            remarks.take_back(session, made, note.id, by=ZHAO, at=NOON)
        disclosures.take_step(session, made, "pass", by=ZHAO, at=NOON)
        assert made.notes[0].words == "写明哪所学校"


@pytest.mark.parametrize(
    "who", [LI, QIAN, person("旁人", Role.PUBLISHER)], ids=["drafter", "signatory of a later stage", "publisher"]
)
def test_only_who_reviews_it_now_may_remark(empty_office: Office, who: Any) -> None:
    with empty_office.office.transaction() as session:
        made = in_first_review(session)

        with pytest.raises(NotAllowed, match="这一审的审核人"):
            remarks.add(session, made, place=PARAGRAPH, passage="", words="改", by=who, at=NOON)


@pytest.mark.parametrize(
    ("place", "passage", "words", "says"),
    [(PARAGRAPH, "没有的话", "改", "没有这几个字"), ("sections.9", "", "改", "没有这几个字"), (PARAGRAPH, "", "  ", "要怎样改")],
)
def test_a_remark_on_words_that_do_not_stand_there_is_named(
    empty_office: Office, place: str, passage: str, words: str, says: str
) -> None:
    with empty_office.office.transaction() as session:
        made = in_first_review(session)

        with pytest.raises(Mendable, match=says):
            remarks.add(session, made, place=place, passage=passage, words=words, by=ZHAO, at=NOON)


def test_a_remark_without_marked_words_means_the_whole_passage(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        made = in_first_review(session)

        assert remark(session, made, passage="").passage == "其中两处在学校旁。"


def test_a_remark_follows_its_words_and_says_when_they_are_gone() -> None:
    moved = {**FIELDS, "sections": [{"heading": "前言", "blocks": []}, *FIELDS["sections"]]}
    changed = {**FIELDS, "sections": [{**FIELDS["sections"][0], "blocks": [{"prose": "沿线共有六处。\n\n两处靠近镇小学。"}]}]}
    gone = {**FIELDS, "sections": []}

    assert find(passages(FIELDS), PARAGRAPH, "学校旁").changed is False
    assert find(passages(moved), PARAGRAPH, "学校旁").place == "sections.1.blocks.0.prose.1"
    assert (find(passages(changed), PARAGRAPH, "学校旁").place, find(passages(changed), PARAGRAPH, "学校旁").changed) == (
        PARAGRAPH,
        True,
    )
    assert (find(passages(gone), PARAGRAPH, "学校旁").place, find(passages(gone), PARAGRAPH, "学校旁").changed) == ("", True)
