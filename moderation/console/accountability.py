"""The accountability desk (追责问责组): cases with their worksheet, decisions beside the suggestion, and the steps of procedure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from werkzeug.wrappers import Response

from moderation.accountability import decisions, exposures, investigations, records, statistics, validity, worksheet
from moderation.accountability.assess import Assessment
from moderation.accountability.machine import CASE
from moderation.accountability.official_papers import list_paper, notice_paper
from moderation.accountability.polluters import Polluter
from moderation.accountability.tables import AccountabilityCase, Party, PartyMeasure
from moderation.accountability.words import (
    AccidentPoint,
    CaseState,
    ChangeKind,
    CheckAnswer,
    Comparison,
    Dimension,
    Factor,
    Naming,
    Origin,
    PartyKind,
    Procedure,
    Rank,
    Tenure,
)
from moderation.console import accountability_forms as forms
from moderation.console.access import allowed, office, staff
from moderation.console.accountability_forms import Answer, answer
from moderation.console.accountability_words import in_plain_words
from moderation.console.navigation import Entry
from moderation.console.undo import flash_done
from moderation.console.undo_offers import on_worksheet
from moderation.holidays import office_calendar
from moderation.publication import disclosures
from moderation.settings import public_settings
from moderation.undoing import UndoOffer
from portal.core import accountability_rules
from portal.core.accountability_model import ADJUSTMENTS, Kind
from portal.core.accountability_rules import measure_text, rulebook
from portal.core.clock import day_of, now
from portal.core.errors import NotThere
from portal.core.vocabulary import Role
from portal.core.workflow import Step

bp = Blueprint("accountability", __name__, url_prefix="/accountability")
VIEWERS = (Role.ACCOUNTABILITY_OFFICER, Role.DISCIPLINE_OFFICER, Role.LEADER, Role.SUPERVISION_INSPECTOR, Role.AUDITOR)
OFFICERS = (Role.ACCOUNTABILITY_OFFICER,)
DECIDERS = (Role.ACCOUNTABILITY_OFFICER, Role.DISCIPLINE_OFFICER, Role.LEADER)
PAGE = 100
STEP_WORDS = {
    "finish_checks": "四查完成",
    "reopen_checks": "重新核查",
    "confirm_decision": "确认处理决定",
    "report_execution": "登记落实情况",
    "close": "结案",
    "reopen": "重新启动",
}
TONES = {Comparison.BELOW: "bad", Comparison.ABOVE: "warn", Comparison.MEETS: "", Comparison.NONE: "plain"}


ENTRIES = (
    Entry("问责", "问责案件", "accountability.cases", frozenset(VIEWERS)),
    Entry("问责", "问责统计", "accountability.figures", frozenset(VIEWERS)),
    Entry("问责", "问责规则", "accountability.rules", frozenset(VIEWERS)),
)


@dataclass(frozen=True)
class CaseLine:
    """A case as the list prints it."""

    case: AccountabilityCase
    unit: str
    flags: tuple[str, ...]


def _case(session: Session, case_id: str) -> AccountabilityCase:
    """The case, unless it concerns this person's own unit: they never learn that it exists."""
    case = worksheet.case_named(session, case_id)
    if case.unit_id == staff().unit_id:
        raise NotThere("没有这个问责案件")
    return case


def _party(session: Session, case_id: str, party_id: str) -> Party:
    party = next((one for one in _case(session, case_id).parties if one.id == party_id), None)
    if party is None:
        raise NotThere("没有这项处理")
    return party


def _flags(session: Session, case: AccountabilityCase, today: date) -> tuple[str, ...]:
    flags = ["落实逾期"] if worksheet.execution_overdue(case, today) else []
    flags += ["重复但没有更严"] if decisions.repeat_not_stricter(session, case) else []
    flags += ["待督察组同意"] if case.handed_over and case.consent_on is None else []
    found = investigations.investigation_of(session, case.id)
    flags += ["报告逾期未公开"] if found and "逾期" in investigations.publication_word(found, today) else []
    return tuple(flags)


