"""Official plans, read into tasks: what is in the document comes out, and what cannot be placed is named."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from moderation.rectification.documents import UnreadableDocument, decode, read_bytes, read_file, read_text
from moderation.rectification.plan import Plan, missing_characters, plan_json
from moderation.rectification.plan_reader import read_plan
from tests.moderation.rectification import papers
from tests.seeds import seed

PLANS = Path(__file__).resolve().parents[1] / "plans"
COUNTY = (PLANS / "county-paragraphs.txt").read_text(encoding="utf-8")


def read(data: bytes, name: str) -> Plan:
    plan = read_plan(read_bytes(data, name))
    assert missing_characters(plan) == []
    return plan


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_plan_reads_as_its_golden_file_says(path: Path) -> None:
    plan = read_plan(read_file(path))
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))

    assert plan_json(plan) == expected
    assert missing_characters(plan) == []


class TestTheOfficialDocument:
    """栾川 2019: 31 tasks with every trap. Numbers, dates and counts only; its sentences stay in it."""

    @pytest.fixture
    def plan(self) -> Plan:
        return read_plan(seed("001"))

    def test_all_31_items_are_there_in_order(self, plan: Plan) -> None:
        assert [item.number for item in plan.items] == list(range(1, 32))

    def test_every_character_is_accounted_for(self, plan: Plan) -> None:
        assert missing_characters(plan) == []
        assert Counter(entry.kind for entry in plan.unread) == {"front_matter": 33, "duplicate_label": 1, "closing": 1}

    def test_measures_are_counted_right(self, plan: Plan) -> None:
        counts = [5, 4, 3, 5, 3, 4, 5, 5, 3, 4, 4, 2, 2, 4, 3, 1, 2, 3, 2, 3, 3, 1, 1, 3, 4, 4, 3, 3, 2, 2, 2]
        assert [len(item.measures) for item in plan.items] == counts
        assert [item.number for item in plan.items if not item.measures[0].printed] == [16, 22, 23]

    def test_kinds_of_deadline(self, plan: Plan) -> None:
        kinds: dict[str, list[int]] = {}
        for item in plan.items:
            kinds.setdefault(item.deadline.kind, []).append(item.number)

        assert kinds == {
            "immediate_ongoing": [1, 2, 4, 5, 15, 19, 20, 25, 27],
            "immediate_standing": [21, 24, 26, 30],
            "done_standing": [9],
            "date": [3, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18, 22, 28, 31],
            "dates": [23],
            "milestone_only": [29],
        }

    def test_final_dates(self, plan: Plan) -> None:
        due = {item.number: item.deadline.due for item in plan.items if item.deadline.due}
        ends = {3: 4, 6: 12, 7: 12, 8: 7, 10: 12, 11: 6, 12: 6, 13: 10, 14: 12, 16: 9, 17: 6, 18: 3, 22: 10, 28: 10, 31: 6}

        days = {3: 31, 4: 30, 6: 30, 7: 31, 9: 30, 10: 31, 12: 31}
        expected = {number: date(2019, month, days[month]) for number, month in ends.items()}
        assert due == {**expected, 23: date(2019, 12, 30)}

    def test_steps_of_two_dates_and_of_a_part(self, plan: Plan) -> None:
        assert [m.due for m in plan.items[22].deadline.milestones] == [date(2019, 11, 30), date(2019, 12, 30)]
        assert [m.due for m in plan.items[28].deadline.milestones] == [date(2019, 4, 30)]
        assert plan.items[28].problem.startswith("2017年")

    def test_junk_behind_the_deadline_is_named_and_not_read(self, plan: Plan) -> None:
        (junk,) = [entry for entry in plan.unread if entry.kind == "duplicate_label"]

        assert (junk.line, junk.text) == (170, "责任领导：")
        assert plan.items[9].deadline.text == "2019年12月底前"
        assert len(plan.items[9].leaders) == 2

    def test_who_leads_and_who_answers(self, plan: Plan) -> None:
        assert [item.number for item in plan.items if not item.lead_units] == [24, 27, 30]
        assert [item.number for item in plan.items if item.responsible_persons is None] == [27]
        assert len(plan.items[0].leaders) == len(plan.items[1].leaders) == 2
        assert [len(item.lead_units) for item in plan.items[:10]] == [2, 2, 1, 1, 2, 1, 4, 3, 1, 2]
        assert [len(item.leaders) for item in plan.items] == [
            *(2, 2, 1, 1, 2, 1, 3, 2, 1, 2, 1, 2, 1, 1, 3, 1, 1, 1, 1, 1, 2, 1, 1, 3, 1, 1, 1, 1, 1, 1, 1)
        ]  # fmt: skip

    def test_lengths_of_problems_and_targets(self, plan: Plan) -> None:
        assert [len(item.problem) for item in plan.items[:8]] == [189, 302, 112, 122, 218, 143, 142, 77]
        assert [len(item.target) for item in plan.items[:8]] == [52, 70, 57, 56, 61, 78, 40, 44]

    def test_what_is_odd_is_named(self, plan: Plan) -> None:
        by_code: dict[str, set[int | None]] = {}
        for one in plan.anomalies:
            by_code.setdefault(one.code, set()).add(one.item)

        assert by_code["date_passed_at_issue"] == {3, 11, 12, 17, 18, 29, 31}
        assert by_code["no_lead_unit"] == {24, 27, 30}
        assert by_code["target_and_deadline_disagree"] >= {14}
        assert by_code["measure_and_deadline_disagree"] == {30}
        assert by_code["part_deadline_only"] == {29}
        assert by_code["glued_label"] == {10}
        assert plan.questions() == ()


def test_word_paragraphs_read_like_the_text() -> None:
    plan, text = read(papers.word_paragraphs(COUNTY.split("\n")), "方案.docx"), read_plan(COUNTY)

    assert [(i.problem, i.measures, i.deadline) for i in plan.items] == [(i.problem, i.measures, i.deadline) for i in text.items]


def test_a_text_pdf_reads_like_the_text() -> None:
    lines = COUNTY.split("\n")
    plan = read(papers.pdf([[*lines[:70], "— 1 —"], lines[70:]]), "方案.pdf")

    assert [i.measures for i in plan.items] == [i.measures for i in read_plan(COUNTY).items]
    assert [entry.text for entry in plan.unread if entry.kind == "page_number"] == ["— 1 —"]


@pytest.mark.parametrize(
    ("data", "name"),
    [(papers.word_table(), "清单.docx"), (papers.excel_sheet(), "清单.xlsx"), (papers.saved_page(), "清单.html")],
    ids=["docx", "xlsx", "html"],
)
def test_a_table_of_tasks_is_read_row_by_row(data: bytes, name: str) -> None:
    plan = read(data, name)

    assert [item.number for item in plan.items] == [1, 2, 3]
    assert [len(item.measures) for item in plan.items] == [3, 1, 3 if name.endswith("xlsx") else 2]
    assert plan.items[0].responsible_units == ("白石镇政府", "青山镇政府")
    assert plan.items[0].progress == "已封堵4个"
    assert [item.deadline.kind for item in plan.items] == ["date", "immediate_standing", "unclear"]
    assert {(one.item, one.code) for one in plan.anomalies} >= {(3, "no_lead_unit"), (2, "no_responsible_persons")}


def test_numbers_that_word_prints_by_itself_are_read() -> None:
    first, second = read(papers.word_with_automatic_numbers(), "方案.docx").items

    assert (first.printed_number, first.problem, second.printed_number) == ("一、", "河道淤积。", "二、")
    assert [[measure.text for measure in item.measures] for item in (first, second)] == [["清淤。", "管护。"], ["宣传。", "巡查。"]]
    assert (first.deadline.due, second.deadline.kind) == (date(2026, 9, 30), "immediate_standing")


def test_a_heading_of_two_rows_names_each_column_once() -> None:
    first, second = read(papers.word_table_with_two_heading_rows(), "清单.docx").items

    assert (first.problem, first.lead_units, first.responsible_persons) == ("甲问题", ("县环保局",), "局长")
    assert [measure.text for measure in first.measures] == ["甲一。", "甲二。"]
    assert (first.deadline.due, second.deadline.ongoing) == (date(2026, 6, 30), True)
    assert first.extra == ()


def test_a_heading_over_the_whole_row_groups_the_tasks() -> None:
    assert [item.group for item in read(papers.word_table(), "清单.docx").items] == [
        "一、水环境",
        "二、大气和生态",
        "二、大气和生态",
    ]


def test_a_column_nobody_knows_is_kept_under_its_own_heading() -> None:
    assert read(papers.excel_sheet(), "清单.xlsx").items[0].extra == (("联络员", "某甲"),)


def test_several_tasks_of_one_problem_share_it() -> None:
    first, second = read(papers.word_table_with_tasks_under_one_problem(), "清单.docx").items

    assert (first.problem, second.problem) == ("雨污不分。", "雨污不分。")
    assert (first.task, second.task) == ("厂内改造", "新建管网")
    assert (first.number, second.number) == (1, 2)
    assert [measure.text for measure in second.measures] == ["设计", "施工"]
    assert first.deadline.due == date(2026, 9, 30)


def test_cards_of_label_and_value_are_tasks() -> None:
    first, second = read(papers.word_card(), "卡片.docx").items

    assert [measure.text for measure in first.measures] == ["登记。", "拆除。"]
    assert (first.deadline.due, second.deadline.kind) == (date(2026, 10, 31), "immediate_ongoing")


def test_cells_pasted_with_tabs_are_a_table() -> None:
    pasted = "\n".join("\t".join(cell.replace("\n", "") for cell in row) for row in [papers.HEADING, *papers.ROWS])
    plan = read_plan(read_text(pasted))

    assert [item.number for item in plan.items] == [1, 2, 3]
    assert missing_characters(plan) == []


def test_tabs_in_a_text_without_such_a_heading_change_nothing() -> None:
    tabbed = COUNTY.replace("牵头单位：", "牵头单位：\t\t")

    assert len(read_plan(tabbed).items) == 11


def test_a_label_without_colon_counts_where_its_value_has_the_right_shape() -> None:
    item = read_plan(
        "1.河道淤积。责任单位县水利局一度没有清淤。\n整改目标\n清淤到位。\n整改措施　（1）清淤。（2）管护。\n"
        "责任领导甲一山、乙二\n责任单位县水利局、白石镇政府\n整改时限2026年9月底前"
    ).items[0]

    assert (item.target, len(item.measures), item.leaders) == ("清淤到位。", 2, ("甲一山", "乙二"))
    assert item.responsible_units == ("县水利局", "白石镇政府")
    assert item.deadline.due == date(2026, 9, 30)


def test_windows_line_ends_and_old_encodings_read_the_same() -> None:
    old = COUNTY.replace("\n", "\r\n").encode("gb18030")

    assert (
        plan_json(read_plan(read_bytes(old, "方案.txt")))["items"] == plan_json(read_plan(read_text(COUNTY, "方案.txt")))["items"]
    )
    assert decode("整改".encode("utf-16")) == "整改"


def test_a_document_without_tasks_is_all_unread() -> None:
    plan = read_plan("关于开会的通知\n请准时参加。")

    assert plan.items == ()
    assert [entry.text for entry in plan.unread] == ["关于开会的通知", "请准时参加。"]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("方案.doc", b"x", "另存为"),
        ("方案.xyz", b"x", "可以导入"),
        ("方案.docx", b"not a zip", "损坏"),
        ("方案.xlsx", b"PK\x03\x04 torn", "损坏"),
        ("方案.pdf", b"%PDF-1.7 torn", "损坏"),
        ("扫描.pdf", papers.pdf([[" "]]), "扫描件"),
    ],
)
def test_a_file_that_cannot_be_opened_says_what_to_do(name: str, data: bytes, says: str) -> None:
    with pytest.raises(UnreadableDocument, match=says):
        read_bytes(data, name)


def test_measures_split_only_at_the_next_number_of_the_first_style() -> None:
    item = read_plan(COUNTY).items[10]

    assert [measure.text for measure in item.measures] == ["补齐。", "按（1）的格式报送。"]


@pytest.mark.parametrize("first", [998, 1897])
def test_a_plan_of_thousands_keeps_its_numbers_and_a_year_at_a_lines_head_begins_no_item(first: int) -> None:
    numbers = range(first, first + 6)
    text = "".join(
        f"{number}.第{number}处直排口未封堵。\n整改目标：封堵。\n整改措施：（1）排查。\n2026、2027年各查一次。\n整改时限：2030年12月底前\n"
        for number in numbers
    )

    plan = read_plan(text)

    assert [item.number for item in plan.items] == list(numbers)
    assert [item.problem for item in plan.items] == [f"第{number}处直排口未封堵。" for number in numbers]
    assert all("2027年各查一次" in item.measures[0].text for item in plan.items)
