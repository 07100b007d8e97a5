"""A plan on the desk before it is applied: kept with its file, corrected item by item beside the document, then written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from moderation.evidence import EvidenceStore
from moderation.rectification.applying import write
from moderation.rectification.documents import UnreadableDocument, read_bytes
from moderation.rectification.importing import Comparison, PlanHead, require_code
from moderation.rectification.keeping import LEDGER, require_keeper
from moderation.rectification.plan import Plan, PlanItem
from moderation.rectification.plan_reader import EDITABLE, read_plan, reword, words_of
from moderation.rectification.tasks import PlanImport
from portal.core import audit
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.ids import new_id
from portal.core.workflow import Actor


def begin(
    session: Session, store: EvidenceStore, *, data: bytes, name: str, head: PlanHead, base: date | None, by: Actor, at: datetime
) -> PlanImport:
    """Keeps the file and opens it for looking; raises Mendable where it cannot be opened or the code is bad."""
    require_keeper(by)
    require_code(head.code)
    try:
        read_bytes(data, name)
    except UnreadableDocument as problem:
        raise Mendable(str(problem), field="file") from problem
    row = PlanImport(
        id=new_id(), code=head.code, title=head.title, document_number=head.document_number, programme=head.programme,
        region_code=head.region_code, kind=head.kind, base_on=base, file=store.put(data), file_name=name[:160], edits="{}",
        begun_by=by.id, begun_at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, by=by.id, act="rectification_import.begin", subject=row.id, at=at, detail={"code": head.code})
    return row


def import_named(session: Session, import_id: str) -> PlanImport:
    """The import of that id. Raises NotThere."""
    row = session.get(PlanImport, import_id)
    if row is None:
        raise NotThere("没有这次导入")
    return row


@dataclass(frozen=True)
class Opened:
    """An import as it stands: the plan as read, and its items as corrected."""

    row: PlanImport
    plan: Plan
    items: tuple[PlanItem, ...]
    edited: frozenset[int]


def open_import(row: PlanImport, store: EvidenceStore) -> Opened:
    """Reads the file again and lays the corrections over it."""
    plan = read_plan(read_bytes(store.get(row.file), row.file_name), base=row.base_on)
    edits = json.loads(row.edits)
    items = tuple(_corrected(item, edits.get(str(item.number)), row.base_on) for item in plan.items)
    return Opened(row, plan, items, frozenset(map(int, edits)))


def _corrected(item: PlanItem, edits: Mapping[str, str] | None, base: date | None) -> PlanItem:
    if not edits:
        return item
    due = date.fromisoformat(edits["due"]) if edits.get("due") else None
    return reword(item, {name: words for name, words in edits.items() if name != "due"}, due_on=due, base=base)


def correct_item(
    session: Session, opened: Opened, number: int, words: Mapping[str, str], *, due_on: date | None, by: Actor, at: datetime
) -> None:
    """Keeps what a person wrote over an item; fields that read as the document does are not kept."""
    require_keeper(by)
    _require_open(opened.row)
    item = next((item for item in opened.plan.items if item.number == number), None)
    if item is None:
        raise NotThere("方案里没有这一项")
    read = words_of(item)
    kept = {name: words[name].strip() for name in EDITABLE if name in words and _same(words[name]) != _same(read[name])}
    if due_on is not None:
        kept["due"] = due_on.isoformat()
    edits = json.loads(opened.row.edits)
    edits.pop(str(number), None)
    if kept:
        edits[str(number)] = kept
    opened.row.edits = json.dumps(edits, ensure_ascii=False, sort_keys=True)
    audit.record(session, by=by.id, act="rectification_import.correct", subject=opened.row.id, at=at, detail={"item": number})


def _same(words: str) -> str:
    return words.replace("\r\n", "\n").strip()


def apply_import(session: Session, opened: Opened, *, drafting: bool = True, by: Actor, at: datetime) -> Comparison:
    """Writes the corrected items to the ledger, with one disclosure a task; not ``drafting``: those are drafted one by one."""
    require_keeper(by)
    _require_open(opened.row)
    row = opened.row
    head = PlanHead(row.code, row.title, row.document_number, row.programme, row.region_code, row.kind)
    found = write(session, opened.plan, head, drafting=drafting, by=by, at=at, items=opened.items)
    row.applied_at = at
    return found


def _require_open(row: PlanImport) -> None:
    if row.applied_at is not None:
        raise Refusal("这次导入已经写入台账。要改，请重新导入，会逐项比较", clause=LEDGER)
