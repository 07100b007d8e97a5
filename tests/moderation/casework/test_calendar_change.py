"""Publishing a calendar settles 暂定 deadlines and moves no other; both values can be read afterwards."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import holidays
from moderation.casework import calendar_change, clocks
from moderation.casework.letters import Letter, LetterDeadline
from moderation.demo.stage import Stage
from tests.moderation.casework.office_work import Work

DECEMBER = timedelta(days=40)


def deadlines(session: Session, letter: Letter) -> list[LetterDeadline]:
    return list(session.scalars(select(LetterDeadline).where(LetterDeadline.letter_id == letter.id, LetterDeadline.workdays)))


def test_a_provisional_deadline_is_settled_once_and_the_old_day_stays_readable(stage: Stage) -> None:
    admin = stage.cast["guanli"]
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        work.at += DECEMBER
        letter = work.assigned()
        before = next(row for row in deadlines(session, letter) if row.provisional)
        old_day = before.due_on
        holidays.change_day(session, date(2027, 1, 4), is_workday=False, name="元旦调休", by=admin, at=work.at)
        assert before.due_on == old_day
        assert before.ended_at is None
        assert calendar_change.settle_provisional(session, by=admin, at=work.at) == 0

        holidays.publish_year(session, 2027, "国办发明电〔2026〕9号", by=admin, at=work.at)
        settled = calendar_change.settle_provisional(session, by=admin, at=work.at)

        rows = [row for row in deadlines(session, letter) if row.clock == before.clock]
        ended, running = sorted(rows, key=lambda row: row.ended_at is None)
        assert settled >= 1
        assert (ended.due_on, ended.ended_why) == (old_day, calendar_change.WHY)
        assert running.due_on == old_day + timedelta(days=1)
        assert f"公布前暂定 {old_day.isoformat()}" in running.arithmetic
        assert not running.provisional
        assert letter.due_on == min(row.due_on for row in clocks.running(session, letter))
        assert calendar_change.settle_provisional(session, by=admin, at=work.at) == 0


def test_a_certain_deadline_never_moves(stage: Stage) -> None:
    admin = stage.cast["guanli"]
    with stage.office.office.transaction() as session:
        work = Work(stage, session)
        letter = work.assigned()
        before = [(row.id, row.due_on) for row in deadlines(session, letter)]
        holidays.change_day(session, date(2026, 12, 1), is_workday=False, name="临时", by=admin, at=work.at)

        calendar_change.settle_provisional(session, by=admin, at=work.at)

        assert [(row.id, row.due_on) for row in deadlines(session, letter)] == before
