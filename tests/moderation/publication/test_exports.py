"""What other media are given says what the page says, no more: no held row, no author, no formula, and words for the ear."""

from __future__ import annotations

import io
import re
import zipfile
from base64 import b64encode
from datetime import date
from html import unescape
from typing import Any

import docx
import openpyxl
import pytest
from docx.shared import Mm
from PIL import Image
from pypdf import PdfReader

from moderation.holidays import office_calendar
from moderation.office import Office
from moderation.papers import can_print_pdf
from moderation.publication import disclosures, leak_guard
from moderation.publication.disclosures import Disclosure
from moderation.publication.exports import EXPORTS, no_files
from moderation.publication.spoken_text import PHONE_MOST, aloud, announcement, phone_message, tally
from portal.core.vocabulary import RecordKind
from tests.conftest import NOON, empty_office
from tests.moderation.publication.test_disclosures import LI

__all__ = ["empty_office"]

HELD = "13912345678"
HEADS = ("编号", "问题", "区域", "类型", "核实", "属实", "目标", "处理整改", "办结", "责任人", "承办单位", "重点件")


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "number": f"YL-{number:03}", "problem": f"第 {number} 处料场夜里装卸，不盖不洒水。", "region": "云岭县",
        "pollution": "大气", "finding": "现场核查，料场没有围挡，占地 1,200㎡。", "verdict": "属实" if number % 2 else "基本属实",
        "handling": "已责令停工整改。", "status": "已办结", "unit": "县住建局", "key": number == 1,
    } | changes  # fmt: skip


def batch(rows: int = 3, **changes: Any) -> dict[str, Any]:
    return {
        "title": "第一批信访件办理情况", "summary": "本批 2026-11-20 交办，办结率 75.5%。", "unit": "云岭县督察整改办",
        "region": {"code": "990121", "name": "云岭县"}, "card": {"document_number": "云环督〔2026〕1 号"},
        "letters": [row(number) for number in range(1, rows + 1)],
        "sections": [{"anchor": "a", "heading": "说明", "blocks": [
            {"prose": "**重点件**由督办组核查，见[说明](/terms/)。\n\n- 一是公开\n- 二是回访"},
            {"header": ["乡镇", "件数"], "rows": [["北坡镇", "12"], ["南坡镇", "8"]], "caption": "2026/11 分布"},
        ]}],
    } | changes  # fmt: skip


@pytest.fixture
def made(empty_office: Office) -> Disclosure:
    """A batch of three rows, the second of which waits."""
    fields = batch()
    fields["letters"][1]["problem"] = f"有人留了电话 {HELD}。"
    fields["letters"][2]["handling"] = "=1+1"
    with empty_office.office.transaction() as session:
        found = disclosures.draft(
            session, kind=RecordKind.LETTER_BATCH, fields=fields, calendar=office_calendar(session), by=LI, at=NOON
        )
        leak_guard.check(session, found, at=NOON)
        assert (found.held_rows, found.leak_notice) == ("1", "")
    return found


def words_in(ending: str, data: bytes) -> str:
    """Every word of a file, its hidden parts and properties included."""
    if ending not in {"docx", "xlsx"}:
        return data.decode()
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return unescape("\n".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist()))


@pytest.mark.parametrize("ending", [ending for ending in EXPORTS if ending != "pdf"])
def test_no_form_holds_the_row_that_waits_nor_who_wrote_it(made: Disclosure, ending: str) -> None:
    words = words_in(ending, EXPORTS[ending].make(made, no_files))

    assert HELD not in words
    for inside in (LI.id, "openpyxl", "python-docx", "checklist", "salt"):
        assert inside not in words.replace("李老板", "")
    if ending != "phone":
        assert "第 1 处料场" in words.replace("第1处", "第 1 处")


def test_word_has_title_number_every_public_row_and_nothing_hidden(made: Disclosure) -> None:
    paper = docx.Document(io.BytesIO(EXPORTS["docx"].make(made, no_files)))

    lines = [paragraph.text for paragraph in paper.paragraphs]
    assert "第一批信访件办理情况" in lines
    assert "云环督〔2026〕1 号" in lines
    assert "重点件由督办组核查，见说明。" in lines
    assert "一是公开" in lines
    letters, towns = paper.tables
    assert [cell.text for cell in letters.rows[0].cells] == list(HEADS)
    assert [line.cells[0].text for line in letters.rows[1:]] == ["YL-001", "YL-003"]
    assert [line.cells[11].text for line in letters.rows[1:]] == ["是", ""]
    assert [[cell.text for cell in line.cells] for line in towns.rows] == [["乡镇", "件数"], ["北坡镇", "12"], ["南坡镇", "8"]]
    assert (paper.core_properties.author, paper.core_properties.last_modified_by, paper.core_properties.comments) == ("", "", "")
    assert paper.sections[0].page_width > paper.sections[0].page_height, "twelve columns lie across"


