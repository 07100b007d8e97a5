"""The desk of a handling unit (承办单位): its letters only, and the report of findings, claim by claim.

The group uses the same form for stamped paper answers.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from moderation.casework import arrival, assignment, handling, letter_lists
from moderation.casework.guards import LETTER
from moderation.casework.letter_lists import Filter
from moderation.casework.letters import EvidenceRole, Letter, MeasureKind
from moderation.casework.machine import Desk, LetterState
from moderation.casework.review import CHECKLIST
from moderation.console.access import allowed, office, staff
from moderation.console.letter_views import LetterPage, letter_page
from moderation.console.letters import keep_files, show_list
from moderation.console.navigation import Entry
from portal.core.clock import day_of, now
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.vocabulary import Role, Verdict
from portal.web.fields import PlainField

bp = Blueprint("units", __name__)
S = LetterState
GROUP = (Role.GROUP_MEMBER, Role.GROUP_LEAD)
UNIT = frozenset({Role.UNIT_OFFICER})


@bp.get("/unit/to-take-up")
@allowed(Role.UNIT_OFFICER)
def to_take_up() -> str:
    return show_list("待签收", Filter(states=(S.ASSIGNED,)), empty="没有等着签收的信访件。")


@bp.get("/unit/handling")
@allowed(Role.UNIT_OFFICER)
def in_hand() -> str:
    return show_list("办理中", Filter(states=(S.HANDLING, S.EXTENSION_ASKED)), empty="本单位没有在办的信访件。")


@bp.get("/unit/due")
@allowed(Role.UNIT_OFFICER)
def due() -> str:
    return show_list("今天到期和已逾期", Filter(desk=Desk.UNITS, due_by=day_of(now())), empty="今天没有到期的信访件。")


@bp.get("/unit/all")
@allowed(Role.UNIT_OFFICER)
def everything() -> str:
    return show_list("本单位的信访件", Filter(newest_first=True), empty="还没有分给本单位的信访件。")


# ---- findings ----


@dataclass(frozen=True)
class ClaimFields:
    """The fields of one claim."""

    number: int
    text: str
    verdict: PlainField
    finding: PlainField
    measures: PlainField


@dataclass(frozen=True)
class FindingsForm:
    """The whole form."""

    claims: tuple[ClaimFields, ...]
    looked_at: tuple[PlainField, ...]
    measures: tuple[PlainField, ...]
    error: str


ANSWERS = (("yes", "是"), ("no", "否"), ("", "未查"))
WORDS = {"yes": "是", "no": "否"}
VERDICTS = tuple((verdict.value, verdict.zh) for verdict in Verdict)


def _form(session: Session, letter: Letter, typed: MultiDict[str, str] | None, wrong: Refusal | None) -> FindingsForm:
    field_name = wrong.field if isinstance(wrong, Mendable) else None
    known = {measure.kind: measure for measure in handling.measures_of(session, letter)}
    claims = []
    shown = set()
    for claim in assignment.claims_of(session, letter):
        begun = {"verdict": claim.verdict.value if claim.verdict else "", "finding": claim.finding, "measures": claim.measures}
        fields = []
        for part, label in (("verdict", "是否属实"), ("finding", "调查核实情况"), ("measures", "处理和整改情况")):
            name = f"{part}-{claim.id}"
            shown.add(name)
            data = typed.get(name, "") if typed is not None else begun[part]
            errors = (wrong.reason,) if wrong is not None and field_name == name else ()
            fields.append(PlainField(name, label, data, errors, VERDICTS if part == "verdict" else ()))
        claims.append(ClaimFields(claim.position, claim.text, *fields))
    measures = tuple(_measure_field(kind, known.get(kind), typed) for kind in MeasureKind)
    error = wrong.reason if wrong is not None and field_name not in shown else ""
    return FindingsForm(tuple(claims), _checklist(typed or MultiDict()), measures, error)


def _checklist(typed: MultiDict[str, str]) -> tuple[PlainField, ...]:
    """The same items as the group's own check, for the unit on the spot; none need be ticked."""
    return tuple(PlainField(f"item-{code}", label, typed.get(f"item-{code}", ""), (), ANSWERS) for code, label in CHECKLIST)


def _looked_at(form: MultiDict[str, str]) -> dict[str, str]:
    return {label: WORDS[form[f"item-{code}"]] for code, label in CHECKLIST if form.get(f"item-{code}") in WORDS}


