"""The desk of investigations, registers (责任书、约谈、挂牌督办……), yearly assessments and bulletins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import Response as FileResponse
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.accountability import bulletins, investigations, records, registers, worksheet
from moderation.accountability.bulletins import Bulletin
from moderation.accountability.exposures import ExposedCase
from moderation.accountability.investigations import FINDINGS, Investigation, Papers
from moderation.accountability.machine import INVESTIGATION
from moderation.accountability.official_papers import bulletin_paper
from moderation.accountability.outcome_text import item_paragraphs, tally_sentence
from moderation.accountability.polluters import Polluter
from moderation.accountability.registers import RegisterEntry, YearlyAssessment
from moderation.accountability.statistics import COUNTED_STATES
from moderation.accountability.tables import AccountabilityCase
from moderation.accountability.words import ExposureState, Level, RegisterKind, YearGrade
from moderation.console import accountability_forms as forms
from moderation.console.access import allowed, office, staff
from moderation.console.accountability_forms import Answer, answer, paper_file
from moderation.console.navigation import Entry
from moderation.holidays import office_calendar
from moderation.papers import can_print_pdf
from moderation.publication import disclosures
from moderation.staff import SignedIn, Unit
from portal.core.accountability_rules import rulebook
from portal.core.clock import day_of, now
from portal.core.errors import NotThere
from portal.core.vocabulary import Role

bp = Blueprint("accountability_registers", __name__, url_prefix="/accountability")
OFFICERS = (Role.ACCOUNTABILITY_OFFICER,)
DECIDERS = (Role.ACCOUNTABILITY_OFFICER, Role.DISCIPLINE_OFFICER, Role.LEADER)
VIEWERS = (*DECIDERS, Role.PATROL_COORDINATOR, Role.SUPERVISION_INSPECTOR, Role.AUDITOR)
KEEPERS = (Role.ACCOUNTABILITY_OFFICER, Role.PATROL_COORDINATOR)
STEP_WORDS = {
    "approve_team": "调查组已批准",
    "conclude": "形成调查结论",
    "submit_report": "报送调查报告",
    "return_report": "退回补充调查",
    "approve_report": "批准报告",
    "close_follow_up": "处理已落实，办结",
    "note_publication": "报告已公开",
}


def _overdue(session: Session, person: SignedIn) -> int:
    """Reports that should be public by now, for those who watch over it; none about their own unit."""
    late = investigations.overdue_publications(session, day_of(now()))
    return sum(found.case.unit_id != person.unit_id for found in late)


ENTRIES = (
    Entry("问责", "问责调查", "accountability_registers.investigation_list", frozenset(VIEWERS), _overdue, urgent=True),
    Entry("问责", "登记簿", "accountability_registers.register", frozenset(VIEWERS)),
    Entry("问责", "年度考核", "accountability_registers.years", frozenset(VIEWERS)),
    Entry("问责", "通报", "accountability_registers.bulletin_list", frozenset(VIEWERS)),
)


def _may(*roles: Role) -> bool:
    return bool(frozenset(roles) & staff().roles)


# ---- investigations ----


@bp.get("/investigations")
@allowed(*VIEWERS)
def investigation_list() -> str:
    today = day_of(now())
    with office().office.reading() as session:
        chosen = select(Investigation).join(AccountabilityCase).where(AccountabilityCase.unit_id != staff().unit_id)
        found = [
            (one, investigations.publication_word(one, today))
            for one in session.scalars(chosen.order_by(Investigation.started_on.desc()))
        ]
        return render_template("accountability/investigations.html", found=found)


def _own_case(session: Session, case_id: str) -> AccountabilityCase:
    """The case, unless it concerns this person's own unit."""
    case = worksheet.case_named(session, case_id)
    if case.unit_id == staff().unit_id:
        raise NotThere("没有这个问责案件")
    return case


def _investigation(session: Session, case_id: str) -> Investigation:
    found = investigations.investigation_of(session, case_id)
    if found is None or found.case.unit_id == staff().unit_id:
        raise NotThere("没有这项调查")
    return found


def _back(case_id: str) -> str:
    return url_for(".investigation", case_id=case_id)


@bp.route("/cases/<case_id>/investigation/new", methods=["GET", "POST"])
@allowed(*DECIDERS)
def new_investigation(case_id: str) -> Answer:
    form = forms.InvestigationForm()

    def act(session: Session) -> str:
        case = _own_case(session, case_id)
        investigations.start_investigation(
            session, case, started_by=form.started_by.data, why=form.why.data, assisting=form.assisting.data, by=staff(), at=now()
        )
        return _back(case_id)

    return answer(form, act, title="启动调查", back=url_for("accountability.case", case_id=case_id), button="启动")


