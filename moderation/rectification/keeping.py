"""Keeping the ledger: deadlines settled and extended, 挂牌, quantities, rhythms, evidence, credit records, ties, 复核, 会商."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.rectification.progress import is_number
from moderation.rectification.tasks import (
    Consultation,
    ConsultationTask,
    CreditRecord,
    DutyEntry,
    Extension,
    LetterRecheck,
    ListedSupervision,
    Quantity,
    RectificationTask,
    RecurringDuty,
    TaskEvidence,
    TaskLink,
)
from moderation.rectification.words import CreditKind, EvidenceKind, LinkKind, Rhythm
from moderation.staff import Unit
from moderation.undoing import OVERTAKEN
from portal.core import audit
from portal.core.clock import day_of, spoken_day
from portal.core.errors import Mendable, NotAllowed, NotThere, Refusal
from portal.core.ids import new_id
from portal.core.vocabulary import PollutionType, Role
from portal.core.workflow import Actor

LEDGER = "整改方案：台账式、清单式管理"
_KEEPERS = frozenset({Role.RECTIFICATION_OFFICER})


def task_named(session: Session, task_id: str) -> RectificationTask:
    """The task of that id. Raises NotThere."""
    task = session.get(RectificationTask, task_id)
    if task is None:
        raise NotThere("台账里没有这项任务")
    return task


def require_keeper(by: Actor) -> None:
    """Only the office's ledger keepers change dates, listings and ties."""
    if not by.roles & _KEEPERS:
        raise NotAllowed("只有整改推进组可以改动台账", clause=LEDGER)


def require_hand(task: RectificationTask, by: Actor) -> None:
    """A keeper, or an officer of a unit of the task."""
    if by.roles & _KEEPERS:
        return
    if Role.UNIT_OFFICER not in by.roles or getattr(by, "unit_id", "") not in task.unit_ids():
        raise NotAllowed("这项任务不是您单位的", clause=LEDGER)


def settle_deadline(session: Session, task: RectificationTask, *, due_on: date, reason: str, by: Actor, at: datetime) -> None:
    """A person answers what the reader asked: the day a plan's unclear or partial deadline means."""
    require_keeper(by)
    if task.deadline_kind not in {"unclear", "milestone_only"} or task.due_on is not None:
        raise Refusal("这项任务的期限已经明确，改期请走延期", clause=LEDGER)
    if not reason.strip():
        raise Mendable("请写明依据", field="reason")
    task.due_on, task.due_note = due_on, f"{spoken_day(due_on)}（{reason.strip()}）"[:200]
    task.note("settle_deadline", by=by.id, at=at, text=task.due_note, public=f"期限确定为 {spoken_day(due_on)}")
    audit.record(session, by=by.id, act="task.settle_deadline", subject=task.id, at=at, detail={"due_on": due_on.isoformat()})


def extend(
    session: Session, task: RectificationTask, *, to_on: date, document_number: str, body: str, reason: str, by: Actor, at: datetime
) -> Extension:
    """Moves the deadline by an approving document; the plan's own date stays beside it."""
    require_keeper(by)
    if task.due_on is None:
        raise Refusal("这项任务没有截止日期，不需要延期", clause=LEDGER)
    if to_on <= task.due_on:
        raise Mendable("延期后的日期要晚于原期限", field="to_on")
    for words, label, name in (
        (document_number, "批准文件的文号", "document_number"),
        (body, "批准机关", "body"),
        (reason, "理由", "reason"),
    ):
        if not words.strip():
            raise Mendable(f"请写明{label}", field=name)
    extension = Extension(
        id=new_id(), from_on=task.due_on, to_on=to_on, document_number=document_number.strip(), approved_by_body=body.strip(),
        reason=reason.strip(), by=by.id, at=at,
    )  # fmt: skip
    task.extensions.append(extension)
    task.due_on, task.due_note = to_on, f"经 {document_number.strip()} 批准延期至 {spoken_day(to_on)}"[:200]
    task.note("extend", by=by.id, at=at, text=reason.strip(), public=task.due_note)
    audit.record(
        session, by=by.id, act="task.extend", subject=task.id, at=at, detail={"to": to_on.isoformat(), "document": document_number}
    )
    return extension


