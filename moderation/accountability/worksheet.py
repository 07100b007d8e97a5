"""The worksheet of a case (一案四查): opening it, its four checks, what the rules suggest, and what is still open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, object_session

from moderation.accountability.assess import Assessment, SuggestedMeasure, assess
from moderation.accountability.bands import floor_of
from moderation.accountability.facts import FactsFault, read
from moderation.accountability.machine import CASE
from moderation.accountability.polluters import Polluter, mention
from moderation.accountability.tables import (
    AccidentCheck,
    AccountabilityCase,
    FactorNote,
    ProcedureStep,
    Waiver,
    WorksheetCheck,
)
from moderation.accountability.validity import office_rulebook
from moderation.accountability.words import (
    AccidentPoint,
    CaseState,
    CheckAnswer,
    Comparison,
    Dimension,
    Factor,
    Origin,
    Procedure,
)
from moderation.casework.letters import Letter, LetterLink
from portal.core import audit
from portal.core.accountability_rules import rulebook
from portal.core.clock import day_of
from portal.core.errors import Mendable, NotThere, Refusal
from portal.core.ids import new_id
from portal.core.workflow import Actor, move

CONSENT_CLAUSE = "督察移交问题：问责和公开前报督察组同意（栾川方案 第 31 项）"
NOT_PERSONS = {"polluter", "unit"}
OPEN_TO_FACTS = (CaseState.CHECKING, CaseState.CHECKED)


@dataclass(frozen=True)
class NewCase:
    """What is written down when a case is opened."""

    title: str
    facts_text: str
    region_code: str
    unit_id: str
    origin: Origin
    ruleset: str = "luoyang-2017"
    letter_id: str | None = None
    letter_batch: str | None = None
    task_id: str | None = None
    task_record: str | None = None
    polluter_id: str | None = None
    previous_id: str | None = None
    accident: bool = False
    handed_over: bool = False


def next_number(session: Session, day: date) -> str:
    """The next case number of the year: 问责〔2026〕3号."""
    head = f"问责〔{day.year}〕"
    taken = session.scalars(select(AccountabilityCase.number).where(AccountabilityCase.number.startswith(head)))
    used = [int(number.removeprefix(head).removesuffix("号")) for number in taken]
    return f"{head}{max(used, default=0) + 1}号"


def open_case(session: Session, new: NewCase, *, by: Actor, at: datetime) -> AccountabilityCase:
    """Opens a case with its four checks, all open. Raises Mendable where a word is missing."""
    if not new.title.strip():
        raise Mendable("请写明案件名称", field="title")
    if not new.facts_text.strip():
        raise Mendable("请写明事实", field="facts_text")
    if new.ruleset not in rulebook().rulesets:
        raise Mendable("请选择适用的规则", field="ruleset")
    letter = _letter(session, new.letter_id)
    case = AccountabilityCase(
        id=new_id(),
        number=next_number(session, day_of(at)),
        opened_on=day_of(at),
        state=CaseState.CHECKING,
        said="{}",
        **(vars(new) | {"letter_id": letter.id if letter else None}),
    )
    case.checks = [WorksheetCheck(place=place, dimension=dimension) for place, dimension in enumerate(Dimension)]
    if new.accident:
        case.accident_points = [AccidentCheck(place=place, point=point) for place, point in enumerate(AccidentPoint)]
    session.add(case)
    session.flush()
    if letter is not None:
        session.add(LetterLink(letter_id=letter.id, kind="case", target_id=case.id, at=at, by=by.id))
    _mention_polluter(session, case, letter)
    audit.record(session, by=by.id, act="accountability_case.open", subject=case.id, at=at, detail={"number": case.number})
    return case


def _letter(session: Session, typed: str | None) -> Letter | None:
    """The letter of that number or id. Raises Mendable when there is none."""
    if not typed:
        return None
    known = or_(Letter.id == typed, Letter.number == typed, Letter.upstream_number == typed)
    letter = session.scalar(select(Letter).where(known).limit(1))
    if letter is None:
        raise Mendable("没有这个编号的信访件，请核对受理编号", field="letter_id")
    return letter


def _mention_polluter(session: Session, case: AccountabilityCase, letter: Letter | None) -> None:
    if case.polluter_id is None:
        return
    on = case.opened_on
    mention(session, case.polluter_id, kind="case", reference=case.id, label=f"{case.number} {case.title}", on=on)
    if letter is not None:
        mention(session, case.polluter_id, kind="letter", reference=letter.id, label=f"信访件 {letter.spoken_number}", on=on)
    if case.task_id:
        mention(session, case.polluter_id, kind="task", reference=case.task_id, label="整改任务", on=on)


def case_named(session: Session, case_id: str) -> AccountabilityCase:
    """The case of that id. Raises NotThere."""
    case = session.get(AccountabilityCase, case_id)
    if case is None:
        raise NotThere("没有这个问责案件")
    return case


def answer_check(
    session: Session,
    case: AccountabilityCase,
    dimension: Dimension,
    answer: CheckAnswer,
    *,
    finding: str,
    offices: str = "",
    evidence: str = "",
    by: Actor,
    at: datetime,
) -> WorksheetCheck:
    """Answers one of the four checks. 有责 names people by office and the evidence; every answer says what was found."""
    _require(case, CaseState.CHECKING)
    if not finding.strip():
        raise Mendable("请写明查到的情况", field="finding")
    if answer is CheckAnswer.FAILED:
        for value, label, field in ((offices, "责任人（写职务）", "offices"), (evidence, "依据的材料", "evidence")):
            if not value.strip():
                raise Mendable(f"有责的，请写明{label}", field=field)
    check = next(row for row in case.checks if row.dimension is dimension)
    check.answer, check.finding, check.offices, check.evidence = answer, finding, offices, evidence
    check.answered_by, check.answered_at = by.id, at
    detail = {"dimension": dimension.value, "answer": answer.value}
    audit.record(session, by=by.id, act="accountability_case.check", subject=case.id, at=at, detail=detail)
    return check


def _require(case: AccountabilityCase, *states: CaseState) -> None:
    if case.state not in states:
        raise Refusal(f"“{case.state.zh}”状态下不能进行此操作", clause="一案四查通知")


def say_facts(
    session: Session, case: AccountabilityCase, said: Mapping[str, Any], *, grade_reason: str = "", by: Actor, at: datetime
) -> None:
    """Sets what is said about the case for the rules. A grade set by a person needs a reason (通知 五: a presumption)."""
    _require(case, *OPEN_TO_FACTS)
    if said.get("grade") and not grade_reason.strip():
        raise Mendable("直接确定情节等级，请写明理由", field="grade_reason", clause="一案四查通知 五")
    data = _as_facts(case, said)
    try:
        read(data, rulebook())
    except FactsFault as fault:
        raise Mendable(str(fault), field=str(fault).partition(":")[0]) from fault
    case.said, case.grade_reason = json.dumps(dict(said), ensure_ascii=False, sort_keys=True), grade_reason
    audit.record(session, by=by.id, act="accountability_case.facts", subject=case.id, at=at)


def said_of(case: AccountabilityCase) -> dict[str, Any]:
    """What is said about the case, as `disclosure assess` takes it, without ruleset and dimensions."""
    said: dict[str, Any] = json.loads(case.said)
    return said


def _as_facts(case: AccountabilityCase, said: Mapping[str, Any]) -> dict[str, Any]:
    failed = [check.dimension.value for check in case.checks if check.answer is CheckAnswer.FAILED]
    return {"facts": [], **said, "ruleset": case.ruleset, "dimensions": failed}


def suggestion(case: AccountabilityCase) -> Assessment:
    """What the rules suggest for the case as it stands now."""
    book = office_rulebook(object_session(case))
    return assess(read(_as_facts(case, said_of(case)), book), book)


def settle_accident_point(
    session: Session, case: AccountabilityCase, point: AccidentPoint, *, text: str, by: Actor, at: datetime
) -> None:
    """Closes one of the four points of an accident (丽水方案 七（二）)."""
    found = next((row for row in case.accident_points if row.point is point), None)
    if found is None:
        raise Refusal("这个案件不是环境事故", clause="丽水方案 七（二）")
    if not text.strip():
        raise Mendable(f"请写明“{point.zh}”的情况", field="text")
    found.text, found.settled_on, found.settled_by = text, day_of(at), by.id
    audit.record(session, by=by.id, act="accountability_case.accident", subject=case.id, at=at, detail={"point": point.value})


def record_consent(
    session: Session, case: AccountabilityCase, *, body: str, on: date, document: str, by: Actor, at: datetime
) -> None:
    """The inspection body's consent, for problems it handed over; before decision and publication."""
    if not case.handed_over:
        raise Refusal("这个案件不是督察移交的，不需要督察组同意", clause=CONSENT_CLAUSE)
    if not body.strip():
        raise Mendable("请写明同意的督察机构", field="body")
    if on > day_of(at):
        raise Mendable("同意日期不能晚于今天", field="on")
    case.consent_by, case.consent_on, case.consent_document = body, on, document
    audit.record(session, by=by.id, act="accountability_case.consent", subject=case.id, at=at, detail={"on": on})


