"""Official papers (公文) and tables: one content, written as DOCX, PDF where the extra is installed, plain text, XLSX and CSV.

Knows how a paper looks (GB/T 9704-2012: A4, 仿宋 16 pt, title 22 pt, 28 pt lines). Knows no letter, task or reward.
"""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape
from importlib.util import find_spec

from portal.core.clock import spoken_day
from portal.core.errors import Refusal

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
    """Bytes of a clean JPEG or PNG, with the words under it. ``alt``: what it shows, for those who do not see it."""

    data: bytes
    caption: str
    alt: str = ""


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


WIDE_COLUMNS = 7


def lies_across(paper: Paper) -> bool:
    """Whether a table of more than seven columns lays the sheet across."""
    return any(isinstance(block, Table) and len(block.header) > WIDE_COLUMNS for block in paper.blocks)


def spoken(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def docx(paper: Paper) -> bytes:
    """The paper as DOCX."""
    # Imported when first used: the console starts half a second sooner without the two office libraries.
    from moderation.paper_docx import docx_bytes

    return docx_bytes(paper)


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
                    lines.append(_row_in_words(block.header, row))
            case Picture():
                lines.append(f"（图：{block.caption or block.alt}）")
    lines += [line for line in (paper.signed, spoken_day(paper.signed_on) if paper.signed_on else "") if line]
    return "\n".join(lines) + "\n"


def _row_in_words(header: Sequence[str], row: Sequence[Cell]) -> str:
    """One row as one sentence, so that a cell's own full stop does not stand before the mark between two cells."""
    cells = ((head, " ".join(spoken(cell).split()).rstrip("。；;")) for head, cell in zip(header, row, strict=True))
    return "；".join(f"{head}：{value}" for head, value in cells if value) + "。"


def html(paper: Paper) -> str:
    """The paper as one HTML document without scripts, pictures inside it, ready for a portal's editor or for printing."""
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
            return _html_picture(block)
    heads = "".join(f"<th scope='col'>{escape(head)}</th>" for head in block.header)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(spoken(cell))}</td>' for cell in row)}</tr>" for row in block.rows)
    caption = f"<caption>{escape(block.caption)}</caption>"
    return f"<table border='1'>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _html_picture(block: Picture) -> str:
    kind = "png" if block.data.startswith(b"\x89PNG") else "jpeg"
    picture = f"<img src='data:image/{kind};base64,{b64encode(block.data).decode()}' alt='{escape(block.alt)}'>"
    caption = f"<figcaption>{escape(block.caption)}</figcaption>" if block.caption else ""
    return f"<figure>{picture}{caption}</figure>"


_PRINT_STYLE = (
    "@page{size:A4;margin:37mm 26mm 35mm 28mm;@bottom-center{content:'— ' counter(page) ' —'}}"
    "body{font:16pt/28pt 'FangSong','仿宋','Noto Serif CJK SC',serif}h1{font-size:22pt;text-align:center}"
    "p{margin:0;text-indent:2em}.number,.signed{text-indent:0;text-align:center}.signed{text-align:right}"
    "table{border-collapse:collapse;width:100%;font-size:12pt;line-height:18pt}td,th{padding:2pt 4pt;border:0.5pt solid}"
    "caption{font-size:14pt;line-height:28pt}h2{font-size:16pt}h2,caption{break-after:avoid}tr,figure{break-inside:avoid}"
    "figure{margin:8pt 0;text-align:center}img{max-width:100%;max-height:110mm}figcaption{font-size:14pt;line-height:24pt}"
)
_ACROSS = "@page{size:A4 landscape}"


def can_print_pdf() -> bool:
    """Whether the extra `pdf` is installed on this machine."""
    return find_spec("weasyprint") is not None


def pdf(paper: Paper) -> bytes:
    """The paper as PDF. Raises Refusal, with what to do instead, where the extra is not installed."""
    if not can_print_pdf():
        raise Refusal("本机没有安装 PDF 组件，请下载 Word 文件，或用浏览器的“打印”存为 PDF", clause="安装说明：可选组件 pdf")
    try:
        from weasyprint import CSS, HTML
    except OSError as missing:  # the extra is there, the system library that it draws with is not
        raise Refusal(
            "本机缺少排版用的系统库 Pango，请管理员安装；现在请下载 Word 文件，或用浏览器的“打印”存为 PDF",
            clause="安装说明：可选组件 pdf",
        ) from missing

    style = _PRINT_STYLE + (_ACROSS if lies_across(paper) else "")
    return bytes(HTML(string=html(paper)).write_pdf(stylesheets=[CSS(string=style)]))


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook. ``notes``: lines above the heads (formula, source, date)."""

    title: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    notes: tuple[str, ...] = ()


def xlsx(sheets: Iterable[Sheet]) -> bytes:
    """A workbook. Texts stay texts, whatever they begin with."""
    from moderation.paper_xlsx import xlsx_bytes

    return xlsx_bytes(sheets)


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """CSV with a byte order mark for the office's spreadsheet; a cell that a spreadsheet would run gets a leading apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([f"'{text}" if isinstance(cell, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
                         for cell, text in ((cell, spoken(cell)) for cell in row)])  # fmt: skip
    return "\ufeff" + out.getvalue()
