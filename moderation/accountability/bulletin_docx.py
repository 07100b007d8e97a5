"""A bulletin as DOCX in the look of an official paper (公文格式): title, number, numbered cases, issuer and date."""

from __future__ import annotations

import io

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from moderation.accountability.bulletins import Bulletin, bulletin_tally
from moderation.accountability.outcome_text import item_paragraphs, tally_sentence
from portal.core.clock import spoken_day

NUMERALS = "〇一二三四五六七八九"
# GB/T 9704-2012: A4, margins 37/35/28/26 mm, body 16 pt 仿宋, title 22 pt 小标宋, line 28 pt, first line indented two characters.
BODY_FONT, TITLE_FONT, HEAD_FONT = "仿宋", "方正小标宋简体", "黑体"
BODY_PT, TITLE_PT, LINE_PT = 16, 22, 28


def chinese_number(number: int) -> str:
    """1–99 as headings count: 一, 十, 二十三."""
    tens, units = divmod(number, 10)
    head = "" if tens == 0 else ("" if tens == 1 else NUMERALS[tens]) + "十"
    return head + (NUMERALS[units] if units else "")


class _Paper:
    """A page being written."""

    def __init__(self) -> None:
        self.document = Document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.top_margin, section.bottom_margin = Cm(3.7), Cm(3.5)
        section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)

    def line(self, text: str, *, font: str = BODY_FONT, size: int = BODY_PT, centred: bool = False, indent: bool = True) -> None:
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.line_spacing = Pt(LINE_PT)
        paragraph.paragraph_format.space_after = Pt(0)
        if centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        elif indent:
            paragraph.paragraph_format.first_line_indent = Pt(2 * size)
        run = paragraph.add_run(text)
        run.font.size, run.font.name = Pt(size), font
        # Word asks for the East Asian font apart.
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)

    def right(self, text: str) -> None:
        self.line(text, indent=False)
        self.document.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.RIGHT

    def data(self) -> bytes:
        out = io.BytesIO()
        self.document.save(out)
        return out.getvalue()


def bulletin_docx(bulletin: Bulletin) -> bytes:
    """The bulletin as a DOCX file. Every text is plain: nothing in it is read as markup."""
    paper = _Paper()
    paper.document.core_properties.title = bulletin.title
    paper.document.core_properties.author = bulletin.issuer
    paper.line(bulletin.title, font=TITLE_FONT, size=TITLE_PT, centred=True)
    paper.line(bulletin.number, centred=True)
    paper.line("", indent=False)
    for text in bulletin.opening.splitlines():
        paper.line(text)
    sentence = tally_sentence(bulletin_tally(bulletin))
    if sentence:
        paper.line(sentence)
    for number, item in enumerate(bulletin.items, 1):
        heading, body = item_paragraphs(item)
        paper.line(f"{chinese_number(number)}、{heading}", font=HEAD_FONT)
        for text in body:
            paper.line(text)
    for text in bulletin.closing.splitlines():
        paper.line(text)
    paper.line("", indent=False)
    paper.right(bulletin.issuer)
    paper.right(spoken_day(bulletin.issued_on))
    return paper.data()