@pytest.mark.skipif(not can_print_pdf(), reason="the extra pdf (WeasyPrint) is not installed")
def test_pdf_has_every_public_row_in_readable_chinese_across_the_sheet_and_nothing_that_waits(made: Disclosure) -> None:
    pages = PdfReader(io.BytesIO(EXPORTS["pdf"].make(made, no_files))).pages
    words = re.sub(r"\s+", "", "".join(page.extract_text() for page in pages))

    for said in (
        "第一批信访件办理情况",
        "云环督〔2026〕1号",
        "本批2026-11-20交办",
        "重点件由督办组核查，见说明。",
        "北坡镇12",
        "南坡镇8",
    ):
        assert said in words
    assert re.findall(r"YL-\d+", words) == ["YL-001", "YL-003"]
    assert words.count("料场没有围挡") == 2
    assert "=1+1" in words
    for sealed in (HELD, LI.id, "checklist", "salt", "第2处"):
        assert sealed not in words
    assert pages[0].mediabox.width > pages[0].mediabox.height, "twelve columns lie across"


def test_excel_has_a_sheet_a_table_and_no_words_become_a_formula(made: Disclosure) -> None:
    book = openpyxl.load_workbook(io.BytesIO(EXPORTS["xlsx"].make(made, no_files)))

    assert book.sheetnames == ["信访件", "2026 11 分布"]
    letters = book["信访件"]
    assert [cell.value for cell in letters[1]] == list(HEADS)
    assert [line[0].value for line in letters.iter_rows(min_row=2)] == ["YL-001", "YL-003"]
    assert (letters["H3"].value, letters["H3"].data_type, letters["H3"].quotePrefix) == ("=1+1", "s", True)
    assert (letters["L2"].value, letters["L3"].value or "") == ("是", "")
    assert all(sheet.sheet_state == "visible" for sheet in book.worksheets)
    assert not book.properties.creator
    assert not book.properties.lastModifiedBy


def test_the_page_for_a_portal_is_whole_and_runs_nothing(made: Disclosure) -> None:
    page = EXPORTS["html"].make(made, no_files).decode()

    assert page.count("<tr>") == 3 + 3
    assert "<h1>第一批信访件办理情况</h1>" in page
    assert not re.search(r"<script|<link|<img|style=|src=|href=|on\w+=", page)


def test_two_hundred_rows_go_out_whole_in_every_table(empty_office: Office) -> None:
    with empty_office.office.transaction() as session:
        found = disclosures.draft(
            session, kind=RecordKind.LETTER_BATCH, fields=batch(200), calendar=office_calendar(session), by=LI, at=NOON
        )

    assert len(docx.Document(io.BytesIO(EXPORTS["docx"].make(found, no_files))).tables[0].rows) == 201
    assert openpyxl.load_workbook(io.BytesIO(EXPORTS["xlsx"].make(found, no_files)))["信访件"].max_row == 201
    assert EXPORTS["txt"].make(found, no_files).decode().count("编号：YL-") == 200
    assert EXPORTS["spoken"].make(found, no_files).decode().count("反映：") == 200


@pytest.mark.parametrize("rows", [1, 30, 200])
@pytest.mark.parametrize("summary", ["短。", "一句不短的话，说到了北坡镇的料场和南坡镇的排口。" * 12])
def test_a_phone_message_fits_and_ends_with_a_whole_sentence(rows: int, summary: str) -> None:
    said = phone_message(batch(rows, summary=summary))

    assert len(said) <= PHONE_MOST
    title, *middle, end = said.splitlines()
    assert title == "第一批信访件办理情况"
    assert end == "全文见信息公开网站。（云岭县督察整改办）"
    assert all(line.endswith("。") for line in middle)


def test_the_numbers_of_a_batch_stand_in_one_sentence() -> None:
    assert tally(batch(3)) == "本批公开3件，属实2件，基本属实1件，已办结3件"
    assert tally({"title": "公告"}) == ""


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("办结率 75.5%", "办结率百分之75.5"),
        ("2026-11-20 交办", "2026年11月20日交办"),
        ("占地 1,200㎡", "占地1200平方米"),
        ("PM2.5 为 35μg/m³", "细颗粒物为35微克每立方米"),
        ("已完成 4/6 处", "已完成6分之4处"),
        ("每天 22-6 时", "每天22到6时"),
        ("北段｜已封堵", "北段，已封堵"),
        ("**重点件**见[说明](/terms/)", "重点件见说明"),
        ("详见 https://example.cn/a", "详见"),
    ],
)
def test_numbers_and_units_are_said_as_an_announcer_says_them(written: str, said: str) -> None:
    assert aloud(written) == said


