"""The official table 群众信访举报转办和边督边改公开情况一览表, read and written. Knows columns and words; no database, no letter.

Columns are found by name, never by place. Whatever finds no column is kept and shown: nothing is dropped.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from moderation import papers
from portal.core.errors import Mendable
from portal.core.public_record import LetterRow
from portal.core.vocabulary import PollutionType, Verdict

TITLE = "群众信访举报转办和边督边改公开情况一览表"
MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024
MOST_ROWS = 20_000
HEAD_WITHIN = 25
ENOUGH_HEADS = 3


@dataclass(frozen=True)
class Column:
    """One column: ``code`` is our name, ``name`` the printed one, ``variants`` what other places print for the same."""

    code: str
    name: str
    variants: tuple[str, ...] = ()


def _column(code: str, name: str, variants: str = "") -> Column:
    return Column(code, name, tuple(variants.split()))


# The 2023–25 form, in its order; then columns that other years and places add.
CURRENT: tuple[Column, ...] = (
    _column("serial", "序号", "编次 顺序号"),
    _column("number", "受理编号",
            "编号 信访编号 举报编号 受理号 交办编号 转办编号 信访件编号 信访件受理编号 举报件编号 案件编号 上级编号"),
    _column("problem", "交办问题基本情况",
            "问题基本情况 交办问题 交办件基本情况 转办问题基本情况 举报内容 举报问题 反映问题 反映的问题 反映的主要问题 "
            "反映主要问题 主要问题 信访问题 信访内容 投诉内容 群众反映问题 群众举报问题 信访举报内容 举报事项 问题描述"),
    _column("region", "行政区域",
            "行政区划 行政区 所属区域 所属区县 所在区域 区域 区县 县区 县市区 地区 属地 所属地区 被举报地"),
    _column("pollution", "污染类型", "问题类型 污染类别 问题类别 污染种类 举报类型 类型 类别"),
    _column("finding", "调查核实情况", "调查情况 核查情况 核实情况 查处情况 现场核查情况 现场调查情况 调查核实"),
    _column("verdict", "是否属实", "属实情况 是否查实 举报是否属实 属实与否 核实结论 调查结论"),
    _column("target", "办结目标", "整改目标 办理目标 整改要求"),
    _column("handling", "处理和整改情况",
            "处理及整改情况 处理整改情况 整改情况 处理情况 查处整改情况 查处和整改情况 处理与整改情况 整改落实情况 办理情况"),
    _column("status", "是否办结", "办结情况 是否已办结 办理状态 办结状态 整改状态"),
    _column("accountability", "责任人被处理情况",
            "责任追究情况 问责情况 追责问责情况 问责处理情况 责任人处理情况 追责情况 责任人员处理情况"),
)  # fmt: skip
OTHERS: tuple[Column, ...] = (
    Column("unit", "承办单位", ("责任单位", "办理单位", "主办单位", "牵头单位", "整改责任单位", "转办单位")),
    Column("key", "重点件", ("是否重点", "是否重点件", "重点", "重点信访件")),
    Column("channel", "受理方式", ("信访方式", "举报方式", "来源", "信访来源", "举报渠道")),
    Column("day", "交办日期", ("交办时间", "转办日期", "转办时间", "受理日期", "受理时间")),
    Column("due", "办理期限", ("反馈时限", "反馈期限", "要求反馈日期", "办结时限", "办结期限", "整改时限", "上报时限")),
    Column("note", "备注", ("说明",)),
)
COLUMNS: tuple[Column, ...] = CURRENT + OTHERS
WRITTEN: tuple[Column, ...] = CURRENT

_SAID = re.compile(r"[\s　:：、，,。.（）()\[\]【】*＊/／-]+")


def said(text: str) -> str:
    """A heading without the ways of writing it: width, blanks, brackets, colons."""
    return _SAID.sub("", unicodedata.normalize("NFKC", text))


_BY_NAME: Mapping[str, Column] = {said(name): column for column in COLUMNS for name in (column.name, *column.variants)}


def column_named(heading: str) -> Column | None:
    """The column a heading means; None: nobody has printed that yet. A bracketed remark may follow the name."""
    found = _BY_NAME.get(said(heading))
    if found is None and (bracket := re.match(r"\s*([^（(\n]+)[（(\n]", heading)):
        found = _BY_NAME.get(said(bracket.group(1)))
    return found


@dataclass(frozen=True)
class TableRow:
    """One letter as the table prints it: cell by column code. ``extra``: cells under headings nobody knows. ``line``: where."""

    cells: Mapping[str, str]
    line: int
    extra: Mapping[str, str] = field(default_factory=dict)

    def get(self, code: str) -> str:
        """The cell of that column, "" where there is none."""
        return self.cells.get(code, "")


@dataclass(frozen=True)
class Reading:
    """What a file holds. ``unplaced``: headings and lines that found no place, each with its line, to be shown.

    ``above``: the lines over the table, where batch and round are printed.
    """

    rows: tuple[TableRow, ...]
    columns: tuple[Column, ...]
    unplaced: tuple[str, ...]
    above: tuple[str, ...] = ()


Grid = Sequence[Sequence[str]]


def read(data: bytes, name: str = "") -> Reading:
    """Reads XLSX or CSV. Raises Mendable, with what to do, when it is neither or holds no such table."""
    if len(data) > MOST_BYTES:
        raise Mendable(f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请分成几个文件", field="file")
    if data[:4] == b"PK\x03\x04":
        grids = _xlsx_grids(data)
    elif data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Mendable("这是旧的 .xls 文件，请用表格软件另存为 .xlsx 再上传", field="file")
    else:
        grids = [(name, _csv_grid(data))]
    readings = [found for title, grid in grids if (found := _read_grid(title, grid)) is not None]
    if not readings:
        raise Mendable("没有找到表头。至少要有“受理编号”“交办问题基本情况”等三列", field="file")
    return _joined(readings)


def _joined(readings: Sequence[Reading]) -> Reading:
    columns = tuple(dict.fromkeys(column for reading in readings for column in reading.columns))
    rows = tuple(row for reading in readings for row in reading.rows)
    if len(rows) > MOST_ROWS:
        raise Mendable(f"超过 {MOST_ROWS} 行，请分成几个文件", field="file")
    unplaced = tuple(line for reading in readings for line in reading.unplaced)
    return Reading(rows, columns, unplaced, tuple(line for reading in readings for line in reading.above))


def _xlsx_grids(data: bytes) -> list[tuple[str, Grid]]:
    # Here, because the console starts without it a sixth of a second sooner.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(item.file_size for item in packed.infolist()) > MOST_UNPACKED:
                raise Mendable("文件展开后过大，请分成几个文件", field="file")
        book = load_workbook(io.BytesIO(data), data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as broken:
        raise Mendable("这个表格打不开，请用表格软件另存为 .xlsx 再上传", field="file") from broken
    grids: list[tuple[str, Grid]] = []
    for sheet in book.worksheets:
        rows = sheet.iter_rows(max_row=min(sheet.max_row, MOST_ROWS + HEAD_WITHIN), values_only=True)
        grids.append((sheet.title, [[_cell(value) for value in row] for row in rows]))
    return grids


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if hasattr(value, "hour"):
        return str(value).removesuffix(" 00:00:00")
    return str(value).replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _csv_grid(data: bytes) -> Grid:
    text = _decoded(data)
    first = "\n".join(text.split("\n")[:HEAD_WITHIN])
    mark = max((",", "\t", ";"), key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        return [[_unquoted(cell).replace("\r\n", "\n").strip() for cell in row] for row in rows]
    except csv.Error as broken:
        raise Mendable("这个 CSV 文件读不出来，请用表格软件另存为 .xlsx 再上传", field="file") from broken


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Mendable("文字编码认不出来，请另存为 UTF-8 的 CSV 或 .xlsx", field="file")


def _unquoted(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from running the cell."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@\t\r" else cell


def _read_grid(title: str, grid: Grid) -> Reading | None:
    head = _head_of(grid)
    if head is None:
        return _read_cards(title, grid)
    place, headings = head
    named = {index: column for index, heading in enumerate(headings) if (column := column_named(heading))}
    strange = {index: heading for index, heading in enumerate(headings) if heading and index not in named}
    rows, unplaced = [], [f"列“{heading}”没有对应的栏目" for heading in strange.values()]
    for line, cells in enumerate(grid[place + 1 :], place + 2):
        if not any(cells):
            continue
        found = _row(cells, named, strange, line)
        if found.get("number") or found.get("problem"):
            rows.append(found)
        elif said("".join(cells)) not in _BY_NAME:
            unplaced.append(f"第 {line} 行：{' '.join(cell for cell in cells if cell)[:200]}")
    above = tuple(" ".join(cell for cell in cells if cell) for cells in grid[:place] if any(cells))
    return Reading(tuple(rows), tuple(dict.fromkeys(named.values())), tuple(unplaced), (title, *above) if title else above)


def _row(cells: Sequence[str], named: Mapping[int, Column], strange: Mapping[int, str], line: int) -> TableRow:
    known: dict[str, str] = {}
    for index, column in named.items():
        text = cells[index] if index < len(cells) else ""
        # Two headings of one column (调查情况, 核实情况): both are kept, one under the other.
        known[column.code] = "\n".join(part for part in (known.get(column.code, ""), text) if part)
    extra = {heading: cells[index] for index, heading in strange.items() if index < len(cells) and cells[index]}
    beyond = [cell for cell in cells[max([*named, *strange], default=0) + 1 :] if cell]
    if beyond:
        extra["（表头以外）"] = " ".join(beyond)
    return TableRow({code: text for code, text in known.items() if text}, line, extra)


def _head_of(grid: Grid) -> tuple[int, list[str]] | None:
    """Where the headings stand, and the headings; a heading over two rows (merged above) is read from both."""
    for place, cells in enumerate(grid[:HEAD_WITHIN]):
        if _heads_in(cells) < ENOUGH_HEADS:
            continue
        below = grid[place + 1] if place + 1 < len(grid) else ()
        both = [_taller(cells, below, index) for index in range(max(len(cells), len(below)))]
        gained = _heads_in(both) > _heads_in(cells) and all(column_named(cell) for cell in below if cell)
        return (place + 1, both) if gained else (place, list(cells))
    return None


def _taller(cells: Sequence[str], below: Sequence[str], index: int) -> str:
    upper, lower = (row[index] if index < len(row) else "" for row in (cells, below))
    return lower if lower and column_named(lower) else upper


def _heads_in(cells: Iterable[str]) -> int:
    return len({column.code for cell in cells if cell and (column := column_named(cell))})


def _read_cards(title: str, grid: Grid) -> Reading | None:
    """The upright form: label on the left, content on the right, one card under the other."""
    pairs = [(line, cells[0], " ".join(cell for cell in cells[1:] if cell)) for line, cells in enumerate(grid, 1) if len(cells) > 1]
    labelled = [(line, column, text) for line, label, text in pairs if label and (column := column_named(label))]
    if len({column.code for _line, column, _text in labelled}) < ENOUGH_HEADS:
        return None
    cards: list[tuple[int, dict[str, str]]] = []
    for line, column, text in labelled:
        if not cards or column.code in cards[-1][1] or column is labelled[0][1]:
            cards.append((line, {}))
        cards[-1][1][column.code] = text
    rows = tuple(TableRow({code: text for code, text in card.items() if text}, line) for line, card in cards)
    told = {line for line, _column, _text in labelled}
    unplaced = tuple(
        f"第 {line} 行：{' '.join(cell for cell in cells if cell)[:200]}"
        for line, cells in enumerate(grid, 1)
        if any(cells) and line not in told
    )
    columns = tuple(dict.fromkeys(column for _line, column, _text in labelled))
    whole = tuple(row for row in rows if row.get("problem") or row.get("number"))
    return Reading(whole, columns, unplaced, (title,) if title else ())


# ---- what cells say ----

_TYPES: tuple[tuple[str, PollutionType], ...] = (
    ("大气", PollutionType.AIR), ("扬尘", PollutionType.AIR), ("油烟", PollutionType.AIR), ("异味", PollutionType.AIR),
    ("恶臭", PollutionType.AIR), ("废气", PollutionType.AIR), ("粉尘", PollutionType.AIR), ("噪", PollutionType.NOISE),
    ("固", PollutionType.SOLID_WASTE), ("垃圾", PollutionType.SOLID_WASTE), ("危废", PollutionType.SOLID_WASTE),
    ("生态", PollutionType.ECOLOGY), ("辐射", PollutionType.RADIATION), ("土壤", PollutionType.SOIL),
    ("重金属", PollutionType.SOIL), ("水", PollutionType.WATER), ("海洋", PollutionType.WATER), ("其他", PollutionType.OTHER),
    ("其它", PollutionType.OTHER),
)  # fmt: skip
_SPLIT = re.compile(r"[、，,;；/\s\n和及]+")


def types_of(text: str) -> tuple[tuple[PollutionType, ...], tuple[str, ...]]:
    """The types a cell names, in its order, and the words that name none (kept as printed)."""
    found: list[PollutionType] = []
    strange: list[str] = []
    for word in filter(None, _SPLIT.split(text)):
        kind = next((kind for mark, kind in _TYPES if mark in word), None)
        if kind is None:
            strange.append(word)
        elif kind not in found:
            found.append(kind)
    return tuple(found), tuple(strange)


_VERDICTS = {
    "属实": Verdict.SUBSTANTIATED, "是": Verdict.SUBSTANTIATED, "查实": Verdict.SUBSTANTIATED, "全部属实": Verdict.SUBSTANTIATED,
    "基本属实": Verdict.MOSTLY_SUBSTANTIATED, "部分属实": Verdict.PARTLY_SUBSTANTIATED, "部分": Verdict.PARTLY_SUBSTANTIATED,
    "不属实": Verdict.UNSUBSTANTIATED, "否": Verdict.UNSUBSTANTIATED, "未查实": Verdict.UNSUBSTANTIATED,
}  # fmt: skip


def verdict_of(text: str) -> Verdict | None:
    """The verdict a cell states; None: empty, or words nobody knows."""
    return _VERDICTS.get(said(text))


def is_key(row: TableRow) -> bool:
    """Marked as 重点件: by a column, or by an asterisk at the number as some tables do."""
    mark = said(row.get("key"))
    return bool(mark and mark not in ("否", "无", "不是", "0")) or row.get("number").strip()[-1:] in ("*", "＊", "★")


# ---- writing ----


def row_of(row: LetterRow, serial: int) -> TableRow:
    """A public row as a row of the table."""
    number = row.number + ("*" if row.key and not row.number.endswith("*") else "")
    cells = {
        "serial": str(serial), "number": number, "problem": row.problem, "region": row.region, "pollution": row.pollution,
        "finding": row.finding, "verdict": row.verdict, "target": row.target, "handling": row.handling, "status": row.status,
        "accountability": row.accountability, "unit": row.unit, "key": "是" if row.key else "",
    }  # fmt: skip
    return TableRow(cells, serial)


def _cells(rows: Iterable[TableRow], columns: Sequence[Column]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row.get(column.code) for column in columns) for row in rows)


def as_xlsx(title: str, rows: Iterable[TableRow], columns: Sequence[Column] = WRITTEN) -> bytes:
    """The table as a workbook; texts stay texts."""
    header = tuple(column.name for column in columns)
    return papers.xlsx([papers.Sheet(title="一览表", header=header, rows=_cells(rows, columns), notes=(TITLE, title))])


def as_csv(rows: Iterable[TableRow], columns: Sequence[Column] = WRITTEN) -> bytes:
    """The table as CSV, UTF-8 with a byte order mark; cells that a spreadsheet would run begin with an apostrophe."""
    return papers.csv_text([column.name for column in columns], _cells(rows, columns)).encode()


def as_paper(title: str, rows: Iterable[TableRow], columns: Sequence[Column] = WRITTEN) -> papers.Paper:
    """The table as a paper: DOCX, portal-ready HTML, plain text."""
    return papers.Paper(TITLE, (papers.Table(tuple(column.name for column in columns), _cells(rows, columns), title),))


# ---- what stands over the table ----

_BATCH = re.compile(r"第\s*([0-9０-９]{1,4}|[一二三四五六七八九十百]{1,6})\s*批")
_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}


def batch_number(above: Iterable[str]) -> int | None:
    """The number of the batch as printed over the table (第12批, 第十二批); None where it is not."""
    found = next((match for line in above if (match := _BATCH.search(line))), None)
    if found is None:
        return None
    text = unicodedata.normalize("NFKC", found.group(1))
    return int(text) if text.isdigit() else _spoken_number(text)


def _spoken_number(text: str) -> int:
    total, digit = 0, 0
    for letter in text:
        if letter in "十百":
            total += (digit or 1) * (10 if letter == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[letter]
    return total + digit