@bp.get("/cases")
@allowed(*VIEWERS)
def cases() -> str:
    state = request.args.get("state", "")
    today = day_of(now())
    with office().office.reading() as session:
        chosen = select(AccountabilityCase).where(AccountabilityCase.unit_id != staff().unit_id)
        if state in {one.value for one in CaseState}:
            chosen = chosen.where(AccountabilityCase.state == state)
        names = dict(forms.units(session))
        loaded = chosen.options(
            selectinload(AccountabilityCase.parties).selectinload(Party.measures), selectinload(AccountabilityCase.procedure)
        )
        page = max(request.args.get("page", 1, type=int), 1)
        newest = loaded.order_by(AccountabilityCase.opened_on.desc(), AccountabilityCase.number.desc())
        found = list(session.scalars(newest.offset((page - 1) * PAGE).limit(PAGE + 1)))
        lines = [CaseLine(case, names.get(case.unit_id, ""), _flags(session, case, today)) for case in found[:PAGE]]
        down = exposures.due_for_take_down(session)
        return render_template(
            "accountability/cases.html",
            lines=lines,
            states=list(CaseState),
            chosen=state,
            down=down,
            may_open=_may(*OFFICERS),
            page=page,
            more=len(found) > PAGE,
        )


def _may(*roles: Role) -> bool:
    return bool(frozenset(roles) & staff().roles)


def _prepared_case_form(session: Session) -> forms.CaseForm:
    form = forms.CaseForm(
        data={name: request.args.get(name, "") for name in ("letter_id", "letter_batch", "task_id", "task_record")}
    )
    forms.offer(form.region_code, forms.regions(session))
    forms.offer(form.unit_id, forms.units(session))
    forms.offer(form.ruleset, forms.ruleset_choices())
    polluters = session.scalars(select(Polluter).order_by(Polluter.name))
    forms.offer(form.polluter_id, forms.NOBODY + [(one.id, one.name) for one in polluters])
    forms.offer(form.previous_id, forms.NOBODY + forms.case_choices(session))
    return form


@bp.route("/cases/new", methods=["GET", "POST"])
@allowed(*OFFICERS)
def new_case() -> Answer:
    with office().office.reading() as session:
        form = _prepared_case_form(session)

    def act(session: Session) -> str:
        given = {name: value for name, value in form.data.items() if name != "csrf_token"}
        optional = ("letter_id", "letter_batch", "task_id", "task_record", "polluter_id", "previous_id")
        given |= {name: given[name] or None for name in optional}
        given["origin"] = Origin(given["origin"])  # type: ignore[call-arg]
        case = worksheet.open_case(session, worksheet.NewCase(**given), by=staff(), at=now())
        return url_for(".case", case_id=case.id)

    return answer(form, act, title="新开问责案件", back=url_for(".cases"), button="立案")


@dataclass(frozen=True)
class SuggestedLine:
    """One suggested measure as the page prints it, and what became of it."""

    row: str
    subject: str
    subject_word: str
    words: str
    clause: str
    answered: str


def _suggested_lines(case: AccountabilityCase, found: Assessment) -> list[SuggestedLine]:
    subjects, dimensions = rulebook().words.subjects, rulebook().words.dimensions
    open_lines = {(item.row, item.measure.subject) for item in worksheet.unanswered(case)}
    waived = {(item.row, item.subject): item.reason for item in case.waivers}
    lines = []
    for item in found.measures:
        key = (item.row, item.measure.subject)
        became = (
            "待登记" if key in open_lines else f"不追究：{waived[key]}" if key in waived else _became(case, item.measure.subject)
        )
        where = f"（{dimensions[item.dimension]}）" if item.dimension else ""
        words, word = measure_text(item.measure), subjects[item.measure.subject] + where
        lines.append(SuggestedLine(item.row, item.measure.subject, word, words, item.measure.clause, became))
    return lines


def _became(case: AccountabilityCase, subject: str) -> str:
    """Whether somebody is recorded for that subject; polluters are dealt with by penalty, not here."""
    if subject == "polluter":
        return "见曝光案例和处罚"
    return "已登记" if any(party.subject == subject for party in case.parties) else ""


@dataclass(frozen=True)
class PartyLine:
    """One decision as the page prints it beside the standard."""

    party: Party
    printed: str
    measures: tuple[PartyMeasure, ...]
    comparison: str
    tone: str


def _party_lines(case: AccountabilityCase) -> list[PartyLine]:
    return [
        PartyLine(party, decisions.printed_name(party), tuple(party.measures), party.comparison.zh, TONES[party.comparison])
        for party in case.parties
    ]


def _steps(case: AccountabilityCase) -> list[tuple[Step, str]]:
    """Steps this person's roles fit, whatever is still open: what is open stands beside the button."""
    return [(step, STEP_WORDS[step.verb]) for step in CASE.steps if step.source is case.state and step.roles & staff().roles]


