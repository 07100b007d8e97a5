"""From a plan that was read to rows of the ledger: what is new, changed, gone or the same; and, on request, written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from moderation.rectification.plan import Plan, PlanItem
from moderation.rectification.tasks import Measure, RectificationPlan, RectificationTask, TaskUnit
from moderation.rectification.words import PlanKind, UnitRole
from moderation.staff import Unit
from portal.core import audit
from portal.core.clock import day_of, spoken_day
from portal.core.errors import Mendable, Refusal
from portal.core.vocabulary import PollutionType
from portal.core.workflow import Actor

CODE = re.compile(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")

# What a re-import compares, with the word a person reads beside the two versions.
COMPARED: tuple[tuple[str, str], ...] = (
    ("group_title", "分类"),
    ("problem", "问题"),
    ("task", "整改任务"),
    ("target", "整改目标"),
    ("measures", "整改措施"),
    ("leaders", "责任领导"),
    ("lead", "牵头单位"),
    ("responsible", "责任单位"),
    ("supporting", "配合单位"),
    ("overseeing", "督导单位"),
    ("responsible_persons", "责任人"),
    ("deadline_text", "整改时限"),
    ("due", "截止日期"),
    ("progress_printed", "完成情况"),
    ("remark", "备注"),
    ("extra", "其他栏目"),
)


@dataclass(frozen=True)
class Change:
    """One field that differs: its Chinese name, the ledger's words, the plan's words."""

    title: str
    before: str
    after: str


@dataclass(frozen=True)
class Changed:
    """A task whose item in the plan now reads otherwise."""

    task: RectificationTask
    item: PlanItem
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Comparison:
    """A plan beside the ledger. ``same`` holds the numbers of tasks that do not differ."""

    new: tuple[PlanItem, ...]
    changed: tuple[Changed, ...]
    gone: tuple[RectificationTask, ...]
    same: tuple[int, ...]

    def spoken(self) -> str:
        return f"新增 {len(self.new)} 项，变更 {len(self.changed)} 项，不再列入 {len(self.gone)} 项，相同 {len(self.same)} 项"


@dataclass(frozen=True)
class PlanHead:
    """What is said of the plan itself when it is written to the ledger."""

    code: str
    title: str
    document_number: str = ""
    programme: str = ""
    region_code: str = ""
    kind: PlanKind = PlanKind.INSPECTION


def compare(session: Session, code: str, items: Iterable[PlanItem]) -> Comparison:
    """The items beside the tasks of plan ``code``, by number."""
    kept = {task.number: task for task in tasks_of(session, code)}
    new, changed, same, seen = [], [], [], set()
    for item in items:
        task = kept.get(item.number)
        seen.add(item.number)
        if task is None:
            new.append(item)
            continue
        changes = _changes(task, item)
        if changes or task.dropped_on is not None:
            changed.append(Changed(task, item, changes))
        else:
            same.append(item.number)
    gone = tuple(task for number, task in kept.items() if number not in seen and task.dropped_on is None)
    return Comparison(tuple(new), tuple(changed), gone, tuple(same))


def tasks_of(session: Session, code: str) -> list[RectificationTask]:
    """The tasks of a plan, by number, with what a comparison reads."""
    wanted = select(RectificationTask).where(RectificationTask.plan_id == code).order_by(RectificationTask.number)
    return list(session.scalars(wanted.options(selectinload(RectificationTask.measures), selectinload(RectificationTask.units))))


def _changes(task: RectificationTask, item: PlanItem) -> tuple[Change, ...]:
    before, after = _words_of_task(task), _words_of_item(item)
    return tuple(Change(title, before[name], after[name]) for name, title in COMPARED if before[name] != after[name])


def _words_of_item(item: PlanItem) -> dict[str, str]:
    return {
        "group_title": item.group,
        "problem": item.problem,
        "task": item.task,
        "target": item.target,
        "measures": _measures_text(item.measures_intro, ((m.printed, m.text) for m in item.measures)),
        "leaders": "、".join(item.leaders),
        "lead": "、".join(item.lead_units),
        "responsible": "、".join(item.responsible_units),
        "supporting": "、".join(item.supporting_units),
        "overseeing": "、".join(item.overseeing_units),
        "responsible_persons": item.responsible_persons or "",
        "deadline_text": item.deadline.text,
        # A deadline that only a person can settle says nothing against what a person settled.
        "due": "" if item.deadline.kind == "unclear" else _day(item.deadline.due),
        "progress_printed": item.progress,
        "remark": item.remark,
        "extra": json.dumps(dict(item.extra), ensure_ascii=False, sort_keys=True),
    }


def _words_of_task(task: RectificationTask) -> dict[str, str]:
    return {
        "group_title": task.group_title,
        "problem": task.problem,
        "task": task.task,
        "target": task.target,
        "measures": _measures_text(task.measures_intro, ((m.printed, m.text) for m in task.measures)),
        "leaders": "、".join(task.leader_names()),
        "lead": "、".join(task.printed_units(UnitRole.LEAD)),
        "responsible": "、".join(task.printed_units(UnitRole.RESPONSIBLE)),
        "supporting": "、".join(task.printed_units(UnitRole.SUPPORTING)),
        "overseeing": "、".join(task.printed_units(UnitRole.OVERSEEING)),
        "responsible_persons": task.responsible_persons,
        "deadline_text": task.deadline_text,
        "due": "" if task.deadline_kind == "unclear" else _day(task.planned_due_on),
        "progress_printed": task.progress_printed,
        "remark": task.remark,
        "extra": task.extra,
    }


def _measures_text(intro: str, measures: Iterable[tuple[str, str]]) -> str:
    return intro + "".join(f"{printed}{text}" for printed, text in measures)


def _day(day: date | None) -> str:
    return spoken_day(day) if day else ""


def require_code(code: str) -> None:
    """The code becomes an address: small letters, digits and hyphens, with a letter, at most 40 characters."""
    if not CODE.fullmatch(code) or len(code) > 40:
        raise Mendable("方案代码只能用小写字母、数字和短横线，且至少一个字母，如 zj-2026-03", field="code")


def apply(
    session: Session, plan: Plan, head: PlanHead, *, by: Actor, at: datetime, items: tuple[PlanItem, ...] | None = None
) -> Comparison:
    """Writes the plan to the ledger: adds, changes and marks as gone; nothing is deleted. A second time changes nothing.

    ``items``: the items as somebody edited them beside the document; by default those that were read.
    Raises Mendable for a bad code, Refusal when nothing was read.
    """
    require_code(head.code)
    wanted = plan.items if items is None else items
    if not wanted:
        raise Refusal("没有读出任何整改任务，没有写入台账", clause="整改方案导入")
    found = compare(session, head.code, wanted)
    row = _plan_row(session, plan, head, by=by, at=at)
    units = unit_finder(session)
    for item in found.new:
        session.add(_new_task(row, item, units, by=by, at=at))
    for changed in found.changed:
        _change_task(session, changed, units, by=by, at=at)
    for task in found.gone:
        task.dropped_on = day_of(at)
        task.note("drop", by=by.id, at=at, text="重新导入的方案里没有这一项", public="不再列入方案")
    if found.new or found.changed or found.gone:
        counts = {"new": len(found.new), "changed": len(found.changed), "gone": len(found.gone), "same": len(found.same)}
        audit.record(session, by=by.id, act="rectification_plan.apply", subject=head.code, at=at, detail=counts)
    session.flush()
    return found


def _plan_row(session: Session, plan: Plan, head: PlanHead, *, by: Actor, at: datetime) -> RectificationPlan:
    row = session.get(RectificationPlan, head.code)
    if row is None:
        row = RectificationPlan(id=head.code, kind=head.kind, imported_at=at, imported_by=by.id, issued_on=None)
        session.add(row)
    unread = [{"line": u.line, "place": u.place, "text": u.text, "kind": u.kind} for u in plan.unread]
    # What an earlier import was told stays where this one says nothing.
    row.title = head.title or row.title or plan.header.title or plan.document.name
    row.document_number = head.document_number or row.document_number or plan.header.document_number
    row.programme, row.region_code = head.programme or row.programme or "", head.region_code or row.region_code or ""
    row.issued_on, row.file_name = plan.header.issued_from or row.issued_on, plan.document.name[:200]
    row.unread = json.dumps(unread, ensure_ascii=False)
    return row


def _new_task(plan: RectificationPlan, item: PlanItem, units: UnitFinder, *, by: Actor, at: datetime) -> RectificationTask:
    start = min(filter(None, (plan.issued_on, day_of(at))), default=day_of(at))
    task = RectificationTask(
        id=f"{plan.id}-{item.number:03d}", plan_id=plan.id, number=item.number, starts_on=start, main_type=guess_type(item),
        severity=1, relapses=0, version=1, milestones="[]", due_note="",
    )  # fmt: skip
    _write_words(task, item, units)
    task.due_on = task.planned_due_on
    task.note("add", by=by.id, at=at, text=f"由方案第 {item.printed_number or item.number} 项列入台账", public="列入整改台账")
    return task


def _write_words(task: RectificationTask, item: PlanItem, units: UnitFinder) -> None:
    """The plan's words and what was read from them; progress that a person entered stays."""
    task.printed_number, task.group_title = item.printed_number, item.group
    task.problem, task.task, task.target = item.problem, item.task, item.target
    task.measures_intro, task.leaders = item.measures_intro, json.dumps(item.leaders, ensure_ascii=False)
    task.responsible_persons, task.progress_printed = item.responsible_persons or "", item.progress
    task.remark, task.extra = item.remark, json.dumps(dict(item.extra), ensure_ascii=False, sort_keys=True)
    # What a person answered to an unclear deadline stays while the plan's words stay.
    answered = item.deadline.kind == "unclear" and task.deadline_text == item.deadline.text
    if not answered or item.deadline.due is not None:
        task.planned_due_on = item.deadline.due
    task.deadline_text, task.deadline_kind = item.deadline.text, item.deadline.kind
    task.ongoing = item.deadline.ongoing
    task.milestones = json.dumps(
        [{"due": m.due.isoformat(), "text": m.text, "done_on": None} for m in item.deadline.milestones], ensure_ascii=False
    )
    _write_units(task, item, units)
    _write_measures(task, item)


