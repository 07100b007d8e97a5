"""The verbs of the ladder: raised by the timer or a person, lowered by the group, inspected and concluded by the inspectors.

Each step writes its document and tells who must know. Run twice on a day, the timer does nothing the second time.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, object_session

from moderation import letter_notices, outbox
from moderation.office import Office
from moderation.outbox import To
from moderation.staff import SignedIn
from moderation.supervision import subjects
from moderation.supervision.machine import (
    BELOW,
    REQUESTERS,
    STEPS,
    AskedState,
    Ground,
    PaperKind,
    Rung,
    SubjectKind,
)
from moderation.supervision.subjects import SOURCES, Subject, thresholds_for
from moderation.supervision.tables import InspectionRequest, PublicListing, Supervision, SupervisionPaper
from portal.core import audit
from portal.core.clock import day_of, spoken_day
from portal.core.errors import Mendable, NotAllowed, NotThere, Overtaken, Refusal
from portal.core.ids import new_id
from portal.core.vocabulary import Role
from portal.core.workflow import Actor, Machine, SystemActor, move

TIMER = SystemActor("timer")
ORDER = list(Rung)
RAISE = {Rung.WARNED: "warn", Rung.URGED: "urge", Rung.SUPERVISED: "supervise"}
PAPER_OF = {"warn": PaperKind.WARNING, "urge": PaperKind.URGING, "supervise": PaperKind.SUPERVISION, "lower": PaperKind.LOWERING,
            "inspect": PaperKind.INSPECTION, "demand": PaperKind.DEMAND, "conclude": PaperKind.CONCLUSION}  # fmt: skip
SENTENCE_OF = {"warn": "letter_overtaken", "urge": "letter_urged", "supervise": "letter_supervised", "inspect": "conduct_review",
               "demand": "conduct_review", "conclude": "conduct_review", "lower": "letter_supervised"}  # fmt: skip
# Whom a step tells, besides the unit.
ALSO = {
    "supervise": (Role.GROUP_LEAD, Role.SUPERVISION_INSPECTOR),
    "inspect": (Role.GROUP_LEAD, Role.PATROL_COORDINATOR),
    "demand": (Role.ACCOUNTABILITY_OFFICER, Role.GROUP_LEAD),
    "conclude": (Role.GROUP_LEAD, Role.PATROL_COORDINATOR),
}


def _session(row: Supervision) -> Session:
    session = object_session(row)
    assert session is not None
    return session


def _not_barred(row: Supervision, by: Actor) -> str | None:
    may = SOURCES[row.subject_kind].may_know(_session(row), row.subject_id, by)
    return None if may else "没有这件督办事项，或者它不归您的岗位看"


def _other_unit(row: Supervision, by: Actor) -> str | None:
    if getattr(by, "unit_id", "") and getattr(by, "unit_id", "") == row.unit_id:
        return "承办单位不能决定对自己的督办"
    return _not_barred(row, by)


LADDER = Machine("supervision", "督办阶梯", STEPS, {"not_barred": _not_barred, "other_unit": _other_unit})


# ---- rows ----


def row_of(session: Session, subject: Subject, *, at: datetime) -> Supervision:
    """The row of a subject, made when it first needs one."""
    found = session.scalar(
        select(Supervision).where(Supervision.subject_kind == subject.kind, Supervision.subject_id == subject.id)
    )
    if found is None:
        found = Supervision(id=new_id(), subject_kind=subject.kind, subject_id=subject.id, number=subject.number,
                            unit_id=subject.unit_id, state=Rung.NORMAL, since_on=day_of(at))  # fmt: skip
        session.add(found)
        session.flush()
    return found


def find(session: Session, supervision_id: str, person: SignedIn, *, to_change: bool = False) -> Supervision:
    """The row, if this person may know of its subject. Raises NotThere, the same for one that does not exist."""
    query = select(Supervision).where(Supervision.id == supervision_id)
    found = session.scalar(query.with_for_update() if to_change else query)
    if found is None or not SOURCES[found.subject_kind].may_know(session, found.subject_id, person):
        raise NotThere("没有这件督办事项，或者它不归您的岗位看")
    return found


def subject_of(session: Session, row: Supervision) -> Subject:
    """What the row is about."""
    found = subjects.find(session, row.subject_kind, row.subject_id)
    if found is None:
        raise NotThere("督办的对象已经没有了")
    return found


# ---- steps ----


def step(session: Session, row: Supervision, verb: str, *, text: str = "", by: Actor, at: datetime) -> SupervisionPaper | None:
    """Takes one step, writes its document and tells who must know. Returns the document; None where the step has none."""
    subject = subject_of(session, row)
    move(session, LADDER, row, verb, by=by, at=at, text=text or None, detail={"subject": row.subject_id})
    row.unit_id, row.number = subject.unit_id or row.unit_id, subject.number
    if verb == "lower":
        row.lowered_on = day_of(at)
    if verb not in PAPER_OF:
        return None
    paper = _write(session, row, subject, PAPER_OF[verb], text, by, at)
    _tell(session, row, verb, paper, at)
    return paper


def _write(
    session: Session, row: Supervision, subject: Subject, kind: PaperKind, text: str, by: Actor, at: datetime
) -> SupervisionPaper:
    year = day_of(at).year
    last = select(func.max(SupervisionPaper.serial)).where(SupervisionPaper.kind == kind, SupervisionPaper.year == year)
    paper = SupervisionPaper(
        id=new_id(), supervision_id=row.id, kind=kind, year=year, serial=(session.scalar(last) or 0) + 1, unit_id=row.unit_id,
        words="\n".join(_words(kind, subject, text, day_of(at))), on=day_of(at), by=by.id,
    )  # fmt: skip
    session.add(paper)
    session.flush()
    return paper


def _words(kind: PaperKind, subject: Subject, text: str, today: date) -> list[str]:
    """The paragraphs of a document, from the office's own words."""
    what = f"{subject.kind.zh} {subject.number}：{' '.join(subject.summary.split())[:300]}"
    due = f"办理期限 {spoken_day(subject.due_on)}" if subject.due_on else "没有在计时的期限"
    if subject.due_on and subject.due_on < today:
        due += f"，至今逾期 {(today - subject.due_on).days} 天"
    asks = {
        PaperKind.WARNING: "期限将到。请抓紧办理，按期反馈；确有困难的，在期限前申请延期。",
        PaperKind.URGING: "请三日内反馈办理情况，说明未按期办结的原因。",
        PaperKind.SUPERVISION: "请单位负责人督促办理，限期反馈办理结果和整改措施；仍不办理的，转督办监察组核查。",
        PaperKind.INSPECTION: "现对你单位办理本件的情况立项核查。请如实提供办理过程的材料，不得打听举报人。",
        PaperKind.DEMAND: "请按规定追责问责到位，并书面报告处理结果。",
        PaperKind.CONCLUSION: "本次督办监察到此结束。",
        PaperKind.LOWERING: "现予降低一级。请继续按期办理。",
    }
    said = {PaperKind.INSPECTION: "立项理由", PaperKind.DEMAND: "要求", PaperKind.CONCLUSION: "结论"}.get(kind, "理由")
    return [what, due, *([f"{said}：{text.strip()}"] if text.strip() else []), asks[kind]]