def note_factor(session: Session, case: AccountabilityCase, factor: Factor, *, text: str, by: Actor, at: datetime) -> None:
    """What was found on one of the five factors (秦皇岛规定 第二十条)."""
    if not text.strip():
        raise Mendable(f"请写明“{factor.zh}”", field="text")
    found = next((row for row in case.factors if row.factor is factor), None)
    if found is None:
        case.factors.append(FactorNote(factor=factor, text=text))
    else:
        found.text = text
    audit.record(session, by=by.id, act="accountability_case.factor", subject=case.id, at=at, detail={"factor": factor.value})


def add_procedure(
    session: Session,
    case: AccountabilityCase,
    step: Procedure,
    *,
    on: date,
    body: str,
    document: str = "",
    text: str = "",
    due_on: date | None = None,
    by: Actor,
    at: datetime,
) -> ProcedureStep:
    """One step of the procedure outside. The list goes to supervision only after the leading group approved it (第十二条（三）)."""
    if not body.strip():
        raise Mendable("请写明由谁办理或发给谁", field="body")
    if on > day_of(at):
        raise Mendable("日期不能晚于今天", field="on")
    done = {row.step for row in case.procedure}
    order = {Procedure.LIST_APPROVED: Procedure.LIST_DRAFTED, Procedure.HANDED_OVER: Procedure.LIST_APPROVED}
    if step in order and order[step] not in done:
        raise Refusal(f"先要“{order[step].zh}”", clause="责任追究办法 第十二条（三）")
    if step is Procedure.NOT_DONE and not text.strip():
        raise Mendable("请写明谁没有按办法问责、怎么处理", field="text", clause="责任追究办法 第十三条")
    row = ProcedureStep(step=step, on=on, body=body, document=document, text=text, by=by.id)
    case.procedure.append(row)
    if due_on is not None:
        case.execution_due_on = due_on
    audit.record(session, by=by.id, act="accountability_case.procedure", subject=case.id, at=at, detail={"step": step.value})
    return row


