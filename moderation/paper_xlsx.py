"""Tables as a workbook in which nobody's words become a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from moderation.papers import Cell, Sheet, spoken

# What a workbook refuses in the name of a sheet.
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


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


def xlsx_bytes(sheets: Iterable[Sheet]) -> bytes:
    """A workbook. Texts stay texts, whatever they begin with."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = ""
    for content in sheets:
        sheet = book.create_sheet(_NOT_IN_A_NAME.sub(" ", content.title).strip("' ")[:31] or None)
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
    longest = [max([len(head), *(len(spoken(row[column])) for row in seen)]) for column, head in enumerate(content.header)]
    return [min(48, 4 + 1.9 * length) for length in longest]
