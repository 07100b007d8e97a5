"""Letters that the level above hands down as a table: read, shown with what is wrong, entered. Run twice: nothing new."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.casework import assignment, screening
from moderation.casework.letters import BatchOrigin, Letter
from moderation.casework.screening import Claim, WorkingSummary
from moderation.letter_tables import official
from moderation.letter_tables.official import Reading, TableRow
from moderation.settings import public_settings
from portal.core import audit
from portal.core.errors import Mendable, Refusal
from portal.core.regions import RegionTree
from portal.core.workflow import Actor

_LINE = re.compile(
    r"(?:^|\n|(?<=[。；;]))\s*(?:[（(]?[0-9一二三四五六七八九十]{1,2}[)）]|[0-9]{1,2}[、.．]|[一二三四五六七八九十]、)\s*"
)
_DAY = re.compile(r"(20\d\d)\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})")
MOST_PROBLEM = screening.LONGEST_SUMMARY


@dataclass(frozen=True)
class Handover:
    """What the clerk says of the whole table. ``region_code``: for rows that name no region of ours; "" where none may lack."""

    origin: BatchOrigin
    round_name: str
    batch_number: int | None
    day: date
    due_on: date | None = None
    region_code: str = ""


@dataclass(frozen=True)
class Line:
    """One row of the table as it would be entered. ``faults``: why it cannot be; ``remarks``: what to look at."""

    number: str
    problem: str
    region_code: str
    region: str
    types: str
    key: bool
    known: bool
    faults: tuple[str, ...]
    remarks: tuple[str, ...]
    row: TableRow


@dataclass(frozen=True)
class Entered:
    """What an import did."""

    new: int
    same: int
    left: int


def lines_of(session: Session, reading: Reading, said: Handover, regions: RegionTree) -> tuple[Line, ...]:
    """Every row with what it would become, faults named. ``known``: a letter of that number is here already."""
    numbers = [_number(row) for row in reading.rows]
    here = set(session.scalars(select(Letter.upstream_number).where(Letter.upstream_number.in_([n for n in numbers if n]))))
    by_name = _by_name(regions)
    seen: set[str] = set()
    lines = []
    for row, number in zip(reading.rows, numbers, strict=True):
        lines.append(_line(row, number, said, by_name, here, again=number in seen))
        seen.add(number)
    return tuple(lines)


def _number(row: TableRow) -> str:
    """As printed, but for the asterisk, which is a mark and no part of it."""
    return row.get("number").strip().rstrip("*＊★").strip()[:80]


def _by_name(regions: RegionTree) -> Mapping[str, str]:
    """Names of regions that are unambiguous, long and short, to their code."""
    found: dict[str, set[str]] = {}
    for region in regions.by_code.values():
        for name in (region.name, regions.full_name(region.code), re.sub(r"(省|市|县|区|镇|乡|街道)$", "", region.name)):
            if len(name) > 1:
                found.setdefault(name, set()).add(region.code)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


def _line(row: TableRow, number: str, said: Handover, by_name: Mapping[str, str], here: set[str | None], *, again: bool) -> Line:
    kinds, strange = official.types_of(row.get("pollution"))
    code, joint = _region(row.get("region"), by_name)
    faults, remarks = [], []
    if not number:
        faults.append("没有受理编号")
    if again:
        faults.append("这个编号在表里出现过")
    if not row.get("problem"):
        faults.append("没有交办问题基本情况")
    elif len(row.get("problem")) > MOST_PROBLEM:
        faults.append(f"交办问题超过 {MOST_PROBLEM} 字，请先缩写")
    if not code and not said.region_code:
        faults.append(f"行政区域“{row.get('region')}”认不出来，请在上面选默认区域")
    elif not code and row.get("region"):
        remarks.append(f"行政区域“{row.get('region')}”认不出来，按默认区域")
    if joint:
        remarks.append(f"涉及多个区域：{row.get('region')}")
    if strange or not kinds:
        remarks.append(f"污染类型“{row.get('pollution')}”按“其他”记")
    remarks += [f"{heading}：{text}" for heading, text in row.extra.items()]
    if any(row.get(each) for each in ("finding", "handling", "verdict", "status")):
        remarks.append("表里已有办理情况，不导入，办理后再填")
    types = "、".join(kind.zh for kind in kinds) or "其他"
    return Line(number, row.get("problem"), code or said.region_code, row.get("region"), types, official.is_key(row),
                number in here, tuple(faults), tuple(remarks), row)  # fmt: skip


def _region(text: str, by_name: Mapping[str, str]) -> tuple[str, bool]:
    """The code of the first region a cell names, and whether it names several."""
    names = [part for part in re.split(r"[、，,;；/\s]+", text) if part]
    codes = [by_name[name] for name in names if name in by_name]
    return (codes[0] if codes else ""), len(names) > 1


def claims_in(problem: str) -> tuple[str, ...]:
    """The claims of a problem: its numbered parts, or the whole where nothing is numbered."""
    parts = [part.strip() for part in _LINE.split(problem) if part.strip()]
    numbered = len(_LINE.findall(problem))
    if numbered < 2:
        return (problem.strip()[:500],)
    return tuple(part[:500] for part in (parts[1:] if len(parts) > numbered else parts))


def enter(session: Session, reading: Reading, said: Handover, regions: RegionTree, *, by: Actor, at: datetime) -> Entered:
    """Enters every row without a fault. Rows with faults are left and counted; a number already here is not entered again."""
    if said.origin is BatchOrigin.OWN:
        raise Mendable("请选择交办的上级", field="origin")
    new = same = left = 0
    for line in lines_of(session, reading, said, regions):
        if line.faults:
            left += 1
        elif line.known:
            same += 1
        else:
            assignment.enter_handed_down(session, _row(line, said), by=by, at=at)
            new += 1
    facts = {"new": new, "same": same, "left": left, "origin": said.origin.value}
    audit.record(session, by=by.id, act="letter_batch.import", subject=said.round_name or said.origin.value, at=at, detail=facts)
    return Entered(new, same, left)


def note_import(session: Session, reading: Reading, said: Handover, *, by: Actor, at: datetime) -> None:
    """Writes down that a table is being entered; its rows follow one by one (:func:`enter_row`)."""
    if said.origin is BatchOrigin.OWN:
        raise Mendable("请选择交办的上级", field="origin")
    facts = {"rows": len(reading.rows), "origin": said.origin.value}
    audit.record(session, by=by.id, act="letter_batch.import", subject=said.round_name or said.origin.value, at=at, detail=facts)


def packed(reading: Reading) -> list[str]:
    """The rows as the long work keeps them, each by itself: its place in the table and its cells."""
    return [json.dumps([row.line, dict(row.cells), dict(row.extra)], ensure_ascii=False, sort_keys=True) for row in reading.rows]


def packed_said(said: Handover) -> dict[str, str]:
    """What was said of the whole table, as options of the long work."""
    return {"origin": said.origin.value, "round_name": said.round_name, "batch": str(said.batch_number or ""),
            "day": said.day.isoformat(), "due": said.due_on.isoformat() if said.due_on else "",
            "region_code": said.region_code}  # fmt: skip


def enter_row(session: Session, item: str, options: Mapping[str, str], /, *, by: Actor, at: datetime) -> None:
    """Enters one row. Raises Refusal, naming the row, when it has a fault or its number is here already."""
    line_number, cells, extra = json.loads(item)
    said = Handover(
        BatchOrigin(options["origin"]), options["round_name"], int(options["batch"]) if options["batch"] else None,  # type: ignore[call-arg]
        date.fromisoformat(options["day"]), date.fromisoformat(options["due"]) if options["due"] else None, options["region_code"],
    )  # fmt: skip
    reading = Reading((TableRow(cells, line_number, extra),), (), ())
    line = lines_of(session, reading, said, public_settings(session).regions())[0]
    if line.faults:
        raise Refusal(f"第 {line_number} 行（{line.number}）：{'；'.join(line.faults)}")
    if line.known:
        raise Refusal(f"第 {line_number} 行（{line.number}）：已经登记过，没有重复登记")
    assignment.enter_handed_down(session, _row(line, said), by=by, at=at)


def _row(line: Line, said: Handover) -> assignment.HandedDown:
    kinds, strange = official.types_of(line.row.get("pollution"))
    remarks = [line.row.get("note"), *line.remarks, f"承办单位（原表）：{line.row.get('unit')}" if line.row.get("unit") else ""]
    content = WorkingSummary(
        summary=line.problem, place="", target="", region_code=line.region_code,
        types=kinds or official.types_of("其他")[0], claims=tuple(Claim(text) for text in claims_in(line.problem)),
        key_letter=line.key, severity=2 if line.key else 1,
        note="\n".join(part for part in (*remarks, "、".join(strange) and f"类型原词：{'、'.join(strange)}") if part),
    )  # fmt: skip
    day = _day_in(line.row.get("day")) or said.day
    return assignment.HandedDown(
        line.number, content, said.origin, said.round_name, said.batch_number, day, _day_in(line.row.get("due")) or said.due_on
    )


def _day_in(text: str) -> date | None:
    found = _DAY.search(text)
    if found is None:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None