def execution_overdue(case: AccountabilityCase, today: date) -> bool:
    """The day set for execution has passed and nothing was reported: 第十三条 is due."""
    reported = any(row.step in {Procedure.EXECUTED, Procedure.NOT_DONE} for row in case.procedure)
    done = case.state in {CaseState.EXECUTED, CaseState.CLOSED}
    return case.execution_due_on is not None and case.execution_due_on < today and not reported and not done


def waive(session: Session, case: AccountabilityCase, *, row: str, subject: str, reason: str, by: Actor, at: datetime) -> None:
    """Why a suggested measure is asked of nobody; compared with the standard it counts as below, so it needs a reason."""
    if not reason.strip():
        raise Mendable("请写明为什么不追究", field="reason")
    if (row, subject) not in {(item.row, item.measure.subject) for item in suggestion(case).measures}:
        raise Refusal("没有这一条建议", clause=row)
    found = next((item for item in case.waivers if (item.row, item.subject) == (row, subject)), None)
    if found is None:
        case.waivers.append(Waiver(row=row, subject=subject, reason=reason, by=by.id))
    else:
        found.reason, found.by = reason, by.id
    case.recorded_by = by.id
    detail = {"row": row, "subject": subject}
    audit.record(session, by=by.id, act="accountability_case.waive", subject=case.id, at=at, detail=detail)


