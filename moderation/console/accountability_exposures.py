"""The desk of exposed cases (曝光案例), polluters, repeat offenders and the blacklist (黑名单)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import Response as FileResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.accountability import exposures, pictures, polluters, records
from moderation.accountability.exposures import ExposedCase, ExposurePicture, Penalty
from moderation.accountability.machine import EXPOSURE
from moderation.accountability.polluters import BlacklistEntry, Polluter, PolluterMention
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.words import ExposureState, PenaltyKind, Rectified
from moderation.console import accountability_forms as forms
from moderation.console.access import allowed, office, staff
from moderation.console.accountability_forms import Answer, answer
from moderation.console.navigation import Entry
from moderation.evidence import evidence_store
from moderation.holidays import office_calendar
from moderation.publication import disclosures, duties
from moderation.publication.pressing import press_of
from moderation.staff import SignedIn
from portal.core.clock import day_of, now
from portal.core.errors import NotThere
from portal.core.vocabulary import Role
from portal.core.workflow import Step

bp = Blueprint("accountability_exposures", __name__, url_prefix="/accountability")
EDITORS = (Role.ACCOUNTABILITY_OFFICER, Role.DRAFTER)
VIEWERS = (*EDITORS, Role.DISCIPLINE_OFFICER, Role.LEADER, Role.SIGNATORY, Role.AUDITOR)
STEP_WORDS = {"make_ready": "可以公开了", "rework": "退回修改", "take_down": "撤下"}


def _waiting(session: Session, _person: SignedIn) -> int:
    """Exposed cases whose penalty was quashed and that are still up."""
    return len(exposures.due_for_take_down(session))


ENTRIES = (
    Entry("问责", "曝光案例", "accountability_exposures.exposed_cases", frozenset(VIEWERS), _waiting, urgent=True),
    Entry("问责", "排污者和黑名单", "accountability_exposures.polluter_list", frozenset(VIEWERS)),
)


def _may_edit() -> bool:
    return bool(frozenset(EDITORS) & staff().roles)


@bp.get("/exposures")
@allowed(*VIEWERS)
def exposed_cases() -> str:
    with office().office.reading() as session:
        found = list(session.scalars(select(ExposedCase).order_by(ExposedCase.id.desc())))
        down = exposures.due_for_take_down(session)
        return render_template("accountability/exposures.html", cases=found, down=down, may_edit=_may_edit())


@bp.route("/exposures/new", methods=["GET", "POST"])
@allowed(*EDITORS)
def new_exposure() -> Answer:
    form = forms.ExposureForm()
    with office().office.reading() as session:
        forms.offer(form.polluter_id, [(one.id, one.name) for one in session.scalars(select(Polluter).order_by(Polluter.name))])
        forms.offer(form.region_code, forms.regions(session))
        forms.offer(form.case_id, forms.NOBODY + forms.case_choices(session))
    if not form.polluter_id.choices:
        flash("请先登记排污者", "warn")
        return redirect(url_for(".new_polluter"), 303)

    def act(session: Session) -> str:
        given = {name: value for name, value in form.data.items() if name not in {"csrf_token", "polluter_id"}}
        given |= {name: given[name] or None for name in ("case_id", "letter_batch", "task_record")}
        polluter = session.get_one(Polluter, form.polluter_id.data)
        exposed = exposures.draft_exposure(session, polluter, exposures.NewExposure(**given), by=staff(), at=now())
        return url_for(".exposure", exposed_id=exposed.id)

    return answer(form, act, title="新的曝光案例", back=url_for(".exposed_cases"), hint="只公开已经作出决定的案件。")


def _steps(exposed: ExposedCase) -> list[tuple[Step, str]]:
    fitting = [step for step in EXPOSURE.steps if step.source is exposed.state and step.roles & staff().roles]
    return [(step, STEP_WORDS[step.verb]) for step in fitting if step.verb in STEP_WORDS]


@bp.get("/exposures/<exposed_id>")
@allowed(*VIEWERS)
def exposure(exposed_id: str) -> str:
    with office().office.reading() as session:
        exposed = exposures.exposure_named(session, exposed_id)
        return render_template(
            "accountability/exposure.html",
            exposed=exposed,
            region=forms.region_tree(session).full_name(exposed.region_code),
            case=session.get(AccountabilityCase, exposed.case_id) if exposed.case_id else None,
            gaps=exposed.gaps,
            steps=_steps(exposed),
            open=exposed.state in (ExposureState.DRAFT, ExposureState.READY),
            may_edit=_may_edit(),
            disclosure=disclosures.find_by_source(session, records.EXPOSED_SOURCE, exposed.id),
            take_down_basis=duties.rule_of(duties.TAKE_DOWN, day_of(now())).basis,
        )


def _back(exposed_id: str) -> str:
    return url_for(".exposure", exposed_id=exposed_id)


@bp.route("/exposures/<exposed_id>/penalties/new", methods=["GET", "POST"])
@allowed(*EDITORS)
def new_penalty(exposed_id: str) -> Answer:
    form = forms.PenaltyForm()

    def act(session: Session) -> str:
        exposures.add_penalty(
            session, exposures.exposure_named(session, exposed_id), PenaltyKind(form.kind.data),  # type: ignore[call-arg]
            document=form.document.data, decided_on=form.decided_on.data, fine_yuan=form.fine_yuan.data,
            text=form.text.data or "", by=staff(), at=now(),
        )  # fmt: skip
        return _back(exposed_id)

    return answer(form, act, title="登记处罚决定", back=_back(exposed_id))


@bp.route("/exposures/<exposed_id>/penalties/<penalty_id>/quash", methods=["GET", "POST"])
@allowed(*EDITORS)
def quash(exposed_id: str, penalty_id: str) -> Answer:
    form = forms.QuashForm()

    def act(session: Session) -> str:
        exposed = exposures.exposure_named(session, exposed_id)
        penalty: Penalty | None = next((one for one in exposed.penalties if one.id == penalty_id), None)
        if penalty is None:
            raise NotThere("没有这项处罚")
        exposures.quash_penalty(session, exposed, penalty, on=form.on.data, reason=form.reason.data, by=staff(), at=now())
        flash("已登记撤销。签发人可以马上撤下；最迟第三个工作日由系统撤下。", "warn")
        return _back(exposed_id)

    return answer(form, act, title="处罚被撤销或变更", back=_back(exposed_id), hint=exposures.TAKE_DOWN_CLAUSE)


@bp.route("/exposures/<exposed_id>/pictures/new", methods=["GET", "POST"])
@allowed(*EDITORS)
def new_picture(exposed_id: str) -> Answer:
    form = forms.PictureForm()

    def act(session: Session) -> str:
        exposures.add_picture(
            session, exposures.exposure_named(session, exposed_id), evidence_store(office()), form.picture.data.read(),
            alt=form.alt.data, boxes=pictures.typed_boxes(form.boxes.data or ""), by=staff(), at=now(),
        )  # fmt: skip
        return _back(exposed_id)

    return answer(form, act, title="添加图片", back=_back(exposed_id), hint="公开的是去掉拍摄信息、烧入遮挡的副本；原图不公开。")


def _picture(session: Session, exposed_id: str, picture_id: str) -> ExposurePicture:
    exposed = exposures.exposure_named(session, exposed_id)
    picture = next((one for one in exposed.pictures if one.id == picture_id), None)
    if picture is None:
        raise NotThere("没有这张图片")
    return picture


@bp.get("/exposures/<exposed_id>/pictures/<picture_id>.jpg")
@allowed(*VIEWERS)
def picture_copy(exposed_id: str, picture_id: str) -> FileResponse:
    """The copy that would be public."""
    with office().office.reading() as session:
        name = _picture(session, exposed_id, picture_id).copy
    return FileResponse(evidence_store(office()).get(name), mimetype="image/jpeg")


@bp.route("/exposures/<exposed_id>/pictures/<picture_id>/boxes", methods=["GET", "POST"])
@allowed(*EDITORS)
def boxes(exposed_id: str, picture_id: str) -> Answer:
    with office().office.reading() as session:
        kept = pictures.read_boxes(_picture(session, exposed_id, picture_id).boxes)
    typed = "\n".join(f"{box.left} {box.top} {box.right} {box.bottom}" for box in kept)
    form = forms.BoxesForm(data={"boxes": typed})

    def act(session: Session) -> str:
        picture = _picture(session, exposed_id, picture_id)
        placed = pictures.typed_boxes(form.boxes.data or "")
        exposures.place_boxes(session, picture, evidence_store(office()), placed, by=staff(), at=now())
        return _back(exposed_id)

    return answer(form, act, title="遮挡框", back=_back(exposed_id), hint="改过以后要重新核对。")


@bp.post("/exposures/<exposed_id>/pictures/<picture_id>/confirm")
@allowed(*EDITORS)
def confirm_picture(exposed_id: str, picture_id: str) -> Response:
    with office().office.transaction() as session:
        exposures.confirm_picture(session, _picture(session, exposed_id, picture_id), by=staff(), at=now())
    return redirect(_back(exposed_id), 303)


@bp.route("/exposures/<exposed_id>/rectified", methods=["GET", "POST"])
@allowed(*EDITORS)
def rectified(exposed_id: str) -> Answer:
    form = forms.RectifiedForm()

    def act(session: Session) -> str:
        chosen = Rectified(form.rectified.data)  # type: ignore[call-arg]
        exposed = exposures.exposure_named(session, exposed_id)
        exposures.set_rectified(session, exposed, chosen, text=form.text.data or "", by=staff(), at=now())
        return _back(exposed_id)

    return answer(form, act, title="整改情况", back=_back(exposed_id))


@bp.post("/exposures/<exposed_id>/steps/<verb>")
@allowed(*EDITORS)
def step(exposed_id: str, verb: str) -> Response:
    with office().office.transaction() as session:
        exposures.take_step(session, exposures.exposure_named(session, exposed_id), verb, by=staff(), at=now())
    return redirect(_back(exposed_id), 303)


@bp.route("/exposures/<exposed_id>/steps/<verb>/words", methods=["GET", "POST"])
@allowed(*EDITORS)
def step_with_words(exposed_id: str, verb: str) -> Answer:
    form = forms.StepForm()

    def act(session: Session) -> str:
        exposed = exposures.exposure_named(session, exposed_id)
        exposures.take_step(session, exposed, verb, by=staff(), at=now(), text=form.text.data)
        return _back(exposed_id)

    return answer(form, act, title=STEP_WORDS.get(verb, verb), back=_back(exposed_id))


@bp.post("/exposures/<exposed_id>/hand-over")
@allowed(*EDITORS)
def hand_over(exposed_id: str) -> Response:
    with office().office.transaction() as session:
        exposed = exposures.exposure_named(session, exposed_id)
        region = forms.region_tree(session).name(exposed.region_code)
        case = session.get(AccountabilityCase, exposed.case_id) if exposed.case_id else None
        record = records.exposure_record(session, exposed, region_name=region, at=now(), case=case)
        records.lay_out_pictures(exposed, evidence_store(office()), press_of(office()).paths.media)
        made_on = max(penalty.decided_on for penalty in exposed.penalties)
        source = (records.EXPOSED_SOURCE, exposed.id)
        calendar = office_calendar(session)
        letters = (case.letter_id,) if case is not None else ()
        records.hand_over(session, record, source=source, made_on=made_on, letters=letters, calendar=calendar, by=staff(), at=now())
    flash("已送到公开台，由宣传拟稿人接着办。")
    return redirect(_back(exposed_id), 303)


@dataclass(frozen=True)
class ListedPolluter:
    """A polluter on the blacklist, as the page prints it."""

    entry: BlacklistEntry
    polluter: Polluter


@bp.get("/polluters")
@allowed(*VIEWERS)
def polluter_list() -> str:
    today = day_of(now())
    with office().office.reading() as session:
        mentions = select(PolluterMention.polluter_id, func.count()).group_by(PolluterMention.polluter_id)
        return render_template(
            "accountability/polluters.html",
            listed=[ListedPolluter(entry, polluter) for entry, polluter in polluters.blacklisted(session, today)],
            repeated=polluters.repeat_offenders(session),
            every=list(session.scalars(select(Polluter).order_by(Polluter.name))),
            counts={row[0]: row[1] for row in session.execute(mentions)},
            may_edit=_may_edit(),
        )


@bp.route("/polluters/new", methods=["GET", "POST"])
@allowed(*EDITORS)
def new_polluter() -> Answer:
    form = forms.PolluterForm()
    with office().office.reading() as session:
        forms.offer(form.region_code, forms.regions(session))

    def act(session: Session) -> str:
        polluter = polluters.register_polluter(
            session, name=form.name.data, uscc=form.uscc.data or "", region_code=form.region_code.data,
            address=form.address.data or "", state_owned=form.state_owned.data, by=staff(), at=now(),
        )  # fmt: skip
        return url_for(".polluter", polluter_id=polluter.id)

    return answer(form, act, title="登记排污者", back=url_for(".polluter_list"))


def _polluter(session: Session, polluter_id: str) -> Polluter:
    found = session.get(Polluter, polluter_id)
    if found is None:
        raise NotThere("没有这个排污者")
    return found


@bp.get("/polluters/<polluter_id>")
@allowed(*VIEWERS)
def polluter(polluter_id: str) -> str:
    with office().office.reading() as session:
        found = _polluter(session, polluter_id)
        chosen = select(PolluterMention).where(PolluterMention.polluter_id == found.id).order_by(PolluterMention.on.desc())
        return render_template(
            "accountability/polluter.html",
            polluter=found,
            region=forms.region_tree(session).full_name(found.region_code),
            mentions=list(session.scalars(chosen)),
            entries=polluters.blacklist_entries(session, found),
            may_edit=_may_edit(),
        )


@bp.route("/polluters/<polluter_id>/blacklist", methods=["GET", "POST"])
@allowed(Role.ACCOUNTABILITY_OFFICER)
def enter_blacklist(polluter_id: str) -> Answer:
    form = forms.BlacklistForm()

    def act(session: Session) -> str:
        given = {name: value for name, value in form.data.items() if name != "csrf_token"}
        polluters.enter_blacklist(session, _polluter(session, polluter_id), **given, by=staff(), at=now())
        return url_for(".polluter", polluter_id=polluter_id)

    return answer(form, act, title="列入黑名单", back=url_for(".polluter", polluter_id=polluter_id), button="列入")


@bp.route("/blacklist/<entry_id>/leave", methods=["GET", "POST"])
@allowed(Role.ACCOUNTABILITY_OFFICER)
def leave_blacklist(entry_id: str) -> Answer:
    form = forms.LeaveForm()

    def act(session: Session) -> str:
        entry = session.get(BlacklistEntry, entry_id)
        if entry is None:
            raise NotThere("没有这条黑名单记录")
        polluters.leave_blacklist(session, entry, reason=form.reason.data, on=form.on.data, by=staff(), at=now())
        return url_for(".polluter", polluter_id=entry.polluter_id)

    return answer(form, act, title="移出黑名单", back=url_for(".polluter_list"), button="移出")