def list_for_supervision(
    session: Session,
    task: RectificationTask,
    *,
    what: str,
    why: str,
    body: str,
    number: str,
    until_on: date,
    by: Actor,
    at: datetime,
) -> ListedSupervision:
    """Records an outside decision to list a task (挂牌督办): what, why, by whom, from, until."""
    require_keeper(by)
    if task.open_listing() is not None:
        raise Refusal("这项任务已经挂牌，先解除再重新挂牌", clause=LEDGER)
    for words, label, name in ((what, "督办事项", "what"), (why, "挂牌理由", "why"), (body, "决定机关", "body")):
        if not words.strip():
            raise Mendable(f"请写明{label}", field=name)
    if until_on <= day_of(at):
        raise Mendable("挂牌期限要在今天以后", field="until_on")
    listing = ListedSupervision(
        id=new_id(), number=number.strip(), what=what.strip(), why=why.strip(), by_body=body.strip(), from_on=day_of(at),
        until_on=until_on, release_evidence="", released_by="",
    )  # fmt: skip
    task.listings.append(listing)
    task.note("list", by=by.id, at=at, text=why.strip(), public=f"{body.strip()}挂牌督办，期限至 {spoken_day(until_on)}")
    audit.record(session, by=by.id, act="task.list", subject=task.id, at=at, detail={"body": body, "until": until_on.isoformat()})
    return listing


def delist(session: Session, task: RectificationTask, *, evidence: str, by: Actor, at: datetime) -> None:
    """Releases a listed task (解除挂牌), with what it rests on."""
    require_keeper(by)
    listing = task.open_listing()
    if listing is None:
        raise Refusal("这项任务没有挂牌", clause=LEDGER)
    if not evidence.strip():
        raise Mendable("请写明解除挂牌的依据", field="evidence")
    listing.released_on, listing.release_evidence, listing.released_by = day_of(at), evidence.strip(), by.id
    task.note("delist", by=by.id, at=at, text=evidence.strip(), public="解除挂牌督办")
    audit.record(session, by=by.id, act="task.delist", subject=task.id, at=at)


def add_quantity(
    session: Session,
    task: RectificationTask,
    *,
    label: str,
    total: str,
    unit: str,
    done: str = "0",
    due_on: date | None = None,
    by: Actor,
    at: datetime,
) -> Quantity:
    """Something countable the plan names: label, total, unit, and its own date where it has one."""
    require_keeper(by)
    if not label.strip():
        raise Mendable("请写明数的是什么", field="label")
    if not is_number(total) or float(total) <= 0 or not is_number(done):
        raise Mendable("总数请填大于 0 的数字", field="total")
    quantity = Quantity(
        place=1 + max((q.place for q in task.quantities), default=-1), label=label.strip(), unit=unit.strip()[:20], total=total,
        done=done, due_on=due_on,
    )  # fmt: skip
    task.quantities.append(quantity)
    task.note("add_quantity", by=by.id, at=at, text=f"{label.strip()} {total}{unit}")
    audit.record(session, by=by.id, act="task.add_quantity", subject=task.id, at=at, detail={"label": label, "total": total})
    return quantity


def add_duty(
    session: Session, task: RectificationTask, *, label: str, rhythm: Rhythm, times: int, from_on: date, by: Actor, at: datetime
) -> RecurringDuty:
    """A recurring measure with its rhythm; missed times show from then on."""
    require_keeper(by)
    if not label.strip() or times < 1:
        raise Mendable("请写明内容和次数", field="label")
    duty = RecurringDuty(id=new_id(), place=len(task.duties), label=label.strip(), rhythm=rhythm, times=times, from_on=from_on)
    task.duties.append(duty)
    session.flush()
    audit.record(session, by=by.id, act="task.add_duty", subject=task.id, at=at, detail={"rhythm": rhythm.value, "times": times})
    return duty


def enter_duty(
    session: Session, task: RectificationTask, duty: RecurringDuty, *, on: date, text: str, by: Actor, at: datetime
) -> None:
    """One time a recurring duty was done."""
    require_hand(task, by)
    if on > day_of(at):
        raise Mendable("日期不能晚于今天", field="on")
    if not text.strip():
        raise Mendable("请写明做了什么", field="text")
    duty.entries.append(DutyEntry(id=new_id(), on=on, text=text.strip(), by=by.id, at=at))
    audit.record(session, by=by.id, act="task.enter_duty", subject=task.id, at=at, detail={"duty": duty.id, "on": on.isoformat()})


