"""The desk of 督办监察组, and the ladder for the other groups: steps with their documents, requests, samples, figures, 挂牌督办."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from moderation import papers
from moderation.casework import letter_lists
from moderation.console.access import allowed, office, staff
from moderation.console.drafts import what_was_typed
from moderation.console.letter_views import Names, names
from moderation.console.navigation import FIRST, Count, Entry
from moderation.console.paging import PAGE, how_many, paging
from moderation.staff import SignedIn
from moderation.supervision import documents, ladder, samples, subjects
from moderation.supervision.ladder import LADDER
from moderation.supervision.machine import INSPECTORS, REQUESTERS, AskedState, Ground, Rung, SubjectKind
from moderation.supervision.subjects import Subject
from moderation.supervision.tables import (
    FigureCheck,
    InspectionRequest,
    PublicListing,
    Sample,
    SampleItem,
    SampleKind,
    Supervision,
    SupervisionEvent,
    SupervisionPaper,
)
from portal.core.clock import day_of, now
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.vocabulary import Role

bp = Blueprint("supervision", __name__)
READERS = (Role.GROUP_MEMBER, Role.GROUP_LEAD, Role.SUPERVISION_INSPECTOR, Role.PATROL_COORDINATOR, Role.LEADER)
ACTORS = (Role.GROUP_MEMBER, Role.GROUP_LEAD, Role.SUPERVISION_INSPECTOR)
LISTERS = frozenset({Role.SUPERVISION_INSPECTOR, Role.GROUP_LEAD})
GROUNDS = {ground.value: ground for ground in Ground}
STEP_WORDS = {
    "warn": "预警", "urge": "催办", "supervise": "督办", "inspect": "立项核查（督办监察）", "lower": "降低一级",
    "demand": "督促问责到位", "conclude": "书面结束督办监察", "clear": "自动解除",
}  # fmt: skip
OFFERED = ("urge", "supervise", "inspect", "lower", "demand", "conclude")


@dataclass(frozen=True)
class RungLine:
    """One subject on the ladder. ``due`` in words."""

    row: Supervision
    summary: str
    unit: str
    due: str
    asked: bool


def _line(row: Supervision, subject: Subject | None, known: Names, asked: set[str]) -> RungLine:
    summary = subject.summary[:90] if subject else ""
    due = subject.due_on.isoformat() if subject and subject.due_on else ""
    return RungLine(row, summary, known.unit(row.unit_id), due, row.id in asked)


@bp.get("/supervision")
@allowed(*READERS)
def index() -> str:
    chosen = next((rung for rung in Rung if rung.value == request.args.get("rung")), None)
    with office().office.reading() as session:
        known, asked = names(session), _asked(session)
        # Asked of the inspectors, a matter stands here though it is 正常; a request is answered first, then the highest rung.
        open_ = select(InspectionRequest.supervision_id).where(InspectionRequest.state == AskedState.OPEN)
        standing = or_(Supervision.state != Rung.NORMAL, Supervision.id.in_(open_))
        query = _known_to(staff()).where(Supervision.state == chosen if chosen else standing)
        page = paging(how_many(session, query, Supervision.id))
        order = (Supervision.id.not_in(open_), _HIGHEST, Supervision.since_on, Supervision.id)
        rows = list(session.scalars(query.order_by(*order).offset(page.first).limit(PAGE)))
        about = subjects.find_all(session, [(row.subject_kind, row.subject_id) for row in rows])
        lines = [_line(row, about.get((row.subject_kind, row.subject_id)), known, asked) for row in rows]
    rungs = [rung for rung in Rung if rung is not Rung.NORMAL]
    return render_template(
        "supervision/list.html", lines=lines, rungs=rungs, chosen=chosen, thresholds=subjects.thresholds(), page=page
    )


_HIGHEST = case({rung: -place for place, rung in enumerate(Rung)}, value=Supervision.state)


def _known_to(person: SignedIn) -> Select[Supervision]:
    """What stands, or stood, on the ladder, as far as this person may know of it."""
    return select(Supervision).where(_is_known(person))


def _is_known(person: SignedIn) -> ColumnElement[bool]:
    """Without the letters this person must not know of."""
    return or_(Supervision.subject_kind != SubjectKind.LETTER, letter_lists.is_known(Supervision.subject_id, person))


def _asked(session: Session) -> set[str]:
    return set(session.scalars(select(InspectionRequest.supervision_id).where(InspectionRequest.state == AskedState.OPEN)))


@bp.post("/supervision")
@allowed(*ACTORS, Role.PATROL_COORDINATOR)
def begin() -> Answer:
    """Finds a letter by its number and goes to its place on the ladder, from where it is raised, requested or inspected."""
    with office().office.transaction() as session:
        letter_id = subjects.letter_by_number(session, request.form.get("number", "").strip(), staff())
        if letter_id is None:
            raise NotThere("没有这个编号的信访件，或者它不归您的岗位看")
        subject = subjects.find(session, SubjectKind.LETTER, letter_id)
        assert subject is not None
        row_id = ladder.row_of(session, subject, at=now()).id
    return redirect(url_for("supervision.show", supervision_id=row_id), 303)


@bp.get("/supervision/<supervision_id>")
@allowed(*READERS)
def show(supervision_id: str) -> str:
    return _page(supervision_id, None)


def _page(supervision_id: str, wrong: Refusal | None) -> str:
    with office().office.reading() as session:
        row = ladder.find(session, supervision_id, staff())
        known = names(session)
        history = session.scalars(
            select(SupervisionEvent).where(SupervisionEvent.supervision_id == row.id).order_by(SupervisionEvent.id)
        )
        made = session.scalars(
            select(SupervisionPaper).where(SupervisionPaper.supervision_id == row.id).order_by(SupervisionPaper.on)
        )
        verbs = [step.verb for step in LADDER.offered(row, staff()) if step.verb in OFFERED]
        asked = session.scalars(select(InspectionRequest).where(InspectionRequest.supervision_id == row.id)).all()
        listings = session.scalars(select(PublicListing).where(PublicListing.supervision_id == row.id)).all()
        return render_template(
            "supervision/show.html", row=row, subject=ladder.subject_of(session, row), unit=known.unit(row.unit_id),
            history=[(STEP_WORDS.get(event.verb, event.verb), event, known.person(event.by)) for event in history],
            made=[(documents.number_of(paper), paper) for paper in made], verbs=verbs, words=STEP_WORDS,
            asked=[(each, known.person(each.asked_by)) for each in asked], listings=listings, grounds=tuple(Ground),
            may_ask=bool(staff().roles & REQUESTERS) and row.state is not Rung.INSPECTED,
            may_inspect=bool(staff().roles & INSPECTORS), may_list=bool(staff().roles & LISTERS), typed=request.form,
            error=wrong.reason if wrong else "", clause=wrong.clause if wrong else "", page_has_errors=wrong is not None,
        )  # fmt: skip


def _ground(form: MultiDict[str, str]) -> Ground:
    ground = GROUNDS.get(form.get("ground", ""))
    if ground is None:
        raise Mendable("请选择理由的种类", field="ground")
    return ground


@bp.post("/supervision/<supervision_id>/steps/<verb>")
@allowed(*ACTORS)
def take(supervision_id: str, verb: str) -> Answer | tuple[str, int]:
    if verb not in OFFERED:
        raise NotThere("没有这项操作")
    text = request.form.get("text", "")
    try:
        with office().office.transaction() as session:
            row = ladder.find(session, supervision_id, staff(), to_change=True)
            ladder.require_steps(row, request.form.get("seen", type=int))
            if verb == "inspect":
                ladder.inspect(session, row, _ground(request.form), text, by=staff(), at=now())
            else:
                ladder.step(session, row, verb, text=text, by=staff(), at=now())
    except NotThere:
        raise
    except Refusal as refused:
        return _page(supervision_id, refused), refused.status
    flash(f"{STEP_WORDS[verb]}：已完成，文书已生成")
    return redirect(url_for("supervision.show", supervision_id=supervision_id), 303)


@bp.post("/supervision/<supervision_id>/request")
@allowed(*REQUESTERS)
def ask(supervision_id: str) -> Answer | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            row = ladder.find(session, supervision_id, staff(), to_change=True)
            ladder.request(session, row, _ground(request.form), request.form.get("text", ""), by=staff(), at=now())
    except NotThere:
        raise
    except Refusal as refused:
        return _page(supervision_id, refused), refused.status
    flash("监察申请已交督办监察组")
    return redirect(url_for("supervision.show", supervision_id=supervision_id), 303)


@bp.post("/supervision/requests/<request_id>/decline")
@allowed(Role.SUPERVISION_INSPECTOR)
def decline(request_id: str) -> Answer | tuple[str, int]:
    with office().office.reading() as session:
        found = session.get(InspectionRequest, request_id)
        if found is None:
            raise NotThere("没有这份申请")
        supervision_id = ladder.find(session, found.supervision_id, staff()).id
    try:
        with office().office.transaction() as session:
            ladder.find(session, supervision_id, staff(), to_change=True)
            asked = session.get_one(InspectionRequest, request_id)
            ladder.decline(session, asked, request.form.get("text", ""), by=staff(), at=now())
    except Refusal as refused:
        return _page(supervision_id, refused), refused.status
    flash("已答复不立项")
    return redirect(url_for("supervision.show", supervision_id=supervision_id), 303)


@bp.get("/supervision/<supervision_id>/papers/<paper_id>.docx")
@allowed(*READERS, Role.UNIT_OFFICER)
def paper(supervision_id: str, paper_id: str) -> Response:
    """A document of the ladder; a unit opens those addressed to it."""
    with office().office.reading() as session:
        row = ladder.find(session, supervision_id, staff())
        found = session.get(SupervisionPaper, paper_id)
        addressed = bool(staff().roles & set(READERS)) or (found is not None and found.unit_id == staff().unit_id)
        if found is None or found.supervision_id != row.id or not addressed:
            raise NotThere("没有这份文书")
        data, name = papers.docx(documents.as_paper(session, found)), documents.number_of(found)
    answer = Response(data, mimetype="application/vnd.openxmlformats-officedocument.wordprocessingml.document")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}.docx"
    return answer


@bp.get("/unit/papers")
@allowed(Role.UNIT_OFFICER)
def unit_papers() -> str:
    """What the ladder wrote to this person's unit, the newest first."""
    with office().office.reading() as session:
        to_it = select(SupervisionPaper, Supervision).join(Supervision, Supervision.id == SupervisionPaper.supervision_id)
        query = to_it.where(SupervisionPaper.unit_id == staff().unit_id, _is_known(staff()))
        page = paging(how_many(session, query, SupervisionPaper.id))
        newest = query.order_by(SupervisionPaper.on.desc(), SupervisionPaper.serial.desc(), SupervisionPaper.id)
        rows = [(row[0], row[1]) for row in session.execute(newest.offset(page.first).limit(PAGE))]
        about = subjects.find_all(session, [(row.subject_kind, row.subject_id) for _paper, row in rows])
        lines = [(documents.number_of(found), found, row, about.get((row.subject_kind, row.subject_id))) for found, row in rows]
    return render_template("supervision/papers.html", lines=lines, page=page)


