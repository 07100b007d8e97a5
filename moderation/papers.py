"""Official papers (公文) and tables: one content, written as DOCX, PDF where the extra is installed, plain text, XLSX and CSV.

Knows how a paper looks (GB/T 9704-2012: A4, 仿宋 16 pt, title 22 pt, 28 pt lines). Knows no letter, task or reward.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape
from importlib.util import find_spec
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from portal.core.clock import spoken_day
from portal.core.errors import Refusal

BODY_FONT = "仿宋"
TITLE_FONT = "宋体"
HEADING_FONTS = {1: "黑体", 2: "楷体", 3: BODY_FONT}
BODY_POINTS = 16
TITLE_POINTS = 22
LINE_POINTS = 28

Cell = str | int | float | Decimal | date | datetime | None


@dataclass(frozen=True)
class Heading:
    """``level`` 1 (一、), 2 (（一）) or 3."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Words:
    """A paragraph, indented by two characters."""

    text: str


@dataclass(frozen=True)
class Table:
    """Column heads and rows; each row as long as the heads."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Picture:
    """Bytes of a clean JPEG or PNG, with the words under it."""

    data: bytes
    caption: str


Block = Heading | Words | Table | Picture


@dataclass(frozen=True)
class Paper:
    """One official paper. Empty fields are not printed. ``number``: 文号. ``to``: 主送. ``signed``: 署名."""

    title: str
    blocks: tuple[Block, ...]
    number: str = ""
    to: str = ""
    signed: str = ""
    signed_on: date | None = None
    copies: str = ""


def _spoken(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _font(run: Any, name: str, points: float, *, bold: bool = False) -> None:
    run.font.name, run.font.size, run.font.bold = name, Pt(points), bold
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _line(document: Any, text: str, font: str = BODY_FONT, points: float = BODY_POINTS, **shape: Any) -> Any:
    paragraph = document.add_paragraph()
    paragraph.alignment = shape.get("align")
    layout = paragraph.paragraph_format
    layout.line_spacing, layout.space_after = Pt(shape.get("line", LINE_POINTS)), Pt(shape.get("after", 0))
    if shape.get("indent"):
        layout.first_line_indent = Pt(points * 2)
    _font(paragraph.add_run(text), font, points, bold=shape.get("bold", False))
    return paragraph


def _page_number(document: Any) -> None:
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text, field in (("— ", None), ("", "PAGE"), (" —", None)):
        run = paragraph.add_run(text)
        _font(run, TITLE_FONT, 14)
        if field:
            for kind, content in (("begin", ""), ("", field), ("end", "")):
                element = OxmlElement("w:instrText" if content else "w:fldChar")
                if content:
                    element.text = content
                else:
                    element.set(qn("w:fldCharType"), kind)
                run._element.append(element)


def _add_table(document: Any, block: Table) -> None:
    if block.caption:
        _line(document, block.caption, HEADING_FONTS[1], 14, align=WD_ALIGN_PARAGRAPH.CENTER)
    table = document.add_table(rows=1, cols=len(block.header), style="Table Grid")
    table.autofit = True
    marker = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(marker)
    for cell, text in zip(table.rows[0].cells, block.header, strict=True):
        _font(cell.paragraphs[0].add_run(text), HEADING_FONTS[1], 12)
    for row in block.rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            _font(cell.paragraphs[0].add_run(_spoken(value)), BODY_FONT, 12)


def docx(paper: Paper) -> bytes:
    """The paper as DOCX."""
    document = Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    document.core_properties.author = document.core_properties.last_modified_by = ""
    document.core_properties.title = paper.title
    if paper.number:
        _line(document, paper.number, align=WD_ALIGN_PARAGRAPH.CENTER, after=LINE_POINTS)
    _line(document, paper.title, TITLE_FONT, TITLE_POINTS, align=WD_ALIGN_PARAGRAPH.CENTER, bold=True, line=36, after=LINE_POINTS)
    if paper.to:
        _line(document, f"{paper.to}：")
    for block in paper.blocks:
        _add_block(document, block)
    if paper.signed:
        _line(document, "")
        _line(document, paper.signed, align=WD_ALIGN_PARAGRAPH.RIGHT)
    if paper.signed_on:
        _line(document, spoken_day(paper.signed_on), align=WD_ALIGN_PARAGRAPH.RIGHT)
    if paper.copies:
        _line(document, f"抄送：{paper.copies}", points=14)
    _page_number(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add_block(document: Any, block: Block) -> None:
    match block:
        case Heading():
            _line(document, block.text, HEADING_FONTS[block.level], indent=True)
        case Words():
            _line(document, block.text, indent=True)
        case Table():
            _add_table(document, block)
        case Picture():
            document.add_picture(io.BytesIO(block.data), width=Mm(120))
            _line(document, block.caption, points=14, align=WD_ALIGN_PARAGRAPH.CENTER)


def plain_text(paper: Paper) -> str:
    """The paper as plain text, for 手机报, radio, television: tables row by row, each cell behind its head."""
    lines = [line for line in (paper.number, paper.title, f"{paper.to}：" if paper.to else "") if line]
    for block in paper.blocks:
        match block:
            case Heading() | Words():
                lines.append(block.text)
            case Table():
                lines += [block.caption] if block.caption else []
                for row in block.rows:
                    pairs = zip(block.header, map(_spoken, row), strict=True)
                    lines.append("；".join(f"{head}：{value}" for head, value in pairs if value))
            case Picture():
                lines.append(f"（图：{block.caption}）")
    lines += [line for line in (paper.signed, spoken_day(paper.signed_on) if paper.signed_on else "") if line]
    return "\n".join(lines) + "\n"


def html(paper: Paper) -> str:
    """The paper as one HTML document without scripts, ready for a portal's editor or for printing."""
    parts = [f"<p class='number'>{escape(paper.number)}</p>" if paper.number else "", f"<h1>{escape(paper.title)}</h1>"]
    parts += [f"<p>{escape(paper.to)}：</p>" if paper.to else "", *map(_html_block, paper.blocks)]
    parts += [f"<p class='signed'>{escape(paper.signed)}</p>" if paper.signed else ""]
    parts += [f"<p class='signed'>{spoken_day(paper.signed_on)}</p>" if paper.signed_on else ""]
    body = "\n".join(part for part in parts if part)
    head = f"<!doctype html>\n<html lang='zh-Hans'><meta charset='utf-8'><title>{escape(paper.title)}</title>"
    return f"{head}\n<body>\n{body}\n</body></html>\n"