def _measure_field(kind: MeasureKind, known: object, typed: MultiDict[str, str] | None) -> PlainField:
    name = f"measure-{kind.value}"
    stored = str(getattr(known, "number", "") or "")
    return PlainField(name, kind.zh, typed.get(name, "") if typed is not None else stored)


@bp.get("/letters/<letter_id>/findings")
@allowed(Role.UNIT_OFFICER, *GROUP)
def findings_form(letter_id: str) -> str:
    with office().office.reading() as session:
        letter = letter_lists.find(session, letter_id, staff())
        if not _may_report(letter):
            raise _cannot_report(letter)
        return _page(session, letter, None, None)


def _may_report(letter: Letter) -> bool:
    return any(step.verb == "report" for step in LETTER.offered(letter, staff()))


def _cannot_report(letter: Letter) -> Refusal:
    return Refusal(f"“{letter.state.zh}”状态下，您不能报告核查情况", clause="信访件办理流程")


def _page(session: Session, letter: Letter, typed: MultiDict[str, str] | None, wrong: Refusal | None) -> str:
    page: LetterPage = letter_page(session, letter, staff(), day_of(now()))
    return render_template(
        "letters/findings.html", page=page, form=_form(session, letter, typed, wrong), file_roles=tuple(EvidenceRole),
        clause=wrong.clause if wrong else None, page_has_errors=wrong is not None,
    )  # fmt: skip


def _read(session: Session, letter: Letter, form: MultiDict[str, str]) -> tuple[handling.Finding, ...]:
    verdicts = {verdict.value: verdict for verdict in Verdict}
    return tuple(
        handling.Finding(
            claim.id, verdicts.get(form.get(f"verdict-{claim.id}", "")), form.get(f"finding-{claim.id}", ""),
            form.get(f"measures-{claim.id}", ""),
        )
        for claim in assignment.claims_of(session, letter)
    )  # fmt: skip


def _read_measures(form: MultiDict[str, str]) -> tuple[handling.Measure, ...]:
    found = []
    for kind in MeasureKind:
        text = form.get(f"measure-{kind.value}", "").strip()
        if not text:
            continue
        if not text.isascii() or not text.isdigit():
            raise Mendable(f"{kind.zh}请填整数", field=f"measure-{kind.value}")
        found.append(handling.Measure(kind, int(text)))
    return tuple(found)


@bp.post("/letters/<letter_id>/findings")
@allowed(Role.UNIT_OFFICER, *GROUP)
def report_findings(letter_id: str) -> Answer | tuple[str, int]:
    """The report of a unit, with files. Files are kept even when the words need mending."""
    try:
        with office().office.reading() as session:
            letter = letter_lists.find(session, letter_id, staff())
            if not _may_report(letter):
                letter_lists.require_version(session, letter, request.form.get("version", 0, type=int))
                raise _cannot_report(letter)
        keep_files(letter_id, EvidenceRole.BEFORE, field="before")
        keep_files(letter_id, EvidenceRole.AFTER, field="after")
        keep_files(letter_id)
        with office().office.transaction() as session:
            letter = letter_lists.find(session, letter_id, staff(), to_change=True)
            letter_lists.require_version(session, letter, request.form.get("version", 0, type=int))
            found, measures = _read(session, letter, request.form), _read_measures(request.form)
            key = arrival.guard_key(office())
            looked_at = _looked_at(request.form)
            handling.report_findings(session, letter, found, measures, key=key, by=staff(), at=now(), looked_at=looked_at)
    except NotThere:
        raise
    except Refusal as refused:
        with office().office.reading() as session:
            letter = letter_lists.find(session, letter_id, staff())
            return _page(session, letter, request.form, refused), refused.status
    flash("核查情况已报告")
    return redirect(url_for("letters.show", letter_id=letter_id), 303)


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "待我处理",
        "今天到期和逾期",
        "units.due",
        UNIT,
        lambda session, person: letter_lists.count_due(session, (Desk.UNITS,), day_of(now()), person),
        urgent=True,
    ),
    Entry("待我处理", "待签收", "units.to_take_up", UNIT),
    Entry("待我处理", "办理中", "units.in_hand", UNIT),
    Entry("信访件", "本单位全部", "units.everything", UNIT),
)
