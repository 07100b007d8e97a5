"""Opens a plan in whatever file it came: text, DOCX, XLSX, text PDF, saved HTML. Lines and tables with places; no meaning."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from moderation.rectification.layout import heading_fields
from moderation.rectification.word_numbers import WordNumbers


class UnreadableDocument(Exception):
    """The file cannot be opened as what it claims to be. The message is for the person who gave it."""


@dataclass(frozen=True)
class Line:
    """One line, paragraph or table cell. ``number`` counts from 1 through the document; ``place`` is how a person finds it."""

    number: int
    text: str
    place: str


@dataclass(frozen=True)
class Table:
    """A grid of line numbers. Merged cells repeat the number of the one cell they are; None where the row is short."""

    rows: tuple[tuple[int | None, ...], ...]

    def numbers(self) -> frozenset[int]:
        return frozenset(number for row in self.rows for number in row if number is not None)


@dataclass(frozen=True)
class Document:
    """What was in the file, in reading order. ``lines[n - 1]`` is line n; cells of tables are lines too."""

    name: str
    lines: tuple[Line, ...]
    tables: tuple[Table, ...] = ()

    def text(self, number: int) -> str:
        return self.lines[number - 1].text


class _Gather:
    """Collects lines and tables in order while a file is read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[Line] = []
        self.tables: list[Table] = []

    def line(self, text: str, place: str) -> int:
        number = len(self.lines) + 1
        self.lines.append(Line(number, text, place))
        return number

    def document(self) -> Document:
        return Document(self.name, tuple(self.lines), tuple(self.tables))


def read_text(text: str, name: str = "粘贴的文字") -> Document:
    """Plain or pasted text; line numbers are those an editor shows. Rows with tabs under a tabbed heading are a table."""
    gather = _Gather(name)
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        gather.line(line, f"第{number}行")
    return _with_tabbed_tables(gather.document())


def _with_tabbed_tables(document: Document) -> Document:
    """Cells pasted from a sheet arrive with tabs between them: from a heading row of known columns on they are a table."""
    rows = [line.number for line in document.lines if line.text.count("\t") >= 2]
    heading = next((n for n in rows if heading_fields(document.text(n).split("\t")) is not None), None)
    if heading is None:
        return document
    tabbed = {number for number in rows if number >= heading}
    gather, grid = _Gather(document.name), []
    for line in document.lines:
        if line.number in tabbed:
            cells = enumerate(line.text.split("\t"), start=1)
            grid.append(tuple(gather.line(cell, f"{line.place}第{column}格") for column, cell in cells))
        else:
            gather.line(line.text, line.place)
    gather.tables.append(Table(_squared(grid)))
    return gather.document()


def _squared(rows: Iterable[tuple[int | None, ...]]) -> tuple[tuple[int | None, ...], ...]:
    listed = list(rows)
    width = max((len(row) for row in listed), default=0)
    return tuple(row + (None,) * (width - len(row)) for row in listed)