def _html_block(block: Block) -> str:
    match block:
        case Heading():
            return f"<h{block.level + 1}>{escape(block.text)}</h{block.level + 1}>"
        case Words():
            return f"<p>{escape(block.text)}</p>"
        case Picture():
            return f"<p class='caption'>{escape(block.caption)}</p>"
    heads = "".join(f"<th scope='col'>{escape(head)}</th>" for head in block.header)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(_spoken(cell))}</td>' for cell in row)}</tr>" for row in block.rows)
    caption = f"<caption>{escape(block.caption)}</caption>"
    return f"<table border='1'>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


_PRINT_STYLE = (
    "@page{size:A4;margin:37mm 26mm 35mm 28mm;@bottom-center{content:'— ' counter(page) ' —'}}"
    "body{font:16pt/28pt 'FangSong','仿宋','Noto Serif CJK SC',serif}h1{font-size:22pt;text-align:center}"
    "p{margin:0;text-indent:2em}.number,.signed{text-indent:0;text-align:center}.signed{text-align:right}"
    "table{border-collapse:collapse;width:100%;font-size:12pt;line-height:18pt}td,th{padding:2pt 4pt}"
)


def can_print_pdf() -> bool:
    """Whether the extra `pdf` is installed on this machine."""
    return find_spec("weasyprint") is not None


def pdf(paper: Paper) -> bytes:
    """The paper as PDF. Raises Refusal, with what to do instead, where the extra is not installed."""
    if not can_print_pdf():
        raise Refusal("本机没有安装 PDF 组件，请下载 Word 文件，或用浏览器的“打印”存为 PDF", clause="安装说明：可选组件 pdf")
    from weasyprint import CSS, HTML

    return bytes(HTML(string=html(paper)).write_pdf(stylesheets=[CSS(string=_PRINT_STYLE)]))


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook. ``notes``: lines above the heads (formula, source, date)."""

    title: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    notes: tuple[str, ...] = ()


def _write_cell(sheet: Worksheet, row: int, column: int, value: Cell) -> Any:
    cell = sheet.cell(row=row, column=column)
    if isinstance(value, str):
        cell.value = "".join(letter for letter in value if letter >= " " or letter in "\n\t")
        # A text that begins with = must stay text: nobody's letter may become a formula on a clerk's machine.
        cell.data_type = "s"
        cell.quotePrefix = value[:1] in "=+-@\t"
    else:
        cell.value = value
    return cell


def xlsx(sheets: Iterable[Sheet]) -> bytes:
    """A workbook. Texts stay texts, whatever they begin with."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for content in sheets:
        sheet = book.create_sheet(content.title[:31])
        top = len(content.notes) + 1
        for number, note in enumerate(content.notes, 1):
            _write_cell(sheet, number, 1, note).font = Font(color="666666")
        for column, head in enumerate(content.header, 1):
            cell = _write_cell(sheet, top, column, head)
            cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E4EFE9")
        for offset, row in enumerate(content.rows, 1):
            for column, value in enumerate(row, 1):
                _write_cell(sheet, top + offset, column, value).alignment = Alignment(wrap_text=True, vertical="top")
        for column, width in enumerate(_widths(content), 1):
            sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.freeze_panes = f"A{top + 1}"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _widths(content: Sheet) -> list[float]:
    seen = content.rows[:200]
    longest = [max([len(head), *(len(_spoken(row[column])) for row in seen)]) for column, head in enumerate(content.header)]
    return [min(48, 4 + 1.9 * length) for length in longest]


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """CSV with a byte order mark for the office's spreadsheet; a cell that a spreadsheet would run gets a leading apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([f"'{text}" if isinstance(cell, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
                         for cell, text in ((cell, _spoken(cell)) for cell in row)])  # fmt: skip
    return "\ufeff" + out.getvalue()
