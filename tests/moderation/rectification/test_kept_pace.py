"""The columns that lists of tasks ask say the same as the task itself, on every day, whatever was done to it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.office import Office
from moderation.rectification.kept_pace import has_pace, pace_on
from moderation.rectification.progress import is_overdue, pace_of, task_percent
from moderation.rectification.tasks import MonthlyReport, Quantity, RectificationPlan, RectificationTask
from moderation.rectification.words import Pace, TaskState
from moderation.settings import change_setting, take_back
from portal.core.vocabulary import Role
from tests.conftest import NOON
from tests.moderation.rectification.conftest import person

BEGIN = date(2026, 9, 1)
DAYS = 150
WALK = 60


def a_task(session: Session, number: int) -> RectificationTask:
    task = RectificationTask(
        id=f"walk-{number:03d}", plan_id="walk", number=number, problem="渣土车抛洒", milestones="[]", state=TaskState.UNDER_WAY,
        ongoing=False, relapses=0, severity=1, starts_on=BEGIN, reporting_unit_id="urban", version=1,
    )  # fmt: skip
    session.add(task)
    return task


class Walk:
    """Anything that may happen to the figures of a task, in any order."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session, self.random = session, random.Random(seed)
        session.add(RectificationPlan(id="walk", title="方案", imported_at=NOON, imported_by="x"))
        self.tasks = [a_task(session, number) for number in range(8)]
        self.session.flush()

    def day(self) -> date:
        return BEGIN + timedelta(days=self.random.randrange(-30, DAYS))

    def step(self) -> None:
        task = self.random.choice(self.tasks)
        acts: tuple[Callable[[RectificationTask], None], ...] = (
            self.state, self.due, self.milestones, self.counted, self.done, self.report, self.standing, self.dropped, self.begun,
        )  # fmt: skip
        self.random.choice(acts)(task)
        self.session.flush()
        if self.random.random() < 0.3:
            self.session.expire_all()

    def state(self, task: RectificationTask) -> None:
        task.state = self.random.choice([TaskState.UNDER_WAY, TaskState.UNDER_WAY, *TaskState])

    def due(self, task: RectificationTask) -> None:
        task.due_on = self.random.choice([None, self.day(), self.day()])

    def milestones(self, task: RectificationTask) -> None:
        steps = [{"due": self.day().isoformat(), "text": "", "done_on": self.random.choice([None, "2026-09-02"])} for _ in range(2)]
        task.milestones = json.dumps(steps)

    def counted(self, task: RectificationTask) -> None:
        place = len(task.quantities)
        task.quantities.append(
            Quantity(place=place, label="直排口", total="10", done="0", due_on=self.random.choice([None, self.day()]))
        )

    def done(self, task: RectificationTask) -> None:
        for quantity in task.quantities:
            quantity.done = str(self.random.choice([0, 3, 10, 10, 10]))

    def report(self, task: RectificationTask) -> None:
        month = self.random.choice(["2026-07", "2026-08", "2026-09"])
        version = 1 + sum(each.month == month for each in task.reports)
        said = self.random.choice([None, Pace.ON_SCHEDULE, Pace.BEHIND])
        task.reports.append(
            MonthlyReport(month=month, version=version, percent=self.random.randrange(100), pace=Pace.ON_SCHEDULE, pace_said=said,
                          text="清了", by="x", at=NOON)
        )  # fmt: skip

    def standing(self, task: RectificationTask) -> None:
        task.ongoing = not task.ongoing

    def dropped(self, task: RectificationTask) -> None:
        task.dropped_on = self.random.choice([None, None, BEGIN])

    def begun(self, task: RectificationTask) -> None:
        task.starts_on = self.day()


def require_same(session: Session) -> int:
    """Every task, on every other day. Returns how many paces there were."""
    found = set()
    session.expire_all()
    tasks = list(session.scalars(select(RectificationTask)))
    for day in (BEGIN + timedelta(days=each) for each in range(0, DAYS + 40, 7)):
        kept = {row[0]: row[1] for row in session.execute(select(RectificationTask.id, pace_on(day)))}
        assert kept == {task.id: pace_of(session, task, day) for task in tasks}, day
        late = set(
            session.scalars(select(RectificationTask.id).where(has_pace(Pace.OVERDUE, day), RectificationTask.dropped_on.is_(None)))
        )
        assert late == {task.id for task in tasks if is_overdue(task, day)}, day
        found |= set(kept.values())
    assert all(task.percent == task_percent(task) for task in tasks)
    return len(found)


def walked(office: Office, seed: int) -> None:
    with office.office.transaction() as session:
        walk, paces = Walk(session, seed), 0
        for each in range(WALK):
            walk.step()
            if each % 20 == 19:
                paces = max(paces, require_same(session))
        assert paces == len(Pace)
        tolerance, by = "rectification.pace_tolerance_percent", person("管理员", "office", Role.ADMINISTRATOR)
        change_setting(session, tolerance, 45, by=by, at=NOON)
        require_same(session)
        became = {"value": "45", "clause": "", "source": "", "confirmed": False}
        take_back(session, {"key": tolerance, "was": None, "became": became}, by=by, at=NOON)
        require_same(session)


def test_what_is_kept_of_a_task_is_what_the_task_says(empty_office: Office) -> None:
    walked(empty_office, 3)


@pytest.mark.postgres
def test_what_is_kept_of_a_task_is_what_the_task_says_on_postgresql(postgres_office: Office) -> None:
    walked(postgres_office, 3)