@bp.get("/cases/<case_id>")
@allowed(*VIEWERS)
def case(case_id: str) -> str:
    today = day_of(now())
    with office().office.reading() as session:
        found = _case(session, case_id)
        suggested = worksheet.suggestion(found)
        return render_template(
            "accountability/case.html",
            case=found,
            unit=dict(forms.units(session)).get(found.unit_id, ""),
            region=forms.region_tree(session).full_name(found.region_code),
            polluter=worksheet.polluter_of(session, found),
            suggested=suggested,
            lines=_suggested_lines(found, suggested),
            adjustments=[f"{ADJUSTMENTS[one.kind]}（{one.row}）" for one in suggested.adjustments],
            plain=partial(in_plain_words, ruleset=rulebook().rulesets[found.ruleset], words=rulebook().words),
            trace=suggested.trace,
            grade_words=rulebook().words.grades,
            facts=_stated_facts(found),
            parties=_party_lines(found),
            not_stricter=decisions.repeat_not_stricter(session, found),
            flags=_flags(session, found, today),
            gaps=found.gaps,
            steps=_steps(found),
            step_words=STEP_WORDS,
            factors={note.factor: note.text for note in found.factors},
            factor_terms=list(Factor),
            investigation=investigations.investigation_of(session, found.id),
            disclosure=disclosures.find_by_source(session, records.CASE_SOURCE, found.id),
            may_edit=_may(*OFFICERS),
            may_decide=_may(*DECIDERS),
            open_for_facts=found.state in worksheet.OPEN_TO_FACTS,
            decided=found.state in (CaseState.DECIDED, CaseState.EXECUTED, CaseState.CLOSED),
        )


def _stated_facts(case: AccountabilityCase) -> list[tuple[str, str]]:
    """(label, words) of every stated fact, in the order in which they were said."""
    kinds = rulebook().rulesets[case.ruleset].kinds
    facts = worksheet.said_of(case).get("facts", [])
    return [(kinds[one["kind"]].label, _spoken_fact(kinds[one["kind"]], one)) for one in facts]


def _spoken_fact(kind: Kind, fact: dict[str, Any]) -> str:
    """谁通报的：市攻坚办；几次：2."""
    said = []
    for name, field in kind.fields.items():
        value = fact.get(name)
        if value is True:
            said.append(field.label)
        elif value is not None and value is not False:
            said.append(f"{field.label}：{field.words.get(str(value), value)}")
    return "；".join(said)


def _back(case_id: str) -> str:
    return url_for(".case", case_id=case_id)


def _on_case(
    case_id: str, verb: Callable[[Session, AccountabilityCase], object]
) -> Callable[[Session], tuple[str, UndoOffer | None]]:
    """An act on one case that returns to its page, with the offer to take it back where it made one."""

    def act(session: Session) -> tuple[str, UndoOffer | None]:
        made = verb(session, _case(session, case_id))
        return _back(case_id), made if isinstance(made, UndoOffer) else None

    return act


@bp.route("/cases/<case_id>/checks/<dimension>", methods=["GET", "POST"])
@allowed(*OFFICERS)
def check(case_id: str, dimension: str) -> Answer:
    if dimension not in {one.value for one in Dimension}:
        raise NotThere("没有这一项核查")
    which = Dimension(dimension)  # type: ignore[call-arg]
    with office().office.reading() as session:
        row = next(one for one in _case(session, case_id).checks if one.dimension is which)
        kept = {"answer": row.answer, "finding": row.finding, "offices": row.offices, "evidence": row.evidence}
    form = forms.CheckForm(data=kept)
    title = f"一案四查：{which.zh}"
    verb = on_worksheet(
        "check", dimension, title,
        lambda session, found: worksheet.answer_check(
            session, found, which, CheckAnswer(form.answer.data), finding=form.finding.data, offices=form.offices.data,  # type: ignore[call-arg]
            evidence=form.evidence.data, by=staff(), at=now(),
        ),
    )  # fmt: skip
    return answer(form, _on_case(case_id, verb), title=title, back=_back(case_id))


