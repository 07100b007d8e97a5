"""The door for 来电、来信、来访: the report form as staff fill it in, the receipt to read out, and looking up for a caller."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, render_template, request
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from moderation import hand_entry
from moderation.console.access import allowed, office, staff
from moderation.console.navigation import Entry
from moderation.hand_entry import BY_HAND, Paper, Upload
from portal.core.clock import day_of, now
from portal.core.errors import Mendable
from portal.core.evidence_kinds import ACCEPT
from portal.core.public_settings import read_public_settings
from portal.core.questions import questions_on
from portal.core.receipts import ReceiptCode, ReceiptTypo, in_groups, read_receipt_code
from portal.core.reports import FormAlreadySent
from portal.core.typed_text import clean_line, clean_text
from portal.core.vocabulary import Channel, Role
from portal.intake import pages
from portal.intake.context import PublicView, make_view
from portal.intake.forms import ReportForm, report_form
from portal.intake.tokens import FormToken, new_token, read_token, write_token
from portal.web.fields import PlainField

bp = Blueprint("hand_entry", __name__, url_prefix="/hand-entry")
WRITERS = (Role.SCREENER, Role.GROUP_MEMBER, Role.GROUP_LEAD)
Answer = tuple[str, int]


class HandEntryForm(ReportForm):
    """The report form, and how it came."""

    channel = RadioField("怎样来的？", validate_choice=False, default=Channel.PHONE.value)
    postmark_on = StringField("邮戳日期")
    note = TextAreaField("备注", filters=[lambda value: clean_text(value or "")])


def _form(view: PublicView, at: datetime, *, posted: bool) -> HandEntryForm:
    values: dict[str, Any] = {"formdata": request.form if posted else None}
    has_files = any(each.filename for each in request.files.getlist("files"))
    form = report_form(view, questions_on(day_of(at)), has_files=has_files, kind=HandEntryForm, **values)
    assert isinstance(form, HandEntryForm)
    form.channel.choices = [SelectChoice(value=each.value, label=each.zh) for each in BY_HAND]
    return form


def _view() -> PublicView:
    return make_view(read_public_settings(office().public_settings_path))


@bp.get("/")
@allowed(*WRITERS)
def blank() -> str:
    at = now()
    return _page(_form(_view(), at, posted=False), new_token(at))[0]


@bp.post("/")
@allowed(*WRITERS)
def enter() -> Answer:
    """Seals what was told; answers with the receipt in groups, to be read out."""
    at, view = now(), _view()
    form = _form(view, at, posted=True)
    keys = hand_entry.keys_of(office()).receipt_keys
    token = read_token(request.form.get("f", ""), keys) or new_token(at)
    if not form.validate():
        return _page(form, token, status=422)
    try:
        code = _enter(form, view, token, at)
    except Mendable as fault:
        field = getattr(form, fault.field or "", None)
        if field is None:
            form.form_errors = [fault.reason]
        else:
            field.errors = [fault.reason]
        return _page(form, token, status=422)
    except FormAlreadySent:
        form.form_errors = ["这份表刚才已经登记过。要登记另一件，请看一遍再按一次。"]
        return _page(form, new_token(at), status=409)
    return render_template("hand_entry/receipt.html", groups=in_groups(code)), 201


def _enter(form: HandEntryForm, view: PublicView, token: FormToken, at: datetime) -> ReceiptCode:
    questions = questions_on(day_of(at))
    content = form.to_content(
        questions,
        attachments=(),
        answers=(),
        reward_shown=pages.reward_shown(view, form, "zh"),
        suspicion="",
        language="zh",
    )
    uploads = [Upload(each.filename, each.read()) for each in request.files.getlist("files") if each.filename]
    channels = {each.value: each for each in BY_HAND}
    paper = Paper(channels.get(form.channel.data or "", Channel.WEB), _day(form.postmark_on.data), form.note.data or "")
    return hand_entry.enter_report(
        office(), content, form.identity(), paper=paper, uploads=uploads, nonce=token.nonce, by=staff(), at=at
    )


def _day(typed: str | None) -> date | None:
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Mendable("请按“2026-08-01”的样子写日期", field="postmark_on") from None


def _page(form: HandEntryForm, token: FormToken, *, status: int = 200) -> Answer:
    values = {
        "form": form,
        "token": write_token(token, hand_entry.keys_of(office()).receipt_keys[0]),
        "files": PlainField("files", "信封扫描件、照片、录音"),
        "accept": ACCEPT,
        "page_has_errors": status >= 400,
    }
    return render_template("hand_entry/form.html", **values), status


@bp.get("/look-up")
@allowed(*WRITERS)
def ask() -> str:
    return _look_up_page()[0]


@bp.post("/look-up")
@allowed(*WRITERS)
def look_up() -> Answer:
    """Reads a caller the state of the report. The code is typed as it is spoken, and kept nowhere."""
    typed = clean_line(request.form.get("code", ""))
    try:
        code = read_receipt_code(typed)
    except ReceiptTypo as typo:
        groups = "、".join(str(each) for each in typo.groups)
        says = f"第 {groups} 组有错，请来电人再报一遍" if groups else "应是 8 组、每组 5 个数字"
        return _look_up_page(says, typed, status=422)
    box = hand_entry.look_up_for_caller(office(), code, by=staff(), at=now())
    if box is None:
        return _look_up_page("没有找到，请来电人对照再报一遍", status=404)
    return render_template("hand_entry/told.html", box=box, status=box.status), 200


def _look_up_page(says: str = "", typed: str = "", *, status: int = 200) -> Answer:
    field = PlainField("code", "来电人报的查询码", typed, errors=(says,) if says else ())
    return render_template("hand_entry/look_up.html", code=field, page_has_errors=bool(says)), status


ENTRIES: tuple[Entry, ...] = (
    Entry("信访件", "登记来电、来信、来访", "hand_entry.blank", frozenset(WRITERS)),
    Entry("信访件", "替来电人查询", "hand_entry.ask", frozenset(WRITERS)),
)
