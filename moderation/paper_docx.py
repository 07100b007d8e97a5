"""An official paper as DOCX, in the look of GB/T 9704-2012: A4, 仿宋 16 pt, title 22 pt, 28 pt lines."""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from moderation.papers import Block, Heading, Paper, Picture, Table, Words, lies_across, spoken
from portal.core.clock import spoken_day

BODY_FONT = "仿宋"
TITLE_FONT = "宋体"
HEADING_FONTS = {1: "黑体", 2: "楷体", 3: BODY_FONT}
BODY_POINTS = 16
TITLE_POINTS = 22
LINE_POINTS = 28
PICTURE_WIDTH, PICTURE_HEIGHT = 120, 110
"""Millimetres at most."""


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
            _font(cell.paragraphs[0].add_run(spoken(value)), BODY_FONT, 12)


def docx_bytes(paper: Paper) -> bytes:
    """The paper as DOCX."""
    document = Document()
    page = document.sections[0]
    wide = lies_across(paper)
    page.page_width, page.page_height = (Mm(297), Mm(210)) if wide else (Mm(210), Mm(297))
    page.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    document.core_properties.author = document.core_properties.last_modified_by = ""
    document.core_properties.title, document.core_properties.comments = paper.title, ""
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


def _add_picture(document: Any, block: Picture) -> None:
    shape = document.add_picture(io.BytesIO(block.data), width=Mm(PICTURE_WIDTH))
    if shape.height > Mm(PICTURE_HEIGHT):
        shape.width, shape.height = int(shape.width * Mm(PICTURE_HEIGHT) / shape.height), Mm(PICTURE_HEIGHT)
    # What a reading voice says in place of the picture.
    shape._inline.docPr.set("descr", block.alt)
    document.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER
    if block.caption:
        document.paragraphs[-1].paragraph_format.keep_with_next = True
        _line(document, block.caption, points=14, align=WD_ALIGN_PARAGRAPH.CENTER)


def _add_block(document: Any, block: Block) -> None:
    match block:
        case Heading():
            _line(document, block.text, HEADING_FONTS[block.level], indent=True)
        case Words():
            _line(document, block.text, indent=True)
        case Table():
            _add_table(document, block)
        case Picture():
            _add_picture(document, block)
