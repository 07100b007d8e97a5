"""What stands out in a text, and what is caught when it is copied. Every number here is invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.casework import redaction
from moderation.casework.duplicates import overlap, sketch
from moderation.casework.han_readings import in_letters, spellings
from moderation.casework.redaction import MarkKind, highlights, pieces
from portal.core.report_content import Identity
from tests.moderation.casework.office_work import CONTENT, STORY
from tests.seeds import trial_data

KEY = b"k" * 32
WORDS = st.text(alphabet="料场夜里装卸石子灰飘到学校操场上abc123，。 \n", max_size=120)


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("打13812345678找我", MarkKind.PHONE, "13812345678"),
        ("打138-1234-5678找我", MarkKind.PHONE, "138-1234-5678"),
        ("座机0578-2345678", MarkKind.PHONE, "0578-2345678"),
        ("微信：abc_12345", MarkKind.PHONE, "微信：abc_12345"),
        ("写信到someone@example.com", MarkKind.PHONE, "someone@example.com"),
        ("身份证11010519491231002X", MarkKind.ID, "11010519491231002X"),
        ("车牌浙A12345一辆", MarkKind.PLATE, "浙A12345"),
        ("我叫欧明亮，住在这里", MarkKind.NAME, "欧明亮"),
        ("李老板说的", MarkKind.NAME, "李"),
        ("住3号楼2单元", MarkKind.PLACE, "3号楼"),
        ("就在我家旁边", MarkKind.TIE, "我家"),
    ],
)
def test_what_may_give_a_reporter_away_is_marked(text: str, kind: MarkKind, found: str) -> None:
    marks = {(mark.kind, text[mark.start : mark.end]) for mark in highlights(text)}
    assert (kind, found) in marks


def test_the_check_digit_tells_an_identity_number_from_a_number() -> None:
    good, bad = (
        next(m for m in highlights(text) if m.kind is MarkKind.ID) for text in ("11010519491231002X", "110105194912310021")
    )

    assert "相符" in good.why
    assert "不符" in bad.why
    assert redaction.card_number_holds("4539 1488 0343 6467")
    assert not redaction.card_number_holds("4539 1488 0343 6468")


def test_the_call_number_of_the_office_is_not_a_person() -> None:
    assert [mark.why for mark in highlights("打了12369没人管")] == []


@given(WORDS)
def test_pieces_joined_are_the_text_again(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == text


@given(WORDS, st.integers(0, 100))
def test_every_copied_run_of_twelve_is_caught(text: str, start: int) -> None:
    from dataclasses import replace

    guard = redaction.run_guard(replace(CONTENT, story=text, when="", answers=(), place="", who=""), KEY)
    plain = redaction.plain(text)
    run = plain[start : start + redaction.RUN]

    caught = redaction.copied_run(f"前面的话{run}后面的话", guard, KEY)

    assert (caught is not None) == (len(run) == redaction.RUN)


def test_eleven_characters_in_common_are_no_copy_and_another_key_knows_nothing() -> None:
    guard = redaction.run_guard(CONTENT, KEY)
    assert redaction.copied_run(redaction.plain(STORY)[:11], guard, KEY) is None
    assert redaction.copied_run(STORY, guard, KEY) is not None
    assert redaction.copied_run(STORY, guard, b"x" * 32) is None


@pytest.mark.parametrize("written", ["欧 阳 静 宁", "ＯＹ", "１３９００００００００", "找欧阳静宁"])
def test_an_identity_is_caught_however_it_is_written(written: str) -> None:
    guard = redaction.identity_guard(Identity(name="欧阳静宁", phone="139-0000-0000", other_contact="oy"), KEY)
    assert redaction.names_reporter(f"据{written}称", guard, KEY)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("王小明", "Wang Xiaoming"), ("王小明", "WANG Xiao-ming"), ("王小明", "Xiaoming Wang"), ("王小明", "wangxiaoming2.jpg"),
        ("王小明", "Wáng Xiǎomíng"), ("王小明", "ＷＡＮＧ　ＸＩＡＯＭＩＮＧ"), ("王小明", "IMG_wang_xiao_ming_3"),
        ("李娜", "LI Na"), ("吕娜", "Lü Na"),
        ("吕娜", "LYU NA"), ("吕娜", "Lv Na"), ("单乐", "Shan Yue"), ("曾志伟", "Zeng Zhiwei"), ("欧阳静宁", "Jingning Ouyang"),
        ("欧阳静宁", "OuYang Jing Ning"), ("Aynur Memet", "Memet Aynur"), ("珺玥", "Yue Jun"),
    ],
)  # fmt: skip
def test_a_name_is_caught_in_letters_in_either_order(name: str, written: str) -> None:
    guard = redaction.identity_guard(Identity(name=name), KEY)

    assert redaction.names_reporter(f"感谢{written}的反映", guard, KEY)
    assert not redaction.names_reporter(f"感谢{written}的反映", guard, b"x" * 32), "without the key nobody can tell"


@pytest.mark.parametrize(
    "written", ["Wang Xiao", "Xiaoming", "Wang Xiaomingshan", "Dawang Xiaoming", "王 Xiaoming", "Wang, see 3. Xiaoming", ""]
)
def test_other_words_in_letters_are_not_the_name(written: str) -> None:
    guard = redaction.identity_guard(Identity(name="王小明"), KEY)

    assert not redaction.names_reporter(f"联系{written}。", guard, KEY)


def test_no_common_name_stands_in_letters_on_the_pages_of_this_product() -> None:
    families, given = (
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗",
        ["伟", "芳", "娜", "敏", "静", "秀英", "建国", "小明", "志强", "丽华", "安", "宁"],
    )
    names = {spelled: family + each for family in families for each in given for spelled in spellings(family + each)}
    pages = (Path(__file__).parents[3] / "site_docs").rglob("*.md")

    found = {names[word] for path in pages for word in in_letters(path.read_text("utf-8")) if word in names}
    assert found == set()


def test_a_nameless_report_guards_no_identity() -> None:
    assert redaction.identity_guard(Identity(), KEY) == b""
    assert not redaction.names_reporter("任何话", b"", KEY)


def test_sketches_tell_likeness_without_words() -> None:
    same, near, far = sketch(STORY, KEY), sketch(STORY.replace("孩子们", "学生"), KEY), sketch("饭店油烟直排，风机很响", KEY)
    assert overlap(same, sketch(STORY, KEY)) == 1
    assert overlap(same, near) > 0.6
    assert overlap(same, far) < 0.1
    assert overlap(b"", b"") == 0


def test_real_messages_of_a_duplicate_group_look_alike() -> None:
    rows = [json.loads(line) for line in trial_data("citizen-messages.jsonl").read_text(encoding="utf-8").splitlines()]
    groups: dict[str, list[str]] = {}
    for row in rows:
        if row["duplicate_group"]:
            groups.setdefault(str(row["duplicate_group"]), []).append(f"{row['title']}{row['text']}")
    pairs = [texts[:2] for texts in groups.values() if len(texts) > 1]
    alike = [overlap(sketch(one, KEY), sketch(other, KEY)) for one, other in pairs]
    strangers = [overlap(sketch(pairs[at][0], KEY), sketch(pairs[at - 1][1], KEY)) for at in range(len(pairs))]

    assert pairs
    assert sum(alike) / len(alike) > 2 * sum(strangers) / len(strangers)
