"""Values ready to print for the pages of the rectification ledger. Decides nothing; templates do no sums."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from moderation.publication.disclosures import Disclosure
from moderation.rectification import closing, keeping
from moderation.rectification.progress import expected_percent, pace_of, reminder_of, task_percent
from moderation.rectification.suggestions import counts_in, rhythms_in
from moderation.rectification.tasks import CloseOutRequest, Consultation, RectificationTask, RecurringDuty
from moderation.rectification.words import SEVERITY_WORDS, Pace, Reminder, TaskState, UnitRole
from moderation.staff import StaffMember, Unit
from portal.core.clock import day_of, spoken_day

PACE_CSS = {
    Pace.DONE: "",
    Pace.ON_SCHEDULE: "",
    Pace.BEHIND: "warn",
    Pace.OVERDUE: "bad",
    Pace.STANDING: "plain",
    Pace.NO_REPORT: "plain",
}
STATE_CSS = {TaskState.RELAPSED: "bad", TaskState.NOT_STARTED: "plain"}


@dataclass(frozen=True)
class Names:
    """Who and which unit is behind an id."""

    people: Mapping[str, str]
    units: Mapping[str, str]

    def person(self, staff_id: str) -> str:
        return self.people.get(staff_id) or {"importer": "方案导入", "ledger-timer": "定时任务"}.get(staff_id, staff_id)


def names(session: Session) -> Names:
    people = {row.id: row.name for row in session.execute(select(StaffMember.id, StaffMember.name))}
    return Names(people, {row.id: row.name for row in session.execute(select(Unit.id, Unit.name).order_by(Unit.name))})


@dataclass(frozen=True)
class TaskLine:
    """One line of a list of tasks."""

    id: str
    number: int
    problem: str
    units: str
    state: str
    state_css: str
    pace: str
    pace_css: str
    percent: int
    due: str
    due_css: str
    marks: tuple[str, ...]
    plan: str


LINE_LOADS = tuple(
    selectinload(each)
    for each in (
        RectificationTask.plan, RectificationTask.units, RectificationTask.measures, RectificationTask.quantities,
        RectificationTask.reports, RectificationTask.listings,
    )
)  # fmt: skip
"""What a line needs of its task, read for a whole page at once."""


def task_line(session: Session, task: RectificationTask, today: date) -> TaskLine:
    pace, reminder = pace_of(session, task, today), reminder_of(session, task, today)
    due_css = {Reminder.WARNING: "soon", Reminder.URGING: "over", Reminder.SUPERVISED: "over"}.get(reminder, "")
    leads = task.printed_units(UnitRole.LEAD) or task.printed_units(UnitRole.RESPONSIBLE)
    return TaskLine(
        task.id,
        task.number,
        short(task.task or task.problem, 46),
        "、".join(leads[:2]) + ("等" if len(leads) > 2 else ""),
        task.state.zh,
        STATE_CSS.get(task.state, ""),
        pace.zh,
        PACE_CSS[pace],
        task_percent(task),
        due_words(task),
        due_css,
        marks(task),
        short(task.plan.title, 22),
    )


def marks(task: RectificationTask) -> tuple[str, ...]:
    """Short words beside a task: listed, relapsed, serious, gone from the plan, unclear deadline."""
    rows = (
        ("挂牌", task.open_listing() is not None),
        (f"反弹 {task.relapses} 次", task.relapses > 0),
        (SEVERITY_WORDS[task.severity], task.severity > 1),
        ("已不在方案中", task.dropped_on is not None),
        ("期限待定", task.due_on is None and task.deadline_kind in {"unclear", "milestone_only"}),
        ("未定填报单位", not task.reporting_unit_id),
    )
    return tuple(word for word, holds in rows if holds)


def due_words(task: RectificationTask) -> str:
    return spoken_day(task.due_on) if task.due_on else short(task.deadline_text, 16)


def short(text: str, most: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1] + "…"


@dataclass(frozen=True)
class Pair:
    """A labelled value of the fact list."""

    label: str
    value: str


@dataclass(frozen=True)
class TaskPage:
    """The page of a task."""

    task: RectificationTask
    line: TaskLine
    facts: tuple[Pair, ...]
    expected: int | None
    reminder: str
    months: tuple[tuple[str, int], ...]
    reports: tuple[Mapping[str, str], ...]
    steps: tuple[Mapping[str, str], ...]
    duties: tuple[Mapping[str, object], ...]
    events: tuple[Mapping[str, str], ...]
    requests: tuple[Mapping[str, str], ...]
    visits: tuple[Mapping[str, str], ...]
    meetings: tuple[Consultation, ...]
    suggestions: tuple[Suggestion, ...]
    publication: str
    notice_hint: str


def task_page(session: Session, task: RectificationTask, today: date) -> TaskPage:
    known = names(session)
    reports = sorted(task.current_reports().items())
    return TaskPage(
        task=task,
        line=task_line(session, task, today),
        facts=_facts(task, known),
        expected=expected_percent(task, today),
        reminder=reminder_of(session, task, today).zh,
        months=tuple((month, report.percent) for month, report in reports),
        reports=tuple(
            {
                "month": month,
                "percent": f"{r.percent}%",
                "pace": (r.pace_said or r.pace).zh,
                "reason": r.pace_reason,
                "text": r.text,
                "difficulties": r.difficulties,
                "next_steps": r.next_steps,
                "by": known.person(r.by),
            }
            for month, r in reversed(reports)
        ),
        steps=tuple(_step(step, today) for step in json.loads(task.milestones)),
        duties=tuple(_duty(duty, today) for duty in task.duties),
        events=tuple(
            {
                "on": spoken_day(day_of(e.at)),
                "what": e.public or e.text,
                "text": e.text if e.public else "",
                "by": known.person(e.by),
            }
            for e in sorted(task.events, key=lambda event: (event.at, event.number), reverse=True)
        ),
        requests=tuple(_request(request, known) for request in reversed(task.requests)),
        visits=tuple(
            {
                "planned": spoken_day(visit.planned_on),
                "reason": visit.reason,
                "verdict": visit.verdict.zh if visit.verdict else "待查看",
                "findings": visit.findings,
                "by": known.person(visit.visited_by) if visit.visited_by else "",
            }
            for visit in reversed(task.look_backs)
        ),
        meetings=tuple(keeping.consultations_of(session, task.id)),
        suggestions=_suggestions(task),
        publication=_publication(session, task),
        notice_hint=_notice_hint(session, task),
    )


def _publication(session: Session, task: RectificationTask) -> str:
    """Where the public page of the task stands."""
    found = session.get(Disclosure, task.id)
    if found is None:
        return "还没有公开稿"
    if found.live_revision:
        return f"公开稿：{found.state.zh}，网站上是第 {found.live_revision} 版"
    return f"公开稿：{found.state.zh}，还没有公开过"


def _notice_hint(session: Session, task: RectificationTask) -> str:
    """What is missing for the public notice to count."""
    request = task.open_request()
    if task.state is not TaskState.PUBLIC_NOTICE or request is None or request.notice_last_on is None:
        return ""
    shown = closing.notice_shown_on(session, task, request)
    if shown is None:
        return "公示还没有在网站上公开：请更新公开稿，照常三审后发布。公示天数从公开那天算起。"
    return (
        f"公示自 {spoken_day(shown)} 起在网站公开，至 {spoken_day(closing.notice_ends_on(session, task, request, elsewhere=False))}"
    )


def _facts(task: RectificationTask, known: Names) -> tuple[Pair, ...]:
    extension = task.extensions[-1] if task.extensions else None
    rows = (
        ("整改目标", task.target),
        ("整改任务", task.task),
        *((role.zh, "、".join(task.printed_units(role))) for role in UnitRole),
        ("责任领导", "、".join(task.leader_names())),
        ("责任人", task.responsible_persons),
        ("整改时限", task.deadline_text),
        ("截止日期", spoken_day(task.due_on) if task.due_on else ""),
        ("期限说明", task.due_note),
        ("延期", f"{extension.document_number}，{extension.approved_by_body}，{extension.reason}" if extension else ""),
        ("填报单位", known.units.get(task.reporting_unit_id, "未定")),
        ("领域", task.main_type.zh),
        ("严重程度", SEVERITY_WORDS[task.severity]),
        ("方案里的完成情况", task.progress_printed),
        ("备注", task.remark),
        *((label, str(value)) for label, value in json.loads(task.extra).items()),
    )
    return tuple(Pair(label, value) for label, value in rows if value.strip())


def _step(step: Mapping[str, str | None], today: date) -> Mapping[str, str]:
    due = date.fromisoformat(step["due"] or "")
    done = step["done_on"]
    state = f"{done} 完成" if done else ("已过期" if due < today else "未到期")
    return {
        "due": spoken_day(due),
        "text": step["text"] or "",
        "state": state,
        "css": "" if done else ("bad" if due < today else "plain"),
    }


def _duty(duty: RecurringDuty, today: date) -> Mapping[str, object]:
    periods = keeping.periods_of(duty, today)
    missed = sum(period.missed for period in periods)
    recent = tuple(
        (
            f"{period.first_on:%m-%d} 至 {period.last_on:%m-%d}",
            f"{period.done} 次",
            f"缺 {period.missed} 次" if period.missed else "",
        )
        for period in periods[-6:]
    )
    return {"duty": duty, "missed": missed, "recent": recent}


_OUTCOMES = {
    "sent_back": "已退回",
    "check_failed": "核查未通过",
    "objection_upheld": "异议成立",
    "closed_out": "已销号",
    "": "进行中",
}


def _request(r: CloseOutRequest, known: Names) -> Mapping[str, str]:
    return {
        "round": str(r.round),
        "outcome": _OUTCOMES[r.outcome],
        "self_check": r.self_check,
        "result": r.result,
        "mechanism": r.mechanism,
        "requested": f"{spoken_day(r.requested_on)} {known.person(r.requested_by)}",
        "findings": r.findings,
        "checked": f"{spoken_day(r.checked_on)} {known.person(r.checked_by)}" if r.checked_on else "",
        "notice": r.notice_arithmetic + (f"（{r.notice_place}）" if r.notice_place else ""),
        "approved": f"{known.person(r.approved_by)}：{r.approval}" if r.approved_by else "",
    }


@dataclass(frozen=True)
class Suggestion:
    """Something the words seem to count or repeat: ``slug`` and ``values`` open the form that adds it."""

    words: str
    slug: str
    values: Mapping[str, str]


def _suggestions(task: RectificationTask) -> tuple[Suggestion, ...]:
    """What the words seem to count or repeat and the ledger does not hold yet."""
    text = "\n".join([task.target, *(measure.text for measure in task.measures)])
    kept = {(q.total, q.unit) for q in task.quantities}
    start = task.due_on or task.plan.issued_on
    counts = [
        Suggestion(
            f"{c.label} {c.total}{c.unit}",
            "add-quantity",
            {"label": c.label, "total": c.total, "unit": c.unit, "due_on": c.due_on.isoformat() if c.due_on else ""},
        )
        for c in counts_in(text, year=start.year if start else None)
        if (c.total, c.unit) not in kept
    ]
    rhythms = [
        Suggestion(
            f"{r.label}（{r.rhythm.zh} {r.times} 次）",
            "add-duty",
            {"label": r.label, "rhythm": r.rhythm.value, "times": str(r.times)},
        )
        for r in rhythms_in(text)
    ]
    return tuple((counts + ([] if task.duties else rhythms))[:8])