@bp.route("/cases/<case_id>/facts", methods=["GET", "POST"])
@allowed(*OFFICERS)
def frame(case_id: str) -> Answer:
    with office().office.reading() as session:
        found = _case(session, case_id)
        said, reason, ruleset = worksheet.said_of(found), found.grade_reason, found.ruleset
    form = forms.FrameForm(
        data={**said, "impact": said.get("impact") or "", "grade": said.get("grade") or "", "grade_reason": reason}
    )
    words = rulebook().words
    forms.offer(form.signs, list(words.signs.items()))
    forms.offer(form.impact, [("", "还不清楚"), *words.impacts.items()])
    forms.offer(form.grade, [("", "按迹象和影响推定"), *words.grades.items()])
    forms.offer(form.circumstances, list(rulebook().rulesets[ruleset].circumstances.items()))

    def verb(session: Session, found: AccountabilityCase) -> None:
        given = {name: value for name, value in form.data.items() if name not in {"csrf_token", "grade_reason"}}
        given |= {"impact": given["impact"] or None, "grade": given["grade"] or None, "facts": said.get("facts", [])}
        worksheet.say_facts(session, found, given, grade_reason=form.grade_reason.data or "", by=staff(), at=now())

    title = "情节和影响"
    return answer(form, _on_case(case_id, on_worksheet("facts", "", title, verb)), title=title, back=_back(case_id))


@bp.get("/cases/<case_id>/facts/kinds")
@allowed(*OFFICERS)
def fact_kinds(case_id: str) -> str:
    with office().office.reading() as session:
        found = _case(session, case_id)
        kinds = rulebook().rulesets[found.ruleset].kinds.values()
        return render_template("accountability/kinds.html", case=found, kinds=kinds)


@bp.route("/cases/<case_id>/facts/new/<kind>", methods=["GET", "POST"])
@allowed(*OFFICERS)
def new_fact(case_id: str, kind: str) -> Answer:
    with office().office.reading() as session:
        kinds = rulebook().rulesets[_case(session, case_id).ruleset].kinds
    if kind not in kinds:
        raise NotThere("规则里没有这种事实")
    form = forms.fact_form(kinds[kind])

    def verb(session: Session, found: AccountabilityCase) -> None:
        said = worksheet.said_of(found)
        facts = [*said.get("facts", []), forms.stated(form, kinds[kind])]
        worksheet.say_facts(session, found, said | {"facts": facts}, grade_reason=found.grade_reason, by=staff(), at=now())

    title = f"添加事实：{kinds[kind].label}"
    return answer(form, _on_case(case_id, on_worksheet("facts", "", title, verb)), title=title, back=_back(case_id), button="添加")


@bp.post("/cases/<case_id>/facts/<int:number>/remove")
@allowed(*OFFICERS)
def remove_fact(case_id: str, number: int) -> Response:
    def verb(session: Session, found: AccountabilityCase) -> None:
        said = worksheet.said_of(found)
        facts = [fact for place, fact in enumerate(said.get("facts", [])) if place != number]
        worksheet.say_facts(session, found, said | {"facts": facts}, grade_reason=found.grade_reason, by=staff(), at=now())

    with office().office.transaction() as session:
        undo = on_worksheet("facts", "", "去掉一项事实", verb)(session, _case(session, case_id))
    flash_done("已去掉", undo)
    return redirect(_back(case_id), 303)


@bp.route("/cases/<case_id>/parties/new", methods=["GET", "POST"])
@allowed(*OFFICERS)
def new_party(case_id: str) -> Answer:
    form = forms.PartyForm(
        data={name: request.args.get(name, "") for name in ("subject", "dimension", "basis")} | {"kind": "person"}
    )
    forms.offer(form.subject, forms.subject_choices())
    forms.offer(form.measures, forms.measure_choices())

    def verb(session: Session, found: AccountabilityCase) -> None:
        decisions.record_party(session, found, _typed_party(form), by=staff(), at=now())

    hint = "先四项都查清，再登记。系统会把它和规则建议放在一起比较。"
    return answer(form, _on_case(case_id, verb), title="登记处理决定", back=_back(case_id), hint=hint)