def _matters_of_unit(session: Session, person: SignedIn) -> int:
    """How many letters and tasks of this unit stand on the ladder, papers or not."""
    to_it = select(SupervisionPaper.supervision_id).where(SupervisionPaper.unit_id == person.unit_id)
    query = select(func.count()).select_from(Supervision).where(
        Supervision.id.in_(to_it), Supervision.state != Rung.NORMAL, _is_known(person)
    )  # fmt: skip
    return session.scalar(query) or 0


# ---- 挂牌督办 ----


def _day(text: str, field: str, *, optional: bool = False) -> date | None:
    if optional and not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Mendable("请写成 2026-11-20 这样的日期", field=field) from None


@bp.post("/supervision/<supervision_id>/listing")
@allowed(*LISTERS)
def record_listing(supervision_id: str) -> Answer | tuple[str, int]:
    form = request.form
    try:
        from_on, until_on = _day(form.get("from_on", ""), "from_on"), _day(form.get("until_on", ""), "until_on", optional=True)
        assert from_on is not None
        with office().office.transaction() as session:
            row = ladder.find(session, supervision_id, staff(), to_change=True)
            ladder.require_listings(session, row, form.get("listed", type=int))
            ladder.list_publicly(
                session, row, what=form.get("what", ""), why=form.get("why", ""), by_whom=form.get("by_whom", ""),
                document_number=form.get("document_number", ""), from_on=from_on, until_on=until_on, by=staff(), at=now(),
            )  # fmt: skip
    except NotThere:
        raise
    except Refusal as refused:
        return _page(supervision_id, refused), refused.status
    flash("挂牌督办已登记")
    return redirect(url_for("supervision.show", supervision_id=supervision_id), 303)


