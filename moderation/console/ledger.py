"""The rectification ledger at the desk: the list with filters, the page of a task, one act at a time, evidence in and out."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, Select, String, cast, false, func, or_, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from moderation import undoing
from moderation.console import task_undo
from moderation.console.access import allowed, office, staff
from moderation.console.ledger_acts import BY_SLUG, Act, ActWork, blocked, fields, offered, why_not
from moderation.console.ledger_views import LINE_LOADS, TaskLine, names, task_line, task_page
from moderation.console.navigation import Count, Entry
from moderation.console.paging import PAGE, Paging, how_many, paging
from moderation.console.undo import flash_done
from moderation.evidence import evidence_store
from moderation.rectification import keeping
from moderation.rectification.evidence_files import clean_upload, mime_of, publish_file
from moderation.rectification.kept_pace import has_pace
from moderation.rectification.progress import FILING_STATES, due_soon_at
from moderation.rectification.tasks import RectificationPlan, RectificationTask, TaskEvidence, TaskUnit
from moderation.rectification.words import EvidenceKind, Pace, TaskState
from moderation.staff import SignedIn
from portal.core.clock import day_of, now, spoken_day
from portal.core.errors import Mendable, NotThere, Overtaken, Refusal
from portal.core.vocabulary import PollutionType, Role, Term
from portal.web.fields import PlainField

bp = Blueprint("ledger", __name__)
SECTION = "整改台账"
READS_ALL = frozenset(
    {
        *(Role.RECTIFICATION_OFFICER, Role.LEADER, Role.PATROL_COORDINATOR, Role.SUPERVISION_INSPECTOR, Role.AUDITOR),
        *(Role.ACCOUNTABILITY_OFFICER, Role.GROUP_LEAD, Role.GROUP_MEMBER, Role.DRAFTER, Role.REVIEWER, Role.SIGNATORY),
    }
)
READERS = (*READS_ALL, Role.UNIT_OFFICER)
HANDS = (Role.RECTIFICATION_OFFICER, Role.UNIT_OFFICER)
ACTORS = (*HANDS, Role.DRAFTER, Role.LEADER, Role.PATROL_COORDINATOR, Role.SUPERVISION_INSPECTOR)


def may_read(task: RectificationTask, person: SignedIn) -> bool:
    """Unit officers see the tasks of their unit, and those that wait for a check by others."""
    if person.roles & READS_ALL:
        return True
    waits = task.state in {TaskState.CHECK_REQUESTED, TaskState.ON_SITE_CHECK}
    return Role.UNIT_OFFICER in person.roles and (person.unit_id in task.unit_ids() or waits)


def readable(session: Session, task_id: str, person: SignedIn) -> RectificationTask:
    """The task, where this person may see it. Raises NotThere."""
    task = keeping.task_named(session, task_id)
    if not may_read(task, person):
        raise NotThere("台账里没有这项任务")
    return task


# ---- list ----


def _term(kind: type[Term], word: str) -> Term | None:
    return next((term for term in kind if term.value == word), None)


def tasks_query(person: SignedIn, arguments: MultiDict[str, str], today: date) -> Select[RectificationTask]:
    """The tasks of the filters in the address, as far as this person may see them, in no order."""
    wanted = _readable_by(select(RectificationTask), person)
    pace = _term(Pace, arguments.get("pace", ""))
    if isinstance(pace, Pace):
        wanted = wanted.where(has_pace(pace, today))
    for name, column, kind in (
        ("plan", RectificationTask.plan_id, None),
        ("state", RectificationTask.state, TaskState),
        ("type", RectificationTask.main_type, PollutionType),
    ):
        value = _term(kind, arguments.get(name, "")) if kind else arguments.get(name)
        wanted = wanted.where(column == value) if value else wanted
    words, unit = arguments.get("q", "").strip(), arguments.get("unit", "")
    if unit:
        wanted = wanted.where(_of_unit(unit))
    if words:
        said = (column.contains(words, autoescape=True) for column in (RectificationTask.problem, RectificationTask.target))
        wanted = wanted.where(or_(*said, cast(RectificationTask.number, String) == words))
    return wanted


def in_order(wanted: Select[RectificationTask], arguments: MultiDict[str, str]) -> Select[RectificationTask]:
    """What is late longest first; else plan by plan, the newest first, as their numbers run."""
    if arguments.get("pace") == Pace.OVERDUE.value:
        return wanted.order_by(RectificationTask.overdue_from, RectificationTask.id)
    newest = wanted.join(RectificationPlan, RectificationPlan.id == RectificationTask.plan_id)
    return newest.order_by(RectificationPlan.imported_at.desc(), RectificationTask.plan_id, RectificationTask.number)


def _of_unit(unit_id: str) -> ColumnElement[bool]:
    """See :meth:`RectificationTask.unit_ids`."""
    carried = select(TaskUnit.task_id).where(TaskUnit.unit_id == unit_id)
    return or_(RectificationTask.reporting_unit_id == unit_id, RectificationTask.id.in_(carried))


def _readable_by(wanted: Select[RectificationTask], person: SignedIn) -> Select[RectificationTask]:
    """:func:`may_read` for a whole list."""
    if person.roles & READS_ALL:
        return wanted
    if Role.UNIT_OFFICER not in person.roles:
        return wanted.where(false())
    waits = RectificationTask.state.in_((TaskState.CHECK_REQUESTED, TaskState.ON_SITE_CHECK))
    return wanted.where(or_(waits, _of_unit(person.unit_id)) if person.unit_id else waits)


def tasks_wanted(session: Session, person: SignedIn, arguments: MultiDict[str, str], today: date) -> list[RectificationTask]:
    """All the tasks of the filters in the address, as far as this person may see them."""
    return list(session.scalars(in_order(tasks_query(person, arguments, today), arguments).options(*LINE_LOADS)))


def tasks_of_page(
    session: Session, arguments: MultiDict[str, str], today: date, *states: TaskState
) -> tuple[Paging, tuple[TaskLine, ...]]:
    """The page of a list that is asked for."""
    wanted = tasks_query(staff(), arguments, today)
    wanted = wanted.where(RectificationTask.state.in_(states)) if states else wanted
    page = paging(how_many(session, wanted, RectificationTask.id))
    shown = in_order(wanted, arguments).options(*LINE_LOADS).offset(page.first).limit(PAGE)
    return page, tuple(task_line(session, task, today) for task in session.scalars(shown))


@bp.get("/rectification-tasks")
@allowed(*READERS)
def everything() -> str:
    with office().office.reading() as session:
        page, lines = tasks_of_page(session, request.args, day_of(now()))
        filters = _filters(session)
    return render_template(
        "ledger/list.html",
        lines=lines,
        page=page,
        filters=filters,
        words=request.args.get("q", ""),
        may_import=Role.RECTIFICATION_OFFICER in staff().roles,
        kept={key: value for key, value in request.args.items() if key != "page"},
    )


def _filters(session: Session) -> tuple[PlainField, ...]:
    chosen = request.args
    plans = tuple((row.id, row.title[:30]) for row in session.execute(select(RectificationPlan.id, RectificationPlan.title)))
    known = names(session)

    def choice(name: str, label: str, options: tuple[tuple[str, str], ...]) -> PlainField:
        return PlainField(name, label, chosen.get(name, ""), (), (("", f"全部{label}"), *options))

    rows = [
        choice("plan", "方案", plans),
        choice("state", "状态", tuple((s.value, s.zh) for s in TaskState)),
        choice("pace", "进度", tuple((p.value, p.zh) for p in Pace)),
        choice("type", "领域", tuple((t.value, t.zh) for t in PollutionType)),
    ]
    if staff().roles & READS_ALL:
        rows.append(choice("unit", "单位", tuple(known.units.items())))
    return tuple(rows)


# ---- one task ----


@bp.get("/rectification-tasks/<task_id>")
@allowed(*READERS)
def show(task_id: str) -> str:
    with office().office.reading() as session:
        task = readable(session, task_id, staff())
        acts = offered(task, staff())
        groups = {
            group: [act for act in acts if act.group == group and not act.main] for group in dict.fromkeys(a.group for a in acts)
        }
        return render_template(
            "ledger/task.html",
            page=task_page(session, task, day_of(now())),
            main_acts=[act for act in acts if act.main],
            blocked=blocked(task, staff()),
            groups={group: rows for group, rows in groups.items() if rows},
            may_report=_may_report(task, staff()),
            may_add=_may_add(task, staff()),
            may_choose=Role.RECTIFICATION_OFFICER in staff().roles,
            kinds=tuple(EvidenceKind),
        )


def _may_report(task: RectificationTask, person: SignedIn) -> bool:
    hand = Role.RECTIFICATION_OFFICER in person.roles or (Role.UNIT_OFFICER in person.roles and person.unit_id in task.unit_ids())
    return hand and task.state in FILING_STATES and task.dropped_on is None


def _may_add(task: RectificationTask, person: SignedIn) -> bool:
    return Role.RECTIFICATION_OFFICER in person.roles or (Role.UNIT_OFFICER in person.roles and person.unit_id in task.unit_ids())


def _act(slug: str) -> Act:
    found = BY_SLUG.get(slug)
    if found is None:
        raise NotThere("没有这项操作")
    return found


def _require_offered(act: Act, task: RectificationTask) -> None:
    if act not in offered(task, staff()):
        reason = why_not(act, task, staff()) or f"“{task.state.zh}”状态下，您的岗位不能“{act.label}”"
        raise Refusal(reason, clause="整改任务台账")


def _require_seen(task: RectificationTask, version: int) -> None:
    """Raises Overtaken where somebody acted on the task since this person opened the form (0: no form was open)."""
    if version and version != task.version:
        last = max(task.events, key=lambda event: event.number)
        what = f"{spoken_day(day_of(last.at))}：{last.public or last.text}"[:80]
        raise Overtaken(f"别人刚刚动过这项任务（{what}）。您写的内容还在，请看一眼再提交", clause="整改任务台账")


def _form(
    session: Session, act: Act, task: RectificationTask, typed: MultiDict[str, str] | None = None, wrong: Refusal | None = None
) -> str:
    mendable = wrong if isinstance(wrong, Mendable) else None
    asked = fields(act, session, task, typed, mendable)
    placed = any(one.field.errors for one in asked)
    return render_template(
        "ledger/act.html",
        act=act,
        task=task,
        line=task_line(session, task, day_of(now())),
        asked=asked,
        error="" if wrong is None or placed else wrong.reason,
        clause=wrong.clause if wrong else None,
        page_has_errors=wrong is not None,
    )


@bp.get("/rectification-tasks/<task_id>/acts/<slug>")
@allowed(*ACTORS)
def act_form(task_id: str, slug: str) -> str:
    chosen = _act(slug)
    with office().office.reading() as session:
        task = readable(session, task_id, staff())
        _require_offered(chosen, task)
        return _form(session, chosen, task, request.args if request.args else None)


@bp.post("/rectification-tasks/<task_id>/acts/<slug>")
@allowed(*ACTORS)
def act(task_id: str, slug: str) -> Answer | tuple[str, int]:
    chosen = _act(slug)
    try:
        with office().office.transaction() as session:
            task = readable(session, task_id, staff())
            _require_seen(task, request.form.get("version", 0, type=int))
            _require_offered(chosen, task)
            offer = task_undo.run(chosen, ActWork(session, task, request.form, staff(), now()))
    except NotThere:
        raise
    except Refusal as refused:
        with office().office.reading() as session:
            return _form(session, chosen, readable(session, task_id, staff()), request.form, refused), refused.status
    flash_done(f"{chosen.label}：已完成", offer)
    return redirect(url_for("ledger.show", task_id=task_id), 303)


# ---- evidence ----


@bp.post("/rectification-tasks/<task_id>/evidence")
@allowed(*HANDS)
def add_evidence(task_id: str) -> Answer:
    """Takes one file or a monitoring value. The file is cleaned and kept before the transaction begins."""
    kind = _term(EvidenceKind, request.form.get("kind", "")) or EvidenceKind.DOCUMENT
    assert isinstance(kind, EvidenceKind)
    upload, at = request.files.get("file"), now()
    try:
        kept = clean_upload(upload.read(), upload.filename or "") if upload and upload.filename else None
        digest = evidence_store(office()).put(kept.data) if kept else ""
        with office().office.transaction() as session:
            keeping.add_evidence(
                session,
                readable(session, task_id, staff()),
                kind=kind,
                caption=request.form.get("caption", ""),
                file=digest,
                file_name=kept.name if kept else "",
                file_kind=kept.kind if kept else "",
                size=len(kept.data) if kept else 0,
                value=request.form.get("value", ""),
                taken_on=day_of(at),
                by=staff(),
                at=at,
            )
    except Mendable as wrong:
        flash(wrong.reason, "bad")
    else:
        flash("证据已保存")
    return redirect(url_for("ledger.show", task_id=task_id) + "#evidence", 303)


@bp.post("/rectification-tasks/<task_id>/evidence/<evidence_id>/choose")
@allowed(Role.RECTIFICATION_OFFICER)
def choose_evidence(task_id: str, evidence_id: str) -> Answer:
    with office().office.transaction() as session:
        task = readable(session, task_id, staff())
        evidence = _evidence(task, evidence_id)
        keeping.choose_evidence(session, task, evidence, publish=not evidence.publish, by=staff(), at=now())
        said = "选为公开证据" if evidence.publish else "不再作为公开证据"
        facts = {"task": task.id, "evidence": evidence.id, "was": not evidence.publish}
        page = url_for("ledger.show", task_id=task_id)
        offer = undoing.offer(session, "task.evidence", [facts], label=said, link=page, by=staff(), at=now())
    if evidence.publish and evidence.file:
        publish_file(office(), evidence)
    flash_done(f"{said}：已完成", offer)
    return redirect(url_for("ledger.show", task_id=task_id) + "#evidence", 303)


@bp.get("/rectification-tasks/<task_id>/evidence/<evidence_id>")
@allowed(*READERS)
def evidence_file(task_id: str, evidence_id: str) -> Response:
    with office().office.reading() as session:
        evidence = _evidence(readable(session, task_id, staff()), evidence_id)
        if not evidence.file:
            raise NotThere("这份证据没有文件")
        mime, inline = mime_of(evidence.file_kind)
        answer = Response(evidence_store(office()).get(evidence.file), mimetype=mime)
    how = "inline" if inline else "attachment"
    answer.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(evidence.file_name, safe='')}"
    return answer


def _evidence(task: RectificationTask, evidence_id: str) -> TaskEvidence:
    found = next((row for row in task.evidence if row.id == evidence_id), None)
    if found is None:
        raise NotThere("没有这份证据")
    return found


# ---- the menu ----


def _late_tasks(session: Session, _person: SignedIn) -> int:
    late = has_pace(Pace.OVERDUE, day_of(now()))
    return session.scalar(select(func.count()).select_from(RectificationTask).where(late)) or 0


def _in_state(*states: TaskState) -> Count:
    def count(session: Session, _person: SignedIn) -> int:
        wanted = select(func.count()).select_from(RectificationTask).where(RectificationTask.state.in_(states))
        return session.scalar(wanted) or 0

    return count


ENTRIES = (
    Entry(SECTION, "整改任务", "ledger.everything", frozenset(READERS)),
    Entry(SECTION, "快到期和已逾期", "ledger.own_due", frozenset({Role.UNIT_OFFICER}), urgent=True),
    Entry(SECTION, "到期未完成", "ledger.late", READS_ALL, _late_tasks, urgent=True),
    Entry(SECTION, "待核查", "ledger.to_check", frozenset(ACTORS), _in_state(TaskState.CHECK_REQUESTED, TaskState.ON_SITE_CHECK)),
    Entry(
        SECTION,
        "公示中待销号",
        "ledger.to_close",
        frozenset({Role.LEADER, Role.RECTIFICATION_OFFICER}),
        _in_state(TaskState.PUBLIC_NOTICE),
    ),
)


def _short_list(heading: str, empty: str, wanted: dict[str, str], *states: TaskState) -> str:
    with office().office.reading() as session:
        page, lines = tasks_of_page(session, MultiDict(wanted), day_of(now()), *states)
    return render_template("ledger/short_list.html", heading=heading, lines=lines, empty=empty, page=page)


@bp.get("/rectification-tasks/own-due")
@allowed(Role.UNIT_OFFICER)
def own_due() -> str:
    """What this unit must finish within a month, or should have."""
    today = day_of(now())
    with office().office.reading() as session:
        wanted = due_soon_at(staff().unit_id, today)
        page = paging(how_many(session, wanted, RectificationTask.id))
        shown = wanted.options(*LINE_LOADS).order_by(RectificationTask.due_on, RectificationTask.id).offset(page.first).limit(PAGE)
        lines = tuple(task_line(session, task, today) for task in session.scalars(shown))
    empty = "一个月内没有到期的任务。"
    return render_template("ledger/short_list.html", heading="快到期和已逾期", lines=lines, empty=empty, page=page)


@bp.get("/rectification-tasks/late")
@allowed(*READS_ALL)
def late() -> str:
    return _short_list("到期未完成", "没有到期未完成的任务。", {"pace": Pace.OVERDUE.value})


@bp.get("/rectification-tasks/to-check")
@allowed(*ACTORS)
def to_check() -> str:
    return _short_list("待核查", "没有等着核查的任务。", {}, TaskState.CHECK_REQUESTED, TaskState.ON_SITE_CHECK)


@bp.get("/rectification-tasks/to-close")
@allowed(Role.LEADER, Role.RECTIFICATION_OFFICER)
def to_close() -> str:
    return _short_list("公示中待销号", "没有在公示的任务。", {}, TaskState.PUBLIC_NOTICE)