def _typed_party(form: forms.PartyForm) -> decisions.NewParty:
    """What was typed, as a decision. The detail belongs to the last measure chosen."""
    given = {name: value for name, value in form.data.items() if name not in {"csrf_token", "measures", "detail"}}
    words = form.measures.data or []
    details = [""] * (len(words) - 1) + [form.detail.data or ""]
    given["kind"] = PartyKind(given["kind"])  # type: ignore[call-arg]
    given["rank"] = Rank(given["rank"]) if given["rank"] else None  # type: ignore[call-arg]
    given["tenure"] = Tenure(given["tenure"]) if given["tenure"] else None  # type: ignore[call-arg]
    given["dimension"] = Dimension(given["dimension"]) if given["dimension"] else None  # type: ignore[call-arg]
    measures = tuple(decisions.MeasureGiven(word, detail) for word, detail in zip(words, details, strict=False))
    return decisions.NewParty(**given, measures=measures)


@bp.post("/cases/<case_id>/parties/<party_id>/remove")
@allowed(*OFFICERS)
def remove_party(case_id: str, party_id: str) -> Response:
    with office().office.transaction() as session:
        party = _party(session, case_id, party_id)
        decisions.remove_party(session, party.case, party, by=staff(), at=now())
    return redirect(_back(case_id), 303)


@bp.route("/cases/<case_id>/parties/<party_id>/naming", methods=["GET", "POST"])
@allowed(*DECIDERS)
def naming(case_id: str, party_id: str) -> Answer:
    form = forms.NamingForm()
    with office().office.reading() as session:
        printed = decisions.printed_name(_party(session, case_id, party_id))

    def act(session: Session) -> str:
        party = _party(session, case_id, party_id)
        chosen = Naming(form.naming.data)  # type: ignore[call-arg]
        decisions.decide_naming(session, party, chosen, rule=form.rule.data, reason=form.reason.data, by=staff(), at=now())
        return _back(case_id)

    return answer(form, act, title="决定怎么署名", back=_back(case_id), hint=f"现在写作：{printed}。每次决定都会留下记录。")


@bp.route("/cases/<case_id>/measures/<measure_id>/change", methods=["GET", "POST"])
@allowed(*DECIDERS)
def change(case_id: str, measure_id: str) -> Answer:
    form = forms.ChangeForm()
    forms.offer(form.replaced_by, [*forms.NOBODY, *forms.measure_choices()])

    def verb(session: Session, found: AccountabilityCase) -> None:
        measure = next((one for party in found.parties for one in party.measures if one.id == measure_id), None)
        if measure is None:
            raise NotThere("没有这项处理")
        word = form.replaced_by.data
        decisions.change_measure(
            session, measure, ChangeKind(form.kind.data), on=form.on.data, reason=form.reason.data,  # type: ignore[call-arg]
            document=form.document.data or "", by=staff(), at=now(),
            replaced_by=decisions.MeasureGiven(word, form.detail.data or "") if word else None,
        )  # fmt: skip
        _correct(session, found, f"处理{form.kind.data and ChangeKind(form.kind.data).zh}：{form.reason.data}")  # type: ignore[call-arg]

    return answer(form, _on_case(case_id, verb), title="处理的变更、撤销、恢复名誉", back=_back(case_id))


def _correct(session: Session, found: AccountabilityCase, reason: str) -> None:
    """Begins the correction of the public record, if there is one; says what happens next."""
    region = forms.region_tree(session).name(found.region_code)
    record = records.outcome_record(session, found, region_name=region, at=now())
    source = (records.CASE_SOURCE, found.id)
    begun = records.bring_up_to_date(session, record, source=source, reason=reason[:300], at=now())
    flash("已登记，公开记录的更正已送到公开台。" if begun else "已登记。")


@bp.route("/cases/<case_id>/waivers/<row>/<subject>", methods=["GET", "POST"])
@allowed(*OFFICERS)
def waive(case_id: str, row: str, subject: str) -> Answer:
    form = forms.WaiveForm()
    title = f"{row} 不追究“{rulebook().words.subjects.get(subject, subject)}”"
    verb = on_worksheet(
        "waiver", f"{row} {subject}", title,
        lambda session, found: worksheet.waive(
            session, found, row=row, subject=subject, reason=form.reason.data, by=staff(), at=now()
        ),
    )  # fmt: skip
    act = _on_case(case_id, verb)
    return answer(form, act, title=title, back=_back(case_id), hint="这相当于低于标准，理由会留在案卷里。")


@bp.post("/cases/<case_id>/steps/<verb>")
@allowed(*DECIDERS)
def step(case_id: str, verb: str) -> Response:
    with office().office.transaction() as session:
        worksheet.take_step(session, _case(session, case_id), verb, by=staff(), at=now())
    return redirect(_back(case_id), 303)