def decode(data: bytes) -> str:
    """Bytes of a text file as text: UTF-8 with or without mark, UTF-16 with mark, else GB18030. Nothing is dropped."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", errors="replace")


def _read_txt(data: bytes, name: str) -> Document:
    return read_text(decode(data), name)


def _read_docx(data: bytes, name: str) -> Document:
    import docx
    from docx.table import Table as WordTable

    gather, paragraphs, tables = _Gather(name), 0, 0
    document = docx.Document(io.BytesIO(data))
    numbers = WordNumbers(document)
    for block in document.iter_inner_content():
        if isinstance(block, WordTable):
            tables += 1
            gather.tables.append(_word_table(block, gather, f"表{tables}", numbers))
        else:
            paragraphs += 1
            gather.line(numbers.text(block), f"第{paragraphs}段")
    return gather.document()


def _word_table(table: object, gather: _Gather, title: str, numbers: WordNumbers) -> Table:
    seen: dict[object, int] = {}
    rows: list[tuple[int | None, ...]] = []
    for r, row in enumerate(table.rows, start=1):  # type: ignore[attr-defined]
        places: list[int | None] = [None] * row.grid_cols_before
        for cell in row.cells:
            if cell._tc not in seen:
                text = "\n".join(numbers.text(paragraph) for paragraph in cell.paragraphs)
                seen[cell._tc] = gather.line(text, f"{title}第{r}行第{len(places) + 1}列")
            places.append(seen[cell._tc])
        rows.append(tuple(places))
    return Table(_squared(rows))


def _read_xlsx(data: bytes, name: str) -> Document:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    gather = _Gather(name)
    for sheet in book.worksheets:
        gather.tables.append(_sheet_table(sheet, gather))
    return gather.document()


def _sheet_table(sheet: object, gather: _Gather) -> Table:
    merged = {
        (row, column): (area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges  # type: ignore[attr-defined]
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
    seen: dict[tuple[int, int], int] = {}
    rows: list[tuple[int | None, ...]] = []
    for row in sheet.iter_rows():  # type: ignore[attr-defined]
        numbers: list[int | None] = []
        for cell in row:
            home = merged.get((cell.row, cell.column), (cell.row, cell.column))
            if home not in seen and cell.value is not None:
                place = f"工作表“{sheet.title}”{cell.coordinate}"  # type: ignore[attr-defined]
                seen[home] = gather.line(_cell_text(cell.value), place)
            numbers.append(seen.get(home))
        rows.append(tuple(numbers))
    return Table(_squared(rows))


def _cell_text(value: object) -> str:
    """A cell as a reader sees it: 3.0 is 3, a date is 2019年12月31日."""
    from datetime import date

    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(value)


def _read_pdf(data: bytes, name: str) -> Document:
    import pypdf

    gather = _Gather(name)
    for page_number, page in enumerate(pypdf.PdfReader(io.BytesIO(data)).pages, start=1):
        for line_number, line in enumerate(page.extract_text().split("\n"), start=1):
            gather.line(line, f"第{page_number}页第{line_number}行")
    if not any(line.text.strip() for line in gather.lines):
        raise UnreadableDocument("这个 PDF 里没有文字，多半是扫描件。请提供有文字的版本，或者粘贴识别后的文字。")
    return gather.document()


_BLOCKS = frozenset(
    (
        *("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "section", "article", "header", "footer"),
        *("main", "br", "tr", "table", "body", "html", "title", "dt", "dd", "pre"),
    )
)
_SILENT = frozenset({"script", "style", "template", "noscript"})


class _HtmlReader(HTMLParser):
    """Saved pages: block elements are lines, tables are tables with their spans."""

    def __init__(self, gather: _Gather) -> None:
        super().__init__(convert_charrefs=True)
        self.gather, self.words = gather, ""
        self.silent = 0
        self.tables: list[_HtmlTable] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        elif tag == "table":
            self._flush()
            self.tables.append(_HtmlTable())
        elif tag == "tr" and self.tables:
            self._flush()
            self.tables[-1].rows.append([])
        elif tag in {"td", "th"} and self.tables and self.tables[-1].rows:
            self._flush()
            given = dict(attrs)
            self.tables[-1].open_cell(_span(given.get("rowspan")), _span(given.get("colspan")))
        elif tag in _BLOCKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag == "table" and self.tables:
            self._flush()
            self._close_table()
        elif tag in {"td", "th"}:
            self._flush()
            if self.tables:
                self.tables[-1].cell = None
        elif tag in _BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words += re.sub(r"[ \t\r\n]+", " ", data)

    def _break(self) -> None:
        """Inside a cell a block ends a line of the cell; outside it ends a line of the document."""
        if self.tables and self.tables[-1].cell is not None:
            self.words = self.words.rstrip(" ") + ("\n" if self.words.strip() else "")
        else:
            self._flush()

    def _flush(self) -> None:
        text, self.words = self.words.strip(" \n"), ""
        table = self.tables[-1] if self.tables else None
        if table is not None and table.cell is not None:
            table.cell.text += ("\n" if table.cell.text and text else "") + text
        elif text:
            self.gather.line(text, f"第{len(self.gather.lines) + 1}段")

    def _close_table(self) -> None:
        table = self.tables.pop()
        if self.tables and self.tables[-1].cell is not None:
            # A table inside a cell is layout, not a list of tasks: its words stay in the cell.
            self.words = "\n".join(cell.text for row in table.rows for cell in row)
            self._flush()
            return
        self.gather.tables.append(table.settle(self.gather, f"表{len(self.gather.tables) + 1}"))

    def close(self) -> None:
        super().close()
        self._flush()
        while self.tables:
            self._close_table()


@dataclass
class _HtmlCell:
    row_span: int
    column_span: int
    text: str = ""


class _HtmlTable:
    def __init__(self) -> None:
        self.rows: list[list[_HtmlCell]] = []
        self.cell: _HtmlCell | None = None

    def open_cell(self, row_span: int, column_span: int) -> None:
        self.cell = _HtmlCell(row_span, column_span)
        self.rows[-1].append(self.cell)

    def settle(self, gather: _Gather, title: str) -> Table:
        """Lays the cells on a grid: a spanned place repeats the number of the cell that covers it."""
        grid: dict[tuple[int, int], int] = {}
        for r, row in enumerate(self.rows):
            column = 0
            for cell in row:
                while (r, column) in grid:
                    column += 1
                number = gather.line(cell.text, f"{title}第{r + 1}行第{column + 1}列")
                for down in range(min(cell.row_span, len(self.rows) - r)):
                    for right in range(cell.column_span):
                        grid[r + down, column + right] = number
                column += cell.column_span
        width = 1 + max((column for _, column in grid), default=-1)
        return Table(tuple(tuple(grid.get((r, c)) for c in range(width)) for r in range(len(self.rows))))


def _span(value: str | None) -> int:
    return min(int(value), 200) if value and value.isdecimal() and int(value) > 0 else 1


def _read_html(data: bytes, name: str) -> Document:
    gather = _Gather(name)
    reader = _HtmlReader(gather)
    reader.feed(_decode_html(data))
    reader.close()
    return gather.document()


def _decode_html(data: bytes) -> str:
    declared = re.search(rb"charset=[\"']?\s*([A-Za-z0-9_-]+)", data[:4096])
    if declared and declared[1].lower() in {b"gb2312", b"gbk", b"gb18030"}:
        return data.decode("gb18030", errors="replace")
    return decode(data)


_READERS: dict[str, Callable[[bytes, str], Document]] = {
    ".txt": _read_txt,
    ".text": _read_txt,
    ".md": _read_txt,
    ".tsv": _read_txt,
    ".docx": _read_docx,
    ".xlsx": _read_xlsx,
    ".pdf": _read_pdf,
    ".html": _read_html,
    ".htm": _read_html,
}


def read_file(path: Path) -> Document:
    """The document at ``path``, read by its extension. Raises UnreadableDocument with what to do."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise UnreadableDocument(f"打不开文件 {path}：{problem.strerror or problem}") from problem
    return read_bytes(data, path.name)


def read_bytes(data: bytes, name: str) -> Document:
    """An uploaded file. ``name`` decides how it is read; .doc and .wps are named as what they are."""
    extension = Path(name).suffix.lower()
    if extension in {".doc", ".wps", ".xls", ".et"}:
        raise UnreadableDocument(f"{extension} 是旧格式，请另存为 .docx 或 .xlsx 再导入。")
    reader = _READERS.get(extension)
    if reader is None:
        raise UnreadableDocument(f"不认识 {extension or '没有扩展名的'} 文件。可以导入：{'、'.join(_known())}，或者粘贴文字。")
    try:
        return reader(data, name)
    except UnreadableDocument:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, _pdf_error()) as problem:
        raise UnreadableDocument(f"{name} 打不开，文件可能损坏，或者不是真正的 {extension} 文件。") from problem


def _known() -> Iterator[str]:
    return (name for name in (".txt", ".docx", ".xlsx", ".pdf", ".html"))


def _pdf_error() -> type[Exception]:
    from pypdf.errors import PyPdfError

    return PyPdfError