def _write_units(task: RectificationTask, item: PlanItem, units: UnitFinder) -> None:
    printed = [
        (role, name)
        for role, names in (
            (UnitRole.LEAD, item.lead_units),
            (UnitRole.RESPONSIBLE, item.responsible_units),
            (UnitRole.SUPPORTING, item.supporting_units),
            (UnitRole.OVERSEEING, item.overseeing_units),
        )
        for name in names
    ]
    settled = {(unit.role, unit.printed): unit.unit_id for unit in task.units if unit.unit_id}
    rows = [(role, name[:200], settled.get((role, name)) or units.find(name)) for role, name in printed]
    for place, (role, name, unit_id) in enumerate(rows):
        row = task.units[place] if place < len(task.units) else TaskUnit(place=place)
        row.role, row.printed, row.unit_id = role, name, unit_id
        if place >= len(task.units):
            task.units.append(row)
    del task.units[len(rows) :]
    if not task.reporting_unit_id:
        carrying = (UnitRole.LEAD, UnitRole.RESPONSIBLE)
        task.reporting_unit_id = next((uid for role in carrying for r, _, uid in rows if r is role and uid), "") or ""


def _write_measures(task: RectificationTask, item: PlanItem) -> None:
    kept = {measure.text: (measure.percent, measure.note, measure.changed_on) for measure in task.measures}
    for place, words in enumerate(item.measures):
        row = task.measures[place] if place < len(task.measures) else Measure(place=place, percent=0, note="")
        row.printed, row.text = words.printed, words.text
        row.percent, row.note, row.changed_on = kept.get(words.text, (0, "", None))
        if place >= len(task.measures):
            task.measures.append(row)
    del task.measures[len(item.measures) :]