@bp.route("/cases/<case_id>/steps/<verb>/words", methods=["GET", "POST"])
@allowed(*DECIDERS)
def step_with_words(case_id: str, verb: str) -> Answer:
    form = forms.StepForm()
    act = _on_case(
        case_id,
        lambda session, found: worksheet.take_step(session, found, verb, text=form.text.data, by=staff(), at=now()),
    )
    return answer(form, act, title=STEP_WORDS.get(verb, verb), back=_back(case_id), button=STEP_WORDS.get(verb, "确定"))


@bp.route("/cases/<case_id>/procedure", methods=["GET", "POST"])
@allowed(*DECIDERS)
def procedure(case_id: str) -> Answer:
    form = forms.ProcedureForm()
    act = _on_case(
        case_id,
        lambda session, found: worksheet.add_procedure(
            session, found, Procedure(form.step.data), on=form.on.data, body=form.body.data, document=form.document.data or "",  # type: ignore[call-arg]
            text=form.text.data or "", due_on=form.due_on.data, by=staff(), at=now(),
        ),
    )  # fmt: skip
    return answer(form, act, title="登记办理程序", back=_back(case_id))


@bp.route("/cases/<case_id>/consent", methods=["GET", "POST"])
@allowed(*DECIDERS)
def consent(case_id: str) -> Answer:
    form = forms.ConsentForm()
    act = _on_case(
        case_id,
        lambda session, found: worksheet.record_consent(
            session, found, body=form.body.data, on=form.on.data, document=form.document.data or "", by=staff(), at=now()
        ),
    )
    return answer(form, act, title="登记督察组同意", back=_back(case_id), hint=worksheet.CONSENT_CLAUSE)


@bp.route("/cases/<case_id>/agreement", methods=["GET", "POST"])
@allowed(*DECIDERS)
def agreement(case_id: str) -> Answer:
    form = forms.AgreementForm()
    act = _on_case(
        case_id,
        lambda session, found: worksheet.agree_to_show(session, found, agreed_by=form.agreed_by.data, by=staff(), at=now()),
    )
    return answer(form, act, title="公开规则建议", back=_back(case_id), hint="公开页会把规则建议放在处理决定旁边。")


@bp.route("/cases/<case_id>/accident/<point>", methods=["GET", "POST"])
@allowed(*OFFICERS)
def accident(case_id: str, point: str) -> Answer:
    if point not in {one.value for one in AccidentPoint}:
        raise NotThere("四不放过里没有这一项")
    which = AccidentPoint(point)  # type: ignore[call-arg]
    form = forms.StepForm()
    act = _on_case(
        case_id,
        lambda session, found: worksheet.settle_accident_point(session, found, which, text=form.text.data, by=staff(), at=now()),
    )
    return answer(form, act, title=f"四不放过：{which.zh}", back=_back(case_id))


@bp.route("/cases/<case_id>/factors/<factor>", methods=["GET", "POST"])
@allowed(*OFFICERS)
def factor(case_id: str, factor: str) -> Answer:
    if factor not in {one.value for one in Factor}:
        raise NotThere("没有这一项")
    which = Factor(factor)  # type: ignore[call-arg]
    form = forms.StepForm()
    title = f"责任认定：{which.zh}"
    verb = on_worksheet(
        "factor", factor, title,
        lambda session, found: worksheet.note_factor(session, found, which, text=form.text.data, by=staff(), at=now()),
    )  # fmt: skip
    return answer(form, _on_case(case_id, verb), title=title, back=_back(case_id))


@bp.post("/cases/<case_id>/hand-over")
@allowed(*DECIDERS)
def hand_over(case_id: str) -> Response:
    with office().office.transaction() as session:
        found = _case(session, case_id)
        region = forms.region_tree(session).name(found.region_code)
        records.hand_over(
            session,
            records.outcome_record(session, found, region_name=region, at=now()),
            source=(records.CASE_SOURCE, found.id),
            made_on=max((party.decided_on for party in found.parties), default=found.opened_on),
            names=records.named_in_full(found),
            letters=(found.letter_id,),
            calendar=office_calendar(session),
            by=staff(),
            at=now(),
        )
    flash("已送到公开台，由宣传拟稿人接着办。")
    return redirect(_back(case_id), 303)


