"""The report form, its preview, and sending. Addresses and titles are neutral: nothing in a browser's history says “report”."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request

from portal.core.base_maps import BaseMap
from portal.core.clock import day_of, now
from portal.core.evidence_kinds import ACCEPT, SPOKEN
from portal.core.receipts import ReceiptCode, in_groups
from portal.core.reports import FormAlreadySent, SealedReport, Tray, seal_report
from portal.intake import base_map, pages
from portal.intake.context import FLOOD, Intake, PublicView, intake, questions_of
from portal.intake.forms import answers_to, report_form
from portal.intake.keeper import NotReceived
from portal.intake.posted import FILES_FIELD, Posted, is_valid, leave_nothing_staged, read_posted, without_taken_files
from portal.intake.tokens import new_token, write_token
from portal.web.fields import PlainField
from portal.web.language import N_, current_tag, gettext

bp = Blueprint("r", __name__, url_prefix="/r", template_folder="templates")
bp.teardown_request(lambda _error: leave_nothing_staged())

Answer = tuple[str, int]

NOT_RECEIVED = N_("没有收到：我们的存储出了问题，您这次写的内容一个字也没有存下。请不要关掉本页，过几分钟再按一次“发送”。")
TOO_OLD = N_("这一页开得太久，已经过期。您写的内容都还在，请看一遍再发。")
ALREADY_SENT = N_(
    "这份表刚才已经发过，那一次我们收到了，查询码也给过您。要补充那一次的内容，请用查询码。"
    "如果这是另一件事，您写的内容都还在，请看一遍再发。"
)
TOO_MANY = N_("从您这里来的表太多，这一次没有收到。您写的内容都还在，请过几分钟再发。")


@bp.get("/")
def form() -> str:
    """An empty form with a fresh token."""
    desk, at = intake(), now()
    view = desk.public()
    empty = report_form(view, questions_of(day_of(at)), formdata=None)
    return form_page(desk, view, Posted(empty, new_token(at), True, (), (), request.args), at)[0]


@bp.post("/")
def post_form() -> Answer:
    """The one door of the form: look at it once more, change it, add files, send it. What to do is named by the button."""
    desk, at = intake(), now()
    view = desk.public()
    posted = read_posted(desk, view, at, day_of(at))
    if not posted.fresh:
        return form_page(desk, view, posted, at, says=TOO_OLD, status=422)
    go = request.form.get("go", "look")
    if go == "map" and (maps := view.settings.maps()):
        return by_map(desk, view, posted, maps, at)
    if go in {"edit", "keep", "map"}:
        return form_page(desk, view, posted, at, status=422 if posted.refused else 200)
    if not is_valid(posted, at):
        return form_page(desk, view, posted, at, status=422)
    if go != "send":
        return preview_page(desk, view, posted, at)
    return send(desk, view, posted, at)


def by_map(desk: Intake, view: PublicView, posted: Posted, maps: tuple[BaseMap, ...], at: datetime) -> Answer:
    """The map page, until the person goes back to the form with a pin or without."""
    back = request.form.get("back", "")
    if back == "none":
        posted.form.longitude.data = posted.form.latitude.data = ""
    if back or posted.refused:
        return form_page(desk, view, posted, at, status=422 if posted.refused else 200)
    return base_map.map_page(maps, posted, desk.keys.receipt_keys[0])


def send(desk: Intake, view: PublicView, posted: Posted, at: datetime) -> Answer:
    """Seals the report and keeps it; answers with the receipt, shown this once."""
    visitor = request.remote_addr or ""
    if not desk.forms.allows(visitor):
        return preview_page(desk, view, posted, at, says=TOO_MANY, status=429)
    sealed = sealed_from(desk, view, posted, at)
    try:
        desk.keeper.keep(sealed, at)
    except FormAlreadySent:
        again = replace(posted, token=new_token(at), kept=without_taken_files(desk, posted.kept))
        return form_page(desk, view, again, at, says=ALREADY_SENT, status=409)
    except NotReceived:
        return preview_page(desk, view, posted, at, says=NOT_RECEIVED, status=503)
    return sent_page(view, sealed.code), 201


SPOKEN_MARK, CODE_MARK = "⟦groups⟧", "⟦code⟧"


def sent_page(view: PublicView, code: ReceiptCode) -> str:
    """The page that shows the receipt. But for the digits it is the same for all, so it is rendered once a language."""
    frame = view.frames.get(current_tag())
    if frame is None:
        frame = view.frames[current_tag()] = render_template("intake/sent.html", spoken=SPOKEN_MARK, code=CODE_MARK)
    return frame.replace(SPOKEN_MARK, " ".join(in_groups(code))).replace(CODE_MARK, code)


def sealed_from(desk: Intake, view: PublicView, posted: Posted, at: datetime) -> SealedReport:
    """The posted form as a sealed report, in the tray where it belongs."""
    questions, language = questions_of(day_of(at)), current_tag()
    suspicion = _suspicion(posted, at)
    content = posted.form.to_content(
        questions,
        attachments=posted.kept,
        answers=answers_to(questions.fitting(posted.form.acts.data or ()), posted.fields),
        reward_shown=pages.reward_shown(view, posted.form, language),
        suspicion=suspicion,
        language=language,
    )
    return seal_report(
        content,
        posted.form.identity(),
        nonce=posted.token.nonce,
        keys=desk.keys,
        at=at,
        tray=_tray(desk, posted, suspicion),
        notice_address=posted.form.notice_address.data or "",
    )


def _suspicion(posted: Posted, at: datetime) -> str:
    if posted.form.website.data:
        return "honeypot"
    return "too_fast" if posted.token.is_too_fast(at) else ""


def _tray(desk: Intake, posted: Posted, suspicion: str) -> Tray:
    if suspicion:
        return Tray.QUARANTINE
    is_thin = not posted.kept and len(posted.form.place.data or "") < 4 and not posted.form.longitude.data
    is_usual = desk.usual.allows(FLOOD)
    return Tray.SECOND if is_thin and not is_usual else Tray.FIRST


def form_page(desk: Intake, view: PublicView, posted: Posted, at: datetime, *, says: str = "", status: int = 200) -> Answer:
    """The form, with everything that was typed."""
    questions, language = questions_of(day_of(at)), current_tag()
    if says:
        posted.form.form_errors = [says]
    values: dict[str, Any] = {
        "form": posted.form,
        "act_notes": pages.act_notes(view, questions, language),
        "stop_notes": {stop.code: gettext(stop.hint) for stop in questions.stops if stop.hint},
        "files": PlainField(FILES_FIELD, N_("照片、录音、文件"), errors=tuple(f"{r.name}：{r.reason}" for r in posted.refused)),
        "kept": posted.kept,
        "hidden": ((("f", write_token(posted.token, desk.keys.receipt_keys[0]))), *posted.kept_fields(desk.keys.receipt_keys[0])),
        "limits": desk.settings.limits,
        "accept": ACCEPT,
        "spoken_kinds": gettext(SPOKEN),
        "settings": view.settings,
        "page_has_errors": status >= 400,
    }
    return render_template("intake/form.html", **values), status


def preview_page(desk: Intake, view: PublicView, posted: Posted, at: datetime, *, says: str = "", status: int = 200) -> Answer:
    """The form to be read once more before it is sent: what will go, the reward, what may give the writer away."""
    questions, language = questions_of(day_of(at)), current_tag()
    fitting = questions.fitting(posted.form.acts.data or ())
    answered = {answer.question: answer.answer for answer in answers_to(fitting, posted.fields)}
    values: dict[str, Any] = {
        "lines": pages.preview_lines(view, questions, posted.form, posted.kept),
        "asked": tuple(
            PlainField(f"q-{q.code}", gettext(q.label), answered.get(q.code, ""), options=tuple((c, gettext(c)) for c in q.choices))
            for q in fitting
        ),
        "hints": {f"q-{q.code}": gettext(q.hint) if q.hint else "" for q in fitting},
        "slips": pages.form_slips(posted.form),
        "stops": pages.stops_chosen(questions, posted.form),
        "rewards": () if posted.form.no_reward.data else pages.reward_shown(view, posted.form, language),
        "similar": pages.similar_cases(desk.published, view, questions, posted.form),
        "hidden": posted.hidden(desk.keys.receipt_keys[0]),
        "says": says,
        "page_has_errors": status >= 400,
    }
    return render_template("intake/preview.html", **values), status