@bp.get("/cases/<case_id>/investigation")
@allowed(*VIEWERS)
def investigation(case_id: str) -> str:
    with office().office.reading() as session:
        found = _investigation(session, case_id)
        steps = [step for step in INVESTIGATION.steps if step.source is found.state and step.roles & staff().roles]
        return render_template(
            "accountability/investigation.html",
            found=found,
            findings=[(label, found.finding(name)) for name, label in FINDINGS.items()],
            publication=investigations.publication_word(found, day_of(now())),
            gaps=found.gaps,
            step_words=STEP_WORDS,
            steps=[(step, STEP_WORDS[step.verb]) for step in steps if step.verb != "note_publication"],
            may_edit=_may(*OFFICERS),
            may_decide=_may(*DECIDERS),
            disclosure=disclosures.find_by_source(session, records.INVESTIGATION_SOURCE, found.id),
        )


def _write(case_id: str, papers: Callable[[], Papers]) -> Callable[[Session], str]:
    def act(session: Session) -> str:
        investigations.write_papers(session, _investigation(session, case_id), papers(), by=staff(), at=now())
        return _back(case_id)

    return act


def _kept(case_id: str) -> dict[str, object]:
    with office().office.reading() as session:
        found = _investigation(session, case_id)
        return {name: getattr(found, name) for name in Papers.__dataclass_fields__} | {row.name: row.text for row in found.findings}


def _given(form: FlaskForm) -> dict[str, object]:
    return {name: value for name, value in form.data.items() if name != "csrf_token"}


@bp.route("/cases/<case_id>/investigation/team", methods=["GET", "POST"])
@allowed(*DECIDERS)
def team(case_id: str) -> Answer:
    form = forms.TeamForm(data=_kept(case_id))
    return answer(form, _write(case_id, lambda: Papers(**_given(form))), title="调查组", back=_back(case_id))  # type: ignore[arg-type]


@bp.route("/cases/<case_id>/investigation/findings", methods=["GET", "POST"])
@allowed(*OFFICERS)
def findings(case_id: str) -> Answer:
    fields = {name: forms.may_text(label) for name, label in FINDINGS.items()}
    form = type("FindingsForm", (forms.DeskForm,), fields)(data=_kept(case_id))

    def act(session: Session) -> str:
        texts = {name: form[name].data or "" for name in FINDINGS}
        investigations.write_findings(session, _investigation(session, case_id), texts, by=staff(), at=now())
        return _back(case_id)

    return answer(form, act, title="调查结论", back=_back(case_id), hint="每一项都要写；没有的写“无”。")


@bp.route("/cases/<case_id>/investigation/report", methods=["GET", "POST"])
@allowed(*OFFICERS)
def report(case_id: str) -> Answer:
    form = forms.ReportForm(data=_kept(case_id))
    return answer(form, _write(case_id, lambda: Papers(**_given(form))), title="意见和报告", back=_back(case_id))  # type: ignore[arg-type]


@bp.route("/cases/<case_id>/investigation/approval", methods=["GET", "POST"])
@allowed(*DECIDERS)
def approval(case_id: str) -> Answer:
    form = forms.ApprovalForm(data=_kept(case_id))
    return answer(form, _write(case_id, lambda: Papers(**_given(form))), title="报告的批准", back=_back(case_id))  # type: ignore[arg-type]


@bp.post("/cases/<case_id>/investigation/steps/<verb>")
@allowed(*DECIDERS)
def investigation_step(case_id: str, verb: str) -> Response:
    with office().office.transaction() as session:
        found, calendar = _investigation(session, case_id), office_calendar(session)
        investigations.take_step(session, found, verb, calendar=calendar, by=staff(), at=now())
    return redirect(_back(case_id), 303)


@bp.route("/cases/<case_id>/investigation/steps/<verb>/words", methods=["GET", "POST"])
@allowed(*DECIDERS)
def investigation_step_with_words(case_id: str, verb: str) -> Answer:
    form = forms.StepForm()

    def act(session: Session) -> str:
        found, calendar = _investigation(session, case_id), office_calendar(session)
        investigations.take_step(session, found, verb, calendar=calendar, by=staff(), at=now(), text=form.text.data)
        return _back(case_id)

    return answer(form, act, title=STEP_WORDS.get(verb, verb), back=_back(case_id))


@bp.post("/cases/<case_id>/investigation/hand-over")
@allowed(*DECIDERS)
def hand_over_report(case_id: str) -> Response:
    with office().office.transaction() as session:
        found = _investigation(session, case_id)
        region = forms.region_tree(session).name(found.case.region_code)
        record = records.investigation_record(session, found, region_name=region, at=now())
        source = (records.INVESTIGATION_SOURCE, found.id)
        made_on = found.report_approved_on or day_of(now())
        records.hand_over(
            session, record, source=source, made_on=made_on, letters=(found.case.letter_id,), calendar=office_calendar(session),
            by=staff(), at=now(),
        )  # fmt: skip
    flash("已送到公开台，由宣传拟稿人接着办。")
    return redirect(_back(case_id), 303)


