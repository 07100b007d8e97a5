"""月报 at the desk: one page a task, fit for a phone; and who has not filed."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from moderation.console.access import allowed, office, staff
from moderation.console.ledger import HANDS, READS_ALL, SECTION, readable
from moderation.console.ledger_views import LINE_LOADS, task_line
from moderation.console.navigation import Entry
from moderation.console.paging import PAGE, how_many, paging
from moderation.rectification.progress import (
    FILING_STATES,
    ReportDraft,
    count_not_filed,
    file_report,
    is_month,
    month_before,
    month_of,
    report_due_on,
    who_has_not_filed,
    without_report,
)
from moderation.rectification.rules import ledger_rule
from moderation.rectification.tasks import RectificationTask
from moderation.rectification.words import Pace
from portal.core.clock import day_of, now
from portal.core.errors import Mendable
from portal.core.vocabulary import Role
from portal.web.fields import PlainField

bp = Blueprint("ledger_reports", __name__)
ENTRIES = (
    Entry(SECTION, "我的月报", "ledger_reports.mine", frozenset({Role.UNIT_OFFICER})),
    Entry(SECTION, "谁没报月报", "ledger_reports.missing", READS_ALL),
)
SAYABLE = (Pace.ON_SCHEDULE, Pace.BEHIND)


@bp.get("/monthly-reports")
@allowed(Role.UNIT_OFFICER, Role.RECTIFICATION_OFFICER)
def mine() -> str:
    """The tasks of this person's unit, and which of them have their report of last month."""
    today = day_of(now())
    month = month_before(today)
    with office().office.reading() as session:
        wanted = select(RectificationTask).where(
            RectificationTask.reporting_unit_id == staff().unit_id,
            RectificationTask.state.in_(FILING_STATES),
            RectificationTask.dropped_on.is_(None),
        )
        page = paging(how_many(session, wanted, RectificationTask.id))
        # What is missing stands first: with many tasks it would be pages away.
        missing = without_report(staff().unit_id, month).with_only_columns(RectificationTask.id)
        order = (RectificationTask.id.not_in(missing), RectificationTask.plan_id, RectificationTask.number)
        tasks = session.scalars(wanted.options(*LINE_LOADS).order_by(*order).offset(page.first).limit(PAGE))
        rows = [(task_line(session, task, today), task.current_reports()) for task in tasks]
        due = report_due_on(session, month)
    return render_template("ledger/my_reports.html", rows=rows, month=month, this_month=month_of(today), due=due, page=page)


@bp.get("/monthly-reports/missing")
@allowed(*READS_ALL)
def missing() -> str:
    today = day_of(now())
    month = request.args.get("month", "")
    month = month if is_month(month) else month_before(today)
    with office().office.reading() as session:
        total, units = count_not_filed(session, month)
        page = paging(total)
        rows = who_has_not_filed(session, month, today, first=page.first, limit=PAGE, loads=LINE_LOADS)
        due, rule = report_due_on(session, month), ledger_rule(session, "report_day")
        lines = [(row.unit_name, task_line(session, row.task, today), row.late_days) for row in rows]
    return render_template("ledger/missing.html", lines=lines, month=month, due=due, rule=rule, units=units, page=page)


def _fields(task: RectificationTask, wrong: Mendable | None = None) -> dict[str, object]:
    typed, today = request.form, day_of(now())
    months = tuple(dict.fromkeys([month_of(today), month_before(today), *([typed["month"]] if typed.get("month") else [])]))
    last = task.reports[-1] if task.reports else None

    def field(name: str, label: str, initial: str = "", options: tuple[tuple[str, str], ...] = ()) -> PlainField:
        errors = (wrong.reason,) if wrong is not None and wrong.field == name else ()
        return PlainField(name, label, typed.get(name, initial), errors, options)

    return {
        "month": field("month", "月份", _month_to_file(task), tuple((m, f"{int(m[:4])}年{int(m[5:])}月") for m in months)),
        "text": field("text", "本月做了什么"),
        "percent": field("percent", "总体进度（%）", str(last.percent) if last else ""),
        "measures": [(field(f"measure_{m.place}", f"{m.printed}{m.text}", str(m.percent))) for m in task.measures],
        "quantities": [(field(f"quantity_{q.place}", f"{q.label}（共 {q.total}{q.unit}）", q.done)) for q in task.quantities],
        "difficulties": field("difficulties", "困难"),
        "next_steps": field("next_steps", "下一步"),
        "pace_said": field("pace_said", "序时进度", "", (("", "按系统计算"), *((pace.value, pace.zh) for pace in SAYABLE))),
        "pace_reason": field("pace_reason", "不按系统计算的理由"),
    }


def _month_to_file(task: RectificationTask) -> str:
    """Last month while its report is not there, else this month."""
    today = day_of(now())
    before = month_before(today)
    return before if before not in task.current_reports() and task.starts_on < today.replace(day=1) else month_of(today)


@bp.get("/rectification-tasks/<task_id>/report")
@allowed(*HANDS)
def report(task_id: str) -> str:
    with office().office.reading() as session:
        return _page(session, readable(session, task_id, staff()))


def _page(session: Session, task: RectificationTask, wrong: Mendable | None = None) -> str:
    return render_template(
        "ledger/report.html",
        task=task,
        line=task_line(session, task, day_of(now())),
        page_has_errors=wrong is not None,
        error=wrong.reason if wrong else "",
        **_fields(task, wrong),
    )


@bp.post("/rectification-tasks/<task_id>/report")
@allowed(*HANDS)
def report_send(task_id: str) -> Answer | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            task = readable(session, task_id, staff())
            file_report(session, task, _draft(task), by=staff(), at=now())
    except Mendable as wrong:
        with office().office.reading() as session:
            return _page(session, readable(session, task_id, staff()), wrong), 422
    flash("月报已报送")
    return redirect(url_for("ledger.show", task_id=task_id), 303)


def _draft(task: RectificationTask) -> ReportDraft:
    form = request.form
    said = next((pace for pace in SAYABLE if pace.value == form.get("pace_said")), None)
    return ReportDraft(
        month=form.get("month", ""),
        text=form.get("text", ""),
        percent=_whole("percent"),
        measures={m.place: n for m in task.measures if (n := _whole(f"measure_{m.place}")) is not None},
        quantities={q.place: typed for q in task.quantities if (typed := form.get(f"quantity_{q.place}", "").strip())},
        difficulties=form.get("difficulties", ""),
        next_steps=form.get("next_steps", ""),
        pace_said=said,
        pace_reason=form.get("pace_reason", ""),
    )


def _whole(name: str) -> int | None:
    typed = request.form.get(name, "").strip().rstrip("%％")
    if not typed:
        return None
    if not typed.isdecimal():
        raise Mendable("请填 0 到 100 的整数", field=name)
    return int(typed)