def test_what_is_read_aloud_has_no_table_and_no_mark_left(made: Disclosure) -> None:
    said = announcement(made.public_fields())

    assert not re.search(r"[｜|*_#\[\]<>%㎡]|\d{4}-\d\d-\d\d|https?:", said)
    assert "本批2026年11月20日交办，办结率百分之75.5。" in said.splitlines()
    assert "第1件，云岭县，反映：第1处料场夜里装卸，不盖不洒水。经核实：现场核查，料场没有围挡，占地1200平方米。" in said
    assert "北坡镇，件数12。" in said.splitlines()
    assert all(line[-1] in "。！？；" for line in said.splitlines())


def test_the_day_under_a_paper_is_the_day_of_its_last_change(made: Disclosure) -> None:
    assert made.changed_at == NOON
    assert EXPORTS["txt"].make(made, no_files).decode().splitlines()[-1] == f"{date(2026, 11, 20):%Y年%m月%d日}"


def test_a_letter_that_begins_with_its_verb_is_not_read_with_it_twice() -> None:
    said = announcement({"title": "第一批", "letters": [{"problem": "反映柳溪镇一加油站油气外逸。"}]})

    assert "反映：柳溪镇一加油站油气外逸。" in said


def test_a_row_in_a_newspaper_is_one_sentence_whatever_its_cells_end_with(made: Disclosure) -> None:
    said = EXPORTS["txt"].make(made, no_files).decode()

    assert "问题：第 1 处料场夜里装卸，不盖不洒水；区域：云岭县；" in said
    assert not re.search("[。；，]；|；[。；]|。。", said)
    assert all(line.endswith("。") for line in said.splitlines() if "：" in line)


SHOWN = f"{'b' * 64}.png"


def picture(width: int = 300, height: int = 200) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "seagreen").save(out, "PNG")
    return out.getvalue()


def with_picture(office: Office) -> Disclosure:
    block = {"file": SHOWN, "alt": "雨后的 '料场'，<已盖> 绿网", "caption": "整改后", "width": 300, "height": 200}
    fields = batch(1, sections=[{"anchor": "a", "heading": "现场", "blocks": [block]}])
    with office.office.transaction() as session:
        return disclosures.draft(
            session, kind=RecordKind.LETTER_BATCH, fields=fields, calendar=office_calendar(session), by=LI, at=NOON
        )


def test_word_pdf_and_the_page_for_a_portal_carry_the_picture_and_what_it_shows(empty_office: Office) -> None:
    found, data = with_picture(empty_office), picture()

    def files(name: str) -> bytes | None:
        return data if name == SHOWN else None

    paper = docx.Document(io.BytesIO(EXPORTS["docx"].make(found, files)))
    assert [part.blob for part in paper.part.package.image_parts] == [data]
    assert [shape._inline.docPr.get("descr") for shape in paper.inline_shapes] == ["雨后的 '料场'，<已盖> 绿网"]
    assert paper.paragraphs[-4].text == "整改后", "its caption stands under it, before who signed and the day"
    page = EXPORTS["html"].make(found, files).decode()
    assert f"src='data:image/png;base64,{b64encode(data).decode()}'" in page
    assert unescape(re.search("alt='(.*?)'", page)[1]) == "雨后的 '料场'，<已盖> 绿网"  # type: ignore[index]
    if can_print_pdf():
        drawn = [image for each in PdfReader(io.BytesIO(EXPORTS["pdf"].make(found, files))).pages for image in each.images]
        assert {each.image.size for each in drawn if each.image} == {(300, 200)}


def test_a_picture_whose_file_is_gone_leaves_its_words(empty_office: Office) -> None:
    found = with_picture(empty_office)

    assert "（图：整改后）" in [line.text for line in docx.Document(io.BytesIO(EXPORTS["docx"].make(found, no_files))).paragraphs]
    assert "（图：整改后）" in EXPORTS["txt"].make(found, no_files).decode()


def test_a_tall_picture_fits_the_sheet_under_its_caption(empty_office: Office) -> None:
    paper = docx.Document(
        io.BytesIO(EXPORTS["docx"].make(with_picture(empty_office), lambda name: picture(200, 900) if name == SHOWN else None))
    )

    shape = paper.inline_shapes[0]
    assert shape.height <= Mm(110)
    assert abs(shape.height / shape.width - 4.5) < 0.01


def test_a_course_of_events_is_printed_under_day_and_matter(empty_office: Office) -> None:
    course = [{"on": "2026-10-12", "text": "罚款", "phase": "past"}, {"on": "2026-11-30", "text": "复查", "phase": "next"}]
    with empty_office.office.transaction() as session:
        found = disclosures.draft(
            session,
            kind=RecordKind.LETTER_BATCH,
            fields=batch(1, timeline=course),
            calendar=office_calendar(session),
            by=LI,
            at=NOON,
        )

    said = EXPORTS["txt"].make(found, no_files).decode()
    assert "日期：2026-10-12；事项：罚款。\n日期：2026-11-30；事项：复查。" in said
    tables = docx.Document(io.BytesIO(EXPORTS["docx"].make(found, no_files))).tables
    assert ["日期", "事项"] in [[cell.text for cell in table.rows[0].cells] for table in tables]