def unanswered(case: AccountabilityCase) -> tuple[SuggestedMeasure, ...]:
    """Suggested measures against persons and units for which nobody is recorded and no reason is given."""
    bands = rulebook().words.bands
    answered = {party.subject for party in case.parties}
    waived = {(item.row, item.subject) for item in case.waivers}
    return tuple(
        item
        for item in suggestion(case).measures
        if item.measure.subject != "polluter"
        and floor_of(item.measure, bands) is not None
        and item.measure.subject not in answered
        and (item.row, item.measure.subject) not in waived
    )


def gaps_of(case: AccountabilityCase) -> tuple[str, ...]:
    """What must be closed before the next step, in words."""
    gaps = [f"“{check.dimension.zh}”还没有查清" for check in case.checks if check.answer is None]
    if case.state is CaseState.CHECKED:
        gaps += _decision_gaps(case)
    if case.state is CaseState.EXECUTED:
        gaps += [f"四不放过：“{point.point.zh}”还没有办完" for point in case.accident_points if point.settled_on is None]
    return tuple(gaps)


def _decision_gaps(case: AccountabilityCase) -> list[str]:
    subjects = rulebook().words.subjects
    gaps = []
    if case.handed_over and case.consent_on is None:
        gaps.append("督察移交的问题，决定前要先登记督察组同意")
    if not case.parties and not case.waivers and any(check.answer is CheckAnswer.FAILED for check in case.checks):
        gaps.append("查出有责，还没有登记处理决定")
    gaps += [f"{item.row} 建议追究“{subjects[item.measure.subject]}”，还没有登记决定或不追究的理由" for item in unanswered(case)]
    gaps += [
        f"“{party.office or party.unit_name}”低于标准，请写明理由"
        for party in case.parties
        if party.comparison is Comparison.BELOW and not party.below_reason.strip()
    ]
    return gaps


def take_step(session: Session, case: AccountabilityCase, verb: str, *, by: Actor, at: datetime, text: str | None = None) -> None:
    """Moves the case one step. Confirming the decision freezes the suggestion beside it, so that later rules cannot move it."""
    before = suggestion(case).as_json(trace=True) if verb == "confirm_decision" else None
    move(session, CASE, case, verb, by=by, at=at, text=text)
    if before is not None:
        case.frozen = json.dumps(before, ensure_ascii=False)
    if verb == "report_execution":
        case.procedure.append(ProcedureStep(step=Procedure.EXECUTED, on=day_of(at), body="登记", text=text or "", by=by.id))
    session.flush()


def agree_to_show(session: Session, case: AccountabilityCase, *, agreed_by: str, by: Actor, at: datetime) -> None:
    """The deciding body agrees that the suggestion is shown beside the decision."""
    if not agreed_by.strip():
        raise Mendable("请写明同意公开的决定机关", field="agreed_by")
    case.suggestion_shown, case.suggestion_agreed_by = True, agreed_by
    audit.record(session, by=by.id, act="accountability_case.show_suggestion", subject=case.id, at=at)


def polluter_of(session: Session, case: AccountabilityCase) -> Polluter | None:
    """The polluter of the case, if one is named."""
    return session.get(Polluter, case.polluter_id) if case.polluter_id else None