def _tell(session: Session, row: Supervision, verb: str, paper: SupervisionPaper, at: datetime) -> None:
    cause, link = f"supervision.{verb}:{row.id}:{row.steps}", f"/supervision/{row.id}"
    told = [(Role.UNIT_OFFICER, row.unit_id, f"{link}/papers/{paper.id}.docx"), *((role, "", link) for role in ALSO.get(verb, ()))]
    for role, unit_id, where in told:
        if role is Role.UNIT_OFFICER and not unit_id:
            continue
        if row.subject_kind is SubjectKind.LETTER:
            letter_notices.tell_role(session, row.subject_id, role, SENTENCE_OF[verb], cause=cause, at=at, unit_id=unit_id,
                                     number=row.number, link=where)  # fmt: skip
        else:
            outbox.tell(session, To.role(role, unit_id), SENTENCE_OF[verb], cause=cause, at=at, number=row.number, link=where)


def require_steps(row: Supervision, seen: int | None) -> None:
    """Raises Overtaken where a step was taken since the page was opened: 降低一级 twice would be two. ``seen`` None: not said."""
    if seen is not None and seen != row.steps:
        raise Overtaken(f"您打开之后，这件督办已有变化，现为“{row.state.zh}”。您写的内容还在，请核对后再决定。")


