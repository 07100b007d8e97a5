"""Makes plans as offices send them: Word and Excel tables with merged cells, saved pages, text PDF. All invented."""

from __future__ import annotations

import io
from collections.abc import Sequence

import docx
import openpyxl
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

HEADING = ["序号", "存在问题", "整改目标", "整改措施", "牵头单位", "责任单位", "责任人", "整改\n时限", "完成情况"]
ROWS = [
    [
        *("1", "白石河有直排口6个。", "全部封堵。", "1.排查。\n2.封堵。\n3.复核。", "县水利局", "白石镇政府、青山镇政府"),
        *("镇长", "2026年9月底前", "已封堵4个"),
    ],
    ["2", "渣土车不密闭。", "密闭运输。", "立即整治。", "县城市管理局", "县公安局", "", "立即整改，长期坚持", ""],
    ["3", "矿山没有复绿。", "复绿30亩。", "1.编制方案。\n2.施工。", "", "县自然资源局", "局长", "2026年8月前", ""],
]  # fmt: skip


def word_paragraphs(lines: Sequence[str]) -> bytes:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    return _saved(document)


def word_table() -> bytes:
    """A heading over the whole row, then the tasks."""
    document = docx.Document()
    document.add_paragraph("云岭县整改任务清单")
    table = document.add_table(rows=0, cols=len(HEADING))
    for words in [HEADING, ["一、水环境"] * len(HEADING), ROWS[0], ["二、大气和生态"] * len(HEADING), *ROWS[1:]]:
        cells = table.add_row().cells
        if len(set(words)) == 1:
            cells[0].merge(cells[-1]).text = words[0]
            continue
        for cell, text in zip(cells, words, strict=True):
            cell.text = text
    return _saved(document)


def word_table_with_tasks_under_one_problem() -> bytes:
    """Number and problem reach over two tasks; a third row adds a measure to the second task."""
    document = docx.Document()
    table = document.add_table(rows=4, cols=6)
    grid = [
        ["序号", "反馈问题", "整改任务", "整改措施", "责任单位", "完成时限"],
        ["1", "雨污不分。", "厂内改造", "改造管线", "园区管委会", "2026年9月底"],
        ["", "", "新建管网", "设计", "县住建局", "2026年12月底"],
        ["", "", "", "施工", "", ""],
    ]
    for r, row in enumerate(grid):
        for c, text in enumerate(row):
            table.cell(r, c).text = text
    for first, last, column in ((1, 3, 0), (1, 3, 1), (2, 3, 2), (2, 3, 4), (2, 3, 5)):
        _merge_down(table, first, last, column)
    return _saved(document)


def _merge_down(table: object, first: int, last: int, column: int) -> None:
    text = table.cell(first, column).text  # type: ignore[attr-defined]
    table.cell(first, column).merge(table.cell(last, column)).text = text  # type: ignore[attr-defined]


def word_with_automatic_numbers() -> bytes:
    """Items whose numbers Word prints by itself: 一、 for items, （1） for measures that begin again in each item."""
    document = docx.Document()
    root = document.part.numbering_part.element
    for number, style, text, overrides in ((90, "chineseCounting", "%1、", (90,)), (91, "decimal", "（%1）", (91, 92))):
        levels = f'<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{style}"/><w:lvlText w:val="{text}"/></w:lvl>'
        # Abstract lists stand before the lists that use them.
        root.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}">{levels}</w:abstractNum>'))
        for own in overrides:
            again = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>' if own != number else ""
            root.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="{own}"><w:abstractNumId w:val="{number}"/>{again}</w:num>'))
    for lists, text in (
        (90, "河道淤积。"), (0, "整改措施："), (91, "清淤。"), (91, "管护。"), (0, "责任单位：县水利局"),
        (0, "整改时限：2026年9月底前"),
        (90, "秸秆焚烧。"), (0, "整改措施："), (92, "宣传。"), (92, "巡查。"), (0, "责任单位：县农业局"),
        (0, "整改时限：立行立改，长期坚持"),
    ):  # fmt: skip
        paragraph = document.add_paragraph(text)
        if lists:
            numbered = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="{lists}"/></w:numPr>'
            paragraph._p.get_or_add_pPr().append(parse_xml(numbered))
    return _saved(document)