@dataclass(frozen=True)
class Period:
    """One period of a rhythm: first and last day, how often the duty was due and done."""

    first_on: date
    last_on: date
    due: int
    done: int

    @property
    def missed(self) -> int:
        return max(0, self.due - self.done)


_MONTHS = {Rhythm.MONTHLY: 1, Rhythm.TWO_MONTHS: 2, Rhythm.QUARTERLY: 3, Rhythm.YEARLY: 12}


def periods_of(duty: RecurringDuty, today: date) -> list[Period]:
    """The periods from the duty's first day to the one today lies in, oldest first. The running one counts nothing missed yet."""
    periods, first = [], duty.from_on
    last_day = min(today, duty.until_on) if duty.until_on else today
    while first <= last_day:
        after = _next_period(first, duty.rhythm)
        last = after - timedelta(days=1)
        done = sum(1 for entry in duty.entries if first <= entry.on <= last)
        periods.append(Period(first, last, duty.times if last < today else min(done, duty.times), done))
        first = after
    return periods


def _next_period(first: date, rhythm: Rhythm) -> date:
    if rhythm is Rhythm.WEEKLY:
        return first + timedelta(days=7)
    months = first.year * 12 + first.month - 1 + _MONTHS[rhythm]
    year, month = months // 12, months % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(first.day, (following - timedelta(days=1)).day))


def missed_times(duty: RecurringDuty, today: date) -> int:
    """How many times a duty was missed so far."""
    return sum(period.missed for period in periods_of(duty, today))


def add_evidence(
    session: Session,
    task: RectificationTask,
    *,
    kind: EvidenceKind,
    caption: str,
    taken_on: date | None = None,
    file: str = "",
    file_name: str = "",
    file_kind: str = "",
    size: int = 0,
    value: str = "",
    by: Actor,
    at: datetime,
) -> TaskEvidence:
    """Adds evidence: a file already in the evidence store, or a monitoring value. Not public until chosen."""
    require_hand(task, by)
    if not caption.strip():
        raise Mendable("请写明这份证据说明什么", field="caption")
    if not file and not value.strip():
        raise Mendable("请选择文件，或填写监测数值", field="file")
    evidence = TaskEvidence(
        id=new_id(), kind=kind, caption=caption.strip()[:200], taken_on=taken_on, file=file, file_name=file_name[:160],
        file_kind=file_kind, size=size, value=value.strip()[:40], publish=False, added_by=by.id, added_at=at,
    )  # fmt: skip
    task.evidence.append(evidence)
    task.note("add_evidence", by=by.id, at=at, text=f"{kind.zh}：{caption.strip()}")
    session.flush()
    audit.record(session, by=by.id, act="task.add_evidence", subject=task.id, at=at, detail={"evidence": evidence.id})
    return evidence


def choose_evidence(
    session: Session, task: RectificationTask, evidence: TaskEvidence, *, publish: bool, by: Actor, at: datetime
) -> None:
    """Chooses a piece of evidence for the public page, or takes it back."""
    require_keeper(by)
    evidence.publish = publish
    detail = {"evidence": evidence.id, "publish": publish}
    audit.record(session, by=by.id, act="task.choose_evidence", subject=task.id, at=at, detail=detail)


def record_credit(
    session: Session,
    task: RectificationTask,
    *,
    kind: CreditKind,
    subject: str,
    points: str,
    document_number: str,
    by: Actor,
    at: datetime,
) -> CreditRecord:
    """Puts a credit deduction or joint sanction on record."""
    require_keeper(by)
    if not subject.strip():
        raise Mendable("请写明企业名称", field="subject")
    if points and not is_number(points):
        raise Mendable("扣分请填数字", field="points")
    credit = CreditRecord(
        id=new_id(),
        kind=kind,
        subject=subject.strip(),
        points=points,
        document_number=document_number.strip(),
        on=day_of(at),
        by=by.id,
    )
    task.credits.append(credit)
    task.note("record_credit", by=by.id, at=at, text=f"{kind.zh}：{subject.strip()} {points}")
    audit.record(session, by=by.id, act="task.record_credit", subject=task.id, at=at, detail={"kind": kind.value})
    return credit