@bp.post("/supervision/<supervision_id>/listing/<listing_id>/release")
@allowed(*LISTERS)
def release(supervision_id: str, listing_id: str) -> Answer | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            row = ladder.find(session, supervision_id, staff(), to_change=True)
            listing = session.get(PublicListing, listing_id)
            if listing is None or listing.supervision_id != row.id:
                raise NotThere("没有这条挂牌督办")
            ladder.delist(session, listing, request.form.get("text", ""), on=day_of(now()), by=staff(), at=now())
    except NotThere:
        raise
    except Refusal as refused:
        return _page(supervision_id, refused), refused.status
    flash("已登记解除挂牌")
    return redirect(url_for("supervision.show", supervision_id=supervision_id), 303)


# ---- samples ----


@bp.get("/supervision/samples")
@allowed(Role.SUPERVISION_INSPECTOR, Role.PATROL_COORDINATOR, Role.LEADER)
def sample_list() -> str:
    return _samples_page(None)


def _samples_page(wrong: Refusal | None) -> str:
    with office().office.reading() as session:
        lines = samples.samples(session)
    return render_template("supervision/samples.html", lines=lines, kinds=tuple(SampleKind), typed=request.form,
                           may_draw=bool(staff().roles & INSPECTORS), error=wrong.reason if wrong else "",
                           page_has_errors=wrong is not None)  # fmt: skip


