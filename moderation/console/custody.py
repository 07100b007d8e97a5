"""The custodian's desk: questions for an identity (asked, agreed by two, opened once), retention, holds, destruction."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from moderation import undoing
from moderation.casework import letter_lists
from moderation.casework.letters import Letter
from moderation.console.access import allowed, office, staff
from moderation.console.letter_views import names
from moderation.console.navigation import FIRST, Entry
from moderation.console.undo import flash_done
from moderation.custody import requests, retention
from moderation.custody.requests import ASKERS, CUSTODIANS, REQUEST, SECONDS
from moderation.custody.tables import LegalHold, ListState, Purpose
from moderation.staff import SignedIn
from portal.core.clock import day_of, now
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.vocabulary import Role
from portal.web.fields import PlainField

bp = Blueprint("custody", __name__)
READERS = tuple(ASKERS | CUSTODIANS | SECONDS | {Role.AUDITOR})
DECIDERS = tuple(CUSTODIANS | SECONDS)
KEEPERS = (Role.CUSTODIAN, Role.LEADER)


# ---- questions ----


@bp.get("/identity-requests")
@allowed(*READERS)
def index() -> str:
    with office().office.reading() as session:
        known = names(session)
        rows = [
            (line, known.person(line.request.asked_by), {step.verb for step in REQUEST.offered(line.request, staff())})
            for line in requests.lines(session, staff())
        ]
        waits = requests.waiting(session, staff())
    return render_template("custody/requests.html", rows=rows, days=requests.VALID_DAYS, waiting=waits)


@bp.get("/letters/<letter_id>/identity-request")
@allowed(*ASKERS)
def ask_form(letter_id: str) -> str:
    return _ask_page(letter_id, MultiDict(), None)


def _ask_page(letter_id: str, typed: MultiDict[str, str], wrong: Refusal | None) -> str:
    """The same page for every letter: it says nothing of whether there is a name behind it."""
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
    errors = {wrong.field: (wrong.reason,)} if isinstance(wrong, Mendable) else {}
    purposes = tuple((purpose.value, purpose.zh) for purpose in Purpose)
    fields = (
        PlainField("purpose", "为什么要知道", typed.get("purpose", Purpose.VERIFY.value), errors.get("purpose", ()), purposes),
        PlainField("reason", "具体理由", typed.get("reason", ""), errors.get("reason", ())),
    )
    return render_template("custody/ask.html", letter=letter, fields=fields, page_has_errors=wrong is not None)


@bp.post("/letters/<letter_id>/identity-request")
@allowed(*ASKERS)
def ask(letter_id: str) -> Answer | tuple[str, int]:
    purpose = next((each for each in Purpose if each.value == request.form.get("purpose")), Purpose.VERIFY)
    try:
        with office().office.transaction() as session:
            letter = letter_lists.find(session, letter_id, staff())
            asked = requests.ask(session, letter, purpose=purpose, reason=request.form.get("reason", ""), by=staff(), at=now())
            offer = undoing.offer(session, "identity.ask", [{"id": asked.id}], label="申请查看身份", link="/identity-requests",
                                  by=staff(), at=now())  # fmt: skip
    except NotThere:
        raise
    except Refusal as refused:
        return _ask_page(letter_id, request.form, refused), refused.status
    flash_done("申请已提交，等身份保管员和第二人决定", offer)
    return redirect(url_for("custody.index"), 303)


@bp.post("/identity-requests/<request_id>/<any(agree, consent, refuse):verb>")
@allowed(*DECIDERS)
def decide(request_id: str, verb: str) -> Answer:
    with office().office.transaction() as session:
        found = requests.find(session, request_id, staff())
        if verb == "refuse":
            requests.refuse(session, found, request.form.get("reason", ""), by=staff(), at=now())
        else:
            {"agree": requests.agree, "consent": requests.consent}[verb](session, found, by=staff(), at=now())
    flash({"agree": "已同意，还需第二人同意", "consent": "已同意，申请人可以打开一次", "refuse": "已退回申请"}[verb])
    return redirect(url_for("custody.index"), 303)


@bp.post("/identity-requests/<request_id>/open")
@allowed(*ASKERS)
def open_once(request_id: str) -> Answer:
    """Shows the identity, once, on a page that no browser keeps."""
    identity = requests.show_once(office(), request_id, by=staff(), at=now())
    fields = (
        ("姓名", identity.name),
        ("电话", identity.phone),
        ("其他联系方式", identity.other_contact),
        ("证件号码", identity.id_number),
    )
    answer = make_response(render_template("custody/identity.html", fields=fields))
    answer.headers["Cache-Control"] = "no-store"
    return answer


# ---- retention ----


@bp.get("/retention")
@allowed(*KEEPERS, Role.AUDITOR)
def kept() -> str:
    return _retention_page(None)


def _retention_page(wrong: Refusal | None) -> str:
    with office().office.reading() as session:
        known = names(session)
        classes = [(row, retention.due(session, row, day_of(now()))) for row in retention.classes(session)]
        made = [(row, letters, done, known.person(row.proposed_by)) for row, letters, done in retention.lists(session)]
        holds = [(row, number, known.person(row.set_by)) for row, number in _holds(session, staff())]
    return render_template(
        "custody/retention.html", classes=classes, lists=made, holds=holds, error=wrong.reason if wrong else "",
        clause=wrong.clause if wrong else "", typed=request.form, page_has_errors=wrong is not None,
        running=any(row.state is ListState.APPROVED for row, *_ in made),
        may_keep=Role.CUSTODIAN in staff().roles, may_decide=Role.LEADER in staff().roles,
    )  # fmt: skip


def _holds(session: Session, person: SignedIn) -> list[tuple[LegalHold, str]]:
    found = retention.holds(session)
    return [(row, number) for row, number in found if not letter_lists.is_barred(session, row.letter_id, person)]


@bp.post("/retention/classes/<code>")
@allowed(Role.CUSTODIAN)
def confirm_class(code: str) -> Answer | tuple[str, int]:
    form = request.form
    try:
        with office().office.transaction() as session:
            retention.confirm_class(session, code, form.get("years", 0, type=int), clause=form.get("clause", ""),
                                    source=form.get("source", ""), by=staff(), at=now())  # fmt: skip
    except Refusal as refused:
        return _retention_page(refused), refused.status
    flash("保存年限已核定")
    return redirect(url_for("custody.kept"), 303)


@bp.post("/retention/lists")
@allowed(Role.CUSTODIAN)
def propose() -> Answer | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            retention.propose(session, request.form.get("retention_class", ""), by=staff(), at=now())
    except Refusal as refused:
        return _retention_page(refused), refused.status
    flash("销毁清单已提出，等领导批准")
    return redirect(url_for("custody.kept"), 303)


@bp.post("/retention/lists/<list_id>")
@allowed(Role.LEADER)
def decide_list(list_id: str) -> Answer | tuple[str, int]:
    approve = request.form.get("decision") == "approve"
    try:
        with office().office.transaction() as session:
            made = retention.find_list(session, list_id)
            retention.decide(session, made, approve=approve, reason=request.form.get("reason", ""), by=staff(), at=now())
    except NotThere:
        raise
    except Refusal as refused:
        return _retention_page(refused), refused.status
    flash("已批准，程序逐件销毁" if approve else "已退回")
    return redirect(url_for("custody.kept"), 303)


@bp.post("/retention/holds")
@allowed(*KEEPERS)
def hold() -> Answer | tuple[str, int]:
    number = request.form.get("number", "").strip()
    try:
        with office().office.transaction() as session:
            query = select(Letter).where(or_(Letter.number == number, Letter.upstream_number == number))
            letter = session.scalar(letter_lists.unbarred(query, staff()).limit(1)) if number else None
            if letter is None:
                raise Mendable("没有这个编号的信访件", field="number")
            retention.hold(session, letter, request.form.get("reason", ""), by=staff(), at=now())
    except Refusal as refused:
        return _retention_page(refused), refused.status
    flash("已暂停销毁")
    return redirect(url_for("custody.kept"), 303)


@bp.post("/retention/holds/<hold_id>/lift")
@allowed(*KEEPERS)
def lift(hold_id: str) -> Answer | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            row = session.get(LegalHold, hold_id, with_for_update=True)
            if row is None or letter_lists.is_barred(session, row.letter_id, staff()):
                raise NotThere("没有这条暂停")
            retention.lift(session, row, request.form.get("reason", ""), by=staff(), at=now())
    except NotThere:
        raise
    except Refusal as refused:
        return _retention_page(refused), refused.status
    flash("已解除暂停")
    return redirect(url_for("custody.kept"), 303)


ENTRIES: tuple[Entry, ...] = (
    Entry(FIRST, "查看身份待决定", "custody.index", frozenset(DECIDERS), urgent=True),
    Entry("身份", "查看身份的申请", "custody.index", frozenset(READERS) - frozenset(DECIDERS)),
    # The auditor decides nothing here and sees what is under way; custodian and leader have counts of what is asked of them.
    Entry(
        "身份", "保存与销毁", "custody.kept", frozenset({*KEEPERS, Role.AUDITOR}), lambda session, _: retention.open_lists(session)
    ),
)