# ---- registers ----


@dataclass(frozen=True)
class RegisterLine:
    """An entry as the page prints it."""

    entry: RegisterEntry
    who: str
    state: str
    tone: str


def _register_line(entry: RegisterEntry, names: dict[str, str]) -> RegisterLine:
    today = day_of(now())
    who = names.get(entry.unit_id or entry.polluter_id or "", "")
    if entry.kind is RegisterKind.COPIED_RESULT:
        return RegisterLine(entry, who, "已签收" if entry.received_on else "待签收", "" if entry.received_on else "warn")
    if entry.released_on:
        return RegisterLine(entry, who, "已解除", "plain")
    if entry.is_overdue(today):
        return RegisterLine(entry, who, "逾期未解除", "bad")
    return RegisterLine(entry, who, "有效" if entry.holds_on(today) else "已到期", "plain")


@bp.get("/registers")
@allowed(*VIEWERS)
def register() -> str:
    chosen = request.args.get("kind", "")
    kind = RegisterKind(chosen) if chosen in {one.value for one in RegisterKind} else None  # type: ignore[call-arg]
    with office().office.reading() as session:
        names = dict(forms.units(session)) | {one.id: one.name for one in session.scalars(select(Polluter))}
        lines = [_register_line(entry, names) for entry in registers.entries(session, kind=kind)]
    return render_template(
        "accountability/registers.html",
        lines=lines,
        kinds=list(RegisterKind),
        chosen=kind,
        rules=registers.RULES,
        may_edit=_may(*KEEPERS),
    )


@bp.route("/registers/new", methods=["GET", "POST"])
@allowed(*KEEPERS)
def new_entry() -> Answer:
    form = forms.RegisterForm(data={"kind": request.args.get("kind", "")})
    with office().office.reading() as session:
        forms.offer(form.unit_id, forms.units(session, empty="（不是单位）"))
        firms = session.scalars(select(Polluter).order_by(Polluter.name))
        forms.offer(form.polluter_id, [("", "（不是企业）"), *((one.id, one.name) for one in firms)])
        forms.offer(form.case_id, forms.NOBODY + forms.case_choices(session))

    def act(session: Session) -> str:
        given = {name: value for name, value in form.data.items() if name != "csrf_token"}
        given |= {name: given[name] or None for name in ("unit_id", "polluter_id", "case_id")}
        given["kind"] = RegisterKind(given["kind"])  # type: ignore[call-arg]
        given["level"] = Level(given["level"]) if given["level"] else None  # type: ignore[call-arg]
        entry = registers.enter(session, registers.NewEntry(**given), by=staff(), at=now())
        return url_for(".register", kind=entry.kind.value)

    return answer(form, act, title="登记", back=url_for(".register"))


def _entry(session: Session, entry_id: str) -> RegisterEntry:
    found = session.get(RegisterEntry, entry_id)
    if found is None:
        raise NotThere("没有这条登记")
    return found


@bp.route("/registers/<entry_id>/release", methods=["GET", "POST"])
@allowed(*KEEPERS)
def release(entry_id: str) -> Answer:
    form = forms.LeaveForm()

    def act(session: Session) -> str:
        entry = _entry(session, entry_id)
        registers.release(session, entry, on=form.on.data, evidence=form.reason.data, by=staff(), at=now())
        return url_for(".register", kind=entry.kind.value)

    return answer(form, act, title="解除", back=url_for(".register"), button="解除")


@bp.route("/registers/<entry_id>/receipt", methods=["GET", "POST"])
@allowed(*KEEPERS)
def receipt(entry_id: str) -> Answer:
    form = forms.ReceiptForm()

    def act(session: Session) -> str:
        entry = _entry(session, entry_id)
        registers.sign_receipt(session, entry, received_by=form.received_by.data, on=form.on.data, by=staff(), at=now())
        return url_for(".register", kind=entry.kind.value)

    return answer(form, act, title="签收", back=url_for(".register"))


@dataclass(frozen=True)
class YearLine:
    """One unit's year as the page prints it."""

    assessment: YearlyAssessment
    unit: str
    found: list[tuple[str, str]]
    consequences: list[str]


def _year_line(assessment: YearlyAssessment, names: dict[str, str]) -> YearLine:
    subjects = rulebook().words.subjects
    measures = registers.consequences(assessment).measures
    words = dict.fromkeys(f"{subjects[one.measure.subject]}：{'、'.join(one.measure.words)}" for one in measures)
    return YearLine(assessment, names.get(assessment.unit_id, ""), assessment.found, list(words))


