"""What of a task may be public: its record, drafted when a plan is applied and again when the task has moved."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from moderation.accountability.links import links_to
from moderation.holidays import office_calendar
from moderation.publication import disclosures
from moderation.publication.disclosures import Disclosure, draft_of
from moderation.publication.machine import DisclosureState
from moderation.rectification.progress import pace_of, task_percent
from moderation.rectification.tasks import CloseOutRequest, RectificationTask, TaskEvidence
from moderation.rectification.words import DONE_STATES, EvidenceKind, Pace, TaskState, UnitRole
from moderation.settings import public_settings
from portal.core.clock import SHANGHAI, day_of, spoken_day
from portal.core.evidence_kinds import BY_CODE, JPEG, PDF, PNG
from portal.core.public_record import (
    Attachment,
    Bar,
    Block,
    DisclosureCard,
    Event,
    Fact,
    NoticePeriod,
    Progress,
    PublicRecord,
    Region,
    Section,
    Status,
)
from portal.core.regions import RegionTree
from portal.core.vocabulary import RecordKind
from portal.core.workflow import Actor

SOURCE = "rectification_task"
_TONE = {
    Pace.DONE: "ok",
    Pace.ON_SCHEDULE: "ok",
    Pace.BEHIND: "warn",
    Pace.OVERDUE: "bad",
    Pace.STANDING: "plain",
    Pace.NO_REPORT: "plain",
}
OBJECT_HOW = "公示期内，可通过本网站“我要举报”提出异议，写明项号；也可拨打首页公布的电话。"


def draft_task(session: Session, task: RectificationTask, *, by: Actor, at: datetime) -> Disclosure:
    """Drafts the public record of a task, once; its id is the task's."""
    existing = session.get(Disclosure, task.id)
    if existing is not None:
        return existing
    return disclosures.draft(
        session,
        kind=RecordKind.RECTIFICATION,
        fields=public_fields(session, task, at=at),
        calendar=office_calendar(session),
        by=by,
        at=at,
        record_id=task.id,
        source=(SOURCE, task.id),
        publishable_persons=task.leader_names(),
    )


def refresh(session: Session, task: RectificationTask, *, reason: str, by: Actor, at: datetime) -> Disclosure:
    """Brings the draft up to what the ledger says; a published record begins a correction that reviewers see.

    A text that reviewers hold is left alone (Refusal): it must first come back to the drafter.
    """
    found = draft_task(session, task, by=by, at=at)
    if found.state is DisclosureState.PUBLISHED:
        disclosures.correct(session, found, reason=reason, by=by, at=at)
    disclosures.edit(session, found, public_fields(session, task, at=at), seen=found.version, by=by, at=at)
    return found


def public_fields(session: Session, task: RectificationTask, *, at: datetime) -> dict[str, Any]:
    """The drafter's part of the task's record, as plain JSON."""
    settings = public_settings(session)
    return draft_of(to_public_record(session, task, at=at, regions=settings.regions(), office=settings.office_name))


def to_public_record(
    session: Session, task: RectificationTask, *, at: datetime, regions: RegionTree, office: str = ""
) -> PublicRecord:
    """The task as a PublicRecord of revision 1; the press writes revision, salt and dates anew."""
    today, moment = day_of(at), at.astimezone(SHANGHAI)
    return PublicRecord(
        id=task.id, kind=RecordKind.RECTIFICATION.value, revision=1, salt="0" * 32,
        first_published_on=today, published_on=today, updated_at=moment.replace(microsecond=0),
        title=title_of(task), region=_region(task, regions), unit=unit_of(task)[:60], status=_status(session, task, today),
        summary=_summary(task), programme=task.plan.programme[:60],
        item_number=f"第 {task.number} 项", due_on=task.due_on, due_words=_due_words(task),
        source=_short(task.plan.title, 200), card=_card(task, office), facts=_facts(task), progress=_progress(task),
        timeline=_timeline(task), sections=_sections(task), notice=_notice(task), attachments=_attachments(task),
        related=links_to(session, task_record=task.id),
    )  # fmt: skip