def require_listings(session: Session, row: Supervision, seen: int | None) -> None:
    """Raises Overtaken where somebody entered a 挂牌督办 since the page was opened. ``seen``: how many there were."""
    listed = session.scalars(select(PublicListing).where(PublicListing.supervision_id == row.id)).all()
    if seen is not None and seen != len(listed):
        whose = "、".join(each.by_whom for each in listed)
        raise Overtaken(f"您打开之后，已经登记过挂牌督办（{whose}）。是同一件的，不用再登记；不是的，请再按一次。")


# ---- the timer ----


def wanted(subject: Subject, row: Supervision | None, today: date) -> Rung:
    """The rung that the dates ask for. After a lowering the days count anew from that day."""
    if subject.due_on is None or not subject.open:
        return Rung.NORMAL
    limits = thresholds_for(subject)
    late = (today - subject.due_on).days
    lowered = row.lowered_on if row is not None else None
    if lowered is not None:
        if late < limits.urge and (lowered - subject.due_on).days >= limits.warn:
            return Rung.NORMAL
        late = min(late, (today - lowered).days) if lowered >= subject.due_on else late
    for rung, days in ((Rung.SUPERVISED, limits.supervise), (Rung.URGED, limits.urge), (Rung.WARNED, limits.warn)):
        if late >= days and not (lowered is not None and rung is Rung.WARNED):
            return rung
    return Rung.NORMAL


def run(office: Office, at: datetime) -> None:
    """The worker's job: raises what is near or past its day, clears what no longer waits. Each subject in its own transaction."""
    today = day_of(at)
    with office.office.reading() as session:
        due = [(kind, subject_id) for kind in SubjectKind for subject_id in subjects.near(session, kind, today)]
        known = select(Supervision).where(or_(Supervision.state.in_(tuple(BELOW)), Supervision.lowered_on.is_not(None)))
        rows = {(row.subject_kind, row.subject_id): row for row in session.scalars(known)}
        to_raise = [key for key in due if _would_rise(session, key, rows.get(key), today)]
        raised = [row.id for row in rows.values() if row.state in BELOW and not _still_open(session, row)]
    for kind, subject_id in to_raise:
        with office.office.transaction() as session:
            raise_one(session, kind, subject_id, at=at)
    for supervision_id in raised:
        with office.office.transaction() as session:
            clear(session, session.get_one(Supervision, supervision_id), at=at)


def _would_rise(session: Session, key: tuple[SubjectKind, str], row: Supervision | None, today: date) -> bool:
    subject = subjects.find(session, *key)
    now = row.state if row is not None else Rung.NORMAL
    return subject is not None and ORDER.index(wanted(subject, row, today)) > ORDER.index(now)


def _still_open(session: Session, row: Supervision) -> bool:
    subject = subjects.find(session, row.subject_kind, row.subject_id)
    return subject is not None and subject.open


def raise_one(session: Session, kind: SubjectKind, subject_id: str, *, at: datetime) -> SupervisionPaper | None:
    """Raises one subject to the rung its dates ask for. None: it stands there, or higher, already."""
    subject = subjects.find(session, kind, subject_id)
    if subject is None:
        return None
    row = session.scalar(select(Supervision).where(Supervision.subject_kind == kind, Supervision.subject_id == subject_id))
    rung = wanted(subject, row, day_of(at))
    if ORDER.index(rung) <= ORDER.index(row.state if row is not None else Rung.NORMAL):
        return None
    return step(session, row or row_of(session, subject, at=at), RAISE[rung], by=TIMER, at=at)


def clear(session: Session, row: Supervision, *, at: datetime) -> bool:
    """A subject that no longer waits for its unit leaves the lower rungs by itself. 督办监察 stays until it is concluded."""
    if row.state not in BELOW or _still_open(session, row):
        return False
    step(session, row, "clear", by=TIMER, at=at)
    row.lowered_on = None
    return True


# ---- the inspectors ----


