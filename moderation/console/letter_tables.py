"""The official table at the desk: import of letters handed down, the table of a batch in every form, the 案卷 of a letter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from moderation import papers
from moderation.casework import arrival, batches, letter_lists
from moderation.casework.letters import BatchOrigin, Letter, LetterBatch
from moderation.casework.machine import LetterState
from moderation.console import long_work
from moderation.console.access import allowed, office, staff
from moderation.console.letter_views import names, region_options
from moderation.console.navigation import Entry
from moderation.evidence import evidence_store
from moderation.letter_tables import handed_down, official, pack
from moderation.letter_tables.handed_down import Handover, Line
from moderation.letter_tables.official import Reading, TableRow
from moderation.settings import public_settings
from portal.core.clock import day_of, now
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.vocabulary import Role
from portal.web.fields import PlainField

bp = Blueprint("letter_tables", __name__)
GROUP = (Role.GROUP_MEMBER, Role.GROUP_LEAD)
READERS = (*GROUP, Role.PATROL_COORDINATOR, Role.LEADER)
FILE_READERS = tuple(letter_lists.READS_ALL)
AT_ONCE = 100
"""Rows of a table that are entered in one go; a longer one is entered row by row, with its progress."""
KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
_ABOVE = tuple((origin.value, origin.zh) for origin in BatchOrigin if origin is not BatchOrigin.OWN)


# ---- import ----


@dataclass(frozen=True)
class Preview:
    """What a file would become. ``token`` names the file until it is entered."""

    token: str
    lines: tuple[Line, ...]
    reading: Reading
    new: int
    same: int
    left: int


def _tokens() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=f"handed-down table {staff().id}")


def _typed_fields(form: MultiDict[str, str], wrong: Mendable | None, session: Session) -> dict[str, PlainField]:
    errors = {wrong.field: (wrong.reason,)} if wrong is not None and wrong.field else {}

    def field(name: str, label: str, options: tuple[tuple[str, str], ...] = ()) -> PlainField:
        return PlainField(name, label, form.get(name, ""), errors.get(name, ()), options)

    regions = (("", "不设默认，认不出的行不导入"), *region_options(names(session))[1:])
    return {
        "file": field("file", "表格文件"),
        "origin": field("origin", "交办的上级", _ABOVE),
        "round_name": field("round_name", "督察轮次"),
        "batch": field("batch", "第几批"),
        "day": field("day", "交办日期"),
        "due": field("due", "要求反馈的日期"),
        "region_code": field("region_code", "认不出行政区域时按", regions),
    }


def _page(form: MultiDict[str, str], preview: Preview | None = None, wrong: Refusal | None = None) -> str:
    mendable = wrong if isinstance(wrong, Mendable) else Mendable(wrong.reason) if wrong else None
    with office().office.reading() as session:
        fields = _typed_fields(form, mendable, session)
    return render_template(
        "letter_tables/handed_down.html", fields=fields, preview=preview, page_has_errors=wrong is not None,
        error=mendable.reason if mendable and mendable.field not in fields else "",
    )  # fmt: skip


@bp.get("/handed-down/table")
@allowed(*GROUP)
def upload_form() -> str:
    return _page(MultiDict({"day": day_of(now()).isoformat(), "origin": BatchOrigin.PROVINCE.value}))


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise Mendable("请写成 2026-11-20 这样的日期", field=field) from None


def _said(form: MultiDict[str, str], reading: Reading) -> Handover:
    origin = next((each for each in BatchOrigin if each.value == form.get("origin")), BatchOrigin.OWN)
    day = _day(form.get("day", ""), "day")
    if day is None:
        raise Mendable("请填写交办日期", field="day")
    number = form.get("batch", type=int) or official.batch_number(reading.above)
    return Handover(origin, form.get("round_name", "").strip()[:80], number, day, _day(form.get("due", ""), "due"),
                    form.get("region_code", "")[:12])  # fmt: skip


@bp.post("/handed-down/table")
@allowed(*GROUP)
def preview() -> str | tuple[str, int]:
    """Reads the file and shows what would become of every row; nothing is entered yet."""
    try:
        token, data, name = _given_file()
        reading = official.read(data, name)
        said = _said(request.form, reading)
        with office().office.reading() as session:
            lines = handed_down.lines_of(session, reading, said, public_settings(session).regions())
    except Refusal as refused:
        return _page(request.form, wrong=refused), refused.status
    left = sum(bool(line.faults) for line in lines)
    same = sum(line.known and not line.faults for line in lines)
    return _page(request.form, Preview(token, lines, reading, len(lines) - left - same, same, left))


def _given_file() -> tuple[str, bytes, str]:
    """The file of this request, or the one of the preview before; kept under a token meanwhile."""
    file = request.files.get("file")
    if file is not None and file.filename:
        data = file.read(official.MOST_BYTES + 1)
        if len(data) > official.MOST_BYTES:
            raise Mendable("文件过大，请分成几个文件", field="file")
        name = file.filename
        return _tokens().dumps([evidence_store(office()).put(data), name]), data, name
    token = request.form.get("token", "")
    try:
        digest, name = _tokens().loads(token)
    except BadSignature:
        raise Mendable("请选择表格文件", field="file") from None
    return token, evidence_store(office()).get(digest), name


@bp.post("/handed-down/table/enter")
@allowed(*GROUP)
def enter() -> Answer | tuple[str, int]:
    try:
        _token, data, name = _given_file()
        reading = official.read(data, name)
        said = _said(request.form, reading)
        if len(reading.rows) > AT_ONCE:
            return _enter_one_by_one(reading, said)
        with office().office.transaction() as session:
            done = handed_down.enter(session, reading, said, public_settings(session).regions(), by=staff(), at=now())
    except Refusal as refused:
        return _page(request.form, wrong=refused), refused.status
    flash(f"新登记 {done.new} 件；已有 {done.same} 件没有重复登记；{done.left} 行没有导入")
    return redirect(url_for("letters.to_assign"), 303)


def _enter_one_by_one(reading: Reading, said: Handover) -> Answer:
    """A long table: each row by itself, with a page that says how far it is."""
    with office().office.transaction() as session:
        handed_down.note_import(session, reading, said, by=staff(), at=now())
    rows, options = handed_down.packed(reading), handed_down.packed_said(said)
    back = url_for("letters.to_assign")
    return long_work.start("letters.enter", rows, title="登记交办表", link=back, options=options, nothing="表里没有一行")


# ---- export ----


def _as(kind: str, title: str, rows: tuple[TableRow, ...]) -> Response:
    if kind not in KINDS:
        raise NotThere("没有这种格式")
    columns = (*official.WRITTEN, *(column for column in official.OTHERS if column.code == "unit"))
    paper = official.as_paper(title, rows, columns)
    data = {
        "xlsx": lambda: official.as_xlsx(title, rows, columns),
        "csv": lambda: official.as_csv(rows, columns),
        "docx": lambda: papers.docx(paper),
        "html": lambda: papers.html(paper).encode(),
        "txt": lambda: papers.plain_text(paper).encode(),
    }[kind]()
    return _download(data, KINDS[kind], f"{title}.{kind}")


def _download(data: bytes, kind: str, name: str) -> Response:
    answer = Response(data, content_type=kind)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return answer


@bp.get("/batches/<batch_id>/table.<kind>")
@allowed(*READERS)
def batch_table(batch_id: str, kind: str) -> Response:
    with office().office.reading() as session:
        batch = session.get(LetterBatch, batch_id)
        if batch is None:
            raise NotThere("没有这一批")
        title, rows = batches.name_of(batch), pack.rows_of_batch(session, batch, staff())
    return _as(kind, title, rows)


@bp.get("/letters/reported-up/table.<kind>")
@allowed(*GROUP)
def reported_up_table(kind: str) -> Response:
    """The table pack that goes up with the letters reported to the level above."""
    with office().office.reading() as session:
        query = letter_lists.visible(select(Letter).where(Letter.state == LetterState.REPORTED_UP), staff())
        letters = tuple(session.scalars(query.order_by(Letter.upstream_number, Letter.number).limit(official.MOST_ROWS)))
        rows = pack.rows_of_letters(session, letters)
    return _as(kind, f"{day_of(now()).isoformat()} 上报", rows)


@bp.get("/tables")
@allowed(*READERS)
def index() -> str:
    """Every batch with its table in every form."""
    with office().office.reading() as session:
        lines = batches.batch_lines(session, staff())
    may_import = bool({*GROUP} & staff().roles)
    return render_template("letter_tables/index.html", lines=lines, kinds=tuple(KINDS), may_import=may_import)


@bp.post("/letters/<letter_id>/case-file.docx")
@allowed(*FILE_READERS)
def case_file(letter_id: str) -> Response:
    """案卷 without original or identity; the export is an audit line."""
    with office().office.transaction() as session:
        letter = letter_lists.find(session, letter_id, staff())
        paper = pack.case_file(session, letter, key=arrival.guard_key(office()), by=staff(), at=now())
        name = f"案卷-{letter.spoken_number}.docx"
    return _download(papers.docx(paper), KINDS["docx"], name)


ENTRIES: tuple[Entry, ...] = (
    Entry("信访件", "一览表", "letter_tables.index", frozenset(READERS)),
    Entry("信访件", "导入交办表", "letter_tables.upload_form", frozenset(GROUP)),
)