def tie(
    session: Session, task: RectificationTask, *, kind: LinkKind, reference: str, label: str, by: Actor, at: datetime
) -> TaskLink:
    """Ties the task to a letter, an exposed case or an accountability case."""
    require_keeper(by)
    if not reference.strip():
        raise Mendable("请填写编号", field="reference")
    if any(link.kind is kind and link.reference == reference.strip() for link in task.links):
        raise Refusal("已经关联过", clause=LEDGER)
    link = TaskLink(
        id=new_id(),
        kind=kind,
        reference=reference.strip(),
        label=(label.strip() or reference.strip())[:200],
        cause="",
        on=day_of(at),
    )
    task.links.append(link)
    audit.record(
        session, by=by.id, act="task.tie", subject=task.id, at=at, detail={"kind": kind.value, "reference": link.reference}
    )
    return link


def list_letters_for_recheck(session: Session, task: RectificationTask, numbers: Sequence[str], *, by: Actor, at: datetime) -> int:
    """Puts letters of the round beside the task, to be checked again one by one. Returns how many are new."""
    require_keeper(by)
    known = {row.number for row in task.rechecks}
    fresh = [number for number in dict.fromkeys(n.strip() for n in numbers) if number and number not in known]
    task.rechecks += [LetterRecheck(id=new_id(), number=number[:80], letter_id="", text="", by="") for number in fresh]
    audit.record(session, by=by.id, act="task.list_rechecks", subject=task.id, at=at, detail={"letters": len(fresh)})
    return len(fresh)


def recheck_letter(
    session: Session, task: RectificationTask, row: LetterRecheck, *, held: bool, text: str, by: Actor, at: datetime
) -> None:
    """What the second look at a letter of the round found."""
    require_hand(task, by)
    if not text.strip():
        raise Mendable("请写明复核情况", field="text")
    row.checked_on, row.held, row.text, row.by = day_of(at), held, text.strip(), by.id
    task.note("recheck_letter", by=by.id, at=at, text=f"{row.number}：{'未反弹' if held else '有反弹'}。{text.strip()}")
    audit.record(session, by=by.id, act="task.recheck_letter", subject=task.id, at=at, detail={"held": held})


def hold_consultation(
    session: Session,
    *,
    title: str,
    held_on: date,
    attended: str,
    minutes: str,
    decisions: str,
    task_ids: Sequence[str],
    by: Actor,
    at: datetime,
) -> Consultation:
    """A meeting on important problems (会商), its minutes and the tasks it spoke of."""
    require_keeper(by)
    for words, label, name in ((title, "会议名称", "title"), (minutes, "会议纪要", "minutes")):
        if not words.strip():
            raise Mendable(f"请写明{label}", field=name)
    if held_on > day_of(at):
        raise Mendable("会商日期不能晚于今天", field="held_on")
    meeting = Consultation(
        id=new_id(), held_on=held_on, title=title.strip(), attended=attended.strip(), minutes=minutes.strip(),
        decisions=decisions.strip(), by=by.id, at=at,
    )  # fmt: skip
    session.add(meeting)
    session.flush()
    for task_id in dict.fromkeys(task_ids):
        task = task_named(session, task_id)
        session.add(ConsultationTask(consultation_id=meeting.id, task_id=task.id))
        task.note("consult", by=by.id, at=at, text=f"会商：{title.strip()}。{decisions.strip()}")
    audit.record(session, by=by.id, act="consultation.hold", subject=meeting.id, at=at, detail={"tasks": len(task_ids)})
    return meeting


def consultations_of(session: Session, task_id: str) -> list[Consultation]:
    """Meetings that spoke of a task, newest first."""
    wanted = select(Consultation).join(ConsultationTask, ConsultationTask.consultation_id == Consultation.id)
    return list(session.scalars(wanted.where(ConsultationTask.task_id == task_id).order_by(Consultation.held_on.desc())))


def set_reporting_unit(session: Session, task: RectificationTask, unit_id: str, *, by: Actor, at: datetime) -> None:
    """Names the unit that files the monthly report, where the plan's words did not settle it."""
    require_keeper(by)
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise Mendable("请选择单位", field="unit_id")
    task.reporting_unit_id = unit.id
    task.note("set_reporting_unit", by=by.id, at=at, text=f"填报单位：{unit.name}")
    audit.record(session, by=by.id, act="task.set_reporting_unit", subject=task.id, at=at, detail={"unit": unit.id})