def request(session: Session, row: Supervision, ground: Ground, reason: str, *, by: SignedIn, at: datetime) -> InspectionRequest:
    """综合巡查组 or 信访督办组 asks the inspectors to look into a unit's conduct. One open request a subject."""
    if not by.roles & REQUESTERS:
        raise NotAllowed("您的岗位不能提出监察申请", clause="综合督查工作方案")
    if not reason.strip():
        raise Mendable("请写明申请监察的理由", field="text")
    if open_request(session, row) is not None:
        raise Refusal("已经有一份监察申请在等决定")
    if row.state is Rung.INSPECTED:
        raise Refusal("督办监察组已经立项")
    role = next(role for role in Role if role in by.roles & REQUESTERS)
    made = InspectionRequest(id=new_id(), supervision_id=row.id, state=AskedState.OPEN, ground=ground, reason=reason.strip(),
                             role=role, asked_by=by.id, asked_at=at)  # fmt: skip
    session.add(made)
    session.flush()
    facts = {"ground": ground.value, "reason": reason.strip()}
    audit.record(session, by=by.id, act="inspection_request.ask", subject=row.id, at=at, detail=facts)
    cause, link = f"inspection_request:{made.id}", f"/supervision/{row.id}"
    if row.subject_kind is SubjectKind.LETTER:
        letter_notices.tell_role(session, row.subject_id, Role.SUPERVISION_INSPECTOR, "conduct_review", cause=cause, at=at,
                                 number=row.number, link=link)  # fmt: skip
    else:
        outbox.tell(
            session, To.role(Role.SUPERVISION_INSPECTOR), "conduct_review", cause=cause, at=at, number=row.number, link=link
        )
    return made


def open_request(session: Session, row: Supervision) -> InspectionRequest | None:
    """The request about this subject that the inspectors have not decided, if there is one."""
    return session.scalar(
        select(InspectionRequest).where(InspectionRequest.supervision_id == row.id, InspectionRequest.state == AskedState.OPEN)
    )


def inspect(session: Session, row: Supervision, ground: Ground, reason: str, *, by: Actor, at: datetime) -> SupervisionPaper | None:
    """The inspectors open a review of the unit's conduct, on their own or on a request, which is thereby taken."""
    paper = step(session, row, "inspect", text=f"{ground.zh}。{reason.strip()}" if reason.strip() else "", by=by, at=at)
    asked = open_request(session, row)
    if asked is not None:
        asked.state, asked.decided_by, asked.decided_at = AskedState.TAKEN, by.id, at
    return paper


def decline(session: Session, asked: InspectionRequest, note: str, *, by: Actor, at: datetime) -> None:
    """The inspectors decline a request, with a reason."""
    if Role.SUPERVISION_INSPECTOR not in by.roles:
        raise NotAllowed("只有督办监察组可以决定", clause="综合督查工作方案")
    if asked.state is not AskedState.OPEN:
        raise Refusal(f"这份申请{asked.state.zh}")
    if not note.strip():
        raise Mendable("请写明不立项的理由", field="text")
    asked.state, asked.decided_by, asked.decided_at, asked.note = AskedState.DECLINED, by.id, at, note.strip()
    audit.record(session, by=by.id, act="inspection_request.decline", subject=asked.supervision_id, at=at, detail={"note": note})


# ---- 挂牌督办 ----


def list_publicly(
    session: Session, row: Supervision, *, what: str, why: str, by_whom: str, document_number: str, from_on: date,
    until_on: date | None, by: Actor, at: datetime,
) -> PublicListing:  # fmt: skip
    """Records that an authority put the matter under 挂牌督办. Recorded, never decided here."""
    for name, words, label in (("what", what, "督办什么"), ("why", why, "为什么挂牌"), ("by_whom", by_whom, "谁决定的")):
        if not words.strip():
            raise Mendable(f"请写明{label}", field=name)
    if until_on is not None and until_on < from_on:
        raise Mendable("截止日不能早于挂牌日", field="until_on")
    made = PublicListing(
        id=new_id(), supervision_id=row.id, what=what.strip(), why=why.strip(), by_whom=by_whom.strip()[:120],
        document_number=document_number.strip()[:80], from_on=from_on, until_on=until_on, recorded_by=by.id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, by=by.id, act="public_listing.record", subject=row.id, at=at, detail={"by_whom": by_whom.strip()})
    return made


def delist(session: Session, listed: PublicListing, evidence: str, *, on: date, by: Actor, at: datetime) -> None:
    """Records the release (解除挂牌) with what shows it."""
    if listed.released_on is not None:
        raise Refusal("已经解除挂牌")
    if not evidence.strip():
        raise Mendable("请写明解除的依据", field="text")
    if on < listed.from_on:
        raise Mendable("解除日不能早于挂牌日", field="on")
    listed.released_on, listed.release_evidence = on, evidence.strip()
    audit.record(session, by=by.id, act="public_listing.release", subject=listed.supervision_id, at=at)
