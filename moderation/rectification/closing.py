"""销号 as a procedure: request with evidence, check by others, public notice, approval. Dates are frozen when set."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.publication.disclosures import PressItem
from moderation.rectification.machine import CLOSE_OUT, TASK
from moderation.rectification.rules import ledger_rule
from moderation.rectification.tasks import CloseOutRequest, Objection, RectificationTask
from moderation.rectification.words import TaskState
from portal.core import audit
from portal.core.clock import day_of, spoken_day
from portal.core.errors import Mendable, Refusal
from portal.core.ids import new_id
from portal.core.workflow import Actor, move


def request_check(
    session: Session, task: RectificationTask, *, self_check: str, result: str, mechanism: str, by: Actor, at: datetime
) -> CloseOutRequest:
    """The unit says it is done (销号申请): its own check, the result, and the lasting mechanism (长效机制).

    Refused while a measure or a quantity is open, or without evidence.
    """
    for words, label, field in ((result, "整改结果", "result"), (mechanism, "长效机制", "mechanism")):
        if not words.strip():
            raise Mendable(f"请写明{label}", field=field, clause=CLOSE_OUT)
    move(session, TASK, task, "request_check", by=by, at=at, text=self_check)
    request = CloseOutRequest(
        id=new_id(), round=len(task.requests) + 1, requested_by=by.id, requested_on=day_of(at), self_check=self_check.strip(),
        result=result.strip(), mechanism=mechanism.strip(), checked_by="", findings="", notice_arithmetic="", approved_by="",
        approval="", outcome="",
    )  # fmt: skip
    task.requests.append(request)
    session.flush()
    return request


def take_up(session: Session, task: RectificationTask, *, by: Actor, at: datetime) -> None:
    """Somebody of another unit goes on site (现场核查)."""
    move(session, TASK, task, "take_up", by=by, at=at)


def send_back(session: Session, task: RectificationTask, *, reason: str, by: Actor, at: datetime) -> None:
    """The request goes back to the unit with a reason; its round ends."""
    request = _running(task)
    move(session, TASK, task, "send_back", by=by, at=at, text=reason)
    _end(request, "sent_back", at)


def settle_check(session: Session, task: RectificationTask, *, passed: bool, findings: str, by: Actor, at: datetime) -> None:
    """The result of the on-site check. Passed: the public notice begins the next day, its last day frozen with its sum.

    Whoever accepts the work answers for it: the checker's name stays in the request.
    """
    request = _running(task)
    move(session, TASK, task, "pass_check" if passed else "fail_check", by=by, at=at, text=findings)
    request.checked_by, request.checked_on, request.findings = by.id, day_of(at), findings.strip()
    if not passed:
        _end(request, "check_failed", at)
        return
    first = day_of(at) + timedelta(days=1)
    last, arithmetic = notice_period(session, first)
    request.notice_first_on, request.notice_last_on, request.notice_arithmetic = first, last, arithmetic


def notice_period(session: Session, first: date) -> tuple[date, str]:
    """The last day of a public notice that begins on ``first``, and the sum in words. Both end days count."""
    rule = ledger_rule(session, "notice_days")
    last = first + timedelta(days=max(rule.value, 1) - 1)
    mark = "" if rule.confirmed else "，天数未核定"
    return last, f"{spoken_day(first)}起 {rule.value} 个自然日，首尾都算，至 {spoken_day(last)}{mark}"


def receive_objection(
    session: Session, task: RectificationTask, *, summary: str, received_on: date, letter_id: str = "", by: Actor, at: datetime
) -> Objection:
    """An objection (异议) during the notice, in the office's own words; the letter it came as is named, not quoted."""
    if task.state is not TaskState.PUBLIC_NOTICE:
        raise Refusal("这项任务不在公示期，请按一般信访件办理", clause=CLOSE_OUT)
    if not summary.strip():
        raise Mendable("请用办公室自己的话写明异议内容", field="summary")
    objection = Objection(
        id=new_id(), letter_id=letter_id, received_on=received_on, summary=summary.strip(), answer="", answered_by=""
    )
    task.objections.append(objection)
    task.note("object", by=by.id, at=at, text=summary.strip(), public="收到异议")
    audit.record(session, by=by.id, act="task.object", subject=task.id, at=at, detail={"objection": objection.id})
    return objection


def answer_objection(
    session: Session, task: RectificationTask, objection: Objection, *, answer: str, upheld: bool, by: Actor, at: datetime
) -> None:
    """Answers an objection. Upheld: the task goes back to work and the round ends."""
    if objection.answered_on is not None:
        raise Refusal("这条异议已经答复", clause=CLOSE_OUT)
    if not answer.strip():
        raise Mendable("请写明答复", field="answer")
    objection.answered_on, objection.answer, objection.upheld, objection.answered_by = day_of(at), answer.strip(), upheld, by.id
    if upheld:
        request = _running(task)
        move(session, TASK, task, "uphold_objection", by=by, at=at, text=answer)
        _end(request, "objection_upheld", at)
    else:
        task.note("answer_objection", by=by.id, at=at, text=answer.strip(), public="异议已答复")
        audit.record(session, by=by.id, act="task.answer_objection", subject=task.id, at=at, detail={"objection": objection.id})


def close_out(session: Session, task: RectificationTask, *, approval: str, by: Actor, at: datetime, notice_place: str = "") -> None:
    """Approves (批准销号), once the notice has run its days in public and every objection is answered.

    ``notice_place``: where the notice was shown, for an office that showed it elsewhere than on this site.
    Raises Refusal during the notice, for one that nobody could see, and for whoever requested or checked.
    """
    request = _running(task)
    last = notice_ends_on(session, task, request, elsewhere=bool(notice_place.strip()))
    if day_of(at) <= last:
        raise Refusal(f"公示到 {spoken_day(last)} 结束，之后才能销号", clause=CLOSE_OUT)
    request.notice_place = notice_place.strip()[:200]
    move(session, TASK, task, "close_out", by=by, at=at, text=approval)
    request.approved_by, request.approval = by.id, approval.strip()
    _end(request, "closed_out", at)
    task.closed_on = day_of(at)


def notice_ends_on(session: Session, task: RectificationTask, request: CloseOutRequest, *, elsewhere: bool) -> date:
    """The last day of the notice as people could see it: a page that went up late runs its days from then."""
    if request.notice_first_on is None or request.notice_last_on is None:
        raise Refusal("还没有公示", clause=CLOSE_OUT)
    if elsewhere:
        return request.notice_last_on
    shown = notice_shown_on(session, task, request)
    if shown is None:
        raise Refusal("公示还没有在本网站公开。请先更新并发布公开稿；在别处公示的，请写明公示的地方", clause=CLOSE_OUT)
    late = max(timedelta(0), shown - request.notice_first_on)
    return request.notice_last_on + late


def notice_shown_on(session: Session, task: RectificationTask, request: CloseOutRequest) -> date | None:
    """The day a public page of the task first carried this notice; None where none did."""
    first = request.notice_first_on.isoformat() if request.notice_first_on else ""
    revisions = session.scalars(select(PressItem).where(PressItem.disclosure_id == task.id).order_by(PressItem.revision))
    return next(
        (day_of(item.queued_at) for item in revisions if (json.loads(item.record).get("notice") or {}).get("first_on") == first),
        None,
    )


def _running(task: RectificationTask) -> CloseOutRequest:
    request = task.open_request()
    if request is None:
        raise Refusal("没有正在进行的销号申请", clause=CLOSE_OUT)
    return request


def _end(request: CloseOutRequest, outcome: str, at: datetime) -> None:
    request.ended_on, request.outcome = day_of(at), outcome
