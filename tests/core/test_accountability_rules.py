"""The rule files: every row says where it comes from, and a damaged file is refused with every fault named."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest

from portal.core import accountability_model, accountability_reader
from portal.core import accountability_rules as rules
from tests.seeds import seed

BOOK = rules.rulebook()
ROWS = [(ruleset, row) for ruleset in BOOK.rulesets.values() for row in ruleset.rows]


@pytest.mark.parametrize(("ruleset", "row"), ROWS, ids=[row.id for _, row in ROWS])
def test_every_row_has_clause_source_and_date(ruleset, row):
    assert row.clause
    assert row.source
    assert isinstance(row.effective_from, datetime.date) or ruleset.id == "qinhuangdao"


def test_no_ruleset_claims_to_be_in_force_until_an_office_says_so():
    assert {ruleset.in_force for ruleset in BOOK.rulesets.values()} == {"unconfirmed"}


def test_the_twelve_disqualifiers_and_seven_situations_are_all_there():
    ids = {row.id for _, row in ROWS}

    assert {f"QH18.{number}" for number in range(1, 13)} <= ids
    assert {f"CJ6.{number}" for number in range(1, 8)} <= ids


@pytest.mark.parametrize(
    ("number", "ruleset"), [("000", "luoyang-2017"), ("002", "changji-2016"), ("003", "qinhuangdao"), ("004", "lishui")]
)
@pytest.mark.seeds
def test_no_sentence_of_the_sources_is_copied(number, ruleset):
    source = "".join(seed(number).split())
    found = BOOK.rulesets[ruleset]
    ours = [row.situation for row in found.rows] + [item.says for item in found.standing] + list(found.notes)

    copied = [text[at : at + 22] for text in ours for at in range(len(text) - 21) if text[at : at + 22] in source]

    assert copied == []


@pytest.mark.seeds
@pytest.mark.parametrize("row", [row for _, row in ROWS if row.id.startswith("LY")], ids=lambda row: row.id)
def test_every_luoyang_measure_is_a_word_of_the_source(row):
    source = "".join(seed("000").split())
    # The source says these in a sentence; we name them in a word.
    named_by_us = {
        "依法从重处罚",
        "顶格处罚",
        "媒体通报曝光",
        "黑名单管理",
        "媒体通报批评",
        "国有企事业单位负责人及相关责任人追责",
        "公开检查",
    }

    words = {word for measure in row.measures for word in measure.words + measure.state_owned}

    assert {word for word in words - named_by_us if word not in source} <= {"移送司法机关", "责令立即整改"} & set(words)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(rules.DIRECTORY, tmp_path / "rules"))


def damage(directory: Path, old: str, new: str, name: str = "luoyang-2017.toml") -> tuple[str, ...]:
    path = directory / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(accountability_model.RulesFault) as caught:
        accountability_reader.read_rulebook(directory)
    return caught.value.faults


DAMAGE = [
    ('clause = "办法 第八条（一）"\n', "", "LY8.1: 缺少 clause"),
    ('id = "LY8.2"', 'id = "LY8.1"', "编号 LY8.1 出现两次"),
    ("effective_from = 2017-06-13\n", 'effective_from = "soon"\n', "effective_from 应为日期"),
    ("effective_from = 2017-06-13\n", "", "effective_from 应为日期"),
    ('source = "洛', 'sauce = "洛', "不认识的项 sauce"),
    ('subject = "responsible"', 'subject = "somebody"', "subject 不认识“somebody”"),
    ('any_of = ["通报", "诫勉"]', 'any_of = ["鞭打"]', "措施 不认识“鞭打”"),
    ('any_of = ["通报", "诫勉"]', "any_of = []", "any_of 和 all_of 要有一个"),
    ('grade = "minor"', 'grade = "tiny"', "grade 不认识“tiny”"),
    ('dimension = "territorial"\n', "", "要有一种、也只能有一种达到的办法"),
    ("decide = true\n", "", "没有措施的行要写 decide = true"),
    ('flags = ["rectification_notice"]', 'flags = ["rectification"]', "notice 没有类型为 flag 的 rectification"),
    ('words = { by = ["municipal_office"] }', 'words = { by = ["mayor"] }', "by 不认识“mayor”"),
    ("at_least = 2", "at_least = 0", "at_least 应不小于 1"),
    ("at_least = 2", "at_least = true", "at_least 应为整数"),
    ('kind = "notice"', 'kind = "notices"', "kind 不认识“notices”"),
    ('adjustment = "heavier"\n', "", "circumstance 和 adjustment 要成对"),
    ('in_force = "unconfirmed"', 'in_force = "maybe"', "in_force 不认识“maybe”"),
    ('id = "luoyang-2017"', 'id = "luoyang"', "id 应与文件名相同"),
    ('all_signs = ["rectified_in_time"]', 'all_signs = ["good"]', "signs 不认识“good”"),
    ("[[row]]", "[[row]", "读不了"),
]


@pytest.mark.parametrize(("old", "new", "said"), DAMAGE, ids=range(len(DAMAGE)))
def test_a_damaged_rule_file_is_refused_and_the_fault_is_named(copy, old, new, said):
    faults = damage(copy, old, new)

    assert any(said in line and line.startswith("luoyang-2017.toml") for line in faults)


def test_every_fault_is_named_at_once(copy):
    damage(copy, '"诫勉谈话" = [2, 2]', '"诫勉谈话" = [9]', name="words.toml")
    faults = damage(copy, 'clause = "办法 第六条（一）', 'klause = "办法 第六条（一）', name="changji-2016.toml")

    assert any("words.toml" in line for line in faults)
    assert any("CJ6.1: 缺少 clause" in line for line in faults)
    assert any("不认识的项 klause" in line for line in faults)


def test_the_public_rows_hold_every_row_in_words():
    shown = rules.public_rows()

    assert [rule.row for rule in shown] == [row.id for _, row in ROWS]
    assert all(rule.situation and rule.measures and rule.clause and rule.in_force == "未核定" for rule in shown)


def test_the_public_page_tells_who_is_asked_and_how():
    page = rules.public_page("luoyang-2017")

    assert "# 哪种情形，问到谁，怎么问：河南省洛阳市 {#rules-luoyang-2017}" in page
    assert "直接责任人：组织处理或党政纪处分" in page
    assert "相关责任人：组织处理，并且党政纪处分" in page
    assert "现行效力：**未核定**" in page


@pytest.mark.parametrize("ruleset", BOOK.rulesets)
def test_headings_of_a_public_page_have_ids_of_their_own(ruleset):
    headings = [line for line in rules.public_page(ruleset).splitlines() if line.startswith("#")]
    ids = [line.rpartition("{#")[2].rstrip("}") for line in headings]

    assert all("{#" in line for line in headings)
    assert len(ids) == len(set(ids))


def test_the_pages_of_the_site_say_exactly_what_the_rules_say():
    folder = Path(__file__).resolve().parents[2] / "site_docs" / "accountability-rules"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}

    assert written == rules.public_pages(), "run: ./disclosure accountability-pages"