def _change_task(session: Session, changed: Changed, units: UnitFinder, *, by: Actor, at: datetime) -> None:
    task, before = changed.task, changed.task.planned_due_on
    _write_words(task, changed.item, units)
    session.flush()
    if task.planned_due_on != before and not task.extensions:
        task.due_on = task.planned_due_on
    if task.dropped_on is not None:
        task.dropped_on = None
        task.note("restore", by=by.id, at=at, text="重新列入方案", public="重新列入方案")
    for change in changed.changes:
        text = f"{change.title}：“{change.before}”改为“{change.after}”"
        task.note("reword", by=by.id, at=at, text=text, public=f"方案修改了{change.title}")


_TYPE_WORDS: tuple[tuple[PollutionType, tuple[str, ...]], ...] = (
    (PollutionType.SOLID_WASTE, ("垃圾", "固废", "废渣", "危险废物", "尾矿")),
    (PollutionType.SOIL, ("土壤", "耕地")),
    (PollutionType.WATER, ("水质", "断面", "河", "水污染", "排污口", "污水", "水攻坚", "饮用水", "湖")),
    (PollutionType.AIR, ("大气", "扬尘", "燃煤", "锅炉", "空气", "尾气", "VOCs", "秸秆", "油烟", "双替代", "型煤", "煤炭", "油气")),
    (PollutionType.ECOLOGY, ("矿山", "生态破坏", "自然保护", "湿地", "林地", "修复")),
    (PollutionType.NOISE, ("噪声", "噪音", "夜间施工")),
    (PollutionType.RADIATION, ("辐射", "放射")),
)


def guess_type(item: PlanItem) -> PollutionType:
    """The field an item most likely belongs to, by words of its problem; a suggestion that staff change with one press."""
    head = item.problem[:40] + item.group
    return next((kind for kind, words in _TYPE_WORDS if any(word in head for word in words)), PollutionType.OTHER)


class UnitFinder:
    """Finds the unit of the register that a plan's word means: the same name, or the only one that ends with it."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self.by_name = {name: unit_id for unit_id, name in names}

    def find(self, printed: str) -> str | None:
        """The id, or None where no unit or more than one fits; nothing is guessed."""
        name = re.sub(r"\s", "", printed)
        if name in self.by_name:
            return self.by_name[name]
        ending = {uid for known, uid in self.by_name.items() if len(name) >= 3 and known.endswith(name)}
        return next(iter(ending)) if len(ending) == 1 else None


def unit_finder(session: Session) -> UnitFinder:
    """A finder over the units of the register."""
    return UnitFinder((row.id, row.name) for row in session.execute(select(Unit.id, Unit.name)))
