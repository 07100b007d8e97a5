"""The official table is read in its known forms and written so that it reads back; whatever finds no place is shown."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from moderation import papers
from moderation.letter_tables import official
from moderation.letter_tables.official import COLUMNS, CURRENT, TableRow, column_named, read
from portal.core.errors import Mendable
from portal.core.public_record import LetterRow
from portal.core.vocabulary import PollutionType, Verdict

CURRENT_HEADS = [column.name for column in CURRENT]


def csv_of(*rows: list[str], encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode(encoding)


def book_of(rows: list[list[object]], merge: str = "") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_current_form_is_read_by_the_names_of_its_columns() -> None:
    cells = ("料场夜间扬尘。", "青石镇", "大气、噪声", "属实。", "部分属实", "覆盖到位", "已覆盖。", "阶段性办结", "无")
    row = ["1", "D3HA202511200012*", *cells]

    found = read(csv_of(["第三轮省级督察第十二批"], CURRENT_HEADS, row))

    assert found.unplaced == ()
    assert [one.get("number") for one in found.rows] == ["D3HA202511200012*"]
    assert found.rows[0].get("target") == "覆盖到位"
    assert official.is_key(found.rows[0])
    assert official.batch_number(found.above) == 12


@pytest.mark.parametrize(
    ("heads", "code", "cell"),
    [
        (["序号", "受理编号", "交办问题基本情况", "行政区域", "处理和整改情况"], "handling", "e"),
        (["序号", "受理编号", "举报内容", "受理方式", "问责情况"], "accountability", "e"),
        (["序号", "反映问题", "区县", "处理情况", "备注"], "note", "e"),
        (["编号", "交办问题 基本情况", "行政区域（县、区）", "污染\n类型", "是否属实：", ], "pollution", "d"),
        (["问题类型", "受理编号", "交办问题基本情况", "行政区域", "是否办结"], "pollution", "a"),
    ],
    ids=["without-target", "qingdao", "no-number", "spaced", "other-order"],
)  # fmt: skip
def test_known_variants_are_read(heads: list[str], code: str, cell: str) -> None:
    found = read(csv_of(heads, ["a", "b", "c", "d", "e"]))

    assert found.rows[0].get(code) == cell
    assert found.unplaced == ()


def test_the_upright_card_form_is_read() -> None:
    cards = [[label, f"{label}{number}"] for number in (1, 2) for label in ("受理编号", "举报内容", "调查核实情况", "是否办结")]

    found = read(csv_of(*cards))

    assert [row.get("number") for row in found.rows] == ["受理编号1", "受理编号2"]
    assert found.rows[1].get("finding") == "调查核实情况2"


def test_a_heading_over_two_rows_is_read() -> None:
    data = book_of([["受理编号", "交办问题基本情况", "行政区域", "办理", None], [None, None, None, "是否属实", "是否办结"],
                    ["X1", "甲", "乙", "属实", "已办结"]], "D1:E1")  # fmt: skip

    found = read(data)

    assert found.rows[0].cells == {"number": "X1", "problem": "甲", "region": "乙", "verdict": "属实", "status": "已办结"}


def test_whatever_finds_no_place_is_shown() -> None:
    found = read(csv_of([*CURRENT_HEADS[:5], "网格员"], ["1", "X1", "甲", "乙", "水", "张三"], ["", "", "", "合计 1 件", "", ""]))

    assert found.unplaced == ("列“网格员”没有对应的栏目", "第 3 行：合计 1 件")
    assert found.rows[0].extra == {"网格员": "张三"}


def test_gb18030_and_numbers_and_days_are_read() -> None:
    assert read(csv_of(CURRENT_HEADS, ["1", "4260", "灰尘", *[""] * 8], encoding="gb18030")).rows[0].get("problem") == "灰尘"
    assert read(book_of([list(CURRENT_HEADS), [1.0, 4260, "灰尘"]])).rows[0].get("number") == "4260"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "没有找到表头"),
        (b"\xff\xff\xff", "编码"),
        (b"PK\x03\x04broken", "打不开"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "另存为"),
        (csv_of(["姓名", "成绩"], ["甲", "1"]), "没有找到表头"),
    ],
    ids=["empty", "bytes", "broken", "old", "other"],
)
def test_what_is_no_such_table_is_refused_with_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(Mendable, match=says):
        read(data)


def test_every_name_means_one_column() -> None:
    names = [official.said(name) for column in COLUMNS for name in (column.name, *column.variants)]

    assert len(names) == len(set(names))
    assert column_named("是否属实（是/否）") is column_named("是否属实")
    assert column_named("天气") is None


_WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), include_characters="=+-@'"), max_size=30)
_ROWS = st.lists(
    st.fixed_dictionaries({column.code: _WORDS for column in CURRENT}).filter(lambda row: row["number"] or row["problem"]),
    min_size=1,
    max_size=5,
)


@given(_ROWS)
def test_what_is_written_reads_back_whole(rows: list[dict[str, str]]) -> None:
    written = [TableRow(row, line) for line, row in enumerate(rows)]
    kept = [{code: text.strip() for code, text in row.items() if text.strip()} for row in rows]

    assert [dict(row.cells) for row in read(official.as_csv(written)).rows] == kept
    assert [dict(row.cells) for row in read(official.as_xlsx("第1批", written)).rows] == kept


@pytest.mark.parametrize("mark", list("=+-@"))
def test_no_cell_is_a_formula(mark: str) -> None:
    rows = [official.row_of(LetterRow(problem=f"{mark}cmd|' /C calc'!A0", number="X1"), 1)]

    assert f"'{mark}cmd" in official.as_csv(rows).decode()
    sheet = load_workbook(io.BytesIO(official.as_xlsx("第1批", rows))).worksheets[0]
    assert {cell.data_type for line in sheet.iter_rows() for cell in line if cell.value is not None} == {"s"}


def test_the_table_is_ready_for_a_portal_and_for_plain_text() -> None:
    paper = official.as_paper("第 3 批", [official.row_of(LetterRow(problem="<b>甲</b>", number="X1", verdict="属实"), 1)])

    assert "&lt;b&gt;甲" in papers.html(paper)
    assert "<script" not in papers.html(paper)
    assert "受理编号：X1" in papers.plain_text(paper)


def test_words_of_cells_are_understood_or_kept() -> None:
    kinds, strange = official.types_of("水、扬尘,噪声 油烟;怪味")
    assert kinds == (PollutionType.WATER, PollutionType.AIR, PollutionType.NOISE)
    assert strange == ("怪味",)
    assert official.verdict_of(" 部分属实 ") is Verdict.PARTLY_SUBSTANTIATED
    assert official.verdict_of("核查中") is None
    assert official.batch_number(["第35-1批"]) is None