@bp.post("/supervision/samples")
@allowed(Role.SUPERVISION_INSPECTOR)
def draw() -> Answer | tuple[str, int]:
    form = request.form
    kind = next((each for each in SampleKind if each.value == form.get("kind")), SampleKind.SPOT_CHECK)
    try:
        first_on, last_on = _day(form.get("first_on", ""), "first_on"), _day(form.get("last_on", ""), "last_on")
        assert first_on is not None
        assert last_on is not None
        with office().office.transaction() as session:
            size = form.get("size", 0, type=int)
            made = samples.draw(session, kind, first_on, last_on, size, key_only=form.get("key") == "y", by=staff(), at=now())
            sample_id = made.id
    except Refusal as refused:
        return _samples_page(refused), refused.status
    return redirect(url_for("supervision.sample", sample_id=sample_id), 303)


@bp.get("/supervision/samples/<sample_id>")
@allowed(Role.SUPERVISION_INSPECTOR, Role.PATROL_COORDINATOR, Role.LEADER)
def sample(sample_id: str) -> str:
    return _sample_page(sample_id, None)


def _sample_page(sample_id: str, wrong: Refusal | None) -> str:
    with office().office.reading() as session:
        found = session.get(Sample, sample_id)
        if found is None:
            raise NotThere("没有这次抽样")
        items = samples.items_of(session, found, staff())
        known = names(session)
        rows = [(item, letter, known.unit(letter.unit_id), known.person(item.by) if item.by else "") for item, letter in items]
    return render_template("supervision/sample.html", sample=found, rows=rows, may_note=bool(staff().roles & INSPECTORS),
                           error=wrong.reason if wrong else "", page_has_errors=wrong is not None)  # fmt: skip


