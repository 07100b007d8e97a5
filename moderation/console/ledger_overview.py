"""The ledger for leaders: the dashboard, the papers of the month, the workbook, the lot of 回头看, and 会商."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from moderation import papers
from moderation.console.access import allowed, office, staff
from moderation.console.ledger import READERS, READS_ALL, SECTION, tasks_wanted
from moderation.console.ledger_views import LINE_LOADS, TaskLine, task_line
from moderation.console.navigation import Entry
from moderation.console.paging import PAGE, Paging, how_many, paging
from moderation.rectification import keeping, look_backs, packs
from moderation.rectification.overview import overview, plans, pressing
from moderation.rectification.rules import ledger_rule, shipped_rules
from moderation.rectification.tasks import Consultation, LookBack, RectificationTask
from moderation.rectification.words import Pace
from moderation.settings import public_settings
from portal.core.clock import day_of, now
from portal.core.errors import Mendable
from portal.core.vocabulary import Role
from portal.web.fields import PlainField

bp = Blueprint("ledger_overview", __name__)
VISITORS = (Role.RECTIFICATION_OFFICER, Role.PATROL_COORDINATOR, Role.SUPERVISION_INSPECTOR)
ENTRIES = (
    Entry(SECTION, "整改一览", "ledger_overview.dashboard", READS_ALL),
    Entry(SECTION, "回头看抽查", "ledger_overview.look_back", frozenset(VISITORS)),
    Entry(SECTION, "会商", "ledger_overview.consultations", READS_ALL),
)
OFFERED = 20
"""So many tasks of a kind are offered for a meeting; any other is named by its number."""
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
METER = {
    Pace.DONE: "done",
    Pace.ON_SCHEDULE: "on",
    Pace.STANDING: "on",
    Pace.BEHIND: "late",
    Pace.OVERDUE: "over",
    Pace.NO_REPORT: "none",
}


@bp.get("/rectification-tasks/overview")
@allowed(*READS_ALL)
def dashboard() -> str:
    today, plan_id = day_of(now()), request.args.get("plan", "")
    with office().office.reading() as session:
        seen = overview(session, today, plan_id=plan_id or None)
        options = (("", "全部方案"), *((plan.id, plan.title[:40]) for plan in plans(session)))
        late = tuple(task_line(session, task, today) for task in seen.late[:20])
        rules = tuple(ledger_rule(session, code) for code in shipped_rules())
    parts = [
        (METER[pace], count, pace.zh, url_for("ledger.everything", plan=plan_id, pace=pace.value))
        for pace, count in seen.by_pace
        if count
    ]
    return render_template(
        "ledger/overview.html",
        seen=seen,
        parts=parts,
        late=late,
        plan=PlainField("plan", "方案", plan_id, (), options),
        plan_id=plan_id,
        pdf=papers.can_print_pdf(),
        states=tuple((s, n, url_for("ledger.everything", plan=plan_id, state=s.value)) for s, n in seen.by_state if n),
        types=tuple((t.zh, n) for t, n in seen.by_type if n),
        unconfirmed=tuple(r.label for r in rules if not r.confirmed),
    )


def _download(data: bytes, kind: str, name: str) -> Response:
    answer = Response(data, mimetype=kind)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return answer


@bp.get("/rectification-tasks/papers/<name>.<ending>")
@allowed(*READS_ALL)
def paper(name: str, ending: str) -> Response:
    """The dispatch pack (调度) or the briefing (简报), as DOCX, or PDF where the extra is installed."""
    today, plan_id = day_of(now()), request.args.get("plan", "") or None
    with office().office.reading() as session:
        title = public_settings(session).undertaking_unit or public_settings(session).office_name
        make = packs.briefing if name == "briefing" else packs.dispatch_pack
        made = make(session, today, plan_id=plan_id, office=title)
    if ending == "pdf":
        return _download(papers.pdf(made), "application/pdf", f"{made.title}.pdf")
    return _download(papers.docx(made), DOCX, f"{made.title}.docx")


@bp.get("/rectification-tasks/ledger.xlsx")
@allowed(*READERS)
def ledger_xlsx() -> Response:
    today = day_of(now())
    with office().office.reading() as session:
        tasks = tasks_wanted(session, staff(), request.args, today)
        return _download(packs.ledger_xlsx(session, tasks, today), XLSX, f"整改台账-{today.isoformat()}.xlsx")


# ---- 回头看 ----


@bp.get("/rectification-tasks/look-back")
@allowed(*VISITORS)
def look_back() -> str:
    today = day_of(now())
    count, seed = max(1, min(50, request.args.get("count", 5, type=int))), request.args.get("seed", "") or today.isoformat()
    with office().office.reading() as session:
        total = look_backs.how_many_free(session)
        drawn = look_backs.draw(session, today, count, seed=seed, loads=LINE_LOADS)
        rows = tuple((one, task_line(session, one.task, today)) for one in drawn)
        page, waiting = _planned(session, today)
    return render_template(
        "ledger/look_back.html", rows=rows, total=total, count=count, seed=seed, waiting=waiting, page=page
    )  # fmt: skip


def _planned(session: Session, today: date) -> tuple[Paging, tuple[tuple[LookBack, TaskLine], ...]]:
    """A page of the visits that were planned and not made yet, the first due on top."""
    ahead = LookBack.visited_on.is_(None)
    page = paging(how_many(session, select(LookBack).where(ahead), LookBack.id))
    query = select(LookBack, RectificationTask).join(RectificationTask, RectificationTask.id == LookBack.task_id).where(ahead)
    first = query.options(*LINE_LOADS).order_by(LookBack.planned_on, LookBack.id).offset(page.first).limit(PAGE)
    return page, tuple((visit, task_line(session, task, today)) for visit, task in session.execute(first))


@bp.post("/rectification-tasks/look-back")
@allowed(*VISITORS)
def look_back_plan() -> Answer:
    """Plans visits to the ticked tasks, all or none."""
    chosen, at = request.form.getlist("task"), now()
    with office().office.transaction() as session:
        for one in look_backs.candidates(session, day_of(at), chosen):
            reason = request.form.get(f"reason-{one.task.id}", "") or one.reason
            look_backs.plan_visit(session, one.task, on=_day("on"), reason=reason, by=staff(), at=at)
    flash(f"已安排 {len(chosen)} 项回头看" if chosen else "没有安排，请先勾选")
    return redirect(url_for("ledger_overview.look_back"), 303)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None


# ---- 会商 ----


def _meeting_fields(session: Session, wrong: Mendable | None) -> dict[str, PlainField]:
    tasks = pressing(session, day_of(now()), most=OFFERED)
    options = tuple((task.id, f"第 {task.number} 项 {task.problem[:30]}") for task in tasks)

    def field(name: str, label: str) -> PlainField:
        errors = (wrong.reason,) if wrong is not None and wrong.field == name else ()
        return PlainField(name, label, request.form.get(name, ""), errors)

    chosen = PlainField("tasks", "涉及的任务", tuple(request.form.getlist("tasks")), (), options)
    rows = (
        ("title", "会议名称"),
        ("held_on", "日期"),
        ("attended", "参加单位"),
        ("minutes", "会议纪要"),
        ("decisions", "议定事项"),
        ("others", "其他任务：写编号，用空格隔开，例如 xf-2026-012"),
    )
    return {**{name: field(name, label) for name, label in rows}, "tasks": chosen}


def _tasks_of_meeting(session: Session) -> list[str]:
    """Those ticked and those written by their number. Raises Mendable for a number the ledger does not have."""
    written = request.form.get("others", "").replace("、", " ").replace("，", " ").split()
    known = set(session.scalars(select(RectificationTask.id).where(RectificationTask.id.in_(written))))
    for task_id in written:
        if task_id not in known:
            raise Mendable(f"台账里没有编号为 {task_id} 的任务", field="others")
    return list(dict.fromkeys([*request.form.getlist("tasks"), *written]))


def _meetings_page(wrong: Mendable | None = None) -> str:
    with office().office.reading() as session:
        page = paging(how_many(session, select(Consultation), Consultation.id), "ledger_overview.consultations")
        newest = select(Consultation).order_by(Consultation.held_on.desc(), Consultation.id.desc())
        meetings = list(session.scalars(newest.offset(page.first).limit(PAGE)))
        asked = _meeting_fields(session, wrong)
    return render_template(
        "ledger/consultations.html",
        meetings=meetings,
        page=page,
        fields=asked,
        page_has_errors=wrong is not None,
        may_hold=Role.RECTIFICATION_OFFICER in staff().roles,
    )


@bp.get("/consultations")
@allowed(*READS_ALL)
def consultations() -> str:
    return _meetings_page()


@bp.post("/consultations")
@allowed(Role.RECTIFICATION_OFFICER)
def hold_consultation() -> Answer | tuple[str, int]:
    form, at = request.form, now()
    try:
        held = _day("held_on")
        if held is None:
            raise Mendable("请选择日期", field="held_on")
        with office().office.transaction() as session:
            keeping.hold_consultation(
                session,
                title=form.get("title", ""),
                held_on=held,
                attended=form.get("attended", ""),
                minutes=form.get("minutes", ""),
                decisions=form.get("decisions", ""),
                task_ids=_tasks_of_meeting(session),
                by=staff(),
                at=at,
            )
    except Mendable as wrong:
        return _meetings_page(wrong), 422
    flash("会商已登记")
    return redirect(url_for("ledger_overview.consultations"), 303)