def title_of(task: RectificationTask) -> str:
    """The first sentence of the problem, at most 60 characters."""
    first = re.split(r"[。；\n]", task.task or task.problem, maxsplit=1)[0]
    return _short(first or f"整改任务第 {task.number} 项", 60)


def unit_of(task: RectificationTask) -> str:
    """The unit the public list names: the first lead unit, else the first responsible one."""
    names = task.printed_units(UnitRole.LEAD) or task.printed_units(UnitRole.RESPONSIBLE)
    return names[0] if names else "责任单位待定"


def _region(task: RectificationTask, regions: RegionTree) -> Region:
    code = task.plan.region_code or "000000"
    return Region(code=code, name=regions.name(code) if task.plan.region_code else "未标注区划")


def _status(session: Session, task: RectificationTask, today: date) -> Status:
    if task.state in {TaskState.PUBLIC_NOTICE, TaskState.CLOSED_OUT, TaskState.STABLE, TaskState.RELAPSED, TaskState.LOOK_BACK}:
        tone = "bad" if task.state is TaskState.RELAPSED else "ok"
        return Status({TaskState.CLOSED_OUT: "已销号", TaskState.STABLE: "已销号，整改稳定"}.get(task.state, task.state.zh), tone)
    pace = pace_of(session, task, today)
    return Status(pace.zh, _TONE[pace])


def _due_words(task: RectificationTask) -> str:
    return "" if task.deadline_kind == "date" and not task.due_note else _short(task.due_note or task.deadline_text, 60)


def _card(task: RectificationTask, office: str) -> DisclosureCard:
    return DisclosureCard(
        catalogue="生态环境督察整改",
        department=_short(office, 60),
        form="主动公开",
        document_number=task.plan.document_number[:60],
        made_on=task.plan.issued_on,
        abstract=_summary(task),
    )


def _facts(task: RectificationTask) -> tuple[Fact, ...]:
    """What the plan says of the task. What the page says already, in its summary or its deadline, is not said twice."""
    listing = task.open_listing()
    units = {role: "、".join(task.printed_units(role)) for role in UnitRole}
    if units[UnitRole.RESPONSIBLE] == units[UnitRole.LEAD]:
        units[UnitRole.RESPONSIBLE] = ""
    rows = (
        ("整改目标", "" if task.target == _summary(task) else task.target),
        ("整改时限", "" if _is_said_by_the_deadline(task) else task.deadline_text),
        ("期限调整", "" if task.due_note == _due_words(task) else task.due_note),
        ("责任领导", "、".join(task.leader_names())),
        *((role.zh, names) for role, names in units.items()),
        ("责任人", task.responsible_persons),
        ("挂牌督办", f"{listing.by_body}，{spoken_day(listing.from_on)}至{spoken_day(listing.until_on)}" if listing else ""),
    )
    return tuple(Fact(label, value[:2000]) for label, value in rows if value.strip())


def _is_said_by_the_deadline(task: RectificationTask) -> bool:
    """Whether the plan's own words for the deadline hold no more than the date or the words that the page prints as 期限."""
    if task.due_on and task.deadline_text.startswith(spoken_day(task.due_on)):
        return task.deadline_text.removeprefix(spoken_day(task.due_on)).strip("。") in {"", "前", "前完成", "之前"}
    return task.deadline_text == _due_words(task)


def _summary(task: RectificationTask) -> str:
    return _short(task.target or task.problem, 200)


def _progress(task: RectificationTask) -> tuple[Progress, ...]:
    overall = Progress(label="总体进度", done=str(task_percent(task)), total="100", unit="%")
    counted = tuple(
        Progress(label=q.label, done=q.done, total=q.total, unit=q.unit[:12]) for q in task.quantities if float(q.total) > 0
    )
    return (*counted, overall) if counted else (overall,)


def _timeline(task: RectificationTask) -> tuple[Event, ...]:
    past = [Event(day_of(event.at), _short(event.public, 500)) for event in task.events if event.public]
    ahead = [Event(on, text, "next") for on, text in _ahead(task)]
    return tuple(sorted([*past, *ahead], key=lambda event: event.on, reverse=True))