@bp.get("/years")
@allowed(*VIEWERS)
def years() -> str:
    with office().office.reading() as session:
        names = dict(forms.units(session))
        chosen = select(YearlyAssessment).order_by(YearlyAssessment.year.desc(), YearlyAssessment.unit_id)
        lines = [_year_line(one, names) for one in session.scalars(chosen)]
    return render_template("accountability/years.html", lines=lines, may_edit=_may(*KEEPERS))


@bp.route("/years/new", methods=["GET", "POST"])
@allowed(*KEEPERS)
def new_year() -> Answer:
    form = forms.YearForm(data={"year": day_of(now()).year})
    rows = [row for row in rulebook().rulesets[registers.ASSESSED_BY].rows if row.id.startswith("QH18.")]
    forms.offer(form.rows, [(row.id, row.situation) for row in rows])
    with office().office.reading() as session:
        forms.offer(form.unit_id, forms.units(session))

    def act(session: Session) -> str:
        by_hand = [(row, form.why.data or "") for row in form.rows.data or []]
        registers.grade_year(
            session, session.get_one(Unit, form.unit_id.data), form.year.data, YearGrade(form.grade.data),  # type: ignore[call-arg]
            disqualifiers=by_hand, decided_by=form.decided_by.data, decided_on=form.decided_on.data, by=staff(), at=now(),
        )  # fmt: skip
        return url_for(".years")

    return answer(form, act, title="年度考核评定", back=url_for(".years"))


# ---- bulletins ----


@bp.get("/bulletins")
@allowed(*VIEWERS)
def bulletin_list() -> str:
    with office().office.reading() as session:
        found = list(session.scalars(select(Bulletin).order_by(Bulletin.issued_on.desc())))
        return render_template("accountability/bulletins.html", found=found, may_edit=_may(*OFFICERS))


@bp.route("/bulletins/new", methods=["GET", "POST"])
@allowed(*OFFICERS)
def new_bulletin() -> Answer:
    form = forms.BulletinForm()
    with office().office.reading() as session:
        forms.offer(form.cases, forms.case_choices(session, *COUNTED_STATES))
        ready = ExposedCase.state.in_((ExposureState.READY, ExposureState.PUBLISHED))
        forms.offer(form.exposed, [(one.id, one.title) for one in session.scalars(select(ExposedCase).where(ready))])
        root = forms.home_region(session).code

    def act(session: Session) -> str:
        given = {name: value for name, value in form.data.items() if name not in {"csrf_token", "cases", "exposed"}}
        bulletin = bulletins.make_bulletin(
            session, bulletins.NewBulletin(**given, region_code=root),
            cases=[session.get_one(AccountabilityCase, one) for one in form.cases.data or []],
            exposed=[session.get_one(ExposedCase, one) for one in form.exposed.data or []],
            by=staff(), at=now(),
        )  # fmt: skip
        return url_for(".bulletin", bulletin_id=bulletin.id)

    return answer(form, act, title="编一份通报", back=url_for(".bulletin_list"), button="编好")


@bp.get("/bulletins/<bulletin_id>")
@allowed(*VIEWERS)
def bulletin(bulletin_id: str) -> str:
    with office().office.reading() as session:
        found = bulletins.bulletin_named(session, bulletin_id)
        disclosure = disclosures.find_by_source(session, records.BULLETIN_SOURCE, found.id)
        return render_template(
            "accountability/bulletin.html",
            bulletin=found,
            summary=tally_sentence(bulletins.bulletin_tally(found)),
            paragraphs=[item_paragraphs(item) for item in found.items],
            disclosure=disclosure,
            can_print=can_print_pdf(),
            may_decide=_may(*DECIDERS),
        )


@bp.get("/bulletins/<bulletin_id>.<form>")
@allowed(*VIEWERS)
def bulletin_file(bulletin_id: str, form: str) -> FileResponse:
    with office().office.reading() as session:
        found = bulletins.bulletin_named(session, bulletin_id)
        return paper_file(bulletin_paper(found), form, f"bulletin-{found.issued_on.isoformat()}")


@bp.post("/bulletins/<bulletin_id>/hand-over")
@allowed(*DECIDERS)
def hand_over_bulletin(bulletin_id: str) -> Response:
    with office().office.transaction() as session:
        found = bulletins.bulletin_named(session, bulletin_id)
        record = records.bulletin_record(found, region_name=forms.region_tree(session).name(found.region_code), at=now())
        names = tuple(name for item in found.items if item.case is not None for name in records.named_in_full(item.case))
        records.hand_over(
            session, record, source=(records.BULLETIN_SOURCE, found.id), made_on=found.issued_on, names=names,
            letters=[item.case.letter_id for item in found.items if item.case is not None],
            calendar=office_calendar(session), by=staff(), at=now(),
        )  # fmt: skip
    flash("已送到公开台，由宣传拟稿人接着办。")
    return redirect(url_for(".bulletin", bulletin_id=bulletin_id), 303)
