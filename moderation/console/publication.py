"""The publication desk (宣传): write, preview the real page, review, sign, publish, correct, withdraw."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from moderation import undoing
from moderation.console import long_work, undo_offers
from moderation.console.access import allowed, office, staff
from moderation.console.drafts import what_was_typed
from moderation.console.navigation import Entry
from moderation.console.publication_views import VERB_LABELS, BulkChoice, disclosure_view, edit_view, list_rows
from moderation.console.undo import flash_done
from moderation.evidence import evidence_store
from moderation.holidays import office_calendar
from moderation.press import progress
from moderation.press.jobs import last_failure
from moderation.press.paths import PressPaths
from moderation.publication import (
    difference,
    disclosures,
    exceptions,
    fields,
    leak_guard,
    lists,
    many,
    pictures,
    preview,
    taking_back,
    wording,
)
from moderation.publication.disclosures import CHECKLIST, Disclosure, Paper
from moderation.publication.exports import EXPORTS
from moderation.settings import change_setting, public_settings
from moderation.site_check import check_site
from moderation.staff import SignedIn, StaffMember, Unit
from moderation.undoing import UndoOffer
from portal.core.clock import SHANGHAI, day_of, now
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.evidence_kinds import HEAD_BYTES, kind_of
from portal.core.public_record import PublicRecord
from portal.core.vocabulary import RecordKind, Role
from portal.web.fields import PlainField
from portal.web.security import CONTENT_SECURITY_POLICY

bp = Blueprint("publication", __name__, url_prefix="/publication")

WRITERS = (Role.DRAFTER,)
READERS = (Role.DRAFTER, Role.REVIEWER, Role.SIGNATORY, Role.PUBLISHER, Role.LEADER, Role.AUDITOR, Role.PATROL_COORDINATOR)
HANDS = (Role.DRAFTER, Role.REVIEWER, Role.SIGNATORY, Role.PUBLISHER)
ENTRIES = (
    Entry("信息公开", "公开稿", "publication.index", frozenset(READERS), count=lists.waiting_for),
    Entry("信息公开", "网站健康", "publication.health", frozenset(READERS)),
    Entry("信息公开", "发布规程", "publication.rules", frozenset({*READERS, Role.ADMINISTRATOR})),
)
_MAX_PAPER_BYTES = 20 * 1024 * 1024


def _find(session: Session, identity: str) -> Disclosure:
    return lists.find(session, identity, staff())


def _to(identity: str) -> Answer:
    return redirect(url_for("publication.show", identity=identity), 303)


@bp.get("/")
@allowed(*READERS)
def index() -> str:
    tab, number = request.args.get("tab", "mine"), max(1, request.args.get("page", 1, type=int))
    today = day_of(now())
    with office().office.reading() as session:
        found = lists.page_of(session, tab, staff(), today=today, number=number)
        rows = list_rows(found, today, lists.take_downs(session, found))
        counts = lists.counts(session, staff(), today=today)
        on_their_way = lists.on_their_way(session)
    return render_template(
        "publication/list.html",
        rows=rows,
        counts=counts,
        tabs=lists.TABS,
        tab=tab,
        number=number,
        kinds=list(RecordKind),
        more=counts.get(tab, 0) > number * lists.PAGE,
        may_write=Role.DRAFTER in staff().roles,
        bulk=BulkChoice.for_roles(staff().roles),
        build_failure=last_failure(PressPaths(office().data)),
        on_their_way=on_their_way,
        building=progress.under_way(PressPaths(office().data)),
    )


@bp.get("/health")
@allowed(*READERS)
def health() -> str:
    return render_template("publication/health.html", findings=check_site(office(), today=day_of(now())))


@bp.get("/rules")
@allowed(*READERS, Role.ADMINISTRATOR)
def rules() -> str:
    """How many reviews this office asks for, and its own forbidden forms: everybody at the desk may see them."""
    with office().office.reading() as session:
        reviews, own = disclosures.reviews_needed(session), wording.own_forms(session)
    boxes = (PlainField("reviews", "审核", str(reviews), options=(("3", "三审"), ("2", "两审（人手少的单位）"))),
             PlainField("wording", "本单位的用字表", wording.shown_forms(own)))  # fmt: skip
    return render_template(
        "publication/rules.html", boxes=boxes, given=len(wording.forms()), may=Role.ADMINISTRATOR in staff().roles
    )


@bp.post("/rules")
@allowed(Role.ADMINISTRATOR)
def rules_send() -> Answer:
    try:
        rows = wording.typed_forms(request.form.get("wording", ""))
        with office().office.transaction() as session:
            disclosures.set_reviews(session, request.form.get("reviews", 3, type=int), by=staff(), at=now())
            change_setting(session, wording.OWN, rows, by=staff(), at=now(), source="发布规程", confirmed=True)
    except Mendable as fault:
        if what_was_typed():
            raise
        flash(fault.reason, "warn")
    else:
        flash("已保存")
    return redirect(url_for("publication.rules"), 303)


@bp.post("/bulk")
@allowed(*HANDS)
def bulk() -> Answer:
    """The same step for every ticked row; each succeeds or is refused by itself."""
    verb, back = request.form.get("verb", ""), url_for("publication.index", tab=request.form.get("tab", "mine"))
    label = next((choice.label for choice in BulkChoice.for_roles(staff().roles) if choice.verb == verb), "")
    if not label:
        raise Mendable("请选择要办的事", field="verb")
    options = {"verb": verb, "text": request.form.get("text", "")}
    chosen = request.form.getlist("chosen")[:500]
    kind = "publication.clear" if verb == "clear" else "publication.step"
    return long_work.start(kind, chosen, title=label, link=back, options=options, nothing="没有办任何一件，请先勾选")


# ---- writing ----


@bp.get("/new/<kind>")
@allowed(*WRITERS)
def new(kind: str) -> str:
    _kind(kind)
    with office().office.reading() as session:
        regions = public_settings(session).regions()
    return render_template("publication/edit.html", view=edit_view(kind, {}, regions, staff().unit_name))


def _kind(word: str) -> RecordKind:
    if word not in {kind.value for kind in RecordKind}:
        raise NotThere("没有这一类")
    return RecordKind(word)  # type: ignore[call-arg]


@bp.post("/new/<kind>")
@allowed(*WRITERS)
def new_send(kind: str) -> Answer | tuple[str, int]:
    with office().office.reading() as session:
        regions = public_settings(session).regions()
    try:
        plain = fields.from_boxes(request.form, region_name=regions.name, keep={})
        with office().office.transaction() as session:
            made = disclosures.draft(
                session,
                kind=_kind(kind),
                fields=plain,
                calendar=office_calendar(session),
                by=staff(),
                at=now(),
                publishable_persons=tuple(request.form.get("persons", "").split()),
            )
            leak_guard.check(session, made, at=now())
    except Mendable as fault:
        return render_template("publication/edit.html", view=edit_view(kind, request.form, regions, "", fault=fault)), 422
    flash("稿子已保存")
    return _to(made.id)


@bp.get("/<identity>/edit")
@allowed(*WRITERS)
def edit(identity: str) -> str:
    with office().office.reading() as session:
        disclosure = _find(session, identity)
        regions = public_settings(session).regions()
        boxes = fields.to_boxes(disclosure.fields()) | {"persons": disclosure.publishable_persons}
    return render_template(
        "publication/edit.html", view=edit_view(disclosure.kind.value, boxes, regions, "", disclosure=disclosure)
    )


@bp.post("/<identity>/edit")
@allowed(*WRITERS)
def edit_send(identity: str) -> Answer | tuple[str, int]:
    seen = request.form.get("seen", 0, type=int)
    with office().office.reading() as session:
        before, regions = _find(session, identity), public_settings(session).regions()
    try:
        plain = fields.from_boxes(request.form, region_name=regions.name, keep=before.fields())
        with office().office.transaction() as session:
            disclosure = _find(session, identity)
            was = taking_back.text_stands(disclosure)
            disclosures.edit(session, disclosure, plain, seen=seen, by=staff(), at=now())
            disclosure.publishable_persons = "\n".join(request.form.get("persons", "").split())
            found = leak_guard.check(session, disclosure, at=now())
            undo = undo_offers.text_changed(session, disclosure, was)
    except Refusal as fault:
        page = edit_view(before.kind.value, request.form, regions, "", disclosure=before, fault=fault)
        return render_template("publication/edit.html", view=page), fault.status
    flash_done("稿子已保存", undo)
    if found:
        flash(leak_guard.MESSAGE, "warn")
    return _to(identity)


# ---- reading and previewing ----


@bp.get("/<identity>")
@allowed(*READERS)
def show(identity: str) -> str:
    with office().office.reading() as session:
        disclosure = _find(session, identity)
        view = disclosure_view(session, disclosure, staff(), day_of(now()))
    return render_template("publication/show.html", view=view)


@bp.get("/<identity>/difference")
@allowed(*READERS)
def compare(identity: str) -> str:
    with office().office.reading() as session:
        disclosure = _find(session, identity)
        found = difference.changes(disclosure)
    return render_template("publication/difference.html", disclosure=disclosure, changes=found)


@bp.get("/<identity>/preview/")
@allowed(*READERS)
def preview_of(identity: str) -> Answer:
    """Leads to the page at the depth it will have, so that its own relative links work."""
    with office().office.reading() as session:
        record = preview.draft_record(_find(session, identity), now())
    return redirect(url_for("publication.preview_file", identity=identity, path=record.path), 303)


@bp.get("/<identity>/preview/<path:path>")
@allowed(*READERS)
def preview_file(identity: str, path: str) -> Response:
    if path.startswith("records/"):
        with office().office.reading() as session:
            record = preview.draft_record(_find(session, identity), now())
        if path.endswith("/"):
            return _framed(Response(preview.preview_page(office(), record), mimetype="text/html"))
        picture = pictures.shown(PressPaths(office().data).media, record, path)
        if picture is not None:
            return Response(picture, mimetype=mimetypes.guess_type(path)[0])
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return _framed(Response(preview.preview_file(office(), path), mimetype=kind))


@bp.post("/<identity>/preview")
@allowed(*WRITERS)
def preview_sent(identity: str) -> Response:
    """The page that the form, as it stands now, would become. Nothing is saved."""
    with office().office.reading() as session:
        before = _find(session, identity)
    return _typed_page(identity, before.fields(), lambda plain: disclosures.next_revision(before, plain, now()))


@bp.post("/new/<kind>/preview")
@allowed(*WRITERS)
def preview_new(kind: str) -> Response:
    """The same for a text that was never saved."""
    known = _kind(kind)
    return _typed_page("new", {}, lambda plain: disclosures.checked_draft(known, "new", plain, at=now()))


def _typed_page(identity: str, keep: Mapping[str, Any], become: Callable[[Mapping[str, Any]], PublicRecord]) -> Response:
    with office().office.reading() as session:
        regions = public_settings(session).regions()
    try:
        plain = fields.from_boxes(request.form, region_name=regions.name, keep=keep)
        record = become(plain)
        page = preview.preview_page(office(), record)
    except Refusal as fault:
        # While somebody types, the last page that could be made stays; who asks is told what is missing.
        return _framed(Response(status=204) if "live" in request.form else Response(fault.reason, mimetype="text/plain"))
    base = url_for("publication.preview_file", identity=identity, path=record.path)
    return _framed(
        Response(page.replace(b"<head>", f'<head><base href="{base}">'.encode(), 1), mimetype="text/html"), base_uri=True
    )


def _framed(answer: Response, *, base_uri: bool = False) -> Response:
    """A previewed page may stand in a frame of this console, and nowhere else."""
    policy = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    answer.headers["Content-Security-Policy"] = policy.replace("base-uri 'none'", "base-uri 'self'") if base_uri else policy
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@bp.after_app_request
def _allow_frames(answer: Response) -> Response:
    """Pages of the console may hold the preview in a frame: every page, since the quick way here keeps the first page's policy."""
    if answer.mimetype == "text/html" and "Content-Security-Policy" not in answer.headers:
        answer.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return answer


