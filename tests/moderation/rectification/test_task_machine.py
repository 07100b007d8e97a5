"""Whatever anybody tries, in whatever order: 销号 has its hands and its days, and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.accountability.tables import AccountabilityCase
from moderation.office import Office
from moderation.rectification import closing, importing, keeping, look_backs
from moderation.rectification.machine import TASK
from moderation.rectification.plan_reader import read_plan
from moderation.rectification.progress import ReportDraft, file_report
from moderation.rectification.tasks import RectificationTask
from moderation.rectification.words import EvidenceKind, TaskState, VisitVerdict
from moderation.staff import SignedIn, Unit
from portal.core.clock import day_of
from portal.core.errors import Refusal
from portal.core.workflow import move
from tests.conftest import NOON
from tests.moderation.rectification.conftest import HEAD, TEXT, UNITS, Cast

Try = Callable[[Session, RectificationTask, SignedIn, datetime], object]


def _answer(session: Session, task: RectificationTask, by: SignedIn, at: datetime) -> None:
    for objection in [o for o in task.objections if o.answered_on is None]:
        closing.answer_objection(session, task, objection, answer="已查", upheld=objection.summary == "真", by=by, at=at)


def _visit(session: Session, task: RectificationTask, by: SignedIn, at: datetime, verdict: VisitVerdict) -> None:
    for visit in [visit for visit in task.look_backs if visit.visited_on is None]:
        look_backs.record_visit(session, task, visit, verdict=verdict, findings="看过", by=by, at=at)


TRIES: dict[str, Try] = {
    "start": lambda s, t, by, at: move(s, TASK, t, "start", by=by, at=at),
    "half": lambda s, t, by, at: file_report(s, t, ReportDraft("2026-11", "半", measures={0: 50, 1: 50}), by=by, at=at),
    "whole": lambda s, t, by, at: file_report(s, t, ReportDraft("2026-11", "全", measures={0: 100, 1: 100}), by=by, at=at),
    "evidence": lambda s, t, by, at: keeping.add_evidence(
        s, t, kind=EvidenceKind.MONITORING, caption="水质", value="Ⅲ", by=by, at=at
    ),
    "request": lambda s, t, by, at: closing.request_check(s, t, self_check="查", result="好", mechanism="巡", by=by, at=at),
    "take_up": lambda s, t, by, at: closing.take_up(s, t, by=by, at=at),
    "send_back": lambda s, t, by, at: closing.send_back(s, t, reason="再改", by=by, at=at),
    "pass": lambda s, t, by, at: closing.settle_check(s, t, passed=True, findings="好", by=by, at=at),
    "fail": lambda s, t, by, at: closing.settle_check(s, t, passed=False, findings="不好", by=by, at=at),
    "object": lambda s, t, by, at: closing.receive_objection(s, t, summary="真", received_on=day_of(at), by=by, at=at),
    "object in vain": lambda s, t, by, at: closing.receive_objection(s, t, summary="假", received_on=day_of(at), by=by, at=at),
    "answer": _answer,
    "close": lambda s, t, by, at: closing.close_out(s, t, approval="同意", notice_place="公告栏", by=by, at=at),
    "plan visit": lambda s, t, by, at: look_backs.plan_visit(s, t, reason="抽", by=by, at=at),
    "stable": lambda s, t, by, at: _visit(s, t, by, at, VisitVerdict.STABLE),
    "relapse": lambda s, t, by, at: _visit(s, t, by, at, VisitVerdict.RELAPSE),
    "report relapse": lambda s, t, by, at: look_backs.report_relapse(s, t, findings="又排", by=by, at=at),
    "reopen": lambda s, t, by, at: look_backs.reopen(s, t, due_on=day_of(at) + timedelta(days=60), demands="重来", by=by, at=at),
}
PEOPLE = ("worker", "stranger", "checker", "keeper", "leader", "patrol", "nobody")
# The way to the end, so that random steps also happen late in a task's life.
WAY = (
    ("half", "worker"),
    ("whole", "worker"),
    ("evidence", "worker"),
    ("request", "worker"),
    ("take_up", "checker"),
    ("pass", "checker"),
    ("close", "leader"),
    ("plan visit", "patrol"),
    ("relapse", "patrol"),
    ("reopen", "keeper"),
)
STEPS = st.tuples(st.sampled_from(sorted(TRIES)), st.sampled_from(PEOPLE), st.integers(0, 9))


@pytest.fixture
def office(empty_office: Office) -> Office:
    with empty_office.office.transaction() as session:
        session.add_all(Unit(id=key, name=name, kind="department") for key, name in UNITS.items())
        session.flush()
        importing.apply(session, read_plan(TEXT), HEAD, by=Cast().keeper, at=NOON)
    return empty_office


@given(st.integers(0, len(WAY)), st.lists(STEPS, min_size=1, max_size=14))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_order_of_attempts_breaks_the_procedure(office: Office, begun: int, steps: list[tuple[str, str, int]]) -> None:
    cast, at = Cast(), NOON
    with office.office.reading() as session:
        task = session.get_one(RectificationTask, "yl-2026-001")
        for name, who, days in [*((name, who, 8) for name, who in WAY[:begun]), *steps]:
            at += timedelta(days=days)
            before = (task.state, task.severity, len(task.events), task.relapses)
            try:
                TRIES[name](session, task, getattr(cast, who), at)
            except Refusal:
                assert (task.state, task.severity, len(task.events), task.relapses) == before
            session.flush()
            require_sound(session, task)


def require_sound(session: Session, task: RectificationTask) -> None:
    assert task.version >= len(task.events)
    assert [event.number for event in task.events] == list(range(1, len(task.events) + 1))
    running = [request for request in task.requests if request.ended_on is None]
    waiting = task.state in {TaskState.CHECK_REQUESTED, TaskState.ON_SITE_CHECK, TaskState.PUBLIC_NOTICE}
    assert len(running) == (1 if waiting else 0)
    for request in task.requests:
        if request.outcome == "closed_out":
            assert len({request.requested_by, request.checked_by, request.approved_by}) == 3
            assert request.mechanism
            assert request.notice_last_on is not None
            assert request.ended_on is not None
            assert request.ended_on > request.notice_last_on
    closed = task.state in {TaskState.CLOSED_OUT, TaskState.LOOK_BACK, TaskState.STABLE}
    assert (task.closed_on is not None) == closed
    assert task.severity == min(3, 1 + task.relapses)
    cases = session.scalars(select(AccountabilityCase.id).where(AccountabilityCase.task_id == task.id)).all()
    assert len(cases) == task.relapses
    assert all(objection.answered_on for objection in task.objections) or task.state not in {TaskState.CLOSED_OUT, TaskState.STABLE}


@pytest.mark.parametrize("step", TASK.steps, ids=lambda step: f"{step.source}-{step.verb}")
def test_every_step_cites_a_clause_and_names_who_may_take_it(step: object) -> None:
    assert step.clause  # type: ignore[attr-defined]
    assert step.roles  # type: ignore[attr-defined]


def test_every_state_can_be_left_or_is_watched() -> None:
    assert {step.source for step in TASK.steps} == set(TaskState)