@bp.get("/cases/<case_id>/<paper>.<form>")
@allowed(*VIEWERS)
def paper(case_id: str, paper: str, form: str) -> Response:
    """问责通知 or 问责事项清单 of this case, for signature."""
    with office().office.reading() as session:
        found = _case(session, case_id)
        signed, today = public_settings(session).undertaking_unit, day_of(now())
        if paper == "list":
            return forms.paper_file(list_paper([found], signed=signed, on=today), form, "accountability-list")
        if paper != "notice":
            raise NotThere("没有这份文件")
        to = dict(forms.units(session)).get(found.unit_id, "")
        made = notice_paper(found, to=to, signed=signed, on=today, due_on=found.execution_due_on)
        return forms.paper_file(made, form, "accountability-notice")


@bp.get("/figures")
@allowed(*VIEWERS)
def figures() -> str:
    this_year = day_of(now()).year
    year = request.args.get("year", this_year, type=int)
    with office().office.reading() as session:
        counted = statistics.office_tally(session, first=date(year, 1, 1), last=date(year, 12, 31))
        every = statistics.office_tally(session)
        drawings: list[Any] = [counted.by_measure, counted.by_rank, counted.by_unit, counted.by_dimension, counted.by_gravest]
        return render_template(
            "accountability/figures.html",
            counted=counted,
            drawings=[one for one in drawings if one.numbers],
            by_year=every.by_year,
            year=year,
            years=range(this_year, this_year - 6, -1),
            may_decide=_may(*DECIDERS),
        )


@bp.post("/figures/<int:year>/hand-over")
@allowed(*DECIDERS)
def hand_over_figures(year: int) -> Response:
    """The year's figures to the publication desk; handed over before, they are brought up to date."""
    with office().office.transaction() as session:
        settings, source = public_settings(session), (records.FIGURES_SOURCE, str(year))
        region = forms.home_region(session)
        unit = settings.undertaking_unit or settings.office_name
        record = records.figures_record(session, year=year, region=region, unit=unit[:60], at=now())
        if disclosures.find_by_source(session, *source) is None:
            calendar = office_calendar(session)
            records.hand_over(session, record, source=source, made_on=day_of(now()), calendar=calendar, by=staff(), at=now())
            flash("已送到公开台，由宣传拟稿人接着办。")
        elif records.bring_up_to_date(session, record, source=source, reason="更新统计数字", at=now()):
            flash("公开台的统计已更新，按更正办理。")
        else:
            flash("公开台正在审核，等退回或公开以后再更新。", "warn")
    return redirect(url_for(".figures", year=year), 303)


@bp.get("/rules")
@allowed(*VIEWERS)
def rules() -> str:
    chosen = request.args.get("ruleset", "luoyang-2017")
    if chosen not in rulebook().rulesets:
        raise NotThere("没有这套规则")
    ruleset = rulebook().rulesets[chosen]
    with office().office.reading() as session:
        in_force = validity.spoken(session, chosen)
    return render_template(
        "accountability/rules.html",
        rulesets=rulebook().rulesets.values(),
        ruleset=ruleset,
        in_force=in_force,
        may_confirm=_may(Role.LEADER, Role.DISCIPLINE_OFFICER),
        rows=[rule for rule in accountability_rules.public_rows() if rule.ruleset == chosen],
        clauses=[clause for clause in accountability_rules.public_clauses() if clause.ruleset == chosen],
    )


@bp.route("/rules/<ruleset_id>/validity", methods=["GET", "POST"])
@allowed(Role.LEADER, Role.DISCIPLINE_OFFICER)
def confirm_validity(ruleset_id: str) -> Answer:
    if ruleset_id not in rulebook().rulesets:
        raise NotThere("没有这套规则")
    form = forms.ValidityForm()
    back = url_for(".rules", ruleset=ruleset_id)

    def act(session: Session) -> str:
        validity.confirm(session, ruleset_id, form.in_force.data, document=form.document.data, by=staff(), at=now())
        return back

    return answer(form, act, title=f"核定现行效力：{rulebook().rulesets[ruleset_id].name}", back=back, button="核定")


@bp.get("/cases/<case_id>/frozen.json")
@allowed(*VIEWERS)
def frozen(case_id: str) -> Response:
    """The suggestion as it stood when the decision was confirmed."""
    with office().office.reading() as session:
        text = _case(session, case_id).frozen
    if not text:
        raise NotThere("决定还没有确认")
    return Response(json.dumps(json.loads(text), ensure_ascii=False, indent=2), mimetype="application/json")