@bp.get("/<identity>/file/<ending>")
@allowed(*READERS)
def export(identity: str, ending: str) -> Response:
    if ending not in EXPORTS:
        raise NotThere("没有这种格式")
    form = EXPORTS[ending]
    with office().office.reading() as session:
        disclosure = _find(session, identity)
        data = form.make(disclosure, partial(pictures.file_of, PressPaths(office().data).media))
    name = quote(f"{disclosure.title[:40]}{form.suffix}")
    return Response(data, headers={"Content-Type": form.media_type, "Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


# ---- acts ----


def _do(identity: str, deed: Callable[[Session, Disclosure], Any], said: str) -> Answer:
    """One act in one transaction; a refusal is shown on the page it came from, and the words typed stay.

    A deed that can be taken back returns its offer.
    """
    try:
        with office().office.transaction() as session:
            made = deed(session, _find(session, identity))
    except NotThere:
        raise
    except Refusal as refusal:
        if what_was_typed():
            raise  # The page that says no prints what was written.
        flash(refusal.reason + (f"（{refusal.clause}）" if refusal.clause else ""), "warn")
    else:
        flash_done(said, made if isinstance(made, UndoOffer) else None)
    return _to(identity)


def _offer_step(session: Session, found: list[Disclosure], verb: str, label: str) -> UndoOffer | None:
    """The steps just taken can be taken back; publishing cannot, for it is public."""
    if verb not in disclosures.CAN_BE_TAKEN_BACK or not found:
        return None
    session.flush()
    parts = [{"id": each.id, "version": each.version, "name": each.title} for each in found]
    page = url_for("publication.show", identity=found[0].id) if len(found) == 1 else url_for("publication.index")
    return undoing.offer(session, "disclosure.step", parts, label=label, link=page, by=staff(), at=now())


@bp.post("/<identity>/file")
@allowed(*WRITERS)
def add_file(identity: str) -> Answer:
    """A picture or PDF, as a clean copy, with words for those who do not see it."""
    sent = request.files.get("file")
    data = sent.read(pictures.MOST_BYTES + 1) if sent else b""
    seen = request.form.get("seen", 0, type=int)

    def deed(session: Session, disclosure: Disclosure) -> None:
        words, caption = request.form.get("words", ""), request.form.get("caption", "")
        pictures.with_file({}, pictures.PublicFile("", 0), words)
        file = pictures.keep(PressPaths(office().data).media, data)
        plain = pictures.with_file(disclosure.fields(), file, words, caption)
        disclosures.edit(session, disclosure, plain, seen=seen, by=staff(), at=now())
        leak_guard.check(session, disclosure, at=now())

    return _do(identity, deed, "已加上")


@bp.post("/<identity>/checklist")
@allowed(*WRITERS)
def checklist(identity: str) -> Answer:
    answers = {question.id: request.form.get(question.id, "") for question in CHECKLIST}

    def deed(session: Session, disclosure: Disclosure) -> UndoOffer:
        was = taking_back.checklist_stands(disclosure)
        disclosures.answer_checklist(session, disclosure, answers, by=staff(), at=now())
        leak_guard.check(session, disclosure, at=now())
        return undo_offers.checklist_changed(session, disclosure, was)

    return _do(identity, deed, "清单已保存")


@bp.post("/<identity>/step")
@allowed(*HANDS)
def step(identity: str) -> Answer:
    verb, text = request.form.get("verb", ""), request.form.get("text", "").strip()
    seen = request.form.get("seen", 0, type=int)

    def deed(session: Session, disclosure: Disclosure) -> UndoOffer | None:
        disclosures.require_version(disclosure, seen)
        if verb in many.SIMPLE_VERBS and request.form.get("deputy_for"):
            deputy = _staff_named(session, request.form["deputy_for"]).id
            disclosures.take_step(session, disclosure, verb, by=staff(), at=now(), text=text, deputy_for=deputy)
        else:
            many.take(session, disclosure, verb, text, by=staff(), at=now())
        return _offer_step(session, [disclosure], verb, VERB_LABELS.get(verb, verb))

    return _do(identity, deed, "已办")


@bp.post("/<identity>/schedule")
@allowed(Role.DRAFTER, Role.PUBLISHER)
def schedule(identity: str) -> Answer:
    typed = request.form.get("publish_at", "")

    def deed(session: Session, disclosure: Disclosure) -> UndoOffer:
        try:
            when = datetime.fromisoformat(typed).replace(tzinfo=SHANGHAI) if typed else None
        except ValueError as fault:
            raise Mendable("请填写日期和时间，如 2026-12-01 09:00", field="publish_at") from fault
        was = disclosure.publish_at
        disclosures.schedule(session, disclosure, when, by=staff(), at=now())
        facts = {"id": disclosure.id, "version": disclosure.version,
                 "was": was.isoformat() if was else "", "became": when.isoformat() if when else ""}  # fmt: skip
        page = url_for("publication.show", identity=identity)
        return undoing.offer(session, "disclosure.schedule", [facts], label="定时发布", link=page, by=staff(), at=now())

    return _do(identity, deed, "发布时间已设定" if typed else "已取消定时")


@bp.post("/<identity>/correct")
@allowed(*WRITERS)
def correct(identity: str) -> Answer:
    reason = request.form.get("text", "")
    return _do(identity, lambda session, found: disclosures.correct(session, found, reason=reason, by=staff(), at=now()), "请改稿")


@bp.post("/<identity>/withdraw")
@allowed(Role.SIGNATORY)
def withdraw(identity: str) -> Answer:
    reason = request.form.get("text", "")
    return _do(identity, lambda session, found: disclosures.withdraw(session, found, reason=reason, by=staff(), at=now()), "已撤回")


@bp.post("/<identity>/paper")
@allowed(*HANDS)
def paper(identity: str) -> Answer:
    """Enters a signature given on paper, with its scan."""
    scan = request.files.get("scan")
    data = scan.read(_MAX_PAPER_BYTES + 1) if scan else b""

    def deed(session: Session, disclosure: Disclosure) -> None:
        if not data or len(data) > _MAX_PAPER_BYTES:
            raise Mendable("请附上签字页的扫描件，不超过 20 MB", field="scan")
        kind = kind_of(data[:HEAD_BYTES])
        if kind is None or kind.family not in {"picture", "pdf"}:
            raise Mendable("扫描件请用照片（JPEG、PNG、WebP、HEIC）或 PDF", field="scan")
        signer = _staff_named(session, request.form.get("signer", ""))
        kept = Paper(staff().id, evidence_store(office()).put(data))
        verb, text = request.form.get("verb", ""), request.form.get("text", "")
        disclosures.take_step(session, disclosure, verb, by=signer, at=now(), text=text, paper=kept)

    return _do(identity, deed, "纸面签字已录入")


@bp.get("/<identity>/paper/<review_id>")
@allowed(*READERS)
def scan(identity: str, review_id: str) -> Response:
    """The scan of a signature given on paper, as it was entered. A download: it was made elsewhere and is not drawn here."""
    with office().office.reading() as session:
        given = next((review for review in _find(session, identity).reviews if review.id == review_id), None)
    if given is None or not given.paper_evidence:
        raise NotThere("没有这份扫描件")
    data = evidence_store(office()).get(given.paper_evidence)
    kind = kind_of(data[:HEAD_BYTES])
    mime, ending = (kind.mime, kind.extension) if kind else ("application/octet-stream", "bin")
    name = f"signature-{identity}.{ending}"
    return Response(data, mimetype=mime, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


def _staff_named(session: Session, staff_id: str) -> SignedIn:
    found = session.execute(
        select(StaffMember, Unit).join(Unit, Unit.id == StaffMember.unit_id).where(StaffMember.id == staff_id)
    ).first()
    if found is None:
        raise Mendable("请选择签字人", field="signer")
    member, unit = found
    return SignedIn(member.id, member.name, member.roles, unit.id, unit.name)


@bp.post("/<identity>/exception")
@allowed(*HANDS)
def ask_exception(identity: str) -> Answer:
    words, reason = request.form.get("words", ""), request.form.get("reason", "")

    def deed(session: Session, disclosure: Disclosure) -> None:
        exceptions.ask(session, disclosure, words, reason, by=staff(), at=now())

    return _do(identity, deed, "已申请例外，等另一人决定")


@bp.get("/<identity>/record.json")
@allowed(*READERS)
def raw(identity: str) -> Response:
    """The draft as the open-data file it will become."""
    with office().office.reading() as session:
        record = preview.draft_record(_find(session, identity), now())
    return Response(json.dumps(record.to_plain(), ensure_ascii=False, indent=1), mimetype="application/json")
