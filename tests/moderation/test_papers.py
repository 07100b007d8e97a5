"""Official papers and tables: the same content in every format, and nobody's words become a formula."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from moderation import papers
from moderation.papers import Heading, Paper, Sheet, Table, Words
from portal.core.errors import Refusal

PAPER = Paper(
    "督办单",
    (Heading("一、事由"), Words("请于期限内反馈。"), Table(("编号", "期限"), (("W-1", date(2026, 11, 30)),), "清单")),
    number="云环督〔2026〕3号", to="县城市管理局", signed="信访督办组", signed_on=date(2026, 11, 20), copies="督办监察组",
)  # fmt: skip


def test_a_docx_holds_everything_and_names_no_author() -> None:
    document = Document(io.BytesIO(papers.docx(PAPER)))

    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for words in ("督办单", "云环督〔2026〕3号", "县城市管理局：", "一、事由", "2026年11月20日", "抄送：督办监察组"):
        assert words in text
    assert [cell.text for cell in document.tables[0].rows[1].cells] == ["W-1", "2026-11-30"]
    assert document.core_properties.author == ""


def test_plain_text_reads_a_table_row_by_row() -> None:
    assert "编号：W-1；期限：2026-11-30" in papers.plain_text(PAPER)


def test_html_is_escaped() -> None:
    page = papers.html(Paper("<script>x</script>", (Words("a & b"), Table(("<b>",), (("<i>",),)))))

    assert "<script>" not in page
    assert "<i>" not in page


def test_pdf_is_made_or_says_what_to_do_instead() -> None:
    if not papers.can_print_pdf():
        with pytest.raises(Refusal, match="打印"):
            papers.pdf(PAPER)
        return
    try:
        made = papers.pdf(PAPER)
    except Refusal as refusal:
        pytest.skip(refusal.reason)
    assert made.startswith(b"%PDF")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(blacklist_categories=("Cs", "Cc"))).map(lambda word: f"={word}"), min_size=1, max_size=4))
def test_no_text_becomes_a_formula(words: list[str]) -> None:
    header = tuple(f"列{n}" for n, _ in enumerate(words))

    sheet = load_workbook(io.BytesIO(papers.xlsx([Sheet("表", header, [words])]))).active

    cells = next(iter(sheet.iter_rows(min_row=2)))  # type: ignore[union-attr]
    assert [cell.data_type for cell in cells] == ["s"] * len(words)
    assert [cell.value for cell in cells] == words
    line = list(csv.reader(io.StringIO(papers.csv_text(header, [words]).lstrip("\ufeff"))))[1]
    assert all(cell.startswith("'=") for cell in line)


def test_numbers_and_days_stay_numbers_and_days() -> None:
    sheet = load_workbook(io.BytesIO(papers.xlsx([Sheet("表", ("a", "b"), [(12, date(2026, 1, 2))], notes=("来源",))]))).active

    assert sheet is not None
    assert sheet["A1"].value == "来源"
    assert sheet["A3"].value == 12
    assert sheet["B3"].value.date() == date(2026, 1, 2)  # type: ignore[union-attr]