@bp.post("/supervision/samples/<sample_id>/<letter_id>")
@allowed(Role.SUPERVISION_INSPECTOR)
def note(sample_id: str, letter_id: str) -> Answer | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            letter_lists.find(session, letter_id, staff(), to_change=True)
            item = session.get(SampleItem, (sample_id, letter_id))
            if item is None:
                raise NotThere("这件不在这次抽样里")
            passed = request.form.get("result") == "passed"
            samples.note(session, item, passed=passed, text=request.form.get("text", ""), by=staff(), at=now())
    except NotThere:
        raise
    except Refusal as refused:
        if what_was_typed():
            raise
        return _sample_page(sample_id, refused), refused.status
    flash("结果已记下")
    return redirect(url_for("supervision.sample", sample_id=sample_id), 303)


# ---- figures ----


@bp.get("/supervision/figures")
@allowed(Role.SUPERVISION_INSPECTOR, Role.GROUP_LEAD, Role.PATROL_COORDINATOR, Role.LEADER)
def figures() -> str:
    return _figures_page(None)


def _figures_page(wrong: Refusal | None) -> str:
    with office().office.reading() as session:
        known = names(session)
        page = paging(how_many(session, samples.figures_to_show(staff()), FigureCheck.letter_id), "supervision.figures")
        shown = samples.figures(session, staff(), first=page.first, limit=PAGE)
        rows = [(line, known.unit(line.letter.unit_id)) for line in shown]
    return render_template("supervision/figures.html", rows=rows, page=page, may_check=bool(staff().roles & INSPECTORS),
                           error=wrong.reason if wrong else "", page_has_errors=wrong is not None)  # fmt: skip


@bp.post("/supervision/figures/<letter_id>")
@allowed(Role.SUPERVISION_INSPECTOR)
def check_figure(letter_id: str) -> Answer | tuple[str, int]:
    try:
        with office().office.transaction() as session:
            letter = letter_lists.find(session, letter_id, staff(), to_change=True)
            found = request.form.get("found", -1, type=int)
            samples.check_figure(session, letter, found, request.form.get("text", ""), by=staff(), at=now())
    except NotThere:
        raise
    except Refusal as refused:
        if what_was_typed():
            raise
        return _figures_page(refused), refused.status
    flash("追责数据已审核")
    return redirect(url_for("supervision.figures"), 303)


# ---- menu ----


def _count(*rungs: Rung) -> Count:
    def count(session: Session, person: SignedIn) -> int:
        query = _known_to(person).where(Supervision.state.in_(rungs))
        return how_many(session, query, Supervision.id)

    return count


ENTRIES: tuple[Entry, ...] = (
    Entry(FIRST, "催办、督办文书", "supervision.unit_papers", frozenset({Role.UNIT_OFFICER}), _matters_of_unit, urgent=True),
    Entry(FIRST, "监察申请和立案", "supervision.index", INSPECTORS, urgent=True),
    Entry("督办", "督办阶梯", "supervision.index", frozenset(READERS) - INSPECTORS, _count(Rung.SUPERVISED, Rung.INSPECTED)),
    Entry("督办", "抽查、回头看", "supervision.sample_list", INSPECTORS | {Role.PATROL_COORDINATOR, Role.LEADER}),
    Entry("督办", "追责数据审核", "supervision.figures", INSPECTORS | {Role.GROUP_LEAD, Role.PATROL_COORDINATOR, Role.LEADER}),
)
