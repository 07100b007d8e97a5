"""What a letter leads to: the public table of its batch, the page on its receipt, a rectification task, reopening on relapse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from moderation.casework import batches, onward, review, status
from moderation.casework.letters import BatchOrigin, Letter, LetterBatch
from moderation.casework.machine import LetterState
from moderation.demo.stage import Stage
from moderation.publication.disclosures import Disclosure
from moderation.publication.leak_guard import DisclosureLetter
from moderation.publication.machine import DisclosureState
from moderation.rectification.tasks import RectificationTask
from moderation.rectification.words import TaskState
from portal.core.errors import Refusal
from tests.moderation.casework.office_work import STORY, SUMMARY, Work

S = LetterState


@pytest.fixture
def work(stage: Stage) -> Iterator[Work]:
    with stage.office.office.transaction() as session:
        yield Work(stage, session)


def batch_of(work: Work, letter: Letter) -> LetterBatch:
    return work.session.get_one(LetterBatch, letter.batch_id)


def settled_for_now(work: Work) -> Letter:
    letter = work.reported()
    review.settle_for_now(
        work.session, letter, "继续整改", "已查处，整改还在进行。", key=work.key, by=work.who("zuzhang"), at=work.at
    )
    return letter


def test_letters_assigned_on_a_day_make_one_numbered_batch(work: Work) -> None:
    first, second = work.assigned(), work.assigned("housing")
    work.days_later(1)
    next_day = work.assigned()

    assert first.batch_id == second.batch_id
    assert batch_of(work, first).origin is BatchOrigin.OWN
    assert batch_of(work, next_day).number == batch_of(work, first).number + 1


def test_the_public_table_of_a_batch_is_drafted_in_the_offices_words(work: Work) -> None:
    closed, open_ = work.settled(), work.assigned("housing")
    twin = work.screened()
    from moderation.casework import screening

    screening.merge(work.session, twin, closed, by=work.who("shenhe"), at=work.at)
    drafted = batches.draft_batch(work.session, batch_of(work, closed), by=work.who("nigao"), at=work.at)

    rows = {row["number"]: row for row in drafted.fields()["letters"]}
    assert set(rows) == {closed.number, open_.number}
    assert rows[closed.number]["problem"] == SUMMARY
    assert rows[closed.number]["status"] == "已办结"
    assert rows[closed.number]["verdict"] == "属实"
    assert rows[open_.number].get("finding", "") == ""
    assert STORY[:12] not in drafted.draft
    linked = set(work.session.scalars(select(DisclosureLetter.letter_id).where(DisclosureLetter.disclosure_id == drafted.id)))
    assert linked == {closed.id, open_.id, twin.id}
    again = batches.draft_batch(work.session, batch_of(work, closed), by=work.who("nigao"), at=work.at)
    assert again.id == drafted.id


def test_how_often_the_review_sent_letters_back_is_public(work: Work) -> None:
    letter = work.reported()
    for _ in range(2):
        review.send_back(work.session, letter, "缺整改后照片", by=work.who("zuzhang"), at=work.at)
        work.report(letter, "chengguan")
    clean = work.reported()
    work.days_later(1)
    other = work.assigned()

    def told(of: Letter) -> str:
        return batches.draft_batch(work.session, batch_of(work, of), by=work.who("nigao"), at=work.at).fields()["summary"]

    assert clean.batch_id == letter.batch_id
    assert told(letter).endswith("审核退回重办 2 次。")
    assert "退回" not in told(other)


def test_a_batch_shows_a_barred_person_neither_row_nor_count(work: Work) -> None:
    plain, naming = work.assigned(), work.assigned(story=f"找过李拟章也没用。{STORY}")
    batch = batch_of(work, plain)

    assert batches.letters_of_batch(work.session, batch, work.who("nigao")) == (plain,)
    assert [line.letters for line in batches.batch_lines(work.session, work.who("nigao"))] == [1]
    assert [line.letters for line in batches.batch_lines(work.session, work.who("zuzhang"))] == [2]
    assert naming.batch_id == batch.id


def test_an_empty_batch_is_not_drafted(work: Work) -> None:
    letter = work.assigned()
    letter.state = S.ACCEPTED
    work.session.flush()

    with pytest.raises(Refusal, match="还没有可以公开的"):
        batches.draft_batch(work.session, batch_of(work, letter), by=work.who("nigao"), at=work.at)


def test_the_receipt_shows_where_the_result_is_public(work: Work) -> None:
    letter = work.settled()
    drafted = batches.draft_batch(work.session, batch_of(work, letter), by=work.who("nigao"), at=work.at)
    assert batches.note_published(work.session, at=work.at) == 0
    drafted.state, drafted.live_revision = DisclosureState.PUBLISHED, 1
    work.session.flush()
    letter.untold = 0

    assert batches.note_published(work.session, at=work.at) == 1
    assert batches.note_published(work.session, at=work.at) == 0

    assert letter.untold == 1
    shown = status.snapshot(work.session, letter, at=work.at).published
    assert [result.url for result in shown] == [f"/records/letter-batch/{drafted.id}/"]
    assert work.session.get_one(Disclosure, drafted.id).title == shown[0].title


def test_settling_for_now_opens_a_rectification_task(work: Work) -> None:
    letter = settled_for_now(work)

    (task_id,) = review.linked(work.session, letter, "task")
    task = work.session.get_one(RectificationTask, task_id)
    assert task.id == "xf-2026-001"
    assert task.problem == SUMMARY
    assert task.reporting_unit_id == "urban"
    assert [link.reference for link in task.links] == [letter.id]
    assert review.letters_of(work.session, "task", task_id) == (letter,)
    other = settled_for_now(work)
    assert review.linked(work.session, other, "task") == ("xf-2026-002",)


def test_a_relapse_of_the_task_reopens_the_letter_once(work: Work) -> None:
    letter = settled_for_now(work)
    task = work.session.get_one(RectificationTask, review.linked(work.session, letter, "task")[0])
    assert onward.reopen_relapsed(work.session, at=work.at) == 0
    task.state, task.relapses = TaskState.RELAPSED, 1
    work.session.flush()

    assert onward.reopen_relapsed(work.session, at=work.at) == 1
    assert letter.state is S.REOPENED
    assert letter.severity == 2
    assert onward.reopen_relapsed(work.session, at=work.at) == 0
