"""Importing a plan at the desk: choose a file or paste, see the document beside its tasks, correct, compare, apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from moderation.console import long_work
from moderation.console.access import allowed, office, staff
from moderation.console.ledger import SECTION
from moderation.console.navigation import Entry
from moderation.evidence import evidence_store
from moderation.rectification import drafts, importing
from moderation.rectification.applying import to_draft
from moderation.rectification.drafts import Opened
from moderation.rectification.importing import PlanHead
from moderation.rectification.layout import FIELDS_IN_CHINESE
from moderation.rectification.plan import Plan, PlanItem, Span
from moderation.rectification.plan_reader import EDITABLE, words_of
from moderation.rectification.tasks import PlanImport, RectificationPlan
from moderation.rectification.words import PlanKind
from moderation.settings import public_settings
from portal.core.clock import now
from portal.core.errors import Mendable
from portal.core.vocabulary import Role
from portal.web.fields import PlainField

bp = Blueprint("ledger_import", __name__)
ENTRIES = (Entry(SECTION, "导入方案", "ledger_import.begin", frozenset({Role.RECTIFICATION_OFFICER})),)
AT_ONCE = 40
"""Items of a plan whose public texts are drafted in one go; those of a longer plan one by one, with their progress."""
LONG = frozenset({"problem", "target", "measures", "task", "progress", "remark"})
TITLES = {**FIELDS_IN_CHINESE, "group": "分类"}


@dataclass(frozen=True)
class Piece:
    """A run of characters of the document: where it went. ``item`` 0: to no task."""

    text: str
    item: int
    title: str


@dataclass(frozen=True)
class DocumentLine:
    """One line of the document as the left side prints it."""

    number: int
    place: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class FormField:
    """One field of an item on the right, with the lines it came from."""

    field: PlainField
    long: bool
    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class ItemForm:
    """One item on the right."""

    number: int
    heading: str
    edited: bool
    fields: tuple[FormField, ...]
    due: PlainField
    due_words: str
    questions: tuple[str, ...]
    anomalies: tuple[str, ...]
    state: str


def _begin_fields(errors: Mapping[str, str] | None = None) -> dict[str, PlainField]:
    errors = errors or {}
    with office().office.reading() as session:
        regions = tuple((r.code, r.name) for r in public_settings(session).regions().by_code.values())

    def field(name: str, label: str, options: tuple[tuple[str, str], ...] = ()) -> PlainField:
        wrong = (errors[name],) if name in errors else ()
        return PlainField(name, label, request.form.get(name, ""), wrong, options)

    return {
        "file": field("file", "方案文件"),
        "text": field("text", "或者粘贴文字"),
        "code": field("code", "方案代码"),
        "title": field("title", "方案名称"),
        "document_number": field("document_number", "文号"),
        "programme": field("programme", "督察轮次"),
        "region": field("region", "行政区划", (("", "不标注"), *regions)),
        "kind": field("kind", "种类", tuple((kind.value, kind.zh) for kind in PlanKind)),
        "base": field("base", "“三个月内”等从哪天起算"),
    }


@bp.get("/rectification-plans/import")
@allowed(Role.RECTIFICATION_OFFICER)
def begin() -> str:
    with office().office.reading() as session:
        recent = list(session.scalars(select(PlanImport).order_by(PlanImport.begun_at.desc()).limit(10)))
    return render_template("ledger/import_begin.html", fields=_begin_fields(), recent=recent)


@bp.post("/rectification-plans/import")
@allowed(Role.RECTIFICATION_OFFICER)
def begin_send() -> Answer | tuple[str, int]:
    try:
        data, name = _given()
        head = PlanHead(
            code=request.form.get("code", "").strip(),
            title=request.form.get("title", "").strip()[:200],
            document_number=request.form.get("document_number", "").strip()[:80],
            programme=request.form.get("programme", "").strip()[:60],
            region_code=request.form.get("region", "").strip()[:12],
            kind=next((kind for kind in PlanKind if kind.value == request.form.get("kind")), PlanKind.INSPECTION),
        )
        with office().office.transaction() as session:
            row = drafts.begin(
                session, evidence_store(office()), data=data, name=name, head=head, base=_day("base"), by=staff(), at=now()
            )
    except Mendable as wrong:
        fields = _begin_fields({wrong.field or "file": wrong.reason})
        return render_template("ledger/import_begin.html", fields=fields, recent=[], page_has_errors=True), 422
    return redirect(url_for("ledger_import.show", import_id=row.id), 303)


def _given() -> tuple[bytes, str]:
    upload = request.files.get("file")
    if upload and upload.filename:
        return upload.read(), upload.filename
    pasted = request.form.get("text", "")
    if not pasted.strip():
        raise Mendable("请选择方案文件，或者粘贴文字", field="file")
    return pasted.encode(), "粘贴的文字.txt"


def _day(name: str) -> date | None:
    typed = request.form.get(name, "").strip()
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Mendable("请选择日期", field=name) from None


@bp.get("/rectification-plans/import/<import_id>")
@allowed(Role.RECTIFICATION_OFFICER)
def show(import_id: str) -> str:
    with office().office.reading() as session:
        opened = drafts.open_import(drafts.import_named(session, import_id), evidence_store(office()))
        found = importing.compare(session, opened.row.code, opened.items)
        known = session.get(RectificationPlan, opened.row.code)
    states = {
        **dict.fromkeys((item.number for item in found.new), "新增"),
        **{changed.item.number: "变更" for changed in found.changed},
        **dict.fromkeys(found.same, "相同"),
    }
    return render_template(
        "ledger/import_show.html",
        row=opened.row,
        plan=opened.plan,
        lines=document_lines(opened.plan),
        known=known,
        found=found,
        items=tuple(item_form(opened, item, states.get(item.number, "")) for item in opened.items),
        general=tuple(a for a in opened.plan.anomalies if a.item is None),
        open_questions=sum(len(item.deadline.questions) for item in opened.items),
    )


def document_lines(plan: Plan) -> tuple[DocumentLine, ...]:
    """The document line by line, each run of characters tied to the item and field it was read into."""
    by_line: dict[int, list[tuple[int, int, int, str]]] = {}
    for placement in plan.placements:
        span = placement.span
        number = plan.items[placement.item].number if placement.item is not None else 0
        title = TITLES.get(placement.role, {"number": "序号", "label": "栏目名"}.get(placement.role, placement.role))
        by_line.setdefault(span.line, []).append((span.start, span.end, number, title))
    return tuple(
        DocumentLine(line.number, line.place, _pieces(line.text, sorted(by_line.get(line.number, []))))
        for line in plan.document.lines
        if line.text.strip()
    )


def _pieces(text: str, spans: list[tuple[int, int, int, str]]) -> tuple[Piece, ...]:
    pieces, position = [], 0
    for start, end, number, title in spans:
        if start > position:
            pieces.append(Piece(text[position:start], 0, ""))
        if end > max(start, position):
            pieces.append(Piece(text[max(start, position) : end], number, title))
        position = max(position, end)
    return (*pieces, Piece(text[position:], 0, "")) if position < len(text) else tuple(pieces)


def item_form(opened: Opened, item: PlanItem, state: str) -> ItemForm:
    """The right side of one item: fields with their words and the lines they came from."""
    words, plan = words_of(item), opened.plan
    shown = [
        name for name in EDITABLE if words[name] or name in {"problem", "target", "measures", "lead_units", "responsible_units"}
    ]
    due = item.deadline.due
    return ItemForm(
        number=item.number,
        heading=(item.task or item.problem)[:40],
        edited=item.number in opened.edited,
        fields=tuple(
            FormField(
                PlainField(f"{name}-{item.number}", TITLES[name], words[name]),
                name in LONG,
                tuple((span.line, plan.document.lines[span.line - 1].place) for span in _spans(item, name)),
            )
            for name in shown
        ),
        due=PlainField(
            f"due-{item.number}", "截止日期由您确定", due.isoformat() if due and item.deadline.kind == "unclear" else ""
        ),
        due_words=_due_words(item),
        questions=tuple(
            q.text + (f"：{' 或 '.join(d.isoformat() for d in q.choices)}" if q.choices else "") for q in item.deadline.questions
        ),
        anomalies=tuple(a.message for a in plan.anomalies if a.item == item.number),
        state=state,
    )


def _spans(item: PlanItem, name: str) -> tuple[Span, ...]:
    value = item.fields.get(name)
    return tuple(dict.fromkeys(value.spans)) if value else ()


def _due_words(item: PlanItem) -> str:
    parts = [item.deadline.due.isoformat()] if item.deadline.due else []
    parts += [f"{m.due.isoformat()} {m.text}" for m in item.deadline.milestones]
    return "；".join([*parts, *(["长期坚持"] if item.deadline.ongoing else [])]) or "没有日期"


@bp.post("/rectification-plans/import/<import_id>/items/<int:number>")
@allowed(Role.RECTIFICATION_OFFICER)
def correct(import_id: str, number: int) -> Answer:
    words = {name: request.form[f"{name}-{number}"] for name in EDITABLE if f"{name}-{number}" in request.form}
    due = _day(f"due-{number}")
    store = evidence_store(office())
    with office().office.transaction() as session:
        opened = drafts.open_import(drafts.import_named(session, import_id), store)
        drafts.correct_item(session, opened, number, words, due_on=due, by=staff(), at=now())
    flash(f"第 {number} 项已保存，还没有写入台账")
    return redirect(url_for("ledger_import.show", import_id=import_id) + f"#item-{number}", 303)


@bp.post("/rectification-plans/import/<import_id>/apply")
@allowed(Role.RECTIFICATION_OFFICER)
def apply(import_id: str) -> Answer:
    store = evidence_store(office())
    with office().office.transaction() as session:
        opened = drafts.open_import(drafts.import_named(session, import_id), store)
        many = len(opened.items) > AT_ONCE
        found = drafts.apply_import(session, opened, drafting=not many, by=staff(), at=now())
        waiting = to_draft(session, opened.row.code) if many else ()
    if many:
        flash(f"已写入台账：{found.spoken()}。公开稿逐项起草")
        back = url_for("ledger.everything", plan=opened.row.code)
        return long_work.start("tasks.draft", waiting, title="起草整改任务的公开稿", link=back, nothing="没有要起草的")
    flash(f"已写入台账：{found.spoken()}。每项任务已起草一份公开稿")
    return redirect(url_for("ledger.everything", plan=opened.row.code), 303)