def set_type(session: Session, task: RectificationTask, kind: PollutionType, *, severity: int, by: Actor, at: datetime) -> None:
    """The field a task belongs to, and how grave it is."""
    require_keeper(by)
    task.main_type, task.severity = kind, max(1, min(3, severity))
    audit.record(session, by=by.id, act="task.set_type", subject=task.id, at=at, detail={"type": kind.value, "severity": severity})


def finish_milestone(session: Session, task: RectificationTask, place: int, *, on: date, by: Actor, at: datetime) -> None:
    """A dated part is done."""
    require_hand(task, by)
    steps = json.loads(task.milestones)
    if not 0 <= place < len(steps):
        raise NotThere("没有这个节点")
    steps[place]["done_on"] = on.isoformat()
    task.milestones = json.dumps(steps, ensure_ascii=False)
    task.note(
        "finish_milestone",
        by=by.id,
        at=at,
        text=steps[place]["text"],
        public=f"完成节点：{steps[place]['text'] or steps[place]['due']}",
    )
    audit.record(session, by=by.id, act="task.finish_milestone", subject=task.id, at=at, detail={"place": place})


# ---- taking back (撤销): facts name the task, its version after the act, and what stood there before ----


def _as_left(session: Session, facts: Mapping[str, Any]) -> RectificationTask:
    """The task, where nobody has changed it since. Raises Refusal."""
    task = task_named(session, facts["task"])
    if task.version != facts["version"]:
        raise Refusal(OVERTAKEN, clause=LEDGER)
    return task


def take_back_reporting_unit(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """Names the unit that was named before. ``facts``: was (unit id or None)."""
    require_keeper(by)
    task = _as_left(session, facts)
    task.reporting_unit_id = facts["was"]
    task.note("take_back", by=by.id, at=at, text="撤销：填报单位")
    audit.record(session, by=by.id, act="task.take_back_reporting_unit", subject=task.id, at=at, detail={"unit": facts["was"]})


def take_back_type(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """Field and gravity as they were. ``facts``: type, severity before; became (type, severity) after."""
    require_keeper(by)
    task = _as_left(session, facts)
    if [task.main_type.value, task.severity] != facts["became"]:
        raise Refusal(OVERTAKEN, clause=LEDGER)
    task.main_type, task.severity = PollutionType(facts["type"]), facts["severity"]  # type: ignore[call-arg]
    task.note("take_back", by=by.id, at=at, text="撤销：领域和严重程度")
    audit.record(session, by=by.id, act="task.take_back_type", subject=task.id, at=at, detail={"type": facts["type"]})


def take_back_milestone(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """The dated part is open again, and the public page no longer says it is done. ``facts``: place."""
    task = _as_left(session, facts)
    require_hand(task, by)
    steps = json.loads(task.milestones)
    step = steps[facts["place"]]
    step["done_on"] = None
    task.milestones = json.dumps(steps, ensure_ascii=False)
    words = step["text"] or step["due"]
    task.note("take_back", by=by.id, at=at, text=f"撤销：完成节点 {words}", public=f"更正：节点“{words}”尚未完成")
    audit.record(session, by=by.id, act="task.take_back_milestone", subject=task.id, at=at, detail={"place": facts["place"]})


def take_back_tie(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """The tie just made is gone. ``facts``: link (id)."""
    require_keeper(by)
    task = _as_left(session, facts)
    link = next((link for link in task.links if link.id == facts["link"]), None)
    if link is None:
        raise Refusal(OVERTAKEN, clause=LEDGER)
    session.delete(link)
    session.flush()
    session.expire(task, ["links"])
    task.note("take_back", by=by.id, at=at, text=f"撤销：关联 {link.reference}")
    audit.record(session, by=by.id, act="task.take_back_tie", subject=task.id, at=at, detail={"reference": link.reference})


def take_back_choice(session: Session, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """A piece of evidence is as public, or not, as it was. ``facts``: evidence (id), was."""
    task = task_named(session, facts["task"])
    evidence = next((row for row in task.evidence if row.id == facts["evidence"]), None)
    if evidence is None or evidence.publish is facts["was"]:
        raise Refusal(OVERTAKEN, clause=LEDGER)
    choose_evidence(session, task, evidence, publish=facts["was"], by=by, at=at)