def word_table_with_two_heading_rows() -> bytes:
    """责任分工 reaches over three columns; the others reach down over two rows."""
    document = docx.Document()
    grid = [
        ["序号", "问题", "整改措施", "责任分工", "", "", "完成时限"],
        ["", "", "", "牵头单位", "责任单位", "责任人", ""],
        ["1", "甲问题", "（一）甲一。（二）甲二。", "县环保局", "各乡镇", "局长", "2026年6月底前"],
        ["2", "乙问题", "乙措施", "县水利局", "各乡镇", "局长", "长期坚持"],
    ]
    table = document.add_table(rows=4, cols=7)
    for r, row in enumerate(grid):
        for c, text in enumerate(row):
            table.cell(r, c).text = text
    for column in (0, 1, 2, 6):
        _merge_down(table, 0, 1, column)
    table.cell(0, 3).merge(table.cell(0, 5)).text = "责任分工"
    return _saved(document)


def word_card() -> bytes:
    """One task a table: labels on the left, values on the right."""
    document = docx.Document()
    for problem, due in (("燃煤锅炉没有拆除。", "2026年10月底前"), ("扬尘控制不力。", "立即整改，持续推进")):
        table = document.add_table(rows=0, cols=2)
        for label, value in (
            ("反馈问题", problem), ("整改目标", "达标。"), ("整改措施", "（1）登记。（2）拆除。"),
            ("责任单位", "县环保局"), ("整改时限", due),
        ):  # fmt: skip
            cells = table.add_row().cells
            cells[0].text, cells[1].text = label, value
        document.add_paragraph("")
    return _saved(document)


def excel_sheet() -> bytes:
    """A title over all columns, a heading, one row a task with the number cell merged over two rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "任务清单"
    sheet.append(["云岭县整改任务清单"])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(HEADING))
    sheet.append([*HEADING, "联络员"])
    for row in ROWS:
        sheet.append([*[int(word) if word.isdigit() else word for word in row], "某甲"])
    sheet.append(["", "", "", "3.验收。", "", "", "", "", "", ""])
    for column in (1, 2, 3):
        sheet.merge_cells(start_row=5, start_column=column, end_row=6, end_column=column)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def saved_page() -> bytes:
    """A government page as a browser saves it, in GBK, with a rowspan."""
    rows = "".join(
        "<tr>" + "".join(f"<td><p>{cell.replace(chr(10), '</p><p>')}</p></td>" for cell in row) + "</tr>" for row in ROWS
    )
    heading = "".join(f"<th>{cell}</th>" for cell in HEADING)
    return (
        '<html><head><meta charset="gb2312"><title>整改清单</title><style>td{color:red}</style></head><body>'
        f"<script>var a=1;</script><div>首页&nbsp;&gt;&nbsp;公开</div><table><tr>{heading}</tr>{rows}</table>"
        "<p>打印</p></body></html>"
    ).encode("gbk")


def pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A text PDF, one string a line, with the character map that office software writes."""
    glyphs = sorted({char for page in pages for line in page for char in line})
    code = {char: number for number, char in enumerate(glyphs, start=1)}
    objects: list[bytes] = []
    kids = " ".join(f"{3 + 2 * number} 0 R" for number in range(len(pages)))
    font = 3 + 2 * len(pages)
    objects.append(b"<</Type/Catalog/Pages 2 0 R>>")
    objects.append(f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode())
    for number, page in enumerate(pages):
        lines = "".join(f"<{''.join(f'{code[char]:04x}' for char in line)}>Tj 0 -20 Td\n" for line in page)
        content = f"BT /F1 12 Tf 60 800 Td\n{lines}ET".encode()
        resources = f"/Resources<</Font<</F1 {font} 0 R>>>>"
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]{resources}/Contents {4 + 2 * number} 0 R>>".encode())
        objects.append(_stream(content))
    objects.append(
        f"<</Type/Font/Subtype/Type0/BaseFont/Song/Encoding/Identity-H"
        f"/DescendantFonts[{font + 1} 0 R]/ToUnicode {font + 2} 0 R>>".encode()
    )
    objects.append(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Song"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000>>"
    )
    pairs = "\n".join(f"<{number:04x}> <{char.encode('utf-16-be').hex()}>" for char, number in code.items())
    objects.append(
        _stream(
            "/CIDInit /ProcSet findresource begin begincmap /CMapName /A def "
            "1 begincodespacerange <0000> <ffff> endcodespacerange "
            f"{len(code)} beginbfchar\n{pairs}\nendbfchar endcmap end".encode()
        )
    )
    return _assembled(objects)


def _stream(content: bytes) -> bytes:
    return f"<</Length {len(content)}>>stream\n".encode() + content + b"\nendstream"


def _assembled(objects: list[bytes]) -> bytes:
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return out + f"{head}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF".encode()


def _saved(document: object) -> bytes:
    stream = io.BytesIO()
    document.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()
