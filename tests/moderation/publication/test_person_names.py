"""How often the leak guard knows a person's name without a title, and how seldom it takes another word for one.

persons.txt holds sentences as offices write them, each invented name in brackets; nobody.txt holds sentences, cells and file
names in which nobody is named, most with letters that are surnames as well.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.demo.stage import CAST
from moderation.publication.leak_guard import findings
from moderation.publication.person_names import names
from tests.seeds import seed

HERE = Path(__file__).parent
NAMED = re.compile("【(.*?)】")
LEAST_FOUND = 0.9
MOST_MISTAKEN = 1.0
"""Words taken for a name, for each 1,000 letters of official prose: more, and the desk would stop reading what it is told."""

FAMILIES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范廖"
)
GIVEN = (
    "永红 建设 文斌 秀云 志明 小燕 国强 丽华 春梅 俊杰 雨桐 子涵 一凡 佳怡 浩宇 欣妍 梦洁 桂英 玉兰 凤霞 福生 长河 铁山 大勇 二妮",
    "学军 卫国 红旗 跃进 援朝 美玲 婉清 思远 敬业 守信 立春 谷雨 磊 静 刚 娟 鹏 悦 波 娜 兵 蕊 帆 岚 杰 勤 阳 琪",
)


def lines(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="utf-8").splitlines()


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def missed(sentence: str) -> list[str]:
    """Names in brackets that are not found in the sentence, or are found only in part."""
    found = {re.sub(r"\s", "", name) for name in names(plain(NAMED.sub(r"\1", sentence)))}
    wanted = (re.sub(r"\s", "", plain(name)) for name in NAMED.findall(sentence))
    return [name for name in wanted if not any(name in each or each in name for each in found)]


def with_other_names(sentence: str, chance: random.Random) -> str:
    return NAMED.sub(lambda _: f"【{chance.choice(FAMILIES)}{chance.choice(' '.join(GIVEN).split())}】", sentence)


def test_nine_names_of_ten_are_found_without_a_title() -> None:
    wanted = sum(len(NAMED.findall(line)) for line in lines("persons.txt"))
    lost = [name for line in lines("persons.txt") for name in missed(line)]

    assert wanted > 150
    assert 1 - len(lost) / wanted > LEAST_FOUND, lost


def test_the_same_holds_for_names_nobody_thought_of_when_the_words_were_listed() -> None:
    chance = random.Random(41)
    sentences = [with_other_names(line, chance) for line in lines("persons.txt") for _ in range(6)]
    wanted = sum(len(NAMED.findall(line)) for line in sentences)
    lost = [(name, line) for line in sentences for name in missed(line)]

    assert wanted > 900
    assert 1 - len(lost) / wanted > LEAST_FOUND, lost[:20]


def test_no_other_word_is_taken_for_a_name() -> None:
    assert [(line, names(plain(line))) for line in lines("nobody.txt") if names(plain(line))] == []


@pytest.mark.parametrize("number", ["000", "001", "002"])
def test_official_prose_is_not_held_up(number: str) -> None:
    """Names that truly stand in the documents are counted as mistakes here: even so they are few."""
    text = plain(seed(number))

    assert 1000 * len(names(text)) / len(text) < MOST_MISTAKEN


def handwritten() -> Iterator[tuple[str, str]]:
    """What the office and this product write about themselves."""
    for path in sorted((HERE.parents[2] / "site_docs").rglob("*.md")):
        yield path.name, path.read_text(encoding="utf-8")


def test_the_hand_written_pages_name_nobody_but_the_cast_of_the_demo() -> None:
    cast = {name for _, name, _, _ in CAST}
    found = {(page, name) for page, text in handwritten() for name in names(plain(text)) if not any(name in one for one in cast)}

    assert found == set()


@pytest.mark.parametrize(
    "words",
    [
        "张伟说，厂里夜里还在排水", "昨天王建国到过现场", "李　明", "赵刚、钱伟、孙梅", "买买提·艾山反映渠水发黑",
        "欧阳娜签收", "承诺书由刘洋提交", "陈静家门口的污水", "受处分的是周建华。", "网友【吴敏】",
    ],
)  # fmt: skip
def test_a_bare_name_is_held_in_every_field(words: str) -> None:
    block = {"header": ["姓名"], "rows": [[words]]}
    for fields in (
        {"summary": words},
        {"facts": [{"label": "经办", "value": words}]},
        {"sections": [{"blocks": [block]}]},
        {"attachments": [{"label": f"{words}.pdf"}]},
        {"sections": [{"blocks": [{"alt": words}]}]},
    ):
        assert [each for each in findings(fields) if each.kind == "name"], fields


def test_a_listed_person_is_let_through_and_another_beside_is_not() -> None:
    fields = {"summary": "对王建国、李文斌诫勉"}

    assert {each.words for each in findings(fields)} == {"王建国", "李文斌"}
    assert {each.words for each in findings(fields, persons=frozenset({"王建国"}))} == {"李文斌"}


def test_a_masked_name_may_stand() -> None:
    assert findings({"summary": "张某某、李某和欧阳某被行政拘留。"}) == []