def _ahead(task: RectificationTask) -> list[tuple[date, str]]:
    if task.state in DONE_STATES:
        return []
    steps = [(date.fromisoformat(m["due"]), m["text"] or "阶段期限") for m in json.loads(task.milestones) if not m["done_on"]]
    return [*steps, *([(task.due_on, "整改期限")] if task.due_on and task.due_on not in {day for day, _ in steps} else [])]


def plain_prose(text: str) -> str:
    """Text as Markdown that reads as written: no mark of the plan becomes a list, a heading or a link."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|>])", r"\\\1", text).replace("\n", "\n\n")


def _sections(task: RectificationTask) -> tuple[Section, ...]:
    sections = []
    # A table may print a measure with its target only: what it does not say has no heading.
    if task.problem.strip():
        sections.append(Section(anchor="problem", heading="问题", blocks=(Block(prose=plain_prose(task.problem)),)))
    if task.measures:
        rows = tuple((m.printed.strip("（）()") or str(m.place + 1), m.text[:4000], f"{m.percent}%") for m in task.measures)
        table = Block(header=("序号", "措施", "进度"), rows=rows, caption="整改措施和进度")
        sections.append(Section(anchor="measures", heading="整改措施", blocks=(table,)))
    if reports := task.current_reports():
        rows = tuple((month, f"{r.percent}%", _short(r.text, 2000)) for month, r in sorted(reports.items()))
        table = Block(header=("月份", "总体进度", "本月情况"), rows=rows, caption="每月情况")
        bars = tuple(Bar(month, str(report.percent)) for month, report in sorted(reports.items())[-24:])
        chart = (Block(bars=bars, unit="%", caption="每月总体进度"),) if len(bars) > 1 else ()
        sections.append(Section(anchor="progress", heading="每月进展", blocks=(*chart, table)))
    if pictures := _pictures(task):
        sections.append(Section(anchor="evidence", heading="整改前后", blocks=pictures))
    if words := _close_out_words(task):
        sections.append(Section(anchor="close-out", heading="销号", blocks=(Block(prose=plain_prose(words)),)))
    return tuple(sections)


def _pictures(task: RectificationTask) -> tuple[Block, ...]:
    """The pictures chosen for publication, before first; and monitoring values as a table."""
    chosen = [e for e in task.evidence if e.publish]
    shown = [e for e in chosen if e.file and e.file_kind in {JPEG.code, PNG.code}]
    ordered = sorted(shown, key=lambda e: (e.kind is not EvidenceKind.BEFORE, e.added_at))
    blocks = [Block(file=media_name(e), alt=e.caption, caption=f"{e.kind.zh}：{e.caption}"[:200]) for e in ordered]
    values = tuple((e.caption, e.value, e.taken_on.isoformat() if e.taken_on else "") for e in chosen if e.value)
    if values:
        blocks.append(Block(header=("监测内容", "数值", "日期"), rows=values, caption="监测数据"))
    return tuple(blocks)


def _attachments(task: RectificationTask) -> tuple[Attachment, ...]:
    chosen = [e for e in task.evidence if e.publish and e.file and e.file_kind == PDF.code]
    return tuple(Attachment(file=media_name(e), label=e.caption[:120], size=e.size) for e in chosen)


def media_name(evidence: TaskEvidence) -> str:
    """The name under which a chosen file lies in the press's media folder: digest and ending."""
    return f"{evidence.file}.{BY_CODE[evidence.file_kind].extension}"


def _latest_request(task: RectificationTask) -> CloseOutRequest | None:
    return task.requests[-1] if task.requests else None


def _close_out_words(task: RectificationTask) -> str:
    request = _latest_request(task)
    if request is None or request.notice_first_on is None:
        return ""
    parts = (("整改结果", request.result), ("核查情况", request.findings), ("长效机制", request.mechanism))
    return "\n".join(f"{label}：{words}" for label, words in parts if words.strip())


def _notice(task: RectificationTask) -> NoticePeriod | None:
    request = _latest_request(task)
    if request is None or request.notice_first_on is None or request.notice_last_on is None:
        return None
    return NoticePeriod(first_on=request.notice_first_on, last_on=request.notice_last_on, objections=OBJECT_HOW)


def _short(text: str, most: int) -> str:
    words = re.sub(r"\s+", " ", text).strip()
    return words if len(words) <= most else words[: most - 1] + "…"
